package oauth_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/sandbox/entra"
)

// contoso is the sandbox's Entra ID, over https, and a service beside it.
type contoso struct {
	*kit
	entra *entra.Server
}

func openContoso(t *testing.T) *contoso {
	t.Helper()
	c := &clock{at: time.Now().UTC().Truncate(time.Second)}
	e, err := entra.Open(t.Context(), entra.Options{Dir: t.TempDir(), Now: c.now})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	return &contoso{entra: e, kit: newKitAt(t, c, "http://localhost:8080", clientFor(t, e))}
}

// clientFor trusts the sandbox.
func clientFor(t *testing.T, e *entra.Server) *http.Client {
	t.Helper()
	raw, err := os.ReadFile(e.Addresses().CAFile)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(raw)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func (k *contoso) registration(name string) entra.Registration {
	for _, r := range k.entra.Addresses().Registrations {
		if strings.Contains(r.Name, name) {
			return r
		}
	}
	k.Fatal("nothing of that name is registered: " + name)
	panic("unreached")
}

// mail is a resource of the registration for mail.
func (k *contoso) mail(typ string, change func(*oauth.Resource)) oauth.Kept {
	k.Helper()
	reg := k.registration("Mail Service")
	r := oauth.Resource{Name: "m365", Title: "Microsoft 365", Type: typ, Authority: k.entra.URL(), Tenant: k.entra.Addresses().Tenant, ClientID: reg.ClientID,
		Auth: oauth.WithSecret, Secret: reg.Secret, Audience: "https://outlook.office365.com", Scopes: []string{"openid", "profile", "offline_access", "https://outlook.office365.com/EWS.AccessAsUser.All"}}
	if typ == "entra-v1" {
		r.Scopes = nil
	}
	if change != nil {
		change(&r)
	}
	got, err := k.Save(k.Context(), root, r, 0)
	must(k.T, err)
	return got
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// browse goes through Entra's pages as somebody and returns where it is sent.
func (k *contoso) browse(first func(*http.Client) (*http.Response, error), who string) string {
	k.Helper()
	jar, err := cookiejar.New(nil)
	must(k.T, err)
	client := *k.http
	client.Jar = jar
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := first(&client)
	must(k.T, err)
	text := ""
	for range 6 {
		raw, err := io.ReadAll(r.Body)
		must(k.T, err)
		_ = r.Body.Close()
		if to := r.Header.Get("Location"); to != "" {
			return to
		}
		text = string(raw)
		m := flowField.FindStringSubmatch(text)
		if m == nil {
			return text
		}
		form := url.Values{"flow": {html.UnescapeString(m[1])}, "do": {"password"}, "login": {who + "@contoso.test"}, "password": {"signoff"}}
		if strings.Contains(text, "Permissions requested") {
			form = url.Values{"flow": form["flow"], "do": {"accept"}}
		}
		r, err = client.PostForm(k.entra.URL()+"/login", form)
		must(k.T, err)
	}
	return text
}

// signIn connects somebody through Entra's pages.
func (k *contoso) signIn(ask oauth.Ask, who string) oauth.Ended {
	k.Helper()
	by := jane
	if ask.Service {
		by = root
	}
	b, err := k.Connect(k.Context(), by, ask)
	must(k.T, err)
	to := k.browse(func(c *http.Client) (*http.Response, error) { return c.Get(b.Address) }, who)
	back, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, "http://localhost:8080/") {
		k.Fatalf("Entra did not send the browser back: %.2000s", to)
	}
	out, err := k.Finish(k.Context(), oauth.Answer{Path: back.Path, Query: back.Query(), By: by})
	must(k.T, err)
	return out
}

func claimsOf(t *testing.T, token string) (c map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(t, err)
	must(t, json.Unmarshal(raw, &c))
	return c
}

var janesMail = oauth.Need{Resource: "m365", Owner: "user:2"}

func TestJaneConnectsToMicrosoft365AndStaysConnected(t *testing.T) {
	for _, typ := range []string{"entra-v2", "entra-v1"} {
		t.Run(typ, func(t *testing.T) {
			k := openContoso(t)
			k.mail(typ, nil)
			if out := k.signIn(oauth.Ask{Resource: "m365"}, "jane"); out.Problem != nil || out.Account != "jane@contoso.test" {
				t.Fatalf("%+v %+v", out, out.Problem)
			}
			got, err := k.Token(t.Context(), janesMail)
			must(t, err)
			c, err := k.entra.ExchangeCaller(got.Text.Reveal())
			if err != nil || c.Login != "jane@contoso.test" || len(c.Scopes) == 0 {
				t.Fatalf("%+v %v", c, err)
			}
			k.clock.add(30 * time.Hour) // who can be challenged gets tokens for a day
			next, err := k.Token(t.Context(), janesMail)
			must(t, err)
			if c, err := k.entra.ExchangeCaller(next.Text.Reveal()); err != nil || c.Login != "jane@contoso.test" || next.Text == got.Text {
				t.Errorf("%+v %v", c, err)
			}
			held, _, err := k.Mine(t.Context(), jane)
			must(t, err)
			if len(held) != 1 || !held[0].Lasting || held[0].Account != "jane@contoso.test" {
				t.Errorf("%+v", held)
			}
		})
	}
}

func TestAnAdministratorConnectsTheServiceAccountWithK2sRedirect(t *testing.T) {
	k := openContoso(t)
	reg := k.registration("Mail Service")
	k.mail("entra-v2", func(r *oauth.Resource) { r.Redirect = oauth.K2CallbackPath })
	if _, err := k.Connect(t.Context(), jane, oauth.Ask{Resource: "m365", Service: true}); codeOf(err) != "not-allowed" {
		t.Errorf("Jane connects the service account: %v", err)
	}
	b, err := k.Connect(t.Context(), root, oauth.Ask{Resource: "m365", Service: true})
	must(t, err)
	at, err := url.Parse(b.Address)
	must(t, err)
	if q := at.Query(); q.Get("redirect_uri") != "http://localhost:8080/identity/token/oauth/2" || q.Get("client_id") != reg.ClientID || q.Get("code_challenge_method") != "S256" {
		t.Errorf("%v", q)
	}
}

func TestADeviceCodeConnectsWithoutABrowserHere(t *testing.T) {
	k := openContoso(t)
	reg := k.registration("Console")
	k.mail("entra-v2", func(r *oauth.Resource) {
		r.ClientID, r.Auth, r.Secret, r.Scopes = reg.ClientID, oauth.WithNothing, "", []string{"openid", "profile", "offline_access", "User.Read"}
	})
	b, err := k.Connect(t.Context(), jane, oauth.Ask{Resource: "m365", Device: true})
	must(t, err)
	if b.Device == nil || b.Address != "" || b.Device.Code == "" {
		t.Fatalf("%+v", b)
	}
	k.run()
	page := k.browse(func(c *http.Client) (*http.Response, error) {
		return c.PostForm(k.entra.URL()+"/devicelogin", url.Values{"code": {b.Device.Code}})
	}, "jane")
	if !strings.Contains(page, "Jane") && !strings.Contains(page, "close") {
		t.Fatalf("%.500s", page)
	}

	k.clock.add(30 * time.Second)
	eventually(t, "Jane is connected", func() bool {
		st, err := k.Connecting(t.Context(), jane, b.State)
		if err == nil && st.Problem != nil {
			t.Fatalf("%+v", st.Problem)
		}
		return err == nil && st.Status == "done" && st.Account == "jane@contoso.test"
	})
	if _, err := k.Connecting(t.Context(), ana, b.State); codeOf(err) != "oauth-connect-over" {
		t.Errorf("Ana sees how Jane's connecting fares: %v", err)
	}
	if _, err := k.Token(t.Context(), janesMail); err != nil {
		t.Error(err)
	}
}

// graph changes a registration, as an administrator does in the portal.
func (k *contoso) upload(client string, c *oauth.Certificate) {
	k.Helper()
	block, _ := pem.Decode([]byte(c.PEM))
	body, err := json.Marshal(map[string]any{"keyCredentials": []any{map[string]any{"type": "AsymmetricX509Cert", "usage": "Verify", "key": block.Bytes}}})
	must(k.T, err)
	req, err := http.NewRequest(http.MethodPatch, k.entra.Addresses().Graph+"/applications(appId='"+client+"')", bytes.NewReader(body))
	must(k.T, err)
	req.Header.Set("Authorization", "Bearer "+k.setupToken())
	req.Header.Set("Content-Type", "application/json")
	r, err := k.http.Do(req)
	must(k.T, err)
	text, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.StatusCode/100 != 2 {
		k.Fatalf("%s %s", r.Status, text)
	}
}

func TestTheApplicationProvesItselfWithACertificateAndRollsItOver(t *testing.T) {
	k := openContoso(t)
	reg := k.registration("Mail Service")
	kept := k.mail("entra-v2", func(r *oauth.Resource) { r.Auth, r.Secret = oauth.WithCertificate, "" })
	if kept.Certificate == nil || kept.Certificate.Key != "" || kept.Certificate.Until.Before(k.clock.now().AddDate(1, 11, 0)) {
		t.Fatalf("%+v", kept.Certificate)
	}
	app := oauth.Need{Resource: "m365", App: true}
	_, err := k.Token(t.Context(), app)
	if m := missingOf(t, err); !strings.Contains(m.Reason, "does not know the certificate") {
		t.Errorf("%+v", m)
	}
	k.upload(reg.ClientID, kept.Certificate)
	held, err := k.GetApp(t.Context(), root, "m365", "")
	if err != nil || held.State != oauth.Valid {
		t.Fatalf("%+v %v", held, err)
	}
	got, err := k.Token(t.Context(), app)
	must(t, err)
	if c, err := k.entra.ExchangeCaller(got.Text.Reveal()); err != nil || c.Login != "" || c.Client != reg.ClientID {
		t.Errorf("%+v %v", c, err)
	}
	// The next one waits until Entra knows it.
	next, err := k.NewCertificate(t.Context(), root, "m365")
	must(t, err)
	steps, err := k.Check(t.Context(), root, "m365")
	must(t, err)
	if len(steps) != 3 || steps[1].OK || !steps[2].OK {
		t.Errorf("%+v", steps)
	}
	k.upload(reg.ClientID, next.Next)
	steps, err = k.Check(t.Context(), root, "m365")
	must(t, err)
	now, err := k.Resource(t.Context(), root, "m365")
	must(t, err)
	if len(steps) != 2 || !steps[1].OK || now.Next != nil || now.Certificate.Print != next.Next.Print {
		t.Errorf("%+v %+v", steps, now)
	}
}

func TestAFederatedCredentialIsReadFromItsFile(t *testing.T) {
	k := openContoso(t)
	file := filepath.Join(t.TempDir(), "token")
	for _, bad := range []string{"root:x:0:0", "a.b.c", "", strings.Repeat("x", 70<<10)} {
		must(t, os.WriteFile(file, []byte(bad), 0o600))
		k2 := openContoso(t)
		k2.mail("entra-v2", func(r *oauth.Resource) { r.Auth, r.Secret, r.TokenFile = oauth.WithFederation, "", file })
		before := len(k2.entra.SignIns())
		if _, err := k2.Token(t.Context(), oauth.Need{Resource: "m365", App: true}); codeOf(err) != "not-connected" || len(k2.entra.SignIns()) != before {
			t.Errorf("%.20q was sent to Entra: %v", bad, err)
		}
	}
	text, err := k.entra.WorkloadToken("system:serviceaccount:signoff:server", "")
	must(t, err)
	must(t, os.WriteFile(file, []byte(text+"\n"), 0o600))
	k.mail("entra-v2", func(r *oauth.Resource) { r.Auth, r.Secret, r.TokenFile = oauth.WithFederation, "", file })
	_, err = k.Token(t.Context(), oauth.Need{Resource: "m365", App: true})
	if m := missingOf(t, err); !strings.Contains(m.Reason, "no federated credential") { // none is set up there: Entra read the token
		t.Errorf("%+v", m)
	}
}

func TestARevokedSessionIsNoticedBeforeItHurts(t *testing.T) {
	k := openContoso(t)
	k.mail("entra-v2", nil)
	k.signIn(oauth.Ask{Resource: "m365"}, "jane")
	must(t, k.entra.Plant(entra.Fault{Name: "session-revoked"}))
	k.run()
	k.clock.add(50 * time.Hour) // nobody used it for two days
	eventually(t, "it is noticed", func() bool {
		held, wants, err := k.Mine(t.Context(), jane)
		return err == nil && held[0].State == oauth.Revoked && held[0].Problem.Code == "AADSTS50173" && held[0].Problem.Trace != "" && len(wants) == 1
	})
	k.clock.add(2 * time.Minute)
	eventually(t, "Jane is told", func() bool { return len(k.post.all()) == 1 })
	k.clock.add(time.Hour)
	if n := len(k.post.all()); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestAClaimsChallengeOfGraphIsAnswered(t *testing.T) {
	k := openContoso(t)
	k.mail("entra-v2", func(r *oauth.Resource) {
		r.Audience, r.Scopes = "https://graph.microsoft.com", []string{"openid", "profile", "offline_access", "User.Read"}
	})
	k.signIn(oauth.Ask{Resource: "m365"}, "jane")
	first, err := k.Token(t.Context(), janesMail)
	must(t, err)
	k.clock.add(time.Minute)
	must(t, k.entra.Plant(entra.Fault{Name: "graph-claims-challenge"}))
	k.clock.add(time.Minute)
	r, err := k.Client(janesMail).Get(k.entra.Addresses().Graph + "/me")
	must(t, err)
	text, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	next, err := k.Token(t.Context(), janesMail)
	if r.StatusCode != 200 || !strings.Contains(string(text), "jane@contoso.test") || err != nil || next.Text == first.Text {
		t.Errorf("%s %s %v", r.Status, text, err)
	}
	if c := claimsOf(t, next.Text.Reveal()); c["xms_cc"] == nil {
		t.Logf("this API's tokens do not say cp1: %v", c["aud"])
	}
}

func TestACredentialThatRunsOutIsToldThirtyDaysAhead(t *testing.T) {
	k := openContoso(t)
	ends := k.clock.now().Add(31*24*time.Hour + time.Hour)
	k.mail("entra-v2", func(r *oauth.Resource) { r.SecretExpires = &ends })
	for _, want := range []string{"", "the client secret of Microsoft 365 runs out in 29 days", "the client secret of Microsoft 365 has run out: nothing that needs its tokens works any more"} {
		if got, err := k.Ending(t.Context(), "m365"); err != nil || got != want {
			t.Errorf("%q %v, want %q", got, err, want)
		}
		k.clock.add(2 * 24 * time.Hour)
		if want != "" {
			k.clock.add(28 * 24 * time.Hour)
		}
	}
	if _, err := k.Ending(t.Context(), "none"); signoff.CodeOf(err) != "oauth-resource-not-found" {
		t.Error(err)
	}
}

func TestWhatEntraRefusesIsSaidToWhoConnects(t *testing.T) {
	k := openContoso(t)
	k.mail("entra-v2", nil)
	must(t, k.entra.Plant(entra.Fault{Name: "secret-expired"}))
	b, err := k.Connect(t.Context(), jane, oauth.Ask{Resource: "m365"})
	must(t, err)
	to := k.browse(func(c *http.Client) (*http.Response, error) { return c.Get(b.Address) }, "jane")
	back, err := url.Parse(to)
	must(t, err)
	out, err := k.Finish(t.Context(), oauth.Answer{Path: back.Path, Query: back.Query(), By: jane})
	must(t, err)
	if out.Problem == nil || out.Problem.Code != "AADSTS7000222" || out.Problem.Who != oauth.WhoOurs || out.Problem.Trace == "" {
		t.Errorf("%+v", out.Problem)
	}
	st, err := k.Connecting(t.Context(), jane, b.State)
	if err != nil || st.Status != "failed" || st.Problem.Code != "AADSTS7000222" {
		t.Errorf("%+v %v", st, err)
	}
	steps, err := k.Check(t.Context(), root, "m365")
	if err != nil || len(steps) != 2 || !steps[0].OK || steps[1].OK || !strings.Contains(steps[1].Detail, "secret has expired") {
		t.Errorf("%+v %v", steps, err)
	}
}
