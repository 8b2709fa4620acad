package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type signInInput struct{ Body api.SignIn }

type signInOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      api.Me
}

func (s *Server) signIn(ctx context.Context, _ signoff.Caller, in *signInInput) (*signInOutput, error) {
	return nil, errUnwired
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

func (s *Server) signOut(ctx context.Context, by signoff.Caller, _ *nothing) (*signOutOutput, error) {
	return nil, errUnwired
}

func (s *Server) getMe(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.Me], error) {
	return nil, errUnwired
}

var errUnwired = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "not wired yet"}
