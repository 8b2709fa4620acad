package scimapi

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/provision"
)

var (
	errNoToken = &signoff.Error{Kind: signoff.Unauthenticated, Code: "sign-in-needed", Detail: "the request has no bearer token"}
	errNotOne  = &signoff.Error{Kind: signoff.Forbidden, Code: "scim-not-a-client",
		Detail: "no SCIM directory is set up for this client", Hint: "an administrator does that under Manage › Access › Directories"}
)

// client finds out who writes.
func (s *Server) client(ctx context.Context, r *http.Request) (provision.Client, error) {
	var none provision.Client
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return none, errNoToken
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	token = strings.Trim(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return none, errNoToken
	}
	if provision.IsToken(token) || s.Bearer == nil {
		name, err := s.Provision.ClientOf(ctx, token)
		if err != nil {
			return none, err
		}
		c, ok := s.Clients.SCIMClient(name)
		if !ok {
			return none, errNotOne
		}
		return c, nil
	}
	by, err := s.Bearer(ctx, token)
	if err != nil {
		return none, err
	}
	c, ok := s.Clients.SCIMApplication(by.Principal)
	if !ok {
		return none, errNotOne
	}
	return c, nil
}

// How fast one client may be: Entra ID sends some 25 requests a second at most.
const (
	perSecond = 50
	burst     = 200
	atOnce    = 8 // requests of one client served at the same time
	maxPaced  = 1000
)

// pacer keeps each client to its pace.
type pacer struct {
	now func() time.Time

	mu   sync.Mutex
	each map[string]*pace
}

type pace struct {
	left  float64 // requests that may come at once now
	at    time.Time
	under int // way
}

// enter lets a request in; the caller calls done when it is over. done is nil
// for one too many, which may try again after wait seconds.
func (p *pacer) enter(client string) (done func(), wait int) {
	now := time.Now()
	if p.now != nil {
		now = p.now()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.each == nil || len(p.each) > maxPaced {
		p.each = map[string]*pace{}
	}
	c := p.each[client]
	if c == nil {
		c = &pace{left: burst, at: now}
		p.each[client] = c
	}
	c.left = min(burst, c.left+now.Sub(c.at).Seconds()*perSecond)
	c.at = now
	if c.left < 1 || c.under >= atOnce {
		return nil, 1
	}
	c.left--
	c.under++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		c.under--
	}, 0
}
