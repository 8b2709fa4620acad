//go:build unix

package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/storetest"
)

// The files hold hashes of passwords and everybody's mail. The test sets the
// umask of the whole process, so it does not run beside others.
func TestWhatIsKeptInFilesIsForTheirOwnerAlone(t *testing.T) {
	before := unix.Umask(0)
	defer unix.Umask(before)
	dir, again := t.TempDir(), t.TempDir()
	path, file := filepath.Join(dir, "signoff.db"), filepath.Join(dir, "a.backup")
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	defer s.Close()
	storetest.Fill(t, s)
	_, err = store.Backup(t.Context(), path, file, store.BackupOptions{})
	must(t, err)
	_, err = store.Restore(t.Context(), file, filepath.Join(again, "signoff.db"), store.RestoreOptions{})
	must(t, err)
	names := []string{path, path + "-wal", path + "-shm", path + ".lock", file, filepath.Join(again, "signoff.db"), filepath.Join(again, "signoff.db.lock")}
	for _, name := range names {
		info, err := os.Stat(name)
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", name, info.Mode())
		}
	}
}

func TestTheRightsOfAFileThatIsThereAreLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	must(t, s.Close())
	must(t, os.Chmod(path, 0o640))
	s, err = store.Open(t.Context(), path, store.Options{})
	must(t, err)
	defer s.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
