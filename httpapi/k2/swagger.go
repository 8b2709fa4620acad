package k2

import (
	"encoding/json"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/signoffhq/signoff/httpapi"
)

// described is what the Swagger document says beside the operations.
type described struct {
	root   *url.URL // scheme and host
	basic  bool     // name and password are taken
	issuer *httpapi.Issuer
}

// swagger is the Swagger 2.0 document, made from the table of operations and
// the shapes, https://swagger.io/specification/v2/, with what Power Automate asks
// for, https://learn.microsoft.com/connectors/custom-connectors/openapi-extensions.
func swagger(about described) ([]byte, error) {
	d := definitions{}
	paths := map[string]map[string]any{}
	for _, o := range operations() {
		path := "/" + o.path
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(o.method)] = d.describe(o)
	}
	d.of(reflect.TypeFor[ErrorMessage]())
	securityDefinitions, security := about.security()
	return json.Marshal(map[string]any{
		"swagger": "2.0",
		"info": map[string]any{"title": "Workflow REST API", "version": "v1", "license": map[string]any{"name": "Apache-2.0"},
			"description": "Workflows and tasks, in the shapes K2 clients know. signoff's own API is at /api/v1."},
		"host": about.root.Host, "basePath": Base, "schemes": []string{about.root.Scheme},
		"consumes": []string{"application/json"}, "produces": []string{"application/json"},
		"tags": tags, "paths": paths, "definitions": d,
		"securityDefinitions": securityDefinitions, "security": security,
	})
}

var tags = []map[string]any{
	{"name": "Operations", "description": "Reserved for system use."},
	{"name": "ServerEvents", "description": "Steps that wait for another system."},
	{"name": "Tasks", "description": "What waits for you."},
	{"name": "Workflows", "description": "What can be started, and starting it."},
}

// security is how callers sign in. Where several ways are offered a client may
// use any of them.
func (about described) security() (definitions map[string]any, requirements []any) {
	definitions, requirements = map[string]any{}, []any{}
	if is := about.issuer; is != nil {
		scopes, names := map[string]any{}, []string{}
		for _, scope := range is.Scopes {
			scopes[scope] = "Call the workflow API as the person who signs in."
			names = append(names, scope)
		}
		definitions["oauth2"] = map[string]any{"type": "oauth2", "flow": "accessCode", "description": "Tokens of " + is.Name + ".",
			"authorizationUrl": is.Authorize, "tokenUrl": is.Token, "scopes": scopes}
		requirements = append(requirements, map[string]any{"oauth2": names})
	}
	if about.basic {
		definitions["basic"] = map[string]any{"type": "basic", "description": "Name and password with each request."}
		requirements = append(requirements, map[string]any{"basic": []string{}})
	}
	return definitions, requirements
}

// definitions are the schemas met so far, by name.
type definitions map[string]any

func (d definitions) describe(o operation) map[string]any {
	out := map[string]any{
		"operationId": o.id,
		"tags":        []string{o.tag},
		"summary":     o.summary,
		"description": o.about,
		"parameters":  d.parameters(o),
		"responses":   d.responses(o),
	}
	if o.tag == "Operations" {
		out["x-ms-visibility"] = "internal"
	}
	return out
}

// refused says of each status when it comes.
var refused = []struct {
	status int
	text   string
	when   func(operation) bool
}{
	{400, "The request cannot be right; the message says what is wrong.", nil},
	{401, "Nobody is signed in, or what was sent is not taken. WWW-Authenticate says which kinds of sign-in are, and which check failed.", nil},
	{403, "The caller may not do this.", nil},
	{404, "There is no such thing, or not for this caller, or the API is switched off.", nil},
	{409, "Something has changed meanwhile, such as a task that was decided.", func(o operation) bool { return o.method == "POST" }},
	{413, "The body is over 1 MiB.", func(o operation) bool { return o.in != nil }},
	{429, "Too many wrong passwords; Retry-After says how long to wait.", nil},
	{500, "Something went wrong on our side; nothing half done is kept.", nil},
	{503, "Not available at the moment; try again.", nil},
}

func (d definitions) responses(o operation) map[string]any {
	out := map[string]any{}
	if o.out == nil {
		out["204"] = map[string]any{"description": "It is done."}
	} else {
		schema := d.of(reflect.TypeOf(o.out))
		if o.id == "StartWorkflow" {
			schema = map[string]any{"type": "integer", "format": "int64", "x-ms-summary": "Instance Number", "description": "The number of the instance."}
		}
		out["200"] = map[string]any{"description": "What was asked for.", "schema": schema, "examples": map[string]any{"application/json": o.out}}
	}
	for _, r := range refused {
		if r.when == nil || r.when(o) {
			out[strconv.Itoa(r.status)] = map[string]any{"description": r.text, "schema": ref("ErrorMessage")}
		}
	}
	return out
}

func (d definitions) parameters(o operation) []any {
	out := []any{}
	for _, part := range strings.Split(o.path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			out = append(out, pathParameter(o, strings.TrimSuffix(name, "}")))
		}
	}
	for _, q := range o.query {
		out = append(out, map[string]any{"name": q.name, "in": "query", "required": false,
			"type": "string", "enum": q.values, "description": q.text, "x-ms-summary": title(q.name)})
	}
	if o.in != nil {
		t := reflect.TypeOf(o.in)
		schema := d.of(t)
		d[t.Name()].(map[string]any)["example"] = o.in
		out = append(out, map[string]any{"name": "body", "in": "body", "required": false, "schema": schema,
			"description": words["body"], "x-ms-summary": "Body"})
	}
	return out
}

func pathParameter(o operation, name string) map[string]any {
	p := map[string]any{"name": name, "in": "path", "required": true, "type": "string", "description": words[name],
		"x-ms-summary": title(name), "x-ms-url-encoding": "single", "x-example": pathExamples[name]}
	switch {
	case name == "id":
		p["type"], p["format"], p["x-ms-summary"] = "integer", "int64", "Workflow"
		p["x-ms-dynamic-values"] = map[string]any{"operationId": "GetWorkflows", "parameters": map[string]any{"type": "Startable"},
			"value-collection": "workflows", "value-path": "id", "value-title": "name"}
	case name == "serialNumber" && o.tag == "Tasks":
		p["x-ms-dynamic-values"] = map[string]any{"operationId": "Tasks_Get", "parameters": map[string]any{"state": "All"},
			"value-collection": "tasks", "value-path": "serialNumber", "value-title": "workflowInstanceFolio"}
	}
	return p
}

func ref(name string) map[string]any { return map[string]any{"$ref": "#/definitions/" + name} }

// of returns the schema of a Go type, and keeps those of structs by name.
func (d definitions) of(t reflect.Type) map[string]any {
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[*time.Time]():
		return map[string]any{"type": "string", "format": "date-time", "x-nullable": true}
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
		schema := d.of(f.Type)
		if schema["$ref"] == nil { // what stands beside a reference is not read
			schema["description"], schema["x-ms-summary"] = words[name], title(name)
		}
		if t == reflect.TypeFor[UserDefinedWorkflowInstance]() && name == "dataFields" {
			schema["x-ms-dynamic-schema"] = map[string]any{"operationId": "GetWorkflowSchema",
				"parameters": map[string]any{"id": map[string]any{"parameter": "id"}}, "value-path": "properties/dataFields"}
		}
		into[name] = schema
	}
}

// title makes "Serial Number" of serialNumber.
func title(name string) string {
	var b strings.Builder
	was := ' '
	for i, c := range name {
		if i == 0 {
			c = unicode.ToUpper(c)
		} else if unicode.IsUpper(c) && !unicode.IsUpper(was) {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
		was = c
	}
	return b.String()
}
