package httpapi

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"github.com/signoffhq/signoff"
)

const (
	sessionCookie = "signoff_session"
	challenge     = `Basic realm="signoff", charset="UTF-8"`
)

func (s *Server) require(o op) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) { next(hc) }
}

type nameMap map[signoff.Principal]signoff.Person

func (m nameMap) name(p signoff.Principal) string { return m[p].Name }

func (s *Server) names(ctx context.Context, who []signoff.Principal) nameMap { return nil }
