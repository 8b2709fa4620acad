package engine

import (
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// thrown is an error or an escalation on its way outwards.
type thrown struct {
	trigger process.Trigger
	codes   []string // any of them may be meant by who catches it
	text    string
	failure bool // a call failed, and nobody has made an error of the workflow of it
}

// came is what who catches it can read of it.
func (x thrown) came() map[string]expr.Value {
	c := expr.Context{{Key: "code", Value: expr.String(x.codes[0])}}
	if x.text != "" {
		c = append(c, expr.Entry{Key: "text", Value: expr.String(x.text)})
	}
	return map[string]expr.Value{x.trigger.String(): c}
}

// caughtBy tells whether an event catches it: by its code or, without one, any
// error of the workflow. A call that merely failed is none: it waits for
// somebody to put its cause right, unless its code is named (BPMN 2.0.2 §10.5.1
// calls an error a critical problem of the process, not of what it runs on).
func (x thrown) caughtBy(n *process.Node) bool {
	if n.Event == nil || n.Event.Trigger != x.trigger {
		return false
	}
	for _, code := range x.codes {
		if n.Event.Code == code {
			return true
		}
	}
	return n.Event.Code == "" && !x.failure
}

// throw lets an error or an escalation go outwards until something catches it:
// first the edge of the activity where it happened, if it happened in one, then
// the event sub-processes around it, then the edge of the sub-process they are
// in, and so on (BPMN 2.0.2 §10.5.7). activity is nil where an end or throw
// event threw it.
func (t *turn) throw(x thrown, activity *process.Node, token, scope int) bool {
	n, token, scope := t.catching(x, activity, token, scope)
	if n == nil {
		return false
	}
	t.caught(x, n)
	if n.Kind == process.BoundaryEvent {
		t.atEdge(n, token, x.came())
	} else {
		t.begun(n, scope, x.came())
	}
	return true
}

// catching is the event that catches x, nil where none does: on the edge of the
// activity where token is, or in a scope.
func (t *turn) catching(x thrown, activity *process.Node, token, scope int) (n *process.Node, at, in int) {
	sibling := false // it came out of an event sub-process: its like do not catch it
	for {
		if activity != nil {
			if n := t.catcher(x, activity.Boundary); n != nil {
				return n, token, scope
			}
		}
		if drawn, ok := t.drawn(scope); ok && !sibling {
			if n := t.catcher(x, t.def.Handlers(drawn)); n != nil {
				return n, token, scope
			}
		}
		if scope == 0 {
			return nil, 0, 0
		}
		s := t.st.scope(scope)
		activity, token, sibling = nil, s.Token, false
		if token != 0 {
			activity = t.node(s.Node)
		} else if s.Number == 0 {
			sibling = true
		}
		scope = s.Parent
	}
}

// catcher returns the event among nodes that catches x: one that names its code
// before one that takes any.
func (t *turn) catcher(x thrown, nodes []int) (found *process.Node) {
	for _, i := range nodes {
		n := &t.def.Nodes[i]
		if x.caughtBy(n) && (found == nil || found.Event.Code == "" && n.Event.Code != "") {
			found = n
		}
	}
	return found
}

func (t *turn) caught(x thrown, n *process.Node) {
	kind := ErrorCaught
	if x.trigger == process.OnEscalation {
		kind = EscalationCaught
	}
	t.emit(Fact{Kind: kind, Node: n.ID, Code: x.codes[0], Text: cut(clean(x.text), MaxComment)})
}

// crowding is the trouble when there is no room for what x begins.
func (t *turn) crowding(x thrown, scope int) *trouble {
	n, _, _ := t.catching(x, nil, 0, scope)
	if n == nil {
		return nil
	}
	return t.crowded(n)
}

// fail is an error end event. An error nothing catches ends the whole instance,
// with the error's code: who called it as a sub-workflow catches it.
func (t *turn) fail(r ready) {
	code := r.node.Event.Code
	x := thrown{trigger: process.OnError, codes: []string{code}, text: r.node.Name}
	if t.throw(x, nil, r.token, t.st.scopeOf(r.token)) {
		return
	}
	t.emit(Fact{Kind: Left, Node: r.node.ID, Token: r.token})
	t.clearInside(0, "the workflow ended with an error at "+r.node.Name)
	t.emit(Fact{Kind: Ended, Status: Completed, Code: code})
}

// escalate is a throwing or ending escalation event. Nothing has to catch it;
// who does may take its token away.
func (t *turn) escalate(r ready) (ready, bool) {
	x := thrown{trigger: process.OnEscalation, codes: []string{r.node.Event.Code}, text: r.node.Name}
	scope := t.st.scopeOf(r.token)
	if bad := t.crowding(x, scope); bad != nil {
		t.raise(r, bad)
		return r, false
	}
	t.throw(x, nil, r.token, scope)
	r.stage = Completing
	return r, t.where(r.token) == r.node.ID
}
