package k2

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// The complete list of K2's operations, from the reference.
var published = map[string]string{
	"Operations_Get":           "GET op/{operation}",
	"ServerEvent_Get":          "GET serverEvents/{serialNumber}",
	"ServerEvent_Finish":       "POST serverEvents/{serialNumber}/finish",
	"Tasks_Get":                "GET tasks",
	"Tasks_GetTask":            "GET tasks/{serialNumber}",
	"Tasks_GetTaskActions":     "GET tasks/{serialNumber}/actions",
	"Tasks_PostAssignAction":   "POST tasks/{serialNumber}/actions/assign",
	"Tasks_PostReleaseAction":  "POST tasks/{serialNumber}/actions/release",
	"Tasks_PostRedirectAction": "POST tasks/{serialNumber}/actions/redirect",
	"Tasks_PostSleepAction":    "POST tasks/{serialNumber}/actions/sleep",
	"Tasks_PostWakeAction":     "POST tasks/{serialNumber}/actions/wake",
	"Tasks_TaskCustomAction":   "POST tasks/{serialNumber}/actions/{customAction}",
	"GetWorkflows":             "GET workflows",
	"GetWorkflow":              "GET workflows/{id}",
	"GetWorkflowSchema":        "GET workflows/{id}/schema",
	"StartWorkflow":            "POST workflows/{id}",
}

func TestTheTableHasAllOfK2sOperations(t *testing.T) {
	got := map[string]string{}
	for _, o := range operations() {
		got[o.id] = o.method + " " + o.path
	}
	if !maps.Equal(got, published) {
		t.Errorf("got %v", got)
	}
}

func TestPathsAreFoundInAnyLetterCase(t *testing.T) {
	for _, c := range []struct{ method, path, id, params string }{
		{"GET", "/api/workflow/v1/tasks", "Tasks_Get", ""},
		{"GET", "/Api/Workflow/V1/Tasks", "Tasks_Get", ""},
		{"GET", "/API/WORKFLOW/V1/TASKS/", "Tasks_Get", ""},
		{"GET", "/api/workflow/v1/tasks/1234_5", "Tasks_GetTask", "serialNumber=1234_5"},
		{"POST", "/api/workflow/v1/tasks/1234_5/Actions/Assign", "Tasks_PostAssignAction", "serialNumber=1234_5"},
		{"POST", "/api/workflow/v1/tasks/1_2/actions/Approve", "Tasks_TaskCustomAction", "customAction=Approve serialNumber=1_2"},
		{"POST", "/api/workflow/v1/tasks/1_2/actions/Send%20back", "Tasks_TaskCustomAction", "customAction=Send back serialNumber=1_2"},
		{"POST", "/api/workflow/v1/tasks/1_2/actions/Yes%2FNo", "Tasks_TaskCustomAction", "customAction=Yes/No serialNumber=1_2"},
		{"POST", "/api/workflow/v1/serverevents/1_2/FINISH", "ServerEvent_Finish", "serialNumber=1_2"},
		{"POST", "/api/workflow/v1/workflows/22", "StartWorkflow", "id=22"},
		{"GET", "/api/workflow/v1/workflows/22/Schema", "GetWorkflowSchema", "id=22"},
		{"GET", "/api/workflow/v1/op/Refresh", "Operations_Get", "operation=Refresh"},
	} {
		segments, ok := below(c.path)
		if !ok {
			t.Errorf("%s is not below %s", c.path, Base)
			continue
		}
		o, params, _ := find(routes(), c.method, segments)
		if o == nil || o.id != c.id || show(params) != c.params {
			t.Errorf("%s %s: got %v with %s", c.method, c.path, o, show(params))
		}
	}
}

func show(params map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(params)) {
		out = append(out, k+"="+params[k])
	}
	return strings.Join(out, " ")
}

func TestPathsThatAreNotTheAPIs(t *testing.T) {
	for _, path := range []string{"/api/workflow/v2/tasks", "/api/workflow/v1tasks", "/api/v1/tasks", "/", "", "/api/workflow/v1/tasks//actions", "/api/workflow/v1/tasks/%zz"} {
		if segments, ok := below(path); ok {
			t.Errorf("%q was taken as %q", path, segments)
		}
	}
	for _, path := range []string{"", "/nothing", "/tasks/1_2/actions/a/b", "/workflows/1/2"} {
		segments, ok := below(Base + path)
		if !ok {
			t.Errorf("%q is not below the base", path)
			continue
		}
		if o, _, allow := find(routes(), "GET", segments); o != nil || allow != nil {
			t.Errorf("%q led to %v, %v", path, o, allow)
		}
	}
	segments, _ := below(Base + "/tasks")
	if o, _, allow := find(routes(), http.MethodPut, segments); o != nil || !slices.Equal(allow, []string{"GET"}) {
		t.Errorf("PUT tasks: got %v, allowed are %v", o, allow)
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"/api/workflow/v1/tasks/1_2/actions/Approve", "/API/workflow/V1", "/api/workflow/v1/%2f/%00/", "//", "/api/workflow/v1/workflows/é"} {
		f.Add(s)
	}
	table := routes()
	f.Fuzz(func(t *testing.T, path string) {
		segments, ok := below(path)
		if !ok {
			return
		}
		for _, method := range []string{"GET", "POST", "DELETE"} {
			o, params, _ := find(table, method, segments)
			if o == nil {
				continue
			}
			if len(params) != strings.Count(o.path, "{") {
				t.Fatalf("%q led to %s with %v", path, o.id, params)
			}
		}
	})
}

// The rules of Swagger 2.0 that tools trip over.
func TestTheSwaggerDocumentIsValid(t *testing.T) {
	raw, err := swagger(described{root: &url.URL{Scheme: "https", Host: "example.test:8080"}, basic: true})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Swagger, Host, BasePath string
		Info                    struct{ Title, Version string }
		Paths                   map[string]map[string]struct {
			OperationID string
			Summary     string
			Tags        []string
			Parameters  []struct {
				Name, In, Type string
				Required       bool
				Schema         map[string]any
			}
			Responses map[string]struct {
				Description string
				Schema      map[string]any
			}
		}
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Swagger != "2.0" || doc.BasePath != Base || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("head: %+v", doc)
	}
	seen := map[string]string{}
	for path, methods := range doc.Paths {
		for method, o := range methods {
			seen[o.OperationID] = strings.ToUpper(method) + " " + strings.TrimPrefix(path, "/")
			if o.Summary == "" || len(o.Tags) != 1 || len(o.Responses) < 2 {
				t.Errorf("%s: %+v", o.OperationID, o)
			}
			inPath := 0
			for _, p := range o.Parameters {
				switch p.In {
				case "path":
					inPath++
					if !p.Required || !strings.Contains(path, "{"+p.Name+"}") || p.Type == "" {
						t.Errorf("%s: parameter %+v", o.OperationID, p)
					}
				case "body":
					if p.Schema == nil {
						t.Errorf("%s: the body has no schema", o.OperationID)
					}
				case "query":
				default:
					t.Errorf("%s: parameter in %q", o.OperationID, p.In)
				}
			}
			if inPath != strings.Count(path, "{") {
				t.Errorf("%s: %d parameters for %s", o.OperationID, inPath, path)
			}
			for status, r := range o.Responses {
				if r.Description == "" {
					t.Errorf("%s: response %s has no description", o.OperationID, status)
				}
			}
		}
	}
	if !maps.Equal(seen, published) {
		t.Errorf("operations: %v", seen)
	}
	for _, part := range strings.Split(string(raw), `"$ref":"#/definitions/`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := doc.Definitions[name]; !ok {
			t.Errorf("definition %s is missing", name)
		}
	}
	if got := doc.Definitions["Task"].Properties; got["serialNumber"] == nil || got["dataFields"] == nil {
		t.Errorf("Task does not hold both its own and a list item's fields: %v", slices.Sorted(maps.Keys(got)))
	}
}
