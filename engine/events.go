package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// What an instance waits for besides people, timers and effects; Wait.Kind.
const (
	WaitMessage   = "message"
	WaitSignal    = "signal"
	WaitCondition = "condition"
)

// armed is an event ready to be waited for: all that can go wrong has been
// worked out.
type armed struct {
	node *process.Node
	due  time.Time // of a timer
	spin cycle     // likewise
	key  string    // of a message
}

// prepare works out what an event waits for. Errors, escalations and links are
// not waited for: they are thrown within the instance.
func (t *turn) prepare(list []armed, n *process.Node) ([]armed, *trouble) {
	a := armed{node: n}
	var bad *trouble
	switch n.Event.Trigger {
	case process.OnTimer:
		what := "the time"
		if n.Kind != process.CatchEvent {
			what = fmt.Sprintf("the time of %q", n.Name)
		}
		a.due, a.spin, bad = t.ringing(what, n.Event.Timer)
	case process.OnMessage:
		a.key, bad = t.key(n)
	case process.OnSignal, process.OnCondition:
	default:
		return list, nil
	}
	return append(list, a), bad
}

// edge prepares the events on the edge of an activity. Each pass of a repeated
// one has none: they belong to the whole (BPMN 2.0.2 §13.5.3).
func (t *turn) edge(r ready) (list []armed, bad *trouble) {
	if len(r.node.Boundary) == 0 || t.isPass(r) {
		return nil, nil
	}
	for _, i := range r.node.Boundary {
		if list, bad = t.prepare(list, &t.def.Nodes[i]); bad != nil {
			return nil, bad
		}
	}
	return list, nil
}

// arm waits for events: with a token or, as event sub-processes do, in a scope.
func (t *turn) arm(list []armed, token, scope int) {
	for _, f := range armedFacts(list, token, scope) {
		f.Ref = t.next()
		t.emit(f)
	}
}

// armedFacts are the facts by which events are waited for, without their numbers.
func armedFacts(list []armed, token, scope int) (out []Fact) {
	for i := range list {
		a := &list[i]
		f := Fact{Kind: WaitSet, Node: a.node.ID, Token: token, Scope: scope, Effect: a.node.Event.Trigger.String(), Title: a.node.Event.Name, Code: a.key}
		if a.node.Is(process.OnTimer) {
			f = Fact{Kind: TimerSet, Node: a.node.ID, Token: token, Subject: scope, Due: &a.due, TimerFor: ForEvent, Text: a.spin.text, Attempts: a.spin.left}
			if token == 0 {
				f.TimerFor = ForStart
			}
		}
		out = append(out, f)
	}
	return out
}

// handlers waits for what begins the event sub-processes of a scope (BPMN 2.0.2
// §13.5.4).
func (t *turn) handlers(r ready) *trouble {
	starts := t.def.Handlers(r.node.Scope)
	if len(starts) == 0 {
		return nil
	}
	var list []armed
	var bad *trouble
	for _, i := range starts {
		if list, bad = t.prepare(list, &t.def.Nodes[i]); bad != nil {
			return bad
		}
	}
	t.arm(list, 0, t.st.scopeOf(r.token))
	return nil
}

// disarm stops waiting for what begins the event sub-processes of a scope.
func (t *turn) disarm(scope int) {
	for _, timer := range slices.Clone(t.st.Timers) {
		if timer.For == ForStart && timer.Ref == scope {
			t.clearTimer(timer)
		}
	}
	for _, w := range slices.Clone(t.st.Waits) {
		if w.Token == 0 && w.Scope == scope {
			t.clearWait(w)
		}
	}
}

// clearEvents stops waiting for the events that wait with a token.
func (t *turn) clearEvents(token int) {
	t.clearTimers(token, false)
	if len(t.st.Waits) == 0 {
		return
	}
	for _, w := range slices.Clone(t.st.Waits) {
		if w.Token == token {
			t.clearWait(w)
		}
	}
}

// catch makes a token wait at an intermediate event or a receive task, or go on
// at once where there is nothing to wait for: at the end of a link.
func (t *turn) catch(r ready) (ready, bool) {
	if r.node.Is(process.OnLink) {
		r.stage = Completing
		return r, true
	}
	list, bad := t.prepare(nil, r.node)
	var edge []armed
	if bad == nil {
		edge, bad = t.edge(r)
	}
	if bad != nil {
		t.raise(r, bad)
		return r, false
	}
	t.arm(list, r.token, 0)
	t.arm(edge, r.token, 0)
	return r, false
}

// race makes a token wait for the first of the events behind an event-based
// gateway (BPMN 2.0.2 §13.4.4).
func (t *turn) race(r ready) *trouble {
	var list []armed
	var bad *trouble
	for _, i := range r.node.Outgoing {
		if list, bad = t.prepare(list, &t.def.Nodes[t.def.Flows[i].To]); bad != nil {
			return bad
		}
	}
	t.arm(list, r.token, 0)
	return nil
}

// happened lets an event that was waited for have its way. came is what it
// brought.
func (t *turn) happened(n *process.Node, token, scope int, came map[string]expr.Value) {
	switch {
	case n.Kind == process.BoundaryEvent:
		t.atEdge(n, token, came)
	case token == 0:
		t.begun(n, scope, came)
	default:
		t.clearEvents(token)
		if at := t.where(token); at != n.ID { // an event-based gateway
			t.emit(Fact{Kind: Entered, Node: n.ID, Token: token, Flow: t.between(t.node(at), n), Scope: t.st.scopeOf(token)})
		}
		t.take(ready{token, n, Answered}, came)
	}
}

// between returns the id of the flow from one node to another.
func (t *turn) between(from, to *process.Node) string {
	for _, i := range from.Outgoing {
		if t.def.Flows[i].To == to.Index {
			return t.def.Flows[i].ID
		}
	}
	return ""
}

// crowded is the trouble when the instance has no room for what an event would
// begin besides all that goes on. Events that take away what goes on, and those
// a token waits for, need none.
func (t *turn) crowded(n *process.Node) *trouble {
	besides := n.Kind == process.BoundaryEvent && !n.Attach.Interrupting || n.Kind == process.StartEvent && !n.Event.Interrupting
	switch {
	case !besides:
	case t.st.Facts > MaxFacts:
		return tooLongHistory()
	case len(t.st.Tokens) >= MaxTokens:
		return tooManyTokens(fmt.Sprintf("%q begins something each time, and what it began before is still under way; bring that to an end and retry, or cancel the instance", n.Name))
	}
	return nil
}

// atEdge follows the way from an event on the edge of the activity where token
// is; an interrupting one takes the activity away (BPMN 2.0.2 §13.5.3).
func (t *turn) atEdge(n *process.Node, token int, came map[string]expr.Value) {
	scope := t.st.scopeOf(token)
	if n.Attach.Interrupting {
		t.takeAway(token, n.Name+" came first")
	}
	t.take(t.place(n, scope, Answered), came)
}

// begun begins an event sub-process in a scope; an interrupting one takes away
// what goes on in it (BPMN 2.0.2 §13.5.4).
func (t *turn) begun(n *process.Node, scope int, came map[string]expr.Value) {
	if n.Event.Interrupting {
		t.clearInside(scope, n.Name+" came first")
	}
	id := t.next()
	t.emit(Fact{Kind: ScopeOpened, Node: t.def.Nodes[n.Scope].ID, Ref: id, Scope: scope})
	t.take(t.place(n, id, Answered), came)
}

// take sets variables from what an event brought and lets its token go on.
func (t *turn) take(r ready, came map[string]expr.Value) {
	if bad := t.received(r, came, nil); bad != nil {
		t.raiseWith(r, bad, came)
		return
	}
	r.stage = afterAnswer(r.node)
	t.ready = append(t.ready, r)
}

// afterAnswer is where a step goes on once what came has been read: a start
// event has yet to wait for the event sub-processes of its scope.
func afterAnswer(n *process.Node) Stage {
	if n.Kind == process.StartEvent {
		return Entering
	}
	return Completing
}

// received sets variables from what came to an event: as its outputs say, else
// each variable that came under its own name.
func (t *turn) received(r ready, came, byHand map[string]expr.Value) *trouble {
	if n := r.node; n.Event == nil || len(n.Event.Outputs) > 0 || !n.Is(process.OnMessage) && !n.Is(process.OnSignal) ||
		n.Kind == process.SendTask || n.Kind == process.ThrowEvent || n.Kind == process.EndEvent {
		return t.output(r, came, byHand)
	}
	set := map[string]expr.Value{}
	for i := range t.def.Variables {
		decl := &t.def.Variables[i]
		v, ok := came[decl.Name]
		if _, given := byHand[decl.Name]; !ok || given {
			continue
		}
		v, err := coerce(decl, v)
		if err != nil {
			return &trouble{IncidentExpression, fmt.Sprintf("what came for %q does not fit: %s", decl.Name, err),
				"what came is kept; give the variable itself with the retry"}
		}
		set[decl.Name] = v
	}
	return t.store(r.node, set)
}
