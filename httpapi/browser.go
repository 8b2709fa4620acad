package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/oauth"
)

// browserRoutes are where browsers and providers come without being a client of
// the API: their answers are redirects, or nothing.
func (s *Server) browserRoutes() {
	s.mux.HandleFunc("GET "+base+"/signin/{provider}/start", s.startSignIn)
	for _, path := range []string{signin.CallbackPath, signin.CallbackPath + "/{provider}", signin.K2CallbackPath} {
		s.mux.Handle("GET "+path, s.behindDoor(s.finishAtProvider))
	}
	s.mux.Handle("GET "+signin.FrontLogoutPath, s.behindDoor(s.frontLogout))
	s.mux.Handle("POST "+signin.BackLogoutPath, s.behindDoor(s.backLogout))
}

// behindDoor lets a handler outside /api/ know who asks.
func (s *Server) behindDoor(h http.HandlerFunc) http.Handler {
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", apiPolicy)
		w.Header().Set("Referrer-Policy", "no-referrer") // the address holds a code
		w.Header().Set("Cache-Control", "no-store")
		if s.Signin == nil && !s.connects(r) {
			s.writeRefusal(w, r, errNoSignIn)
			return
		}
		h(w, r)
	})
	if s.Identity == nil {
		return guarded
	}
	door := s.Identity.Authenticate(guarded, s.refuseInShape)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Browsers and providers come here with a session or nothing. What no API
		// takes any more is not to be tried out here.
		r.Header.Del("Authorization")
		door.ServeHTTP(w, r)
	})
}

// startSignIn sends a browser to a provider. An administrator may ask for a test.
func (s *Server) startSignIn(w http.ResponseWriter, r *http.Request) {
	if s.Signin == nil {
		s.writeRefusal(w, r, errNoSignIn)
		return
	}
	q := r.URL.Query()
	// The browser comes back to the public address: what is kept in it has to be
	// kept there.
	if home := s.Signin.Home(r.Host); home != "" && q.Get("hop") == "" {
		q.Set("hop", "1")
		seeOther(w, home+base+"/signin/"+url.PathEscape(r.PathValue("provider"))+"/start?"+q.Encode(), nil)
		return
	}
	var tester signoff.Principal
	if q.Get("test") != "" {
		by, err := identity.Who(r.Context())
		if err == nil && !by.Admin {
			err = &signoff.Error{Kind: signoff.Forbidden, Code: "not-allowed", Detail: "only administrators of the server may do this"}
		}
		if err != nil {
			s.signInFailed(w, r, err, nil)
			return
		}
		tester = by.Principal
	}
	b, err := s.Signin.Begin(r.Context(), r.PathValue("provider"), q.Get("next"), tester, r.Cookies())
	if err != nil {
		s.signInFailed(w, r, err, nil)
		return
	}
	seeOther(w, b.Location, b.Cookies)
}

// connects tells whether a browser comes back from connecting an account, not
// from signing in: both come to the same address. An answer that has lost its
// state is of neither; who is signed in already cannot have been signing in.
func (s *Server) connects(r *http.Request) bool {
	state := r.URL.Query().Get("state")
	_, err := identity.Who(r.Context())
	return s.OAuth != nil && (oauth.OurState(state) || state == "" && err == nil)
}

// finishAtProvider is where browsers come back from a provider.
func (s *Server) finishAtProvider(w http.ResponseWriter, r *http.Request) {
	if s.connects(r) {
		s.finishConnect(w, r)
		return
	}
	s.finishSignIn(w, r)
}

func (s *Server) finishSignIn(w http.ResponseWriter, r *http.Request) {
	by, _ := identity.Who(r.Context())
	out, err := s.Signin.Finish(r.Context(), signin.Answer{Path: r.URL.Path, Query: r.URL.Query(), Cookies: r.Cookies(),
		Remote: identity.Remote(r.Context()), By: by.Principal})
	switch {
	case err != nil:
		s.signInFailed(w, r, err, out.Cookies)
	case out.Test != "":
		seeOther(w, "/manage/signin?test="+url.QueryEscape(out.Test), out.Cookies)
	default:
		seeOther(w, out.Return, append(out.Cookies, out.Session.Cookie))
	}
}

// signInFailed sends the browser to the sign-in page with the reason, locked, in
// the part of the address that is not sent to servers and not logged.
func (s *Server) signInFailed(w http.ResponseWriter, r *http.Request, err error, cookies []*http.Cookie) {
	f := signin.FailureOf(err)
	if f == nil {
		p := s.internal(r.Context(), err)
		f = &signin.Failure{Code: p.Code, Detail: p.Detail, Advice: p.Hint, Who: signin.WhoTryAgain}
	}
	f.Request = requestOf(r.Context()).id
	seeOther(w, "/sign-in#refused="+s.Signin.Sealed(f), cookies)
}

// seeOther makes a browser go on with GET and leave what it sent behind
// (RFC 9700 §4.12). The address is ours or a provider's, never the request's.
func seeOther(w http.ResponseWriter, location string, cookies []*http.Cookie) {
	for _, c := range cookies {
		http.SetCookie(w, c)
	}
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// frontLogout is shown in a frame of the provider's page.
func (s *Server) frontLogout(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	origin, err := s.Signin.FrontChannel(r.Context(), q.Get("iss"), q.Get("sid"), identity.Remote(r.Context()))
	if err != nil {
		s.writeRefusal(w, r, err)
		return
	}
	if origin != "" {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; frame-ancestors "+origin)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte("<!doctype html><title>signoff</title>"))
}

// maxLogoutBytes bounds the form that brings a logout token.
const maxLogoutBytes = 64 << 10

// backLogout answers as OpenID Connect Back-Channel Logout 1.0 §2.8 says.
func (s *Server) backLogout(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxLogoutBytes)
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") || r.ParseForm() != nil || len(r.PostForm["logout_token"]) != 1 {
		s.writeRefusal(w, r, &signoff.Error{Kind: signoff.Invalid, Code: "bad-logout-token", Detail: "a logout token comes as a form with logout_token, once"})
		return
	}
	if err := s.Signin.BackChannel(r.Context(), r.PostForm.Get("logout_token"), identity.Remote(r.Context())); err != nil {
		s.writeRefusal(w, r, err)
	}
}
