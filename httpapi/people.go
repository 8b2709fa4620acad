package httpapi

import (
	"context"
	"net/http"

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

// peopleRoutes are the lines of the table in routes.go that are about accounts.
func (s *Server) peopleRoutes() {
	route(s, op{"list-users", "GET /users", "People", "Accounts, in the order they were made", admin, 0}, s.listUsers)
	route(s, op{"create-user", "POST /users", "People", "Make an account", admin, http.StatusCreated}, s.createUser)
	route(s, op{"get-user", "GET /users/{id}", "People", "One account", admin, 0}, s.getUser)
	route(s, op{"change-user", "PATCH /users/{id}", "People", "Change an account, or switch it off or on", admin, 0}, s.changeUser)
	route(s, op{"set-password", "PUT /users/{id}/password", "People", "Give an account a new password; its sessions end", admin, 0}, s.setPassword)
}

type listPeopleInput struct {
	Page
	Q        string `query:"q" maxLength:"200" doc:"beginnings of words of a name, login or address"`
	Disabled string `query:"disabled" enum:"true,false" doc:"only accounts that are switched off, or only those that are not"`
	Kind     string `query:"kind" enum:"person,app" doc:"only people, or only applications"`
	Admin    string `query:"admin" enum:"true,false" doc:"only those who administer the server by themselves, or only the others"`
	Source   string `query:"source" maxLength:"300" doc:"only those ruled by this directory; local: only those kept here"`
}

// after is the cursor of lists in the order people were made: the last one.
func (p Page) after() (signoff.Principal, error) {
	last, err := readCursor(p.Cursor)
	return signoff.Principal(last), err
}

func (s *Server) listUsers(ctx context.Context, by signoff.Caller, in *listPeopleInput) (*body[api.List[api.User]], error) {
	after, err := in.after()
	if err != nil {
		return nil, err
	}
	q := identity.UserQuery{Text: in.Q, After: after, Limit: in.Limit,
		Disabled: choice(in.Disabled, "true"), Admin: choice(in.Admin, "true"), App: choice(in.Kind, "app")}
	switch in.Source {
	case "":
	case "local":
		q.Source = new("")
	default:
		q.Source = &in.Source
	}
	users, err := s.Identity.FindUsers(ctx, by, q)
	if err != nil {
		return nil, err
	}
	managers, err := people(ctx, s, users, func(u identity.User) signoff.Principal { return u.Manager })
	if err != nil {
		return nil, err
	}
	out := listOf(users, func(u identity.User) api.User { return userOf(u, managers) })
	if len(users) == in.Limit {
		out.Next = writeCursor(string(users[len(users)-1].Principal))
	}
	return &body[api.List[api.User]]{out}, nil
}

// choice reads a filter with two values; nil when it is left out.
func choice(text, yes string) *bool {
	if text == "" {
		return nil
	}
	return new(text == yes)
}

func userOf(u identity.User, managers names) api.User {
	return api.User{Person: personOf(u.Person), Admin: u.Admin, Disabled: u.Disabled, App: u.App, Source: u.Source,
		Addresses: append([]string{}, u.Addresses...), Manager: managers.personPtr(u.Manager), Groups: listOf(u.Groups, func(g identity.Group) api.Person { return groupOf(g).Person }).Items}
}

// userAnswer is what creating, reading and changing an account answer.
func (s *Server) userAnswer(ctx context.Context, u identity.User, err error) (*body[api.User], error) {
	if err != nil {
		return nil, err
	}
	managers, err := s.named(ctx, u.Manager)
	return &body[api.User]{userOf(u, managers)}, err
}

// managerNamed finds who is to be a manager; "" is nobody.
func (s *Server) managerNamed(ctx context.Context, who string) (signoff.Principal, error) {
	if who == "" {
		return "", nil
	}
	meant, err := s.Identity.Find(ctx, who)
	if signoff.KindOf(err) == signoff.NotFound {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: "bad-user", Detail: "nobody is called that",
			Fields: []signoff.FieldError{{Field: "manager", Detail: "nobody is called that"}}}
	}
	return meant.Principal, err
}

type createUserInput struct{ Body api.NewUser }

func (s *Server) createUser(ctx context.Context, by signoff.Caller, in *createUserInput) (*body[api.User], error) {
	n := in.Body
	manager, err := s.managerNamed(ctx, n.Manager)
	if err != nil {
		return nil, err
	}
	u, err := s.Identity.CreateUser(ctx, by, identity.NewUser{
		Login: n.Login, Name: n.Name, Email: n.Email, Addresses: n.Addresses, Password: seal.Secret(n.Password), Admin: n.Admin, Manager: manager})
	return s.userAnswer(ctx, u, err)
}

func (s *Server) getUser(ctx context.Context, by signoff.Caller, in *ByPrincipal) (*body[api.User], error) {
	u, err := s.Identity.User(ctx, by, in.principal())
	return s.userAnswer(ctx, u, err)
}

type changeUserInput struct {
	ByPrincipal
	Body api.ChangeUser
}

func (s *Server) changeUser(ctx context.Context, by signoff.Caller, in *changeUserInput) (*body[api.User], error) {
	c := in.Body
	change := identity.UserChange{Name: c.Name, Email: c.Email, Addresses: c.Addresses, Admin: c.Admin, Disabled: c.Disabled}
	if c.Manager != nil {
		manager, err := s.managerNamed(ctx, *c.Manager)
		if err != nil {
			return nil, err
		}
		change.Manager = &manager
	}
	u, err := s.Identity.ChangeUser(ctx, by, in.principal(), change)
	return s.userAnswer(ctx, u, err)
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
