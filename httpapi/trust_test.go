package httpapi_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/httpapi/k2"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/store"
)

// A firm is a server whose people may come with tokens of the sandbox's Entra.
type firm struct {
	*apitest.World
	t     *testing.T
	entra *entra.Server
	trust *identity.Trust
	cfg   trust.Config
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	e, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	f := &firm{t: t, entra: e, cfg: trust.Config{Client: clientOf(t, e.Addresses().CAFile), Loopback: true}}
	f.World = apitest.Start(t, f.open)
	return f
}

// open gives a server what it trusts.
func (f *firm) open(s *httpapi.Server) {
	s.K2 = &k2.Server{HTTP: s}
	f.trust = openTrust(f.t, s, f.cfg)
	f.trust.Elsewhere = func(string) (trust.Issuer, bool) {
		return trust.Issuer{Authority: f.entra.URL(), AuthorityV1: f.entra.URL()}, true
	}
}

func openTrust(t *testing.T, s *httpapi.Server, cfg trust.Config) *identity.Trust {
	t.Helper()
	cfg.Log = s.Log
	tr, err := identity.OpenTrust(t.Context(), s.Identity, cfg)
	must(t, err)
	t.Cleanup(func() { must(t, tr.Close()) })
	s.Trust = tr
	return tr
}

// clientOf believes the authority in a file besides nobody.
func clientOf(t *testing.T, caFile string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(caFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	c := trust.NewClient(func(ctx context.Context, network, addr string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	})
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func (f *firm) registered(part string) entra.Registration {
	f.t.Helper()
	for _, r := range f.entra.Addresses().Registrations {
		if strings.Contains(r.Name, part) {
			return r
		}
	}
	f.t.Fatalf("no registration %q", part)
	panic("unreached")
}

// as sends JSON for somebody of the server and reads the answer, which has to be good.
func (f *firm) as(who, method, path string, in, out any) http.Header {
	f.t.Helper()
	status, text, header := f.asked(who, method, path, "", in)
	if status >= 300 {
		f.t.Fatalf("%s %s: %d %s", method, path, status, text)
	}
	if out != nil {
		must(f.t, json.Unmarshal([]byte(text), out))
	}
	return header
}

func (f *firm) asked(who, method, path, etag string, in any) (int, string, http.Header) {
	f.t.Helper()
	body := ""
	if in != nil {
		raw, err := json.Marshal(in)
		must(f.t, err)
		body = string(raw)
	}
	r, err := http.NewRequestWithContext(f.t.Context(), method, f.URL+"/api/v1"+path, strings.NewReader(body))
	must(f.t, err)
	r.SetBasicAuth(who, apitest.Password)
	r.Header.Set("Content-Type", "application/json")
	if etag != "" {
		r.Header.Set("If-Match", etag)
	}
	answer, err := http.DefaultClient.Do(r)
	must(f.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(f.t, err)
	return answer.StatusCode, string(text), answer.Header
}

// trusts lets an administrator trust the sandbox's tenant for one of its APIs.
func (f *firm) trusts(change ...func(*api.TrustedIssuer)) api.TrustedIssuer {
	f.t.Helper()
	var p api.TrustProposal
	f.as("admin", "POST", "/trust/propose", api.ProposeTrust{From: "contoso.test", Audiences: []string{f.registered("Workflow API").ClientID}}, &p)
	for _, c := range change {
		c(&p.Issuer)
	}
	f.as("admin", "PUT", "/trust", api.SetTrust{Issuers: []api.TrustedIssuer{p.Issuer}}, nil)
	return p.Issuer
}

// token is a proper one, changed.
func (f *firm) token(apiName, client, login string, header map[string]any, claims map[string]any) string {
	f.t.Helper()
	if login != "" {
		login += "@contoso.test"
	}
	all, err := f.entra.Claims(f.registered(apiName).ClientID, f.registered(client).ClientID, login)
	must(f.t, err)
	for k, v := range claims {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	text, err := f.entra.Mint(header, all)
	must(f.t, err)
	return text
}

func (f *firm) person(login string, claims ...map[string]any) string {
	changes := map[string]any{}
	for _, c := range claims {
		maps.Copy(changes, c)
	}
	return f.token("Workflow API", "Web Client", login, nil, changes)
}

// bearer calls with a token.
func (f *firm) bearer(path, token string) (int, api.Problem, *http.Response, string) {
	f.t.Helper()
	return sendWith(f.t, f.URL+path, "Bearer "+token)
}

func sendWith(t *testing.T, url string, authorization ...string) (int, api.Problem, *http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	must(t, err)
	r.Header["Authorization"] = authorization
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	var p api.Problem
	if strings.HasPrefix(answer.Header.Get("Content-Type"), "application/problem+json") {
		must(t, json.Unmarshal(text, &p))
	}
	return answer.StatusCode, p, answer, string(text)
}

func TestATenantAndAnAudienceLetItsPeopleIn(t *testing.T) {
	f := newFirm(t)
	if status, p, _, _ := f.bearer("/api/v1/me", f.person("jane")); status != 401 || p.Code != "token-issuer" {
		t.Errorf("before anybody is trusted: %d %+v", status, p)
	}
	f.trusts()
	for _, path := range []string{"/api/v1/me", "/api/v1/tasks", "/api/workflow/v1/tasks"} {
		if status, _, _, text := f.bearer(path, f.person("jane")); status != 200 {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	var me api.Me
	_, _, _, text := f.bearer("/api/v1/me", f.person("jane"))
	must(t, json.Unmarshal([]byte(text), &me))
	if me.Login != "jane" || me.Admin {
		t.Errorf("%+v", me)
	}
	if status, p, _, _ := f.bearer("/api/v1/users", f.person("jane")); status != 403 || p.Code != "not-allowed" {
		t.Errorf("a token gave jane the server: %d %+v", status, p)
	}
	// The administrator is not found by an address.
	if status, p, _, _ := f.bearer("/api/v1/me", f.person("admin")); status != 403 || p.Code != "person-awaits-admission" {
		t.Errorf("%d %+v", status, p)
	}
	var waiting api.List[api.Newcomer]
	f.as("admin", "GET", "/newcomers", nil, &waiting)
	if len(waiting.Items) != 1 || waiting.Items[0].Perhaps == nil || waiting.Items[0].Perhaps.Login != "admin" {
		t.Fatalf("%+v", waiting)
	}
	f.as("admin", "POST", fmt.Sprintf("/newcomers/%d/link", waiting.Items[0].ID), api.LinkNewcomer{Person: "admin"}, nil)
	if status, _, _, _ := f.bearer("/api/v1/users", f.person("admin")); status != 200 {
		t.Errorf("after the link: %d", status)
	}
}

func TestAudiencesAndVersionsAreTakenExactlyAsTheSettingSays(t *testing.T) {
	f := newFirm(t)
	id, uri := f.registered("Workflow API").ClientID, f.registered("Workflow API").IdentifierURI
	tenant := f.entra.Addresses().Tenant
	v1 := map[string]any{"ver": "1.0", "iss": f.entra.URL() + "/" + tenant + "/", "appid": f.registered("Web Client").ClientID, "azp": nil}
	with := func(aud any, v map[string]any) string {
		return f.person("jane", v, map[string]any{"aud": aud})
	}
	both := func(is *api.TrustedIssuer) {}
	for _, tt := range []struct {
		name   string
		change func(*api.TrustedIssuer)
		token  string
		code   string
	}{
		{"v2 with the id", both, with(id, nil), ""},
		{"v1 with the id", both, with(id, v1), ""},
		{"v1 with the URI", both, with(uri, v1), ""},
		{"v1 with the URI and a slash", both, with(uri+"/", v1), ""},
		{"v1 with a slash, not allowed", func(is *api.TrustedIssuer) { is.SlashVariants = false }, with(uri+"/", v1), "token-audience"},
		{"v1 without the slash that is set", func(is *api.TrustedIssuer) {
			is.Audiences, is.SlashVariants = []string{id, "https://api.contoso.test/"}, false
		}, with("https://api.contoso.test", v1), "token-audience"},
		{"v1 without the slash that is set, variants allowed", func(is *api.TrustedIssuer) { is.Audiences = []string{id, "https://api.contoso.test/"} },
			with("https://api.contoso.test", v1), ""},
		{"an id with a slash is another name", both, with(id+"/", v1), "token-audience"},
		{"v1 where only v2 is taken", func(is *api.TrustedIssuer) { is.Versions = []string{"2.0"} }, with(id, v1), "token-version"},
		{"v2 where only v1 is taken", func(is *api.TrustedIssuer) { is.Versions = []string{"1.0"} }, with(id, nil), "token-version"},
		{"the URI alone", func(is *api.TrustedIssuer) { is.Versions, is.Audiences = []string{"1.0"}, []string{uri} }, with(id, v1), "token-audience"},
		{"another case", both, with(strings.ToUpper(uri), v1), "token-audience"},
	} {
		f.trusts(tt.change)
		status, p, _, text := f.bearer("/api/v1/me", tt.token)
		if (status == 200) != (tt.code == "") || p.Code != tt.code {
			t.Errorf("%s: %d %s", tt.name, status, text)
		}
	}
}

func TestAppsAloneNeedARoleOrAPlaceOnTheList(t *testing.T) {
	f := newFirm(t)
	daemon := f.registered("Daemon").ClientID
	app := func(claims map[string]any) string { return f.token("Workflow API", "Daemon", "", nil, claims) }
	f.trusts()
	if status, p, _, _ := f.bearer("/api/v1/me", app(nil)); status != 403 || p.Code != "token-app" {
		t.Errorf("%d %+v", status, p)
	}
	f.trusts(func(is *api.TrustedIssuer) {
		is.Apps, is.AppClients = "list", []string{f.registered("Console").ClientID}
	})
	if status, p, _, _ := f.bearer("/api/v1/me", app(nil)); status != 403 || p.Code != "token-app" {
		t.Errorf("%d %+v", status, p)
	}
	f.trusts(func(is *api.TrustedIssuer) { is.Apps, is.Roles = "role", []string{"Workflow.Start"} })
	if status, p, a, _ := f.bearer("/api/v1/me", app(map[string]any{"roles": []string{"Other"}})); status != 403 || p.Code != "token-role" ||
		!strings.Contains(a.Header.Get("WWW-Authenticate"), `error="insufficient_scope"`) {
		t.Errorf("%d %+v", status, p)
	}
	status, _, _, text := f.bearer("/api/v1/me", app(nil))
	var me api.Me
	must(t, json.Unmarshal([]byte(text), &me))
	if status != 200 || me.Login != "app-"+daemon || len(me.Groups) != 0 {
		t.Errorf("%d %s", status, text)
	}
	// It holds what it is given: a workflow for everyone is not for it.
	f.as("admin", "PUT", "/workflows/leave/rights", map[string]any{"grants": []any{map[string]any{"who": "Everyone", "right": "start"}}}, nil)
	if _, _, _, text := f.bearer("/api/v1/workflows?startable=true", f.person("jane")); !strings.Contains(text, `"leave"`) {
		t.Fatalf("nobody may start it: this test shows nothing: %s", text)
	}
	if _, _, _, text := f.bearer("/api/v1/workflows?startable=true", app(nil)); strings.Contains(text, `"leave"`) {
		t.Errorf("it may start what everyone may: %s", text)
	}
	f.as("admin", "PATCH", "/users/"+me.ID, api.ChangeUser{Disabled: new(true)}, nil)
	if status, p, _, _ := f.bearer("/api/v1/me", app(nil)); status != 403 || p.Code != "user-disabled" {
		t.Errorf("%d %+v", status, p)
	}
}

func TestTheSettingIsSavedOnlyAsItWasSeen(t *testing.T) {
	f := newFirm(t)
	is := f.trusts()
	_, _, header := f.asked("admin", "GET", "/trust", "", nil)
	tag := header.Get("ETag")
	f.trusts(func(is *api.TrustedIssuer) { is.Newcomers = "ask" })
	status, text, _ := f.asked("admin", "PUT", "/trust", tag, api.SetTrust{Issuers: []api.TrustedIssuer{is}})
	if status != 412 || !strings.Contains(text, "Adele Admin saved this setting") {
		t.Errorf("%d %s", status, text)
	}
	_, _, header = f.asked("admin", "GET", "/trust", "", nil)
	if status, text, _ = f.asked("admin", "PUT", "/trust", header.Get("ETag"), api.SetTrust{Issuers: []api.TrustedIssuer{is}}); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	bad := is
	bad.Audiences, bad.Versions = []string{"00000003-0000-0000-c000-000000000000"}, []string{"3.0"}
	status, text, _ = f.asked("admin", "PUT", "/trust", "", api.SetTrust{Issuers: []api.TrustedIssuer{bad}})
	for _, want := range []string{`"bad-issuer"`, `"body.issuers[0].audiences[0]"`, "Microsoft Graph", `"body.issuers[0].versions[0]"`} {
		if status != 422 || !strings.Contains(text, want) {
			t.Errorf("%d %s: no %s", status, text, want)
		}
	}
	var changes api.List[api.Change]
	f.as("admin", "GET", "/changes?what=trust", nil, &changes)
	if len(changes.Items) != 3 || changes.Items[0].By.Login != "admin" || changes.Items[0].How != "basic" ||
		!strings.Contains(string(changes.Items[0].Before), `"ask"`) || !strings.Contains(string(changes.Items[0].After), `"create"`) || changes.Items[2].Before != nil {
		t.Errorf("%+v", changes.Items)
	}
	if status, p, _ := ask(t, f.World, "admin", "POST", "/api/v1/trust/propose", `{"from":"nowhere.test"}`); status != 422 || p.Code != "issuer-not-found" || p.Hint == "" {
		t.Errorf("%d %+v", status, p)
	}
	if status, p, _ := ask(t, f.World, "admin", "POST", "/api/v1/trust/keys/refresh", `{"issuer":"nobody"}`); status != 422 || p.Code != "issuer-not-found" {
		t.Errorf("%d %+v", status, p)
	}
}

// Another server on the same data goes by a change as soon as it hears of it,
// and by itself after a while when the word is lost.
func TestAnotherServerTrustsAtOnce(t *testing.T) {
	f := newFirm(t)
	other := apitest.Beside(t, f.World, func(s *httpapi.Server) { openTrust(t, s, f.cfg) })
	token := f.person("jane")
	is := f.trusts()
	if status, _, _, _ := sendWith(t, other.URL+"/api/v1/me", "Bearer "+token); status != 401 {
		t.Fatalf("known without a word: this test shows nothing (%d)", status)
	}
	other.API.Trust.Heard(t.Context(), store.Hint{Topic: store.TopicSettings, Payload: "apis"})
	if status, _, _, _ := sendWith(t, other.URL+"/api/v1/me", "Bearer "+token); status != 401 {
		t.Errorf("%d", status)
	}
	hint := store.Hint{Topic: store.TopicSettings, Payload: "trust"}
	other.API.Trust.Heard(t.Context(), hint)
	if status, _, _, text := sendWith(t, other.URL+"/api/v1/me", "Bearer "+token); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	f.trusts(func(is *api.TrustedIssuer) { is.Clients = []string{f.registered("Console").ClientID} })
	other.API.Trust.Heard(t.Context(), store.Hint{Topic: store.TopicSettings, Resync: true})
	if status, p, _, _ := sendWith(t, other.URL+"/api/v1/me", "Bearer "+token); status != 403 || p.Code != "token-client" {
		t.Errorf("a token verified before the change: %d %+v", status, p)
	}
	f.as("admin", "PUT", "/trust", api.SetTrust{Issuers: []api.TrustedIssuer{}}, nil)
	other.API.Trust.Heard(t.Context(), hint)
	if status, p, _, _ := sendWith(t, other.URL+"/api/v1/me", "Bearer "+token); status != 401 || p.Code != "token-issuer" {
		t.Errorf("%d %+v (%s)", status, p, is.Name)
	}
}

func TestEveryCodeOfATokenIsDocumented(t *testing.T) {
	for _, c := range trust.Codes {
		known, ok := api.CodeByName(c.Code)
		if !ok || known.Status != c.Status {
			t.Errorf("%s: %+v, want status %d", c.Code, known, c.Status)
		}
	}
	if len(trust.Codes) < 30 || !slices.ContainsFunc(api.Codes, func(c api.Code) bool { return c.Code == "person-unknown" }) {
		t.Error("is this test looking in the right place?")
	}
}

// A token that was verified, of somebody who is known, costs neither the network
// nor the database: with both gone it still says who calls.
func TestAKnownTokenNeedsNobody(t *testing.T) {
	f := newFirm(t)
	f.trusts()
	token := f.person("jane")
	first, err := f.trust.Caller(t.Context(), token)
	must(t, err)
	_, err = f.trust.Caller(t.Context(), token) // the link made meanwhile dropped what was kept once
	must(t, err)
	must(t, f.entra.Close())
	must(t, f.API.Runner.Store.Close())
	for range 3 {
		c, err := f.trust.Caller(t.Context(), token)
		if err != nil || c.Principal != first.Principal || c.How != "bearer" {
			t.Fatalf("%+v %v", c, err)
		}
	}
	if _, err := f.trust.Caller(t.Context(), f.person("bob")); err == nil {
		t.Error("somebody new is known without the database: this test shows nothing")
	}
}
