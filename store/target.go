package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
)

// target is an empty database that rows are put into, all in one transaction.
type target struct {
	tables []*shape
	write  func(ctx context.Context, t *shape, rows [][]any) error // rows in the order of t's columns
	rows   func(ctx context.Context, t *shape, each func([]any) error) error
	exec   func(ctx context.Context, query string, args ...any) (int64, error)
	after  func(ctx context.Context) error // numbers that are handed out next
	commit func(ctx context.Context) error
	close  func()
}

// filling is the sink that puts rows into a target.
type filling struct {
	ctx  context.Context
	to   *target
	p    *progress
	at   *shape
	rows [][]any
	size int
	done []TableRows
	from []*shape // the tables as they come
}

// Rows are written so many at a time.
const (
	mostAtOnce  = 2000
	bytesAtOnce = 4 << 20
)

func (f *filling) begin(t *shape) error {
	i := slices.IndexFunc(f.to.tables, func(o *shape) bool { return o.Name == t.Name })
	if i < 0 || !t.same(f.to.tables[i]) {
		return damaged("has a table "+t.Name+" that is not as tables of its version are", nil)
	}
	f.at, f.from = t, append(f.from, t)
	return nil
}

func (f *filling) row(row []any, record []byte) error {
	row = slices.Clone(row)
	for i, v := range row {
		switch v := v.(type) {
		case []byte:
			row[i] = append([]byte{}, v...) // never nil, which means something else
		case string:
			row[i] = storableText(v)
		}
	}
	f.rows, f.size = append(f.rows, row), f.size+len(record)
	if f.p.row(f.at.Name) && f.ctx.Err() != nil {
		return f.ctx.Err()
	}
	if len(f.rows) < mostAtOnce && f.size < bytesAtOnce {
		return nil
	}
	return f.flush()
}

func (f *filling) flush() error {
	if len(f.rows) == 0 {
		return nil
	}
	err := f.to.write(f.ctx, f.at, f.rows)
	f.rows, f.size = f.rows[:0], 0
	if err != nil {
		return fmt.Errorf("table %s: %w", f.at.Name, err)
	}
	return nil
}

func (f *filling) end(sum TableRows) error {
	f.done = append(f.done, sum)
	return f.flush()
}

// verify reads back what arrived and holds it against what was sent.
func (f *filling) verify() error {
	for i, t := range f.from {
		is := newTally(t.Name)
		err := f.to.rows(f.ctx, t, func(row []any) error {
			if f.p.row(t.Name) && f.ctx.Err() != nil {
				return f.ctx.Err()
			}
			_, err := is.add(row)
			return err
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		if got := is.total(); got != f.done[i] {
			return &signoff.Error{Kind: signoff.Internal, Code: codeNotVerified,
				Detail: fmt.Sprintf("what arrived in the table %s is not what was sent (%d rows of %d); nothing was kept", t.Name, got.Rows, f.done[i].Rows)}
		}
	}
	return nil
}

const codeNotVerified = "backup-differs"

// sqliteTarget makes a new file at path with tables of a version. It is written
// without any care for a loss of power: a file that is not complete is thrown
// away.
func sqliteTarget(ctx context.Context, path string, version int64) (*target, error) {
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	name, err := sqliteURL(path, url.Values{"_pragma": {"journal_mode(off)", "synchronous(off)", "foreign_keys(off)", "cache_size(-65536)", "temp_store(memory)"}})
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	t, err := newSQLiteTarget(ctx, db, version)
	if err != nil {
		db.Close()
	}
	return t, err
}

func newSQLiteTarget(ctx context.Context, db *sql.DB, version int64) (*target, error) {
	p, err := provider(db)
	if err != nil {
		return nil, err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return nil, fmt.Errorf("make tables: %w", err)
	}
	tables, err := sqliteShapesIn(ctx, db)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	t := &target{tables: tables, close: func() { tx.Rollback(); db.Close() }}
	t.exec = func(ctx context.Context, query string, args ...any) (int64, error) {
		result, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, err
		}
		return result.RowsAffected()
	}
	t.write = func(ctx context.Context, s *shape, rows [][]any) error { return sqliteInsert(ctx, tx, s, rows) }
	t.rows = func(ctx context.Context, s *shape, each func([]any) error) error {
		rows, err := tx.QueryContext(ctx, s.query())
		if err != nil {
			return err
		}
		return dumpRows(rows, func(_ []string, row []any) error { return errors.Join(normal(row, s), each(row)) })
	}
	t.after = func(ctx context.Context) error { return sqliteReferences(ctx, tx) }
	t.commit = func(context.Context) error { return tx.Commit() }
	return t, nil
}

func sqliteInsert(ctx context.Context, tx *sql.Tx, s *shape, rows [][]any) error {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(s.Columns)), ", ")
	stmt, err := tx.PrepareContext(ctx, "insert into "+s.Name+" ("+s.list()+") values ("+marks+")")
	if err != nil {
		return err
	}
	defer stmt.Close()
	for _, row := range rows {
		if _, err := stmt.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

// sqliteReferences checks what rows say of others.
func sqliteReferences(ctx context.Context, tx *sql.Tx) error {
	var table, parent string
	var rowid, fk sql.NullInt64
	err := tx.QueryRowContext(ctx, `pragma foreign_key_check`).Scan(&table, &rowid, &parent, &fk)
	if isNoRows(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return damaged("refers in the table "+table+" to a row of "+parent+" that it does not have", nil)
}

// pgTarget makes the tables of a version in an empty database, and keeps
// servers out of them until it is closed.
func pgTarget(ctx context.Context, pg *pgServer, version int64) (*target, error) {
	if err := pgTablesOf(ctx, pg, version); err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, pg.patient())
	if err != nil {
		return nil, err
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	t := &target{close: func() { conn.Close(context.WithoutCancel(ctx)) }, commit: tx.Commit, rows: pgRows(tx)}
	t.exec = func(ctx context.Context, query string, args ...any) (int64, error) {
		tag, err := tx.Exec(ctx, query, args...)
		return tag.RowsAffected(), err
	}
	t.write = func(ctx context.Context, s *shape, rows [][]any) error { return pgInsert(ctx, tx, s, rows) }
	t.after = func(ctx context.Context) error { return pgNumbers(ctx, tx) }
	if err := t.take(ctx, tx); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

// take locks all tables, and makes sure that there is nothing in them.
func (t *target) take(ctx context.Context, tx pgx.Tx) (err error) {
	// Servers that begin ask for this lock before they make an administrator.
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, adminLock); err != nil {
		return err
	}
	if t.tables, err = pgShapesIn(ctx, tx); err != nil {
		return err
	}
	for _, s := range t.tables {
		var some bool
		if _, err := tx.Exec(ctx, `lock table `+s.Name+` in share row exclusive mode`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `select exists (select 1 from `+s.Name+`)`).Scan(&some); err != nil {
			return err
		}
		if some {
			return errNotEmpty
		}
	}
	return nil
}

var errNotEmpty = &signoff.Error{Kind: signoff.Conflict, Code: "data-not-empty", Detail: "the database holds data already; nothing was changed",
	Hint: "name an empty one; a server must not have been started on it"}

// pgTablesOf brings the tables of an empty database to a version.
func pgTablesOf(ctx context.Context, pg *pgServer, version int64) error {
	is, err := pgVersion(ctx, pg)
	if err != nil || is == version {
		return err
	}
	if is > version {
		return &signoff.Error{Kind: signoff.Conflict, Code: "data-newer",
			Detail: fmt.Sprintf("the database has tables of a newer version (%d) than what is to be put into it (%d); nothing was changed", is, version),
			Hint:   "make the database anew: dropdb, then createdb --encoding=UTF8"}
	}
	return pgUp(ctx, pg, version)
}

func pgInsert(ctx context.Context, tx pgx.Tx, s *shape, rows [][]any) error {
	if s.Name == "fact" && s.Columns[0].Name == "month" {
		if err := pgMonthsOf(ctx, tx, rows); err != nil {
			return err
		}
	}
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{s.Name}, names, pgx.CopyFromRows(rows))
	return err
}

// pgMonthsOf makes the parts of the history that rows go into.
func pgMonthsOf(ctx context.Context, tx pgx.Tx, rows [][]any) error {
	var months []month
	for _, row := range rows {
		if m, ok := row[0].(int64); ok && !slices.Contains(months, month(m)) {
			months = append(months, month(m))
		}
	}
	return pgMakeMonths(ctx, tx, months)
}

// pgNumbers makes the numbers that are handed out next follow those taken: of
// every column that gets them by itself, and of instances.
func pgNumbers(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select c.relname::text, a.attname::text, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
		from pg_attribute a join pg_class c on c.oid = a.attrelid
		where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attidentity <> '' and c.relname <> 'goose_db_version'`)
	if err != nil {
		return err
	}
	used := map[string]string{"instance_number": `select coalesce(max(id), 0) from instance`}
	var table, column, sequence string
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &sequence}, func() error {
		used[sequence] = `select coalesce(max(` + column + `), 0) from ` + table
		return nil
	})
	if err != nil {
		return err
	}
	var removed bool // instances whose numbers are not used again all the same
	if err := tx.QueryRow(ctx, `select to_regclass('removed') is not null`).Scan(&removed); err != nil {
		return err
	}
	if removed {
		used["instance_number"] = `select greatest((` + used["instance_number"] + `), (select coalesce(max(highest), 0) from removed))`
	}
	for sequence, highest := range used {
		if _, err := tx.Exec(ctx, `select setval($1::text::regclass, (`+highest+`) + 1, false)`, sequence); err != nil {
			return fmt.Errorf("numbers of %s: %w", sequence, err)
		}
	}
	return nil
}
