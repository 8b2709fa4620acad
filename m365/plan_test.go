package m365

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/sandbox/entra"
)

func TestAPlanAsksForTheFewestRights(t *testing.T) {
	p, err := values.Plan()
	must(t, err)
	var asked []string
	for _, r := range p.Registrations {
		for _, pe := range r.Permissions {
			if pe.Why == "" || pe.ID == "" {
				t.Errorf("%s: %+v has no reason or no id", r.Name, pe)
			}
			asked = append(asked, r.Key+" "+pe.Value)
		}
	}
	if want := []string{"signin openid", "signin profile", "signin email", "caller1 user_impersonation", "caller2 Workflow.Use.All", "caller3 user_impersonation"}; !slices.Equal(asked, want) {
		t.Errorf("asks for %q, want %q", asked, want)
	}
	if r := p.byKey("signin"); r.Redirects[0] != "https://flow.contoso.test/oauth/callback" || r.Leave != "https://flow.contoso.test/sign-in?left=1" || r.LogoutURL != "https://flow.contoso.test/signin/logout" {
		t.Errorf("%+v", r)
	}
	if r := p.byKey("api"); !slices.Equal(r.PreAuthorized, []string{"caller1", "caller3"}) || r.Versions[0] != 2 || r.Identifiers[0] != "api://{id}" {
		t.Errorf("%+v", r)
	}
}

func TestIdsAreTheSameInEveryPlanAndDifferentForEveryName(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range []string{ScopeID("a"), ScopeID("b"), RoleID("a"), RoleID("b")} {
		if !signoff.IsGUID(strings.ToLower(id)) || seen[id] {
			t.Errorf("%q", id)
		}
		seen[id] = true
	}
	if id := ScopeID("user_impersonation"); id != "86b42896-03e7-8ecd-bcfe-6e55880400b0" {
		t.Errorf("an id that is registered in tenants is another now: %s", id)
	}
}

func TestValuesThatEntraWouldRefuseAreRefused(t *testing.T) {
	for name, v := range map[string]Values{
		"plain http":             {URL: "http://flow.contoso.test"},
		"no address":             {URL: "flow"},
		"a quote in the name":    {URL: "https://a.test", Name: `x" ; rm`},
		"a dollar in it":         {URL: "https://a.test", Name: "$(x)"},
		"a scope with spaces":    {URL: "https://a.test", Scope: "a b"},
		"a role with quotes":     {URL: "https://a.test", Role: "a'b"},
		"no tenant":              {URL: "https://a.test", Tenant: "common"},
		"a pipe in an address":   {URL: "https://a.test/|sh", NoSignIn: true},
		"a semicolon in a scope": {URL: "https://a.test", Scope: "a;sh"},
		"a cloud of words":       {URL: "https://a.test", Login: "https://login.test;sh"},
		"a tenant of words":      {URL: "https://a.test", Tenant: "a.test; rm"},
		"an address too long":    {URL: "https://" + strings.Repeat("a", 300) + ".test"},
	} {
		if p, err := v.Plan(); err == nil {
			t.Errorf("%s: %+v", name, p.Values)
		}
	}
	for _, text := range []string{"nobody", "=https://x", "x=http://elsewhere", "x=https://a'b", `a"b=https://x`, "x=ftp://x"} {
		if c, err := ParseCaller(text); err == nil {
			t.Errorf("%s: %+v", text, c)
		}
	}
	if c, err := ParseCaller("Job="); err != nil || c.Redirect != "" || c.Name != "Job" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestEveryFormatIsWhatItSaysAndHoldsTheValues(t *testing.T) {
	p, err := values.Plan()
	must(t, err)
	for _, f := range Formats() {
		var out bytes.Buffer
		must(t, p.Print(&out, Format(f), ""))
		text := out.String()
		for _, want := range []string{"https://flow.contoso.test/oauth/callback", "https://flow.contoso.test/sign-in?left=1", "user_impersonation", ScopeID("user_impersonation"), "signoff API"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s", f, want)
			}
		}
		if (f == "json" || f == "graph") && !json.Valid(out.Bytes()) {
			t.Errorf("%s is not JSON", f)
		}
		if (f == "az" || f == "http") && !strings.Contains(text, "https://graph.microsoft.com/v1.0") {
			t.Errorf("%s does not go to Graph", f)
		}
	}
	if err := p.Print(&bytes.Buffer{}, "xml", ""); err == nil || !strings.Contains(err.Error(), "az, graph, http, json") {
		t.Errorf("%v", err)
	}
}

func TestACallWithoutItsValueIsNotSent(t *testing.T) {
	asked := 0
	h := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(h.Close)
	_, err := Run(t.Context(), &Client{HTTP: h.Client(), Base: h.URL}, []Call{{About: "x", Method: "PATCH", Path: "/applications/{{api.appId}}"}}, nil)
	if err == nil || !strings.Contains(err.Error(), "api.appId") || asked != 0 {
		t.Errorf("%v after %d calls", err, asked)
	}
}

func TestWhatGraphRefusesIsSaid(t *testing.T) {
	x := newTenant(t)
	p, err := values.Plan()
	must(t, err)
	must(t, x.Plant(faultNamed("graph-forbidden")))
	_, err = Check(t.Context(), x.graph, p, time.Now())
	if !forbidden(err) {
		t.Errorf("%v", err)
	}
	must(t, x.Heal(""))
	wrong := x.script()
	wrong.Secret = "wrong"
	_, err = Connect(t.Context(), x.http, wrong)
	no, ok := err.(*Refused)
	if !ok {
		t.Fatalf("%v", err)
	}
	if f := no.Finding(doctor.Setup{Caller: wrong.ID}); f.Code != "aadsts-7000215" || !strings.Contains(f.Line, wrong.ID) || strings.Contains(err.Error(), "wrong") {
		t.Errorf("%+v", f)
	}
	for status, code := range map[int]string{401: "graph-unauthorized", 403: "graph-forbidden", 429: "graph-throttled", 500: "graph-refused"} {
		if f := (&Refused{Status: status, Code: "X"}).Finding(doctor.Setup{}); f.Code != code || f.Do == "" {
			t.Errorf("%d: %+v", status, f)
		}
	}
}

func TestAGraphThatIsNoGraphIsBounded(t *testing.T) {
	page := 0
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "huge") {
			_, _ = w.Write(bytes.Repeat([]byte("x"), maxAnswerBytes+10))
			return
		}
		page++
		_, _ = w.Write([]byte(`{"value":[{}],"@odata.nextLink":"` + "http://" + r.Host + `/v1.0/applications?$skiptoken=x"}`))
	}))
	t.Cleanup(h.Close)
	c := &Client{HTTP: h.Client(), Base: h.URL}
	if _, err := list[application](t.Context(), c, "/applications"); err == nil || page != maxPages {
		t.Errorf("%v after %d pages", err, page)
	}
	if _, err := list[application](t.Context(), c, "/huge"); err == nil || !strings.Contains(err.Error(), "longer") {
		t.Errorf("%v", err)
	}
	h.Close()
	if _, err := list[application](t.Context(), c, "/applications"); err == nil || !strings.Contains(err.Error(), "could not be asked") {
		t.Errorf("%v", err)
	}
}

// A next page elsewhere would be sent the token.
func TestTheTokenGoesToGraphOnly(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	t.Cleanup(other.Close)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"value":[{}],"@odata.nextLink":"` + other.URL + `/v1.0/applications"}`))
	}))
	t.Cleanup(h.Close)
	_, _ = list[application](t.Context(), &Client{HTTP: h.Client(), Base: h.URL, Token: "secret"}, "/applications")
	if len(got) > 0 {
		t.Errorf("the token went elsewhere: %q", got)
	}
}

func TestASecretGoesNowhereElse(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer other.Close()
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer h.Close()
	_, err := Connect(t.Context(), h.Client(), Credentials{Login: h.URL, Tenant: "t", ID: "i", Secret: "s", Graph: h.URL})
	if err == nil || asked != 0 {
		t.Errorf("%d requests elsewhere, %v", asked, err)
	}
}

func TestATrustEntryExpectsItsRegistration(t *testing.T) {
	got := Trusted(trust.Issuer{Name: "x", Audiences: []string{"api://a", "11111111-2222-4333-8444-555555555555"}, Versions: []string{trust.V1, trust.V2}, Scopes: []string{"s"}, Apps: trust.AppsByList, Guests: trust.MembersProven})
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	r := got[0]
	if r.AppID != "11111111-2222-4333-8444-555555555555" || r.Identifiers[0] != "api://a" || !slices.Equal(r.Versions, []int{2, 1}) || r.Scopes[0].Value != "s" || !slices.Equal(r.Claims, []string{"idtyp", "acct"}) || !r.Lenient {
		t.Errorf("%+v", r)
	}
	if got := Trusted(trust.Issuer{Audiences: []string{"https://api.example/"}}); got != nil {
		t.Errorf("an address alone names no registration: %+v", got)
	}
}

// What may have been reached in another way is a worry, where the registration
// is somebody else's: people may have consented one by one.
func TestRegistrationsOfSomebodyElseAreJudgedLeniently(t *testing.T) {
	x := newTenant(t)
	var api, web, old entra.Registration
	for _, r := range x.Addresses().Registrations {
		switch r.Name {
		case "Contoso Workflow API":
			api = r
		case "Contoso Web Client":
			web = r
		case "Contoso Old API":
			old = r
		}
	}
	must(t, x.graph.call(t.Context(), "PATCH", "/applications(appId='"+api.ClientID+"')", map[string]string{"groupMembershipClaims": "SecurityGroup"}, nil))
	is := trust.Issuer{Name: "x", Audiences: []string{api.ClientID}, Versions: []string{trust.V2}, Scopes: []string{"user_impersonation"}, Clients: []string{web.ClientID, old.ClientID}}
	p := Plan{Registrations: append(Trusted(is), SigningIn("y", web.ClientID, web.RedirectURIs[0], ""), SigningIn("z", old.ClientID, "https://z.contoso.test", ""))}
	r := x.check(t, p)
	warned := map[string]bool{}
	for _, c := range r.Checks {
		if c.Result == doctor.Warning {
			warned[c.Finding.Code] = true
		}
	}
	for _, code := range []string{"groups-overage-ahead", "client-not-authorised"} {
		if !warned[code] {
			t.Errorf("%s is not among the warnings %v", code, warned)
		}
	}
	if r.OK || r.Finding.Code != "redirect-missing" || warned["redirect-missing"] {
		t.Errorf("%s %v", r.Line, warned)
	}
}
