package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

type historyInput struct {
	ByInstance
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many steps at most; a step can be several events"`
	Cursor string `query:"cursor" maxLength:"20" doc:"\"next\" of the page before, or the number of the last event seen"`
}

func (s *Server) history(ctx context.Context, by signoff.Caller, in *historyInput) (*body[api.List[api.Event]], error) {
	after, err := historyCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	facts, next, err := s.Worklist.History(ctx, by, in.ID, after, in.Limit)
	if err != nil {
		return nil, err
	}
	t, err := s.teller(ctx, in.ID, facts)
	if err != nil {
		return nil, err
	}
	out := listOf(facts, t.event)
	if next != 0 {
		out.Next = strconv.Itoa(next)
	}
	return &body[api.List[api.Event]]{out}, nil
}

// historyCursor is the number of the last fact seen: a page of an instance that
// runs can be asked for what came since.
func historyCursor(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(cursor)
	if err != nil || n < 0 {
		return 0, errBadCursor
	}
	return n, nil
}

// teller turns facts into sentences. The caller's right to the instance has
// been checked before.
type teller struct {
	names
	instance signoff.InstanceID
	loc      *time.Location
	steps    map[string]string // element id: name, in the version that what is told of ran on
	eras     []era
	tasks    map[int]string // number in the instance: title

	before map[int]map[string]expr.Value // number of a fact that edits variables: what they were
}

func (s *Server) teller(ctx context.Context, id signoff.InstanceID, facts []engine.Fact) (*teller, error) {
	in, err := s.Worklist.Store.Instance(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.tellerOf(ctx, in, facts)
}

func (s *Server) tellerOf(ctx context.Context, in store.Instance, facts []engine.Fact) (*teller, error) {
	def, err := s.Library.Definition(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	var who []signoff.Principal
	for i := range facts {
		who = append(append(who, facts[i].By, facts[i].Behind, facts[i].From), facts[i].To...)
	}
	t := &teller{instance: in.ID, loc: s.location(), steps: stepNames(def), tasks: map[int]string{}}
	if t.names, err = s.named(ctx, who...); err != nil {
		return nil, err
	}
	if t.eras, err = s.erasOf(ctx, in, t.steps); err != nil {
		return nil, err
	}
	for _, task := range in.State.Tasks {
		t.tasks[task.Seq] = task.Title
	}
	t.before, err = s.valuesBefore(ctx, in.ID, facts)
	return t, err
}

// maxFolded bounds the history that is read to know what variables were: in a
// longer one, only their new values are told.
const maxFolded = 5000

// valuesBefore works out what variables were that somebody changed.
func (s *Server) valuesBefore(ctx context.Context, id signoff.InstanceID, facts []engine.Fact) (map[int]map[string]expr.Value, error) {
	last := 0
	for i := range facts {
		if facts[i].Kind == engine.VarsEdited {
			last = facts[i].Seq
		}
	}
	if last == 0 {
		return nil, nil
	}
	all, err := s.Worklist.Store.Facts(ctx, id, 0, maxFolded)
	if err != nil {
		return nil, err
	}
	out := map[int]map[string]expr.Value{}
	var st engine.State
	for i := 0; i < len(all) && all[i].Seq <= last; i++ {
		if all[i].Kind == engine.VarsEdited {
			out[all[i].Seq] = st.Vars
		}
		st = engine.Apply(st, all[i])
	}
	return out, nil
}

// edited says which variables somebody changed, from what to what.
func (t *teller) edited(f *engine.Fact) string {
	was, known := t.before[f.Seq]
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f.Vars)) {
		part := name
		if known {
			part += " from " + shownValue(was[name])
		}
		parts = append(parts, part+" to "+shownValue(f.Vars[name]))
	}
	return strings.Join(parts, ", ")
}

// maxShown bounds a value in a sentence, in characters.
const maxShown = 80

func shownValue(v expr.Value) string {
	if v == nil {
		return "no value"
	}
	text := []rune(strings.Join(strings.Fields(expr.Format(v)), " "))
	if len(text) > maxShown {
		text = append(text[:maxShown-1], '…')
	}
	return string(text)
}

func stepNames(def *process.Definition) map[string]string {
	out := make(map[string]string, len(def.Nodes))
	for _, n := range def.Nodes {
		out[n.ID] = n.Name
	}
	return out
}

func (t *teller) event(f engine.Fact) api.Event {
	t.steps = t.stepsAt(f.Seq)
	e := api.Event{Seq: f.Seq, At: f.At, Kind: string(f.Kind), By: t.by(&f), Step: f.Node, Name: t.steps[f.Node], Channel: f.Channel}
	if f.Behind != "" {
		e.By, e.For = t.personPtr(f.Behind), t.personPtr(f.By)
	}
	if _, isTask := t.tasks[f.Ref]; isTask && strings.HasPrefix(string(f.Kind), "task ") || (f.Kind == engine.Commented || f.Kind == engine.FileAdded || f.Kind == engine.FileRemoved) && f.Ref != 0 {
		e.Task = signoff.Serial{Instance: t.instance, Seq: f.Ref}.String()
	}
	if f.Evidence != "" && json.Valid([]byte(f.Evidence)) {
		e.Evidence = json.RawMessage(f.Evidence)
	}
	e.Text, e.Minor = t.sentence(&f, &e)
	return e
}

// by is who did it, as they were called then.
func (t *teller) by(f *engine.Fact) *api.Person {
	if f.Person != nil {
		p := personOf(*f.Person)
		return &p
	}
	return t.personPtr(f.By)
}

func (t *teller) who(p signoff.Principal) string {
	if p == "" {
		return "the server"
	}
	return t.person(p).Name
}

func (t *teller) whom(ps []signoff.Principal) string {
	var out []string
	for _, p := range ps {
		out = append(out, t.person(p).Name)
	}
	return strings.Join(out, ", ")
}

func (t *teller) when(at *time.Time) string {
	if at == nil {
		return "some time"
	}
	return at.In(t.loc).Format("Monday 2 January 15:04 MST")
}

// sentence says what a fact means to people, and whether it is only of interest
// when looking closely.
func (t *teller) sentence(f *engine.Fact, e *api.Event) (text string, minor bool) {
	who, task, step := t.who(f.By), quoted(t.tasks[f.Ref]), quoted(t.steps[f.Node])
	if e.By != nil {
		who = e.By.Name
	}
	if e.For != nil {
		who += " (for " + e.For.Name + ")"
	}
	switch f.Kind {
	case engine.Started:
		return who + " started " + quoted(f.Folio), false
	case engine.Entered:
		return step + " was reached", true
	case engine.Left:
		return step + " was left", true
	case engine.VarsSet:
		return "set: " + strings.Join(slices.Sorted(maps.Keys(f.Vars)), ", "), true
	case engine.Commented:
		e.Comment = f.Text
		return who + " wrote a comment", false
	case engine.FileAdded:
		return who + " added the file " + quoted(f.Title), false
	case engine.FileRemoved:
		e.Comment = f.Text
		return who + " removed the file " + quoted(f.Title), false
	case engine.Ended:
		return t.ending(f, who), false
	case engine.IncidentRaised:
		return step + " failed: " + f.Text, false
	case engine.IncidentCleared:
		return withReason("a failed step goes on", f.Text), false
	case engine.StepSkipped, engine.VarsEdited, engine.TokenMoved, engine.InstanceHeld, engine.InstanceResumed, engine.TokenPaused:
		return t.repaired(f, who, step)
	}
	if f.Crossed != nil {
		return t.crossed(f, who), false
	}
	if strings.HasPrefix(string(f.Kind), "task ") {
		return t.aboutTask(f, e, who, task)
	}
	if text, minor, known := t.aboutEvent(f, step); known {
		return text, minor
	}
	return t.aboutWorld(f, step)
}

// repaired says what somebody did to put an instance right.
func (t *teller) repaired(f *engine.Fact, who, step string) (string, bool) {
	switch f.Kind {
	case engine.StepSkipped:
		text := who + " skipped " + step
		if f.Outcome != "" {
			text += " with " + f.Outcome
		}
		return withReason(text, f.Text), false
	case engine.VarsEdited:
		return withReason(who+" changed "+t.edited(f), f.Text), false
	case engine.TokenMoved:
		return withReason(who+" moved it from "+quoted(t.steps[f.Code])+" to "+step, f.Text), false
	case engine.InstanceHeld:
		return withReason(who+" stopped it", f.Text), false
	case engine.InstanceResumed:
		return withReason(who+" let it go on", f.Text), false
	}
	return step + " is done; what follows waits until it goes on", true
}

func (t *teller) ending(f *engine.Fact, who string) string {
	if f.Status == engine.Cancelled {
		return withReason(who+" cancelled it", f.Text)
	}
	if f.By != "" && f.Text != "" {
		return withReason(who+" ended it", f.Text)
	}
	if f.Code != "" {
		return "it ended with the error " + quoted(f.Code)
	}
	return "it is complete"
}

func (t *teller) aboutTask(f *engine.Fact, e *api.Event, who, task string) (string, bool) {
	switch f.Kind {
	case engine.TaskOffered:
		return quoted(f.Title) + " was put to " + t.whom(f.To), false
	case engine.TaskClaimed:
		return who + " took " + task, false
	case engine.TaskReleased:
		if f.By == "" {
			return task + " was given back for " + t.whom(f.To) + ": " + f.Text, false
		}
		return who + " gave " + task + " back", false
	case engine.TaskRedirected:
		e.Comment = f.Text
		return who + " handed " + task + " on to " + t.whom(f.To), false
	case engine.TaskShared:
		e.Comment = f.Text
		return who + " shared " + task + " with " + t.whom(f.To), false
	case engine.TaskSlept:
		return who + " put " + task + " aside until " + t.when(f.Due), true
	case engine.TaskWoken:
		return task + " is back in the list of " + t.whom(f.To), true
	case engine.TaskDecided:
		e.Comment = f.Text
		return who + " chose " + f.Action + " for " + task, false
	case engine.TaskExpired:
		return task + " ran out of time; its outcome is " + f.Outcome, false
	case engine.TaskAnswered:
		e.Comment = f.Text
		return who + " chose " + f.Action + " for " + task, false
	case engine.TaskConcluded:
		return "the outcome of " + task + " is " + f.Outcome + ": " + f.Text, false
	case engine.TaskPassed:
		return "it is the turn of " + t.whom(f.To) + " for " + task, false
	case engine.TaskReminded:
		return t.whom(f.To) + " had a reminder of " + task, true
	case engine.TaskAsked:
		e.Comment = f.Text
		return who + " asked " + t.whom(f.To) + " about " + task, false
	case engine.TaskReplied:
		e.Comment = f.Text
		return who + " replied to a question about " + task, false
	case engine.TaskWithdrawn:
		if f.Outcome != "" {
			e.Comment = f.Text
			return who + " withdrew " + task + "; its outcome is " + f.Outcome, false
		}
		return withReason(task+" was withdrawn", f.Text), false
	}
	return string(f.Kind) + ": " + task, true
}

func (t *teller) aboutWorld(f *engine.Fact, step string) (string, bool) {
	switch f.Kind {
	case engine.TimerSet:
		return "it waits until " + t.when(f.Due), true
	case engine.TimerFired:
		return "the time has come: " + step, f.TimerFor == engine.ForSleep
	case engine.TimerCleared:
		return "a timer is not needed any more", true
	case engine.EffectRequested:
		return t.asked(f, step), f.Effect != "external"
	case engine.EffectFinished:
		return step + " was carried out", false
	case engine.EffectDropped:
		return "an answer from outside is not waited for any more", true
	}
	return string(f.Kind), true
}

// aboutEvent tells of sub-processes and of the events an instance waits for.
func (t *teller) aboutEvent(f *engine.Fact, step string) (text string, minor, known bool) {
	switch f.Kind {
	case engine.ScopeOpened:
		return step + " began", true, true
	case engine.LoopBegun:
		if f.Attempts > 0 {
			return fmt.Sprintf("%s is to be done %d times", step, f.Attempts), true, true
		}
		return step + " is repeated", true, true
	case engine.ScopeEnded:
		if f.Text != "" {
			return withReason(step+" was taken away", f.Text), true, true
		}
		return step + " is done", true, true
	case engine.WaitSet:
		return withReason("it waits for a "+f.Effect+" at "+step, f.Title), true, true
	case engine.WaitCleared:
		return step + " is not waited for any more", true, true
	case engine.MessageReceived:
		return "a message came: " + step, false, true
	case engine.SignalReceived:
		return "a signal came: " + step, false, true
	case engine.ConditionMet:
		return "the condition became true: " + step, false, true
	case engine.ConditionLapsed:
		return "the condition is true no more: " + step, true, true
	case engine.ErrorCaught:
		return withReason(step+" caught the error "+quoted(f.Code), f.Text), false, true
	case engine.EscalationCaught:
		return step + " caught the escalation " + quoted(f.Code), false, true
	}
	return "", false, false
}

func (t *teller) asked(f *engine.Fact, step string) string {
	switch f.Effect {
	case "email":
		return withReason(step+" sends a mail", f.Text)
	case "call":
		return withReason(step+" calls a service", f.Text)
	case "message":
		return withReason(step+" sends a message", f.Text)
	case "signal":
		return withReason(step+" sends a signal", f.Text)
	case "workflow":
		return withReason(step+" starts another workflow", f.Text)
	}
	return step + " waits for another system, which finishes it as " + signoff.Serial{Instance: t.instance, Seq: f.Ref}.String()
}

func withReason(text, reason string) string {
	if reason == "" {
		return text
	}
	return text + ": " + reason
}

func quoted(text string) string { return "“" + text + "”" }
