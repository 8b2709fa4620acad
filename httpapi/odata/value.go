package odata

import (
	"bytes"
	"encoding/json"
	"slices"

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

// entityOf writes a row as the object's properties: those chosen, else all of
// them, null where the method does not give one.
func entityOf(o broker.Object, row map[string]any, choose, outputs []string) ordered {
	out := ordered{}
	for _, p := range o.Properties {
		if choose != nil && !slices.Contains(choose, p.Name) {
			continue
		}
		if v, has := row[p.Name]; has || choose != nil || slices.Contains(outputs, p.Name) {
			out = append(out, member{p.Name, valueOf(p, v)})
		} else {
			out = append(out, member{p.Name, valueOf(p, nil)})
		}
	}
	return out
}

// valueOf writes a value as its property's type has it. What is of another type
// is null: a client would stumble over it.
func valueOf(p broker.Property, v any) any {
	if !p.List {
		return single(p.Type, v)
	}
	list, ok := v.([]any)
	if !ok && v != nil {
		list = []any{v}
	}
	out := []any{}
	for _, one := range list {
		if w := single(p.Type, one); w != nil {
			out = append(out, w)
		}
	}
	return out
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
