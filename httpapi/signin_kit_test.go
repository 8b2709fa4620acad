package httpapi_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/seal"
)

type obj = map[string]any

// A provider is an OpenID provider written for these tests with the standard
// library alone. It signs in whoever comes as person, and does whatever a test
// has it do.
type provider struct {
	*httptest.Server
	key    *rsa.PrivateKey
	client string // the one client's id

	mu       sync.Mutex
	person   obj                                              // claims of whoever signs in
	metadata obj                                              // members of the metadata that are otherwise
	change   func(header, claims obj)                         // what id tokens say that is otherwise
	by       *rsa.PrivateKey                                  // signs instead
	answer   func(w http.ResponseWriter, idToken string) bool // the token endpoint's, if it returns true
	redirect func(q url.Values) url.Values                    // parameters that browsers bring back
	codes    map[string]url.Values                            // of authorisation requests
	asked    map[string]int                                   // requests by path
	forms    []url.Values                                     // what the token endpoint got
}

var providerKey, strangeKey = mustKey(), mustKey()

func mustKey() *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return k
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{key: providerKey, client: "signoff-client", codes: map[string]url.Values{}, asked: map[string]int{},
		person: obj{"sub": "s-ana", "name": "Ana Abroad", "preferred_username": "ana@abroad.test", "email": "ana@abroad.test", "email_verified": true, "sid": "session-1"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.document)
	mux.HandleFunc("/keys", p.keys)
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path]++
		p.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	p.Config.ErrorLog = nil
	t.Cleanup(p.Close)
	return p
}

// set changes the provider while it runs.
func (p *provider) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

func (p *provider) count(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *provider) document(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := obj{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"end_session_endpoint": p.URL + "/logout", "id_token_signing_alg_values_supported": []string{"RS256"}}
	for k, v := range p.metadata {
		d[k] = v
	}
	_ = json.NewEncoder(w).Encode(d)
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	e := big.NewInt(int64(p.key.E)).Bytes()
	_ = json.NewEncoder(w).Encode(obj{"keys": []obj{{"kty": "RSA", "use": "sig", "kid": "k1", "alg": "RS256",
		"n": b64(p.key.N.Bytes()), "e": b64(e)}}})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	code := rand.Text()
	p.codes[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	if p.redirect != nil {
		back = p.redirect(back)
	}
	w.Header().Set("Location", q.Get("redirect_uri")+"?"+back.Encode())
	w.WriteHeader(http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forms = append(p.forms, r.PostForm)
	q, known := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	if !known || q.Get("code_challenge") != b64(sum[:]) || q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != r.PostForm.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(obj{"error": "invalid_grant", "error_description": "no such code"})
		return
	}
	id := p.sign(p.idToken(q.Get("nonce")))
	if p.answer != nil && p.answer(w, id) {
		return
	}
	_ = json.NewEncoder(w).Encode(obj{"access_token": "at", "token_type": "Bearer", "expires_in": 3600, "id_token": id})
}

func (p *provider) idToken(nonce string) (header, claims obj) {
	now := time.Now().Unix()
	header = obj{"alg": "RS256", "typ": "JWT", "kid": "k1"}
	claims = obj{"iss": p.URL, "aud": p.client, "iat": now, "exp": now + 600, "nonce": nonce}
	for k, v := range p.person {
		claims[k] = v
	}
	if p.change != nil {
		p.change(header, claims)
	}
	return header, claims
}

func (p *provider) sign(header, claims obj) string {
	for _, o := range []obj{header, claims} {
		for k, v := range o {
			if v == nil {
				delete(o, k)
			}
		}
	}
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	signed := b64(h) + "." + b64(c)
	key := p.key
	if p.by != nil {
		key = p.by
	}
	if header["alg"] == "none" {
		return signed + "."
	}
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return signed + "." + b64(sig)
}

// logoutToken is one as it should be, changed.
func (p *provider) logoutToken(change func(header, claims obj)) string {
	now := time.Now().Unix()
	header := obj{"alg": "RS256", "typ": "logout+jwt", "kid": "k1"}
	claims := obj{"iss": p.URL, "aud": p.client, "iat": now, "exp": now + 120, "jti": rand.Text(), "sub": "s-ana", "sid": "session-1",
		"events": obj{"http://schemas.openid.net/event/backchannel-logout": obj{}}}
	if change != nil {
		change(header, claims)
	}
	return p.sign(header, claims)
}

// signWorld is a server that people can sign in to through providers.
type signWorld struct {
	*apitest.World
	t   *testing.T
	key seal.Key
	out *http.Client
}

// openSignIn starts a server without providers. pools are those it may call.
func openSignIn(t *testing.T, providers ...*provider) *signWorld {
	t.Helper()
	w := &signWorld{World: apitest.Start(t), t: t, key: seal.NewKey(), out: &http.Client{Timeout: 20 * time.Second}}
	if len(providers) > 0 {
		w.out.Transport = providers[0].Client().Transport // httptest's servers share one certificate
	}
	w.API.Signin = w.openService(w.API.Identity)
	return w
}

func (w *signWorld) openService(people *identity.Service) *signin.Service {
	w.t.Helper()
	s, err := signin.Open(w.t.Context(), signin.Config{Store: w.API.Runner.Store, People: people, Client: w.out, Seal: w.key, Public: w.URL, Log: w.API.Log})
	must(w.t, err)
	w.t.Cleanup(func() { must(w.t, s.Close()) })
	return s
}

// add lets people sign in through p and returns its id.
func (w *signWorld) add(p *provider, a signin.Addition) string {
	w.t.Helper()
	a.From, a.ClientID, a.Secret = p.URL, p.client, "secret of ours"
	if a.Newcomers == "" {
		a.Newcomers = identity.NewcomersCreate
	}
	_, id, err := w.API.Signin.Add(w.t.Context(), w.Caller(w.t, "admin"), a)
	must(w.t, err)
	return id
}

// A visitor is a browser that shows where it was sent instead of going there.
type visitor struct {
	w    *signWorld
	http *http.Client
	csrf string
}

func (w *signWorld) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	return &visitor{w: w, http: &http.Client{Jar: jar, Timeout: 20 * time.Second, Transport: w.out.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// get returns the status, where the answer sends to, and its text.
func (v *visitor) get(address string) (int, string, string) {
	v.w.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.w.URL + address
	}
	r, err := v.http.Get(address)
	must(v.w.t, err)
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	must(v.w.t, err)
	return r.StatusCode, r.Header.Get("Location"), string(text)
}

// begin starts a sign-in and returns the provider's address.
func (v *visitor) begin(id, next string) *url.URL {
	v.w.t.Helper()
	status, to, text := v.get("/api/v1/signin/" + id + "/start?next=" + url.QueryEscape(next))
	if status != http.StatusSeeOther {
		v.w.t.Fatalf("start: %d %s", status, text)
	}
	u, err := url.Parse(to)
	must(v.w.t, err)
	return u
}

// back is what the provider sends the browser back with.
func (v *visitor) back(at *url.URL) string {
	v.w.t.Helper()
	_, to, _ := v.get(at.String())
	return to
}

// signIn goes the whole way and returns where it ends.
func (v *visitor) signIn(id string) string {
	v.w.t.Helper()
	_, to, _ := v.get(v.back(v.begin(id, "/inbox")))
	return to
}

// me is who is signed in, "" nobody.
func (v *visitor) me() string {
	v.w.t.Helper()
	status, _, text := v.get("/api/v1/me")
	var me api.Me
	if status == http.StatusOK {
		must(v.w.t, json.Unmarshal([]byte(text), &me))
		v.csrf = me.CSRF
	}
	return me.Login
}

// do sends a request with the session's token.
func (v *visitor) do(method, path, body string) (int, string) {
	v.w.t.Helper()
	r, err := http.NewRequestWithContext(v.w.t.Context(), method, v.w.URL+path, strings.NewReader(body))
	must(v.w.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if v.csrf != "" {
		r.Header.Set("X-CSRF-Token", v.csrf)
	}
	a, err := v.http.Do(r)
	must(v.w.t, err)
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	must(v.w.t, err)
	return a.StatusCode, string(text)
}

// failure reads why a sign-in failed from where the browser was sent.
func (v *visitor) failure(to string) api.SignInFailure {
	v.w.t.Helper()
	_, refused, found := strings.Cut(to, "/sign-in#refused=")
	if !found {
		v.w.t.Fatalf("not refused: sent to %q", to)
	}
	status, text := v.do("POST", "/api/v1/signin/failure", `{"refused":"`+refused+`"}`)
	if status != http.StatusOK {
		v.w.t.Fatalf("the failure cannot be read: %d %s", status, text)
	}
	var f api.SignInFailure
	must(v.w.t, json.Unmarshal([]byte(text), &f))
	return f
}
