package engine

import (
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// offer puts a user task before its recipients. Everything that can go wrong is
// worked out first, so that a task is offered wholly or not at all.
func (t *turn) offer(r ready) *trouble {
	n, task := r.node, r.node.Task
	to, bad := t.resolve("the recipients", task.Recipients)
	if bad != nil {
		return bad
	}
	title, bad := t.line("the title", task.Title, MaxTitle)
	if bad != nil {
		return bad
	}
	if title == "" {
		title = cut(oneLine(n.Name), MaxTitle)
	}
	instructions, bad := t.text("the instructions", task.Instructions, MaxText)
	if bad != nil {
		return bad
	}
	due, bad := t.deadline(task.Deadline)
	if bad != nil {
		return bad
	}
	reminders, bad := t.reminderTimes(task, due)
	if bad != nil {
		return bad
	}
	edge, bad := t.edge(r)
	if bad != nil {
		return bad
	}
	if to.waiting {
		return nil
	}
	to.unknown, to.literal = append(to.unknown, to.literal...), nil
	t.separate(task, &to)
	if bad := to.nobody("the recipients"); bad != nil {
		return bad
	}
	offered := Task{Title: title, Instructions: instructions, Due: due, Recipients: to.principals()}
	if offered.Slots, bad = t.slots(task, offered.Recipients); bad != nil {
		return bad
	}
	if task.Serial {
		offered.Recipients, offered.Later = offered.Recipients[:1], offered.Recipients[1:]
	}
	letter, bad := t.letter(n, &offered)
	if bad != nil {
		return bad
	}
	t.emitOffer(r, &offered)
	t.setReminders(n, offered.Seq, reminders)
	t.arm(edge, r.token, 0)
	if letter != nil {
		t.command(Command{Kind: DoNotify, Node: n.ID, Ref: offered.Seq, Notify: letter})
	}
	return nil
}

func (t *turn) emitOffer(r ready, task *Task) {
	task.Seq = t.next()
	t.emit(Fact{Kind: TaskOffered, Node: r.node.ID, Ref: task.Seq, Token: r.token, Title: task.Title, Text: task.Instructions,
		To: task.Recipients, Due: task.Due, Priority: t.priority(r.node.Task), Claiming: r.node.Task.Claiming, Slots: task.Slots, Later: task.Later})
	if task.Due != nil {
		t.emit(Fact{Kind: TimerSet, Ref: t.next(), Node: r.node.ID, Subject: task.Seq, Due: task.Due, TimerFor: ForDeadline})
	}
}

// priority is the task's own; a task of normal priority takes the instance's.
func (t *turn) priority(task *process.Task) int {
	if task.Priority == 1 {
		return t.st.Priority
	}
	return task.Priority
}

func (t *turn) deadline(d *process.Deadline) (*time.Time, *trouble) {
	if d == nil {
		return nil, nil
	}
	due, bad := t.due("the deadline", &process.Timer{After: d.After, At: d.At, Hours: d.Hours})
	if bad != nil {
		return nil, bad
	}
	return &due, nil
}

// letter is what recipients of a task are told, nil when they are not.
func (t *turn) letter(n *process.Node, task *Task) (*Notify, *trouble) {
	how := n.Task.Notify
	if how == nil {
		return nil, nil
	}
	subject, bad := t.line("the notification's subject", how.Subject, MaxTitle)
	if bad != nil {
		return nil, bad
	}
	body, bad := t.text("the notification", how.Body, MaxText)
	if bad != nil {
		return nil, bad
	}
	letter := &Notify{To: task.Recipients, Subject: subject, Body: body, Title: task.Title, Instructions: task.Instructions,
		Folio: t.st.Folio, Workflow: t.def.Name, Starter: t.st.Starter, Actions: []string{}, Reply: how.Reply, Substitutes: how.Substitutes, Strict: how.Strict, Due: task.Due, Facts: t.shown(), Rule: Voting(n.Task, task)}
	for _, a := range n.Task.Actions {
		if a.ByMail && how.Reply {
			letter.Actions = append(letter.Actions, a.Name)
		} else {
			letter.Others = append(letter.Others, a.Name)
		}
		if a.Comment {
			letter.Demand = append(letter.Demand, a.Name)
		}
	}
	return letter, nil
}

// tellNew tells somebody a task was redirected to. Unlike at the offer, a text
// that cannot be worked out now must not stop the redirect: the standard one is
// sent.
func (t *turn) tellNew(n *process.Node, task *Task, to []signoff.Principal) {
	t.tell(n, task, to, false)
}

func (t *turn) tell(n *process.Node, task *Task, to []signoff.Principal, reminder bool) {
	t.here = t.st.scopeOf(task.Token)
	of := *task
	of.Recipients = to
	letter, bad := t.letter(n, &of)
	if bad != nil {
		plain := *n
		own := *n.Task
		own.Notify = &process.Notify{Reply: n.Task.Notify.Reply, Substitutes: n.Task.Notify.Substitutes, Strict: n.Task.Notify.Strict}
		plain.Task = &own
		letter, _ = t.letter(&plain, &of)
	}
	if letter != nil {
		letter.Reminder = reminder
		t.again(Command{Kind: DoNotify, Node: n.ID, Ref: task.Seq, Notify: letter})
	}
}

// shown lists the variables shown with tasks, as people read them.
func (t *turn) shown() []Labelled {
	var out []Labelled
	for i := range t.def.Variables {
		decl := &t.def.Variables[i]
		v := t.st.Vars[decl.Name]
		if !decl.Show || v == nil {
			continue
		}
		label := decl.Label
		if label == "" {
			label = decl.Name
		}
		out = append(out, Labelled{label, cut(expr.Format(v), MaxTitle)})
	}
	return out
}
