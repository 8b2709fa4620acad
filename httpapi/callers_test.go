package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
)

func callersOf(t *testing.T, w *apitest.World) []api.APICaller {
	t.Helper()
	_, text := send(t, w, "GET", "/api/v1/apis/callers", "", "Authorization", basicOf("admin"))
	var out api.APICallers
	must(t, json.Unmarshal([]byte(text), &out))
	return out.Items
}

func callerIn(list []api.APICaller, api, kind, via, login string) *api.APICaller {
	for i, c := range list {
		name := ""
		if c.Person != nil {
			name = c.Person.Login
		}
		if c.API == api && c.Kind == kind && c.Via == via && name == login {
			return &list[i]
		}
	}
	return nil
}

func TestCallersAreTold(t *testing.T) {
	w := both(t)
	token := makeToken(t, w, "ana", `{"name":"Nightly","readOnly":true}`)
	for range 3 {
		send(t, w, "GET", k2Tasks, "", "Authorization", "Bearer "+token)
	}
	send(t, w, "POST", "/api/workflow/v1/workflows/1", "{}", "Authorization", "Bearer "+token)
	send(t, w, "GET", me, "", "Authorization", "Bearer sgn_rubbish")
	send(t, w, "GET", me, "")
	send(t, w, "GET", me, "", "Sec-Fetch-Site", "same-origin") // a page that asks whether somebody is signed in
	r, err := http.NewRequest("GET", w.URL+me, nil)
	must(t, err)
	r.SetBasicAuth("a name that is nobody's", "x")
	a, err := http.DefaultClient.Do(r)
	must(t, err)
	a.Body.Close()
	send(t, w, "GET", "/api/workflow/v1/tasks/9_9", "", "Authorization", basicOf("eve"))
	list := callersOf(t, w)
	c := callerIn(list, "workflow", "token", "Nightly", "ana")
	if c == nil || c.Served != 3 || len(c.Refused) != 1 || c.Refused[0].Code != "access-token-limited" || c.Refused[0].Times != 1 || c.Last.IsZero() {
		t.Errorf("the token: %+v in %+v", c, list)
	}
	if c := callerIn(list, "rest", "token", "", ""); c == nil || c.Served != 0 || c.Refused[0].Code != "access-token-garbled" {
		t.Errorf("a token that is none: %+v", c)
	}
	if c := callerIn(list, "rest", "", "", ""); c == nil || len(c.Refused) != 1 || c.Refused[0].Code != "sign-in-needed" || c.Refused[0].Times != 1 {
		t.Errorf("nobody: %+v", c)
	}
	if c := callerIn(list, "rest", "basic", "", ""); c == nil || c.Refused[0].Code != "bad-credentials" {
		t.Errorf("a wrong name: %+v", c)
	}
	if c := callerIn(list, "workflow", "basic", "", "eve"); c == nil || c.Refused[0].Code != "task-not-found" {
		t.Errorf("somebody without the task: %+v", c)
	}
	if c := callerIn(list, "rest", "basic", "", "ana"); c == nil || c.Served != 1 {
		t.Errorf("who made the token: %+v", c)
	}
}

// Pages are no callers, and what somebody merely claims to be is not counted apart.
func TestCallersCannotFillMemory(t *testing.T) {
	w := both(t)
	a, _ := send(t, w, "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	send(t, w, "GET", me, "", "Cookie", a.Cookies()[0].String())
	for i := range 20 {
		r, err := http.NewRequest("GET", w.URL+me, nil)
		must(t, err)
		r.Header.Set("Authorization", fmt.Sprintf("Bearer sgn_%d", i))
		a, err := http.DefaultClient.Do(r)
		must(t, err)
		a.Body.Close()
	}
	list := callersOf(t, w)
	if callerIn(list, "rest", "session", "", "ana") != nil || len(list) > 2 {
		t.Errorf("%+v", list)
	}
}

// Two servers that count at once lose nothing of each other's.
func TestServersAddTheirCountsUp(t *testing.T) {
	w := both(t)
	other := &httpapi.Server{Identity: w.API.Identity, Library: w.API.Library, Runner: w.API.Runner}
	other.K2 = &k2.Server{HTTP: other}
	handler, err := other.Handler()
	must(t, err)
	const each = 25
	var all sync.WaitGroup
	for _, server := range []*httpapi.Server{w.API, other} {
		all.Go(func() {
			for i := range each {
				if server == other {
					r := newRequest("GET", k2Tasks)
					r.Header.Set("Authorization", basicOf("bob"))
					serve(handler, r)
				} else {
					send(t, w, "GET", k2Tasks, "", "Authorization", basicOf("bob"))
				}
				if i%5 == 0 {
					if err := server.KeepCallers(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	must(t, other.KeepCallers(t.Context()))
	if c := callerIn(callersOf(t, w), "workflow", "basic", "", "bob"); c == nil || c.Served != 2*each {
		t.Errorf("%+v", c)
	}
}

func TestMetadataNamesWhoseTokensAreTaken(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s}; s.Issuers = contoso })
	const root = "https://signoff.example.test"
	for path, resource := range map[string]string{"": root, "/api/v1": root + "/api/v1", "/api/workflow/v1": root + "/api/workflow/v1", "/API/Workflow/V1/": root + "/api/workflow/v1"} {
		a, text := send(t, w, "GET", "/.well-known/oauth-protected-resource"+path, "")
		var m struct {
			Resource             string
			AuthorizationServers []string `json:"authorization_servers"`
			ScopesSupported      []string `json:"scopes_supported"`
			BearerMethods        []string `json:"bearer_methods_supported"`
		}
		must(t, json.Unmarshal([]byte(text), &m))
		if a.StatusCode != 200 || a.Header.Get("Content-Type") != "application/json" || m.Resource != resource || strings.Join(m.BearerMethods, " ") != "header" ||
			strings.Join(m.AuthorizationServers, " ") != "https://login.microsoftonline.com/5f1c/v2.0" || strings.Join(m.ScopesSupported, " ") != "api://signoff/user_impersonation" {
			t.Errorf("%s: %d %s", path, a.StatusCode, text)
		}
	}
	for _, path := range []string{"/api/v2", "/api/v1/me", "/x"} {
		if a, _ := send(t, w, "GET", "/.well-known/oauth-protected-resource"+path, ""); a.StatusCode != 404 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
	a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", "Bearer abc")
	if got := strings.Join(a.Header.Values("WWW-Authenticate"), "\n"); a.StatusCode != 401 ||
		!strings.Contains(got, `error="invalid_token"`) || !strings.Contains(got, `resource_metadata="`+root+`/.well-known/oauth-protected-resource/api/workflow/v1"`) {
		t.Errorf("%d %s", a.StatusCode, got)
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.Kinds = []string{"basic", "token"} })
	if _, text := send(t, w, "GET", "/.well-known/oauth-protected-resource/api/workflow/v1", ""); strings.Contains(text, "authorization_servers") {
		t.Errorf("an API that takes no tokens of others: %s", text)
	}
}
