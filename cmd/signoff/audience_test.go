package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
)

// TestATokenIsTakenExactlyAsTheSettingSays walks the ways in which an API's
// name and version go wrong between a registration and a setting: the server is
// the real one, the tokens are the sandbox's, and each refusal tells an
// administrator the setting and the value.
func TestATokenIsTakenExactlyAsTheSettingSays(t *testing.T) {
	s := trySandbox(t)
	two, _, uri := s.app("Contoso Workflow API")
	one, _, slash := s.app("Contoso Old API") // its URI ends with a slash
	bare := strings.TrimSuffix(slash, "/")
	tokens := s.audienceTokens(uri, slash)
	plain := s.contoso(two)
	entry := func(change func(*api.TrustedIssuer)) api.TrustedIssuer {
		is := plain
		is.Audiences, is.SlashVariants, is.Versions = []string{two}, false, []string{"1.0", "2.0"}
		change(&is)
		return is
	}
	for _, c := range []struct {
		name  string
		entry api.TrustedIssuer
		in    string            // tokens that are taken
		out   map[string]string // tokens that are refused: what the check that failed must say
	}{
		{"the GUID of the new API", entry(func(*api.TrustedIssuer) {}), "v2",
			map[string]string{"v1": two, "v1 slash": two}},
		{"the old API's URI with the slash", entry(func(is *api.TrustedIssuer) { is.Audiences = []string{two, slash} }), "v2, v1 slash",
			map[string]string{"v1": slash, "v1 guid": slash}},
		{"without the slash", entry(func(is *api.TrustedIssuer) { is.Audiences = []string{two, bare} }), "v2, v1",
			map[string]string{"v1 slash": bare, "v1 guid": bare}},
		{"without, and the slash does not matter", entry(func(is *api.TrustedIssuer) { is.Audiences, is.SlashVariants = []string{two, bare}, true }), "v2, v1, v1 slash",
			map[string]string{"v1 guid": bare}},
		{"with, and the slash does not matter", entry(func(is *api.TrustedIssuer) { is.Audiences, is.SlashVariants = []string{two, slash}, true }), "v2, v1, v1 slash",
			map[string]string{"v1 guid": slash}},
		{"the GUID of the old API, whose tokens name its URI", entry(func(is *api.TrustedIssuer) { is.Audiences = []string{one} }), "v1 guid",
			map[string]string{"v1": one, "v1 slash": one, "v2": one}},
		{"all names, version 2.0 alone", entry(func(is *api.TrustedIssuer) {
			is.Audiences, is.Versions = []string{two, one, slash, bare}, []string{"2.0"}
		}), "v2", map[string]string{"v1": "1.0", "v1 slash": "1.0", "v1 guid": "1.0"}},
		{"all names, version 1.0 alone", entry(func(is *api.TrustedIssuer) {
			is.Audiences, is.Versions = []string{two, one, slash, bare}, []string{"1.0"}
		}), "v1, v1 slash, v1 guid", map[string]string{"v2": "2.0"}},
		{"all names, both versions", entry(func(is *api.TrustedIssuer) { is.Audiences = []string{two, one, slash, bare} }), "v1, v1 slash, v1 guid, v2", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.t = t
			s.trust(c.entry)
			for name := range strings.SplitSeq(c.in, ", ") {
				if name != "" {
					s.isTaken(name, tokens[name])
				}
			}
			for name, says := range c.out {
				s.isRefused(name, tokens[name], says)
			}
		})
	}
}

// TestASettingThatCanMatchNoTokenIsRefused: the URI of an API alone, for tokens
// of version 2.0, which never name it.
func TestASettingThatCanMatchNoTokenIsRefused(t *testing.T) {
	s := trySandbox(t)
	two, _, uri := s.app("Contoso Workflow API")
	entry := s.contoso(two)
	entry.Audiences = []string{uri}
	_, tag, err := s.admin().Trust(t.Context())
	if err == nil {
		_, err = s.admin().SetTrust(t.Context(), tag, []api.TrustedIssuer{entry})
	}
	if err == nil || !strings.Contains(err.Error(), "tokens of version 2.0 always name the API by its Application (client) ID") {
		t.Errorf("it is saved: %v", err)
	}
}

// audienceTokens are Ana's, for both APIs: "v1 guid" is of an API whose tokens
// of version 1.0 name it by its id (the optional claim aud with use_guid).
func (s *tried) audienceTokens(uri, slash string) map[string]string {
	s.t.Helper()
	web, secret, _ := s.app("Contoso Web Client")
	ask := func(version string, pairs ...string) string {
		return s.token(version, append(pairs, "grant_type", "password", "username", "ana@contoso.test", "password", "signoff", "client_id", web, "client_secret", secret)...)
	}
	out := map[string]string{"v2": ask("2.0", "scope", uri+"/user_impersonation"),
		"v1": ask("1.0", "resource", strings.TrimSuffix(slash, "/")), "v1 slash": ask("1.0", "resource", slash)}
	old, _, _ := s.app("Contoso Old API")
	s.graph("PATCH", "/applications/"+s.registration(old), map[string]any{"optionalClaims": map[string]any{"accessToken": []any{
		map[string]any{"name": "aud", "additionalProperties": []string{"use_guid"}}}}})
	out["v1 guid"] = ask("1.0", "resource", slash)
	return out
}

func (s *tried) isTaken(name, token string) {
	s.t.Helper()
	if status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil); status != http.StatusOK || got["login"] != "ana" {
		s.t.Errorf("%s is refused: %d %v", name, status, got["code"])
	}
	if status, _ := s.send("GET", s.Server+"/api/workflow/v1/tasks", token, "", nil); status != http.StatusOK {
		s.t.Errorf("%s is refused by K2's API: %d", name, status)
	}
}

// isRefused checks what a stranger is told, which is no more than which check
// failed, and what an administrator is told.
func (s *tried) isRefused(name, token, says string) {
	s.t.Helper()
	status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil)
	code, _ := got["code"].(string)
	if status != http.StatusUnauthorized || !slices.Contains([]string{"token-audience", "token-version"}, code) {
		s.t.Errorf("%s: %d %v", name, status, got)
	}
	if detail, _ := got["detail"].(string); strings.Contains(detail, says) {
		s.t.Errorf("%s: a stranger is told the setting: %s", name, detail)
	}
	why, err := s.admin().ExplainToken(s.t.Context(), token)
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.ContainsFunc(why.Checks, func(c api.TokenCheck) bool {
		return c.Result == "failed" && c.Code == code && strings.Contains(c.Expected+c.Advice, says) && c.Found != ""
	}) {
		s.t.Errorf("%s: the explanation does not say %q: %+v", name, says, why.Checks)
	}
}

// TestPeopleOfTwoTenantsAreTwoPeople: the same API is called by Contoso and by a
// partner; each is believed when its tenant is listed, and not before.
func TestPeopleOfTwoTenantsAreTwoPeople(t *testing.T) {
	s := trySandbox(t)
	two, _, _ := s.app("Contoso Workflow API")
	web, _, _ := s.app("Contoso Web Client")
	mint := func(login string) string {
		status, got := s.send("POST", s.Entra.URL+"/sandbox/entra/mint", "", "application/json",
			[]byte(`{"api":"`+two+`","client":"`+web+`","login":"`+login+`"}`))
		token, _ := got["token"].(string)
		if token == "" {
			t.Fatalf("nothing minted: %d %v", status, slices.Collect(maps.Keys(got)))
		}
		return token
	}
	ours, theirs := mint("jane@contoso.test"), mint("faye@fabrikam.test")
	entry := s.contoso(two)
	s.trust(entry)
	if status, got := s.send("GET", s.Server+"/api/v1/me", theirs, "", nil); status != http.StatusUnauthorized || got["code"] != "token-issuer" && got["code"] != "token-tenant" {
		t.Errorf("a partner nobody listed: %d %v", status, got)
	}
	entry.Tenants = append(entry.Tenants, s.Entra.Partner.Tenant)
	s.trust(entry)
	for token, login := range map[string]string{ours: "jane", theirs: "faye"} {
		if status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil); status != http.StatusOK || got["login"] != login {
			t.Errorf("%s: %d %v", login, status, got)
		}
	}
}

// TestAnAPIWithSigningKeysOfItsOwn: with a claims mapping policy an API has keys
// that are not the tenant's. Its tokens are taken when the entry names it, and
// otherwise the explanation says to.
func TestAnAPIWithSigningKeysOfItsOwn(t *testing.T) {
	s := trySandbox(t)
	two, _, uri := s.app("Contoso Workflow API")
	found := s.graph("GET", "/servicePrincipals?"+url.Values{"$filter": {"appId eq '" + two + "'"}}.Encode(), nil)["value"].([]any)
	principal := "/servicePrincipals/" + found[0].(map[string]any)["id"].(string)
	made := s.graph("POST", principal+"/addTokenSigningCertificate", map[string]any{"displayName": "CN=mine"})
	s.graph("PATCH", principal, map[string]any{"preferredTokenSigningKeyThumbprint": made["thumbprint"]})
	web, secret, _ := s.app("Contoso Web Client")
	token := s.token("2.0", "grant_type", "password", "username", "ana@contoso.test", "password", "signoff", "client_id", web, "client_secret", secret, "scope", uri+"/user_impersonation")

	entry := s.contoso(two)
	s.trust(entry)
	if status, got := s.send("GET", s.Server+"/api/v1/me", token, "", nil); status != http.StatusUnauthorized || got["code"] != "token-key" {
		t.Errorf("a key that is not the tenant's: %d %v", status, got)
	}
	why, err := s.admin().ExplainToken(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(why.Checks, func(c api.TokenCheck) bool { return c.Result == "failed" && strings.Contains(c.Advice, "appId") }) {
		t.Errorf("nobody says what to set: %+v", why.Checks)
	}
	entry.AppID = two
	s.trust(entry)
	s.isTaken("a token signed with the API's own key", token)
}
