package entra

import (
	"net/url"
	"strings"
	"testing"
)

// forget takes all consent to a client away.
func (s *tenantOf) forget(appID string) {
	s.dir.change(func(t *tables) error {
		sp := t.spByAppID(appID)
		var left []*permissionGrant
		for _, g := range t.Grants {
			if g.ClientID != sp.ID {
				left = append(left, g)
			}
		}
		t.Grants = left
		return nil
	})
}

func TestConsentIsAskedForOnceAndCounts(t *testing.T) {
	s := open(t)
	s.forget(webID)
	if got := s.browser().get(s.authorizeURL("v2")).signIn("jane").press("cancel").landed(); got.Get("error") != "access_denied" ||
		!strings.HasPrefix(got.Get("error_description"), "AADSTS65004") || got.Get("error_subcode") != "cancel" {
		t.Errorf("declined: %v", got)
	}
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	for _, want := range []string{"user_impersonation", "Contoso Workflow API", "See your name and account"} {
		if !strings.Contains(b.page.text, want) {
			t.Errorf("the consent page lacks %q", want)
		}
	}
	if strings.Contains(b.page.text, "everybody") {
		t.Error("somebody who is no administrator may consent for all")
	}
	code := b.press("accept", "everybody", "on").landed().Get("code") // not hers to give
	r := s.ask("v2", "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback, "code", code).must(t)
	if claimsOf(t, r.get("access_token"))["scp"] != "user_impersonation" {
		t.Error("no scope")
	}
	s.code("v2", "jane") // not asked again
	if got := s.browser().get(s.authorizeURL("v2", "prompt", "consent")).signIn("jane"); !strings.Contains(got.page.text, "Permissions requested") {
		t.Error("prompt=consent asks nothing")
	} else {
		got.accept().landed()
	}
	if got := s.browser().get(s.authorizeURL("v2")).signIn("ana"); !strings.Contains(got.page.text, "Permissions requested") {
		t.Error("Jane's consent counts for Ana")
	}
	admin := s.browser().get(s.authorizeURL("v2")).signIn("admin")
	if !strings.Contains(admin.page.text, `name="everybody"`) {
		t.Fatal("the administrator cannot consent for all")
	}
	admin.press("accept", "everybody", "on").landed()
	s.code("v2", "ana")
}

func TestWithoutConsentThereIsNoTokenInSilence(t *testing.T) {
	s := open(t)
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	refresh := s.tokens("v2", "jane").get("refresh_token")
	s.forget(webID)
	if got := b.get(s.authorizeURL("v2", "prompt", "none")).landed(); got.Get("error") != "interaction_required" || !strings.HasPrefix(got.Get("error_description"), "AADSTS65001") {
		t.Errorf("silently: %v", got)
	}
	r := s.ask("v2", "grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", refresh)
	r.refused(t, 65001, "invalid_grant")
	if r.get("suberror") != "consent_required" {
		t.Errorf("suberror %s", r.get("suberror"))
	}
}

func TestPeopleCannotGrantWhatIsForAdministrators(t *testing.T) {
	s := open(t)
	url := s.authorizeURL("v2", "scope", "openid Mail.Send")
	s.browser().get(url).signIn("jane").shows("90094")
	s.browser().get(url).signIn("admin").press("accept", "everybody", "on").landed()
	s.browser().get(url).signIn("jane").landed()
	s.forget(webID)
	s.plant(Fault{Name: "user-consent-off"})
	s.browser().get(s.authorizeURL("v2")).signIn("jane").shows("90094")
	// A form that was not shown does not help.
	b := s.browser().get(s.authorizeURL("v2", "prompt", "login")).signIn("admin")
	b.press("tiles").signIn("jane")
	b.shows("90094")
}

func TestThePreauthorisedAndTheKnownAreNotAskedTwice(t *testing.T) {
	s := open(t)
	s.forget(webID)
	s.edit(apiID, func(a *application) {
		a.API.PreAuthorizedApplications = []preAuthorized{{AppID: webID, DelegatedPermissionIDs: []string{a.API.OAuth2PermissionScopes[0].ID}}}
	})
	b := s.browser().get(s.authorizeURL("v2")).signIn("jane")
	if strings.Contains(b.page.text, "user_impersonation") {
		t.Error("a pre-authorised client is asked about")
	}
	b.accept().landed()
	s.forget(apiID)
	s.forget(webID)
	s.edit(apiID, func(a *application) {
		a.API.KnownClientApplications, a.API.PreAuthorizedApplications = []string{webID}, nil
	})
	b = s.browser().get(s.authorizeURL("v2", "scope", "openid api://"+apiID+"/.default")).signIn("jane")
	if !strings.Contains(b.page.text, "User.Read") {
		t.Errorf("the API's own needs are not on the page:\n%s", b.page.text)
	}
	b.accept().landed()
	r := s.tokens("v2", "jane", "scope", "openid api://"+apiID+"/user_impersonation")
	s.ask("v2", "grant_type", grantOBO, "client_id", apiID, "client_secret", seedSecret(apiSeed), "assertion", r.get("access_token"),
		"requested_token_use", "on_behalf_of", "scope", "User.Read").must(t)
}

func TestAMisconfiguredRegistrationIsNamed(t *testing.T) {
	s := open(t)
	starts := func(code string, pairs ...string) {
		t.Helper()
		got := s.browser().get(s.authorizeURL("v2", pairs...)).signIn("jane").landed()
		if !strings.HasPrefix(got.Get("error_description"), "AADSTS"+code+":") {
			t.Errorf("want %s: %v", code, got)
		}
	}
	all := "openid api://" + apiID + "/.default"
	s.forget(webID)
	s.edit(webID, func(a *application) { a.RequiredResourceAccess = nil })
	starts("650056", "scope", all)
	s.edit(webID, func(a *application) {
		a.RequiredResourceAccess = []requiredAccess{{ResourceAppID: "99999999-9999-4999-8999-999999999999"}}
	})
	starts("650052", "scope", all)
	s.edit(webID, func(a *application) {
		a.RequiredResourceAccess = []requiredAccess{{ResourceAppID: apiID, ResourceAccess: []resourceAccess{{ID: newGUID(), Type: "Scope"}}}}
	})
	starts("65005", "scope", all)
}

func TestAnAdministratorConsentsForEverybody(t *testing.T) {
	s := open(t)
	s.forget(webID)
	for path, q := range map[string]url.Values{"/adminconsent?": {}, "/v2.0/adminconsent?": {"scope": {"https://graph.microsoft.com/.default"}}} {
		s.forget(webID)
		q.Set("client_id", webID)
		q.Set("redirect_uri", callback)
		q.Set("state", "x&y")
		address := "/" + TenantID + path + q.Encode()
		s.browser().get(address).signIn("jane").shows("90094")
		got := s.browser().get(address).signIn("admin").accept().landed()
		if got.Get("admin_consent") != "True" || got.Get("tenant") != TenantID || got.Get("state") != "x&y" {
			t.Errorf("%s: %v", path, got)
		}
		s.code("v2", "bob")
		if got := s.browser().get(address).signIn("admin").press("cancel").landed(); got.Get("error") != "access_denied" || got.Get("error_subcode") != "cancel" {
			t.Errorf("%s declined: %v", path, got)
		}
	}
	s.forget(webID)
	q := url.Values{"client_id": {webID}, "redirect_uri": {callback}, "scope": {"https://graph.microsoft.com/Mail.Send"}}
	s.browser().get("/" + TenantID + "/v2.0/adminconsent?" + q.Encode()).signIn("admin").accept().landed()
	if r := s.browser().get(s.authorizeURL("v2", "scope", "Mail.Send")).signIn("jane").landed(); r.Get("code") == "" {
		t.Errorf("the scope that was granted: %v", r)
	}
	s.browser().get("/" + TenantID + "/v2.0/adminconsent?client_id=" + webID + "&redirect_uri=https://evil.test").shows("50011")
	s.browser().get(s.authorizeURL("v1", "prompt", "admin_consent")).signIn("jane").shows("90094")
	old := s.browser().get(s.authorizeURL("v1", "prompt", "admin_consent")).signIn("admin").accept().landed()
	if old.Get("code") == "" {
		t.Errorf("v1.0's prompt=admin_consent: %v", old)
	}
}

func TestAssignmentIsRequiredWhereTheEnterpriseAppSaysSo(t *testing.T) {
	s := open(t)
	s.dir.change(func(t *tables) error {
		p := *t.spByAppID(webID)
		p.AppRoleAssignmentRequired = true
		t.putSP(&p)
		return nil
	})
	b := s.browser().get(s.authorizeURL("v2")).signIn("ana")
	b.shows("50105")
	if !strings.Contains(b.page.text, "state=s&#43;1") && !strings.Contains(b.page.text, "state=s+1") {
		t.Errorf("who goes back has lost the state:\n%s", b.page.text)
	}
	s.dir.change(func(t *tables) error {
		g := t.Groups[1] // Approvers: Jane and Bob
		t.assign(g.ID, "Group", g.DisplayName, t.spByAppID(webID), noRole, s.now())
		return nil
	})
	s.code("v2", "jane")
	s.browser().get(s.authorizeURL("v2")).signIn("ana").shows("50105")
}

func TestGroupsRolesAndOptionalClaims(t *testing.T) {
	s := open(t)
	kind := "SecurityGroup"
	s.edit(apiID, func(a *application) {
		a.GroupMembershipClaims = &kind
		a.OptionalClaims.AccessToken = append(a.OptionalClaims.AccessToken, optionalClaim{Name: "email"}, optionalClaim{Name: "upn"}, optionalClaim{Name: "acct"},
			optionalClaim{Name: "idtyp", AdditionalProperties: []string{"include_user_token"}})
	})
	s.dir.change(func(t *tables) error {
		r := t.resource(apiID)
		t.assign(s.personIn(t, "jane").ID, "User", "Jane", r.sp, r.sp.AppRoles[0].ID, s.now())
		return nil
	})
	c := claimsOf(t, s.tokens("v2", "jane").get("access_token"))
	if groups := c["groups"].([]any); len(groups) != 3 { // Everybody, Approvers, and All Staff through it
		t.Errorf("groups %v", groups)
	}
	if c["email"] != "jane@contoso.test" || c["upn"] != "jane@contoso.test" || c["idtyp"] != "user" || c["login_hint"] != loginHint(s.person("jane")) ||
		len(c["roles"].([]any)) != 1 || c["roles"].([]any)[0] != "Workflow.Start" {
		t.Errorf("claims %v", c)
	}
	for property, want := range map[string]string{"cloud_displayname": "Everybody", "sam_account_name": "Everybody", "netbios_domain_and_sam_account_name": "CONTOSO\\Everybody"} {
		s.edit(apiID, func(a *application) {
			a.OptionalClaims = &optionalClaims{AccessToken: []optionalClaim{{Name: "groups", AdditionalProperties: []string{property}}}}
		})
		if got := claimsOf(t, s.tokens("v2", "jane").get("access_token"))["groups"].([]any)[0]; got != want {
			t.Errorf("%s: %v", property, got)
		}
	}
	s.edit(apiID, func(a *application) {
		a.OptionalClaims = &optionalClaims{AccessToken: []optionalClaim{{Name: "groups", AdditionalProperties: []string{"emit_as_roles"}}}}
	})
	if c := claimsOf(t, s.tokens("v2", "jane").get("access_token")); c["groups"] != nil || len(c["roles"].([]any)) != 4 {
		t.Errorf("as roles: %v", c)
	}
	s.plant(Fault{Name: "groups-overage", Times: 1})
	if c := claimsOf(t, s.tokens("v2", "jane").get("access_token")); c["groups"] != nil || c["_claim_names"] == nil || c["_claim_sources"] == nil {
		t.Errorf("overage: %v", c)
	}
	jane := s.person("jane").ID
	s.dir.change(func(t *tables) error {
		for i := range overageJWT {
			t.putGroup(&group{ID: seedID(0x77, i), DisplayName: "many", SecurityEnabled: true, Members: []string{jane}})
		}
		return nil
	})
	if c := claimsOf(t, s.tokens("v2", "jane").get("access_token")); c["groups"] != nil || c["_claim_names"] == nil {
		t.Errorf("with 203 groups: %v", c["groups"])
	}
}

func (s *tenantOf) personIn(t *tables, who string) *user { return t.user(who + "@contoso.test") }

func TestAClientThatUnderstandsChallengesGetsLongTokens(t *testing.T) {
	s := open(t)
	const cp1 = `{"access_token":{"xms_cc":{"values":["cp1"]}}}`
	c := claimsOf(t, s.tokens("v2", "jane", "claims", cp1).get("access_token"))
	if cc, _ := c["xms_cc"].([]any); len(cc) != 1 || cc[0] != "cp1" || sub(c["exp"], c["iat"]) != int64(accessLifeLong.Seconds()) {
		t.Errorf("claims %v", c)
	}
	if c := claimsOf(t, s.tokens("v2", "jane").get("access_token")); c["xms_cc"] != nil {
		t.Error("xms_cc without asking")
	}
}
