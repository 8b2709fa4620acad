package sql

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// query is a statement that is being written, with its values apart: none of
// them is ever part of the text.
type query struct {
	kind dialect
	text strings.Builder
	args []any
	err  error // of the first value that cannot be sent
}

func (q *query) put(text string) { q.text.WriteString(text) }

// bind adds a value, as the column has it.
func (q *query) bind(c column, v any) {
	sent, err := stored(q.kind, c, v)
	if err != nil && q.err == nil {
		q.err = err
	}
	q.args = append(q.args, sent)
	n := strconv.Itoa(len(q.args))
	if q.kind == sqlite {
		q.put("?" + n)
		return
	}
	q.put(c.made("$" + n))
}

// plain are the types of values that are compared or given to own statements.
var plain = map[broker.DataType]string{broker.Text: "text", broker.Number: "numeric", broker.YesNo: "boolean", broker.Moment: "timestamptz", broker.Date: "date", broker.JSON: "jsonb"}

// made is what PostgreSQL makes of a value, which is sent as text, for the
// column. The names of types come from the database itself, quoted by it.
func (c column) made(value string) string {
	element, isArray := strings.CutSuffix(c.native, "[]")
	switch {
	case c.native == "":
		return value + "::" + plain[c.kind]
	case c.bytes():
		return value + "::bytea"
	case isArray:
		return "(case when " + value + "::jsonb is null then null else array(select jsonb_array_elements_text(" + value + "::jsonb)) end)::" + whole(element) + "[]"
	}
	return value + "::text::" + whole(c.native)
}

// whole is a type without a length: what is too long is refused when it is
// stored, not cut off on the way.
func whole(native string) string {
	switch native {
	case "character":
		return "bpchar"
	case "bit":
		return "bit varying"
	}
	return native
}

// bytes tells whether the column holds bytes; here they are text in base64.
func (c column) bytes() bool { return c.native == "bytea" || strings.EqualFold(c.native, "blob") }

// stored is a value as it is sent to the database.
func stored(kind dialect, c column, v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case json.Number:
		return storedNumber(kind, x), nil
	case bool:
		if kind == sqlite {
			return x, nil
		}
		return strconv.FormatBool(x), nil
	case string:
		return storedText(kind, c, x)
	}
	text, err := json.Marshal(v)
	return string(text), err
}

func storedNumber(kind dialect, n json.Number) any {
	if kind == postgres {
		return n.String()
	}
	if whole, err := n.Int64(); err == nil {
		return whole
	}
	f, _ := n.Float64() // what is too large is infinite, as SQLite has it
	return f
}

func storedText(kind dialect, c column, text string) (any, error) {
	switch {
	case c.bytes():
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: c.name + " holds bytes: write them in base64"}
		}
		return b, nil
	case c.kind == broker.JSON:
		raw, err := json.Marshal(text)
		return string(raw), err
	case c.kind == broker.Moment:
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, err // broker.Value let it pass
		}
		if kind == sqlite {
			return at.UTC().Format("2006-01-02 15:04:05.999999999"), nil
		}
		return at.UTC().Format(time.RFC3339Nano), nil
	case strings.ContainsRune(text, 0) && kind == postgres:
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs", Detail: c.name + " holds a character that PostgreSQL has no place for (U+0000)"}
	}
	return text, nil
}

// quote writes a name so that it is a name whatever is in it.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (p *provider) from(t *table) string {
	if t.schema == "" {
		return quote(t.name)
	}
	return quote(t.schema) + "." + quote(t.name)
}

// columns are all of a table's, as they are read: PostgreSQL writes as text what
// Go's types cannot hold, such as numerics and moments that never end.
func (p *provider) columns(t *table) string {
	var out []string
	for _, c := range t.columns {
		name := quote(c.name)
		if p.kind == postgres && c.kind != broker.YesNo && !c.bytes() {
			if strings.HasSuffix(c.native, "[]") {
				name = "to_jsonb(" + name + ")"
			}
			name += "::text"
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func (q *query) keys(t *table, in map[string]any) {
	between := ""
	for _, c := range t.columns {
		if c.key {
			q.put(between + quote(c.name) + " = ")
			q.bind(c, in[c.property])
			between = " and "
		}
	}
}

// change writes insert, update or delete; each gives the rows it was about.
func (q *query) change(p *provider, t *table, c broker.Call) {
	var set []column
	for _, col := range t.columns {
		if _, given := c.Inputs[col.property]; given && !col.generated && (c.Method == "create" || !col.key) {
			set = append(set, col)
		}
	}
	switch {
	case c.Method == "delete":
		q.put("delete from " + p.from(t) + " where ")
		q.keys(t, c.Inputs)
	case c.Method == "update" && len(set) == 0:
		q.put("select " + p.columns(t) + " from " + p.from(t) + " where ")
		q.keys(t, c.Inputs)
		return
	case c.Method == "update":
		q.put("update " + p.from(t) + " set ")
		for i, col := range set {
			q.put(comma(i) + quote(col.name) + " = ")
			q.bind(col, c.Inputs[col.property])
		}
		q.put(" where ")
		q.keys(t, c.Inputs)
	case len(set) == 0:
		q.put("insert into " + p.from(t) + " default values")
	default:
		q.put("insert into " + p.from(t) + " (")
		for i, col := range set {
			q.put(comma(i) + quote(col.name))
		}
		q.put(") values (")
		for i, col := range set {
			q.put(comma(i))
			q.bind(col, c.Inputs[col.property])
		}
		q.put(")")
	}
	q.put(" returning " + p.columns(t))
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ", "
}

func (q *query) where(t *table, f *broker.Filter) error {
	if f == nil {
		return nil
	}
	q.put(" where ")
	return q.filter(t, *f)
}

// filter writes a condition that means what broker.Filter.Matches says: text is
// compared as it is written, and nothing equals only nothing.
func (q *query) filter(t *table, f broker.Filter) error {
	switch f.Op {
	case "and", "or":
		q.put("(")
		for i, one := range f.Of {
			if i > 0 {
				q.put(" " + f.Op + " ")
			}
			if err := q.filter(t, one); err != nil {
				return err
			}
		}
		q.put(")")
		return nil
	case "not":
		q.put("not ")
		return q.filter(t, f.Of[0])
	}
	c, ok := t.column(f.Name)
	if !ok {
		return gone(broker.Call{Object: t.object.Name, Method: "column " + f.Name})
	}
	if f.Op == "in" {
		return q.in(c, f.Of)
	}
	return q.compare(c, f.Op, f.To)
}

func (q *query) in(c column, list []broker.Filter) error {
	q.put("(false")
	for _, one := range list {
		q.put(" or ")
		if err := q.compare(c, "eq", one.To); err != nil {
			return err
		}
	}
	q.put(")")
	return nil
}

var comparisons = map[string]string{"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}

func (q *query) compare(c column, op string, to any) error {
	name := q.comparable(c)
	if to == nil {
		q.put("(t." + quote(c.name) + map[string]string{"eq": " is null)", "ne": " is not null)"}[op])
		return nil
	}
	if c.bytes() {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-filter", Detail: c.name + " holds bytes, which cannot be compared"}
	}
	q.put("coalesce(")
	switch op {
	case "contains", "startswith", "endswith":
		q.part(c, name, op, to)
	default:
		q.put(name + " " + comparisons[op] + " ")
		q.bindFor(c, to)
	}
	// Without a value nothing is so, but for "ne".
	q.put(map[bool]string{true: ", true)", false: ", false)"}[op == "ne"])
	return nil
}

// comparable is a column of "from … as t" as it is compared: text byte by byte.
// Without the t it might be what is read of it, which is text.
func (q *query) comparable(c column) string {
	name := "t." + quote(c.name)
	switch {
	case q.kind == sqlite && c.kind == broker.Moment:
		return "strftime('%Y-%m-%d %H:%M:%f', " + name + ")"
	case c.kind != broker.Text:
		return name
	case q.kind == sqlite:
		return name + " collate binary"
	}
	return name + `::text collate "C"`
}

func (q *query) bindFor(c column, to any) {
	switch {
	case q.kind == sqlite && c.kind == broker.Moment:
		q.put("strftime('%Y-%m-%d %H:%M:%f', ")
		q.bind(c, to)
		q.put(")")
	case c.kind == broker.Text || c.kind == broker.Number: // 1.5 can be compared with whole numbers
		q.bind(column{name: c.name, kind: c.kind}, to)
	default:
		q.bind(c, to)
	}
}

// part finds a text in another without patterns, in which some signs would mean
// something.
func (q *query) part(c column, name, op string, to any) {
	text := column{kind: broker.Text}
	find := map[dialect]string{postgres: "strpos(", sqlite: "instr("}[q.kind]
	switch op {
	case "contains":
		q.put(find + name + ", ")
		q.bind(text, to)
		q.put(") > 0")
	case "startswith":
		q.put("substr(" + name + ", 1, length(")
		q.bind(text, to)
		q.put(")) = ")
		q.bind(text, to)
	default:
		q.put("substr(" + name + ", length(" + name + ") - length(")
		q.bind(text, to)
		q.put(") + 1) = ")
		q.bind(text, to)
		q.put(" and length(" + name + ") >= length(")
		q.bind(text, to)
		q.put(")")
	}
}

// order sorts as broker.Sort does, and by the key at last.
func (q *query) order(t *table, order []broker.Order) {
	var parts []string
	for _, by := range order {
		if c, ok := t.column(by.Name); ok {
			parts = append(parts, q.comparable(c)+map[bool]string{false: " asc nulls first", true: " desc nulls last"}[by.Desc])
		}
	}
	for _, c := range t.columns {
		if c.key {
			parts = append(parts, "t."+quote(c.name))
		}
	}
	if len(parts) > 0 {
		q.put(" order by " + strings.Join(parts, ", "))
	}
}
