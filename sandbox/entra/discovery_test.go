package entra

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestMetadataOfBothVersions(t *testing.T) {
	s := open(t)
	for path, want := range map[string]string{
		"/" + TenantID + "/v2.0": s.URL() + "/" + TenantID + "/v2.0",
		"/contoso.test/v2.0":     s.URL() + "/" + TenantID + "/v2.0",
		"/common/v2.0":           s.URL() + "/{tenantid}/v2.0",
		"/organizations/v2.0":    s.URL() + "/{tenantid}/v2.0",
		"/" + TenantID:           s.URL() + "/" + TenantID + "/",
		"/common":                s.URL() + "/{tenantid}/",
	} {
		m := s.do("GET", path+"/.well-known/openid-configuration", nil).must(t)
		if m.get("issuer") != want {
			t.Errorf("%s: issuer %s", path, m.get("issuer"))
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint", "device_authorization_endpoint", "userinfo_endpoint"} {
			if u, err := url.Parse(m.get(name)); err != nil || u.Scheme != "https" || strings.Contains(path, "v2.0") != strings.Contains(m.get(name), "v2.0") && name != "userinfo_endpoint" {
				t.Errorf("%s: %s is %q", path, name, m.get(name))
			}
		}
		keys := s.do("GET", m.get("jwks_uri"), nil).must(t).json["keys"].([]any)
		if len(keys) != publishedKeys {
			t.Errorf("%s: %d keys", path, len(keys))
		}
		for _, k := range keys {
			k := k.(map[string]any)
			if k["alg"] != nil || k["use"] != "sig" || (k["issuer"] == nil) == strings.Contains(path, "v2.0") {
				t.Errorf("%s: key %v", path, k)
			}
			der, _ := base64.StdEncoding.DecodeString(k["x5c"].([]any)[0].(string))
			if cert, err := x509.ParseCertificate(der); err != nil || thumbprint(cert.Raw) != k["x5t"] {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	for path, code := range map[string]float64{"/nowhere.test/v2.0": 90002, "/11111111-1111-4111-8111-111111111111": 90002, "/nonsense": 50128, "/consumers/v2.0": 50059} {
		r := s.do("GET", path+"/.well-known/openid-configuration", nil)
		if codes, _ := r.json["error_codes"].([]any); r.status != 400 || len(codes) != 1 || codes[0] != code {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
	}
}

func TestFederationMetadataHoldsTheSameKeys(t *testing.T) {
	s := open(t)
	var doc struct {
		EntityID string `xml:"entityID,attr"`
		Role     struct {
			Certs []string `xml:"KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
		} `xml:"RoleDescriptor"`
		IDP struct {
			Certs []string `xml:"KeyDescriptor>KeyInfo>X509Data>X509Certificate"`
		} `xml:"IDPSSODescriptor"`
	}
	r := s.do("GET", "/"+TenantID+"/FederationMetadata/2007-06/FederationMetadata.xml?appid="+apiID, nil)
	if err := xml.Unmarshal([]byte(r.text), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.EntityID != s.issuer(1, TenantID) || len(doc.Role.Certs) != publishedKeys || !slices.Equal(doc.Role.Certs, doc.IDP.Certs) {
		t.Errorf("%+v", doc)
	}
	der, _ := base64.StdEncoding.DecodeString(doc.IDP.Certs[0])
	if thumbprint(der) != s.keys.current().kid {
		t.Error("the first certificate is not the signing key's")
	}
	if r := s.do("GET", "/common/FederationMetadata/2007-06/FederationMetadata.xml", nil); !strings.Contains(r.text, "{tenant}") {
		t.Errorf("common: %s", r.text)
	}
}

func TestInstanceDiscoveryNamesThisHost(t *testing.T) {
	s := open(t)
	r := s.do("GET", "/common/discovery/instance?api-version=1.1&authorization_endpoint="+url.QueryEscape(s.URL()+"/common/oauth2/v2.0/authorize"), nil).must(t)
	if !strings.HasPrefix(r.get("tenant_discovery_endpoint"), s.URL()) || r.json["metadata"] == nil {
		t.Errorf("%s", r.text)
	}
}

func TestUserinfoKnowsThePersonByTheClientsSubject(t *testing.T) {
	s := open(t)
	r := s.tokens("v2", "jane", "scope", "openid profile email")
	me := s.do("GET", "/oidc/userinfo", nil, "Authorization", "Bearer "+r.get("access_token")).must(t)
	if me.get("sub") != claimsOf(t, r.get("id_token"))["sub"] || me.get("name") != "Jane Doe" || me.get("email") != "jane@contoso.test" {
		t.Errorf("%s", me.text)
	}
	if r := s.do("GET", "/oidc/userinfo", nil); r.status != 401 || r.header.Get("WWW-Authenticate") == "" {
		t.Errorf("without a token: %d", r.status)
	}
	api := s.tokens("v2", "jane").get("access_token")
	if r := s.do("GET", "/oidc/userinfo", nil, "Authorization", "Bearer "+api); r.status != 401 {
		t.Errorf("with the API's token: %d", r.status)
	}
}

func TestSigningOutTellsTheApplications(t *testing.T) {
	s := open(t)
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	r := s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", b.landed().Get("code")).must(t)
	sid, _ := claimsOf(t, r.get("id_token"))["sid"].(string)
	q := url.Values{"post_logout_redirect_uri": {callback}, "id_token_hint": {r.get("id_token")}, "state": {"bye"}}
	b.get("/" + TenantID + "/oauth2/v2.0/logout?" + q.Encode())
	frame := "http://localhost:8080/signin/logout?" + url.Values{"iss": {s.issuer(2, TenantID)}, "sid": {sid}}.Encode()
	if !strings.Contains(b.page.text, strings.ReplaceAll(frame, "&", "&amp;")) || !strings.Contains(b.page.text, callback+"?state=bye") || sid == "" {
		t.Errorf("page:\n%s", b.page.text)
	}
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("error") != "login_required" {
		t.Errorf("still signed in: %v", got)
	}
	b.get("/" + TenantID + "/oauth2/v2.0/logout?post_logout_redirect_uri=https://evil.test/")
	if strings.Contains(b.page.text, "evil.test") || b.page.header.Get("Location") != "" {
		t.Errorf("an open redirect: %d\n%s", b.page.status, b.page.text)
	}
	b = s.browser().get(s.authorizeURL("v2")).signIn("jane")
	b.get(s.authorizeURL("v2", "login_hint", "bob@contoso.test")).signIn("bob")
	b.get("/" + TenantID + "/oauth2/v2.0/logout?logout_hint=" + url.QueryEscape(loginHint(s.person("bob"))))
	if got := b.get(s.authorizeURL("v2", "prompt", "none", "login_hint", "jane@contoso.test")).landed(); got.Get("code") == "" {
		t.Errorf("signing Bob out took Jane along: %v", got)
	}
}

func TestPagesNeedNothingFromElsewhere(t *testing.T) {
	s := open(t)
	s.forget(webID)
	seen := 0
	check := func(b *browser) *browser {
		t.Helper()
		seen++
		text, policy := b.page.text, b.page.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || b.page.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("policy %q", policy)
		}
		for _, want := range []string{`<html lang="en">`, "<title>", "<h1>", `name="viewport"`} {
			if !strings.Contains(text, want) {
				t.Errorf("a page lacks %s:\n%s", want, text)
			}
		}
		for _, never := range []string{"src=\"http", "@import", "onclick", "style="} {
			if strings.Contains(text, never) {
				t.Errorf("a page has %s:\n%s", never, text)
			}
		}
		if strings.Count(text, "<input")-strings.Count(text, `type="hidden"`) > strings.Count(text, "<label") {
			t.Errorf("a field has no label:\n%s", text)
		}
		return b
	}
	b := check(s.browser().get(s.authorizeURL("v2")))
	check(b.press("account", "account", s.person("jane").ID))
	check(b.press("password", "login", "jane@contoso.test", "password", "signoff"))
	check(s.browser().get("/devicelogin"))
	check(s.browser().get("/error?code=65001"))
	check(s.browser().get(s.authorizeURL("v2", "redirect_uri", "https://evil.test")))
	check(s.browser().get("/sandbox/entra/"))
	check(s.browser().get("/sandbox/entra/apps/" + seedID(0xb0, webSeed)))
	if css := s.do("GET", "/sandbox/entra/style.css", nil).text; !strings.Contains(css, "prefers-color-scheme: dark") || strings.Contains(css, "url(") {
		t.Error("the style sheet has no dark form, or loads something")
	}
	if seen != 8 {
		t.Errorf("%d pages seen", seen)
	}
}
