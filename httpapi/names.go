package httpapi

import (
	"context"
	"strconv"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
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

// whom finds out who is meant by each name: a principal, a login, an address,
// label:name, or a group's name.
func (s *Server) whom(ctx context.Context, who []string) ([]signoff.Principal, error) {
	var ask []string
	for _, w := range who {
		ask = append(ask, w, "group:"+w)
	}
	found, err := s.Identity.Resolve(ctx, ask)
	if err != nil {
		return nil, err
	}
	out := make([]signoff.Principal, len(who))
	for i, w := range who {
		answers := found[w]
		if len(answers) == 0 {
			answers = found["group:"+w]
		}
		if len(answers) != 1 {
			return nil, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeUnknownPerson,
				Detail: "somebody who was named is not known here",
				Fields: []signoff.FieldError{{Field: "grants[" + strconv.Itoa(i) + "].who", Detail: "nobody and no group is called that"}}}
		}
		out[i] = answers[0].Principal
	}
	return out, nil
}

// people names everybody that part finds in a list.
func people[T any](ctx context.Context, s *Server, list []T, part func(T) signoff.Principal) (names, error) {
	var who []signoff.Principal
	for _, x := range list {
		who = append(who, part(x))
	}
	return s.named(ctx, who...)
}
