package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

// maxMembersShown bounds the members in one answer. Larger groups come from a
// directory and are looked after there.
const maxMembersShown = 1000

func (s *Server) listGroups(ctx context.Context, by signoff.Caller, in *Page) (*body[api.List[api.Person]], error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	groups, err := s.Identity.Groups(ctx, by, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(groups, personOf)
	if len(groups) == in.Limit {
		out.Next = writeCursor(string(groups[len(groups)-1].Principal))
	}
	return &body[api.List[api.Person]]{out}, nil
}

type createGroupInput struct{ Body api.GroupBody }

func (s *Server) createGroup(ctx context.Context, by signoff.Caller, in *createGroupInput) (*body[api.Group], error) {
	g, err := s.Identity.CreateGroup(ctx, by, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return s.group(ctx, g.Principal)
}

func (s *Server) getGroup(ctx context.Context, _ signoff.Caller, in *ByPrincipal) (*body[api.Group], error) {
	return s.group(ctx, in.principal())
}

func (s *Server) group(ctx context.Context, p signoff.Principal) (*body[api.Group], error) {
	known, err := s.named(ctx, p)
	if err != nil {
		return nil, err
	}
	g, ok := known[p]
	if !ok || !p.IsGroup() {
		return nil, &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}
	}
	out := api.Group{Person: personOf(g), Members: []api.Person{}}
	const atOnce = 200
	for after := signoff.Principal(""); len(out.Members) < maxMembersShown; {
		some, err := s.Identity.Members(ctx, p, after, atOnce)
		if err != nil {
			return nil, err
		}
		out.Members = append(out.Members, listOf(some, personOf).Items...)
		if len(some) < atOnce {
			break
		}
		after = some[len(some)-1].Principal
	}
	return &body[api.Group]{out}, nil
}

type renameGroupInput struct {
	ByPrincipal
	Body api.GroupBody
}

func (s *Server) renameGroup(ctx context.Context, by signoff.Caller, in *renameGroupInput) (*body[api.Group], error) {
	if err := s.Identity.RenameGroup(ctx, by, in.principal(), in.Body.Name); err != nil {
		return nil, err
	}
	return s.group(ctx, in.principal())
}

type memberInput struct {
	ByPrincipal
	Member string `path:"member" maxLength:"100" doc:"principal, such as user:7"`
}

func (s *Server) addMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return nil, s.Identity.SetMember(ctx, by, in.principal(), signoff.Principal(in.Member), true)
}

func (s *Server) removeMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return nil, s.Identity.SetMember(ctx, by, in.principal(), signoff.Principal(in.Member), false)
}
