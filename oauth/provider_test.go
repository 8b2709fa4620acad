package oauth_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// strict is a provider that turns refresh tokens over at every use. The one
// before is taken for a while, for answers that were lost; after that, or when an
// older one comes, it takes the whole grant back.
type strict struct {
	*httptest.Server
	now   func() time.Time
	grace time.Duration
	life  int

	mu        sync.Mutex
	grants    map[string]*grant // by name
	byRefresh map[string]*grant
	asked     int
	repeated  int // refreshes with a token that was turned over already
	answer    func(w http.ResponseWriter, r *http.Request) bool
	after     func(g *grant) (lose bool) // called once a refresh was carried out
	forms     []map[string]string
}

type grant struct {
	name     string
	refresh  string // the one that counts
	before   string // the one that was turned over last
	turned   time.Time
	turns    int
	revoked  bool
	access   map[string]bool
	latest   string
	accounts string
}

func newStrict(t testing.TB, now func() time.Time) *strict {
	p := &strict{now: now, life: 3600, grants: map[string]*grant{}, byRefresh: map[string]*grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token",
			"device_authorization_endpoint": p.URL + "/device", "token_endpoint_auth_methods_supported": []string{"client_secret_post"}})
	})
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"device_code": rand.Text(), "user_code": "ABCD", "verification_uri": "https://provider.test/device", "expires_in": 900})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *strict) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	form := map[string]string{}
	for name := range r.PostForm {
		form[name] = r.PostForm.Get(name)
	}
	p.mu.Lock()
	p.asked++
	p.forms = append(p.forms[max(0, len(p.forms)-100):], form)
	special := p.answer
	p.mu.Unlock()
	if special != nil && special(w, r) {
		return
	}
	switch form["grant_type"] {
	case "client_credentials":
		answer(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": p.life, "access_token": "app-" + rand.Text()})
	case "authorization_code":
		p.mu.Lock()
		g := p.issue(form["code"])
		text := map[string]any{"token_type": "Bearer", "expires_in": p.life, "access_token": g.latest, "refresh_token": g.refresh, "scope": "all"}
		p.mu.Unlock()
		answer(w, http.StatusOK, text)
	case "refresh_token":
		p.refresh(w, form["refresh_token"])
	default:
		answer(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
	}
}

// issue makes a grant. The caller holds mu.
func (p *strict) issue(name string) *grant {
	g := &grant{name: name, refresh: "r0-" + rand.Text(), access: map[string]bool{}}
	g.latest = "a0-" + rand.Text()
	g.access[g.latest] = true
	p.grants[name], p.byRefresh[g.refresh] = g, g
	return g
}

func (p *strict) refresh(w http.ResponseWriter, text string) {
	p.mu.Lock()
	g := p.byRefresh[text]
	refuse := func(why string) {
		p.mu.Unlock()
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": why})
	}
	switch {
	case g == nil:
		refuse("nobody has this")
		return
	case g.revoked:
		refuse("it was taken back")
		return
	case text != g.refresh && (text != g.before || p.now().Sub(g.turned) >= p.grace):
		g.revoked = true
		refuse("it was used before: somebody stole it")
		return
	case text != g.refresh:
		p.repeated++
	default:
		g.before, g.turned = g.refresh, p.now()
	}
	g.turns++
	g.refresh = fmt.Sprintf("r%d-%s", g.turns, rand.Text())
	p.byRefresh[g.refresh] = g
	g.latest = fmt.Sprintf("a%d-%s", g.turns, rand.Text())
	g.access = map[string]bool{g.latest: true}
	body := map[string]any{"token_type": "Bearer", "expires_in": p.life, "access_token": g.latest, "refresh_token": g.refresh}
	after := p.after
	p.mu.Unlock()
	if after != nil && after(g) {
		panic(http.ErrAbortHandler) // carried out, and nobody hears of it
	}
	answer(w, http.StatusOK, body)
}

func (p *strict) with(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

func (p *strict) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}
