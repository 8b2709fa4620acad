package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// due works out when a timer fires, once, from the moment it is set.
func (t *turn) due(what string, timer *process.Timer) (time.Time, *trouble) {
	e, typ := timer.After, process.Duration
	if e == nil {
		e, typ = timer.At, process.DateTime
	}
	v, bad := t.eval(what, e, nil)
	if bad != nil {
		return time.Time{}, bad
	}
	c, bad := t.calendar(what, timer.Hours)
	if bad != nil {
		return time.Time{}, bad
	}
	due, err := t.moment(v, typ, c)
	if err == nil && (due.Year() > lastYear || due.Year() < 1) {
		err = fmt.Errorf("it lies outside the years 1 to %d", lastYear)
	}
	switch {
	case v == nil:
		return time.Time{}, t.unfit(what, e, nil, v, "it must be a time")
	case err != nil:
		return time.Time{}, t.unfit(what, e, nil, v, "that is no time: "+err.Error())
	}
	return due.UTC().Truncate(time.Microsecond), nil
}

// moment is the time a duration from now, or a date and time, means: in working
// time where c is set.
func (t *turn) moment(v expr.Value, typ process.Type, c *calendar.Calendar) (time.Time, error) {
	v, err := expr.Coerce(v, string(typ))
	if err != nil {
		return time.Time{}, err
	}
	if typ == process.Duration {
		return WorkingAfter(t.now, v, c)
	}
	at, ok := expr.TimeOf(v, t.now.Location())
	if !ok {
		return time.Time{}, fmt.Errorf("%s cannot be used here", describe(v))
	}
	if c != nil {
		return c.Next(at)
	}
	return at, nil
}

// cycle is how a timer comes again: State.Timer's Cycle and Left.
type cycle struct {
	text string
	left int
}

// ringing works out when a timer event rings, and how it does so again. Dates
// and cycles that name no zone are in the timer's own, else in the server's.
func (t *turn) ringing(what string, timer *process.Timer) (time.Time, cycle, *trouble) {
	here := t.now
	if timer.Zone != "" {
		loc, err := time.LoadLocation(timer.Zone)
		if err != nil {
			return time.Time{}, cycle{}, &trouble{IncidentExpression, fmt.Sprintf("%s: the server does not know the time zone %s", what, timer.Zone),
				"update the server's list of time zones and retry"}
		}
		t.now = t.now.In(loc)
		defer func() { t.now = here }()
	}
	if timer.Cycle == nil {
		due, bad := t.due(what, timer)
		return due, cycle{}, bad
	}
	v, bad := t.eval(what, timer.Cycle, nil)
	if bad != nil {
		return time.Time{}, cycle{}, bad
	}
	text, ok := v.(expr.String)
	c, err := process.ParseCycle(string(text))
	if !ok {
		err = fmt.Errorf("%s is no text", describe(v))
	}
	hours, bad := t.calendar(what, timer.Hours)
	if bad != nil {
		return time.Time{}, cycle{}, bad
	}
	due := time.Time{}
	if err == nil {
		if due, ok = c.First(t.now); !ok || due.Year() > lastYear {
			err = errors.New("it never comes")
		} else if hours != nil {
			due, err = hours.Next(due)
		}
	}
	if err != nil {
		return time.Time{}, cycle{}, t.unfit(what, timer.Cycle, nil, v, "that cannot be used: "+err.Error())
	}
	return due.UTC().Truncate(time.Microsecond), cycle{string(text), max(c.Times-1, -1)}, nil
}

// ringAgain sets a timer that has rung and comes again, as a new one. One on an
// interrupting event comes once: it takes away what it would ring for.
func (t *turn) ringAgain(timer Timer) {
	n := t.node(timer.Node)
	lasting := n.Kind == process.BoundaryEvent && !n.Attach.Interrupting || timer.For == ForStart && !n.Event.Interrupting
	if timer.Cycle == "" || timer.Left == 0 || !lasting {
		return
	}
	c, err := process.ParseCycle(timer.Cycle)
	if err != nil {
		return // it was read when it was set
	}
	now := t.now
	if zone := n.Event.Timer.Zone; zone != "" {
		if loc, err := time.LoadLocation(zone); err == nil {
			now = now.In(loc)
		}
	}
	due, ok := c.Next(timer.Due, now)
	if !ok || due.Year() > lastYear {
		return
	}
	if hours, bad := t.calendar("the time", n.Event.Timer.Hours); bad != nil {
		return // the calendar was taken away: it does not come again
	} else if hours != nil {
		if due, err = hours.Next(due); err != nil {
			return
		}
	}
	due = due.UTC().Truncate(time.Microsecond)
	left := timer.Left
	if left > 0 {
		left--
	}
	f := Fact{Kind: TimerSet, Ref: t.next(), Node: timer.Node, Due: &due, TimerFor: timer.For, Text: timer.Cycle, Attempts: left}
	if timer.For == ForStart {
		f.Subject = timer.Ref
	} else {
		f.Token = timer.Ref
	}
	t.emit(f)
}

// timerDue fires a timer. One that is gone was fired or cleared before.
func (t *turn) timerDue(e TimerDue) error {
	for _, timer := range t.st.Timers {
		if timer.Seq != e.Timer {
			continue
		}
		if t.at.Before(timer.Due) {
			return refuse(signoff.Conflict, CodeTimerEarly, "the timer is due at %s", signoff.At(timer.Due))
		}
		instead, next, stuck, bad := t.beforeRinging(&timer)
		switch {
		case stuck:
			return redundant()
		case bad != nil:
			t.raiseDue(timer.Node, timer.Seq, bad)
			return nil
		case len(t.need)+len(t.calendars) > 0:
			return nil
		}
		t.emit(Fact{Kind: TimerFired, Ref: timer.Seq, Node: timer.Node, TimerFor: timer.For})
		t.settleDue(timer.Seq, "the timer was taken in after all")
		switch timer.For {
		case ForDeadline:
			t.expire(t.st.task(timer.Ref))
		case ForSleep:
			t.wakeAll(t.st.task(timer.Ref), timer.Due)
		case ForIdle:
			t.idle(t.st.task(timer.Ref), timer.Due)
		case ForReminder:
			t.remind(timer, instead, next)
		case ForStart:
			t.ringAgain(timer)
			t.happened(t.node(timer.Node), 0, timer.Ref, nil)
		default:
			t.ringAgain(timer)
			t.happened(t.node(timer.Node), timer.Ref, 0, nil)
		}
		return nil
	}
	return redundant()
}

// beforeRinging works out what can go wrong with a timer before it rings. It is stuck when that went wrong before and nobody has put it right.
func (t *turn) beforeRinging(timer *Timer) (instead []signoff.Principal, next time.Time, stuck bool, bad *trouble) {
	switch timer.For {
	case ForEvent, ForStart:
		bad = t.crowded(t.node(timer.Node))
	case ForReminder:
		if instead, bad = t.handOverTo(timer); bad == nil && len(instead)+len(t.need) == 0 {
			next, bad = t.remindedNext(timer)
		}
	case ForDeadline:
		task := t.st.task(timer.Ref)
		if n := t.node(timer.Node); n.Task.Deadline != nil && n.Task.Deadline.Count && task.Several() {
			t.here = t.st.scopeOf(task.Token)
			_, _, bad = t.tally(task, n, true)
		}
	}
	return instead, next, bad != nil && t.givenUp(timer.Seq), bad
}

// clearTimers drops the timers of a thing: those set for a task, or the events
// that wait with a token.
func (t *turn) clearTimers(ref int, forTask bool) {
	var gone []Timer
	for _, timer := range t.st.Timers {
		if timer.Ref == ref && timer.For != ForStart && (timer.For != ForEvent) == forTask {
			gone = append(gone, timer)
		}
	}
	for _, timer := range gone {
		t.clearTimer(timer)
	}
}

// withdraw takes away everything a token waits for.
func (t *turn) withdraw(token int, why string) {
	for i := range t.st.Tasks {
		task := t.st.Tasks[i]
		if task.Token == token && task.Open() {
			t.emit(Fact{Kind: TaskWithdrawn, Node: task.Node, Ref: task.Seq, Text: why})
			t.retract(task.Seq)
			t.clearTimers(task.Seq, true)
			break
		}
	}
	t.clearEvents(token)
	for _, s := range t.st.Scopes {
		if s.Token == token {
			t.drop(s.ID, why)
			break
		}
	}
	for _, e := range t.st.Effects {
		if e.Token == token {
			t.emit(Fact{Kind: EffectDropped, Node: e.Node, Ref: e.Seq})
			t.retract(e.Seq)
			break
		}
	}
	for _, i := range t.st.Incidents {
		if i.Token == token {
			t.emit(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: why})
			break
		}
	}
}
