package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// slots is how many answers a task wants: 0 when the first decides and all are
// asked at once. Where only people are asked, it wants no more than there are.
func (t *turn) slots(task *process.Task, to []signoff.Principal) (int, *trouble) {
	a := task.Answers
	if a == nil {
		if task.Serial {
			return 1, nil
		}
		return 0, nil
	}
	wanted := len(to)
	if a.Rule == process.FirstAnswer {
		wanted = 1
	}
	if a.Slots != nil {
		n, bad := t.whole("the number of answers wanted", a.Slots)
		if bad != nil {
			return 0, bad
		}
		wanted = n
	}
	if !slices.ContainsFunc(to, signoff.Principal.IsGroup) {
		wanted = min(wanted, len(to))
	}
	return wanted, nil
}

// whole works out a number of answers.
func (t *turn) whole(what string, e *expr.Expr) (int, *trouble) {
	v, bad := t.eval(what, e, nil)
	if bad != nil {
		return 0, bad
	}
	number, ok := v.(expr.Number)
	if n, fits := number.Int64(); ok && fits && n >= 1 && n <= process.MaxSlots {
		return int(n), nil
	}
	return 0, t.unfit(what, e, nil, v, fmt.Sprintf("it must be a whole number from 1 to %d", process.MaxSlots))
}

// answer takes in what one of several people chose, and weighs what there is.
func (t *turn) answer(f Fact, task *Task) {
	seq, by := task.Seq, t.in.By.Principal
	f.Kind, f.Outcome = TaskAnswered, ""
	if len(task.Later) > 0 || t.node(task.Node).Task.Serial {
		f.From = t.group(task)
	}
	for _, p := range append(task.leaving(by), by) {
		t.endSleep(task, p)
		t.endClaim(task, p)
	}
	t.emitBy(f)
	t.weigh(seq)
}

// group is the group through which the caller has a task, "" when it was put to
// them by name.
func (t *turn) group(task *Task) signoff.Principal {
	if slices.Contains(task.Recipients, t.in.By.Principal) {
		return ""
	}
	for _, p := range task.Recipients {
		if t.in.By.Is(p) {
			return p
		}
	}
	return ""
}

// weigh ends a task whose answers make an outcome, asks the next one where
// recipients are asked one after the other, and otherwise lets it wait.
func (t *turn) weigh(seq int) {
	task := t.st.task(seq)
	n := t.node(task.Node)
	t.here = t.st.scopeOf(task.Token)
	outcome, why, bad := t.tally(task, n, false)
	switch {
	case bad != nil:
		if !t.hasIncident(task.Token) {
			t.raise(ready{task.Token, n, Counting}, bad)
		}
	case outcome != "":
		t.conclude(task, outcome, why, true)
	case slices.ContainsFunc(task.Recipients, func(p signoff.Principal) bool { return t.able(task, n, p) }):
	case t.anybody(task, n):
		t.passOn(task)
	case !t.hasIncident(task.Token):
		t.raise(ready{task.Token, n, Counting}, &trouble{IncidentNobody, "whoever has the task decided another step meanwhile, and may not decide this one",
			"redirect the task to somebody else, or withdraw it"})
	}
}

// left looks, after somebody has decided something, for tasks with which nobody
// is left who may decide them.
func (t *turn) left() bool {
	t.decided = false
	for i := range t.st.Tasks {
		task := &t.st.Tasks[i]
		if !task.Open() || t.hasIncident(task.Token) || slices.ContainsFunc(t.ready, func(r ready) bool { return r.token == task.Token }) {
			continue
		}
		n := t.node(task.Node)
		if len(n.Task.Exclude) > 0 && !slices.ContainsFunc(task.Recipients, func(p signoff.Principal) bool { return t.able(task, n, p) }) {
			t.resume(task.Token, Counting)
		}
	}
	return len(t.ready) > 0
}

// found clears the incident that nobody may decide a task, once somebody may.
func (t *turn) found(seq int) {
	task := t.st.task(seq)
	if !t.anybody(task, t.node(task.Node)) {
		return
	}
	for _, i := range t.st.Incidents {
		if i.Token == task.Token && i.Stage == Counting && i.Code == IncidentNobody {
			t.emit(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: "the task is with somebody else"})
			return
		}
	}
}

// able tells whether somebody whom a task is put to, now or later, may answer
// it. Of a group it is taken that somebody may.
func (t *turn) able(task *Task, n *process.Node, p signoff.Principal) bool {
	return t.hasSay(task, n, p) && !t.passedOver(task, p, func(sub signoff.Principal) bool { return t.hasSay(task, n, sub) })
}

// hasSay is able, whether or not p is away.
func (t *turn) hasSay(task *Task, n *process.Node, p signoff.Principal) bool {
	return task.AnswerOf(p) == nil && t.keptOut(n, p) == nil
}

// anybody tells whether another answer to a task can come.
func (t *turn) anybody(task *Task, n *process.Node) bool {
	able := func(p signoff.Principal) bool { return t.able(task, n, p) }
	return slices.ContainsFunc(task.Recipients, able) || slices.ContainsFunc(task.Later, able)
}

// moreSlots is how many answers a task wants once more people have a voice of
// their own, where the workflow wants one of each; 0 for as many as before.
func moreSlots(task *process.Task, before, after *Task) int {
	a := task.Answers
	if a == nil || a.Slots != nil || a.Rule == process.FirstAnswer {
		return 0
	}
	if n := min(before.Slots+after.places()-before.places(), len(after.Answers)+after.places()); n > before.Slots {
		return n
	}
	return 0
}

// tally works out the outcome of the answers there are, and says why; "" when
// there is none yet. late says that no more can come.
func (t *turn) tally(task *Task, n *process.Node, late bool) (outcome, why string, bad *trouble) {
	answers := task.Answers
	if len(answers) == 0 {
		return "", "", nil
	}
	for _, a := range n.Task.Actions {
		if a.Veto && slices.ContainsFunc(answers, func(x Answer) bool { return x.Action == a.Name }) {
			return a.Name, fmt.Sprintf("one answer %q is enough", a.Name), nil
		}
	}
	rule := n.Task.Answers
	if rule == nil || rule.Rule == process.FirstAnswer {
		return answers[0].Action, "the first answer decides", nil
	}
	wanted := task.Slots
	all := late || len(answers) >= wanted
	full := all || !t.anybody(task, n)
	if full {
		wanted = len(answers)
	}
	if full && !all && t.away(task) {
		defer func() {
			if outcome != "" {
				why += "; who is away is passed over: those who stand in have had their say or may not decide it"
			}
		}()
	}
	switch rule.Rule {
	case process.AllTheSame:
		if !full {
			return "", "", nil
		}
		outcome, why = unanimous(answers)
	case process.Majority:
		outcome, why = majority(n.Task, answers, wanted)
	case process.ByResults:
		outcome, why, bad = t.results(n.Task, task)
	}
	if outcome == "" && bad == nil && full && !late {
		return rule.Otherwise, "the rule gives no outcome: " + Tally(answers, wanted), nil
	}
	return outcome, why, bad
}

func unanimous(answers []Answer) (outcome, why string) {
	first := answers[0].Action
	if slices.ContainsFunc(answers, func(a Answer) bool { return a.Action != first }) {
		return "", ""
	}
	return first, fmt.Sprintf("all answered %q", first)
}

func majority(task *process.Task, answers []Answer, wanted int) (outcome, why string) {
	for _, a := range task.Actions {
		if n := countOf(answers, a.Name); 2*n > wanted {
			return a.Name, fmt.Sprintf("%d of %d answered %q", n, wanted, a.Name)
		}
	}
	return "", ""
}

func countOf(answers []Answer, action string) (n int) {
	for i := range answers {
		if answers[i].Action == action {
			n++
		}
	}
	return n
}

// results is the first result that applies.
func (t *turn) results(def *process.Task, task *Task) (outcome, why string, bad *trouble) {
	for _, r := range def.Answers.Results {
		if r.When != nil {
			yes, bad := t.holds(def, task, r)
			if bad != nil {
				return "", "", bad
			}
			if yes {
				return r.Outcome, fmt.Sprintf("the condition for %q is met: %s", r.Outcome, Tally(task.Answers, task.Slots)), nil
			}
			continue
		}
		least := 1
		if r.Least != nil {
			if least, bad = t.whole(fmt.Sprintf("how many answers the result %q needs", r.Outcome), r.Least); bad != nil {
				return "", "", bad
			}
		}
		if n := countOf(task.Answers, r.Action); n >= least {
			return r.Outcome, fmt.Sprintf("%d of %d answered %q", n, task.Slots, r.Action), nil
		}
	}
	return "", "", nil
}

// holds works out the condition of a result. One that is neither true nor false
// is trouble, as the condition of a flow is.
func (t *turn) holds(def *process.Task, task *Task, r process.Result) (bool, *trouble) {
	what := fmt.Sprintf("the condition of the result %q", r.Outcome)
	more := map[string]expr.Value{"counts": counts(def, task.Answers), "answers": answerValues(task.Answers, true),
		"wanted": expr.Int(int64(task.Slots)), "answered": expr.Int(int64(len(task.Answers)))}
	v, bad := t.eval(what, r.When, more)
	if bad != nil {
		return false, bad
	}
	if yes, ok := v.(expr.Boolean); ok {
		return bool(yes), nil
	}
	return false, t.unfit(what, r.When, more, v, "it must be true or false")
}

// counts is how many chose each action.
func counts(def *process.Task, answers []Answer) expr.Context {
	out := make(expr.Context, len(def.Actions))
	for i, a := range def.Actions {
		out[i].Key, out[i].Value = a.Name, expr.Int(int64(countOf(answers, a.Name)))
	}
	return out
}

func answerValues(answers []Answer, comments bool) expr.List {
	out := make(expr.List, len(answers))
	for i, a := range answers {
		one := expr.Context{{Key: "action", Value: expr.String(a.Action)}, {Key: "by", Value: personValue(a.By)}, {Key: "at", Value: expr.Moment(a.At)}}
		if comments {
			one = append(one, expr.Context{{Key: "comment", Value: expr.String(a.Comment)}}...)
		}
		out[i] = one
	}
	return out
}

// Tally says how many of the answers wanted there are, and what they are: "2 of
// 3 answered: 1 Approve, 1 Reject".
func Tally(answers []Answer, wanted int) string {
	var actions, parts []string
	for i := range answers {
		if a := answers[i].Action; !slices.Contains(actions, a) {
			actions = append(actions, a)
		}
	}
	for _, a := range actions {
		parts = append(parts, fmt.Sprintf("%d %s", countOf(answers, a), a))
	}
	said := fmt.Sprintf("%d of %d answered", len(answers), wanted)
	if len(parts) == 0 {
		return said
	}
	return said + ": " + strings.Join(parts, ", ")
}

// conclude ends a task with what its answers made. byCaller says that the last
// of them made it.
func (t *turn) conclude(task *Task, outcome, why string, byCaller bool) {
	n := t.node(task.Node)
	seq, token, last := task.Seq, task.Token, &task.Answers[len(task.Answers)-1]
	by := last.By
	f := Fact{Kind: TaskConcluded, Node: n.ID, Ref: seq, Outcome: outcome, Text: why, Person: &by,
		Vars: t.withAnswers(n.Task, task, outcome, last.Comment, by)}
	if byCaller && t.in.By.Principal == by.Principal {
		t.emitBy(f)
	} else {
		t.emit(f)
	}
	t.finishTask(seq, token)
}

// withAnswers is withResult with all answers, as far as there is room for them.
func (t *turn) withAnswers(def *process.Task, task *Task, outcome, comment string, by signoff.Person) map[string]expr.Value {
	vars := t.withResult(nil, def, outcome, comment, by)
	if vars == nil || !task.Several() {
		return vars
	}
	plain := append(vars[def.Result].(expr.Context), expr.Context{{Key: "counts", Value: counts(def, task.Answers)}}...)
	for _, comments := range []bool{true, false} {
		vars[def.Result] = append(slices.Clip(plain), expr.Context{{Key: "answers", Value: answerValues(task.Answers, comments)}}...)
		if _, ok := t.fits(vars); ok {
			return vars
		}
	}
	vars[def.Result] = plain
	return vars
}

// passOn puts a task before the next of its recipients who may decide it.
func (t *turn) passOn(task *Task) {
	n := t.node(task.Node)
	seq := task.Seq
	next := 1 + slices.IndexFunc(task.Later, func(p signoff.Principal) bool { return t.able(task, n, p) })
	if next == 0 {
		return
	}
	t.endAll(task, "")
	to := slices.Clone(task.Later[next-1 : next])
	t.emit(Fact{Kind: TaskPassed, Node: n.ID, Ref: seq, To: to, Attempts: next})
	t.resetReminders(n, seq)
	t.tellNew(n, t.st.task(seq), to)
}

// recount weighs the answers of a task again: the retry of an incident.
func (t *turn) recount(token int) {
	for i := range t.st.Tasks {
		if task := &t.st.Tasks[i]; task.Token == token && task.Open() {
			t.weigh(task.Seq)
			return
		}
	}
}

// Voting says in a sentence how the answers to a task decide; "" when the first
// one does.
func Voting(def *process.Task, task *Task) string {
	if def.Answers == nil || task.Slots < 2 {
		return ""
	}
	switch def.Answers.Rule {
	case process.AllTheSame:
		return fmt.Sprintf("%d answers are wanted, and all have to be the same.", task.Slots)
	case process.Majority:
		return fmt.Sprintf("%d answers are wanted; what more than half choose is the outcome.", task.Slots)
	case process.ByResults:
		return fmt.Sprintf("Up to %d answers are wanted.", task.Slots)
	}
	return ""
}
