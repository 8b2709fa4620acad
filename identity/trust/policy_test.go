package trust

import (
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

// A ruling is a token under a changed entry, and what is said of it.
type ruling struct {
	name  string
	entry func(*Issuer)
	token tok
	code  string // "": accepted
}

func TestTheSettingDecidesWhoMayCall(t *testing.T) {
	good, machine := v2(start), app(start)
	other := "88888888-1111-4111-8111-888888888888"
	for _, r := range []ruling{
		{"exp 299 s ago", nil, good.but(obj{"exp": start.Unix() - 299, "iat": start.Unix() - 3600}), ""},
		{"nbf 300 s ahead", nil, good.but(obj{"nbf": start.Unix() + 300}), ""},
		{"iat 300 s ahead", nil, good.but(obj{"iat": start.Unix() + 300}), ""},
		{"nbf missing", nil, good.but(obj{"nbf": nil}), ""},
		{"less skew, exp 20 s ago", func(e *Issuer) { e.Skew = 20 * time.Second }, good.but(obj{"exp": start.Unix() - 20, "iat": start.Unix() - 99}), "token-expired"},
		{"less skew, exp 19 s ago", func(e *Issuer) { e.Skew = 20 * time.Second }, good.but(obj{"exp": start.Unix() - 19, "iat": start.Unix() - 99}), ""},

		{"version 1.0 is not taken", func(e *Issuer) { e.Versions = []string{V2} }, v1(start), "token-version"},
		{"version 2.0 is not taken", func(e *Issuer) { e.Versions = []string{V1} }, good, "token-version"},
		{"slash added, as chosen", func(e *Issuer) { e.SlashVariants = true }, v1(start).but(obj{"aud": apiURI + "/"}), ""},
		{"slash left out, as chosen", func(e *Issuer) { e.SlashVariants, e.Audiences = true, []string{apiID, apiURI + "/"} }, v1(start), ""},
		{"two slashes", func(e *Issuer) { e.SlashVariants = true }, v1(start).but(obj{"aud": apiURI + "//"}), "token-audience"},
		{"slash behind an id, never", func(e *Issuer) { e.SlashVariants = true }, good.but(obj{"aud": apiID + "/"}), "token-audience"},
		{"slash only as written", func(e *Issuer) { e.Audiences = []string{apiID, apiURI + "/"} }, v1(start), "token-audience"},

		{"client listed", func(e *Issuer) { e.Clients = []string{caller} }, good, ""},
		{"client not listed", func(e *Issuer) { e.Clients = []string{other} }, good, "token-client"},
		{"no people", func(e *Issuer) { e.NoPeople, e.Scopes = true, nil }, good, "token-people"},
		{"no people, an application", func(e *Issuer) { e.NoPeople, e.Scopes = true, nil }, machine, ""},
		{"one of several scopes", func(e *Issuer) { e.Scopes = []string{"a", "user_impersonation"} }, good, ""},
		{"both scp and roles is a person", nil, good.but(obj{"roles": []string{"Workflow.Start"}}), ""},

		{"applications refused", func(e *Issuer) { e.Apps, e.Roles = AppsRefused, nil }, machine, "token-app"},
		{"application by role, without idtyp", nil, machine.but(obj{"idtyp": nil}), ""},
		{"application listed", func(e *Issuer) { e.Apps, e.AppClients = AppsByList, []string{daemon} }, machine.but(obj{"roles": nil}), ""},
		{"application not listed", func(e *Issuer) { e.Apps, e.AppClients = AppsByList, []string{other} }, machine, "token-app"},
		{"application listed, without idtyp", func(e *Issuer) { e.Apps, e.AppClients = AppsByList, []string{daemon} }, machine.but(obj{"idtyp": nil}), "token-app"},
		{"with a secret", func(e *Issuer) { e.StrongApps = true }, machine.but(obj{"azpacr": "1"}), "token-app"},
		{"with a certificate", func(e *Issuer) { e.StrongApps = true }, machine, ""},

		{"guest allowed", func(e *Issuer) { e.Guests = GuestsAllowed }, good.but(obj{"acct": 1}), ""},
		{"member", nil, good.but(obj{"acct": 0, "idp": "https://sts.windows.net/" + tenantA + "/"}), ""},
		{"member not proven", func(e *Issuer) { e.Guests = MembersProven }, good, "token-guest"},
		{"member proven", func(e *Issuer) { e.Guests = MembersProven }, good.but(obj{"acct": "0"}), ""},
		{"context missing", func(e *Issuer) { e.AuthContext = "c1" }, good, "token-step-up"},
		{"another context", func(e *Issuer) { e.AuthContext = "c1" }, good.but(obj{"acrs": []string{"c2"}}), "token-step-up"},
		{"context there", func(e *Issuer) { e.AuthContext = "c1" }, good.but(obj{"acrs": []string{"c2", "c1"}}), ""},
		{"applications have no context", func(e *Issuer) { e.AuthContext = "c1" }, machine, ""},
		{"person claim missing", func(e *Issuer) { e.PersonClaim = "upn" }, good, "token-person"},
		{"person claim there", func(e *Issuer) { e.PersonClaim = "upn" }, v1(start), ""},
		{"algorithm not taken", nil, good.head(obj{"alg": "ES256", "kid": "e1"}).by(p256), "token-algorithm"},
		{"PS256 not taken", nil, good.head(obj{"alg": "PS256"}), "token-algorithm"},
		{"typ missing", nil, good.head(obj{"typ": nil}), ""},
		{"typ in lower case", nil, good.head(obj{"typ": "jwt"}), ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			e := entraEntry()
			if r.entry != nil {
				r.entry(&e)
			}
			v, _ := verifier(t, providers(), e)
			if got := codeFor(t, v, r.token.String()); got != r.code {
				t.Errorf("%q, want %q", got, r.code)
			}
			if e := v.Explain(t.Context(), r.token.String()); r.code != "" {
				checkChecklist(t, e)
			} else if e.Accepted == nil || slices.ContainsFunc(e.Checks, func(c Check) bool { return c.Result != Passed || c.Advice != "" }) {
				t.Errorf("%+v", e.Checks)
			}
		})
	}
}

func TestOtherProvidersWriteTokensTheirOwnWay(t *testing.T) {
	good := oidcToken(start)
	strictly := func(e *Issuer) { e.Profile = Strict9068 }
	machine := good.but(obj{"sub": "batch", "client_id": "batch", "scope": "workflow.start"})
	for _, r := range []ruling{
		{"RFC 9068", nil, good, ""},
		{"RFC 9068, typ in full", nil, good.head(obj{"typ": "application/at+jwt"}), ""},
		{"typ JWT", nil, good.head(obj{"typ": "JWT"}), ""},
		{"no typ", nil, good.head(obj{"typ": nil}), ""},
		{"scope as a list", nil, good.but(obj{"scope": []string{"workflow"}}), ""},
		{"scp as a list", nil, good.but(obj{"scope": nil, "scp": []string{"workflow"}}), ""},
		{"scope of numbers", nil, good.but(obj{"scope": []int{1}}), "token-rights"},
		{"scope missing", nil, good.but(obj{"scope": "openid"}), "token-scope"},
		{"no scope demanded", func(e *Issuer) { e.Scopes = nil }, good.but(obj{"scope": nil}), ""},
		{"aud as text", nil, good.but(obj{"aud": apiURI}), ""},
		{"aud of others", nil, good.but(obj{"aud": []string{"account"}}), "token-audience"},
		{"aud of too many", nil, good.but(obj{"aud": append(strings.Split(strings.Repeat("x,", 60), ","), apiURI)}), "token-audience"},
		{"no client", nil, good.but(obj{"client_id": nil}), ""},
		{"no client, but one is demanded", func(e *Issuer) { e.Clients = []string{"portal"} }, good.but(obj{"client_id": nil}), "token-client"},
		{"client demanded", func(e *Issuer) { e.Clients = []string{"portal"} }, good, ""},
		{"no iat", nil, good.but(obj{"iat": nil}), ""},
		{"iss with a slash", nil, good.but(obj{"iss": oidcURL + "/"}), "token-issuer"},
		{"an id token of Keycloak", nil, good.head(obj{"typ": "JWT"}).but(obj{"typ": "ID"}), "token-kind"},
		{"a refresh token of Keycloak", nil, good.head(obj{"typ": "JWT"}).but(obj{"typ": "Refresh"}), "token-kind"},
		{"an access token of Keycloak", nil, good.head(obj{"typ": "JWT"}).but(obj{"typ": "Bearer"}), ""},
		{"an id token of Cognito", nil, good.head(obj{"typ": nil}).but(obj{"token_use": "id"}), "token-kind"},
		{"nonce in what says it is an access token", nil, good.but(obj{"nonce": "n"}), ""},
		{"an id token", nil, good.head(obj{"typ": "JWT"}).but(obj{"nonce": "n"}), "token-kind"},
		{"bound to a key", nil, good.but(obj{"cnf": obj{"jkt": "x"}}), "token-bound"},
		{"sub missing", nil, good.but(obj{"sub": nil}), "token-person"},
		{"an application", nil, machine, "token-app"},
		{"an application with a scope as role", func(e *Issuer) { e.Apps, e.Roles = AppsByRole, []string{"workflow.start"} }, machine, ""},
		{"an application with a role", func(e *Issuer) { e.Apps, e.Roles = AppsByRole, []string{"r"} }, machine.but(obj{"roles": []string{"r"}}), ""},
		{"an application without role", func(e *Issuer) { e.Apps, e.Roles = AppsByRole, []string{"r"} }, machine, "token-role"},
		{"an application of Auth0, listed", func(e *Issuer) { e.Apps, e.AppClients = AppsByList, []string{"batch"} },
			machine.but(obj{"sub": "batch@clients", "gty": "client-credentials"}), ""},
		{"ES256", func(e *Issuer) { e.Algorithms = []string{"ES256"} }, good.head(obj{"alg": "ES256", "kid": "e1"}).by(p256), ""},
		{"ES384", func(e *Issuer) { e.Algorithms = []string{"ES384"} }, good.head(obj{"alg": "ES384", "kid": "e3"}).by(p384), ""},
		{"ES256 with a key for ES384", func(e *Issuer) { e.Algorithms = []string{"ES256"} }, good.head(obj{"alg": "ES256", "kid": "e3"}).by(p384), "token-key"},

		{"strict", strictly, good, ""},
		{"strict, typ JWT", strictly, good.head(obj{"typ": "JWT"}), "token-type"},
		{"strict, no typ", strictly, good.head(obj{"typ": nil}), "token-type"},
		{"strict, no iat", strictly, good.but(obj{"iat": nil}), "token-times"},
		{"strict, no jti", strictly, good.but(obj{"jti": nil}), "token-person"},
		{"strict, no client", strictly, good.but(obj{"client_id": nil, "azp": "portal"}), "token-client"},
		{"strict, scope as a list", strictly, good.but(obj{"scope": []string{"workflow"}}), "token-rights"},
	} {
		t.Run(r.name, func(t *testing.T) {
			e := oidcEntry()
			if r.entry != nil {
				r.entry(&e)
			}
			v, _ := verifier(t, providers(), e)
			if got := codeFor(t, v, r.token.String()); got != r.code {
				t.Errorf("%q, want %q", got, r.code)
			}
		})
	}
}

func TestSeveralIssuersStandSideBySide(t *testing.T) {
	second := entraEntry()
	second.Name, second.Audiences, second.Scopes = "second API", []string{"99999999-1111-4111-8111-999999999999"}, []string{"other"}
	v, _ := verifier(t, providers(), entraEntry(), second, oidcEntry())
	for _, c := range []struct {
		token tok
		entry string
	}{{v2(start), "contoso"}, {v1(start), "contoso"}, {oidcToken(start), "fabrikam"},
		{v2(start).but(obj{"aud": second.Audiences[0], "scp": "other"}), "second API"}} {
		a, err := v.Verify(t.Context(), c.token.String())
		must(t, err)
		if a.Issuer != c.entry {
			t.Errorf("%s, want %s", a.Issuer, c.entry)
		}
	}
	// A key of one issuer does not sign for another, whatever it is called.
	if code := codeFor(t, v, oidcToken(start).by(rsaA).String()); code != "token-signature" {
		t.Error(code)
	}
	if code := codeFor(t, v, oidcToken(start).head(obj{"kid": "a1"}).by(rsaA).String()); code != "token-key" {
		t.Error(code)
	}
}

func TestAnyTenantMeansItsOwnTenantOnly(t *testing.T) {
	w := providers()
	key := jwkOf("a1", rsaA)
	key["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
	personal := jwkOf("p1", rsaB)
	personal["issuer"] = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"
	base := "https://login.microsoftonline.com/organizations"
	w.set(base+"/v2.0/.well-known/openid-configuration", answer(200, metadata("https://login.microsoftonline.com/{tenantid}/v2.0", keysV2)))
	w.set(base+"/.well-known/openid-configuration", answer(200, metadata("https://sts.windows.net/{tenantid}/", keysV1)))
	w.set(keysV2, answer(200, jwks(key, personal)))
	w.set(keysV1, answer(200, jwks(key)))
	e := entraEntry()
	e.Tenants, e.AnyTenant = nil, true
	v, _ := verifier(t, w, e)
	of := func(tenant string) obj {
		return obj{"iss": "https://login.microsoftonline.com/" + tenant + "/v2.0", "tid": tenant}
	}
	a, err := v.Verify(t.Context(), v2(start).but(of(tenantB)).String())
	must(t, err)
	if a.Tenant != tenantB {
		t.Error(a.Tenant)
	}
	if _, err := v.Verify(t.Context(), v1(start).String()); err != nil { // its key names the issuer of version 2.0
		t.Error(err)
	}
	for name, c := range map[string]struct {
		token tok
		code  string
	}{
		"iss and tid differ":           {v2(start).but(obj{"tid": tenantB}), "token-tenant"},
		"no GUID":                      {v2(start).but(of("contoso.test")), "token-issuer"},
		"the template":                 {v2(start).but(of("{tenantid}")), "token-issuer"},
		"the key of personal accounts": {v2(start).but(of(tenantB)).head(obj{"kid": "p1"}).by(rsaB), "token-key"},
	} {
		if code := codeFor(t, v, c.token.String()); code != c.code {
			t.Errorf("%s: %s, want %s", name, code, c.code)
		}
	}
	if n := w.count(); n != 4 {
		t.Errorf("%d requests; tenants that tokens name must not each cost one", n)
	}
}

func TestGroupsBeyondTheLimitAreSaidToBeMissing(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	for _, c := range []obj{{"hasgroups": true}, {"_claim_names": obj{"groups": "src1"}, "_claim_sources": obj{"src1": obj{"endpoint": "https://evil.test/"}}}} {
		a, err := v.Verify(t.Context(), v2(start).but(c).String())
		must(t, err)
		if !a.Overage || a.Groups != nil {
			t.Errorf("%+v", a)
		}
	}
}

func TestAnAddressIsProvenOnlyIfTheIssuerSaysSo(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry(), oidcEntry())
	for _, c := range []struct {
		token  tok
		proven bool
	}{{v2(start).but(obj{"email": "boss@contoso.test"}), false}, {v2(start).but(obj{"email": "boss@contoso.test", "email_verified": true}), false},
		{v2(start).but(obj{"email": "boss@contoso.test", "xms_edov": true}), true}, {v2(start).but(obj{"email": "boss@contoso.test", "xms_edov": "1"}), true},
		{v2(start).but(obj{"xms_edov": true}), false}, {oidcToken(start), true}, {oidcToken(start).but(obj{"email_verified": false}), false}} {
		a, err := v.Verify(t.Context(), c.token.String())
		must(t, err)
		if a.Person.EmailProven != c.proven {
			t.Errorf("%+v", a.Person)
		}
	}
}

func TestAdviceNamesTheSettingAndTheValue(t *testing.T) {
	only2 := entraEntry()
	only2.Versions = []string{V2}
	for _, c := range []struct {
		entry Issuer
		token tok
		check string
		want  []string
	}{
		{only2, v1(start), "version", []string{`add "1.0" to “Token versions” of the entry "contoso"`, "requestedAccessTokenVersion to 2", apiURI, "https://sts.windows.net/" + tenantA + "/", "token version 1.0"}},
		{entraEntry(), v1(start).but(obj{"aud": apiURI + "/"}), "audience", []string{"A URI counts with and without a slash at its end", apiURI + "/", "slash at the end"}},
		{entraEntry(), v2(start).but(obj{"aud": "00000003-0000-0000-c000-000000000000"}), "audience", []string{"Microsoft Graph", apiURI + "/user_impersonation"}},
		{entraEntry(), v2(start).but(obj{"aud": caller}), "audience", []string{"id token", apiURI + "/user_impersonation"}},
		{entraEntry(), v1(start).but(obj{"aud": "api://" + apiID}), "audience", []string{"add api://" + apiID + " to “Audiences”"}},
		{entraEntry(), v2(start).but(obj{"iss": "https://login.microsoftonline.com/" + tenantB + "/v2.0", "tid": tenantB}), "tenant", []string{tenantB, "add it to “Tenants”"}},
		{oidcEntry(), oidcToken(start).but(obj{"iss": oidcURL + "/"}), "issuer", []string{"slash at the end", "set its “Issuer” to " + oidcURL + "/"}},
		{oidcEntry(), v2(start), "issuer", []string{"Add an issuer", tenantA, "versions 2.0"}},
		{entraEntry(), v2(start).but(obj{"exp": start.Unix() - 400}), "expiry", []string{"new token", "6m40s ago"}},
		{entraEntry(), v2(start).but(obj{"nbf": start.Unix() + 400}), "start", []string{"clock", "NTP", "in 6m40s"}},
		{entraEntry(), v2(start).but(obj{"scp": nil}), "scope", []string{apiURI + "/user_impersonation", "API permissions"}},
		{entraEntry(), app(start).but(obj{"roles": nil}), "role", []string{"Workflow.Start", daemon, "admin consent"}},
		{entraEntry(), v2(start).head(obj{"nonce": "n"}).by(rsaB), "signature", []string{"Microsoft's own APIs"}},
		{entraEntry(), v2(start).head(obj{"kid": "gone"}), "key", []string{"gone", "a1", metaV2, "appId"}},
	} {
		v, _ := verifier(t, providers(), c.entry)
		e := v.Explain(t.Context(), c.token.String())
		i := slices.IndexFunc(e.Checks, func(k Check) bool { return k.Name == c.check })
		if i < 0 || e.Checks[i].Result != Failed {
			t.Errorf("%s did not fail: %+v", c.check, e.Checks)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(e.Checks[i].Advice+" | "+e.Checks[i].Found, want) {
				t.Errorf("%s: no %q in %q, found %q", c.check, want, e.Checks[i].Advice, e.Checks[i].Found)
			}
		}
	}
}

func TestARefusalTellsTheCallerLittleAndTheAdministratorAll(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	_, err := v.Verify(t.Context(), v2(start).but(obj{"aud": "secret-other-api"}).String())
	r, ok := errors.AsType[*Refusal](err)
	if !ok || r.Status != 401 || r.Issuer != "contoso" || r.Check != "audience" {
		t.Fatalf("%+v", err)
	}
	want := `Bearer realm="signoff", error="invalid_token", error_description="the token is for another API", resource_metadata="https://s.test/.well-known/oauth-protected-resource"`
	if got := r.Challenge("signoff", "https://s.test/.well-known/oauth-protected-resource"); got != want {
		t.Error(got)
	}
	if public := r.Error() + r.Challenge("signoff", ""); strings.Contains(public, apiID) || strings.Contains(public, "secret") || strings.Contains(public, "contoso") {
		t.Errorf("the caller learns too much: %s", public)
	}
	if signoff.KindOf(err) != signoff.Unauthenticated || signoff.CodeOf(err) != "token-audience" {
		t.Error(signoff.KindOf(err), signoff.CodeOf(err))
	}
	passed, missed := 0, 0
	for _, c := range r.Checks() {
		switch c.Result {
		case Passed:
			passed++
		case NotReached:
			missed++
		}
	}
	if passed < 12 || missed < 4 {
		t.Errorf("%d passed, %d not reached: %+v", passed, missed, r.Checks())
	}
}

func TestTooFewRightsIsForbiddenAndNamesTheScope(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	_, err := v.Verify(t.Context(), v2(start).but(obj{"scp": "x"}).String())
	r, _ := errors.AsType[*Refusal](err)
	if r == nil || signoff.KindOf(err) != signoff.Forbidden || !strings.Contains(r.Challenge("s", ""), `error="insufficient_scope"`) ||
		!strings.Contains(r.Challenge("s", ""), `scope="user_impersonation"`) {
		t.Fatal(r.Challenge("s", ""))
	}
}

func TestAStrongerSignInIsAskedForWithClaims(t *testing.T) {
	e := entraEntry()
	e.AuthContext = "c7"
	v, _ := verifier(t, providers(), e)
	_, err := v.Verify(t.Context(), v2(start).String())
	r, _ := errors.AsType[*Refusal](err)
	head := r.Challenge("s", "")
	_, rest, _ := strings.Cut(head, `claims="`)
	claims, _, _ := strings.Cut(rest, `"`)
	text, err := base64.StdEncoding.DecodeString(claims)
	must(t, err)
	if string(text) != `{"access_token":{"acrs":{"essential":true,"value":"c7"}}}` || !strings.Contains(head, `error="insufficient_claims"`) {
		t.Error(head, string(text))
	}
}

func TestAHeaderHoldsNothingThatEndsIt(t *testing.T) {
	if got := quoted("a\"b\\c\r\nSet-Cookie: x\x00é"); got != `"a\"b\\cSet-Cookie: x"` {
		t.Error(got)
	}
}

func TestEveryCheckHasItsCode(t *testing.T) {
	seen := map[string]bool{}
	for _, ru := range rules {
		if codeOf[ru.code] == nil || seen[ru.name] || seen[ru.code] {
			t.Errorf("%s has no code of its own", ru.name)
		}
		seen[ru.name], seen[ru.code] = true, true
	}
	for _, c := range Codes {
		if !seen[c.Code] && c.Code != "token-keys-unavailable" {
			t.Errorf("no check refuses with %s", c.Code)
		}
		if c.Status == 401 && c.Error == "" || strings.ContainsAny(c.Text, "\"\\") {
			t.Errorf("%+v", c)
		}
	}
}
