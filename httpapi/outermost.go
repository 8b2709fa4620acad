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
)

// request is what is known of a request while it is served.
type request struct {
	id string
	by signoff.Caller // set once the credentials have been checked
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

func requestID(ctx context.Context) string { return requestOf(ctx).id }

// callerFrom returns who asks; the zero Caller for an operation open to anybody.
func callerFrom(ctx context.Context) signoff.Caller { return requestOf(ctx).by }

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

// outermost gives every request its id, every answer its headers, turns away
// browsers that were sent here by another site, and keeps a panic to itself.
func (s *Server) outermost(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, &request{id: id}))
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		defer s.caught(w, r)
		if !strings.HasPrefix(strings.ToLower(r.URL.Path), "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Content-Security-Policy", apiPolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		if err := sameOrigin.Check(r); err != nil {
			s.writeRefusal(w, r, &signoff.Error{Kind: signoff.Forbidden, Code: "cross-origin",
				Detail: "the request was made by a page of another site"})
			return
		}
		if s.K2 != nil && isK2(r.URL.Path) {
			s.K2.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isK2 matches in any letter case, which ServeMux cannot.
func isK2(path string) bool {
	const prefix = "/api/workflow/"
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
	s.writeRefusal(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
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
