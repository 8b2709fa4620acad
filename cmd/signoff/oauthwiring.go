package main

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// openOAuth takes up the systems that this server has tokens for.
func (s *server) openOAuth(cfg Config, key seal.Key) (err error) {
	patience := time.Duration(0)
	if s.sandbox != nil {
		patience = 5 * time.Second // who tries it wants to see the mail
	}
	s.oauth, err = oauth.Open(oauth.Config{Patience: patience, Store: s.store, Client: s.outside.client, Loopback: s.outside.local, Seal: key, Public: cfg.URL,
		Announcer: announcer{s}, Users: s.resourceUsers, Owns: s.owns, MayAct: s.mayAct, Log: s.log, Now: s.store.Now})
	return err
}

// owns tells whether an account elsewhere is a person's: it bears their sign-in
// name or one of their addresses.
func (s *server) owns(ctx context.Context, who signoff.Principal, account string) (bool, error) {
	p, found, err := s.people.ByAddress(ctx, account)
	if found || err != nil {
		return found && p.Principal == who, err
	}
	names, err := s.people.Names(ctx, []signoff.Principal{who})
	is, known := names[who]
	return known && is.Login != "" && strings.EqualFold(is.Login, account), err
}

// mayAct refuses somebody who has left: what they connected is theirs alone, and
// nobody acts in their mailbox after that.
func (s *server) mayAct(ctx context.Context, who signoff.Principal) error {
	_, err := s.people.Caller(ctx, who, access.System.How)
	if code := signoff.CodeOf(err); code != "user-disabled" && code != "user-not-found" {
		return err
	}
	return &signoff.Error{Kind: signoff.Forbidden, Code: signoff.CodeOf(err), Detail: "the account that " + signoff.Mention(who) + " connected is not used any more: they may not sign in here",
		Hint: "let the step act with another account; or an administrator lets them sign in again, then retry", Err: err}
}

// startOAuth looks after tokens until ctx ends, takes up what other servers do
// with theirs, and wakes the work that waits for one.
func (s *server) startOAuth(ctx context.Context, g *errgroup.Group) {
	s.oauth.OnConnected(func(ctx context.Context, n oauth.Need) {
		if err := s.runner.Connected(ctx, n.Key()); err != nil {
			s.log.WarnContext(ctx, "what waits for a connection was not woken; it looks for itself", slog.String("for", n.Key()), slog.Any("err", err))
		}
	})
	hints := s.store.Hints(ctx, store.TopicOAuth, store.TopicSettings)
	g.Go(func() error { return s.oauth.Run(ctx) })
	g.Go(func() error {
		for h := range hints {
			s.oauth.Heard(h)
		}
		return nil
	})
}
