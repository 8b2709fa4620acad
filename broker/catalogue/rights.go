package catalogue

import (
	"cmp"
	"context"
	"errors"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// maxGrants bounds the rights on one service: groups are there for more.
const maxGrants = 1000

// Grants returns the rights on a service, to those who may change it.
func (s *Service) Grants(ctx context.Context, by signoff.Caller, name string) ([]access.Grant, error) {
	if _, _, err := s.changing(ctx, by, name); err != nil {
		return nil, err
	}
	return s.o.Store.ServiceGrants(ctx, name)
}

// ChangeGrants lets change replace the rights on a service; it may be run more
// than once. They hold from the next call.
func (s *Service) ChangeGrants(ctx context.Context, by signoff.Caller, name string, change func([]access.Grant) ([]access.Grant, error)) error {
	if _, _, err := s.changing(ctx, by, name); err != nil {
		return err
	}
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "right", Subject: "service:" + name}
	_, err := s.o.Store.ChangeGrants(ctx, store.Place{Service: name}, note, func(before []access.Grant) ([]access.Grant, error) {
		after, err := change(before)
		if err != nil {
			return nil, err
		}
		if len(after) > maxGrants {
			return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "too-many-rights", Detail: "a service can have 1000 rights at most", Hint: "give rights to groups"}
		}
		for _, g := range after {
			if _, err := access.ParseServiceRight(string(g.Right)); err != nil {
				return nil, err
			}
			if !g.Who.IsUser() && !g.Who.IsGroup() {
				return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-principal", Detail: "a right is given to a person, a group or a role"}
			}
		}
		return after, nil
	})
	return err
}

// MayUse tells whether by may use a service, without asking it anything. There
// has to be one of that name ("service-not-found").
func (s *Service) MayUse(ctx context.Context, by signoff.Caller, name string) (bool, error) {
	if _, there, err := s.o.Store.ServiceRevs(ctx, name); err != nil || !there {
		return false, s.withNearest(ctx, access.System, name, cmp.Or(err, error(errNotThere)))
	}
	grants, err := s.o.Store.ServiceGrants(ctx, name)
	return err == nil && access.MayService(by, access.Use, grants).OK, err
}

// refusal is the first signoff.Error in a chain, nil when there is none.
func refusal(err error) *signoff.Error {
	e, _ := errors.AsType[*signoff.Error](err)
	return e
}
