package engine

import (
	"slices"

	"github.com/signoffhq/signoff"
)

// Absent are answers to NeedAbsent: who has somebody's tasks in their place now;
// nobody for who is there, has their tasks as well, or has nobody in their place.
type Absent map[signoff.Principal][]signoff.Principal

// NeedAbsent is the error by which Decide asks who of a vote is away. Nothing
// happened; the caller finds out and decides again with it in Input.Absent.
type NeedAbsent struct{ Of []signoff.Principal }

func (NeedAbsent) Error() string { return "engine: who is away to be looked up first" }

// passedOver tells whether no answer of p to a vote can come while p is away:
// others have p's tasks, and all of these have had their say or may not decide.
// Until somebody has answered there is nothing to count, and nobody is asked.
func (t *turn) passedOver(task *Task, p signoff.Principal, may func(signoff.Principal) bool) bool {
	if t.in.Absent == nil || !task.Several() || len(task.Answers) == 0 || !p.IsUser() {
		return false
	}
	subs, known := t.in.Absent[p]
	if !known {
		if !slices.Contains(t.absent, p) {
			t.absent = append(t.absent, p)
		}
		return false
	}
	return len(subs) > 0 && !slices.ContainsFunc(subs, may)
}

// away tells whether a vote counts without somebody because they are away.
func (t *turn) away(task *Task) bool {
	n := t.node(task.Node)
	return slices.ContainsFunc(slices.Concat(task.Recipients, task.Later), func(p signoff.Principal) bool {
		return t.hasSay(task, n, p) && !t.able(task, n, p)
	})
}
