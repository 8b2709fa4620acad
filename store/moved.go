package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/signoffhq/signoff"
)

// movedTo is the name under which a file keeps where its data has been moved
// to. A file that has it is nobody's data any more: a server on it would do a
// second time what the one on the database does. A database never has it.
const movedTo = "moved-to"

// markedSince is the version of the tables from which on a file can be marked.
const markedSince = 8

func dataMoved(path, to string) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: "data-moved",
		Detail: fmt.Sprintf("the data file %s was moved to %s, where it is now; nothing was changed", path, to),
		Hint: fmt.Sprintf("name that database with --store %s or SIGNOFF_STORE; to go back to the file, as it was before the move: signoff move --undo --data %s",
			to, filepath.Dir(path))}
}

// refuseMoved looks at a file without changing anything in it.
func refuseMoved(ctx context.Context, path string) error {
	is, err := sqliteVersion(ctx, path)
	if err != nil || is < markedSince {
		return err
	}
	name, err := sqliteURL(path, url.Values{"mode": {"ro"}})
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return err
	}
	defer db.Close()
	to := ""
	err = db.QueryRowContext(ctx, `select value from installation where name = $1`, movedTo).Scan(&to)
	switch {
	case isNoRows(err):
		return nil
	case err != nil:
		return err
	}
	return dataMoved(path, to)
}

// markable brings a file to tables in which it can be marked, if they are older.
func markable(ctx context.Context, path string) error {
	is, err := sqliteVersion(ctx, path)
	if err != nil || is == 0 || is >= markedSince {
		return err
	}
	db, err := openSQLite(path, 1, 1, false)
	if err != nil {
		return err
	}
	defer db.Close()
	return migrate(ctx, db)
}

// mark keeps in a file where its data is now; "" takes the mark away. It returns
// what the mark was.
func mark(ctx context.Context, path, to string) (was string, err error) {
	db, err := openSQLite(path, 1, 1, false)
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, `select value from installation where name = $1`, movedTo).Scan(&was)
	if err != nil && !isNoRows(err) {
		return "", err
	}
	if to == "" {
		_, err = db.ExecContext(ctx, `delete from installation where name = $1`, movedTo)
		return was, err
	}
	_, err = db.ExecContext(ctx, `insert into installation (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value`, movedTo, to)
	return was, err
}

// UndoMove makes a file that was moved a server's data again, as it was before
// the move, and returns where it had been moved to: "" if it had not. What
// happened in the database since is not in the file.
func UndoMove(ctx context.Context, dsn string) (was string, err error) {
	path, err := sqlitePath(dsn)
	if err != nil {
		return "", err
	}
	if err := mustExist(path); err != nil {
		return "", err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return "", err
	}
	defer lock.release()
	err = refuseNewer(ctx, path)
	if err == nil {
		var is int64
		if is, err = sqliteVersion(ctx, path); err == nil && is >= markedSince {
			was, err = mark(ctx, path, "")
		}
	}
	return was, (&Store{where: "the data file " + path}).explain(err)
}

// unmarked leaves the mark out of what is read.
func (s *snapshot) unmarked() {
	rows := s.rows
	s.rows = func(ctx context.Context, t *shape, each func([]any) error) error {
		name := -1
		if t.Name == "installation" {
			name = t.column("name")
		}
		return rows(ctx, t, func(row []any) error {
			if name >= 0 && row[name] == movedTo {
				return nil
			}
			return each(row)
		})
	}
}

// AddressOf is that of a PostgreSQL database without what is secret in it. dsn
// must be one that can be understood.
func AddressOf(dsn string) string {
	scheme, rest, _ := strings.Cut(dsn, "://")
	rest, _, _ = strings.Cut(rest, "#")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		user, _, _ := strings.Cut(authority[:i], ":")
		authority = user + authority[i:]
	}
	said, _ := url.ParseQuery(query)
	said.Del("password")
	said.Del("sslpassword")
	if query = said.Encode(); query != "" {
		query = "?" + query
	}
	return scheme + "://" + authority + "/" + path + query
}
