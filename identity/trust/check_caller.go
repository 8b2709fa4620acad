package trust

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// clientClaims name the application that got the token.
var clientClaims = map[Profile][]string{
	OIDC:       {"client_id", "azp", "cid"},
	Strict9068: {"client_id"},
}

func (x *exam) clientClaim() string {
	if x.entry.Profile == Entra {
		if x.version == V1 {
			return x.body.str("appid")
		}
		return x.body.str("azp")
	}
	for _, name := range clientClaims[x.entry.Profile] {
		if s := x.body.str(name); s != "" {
			return s
		}
	}
	return ""
}

func checkClient(x *exam) *fault {
	x.client = x.clientClaim()
	switch {
	case x.client == "" && (x.entry.client != nil || x.entry.Profile != OIDC):
		return &fault{advice: "have the issuer name the client in its access tokens (client_id or azp)"}
	case x.entry.client != nil && !x.entry.client[x.client]:
		return &fault{advice: fmt.Sprintf("if this application may call, add %s to “%s” of the entry %q", clip(x.client), Label("clients"), x.entry.Name)}
	}
	return nil
}

func tellClient(x *exam) (string, string) {
	expected := "any application"
	if x.entry.client != nil {
		expected = "one of " + someOf(x.entry.Clients)
	}
	return expected, clip(cmp.Or(x.client, "none named"))
}

// checkRights reads scopes and roles, and with them whether a person or an
// application calls. In Entra roles are both a person's and an application's:
// scp and idtyp tell them apart.
func checkRights(x *exam) *fault {
	malformed := &fault{advice: "whatever made this token does not write scp as text and roles as a list, as this issuer does"}
	var ok bool
	if x.scopes, ok = x.readScopes(); !ok {
		return malformed
	}
	if v, there := x.body.get("roles"); there {
		if x.roles, ok = v.strings(); !ok {
			return malformed
		}
	}
	if x.entry.Profile != Entra {
		x.app = x.isOtherApp()
		x.have |= hasRights
		return nil
	}
	switch kind, there := x.body.get("idtyp"); {
	case there && kind.shape != isString:
		return malformed
	case !there:
		// Without idtyp an application is its own subject.
		oid := x.body.str("oid")
		x.app = len(x.scopes) == 0 && (oid == "" || oid == x.body.str("sub"))
	case kind.text == "app" && len(x.scopes) > 0:
		return &fault{found: "idtyp app with scp", advice: "scopes are a person's and idtyp says application: no Entra issues such a token"}
	case kind.text == "app":
		x.app = true
	case kind.text != "user":
		return &fault{found: "idtyp " + clip(kind.text), advice: "only people and applications may call"}
	}
	x.have |= hasRights
	return nil
}

// readScopes reads scp of Entra; others write scope, or scp, as text or as a
// list. RFC 9068 §2.2.3 has scope as text only.
func (x *exam) readScopes() ([]string, bool) {
	names := []string{"scp"}
	switch x.entry.Profile {
	case OIDC:
		names = []string{"scope", "scp"}
	case Strict9068:
		names = []string{"scope"}
	}
	for _, name := range names {
		v, there := x.body.get(name)
		switch {
		case !there:
		case v.shape == isString:
			return strings.Fields(v.text), true
		case x.entry.Profile == OIDC:
			return v.strings()
		default:
			return nil, false
		}
	}
	return nil, true
}

// isOtherApp tells applications by being their own subject (RFC 9068 §2.2), or
// by Auth0's gty.
func (x *exam) isOtherApp() bool {
	sub := x.body.str("sub")
	return x.client != "" && (sub == x.client || sub == x.client+"@clients" && x.body.str("gty") == "client-credentials")
}

func tellRights(x *exam) (string, string) {
	found := "a person"
	if x.app {
		found = "an application"
	}
	for _, name := range [...]string{"scp", "scope", "roles", "idtyp"} {
		if _, there := x.body.get(name); there {
			found += ", " + foundMember(&x.body, name)
		}
	}
	if x.have&hasRights == 0 {
		found = strings.TrimPrefix(found, "a person, ")
	}
	return "scopes of a person or roles of an application", found
}

func checkPeople(x *exam) *fault {
	if !x.entry.NoPeople {
		return nil
	}
	return &fault{advice: fmt.Sprintf("if people may call, switch “%s” on in the entry %q and name a scope; else have the client use client credentials", Label("noPeople"), x.entry.Name)}
}

func tellPeople(x *exam) (string, string) {
	if x.entry.NoPeople {
		return "an application without a person", "a token of a person"
	}
	return "people may call", "a token of a person"
}

func checkScope(x *exam) *fault {
	if len(x.entry.Scopes) == 0 && x.entry.Profile != Entra || slices.ContainsFunc(x.scopes, func(s string) bool { return x.entry.scope[s] }) {
		return nil
	}
	want := x.wantedScope()
	for _, s := range x.scopes {
		for _, w := range x.entry.Scopes {
			if strings.EqualFold(s, w) {
				return &fault{advice: fmt.Sprintf("only letter case differs: add %s to “%s” of the entry %q", clip(s), Label("scopes"), x.entry.Name)}
			}
		}
	}
	advice := "have the client ask for the scope " + want
	if len(x.scopes) > 0 {
		advice += fmt.Sprintf(", or add %s to “%s” of the entry %q if that right is enough", clip(x.scopes[0]), Label("scopes"), x.entry.Name)
	} else if x.entry.Profile == Entra {
		advice += "; the scope must be exposed by the API's registration and granted to the client (API permissions, or authorised client applications)"
	}
	return &fault{advice: advice}
}

func tellScope(x *exam) (string, string) {
	if len(x.entry.Scopes) == 0 {
		return "any scope", clip(cmp.Or(strings.Join(x.scopes, " "), "none"))
	}
	return "one of the scopes " + someOf(x.entry.Scopes), clip(cmp.Or(strings.Join(x.scopes, " "), "none"))
}

// checkApp lets applications in that are known to be let in: a tenant gives any
// of its applications a token for any API.
func checkApp(x *exam) *fault {
	if x.entry.Apps == AppsRefused {
		return &fault{advice: fmt.Sprintf("have the client sign a person in; or, if applications may call by themselves, let them in the entry %q under “%s”: with an app role, or listed, and then list %s",
			x.entry.Name, Label("apps"), clip(x.client))}
	}
	if auth := x.clientAuth(); x.entry.StrongApps && auth != "2" {
		return &fault{found: "signed in " + authNames[auth], advice: fmt.Sprintf("have the application use a certificate or a federated credential instead of a secret, or switch “%s” off in the entry %q", Label("strongApps"), x.entry.Name)}
	}
	if x.entry.Apps != AppsByList {
		return nil
	}
	if !x.entry.listed[x.client] {
		return &fault{advice: fmt.Sprintf("if this application may call by itself, add %s to “%s › %s” of the entry %q", clip(x.client), Label("apps"), Label("appClients"), x.entry.Name)}
	}
	if x.entry.Profile == Entra && x.body.str("idtyp") != "app" {
		return &fault{found: foundMember(&x.body, "idtyp"), advice: "the token does not prove that no person is behind it: add the optional claim idtyp to access tokens in the API's registration (Token configuration)"}
	}
	return nil
}

// authNames says what azpacr and appidacr mean.
var authNames = map[string]string{"": "in an unknown way", "0": "without proof (a public client)", "1": "with a secret", "2": "with a certificate"}

// clientAuth is how the application proved itself to Entra.
func (x *exam) clientAuth() string {
	if x.version == V1 {
		return x.body.str("appidacr")
	}
	return x.body.str("azpacr")
}

func tellApp(x *exam) (string, string) {
	expected := "a person"
	switch x.entry.Apps {
	case AppsByRole:
		expected = "an application with a role"
	case AppsByList:
		expected = "one of the applications " + someOf(x.entry.AppClients)
	}
	if x.entry.StrongApps {
		expected += ", signed in with a certificate"
	}
	return expected, "the application " + clip(x.client)
}

// rolesOf are an application's roles. Issuers other than Entra grant
// applications scopes as well.
func (x *exam) rolesOf() []string {
	if x.entry.Profile == Entra {
		return x.roles
	}
	return slices.Concat(x.roles, x.scopes)
}

func checkRole(x *exam) *fault {
	if slices.ContainsFunc(x.rolesOf(), func(s string) bool { return x.entry.role[s] }) {
		return nil
	}
	advice := fmt.Sprintf("have the issuer grant the client %s one of them", clip(x.client))
	if x.entry.Profile == Entra {
		advice = fmt.Sprintf("in Entra, add the application permission %s of this API to the registration of client %s (API permissions), and grant admin consent",
			clip(x.entry.Roles[0]), clip(x.client))
	}
	return &fault{advice: advice}
}

func tellRole(x *exam) (string, string) {
	return "one of the roles " + someOf(x.entry.Roles), clip(cmp.Or(strings.Join(x.rolesOf(), " "), "none"))
}

// checkPerson demands what people are known by: (tid, oid) in Entra, where
// addresses and names change hands, (iss, sub) elsewhere.
func checkPerson(x *exam) *fault {
	needed := []string{"sub"}
	switch x.entry.Profile {
	case Entra:
		needed = []string{"oid", "sub"}
	case Strict9068:
		needed = []string{"sub", "jti"}
	}
	for _, name := range needed {
		s := x.body.str(name)
		if s == "" || len(s) > maxText || name == "oid" && !signoff.IsGUID(s) {
			return &fault{found: foundMember(&x.body, name), advice: "no token of this issuer comes without it: look at the issuer's configuration, or whether this is an access token"}
		}
	}
	if claim := x.entry.PersonClaim; claim != "" && !x.app && x.body.str(claim) == "" {
		advice := fmt.Sprintf("have the issuer put %s into its access tokens, or choose another “%s” for the entry %q", clip(claim), Label("personClaim"), x.entry.Name)
		if x.entry.Profile == Entra {
			advice = fmt.Sprintf("add the optional claim %s to access tokens in the API's registration (Token configuration), or choose another “%s” for the entry %q", clip(claim), Label("personClaim"), x.entry.Name)
		}
		return &fault{found: foundMember(&x.body, claim), advice: advice}
	}
	return nil
}

func tellPerson(x *exam) (string, string) {
	expected, found := "sub", foundMember(&x.body, "sub")
	if x.entry.Profile == Entra {
		expected, found = "tid and oid", foundMember(&x.body, "oid")
	}
	if x.entry.PersonClaim != "" && !x.app {
		expected += " and " + x.entry.PersonClaim
		found += ", " + foundMember(&x.body, x.entry.PersonClaim)
	}
	return expected, found
}

// guest tells whether the token's person is a guest of the tenant, and whether
// the token says so at all. acct is an optional claim; idp names the tenant a
// person comes from only if it is another one.
func (x *exam) guest() (guest, known bool) {
	if v, there := x.body.get("acct"); there {
		return v.text != "0", true
	}
	if idp := x.body.str("idp"); idp != "" {
		return !strings.Contains(idp, x.tenant), true
	}
	return false, false
}

func checkGuest(x *exam) *fault {
	guest, known := x.guest()
	switch {
	case guest:
		return &fault{advice: fmt.Sprintf("if guests of the tenant may call, set “%s” of the entry %q to “may call”", Label("guests"), x.entry.Name)}
	case !known && x.entry.Guests == MembersProven:
		return &fault{found: "no acct", advice: "add the optional claim acct to access tokens in the API's registration (Token configuration)"}
	}
	return nil
}

func tellGuest(x *exam) (string, string) {
	expected := "not a guest of the tenant"
	if x.entry.Guests == MembersProven {
		expected = "a member of the tenant, said by acct"
	}
	return expected, foundMember(&x.body, "acct") + ", " + foundMember(&x.body, "idp")
}

func checkContext(x *exam) *fault {
	if v, there := x.body.get("acrs"); there {
		if list, ok := v.strings(); ok && slices.Contains(list, x.entry.AuthContext) {
			return nil
		}
	}
	return &fault{advice: fmt.Sprintf("the client must ask for a new token with the claims of this answer; in Entra, a Conditional Access policy must use the authentication context %s", x.entry.AuthContext)}
}

func tellContext(x *exam) (string, string) {
	return "acrs has " + x.entry.AuthContext, foundMember(&x.body, "acrs")
}
