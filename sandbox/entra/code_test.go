package entra

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestACodeGivesTokensOfTheVersionThatTheAPIWants(t *testing.T) {
	s := open(t)
	r := s.tokens("v2", "jane")
	access, id := claimsOf(t, r.get("access_token")), claimsOf(t, r.get("id_token"))
	if access["ver"] != "2.0" || access["aud"] != apiID || access["iss"] != s.URL()+"/"+TenantID+"/v2.0" || access["azp"] != webID ||
		access["azpacr"] != "1" || access["scp"] != "user_impersonation" || access["preferred_username"] != "jane@contoso.test" || access["upn"] != nil {
		t.Errorf("access token %v", access)
	}
	if id["aud"] != webID || id["nonce"] != "n1" || id["email"] != "jane@contoso.test" || id["oid"] != s.person("jane").ID || id["sub"] == access["sub"] {
		t.Errorf("id token %v", id)
	}
	if r.get("scope") != "api://"+apiID+"/user_impersonation openid profile email" || r.get("refresh_token") == "" || r.json["expires_in"] != 4500.0 {
		t.Errorf("answer %s", r.text)
	}

	// The v2.0 endpoint hands out v1.0 tokens for an API that wants them, and the
	// other way round; the id token goes by the endpoint.
	old := s.tokens("v2", "jane", "scope", "openid https://api.contoso.test//user_impersonation")
	access, id = claimsOf(t, old.get("access_token")), claimsOf(t, old.get("id_token"))
	if access["ver"] != "1.0" || access["aud"] != "https://api.contoso.test/" || access["iss"] != s.URL()+"/"+TenantID+"/" || access["appid"] != webID ||
		access["upn"] != "jane@contoso.test" || access["unique_name"] != "jane@contoso.test" || access["azp"] != nil || id["ver"] != "2.0" {
		t.Errorf("access token %v, id token %v", access, id)
	}
	new := s.tokens("v1", "jane", "resource", "api://"+apiID)
	access, id = claimsOf(t, new.get("access_token")), claimsOf(t, new.get("id_token"))
	if access["ver"] != "2.0" || access["aud"] != apiID || id["ver"] != "1.0" || id["upn"] != "jane@contoso.test" {
		t.Errorf("access token %v, id token %v", access, id)
	}
	if new.get("expires_in") != "4500" || new.get("resource") != "api://"+apiID || new.get("refresh_token") == "" {
		t.Errorf("v1.0 answer %s", new.text)
	}
}

func TestTheAudienceOfAV1TokenIsWhatWasAskedFor(t *testing.T) {
	s := open(t)
	for _, c := range []struct{ scope, aud string }{
		{"https://api.contoso.test//user_impersonation", "https://api.contoso.test/"},
		{"https://api.contoso.test/user_impersonation", "https://api.contoso.test"},
		{oldAPIID + "/user_impersonation", oldAPIID},
	} {
		if got := claimsOf(t, s.tokens("v2", "ana", "scope", "openid "+c.scope).get("access_token"))["aud"]; got != c.aud {
			t.Errorf("for %s aud is %v", c.scope, got)
		}
	}
	for _, aud := range []string{"https://api.contoso.test/", "https://api.contoso.test", oldAPIID} {
		if got := claimsOf(t, s.tokens("v1", "ana", "resource", aud).get("access_token"))["aud"]; got != aud {
			t.Errorf("for resource %s aud is %v", aud, got)
		}
	}
	s.edit(oldAPIID, func(a *application) {
		a.OptionalClaims = &optionalClaims{AccessToken: []optionalClaim{{Name: "aud", AdditionalProperties: []string{"use_guid"}}}}
	})
	if got := claimsOf(t, s.tokens("v1", "ana").get("access_token"))["aud"]; got != oldAPIID {
		t.Errorf("with use_guid aud is %v", got)
	}
}

func TestACodeIsGoodOnceAndForTenMinutes(t *testing.T) {
	now := time.Now()
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	redeem := func(code string, pairs ...string) reply {
		return s.ask("v2", append([]string{"grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed),
			"redirect_uri", callback, "code", code}, pairs...)...)
	}
	code := s.code("v2", "jane")
	redeem(code, "redirect_uri", "http://localhost:8080/signin/callback").refused(t, 500112, "invalid_client")
	redeem(code, "client_secret", "wrong").refused(t, 7000215, "invalid_client")
	redeem(code, "client_id", apiID, "client_secret", seedSecret(apiSeed)).refused(t, 70000, "invalid_grant")
	redeem(code).must(t)
	redeem(code).refused(t, 54005, "invalid_grant")
	redeem("nonsense").refused(t, 9002313, "invalid_request")
	redeem(codePrefix+"nonsense").refused(t, 70000, "invalid_grant")
	redeem("").refused(t, 900144, "invalid_request")
	late := s.code("v2", "jane")
	now = now.Add(codeLife + time.Second)
	redeem(late).refused(t, 70008, "invalid_grant")
}

func TestAVerifierHasToFitItsChallenge(t *testing.T) {
	s := open(t)
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" // RFC 7636 appendix B
	redeem := func(code, verifier string) reply {
		return s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", code,
			"code_verifier", verifier)
	}
	hashed := []string{"code_challenge", challenge, "code_challenge_method", "S256"}
	code := s.code("v2", "jane", hashed...)
	redeem(code, "").refused(t, 50148, "invalid_grant")
	redeem(code, verifier[1:]+"x").refused(t, 501481, "invalid_grant")
	redeem(code, verifier).must(t)
	redeem(s.code("v2", "jane", "code_challenge", verifier), verifier).must(t) // without a method it is plain
	redeem(s.code("v2", "jane"), verifier).refused(t, 50147, "invalid_grant")
	for name, wrong := range map[string][]string{"501491": {"code_challenge", "short"}, "9002313": {"code_challenge", challenge, "code_challenge_method", "S512"}} {
		if got := s.browser().get(s.authorizeURL("v2", wrong...)).landed(); !strings.HasPrefix(got.Get("error_description"), "AADSTS"+name+":") {
			t.Errorf("for %v: %v", wrong, got)
		}
	}
}

func TestPlatformsDecideWhoRedeemsFromWhere(t *testing.T) {
	s := open(t)
	const spa = "https://app.contoso.test/"
	s.edit(webID, func(a *application) { a.SPA.RedirectURIs = []string{spa} })
	const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	pkce := []string{"redirect_uri", spa, "code_challenge", challenge, "code_challenge_method", "S256"}
	redeem := func(code string, headers []string, pairs ...string) reply {
		return s.askAt(TenantID, "v2", headers, append([]string{"grant_type", "authorization_code", "client_id", webID, "redirect_uri", spa,
			"code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "code", code}, pairs...)...)
	}
	origin := []string{"Origin", "https://app.contoso.test"}
	code := s.code("v2", "jane", pkce...)
	redeem(code, nil).refused(t, 9002327, "invalid_request")
	redeem(code, origin, "client_secret", seedSecret(webSeed)).refused(t, 700025, "invalid_client")
	r := redeem(code, origin).must(t)
	if r.header.Get("Access-Control-Allow-Origin") != "https://app.contoso.test" {
		t.Error("a browser could not read the answer")
	}
	s.askAt(TenantID, "v2", origin, "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback,
		"code", s.code("v2", "jane")).refused(t, 9002326, "invalid_request")
	if got := s.browser().get(s.authorizeURL("v2", "redirect_uri", spa)).landed(); !strings.HasPrefix(got.Get("error_description"), "AADSTS9002325:") {
		t.Errorf("without a challenge: %v", got)
	}
	s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "redirect_uri", callback, "code", s.code("v2", "jane")).refused(t, 7000218, "invalid_client")

	// A public client has no secret, and any port on localhost.
	native := "http://localhost:49152"
	got := s.browser().get(s.authorizeURL("v2", "client_id", nativeID, "redirect_uri", native)).signIn("bob")
	if to := got.page.header.Get("Location"); !strings.HasPrefix(to, native+"/?") {
		t.Errorf("an address without a path is returned as %s", to)
	}
	s.ask("v2", "grant_type", "authorization_code", "client_id", nativeID, "redirect_uri", native, "code", got.landed().Get("code")).must(t)
}

func TestRefusalsAboutTheRedirectAreShownAndNotSent(t *testing.T) {
	s := open(t)
	for code, pairs := range map[string][]string{
		"50011":  {"redirect_uri", "https://evil.test/callback"},
		"700016": {"client_id", "11111111-1111-4111-8111-111111111111"},
		"900144": {"client_id", "-"},
		"900971": {"redirect_uri", "-"},
		"500113": {"client_id", daemonID},
	} {
		s.browser().get(s.authorizeURL("v2", pairs...)).shows(code)
	}
	for _, wrong := range []string{callback + "/", "http://localhost/Callback", "https://localhost/callback", callback + "?x=1", "http://user@localhost/callback"} {
		s.browser().get(s.authorizeURL("v2", "redirect_uri", wrong)).shows("50011")
	}
	s.browser().get(strings.Replace(s.authorizeURL("v2"), TenantID, "22222222-2222-4222-8222-222222222222", 1)).shows("90002")
	s.browser().get(strings.Replace(s.authorizeURL("v2"), TenantID, "common", 1)).shows("50194")
	s.browser().get(strings.Replace(s.authorizeURL("v2"), TenantID, "consumers", 1)).shows("50059")
	s.browser().get(strings.Replace(s.authorizeURL("v2"), TenantID, "contosotest", 1)).shows("50128")
	s.browser().get(s.authorizeURL("v2") + "&client_id=" + webID).shows("9002313")
}

func TestOtherRefusalsGoBackToTheClient(t *testing.T) {
	s := open(t)
	for _, c := range []struct {
		v, code, kind string
		pairs         []string
	}{
		{"v2", "900144", "invalid_request", []string{"response_type", "-"}},
		{"v2", "70005", "unsupported_response_type", []string{"response_type", "magic"}},
		{"v2", "700054", "unsupported_response_type", []string{"response_type", "id_token"}},
		{"v2", "700051", "unsupported_response_type", []string{"response_type", "token"}},
		{"v2", "901002", "invalid_request", []string{"resource", "x"}},
		{"v2", "900144", "invalid_request", []string{"scope", "-"}},
		{"v2", "70011", "invalid_scope", []string{"scope", "api://x/.default api://x/y"}},
		{"v2", "70011", "invalid_scope", []string{"scope", "https://x/"}},
		{"v2", "90014", "invalid_request", []string{"prompt", "please"}},
		{"v2", "50058", "login_required", []string{"prompt", "none"}},
		{"v2", "9002313", "invalid_request", []string{"claims", "{"}},
		{"v2", "9002313", "invalid_request", []string{"response_mode", "pigeon"}},
	} {
		got := s.browser().get(s.authorizeURL(c.v, c.pairs...)).landed()
		if !strings.HasPrefix(got.Get("error_description"), "AADSTS"+c.code+":") || got.Get("error") != c.kind || got.Get("state") != "s 1" {
			t.Errorf("%v: %v", c.pairs, got)
		}
	}
	for _, c := range []struct{ v, code, scope string }{
		{"v2", "500011", "openid api://unknown/x"}, {"v2", "650053", "openid api://" + apiID + "/nonsense"},
	} {
		got := s.browser().get(s.authorizeURL(c.v, "scope", c.scope)).signIn("jane").landed()
		if !strings.HasPrefix(got.Get("error_description"), "AADSTS"+c.code+":") {
			t.Errorf("%v: %v", c.scope, got)
		}
	}
	got := s.browser().get(s.authorizeURL("v1", "resource", "https://outlook.office365.com")).signIn("jane").landed()
	if !strings.HasPrefix(got.Get("error_description"), "AADSTS650057:") {
		t.Errorf("a resource that is not on the registration: %v", got)
	}
}

func TestAnswersTravelAsTheClientWants(t *testing.T) {
	s := open(t)
	s.edit(webID, func(a *application) { a.Web.ImplicitGrantSettings = implicitGrant{true, true} })
	b := s.browser().get(s.authorizeURL("v2", "response_mode", "fragment")).signIn("jane")
	if to := b.page.header.Get("Location"); !strings.HasPrefix(to, callback+"#") || b.landed().Get("code") == "" {
		t.Errorf("fragment: %s", to)
	}
	b = s.browser().get(s.authorizeURL("v2", "response_type", "code id_token", "response_mode", "form_post", "state", `"><script>`)).signIn("jane")
	if !strings.Contains(b.page.text, `action="`+callback+`"`) || !strings.Contains(b.page.text, `name="id_token"`) || strings.Contains(b.page.text, `"><script>"`) {
		t.Errorf("form_post:\n%s", b.page.text)
	}
	got := s.browser().get(s.authorizeURL("v2", "response_type", "code id_token", "client_info", "1")).signIn("jane").landed()
	id := claimsOf(t, got.Get("id_token"))
	if id["c_hash"] != halfHash(got.Get("code")) || id["nonce"] != "n1" || got.Get("client_info") == "" || got.Get("session_state") == "" {
		t.Errorf("hybrid: %v %v", got, id)
	}
	got = s.browser().get(s.authorizeURL("v2", "response_type", "id_token token")).signIn("jane").landed()
	id = claimsOf(t, got.Get("id_token"))
	if id["at_hash"] != halfHash(got.Get("access_token")) || got.Get("token_type") != "Bearer" {
		t.Errorf("implicit: %v %v", got, id)
	}
	for _, pairs := range [][]string{{"response_type", "id_token", "nonce", "-"}, {"response_type", "id_token", "response_mode", "query"}, {"response_type", "id_token", "scope", "profile"}} {
		if got := s.browser().get(s.authorizeURL("v2", pairs...)).landed(); got.Get("error") == "" {
			t.Errorf("%v: %v", pairs, got)
		}
	}
}

func TestASessionSignsInSilentlyAndPromptsOverruleIt(t *testing.T) {
	s := open(t)
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	first := b.landed()
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("code") == "" || got.Get("session_state") != first.Get("session_state") {
		t.Errorf("silent: %v", got)
	}
	if got := b.get(s.authorizeURL("v2")).landed(); got.Get("code") == "" {
		t.Errorf("without a prompt: %v", got)
	}
	if b.get(s.authorizeURL("v2", "prompt", "select_account")); !strings.Contains(b.page.text, "Signed in") {
		t.Error("select_account shows no accounts")
	}
	if b.get(s.authorizeURL("v2", "prompt", "login", "login_hint", "jane@contoso.test")); !strings.Contains(b.page.text, `name="password"`) {
		t.Error("login asks for no password")
	}
	if got := b.get(s.authorizeURL("v2", "prompt", "none", "login_hint", "bob@contoso.test")).landed(); got.Get("error") != "login_required" {
		t.Errorf("silent for another person: %v", got)
	}
	if got := b.get(s.authorizeURL("v2", "prompt", "none", "domain_hint", "fabrikam.test")).landed(); got.Get("error") != "login_required" {
		t.Errorf("silent for another domain: %v", got)
	}
	b.get(s.authorizeURL("v2", "login_hint", "bob@contoso.test")).signIn("bob").landed()
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("error") != "interaction_required" || !strings.HasPrefix(got.Get("error_description"), "AADSTS16000") {
		t.Errorf("silent with two people: %v", got)
	}
	if got := b.get(s.authorizeURL("v2", "prompt", "none", "login_hint", loginHint(s.person("bob")))).landed(); got.Get("code") == "" {
		t.Errorf("silent with the opaque hint: %v", got)
	}
	s.editUser("bob", func(u *user) { u.SignInSessionsValidFromDateTime = s.now().Add(time.Second) })
	if got := b.get(s.authorizeURL("v2", "prompt", "none", "login_hint", "bob@contoso.test")).landed(); got.Get("error") != "login_required" {
		t.Errorf("silent after the sessions were revoked: %v", got)
	}
}

func TestTheSignInPageSaysWhatIsWrong(t *testing.T) {
	s := open(t)
	b := s.browser().get(s.authorizeURL("v2", "login_hint", "jane@contoso.test"))
	b.press("password", "login", "jane@contoso.test", "password", "guess").shows("50126")
	b.press("password", "login", "nobody@contoso.test", "password", "guess").shows("50034")
	b.press("password", "login", "jane@contoso.test", "password", "signoff").landed()
	s.browser().get(s.authorizeURL("v2", "login_hint", "x")).press("account", "account", "").
		press("password", "login", "eve@fabrikam.test", "password", "x").shows("50020")
	s.editUser("bob", func(u *user) { u.AccountEnabled = false })
	s.browser().get(s.authorizeURL("v2", "login_hint", "bob@contoso.test")).press("password", "login", "bob@contoso.test", "password", "signoff").shows("50057")
	s.editUser("ana", func(u *user) { u.Password = "" })
	s.browser().get(s.authorizeURL("v2", "login_hint", "ana@contoso.test")).press("password", "login", "ana@contoso.test", "password", "x").shows("50056")
	s.browser().get(s.authorizeURL("v2")).post("/login", url.Values{"flow": {"made up"}, "do": {"password"}}).shows("50089")
	got := s.browser().get(s.authorizeURL("v2")).press("cancel").landed()
	if got.Get("error") != "access_denied" || got.Get("error_subcode") != "cancel" {
		t.Errorf("cancelled: %v", got)
	}
}

func TestOfTwoRequestsWithOneCodeOneGetsTokens(t *testing.T) {
	s := open(t)
	code := s.code("v2", "jane")
	var tokens, refused atomic.Int32
	var both sync.WaitGroup
	for range 8 {
		both.Go(func() {
			r := s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", code)
			if r.status == 200 {
				tokens.Add(1)
			} else if strings.Contains(r.text, "AADSTS54005") {
				refused.Add(1)
			}
		})
	}
	both.Wait()
	if tokens.Load() != 1 || refused.Load() != 7 {
		t.Errorf("%d got tokens and %d were told why not", tokens.Load(), refused.Load())
	}
}

func TestASignInMakesTheOldCookieWorthless(t *testing.T) {
	s := open(t)
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	home, _ := url.Parse(s.URL())
	before := b.http.Jar.Cookies(home)[0]
	b.get(s.authorizeURL("v2", "login_hint", "bob@contoso.test")).signIn("bob").landed()
	thief := s.browser()
	thief.http.Jar.SetCookies(home, []*http.Cookie{before})
	if got := thief.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("error") != "login_required" {
		t.Errorf("the old cookie still counts: %v", got)
	}
}
