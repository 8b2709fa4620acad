package scenario

import (
	"strconv"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
)

// What administrators do to an instance that cannot go on as it should.

// incident takes an incident's name.
func (w *world) incident(a *arguments) (int, error) {
	name, err := a.need("which incident: i1")
	if err != nil {
		return 0, err
	}
	return w.seq('i', name)
}

// mending is a command with by=, reason= and values.
func (w *world) mending(a *arguments, event func(reason string, vars map[string]expr.Value) engine.Event) (bool, error) {
	by, reason := a.text("by"), a.text("reason")
	vars, err := a.vars()
	if err != nil {
		return false, err
	}
	return w.decide(by, event(reason, vars))
}

func (w *world) retry(a *arguments) (bool, error) {
	seq, err := w.incident(a)
	if err != nil {
		return false, err
	}
	return w.mending(a, func(_ string, vars map[string]expr.Value) engine.Event {
		return engine.Retry{Incident: seq, Vars: vars}
	})
}

// skip goes on behind a failed step: skip i1 by=root outcome=approve reason="…".
func (w *world) skip(a *arguments) (bool, error) {
	seq, err := w.incident(a)
	if err != nil {
		return false, err
	}
	outcome := a.text("outcome")
	return w.mending(a, func(reason string, vars map[string]expr.Value) engine.Event {
		return engine.Skip{Incident: seq, Outcome: outcome, Reason: reason, Vars: vars}
	})
}

func (w *world) set(a *arguments) (bool, error) {
	return w.mending(a, func(reason string, vars map[string]expr.Value) engine.Event {
		return engine.SetVars{Reason: reason, Vars: vars}
	})
}

// move takes the instance to another step: move ask by=root from=call reason="…",
// and with all=true whatever else goes on beside it is ended.
func (w *world) move(a *arguments) (bool, error) {
	to, err := a.need("where to: move ask")
	if err != nil {
		return false, err
	}
	from, all := a.text("from"), false
	if text, given := a.get("all"); given {
		if all, err = strconv.ParseBool(text); err != nil {
			return false, wrong("all is true or false")
		}
	}
	return w.mending(a, func(reason string, vars map[string]expr.Value) engine.Event {
		return engine.Move{From: from, To: to, All: all, Reason: reason, Vars: vars}
	})
}

func (w *world) hold(a *arguments) (bool, error) {
	by, e := a.text("by"), engine.Hold{Reason: a.text("reason")}
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

func (w *world) resume(a *arguments) (bool, error) {
	by, e := a.text("by"), engine.Resume{Reason: a.text("reason")}
	if err := a.done(); err != nil {
		return false, err
	}
	return w.decide(by, e)
}

func (w *world) end(a *arguments) (bool, error) {
	return w.mending(a, func(reason string, vars map[string]expr.Value) engine.Event {
		return engine.End{Reason: reason, Vars: vars}
	})
}

// tellRepair writes down what an administrator did; it tells whether f is that.
func (w *world) tellRepair(f *engine.Fact, by string) bool {
	switch f.Kind {
	case engine.StepSkipped:
		outcome := ""
		if f.Outcome != "" {
			outcome = value(expr.String(f.Outcome))
		}
		w.about("fact", string(f.Kind), f.Ref, w.node(f.Node), outcome, by, quoteSome(f.Text), w.vars(f.Vars))
	case engine.VarsEdited:
		w.about("fact", string(f.Kind), 0, by, quoteSome(f.Text), w.vars(f.Vars))
	case engine.TokenMoved:
		w.about("fact", string(f.Kind), 0, by, "from "+w.node(f.Code), "to "+w.node(f.Node), quoteSome(f.Text))
	case engine.InstanceHeld, engine.InstanceResumed:
		w.about("fact", string(f.Kind), 0, by, quoteSome(f.Text))
	case engine.TokenPaused:
		if w.steps {
			w.about("fact", string(f.Kind), 0, w.node(f.Node))
		}
	default:
		return false
	}
	return true
}
