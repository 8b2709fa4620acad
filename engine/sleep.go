package engine

import (
	"time"

	"github.com/signoffhq/signoff"
)

// sleep hides a task from the caller's list until a time. Others still see it.
func (t *turn) sleep(e Sleep) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	until := e.Until.UTC().Truncate(time.Microsecond)
	if err := badTime(until, t.at); err != nil {
		return err
	}
	if len(task.Asleep) >= MaxSleepers {
		return refuse(signoff.TooMany, CodeTooManySleepers, "the task sleeps for %d people already", MaxSleepers)
	}
	t.endSleep(task, t.in.By.Principal)
	t.emitBy(Fact{Kind: TaskSlept, Node: n.ID, Ref: e.Task, Due: &until})
	t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: n.ID, Subject: e.Task, Due: &until, TimerFor: ForSleep})
	return nil
}

// wake shows a sleeping task again.
func (t *turn) wake(e Wake) error {
	task, err := t.openTask(e.Task)
	if err != nil {
		return err
	}
	if !t.mine(task) {
		return taskNotFound()
	}
	if !t.endSleep(task, t.in.By.Principal) {
		return refuse(signoff.Conflict, CodeNotAsleep, "the task is not asleep")
	}
	t.emitBy(Fact{Kind: TaskWoken, Node: task.Node, Ref: e.Task, To: []signoff.Principal{t.in.By.Principal}})
	return nil
}

// endSleep clears the timer of somebody's sleep, and tells whether they slept.
func (t *turn) endSleep(task *Task, who signoff.Principal) bool {
	for _, a := range task.Asleep {
		if a.By != who {
			continue
		}
		for _, timer := range t.st.Timers {
			if timer.For == ForSleep && timer.Ref == task.Seq && timer.Due.Equal(a.Until) {
				t.clearTimer(timer)
				break
			}
		}
		return true
	}
	return false
}

// wakeAll wakes those whose time has come.
func (t *turn) wakeAll(task *Task, due time.Time) {
	var to []signoff.Principal
	for _, a := range task.Asleep {
		if !a.Until.After(due) {
			to = append(to, a.By)
		}
	}
	if len(to) > 0 {
		t.emit(Fact{Kind: TaskWoken, Node: task.Node, Ref: task.Seq, To: to})
	}
}
