package httpapi

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Every operation has an example of what is sent and of what comes back. They
// are made from the schemas and the words below, so that a new operation has
// them, too, and a renamed field cannot leave an old name behind.

// sampleBodies are requests that no schema could tell the sense of.
var sampleBodies = map[string]any{
	"start-instance":      map[string]any{"folio": "Ana's leave in May", "variables": map[string]any{"days": 3}},
	"decide-task":         map[string]any{"action": "Approve", "comment": "Enjoy it"},
	"share-task":          map[string]any{"to": "bob", "comment": "You know the customer"},
	"redirect-task":       map[string]any{"to": "bob"},
	"finish-step":         map[string]any{"variables": map[string]any{"order": "4711"}},
	"put-rights":          map[string]any{"grants": []any{map[string]any{"who": "ana", "right": "start"}}},
	"put-server-rights":   map[string]any{"grants": []any{map[string]any{"who": "admin", "right": "administer"}, map[string]any{"who": "role:Authors", "right": "deploy"}}},
	"put-category-rights": map[string]any{"grants": []any{map[string]any{"who": "Finance", "right": "view"}}},
	"create-role":         map[string]any{"name": "Approvers", "about": "Who may approve orders above 1000"},
	"change-role":         map[string]any{"about": "Who may approve orders above 1000"},
	"create-group":        map[string]any{"name": "Board"},
	"rename-group":        map[string]any{"name": "Directors"},
	"place-hold":          map[string]any{"workflow": "leave", "reason": "Audit of 2026"},
	"begin-migration":     map[string]any{"to": 2, "from": 1, "map": map[string]any{"approve": "approveLeave"}, "reason": "The board approves from 5000 on"},
	"preview-migration":   map[string]any{"to": 2, "map": map[string]any{"approve": "approveLeave"}},
	"retry-incident":      map[string]any{"variables": map[string]any{"days": 3}},
	"create-user":         map[string]any{"login": "kim", "name": "Kim Keller", "email": "kim@contoso.test", "password": "a long enough one"},
	"change-user":         map[string]any{"name": "Jane J. Judge"},
	"set-password":        map[string]any{"password": "a long enough one"},
	"change-password":     map[string]any{"present": "the one until now", "password": "a long enough one"},
	"sign-in":             map[string]any{"login": "jane", "password": "jane's password"},
	"create-token":        map[string]any{"name": "Monthly report", "days": 90, "readOnly": true},
	"put-apis":            map[string]any{"workflow": sampleAPI, "rest": sampleREST, "tokens": map[string]any{"defaultDays": 90, "maxDays": 365}},
	"put-trust":           map[string]any{"issuers": []any{sampleIssuer}},
	"propose-trust":       map[string]any{"from": "contoso.com"},
	"explain-token":       map[string]any{"token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6Ii4uLiJ9.eyJhdWQiOiIuLi4ifQ.c2lnbmF0dXJl"},
	"link-person":         map[string]any{"source": sampleSource, "subject": "5e0f7a8c-2f5c-4f5e-9a55-0c2b9a7d1e11", "label": "jane@contoso.com"},
	"link-group":          map[string]any{"source": sampleSource, "external": "role:Workflow.Approve", "label": "Approvers"},
	"cancel-instance":     map[string]any{"reason": "Asked for twice"},
	"comment-task":        map[string]any{"text": "Which days exactly?"},
	"comment-instance":    map[string]any{"text": "It is about the days in May."},
}

const sampleSource = "entra:72f988bf-86f1-41af-91ab-2d7cd011db47"

// sampleIssuer is what it takes to let the people of one Entra tenant in.
var sampleIssuer = map[string]any{"name": "contoso.com", "profile": "entra", "tenants": []any{"72f988bf-86f1-41af-91ab-2d7cd011db47"}, "versions": []any{"1.0", "2.0"},
	"audiences": []any{"6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c", "api://6b1f2a3c-0d4e-4f5a-8b6c-7d8e9f0a1b2c"}, "slashVariants": true,
	"scopes": []any{"user_impersonation"}, "newcomers": "create", "linkByAddress": true}

var (
	sampleAPI  = map[string]any{"on": true, "kinds": []any{"basic", "bearer", "token"}, "origins": []any{"https://app.example.com"}}
	sampleREST = map[string]any{"on": true, "kinds": []any{"basic", "bearer", "token", "session"}, "origins": []any{}}
)

// samplePaths are values of path parameters by what stands before them.
var samplePaths = map[string]any{"/workflows/": "leave", "/users/": "user:3", "/groups/": "group:1", "/roles/": "group:2", "/categories/": "HR", "/members/": "user:2",
	"/tasks/": "1_2", "/steps/": "1_2", "/incidents/": "1_2", "/instances/": 1, "/versions/": 1}

// sampleTexts are values of texts by the name of their field.
var sampleTexts = map[string]string{
	"login": "jane", "name": "Jane Judge", "email": "jane@contoso.test", "principal": "user:3", "text": "Which days exactly?",
	"comment": "Enjoy it", "reason": "Audit of 2026", "folio": "Ana's leave in May", "title": "Not allowed", "key": "leave", "workflow": "leave",
	"serial": "1_2", "task": "1_2", "action": "Approve", "version": "1.0.0", "category": "People", "url": "https://signoff.example.com/api/v1",
	"baseUrl": "https://signoff.example.com", "token": "sgn_(shown once)", "ending": "Ab3x", "code": "not-allowed", "to": "bob", "q": "ja",
	"csrf": "(a token)", "subject": "Approve leave", "detail": "It needs the right to administer the server.", "domain": "contoso.test"}

const (
	sampleTime = "2030-05-04T09:30:00Z"
	sampleDay  = "2030-05-04"
	maxSample  = 8 // levels of a schema; deeper ones are left empty
)

// addExamples gives every body and parameter of the document its example. It is
// run once, when all operations are there.
func addExamples(doc *huma.OpenAPI) {
	all := doc.Components.Schemas
	if p := all.Map()["Problem"]; p != nil {
		p.Examples = []any{sampleProblem}
	}
	for path, item := range doc.Paths {
		for _, o := range operationsOf(item) {
			for _, p := range o.Parameters {
				if p.Example == nil {
					p.Example = sampleParameter(all, path, p)
				}
			}
			if o.RequestBody != nil {
				for _, kind := range sortedKeys(o.RequestBody.Content) {
					addExample(all, o.RequestBody.Content[kind], kind, sampleBodies[o.OperationID])
				}
			}
			for _, r := range o.Responses {
				for _, kind := range sortedKeys(r.Content) {
					if kind != problemType { // one example of those is in their schema
						addExample(all, r.Content[kind], kind, nil)
					}
				}
			}
		}
	}
}

var sampleProblem = map[string]any{"type": "/problems/not-allowed", "title": "Not allowed", "status": 403, "code": "not-allowed",
	"detail": "this takes the right to administer the server", "requestId": "k3f9a2bc-17"}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func operationsOf(p *huma.PathItem) []*huma.Operation {
	var out []*huma.Operation
	for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
		if o != nil {
			out = append(out, o)
		}
	}
	return out
}

func addExample(all huma.Registry, m *huma.MediaType, kind string, own any) {
	switch {
	case m == nil || m.Example != nil || len(m.Examples) > 0:
	case own != nil:
		m.Example = own
	case m.Schema != nil && strings.HasSuffix(kind, "json"):
		m.Example = sampleOf(all, m.Schema, "", 0)
	case strings.HasSuffix(kind, "xml"):
		m.Example = sampleBPMN
	case kind == "text/event-stream":
		m.Example = "event: change\ndata: {}\n\n"
	case m.Schema != nil:
		m.Example = sampleOf(all, m.Schema, "", 0)
	}
}

func sampleParameter(all huma.Registry, path string, p *huma.Param) any {
	schema := resolved(all, p.Schema)
	if p.In == "path" {
		before, _, _ := strings.Cut(path, "{"+p.Name+"}")
		for place, v := range samplePaths {
			if strings.HasSuffix(before, place) && fitsType(schema, v) {
				return v
			}
		}
	}
	if schema == nil || p.In == "header" {
		return nil
	}
	if schema.Default != nil {
		return schema.Default
	}
	return sampleOf(all, schema, p.Name, 0)
}

func fitsType(s *huma.Schema, v any) bool {
	_, isText := v.(string)
	return s == nil || isText == (s.Type == huma.TypeString)
}

func resolved(all huma.Registry, s *huma.Schema) *huma.Schema {
	for s != nil && s.Ref != "" {
		s = all.SchemaFromRef(s.Ref)
	}
	return s
}

// sampleOf makes a value that a schema allows.
func sampleOf(all huma.Registry, s *huma.Schema, name string, depth int) any {
	s = resolved(all, s)
	switch {
	case s == nil || depth > maxSample:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.OneOf) > 0:
		return sampleOf(all, s.OneOf[0], name, depth+1)
	case len(s.AnyOf) > 0:
		return sampleOf(all, s.AnyOf[0], name, depth+1)
	}
	switch s.Type {
	case huma.TypeObject:
		return sampleObject(all, s, depth)
	case huma.TypeArray:
		if depth >= maxSample-1 || selfish(all, s.Items, depth) {
			return []any{}
		}
		return []any{sampleOf(all, s.Items, strings.TrimSuffix(name, "s"), depth+1)}
	case huma.TypeBoolean:
		return true
	case huma.TypeInteger, huma.TypeNumber:
		return sampleNumber(s)
	case huma.TypeString:
		return sampleText(s, name)
	}
	return map[string]any{}
}

// selfish tells whether items nest so deep that they are better left out.
func selfish(all huma.Registry, s *huma.Schema, depth int) bool {
	s = resolved(all, s)
	return s == nil || depth >= 4 && s.Type == huma.TypeObject
}

func sampleObject(all huma.Registry, s *huma.Schema, depth int) any {
	out := map[string]any{}
	for name, p := range s.Properties {
		if depth >= 4 && !slices.Contains(s.Required, name) {
			continue // what may be left out is, far down
		}
		if v := sampleOf(all, p, name, depth+1); v != nil {
			out[name] = v
		}
	}
	return out
}

func sampleNumber(s *huma.Schema) any {
	n := 1.0
	if s.Minimum != nil {
		n = math.Max(n, *s.Minimum)
	}
	if s.Maximum != nil {
		n = math.Min(n, *s.Maximum)
	}
	return int64(n)
}

func sampleText(s *huma.Schema, name string) any {
	text := sampleTexts[name]
	switch s.Format {
	case "date-time":
		return sampleTime
	case "date":
		return sampleDay
	case "uri":
		text = "https://signoff.example.com"
	}
	if text == "" {
		text = "text"
	}
	if s.MaxLength != nil && len(text) > *s.MaxLength {
		text = text[:*s.MaxLength]
	}
	for s.MinLength != nil && len(text) < *s.MinLength {
		text += "x"
	}
	return text
}

// sampleBPMN is a workflow of one task.
const sampleBPMN = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" targetNamespace="https://signoffhq.org/examples">
  <bpmn:process id="hello" name="Hello" isExecutable="true">
    <bpmn:startEvent id="start" />
    <bpmn:sequenceFlow id="on" sourceRef="start" targetRef="end" />
    <bpmn:endEvent id="end" />
  </bpmn:process>
</bpmn:definitions>
`
