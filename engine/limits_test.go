package engine

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

func begin(vars map[string]expr.Value) Start { return Start{Instance: 7, Priority: 1, Vars: vars} }

// wantRefusal checks that e is refused and nothing happened.
func (w *world) wantRefusal(by string, e Event, kind signoff.Kind, code string) *signoff.Error {
	w.t.Helper()
	_, err := w.do(by, e)
	refusal, ok := errors.AsType[*signoff.Error](err)
	if !ok || refusal.Kind != kind || refusal.Code != code {
		w.t.Fatalf("%T by %q: got %v, want %s", e, by, err, code)
	}
	return refusal
}

func (w *world) wantIncident(code string) Incident {
	w.t.Helper()
	if len(w.st.Incidents) != 1 || w.st.Incidents[0].Code != code {
		w.t.Fatalf("incidents %+v, want one %s", w.st.Incidents, code)
	}
	i := w.st.Incidents[0]
	if i.Cause == "" || i.Advice == "" || !i.At.Equal(w.now) {
		w.t.Fatalf("the incident lacks its cause, advice or time: %+v", i)
	}
	return i
}

func TestTextsOverTheirLimitAreRefused(t *testing.T) {
	w := run(approval(t))
	days := map[string]expr.Value{"days": expr.Int(1)}
	w.wantRefusal("ana", Start{Instance: 7, Folio: strings.Repeat("é", MaxFolio+1), Vars: days}, signoff.TooLarge, CodeTextTooLong)
	w.must("ana", Start{Instance: 7, Folio: strings.Repeat("é", MaxFolio), Vars: days})
	task := w.openTasks()[0].Seq
	long := strings.Repeat("é", MaxComment+1)
	w.wantRefusal("jane", Act{Task: task, Action: "Approve", Comment: long}, signoff.TooLarge, CodeTextTooLong)
	w.wantRefusal("jane", Redirect{Task: task, To: "bob", Comment: long}, signoff.TooLarge, CodeTextTooLong)
	w.wantRefusal("jane", Share{Task: task, To: "bob", Comment: long}, signoff.TooLarge, CodeTextTooLong)
	w.wantRefusal("jane", Comment{Task: task, Text: long}, signoff.TooLarge, CodeTextTooLong)
	w.wantRefusal("root", Cancel{Reason: long}, signoff.TooLarge, CodeTextTooLong)
	w.must("jane", Comment{Task: task, Text: long[2:]})
}

func TestTextThatIsNotUTF8IsMadeStorable(t *testing.T) {
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(1)}))
	step := w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve", Comment: " a\xffb\x00 ", Evidence: "\xff"})
	if got := step.Facts[0].Text; got != "a\uFFFDb\x00" {
		t.Errorf("the comment became %q", got)
	}
}

func TestVariablesMayNotGrowWithoutBound(t *testing.T) {
	s := draw(t).variable("text", process.Text).variable("more", process.JSON).
		node("start", process.StartEvent).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Fields = []string{"text", "more"} }).
		script("double", "text", "text + text").
		node("end", process.EndEvent).path("start", "ask", "double", "end")
	most := expr.String(strings.Repeat("y", expr.MaxText))
	eighth := expr.String(strings.Repeat("x", MaxVariables/8))
	tooLarge := expr.List{most, most, most, most}
	var deep expr.Value = expr.Int(1)
	for range expr.MaxNesting + 1 {
		deep = expr.List{deep}
	}
	w := run(s)
	for _, v := range []expr.Value{tooLarge, most + "y", deep} {
		w.wantRefusal("ana", begin(map[string]expr.Value{"more": v}), signoff.TooLarge, CodeVariablesLarge)
	}
	w.must("ana", begin(map[string]expr.Value{"more": expr.List{most, most, most}}))
	w.wantRefusal("jane", Act{Task: 2, Action: "Approve", Vars: map[string]expr.Value{"text": most}}, signoff.TooLarge, CodeVariablesLarge)
	w.must("jane", Act{Task: 2, Action: "Approve", Vars: map[string]expr.Value{"text": eighth}})
	i := w.wantIncident(IncidentVariables)
	w.wantRefusal("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"text": most}}, signoff.TooLarge, CodeVariablesLarge)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"more": nil}})
	if w.st.Status != Completed {
		t.Errorf("the instance is %s", w.st.Status)
	}
}

func TestAnAnswerTooLargeToKeepIsAFailedCall(t *testing.T) {
	s := draw(t).variable("n", process.JSON).node("start", process.StartEvent).
		node("call", process.ServiceTask, func(n *process.Node) { n.Service = &process.Service{Method: "GET"} }).
		node("end", process.EndEvent).path("start", "call", "end")
	s.def.Nodes[1].Service.URL = s.template("https://x.test")
	w := run(s)
	w.must("ana", begin(nil))
	w.must("", EffectDone{Effect: 2, Result: map[string]expr.Value{"body": expr.String(strings.Repeat("x", MaxVariables+1))}})
	i := w.wantIncident(IncidentEffect)
	if step := w.must("root", Retry{Incident: i.Seq}); len(step.Commands) != 1 || step.Commands[0].Key != "7_2/call" {
		t.Errorf("commands after retry: %+v", step.Commands)
	}
}

func TestARequestTooLargeIsAnIncident(t *testing.T) {
	s := draw(t).variable("text", process.Text).node("start", process.StartEvent).
		node("call", process.ServiceTask, func(n *process.Node) { n.Service = &process.Service{Method: "POST"} }).
		node("end", process.EndEvent).path("start", "call", "end")
	s.def.Nodes[1].Service.URL = s.template("https://x.test")
	s.def.Nodes[1].Service.Body = s.expr("[text, text, text, text, text]")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"text": expr.String(strings.Repeat("x", MaxCallBytes/4))}))
	i := w.wantIncident(IncidentCallSize)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"text": expr.String("short")}})
	if len(w.st.Effects) != 1 {
		t.Errorf("effects: %+v", w.st.Effects)
	}
}

func TestASplitInACircleIsStoppedAtTheLimitOfTokens(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		user("ask", []string{"jane"}).node("merge", process.ExclusiveGateway).
		path("start", "merge", "fork", "ask").flow("fork", "merge", "")
	w := run(s)
	w.must("ana", begin(nil))
	i := w.wantIncident(IncidentTokens)
	if i.Node != "fork" || len(w.st.Tokens) != MaxTokens {
		t.Errorf("incident at %s, %d tokens", i.Node, len(w.st.Tokens))
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.must("root", Cancel{})
}

func TestTooManyRecipientsAreAnIncident(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", nil, func(task *process.Task) {
		task.Recipients = []process.Recipient{{Members: "Everybody"}}
	}).node("end", process.EndEvent).path("start", "ask", "end")
	w := run(s)
	for i := range MaxRecipients + 1 {
		w.names["members:Everybody"] = append(w.names["members:Everybody"], person(fmt.Sprint("p", i)))
	}
	w.must("ana", begin(nil))
	i := w.wantIncident(IncidentRecipients)
	w.names["all"] = w.names["members:Everybody"]
	w.names["members:Everybody"] = w.names["members:Everybody"][1:]
	w.must("root", Retry{Incident: i.Seq})
	open := w.openTasks()
	if len(open) != 1 || len(open[0].Recipients) != MaxRecipients {
		t.Fatal("the task was not offered to as many as are allowed")
	}
	w.wantRefusal("p5", Redirect{Task: open[0].Seq, To: "all"}, signoff.Invalid, CodeBadRedirect)
	w.wantRefusal("p5", Share{Task: open[0].Seq, To: "somebody"}, signoff.Invalid, CodeBadRedirect)
	// Somebody else for one of them is no more than before; two for one are.
	p5 := caller("p5")
	p5.Admin = true
	for to, want := range map[string]string{"somebody": "", "two": CodeBadRedirect} {
		w.names["two"] = []signoff.Person{person("x"), person("y")}
		_, err := decideKnowing(w.def, w.st, Input{At: w.now, By: p5, Event: Redirect{Task: open[0].Seq, To: to}}, w.who)
		if signoff.CodeOf(err) != want {
			t.Errorf("to %s: %v", to, err)
		}
	}
}

func TestATaskSleepsForAsManyAsAreAllowed(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", nil, func(task *process.Task) {
		task.Recipients = []process.Recipient{{Group: "Everybody"}}
	}).node("end", process.EndEvent).path("start", "ask", "end")
	w := run(s)
	w.names["group:Everybody"] = []signoff.Person{{Principal: signoff.Everyone}}
	w.must("ana", begin(nil))
	// The state is made by hand: getting there one by one would prove no more.
	task := &w.st.Tasks[0]
	for i := range MaxSleepers {
		task.Asleep = append(task.Asleep, Asleep{By: signoff.Principal(fmt.Sprint("user:p", i)), Until: w.now})
	}
	w.wantRefusal("jane", Sleep{Task: task.Seq, Until: w.now.Add(time.Hour)}, signoff.TooMany, CodeTooManySleepers)
}

func TestTimesBeyondTheCalendarAreRefused(t *testing.T) {
	s := draw(t).variable("wait", process.Duration).node("start", process.StartEvent).user("ask", []string{"jane"}, func(task *process.Task) {
		task.Deadline = &process.Deadline{Outcome: "Expired"}
	}).node("end", process.EndEvent).path("start", "ask", "end")
	s.def.Nodes[1].Task.Deadline.After = s.expr("wait")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"wait": expr.String("P8000Y")}))
	i := w.wantIncident(IncidentExpression)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"wait": expr.String("-P8000Y")}})
	i = w.wantIncident(IncidentExpression)
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"wait": nil}})
	if i = w.wantIncident(IncidentExpression); !strings.Contains(i.Cause, "wait") {
		t.Errorf("the cause does not name the variable: %s", i.Cause)
	}
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"wait": expr.String("P7000Y")}})
	task := w.openTasks()[0].Seq
	w.wantRefusal("jane", Sleep{Task: task, Until: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, signoff.Invalid, CodeBadTime)
	w.must("jane", Sleep{Task: task, Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)})
}

func TestOldClosedTasksAreForgotten(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", []string{"jane"}).path("start", "ask").flow("ask", "ask", "")
	w := run(s)
	w.must("ana", begin(nil))
	first := w.openTasks()[0].Seq
	for range keepClosedTasks {
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	}
	w.wantRefusal("jane", Act{Task: first, Action: "Approve"}, signoff.Conflict, CodeTaskDone)
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.wantRefusal("jane", Act{Task: first, Action: "Approve"}, signoff.NotFound, CodeTaskNotFound)
	if len(w.st.Tasks) != keepClosedTasks+1 {
		t.Errorf("%d tasks are kept", len(w.st.Tasks))
	}
}

func TestACircleThatOnlyCalculatesIsStopped(t *testing.T) {
	s := draw(t).variable("n", process.Number).variable("list", process.JSON).node("start", process.StartEvent).
		node("merge", process.ExclusiveGateway).script("work", "n", "count(for i in 1..15000 return i * i)").path("start", "merge", "work", "merge")
	w := run(s)
	w.must("ana", begin(nil))
	w.wantIncident(IncidentExpression)
	if len(w.facts) > 1000 {
		t.Errorf("%d facts", len(w.facts))
	}
	w.must("root", Retry{Incident: w.st.Incidents[0].Seq}) // with a new allowance
	w.wantIncident(IncidentExpression)
}

func TestACircleThatOnlyWritesIsStopped(t *testing.T) {
	s := draw(t).variable("text", process.Text).node("start", process.StartEvent).
		node("merge", process.ExclusiveGateway).script("work", "text", "text").path("start", "merge", "work", "merge")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"text": expr.String(strings.Repeat("x", expr.MaxText))}))
	w.wantIncident(IncidentLoop)
	if n := len(w.facts); n > 1000 {
		t.Errorf("%d facts", n)
	}
}

func TestManyLongTasksInOneStepAreStopped(t *testing.T) {
	s := draw(t).variable("text", process.Text).node("start", process.StartEvent).node("split", process.ParallelGateway).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Instructions, task.Notify = draw(t).template("{text}"), nil }).
		path("start", "split")
	for range MaxTokens {
		s.flow("split", "ask", "")
	}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"text": expr.String(strings.Repeat("x", MaxText))}))
	if open, most := len(w.openTasks()), MaxStepBytes/MaxText+1; open > most || len(w.st.Incidents) != MaxTokens-open {
		t.Errorf("%d tasks and %d incidents; at most %d tasks", open, len(w.st.Incidents), most)
	}
}

func TestACircleOfTimersEnds(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("merge", process.ExclusiveGateway).
		node("wait", process.CatchEvent).path("start", "merge", "wait").flow("wait", "merge", "")
	s.def.Nodes[2].Event = s.timer(`duration("PT0S")`)
	in := Input{At: monday, By: caller("ana"), Event: begin(nil)}
	var st State
	for rounds := 0; ; rounds++ {
		step, err := Decide(s.def, st, in)
		if err != nil || rounds > MaxFacts {
			t.Fatalf("after %d rounds: %v", rounds, err)
		}
		if st = step.State; len(st.Timers) == 0 {
			break
		}
		in = Input{At: monday, Event: TimerDue{st.Timers[0].Seq}}
	}
	if len(st.Incidents) != 1 || st.Incidents[0].Code != IncidentLoop || st.Facts > MaxFacts+10 {
		t.Fatalf("%d facts, incidents %+v", st.Facts, st.Incidents)
	}
	if step, err := Decide(s.def, st, Input{At: monday, By: caller("root"), Event: Cancel{}}); err != nil || step.State.Status != Cancelled {
		t.Errorf("it cannot be cancelled: %v", err)
	}
}
