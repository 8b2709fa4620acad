package graph

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Public is Microsoft Graph of the worldwide cloud.
const Public = "https://graph.microsoft.com/v1.0"

const (
	usualTimeout = 60 * time.Second
	usualPage    = 100
	mostPage     = 500
	atOnce       = 4 // requests of one mailbox, as Outlook has it
	maxLanes     = 10_000
)

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

	mu    sync.Mutex
	lanes map[string]*lane
}

// Open gives access to Graph. An address that is none is refused.
func Open(s exchange.Settings) (exchange.System, error) {
	server := strings.TrimRight(s.Server, "/")
	if server == "" {
		server = Public
	}
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" && !loopback(u) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The address of Microsoft Graph cannot be right.",
			Fields: []signoff.FieldError{{Field: "server", Detail: "is no https address", Advice: "Leave it empty, or enter one as " + Public}}}
	}
	if u.Path == "" {
		u.Path = "/v1.0"
	}
	out := &System{base: u, timeout: s.Timeout, pageSize: s.PageSize, plain: s.Plain, pause: s.Pause, now: time.Now, lanes: map[string]*lane{}}
	if out.timeout <= 0 {
		out.timeout = usualTimeout
	}
	if out.pageSize <= 0 {
		out.pageSize = usualPage
	}
	out.pageSize = min(out.pageSize, mostPage)
	if out.plain == nil {
		out.plain = &http.Client{}
	}
	if out.pause == nil {
		out.pause = exchange.Sleep
	}
	return out, nil
}

// loopback tells whether an address without TLS is on this machine, as a
// sandbox's may be.
func loopback(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "http" && (host == "localhost" || host == "127.0.0.1" || host == "::1")
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
	name := strings.ToLower(address)
	if name == "" {
		name = "me of " + a.Who
	}
	return &box{s: s, http: &client, access: a, address: address, lane: s.lane(name)}
}

// box is one mailbox with one credential.
type box struct {
	s       *System
	http    *http.Client
	access  exchange.Access
	address string // "": me
	lane    *lane
}

// root is the path of the mailbox, escaped.
func (b *box) root() string {
	if b.address == "" {
		return "/me"
	}
	return "/users/" + url.PathEscape(b.address)
}

// lane bounds the requests of one mailbox, and holds them while it asks to wait.
type lane struct {
	turns chan struct{}

	mu     sync.Mutex
	until  time.Time
	outbox string // the id of that folder, once it is known
	tasks  string // likewise, of the default task list
}

func (s *System) lane(name string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[name]
	if l == nil {
		if len(s.lanes) >= maxLanes { // those in use live on in their boxes
			clear(s.lanes)
		}
		l = &lane{turns: make(chan struct{}, atOnce)}
		s.lanes[name] = l
	}
	return l
}

// turn waits for a place. The caller calls done.
func (l *lane) turn(ctx context.Context) (done func(), err error) {
	select {
	case l.turns <- struct{}{}:
		return func() { <-l.turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hold makes everybody wait until t.
func (l *lane) hold(t time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.After(l.until) {
		l.until = t
	}
}

// wait is how long the mailbox still wants to be left alone.
func (l *lane) wait(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, l.until.Sub(now))
}
