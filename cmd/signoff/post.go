package main

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff/seal"
)

// post is the server's mail.
type post struct{}

func (s *server) openPost(ctx context.Context, cfg Config, key seal.Key) error { return nil }

func (p post) start(ctx context.Context, g *errgroup.Group) {}
