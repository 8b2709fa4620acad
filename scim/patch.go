package scim

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Patch is the changes of one PATCH request (RFC 7644 section 3.5.2), in
// order. All of them are made or none.
type Patch struct {
	kind Kind
	ops  []change
}

type change struct {
	verb  verb
	path  *path // nil: the whole resource
	value any   // as JSON has it
	nth   int   // counted from one, for refusals
}

type verb string

const (
	addTo      verb = "add"
	replaceBy  verb = "replace"
	removeFrom verb = "remove"
)

// ReadPatch reads the body of a PATCH request on a resource of a kind.
func ReadPatch(k Kind, body []byte) (Patch, error) {
	raw, err := decode(body)
	if err != nil {
		return Patch{}, err
	}
	object, _ := raw.(map[string]any)
	list, ok := member(object, "Operations").([]any)
	if !ok || len(list) == 0 {
		return Patch{}, refuse(InvalidSyntax, `the body must have "Operations", a list that is not empty`)
	}
	if len(list) > maxOps {
		return Patch{}, refuse(TooMany, "there are more than %d operations", maxOps)
	}
	p := Patch{kind: k}
	for i, item := range list {
		if err := p.read(item, i+1); err != nil {
			return Patch{}, err
		}
	}
	return p, nil
}

func member(object map[string]any, name string) any {
	for n, v := range object {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}

func (p *Patch) read(item any, nth int) error {
	object, ok := item.(map[string]any)
	if !ok {
		return refuse(InvalidSyntax, "operation %d is not an object", nth)
	}
	op, _ := member(object, "op").(string)
	c := change{verb: verb(strings.ToLower(op)), value: member(object, "value"), nth: nth}
	if !slices.Contains([]verb{addTo, replaceBy, removeFrom}, c.verb) {
		return refuse(InvalidSyntax, "operation %d: op must be add, replace or remove", nth)
	}
	switch at := member(object, "path").(type) {
	case nil:
	case string:
		if at = strings.TrimSpace(at); at != "" {
			where, err := parsePath(p.kind, at)
			if err != nil {
				return err
			}
			c.path = &where
		}
	default:
		return refuse(InvalidPath, "operation %d: path must be text", nth)
	}
	if c.path != nil {
		p.ops = append(p.ops, c)
		return nil
	}
	if c.verb == removeFrom {
		return refuse(NoTarget, "operation %d: remove needs a path", nth)
	}
	return p.spread(c)
}

// spread turns a change of the whole resource into one for each member. Members
// may be named by paths: Entra ID sends {"name.givenName": "Ana"}.
func (p *Patch) spread(c change) error {
	object, ok := c.value.(map[string]any)
	if !ok {
		return refuse(InvalidValue, "operation %d: without a path, value must be an object", c.nth)
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if strings.EqualFold(name, "schemas") {
			continue
		}
		where, err := parsePath(p.kind, name)
		if err != nil || where.last().readOnly {
			continue // left out as in a body: clients send back what they read, and what they alone know
		}
		p.ops = append(p.ops, change{c.verb, &where, object[name], c.nth})
	}
	return nil
}

// Speaks tells whether the patch changes an attribute of the outermost level.
func (p Patch) Speaks(of string) bool {
	return slices.ContainsFunc(p.ops, func(c change) bool { return c.path.steps[0].name == of })
}

// Apply returns r with the changes made; r stays as it was.
func (p Patch) Apply(r Resource) (Resource, error) {
	out := copied(r).(Resource)
	work := 0
	for _, c := range p.ops {
		if list, ok := out["members"].([]any); ok && c.path.steps[0].name == "members" {
			if work += len(list); work > MaxWork {
				return nil, refuse(TooMany, "the changes are too many for a group this large: send them in several requests")
			}
		}
		if c.path.last().readOnly {
			return nil, refuse(Mutability, "operation %d: %s is the server's to write", c.nth, c.path)
		}
		if c.path.last().never {
			continue
		}
		if err := c.apply(out, *c.path, c.value); err != nil {
			return nil, err
		}
	}
	return out, out.complete(p.kind)
}

func copied(v any) any {
	switch v := v.(type) {
	case Resource:
		out := make(Resource, len(v))
		for name, inner := range v {
			out[name] = copied(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = copied(v[i])
		}
		return out
	}
	return v
}

// apply changes what the path leads to in r.
func (c change) apply(r Resource, p path, value any) error {
	a := p.steps[0]
	if p.narrow == 0 {
		return c.narrowed(r, p, value)
	}
	if len(p.steps) == 1 {
		return c.whole(r, a, value)
	}
	rest := path{p.steps[1:], p.filter, p.narrow - 1}
	if a.multi { // emails.value without saying which: all of them
		list, _ := r[a.name].([]any)
		for _, item := range list {
			if inner, ok := item.(Resource); ok {
				if err := c.apply(inner, rest, value); err != nil {
					return err
				}
			}
		}
		if len(list) == 0 && c.verb != removeFrom {
			return refuse(NoTarget, "operation %d: there are no %s to change", c.nth, a.name)
		}
		tidy(r, a.name)
		return nil
	}
	inner, ok := r[a.name].(Resource)
	if !ok {
		inner = Resource{}
	}
	if err := c.apply(inner, rest, value); err != nil {
		return err
	}
	if r[a.name] = inner; len(inner) == 0 {
		delete(r, a.name)
	}
	return nil
}

// whole changes all of an attribute.
func (c change) whole(r Resource, a *attribute, value any) error {
	if c.verb == removeFrom {
		return c.remove(r, a, value)
	}
	v, err := readValue(a, value, a.name, false)
	if err != nil {
		return err
	}
	switch {
	case v == nil && c.verb == replaceBy:
		delete(r, a.name)
	case v == nil:
	case a.multi && c.verb == addTo:
		return c.append(r, a, v.([]any))
	case a.kind == complexOf && !a.multi: // parts that are not named stay
		was, ok := r[a.name].(Resource)
		if !ok {
			was = Resource{}
		}
		for name, part := range v.(Resource) {
			was[name] = part
		}
		r[a.name] = was
	case a.name == "members":
		r[a.name] = distinct(v.([]any))
	default:
		r[a.name] = v
	}
	return nil
}

// remove takes an attribute away, or, where the request names values (Entra ID
// does with members), these.
func (c change) remove(r Resource, a *attribute, value any) error {
	if !a.multi || value == nil {
		delete(r, a.name)
		return nil
	}
	v, err := readValue(a, value, a.name, false)
	if err != nil || v == nil {
		return err
	}
	gone := map[any]bool{}
	for _, item := range v.([]any) {
		gone[valueOf(item)] = true
	}
	list, _ := r[a.name].([]any)
	r[a.name] = slices.DeleteFunc(slices.Clone(list), func(item any) bool { return gone[valueOf(item)] })
	tidy(r, a.name)
	return nil
}

// valueOf is what tells values of one attribute apart.
func valueOf(item any) any {
	if r, ok := item.(Resource); ok {
		return r.Text("value")
	}
	return item
}

func distinct(list []any) []any {
	seen := make(map[any]bool, len(list))
	return slices.DeleteFunc(list, func(item any) bool {
		v := valueOf(item)
		again := seen[v]
		seen[v] = true
		return again
	})
}

// append adds values that are not there yet.
func (c change) append(r Resource, a *attribute, more []any) error {
	list, _ := r[a.name].([]any)
	if a.name == "members" {
		list = distinct(append(list, more...))
	} else {
		for _, item := range more {
			if slices.ContainsFunc(list, func(have any) bool { return reflect.DeepEqual(have, item) }) {
				continue
			}
			demote(list, item)
			list = append(list, item)
		}
	}
	most := maxValues
	if a.name == "members" {
		most = MaxMembers
	}
	if len(list) > most {
		return refuse(InvalidValue, "%s would have more than %d values", a.name, most)
	}
	r[a.name] = list
	return nil
}

// demote takes "primary" from the others when a new value has it.
func demote(list []any, item any) {
	if one, ok := item.(Resource); !ok || one["primary"] != true {
		return
	}
	for _, other := range list {
		if o, ok := other.(Resource); ok && o["primary"] == true {
			o["primary"] = false
		}
	}
}

// narrowed changes the values that a filter in the path chooses. Where it
// chooses none and only says what a value is like, such a value is made: so
// Entra ID writes emails[type eq "work"].value the first time.
func (c change) narrowed(r Resource, p path, value any) error {
	a := p.steps[0]
	list, _ := r[a.name].([]any)
	var chosen []Resource
	for _, item := range list {
		if one, ok := item.(Resource); ok && p.filter.Match(one) {
			chosen = append(chosen, one)
		}
	}
	if len(p.steps) == 1 && c.verb == removeFrom {
		r[a.name] = slices.DeleteFunc(list, func(item any) bool { one, ok := item.(Resource); return ok && p.filter.Match(one) })
		tidy(r, a.name)
		return nil
	}
	if len(chosen) == 0 {
		if c.verb == removeFrom {
			return nil
		}
		made, ok := p.filter.equals()
		if !ok || len(list) >= maxValues {
			return refuse(NoTarget, "operation %d: the filter in the path chooses no value of %s", c.nth, a.name)
		}
		list = append(list, made)
		chosen = append(chosen, made)
		r[a.name] = list
	}
	for _, one := range chosen {
		if err := c.one(a, one, p, value); err != nil {
			return err
		}
		if one["primary"] == true {
			demote(slices.DeleteFunc(slices.Clone(list), func(item any) bool { o, ok := item.(Resource); return ok && same(o, one) }), one)
		}
	}
	tidy(r, a.name)
	return nil
}

func same(a, b Resource) bool { return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer() }

// one changes a chosen value, or the part of it that the path names.
func (c change) one(a *attribute, one Resource, p path, value any) error {
	if len(p.steps) > 1 {
		return change{c.verb, nil, nil, c.nth}.whole(one, p.steps[1], value)
	}
	v, err := readOne(a, value, a.name, false)
	if err != nil {
		return err
	}
	parts, _ := v.(Resource)
	for name, part := range parts {
		one[name] = part
	}
	return nil
}

// tidy drops values that have nothing left, and the attribute with the last.
func tidy(r Resource, name string) {
	list, _ := r[name].([]any)
	list = slices.DeleteFunc(list, func(item any) bool { one, ok := item.(Resource); return ok && len(one) == 0 })
	if r[name] = list; len(list) == 0 {
		delete(r, name)
	}
}
