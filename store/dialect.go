package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/signoffhq/signoff"
)

// busyTimeout is how long SQLite waits for a lock. Only a backup tool or a
// person with a database shell can hold one: the server is the only writer.
const busyTimeout = 5 * time.Second

// walPages is how many pages the write-ahead log takes before they are copied
// into the file. Larger than SQLite's own 1000, because the copying happens in
// the commit that passes the mark.
const walPages = 4000

// openSQLite opens the file with everything this store relies on.
func openSQLite(path string, conns, cacheMiB int, readOnly bool) (*sql.DB, error) {
	q := url.Values{}
	q.Set("_busy_timeout", strconv.FormatInt(busyTimeout.Milliseconds(), 10))
	q.Set("_journal_mode", "WAL")
	q.Set("_synchronous", "FULL")
	q.Set("_foreign_keys", "on")
	q.Add("_pragma", fmt.Sprintf("cache_size(%d)", -1024*cacheMiB))
	q.Add("_pragma", fmt.Sprintf("wal_autocheckpoint(%d)", walPages))
	q.Add("_pragma", fmt.Sprintf("journal_size_limit(%d)", 64<<20))
	q.Add("_pragma", "temp_store(memory)")
	if readOnly {
		q.Set("_query_only", "on")
	}
	if !readOnly {
		if err := makePrivate(path); err != nil {
			return nil, err
		}
	}
	name, err := sqliteURL(path, q)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// makePrivate makes the file, unless it is there, for its owner alone whatever
// the umask: it holds hashes of passwords and everybody's mail. The files SQLite
// makes beside it get the same rights. Those of a file that is there are left to
// whoever gave it them.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return folderError(filepath.Dir(path), err)
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func sqliteURL(path string, q url.Values) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return u.String(), nil
}

// explain turns what the database says into what an administrator can act on.
// Errors that already are meant for people, and those it does not know, come
// back unchanged.
func (s *Store) explain(err error) error {
	if err == nil {
		return nil
	}
	if s.pg != nil {
		return explainPostgres(s.where, err)
	}
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	if os.IsPermission(err) {
		return unusable(s.where, "may not be read and written by this user", "check the rights of the file and its folder", err)
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return unusable(s.where, "cannot grow: the disk is full", "make room; nothing that was acknowledged is lost", err)
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN:
		return unusable(s.where, "may not be read and written by this user", "check the rights of the file and its folder", err)
	case sqlite3.SQLITE_READONLY:
		return unusable(s.where, "cannot be written", "check the rights of the file and its folder", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return unusable(s.where, "is damaged or is not a signoff data file", "put a backup in its place", err)
	case sqlite3.SQLITE_IOERR:
		return unusable(s.where, "cannot be read or written: the disk reports an error", "look at the disk and the system log", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return unusable(s.where, "is held by another program", "close other programs that have it open", err)
	}
	return err
}

const codeUnusable = "data-unusable"

func unusable(where, what, hint string, err error) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: codeUnusable,
		Detail: where + " " + what, Hint: hint, Err: err}
}

// micros is how a moment is stored: microseconds since 1970 in UTC, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// microsOf is micros for a moment that may be absent.
func microsOf(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return micros(*t)
}

// moment is the inverse of micros.
func moment(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// momentPtr is the inverse of microsOf.
func momentPtr(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := moment(us)
	return &t
}

// flag is how a truth is stored: 0 or 1, in both databases.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
