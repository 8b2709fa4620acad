package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clock is a time that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// post takes down what people were told.
type post struct {
	mu   sync.Mutex
	told []oauth.Notice
}

func (p *post) Announce(_ context.Context, n oauth.Notice) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, n)
	return nil
}

func (p *post) all() []oauth.Notice {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]oauth.Notice(nil), p.told...)
}

// kit is a service with all it needs.
type kit struct {
	*testing.T
	*oauth.Service
	store *store.Store
	clock *clock
	post  *post
	key   seal.Key
	log   *lines
	woken []string // needs that OnConnected was called with
	mu    sync.Mutex
	http  *http.Client
}

// lines is a log that can be looked through.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

const public = "https://signoff.example.com"

func openStore(t *testing.T, c *clock) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), store.Options{Now: c.now})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func newKit(t *testing.T, client *http.Client) *kit {
	c := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	return kitOver(t, openStore(t, c), c, seal.NewKey(), client)
}

// newKitAt is a service at another public address.
func newKitAt(t *testing.T, c *clock, public string, client *http.Client) *kit {
	return kitWith(t, openStore(t, c), c, seal.NewKey(), public, client)
}

// kitOver is one more node over the same data.
func kitOver(t *testing.T, s *store.Store, c *clock, key seal.Key, client *http.Client) *kit {
	return kitWith(t, s, c, key, public, client)
}

func kitWith(t *testing.T, s *store.Store, c *clock, key seal.Key, public string, client *http.Client) *kit {
	if client == nil {
		client = http.DefaultClient
	}
	k := &kit{T: t, store: s, clock: c, post: &post{}, key: key, log: &lines{}, http: client}
	var err error
	k.Service, err = oauth.Open(oauth.Config{Store: s, Client: client, Loopback: true, Seal: key, Public: public, Announcer: k.post,
		Owns: func(_ context.Context, who signoff.Principal, account string) (bool, error) {
			return accounts[who] == account, nil
		},
		Log: slog.New(slog.NewTextHandler(k.log, nil)), Now: c.now})
	must(t, err)
	k.OnConnected(func(_ context.Context, n oauth.Need) {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.woken = append(k.woken, n.Key())
	})
	t.Cleanup(func() { must(t, k.Service.Close()) })
	return k
}

// run lets the service look after its tokens until the test ends.
func (k *kit) run() {
	ctx, cancel := context.WithCancel(k.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = k.Service.Run(ctx) }()
	k.Cleanup(func() { cancel(); <-done })
}

func (k *kit) wakes() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.woken...)
}

// eventually waits for something that another goroutine brings about.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came to pass: " + what)
		}
	}
}

var (
	root = signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true, How: "session"}
	jane = signoff.Caller{Person: signoff.Person{Principal: "user:2"}, How: "session"}
	ana  = signoff.Caller{Person: signoff.Person{Principal: "user:3"}, How: "session"}
)

// accounts are what providers call people.
var accounts = map[signoff.Principal]string{jane.Principal: "jane@contoso.test", ana.Principal: "ana@contoso.test"}

const hush = "hush-this-is-the-secret"

// office is a resource of the strict provider.
func (k *kit) office(p *strict) oauth.Kept {
	k.Helper()
	got, err := k.Save(k.Context(), root, oauth.Resource{Name: "office", Title: "Office", Type: "openid", Issuer: p.URL, ClientID: "us", Auth: oauth.WithSecret,
		Secret: hush, Scopes: []string{"openid", "mail"}}, 0)
	must(k.T, err)
	return got
}

// connect has somebody connect, as a browser would.
func (k *kit) connect(by signoff.Caller, ask oauth.Ask) oauth.Ended {
	k.Helper()
	b, err := k.Connect(k.Context(), by, ask)
	must(k.T, err)
	to, err := url.Parse(b.Address)
	must(k.T, err)
	out, err := k.Finish(k.Context(), oauth.Answer{Path: oauth.CallbackPath, By: by, Query: url.Values{"state": {b.State}, "code": {to.Query().Get("code_challenge")}}})
	must(k.T, err)
	if out.Problem != nil {
		k.Fatalf("not connected: %+v", out.Problem)
	}
	return out
}

func codeOf(err error) string { return signoff.CodeOf(err) }

func missingOf(t testing.TB, err error) *oauth.NotConnected {
	t.Helper()
	m, ok := errors.AsType[*oauth.NotConnected](err)
	if !ok {
		t.Fatalf("not a token that is missing: %v", err)
	}
	return m
}

func spell(v any) string { return fmt.Sprintf("%+v %s", v, v) }
