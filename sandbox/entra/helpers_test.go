package entra

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	apiID    = seedID(0xa0, apiSeed)
	oldAPIID = seedID(0xa0, oldAPISeed)
	webID    = seedID(0xa0, webSeed)
	daemonID = seedID(0xa0, daemonSeed)
	nativeID = seedID(0xa0, deviceSeed)
	scriptID = seedID(0xa0, scriptSeed)
)

const callback = "http://localhost/callback"

func TestMain(m *testing.M) {
	pool := make([]*rsa.PrivateKey, 4)
	var mu sync.Mutex
	n := 0
	spareKeys = func() *rsa.PrivateKey { // four pairs for all tests: making one takes long
		mu.Lock()
		defer mu.Unlock()
		n++
		k := &pool[n%len(pool)]
		if *k == nil {
			*k, _ = rsa.GenerateKey(rand.Reader, 2048)
		}
		return *k
	}
	os.Exit(m.Run())
}

// tenantOf opens a server and a client that trusts it and follows nothing.
type tenantOf struct {
	*Server
	t    *testing.T
	http *http.Client
}

func open(t *testing.T, change ...func(*Options)) *tenantOf {
	t.Helper()
	opts := Options{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, c := range change {
		c(&opts)
	}
	s, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &tenantOf{s, t, trusting(t, s)}
}

func trusting(t *testing.T, s *Server) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

func (s *tenantOf) do(method, path string, body []byte, headers ...string) reply {
	s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = s.URL() + path
	}
	req, err := http.NewRequest(method, path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return read(s.t, resp)
}

func read(t *testing.T, resp *http.Response) reply {
	t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	json.Unmarshal(text, &r.json)
	return r
}

// ask posts to the token endpoint: v is v1 or v2 and pairs are the form.
func (s *tenantOf) ask(v string, pairs ...string) reply {
	s.t.Helper()
	return s.askAt(TenantID, v, nil, pairs...)
}

func (s *tenantOf) askAt(tenant, v string, headers []string, pairs ...string) reply {
	s.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	path := map[string]string{"v1": "/oauth2/token", "v2": "/oauth2/v2.0/token"}[v]
	return s.do("POST", "/"+tenant+path, []byte(form.Encode()), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)...)
}

// must fails the test unless the reply holds tokens.
func (r reply) must(t *testing.T) reply {
	t.Helper()
	if r.status != http.StatusOK {
		t.Fatalf("status %d: %s", r.status, r.text)
	}
	return r
}

func (r reply) get(name string) string { s, _ := r.json[name].(string); return s }

// refused checks an OAuth refusal.
func (r reply) refused(t *testing.T, code int, kind string) {
	t.Helper()
	codes, _ := r.json["error_codes"].([]any)
	if r.status < 400 || len(codes) != 1 || codes[0] != float64(code) || r.get("error") != kind {
		t.Fatalf("want AADSTS%d %s, got %d %s", code, kind, r.status, r.text)
	}
	for _, name := range []string{"trace_id", "correlation_id", "timestamp", "error_uri"} {
		if r.get(name) == "" {
			t.Errorf("the refusal has no %s", name)
		}
	}
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	j, err := parseJWS(token)
	if err != nil {
		t.Fatalf("%v: %s", err, token)
	}
	return j.claims
}

// browser is somebody with a browser: cookies, and forms to fill in.
type browser struct {
	s    *tenantOf
	http *http.Client
	page reply
	at   string
}

func (s *tenantOf) browser() *browser {
	jar, _ := cookiejar.New(nil)
	c := *s.http
	c.Jar = jar
	return &browser{s: s, http: &c}
}

func (b *browser) get(path string) *browser {
	b.s.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = b.s.URL() + path
	}
	resp, err := b.http.Get(path)
	if err != nil {
		b.s.t.Fatal(err)
	}
	b.page, b.at = read(b.s.t, resp), path
	return b
}

var flowField = regexp.MustCompile(`name="flow" value="([^"]+)"`)

// press answers the page's form with a button.
func (b *browser) press(do string, pairs ...string) *browser {
	b.s.t.Helper()
	m := flowField.FindStringSubmatch(b.page.text)
	if m == nil {
		b.s.t.Fatalf("no form on the page (status %d, to %s):\n%s", b.page.status, b.page.header.Get("Location"), b.page.text)
	}
	form := url.Values{"flow": {html.UnescapeString(m[1])}, "do": {do}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.post("/login", form)
}

func (b *browser) post(path string, form url.Values) *browser {
	b.s.t.Helper()
	resp, err := b.http.PostForm(b.s.URL()+path, form)
	if err != nil {
		b.s.t.Fatal(err)
	}
	b.page = read(b.s.t, resp)
	return b
}

// signIn takes a tile, types the password, and accepts what is asked.
func (b *browser) signIn(who string) *browser {
	b.s.t.Helper()
	if strings.Contains(b.page.text, "Pick an account") {
		b.press("account", "account", b.s.person(who).ID)
	}
	if strings.Contains(b.page.text, `name="password"`) {
		b.press("password", "login", who+"@contoso.test", "password", "signoff")
	}
	return b
}

func (b *browser) accept() *browser {
	b.s.t.Helper()
	if !strings.Contains(b.page.text, "Permissions requested") {
		b.s.t.Fatalf("no consent page: %d %s\n%s", b.page.status, b.page.header.Get("Location"), b.page.text)
	}
	return b.press("accept")
}

// landed returns what the client was sent through the browser.
func (b *browser) landed() url.Values {
	b.s.t.Helper()
	u, err := url.Parse(b.page.header.Get("Location"))
	if err != nil || b.page.status != http.StatusSeeOther && b.page.status != http.StatusFound {
		b.s.t.Fatalf("not sent back: %d\n%s", b.page.status, b.page.text)
	}
	if u.Fragment != "" {
		v, _ := url.ParseQuery(u.EscapedFragment())
		return v
	}
	return u.Query()
}

// shows checks the refusal on a page.
func (b *browser) shows(code string) {
	b.s.t.Helper()
	if !strings.Contains(b.page.text, "AADSTS"+code+":") {
		b.s.t.Fatalf("want a page with AADSTS%s, got %d %s\n%s", code, b.page.status, b.page.header.Get("Location"), b.page.text)
	}
}

func (s *tenantOf) person(who string) *user {
	u := look(s.dir, func(t *tables) *user { return t.user(who + "@contoso.test") })
	if u == nil {
		s.t.Fatalf("nobody is called %s", who)
	}
	return u
}

// authorizeURL asks for a code for the web client unless pairs say otherwise.
func (s *tenantOf) authorizeURL(v string, pairs ...string) string {
	q := url.Values{"client_id": {webID}, "response_type": {"code"}, "redirect_uri": {callback}, "state": {"s 1"}, "nonce": {"n1"}}
	if v == "v2" {
		q.Set("scope", "openid profile email offline_access api://"+apiID+"/user_impersonation")
	} else {
		q.Set("resource", "https://api.contoso.test/")
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "-" {
			q.Del(pairs[i])
			continue
		}
		q.Set(pairs[i], pairs[i+1])
	}
	path := map[string]string{"v1": "/oauth2/authorize?", "v2": "/oauth2/v2.0/authorize?"}[v]
	return s.URL() + "/" + TenantID + path + q.Encode()
}

// code signs somebody in and returns the code.
func (s *tenantOf) code(v, who string, pairs ...string) string {
	s.t.Helper()
	got := s.browser().get(s.authorizeURL(v, pairs...)).signIn(who).landed()
	if got.Get("code") == "" {
		s.t.Fatalf("no code: %v", got)
	}
	return got.Get("code")
}

// tokens signs somebody in with the web client and redeems the code.
func (s *tenantOf) tokens(v, who string, pairs ...string) reply {
	s.t.Helper()
	return s.ask(v, "grant_type", "authorization_code", "client_id", webID, "client_secret", seedSecret(webSeed), "redirect_uri", callback,
		"code", s.code(v, who, pairs...)).must(s.t)
}

func (s *tenantOf) plant(f Fault) {
	s.t.Helper()
	if err := s.Plant(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *tenantOf) heal() {
	s.t.Helper()
	if err := s.Heal(""); err != nil {
		s.t.Fatal(err)
	}
}

// edit changes a registration in the directory directly.
func (s *tenantOf) edit(appID string, change func(*application)) {
	s.t.Helper()
	s.dir.change(func(t *tables) error {
		n := *t.appByAppID(appID)
		change(&n)
		t.putApp(&n)
		return nil
	})
}

func (s *tenantOf) editUser(who string, change func(*user)) {
	s.t.Helper()
	id := s.person(who).ID
	s.dir.change(func(t *tables) error {
		n := *t.user(id)
		change(&n)
		t.putUser(&n)
		return nil
	})
}

// graphToken is the setup script's token.
func (s *tenantOf) graphToken() string {
	s.t.Helper()
	return s.ask("v2", "grant_type", "client_credentials", "client_id", scriptID, "client_secret", seedSecret(scriptSeed),
		"scope", "https://graph.microsoft.com/.default").must(s.t).get("access_token")
}

func (s *tenantOf) graphCall(method, path string, body any, headers ...string) reply {
	s.t.Helper()
	var text []byte
	if body != nil {
		text, _ = json.Marshal(body)
	}
	return s.do(method, "/v1.0"+path, text, append([]string{"Authorization", "Bearer " + s.graphToken(), "Content-Type", "application/json"}, headers...)...)
}

func stdBase64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
