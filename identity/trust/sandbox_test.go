package trust

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox/entra"
)

// withSandbox starts an Entra of somebody else's making, and a Verifier whose
// every connection goes through a dialer that counts.
func withSandbox(t *testing.T) (*entra.Server, *Verifier, *http.Client, *int) {
	s, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir()})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	pem, err := os.ReadFile(s.Addresses().CAFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	dialled := new(int)
	client := NewClient(func(ctx context.Context, network, addr string) (net.Conn, error) {
		*dialled++
		return new(net.Dialer).DialContext(ctx, network, addr)
	})
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	v := New(Config{Client: client})
	t.Cleanup(func() { must(t, v.Close()) })
	return s, v, client, dialled
}

// registered finds one of the sandbox's registrations by part of its name.
func registered(t *testing.T, s *entra.Server, name string) entra.Registration {
	for _, r := range s.Addresses().Registrations {
		if strings.Contains(strings.ToLower(r.Name), name) {
			return r
		}
	}
	t.Fatalf("no registration %q in %+v", name, s.Addresses().Registrations)
	panic("unreached")
}

func TestTheSandboxIsTrustedAsEntraIs(t *testing.T) {
	s, v, client, dialled := withSandbox(t)
	in := Issuer{Authority: s.URL(), AuthorityV1: s.URL()}
	p, err := v.Propose(t.Context(), "contoso.test", in)
	must(t, err)
	if *dialled == 0 {
		t.Fatal("the dialer was not used")
	}
	if xml, err := v.Propose(t.Context(), s.Addresses().Federation, in); err != nil || xml.Issuer.Tenants[0] != p.Issuer.Tenants[0] || len(xml.Certificates) == 0 {
		t.Errorf("%+v %v", xml, err)
	}
	is := p.Issuer
	api, daemon := registered(t, s, "api"), registered(t, s, "daemon")
	is.Audiences = []string{api.ClientID, api.IdentifierURI}
	is.Apps, is.AppClients = AppsByList, []string{daemon.ClientID}
	must(t, v.Replace(t.Context(), []Issuer{is}))

	app := clientCredentials(t, s, client, daemon, api)
	a, err := v.Verify(t.Context(), app)
	if err != nil {
		t.Fatalf("%v %+v", err, v.Explain(t.Context(), app).Checks)
	}
	if !a.App || a.Client != daemon.ClientID || a.Tenant != entra.TenantID {
		t.Errorf("%+v", a)
	}

	claims, err := s.Claims(api.ClientID, registered(t, s, "web").ClientID, "jane@contoso.test")
	must(t, err)
	person, err := s.Mint(nil, claims)
	must(t, err)
	if a, err = v.Verify(t.Context(), person); err != nil {
		t.Fatalf("%v %+v", err, v.Explain(t.Context(), person).Checks)
	}
	if a.App || a.Person.Name == "" || a.Object == "" {
		t.Errorf("%+v", a)
	}

	must(t, s.Rollover(true)) // an emergency: the old key is gone at once
	must(t, v.Refresh(t.Context(), is.Name))
	if code := codeFor(t, v, person); code != "token-key" {
		t.Errorf("a token of the key that was thrown away: %q", code)
	}
	after := clientCredentials(t, s, client, daemon, api)
	if code := codeFor(t, v, after); code != "" {
		t.Errorf("a token of the new key: %q", code)
	}
}

func clientCredentials(t *testing.T, s *entra.Server, client *http.Client, app, api entra.Registration) string {
	t.Helper()
	resp, err := client.PostForm(s.URL()+"/"+entra.TenantID+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {app.ClientID}, "client_secret": {app.Secret}, "scope": {api.IdentifierURI + "/.default"}})
	must(t, err)
	defer resp.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
		Why   string `json:"error_description"`
	}
	must(t, json.NewDecoder(resp.Body).Decode(&answer))
	if answer.Token == "" {
		t.Fatal(answer.Why)
	}
	return answer.Token
}

func TestASandboxThatIsDownIsSaidToBeDown(t *testing.T) {
	s, v, _, _ := withSandbox(t)
	is := Issuer{Name: "sandbox", Profile: Entra, Authority: s.URL(), AuthorityV1: s.URL(), Tenants: []string{entra.TenantID}, Versions: []string{V2}, Audiences: []string{apiID}, Scopes: []string{"x"}}
	must(t, v.Replace(t.Context(), []Issuer{is}))
	must(t, s.Close())
	begin := time.Now()
	e := v.Explain(t.Context(), v2(time.Now()).but(obj{"iss": s.URL() + "/" + entra.TenantID + "/v2.0", "tid": entra.TenantID}).String())
	if e.Refusal == nil || e.Refusal.Code.Code != "token-keys-unavailable" || time.Since(begin) > fetchTimeout {
		t.Errorf("%+v", e.Refusal)
	}
	if st := v.Keys()[0]; !strings.Contains(st.Problem, "refused") {
		t.Errorf("%+v", st)
	}
}
