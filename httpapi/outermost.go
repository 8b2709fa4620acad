package httpapi

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
)

// Foreign is an API in somebody else's shapes: it writes its refusals itself.
// Package k2 is one; it cannot be named here because it stands on this package.
type Foreign interface {
	http.Handler
	Refuse(http.ResponseWriter, *http.Request, error)
}

// request is what is known of a request while it is served.
type request struct {
	id string
	r  *http.Request
}

func requestOf(ctx context.Context) request {
	if q := heardOf(ctx); q != nil {
		return q.request
	}
	return request{}
}

// requestIDs are unlike those of any other start of the server.
var (
	requestRun   = strings.ToLower(rand.Text()[:8])
	requestCount atomic.Uint64
)

func newRequestID() string {
	return requestRun + "-" + strconv.FormatUint(requestCount.Add(1), 10)
}

// apiPolicy lets nothing be loaded or framed by an answer of the API.
const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

// outermost gives every request its id and every answer its headers, sends the
// API's requests past the door, and keeps a panic to itself.
func (s *Server) outermost(next http.Handler) http.Handler {
	door := next
	if s.Identity != nil {
		door = s.Identity.Authenticate(http.HandlerFunc(s.api), s.refuseInShape)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := &heard{request: request{newRequestID(), r}}
		r = r.WithContext(context.WithValue(r.Context(), heardKey{}, q))
		h := w.Header()
		h.Set("X-Request-Id", q.id)
		h.Set("X-Content-Type-Options", "nosniff")
		defer s.caught(w, r)
		if !isBelow(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		s.offeredTo(w, r, q, door)
	})
}

// offeredTo serves a request of an API as far as the API is offered to its
// sender, and counts it.
func (s *Server) offeredTo(w http.ResponseWriter, r *http.Request, q *heard, door http.Handler) {
	name, kind := apiOf(r), kindOf(r)
	defer func() { s.noteCall(name, q, kind) }()
	if r = s.cors(w, r, name); r == nil {
		return
	}
	if err := s.gate(r, name); err != nil {
		s.refuseInShape(w, r, err)
		return
	}
	door.ServeHTTP(w, r)
}

var errNoBasic = &signoff.Error{Kind: signoff.Unauthenticated, Code: "unknown-scheme",
	Detail: "this server does not take a name and password with each request", Hint: "sign in on its page"}

func isBasic(r *http.Request) bool {
	scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Basic")
}

// api serves what has passed the door.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	recognised(r.Context())
	if err := identity.LimitsOf(r.Context()).Allow(r.Method, apiOf(r)); err != nil {
		s.refuseInShape(w, r, err)
		return
	}
	if f := s.foreign(r); f != nil {
		f.ServeHTTP(w, r)
		return
	}
	if !strings.HasPrefix(r.URL.Path, "/api/") { // only K2's clients may write it otherwise
		s.noSuchRoute(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) refuseInShape(w http.ResponseWriter, r *http.Request, err error) {
	if f := s.foreign(r); f != nil {
		f.Refuse(w, r, err)
		return
	}
	s.writeRefusal(w, r, err)
}

// foreign is the API in another's shapes that a request is for, nil for none.
func (s *Server) foreign(r *http.Request) Foreign {
	switch {
	case isK2(r):
		return s.K2
	case isOData(r):
		return s.OData
	}
	return nil
}

// isOData tells whether a request is for OData, also at the bare root.
func isOData(r *http.Request) bool {
	return isBelow(r.URL.Path+"/", odataBase+"/") || isBelow(r.URL.Path+"/", odataBaseK2+"/")
}

func isK2(r *http.Request) bool { return isBelow(r.URL.Path, "/api/workflow/") }

// isBelow matches in any letter case, which ServeMux cannot.
func isBelow(path, prefix string) bool {
	return len(path) >= len(prefix) && strings.EqualFold(path[:len(prefix)], prefix)
}

// caught answers for a handler that panicked. http.ErrAbortHandler goes on up:
// it means that the connection should be dropped.
func (s *Server) caught(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	s.refuseInShape(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
}

// noSuchRoute answers for every path below /api/ that has no operation. ServeMux
// would say 405 by itself, but not as a problem.
func (s *Server) noSuchRoute(w http.ResponseWriter, r *http.Request) {
	if allow := s.methodsAt(r); len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		s.writeRefusal(w, r, &signoff.Error{Kind: signoff.Invalid, Code: "method-not-allowed",
			Detail: "this address takes " + strings.Join(allow, ", ")})
		return
	}
	s.writeRefusal(w, r, &signoff.Error{Kind: signoff.NotFound, Code: "no-such-route",
		Detail: "there is nothing at this address", Hint: "see " + base + "/docs for what there is"})
}

func (s *Server) methodsAt(r *http.Request) []string {
	var allow []string
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := s.mux.Handler(other); strings.HasPrefix(pattern, method+" ") {
			allow = append(allow, method)
		}
	}
	return allow
}
