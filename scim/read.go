package scim

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Resource is a user or group as JSON has it: names spelt as the schema spells
// them, and values of the schema's types: string, bool, Resource for objects
// and []any where there may be several.
type Resource map[string]any

// Read makes a resource of a request's body. What the schema does not know, and
// what only the server writes, is left out.
func Read(k Kind, body []byte) (Resource, error) {
	raw, err := decode(body)
	if err != nil {
		return nil, err
	}
	object, ok := raw.(map[string]any)
	if !ok {
		return nil, refuse(InvalidSyntax, "the body must be a JSON object")
	}
	if err := checkSchemas(k, object); err != nil {
		return nil, err
	}
	r, err := readObject(schemas[k], object, "", false)
	if err != nil {
		return nil, err
	}
	return r, r.complete(k)
}

// Stored reads back what Body gave.
func Stored(k Kind, body []byte) (Resource, error) {
	raw, err := decode(body)
	if err != nil {
		return nil, err
	}
	object, _ := raw.(map[string]any)
	return readObject(schemas[k], object, "", true)
}

// Body is the resource as it is kept, without what the server works out.
func (r Resource) Body() []byte {
	kept := maps.Clone(r)
	for _, name := range []string{"id", "meta", "groups", "members", "schemas"} {
		delete(kept, name)
	}
	out, err := json.Marshal(kept)
	if err != nil {
		panic(err) // strings, truths, lists and objects
	}
	return out
}

// decode reads one JSON value of bounded depth.
func decode(body []byte) (any, error) {
	if len(body) > MaxBody {
		return nil, refuse(TooMany, "the body is over %d bytes", MaxBody)
	}
	if !utf8.Valid(body) {
		return nil, refuse(InvalidSyntax, "the body is not UTF-8")
	}
	if tooDeep(body) {
		return nil, refuse(InvalidSyntax, "the body is nested more than %d deep", maxDepth)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, refuse(InvalidSyntax, "the body is not JSON: %s", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, refuse(InvalidSyntax, "there is something after the JSON")
	}
	return v, nil
}

// tooDeep counts brackets outside of strings, before anything is built of them.
func tooDeep(body []byte) bool {
	depth, inString := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// checkSchemas refuses a body that says it is something else. One that says
// nothing is believed: the address says what it is.
func checkSchemas(k Kind, object map[string]any) error {
	for name, v := range object {
		if !strings.EqualFold(name, "schemas") {
			continue
		}
		list, ok := v.([]any)
		if !ok {
			return refuse(InvalidValue, "schemas must be a list")
		}
		if len(list) > 0 && !slices.ContainsFunc(list, func(v any) bool { s, _ := v.(string); return strings.EqualFold(s, schemaOf(k)) }) {
			return refuse(InvalidValue, "schemas does not name %s", schemaOf(k))
		}
	}
	return nil
}

// readObject takes the members that attributes allow. all: those the server
// writes too.
func readObject(attributes []attribute, object map[string]any, at string, all bool) (Resource, error) {
	out := Resource{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		a := findIn(attributes, name)
		if a == nil || a.never || a.readOnly && !all || a.name == "schemas" {
			continue
		}
		if _, again := out[a.name]; again {
			return nil, refuse(InvalidSyntax, "%s%s is there twice", at, a.name)
		}
		v, err := readValue(a, object[name], at+a.name, all)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out[a.name] = v
		}
	}
	return out, nil
}

// readValue reads all of an attribute; nil is none.
func readValue(a *attribute, v any, at string, all bool) (any, error) {
	if v == nil {
		return nil, nil
	}
	if !a.multi {
		if list, ok := v.([]any); ok && len(list) == 1 { // some clients list what there is one of
			v = list[0]
		}
		return readOne(a, v, at, all)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	most := maxValues
	if a.name == "members" {
		most = MaxMembers
	}
	if len(list) > most {
		return nil, refuse(InvalidValue, "%s has more than %d values", at, most)
	}
	var out []any
	for _, item := range list {
		one, err := readOne(a, item, at, all)
		if err != nil {
			return nil, err
		}
		if one != nil {
			out = append(out, one)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, onePrimary(out, at)
}

func onePrimary(list []any, at string) error {
	n := 0
	for _, item := range list {
		if r, ok := item.(Resource); ok && r["primary"] == true {
			n++
		}
	}
	if n > 1 {
		return refuse(InvalidValue, "of %s, %d are primary; one may be", at, n)
	}
	return nil
}

func readOne(a *attribute, v any, at string, all bool) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch a.kind {
	case complexOf:
		return readComplex(a, v, at, all)
	case boolean:
		return readTruth(v, at)
	}
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	default:
		return nil, refuse(InvalidValue, "%s must be text", at)
	}
	most := maxText
	if a.kind == binary {
		most = maxBinary
	}
	if len(s) > most {
		return nil, refuse(InvalidValue, "%s is over %d bytes", at, most)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' }) {
		return nil, refuse(InvalidValue, "%s has a control character in it", at)
	}
	if s == "" { // RFC 7643 section 2.5 knows no difference
		return nil, nil
	}
	return s, nil
}

// readComplex takes an object, or, for those who send a value where an object
// belongs (Entra ID: the manager), that value.
func readComplex(a *attribute, v any, at string, all bool) (any, error) {
	object, ok := v.(map[string]any)
	if _, isText := v.(string); isText && a.find("value") != nil {
		object, ok = map[string]any{"value": v}, true
	}
	if !ok {
		return nil, refuse(InvalidValue, "%s must be an object", at)
	}
	r, err := readObject(a.sub, object, at+".", all)
	if err != nil || len(r) == 0 {
		return nil, err
	}
	return r, nil
}

// readTruth takes "True" and "False" too, which Entra ID sends.
func readTruth(v any, at string) (any, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case string:
		switch strings.ToLower(v) {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
	}
	return nil, refuse(InvalidValue, "%s must be true or false", at)
}

// complete refuses a resource that lacks what it must have.
func (r Resource) complete(k Kind) error {
	for _, a := range schemas[k] {
		if a.required && strings.TrimSpace(r.Text(a.name)) == "" {
			return refuse(InvalidValue, "%s is missing", a.name)
		}
	}
	return nil
}

// Text is the value of a single string; "" when there is none.
func (r Resource) Text(name string) string { s, _ := r[name].(string); return s }
