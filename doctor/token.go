package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/identity/trust"
)

// A Server is what this server's settings say, as far as a diagnosis needs it.
type Server struct {
	Now     time.Time
	URL     string // under which people and programs reach it, without a slash at the end
	Issuers []trust.Issuer
	Setup   Setup // of the sign-in provider that errors of Entra's are most likely about
	APIs    []API
	Graph   string // "": https://graph.microsoft.com
}

// issuer is the trust entry of a name.
func (s Server) issuer(name string) *trust.Issuer {
	for i := range s.Issuers {
		if s.Issuers[i].Name == name {
			return &s.Issuers[i]
		}
	}
	return nil
}

// A Case is one thing that was pasted, and what this server made of it.
type Case struct {
	Pasted    Pasted
	Explained *trust.Explanation // of the token; nil: there is none
	Person    *Standing          // who the token speaks for here; nil: not looked at
	Personal  *Personal          // the token is one of our own; then there is no Explained
}

// Token says what is wrong with what was pasted. The checks of the request come
// first, then those of the token in the order in which the server does them,
// then those of the person and of the API.
func (s Server) Token(c Case) Report {
	r := Report{Notes: c.Pasted.Notes}
	fine := "nothing is wrong with it"
	if c.Pasted.Request != nil {
		s.request(&r, c.Pasted)
		fine = s.untried(c.Pasted.Request)
	}
	if e := c.Pasted.Entra; e != nil {
		f := e.Explain(s.Setup)
		r.Fail("Entra", "answer", "a token", e.Text, f)
		r.Facts = append(r.Facts, e.facts()...)
	}
	if c.Explained != nil {
		fine = s.token(&r, c)
	}
	if c.Personal != nil {
		fine = s.personal(&r, c)
	}
	if c.Explained == nil && c.Pasted.Answer != nil {
		s.answer(&r, c.Pasted.Answer)
	}
	r.Conclude(fine)
	return r
}

func (e *EntraError) facts() (out []Fact) {
	for _, f := range []Fact{{"correlation id", e.Correlation}, {"trace id", e.Trace}, {"time", e.Time}, {"error", e.OAuth}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// token adds the checklist of package trust, each line with what to do.
func (s Server) token(r *Report, c Case) (fine string) {
	x := exam{server: s, claims: readClaims(c.Pasted.Token), token: c.Pasted.Token, entry: s.issuer(c.Explained.Issuer)}
	r.Facts = append(r.Facts, x.claims.facts()...)
	if f := x.foreign(); f != nil && !c.accepted() {
		r.Fail("token", "made for", "this API", x.claims.audience(), *f)
	}
	for _, k := range c.Explained.Checks {
		line := Check{Group: "token", Name: k.Name, Result: Result(k.Result), Expected: k.Expected, Found: k.Found}
		if k.Result == trust.Failed {
			f := x.finding(k)
			line.Finding = &f
		}
		r.Checks = append(r.Checks, line)
	}
	if !c.accepted() {
		return ""
	}
	fine = fmt.Sprintf("the token is accepted: it speaks for %s by the trusted issuer %q", x.claims.who(), c.Explained.Issuer)
	x.lasting(r)
	s.standing(r, c)
	return fine
}

func (c Case) accepted() bool { return c.Explained != nil && c.Explained.Accepted != nil }

// An exam is one token being worded.
type exam struct {
	server Server
	claims claims
	token  string
	entry  *trust.Issuer // it belongs to; nil: none
}

// Microsoft's own APIs, by the names tokens give them.
var microsoft = map[string]string{
	"00000003-0000-0000-c000-000000000000": "Microsoft Graph", "https://graph.microsoft.com": "Microsoft Graph",
	"00000002-0000-0000-c000-000000000000": "Azure AD Graph", "https://graph.windows.net": "Azure AD Graph",
	"00000002-0000-0ff1-ce00-000000000000": "Exchange Online", "https://outlook.office365.com": "Exchange Online", "https://outlook.office.com": "Exchange Online",
	"https://management.azure.com": "Azure Resource Manager", "https://management.core.windows.net": "Azure Resource Manager", "797f4846-ba00-4fd7-ba43-dac1f8f63013": "Azure Resource Manager",
	"https://vault.azure.net": "Azure Key Vault", "https://service.flow.microsoft.com": "Power Automate", "https://api.k2.com": "K2",
}

// foreign is for a token of another API. Those for Microsoft's own have
// signatures that nobody else can check, so it says more than the signature does.
func (x exam) foreign() *Finding {
	name := microsoft[strings.TrimSuffix(strings.ToLower(x.claims.audience()), "/")]
	ours := func(is trust.Issuer) bool { return slices.Contains(is.Audiences, x.claims.audience()) }
	if name == "" || slices.ContainsFunc(x.server.Issuers, ours) {
		return nil
	}
	scope := x.scope()
	return &Finding{Code: "token-for-other-api", Line: fmt.Sprintf("the token is for %s, not for this API", name), Who: Caller, Where: program + ", scope",
		Do: "ask Entra for a token of this API: a token is for one API only", Copy: []Copy{{Value, "scope", scope}}}
}

// scope is what a client should ask for.
func (x exam) scope() string {
	e := x.entry
	if e == nil && len(x.server.Issuers) > 0 {
		e = &x.server.Issuers[0]
	}
	if e == nil || len(e.Audiences) == 0 {
		return x.server.Setup.API + "/.default"
	}
	api := e.Audiences[0]
	if i := slices.IndexFunc(e.Audiences, func(a string) bool { return strings.Contains(a, "://") }); i >= 0 {
		api = e.Audiences[i]
	}
	if len(e.Scopes) == 0 || e.NoPeople || x.claims.text("idtyp") == "app" {
		return api + "/.default"
	}
	return api + "/" + e.Scopes[0]
}

// lasting warns of what will be wrong soon or is weaker than it need be.
func (x exam) lasting(r *Report) {
	exp, ok := x.claims.time("exp")
	if ok && !x.server.Now.Before(exp) {
		r.Warn("token", "leeway", "not expired", "exp "+exp.Format("15:04:05 MST"), Finding{Code: "token-in-leeway", Who: Caller, Where: program,
			Line: "the token has expired and is accepted only because clocks may differ", Do: "get a new token before the old one expires"})
	}
	if ok && exp.Sub(x.server.Now) > 48*time.Hour {
		r.Warn("token", "lifetime", "a day at most", exp.Sub(x.server.Now).Round(time.Hour).String(), Finding{Code: "token-long-lived", Who: EntraAdmin, Where: "the provider: token lifetime",
			Line: "the token is valid for long: whoever finds it may use it until then", Do: "let access tokens live an hour or so"})
	}
}
