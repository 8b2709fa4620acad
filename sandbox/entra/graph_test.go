package entra

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// denied checks a refusal in Graph's form.
func (r reply) denied(t *testing.T, status int, code string) {
	t.Helper()
	e, _ := r.json["error"].(map[string]any)
	inner, _ := e["innerError"].(map[string]any)
	if r.status != status || e["code"] != code || e["message"] == "" || inner["request-id"] == nil {
		t.Errorf("want %d %s, got %d %s", status, code, r.status, r.text)
	}
}

func values2(r reply) []map[string]any {
	var out []map[string]any
	list, _ := r.json["value"].([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

func TestAScriptRegistersAnAPIAndAClientAndCallsIt(t *testing.T) {
	s := open(t)
	scope := newGUID()
	role := newGUID()
	api := s.graphCall("POST", "/applications", map[string]any{"displayName": "My API", "api": map[string]any{"requestedAccessTokenVersion": 2,
		"oauth2PermissionScopes": []map[string]any{{"id": scope, "value": "user_impersonation", "type": "User", "isEnabled": true,
			"adminConsentDisplayName": "Use it", "adminConsentDescription": "Use it"}}},
		"appRoles": []map[string]any{{"id": role, "value": "Work.Do", "displayName": "Do work", "description": "d", "allowedMemberTypes": []string{"Application"}, "isEnabled": true}}})
	if api.status != http.StatusCreated || api.get("appId") == "" || api.get("publisherDomain") != "contoso.test" {
		t.Fatalf("%d %s", api.status, api.text)
	}
	appID := api.get("appId")
	if r := s.graphCall("PATCH", "/applications/"+api.get("id"), map[string]any{"identifierUris": []string{"api://" + appID}}); r.status != http.StatusNoContent {
		t.Fatalf("%d %s", r.status, r.text)
	}
	if r := s.graphCall("GET", "/applications(appId='"+appID+"')", nil); r.get("id") != api.get("id") || len(r.json["identifierUris"].([]any)) != 1 ||
		len(r.json["api"].(map[string]any)["oauth2PermissionScopes"].([]any)) != 1 {
		t.Fatalf("the change lost something: %s", r.text)
	}
	apiSP := s.graphCall("POST", "/servicePrincipals", map[string]any{"appId": appID})
	if apiSP.status != http.StatusCreated || !slices.Contains(apiSP.json["servicePrincipalNames"].([]any), any("api://"+appID)) {
		t.Fatalf("%d %s", apiSP.status, apiSP.text)
	}
	client := s.graphCall("POST", "/applications", map[string]any{"displayName": "My client", "web": map[string]any{"redirectUris": []string{callback}},
		"requiredResourceAccess": []map[string]any{{"resourceAppId": appID, "resourceAccess": []map[string]any{{"id": scope, "type": "Scope"}, {"id": role, "type": "Role"}}}}})
	clientID := client.get("appId")
	secret := s.graphCall("POST", "/applications/"+client.get("id")+"/addPassword", map[string]any{"passwordCredential": map[string]any{"displayName": "script"}})
	ask := func() reply {
		return s.ask("v2", "grant_type", "client_credentials", "client_id", clientID, "client_secret", secret.get("secretText"), "scope", "api://"+appID+"/.default")
	}
	ask().refused(t, 7000229, "unauthorized_client")
	clientSP := s.graphCall("POST", "/servicePrincipals", map[string]any{"appId": clientID})
	if c := claimsOf(t, ask().must(t).get("access_token")); c["roles"] != nil || c["aud"] != appID {
		t.Errorf("before the assignment: %v", c)
	}
	given := map[string]any{"principalId": clientSP.get("id"), "resourceId": apiSP.get("id"), "appRoleId": role}
	assigned := s.graphCall("POST", "/servicePrincipals/"+apiSP.get("id")+"/appRoleAssignedTo", given)
	if assigned.status != http.StatusCreated || assigned.get("principalType") != "ServicePrincipal" {
		t.Fatalf("%d %s", assigned.status, assigned.text)
	}
	s.graphCall("POST", "/servicePrincipals/"+clientSP.get("id")+"/appRoleAssignments", given).denied(t, 400, "Request_BadRequest")
	if c := claimsOf(t, ask().must(t).get("access_token")); c["roles"].([]any)[0] != "Work.Do" {
		t.Errorf("after the assignment: %v", c)
	}
	if r := s.graphCall("GET", "/servicePrincipals/"+clientSP.get("id")+"/appRoleAssignments", nil); len(values2(r)) != 1 {
		t.Errorf("%s", r.text)
	}
	grant := s.graphCall("POST", "/oauth2PermissionGrants", map[string]any{"clientId": clientSP.get("id"), "consentType": "AllPrincipals",
		"resourceId": apiSP.get("id"), "scope": "user_impersonation"})
	if grant.status != http.StatusCreated {
		t.Fatalf("%d %s", grant.status, grant.text)
	}
	got := s.browser().get(s.authorizeURL("v2", "client_id", clientID, "scope", "api://"+appID+"/user_impersonation")).signIn("jane").landed()
	r := s.ask("v2", "grant_type", "authorization_code", "client_id", clientID, "client_secret", secret.get("secretText"), "redirect_uri", callback, "code", got.Get("code")).must(t)
	if claimsOf(t, r.get("access_token"))["scp"] != "user_impersonation" {
		t.Error("no scope")
	}

	for _, path := range []string{"/oauth2PermissionGrants/" + grant.get("id"), "/servicePrincipals/" + apiSP.get("id") + "/appRoleAssignedTo/" + assigned.get("id"),
		"/applications/" + client.get("id")} {
		if r := s.graphCall("DELETE", path, nil); r.status != http.StatusNoContent {
			t.Errorf("%s: %d %s", path, r.status, r.text)
		}
		s.graphCall("DELETE", path, nil).denied(t, 404, "Request_ResourceNotFound")
	}
	ask().refused(t, 700016, "unauthorized_client")
}

func TestGraphRefusesRegistrationsThatEntraWould(t *testing.T) {
	s := open(t)
	post := func(m map[string]any) reply {
		if m["displayName"] == nil {
			m["displayName"] = "x"
		}
		return s.graphCall("POST", "/applications", m)
	}
	web := func(uri string) map[string]any {
		return map[string]any{"web": map[string]any{"redirectUris": []string{uri}}}
	}
	for _, m := range []map[string]any{
		{"displayName": ""}, {"nonsense": 1}, {"displayName": 5}, {"signInAudience": "Everyone"}, {"api": map[string]any{"requestedAccessTokenVersion": 3}},
		{"identifierUris": []string{"https://api.k2.com/"}}, {"identifierUris": []string{"no uri"}}, {"identifierUris": []string{"https://api.contoso.test/"}},
		web("http://example.test/"), web("/relative"), web("https://x.test/#part"), web("https://x.test/*"), web("https://x.test/" + strings.Repeat("y", maxRedirectLength)), web("http://[::1]/"),
		{"appRoles": []map[string]any{{"id": "no guid", "displayName": "x", "allowedMemberTypes": []string{"User"}}}},
		{"api": map[string]any{"oauth2PermissionScopes": []map[string]any{{"id": newGUID(), "value": "", "type": "User"}}}},
		{"api": map[string]any{"preAuthorizedApplications": []map[string]any{{"appId": webID, "delegatedPermissionIds": []string{newGUID()}}}}},
		{"passwordCredentials": []map[string]any{{"displayName": "x"}}}, {"keyCredentials": []map[string]any{{"key": base64.StdEncoding.EncodeToString([]byte("no certificate"))}}},
		{"keyCredentials": []map[string]any{{"displayName": "no key"}}},
	} {
		text, _ := json.Marshal(m)
		r := post(m)
		if r.status != 400 {
			t.Errorf("%s: %d %s", text, r.status, r.text)
		}
		r.denied(t, 400, "Request_BadRequest")
	}
	many := []string{}
	for range maxRedirects + 1 {
		many = append(many, "https://x.test/"+newToken(4))
	}
	post(map[string]any{"web": map[string]any{"redirectUris": many}}).denied(t, 400, "Request_BadRequest")
	if r := post(map[string]any{"identifierUris": []string{"https://api.k2.com/"}, "api": map[string]any{"requestedAccessTokenVersion": 2}}); r.status != http.StatusCreated {
		t.Errorf("any URI is allowed for v2.0 tokens: %d %s", r.status, r.text)
	}
	s.do("POST", "/v1.0/applications", []byte("{"), "Authorization", "Bearer "+s.graphToken()).denied(t, 400, "BadRequest")
	s.do("POST", "/v1.0/applications", []byte(`{"x":"`+strings.Repeat("y", maxBodyBytes)+`"}`), "Authorization", "Bearer "+s.graphToken()).denied(t, 413, "Request_BadRequest")
	s.graphCall("GET", "/nonsense", nil).denied(t, 400, "BadRequest")
	s.graphCall("POST", "/servicePrincipals", map[string]any{"appId": newGUID()}).denied(t, 400, "Request_BadRequest")
	s.graphCall("POST", "/servicePrincipals", map[string]any{"appId": webID}).denied(t, 409, "Request_MultipleObjectsWithSameKeyValue")
}

func TestCredentialsThroughGraph(t *testing.T) {
	s := open(t)
	daemon := "/applications/" + seedID(0xb0, daemonSeed)
	key, der := s.certify(scriptID) // for the key only
	if r := s.graphCall("PATCH", daemon, map[string]any{"keyCredentials": []map[string]any{{"type": "AsymmetricX509Cert", "usage": "Verify", "key": stdBase64(der)}}}); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.text)
	}
	shown := s.graphCall("GET", daemon, nil)
	creds := shown.json["keyCredentials"].([]any)[0].(map[string]any)
	if creds["key"] != nil || creds["keyId"] == "" || creds["endDateTime"] == nil || strings.Contains(shown.text, "igest") {
		t.Errorf("%s", shown.text)
	}
	text, _ := sign(key, map[string]any{"alg": "PS256", "x5t": thumbprint(der)}, map[string]any{"aud": s.URL() + "/" + TenantID + "/v2.0", "iss": daemonID, "sub": daemonID, "exp": time.Now().Add(time.Minute).Unix()})
	s.daemon("client_secret", "", "client_assertion_type", assertionType, "client_assertion", text) // a secret is sent too, and wrong
	s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID, "client_assertion_type", assertionType, "client_assertion", text, "scope", apiID+"/.default").must(t)
	// What was shown can be sent back without losing the key or the secret.
	if r := s.graphCall("PATCH", daemon, map[string]any{"keyCredentials": shown.json["keyCredentials"], "passwordCredentials": shown.json["passwordCredentials"]}); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.text)
	}
	s.daemon().must(t)
	s.ask("v2", "grant_type", "client_credentials", "client_id", daemonID, "client_assertion_type", assertionType, "client_assertion", text, "scope", apiID+"/.default").must(t)
	secret := s.graphCall("POST", daemon+"/addPassword", map[string]any{"passwordCredential": map[string]any{"endDateTime": time.Now().Add(-time.Minute)}}).must(t)
	s.daemon("client_secret", secret.get("secretText")).refused(t, 7000222, "invalid_client")
	s.daemon("client_secret", secret.get("keyId")).refused(t, 7000215, "invalid_client")
	if r := s.graphCall("POST", daemon+"/removePassword", map[string]any{"keyId": secret.get("keyId")}); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	s.graphCall("POST", daemon+"/removePassword", map[string]any{"keyId": secret.get("keyId")}).denied(t, 400, "Request_BadRequest")

	fic := daemon + "/federatedIdentityCredentials"
	body := map[string]any{"name": "build", "issuer": s.workloadIssuer(), "subject": "a", "audiences": []string{"api://AzureADTokenExchange"}}
	f := s.graphCall("POST", fic, body)
	if f.status != 201 {
		t.Fatalf("%d %s", f.status, f.text)
	}
	s.graphCall("POST", fic, body).denied(t, 409, "Request_MultipleObjectsWithSameKeyValue")
	s.graphCall("POST", fic, map[string]any{"name": "x", "issuer": "http://x", "subject": "y"}).denied(t, 400, "Request_BadRequest")
	if r := s.graphCall("PATCH", fic+"/build", map[string]any{"subject": "b"}); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := s.graphCall("GET", fic+"/"+f.get("id"), nil); r.get("subject") != "b" || r.get("name") != "build" {
		t.Errorf("%s", r.text)
	}
	if r := s.graphCall("DELETE", fic+"/build", nil); r.status != 204 || len(values2(s.graphCall("GET", fic, nil))) != 0 {
		t.Errorf("%d %s", r.status, r.text)
	}
}

func TestGraphKnowsItsCallers(t *testing.T) {
	s := open(t)
	s.do("GET", "/v1.0/users", nil).denied(t, 401, "InvalidAuthenticationToken")
	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	get := func(path, token string) reply { return s.do("GET", "/v1.0"+path, nil, bearer(token)...) }
	get("/me", "x").denied(t, 401, "InvalidAuthenticationToken")
	get("/me", s.tokens("v2", "jane").get("access_token")).denied(t, 401, "InvalidAuthenticationToken")
	jane := s.tokens("v2", "jane", "scope", "openid User.Read").get("access_token")
	if r := get("/me", jane).must(t); r.get("userPrincipalName") != "jane@contoso.test" || r.json["accountEnabled"] != nil {
		t.Errorf("%s", r.text)
	}
	if r := get("/me?$select=displayName,accountEnabled", jane).must(t); r.json["accountEnabled"] != true || r.get("mail") != "" {
		t.Errorf("%s", r.text)
	}
	if r := get("/me/manager", jane).must(t); r.get("userPrincipalName") != "bob@contoso.test" {
		t.Errorf("%s", r.text)
	}
	get("/users", jane).denied(t, 403, "Authorization_RequestDenied")
	get("/me", s.graphToken()).denied(t, 400, "Request_BadRequest") // nobody is "me"
	s.do("POST", "/v1.0/applications", []byte(`{"displayName":"x"}`), bearer(jane)...).denied(t, 403, "Authorization_RequestDenied")

	// The command line tool acts for the administrator, and for nobody else.
	cli := func(who string) string {
		return s.ask("v2", "grant_type", "password", "client_id", azureCLIAppID, "username", who+"@contoso.test", "password", "signoff", "scope", "https://graph.microsoft.com/.default").must(t).get("access_token")
	}
	if r := s.do("POST", "/v1.0/applications", []byte(`{"displayName":"x"}`), bearer(cli("admin"))...); r.status != 201 {
		t.Errorf("%d %s", r.status, r.text)
	}
	s.do("POST", "/v1.0/applications", []byte(`{"displayName":"x"}`), bearer(cli("jane"))...).denied(t, 403, "Authorization_RequestDenied")

	s.plant(Fault{Name: "graph-forbidden", Times: 1})
	get("/me", jane).denied(t, 403, "Authorization_RequestDenied")
	s.heal()
	s.plant(Fault{Name: "graph-claims-challenge"})
	r := get("/me", jane)
	r.denied(t, 401, "InvalidAuthenticationToken")
	_, text, _ := strings.Cut(r.header.Get("WWW-Authenticate"), `claims="`)
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, `"`))
	if err != nil || !strings.Contains(r.header.Get("WWW-Authenticate"), `error="insufficient_claims"`) || !strings.Contains(string(raw), `"nbf"`) {
		t.Errorf("challenge %s: %s", r.header.Get("WWW-Authenticate"), raw)
	}
	s.heal()
	s.editUser("jane", func(u *user) { u.AccountEnabled = false })
	get("/me", jane).denied(t, 401, "InvalidAuthenticationToken")
	old, _ := s.Mint(nil, map[string]any{"aud": graphAppID, "exp": time.Now().Add(-time.Hour).Unix()})
	get("/me", old).denied(t, 401, "InvalidAuthenticationToken")
}

func TestListsFilterSelectAndPage(t *testing.T) {
	s := open(t)
	names := func(path string) string {
		t.Helper()
		var out []string
		for _, m := range values2(s.graphCall("GET", path, nil).must(t)) {
			out = append(out, strings.TrimSuffix(m["userPrincipalName"].(string), "@contoso.test"))
		}
		return strings.Join(out, " ")
	}
	for filter, want := range map[string]string{
		"userPrincipalName eq 'JANE@contoso.test'":                                  "jane",
		"startswith(displayName,'a')":                                               "admin ana",
		"startswith(displayName,'a') and not endswith(mail,'na@contoso.test')":      "admin",
		"mail in ('bob@contoso.test','ana@contoso.test')":                           "ana bob",
		"accountEnabled eq false":                                                   "",
		"(displayName eq 'Jane Doe' or surname eq 'Stone') and userType ne 'Guest'": "jane bob",
		"jobTitle eq null and givenName eq 'Ana'":                                   "ana",
		"id eq " + s.person("bob").ID:                                               "bob",
	} {
		if got := names("/users?$filter=" + url.QueryEscape(filter)); got != want {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
	r := s.graphCall("GET", "/servicePrincipals?$filter="+url.QueryEscape("servicePrincipalNames/any(n:n eq 'https://api.contoso.test/')")+"&$select=appId", nil).must(t)
	if list := values2(r); len(list) != 1 || list[0]["appId"] != oldAPIID || list[0]["displayName"] != nil {
		t.Errorf("%s", r.text)
	}
	r = s.graphCall("GET", "/servicePrincipals?$filter="+url.QueryEscape("oauth2PermissionScopes/any(p:p/value eq 'EWS.AccessAsUser.All')"), nil).must(t)
	if list := values2(r); len(list) != 1 || list[0]["appId"] != exchangeAppID {
		t.Errorf("%s", r.text)
	}
	var all []string
	for next := s.URL() + "/v1.0/users?$top=2&$orderby=displayName%20desc&$count=true"; next != ""; {
		r := s.do("GET", next, nil, "Authorization", "Bearer "+s.graphToken()).must(t)
		if n := len(values2(r)); n > 2 || r.json["@odata.count"] != 5.0 {
			t.Errorf("%d of %v", n, r.json["@odata.count"])
		}
		for _, m := range values2(r) {
			all = append(all, m["displayName"].(string))
		}
		next = r.get("@odata.nextLink")
	}
	if len(all) != 5 || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("%v", all)
	}
	for _, wrong := range []string{"$filter=x", "$filter=a%20gt%201", "$top=0", "$top=1000", "$skiptoken=x", "$expand=members", "$search=x",
		"$filter=" + url.QueryEscape(strings.Repeat("a eq 1 or ", maxFilterTerms)+"a eq 1"), "$filter=" + strings.Repeat("x", maxFilterBytes+1)} {
		if r := s.graphCall("GET", "/users?"+wrong, nil); r.status != 400 {
			t.Errorf("%.40s: %d %s", wrong, r.status, r.text)
		}
	}
}

func TestPeopleAndGroupsThroughGraph(t *testing.T) {
	s := open(t)
	made := s.graphCall("POST", "/users", map[string]any{"displayName": "New Person", "mailNickname": "new", "userPrincipalName": "new@contoso.test",
		"accountEnabled": true, "passwordProfile": map[string]any{"password": "one", "forceChangePasswordNextSignIn": false}})
	if made.status != 201 || made.get("id") == "" {
		t.Fatalf("%d %s", made.status, made.text)
	}
	in := func(password string) reply {
		return s.ask("v2", "grant_type", "password", "client_id", nativeID, "username", "new@contoso.test", "password", password, "scope", "openid offline_access api://"+apiID+"/.default")
	}
	refresh := in("one").must(t).get("refresh_token")
	again := func() reply {
		return s.ask("v2", "grant_type", "refresh_token", "client_id", nativeID, "refresh_token", refresh)
	}
	again().must(t)
	id := "/users/" + made.get("id")
	if r := s.graphCall("PATCH", id, map[string]any{"passwordProfile": map[string]any{"password": "two"}, "jobTitle": "Clerk"}); r.status != 204 {
		t.Fatalf("%d %s", r.status, r.text)
	}
	again().refused(t, 50173, "invalid_grant")
	refresh = in("two").must(t).get("refresh_token")
	if r := s.graphCall("POST", id+"/revokeSignInSessions", nil).must(t); r.json["value"] != true {
		t.Errorf("%s", r.text)
	}
	again().refused(t, 50173, "invalid_grant")
	if r := s.graphCall("PUT", id+"/manager/$ref", map[string]any{"@odata.id": s.URL() + "/v1.0/users/" + s.person("bob").ID}); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := s.graphCall("GET", "/users/bob@contoso.test/directReports", nil).must(t); len(values2(r)) != 2 {
		t.Errorf("%s", r.text)
	}
	for _, wrong := range []map[string]any{{"userPrincipalName": "x@elsewhere.test"}, {"displayName": ""}, {"nonsense": 1}, {"userPrincipalName": "jane@contoso.test"},
		{"passwordProfile": map[string]any{"password": ""}}} {
		if r := s.graphCall("PATCH", id, wrong); r.status != 400 {
			t.Errorf("%v: %d %s", wrong, r.status, r.text)
		}
	}
	g := s.graphCall("POST", "/groups", map[string]any{"displayName": "Clerks", "mailNickname": "clerks", "mailEnabled": false, "securityEnabled": true,
		"members@odata.bind": []string{s.URL() + "/v1.0/users/" + made.get("id")}})
	if g.status != 201 {
		t.Fatalf("%d %s", g.status, g.text)
	}
	outer := s.graphCall("POST", "/groups", map[string]any{"displayName": "Outer", "mailNickname": "outer", "mailEnabled": false, "securityEnabled": false})
	if r := s.graphCall("POST", "/groups/"+outer.get("id")+"/members/$ref", map[string]any{"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/" + g.get("id")}); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	objects := func(body string) reply {
		return s.do("POST", "/v1.0"+id+"/getMemberObjects", []byte(body), "Authorization", "Bearer "+s.graphToken())
	}
	if r := objects(`{"securityEnabledOnly":false}`).must(t); len(r.json["value"].([]any)) != 2 {
		t.Errorf("%s", r.text)
	}
	if r := objects(`{"securityEnabledOnly":true}`).must(t); len(r.json["value"].([]any)) != 1 {
		t.Errorf("%s", r.text)
	}
	objects(`{}`).denied(t, 400, "Request_BadRequest")
	if r := s.graphCall("GET", "/groups/"+outer.get("id")+"/transitiveMembers", nil).must(t); len(values2(r)) != 2 {
		t.Errorf("%s", r.text)
	}
	if r := s.graphCall("GET", id+"/memberOf", nil).must(t); len(values2(r)) != 1 {
		t.Errorf("%s", r.text)
	}
	if r := s.graphCall("DELETE", "/groups/"+outer.get("id")+"/members/"+g.get("id")+"/$ref", nil); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	if r := s.graphCall("DELETE", id, nil); r.status != 204 {
		t.Errorf("%d %s", r.status, r.text)
	}
	s.graphCall("GET", id, nil).denied(t, 404, "Request_ResourceNotFound")
	if r := s.graphCall("GET", "/groups/"+g.get("id")+"/members", nil).must(t); len(values2(r)) != 0 {
		t.Errorf("the deleted person is still in a group: %s", r.text)
	}
	again().refused(t, 50034, "invalid_grant")
	if r := s.graphCall("GET", "/organization", nil).must(t); values2(r)[0]["id"] != TenantID {
		t.Errorf("%s", r.text)
	}
}

func TestDeltaTellsEveryChangeOnce(t *testing.T) {
	s := open(t)
	follow := func(link string) (changes []map[string]any, next string) {
		t.Helper()
		for link != "" {
			r := s.do("GET", link, nil, "Authorization", "Bearer "+s.graphToken(), "Prefer", "odata.maxpagesize=2").must(t)
			if len(values2(r)) > 2 {
				t.Errorf("%d in a page", len(values2(r)))
			}
			changes = append(changes, values2(r)...)
			link, next = r.get("@odata.nextLink"), r.get("@odata.deltaLink")
		}
		return changes, next
	}
	all, users := follow(s.URL() + "/v1.0/users/delta?$select=displayName")
	if len(all) != 5 || all[0]["displayName"] == nil || all[0]["mail"] != nil {
		t.Errorf("at first %v", all)
	}
	groups0, groups := follow(s.URL() + "/v1.0/groups/delta")
	if len(groups0) != 5 || groups0[0]["members@delta"] == nil {
		t.Errorf("groups at first %v", groups0)
	}
	if again, _ := follow(users); len(again) != 0 {
		t.Errorf("nothing happened, and %v", again)
	}
	jane, finance := s.person("jane").ID, s.dir.t.Groups[2].ID
	s.graphCall("PATCH", "/users/"+jane, map[string]any{"displayName": "Jane Roe"})
	s.graphCall("DELETE", "/users/bob@contoso.test", nil)
	s.graphCall("POST", "/groups/"+finance+"/members/$ref", map[string]any{"@odata.id": "x/" + jane})
	changes, users := follow(users)
	seen := map[string]bool{}
	for _, m := range changes {
		seen[m["id"].(string)] = m["@removed"] != nil
	}
	if len(changes) != 2 || seen[jane] || !seen[seedID(0x10, 4)] { // Jane changed twice: she was Bob's, too
		t.Errorf("changes %v", changes)
	}
	moved, groups := follow(groups)
	found := false
	for _, m := range moved {
		if m["id"] == finance {
			d := m["members@delta"].([]any)
			found = len(d) == 1 && d[0].(map[string]any)["id"] == jane && d[0].(map[string]any)["@removed"] == nil
		}
	}
	if !found || len(moved) != 3 { // Bob left two
		t.Errorf("moves %v", moved)
	}
	s.graphCall("DELETE", "/groups/"+finance+"/members/"+jane+"/$ref", nil)
	if moved, _ := follow(groups); len(moved) != 1 || moved[0]["members@delta"].([]any)[0].(map[string]any)["@removed"] == nil {
		t.Errorf("moves %v", moved)
	}
	if r := s.graphCall("GET", "/users/delta?$deltatoken=latest", nil).must(t); len(values2(r)) != 0 || r.get("@odata.deltaLink") == "" {
		t.Errorf("%s", r.text)
	}
	for _, token := range []string{"nonsense", cursor{Kind: "group", Since: 1}.token(), cursor{Kind: "user", Since: 1 << 40}.token(), cursor{Kind: "user", Since: -1}.token()} {
		r := s.graphCall("GET", "/users/delta?$deltatoken="+token, nil)
		r.denied(t, 410, "syncStateNotFound")
		if r.header.Get("Location") == "" {
			t.Error("no word where to start anew")
		}
	}
	s.plant(Fault{Name: "delta-expired"})
	s.do("GET", users, nil, "Authorization", "Bearer "+s.graphToken()).denied(t, 410, "syncStateNotFound")
	s.heal()
	s.dir.change(func(t *tables) error { t.Horizon = t.Seq; return nil })
	s.do("GET", users, nil, "Authorization", "Bearer "+s.graphToken()).denied(t, 410, "syncStateNotFound")
}

func TestDeltaTellsOfManagers(t *testing.T) {
	s := open(t)
	ana, bob, jane := s.person("ana").ID, s.person("bob").ID, s.person("jane").ID
	managers := func(link, of string) (moved string, next string) {
		t.Helper()
		r := s.do("GET", link, nil, "Authorization", "Bearer "+s.graphToken()).must(t)
		for _, m := range values2(r) {
			list, _ := m["manager@delta"].([]any)
			for _, v := range list {
				one := v.(map[string]any)
				if m["id"] == of {
					moved += map[bool]string{true: "+", false: "-"}[one["@removed"] == nil] + one["id"].(string) + " "
				}
			}
		}
		return moved, r.get("@odata.deltaLink")
	}
	got, next := managers(s.URL()+"/v1.0/users/delta?$select=displayName,manager", ana)
	if got != "+"+jane+" " {
		t.Errorf("at first %q", got)
	}
	s.graphCall("PUT", "/users/"+ana+"/manager/$ref", map[string]any{"@odata.id": "x/" + bob})
	if got, next = managers(next, ana); got != "-"+jane+" +"+bob+" " {
		t.Errorf("another: %q", got)
	}
	s.graphCall("DELETE", "/users/"+ana+"/manager/$ref", nil)
	if got, next = managers(next, ana); got != "-"+bob+" " {
		t.Errorf("none: %q", got)
	}
	s.graphCall("PUT", "/users/"+ana+"/manager/$ref", map[string]any{"@odata.id": "x/" + bob})
	s.graphCall("DELETE", "/users/"+bob, nil)
	if got, _ = managers(next, ana); got != "-"+bob+" " {
		t.Errorf("gone: %q", got)
	}
	if got, _ = managers(s.URL()+"/v1.0/users/delta?$select=displayName", jane); got != "" {
		t.Errorf("nobody asked: %q", got)
	}
}

func TestAnotherPartOfGraphCanStandBeside(t *testing.T) {
	var s *tenantOf
	s = open(t, func(o *Options) {
		o.Also = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c, ok := s.Authenticate(w, r); ok {
				writeJSON(w, 200, c)
			}
		})
	})
	token := s.tokens("v2", "jane", "scope", "openid User.Read").get("access_token")
	if r := s.do("GET", "/v1.0/me/messages", nil, "Authorization", "Bearer "+token).must(t); r.get("Login") != "jane@contoso.test" || r.get("Client") != webID {
		t.Errorf("%s", r.text)
	}
	s.do("GET", "/v1.0/me/messages", nil).denied(t, 401, "InvalidAuthenticationToken")
}
