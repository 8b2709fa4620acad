package scimapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/scimapi"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/seal"
)

// rest calls our own API as the administrator.
func rest(t *testing.T, w *apitest.World, method, path, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, w.URL+"/api/v1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("admin", apitest.Password)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(text, &out); err != nil && len(text) > 0 {
		t.Fatalf("%s %s: %s", method, path, text)
	}
	return resp.StatusCode, out
}

func TestAnAdministratorSetsUpAClientAndItWrites(t *testing.T) {
	w := &world{t: t}
	w.World = apitest.Start(t, func(s *httpapi.Server) {
		st := s.Runner.Store
		d, err := directory.OpenDirectories(t.Context(), directory.New(st, s.Identity, slog.New(slog.DiscardHandler)), directory.Options{Key: seal.NewKey(), Node: "one"})
		if err != nil {
			t.Fatal(err)
		}
		s.Directories, s.Provision = d, &provision.Service{Store: st, People: d.Service, Log: s.Log}
		s.Also = map[string]http.Handler{scimapi.Base + "/": &scimapi.Server{HTTP: s, Provision: s.Provision, Clients: scimapi.Set{Directories: d},
			Bearer: func(_ context.Context, token string) (signoff.Caller, error) {
				if token != "app" && token != "other" {
					return signoff.Caller{}, &signoff.Error{Kind: signoff.Unauthenticated, Code: "token-issuer", Detail: "nobody trusts it"}
				}
				return signoff.Caller{Person: signoff.Person{Principal: signoff.Principal(map[string]string{"app": "user:77", "other": "user:78"}[token])}}, nil
			}}}
	})
	if status, _ := rest(t, w.World, "POST", "/directories/okta/tokens", `{}`); status != 404 {
		t.Errorf("a token of nobody: %d", status)
	}
	const entry = `{"name":"okta","type":"scim","on":true,"byAddress":true,"mostPercent":0,"everyMinutes":0,"scim":{}}`
	if status, out := rest(t, w.World, "PUT", "/directories", `{"directories":[`+entry+`]}`); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	status, made := rest(t, w.World, "POST", "/directories/okta/tokens", `{}`)
	if status != 201 {
		t.Fatalf("%d %v", status, made)
	}
	w.token = made["token"].(string)
	if status, text, _ := w.send("POST", "/Users", `{"userName":"new@contoso.test","displayName":"New Here","emails":[{"value":"new@contoso.test"}]}`); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	// Ana is here already; byAddress says that she is the same.
	status, text, _ := w.send("POST", "/Users", `{"userName":"ana@contoso.test","displayName":"Ana from Okta","emails":[{"value":"ana@contoso.test"}]}`)
	if status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	status, list := rest(t, w.World, "GET", "/users?q=ana", "")
	if items, _ := list["items"].([]any); status != 200 || len(items) != 1 || items[0].(map[string]any)["name"] != "Ana from Okta" {
		t.Errorf("%d %v", status, list)
	}
	if status, out := rest(t, w.World, "GET", "/directories/okta", ""); status != 200 || out["people"] != 2.0 {
		t.Errorf("%d %v", status, out)
	}
	// Somebody else with an address of hers is here without it, and the directory says so.
	if status, text, _ := w.send("POST", "/Users", `{"userName":"anna@contoso.test","displayName":"Anna","emails":[{"value":"ana@contoso.test"}]}`); status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	for _, path := range []string{"/directories/okta", "/directories"} {
		_, out := rest(t, w.World, "GET", path, "")
		if text, _ := json.Marshal(out); !strings.Contains(string(text), `"name":"Anna","reason":"the address ana@contoso.test belongs to Ana from Okta, so it was left out"`) {
			t.Errorf("%s: %s", path, text)
		}
	}
	status, tokens := rest(t, w.World, "GET", "/directories/okta/tokens", "")
	kept, _ := tokens["tokens"].([]any)
	if status != 200 || len(kept) != 1 || tokens["address"] != "https://signoff.example.test"+scimapi.Base {
		t.Fatalf("%d %v", status, tokens)
	}
	if text, _ := json.Marshal(tokens); strings.Contains(string(text), w.token) || strings.Contains(w.Log.String(), w.token) {
		t.Error("the token is shown again")
	}
	// Rotation: a second one, then the first ends.
	_, second := rest(t, w.World, "POST", "/directories/okta/tokens", `{}`)
	if status, _ := rest(t, w.World, "POST", "/directories/okta/tokens", `{}`); status != 409 {
		t.Errorf("a third token: %d", status)
	}
	if status, out := rest(t, w.World, "DELETE", "/directories/okta/tokens/1", ""); status != 204 {
		t.Errorf("%d %v", status, out)
	}
	if status, _, _ := w.send("GET", "/Users", ""); status != 401 {
		t.Errorf("a token that was ended: %d", status)
	}
	w.token = second["token"].(string)
	if status, _, _ := w.send("GET", "/Users", ""); status != 200 {
		t.Errorf("the one that followed: %d", status)
	}
	// An application of a trusted issuer, once the directory names it.
	w.token = "app"
	if status, text, _ := w.send("GET", "/Users", ""); status != 403 || !strings.Contains(text, "no SCIM directory") {
		t.Errorf("an application nobody named: %d %s", status, text)
	}
	if status, out := rest(t, w.World, "PUT", "/directories", `{"directories":[`+strings.Replace(entry, `"scim":{}`, `"scim":{"application":"user:77"}`, 1)+`]}`); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	for token, want := range map[string]int{"app": 200, "other": 403, "forged": 401} {
		w.token = token
		if status, text, _ := w.send("GET", "/Users", ""); status != want {
			t.Errorf("%s: %d %s", token, status, text)
		}
	}
	w.token = second["token"].(string)
	// Switched off, at once.
	if status, out := rest(t, w.World, "PUT", "/directories", `{"directories":[`+strings.Replace(entry, `"on":true`, `"on":false`, 1)+`]}`); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	if status, _, _ := w.send("GET", "/Users", ""); status != 403 {
		t.Errorf("a client that is switched off: %d", status)
	}
	// Taken out, its tokens end with it: another of the same name has none.
	for _, all := range []string{"", entry} {
		if status, out := rest(t, w.World, "PUT", "/directories", `{"directories":[`+all+`]}`); status != 200 {
			t.Fatalf("%d %v", status, out)
		}
	}
	if status, _, _ := w.send("GET", "/Users", ""); status != 401 {
		t.Errorf("a token of the one that was there before: %d", status)
	}
}
