package doctor

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// An API is one of this server's, as the setting has it.
type API struct {
	Key   string // as the setting calls it
	Name  string
	Path  string // below which it is, in lower case
	Off   bool
	Kinds []string // of sign-in that it takes: basic, session, bearer, token; none: all
}

// request checks how a request was written.
func (s Server) request(r *Report, p Pasted) {
	q := p.Request
	s.address(r, q)
	fields := q.Get("Authorization")
	switch {
	case queryToken(q.URL) != "":
		r.Fail("request", "where the token is", "in the Authorization header", "in the address", Finding{Code: "request-token-in-query", Who: Caller, Where: program,
			Line: "the token is in the address, where logs keep it: it belongs into the Authorization header", Do: "send it as a header; the token has to be thought of as known to others", Copy: []Copy{{Value, "header", "Authorization: Bearer <token>"}}})
	case len(fields) == 0:
		r.Fail("request", "authorization", "one Authorization header", "none", Finding{Code: "request-no-authorization", Who: Caller, Where: program,
			Line: "the request carries no Authorization header", Do: "send the token with it; a proxy or a redirect may have taken it off", Copy: []Copy{{Value, "header", "Authorization: Bearer <token>"}}})
	case len(fields) > 1:
		r.Fail("request", "authorization", "one Authorization header", fmt.Sprintf("%d of them", len(fields)), Finding{Code: "request-two-authorizations", Who: Caller, Where: program,
			Line: "the request carries more than one Authorization header", Do: "send one; Postman adds its own beside one written by hand"})
	default:
		s.scheme(r, q, fields[0])
	}
}

// schemes that somebody's program uses by mistake, and the kinds of sign-in.
var schemes = map[string]string{"basic": "basic", "bearer": "bearer"}

func (s Server) scheme(r *Report, q *Request, field string) {
	scheme, rest, _ := strings.Cut(field, " ")
	kind := schemes[strings.ToLower(scheme)]
	rest = strings.TrimSpace(rest)
	f := Finding{Code: "request-scheme", Who: Caller, Where: program, Do: "write Bearer, one space, and the token", Copy: []Copy{{Value, "header", "Authorization: Bearer <token>"}}}
	switch {
	case jwtForm.MatchString(scheme) || rest == "" && kind == "":
		f.Line = "the Authorization header lacks the word Bearer before the token"
	case strings.HasSuffix(scheme, ":"):
		f.Line = "the Authorization header has a colon after " + strings.TrimSuffix(clip(scheme), ":")
	case kind == "":
		f.Line = "the Authorization header uses the scheme " + clip(scheme) + ", which this server does not take"
	case rest == "":
		f.Code, f.Line, f.Do = "request-empty-token", "the Authorization header carries no token", "the program has none: look at what the token endpoint answered"
	case kind == "bearer" && strings.HasPrefix(strings.ToLower(rest), "bearer "):
		f.Line = "the word Bearer is there twice"
	default:
		r.Pass("request", "authorization", "one, with a scheme this server takes", scheme)
		s.kinds(r, q, kind, rest)
		return
	}
	r.Fail("request", "authorization", "Bearer and the token", clip(scheme)+" …", f)
}

// kinds looks whether the API is on and takes that kind of sign-in.
func (s Server) kinds(r *Report, q *Request, kind, rest string) {
	if kind == "bearer" && strings.HasPrefix(rest, "sgn_") {
		kind = "token"
	}
	a := s.apiOf(q.URL)
	if a == nil || len(a.Kinds) == 0 || a.Off {
		return
	}
	if !slices.Contains(a.Kinds, kind) {
		r.Fail("API", "kind of sign-in", "one of "+strings.Join(a.Kinds, ", "), kind, Finding{Code: "api-kind-refused", Who: OurAdmin, Where: a.page(),
			Line: fmt.Sprintf("%s does not take sign-in by %s", a.Name, kindNames[kind]), Do: "allow it for this API, or have the program sign in in another way", Copy: []Copy{{Setting, "switch on under “Kinds of sign-in it takes”", kindLabels[kind]}}})
		return
	}
	r.Pass("API", "kind of sign-in", "one of "+strings.Join(a.Kinds, ", "), kind)
}

// untried is what to say of a request that is written well. Of a password no
// more can be said: it is not kept when it is read, and never tried.
func (s Server) untried(q *Request) string {
	scheme, _, _ := strings.Cut(strings.Join(q.Get("Authorization"), ""), " ")
	if !strings.EqualFold(scheme, "basic") {
		return "nothing is wrong with the request"
	}
	line := "the request is written well, and whether its name and password are right was not tried"
	if a := s.apiOf(q.URL); a != nil && len(a.Kinds) > 0 {
		line += ": " + a.Name + " takes them"
	}
	return line + "; paste the answer as well (curl -i), or use a personal access token, which can be looked at here"
}

// page says where the API's settings are.
func (a *API) page() string {
	return "Manage › Access › APIs › " + strings.TrimPrefix(a.Name, "the ")
}

// kindLabels are what the APIs page calls them.
var kindLabels = map[string]string{"basic": "Name and password with each request (Basic)", "bearer": "Tokens of trusted issuers (Bearer)", "token": "Personal access tokens (Bearer sgn_…)", "session": "Sessions of pages"}

var kindNames = map[string]string{"basic": "name and password", "bearer": "bearer token", "token": "personal access token", "session": "session"}

// path is the path of an address, in lower case.
func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Path)
}

// apiOf finds the API that an address is of.
func (s Server) apiOf(address string) *API {
	p := path(address)
	for i := range s.APIs {
		if a := &s.APIs[i]; p == a.Path || strings.HasPrefix(p, a.Path+"/") {
			return a
		}
	}
	return nil
}

// address checks where a request goes.
func (s Server) address(r *Report, q *Request) {
	u, err := url.Parse(q.URL)
	if err != nil || q.URL == "" {
		return
	}
	host := u.Host
	if hosts := q.Get("Host"); host == "" && len(hosts) > 0 {
		host = hosts[0]
	}
	ours, err := url.Parse(s.URL)
	if err == nil && host != "" && ours.Host != "" && !strings.EqualFold(host, ours.Host) {
		r.Warn("request", "host", ours.Host, host, Finding{Code: "request-host", Who: Caller, Where: program, Copy: []Copy{{Value, "address", s.URL}},
			Line: fmt.Sprintf("the request goes to %s, and this server's address is %s", clip(host), ours.Host), Do: "use the server's own address, unless a proxy leads there"})
	}
	if u.Scheme == "http" && ours != nil && ours.Scheme == "https" {
		r.Fail("request", "https", "https", "http", Finding{Code: "request-http", Who: Caller, Where: program, Copy: []Copy{{Value, "address", s.URL}},
			Line: "the request goes over plain http, so that everybody on the way can read the token", Do: "use https; a redirect from http to https loses the Authorization header with many programs"})
	}
	a := s.apiOf(q.URL)
	switch {
	case a == nil && len(s.APIs) > 0 && u.Path != "":
		r.Fail("request", "path", "one of "+s.paths(), u.Path, Finding{Code: "request-path", Who: Caller, Where: program, Line: "no API of this server is at " + clip(u.Path),
			Do: "use the base address that the APIs page shows", Copy: []Copy{{Value, "addresses", s.paths()}}})
	case a != nil && a.Off:
		r.Fail("API", "switched on", "on", "off", Finding{Code: "api-off", Who: OurAdmin, Where: a.page(), Line: a.Name + " is switched off", Do: "switch it on", Copy: []Copy{{Setting, "Switched on", "on"}}})
	case a != nil:
		r.Pass("API", "switched on", "on", "on")
	}
}

func (s Server) paths() string {
	var out []string
	for _, a := range s.APIs {
		out = append(out, s.URL+a.Path)
	}
	return strings.Join(out, ", ")
}
