package httpapi

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// document is what the tests below need of the OpenAPI document.
type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID, Summary string
		Tags                 []string
		Parameters           []struct {
			Name, In string
			Schema   map[string]any
		}
		Responses map[string]struct {
			Description string
			Content     map[string]struct{ Schema map[string]any }
		}
	}
	Components struct{ Schemas map[string]map[string]any }
	Tags       []struct{ Name string }
}

func readDocument(t *testing.T) (document, string) {
	t.Helper()
	raw, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d, string(raw)
}

func TestEveryOperationIsDocumented(t *testing.T) {
	d, _ := readDocument(t)
	if !strings.HasPrefix(d.OpenAPI, "3.1") {
		t.Errorf("version %q", d.OpenAPI)
	}
	s := &Server{}
	s.build()
	if signedIn.told() != "" || admin.told() != "Right: administer." {
		t.Errorf("%q, %q", signedIn.told(), admin.told())
	}
	seen := map[string]bool{}
	for _, o := range s.ops {
		method, path, _ := strings.Cut(o.route, " ")
		e, ok := d.Paths[base+path][strings.ToLower(method)]
		if !ok || e.OperationID != o.id || e.Summary == "" || len(e.Tags) != 1 {
			t.Errorf("%s: %+v", o.route, e)
			continue
		}
		if !slices.ContainsFunc(d.Tags, func(tag struct{ Name string }) bool { return tag.Name == e.Tags[0] }) {
			t.Errorf("%s: tag %q is not described", o.id, e.Tags[0])
		}
		if seen[o.id] {
			t.Errorf("%s is there twice", o.id)
		}
		seen[o.id] = true
		want := []string{"422", "500"}
		if o.right != anybody {
			want = append(want, "401")
		}
		if o.right == admin {
			want = append(want, "403")
		}
		if strings.Contains(path, "{") {
			want = append(want, "404")
		}
		good := 0
		for status, r := range e.Responses {
			if status < "300" {
				good++
				continue
			}
			if _, ok := r.Content["application/problem+json"]; !ok {
				t.Errorf("%s: %s is not a problem", o.id, status)
			}
		}
		for _, status := range want {
			if _, ok := e.Responses[status]; !ok {
				t.Errorf("%s does not say when it answers %s", o.id, status)
			}
		}
		if good == 0 {
			t.Errorf("%s does not say what it answers", o.id)
		}
		for _, part := range strings.Split(path, "{")[1:] {
			name, _, _ := strings.Cut(part, "}")
			if !slices.ContainsFunc(e.Parameters, func(p struct {
				Name, In string
				Schema   map[string]any
			}) bool {
				return p.Name == name && p.In == "path"
			}) {
				t.Errorf("%s: parameter %s is not documented", o.id, name)
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d operations", len(seen))
	}
}

func TestTheDocumentHoldsTogether(t *testing.T) {
	d, raw := readDocument(t)
	for _, part := range strings.Split(raw, `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := d.Components.Schemas[name]; !ok {
			t.Errorf("schema %s is missing", name)
		}
	}
	for _, gone := range []string{"$schema", "ErrorModel", `"null"`} {
		if strings.Contains(raw, gone) {
			t.Errorf("the document holds %s", gone)
		}
	}
	again, err := OpenAPI()
	if err != nil || string(again) != raw {
		t.Errorf("the document is not the same each time: %v", err)
	}
}
