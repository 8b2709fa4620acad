package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// logout signs a browser out: of one account when the request says which, of
// all otherwise. Applications with a front-channel address are told in frames.
func (s *Server) logout(version int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, e := once(r.URL.Query())
		if r.Method == http.MethodPost {
			v, e = form(w, r)
		}
		if e == nil {
			_, e = tenant(r.PathValue("tenant"))
		}
		if e != nil {
			s.pages.show(w, r, e.status, "error", s.errorView(e, correlation(w, r, v)))
			return
		}
		hinted, client := s.logoutHint(v)
		out := s.endSession(w, r, hinted)
		frames := s.frontChannel(version, out)
		target := v.Get("post_logout_redirect_uri")
		if !s.mayReturn(target, client, out) {
			target = ""
		}
		if target != "" && v.Get("state") != "" {
			target = join(target, "?", url.Values{"state": {v.Get("state")}})
		}
		s.pages.signedOut(w, r, frames, target)
	}
}

// logoutHint reads who is to be signed out, and which client says so. An id
// token counts when this tenant signed it, however old it is.
func (s *Server) logoutHint(v url.Values) (user, client string) {
	client = v.Get("client_id")
	if t, err := parseJWS(v.Get("id_token_hint")); err == nil {
		if key := s.keys.byID(t.header.Kid); key != nil && t.verify(publicOf(key)) == nil {
			user, client = t.text("oid"), t.text("aud")
		}
	}
	if hint := v.Get("logout_hint"); hint != "" {
		if u := look(s.dir, func(t *tables) *struct{ id string } {
			if u := t.hinted(hint); u != nil {
				return &struct{ id string }{u.ID}
			}
			return nil
		}); u != nil {
			user = u.id
		}
	}
	return user, client
}

// endSession takes accounts out of the browser's session and returns them.
func (s *Server) endSession(w http.ResponseWriter, r *http.Request, user string) []account {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	var out, left []account
	s.mem.sessions.with(c.Value, func(kept *session) {
		for _, a := range kept.accounts {
			if user == "" || a.user == user {
				out = append(out, a)
			} else {
				left = append(left, a)
			}
		}
	})
	s.mem.sessions.drop(c.Value)
	if len(left) > 0 {
		s.setSession(w, left)
	} else {
		http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, MaxAge: -1})
	}
	return out
}

// frontChannel lists the addresses that tell applications of a sign-out
// (OpenID Connect Front-Channel Logout 1.0).
func (s *Server) frontChannel(version int, out []account) []string {
	var frames []string
	for _, a := range out {
		for _, id := range a.apps {
			app := look(s.dir, func(t *tables) *application { return t.client(id) })
			if app == nil || app.Web.LogoutURL == nil || *app.Web.LogoutURL == "" {
				continue
			}
			home := look(s.dir, func(t *tables) string { return t.person(a.user).home() })
			frames = append(frames, join(*app.Web.LogoutURL, "?", url.Values{"iss": {s.issuer(version, home)}, "sid": {a.signIn.SID}}))
		}
	}
	return frames
}

// mayReturn tells whether an address is registered with the client, or with an
// application that was signed in to.
func (s *Server) mayReturn(target, client string, out []account) bool {
	if target == "" {
		return false
	}
	ids := []string{client}
	for _, a := range out {
		ids = append(ids, a.apps...)
	}
	return slices.ContainsFunc(ids, func(id string) bool {
		app := look(s.dir, func(t *tables) *application { return t.client(id) })
		if app == nil {
			return false
		}
		_, ok := app.platformOf(target)
		return ok
	})
}

// userinfo tells a client about the person whose Graph token it holds.
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request) {
	cors(w)
	caller, e := s.caller(r)
	if e != nil {
		e.write(s, w)
		return
	}
	if caller.user == nil || !slices.Contains(caller.scopes, "openid") {
		refuseGraph(http.StatusForbidden, "Authorization_RequestDenied", "The token has no scope openid.").write(s, w)
		return
	}
	u := caller.user
	body := map[string]any{"sub": pairwise(u.ID, caller.client)}
	if slices.Contains(caller.scopes, "profile") {
		body["name"], body["given_name"], body["family_name"] = u.DisplayName, deref(u.GivenName), deref(u.Surname)
		body["picture"] = s.base + "/v1.0/me/photo/$value"
	}
	if slices.Contains(caller.scopes, "email") && u.Mail != nil {
		body["email"] = *u.Mail
	}
	writeJSON(w, http.StatusOK, body)
}

func bearer(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}
