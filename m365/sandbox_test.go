package m365

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
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

func faultNamed(name string) entra.Fault { return entra.Fault{Name: name} }
