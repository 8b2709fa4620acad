package identity

import (
	"context"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// serverGrants returns the rights on the server, through the cache.
func (s *Service) serverGrants(ctx context.Context) ([]access.Grant, error) {
	list, era, found := s.server.get(struct{}{})
	if found {
		return list, nil
	}
	list, err := s.store.ServerGrants(ctx)
	if err == nil {
		s.server.put(struct{}{}, list, era)
	}
	return list, err
}

// ServerGrants returns the rights on the server; it takes the server right.
func (s *Service) ServerGrants(ctx context.Context, by signoff.Caller) ([]access.Grant, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	return s.store.ServerGrants(ctx)
}

// maxServerGrants bounds the rights on the server: groups and roles are there for more.
const maxServerGrants = 500

// ChangeServerGrants lets change replace the rights on the server, given those
// that are there; it may be run more than once. It takes the server right, and
// refuses to leave the server without an administrator ("last-administrator").
func (s *Service) ChangeServerGrants(ctx context.Context, by signoff.Caller, change func([]access.Grant) ([]access.Grant, error)) error {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return err
	}
	defer s.changed()
	_, err := s.store.ChangeGrants(ctx, store.Place{}, s.note(by, "right", "server"), func(before []access.Grant) ([]access.Grant, error) {
		after, err := change(before)
		if err != nil {
			return nil, err
		}
		for _, g := range after {
			if err := serverGrant(g); err != nil {
				return nil, err
			}
		}
		if len(after) > maxServerGrants {
			return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "too-many-rights",
				Detail: "the server can have 500 rights at most", Hint: "give rights to groups"}
		}
		return after, access.MayGive(by, before, after, nil).Err()
	})
	return err
}

func serverGrant(g access.Grant) error {
	if _, err := access.ParseServerRight(g.Right.Name()); err != nil {
		return err
	}
	if !g.Who.IsUser() && !g.Who.IsGroup() {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-principal", Detail: "a right is given to a person, a group or a role"}
	}
	if g.Who == signoff.Everyone && g.Right != access.Deploy {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-principal",
			Detail: "that right on the server cannot be given to everyone", Hint: "name the people, or a group or role of them"}
	}
	return nil
}

// note is what goes on record with a change of administration.
func (s *Service) note(by signoff.Caller, what, subject string) store.Change {
	return store.Change{By: by.Principal, How: by.Recognised(), What: what, Subject: subject}
}

// Subject returns somebody as a question about them needs to know them, and the
// rights on the server. Administrators may ask about anybody, others about
// themselves; for those anybody else is not there ("user-not-found").
func (s *Service) Subject(ctx context.Context, by signoff.Caller, who signoff.Principal) (access.Subject, []access.Grant, error) {
	id, ok := store.AccountID(who)
	if !ok || who != by.Principal && !access.May(by, access.Server, nil).OK {
		return access.Subject{}, nil, noUser
	}
	m, found, err := s.member(ctx, id)
	if err != nil || !found {
		return access.Subject{}, nil, orNoUser(err)
	}
	steps, err := s.store.MembershipsOf(ctx, id)
	if err != nil {
		return access.Subject{}, nil, err
	}
	return access.Subject{Caller: m.caller("asked"), Disabled: m.Disabled, Through: waysIn(who, steps)}, m.server, nil
}

// waysIn tells by which groups somebody comes to be in each group, by the
// shortest way: none for those they were put into.
func waysIn(who signoff.Principal, steps []store.Membership) map[signoff.Principal][]signoff.Principal {
	next := map[signoff.Principal][]signoff.Principal{}
	for _, st := range steps {
		next[st.Member] = append(next[st.Member], store.Group{ID: st.Group}.Principal())
	}
	ways := map[signoff.Principal][]signoff.Principal{who: nil}
	for queue := []signoff.Principal{who}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, g := range next[at] {
			if _, seen := ways[g]; seen {
				continue
			}
			ways[g] = slices.Clone(ways[at])
			if at != who {
				ways[g] = append(ways[g], at)
			}
			queue = append(queue, g)
		}
	}
	delete(ways, who)
	return ways
}
