package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// raise makes a step that cannot go on an incident. Its token waits there; all
// others go on.
func (t *turn) raise(r ready, bad *trouble) { t.raiseWith(r, bad, nil) }

// raiseWith keeps a call's result with the incident, for the next try.
func (t *turn) raiseWith(r ready, bad *trouble, result map[string]expr.Value) {
	t.emit(Fact{Kind: IncidentRaised, Ref: t.next(), Node: r.node.ID, Token: r.token, Stage: r.stage,
		Code: bad.code, Text: cut(clean(bad.cause), MaxComment), Advice: bad.advice, Vars: result})
}

func (t *turn) hasIncident(token int) bool {
	for i := range t.st.Incidents {
		if t.st.Incidents[i].Token == token {
			return true
		}
	}
	return false
}

// retry tries the step of an incident again: what failed and no more. A command
// is handed out again with the key it had; a step that had done its work only
// looks for its way on.
func (t *turn) retry(e Retry) error {
	i, ok := t.incident(e.Incident)
	if !ok {
		return t.incidentGone(e.Incident)
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	if len(vars) > 0 {
		t.emitBy(Fact{Kind: VarsSet, Node: i.Node, Vars: vars})
	}
	t.emitBy(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: "retried"})
	if i.Stage == Due {
		t.setAgain(i.Effect)
		return nil
	}
	if i.Stage == Looping {
		t.retryLoop(i.Token)
		return nil
	}
	r := ready{i.Token, t.node(i.Node), i.Stage}
	if i.Effect != 0 {
		t.reorder(r, i.Effect)
		return nil
	}
	if i.Stage == Answered {
		if bad := t.received(r, i.Result, vars); bad != nil {
			t.raiseWith(r, bad, i.Result)
			return nil
		}
		r.stage = afterAnswer(r.node)
	}
	t.ready = append(t.ready, r)
	return nil
}

// reorder hands the command of a failed effect out again, with variables as
// they are now.
func (t *turn) reorder(r ready, effect int) {
	t.here = t.st.scopeOf(r.token)
	_, _, c, bad := t.order(r.node)
	if bad != nil {
		t.emit(Fact{Kind: IncidentRaised, Ref: t.next(), Node: r.node.ID, Token: r.token, Subject: effect, Stage: r.stage,
			Code: bad.code, Text: cut(clean(bad.cause), MaxComment), Advice: bad.advice})
		return
	}
	if c != nil {
		c.Ref = effect
		if c.Call != nil {
			c.Call.Again = true
		}
		t.command(*c)
	}
}

// incidentGone says of a number what it is, if it is no open incident: somebody
// took it for one, or dealt with it before.
func (t *turn) incidentGone(seq int) error {
	serial := signoff.Serial{Instance: t.st.Instance, Seq: seq}
	e := refuse(signoff.NotFound, CodeIncidentGone, "%s is no failed step any more, or never was one", serial)
	if seq < 1 || seq > t.st.Seq {
		e = refuse(signoff.NotFound, CodeIncidentGone, "there is no failed step %s", serial)
	}
	if i := slices.IndexFunc(t.st.Tasks, func(x Task) bool { return x.Seq == seq }); i >= 0 {
		task := &t.st.Tasks[i]
		if !task.Open() {
			e.Detail = fmt.Sprintf("%s is the task %q, which is over", serial, task.Title)
			return e
		}
		e.Detail = fmt.Sprintf("%s is the task %q, which has not failed: it waits to be decided", serial, task.Title)
		e.Hint = fmt.Sprintf("an administrator ends it with an outcome by withdrawing it: signoff tasks withdraw %s OUTCOME", serial)
		return e
	}
	var open []string
	for _, i := range t.st.Incidents {
		if len(open) < maxNamed {
			open = append(open, fmt.Sprintf("%s (%s)", signoff.Serial{Instance: t.st.Instance, Seq: i.Seq}, t.node(i.Node).Name))
		}
	}
	if e.Hint = "no step of the instance has failed now"; len(open) > 0 {
		e.Hint = "what has failed now: " + strings.Join(open, ", ")
	}
	return e
}

// maxNamed bounds how many failed steps a refusal names.
const maxNamed = 10

func (t *turn) incident(seq int) (Incident, bool) {
	for _, i := range t.st.Incidents {
		if i.Seq == seq {
			return i, true
		}
	}
	return Incident{}, false
}

// cancel ends the instance and everything open in it.
func (t *turn) cancel(e Cancel) error {
	if _, open := t.incident(e.Incident); e.Incident != 0 && !open {
		return t.incidentGone(e.Incident)
	}
	reason := clean(e.Reason)
	if err := tooLong("reason", reason, MaxComment); err != nil {
		return err
	}
	t.clearInside(0, "the instance was cancelled")
	t.emitBy(Fact{Kind: Ended, Status: Cancelled, Text: reason})
	return nil
}
