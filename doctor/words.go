package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// finding words one failed check of package trust. Expected, Found and Advice
// are trust's own; here is said who has to do what, with the text to copy.
func (x exam) finding(k trust.Check) Finding {
	f := Finding{Code: k.Code, Who: Caller, Where: program, Do: k.Advice}
	if word := words[k.Code]; word != nil {
		word(x, k, &f)
	}
	if f.Line == "" {
		f.Line = codeText(k.Code) + ": " + k.Found
	}
	return f
}

// codeText is trust's own sentence for a code.
func codeText(code string) string {
	for _, c := range trust.Codes {
		if c.Code == code {
			return c.Text
		}
	}
	return code
}

// words has a line for every code of package trust; words_test.go holds it to
// that.
var words = map[string]func(x exam, k trust.Check, f *Finding){
	"token-too-large": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = fmt.Sprintf("the token is too long: %s, and %d are taken", k.Found, trust.MaxTokenBytes), EntraAdmin, apiApp+" › Token configuration"
		f.Copy = []Copy{{Az, "send only groups assigned to the application", x.patchAPI(`{"groupMembershipClaims":"ApplicationGroup"}`)}}
	},
	"token-form":     wordForm,
	"token-encoding": simple(Caller, "the token was damaged on its way: ", true),
	"token-header":   simple(Attacker, "the token's header cannot be read: ", true),
	"token-claims":   simple(Attacker, "the token's claims cannot be read: ", true),
	"token-critical": simple(EntraAdmin, "the token demands an extension that this server does not have: ", true),
	"token-unsigned": wordUnsigned,
	"token-issuer":   wordIssuer,
	"token-tenant":   wordTenant,
	"token-version":  wordVersion,
	"token-algorithm": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = fmt.Sprintf("the token is signed with %s, which is not used for this issuer", strings.TrimPrefix(k.Found, "alg ")), OurAdmin, x.setting("algorithms")
		f.Copy = []Copy{{Setting, "add to “" + trust.Label("algorithms") + "”", strings.TrimPrefix(k.Found, "alg ")}}
	},
	"token-type": simple(Caller, "the token is of another type: ", true),
	"token-key": func(x exam, k trust.Check, f *Finding) {
		f.Line = "the token is signed with a key that its issuer does not have: " + k.Found
		f.Do = k.Advice
	},
	"token-keys-unavailable": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = "the keys of the token's issuer cannot be read: "+k.Found, Network, "the network between this server and the issuer"
	},
	"token-signature": simple(Attacker, "the token's signature is wrong: it was changed, cut short, or made by somebody else", false),
	"token-times":     simple(EntraAdmin, "the token does not say properly when it is valid: ", true),
	"token-expired":   wordExpired,
	"token-not-yet":   wordClock,
	"token-issued-later": func(x exam, k trust.Check, f *Finding) {
		if strings.Contains(k.Found, "after exp") {
			f.Line, f.Who = "the token says it was issued after it expired", Attacker
			return
		}
		wordClock(x, k, f)
	},
	"token-audience": wordAudience,
	"token-kind": func(x exam, k trust.Check, f *Finding) {
		f.Code, f.Line, f.Copy = "token-is-id-token", "this is an id token or another kind, not an access token: "+k.Found, []Copy{{Value, "scope to ask for", x.scope()}}
		if strings.Contains(k.Found, "names no client") {
			f.Code = "token-kind"
		}
	},
	"token-bound": simple(Caller, "the token is bound to a key and may not be used as a plain bearer token", false),
	"token-client": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = fmt.Sprintf("the application %s is not among those that may call", k.Found), OurAdmin, x.setting("clients")
		f.Copy = x.set("add to “"+trust.Label("clients")+"”", k.Found, "--add-client", quoted(k.Found))
	},
	"token-rights": simple(EntraAdmin, "the token's scopes and roles cannot be read: ", true),
	"token-people": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = "people may not call with tokens of this issuer, only applications", OurAdmin, x.setting("noPeople")
	},
	"token-scope": wordScope,
	"token-app":   wordApp,
	"token-role":  wordRole,
	"token-person": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = "the token does not say who it is for: "+k.Found, EntraAdmin, apiApp+" › Token configuration"
	},
	"token-guest": func(x exam, k trust.Check, f *Finding) {
		f.Line, f.Who, f.Where = x.claims.who()+" is a guest of the tenant, and guests may not call", OurAdmin, x.setting("guests")
		f.Copy = []Copy{{Setting, trust.Label("guests"), "may call"}}
		if k.Found == "no acct" {
			f.Line, f.Who, f.Where = "the token does not say whether the person is a guest (no acct)", EntraAdmin, apiApp+" › Token configuration"
			f.Copy = []Copy{{Az, "add the optional claim", x.patchAPI(`{"optionalClaims":{"accessToken":[{"name":"acct"},{"name":"idtyp"}]}}`)}}
		}
	},
	"token-step-up": func(x exam, k trust.Check, f *Finding) {
		f.Line = "a stronger sign-in is needed: the token lacks the authentication context " + x.entry.AuthContext
		f.Copy = []Copy{{Value, "claims to ask for", fmt.Sprintf(`{"access_token":{"acrs":{"essential":true,"value":%q}}}`, x.entry.AuthContext)}}
	},
}

// simple words a fault whose advice says the rest.
func simple(who Who, line string, found bool) func(exam, trust.Check, *Finding) {
	return func(_ exam, k trust.Check, f *Finding) {
		f.Who, f.Line = who, line
		if found {
			f.Line += k.Found
		}
		if who == EntraAdmin {
			f.Where = "the provider's configuration"
		}
		if who == Attacker {
			f.Where = "whoever sends it"
		}
	}
}

// setting says where on the pages a field of the trust entry is.
func (x exam) setting(field string) string {
	if x.entry == nil {
		return trust.Page("", "")
	}
	return trust.Page(x.entry.Name, field)
}

// set are a field's new value as the page has it, and the command that does the
// same and leaves the rest of the entry as it is.
func (x exam) set(what, value string, flags ...string) []Copy {
	return []Copy{{Setting, what, value}, {Value, "or, on the command line", "signoff trust set " + quoted(x.entry.Name) + " " + strings.Join(flags, " ")}}
}

// quoted is a word as a shell reads it.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@", r))
	}) && s != "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// api is the client id of this API's registration, as far as it is known.
func (x exam) api() string {
	if x.entry != nil {
		for _, a := range x.entry.Audiences {
			if guidForm.FindString(a) == a && a != "" {
				return a
			}
		}
	}
	if a := x.claims.audience(); guidForm.FindString(a) == a && a != "" {
		return a
	}
	return cmp.Or(x.server.Setup.APIID, "<Application ID of the API>")
}

// patchAPI is a command that changes the API's registration.
func (x exam) patchAPI(body string) string {
	return azRest("PATCH", x.server.graph()+"/v1.0/applications(appId='"+x.api()+"')", body)
}

func (s Server) graph() string { return cmp.Or(s.Graph, "https://graph.microsoft.com") }

// azRest is a Graph call as the Azure CLI makes it.
func azRest(method, url, body string) string {
	line := "az rest --method " + method + ` --url "` + url + `"`
	if body != "" {
		line += " --headers Content-Type=application/json --body '" + strings.ReplaceAll(body, "'", `'\''`) + "'"
	}
	return line
}

func wordForm(x exam, k trust.Check, f *Finding) {
	t := x.token
	switch {
	case strings.HasPrefix(k.Found, "five parts"):
		f.Line, f.Who, f.Where = "the token is encrypted (JWE), and this server has no key for it", EntraAdmin, "the provider's configuration"
	case strings.EqualFold(fmt.Sprint(x.claims.head["alg"]), "none"):
		f.Code, f.Line, f.Who, f.Where = "token-unsigned", "the token is not signed at all (alg none)", Attacker, "whoever sends it"
		f.Do = "somebody may be trying whether that works"
	case strings.HasPrefix(t, "sgn_"):
		f.Line, f.Do = "this is a personal access token of this server, not a token of an issuer", "GET /api/v1/me with it says whose it is"
		f.Code = "token-is-personal"
	case strings.HasPrefix(t, "scim_"):
		f.Line, f.Do = "this is the token of a SCIM client: it counts below /scim/v2 only, and is not looked at here", "make a new one if it is refused there"
		f.Code, f.Who, f.Where = "token-is-scim", OurAdmin, "Manage › Access › Directories"
	case guidForm.FindString(t) == t && t != "":
		f.Line, f.Do = "this is an id (GUID), not a token", "paste the access_token of the token endpoint's answer"
	case len(t) > 100 && (strings.HasPrefix(t, "0.") || strings.HasPrefix(t, "1.")):
		f.Line, f.Do = "this is a refresh token or a code, not an access token", "send the access_token of the token endpoint's answer"
		f.Code = "token-is-refresh"
	case strings.Contains(t, "{{") || strings.HasPrefix(t, "$") || strings.HasPrefix(t, "<"):
		f.Line, f.Do = "a placeholder was sent instead of a token: "+clip(t), "fill the variable in: the program or Postman collection has no value for it"
		f.Code = "token-is-placeholder"
	case !strings.Contains(t, "."):
		f.Line = "this is not a JWT: an opaque token, a secret or something else"
	default:
		f.Line = "this is not a whole JWT: " + k.Found
	}
}

func wordUnsigned(x exam, k trust.Check, f *Finding) {
	f.Line = "the token is not signed in a way that proves who made it: " + k.Found
	f.Who, f.Where = EntraAdmin, "the provider's configuration"
	if strings.HasSuffix(strings.ToLower(k.Found), " none") {
		f.Who, f.Where = Attacker, "whoever sends it"
	}
}

func wordIssuer(x exam, k trust.Check, f *Finding) {
	iss := x.claims.text("iss")
	f.Line, f.Who, f.Where = "nobody trusts the token's issuer "+iss, OurAdmin, trust.Page("", "add")
	switch {
	case len(x.server.Issuers) == 0:
		f.Line = "this server trusts no issuer yet, and the token is of " + iss
	case iss == "":
		f.Line, f.Who = "the token names no issuer", EntraAdmin
	case strings.Contains(k.Advice, "only the slash"):
		f.Line += ": only the slash at the end differs from a trusted one"
	case strings.Contains(k.Advice, "only letter case"):
		f.Line += ": only letter case differs from a trusted one"
	}
	if iss != "" {
		audience := quoted(cmp.Or(x.claims.audience(), "api://…"))
		f.Copy = []Copy{{Setting, "Tenant or issuer", iss}, {Value, "or, on the command line", "signoff trust add --issuer " + quoted(iss) + " --audience " + audience}}
		if tid := x.claims.text("tid"); guidForm.FindString(tid) == tid && tid != "" && strings.Contains(iss, tid) {
			f.Copy = []Copy{{Setting, "Tenant or issuer", tid}, {Value, "or, on the command line", "signoff trust add --tenant " + tid + cloudOf(iss, tid) + " --audience " + audience}}
		}
	}
}

// cloudOf is what the command line has to be told of an Entra that is not
// Microsoft's: where it is.
func cloudOf(iss, tid string) string {
	at, _, _ := strings.Cut(iss, "/"+tid)
	if h := host(iss); strings.HasSuffix(h, ".microsoftonline.com") || strings.HasSuffix(h, ".windows.net") || strings.HasSuffix(h, ".microsoftonline.us") || strings.HasSuffix(h, "chinacloudapi.cn") || strings.HasSuffix(h, "microsoftonline.cn") {
		return ""
	}
	return " --authority " + quoted(at)
}

func wordTenant(x exam, k trust.Check, f *Finding) {
	tid := x.claims.text("tid")
	f.Line, f.Who, f.Where = "the token is of the tenant "+tid+", which is not trusted", OurAdmin, x.setting("tenants")
	f.Copy = x.set("add to “"+trust.Label("tenants")+"”", tid, "--add-tenant", quoted(tid))
	if strings.Contains(k.Advice, "no Entra issues") {
		f.Line, f.Who, f.Where, f.Copy = "the token names two different tenants, in iss and in tid", Attacker, "whoever sends it", nil
	}
}

func wordVersion(x exam, k trust.Check, f *Finding) {
	if strings.Contains(k.Advice, "no Entra issues") {
		f.Line, f.Who, f.Where = "the token's issuer and its version contradict each other", Attacker, "whoever sends it"
		return
	}
	is, want := "2.0", "null"
	if x.claims.text("ver") == "1.0" {
		is, want = "1.0", "2"
	}
	f.Line = fmt.Sprintf("the token is of version %s, and the setting takes %s", is, strings.Join(x.entry.Versions, " or "))
	f.Who, f.Where = EntraAdmin, apiApp+" › Manifest"
	f.Copy = append([]Copy{{Az, "have Entra issue the other version", x.patchAPI(`{"api":{"requestedAccessTokenVersion":` + want + `}}`)}},
		x.set("or, at "+x.setting("versions")+", also take", is, "--add-version", is)...)
}

func wordExpired(x exam, k trust.Check, f *Finding) {
	f.Line = "the token has expired"
	if exp, ok := x.claims.time("exp"); ok {
		late := x.server.Now.Sub(exp).Round(time.Second)
		f.Line = fmt.Sprintf("the token has expired: %s ago, at %s", inWords(late), exp.Format("2006-01-02 15:04:05 MST"))
	}
}

func wordClock(x exam, k trust.Check, f *Finding) {
	f.Line, f.Who, f.Where = "the token is not valid yet by this server's clock: "+k.Found, Network, "the clock of this server's machine"
	f.Copy = []Copy{{Value, "see whether the clock is kept right", "timedatectl status"}}
}

// inWords says a duration as people do.
func inWords(d time.Duration) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d < 2*time.Minute:
		return unit(int(d.Seconds()), "second")
	case d < 2*time.Hour:
		return unit(int(d.Round(time.Minute).Minutes()), "minute")
	case d < 48*time.Hour:
		return unit(int(d.Round(time.Hour).Hours()), "hour")
	}
	return unit(int(d.Hours()/24), "day")
}

func wordAudience(x exam, k trust.Check, f *Finding) {
	aud := x.claims.audience()
	f.Line = "the token is for another API: aud is " + cmp.Or(aud, "not given")
	f.Where, f.Copy = program+", scope", []Copy{{Value, "scope to ask for", x.scope()}}
	switch {
	case aud == "":
		f.Line = "the token does not say which API it is for (no aud)"
	case strings.Contains(k.Advice, "only the slash"):
		f.Line, f.Who, f.Where = "aud differs from an accepted audience only in the slash at its end: "+aud, OurAdmin, x.setting("audiences")
		f.Where = x.setting("")
		f.Copy = append([]Copy{{Setting, trust.Label("slashVariants"), "on"}}, x.set("or add to “"+trust.Label("audiences")+"”", aud, "--add-audience", quoted(aud))...)
	case strings.Contains(k.Advice, "only letter case"), strings.Contains(k.Advice, "Application ID URI of this API"):
		f.Line, f.Who, f.Where = "aud is another writing of this API's name: "+aud, OurAdmin, x.setting("audiences")
		f.Copy = x.set("add to “"+trust.Label("audiences")+"”", aud, "--add-audience", quoted(aud))
	case aud == x.claims.client():
		f.Code, f.Line = "token-is-id-token", "the token is for the client itself, so it is an id token: send the access token"
	case strings.Contains(k.Advice, "never a list"):
		f.Who, f.Where = Attacker, "whoever sends it"
	default:
		f.Copy = append(f.Copy, x.set("or, if it is this API's name, add to “"+trust.Label("audiences")+"”", aud, "--add-audience", quoted(aud))...)
	}
}

func wordScope(x exam, k trust.Check, f *Finding) {
	f.Line = fmt.Sprintf("the token lacks the scope that is needed: it has %s, and one of %s is needed", k.Found, strings.Join(x.entry.Scopes, ", "))
	f.Where, f.Copy = program+", scope", []Copy{{Value, "scope to ask for", x.scope()}}
	if len(x.entry.Scopes) == 0 {
		f.Line, f.Who, f.Where, f.Copy = "the setting names no scope, so no person may call", OurAdmin, x.setting("scopes"), x.set(trust.Label("scopes"), "user_impersonation", "--scope", "user_impersonation")
		return
	}
	for _, have := range strings.Fields(k.Found) {
		if slices.ContainsFunc(x.entry.Scopes, func(s string) bool { return strings.EqualFold(s, have) }) {
			f.Who, f.Where, f.Copy = OurAdmin, x.setting("scopes"), x.set("add to “"+trust.Label("scopes")+"”", have, "--add-scope", quoted(have))
		}
	}
}

func wordApp(x exam, k trust.Check, f *Finding) {
	client := x.claims.client()
	f.Who, f.Where = OurAdmin, x.setting("apps")
	switch {
	case x.entry.Apps == trust.AppsRefused:
		f.Line = fmt.Sprintf("the application %s calls without a person, and the setting lets no application do that", client)
		f.Copy = append([]Copy{{Setting, trust.Label("apps"), "may call when they are listed"}}, x.set(trust.Label("appClients"), client, "--add-app", quoted(client))...)
	case strings.HasPrefix(k.Found, "signed in"):
		f.Line, f.Who, f.Where = fmt.Sprintf("the application %s %s, and the setting demands a certificate", client, k.Found), Caller, program
		f.Copy = []Copy{{Az, "give it a certificate", "az ad app credential reset --id " + client + " --append --create-cert"}}
	case strings.Contains(k.Found, "idtyp"):
		f.Line, f.Who, f.Where = "the token does not prove that no person is behind it (no idtyp)", EntraAdmin, apiApp+" › Token configuration"
		f.Copy = []Copy{{Az, "add the optional claim", x.patchAPI(`{"optionalClaims":{"accessToken":[{"name":"idtyp"}]}}`)}}
	default:
		f.Line, f.Where = fmt.Sprintf("the application %s is not among those that may call by themselves", client), x.setting("apps")+" › "+trust.Label("appClients")
		f.Copy = x.set("add to “"+trust.Label("appClients")+"”", client, "--add-app", quoted(client))
	}
}

func wordRole(x exam, k trust.Check, f *Finding) {
	client := x.claims.client()
	f.Line = fmt.Sprintf("the application %s lacks the app role that is needed: it has %s, and one of %s is needed", client, k.Found, strings.Join(x.entry.Roles, ", "))
	f.Who, f.Where = EntraAdmin, "Entra: App registrations › application "+client+" › API permissions"
	f.Copy = []Copy{
		{Az, "add the permission", fmt.Sprintf("az ad app permission add --id %s --api %s --api-permissions <id of %s>=Role", client, x.api(), x.entry.Roles[0])},
		{Az, "then consent", "az ad app permission admin-consent --id " + client}}
}
