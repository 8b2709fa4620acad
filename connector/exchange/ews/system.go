package ews

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

// Online is Exchange Web Services of the worldwide cloud.
const Online = "https://outlook.office365.com/EWS/Exchange.asmx"

const (
	usualPath    = "/EWS/Exchange.asmx"
	usualTimeout = 60 * time.Second
	usualPage    = 100
	mostPage     = 500
	atOnce       = 4 // requests of one mailbox
	batch        = 25
	maxLanes     = 10_000
)

// Protocol is Exchange Web Services as a choice.
func Protocol() exchange.Protocol {
	return exchange.Protocol{Name: "ews", Title: "Exchange Web Services", Open: Open,
		Text: "For an Exchange Server of your own; in Exchange Online it ends on 1 April 2027 at the latest."}
}

// System is Exchange Web Services at one address, or wherever Autodiscover finds
// a mailbox.
type System struct {
	base     *url.URL // nil: by Autodiscover
	domain   string   // whose hosts Autodiscover gives the credential to
	believed []string // hosts and mail domains beside that one
	timeout  time.Duration
	pageSize int
	silence  time.Duration // after which a stream without a sign of life is given up
	plain    *http.Client
	pause    func(context.Context, time.Duration) error
	now      func() time.Time
	lookUp   lookUp

	mu      sync.Mutex
	lanes   map[string]*lane
	watches map[string]subscription
	signIns map[signInKey]*signIn
	found   map[string]discovered
	version int   // index of versions that the server takes
	minor   int64 // of its own version 15.x; 0: not known
}

// versions of the schema that are asked for: the first that a server takes.
// There is no Exchange2019.
var versions = []string{"Exchange2016", "Exchange2013_SP1", "Exchange2010_SP2"}

// Open gives access to a server. Besides an address, "autodiscover" is one: then
// each mailbox is looked up, with what follows it as hosts and mail domains to
// believe beside the domain in the settings ("autodiscover mail.contoso.net").
func Open(s exchange.Settings) (exchange.System, error) {
	out := &System{domain: strings.ToLower(s.Domain), timeout: s.Timeout, pageSize: s.PageSize, plain: s.Plain, pause: s.Pause, now: time.Now, silence: usualSilence, lookUp: lookUpDNS,
		lanes: map[string]*lane{}, watches: map[string]subscription{}, signIns: map[signInKey]*signIn{}, found: map[string]discovered{}}
	words := strings.FieldsFunc(s.Server, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	switch {
	case len(words) == 0:
		words = []string{Online}
		fallthrough
	case !strings.EqualFold(words[0], "autodiscover"):
		base, ok := readAddress(words[0])
		if !ok || len(words) > 1 {
			return nil, errAddress
		}
		out.base = base
	default:
		for _, host := range words[1:] {
			if strings.ContainsAny(host, "/@:?*") || !strings.Contains(host, ".") {
				return nil, errAddress
			}
			out.believed = append(out.believed, strings.ToLower(host))
		}
	}
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

var errAddress = &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The address of the Exchange Server cannot be right.",
	Fields: []signoff.FieldError{{Field: "server", Detail: "is neither an https address nor \"autodiscover\"",
		Advice: "Leave it empty for Exchange Online, or enter one as https://mail.contoso.com/EWS/Exchange.asmx, or autodiscover."}}}

func readAddress(text string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "https" && !loopback(u) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, false
	}
	if u.Path == "" {
		u.Path = usualPath
	}
	return u, true
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
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, in := range s.signIns {
		in.close()
	}
	return nil
}

// Open implements exchange.System. A request has its own time, which the
// client's would cut short while it listens.
func (s *System) Open(a exchange.Access, b exchange.Box) exchange.Backend {
	client := *a.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.Jar, client.Timeout = nil, 0
	address := strings.TrimSpace(b.Address)
	name := strings.ToLower(address)
	if name == "" {
		name = "own of " + a.Who + " " + a.User
	}
	return &box{s: s, http: &client, access: a, address: address, impersonate: b.Impersonate, lane: s.lane(name)}
}

// box is one mailbox with one credential.
type box struct {
	s           *System
	http        *http.Client
	access      exchange.Access
	address     string // "": of whoever signed in
	impersonate bool
	lane        *lane
}

// delegate tells whether the mailbox is opened by rights on it, and not as its
// owner.
func (b *box) delegate() bool { return b.address != "" && !b.impersonate }

// lane bounds the requests of one mailbox, and holds them while it asks to wait.
type lane struct {
	turns chan struct{}

	mu     sync.Mutex
	until  time.Time
	outbox string            // the id of that folder, once it is known
	own    string            // the mailbox's address, likewise
	keys   map[string]string // newest change keys of drafts
}

const maxKeys = 1000

func (s *System) lane(name string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[name]
	if l == nil {
		if len(s.lanes) >= maxLanes { // those in use live on in their boxes
			clear(s.lanes)
		}
		l = &lane{turns: make(chan struct{}, atOnce), keys: map[string]string{}}
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

// note remembers the newest change key of a draft, "" forgets it.
func (l *lane) note(id, key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key == "" {
		delete(l.keys, id)
		return
	}
	if len(l.keys) >= maxKeys { // asking anew costs a request
		clear(l.keys)
	}
	l.keys[id] = key
}

func (l *lane) key(id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.keys[id]
}

func (s *System) schema() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.version
}

// older goes to the next older schema, unless somebody has already.
func (s *System) older(than int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version == than {
		if than == len(versions)-1 {
			return false
		}
		s.version++
	}
	return true
}
