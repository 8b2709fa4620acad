package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/store"
)

const (
	k2Tasks = "/api/workflow/v1/tasks"
	me      = "/api/v1/me"
)

func both(t *testing.T) *apitest.World {
	t.Helper()
	return apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s} })
}

// send sends a request with headers and returns the answer with its text.
func send(t *testing.T, w *apitest.World, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, strings.NewReader(body))
	must(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	return answer, string(text)
}

func basicOf(login string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(login, apitest.Password)
	return r.Header.Get("Authorization")
}

// setApis changes the setting as an administrator.
func setApis(t *testing.T, w *apitest.World, change func(*api.SetApis)) {
	t.Helper()
	_, text := send(t, w, "GET", "/api/v1/apis", "", "Authorization", basicOf("admin"))
	var is api.Apis
	must(t, json.Unmarshal([]byte(text), &is))
	set := api.SetApis{Workflow: is.Workflow.APISettings, REST: is.REST.APISettings, Tokens: is.Tokens}
	change(&set)
	body, err := json.Marshal(set)
	must(t, err)
	if a, text := send(t, w, "PUT", "/api/v1/apis", string(body), "Authorization", basicOf("admin")); a.StatusCode != 200 {
		t.Fatalf("%d %s", a.StatusCode, text)
	}
}

func TestAnAPIThatIsSwitchedOffSaysSo(t *testing.T) {
	w := both(t)
	if a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", basicOf("ana")); a.StatusCode != 200 {
		t.Fatalf("before: %d", a.StatusCode)
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.On = false })
	for _, path := range []string{k2Tasks, "/API/Workflow/V1/tasks", "/api/workflow/v1/swagger/docs/v1", "/.well-known/oauth-protected-resource/api/workflow/v1"} {
		a, text := send(t, w, "GET", path, "", "Authorization", basicOf("ana"))
		if a.StatusCode != 404 || strings.HasPrefix(path, "/api") && !strings.Contains(text, `{"Message":"the workflow API is switched off`) {
			t.Errorf("%s: %d %s", path, a.StatusCode, text)
		}
	}
	if a, _ := send(t, w, "GET", me, "", "Authorization", basicOf("ana")); a.StatusCode != 200 {
		t.Errorf("the other API: %d", a.StatusCode)
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.On = true })
	if a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", basicOf("ana")); a.StatusCode != 200 {
		t.Errorf("switched on again: %d", a.StatusCode)
	}
}

func TestOurOwnAPISwitchedOffStillServesPages(t *testing.T) {
	w := both(t)
	setApis(t, w, func(s *api.SetApis) { s.REST.On = false })
	a, text := send(t, w, "GET", me, "", "Authorization", basicOf("ana"))
	if a.StatusCode != 404 || !strings.Contains(text, `"code":"api-off"`) {
		t.Errorf("a program: %d %s", a.StatusCode, text)
	}
	a, text = send(t, w, "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	if a.StatusCode != 200 {
		t.Fatalf("signing in: %d %s", a.StatusCode, text)
	}
	if a, text = send(t, w, "GET", me, "", "Cookie", a.Cookies()[0].String()); a.StatusCode != 200 {
		t.Errorf("a page: %d %s", a.StatusCode, text)
	}
	if a, _ := send(t, w, "GET", k2Tasks, "", "Authorization", basicOf("ana")); a.StatusCode != 200 {
		t.Errorf("the other API: %d", a.StatusCode)
	}
}

func TestAKindOfSignInThatIsNotTakenIsRefusedWithThoseThatAre(t *testing.T) {
	w := both(t)
	token := makeToken(t, w, "ana", `{"name":"x"}`)
	setApis(t, w, func(s *api.SetApis) {
		s.Workflow.Kinds = []string{"token"}
		s.REST.Kinds = []string{"basic", "session"}
	})
	a, text := send(t, w, "GET", k2Tasks, "", "Authorization", basicOf("ana"))
	challenge := strings.Join(a.Header.Values("WWW-Authenticate"), "\n")
	if a.StatusCode != 401 || strings.Contains(challenge, "Basic") || !strings.Contains(challenge, "Bearer ") ||
		!strings.Contains(text, "this API does not take a name and password with each request (it takes personal access tokens)") {
		t.Errorf("basic: %d %s\n%s", a.StatusCode, challenge, text)
	}
	if a, text := send(t, w, "GET", k2Tasks, "", "Authorization", "Bearer "+token); a.StatusCode != 200 {
		t.Errorf("token: %d %s", a.StatusCode, text)
	}
	a, text = send(t, w, "GET", me, "", "Authorization", "Bearer "+token)
	if a.StatusCode != 401 || a.Header.Get("WWW-Authenticate") != `Basic realm="signoff", charset="UTF-8"` || !strings.Contains(text, `"code":"kind-not-taken"`) {
		t.Errorf("token where basic is taken: %d %s\n%s", a.StatusCode, a.Header, text)
	}
	a, _ = send(t, w, "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	cookie := a.Cookies()[0].String()
	if a, text := send(t, w, "GET", k2Tasks, "", "Cookie", cookie); a.StatusCode != 401 || !strings.Contains(text, "nobody is signed in") {
		t.Errorf("a session at the workflow API: %d %s", a.StatusCode, text)
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.Kinds = []string{"session"} })
	if a, text := send(t, w, "GET", k2Tasks, "", "Cookie", cookie); a.StatusCode != 200 {
		t.Errorf("a session once it is taken: %d %s", a.StatusCode, text)
	}
}

func TestTheSettingIsCheckedAndAllThatIsWrongIsSaid(t *testing.T) {
	w := both(t)
	body := `{"workflow":{"on":true,"baseUrl":"signoff.example.com","kinds":["basic"],"origins":["*","https://a.example/path","http://far.example","null","https://*.example.com","ftp://x.example","https://user@x.example"]},
		"rest":{"on":true,"kinds":["basic"],"origins":[]},"tokens":{"defaultDays":90,"maxDays":30}}`
	a, text := send(t, w, "PUT", "/api/v1/apis", body, "Authorization", basicOf("admin"))
	var p api.Problem
	must(t, json.Unmarshal([]byte(text), &p))
	if a.StatusCode != 422 || p.Code != "bad-apis" || len(p.Errors) != 10 {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	for _, field := range []string{"body.workflow.baseUrl", "body.workflow.origins", "body.rest.kinds", "body.tokens.defaultDays"} {
		if !slices.ContainsFunc(p.Errors, func(e api.FieldError) bool { return e.Field == field }) {
			t.Errorf("nothing is said of %s: %s", field, text)
		}
	}
	if a, text := send(t, w, "PUT", "/api/v1/apis", strings.Replace(body, `["basic"]`, `["password"]`, 1), "Authorization", basicOf("admin")); a.StatusCode != 422 {
		t.Errorf("an unknown kind: %d %s", a.StatusCode, text)
	}
}

func TestASettingThatSomebodyElseSavedIsNotReplaced(t *testing.T) {
	w := both(t)
	a, _ := send(t, w, "GET", "/api/v1/apis", "", "Authorization", basicOf("admin"))
	seen := a.Header.Get("ETag")
	setApis(t, w, func(s *api.SetApis) { s.Workflow.Origins = []string{"https://APP.example.com:443/"} })
	body := `{"workflow":{"on":true,"kinds":["basic"],"origins":[]},"rest":{"on":true,"kinds":["basic","session"],"origins":[]},"tokens":{"defaultDays":30,"maxDays":60}}`
	a, text := send(t, w, "PUT", "/api/v1/apis", body, "Authorization", basicOf("admin"), "If-Match", seen)
	if a.StatusCode != 412 || !strings.Contains(text, "Adele Admin saved this setting") {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	a, text = send(t, w, "GET", "/api/v1/apis", "", "Authorization", basicOf("admin"))
	if !strings.Contains(text, `"origins":["https://app.example.com"]`) || !strings.Contains(text, `"by":{"id":"user:1"`) {
		t.Errorf("%s", text)
	}
	if a, text = send(t, w, "PUT", "/api/v1/apis", body, "Authorization", basicOf("admin"), "If-Match", a.Header.Get("ETag")); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, text)
	}
	changes, err := w.API.Worklist.Store.Changes(t.Context(), store.ChangeFilter{What: "apis"}, 0, 10)
	if err != nil || len(changes) != 2 || changes[0].By == "" || !strings.Contains(string(changes[0].Before), "app.example.com") || !strings.Contains(string(changes[0].After), `"maxDays":60`) {
		t.Errorf("on record: %+v, %v", changes, err)
	}
}

// Another server on the same data goes by a change as soon as it hears of it.
func TestAnotherServerGoesByAChangeOnceItHears(t *testing.T) {
	w := both(t)
	other := &httpapi.Server{Identity: w.API.Identity, Library: w.API.Library, Runner: w.API.Runner}
	other.K2 = &k2.Server{HTTP: other}
	handler, err := other.Handler()
	must(t, err)
	served := func() int {
		r := newRequest("GET", k2Tasks)
		r.Header.Set("Authorization", basicOf("ana"))
		return serve(handler, r).Code
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.On = false })
	if got := served(); got != 200 {
		t.Fatalf("before it heard: %d", got)
	}
	other.Heard(context.Background(), store.Hint{Topic: store.TopicSettings, Payload: "trust"})
	if got := served(); got != 200 {
		t.Errorf("after word of another setting: %d", got)
	}
	other.Heard(context.Background(), store.Hint{Topic: store.TopicSettings, Payload: "apis"})
	if got := served(); got != 404 {
		t.Errorf("after it heard: %d", got)
	}
	setApis(t, w, func(s *api.SetApis) { s.Workflow.On = true })
	other.Heard(context.Background(), store.Hint{Topic: store.TopicSettings, Resync: true})
	if got := served(); got != 200 {
		t.Errorf("after word that words were lost: %d", got)
	}
}

func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://app.example.com", "http://localhost:3000/", "HTTPS://A.B:443", "https://[::1]:8080", "null", "*", "https://a\x00b", "https://ü.example", "//x", "https://a?b#c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		origin, why := httpapi.CleanOrigin(text)
		if why != "" {
			return
		}
		if strings.ContainsAny(origin, "*\r\n \"") || strings.Count(origin, "/") != 2 || origin != strings.ToLower(origin) {
			t.Fatalf("%q was taken as %q", text, origin)
		}
		if again, why := httpapi.CleanOrigin(origin); again != origin || why != "" {
			t.Fatalf("%q is %q, and that %q (%s)", text, origin, again, why)
		}
	})
}
