package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/seal"
)

type searchPeopleInput struct {
	Q     string `query:"q" maxLength:"200" doc:"beginnings of words of a name, login or address"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10"`
}

func (s *Server) searchPeople(ctx context.Context, _ signoff.Caller, in *searchPeopleInput) (*body[api.List[api.Person]], error) {
	found, err := s.Identity.Search(ctx, in.Q, in.Limit)
	if err != nil {
		return nil, err
	}
	return &body[api.List[api.Person]]{listOf(found, personOf)}, nil
}

// listOf turns a list into one of another type, never null.
func listOf[T, U any](list []T, turn func(T) U) api.List[U] {
	out := api.List[U]{Items: make([]U, 0, len(list))}
	for _, x := range list {
		out.Items = append(out.Items, turn(x))
	}
	return out
}

type listPeopleInput struct {
	Page
	Q string `query:"q" maxLength:"200" doc:"beginnings of words of a name, login or address; such a list has one page"`
}

// after is the cursor of lists in the order people were made: the last one.
func (p Page) after() (signoff.Principal, error) {
	last, err := readCursor(p.Cursor)
	return signoff.Principal(last), err
}

func (s *Server) listUsers(ctx context.Context, by signoff.Caller, in *listPeopleInput) (*body[api.List[api.User]], error) {
	if in.Q != "" {
		return s.findUsers(ctx, by, in.Q)
	}
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	users, err := s.Identity.Users(ctx, by, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out := listOf(users, userOf)
	if len(users) == in.Limit {
		out.Next = writeCursor(string(users[len(users)-1].Principal))
	}
	return &body[api.List[api.User]]{out}, nil
}

func (s *Server) findUsers(ctx context.Context, by signoff.Caller, q string) (*body[api.List[api.User]], error) {
	const most = 50
	found, err := s.Identity.Search(ctx, q, most)
	if err != nil {
		return nil, err
	}
	out := api.List[api.User]{Items: []api.User{}}
	for _, p := range found {
		if !p.Principal.IsUser() {
			continue
		}
		u, err := s.Identity.User(ctx, by, p.Principal)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, userOf(u))
	}
	return &body[api.List[api.User]]{out}, nil
}

func userOf(u identity.User) api.User {
	return api.User{Person: personOf(u.Person), Admin: u.Admin, Disabled: u.Disabled,
		Groups: listOf(u.Groups, personOf).Items}
}

// userAnswer is what creating, reading and changing an account answer.
func userAnswer(u identity.User, err error) (*body[api.User], error) {
	if err != nil {
		return nil, err
	}
	return &body[api.User]{userOf(u)}, nil
}

type createUserInput struct{ Body api.NewUser }

func (s *Server) createUser(ctx context.Context, by signoff.Caller, in *createUserInput) (*body[api.User], error) {
	n := in.Body
	return userAnswer(s.Identity.CreateUser(ctx, by, identity.NewUser{
		Login: n.Login, Name: n.Name, Email: n.Email, Password: seal.Secret(n.Password), Admin: n.Admin}))
}

func (s *Server) getUser(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.User], error) {
	return userAnswer(s.Identity.User(ctx, by, in.principal()))
}

type changeUserInput struct {
	ByPrincipal
	Body api.ChangeUser
}

func (s *Server) changeUser(ctx context.Context, by signoff.Caller, in *changeUserInput) (*body[api.User], error) {
	c := in.Body
	return userAnswer(s.Identity.ChangeUser(ctx, by, in.principal(),
		identity.UserChange{Name: c.Name, Email: c.Email, Admin: c.Admin, Disabled: c.Disabled}))
}

type setPasswordInput struct {
	ByPrincipal
	Body api.SetPassword
}

func (s *Server) setPassword(ctx context.Context, by signoff.Caller, in *setPasswordInput) (*nothing, error) {
	return nil, s.Identity.SetPassword(ctx, by, in.principal(), seal.Secret(in.Body.Password))
}

type changePasswordInput struct{ Body api.ChangePassword }

func (s *Server) changePassword(ctx context.Context, by signoff.Caller, in *changePasswordInput) (*nothing, error) {
	return nil, s.Identity.ChangePassword(ctx, by, seal.Secret(in.Body.Present), seal.Secret(in.Body.Password), identity.Remote(ctx))
}
