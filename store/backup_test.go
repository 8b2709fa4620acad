package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
	"github.com/signoffhq/signoff/store/storetest"
)

// places are an SQLite file and a PostgreSQL database, both new.
func places(t *testing.T) map[string]string {
	return map[string]string{"sqlite": filepath.Join(t.TempDir(), "signoff.db"), "postgres": pgtest.Empty(t)}
}

func dumpOf(t *testing.T, s *store.Store) string {
	t.Helper()
	text, err := s.DumpText(t.Context())
	must(t, err)
	return text
}

var (
	ofTheMoment = regexp.MustCompile(`(?m)^(session|node|lease) .*\n`)
	unsettled   = regexp.MustCompile(`(?m)^(mail_out|outbox) .*\n`)
)

func TestABackupOfEitherDatabaseIsRestoredIntoEither(t *testing.T) {
	for from, source := range places(t) {
		s, err := store.Open(t.Context(), source, store.Options{})
		must(t, err)
		storetest.Fill(t, s)
		storetest.Fill(t, s)
		before := dumpOf(t, s)
		file := filepath.Join(t.TempDir(), "b")
		made, err := store.Backup(t.Context(), source, file, store.BackupOptions{Program: "v9"}) // while the store is open
		must(t, err)
		must(t, s.Close())
		if made.From != from || made.Program != "v9" || made.Rows != int64(strings.Count(ofTheMoment.ReplaceAllString(before, ""), "\n")) {
			t.Fatalf("%+v of\n%s", made, before)
		}
		for to, dsn := range places(t) {
			t.Run(from+" into "+to, func(t *testing.T) { restoresTo(t, file, dsn, before) })
		}
	}
}

func restoresTo(t *testing.T, file, dsn, before string) {
	r, err := store.Restore(t.Context(), file, dsn, store.RestoreOptions{})
	must(t, err)
	if len(r.Differ) > 0 || r.Replayed != 8 || r.Doubtful != 2 || r.TablesNow != r.Tables {
		t.Errorf("%+v", r)
	}
	s := open(t, dsn)
	if left, _ := filepath.Glob(dsn + "*"); !strings.Contains(dsn, "://") && slices.ContainsFunc(left, func(n string) bool { return strings.Contains(n, ".restoring") }) {
		t.Errorf("left behind: %v", left)
	}
	settled := func(dump string) string {
		return unsettled.ReplaceAllString(ofTheMoment.ReplaceAllString(dump, ""), "")
	}
	after := dumpOf(t, s)
	if settled(before) != settled(after) {
		t.Fatalf("before\n%s\nafter\n%s", before, after)
	}
	for table, n := range map[string]int{"mail_out": strings.Count(before, "\nmail_out "), "outbox": strings.Count(before, "\noutbox ")} {
		if is := strings.Count(after, "\n"+table+" "); is != n || n == 0 {
			t.Errorf("%d rows of %s, want %d", is, table, n)
		}
	}
	if strings.Contains(after, `state="queued"`) || strings.Contains(after, `holder="n`) || ofTheMoment.MatchString(after) {
		t.Errorf("what may have gone on since is taken for certain:\n%s", after)
	}
	storetest.Fill(t, s) // numbers go on where they were
	_, err = store.Restore(t.Context(), file, dsn, store.RestoreOptions{})
	if code := signoff.CodeOf(err); code != "data-not-empty" && code != "data-in-use" {
		t.Errorf("into data: %v", err)
	}
}

// backupOf makes a small backup of the data at path, and returns it.
func backupOf(t *testing.T) (file, path string) {
	path = filepath.Join(t.TempDir(), "signoff.db")
	s := open(t, path)
	storetest.Fill(t, s)
	must(t, s.Close())
	file = filepath.Join(t.TempDir(), "b")
	_, err := store.Backup(t.Context(), path, file, store.BackupOptions{})
	must(t, err)
	return file, path
}

// refused says that an error is one sentence for people with advice.
func refused(t *testing.T, err error, code, words string) {
	t.Helper()
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Code != code || !strings.Contains(e.Detail, words) || strings.Contains(e.Detail, "\n") || e.Hint == "" {
		t.Errorf("want %s with %q, got %v", code, words, err)
	}
}

func TestABackupThatWasCutOffAnywhereIsRefused(t *testing.T) {
	file, _ := backupOf(t)
	whole, err := os.ReadFile(file)
	must(t, err)
	cut := filepath.Join(t.TempDir(), "cut")
	for n := range whole {
		must(t, os.WriteFile(cut, whole[:n], 0o600))
		_, err := store.CheckBackup(t.Context(), cut, nil)
		refused(t, err, "backup-bad", "")
	}
	must(t, os.WriteFile(cut, append(bytes.Clone(whole), 0), 0o600))
	_, err = store.CheckBackup(t.Context(), cut, nil)
	refused(t, err, "backup-bad", "something follows")
}

func TestABackupOfWhichAnyByteChangedIsRefusedOrSaysTheSame(t *testing.T) {
	file, _ := backupOf(t)
	want, err := store.CheckBackup(t.Context(), file, nil)
	must(t, err)
	whole, err := os.ReadFile(file)
	must(t, err)
	content, err := unzipped(whole)
	must(t, err)
	bad := filepath.Join(t.TempDir(), "bad")
	for i := range whole {
		flip := byte(1) << (i % 8)
		whole[i] ^= flip
		must(t, os.WriteFile(bad, whole, 0o600))
		is, err := store.CheckBackup(t.Context(), bad, nil)
		switch {
		case err == nil && is.SHA256 == want.SHA256 && is.Rows == want.Rows:
			// gzip's own header holds a time and the like, and its blocks end padded
			if got, err := unzipped(whole); err != nil || !bytes.Equal(got, content) {
				t.Errorf("byte %d changed what the file holds, and was not noticed: %v", i, err)
			}
		case signoff.CodeOf(err) == "data-newer": // a digit of the header
		default:
			refused(t, err, "backup-bad", "")
		}
		whole[i] ^= flip
	}
}

func unzipped(file []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// What somebody has changed and packed again is found out by the digests.
func TestABackupThatWasChangedAndPackedAgainIsRefused(t *testing.T) {
	file, _ := backupOf(t)
	packed, err := os.ReadFile(file)
	must(t, err)
	whole, err := unzipped(packed)
	must(t, err)
	for i := 0; i < len(whole); i += 7 {
		whole[i] ^= 1
		_, err := store.CheckBackup(t.Context(), zipped(t, string(whole)), nil)
		if code := signoff.CodeOf(err); code != "backup-bad" && code != "data-newer" {
			t.Errorf("byte %d: %v", i, err)
		}
		whole[i] ^= 1
	}
	if _, err := store.CheckBackup(t.Context(), zipped(t, string(whole)), nil); err != nil {
		t.Errorf("packed again as it was: %v", err)
	}
}

// rec is a record as it stands in a file.
func rec(letter, body string) string { return letter + string(rune(len(body))) + body }

const (
	someHeader = `{"signoff":"backup","form":1,"tables":5,"program":"v1"}`
	someTable  = `{"table":"xyz","columns":[{"name":"a","kind":"bytes"}],"key":["a"]}`
)

func zipped(t *testing.T, parts ...string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "z")
	f, err := os.Create(name)
	must(t, err)
	z := gzip.NewWriter(f)
	for _, p := range parts {
		_, err := io.WriteString(z, p)
		must(t, err)
	}
	must(t, errors.Join(z.Close(), f.Close()))
	return name
}

func TestWhatIsNoBackupIsRefusedInWords(t *testing.T) {
	head := rec("H", someHeader)
	text := filepath.Join(t.TempDir(), "text")
	must(t, os.WriteFile(text, []byte("PRAGMA foreign_keys=off;"), 0o600))
	for name, c := range map[string][3]string{
		"another file":                   {text, "backup-bad", "is not a backup"},
		"an empty file":                  {zipped(t), "backup-bad", "ends too soon"},
		"something zipped":               {zipped(t, "hello world"), "backup-bad", ""},
		"only a header":                  {zipped(t, head), "backup-bad", "ends too soon"},
		"a newer form":                   {zipped(t, rec("H", strings.Replace(someHeader, `"form":1`, `"form":2`, 1))), "data-newer", "newer signoff"},
		"a folder":                       {t.TempDir(), "backup-bad", "cannot be read"},
		"nothing":                        {filepath.Join(t.TempDir(), "none"), "backup-bad", "is not there"},
		"a row without table":            {zipped(t, head, "R\x01n"), "backup-bad", "a table was expected"},
		"a table with a name of its own": {zipped(t, head, rec("T", strings.Replace(someTable, "xyz", "x; drop", 1))), "backup-bad", "without a name"},
		"a row of terabytes":             {zipped(t, head, rec("T", someTable), "R\xff\xff\xff\xff\xff\x7f"), "backup-bad", "at most"},
		"a length without end":           {zipped(t, head, "T"+strings.Repeat("\xff", 20)), "backup-bad", "no length"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := store.CheckBackup(t.Context(), c[0], nil)
			refused(t, err, c[1], c[2])
			into := filepath.Join(t.TempDir(), "signoff.db")
			_, err = store.Restore(t.Context(), c[0], into, store.RestoreOptions{})
			refused(t, err, c[1], "")
			if left, _ := filepath.Glob(into + "*"); len(left) > 1 { // the lock
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A small file that unpacks to a gigabyte of one row takes no more memory than
// a row may have, and no time.
func TestABackupThatUnpacksToMuchIsGivenUpEarly(t *testing.T) {
	parts := []string{rec("H", someHeader), rec("T", someTable), "R\x80\x80\x80\x80\x04"}
	for range 64 {
		parts = append(parts, strings.Repeat("\x00", 1<<20))
	}
	_, err := store.CheckBackup(t.Context(), zipped(t, parts...), nil)
	refused(t, err, "backup-bad", "at most")
}

func TestABackupReplacesNothingUnlessToldTo(t *testing.T) {
	file, path := backupOf(t)
	_, err := store.Backup(t.Context(), path, file, store.BackupOptions{})
	refused(t, err, "backup-exists", "already")
	_, err = store.Backup(t.Context(), path, file, store.BackupOptions{Force: true})
	must(t, err)
	if left, _ := filepath.Glob(file + "*"); len(left) != 1 {
		t.Errorf("files: %v", left)
	}
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v", info.Mode())
	}
}

func TestABackupThatIsStoppedLeavesNothing(t *testing.T) {
	for name, dsn := range places(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, dsn)
			storetest.Fill(t, s)
			file := filepath.Join(t.TempDir(), "b")
			ctx, cancel := context.WithCancel(t.Context())
			o := store.BackupOptions{Key: func(string) (string, error) { cancel(); return "", nil }}
			if _, err := store.Backup(ctx, dsn, file, o); err == nil {
				t.Error("it was made all the same")
			}
			if left, _ := filepath.Glob(file + "*"); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestABackupOfNothingIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "b")
	_, err := store.Backup(t.Context(), filepath.Join(dir, "signoff.db"), file, store.BackupOptions{})
	refused(t, err, "data-unusable", "is not there")
	_, err = store.Backup(t.Context(), pgtest.Empty(t), file, store.BackupOptions{})
	refused(t, err, "data-unusable", "holds no data of signoff")
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 0 {
		t.Errorf("made: %v", left)
	}
}

// While a backup is read, as slowly as it likes, writes go on and are in the
// next backup.
func TestABackupHoldsNobodyUp(t *testing.T) {
	for name, dsn := range places(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, dsn)
			storetest.Fill(t, s)
			before := dumpOf(t, s)
			file := filepath.Join(t.TempDir(), "b")
			o := store.BackupOptions{Key: func(string) (string, error) { // the snapshot has begun
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, err := s.CreateGroup(ctx, store.Group{Name: "later", Key: "later"})
				return "k", err
			}}
			_, err := store.Backup(t.Context(), dsn, file, o)
			must(t, err)
			into := filepath.Join(t.TempDir(), "signoff.db")
			_, err = store.Restore(t.Context(), file, into, store.RestoreOptions{})
			must(t, err)
			if after := dumpOf(t, open(t, into)); strings.Contains(after, "later") || strings.Count(after, "people_group") != strings.Count(before, "people_group") {
				t.Errorf("it holds what came after it began:\n%s", after)
			}
		})
	}
}

func TestARestoreThatIsInterruptedIsMadeAgain(t *testing.T) {
	file, source := backupOf(t)
	for name, dsn := range places(t) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			stop := func(store.Contents) error { cancel(); return nil }
			if _, err := store.Restore(ctx, file, dsn, store.RestoreOptions{Fits: stop}); err == nil {
				t.Fatal("it was not stopped")
			}
			if name == "sqlite" { // one that was killed leaves its file
				must(t, os.WriteFile(dsn+".restoring", []byte("half"), 0o600))
				must(t, os.WriteFile(dsn+".restoring-wal", []byte("half"), 0o600))
			}
			_, err := store.Restore(t.Context(), file, dsn, store.RestoreOptions{})
			must(t, err)
			if a, b := dumpOf(t, open(t, dsn)), dumpOf(t, open(t, source)); strings.Count(a, "\nfact ") != strings.Count(b, "\nfact ") {
				t.Errorf("got\n%s", a)
			}
		})
	}
}

func TestWhatDoesNotFitIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	file, _ := backupOf(t)
	for name, dsn := range places(t) {
		t.Run(name, func(t *testing.T) {
			no := &signoff.Error{Kind: signoff.Invalid, Code: "no"}
			if _, err := store.Restore(t.Context(), file, dsn, store.RestoreOptions{Fits: func(store.Contents) error { return no }}); !errors.Is(err, no) {
				t.Errorf("got %v", err)
			}
			if is, _, err := store.TablesVersion(t.Context(), dsn, store.Options{}); err != nil || is != 0 {
				t.Errorf("tables were made: %d, %v", is, err)
			}
		})
	}
}
