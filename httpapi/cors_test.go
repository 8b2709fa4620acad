package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func newRequest(method, path string) *http.Request { return httptest.NewRequest(method, path, nil) }

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const app = "https://app.example.com"

func TestPagesOfListedSitesMayCallAndOthersMayNot(t *testing.T) {
	w := both(t)
	setApis(t, w, func(s *api.SetApis) { s.Workflow.Origins = []string{app} })
	token := "Bearer " + makeToken(t, w, "ana", `{"name":"app"}`)
	preflight := []string{"Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type"}
	for _, c := range []struct {
		name, path, origin string
		status             int
	}{
		{"listed", k2Tasks, app, 204},
		{"listed, in any letter case of the path", "/API/Workflow/V1/tasks", app, 204},
		{"not listed", k2Tasks, "https://evil.example", 403},
		{"a name that ends alike", k2Tasks, "https://evilapp.example.com", 403},
		{"a name that begins alike", k2Tasks, app + ".evil.example", 403},
		{"another port", k2Tasks, app + ":8443", 403},
		{"another scheme", k2Tasks, "http://app.example.com", 403},
		{"in other letters", k2Tasks, "https://APP.example.com", 403},
		{"no origin at all", k2Tasks, "null", 403},
		{"listed for the other API", me, app, 403},
	} {
		a, text := send(t, w, "OPTIONS", c.path, "", append([]string{"Origin", c.origin}, preflight...)...)
		allowed := a.Header.Get("Access-Control-Allow-Origin")
		if a.StatusCode != c.status || (allowed == c.origin) != (c.status == 204) || c.status != 204 && allowed != "" {
			t.Errorf("%s: %d, allowed %q, %s", c.name, a.StatusCode, allowed, text)
		}
		if !varies(a, "Origin") || a.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", c.name, a.Header)
		}
		if c.status == 204 && (!strings.Contains(a.Header.Get("Access-Control-Allow-Headers"), "Authorization") ||
			!strings.Contains(a.Header.Get("Access-Control-Allow-Methods"), "POST") || a.Header.Get("Access-Control-Max-Age") != "600") {
			t.Errorf("%s: %v", c.name, a.Header)
		}
	}
	a, text := send(t, w, "POST", "/api/workflow/v1/workflows/1", `{"dataFields":{"days":2}}`, "Origin", app, "Sec-Fetch-Site", "cross-site", "Authorization", token)
	if a.StatusCode != 200 || a.Header.Get("Access-Control-Allow-Origin") != app || !strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "WWW-Authenticate") {
		t.Errorf("starting from the listed site: %d %v %s", a.StatusCode, a.Header, text)
	}
	a, text = send(t, w, "POST", "/api/workflow/v1/workflows/1", `{"dataFields":{"days":2}}`, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site", "Authorization", token)
	if a.StatusCode != 403 || a.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("starting from another site: %d %v %s", a.StatusCode, a.Header, text)
	}
	a, _ = send(t, w, "GET", k2Tasks, "", "Origin", app, "Authorization", "Bearer "+strings.Repeat("x", 9))
	if a.StatusCode != 401 || a.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("the listed site may see why it is refused: %d %v", a.StatusCode, a.Header)
	}
}

func TestAListedSiteCannotUseASession(t *testing.T) {
	w := both(t)
	setApis(t, w, func(s *api.SetApis) { s.REST.Origins = []string{app} })
	a, text := send(t, w, "POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	csrf := strings.Split(strings.Split(text, `"csrf":"`)[1], `"`)[0]
	cookie := a.Cookies()[0].String()
	a, text = send(t, w, "POST", "/api/v1/workflows/leave/instances", `{"variables":{"days":1}}`, "Origin", app,
		"Sec-Fetch-Site", "cross-site", "Cookie", cookie, "X-CSRF-Token", csrf)
	if a.StatusCode != 403 || !strings.Contains(text, "foreign-origin") {
		t.Errorf("%d %s", a.StatusCode, text)
	}
}

func TestAnswersVaryByWhatTheyDependOn(t *testing.T) {
	w := both(t)
	for _, path := range []string{me, k2Tasks, "/api/v1/openapi.json", "/api/workflow/v1/swagger/docs/v1", "/api/v1/nothing"} {
		a, _ := send(t, w, "GET", path, "", "Authorization", basicOf("ana"))
		for _, name := range []string{"Origin", "Authorization", "Cookie"} {
			if !varies(a, name) {
				t.Errorf("%s does not vary by %s: %v", path, name, a.Header["Vary"])
			}
		}
	}
}

func varies(a *http.Response, by string) bool {
	for part := range strings.SplitSeq(strings.Join(a.Header.Values("Vary"), ","), ",") {
		if strings.EqualFold(strings.TrimSpace(part), by) {
			return true
		}
	}
	return false
}
