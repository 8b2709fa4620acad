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

// version is a workflow around one step that is drawn by step: start, that step
// under the id "it", end.
func version(t tb, step func(s *sketch)) *sketch {
	s := draw(t)
	s.variable("a", process.Boolean).variable("n", process.Number)
	s.node("start", process.StartEvent)
	step(s)
	s.node("end", process.EndEvent)
	return s.path("start", "it", "end")
}

// to migrates to a sketch, and makes that the world's definition.
func (w *world) to(s *sketch, e Migrate) (Step, error) {
	w.t.Helper()
	s.def.Prepare()
	e.To, e.From, e.Into, e.Reason = s.def, 1, 2, "better"
	step, err := decideKnowing(w.def, w.st, Input{At: w.now, By: caller("root"), Event: e}, w.who)
	if err != nil {
		return step, err
	}
	w.def = s.def
	w.facts, w.st, w.all = append(w.facts, step.Facts...), step.State, append(w.all, step.Commands...)
	checkState(w.t, w.def, w.st, w.facts, len(step.Facts))
	return step, nil
}

// inTheWay checks that exactly these things keep the instance from the migration,
// each said as a whole sentence with what to do.
func (w *world) inTheWay(s *sketch, e Migrate, want ...string) {
	w.t.Helper()
	before := string(w.st.AppendJSON(nil))
	_, err := w.to(s, e)
	found := Blockers(err)
	if signoff.CodeOf(err) != CodeUnfit || len(found) != len(want) {
		w.t.Fatalf("in the way is %+v (%v), want %q", found, err, want)
	}
	for i, b := range found {
		if got := b.Sentence(); !strings.Contains(got, want[i]) || b.Advice == "" {
			w.t.Fatalf("it says %q (%s), want %q", got, b.Advice, want[i])
		}
	}
	if after := string(w.st.AppendJSON(nil)); after != before {
		w.t.Fatal("a refusal changed the state")
	}
}

func startedWith(s *sketch) *world {
	w := run(s)
	w.must("ana", Start{Instance: 1, Priority: 1})
	return w
}

func ask(people ...string) func(s *sketch) {
	return func(s *sketch) { s.user("it", people) }
}

func service(method, url string) func(s *sketch) {
	return func(s *sketch) {
		s.node("it", process.ServiceTask, func(n *process.Node) { n.Service = &process.Service{Method: method, URL: s.template(url)} })
	}
}

func calls(workflow string) func(s *sketch) {
	return func(s *sketch) {
		s.node("it", process.CallActivity, func(n *process.Node) { n.Call = &process.Call{Workflow: workflow} })
	}
}

func repeated(m *process.Multi) func(s *sketch) {
	return func(s *sketch) {
		s.user("it", []string{"jane"})
		if m != nil {
			copied := *m
			copied.Cardinality = s.expr("2")
			s.def.Nodes[s.index("it")].Multi = &copied
		}
	}
}

func vote(rule process.Rule, actions ...string) func(s *sketch) {
	return func(s *sketch) {
		s.user("it", []string{"jane", "bob"}, func(task *process.Task) {
			task.Answers = &process.Answers{Rule: rule, Otherwise: "Reject"}
			task.Actions = nil
			for _, a := range actions {
				task.Actions = append(task.Actions, process.Action{Name: a})
			}
		})
	}
}

func TestEachThingInTheWayOfAMigrationIsNamed(t *testing.T) {
	message := func(name string) func(s *sketch) {
		return func(s *sketch) {
			s.node("it", process.CatchEvent, func(n *process.Node) {
				n.Event = &process.Event{Trigger: process.OnMessage, Name: name, Key: s.expr("instance")}
			})
		}
	}
	renamed := func(s *sketch) { s.user("it2", []string{"jane"}) }
	for _, c := range []struct {
		what     string
		one, two func(s *sketch)
		first    func(w *world)
		want     string
	}{
		{"another kind", ask("jane"), service("GET", "x"), nil, `"it": the task is with {user:jane}, and in version 2 "it" is a service task, not a user task`},
		{"another trigger", message("m"), func(s *sketch) {
			s.node("it", process.CatchEvent, func(n *process.Node) { n.Event = s.timer(`duration("PT1H")`) })
		}, nil, `it waits for a message, and in version 2 "it" is a timer catching event, not a message catching event`},
		{"another call", service("GET", "https://a.test"), service("GET", "https://b.test"), nil, "a service is being called, and version 2 calls something else there (GET https://b.test, not GET https://a.test)"},
		{"another workflow", calls("pay"), calls("charge"), nil, `another workflow runs for it, and version 2 runs the workflow "charge" there, not "pay"`},
		{"no longer repeated", repeated(&process.Multi{}), repeated(nil), nil, "steps in it are under way, and in version 2 it is not repeated"},
		{"repeated now", repeated(nil), repeated(&process.Multi{Sequential: true}), nil, "in version 2 it is repeated"},
		{"one after the other", repeated(&process.Multi{}), repeated(&process.Multi{Sequential: true}), nil, "is repeated one after the other, not all at once"},
		{"several answers", ask("jane"), vote(process.AllTheSame, "Approve", "Reject"), nil, "the first answer to it decides, where version 2 wants several"},
		{"an action that is gone", vote(process.AllTheSame, "Approve", "Reject"), vote(process.AllTheSame, "Agree", "Reject"),
			func(w *world) { w.must("bob", Act{Task: w.openTasks()[0].Seq, Action: "Approve"}) }, `{user:bob} answered "Approve", and version 2 has no such action`},
		{"the starter", ask("ana"), func(s *sketch) {
			s.user("it", []string{"ana"}, func(task *process.Task) { task.ExcludeStarter = true })
		}, nil, "in version 2 whoever started the instance may not decide it"},
		{"a key that gives nothing", message("m"), func(s *sketch) {
			s.node("it", process.CatchEvent, func(n *process.Node) {
				n.Event = &process.Event{Trigger: process.OnMessage, Name: "m", Key: s.expr("n")}
			})
		}, nil, `it is waited for from now on, and the key of "it", n, gives null`},
		{"a value that does not fit", ask("jane"), func(s *sketch) {
			s.user("it", []string{"jane"})
			s.def.Variables[1].Type = process.Date
		}, func(w *world) { w.must("root", SetVars{Vars: map[string]expr.Value{"n": expr.Int(3)}, Reason: "x"}) }, `"n": it is 3, and in version 2`},
		{"a value that is no choice", ask("jane"), func(s *sketch) {
			s.user("it", []string{"jane"})
			s.def.Variables[1].Required = true
		}, nil, `"n": it has no value, and version 2 demands one`},
	} {
		w := startedWith(version(t, c.one))
		if c.first != nil {
			c.first(w)
		}
		two := version(t, c.two)
		_, err := w.to(two, Migrate{})
		found := Blockers(err)
		if len(found) == 0 || !strings.Contains(untold(found[0].Sentence()), c.want) || found[0].Advice == "" {
			t.Errorf("%s: %v, %+v", c.what, err, found)
		}
	}
	s := draw(t)
	s.variable("a", process.Boolean).variable("n", process.Number).node("start", process.StartEvent)
	renamed(s)
	s.node("end", process.EndEvent).path("start", "it2", "end")
	w := startedWith(version(t, ask("jane")))
	w.inTheWay(s, Migrate{}, "version 2 has no such step")
	if _, err := w.to(s, Migrate{Map: map[string]string{"it": "it2"}}); err != nil || w.st.Tokens[0].Node != "it2" || w.openTasks()[0].Node != "it2" {
		t.Errorf("renamed: %v, %s", err, w.st.AppendJSON(nil))
	}
}

// untold is a sentence with people as tests write them.
func untold(text string) string {
	for _, who := range []string{"jane", "bob", "ana"} {
		text = strings.ReplaceAll(text, signoff.Mention(signoff.Principal("user:"+who)), "{user:"+who+"}")
	}
	return text
}

func TestAPlanThatNamesWhatIsNotThereIsRefused(t *testing.T) {
	w := startedWith(version(t, ask("jane")))
	for _, names := range []map[string]string{{"itt": "it"}, {"it": "itt"}} {
		_, err := w.to(version(t, ask("jane")), Migrate{Map: names})
		if e, ok := err.(*signoff.Error); !ok || e.Code != CodeBadPlan || len(e.Fields) != 1 || e.Fields[0].Advice != "did you mean it?" {
			t.Errorf("%v: %v", names, err)
		}
	}
	_, err := Decide(w.def, w.st, Input{At: w.now, By: caller("root"), Event: Migrate{To: w.def, Into: 2}})
	if signoff.CodeOf(err) != CodeReasonRequired {
		t.Errorf("without a reason: %v", err)
	}
}

// edged draws events on the edge of a task.
func edged(events ...func(s *sketch)) func(s *sketch) {
	return func(s *sketch) {
		s.user("it", []string{"jane"})
		for _, draw := range events {
			draw(s)
		}
	}
}

func bell(id, after string) func(s *sketch) {
	return func(s *sketch) {
		s.boundary(id, "it", `duration("`+after+`")`, false).node(id+"End", process.EndEvent).flow(id, id+"End", "")
	}
}

func TestEventsOnTheEdgeFollowTheNewVersion(t *testing.T) {
	w := startedWith(version(t, edged(bell("same", "PT5H"), bell("gone", "PT6H"), bell("longer", "PT7H"))))
	w.now = w.now.Add(time.Hour)
	if _, err := w.to(version(t, edged(bell("same", "PT5H"), bell("longer", "PT9H"), bell("more", "PT1H"))), Migrate{}); err != nil {
		t.Fatal(err)
	}
	due := map[string]time.Duration{}
	for _, x := range w.st.Timers {
		due[x.Node] = x.Due.Sub(monday)
	}
	if len(due) != 3 || due["same"] != 5*time.Hour || due["longer"] != 10*time.Hour || due["more"] != 2*time.Hour {
		t.Errorf("it waits until %v", due)
	}
	// What has rung once does not ring again because of a migration.
	w.now = w.now.Add(time.Hour)
	for _, x := range w.st.Timers {
		if x.Node == "more" {
			w.must("", TimerDue{x.Seq})
		}
	}
	if _, err := w.to(version(t, edged(bell("more", "PT3H"))), Migrate{}); err != nil || len(w.st.Timers) != 0 {
		t.Errorf("%v, %+v", err, w.st.Timers)
	}
}

func TestADeadlineFollowsTheNewVersion(t *testing.T) {
	limited := func(after string) *sketch {
		return version(t, func(s *sketch) {
			s.user("it", []string{"jane"}, func(task *process.Task) {
				if after != "" {
					task.Deadline = &process.Deadline{After: s.expr(`duration("` + after + `")`), Outcome: "Expired"}
					task.Reminders = []process.Reminder{{Before: s.expr(`duration("PT1H")`)}}
				}
			})
		})
	}
	w := startedWith(limited("P1D"))
	w.now = w.now.Add(time.Hour)
	if _, err := w.to(limited("P2D"), Migrate{}); err != nil || len(w.st.Timers) != 2 || !w.openTasks()[0].Due.Equal(monday.Add(49*time.Hour)) {
		t.Fatalf("%v, %s", err, w.st.AppendJSON(nil))
	}
	if _, err := w.to(limited(""), Migrate{}); err != nil || len(w.st.Timers) != 0 || w.openTasks()[0].Due != nil {
		t.Fatalf("%v, %s", err, w.st.AppendJSON(nil))
	}
	without := w.def
	if _, err := w.to(limited("P3D"), Migrate{}); err != nil {
		t.Fatal(err)
	}
	if back, err := Decide(w.def, w.st, Input{At: w.now, By: caller("root"), Event: GoBack{To: without, Reason: "worse"}}); err != nil || back.State.Tasks[0].Due != nil {
		t.Errorf("it goes back with a deadline: %v, %s", err, back.State.AppendJSON(nil))
	}
	w.now = w.now.Add(72 * time.Hour)
	i := slices.IndexFunc(w.st.Timers, func(x Timer) bool { return x.For == ForDeadline })
	w.must("", TimerDue{w.st.Timers[i].Seq})
	if w.st.Status != Completed || w.st.Last.Outcome != "Expired" {
		t.Errorf("it is %s", w.st.AppendJSON(nil))
	}
}

// Two have answered; the version after wants more than half to agree, which they
// do.
func TestAnswersAreWeighedByTheNewRule(t *testing.T) {
	three := func(rule process.Rule) *sketch {
		return version(t, func(s *sketch) {
			s.user("it", []string{"jane", "bob", "carol"}, func(task *process.Task) { task.Answers = &process.Answers{Rule: rule, Otherwise: "Reject"} })
		})
	}
	w := startedWith(three(process.AllTheSame))
	for _, by := range []string{"jane", "bob"} {
		w.must(by, Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	}
	if _, err := w.to(three(process.Majority), Migrate{}); err != nil || w.st.Status != Completed || w.st.Last.Outcome != "Approve" {
		t.Errorf("%v, %s", err, w.st.AppendJSON(nil))
	}
}

// Who decided a step is known by its new name, too; a name that nobody has
// explained stops the migration.
func TestDutiesFollowARenamedStep(t *testing.T) {
	two := func(first string) *sketch {
		s := draw(t)
		s.node("start", process.StartEvent)
		s.user(first, []string{"jane"})
		s.user("then", []string{"bob"}, func(task *process.Task) { task.Exclude = []string{first} })
		return s.node("end", process.EndEvent).path("start", first, "then", "end")
	}
	w := startedWith(two("first"))
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.inTheWay(two("before"), Migrate{}, `version 2 names "before", which is no step of before`)
	if _, err := w.to(two("before"), Migrate{Map: map[string]string{"first": "before"}}); err != nil {
		t.Fatal(err)
	}
	_, err := w.do("bob", Redirect{Task: w.openTasks()[0].Seq, To: "jane"})
	if signoff.CodeOf(err) != CodeDoerExcluded {
		t.Errorf("jane gets it though she decided before: %v", err)
	}
}

func TestVariablesFollowTheNewVersion(t *testing.T) {
	one := version(t, ask("jane"))
	w := run(one)
	w.must("ana", Start{Instance: 1, Priority: 1, Vars: map[string]expr.Value{"n": expr.Int(3)}})
	two := version(t, ask("jane"))
	two.def.Variables[1].Type = process.String
	two.variable("given", process.Number, func(v *process.Variable) { v.Required = true })
	two.variable("made", process.Number, func(v *process.Variable) { v.Default = two.expr("given + 1") })
	if _, err := w.to(two, Migrate{Vars: map[string]expr.Value{"given": expr.Int(4), "made2": expr.Int(1)}}); signoff.CodeOf(err) != CodeBadVariables {
		t.Errorf("an unknown one: %v", err)
	}
	before := w.st
	two.def.Variables[1].Type = process.JSON
	if _, err := w.to(two, Migrate{Vars: map[string]expr.Value{"given": expr.Int(4)}}); err != nil {
		t.Fatal(err)
	}
	if got := expr.Format(w.st.Vars["made"]); got != "5" {
		t.Errorf("made is %s", got)
	}
	w.def = one.def
	w.must("root", GoBack{To: one.def, Reason: "worse"})
	if len(w.st.Vars) != len(before.Vars) || w.st.Vars["given"] != nil {
		t.Errorf("variables after: %v", w.st.Vars)
	}
}

// A token at a merge stays there; a branch that version 2 has besides would never come.
func TestABranchThatNeverBeganIsInTheWay(t *testing.T) {
	forked := func(branches ...string) *sketch {
		s := draw(t)
		s.node("start", process.StartEvent).node("fork", process.ParallelGateway).node("join", process.ParallelGateway).node("end", process.EndEvent)
		s.path("start", "fork").path("join", "end")
		for _, b := range branches {
			s.user(b, []string{"jane"}).path("fork", b, "join")
		}
		return s
	}
	w := startedWith(forked("a", "b"))
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.inTheWay(forked("a", "b", "c"), Migrate{}, "a branch would be missing, or one too many")
	w.inTheWay(forked("b", "c"), Migrate{}, `the branch that has come, from "a", does not lead there in version 2`)
	s := forked("a", "b")
	for i := range s.def.Flows {
		s.def.Flows[i].ID = "new" + s.def.Flows[i].ID // an editor that names flows anew
	}
	if _, err := w.to(s, Migrate{}); err != nil {
		t.Fatal(err)
	}
	w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("it is %s", w.st.AppendJSON(nil))
	}
}

func TestAnInstanceGoesBackUnlessItHasMovedOn(t *testing.T) {
	one, two := version(t, edged(bell("ring", "PT5H"))), version(t, edged(bell("other", "PT5H")))
	w := startedWith(one)
	if _, err := w.do("root", GoBack{To: one.def, Reason: "x"}); signoff.CodeOf(err) != CodeNotMigrated {
		t.Errorf("never migrated: %v", err)
	}
	if _, err := w.to(two, Migrate{Order: 7}); err != nil {
		t.Fatal(err)
	}
	task := w.openTasks()[0].Seq
	w.must("jane", Claim{task})
	w.must("jane", Comment{Task: task, Text: "hm"})
	if _, err := w.do("root", GoBack{To: one.def, Order: 8, Reason: "x"}); signoff.CodeOf(err) != CodeNotMigrated {
		t.Errorf("of another order: %v", err)
	}
	w.def = one.def
	w.must("root", GoBack{To: one.def, Order: 7, Reason: "worse"})
	if len(w.st.Timers) != 1 || w.st.Timers[0].Node != "ring" || w.openTasks()[0].Claimed == "" || len(w.st.Ran) != 2 {
		t.Errorf("it is %s", w.st.AppendJSON(nil))
	}
	if _, err := w.to(two, Migrate{}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(6 * time.Hour)
	w.must("", TimerDue{w.st.Timers[0].Seq})
	_, err := w.do("root", GoBack{To: one.def, Reason: "x"})
	if e, ok := err.(*signoff.Error); !ok || e.Code != CodeMovedOn || !strings.Contains(e.Detail, `timer fired ("other")`) || e.Hint == "" {
		t.Errorf("moved on: %v", err)
	}
	w.must("jane", Act{Task: task, Action: "Approve"})
	for _, e := range []Event{GoBack{To: one.def, Reason: "x"}, Migrate{To: one.def, Reason: "x"}} {
		if _, err := w.do("root", e); signoff.CodeOf(err) != CodeInstanceEnded {
			t.Errorf("%T after the end: %v", e, err)
		}
	}
}

// A stopped instance is migrated, too, and stays stopped.
func TestAStoppedInstanceIsMigrated(t *testing.T) {
	w := startedWith(version(t, ask("jane")))
	w.must("root", Hold{Reason: "to look at it"})
	if _, err := w.to(version(t, edged(bell("ring", "PT5H"))), Migrate{}); err != nil || w.st.Held == nil || len(w.st.Timers) != 1 {
		t.Fatalf("%v, %s", err, w.st.AppendJSON(nil))
	}
}

func TestAnInstanceRemembersOnlySoManyVersions(t *testing.T) {
	w := startedWith(version(t, ask("jane")))
	for range maxRan + 10 {
		if _, err := w.to(version(t, ask("jane")), Migrate{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.st.Ran) != maxRan {
		t.Errorf("it remembers %d", len(w.st.Ran))
	}
}
