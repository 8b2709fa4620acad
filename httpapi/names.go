package httpapi

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

// names are people and groups by principal.
type names map[signoff.Principal]signoff.Person

// name is for signoff.Tell.
func (n names) name(p signoff.Principal) string {
	if x := n[p]; x.Name != "" {
		return x.Name
	}
	return n[p].Login
}

// person is somebody as pages show them. Nobody stands for the server itself.
func (n names) person(p signoff.Principal) api.Person {
	if p == "" {
		return api.Person{Name: "signoff"}
	}
	if x, ok := n[p]; ok {
		return personOf(x)
	}
	return api.Person{ID: string(p), Name: "somebody", Group: p.IsGroup()}
}

func (n names) personPtr(p signoff.Principal) *api.Person {
	if p == "" {
		return nil
	}
	x := n.person(p)
	return &x
}

func (n names) persons(ps []signoff.Principal) []api.Person {
	out := make([]api.Person, 0, len(ps))
	for _, p := range ps {
		out = append(out, n.person(p))
	}
	return out
}

func personOf(p signoff.Person) api.Person {
	out := api.Person{ID: string(p.Principal), Login: p.Login, Name: p.Name, Email: p.Email, Group: p.Principal.IsGroup()}
	if out.Name == "" {
		out.Name = p.Login
	}
	return out
}

// named looks up who is meant by principals, all at once.
func (s *Server) named(ctx context.Context, who ...signoff.Principal) (names, error) {
	if len(who) == 0 {
		return nil, nil
	}
	return s.Identity.Names(ctx, who)
}

// people names everybody that part finds in a list.
func people[T any](ctx context.Context, s *Server, list []T, part func(T) signoff.Principal) (names, error) {
	var who []signoff.Principal
	for _, x := range list {
		who = append(who, part(x))
	}
	return s.named(ctx, who...)
}
