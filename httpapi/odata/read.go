package odata

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

func (s *Server) call(c *call, e entitySet, b broker.Call) (broker.Result, error) {
	b.Object = e.object.Name
	return s.HTTP.Services.Call(c.ctx, c.by, e.service, b)
}

// listing is the call that lists a set, as the query has it.
func (s *Server) listing(c *call, e entitySet) (broker.Call, error) {
	if e.list == nil {
		return broker.Call{}, &signoff.Error{Kind: signoff.Invalid, Code: "odata-unsupported", Detail: e.name + " cannot be listed; read one by its key, " + e.keyWords()}
	}
	filter, asked := asInputs(c.query.filter, e.object, *e.list)
	in, err := c.given(e.object, e.list, asked)
	return broker.Call{Method: e.list.Name, Inputs: in, Filter: filter, Order: c.query.order}, err
}

// asInputs takes comparisons out of a filter that are inputs of the method: a
// client that knows nothing but $filter gives them so.
func asInputs(f *broker.Filter, o broker.Object, m broker.Method) (*broker.Filter, map[string]any) {
	inputs := map[string]any{}
	if f == nil {
		return nil, inputs
	}
	parts := []broker.Filter{*f}
	if f.Op == "and" {
		parts = f.Of
	}
	var left []broker.Filter
	for _, part := range parts {
		at := slices.IndexFunc(m.Inputs, func(in broker.Input) bool { return in.Name == part.Name })
		if part.Op != "eq" || at < 0 {
			left = append(left, part)
			continue
		}
		gives := slices.Contains(m.Outputs, part.Name)
		if !gives || m.Inputs[at].Required {
			inputs[part.Name] = part.To
		}
		if gives {
			left = append(left, part)
		}
	}
	switch len(left) {
	case 0:
		return nil, inputs
	case 1:
		return &left[0], inputs
	}
	return &broker.Filter{Op: "and", Of: left}, inputs
}

var listOptions = []string{"$filter", "$orderby", "$select", "$top", "$skip", "$count", "$skiptoken"}

// list serves GET of a set: a page of it, and where the next one is.
func (s *Server) list(c *call, e entitySet) error {
	if err := c.only(listOptions...); err != nil {
		return err
	}
	if err := c.chosen(e.object); err != nil {
		return err
	}
	b, err := s.listing(c, e)
	if err != nil {
		return err
	}
	size, err := pageSize(c)
	if err != nil {
		return err
	}
	if c.query.skip > maxSkip {
		return tooMany("at most %d rows can be skipped")
	}
	out := ordered{{contextName, c.context(e.name + selected(c))}}
	b.After, b.Count = c.query.after, c.query.count
	total := -1
	if c.query.count {
		if total, err = s.total(c, e, b); err != nil {
			return err
		}
		out = append(out, member{"@odata.count", total})
	}
	rows, next, err := s.page(c, e, b, size)
	if err != nil {
		return err
	}
	values := []any{}
	for _, row := range rows {
		values = append(values, c.entity(e, row, c.query.choose))
	}
	out = append(out, member{"value", values})
	if next != "" {
		out = append(out, member{"@odata.nextLink", c.nextLink(e.name, next, len(rows))})
	}
	c.answer(http.StatusOK, out)
	return nil
}

// pageSize is how many rows an answer may have at most.
func pageSize(c *call) (int, error) {
	size := maxPage
	if text := prefers(c.r, "maxpagesize"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return 0, invalid("Prefer: maxpagesize is a number from 1")
		}
		if n < size {
			size = n
			c.w.Header().Set("Preference-Applied", "odata.maxpagesize="+strconv.Itoa(n))
		}
	}
	if c.query.top >= 0 {
		size = min(size, c.query.top)
	}
	return size, nil
}

func tooMany(format string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "too-many-rows", Detail: fmt.Sprintf(format, maxSkip), Hint: "filter the list further, or follow its next links"}
}

// page reads rows until the page is full or the list ends. next is "" when it
// has ended, or when the client wants no more.
func (s *Server) page(c *call, e entitySet, b broker.Call, size int) (rows []map[string]any, next string, err error) {
	skip := c.query.skip
	if size == 0 {
		return nil, "", nil
	}
	for range maxAsked {
		b.Top = min(size-len(rows)+skip, maxPage)
		r, err := s.call(c, e, b)
		if err != nil {
			return nil, "", err
		}
		drop := min(skip, len(r.Rows))
		skip -= drop
		rows = append(rows, r.Rows[drop:]...)
		b.Count, b.After = false, r.Next
		if r.Next == "" || len(rows) > 0 && (len(rows) >= size || skip == 0) {
			break
		}
	}
	if b.After != "" && c.query.top >= 0 && len(rows) >= c.query.top {
		return rows, "", nil
	}
	if skip > 0 && b.After != "" { // so much could not be skipped in one go
		return nil, "", tooMany("skipping took too many pages of the system; at most %d rows can be skipped")
	}
	return rows, b.After, nil
}

// maxAsked bounds how often a system is asked for one answer.
const maxAsked = 20

// total is how many rows a filter finds: as the system says, or counted.
func (s *Server) total(c *call, e entitySet, b broker.Call) (int, error) {
	b.After, b.Order, b.Count, b.Top = "", nil, true, maxPage
	n := 0
	for range maxAsked {
		r, err := s.call(c, e, b)
		if err != nil {
			return 0, err
		}
		if r.Total != nil {
			return *r.Total, nil
		}
		if n += len(r.Rows); n > maxSkip {
			break
		}
		if b.After = r.Next; r.Next == "" {
			return n, nil
		}
	}
	return 0, tooMany("the system does not count the rows, and there are more than the %d, or more pages, that are counted here")
}

// count serves GET of set/$count: a number as text.
func (s *Server) count(c *call, e entitySet) error {
	if err := c.only("$filter"); err != nil {
		return err
	}
	b, err := s.listing(c, e)
	if err != nil {
		return err
	}
	n, err := s.total(c, e, b)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/plain;charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write([]byte(strconv.Itoa(n)))
	return nil
}

// nextLink is where the list goes on, for the rows that are still wanted.
func (c *call) nextLink(set, after string, had int) string {
	q := map[string][]string{}
	for key, values := range c.query.written {
		if key != "$skip" && key != "$skiptoken" && key != "$top" {
			q[key] = values
		}
	}
	if c.query.top >= 0 {
		q["$top"] = []string{strconv.Itoa(c.query.top - had)}
	}
	q["$skiptoken"] = []string{base64.RawURLEncoding.EncodeToString([]byte(after))}
	return c.link(set, q)
}

// context is the address of what describes an answer.
func (c *call) context(of string) string { return c.root + "$metadata#" + of }

func selected(c *call) string {
	if c.query.choose == nil {
		return ""
	}
	return "(" + strings.Join(c.query.choose, ",") + ")"
}

// read serves GET of one entity.
func (s *Server) read(c *call, e entitySet, p path) error {
	if err := c.only("$select"); err != nil {
		return err
	}
	if err := c.chosen(e.object); err != nil {
		return err
	}
	row, err := s.one(c, e, p)
	if err != nil {
		return err
	}
	out := ordered{{contextName, c.context(e.name + selected(c) + "/$entity")}}
	c.answer(http.StatusOK, append(out, c.entity(e, row, c.query.choose)...))
	return nil
}

// one finds an entity: with the read method, else with the list and a filter.
func (s *Server) one(c *call, e entitySet, p path) (map[string]any, error) {
	keys, err := e.named(p.keys)
	if err != nil {
		return nil, err
	}
	if e.read == nil {
		return s.oneOfList(c, e, keys)
	}
	in, err := c.given(e.object, e.read, taken(*e.read, keys))
	if err != nil {
		return nil, err
	}
	r, err := s.call(c, e, broker.Call{Method: e.read.Name, Inputs: in})
	if err == nil && r.Row == nil {
		err = errNoThing
	}
	return withKeys(r.Row, keys), err
}

func (s *Server) oneOfList(c *call, e entitySet, keys map[string]any) (map[string]any, error) {
	f := broker.Filter{Op: "and"}
	for _, p := range e.keys {
		f.Of = append(f.Of, broker.Filter{Op: "eq", Name: p.Name, To: keys[p.Name]})
	}
	c.query.filter = &f
	b, err := s.listing(c, e)
	if err != nil {
		return nil, err
	}
	c.query.top = 1
	rows, _, err := s.page(c, e, b, 1)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errNoThing
	}
	return rows[0], nil
}

// taken are those of the values that a method takes.
func taken(m broker.Method, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, in := range m.Inputs {
		if v, ok := values[in.Name]; ok {
			out[in.Name] = v
		}
	}
	return out
}

// withKeys adds the key a thing was asked by to one that does not say its own.
func withKeys(row, keys map[string]any) map[string]any {
	if row == nil {
		return nil
	}
	out := map[string]any{}
	for name, v := range keys {
		out[name] = v
	}
	for name, v := range row {
		out[name] = v
	}
	return out
}

// property serves GET of one property of an entity, or its bare value.
func (s *Server) property(c *call, e entitySet, p path) error {
	if err := c.only(); err != nil {
		return err
	}
	of, ok := e.object.Property(p.rest[0])
	if !ok {
		return errNoRoute
	}
	row, err := s.one(c, e, p)
	if err != nil {
		return err
	}
	v := valueOf(of, row[of.Name], c.form.texts && len(p.rest) == 1)
	bare := len(p.rest) == 2
	switch {
	case v == nil && !of.List:
		c.w.WriteHeader(http.StatusNoContent)
	case bare && (of.List || of.Type == broker.File):
		return unsupported("$value of " + of.Name)
	case bare:
		c.w.Header().Set("Content-Type", "text/plain;charset=utf-8")
		c.w.WriteHeader(http.StatusOK)
		_, _ = c.w.Write([]byte(fmt.Sprint(v)))
	default:
		at := e.name + c.r.URL.EscapedPath()[strings.IndexByte(c.r.URL.EscapedPath(), '('):]
		c.answer(http.StatusOK, ordered{{contextName, c.context(at)}, {"value", v}})
	}
	return nil
}
