package sql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Call implements broker.Provider.
func (p *provider) Call(ctx context.Context, c broker.Call) (broker.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, p.within)
	defer cancel()
	if c.Object == statementName {
		return p.run(ctx, c)
	}
	t, err := p.table(ctx, c.Object)
	if err != nil {
		return broker.Result{}, err
	}
	switch c.Method {
	case "list":
		return p.list(ctx, t, c)
	case "read":
		return p.read(ctx, t, c)
	case "create", "update", "delete":
		return p.change(ctx, t, c)
	}
	return broker.Result{}, gone(c)
}

func (p *provider) read(ctx context.Context, t *table, c broker.Call) (broker.Result, error) {
	q := &query{kind: p.kind}
	q.put("select " + p.columns(t) + " from " + p.from(t) + " where ")
	q.keys(t, c.Inputs)
	rows, err := p.ask(ctx, q, reads, t.columns, 1)
	if err != nil {
		return broker.Result{}, err
	}
	if len(rows) == 0 {
		return broker.Result{}, noRow(t)
	}
	return broker.Result{Row: rows[0]}, nil
}

// change adds, changes or deletes a row. Doing the latter two once more does no
// harm; a row that may have been added is not added again.
func (p *provider) change(ctx context.Context, t *table, c broker.Call) (broker.Result, error) {
	if p.readOnly || t.view {
		return broker.Result{}, onlyRead()
	}
	q := &query{kind: p.kind}
	q.change(p, t, c)
	effect := repeats
	if c.Method == "create" {
		effect = changes
	}
	rows, err := p.ask(ctx, q, effect, t.columns, 2)
	switch {
	case err != nil:
		return broker.Result{}, err
	case c.Method == "delete" && (len(rows) > 0 || c.Again): // an earlier attempt may have deleted it
		return broker.Result{}, nil
	case len(rows) > 0:
		return broker.Result{Row: rows[0]}, nil
	case c.Method == "create":
		return broker.Result{}, nil // a trigger put it elsewhere
	}
	return broker.Result{}, noRow(t)
}

func noRow(t *table) error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "service-row-not-found", Detail: t.name + " has no row with that key"}
}

func onlyRead() error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "service-refused", Detail: "this database can only be read here", Hint: "whoever looks after the service can allow changes in its settings"}
}

func gone(c broker.Call) error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "service-method-unknown", Detail: "the database has no " + c.Object + " with " + c.Method + " any more", Hint: "refresh the service"}
}

// table finds a table as it was a minute ago at most.
func (p *provider) table(ctx context.Context, object string) (*table, error) {
	list, ok := p.seen.get()
	if !ok {
		var err error
		if list, err = p.tables(ctx); err != nil {
			return nil, err
		}
		p.seen.set(list)
	}
	for i := range list {
		if list[i].object.Name == object {
			return &list[i], nil
		}
	}
	return nil, gone(broker.Call{Object: object, Method: "methods"})
}

func (t *table) column(property string) (column, bool) {
	for _, c := range t.columns {
		if c.property == property {
			return c, true
		}
	}
	return column{}, false
}

// list reads a page of a table. Its pages are counted by rows; they are stable
// where there is a key, for rows are sorted by that at last.
func (p *provider) list(ctx context.Context, t *table, c broker.Call) (broker.Result, error) {
	size := min(c.Top, maxPage)
	if size == 0 {
		size = usualPage
	}
	from := 0
	if c.After != "" {
		n, err := strconv.Atoi(c.After)
		if err != nil || n < 0 {
			return broker.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-cursor", Detail: "the list cannot go on from there"}
		}
		from = n
	}
	q := &query{kind: p.kind}
	q.put("select " + p.columns(t) + " from " + p.from(t) + " as t")
	if err := q.where(t, c.Filter); err != nil {
		return broker.Result{}, err
	}
	q.order(t, c.Order)
	q.put(" limit " + strconv.Itoa(size+1) + " offset " + strconv.Itoa(from))
	rows, err := p.ask(ctx, q, reads, t.columns, size+1)
	if err != nil {
		return broker.Result{}, err
	}
	out := broker.Result{Rows: rows, Ordered: true}
	if len(rows) > size {
		out.Rows, out.Next = rows[:size], strconv.Itoa(from+size)
	}
	if c.Count {
		out.Total, err = p.total(ctx, t, c.Filter)
	}
	return out, err
}

func (p *provider) total(ctx context.Context, t *table, f *broker.Filter) (*int, error) {
	q := &query{kind: p.kind}
	q.put("select count(*) from " + p.from(t) + " as t")
	if err := q.where(t, f); err != nil {
		return nil, err
	}
	if q.err != nil {
		return nil, q.err
	}
	var n int
	err := p.inside(ctx, reads, func(tx *sql.Tx) error { return tx.QueryRowContext(ctx, q.text.String(), q.args...).Scan(&n) })
	return &n, p.trouble(err)
}

// effect is what a query does to the database.
type effect int

const (
	reads   effect = iota
	repeats        // changes it, and once more does no harm
	changes        // changes it each time
)

// doubtful is a change of which nobody knows whether it was kept: the connection
// broke while the database was told to.
type doubtful struct{ error }

// inside does one thing in a transaction.
func (p *provider) inside(ctx context.Context, e effect, do func(*sql.Tx) error) error {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: (e == reads || p.readOnly) && p.kind == postgres})
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	err = tx.Commit()
	if err != nil && e == changes && !refusedByDatabase(err) {
		return doubtful{err}
	}
	return err
}

// ask runs a query and reads at most so many rows.
func (p *provider) ask(ctx context.Context, q *query, e effect, columns []column, most int) (out []map[string]any, err error) {
	if q.err != nil {
		return nil, q.err
	}
	err = p.inside(ctx, e, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, q.text.String(), q.args...)
		if err != nil {
			return err
		}
		own := columns == nil
		if own {
			columns, err = p.columnsOf(rows)
		}
		if err == nil {
			out, err = scan(rows, columns, most)
		}
		err = cmp.Or(err, rows.Close()) // what fails late is told there
		if err == nil && own && len(out) == most {
			err = &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-too-large", Detail: fmt.Sprintf("the statement gives more than %d rows", most-1), Hint: "give it a limit"}
		}
		return err
	})
	return out, p.trouble(err)
}

// columnsOf are what an own statement gives. Columns without a type, and text,
// are taken as they come.
func (p *provider) columnsOf(rows *sql.Rows) ([]column, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]column, len(types))
	taken := map[string]bool{}
	for i, t := range types {
		if out[i] = (column{property: t.Name(), kind: p.typeOf(t.DatabaseTypeName())}); out[i].kind == broker.Text {
			out[i].kind = ""
		}
		for n := 2; taken[out[i].property]; n++ {
			out[i].property = fmt.Sprintf("%s_%d", t.Name(), n)
		}
		taken[out[i].property] = true
	}
	return out, nil
}

// scan reads rows, which have these columns.
func scan(rows *sql.Rows, columns []column, most int) ([]map[string]any, error) {
	out := []map[string]any{}
	bytes := 0
	for len(out) < most && rows.Next() {
		cells, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			at[i] = &cells[i]
		}
		if err := rows.Scan(at...); err != nil {
			return nil, err
		}
		row := make(map[string]any, len(columns))
		for i, c := range columns {
			bytes += size(cells[i])
			row[c.property] = value(c.kind, cells[i])
		}
		if bytes > maxRowBytes {
			return nil, tooMuch()
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

func tooMuch() error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "service-answer-too-large", Detail: fmt.Sprintf("the rows take more than %d MiB", maxRowBytes>>20), Hint: "ask for fewer rows, or fewer columns"}
}

// size is about how much a cell takes.
func size(v any) int {
	switch x := v.(type) {
	case string:
		return len(x)
	case []byte:
		return len(x)
	}
	return 16
}

// value is a cell as the broker has values of its type; of no type, as it is.
// What is not of its column's type, as SQLite allows, is left out.
func value(t broker.DataType, v any) any {
	is := natural(t, v)
	switch t {
	case "":
		return is
	case broker.JSON:
		text, isText := is.(string)
		if !isText {
			return is
		}
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		var any any
		if d.Decode(&any) != nil {
			return text
		}
		return any
	case broker.Moment:
		is = momentOf(is)
	}
	w, err := broker.Value(t, is)
	if err != nil {
		return nil
	}
	return w
}

// natural is a cell as JSON has it.
func natural(t broker.DataType, v any) any {
	switch x := v.(type) {
	case nil, bool:
		return x
	case time.Time:
		if t == broker.Date {
			return x.Format(time.DateOnly)
		}
		return x.UTC().Format(time.RFC3339Nano)
	case int64:
		if t == broker.YesNo {
			return x != 0
		}
		return json.Number(strconv.FormatInt(x, 10))
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil
		}
		return json.Number(strconv.FormatFloat(x, 'g', -1, 64))
	case []byte:
		if t == broker.Number || t == broker.JSON && json.Valid(x) {
			return string(x)
		}
		return base64.StdEncoding.EncodeToString(x)
	case string:
		return strings.ToValidUTF8(x, "\uFFFD")
	}
	return fmt.Sprint(v)
}

// momentOf writes what SQLite keeps as text the way moments are written.
func momentOf(v any) any {
	text, ok := v.(string)
	if !ok {
		return v
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	}
	return v
}
