package graph

import (
	"net/http"
	"strings"
)

// methods that a path may be known for under another one.
var methods = []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete}

// unknown answers what no route takes: 405 where another method would do, and
// otherwise 400, which names the first segment that leads nowhere, as Graph
// does. Its own 404 means an object.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	tenant := s.joined()
	if tenant == nil {
		refuse(http.StatusServiceUnavailable, "ServiceNotAvailable", "The service is starting.").write(w, r, s.x.Now())
		return
	}
	if _, ok := tenant.Authenticate(w, r); !ok {
		return
	}
	if allowed := s.allowed(r); len(allowed) > 0 {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		refuse(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.").write(w, r, s.x.Now())
		return
	}
	refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", s.strange(r)).write(w, r, s.x.Now())
}

// allowed lists the methods that the path is known for.
func (s *Server) allowed(r *http.Request) []string {
	var list []string
	for _, method := range methods {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := s.mux.Handler(probe); pattern != "" && pattern != "/" {
			list = append(list, method)
		}
	}
	return list
}

// strange is the first segment of a path with which no route begins.
func (s *Server) strange(r *http.Request) string {
	segs := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	longest := 0
	for _, route := range s.patterns {
		n := 0
		for n < len(segs) && n < len(route) && (route[n] == segs[n] || strings.HasPrefix(route[n], "{")) {
			n++
		}
		longest = max(longest, n)
	}
	return segs[min(longest, len(segs)-1)]
}
