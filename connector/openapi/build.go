package openapi

import (
	"cmp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// build makes objects of operations.
func (a *api) build(list []*operation) {
	byObject := map[string][]*operation{}
	for _, o := range list {
		byObject[o.object] = append(byObject[o.object], o)
	}
	for name, of := range byObject {
		b := builder{o: broker.Object{Name: name, Title: name}, known: map[string]string{}, taken: map[string]bool{}}
		b.kinds(of)
		b.properties(of)
		methods := map[string]bool{}
		for _, o := range of {
			o.method = free(o.method, methods)
			b.o.Methods = append(b.o.Methods, b.describe(o))
			a.calls[o.object+"."+o.method] = o
		}
		a.objects = append(a.objects, b.o)
	}
	slices.SortFunc(a.objects, func(x, y broker.Object) int { return cmp.Compare(x.Name, y.Name) })
}

// builder makes one object.
type builder struct {
	o     broker.Object
	known map[string]string // the API's name of a value: its property
	taken map[string]bool
	keys  map[string]string // parameters of the path that name one: their properties
}

// kinds says what each operation is. A thing is known by what stands in the path
// that reads it; what changes or deletes it has the same path.
func (b *builder) kinds(of []*operation) {
	one, all := "", ""
	for _, o := range of {
		o.kind = broker.Execute
		switch {
		case o.verb != "GET":
		case o.answer.list:
			o.kind = broker.List
			if all == "" && len(inPath(o.path)) == 0 {
				all = o.path
			}
		case one == "" && strings.HasSuffix(o.path, "}"):
			if keys := keysOf(o); keys != nil {
				one, b.keys = o.path, keys
			}
		}
	}
	for _, o := range of {
		if b.keys != nil && strings.HasPrefix(o.path, one) && (len(o.path) == len(one) || o.path[len(one)] == '/') {
			b.rename(o)
		}
		switch {
		case o.path == one && one != "":
			o.kind = map[string]broker.Kind{"GET": broker.Read, "PATCH": broker.Update, "PUT": broker.Update, "DELETE": broker.Delete, "POST": broker.Execute}[o.verb]
		case o.verb == "POST" && o.path == all && o.body != nil:
			o.kind = broker.Create
		}
	}
}

// keysOf finds for each parameter in a path the member of the answer that it is:
// of the same name, or of the end of it, as id for petId. nil when one has none.
func keysOf(o *operation) map[string]string {
	out := map[string]string{}
	for _, name := range inPath(o.path) {
		for _, f := range o.answer.fields {
			if f.name != "" && f.shape.kind != broker.JSON && !f.shape.list && strings.HasSuffix(strings.ToLower(name), strings.ToLower(f.name)) && len(f.name) > len(out[name]) {
				out[name] = f.name
			}
		}
		if out[name] == "" {
			return nil
		}
	}
	return out
}

// rename calls the parameters of the path as the members that they are.
func (b *builder) rename(o *operation) {
	for i, p := range o.parameters {
		if key := b.keys[p.name]; p.in == "path" && key != "" {
			o.parameters[i].input = key
		}
	}
}

// properties are all values that the operations answer. What is of two types is
// of any.
func (b *builder) properties(of []*operation) {
	add := func(name, called string, s shape) string {
		property, known := b.known[name]
		if !known {
			property = free(plainName(called), b.taken)
			b.known[name] = property
			b.o.Properties = append(b.o.Properties, broker.Property{Name: property, Title: cmp.Or(called, property), Type: s.kind, List: s.list, Key: b.isKey(name)})
			return property
		}
		i := slices.IndexFunc(b.o.Properties, func(p broker.Property) bool { return p.Name == property })
		if p := &b.o.Properties[i]; p.Type != s.kind || p.List != s.list {
			p.Type, p.List = broker.JSON, false
		}
		return property
	}
	for _, o := range of {
		a := &o.answer
		for i := range a.fields {
			f := &a.fields[i]
			if f.name == "" {
				f.property = add(" "+a.whole, a.whole, f.shape) // no name of a member has one before it
				continue
			}
			f.property = add(f.name, f.name, f.shape)
		}
		if a.form == "text" || a.form == "file" {
			kind := map[string]broker.DataType{"text": broker.Text, "file": broker.File}[a.form]
			a.fields = []field{{property: add(" "+a.whole, a.whole, shape{kind: kind})}}
		}
		if a.etag != "" {
			a.etag = add(" etag", "etag", shape{kind: broker.Text})
		}
	}
}

func (b *builder) isKey(name string) bool {
	for _, key := range b.keys {
		if key == name {
			return true
		}
	}
	return false
}

// describe is the method that an operation becomes, with inputs for all that it
// takes.
func (b *builder) describe(o *operation) broker.Method {
	m := broker.Method{Name: o.method, Title: cmp.Or(o.title, o.method), Text: o.text, Kind: o.kind}
	taken := map[string]bool{}
	for i := range o.parameters {
		p := &o.parameters[i]
		if p.in == "paging" {
			continue
		}
		want := plainName(p.name)
		if p.input != "" {
			want = cmp.Or(b.known[p.input], want)
		}
		p.input = free(want, taken)
		m.Inputs = append(m.Inputs, b.input(p.input, p.name, p.shape, p.required))
	}
	if o.body != nil {
		b.bodyInputs(o, &m, taken)
	}
	for _, f := range o.answer.fields {
		if !slices.Contains(m.Outputs, f.property) {
			m.Outputs = append(m.Outputs, f.property)
		}
	}
	if e := o.answer.etag; e != "" && !o.answer.list {
		m.Outputs = append(m.Outputs, e)
	}
	return m
}

// bodyInputs are the inputs for a body. A member that is the key in the path,
// too, is asked for once.
func (b *builder) bodyInputs(o *operation, m *broker.Method, taken map[string]bool) {
	for i := range o.body.members {
		in := &o.body.members[i]
		want := cmp.Or(b.known[in.name], plainName(in.name))
		if taken[want] {
			if b.isKey(in.name) {
				in.input = want
				continue
			}
			want = "body_" + want
		}
		in.input = free(want, taken)
		m.Inputs = append(m.Inputs, b.input(in.input, in.name, in.shape, in.required))
	}
	if w := o.body.whole; w != nil {
		w.input = free("body", taken)
		m.Inputs = append(m.Inputs, b.input(w.input, "body", w.shape, w.required))
	}
}

// input describes an input; where it is the property of its name, that says its
// type.
func (b *builder) input(name, title string, s shape, required bool) broker.Input {
	in := broker.Input{Name: name, Title: title, Type: s.kind, List: s.list, Required: required, Text: s.title}
	if p, ok := b.o.Property(name); ok && p.Type == s.kind && p.List == s.list {
		in.Type, in.List = "", false
	}
	return in
}
