package httpapi_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/doctor/probe"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// hospital is a server beside an Entra of its own.
type hospital struct {
	*apitest.World
	entra *entra.Server
	t     *testing.T
}

func newHospital(t *testing.T) *hospital {
	s, err := entra.Open(context.Background(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	pem, err := os.ReadFile(s.Addresses().CAFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	w := apitest.Start(t, func(a *httpapi.Server) {
		trusting, err := identity.OpenTrust(context.Background(), a.Identity, trust.Config{Client: client, Loopback: true})
		must(t, err)
		t.Cleanup(func() { must(t, trusting.Close()) })
		a.Trust, a.Doctor = trusting, &probe.Prober{Client: client, Loopback: true}
	})
	return &hospital{w, s, t}
}

func (h *hospital) registration(name string) entra.Registration {
	for _, r := range h.entra.Addresses().Registrations {
		if strings.Contains(r.Name, name) {
			return r
		}
	}
	h.t.Fatal("no registration " + name)
	panic("unreached")
}

// trusts sets what is trusted, through the API.
func (h *hospital) trusts(change func(*api.TrustedIssuer)) {
	r := h.registration("Workflow API")
	is := api.TrustedIssuer{Name: "contoso", Profile: "entra", Tenants: []string{entra.TenantID}, Authority: h.entra.URL(), AuthorityV1: h.entra.URL(), Versions: []string{"2.0"},
		Audiences: []string{r.ClientID, r.IdentifierURI}, Scopes: []string{"user_impersonation"}, Newcomers: "refuse"}
	change(&is)
	text, err := json.Marshal(api.SetTrust{Issuers: []api.TrustedIssuer{is}})
	must(h.t, err)
	if status, p, _ := ask(h.t, h.World, "admin", "PUT", "/api/v1/trust", string(text)); status != 200 {
		h.t.Fatalf("%d %+v", status, p)
	}
}

func (h *hospital) token(login string) string {
	claims, err := h.entra.Claims(h.registration("Workflow API").ClientID, h.registration("Web Client").ClientID, login)
	must(h.t, err)
	token, err := h.entra.Mint(nil, claims)
	must(h.t, err)
	return token
}

func (h *hospital) diagnose(method, path string, body any) api.Diagnosis {
	h.t.Helper()
	text := ""
	if body != nil {
		raw, err := json.Marshal(body)
		must(h.t, err)
		text = string(raw)
	}
	status, p, answer := ask(h.t, h.World, "admin", method, "/api/v1/doctor"+path, text)
	var d api.Diagnosis
	if status != 200 || json.Unmarshal([]byte(answer), &d) != nil {
		h.t.Fatalf("%d %+v %s", status, p, answer)
	}
	return d
}

func (h *hospital) first(d api.Diagnosis, code, who, phrase string) {
	h.t.Helper()
	if d.Fault == nil || d.Fault.Code != code || d.Fault.Who != who || !strings.Contains(d.Line, phrase) {
		h.t.Errorf("%q %+v\nwant %s by %s: %s", d.Line, d.Fault, code, who, phrase)
	}
}

// spoken is all a fault says to do.
func spoken(f *api.Fault) string {
	text := f.Do
	for _, c := range f.Copy {
		text += "\n" + c.What + ": " + c.Text
	}
	return text
}

func TestTheDoctorLooksAtATokenWithTheSettingsOfTheServer(t *testing.T) {
	h := newHospital(t)
	token := h.token("jane@contoso.test")
	look := func() api.Diagnosis {
		return h.diagnose("POST", "/token", api.Pasted{Text: "Authorization: Bearer " + token})
	}
	nobody := look()
	h.first(nobody, "token-issuer", "server", "trusts no issuer yet")
	if text := spoken(nobody.Fault); nobody.Fault.Where != "Manage › Access › Trust › Add an issuer" || !strings.Contains(text, "signoff trust add --tenant "+entra.TenantID+" --authority "+h.entra.URL()+" --audience ") || strings.Contains(text, "oidc") {
		t.Errorf("%+v", nobody.Fault)
	}
	h.trusts(func(is *api.TrustedIssuer) { is.Versions = []string{"1.0"} })
	h.first(look(), "token-version", "provider", "version 2.0, and the setting takes 1.0")
	h.trusts(func(*api.TrustedIssuer) {})
	h.first(h.diagnose("POST", "/token", api.Pasted{Text: h.token("workflow@contoso.test")}), "person-unknown", "server", "nobody here is linked with workflow@contoso.test")
	h.trusts(func(is *api.TrustedIssuer) { is.Newcomers = "ask" })
	h.first(look(), "person-awaits-admission", "server", "is not admitted yet")
	h.trusts(func(is *api.TrustedIssuer) { is.LinkByAddress = true })
	d := look()
	if !d.OK || !strings.Contains(d.Line, "jane@contoso.test") {
		t.Errorf("%+v", d)
	}
	if i := slices.IndexFunc(d.Checks, func(c api.DiagnosisCheck) bool { return c.Group == "person" && c.Name == "rights" }); i < 0 || !strings.Contains(d.Checks[i].Found, "a right on") {
		t.Errorf("jane's rights are not among %+v", d.Checks)
	}
	// Looking makes nobody an account, and links nobody.
	if status, _, text := ask(t, h.World, "admin", "GET", "/api/v1/newcomers", ""); status != 200 || strings.Contains(text, "jane") {
		t.Errorf("%d %s", status, text)
	}
	for _, secret := range []string{token, token[len(token)-40:]} {
		if strings.Contains(h.Log.String(), secret) {
			t.Errorf("the token is in the log")
		}
	}
}

func TestTheDoctorKnowsWhichAPIIsSwitchedOff(t *testing.T) {
	h := newHospital(t)
	h.trusts(func(is *api.TrustedIssuer) { is.LinkByAddress = true })
	setApis(t, h.World, func(s *api.SetApis) { s.Workflow.On = false; s.REST.Kinds = []string{"basic", "session"} })
	request := func(path string) api.Diagnosis {
		return h.diagnose("POST", "/token", api.Pasted{Text: "curl -H 'Authorization: Bearer " + h.token("jane@contoso.test") + "' " + h.API.Public + path})
	}
	h.first(request("/api/workflow/v1/tasks"), "api-off", "server", "is switched off")
	h.first(request("/api/v1/me"), "api-kind-refused", "server", "does not take sign-in by bearer token")
}

func TestTheDoctorSaysThatAPasswordWasNotTried(t *testing.T) {
	h := newHospital(t)
	d := h.diagnose("POST", "/token", api.Pasted{Text: "curl -u ana:wrong " + h.API.Public + "/api/workflow/v1/tasks"})
	if !d.OK || !strings.Contains(d.Line, "whether its name and password are right was not tried") || !strings.Contains(d.Line, "the Workflow API takes them") {
		t.Errorf("%+v", d)
	}
	if d = h.diagnose("POST", "/token", api.Pasted{Text: "curl -H 'Authorization: Bearer scim_x' " + h.API.Public + "/scim/v2/Users"}); d.Fault != nil && d.Fault.Code == "request-path" {
		t.Errorf("%+v", d.Fault)
	}
}

func TestTheDoctorLooksAtPersonalAccessTokens(t *testing.T) {
	h := newHospital(t)
	make := func(login, body string) (made api.MadeToken) {
		status, p, text := ask(t, h.World, login, "POST", "/api/v1/me/tokens", body)
		if status >= 300 || json.Unmarshal([]byte(text), &made) != nil {
			t.Fatalf("%d %+v", status, p)
		}
		return made
	}
	look := func(text string) api.Diagnosis { return h.diagnose("POST", "/token", api.Pasted{Text: text}) }
	own := make("ana", `{"name":"build","readOnly":true,"api":"rest"}`)
	if d := look(own.Text); !d.OK || !strings.Contains(d.Line, `"build" of Ana`) || !strings.Contains(d.Line, "may only read") || !strings.Contains(d.Line, "signoff’s own API only") {
		t.Errorf("%+v", d)
	}
	if _, _, text := ask(t, h.World, "ana", "GET", "/api/v1/me/tokens", ""); strings.Contains(text, `"used"`) {
		t.Errorf("looking at it used it: %s", text)
	}
	with := func(method, path string) string {
		return "curl -X " + method + " -H 'Authorization: Bearer " + own.Text + "' " + h.API.Public + path
	}
	h.first(look(with("DELETE", "/api/v1/tasks/1")), "access-token-limited", "caller", "may only read")
	h.first(look(with("GET", "/api/workflow/v1/tasks")), "access-token-limited", "caller", "is for signoff’s own API, and the request goes to the Workflow API")
	swapped := own.Text[:10] + string(own.Text[11]) + string(own.Text[10]) + own.Text[12:]
	if swapped == own.Text {
		swapped = own.Text[:40]
	}
	h.first(look(swapped), "access-token-garbled", "caller", "checksum is wrong")
	other := make("ana", `{"name":"other"}`)
	if status, p, _ := ask(t, h.World, "ana", "DELETE", "/api/v1/me/tokens/"+strconv.FormatInt(other.ID, 10), ""); status >= 300 {
		t.Fatalf("%d %+v", status, p)
	}
	h.first(look(other.Text), "access-token-unknown", "caller", "it was ended, or it is another server's")
}

func TestWhatTheDoctorCannotReadIsRefusedAndNotRepeated(t *testing.T) {
	h := newHospital(t)
	status, p, text := ask(t, h.World, "admin", "POST", "/api/v1/doctor/token", `{"text":"<p>my s3cret is in here</p>"}`)
	if status != 422 || p.Code != "nothing-to-diagnose" || strings.Contains(text, "s3cret") || strings.Contains(h.Log.String(), "s3cret") {
		t.Errorf("%d %s", status, text)
	}
	status, p, text = ask(t, h.World, "admin", "POST", "/api/v1/doctor/token", `{"text":"`+strings.Repeat("s3cret ", 20_000)+`"}`)
	if status != 422 || strings.Contains(text, "s3cret") {
		t.Errorf("%d %+v", status, p)
	}
}

func TestTheDoctorAsksProvidersAndReadsRegistrations(t *testing.T) {
	h := newHospital(t)
	h.first(h.diagnose("GET", "/entra", nil), "nothing-trusted", "server", "trusts no issuer yet")
	h.trusts(func(*api.TrustedIssuer) {})
	if d := h.diagnose("GET", "/entra", nil); !d.OK {
		t.Errorf("%+v", d)
	}
	must(t, h.entra.Plant(entra.Fault{Name: "keys-empty"}))
	h.first(h.diagnose("GET", "/entra", nil), "keys-empty", "provider", "publishes no keys")
	must(t, h.entra.Heal(""))

	script := h.registration("Setup Script")
	in := api.Registrations{ClientID: script.ClientID, Secret: script.Secret}
	if d := h.diagnose("POST", "/entra", in); !d.OK || !strings.Contains(d.Line, "registrations") {
		t.Errorf("%+v", d)
	}
	h.trusts(func(is *api.TrustedIssuer) { is.Scopes = []string{"Workflow.Everything"} })
	h.first(h.diagnose("POST", "/entra", in), "scope-missing", "provider", "does not expose the scope Workflow.Everything")
	in.Secret = "a-s3cret"
	h.first(h.diagnose("POST", "/entra", in), "aadsts-7000215", "server", script.ClientID)
	daemon := h.registration("Daemon")
	h.first(h.diagnose("POST", "/entra", api.Registrations{ClientID: daemon.ClientID, Secret: daemon.Secret}), "graph-forbidden", "provider", "lacks the right")
	h.first(h.diagnose("POST", "/entra", api.Registrations{Token: "a-s3cret"}), "graph-unauthorized", "caller", "Graph does not take the token")
	for _, secret := range []string{script.Secret, daemon.Secret, "a-s3cret"} {
		if strings.Contains(h.Log.String(), secret) {
			t.Errorf("a secret is in the log")
		}
	}
}
