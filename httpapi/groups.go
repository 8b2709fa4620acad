package httpapi

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
)

// groupRoutes are the lines of the table in routes.go that are about groups and
// roles. A role is a group that is ours alone, and named by group:NUMBER as well:
// what can be done with a group can be done with a role, under /groups too.
func (s *Server) groupRoutes() {
	route(s, op{"list-groups", "GET /groups", "People", "Groups, in the order they were made", admin, 0}, s.listGroups)
	route(s, op{"create-group", "POST /groups", "People", "Make a group", admin, http.StatusCreated}, s.createGroup)
	route(s, op{"get-group", "GET /groups/{id}", "People", "One group with those who were put into it", admin, 0}, s.getGroup)
	route(s, op{"rename-group", "PATCH /groups/{id}", "People", "Give a group another name, or say what it is for", admin, 0}, s.changeGroup)
	route(s, op{"delete-group", "DELETE /groups/{id}", "People", "Take a group away, with its members and rights", admin, 0}, s.deleteGroup)
	route(s, op{"list-members", "GET /groups/{id}/members", "People", "People who are in a group by any way, and through what", admin, 0}, s.listMembers)
	route(s, op{"add-member", "PUT /groups/{id}/members/{member}", "People", "Put a person or a group into a group", admin, 0}, s.addMember)
	route(s, op{"remove-member", "DELETE /groups/{id}/members/{member}", "People", "Take a person or a group out of a group", admin, 0}, s.removeMember)

	route(s, op{"list-roles", "GET /roles", "People", "Roles, in the order they were made", admin, 0}, s.listRoles)
	route(s, op{"create-role", "POST /roles", "People", "Make a role", admin, http.StatusCreated}, s.createRole)
	route(s, op{"get-role", "GET /roles/{id}", "People", "One role with those who were put into it", admin, 0}, s.getRole)
	route(s, op{"change-role", "PATCH /roles/{id}", "People", "Give a role another name, or say what it is for", admin, 0}, s.changeRole)
	route(s, op{"delete-role", "DELETE /roles/{id}", "People", "Take a role away, with its members and rights", admin, 0}, s.deleteRole)
	route(s, op{"list-role-members", "GET /roles/{id}/members", "People", "People who hold a role by any way, and through what", admin, 0}, s.listRoleMembers)
	route(s, op{"add-role-member", "PUT /roles/{id}/members/{member}", "People", "Give a role to a person or a group", admin, 0}, s.addRoleMember)
	route(s, op{"remove-role-member", "DELETE /roles/{id}/members/{member}", "People", "Take a role from a person or a group", admin, 0}, s.removeRoleMember)
}

type listGroupsInput struct {
	Page
	Q      string `query:"q" maxLength:"200" doc:"beginnings of words of the name"`
	Source string `query:"source" maxLength:"300" doc:"only those of this directory"`
}

func (s *Server) listGroups(ctx context.Context, by signoff.Caller, in *listGroupsInput) (*body[api.List[api.GroupInfo]], error) {
	return s.groupList(ctx, by, in, false)
}

func (s *Server) listRoles(ctx context.Context, by signoff.Caller, in *listGroupsInput) (*body[api.List[api.GroupInfo]], error) {
	return s.groupList(ctx, by, in, true)
}

func (s *Server) groupList(ctx context.Context, by signoff.Caller, in *listGroupsInput, role bool) (*body[api.List[api.GroupInfo]], error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	groups, err := s.Identity.FindGroups(ctx, by, identity.GroupQuery{Role: role, Source: in.Source, Text: in.Q, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := listOf(groups, groupOf)
	if len(groups) == in.Limit {
		out.Next = writeCursor(string(groups[len(groups)-1].Principal))
	}
	return &body[api.List[api.GroupInfo]]{out}, nil
}

func groupOf(g identity.Group) api.GroupInfo {
	out := api.GroupInfo{Person: personOf(g.Person), About: g.About, Source: g.Source}
	out.Role = g.Role
	return out
}

type createGroupInput struct{ Body api.GroupBody }

func (s *Server) createGroup(ctx context.Context, by signoff.Caller, in *createGroupInput) (*body[api.Group], error) {
	return s.made(s.Identity.MakeGroup(ctx, by, identity.NewGroup{Name: in.Body.Name, About: in.Body.About}))
}

func (s *Server) createRole(ctx context.Context, by signoff.Caller, in *createGroupInput) (*body[api.Group], error) {
	return s.made(s.Identity.MakeGroup(ctx, by, identity.NewGroup{Name: in.Body.Name, About: in.Body.About, Role: true}))
}

func (s *Server) made(g identity.Group, err error) (*body[api.Group], error) {
	if err != nil {
		return nil, err
	}
	return &body[api.Group]{api.Group{GroupInfo: groupOf(g), Members: []api.Member{}}}, nil
}

var errNoGroup = &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}

// be refuses a group where a role is meant. A role may be called a group.
func (s *Server) be(ctx context.Context, by signoff.Caller, in ByPrincipal, role bool) (identity.Group, error) {
	g, err := s.Identity.Group(ctx, by, in.principal())
	if err == nil && role && !g.Role {
		err = errNoGroup
	}
	return g, err
}

func (s *Server) getGroup(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.Group], error) {
	return s.oneGroup(ctx, by, *in, false)
}

func (s *Server) getRole(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.Group], error) {
	return s.oneGroup(ctx, by, *in, true)
}

// maxMembersShown bounds the members in one answer. Larger groups come from a
// directory and are looked after there; GET …/members pages through them.
const maxMembersShown = 1000

func (s *Server) oneGroup(ctx context.Context, by signoff.Caller, in ByPrincipal, role bool) (*body[api.Group], error) {
	g, err := s.be(ctx, by, in, role)
	if err != nil {
		return nil, err
	}
	out := api.Group{GroupInfo: groupOf(g), Members: []api.Member{}}
	const atOnce = 200
	for after := signoff.Principal(""); len(out.Members) < maxMembersShown; {
		some, err := s.Identity.DirectMembers(ctx, by, g.Principal, after, atOnce)
		if err != nil {
			return nil, err
		}
		for _, d := range some {
			out.Members = append(out.Members, api.Member{Person: personOf(d.Person), Via: d.Via})
		}
		if len(some) < atOnce {
			break
		}
		after = some[len(some)-1].Person.Principal
	}
	return &body[api.Group]{out}, nil
}

type changeGroupInput struct {
	ByPrincipal
	Body api.ChangeGroup
}

func (s *Server) changeGroup(ctx context.Context, by signoff.Caller, in *changeGroupInput) (*body[api.Group], error) {
	return s.groupChanged(ctx, by, in, false)
}

func (s *Server) changeRole(ctx context.Context, by signoff.Caller, in *changeGroupInput) (*body[api.Group], error) {
	return s.groupChanged(ctx, by, in, true)
}

func (s *Server) groupChanged(ctx context.Context, by signoff.Caller, in *changeGroupInput, role bool) (*body[api.Group], error) {
	if _, err := s.be(ctx, by, in.ByPrincipal, role); err != nil {
		return nil, err
	}
	if _, err := s.Identity.ChangeGroup(ctx, by, in.principal(), identity.GroupChange{Name: in.Body.Name, About: in.Body.About}); err != nil {
		return nil, err
	}
	return s.oneGroup(ctx, by, in.ByPrincipal, role)
}

func (s *Server) deleteGroup(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*nothing, error) {
	return s.groupDeleted(ctx, by, *in, false)
}

func (s *Server) deleteRole(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*nothing, error) {
	return s.groupDeleted(ctx, by, *in, true)
}

func (s *Server) groupDeleted(ctx context.Context, by signoff.Caller, in ByPrincipal, role bool) (*nothing, error) {
	if _, err := s.be(ctx, by, in, role); err != nil {
		return nil, err
	}
	err := s.Identity.DeleteGroup(ctx, by, in.principal())
	s.Library.Changed() // rights may have gone with it
	return nil, err
}

type listMembersInput struct {
	ByPrincipal
	Page
}

func (s *Server) listMembers(ctx context.Context, by signoff.Caller, in *listMembersInput) (*body[api.List[api.EffectiveMember]], error) {
	return s.membersOf(ctx, by, in, false)
}

func (s *Server) listRoleMembers(ctx context.Context, by signoff.Caller, in *listMembersInput) (*body[api.List[api.EffectiveMember]], error) {
	return s.membersOf(ctx, by, in, true)
}

func (s *Server) membersOf(ctx context.Context, by signoff.Caller, in *listMembersInput, role bool) (*body[api.List[api.EffectiveMember]], error) {
	g, err := s.be(ctx, by, in.ByPrincipal, role)
	if err != nil {
		return nil, err
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	some, err := s.Identity.Members(ctx, g.Principal, after, in.Limit)
	if err != nil {
		return nil, err
	}
	through, err := s.Identity.Through(ctx, g.Principal, some)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for _, way := range through {
		who = append(who, way...)
	}
	known, err := s.named(ctx, who...)
	if err != nil {
		return nil, err
	}
	out := listOf(some, func(p signoff.Person) api.EffectiveMember {
		return api.EffectiveMember{Person: personOf(p), Through: known.persons(through[p.Principal])}
	})
	if len(some) == in.Limit {
		out.Next = writeCursor(string(some[len(some)-1].Principal))
	}
	return &body[api.List[api.EffectiveMember]]{out}, nil
}

type memberInput struct {
	ByPrincipal
	Member string `path:"member" maxLength:"100" doc:"principal of a person or a group, such as user:7 or group:3"`
}

func (s *Server) addMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return s.setMember(ctx, by, in, false, true)
}

func (s *Server) removeMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return s.setMember(ctx, by, in, false, false)
}

func (s *Server) addRoleMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return s.setMember(ctx, by, in, true, true)
}

func (s *Server) removeRoleMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return s.setMember(ctx, by, in, true, false)
}

func (s *Server) setMember(ctx context.Context, by signoff.Caller, in *memberInput, role, member bool) (*nothing, error) {
	if _, err := s.be(ctx, by, in.ByPrincipal, role); err != nil {
		return nil, err
	}
	return nil, s.Identity.SetMember(ctx, by, in.principal(), signoff.Principal(in.Member), member)
}
