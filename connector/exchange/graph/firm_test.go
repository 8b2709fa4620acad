package graph_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
)

const (
	graphAPI = "00000003-0000-0000-c000-000000000000"
	every    = "Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Calendars.ReadWrite Calendars.Read.Shared Contacts.ReadWrite Tasks.ReadWrite Place.Read.All Mail.ReadWrite.Shared Mail.Send.Shared User.Read"
)

// firm is a sandbox that is reached over Graph.
type firm struct {
	*exchangetest.Firm
	t      *testing.T
	system exchange.System
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	f := &firm{Firm: exchangetest.Start(t), t: t}
	f.Exchange.SetLimits(sandboxed.Limits{Concurrent: 4, RequestsPer10Min: -1, MessagesPerMinute: -1})
	var err error
	if f.system, err = graph.Open(exchange.Settings{Server: f.Entra.URL() + "/v1.0", Plain: f.Plain, PageSize: 20, Pause: f.Pause}); err != nil {
		t.Fatal(err)
	}
	return f
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

// person is a box opened with a person's token.
func (f *firm) person(login, scopes, address string) (exchange.Backend, *bearer) {
	f.t.Helper()
	b := &bearer{token: f.Person(graphAPI, login, scopes), inner: f.Plain.Transport}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: b}, Who: login}, exchange.Box{Address: address}), b
}

func (f *firm) own(login string) (exchange.Backend, *bearer) { return f.person(login, every, "") }

// app is a box opened with the application's own token.
func (f *firm) app(address string, roles ...string) exchange.Backend {
	b := &bearer{token: f.Token(graphAPI, map[string]any{"roles": roles}), inner: f.Plain.Transport}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: b}, App: true}, exchange.Box{Address: address})
}

func TestConformance(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Way {
		f := newFirm(t)
		return &exchangetest.Way{Firm: f.Firm, Own: func(login string) exchange.Backend { b, _ := f.own(login); return b },
			Sending: []string{"post /v1.0/me/messages", "attachments", "/send", "get "}}
	})
}
