package engine

import (
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// claim marks a task as the caller's and, where the task says so, keeps the
// others from it until it is released. Of a task that takes one answer there is
// one mark: who comes second hears who was first. Of one that takes several,
// each takes a slot.
func (t *turn) claim(e Claim) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	if task.Holds(t.in.By.Principal) {
		return refuse(signoff.Conflict, CodeAlreadyClaimed, "you have claimed this task already")
	}
	if !task.Several() && task.Claimed != "" {
		return taskClaimed(task)
	}
	if who := task.holderFor(t.in.By.Principal); who != "" {
		return refuse(signoff.Conflict, CodeTaskClaimed, "%s has claimed this task, and you have one voice together", signoff.Mention(who))
	}
	t.here = t.st.scopeOf(task.Token)
	until := t.idleUntil(n.Task)
	t.emitBy(Fact{Kind: TaskClaimed, Node: n.ID, Ref: task.Seq, Due: until})
	if until != nil {
		t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: n.ID, Subject: e.Task, Due: until, TimerFor: ForIdle})
	}
	return nil
}

// idleUntil is when a claim made now is given back; nil for never. A duration
// that cannot be worked out must not keep anybody from claiming.
func (t *turn) idleUntil(task *process.Task) *time.Time {
	if task.Idle == nil || !task.Claiming {
		return nil
	}
	due, bad := t.due("how long a claim may stand idle", &process.Timer{After: task.Idle})
	if bad != nil || !due.After(t.at) {
		return nil
	}
	return &due
}

// release gives a claimed task back; an administrator may do so for those who
// are away.
func (t *turn) release(e Release) error {
	task, err := t.openTask(e.Task)
	by := t.in.By.Principal
	switch {
	case err != nil:
		return err
	case len(task.Claims()) == 0:
		return refuse(signoff.Conflict, CodeNotClaimed, "nobody has claimed this task")
	case !task.Holds(by) && !t.in.By.Admin && task.Several() && !task.KeptFrom(by):
		return refuse(signoff.Conflict, CodeNotClaimed, "you have not claimed this task")
	case !task.Holds(by) && !t.in.By.Admin:
		return taskClaimed(task)
	}
	whose := task.Claims()
	if task.Holds(by) {
		whose = []signoff.Principal{by}
	}
	for _, p := range whose {
		t.endClaim(task, p)
	}
	f := Fact{Kind: TaskReleased, Node: task.Node, Ref: task.Seq}
	if task.Several() {
		f.To = whose
	}
	t.emitBy(f)
	return nil
}

// endClaim clears the timer that would give somebody's claim back.
func (t *turn) endClaim(task *Task, who signoff.Principal) {
	if !task.Holds(who) {
		return
	}
	var until time.Time
	for _, h := range task.Holders {
		if h.By == who {
			until = h.Until
		}
	}
	for _, timer := range t.st.Timers {
		if timer.For == ForIdle && timer.Ref == task.Seq && (!task.Several() || timer.Due.Equal(until)) {
			t.clearTimer(timer)
			return
		}
	}
}

// idle gives back the claims of those who have not answered in time.
func (t *turn) idle(task *Task, due time.Time) {
	whose := []signoff.Principal{task.Claimed}
	if task.Several() {
		whose = nil
		for _, h := range task.Holders {
			if !h.Until.IsZero() && !h.Until.After(due) {
				whose = append(whose, h.By)
			}
		}
	}
	whose = slices.DeleteFunc(whose, func(p signoff.Principal) bool { return p == "" })
	if len(whose) > 0 {
		t.emit(Fact{Kind: TaskReleased, Node: task.Node, Ref: task.Seq, To: whose, Text: "claimed, and not answered in time"})
	}
}
