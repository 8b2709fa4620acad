package access

import (
	"slices"

	"github.com/signoffhq/signoff"
)

// With is the roster with somebody's absence in place of the one they have.
func (r *Roster) With(a Absence) *Roster {
	return append(Absences(slices.Clone(r.all)), a).Roster()
}

// with is the roster with a new absence, and which absences overlap with it.
func (r *Roster) with(a Absence) (*Roster, func(int) bool) {
	next := r.With(a)
	return next, func(i int) bool { return overlap(&a, &next.all[i]) }
}

func overlap(a, b *Absence) bool {
	return (a.To.IsZero() || b.From.Before(a.To)) && (b.To.IsZero() || a.From.Before(b.To))
}

// Crowd returns somebody whom a new absence would bring more than MaxStands
// people to stand in for, or whose tasks could come to more than MaxStands, or
// about whom there would be more than MaxAside workflows of their own. Empty
// when there is nobody.
func (r *Roster) Crowd(a Absence) signoff.Principal {
	next, counts := r.with(a)
	to := append(next.ahead(a.Who, nil, counts, MaxStands), a.Who)
	if next.tooMany(to) {
		return a.Who
	}
	for _, p := range to {
		from := next.behind(p, nil, counts, MaxStands)
		if len(from) > MaxStands || next.tooMuchAside(from) {
			return p
		}
	}
	for _, i := range next.behind(a.Who, nil, counts, MaxStands) {
		who := next.all[i].Who
		if next.tooMany(append(next.ahead(who, nil, counts, MaxStands), who)) {
			return who
		}
	}
	return ""
}

// tooMany tells whether these, of whom one sends the others tasks, are too many.
func (r *Roster) tooMany(people []signoff.Principal) bool {
	return len(people) > MaxStands+1 || r.tooMuchAside(r.absent(people))
}

func (r *Roster) tooMuchAside(of []int) bool {
	n := 0
	for _, i := range of {
		n += len(r.all[i].Except)
	}
	return n > MaxAside
}

// Circle returns the people of a circle that a new absence would close: each
// sends their tasks of some workflow to the next, who is away at that time too.
// Nil when there is none. It is for absences that Crowd has nothing against.
func (r *Roster) Circle(a Absence) []signoff.Principal {
	next, counts := r.with(a)
	if way := next.round(a.Who, nil, counts); way == nil {
		return nil // not even with the workflows mixed up
	}
	about := next.absent(append(next.ahead(a.Who, nil, counts, MaxStands), a.Who))
	for _, wf := range append([]signoff.WorkflowID{0}, next.workflows(about)...) {
		if way := next.round(a.Who, &wf, counts); way != nil {
			return way
		}
	}
	return nil
}

// round is the shortest way on which tasks of somebody come back to them: of one
// workflow, or of any when wf is nil. Each person is looked at once.
func (r *Roster) round(who signoff.Principal, wf *signoff.WorkflowID, counts func(int) bool) []signoff.Principal {
	from := map[signoff.Principal]signoff.Principal{}
	for queue := []signoff.Principal{who}; len(queue) > 0; queue = queue[1:] {
		i, known := r.of[queue[0]]
		if !known || !counts(i) {
			continue
		}
		list := r.names[i]
		if wf != nil {
			list = r.subs(i, *wf)
		}
		for _, p := range list {
			if p == who {
				return wayTo(queue[0], who, from)
			}
			j, away := r.of[p]
			if _, been := from[p]; been || !away || !overlap(&r.all[i], &r.all[j]) {
				continue
			}
			from[p] = queue[0]
			queue = append(queue, p)
		}
	}
	return nil
}

func wayTo(p, who signoff.Principal, from map[signoff.Principal]signoff.Principal) []signoff.Principal {
	way := []signoff.Principal{p}
	for p != who {
		p = from[p]
		way = append(way, p)
	}
	slices.Reverse(way)
	return way
}
