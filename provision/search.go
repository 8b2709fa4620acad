package provision

import (
	"context"

	"github.com/signoffhq/signoff/scim"
	"github.com/signoffhq/signoff/store"
)

// MaxResults is how many resources one page has.
const MaxResults = 200

// Bounds of what a filter looks at when no index helps it.
const (
	maxLooked = 100_000
	lookStep  = 500
	maxByKey  = 1_000 // groups of one name
)

// Search is a question for resources (RFC 7644 section 3.4.2).
type Search struct {
	Filter *scim.Filter // nil: all
	Start  int          // the first one wanted, counted from one
	Count  int          // how many at most; negative: as many as fit
}

func (q Search) normal() Search {
	q.Start = max(q.Start, 1)
	if q.Count < 0 || q.Count > MaxResults {
		q.Count = MaxResults
	}
	return q
}

// Find returns a page of what a search finds, and how many there are in all. It
// refuses a filter that would have to look at too much ("tooMany").
func (s *Service) Find(ctx context.Context, c Client, k scim.Kind, q Search) (page []Entry, start, total int, err error) {
	q = q.normal()
	if q.Filter == nil {
		page, total, err = s.unfiltered(ctx, c, k, q)
		return page, q.Start, total, err
	}
	err = s.each(ctx, c, k, q.Filter, func(e Entry) {
		if total++; total >= q.Start && len(page) < q.Count {
			page = append(page, e)
		}
	})
	return page, q.Start, total, err
}

func (s *Service) unfiltered(ctx context.Context, c Client, k scim.Kind, q Search) ([]Entry, int, error) {
	total, err := s.Store.SCIMCount(ctx, c.Name, k == scim.GroupKind)
	if err != nil || q.Count == 0 || q.Start > total {
		return nil, total, err
	}
	list, err := s.Store.SCIMPage(ctx, c.Name, k == scim.GroupKind, q.Start-1, q.Count)
	if err != nil {
		return nil, total, err
	}
	var page []Entry
	for _, r := range list {
		e, err := entryOf(r)
		if err != nil {
			return nil, total, err
		}
		page = append(page, e)
	}
	return page, total, nil
}

// each hands over what fulfils a filter: by an index where the filter says what
// an attribute equals, else by looking at all there is.
func (s *Service) each(ctx context.Context, c Client, k scim.Kind, f *scim.Filter, found func(Entry)) error {
	if list, ok, err := s.indexed(ctx, c, k, f); ok || err != nil {
		if err != nil {
			return err
		}
		return s.matching(ctx, c, f, list, found)
	}
	last, looked := int64(0), 0
	for {
		list, err := s.Store.SCIMAfter(ctx, c.Name, k == scim.GroupKind, last, lookStep)
		if err != nil || len(list) == 0 {
			return err
		}
		if looked += len(list); looked > maxLooked {
			return &scim.Error{Type: scim.TooMany, Detail: "the filter would have to look at too many: ask by id, userName, externalId or displayName"}
		}
		if err := s.matching(ctx, c, f, list, found); err != nil {
			return err
		}
		last = list[len(list)-1].N
	}
}

func (s *Service) indexed(ctx context.Context, c Client, k scim.Kind, f *scim.Filter) ([]store.SCIMResource, bool, error) {
	group := k == scim.GroupKind
	if id, ok := f.Equal("id"); ok {
		r, found, err := s.Store.SCIMResourceByID(ctx, c.Name, id)
		if err != nil || !found || r.Group != group {
			return nil, true, err
		}
		return []store.SCIMResource{r}, true, nil
	}
	if x, ok := f.Equal("externalId"); ok {
		list, err := s.Store.SCIMByExternal(ctx, c.Name, group, x, maxByKey)
		return list, true, err
	}
	key := "userName"
	if group {
		key = "displayName"
	}
	if name, ok := f.Equal(key); ok {
		list, err := s.Store.SCIMByKey(ctx, c.Name, group, scim.Fold(name), maxByKey)
		return list, true, err
	}
	if member, ok := f.Equal("members.value"); ok && group {
		list, err := s.Store.SCIMWithMember(ctx, c.Name, member, maxByKey)
		return list, true, err
	}
	return nil, false, nil
}

// matching asks the filter itself, which may say more than the index did.
func (s *Service) matching(ctx context.Context, c Client, f *scim.Filter, list []store.SCIMResource, found func(Entry)) error {
	for _, r := range list {
		e, err := entryOf(r)
		if err != nil {
			return err
		}
		whole, err := s.Whole(ctx, c, e, f.Speaks("members"), f.Speaks("groups"), "")
		if err != nil {
			return err
		}
		if f.Match(whole) {
			found(e)
		}
	}
	return nil
}

// Whole is an entry as clients read it. base is the address that others stand
// under; members and groups say whether these are wanted.
func (s *Service) Whole(ctx context.Context, c Client, e Entry, members, groups bool, base string) (scim.Resource, error) {
	out := scim.Resource{}
	for name, v := range e.Is {
		out[name] = v
	}
	out.SetMeta(e.Kind(), scim.Meta{ID: e.ID, Location: base + "/" + e.Kind().Plural() + "/" + e.ID, Version: e.Version(), Created: e.Created, Changed: e.Changed})
	if _, ok := out["active"]; !ok && !e.Group {
		out["active"] = true
	}
	var err error
	switch {
	case e.Group && members:
		err = s.fill(out, "members", base, func() ([]store.SCIMMember, error) { return s.Store.SCIMMembersOf(ctx, c.Name, e.ID) })
	case !e.Group && groups:
		err = s.fill(out, "groups", base, func() ([]store.SCIMMember, error) { return s.Store.SCIMGroupsOf(ctx, c.Name, e.ID) })
	}
	return out, err
}

func (s *Service) fill(r scim.Resource, name, base string, read func() ([]store.SCIMMember, error)) error {
	list, err := read()
	if err != nil {
		return err
	}
	var out []scim.Resource
	for _, m := range list {
		k := scim.UserKind
		if m.Group {
			k = scim.GroupKind
		}
		v := scim.Member(m.ID, base+"/"+k.Plural()+"/"+m.ID, m.Label, k)
		if name == "groups" {
			v["type"] = "direct"
		}
		out = append(out, v)
	}
	r.SetMembers(name, out)
	return nil
}
