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
	"github.com/signoffhq/signoff/connector/exchange/traffic"
)

// Online is Exchange Web Services of the worldwide cloud.
const Online = "https://outlook.office365.com/EWS/Exchange.asmx"

const (
	usualPath = "/EWS/Exchange.asmx"
	batch     = 25 // items in one request
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
	lanes    *traffic.Lanes

	mu      sync.Mutex
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
	s = traffic.Usual(s)
	out := &System{domain: strings.ToLower(s.Domain), timeout: s.Timeout, pageSize: s.PageSize, plain: s.Plain, pause: s.Pause, now: time.Now, silence: usualSilence, lookUp: lookUpDNS,
		lanes: &traffic.Lanes{Pause: s.Pause}, watches: map[string]subscription{}, signIns: map[signInKey]*signIn{}, found: map[string]discovered{}}
	words := strings.FieldsFunc(s.Server, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
	switch {
	case len(words) == 0:
		words = []string{Online}
		fallthrough
	case !strings.EqualFold(words[0], "autodiscover"):
		base, ok := traffic.Address(words[0], usualPath)
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
	return out, nil
}

var errAddress = &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "The address of the Exchange Server cannot be right.",
	Fields: []signoff.FieldError{{Field: "server", Detail: "is neither an https address nor \"autodiscover\"",
		Advice: "Leave it empty for Exchange Online, or enter one as https://mail.contoso.com/EWS/Exchange.asmx, or autodiscover."}}}

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
	return &box{s: s, http: &client, access: a, address: address, impersonate: b.Impersonate, lane: s.lanes.Of(a, address)}
}

// box is one mailbox with one credential.
type box struct {
	s           *System
	http        *http.Client
	access      exchange.Access
	address     string // "": of whoever signed in
	impersonate bool
	lane        *traffic.Lane // its notes hold the newest change keys of drafts
}

// delegate tells whether the mailbox is opened by rights on it, and not as its
// owner.
func (b *box) delegate() bool { return b.address != "" && !b.impersonate }

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
