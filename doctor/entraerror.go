package doctor

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// An EntraError is an error of Entra's, however it was shown.
type EntraError struct {
	Code        int    // AADSTS
	OAuth       string // error of the answer: invalid_grant
	Text        string
	Trace       string
	Correlation string
	Time        string

	App, Tenant, Redirect, Resource, Scope, Person string // as far as the text names them
}

var (
	aadstsCode = regexp.MustCompile(`AADSTS([0-9]{4,9})`)
	guidForm   = regexp.MustCompile(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
	appForm    = regexp.MustCompile(`(?i)(?:application|app|identifier|client)[^'"]{0,60}['"]?(` + guidForm.String() + `)`)
	uriForm    = regexp.MustCompile(`(?i)(?:redirect|reply)[^'"]{0,30}['"](https?://[^'"\s]{1,300})['"]`)
	tenantForm = regexp.MustCompile(`(?i)(?:tenant|directory)(?: named)?[^'"(]{0,12}['"(]([^'")]{1,100})['")]`)
	namedForm  = regexp.MustCompile(`(?i)resource principal named (\S{1,300}) was not found`)
	quotedRes  = regexp.MustCompile(`(?i)resource '([^']{1,300})'`)
	scopeForm  = regexp.MustCompile(`(?i)scopes? '?([^'\s]{1,300})'? (?:is|are) not valid|scope '([^']{1,300})'`)
	personForm = regexp.MustCompile(`(?i)(?:user|account|for)[^'"]{0,20}['"]([^'"\s@]{1,100}@[^'"\s]{1,200})['"]`)
	tags       = regexp.MustCompile(`<[^<>]*>`)
	traceForm  = regexp.MustCompile(`(?i)trace[ _]?id"?: ?"?(` + guidForm.String() + `)`)
	corrForm   = regexp.MustCompile(`(?i)correlation[ _]?id"?: ?"?(` + guidForm.String() + `)`)
	timeForm   = regexp.MustCompile(`(?i)timestamp"?: ?"?([0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}Z?)`)
)

// readEntra finds an error of Entra's in what was pasted: the JSON of the token
// endpoint, the text of the page, or the address that the browser was sent to.
func (p *Pasted) readEntra(text string) {
	plain := text
	if strings.Contains(text, "error_description=") { // an address
		plain = strings.ReplaceAll(text, "+", " ")
		if t, err := url.QueryUnescape(plain); err == nil {
			plain = t
		}
	}
	if strings.Contains(text, "&#") || strings.Contains(text, "<") { // a page's source
		plain = tags.ReplaceAllString(html.UnescapeString(plain), " ")
	}
	e := &EntraError{OAuth: oauthError(text)}
	if m := aadstsCode.FindStringSubmatch(plain); m != nil {
		e.Code, _ = strconv.Atoi(m[1])
	}
	if e.Code == 0 && e.OAuth == "" {
		return
	}
	e.read(plain)
	p.Entra = e
}

var oauthErrors = "invalid_request invalid_client invalid_grant invalid_scope invalid_resource unauthorized_client unsupported_grant_type unsupported_response_type " +
	"interaction_required login_required consent_required access_denied temporarily_unavailable server_error authorization_pending expired_token bad_verification_code"

// oauthError is the error member of an answer of a token endpoint, or of the
// address that the browser was sent to, "" when there is none.
func oauthError(text string) string {
	code := ""
	if i := strings.IndexByte(text, '{'); i >= 0 {
		var m struct {
			Error       any    `json:"error"`
			Description string `json:"error_description"`
		}
		if json.NewDecoder(strings.NewReader(text[i:])).Decode(&m) == nil {
			code, _ = m.Error.(string)
		}
	}
	if code == "" {
		_, query, found := strings.Cut(strings.Fields(text + " ")[0], "?")
		if q, err := url.ParseQuery(query); err == nil && found {
			code = q.Get("error")
		}
	}
	for known := range strings.FieldsSeq(oauthErrors) {
		if code == known {
			return code
		}
	}
	return ""
}

// read takes what the text names. Ids that it carries for looking it up are not
// taken for an application.
func (e *EntraError) read(text string) {
	e.Trace, e.Correlation, e.Time = first(traceForm, text), first(corrForm, text), first(timeForm, text)
	text = strings.ReplaceAll(text, `\u0027`, "'")
	if i := aadstsCode.FindStringIndex(text); i != nil {
		text = text[i[0]:]
	}
	if i := strings.Index(text, "Trace ID"); i >= 0 {
		text = text[:i]
	}
	if i := strings.Index(text, `","`); i >= 0 {
		text = text[:i]
	}
	e.Text = clip(strings.TrimSpace(text))
	e.App = strings.ToLower(first(appForm, text))
	e.Redirect = clip(first(uriForm, text))
	e.Tenant = clip(first(tenantForm, text))
	e.Resource = clip(cmp.Or(first(namedForm, text), first(quotedRes, text)))
	e.Scope = clip(strings.TrimSuffix(first(scopeForm, text), "."))
	e.Person = clip(first(personForm, text))
}

// first is the first group that matched, "" for none.
func first(re *regexp.Regexp, text string) string {
	m := re.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return cmp.Or(m[1:]...)
}

// A Setup is what our own settings say about the sign-in that failed, to fill
// what the error does not name.
type Setup struct {
	App      string // client id of our sign-in with Entra
	Caller   string // client id of what got the error, when that is known: it was given by whoever asks
	Tenant   string
	Redirect string // ours, exactly
	API      string // what a client asks for, before the scope: api://…
	APIID    string // its client id
	ScopeID  string // id of its scope in the registration
	Login    string // "": https://login.microsoftonline.com
}

// Key is a finding's code for an error of Entra's.
func (e *EntraError) Key() string {
	if e.Code == 0 {
		return "oauth-" + strings.ReplaceAll(e.OAuth, "_", "-")
	}
	return "aadsts-" + strconv.Itoa(e.Code)
}

// Explain says what an error of Entra's means and who mends it.
func (e *EntraError) Explain(s Setup) Finding {
	f := Finding{Code: e.Key(), Who: EntraAdmin}
	a := byCode[e.Code]
	switch {
	case a != nil:
	case e.Code != 0:
		a = &AADSTS{Line: fmt.Sprintf("Entra refused with AADSTS%d, which is not in our list", e.Code), Who: EntraAdmin, Where: "Entra: sign-in log",
			Do: "read what Microsoft says of it, and look the correlation id up in the sign-in log", Copy: []Copy{{Value, "Microsoft's page", "{login}/error?code=" + strconv.Itoa(e.Code)}}}
	default:
		a = byClass[e.OAuth]
	}
	fill := e.filler(s, cmp.Or(e.app(s), "that asked"), cmp.Or(e.Tenant, s.Tenant, "that was named"))
	f.Who, f.Line, f.Where, f.Do = a.Who, fill.Replace(a.Line), fill.Replace(a.Where), fill.Replace(a.Do)
	if e.Code != 0 && byCode[e.Code] != nil {
		f.Line += fmt.Sprintf(" (AADSTS%d)", e.Code)
	}
	fill = e.filler(s, cmp.Or(e.app(s), "<client id>"), cmp.Or(e.tenantToCopy(), s.Tenant, "<tenant id>"))
	for _, c := range a.Copy {
		f.Copy = append(f.Copy, Copy{c.For, c.What, fill.Replace(c.Text)})
	}
	e.refine(&f, s)
	e.address(&f, a, s)
	return f
}

// byClass is what the OAuth error says where there is no code.
var byClass = func() map[string]*AADSTS {
	m := map[string]*AADSTS{}
	for classes, a := range map[string]AADSTS{
		"invalid_grant interaction_required login_required consent_required": {Line: "the provider wants the person to sign in again", Who: Person, Where: "the sign-in", Do: "sign in again", Again: Interactive},
		"invalid_client unauthorized_client":                                 {Line: "the provider does not accept the client's id or secret", Who: OurAdmin, Where: provider, Do: "compare client id and secret with the provider's registration"},
		"access_denied":                                                      {Line: "the sign-in was cancelled or refused", Who: Person, Where: "the sign-in", Do: "sign in again, or ask the provider's administrator for access", Again: Interactive},
		"temporarily_unavailable server_error":                               {Line: "the provider is not available at the moment", Who: Nobody, Where: "the provider", Do: "try again in a moment", Again: Later},
		"authorization_pending":                                              {Line: "the person has not finished signing in on the other device", Who: Person, Where: "the sign-in", Do: "finish there", Again: Poll},
		"expired_token bad_verification_code":                                {Line: "the device code has expired or is not one the provider gave", Who: Person, Where: "the sign-in", Do: "begin again", Again: Anew},
		"invalid_request invalid_scope invalid_resource unsupported_grant_type unsupported_response_type": {Line: "the provider cannot use the request as it was sent", Who: Caller, Where: program, Do: "compare scope, redirect_uri and grant_type with the registration"},
	} {
		for class := range strings.FieldsSeq(classes) {
			m[class] = &a
		}
	}
	return m
}()

// filler puts values in: what the text names before what our settings say, and
// app and tenant as they are to be called.
func (e *EntraError) filler(s Setup, app, tenant string) *strings.Replacer {
	api := cmp.Or(s.API, "api://<Application ID of the API>")
	redirect := cmp.Or(s.Redirect, e.Redirect, "<redirect URI>")
	if e.whose(s) == theirs {
		redirect = cmp.Or(e.Redirect, "<redirect URI>")
	}
	return strings.NewReplacer(
		"{app}", app, "{tenant}", tenant, "{enter}", entered[e.whose(s)],
		"{redirect}", cmp.Or(e.Redirect, s.Redirect, "that was sent"), "{ours}", redirect,
		"{resource}", cmp.Or(e.Resource, "of that name"), "{scope}", cmp.Or(e.Scope, "that was asked for"), "{scopeId}", cmp.Or(s.ScopeID, "<id of the scope>"),
		"{person}", cmp.Or(e.Person, "the person"), "{api}", api, "{apiId}", cmp.Or(s.APIID, "<Application ID of the API>"), "{login}", cmp.Or(s.Login, "https://login.microsoftonline.com"))
}

// tenantToCopy is the tenant of the text where an address can hold it: its id or
// a domain, not what people call it.
func (e *EntraError) tenantToCopy() string {
	if guidForm.FindString(e.Tenant) == e.Tenant || strings.Contains(e.Tenant, ".") && !strings.Contains(e.Tenant, " ") {
		return e.Tenant
	}
	return ""
}

// refine adds what comparing the error with our own setting shows.
func (e *EntraError) refine(f *Finding, s Setup) {
	switch {
	case e.Code == 50011 && e.whose(s) != theirs && e.Redirect != "" && s.Redirect != "" && e.Redirect != s.Redirect:
		f.Do = fmt.Sprintf("the sign-in sent %s, and this server's own is %s (%s): put the setting url right, or register %s too", e.Redirect, s.Redirect, Differ(e.Redirect, s.Redirect), e.Redirect)
	case e.Code == 500011 && e.Resource != "" && s.API != "" && e.Resource != s.API:
		f.Do = fmt.Sprintf("ask for %s instead (%s)", s.API, Differ(e.Resource, s.API))
	}
}

// Differ says in a word how two addresses that should be the same differ.
func Differ(a, b string) string {
	u, errA := url.Parse(a)
	v, errB := url.Parse(b)
	switch {
	case a == b:
		return "they are the same"
	case strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/"):
		return "only the slash at the end differs"
	case strings.EqualFold(a, b):
		return "only letter case differs"
	case errA != nil || errB != nil || u.Host == "" || v.Host == "":
		return "they are different"
	case u.Scheme != v.Scheme && u.Host == v.Host && u.Path == v.Path:
		return "one is http, the other https"
	case u.Hostname() == v.Hostname() && u.Port() != v.Port() && u.Path == v.Path:
		return "the port differs"
	case u.Hostname() != v.Hostname() && u.Path == v.Path:
		return "the host differs"
	case u.Host == v.Host:
		return "the path differs"
	}
	return "they are different"
}
