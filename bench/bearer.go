package bench

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-jose/go-jose/v4"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// bearer measures what a bearer token costs: checked for the first time, beside
// go-jose's check of its signature alone, and with a request when it was seen before,
// beside the same request that nobody has to sign in for.
func (r *run) bearer(ctx context.Context) error {
	if !r.wants("bearer") {
		return nil
	}
	for _, n := range r.Clients {
		c := r.rateCase("bearer-first", "a token seen for the first time: checked, and who it is here", n, "signature")
		if err := r.takeTurns(ctx, c, n, r.checking, r.bareSignature); err != nil {
			return err
		}
		c = r.rateCase("bearer-again", "a list read with a token that was seen before", n, "no sign-in")
		if err := r.takeTurns(ctx, c, n, r.reading(true), r.reading(false)); err != nil {
			return err
		}
	}
	return nil
}

// remembered is how many verified tokens are kept: many more go round, so that
// each is a new one.
const remembered = 64

// checked is the way of a request from its Authorization header to who sent it.
type checked struct {
	store   *store.Store
	trust   *identity.Trust
	handler http.Handler
	tokens  []string
}

func (r *run) checking(ctx context.Context, at *site) (subject, error) {
	s, err := store.Open(ctx, at.dsn, store.Options{Committers: r.Committers})
	if err != nil {
		return nil, err
	}
	c := &checked{store: s}
	if err := c.open(ctx, r.restPeople, r.goRound); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *checked) open(ctx context.Context, many, goRound int) error {
	people, err := furnish(ctx, c.store, many)
	if err != nil {
		return err
	}
	is, err := newIssuer()
	if err != nil {
		return err
	}
	if c.tokens, err = is.tokens(many, goRound); err != nil {
		return err
	}
	if c.trust, err = is.trusted(ctx, people, remembered); err != nil {
		return err
	}
	c.handler = people.Authenticate(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if who, err := identity.Who(r.Context()); err == nil {
			w.(*heard).who = who.Login
		}
	}), func(w http.ResponseWriter, _ *http.Request, err error) { w.(*heard).err = err })
	for n := range many { // everybody is met once
		if err := c.cycle(ctx, 0, n, &lap{}); err != nil {
			return err
		}
	}
	return nil
}

var somewhere = &url.URL{Path: "/api/v1/me"}

func (c *checked) cycle(ctx context.Context, _, n int, _ *lap) error {
	w := &heard{}
	req := &http.Request{Method: "GET", URL: somewhere, Host: "localhost", RemoteAddr: "127.0.0.1:1",
		Header: http.Header{"Authorization": {"Bearer " + c.tokens[n%len(c.tokens)]}}}
	c.handler.ServeHTTP(w, req.WithContext(ctx))
	if w.who == "" {
		return fmt.Errorf("bench: a token was not taken: %w", w.err)
	}
	return nil
}

func (c *checked) settle(context.Context) error { return nil }

func (c *checked) close() error {
	var err error
	if c.trust != nil {
		err = c.trust.Close()
	}
	return errors.Join(err, c.store.Close())
}

// heard is the answer to nobody.
type heard struct {
	header http.Header
	who    string
	err    error
}

func (h *heard) Header() http.Header {
	if h.header == nil {
		h.header = http.Header{}
	}
	return h.header
}
func (h *heard) Write(b []byte) (int, error) { return len(b), nil }
func (h *heard) WriteHeader(int)             {}

// signatures is what nobody can do without: go-jose alone takes a token apart
// and checks its signature, and believes whatever it says.
type signatures struct {
	key    *rsa.PublicKey
	tokens []string
}

func (r *run) bareSignature(context.Context, *site) (subject, error) {
	is, err := newIssuer()
	if err != nil {
		return nil, err
	}
	tokens, err := is.tokens(r.restPeople, r.goRound)
	return &signatures{&is.key.PublicKey, tokens}, err
}

var rs256 = []jose.SignatureAlgorithm{jose.RS256}

func (s *signatures) cycle(_ context.Context, _, n int, _ *lap) error {
	signed, err := jose.ParseSignedCompact(s.tokens[n%len(s.tokens)], rs256)
	if err == nil {
		_, err = signed.Verify(s.key)
	}
	return err
}

func (s *signatures) settle(context.Context) error { return nil }
func (s *signatures) close() error                 { return nil }

// reading is clients of the whole server who read a small list. Without a
// token nobody asks who they are: each is taken for the same person.
func (r *run) reading(bearer bool) opener {
	return func(ctx context.Context, at *site) (subject, error) {
		s, err := r.openServed(ctx, at, w1.among(r.restPeople), bearer)
		if err != nil {
			return nil, err
		}
		if !bearer {
			s.identify = func(int) string { return "" }
			s.http.Handler, err = withoutDoor(s.ours, s.who)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		return &listReader{s}, nil
	}
}

// withoutDoor is the server's API as it would be if everybody were one person.
func withoutDoor(o *ours, people *identity.Service) (http.Handler, error) {
	api := &httpapi.Server{Library: o.lib, Runner: o.runner}
	h, err := api.Handler()
	if err != nil {
		return nil, err
	}
	api.Identity = people // only for names: without it when it is built there is nobody at the door
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(identity.As(r.Context(), person(1))))
	}), nil
}

type listReader struct{ *served }

func (l *listReader) cycle(_ context.Context, client, n int, _ *lap) error {
	c, err := l.client(client)
	if err != nil {
		return err
	}
	answer, err := c.do("GET", "/api/v1/workflows", l.identify(l.approver(n)), nil)
	if err == nil && !bytes.Contains(answer, []byte(`"bench"`)) {
		err = fmt.Errorf("bench: the list of workflows is %s", answer)
	}
	return err
}
