package odata

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// once is the client's key of a call that must not happen twice. Somebody
// else's same key is another.
func once(c *call) (key string, again bool, err error) {
	key = c.r.Header.Get("Idempotency-Key")
	if key == "" {
		return "", false, nil
	}
	if len(key) > 200 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", false, &signoff.Error{Kind: signoff.Invalid, Code: "bad-idempotency-key", Detail: "the Idempotency-Key has 200 visible ASCII characters at most"}
	}
	return string(c.by.Principal) + "/" + key, true, nil
}

// change calls a method that changes something, with what the query and the body
// say.
func (s *Server) change(c *call, service string, o broker.Object, m *broker.Method, values map[string]any) (broker.Result, error) {
	if err := c.only("$select"); err != nil {
		return broker.Result{}, err
	}
	takes := o.Takes(*m)
	for name, v := range values {
		if at := slices.IndexFunc(takes, func(in broker.Input) bool { return in.Name == name }); at >= 0 {
			values[name] = unpacked(takes[at], v)
		}
	}
	in, err := c.given(o, m, values)
	if err != nil {
		return broker.Result{}, err
	}
	b := broker.Call{Object: o.Name, Method: m.Name, Inputs: in}
	if b.Key, b.Again, err = once(c); err != nil {
		return broker.Result{}, err
	}
	r, err := s.HTTP.Services.Call(c.ctx, c.by, service, b)
	log := s.HTTP.Log.With("user", c.by.Principal, "service", service, "object", o.Name, "method", m.Name)
	if err != nil {
		log.InfoContext(c.ctx, "service call refused", "code", signoff.CodeOf(err))
		return r, err
	}
	log.InfoContext(c.ctx, "service called")
	return r, nil
}

func (e entitySet) cannot(what string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "method-not-allowed", Detail: e.name + " cannot be " + what}
}

// create serves POST of a set.
func (s *Server) create(c *call, e entitySet) error {
	if e.create == nil {
		return e.cannot("added to")
	}
	values, err := c.body()
	if err != nil {
		return err
	}
	dropNulls(values, *e.create)
	r, err := s.change(c, e.service, e.object, e.create, values)
	if err != nil {
		return err
	}
	row := withKeys(r.Row, properties(e.object, values))
	if row == nil {
		row = properties(e.object, values)
	}
	at, whole := c.address(e, row)
	if whole {
		c.w.Header().Set("Location", at)
	}
	if prefers(c.r, "return") == "minimal" || !whole {
		if whole {
			c.w.Header().Set("OData-EntityId", at)
			c.w.Header().Set("Preference-Applied", "return=minimal")
		}
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	out := ordered{{contextName, c.context(e.name + "/$entity")}}
	c.answer(http.StatusCreated, append(out, c.entity(e, row, nil)...))
	return nil
}

// dropNulls leaves out what is null and the method does not take: clients send
// all properties of what they make.
func dropNulls(values map[string]any, m broker.Method) {
	for name, v := range values {
		if v == nil && !slices.ContainsFunc(m.Inputs, func(in broker.Input) bool { return in.Name == name }) {
			delete(values, name)
		}
	}
}

// properties are those of the values that are the object's.
func properties(o broker.Object, values map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range values {
		if _, ok := o.Property(name); ok {
			out[name] = v
		}
	}
	return out
}

// address is where a thing can be read; false when its key is not known.
func (c *call) address(e entitySet, row map[string]any) (string, bool) {
	var parts []string
	for _, p := range e.keys {
		var text string
		switch v := single(p.Type, row[p.Name]).(type) {
		case nil:
			return "", false
		case string:
			if text = v; p.Type == broker.Text {
				text = "'" + strings.ReplaceAll(v, "'", "''") + "'"
			}
		case json.Number:
			text = v.String()
		case bool:
			text = map[bool]string{true: "true", false: "false"}[v]
		}
		if text = url.PathEscape(text); len(e.keys) > 1 {
			text = p.Name + "=" + text
		}
		parts = append(parts, text)
	}
	return c.root + e.name + "(" + strings.Join(parts, ",") + ")", true
}

// update serves PATCH of one entity: what is not sent stays as it is. There is
// no PUT, which would have to take away what is not sent: update methods do not.
func (s *Server) update(c *call, e entitySet, p path) error {
	if e.update == nil {
		return e.cannot("changed")
	}
	keys, err := e.named(p.keys)
	if err != nil {
		return err
	}
	values, err := c.body()
	if err != nil {
		return err
	}
	for name := range keys { // the address says which one
		delete(values, name)
	}
	dropNulls(values, *e.update)
	for name, v := range taken(*e.update, keys) {
		values[name] = v
	}
	r, err := s.change(c, e.service, e.object, e.update, values)
	if err != nil {
		return err
	}
	if r.Row == nil || prefers(c.r, "return") != "representation" {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	c.w.Header().Set("Preference-Applied", "return=representation")
	out := ordered{{contextName, c.context(e.name + "/$entity")}}
	c.answer(http.StatusOK, append(out, c.entity(e, withKeys(r.Row, keys), nil)...))
	return nil
}

// remove serves DELETE of one entity.
func (s *Server) remove(c *call, e entitySet, p path) error {
	if e.remove == nil {
		return e.cannot("deleted from")
	}
	keys, err := e.named(p.keys)
	if err != nil {
		return err
	}
	if _, err := s.change(c, e.service, e.object, e.remove, taken(*e.remove, keys)); err != nil {
		return err
	}
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// act serves POST of an action.
func (s *Server) act(c *call, a action) error {
	values, err := c.body()
	if err != nil {
		return err
	}
	dropNulls(values, a.method)
	r, err := s.change(c, a.service, a.object, &a.method, values)
	if err != nil {
		return err
	}
	switch {
	case !returns(a.method):
		c.w.WriteHeader(http.StatusNoContent)
	case a.method.Kind == broker.List:
		rows := []any{}
		for _, row := range r.Rows {
			rows = append(rows, c.row(a, row))
		}
		c.answer(http.StatusOK, ordered{{contextName, c.context("Collection(" + rowType(a.service, a.object) + ")")}, {"value", rows}})
	case r.Row == nil:
		c.w.WriteHeader(http.StatusNoContent)
	default:
		out := ordered{{contextName, c.context(rowType(a.service, a.object))}}
		c.answer(http.StatusOK, append(out, c.row(a, r.Row)...))
	}
	return nil
}

// returns tells whether an action has something to return.
func returns(m broker.Method) bool { return m.Kind == broker.List || len(m.Outputs) > 0 }
