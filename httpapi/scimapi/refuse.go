package scimapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/scim"
)

// refusal is one in SCIM's own words.
type refusal struct {
	status int
	kind   scim.ErrorType
	detail string
}

func (e *refusal) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.kind, e.detail) }

// kinds says what SCIM calls our codes.
var kinds = map[string]struct {
	status int
	kind   scim.ErrorType
}{
	"scim-taken":            {http.StatusConflict, scim.Uniqueness},
	"scim-not-taken":        {http.StatusConflict, scim.Uniqueness},
	"scim-no-member":        {http.StatusBadRequest, scim.InvalidValue},
	"scim-too-many-members": {http.StatusBadRequest, scim.TooMany},
	"stale":                 {http.StatusPreconditionFailed, ""},
}

// refuse writes an error as SCIM has it (RFC 7644 section 3.12).
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		status := http.StatusBadRequest
		write(w, status, scim.NewMessage(status, e.Type, e.Detail))
		return
	}
	if e, ok := errors.AsType[*refusal](err); ok {
		if e.status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "1")
		}
		write(w, e.status, scim.NewMessage(e.status, e.kind, e.detail))
		return
	}
	p, header := s.HTTP.Refuse(r.Context(), err)
	if after := header.Get("Retry-After"); after != "" {
		w.Header().Set("Retry-After", after)
	}
	status, kind := p.Status, scim.ErrorType("")
	if k, known := kinds[signoff.CodeOf(err)]; known {
		status, kind = k.status, k.kind
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challengeOf(err))
	}
	detail := p.Detail
	if p.Hint != "" {
		detail = strings.TrimSuffix(detail, ".") + "; " + p.Hint
	}
	write(w, status, scim.NewMessage(status, kind, detail))
}

// challengeOf says what is taken, and that a token was not (RFC 6750 section 3).
func challengeOf(err error) string {
	if signoff.CodeOf(err) == "sign-in-needed" {
		return `Bearer realm="signoff"`
	}
	return `Bearer realm="signoff", error="invalid_token"`
}
