package odata

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// member is one of an object's; ordered is an object whose members keep their
// order: @odata.context has to come first (JSON Format 4.0, 4.5.1).
type (
	member struct {
		name  string
		value any
	}
	ordered []member
)

// MarshalJSON implements json.Marshaler.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			if j > 0 {
				b.WriteByte(':')
			}
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(part); err != nil {
				return nil, err
			}
			b.Truncate(b.Len() - 1) // the line break
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// contextName is the annotation that says what describes an answer.
const contextName = "@odata.context"

// entity writes a row of a set: the properties chosen, else all of them, null
// where the method does not give one. With full metadata it says what and where
// it is.
func (c *call) entity(e entitySet, row map[string]any, choose []string) ordered {
	out := ordered{}
	if c.form.level == "full" {
		out = append(out, member{"@odata.type", "#" + namespace + "." + e.name})
		if at, ok := c.address(e, row); ok {
			out = append(out, member{"@odata.id", at})
			if e.update != nil || e.remove != nil {
				out = append(out, member{"@odata.editLink", at})
			}
		}
	}
	return append(out, c.properties(e.object, row, choose)...)
}

// row writes a row that an action gives.
func (c *call) row(a action, row map[string]any) ordered {
	out := ordered{}
	if c.form.level == "full" {
		out = append(out, member{"@odata.type", "#" + rowType(a.service, a.object)})
	}
	return append(out, c.properties(a.object, row, nil)...)
}

func (c *call) properties(o broker.Object, row map[string]any, choose []string) ordered {
	out := ordered{}
	for _, p := range o.Properties {
		if choose != nil && !slices.Contains(choose, p.Name) {
			continue
		}
		v := valueOf(p, row[p.Name], c.form.texts)
		if kind := jsonType(p); c.form.level == "full" && kind != "" && v != nil {
			out = append(out, member{p.Name + "@odata.type", kind})
		}
		out = append(out, member{p.Name, v})
	}
	return out
}

// jsonType is how full metadata names the type of a property, "" where a client
// sees it by the value (JSON Format 4.0, 4.5.3).
func jsonType(p broker.Property) string {
	kind := strings.TrimPrefix(edm(p.Type), "Edm.")
	if p.List {
		return "#Collection(" + kind + ")"
	}
	if p.Type == broker.YesNo || edm(p.Type) == "Edm.String" {
		return ""
	}
	return "#" + kind
}

// valueOf writes a value as its property's type has it. What is of another type
// is null: a client would stumble over it.
func valueOf(p broker.Property, v any, texts bool) any {
	if !p.List {
		return asText(single(p.Type, v), texts)
	}
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	out := []any{}
	for _, one := range list {
		if w := single(p.Type, one); w != nil {
			out = append(out, asText(w, texts))
		}
	}
	return out
}

// asText makes a text of a number for clients that would round it.
func asText(v any, texts bool) any {
	if n, ok := v.(json.Number); ok && texts {
		return n.String()
	}
	return v
}

func single(t broker.DataType, v any) any {
	if v == nil {
		return nil
	}
	switch t {
	case broker.JSON:
		text, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		return string(text)
	case broker.File:
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		out := ordered{}
		for _, name := range []string{"name", "type", "content"} {
			text, _ := m[name].(string)
			out = append(out, member{name, text})
		}
		return out
	}
	w, err := broker.Value(t, v)
	if err != nil {
		return nil
	}
	return w
}
