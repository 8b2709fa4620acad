package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// reminderTimes works out when a task is called to mind; the zero time for what
// would be before now.
func (t *turn) reminderTimes(task *process.Task, due *time.Time) ([]time.Time, *trouble) {
	times := make([]time.Time, len(task.Reminders))
	for i, r := range task.Reminders {
		e := r.After
		if e == nil {
			e = r.Before
		}
		at, bad := t.due("a reminder", &process.Timer{After: e, Hours: r.Hours})
		if bad != nil {
			return nil, bad
		}
		if r.Before != nil && due != nil {
			if at, bad = t.before(*due, at, &r); bad != nil {
				return nil, bad
			}
		}
		if at.After(t.at) {
			times[i] = at
		}
	}
	return times, nil
}

// before is when a reminder comes that is so long before the deadline as after
// is after now; months and working time are counted back from the deadline.
func (t *turn) before(due, after time.Time, r *process.Reminder) (time.Time, *trouble) {
	hours, bad := t.calendar("a reminder", r.Hours)
	if bad != nil {
		return due, bad
	}
	v, bad := t.eval("a reminder", r.Before, nil)
	if bad != nil {
		return due, bad
	}
	if v, err := expr.Coerce(v, string(process.Duration)); err == nil {
		if at, ok := earlier(due.In(t.now.Location()), v, hours); ok {
			return at.UTC(), nil
		}
	}
	return due.Add(t.at.Sub(after)), nil
}

// setReminders sets the timers of a task's reminders.
func (t *turn) setReminders(n *process.Node, seq int, times []time.Time) {
	for _, f := range reminderFacts(n, seq, times) {
		f.Ref = t.next()
		t.emit(f)
	}
}

// reminderFacts are the facts by which reminders are set, without their numbers.
func reminderFacts(n *process.Node, seq int, times []time.Time) (out []Fact) {
	for i, at := range times {
		if at.IsZero() {
			continue
		}
		left := 0
		if r := &n.Task.Reminders[i]; r.Every != nil {
			left = r.Times - 1 // -1 without end
		}
		out = append(out, Fact{Kind: TimerSet, Node: n.ID, Subject: seq, Due: &at, TimerFor: ForReminder, Number: i + 1, Attempts: left})
	}
	return out
}

// resetReminders counts the reminders of a task anew, for whose turn it is now.
func (t *turn) resetReminders(n *process.Node, seq int) {
	var old []Timer
	for _, timer := range t.st.Timers {
		if timer.For == ForReminder && timer.Ref == seq {
			old = append(old, timer)
		}
	}
	times, bad := t.reminderTimes(n.Task, t.st.task(seq).Due)
	if bad != nil {
		return // those of the first go on
	}
	for _, timer := range old {
		t.clearTimer(timer)
	}
	t.setReminders(n, seq, times)
}

// handOverTo finds who gets a task that a reminder hands on; nil for one that
// sends a mail. It may ask.
func (t *turn) handOverTo(timer *Timer) ([]signoff.Principal, *trouble) {
	n, task := t.node(timer.Node), t.st.task(timer.Ref)
	r := reminderOf(n, timer)
	if r == nil || len(r.Redirect) == 0 {
		return nil, nil
	}
	t.here = t.st.scopeOf(task.Token)
	to, bad := t.resolve("who is to have the task instead", r.Redirect)
	if bad != nil || to.waiting {
		return nil, bad
	}
	to.unknown, to.literal = append(to.unknown, to.literal...), nil
	t.separate(n.Task, &to)
	if bad := to.nobody("who is to have the task instead"); bad != nil {
		return nil, bad
	}
	var out []signoff.Principal
	for _, p := range to.principals() {
		if task.AnswerOf(p) == nil {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return nil, &trouble{IncidentNobody, "whoever is to have the task instead has answered it already",
			"redirect the task, or withdraw it; then retry"}
	}
	return out, nil
}

// reminderOf is the reminder a timer is for; nil when this version of the
// workflow has no such reminder any more.
func reminderOf(n *process.Node, timer *Timer) *process.Reminder {
	if n.Task == nil || timer.Number < 1 || timer.Number > len(n.Task.Reminders) {
		return nil
	}
	return &n.Task.Reminders[timer.Number-1]
}

// remind sends a mail to who has not answered, and sets it again for next where
// that is set; or it hands the task on.
func (t *turn) remind(timer Timer, instead []signoff.Principal, next time.Time) {
	n, task := t.node(timer.Node), t.st.task(timer.Ref)
	r := reminderOf(n, &timer)
	switch {
	case r == nil:
		return
	case len(instead) > 0:
		t.handOver(n, task, instead)
		return
	}
	var to []signoff.Principal
	for _, p := range task.Recipients {
		if !slices.ContainsFunc(task.Asleep, func(a Asleep) bool { return a.By == p }) {
			to = append(to, p)
		}
	}
	t.emit(Fact{Kind: TaskReminded, Node: n.ID, Ref: task.Seq, To: to, Number: timer.Number})
	if len(to) > 0 && n.Task.Notify != nil {
		t.tellAgain(n, task, to, r)
	}
	if !next.IsZero() {
		t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: timer.Node, Subject: timer.Ref, Due: &next, TimerFor: ForReminder,
			Number: timer.Number, Attempts: max(timer.Left-1, -1)})
	}
}

// remindedNext works out when a repeated reminder comes again, before it rings:
// what goes wrong with it is an incident. The zero time is for one that ends.
func (t *turn) remindedNext(timer *Timer) (time.Time, *trouble) {
	const what = "the repetition of a reminder"
	r := reminderOf(t.node(timer.Node), timer)
	if r == nil || r.Every == nil || timer.Left == 0 {
		return time.Time{}, nil
	}
	if t.st.Facts > MaxFacts {
		return time.Time{}, &trouble{IncidentLoop, fmt.Sprintf("the history of the instance has more than %d entries", MaxFacts),
			"decide the task or withdraw it, or skip the reminder: it does not come again"}
	}
	t.here = t.st.scopeOf(t.st.task(timer.Ref).Token)
	v, bad := t.eval(what, r.Every, nil)
	if bad != nil {
		return time.Time{}, bad
	}
	hours, bad := t.calendar(what, r.Hours)
	if bad != nil {
		return time.Time{}, bad
	}
	due, err := t.repeated(timer.Due, v, hours)
	if err != nil {
		return time.Time{}, t.unfit(what, r.Every, nil, v, "that cannot be used: "+err.Error())
	}
	return due.UTC().Truncate(time.Microsecond), nil
}

// repeated is the first time after now that lies a number of such durations
// after a time. What was missed is not made up for; where it was very often, it
// is counted from now on.
func (t *turn) repeated(from time.Time, v expr.Value, hours *calendar.Calendar) (time.Time, error) {
	v, err := expr.Coerce(v, string(process.Duration))
	if err != nil {
		return from, err
	}
	if v == nil {
		return from, errors.New("it must be a duration")
	}
	due, err := WorkingAfter(from, v, hours)
	for missed := 0; err == nil && !due.After(t.at) && missed < MaxPasses; missed++ {
		due, err = WorkingAfter(due, v, hours)
	}
	if err == nil && !due.After(t.at) {
		due, err = WorkingAfter(t.now, v, hours)
	}
	switch {
	case err != nil:
		return due, err
	case !due.After(t.at):
		return due, errors.New("it must be longer than nothing")
	case due.Year() > lastYear:
		return due, fmt.Errorf("it lies outside the years 1 to %d", lastYear)
	}
	return due, nil
}

// handOver gives a task to others because nobody answered. Where recipients are
// asked one after the other, it is the turn of the one asked now that passes.
func (t *turn) handOver(n *process.Node, task *Task, to []signoff.Principal) {
	from, seq := []signoff.Principal{""}, task.Seq
	if n.Task.Serial && len(task.Recipients) > 0 {
		from = task.Recipients[:1]
	}
	t.endAll(task, from[0])
	t.emit(t.redirected(task, n, Fact{From: from[0], To: to, Text: "nobody answered in time"}))
	t.tellNew(n, t.st.task(seq), to)
	t.found(seq)
}

// endAll clears the timers of sleeps and claims of one recipient, or with "" of
// all.
func (t *turn) endAll(task *Task, who signoff.Principal) {
	var names []signoff.Principal
	if who != "" {
		names = append(names, who)
	} else {
		for _, a := range task.Asleep {
			names = append(names, a.By)
		}
		names = append(names, task.Claims()...)
	}
	for _, p := range names {
		t.endSleep(task, p)
		t.endClaim(task, p)
	}
}

// tellAgain reminds some of a task, in the reminder's words where it has any.
func (t *turn) tellAgain(n *process.Node, task *Task, to []signoff.Principal, r *process.Reminder) {
	own, its := *n, *n.Task
	how := *n.Task.Notify
	if r.Subject != nil {
		how.Subject = r.Subject
	}
	if r.Body != nil {
		how.Body = r.Body
	}
	its.Notify = &how
	own.Task = &its
	t.tell(&own, task, to, true)
}
