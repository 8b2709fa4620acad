package httpapi_test

import (
	"crypto/rsa"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity/signin"
)

// The attacks of RFC 9700 and of the list in OpenID Connect's security
// considerations, each with the reason it is refused for.

func TestAnswersThatDoNotBelongToASignInAreRefused(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	attacker := w.visitor()
	stolen, err := url.Parse(attacker.back(attacker.begin(id, "/")))
	must(t, err)
	for name, c := range map[string]struct {
		with func(q url.Values)
		code string
	}{
		"no state":                            {func(q url.Values) { q.Del("state") }, "sign-in-over"},
		"a state nobody made":                 {func(q url.Values) { q.Set("state", strings.Repeat("A", 26)) }, "sign-in-over"},
		"a state of nearly the right letters": {func(q url.Values) { q.Set("state", q.Get("state")[:25]+"?") }, "sign-in-over"},
		"a very long state":                   {func(q url.Values) { q.Set("state", strings.Repeat("A", 9000)) }, "sign-in-over"},
		"the state of another browser (CSRF)": {func(q url.Values) {
			q.Set("state", stolen.Query().Get("state"))
			q.Set("code", stolen.Query().Get("code"))
		}, "sign-in-over"},
		"two states":                            {func(q url.Values) { q.Add("state", "x") }, "sign-in-answer"},
		"two codes":                             {func(q url.Values) { q.Add("code", "x") }, "sign-in-answer"},
		"no code":                               {func(q url.Values) { q.Del("code") }, "sign-in-answer"},
		"another's code (PKCE)":                 {func(q url.Values) { q.Set("code", stolen.Query().Get("code")) }, "sign-in-refused"},
		"a code nobody gave":                    {func(q url.Values) { q.Set("code", "x") }, "sign-in-refused"},
		"the name of another issuer (RFC 9207)": {func(q url.Values) { q.Set("iss", "https://evil.test") }, "sign-in-answer"},
		"nearly the name of the issuer":         {func(q url.Values) { q.Set("iss", p.URL+"/") }, "sign-in-answer"},
		"an error and a code":                   {func(q url.Values) { q.Set("error", "access_denied") }, "sign-in-refused"},
	} {
		v := w.visitor()
		back, err := url.Parse(v.back(v.begin(id, "/")))
		must(t, err)
		q := back.Query()
		c.with(q)
		back.RawQuery = q.Encode()
		_, to, _ := v.get(back.String())
		if f := v.failure(to); f.Code != c.code || v.me() != "" {
			t.Errorf("%s: %+v, signed in as %q", name, f, v.me())
		}
	}
}

func TestAnAnswerIsGoodOnce(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	to := v.back(v.begin(id, "/"))
	address, err := url.Parse(w.URL)
	must(t, err)
	kept := v.http.Jar.Cookies(address) // before the answer removes them
	v.get(to)
	v.http.Jar.SetCookies(address, kept)
	if f := v.failure(second(v.get(to))); f.Code != "sign-in-over" || !strings.Contains(f.Detail, "already") {
		t.Errorf("%+v", f)
	}
	if n := p.count("/token"); n != 1 {
		t.Errorf("the provider was asked %d times", n)
	}
}

// A provider that is hostile sends the browser on to an honest one, to get its
// code (RFC 9700 §4.4).
func TestOneProvidersAnswerIsNotTakenForAnothers(t *testing.T) {
	honest, evil := newProvider(t), newProvider(t)
	w := openSignIn(t, honest, evil)
	honestID := w.add(honest, signin.Addition{Name: "Honest"})
	evilID := w.add(evil, signin.Addition{Name: "Evil"})
	v := w.visitor()
	at := v.begin(evilID, "/")
	mixed, err := url.Parse(honest.URL + "/authorize")
	must(t, err)
	q := at.Query()
	q.Set("redirect_uri", v.begin(honestID, "/").Query().Get("redirect_uri")) // the one that is registered there
	if q.Get("redirect_uri") == at.Query().Get("redirect_uri") {
		t.Fatal("two providers send browsers back to one address")
	}
	mixed.RawQuery = q.Encode()
	if f := v.failure(second(v.get(v.back(mixed)))); f.Code != "sign-in-answer" {
		t.Errorf("%+v", f)
	}
	if n := evil.count("/token"); n != 0 {
		t.Error("the honest provider's code went to the evil one")
	}
	// One that says it names itself has to.
	evil.set(func() { evil.metadata = obj{"authorization_response_iss_parameter_supported": true} })
	w.API.Signin = w.openService(w.API.Identity)
	if f := v.failure(v.signIn(evilID)); f.Code != "sign-in-answer" {
		t.Errorf("without iss: %+v", f)
	}
	evil.set(func() { evil.redirect = func(q url.Values) url.Values { q.Set("iss", evil.URL); return q } })
	if to := v.signIn(evilID); to != "/inbox" {
		t.Errorf("with iss: %q", to)
	}
}

func TestIDTokensThatAreNotRightAreRefused(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	now := time.Now()
	for name, change := range map[string]func(header, claims obj){
		"no nonce":                 func(_, c obj) { c["nonce"] = nil },
		"another nonce":            func(_, c obj) { c["nonce"] = "x" },
		"another issuer":           func(_, c obj) { c["iss"] = "https://evil.test" },
		"the issuer with a slash":  func(_, c obj) { c["iss"] = p.URL + "/" },
		"another audience":         func(_, c obj) { c["aud"] = "somebody-else" },
		"no audience":              func(_, c obj) { c["aud"] = nil },
		"two audiences and no azp": func(_, c obj) { c["aud"] = []string{p.client, "other"} },
		"another azp":              func(_, c obj) { c["azp"] = "other" },
		"expired":                  func(_, c obj) { c["exp"] = now.Add(-time.Minute).Unix() },
		"no exp":                   func(_, c obj) { c["exp"] = nil },
		"exp as text":              func(_, c obj) { c["exp"] = "tomorrow" },
		"issued in the future":     func(_, c obj) { c["iat"] = now.Add(time.Hour).Unix() },
		"no iat":                   func(_, c obj) { c["iat"] = nil },
		"not valid yet":            func(_, c obj) { c["nbf"] = now.Add(time.Hour).Unix() },
		"nobody":                   func(_, c obj) { c["sub"] = nil },
		"an empty subject":         func(_, c obj) { c["sub"] = "" },
		"a very long subject":      func(_, c obj) { c["sub"] = strings.Repeat("x", 300) },
		"unsigned":                 func(h, _ obj) { h["alg"] = "none" },
		"another algorithm":        func(h, _ obj) { h["alg"] = "HS256" },
		"an unknown key":           func(h, _ obj) { h["kid"] = "k2" },
		"a demand":                 func(h, _ obj) { h["crit"] = []string{"exp"} },
		"an access token":          func(h, _ obj) { h["typ"] = "at+jwt" },
		"a logout token":           func(h, _ obj) { h["typ"] = "logout+jwt" },
		"another access token's":   func(_, c obj) { c["at_hash"] = b64([]byte("0123456789abcdef")) },
		"too long":                 func(_, c obj) { c["more"] = strings.Repeat("x", 17<<10) },
	} {
		p.set(func() { p.change = change })
		v := w.visitor()
		if f := v.failure(v.signIn(id)); f.Code != "sign-in-token" || v.me() != "" {
			t.Errorf("%s: %+v, signed in as %q", name, f, v.me())
		} else if strings.Contains(f.Said+f.Detail, "nonce") {
			t.Errorf("%s: a stranger learns which check failed: %+v", name, f)
		}
		w.API.Signin = w.openService(w.API.Identity) // or the guesser is held back
	}
	p.set(func() { p.change, p.by = nil, strangeKey })
	v := w.visitor()
	if f := v.failure(v.signIn(id)); f.Code != "sign-in-token" {
		t.Errorf("signed by somebody else: %+v", f)
	}
	p.set(func() { p.by = (*rsa.PrivateKey)(nil) })
	if to := v.signIn(id); to != "/inbox" {
		t.Errorf("the right one: %q", to)
	}
	if !strings.Contains(w.Log.String(), "nonce: it is not of this sign-in") {
		t.Error("administrators do not find the reason in the log")
	}
}

func TestTokenEndpointsThatMisbehaveAreRefused(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	var elsewhere int
	other := newProvider(t)
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, id string) bool
		code   string
	}{
		"a web page": {func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<!doctype html><h1>hello</h1>")
			return true
		}, "sign-in-provider"},
		"no id token": {func(w http.ResponseWriter, _ string) bool {
			_, _ = io.WriteString(w, `{"access_token":"x","token_type":"Bearer"}`)
			return true
		}, "sign-in-provider"},
		"no access token": {func(w http.ResponseWriter, id string) bool {
			_, _ = io.WriteString(w, `{"id_token":"`+id+`"}`)
			return true
		}, "sign-in-provider"},
		"an error of its own": {func(w http.ResponseWriter, _ string) bool {
			w.WriteHeader(500)
			_, _ = io.WriteString(w, "<b>secret stack trace</b>")
			return true
		}, "sign-in-provider"},
		"another place": {func(w http.ResponseWriter, _ string) bool {
			w.Header().Set("Location", other.URL+"/token")
			w.WriteHeader(307)
			return true
		}, "sign-in-provider"},
		"a gigabyte": {func(w http.ResponseWriter, _ string) bool { endless(w); return true }, "sign-in-provider"},
		"nothing":    {func(w http.ResponseWriter, _ string) bool { return true }, "sign-in-provider"},
		"a wrong secret": {func(w http.ResponseWriter, _ string) bool {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret. Trace ID: 11111111-2222-3333-4444-555555555555"}`)
			return true
		}, "sign-in-refused"},
	} {
		p.set(func() { p.answer = c.answer })
		v := w.visitor()
		f := v.failure(v.signIn(id))
		if f.Code != c.code || v.me() != "" || strings.Contains(f.Said+f.Detail, "stack trace") {
			t.Errorf("%s: %+v", name, f)
		}
		if name == "a wrong secret" && (f.Number != 7000215 || !strings.Contains(f.Advice, "Value") || f.Trace == "") {
			t.Errorf("%s: not in words: %+v", name, f)
		}
	}
	if elsewhere = other.count("/token"); elsewhere != 0 {
		t.Error("the code and the secret were sent on to another place")
	}
	// Numbers as text, as Entra's version 1.0 writes them, are no reason.
	p.set(func() {
		p.answer = func(w http.ResponseWriter, id string) bool {
			_, _ = io.WriteString(w, `{"access_token":"x","token_type":"bearer","expires_in":"3599","id_token":"`+id+`"}`)
			return true
		}
	})
	if to := w.visitor().signIn(id); to != "/inbox" {
		t.Errorf("expires_in as text: %q", to)
	}
}

func endless(w http.ResponseWriter) {
	block := []byte(strings.Repeat(" ", 1<<20))
	for range 1 << 10 {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestProvidersErrorsAreToldAsText(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{Name: "Abroad"})
	p.redirect = func(q url.Values) url.Values {
		return url.Values{"state": q["state"], "error": {"access_denied"},
			"error_description": {"AADSTS50105: <script>alert(1)</script>\r\nSet-Cookie: x=1\x1b[31m\u202e Correlation ID: 11111111-2222-3333-4444-555555555555"}}
	}
	v := w.visitor()
	_, to, body := v.get(v.back(v.begin(id, "/")))
	if strings.ContainsAny(to, "<>\r\n") || strings.Contains(body, "script") {
		t.Errorf("sent to %q %q", to, body)
	}
	f := v.failure(to)
	if f.Code != "sign-in-refused" || f.Number != 50105 || f.Trace == "" || !strings.Contains(f.Detail, "assigned") || strings.ContainsAny(f.Said, "\r\n\x1b\u202e") || f.Request == "" {
		t.Errorf("%+v", f)
	}
	// Nobody else can put words onto our sign-in page.
	for _, forged := range []string{"", "x", strings.Repeat("A", 200), to[len("/sign-in#refused="):len(to)-4] + "AAAA"} {
		if status, text := v.do("POST", "/api/v1/signin/failure", `{"refused":"`+forged+`"}`); status != 404 || strings.Contains(text, "AADSTS") {
			t.Errorf("%q: %d %s", forged, status, text)
		}
	}
}

func TestNobodyIsSentElsewhereAfterSigningIn(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	for _, next := range []string{"//evil.test", `/\evil.test`, "https:evil.test", "https://evil.test", `\\evil.test`, "/\t/evil.test", "/\r\nLocation: https://evil.test",
		"javascript:alert(1)", " //evil.test", "", "evil.test", "/%09/evil.test", "/%5cevil.test", "/%2f%2fevil.test\x00", "/api/v1/session", "/oauth/logout/front", "/" + strings.Repeat("x", 2000)} {
		v := w.visitor()
		_, to, _ := v.get(v.back(v.begin(id, next)))
		if to != "/" {
			t.Errorf("next %q leads to %q", next, to)
		}
	}
	v := w.visitor()
	if _, to, _ := v.get(v.back(v.begin(id, "/manage/people?page=2#x"))); to != "/manage/people?page=2#x" {
		t.Errorf("an own path leads to %q", to)
	}
}

func TestTheRedirectAddressIsNotTakenFromTheRequest(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	r, err := http.NewRequest("GET", w.URL+"/api/v1/signin/"+id+"/start?hop=1", nil)
	must(t, err)
	r.Host = "evil.test"
	r.Header.Set("X-Forwarded-Host", "evil.test")
	a, err := v.http.Do(r)
	must(t, err)
	a.Body.Close()
	to, err := url.Parse(a.Header.Get("Location"))
	must(t, err)
	if got := to.Query().Get("redirect_uri"); got != w.URL+"/oauth/callback" {
		t.Errorf("redirect_uri %q", got)
	}
	// Under another name the browser is first sent to the right one: what is
	// kept in it must be there when it comes back.
	r.URL.RawQuery = ""
	a, err = v.http.Do(r)
	must(t, err)
	a.Body.Close()
	if to := a.Header.Get("Location"); !strings.HasPrefix(to, w.URL+"/api/v1/signin/"+id+"/start?hop=1") {
		t.Errorf("sent to %q", to)
	}
}

func TestPasswordsAreNotTriedOutWhereBrowsersComeBack(t *testing.T) {
	w := openSignIn(t)
	for _, path := range []string{"/oauth/callback", "/identity/token/oauth/2", "/oauth/logout/front"} {
		var answers []int
		for _, password := range []string{apitest.Password, "a guess"} {
			r, err := http.NewRequestWithContext(t.Context(), "GET", w.URL+path, nil)
			must(t, err)
			r.SetBasicAuth("ana", password)
			answer, err := w.visitor().http.Do(r)
			must(t, err)
			must(t, answer.Body.Close())
			answers = append(answers, answer.StatusCode)
		}
		if answers[0] != answers[1] {
			t.Errorf("%s tells a right password from a wrong one: %v", path, answers)
		}
	}
}

func TestASessionGetsANewNameAtSignIn(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	address, err := url.Parse(w.URL)
	must(t, err)
	v := w.visitor()
	v.do("POST", "/api/v1/session", `{"login":"eve","password":"`+apitest.Password+`"}`)
	planted := session(v, address)
	v.signIn(id)
	if now := session(v, address); now == "" || now == planted {
		t.Error("the session kept its name: whoever knew it before is signed in now")
	}
	old := w.visitor()
	old.http.Jar.SetCookies(address, []*http.Cookie{{Name: "signoff", Value: planted}})
	if me := old.me(); me != "" {
		t.Errorf("the old name still is %q", me)
	}
	for _, c := range v.http.Jar.Cookies(address) {
		if strings.HasPrefix(c.Name, "signoff-signin-") {
			t.Errorf("%s is still there", c.Name)
		}
	}
}

func session(v *visitor, address *url.URL) string {
	for _, c := range v.http.Jar.Cookies(address) {
		if c.Name == "signoff" {
			return c.Value
		}
	}
	return ""
}

func TestWhoeverFailsOftenIsHeldBackWithoutAskingTheProvider(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	for range 45 {
		at := v.begin(id, "/")
		v.get(w.URL + "/oauth/callback?code=x&state=" + at.Query().Get("state"))
	}
	if n := p.count("/token"); n != 30 {
		t.Errorf("the provider was asked %d times", n)
	}
	if f := v.failure(v.signIn(id)); f.Code != "sign-in-busy" {
		t.Errorf("%+v", f)
	}
}

func TestSignInsBegunAndNeverFinishedDoNotFillTheBrowser(t *testing.T) {
	p := newProvider(t)
	w := openSignIn(t, p)
	id := w.add(p, signin.Addition{})
	v := w.visitor()
	for range 30 {
		v.begin(id, "/")
	}
	address, err := url.Parse(w.URL)
	must(t, err)
	if n := len(v.http.Jar.Cookies(address)); n > 6 {
		t.Errorf("%d cookies", n)
	}
	if to := v.signIn(id); to != "/inbox" {
		t.Errorf("%q", to)
	}
}
