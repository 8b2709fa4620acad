package httpapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// Every operation shows what is sent and what comes back, and what it shows is
// what it would take and give.
func TestEveryOperationHasExamplesThatFit(t *testing.T) {
	s := &Server{}
	s.build()
	doc := s.huma.OpenAPI()
	all := doc.Components.Schemas
	bodies, answers := 0, 0
	for path, item := range doc.Paths {
		for _, o := range operationsOf(item) {
			for _, p := range o.Parameters {
				if p.In == "path" && p.Example == nil {
					t.Errorf("%s: the place %s in %s has no example", o.OperationID, p.Name, path)
				}
			}
			if o.RequestBody != nil {
				for kind, m := range o.RequestBody.Content {
					bodies++
					checkExample(t, all, o.OperationID+" takes "+kind, m, huma.ModeWriteToServer)
				}
			}
			for status, r := range o.Responses {
				for kind, m := range r.Content {
					if status < "300" && kind != problemType {
						answers++
						checkExample(t, all, o.OperationID+" gives "+kind, m, huma.ModeReadFromServer)
					}
				}
			}
		}
	}
	if bodies < 20 || answers < 40 {
		t.Errorf("only %d bodies and %d answers", bodies, answers)
	}
}

func checkExample(t *testing.T, all huma.Registry, where string, m *huma.MediaType, mode huma.ValidateMode) {
	t.Helper()
	if m.Example == nil && len(m.Examples) == 0 {
		t.Errorf("%s: there is no example", where)
		return
	}
	if m.Schema == nil {
		return
	}
	text, err := json.Marshal(m.Example)
	if err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Errorf("%s: %v", where, err)
		return
	}
	if !strings.HasSuffix(strings.Fields(where)[2], "json") {
		return
	}
	result := &huma.ValidateResult{}
	huma.Validate(all, m.Schema, huma.NewPathBuffer([]byte("example"), 0), mode, v, result)
	for _, e := range result.Errors {
		t.Errorf("%s: %v\n%s", where, e, text)
	}
}
