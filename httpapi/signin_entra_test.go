package httpapi_test

import (
	"crypto/tls"
	"crypto/x509"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// openEntra starts a server and the sandbox's Entra, which shares no code with
// it, and lets people sign in from one to the other.
func openEntra(t *testing.T) (*signWorld, *entra.Server, string) {
	t.Helper()
	e, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	pem, err := os.ReadFile(e.Addresses().CAFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	w := &signWorld{World: apitest.Start(t), t: t, key: seal.NewKey(),
		out: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}}
	w.URL = strings.Replace(w.URL, "127.0.0.1", "localhost", 1) // what is registered; Entra does not look at the port
	w.API.Trust, err = identity.OpenTrust(t.Context(), w.API.Identity, trust.Config{Client: w.out})
	must(t, err)
	t.Cleanup(func() { must(t, w.API.Trust.Close()) })
	w.API.Trust.Elsewhere = func(text string) (trust.Issuer, bool) {
		return trust.Issuer{Authority: e.URL(), AuthorityV1: e.URL()}, text == "contoso.test"
	}
	w.API.Signin, err = signin.Open(t.Context(), signin.Config{Store: w.API.Runner.Store, People: w.API.Identity, Issuers: w.API.Trust,
		Client: w.out, Seal: w.key, Public: w.URL, Log: w.API.Log})
	must(t, err)
	t.Cleanup(func() { must(t, w.API.Signin.Close()) })
	client := webClient(t, e)
	_, id, err := w.API.Signin.Add(t.Context(), w.Caller(t, "admin"), signin.Addition{From: "contoso.test", Name: "Contoso", ClientID: client.ClientID,
		Secret: client.Secret, Newcomers: identity.NewcomersCreate, LinkByAddress: true})
	must(t, err)
	return w, e, id
}

func webClient(t *testing.T, e *entra.Server) entra.Registration {
	for _, r := range e.Addresses().Registrations {
		if strings.Contains(r.Name, "Web Client") {
			return r
		}
	}
	t.Fatal("no web client is registered")
	panic("unreached")
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// entra goes through Entra's pages as somebody and returns where it is sent.
func (v *visitor) entra(e *entra.Server, at, who string) string {
	v.w.t.Helper()
	_, to, text := v.get(at)
	for range 5 {
		if to != "" {
			return to
		}
		m := flowField.FindStringSubmatch(text)
		if m == nil {
			return text
		}
		form := url.Values{"flow": {html.UnescapeString(m[1])}, "do": {"password"}, "login": {who + "@contoso.test"}, "password": {"signoff"}}
		if strings.Contains(text, "Permissions requested") {
			form = url.Values{"flow": form["flow"], "do": {"accept"}}
		}
		r, err := v.http.PostForm(e.URL()+"/login", form)
		must(v.w.t, err)
		raw, err := io.ReadAll(r.Body)
		must(v.w.t, err)
		r.Body.Close()
		to, text = r.Header.Get("Location"), string(raw)
	}
	return text
}

func TestPeopleSignInWithEntra(t *testing.T) {
	w, e, id := openEntra(t)
	v := w.visitor()
	back := v.entra(e, v.begin(id, "/start").String(), "jane")
	_, to, _ := v.get(back)
	if to != "/start" || v.me() != "jane" {
		t.Fatalf("sent to %q (from %q) as %q", to, back, v.me())
	}
	jane := w.Caller(t, "jane").Principal
	links, err := w.API.Runner.Store.Links(t.Context(), mustID(t, jane))
	if err != nil || len(links) != 1 || links[0].Source != "entra:"+e.Addresses().Tenant || links[0].Label != "jane@contoso.test" {
		t.Errorf("%+v %v", links, err)
	}
	for _, p := range e.Addresses().Accounts {
		if p.Login == "jane@contoso.test" && links[0].Subject != p.ID {
			t.Errorf("linked to %s, not the object id %s", links[0].Subject, p.ID)
		}
	}
	// An administrator is not found by an address alone.
	a := w.visitor()
	if f := a.failure(second(a.get(a.entra(e, a.begin(id, "/").String(), "admin")))); f.Code != "person-awaits-admission" {
		t.Errorf("%+v", f)
	}
	v.me()
	_, text := v.do("DELETE", "/api/v1/session", "")
	if !strings.Contains(text, e.URL()) || !strings.Contains(text, "logout") {
		t.Errorf("not signed out there: %s", text)
	}
}

func mustID(t *testing.T, p signoff.Principal) int64 {
	t.Helper()
	id, ok := store.AccountID(p)
	if !ok {
		t.Fatalf("%s is no account", p)
	}
	return id
}

func TestEntrasRefusalsAreToldInWords(t *testing.T) {
	w, e, id := openEntra(t)
	for _, c := range []struct {
		fault  string
		number int
		words  string
	}{
		{"not-assigned", 50105, "assigned"},
		{"secret-expired", 7000222, "expired"},
		{"consent-declined", 65004, "agree"},
	} {
		known := false
		for _, s := range entra.Switches() {
			known = known || s.Name == c.fault
		}
		if !known {
			for _, s := range entra.Switches() {
				if s.Code == c.number {
					c.fault, known = s.Name, true
				}
			}
		}
		if !known {
			t.Logf("no switch leads to %d", c.number)
			continue
		}
		must(t, e.Plant(entra.Fault{Name: c.fault}))
		v := w.visitor()
		to := v.entra(e, v.begin(id, "/").String(), "jane")
		if !strings.HasPrefix(to, w.URL) {
			// Entra tells people on its own page; whoever pastes that learns what to do.
			if k, err := w.API.Signin.Setting(t.Context(), w.Caller(t, "admin")); err != nil || !strings.Contains(w.API.Signin.Explain(k.Providers[0], to).Detail, c.words) {
				t.Errorf("%s: %v %.300s", c.fault, err, to)
			}
		} else if f := v.failure(second(v.get(to))); f.Number != c.number || !strings.Contains(f.Detail, c.words) || f.Who == "" {
			t.Errorf("%s: %+v", c.fault, f)
		}
		must(t, e.Heal(""))
	}
	k, err := w.API.Signin.Setting(t.Context(), w.Caller(t, "admin"))
	must(t, err)
	if f := w.API.Signin.Explain(k.Providers[0], "AADSTS50011: The redirect URI 'x' specified in the request does not match"); f.Copy != w.URL+"/oauth/callback" || !strings.Contains(f.Advice, "redirect URI") {
		t.Errorf("%+v", f)
	}
	if f := w.API.Signin.Explain(k.Providers[0], "700016"); f.Number != 700016 || !strings.Contains(f.Detail, e.Addresses().Tenant) {
		t.Errorf("%+v", f)
	}
}

func TestAnOutageOfEntraKeepsNobodyOutWhoIsIn(t *testing.T) {
	w, e, id := openEntra(t)
	v := w.visitor()
	v.get(v.entra(e, v.begin(id, "/").String(), "jane"))
	if v.me() != "jane" {
		t.Fatal("not signed in")
	}
	must(t, e.Close())
	if v.me() != "jane" {
		t.Error("whoever is signed in is out")
	}
	w.API.Signin = w.openService(w.API.Identity)
	other := w.visitor()
	_, to, _ := other.get("/api/v1/signin/" + id + "/start")
	if f := other.failure(to); f.Code != "sign-in-provider" || f.Provider != "Contoso" {
		t.Errorf("%+v", f)
	}
}
