package store

import (
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// WorklistRow is one line of somebody's worklist: a task as listed under one
// principal. A task for two people and a group has three.
type WorklistRow struct {
	Principal signoff.Principal
	Shelf     Shelf
	Offered   int64 // microseconds, as are Due and Until
	Serial    signoff.Serial
	Workflow  signoff.WorkflowID
	Version   VersionID
	Priority  int
	Due       int64 // 0: none
	Until     int64 // 0: not asleep, or on the shelf Asleep: for good
	Claimed   signoff.Principal
	Starter   signoff.Principal
	Node      string // with AsksAbout before it where a question about the task is put to them, not the task
	Title     string
	Folio     string
}

// WorklistRows works out the rows an instance in state st has in the worklist.
// It is the only place that knows who sees a task where:
//
//   - each recipient has a row; while somebody's claim keeps the others out,
//     their rows stand on the Taken shelf;
//   - somebody who claimed it, put it to sleep or had their say through a group
//     gets a row of their own, which readers prefer to the group's;
//   - so does somebody who is asked about it.
//
// What somebody had their say in stands on the shelf Asleep for good: so it
// hides the row of the group it came through from their lists.
func WorklistRows(wf signoff.WorkflowID, v VersionID, st *engine.State) []WorklistRow {
	var rows []WorklistRow
	for i := range st.Tasks {
		rows = appendTaskRows(rows, wf, v, st, &st.Tasks[i])
	}
	return rows
}

// AsksAbout stands before the node of a row that is about a question. No element
// is called like this.
const AsksAbout = "?"

func appendTaskRows(rows []WorklistRow, wf signoff.WorkflowID, v VersionID, st *engine.State, t *engine.Task) []WorklistRow {
	if !t.Open() || st.Held != nil { // of a stopped instance nobody has anything to do
		return rows
	}
	row := WorklistRow{
		Offered: micros(t.OfferedAt), Serial: signoff.Serial{Instance: st.Instance, Seq: t.Seq},
		Workflow: wf, Version: v, Priority: t.Priority, Due: microsOf(t.Due), Claimed: t.Claimed,
		Starter: st.Starter.Principal, Node: t.Node, Title: t.Title, Folio: st.Folio,
	}
	first := len(rows)
	add := func(p signoff.Principal) {
		if p != "" && !slices.ContainsFunc(rows[first:], func(r WorklistRow) bool { return r.Principal == p }) {
			rows = append(rows, row.under(p, t))
		}
	}
	for _, p := range t.Recipients {
		add(p)
	}
	for _, p := range t.Claims() {
		add(p)
	}
	if t.Claimed == "" || !t.Claiming {
		for _, a := range t.Asleep {
			add(a.By)
		}
	}
	for i := range t.Answers { // it may still come to them through a group, or because somebody is away
		add(t.Answers[i].By.Principal)
		add(t.Answers[i].Behind)
	}
	if slices.ContainsFunc(t.Recipients, signoff.Principal.IsGroup) {
		for _, p := range t.HandedOn {
			add(p)
		}
		for _, s := range t.Shared { // with whom somebody who has answered had one voice
			add(s.By)
		}
	}
	for i := range t.Questions {
		if q := &t.Questions[i]; q.RepliedAt == nil {
			add(q.To)
		}
	}
	return rows
}

// under places a copy of the row on p's right shelf.
func (r WorklistRow) under(p signoff.Principal, t *engine.Task) WorklistRow {
	r.Principal = p
	if t.Several() {
		r.Claimed = ""
		if t.Holds(p) {
			r.Claimed = p
		}
	}
	switch {
	case p.IsUser() && (t.AnswerOf(p) != nil || t.PassedOn(p)):
		r.Shelf = Asleep
	case len(t.Questions) > 0 && t.Asked(signoff.Caller{Person: signoff.Person{Principal: p}}) != nil && !slices.Contains(t.Recipients, p) && !t.Holds(p):
		r.Node = AsksAbout + r.Node
		return r
	case t.KeptFrom(p):
		if r.Shelf = Taken; t.Several() && len(t.Holders) > 0 {
			r.Claimed = t.Holders[0].By
		}
	}
	if r.Shelf != ToDo {
		return r
	}
	for _, a := range t.Asleep {
		if a.By == p {
			r.Shelf, r.Until = Asleep, micros(a.Until)
		}
	}
	return r
}

// same tells whether a step left the task as its rows show it.
func same(a, b *engine.Task) bool {
	return a.Open() == b.Open() && a.Claimed == b.Claimed && a.Title == b.Title && a.Priority == b.Priority &&
		a.Node == b.Node && a.Outcome == b.Outcome && a.ClosedBy == b.ClosedBy && microsOf(a.Due) == microsOf(b.Due) &&
		slices.Equal(a.Recipients, b.Recipients) && slices.Equal(a.Asleep, b.Asleep) && sameAnswers(a, b)
}

// sameAnswers is same for what only tasks of several answers and questions have.
func sameAnswers(a, b *engine.Task) bool {
	return len(a.Answers) == len(b.Answers) && slices.Equal(a.Holders, b.Holders) && slices.Equal(a.HandedOn, b.HandedOn) &&
		slices.Equal(a.Shared, b.Shared) && len(a.Questions) == len(b.Questions) && open(a.Questions) == open(b.Questions)
}

func open(questions []engine.Question) (n int) {
	for i := range questions {
		if questions[i].RepliedAt == nil {
			n++
		}
	}
	return n
}

// taskChange is one task before and after a step. before is nil when the step
// offered it; after is nil when the step closed it and the state, which keeps
// only so many closed tasks, has let go of it already.
type taskChange struct{ before, after *engine.Task }

// changedTasks appends the tasks of two states, each in the order of numbers, in
// pairs where they differ; crossed says that the instance runs on another version
// now.
func changedTasks(out []taskChange, before, after *engine.State, crossed bool) []taskChange {
	old := before.Tasks
	stopped := (before.Held == nil) != (after.Held == nil)
	for i := range after.Tasks {
		a := &after.Tasks[i]
		for len(old) > 0 && old[0].Seq < a.Seq {
			out, old = letGo(out, &old[0]), old[1:]
		}
		if len(old) > 0 && old[0].Seq == a.Seq {
			if !same(&old[0], a) || (stopped || crossed) && a.Open() {
				out = append(out, taskChange{&old[0], a})
			}
			old = old[1:]
			continue
		}
		out = append(out, taskChange{nil, a})
	}
	for i := range old {
		out = letGo(out, &old[i])
	}
	return out
}

func letGo(out []taskChange, t *engine.Task) []taskChange {
	if t.Open() {
		out = append(out, taskChange{t, nil})
	}
	return out
}

// rowChange appends the rows to remove and those to write.
func rowChange(gone, put, old, now []WorklistRow) (_, _ []WorklistRow) {
	for _, o := range old {
		if !slices.ContainsFunc(now, o.sameKey) {
			gone = append(gone, o)
		}
	}
	for _, n := range now {
		if !slices.Contains(old, n) {
			put = append(put, n)
		}
	}
	return gone, put
}

func (r WorklistRow) sameKey(o WorklistRow) bool {
	return r.Principal == o.Principal && r.Shelf == o.Shelf && r.Offered == o.Offered && r.Serial == o.Serial
}
