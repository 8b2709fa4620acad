package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
)

type signInInput struct{ Body api.SignIn }

type signInOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      api.Me
}

func (s *Server) signIn(ctx context.Context, _ signoff.Caller, in *signInInput) (*signInOutput, error) {
	session, err := s.Identity.SignIn(ctx, in.Body.Login, in.Body.Password)
	if err != nil {
		return nil, err
	}
	me, err := s.me(ctx, session.Caller, session.CSRF)
	if err != nil {
		return nil, err
	}
	return &signInOutput{session.Cookie.String(), me}, nil
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      api.SignedOut
}

// signOut is open to anybody: a session that has ended is signed out already.
func (s *Server) signOut(ctx context.Context, _ signoff.Caller, _ *nothing) (*signOutOutput, error) {
	cookie, from, err := s.Identity.SignOut(ctx)
	if err != nil {
		return nil, err
	}
	out := &signOutOutput{SetCookie: cookie.String()}
	if s.Signin != nil {
		out.Body.Next = s.Signin.LeaveAt(ctx, from)
	}
	return out, nil
}

func (s *Server) getMe(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.Me], error) {
	me, err := s.me(ctx, by, identity.CSRF(ctx))
	return &body[api.Me]{me}, err
}

func (s *Server) me(ctx context.Context, by signoff.Caller, csrf string) (api.Me, error) {
	groups, err := s.named(ctx, by.Groups...)
	if err != nil {
		return api.Me{}, err
	}
	password, err := s.Identity.HasPassword(ctx, by)
	if err != nil {
		return api.Me{}, err
	}
	return api.Me{Person: personOf(by.Person), Admin: by.Admin, Password: password, Deploy: access.May(by, access.Deploy, nil).OK, Groups: groups.persons(by.Groups),
		Sandbox: s.Sandbox, Version: s.Version, CSRF: csrf}, nil
}
