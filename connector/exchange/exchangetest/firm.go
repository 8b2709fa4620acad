package exchangetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
)

// SomeApp is the application that tokens of a Firm are of.
const SomeApp = "11111111-2222-4333-8444-555555555555"

// A Firm is a sandbox whose clock goes on when somebody pauses, so that pausing
// takes no time. Pauses are remembered.
type Firm struct {
	*contoso.Firm
	Plain *http.Client // trusts the sandbox and has no credential

	t      *testing.T
	mu     sync.Mutex
	paused []time.Duration
}

// Start starts one, and ends it with the test.
func Start(t *testing.T) *Firm {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	f := &Firm{t: t}
	inner, err := contoso.Start(t.Context(), contoso.Options{Dir: t.TempDir(), Log: log, Now: f.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	f.Firm, f.Plain = inner, Trusting(t, inner)
	return f
}

// Trusting is a client that trusts a sandbox.
func Trusting(t *testing.T, f *contoso.Firm) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(f.Entra.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("the sandbox's certificate cannot be read")
	}
	plain := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(plain.CloseIdleConnections)
	return plain
}

// Pause lets the firm's clock go on by d.
func (f *Firm) Pause(ctx context.Context, d time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paused = append(f.paused, d)
	return ctx.Err()
}

// Now is the firm's time.
func (f *Firm) Now() time.Time {
	at := time.Now()
	for _, d := range f.Pauses() {
		at = at.Add(d)
	}
	return at
}

// Pauses are those made so far.
func (f *Firm) Pauses() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.paused)
}

// Token is one for an API, good for a day, with claims beside the usual ones.
func (f *Firm) Token(api string, claims map[string]any) string {
	f.t.Helper()
	now := f.Now()
	all := map[string]any{"aud": api, "appid": SomeApp, "iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix(), "tid": entra.TenantID}
	for k, v := range claims {
		all[k] = v
	}
	text, err := f.Entra.Mint(nil, all)
	if err != nil {
		f.t.Fatal(err)
	}
	return text
}

// Person is a token of somebody with scopes.
func (f *Firm) Person(api, login, scopes string) string {
	f.t.Helper()
	for _, p := range f.Entra.Addresses().Accounts {
		if p.Login == login+"@contoso.test" {
			return f.Token(api, map[string]any{"oid": p.ID, "scp": scopes})
		}
	}
	f.t.Fatalf("nobody is called %s", login)
	return ""
}

// Post sends by a mailbox.
func (f *Firm) Post(b exchange.Backend) exchange.Post {
	return exchange.Post{Backend: b, Pause: f.Pause, Unsent: &exchange.Unsent{}}
}

// Arrived lists the subjects in somebody's inbox.
func (f *Firm) Arrived(login string) []string {
	f.t.Helper()
	items, err := f.mailbox(login).Items("inbox")
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

// Plant switches a fault of the sandbox on, for somebody's mailbox or "" for all,
// and so many times; 0: until it is healed.
func (f *Firm) Plant(name, login, value string, times int) {
	f.t.Helper()
	id := ""
	if login != "" {
		id = f.mailbox(login).Account().ID
	}
	if err := f.Exchange.Plant(sandboxed.Fault{Name: name, Mailbox: id, Value: value, Times: times}); err != nil {
		f.t.Fatal(err)
	}
}

// Give gives somebody, or an application, a right on a mailbox.
func (f *Firm) Give(right, mailbox, to string) {
	f.t.Helper()
	if err := f.Exchange.Grant(sandboxed.Grant{Right: right, Mailbox: mailbox, To: to}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *Firm) mailbox(login string) *sandboxed.Mailbox {
	f.t.Helper()
	m, err := f.Exchange.Mailbox(login + "@contoso.test")
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}
