package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

func TestAFullDiskIsSaidAndNothingStoredBeforeIsLost(t *testing.T) {
	pgtest.FileOnly(t)
	s := openTest(t)
	scratch(t, s)
	must(t, s.write(t.Context(), func(tx *tx) error {
		var pages int
		if err := tx.row(`pragma page_count`).Scan(&pages); err != nil {
			return err
		}
		_, err := tx.exec(`create table big (x blob)`)
		return err
	}))
	must(t, s.write(t.Context(), put(1)))
	must(t, s.write(t.Context(), func(tx *tx) error { return tx.row(`pragma max_page_count = 60`).Scan(new(int)) }))
	err := s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`insert into big values ($1)`, make([]byte, 1<<20))
		return err
	})
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Kind != signoff.Unavailable || !strings.Contains(e.Detail, "the disk is full") {
		t.Fatalf("got %v", err)
	}
	if strings.Contains(e.Detail, "signoff.db") {
		t.Fatalf("%q tells callers where the data lies", e.Detail)
	}
	if n := count(t, s); n != 1 {
		t.Fatalf("%d rows, want 1", n)
	}
	must(t, s.write(t.Context(), func(tx *tx) error { return tx.row(`pragma max_page_count = 100000`).Scan(new(int)) }))
	must(t, s.write(t.Context(), put(2))) // goes on as soon as there is room
}

func TestPingSaysThatNothingCanBeStoredUntilItCanAgain(t *testing.T) {
	pgtest.FileOnly(t)
	s := openTest(t)
	scratch(t, s)
	must(t, s.Ping(t.Context()))
	readOnly := func(on string) {
		conn := s.writer.committers[0].tx.conn // idle: nothing is being written
		_, err := conn.ExecContext(t.Context(), "pragma query_only = "+on)
		must(t, err)
	}
	readOnly("on")
	must(t, s.Ping(t.Context())) // nobody has tried to write
	if err := s.write(t.Context(), put(1)); signoff.CodeOf(err) != codeUnusable {
		t.Fatalf("got %v", err)
	}
	for range 2 {
		if err := s.Ping(t.Context()); signoff.CodeOf(err) != codeUnusable {
			t.Fatalf("got %v while nothing can be stored", err)
		}
	}
	readOnly("off")
	must(t, s.Ping(t.Context()))
	must(t, s.write(t.Context(), put(1)))
}

func TestADamagedFileIsSaidSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.Close())
	data, err := os.ReadFile(path)
	must(t, err)
	copy(data[4096:], bytes.Repeat([]byte{0xA5}, len(data)-4096))
	must(t, os.WriteFile(path, data, 0o600))
	_, err = Open(t.Context(), path, Options{})
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != "data-unusable" || !strings.Contains(e.Detail, "damaged") {
		t.Fatalf("got %v", err)
	}
}

func TestAFolderThatMayNotBeWrittenIsNamed(t *testing.T) {
	err := folderError("/srv/data", &fs.PathError{Op: "open", Path: "/srv/data/x", Err: fs.ErrPermission})
	if e, ok := errors.AsType[*signoff.Error](err); !ok || !strings.Contains(e.Detail, "/srv/data cannot be written") {
		t.Fatalf("got %v", err)
	}
	if os.Getuid() == 0 {
		return // root may write anywhere
	}
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	_, err = Open(t.Context(), filepath.Join(dir, "signoff.db"), Options{})
	if signoff.CodeOf(err) != "data-unusable" {
		t.Fatalf("got %v", err)
	}
}

func TestNumbersOfInstancesAreHandedOutAgainWhenTheyWereNotUsed(t *testing.T) {
	s := openTest(t)
	next := func() signoff.InstanceID {
		id, err := s.NewInstance(t.Context())
		must(t, err)
		return id
	}
	a, b, c := next(), next(), next()
	if a != 1 || b != 2 || c != 3 {
		t.Fatalf("got %d, %d, %d", a, b, c)
	}
	s.ReturnInstance(b)
	s.ReturnInstance(a)
	if x, y, z := next(), next(), next(); x != 1 || y != 2 || z != 4 {
		t.Fatalf("got %d, %d, %d", x, y, z)
	}
}

func TestWhatIsLeftOfAStoppedServerIsOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s := openAt(t, path)
	scratch(t, s)
	must(t, s.write(t.Context(), put(1)))
	if n := count(t, s); n != 1 {
		t.Fatalf("%d rows", n)
	}
	must(t, s.Close())
	for _, end := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + end); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s%s is left: %v", path, end, err)
		}
	}
}
