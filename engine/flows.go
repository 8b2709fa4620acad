package engine

import (
	"fmt"

	"github.com/signoffhq/signoff/process"
)

// flowsOut returns the flows a token leaves n by.
//
//	exclusive gateway  the first whose condition is true, in document order, else the default
//	parallel gateway   all
//	anything else      all without a condition or with a true one, else the default
//
// https://www.omg.org/spec/BPMN/2.0.2 §13.3.1, §13.4.1, §13.4.2
func (t *turn) flowsOut(n *process.Node) ([]*process.Flow, *trouble) {
	var out []*process.Flow
	for _, i := range n.Outgoing {
		f := &t.def.Flows[i]
		if i == n.Default {
			continue
		}
		yes, bad := t.applies(n, f)
		if bad != nil {
			return nil, bad
		}
		if yes {
			out = append(out, f)
		}
		if yes && n.Kind == process.ExclusiveGateway {
			return out, nil
		}
	}
	if len(out) > 0 || len(n.Outgoing) == 0 {
		return out, nil
	}
	if n.Default >= 0 {
		return append(out, &t.def.Flows[n.Default]), nil
	}
	return nil, &trouble{IncidentNoWay,
		fmt.Sprintf("none of the conditions after %q is true, and there is no default flow", n.Name),
		"correct the variables and retry; in the workflow, mark one flow as the default"}
}

// applies tells whether a flow's condition is true. A condition that is neither
// true nor false is trouble: taking it for false would send people's requests
// the wrong way without a word.
func (t *turn) applies(n *process.Node, f *process.Flow) (bool, *trouble) {
	if f.Condition == nil || n.Kind == process.ParallelGateway {
		return true, nil
	}
	yes, err := f.Condition.Test(t.sight(t.scopeVars()))
	if err != nil {
		return false, exprTrouble("the condition of "+t.flowName(f), f.Condition.Source(), err)
	}
	return yes, nil
}

func (t *turn) flowName(f *process.Flow) string {
	if f.Name != "" {
		return fmt.Sprintf("flow %q", f.Name)
	}
	return fmt.Sprintf("the flow to %q", t.def.Nodes[f.To].Name)
}

// join takes in a token that came to a parallel gateway. When one waits on every
// incoming flow, one of each becomes one token that goes on. Any beyond that
// stay for the next time.
// https://www.omg.org/spec/BPMN/2.0.2 §13.4.1
func (t *turn) join(r ready) (ready, bool) {
	n := r.node
	group := make([]int, 0, len(n.Incoming))
	for _, i := range n.Incoming {
		id := t.waitingAt(n.ID, t.def.Flows[i].ID, t.here)
		if id == 0 {
			return r, false
		}
		group = append(group, id)
	}
	for _, id := range group[1:] {
		t.emit(Fact{Kind: Left, Node: n.ID, Token: id})
	}
	return ready{group[0], n, Completing}, true
}

// waitingAt returns the oldest token of a scope that came to a join by that
// flow, 0 for none. Those with an incident do not count: they have not arrived
// yet, or are on their way out.
func (t *turn) waitingAt(node, flow string, scope int) int {
	for _, k := range t.st.Tokens {
		if k.Node == node && k.Flow == flow && k.Scope == scope && !t.hasIncident(k.ID) {
			return k.ID
		}
	}
	return 0
}

// lookForStuck speaks up where all tokens of a scope wait for each other at
// joins, so that none can ever go on.
func (t *turn) lookForStuck() {
	if t.stuck(0) {
		t.raiseStuck(0)
	}
	for i := range t.st.Scopes {
		if id := t.st.Scopes[i].ID; t.stuck(id) {
			t.raiseStuck(id)
		}
	}
}

// stuck tells whether there are tokens in a scope, and all wait at joins.
func (t *turn) stuck(scope int) (yes bool) {
	for i := range t.st.Tokens {
		k := &t.st.Tokens[i]
		if k.Scope != scope {
			continue
		}
		if !t.node(k.Node).Joins() || t.hasIncident(k.ID) {
			return false
		}
		yes = true
	}
	return yes
}

// raiseStuck raises one incident at each join of a scope that can never be
// complete.
func (t *turn) raiseStuck(scope int) {
	seen := map[string]bool{}
	for _, k := range append([]Token(nil), t.st.Tokens...) {
		if k.Scope != scope || seen[k.Node] {
			continue
		}
		seen[k.Node] = true
		n := t.node(k.Node)
		t.raise(ready{k.ID, n, Entering}, &trouble{IncidentJoinStuck,
			fmt.Sprintf("%q waits for a branch that can no longer come", n.Name),
			"the branches were not split by a parallel gateway; cancel the instance and correct the workflow"})
	}
}
