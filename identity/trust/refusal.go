package trust

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
)

// A Code says what a refusal means, to everybody: its text names no setting and
// nothing of the token. A code, once published, keeps its meaning.
type Code struct {
	Code   string
	Status int    // HTTP: 401 the token cannot be used, 403 it may not do this, 503 try again
	Text   string // one sentence for the caller
	Error  string // the error of RFC 6750 §3.1, or of OpenID for step-up
}

const (
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
	accessDenied      = "access_denied"
	moreClaims        = "insufficient_claims"
)

// Codes lists every code of a Refusal, in the order of the checks.
var Codes = []Code{
	{"token-too-large", 401, "the token is too long", invalidToken},
	{"token-form", 401, "the token is not a signed JWT", invalidToken},
	{"token-encoding", 401, "the token is not encoded as JWTs are", invalidToken},
	{"token-header", 401, "the token's header cannot be read", invalidToken},
	{"token-claims", 401, "the token's claims cannot be read", invalidToken},
	{"token-critical", 401, "the token demands an extension that this server does not have", invalidToken},
	{"token-unsigned", 401, "the token is not signed in a way that proves who made it", invalidToken},
	{"token-issuer", 401, "the token is not from an issuer this server trusts", invalidToken},
	{"token-tenant", 401, "the token is not from a tenant this server trusts", invalidToken},
	{"token-version", 401, "the token is of a version this server does not take", invalidToken},
	{"token-algorithm", 401, "the token is signed with an algorithm that is not used for this issuer", invalidToken},
	{"token-type", 401, "the token is of another type", invalidToken},
	{"token-key", 401, "the token is signed with a key that its issuer does not have", invalidToken},
	{"token-keys-unavailable", 503, "the keys of the token's issuer are not known at the moment", ""},
	{"token-signature", 401, "the token's signature is wrong", invalidToken},
	{"token-times", 401, "the token does not say when it is valid", invalidToken},
	{"token-expired", 401, "the token has expired", invalidToken},
	{"token-not-yet", 401, "the token is not valid yet", invalidToken},
	{"token-issued-later", 401, "the token claims to be issued in the future", invalidToken},
	{"token-audience", 401, "the token is for another API", invalidToken},
	{"token-kind", 401, "the token is not an access token", invalidToken},
	{"token-bound", 401, "the token may only be used with proof of a key", invalidToken},
	{"token-client", 403, "the application may not call this server", accessDenied},
	{"token-rights", 401, "the token's scopes and roles cannot be read", invalidToken},
	{"token-people", 403, "only applications may call with tokens of this issuer", accessDenied},
	{"token-scope", 403, "the token lacks the scope that is needed", insufficientScope},
	{"token-app", 403, "the application may not call without a person", accessDenied},
	{"token-role", 403, "the application lacks the role that is needed", insufficientScope},
	{"token-person", 401, "the token does not say which person or application it is for", invalidToken},
	{"token-guest", 403, "guests may not call this server", accessDenied},
	{"token-step-up", 401, "a stronger sign-in is needed", moreClaims},
}

var codeOf = func() map[string]*Code {
	m := make(map[string]*Code, len(Codes))
	for i := range Codes {
		m[Codes[i].Code] = &Codes[i]
	}
	return m
}()

// A Refusal says why a token is not believed or may not call. As an error it is
// a signoff.Error of the right kind, with the code and the public text.
type Refusal struct {
	Code
	Check  string   // the first check that failed, by name
	Issuer string   // the trust entry the token belongs to, "" for none
	Client string   // whom the issuer gave the token to; "" before its signature was checked
	Scopes []string // which of these one is needed, for token-scope
	claims string   // the claims challenge, for token-step-up
	exam   *exam
}

// Error has no detail: it may reach the caller.
func (r *Refusal) Error() string { return r.Code.Code + ": " + r.Text }

// Unwrap gives the refusal as the rest of the program knows refusals.
func (r *Refusal) Unwrap() error {
	kind := signoff.Unauthenticated
	switch r.Status {
	case 403:
		kind = signoff.Forbidden
	case 503:
		kind = signoff.Unavailable
	}
	return &signoff.Error{Kind: kind, Code: r.Code.Code, Detail: r.Text}
}

// Checks is the whole checklist, for administrators only: it shows what the
// setting demands and what the token says.
func (r *Refusal) Checks() []Check { return r.exam.checks() }

// Challenge is the value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1).
// metadata is the address of this server's protected-resource document, "" for
// none. It is "" when the caller should just try again.
func (r *Refusal) Challenge(realm, metadata string) string {
	if r.Code.Error == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("Bearer realm=" + quoted(realm))
	param := func(name, v string) {
		if v != "" {
			b.WriteString(", " + name + "=" + quoted(v))
		}
	}
	param("error", r.Code.Error)
	param("error_description", r.Text)
	param("scope", strings.Join(r.Scopes, " "))
	param("claims", r.claims)
	param("resource_metadata", metadata)
	return b.String()
}

// quoted is a quoted-string (RFC 9110 §5.6.4) without what a header cannot hold.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c >= ' ' && c < 0x7f:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// claimsChallenge asks the client for a token of an authentication context; it
// hands it on to Entra, which asks the person for what is missing.
func claimsChallenge(context string) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"access_token":{"acrs":{"essential":true,"value":%q}}}`, context))
}

func (x *exam) refuse(ru *rule, f *fault) *Refusal {
	code := ru.code
	if f.code != "" {
		code = f.code
	}
	r := &Refusal{Code: *codeOf[code], Check: ru.name, exam: x}
	if x.entry != nil {
		r.Issuer = x.entry.Name
	}
	if x.verified {
		r.Client = x.clientClaim()
	}
	switch code {
	case "token-scope":
		r.Scopes = x.entry.Scopes
	case "token-step-up":
		r.claims = claimsChallenge(x.entry.AuthContext)
	}
	return r
}
