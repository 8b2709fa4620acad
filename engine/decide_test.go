package engine

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

func TestDecideAsksForEverybodyAtOnceAndChangesNothing(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		user("one", []string{"jane", "bob"}).user("two", []string{"bob", "carol"}).node("end", process.EndEvent).
		path("start", "fork", "one", "end").path("fork", "two", "end")
	in := Input{At: monday, By: caller("ana"), Event: begin(nil)}
	step, err := Decide(s.def, State{}, in)
	need, ok := err.(NeedPeople)
	if !ok || !slices.Equal(need.Names, []string{"jane", "bob", "carol"}) || len(step.Facts) > 0 {
		t.Fatalf("got %v, %v", need.Names, err)
	}
	in.People = People{"jane": {person("jane")}, "bob": {person("bob")}, "carol": {}}
	if step, err = Decide(s.def, State{}, in); err != nil || len(step.State.Incidents) != 1 || len(step.State.Tasks) != 1 {
		t.Fatalf("%v, %+v", err, step.State)
	}
}

func TestRedirectAsksAndTellsTheNewRecipientUnderAKeyOfItsOwn(t *testing.T) {
	s := approval(t)
	s.def.Nodes[s.index("approve")].Task.Notify = &process.Notify{Subject: s.template("{days} days"), Body: s.template("{string(days)}"), Reply: true}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	task := w.openTasks()[0].Seq
	_, err := Decide(w.def, w.st, Input{At: w.now, By: caller("jane"), Event: Redirect{Task: task, To: "bob"}})
	if need, ok := err.(NeedPeople); !ok || !slices.Equal(need.Names, []string{"bob"}) {
		t.Fatalf("got %v", err)
	}
	w.must("jane", Redirect{Task: task, To: "bob"})
	w.must("bob", Redirect{Task: task, To: "carol"})
	keys := map[string]bool{}
	for _, c := range w.all {
		if c.Kind != DoNotify || c.Notify.Subject != "3 days" || c.Notify.Body != "3" || keys[c.Key] {
			t.Errorf("command %+v %+v", c, c.Notify)
		}
		keys[c.Key] = true
	}
	if len(keys) != 3 {
		t.Errorf("keys: %v", keys)
	}
	if last := w.all[2].Notify.To; !slices.Equal(last, []signoff.Principal{"user:carol"}) {
		t.Errorf("told %v", last)
	}
}

func TestSharingAsksAndTellsWhoIsAddedWithWhatTheStepAllows(t *testing.T) {
	s := approval(t)
	task := s.def.Nodes[s.index("approve")].Task
	task.Notify = &process.Notify{Reply: true, Strict: true, Substitutes: true}
	task.Actions[0].Comment = true
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	seq := w.openTasks()[0].Seq
	_, err := Decide(w.def, w.st, Input{At: w.now, By: caller("jane"), Event: Share{Task: seq, To: "bob"}})
	if need, ok := err.(NeedPeople); !ok || !slices.Equal(need.Names, []string{"bob"}) {
		t.Fatalf("got %v", err)
	}
	w.must("jane", Share{Task: seq, To: "bob"})
	w.wantRefusal("jane", Share{Task: seq, To: "bob"}, signoff.Conflict, CodeBadRedirect)
	w.wantRefusal("jane", Share{Task: seq, To: "group:Finance"}, signoff.Invalid, CodeBadRedirect)
	w.wantRefusal("carol", Share{Task: seq, To: "bob"}, signoff.NotFound, CodeTaskNotFound)
	if got := w.openTasks()[0].Recipients; !slices.Equal(got, []signoff.Principal{"user:jane", "user:bob"}) {
		t.Errorf("it is before %v", got)
	}
	n := w.all[len(w.all)-1].Notify
	if !slices.Equal(n.To, []signoff.Principal{"user:bob"}) || !n.Strict || !n.Substitutes || !slices.Equal(n.Demand, []string{task.Actions[0].Name}) {
		t.Errorf("told %+v", n)
	}
	w.must("bob", Act{Task: seq, Action: task.Actions[0].Name, Comment: "Fine."})
}

func TestARedirectIsNotStoppedByANotificationThatFailsNow(t *testing.T) {
	s := draw(t).variable("days", process.JSON).node("start", process.StartEvent).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Fields = []string{"days"} }).
		user("then", []string{"jane"}).node("end", process.EndEvent).path("start", "ask", "then", "end")
	// A list of thirty thousand numbers is over what an expression may build.
	s.def.Nodes[1].Task.Notify = &process.Notify{Reply: true, Subject: s.template(`{count(for i in 1..days return i)}`)}
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	w.st.Vars["days"] = expr.Int(30_000)
	w.facts[0].Vars = map[string]expr.Value{"days": expr.Int(30_000)}
	step := w.must("jane", Redirect{Task: w.openTasks()[0].Seq, To: "bob"})
	if n := step.Commands[0].Notify; n.Subject != "" || !slices.Equal(n.To, []signoff.Principal{"user:bob"}) {
		t.Errorf("told %+v", n)
	}
}

func TestANotificationSaysWhatCanBeAnsweredByMail(t *testing.T) {
	s := draw(t).variable("days", process.Number, func(v *process.Variable) { v.Show, v.Label = true, "Days" }).
		variable("secret", process.Number).variable("unset", process.Number, func(v *process.Variable) { v.Show = true }).
		node("start", process.StartEvent).
		user("ask", []string{"jane"}, func(task *process.Task) {
			task.Actions = []process.Action{{Name: "Approve", ByMail: true}, {Name: "Rework"}}
		}).
		user("mute", []string{"jane"}, func(task *process.Task) { task.Notify = nil }).
		user("page only", []string{"jane"}, func(task *process.Task) { task.Notify.Reply = false }).
		node("end", process.EndEvent).path("start", "ask", "mute", "page only", "end")
	s.def.Nodes[1].Task.Instructions = s.template("Look at\n{days} days")
	w := run(s)
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3), "secret": expr.Int(1)}))
	n := w.all[0].Notify
	if !slices.Equal(n.Actions, []string{"Approve"}) || !slices.Equal(n.Others, []string{"Rework"}) || !n.Reply ||
		!slices.Equal(n.Facts, []Labelled{{"Days", "3"}}) || n.Instructions != "Look at\n3 days" || n.Workflow != "Leave request" || n.Starter.Login != "ana" {
		t.Errorf("notification %+v", n)
	}
	if w.st.Tasks[0].Instructions != n.Instructions {
		t.Errorf("the open task has the instructions %q", w.st.Tasks[0].Instructions)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Rework"})
	if w.st.Tasks[0].Instructions != "" || len(w.all) != 1 {
		t.Errorf("a closed task keeps instructions, or a mute one tells: %+v", w.all)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if n := w.all[1].Notify; n.Reply || len(n.Actions) != 0 || len(n.Others) != 2 {
		t.Errorf("notification %+v", n)
	}
}

func TestATaskOfNormalPriorityTakesTheInstances(t *testing.T) {
	for _, c := range []struct{ instance, task, want int }{{0, 1, 0}, {2, 1, 2}, {2, 0, 0}, {0, 2, 2}, {1, 1, 1}} {
		s := draw(t).node("start", process.StartEvent).
			user("ask", []string{"jane"}, func(task *process.Task) { task.Priority = c.task }).
			node("end", process.EndEvent).path("start", "ask", "end")
		w := run(s)
		w.must("ana", Start{Instance: 1, Priority: c.instance})
		if got := w.st.Tasks[0].Priority; got != c.want {
			t.Errorf("instance %d, task %d: got %d, want %d", c.instance, c.task, got, c.want)
		}
	}
}

func TestExpressionsSeeWhoDecidedWhatAndWhen(t *testing.T) {
	s := draw(t).variable("said", process.String).node("start", process.StartEvent).
		user("ask", []string{"jane"}, func(task *process.Task) { task.Result = "first" }).
		script("say", "said", `outcome + "/" + comment + "/" + decidedBy.login + "/" + first.by.email + "/" + string(first.at) + "/" + starter.name + "/" + string(instance) + "/" + folio`).
		node("end", process.EndEvent).path("start", "ask", "say", "end")
	w := run(s)
	w.must("ana", begin(nil))
	w.must("jane", Act{Task: 2, Action: "REJECT", Comment: "no"})
	want := expr.String("Reject/no/jane/jane@contoso.test/2026-01-05T09:00:00Z/ana/7/Leave request")
	if w.st.Vars["said"] != want {
		t.Errorf("got %v\nwant %v", w.st.Vars["said"], want)
	}
}

func TestTodayGoesByTheTimeZoneOfTheInput(t *testing.T) {
	s := draw(t).variable("day", process.Date, func(v *process.Variable) {}).node("start", process.StartEvent).node("end", process.EndEvent).path("start", "end")
	s.def.Variables[0].Default = s.expr("today()")
	late := time.Date(2026, 1, 5, 23, 30, 0, 123456789, time.UTC)
	for zone, want := range map[*time.Location]string{time.UTC: "2026-01-05", time.FixedZone("", 3600): "2026-01-06"} {
		step, err := Decide(s.def, State{}, Input{At: late.In(zone), By: caller("ana"), Event: begin(nil)})
		if err != nil || expr.Text(step.State.Vars["day"]) != want {
			t.Errorf("%v: %v, %v", zone, step.State.Vars, err)
		}
		if at := step.Facts[0].At; !at.Equal(late.Truncate(time.Microsecond)) || at.Location() != time.UTC {
			t.Errorf("the fact is dated %v", at)
		}
	}
}

func TestAFailingDefaultOrFolioRefusesTheStart(t *testing.T) {
	s := draw(t).variable("n", process.Number).node("start", process.StartEvent).node("end", process.EndEvent).path("start", "end")
	s.def.Variables[0].Default = s.expr(`"many"`)
	e := run(s).wantRefusal("ana", begin(nil), signoff.Invalid, CodeBadVariables)
	if len(e.Fields) != 1 || e.Fields[0].Field != "n" {
		t.Errorf("fields %+v", e.Fields)
	}
	s.def.Variables[0].Default = s.expr(`count(for i in 1..30000 return i)`)
	run(s).wantRefusal("ana", begin(nil), signoff.Invalid, CodeBadVariables)
	s.def.Variables[0].Default = nil
	s.def.Folio = s.template(`{count(for i in 1..30000 return i)}`)
	run(s).wantRefusal("ana", begin(nil), signoff.Invalid, CodeFolioFailed)
	run(s).must("ana", Start{Instance: 1, Folio: "given"})
}

func TestStartNeedsAStartEventAndAnInstanceStartsOnce(t *testing.T) {
	run(draw(t).node("end", process.EndEvent)).wantRefusal("ana", begin(nil), signoff.Invalid, CodeNoStart)
	s := draw(t).node("start", process.StartEvent)
	w := run(s)
	w.wantRefusal("ana", Cancel{}, signoff.Conflict, CodeNotStarted)
	w.must("ana", begin(nil))
	if w.st.Status != Completed {
		t.Errorf("a start that leads nowhere: %s", w.st.Status)
	}
	w.wantRefusal("ana", begin(nil), signoff.Conflict, CodeAlreadyStarted)
}

func TestTheServerIsNobodysRecipient(t *testing.T) {
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	w.wantRefusal("", Act{Task: 2, Action: "Approve"}, signoff.NotFound, CodeTaskNotFound)
	w.must("jane", Act{Task: 2, Action: "Approve"})
	w.wantRefusal("", Act{Task: 2, Action: "Approve"}, signoff.NotFound, CodeTaskNotFound)
}

func TestATaskClosedByItsDeadlineIsNotOpenToTheServer(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("ask", []string{"jane"}, func(task *process.Task) {
		task.Deadline = &process.Deadline{Outcome: "Expired"}
	}).node("end", process.EndEvent).path("start", "ask", "end")
	s.def.Nodes[1].Task.Deadline.At = s.expr(`date and time("2026-01-06T09:00:00Z")`)
	w := run(s)
	w.must("ana", begin(nil))
	timer := w.st.Timers[0]
	w.now = timer.Due
	w.must("", TimerDue{timer.Seq})
	w.wantRefusal("", Act{Task: 2, Action: "Approve"}, signoff.NotFound, CodeTaskNotFound)
	w.wantRefusal("mallory", Act{Task: 2, Action: "Approve"}, signoff.NotFound, CodeTaskNotFound)
	if w.st.Last.Outcome != "Expired" {
		t.Errorf("the last decision is %+v", w.st.Last)
	}
}

func TestAFailedExpressionStopsItsOwnBranchOnly(t *testing.T) {
	s := draw(t).variable("n", process.Number).variable("m", process.Number).node("start", process.StartEvent).node("fork", process.ParallelGateway).
		script("bad", "m", "10", "n", `"x" + "y"`).user("ask", []string{"jane"}).node("end", process.EndEvent).
		path("start", "fork", "bad", "end").path("fork", "ask", "end")
	w := run(s)
	w.must("ana", begin(nil))
	i := w.wantIncident(IncidentExpression)
	if i.Stage != Completing || w.st.Vars["m"] != nil {
		t.Errorf("stage %s, and the first assignment stands though the second failed: %v", i.Stage, w.st.Vars)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if w.st.Status != Running {
		t.Error("the instance ended with an incident open")
	}
}

func TestRetryOfAWayOnDoesNotRepeatTheStep(t *testing.T) {
	s := draw(t).variable("n", process.Number).variable("go", process.Boolean).node("start", process.StartEvent).
		script("count", "n", "if n = null then 1 else n + 1").node("end", process.EndEvent).
		path("start", "count").flow("count", "end", "go")
	w := run(s)
	w.must("ana", begin(nil))
	i := w.wantIncident(IncidentExpression)
	if i.Stage != Leaving {
		t.Errorf("stage %s", i.Stage)
	}
	w.must("root", Retry{Incident: i.Seq, Vars: map[string]expr.Value{"go": expr.Boolean(true)}})
	if got := expr.Text(w.st.Vars["n"]); got != "1" || w.st.Status != Completed {
		t.Errorf("n is %s, the instance %s", got, w.st.Status)
	}
}

func TestAMergeDoesNotTakeInATokenThatCouldNotLeaveIt(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).node("pass", process.PassThrough).
		user("ask", []string{"jane"}).node("merge", process.ParallelGateway).user("then", []string{"jane"}).
		path("start", "fork", "pass", "merge", "then").path("fork", "ask", "merge")
	w := run(s)
	w.must("ana", begin(nil))
	// The token at the merge is what an earlier merge made of two, and could not go on.
	token := w.st.Tokens[slices.IndexFunc(w.st.Tokens, func(k Token) bool { return k.Node == "merge" })]
	f := Fact{Seq: w.st.Facts + 1, At: w.now, Kind: IncidentRaised, Ref: w.st.Seq + 1, Node: "merge", Token: token.ID, Stage: Leaving, Code: IncidentTokens, Text: "x", Advice: "y"}
	w.facts, w.st = append(w.facts, f), Apply(w.st, f)
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if len(w.openTasks()) != 0 || len(w.st.Tokens) != 2 {
		t.Fatalf("the merge went on: %+v", w.st.Tokens)
	}
	w.must("root", Retry{Incident: f.Ref})
	if len(w.openTasks()) != 1 || len(w.st.Tokens) != 2 {
		t.Errorf("after retry: %+v", w.st.Tokens)
	}
}

func TestTerminateStopsBranchesThatHaveNotStarted(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).node("stop", process.TerminateEvent).
		user("ask", []string{"jane"}).node("end", process.EndEvent).path("start", "fork", "stop").path("fork", "ask", "end")
	w := run(s)
	if step := w.must("ana", begin(nil)); w.st.Status != Completed || len(step.Commands) != 0 {
		t.Errorf("%s, commands %+v", w.st.Status, step.Commands)
	}
}

func TestABrokenStateStopsTheInstanceLoudly(t *testing.T) {
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(3)}))
	w.st.Tasks[0].Node = "gone"
	defer func() {
		if recover() == nil {
			t.Error("a state of another definition was taken")
		}
	}()
	_, err := Decide(w.def, w.st, Input{At: w.now, By: caller("jane"), Event: Act{Task: 2, Action: "Approve"}})
	t.Error(errors.Unwrap(err))
}

func TestWhatAStepTakesBackIsNotAskedOfTheWorld(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).node("split", process.ParallelGateway).
		node("mail", process.SendTask).node("call", process.ServiceTask).user("ask", []string{"jane"}).
		node("stop", process.TerminateEvent).path("start", "split", "mail").path("split", "call").path("split", "ask").path("split", "stop")
	s.def.Nodes[s.index("mail")].Email = &process.Email{To: []process.Recipient{{Person: s.template("jane")}}, Subject: s.template("Hello")}
	s.def.Nodes[s.index("call")].Service = &process.Service{Method: "GET", URL: s.template("https://x.test")}
	w := run(s)
	step := w.must("ana", begin(nil))
	if w.st.Status != Completed || len(step.Commands) != 0 {
		t.Errorf("the instance is %s, commands %+v", w.st.Status, step.Commands)
	}
}

func TestHistoryTellsWhatATimerWasFor(t *testing.T) {
	w := run(approval(t))
	w.must("ana", begin(map[string]expr.Value{"days": expr.Int(1)}))
	w.must("jane", Sleep{Task: w.openTasks()[0].Seq, Until: w.now.Add(time.Hour)})
	i := slices.IndexFunc(w.st.Timers, func(timer Timer) bool { return timer.For == ForSleep })
	timer := w.st.Timers[i]
	w.now = timer.Due
	if f := w.must("", TimerDue{Timer: timer.Seq}).Facts[0]; f.Kind != TimerFired || f.TimerFor != ForSleep {
		t.Errorf("the first fact is %+v", f)
	}
}
