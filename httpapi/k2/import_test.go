package k2

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/httpapi"
)

// What Power Automate's importer and its published rules ask of a description.
// https://learn.microsoft.com/connectors/custom-connectors/certification-swagger-validator-rules
func TestPowerAutomateCanImportTheDescription(t *testing.T) {
	raw, err := swagger(described{root: &url.URL{Scheme: "https", Host: "signoff.example.com"}, basic: true, issuer: &httpapi.Issuer{Name: "Contoso",
		Authorize: "https://login.example/authorize", Token: "https://login.example/token", Scopes: []string{"api://x/y"}}})
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 1<<20 {
		t.Errorf("it has %d bytes, and may have 1 MiB", len(raw))
	}
	for _, no := range []string{`"oneOf"`, `"anyOf"`, `"nullable"`, `"type":"file"`, `"in":"formData"`, `"type":["`, `"additionalProperties"`, `"$schema":"http://json-schema.org/draft-07`} {
		if strings.Contains(string(raw), no) {
			t.Errorf("it holds %s, which importers refuse", no)
		}
	}
	var doc struct {
		Host, BasePath      string
		Schemes             []string
		Definitions         map[string]struct{ Properties map[string]map[string]any }
		SecurityDefinitions map[string]struct {
			Type, Flow       string
			AuthorizationURL string            `json:"authorizationUrl"`
			TokenURL         string            `json:"tokenUrl"`
			Scopes           map[string]string `json:"scopes"`
		}
		Security []map[string][]string
		Paths    map[string]map[string]struct {
			OperationID, Summary, Description string
			Parameters                        []map[string]any
			Responses                         map[string]map[string]any
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	is := doc.SecurityDefinitions["oauth2"]
	if is.Type != "oauth2" || is.Flow != "accessCode" || is.AuthorizationURL == "" || is.TokenURL == "" || is.Scopes["api://x/y"] == "" ||
		doc.SecurityDefinitions["basic"].Type != "basic" || len(doc.Security) != 2 {
		t.Errorf("sign-in: %+v, %v", doc.SecurityDefinitions, doc.Security)
	}
	if doc.Host != "signoff.example.com" || doc.BasePath != Base || len(doc.Schemes) != 1 {
		t.Errorf("address: %+v", doc)
	}
	ids := map[string]bool{}
	for _, methods := range doc.Paths {
		for _, o := range methods {
			if ids[o.OperationID] || !regexp.MustCompile(`^[A-Za-z][A-Za-z_]+$`).MatchString(o.OperationID) {
				t.Errorf("operationId %q", o.OperationID)
			}
			ids[o.OperationID] = true
			if o.Summary == "" || len(o.Summary) > 80 || strings.HasSuffix(o.Summary, ".") || strings.Contains(o.Summary, "/") ||
				!strings.HasSuffix(o.Description, ".") || o.Description == o.Summary {
				t.Errorf("%s: %q, %q", o.OperationID, o.Summary, o.Description)
			}
			checkParameters(t, o.OperationID, o.Parameters)
			checkResponses(t, o.OperationID, o.Responses)
		}
	}
	for name, d := range doc.Definitions {
		for member, p := range d.Properties {
			if p["$ref"] == nil && (p["description"] == "" || p["description"] == nil || p["x-ms-summary"] == nil) {
				t.Errorf("%s.%s is not described: %v", name, member, p)
			}
			if p["type"] == "array" && p["items"] == nil {
				t.Errorf("%s.%s: a list of what?", name, member)
			}
		}
	}
	if start := doc.Definitions["UserDefinedWorkflowInstance"].Properties["dataFields"]; start["x-ms-dynamic-schema"] == nil {
		t.Errorf("the data fields of a workflow cannot be picked: %v", start)
	}
}

func checkParameters(t *testing.T, id string, all []map[string]any) {
	t.Helper()
	for _, p := range all {
		if p["description"] == "" || p["description"] == nil || p["x-ms-summary"] == nil {
			t.Errorf("%s: %v is not described", id, p["name"])
		}
		if p["in"] == "path" && (p["x-ms-url-encoding"] == nil || p["x-example"] == nil) {
			t.Errorf("%s: %v has no encoding or example", id, p["name"])
		}
	}
}

func checkResponses(t *testing.T, id string, all map[string]map[string]any) {
	t.Helper()
	good := 0
	for status, r := range all {
		switch {
		case status == "204":
			good++
		case status < "300":
			good++
			if examples, _ := r["examples"].(map[string]any); examples["application/json"] == nil {
				t.Errorf("%s has no example", id)
			}
		case r["schema"] == nil || r["description"] == "":
			t.Errorf("%s: %s says nothing", id, status)
		}
	}
	for _, status := range []string{"400", "401", "403", "404", "500"} {
		if all[status] == nil {
			t.Errorf("%s does not say when it answers %s", id, status)
		}
	}
	if good != 1 || all["default"] != nil {
		t.Errorf("%s: %d good answers", id, good)
	}
}
