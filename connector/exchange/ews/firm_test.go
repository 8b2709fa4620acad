package ews_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
	"github.com/signoffhq/signoff/seal"
)

const (
	exchangeAPI = "00000002-0000-0ff1-ce00-000000000000"
	someApp     = "11111111-2222-4333-8444-555555555555"
	every       = "EWS.AccessAsUser.All"
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
	f.system = f.open(exchange.Settings{})
	t.Cleanup(func() {
		if err := f.system.Close(); err != nil {
			t.Error(err)
		}
		f.plain.CloseIdleConnections()
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// open opens a system like the firm's.
func (f *firm) open(s exchange.Settings) exchange.System {
	f.t.Helper()
	if s.Server == "" {
		s.Server = f.Addresses().EWS
	}
	if s.PageSize == 0 {
		s.PageSize = 20
	}
	s.Plain, s.Pause = f.plain, f.pause
	system, err := ews.Open(s)
	if err != nil {
		f.t.Fatal(err)
	}
	return system
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

// asked is what was asked of the server.
type asked struct {
	token string // added to each request; "": none is
	inner http.RoundTripper
	t     *testing.T

	answered chan string // gets operations whose answer has begun; nil: nobody listens

	mu         sync.Mutex
	operations []string
	heads      []http.Header
	under      int
	most       int
}

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	name := r.Method
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if len(body) > 0 {
			inOrder(a.t, body)
			name = operation(body)
		}
	}
	a.mu.Lock()
	a.operations, a.heads = append(a.operations, name), append(a.heads, r.Header)
	a.under++
	a.most = max(a.most, a.under)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		a.under--
		a.mu.Unlock()
	}()
	answer, err := a.inner.RoundTrip(r)
	if a.answered != nil {
		a.answered <- name
	}
	return answer, err
}

// operation is the name of the element in a SOAP body.
func operation(body []byte) string {
	dec := xml.NewDecoder(bytes.NewReader(body))
	inside := false
	for {
		token, err := dec.Token()
		if err != nil {
			return "?"
		}
		if s, ok := token.(xml.StartElement); ok {
			if inside {
				return s.Name.Local
			}
			inside = s.Name.Local == "Body" || s.Name.Local == "Autodiscover"
		}
	}
}

func (a *asked) count(name string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return count(a.operations, name)
}

func (f *firm) mint(claims map[string]any) string {
	f.t.Helper()
	now := time.Now()
	for k, v := range map[string]any{"aud": exchangeAPI, "appid": someApp, "iat": now.Unix(), "exp": now.Add(24 * time.Hour).Unix(), "tid": entra.TenantID} {
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
func (f *firm) person(login, scopes string, box exchange.Box) (exchange.Backend, *asked) {
	f.t.Helper()
	for _, p := range f.Entra.Addresses().Accounts {
		if p.Login == login+"@contoso.test" {
			a := &asked{token: f.mint(map[string]any{"oid": p.ID, "scp": scopes}), inner: f.plain.Transport, t: f.t}
			return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: a}, Who: login}, box), a
		}
	}
	f.t.Fatalf("nobody is called %s", login)
	return nil, nil
}

func (f *firm) own(login string) (exchange.Backend, *asked) {
	return f.person(login, every, exchange.Box{})
}

// app is a box that an application acts as the owner of.
func (f *firm) app(address string, roles ...string) (exchange.Backend, *asked) {
	a := &asked{token: f.mint(map[string]any{"roles": roles}), inner: f.plain.Transport, t: f.t}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: a}, App: true}, exchange.Box{Address: address, Impersonate: true}), a
}

// password is a box opened with a name and a password.
func (f *firm) password(user, password string, box exchange.Box) exchange.Backend {
	return f.system.Open(exchange.Access{HTTP: f.plain, User: user, Password: seal.Secret(password)}, box)
}

func (f *firm) post(b exchange.Backend) exchange.Post {
	return exchange.Post{Backend: b, Pause: f.pause, Unsent: &exchange.Unsent{}}
}

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

func (f *firm) plant(name, login, value string, times int) {
	f.t.Helper()
	if login != "" {
		m, err := f.Exchange.Mailbox(login + "@contoso.test")
		if err != nil {
			f.t.Fatal(err)
		}
		login = m.Account().ID
	}
	if err := f.Exchange.Plant(sandboxed.Fault{Name: name, Mailbox: login, Value: value, Times: times}); err != nil {
		f.t.Fatal(err)
	}
}

func (f *firm) plantEWS(fault served.Fault) {
	f.t.Helper()
	if err := f.EWS.Plant(fault); err != nil {
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

func TestConformance(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Firm {
		f := newFirm(t)
		return &exchangetest.Firm{
			Own:     func(login string) exchange.Backend { b, _ := f.own(login); return b },
			Post:    f.post,
			Arrived: f.arrived,
			Plant:   f.plant,
			Planted: func() int { return len(f.Exchange.Faults()) },
			Sending: []string{"CreateItem", "CreateAttachment", "SendItem", "GetItem", "FindItem"},
		}
	})
}

// An Exchange Server of one's own, with a name and a password over NTLM.
func TestConformanceOnPremises(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Firm {
		f := newFirm(t)
		f.EWS.SetPolicy(served.Policy{OnPremises: true, SchemesOff: []string{"Basic", "Bearer"}})
		return &exchangetest.Firm{
			Own:     func(login string) exchange.Backend { return f.password("CONTOSO\\"+login, "signoff", exchange.Box{}) },
			Post:    f.post,
			Arrived: f.arrived,
			Plant:   f.plant,
			Planted: func() int { return len(f.Exchange.Faults()) },
			Sending: []string{"CreateItem", "SendItem"},
		}
	})
}

// give gives a person a right on somebody's mailbox.
func (f *firm) give(right, mailbox, to string) {
	f.t.Helper()
	if err := f.Exchange.Grant(sandboxed.Grant{Right: right, Mailbox: mailbox, To: to}); err != nil {
		f.t.Fatal(err)
	}
}
