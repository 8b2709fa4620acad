package store_test

import (
	"path/filepath"
	"testing"

	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
	"github.com/signoffhq/signoff/store/storetest"
)

func TestSQLiteDoesWhatAStoreMust(t *testing.T) {
	pgtest.FileOnly(t)
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, filepath.Join(t.TempDir(), "signoff.db")) })
}

func TestPostgreSQLDoesWhatAStoreMust(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.Store { return open(t, pgtest.Database(t)) })
}

func open(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
