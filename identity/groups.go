package identity

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// CreateGroup makes a group without members; it takes the server right. It
// refuses a name another group has, whatever its case ("group-taken"), and one
// that is none ("bad-group").
func (s *Service) CreateGroup(ctx context.Context, by signoff.Caller, called string) (signoff.Person, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return signoff.Person{}, err
	}
	g, err := newGroup(called)
	if err != nil {
		return signoff.Person{}, err
	}
	defer s.changed()
	g, err = s.store.CreateGroup(ctx, g)
	return g.Person(), err
}

func newGroup(called string) (store.Group, error) {
	key, ok := groupKey(called)
	if !ok {
		detail := "a group's name is at most 200 characters on one line, without : and |, and not only digits; Everyone is taken"
		return store.Group{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-group", Detail: detail,
			Fields: []signoff.FieldError{{Field: "name", Detail: detail}}}
	}
	text, err := cleanName(called, "")
	g := store.Group{Key: key, Name: text}
	g.Words = wordsOf(g.Person())
	return g, err
}

// RenameGroup gives a group another name; it takes the server right.
func (s *Service) RenameGroup(ctx context.Context, by signoff.Caller, group signoff.Principal, called string) error {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return err
	}
	g, err := newGroup(called)
	if err != nil {
		return err
	}
	defer s.changed()
	g.ID = id
	return s.store.RenameGroup(ctx, g)
}

var noGroup = &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}

func (s *Service) administerGroup(by signoff.Caller, group signoff.Principal) (int64, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return 0, err
	}
	id, ok := store.GroupID(group)
	if !ok {
		return 0, noGroup // Everyone too: nobody is put in or out of it
	}
	return id, nil
}

// SetMember puts a user into a group or takes them out; it takes the server
// right. What is so already is no error.
func (s *Service) SetMember(ctx context.Context, by signoff.Caller, group, who signoff.Principal, in bool) error {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return err
	}
	user, ok := store.AccountID(who)
	if !ok {
		return noUser
	}
	defer s.changed()
	return s.store.SetMember(ctx, id, user, in)
}

// Groups returns up to limit groups after the one given ("" for the first
// ones), in the order they were made; it takes the server right.
func (s *Service) Groups(ctx context.Context, by signoff.Caller, after signoff.Principal, limit int) ([]signoff.Person, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	id, _ := store.GroupID(after)
	list, err := s.store.Groups(ctx, id, max(1, min(limit, maxPage)))
	out := make([]signoff.Person, 0, len(list))
	for _, g := range list {
		out = append(out, g.Person())
	}
	return out, err
}

// Members returns up to limit members of a group who can sign in, after the one
// given. Everyone's are everybody. It checks no right: the server asks for
// itself, to write to each of them.
func (s *Service) Members(ctx context.Context, group, after signoff.Principal, limit int) ([]signoff.Person, error) {
	start, _ := store.AccountID(after)
	limit = max(1, min(limit, maxPage))
	var list []store.Account
	var err error
	if group == signoff.Everyone {
		list, err = s.store.EnabledAccounts(ctx, start, limit)
	} else if id, ok := store.GroupID(group); ok {
		list, err = s.store.Members(ctx, id, start, limit)
	}
	out := make([]signoff.Person, 0, len(list))
	for _, a := range list {
		out = append(out, a.Person())
	}
	return out, err
}
