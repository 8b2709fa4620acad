package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

// Paths that providers tell us at that somebody signed out.
const (
	FrontLogoutPath = "/oauth/logout/front"
	BackLogoutPath  = "/oauth/logout/back"
)

// maxHint is how long an id token may be to be kept for signing out: it becomes
// part of an address.
const maxHint = 4000

const hintPurpose = "id token for signing out"

// LeavePage is where providers send browsers that have signed out.
const LeavePage = "/sign-in?left=1"

// LeaveAt is where to send a browser so that its person is signed out at the
// provider too (OpenID Connect RP-Initiated Logout 1.0 §2); "" for nowhere:
// the session began with a password, or the provider has no such place, or the
// setting says to stay signed in there.
func (s *Service) LeaveAt(ctx context.Context, from identity.SessionOrigin) string {
	if from.Provider == "" {
		return ""
	}
	p, err := s.byID(ctx, from.Provider)
	if err != nil || p.Issuer != from.Issuer || p.StaySignedIn {
		return ""
	}
	m, err := p.metadata(ctx)
	if err != nil || m.EndSession == "" {
		return ""
	}
	u, err := url.Parse(m.EndSession)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", p.ClientID)
	q.Set("post_logout_redirect_uri", s.public+LeavePage)
	if hint, err := s.cfg.Seal.Unlock(hintPurpose, from.IDToken); err == nil && hint != "" {
		q.Set("id_token_hint", hint.Reveal())
		if login := loginHint(hint.Reveal()); login != "" {
			q.Set("logout_hint", login)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// loginHint is what Entra wants as logout_hint, from a token that was verified
// when it came.
func loginHint(raw string) string {
	var c claims
	if readUnverified(raw, &c) != nil {
		return ""
	}
	return c.LoginHint
}

var errBadLogout = errors.New("the logout token is not valid")

// BackChannel ends the sessions that a logout token speaks of (OpenID Connect
// Back-Channel Logout 1.0 §2.6). It refuses with "bad-logout-token"; why is in
// the log and not said to whoever sent it.
func (s *Service) BackChannel(ctx context.Context, token, remote string) error {
	if s.limit.held(remote) {
		return &signoff.Error{Kind: signoff.TooMany, Code: "sign-in-busy", Detail: "too many logout tokens were not valid", Hint: "wait a minute"}
	}
	p, t, err := s.logoutToken(ctx, token)
	if err != nil {
		s.limit.failed(remote)
		s.log.WarnContext(ctx, "a logout token was refused", slog.String("remote", remote), slog.Any("err", err))
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-logout-token", Detail: errBadLogout.Error(), Err: err}
	}
	n, err := s.cfg.Store.EndSessionsFrom(ctx, p.Issuer, t.Subject, t.SessionID)
	if err != nil {
		return err
	}
	s.log.InfoContext(ctx, "signed out by a provider", slog.String("provider", p.ID), slog.Int64("sessions", n))
	return nil
}

// logoutToken finds whose it is and verifies it.
func (s *Service) logoutToken(ctx context.Context, raw string) (*provider, *oidc.LogoutToken, error) {
	if len(raw) > trust.MaxTokenBytes {
		return nil, nil, errors.New("it is too long")
	}
	// Not believed yet; it only chooses the provider whose keys are used.
	var named struct {
		Issuer   string `json:"iss"`
		Audience names  `json:"aud"`
	}
	if err := readUnverified(raw, &named); err != nil {
		return nil, nil, err
	}
	c, err := s.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	var p *provider
	for _, one := range c.providers {
		if one.Issuer == named.Issuer && slices.Contains(named.Audience, one.ClientID) {
			p = one
		}
	}
	if p == nil {
		return nil, nil, fmt.Errorf("no provider here has the issuer %s and that client", said(named.Issuer))
	}
	m, err := p.metadata(ctx)
	if err != nil {
		return nil, nil, err
	}
	var typ string
	t, err := p.verifier(m, &typ).VerifyLogout(ctx, raw)
	if err == nil {
		err = s.checkLogout(t, typ)
	}
	if err == nil {
		err = s.firstTime(ctx, p, t)
	}
	return p, t, err
}

// checkLogout is what go-oidc leaves to its users: type, times and the form of
// the event.
func (s *Service) checkLogout(t *oidc.LogoutToken, typ string) error {
	var extra struct {
		Events map[string]json.RawMessage `json:"events"`
	}
	if err := t.Claims(&extra); err != nil {
		return err
	}
	var event map[string]json.RawMessage
	if json.Unmarshal(extra.Events["http://schemas.openid.net/event/backchannel-logout"], &event) != nil || event == nil {
		return errors.New("events: the event is not an object")
	}
	now := s.now()
	switch {
	case typ != "" && typ != "jwt" && typ != "logout+jwt":
		return fmt.Errorf("typ: it is of the type %q", typ)
	case t.IssuedAt.IsZero() || t.IssuedAt.After(now.Add(maxSkew)):
		return errors.New("iat: it is from the future, or does not say when it is from")
	case t.Expiry.After(now.Add(maxLogoutLife)):
		return errors.New("exp: it is good for too long")
	case len(t.TokenID) > maxText || len(t.SessionID) > maxText || len(t.Subject) > maxText:
		return errors.New("jti, sid or sub is too long")
	}
	return nil
}

// maxLogoutLife is how long a logout token may be good: so long its jti is kept.
const maxLogoutLife = 24 * time.Hour

// firstTime notes a logout token, so that it cannot be sent again. It is asked
// last: a token that was not verified uses up no name.
func (s *Service) firstTime(ctx context.Context, p *provider, t *oidc.LogoutToken) error {
	fresh, err := s.cfg.Store.PutTicket(ctx, hashed("logout", p.Issuer, t.TokenID), nil, t.Expiry.Add(maxSkew), s.now())
	if err == nil && !fresh {
		err = errors.New("jti: it came before")
	}
	return err
}

// FrontChannel ends the sessions that a provider began under its own session
// sid (OpenID Connect Front-Channel Logout 1.0). The browser that brings this
// proves nothing; but sid is known to the provider and us alone, so that
// nobody can sign others out with an address they make up. It returns what may
// show the answer in a frame: the provider's own pages.
func (s *Service) FrontChannel(ctx context.Context, issuer, sid, remote string) (origin string, err error) {
	c, err := s.take(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(c.setting.Providers, func(p Provider) bool { return p.Issuer == issuer })
	if i < 0 || sid == "" || len(sid) > maxText || s.limit.held(remote) {
		return "", nil
	}
	n, err := s.cfg.Store.EndSessionsFrom(ctx, issuer, "", sid)
	if err != nil {
		return "", err
	}
	if n == 0 {
		s.limit.failed(remote)
	} else {
		s.log.InfoContext(ctx, "signed out by a provider", slog.String("provider", c.setting.Providers[i].ID), slog.Int64("sessions", n))
	}
	u, err := url.Parse(issuer)
	if err != nil || strings.ContainsAny(u.Host, " ;,'\"") {
		return "", nil
	}
	return u.Scheme + "://" + u.Host, nil
}
