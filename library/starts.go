package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// startsOf is what begins a workflow besides people, from now on. A timer has no
// instance whose variables it could use, so it must be plain.
func (l *Library) startsOf(def *process.Definition) (s store.Starts, found bpmn.Problems) {
	for _, n := range def.Starts() {
		switch {
		case n.Is(process.OnMessage), n.Is(process.OnSignal):
			s.Begins = append(s.Begins, store.Begin{Node: n.ID, Kind: n.Event.Trigger.String(), Name: n.Event.Name})
		case n.Is(process.OnTimer):
			p, err := l.plan(n.Event.Timer)
			if err != nil {
				found = append(found, process.Problem{Element: n.ID, Name: n.Name, Line: n.Line, Reason: "it cannot be worked out when this begins: " + err.Error(),
					Advice: "Write a date, a repetition such as R/PT1H or a cron expression such as 0 9 * * MON."})
				continue
			}
			if p.Planned.IsZero() {
				found = append(found, process.Problem{Element: n.ID, Name: n.Name, Line: n.Line, Reason: "this begins nothing: its time is over",
					Advice: "Write a time to come.", Warning: true})
			}
			p.Node, p.Name = n.ID, n.Name
			s.Schedules = append(s.Schedules, p)
		}
	}
	return s, found
}

// plan works out when a timer begins something first, seen from now.
func (l *Library) plan(t *process.Timer) (s store.Schedule, err error) {
	now, err := l.whereIs(t.Zone)
	if err != nil {
		return s, err
	}
	what, e, typ := "cycle", t.Cycle, process.String
	switch {
	case t.After != nil:
		what, e, typ = "after", t.After, process.Duration
	case t.At != nil:
		what, e, typ = "at", t.At, process.DateTime
	}
	s.Spec, s.Zone = what+" "+e.Source(), t.Zone
	v, reasons, err := e.Explain(expr.Scope{Now: now})
	switch {
	case err != nil:
		return s, err
	case v == nil && len(reasons) > 0:
		return s, errors.New(reasons[0].Msg)
	}
	if v, err = expr.Coerce(v, string(typ)); err != nil {
		return s, err
	}
	if t.Cycle != nil {
		text, ok := v.(expr.String)
		if !ok {
			return s, fmt.Errorf("%s is no text", e.Source())
		}
		return s, firstOf(&s, string(text), now)
	}
	at, ok := expr.TimeOf(v, now.Location())
	if t.After != nil {
		at, ok = expr.AddTo(now, v)
	}
	if !ok || at.Year() > lastYear {
		return s, fmt.Errorf("%s is no time that could come", e.Source())
	}
	if at.After(now) {
		s.Planned = at.UTC().Truncate(time.Microsecond)
	}
	return s, nil
}

// lastYear is the last one whose times have a written form.
const lastYear = 9999

func firstOf(s *store.Schedule, cycle string, now time.Time) error {
	c, err := process.ParseCycle(cycle)
	if err != nil {
		return err
	}
	s.Cycle, s.Again = cycle, max(c.Times-1, -1)
	if at, ok := c.First(now); ok && at.Year() <= lastYear {
		s.Planned = at.UTC().Truncate(time.Microsecond)
	}
	return nil
}

// whereIs is the present in a time zone, "" where the server is.
func (l *Library) whereIs(zone string) (time.Time, error) {
	loc := l.Location
	if loc == nil {
		loc = time.UTC
	}
	if zone != "" {
		var err error
		if loc, err = time.LoadLocation(zone); err != nil {
			return time.Time{}, fmt.Errorf("there is no time zone %s", zone)
		}
	}
	return l.now().In(loc), nil
}

// After is a schedule once its time has come: when it begins something next.
// What was missed meanwhile is not made up for. An error says that this server
// cannot tell, because it does not know the time zone for instance.
func (l *Library) After(s store.Schedule) (store.Schedule, error) {
	if s.Cycle == "" || s.Again == 0 {
		s.Planned, s.Due = time.Time{}, time.Time{}
		return s, nil
	}
	now, err := l.whereIs(s.Zone)
	if err != nil {
		return s, err
	}
	c, err := process.ParseCycle(s.Cycle)
	if err != nil {
		return s, fmt.Errorf("this server cannot read %s: %w", s.Cycle, err)
	}
	if s.Again > 0 {
		s.Again--
	}
	at, ok := c.Next(s.Planned.In(now.Location()), now)
	if s.Planned = (time.Time{}); ok && at.Year() <= lastYear {
		s.Planned = at.UTC().Truncate(time.Microsecond)
	}
	s.Due = s.Planned
	return s, nil
}

// Schedules lists the schedules of workflows of which the caller may see every
// instance, in the order of workflows' numbers.
func (l *Library) Schedules(ctx context.Context, by signoff.Caller) (out []store.Schedule, err error) {
	all, err := l.store.Schedules(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		may, err := l.May(ctx, by, access.View, s.Workflow)
		if err != nil {
			return nil, err
		}
		if may.OK {
			out = append(out, s)
		}
	}
	return out, nil
}

// PauseSchedule stops a schedule until ResumeSchedule. Those may who administer
// the workflow. What would have begun meanwhile does not.
func (l *Library) PauseSchedule(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, node string) (store.Schedule, error) {
	if err := l.Allow(ctx, by, access.Administer, wf); err != nil {
		return store.Schedule{}, err
	}
	s, err := l.store.Schedule(ctx, wf, node)
	if err != nil || !s.Paused.IsZero() {
		return s, err
	}
	if err := l.store.PauseSchedule(ctx, s, by.Principal, l.now(), changeOfSchedule(by, s, "paused")); err != nil {
		return s, err
	}
	return l.store.Schedule(ctx, wf, node)
}

// CodeNoSuchTime says that a schedule cannot go on, because this server cannot
// work out when.
const CodeNoSuchTime = "schedule-without-time"

// changeOfSchedule is what is on record of a schedule that somebody paused or resumed.
func changeOfSchedule(by signoff.Caller, s store.Schedule, became string) store.Change {
	was := map[string]string{"paused": "running", "resumed": "paused"}[became]
	return store.Change{By: by.Principal, How: by.Recognised(), What: "schedule", Subject: fmt.Sprintf("%d/%s", s.Workflow, s.Node),
		Before: fmt.Appendf(nil, "%q", was), After: fmt.Appendf(nil, "%q", became)}
}

// ResumeSchedule lets a paused schedule go on from its next time.
func (l *Library) ResumeSchedule(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, node string) (store.Schedule, error) {
	if err := l.Allow(ctx, by, access.Administer, wf); err != nil {
		return store.Schedule{}, err
	}
	s, err := l.store.Schedule(ctx, wf, node)
	if err != nil || s.Paused.IsZero() {
		return s, err
	}
	if !s.Planned.After(l.now()) {
		if s, err = l.After(s); err != nil {
			return s, &signoff.Error{Kind: signoff.Conflict, Code: CodeNoSuchTime, Detail: err.Error(), Hint: "deploy a version whose timer says when it is to begin"}
		}
	}
	if err := l.store.ResumeSchedule(ctx, s, changeOfSchedule(by, s, "resumed")); err != nil {
		return s, err
	}
	return l.store.Schedule(ctx, wf, node)
}

// checkCalled warns of call activities whose workflow is not there yet.
func (l *Library) checkCalled(ctx context.Context, by signoff.Caller, def *process.Definition) (found bpmn.Problems, err error) {
	for i := range def.Nodes {
		n := &def.Nodes[i]
		if n.Call == nil || n.Call.Workflow == def.ID {
			continue
		}
		_, err := l.Lookup(ctx, by, n.Call.Workflow)
		if err == nil {
			continue
		}
		if signoff.KindOf(err) != signoff.NotFound {
			return nil, err
		}
		found = append(found, process.Problem{Element: n.ID, Name: n.Name, Line: n.Line, Warning: true,
			Reason: fmt.Sprintf("it calls the workflow %q, which is not here or is not yours to know", n.Call.Workflow),
			Advice: "Deploy that one, too. Until then the step becomes an incident when it is come to."})
	}
	return found, nil
}
