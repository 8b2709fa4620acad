package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/store"
)

// inName sends a request in somebody's name and returns status, code and answer.
func inName(t *testing.T, w *apitest.World, by, whom, method, path, body string) (int, string, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.SetBasicAuth(by, apitest.Password)
	for name := range strings.FieldsSeq(whom) {
		r.Header.Add("Act-For", name)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var p api.Problem
	_ = json.Unmarshal(text, &p) // lists are no problems
	return answer.StatusCode, p.Code, text
}

func TestWhoMayActForOthersDoesWithBothOnRecord(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s} })
	ctx := t.Context()
	status, code, _ := inName(t, w, "eve", "jane", "GET", "/api/v1/me", "")
	if status != 403 || code != "not-allowed" {
		t.Fatalf("without the right: %d %s", status, code)
	}
	if status, code, _ = inName(t, w, "eve", "zoe", "GET", "/api/v1/me", ""); status != 403 || code != "not-allowed" {
		t.Errorf("who is there is learned without the right: %d %s", status, code)
	}
	put(t, w, client.OnServer(), "admin", "administer", "eve", "impersonate", "bob", "deploy")
	_, _, text := inName(t, w, "eve", "jane", "GET", "/api/v1/me", "")
	var me api.Me
	if err := json.Unmarshal(text, &me); err != nil || me.Login != "jane" || me.Admin {
		t.Fatalf("%s %v", text, err)
	}
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	if status, _, text = inName(t, w, "eve", "jane", "POST", "/api/v1/tasks/1_2/decision", `{"action":"Approve"}`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	h, err := as(w, "admin").History(ctx, int64(id), client.Paging{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, e := range h.Items {
		if e.Kind == "task decided" {
			found = e.By.Login == "eve" && e.For != nil && e.For.Login == "jane" && strings.HasPrefix(e.Text, "Eve Elsewhere (for Jane Judge) chose Approve")
		}
	}
	if !found {
		t.Errorf("the history does not name both: %+v", h.Items)
	}
	if status, _, text = inName(t, w, "eve", "ana", "GET", "/api/workflow/v1/workflows", ""); status != 200 || !strings.Contains(string(text), "leave") {
		t.Errorf("over the K2-shaped API: %d %s", status, text)
	}
	for whom, want := range map[string]string{
		"zoe": "unknown-person", "admin": "not-allowed", "bob": "not-allowed", "jane ana": "not-allowed", "group:Finance": "unknown-person",
	} {
		if status, code, _ := inName(t, w, "eve", whom, "GET", "/api/v1/me", ""); code != want || status < 400 {
			t.Errorf("for %s: %d %s, want %s", whom, status, code, want)
		}
	}
	if status, code, _ = inName(t, w, "eve", "jane", "POST", "/api/v1/me/tokens", `{"name":"mine","days":1}`); status < 400 || code == "" {
		t.Errorf("a token in another's name: %d %s", status, code)
	}
	if _, err := as(w, "admin").ChangeUser(ctx, "user:3", api.ChangeUser{Disabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	if _, code, _ = inName(t, w, "eve", "jane", "GET", "/api/v1/me", ""); code != "unknown-person" {
		t.Errorf("for somebody who is switched off: %s", code)
	}
}

func TestWhatAnAdministratorChangesInAnothersNameNamesBoth(t *testing.T) {
	w := apitest.Start(t)
	put(t, w, client.OnServer(), "admin", "administer", "bob", "administer")
	if status, _, text := inName(t, w, "bob", "admin", "PUT", "/api/v1/categories/HR/rights", `{"grants":[{"who":"jane","right":"view"}]}`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	for _, c := range []struct{ method, path, body string }{
		{"POST", "/groups/group:1/links", `{"source":"entra:t","external":"role:boss"}`},
		{"DELETE", "/groups/group:1/links?source=entra:t&external=role:boss", ""},
		{"POST", "/users/user:2/links", `{"source":"entra:t","subject":"x"}`},
		{"PUT", "/users/user:2/password", `{"password":"another one, longer"}`},
		{"PATCH", "/users/user:2", `{"name":"Somebody"}`},
		{"DELETE", "/me/sessions", ""},
		{"PUT", "/apis", apisBody(t, w)},
	} {
		if c.path == "/me/sessions" {
			if status, _ := signInAs(t, w, "admin"); status != 200 {
				t.Fatal(status)
			}
		}
		if status, _, text := inName(t, w, "bob", "admin", c.method, "/api/v1"+c.path, c.body); status >= 300 {
			t.Fatalf("%s %s: %d %s", c.method, c.path, status, text)
		}
	}
	list, err := w.API.Runner.Store.Changes(t.Context(), store.ChangeFilter{}, 0, 8)
	if err != nil || len(list) != 8 {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, c := range list {
		if c.By != "user:1" || c.How != "basic, user:4 in their name" {
			t.Errorf("%s of %s is by %s, %s", c.What, c.Subject, c.By, c.How)
		}
	}
}

// apisBody is the setting of the APIs as it is now.
func apisBody(t *testing.T, w *apitest.World) string {
	_, _, text := inName(t, w, "admin", "", "GET", "/api/v1/apis", "")
	var set api.SetApis
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	set.Tokens.MaxDays++
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// signInAs begins a session of somebody.
func signInAs(t *testing.T, w *apitest.World, login string) (int, string) {
	status, code, _ := inName(t, w, login, "", "POST", "/api/v1/session", `{"login":"`+login+`","password":"`+apitest.Password+`"}`)
	return status, code
}
