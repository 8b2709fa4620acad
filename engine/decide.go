package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// Decide works out what follows from in. It does not change st. An error is a
// refusal: nothing happened, and the caller can be told why. A NeedPeople error
// is a question: look the names up, add them to in.People and decide again.
//
// def must be the definition the instance runs on: the one it was started with,
// or the To of the last Migrate or GoBack.
func Decide(def *process.Definition, st State, in Input) (Step, error) {
	t := turn{def: def, in: in, now: in.At, at: in.At.UTC().Truncate(time.Microsecond), st: st.clone(), steps: MaxSteps}
	if err := t.begin(in.Event); err != nil {
		return Step{}, err
	}
	if t.st.Held != nil {
		t.pause()
	}
	t.run()
	for len(t.need) == 0 && t.stir() {
		t.run()
	}
	if len(t.need) > 0 {
		return Step{}, NeedPeople{Names: t.need}
	}
	if len(t.calendars) > 0 {
		return Step{}, NeedCalendars{Names: t.calendars}
	}
	if len(t.absent) > 0 {
		return Step{}, NeedAbsent{Of: t.absent}
	}
	t.settle()
	return Step{State: t.st, Facts: t.facts, Commands: t.commands}, nil
}

// turn is one call of Decide.
type turn struct {
	def       *process.Definition
	in        Input
	at        time.Time // when, as facts have it: UTC, microseconds
	now       time.Time // the same with the time zone that today() goes by
	st        State     // as it becomes
	facts     []Fact
	commands  []Command
	ready     []ready
	entries   int                   // nodes entered
	steps     int                   // steps left to expressions
	written   int                   // bytes of what the step makes, roughly
	sizes     map[string]int        // of variables as stored, where known
	kept      map[int]kept          // by scope, where known
	ending    int                   // the repeated activity whose passes are being put together, 0 mostly
	need      []string              // people nobody has looked up yet
	calendars []string              // likewise
	absent    []signoff.Principal   // of whom it is not known whether they are away
	scope     map[string]expr.Value // what expressions see; nil: to be made
	here      int                   // the scope in which expressions are worked out
	changed   bool                  // conditions are to be looked at
	decided   bool                  // whether tasks still have somebody who may decide them is to be looked at
}

// stir looks, when nothing moves any more, for what can go on because of that.
func (t *turn) stir() bool {
	if t.st.Status != Running || t.st.Held != nil {
		return false
	}
	return t.changed && t.conditions() || t.decided && t.left() || t.merge()
}

// begin takes the event in; run then moves whatever can go on because of it.
func (t *turn) begin(event Event) error {
	if e, ok := event.(Start); ok {
		return t.start(e)
	}
	switch t.st.Status {
	case Running:
	case "":
		return refuse(signoff.Conflict, CodeNotStarted, "this instance was never started")
	default:
		return t.afterEnd(event)
	}
	if t.st.Held != nil {
		if err := t.whileHeld(event); err != nil {
			return err
		}
	}
	if done, err := t.repair(event); done {
		return err
	}
	switch e := event.(type) {
	case Act:
		return t.act(e)
	case Claim:
		return t.claim(e)
	case Release:
		return t.release(e)
	case Redirect:
		return t.redirect(e)
	case Share:
		return t.share(e)
	case Withdraw:
		return t.withdrawTask(e)
	case Ask:
		return t.askAbout(e)
	case Reply:
		return t.reply(e)
	case Comment:
		return t.comment(e)
	case AddFile:
		return t.addFile(e)
	case RemoveFile:
		return t.removeFile(e)
	case Sleep:
		return t.sleep(e)
	case Wake:
		return t.wake(e)
	case TimerDue:
		return t.timerDue(e)
	case EffectDone:
		return t.effectDone(e)
	case EffectFailed:
		return t.effectFailed(e)
	case FinishExternal:
		return t.finishExternal(e)
	case MessageCame:
		return t.messageCame(e)
	case SignalCame:
		return t.signalCame(e)
	case Retry:
		return t.retry(e)
	case Cancel:
		return t.cancel(e)
	}
	panic("engine: an event of unknown type")
}

// afterEnd says why nothing can be done to an instance that has ended: somebody
// late for a task hears who was first.
func (t *turn) afterEnd(event Event) error {
	switch e := event.(type) {
	case TimerDue, EffectDone, EffectFailed, MessageCame, SignalCame:
		return redundant()
	case Comment, AddFile:
		task, _ := taskOf(event)
		if err := t.mayComment(task); err != nil {
			return err
		}
		return instanceEnded(&t.st)
	case RemoveFile:
		return t.removeFile(e)
	}
	task, is := taskOf(event)
	if !is {
		return instanceEnded(&t.st)
	}
	_, err := t.openTask(task)
	return err
}

// emit makes f true and part of the step. Facts that state a person's own deed
// are emitted with emitBy.
func (t *turn) emit(f Fact) {
	f.Seq, f.At = t.st.Facts+1, t.at
	t.st.apply(&f)
	if t.facts == nil {
		t.facts = make([]Fact, 0, usualFacts)
	}
	t.facts = append(t.facts, f)
	switch f.Kind {
	case Started, VarsSet, VarsEdited, StepSkipped, TaskDecided, TaskExpired, TaskAnswered, TaskConcluded, TaskWithdrawn:
		for name := range f.Vars {
			delete(t.sizes, name)
		}
		t.changed = len(t.st.Waits) > 0
		t.decided = t.decided || f.By != ""
		t.see(&f)
	case WaitSet:
		t.changed = true
	case TaskOffered:
		t.written += len(f.Text) + rowBytes*(len(f.To)+len(f.Later))
	}
}

// usualFacts is how many facts most steps have: they are large, and a slice that
// grows to them copies them again and again.
const usualFacts = 8

// rowBytes is about what one more recipient of a task takes up.
const rowBytes = 256

func (t *turn) emitBy(f Fact) {
	f.By, f.Behind = t.in.By.Principal, t.in.By.Behind
	t.emit(f)
}

// next returns the number for a new thing in the instance. The fact that makes
// the thing must follow before next is called again.
func (t *turn) next() int { return t.st.Seq + 1 }

// node returns the node with that element id. State names only nodes of its own
// definition; anything else is a broken store, and stops this instance.
func (t *turn) node(id string) *process.Node {
	for i := range t.def.Nodes {
		if t.def.Nodes[i].ID == id {
			return &t.def.Nodes[i]
		}
	}
	panic("engine: the state names step " + id + ", which the definition does not have")
}

// where returns the node a token is at, "" when it is no more.
func (t *turn) where(token int) string {
	for i := range t.st.Tokens {
		if t.st.Tokens[i].ID == token {
			return t.st.Tokens[i].Node
		}
	}
	return ""
}

// ask returns who name means, or notes that it must be looked up.
func (t *turn) ask(name string) (people []signoff.Person, known bool) {
	people, known = t.in.People[name]
	if !known && !slices.Contains(t.need, name) {
		t.need = append(t.need, name)
	}
	return people, known
}

// clean makes text from outside storable: valid UTF-8 without surrounding space.
func clean(text string) string {
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}
