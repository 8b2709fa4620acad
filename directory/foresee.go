package directory

import (
	"context"
	"strings"

	"github.com/signoffhq/signoff/store"
)

// mostForeseen is how many people and groups a preview takes together, each
// seeing what the ones before it would do. While it does nobody else writes where
// there is one writer, so that more of them are taken in parts; what earlier
// parts make is then only reckoned with.
const mostForeseen = 2000

// A writer takes a few people or one group: for good, or to see.
type writer interface {
	people(context.Context, []store.TakePerson, []store.Change) ([]store.TookPerson, error)
	group(context.Context, store.TakeGroup, []store.Change) (store.TookGroup, error)
	gone(context.Context, []string, []store.Change) ([]store.TookPerson, error)
}

type forGood struct {
	store  *store.Store
	source string
}

func (w forGood) people(ctx context.Context, list []store.TakePerson, record []store.Change) ([]store.TookPerson, error) {
	return w.store.TakePeople(ctx, w.source, list, record...)
}

func (w forGood) group(ctx context.Context, g store.TakeGroup, record []store.Change) (store.TookGroup, error) {
	return w.store.TakeGroup(ctx, w.source, g, record...)
}

func (w forGood) gone(ctx context.Context, subjects []string, record []store.Change) ([]store.TookPerson, error) {
	return w.store.TakeGone(ctx, w.source, subjects, record...)
}

// toSee takes nothing, and puts nothing on record.
type toSee struct {
	store  *store.Foreseeing
	source string
	earlier
}

// earlier is what the parts before would make, by subject.
type earlier struct {
	made  map[string]bool     // people and groups
	inner map[string][]string // of a group, who say that they are in it
	outer map[string]int      // how many groups say that a group is in them
}

func (w toSee) people(_ context.Context, list []store.TakePerson, _ []store.Change) ([]store.TookPerson, error) {
	return w.store.TakePeople(w.source, list)
}

func (w toSee) group(_ context.Context, g store.TakeGroup, _ []store.Change) (store.TookGroup, error) {
	out, err := w.store.TakeGroup(w.source, g)
	if err != nil || out.More || out.Group == 0 {
		return out, err
	}
	in := map[string]bool{}
	for _, m := range g.Members {
		in[m] = true
		if w.made[m] {
			out.Members++
		}
	}
	if !out.Made {
		return out, nil
	}
	out.Members += w.outer[g.Entry.Subject]
	for _, m := range w.inner[g.Entry.Subject] {
		if w.made[m] && !in[m] {
			out.Members++
		}
	}
	return out, nil
}

func (w toSee) gone(_ context.Context, subjects []string, _ []store.Change) ([]store.TookPerson, error) {
	return w.store.TakeGone(w.source, subjects)
}

// foresee finds out what everything would do.
func (t *taking) foresee(ctx context.Context) error {
	people, groups, gone := t.people, t.groups, t.gone
	before := earlier{map[string]bool{}, map[string][]string{}, map[string]int{}}
	for len(people)+len(groups)+len(gone) > 0 {
		left := t.service.together
		t.people, people = firstOf(people, &left)
		t.groups, groups = firstOf(groups, &left)
		t.gone, gone = firstOf(gone, &left)
		was := t.out
		err := t.service.store.Foresee(ctx, func(f *store.Foreseeing) error {
			t.out = was // a transaction may be tried again
			t.made, t.renames = nil, nil
			t.write = toSee{f, t.source, before}
			return t.everything(ctx)
		})
		if err != nil {
			return err
		}
		before.add(t)
		names := strings.NewReplacer(t.renames...) // their numbers are nobody's, or will be somebody else's
		for i := len(was.Problems); i < len(t.out.Problems); i++ {
			t.out.Problems[i].Reason = names.Replace(t.out.Problems[i].Reason)
		}
	}
	return nil
}

// add notes what a part would make.
func (e earlier) add(t *taking) {
	for _, subject := range t.made {
		e.made[subject] = true
	}
	for _, p := range t.people {
		for _, g := range p.Outer {
			e.inner[g] = append(e.inner[g], p.Entry.Subject)
		}
	}
	for _, g := range t.groups {
		for _, m := range g.Members {
			e.outer[m]++
		}
	}
}

func firstOf[T any](list []T, left *int) (first, rest []T) {
	n := min(len(list), *left)
	*left -= n
	return list[:n], list[n:]
}
