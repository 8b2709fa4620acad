package mailroom

import (
	"context"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/runner"
)

// Absences knows who stands in for somebody who is away. Package identity
// answers it.
type Absences interface {
	// InsteadOf lists who is told of somebody's task besides them or, when alone
	// is true, in their place; until is zero for an absence without an end.
	InsteadOf(ctx context.Context, who signoff.Principal, wf signoff.WorkflowID) (subs []signoff.Principal, alone bool, until time.Time, err error)

	// AllAway lists the members of a group of which nobody is there; nil for one of
	// which somebody is.
	AllAway(ctx context.Context, group signoff.Principal) ([]signoff.Principal, error)
}

// reader is somebody who is told of a task.
type reader struct {
	signoff.Person
	For   signoff.Person // who is away and has them stand in; zero: it is their own
	Until time.Time
}

// readers lists who is told of a task: its recipients, and those who stand in for
// recipients that are away. A group has others than the one who is away, unless
// nobody of it is there.
func (r *Room) readers(ctx context.Context, job runner.Job) ([]reader, error) {
	people, err := r.expand(ctx, job.Notify.To)
	if err != nil || r.Absences == nil {
		return asReaders(people), err
	}
	alike := slices.Clone(job.Notify.To) // whose absence counts
	for _, p := range job.Notify.To {
		if p.IsGroup() {
			away, err := r.Absences.AllAway(ctx, p)
			if err != nil {
				return nil, err
			}
			alike = append(alike, away...)
		}
	}
	var out, more []reader
	for _, p := range people {
		var subs []signoff.Principal
		alone, until := false, time.Time{}
		if slices.Contains(alike, p.Principal) {
			if subs, alone, until, err = r.Absences.InsteadOf(ctx, p.Principal, job.On); err != nil {
				return nil, err
			}
		}
		if !alone {
			out = append(out, reader{Person: p})
		}
		names, err := r.People.Names(ctx, subs)
		if err != nil {
			return nil, err
		}
		for _, sub := range subs {
			if who, ok := names[sub]; ok {
				more = append(more, reader{Person: who, For: p, Until: until})
			}
		}
	}
	for _, t := range more {
		if !slices.ContainsFunc(out, func(o reader) bool { return o.Principal == t.Principal }) && len(out) < maxRecipients {
			out = append(out, t)
		}
	}
	return out, nil
}

func asReaders(people []signoff.Person) []reader {
	out := make([]reader, len(people))
	for i, p := range people {
		out[i].Person = p
	}
	return out
}

// inPlace says on a page whose task it is.
func (r *Room) inPlace(p *page, t reader) {
	if t.For.Principal == "" {
		return
	}
	text := starterName(t.For) + ", who is away"
	if !t.Until.IsZero() {
		text += " until " + r.when(t.Until)
	}
	p.fact("For", text)
	if n := len(p.Facts); n > 1 {
		p.Facts = slices.Insert(p.Facts[:n-1:n-1], 0, p.Facts[n-1])
	}
	p.Footer = append(p.Footer, "You get this because you stand in for "+oneLine(starterName(t.For), maxName)+". What you decide counts as theirs, and says that it was you.")
}
