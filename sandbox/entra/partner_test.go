package entra

import (
	"net/url"
	"strings"
	"testing"
)

// partnerURL is authorizeURL at another tenant's endpoint.
func (s *tenantOf) partnerURL(tenant string, pairs ...string) string {
	return strings.Replace(s.authorizeURL("v2", pairs...), "/"+TenantID+"/", "/"+tenant+"/", 1)
}

func (b *browser) signInAs(login string) *browser {
	return b.press("account", "account", "").press("password", "login", login, "password", "signoff")
}

func TestAPartnersPeopleUseWhatIsRegisteredForThem(t *testing.T) {
	s := open(t)
	for _, id := range []string{webID, apiID} {
		s.edit(id, func(a *application) { a.SignInAudience = "AzureADMultipleOrgs" })
	}
	for _, at := range []string{"common", "organizations", PartnerTenantID, "fabrikam.test"} {
		got := s.browser().get(s.partnerURL(at)).signInAs("finn@fabrikam.test")
		if at == "common" { // an administrator of Contoso consents for Contoso only
			got.accept()
		}
		answer := s.askAt(at, "v2", nil, "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed),
			"redirect_uri", callback, "code", got.landed().Get("code")).must(t)
		for name, v1 := range map[string]string{"access_token": "", "id_token": ""} {
			c := claimsOf(t, answer.get(name))
			if c["tid"] != PartnerTenantID || c["iss"] != s.issuer(2, PartnerTenantID) || c["preferred_username"] != "finn@fabrikam.test" || c["oid"] == v1 {
				t.Errorf("%s at %s: %v", name, at, c)
			}
		}
		fresh := s.askAt(at, "v2", nil, "grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", answer.get("refresh_token")).must(t)
		if c := claimsOf(t, fresh.get("access_token")); c["tid"] != PartnerTenantID {
			t.Errorf("refreshed at %s: %v", at, c)
		}
	}
	if c := claimsOf(t, s.tokens("v2", "jane").get("access_token")); c["tid"] != TenantID {
		t.Errorf("our own people: %v", c)
	}
}

func TestAPartnersPeopleGoNowhereElse(t *testing.T) {
	s := open(t)
	s.browser().get(s.authorizeURL("v2")).signInAs("finn@fabrikam.test").shows("50020")
	s.browser().get(s.partnerURL(PartnerTenantID)).shows("700016") // registered for Contoso alone
	s.browser().get(s.partnerURL("common")).shows("50194")
	s.edit(webID, func(a *application) { a.SignInAudience = "AzureADMultipleOrgs" })
	s.browser().get(s.partnerURL(PartnerTenantID)).signInAs("jane@contoso.test").shows("50020")
	s.edit(daemonID, func(a *application) { a.SignInAudience = "AzureADMultipleOrgs" })
	s.askAt(PartnerTenantID, "v2", nil, "grant_type", "client_credentials", "client_id", daemonID, "client_secret", seedSecret(daemonSeed),
		"scope", "api://"+apiID+"/.default").refused(t, 7000229, "unauthorized_client")
	if tiles := s.browser().get(s.authorizeURL("v2")).page.text; strings.Contains(tiles, "fabrikam") {
		t.Error("Contoso's own page shows people of Fabrikam")
	}
	if list := s.graphCall("GET", "/users", nil).text; strings.Contains(list, "fabrikam") {
		t.Error("Contoso's directory shows people of Fabrikam")
	}
	c, err := s.Claims(apiID, webID, "faye@fabrikam.test")
	if err != nil || c["tid"] != PartnerTenantID || c["scp"] != "user_impersonation" {
		t.Errorf("claims of a partner: %v %v", c, err)
	}
}

func TestThePartnersTenantHasMetadataOfItsOwn(t *testing.T) {
	s := open(t)
	for path, want := range map[string]string{"/.well-known/openid-configuration": s.issuer(1, PartnerTenantID),
		"/v2.0/.well-known/openid-configuration": s.issuer(2, PartnerTenantID)} {
		m := s.do("GET", "/fabrikam.test"+path, nil)
		if m.get("issuer") != want || !strings.HasPrefix(m.get("token_endpoint"), s.URL()+"/"+PartnerTenantID+"/") {
			t.Errorf("%s: %s", path, m.text)
		}
		u, _ := url.Parse(m.get("jwks_uri"))
		if keys, _ := s.do("GET", u.Path, nil).json["keys"].([]any); len(keys) != publishedKeys {
			t.Errorf("keys at %s: %v", u.Path, keys)
		}
	}
	if x := s.do("GET", "/"+PartnerTenantID+"/FederationMetadata/2007-06/FederationMetadata.xml", nil).text; !strings.Contains(x, `entityID="`+s.issuer(1, PartnerTenantID)+`"`) {
		t.Error(x)
	}
}
