package ews_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
	"github.com/signoffhq/signoff/seal"
)

const (
	exchangeAPI = "00000002-0000-0ff1-ce00-000000000000"
	every       = "EWS.AccessAsUser.All"
)

// firm is a sandbox that is reached over EWS.
type firm struct {
	*exchangetest.Firm
	t      *testing.T
	system exchange.System
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	f := &firm{Firm: exchangetest.Start(t), t: t}
	f.system = f.open(exchange.Settings{})
	t.Cleanup(func() {
		if err := f.system.Close(); err != nil {
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
	s.Plain, s.Pause = f.Plain, f.Pause
	system, err := ews.Open(s)
	if err != nil {
		f.t.Fatal(err)
	}
	return system
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
	return exchangetest.Count(a.operations, name)
}

// person is a box opened with a person's token.
func (f *firm) person(login, scopes string, box exchange.Box) (exchange.Backend, *asked) {
	f.t.Helper()
	a := &asked{token: f.Person(exchangeAPI, login, scopes), inner: f.Plain.Transport, t: f.t}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: a}, Who: login}, box), a
}

func (f *firm) own(login string) (exchange.Backend, *asked) {
	return f.person(login, every, exchange.Box{})
}

// app is a box that an application acts as the owner of.
func (f *firm) app(address string, roles ...string) (exchange.Backend, *asked) {
	a := &asked{token: f.Token(exchangeAPI, map[string]any{"roles": roles}), inner: f.Plain.Transport, t: f.t}
	return f.system.Open(exchange.Access{HTTP: &http.Client{Transport: a}, App: true}, exchange.Box{Address: address, Impersonate: true}), a
}

// password is a box opened with a name and a password.
func (f *firm) password(user, password string, box exchange.Box) exchange.Backend {
	return f.system.Open(exchange.Access{HTTP: f.Plain, User: user, Password: seal.Secret(password)}, box)
}

func (f *firm) plantEWS(fault served.Fault) {
	f.t.Helper()
	if err := f.EWS.Plant(fault); err != nil {
		f.t.Fatal(err)
	}
}

func TestConformance(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Way {
		f := newFirm(t)
		return &exchangetest.Way{Firm: f.Firm, Own: func(login string) exchange.Backend { b, _ := f.own(login); return b },
			Sending: []string{"CreateItem", "CreateAttachment", "SendItem", "GetItem", "FindItem"}}
	})
}

// An Exchange Server of one's own, with a name and a password over NTLM.
func TestConformanceOnPremises(t *testing.T) {
	exchangetest.Run(t, func(t *testing.T) *exchangetest.Way {
		f := newFirm(t)
		f.EWS.SetPolicy(served.Policy{OnPremises: true, SchemesOff: []string{"Basic", "Bearer"}})
		return &exchangetest.Way{Firm: f.Firm, Own: func(login string) exchange.Backend { return f.password("CONTOSO\\"+login, "signoff", exchange.Box{}) },
			Sending: []string{"CreateItem", "SendItem"}}
	})
}
