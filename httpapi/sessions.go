package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type BySession struct {
	Session string `path:"session" maxLength:"100"`
}

type sessionOfUser struct {
	ByPrincipal
	BySession
}

func (s *Server) mySessions(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.SignedIn]], error) {
	return s.sessionsOf(ctx, by, by.Principal)
}

func (s *Server) sessions(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.List[api.SignedIn]], error) {
	return s.sessionsOf(ctx, by, in.principal())
}

func (s *Server) sessionsOf(ctx context.Context, by signoff.Caller, who signoff.Principal) (*body[api.List[api.SignedIn]], error) {
	all, err := s.Identity.Sessions(ctx, by, who)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	if s.Signin != nil {
		providers, _, _, err := s.Signin.Options(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range providers {
			names[p.ID] = p.Name
		}
	}
	out := api.List[api.SignedIn]{Items: []api.SignedIn{}}
	for _, f := range all {
		provider := f.Provider
		if name := names[provider]; name != "" {
			provider = name
		}
		out.Items = append(out.Items, api.SignedIn{ID: f.ID, Begun: f.Begun, Seen: f.Seen, Expires: f.Expires, Place: f.Place,
			Agent: f.Agent, Provider: provider, Recovery: f.Recovery, This: f.This})
	}
	return &body[api.List[api.SignedIn]]{out}, nil
}

func (s *Server) endMySession(ctx context.Context, by signoff.Caller, in *BySession) (*nothing, error) {
	return nil, s.Identity.EndSession(ctx, by, by.Principal, in.Session)
}

func (s *Server) endMySessions(ctx context.Context, by signoff.Caller, _ *nothing) (*nothing, error) {
	_, err := s.Identity.EndSessions(ctx, by, by.Principal)
	return nil, err
}

func (s *Server) endSession(ctx context.Context, by signoff.Caller, in *sessionOfUser) (*nothing, error) {
	return nil, s.Identity.EndSession(ctx, by, in.principal(), in.Session)
}

func (s *Server) endSessions(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*nothing, error) {
	_, err := s.Identity.EndSessions(ctx, by, in.principal())
	return nil, err
}
