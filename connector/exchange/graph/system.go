package graph

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Public is Microsoft Graph of the worldwide cloud.
const Public = "https://graph.microsoft.com/v1.0"

// Protocol is Microsoft Graph as a choice.
func Protocol() exchange.Protocol {
	return exchange.Protocol{Name: "graph", Title: "Microsoft Graph", Text: "For mailboxes of Exchange Online.", Open: Open}
}

// System is Microsoft Graph at one address.
type System struct {
	base     *url.URL
	timeout  time.Duration
	pageSize int
	plain    *http.Client
	pause    func(context.Context, time.Duration) error
	now      func() time.Time
	lanes    *traffic.Lanes
}

// Open gives access to Graph. An address that is none is refused.
func Open(s exchange.Settings) (exchange.System, error) {
	server := s.Server
	if server == "" {
		server = Public
	}
	u, ok := traffic.Address(server, "/v1.0")
	if !ok {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The address of Microsoft Graph cannot be right.",
			Fields: []signoff.FieldError{{Field: "server", Detail: "is no https address", Advice: "Leave it empty, or enter one as " + Public}}}
	}
	s = traffic.Usual(s)
	return &System{base: u, timeout: s.Timeout, pageSize: s.PageSize, plain: s.Plain, pause: s.Pause, now: time.Now, lanes: &traffic.Lanes{Pause: s.Pause}}, nil
}

// Close implements exchange.System.
func (s *System) Close() error {
	s.plain.CloseIdleConnections()
	return nil
}

// Open implements exchange.System.
func (s *System) Open(a exchange.Access, b exchange.Box) exchange.Backend {
	client := *a.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	address := strings.TrimSpace(b.Address)
	return &box{s: s, http: &client, access: a, address: address, lane: s.lanes.Of(a, address)}
}

// box is one mailbox with one credential.
type box struct {
	s       *System
	http    *http.Client
	access  exchange.Access
	address string // "": me
	lane    *traffic.Lane
}

// root is the path of the mailbox, escaped.
func (b *box) root() string {
	if b.address == "" {
		return "/me"
	}
	return "/users/" + url.PathEscape(b.address)
}

// Check implements exchange.Backend.
func (b *box) Check(ctx context.Context) []broker.Step {
	w := traffic.Walk{Backend: b, Plain: b.s.plain, Timeout: b.s.timeout, Mailbox: b.address}
	return w.From(ctx, b.s.base)
}
