package oauth

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"
)

// How often Run looks what is to be done.
const (
	tickEvery  = 5 * time.Second
	noticeTick = 15 * time.Second
	endsTick   = time.Hour
	dueAtOnce  = 64
)

// Run renews tokens before they end, asks for the tokens of device codes, and
// tells people what is wanted of them, until ctx ends. Every node runs it.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	var noticed, ended time.Time
	for ctx.Err() == nil {
		now := s.now()
		err := errors.Join(s.renewDue(ctx), s.askDevices(ctx))
		if now.Sub(noticed) >= min(noticeTick, s.cfg.Patience) {
			noticed = now
			err = errors.Join(err, s.announce(ctx))
		}
		if now.Sub(ended) >= endsTick {
			ended = now
			err = errors.Join(err, s.announceEnds(ctx))
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "tokens were not looked after", slog.Any("err", err))
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-s.kick:
		}
	}
	return ctx.Err()
}

// renewDue begins the renewal of tokens whose time has come. Nodes that look at
// the same moment begin with different ones.
func (s *Service) renewDue(ctx context.Context) error {
	list, err := s.cfg.Store.DueOAuthTokens(ctx, s.now(), dueAtOnce)
	if err != nil {
		return err
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, k := range list {
		s.background(k)
	}
	return nil
}
