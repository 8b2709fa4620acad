package engine

import (
	"fmt"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// A repeated activity has a scope that counts its passes, and in it one scope
// for each pass. The activity's token waits for the counting scope; in a pass
// of a task a token of its own stands at the activity.
// https://www.omg.org/spec/BPMN/2.0.2 §13.3.6 loops, §13.3.7 multiple instances

// isPass tells whether a token stands at a repeated activity for one pass of it.
func (t *turn) isPass(r ready) bool {
	if r.node.Multi == nil {
		return false
	}
	s := t.st.scope(t.st.scopeOf(r.token))
	return s != nil && s.Number > 0 && s.Node == r.node.ID
}

// repeat begins a repeated activity.
func (t *turn) repeat(r ready) *trouble {
	m := r.node.Multi
	items, count, bad := t.passes(r.node)
	if bad != nil {
		return bad
	}
	edge, bad := t.edge(r)
	if bad != nil {
		return bad
	}
	if !m.Sequential && len(t.st.Tokens)+count > MaxTokens {
		return tooManyTokens("repeat it one after the other, or cancel the instance and correct the workflow")
	}
	if len(items) > 0 {
		if _, bad := t.room(fmt.Sprintf("the collection of %q", r.node.Name), items, nil); bad != nil {
			return bad
		}
	}
	f := Fact{Kind: LoopBegun, Node: r.node.ID, Ref: t.next(), Scope: t.st.scopeOf(r.token), Token: r.token, Attempts: count}
	if m.Sequential && len(items) > 0 {
		f.Vars = map[string]expr.Value{"items": items}
	}
	t.emit(f)
	t.arm(edge, r.token, 0)
	if m.Loop == nil && !m.Sequential {
		for i := range count {
			t.pass(f.Ref, r.node, i+1, items)
		}
	}
	t.goRound(f.Ref)
	return nil
}

// passes works out how often a multi-instance activity is done, and with what.
func (t *turn) passes(n *process.Node) (items expr.List, count int, bad *trouble) {
	m := n.Multi
	switch {
	case m.Collection != nil:
		what := fmt.Sprintf("the collection of %q", n.Name)
		v, bad := t.eval(what, m.Collection, nil)
		if bad != nil {
			return nil, 0, bad
		}
		list, ok := v.(expr.List)
		if !ok || len(list) > MaxPasses {
			return nil, 0, t.unfit(what, m.Collection, nil, v, fmt.Sprintf("it must be a list of at most %d items", MaxPasses))
		}
		return list, len(list), nil
	case m.Cardinality != nil:
		what := fmt.Sprintf("the number of times of %q", n.Name)
		v, bad := t.eval(what, m.Cardinality, nil)
		if bad != nil {
			return nil, 0, bad
		}
		num, ok := v.(expr.Number)
		if whole, fits := num.Int64(); ok && fits && whole >= 0 && whole <= MaxPasses {
			return nil, int(whole), nil
		}
		return nil, 0, t.unfit(what, m.Cardinality, nil, v, fmt.Sprintf("it must be a whole number from 0 to %d", MaxPasses))
	}
	return nil, 0, nil
}

// pass begins one pass.
func (t *turn) pass(loop int, n *process.Node, number int, items expr.List) {
	id := t.next()
	f := Fact{Kind: ScopeOpened, Node: n.ID, Ref: id, Scope: loop, Subject: number}
	if n.Multi.Element != "" && number <= len(items) {
		f.Vars = map[string]expr.Value{n.Multi.Element: items[number-1]}
	}
	t.emit(f)
	if n.Kind == process.SubProcess {
		t.beginIn(id, t.def.Begin(n.Index))
		return
	}
	t.beginIn(id, n)
}

// passDone takes in that a pass has ended, and goes on with what it leads to.
func (t *turn) passDone(scope int) {
	s := *t.st.scope(scope)
	n := t.node(s.Node)
	t.here = scope
	set, bad := map[string]expr.Value(nil), (*trouble)(nil)
	if n.Kind == process.SubProcess {
		set, bad = t.assigned(n.Assign, nil) // a task's are run where its token completes
	}
	output, bytes := map[string]expr.Value(nil), 0
	if bad == nil && n.Multi.Output != nil {
		output, bytes, bad = t.gives(n, set)
	}
	if bad == nil {
		bad = t.store(n, set)
	}
	if bad != nil {
		t.raiseLoop(s.Parent, bad)
		return
	}
	before := t.heldBy(t.st.scope(s.Parent))
	t.emit(Fact{Kind: ScopeEnded, Node: s.Node, Ref: scope, Vars: output})
	loop := t.st.scope(s.Parent)
	t.keep(loop.ID, kept{before + bytes, loop.Loop.Done})
	t.goRound(s.Parent)
}

// gives works out what a pass gives once set is stored, and how many bytes that takes.
func (t *turn) gives(n *process.Node, set map[string]expr.Value) (map[string]expr.Value, int, *trouble) {
	what := fmt.Sprintf("what a pass of %q gives", n.Name)
	v, bad := t.eval(what, n.Multi.Output, set)
	if bad != nil {
		return nil, 0, bad
	}
	bytes, bad := t.room(what, v, set)
	return map[string]expr.Value{"output": v}, bytes, bad
}

// raiseLoop raises an incident at a repeated activity as a whole, unless it has
// one: then the retry of that looks at everything.
func (t *turn) raiseLoop(loop int, bad *trouble) {
	s := t.st.scope(loop)
	if !t.hasIncident(s.Token) {
		t.raise(ready{s.Token, t.node(s.Node), Looping}, bad)
	}
}

// retryLoop goes on with a repeated activity whose incident is retried.
func (t *turn) retryLoop(token int) {
	for _, s := range t.st.Scopes {
		if s.Loop == nil || s.Token != token {
			continue
		}
		for _, p := range append([]Scope(nil), t.st.Scopes...) {
			if p.Parent == s.ID && t.empty(p.ID) && t.st.scope(p.ID) != nil {
				t.passDone(p.ID)
			}
		}
		if t.st.scope(s.ID) != nil && !t.hasIncident(token) {
			t.goRound(s.ID)
		}
		return
	}
}

// goRound begins the next pass of a repeated activity, or ends it. The condition
// for ending early is looked at when a pass is done.
func (t *turn) goRound(loop int) {
	s := *t.st.scope(loop)
	n, l := t.node(s.Node), s.Loop
	if t.hasIncident(s.Token) {
		return
	}
	if m := n.Multi; m.Completion != nil && l.Done > 0 {
		t.here = loop
		enough, err := m.Completion.Test(t.sight(t.scopeVars()))
		if err != nil {
			t.raiseLoop(loop, exprTrouble(fmt.Sprintf("the completion condition of %q", n.Name), m.Completion.Source(), err))
			return
		}
		if enough {
			t.loopDone(loop, "enough passes are done")
			return
		}
	}
	if l.active() > 0 {
		return
	}
	more, bad := t.another(loop, n, l)
	switch {
	case bad != nil:
		t.raiseLoop(loop, bad)
	case more:
		t.pass(loop, n, l.Begun+1, l.Items)
	default:
		t.loopDone(loop, "")
	}
}

// another tells whether a pass follows when none is under way.
func (t *turn) another(loop int, n *process.Node, l *Loop) (bool, *trouble) {
	m := n.Multi
	if m.Loop == nil {
		return m.Sequential && l.Begun < l.Count, nil
	}
	if m.Loop.Most > 0 && l.Begun >= m.Loop.Most {
		return false, nil
	}
	if m.Loop.While == nil || l.Begun == 0 && !m.Loop.Before {
		return true, nil
	}
	t.here = loop
	yes, err := m.Loop.While.Test(t.sight(t.scopeVars()))
	if err != nil {
		return false, exprTrouble(fmt.Sprintf("the loop condition of %q", n.Name), m.Loop.While.Source(), err)
	}
	return yes, nil
}

// loopDone ends a repeated activity: passes that are still under way are taken
// away, the variable that takes what they gave is set, and its token goes on.
func (t *turn) loopDone(loop int, why string) {
	s := *t.st.scope(loop)
	n := t.node(s.Node)
	if name := n.Multi.Result; name != "" {
		t.here = s.Parent
		out := s.Loop.Output
		if len(out) > s.Loop.Begun {
			out = out[:s.Loop.Begun]
		}
		if out == nil {
			out = expr.List{}
		}
		t.ending = loop
		bad := t.store(n, map[string]expr.Value{name: out})
		t.ending = 0
		if bad != nil {
			t.raiseLoop(loop, bad)
			return
		}
	}
	t.clearInside(loop, why)
	t.emit(Fact{Kind: ScopeEnded, Node: s.Node, Ref: loop})
	t.clearEvents(s.Token)
	t.resume(s.Token, Leaving)
}

// locals adds what expressions in a scope see besides the instance's variables:
// the items and counters of the repeated activities they are in.
func (t *turn) locals(vars map[string]expr.Value, scope int) {
	s := t.st.scope(scope)
	if s == nil {
		return
	}
	t.locals(vars, s.Parent)
	if l := s.Loop; l != nil {
		vars["loopCounter"] = expr.Int(int64(l.Begun))
		vars["numberOfInstances"] = expr.Int(int64(l.Count))
		vars["numberOfActiveInstances"] = expr.Int(int64(l.active()))
		vars["numberOfCompletedInstances"] = expr.Int(int64(l.Done))
		vars["numberOfTerminatedInstances"] = expr.Int(int64(l.Stopped))
	}
	if s.Number > 0 {
		vars["loopCounter"] = expr.Int(int64(s.Number))
	}
	for name, v := range s.Vars {
		vars[name] = v
	}
}
