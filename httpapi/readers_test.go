package httpapi_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
)

// contoso is a trusted issuer, as cmd/signoff tells of one in Entra.
func contoso() []httpapi.Issuer {
	const home = "https://login.microsoftonline.com"
	return []httpapi.Issuer{{Name: "Contoso", Servers: []string{home + "/5f1c/v2.0"}, Authorize: home + "/5f1c/oauth2/v2.0/authorize",
		Token: home + "/5f1c/oauth2/v2.0/token", Scopes: []string{"api://signoff/user_impersonation"}, AppScope: "api://signoff/.default",
		Tenant: "5f1c", Authority: home}}
}

// needReaders skips the test where other people's readers are not installed.
// They are fetched (npm ci, pinned by the lock file) only in CI, so that `go
// test` never goes to the network by itself.
func needReaders(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts node")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat("validators/node_modules/.package-lock.json"); err == nil {
		return
	}
	if os.Getenv("CI") == "" {
		t.Skip("the readers are not installed: run `npm ci --ignore-scripts` in httpapi/validators")
	}
	c := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = "validators"
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

func runNode(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	var out, errs bytes.Buffer
	c := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	c.Dir, c.Stdout, c.Stderr = "validators", &out, &errs
	err := c.Run()
	if err != nil {
		return errs.String(), err
	}
	return out.String(), nil
}

func keepFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "document.json")
	must(t, os.WriteFile(name, []byte(text), 0o600))
	return name
}

func TestOtherPeoplesReadersTakeOurDescriptions(t *testing.T) {
	needReaders(t)
	for name, issuers := range map[string]func() []httpapi.Issuer{"nobody is trusted": nil, "Contoso is trusted": contoso} {
		w := apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s}; s.Issuers = issuers })
		for path, version := range map[string]string{"/api/workflow/v1/swagger/docs/v1": "2.0", "/api/v1/openapi.json": "3.1.0"} {
			_, text := send(t, w, "GET", path, "")
			out, err := runNode(t, "validate.mjs", keepFile(t, text))
			if err != nil || !strings.Contains(out, `"version":"`+version+`"`) {
				t.Errorf("%s, %s: %v %.3000s", name, path, err, out)
			}
			if has := strings.Contains(text, "api://signoff/user_impersonation"); has != (issuers != nil) {
				t.Errorf("%s, %s: the scope is there: %v", name, path, has)
			}
		}
	}
	_, text := send(t, both(t), "GET", "/api/workflow/v1/swagger/docs/v1", "")
	if out, err := runNode(t, "validate.mjs", keepFile(t, strings.Replace(text, `"in":"path"`, `"in":"road"`, 1))); err == nil {
		t.Errorf("the reader takes anything: %s", out)
	}
}

type sent struct {
	Name, Method, URL, Body, Failed string
	Status                          int
}

// runCollection sends every request of a collection with newman.
func runCollection(t *testing.T, w *apitest.World, path string, values ...string) []sent {
	t.Helper()
	a, text := send(t, w, "GET", path, "")
	if a.StatusCode != 200 || !strings.Contains(a.Header.Get("Content-Disposition"), ".postman_collection.json") {
		t.Fatalf("%s: %d %v %.500s", path, a.StatusCode, a.Header, text)
	}
	api, _, _ := strings.Cut(path, "/postman.json")
	text = strings.ReplaceAll(text, "https://signoff.example.test"+api, w.URL+api)
	out, err := runNode(t, "run.mjs", append([]string{keepFile(t, text)}, values...)...)
	if err != nil {
		t.Fatalf("newman: %v\n%s", err, out)
	}
	var list []sent
	must(t, json.Unmarshal([]byte(out), &list))
	return list
}

// checkSent looks at what came back: everything was understood and nothing was
// refused for want of credentials; most was carried out.
func checkSent(t *testing.T, list []sent, atLeast, served int, mayFail ...string) {
	t.Helper()
	done := 0
	for _, q := range list {
		if q.Status >= 200 && q.Status < 300 {
			done++
			continue
		}
		misunderstood := q.Status == 0 || q.Status == 400 && !strings.Contains(q.URL, "/workflow/") || q.Status == 401 || q.Status == 405 || q.Status == 415 || q.Status == 500 ||
			strings.Contains(q.Body, "no-such-route") || strings.Contains(q.Body, `"invalid-request"`) || strings.Contains(q.Body, "No HTTP resource")
		if misunderstood && !slices.Contains(mayFail, q.Name) {
			t.Errorf("%s %s (%s): %d %s %s", q.Method, q.URL, q.Name, q.Status, q.Failed, q.Body)
		}
	}
	if len(list) < atLeast || done < served {
		t.Errorf("%d requests, %d of them carried out", len(list), done)
		for _, q := range list {
			t.Logf("%d %s %s %.150s", q.Status, q.Method, q.URL, q.Body)
		}
	}
}

func TestEveryRequestOfTheCollectionsIsUnderstood(t *testing.T) {
	needReaders(t)
	w := both(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 3})
	password := "password=" + apitest.Password
	checkSent(t, runCollection(t, w, "/api/workflow/v1/postman.json?auth=basic", "username=jane", password), 16, 9, "Reserved for system use")
	w = both(t)
	w.Begin(t, "ana", "leave", map[string]any{"days": 3})
	token := makeToken(t, w, "jane", `{"name":"collection"}`)
	checkSent(t, runCollection(t, w, "/api/workflow/v1/postman.json?auth=token", "token="+token), 16, 9, "Reserved for system use")
	checkSent(t, runCollection(t, both(t), "/api/v1/postman.json?auth=basic", "username=admin", password), 60, 35,
		"Sign in with name and password; answers with a session cookie", "Change your own password; your sessions end")
}

// What newman cannot do by itself, because it needs a person at a browser or an
// issuer: it is held against what Postman documents.
func TestCollectionsAreSetUpForOAuth(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) { s.K2 = &k2.Server{HTTP: s}; s.Issuers = contoso })
	type pair struct{ Key, Value string }
	read := func(path string) (auth map[string]string, variables map[string]string) {
		a, text := send(t, w, "GET", path, "")
		var c struct {
			Info     struct{ Schema string }
			Variable []pair
			Auth     struct {
				Type   string
				OAuth2 []pair
			}
		}
		must(t, json.Unmarshal([]byte(text), &c))
		if a.StatusCode != http.StatusOK || c.Auth.Type != "oauth2" || c.Info.Schema != "https://schema.getpostman.com/json/collection/v2.1.0/collection.json" {
			t.Errorf("%s: %d %.300s", path, a.StatusCode, text)
		}
		auth, variables = map[string]string{}, map[string]string{}
		for _, p := range c.Auth.OAuth2 {
			auth[p.Key] = p.Value
		}
		for _, p := range c.Variable {
			variables[p.Key] = p.Value
		}
		return auth, variables
	}
	const login = "https://login.microsoftonline.com/{{tenant}}/oauth2/v2.0/"
	for _, api := range []string{"/api/workflow/v1", "/api/v1"} {
		auth, variables := read(api + "/postman.json")
		if auth["grant_type"] != "authorization_code_with_pkce" || auth["authUrl"] != login+"authorize" || auth["accessTokenUrl"] != login+"token" ||
			auth["challengeAlgorithm"] != "S256" || auth["clientId"] != "{{clientId}}" || auth["scope"] != "{{scope}}" || auth["clientSecret"] != "" {
			t.Errorf("a person: %v", auth)
		}
		if variables["tenant"] != "5f1c" || variables["scope"] != "api://signoff/user_impersonation" || variables["baseUrl"] != "https://signoff.example.test"+api {
			t.Errorf("a person: %v", variables)
		}
		auth, variables = read(api + "/postman.json?auth=client")
		if auth["grant_type"] != "client_credentials" || auth["clientSecret"] != "{{clientSecret}}" || variables["scope"] != "api://signoff/.default" {
			t.Errorf("an application: %v %v", auth, variables)
		}
	}
	for _, path := range []string{"/api/workflow/v1/postman.json?auth=magic", "/api/v1/postman.json?auth=magic", "/api/workflow/v1/swagger/docs/v1?auth=magic"} {
		if a, _ := send(t, w, "GET", path, ""); a.StatusCode != 400 && a.StatusCode != 422 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
	}
}
