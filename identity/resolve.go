package identity

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// maxMembers is how many people "members:…" may stand for.
const maxMembers = 1000

// Resolve answers the questions of engine.NeedPeople, in the forms listed at
// engine.People. Disabled people are nobody, and not among a group's members.
// It refuses a group with more than 1000 members where they are asked for one
// by one ("group-too-large").
func (s *Service) Resolve(ctx context.Context, names []string) (engine.People, error) {
	out := make(engine.People, len(names))
	for _, asked := range names {
		if _, have := out[asked]; have {
			continue
		}
		people, era, found := s.resolved.get(asked)
		if !found {
			var err error
			if people, err = s.resolve(ctx, asked); err != nil {
				return nil, err
			}
			if len(people) <= 20 && len(asked) <= maxLoginBytes { // what is kept stays small
				s.resolved.put(asked, people, era)
			}
		}
		out[asked] = people
	}
	return out, nil
}

// resolve returns an empty slice, never nil, for somebody who is not there.
func (s *Service) resolve(ctx context.Context, asked string) ([]signoff.Person, error) {
	if rest, ok := strings.CutPrefix(asked, "members:"); ok {
		return s.resolveMembers(ctx, rest)
	}
	if rest, ok := strings.CutPrefix(asked, "manager:"); ok {
		return s.resolveManager(ctx, rest)
	}
	if strings.HasPrefix(asked, "group:") || strings.HasPrefix(asked, "role:") {
		g, found, err := s.group(ctx, asked)
		return one(g, found, err)
	}
	return s.resolvePerson(ctx, asked)
}

func one(p signoff.Person, found bool, err error) ([]signoff.Person, error) {
	if err != nil {
		return nil, err
	}
	if !found {
		return []signoff.Person{}, nil
	}
	return []signoff.Person{p}, nil
}

// maxManagers is how far up "manager:manager:jane" may ask.
const maxManagers = 5

// resolveManager finds the manager of somebody, who may be disabled: those who
// left still have one. A manager who is disabled is nobody.
func (s *Service) resolveManager(ctx context.Context, asked string) ([]signoff.Person, error) {
	up := 1
	for ; strings.HasPrefix(asked, "manager:") && up <= maxManagers; up++ {
		asked = strings.TrimPrefix(asked, "manager:")
	}
	a, found, err := s.called(ctx, asked)
	for ; up > 0 && found && err == nil; up-- {
		a, found, err = s.store.Account(ctx, a.Manager)
	}
	return one(a.Person(), found && !a.Disabled, err)
}

func (s *Service) resolvePerson(ctx context.Context, asked string) ([]signoff.Person, error) {
	a, found, err := s.called(ctx, asked)
	return one(a.Person(), found && !a.Disabled, err)
}

// called finds an account by any of a person's names.
func (s *Service) called(ctx context.Context, asked string) (a store.Account, found bool, err error) {
	if id, ok := store.AccountID(signoff.Principal(asked)); ok {
		a, found, err = s.store.Account(ctx, id)
	} else if n, ok := parseName(asked); ok && n.address != "" {
		if a, found, err = s.store.AccountByAddress(ctx, n.address); !found && err == nil {
			a, found, err = s.store.AccountByUPN(ctx, n.address)
		}
	} else if ok {
		a, found, err = s.store.AccountByLogin(ctx, n.login)
	}
	return a, found, err
}

// Find finds somebody by any name Resolve takes, also when their account is
// switched off. It refuses who is not there ("user-not-found").
func (s *Service) Find(ctx context.Context, asked string) (signoff.Person, error) {
	a, found, err := s.called(ctx, asked)
	if err == nil && !found {
		err = noUser
	}
	return a.Person(), err
}

// group finds a group by principal ("group:3") or name, with or without
// "group:" before it. A role is found as a group is; with "role:" before it
// nothing else is.
func (s *Service) group(ctx context.Context, asked string) (signoff.Person, bool, error) {
	called, role := strings.CutPrefix(asked, "role:")
	if role {
		key, ok := groupKey(called)
		if !ok {
			return signoff.Person{}, false, nil
		}
		g, found, err := s.store.GroupByKey(ctx, key)
		return g.Person(), found && g.Role, err
	}
	called = strings.TrimPrefix(asked, "group:")
	if strings.EqualFold(called, "everyone") {
		return everyone, true, nil
	}
	var g store.Group
	found, err := false, error(nil)
	if id, ok := store.GroupID(signoff.Principal("group:" + called)); ok {
		g, found, err = s.store.Group(ctx, id)
	} else if key, ok := groupKey(called); ok {
		g, found, err = s.store.GroupByKey(ctx, key)
	}
	return g.Person(), found, err
}

func (s *Service) resolveMembers(ctx context.Context, asked string) ([]signoff.Person, error) {
	g, found, err := s.group(ctx, asked)
	if err != nil || !found {
		return []signoff.Person{}, err
	}
	var list []store.Account
	if id, ok := store.GroupID(g.Principal); ok {
		list, err = s.store.Members(ctx, id, 0, maxMembers+1)
	} else {
		list, err = s.store.EnabledAccounts(ctx, 0, maxMembers+1)
	}
	if err != nil {
		return nil, err
	}
	if len(list) > maxMembers {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "group-too-large",
			Detail: fmt.Sprintf("the group %s has more than %d members", g.Name, maxMembers),
			Hint:   "give the task to the group as one, or to a smaller group"}
	}
	people := make([]signoff.Person, 0, len(list))
	for _, a := range list {
		people = append(people, a.Person())
	}
	return people, nil
}

// groupKey is what all spellings of a group's name have in common. A name of
// digits only is refused, because group:3 is the third group.
func groupKey(called string) (string, bool) {
	called = strings.TrimSpace(norm.NFC.String(called))
	if called == "" || len(called) > 200 || !utf8.ValidString(called) || strings.Trim(called, "0123456789") == "" ||
		strings.ContainsFunc(called, unicode.IsControl) || strings.ContainsAny(called, ":|") {
		return "", false
	}
	key := strings.ToLower(called)
	return key, key != "everyone"
}
