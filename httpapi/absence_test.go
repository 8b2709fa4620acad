package httpapi_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/client"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func TestWhoStandsInHasTheTasksOfWhoIsAway(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	first := w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	jane, bob := as(w, "jane"), as(w, "bob")
	had, err := bob.Tasks(ctx, client.TaskQuery{})
	must(t, err)
	p, err := jane.PreviewAbsence(ctx, "", api.SetAbsence{Substitutes: []string{"bob"}})
	if err != nil || len(p.Goes) != 1 || p.Goes[0].Person.Login != "bob" || p.Goes[0].Tasks != p.Open || p.Open == 0 {
		t.Fatalf("the preview says %+v, %v", p, err)
	}
	a, err := jane.SetAbsence(ctx, "", api.SetAbsence{Substitutes: []string{"bob"}, Tasks: "go"})
	if err != nil || !a.Away || a.Rev != 1 {
		t.Fatalf("saved as %+v, %v", a, err)
	}
	second := w.Begin(t, "ana", "leave", map[string]any{"days": 2})
	mine, err := bob.Tasks(ctx, client.TaskQuery{})
	must(t, err)
	var serials []string
	for _, task := range mine.Items {
		if task.For != nil && task.For.Login == "jane" {
			serials = append(serials, task.Serial)
		}
	}
	if len(serials) != 2 || len(mine.Items) != len(had.Items)+2 {
		t.Fatalf("of tasks open before and since, bob has %v", serials)
	}
	if l, err := jane.Tasks(ctx, client.TaskQuery{}); err != nil || slices.ContainsFunc(l.Items, func(x api.Task) bool { return slices.Contains(serials, x.Serial) }) {
		t.Errorf("jane has them still: %+v, %v", l.Items, err)
	}
	d, _, err := bob.Task(ctx, serials[0])
	if err != nil || !d.CanDecide || d.For == nil {
		t.Errorf("bob sees %+v, %v", d.Task, err)
	}
	if _, err := jane.Decide(ctx, serials[0], api.Decide{Action: "Approve", Comment: "x"}, ""); code(err) != "away" {
		t.Errorf("jane, who is away, decides: %v", err)
	}
	if _, err := as(w, "eve").Decide(ctx, serials[0], api.Decide{Action: "Approve", Comment: "x"}, ""); code(err) != "task-not-found" {
		t.Errorf("somebody else decides: %v", err)
	}
	_, err = bob.Decide(ctx, serials[0], api.Decide{Action: "Approve", Comment: "fine"}, "")
	must(t, err)
	told := false
	for _, id := range []signoff.InstanceID{first, second} {
		events, err := as(w, "admin").History(ctx, int64(id), client.Paging{})
		must(t, err)
		for _, e := range events.Items {
			told = told || e.Kind == string(engine.TaskDecided) && e.By.Login == "bob" && e.For != nil && e.For.Login == "jane"
		}
	}
	if !told {
		t.Error("the history does not say that somebody decided in jane's name")
	}
	must(t, jane.EndAbsence(ctx, "", 1))
	if l, err := bob.Tasks(ctx, client.TaskQuery{}); err != nil || len(l.Items) != len(had.Items) {
		t.Errorf("after the end bob has %d tasks, %v", len(l.Items), err)
	}
}

func TestAWorkflowCanBeAnExceptionOfAnAbsence(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	w.Begin(t, "ana", "leave", map[string]any{"days": 1})
	to := time.Now().Add(48 * time.Hour)
	a, err := as(w, "admin").SetAbsence(ctx, string(w.Caller(t, "jane").Principal), api.SetAbsence{To: &to, Substitutes: []string{"bob"},
		Except: []api.SetAbsenceException{{Workflow: "leave"}}})
	if err != nil || len(a.Except) != 1 || a.Except[0].Workflow != "leave" || a.Saved.By.Login != "admin" {
		t.Fatalf("saved as %+v, %v", a, err)
	}
	l, err := as(w, "bob").Tasks(ctx, client.TaskQuery{})
	must(t, err)
	for _, task := range l.Items {
		if task.For != nil {
			t.Errorf("bob has %s, of the exception", task.Serial)
		}
	}
	mine, err := as(w, "bob").Absence(ctx, "")
	if err != nil || len(mine.Others) != 1 || mine.Others[0].Person.Login != "jane" {
		t.Errorf("bob stands in for %+v, %v", mine.Others, err)
	}
	if _, err := as(w, "jane").SetAbsence(ctx, "", api.SetAbsence{Substitutes: []string{"bob"}, Rev: 7}); code(err) != "absence-changed" {
		t.Errorf("a stale change: %v", err)
	}
	if _, err := as(w, "jane").SetAbsence(ctx, "", api.SetAbsence{Substitutes: []string{"bob"}, Except: []api.SetAbsenceException{{Workflow: "nothing"}}, Rev: 1}); code(err) != "bad-absence" {
		t.Errorf("an exception for nothing: %v", err)
	}
}

// Bob decides for Jane, who is away: everybody who looks reads both names.
func TestWhoDecidedForWhomIsNamedEverywhere(t *testing.T) {
	w := apitest.Start(t)
	_, err := as(w, "jane").SetAbsence(t.Context(), "", api.SetAbsence{Substitutes: []string{"bob"}})
	must(t, err)
	id := int64(w.Begin(t, "ana", "leave", map[string]any{"days": 1}))
	bob, jane := as(w, "bob"), as(w, "jane")
	open, err := bob.Tasks(t.Context(), client.TaskQuery{Workflow: "leave"})
	must(t, err)
	serial := open.Items[0].Serial
	_, err = bob.Decide(t.Context(), serial, api.Decide{Action: "approve", Comment: "Enjoy."}, "")
	must(t, err)
	d, _, err := jane.Task(t.Context(), serial)
	if err != nil || d.ClosedBy == nil || d.ClosedBy.Login != "bob" || d.ClosedFor == nil || d.ClosedFor.Login != "jane" {
		t.Errorf("the task is closed by %+v for %+v, %v", d.ClosedBy, d.ClosedFor, err)
	}
	h, err := as(w, "ana").History(t.Context(), id, client.Paging{Limit: 200})
	must(t, err)
	told := ""
	for _, e := range h.Items {
		if e.Kind == "task decided" {
			told = e.Text
			if e.By.Login != "bob" || e.For == nil || e.For.Login != "jane" {
				t.Errorf("decided by %+v for %+v", e.By, e.For)
			}
		}
	}
	if !strings.HasPrefix(told, "Bob Boss (for Jane Judge) chose Approve for ") {
		t.Errorf("the history says %q", told)
	}
	for who, want := range map[string]string{"bob": "jane", "jane": ""} {
		list, err := as(w, who).Tasks(t.Context(), client.TaskQuery{View: "closed"})
		must(t, err)
		if len(list.Items) != 1 || list.Items[0].For == nil && want != "" || list.Items[0].For != nil && list.Items[0].For.Login != want {
			t.Errorf("%s decided %+v", who, list.Items)
		}
	}
	_, err = jane.Decide(t.Context(), serial, api.Decide{Action: "reject"}, "")
	if p, ok := errors.AsType[*client.Problem](err); !ok || p.Code != "task-already-done" ||
		!regexp.MustCompile(`^Bob Boss already approved this task on [A-Z][a-z]+day \d+ [A-Z][a-z]+ \d\d:\d\d [A-Z]+ for Jane Judge\.$`).MatchString(p.Detail) {
		t.Errorf("who comes late hears %v", err)
	}
}
