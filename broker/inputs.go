package broker

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cockroachdb/apd/v3"

	"github.com/signoffhq/signoff"
)

// Limits of values that go into calls.
const (
	maxTextBytes   = 16 << 20
	maxFileBytes   = 150 << 20 // decoded
	maxElements    = 10_000    // of a list
	maxNumberBytes = 200
	maxExponent    = 6144 // as decimal128 has it
)

// Find returns an object by its name.
func Find(objects []Object, name string) (Object, bool) {
	for _, o := range objects {
		if o.Name == name {
			return o, true
		}
	}
	return Object{}, false
}

// Method returns one of the object's methods.
func (o Object) Method(name string) (Method, bool) {
	for _, m := range o.Methods {
		if m.Name == name {
			return m, true
		}
	}
	return Method{}, false
}

// Property returns one of the object's properties.
func (o Object) Property(name string) (Property, bool) {
	for _, p := range o.Properties {
		if p.Name == name {
			return p, true
		}
	}
	return Property{}, false
}

// Takes are the method's inputs with what the properties they are named after
// say: type, title and whether there are several.
func (o Object) Takes(m Method) []Input {
	out := make([]Input, len(m.Inputs))
	for i, in := range m.Inputs {
		if p, ok := o.Property(in.Name); ok {
			if in.Type == "" {
				in.Type, in.List = p.Type, p.List
			}
			if in.Title == "" {
				in.Title = p.Title
			}
		}
		if in.Type == "" {
			in.Type = Text
		}
		if in.Title == "" {
			in.Title = in.Name
		}
		out[i] = in
	}
	return out
}

// Inputs returns given as the method takes it: of the right types, without what
// is empty. It refuses what is unknown, missing or of another type, all at once
// ("bad-inputs"). Text stands for a number, yes or no, or a list of one where it
// reads as such, for a workflow's mapping may be text.
func Inputs(o Object, m Method, given map[string]any) (map[string]any, error) {
	var wrong []signoff.FieldError
	takes := o.Takes(m)
	out := make(map[string]any, len(given))
	for _, in := range takes {
		v, err := in.value(given[in.Name])
		switch {
		case err != nil:
			wrong = append(wrong, signoff.FieldError{Field: "inputs." + in.Name, Detail: err.Error()})
		case v != nil:
			out[in.Name] = v
		case in.Required:
			wrong = append(wrong, signoff.FieldError{Field: "inputs." + in.Name, Detail: "is needed"})
		}
	}
	wrong = append(wrong, unknownInputs(takes, given)...)
	if len(wrong) > 0 {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-inputs",
			Detail: fmt.Sprintf("%s of %s cannot be called like that", m.Name, o.Name), Fields: wrong}
	}
	return out, nil
}

func unknownInputs(takes []Input, given map[string]any) (wrong []signoff.FieldError) {
	var names []string
	for _, in := range takes {
		names = append(names, in.Name)
	}
	for _, name := range sortedNames(given) {
		if !contains(names, name) {
			e := signoff.FieldError{Field: "inputs." + shown(name), Detail: "is nothing this method takes"}
			if near := signoff.Nearest(name, names); near != "" {
				e.Advice = "did you mean " + near + "?"
			}
			wrong = append(wrong, e)
		}
	}
	return wrong
}

// shown keeps a name from elsewhere short and on one line.
func shown(name string) string {
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return '?'
		}
		return r
	}, name)
}

// value is v as the input takes it; nil when there is none.
func (in Input) value(v any) (any, error) {
	if empty(v) && (in.Type != Text || in.List || v == nil) {
		return nil, nil
	}
	if !in.List {
		return Value(in.Type, v)
	}
	list, several := v.([]any)
	if !several {
		list = []any{v}
	}
	if len(list) > maxElements {
		return nil, fmt.Errorf("has more than %d elements", maxElements)
	}
	out := make([]any, 0, len(list))
	for i, one := range list {
		if empty(one) {
			continue
		}
		x, err := Value(in.Type, one)
		if err != nil {
			return nil, fmt.Errorf("element %d %w", i+1, err)
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func empty(v any) bool { return v == nil || v == "" }

// Value is v, as JSON or a workflow holds it, as a value of a type; an error
// says in words that follow the value's name what it is not.
func Value(t DataType, v any) (any, error) {
	switch t {
	case Text:
		return textValue(v)
	case Number:
		return numberValue(v)
	case YesNo:
		return yesNoValue(v)
	case Moment:
		if s, ok := v.(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
				return at.Format(time.RFC3339Nano), nil
			}
		}
		return nil, fmt.Errorf("is no moment; write it like 2026-11-23T14:00:00Z")
	case Date:
		if s, ok := v.(string); ok {
			if _, err := time.Parse(time.DateOnly, s); err == nil {
				return s, nil
			}
		}
		return nil, fmt.Errorf("is no date; write it like 2026-11-23")
	case File:
		return fileValue(v)
	case JSON:
		if s, ok := v.(string); ok && len(s) > maxTextBytes {
			return nil, fmt.Errorf("is longer than %d bytes", maxTextBytes)
		}
		return v, nil
	}
	return nil, fmt.Errorf("has a type that is not known")
}

func textValue(v any) (any, error) {
	switch x := v.(type) {
	case string:
		if len(x) > maxTextBytes {
			return nil, fmt.Errorf("is longer than %d bytes", maxTextBytes)
		}
		if !utf8.ValidString(x) {
			return nil, fmt.Errorf("is no text: it is not UTF-8")
		}
		return x, nil
	case bool, json.Number, int, int64:
		return fmt.Sprint(x), nil
	case float64:
		n, err := numberValue(x)
		return fmt.Sprint(n), err
	}
	return nil, fmt.Errorf("is no text")
}

func numberValue(v any) (any, error) {
	var text string
	switch x := v.(type) {
	case json.Number:
		text = string(x)
	case string:
		text = strings.TrimSpace(x)
	case int, int64:
		text = fmt.Sprint(x)
	case float64:
		b, err := json.Marshal(x)
		if err != nil {
			return nil, fmt.Errorf("is no number")
		}
		text = string(b)
	}
	d, err := decimal(text)
	if err != nil {
		return nil, err
	}
	if json.Valid([]byte(text)) { // as it was written
		return json.Number(text), nil
	}
	return json.Number(d.Text('f')), nil
}

// decimal reads a number, within bounds: its text is short, and so is what it
// would be written out.
func decimal(text string) (*apd.Decimal, error) {
	if text == "" || len(text) > maxNumberBytes || strings.Trim(text, "0123456789+-.eE") != "" {
		return nil, fmt.Errorf("is no number")
	}
	d, _, err := apd.NewFromString(text)
	if err != nil || d.Form != apd.Finite || d.Exponent > maxExponent || d.Exponent < -maxExponent {
		return nil, fmt.Errorf("is no number")
	}
	return d, nil
}

func yesNoValue(v any) (any, error) {
	switch x := v.(type) {
	case bool:
		return x, nil
	case string:
		switch strings.ToLower(strings.TrimSpace(x)) {
		case "true", "yes":
			return true, nil
		case "false", "no":
			return false, nil
		}
	}
	return nil, fmt.Errorf("is neither true nor false")
}

// fileValue checks a file: {name, type, content in base64}.
func fileValue(v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf(`is no file; write it like {"name": "a.txt", "type": "text/plain", "content": base64}`)
	}
	out := map[string]any{}
	for key, x := range m {
		s, isText := x.(string)
		switch {
		case key != "name" && key != "type" && key != "content":
			return nil, fmt.Errorf("has %q, which no file has: it has name, type and content", shown(key))
		case !isText && x != nil:
			return nil, fmt.Errorf("has a %s that is no text", key)
		}
		out[key] = s
	}
	name, _ := out["name"].(string)
	kind, _ := out["type"].(string)
	content, _ := out["content"].(string)
	if name == "" || len(name) > 255 || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, unicode.IsControl) {
		return nil, fmt.Errorf("has a name that cannot be a file's")
	}
	if len(kind) > 200 || strings.ContainsFunc(kind, unicode.IsControl) {
		return nil, fmt.Errorf("has a type that cannot be a file's")
	}
	if base64.StdEncoding.DecodedLen(len(content)) > maxFileBytes {
		return nil, fmt.Errorf("is larger than %d MiB", maxFileBytes>>20)
	}
	if _, err := base64.StdEncoding.DecodeString(content); err != nil {
		return nil, fmt.Errorf("has content that is not base64")
	}
	return out, nil
}
