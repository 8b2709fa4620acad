package k2

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// swagger is the Swagger 2.0 document, made from the table of operations and
// the shapes. https://swagger.io/specification/v2/
func swagger(host, scheme string) ([]byte, error) {
	d := definitions{}
	paths := map[string]map[string]any{}
	for _, o := range operations() {
		path := "/" + o.path
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(o.method)] = d.describe(o)
	}
	doc := map[string]any{
		"swagger":  "2.0",
		"info":     map[string]any{"title": "Workflow REST API", "version": "v1", "description": "Workflows and tasks, in the shapes K2 clients know. signoff's own API is at /api/v1."},
		"basePath": Base,
		"schemes":  []string{scheme},
		"consumes": []string{"application/json"},
		"produces": []string{"application/json"},
		"paths":    paths,
		"securityDefinitions": map[string]any{
			"basic": map[string]any{"type": "basic"},
		},
		"security": []any{map[string]any{"basic": []string{}}},
	}
	d.of(reflect.TypeFor[ErrorMessage]())
	doc["definitions"] = d
	if host != "" {
		doc["host"] = host
	}
	return json.Marshal(doc)
}

// definitions are the schemas met so far, by name.
type definitions map[string]any

func (d definitions) describe(o operation) map[string]any {
	responses := map[string]any{
		"default": map[string]any{"description": "Refused", "schema": ref("ErrorMessage")},
	}
	if o.out == nil {
		responses["204"] = map[string]any{"description": "Done"}
	} else {
		responses["200"] = map[string]any{"description": "OK", "schema": d.of(reflect.TypeOf(o.out))}
	}
	return map[string]any{
		"operationId": o.id,
		"tags":        []string{o.tag},
		"summary":     o.summary,
		"parameters":  d.parameters(o),
		"responses":   responses,
	}
}

func (d definitions) parameters(o operation) []any {
	out := []any{}
	for _, part := range strings.Split(o.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			out = append(out, pathParameter(strings.TrimSuffix(name, "}")))
		}
	}
	for _, q := range o.query {
		out = append(out, map[string]any{"name": q.name, "in": "query", "required": false,
			"type": "string", "enum": q.values, "description": q.text})
	}
	if o.in != nil {
		out = append(out, map[string]any{"name": "body", "in": "body", "required": false,
			"schema": d.of(reflect.TypeOf(o.in))})
	}
	return out
}

func pathParameter(name string) map[string]any {
	p := map[string]any{"name": name, "in": "path", "required": true, "type": "string"}
	if name == "id" {
		p["type"], p["format"] = "integer", "int64"
	}
	return p
}

func ref(name string) map[string]any { return map[string]any{"$ref": "#/definitions/" + name} }

// of returns the schema of a Go type, and keeps those of structs by name.
func (d definitions) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[*time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int64:
		return map[string]any{"type": "integer", "format": "int64"}
	case reflect.Int:
		return map[string]any{"type": "integer", "format": "int32"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.of(t.Elem())}
	case reflect.Struct:
		if _, known := d[t.Name()]; !known {
			properties := map[string]any{}
			d[t.Name()] = map[string]any{"type": "object", "properties": properties}
			d.fields(t, properties)
		}
		return ref(t.Name())
	}
	return map[string]any{"type": "object"}
}

func (d definitions) fields(t reflect.Type, into map[string]any) {
	for f := range t.Fields() {
		if f.Anonymous {
			d.fields(f.Type, into)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		into[name] = d.of(f.Type)
	}
}
