package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// cached is a token as it was last read.
type cached struct {
	row  store.OAuthToken // without its secrets
	text seal.Secret
	read time.Time
}

// leeway is how long before its end a token is not used any more: the request it
// goes with takes its time, and clocks differ.
const leeway = 30 * time.Second

// usable tells whether a token can go with a request now.
func usable(k *store.OAuthToken, now time.Time) bool {
	return k.Access != "" && now.Before(k.Expires.Add(-leeway))
}

// Token returns a token that can be used for at least half a minute. It comes
// from memory when it can; one whose end is near is renewed in the background,
// one that ended while the caller waits, by one node of all. The error is a
// *NotConnected when somebody has to do something about it, of Kind Unavailable
// when trying again may help, and Config.MayAct's own.
func (s *Service) Token(ctx context.Context, n Need) (Token, error) {
	n, err := n.checked()
	if err != nil {
		return Token{}, err
	}
	if n.Owner != "" && s.cfg.MayAct != nil {
		if err := s.cfg.MayAct(ctx, n.Owner); err != nil {
			return Token{}, err
		}
	}
	key, now := n.Key(), s.now()
	s.mu.Lock()
	c, have := s.cache[key]
	s.mu.Unlock()
	if have && now.Sub(c.read) < knownFor && usable(&c.row, now) {
		return s.hand(ctx, &c.row, c.text), nil
	}
	k, err := s.row(ctx, n)
	if err != nil {
		return Token{}, err
	}
	if !usable(&k, now) {
		if k, err = s.renewed(ctx, n, k, ""); err != nil {
			return Token{}, err
		}
	}
	return s.take(ctx, &k)
}

// checked is the need as it is kept, or why it cannot be one.
func (n Need) checked() (Need, error) {
	if n.App {
		n.Owner = ""
	}
	if _, ok := ParseKey(n.Key()); !ok || len(n.Audience) > maxAudience {
		return n, &signoff.Error{Kind: signoff.Invalid, Code: "bad-oauth-need", Detail: "this does not name a token: a resource, a person and an audience of at most 200 characters do"}
	}
	return n, nil
}

// row is the token of a need as it is kept. The application's own begins with
// nothing; anybody else's has to be connected.
func (s *Service) row(ctx context.Context, n Need) (store.OAuthToken, error) {
	k, found, err := s.cfg.Store.OAuthTokenFor(ctx, n.Key())
	if err != nil || found {
		return k, err
	}
	a, err := s.resource(ctx, n.Resource)
	if err != nil {
		return k, err
	}
	if n.App && a.typ.App {
		k = blank(n)
		k.State, k.Due, k.ConnectedBy = string(Failing), s.now(), ""
		return s.cfg.Store.AddOAuthToken(ctx, k)
	}
	missing := &NotConnected{Need: n, Title: a.Title}
	if n.App {
		missing.Reason = "resources of the type " + a.typ.Title + " give the application none"
	}
	return k, s.want(ctx, missing)
}

// blank is a token with nothing in it.
func blank(n Need) store.OAuthToken {
	return store.OAuthToken{Need: n.Key(), Resource: n.Resource, Owner: n.owner(), Audience: n.Audience, Problem: []byte{}}
}

// take opens a token's secret and keeps it in memory.
func (s *Service) take(ctx context.Context, k *store.OAuthToken) (Token, error) {
	text, err := s.opened(k, k.Access)
	if err != nil {
		return Token{}, s.unreadable(k, err)
	}
	c := cached{row: *k, text: text, read: s.now()}
	c.row.Access = "kept"
	if k.Refresh != "" {
		c.row.Refresh = "kept"
	}
	s.mu.Lock()
	if len(s.cache) >= maxCached {
		clear(s.cache)
	}
	s.cache[k.Need] = c
	s.mu.Unlock()
	return s.hand(ctx, k, text), nil
}

// unreadable says of what was locked with another key that it has to be had anew.
func (s *Service) unreadable(k *store.OAuthToken, err error) error {
	n, _ := ParseKey(k.Need)
	return errors.Join(&NotConnected{Need: n, Reason: "the token was locked with another key of this server"}, err)
}

// usedEvery is how exactly it is known when a token was used.
const usedEvery = time.Hour

// hand gives a token out. Once its renewal is due, that is begun.
func (s *Service) hand(ctx context.Context, k *store.OAuthToken, text seal.Secret) Token {
	now := s.now()
	if now.Sub(k.Used) > usedEvery {
		if err := s.cfg.Store.OAuthTokenUsed(ctx, k.ID, now, renewAt(k)); err != nil {
			s.log.WarnContext(ctx, "the use of a token was not noted", slog.Any("err", err))
		}
		s.mu.Lock()
		if c, ok := s.cache[k.Need]; ok {
			c.row.Used = now
			s.cache[k.Need] = c
		}
		s.mu.Unlock()
	}
	if k.State == string(Valid) && !now.Before(renewAt(k)) && (k.Refresh != "" || k.Owner == ownerApp) {
		s.background(*k)
	}
	return Token{Text: text, Type: "Bearer", Expires: k.Expires, Account: k.Account, Scope: k.Scope}
}

// background renews a token while the old one is still good.
func (s *Service) background(k store.OAuthToken) {
	n, _ := ParseKey(k.Need)
	s.spawn(func(ctx context.Context) {
		if _, err := s.renewed(ctx, n, k, ""); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "a token was not renewed ahead of its end", slog.String("resource", k.Resource), slog.String("user", k.Owner), slog.Any("err", err))
		}
	})
}

// problemOf reads why a token is not valid.
func problemOf(k *store.OAuthToken) Problem {
	var p Problem
	if len(k.Problem) > 0 {
		_ = json.Unmarshal(k.Problem, &p) // what cannot be read is not said
	}
	return p
}

// refusal is the error for a token that cannot be used; nil when asking again
// may help.
func (s *Service) refusal(ctx context.Context, n Need, k *store.OAuthToken) error {
	p := problemOf(k)
	ours := p.Who == WhoOurs || p.Who == WhoTheirs && n.App
	switch {
	case k.State == string(NeedsSignIn), k.State == string(Revoked):
	case k.State == string(Failing) && ours:
	default:
		return nil
	}
	a, err := s.resource(ctx, n.Resource)
	if err != nil {
		return err
	}
	return &NotConnected{Need: n, Reason: p.Detail, Claims: p.Claims, Title: a.Title, Ours: ours && k.State == string(Failing)}
}

// wantEvery is how often a want that is there already is written again.
const wantEvery = time.Minute

// quietKey marks contexts in which nobody is asked to connect.
type quietKey struct{}

// Quietly is for tests and for calls that somebody makes and waits for: a token
// that is missing is an error and nothing else. Nobody is told by mail, and
// nothing is wanted of them afterwards.
func Quietly(ctx context.Context) context.Context { return context.WithValue(ctx, quietKey{}, true) }

// want notes that somebody has to connect, and returns that as the error.
func (s *Service) want(ctx context.Context, missing *NotConnected) error {
	if ctx.Value(quietKey{}) != nil {
		return missing
	}
	n, now := missing.Need, s.now()
	s.mu.Lock()
	noted := now.Sub(s.wanted[n.Key()]) < wantEvery
	if len(s.wanted) >= maxCached {
		clear(s.wanted)
	}
	s.wanted[n.Key()] = now
	s.mu.Unlock()
	if !noted {
		if err := s.cfg.Store.PutOAuthWant(ctx, s.wantOf(missing)); err != nil {
			return err
		}
		s.wake()
	}
	return missing
}

func (s *Service) wantOf(missing *NotConnected) store.OAuthWant {
	n := missing.Need
	if missing.Ours { // one for all whom it keeps from working
		n = Need{Resource: n.Resource, App: true}
	}
	return store.OAuthWant{Need: n.Key(), Name: n.Name(), Resource: n.Resource, Owner: n.owner(), Audience: n.Audience, Why: missing.why(), Claims: missing.Claims, Since: s.now()}
}

// wake has Run look what is to be done.
func (s *Service) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// replace returns another token than one that a system did not take.
func (s *Service) replace(ctx context.Context, n Need, bad Token, claims string) (Token, error) {
	n, err := n.checked()
	if err != nil {
		return Token{}, err
	}
	s.forget(n.Key())
	k, err := s.row(ctx, n)
	if err != nil {
		return Token{}, err
	}
	is, err := s.opened(&k, k.Access)
	if err != nil {
		return Token{}, s.unreadable(&k, err)
	}
	if is != bad.Text && usable(&k, s.now()) {
		return s.take(ctx, &k) // somebody was faster
	}
	if claims == "" {
		claims = "{}" // the same again, but a new one
	}
	if k, err = s.renewed(ctx, n, k, claims); err != nil {
		return Token{}, err
	}
	return s.take(ctx, &k)
}
