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

// asked is a workflow with one task, which has been offered.
func asked(t *testing.T, people []string, more ...func(*process.Task)) (*world, int) {
	t.Helper()
	w := run(draw(t).node("start", process.StartEvent).user("a", people, more...).node("end", process.EndEvent).path("start", "a", "end"))
	w.must("ana", Start{Instance: 1, Priority: 1})
	return w, w.openTasks()[0].Seq
}

func answers(rule process.Rule) func(*process.Task) {
	return func(t *process.Task) { t.Answers = &process.Answers{Rule: rule, Otherwise: "No"} }
}

func notTheStarter(t *process.Task) { t.ExcludeStarter = true }

func notWho(did string) func(*process.Task) {
	return func(t *process.Task) { t.Exclude = append(t.Exclude, did) }
}

// doAs decides e for who acts in somebody's name.
func (w *world) doAs(behind, by string, e Event) error {
	in := Input{At: w.now, By: caller(by), Event: e, People: People{}}
	in.By.Behind = person(behind).Principal
	_, err := w.decide(in)
	return err
}

// order decides e for an administrator.
func (w *world) order(by string, e Event) error {
	in := Input{At: w.now, By: caller(by), Event: e, People: People{}}
	in.By.Admin = true
	_, err := w.decide(in)
	return err
}

func told(src string) *expr.Expr {
	e, err := expr.Parse(src)
	if err != nil {
		panic(err)
	}
	return e
}

func wants(t *testing.T, err error, code string) {
	t.Helper()
	if got := signoff.CodeOf(err); got != code {
		t.Errorf("got %q (%v), want %q", got, err, code)
	}
}

func TestWhoIsOnlyAskedAboutATaskDoesNothingWithIt(t *testing.T) {
	for name, to := range map[string]string{"somebody": "mallory", "the starter": ""} {
		w, seq := asked(t, []string{"bob", "jane"}, answers(process.AllTheSame))
		w.must("bob", Ask{Task: seq, To: to, Text: "Why?"})
		who := to
		if who == "" {
			who = "ana"
		}
		for _, e := range []Event{Redirect{Task: seq, To: "kim"}, Share{Task: seq, To: "kim"}, Act{Task: seq, Action: "Approve"}, Claim{seq},
			Sleep{seq, w.now.Add(time.Hour)}, Wake{seq}, Ask{Task: seq, To: "zoe", Text: "?"}} {
			if _, err := w.do(who, e); signoff.CodeOf(err) != CodeTaskNotFound {
				t.Errorf("%s: %T: %v", name, e, err)
			}
		}
		if got := logins(w.st.task(seq).Recipients); got != "bob jane" {
			t.Errorf("%s: it is with %s", name, got)
		}
	}
}

func TestWhoHasLeftTheGroupHandsNothingOnForAClaim(t *testing.T) {
	w, seq := asked(t, []string{"jane"}, answers(process.AllTheSame), func(t *process.Task) {
		t.Recipients = append(t.Recipients, process.Recipient{Group: "board"})
	})
	w.names["group:board"] = []signoff.Person{{Principal: "group:board"}}
	w = startedAgain(t, w)
	in := Input{At: w.now, By: caller("mike", "group:board"), Event: Claim{seq}, People: People{}}
	if _, err := w.decide(in); err != nil {
		t.Fatal(err)
	}
	_, err := w.do("mike", Redirect{Task: seq, To: "crony"}) // no more of the group
	wants(t, err, CodeTaskNotFound)
}

// startedAgain is the world's workflow from its start, with the names it has now.
func startedAgain(t *testing.T, w *world) *world {
	t.Helper()
	again := &world{t: t, def: w.def, now: monday, names: w.names}
	again.must("ana", Start{Instance: 1, Priority: 1})
	return again
}

func TestWhoStartedInSomebodysNameIsAStarterToo(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("a", []string{"root", "bob"}, notTheStarter).node("end", process.EndEvent).path("start", "a", "end")
	w := run(s)
	if err := w.doAs("root", "ana", Start{Instance: 1, Priority: 1}); err != nil {
		t.Fatal(err)
	}
	task := w.openTasks()[0]
	if got := logins(task.Recipients); got != "bob" {
		t.Errorf("it was put to %s", got)
	}
	_, err := w.do("bob", Redirect{Task: task.Seq, To: "root"})
	wants(t, err, CodeStarterExcluded)
	wants(t, w.doAs("root", "bob", Act{Task: task.Seq, Action: "Approve"}), CodeStarterExcluded)
	if w.st.form() != 2 {
		t.Error("a program of before would forget who stood behind the start")
	}
}

func TestOnePersonHasOneSayWhoeverTheyStandInFor(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob", "kim"}, answers(process.AllTheSame))
	if err := w.doAs("root", "jane", Act{Task: seq, Action: "Approve"}); err != nil {
		t.Fatal(err)
	}
	wants(t, w.doAs("root", "bob", Act{Task: seq, Action: "Approve"}), CodeAnswered)
	if n := len(w.st.task(seq).Answers); n != 1 {
		t.Errorf("%d answers", n)
	}
}

func TestAVoteDoesNotWaitForWhoHasAnsweredForSomebody(t *testing.T) {
	for _, serial := range []bool{false, true} {
		w, seq := asked(t, []string{"jane", "sam"}, answers(process.AllTheSame), func(t *process.Task) { t.Serial = serial })
		if err := w.doAs("sam", "jane", Act{Task: seq, Action: "Approve"}); err != nil {
			t.Fatal(err)
		}
		if w.st.Status != Completed || w.st.Last.Outcome != "Approve" {
			t.Errorf("serial %v: %s, it waits for %v", serial, w.st.Status, w.st.task(seq).Recipients)
		}
	}
}

func TestTheTurnGoesToTheNextWhoMayAnswer(t *testing.T) {
	w, seq := asked(t, []string{"jane", "sam", "kim"}, answers(process.AllTheSame), func(t *process.Task) { t.Serial = true })
	if err := w.doAs("sam", "jane", Act{Task: seq, Action: "Approve"}); err != nil {
		t.Fatal(err)
	}
	if got := logins(w.st.task(seq).Recipients); got != "kim" {
		t.Errorf("it is the turn of %s", got)
	}
}

func TestAReminderTakesATurnForward(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob"}, answers(process.AllTheSame), func(task *process.Task) {
		task.Serial = true
		task.Reminders = []process.Reminder{{After: told(`duration("P1D")`), Redirect: []process.Recipient{{Person: draw(t).template("bob")}}}}
	})
	w.now = w.now.Add(25 * time.Hour)
	w.must("", TimerDue{w.st.Timers[0].Seq})
	w.must("bob", Act{Task: seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("%s: it waits for %v", w.st.Status, w.st.task(seq).Recipients)
	}
}

// beside is a task x of bob, beside a task a that who decided x may not decide.
func beside(t *testing.T, people []string, more ...func(*process.Task)) (w *world, x, a int) {
	t.Helper()
	s := draw(t).node("start", process.StartEvent).node("fork", process.ParallelGateway).user("x", []string{"bob"}).
		user("a", people, append(more, notWho("x"))...).node("join", process.ParallelGateway).node("end", process.EndEvent).
		path("start", "fork", "x", "join", "end").path("fork", "a", "join")
	w = run(s)
	w.must("ana", Start{Instance: 1, Priority: 1})
	for _, task := range w.openTasks() {
		if task.Node == "x" {
			x = task.Seq
		} else {
			a = task.Seq
		}
	}
	return w, x, a
}

func TestTheLastTurnIsNotThatOfWhoIsKeptOut(t *testing.T) {
	w, x, a := beside(t, []string{"jane", "bob"}, answers(process.AllTheSame), func(t *process.Task) { t.Serial = true })
	w.must("bob", Act{Task: x, Action: "Approve"})
	w.must("jane", Act{Task: a, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("%s: it waits for %v", w.st.Status, w.st.task(a).Recipients)
	}
}

func TestATaskThatNobodyMayDecideAnyMoreIsAnIncident(t *testing.T) {
	for name, more := range map[string][]func(*process.Task){"the first answer": nil, "several": {answers(process.Majority)}} {
		w, x, a := beside(t, []string{"bob"}, more...)
		w.must("bob", Act{Task: x, Action: "Approve"})
		if len(w.st.Incidents) != 1 || w.st.Incidents[0].Code != IncidentNobody || w.st.Incidents[0].Stage != Counting {
			t.Fatalf("%s: %+v", name, w.st.Incidents)
		}
		if err := w.order("root", Retry{Incident: w.st.Incidents[0].Seq}); err != nil || len(w.st.Incidents) != 1 {
			t.Errorf("%s: retried: %v %+v", name, err, w.st.Incidents)
		}
		if err := w.order("root", Redirect{Task: a, To: "kim"}); err != nil || len(w.st.Incidents) != 0 {
			t.Errorf("%s: redirected: %v %+v", name, err, w.st.Incidents)
		}
		w.must("kim", Act{Task: a, Action: "Approve"})
		if w.st.Status != Completed {
			t.Errorf("%s: %s", name, w.st.Status)
		}
	}
}

func TestAVoteOfWhichOnlyThoseKeptOutAreLeftIsCounted(t *testing.T) {
	w, x, a := beside(t, []string{"jane", "bob"}, answers(process.AllTheSame))
	w.must("jane", Act{Task: a, Action: "Approve"})
	w.must("bob", Act{Task: x, Action: "Approve"})
	if w.st.Status != Completed {
		t.Errorf("%s: it waits for %v", w.st.Status, w.st.task(a).Recipients)
	}
}

func TestAnAdministratorWhoIsKeptOutDoesNotDecideInAnotherWay(t *testing.T) {
	w, seq := asked(t, []string{"bob"}, notTheStarter, answers(process.AllTheSame))
	for _, e := range []Event{Withdraw{Task: seq, Outcome: "Approve"}, Redirect{Task: seq, To: "kim"}, Share{Task: seq, To: "kim"},
		Move{From: "a", To: "end", Reason: "x"}} {
		err := w.order("ana", e)
		wants(t, err, CodeStarterExcluded)
		if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Hint == "" {
			t.Errorf("%T: nothing says who can", e)
		}
	}
	if err := w.order("root", Redirect{Task: seq, To: "kim"}); err != nil {
		t.Error(err)
	}
}

func TestWhoSkipsATaskHasDecidedIt(t *testing.T) {
	w := run(draw(t).node("start", process.StartEvent).user("a", []string{"ghost"}, notTheStarter).user("b", []string{"root", "kim"}, notWho("a")).
		node("end", process.EndEvent).path("start", "a", "b", "end"))
	w.names["ghost"] = nil
	w.must("ana", Start{Instance: 1, Priority: 1})
	skip := Skip{Incident: w.st.Incidents[0].Seq, Outcome: "Approve", Reason: "x"}
	wants(t, w.order("ana", skip), CodeStarterExcluded)
	if err := w.order("root", skip); err != nil {
		t.Fatal(err)
	}
	task := w.openTasks()[0]
	if got := logins(task.Recipients); got != "kim" {
		t.Errorf("b was put to %s", got)
	}
	_, err := w.do("kim", Redirect{Task: task.Seq, To: "root"})
	wants(t, err, CodeDoerExcluded)
}

func TestWhoIsAddedToAVoteOfEverybodyIsWaitedFor(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob"}, answers(process.AllTheSame))
	if err := w.order("root", Share{Task: seq, To: "zoe"}); err != nil {
		t.Fatal(err)
	}
	w.must("zoe", Act{Task: seq, Action: "Approve"})
	w.must("jane", Act{Task: seq, Action: "Approve"})
	if w.st.Status != Running {
		t.Error("bob was never asked")
	}
	w.must("bob", Act{Task: seq, Action: "Approve"})
	if w.st.Status != Completed {
		t.Error(w.st.Status)
	}
}

func TestAMajorityIsOneOfThoseWhoAreAskedNow(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob", "kim"}, answers(process.Majority))
	for i := range 5 {
		w.names["members:Board"] = append(w.names["members:Board"], person(string(rune('p'+i))))
	}
	if err := w.order("root", Redirect{Task: seq, From: "kim", To: "members:Board"}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"p", "q"} {
		w.must(who, Act{Task: seq, Action: "Approve"})
	}
	if task := w.st.task(seq); !task.Open() || task.Slots != 7 {
		t.Errorf("decided by 2 of 7: %+v", task)
	}
	i := slices.IndexFunc(w.facts, func(f Fact) bool { return f.Kind == TaskRedirected })
	if f := w.facts[i]; f.Slots != 7 || f.form() != 2 {
		t.Errorf("%+v", f)
	}
}

func TestANumberOfAnswersThatIsSaidStays(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob"}, answers(process.AllTheSame), func(t *process.Task) { t.Answers.Slots = told("2") })
	if err := w.order("root", Share{Task: seq, To: "zoe"}); err != nil {
		t.Fatal(err)
	}
	if n := w.st.task(seq).Slots; n != 2 {
		t.Errorf("%d answers are wanted", n)
	}
}

func TestOneVoiceClaimsOnce(t *testing.T) {
	w, seq := asked(t, []string{"jane", "bob", "mike"}, answers(process.AllTheSame), func(t *process.Task) {
		t.Claiming, t.Answers.Slots = true, told("2")
	})
	w.must("jane", Share{Task: seq, To: "zoe"})
	w.must("jane", Claim{seq})
	_, err := w.do("zoe", Claim{seq})
	wants(t, err, CodeTaskClaimed)
	_, err = w.do("zoe", Act{Task: seq, Action: "Approve"})
	wants(t, err, CodeTaskClaimed)
	w.must("bob", Act{Task: seq, Action: "Approve"})
}

func TestAClaimKeepsOutWhoHasTheSameTurn(t *testing.T) {
	w, seq := asked(t, []string{"jane", "mike"}, answers(process.AllTheSame), func(t *process.Task) { t.Claiming, t.Serial = true, true })
	w.must("jane", Share{Task: seq, To: "bob"})
	w.must("jane", Claim{seq})
	_, err := w.do("bob", Act{Task: seq, Action: "Approve"})
	wants(t, err, CodeTaskClaimed)
}

func TestAClaimThroughAGroupGoesWithIt(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("a", []string{"jane"}, answers(process.AllTheSame), func(t *process.Task) {
		t.Recipients = append(t.Recipients, process.Recipient{Group: "board"})
		t.Claiming, t.Answers.Slots, t.Idle = true, told("1"), told(`duration("P1D")`)
	}).node("end", process.EndEvent).path("start", "a", "end")
	w := run(s)
	w.names["group:board"] = []signoff.Person{{Principal: "group:board"}}
	w.must("ana", Start{Instance: 1, Priority: 1})
	seq := w.openTasks()[0].Seq
	if _, err := w.decide(Input{At: w.now, By: caller("mike", "group:board"), Event: Claim{seq}, People: People{}}); err != nil {
		t.Fatal(err)
	}
	if err := w.order("root", Redirect{Task: seq, From: "group:board", To: "kim"}); err != nil {
		t.Fatal(err)
	}
	if len(w.st.task(seq).Holders) != 0 || len(w.st.Timers) != 0 {
		t.Errorf("%+v %+v", w.st.task(seq).Holders, w.st.Timers)
	}
	w.must("kim", Act{Task: seq, Action: "Approve"})
}

func TestAMigrationForgetsNobodyWhoDecidedAStep(t *testing.T) {
	version := func(x string) *process.Definition {
		s := draw(t).node("start", process.StartEvent).user(x, []string{"bob"}).user("y", []string{"jane"}).user("z", []string{"bob", "kim"}, notWho(x)).
			node("end", process.EndEvent).path("start", x, "y", "z", "end")
		s.def.Prepare()
		return s.def
	}
	two := version("x2")
	for name, mapped := range map[string]map[string]string{"not said": nil, "said": {"x": "x2"}} {
		w := &world{t: t, def: version("x"), now: monday, names: map[string][]signoff.Person{}}
		w.must("ana", Start{Instance: 1, Priority: 1})
		w.must("bob", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
		in := Input{At: w.now, By: caller("root"), Event: Migrate{To: two, From: 1, Into: 2, Reason: "x", Map: mapped}, People: People{}}
		step, err := Decide(w.def, w.st, in)
		if mapped == nil {
			if found := Blockers(err); len(found) != 1 || found[0].Node != "z" || found[0].Advice == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		w.def, w.st, w.facts = two, step.State, append(w.facts, step.Facts...)
		w.must("jane", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
		if got := logins(w.openTasks()[0].Recipients); got != "kim" {
			t.Errorf("%s: z was put to %s", name, got)
		}
	}
}

func TestAMigrationAsksNothingOfStepsThatAreBehind(t *testing.T) {
	version := func(x string) *process.Definition {
		s := draw(t).node("start", process.StartEvent).user(x, []string{"bob"}).user("z", []string{"bob", "kim"}, notWho(x)).user("y", []string{"jane"}).
			node("end", process.EndEvent).path("start", x, "z", "y", "end")
		s.def.Prepare()
		return s.def
	}
	w := &world{t: t, def: version("x"), now: monday, names: map[string][]signoff.Person{}}
	w.must("ana", Start{Instance: 1, Priority: 1})
	w.must("bob", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	w.must("kim", Act{Task: w.openTasks()[0].Seq, Action: "Approve"})
	if _, err := w.do("root", Migrate{To: version("x2"), From: 1, Into: 2, Reason: "x"}); err != nil {
		t.Error(err)
	}
}
