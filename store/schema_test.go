package store

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/signoffhq/signoff/store/pgtest"
)

// column is a column as both databases describe it.
type column struct {
	table, name, kind string
	required          bool
	key               int // place in the primary key, 0 for none
}

func TestBothDatabasesHaveTheSameTables(t *testing.T) {
	lite, pg := openAt(t, filepath.Join(t.TempDir(), "x.db")), openAt(t, pgtest.Empty(t))
	a := columns(t, lite, `select m.name, c.name, case lower(c.type) when 'integer' then 'number' when 'blob' then 'bytes' else lower(c.type) end,
		c."notnull" or c.pk > 0, c.pk from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and m.name not like 'sqlite_%' and m.name <> 'goose_db_version' order by m.name, c.name`)
	b := columns(t, pg, `select c.table_name, c.column_name, case c.data_type when 'bigint' then 'number' when 'bytea' then 'bytes' else c.data_type end,
			c.is_nullable = 'NO', coalesce(array_position(i.indkey::int[], c.ordinal_position::int), -1) + 1
		from information_schema.columns c join pg_index i on i.indrelid = c.table_name::regclass and i.indisprimary
		where c.table_schema = 'public' and c.table_name <> 'goose_db_version' and not exists (select 1 from pg_inherits p where p.inhrelid = c.table_name::regclass)
		order by c.table_name collate "C", c.column_name collate "C"`)
	if len(a) < 100 {
		t.Fatalf("only %d columns found", len(a))
	}
	for _, c := range a {
		if !slices.Contains(b, c) {
			t.Errorf("SQLite has %+v, PostgreSQL has not", c)
		}
	}
	for _, c := range b {
		if !slices.Contains(a, c) {
			t.Errorf("PostgreSQL has %+v, SQLite has not", c)
		}
	}
	var other int
	must(t, pg.row(t.Context(), `select count(*) from information_schema.columns where table_schema = 'public' and data_type = 'text'
		and table_name <> 'goose_db_version' and collation_name is distinct from 'C'`).Scan(&other))
	if other > 0 {
		t.Errorf("%d text columns are not ordered byte by byte, as on SQLite", other)
	}
}

func TestBothDatabasesHaveTheSameIndexes(t *testing.T) {
	lite, pg := openAt(t, filepath.Join(t.TempDir(), "x.db")), openAt(t, pgtest.Empty(t))
	names := func(s *Store, query string) (out []string) {
		rows, err := s.query(t.Context(), query)
		must(t, err)
		must(t, eachRow(rows, func() error {
			var name string
			err := rows.Scan(&name)
			out = append(out, name)
			return err
		}))
		return out
	}
	a := names(lite, `select name from sqlite_master where type = 'index' and sql is not null order by name`)
	b := names(pg, `select c.relname from pg_class c join pg_index i on i.indexrelid = c.oid left join pg_constraint k on k.conindid = c.oid
		where c.relnamespace = 'public'::regnamespace and k.oid is null order by c.relname collate "C"`)
	if len(a) < 10 || !slices.Equal(a, b) {
		t.Errorf("SQLite: %v\nPostgreSQL: %v", a, b)
	}
}

func TestEveryTableIsDumped(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"))
	rows, err := s.query(t.Context(), `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name <> 'goose_db_version'`)
	must(t, err)
	n := 0
	must(t, eachRow(rows, func() error {
		var name string
		err := rows.Scan(&name)
		if name == "node" || name == "lease" {
			return err
		}
		for _, known := range tables {
			if known.name == name {
				n++
				return err
			}
		}
		t.Errorf("table %s is not among those that are dumped", name)
		return err
	}))
	if n != len(tables) {
		t.Errorf("%d tables, %d of them are dumped", len(tables), n)
	}
}

func TestEveryMigrationIsThereForBothDatabases(t *testing.T) {
	var names [2][]string
	for i, kind := range []string{"sqlite", "postgres"} {
		files, err := migrations.ReadDir("migrations/" + kind)
		must(t, err)
		for _, f := range files {
			names[i] = append(names[i], f.Name())
		}
	}
	if !slices.Equal(names[0], names[1]) {
		t.Errorf("SQLite: %v\nPostgreSQL: %v", names[0], names[1])
	}
}

func columns(t *testing.T, s *Store, query string) (out []column) {
	rows, err := s.query(t.Context(), query)
	must(t, err)
	must(t, eachRow(rows, func() error {
		var c column
		err := rows.Scan(&c.table, &c.name, &c.kind, &c.required, &c.key)
		out = append(out, c)
		return err
	}))
	return out
}
