package identity

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
)

// A visit is what Authenticate found out about a request.
type visit struct {
	remote string // address of the client, without port
	secure bool   // the client used https
	agent  string // what the client calls itself
	token  string // of the session that came with it, "" for none
	csrf   string // of that session
	caller *signoff.Caller
	bearer string // token of a trusted issuer that came with it
	pat    string // personal access token that came with it
	limits Limits // of that
	err    error  // why there is no caller
}

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

var errSignIn = &signoff.Error{Kind: signoff.Unauthenticated, Code: "sign-in-needed",
	Detail: "nobody is signed in", Hint: "sign in, or send credentials with the request"}

// Who returns who sent the request with this context. It refuses with
// "sign-in-needed" when nobody did, and with "csrf" when a session's unsafe
// request did not carry the session's token.
func Who(ctx context.Context) (signoff.Caller, error) {
	v := visitOf(ctx)
	switch {
	case v.caller != nil:
		return *v.caller, nil
	case v.err != nil:
		return signoff.Caller{}, v.err
	}
	return signoff.Caller{}, errSignIn
}

// As returns a context in which Who returns c, for tests and for work that is
// not begun by a request.
func As(ctx context.Context, c signoff.Caller) context.Context {
	return context.WithValue(ctx, visitKey{}, visit{caller: &c})
}

// Remote returns the address of the client of this request, without port.
func Remote(ctx context.Context) string { return visitOf(ctx).remote }

type welcomeKey struct{}

// Welcome marks a request that a page of another site sent, as its
// administrators allow: with credentials of its own it may change things. A
// session it came with stays what it is for, this server's own pages.
func Welcome(ctx context.Context) context.Context {
	return context.WithValue(ctx, welcomeKey{}, true)
}

func welcomed(ctx context.Context) bool { return ctx.Value(welcomeKey{}) != nil }

// Refuse writes an error as the answer to a request.
type Refuse func(http.ResponseWriter, *http.Request, error)

// Authenticate finds out who sends each request, from its Authorization header
// or else its session cookie, before next sees it. A request with neither goes
// on without a caller; whoever needs one asks Who.
//
// It refuses, through refuse and with the headers of Challenge set: wrong
// credentials, more than one Authorization header, a token in the address, and
// unsafe requests that a page of another site made the browser send.
func (s *Service) Authenticate(next http.Handler, refuse Refuse) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := s.visit(r)
		if err != nil {
			Challenge(w.Header(), r, err)
			refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

func (s *Service) visit(r *http.Request) (visit, error) {
	v := visit{remote: s.remote(r), secure: s.secure(r), agent: r.UserAgent()}
	// Browsers add remembered Basic credentials to forms of other sites just as
	// they add cookies, so where a request comes from matters either way.
	if s.origins.Check(r) != nil && !(welcomed(r.Context()) && r.Header.Get("Authorization") != "") {
		return v, &signoff.Error{Kind: signoff.Forbidden, Code: "foreign-origin",
			Detail: "a page of another site sent this request"}
	}
	var err error
	switch given := r.Header.Values("Authorization"); {
	case tokenInAddress(r):
		err = errTokenInAddress
	case len(given) > 1:
		err = &signoff.Error{Kind: signoff.Invalid, Code: "two-credentials",
			Detail: "the request has more than one Authorization header"}
	case len(given) == 1:
		err = s.credentialVisit(r, given[0], &v)
	default:
		err = s.sessionVisit(r, &v)
	}
	if err == nil {
		err = s.actFor(r, &v)
	}
	return v, err
}

// credentialVisit looks at an Authorization header of any scheme.
func (s *Service) credentialVisit(r *http.Request, header string, v *visit) error {
	if is, err := s.tokenVisit(r, header, v); is {
		return err
	}
	if is, err := s.bearerVisit(r, header, v); is {
		return err
	}
	return s.basicVisit(r, header, v)
}

func (s *Service) basicVisit(r *http.Request, header string, v *visit) error {
	login, password, err := parseBasic(header)
	if err != nil {
		return err
	}
	c, err := s.Basic(r.Context(), login, password, v.remote)
	if err != nil {
		return err
	}
	v.caller = &c
	return nil
}

func (s *Service) sessionVisit(r *http.Request, v *visit) error {
	cookie, err := r.Cookie(cookieName(v.secure))
	if err != nil || cookie.Value == "" || len(cookie.Value) > 100 {
		return nil
	}
	c, csrf, err := s.resume(r.Context(), cookie.Value)
	if err != nil || c == nil {
		return err
	}
	v.token, v.csrf = cookie.Value, csrf
	if !safe(r.Method) && !rightCSRF(r.Header.Get("X-CSRF-Token"), csrf) {
		// Not refused at once: signing in anew needs no token.
		v.err = &signoff.Error{Kind: signoff.Forbidden, Code: "csrf",
			Detail: "the request did not carry the session's X-CSRF-Token", Hint: "load the page again"}
		return nil
	}
	v.caller = c
	return nil
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// remote is the client's address. Behind proxies we trust it is the last
// address in X-Forwarded-For that is not one of them: those before it are
// whatever the client wrote.
func (s *Service) remote(r *http.Request) string {
	host := hostOf(r.RemoteAddr)
	if !s.isProxy(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop := hostOf(strings.TrimSpace(hops[i]))
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		if host = hop; !s.isProxy(hop) {
			break
		}
	}
	return host
}

func hostOf(addr string) string {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		return host
	}
	return strings.Trim(addr, "[]")
}

func (s *Service) isProxy(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range s.proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// secure tells whether the client speaks https, with us or with a proxy before
// us. A server with a public https address may still be called by
// http://localhost, where a Secure cookie would be lost.
func (s *Service) secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	if s.isProxy(hostOf(r.RemoteAddr)) {
		if proto := r.Header.Get("X-Forwarded-Proto"); proto != "" {
			return strings.EqualFold(proto, "https")
		}
	}
	return s.public != nil && s.public.Scheme == "https" && sameHost(s.public, r.Host)
}

func sameHost(u *url.URL, host string) bool {
	return strings.EqualFold(u.Host, host) || strings.EqualFold(u.Host+":443", host)
}

// Challenge sets the headers that belong to a refusal: WWW-Authenticate to one
// for want of credentials, Retry-After to one that goes away by itself. Pages
// are not offered Basic, or the browser would put up its own dialog.
func Challenge(h http.Header, r *http.Request, err error) {
	if wait, ok := RetryAfter(err); ok {
		seconds := int64((wait + time.Second - 1) / time.Second)
		h.Set("Retry-After", strconv.FormatInt(max(1, seconds), 10))
	} else if signoff.KindOf(err) == signoff.Unavailable {
		h.Set("Retry-After", "2")
	}
	if signoff.KindOf(err) != signoff.Unauthenticated {
		return
	}
	if fromPage(r) {
		h.Set("WWW-Authenticate", `Session realm="signoff"`)
	} else {
		h.Set("WWW-Authenticate", `Basic realm="signoff", charset="UTF-8"`)
	}
}

// fromPage tells whether a browser sent the request: for a page to look at, or
// from a script of one.
func fromPage(r *http.Request) bool {
	return r.Header.Get("X-Requested-With") != "" || r.Header.Get("Sec-Fetch-Site") != "" ||
		prefersHTML(r.Header.Values("Accept"))
}

// prefersHTML tells whether text/html is asked for by name and nothing JSON is
// wanted more (RFC 9110 §12.5.1).
func prefersHTML(accept []string) bool {
	html, other := 0.0, 0.0
	for part := range strings.SplitSeq(strings.Join(accept, ","), ",") {
		media, params, _ := strings.Cut(strings.ToLower(part), ";")
		switch media = strings.TrimSpace(media); {
		case media == "text/html":
			html = max(html, quality(params))
		case strings.HasSuffix(media, "json"):
			other = max(other, quality(params))
		}
	}
	return html > 0 && html >= other
}

func quality(params string) float64 {
	for p := range strings.SplitSeq(params, ";") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
			q, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return 0
			}
			return q
		}
	}
	return 1
}
