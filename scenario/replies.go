package scenario

import (
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
)

// reply is how a service answers a step, or fails it, as the scenario says in
// advance.
type reply struct {
	done   bool
	result map[string]expr.Value
	failed engine.EffectFailed
}

// maxReplies bounds the answers that one command sets off.
const maxReplies = 1_000

// setReply says how a step's mail or call will go from now on:
//
//	service "Place order" done status=200 body={"id":7}
//	service placeOrder failed cause="no connection"
//
// Said again for the same step, it is how the next one goes; the last holds for
// all that follow.
func (w *world) setReply(a *arguments) error {
	if w.def == nil {
		return wrong("say first which process this is about: process FILE")
	}
	name, err := a.need(`which step: service "Place order" done status=200`)
	if err != nil {
		return err
	}
	id := w.stepCalled(name)
	if id == "" {
		return wrong("there is no step %q in the process", name)
	}
	how, err := a.need("how it goes: done or failed")
	if err != nil {
		return err
	}
	r := reply{done: how == "done"}
	switch how {
	case "done":
		r.result, err = a.vars()
	case "failed":
		r.failed = engine.EffectFailed{Error: a.text("error"), Code: a.text("code"), Cause: a.text("cause"), Advice: a.text("advice"), Attempts: 1}
		if s, ok := a.get("attempts"); ok {
			if r.failed.Attempts, err = strconv.Atoi(s); err != nil {
				return wrong("attempts is a number")
			}
		}
		if r.failed.Cause == "" && r.failed.Error == "" {
			r.failed.Cause = "the service failed"
		}
		err = a.done()
	default:
		return wrong("a service is done or failed, not %s", how)
	}
	if err != nil {
		return err
	}
	if w.replies == nil {
		w.replies = map[string][]reply{}
	}
	w.replies[id] = append(w.replies[id], r)
	return nil
}

// stepCalled finds a step by its id or by its name.
func (w *world) stepCalled(name string) string {
	named := ""
	for _, n := range w.def.Nodes {
		if n.ID == name {
			return n.ID
		}
		if named == "" && strings.EqualFold(n.Name, name) {
			named = n.ID
		}
	}
	return named
}

// settle gives the answers that were set for what a step has just asked for.
func (w *world) settle(step *engine.Step) error {
	var asked []engine.Command
	for _, c := range step.Commands {
		if c.Kind != engine.DoNotify {
			asked = append(asked, c)
		}
	}
	for _, f := range step.Facts {
		if f.Kind == engine.EffectRequested && f.Effect == "external" {
			asked = append(asked, engine.Command{Node: f.Node, Ref: f.Ref})
		}
	}
	for _, c := range asked {
		all := w.replies[c.Node]
		if len(all) == 0 {
			continue
		}
		if w.replied++; w.replied > maxReplies {
			return wrong("more than %d answers of services; is there a circle?", maxReplies)
		}
		r := all[0]
		if len(all) > 1 {
			w.replies[c.Node] = all[1:]
		}
		if err := w.give(c, r); err != nil {
			return err
		}
	}
	return nil
}

// give lets an effect end as the reply says.
func (w *world) give(c engine.Command, r reply) error {
	var e engine.Event
	switch {
	case !r.done:
		failed := r.failed
		failed.Effect = c.Ref
		e = failed
	case c.Kind == "":
		e = engine.FinishExternal{Effect: c.Ref, Vars: r.result}
	default:
		e = engine.EffectDone{Effect: c.Ref, Result: r.result}
	}
	_, err := w.decide("", e)
	return err
}
