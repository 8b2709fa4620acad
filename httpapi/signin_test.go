package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
)

func TestAPersonSignsInThroughAProvider(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{Name: "Abroad"})
	v := w.visitor()
	var options api.SignInOptions
	_, _, text := v.get("/api/v1/signin/options")
	must(t, json.Unmarshal([]byte(text), &options))
	if len(options.Providers) != 1 || options.Providers[0].Name != "Abroad" || options.Local != "on" {
		t.Fatalf("%s", text)
	}
	at := v.begin(id, "/tasks/1_2?x=1#now")
	q := at.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || q.Get("state") == "" || q.Get("nonce") == "" ||
		q.Get("redirect_uri") != w.URL+"/oauth/callback" || q.Get("response_type") != "code" || q.Get("scope") != "openid profile email" {
		t.Errorf("asked for %v", q)
	}
	status, to, _ := v.get(v.back(at))
	if status != http.StatusSeeOther || to != "/tasks/1_2?x=1#now" {
		t.Fatalf("%d %q", status, to)
	}
	if me := v.me(); me != "ana.abroad" && me != "ana-abroad" {
		t.Errorf("signed in as %q", me) // ana is another person's login
	}
	// The same person again is the same account.
	first := v.me()
	again := w.visitor()
	if to := again.signIn(id); to != "/inbox" || again.me() != first {
		t.Errorf("%q %q", to, again.me())
	}
	if form := p.forms[0]; form.Get("client_secret") != "" || form.Get("grant_type") != "authorization_code" {
		t.Errorf("the secret belongs into the header where the provider does not say otherwise: %v", form)
	}
	if strings.Contains(w.Log.String(), "secret of ours") || strings.Contains(w.Log.String(), q.Get("nonce")) {
		t.Error("a secret is in the log")
	}
}

func TestWhatHappensToNewcomersIsTheProvidersSetting(t *testing.T) {
	for newcomers, code := range map[identity.Newcomers]string{identity.NewcomersAsk: "person-awaits-admission", identity.NewcomersRefuse: "person-unknown"} {
		p := newProvider(t)
		w := openSignIn(t, p)
		id := w.add(p, signin.Addition{Newcomers: newcomers})
		v := w.visitor()
		if f := v.failure(v.signIn(id)); f.Code != code || f.Next != "/inbox" || v.me() != "" {
			t.Errorf("%s: %+v, %q", newcomers, f, v.me())
		}
	}
}

func TestAProvenAddressFindsAPersonOnlyWhereTheSettingSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		link  bool
		email any
		login string
	}{
		"may, and is proven":      {true, true, "jane"},
		"may, proven as text":     {true, "true", "jane"},
		"may, and is not proven":  {true, false, ""},
		"may, and nobody says so": {true, nil, ""},
		"may not":                 {false, true, ""},
	} {
		p := newProvider(t)
		w := openSignIn(t, p)
		p.person = obj{"sub": "s-jane", "name": "Jane", "email": "jane@contoso.test", "email_verified": c.email}
		id := w.add(p, signin.Addition{LinkByAddress: c.link, Newcomers: identity.NewcomersRefuse})
		v := w.visitor()
		v.signIn(id)
		if me := v.me(); me != c.login {
			t.Errorf("%s: %q", name, me)
		}
	}
}

func TestADisabledPersonIsNotSignedIn(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	v.signIn(id)
	login, off := v.me(), true
	_, err := w.API.Identity.ChangeUser(t.Context(), w.Caller(t, "admin"), w.Caller(t, login).Principal, identity.UserChange{Disabled: &off})
	must(t, err)
	if v.me() != "" {
		t.Error("the session goes on")
	}
	if f := v.failure(v.signIn(id)); f.Code != "user-disabled" {
		t.Errorf("%+v", f)
	}
}

func TestAProviderThatIsTakenOutTakesItsSessionsAlong(t *testing.T) {
	p, stays := newProvider(t), newProvider(t)
	stays.person["email"], stays.person["preferred_username"] = "ben@abroad.test", "ben@abroad.test"
	w := openSignIn(t, p, stays)
	id, other := w.add(p, signin.Addition{Name: "Goes"}), w.add(stays, signin.Addition{Name: "Stays"})
	v, o := w.visitor(), w.visitor()
	to, there := v.signIn(id), o.signIn(other)
	if v.me() == "" || o.me() == "" {
		t.Fatalf("not signed in: %q %q", to, there)
	}
	admin := w.Caller(t, "admin")
	kept, err := w.API.Signin.Setting(t.Context(), admin)
	must(t, err)
	set := kept.Setting
	set.Providers = slices.DeleteFunc(set.Providers, func(p signin.Provider) bool { return p.ID == id })
	_, err = w.API.Signin.Save(t.Context(), admin, signin.Wanted{Setting: set, Rev: kept.Rev})
	must(t, err)
	if v.me() != "" {
		t.Error("who came through it is still signed in")
	}
	if o.me() == "" {
		t.Error("who came through another one is signed out")
	}
}

func TestASignInBegunOnOneServerFinishesOnAnother(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	one := w.API.Signin
	people, err := identity.Open(t.Context(), w.API.Runner.Store, identity.Options{})
	must(t, err)
	v := w.visitor()
	to := v.back(v.begin(id, "/start"))
	// From here on another server answers under the same address.
	w.API.Signin = w.openService(people)
	if _, at, _ := v.get(to); at != "/start" || v.me() == "" {
		t.Errorf("sent to %q, %q", at, v.me())
	}
	// Once is once on both.
	w.API.Signin = one
	if f := v.failure(second(v.get(to))); f.Code != "sign-in-over" {
		t.Errorf("%+v", f)
	}
}

func second(_ int, to, _ string) string { return to }

func TestTheProviderIsAskedForItsMetadataSeldom(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	before := p.count("/.well-known/openid-configuration")
	for range 50 {
		w.visitor().begin(id, "/")
	}
	if n := p.count("/.well-known/openid-configuration") - before; n > 1 {
		t.Errorf("asked %d times", n)
	}
	for range 5 {
		w.visitor().signIn(id)
	}
	if n := p.count("/keys"); n > 2 {
		t.Errorf("keys fetched %d times", n)
	}
}

func TestAnAdministratorTestsAProviderAndStaysWhoTheyAre(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{LinkByAddress: true})
	p.person["email"] = "jane@contoso.test"
	v := w.visitor()
	status, _, _ := v.get("/api/v1/signin/" + id + "/start?test=1")
	if status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if f := v.failure(second(v.get("/api/v1/signin/" + id + "/start?test=1"))); f.Code != "sign-in-needed" {
		t.Errorf("a stranger may test: %+v", f)
	}
	v.do("POST", "/api/v1/session", `{"login":"ana","password":"`+apitest.Password+`"}`)
	if f := v.failure(second(v.get("/api/v1/signin/" + id + "/start?test=1"))); f.Code != "not-allowed" {
		t.Errorf("ana may test: %+v", f)
	}
	v.do("POST", "/api/v1/session", `{"login":"admin","password":"`+apitest.Password+`"}`)
	v.me()
	test := func() api.SignInTest {
		_, to, _ := v.get("/api/v1/signin/" + id + "/start?test=1")
		at, err := url.Parse(to)
		must(t, err)
		_, to, _ = v.get(v.back(at))
		back, err := url.Parse(to)
		must(t, err)
		if back.Path != "/manage/signin" || v.me() != "admin" {
			t.Fatalf("sent to %q as %q", to, v.me())
		}
		_, _, text := v.get("/api/v1/signin/test?test=" + back.Query().Get("test"))
		var out api.SignInTest
		must(t, json.Unmarshal([]byte(text), &out))
		other := w.visitor()
		other.do("POST", "/api/v1/session", `{"login":"bob","password":"`+apitest.Password+`"}`)
		if status, _, _ := other.get("/api/v1/signin/test?test=" + back.Query().Get("test")); status != 403 {
			t.Errorf("bob reads it: %d", status)
		}
		return out
	}
	if out := test(); out.Would != "link" || out.Person == nil || out.Person.Login != "jane" || !strings.Contains(string(out.Claims), "s-ana") || out.Subject != "s-ana" || out.Failure != nil {
		t.Errorf("%+v", out)
	}
	if links, err := w.API.Runner.Store.Links(t.Context(), 3); err != nil || len(links) != 0 {
		t.Errorf("a test linked somebody: %v %v", links, err)
	}
	// What fails is shown with its reason, which others do not see.
	p.set(func() { p.change = func(_, claims obj) { claims["nonce"] = "another" } })
	if out := test(); out.Failure == nil || out.Failure.Code != "sign-in-token" || !strings.Contains(out.Failure.Said, "nonce") {
		t.Errorf("%+v", out.Failure)
	}
}
