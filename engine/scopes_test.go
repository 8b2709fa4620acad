package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// within draws what a sub-process holds.
func (s *sketch) within(id string, kind process.Kind, draw func()) *sketch {
	s.node(id, kind)
	outside := s.inside
	s.inside = s.index(id)
	draw()
	s.inside = outside
	return s
}

// on draws an event on the edge of a step.
func (s *sketch) on(id, host string, e *process.Event, interrupting bool) *sketch {
	at := s.index(host)
	s.node(id, process.BoundaryEvent, func(n *process.Node) {
		n.Event, n.Attach = e, &process.Attach{To: at, Interrupting: interrupting}
	})
	s.def.Nodes[at].Boundary = append(s.def.Nodes[at].Boundary, s.index(id))
	return s
}

func (s *sketch) event(id string, kind process.Kind, e *process.Event) *sketch {
	return s.node(id, kind, func(n *process.Node) { n.Event = e })
}

func (s *sketch) repeated(id string, m process.Multi) *sketch {
	s.def.Nodes[s.index(id)].Multi = &m
	return s
}

func (w *world) nodesOf(kind FactKind) (nodes []string) {
	for _, f := range w.facts {
		if f.Kind == kind {
			nodes = append(nodes, f.Node)
		}
	}
	return nodes
}

func TestAConditionHasItsWayAgainOnlyAfterItWasFalse(t *testing.T) {
	s := draw(t).variable("hot", process.Boolean).node("start", process.StartEvent).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Fields = []string{"hot"} }).
		node("gate", process.ExclusiveGateway).node("end", process.EndEvent).path("start", "ask", "gate").flow("gate", "end", "outcome = \"Reject\"").flow("gate", "ask", "default")
	s.within("beside", process.EventSubProcess, func() {
		s.event("hots", process.StartEvent, &process.Event{Trigger: process.OnCondition, Condition: s.expr("hot")}).
			node("hote", process.EndEvent).path("hots", "hote")
	})
	w := run(s)
	w.must("ana", begin(nil))
	for i, c := range []struct {
		hot  expr.Value
		runs int
	}{{expr.Boolean(false), 0}, {expr.Boolean(true), 1}, {expr.Boolean(true), 1}, {nil, 1}, {expr.Boolean(true), 2}} {
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve", Vars: map[string]expr.Value{"hot": c.hot}})
		if n := len(w.nodesOf(ScopeOpened)); n != c.runs {
			t.Errorf("step %d: it has begun %d times, want %d", i, n, c.runs)
		}
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Reject"})
	if w.st.Status != Completed || len(w.st.Waits) > 0 {
		t.Errorf("%s, %d waits", w.st.Status, len(w.st.Waits))
	}
}

func TestAConditionThatIsNoneIsAnIncident(t *testing.T) {
	s := draw(t).variable("n", process.JSON).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		event("until", process.CatchEvent, &process.Event{Trigger: process.OnCondition}).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Fields = []string{"n"} }).node("end", process.EndEvent).
		path("start", "fork", "until", "end").path("fork", "ask", "end")
	s.def.Nodes[2].Event.Condition = s.expr("n")
	w := run(s)
	w.must("ana", begin(nil))
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve", Vars: map[string]expr.Value{"n": expr.Int(3)}})
	i := w.wantIncident(IncidentExpression)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"n": expr.Boolean(true)}})
	if w.st.Status != Completed {
		t.Errorf("the instance is %s", w.st.Status)
	}
}

// Each pass of a sub-process has its own inclusive merge: what is under way in
// one does not hold up another.
func TestPassesDoNotWaitForEachOther(t *testing.T) {
	s := draw(t).node("start", process.StartEvent)
	s.within("each", process.SubProcess, func() {
		s.node("in", process.StartEvent).node("some", process.InclusiveGateway).user("a", []string{"jane"}).user("b", []string{"bob"}).
			node("all", process.InclusiveGateway).node("out", process.EndEvent).
			path("in", "some").flow("some", "a", "loopCounter = 1").flow("some", "b", "loopCounter = 2").path("a", "all", "out").path("b", "all")
	})
	s.repeated("each", process.Multi{Cardinality: s.expr("2")}).node("end", process.EndEvent).path("start", "each", "end")
	w := run(s)
	w.must("ana", begin(nil))
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if l := w.st.Scopes[0].Loop; l.Done != 1 || l.Begun != 2 || len(w.openTasks()) != 1 {
		t.Errorf("%+v, %d tasks", l, len(w.openTasks()))
	}
}

func TestTwoInclusiveMergesThatWaitForEachOtherAreAnIncident(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		node("a", process.InclusiveGateway).node("b", process.InclusiveGateway).node("end", process.EndEvent).
		path("start", "fork", "a", "b", "a").path("fork", "b").flow("a", "end", "")
	w := run(s)
	w.must("ana", begin(nil))
	if len(w.st.Incidents) != 2 || w.st.Incidents[0].Code != IncidentJoinStuck {
		t.Errorf("%+v", w.st.Incidents)
	}
}

// A way that comes back through the merge itself is none by which something has
// come already: who is on another way is waited for.
func TestAWayThroughTheMergeItselfDoesNotCount(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).node("back", process.PassThrough).user("ask", []string{"jane"}).
		node("merge", process.InclusiveGateway).node("choice", process.ExclusiveGateway).node("end", process.EndEvent).
		path("start", "fork", "back", "merge", "choice").path("fork", "ask", "merge").flow("choice", "back", "outcome = null").flow("choice", "end", "default")
	w := run(s)
	w.must("ana", begin(nil))
	if got := w.st.Tokens[0]; got.Node != "merge" || len(w.st.Tokens) != 2 {
		t.Fatalf("tokens %+v", w.st.Tokens)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("the instance is %s", w.st.Status)
	}
}

// Who could not leave a merge has come through it: the next who comes does not
// wait for them to come again, unless a way leads from the merge back to it.
func TestAMergeWaitsForWhoCannotLeaveItOnlyIfTheyCanComeBack(t *testing.T) {
	for _, otherwise := range []string{"end", "merge"} {
		s := draw(t).variable("x", process.Boolean)
		s.node("start", process.StartEvent).user("ask", []string{"jane"}).node("merge", process.InclusiveGateway).
			node("one", process.EndEvent).node("end", process.EndEvent).path("start", "ask", "merge").
			flow("merge", "one", "x").flow("merge", otherwise, "default").
			on("late", "ask", s.timer(`duration("P1D")`), false).flow("late", "merge", "")
		w := run(s)
		w.must("ana", begin(nil))
		w.now = w.st.Timers[0].Due
		w.must("", TimerDue{w.st.Timers[0].Seq})
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
		if waits := len(w.st.Incidents) == 1; waits != (otherwise == "merge") || len(w.st.Tokens) != 2 {
			t.Errorf("otherwise to %s: %+v", otherwise, w.st.Incidents)
		}
	}
}

func TestWhatAPassGivesCanBePutRight(t *testing.T) {
	s := draw(t).variable("x", process.Number).variable("out", process.JSON).node("start", process.StartEvent).user("ask", []string{"jane"})
	s.repeated("ask", process.Multi{Cardinality: s.expr("3"), Output: s.expr(`if x = null then count(for i in 1..3000 return for j in 1..3000 return j) else x + loopCounter`), Result: "out"}).
		on("late", "ask", s.timer(`duration("P1D")`), true).node("end", process.EndEvent).path("start", "ask", "end").flow("late", "end", "")
	w := run(s)
	w.must("ana", begin(nil))
	for _, task := range w.openTasks()[:2] {
		w.must("jane", Act{Task: task.Seq, Action: "Approve"})
	}
	i := w.wantIncident(IncidentExpression)
	if i.Stage != Looping || len(w.st.Scopes) != 4 {
		t.Fatalf("%+v, %d scopes", i, len(w.st.Scopes))
	}
	w.must("root", Retry{Incident: i.Seq})
	i = w.wantIncident(IncidentExpression)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"x": expr.Int(10)}})
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if got := string(expr.AppendPlainJSON(nil, w.st.Vars["out"])); got != "[11,12,13]" || w.st.Status != Completed {
		t.Errorf("%s, %s", got, w.st.Status)
	}
	w = run(s)
	w.must("ana", begin(nil))
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.wantIncident(IncidentExpression)
	w.now = w.now.Add(48 * time.Hour)
	w.must("", TimerDue{w.st.Timers[0].Seq})
	if w.st.Status != Completed {
		t.Errorf("taken away with an incident: %s", w.st.Status)
	}
}

func TestCountersOfARepetitionAreSeen(t *testing.T) {
	s := draw(t).variable("out", process.JSON).node("start", process.StartEvent).user("ask", []string{"jane"})
	s.repeated("ask", process.Multi{Collection: s.expr(`["x","y","z"]`), Element: "letter", Result: "out",
		Output:     s.expr(`[letter, loopCounter, numberOfInstances, numberOfActiveInstances, numberOfCompletedInstances, numberOfTerminatedInstances]`),
		Completion: s.expr("numberOfCompletedInstances = 2")}).node("end", process.EndEvent).path("start", "ask", "end")
	w := run(s)
	w.must("ana", begin(nil))
	w.must("jane", Act{Task: w.openTasks()[2].Seq, Action: "Approve"})
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if got := string(expr.AppendPlainJSON(nil, w.st.Vars["out"])); got != `[["x",1,3,2,1,0],null,["z",3,3,3,0,0]]` {
		t.Errorf("%s", got)
	}
	if len(w.openTasks()) > 0 || w.st.Status != Completed {
		t.Error("the third is still asked")
	}
}

func TestMorePassesThanAllowedAreAnIncident(t *testing.T) {
	s := draw(t).variable("n", process.Number).node("start", process.StartEvent).user("ask", []string{"jane"}, func(task *process.Task) { task.Notify = nil })
	s.repeated("ask", process.Multi{Cardinality: s.expr("n")}).node("end", process.EndEvent).path("start", "ask", "end")
	for n, code := range map[int]string{MaxPasses + 1: IncidentExpression, MaxPasses: IncidentTokens, -1: IncidentExpression} {
		w := run(s)
		w.must("ana", begin(map[string]expr.Value{"n": expr.Int(int64(n))}))
		i := w.wantIncident(code)
		w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"n": expr.Int(MaxTokens - 1)}})
		if len(w.openTasks()) != MaxTokens-1 {
			t.Errorf("%d tasks", len(w.openTasks()))
		}
		w.must("root", Cancel{})
	}
}

// An error out of an event sub-process is not caught by its like beside it, but
// further out.
func TestAnErrorWhileHandlingOneGoesFurtherOut(t *testing.T) {
	broken := &process.Event{Trigger: process.OnError, Code: "broken"}
	s := draw(t).node("start", process.StartEvent)
	s.within("sub", process.SubProcess, func() {
		s.node("in", process.StartEvent).event("out", process.EndEvent, broken).path("in", "out")
		s.within("repair", process.EventSubProcess, func() {
			s.event("again", process.StartEvent, &process.Event{Trigger: process.OnError, Interrupting: true}).event("worse", process.EndEvent, broken).path("again", "worse")
		})
	})
	s.on("caught", "sub", broken, true).user("look", []string{"root"}).node("end", process.EndEvent).path("start", "sub", "end").path("caught", "look", "end")
	w := run(s)
	w.must("ana", begin(nil))
	if got := strings.Join(w.nodesOf(ErrorCaught), " "); got != "again caught" || w.openTasks()[0].Node != "look" {
		t.Errorf("caught by %s", got)
	}
}

func TestAnErrorNothingCatchesEndsTheInstanceWithItsCode(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).user("ask", []string{"jane"}).
		event("out", process.EndEvent, &process.Event{Trigger: process.OnError, Code: "broken"}).path("start", "fork", "ask").path("fork", "out")
	w := run(s)
	w.must("ana", begin(nil))
	if w.st.Status != Completed || w.st.Error != "broken" {
		t.Errorf("%s with %q", w.st.Status, w.st.Error)
	}
}

func TestACircleInASubProcessMeetsTheBudget(t *testing.T) {
	s := draw(t).node("start", process.StartEvent)
	s.within("sub", process.SubProcess, func() {
		s.node("in", process.StartEvent).node("merge", process.ExclusiveGateway).node("out", process.EndEvent).path("in", "merge", "out")
	})
	s.repeated("sub", process.Multi{Sequential: true, Loop: &process.Loop{While: s.expr("true")}}).node("end", process.EndEvent).path("start", "sub", "end")
	w := run(s)
	w.must("ana", begin(nil))
	w.wantIncident(IncidentLoop)
	w.must("root", Cancel{})
}

func TestATimerThatComesAgainIsNotMadeUpFor(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", []string{"jane"}).node("end", process.EndEvent).
		on("nudge", "ask", &process.Event{Trigger: process.OnTimer, Timer: &process.Timer{Cycle: feel(t, `"R3/PT1H"`)}}, false).
		path("start", "ask", "end").flow("nudge", "end", "")
	w := run(s)
	w.must("ana", begin(nil))
	if timer := w.st.Timers[0]; timer.Left != 2 {
		t.Fatalf("%+v", timer)
	}
	w.now = w.now.Add(5*time.Hour + 30*time.Minute)
	w.giveUpTimer()
	w.must("", TimerDue{w.st.Timers[0].Seq})
	if timer := w.st.Timers[0]; timer.Left != 1 || !timer.Due.Equal(monday.Add(6*time.Hour)) {
		t.Fatalf("%+v", timer)
	}
	for range 2 {
		w.now = w.st.Timers[0].Due
		w.must("", TimerDue{w.st.Timers[0].Seq})
	}
	if len(w.st.Timers) > 0 || len(w.openTasks()) != 1 {
		t.Errorf("timers %+v", w.st.Timers)
	}
}

// giveUpTimer puts the first timer on record as broken and lets it ring anew.
func (w *world) giveUpTimer() {
	step, err := GiveUp(w.st, Input{At: w.now, Event: TimerDue{w.st.Timers[0].Seq}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.st, w.facts = step.State, append(w.facts, step.Facts...)
	w.must("root", Retry{Incident: w.st.Incidents[0].Seq})
}

func feel(t *testing.T, src string) *expr.Expr { return draw(t).expr(src) }

func TestWhatStartsAnInstanceBesidesPeople(t *testing.T) {
	s := draw(t).variable("order", process.Number, func(v *process.Variable) { v.Required = true }).
		event("placed", process.StartEvent, &process.Event{Trigger: process.OnMessage, Name: "order placed"}).
		event("told", process.StartEvent, &process.Event{Trigger: process.OnSignal, Name: "all", Outputs: []process.Assign{{Variable: "order", Value: feel(t, "signal.number")}}}).
		event("daily", process.StartEvent, dailyTimer(t)).node("end", process.EndEvent).path("placed", "end").path("told", "end").path("daily", "end")
	if n := len(run(s).def.Starts()); n != 3 {
		t.Errorf("%d starts", n)
	}
	number := map[string]expr.Value{"number": expr.Int(7), "order": expr.Int(8), "else": nil}
	for _, c := range []struct {
		start Start
		code  string
		order string
	}{
		{Start{}, CodeNoStart, ""}, {Start{Node: "end"}, CodeNoStart, ""}, {Start{Node: "placed"}, CodeBadVariables, ""},
		{Start{Node: "placed", Came: number}, "", "8"}, {Start{Node: "told", Came: number}, "", "7"},
		{Start{Node: "daily", Vars: map[string]expr.Value{"order": expr.Int(9)}}, "", "9"},
	} {
		w := run(s)
		c.start.Instance = 1
		_, err := w.do("shop", c.start)
		if signoff.CodeOf(err) != c.code || c.order != "" && expr.Text(w.st.Vars["order"]) != c.order {
			t.Errorf("%+v: %v, %v", c.start, err, w.st.Vars["order"])
		}
		if c.start.Node == "" && !strings.Contains(err.Error(), `a message "order placed", a signal "all", a timer`) {
			t.Errorf("%v", err)
		}
	}
}

func dailyTimer(t *testing.T) *process.Event { return draw(t).timer(`duration("P1D")`) }

func TestAFullInstanceTakesNoMoreMessages(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", []string{"jane"}).node("end", process.EndEvent).path("start", "ask", "end")
	s.within("beside", process.EventSubProcess, func() {
		s.event("in", process.StartEvent, &process.Event{Trigger: process.OnMessage, Name: "m"}).event("wait", process.CatchEvent, s.timer(`duration("P1D")`)).
			node("out", process.EndEvent).path("in", "wait", "out")
	})
	w := run(s)
	w.must("ana", begin(nil))
	m := MessageCame{Wait: w.st.Waits[0].Seq, Vars: map[string]expr.Value{"big": expr.String(strings.Repeat("x", MaxVariables+1))}}
	w.wantRefusal("", m, signoff.TooLarge, CodeVariablesLarge)
	m.Vars = nil
	for len(w.st.Tokens) <= MaxTokens { // by hand: a thousand steps would prove no more
		w.st.Tokens = append(w.st.Tokens, Token{ID: 10_000 + len(w.st.Tokens), Node: "ask"})
	}
	w.wantRefusal("", m, signoff.TooMany, CodeInstanceFull)
	w.wantRefusal("", MessageCame{Wait: 99}, signoff.Conflict, CodeRedundant)
	w.wantRefusal("", SignalCame{Wait: m.Wait}, signoff.Conflict, CodeRedundant)
}

// What has nothing new in it is stored as programs of before read it.
func TestOnlyWhatIsNewIsStoredInTheNewForm(t *testing.T) {
	form := func(w *world) (state string, facts int) {
		for _, f := range w.facts {
			if strings.Contains(string(f.AppendJSON(nil)), `"form":2`) {
				facts++
			}
		}
		return string(w.st.AppendJSON(nil))[:10], facts
	}
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(1)}))
	if state, facts := form(w); state != `{"form":1,` || facts > 0 {
		t.Errorf("%s, %d facts", state, facts)
	}
	s := draw(t).node("start", process.StartEvent)
	s.within("sub", process.SubProcess, func() { s.node("in", process.StartEvent).user("ask", []string{"jane"}).path("in", "ask") })
	w = run(s.path("start", "sub"))
	w.must("ana", begin(nil))
	if state, facts := form(w); state != `{"form":2,` || facts != 3 {
		t.Errorf("%s, %d facts", state, facts)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if state, _ := form(w); state != `{"form":1,` {
		t.Errorf("%s", state)
	}
}

func TestWhatACommandCarriesIsReadBack(t *testing.T) {
	s := draw(t).variable("day", process.Date).node("start", process.StartEvent).
		event("send", process.ThrowEvent, &process.Event{Trigger: process.OnSignal, Name: "s", Inputs: []process.Input{{Name: "day", Value: feel(t, "day")},
			{Name: "nothing", Value: feel(t, "null")}, {Name: "text", Text: draw(t).template("On {day}")}}}).node("end", process.EndEvent).path("start", "send", "end")
	w := run(s)
	step := w.must("ana", begin(map[string]expr.Value{"day": expr.String("2026-01-09")}))
	vars, err := Values(step.Commands[0].Message.Vars)
	if err != nil || len(vars) != 2 || vars["day"].Kind() != "date" || fmt.Sprint(vars["text"]) != "On 2026-01-09" {
		t.Errorf("%v, %v", vars, err)
	}
	if step.Commands[0].Key != "7_2/signal" || slices.ContainsFunc(w.st.Effects, func(e Effect) bool { return e.Kind != effectSignal }) {
		t.Errorf("%+v", step.Commands[0])
	}
	for _, bad := range []string{"{", "[1]", "3"} {
		if _, err := Values(bad); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
