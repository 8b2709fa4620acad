package mailbox_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/sandbox/contoso"
	"github.com/signoffhq/signoff/sandbox/entra"
	sandboxed "github.com/signoffhq/signoff/sandbox/exchange"
)

// office is the workflow mailbox of the sandbox, over one protocol.
type office struct {
	*contoso.Firm
	t    *testing.T
	box  exchange.Backend
	line *wire
}

// wire is the way to Exchange, which can be cut.
type wire struct {
	token string
	inner http.RoundTripper
	left  atomic.Int64 // requests until it is cut; negative: never
	after bool         // the last one is obeyed, and its answer lost
	cuts  atomic.Int64

	refused atomic.Int64 // requests answered 429
}

var errCut = errors.New("the wire is cut")

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	switch left := w.left.Add(-1); {
	case left == 0 && w.after:
		w.cuts.Add(1)
		w.left.Store(1)
		w.after = false
		a, err := w.inner.RoundTrip(r)
		if err == nil {
			_, _ = io.Copy(io.Discard, a.Body)
			a.Body.Close()
		}
		return nil, errCut
	case left <= 0 && left > -1000:
		w.cuts.Add(1)
		return nil, errCut
	}
	a, err := w.inner.RoundTrip(r)
	if err == nil && a.StatusCode == http.StatusTooManyRequests {
		w.refused.Add(1)
	}
	return a, err
}

func (w *wire) cut(n int64, after bool) { w.left.Store(n); w.after = after }
func (w *wire) mend()                   { w.left.Store(-1 << 40) }

// each runs a test over every protocol there is.
func each(t *testing.T, test func(t *testing.T, o *office)) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) { test(t, open(t, p, nil)) })
	}
}

type protocol struct {
	name, api, path, role string
	open                  func(exchange.Settings) (exchange.System, error)
	impersonate           bool
}

var protocols = []protocol{
	{"graph", "00000003-0000-0000-c000-000000000000", "/v1.0", "Mail.ReadWrite Mail.Send", graph.Open, false},
	{"ews", "https://outlook.office365.com", "/EWS/Exchange.asmx", "full_access_as_app", ews.Open, true},
}

func open(t *testing.T, p protocol, now func() time.Time) *office {
	t.Helper()
	f, err := contoso.Start(t.Context(), contoso.Options{Dir: t.TempDir(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	plain := exchangetest.Trusting(t, f)
	at := time.Now()
	if now != nil {
		at = now()
	}
	token, err := f.Entra.Mint(nil, map[string]any{"aud": p.api, "appid": exchangetest.SomeApp, "iat": at.Unix(), "exp": at.Add(24 * time.Hour).Unix(),
		"tid": entra.TenantID, "roles": strings.Fields(p.role)})
	if err != nil {
		t.Fatal(err)
	}
	o := &office{Firm: f, t: t, line: &wire{token: token, inner: plain.Transport}}
	o.line.mend()
	system, err := p.open(exchange.Settings{Server: f.Entra.URL() + p.path, Plain: plain})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { system.Close() })
	o.box = system.Open(exchange.Access{HTTP: &http.Client{Transport: o.line}, App: true}, exchange.Box{Address: "workflow@contoso.test", Impersonate: p.impersonate})
	return o
}

// arrived lists the mails in a folder of somebody.
func (o *office) arrived(who, folder string) []sandboxed.Item {
	o.t.Helper()
	m, err := o.Exchange.Mailbox(who + "@contoso.test")
	if err != nil {
		o.t.Fatal(err)
	}
	items, err := m.Items(folder)
	if err != nil {
		o.t.Fatal(err)
	}
	return items
}

func (o *office) plant(name, value string) {
	o.t.Helper()
	if err := o.Exchange.Plant(sandboxed.Fault{Name: name, Value: value}); err != nil {
		o.t.Fatal(err)
	}
}

var unlimited = sandboxed.Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: -1}

func letter(id, to string) []byte {
	return []byte("From: Workflow <workflow@contoso.test>\r\nTo: " + to + "\r\nSubject: Approve " + id + "\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n" +
		"Message-Id: <" + id + "@contoso.test>\r\nReply-To: <workflow+secret@contoso.test>\r\nMime-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nPlease decide.\r\n")
}
