package store

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/store/pgtest"
)

func TestServersThatBeginAtOnceAgreeOnTheInstallation(t *testing.T) {
	for _, dsn := range []string{filepath.Join(t.TempDir(), "x.db"), pgtest.Empty(t)} {
		s := openAt(t, dsn)
		ctx := t.Context()
		if v, err := s.Installation(ctx, "key"); v != "" || err != nil {
			t.Fatalf("%q %v", v, err)
		}
		kept := make([]string, 16)
		var wg sync.WaitGroup
		for i := range kept {
			wg.Go(func() {
				var err error
				if kept[i], err = s.Install(ctx, "key", fmt.Sprint(i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		is, err := s.Installation(ctx, "key")
		must(t, err)
		for _, v := range kept {
			if v != is {
				t.Errorf("one of them was told %q, and it is %q", v, is)
			}
		}
		must(t, s.Reinstall(ctx, "key", "other"))
		must(t, s.Reinstall(ctx, "key", "another"))
		if is, err := s.Installation(ctx, "key"); is != "another" || err != nil {
			t.Errorf("%q %v", is, err)
		}
		must(t, s.Reinstall(ctx, "key", ""))
		if is, err := s.Install(ctx, "key", "first"); is != "first" || err != nil {
			t.Errorf("%q %v", is, err)
		}
	}
}
