package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
)

// snapshot is everything in a database as it was at one moment, whatever
// servers do to it meanwhile. It needs no lock that a server has.
type snapshot struct {
	kind    string // sqlite, postgres
	version int64  // of the tables
	tables  []*shape
	rows    func(ctx context.Context, t *shape, each func(row []any) error) error
	watch   func() error // tells when it costs the server too much to go on
	close   func()
}

// openSnapshot begins to read the database at dsn. where is what to call it.
func openSnapshot(ctx context.Context, dsn string, o Options) (s *snapshot, where string, err error) {
	o.fill()
	var pg *pgServer
	path := ""
	if isPostgres(dsn) {
		pg, where, err = pgParse(dsn, o.Log)
	} else if path, err = sqlitePath(dsn); err == nil {
		where = "the data file " + path
		err = mustExist(path)
	}
	if err != nil {
		return nil, where, err
	}
	if pg != nil {
		s, err = pgSnapshot(ctx, pg)
	} else {
		s, err = sqliteSnapshot(ctx, path, o)
	}
	if err == nil && s.version == 0 {
		s.close()
		err = unusable(where, "holds no data of signoff", "name the folder the data is in with --data, or a database with --store", nil)
	}
	return s, where, (&Store{where: where, pg: pg}).explain(err)
}

func mustExist(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
		return unusable("the data file "+path, "is not there", "name the folder it is in with --data, or a database with --store", err)
	case err != nil:
		return unusable("the data file "+path, "cannot be read", "check the rights of the file and its folder", err)
	case info.IsDir():
		return unusable("the data file "+path, "is a folder", "name the folder it is in with --data", nil)
	}
	return nil
}

// A write-ahead log cannot shrink while a snapshot is read, so what a server
// writes meanwhile adds to it.
const leastLogLimit = 1 << 30

func sqliteSnapshot(ctx context.Context, path string, o Options) (*snapshot, error) {
	name, err := sqliteURL(path, url.Values{"mode": {"ro"}, "_pragma": {fmt.Sprintf("cache_size(%d)", -1024*o.CacheMiB)},
		"_busy_timeout": {strconv.FormatInt(busyTimeout.Milliseconds(), 10)}})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		db.Close()
		return nil, err
	}
	s := &snapshot{kind: "sqlite", watch: logLimit(path), close: func() {
		conn.Close()
		db.Close()
		settleLog(path, o.Log)
	}}
	s.rows = func(ctx context.Context, t *shape, each func([]any) error) error {
		rows, err := conn.QueryContext(ctx, t.query())
		if err != nil {
			return err
		}
		return dumpRows(rows, func(_ []string, row []any) error {
			if err := normal(row, t); err != nil {
				return err
			}
			return each(row)
		})
	}
	if _, err = conn.ExecContext(ctx, "begin"); err == nil {
		s.tables, err = sqliteShapesIn(ctx, conn) // which begins the snapshot
	}
	if err == nil && s.ours() {
		err = conn.QueryRowContext(ctx, tablesVersion).Scan(&s.version)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// ours tells whether the tables are those of a signoff.
func (s *snapshot) ours() bool {
	return slices.ContainsFunc(s.tables, func(t *shape) bool { return t.Name == "workflow_version" })
}

// logLimit returns what tells when the write-ahead log has become larger than
// the file itself, and than a gigabyte: the disk may not have room for more.
func logLimit(path string) func() error {
	return func() error {
		log, err := os.Stat(path + "-wal")
		if err != nil {
			return nil // a server that stops takes it away
		}
		limit := int64(leastLogLimit)
		if file, err := os.Stat(path); err == nil {
			limit = max(limit, file.Size())
		}
		if log.Size() <= limit {
			return nil
		}
		return unusable("the data file "+path, fmt.Sprintf("is being changed faster than it is read: its log has grown to %d MiB", log.Size()>>20),
			"try again when the server has less to do, or keep the data in PostgreSQL", nil)
	}
}

// settleLog copies what has gathered in the write-ahead log into the file, so
// that the server's next commit need not. It waits for nobody and holds nobody up.
func settleLog(path string, log *slog.Logger) {
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() < walPages*4096 {
		return
	}
	name, err := sqliteURL(path, url.Values{"mode": {"rw"}, "_synchronous": {"FULL"}})
	if err == nil {
		var db *sql.DB
		if db, err = sql.Open("sqlite", name); err == nil {
			_, err = db.Exec(`pragma wal_checkpoint(passive)`)
			db.Close()
		}
	}
	if err != nil {
		log.Debug("write-ahead log not copied", slog.Any("err", err))
	}
}

// normal makes the values of a row of SQLite, where every value has a kind of
// its own, those of its columns.
func normal(row []any, t *shape) error {
	for i, c := range t.Columns {
		switch v := row[i].(type) {
		case nil:
		case int64:
			if c.Kind != holdsNumber {
				return fmt.Errorf("a number in the column %s.%s", t.Name, c.Name)
			}
		case string:
			row[i] = storableText(v)
			if c.Kind == holdsBytes {
				row[i] = []byte(v)
			}
		case []byte:
			if c.Kind == holdsText {
				row[i] = storableText(string(v))
			}
		default:
			return fmt.Errorf("a %T in the column %s.%s", v, t.Name, c.Name)
		}
		if _, text := row[i].(int64); row[i] != nil && text != (c.Kind == holdsNumber) {
			return fmt.Errorf("text in the column %s.%s", t.Name, c.Name)
		}
	}
	return nil
}

// storableText is text as both databases can keep it: UTF-8 without NUL.
func storableText(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

func pgSnapshot(ctx context.Context, pg *pgServer) (*snapshot, error) {
	conn, err := pgx.ConnectConfig(ctx, pg.patient())
	if err != nil {
		return nil, err
	}
	s := &snapshot{kind: "postgres", watch: func() error { return nil }, close: func() { conn.Close(context.WithoutCancel(ctx)) }}
	tx, err := pgStill(ctx, conn)
	if err == nil {
		s.rows = pgRows(tx)
		s.tables, err = pgShapesIn(ctx, tx)
	}
	if err == nil && s.ours() {
		err = tx.QueryRow(ctx, tablesVersion).Scan(&s.version)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// pgStill begins a transaction that sees one moment, and in which all tables stay
// as they are: a month that is dropped, or a table that is made anew by an
// update, would take its rows along, whatever the moment. Locks come first, for
// the first query is when the moment is. They keep nobody from reading or
// writing rows.
func pgStill(ctx context.Context, conn *pgx.Conn) (pgx.Tx, error) {
	lock := ""
	if err := conn.QueryRow(ctx, pgLockAll).Scan(&lock); err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil || lock == "" {
		return tx, err
	}
	if _, err := tx.Exec(ctx, lock); err != nil {
		return nil, err
	}
	now := ""
	if err := tx.QueryRow(ctx, pgLockAll).Scan(&now); err != nil {
		return nil, err
	}
	if now != lock { // an update came between the two
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: codeUnusable, Detail: "the tables of the database were being changed", Hint: "try again in a moment"}
	}
	return tx, nil
}

// pgLockAll makes the statement that keeps all tables as they are, "" when there
// are none. The parts of a table are locked with it.
const pgLockAll = `select coalesce('lock table ' || string_agg(quote_ident(relname), ', ' order by relname) || ' in access share mode', '') from pg_class
	where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relispartition`

func pgRows(tx pgx.Tx) func(ctx context.Context, t *shape, each func([]any) error) error {
	return func(ctx context.Context, t *shape, each func([]any) error) error {
		rows, err := tx.Query(ctx, t.query())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			row, err := rows.Values()
			if err == nil {
				err = each(row)
			}
			if err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

// Progress is how far the copying of data has come.
type Progress struct {
	What  string        // "reading", "verifying" …
	Table string        // the table it is at
	Rows  int64         // so far, of all tables
	Took  time.Duration // since it began
}

// progress tells somebody now and then.
type progress struct {
	what  string
	tell  func(Progress) // nil: nobody
	began time.Time
	last  time.Time
	rows  int64
}

const tellEvery = 500 * time.Millisecond

// row counts a row, and returns true when it is time to look around.
func (p *progress) row(table string) bool {
	if p.rows++; p.rows%256 != 0 || time.Since(p.last) < tellEvery {
		return false
	}
	p.last = time.Now()
	if p.tell != nil {
		p.tell(Progress{p.what, table, p.rows, time.Since(p.began)})
	}
	return true
}

// pour hands over all tables but those to be left out.
func (s *snapshot) pour(ctx context.Context, to sink, without []string, p *progress) error {
	for _, t := range s.tables {
		if slices.Contains(without, t.Name) {
			continue
		}
		if err := to.begin(t); err != nil {
			return err
		}
		sum := newTally(t.Name)
		err := s.rows(ctx, t, func(row []any) error {
			if p.row(t.Name) {
				if err := errors.Join(ctx.Err(), s.watch()); err != nil {
					return err
				}
			}
			record, err := sum.add(row)
			if err != nil {
				return err
			}
			return to.row(row, record)
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		if err := to.end(sum.total()); err != nil {
			return err
		}
	}
	return nil
}
