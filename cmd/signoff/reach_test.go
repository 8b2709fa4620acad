package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestServicesReachOnlyWhatTheyMay(t *testing.T) {
	o, err := newOutside(OutsideConfig{}, true) // a sandbox may be called by the server, not by what people enter
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReach(CallsConfig{}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"127.0.0.1:1", "[::1]:1", "169.254.169.254:80", "168.63.129.16:80", "[64:ff9b::7f00:1]:1"} {
		if _, err := r.dial(t.Context(), "tcp", address); signoff.CodeOf(err) != "service-forbidden" {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := r.client.Get("http://127.0.0.1:1/"); !strings.Contains(fmt.Sprint(err), "may not call 127.0.0.1") {
		t.Error(err)
	}
	if r, err = newReach(CallsConfig{Allow: "127.0.0.0/8"}, o); err != nil {
		t.Fatal(err)
	}
	if _, err := r.dial(t.Context(), "tcp", "127.0.0.1:1"); err == nil || signoff.CodeOf(err) == "service-forbidden" {
		t.Error(err)
	}
	if _, err := newReach(CallsConfig{Allow: "nowhere"}, o); signoff.KindOf(err) != signoff.Invalid {
		t.Error(err)
	}
}

func TestTheServersOwnDataIsNoServicesFile(t *testing.T) {
	top := t.TempDir()
	data, files, link := filepath.Join(top, "data"), filepath.Join(top, "files"), filepath.Join(top, "link")
	for _, err := range []error{os.Mkdir(data, 0o700), os.Mkdir(files, 0o700), os.Symlink(data, link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for folder, ok := range map[string]bool{"": true, files: true, data: false, top: false, link: false, filepath.Join(top, "none"): false, filepath.Join(data, "..", "data"): false} {
		if got, err := filesOf(Config{Data: data, Calls: CallsConfig{Files: folder}}); (err == nil) != ok || ok && folder != "" && got == "" {
			t.Errorf("%s: %s %v", folder, got, err)
		}
	}
}

// signoff's own API and a file of orders, as services: set up, refreshed, called
// and read over OData, each over the API of a server that runs.
func TestAnAPIAndADatabaseAreServices(t *testing.T) {
	files := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(files, "orders.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err = db.Exec(`create table orders (id integer primary key, customer text not null); insert into orders values (1, 'Ana'), (2, 'Bob')`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SIGNOFF_CALLS_ALLOW", "127.0.0.0/8,::1/128")
	t.Setenv("SIGNOFF_CALLS_FILES", files)
	s := trySandbox(t)
	ask := func(method, path string, body any, into any) int {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), method, s.Server+path, strings.NewReader(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth("admin", "signoff")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(into); err != nil {
			t.Fatal(path, err)
		}
		return res.StatusCode
	}
	for _, service := range []map[string]any{
		{"name": "me", "title": "signoff itself", "type": "openapi", "mode": "static", "user": "admin", "password": "signoff", "keys": map[string]string{"documentAt": s.Server + "/api/v1/openapi.json"}},
		{"name": "orders", "title": "Orders", "type": "sql", "mode": "none", "keys": map[string]string{"kind": "sqlite", "database": "orders.db", "readOnly": "false",
			"statements": "-- name: named(customer text)\nselect id from orders where customer = :customer"}},
	} {
		var made map[string]any
		if status := ask("POST", "/api/v1/services", service, &made); status != http.StatusCreated {
			t.Fatalf("%d %v", status, made)
		}
		var diff map[string]any
		if status := ask("POST", fmt.Sprintf("/api/v1/services/%s/refresh", service["name"]), map[string]any{"apply": true}, &diff); status != http.StatusOK {
			t.Fatalf("%d %v", status, diff)
		}
		var test struct {
			Steps []struct {
				OK    bool
				Found string
			}
		}
		ask("POST", fmt.Sprintf("/api/v1/services/%s/test", service["name"]), nil, &test)
		for _, step := range test.Steps {
			if !step.OK {
				t.Errorf("%s: %+v", service["name"], test.Steps)
			}
		}
	}
	for _, c := range []struct{ path, inputs, want string }{
		{"orders/orders/create", `{"inputs":{"customer":"O'Neill"}}`, `"id":3`},
		{"orders/Statement/named", `{"inputs":{"customer":"Bob"}}`, `"rows":[{"id":2}]`},
		{"orders/orders/list", `{"filter":{"op":"startswith","name":"customer","to":"A"}}`, `"customer":"Ana"`},
		{"me/Services/listServices", `{}`, `"name":"orders"`},
		{"me/Services/testService", `{"inputs":{"name":"orders"}}`, `"ok":true`},
		{"me/Services/getService", `{"inputs":{"name":"orders"}}`, `"title":"Orders"`},
	} {
		var got map[string]any
		status := ask("POST", "/api/v1/services/"+c.path, json.RawMessage(c.inputs), &got)
		if text, _ := json.Marshal(got); status != http.StatusOK || !strings.Contains(string(text), c.want) {
			t.Errorf("%s: %d %s", c.path, status, text)
		}
	}
	for _, c := range []struct{ path, want string }{{"orders_orders?$filter=id%20gt%201&$orderby=customer&$top=1", `"Bob"`}, {"orders_orders(1)", `"Ana"`}, {"me_Services('orders')", `"Orders"`}, {"me_Services", `"orders"`}} {
		var got map[string]any
		status := ask("GET", "/api/odata/v4/"+c.path, nil, &got)
		if text, _ := json.Marshal(got); status != http.StatusOK || !strings.Contains(string(text), c.want) {
			t.Errorf("OData %s: %d %.500s", c.path, status, text)
		}
	}
}
