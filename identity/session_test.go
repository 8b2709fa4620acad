package identity

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// A site is a service behind Authenticate, with a page to sign in, one to sign
// out and one that only callers get.
type site struct {
	world
	handler http.Handler
}

func newSite(t testing.TB, o Options) site {
	return siteOf(newWorld(t, o))
}

func siteOf(w world) site {
	refuse := func(rw http.ResponseWriter, _ *http.Request, err error) {
		status := map[signoff.Kind]int{signoff.Invalid: 400, signoff.Unauthenticated: 401, signoff.Forbidden: 403, signoff.TooMany: 429, signoff.Unavailable: 503}[signoff.KindOf(err)]
		if status == 0 {
			status = 500
		}
		http.Error(rw, signoff.CodeOf(err), status)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /session", func(rw http.ResponseWriter, r *http.Request) {
		session, err := w.SignIn(r.Context(), r.FormValue("login"), r.FormValue("password"))
		if err != nil {
			Challenge(rw.Header(), r, err)
			refuse(rw, r, err)
			return
		}
		http.SetCookie(rw, session.Cookie)
		must(w.t, json.NewEncoder(rw).Encode(map[string]string{"csrf": session.CSRF, "login": session.Caller.Login}))
	})
	mux.HandleFunc("DELETE /session", func(rw http.ResponseWriter, r *http.Request) {
		cookie, _, err := w.SignOut(r.Context())
		must(w.t, err)
		http.SetCookie(rw, cookie)
	})
	mux.HandleFunc("/me", func(rw http.ResponseWriter, r *http.Request) {
		c, err := Who(r.Context())
		if err != nil {
			Challenge(rw.Header(), r, err)
			refuse(rw, r, err)
			return
		}
		must(w.t, json.NewEncoder(rw).Encode(map[string]string{"login": c.Login, "how": c.How, "csrf": CSRF(r.Context())}))
	})
	mux.HandleFunc("/open", func(rw http.ResponseWriter, r *http.Request) { _, _ = rw.Write([]byte("open")) })
	return site{w, w.Authenticate(mux, refuse)}
}

// A browser sends what the last answers told it to.
type browser struct {
	site
	cookies map[string]*http.Cookie
	csrf    string
}

func (s site) browser() *browser { return &browser{site: s, cookies: map[string]*http.Cookie{}} }

func (b *browser) do(method, url string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if b.csrf != "" {
		r.Header.Set("X-CSRF-Token", b.csrf)
	}
	for _, c := range b.cookies {
		if !c.Secure || r.URL.Scheme == "https" {
			r.AddCookie(c)
		}
	}
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	b.handler.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return rec
}

func (b *browser) signIn(login string) *httptest.ResponseRecorder {
	b.t.Helper()
	rec := b.do("POST", "/session?login="+login+"&password="+strings.ReplaceAll(secretOf(login).Reveal(), " ", "+"))
	if rec.Code != 200 {
		b.t.Fatalf("sign in: %d %s", rec.Code, rec.Body)
	}
	var body map[string]string
	must(b.t, json.Unmarshal(rec.Body.Bytes(), &body))
	b.csrf = body["csrf"]
	return rec
}

// me returns who the server takes the browser for, "" for nobody.
func (b *browser) me() string {
	rec := b.do("GET", "/me")
	var body map[string]string
	if rec.Code == 200 {
		must(b.t, json.Unmarshal(rec.Body.Bytes(), &body))
	}
	return body["login"]
}

func (b *browser) token() string {
	for _, c := range b.cookies {
		return c.Value
	}
	return ""
}

func TestASessionLastsFromSignInToSignOut(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	b := s.browser()
	if who := b.me(); who != "" {
		t.Fatalf("signed in as %s already", who)
	}
	rec := b.signIn("ana")
	c := rec.Result().Cookies()[0]
	if c.Name != "signoff" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.Domain != "" || c.MaxAge != 7*24*3600 {
		t.Errorf("cookie %+v", c)
	}
	if who := b.me(); who != "ana" {
		t.Errorf("signed in as %q", who)
	}
	if rec := b.do("GET", "/me"); !strings.Contains(rec.Body.String(), b.csrf) || !strings.Contains(rec.Body.String(), `"how":"session"`) {
		t.Errorf("me: %s", rec.Body)
	}
	old := *b
	old.cookies = map[string]*http.Cookie{c.Name: c}
	b.do("DELETE", "/session")
	if len(b.cookies) != 0 || b.me() != "" || old.me() != "" {
		t.Errorf("after signing out: %d cookies, %q, and by the old cookie %q", len(b.cookies), b.me(), old.me())
	}
}

func TestWhatGoesOnAfterARequestHearsThatItsSessionHasEnded(t *testing.T) {
	s := newSite(t, Options{})
	ana := s.user("ana")
	signedIn := s.browser()
	signedIn.signIn("ana")
	var later context.Context
	s.handler = s.Authenticate(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { later = context.WithoutCancel(r.Context()) }),
		func(_ http.ResponseWriter, _ *http.Request, err error) { t.Error(err) })
	signedIn.handler = s.handler
	signedIn.do("GET", "/events")
	bySession := later
	s.client("GET", "/events", basic("ana", secretOf("ana").Reveal()))
	byPassword := later
	s.client("GET", "/events")
	for _, ctx := range []context.Context{bySession, byPassword} {
		c, err := s.Still(ctx)
		if must(t, err); c.Login != "ana" {
			t.Fatalf("still %+v", c)
		}
	}
	if _, err := s.Still(later); signoff.CodeOf(err) != "sign-in-needed" {
		t.Errorf("nobody: %v", err)
	}
	must(t, s.SetPassword(t.Context(), access.System, ana.Principal, "another one"))
	if _, err := s.Still(bySession); signoff.CodeOf(err) != "sign-in-needed" {
		t.Errorf("after the session ended: %v", err)
	}
	s.change(ana, UserChange{Disabled: new(true)})
	if _, err := s.Still(byPassword); signoff.CodeOf(err) != "user-disabled" {
		t.Errorf("after the account was switched off: %v", err)
	}
}

func TestSigningInLeadsToAFreshToken(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	s.user("eve")
	eve := s.browser()
	eve.signIn("eve")
	planted, csrf := eve.token(), eve.csrf

	// Eve makes Ana's browser use a token Eve knows.
	for name, token := range map[string]string{"a live token": planted, "a made-up token": "eve-made-this-up"} {
		ana := s.browser()
		ana.cookies["signoff"] = &http.Cookie{Name: "signoff", Value: token}
		ana.signIn("ana")
		if ana.token() == token || ana.csrf == csrf || ana.me() != "ana" {
			t.Errorf("%s: kept its token, or %q", name, ana.me())
		}
		thief := s.browser()
		thief.cookies["signoff"] = &http.Cookie{Name: "signoff", Value: token}
		if who := thief.me(); who != "" {
			t.Errorf("%s leads to %s", name, who)
		}
	}
}

func TestAFailedSignInLeavesThePresentSessionAlone(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	b := s.browser()
	b.signIn("ana")
	rec := b.do("POST", "/session?login=ana&password=wrong")
	if rec.Code != 401 || len(rec.Result().Cookies()) != 0 || b.me() != "ana" {
		t.Errorf("%d, cookies %v, then %q", rec.Code, rec.Result().Cookies(), b.me())
	}
}

// inBubble runs f over a site whose parts, scs too, share one clock that time.Sleep turns.
func inBubble(t *testing.T, o Options, f func(*testing.T, site)) {
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(context.Background(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{Readers: 1, CacheMiB: 2})
		must(t, err)
		defer func() { must(t, st.Close()) }()
		f(t, siteOf(openWorld(t, st, o)))
	})
}

func TestSessionsEndWithIdlenessAndAge(t *testing.T) {
	inBubble(t, Options{SessionIdle: time.Hour, SessionLifetime: 5 * time.Hour}, func(t *testing.T, s site) {
		s.user("ana")
		b := s.browser()
		b.signIn("ana")
		time.Sleep(59 * time.Minute)
		if b.me() != "ana" {
			t.Error("ended before it was idle for an hour")
		}
		time.Sleep(59 * time.Minute)
		if b.me() != "ana" {
			t.Error("use did not extend it")
		}
		time.Sleep(61 * time.Minute)
		if b.me() != "" {
			t.Error("idle for an hour and still there")
		}
		b.signIn("ana")
		for range 9 {
			time.Sleep(32 * time.Minute)
			if b.me() != "ana" {
				t.Fatal("ended though in use")
			}
		}
		time.Sleep(13 * time.Minute)
		if b.me() != "" {
			t.Error("older than five hours and still there")
		}
	})
}

func TestExtendingIsNotAWritePerRequest(t *testing.T) {
	inBubble(t, Options{SessionIdle: 40 * time.Minute}, func(t *testing.T, s site) {
		s.user("ana")
		b := s.browser()
		b.signIn("ana")
		counting := &countingStore{sessionStore: sessionStore{s.store, s.now}}
		s.sessions.Store = counting
		for range 10 {
			b.me()
		}
		if counting.commits != 0 {
			t.Errorf("%d writes at once", counting.commits)
		}
		time.Sleep(2 * time.Minute)
		for range 10 {
			b.me()
		}
		if counting.commits != 1 {
			t.Errorf("%d writes after a while, want 1", counting.commits)
		}
	})
}

type countingStore struct {
	sessionStore
	commits int
}

func (st *countingStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	st.commits++
	return st.sessionStore.CommitCtx(ctx, token, data, expiry)
}

func TestAllSessionsEndWithThePasswordAndTheAccount(t *testing.T) {
	for name, change := range map[string]func(site, signoff.Caller){
		"password set": func(s site, ana signoff.Caller) {
			must(t, s.SetPassword(t.Context(), access.System, ana.Principal, "another one"))
		},
		"password changed": func(s site, ana signoff.Caller) {
			must(t, s.ChangePassword(t.Context(), ana, "password of ana", "another one", here))
		},
		"disabled": func(s site, ana signoff.Caller) { s.change(ana, UserChange{Disabled: new(true)}) },
		"disabled and enabled again": func(s site, ana signoff.Caller) {
			s.change(ana, UserChange{Disabled: new(true)})
			s.change(ana, UserChange{Disabled: new(false)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, Options{})
			ana := s.user("ana")
			s.user("bob")
			one, two, bob := s.browser(), s.browser(), s.browser()
			one.signIn("ana")
			two.signIn("ana")
			bob.signIn("bob")
			change(s, ana)
			if one.me() != "" || two.me() != "" || bob.me() != "bob" {
				t.Errorf("left: %q %q %q", one.me(), two.me(), bob.me())
			}
		})
	}
}

func TestASessionRowOfAnEarlierEpochIsWorthNothing(t *testing.T) {
	s := newSite(t, Options{})
	ana := s.user("ana")
	b := s.browser()
	b.signIn("ana")
	var kept store.Session
	must(t, readSession(s, b.token(), &kept))
	must(t, s.SetPassword(t.Context(), access.System, ana.Principal, "another one"))
	// As if a node that had not heard of the change wrote it again.
	must(t, s.store.CreateSession(t.Context(), kept, s.now()))
	if who := b.me(); who != "" {
		t.Errorf("a session from before the change leads to %s", who)
	}
}

// readSession reads a session's row by its cookie.
func readSession(s site, token string, into *store.Session) error {
	spy := &spyStore{sessionStore: sessionStore{s.store, s.now}}
	s.sessions.Store, spy.was = spy, s.sessions.Store
	defer func() { s.sessions.Store = spy.was }()
	_, _, err := s.resume(context.Background(), token)
	if err != nil {
		return err
	}
	var found bool
	*into, found, err = s.store.FindSession(context.Background(), spy.token, s.now())
	if !found {
		s.t.Error("there is no such row")
	}
	if spy.token == token {
		s.t.Error("the token is kept as it is, not hashed")
	}
	return err
}

type spyStore struct {
	sessionStore
	token string
	was   interface {
		Find(string) ([]byte, bool, error)
		Commit(string, []byte, time.Time) error
		Delete(string) error
	}
}

func (st *spyStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	st.token = token
	return st.sessionStore.FindCtx(ctx, token)
}

func TestARequestUnderWayDoesNotBringAnEndedSessionBack(t *testing.T) {
	inBubble(t, Options{}, func(t *testing.T, s site) {
		s.user("ana")
		b := s.browser()
		b.signIn("ana")
		cookies := map[string]*http.Cookie{"signoff": b.cookies["signoff"]}

		ctx, err := s.sessions.Load(t.Context(), b.token()) // a request begins,
		must(t, err)
		b.do("DELETE", "/session") // meanwhile the session ends,
		time.Sleep(time.Hour)
		s.extend(ctx) // and the request extends what it saw
		b.cookies = cookies
		if who := b.me(); who != "" {
			t.Errorf("back as %s", who)
		}
	})
}

func TestADamagedSessionIsNoSession(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	for _, data := range []string{"", "{", "null", `{"values":{}}`, `{"values":{"user":"x","epoch":"0"}}`, `{"values":{"user":"1","epoch":"x"}}`, `{"values":{"user":"99","epoch":"0"}}`} {
		b := s.browser()
		b.signIn("ana")
		var kept store.Session
		must(t, readSession(s, b.token(), &kept))
		kept.Data = []byte(data)
		must(t, s.store.ExtendSession(t.Context(), kept))
		if rec := b.do("GET", "/me"); rec.Code != 401 {
			t.Errorf("%s: %d %s", data, rec.Code, rec.Body)
		}
	}
}

func TestASessionWithoutCSRFTokenAcceptsNone(t *testing.T) {
	if rightCSRF("", "") || rightCSRF("a", "") || rightCSRF("", "a") || rightCSRF("b", "a") || !rightCSRF("a", "a") {
		t.Error("compared wrongly")
	}
}
