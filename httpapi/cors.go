package httpapi

import (
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
)

// What pages of other sites may send and see, once their site is listed.
// Access-Control-Allow-Credentials is never sent: such a page brings a token or
// a password of its own, and cookies of this server are of no use to it.
// https://fetch.spec.whatwg.org/#http-cors-protocol
const (
	corsMethods = "GET, POST, PUT, PATCH, DELETE"
	corsHeaders = "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, OData-Version, OData-MaxVersion, Prefer"
	corsShown   = "ETag, Location, OData-Version, OData-EntityId, Preference-Applied, Retry-After, WWW-Authenticate, X-Request-Id"
	corsSeconds = "600" // a preflight is not repeated for so long
)

// cors answers for the origin of a request. It returns the request to go on
// with, or none when the request was a preflight and is answered.
//
// Every answer varies by origin and credentials, listed or not: a cache on the
// way must not give one site's, or one person's, answer to another.
func (s *Server) cors(w http.ResponseWriter, r *http.Request, name string) *http.Request {
	h := w.Header()
	h.Add("Vary", "Origin, Authorization, Cookie")
	origin := r.Header.Get("Origin")
	if origin == "" {
		return r
	}
	now := s.apisNow().of(name)
	listed := now.origins[origin]
	if listed {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		s.preflight(w, r, listed && now.on)
		return nil
	}
	if !listed {
		return r
	}
	h.Set("Access-Control-Expose-Headers", corsShown)
	return r.WithContext(identity.Welcome(r.Context()))
}

// preflight tells a browser whether a page may send what it is about to.
func (s *Server) preflight(w http.ResponseWriter, r *http.Request, listed bool) {
	h := w.Header()
	h.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	if !listed {
		s.refuseInShape(w, r, &signoff.Error{Kind: signoff.Forbidden, Code: "origin-not-listed",
			Detail: "pages of that site may not call this API", Hint: "an administrator can list the site under Manage › Access › APIs"})
		return
	}
	h.Set("Access-Control-Allow-Methods", corsMethods)
	h.Set("Access-Control-Allow-Headers", corsHeaders)
	h.Set("Access-Control-Max-Age", corsSeconds)
	w.WriteHeader(http.StatusNoContent)
}
