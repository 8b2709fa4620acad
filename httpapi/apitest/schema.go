package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/httpapi"
)

// A promise checks answers against the OpenAPI document: every answer has the
// shape the document gives, with nothing missing and nothing it does not name.
type promise struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]struct{ Schema schema }
		}
	}
	Components struct{ Schemas map[string]schema }
}

// schema is as much of JSON Schema as the document uses.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 any
	Properties           map[string]schema
	Required             []string
	Items                *schema
	Enum                 []any
	AdditionalProperties json.RawMessage
}

func readPromise() (*promise, error) {
	raw, err := httpapi.OpenAPI()
	if err != nil {
		return nil, err
	}
	p := &promise{}
	return p, json.Unmarshal(raw, p)
}

// check returns what is wrong with an answer; nil for paths the document does
// not speak of.
func (p *promise) check(method, path string, status int, contentType string, body []byte) error {
	path, _, _ = strings.Cut(path, "?")
	template := p.find(path)
	operation, ok := p.Paths[template][strings.ToLower(method)]
	if !ok {
		return nil
	}
	answer, ok := operation.Responses[strconv.Itoa(status)]
	if status == 304 {
		return nil
	}
	if !ok {
		return fmt.Errorf("%s %s does not say that it answers %d", method, template, status)
	}
	if len(answer.Content) == 0 && len(body) > 0 {
		return fmt.Errorf("%s %s says that %d has no body", method, template, status)
	}
	content, ok := answer.Content[contentType]
	if len(answer.Content) > 0 && !ok {
		return fmt.Errorf("%s %s does not say that %d is %s", method, template, status, contentType)
	}
	if !strings.HasSuffix(contentType, "json") {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	return p.fits(v, content.Schema, "answer")
}

func (p *promise) find(path string) string {
	want := strings.Split(path, "/")
	best := ""
	for template := range p.Paths {
		parts := strings.Split(template, "/")
		if len(parts) != len(want) {
			continue
		}
		fits := true
		for i, part := range parts {
			fits = fits && (part == want[i] || strings.HasPrefix(part, "{"))
		}
		if fits && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	return best
}

func (p *promise) fits(v any, s schema, where string) error {
	if s.Ref != "" {
		s = p.Components.Schemas[s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]]
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return fmt.Errorf("%s is %v, which is none of %v", where, v, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		return p.object(v, s, where)
	case []any:
		if s.Type != nil && s.Type != "array" {
			return fmt.Errorf("%s is a list and should be %v", where, s.Type)
		}
		for i, x := range v {
			if s.Items != nil {
				if err := p.fits(x, *s.Items, fmt.Sprintf("%s[%d]", where, i)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	kinds := map[string]string{"string": "string", "float64": "number integer", "bool": "boolean", "<nil>": "null"}
	if want, isText := s.Type.(string); isText && !slices.Contains(strings.Fields(kinds[fmt.Sprintf("%T", v)]), want) {
		return fmt.Errorf("%s is %T and should be %s", where, v, want)
	}
	return nil
}

func (p *promise) object(v map[string]any, s schema, where string) error {
	if s.Type != nil && s.Type != "object" {
		return fmt.Errorf("%s is an object and should be %v", where, s.Type)
	}
	for _, name := range s.Required {
		if _, ok := v[name]; !ok {
			return fmt.Errorf("%s has no %s", where, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		inner, known := s.Properties[name]
		if !known && string(s.AdditionalProperties) == "false" {
			return fmt.Errorf("%s has %s, which is not documented", where, name)
		}
		if err := p.fits(v[name], inner, where+"."+name); err != nil {
			return err
		}
	}
	return nil
}
