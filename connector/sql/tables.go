package sql

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// dialect is what the two databases differ in.
type dialect int

const (
	postgres dialect = iota
	sqlite
)

// table is one table or view, with the names that the broker has for its parts.
type table struct {
	object       broker.Object
	schema, name string
	columns      []column
	view         bool
}

type column struct {
	name      string // in the database
	property  string
	kind      broker.DataType
	native    string // the type's name in the database
	key       bool
	required  bool // has no default and may not be null
	generated bool
}

// Objects implements broker.Provider: tables, views and own statements.
func (p *provider) Objects(ctx context.Context) ([]broker.Object, error) {
	tables, err := p.tables(ctx)
	if err != nil {
		return nil, err
	}
	var out []broker.Object
	for _, t := range tables {
		out = append(out, t.object)
	}
	if len(p.statements) > 0 {
		out = append(out, p.statementObject())
	}
	return out, nil
}

const postgresColumns = `
select n.nspname, c.relname, c.relkind in ('v', 'm'), a.attname, format_type(a.atttypid, null),
  coalesce(a.attnum = any (i.indkey), false), a.attnotnull and not a.atthasdef and a.attidentity = '', a.attgenerated <> '' or a.attidentity = 'a'
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_index i on i.indrelid = c.oid and i.indisprimary
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname = any ($1) and not c.relispartition and has_column_privilege(c.oid, a.attnum, 'select')
order by array_position($1, n.nspname::text), c.relname, a.attnum`

const sqliteColumns = `
select '', m.name, m.type = 'view', x.name, x.type, x.pk > 0,
  x."notnull" and x.dflt_value is null and not (x.pk > 0 and lower(x.type) = 'integer'), x.hidden in (2, 3)
from sqlite_master m join pragma_table_xinfo(m.name) x
where m.type in ('table', 'view') and m.name not like 'sqlite\_%' escape '\' and x.hidden <> 1 order by m.name, x.cid`

// tables asks the database what there is.
func (p *provider) tables(ctx context.Context) ([]table, error) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	query, args := postgresColumns, []any{p.schemas}
	if p.kind == sqlite {
		query, args = sqliteColumns, nil
	}
	rows, err := p.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, p.trouble(err)
	}
	defer rows.Close()
	var list []table
	for rows.Next() {
		var t table
		var c column
		if err := rows.Scan(&t.schema, &t.name, &t.view, &c.name, &c.native, &c.key, &c.required, &c.generated); err != nil {
			return nil, p.trouble(err)
		}
		if n := len(list); n == 0 || list[n-1].schema != t.schema || list[n-1].name != t.name {
			if len(list) == maxTables {
				return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "service-objects-unusable", Detail: fmt.Sprintf("the database has more than %d tables and views", maxTables), Hint: "name fewer schemas"}
			}
			list = append(list, t)
		}
		c.kind = p.typeOf(c.native)
		last := &list[len(list)-1]
		last.columns = append(last.columns, c)
	}
	if err := rows.Err(); err != nil {
		return nil, p.trouble(err)
	}
	p.describe(list)
	return list, nil
}

// describe gives tables the names and methods that the broker sees.
func (p *provider) describe(list []table) {
	taken := map[string]bool{strings.ToLower(statementName): true} // own statements keep it
	for i := range list {
		t := &list[i]
		name := t.name
		if t.schema != "" && t.schema != p.schemas[0] {
			name = t.schema + "_" + t.name
		}
		t.object = broker.Object{Name: unused(name, taken), Title: t.name, Text: "Table " + t.name + "."}
		if t.view {
			t.object.Text = "View " + t.name + "."
		}
		columns := map[string]bool{}
		for j := range t.columns {
			c := &t.columns[j]
			c.property = unused(c.name, columns)
			t.object.Properties = append(t.object.Properties, broker.Property{Name: c.property, Title: c.name, Type: c.kind, Key: c.key})
		}
		t.object.Methods = t.methods(p.readOnly)
	}
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// unused makes a name that the broker takes, and that nothing else has.
func unused(name string, taken map[string]bool) string {
	name = strings.Trim(notInName.ReplaceAllString(name, "_"), "_")
	if name == "" || !(name[0] >= 'A' && name[0] <= 'Z' || name[0] >= 'a' && name[0] <= 'z') {
		name = "x_" + name
	}
	name = name[:min(len(name), 90)]
	out := name
	for n := 2; taken[strings.ToLower(out)]; n++ {
		out = fmt.Sprintf("%s_%d", name, n)
	}
	taken[strings.ToLower(out)] = true
	return out
}

func (t *table) methods(readOnly bool) []broker.Method {
	var all, keys []string
	var by, set, change []broker.Input
	for _, c := range t.columns {
		all = append(all, c.property)
		if c.key {
			keys = append(keys, c.property)
			by = append(by, broker.Input{Name: c.property, Required: true})
			change = append(change, broker.Input{Name: c.property, Required: true})
		} else if !c.generated {
			change = append(change, broker.Input{Name: c.property})
		}
		if !c.generated {
			set = append(set, broker.Input{Name: c.property, Required: c.required})
		}
	}
	out := []broker.Method{{Name: "list", Title: "List", Kind: broker.List, Outputs: all}}
	if len(keys) > 0 {
		out = append(out, broker.Method{Name: "read", Title: "Read one", Kind: broker.Read, Inputs: by, Outputs: all})
	}
	if readOnly || t.view {
		return out
	}
	out = append(out, broker.Method{Name: "create", Title: "Add", Kind: broker.Create, Inputs: set, Outputs: all})
	if len(keys) > 0 {
		out = append(out, broker.Method{Name: "update", Title: "Change", Kind: broker.Update, Inputs: change, Outputs: all},
			broker.Method{Name: "delete", Title: "Delete", Kind: broker.Delete, Inputs: by})
	}
	return out
}

// typeOf is the type of a column's values.
func (p *provider) typeOf(native string) broker.DataType {
	n := strings.ToLower(native)
	if strings.HasSuffix(n, "[]") {
		return broker.JSON
	}
	if at := strings.IndexByte(n, '('); at > 0 {
		n = strings.TrimSpace(n[:at])
	}
	switch n {
	case "smallint", "integer", "bigint", "numeric", "decimal", "real", "double precision", "oid", "int", "float", "double", "tinyint", "mediumint",
		"int2", "int4", "int8", "float4", "float8":
		return broker.Number
	case "boolean", "bool":
		return broker.YesNo
	case "date":
		return broker.Date
	case "timestamp with time zone", "timestamp without time zone", "datetime", "timestamp", "timestamptz":
		return broker.Moment
	case "json", "jsonb":
		return broker.JSON
	}
	return broker.Text // bytes as base64
}

// known keeps what the tables are, so that not every call asks again.
type known struct {
	mu     sync.Mutex
	tables []table
	at     time.Time
}

const lookAgain = time.Minute

func (k *known) get() ([]table, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.tables, k.tables != nil && time.Since(k.at) < lookAgain
}

func (k *known) set(list []table) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tables, k.at = list, time.Now()
}
