//go:build unix

package main

import (
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// turning is a provider whose refresh tokens turn over at every use. It takes
// the one before for a while, for answers that were lost, and takes the grant
// back when an older one comes. Its answers come late, so that servers die with
// them.
type turning struct {
	*httptest.Server
	grace, late time.Duration
	busy        chan struct{} // told while an answer is under way

	mu       sync.Mutex
	grants   map[string]*turningGrant // by any refresh token they ever had
	turns    int
	repeated int // with the token before: an answer was lost
	stolen   []string
}

type turningGrant struct {
	name, now, before string
	turned            time.Time
	turns             int
}

func newTurning(t *testing.T) *turning {
	p := &turning{grace: time.Minute, late: 150 * time.Millisecond, busy: make(chan struct{}), grants: map[string]*turningGrant{}}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.token))
	t.Cleanup(p.Close)
	return p
}

// ca is the file that vouches for it.
func (p *turning) ca(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}), 0o600))
	return name
}

func (p *turning) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	g := &turningGrant{name: r.PostForm.Get("code")}
	if r.PostForm.Get("grant_type") == "refresh_token" {
		if g = p.turn(r.PostForm.Get("refresh_token")); g == nil {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"it was used before: somebody stole it"}`))
			return
		}
	}
	p.mu.Lock()
	g.before, g.now, g.turned = g.now, g.name+"-"+rand.Text(), time.Now()
	p.grants[g.now] = g
	body := map[string]any{"token_type": "Bearer", "expires_in": 2, "access_token": rand.Text(), "refresh_token": g.now}
	p.mu.Unlock()
	if g.turns > 0 {
		p.hold(r)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// hold keeps an answer back for a moment, in which whoever wants to can see it.
func (p *turning) hold(r *http.Request) {
	late := time.NewTimer(p.late)
	defer late.Stop()
	for {
		select {
		case <-late.C:
			return
		case <-r.Context().Done():
			return
		case p.busy <- struct{}{}:
		}
	}
}

func (p *turning) turn(text string) *turningGrant {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.grants[text]
	switch {
	case g == nil || text != g.now && (text != g.before || time.Since(g.turned) > p.grace):
		p.stolen = append(p.stolen, text)
		return nil
	case text != g.now:
		p.repeated++
		g.now = g.before // it counts for the one whose answer was lost
	}
	g.turns++
	p.turns++
	return g
}

// counted is how often each grant was renewed, by its name.
func (p *turning) counted() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	turns := map[string]int{}
	for _, g := range p.grants {
		turns[g.name] = g.turns
	}
	return turns
}

// renewedSince is whether each grant was renewed twice since it was counted: what
// was under way then is over, and the answer to the first of the two was kept.
func (p *turning) renewedSince(then map[string]int) bool {
	for name, turns := range p.counted() {
		if turns < then[name]+2 {
			return false
		}
	}
	return true
}

// Three real servers renew the tokens of many people while they are killed at
// random, mostly with answers of the provider in their hands. No grant is lost:
// what the provider gave last is in the database, and nothing was used that had
// been turned over for good. It is the short, outer form of the proof in
// oauth/proof_test.go, with processes and SIGKILL.
func TestNoGrantIsLostWhenServersThatRenewAreKilled(t *testing.T) {
	const grants = 60
	dsn, p := pgtest.Empty(t), newTurning(t)
	c := newCluster(t, 3, dsn, fmt.Sprintf("outside: {allow: 127.0.0.0/8, ca: %q}\nlog: {level: error}\n", p.ca(t)))
	c.up() // the tables, and the key's fingerprint
	key, err := seal.ReadKey(filepath.Join(filepath.Dir(c.nodes[0].config), "key"), "")
	must(t, err)
	st, err := store.Open(t.Context(), dsn, store.Options{})
	must(t, err)
	defer func() { must(t, st.Close()) }()
	grantMany(t, p, st, key, grants)

	chance, kills := mathrand.New(mathrand.NewPCG(72, uint64(os.Getpid()))), 0
	for end := time.Now().Add(12 * time.Second); time.Now().Before(end); kills++ {
		<-p.busy // some server has the answer of a grant in its hands now, or soon
		n := c.nodes[chance.IntN(len(c.nodes))]
		n.kill()
		n.up()
	}
	calm := p.counted()
	if !soon(2*time.Minute, func() bool { return p.renewedSince(calm) || p.lost() > 0 }) {
		t.Error("not every grant is renewed any more")
	}
	for _, n := range c.nodes {
		n.stop()
	}
	judgeGrants(t, p, st, key, grants, kills)
}

func (p *turning) lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.stolen)
}

// soon looks again and again whether something has come to pass.
func soon(long time.Duration, is func() bool) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-tick.C {
		if is() {
			return true
		}
	}
	return is()
}

// grantMany has people connect, each with a grant of their own.
func grantMany(t *testing.T, p *turning, st *store.Store, key seal.Key, n int) {
	t.Helper()
	o, err := oauth.Open(oauth.Config{Store: st, Client: p.Client(), Seal: key, Public: "https://signoff.example.com"})
	must(t, err)
	defer func() { must(t, o.Close()) }()
	_, err = o.Save(t.Context(), overlord, oauth.Resource{Name: "office", Title: "Office", Type: "openid", TokenURL: p.URL + "/token", AuthorizationURL: p.URL + "/authorize",
		ClientID: "us", Auth: oauth.WithNothing}, 0)
	must(t, err)
	for i := range n {
		by := signoff.Caller{Person: signoff.Person{Principal: signoff.Principal(fmt.Sprint("user:", 1000+i))}, How: "session"}
		begun, err := o.Connect(t.Context(), by, oauth.Ask{Resource: "office"})
		must(t, err)
		out, err := o.Finish(t.Context(), oauth.Answer{Path: oauth.CallbackPath, By: by, Query: url.Values{"state": {begun.State}, "code": {fmt.Sprint("grant-", i)}}})
		if must(t, err); out.Problem != nil {
			t.Fatalf("%+v", out.Problem)
		}
	}
}

func judgeGrants(t *testing.T, p *turning, st *store.Store, key seal.Key, grants, kills int) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.stolen {
		t.Errorf("%.12s was used after it had been turned over for good", text)
	}
	list, err := st.OAuthTokens(t.Context(), "office", 0, 1000)
	must(t, err)
	for _, k := range list {
		kept, err := key.Unlock(oauth.TokenPurpose(k.Need), k.Refresh)
		if g := p.grants[kept.Reveal()]; err != nil || k.State != "valid" || g == nil || g.now != kept.Reveal() {
			t.Errorf("%s is %s, and what is kept is not what the provider gave last: %v", k.Need, k.State, err)
		}
	}
	t.Logf("%d grants, %d refreshes by 3 servers, %d of them killed on the way: %d answers died with them and were asked for again, %d grants lost",
		len(list), p.turns, kills, p.repeated, len(p.stolen))
	if len(list) != grants || kills < 3 || p.turns < 3*grants {
		t.Errorf("%d grants, %d kills, %d refreshes: that shows nothing", len(list), kills, p.turns)
	}
}
