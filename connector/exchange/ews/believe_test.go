package ews_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/seal"
)

// greedy is every server there is: each wants the password in the clear.
type greedy struct {
	mu   sync.Mutex
	gave map[string]bool // hosts that got a credential
}

func (g *greedy) RoundTrip(r *http.Request) (*http.Response, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if h := r.Header.Get("Authorization"); strings.HasPrefix(h, "Basic ") || strings.HasPrefix(h, "Bearer ") {
		g.gave[r.URL.Hostname()] = true
	}
	h := http.Header{"Www-Authenticate": {`Basic realm="x"`}}
	return &http.Response{StatusCode: http.StatusUnauthorized, Header: h, Body: io.NopCloser(strings.NewReader("")), Request: r}, nil
}

// withToken adds a token to every request, as the client of a service does.
type withToken struct{ http.RoundTripper }

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer sesame")
	return w.RoundTripper.RoundTrip(r)
}

func TestAutodiscoverOfACallersMailboxGetsNoCredential(t *testing.T) {
	for _, mode := range []broker.Mode{broker.Static, broker.AsService} {
		t.Run(string(mode), func(t *testing.T) {
			g := &greedy{gave: map[string]bool{}}
			kind := &exchange.Type{Protocols: []exchange.Protocol{ews.Protocol()}, Plain: &http.Client{Transport: g},
				Pause: func(context.Context, time.Duration) error { return nil }}
			in := broker.Instance{Name: "office", Mode: mode, Keys: map[string]string{"server": "autodiscover", "mailbox": "workflow@contoso.test"},
				HTTP: func(broker.Principal) *http.Client { return &http.Client{Transport: withToken{g}} }}
			if mode == broker.Static {
				in.User, in.Password = `CONTOSO\workflow`, seal.Secret("sesame")
				in.HTTP = func(broker.Principal) *http.Client { return &http.Client{Transport: g} }
			}
			p, err := kind.Open(in)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			for _, mailbox := range []string{"", "ana@contoso.test", "x@evil.test", "x@10.0.0.5"} {
				_, err := p.Call(t.Context(), broker.Call{Object: "Folder", Method: "list", Inputs: map[string]any{"mailbox": mailbox}})
				t.Log(mailbox, err)
			}
			for host := range g.gave {
				if host != "contoso.test" && host != "autodiscover.contoso.test" {
					t.Errorf("%s got the credential", host)
				}
			}
			if !g.gave["contoso.test"] {
				t.Error("nobody was asked at all")
			}
		})
	}
}
