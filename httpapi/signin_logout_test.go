package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/store"
)

func (w *signWorld) backLogout(token string) (int, string) {
	w.t.Helper()
	a, err := http.PostForm(w.URL+"/oauth/logout/back", url.Values{"logout_token": {token}})
	must(w.t, err)
	defer a.Body.Close()
	var p api.Problem
	_ = json.NewDecoder(a.Body).Decode(&p)
	if a.Header.Get("Cache-Control") != "no-store" {
		w.t.Error("an answer about a logout may be kept")
	}
	return a.StatusCode, p.Code
}

func TestSigningOutSignsOutAtTheProviderToo(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	p.person["login_hint"] = "O.abc"
	v := w.visitor()
	v.signIn(id)
	v.me()
	csrf := v.csrf
	v.csrf = ""
	if status, text := v.do("DELETE", "/api/v1/session", ""); status != 403 || !strings.Contains(text, "csrf") || v.me() == "" {
		t.Errorf("somebody else's page signs people out: %d %s", status, text)
	}
	v.csrf = csrf
	status, text := v.do("DELETE", "/api/v1/session", "")
	var out api.SignedOut
	must(t, json.Unmarshal([]byte(text), &out))
	to, err := url.Parse(out.Next)
	must(t, err)
	q := to.Query()
	if status != 200 || !strings.HasPrefix(out.Next, p.URL+"/logout?") || q.Get("post_logout_redirect_uri") != w.URL+"/sign-in?left=1" || q.Get("client_id") != p.client ||
		strings.Count(q.Get("id_token_hint"), ".") != 2 || q.Get("logout_hint") != "O.abc" || v.me() != "" {
		t.Errorf("%d %s", status, text)
	}
	v.do("POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	v.me()
	if _, text := v.do("DELETE", "/api/v1/session", ""); strings.TrimSpace(text) != "{}" {
		t.Errorf("after a password: %s", text)
	}
}

func TestALogoutTokenEndsTheRightSessions(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	in := func(sub, sid string) *visitor {
		p.set(func() { p.person = obj{"sub": sub, "sid": sid, "name": sub} })
		v := w.visitor()
		v.signIn(id)
		if v.me() == "" {
			t.Fatal("not signed in")
		}
		return v
	}
	one, two, other := in("s-1", "a"), in("s-1", "b"), in("s-2", "c")
	local := w.visitor()
	local.do("POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	signedIn := func() (s string) {
		for _, v := range []*visitor{one, two, other, local} {
			if v.me() != "" {
				s += "+"
			} else {
				s += "-"
			}
		}
		return s
	}
	bySID := p.logoutToken(func(_, c obj) { c["sub"], c["sid"] = nil, "a" })
	if status, _ := w.backLogout(bySID); status != 200 || signedIn() != "-+++" {
		t.Errorf("by sid: %d %s", status, signedIn())
	}
	one = in("s-1", "a")
	if status, code := w.backLogout(bySID); status != 400 || code != "bad-logout-token" || signedIn() != "++++" {
		t.Errorf("a token sent again: %d %s %s", status, code, signedIn())
	}
	if status, _ := w.backLogout(p.logoutToken(func(_, c obj) { c["sub"], c["sid"] = "s-1", nil })); status != 200 || signedIn() != "--++" {
		t.Errorf("by sub: %d %s", status, signedIn())
	}
}

func TestLogoutTokensThatAreNotRightEndNothing(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	v.signIn(id)
	const event = "http://schemas.openid.net/event/backchannel-logout"
	for name, change := range map[string]func(header, claims obj){
		"a nonce: an id token":       func(_, c obj) { c["nonce"] = "x" },
		"no event":                   func(_, c obj) { c["events"] = nil },
		"another event":              func(_, c obj) { c["events"] = obj{"http://schemas.openid.net/secevent/risc": obj{}} },
		"an event that is no object": func(_, c obj) { c["events"] = obj{event: "yes"} },
		"nobody":                     func(_, c obj) { c["sub"], c["sid"] = nil, nil },
		"no jti":                     func(_, c obj) { c["jti"] = nil },
		"no iat":                     func(_, c obj) { c["iat"] = nil },
		"from the future":            func(_, c obj) { c["iat"] = time.Now().Add(time.Hour).Unix() },
		"expired":                    func(_, c obj) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"no end":                     func(_, c obj) { c["exp"] = nil },
		"good for a year":            func(_, c obj) { c["exp"] = time.Now().AddDate(1, 0, 0).Unix() },
		"another issuer":             func(_, c obj) { c["iss"] = "https://evil.test" },
		"another audience":           func(_, c obj) { c["aud"] = "other" },
		"unsigned":                   func(h, _ obj) { h["alg"] = "none" },
		"an unknown key":             func(h, _ obj) { h["kid"] = "k9" },
		"an access token":            func(h, _ obj) { h["typ"] = "at+jwt" },
	} {
		if status, code := w.backLogout(p.logoutToken(change)); status != 400 || code != "bad-logout-token" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
	p.by = strangeKey
	if status, _ := w.backLogout(p.logoutToken(nil)); status != 400 {
		t.Errorf("signed by somebody else: %d", status)
	}
	p.by = nil
	for _, raw := range []string{"", "x", "a.b.c", strings.Repeat("a.", 40_000)} {
		if status, _ := w.backLogout(raw); status != 400 && status != 413 {
			t.Errorf("%.20q: %d", raw, status)
		}
	}
	if v.me() == "" {
		t.Error("a session ended")
	}
	// Forged tokens do not use up the names of right ones.
	jti := obj{"jti": "the-one"}
	p.by = strangeKey
	w.backLogout(p.logoutToken(func(_, c obj) { c["jti"] = jti["jti"] }))
	p.by = nil
	if status, _ := w.backLogout(p.logoutToken(func(_, c obj) { c["jti"] = jti["jti"] })); status != 200 || v.me() != "" {
		t.Errorf("the right one: %d", status)
	}
}

func TestForgedLogoutTokensMakeNobodyFetch(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	w.visitor().signIn(id)
	before := p.count("/keys")
	for range 60 {
		w.backLogout(p.logoutToken(func(h, _ obj) { h["kid"] = "unknown" }))
	}
	if n := p.count("/keys") - before; n > 1 {
		t.Errorf("fetched %d times", n)
	}
}

func TestAFrameOfTheProviderEndsItsOwnSessionOnly(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	v.signIn(id)
	stranger := w.visitor()
	for name, query := range map[string]string{
		"no sid": "?iss=" + url.QueryEscape(p.URL), "no iss": "?sid=session-1", "another sid": "?sid=session-2&iss=" + url.QueryEscape(p.URL),
		"another iss": "?sid=session-1&iss=https://evil.test", "nothing": "", "every sid": "?sid=%25&iss=" + url.QueryEscape(p.URL),
	} {
		if status, _, _ := stranger.get("/oauth/logout/front" + query); status != 200 || v.me() == "" {
			t.Errorf("%s: %d, signed in as %q", name, status, v.me())
		}
	}
	r, err := http.Get(w.URL + "/oauth/logout/front?sid=session-1&iss=" + url.QueryEscape(p.URL))
	must(t, err)
	r.Body.Close()
	if csp := r.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors "+p.URL) || v.me() != "" {
		t.Errorf("%q, signed in as %q", csp, v.me())
	}
}

func TestPeopleSeeAndEndTheirSessions(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	w.add(p, signin.Addition{Name: "Abroad"})
	sign := func(login string) *visitor {
		v := w.visitor()
		v.do("POST", "/api/v1/session", `{"login":"`+login+`","password":"`+apitest.Password+`"}`)
		if v.me() != login {
			t.Fatalf("not signed in as %s", login)
		}
		return v
	}
	here, there, third, admin := sign("ana"), sign("ana"), sign("ana"), sign("admin")
	list := func(v *visitor, path string) []api.SignedIn {
		status, _, text := v.get(path)
		var l api.List[api.SignedIn]
		must(t, json.Unmarshal([]byte(text), &l))
		if status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		return l.Items
	}
	mine := list(here, "/api/v1/me/sessions")
	if len(mine) != 3 || mine[0].This || !mine[2].This || mine[2].Place != "127.0.0.1" || mine[2].Agent == "" || mine[2].Begun.IsZero() || mine[2].Seen.IsZero() {
		t.Fatalf("%+v", mine)
	}
	if status, _ := here.do("DELETE", "/api/v1/me/sessions/"+mine[1].ID, ""); status != 204 || there.me() != "" || third.me() != "ana" {
		t.Errorf("one: %d", status)
	}
	if status, _ := here.do("DELETE", "/api/v1/me/sessions/"+mine[1].ID, ""); status != 404 {
		t.Errorf("twice: %d", status)
	}
	bobs := sign("bob")
	if status, _ := bobs.do("DELETE", "/api/v1/me/sessions/"+mine[0].ID, ""); status != 404 || third.me() != "ana" {
		t.Errorf("bob ended ana's: %d", status)
	}
	if status, _ := here.do("DELETE", "/api/v1/me/sessions", ""); status != 204 || third.me() != "" || here.me() != "ana" {
		t.Errorf("all others: %d", status)
	}
	ana := w.Caller(t, "ana").Principal
	all := list(admin, "/api/v1/users/"+string(ana)+"/sessions")
	if len(all) != 1 || all[0].This {
		t.Errorf("%+v", all)
	}
	if status, _ := admin.do("DELETE", "/api/v1/users/"+string(ana)+"/sessions/"+all[0].ID, ""); status != 204 || here.me() != "" {
		t.Errorf("by the administrator: %d", status)
	}
	noted, err := w.API.Runner.Store.Changes(t.Context(), store.ChangeFilter{What: "sessions"}, 0, 10)
	if err != nil || len(noted) != 1 || noted[0].Subject != string(ana) {
		t.Errorf("%+v %v", noted, err)
	}
	again := sign("ana")
	must(t, w.API.Identity.SetPassword(t.Context(), w.Caller(t, "admin"), ana, "another long password"))
	if again.me() != "" || len(list(admin, "/api/v1/users/"+string(ana)+"/sessions")) != 0 {
		t.Error("a session of before a new password is listed")
	}
}

func TestLocalAccountsAreOffOnlyWhileAnAdministratorHasAnotherWayIn(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{Newcomers: identity.NewcomersRefuse})
	admin := w.Caller(t, "admin")
	save := func(change func(*signin.Wanted)) error {
		k, err := w.API.Signin.Setting(t.Context(), admin)
		must(t, err)
		set := signin.Wanted{Setting: k.Setting, Rev: k.Rev}
		change(&set)
		_, err = w.API.Signin.Save(t.Context(), admin, set)
		return err
	}
	off := func(s *signin.Wanted) { s.Local = identity.LocalOff }
	if err := save(off); signoff.CodeOf(err) != "local-accounts-needed" {
		t.Errorf("with nobody signed in through it: %v", err)
	}
	must(t, w.API.Runner.Store.Link(t.Context(), store.IdentityLink{Source: "oidc:" + p.URL, Subject: "s-ana", Account: 1, Label: "admin"}))
	v := w.visitor()
	if v.signIn(id); v.me() != "admin" {
		t.Fatalf("signed in as %q", v.me())
	}
	both := func(s *signin.Wanted) { off(s); s.Providers[0].ClientID = "another" }
	if err := save(both); signoff.CodeOf(err) != "local-accounts-needed" {
		t.Errorf("with the provider changed at the same time: %v", err)
	}
	must(t, save(func(s *signin.Wanted) { s.Local = identity.LocalAdmins }))
	for login, want := range map[string]string{"admin": "", "ana": "local-accounts-off"} {
		_, err := w.API.Identity.Basic(t.Context(), login, apitest.Password, "192.0.2.1")
		if signoff.CodeOf(err) != want {
			t.Errorf("administrators only: %s: %v", login, err)
		}
	}
	must(t, save(off))
	for _, login := range []string{"admin", "ana"} {
		if _, err := w.API.Identity.Basic(t.Context(), login, apitest.Password, "192.0.2.1"); signoff.CodeOf(err) != "local-accounts-off" {
			t.Errorf("off: %s: %v", login, err)
		}
		if _, err := w.API.Identity.Basic(t.Context(), login, "wrong", "192.0.2.1"); signoff.CodeOf(err) != "bad-credentials" {
			t.Errorf("a guesser learns something: %v", err)
		}
	}
	if status, text := w.visitor().do("POST", "/api/v1/session", `{"login":"admin","password":"`+apitest.Password+`"}`); status != 401 || !strings.Contains(text, "local-accounts-off") {
		t.Errorf("%d %s", status, text)
	}
	if err := save(func(s *signin.Wanted) { s.Providers = nil }); signoff.CodeOf(err) != "local-accounts-needed" {
		t.Errorf("the last way in was removed: %v", err)
	}
	if v.me() != "admin" {
		t.Error("the session ended")
	}
	// Another server obeys too.
	people, err := identity.Open(t.Context(), w.API.Runner.Store, identity.Options{})
	must(t, err)
	w.openService(people)
	if _, err := people.Basic(t.Context(), "ana", apitest.Password, "192.0.2.1"); signoff.CodeOf(err) != "local-accounts-off" {
		t.Errorf("on another server: %v", err)
	}
	// A one-time link gets a locked-out administrator in, once.
	ticket, _, err := signin.NewRecovery(t.Context(), w.API.Runner.Store, 1)
	must(t, err)
	if status, text := w.visitor().do("POST", "/api/v1/signin/recover", `{"ticket":"`+strings.Repeat("A", len(ticket))+`"}`); status != 401 || !strings.Contains(text, "recovery-not-found") {
		t.Errorf("%d %s", status, text)
	}
	locked := w.visitor()
	if status, text := locked.do("POST", "/api/v1/signin/recover", `{"ticket":"`+ticket+`"}`); status != 200 || locked.me() != "admin" {
		t.Errorf("%d %s", status, text)
	}
	if _, text := locked.do("GET", "/api/v1/me/sessions", ""); !strings.Contains(text, `"recovery":true,"this":true`) || strings.Contains(text, `"*recovery"`) {
		t.Errorf("the session of the link: %s", text)
	}
	if status, _ := w.visitor().do("POST", "/api/v1/signin/recover", `{"ticket":"`+ticket+`"}`); status != 401 {
		t.Errorf("twice: %d", status)
	}
}

func TestTheSignInSettingIsCheckedAndItsSecretsStay(t *testing.T) {
	p, other := newProvider(t), newProvider(t)
	w := openSignIn(t, p, other)
	status, answer, text := ask(t, w.World, "admin", "POST", "/api/v1/signin/providers",
		`{"from":"`+p.URL+`","clientId":"`+p.client+`","secret":"s3cret-s3cret","name":"Abroad","newcomers":"create"}`)
	if status != 201 || strings.Contains(text, "s3cret") || strings.Contains(text, "v1:") {
		t.Fatalf("%d %+v %s", status, answer, text)
	}
	var set api.SignInSettings
	must(t, json.Unmarshal([]byte(text), &set))
	one := set.Providers[0]
	if one.ID != "abroad" || !one.HasSecret || one.RedirectURI != w.URL+"/oauth/callback" || set.BackLogout != w.URL+"/oauth/logout/back" {
		t.Errorf("%+v", set)
	}
	put := func(change func(*api.SignInSetting), match string) (int, api.Problem) {
		body := set.SignInSetting
		body.Providers = []api.SignInProvider{one}
		change(&body)
		raw, err := json.Marshal(body)
		must(t, err)
		r, err := http.NewRequestWithContext(t.Context(), "PUT", w.URL+"/api/v1/signin", strings.NewReader(string(raw)))
		must(t, err)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", match)
		r.SetBasicAuth("admin", apitest.Password)
		a, err := http.DefaultClient.Do(r)
		must(t, err)
		defer a.Body.Close()
		var pr api.Problem
		_ = json.NewDecoder(a.Body).Decode(&pr)
		return a.StatusCode, pr
	}
	for name, change := range map[string]func(*api.SignInProvider){
		"plain http":                 func(p *api.SignInProvider) { p.Issuer = "http://login.example.com" },
		"no address":                 func(p *api.SignInProvider) { p.Issuer = "contoso" },
		"no openid":                  func(p *api.SignInProvider) { p.Scopes = []string{"email"} },
		"a scope with a space":       func(p *api.SignInProvider) { p.Scopes = []string{"openid", "a b"} },
		"a redirect elsewhere":       func(p *api.SignInProvider) { p.Redirect = "//evil.test" },
		"another's redirect":         func(p *api.SignInProvider) { p.Redirect = "/oauth/callback/other" },
		"a name of two lines":        func(p *api.SignInProvider) { p.Name = "a\nb" },
		"no name":                    func(p *api.SignInProvider) { p.Name = "" },
		"an id that is an address":   func(p *api.SignInProvider) { p.ID = "../x" },
		"a tenant the issuer is not": func(p *api.SignInProvider) { p.Tenant = "c0ca5a00-7e57-4000-8000-000000000009" },
		"the secret sent elsewhere":  func(q *api.SignInProvider) { q.Issuer = other.URL },
	} {
		if status, pr := put(func(b *api.SignInSetting) { change(&b.Providers[0]) }, "*"); status != 422 || pr.Code != "bad-signin" || len(pr.Errors) == 0 {
			t.Errorf("%s: %d %+v", name, status, pr)
		}
	}
	if status, pr := put(func(b *api.SignInSetting) { b.Providers = append(b.Providers, b.Providers[0]) }, "*"); status != 422 || pr.Code != "bad-signin" {
		t.Errorf("twice: %d %+v", status, pr)
	}
	if status, pr := put(func(*api.SignInSetting) {}, `"0.x"`); status != 412 || pr.Code != "stale" || !strings.Contains(pr.Detail, "saved this setting") {
		t.Errorf("a stale one: %d %+v", status, pr)
	}
	if status, pr := put(func(b *api.SignInSetting) { b.Providers[0].Name = "Far away" }, "*"); status != 200 {
		t.Errorf("a right one: %d %+v", status, pr)
	}
	if to := w.visitor().signIn("abroad"); to != "/inbox" {
		t.Errorf("the secret is gone: %q", to)
	}
	changes, err := w.API.Runner.Store.Changes(t.Context(), store.ChangeFilter{What: "signin"}, 0, 10)
	if err != nil || len(changes) != 2 || strings.Contains(string(changes[0].After)+string(changes[0].Before), "v1:") || !strings.Contains(string(changes[0].Before), "Abroad") {
		t.Errorf("%d %v %s", len(changes), err, changes[0].Before)
	}
}
