package identity

import (
	"context"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// Foreseen is what Recognise would do with a stranger.
type Foreseen struct {
	Would  string          `json:"would"` // "known", "link", "create", "ask", "refuse", "disabled"
	Person *signoff.Person `json:"person,omitempty"`
	Groups []string        `json:"groups,omitempty"` // of ours, by name, that the groups and roles of the stranger stand for
}

// Foresee tells what Recognise would do with a stranger, and does nothing.
func (s *Service) Foresee(ctx context.Context, st Stranger, n Newcomers) (Foreseen, error) {
	if !st.plausible() {
		return Foreseen{Would: "refuse"}, nil
	}
	groups, err := s.groupsMeant(ctx, st)
	if err != nil {
		return Foreseen{}, err
	}
	out := Foreseen{Groups: groups}
	a, found, err := s.store.LinkedAccount(ctx, st.Source, st.Subject)
	if err != nil {
		return Foreseen{}, err
	}
	out.Would = "known"
	if !found {
		if a, out.Would, err = s.foreseeNew(ctx, st, n); err != nil {
			return Foreseen{}, err
		}
	}
	if a.ID != 0 {
		person := a.Person()
		out.Person = &person
		if a.Disabled {
			out.Would = "disabled"
		}
	}
	return out, nil
}

// foreseeNew is Foresee for somebody without a link.
func (s *Service) foreseeNew(ctx context.Context, st Stranger, n Newcomers) (store.Account, string, error) {
	before, err := s.store.NewcomerCalled(ctx, st.Source, st.Subject)
	if err != nil || !before.Refused.IsZero() {
		return store.Account{}, "refuse", err
	}
	owner, taken, err := s.ownerOf(ctx, st)
	is := false
	if taken {
		is, err = s.isByAddress(ctx, st, owner)
	}
	switch {
	case err != nil:
		return store.Account{}, "", err
	case is:
		return owner, "link", nil
	case taken && n.known():
		return store.Account{}, "ask", nil
	case n.known():
		return store.Account{}, string(n), nil
	}
	return store.Account{}, "refuse", nil
}

// groupsMeant names the groups of ours that a stranger's stand for.
func (s *Service) groupsMeant(ctx context.Context, st Stranger) ([]string, error) {
	links, err := s.store.GroupLinks(ctx, st.Source, 0)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, l := range links {
		role, isRole := strings.CutPrefix(l.External, "role:")
		if isRole && slices.Contains(st.Roles, role) || !isRole && slices.Contains(st.Groups, l.External) {
			ids = append(ids, l.Group)
		}
	}
	people, err := s.store.Names(ctx, nil, ids)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range people {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
