package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
)

// Moved says how many rows of a table were moved.
type Moved struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// Move copies everything in the SQLite file from to the PostgreSQL database to,
// which must be empty, and compares every row that arrived. It happens in one
// transaction: a move that is interrupted leaves nothing behind and is simply
// made again; one that has been made says the same again. No server may run on
// the file; it keeps its content.
func Move(ctx context.Context, from, to string, o Options) ([]Moved, error) {
	if isPostgres(from) || !isPostgres(to) {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: codeUnusable, Detail: "data can be moved from a file to PostgreSQL only",
			Hint: "name the database as postgres://user:password@host:5432/database"}
	}
	path, err := sqlitePath(from)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, unusable("the data file "+path, "cannot be read", "name the folder it is in with --data", err)
	}
	src, err := Open(ctx, from, o)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	dst, err := Open(ctx, to, o)
	if err != nil {
		return nil, err
	}
	defer dst.Close()
	conn, err := pgx.ConnectConfig(ctx, dst.pg.patient())
	if err != nil {
		return nil, dst.explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	moved, err := (&move{src: src, conn: conn}).run(ctx)
	return moved, dst.explain(err)
}

type move struct {
	src  *Store
	conn *pgx.Conn
	tx   pgx.Tx
}

func (m *move) run(ctx context.Context) (moved []Moved, err error) {
	if m.tx, err = m.conn.Begin(ctx); err != nil {
		return nil, err
	}
	defer m.tx.Rollback(context.WithoutCancel(ctx)) // nothing, once it is committed
	full := false
	for _, t := range tables {
		var some bool
		if _, err := m.tx.Exec(ctx, `lock table `+t.name+` in share row exclusive mode`); err != nil {
			return nil, err
		}
		if err := m.tx.QueryRow(ctx, `select exists (select 1 from `+t.name+`)`).Scan(&some); err != nil {
			return nil, err
		}
		full = full || some
	}
	for i := range tables {
		n, err := m.table(ctx, i, !full)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", tables[i].name, err)
		}
		moved = append(moved, Moved{tables[i].name, n})
	}
	if full {
		return moved, nil // it was moved before, and all of it is there
	}
	if err := m.numbers(ctx); err != nil {
		return nil, err
	}
	return moved, m.tx.Commit(ctx)
}

// table moves one table, if it is to be copied, and compares what is there.
func (m *move) table(ctx context.Context, i int, copied bool) (int64, error) {
	t := tables[i]
	columns, isBytes, err := m.columns(ctx, t.name)
	if err != nil {
		return 0, err
	}
	if t.name == "fact" && copied {
		if err := m.months(ctx); err != nil {
			return 0, err
		}
	}
	query := "select " + strings.Join(columns, ", ") + " from " + t.name + " order by " + t.order
	rows, err := m.src.read.QueryContext(ctx, query)
	if err != nil {
		return 0, m.src.explain(err)
	}
	defer rows.Close()
	left := &leaving{rows: rows, isBytes: isBytes, sum: newSum()}
	if copied {
		_, err = m.tx.CopyFrom(ctx, pgx.Identifier{t.name}, columns, left)
	} else {
		for left.Next() {
			if _, err = left.Values(); err != nil {
				break
			}
		}
		err = errors.Join(err, left.Err())
	}
	if err != nil {
		return 0, err
	}
	arrived, err := m.arrived(ctx, query)
	switch {
	case err != nil:
		return 0, err
	case bytes.Equal(arrived.Sum(nil), left.sum.Sum(nil)):
		return left.sum.rows, nil
	case copied:
		return 0, errors.New("what arrived is not what was sent; nothing was moved")
	}
	return 0, &signoff.Error{Kind: signoff.Conflict, Code: "data-not-empty", Detail: "the database holds other data already; nothing was changed",
		Hint: "name an empty one"}
}

// columns lists a table's columns, and which of them hold bytes.
func (m *move) columns(ctx context.Context, table string) (names []string, isBytes []bool, err error) {
	rows, err := m.tx.Query(ctx, `select a.attname, a.atttypid = 'bytea'::regtype from pg_attribute a
		where a.attrelid = $1::text::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`, table)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var b bool
		if err := rows.Scan(&name, &b); err != nil {
			return nil, nil, err
		}
		names, isBytes = append(names, name), append(isBytes, b)
	}
	return names, isBytes, rows.Err()
}

func (m *move) arrived(ctx context.Context, query string) (*sum, error) {
	rows, err := m.tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	s := newSum()
	for rows.Next() {
		row, err := rows.Values()
		if err != nil {
			return nil, err
		}
		s.add(row)
	}
	return s, rows.Err()
}

// months makes the partitions that the history goes into.
func (m *move) months(ctx context.Context) error {
	rows, err := m.src.read.QueryContext(ctx, `select distinct month from fact order by month`)
	if err != nil {
		return m.src.explain(err)
	}
	var list []month
	err = eachRow(rows, func() error {
		var one month
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	})
	if err != nil {
		return m.src.explain(err)
	}
	return pgMakeMonths(ctx, m.tx, list)
}

// numbers makes those that are handed out next follow those that are taken.
func (m *move) numbers(ctx context.Context) error {
	for sequence, table := range map[string]string{"instance_number": "instance", "workflow_id_seq": "workflow", "workflow_version_id_seq": "workflow_version",
		"account_id_seq": "account", "legal_hold_id_seq": "legal_hold", "people_group_id_seq": "people_group", "mail_out_id_seq": "mail_out", "mail_in_id_seq": "mail_in"} {
		used := `select coalesce(max(id), 0) from ` + table
		if table == "instance" { // also those of instances that were removed
			used = `select greatest((` + used + `), (select coalesce(max(highest), 0) from removed))`
		}
		var next int64
		err := m.tx.QueryRow(ctx, `select setval($1::text::regclass, (`+used+`) + 1, false)`, sequence).Scan(&next)
		if err != nil {
			return fmt.Errorf("numbers of %s: %w", table, err)
		}
	}
	return nil
}

// leaving is the rows of a table on their way.
type leaving struct {
	rows    *sql.Rows
	isBytes []bool
	sum     *sum
}

func (l *leaving) Next() bool { return l.rows.Next() }
func (l *leaving) Err() error { return l.rows.Err() }

func (l *leaving) Values() ([]any, error) {
	row, into := make([]any, len(l.isBytes)), make([]any, len(l.isBytes))
	for i := range row {
		into[i] = &row[i]
	}
	if err := l.rows.Scan(into...); err != nil {
		return nil, err
	}
	for i, v := range row {
		switch v := v.(type) {
		case string: // SQLite keeps text in a column of bytes, too
			if l.isBytes[i] {
				row[i] = []byte(v)
			}
		case []byte:
			if !l.isBytes[i] {
				row[i] = string(v)
			}
		}
	}
	row = pgArgs(row)
	l.sum.add(row)
	return row, nil
}

// sum is a digest of rows.
type sum struct {
	hash.Hash
	rows int64
	buf  []byte
}

func newSum() *sum { return &sum{Hash: sha256.New()} }

func (s *sum) add(row []any) {
	s.rows++
	for _, v := range row {
		s.buf = s.buf[:0]
		switch v := v.(type) {
		case string:
			s.buf = append(s.buf, v...)
		case []byte:
			s.buf = append(s.buf, v...)
		default:
			s.buf = fmt.Append(s.buf, v)
		}
		s.Write(binary.AppendUvarint(nil, uint64(len(s.buf))))
		s.Write(s.buf)
	}
}
