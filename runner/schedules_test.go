package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// every is a workflow that a timer begins and that ends at once.
func every(timer string) []byte {
	return model(`<process id="daily" name="Daily" isExecutable="true"><extensionElements><signoff:variable name="n" type="number"/></extensionElements>
		<startEvent id="tick" name="Every so often"><timerEventDefinition>` + timer + `</timerEventDefinition></startEvent><endEvent id="e"/>
		<sequenceFlow id="f" sourceRef="tick" targetRef="e"/></process>`)
}

func (w *world) begun(t testing.TB) int {
	t.Helper()
	synctest.Wait()
	wf, err := w.Library.Lookup(context.Background(), root, "daily")
	must(t, err)
	list, err := w.Store.InstancesOfWorkflow(context.Background(), wf.ID, engine.Completed, 1<<40, 1000)
	must(t, err)
	return len(list)
}

func (w *world) schedule(t testing.TB) store.Schedule {
	t.Helper()
	list, err := w.Library.Schedules(context.Background(), root)
	must(t, err)
	if len(list) != 1 {
		t.Fatalf("%d schedules", len(list))
	}
	return list[0]
}

func TestAScheduleBeginsAnInstanceEachTime(t *testing.T) {
	inTown(t, every(`<timeCycle>R3/PT1H</timeCycle>`), func(t *testing.T, w *world) {
		w.errands.ring(time.Time{})
		for n := range 4 {
			if got := w.begun(t); got != min(n, 3) {
				t.Fatalf("after %d hours: %d begun", n, got)
			}
			time.Sleep(time.Hour)
		}
		if s := w.schedule(t); w.begun(t) != 3 || !s.Planned.IsZero() || s.Last.IsZero() || s.LastInstance == 0 {
			t.Fatalf("%d begun, %+v", w.begun(t), s)
		}
		w.whole(t)
	})
}

func TestACronScheduleGoesByItsZone(t *testing.T) {
	inTown(t, []byte(strings.Replace(string(every(`<timeCycle>0 9 * * *</timeCycle>`)), `<timerEvent`, `<extensionElements><signoff:timer zone="America/New_York"/></extensionElements><timerEvent`, 1)), func(t *testing.T, w *world) {
		synctest.Wait()
		if at := w.schedule(t).Planned; at.Hour() != 14 || at.Minute() != 0 { // the bubble begins in winter
			t.Fatalf("at %v", at)
		}
	})
}

func TestAScheduleThatIsPausedBeginsNothingAndDoesNotCatchUp(t *testing.T) {
	inTown(t, every(`<timeCycle>R/PT1H</timeCycle>`), func(t *testing.T, w *world) {
		w.errands.ring(time.Time{})
		s := w.schedule(t)
		_, err := w.Library.PauseSchedule(t.Context(), ana, s.Workflow, s.Node)
		if signoff.KindOf(err) != signoff.Forbidden {
			t.Fatalf("somebody who does not administer it: %v", err)
		}
		s, err = w.Library.PauseSchedule(t.Context(), root, s.Workflow, s.Node)
		must(t, err)
		if s.Paused.IsZero() || s.PausedBy != "user:9" {
			t.Fatalf("%+v", s)
		}
		time.Sleep(10*time.Hour + time.Minute)
		w.deploy(t, every(`<timeCycle>R/PT30M</timeCycle>`)) // stays paused
		if n := w.begun(t); n != 0 {
			t.Fatalf("%d begun while it was paused", n)
		}
		s, err = w.Library.ResumeSchedule(t.Context(), root, s.Workflow, s.Node)
		must(t, err)
		if n := w.begun(t); n != 0 || !s.Paused.IsZero() || !s.Planned.After(time.Now()) {
			t.Fatalf("%d begun at once, %+v", n, s)
		}
		w.errands.ring(time.Time{})
		time.Sleep(61 * time.Minute)
		if n := w.begun(t); n != 2 {
			t.Fatalf("%d begun", n)
		}
		_, err = w.Library.PauseSchedule(t.Context(), root, s.Workflow, "other")
		wantCode(t, err, "schedule-not-found")
		_, err = w.Library.ResumeSchedule(t.Context(), root, s.Workflow, s.Node) // it goes on already: nothing to note
		must(t, err)
		notes, err := w.Store.Changes(t.Context(), store.ChangeFilter{What: "schedule"}, 0, 10)
		must(t, err)
		if len(notes) != 2 || notes[0].By != root.Principal || string(notes[0].After) != `"resumed"` || string(notes[1].After) != `"paused"` {
			t.Fatalf("%+v", notes)
		}
	})
}

func TestAScheduleIsNotResumedAsItWasBeforeANewVersion(t *testing.T) {
	inTown(t, every(`<timeCycle>R/PT1H</timeCycle>`), func(t *testing.T, w *world) {
		s := w.schedule(t)
		s, err := w.Library.PauseSchedule(t.Context(), root, s.Workflow, s.Node)
		must(t, err)
		w.deploy(t, every(`<timeCycle>R/PT30M</timeCycle>`))
		wantCode(t, w.Store.ResumeSchedule(t.Context(), s, store.Change{What: "schedule"}), "schedule-changed")
		if s = w.schedule(t); s.Paused.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

// A zone that this server does not know, and another may, ends no schedule.
func TestAScheduleWhoseTimeCannotBeWorkedOutIsPutOff(t *testing.T) {
	inTown(t, every(`<timeCycle>R/PT1H</timeCycle>`), func(t *testing.T, w *world) {
		must(t, w.Store.SetDefault(t.Context(), 1, 1, "Report", "", "", store.Starts{Schedules: []store.Schedule{
			{Node: "start", Name: "x", Spec: "cycle R/PT1H", Zone: "No/Where", Cycle: "R/PT1H", Planned: time.Now().Add(time.Hour), Again: -1}}}, store.Change{}, time.Now()))
		w.Scheduled()
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		s := w.schedule(t)
		if s.Planned.IsZero() || s.Due.IsZero() || !strings.Contains(s.LastError, "No/Where") || w.begun(t) != 0 {
			t.Fatalf("%+v", s)
		}
		_, err := w.Library.PauseSchedule(t.Context(), root, 1, s.Node)
		must(t, err)
		_, err = w.Library.ResumeSchedule(t.Context(), root, 1, s.Node)
		wantCode(t, err, library.CodeNoSuchTime)
	})
}

func TestANewVersionOfAWorkflowKeepsAScheduleThatSaysTheSame(t *testing.T) {
	same := `<timeCycle>R/PT1H</timeCycle>`
	inTown(t, every(same), func(t *testing.T, w *world) {
		synctest.Wait()
		time.Sleep(40 * time.Minute)
		before := w.schedule(t)
		w.deploy(t, []byte(strings.ReplaceAll(string(every(same)), `name="Daily"`, `name="Every day"`)))
		after := w.schedule(t)
		if after.Version == before.Version || !after.Planned.Equal(before.Planned) {
			t.Fatalf("%+v, then %+v", before, after)
		}
		w.deploy(t, every(`<timeCycle>R/PT2H</timeCycle>`))
		if s := w.schedule(t); !s.Planned.After(before.Planned) {
			t.Fatalf("%+v", s)
		}
		w.deploy(t, []byte(strings.ReplaceAll(string(every(same)), `<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>`, "")))
		if list, err := w.Library.Schedules(t.Context(), root); err != nil || len(list) > 0 {
			t.Fatalf("%+v, %v", list, err)
		}
	})
}

func TestATimerThatCannotBeWorkedOutIsRefusedWithItsElement(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		synctest.Wait()
		for timer, want := range map[string]string{
			`<timeCycle>every monday</timeCycle>`: "cron",
			`<timeCycle>=n</timeCycle>`:           "tick",
		} {
			_, err := w.Library.Deploy(t.Context(), root, every(timer))
			if err == nil || !strings.Contains(fmt.Sprintf("%+v %v", err, err.(*signoff.Error).Fields), want) {
				t.Errorf("%s: %v", timer, err)
			}
		}
		d, err := w.Library.Deploy(t.Context(), root, every(`<timeDate>1999-01-01T00:00:00Z</timeDate>`))
		if err != nil || len(d.Warnings) == 0 {
			t.Fatalf("a date that is over: %v, %v", d.Warnings, err)
		}
	})
}

// What was missed while no server ran comes once, and two servers that find it
// begin one.
func TestWhatWasMissedComesOnceOnHoweverManyNodes(t *testing.T) {
	pgtest.FileOnly(t) // two nodes on PostgreSQL listen to each other, and time does not pass while they do
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.deploy(t, every(`<timeCycle>R/PT1H</timeCycle>`))
		time.Sleep(10*time.Hour + 30*time.Minute)
		other := New(w.Config)
		other.errands.poll, other.timers.poll = 24*time.Hour, 24*time.Hour
		other.member.lease, other.member.every = w.member.lease, w.member.every
		for _, q := range other.queues {
			q.alarm.poll = 24 * time.Hour
		}
		stop, stopOther := w.run(t), (&world{Runner: other}).run(t)
		defer func() { stop(); stopOther(); must(t, w.Store.Close()) }()
		if n := w.begun(t); n != 1 {
			t.Fatalf("%d begun", n)
		}
		if s := w.schedule(t); s.Planned.Sub(time.Now()) != 30*time.Minute {
			t.Fatalf("goes on in %v", s.Planned.Sub(time.Now()))
		}
	})
}
