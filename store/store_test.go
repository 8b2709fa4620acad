package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

// openTest opens a store in a folder of its own.
func openTest(t testing.TB) *Store {
	t.Helper()
	s, err := Open(context.Background(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), Options{Committers: 1})
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

func scratch(t testing.TB, s *Store) {
	t.Helper()
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`create table scratch (n integer primary key)`)
		return err
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(n int) func(*tx) error {
	return func(tx *tx) error {
		_, err := tx.exec(`insert into scratch (n) values ($1)`, n)
		return err
	}
}

func count(t testing.TB, s *Store) (n int) {
	t.Helper()
	must(t, s.row(t.Context(), `select count(*) from scratch`).Scan(&n))
	return n
}

func TestWritesThatQueueUpShareACommitAndAreSeenByReadersAfterwards(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if err := s.write(t.Context(), put(i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, s); n != 200 {
		t.Fatalf("%d rows, want 200", n)
	}
}

// hold makes the writer wait inside a transaction, so that what is queued
// meanwhile is certain to share its commit.
func hold(s *Store) (queued func(...func(*tx) error) []error) {
	in, out := make(chan struct{}), make(chan struct{})
	held := make(chan error, 1)
	go func() {
		held <- s.write(context.Background(), func(*tx) error { close(in); <-out; return nil })
	}()
	<-in
	return func(fns ...func(*tx) error) []error {
		rs := make([]*request, len(fns))
		for i, fn := range fns {
			rs[i] = &request{ctx: context.Background(), fn: fn, done: make(chan error, 1)}
			s.writer.queue <- rs[i]
		}
		close(out)
		errs := make([]error, len(fns))
		for i := range rs {
			errs[i] = <-rs[i].done
		}
		<-held
		return errs
	}
}

func TestARefusalAfterAChangeUndoesOnlyItsOwn(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	refusal := &signoff.Error{Kind: signoff.Conflict, Code: "test"}
	runs := 0
	release := hold(s)
	errs := release(put(1), func(tx *tx) error {
		runs++
		if err := put(2)(tx); err != nil {
			return err
		}
		return refusal
	}, put(3))
	if errs[0] != nil || !errors.Is(errs[1], refusal) || errs[2] != nil {
		t.Fatalf("got %v", errs)
	}
	if n := count(t, s); n != 2 {
		t.Fatalf("%d rows, want 1 and 3 only", n)
	}
	if runs != 2 {
		t.Fatalf("the refused write ran %d times: it was not replayed apart", runs)
	}
}

func TestARefusalBeforeAnyChangeDoesNotDisturbTheCommit(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	runs := 0
	errs := hold(s)(func(tx *tx) error { runs++; return put(1)(tx) },
		func(tx *tx) error { return errors.New("no") }, put(2))
	if errs[0] != nil || errs[1] == nil || errs[2] != nil || runs != 1 || count(t, s) != 2 {
		t.Fatalf("errors %v, first write ran %d times", errs, runs)
	}
}

func TestAFailedStatementOrAPanicTakesNoOtherWriteDown(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	errs := hold(s)(put(1), put(1), func(*tx) error { panic("broken") }, put(2))
	if errs[0] != nil || errs[1] == nil || errs[3] != nil {
		t.Fatalf("got %v", errs)
	}
	if errs[2] == nil || !strings.Contains(errs[2].Error(), "broken") {
		t.Fatalf("panic came back as %v", errs[2])
	}
	if n := count(t, s); n != 2 {
		t.Fatalf("%d rows, want 2", n)
	}
}

func TestAWriteWhoseCallerHasGoneIsNotDone(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.write(ctx, put(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if n := count(t, s); n != 0 {
		t.Fatalf("%d rows", n)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	s := openTest(t)
	scratch(t, s)
	if _, err := s.read.Exec(`insert into scratch values (1)`); err == nil {
		t.Fatal("a reader wrote")
	}
}

func TestASecondServerOnTheSameDataIsRefused(t *testing.T) {
	pgtest.FileOnly(t)
	s := openTest(t)
	_, err := Open(t.Context(), strings.TrimSuffix(s.lock.f.Name(), ".lock"), Options{})
	if signoff.CodeOf(err) != "data-in-use" {
		t.Fatalf("got %v", err)
	}
}

func TestAClosedStoreRefusesWritesAndOpensAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	scratch(t, s)
	must(t, s.write(t.Context(), put(1)))
	must(t, s.Close())
	if err := s.write(t.Context(), put(2)); signoff.CodeOf(err) != "shutting-down" {
		t.Fatalf("got %v", err)
	}
	s, err = Open(t.Context(), "sqlite:"+path, Options{})
	must(t, err)
	defer s.Close()
	if n := count(t, s); n != 1 {
		t.Fatalf("%d rows", n)
	}
}

func TestDataOfANewerVersionIsRefusedAndUntouched(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s, err := Open(t.Context(), path, Options{})
	must(t, err)
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`insert into goose_db_version (version_id, is_applied) values (9999, 1)`)
		return err
	}))
	must(t, s.Close())
	before, err := os.ReadFile(path)
	must(t, err)
	_, err = Open(t.Context(), path, Options{})
	if signoff.CodeOf(err) != "data-newer" {
		t.Fatalf("got %v", err)
	}
	after, err := os.ReadFile(path)
	must(t, err)
	if string(before) != string(after) {
		t.Fatal("the file was changed")
	}
}

func TestDataThatCannotBeUsedIsRefusedInOneSentence(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	must(t, os.WriteFile(junk, []byte(strings.Repeat("not a database. ", 1000)), 0o600))
	for name, dsn := range map[string]string{
		"a folder that is not there": filepath.Join(dir, "missing", "signoff.db"),
		"a file of something else":   junk,
		"a folder instead of a file": dir,
		"another kind of database":   "mysql://localhost/x",
		"nothing":                    "",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), dsn, Options{})
			e, ok := errors.AsType[*signoff.Error](err)
			if !ok || e.Code != "data-unusable" || e.Detail == "" || strings.Contains(e.Detail, "\n") {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestSettingsThatDurabilityRestsOnAreOn(t *testing.T) {
	pgtest.FileOnly(t)
	s := openTest(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		must(t, s.write(t.Context(), func(tx *tx) error { return tx.row(`pragma ` + pragma).Scan(&got) }))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}
