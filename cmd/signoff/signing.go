package main

import (
	"context"

	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/seal"
)

// openSignIn takes up how people sign in on the pages.
func (s *server) openSignIn(ctx context.Context, cfg Config, key seal.Key) (err error) {
	s.signin, err = signin.Open(ctx, signin.Config{Store: s.store, People: s.people, Issuers: s.trust, Client: s.outside.client, Loopback: s.outside.local,
		Seal: key, Public: cfg.URL, Log: s.log, Now: s.store.Now})
	return err
}
