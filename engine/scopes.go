package engine

import (
	"slices"

	"github.com/signoffhq/signoff/process"
)

// A scope is a sub-process, or one pass of a repeated activity, while it runs.
// The workflow itself is the outermost one; it has the number 0 and is not in
// State.Scopes.

func (st *State) scope(id int) *Scope {
	for i := range st.Scopes {
		if st.Scopes[i].ID == id {
			return &st.Scopes[i]
		}
	}
	return nil
}

// scopeOf returns the scope a token is in.
func (st *State) scopeOf(token int) int {
	for i := range st.Tokens {
		if st.Tokens[i].ID == token {
			return st.Tokens[i].Scope
		}
	}
	return 0
}

// drawn returns the sub-process whose steps run in a scope, as an index into the
// definition's nodes: -1 for the workflow itself. ok is false for a scope whose
// activity has no steps of its own, and for one that only counts the passes.
func (t *turn) drawn(scope int) (index int, ok bool) {
	if scope == 0 {
		return -1, true
	}
	s := t.st.scope(scope)
	n := t.node(s.Node)
	return n.Index, s.Loop == nil && (n.Kind == process.SubProcess || n.Kind == process.EventSubProcess)
}

// openSub begins a sub-process (BPMN 2.0.2 §13.3.4): its token waits at it until
// nothing in it is left.
func (t *turn) openSub(r ready) *trouble {
	edge, bad := t.edge(r)
	if bad != nil {
		return bad
	}
	scope := t.next()
	t.emit(Fact{Kind: ScopeOpened, Node: r.node.ID, Ref: scope, Scope: t.st.scopeOf(r.token), Token: r.token})
	t.arm(edge, r.token, 0)
	t.beginIn(scope, t.def.Begin(r.node.Index))
	return nil
}

// beginIn puts a token at the start of a scope.
func (t *turn) beginIn(scope int, start *process.Node) {
	t.ready = append(t.ready, t.place(start, scope, Entering))
}

// place makes a new token at a node.
func (t *turn) place(n *process.Node, scope int, stage Stage) ready {
	token := t.next()
	t.emit(Fact{Kind: Entered, Node: n.ID, Token: token, Scope: scope})
	return ready{token, n, stage}
}

// end takes a token that has come to its end out of its scope, which may end
// with it.
func (t *turn) end(r ready) {
	scope := t.st.scopeOf(r.token)
	t.emit(Fact{Kind: Left, Node: r.node.ID, Token: r.token})
	t.endIfEmpty(scope)
}

// endIfEmpty completes a scope in which nothing is left. The workflow itself is
// settle's to complete.
func (t *turn) endIfEmpty(scope int) {
	if scope == 0 || !t.empty(scope) {
		return
	}
	s := *t.st.scope(scope)
	t.disarm(scope)
	switch {
	case s.Number > 0:
		t.passDone(scope)
	case s.Token != 0:
		t.emit(Fact{Kind: ScopeEnded, Node: s.Node, Ref: scope})
		t.clearEvents(s.Token)
		t.resume(s.Token, Completing)
	default: // an event sub-process
		t.emit(Fact{Kind: ScopeEnded, Node: s.Node, Ref: scope})
		t.endIfEmpty(s.Parent)
	}
}

// empty tells whether neither a token nor a scope is left in a scope.
func (t *turn) empty(scope int) bool {
	return !slices.ContainsFunc(t.st.Tokens, func(k Token) bool { return k.Scope == scope }) &&
		!slices.ContainsFunc(t.st.Scopes, func(s Scope) bool { return s.Parent == scope })
}

// clearInside takes away all that goes on in a scope, and what its event
// sub-processes wait for. The scope stays.
func (t *turn) clearInside(scope int, why string) {
	for {
		i := slices.IndexFunc(t.st.Tokens, func(k Token) bool { return k.Scope == scope })
		if i < 0 {
			break
		}
		t.takeAway(t.st.Tokens[i].ID, why)
	}
	for {
		i := slices.IndexFunc(t.st.Scopes, func(s Scope) bool { return s.Parent == scope })
		if i < 0 {
			break
		}
		t.drop(t.st.Scopes[i].ID, why)
	}
	t.disarm(scope)
}

// drop takes a scope away with all that goes on in it.
func (t *turn) drop(scope int, why string) {
	t.clearInside(scope, why)
	t.emit(Fact{Kind: ScopeEnded, Node: t.st.scope(scope).Node, Ref: scope, Text: why})
}

// takeAway ends a token and everything it waits for.
func (t *turn) takeAway(token int, why string) {
	t.withdraw(token, why)
	t.emit(Fact{Kind: Left, Node: t.where(token), Token: token})
}

// terminate ends everything in the scope of a token that came to a terminate end
// event; what lies around it goes on (BPMN 2.0.2 §13.5.6).
func (t *turn) terminate(r ready) {
	scope := t.st.scopeOf(r.token)
	t.emit(Fact{Kind: Left, Node: r.node.ID, Token: r.token})
	if scope != 0 {
		t.clearInside(scope, "the sub-process was ended at "+r.node.Name)
		t.endIfEmpty(scope)
		return
	}
	t.clearInside(0, "the workflow was ended at "+r.node.Name)
	t.emit(Fact{Kind: Ended, Status: Completed})
}
