package store_test

import (
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/storetest"
)

func TestSQLiteDoesWhatAStoreMust(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store {
		s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "signoff.db"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		return s
	})
}
