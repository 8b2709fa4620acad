package engine

import (
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// openTask returns a task the caller may act on. One that is not theirs and one
// that is not there are the same to them; for one that is closed they hear who
// was first.
func (t *turn) openTask(seq int) (*Task, error) {
	task := t.st.task(seq)
	if task == nil || !t.sees(task) {
		return nil, taskNotFound()
	}
	if !task.Open() {
		return nil, taskDone(task)
	}
	return task, nil
}

// mine tells whether the caller is a recipient, alone or through a group.
func (t *turn) mine(task *Task) bool { return slices.ContainsFunc(task.Recipients, t.in.By.Is) }

// sees tells whether the caller may know of a task: its recipients, who closed
// it, and administrators.
func (t *turn) sees(task *Task) bool {
	return t.mine(task) || t.in.By.Admin || task.ClosedBy != "" && task.ClosedBy == t.in.By.Principal
}

// ownTask is openTask for what only a recipient may do, and nobody while
// somebody else's claim keeps them from it.
func (t *turn) ownTask(seq int) (*Task, *process.Node, error) {
	task, err := t.openTask(seq)
	if err != nil {
		return nil, nil, err
	}
	if !t.mine(task) {
		return nil, nil, taskNotFound()
	}
	if task.KeptFrom(t.in.By.Principal) {
		return nil, nil, taskClaimed(task)
	}
	n := t.node(task.Node)
	if n.Task.ExcludeStarter && t.in.By.Principal == t.st.Starter.Principal {
		return nil, nil, starterExcluded()
	}
	return task, n, nil
}

// act decides a task: the first answer wins.
func (t *turn) act(e Act) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	action, err := chooseAction(n.Task, e.Action)
	if err != nil {
		return err
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	if action.Comment && comment == "" {
		return &signoff.Error{Kind: signoff.Invalid, Code: CodeCommentRequired, Detail: "say why: a comment is required for " + action.Name,
			Fields: []signoff.FieldError{{Field: "comment", Detail: "a comment is required"}}}
	}
	allowed := n.Task.Fields
	if allowed == nil {
		allowed = []string{}
	}
	vars, err := t.checked(e.Vars, allowed)
	if err != nil {
		return err
	}
	vars = t.withResult(vars, n.Task, action.Name, comment, t.in.By.Person)
	by, token := t.in.By.Person, task.Token
	t.emitBy(Fact{Kind: TaskDecided, Node: n.ID, Ref: task.Seq, Action: action.Name, Outcome: action.Name, Text: comment, Vars: vars,
		Channel: cut(clean(e.Channel), 20), Evidence: cut(clean(e.Evidence), MaxEvidence), Person: &by})
	t.finishTask(e.Task, token)
	return nil
}

// finishTask lets the token of a closed task go on.
func (t *turn) finishTask(task, token int) {
	t.clearTimers(task, true)
	t.clearEvents(token)
	t.resume(token, Completing)
}

func chooseAction(task *process.Task, name string) (*process.Action, error) {
	name = strings.TrimSpace(name)
	names := make([]string, len(task.Actions))
	for i := range task.Actions {
		if strings.EqualFold(task.Actions[i].Name, name) {
			return &task.Actions[i], nil
		}
		names[i] = task.Actions[i].Name
	}
	offers := "this task offers " + strings.Join(names, ", ")
	e := refuse(signoff.Invalid, CodeUnknownAction, "%q is not an action of this task; it offers %s", cut(clean(name), 100), strings.Join(names, ", "))
	e.Fields = []signoff.FieldError{{Field: "action", Detail: "unknown action", Advice: offers}}
	return nil, e
}

// withResult adds the task's result variable to vars.
func (t *turn) withResult(vars map[string]expr.Value, task *process.Task, outcome, comment string, by signoff.Person) map[string]expr.Value {
	if task.Result == "" {
		return vars
	}
	if vars == nil {
		vars = make(map[string]expr.Value, 1)
	}
	vars[task.Result] = expr.Context{
		{Key: "outcome", Value: expr.String(outcome)},
		{Key: "comment", Value: expr.String(comment)},
		{Key: "by", Value: personValue(by)},
		{Key: "at", Value: expr.Moment(t.at)},
	}
	return vars
}

// expire ends a task nobody decided in time.
func (t *turn) expire(task *Task) {
	n := t.node(task.Node)
	seq, token, outcome := task.Seq, task.Token, n.Task.Deadline.Outcome
	t.emit(Fact{Kind: TaskExpired, Node: n.ID, Ref: seq, Outcome: outcome, Vars: t.withResult(nil, n.Task, outcome, "", signoff.Person{})})
	t.finishTask(seq, token)
}

// claim marks a task as the caller's and, where the task says so, keeps the
// others from it until it is released. There is one mark: who comes second
// hears who was first.
func (t *turn) claim(e Claim) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	if task.Claimed != "" && task.Claimed != t.in.By.Principal {
		return taskClaimed(task)
	}
	if task.Claimed != "" {
		return refuse(signoff.Conflict, CodeAlreadyClaimed, "you have claimed this task already")
	}
	t.emitBy(Fact{Kind: TaskClaimed, Node: n.ID, Ref: task.Seq})
	return nil
}

// release gives a claimed task back; an administrator may do so for somebody
// who is away.
func (t *turn) release(e Release) error {
	task, err := t.openTask(e.Task)
	switch {
	case err != nil:
		return err
	case task.Claimed == "":
		return refuse(signoff.Conflict, CodeNotClaimed, "nobody has claimed this task")
	case task.Claimed != t.in.By.Principal && !t.in.By.Admin:
		return taskClaimed(task)
	}
	t.emitBy(Fact{Kind: TaskReleased, Node: task.Node, Ref: task.Seq})
	return nil
}

// redirect hands the caller's part of a task to somebody else: their own place
// among the recipients or, for who has it through a group, the group's, because
// passing it on is taking it. An administrator who is no recipient replaces all.
func (t *turn) redirect(e Redirect) error {
	task, err := t.openTask(e.Task)
	if err != nil {
		return err
	}
	if task.KeptFrom(t.in.By.Principal) && !t.in.By.Admin {
		return taskClaimed(task)
	}
	n := t.node(task.Node)
	if n.Task.ExcludeStarter && t.in.By.Principal == t.st.Starter.Principal && !t.in.By.Admin {
		return starterExcluded() // who may not decide may not choose who does
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	to, err := t.redirectTo(e.To, task)
	if err != nil || len(t.need) > 0 {
		return err
	}
	t.endSleep(task, t.in.By.Principal)
	for _, from := range t.part(task) {
		t.emitBy(Fact{Kind: TaskRedirected, Node: n.ID, Ref: e.Task, From: from, To: to, Text: comment})
	}
	t.tellNew(n, t.st.task(e.Task), to)
	return nil
}

// share puts a task before one more person. It may ask.
func (t *turn) share(e Share) error {
	task, n, err := t.ownTask(e.Task)
	if err != nil {
		return err
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	to, err := t.redirectTo(e.To, task)
	if err != nil || len(t.need) > 0 {
		return err
	}
	first := to[0]
	to = slices.DeleteFunc(to, func(p signoff.Principal) bool { return slices.Contains(task.Recipients, p) })
	if len(to) == 0 {
		return refuse(signoff.Conflict, CodeBadRedirect, "%s has the task already", signoff.Mention(first))
	}
	if len(task.Recipients)+len(to) > MaxRecipients {
		return refuse(signoff.Invalid, CodeBadRedirect, "a task cannot have more than %d recipients", MaxRecipients)
	}
	t.emitBy(Fact{Kind: TaskShared, Node: n.ID, Ref: e.Task, To: to, Text: comment})
	t.tellNew(n, t.st.task(e.Task), to)
	return nil
}

// redirectTo returns whom a redirect goes to, or why it cannot: one person, for
// administrators also groups and their members. It may ask.
func (t *turn) redirectTo(name string, task *Task) ([]signoff.Principal, error) {
	name = cut(oneLine(clean(name)), MaxTitle)
	if name == "" {
		return nil, refuse(signoff.Invalid, CodeBadRedirect, "say who is to have the task")
	}
	if !t.in.By.Admin && (strings.HasPrefix(name, "members:") || strings.HasPrefix(name, "group:") || strings.HasPrefix(name, "role:")) {
		return nil, onlyToOne()
	}
	people, known := t.ask(name)
	if !known {
		return nil, nil
	}
	if len(people) == 0 {
		return nil, refuse(signoff.Invalid, CodeUnknownPerson, "nobody is called %q", name)
	}
	if !t.in.By.Admin && (len(people) > 1 || people[0].Principal.IsGroup()) {
		return nil, onlyToOne()
	}
	exclude := t.node(task.Node).Task.ExcludeStarter
	var to []signoff.Principal
	for _, p := range people {
		if exclude && p.Principal == t.st.Starter.Principal {
			return nil, starterExcluded()
		}
		if p.Principal == t.in.By.Principal && t.mine(task) {
			return nil, refuse(signoff.Invalid, CodeBadRedirect, "the task is yours already")
		}
		to = append(to, p.Principal)
	}
	to = distinct(to)
	return to, t.roomFor(task, to)
}

// onlyToOne is for everybody but administrators. A group, or its members one by
// one, would put before many what was put before one.
func onlyToOne() error {
	e := refuse(signoff.Invalid, CodeBadRedirect, "a task can be handed on to one person, not to a group")
	e.Hint = "name a person, or ask an administrator to give the task to the group"
	return e
}

// roomFor refuses to give a task more recipients than it may have in all.
func (t *turn) roomFor(task *Task, to []signoff.Principal) error {
	part := t.part(task)
	all := slices.Clone(to)
	for _, p := range task.Recipients {
		if part[0] != "" && !slices.Contains(part, p) && !slices.Contains(to, p) {
			all = append(all, p)
		}
	}
	if len(all) > MaxRecipients {
		return refuse(signoff.Invalid, CodeBadRedirect, "a task cannot have more than %d recipients", MaxRecipients)
	}
	return nil
}

// part returns the recipients a redirect replaces; "" stands for all.
func (t *turn) part(task *Task) []signoff.Principal {
	if slices.Contains(task.Recipients, t.in.By.Principal) {
		return []signoff.Principal{t.in.By.Principal}
	}
	var groups []signoff.Principal
	for _, p := range task.Recipients {
		if t.in.By.Is(p) {
			groups = append(groups, p)
		}
	}
	if len(groups) == 0 {
		return []signoff.Principal{""}
	}
	return groups
}

// comment adds a remark: on the instance, or on a task, open or closed, by its
// recipients and administrators.
func (t *turn) comment(e Comment) error {
	text := clean(e.Text)
	if text == "" {
		return refuse(signoff.Invalid, CodeCommentRequired, "there is nothing to say in the comment")
	}
	if err := tooLong("comment", text, MaxComment); err != nil {
		return err
	}
	if err := t.mayComment(e.Task); err != nil {
		return err
	}
	f := Fact{Kind: Commented, Text: text}
	if task := t.st.task(e.Task); task != nil {
		f.Ref, f.Node = task.Seq, task.Node
	}
	t.emitBy(f)
	return nil
}

// mayComment refuses remarks about a task the caller does not see. Who may
// comment on the instance, task 0, is for the server to say.
func (t *turn) mayComment(seq int) error {
	if seq == 0 {
		return nil
	}
	if task := t.st.task(seq); task == nil || !t.sees(task) {
		return taskNotFound()
	}
	return nil
}
