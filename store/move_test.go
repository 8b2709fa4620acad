package store_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
	"github.com/signoffhq/signoff/store/storetest"
)

func TestAnInstallationIsMovedWholeAndTheMoveCanBeRepeated(t *testing.T) {
	path, dsn := filepath.Join(t.TempDir(), "signoff.db"), pgtest.Empty(t)
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	storetest.Fill(t, s)
	before, err := s.DumpText(t.Context())
	must(t, err)
	if _, err := store.Move(t.Context(), path, dsn, store.Options{}); signoff.CodeOf(err) != "data-in-use" {
		t.Fatalf("while a server runs on it: %v", err)
	}
	must(t, s.Close())
	for range 2 {
		moved, err := store.Move(t.Context(), path, dsn, store.Options{})
		must(t, err)
		rows := int64(0)
		for _, m := range moved {
			if rows += m.Rows; m.Rows == 0 && !onPostgresOnly[m.Table] {
				t.Errorf("nothing in %s: its move is not tested", m.Table)
			}
		}
		if want := int64(strings.Count(before, "\n")); rows != want {
			t.Fatalf("%d rows moved of %d", rows, want)
		}
	}
	p := open(t, dsn)
	after, err := p.DumpText(t.Context())
	must(t, err)
	if after != before {
		t.Fatalf("before\n%s\nafter\n%s", before, after)
	}
	storetest.Fill(t, p) // numbers go on where they were
	if _, err := store.Move(t.Context(), path, dsn, store.Options{}); signoff.CodeOf(err) != "data-not-empty" {
		t.Fatalf("into a database that has gone on: %v", err)
	}
}

func TestAFileThatWasMovedIsNoDataUntilTheMoveIsUndone(t *testing.T) {
	dir, dsn := t.TempDir(), pgtest.Empty(t)
	path := filepath.Join(dir, "signoff.db")
	s, err := store.Open(t.Context(), path, store.Options{})
	must(t, err)
	storetest.Fill(t, s)
	before := dumpOf(t, s)
	if _, err := store.UndoMove(t.Context(), path); signoff.CodeOf(err) != "data-in-use" {
		t.Fatalf("while a server runs on it: %v", err)
	}
	must(t, s.Close())
	if was, err := store.UndoMove(t.Context(), path); was != "" || err != nil {
		t.Fatalf("a file that was not moved: %q, %v", was, err)
	}
	_, err = store.Move(t.Context(), path, "postgres://nobody@127.0.0.1:1/none", store.Options{})
	refused(t, err, "data-unusable", "")
	must(t, open(t, path).Close()) // a move that failed marks nothing

	_, err = store.Move(t.Context(), path, dsn, store.Options{})
	must(t, err)
	_, err = store.Open(t.Context(), path, store.Options{})
	refused(t, err, "data-moved", store.AddressOf(dsn))
	if hint := err.(*signoff.Error).Hint; !strings.Contains(hint, "signoff move --undo --data "+dir) || !strings.Contains(hint, "--store "+store.AddressOf(dsn)) {
		t.Errorf("it is not said what to do: %s", hint)
	}
	file := filepath.Join(t.TempDir(), "a.backup")
	_, err = store.Backup(t.Context(), path, file, store.BackupOptions{})
	refused(t, err, "data-moved", store.AddressOf(dsn))
	if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	was, err := store.UndoMove(t.Context(), path)
	must(t, err)
	if was != store.AddressOf(dsn) {
		t.Errorf("it was in %q", was)
	}
	if after := dumpOf(t, open(t, path)); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if after := dumpOf(t, open(t, dsn)); after != before {
		t.Errorf("in the database\n%s\nbefore\n%s", after, before)
	}
}

func TestAnAddressIsSaidWithoutWhatIsSecret(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://u:p@db.example.com/signoff":                             "postgres://u@db.example.com/signoff",
		"postgres://u:p%40:x@one:5432,two:5433/s?sslmode=verify-full":       "postgres://u@one:5432,two:5433/s?sslmode=verify-full",
		"postgresql://db/s?user=u&password=p&sslpassword=q":                 "postgresql://db/s?user=u",
		"postgres:///s?host=%2Fvar%2Frun%2Fpostgresql&password=p#also-here": "postgres:///s?host=%2Fvar%2Frun%2Fpostgresql",
		"postgres://db": "postgres://db/",
	} {
		if is := store.AddressOf(dsn); is != want {
			t.Errorf("%s: %s, not %s", dsn, is, want)
		}
	}
}

func TestPeopleAreToldWhereDataIsWithoutWhatIsSecret(t *testing.T) {
	for dsn, want := range map[string]string{
		"sqlite:data/signoff.db":           "the data file data/signoff.db",
		"postgres://u:p@db.example.com/s":  "the database s on db.example.com",
		"postgres://u:p@127.0.0.1:5433/s":  "the database s on 127.0.0.1:5433",
		"postgres://u:p@127.0.0.1:wrong/s": "the database",
		"mysql://u:p@127.0.0.1/s":          "the database",
	} {
		if is := store.Where(dsn); is != want {
			t.Errorf("%s: %q, not %q", dsn, is, want)
		}
	}
}

// onPostgresOnly are tables that a file never has rows in.
var onPostgresOnly = map[string]bool{"month_going": true}

func TestOnlyAFileIsMovedAndOnlyToPostgreSQL(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none.db")
	_, err := store.Move(t.Context(), none, "postgres://127.0.0.1:1/x", store.Options{})
	if made, _ := filepath.Glob(none); signoff.CodeOf(err) != "data-unusable" || len(made) > 0 {
		t.Errorf("a file that is not there: %v, %v", err, made)
	}
	for _, pair := range [][2]string{{"a.db", "b.db"}, {"postgres://x/y", "postgres://x/z"}, {"postgres://x/y", "b.db"}} {
		if _, err := store.Move(t.Context(), pair[0], pair[1], store.Options{}); signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
