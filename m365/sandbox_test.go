package m365

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/doctor"
	"github.com/signoffhq/signoff/sandbox/entra"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tenant is a tenant to register things in.
type tenant struct {
	*entra.Server
	http  *http.Client
	graph *Client
}

func newTenant(t testing.TB) *tenant {
	s, err := entra.Open(context.Background(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	pem, err := os.ReadFile(s.Addresses().CAFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	x := &tenant{Server: s, http: h}
	x.graph, err = Connect(t.Context(), h, x.script())
	must(t, err)
	return x
}

// script are the credentials of the registration that may change others.
func (x *tenant) script() Credentials {
	for _, r := range x.Addresses().Registrations {
		if strings.Contains(r.Name, "Script") {
			return Credentials{Login: x.URL(), Tenant: entra.TenantID, ID: r.ClientID, Secret: r.Secret, Graph: x.URL()}
		}
	}
	panic("the sandbox has no registration for scripts")
}

var values = Values{URL: "https://flow.contoso.test", Tenant: entra.TenantID, Logout: "/signin/logout",
	Callers: []Caller{known["postman"], known["daemon"], known["cli"]}}

// planned runs what Print prints, as it is printed.
func (x *tenant) planned(t testing.TB, v Values) (Plan, map[string]string) {
	t.Helper()
	p, err := v.Plan()
	must(t, err)
	var out bytes.Buffer
	must(t, p.Print(&out, AsGraph, x.URL()))
	var calls []Call
	must(t, json.Unmarshal(out.Bytes(), &calls))
	learnt, err := Run(t.Context(), x.graph, calls, nil)
	must(t, err)
	return p, learnt
}

func (x *tenant) check(t testing.TB, p Plan) doctor.Report {
	t.Helper()
	r, err := Check(t.Context(), x.graph, p, time.Now())
	must(t, err)
	return r
}

func TestWhatIsPlannedAndRunIsFoundInOrder(t *testing.T) {
	x := newTenant(t)
	for _, v := range []Values{
		values,
		{URL: "https://a.contoso.test", Name: "bare", NoSignIn: true},
		{URL: "http://localhost:8080", Name: "all of it", Groups: true, Directory: true, Scope: "Workflow.Use", Role: "Workflow.Start", Callers: []Caller{{Name: "O", Redirect: "https://o.contoso.test/x"}, {Name: "D"}}},
	} {
		p, first := x.planned(t, v)
		if r := x.check(t, p); !r.OK {
			t.Fatalf("%s: %s %+v", p.Values.Name, r.Line, r.Finding)
		}
		_, second := x.planned(t, v)
		for name, was := range first {
			if now := second[name]; now != was && !strings.HasSuffix(name, ".secret") && !strings.Contains(name, ".grant.") && now == "" {
				t.Errorf("%s: %s was %s and is %q when run again", p.Values.Name, name, was, now)
			}
		}
		if second["signin.secret"] != "" {
			t.Error("a second run made a second secret")
		}
		if r := x.check(t, p); !r.OK {
			t.Fatalf("%s, run twice: %s", p.Values.Name, r.Line)
		}
	}
}

func TestAMissingAddressAfterSigningOutIsNamed(t *testing.T) {
	x := newTenant(t)
	p, learnt := x.planned(t, values)
	callback, left := "https://flow.contoso.test/oauth/callback", "https://flow.contoso.test/sign-in?left=1"
	app := learnt["signin.appId"]
	for _, c := range []struct {
		have             []string
		first, line      string
		elsewhere, worry bool
	}{
		{have: []string{callback, left}},
		{have: []string{callback}, first: "leave-missing", line: "the redirect URI " + left + " is not registered, so people who sign out do not come back", worry: true},
		{have: []string{left}, first: "redirect-missing", line: "the redirect URI " + callback + " is not registered (AADSTS50011)", elsewhere: true},
	} {
		must(t, x.graph.call(t.Context(), "PATCH", "/applications(appId='"+app+"')", map[string]any{"web": redirects{c.have}}, nil))
		r := x.check(t, p)
		if c.first == "" != r.OK || !r.OK && (r.Finding.Code != c.first || !strings.Contains(r.Line, c.line)) {
			t.Errorf("%q: %s %+v", c.have, r.Line, r.Finding)
		}
		// A registration that somebody else made may send people elsewhere.
		lenient := Plan{Registrations: []Registration{SigningIn("Contoso", app, callback, left)}}
		if r := x.check(t, lenient); r.OK == c.elsewhere || warned(r, "post-logout redirect URI") != c.worry {
			t.Errorf("%q, leniently: %s %+v", c.have, r.Line, r.Checks)
		}
		if r := x.check(t, Plan{Registrations: []Registration{SigningIn("Contoso", app, callback, "")}}); warned(r, "post-logout redirect URI") {
			t.Errorf("%q: it is asked for where nobody is sent away to sign out", c.have)
		}
	}
}

func TestGraphsAddressMayEndWithItsVersion(t *testing.T) {
	x := newTenant(t)
	p, _ := x.planned(t, values)
	var plain bytes.Buffer
	must(t, p.Print(&plain, AsAz, x.URL()))
	for _, end := range []string{"", "/", "/v1.0", "/v1.0/"} {
		c := x.script()
		c.Graph += end
		g, err := Connect(t.Context(), x.http, c)
		must(t, err)
		g.Base = c.Graph // as it is where a token was given
		if r, err := Check(t.Context(), g, p, time.Now()); err != nil || !r.OK {
			t.Errorf("%s: %v %s", c.Graph, err, r.Line)
		}
		r, err := Check(t.Context(), g, Plan{Registrations: []Registration{{Name: p.Registrations[0].Name, Versions: []int{1}}}}, time.Now())
		must(t, err)
		if fix := r.Finding.Copy[0].Text; !strings.Contains(fix, "\""+x.URL()+"/v1.0/applications(") {
			t.Errorf("%s: %s", c.Graph, fix)
		}
		var same bytes.Buffer
		must(t, p.Print(&same, AsAz, c.Graph))
		if same.String() != plain.String() {
			t.Errorf("%s is printed otherwise", c.Graph)
		}
	}
}

func TestATokenOfAnotherTenantIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	x := newTenant(t)
	for tenant, right := range map[string]bool{"": true, entra.TenantID: true, "contoso.test": true, "fabrikam.test": false, entra.PartnerTenantID: false} {
		p, err := Values{URL: "https://flow.contoso.test", Tenant: tenant}.Plan()
		must(t, err)
		id, err := p.Tenant(t.Context(), x.graph)
		if id != entra.TenantID || (err == nil) != right {
			t.Errorf("%s: %s %v", tenant, id, err)
		}
		if !right && !strings.Contains(err.Error(), "this plan is for "+tenant+": nothing was registered") {
			t.Errorf("%s: %v", tenant, err)
		}
	}
	mute := *x.graph
	mute.Token = "x"
	if _, err := (Plan{}).Tenant(t.Context(), &mute); err == nil {
		t.Error("a token that Graph does not take is taken")
	}
}

func TestTheCommandThatTrustsSaysWhatIsNotUsual(t *testing.T) {
	for want, v := range map[string]Values{
		"signoff trust add --server https://a.test --tenant T --audience A":                                              {URL: "https://a.test/", Callers: []Caller{known["postman"]}},
		"signoff trust add --server https://a.test --tenant T --audience A --scope S --app-role R":                       {URL: "https://a.test", Scope: "S", Role: "R", Callers: []Caller{known["daemon"]}},
		"signoff trust add --server https://a.test --tenant T --audience A --authority https://login.microsoftonline.us": {URL: "https://a.test", Login: "https://login.microsoftonline.us/", Role: "R"},
	} {
		p, err := v.Plan()
		must(t, err)
		if got := p.TrustCommand("T", "A"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func warned(r doctor.Report, name string) bool {
	return slices.ContainsFunc(r.Checks, func(c doctor.Check) bool { return c.Name == name && c.Result == doctor.Warning })
}

func faultNamed(name string) entra.Fault { return entra.Fault{Name: name} }
