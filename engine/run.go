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
		// A token that a join or the end of everything took meanwhile is skipped.
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
		return &trouble{IncidentLoop, fmt.Sprintf("the history of the instance has more than %d entries", MaxFacts),
			"the steps go round in a circle; cancel the instance, and correct the workflow so that the circle ends or waits longer"}
	case t.entries > MaxEntries:
		return &trouble{IncidentLoop, fmt.Sprintf("%d steps were taken without anything to wait for", MaxEntries), advice}
	case t.written > MaxStepBytes:
		return &trouble{IncidentLoop, fmt.Sprintf("more than %d MB were written without anything to wait for", MaxStepBytes>>20), advice}
	}
	return nil
}

// enter does what the node is there for. The token goes on when that is done
// already; otherwise it waits.
func (t *turn) enter(r ready) (ready, bool) {
	var bad *trouble
	switch n := r.node; n.Kind {
	case process.UserTask:
		bad = t.offer(r)
	case process.SendTask, process.ServiceTask:
		bad = t.request(r)
	case process.TimerCatch:
		bad = t.await(r)
	case process.ParallelGateway:
		return t.join(r)
	case process.EndEvent:
		t.emit(Fact{Kind: Left, Node: n.ID, Token: r.token})
	case process.TerminateEvent:
		t.emit(Fact{Kind: Left, Node: n.ID, Token: r.token})
		t.closeEverything("the workflow was ended at " + n.Name)
		t.emit(Fact{Kind: Ended, Status: Completed})
	default:
		r.stage = Completing
		return r, true
	}
	if bad != nil {
		t.raise(r, bad)
	}
	return r, false
}

// leave moves the token along the flows that apply: itself on the first, new
// tokens on the others. With none to take, the token ends here.
// https://www.omg.org/spec/BPMN/2.0.2 §13.3.1: an activity without outgoing
// flows ends its token.
func (t *turn) leave(r ready) (ready, bool) {
	flows, bad := t.flowsOut(r.node)
	if bad == nil && len(t.st.Tokens)+len(flows)-1 > MaxTokens {
		bad = &trouble{IncidentTokens, fmt.Sprintf("the instance would be in more than %d places at once", MaxTokens),
			"a split lies in a loop; cancel the instance and correct the workflow"}
	}
	if bad != nil {
		t.raise(r, bad)
		return r, false
	}
	if len(flows) == 0 {
		t.emit(Fact{Kind: Left, Node: r.node.ID, Token: r.token})
		return r, false
	}
	first := t.move(r.token, flows[0])
	for _, f := range flows[1:] {
		t.ready = append(t.ready, t.move(t.next(), f))
	}
	return first, true
}

// move brings a token, known or new, to the end of a flow.
func (t *turn) move(token int, f *process.Flow) ready {
	to := &t.def.Nodes[f.To]
	t.emit(Fact{Kind: Entered, Node: to.ID, Token: token, Flow: f.ID})
	return ready{token, to, Entering}
}

// settle ends an instance in which no token is left, and speaks up when all
// that are left wait for each other.
func (t *turn) settle() {
	if t.st.Status != Running {
		return
	}
	if len(t.st.Tokens) == 0 {
		t.emit(Fact{Kind: Ended, Status: Completed})
		return
	}
	if t.stuck() {
		t.raiseStuck()
	}
}
