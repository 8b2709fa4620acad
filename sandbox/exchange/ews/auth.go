package ews

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// TokenError is why a token is refused, in the words that Exchange puts into
// x-ms-diagnostics.
type TokenError struct {
	Code     int    // 2000003
	Reason   string // "The token has expired."
	Category string // "token_lifetime"
}

func (e *TokenError) Error() string { return e.Reason }

// The usual refusals of tokens.
var (
	ErrTokenExpired   = &TokenError{2000003, "The token has expired.", "token_lifetime"}
	ErrTokenAudience  = &TokenError{2000005, "The audience claim value is invalid for current resource.", "invalid_resource"}
	ErrTokenIssuer    = &TokenError{2000006, "The issuer of the token is not trusted.", "invalid_issuer"}
	ErrTokenSignature = &TokenError{2000001, "The token has an invalid signature.", "invalid_signature"}
	ErrTokenMalformed = &TokenError{2000010, "The token is not well-formed.", "invalid_token"}
	ErrTokenUser      = &TokenError{2000008, "The user specified by the user-context in the token does not exist.", "invalid_user"}
)

// httpRefusal is a refusal of the front end: no SOAP, as clients must stand it.
type httpRefusal struct {
	status int
	header http.Header
	body   string
}

func (n *httpRefusal) write(w http.ResponseWriter) {
	for k, v := range n.header {
		w.Header()[k] = v
	}
	if n.body != "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	w.WriteHeader(n.status)
	w.Write([]byte(n.body))
}

// challenge is the 401 that Exchange answers with.
func (s *Server) challenge(why *TokenError) *httpRefusal {
	bearer := `Bearer client_id="00000002-0000-0ff1-ce00-000000000000", trusted_issuers="00000001-0000-0000-c000-000000000000@*", ` +
		`token_types="app_asserted_user_v1 service_asserted_app_v1", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"`
	h := http.Header{}
	if why != nil {
		bearer += `, error="invalid_token"`
		h.Set("X-Ms-Diagnostics", fmt.Sprintf(`%d;reason="%s";error_category="%s"`, why.Code, why.Reason, why.Category))
	}
	p := s.Policy()
	if p.takes("Bearer") {
		h.Add("Www-Authenticate", bearer)
	}
	if p.takes("NTLM") {
		h.Add("Www-Authenticate", "NTLM")
	}
	switch {
	case p.takes("Basic"):
		h.Add("Www-Authenticate", `Basic realm="sandboxbe01.contoso.test"`)
	case !p.OnPremises:
		h.Add("Www-Authenticate", `Basic Realm=""`) // Exchange Online still says so, and takes no password
	}
	return &httpRefusal{status: http.StatusUnauthorized, header: h}
}

// takes tells whether one may sign in that way: with a token everywhere, with
// a password on premises, unless it is switched off.
func (p Policy) takes(scheme string) bool {
	off := slices.ContainsFunc(p.SchemesOff, func(x string) bool { return strings.EqualFold(x, scheme) })
	return !off && (p.OnPremises || scheme == "Bearer")
}

// passwordOf finds an account by a user name as Windows knows them: "jane",
// "CONTOSO\\jane" or "jane@contoso.test".
func passwordOf(user string) (address, password string, ok bool) {
	_, name, qualified := strings.Cut(user, `\`)
	if !qualified {
		name = user
	}
	for _, a := range sandbox.Accounts() {
		if strings.EqualFold(name, a.ID) || strings.EqualFold(name, a.Address) {
			return a.Address, a.Password, true
		}
	}
	return "", "", false
}

// identify finds out who asks.
func (s *Server) identify(r *http.Request) (Caller, *httpRefusal) {
	p := s.Policy()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "NTLM") && p.takes("NTLM"):
		return s.ntlm(r, token)
	case strings.EqualFold(scheme, "Basic") && p.takes("Basic"):
		return s.basic(r)
	case strings.EqualFold(scheme, "Bearer") && p.takes("Bearer"):
		return s.bearer(r, token)
	}
	return Caller{}, s.challenge(nil)
}

func (s *Server) basic(r *http.Request) (Caller, *httpRefusal) {
	user, given, _ := r.BasicAuth()
	address, password, ok := passwordOf(user)
	if !ok || subtle.ConstantTimeCompare([]byte(given), []byte(password)) != 1 {
		return Caller{}, s.challenge(nil)
	}
	return Caller{Address: address}, nil
}

func (s *Server) bearer(r *http.Request, token string) (Caller, *httpRefusal) {
	if s.Bearer == nil {
		return Caller{}, s.challenge(ErrTokenIssuer)
	}
	if strings.Count(token, ".") != 2 {
		return Caller{}, s.challenge(ErrTokenMalformed)
	}
	who, err := s.Bearer(r.Context(), token)
	if err != nil {
		why := ErrTokenMalformed
		errors.As(err, &why)
		return Caller{}, s.challenge(why)
	}
	if _, on := s.switches.strike("token-expired", who, "", ""); on {
		return Caller{}, s.challenge(ErrTokenExpired)
	}
	return who, s.permitted(who)
}

// delegatedScopes open a person's own mailbox; user_impersonation is what
// Exchange Server's own tokens say.
var delegatedScopes = []string{"EWS.AccessAsUser.All", "user_impersonation"}

// appRole opens every mailbox; without it a program has those of its
// RBAC for Applications grants.
const appRole = "full_access_as_app"

// permitted checks what the token is for: 403 without a permission for EWS.
func (s *Server) permitted(who Caller) *httpRefusal {
	if who.Address != "" {
		if slices.ContainsFunc(delegatedScopes, func(x string) bool { return slices.Contains(who.Scopes, x) }) {
			return nil
		}
	} else if slices.Contains(who.Roles, appRole) || s.anyGrant(who.App) {
		return nil
	}
	h := http.Header{}
	h.Set("X-Ms-Diagnostics", `2000012;reason="The token contains not enough scope to make this call.";error_category="invalid_grant"`)
	return &httpRefusal{status: http.StatusForbidden, header: h}
}
