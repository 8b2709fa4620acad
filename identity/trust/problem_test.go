package trust

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestASoundEntryHasNoProblems(t *testing.T) {
	strict := oidcEntry()
	strict.Profile = Strict9068
	byKeys := oidcEntry()
	byKeys.URL, byKeys.KeysURL = "http://adfs.contoso.test/adfs/services/trust", "https://adfs.contoso.test/adfs/discovery/keys"
	china := entraEntry()
	china.Cloud, china.Audiences = CloudChina, []string{apiID}
	for _, is := range []Issuer{entraEntry(), oidcEntry(), strict, byKeys, china} {
		if p := is.Check(); len(p) != 0 {
			t.Errorf("%s: %v", is.Name, p)
		}
	}
	china.Name = "china"
	if p := CheckAll([]Issuer{entraEntry(), oidcEntry(), china}); len(p) != 0 {
		t.Error(p)
	}
}

func TestEveryMistakeIsNamedWithItsFieldAndAdvice(t *testing.T) {
	oidc := func(change func(*Issuer)) func(*Issuer) {
		return func(e *Issuer) { *e = oidcEntry(); change(e) }
	}
	for _, c := range []struct {
		name    string
		change  func(*Issuer)
		field   string
		advice  string // part of reason or advice
		warning bool
	}{
		{"no name", func(e *Issuer) { e.Name = "  " }, "name", "fill it in", false},
		{"a name of many lines", func(e *Issuer) { e.Name = "a\nb" }, "name", "cannot be seen", false},
		{"no profile", func(e *Issuer) { e.Profile = "" }, "profile", "entra, oidc", false},
		{"no tenant", func(e *Issuer) { e.Tenants = nil }, "tenants", "Directory (tenant) ID", false},
		{"common", func(e *Issuer) { e.Tenants = []string{"common"} }, "tenants[0]", "anyTenant", false},
		{"a domain", func(e *Issuer) { e.Tenants = []string{tenantA, "contoso.onmicrosoft.com"} }, "tenants[1]", "look the id up", false},
		{"no GUID", func(e *Issuer) { e.Tenants = []string{"contoso"} }, "tenants[0]", "looks like", false},
		{"a GUID with a space", func(e *Issuer) { e.Tenants = []string{tenantA + " "} }, "tenants[0]", "use " + tenantA, false},
		{"a tenant twice", func(e *Issuer) { e.Tenants = []string{tenantA, tenantA} }, "tenants[1]", "twice", true},
		{"any and one", func(e *Issuer) { e.AnyTenant = true }, "tenants", "empty the list", false},
		{"any", func(e *Issuer) { e.AnyTenant, e.Tenants = true, nil }, "anyTenant", "open to all", true},
		{"no cloud", func(e *Issuer) { e.Cloud = "mars" }, "cloud", "global", false},
		{"an authority by http", func(e *Issuer) { e.Authority = "http://login.test" }, "authority", "use https://login.test", false},
		{"an authority with a question", func(e *Issuer) { e.Authority = "https://login.test/?a=b" }, "authority", "take it out", false},
		{"an authority with a password", func(e *Issuer) { e.AuthorityV1 = "https://a:b@login.test" }, "authorityV1", "take them out", false},
		{"an app id", func(e *Issuer) { e.AppID = "x" }, "appId", "claims mapping", false},
		{"a url", func(e *Issuer) { e.URL = "https://x.test" }, "url", "leave url", false},
		{"no version", func(e *Issuer) { e.Versions = nil }, "versions", `"2.0"`, false},
		{"another version", func(e *Issuer) { e.Versions = []string{"2"} }, "versions[0]", "1.0 or 2.0", false},
		{"no audience", func(e *Issuer) { e.Audiences = nil }, "audiences", "Application (client) ID", false},
		{"audience Graph", func(e *Issuer) { e.Audiences = []string{apiID, "https://graph.microsoft.com/"} }, "audiences[1]", "Microsoft Graph", false},
		{"audience the tenant", func(e *Issuer) { e.Audiences = []string{apiID, tenantA} }, "audiences[1]", "is the tenant", false},
		{"two audiences in one", func(e *Issuer) { e.Audiences = []string{apiID + " " + apiURI} }, "audiences[0]", "own", false},
		{"an audience in upper case", func(e *Issuer) { e.Audiences = []string{strings.ToUpper(apiID)} }, "audiences[0]", "use " + apiID, false},
		{"a scope as audience", func(e *Issuer) { e.Audiences = []string{apiID, apiURI + "/.default"} }, "audiences[1]", "use " + apiURI, false},
		{"no id for version 2.0", func(e *Issuer) { e.Audiences = []string{apiURI} }, "audiences", "2.0", false},
		{"slashes of nothing", func(e *Issuer) { e.Audiences, e.SlashVariants = []string{apiID}, true }, "slashVariants", "switch it off", true},
		{"alg none", func(e *Issuer) { e.Algorithms = []string{"none"} }, "algorithms[0]", "RS256", false},
		{"alg HS256", func(e *Issuer) { e.Algorithms = []string{"RS256", "HS256"} }, "algorithms[1]", "secret", false},
		{"alg rs256", func(e *Issuer) { e.Algorithms = []string{"rs256"} }, "algorithms[0]", "RS256", false},
		{"without RS256", func(e *Issuer) { e.Algorithms = []string{"ES256"} }, "algorithms", "add RS256", true},
		{"nobody", func(e *Issuer) { e.NoPeople, e.Scopes, e.Apps, e.Roles = true, nil, "", nil }, "noPeople", "switch one", false},
		{"scopes of nobody", func(e *Issuer) { e.NoPeople = true }, "scopes", "empty the list", true},
		{"no scope", func(e *Issuer) { e.Scopes = nil }, "scopes", "user_impersonation", false},
		{"a scope in full", func(e *Issuer) { e.Scopes = []string{apiURI + "/user_impersonation"} }, "scopes[0]", "use user_impersonation", false},
		{"two scopes in one", func(e *Issuer) { e.Scopes = []string{"a b"} }, "scopes[0]", "own", false},
		{"guests", func(e *Issuer) { e.Guests = "some" }, "guests", "members", false},
		{"a context", func(e *Issuer) { e.AuthContext = "mfa" }, "authContext", "c1", false},
		{"email", func(e *Issuer) { e.PersonClaim = "email" }, "personClaim", "xms_edov", true},
		{"roles of nobody", func(e *Issuer) { e.Apps = "" }, "apps", "list", true},
		{"no role", func(e *Issuer) { e.Roles = nil }, "roles", "Workflow.Start", false},
		{"no application", func(e *Issuer) { e.Apps = AppsByList }, "appClients", "client", false},
		{"an application that may not", func(e *Issuer) { e.Apps, e.AppClients, e.Clients = AppsByList, []string{daemon}, []string{caller} }, "appClients[0]", "clients too", false},
		{"another policy", func(e *Issuer) { e.Apps = "all" }, "apps", "role", false},
		{"a client's name", func(e *Issuer) { e.Clients = []string{"portal"} }, "clients[0]", "Application (client) ID", false},
		{"a client in upper case", func(e *Issuer) { e.Clients = []string{strings.ToUpper(caller)} }, "clients[0]", "use " + caller, false},
		{"an hour of skew", func(e *Issuer) { e.Skew = MaxSkew + 1 }, "skew", "NTP", false},
		{"no skew", func(e *Issuer) { e.Skew = -1 }, "skew", "1s to 5m", false},
		{"too many clients", func(e *Issuer) { e.Clients = make([]string, maxListed+1) }, "clients", "shorten", false},
		{"too long", func(e *Issuer) { e.Scopes = []string{strings.Repeat("a", maxText+1)} }, "scopes[0]", "shorten", false},

		{"a tenant elsewhere", oidc(func(e *Issuer) { e.Tenants = []string{tenantA} }), "tenants", "profile entra", false},
		{"no url", oidc(func(e *Issuer) { e.URL = "" }), "url", "fill it in", false},
		{"a url by http", oidc(func(e *Issuer) { e.URL = "http://login.fabrikam.test" }), "url", "use https://", false},
		{"no url at all", oidc(func(e *Issuer) { e.URL = "login.fabrikam.test" }), "url", "looks like", false},
		{"a url with a fragment", oidc(func(e *Issuer) { e.URL += "#x" }), "url", "take it out", false},
		{"Entra", oidc(func(e *Issuer) { e.URL = "https://login.microsoftonline.com/" + tenantA + "/v2.0" }), "url", "profile entra", false},
		{"keys and metadata", oidc(func(e *Issuer) { e.KeysURL, e.MetadataURL = keysF, metaF }), "keysUrl", "one of the two", false},
		{"keys by http", oidc(func(e *Issuer) { e.KeysURL = "http://fabrikam.test/keys" }), "keysUrl", "https", false},
	} {
		is := entraEntry()
		c.change(&is)
		i := slices.IndexFunc(is.Check(), func(p Problem) bool {
			return p.Field == c.field && strings.Contains(p.Reason+" | "+p.Advice, c.advice) && p.Warning == c.warning
		})
		if i < 0 {
			t.Errorf("%s: %+v", c.name, is.Check())
		}
		if c.warning && Mistakes(is.Check()) != nil {
			t.Errorf("%s: a warning refuses", c.name)
		}
	}
}

func TestEntriesMustNotContradictEachOther(t *testing.T) {
	same := entraEntry()
	same.Name = "CONTOSO"
	problems := fmt.Sprint(CheckAll([]Issuer{entraEntry(), same}))
	if !strings.Contains(problems, "issuers[1].name") || !strings.Contains(problems, "issuers[1].audiences") {
		t.Error(problems)
	}
	if p := CheckAll(make([]Issuer, maxIssuers+1)); len(p) != 1 {
		t.Errorf("%d problems", len(p))
	}
}
