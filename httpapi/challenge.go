package httpapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
)

// challenger is a refusal that knows how RFC 6750 says it: those of bearer
// tokens are.
type challenger interface {
	error
	Challenge(realm, metadata string) string
}

// challenge sets WWW-Authenticate to what the API of a request takes, and says
// in it which check of the credentials failed. Pages are never offered Basic: a
// browser would put up a dialog of its own.
func (s *Server) challenge(h http.Header, r *http.Request, err error) {
	name, kind := apiOf(r), kindOf(r)
	if strings.HasPrefix(h.Get("WWW-Authenticate"), "Session") {
		if kind == "bearer" || kind == "token" { // no browser has a dialog for those
			h.Set("WWW-Authenticate", s.bearerChallenge(r, name, err))
		}
		return
	}
	if signoff.KindOf(err) != signoff.Unauthenticated {
		if c, ok := errors.AsType[challenger](err); ok {
			h.Set("WWW-Authenticate", c.Challenge(realm, s.metadataURL(r, name)))
		}
		return
	}
	h.Del("WWW-Authenticate")
	now := s.apisNow().of(name)
	var all []string
	if s.takes(now, "basic") {
		all = append(all, `Basic realm="`+realm+`", charset="UTF-8"`)
	}
	if s.takes(now, "bearer", "token") {
		all = append(all, s.bearerChallenge(r, name, err))
	}
	if len(all) == 2 && strings.Contains(all[1], " error=") {
		all[0], all[1] = all[1], all[0] // what was tried comes first
	}
	if len(all) == 0 {
		all = []string{`Session realm="` + realm + `"`} // RFC 9110 §15.5.2: a 401 has a challenge
	}
	for _, c := range all {
		h.Add("WWW-Authenticate", c)
	}
}

const realm = "signoff"

// bearerChallenge says what became of a bearer token; to a request that came
// without one only where to get one (RFC 6750 §3.1).
func (s *Server) bearerChallenge(r *http.Request, name string, err error) string {
	metadata := s.metadataURL(r, name)
	if c, ok := errors.AsType[challenger](err); ok {
		return c.Challenge(realm, metadata)
	}
	out := `Bearer realm="` + realm + `"`
	if kind := kindOf(r); kind == "token" || kind == "bearer" {
		detail := "the token is not taken"
		if e, ok := errors.AsType[*signoff.Error](err); ok {
			detail = signoff.Tell(e.Detail, func(signoff.Principal) string { return "" }, s.location())
		}
		out += `, error="invalid_token", error_description="` + quotable(detail) + `"`
	}
	return out + `, resource_metadata="` + metadata + `"`
}

// quotable leaves out what RFC 6750 §3 does not let stand in error_description.
func quotable(text string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return -1
		}
		return c
	}, text)
}
