package worklist

import (
	"context"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// stands is the caller's standing in for p, or for somebody of the group p of
// which nobody is there; nil when they do not.
func stands(by signoff.Caller, p signoff.Principal) *signoff.Stand {
	if by.Is(p) {
		return nil
	}
	for i := range by.Stands {
		if by.Stands[i].Has(p) {
			return &by.Stands[i]
		}
	}
	return nil
}

// inPlaceOf lists under whom the tasks stand that are the caller's because
// somebody is away.
func inPlaceOf(by signoff.Caller) (out []signoff.Principal) {
	for i := range by.Stands {
		for _, p := range append([]signoff.Principal{by.Stands[i].Person.Principal}, by.Stands[i].Groups...) {
			if !by.Is(p) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// walkedFor lists under whom the caller's tasks stand: themselves, their groups,
// and those who are away and have them stand in.
func walkedFor(by signoff.Caller) []signoff.Principal {
	return append(by.Principals(), inPlaceOf(by)...)
}

// own takes of the rows of one task those that are the caller's now: not those
// of workflows in which they do not stand in, nor what others have in their
// place while they are away. What is theirs in their own name comes first.
func own(by signoff.Caller, rows []store.WorklistRow) []store.WorklistRow {
	if len(by.Stands) == 0 && by.HandsOn == nil {
		return rows
	}
	var mine, others []store.WorklistRow
	for _, r := range rows {
		s := stands(by, r.Principal)
		switch {
		case r.Principal == by.Principal && by.HandsOn != nil && by.HandsOn.In(r.Workflow):
		case s == nil:
			mine = append(mine, r)
		case s.In(r.Workflow):
			others = append(others, r)
		}
	}
	return slices.Concat(mine, others)
}

// OpenByName counts the tasks that are put before somebody by name, by workflow:
// those others have when they are away. Of very many, the newest are counted.
func (w *Worklist) OpenByName(ctx context.Context, who signoff.Person) (map[signoff.WorkflowID]int, bool, error) {
	out := map[signoff.WorkflowID]int{}
	_, more, err := w.walk(ctx, signoff.Caller{Person: who}, ViewToDo, store.NewestFirst, store.Mark{}, maxScanned, func(r store.WorklistRow) bool {
		out[r.Workflow]++
		return true
	})
	return out, more, err
}
