package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// For what somebody signs in.
type purpose int

const (
	forClient purpose = iota // the authorize endpoint
	forDevice                // a device that waits
	forAdmin                 // the admin consent endpoint
)

// flow is a sign-in under way: from a request, over the pages that are needed,
// to an answer. It is stored between pages under an id that only the browser
// knows; each page's answer moves it on.
type flow struct {
	id     string
	kind   purpose
	q      authRequest
	client *application
	sp     *servicePrincipal // nil until somebody consents to an app that has none
	device string            // user code
	scope  string            // of an admin consent request, for its answer

	user    string // id of the chosen account; "": not chosen
	proved  bool   // has signed in, now or before
	signIn  signIn
	agreed  bool // the consent page was answered with yes
	other   bool // wants to type an account
	problem string
	session string // key of the browser's session, once this flow has made one
}

// grantee is for whom the flow's tokens would be.
func (s *Server) grantee(f *flow) grantee {
	return grantee{client: f.client, sp: f.sp, acr: "0", signIn: f.signIn, claims: f.q.claims, version: f.q.version,
		user: look(s.dir, func(t *tables) *user { return t.person(f.user) })}
}

// begin starts a flow with who is signed in already.
func (s *Server) begin(w http.ResponseWriter, r *http.Request, f *flow) {
	f.id = newToken(24)
	if e := s.choose(r, f); e != nil {
		s.refuse(w, r, f, e)
		return
	}
	s.advance(w, r, f)
}

// choose takes an account without asking, where the request and the session
// leave no doubt.
func (s *Server) choose(r *http.Request, f *flow) *oauthError {
	signedIn := s.signedIn(r)
	if d := f.q.domainHint; d != "" && d != "organizations" && !strings.EqualFold(d, "contoso.test") && d != TenantID {
		signedIn = nil // their people are not ours
	}
	if f.q.prompt == "select_account" {
		return nil
	}
	if f.q.loginHint != "" {
		u := look(s.dir, func(t *tables) *user { return t.hinted(f.q.loginHint) })
		i := slices.IndexFunc(signedIn, func(a account) bool { return u != nil && a.user == u.ID })
		if u != nil {
			f.user = u.ID
		}
		if i >= 0 && f.q.prompt != "login" {
			f.proved, f.signIn = true, signedIn[i].signIn
		}
		if f.q.prompt == "none" && !f.proved {
			return aad(50058)
		}
		return nil
	}
	switch {
	case f.q.prompt == "none" && len(signedIn) == 0:
		return aad(50058)
	case f.q.prompt == "none" && len(signedIn) > 1:
		return aad(16000)
	case f.q.prompt != "login" && len(signedIn) == 1:
		f.user, f.proved, f.signIn = signedIn[0].user, true, signedIn[0].signIn
	}
	return nil
}

// advance does what is next: a page, or the end.
func (s *Server) advance(w http.ResponseWriter, r *http.Request, f *flow) {
	if !f.proved {
		s.mem.flows.put(f.id, f, s.now())
		s.signInPage(w, r, f)
		return
	}
	silent := f.q.prompt == "none"
	g := s.grantee(f)
	if g.user == nil {
		s.refuse(w, r, f, aad(50034, f.user, "contoso.test").asPage())
		return
	}
	if !g.user.mayEnter(f.q.shared) {
		s.refuse(w, r, f, aad(50020, g.user.UserPrincipalName, tenantName(f.q.shared), f.client.DisplayName).asPage())
		return
	}
	if s.secondFactor(g) && !silent {
		s.mem.flows.put(f.id, f, s.now())
		s.pages.show(w, r, http.StatusOK, "factor", view{"Flow": f.id, "Name": g.user.UserPrincipalName, "App": f.client.DisplayName})
		return
	}
	if e := s.mayIssue(g); e != nil {
		e.page = !silent // Entra leaves the person with the page
		s.refuse(w, r, f, e)
		return
	}
	if f.kind == forAdmin {
		s.advanceAdmin(w, r, f, g.user)
		return
	}
	if !s.consentIsThere(w, r, f, g) {
		return
	}
	s.mem.flows.drop(f.id)
	if f.kind == forDevice {
		s.finishDevice(w, r, f, nil)
		return
	}
	s.succeed(w, r, f)
}

// flowPage shows a flow's page again, as after a reload.
func (s *Server) flowPage(w http.ResponseWriter, r *http.Request) {
	f, ok := s.flow(r.URL.Query().Get("flow"))
	if !ok {
		s.lost(w, r)
		return
	}
	s.advance(w, r, f)
}

func (s *Server) lost(w http.ResponseWriter, r *http.Request) {
	s.pages.show(w, r, http.StatusBadRequest, "error", s.errorView(aad(50089), newGUID()))
}

// flow takes a copy: two answers to one page do not meet.
func (s *Server) flow(id string) (*flow, bool) {
	var f flow
	ok := s.mem.flows.with(id, func(kept *flow) { f = *kept })
	return &f, ok
}

// flowPost takes the answer of a page.
func (s *Server) flowPost(w http.ResponseWriter, r *http.Request) {
	v, e := form(w, r)
	if e != nil || !sameOrigin(r) {
		s.lost(w, r)
		return
	}
	f, ok := s.flow(v.Get("flow"))
	if !ok {
		s.lost(w, r)
		return
	}
	f.problem = ""
	switch v.Get("do") {
	case "account":
		s.pick(r, f, v.Get("account"))
	case "tiles":
		f.user, f.proved, f.other, f.q.loginHint = "", false, false, ""
	case "password":
		if !s.password(w, r, f, v) {
			return
		}
	case "factor":
		if f.proved {
			f.signIn.MFA, f.signIn.ACRs, f.signIn.At = true, append(f.signIn.ACRs, f.q.claims.ACRs...), s.now()
			s.renewSession(r, f)
		}
	case "accept":
		if f.proved && !s.accept(w, r, f, v.Get("everybody") == "on") {
			return
		}
	case "cancel":
		s.mem.flows.drop(f.id)
		s.refuse(w, r, f, aad(65004))
		return
	}
	s.advance(w, r, f)
}

// pick takes an account's tile.
func (s *Server) pick(r *http.Request, f *flow, id string) {
	f.user, f.proved, f.other = "", false, id == ""
	if id == "" {
		return
	}
	f.user = id
	for _, a := range s.signedIn(r) {
		if a.user == id && f.q.prompt != "login" {
			f.proved, f.signIn = true, a.signIn
		}
	}
}

// password signs somebody in. A refusal that another try can mend is shown on
// the page; false: everything is answered.
func (s *Server) password(w http.ResponseWriter, r *http.Request, f *flow, v url.Values) bool {
	u, e := s.login(v.Get("login"), v.Get("password"), f.client)
	if e != nil {
		s.note(SignIn{CorrelationID: f.q.correlation, Endpoint: "login", App: f.q.clientID, User: v.Get("login")}, e)
		if slices.Contains([]int{50126, 50034, 50056}, e.code) {
			f.problem, f.other = e.Error(), u == nil
			return true
		}
		s.refuse(w, r, f, e.asPage())
		return false
	}
	f.user, f.proved = u.ID, true
	f.signIn = signIn{SID: newGUID(), At: s.now()}
	s.addSession(w, r, f)
	return true
}

// signInPage shows the accounts, or asks for a password.
func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, f *flow) {
	v := view{"Flow": f.id, "App": f.client.DisplayName, "Problem": f.problem, "Correlation": f.q.correlation}
	u := look(s.dir, func(t *tables) *user { return t.person(f.user) })
	if u != nil || f.other {
		v["Login"] = ""
		if u != nil {
			v["Login"], v["Name"] = u.UserPrincipalName, u.DisplayName
		} else if hint := f.q.loginHint; hint != "" {
			v["Login"] = hint
		}
		s.pages.show(w, r, http.StatusOK, "password", v)
		return
	}
	in := map[string]bool{}
	for _, a := range s.signedIn(r) {
		in[a.user] = true
	}
	var tiles []tile
	look(s.dir, func(t *tables) bool {
		for _, u := range t.everybody() {
			if u.mayEnter(f.q.shared) && len(tiles) < 50 {
				tiles = append(tiles, tile{u.ID, u.DisplayName, u.UserPrincipalName, in[u.ID]})
			}
		}
		return true
	})
	v["Tiles"] = tiles
	s.pages.show(w, r, http.StatusOK, "accounts", v)
}

type tile struct {
	ID, Name, Login string
	SignedIn        bool
}

// session is what one browser is signed in to.
type session struct {
	accounts []account
}

type account struct {
	user   string
	signIn signIn
	apps   []string // appIds signed in to, to be told at sign-out
}

// Entra's silent sign-in happens in frames of other sites, so the cookie is
// sent there too.
const sessionCookie = "__Host-signoff-entra"

// signedIn returns the accounts of the browser's session that still count.
func (s *Server) signedIn(r *http.Request) []account {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	var list []account
	s.mem.sessions.with(c.Value, func(kept *session) { list = slices.Clone(kept.accounts) })
	return slices.DeleteFunc(list, func(a account) bool {
		u := look(s.dir, func(t *tables) *user { return t.person(a.user) })
		return u == nil || a.signIn.At.Before(u.SignInSessionsValidFromDateTime) || s.now().Sub(a.signIn.At) > sessionLife
	})
}

// addSession signs the flow's account in, under a new cookie each time, so
// that nobody can be given one beforehand.
func (s *Server) addSession(w http.ResponseWriter, r *http.Request, f *flow) {
	list := slices.DeleteFunc(s.signedIn(r), func(a account) bool { return a.user == f.user })
	list = append(list, account{user: f.user, signIn: f.signIn})
	if c, err := r.Cookie(sessionCookie); err == nil {
		s.mem.sessions.drop(c.Value)
	}
	f.session = s.setSession(w, list)
}

func (s *Server) setSession(w http.ResponseWriter, list []account) string {
	id := newToken(32)
	s.mem.sessions.put(id, &session{accounts: list}, s.now())
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: id, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
		MaxAge: int(sessionLife / time.Second)})
	return id
}

// renewSession notes that the account has proved more.
func (s *Server) renewSession(r *http.Request, f *flow) {
	s.eachAccount(r, f, func(a *account) { a.signIn = f.signIn })
}

// remember notes which application somebody signed in to.
func (s *Server) remember(r *http.Request, f *flow) {
	s.eachAccount(r, f, func(a *account) {
		if !slices.Contains(a.apps, f.client.AppID) && len(a.apps) < 100 {
			a.apps = append(slices.Clone(a.apps), f.client.AppID)
		}
	})
}

func (s *Server) eachAccount(r *http.Request, f *flow, do func(*account)) {
	id := f.session
	if c, err := r.Cookie(sessionCookie); err == nil && id == "" {
		id = c.Value
	}
	s.mem.sessions.with(id, func(kept *session) {
		for i := range kept.accounts {
			if kept.accounts[i].user == f.user {
				do(&kept.accounts[i])
			}
		}
	})
}
