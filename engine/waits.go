package engine

import (
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// key works out what tells the instance from others that wait for the same
// message, once (BPMN 2.0.2 §8.4.2: correlation by key). Without one in the
// workflow nothing does.
func (t *turn) key(n *process.Node) (string, *trouble) {
	e := n.Event.Key
	if e == nil {
		return "", nil
	}
	what := fmt.Sprintf("the key of %q", n.Name)
	v, bad := t.eval(what, e, nil)
	if bad != nil {
		return "", bad
	}
	key := ""
	switch v.(type) {
	case nil, expr.List, expr.Context:
	default:
		key = clean(expr.Text(v))
	}
	if key == "" || len(key) > MaxKey {
		return "", t.unfit(what, e, nil, v, fmt.Sprintf("it must be a text, number or date of at most %d bytes", MaxKey))
	}
	return key, nil
}

func (t *turn) wait(seq int, kind string) (Wait, bool) {
	i := slices.IndexFunc(t.st.Waits, func(w Wait) bool { return w.Seq == seq && w.Kind == kind })
	if i < 0 {
		return Wait{}, false
	}
	return t.st.Waits[i], true
}

// messageCame takes a message in. A wait that is gone had its message before, or
// something else came first.
func (t *turn) messageCame(e MessageCame) error {
	w, ok := t.wait(e.Wait, WaitMessage)
	if !ok {
		return redundant()
	}
	return t.came(w, MessageReceived, cut(clean(e.Message), MaxTitle), e.Vars)
}

func (t *turn) signalCame(e SignalCame) error {
	w, ok := t.wait(e.Wait, WaitSignal)
	if !ok {
		return redundant()
	}
	return t.came(w, SignalReceived, "", e.Vars)
}

func (t *turn) came(w Wait, kind FactKind, id string, vars map[string]expr.Value) error {
	if n, ok := size(vars); !ok || n > MaxVariables {
		return variablesTooLarge()
	}
	if t.crowded(t.node(w.Node)) != nil || t.st.Facts > MaxFacts {
		return refuse(signoff.TooMany, CodeInstanceFull, "the instance is in %d places and its history has %d entries: it takes no more messages and signals", len(t.st.Tokens), t.st.Facts)
	}
	t.emitBy(Fact{Kind: kind, Node: w.Node, Ref: w.Seq, Text: id})
	t.happened(t.node(w.Node), w.Token, w.Scope, vars)
	return nil
}

// conditions looks at the conditions that are waited for, once variables have
// changed, and lets the first that has become true have its way. One that
// stays true has had its way; it must be false before it can again (BPMN 2.0.2
// §10.5.5, conditional events). What has no value yet is not true. Beside what
// goes on, one that cannot be worked out is an incident of its own, until it can.
func (t *turn) conditions() bool {
	for _, w := range slices.Clone(t.st.Waits) {
		if _, still := t.wait(w.Seq, WaitCondition); !still {
			continue
		}
		n := t.node(w.Node)
		yes, bad := t.isTrue(n, w.scope(&t.st))
		if bad == nil && yes && !w.Met {
			bad = t.crowded(n)
		}
		switch {
		case bad != nil && w.Token != 0 && n.Kind != process.BoundaryEvent:
			t.clearEvents(w.Token)
			t.raise(ready{w.Token, t.node(t.where(w.Token)), Entering}, bad)
			continue
		case bad != nil:
			if !t.givenUp(w.Seq) {
				t.raiseDue(w.Node, w.Seq, bad)
			}
			continue
		}
		t.settleDue(w.Seq, "the condition can be worked out")
		switch {
		case yes && !w.Met:
			t.emit(Fact{Kind: ConditionMet, Node: w.Node, Ref: w.Seq})
			t.happened(n, w.Token, w.Scope, nil)
			return true
		case !yes && w.Met:
			t.emit(Fact{Kind: ConditionLapsed, Node: w.Node, Ref: w.Seq})
		}
	}
	t.changed = false
	return false
}

// scope is where a wait's expressions are worked out.
func (w *Wait) scope(st *State) int {
	if w.Token != 0 {
		return st.scopeOf(w.Token)
	}
	return w.Scope
}

func (t *turn) isTrue(n *process.Node, scope int) (bool, *trouble) {
	t.here = scope
	what := fmt.Sprintf("the condition of %q", n.Name)
	v, bad := t.eval(what, n.Event.Condition, nil)
	if bad != nil || v == nil {
		return false, bad
	}
	yes, ok := v.(expr.Boolean)
	if !ok {
		return false, t.unfit(what, n.Event.Condition, nil, v, "it must be true or false")
	}
	return bool(yes), nil
}
