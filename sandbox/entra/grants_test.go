package entra

import (
	"crypto/rsa"
	"strings"
	"testing"
	"time"
)

func (s *tenantOf) daemon(pairs ...string) reply {
	s.t.Helper()
	return s.ask("v2", append([]string{"grant_type", "client_credentials", "client_id", daemonID, "client_secret", seedSecret(daemonSeed),
		"scope", "api://" + apiID + "/.default"}, pairs...)...)
}

func TestARefreshTokenRotatesAndServesOtherResources(t *testing.T) {
	now := time.Now()
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	first := s.tokens("v2", "jane")
	refresh := func(token string, pairs ...string) reply {
		return s.ask("v2", append([]string{"grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", token}, pairs...)...)
	}
	second := refresh(first.get("refresh_token")).must(t)
	if second.get("refresh_token") == first.get("refresh_token") || claimsOf(t, second.get("access_token"))["aud"] != apiID {
		t.Errorf("second %s", second.text)
	}
	refresh(first.get("refresh_token")).must(t) // the old one is not revoked
	other := refresh(second.get("refresh_token"), "scope", "https://api.contoso.test//.default").must(t)
	if aud := claimsOf(t, other.get("access_token"))["aud"]; aud != "https://api.contoso.test/" {
		t.Errorf("another resource: aud %v", aud)
	}
	graph := refresh(second.get("refresh_token"), "scope", "User.Read").must(t)
	if c := claimsOf(t, graph.get("access_token")); c["aud"] != graphAppID || !strings.Contains(c["scp"].(string), "User.Read") {
		t.Errorf("Graph: %v", c)
	}
	refresh(second.get("refresh_token"), "scope", "User.Read api://"+apiID+"/.default").refused(t, 28000, "invalid_request")
	refresh(second.get("refresh_token"), "scope", "Mail.Send").refused(t, 65001, "invalid_grant")
	refresh(second.get("refresh_token"), "client_secret", "-").refused(t, 7000215, "invalid_client")
	refresh("1.ARforged").refused(t, 9002313, "invalid_request")
	s.ask("v2", "grant_type", "refresh_token", "client_id", nativeID, "refresh_token", second.get("refresh_token")).refused(t, 70000, "invalid_grant")

	// The last use counts, not the sign-in.
	now = now.Add(refreshLife - time.Hour)
	third := refresh(second.get("refresh_token")).must(t)
	now = now.Add(2 * time.Hour)
	refresh(second.get("refresh_token")).refused(t, 700082, "invalid_grant")
	refresh(third.get("refresh_token")).must(t)
	s.editUser("jane", func(u *user) { u.SignInSessionsValidFromDateTime = now })
	refresh(third.get("refresh_token")).refused(t, 50173, "invalid_grant")
}

func TestARefreshTokenOfASinglePageAppLivesADay(t *testing.T) {
	now := time.Now()
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	token := s.refreshText(refreshToken{Client: webID, User: s.person("jane").ID, Issued: now, SPA: true, Public: true, SignIn: signIn{At: now},
		Asked: keptAsked{OIDC: []string{"openid"}, List: []asked{{Resource: "api://" + apiID, Default: true}}}})
	refresh := func(token string) reply {
		return s.askAt(TenantID, "v2", []string{"Origin", "https://app.contoso.test"}, "grant_type", "refresh_token", "client_id", webID, "refresh_token", token)
	}
	now = now.Add(23 * time.Hour)
	next := refresh(token).must(t).get("refresh_token")
	now = now.Add(2 * time.Hour)
	refresh(next).refused(t, 700084, "invalid_grant")
}

func TestAClientGetsATokenForItself(t *testing.T) {
	s := open(t)
	r := s.daemon().must(t)
	c := claimsOf(t, r.get("access_token"))
	if c["idtyp"] != "app" || c["azp"] != daemonID || c["azpacr"] != "1" || c["scp"] != nil || c["oid"] != c["sub"] || len(c["roles"].([]any)) != 2 {
		t.Errorf("claims %v", c)
	}
	if r.json["scope"] != nil || r.json["refresh_token"] != nil || r.json["id_token"] != nil {
		t.Errorf("answer %s", r.text)
	}
	v1 := s.ask("v1", "grant_type", "client_credentials", "client_id", daemonID, "client_secret", seedSecret(daemonSeed), "resource", "https://api.contoso.test/").must(t)
	if c := claimsOf(t, v1.get("access_token")); c["aud"] != "https://api.contoso.test/" || c["appid"] != daemonID || c["appidacr"] != "1" || c["ver"] != "1.0" {
		t.Errorf("v1.0 claims %v", c)
	}
	// Any client gets a token without roles, unless the API wants assignment.
	r = s.ask("v2", "grant_type", "client_credentials", "client_id", webID, "client_secret", seedSecret(webSeed), "scope", apiID+"/.default").must(t)
	if c := claimsOf(t, r.get("access_token")); c["roles"] != nil {
		t.Errorf("roles from nowhere: %v", c)
	}
	s.dir.change(func(t *tables) error {
		p := *t.spByAppID(apiID)
		p.AppRoleAssignmentRequired = true
		t.putSP(&p)
		return nil
	})
	s.ask("v2", "grant_type", "client_credentials", "client_id", webID, "client_secret", seedSecret(webSeed), "scope", apiID+"/.default").refused(t, 501051, "access_denied")
	s.daemon().must(t)
}

func TestWhatIsWrongWithATokenRequest(t *testing.T) {
	s := open(t)
	for _, c := range []struct {
		code  int
		kind  string
		pairs []string
	}{
		{900144, "invalid_request", []string{"grant_type", ""}},
		{70003, "unsupported_grant_type", []string{"grant_type", "wish"}},
		{900144, "invalid_request", []string{"client_id", ""}},
		{700016, "unauthorized_client", []string{"client_id", "33333333-3333-4333-8333-333333333333"}},
		{7000215, "invalid_client", []string{"client_secret", "wrong"}},
		{901002, "invalid_request", []string{"resource", "x"}},
		{900144, "invalid_request", []string{"scope", ""}},
		{1002012, "invalid_scope", []string{"scope", "api://" + apiID + "/user_impersonation"}},
		{1002012, "invalid_scope", []string{"scope", "openid"}},
		{28000, "invalid_request", []string{"scope", "api://" + apiID + "/.default https://graph.microsoft.com/.default"}},
		{70011, "invalid_scope", []string{"scope", `"quoted"`}},
		{500011, "invalid_resource", []string{"scope", "api://nobody/.default"}},
		{9002313, "invalid_request", []string{"claims", "["}},
		{900144, "invalid_request", []string{"client_secret", "x", "grant_type", "refresh_token"}},
	} {
		s.daemon(c.pairs...).refused(t, c.code, c.kind)
	}
	s.askAt("common", "v2", nil, "grant_type", "client_credentials", "client_id", daemonID).refused(t, 50194, "invalid_request")
	s.askAt("common", "v2", nil, "grant_type", "client_credentials", "client_id", azureCLIAppID).refused(t, 50059, "invalid_request")
	s.askAt("nowhere.test", "v2", nil, "grant_type", "client_credentials", "client_id", daemonID).refused(t, 90002, "invalid_request")
	s.askAt(TenantID, "v2", []string{"Origin", "https://x.test"}, "grant_type", "client_credentials", "client_id", daemonID, "client_secret", "x").refused(t, 9002326, "invalid_request")
	s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID).refused(t, 7000216, "invalid_client")
	s.ask("v1", "grant_type", "client_credentials", "client_id", daemonID, "client_secret", seedSecret(daemonSeed)).refused(t, 900144, "invalid_request")
	path := "/" + TenantID + "/oauth2/v2.0/token"
	s.do("GET", path, nil).refused(t, 900561, "invalid_request")
	s.do("POST", path, []byte(`{"grant_type":"x"}`), "Content-Type", "application/json").refused(t, 900144, "invalid_request")
	s.do("POST", path, []byte("client_id=a&client_id=b"), "Content-Type", "application/x-www-form-urlencoded").refused(t, 9002313, "invalid_request")
	s.do("POST", path, []byte("x="+strings.Repeat("y", maxFormBytes)), "Content-Type", "application/x-www-form-urlencoded").refused(t, 9002313, "invalid_request")
	id := "44444444-4444-4444-8444-444444444444"
	if r := s.daemon("client_secret", "x", "client-request-id", id); r.get("correlation_id") != id || r.status != 401 {
		t.Errorf("correlation %s, status %d", r.get("correlation_id"), r.status)
	}
	if got := s.SignIns()[0]; got.CorrelationID != id || got.Code != 7000215 || got.App != daemonID {
		t.Errorf("the sign-in log says %+v", got)
	}
}

func TestWhatARegistrationMayNot(t *testing.T) {
	s := open(t)
	long := time.Now().Add(-time.Hour)
	s.edit(daemonID, func(a *application) {
		a.PasswordCredentials = []passwordCredential{{KeyID: newGUID(), Digest: digest(seedSecret(daemonSeed)), EndDateTime: &long}}
	})
	s.daemon().refused(t, 7000222, "invalid_client")
	s.dir.change(func(t *tables) error {
		p := *t.spByAppID(webID)
		p.AccountEnabled = false
		t.putSP(&p)
		q := *t.spByAppID(apiID)
		q.AccountEnabled = false
		t.putSP(&q)
		t.dropSP(t.spByAppID(nativeID).ID)
		return nil
	})
	s.ask("v2", "grant_type", "client_credentials", "client_id", webID, "client_secret", "x").refused(t, 7000112, "unauthorized_client")
	s.browser().get(s.authorizeURL("v2")).shows("7000112")
	s.ask("v2", "grant_type", "client_credentials", "client_id", nativeID, "client_secret", "x").refused(t, 7000229, "unauthorized_client")
	s.ask("v2", "grant_type", "client_credentials", "client_id", scriptID, "client_secret", seedSecret(scriptSeed), "scope", apiID+"/.default").refused(t, 50001, "invalid_resource")
}

func TestACertificateProvesTheClient(t *testing.T) {
	s := open(t)
	key, der := s.certify(daemonID)
	header := func(alg string) map[string]any {
		return map[string]any{"alg": alg, "typ": "JWT", "x5t": thumbprint(der)}
	}
	proper := func() map[string]any {
		return map[string]any{"aud": s.URL() + "/" + TenantID + "/oauth2/v2.0/token", "iss": daemonID, "sub": daemonID, "jti": newGUID(),
			"nbf": time.Now().Unix(), "exp": time.Now().Add(5 * time.Minute).Unix()}
	}
	with := func(key *rsa.PrivateKey, h map[string]any, pairs ...any) reply {
		c := proper()
		for i := 0; i+1 < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		text, err := sign(key, h, c)
		if err != nil {
			t.Fatal(err)
		}
		return s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID, "client_assertion_type", assertionType, "client_assertion", text,
			"scope", apiID+"/.default")
	}
	for _, alg := range []string{"RS256", "PS256"} {
		if acr := claimsOf(t, with(key, header(alg)).must(t).get("access_token"))["azpacr"]; acr != "2" {
			t.Errorf("azpacr %v", acr)
		}
	}
	with(spareKeys(), header("PS256")).refused(t, 700027, "invalid_client")
	with(key, map[string]any{"alg": "RS256", "x5t": "unknown"}).refused(t, 700027, "invalid_client")
	with(key, map[string]any{"alg": "RS256"}).refused(t, 700027, "invalid_client")
	other, _ := selfSigned(key, "someone else", time.Now())
	with(key, map[string]any{"alg": "RS256", "x5t": thumbprint(other), "x5c": []string{stdBase64(other)}}).refused(t, 700030, "invalid_client")
	with(key, header("RS256"), "aud", "https://login.elsewhere.test/token").refused(t, 700023, "invalid_client")
	with(key, header("RS256"), "exp", time.Now().Add(-time.Hour).Unix()).refused(t, 700024, "invalid_client")
	with(key, header("RS256"), "nbf", time.Now().Add(time.Hour).Unix()).refused(t, 700024, "invalid_client")
	with(key, header("RS256"), "sub", webID).refused(t, 700021, "invalid_client")
	post := func(assertion, kind string) reply {
		return s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID, "client_assertion_type", kind, "client_assertion", assertion, "scope", apiID+"/.default")
	}
	post("not.a.jwt", assertionType).refused(t, 50027, "invalid_request")
	post("x", "").refused(t, 900144, "invalid_request")
	expired, _ := selfSigned(key, "old", time.Now().AddDate(-6, 0, 0))
	s.edit(daemonID, func(a *application) { a.KeyCredentials = []keyCredential{{Key: expired}} })
	with(key, map[string]any{"alg": "RS256", "x5t": thumbprint(expired)}).refused(t, 700027, "invalid_client")
}

func TestAFederatedCredentialProvesTheClient(t *testing.T) {
	s := open(t)
	s.edit(daemonID, func(a *application) {
		a.Federated = []federatedCredential{{Name: "build", Issuer: s.workloadIssuer(), Subject: "repo:contoso/app", Audiences: []string{"api://AzureADTokenExchange"}},
			{Name: "away", Issuer: "https://elsewhere.test", Subject: "x", Audiences: []string{"y"}}}
	})
	post := func(token string) reply {
		return s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID, "client_assertion_type", assertionType, "client_assertion", token, "scope", apiID+"/.default")
	}
	token := func(subject, audience string) string {
		text, err := s.WorkloadToken(subject, audience)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	post(token("repo:contoso/app", "")).must(t)
	post(token("repo:Contoso/app", "")).refused(t, 700213, "invalid_request") // case counts
	post(token("repo:contoso/app", "api://other")).refused(t, 700212, "invalid_request")
	foreign := func(key *signingKey, iss, sub string, aud any) string {
		text, _ := sign(key.private, map[string]any{"alg": "RS256", "kid": key.kid}, map[string]any{"iss": iss, "sub": sub, "aud": aud, "exp": time.Now().Add(time.Hour).Unix()})
		return text
	}
	key := s.keys.current()
	post(foreign(key, "https://stranger.test", "x", "y")).refused(t, 700211, "invalid_request")
	post(foreign(key, "https://elsewhere.test", "x", "y")).refused(t, 50166, "invalid_request") // not on this machine: not asked
	post(foreign(key, s.workloadIssuer(), "repo:contoso/app", "api://AzureADTokenExchange")).refused(t, 50013, "invalid_grant")
	user := s.tokens("v2", "jane").get("access_token")
	post(user).refused(t, 700229, "invalid_request")
}

func TestOnBehalfOfCarriesThePersonOn(t *testing.T) {
	now := time.Now()
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	incoming := s.tokens("v2", "jane")
	behalf := func(assertion string, pairs ...string) reply {
		return s.ask("v2", append([]string{"grant_type", grantOBO, "client_id", apiID, "client_secret", seedSecret(apiSeed), "assertion", assertion,
			"requested_token_use", "on_behalf_of", "scope", "https://graph.microsoft.com/User.Read offline_access"}, pairs...)...)
	}
	r := behalf(incoming.get("access_token")).must(t)
	c := claimsOf(t, r.get("access_token"))
	if c["appid"] != apiID || c["oid"] != s.person("jane").ID || c["aud"] != "https://graph.microsoft.com" || r.get("refresh_token") == "" {
		t.Errorf("%v", c)
	}
	s.ask("v2", "grant_type", "refresh_token", "client_id", apiID, "client_secret", seedSecret(apiSeed), "refresh_token", r.get("refresh_token")).must(t)
	behalf(incoming.get("access_token"), "scope", "https://graph.microsoft.com/Mail.Send").refused(t, 65001, "invalid_grant")
	behalf(incoming.get("id_token")).refused(t, 500131, "invalid_grant")
	behalf(s.daemon().must(t).get("access_token")).refused(t, 7000114, "invalid_grant")
	behalf(s.tokens("v2", "jane", "scope", "openid User.Read").get("access_token")).refused(t, 500131, "invalid_grant")
	behalf(incoming.get("access_token")[:len(incoming.get("access_token"))-8]+"AAAAAAAA").refused(t, 50013, "invalid_grant")
	behalf("x").refused(t, 50027, "invalid_request")
	behalf("").refused(t, 900144, "invalid_request")
	behalf("x", "requested_token_use", "").refused(t, 900144, "invalid_request")
	own, _ := s.Mint(nil, map[string]any{"aud": apiID, "exp": now.Add(time.Hour).Unix(), "oid": s.person("jane").ID})
	behalf(own).refused(t, 240002, "invalid_grant")
	s.plant(Fault{Name: "mfa-required"})
	mfa := behalf(incoming.get("access_token"))
	mfa.refused(t, 50076, "interaction_required")
	if !strings.Contains(mfa.get("claims"), "capolids") || mfa.get("suberror") != "basic_action" {
		t.Errorf("no claims to hand up: %s", mfa.text)
	}
	s.heal()
	now = now.Add(2 * time.Hour)
	behalf(incoming.get("access_token")).refused(t, 500133, "invalid_grant")
}

func TestADeviceSignsInThroughAnother(t *testing.T) {
	now := time.Now()
	s := open(t, func(o *Options) { o.Now = func() time.Time { return now } })
	begin := func(v string) reply {
		path := map[string]string{"v1": "/oauth2/devicecode", "v2": "/oauth2/v2.0/devicecode"}[v]
		form := "client_id=" + nativeID + "&scope=openid+offline_access+api://" + apiID + "/user_impersonation"
		if v == "v1" {
			form = "client_id=" + nativeID + "&resource=https://api.contoso.test/"
		}
		return s.do("POST", "/"+TenantID+path, []byte(form), "Content-Type", "application/x-www-form-urlencoded").must(t)
	}
	poll := func(r reply) reply {
		return s.ask("v2", "grant_type", grantDevice, "client_id", nativeID, "device_code", r.get("device_code"))
	}
	d := begin("v2")
	if d.json["interval"] != 5.0 || d.json["expires_in"] != 900.0 || !strings.Contains(d.get("message"), d.get("user_code")) || d.json["verification_uri_complete"] != nil {
		t.Errorf("answer %s", d.text)
	}
	poll(d).refused(t, 70016, "authorization_pending")
	b := s.browser().get("/devicelogin")
	b.post("/devicelogin", map[string][]string{"code": {"WRONG"}})
	if !strings.Contains(b.page.text, "did not work") {
		t.Errorf("a wrong code:\n%s", b.page.text)
	}
	b.post("/devicelogin", map[string][]string{"code": {strings.ToLower(d.get("user_code"))}})
	if b.signIn("bob"); !strings.Contains(b.page.text, "You have signed in") {
		t.Fatalf("the end:\n%s", b.page.text)
	}
	if c := claimsOf(t, poll(d).must(t).get("access_token")); c["preferred_username"] != "bob@contoso.test" || c["azpacr"] != "0" {
		t.Errorf("%v", c)
	}
	poll(d).refused(t, 70018, "bad_verification_code")
	declined := begin("v2")
	s.browser().post("/devicelogin", map[string][]string{"code": {declined.get("user_code")}}).press("cancel")
	poll(declined).refused(t, 65004, "authorization_declined")
	late := begin("v2")
	now = now.Add(deviceLife + time.Second)
	poll(late).refused(t, 70019, "expired_token")
	if old := begin("v1"); old.get("verification_url") == "" || old.get("expires_in") != "900" {
		t.Errorf("v1.0 %s", old.text)
	}
	s.ask("v2", "grant_type", grantDevice, "client_id", webID, "device_code", "x").refused(t, 7000218, "invalid_client")
}

func TestTheOldPasswordGrantAnswersAsEntraDoes(t *testing.T) {
	s := open(t)
	ask := func(login, password string) reply {
		return s.ask("v2", "grant_type", "password", "client_id", nativeID, "username", login, "password", password, "scope", "openid api://"+apiID+"/.default")
	}
	ask("jane@contoso.test", "signoff").must(t)
	ask("jane@contoso.test", "wrong").refused(t, 50126, "invalid_grant")
	ask("nobody@contoso.test", "x").refused(t, 50034, "invalid_grant")
	ask("jane@contoso.test", "").refused(t, 900144, "invalid_request")
	s.ask("v2", "grant_type", "password", "client_id", webID, "username", "a", "password", "b").refused(t, 7000218, "invalid_client")
	s.editUser("jane", func(u *user) { u.AccountEnabled = false })
	ask("jane@contoso.test", "signoff").refused(t, 50057, "invalid_grant")
	s.plant(Fault{Name: "mfa-required", User: "bob@contoso.test"})
	ask("bob@contoso.test", "signoff").refused(t, 50076, "interaction_required")
}
