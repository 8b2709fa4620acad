package identity

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Del(name)
		for _, v := range values {
			r.Header.Add(name, v)
		}
	}
}

func basic(login, password string) func(*http.Request) {
	return header("Authorization", encoded(login+":"+password))
}

// client sends one request as a program does, without a browser's headers.
func (s site) client(method, url string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, url, nil)
	for _, c := range change {
		c(r)
	}
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, r)
	return rec
}

func TestUnsafeRequestsOfASessionNeedItsToken(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	s.user("bob")
	b, other := s.browser(), s.browser()
	b.signIn("ana")
	other.signIn("bob")
	for name, tt := range map[string]struct {
		method string
		change func(*http.Request)
		status int
		code   string
	}{
		"with it":                     {"POST", header("X-CSRF-Token", b.csrf), 200, ""},
		"without":                     {"POST", header("X-CSRF-Token"), 403, "csrf"},
		"empty":                       {"PUT", header("X-CSRF-Token", ""), 403, "csrf"},
		"somebody else's":             {"DELETE", header("X-CSRF-Token", other.csrf), 403, "csrf"},
		"a made-up method":            {"BREW", header("X-CSRF-Token"), 403, "csrf"},
		"a page of another site":      {"POST", header("Sec-Fetch-Site", "cross-site"), 403, "foreign-origin"},
		"a sister site":               {"POST", header("Sec-Fetch-Site", "same-site"), 403, "foreign-origin"},
		"an old browser, other site":  {"POST", func(r *http.Request) { header("Sec-Fetch-Site")(r); header("Origin", "https://evil.test")(r) }, 403, "foreign-origin"},
		"a sandboxed page":            {"POST", func(r *http.Request) { header("Sec-Fetch-Site")(r); header("Origin", "null")(r) }, 403, "foreign-origin"},
		"an old browser, our site":    {"POST", func(r *http.Request) { header("Sec-Fetch-Site")(r); header("Origin", "http://example.com")(r) }, 200, ""},
		"reading needs none":          {"GET", header("X-CSRF-Token"), 200, ""},
		"a link from elsewhere reads": {"GET", func(r *http.Request) { header("X-CSRF-Token")(r); header("Sec-Fetch-Site", "cross-site")(r) }, 200, ""},
	} {
		rec := b.do(tt.method, "/me", tt.change)
		if rec.Code != tt.status || tt.code != "" && strings.TrimSpace(rec.Body.String()) != tt.code {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

func TestAnotherSiteCannotUseCredentialsTheBrowserRemembers(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	rec := s.client("POST", "/me", basic("ana", "password of ana"), header("Sec-Fetch-Site", "cross-site"))
	if rec.Code != 403 {
		t.Errorf("Basic: %d", rec.Code)
	}
	rec = s.client("POST", "/session?login=ana&password=password+of+ana", header("Origin", "https://evil.test"))
	if rec.Code != 403 || len(rec.Result().Cookies()) != 0 {
		t.Errorf("signing in: %d", rec.Code)
	}
}

func TestBasicRequests(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
		body   string
	}{
		"right":                    {basic("ana", "password of ana"), 200, `"how":"basic"`},
		"right, with a label":      {basic(`K2:CONTOSO\ana`, "password of ana"), 200, `"login":"ana"`},
		"wrong":                    {basic("ana", "x"), 401, "bad-credentials"},
		"unknown":                  {basic("nobody", "x"), 401, "bad-credentials"},
		"none":                     {func(*http.Request) {}, 401, "sign-in-needed"},
		"two, both right":          {header("Authorization", encoded("ana:password of ana"), encoded("ana:password of ana")), 400, "two-credentials"},
		"another scheme":           {header("Authorization", "Bearer abc"), 401, "unknown-scheme"},
		"garbage":                  {header("Authorization", "Basic %%"), 400, "bad-authorization"},
		"an empty header":          {header("Authorization", ""), 401, "unknown-scheme"},
		"a cookie out of thin air": {header("Cookie", "signoff=abc"), 401, "sign-in-needed"},
		"a very long cookie":       {header("Cookie", "signoff="+strings.Repeat("a", 5000)), 401, "sign-in-needed"},
	} {
		rec := s.client("POST", "/me", tt.change)
		if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.body) {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
		want := ""
		if tt.status == 401 {
			want = `Basic realm="signoff", charset="UTF-8"`
		}
		if got := rec.Header().Get("WWW-Authenticate"); got != want {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
	}
	// Wrong credentials are refused even where none are needed.
	if rec := s.client("GET", "/open", basic("ana", "x")); rec.Code != 401 {
		t.Errorf("wrong credentials: %d", rec.Code)
	}
	if rec := s.client("GET", "/open"); rec.Code != 200 {
		t.Errorf("no credentials: %d", rec.Code)
	}
}

func TestAnAuthorizationHeaderCountsAndNotTheSession(t *testing.T) {
	s := newSite(t, Options{})
	s.user("ana")
	s.user("bob")
	b := s.browser()
	b.signIn("ana")
	rec := b.do("GET", "/me", basic("bob", "password of bob"))
	if !strings.Contains(rec.Body.String(), `"bob"`) || strings.Contains(rec.Body.String(), b.csrf) {
		t.Errorf("got %s", rec.Body)
	}
	if rec := b.do("GET", "/me", basic("bob", "x")); rec.Code != 401 {
		t.Errorf("wrong credentials beside a session: %d", rec.Code)
	}
}

func TestPagesAreNotOfferedBasic(t *testing.T) {
	s := newSite(t, Options{})
	for name, tt := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"a program":               {func(*http.Request) {}, "Basic"},
		"curl":                    {header("Accept", "*/*"), "Basic"},
		"a JSON client":           {header("Accept", "application/json, text/plain, */*"), "Basic"},
		"HTML as the last resort": {header("Accept", "application/json, text/html;q=0.5"), "Basic"},
		"HTML refused":            {header("Accept", "text/html;q=0"), "Basic"},
		"HTML with a bad quality": {header("Accept", "text/html;q=x"), "Basic"},
		"problems preferred":      {header("Accept", "text/html;q=0.8", "application/problem+json"), "Basic"},
		"a browser":               {header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "Session"},
		"a script of a page":      {header("X-Requested-With", "XMLHttpRequest"), "Session"},
		"a fetch of a page":       {header("Sec-Fetch-Site", "same-origin"), "Session"},
	} {
		rec := s.client("GET", "/me", tt.change)
		if got := rec.Header().Get("WWW-Authenticate"); rec.Code != 401 || !strings.HasPrefix(got, tt.want+" realm=") {
			t.Errorf("%s: %d %q", name, rec.Code, got)
		}
	}
}

func TestWhoIsHeldBackIsToldForHowLong(t *testing.T) {
	c := newClock()
	s := newSite(t, Options{Now: c.now})
	for range pairLimit.free + 1 {
		s.client("GET", "/me", basic("ana", "x"))
		c.advance(100 * time.Millisecond)
	}
	rec := s.client("GET", "/me", basic("ana", "x"))
	if rec.Code != 429 || rec.Header().Get("Retry-After") != "1" || rec.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	c.advance(10 * time.Second)
	s.client("GET", "/me", basic("ana", "x"))
	s.client("GET", "/me", basic("ana", "x"))
	if rec = s.client("GET", "/me", basic("ana", "x")); rec.Header().Get("Retry-After") != "2" {
		t.Errorf("%d %v", rec.Code, rec.Header())
	}
	if rec = s.client("GET", "/me", basic("ana", "x"), func(r *http.Request) { r.RemoteAddr = "[2001:db8::1]:99" }); rec.Code != 401 {
		t.Errorf("elsewhere: %d", rec.Code)
	}
}

func TestCookiesAreSecureWhenTheClientUsesHTTPS(t *testing.T) {
	s := newSite(t, Options{PublicURL: "https://signoff.contoso.test", Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	s.user("ana")
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	for name, tt := range map[string]struct {
		host   string
		change []func(*http.Request)
		secure bool
	}{
		"https to us":                   {"localhost:8443", []func(*http.Request){func(r *http.Request) { r.TLS = &tls.ConnectionState{} }}, true},
		"by the public name":            {"signoff.contoso.test", nil, true},
		"http://localhost":              {"localhost:8080", nil, false},
		"http://127.0.0.1":              {"127.0.0.1:8080", nil, false},
		"a proxy that speaks https":     {"inner:80", []func(*http.Request){from("10.1.2.3:5"), header("X-Forwarded-Proto", "https")}, true},
		"a proxy that speaks http":      {"signoff.contoso.test", []func(*http.Request){from("10.1.2.3:5"), header("X-Forwarded-Proto", "http")}, false},
		"somebody pretending to be one": {"inner:80", []func(*http.Request){from("192.0.2.9:5"), header("X-Forwarded-Proto", "https")}, false},
	} {
		rec := s.client("POST", "/session?login=ana&password=password+of+ana", append(tt.change, func(r *http.Request) { r.Host = tt.host })...)
		if rec.Code != 200 {
			t.Fatalf("%s: %d %s", name, rec.Code, rec.Body)
		}
		c := rec.Result().Cookies()[0]
		wantName := map[bool]string{true: "__Host-signoff", false: "signoff"}[tt.secure]
		if c.Secure != tt.secure || c.Name != wantName || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: %v", name, c)
		}
		// And the cookie works where it was set.
		again := s.client("GET", "/me", append(tt.change, func(r *http.Request) { r.Host = tt.host; r.AddCookie(c) })...)
		if again.Code != 200 {
			t.Errorf("%s: the cookie leads to %d", name, again.Code)
		}
	}
	// The page of the public address is ours even when a proxy changes the Host.
	rec := s.client("POST", "/session?login=ana&password=password+of+ana", header("Origin", "https://signoff.contoso.test"), func(r *http.Request) { r.Host = "inner:80" })
	if rec.Code != 200 {
		t.Errorf("our own origin behind a proxy: %d %s", rec.Code, rec.Body)
	}
}

func TestTheClientBehindTrustedProxiesOnly(t *testing.T) {
	s := newWorld(t, Options{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}})
	for _, tt := range []struct {
		addr, forwarded, want string
	}{
		{"192.0.2.1:5", "", "192.0.2.1"},
		{"192.0.2.1:5", "203.0.113.1", "192.0.2.1"},
		{"10.0.0.1:5", "", "10.0.0.1"},
		{"10.0.0.1:5", "203.0.113.1", "203.0.113.1"},
		{"10.0.0.1:5", "1.2.3.4, 203.0.113.1", "203.0.113.1"},
		{"10.0.0.1:5", "203.0.113.1, 10.0.0.2", "203.0.113.1"},
		{"10.0.0.1:5", "203.0.113.1:4711", "203.0.113.1"},
		{"10.0.0.1:5", "evil", "10.0.0.1"},
		{"10.0.0.1:5", "203.0.113.1, evil", "10.0.0.1"},
		{"10.0.0.1:5", "10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"[::1]:5", "[2001:db8::1]:99", "2001:db8::1"},
		{"[::ffff:10.0.0.1]:5", "203.0.113.1", "203.0.113.1"},
		{"@", "203.0.113.1", "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.addr
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := s.remote(r); got != tt.want {
			t.Errorf("%s for %q: %s, want %s", tt.addr, tt.forwarded, got, tt.want)
		}
	}
}

func TestWhoWithoutAuthenticateIsNobody(t *testing.T) {
	_, err := Who(t.Context())
	wantCode(t, err, "sign-in-needed")
	c, err := Who(As(t.Context(), signoff.Caller{How: "test"}))
	if err != nil || c.How != "test" || Remote(t.Context()) != "" || CSRF(t.Context()) != "" {
		t.Errorf("%+v %v", c, err)
	}
}

func TestABadPublicURLIsRefused(t *testing.T) {
	st := openStore(t)
	for _, text := range []string{"signoff", "ftp://x", "https://", "://"} {
		_, err := Open(t.Context(), st, Options{PublicURL: text})
		wantCode(t, err, "bad-public-url")
	}
}
