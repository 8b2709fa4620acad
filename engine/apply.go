package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

// Apply returns st with f made true. It cannot fail, and does not change what
// st refers to.
func Apply(st State, f Fact) State {
	st = st.clone()
	st.apply(&f)
	return st
}

// Fold returns the state in which all facts are true: those of an instance from
// its first on.
func Fold(facts []Fact) State {
	var st State
	for i := range facts {
		st.apply(&facts[i])
	}
	return st
}

// clone returns a state that apply may change without st changing. What lies
// deeper than one level is never changed in place, only replaced.
func (st State) clone() State {
	st.Vars = maps.Clone(st.Vars)
	st.Tokens = slices.Clone(st.Tokens)
	st.Tasks = slices.Clone(st.Tasks)
	st.Timers = slices.Clone(st.Timers)
	st.Effects = slices.Clone(st.Effects)
	st.Scopes = slices.Clone(st.Scopes)
	st.Waits = slices.Clone(st.Waits)
	st.Incidents = slices.Clone(st.Incidents)
	return st
}

// apply makes f true in a state of one's own.
func (st *State) apply(f *Fact) {
	st.Facts = f.Seq
	st.Seq = max(st.Seq, f.Ref, f.Token)
	if st.Came != nil {
		st.follow(f)
	}
	switch f.Kind {
	case Started:
		st.start(f)
	case Entered:
		st.enter(f)
	case Left:
		st.Tokens = slices.DeleteFunc(st.Tokens, func(t Token) bool { return t.ID == f.Token })
		st.unpause(f.Token)
	case VarsSet:
		st.setVars(f.Vars)
	case TimerSet:
		st.Timers = append(st.Timers, Timer{Seq: f.Ref, Node: f.Node, For: f.TimerFor, Ref: max(f.Token, f.Subject), Due: *f.Due,
			Cycle: f.Text, Left: f.Attempts, Number: f.Number})
	case TimerFired, TimerCleared:
		st.Timers = slices.DeleteFunc(st.Timers, func(t Timer) bool { return t.Seq == f.Ref })
	case EffectRequested:
		st.Effects = append(st.Effects, Effect{Seq: f.Ref, Token: f.Token, Node: f.Node, Kind: f.Effect})
	case EffectFinished, EffectDropped:
		st.Effects = slices.DeleteFunc(st.Effects, func(e Effect) bool { return e.Seq == f.Ref })
	case IncidentRaised:
		st.Incidents = append(st.Incidents, Incident{Seq: f.Ref, Node: f.Node, Token: f.Token, Effect: f.Subject, Stage: f.Stage,
			Code: f.Code, Cause: f.Text, Advice: f.Advice, Attempts: f.Attempts, At: f.At, Result: f.Vars})
	case IncidentCleared:
		st.Incidents = slices.DeleteFunc(st.Incidents, func(i Incident) bool { return i.Seq == f.Ref })
	case Ended:
		at := f.At
		st.Status, st.EndedAt, st.Error = f.Status, &at, f.Code
		st.Held, st.Paused = nil, nil
	case Commented:
	case FileAdded, FileRemoved:
		st.applyFile(f)
	case TaskOffered, TaskClaimed, TaskReleased, TaskRedirected, TaskShared, TaskSlept, TaskWoken, TaskDecided, TaskExpired, TaskWithdrawn,
		TaskAnswered, TaskConcluded, TaskPassed, TaskReminded, TaskAsked, TaskReplied:
		st.applyToTask(f)
	default:
		st.applyToScope(f)
	}
}

// applyToScope makes true what concerns scopes and waits.
func (st *State) applyToScope(f *Fact) {
	switch f.Kind {
	case ScopeOpened:
		st.Scopes = append(st.Scopes, Scope{ID: f.Ref, Node: f.Node, Parent: f.Scope, Token: f.Token, Number: f.Subject, Vars: f.Vars})
		if f.Subject > 0 {
			st.count(f.Scope, func(l *Loop) { l.Begun++ })
		}
	case LoopBegun:
		l := &Loop{Count: f.Attempts}
		l.Items, _ = f.Vars["items"].(expr.List)
		st.Scopes = append(st.Scopes, Scope{ID: f.Ref, Node: f.Node, Parent: f.Scope, Token: f.Token, Loop: l})
	case ScopeEnded:
		st.endScope(f)
	case WaitSet:
		st.Waits = append(st.Waits, Wait{Seq: f.Ref, Token: f.Token, Scope: f.Scope, Node: f.Node, Kind: f.Effect, Name: f.Title, Key: f.Code})
	case WaitCleared:
		st.Waits = slices.DeleteFunc(st.Waits, func(w Wait) bool { return w.Seq == f.Ref })
	case ConditionMet, ConditionLapsed:
		for i := range st.Waits {
			if st.Waits[i].Seq == f.Ref {
				st.Waits[i].Met = f.Kind == ConditionMet
			}
		}
	default:
		st.applyRepair(f)
	}
}

func (st *State) endScope(f *Fact) {
	s := st.scope(f.Ref)
	if s == nil {
		return
	}
	if s.Number > 0 {
		number := s.Number
		st.count(s.Parent, func(l *Loop) {
			if f.Text != "" {
				l.Stopped++
				return
			}
			l.Done++
			if v, given := f.Vars["output"]; given {
				out := make(expr.List, max(len(l.Output), number))
				copy(out, l.Output)
				out[number-1] = v
				l.Output = out
			}
		})
	}
	st.Scopes = slices.DeleteFunc(st.Scopes, func(s Scope) bool { return s.ID == f.Ref })
}

// count changes the counts of a scope that repeats, in a copy of its own.
func (st *State) count(scope int, change func(*Loop)) {
	if s := st.scope(scope); s != nil && s.Loop != nil {
		l := *s.Loop
		change(&l)
		s.Loop = &l
	}
}

func (st *State) start(f *Fact) {
	st.Form, st.Instance, st.Status = StateForm, f.Instance, Running
	st.Folio, st.Priority, st.StartedAt = f.Folio, f.Priority, f.At
	if f.Starter != nil {
		st.Starter = *f.Starter
	}
	st.StarterBehind = f.Behind
	st.setVars(f.Vars)
}

func (st *State) enter(f *Fact) {
	to := Token{ID: f.Token, Node: f.Node, Flow: f.Flow, Scope: f.Scope}
	for i := range st.Tokens {
		if st.Tokens[i].ID == f.Token {
			st.Tokens[i] = to
			return
		}
	}
	st.Tokens = append(st.Tokens, to)
}

func (st *State) setVars(vars map[string]expr.Value) {
	if len(vars) > 0 && st.Vars == nil {
		st.Vars = make(map[string]expr.Value, len(vars))
	}
	maps.Copy(st.Vars, vars)
}

func (st *State) applyToTask(f *Fact) {
	if f.Kind == TaskOffered {
		st.Tasks = append(st.Tasks, Task{Seq: f.Ref, Token: f.Token, Node: f.Node, Title: f.Title, Instructions: f.Text,
			Recipients: f.To, Claiming: f.Claiming, Priority: f.Priority, OfferedAt: f.At, Due: f.Due,
			Slots: f.Slots, Later: f.Later})
		return
	}
	t := st.task(f.Ref)
	if t == nil {
		return
	}
	switch f.Kind {
	case TaskClaimed:
		t.claim(f)
	case TaskReleased:
		t.release(f)
	case TaskRedirected:
		t.redirect(f.By, f.From, f.To)
		t.Slots = max(t.Slots, f.Slots)
	case TaskShared:
		t.share(f.From, f.To)
		t.Slots = max(t.Slots, f.Slots)
	case TaskSlept:
		t.Asleep = append(t.awake(f.By), Asleep{By: f.By, Until: *f.Due})
	case TaskWoken:
		for _, p := range f.To {
			t.Asleep = t.awake(p)
		}
	case TaskDecided:
		d := Decision{Outcome: f.Outcome, Comment: f.Text, At: f.At}
		if f.Person != nil {
			d.By = *f.Person
		}
		t.close(f.At, f.Outcome, f.By)
		t.Behind = f.Behind
		st.Last = &d
		st.setVars(f.Vars)
		st.forgetOldTasks()
	case TaskExpired:
		t.close(f.At, f.Outcome, "")
		st.Last = &Decision{Outcome: f.Outcome, At: f.At}
		st.setVars(f.Vars)
		st.forgetOldTasks()
	case TaskWithdrawn:
		t.close(f.At, f.Outcome, f.By)
		if f.Outcome != "" {
			t.Withdrawn, t.Behind = true, f.Behind
			st.Last = &Decision{Outcome: f.Outcome, Comment: f.Text, At: f.At}
			st.setVars(f.Vars)
		}
		st.forgetOldTasks()
	default:
		st.applyAnswer(t, f)
	}
}

// applyAnswer makes true what concerns answers, turns and questions.
func (st *State) applyAnswer(t *Task, f *Fact) {
	switch f.Kind {
	case TaskAnswered:
		t.answer(f)
		st.setVars(f.Vars)
	case TaskConcluded:
		d := Decision{Outcome: f.Outcome, At: f.At}
		if n := len(t.Answers); n > 0 {
			d.Comment, d.By = t.Answers[n-1].Comment, t.Answers[n-1].By
		}
		t.close(f.At, f.Outcome, d.By.Principal)
		if n := len(t.Answers); n > 0 {
			t.Behind = t.Answers[n-1].Behind
		}
		st.Last = &d
		st.setVars(f.Vars)
		st.forgetOldTasks()
	case TaskPassed:
		t.Recipients, t.Later = f.To, t.Later[min(f.Attempts, len(t.Later)):]
		t.Holders, t.Asleep = nil, nil
	case TaskAsked:
		t.Questions = append(slices.Clip(t.Questions), Question{Seq: f.Subject, By: f.By, To: first(f.To), Text: f.Text, At: f.At})
		st.Seq = max(st.Seq, f.Subject)
	case TaskReplied:
		t.reply(f)
	}
}

func first(ps []signoff.Principal) signoff.Principal {
	if len(ps) == 0 {
		return ""
	}
	return ps[0]
}

func (t *Task) claim(f *Fact) {
	if !t.Several() {
		t.Claimed = f.By
		return
	}
	h := Holder{By: f.By}
	if f.Due != nil {
		h.Until = *f.Due
	}
	t.Holders = append(slices.Clip(t.Holders), h)
}

func (t *Task) release(f *Fact) {
	t.Claimed = ""
	var rest []Holder
	for _, h := range t.Holders {
		if !slices.Contains(f.To, h.By) {
			rest = append(rest, h)
		}
	}
	t.Holders = rest
}

// task returns the task with that number, nil if there is none.
func (st *State) task(seq int) *Task {
	for i := range st.Tasks {
		if st.Tasks[i].Seq == seq {
			return &st.Tasks[i]
		}
	}
	return nil
}

// close keeps what a late answer must hear, and drops the rest.
func (t *Task) close(at time.Time, outcome string, by signoff.Principal) {
	t.ClosedAt, t.Outcome, t.ClosedBy = &at, outcome, by
	t.Claimed, t.Asleep, t.Instructions = "", nil, ""
	t.settled()
}

// redirect puts to in the place of from; from "" means everybody. The task no
// longer sleeps for by, who may have held it through a group.
func (t *Task) redirect(by, from signoff.Principal, to []signoff.Principal) {
	if t.Several() {
		t.handOn(by, from, to)
		return
	}
	t.Claimed = ""
	t.Asleep = t.awake(by)
	if from == "" {
		t.Recipients, t.Asleep = to, nil
		return
	}
	t.Asleep = t.awake(from)
	all := make([]signoff.Principal, 0, len(t.Recipients)+len(to))
	for _, p := range t.Recipients {
		if p == from {
			all = append(all, to...)
		} else {
			all = append(all, p)
		}
	}
	t.Recipients = distinct(all)
}

// awake returns who else than p the task sleeps for, in a slice of its own.
func (t *Task) awake(p signoff.Principal) []Asleep {
	var rest []Asleep
	for _, a := range t.Asleep {
		if a.By != p {
			rest = append(rest, a)
		}
	}
	return rest
}

// forgetOldTasks drops the oldest closed tasks beyond keepClosedTasks, so that
// an instance that loops for years stays small.
func (st *State) forgetOldTasks() {
	closed := 0
	for i := range st.Tasks {
		if !st.Tasks[i].Open() {
			closed++
		}
	}
	st.Tasks = slices.DeleteFunc(st.Tasks, func(t Task) bool {
		if t.Open() || closed <= keepClosedTasks {
			return false
		}
		closed--
		st.remember(t.Node, t.doers())
		return true
	})
}

// distinct returns ps without repetitions, in order.
func distinct(ps []signoff.Principal) []signoff.Principal {
	out := ps[:0]
	for _, p := range ps {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
