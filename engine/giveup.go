package engine

import (
	"slices"
	"time"
)

// GiveUp puts on record that in, a timer that is due or the end of an effect,
// cannot be taken in because Decide panicked on it. The instance gets an
// incident and stays as it is otherwise: the timer is there and does not fire by
// itself any more, the effect waits. Retry lets the timer fire again, or asks
// for the effect again under its old key.
//
// It looks at nothing that may be what is broken. For any other event, and when
// it has been put on record before, it is refused as redundant.
func GiveUp(st State, in Input) (Step, error) {
	t := turn{in: in, now: in.At, at: in.At.UTC().Truncate(time.Microsecond), st: st.clone()}
	f := Fact{Kind: IncidentRaised, Code: IncidentEngine, Ref: t.next(), Stage: Entering, Attempts: 1,
		Text:   "the server met an error of its own; its log has the details",
		Advice: "retry once the server has been updated, or cancel the instance"}
	switch e := in.Event.(type) {
	case TimerDue:
		timer := t.timer(e.Timer)
		if timer == nil || t.givenUp(e.Timer) {
			return Step{}, redundant()
		}
		f.Node, f.Subject, f.Stage = timer.Node, timer.Seq, Due
	case EffectDone:
		return t.giveUpEffect(f, e.Effect)
	case EffectFailed:
		return t.giveUpEffect(f, e.Effect)
	default:
		return Step{}, redundant()
	}
	t.emit(f)
	return Step{State: t.st, Facts: t.facts}, nil
}

func (t *turn) giveUpEffect(f Fact, effect int) (Step, error) {
	eff := t.effect(effect)
	if eff == nil || t.hasIncident(eff.Token) {
		return Step{}, redundant()
	}
	f.Node, f.Token, f.Subject = eff.Node, eff.Token, eff.Seq
	t.emit(f)
	return Step{State: t.st, Facts: t.facts}, nil
}

func (t *turn) timer(seq int) *Timer {
	i := slices.IndexFunc(t.st.Timers, func(x Timer) bool { return x.Seq == seq })
	if i < 0 {
		return nil
	}
	return &t.st.Timers[i]
}

// raiseDue makes an incident of a timer or a wait that cannot have its way. No
// token has it: all that goes on goes on.
func (t *turn) raiseDue(node string, seq int, bad *trouble) {
	t.emit(Fact{Kind: IncidentRaised, Ref: t.next(), Node: node, Subject: seq, Stage: Due,
		Code: bad.code, Text: cut(clean(bad.cause), MaxComment), Advice: bad.advice})
}

// givenUp tells whether a timer or a wait has an incident: its own, which no
// token has.
func (t *turn) givenUp(seq int) bool {
	return slices.ContainsFunc(t.st.Incidents, func(i Incident) bool { return i.Stage == Due && i.Effect == seq })
}

// setAgain lets a timer that was given up fire once more, as a new one. A
// condition is looked at again.
func (t *turn) setAgain(seq int) {
	timer := t.timer(seq)
	if timer == nil {
		t.changed = true
		return
	}
	old := *timer
	t.emit(Fact{Kind: TimerCleared, Ref: old.Seq, Node: old.Node})
	f := Fact{Kind: TimerSet, Ref: t.next(), Node: old.Node, Due: &old.Due, TimerFor: old.For, Text: old.Cycle, Attempts: old.Left, Number: old.Number}
	if old.For == ForEvent {
		f.Token = old.Ref
	} else {
		f.Subject = old.Ref
	}
	t.emit(f)
}

// settleDue clears the incident of a timer or a wait that is gone now, or well.
func (t *turn) settleDue(seq int, how string) {
	for _, i := range t.st.Incidents {
		if i.Stage == Due && i.Effect == seq {
			t.emit(Fact{Kind: IncidentCleared, Node: i.Node, Ref: i.Seq, Text: how})
			return
		}
	}
}

// clearTimer drops a timer that nothing waits for any more.
func (t *turn) clearTimer(timer Timer) {
	t.emit(Fact{Kind: TimerCleared, Ref: timer.Seq, Node: timer.Node})
	t.settleDue(timer.Seq, "the timer is not needed any more")
}

// clearWait stops waiting for what nobody waits for any more.
func (t *turn) clearWait(w Wait) {
	t.emit(Fact{Kind: WaitCleared, Node: w.Node, Ref: w.Seq})
	t.settleDue(w.Seq, "it is not waited for any more")
}
