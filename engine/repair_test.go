package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// asking draws start, a call of a service, a question and an end, and a task
// beside the way.
func asking(t tb) *sketch {
	s := draw(t).variable("n", process.Number).variable("to", process.String).variable("status", process.Number).node("start", process.StartEvent).
		node("call", process.ServiceTask, func(n *process.Node) {
			n.Assign = []process.Assign{{Variable: "n"}}
		}).user("ask", []string{"{to}"}).user("other", []string{"bob"}).node("end", process.EndEvent).path("start", "call", "ask", "end")
	call := &s.def.Nodes[s.index("call")]
	call.Service = &process.Service{Method: "GET", URL: s.template("https://x.test"), Outputs: []process.Assign{{Variable: "status", Value: s.expr("status")}}}
	call.Assign[0].Value = s.expr("status + 1")
	return s.flow("other", "end", "")
}

func failed(t tb, vars map[string]expr.Value) *world {
	w := run(asking(t))
	w.must("ana", begin(vars))
	w.must("", EffectFailed{Effect: 2, Attempts: 6, Cause: "no answer"})
	return w
}

func (w *world) fact(kind FactKind) Fact {
	w.t.Helper()
	i := slices.IndexFunc(w.facts, func(f Fact) bool { return f.Kind == kind })
	if i < 0 {
		w.t.Fatalf("there is no fact %q", kind)
	}
	return w.facts[i]
}

func TestASkippedCallCountsAsWhatWasChosen(t *testing.T) {
	w := failed(t, map[string]expr.Value{"to": expr.String("jane")})
	i := w.wantIncident(IncidentEffect)
	w.wantRefusal("root", Skip{Incident: i.Seq}, signoff.Invalid, CodeReasonRequired)
	w.wantRefusal("root", Skip{Incident: 99, Reason: "x"}, signoff.NotFound, CodeIncidentGone)
	w.wantRefusal("root", Skip{Incident: i.Seq, Reason: "x", Vars: map[string]expr.Value{"n": expr.String("many")}}, signoff.Invalid, CodeBadVariables)
	w.wantRefusal("root", Skip{Incident: i.Seq, Reason: "x", Outcome: "Approve"}, signoff.Invalid, CodeUnknownAction)
	step := w.must("root", Skip{Incident: i.Seq, Reason: "the service is gone for good", Vars: map[string]expr.Value{"n": expr.Int(9)}})
	if len(w.st.Incidents)+len(w.st.Effects) != 0 || w.st.Tasks[0].Node != "ask" || expr.Format(w.st.Vars["n"]) != "9" || w.st.Vars["status"] != nil {
		t.Errorf("after the skip: %s", w.st.AppendJSON(nil))
	}
	if f := w.fact(StepSkipped); f.By != "user:root" || f.Text != "the service is gone for good" || f.Node != "call" {
		t.Errorf("on record is %+v", f)
	}
	if slices.ContainsFunc(step.Commands, func(c Command) bool { return c.Kind == DoCall }) {
		t.Error("the call is made all the same")
	}
	for seq, says := range map[int]string{i.Seq: "is no failed step any more", 99: "there is no failed step", w.st.Tasks[0].Seq: "has not failed: it waits to be decided"} {
		for _, e := range []Event{Skip{Incident: seq, Reason: "x", Outcome: "Approve"}, Retry{Incident: seq}} {
			if told := w.wantRefusal("root", e, signoff.NotFound, CodeIncidentGone); !strings.Contains(told.Detail, says) || seq != 99 && told.Hint == "" {
				t.Errorf("of %d it says %v (%s)", seq, told, told.Hint)
			}
		}
	}
	w.wantRefusal("", EffectDone{Effect: 2}, signoff.Conflict, CodeRedundant)
}

func TestASkippedTaskHasAnOutcome(t *testing.T) {
	w := failed(t, nil)
	w.must("root", Skip{Incident: w.wantIncident(IncidentEffect).Seq, Reason: "gone"})
	i := w.wantIncident(IncidentNobody)
	w.wantRefusal("root", Skip{Incident: i.Seq, Reason: "x"}, signoff.Invalid, CodeUnknownAction)
	w.must("root", Skip{Incident: i.Seq, Reason: "agreed by phone", Outcome: "approve"})
	if w.st.Status != Completed || w.st.Last == nil || w.st.Last.Outcome != "Approve" || w.st.Last.Comment != "agreed by phone" {
		t.Errorf("it ended as %s", w.st.AppendJSON(nil))
	}
}

func TestWhatIsDoneCannotBeSkipped(t *testing.T) {
	s := draw(t).variable("n", process.Number).node("start", process.StartEvent).node("choice", process.ExclusiveGateway).
		node("end", process.EndEvent).path("start", "choice").flow("choice", "end", "n > 1")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"n": expr.Int(0)}))
	i := w.wantIncident(IncidentNoWay)
	w.wantRefusal("root", Skip{Incident: i.Seq, Reason: "x"}, signoff.Conflict, CodeCannotSkip)
	w.must("root", Move{To: "end", Reason: "it is enough"})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.Status)
	}
}

func TestEditedVariablesAreCheckedAndOnRecord(t *testing.T) {
	w := failed(t, nil)
	for _, vars := range []map[string]expr.Value{nil, {"n": expr.String("x")}, {"nothing": expr.Int(1)}} {
		w.wantRefusal("root", SetVars{Vars: vars, Reason: "x"}, signoff.Invalid, CodeBadVariables)
	}
	w.wantRefusal("root", SetVars{Vars: map[string]expr.Value{"n": expr.Int(1)}, Reason: " "}, signoff.Invalid, CodeReasonRequired)
	w.must("root", SetVars{Vars: map[string]expr.Value{"n": expr.Int(5)}, Reason: "typing error"})
	if f := w.fact(VarsEdited); expr.Format(w.st.Vars["n"]) != "5" || f.By != "user:root" || f.Text != "typing error" {
		t.Errorf("n is %v, on record %+v", w.st.Vars["n"], f)
	}
}

func TestAnEditedVariableMeetsACondition(t *testing.T) {
	s := draw(t).variable("n", process.Number).node("start", process.StartEvent).
		node("until", process.CatchEvent).node("end", process.EndEvent).path("start", "until", "end")
	s.def.Nodes[1].Event = &process.Event{Trigger: process.OnCondition, Condition: s.expr("n > 3")}
	w := run(s)
	w.must("ana", begin(nil))
	w.must("root", Hold{Reason: "look at it"})
	w.must("root", SetVars{Vars: map[string]expr.Value{"n": expr.Int(4)}, Reason: "x"})
	if w.st.Status != Running {
		t.Fatal("it went on while it was stopped")
	}
	w.must("root", Resume{})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.Status)
	}
}

func TestMovingTakesEverythingTheStepWaitsForAway(t *testing.T) {
	s := asking(t).boundary("late", "ask", `duration("P1D")`, true)
	s.node("reminded", process.EndEvent).flow("late", "reminded", "")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"to": expr.String("jane")}))
	w.must("", EffectDone{Effect: 2, Result: map[string]expr.Value{"status": expr.Int(200)}})
	for to, code := range map[string]string{"start": CodeCannotMove, "late": CodeCannotMove, "nowhere": CodeUnknownStep} {
		kind := signoff.Conflict
		if code == CodeUnknownStep {
			kind = signoff.Invalid
		}
		w.wantRefusal("root", Move{From: "ask", To: to, Reason: "x"}, kind, code)
	}
	w.wantRefusal("root", Move{From: "call", To: "other", Reason: "x"}, signoff.Conflict, CodeCannotMove)
	w.wantRefusal("root", Move{From: "ask", To: "other"}, signoff.Invalid, CodeReasonRequired)
	w.must("root", Move{From: "ASK", To: "other", Reason: "Jane has left", Vars: map[string]expr.Value{"to": expr.String("bob")}})
	if len(w.st.Timers) != 0 || w.st.Tasks[0].Open() || w.st.Tasks[1].Node != "other" {
		t.Errorf("after the move: %s", w.st.AppendJSON(nil))
	}
	if f := w.fact(TokenMoved); f.Node != "other" || f.Code != "ask" || f.Text != "Jane has left" || f.By != "user:root" {
		t.Errorf("on record is %+v", f)
	}
	w.wantRefusal("jane", Act{Task: w.st.Tasks[0].Seq, Action: "Approve"}, signoff.Conflict, CodeTaskDone)
	w.must("bob", Act{Task: w.st.Tasks[1].Seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.Status)
	}
}

func TestMovingOneOfSeveralPlaces(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("split", process.ParallelGateway).
		user("a", []string{"ana"}).user("b", []string{"bob"}).node("join", process.ParallelGateway).user("c", []string{"cleo"}).node("end", process.EndEvent).
		path("start", "split", "a", "join", "c", "end").path("split", "b", "join")
	w := run(s)
	w.must("ana", begin(nil))
	w.wantRefusal("root", Move{To: "c", Reason: "x"}, signoff.Conflict, CodeCannotMove)
	w.wantRefusal("root", Move{From: "a", To: "join", Reason: "x"}, signoff.Conflict, CodeCannotMove)
	w.must("root", Move{From: "a", To: "c", All: true, Reason: "both are on holiday"})
	if len(w.st.Tokens) != 1 || w.st.Tokens[0].Node != "c" {
		t.Fatalf("it is at %+v", w.st.Tokens)
	}
	w.must("cleo", Act{Task: w.st.Tasks[2].Seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.Status)
	}
}

func TestAStoppedInstanceDoesNothing(t *testing.T) {
	s := asking(t).boundary("late", "ask", `duration("P1D")`, true)
	s.node("reminded", process.EndEvent).flow("late", "reminded", "")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"to": expr.String("jane")}))
	w.wantRefusal("root", Resume{}, signoff.Conflict, CodeNotHeld)
	w.wantRefusal("root", Hold{}, signoff.Invalid, CodeReasonRequired)
	w.must("root", Hold{Reason: "the price is wrong"})
	w.wantRefusal("root", Hold{Reason: "again"}, signoff.Conflict, CodeInstanceHeld)
	step := w.must("", EffectDone{Effect: 2, Result: map[string]expr.Value{"status": expr.Int(200)}})
	if len(w.st.Paused) != 1 || len(w.st.Tasks) != 0 || len(step.Commands) != 0 || expr.Format(w.st.Vars["status"]) != "200" {
		t.Fatalf("while it is stopped: %s", w.st.AppendJSON(nil))
	}
	w.must("ana", Comment{Text: "what is the matter?"})
	w.must("root", Resume{Reason: "it is right"})
	if w.st.Held != nil || len(w.st.Paused) != 0 || len(w.st.Tasks) != 1 {
		t.Fatalf("resumed: %s", w.st.AppendJSON(nil))
	}
	w.must("root", Hold{Reason: "again"})
	task := w.st.Tasks[0].Seq
	for _, e := range []Event{Act{Task: task, Action: "Approve"}, Claim{task}, Release{task}, Redirect{Task: task, To: "bob"}, Share{Task: task, To: "bob"},
		Sleep{Task: task, Until: w.now.Add(time.Hour)}, Wake{task}, Ask{Task: task, Text: "?"}, Reply{Task: task}} {
		w.wantRefusal("jane", e, signoff.Conflict, CodeInstanceHeld)
		w.wantRefusal("mallory", e, signoff.NotFound, CodeTaskNotFound)
	}
	w.now = w.now.Add(48 * time.Hour)
	w.wantRefusal("", TimerDue{w.st.Timers[0].Seq}, signoff.Conflict, CodeInstanceHeld)
	w.wantRefusal("root", Retry{Incident: 1}, signoff.Conflict, CodeInstanceHeld)
	w.must("root", Resume{})
	w.must("", TimerDue{w.st.Timers[0].Seq})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.Status)
	}
}

func TestAStoppedInstanceCanBeMended(t *testing.T) {
	w := failed(t, map[string]expr.Value{"to": expr.String("jane")})
	w.must("root", Hold{Reason: "mend it"})
	w.must("root", Skip{Incident: w.st.Incidents[0].Seq, Reason: "gone"})
	if len(w.st.Tasks) != 0 || len(w.st.Paused) != 1 {
		t.Fatalf("the skipped step went on: %s", w.st.AppendJSON(nil))
	}
	w.must("root", Move{From: "call", To: "other", Reason: "Bob knows"})
	if len(w.st.Tasks) != 0 || len(w.st.Paused) != 1 || w.st.Tokens[0].Node != "other" {
		t.Fatalf("the moved step went on: %s", w.st.AppendJSON(nil))
	}
	w.must("root", Resume{})
	if len(w.st.Tasks) != 1 || w.st.Tasks[0].Node != "other" {
		t.Errorf("resumed: %s", w.st.AppendJSON(nil))
	}
}

func TestAnInstanceCanBeEndedAsItStands(t *testing.T) {
	for name, held := range map[string]bool{"running": false, "stopped": true} {
		t.Run(name, func(t *testing.T) {
			w := failed(t, nil)
			if held {
				w.must("root", Hold{Reason: "x"})
			}
			w.wantRefusal("root", End{}, signoff.Invalid, CodeReasonRequired)
			w.must("root", End{Reason: "settled on paper", Vars: map[string]expr.Value{"n": expr.Int(1)}})
			if w.st.Status != Completed || w.st.Held != nil || expr.Format(w.st.Vars["n"]) != "1" || w.fact(Ended).By != "user:root" {
				t.Errorf("it ended as %s", w.st.AppendJSON(nil))
			}
			w.wantRefusal("root", Resume{}, signoff.Conflict, CodeInstanceEnded)
		})
	}
}

func TestATimerThatCannotBeTakenInCanBeSkipped(t *testing.T) {
	s := asking(t).boundary("late", "call", `duration("P1D")`, false)
	s.node("reminded", process.EndEvent).flow("late", "reminded", "")
	w := run(s)
	w.must("ana", begin(nil))
	w.now = w.now.Add(48 * time.Hour)
	step, err := GiveUp(w.st, Input{At: w.now, Event: TimerDue{w.st.Timers[0].Seq}})
	if err != nil {
		t.Fatal(err)
	}
	w.facts, w.st = append(w.facts, step.Facts...), step.State
	w.must("root", Skip{Incident: w.st.Incidents[0].Seq, Reason: "nobody needs reminding"})
	if len(w.st.Timers)+len(w.st.Incidents) != 0 || len(w.st.Effects) != 1 {
		t.Errorf("after the skip: %s", w.st.AppendJSON(nil))
	}
}

func TestASkippedTimerThatIsWaitedForHasRung(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("wait", process.CatchEvent, func(n *process.Node) { n.Event = (&sketch{t: t}).timer(`duration("P1D")`) }).
		node("end", process.EndEvent).path("start", "wait", "end")
	w := run(s)
	w.must("ana", begin(nil))
	w.now = w.now.Add(48 * time.Hour)
	step, err := GiveUp(w.st, Input{At: w.now, Event: TimerDue{w.st.Timers[0].Seq}})
	if err != nil {
		t.Fatal(err)
	}
	w.facts, w.st = append(w.facts, step.Facts...), step.State
	w.must("root", Skip{Incident: w.st.Incidents[0].Seq, Reason: "it has been long enough"})
	if w.st.Status != Completed {
		t.Errorf("after the skip: %s", w.st.AppendJSON(nil))
	}
}

func TestASkippedPassEndsWithTheOthers(t *testing.T) {
	s := draw(t).variable("list", process.JSON).node("start", process.StartEvent).user("each", []string{"{who}"}).node("end", process.EndEvent).path("start", "each", "end")
	s.def.Nodes[1].Multi = &process.Multi{Collection: s.expr("list"), Element: "who"}
	w := run(s)
	w.names["nobody"] = []signoff.Person{}
	w.must("ana", begin(map[string]expr.Value{"list": expr.List{expr.String("jane"), expr.String("nobody")}}))
	i := w.wantIncident(IncidentNobody)
	w.wantRefusal("root", Move{Token: i.Token, To: "end", Reason: "x"}, signoff.Conflict, CodeCannotMove)
	w.must("root", Skip{Incident: i.Seq, Reason: "she has left", Outcome: "Reject"})
	w.must("jane", Act{Task: w.st.Tasks[0].Seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("it is %s: %s", w.st.Status, w.st.AppendJSON(nil))
	}
}

// What begins besides is waited for from the start event on: without it, it
// never would be.
func TestAStartWithEventsBesideItCannotBeSkipped(t *testing.T) {
	s := draw(t).variable("n", process.JSON).node("start", process.StartEvent).user("ask", []string{"jane"}).node("end", process.EndEvent).path("start", "ask", "end")
	s.within("beside", process.EventSubProcess, func() {
		s.event("when", process.StartEvent, &process.Event{Trigger: process.OnTimer, Timer: &process.Timer{Cycle: s.expr("n")}}).
			node("done", process.EndEvent).path("when", "done")
	})
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"n": expr.Int(3)}))
	i := w.wantIncident(IncidentExpression)
	w.wantRefusal("root", Skip{Incident: i.Seq, Reason: "x"}, signoff.Conflict, CodeCannotSkip)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"n": expr.String("R/P1D")}})
	if len(w.st.Timers) != 1 || len(w.openTasks()) != 1 {
		t.Errorf("%d timers, %d tasks", len(w.st.Timers), len(w.openTasks()))
	}
}

// A link and a terminate end have nothing behind them that a skip could go on to.
func TestWhatHasNothingBehindItCannotBeSkipped(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).event("link", process.ThrowEvent, &process.Event{Trigger: process.OnLink, Name: "on"}).
		path("start", "link").event("target", process.CatchEvent, &process.Event{Trigger: process.OnLink, Name: "on"}).
		node("all", process.TerminateEvent).path("target", "all")
	for _, at := range []string{"link", "all"} {
		s.def.Prepare()
		st := State{Status: Running, Tokens: []Token{{ID: 1, Node: at}},
			Incidents: []Incident{{Seq: 2, Node: at, Token: 1, Stage: Entering, Code: IncidentLoop}}}
		w := &world{t: t, def: s.def, now: monday, st: st}
		w.wantRefusal("root", Skip{Incident: 2, Reason: "x"}, signoff.Conflict, CodeCannotSkip)
	}
}
