package engine

import (
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
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
	due, err := t.moment(v, typ)
	if v == nil {
		err = t.whyNull(e)
	}
	if err == nil && (due.Year() > lastYear || due.Year() < 1) {
		err = fmt.Errorf("it lies outside the years 1 to %d", lastYear)
	}
	if err != nil {
		return time.Time{}, &trouble{IncidentExpression, fmt.Sprintf("%s, %s, is no time: %s", what, e.Source(), err),
			"correct the variables it uses and retry"}
	}
	return due.UTC().Truncate(time.Microsecond), nil
}

// moment is the time a duration from now, or a date and time, means.
func (t *turn) moment(v expr.Value, typ process.Type) (time.Time, error) {
	v, err := expr.Coerce(v, string(typ))
	if err != nil {
		return time.Time{}, err
	}
	var at time.Time
	var ok bool
	if typ == process.Duration {
		at, ok = expr.AddTo(t.now, v)
	} else {
		at, ok = expr.TimeOf(v, t.now.Location())
	}
	if !ok {
		return time.Time{}, fmt.Errorf("%s cannot be used here", describe(v))
	}
	return at, nil
}

// whyNull says why e has no value, for who must put it right.
func (t *turn) whyNull(e *expr.Expr) error {
	_, reasons, _ := e.Explain(t.sight(t.scopeVars()))
	if len(reasons) > 0 {
		return errors.New(reasons[0].Msg)
	}
	return errors.New("it has no value")
}

// dueNode is a boundary event and when it fires.
type dueNode struct {
	node *process.Node
	due  time.Time
}

func (t *turn) boundaryTimes(n *process.Node) ([]dueNode, *trouble) {
	var out []dueNode
	for _, i := range n.Boundary {
		b := &t.def.Nodes[i]
		due, bad := t.due(fmt.Sprintf("the time of %q", b.Name), b.Timer)
		if bad != nil {
			return nil, bad
		}
		out = append(out, dueNode{b, due})
	}
	return out, nil
}

func (t *turn) setBoundaryTimers(token int, timers []dueNode) {
	for i := range timers {
		t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: timers[i].node.ID, Token: token, Due: &timers[i].due, TimerFor: ForEvent})
	}
}

// await makes a token wait at a timer.
func (t *turn) await(r ready) *trouble {
	due, bad := t.due("the time", r.node.Timer)
	if bad != nil {
		return bad
	}
	t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: r.node.ID, Token: r.token, Due: &due, TimerFor: ForEvent})
	return nil
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
		t.emit(Fact{Kind: TimerFired, Ref: timer.Seq, Node: timer.Node, TimerFor: timer.For})
		t.settleTimer(timer.Seq, "the timer was taken in after all")
		switch timer.For {
		case ForDeadline:
			t.expire(t.st.task(timer.Ref))
		case ForSleep:
			t.wakeAll(t.st.task(timer.Ref), timer.Due)
		default:
			t.fireEvent(timer)
		}
		return nil
	}
	return redundant()
}

// fireEvent moves on from an intermediate timer, or starts the way that leads
// from a boundary event.
func (t *turn) fireEvent(timer Timer) {
	n := t.node(timer.Node)
	if n.Kind == process.TimerCatch {
		t.resume(timer.Ref, Completing)
		return
	}
	if n.Attach.Interrupting {
		host := &t.def.Nodes[n.Attach.To]
		t.withdraw(timer.Ref, n.Name+" came first")
		t.emit(Fact{Kind: Left, Node: host.ID, Token: timer.Ref})
	}
	token := t.next()
	t.emit(Fact{Kind: Entered, Node: n.ID, Token: token})
	t.resume(token, Completing)
}

// clearTimers drops the timers of a thing: those set for a task, or the events
// that wait with a token.
func (t *turn) clearTimers(ref int, forTask bool) {
	var gone []Timer
	for _, timer := range t.st.Timers {
		if timer.Ref == ref && (timer.For != ForEvent) == forTask {
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
	t.clearTimers(token, false)
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

// closeEverything takes away all tokens and what they wait for.
func (t *turn) closeEverything(why string) {
	for len(t.st.Tokens) > 0 {
		k := t.st.Tokens[0]
		t.withdraw(k.ID, why)
		t.emit(Fact{Kind: Left, Node: k.Node, Token: k.ID})
	}
}
