package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// shape is a table as its database describes it, whatever its version.
type shape struct {
	Name    string         `json:"table"`
	Columns []shapedColumn `json:"columns"`
	Key     []string       `json:"key"` // rows come in this order
}

// shapedColumn is a column and what it holds: number, text or bytes.
type shapedColumn struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

const (
	holdsNumber = "number"
	holdsText   = "text"
	holdsBytes  = "bytes"
)

// list is the table's columns as they stand in a statement.
func (s *shape) list() string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func (s *shape) query() string {
	return "select " + s.list() + " from " + s.Name + " order by " + strings.Join(s.Key, ", ")
}

// column is the place of a column, -1 when there is none of that name.
func (s *shape) column(name string) int {
	return slices.IndexFunc(s.Columns, func(c shapedColumn) bool { return c.Name == name })
}

// same tells whether rows of one fit the other: the columns may stand in
// another order.
func (s *shape) same(o *shape) bool {
	return len(s.Columns) == len(o.Columns) && slices.Equal(s.Key, o.Key) &&
		!slices.ContainsFunc(s.Columns, func(c shapedColumn) bool { return !slices.Contains(o.Columns, c) })
}

// What a database says about its tables: table, column, kind, place in the key.
// The parts of a table that is kept in parts are not tables of their own.
const (
	sqliteShapes = `select m.name, c.name, lower(c.type), c.pk from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> 'goose_db_version' order by m.name, c.cid`
	pgShapes = `select c.relname::text, a.attname::text, format_type(a.atttypid, -1), coalesce(array_position(i.indkey::int[], a.attnum::int), -1) + 1
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		left join pg_index i on i.indrelid = c.oid and i.indisprimary
		where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'goose_db_version'
		order by c.relname, a.attnum`
)

// shapeList gathers shapes from the rows of those queries.
type shapeList struct {
	all  []*shape
	keys []map[int]string
}

func (l *shapeList) add(table, column, kind string, place int) (err error) {
	if len(l.all) == 0 || l.all[len(l.all)-1].Name != table {
		l.all, l.keys = append(l.all, &shape{Name: table}), append(l.keys, map[int]string{})
	}
	s := l.all[len(l.all)-1]
	if kind, err = kindOfColumn(kind); err != nil {
		return fmt.Errorf("%s.%s: %w", table, column, err)
	}
	s.Columns = append(s.Columns, shapedColumn{column, kind})
	if place > 0 {
		l.keys[len(l.keys)-1][place] = column
	}
	return nil
}

// shapes returns the tables this version knows in the order in which they can
// be written, then others.
func (l *shapeList) shapes() []*shape {
	for i, s := range l.all {
		for place := 1; place <= len(l.keys[i]); place++ {
			s.Key = append(s.Key, l.keys[i][place])
		}
	}
	slices.SortStableFunc(l.all, func(a, b *shape) int { return placeOf(a.Name) - placeOf(b.Name) })
	return l.all
}

type sqlQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func sqliteShapesIn(ctx context.Context, q sqlQuerier) ([]*shape, error) {
	rows, err := q.QueryContext(ctx, sqliteShapes)
	if err != nil {
		return nil, err
	}
	l := &shapeList{}
	err = eachRow(rows, func() error {
		var table, column, kind string
		var place int
		if err := rows.Scan(&table, &column, &kind, &place); err != nil {
			return err
		}
		return l.add(table, column, kind, place)
	})
	return l.shapes(), err
}

func pgShapesIn(ctx context.Context, tx pgx.Tx) ([]*shape, error) {
	rows, err := tx.Query(ctx, pgShapes)
	if err != nil {
		return nil, err
	}
	l := &shapeList{}
	var table, column, kind string
	var place int
	_, err = pgx.ForEachRow(rows, []any{&table, &column, &kind, &place}, func() error { return l.add(table, column, kind, place) })
	return l.shapes(), err
}

func kindOfColumn(kind string) (string, error) {
	switch kind {
	case "integer", "bigint":
		return holdsNumber, nil
	case "text":
		return holdsText, nil
	case "blob", "bytea":
		return holdsBytes, nil
	}
	return "", fmt.Errorf("a column of the kind %s cannot be copied", kind)
}

func placeOf(table string) int {
	for i, t := range tables {
		if t.name == table {
			return i
		}
	}
	return len(tables)
}
