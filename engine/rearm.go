package engine

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// rearm works out what is waited for no more, and what is besides, once the
// instance runs on the other version: the facts that follow f.
func (c *crossing) rearm(f Fact) []Fact {
	old := c.st
	after := *c.turn
	after.st = c.st.clone()
	f.Seq, f.At, f.By = c.st.Facts+1, c.at, c.in.By.Principal
	after.st.apply(&f)
	after.def, after.scope, after.sizes = c.to, nil, nil
	r := rearming{crossing: c, t: &after}
	for _, k := range old.Tokens {
		if n := c.old(k.Node); c.busy(k, n) {
			r.atToken(k, n, c.counterpart(n))
		}
	}
	r.besides(0, -1, -1)
	for _, s := range old.Scopes {
		n := c.old(s.Node)
		if s.Loop == nil && (n.Kind == process.SubProcess || n.Kind == process.EventSubProcess) {
			r.besides(s.ID, n.Index, c.counterpart(n).Index)
		}
	}
	for i := range old.Tasks {
		if task := &old.Tasks[i]; task.Open() {
			r.ofTask(task, c.old(task.Node), c.counterpart(c.old(task.Node)))
		}
	}
	c.need, c.calendars, c.steps = after.need, after.calendars, after.steps
	return append(r.gone, r.come...)
}

// rearming collects what changes. Its turn sees the instance as it will be.
type rearming struct {
	*crossing
	t          *turn
	gone, come []Fact
}

// drop stops waiting for a timer; the incident it may have is settled with it.
func (r *rearming) drop(timer *Timer) {
	r.gone = append(r.gone, Fact{Kind: TimerCleared, Ref: timer.Seq, Node: timer.Node})
	r.settle(timer.Seq, "the timer is not needed any more")
}

func (r *rearming) settle(seq int, how string) {
	for _, i := range r.t.st.Incidents {
		if i.Stage == Due && i.Effect == seq {
			r.gone = append(r.gone, Fact{Kind: IncidentCleared, Ref: i.Seq, Node: i.Node, Text: how})
		}
	}
}

// set waits for events from now on, with a token or in a scope.
func (r *rearming) set(n *process.Node, token, scope int) {
	r.t.here = scope
	if token != 0 {
		r.t.here = r.t.st.scopeOf(token)
	}
	list, bad := r.t.prepare(nil, n)
	if bad != nil {
		r.block(n, "it is waited for from now on", bad.cause, "give the variables it uses with the migration, or correct them before")
		return
	}
	r.come = append(r.come, armedFacts(list, token, scope)...)
}

// events lists what is waited for while a token is in a step: the step's own
// event or those behind it, and those on its edge.
func events(def *process.Definition, n *process.Node, loop bool) (out []*process.Node) {
	switch {
	case loop:
	case n.Kind == process.CatchEvent, n.Kind == process.ReceiveTask:
		out = append(out, n)
	case n.Kind == process.EventGateway:
		for _, f := range n.Outgoing {
			out = append(out, &def.Nodes[def.Flows[f].To])
		}
	}
	return out
}

func edges(def *process.Definition, n *process.Node) (out []*process.Node) {
	for _, b := range n.Boundary {
		out = append(out, &def.Nodes[b])
	}
	return out
}

// atToken compares what is waited for with a token.
func (r *rearming) atToken(k Token, n, m *process.Node) {
	s := r.t.st.scope(k.Scope)
	pass := s != nil && s.Number > 0 && s.Node == r.now(k.Node)
	loop := slices.ContainsFunc(r.t.st.Scopes, func(s Scope) bool { return s.Token == k.ID && s.Loop != nil })
	was, now := events(r.from, n, loop), events(r.to, m, loop)
	if !pass {
		was, now = append(was, edges(r.from, n)...), append(now, edges(r.to, m)...)
	}
	r.compare(was, now, k.ID, 0)
}

// besides compares what begins the event sub-processes of a scope, unless that is
// not waited for yet, or no more.
func (r *rearming) besides(scope, was, now int) {
	for _, k := range r.st.Tokens {
		if n := r.old(k.Node); k.Scope == scope && n.Kind == process.StartEvent && !r.leaving(k.ID) {
			return // it has yet to be entered
		}
	}
	for _, s := range r.st.Scopes {
		if n := r.old(s.Node); s.Parent == scope && n.Kind == process.EventSubProcess {
			if start := startOf(r.from, n.Index); start != nil && start.Event != nil && start.Event.Interrupting {
				return
			}
		}
	}
	nodes := func(def *process.Definition, list []int) (out []*process.Node) {
		for _, i := range list {
			out = append(out, &def.Nodes[i])
		}
		return out
	}
	r.compare(nodes(r.from, r.from.Handlers(was)), nodes(r.to, r.to.Handlers(now)), 0, scope)
}

// leaving tells whether a token that rests has done its step, and only the way
// on is open.
func (r *rearming) leaving(token int) bool {
	for _, i := range r.st.Incidents {
		if i.Token == token && i.Stage == Leaving {
			return true
		}
	}
	for _, p := range r.st.Paused {
		if p.Token == token && p.Stage == Leaving {
			return true
		}
	}
	return false
}

func startOf(def *process.Definition, sub int) *process.Node {
	for i := range def.Nodes {
		if def.Nodes[i].Kind == process.StartEvent && def.Nodes[i].Scope == sub {
			return &def.Nodes[i]
		}
	}
	return nil
}

// compare takes away what the other version does not wait for, keeps what it
// waits for alike, and sets what is new or otherwise. What has had its way
// before is not waited for again.
func (r *rearming) compare(was, now []*process.Node, token, scope int) {
	kept := map[int]bool{}
	for _, n := range now {
		o := slices.IndexFunc(was, func(x *process.Node) bool { return r.now(x.ID) == n.ID })
		if o < 0 || was[o].Event.Trigger != n.Event.Trigger {
			r.set(n, token, scope)
			continue
		}
		seq := r.armed(n, token, scope)
		switch {
		case seq == 0:
		case r.alike(was[o].Event, n.Event):
			kept[seq] = true
		default:
			r.set(n, token, scope)
		}
	}
	r.dropOthers(kept, token, scope)
}

// armed is the number of the timer or wait of an event, 0 for none.
func (r *rearming) armed(n *process.Node, token, scope int) int {
	for i := range r.t.st.Timers {
		if x := &r.t.st.Timers[i]; x.Node == n.ID && n.Is(process.OnTimer) && x.serves(token, scope) {
			return x.Seq
		}
	}
	for i := range r.t.st.Waits {
		if x := &r.t.st.Waits[i]; x.Node == n.ID && x.Kind == n.Event.Trigger.String() && x.Token == token && (token != 0 || x.Scope == scope) {
			return x.Seq
		}
	}
	return 0
}

// serves tells whether a timer is an event's that waits with a token, or begins
// something in a scope.
func (x *Timer) serves(token, scope int) bool {
	if token != 0 {
		return x.For == ForEvent && x.Ref == token
	}
	return x.For == ForStart && x.Ref == scope
}

func (r *rearming) dropOthers(kept map[int]bool, token, scope int) {
	for i := range r.t.st.Timers {
		if x := &r.t.st.Timers[i]; x.serves(token, scope) && !kept[x.Seq] {
			r.drop(x)
		}
	}
	for _, w := range r.t.st.Waits {
		if w.Token == token && (token != 0 || w.Scope == scope) && !kept[w.Seq] {
			r.gone = append(r.gone, Fact{Kind: WaitCleared, Ref: w.Seq, Node: w.Node})
			r.settle(w.Seq, "it is not waited for any more")
		}
	}
}

// alike tells whether two events wait for the same.
func (r *rearming) alike(a, b *process.Event) bool {
	switch a.Trigger {
	case process.OnTimer:
		return sameTimer(a.Timer, b.Timer)
	case process.OnMessage:
		return a.Name == b.Name && source(a.Key) == source(b.Key)
	case process.OnSignal:
		return a.Name == b.Name
	case process.OnCondition:
		return source(a.Condition) == source(b.Condition)
	}
	return true
}

func source(e *expr.Expr) string {
	if e == nil {
		return ""
	}
	return e.Source()
}

func sameTimer(a, b *process.Timer) bool {
	return source(a.After) == source(b.After) && source(a.At) == source(b.At) && source(a.Cycle) == source(b.Cycle) && a.Zone == b.Zone && a.Hours == b.Hours
}

// ofTask compares the deadline and the reminders of an open task.
func (r *rearming) ofTask(task *Task, n, m *process.Node) {
	r.t.here = r.t.st.scopeOf(task.Token)
	due := task.Due
	if !sameDeadline(n.Task.Deadline, m.Task.Deadline) {
		for i := range r.t.st.Timers {
			if x := &r.t.st.Timers[i]; x.For == ForDeadline && x.Ref == task.Seq {
				r.drop(x)
			}
		}
		var bad *trouble
		if due, bad = r.t.deadline(m.Task.Deadline); bad != nil {
			r.block(m, "it gets another deadline", bad.cause, "give the variables it uses with the migration, or correct them before")
			return
		}
		if due != nil {
			r.come = append(r.come, Fact{Kind: TimerSet, Node: m.ID, Subject: task.Seq, Due: due, TimerFor: ForDeadline})
		}
	}
	if sameReminders(n.Task.Reminders, m.Task.Reminders) && sameMoment(due, task.Due) {
		return
	}
	r.remindAnew(task, m, due)
}

// remindAnew counts the reminders of a task from now on.
func (r *rearming) remindAnew(task *Task, m *process.Node, due *time.Time) {
	for i := range r.t.st.Timers {
		if x := &r.t.st.Timers[i]; x.For == ForReminder && x.Ref == task.Seq {
			r.drop(x)
		}
	}
	times, bad := r.t.reminderTimes(m.Task, due)
	if bad != nil {
		r.block(m, "it gets other reminders", bad.cause, "give the variables they use with the migration, or correct them before")
		return
	}
	r.come = append(r.come, reminderFacts(m, task.Seq, times)...)
}

func sameMoment(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

func sameDeadline(a, b *process.Deadline) bool {
	if a == nil || b == nil {
		return a == b
	}
	return source(a.After) == source(b.After) && source(a.At) == source(b.At) && a.Hours == b.Hours
}

func sameReminders(a, b []process.Reminder) bool {
	return slices.EqualFunc(a, b, func(x, y process.Reminder) bool {
		return source(x.After) == source(y.After) && source(x.Before) == source(y.Before) && source(x.Every) == source(y.Every) &&
			x.Times == y.Times && x.Hours == y.Hours && (len(x.Redirect) == 0) == (len(y.Redirect) == 0)
	})
}
