package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

func (s *Server) listGroups(ctx context.Context, by signoff.Caller, in *listPeopleInput) (*body[api.List[api.Person]], error) {
	return nil, errUnwired
}

type createGroupInput struct{ Body api.GroupBody }

func (s *Server) createGroup(ctx context.Context, by signoff.Caller, in *createGroupInput) (*body[api.Group], error) {
	return nil, errUnwired
}

func (s *Server) getGroup(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.Group], error) {
	return nil, errUnwired
}

type renameGroupInput struct {
	ByPrincipal
	Body api.GroupBody
}

func (s *Server) renameGroup(ctx context.Context, by signoff.Caller, in *renameGroupInput) (*body[api.Group], error) {
	return nil, errUnwired
}

type memberInput struct {
	ByPrincipal
	Member string `path:"member" maxLength:"100" doc:"principal, such as user:7"`
}

func (s *Server) addMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return nil, errUnwired
}

func (s *Server) removeMember(ctx context.Context, by signoff.Caller, in *memberInput) (*nothing, error) {
	return nil, errUnwired
}
