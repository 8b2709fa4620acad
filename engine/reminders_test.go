package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

func everySo(often string) func(*process.Task) {
	return func(t *process.Task) { t.Reminders = []process.Reminder{{After: told(often), Every: told(often)}} }
}

func TestAReminderComesAgainHoweverOftenItWasMissed(t *testing.T) {
	w, seq := asked(t, []string{"bob"}, everySo(`duration("PT1M")`))
	w.now = w.now.Add(20 * 24 * time.Hour)
	w.must("", TimerDue{w.st.Timers[0].Seq})
	if len(w.st.Timers) != 1 || !w.st.Timers[0].Due.After(w.now) || w.st.Timers[0].Due.After(w.now.Add(time.Minute)) {
		t.Fatalf("%+v", w.st.Timers)
	}
	if len(w.st.Incidents) != 0 || !w.st.task(seq).Open() {
		t.Errorf("%+v", w.st.Incidents)
	}
}

func TestAReminderThatCannotComeAgainIsAnIncident(t *testing.T) {
	for name, set := range map[string]struct {
		task func(*process.Task)
		then func(*world)
	}{
		"null":       {func(t *process.Task) { t.Reminders[0].Every = told("null") }, nil},
		"nothing":    {func(t *process.Task) { t.Reminders[0].Every = told(`duration("PT0S")`) }, nil},
		"too far":    {func(t *process.Task) { t.Reminders[0].Every = told(`duration("P9000Y")`) }, nil},
		"no time":    {func(t *process.Task) { t.Reminders[0].Every = told(`"soon"`) }, nil},
		"much is on": {func(*process.Task) {}, func(w *world) { w.st.Facts = MaxFacts + 1 }},
	} {
		w, _ := asked(t, []string{"bob"}, everySo(`duration("PT1H")`), set.task)
		w.now = w.now.Add(time.Hour)
		timer := w.st.Timers[0].Seq
		if set.then != nil {
			set.then(w)
		}
		step, err := Decide(w.def, w.st, Input{At: w.now, Event: TimerDue{timer}})
		if err != nil {
			t.Fatal(err)
		}
		if i := step.State.Incidents; len(i) != 1 || i[0].Stage != Due || i[0].Effect != timer || i[0].Advice == "" {
			t.Errorf("%s: %+v", name, i)
		}
		if slices.ContainsFunc(step.Facts, func(f Fact) bool { return f.Kind == TaskReminded }) {
			t.Errorf("%s: it rang all the same, and will again when it is retried", name)
		}
	}
}

func TestAReminderThatEndsIsNoIncident(t *testing.T) {
	w, _ := asked(t, []string{"bob"}, everySo(`duration("PT1H")`), func(t *process.Task) { t.Reminders[0].Times = 2 })
	for range 2 {
		w.now = w.now.Add(time.Hour)
		w.must("", TimerDue{w.st.Timers[0].Seq})
	}
	if len(w.st.Timers)+len(w.st.Incidents) != 0 {
		t.Errorf("%+v %+v", w.st.Timers, w.st.Incidents)
	}
}

func TestAClaimAndAReminderSeeTheItemOfTheirPass(t *testing.T) {
	s := draw(t).node("start", process.StartEvent).user("a", []string{"bob"}, func(task *process.Task) {
		task.Claiming, task.Idle = true, draw(t).exprWith("duration(it)", "it")
		task.Reminders = []process.Reminder{{After: told(`duration("PT1H")`), Every: draw(t).exprWith("duration(it)", "it")}}
	}).node("end", process.EndEvent).path("start", "a", "end")
	s.def.Nodes[1].Multi = &process.Multi{Sequential: true, Collection: told(`["PT2H"]`), Element: "it"}
	w := run(s)
	w.must("ana", Start{Instance: 1, Priority: 1})
	w.must("bob", Claim{w.openTasks()[0].Seq})
	if i := slices.IndexFunc(w.st.Timers, func(x Timer) bool { return x.For == ForIdle }); i < 0 || !w.st.Timers[i].Due.Equal(w.now.Add(2*time.Hour)) {
		t.Errorf("the claim is not given back: %+v", w.st.Timers)
	}
	w.now = w.now.Add(time.Hour)
	w.must("", TimerDue{w.st.Timers[slices.IndexFunc(w.st.Timers, func(x Timer) bool { return x.For == ForReminder })].Seq})
	if len(w.st.Incidents) != 0 {
		t.Errorf("%+v", w.st.Incidents)
	}
	if i := slices.IndexFunc(w.st.Timers, func(x Timer) bool { return x.For == ForReminder }); i < 0 || !w.st.Timers[i].Due.Equal(w.now.Add(2*time.Hour)) {
		t.Errorf("it does not come again: %+v", w.st.Timers)
	}
}

func TestAReminderOfADeletedCalendarIsAnIncident(t *testing.T) {
	w, _ := asked(t, []string{"bob"}, everySo(`duration("PT1H")`))
	w.def.Nodes[1].Task.Reminders[0].Hours = process.Hours{Working: true, Calendar: "Gone"}
	in := Input{At: w.now.Add(time.Hour), Event: TimerDue{w.st.Timers[0].Seq}}
	_, err := Decide(w.def, w.st, in)
	if need, ok := err.(NeedCalendars); !ok || !slices.Equal(need.Names, []string{"Gone"}) {
		t.Fatal(err)
	}
	in.Calendars = Calendars{"Gone": nil}
	step, err := Decide(w.def, w.st, in)
	if i := step.State.Incidents; err != nil || len(i) != 1 || !strings.Contains(i[0].Cause, "Gone") {
		t.Errorf("%v %+v", err, i)
	}
}

func TestMonthsBeforeADeadlineAreCountedBackFromIt(t *testing.T) {
	w, _ := asked(t, []string{"bob"}, func(task *process.Task) {
		task.Deadline = &process.Deadline{At: told(`date and time("2026-03-15T09:00:00Z")`), Outcome: "Late"}
		task.Reminders = []process.Reminder{{Before: told(`duration("P1M")`)}}
	})
	want := time.Date(2026, 2, 15, 9, 0, 0, 0, time.UTC)
	if i := slices.IndexFunc(w.st.Timers, func(x Timer) bool { return x.For == ForReminder }); i < 0 || !w.st.Timers[i].Due.Equal(want) {
		t.Errorf("%+v", w.st.Timers)
	}
}

func TestNobodyIsRemindedTwiceAfterGoingBack(t *testing.T) {
	version := func(every string) *process.Definition {
		s := draw(t).node("start", process.StartEvent).user("a", []string{"bob"}, everySo(every)).node("end", process.EndEvent).path("start", "a", "end")
		s.def.Prepare()
		return s.def
	}
	one, two := version(`duration("P1D")`), version(`duration("PT12H")`)
	for name, rings := range map[string]bool{"it rang": true, "it did not": false} {
		w := &world{t: t, def: one, now: monday, names: map[string][]signoff.Person{}}
		w.must("ana", Start{Instance: 1, Priority: 1})
		step, err := Decide(one, w.st, Input{At: w.now, By: caller("root"), Event: Migrate{To: two, From: 1, Into: 2, Reason: "x"}})
		if err != nil {
			t.Fatal(err)
		}
		w.def, w.st, w.facts = two, step.State, append(w.facts, step.Facts...)
		if rings {
			w.now = w.now.Add(13 * time.Hour)
			w.must("", TimerDue{w.st.Timers[0].Seq})
		}
		step, err = Decide(two, w.st, Input{At: w.now, By: caller("root"), Event: GoBack{To: one, Reason: "x"}})
		if rings {
			wants(t, err, CodeMovedOn)
			continue
		}
		if timers := step.State.Timers; err != nil || len(timers) != 1 || !timers[0].Due.Equal(monday.Add(24*time.Hour)) {
			t.Errorf("%s: %v %+v", name, err, timers)
		}
	}
}
