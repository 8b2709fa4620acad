package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// What administrators do to an instance that cannot go on as it should. Each
// has a reason, which stays on record. Who may is for the server to say.

// Skip goes on behind a failed step without doing it. Vars stand in for all
// that the step would have set. A user task is skipped with an outcome.
type Skip struct {
	Incident int
	Vars     map[string]expr.Value
	Outcome  string
	Reason   string
}

// SetVars gives variables other values. What has been worked out from the old
// ones, such as who a task was put to, stays.
type SetVars struct {
	Vars   map[string]expr.Value
	Reason string
}

// Move takes the instance from one step to another of the same sub-process,
// with all that the one waits for. Steps are named by element id, or by their
// name where only one is called that.
type Move struct {
	From   string // "": where it is, when that is one place
	Token  int    // which of several at From; 0: there is one
	To     string
	All    bool // whatever else goes on in the same sub-process is ended
	Vars   map[string]expr.Value
	Reason string
}

// End completes the instance as it stands: who called it as a sub-workflow goes
// on with its variables. Cancel is for one that is not to count.
type End struct {
	Vars   map[string]expr.Value
	Reason string
}

func (Skip) event()    {}
func (SetVars) event() {}
func (Move) event()    {}
func (End) event()     {}

// repair takes in what an administrator does. It returns false for any other
// event.
func (t *turn) repair(event Event) (bool, error) {
	switch e := event.(type) {
	case Skip:
		return true, t.skip(e)
	case SetVars:
		return true, t.editVars(e)
	case Move:
		return true, t.moveTo(e)
	case End:
		return true, t.endNow(e)
	case Hold:
		return true, t.hold(e)
	case Resume:
		return true, t.resumeHeld(e)
	case Migrate:
		return true, t.migrate(e)
	case GoBack:
		return true, t.goBack(e)
	}
	return false, nil
}

// because is a reason as it stays on record.
func because(text string) (string, error) {
	text = clean(text)
	if text == "" {
		return "", &signoff.Error{Kind: signoff.Invalid, Code: CodeReasonRequired, Detail: "say why: the reason stays on record",
			Fields: []signoff.FieldError{{Field: "reason", Detail: "a reason is required"}}}
	}
	return text, tooLong("reason", text, MaxComment)
}

// skip ends a failed step as if it were done.
func (t *turn) skip(e Skip) error {
	i, ok := t.incident(e.Incident)
	if !ok {
		return t.incidentGone(e.Incident)
	}
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	n := t.node(i.Node)
	if err := t.mayEnd(n); err != nil {
		return err
	}
	f := Fact{Kind: StepSkipped, Node: n.ID, Token: i.Token, Ref: i.Seq, Text: why, Vars: vars}
	if i.Stage == Due {
		t.skipDue(f, i.Effect, n)
		return nil
	}
	stage, err := t.behind(&i, n)
	if err != nil {
		return err
	}
	if n.Kind == process.UserTask && (n.Multi == nil || t.isPass(ready{i.Token, n, i.Stage})) {
		if f.Outcome, err = skipOutcome(n.Task, e.Outcome); err != nil {
			return err
		}
		f.Vars = t.withResult(vars, n.Task, f.Outcome, why, signoff.Person{})
	} else if e.Outcome != "" {
		return refuse(signoff.Invalid, CodeUnknownAction, "%q is no task: it has no outcome", n.Name)
	}
	t.emitBy(f)
	t.withdraw(i.Token, "the step was skipped")
	t.resume(i.Token, stage)
	return nil
}

// skipDue goes on as if a timer or a condition had never been, or behind the
// event that waits for nothing but the timer.
func (t *turn) skipDue(f Fact, seq int, n *process.Node) {
	if w, is := t.wait(seq, WaitCondition); is {
		f.Vars = nil
		t.emitBy(f)
		t.clearWait(w)
		return
	}
	timer := *t.timer(seq)
	waited := timer.For == ForEvent && n.Kind != process.BoundaryEvent
	if !waited {
		f.Vars = nil
	}
	t.emitBy(f)
	t.clearTimer(timer)
	if waited {
		t.happened(n, timer.Ref, 0, nil)
	}
}

// skipOutcome is what a skipped task counts as decided with.
func skipOutcome(task *process.Task, name string) (string, error) {
	all := task.Outcomes()
	for _, o := range all {
		if strings.EqualFold(o, strings.TrimSpace(name)) {
			return o, nil
		}
	}
	e := refuse(signoff.Invalid, CodeUnknownAction, "say with which outcome the task is skipped: it can end with %s", strings.Join(all, ", "))
	e.Fields = []signoff.FieldError{{Field: "outcome", Detail: "no outcome of the task", Advice: listing("it can end with", all)}}
	return "", e
}

// behind is where a step goes on that is skipped, or why it cannot be.
func (t *turn) behind(i *Incident, n *process.Node) (Stage, error) {
	switch {
	case n.Kind == process.StartEvent && i.Stage == Entering && len(t.def.Handlers(n.Scope)) > 0:
		e := refuse(signoff.Conflict, CodeCannotSkip, "at %q the events beside it begin to be waited for; skipped, they never would be", n.Name)
		e.Hint = "correct the variables and retry, or move it to the step behind, where it goes on without them"
		return "", e
	case n.Kind == process.TerminateEvent, n.Kind == process.ThrowEvent && n.Is(process.OnLink):
		e := refuse(signoff.Conflict, CodeCannotSkip, "%q only says where it goes on, or that all is at its end; there is nothing behind it", n.Name)
		e.Hint = "retry, or move it to the step where it is to go on"
		return "", e
	case i.Stage == Leaving:
		e := refuse(signoff.Conflict, CodeCannotSkip, "%q is done; what failed is the choice of the way on", n.Name)
		e.Hint = "correct the variables and retry, or move it to the step where it is to go on"
		return "", e
	case n.Kind == process.EventGateway:
		e := refuse(signoff.Conflict, CodeCannotSkip, "%q waits for one of several events, and none has come", n.Name)
		e.Hint = "move it to the event whose way it is to take"
		return "", e
	case i.Stage == Answered:
		if next := afterAnswer(n); next == Entering {
			return next, nil
		}
	}
	return Leaving, nil
}

// editVars changes variables by hand.
func (t *turn) editVars(e SetVars) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	if len(e.Vars) == 0 {
		return badVariables([]signoff.FieldError{{Field: "variables", Detail: "name at least one, and its new value"}})
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	t.emitBy(Fact{Kind: VarsEdited, Vars: vars, Text: why})
	return nil
}

// moveTo takes a token from its step to another.
func (t *turn) moveTo(e Move) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	k, err := t.movable(e)
	if err != nil {
		return err
	}
	from := t.node(k.Node)
	if err := t.mayEnd(from); err != nil {
		return err
	}
	to, err := t.destination(e.To, from)
	if err != nil {
		return err
	}
	if len(vars) > 0 {
		t.emitBy(Fact{Kind: VarsEdited, Vars: vars, Text: why})
	}
	if e.All {
		t.alone(k)
	}
	t.withdraw(k.ID, "it was moved to "+to.Name)
	t.emitBy(Fact{Kind: TokenMoved, Node: to.ID, Token: k.ID, Code: from.ID, Scope: k.Scope, Text: why})
	t.ready = append(t.ready, ready{k.ID, to, Entering})
	return nil
}

// alone ends all other tokens of a token's scope, and the event sub-processes
// that are under way in it; those that wait go on waiting.
func (t *turn) alone(k Token) {
	for _, other := range slices.Clone(t.st.Tokens) {
		if other.Scope == k.Scope && other.ID != k.ID {
			t.takeAway(other.ID, "everything was moved to one step")
		}
	}
	for _, s := range slices.Clone(t.st.Scopes) {
		if s.Parent == k.Scope && s.Token == 0 && s.Number == 0 && t.st.scope(s.ID) != nil {
			t.drop(s.ID, "everything was moved to one step")
		}
	}
}

// movable is the token that is meant: not that of one pass of a repeated step,
// which goes on or ends with the others.
func (t *turn) movable(e Move) (Token, error) {
	from := ""
	if e.From != "" {
		n, err := t.stepCalled("from", e.From)
		if err != nil {
			return Token{}, err
		}
		from = n.ID
	}
	var found []Token
	passes := false
	for _, k := range t.st.Tokens {
		if from != "" && k.Node != from || e.Token != 0 && k.ID != e.Token {
			continue
		}
		if t.isPass(ready{token: k.ID, node: t.node(k.Node)}) {
			passes = true
			continue
		}
		found = append(found, k)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && passes:
		return Token{}, refuse(signoff.Conflict, CodeCannotMove, "one pass of a repeated step cannot be moved; move the step as a whole")
	case len(found) == 0:
		return Token{}, refuse(signoff.Conflict, CodeCannotMove, "the instance is not there; it is at %s", t.places(t.st.Tokens))
	}
	e2 := refuse(signoff.Conflict, CodeCannotMove, "the instance is in several places: %s", t.places(found))
	e2.Hint = "say which of them is to be moved, by its step or by its token"
	return Token{}, e2
}

// places names where tokens are.
func (t *turn) places(tokens []Token) string {
	var b strings.Builder
	for i, k := range tokens {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 10 {
			fmt.Fprintf(&b, "and %d more", len(tokens)-i)
			break
		}
		fmt.Fprintf(&b, "%q (%s, token %d)", t.node(k.Node).Name, k.Node, k.ID)
	}
	return b.String()
}

// stepCalled is the step with that element id or, if it is the only one, that
// name.
func (t *turn) stepCalled(field, text string) (*process.Node, error) {
	text = oneLine(clean(text))
	var named []*process.Node
	var ids []string
	for i := range t.def.Nodes {
		n := &t.def.Nodes[i]
		if n.ID == text {
			return n, nil
		}
		if strings.EqualFold(n.Name, text) {
			named = append(named, n)
		}
		ids = append(ids, n.ID)
	}
	if len(named) == 1 {
		return named[0], nil
	}
	advice := "name it by its element id: " + strings.Join(ids[:min(len(ids), 20)], ", ")
	if near := signoff.Nearest(text, ids); near != "" {
		advice = "did you mean " + near + "?"
	}
	what := "has no step"
	if len(named) > 1 {
		what = "has several steps"
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: CodeUnknownStep, Detail: fmt.Sprintf("the workflow %s %q", what, cut(text, 100)),
		Fields: []signoff.FieldError{{Field: field, Detail: "it is not a step of the workflow", Advice: advice}}}
}

// destination is the step a token may be moved to.
func (t *turn) destination(name string, from *process.Node) (*process.Node, error) {
	n, err := t.stepCalled("to", name)
	if err != nil {
		return nil, err
	}
	why, hint := noDestination(n)
	if why == "" && n.Scope != from.Scope {
		why, hint = fmt.Sprintf("it is not in the same sub-process as %q", from.Name), "move the sub-process as a whole, or move within it"
	}
	if why == "" {
		return n, nil
	}
	e := refuse(signoff.Conflict, CodeCannotMove, "the instance cannot be moved to %q: %s", n.Name, why)
	e.Hint = hint
	return nil, e
}

// CanBeEntered tells whether an instance can be moved to a step from others of
// its sub-process.
func CanBeEntered(n *process.Node) bool {
	why, _ := noDestination(n)
	return why == ""
}

// noDestination is why no instance is moved to a step, and what to do instead.
func noDestination(n *process.Node) (why, hint string) {
	switch {
	case n.Kind == process.StartEvent:
		return "it is where the workflow begins", "move it to the step behind"
	case n.Kind == process.BoundaryEvent:
		return "it happens at another step", "move it to the step behind"
	case n.Kind == process.EventSubProcess:
		return "it begins by its event alone", ""
	case n.Joins() && len(n.Incoming) != 1:
		return "it waits for other branches, which would not come", "move it to the step behind, and end the others with all"
	}
	return "", ""
}

// endNow completes the instance wherever it is.
func (t *turn) endNow(e End) error {
	why, err := because(e.Reason)
	if err != nil {
		return err
	}
	vars, err := t.checked(e.Vars, nil)
	if err != nil {
		return err
	}
	if len(vars) > 0 {
		t.emitBy(Fact{Kind: VarsEdited, Vars: vars, Text: why})
	}
	t.clearInside(0, "the instance was ended")
	t.emitBy(Fact{Kind: Ended, Status: Completed, Text: why})
	return nil
}

// applyRepair makes true what an administrator did.
func (st *State) applyRepair(f *Fact) {
	switch f.Kind {
	case StepSkipped:
		st.setVars(f.Vars)
		if f.Outcome != "" {
			st.Last = &Decision{Outcome: f.Outcome, Comment: f.Text, At: f.At}
			st.remember(f.Node, []signoff.Principal{f.By, f.Behind})
		}
	case VarsEdited:
		st.setVars(f.Vars)
	case TokenMoved:
		st.unpause(f.Token)
		st.enter(f)
	case InstanceHeld:
		st.Held = &Held{By: f.By, At: f.At, Reason: f.Text}
	case InstanceResumed:
		st.Held, st.Paused = nil, nil
	case TokenPaused:
		st.Paused = append(slices.Clip(st.Paused), Paused{f.Token, f.Stage})
	case Migrated:
		st.cross(f)
	case WentBack:
		st.uncross(f)
	}
}
