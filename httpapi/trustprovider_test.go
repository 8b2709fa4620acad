package httpapi_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/identity/trust"
)

// A keyMaker is a provider of tokens and keys that behaves as its mood says.
type keyMaker struct {
	*httptest.Server
	t     *testing.T
	mu    sync.Mutex
	mood  string
	keys  map[string]*rsa.PrivateKey // published, by kid
	signs string                     // kid of the one it signs with
	free  chan struct{}              // closed: whoever waits goes on
	asked atomic.Int64
	sent  atomic.Int64 // bytes of keys
}

func newKeyMaker(t *testing.T) *keyMaker {
	t.Helper()
	p := &keyMaker{t: t, keys: map[string]*rsa.PrivateKey{}, free: make(chan struct{})}
	p.rotate("k1")
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	t.Cleanup(func() { p.set("good"); p.Close() })
	return p
}

func (p *keyMaker) rotate(kid string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(p.t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys, p.signs = map[string]*rsa.PrivateKey{kid: key}, kid
}

// set changes the mood, and lets go who waited.
func (p *keyMaker) set(mood string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mood == "slow" && mood != "slow" {
		close(p.free)
		p.free = make(chan struct{})
	}
	p.mood = mood
}

func (p *keyMaker) serve(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	p.mu.Lock()
	mood, free := p.mood, p.free
	p.mu.Unlock()
	switch mood {
	case "slow":
		select {
		case <-free:
		case <-r.Context().Done():
			return
		}
	case "down":
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case "garbage":
		io.WriteString(w, "\x00\xff{{{{")
		return
	case "html":
		io.WriteString(w, "<!DOCTYPE html><html>please sign in</html>")
		return
	case "huge":
		p.flood(w)
		return
	case "elsewhere":
		http.Redirect(w, r, "https://evil.test/keys", http.StatusFound)
		return
	case "another":
		fmt.Fprintf(w, `{"issuer":"https://evil.test","jwks_uri":"%s/keys"}`, p.URL)
		return
	case "no keys":
		if r.URL.Path == "/keys" {
			io.WriteString(w, `{"keys":[]}`)
			return
		}
	}
	p.answer(w, r)
}

// flood writes a gigabyte, for whoever takes it.
func (p *keyMaker) flood(w io.Writer) {
	io.WriteString(w, `{"keys":[`)
	chunk := []byte(strings.Repeat(`{"kty":"x"},`, 1<<12))
	for p.sent.Load() < 1<<30 {
		n, err := w.Write(chunk)
		if p.sent.Add(int64(n)); err != nil {
			return
		}
	}
}

func (p *keyMaker) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/keys" {
		fmt.Fprintf(w, `{"issuer":"%s","jwks_uri":"%s/keys"}`, p.URL, p.URL)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []string
	for kid, key := range p.keys {
		list = append(list, fmt.Sprintf(`{"kty":"RSA","use":"sig","alg":"RS256","kid":"%s","n":"%s","e":"%s"}`, kid,
			base64.RawURLEncoding.EncodeToString(key.N.Bytes()), base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())))
	}
	fmt.Fprintf(w, `{"keys":[%s]}`, strings.Join(list, ","))
}

// token is of somebody of this provider, under the name of a key.
func (p *keyMaker) token(sub, kid string) string {
	p.mu.Lock()
	key := p.keys[p.signs]
	if kid == "" {
		kid = p.signs
	}
	p.mu.Unlock()
	now := time.Now().Unix()
	signed := enc(text(claims{"alg": "RS256", "typ": "JWT", "kid": kid})) + "." + enc(text(claims{"iss": p.URL, "aud": "signoff", "sub": sub,
		"iat": now, "exp": now + 600, "client_id": "script", "scope": "workflow", "preferred_username": sub, "jti": rand.Text()}))
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, 5, sum[:]) // 5: crypto.SHA256
	must(p.t, err)
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func (p *keyMaker) caFile() string {
	file := filepath.Join(p.t.TempDir(), "ca.pem")
	must(p.t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: mustCert(p.Certificate())}), 0o600))
	return file
}

func mustCert(c *x509.Certificate) []byte { return c.Raw }

// trusting is a server that trusts one provider.
type trusting struct {
	*firm
	p    *keyMaker
	skip atomic.Int64 // how far the server's clock of keys is ahead
}

func trustingA(t *testing.T, p *keyMaker) *trusting {
	t.Helper()
	tr := &trusting{p: p, firm: &firm{t: t}}
	tr.cfg = trust.Config{Client: clientOf(t, p.caFile()), Loopback: true, Now: func() time.Time { return time.Now().Add(time.Duration(tr.skip.Load())) }}
	tr.World = apitest.Start(t, func(s *httpapi.Server) { openTrust(t, s, tr.cfg) })
	return tr
}

// entry is what an administrator saves for the provider.
func (tr *trusting) entry() api.SetTrust {
	return api.SetTrust{Issuers: []api.TrustedIssuer{{Name: "provider", Profile: "oidc", URL: tr.p.URL, Audiences: []string{"signoff"}, Scopes: []string{"workflow"}, Newcomers: "create"}}}
}

func (tr *trusting) status(token string) (int, string) {
	tr.t.Helper()
	status, p, _, _ := tr.bearer("/api/v1/me", token)
	return status, p.Code
}

func TestAProviderThatMisbehavesFromTheStartIsSaidToBeUnavailable(t *testing.T) {
	for _, mood := range []string{"down", "garbage", "html", "huge", "elsewhere", "another", "no keys"} {
		p := newKeyMaker(t)
		p.set(mood)
		tr := trustingA(t, p)
		tr.as("admin", "PUT", "/trust", tr.entry(), nil)
		began := time.Now()
		for range 50 {
			if status, code := tr.status(p.token("ana", "")); status != 503 || code != "token-keys-unavailable" {
				t.Errorf("%s: %d %s", mood, status, code)
			}
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s: %v for 50 requests", mood, took)
		}
		if n := p.asked.Load(); n > 2 { // metadata and keys, once
			t.Errorf("%s: it was asked %d times for 50 tokens", mood, n)
		}
		if sent := p.sent.Load(); sent > 32<<20 {
			t.Errorf("%s: %d bytes were taken from it", mood, sent)
		}
		var keys api.List[api.TrustKeys]
		tr.as("admin", "GET", "/trust/keys", nil, &keys)
		if len(keys.Items) != 1 || keys.Items[0].Problem == "" || keys.Items[0].Fetched != nil {
			t.Errorf("%s: %+v", mood, keys)
		}
		if status, problem, _ := ask(t, tr.World, "admin", "POST", "/api/v1/trust/keys/refresh", `{"issuer":"provider"}`); status != 503 || problem.Code != "keys-not-fetched" || problem.Detail == "" {
			t.Errorf("%s: %d %+v", mood, status, problem)
		}
		p.set("good")
		tr.as("admin", "POST", "/trust/keys/refresh", api.RefreshKeys{Issuer: "provider"}, nil)
		if status, code := tr.status(p.token("ana", "")); status != 200 {
			t.Errorf("%s, mended: %d %s", mood, status, code)
		}
	}
}

func TestGoodKeysOutliveAProviderThatMisbehavesLater(t *testing.T) {
	p := newKeyMaker(t)
	tr := trustingA(t, p)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil)
	if status, code := tr.status(p.token("ana", "")); status != 200 {
		t.Fatalf("%d %s", status, code)
	}
	for _, mood := range []string{"down", "garbage", "html", "huge", "elsewhere", "another", "no keys"} {
		p.set(mood)
		tr.skip.Add(int64(10 * time.Minute)) // so that an unknown key may make it ask
		if status, code := tr.status(p.token("ana", "unknown-"+mood)); status != 401 || code != "token-key" {
			t.Errorf("%s: %d %s", mood, status, code)
		}
		tr.skip.Store(0)
		if status, code := tr.status(p.token("ana", "")); status != 200 {
			t.Errorf("%s made it forget good keys: %d %s", mood, status, code)
		}
	}
}

func TestUnknownKeysDoNotMakeTheServerAskAgainAndAgain(t *testing.T) {
	p := newKeyMaker(t)
	tr := trustingA(t, p)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil)
	if status, _ := tr.status(p.token("ana", "")); status != 200 {
		t.Fatal(status)
	}
	before := p.asked.Load()
	for i := range 200 {
		if status, code := tr.status(p.token("ana", fmt.Sprint("made-up-", i))); status != 401 || code != "token-key" {
			t.Fatalf("%d %s", status, code)
		}
	}
	if n := p.asked.Load() - before; n > 2 {
		t.Errorf("200 made-up keys made it ask %d times", n)
	}
}

func TestKeysThatRotateAreTakenUpAndTheirOldTokensEnd(t *testing.T) {
	p := newKeyMaker(t)
	tr := trustingA(t, p)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil)
	old := p.token("ana", "")
	if status, _ := tr.status(old); status != 200 {
		t.Fatal(status)
	}
	p.rotate("k2")
	tr.skip.Add(int64(6 * time.Minute)) // the five minutes between two looks are over
	fresh := p.token("ana", "")
	var wg sync.WaitGroup
	for range 20 { // all at once, in the middle of it
		wg.Go(func() {
			if status, code := tr.status(fresh); status != 200 {
				t.Errorf("a token of the new key: %d %s", status, code)
			}
		})
	}
	wg.Wait()
	if status, code := tr.status(old); status != 401 || code != "token-key" {
		t.Errorf("a token of the key that is gone: %d %s", status, code)
	}
}

func TestASlowProviderKeepsNobodyElseWaiting(t *testing.T) {
	p := newKeyMaker(t)
	tr := trustingA(t, p)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil)
	if status, _ := tr.status(p.token("ana", "")); status != 200 {
		t.Fatal(status)
	}
	p.set("slow")
	tr.skip.Add(int64(6 * time.Minute))
	waiting := make(chan string, 1)
	go func() {
		_, code := tr.status(p.token("ana", "unknown"))
		waiting <- code
	}()
	for before := p.asked.Load(); p.asked.Load() == before; {
		select {
		case code := <-waiting:
			t.Fatalf("nobody waits: %s", code)
		case <-time.After(time.Millisecond):
		}
	}
	began := time.Now()
	if status, code := tr.status(p.token("ana", "")); status != 200 {
		t.Errorf("a token of a known key: %d %s", status, code)
	}
	tr.as("ana", "GET", "/me", nil, nil)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil) // and the setting can be saved
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("others waited for %v", took)
	}
	p.set("good")
	if code := <-waiting; code != "token-key" {
		t.Errorf("who waited is told %q", code)
	}
}

// A server that starts while the provider is down still knows its keys.
func TestKeysOutliveARestartDuringAnOutage(t *testing.T) {
	p := newKeyMaker(t)
	tr := trustingA(t, p)
	tr.as("admin", "PUT", "/trust", tr.entry(), nil)
	if status, _ := tr.status(p.token("ana", "")); status != 200 {
		t.Fatal(status)
	}
	p.set("down")
	asked := p.asked.Load()
	again := apitest.Beside(t, tr.World, func(s *httpapi.Server) { openTrust(t, s, tr.cfg) })
	if status, _, _, body := sendWith(t, again.URL+"/api/v1/me", "Bearer "+p.token("ana", "")); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	if p.asked.Load() != asked {
		t.Error("it was asked although the keys are known")
	}
}
