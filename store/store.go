// Package store keeps everything signoff must not lose, and holds all of its SQL.
//
// It decides nothing: package runner works out a step and the store commits
// it, whole or not at all. All writes of a process go through one goroutine
// that puts whatever has queued up into one commit (see writer.go); reads go
// through a pool beside it. Nothing is acknowledged before it is on disk.
//
// Start reading at Store.Commit in commit.go.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
)

// Options adjust a store. The zero value is right for a server.
type Options struct {
	Log      *slog.Logger     // nil: discarded
	Now      func() time.Time // nil: time.Now
	Readers  int              // connections for reading at once; 0: 4
	CacheMiB int              // page cache of the writing connection; 0: 64. Each reader takes a quarter of it at most

	Committers int // PostgreSQL: connections that write; 0: 2, at most 4
}

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.CacheMiB <= 0 {
		o.CacheMiB = 64
	}
	if o.Committers <= 0 {
		o.Committers = 2
	}
	o.Committers = min(o.Committers, 4)
}

// Store is an open database. Make it with Open; its methods may be called from
// any goroutine.
type Store struct {
	where string // for messages: the data and, while opening, in which file or database
	log   *slog.Logger
	now   func() time.Time

	pg     *pgServer // nil on SQLite
	lock   *fileLock // nil on PostgreSQL
	read   *sql.DB   // many connections, none of which can write
	writer *writer
	ids    ids
	clock  clock
	hints  *hints

	readMu    sync.Mutex
	readStmts map[string]*sql.Stmt
}

// Open opens the database at dsn, creates or updates its tables, and takes
// possession of it until Close. dsn is the path of an SQLite file, with or
// without "sqlite:" before it, or the address of a PostgreSQL database:
// postgres://user:password@host:5432/database.
//
// It refuses, with one sentence for whoever starts the server: a file another
// server has open ("data-in-use"), data written by a newer version
// ("data-newer"), such that has been moved to a database ("data-moved"), and such
// that cannot be read or written ("data-unusable").
func Open(ctx context.Context, dsn string, o Options) (*Store, error) {
	o.fill()
	if isPostgres(dsn) {
		return openPostgres(ctx, dsn, o)
	}
	path, err := sqlitePath(dsn)
	if err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{where: "the data file " + path, log: o.Log, now: o.Now, lock: lock, readStmts: map[string]*sql.Stmt{}, hints: newHints()}
	if err := s.open(ctx, path, o); err != nil {
		s.Close()
		return nil, s.explain(err)
	}
	s.where = "the server's data" // from now on strangers may read it
	return s, nil
}

func (s *Store) open(ctx context.Context, path string, o Options) error {
	if err := refuseNewer(ctx, path); err != nil {
		return err
	}
	if err := refuseMoved(ctx, path); err != nil {
		return err
	}
	db, err := openSQLite(path, 1, o.CacheMiB, false)
	if err != nil {
		return err
	}
	if err := migrate(ctx, db); err != nil {
		db.Close()
		return err
	}
	if s.writer, err = startWriter(db, s, 1); err != nil {
		db.Close()
		return err
	}
	s.read, err = openSQLite(path, o.Readers, max(o.CacheMiB/4, 2), true)
	if err != nil {
		return err
	}
	return s.loadIDs(ctx)
}

// Close waits for writes under way, refuses new ones, and gives the file up.
// It may be called twice.
func (s *Store) Close() error {
	var err error
	s.hints.end()
	if s.read != nil {
		err = s.read.Close()
	}
	if s.writer != nil {
		if e := s.writer.close(); err == nil {
			err = e
		}
	}
	s.lock.release()
	return err
}

// write runs fn in the next commit and returns when that commit is on disk, or
// did not happen.
//
// fn runs on the writing goroutine, so it should only execute statements, with
// everything worked out beforehand. It may be run more than once and must have
// no effect but through its tx, except that what it assigned to its captured
// variables in the run that was committed is there for the caller. An error of
// fn undoes what fn did and comes back as it is; other writes in the same
// commit are not touched by it. Refusing before the first change is cheap,
// refusing after it is not.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	return s.writer.write(ctx, fn)
}

// Reads are short, because every one of them is bounded; so they are not
// interrupted when the caller goes away. Watching for that costs two goroutines
// a read, which is more than most reads do.

// row reads one row. The text of the query must be constant: it is prepared once.
func (s *Store) row(ctx context.Context, query string, args ...any) *sql.Row {
	if s.pg != nil {
		return s.pgRow(ctx, query, args)
	}
	stmt, err := s.prepared(query)
	if err != nil {
		return s.read.QueryRowContext(ctx, query, args...) // reports the same error again
	}
	return stmt.QueryRowContext(context.WithoutCancel(ctx), storable(args)...)
}

// query reads rows. The text of the query must be constant: it is prepared once.
func (s *Store) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.pg != nil {
		return s.pgQuery(ctx, query, args)
	}
	stmt, err := s.prepared(query)
	if err != nil {
		return nil, s.explain(err)
	}
	rows, err := stmt.QueryContext(context.WithoutCancel(ctx), storable(args)...)
	return rows, s.explain(err)
}

func (s *Store) prepared(query string) (*sql.Stmt, error) {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	if stmt := s.readStmts[query]; stmt != nil {
		return stmt, nil
	}
	// Not the caller's context: the statement outlives the call.
	stmt, err := s.read.PrepareContext(context.Background(), query)
	if err == nil {
		s.readStmts[query] = stmt
	}
	return stmt, err
}

// sqlitePath takes the file out of a data source name.
func sqlitePath(dsn string) (string, error) {
	if scheme, _, ok := strings.Cut(dsn, "://"); ok {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: codeUnusable,
			Detail: fmt.Sprintf("data cannot be kept in a database of the kind %q", scheme),
			Hint:   "name a file, such as data/signoff.db, or a PostgreSQL database as postgres://user:password@host:5432/database"}
	}
	path := strings.TrimPrefix(dsn, "sqlite:")
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: codeUnusable,
			Detail: "the data needs a file to live in", Hint: "name one, such as data/signoff.db"}
	}
	return path, nil
}
