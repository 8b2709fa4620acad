package engine

import (
	"slices"

	"github.com/signoffhq/signoff"
)

// TaskOf is the task that an event of somebody who has it is about, 0 for none.
// Withdraw is an administrator's, whether or not they stand in for somebody.
func TaskOf(event Event) int {
	if _, ordered := event.(Withdraw); ordered {
		return 0
	}
	task, _ := taskOf(event)
	return task
}

// InPlaceOf returns the caller as who they act as where a task is concerned: as
// themselves if it was put to them, else as somebody who is away and whose tasks
// are theirs meanwhile, with the caller behind them. The engine keeps whoever is
// behind from what they may not decide themselves.
func InPlaceOf(by signoff.Caller, wf signoff.WorkflowID, t *Task) signoff.Caller {
	if s := standFor(by, wf, t); s != nil {
		return signoff.Caller{Person: s.Person, Groups: s.Groups, How: by.How, Via: by.Via, Behind: by.Principal, Acting: by.Name}
	}
	return by
}

// StandsFor is the person who is away in whose place the caller has a task; the
// zero Person when they have it themselves, or not at all.
func StandsFor(by signoff.Caller, wf signoff.WorkflowID, t *Task) signoff.Person {
	if s := standFor(by, wf, t); s != nil {
		return s.Person
	}
	return signoff.Person{}
}

func standFor(by signoff.Caller, wf signoff.WorkflowID, t *Task) *signoff.Stand {
	if t == nil || len(by.Stands) == 0 || by.Behind != "" || t.Concerns(by) {
		return nil
	}
	for i := range by.Stands {
		s := &by.Stands[i]
		// What is before them by name, or before a group of which nobody is there:
		// else the group has others.
		if s.In(wf) && (slices.ContainsFunc(t.Recipients, s.Has) || t.Holds(s.Person.Principal) ||
			t.Asked(signoff.Caller{Person: s.Person}) != nil) {
			return s
		}
	}
	return nil
}

// HandedOn refuses somebody who is away to decide what others have in their
// place.
func HandedOn(by signoff.Caller, wf signoff.WorkflowID, t *Task) error {
	if t == nil || by.HandsOn == nil || by.Behind != "" || !t.Open() || !by.HandsOn.In(wf) || !slices.Contains(t.Recipients, by.Principal) {
		return nil
	}
	until := ""
	if !by.HandsOn.Until.IsZero() {
		until = " until " + signoff.At(by.HandsOn.Until)
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: CodeAway, Detail: "you are away" + until + ", and your tasks are with those who stand in for you",
		Hint: "end your absence under Your account, or change it so that both of you have the tasks"}
}

// TaskNumbered returns a task of the state, nil when there is none.
func (st *State) TaskNumbered(seq int) *Task { return st.task(seq) }
