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

// sees tells whether the caller may know of a task: its recipients, who had a
// part in it, and administrators.
func (t *turn) sees(task *Task) bool { return t.in.By.Admin || task.Concerns(t.in.By) }

// Concerns tells whether a task was put to the caller, or handled by them, or
// whether they were asked about it.
func (t *Task) Concerns(by signoff.Caller) bool {
	return by.Is(t.ClosedBy) || by.Is(t.Behind) || slices.ContainsFunc(t.Recipients, by.Is) || slices.ContainsFunc(t.Claims(), by.Is) ||
		t.AnswerOf(by.Principal) != nil || t.PassedOn(by.Principal) || slices.ContainsFunc(t.Questions, func(q Question) bool { return by.Is(q.To) })
}

// spent refuses somebody who has had their say.
func (t *turn) spent(task *Task) error {
	by := t.in.By
	if a := task.AnswerOf(by.Principal); a != nil {
		return answeredAlready(a, by.Principal)
	}
	if a := task.AnswerOf(by.Behind); a != nil { // one person has one say, whoever they stand in for
		return answeredAlready(a, by.Behind)
	}
	if task.PassedOn(by.Principal) {
		return refuse(signoff.Conflict, CodeTaskDone, "you have handed this task on")
	}
	return nil
}

// ownTask is openTask for what only a recipient may do, and nobody while
// somebody else's claim keeps them from it.
func (t *turn) ownTask(seq int) (*Task, *process.Node, error) {
	task, err := t.openTask(seq)
	if err != nil {
		return nil, nil, err
	}
	if err := t.spent(task); err != nil {
		return nil, nil, err
	}
	if !t.mine(task) {
		return nil, nil, taskNotFound()
	}
	if task.KeptFrom(t.in.By.Principal) {
		return nil, nil, taskClaimed(task)
	}
	n := t.node(task.Node)
	if err := t.callerKeptOut(n); err != nil {
		return nil, nil, err
	}
	return task, n, nil
}

// act decides a task: the first answer wins, unless several are wanted.
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
	by, token := t.whoActs(), task.Token
	f := Fact{Kind: TaskDecided, Node: n.ID, Ref: task.Seq, Action: action.Name, Outcome: action.Name, Text: comment, Vars: vars,
		Channel: cut(clean(e.Channel), 20), Evidence: cut(clean(e.Evidence), MaxEvidence), Person: &by}
	if task.Several() {
		t.answer(f, task)
		return nil
	}
	f.Vars = t.withResult(vars, n.Task, action.Name, comment, by)
	t.emitBy(f)
	t.finishTask(e.Task, token)
	return nil
}

// finishTask lets the token of a closed task go on.
func (t *turn) finishTask(task, token int) {
	t.clearTimers(task, true)
	t.clearEvents(token)
	for _, i := range t.st.Incidents {
		if i.Token == token && i.Stage == Counting {
			t.emit(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: "the task has ended"})
			break
		}
	}
	t.resume(token, Completing)
}

// whoActs is the caller as people are told of them: "Ben for Jane" when Ben
// stands in for Jane, who is away.
func (t *turn) whoActs() signoff.Person {
	p := t.in.By.Person
	if t.in.By.Acting != "" {
		p.Name = t.in.By.Acting + " for " + p.Name
	}
	return p
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
	if n.Task.Deadline.Count {
		if counted, why, _ := t.tally(task, n, true); counted != "" {
			t.conclude(task, counted, "the time ran out: "+why, false)
			return
		}
	}
	t.emit(Fact{Kind: TaskExpired, Node: n.ID, Ref: seq, Outcome: outcome, Vars: t.withAnswers(n.Task, task, outcome, "", signoff.Person{})})
	t.finishTask(seq, token)
}

// redirect hands the caller's part of a task to somebody else: their own place
// among the recipients or, for who has it through a group, the group's, because
// passing it on is taking it. An administrator who is no recipient replaces all.
func (t *turn) redirect(e Redirect) error {
	task, err := t.openTask(e.Task)
	if err != nil {
		return err
	}
	n := t.node(task.Node)
	if !t.in.By.Admin {
		if err := t.spent(task); err != nil {
			return err
		}
		if !t.mine(task) { // who is only asked about it, or has a claim left
			return taskNotFound()
		}
		if task.KeptFrom(t.in.By.Principal) {
			return taskClaimed(task)
		}
	}
	if err := t.callerKeptOut(n); err != nil {
		return err // who may not decide may not choose who does
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	part, err := t.partOf(task, e.From)
	if err != nil || len(t.need) > 0 {
		return err
	}
	to, err := t.redirectTo(e.To, task, part)
	if err != nil || len(t.need) > 0 {
		return err
	}
	t.endSleep(task, t.in.By.Principal)
	if !task.Several() {
		t.endClaim(task, task.Claimed)
	}
	for _, from := range part {
		t.endAll(task, from)
	}
	for _, from := range part {
		t.emitBy(t.redirected(task, n, Fact{By: t.in.By.Principal, From: from, To: to, Text: comment}))
	}
	t.tellNew(n, t.st.task(e.Task), to)
	t.found(e.Task)
	return nil
}

// redirected is the fact that a part of a task is with others from now on. It
// clears the timers of the claims that go with it.
func (t *turn) redirected(task *Task, n *process.Node, f Fact) Fact {
	f.Kind, f.Node, f.Ref = TaskRedirected, n.ID, task.Seq
	if !task.Several() {
		return f
	}
	after := *task
	after.redirect(f.By, f.From, f.To)
	for _, h := range task.Holders {
		if !after.Holds(h.By) {
			t.endClaim(task, h.By)
		}
	}
	if f.From == "" || slices.Contains(task.Recipients, f.From) { // what is handed on from a group is one of its answers
		f.Slots = moreSlots(n.Task, task, &after)
	}
	return f
}

// share puts a task before one more person: either may decide, and where several
// answers are wanted they have one voice. Whom an administrator who does not
// have the task adds, has a voice of their own. It may ask.
func (t *turn) share(e Share) error {
	task, n, err := t.ownTask(e.Task)
	if adding := t.in.By.Admin && signoff.CodeOf(err) == CodeTaskNotFound; adding {
		if task, err = t.openTask(e.Task); err == nil {
			n = t.node(task.Node)
			err = t.callerKeptOut(n) // who may not decide may not choose who does
		}
	}
	if err != nil {
		return err
	}
	comment := clean(e.Comment)
	if err := tooLong("comment", comment, MaxComment); err != nil {
		return err
	}
	to, err := t.redirectTo(e.To, task, nil)
	if err != nil || len(t.need) > 0 {
		return err
	}
	first, from := to[0], t.in.By.Principal
	to = slices.DeleteFunc(to, func(p signoff.Principal) bool {
		return task.has(p) || t.mine(task) && task.voice(p) == task.voice(from)
	})
	if len(to) == 0 {
		return hasItAlready(first)
	}
	if !t.mine(task) {
		from = ""
	}
	if len(task.Recipients)+len(to) > MaxRecipients {
		return refuse(signoff.Invalid, CodeBadRedirect, "a task cannot have more than %d recipients", MaxRecipients)
	}
	f := Fact{Kind: TaskShared, Node: n.ID, Ref: e.Task, From: from, To: to, Text: comment}
	if task.Several() && from == "" {
		after := *task
		after.share(from, to)
		f.Slots = moreSlots(n.Task, task, &after)
	}
	t.emitBy(f)
	t.tellNew(n, t.st.task(e.Task), to)
	t.found(e.Task)
	return nil
}

// redirectTo returns whom a redirect of some part goes to, or why it cannot: one
// person, for administrators also groups and their members. It may ask.
func (t *turn) redirectTo(name string, task *Task, part []signoff.Principal) ([]signoff.Principal, error) {
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
	n := t.node(task.Node)
	var to []signoff.Principal
	for _, p := range people {
		if err := t.keptOut(n, p.Principal); err != nil {
			return nil, err
		}
		if p.Principal == t.in.By.Principal && t.mine(task) {
			return nil, refuse(signoff.Invalid, CodeBadRedirect, "the task is yours already")
		}
		if a := task.AnswerOf(p.Principal); a != nil {
			return nil, refuse(signoff.Conflict, CodeBadRedirect, "%s already %s this task on %s.", signoff.Mention(p.Principal), didWhat(a.Action), signoff.At(a.At))
		}
		if task.Several() && len(part) > 0 && part[0] != "" && task.has(p.Principal) {
			return nil, hasItAlready(p.Principal) // two voices cannot become one
		}
		to = append(to, p.Principal)
	}
	to = distinct(to)
	return to, t.roomFor(task, to, part)
}

// has tells whether a task is put to p, now or when their turn comes.
func (t *Task) has(p signoff.Principal) bool {
	return slices.Contains(t.Recipients, p) || slices.Contains(t.Later, p)
}

// onlyToOne is for everybody but administrators. A group, or its members one by
// one, would put before many what was put before one.
func onlyToOne() error {
	e := refuse(signoff.Invalid, CodeBadRedirect, "a task can be handed on to one person, not to a group")
	e.Hint = "name a person, or ask an administrator to give the task to the group"
	return e
}

// roomFor refuses to give a task more recipients than it may have in all.
func (t *turn) roomFor(task *Task, to, part []signoff.Principal) error {
	all := slices.Clone(to)
	for _, p := range slices.Concat(task.Recipients, task.Later) {
		if first(part) != "" && !slices.Contains(part, p) && !slices.Contains(to, p) {
			all = append(all, p)
		}
	}
	if len(all) > MaxRecipients {
		return refuse(signoff.Invalid, CodeBadRedirect, "a task cannot have more than %d recipients", MaxRecipients)
	}
	return nil
}

// partOf returns the recipients that a redirect from somebody replaces. Only
// administrators say from whom. It may ask.
func (t *turn) partOf(task *Task, name string) ([]signoff.Principal, error) {
	name = cut(oneLine(clean(name)), MaxTitle)
	if name == "" {
		return t.part(task), nil
	}
	if !t.in.By.Admin {
		return nil, adminsOnly("hand on what others have")
	}
	people, known := t.ask(name)
	if !known {
		return nil, nil
	}
	var part []signoff.Principal
	for _, p := range people {
		if slices.Contains(task.Recipients, p.Principal) {
			part = append(part, p.Principal)
		}
	}
	if len(part) == 0 {
		return nil, refuse(signoff.Invalid, CodeBadRedirect, "%q does not have this task now", name)
	}
	return part, nil
}

// part returns the recipients a redirect by the caller replaces; "" stands for
// all, where an administrator has no part of their own. Who has a task of several answers through a group leaves the group its
// place: others of it answer, too.
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
	if task.Several() && !t.node(task.Node).Task.Serial {
		return []signoff.Principal{t.in.By.Principal}
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
