package main

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// openOAuth takes up the systems that this server has tokens for.
func (s *server) openOAuth(cfg Config, key seal.Key) (err error) {
	s.oauth, err = oauth.Open(oauth.Config{Store: s.store, Client: s.outside.client, Loopback: s.outside.local, Seal: key, Public: cfg.URL,
		Announcer: announcer{s}, Users: s.resourceUsers, Log: s.log, Now: s.store.Now})
	return err
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
