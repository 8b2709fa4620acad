package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

var calendarTests = map[string]func(*testing.T, *store.Store){
	"a calendar is kept, replaced and removed":     calendars,
	"one calendar is the standard one":             standardCalendar,
	"an absence is kept until it is over":          absences,
	"a stale change of an absence changes nothing": staleAbsence,
}

func saveCalendar(t *testing.T, s *store.Store, c store.Calendar) store.Calendar {
	t.Helper()
	c.Body = []byte(`{"zone":"UTC"}`)
	c, err := s.SaveCalendar(t.Context(), c, store.Change{What: "calendar", Subject: c.Name})
	must(t, err)
	return c
}

func calendars(t *testing.T, s *store.Store) {
	ctx := t.Context()
	c := saveCalendar(t, s, store.Calendar{Key: "berlin", Name: "Berlin", By: "user:1"})
	if c.Rev != 1 || c.By != "user:1" || c.At.IsZero() || c.Standard {
		t.Errorf("saved as %+v", c)
	}
	if _, err := s.SaveCalendar(ctx, store.Calendar{Key: "berlin", Name: "BERLIN", Body: []byte("{}")}, store.Change{}); signoff.CodeOf(err) != "calendar-exists" {
		t.Errorf("a second of that name: %v", err)
	}
	c.Name = "BERLIN"
	if c = saveCalendar(t, s, c); c.Rev != 2 || c.Name != "BERLIN" {
		t.Errorf("changed to %+v", c)
	}
	stale := c
	stale.Rev = 1
	if _, err := s.SaveCalendar(ctx, stale, store.Change{}); signoff.CodeOf(err) != "calendar-changed" {
		t.Errorf("a stale change: %v", err)
	}
	if err := s.DeleteCalendar(ctx, "berlin", 1, store.Change{}); signoff.CodeOf(err) != "calendar-changed" {
		t.Errorf("a stale removal: %v", err)
	}
	if err := s.DeleteCalendar(ctx, "paris", 1, store.Change{}); signoff.CodeOf(err) != "calendar-not-found" {
		t.Errorf("removal of none: %v", err)
	}
	must(t, s.DeleteCalendar(ctx, "berlin", 2, store.Change{What: "calendar", Subject: "Berlin"}))
	if list, err := s.Calendars(ctx); err != nil || len(list) != 0 {
		t.Errorf("left are %v, %v", list, err)
	}
	if changes, err := s.Changes(ctx, store.ChangeFilter{What: "calendar"}, 0, 10); err != nil || len(changes) != 3 {
		t.Errorf("on record are %v, %v", changes, err)
	}
}

func standardCalendar(t *testing.T, s *store.Store) {
	saveCalendar(t, s, store.Calendar{Key: "a", Name: "A", Standard: true})
	saveCalendar(t, s, store.Calendar{Key: "b", Name: "B", Standard: true})
	list, err := s.Calendars(t.Context())
	must(t, err)
	if len(list) != 2 || list[0].Standard || !list[1].Standard {
		t.Errorf("%+v", list)
	}
}

func absences(t *testing.T, s *store.Store) {
	ctx := t.Context()
	day := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	a := store.Absence{By: "user:1"}
	a.From, a.To, a.Instead, a.Substitutes = day, day.AddDate(0, 0, 14), true, []signoff.Principal{"user:8"}
	a.Except = []access.Exception{{Workflow: 3, Substitutes: []signoff.Principal{"user:9"}}}
	must(t, s.SaveAbsence(ctx, 7, a, store.Change{What: "absence"}))
	open := store.Absence{}
	open.From, open.Substitutes = day, []signoff.Principal{"user:7"}
	must(t, s.SaveAbsence(ctx, 8, open, store.Change{What: "absence"}))

	got, err := s.Absence(ctx, 7)
	must(t, err)
	if got.Rev != 1 || got.Who != "user:7" || !got.From.Equal(a.From) || !got.To.Equal(a.To) || !got.Instead || !slices.Equal(got.Substitutes, a.Substitutes) ||
		len(got.Except) != 1 || got.Except[0].Workflow != 3 || got.Except[0].Substitutes[0] != "user:9" {
		t.Errorf("read back as %+v", got)
	}
	if list, err := s.Absences(ctx, day); err != nil || len(list) != 2 {
		t.Errorf("at first: %v, %v", list, err)
	}
	if list, err := s.Absences(ctx, a.To); err != nil || len(list) != 1 || list[0].Who != "user:8" {
		t.Errorf("after its end: %v, %v", list, err)
	}
	must(t, s.EndAbsence(ctx, 7, 1, store.Change{What: "absence"}))
	if got, err := s.Absence(ctx, 7); err != nil || got.Rev != 0 {
		t.Errorf("ended: %+v, %v", got, err)
	}
}

func staleAbsence(t *testing.T, s *store.Store) {
	ctx := t.Context()
	var a store.Absence
	a.From, a.Substitutes = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), []signoff.Principal{"user:8"}
	must(t, s.SaveAbsence(ctx, 7, a, store.Change{}))
	a.Substitutes = []signoff.Principal{"user:9"}
	if err := s.SaveAbsence(ctx, 7, a, store.Change{}); signoff.CodeOf(err) != "absence-changed" {
		t.Errorf("saved over another: %v", err)
	}
	if err := s.EndAbsence(ctx, 7, 5, store.Change{}); signoff.CodeOf(err) != "absence-changed" {
		t.Errorf("ended one never seen: %v", err)
	}
	if got, err := s.Absence(ctx, 7); err != nil || got.Substitutes[0] != "user:8" {
		t.Errorf("is %+v, %v", got, err)
	}
}

// fillAway keeps a calendar and somebody's absence.
func fillAway(t *testing.T, s *store.Store, account int64, name string) {
	t.Helper()
	saveCalendar(t, s, store.Calendar{Key: "berlin" + name, Name: "Berlin" + name, By: "user:1"})
	must(t, s.SaveAbsence(t.Context(), account, store.Absence{Absence: access.Absence{From: noon, Substitutes: []signoff.Principal{"user:3"}}, By: "user:1"},
		store.Change{What: "absence", Subject: name}))
}
