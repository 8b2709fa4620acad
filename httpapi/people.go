package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

type searchPeopleInput struct {
	Q     string `query:"q" maxLength:"200" doc:"beginning of a name, login or address"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

func (s *Server) searchPeople(ctx context.Context, by signoff.Caller, in *searchPeopleInput) (*body[api.List[api.Person]], error) {
	return nil, errUnwired
}

type listPeopleInput struct {
	Page
	Q string `query:"q" maxLength:"200" doc:"beginning of a name, login or address"`
}

func (s *Server) listUsers(ctx context.Context, by signoff.Caller, in *listPeopleInput) (*body[api.List[api.User]], error) {
	return nil, errUnwired
}

type createUserInput struct{ Body api.NewUser }

func (s *Server) createUser(ctx context.Context, by signoff.Caller, in *createUserInput) (*body[api.User], error) {
	return nil, errUnwired
}

func (s *Server) getUser(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.User], error) {
	return nil, errUnwired
}

type changeUserInput struct {
	ByPrincipal
	Body api.ChangeUser
}

func (s *Server) changeUser(ctx context.Context, by signoff.Caller, in *changeUserInput) (*body[api.User], error) {
	return nil, errUnwired
}

type setPasswordInput struct {
	ByPrincipal
	Body api.SetPassword
}

func (s *Server) setPassword(ctx context.Context, by signoff.Caller, in *setPasswordInput) (*nothing, error) {
	return nil, errUnwired
}
