package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// watched is a task with a condition on its edge and one that begins an event
// sub-process, both "n", which is a number where it should be true or false.
func watched(t tb) *world {
	s := draw(t).variable("n", process.JSON).node("start", process.StartEvent).
		user("ask", []string{"jane"}).node("end", process.EndEvent).path("start", "ask", "end")
	s.on("edge", "ask", &process.Event{Trigger: process.OnCondition, Condition: s.expr("n")}, false).
		user("look", []string{"bob"}).node("looked", process.EndEvent).path("edge", "look", "looked")
	s.within("beside", process.EventSubProcess, func() {
		s.event("when", process.StartEvent, &process.Event{Trigger: process.OnCondition, Condition: s.expr("n")}).
			node("done", process.EndEvent).path("when", "done")
	})
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"n": expr.Int(3)}))
	return w
}

func set(n expr.Value) SetVars {
	return SetVars{Vars: map[string]expr.Value{"n": n}, Reason: "put right"}
}

func TestAConditionBesideThatCannotBeWorkedOutIsAnIncidentOnce(t *testing.T) {
	w := watched(t)
	if len(w.st.Incidents) != 2 || len(w.openTasks()) != 1 {
		t.Fatalf("%d incidents, %d tasks: want one of each condition, and the task open", len(w.st.Incidents), len(w.openTasks()))
	}
	for _, i := range w.st.Incidents {
		if i.Stage != Due || i.Token != 0 || i.Code != IncidentExpression || !strings.Contains(i.Cause, "must be true or false") {
			t.Errorf("%+v", i)
		}
	}
	w.must("root", set(expr.Int(4)))
	if len(w.nodesOf(IncidentRaised)) != 2 {
		t.Errorf("raised at %v: the same trouble is told again", w.nodesOf(IncidentRaised))
	}
	w.must("root", Retry{Incident: w.st.Incidents[0].Seq})
	if len(w.st.Incidents) != 2 {
		t.Fatalf("after a retry that changed nothing: %+v", w.st.Incidents)
	}
	w.must("root", set(expr.Boolean(true)))
	if len(w.st.Incidents) != 0 || len(w.nodesOf(ConditionMet)) != 2 || len(w.openTasks()) != 2 {
		t.Errorf("put right: %d incidents, met at %v", len(w.st.Incidents), w.nodesOf(ConditionMet))
	}
}

func TestAConditionBesideIsPutRightWithTheRetry(t *testing.T) {
	w := watched(t)
	w.must("root", Retry{Incident: w.st.Incidents[1].Seq, Vars: map[string]expr.Value{"n": expr.Boolean(false)}})
	if len(w.st.Incidents) != 0 || len(w.st.Waits) != 2 || len(w.nodesOf(ConditionMet)) != 0 {
		t.Errorf("%+v, %d waits", w.st.Incidents, len(w.st.Waits))
	}
}

func TestASkippedConditionIsNotWaitedForAnyMore(t *testing.T) {
	w := watched(t)
	for len(w.st.Incidents) > 0 {
		w.must("root", Skip{Incident: w.st.Incidents[0].Seq, Reason: "nobody needs it"})
	}
	w.must("root", set(expr.Boolean(true)))
	if len(w.st.Waits) != 0 || len(w.nodesOf(ConditionMet)) != 0 {
		t.Errorf("%d waits, met at %v", len(w.st.Waits), w.nodesOf(ConditionMet))
	}
}

func TestTheIncidentOfAConditionGoesWithWhatWaits(t *testing.T) {
	w := watched(t)
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if w.st.Status != Completed || len(w.st.Incidents) != 0 {
		t.Errorf("it is %s with %+v", w.st.Status, w.st.Incidents)
	}
}

// fullUp is an instance with as many places as there may be, and a task at whose
// edge e happens without taking it away.
func fullUp(t tb, e func(*sketch) *process.Event) *world {
	s := draw(t).variable("n", process.JSON).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		event("many", process.CatchEvent, &process.Event{Trigger: process.OnSignal, Name: "open"}).
		user("ask", []string{"jane"}).node("end", process.EndEvent).
		path("start", "fork", "many", "end").path("fork", "ask", "end")
	s.on("edge", "ask", e(s), false).node("noted", process.EndEvent).path("edge", "noted")
	w := run(s)
	w.must("ana", begin(nil))
	for _, k := range w.st.Tokens {
		if k.Node == "many" {
			wait := w.st.Waits[0]
			for i := len(w.st.Tokens); i < MaxTokens; i++ {
				k.ID, wait.Seq = 10_000+2*i, 10_001+2*i
				wait.Token = k.ID
				for _, f := range []Fact{{Kind: Entered, Node: "many", Token: k.ID, Flow: k.Flow},
					{Kind: WaitSet, Node: "many", Token: k.ID, Ref: wait.Seq, Effect: WaitSignal, Title: "open"}} {
					f.Seq, f.At = w.st.Facts+1, w.now
					w.st.apply(&f)
					w.facts = append(w.facts, f)
				}
			}
		}
	}
	return w
}

func TestATimerThatRingsWithoutEndFillsNoInstance(t *testing.T) {
	w := fullUp(t, func(s *sketch) *process.Event {
		return &process.Event{Trigger: process.OnTimer, Timer: &process.Timer{Cycle: s.expr(`"R/PT1M"`)}}
	})
	ring := TimerDue{Timer: w.st.Timers[0].Seq}
	w.now = w.now.Add(time.Minute)
	w.must("", ring)
	i := w.wantIncident(IncidentTokens)
	if i.Stage != Due || len(w.st.Tokens) != MaxTokens || len(w.nodesOf(TimerFired)) != 0 {
		t.Fatalf("%+v, %d places", i, len(w.st.Tokens))
	}
	w.wantRefusal("", ring, signoff.Conflict, CodeRedundant)
	w.must("", SignalCame{Wait: w.st.Waits[0].Seq})
	w.must("root", Retry{Incident: i.Seq})
	w.must("", TimerDue{Timer: w.st.Timers[0].Seq})
	if len(w.nodesOf(TimerFired)) != 1 || len(w.st.Timers) != 1 || len(w.st.Incidents) != 0 {
		t.Errorf("with room again: rang %v, %d timers, %+v", w.nodesOf(TimerFired), len(w.st.Timers), w.st.Incidents)
	}
}

func TestAConditionBesideNeedsRoom(t *testing.T) {
	w := fullUp(t, func(s *sketch) *process.Event {
		return &process.Event{Trigger: process.OnCondition, Condition: s.expr("n")}
	})
	w.must("root", set(expr.Boolean(true)))
	i := w.wantIncident(IncidentTokens)
	w.must("", SignalCame{Wait: w.st.Waits[len(w.st.Waits)-1].Seq})
	w.must("root", Retry{Incident: i.Seq})
	if len(w.nodesOf(ConditionMet)) != 1 || len(w.st.Incidents) != 0 {
		t.Errorf("with room again: met at %v, %+v", w.nodesOf(ConditionMet), w.st.Incidents)
	}
}

func TestAMessageBesideNeedsRoom(t *testing.T) {
	w := fullUp(t, func(*sketch) *process.Event { return &process.Event{Trigger: process.OnMessage, Name: "how far"} })
	for _, wait := range w.st.Waits {
		if wait.Kind == WaitMessage {
			w.wantRefusal("", MessageCame{Wait: wait.Seq}, signoff.TooMany, CodeInstanceFull)
		}
	}
	w.must("", SignalCame{Wait: w.st.Waits[len(w.st.Waits)-1].Seq}) // it takes no room
}

// What is thrown waits at who throws it until there is room for who catches it.
func TestAnEscalationNeedsRoomForWhoCatchesIt(t *testing.T) {
	s := draw(t).node("start", process.StartEvent)
	s.within("work", process.SubProcess, func() {
		s.node("in", process.StartEvent).user("ask", []string{"jane"}).
			event("up", process.ThrowEvent, &process.Event{Trigger: process.OnEscalation, Code: "late"}).node("out", process.EndEvent).path("in", "ask", "up", "out")
	})
	s.on("edge", "work", &process.Event{Trigger: process.OnEscalation, Code: "late"}, false).node("end", process.EndEvent).
		path("start", "work", "end").path("edge", "end")
	w := run(s)
	w.must("ana", begin(nil))
	tokens := w.st.Tokens
	for i := len(tokens); i < MaxTokens; i++ {
		w.st.Tokens = append(w.st.Tokens, Token{ID: 10_000 + i, Node: "end"})
	}
	in := Input{At: w.now, By: caller("jane"), Event: Act{Task: w.openTasks()[0].Seq, Action: "Approve"}, People: People{}}
	step, err := decideKnowing(w.def, w.st, in, w.who)
	if err != nil || len(step.State.Tokens) > MaxTokens || len(step.State.Incidents) != 1 || step.State.Incidents[0].Code != IncidentTokens || step.State.Incidents[0].Node != "up" {
		t.Errorf("%v: %d places, %+v", err, len(step.State.Tokens), step.State.Incidents)
	}
}
