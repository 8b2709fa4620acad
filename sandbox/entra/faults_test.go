package entra

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// provoke makes the request that a fault of each kind strikes.
func (s *tenantOf) provoke(at point, refresh, incoming string) reply {
	s.t.Helper()
	secret := []string{"client_id", webID, "client_secret", seedSecret(webSeed)}
	switch at {
	case atRequest, atClient:
		return s.daemon()
	case atSignIn:
		return s.ask("v2", "grant_type", "password", "client_id", nativeID, "username", "jane@contoso.test", "password", "signoff", "scope", "api://"+apiID+"/.default")
	case atRedeem:
		s.heal()
		return reply{}
	case atOBO:
		return s.ask("v2", "grant_type", grantOBO, "client_id", apiID, "client_secret", seedSecret(apiSeed), "assertion", incoming,
			"requested_token_use", "on_behalf_of", "scope", "User.Read")
	case atDevice:
		return s.do("POST", "/"+TenantID+"/oauth2/v2.0/devicecode", []byte("scope=openid&client_id="+nativeID), "Content-Type", "application/x-www-form-urlencoded")
	}
	return s.ask("v2", append([]string{"grant_type", "refresh_token", "refresh_token", refresh}, secret...)...)
}

func TestEverySwitchWithACodeLeadsToIt(t *testing.T) {
	s := open(t)
	first := s.tokens("v2", "jane")
	for _, sw := range Switches() {
		if sw.Code == 0 || sw.where == special {
			continue
		}
		t.Run(sw.Name, func(t *testing.T) {
			row, ok := refusal(sw.Code)
			if !ok {
				t.Fatalf("AADSTS%d is not in the table", sw.Code)
			}
			var got reply
			if sw.where == atRedeem {
				code := s.code("v2", "jane")
				s.plant(Fault{Name: sw.Name, Times: 1})
				got = s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", code)
			} else {
				s.plant(Fault{Name: sw.Name, Times: 1})
				got = s.provoke(sw.where, first.get("refresh_token"), first.get("access_token"))
			}
			got.refused(t, sw.Code, row.kind)
			if strings.Contains(got.text, "%!") || strings.Contains(got.text, "%s") {
				t.Errorf("the words are not filled in: %s", got.text)
			}
			if len(s.Faults()) != 0 {
				t.Error("a fault for one time is still on")
				s.heal()
			}
		})
	}
	s.provoke(atIssue, first.get("refresh_token"), "").must(t)
}

func TestEveryRefusalHasAPageAndWordsThatFit(t *testing.T) {
	s := open(t)
	seen := map[int]bool{}
	for _, r := range refusals {
		if seen[r.code] {
			t.Errorf("AADSTS%d stands twice in the table", r.code)
		}
		seen[r.code] = true
		page := s.do("GET", fmt.Sprintf("/error?code=%d", r.code), nil)
		if page.status != 200 || !strings.Contains(page.text, fmt.Sprintf("AADSTS%d", r.code)) || strings.Contains(page.text, "%s") {
			t.Errorf("the page of %d: %s", r.code, page.text)
		}
	}
	if r := s.do("GET", "/error?code=1", nil); r.status != 404 {
		t.Errorf("status %d for an unknown code", r.status)
	}
}

// A code that nothing leads to would be a promise: each row of the table is
// behind a switch or somewhere in the code.
func TestEveryRefusalCanHappen(t *testing.T) {
	reached := map[int]bool{}
	for _, sw := range Switches() {
		reached[sw.Code] = true
	}
	files, _ := filepath.Glob("*.go")
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:aad\(|\t\{)(\d{5,7})[,)]`).FindAllStringSubmatch(string(text), -1) {
			if n, _ := strconv.Atoi(m[1]); name != "errors.go" {
				reached[n] = true
			}
		}
	}
	for _, r := range refusals {
		if !reached[r.code] {
			t.Errorf("nothing leads to AADSTS%d", r.code)
		}
	}
}

func TestAFaultStrikesOnlyItsTarget(t *testing.T) {
	s := open(t)
	first, second := s.tokens("v2", "jane"), s.tokens("v2", "bob")
	s.plant(Fault{Name: "ca-blocked", User: "jane@contoso.test"})
	s.plant(Fault{Name: "secret-expired", App: webID})
	s.daemon().must(t)
	refresh := func(r reply) reply {
		return s.ask("v2", "grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", r.get("refresh_token"))
	}
	refresh(first).refused(t, 7000222, "invalid_client")
	if err := s.Heal("secret-expired"); err != nil {
		t.Fatal(err)
	}
	refresh(first).refused(t, 53003, "access_denied")
	refresh(second).must(t)
	s.browser().get(s.authorizeURL("v2")).signIn("jane").shows("53003")
	s.browser().get(s.authorizeURL("v2")).signIn("bob").landed()
}

func TestASecondFactorSatisfiesThePolicyThatWantsIt(t *testing.T) {
	s := open(t)
	s.plant(Fault{Name: "mfa-required"})
	b := s.browser().get(s.authorizeURL("v1")).signIn("jane")
	if !strings.Contains(b.page.text, "Approve sign-in request") {
		t.Fatalf("no second factor:\n%s", b.page.text)
	}
	code := b.press("factor").landed().Get("code")
	r := s.ask("v1", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", code).must(t)
	if amr := fmt.Sprint(claimsOf(t, r.get("access_token"))["amr"]); amr != "[pwd mfa]" {
		t.Errorf("amr %s", amr)
	}
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("code") == "" {
		t.Errorf("the session forgot the second factor: %v", got)
	}
	s.plant(Fault{Name: "mfa-expired"})
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); !strings.HasPrefix(got.Get("error_description"), "AADSTS50078") {
		t.Errorf("silently with an expired factor: %v", got)
	}
}

func TestAnAuthenticationContextIsAskedForByClaims(t *testing.T) {
	s := open(t)
	first := s.tokens("v2", "jane")
	const want = `{"access_token":{"acrs":{"essential":true,"value":"c1"}}}`
	r := s.ask("v2", "grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", first.get("refresh_token"), "claims", want)
	r.refused(t, 50076, "interaction_required")
	if r.get("claims") != want {
		t.Errorf("claims %s", r.get("claims"))
	}
	s.edit(webID, func(a *application) {})
	b := s.browser().get(s.authorizeURL("v2", "claims", want)).signIn("jane").press("factor")
	r = s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", b.landed().Get("code")).must(t)
	if acrs := fmt.Sprint(claimsOf(t, r.get("access_token"))["acrs"]); acrs != "[c1]" {
		t.Errorf("acrs %s", acrs)
	}
}

func TestATokenCanBeWrongInEveryWay(t *testing.T) {
	s := open(t)
	refresh := s.tokens("v2", "jane").get("refresh_token")
	token := func(f Fault) string {
		t.Helper()
		f.Times = 1
		s.plant(f)
		return s.provoke(atIssue, refresh, "").must(t).get("access_token")
	}
	claims := func(f Fault) map[string]any { t.Helper(); return claimsOf(t, token(f)) }
	if c := claims(Fault{Name: "token-claims", Value: `{"exp":1,"oid":null,"x":[1]}`}); fmt.Sprint(c["exp"]) != "1" || c["oid"] != nil || c["x"] == nil {
		t.Errorf("overlaid %v", c)
	}
	if c := claims(Fault{Name: "token-audience", Value: "api://other"}); c["aud"] != "api://other" {
		t.Errorf("aud %v", c["aud"])
	}
	if c := claims(Fault{Name: "scope-missing"}); c["scp"] != nil {
		t.Errorf("scp %v", c["scp"])
	}
	if c := claims(Fault{Name: "token-version", Value: "1"}); c["ver"] != "1.0" {
		t.Errorf("ver %v", c["ver"])
	}
	if c := claims(Fault{Name: "token-lifetime", Value: "7"}); sub(c["exp"], c["iat"]) != 7 {
		t.Errorf("lives from %v to %v", c["iat"], c["exp"])
	}
	for _, name := range []string{"token-key", "token-signature"} {
		j, _ := parseJWS(token(Fault{Name: name}))
		if key := s.keys.byID(j.header.Kid); key != nil && j.verify(publicOf(key)) == nil {
			t.Errorf("%s: the signature is good", name)
		}
	}
	if j, _ := parseJWS(token(Fault{Name: "token-kid", Value: "../../etc/passwd"})); j.header.Kid != "../../etc/passwd" {
		t.Errorf("kid %s", j.header.Kid)
	}
	j, _ := parseJWS(s.provoke(atIssue, refresh, "").get("access_token"))
	if key := s.keys.byID(j.header.Kid); key == nil || j.verify(publicOf(key)) != nil {
		t.Error("a healthy token does not verify")
	}
	s.plant(Fault{Name: "role-missing", Times: 1})
	if c := claimsOf(t, s.daemon().must(t).get("access_token")); c["roles"] != nil {
		t.Errorf("roles %v", c["roles"])
	}
	s.plant(Fault{Name: "token-type", Times: 1})
	s.plant(Fault{Name: "expires-in-missing", Times: 1})
	if r := s.daemon().must(t); r.get("token_type") != "mac" || r.json["expires_in"] != nil {
		t.Errorf("answer %s", r.text)
	}
	s.plant(Fault{Name: "scope-reduced", Times: 1})
	if r := s.provoke(atIssue, refresh, "").must(t); r.get("scope") != "openid" {
		t.Errorf("scope %s", r.get("scope"))
	}
	s.plant(Fault{Name: "state-lost", Times: 1})
	if got := s.browser().get(s.authorizeURL("v2")).signIn("jane").landed(); got.Get("state") == "s 1" {
		t.Error("the state was not lost")
	}
	s.plant(Fault{Name: "id-token-claims", Value: `{"nonce":"other"}`, Times: 1})
	if c := claimsOf(t, s.tokens("v2", "jane").get("id_token")); c["nonce"] != "other" {
		t.Errorf("nonce %v", c["nonce"])
	}
}

func sub(a, b any) int64 {
	x, _ := a.(json.Number)
	y, _ := b.(json.Number)
	m, _ := x.Int64()
	n, _ := y.Int64()
	return m - n
}

func TestTheClockCanBeWrong(t *testing.T) {
	s := open(t)
	s.plant(Fault{Name: "clock", Value: "-7200"})
	c := claimsOf(t, s.daemon().must(t).get("access_token"))
	n, _ := c["exp"].(json.Number).Int64()
	if time.Unix(n, 0).After(time.Now()) {
		t.Errorf("exp %v is in the future", c["exp"])
	}
}

func TestAProviderCanMisbehave(t *testing.T) {
	s := open(t)
	path := "/" + TenantID + "/discovery/v2.0/keys"
	get := func() (reply, error) {
		resp, err := s.http.Get(s.URL() + path)
		if err != nil {
			return reply{}, err
		}
		return read(t, resp), nil
	}
	for name, check := range map[string]func(reply) bool{
		"provider-error":     func(r reply) bool { return r.status == 503 && r.text == "" },
		"provider-throttled": func(r reply) bool { return r.status == 429 && r.header.Get("Retry-After") == "10" },
		"provider-garbage":   func(r reply) bool { return r.status == 200 && r.json == nil && r.text != "" },
		"provider-html": func(r reply) bool {
			return r.status == 200 && strings.HasPrefix(r.header.Get("Content-Type"), "text/html")
		},
		"provider-empty":    func(r reply) bool { return r.status == 200 && r.text == "" },
		"provider-huge":     func(r reply) bool { return len(r.text) == 3_000_000 },
		"provider-deep":     func(r reply) bool { return strings.Count(r.text, "[") == 100_000 },
		"provider-redirect": func(r reply) bool { return r.status == 302 },
		"provider-slow":     func(r reply) bool { return r.json["keys"] != nil },
	} {
		f := Fault{Name: name, Endpoint: "keys", Times: 1, Value: map[string]string{"provider-error": "503", "provider-huge": "3000000", "provider-slow": "0"}[name]}
		s.plant(f)
		if r, err := get(); err != nil || !check(r) {
			t.Errorf("%s: %v %d %.80q", name, err, r.status, r.text)
		}
		if r, err := get(); err != nil || r.json["keys"] == nil {
			t.Errorf("after %s: %v %d", name, err, r.status)
		}
	}
	for _, name := range []string{"provider-down", "provider-truncated"} {
		s.plant(Fault{Name: name, Endpoint: "keys"})
		resp, err := s.http.Get(s.URL() + path)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: the whole answer came", name)
		}
		s.heal()
	}
	// A stalled answer ends with its client, or with the server.
	s.plant(Fault{Name: "provider-stalls", Endpoint: "keys"})
	resp, err := s.http.Get(s.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := resp.Body.Read(make([]byte, 1)); err != nil {
		t.Errorf("nothing came before the stall: %v", err)
	}
	resp.Body.Close()
}

func TestKeySetsCanBeWrong(t *testing.T) {
	s := open(t)
	keys := func(f Fault) []any {
		t.Helper()
		f.Times = 1
		s.plant(f)
		list, _ := s.do("GET", "/"+TenantID+"/discovery/v2.0/keys", nil).json["keys"].([]any)
		return list
	}
	one := func(f Fault) map[string]any { t.Helper(); return keys(f)[0].(map[string]any) }
	if n := len(keys(Fault{Name: "keys-empty"})); n != 0 {
		t.Errorf("%d keys", n)
	}
	if k := one(Fault{Name: "keys-stale"}); k["kid"] == s.keys.current().kid {
		t.Error("the signing key is there")
	}
	if k := one(Fault{Name: "keys-weak"}); len(k["n"].(string)) > 90 {
		t.Errorf("n %v", k["n"])
	}
	if k := one(Fault{Name: "keys-encryption"}); k["use"] != "enc" {
		t.Errorf("use %v", k["use"])
	}
	if n := len(keys(Fault{Name: "keys-many", Value: "300"})); n != 302 {
		t.Errorf("%d keys", n)
	}
	if k := one(Fault{Name: "keys-issuer"}); !strings.Contains(k["issuer"].(string), personalTenant) {
		t.Errorf("issuer %v", k["issuer"])
	}
	s.plant(Fault{Name: "metadata-issuer", Times: 1})
	if m := s.do("GET", "/"+TenantID+"/v2.0/.well-known/openid-configuration", nil).json; m["issuer"] == s.issuer(2, TenantID) {
		t.Errorf("issuer %v", m["issuer"])
	}
}

func TestKeysRollOver(t *testing.T) {
	s := open(t)
	kids := func() []string {
		var out []string
		for _, k := range s.do("GET", "/"+TenantID+"/discovery/v2.0/keys", nil).json["keys"].([]any) {
			out = append(out, k.(map[string]any)["kid"].(string))
		}
		return out
	}
	before := kids()
	if r := s.do("POST", "/sandbox/entra/keys/rollover", nil); r.get("kid") != before[1] {
		t.Errorf("signs with %s, not the one announced, %s", r.get("kid"), before[1])
	}
	after := kids()
	if len(after) != 3 || !slices.Contains(after, before[0]) {
		t.Errorf("after a planned rollover %v, before %v", after, before)
	}
	s.do("POST", "/sandbox/entra/keys/rollover", []byte(`{"emergency":true}`), "Content-Type", "application/json").must(t)
	for _, kid := range kids() {
		if slices.Contains(after, kid) {
			t.Errorf("%s outlived an emergency", kid)
		}
	}
	j, _ := parseJWS(s.daemon().must(t).get("access_token"))
	if !slices.Contains(kids(), j.header.Kid) {
		t.Error("the signing key is not published")
	}
}

func TestTheTLSCertificateCanBeWrong(t *testing.T) {
	s := open(t)
	for _, name := range []string{"tls-untrusted", "tls-expired"} {
		s.plant(Fault{Name: name})
		s.http.CloseIdleConnections()
		if resp, err := s.http.Get(s.URL() + "/sandbox/entra/style.css"); err == nil {
			resp.Body.Close()
			t.Errorf("%s: the certificate was accepted", name)
		}
		s.heal()
		s.do("GET", "/sandbox/entra/style.css", nil)
	}
}

func TestFaultsAreSwitchedOverHTTP(t *testing.T) {
	s := open(t)
	put := func(name, body string) reply {
		return s.do("PUT", "/sandbox/entra/faults/"+name, []byte(body), "Content-Type", "application/json")
	}
	put("secret-expired", `{"app":"`+daemonID+`","times":1}`).must(t)
	s.daemon().refused(t, 7000222, "invalid_client")
	s.daemon().must(t)
	for name, body := range map[string]string{"nonsense": "{}", "token-version": `{"value":"3"}`, "token-claims": `{"value":"[]"}`, "clock": `{}`,
		"provider-error": `{"value":"200"}`, "provider-down": `{"endpoint":"moon"}`, "mfa-required": `{"times":-1}`, "token-kid": `{"value":""}`} {
		if r := put(name, body); r.status != 400 || r.get("detail") == "" {
			t.Errorf("%s %s: %d %s", name, body, r.status, r.text)
		}
	}
	if r := s.do("PUT", "/sandbox/entra/faults/app-disabled", []byte("app=x"), "Content-Type", "text/plain"); r.status != http.StatusUnsupportedMediaType {
		t.Errorf("a form of another site: %d", r.status)
	}
	if r := s.do("PUT", "/sandbox/entra/faults/app-disabled", nil, "Origin", "https://evil.test"); r.status != http.StatusForbidden {
		t.Errorf("another site's page: %d", r.status)
	}
	put("app-disabled", "").must(t)
	if r := s.do("GET", "/sandbox/entra/faults", nil); len(r.json["on"].([]any)) != 1 || len(r.json["switches"].([]any)) != len(switches) {
		t.Errorf("%s", r.text)
	}
	if r := s.do("DELETE", "/sandbox/entra/faults", nil); r.status != http.StatusNoContent || len(s.Faults()) != 0 {
		t.Errorf("%d, on: %v", r.status, s.Faults())
	}
	for i := range maxFaults + 1 {
		err := s.Plant(Fault{Name: "app-disabled", App: strconv.Itoa(i)})
		if (err != nil) != (i == maxFaults) {
			t.Fatalf("fault %d: %v", i, err)
		}
	}
}

func TestMintedTokensSayWhatTheyAreTold(t *testing.T) {
	s := open(t)
	body := `{"api":"api://` + apiID + `","client":"` + webID + `","login":"jane@contoso.test","claims":{"tid":"other","name":null},"header":{"typ":"at+jwt"}}`
	r := s.do("POST", "/sandbox/entra/mint", []byte(body), "Content-Type", "application/json").must(t)
	j, err := parseJWS(r.get("token"))
	if err != nil || j.claims["tid"] != "other" || j.claims["name"] != nil || j.claims["scp"] != "user_impersonation" || j.verify(publicOf(s.keys.current())) != nil {
		t.Errorf("%v %v", err, j)
	}
	if r := s.do("POST", "/sandbox/entra/mint", []byte(`{"api":"nothing"}`), "Content-Type", "application/json"); r.status != 400 {
		t.Errorf("for an unknown API: %d %s", r.status, r.text)
	}
	if _, err := s.Mint(map[string]any{"alg": "none"}, nil); err == nil {
		t.Error("signed with none")
	}
	if r := s.do("POST", "/sandbox/entra/workload/token", []byte(`{"subject":"x"}`), "Content-Type", "application/json").must(t); r.get("issuer") != s.workloadIssuer() {
		t.Errorf("%s", r.text)
	}
}

func TestAForeignHostNameGetsNothing(t *testing.T) {
	s := open(t)
	for _, host := range []string{"evil.test", "localhost.evil.test", "10.0.0.1"} {
		req, _ := http.NewRequest("GET", s.URL()+"/sandbox/entra/faults", nil)
		req.Host = host
		resp, err := s.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if r := read(t, resp); r.status != http.StatusMisdirectedRequest {
			t.Errorf("%s: %d", host, r.status)
		}
	}
	if r := s.do("GET", "/error?x="+strings.Repeat("y", maxQueryBytes), nil); r.status != http.StatusRequestURITooLong {
		t.Errorf("a long query: %d", r.status)
	}
	if r := s.browser().post("/login", url.Values{"do": {"x"}}); r.page.status != 400 {
		t.Errorf("a form from nowhere: %d", r.page.status)
	}
}
