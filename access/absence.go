package access

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// Absence says who does somebody's tasks while they are away.
type Absence struct {
	Who         signoff.Principal
	From        time.Time
	To          time.Time           // zero: until they say that they are back
	Instead     bool                // the tasks go to the substitutes; else both have them
	Substitutes []signoff.Principal // for all workflows but those of Except; may be empty
	Except      []Exception
}

// Exception names other substitutes for one workflow; none: its tasks stay.
type Exception struct {
	Workflow    signoff.WorkflowID  `json:"workflow"`
	Substitutes []signoff.Principal `json:"substitutes"`
}

// Holds tells whether the absence holds at a moment.
func (a *Absence) Holds(at time.Time) bool {
	return !at.Before(a.From) && (a.To.IsZero() || at.Before(a.To))
}

// For lists who stands in where tasks of one workflow are concerned.
func (a *Absence) For(wf signoff.WorkflowID) []signoff.Principal {
	for i := range a.Except {
		if a.Except[i].Workflow == wf {
			return a.Except[i].Substitutes
		}
	}
	return a.Substitutes
}

// Absences are those of everybody; it does not matter which of them hold.
type Absences []Absence

// of returns somebody's absence that holds at a moment, nil for who is there.
func (all Absences) of(who signoff.Principal, at time.Time) *Absence {
	for i := range all {
		if all[i].Who == who && all[i].Holds(at) {
			return &all[i]
		}
	}
	return nil
}

// Substitutes lists who has somebody's tasks of one workflow at a moment, in
// their place or beside them. A substitute who is away has substitutes in turn;
// nobody comes twice, and never the person themselves. Where all in a chain are
// away and send each other their tasks, the tasks stay with those at its end.
func (all Absences) Substitutes(who signoff.Principal, wf signoff.WorkflowID, at time.Time) []signoff.Principal {
	a := all.of(who, at)
	if a == nil {
		return nil
	}
	been := []signoff.Principal{who}
	var out []signoff.Principal
	all.follow(a, wf, at, &been, &out)
	return out
}

// follow adds those who stand in for one person, and tells whether anybody does.
func (all Absences) follow(a *Absence, wf signoff.WorkflowID, at time.Time, been, out *[]signoff.Principal) bool {
	some := false
	for _, p := range a.For(wf) {
		if slices.Contains(*been, p) {
			continue
		}
		*been = append(*been, p)
		next := all.of(p, at)
		passed := next != nil && all.follow(next, wf, at, been, out)
		if !passed || !next.Instead {
			*out = append(*out, p)
		}
		some = true
	}
	return some
}

// StandsIn lists in whose place somebody may act on tasks at a moment.
func (all Absences) StandsIn(me signoff.Principal, at time.Time) []signoff.Stand {
	var out []signoff.Stand
	for i := range all {
		a := &all[i]
		if a.Who == me || !a.Holds(at) {
			continue
		}
		s, some := all.scope(a.Who, at, func(subs []signoff.Principal) bool { return slices.Contains(subs, me) })
		if some {
			s.Person, s.Until = signoff.Person{Principal: a.Who}, a.To
			out = append(out, s)
		}
	}
	return out
}

// HandsOn tells which of somebody's tasks others have in their place at a
// moment; nil for none.
func (all Absences) HandsOn(me signoff.Principal, at time.Time) *signoff.Stand {
	a := all.of(me, at)
	if a == nil || !a.Instead {
		return nil
	}
	s, some := all.scope(me, at, func(subs []signoff.Principal) bool { return len(subs) > 0 })
	if !some {
		return nil
	}
	s.Person, s.Until = signoff.Person{Principal: me}, a.To
	return &s
}

// scope works out for which workflows it is true of who's substitutes. Only the
// workflows that an exception names differ from the rest.
func (all Absences) scope(who signoff.Principal, at time.Time, is func([]signoff.Principal) bool) (s signoff.Stand, some bool) {
	s.All = is(all.Substitutes(who, 0, at))
	some = s.All
	for i := range all {
		for _, e := range all[i].Except {
			if slices.Contains(s.Except, e.Workflow) {
				continue
			}
			if in := is(all.Substitutes(who, e.Workflow, at)); in != s.All {
				s.Except = append(s.Except, e.Workflow)
				some = true
			}
		}
	}
	return s, some
}

// Circle returns the people of a circle that a new absence would close: each
// sends their tasks of some workflow to the next at the same time, and nobody
// of them is there. Nil when there is none.
func (all Absences) Circle(a Absence) []signoff.Principal {
	others := slices.DeleteFunc(slices.Clone(all), func(b Absence) bool { return b.Who == a.Who })
	workflows := []signoff.WorkflowID{0}
	for _, b := range append(slices.Clone(others), a) {
		for _, e := range b.Except {
			workflows = append(workflows, e.Workflow)
		}
	}
	for _, wf := range workflows {
		if way := others.wayBack(a.Who, a, wf, []signoff.Principal{a.Who}); way != nil {
			return way
		}
	}
	return nil
}

// wayBack follows absences that overlap with a until one names who.
func (all Absences) wayBack(who signoff.Principal, a Absence, wf signoff.WorkflowID, way []signoff.Principal) []signoff.Principal {
	for _, p := range a.For(wf) {
		if p == who {
			return way
		}
		if slices.Contains(way, p) {
			continue
		}
		for _, next := range all {
			if next.Who != p || !overlap(&a, &next) {
				continue
			}
			if found := all.wayBack(who, next, wf, append(slices.Clone(way), p)); found != nil {
				return found
			}
		}
	}
	return nil
}

func overlap(a, b *Absence) bool {
	return (a.To.IsZero() || b.From.Before(a.To)) && (b.To.IsZero() || a.From.Before(b.To))
}
