package engine

import (
	"fmt"

	"github.com/signoffhq/signoff/process"
)

// ready is a token that can go on now.
type ready struct {
	token int
	node  *process.Node
	stage Stage
}

// trouble is why a step cannot go on: an incident to be.
type trouble struct {
	code, cause, advice string
}

// run moves every ready token until it waits or ends: one token as far as it
// gets, then the next, oldest first.
func (t *turn) run() {
	for len(t.ready) > 0 {
		r := t.ready[0]
		t.ready = t.ready[1:]
		// A token that a join, an event or the end of everything took meanwhile is
		// skipped.
		for ok := t.where(r.token) == r.node.ID; ok; {
			r, ok = t.advance(r)
		}
	}
}

// resume makes a token ready at its node.
func (t *turn) resume(token int, stage Stage) {
	t.ready = append(t.ready, ready{token, t.node(t.where(token)), stage})
}

// advance takes a token one stage further. It returns false when the token
// waits or is no more.
func (t *turn) advance(r ready) (ready, bool) {
	if len(t.st.Scopes) > 0 || t.here != 0 {
		t.here = t.st.scopeOf(r.token)
	}
	switch r.stage {
	case Entering:
		if bad := t.tooFar(); bad != nil {
			t.raise(r, bad)
			return r, false
		}
		return t.enter(r)
	case Completing:
		if bad := t.assign(r.node, r.node.Assign, nil); bad != nil {
			t.raise(r, bad)
			return r, false
		}
		r.stage = Leaving
		return r, true
	case Counting:
		t.recount(r.token)
		return r, false
	default:
		return t.leave(r)
	}
}

// tooFar is the trouble when one turn takes too many steps or writes too much,
// or the instance has gone round for longer than anybody will read: a timer, a
// mail or a call in a circle makes each turn short and the instance endless.
func (t *turn) tooFar() *trouble {
	const advice = "the steps go round in a circle; correct the variables that should end it and retry, or cancel the instance"
	t.entries++
	switch {
	case t.st.Facts > MaxFacts:
		return tooLongHistory()
	case t.entries > MaxEntries:
		return &trouble{IncidentLoop, fmt.Sprintf("%d steps were taken without anything to wait for", MaxEntries), advice}
	case t.written > MaxStepBytes:
		return &trouble{IncidentLoop, fmt.Sprintf("more than %d MB were written without anything to wait for", MaxStepBytes>>20), advice}
	}
	return nil
}

func tooLongHistory() *trouble {
	return &trouble{IncidentLoop, fmt.Sprintf("the history of the instance has more than %d entries", MaxFacts),
		"the steps go round in a circle; cancel the instance, and correct the workflow so that the circle ends or waits longer"}
}

// enter does what the node is there for. The token goes on when that is done
// already; otherwise it waits.
func (t *turn) enter(r ready) (ready, bool) {
	var bad *trouble
	switch n := r.node; {
	case n.Multi != nil && !t.isPass(r):
		bad = t.repeat(r)
	case n.Kind == process.UserTask:
		bad = t.offer(r)
	case n.Kind == process.SendTask, n.Kind == process.ServiceTask, n.Kind == process.CallActivity:
		bad = t.request(r)
	case n.Kind == process.ParallelGateway:
		return t.join(r)
	case n.Kind == process.InclusiveGateway && n.Joins():
		return r, false // merge looks when nothing else moves
	case n.Kind == process.StartEvent:
		if bad = t.handlers(r); bad == nil {
			r.stage = Completing
			return r, true
		}
	case n.Kind == process.EndEvent && n.Event == nil:
		t.end(r)
	case n.Kind == process.EndEvent, n.Kind == process.ThrowEvent:
		return t.throwing(r)
	case n.Kind == process.TerminateEvent:
		t.terminate(r)
	case n.Kind == process.CatchEvent, n.Kind == process.ReceiveTask:
		return t.catch(r)
	case n.Kind == process.EventGateway:
		bad = t.race(r)
	case n.Kind == process.SubProcess:
		bad = t.openSub(r)
	default:
		r.stage = Completing
		return r, true
	}
	if bad != nil {
		t.raise(r, bad)
	}
	return r, false
}

// throwing does what a throw or end event says (BPMN 2.0.2 §13.5.2, §13.5.6).
func (t *turn) throwing(r ready) (ready, bool) {
	switch r.node.Event.Trigger {
	case process.OnMessage, process.OnSignal:
		if bad := t.request(r); bad != nil {
			t.raise(r, bad)
		}
	case process.OnError:
		t.fail(r)
	case process.OnEscalation:
		return t.escalate(r)
	case process.OnLink:
		to := t.def.LinkTarget(r.node)
		t.emit(Fact{Kind: Entered, Node: to.ID, Token: r.token, Scope: t.st.scopeOf(r.token)})
		return ready{r.token, to, Entering}, true
	}
	return r, false
}

// leave moves the token along the flows that apply: itself on the first, new
// tokens on the others. With none to take, the token ends here.
// https://www.omg.org/spec/BPMN/2.0.2 §13.3.1: an activity without outgoing
// flows ends its token.
func (t *turn) leave(r ready) (ready, bool) {
	if t.isPass(r) {
		t.end(r) // the activity's own token goes on when all passes are done
		return r, false
	}
	flows, bad := t.flowsOut(r.node)
	if bad == nil && len(t.st.Tokens)+len(flows)-1 > MaxTokens {
		bad = tooManyTokens("a split lies in a loop; cancel the instance and correct the workflow")
	}
	if bad != nil {
		t.raise(r, bad)
		return r, false
	}
	if len(flows) == 0 {
		t.end(r)
		return r, false
	}
	scope := t.here
	first := t.move(r.token, scope, flows[0])
	for _, f := range flows[1:] {
		t.ready = append(t.ready, t.move(t.next(), scope, f))
	}
	return first, true
}

func tooManyTokens(advice string) *trouble {
	return &trouble{IncidentTokens, fmt.Sprintf("the instance would be in more than %d places at once", MaxTokens), advice}
}

// move brings a token, known or new, to the end of a flow.
func (t *turn) move(token, scope int, f *process.Flow) ready {
	to := &t.def.Nodes[f.To]
	t.emit(Fact{Kind: Entered, Node: to.ID, Token: token, Flow: f.ID, Scope: scope})
	return ready{token, to, Entering}
}

// settle ends an instance in which no token is left, and speaks up when all
// that are left wait for each other.
func (t *turn) settle() {
	if t.st.Status != Running || t.st.Held != nil {
		return
	}
	if len(t.st.Tokens) == 0 {
		t.disarm(0)
		t.emit(Fact{Kind: Ended, Status: Completed})
		return
	}
	t.lookForStuck()
}
