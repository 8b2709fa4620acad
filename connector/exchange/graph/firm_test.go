package graph_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"

	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
)

const (
	graphAPI = "00000003-0000-0000-c000-000000000000"
	someApp  = "11111111-2222-4333-8444-555555555555"
	every    = "Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Calendars.ReadWrite Calendars.Read.Shared Contacts.ReadWrite Tasks.ReadWrite Place.Read.All Mail.ReadWrite.Shared Mail.Send.Shared User.Read"
)

// firm is a sandbox whose clock goes on when somebody pauses, so that pausing
// takes no time. Pauses are remembered.
type firm struct {
	*contoso.Firm
	t      *testing.T
	plain  *http.Client
	system exchange.System

	mu     sync.Mutex
	paused []time.Duration
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	f := &firm{t: t}
	inner, err := contoso.Start(t.Context(), contoso.Options{Dir: t.TempDir(), Log: log, Now: f.now})
	if err != nil {
		t.Fatal(err)
	}
	f.Firm = inner
	pem, err := os.ReadFile(inner.Entra.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("the sandbox's certificate cannot be read")
	}
	f.plain = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(func() {
		f.plain.CloseIdleConnections()
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	f.Exchange.SetLimits(sandboxed.Limits{Concurrent: 4, RequestsPer10Min: -1, MessagesPerMinute: -1})
	if f.system, err = graph.Open(exchange.Settings{Server: inner.Entra.URL() + "/v1.0", Plain: f.plain, PageSize: 20, Pause: f.pause}); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *firm) pause(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = append(f.paused, d)
	return ctx.Err()
}

func (f *firm) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := time.Now()
	for _, d := range f.paused {
		at = at.Add(d)
	}
	return at
}

func (f *firm) pauses() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Duration(nil), f.paused...)
}

// bearer adds a token and counts what is asked.
type bearer struct {
	token string
	inner http.RoundTripper

	mu    sync.Mutex
	asked []string
	under int
	most  int
}

func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	b.mu.Lock()
	b.asked = append(b.asked, r.Method+" "+r.URL.Path)
	b.under++
	b.most = max(b.most, b.under)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.under--
		b.mu.Unlock()
	}()
	return b.inner.RoundTrip(r)
}

func (b *bearer) count(part string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, a := range b.asked {
		if strings.Contains(a, part) {
			n++
		}
	}
	return n
}

func (f *firm) mint(claims map[string]any) string {
	f.t.Helper()
	now := f.now()
	for k, v := range map[string]any{"aud": graphAPI, "appid": someApp, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "tid": entra.TenantID} {
		if claims[k] == nil {
			claims[k] = v
		}
	}
	text, err := f.Entra.Mint(nil, claims)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// person is a box opened with a person's token.
func (f *firm) person(login, scopes, address string) (exchange.Backend, *bearer) {
	f.t.Helper()
	for _, p := range f.Entra.Addresses().Accounts {
		if p.Login == login+"@contoso.test" {
			b := &bearer{token: f.mint(map[string]any{"oid": p.ID, "scp": scopes}), inner: f.plain.Transport}
			return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: b}, Who: login}, exchange.Box{Address: address}), b
		}
	}
	f.t.Fatalf("nobody is called %s", login)
	return nil, nil
}

func (f *firm) own(login string) (exchange.Backend, *bearer) { return f.person(login, every, "") }

// app is a box opened with the application's own token.
func (f *firm) app(address string, roles ...string) exchange.Backend {
	b := &bearer{token: f.mint(map[string]any{"roles": roles}), inner: f.plain.Transport}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: b}, App: true}, exchange.Box{Address: address})
}

func (f *firm) post(b exchange.Backend) exchange.Post {
	return exchange.Post{Backend: b, Pause: f.pause, Unsent: &exchange.Unsent{}}
}

// arrived lists the subjects in somebody's inbox.
func (f *firm) arrived(login string) []string {
	f.t.Helper()
	m, err := f.Exchange.Mailbox(login + "@contoso.test")
	if err != nil {
		f.t.Fatal(err)
	}
	items, err := m.Items("inbox")
	if err != nil {
		f.t.Fatal(err)
	}
	var out []string
	for _, it := range items {
		msg, err := it.Message()
		if err != nil {
			f.t.Fatal(err)
		}
		out = append(out, msg.Subject)
	}
	return out
}

func (f *firm) plant(name, mailbox, value string, times int) {
	f.t.Helper()
	if mailbox != "" {
		m, err := f.Exchange.Mailbox(mailbox + "@contoso.test")
		if err != nil {
			f.t.Fatal(err)
		}
		mailbox = m.Account().ID
	}
	if err := f.Exchange.Plant(sandboxed.Fault{Name: name, Mailbox: mailbox, Value: value, Times: times}); err != nil {
		f.t.Fatal(err)
	}
}

func count(list []string, what string) int {
	n := 0
	for _, s := range list {
		if s == what {
			n++
		}
	}
	return n
}

func (f *firm) grant(right, mailbox string) {
	f.t.Helper()
	if err := f.Exchange.Grant(sandboxed.Grant{Right: right, Mailbox: mailbox, To: someApp}); err != nil {
		f.t.Fatal(err)
	}
}
