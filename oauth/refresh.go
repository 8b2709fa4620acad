package oauth

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// Renewing is one node's at a time: it claims the token's row, which gives it a
// fence, asks the provider, and keeps the answer only while the fence is still
// its own. A node that dies with an answer in its hands leaves the old refresh
// token in the row; the next one asks with that as soon as the claim has run out,
// which providers allow for a while, or else say that the grant is gone.
const (
	holdFor   = 20 * time.Second // a claim; all attempts fit into it. Providers take an old refresh token for half a minute or so
	attempts  = 2                // while no answer comes at all
	retryWait = 500 * time.Millisecond
	waitFor   = holdFor + 5*time.Second // for another node that is at it
	lookEvery = 100 * time.Millisecond
)

// How soon renewing is tried again: what is somebody's to mend less often.
const (
	firstRetry = 5 * time.Second
	mostRetry  = 15 * time.Minute
	oursRetry  = time.Minute
	oursMost   = time.Hour
)

// usualLife is how long a token lasts whose provider does not say.
const usualLife = time.Hour

// idleAfter is when nobody uses a token: it is then renewed once in that time, so
// that the grant does not lapse, and its loss is noticed.
const idleAfter = 24 * time.Hour

// renewAt is when a token is renewed that is in use: a tenth of its life before
// its end and at least five minutes, or half of a short life.
func renewAt(k *store.OAuthToken) time.Time {
	life := k.Expires.Sub(k.Got)
	ahead := life / 10
	if ahead < 5*time.Minute {
		ahead = min(5*time.Minute, life/2)
	}
	return k.Expires.Add(-ahead)
}

// renewed returns a token that can be used, newer than seen. However many ask,
// this node does it once; it goes on when the caller has given up, for the
// provider's answer must not get lost.
func (s *Service) renewed(ctx context.Context, n Need, seen store.OAuthToken, claims string) (store.OAuthToken, error) {
	type result struct {
		k   store.OAuthToken
		err error
	}
	done := make(chan result, 1)
	began := s.spawn(func(own context.Context) {
		v, err, _ := s.asking.Do("renew "+n.Key()+" "+claims, func() (any, error) {
			own, cancel := context.WithTimeout(own, waitFor+closeWait)
			defer cancel()
			k, err := s.renew(own, n, seen, claims)
			return k, err
		})
		k, _ := v.(store.OAuthToken)
		done <- result{k, err}
	})
	if !began {
		return seen, unavailable("the server is stopping", nil)
	}
	select {
	case r := <-done:
		return r.k, r.err
	case <-ctx.Done():
		return seen, ctx.Err()
	}
}

func unavailable(detail string, err error) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: "oauth-unavailable", Detail: detail, Hint: "it is tried again by itself", Err: err}
}

// renew brings about a usable token that is newer than seen, or says why not.
func (s *Service) renew(ctx context.Context, n Need, seen store.OAuthToken, claims string) (store.OAuthToken, error) {
	for until := s.now().Add(waitFor); ; {
		k, err := s.row(ctx, n)
		if err != nil {
			return k, err
		}
		now := s.now()
		fine := usable(&k, now)
		switch {
		case fine && !k.Got.Equal(seen.Got), fine && claims == "" && now.Before(renewAt(&k)):
			return k, nil
		case k.State == string(NeedsSignIn), k.State == string(Revoked):
			return k, s.refusal(ctx, n, &k)
		case k.Tries > 0 && now.Before(k.Due):
			return k, s.paused(ctx, n, &k, fine && claims == "")
		case !k.HeldUntil.After(now):
			if got, mine, err := s.claimed(ctx, n, k, claims); mine || err != nil {
				return got, err
			}
		case fine && claims == "":
			return k, nil // another node is at it
		case now.After(until):
			return k, unavailable("another server has been getting this token for too long", nil)
		}
		if err := pause(ctx, lookEvery); err != nil {
			return k, err
		}
	}
}

// claimed renews a token if this node gets it. A place among those being renewed
// is had first: a claim is not to run out while it waits for one.
func (s *Service) claimed(ctx context.Context, n Need, k store.OAuthToken, claims string) (_ store.OAuthToken, mine bool, err error) {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return k, false, ctx.Err()
	}
	now := s.now()
	k, mine, err = s.cfg.Store.ClaimOAuthToken(ctx, k.ID, k.Fence, s.holder, now, now.Add(holdFor))
	if err != nil || !mine {
		return k, false, err
	}
	k, err = s.carryOut(ctx, n, k, claims)
	return k, true, err
}

// paused is what a token says whose renewal failed a moment ago.
func (s *Service) paused(ctx context.Context, n Need, k *store.OAuthToken, fine bool) error {
	if fine {
		return nil
	}
	if err := s.refusal(ctx, n, k); err != nil {
		return err
	}
	return unavailable("no token can be had at the moment: "+problemOf(k).Detail, nil)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// carryOut asks the provider for a token that this node has claimed, and keeps
// what comes of it.
func (s *Service) carryOut(ctx context.Context, n Need, k store.OAuthToken, claims string) (store.OAuthToken, error) {
	before := k
	if k.Refresh == "" && !n.App {
		s.failed(&k, &ProviderError{Code: noGrant, Said: "the provider gave no refresh token: ask it for offline access"}, claims)
		return s.keep(ctx, n, before, k)
	}
	a, err := s.resource(ctx, n.Resource)
	if err != nil {
		return k, err
	}
	g, err := s.askAgain(ctx, a, n, &k, claims)
	if err == nil {
		s.took(&k, g)
		return s.keep(ctx, n, before, k)
	}
	e, ok := errors.AsType[*ProviderError](err)
	if !ok {
		return k, err // the claim runs out
	}
	s.failed(&k, e, claims)
	return s.keep(ctx, n, before, k)
}

// askAgain asks for the token, again at once while no answer comes: one that was
// lost may have turned the refresh token over, and providers take the old one for
// a moment only.
func (s *Service) askAgain(ctx context.Context, a *at, n Need, k *store.OAuthToken, claims string) (granted, error) {
	grant, r := url.Values{"grant_type": {"client_credentials"}}, ForApp
	if !n.App {
		refresh, err := s.opened(k, k.Refresh)
		if err != nil {
			return granted{}, &ProviderError{Code: noGrant, Said: "the token was locked with another key of this server", err: err}
		}
		grant, r = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh.Reveal()}}, ForRefresh
	}
	for i := 1; ; i++ {
		// A node that stood still must not ask with a token that another has turned
		// over since: the provider would take that for theft.
		if s.now().Add(askFor).After(k.HeldUntil) {
			return granted{}, errTooLate
		}
		g, err := s.exchange(ctx, a, n, r, grant, claims)
		e, ok := errors.AsType[*ProviderError](err)
		if err == nil || !ok || !e.lost || i == attempts {
			return g, err
		}
		if perr := pause(ctx, time.Duration(i)*retryWait); perr != nil {
			return g, err
		}
	}
}

var errTooLate = unavailable("this server took too long; another one gets the token", nil)

// took puts what a provider gave into the token.
func (s *Service) took(k *store.OAuthToken, g granted) {
	now := s.now()
	life := g.Life
	if life == 0 {
		life = usualLife
	}
	k.State, k.Tries, k.Problem, k.Got, k.Expires = string(Valid), 0, []byte{}, now, now.Add(life)
	k.Access = s.locked(k, g.Access)
	if g.Refresh != "" {
		k.Refresh = s.locked(k, g.Refresh)
	}
	if g.Scope != "" {
		k.Scope = g.Scope
	}
	if g.Account != "" {
		k.Account = g.Account
	}
	k.Due = s.dueAfter(k)
}

// dueAfter is when a token that is valid is looked at next.
func (s *Service) dueAfter(k *store.OAuthToken) time.Time {
	used := k.Used
	if used.Before(k.Connected) {
		used = k.Connected
	}
	idle := s.now().Sub(used) > idleAfter
	switch {
	case k.Refresh == "" && k.Owner != ownerApp:
		return k.Expires.Add(-leeway) // then somebody has to connect
	case idle && k.Owner == ownerApp:
		return time.Time{}
	case idle:
		return s.now().Add(idleAfter)
	}
	return renewAt(k)
}

// failed puts into the token that it was not renewed, and what that means.
func (s *Service) failed(k *store.OAuthToken, e *ProviderError, claims string) {
	m, p := judge(e)
	if k.Owner == ownerApp && m.state != Failing { // nobody can sign in for the application
		m.state, p.Who = Failing, WhoOurs
	}
	if p.Claims == "" {
		p.Claims = claims
	}
	now := s.now()
	k.State, k.Problem, k.Due = string(m.state), jsonOf(p), time.Time{}
	if m.state == Revoked || claims != "" {
		k.Access = ""
	}
	if m.state != Failing {
		return
	}
	k.Tries++
	wait, most := firstRetry, mostRetry
	if p.Who != WhoTryAgain {
		wait, most = oursRetry, oursMost
	}
	wait = min(most, wait<<min(k.Tries-1, 20))
	k.Due = now.Add(max(wait, min(e.RetryAfter, oursMost)))
}

// keep commits what came of renewing, and tells those it concerns.
func (s *Service) keep(ctx context.Context, n Need, before, k store.OAuthToken) (store.OAuthToken, error) {
	var want *store.OAuthWant
	refused := s.refusal(ctx, n, &k)
	missing, ok := errors.AsType[*NotConnected](refused)
	if refused != nil && !ok {
		return k, refused
	}
	if missing != nil {
		w := s.wantOf(missing)
		want = &w
	}
	if err := s.finish(ctx, k, want); err != nil {
		if !errors.Is(err, store.ErrNotHeld) {
			return k, err
		}
		s.log.WarnContext(ctx, "somebody else had the token meanwhile; this answer is not kept", slog.String("resource", k.Resource), slog.String("user", k.Owner))
		return s.other(ctx, n)
	}
	s.told(ctx, n, before, k)
	now := s.now()
	if refused != nil {
		s.wake()
		return k, refused
	}
	if !usable(&k, now) {
		return k, unavailable("no token can be had at the moment: "+problemOf(&k).Detail, nil)
	}
	return k, nil
}

// finish commits. While the database is away it goes on trying as long as Close
// waits: the answer is nowhere else.
func (s *Service) finish(ctx context.Context, k store.OAuthToken, want *store.OAuthWant) error {
	for wait := retryWait; ; wait = min(2*wait, 5*time.Second) {
		err := s.cfg.Store.FinishOAuthToken(ctx, k, want)
		if err == nil || errors.Is(err, store.ErrNotHeld) || ctx.Err() != nil {
			return err
		}
		s.log.ErrorContext(ctx, "a renewed token is not kept yet", slog.String("resource", k.Resource), slog.Any("err", err))
		if perr := pause(ctx, wait); perr != nil {
			return err
		}
	}
}

// other is the token after somebody else took it over.
func (s *Service) other(ctx context.Context, n Need) (store.OAuthToken, error) {
	k, err := s.row(ctx, n)
	if err == nil && !usable(&k, s.now()) {
		if err = s.refusal(ctx, n, &k); err == nil {
			err = unavailable("somebody else is getting this token", nil)
		}
	}
	return k, err
}

// told logs what became of a token, and wakes whoever waits for it.
func (s *Service) told(ctx context.Context, n Need, before, k store.OAuthToken) {
	s.forget(k.Need)
	about := []any{slog.String("resource", k.Resource), slog.String("user", k.Owner)}
	if k.State != string(Valid) {
		p := problemOf(&k)
		s.log.WarnContext(ctx, "a token was not renewed", append(about, slog.String("state", k.State), slog.String("code", p.Code), slog.String("said", p.Said), slog.String("trace", p.Trace))...)
		return
	}
	if before.State == string(Valid) {
		s.cfg.Store.Publish(store.TopicOAuth, k.Need)
		return
	}
	if err := s.cfg.Store.RemoveOAuthWant(ctx, Need{Resource: n.Resource, App: true}.Key()); err != nil {
		s.log.WarnContext(ctx, "a want was not taken back", slog.Any("err", err))
	}
	s.log.InfoContext(ctx, "a token can be used again", about...)
	s.connected(ctx, n)
}

// locked is a secret text of a token as it is kept.
func (s *Service) locked(k *store.OAuthToken, text seal.Secret) string {
	return s.cfg.Seal.Lock(TokenPurpose(k.Need), text)
}

func (s *Service) opened(k *store.OAuthToken, locked string) (seal.Secret, error) {
	return s.cfg.Seal.Unlock(TokenPurpose(k.Need), locked)
}
