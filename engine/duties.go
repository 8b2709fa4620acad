package engine

import (
	"errors"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// Doer remembers who decided a step, for tasks that the state has let go of.
type Doer struct {
	Node string              `json:"node"`
	By   []signoff.Principal `json:"by"`
}

// doers lists who had a part in how the task ended, or will end.
func (t *Task) doers() []signoff.Principal {
	out := []signoff.Principal{t.ClosedBy, t.Behind}
	for i := range t.Answers {
		out = append(out, t.Answers[i].By.Principal, t.Answers[i].Behind)
	}
	return without(out, []signoff.Principal{""})
}

// remember keeps who decided a step where no task says so: it was skipped, or
// its task is let go of. None of them is ever forgotten, for then they might
// decide after all; MaxFacts bounds how many there can be.
func (st *State) remember(node string, by []signoff.Principal) {
	if by = without(by, []signoff.Principal{""}); len(by) == 0 {
		return
	}
	st.Doers = slices.Clone(st.Doers)
	i := slices.IndexFunc(st.Doers, func(d Doer) bool { return d.Node == node })
	if i < 0 {
		i = len(st.Doers)
		st.Doers = append(st.Doers, Doer{Node: node})
	}
	st.Doers[i].By = distinct(append(slices.Clone(st.Doers[i].By), by...))
}

// did tells whether p had a part in deciding a step, ever in this instance.
func (st *State) did(node string, p signoff.Principal) bool {
	for i := range st.Tasks {
		if t := &st.Tasks[i]; t.Node == node && slices.Contains(t.doers(), p) {
			return true
		}
	}
	return slices.ContainsFunc(st.Doers, func(d Doer) bool { return d.Node == node && slices.Contains(d.By, p) })
}

// when is when p had a part in deciding a step last, as far as the state still
// knows; the zero time when it does not.
func (st *State) when(node string, p signoff.Principal) (at time.Time) {
	for i := range st.Tasks {
		t := &st.Tasks[i]
		if t.Node != node {
			continue
		}
		if !t.Open() && (t.ClosedBy == p || t.Behind == p) {
			at = *t.ClosedAt
		}
		for j := range t.Answers {
			if a := &t.Answers[j]; a.By.Principal == p || a.Behind == p {
				at = a.At
			}
		}
	}
	return at
}

// startedBy tells whether p started the instance, or did so in somebody's name.
func (st *State) startedBy(p signoff.Principal) bool {
	return p != "" && (p == st.Starter.Principal || p == st.StarterBehind)
}

// KeptOut is the step of n.Task.Exclude that p had a part in, "" for none; the
// starter is kept out where it says so, with starter set.
func (st *State) KeptOut(task *process.Task, p signoff.Principal) (step string, starter bool) {
	if p == "" {
		return "", false
	}
	if task.ExcludeStarter && st.startedBy(p) {
		return "", true
	}
	for _, id := range task.Exclude {
		if st.did(id, p) {
			return id, false
		}
	}
	return "", false
}

// keptOut is the refusal of somebody who may not decide a task, nil for others.
func (t *turn) keptOut(n *process.Node, p signoff.Principal) error {
	step, starter := t.st.KeptOut(n.Task, p)
	switch {
	case starter:
		return starterExcluded(&t.st)
	case step != "":
		return doerExcluded(p, t.node(step).Name, t.st.when(step, p))
	}
	return nil
}

// callerKeptOut also looks at who acts in the caller's name.
func (t *turn) callerKeptOut(n *process.Node) error {
	err := t.keptOut(n, t.in.By.Principal)
	if err == nil {
		err = t.keptOut(n, t.in.By.Behind)
	}
	if e, ok := errors.AsType[*signoff.Error](err); ok && t.in.By.Admin {
		e.Hint = "another administrator can do this"
	}
	return err
}

// mayEnd refuses an administrator who would end a task without an answer though
// they may not decide it. That is for another administrator.
func (t *turn) mayEnd(n *process.Node) error {
	if n.Kind != process.UserTask {
		return nil
	}
	return t.callerKeptOut(n)
}

// separate leaves out those who may not decide a task.
func (t *turn) separate(task *process.Task, to *recipients) {
	kept := to.people[:0]
	for _, p := range to.people {
		step, starter := t.st.KeptOut(task, p.Principal)
		to.starter, to.doer = to.starter || starter, to.doer || step != ""
		if !starter && step == "" {
			kept = append(kept, p)
		}
	}
	to.people = kept
}
