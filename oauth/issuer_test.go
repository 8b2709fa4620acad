package oauth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/seal"
)

// issuing is Contoso's Entra and a service at an https address that Entra can
// fetch keys from.
type issuing struct {
	*contoso
	site *httptest.Server
}

func openIssuing(t *testing.T) *issuing {
	t.Helper()
	c := &clock{at: time.Now().UTC().Truncate(time.Second)}
	dir := t.TempDir()
	e, err := entra.Open(t.Context(), entra.Options{Dir: dir, Now: c.now})
	must(t, err)
	t.Cleanup(func() { must(t, e.Close()) })
	settings, _, err := sandbox.Certificates(dir, c.now())
	must(t, err)
	k := &issuing{}
	k.site = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { k.publish(w, r) }))
	k.site.TLS = settings
	k.site.StartTLS()
	t.Cleanup(k.site.Close)
	at, err := url.Parse(k.site.URL)
	must(t, err)
	k.contoso = &contoso{entra: e, kit: newKitAt(t, c, "https://localhost:"+at.Port(), clientFor(t, e))}
	return k
}

// publish is what httpapi does with the issuer.
func (k *issuing) publish(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/openid-configuration") {
		answer(w, 200, map[string]string{"issuer": k.Issuer(), "jwks_uri": k.Issuer() + "/keys"})
		return
	}
	keys, err := k.IssuerKeys(r.Context())
	must(k.T, err)
	answer(w, 200, map[string]any{"keys": keys})
}

// trust registers a federated credential, as an administrator does in the portal.
func (k *contoso) trust(client string, f oauth.Federation) {
	k.Helper()
	body, err := json.Marshal(map[string]any{"name": "signoff", "issuer": f.Issuer, "subject": f.Subject, "audiences": []string{f.Audience}})
	must(k.T, err)
	req, err := http.NewRequest(http.MethodPost, k.entra.Addresses().Graph+"/applications(appId='"+client+"')/federatedIdentityCredentials", bytes.NewReader(body))
	must(k.T, err)
	req.Header.Set("Authorization", "Bearer "+k.setupToken())
	req.Header.Set("Content-Type", "application/json")
	r, err := k.http.Do(req)
	must(k.T, err)
	_ = r.Body.Close()
	if r.StatusCode/100 != 2 {
		k.Fatal(r.Status)
	}
}

func (k *contoso) setupToken() string {
	k.Helper()
	script := k.registration("Setup Script")
	r, err := k.http.PostForm(k.entra.URL()+"/"+k.entra.Addresses().Tenant+"/oauth2/v2.0/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {script.ClientID}, "client_secret": {script.Secret}, "scope": {"https://graph.microsoft.com/.default"}})
	must(k.T, err)
	defer r.Body.Close()
	var token struct {
		Access string `json:"access_token"`
	}
	must(k.T, json.NewDecoder(r.Body).Decode(&token))
	return token.Access
}

func kidOf(t *testing.T, assertion string) string {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(assertion, ".")[0])
	must(t, err)
	var h struct{ Kid string }
	must(t, json.Unmarshal(raw, &h))
	return h.Kid
}

func TestEntraTakesATokenThatThisServerSignedItself(t *testing.T) {
	k := openIssuing(t)
	kept := k.mail("entra-v2", func(r *oauth.Resource) { r.Auth, r.Secret = oauth.WithOwnIssuer, "" })
	want := oauth.Federation{Issuer: k.Issuer(), Subject: "oauth-resource:m365", Audience: "api://AzureADTokenExchange"}
	if kept.Trust == nil || *kept.Trust != want || !kept.Ends.IsZero() {
		t.Fatalf("%+v", kept.Trust)
	}
	app := oauth.Need{Resource: "m365", App: true}
	_, err := k.Token(t.Context(), app)
	if m := missingOf(t, err); !strings.Contains(m.Reason, "no federated credential") {
		t.Errorf("before it is registered: %+v", m)
	}
	k.trust(kept.ClientID, *kept.Trust)
	held, err := k.GetApp(t.Context(), root, "m365", "")
	if err != nil || held.State != oauth.Valid {
		t.Fatalf("%+v %+v %v", held, held.Problem, err)
	}
	steps, err := k.Check(t.Context(), root, "m365")
	if err != nil || len(steps) != 2 || !steps[1].OK {
		t.Errorf("%+v %v", steps, err)
	}
}

// signing is a node whose tokens of its own go to a provider that keeps what it
// is sent.
type signing struct {
	*kit
	provider *strict
}

func openSigning(t *testing.T) *signing {
	k := newKit(t, nil)
	p := newStrict(t, k.clock.now)
	_, err := k.Save(t.Context(), root, oauth.Resource{Name: "m365", Title: "Microsoft 365", Type: "entra-v2", Tenant: "contoso.test", TokenURL: p.URL + "/token",
		AuthorizationURL: p.URL + "/authorize", ClientID: "us", Auth: oauth.WithOwnIssuer, Audience: "https://graph.microsoft.com"}, 0)
	must(t, err)
	return &signing{k, p}
}

// sent has the node ask for a token, and returns the key its own was signed with.
func (k *signing) sent() string {
	k.Helper()
	held, err := k.GetApp(k.Context(), root, "m365", "")
	if must(k.T, err); held.State != oauth.Valid {
		k.Fatalf("%+v", held.Problem)
	}
	var text string
	k.provider.with(func() { text = k.provider.forms[len(k.provider.forms)-1]["client_assertion"] })
	return kidOf(k.T, text)
}

func (k *signing) published() map[string]bool {
	k.Helper()
	keys, err := k.IssuerKeys(k.Context())
	must(k.T, err)
	ids := map[string]bool{}
	for _, key := range keys {
		if ids[key.ID] = true; key.Type != "RSA" || key.Algorithm != "RS256" || key.Exponent != "AQAB" || len(key.Modulus) < 342 {
			k.Errorf("%+v", key)
		}
	}
	return ids
}

// The issuer's keys turn over while the server works: each can be fetched for
// days before it signs, and for days after.
func TestAKeyOfTheIssuerCanBeFetchedBeforeAndAfterItSigns(t *testing.T) {
	k := openSigning(t)
	if len(k.published()) != 0 {
		t.Error("there is a key though nobody needed one")
	}
	const day = 24 * time.Hour
	since, signed, used := map[string]time.Time{}, map[string]time.Time{}, []string{}
	for range 400 {
		now, id := k.clock.now(), k.sent()
		if n := len(used); n == 0 || used[n-1] != id {
			if n > 0 && (since[id].IsZero() || now.Sub(since[id]) < 2*day) {
				t.Errorf("%s signs, and could be fetched since %v", id, since[id])
			}
			used = append(used, id)
		}
		signed[id] = now
		published := k.published()
		for one := range published {
			if since[one].IsZero() {
				since[one] = now
			}
		}
		for one, last := range signed {
			if now.Sub(last) < 5*day && !published[one] {
				t.Errorf("%s signed %v ago and cannot be fetched", one, now.Sub(last))
			}
		}
		if len(published) > 3 {
			t.Errorf("%d keys can be fetched", len(published))
		}
		k.clock.add(day)
	}
	if len(used) != 5 { // one every 90 days
		t.Errorf("%d keys signed in 400 days", len(used))
	}
	k.clock.add(500 * day) // nobody needed one for long: the old key signs until the next is known
	last := used[len(used)-1]
	if id := k.sent(); id != last || len(k.published()) < 2 {
		t.Errorf("%s signs at once", id)
	}
	k.clock.add(4 * day)
	if id := k.sent(); id == last {
		t.Error("the old key signs for ever")
	}
}

// Nodes that need the first key at once end up with one; a key that is locked
// with a master key that is lost is replaced.
func TestNodesSignWithOneKey(t *testing.T) {
	k := openSigning(t)
	var wg sync.WaitGroup
	for range 8 {
		other := kitOver(t, k.store, k.clock, k.key, nil)
		wg.Go(func() {
			if held, err := other.GetApp(context.Background(), root, "m365", ""); err != nil || held.State != oauth.Valid {
				t.Errorf("%+v %v", held, err)
			}
		})
	}
	wg.Wait()
	ids := map[string]bool{}
	k.provider.with(func() {
		for _, f := range k.provider.forms {
			ids[kidOf(t, f["client_assertion"])] = true
		}
	})
	if len(ids) != 1 || len(k.published()) != 1 {
		t.Errorf("signed with %v, published %v", ids, k.published())
	}
	k.clock.add(2 * time.Hour)
	lost := &signing{kitOver(t, k.store, k.clock, seal.NewKey(), nil), k.provider}
	if id := lost.sent(); ids[id] || !lost.published()[id] || len(lost.published()) != 1 {
		t.Errorf("it signs with %s, and %v can be fetched", id, lost.published())
	}
}

func TestOnlyEntraFetchesKeysAndOnlyOverHTTPS(t *testing.T) {
	for name, tt := range map[string]struct {
		public string
		change func(*oauth.Resource)
	}{
		"another type":  {"https://signoff.example.com", func(r *oauth.Resource) { r.Type, r.Tenant, r.Issuer = "openid", "", "https://login.example.com" }},
		"without https": {"http://signoff.example.com", func(*oauth.Resource) {}},
	} {
		c := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
		k := newKitAt(t, c, tt.public, nil)
		r := oauth.Resource{Name: "m365", Title: "Microsoft 365", Type: "entra-v2", Tenant: "contoso.test", ClientID: "us", Auth: oauth.WithOwnIssuer}
		tt.change(&r)
		if _, err := k.Save(t.Context(), root, r, 0); codeOf(err) != "bad-oauth-resource" || !strings.Contains(err.Error(), "own-issuer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEachCloudHasAnAudienceOfItsOwn(t *testing.T) {
	k := newKit(t, nil)
	for authority, want := range map[string]string{"": "api://AzureADTokenExchange", "https://login.microsoftonline.com": "api://AzureADTokenExchange",
		"https://login.microsoftonline.us": "api://AzureADTokenExchangeUSGov", "https://login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
		"https://evil.test/login.microsoftonline.us": "api://AzureADTokenExchange"} {
		kept, err := k.Save(t.Context(), root, oauth.Resource{Name: "c" + strings.NewReplacer("/", "-", ":", "").Replace(authority), Title: "C", Type: "entra-v2", Authority: authority,
			Tenant: "contoso.test", ClientID: "us", Auth: oauth.WithOwnIssuer}, 0)
		if err != nil || kept.Trust.Audience != want {
			t.Errorf("%s: %+v %v", authority, kept.Trust, err)
		}
	}
}
