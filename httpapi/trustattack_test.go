package httpapi_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

// Each of these is sent to the server as a client would. What package trust
// makes of every single forgery stands in its own attacks_test.go; here is shown
// that nothing of it gets past the door, and what its sender is told.

type claims = map[string]any

type forgery struct {
	name, code string
	status     int
	token      string
}

func enc(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// forgeries of signature and header, made from a good token.
func forgeries(f *firm) []forgery {
	good := f.person("jane")
	p := strings.Split(good, ".")
	head := func(h claims) string { return f.token("Workflow API", "Web Client", "jane", h, nil) }
	swapped := func(h claims) string { return enc(text(h)) + "." + p[1] + "." + p[2] }
	mac := hmac.New(sha256.New, []byte("-----BEGIN PUBLIC KEY-----"))
	mac.Write([]byte(enc(`{"alg":"HS256","typ":"JWT"}`) + "." + p[1]))
	evil := claims{"jku": "https://evil.test/keys", "x5u": "https://evil.test/cert", "jwk": claims{"kty": "RSA", "n": "AQAB", "e": "AQAB"}}
	return []forgery{
		{"alg none", "token-unsigned", 401, swapped(claims{"alg": "none"})},
		{"alg nOnE", "token-unsigned", 401, swapped(claims{"alg": "nOnE"})},
		{"alg missing", "token-unsigned", 401, swapped(claims{"typ": "JWT"})},
		{"no signature", "token-form", 401, p[0] + "." + p[1] + "."},
		{"HS256 with a public text as its secret", "token-unsigned", 401, enc(`{"alg":"HS256","typ":"JWT"}`) + "." + p[1] + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))},
		{"called PS256", "token-algorithm", 401, head(claims{"alg": "PS256"})},
		{"signed by somebody else, key in the header", "token-signature", 401, mallory(f, evil)},
		{"signed by somebody else, under a name of theirs", "token-key", 401, mallory(f, claims{"kid": "mallory"})},
		{"kid with a path", "token-key", 401, head(claims{"kid": "../../etc/passwd"})},
		{"kid with SQL", "token-key", 401, head(claims{"kid": "' or 1=1 --"})},
		{"kid a list", "token-key", 401, head(claims{"kid": []string{"a"}})},
		{"crit", "token-critical", 401, head(claims{"crit": []string{"exp"}})},
		{"b64 false", "token-critical", 401, head(claims{"b64": false, "crit": []string{"b64"}})},
		{"typ of another kind", "token-type", 401, head(claims{"typ": "logout+jwt"})},
		{"five parts", "token-form", 401, good + ".x.y"},
		{"JSON serialisation", "token-form", 401, `{"payload":"` + p[1] + `"}`},
		{"an opaque text", "token-form", 401, "opaque"},
		{"nothing", "token-form", 401, ""},
		{"padding", "token-encoding", 401, p[0] + "=." + p[1] + "." + p[2]},
		{"garbage behind", "token-encoding", 401, good + "!"},
		{"claims changed", "token-signature", 401, p[0] + "." + enc(strings.Replace(decoded(p[1]), "user_impersonation", "user_impersonatioN", 1)) + "." + p[2]},
		{"signature of zeroes", "token-signature", 401, p[0] + "." + p[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 256))},
		{"members twice", "token-header", 401, enc(`{"alg":"none","alg":"RS256"}`) + "." + p[1] + "." + p[2]},
		{"deeper than anybody writes", "token-claims", 401, p[0] + "." + enc(strings.Repeat(`{"a":`, 500)+"1"+strings.Repeat("}", 500)) + "." + p[2]},
		{"longer than any token", "token-too-large", 401, good + strings.Repeat("A", 17<<10)},
	}
}

func decoded(part string) string {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// mallory signs what jane's token says with a key of her own.
func mallory(f *firm, header claims) string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(f.t, err)
	p := strings.Split(f.person("jane"), ".")
	var h claims
	must(f.t, json.Unmarshal([]byte(decoded(p[0])), &h))
	maps.Copy(h, header)
	signed := enc(text(h)) + "." + p[1]
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, 5, sum[:]) // 5: crypto.SHA256
	must(f.t, err)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// lies are signed by the tenant itself and say something that must not count.
func lies(f *firm) []forgery {
	now := time.Now().Unix()
	tenant := f.entra.Addresses().Tenant
	say := func(c claims) string { return f.person("jane", c) }
	other := "99999999-7e57-4000-8000-000000000001"
	return []forgery{
		{"expired", "token-expired", 401, say(claims{"iat": now - 4000, "nbf": now - 4000, "exp": now - 310})},
		{"expired within the clocks' difference", "", 200, say(claims{"iat": now - 4000, "nbf": now - 4000, "exp": now - 200})},
		{"exp missing", "token-times", 401, say(claims{"exp": nil})},
		{"exp text", "token-times", 401, say(claims{"exp": "4000000000"})},
		{"exp huge", "token-times", 401, say(claims{"exp": 1e18})},
		{"not yet", "token-not-yet", 401, say(claims{"nbf": now + 400})},
		{"not yet, within the clocks' difference", "", 200, say(claims{"nbf": now + 200})},
		{"issued in the future", "token-issued-later", 401, say(claims{"iat": now + 400})},
		{"aud missing", "token-audience", 401, say(claims{"aud": nil})},
		{"aud empty", "token-audience", 401, say(claims{"aud": ""})},
		{"aud of Graph", "token-audience", 401, say(claims{"aud": "00000003-0000-0000-c000-000000000000"})},
		{"aud of the client: an ID token", "token-audience", 401, say(claims{"aud": f.registered("Web Client").ClientID})},
		{"aud with ours in front", "token-audience", 401, say(claims{"aud": f.registered("Workflow API").ClientID + "y"})},
		{"iss of another tenant", "token-tenant", 401, say(claims{"iss": f.entra.URL() + "/" + other + "/v2.0", "tid": other})},
		{"iss and tid of different tenants", "token-tenant", 401, say(claims{"tid": other})},
		{"iss without its end", "token-issuer", 401, say(claims{"iss": f.entra.URL() + "/" + tenant})},
		{"iss with a slash", "token-issuer", 401, say(claims{"iss": f.entra.URL() + "/" + tenant + "/v2.0/"})},
		{"iss that looks alike", "token-issuer", 401, say(claims{"iss": "https://login.microsoftonline.com.evil.test/" + tenant + "/v2.0"})},
		{"iss a template", "token-issuer", 401, say(claims{"iss": f.entra.URL() + "/{tenantid}/v2.0"})},
		{"v1 form with ver 2.0", "token-version", 401, say(claims{"iss": f.entra.URL() + "/" + tenant + "/"})},
		{"scp missing", "token-scope", 403, say(claims{"scp": nil, "idtyp": "user"})},
		{"scp a list", "token-rights", 401, say(claims{"scp": []string{"user_impersonation"}})},
		{"scp that begins alike", "token-scope", 403, say(claims{"scp": "user_impersonation2"})},
		{"roles text", "token-rights", 401, say(claims{"roles": "Admin"})},
		{"oid missing", "token-person", 401, say(claims{"oid": nil})},
		{"tid missing", "token-tenant", 401, say(claims{"tid": nil})},
		{"a guest", "token-guest", 403, say(claims{"acct": 1})},
		{"an application in a person's place", "token-rights", 401, say(claims{"idtyp": "app"})},
		{"bound to a key", "token-bound", 401, say(claims{"cnf": claims{"jkt": "x"}})},
	}
}

func TestForgedAndLyingTokensAreRefusedAtTheDoor(t *testing.T) {
	f := newFirm(t)
	f.trusts()
	for _, a := range append(forgeries(f), lies(f)...) {
		status, p, answer, body := f.bearer("/api/v1/me", a.token)
		if status != a.status || p.Code != a.code {
			t.Errorf("%s: %d %s, want %d %s", a.name, status, body, a.status, a.code)
			continue
		}
		if status == 200 {
			continue
		}
		challenge := answer.Header.Get("WWW-Authenticate")
		known, _ := api.CodeByName(p.Code)
		if !strings.HasPrefix(challenge, `Bearer realm="signoff", error="`) || !strings.Contains(challenge, `error_description="`+p.Detail+`"`) ||
			!strings.Contains(challenge, "resource_metadata=") || known.Status != status {
			t.Errorf("%s: challenge %s", a.name, challenge)
		}
		// What the setting demands and the token says is for administrators.
		for _, secret := range []string{f.registered("Workflow API").ClientID, "contoso", "jane", "evil.test"} {
			if strings.Contains(body+challenge, secret) {
				t.Errorf("%s: the caller is told %q: %s", a.name, secret, body)
			}
		}
	}
}

func TestTheLogSaysWhyUnderTheRequestsID(t *testing.T) {
	f := newFirm(t)
	f.trusts()
	_, p, answer, _ := f.bearer("/api/v1/me", f.person("jane", claims{"aud": "something-else"}))
	log := f.Log.String()
	line := ""
	for l := range strings.SplitSeq(log, "\n") {
		if strings.Contains(l, "token refused") && strings.Contains(l, "request="+p.RequestID+" ") {
			line = l
		}
	}
	if p.RequestID == "" || p.RequestID != answer.Header.Get("X-Request-Id") {
		t.Errorf("%+v", p)
	}
	for _, want := range []string{"code=token-audience", "something-else", f.registered("Workflow API").ClientID, "signature: passed; ", "audience: failed"} {
		if !strings.Contains(line, want) {
			t.Errorf("the log does not say %q: %s", want, line)
		}
	}
	for range 100 {
		f.bearer("/api/v1/me", "garbage")
	}
	if n := strings.Count(f.Log.String(), "token refused"); n > 2*60+1 {
		t.Errorf("garbage fills the log: %d lines", n)
	}
}

func TestCredentialsThatAreNoneAreRefused(t *testing.T) {
	f := newFirm(t)
	f.trusts()
	good := f.person("jane")
	for _, tt := range []struct {
		name, path, code string
		status           int
		header           []string
	}{
		{"lower case", "/api/v1/me", "", 200, []string{"bearer " + good}},
		{"upper case", "/api/v1/me", "", 200, []string{"BEARER " + good}},
		{"more spaces", "/api/v1/me", "", 200, []string{"Bearer   " + good}},
		{"K2's address in their letters", "/API/Workflow/V1/Tasks", "", 200, []string{"bearer " + good}},
		{"two headers", "/api/v1/me", "two-credentials", 400, []string{"Bearer " + good, "Bearer " + good}},
		{"two kinds", "/api/v1/me", "two-credentials", 400, []string{basicOf("ana"), "Bearer " + good}},
		{"two in one", "/api/v1/me", "token-form", 401, []string{"Bearer " + good + ", Bearer " + good}},
		{"in the address", "/api/v1/me?access_token=" + good, "token-in-address", 400, nil},
		{"in the address and the header", "/api/v1/me?access_token=" + good, "token-in-address", 400, []string{"Bearer " + good}},
		{"in the address, K2", "/api/workflow/v1/tasks?access_token=" + good, "", 400, nil},
		{"nothing behind the scheme", "/api/v1/me", "token-form", 401, []string{"Bearer"}},
		{"another scheme", "/api/v1/me", "unknown-scheme", 401, []string{"DPoP " + good}},
	} {
		status, p, answer, body := sendWith(t, f.URL+tt.path, tt.header...)
		if status != tt.status || tt.code != "" && p.Code != tt.code {
			t.Errorf("%s: %d %s", tt.name, status, body)
		}
		if status == 200 && (answer.Header.Get("Cache-Control") != "no-store" || !strings.Contains(strings.Join(answer.Header.Values("Vary"), ","), "Authorization")) {
			t.Errorf("%s: may be kept by somebody between: %v", tt.name, answer.Header)
		}
		if strings.Contains(body+strings.Join(answer.Header.Values("WWW-Authenticate"), ""), good[:40]) {
			t.Errorf("%s: the token comes back: %s", tt.name, body)
		}
	}
	if strings.Contains(f.Log.String(), good[len(good)-40:]) {
		t.Error("a token's signature is in the log")
	}
}

// What goes on after a request was taken, such as a stream of events, asks who
// its caller still is: a token that counts no longer ends it.
func TestWhatATokenBeganEndsWithIt(t *testing.T) {
	f := newFirm(t)
	f.trusts()
	var taken context.Context
	door := f.API.Identity.Authenticate(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { taken = context.WithoutCancel(r.Context()) }),
		func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) })
	r := httptest.NewRequest("GET", "/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer "+f.person("jane"))
	door.ServeHTTP(httptest.NewRecorder(), r)
	if c, err := f.API.Identity.Still(taken); err != nil || c.Login != "jane" || c.How != "bearer" || c.Via != "contoso.test, "+f.registered("Web Client").ClientID {
		t.Errorf("%+v %v", c, err)
	}
	f.as("admin", "PUT", "/trust", api.SetTrust{Issuers: []api.TrustedIssuer{}}, nil)
	if _, err := f.API.Identity.Still(taken); signoff.CodeOf(err) != "token-issuer" {
		t.Errorf("%v", err)
	}
}
