package engine

import (
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// askAbout puts a question about a task to whoever started the instance, or to
// somebody else. The task stays where it is. It may ask who is meant.
func (t *turn) askAbout(e Ask) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	text, err := said("question", e.Text)
	if err != nil {
		return err
	}
	to, err := t.whomToAsk(e.To)
	if err != nil || len(t.need) > 0 {
		return err
	}
	open := 0
	for i := range task.Questions {
		if q := &task.Questions[i]; q.RepliedAt == nil {
			open++
			if q.To == to {
				return refuse(signoff.Conflict, CodeAsked, "%s has a question about this task to answer already", signoff.Mention(to))
			}
		}
	}
	if len(task.Questions) >= MaxQuestions {
		return refuse(signoff.TooMany, CodeAsked, "a task can be asked about at most %d times", MaxQuestions)
	}
	person := t.whoActs()
	t.emitBy(Fact{Kind: TaskAsked, Node: n.ID, Ref: e.Task, Subject: t.next(), To: []signoff.Principal{to}, Text: text, Person: &person})
	t.tellQuestion(n, e.Task, to, "Question about: ", person.Name+" asks:\n\n"+text)
	return nil
}

// whomToAsk is the person a question goes to: the starter for "".
func (t *turn) whomToAsk(name string) (signoff.Principal, error) {
	to := t.st.Starter.Principal
	if name = cut(oneLine(clean(name)), MaxTitle); name != "" {
		people, known := t.ask(name)
		switch {
		case !known:
			return "", nil
		case len(people) == 0:
			return "", refuse(signoff.Invalid, CodeUnknownPerson, "nobody is called %q", name)
		case len(people) > 1 || people[0].Principal.IsGroup():
			return "", refuse(signoff.Invalid, CodeAsked, "a question goes to one person, not to a group")
		}
		to = people[0].Principal
	}
	switch to {
	case "":
		return "", refuse(signoff.Invalid, CodeAsked, "nobody in particular started this instance; say whom to ask")
	case t.in.By.Principal:
		return "", refuse(signoff.Invalid, CodeAsked, "a question to yourself needs no task; say whom to ask")
	}
	return to, nil
}

// reply answers a question. Only who was asked replies.
func (t *turn) reply(e Reply) error {
	task, err := t.openTask(e.Task)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(task.Questions, func(q Question) bool { return q.Seq == e.Question && t.in.By.Is(q.To) })
	if i < 0 {
		return refuse(signoff.NotFound, CodeNoQuestion, "there is no such question, or it was not put to you")
	}
	q := task.Questions[i]
	if q.RepliedAt != nil {
		return refuse(signoff.Conflict, CodeReplied, "%s replied to this question on %s.", signoff.Mention(q.RepliedBy), signoff.At(*q.RepliedAt))
	}
	text, err := said("reply", e.Text)
	if err != nil {
		return err
	}
	person := t.whoActs()
	t.emitBy(Fact{Kind: TaskReplied, Node: task.Node, Ref: e.Task, Subject: q.Seq, Text: text, Person: &person})
	t.tellQuestion(t.node(task.Node), e.Task, q.By, "Reply to your question about: ", person.Name+" replies:\n\n"+text)
	return nil
}

// said is text that somebody wrote, which must not be empty.
func said(what, text string) (string, error) {
	text = clean(text)
	if text == "" {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: CodeCommentRequired, Detail: "there is nothing in the " + what,
			Fields: []signoff.FieldError{{Field: "text", Detail: "a text is required"}}}
	}
	return text, tooLong(what, text, MaxComment)
}

// tellQuestion tells somebody of a question or a reply, where the task sends
// mail at all.
func (t *turn) tellQuestion(n *process.Node, seq int, to signoff.Principal, before, body string) {
	if n.Task.Notify == nil {
		return
	}
	task := t.st.task(seq)
	t.again(Command{Kind: DoNotify, Node: n.ID, Ref: seq, Notify: &Notify{To: []signoff.Principal{to}, Subject: cut(before+task.Title, MaxTitle),
		Body: body, Title: task.Title, Folio: t.st.Folio, Workflow: t.def.Name, Starter: t.st.Starter, Actions: []string{}, Facts: t.shown(), Note: true}})
}

// withdrawTask ends a task without an answer; an administrator says how the
// workflow goes on.
func (t *turn) withdrawTask(e Withdraw) error {
	task, err := t.openTask(e.Task)
	if err != nil {
		return err
	}
	if !t.in.By.Admin {
		return adminsOnly("withdraw a task")
	}
	n := t.node(task.Node)
	if err := t.mayEnd(n); err != nil {
		return err
	}
	outcome, err := chooseOutcome(n.Task, e.Outcome)
	if err != nil {
		return err
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	token := task.Token
	t.emitBy(Fact{Kind: TaskWithdrawn, Node: n.ID, Ref: e.Task, Text: comment, Outcome: outcome,
		Vars: t.withAnswers(n.Task, task, outcome, comment, signoff.Person{})})
	t.finishTask(e.Task, token)
	return nil
}
