package httpapi_test

import (
	"testing"
	"time"

	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/httpapi/apitest"
)

func TestCalendarsAreKept(t *testing.T) {
	w := apitest.Start(t)
	ctx := t.Context()
	admin := as(w, "admin")
	l, err := admin.Calendars(ctx)
	if err != nil || len(l.Items) != 1 || !l.Items[0].Standard || l.Items[0].Rev != 0 || l.Items[0].Zone != "Europe/Berlin" {
		t.Fatalf("to begin with there are %+v, %v", l.Items, err)
	}
	set := api.SetCalendar{CalendarPlan: api.CalendarPlan{Zone: "Europe/Berlin", Week: api.CalendarWeek{Monday: []string{"08:00-12:00", "13:00-17:00"}, Saturday: []string{"22:00-06:00"}},
		Holidays: []api.CalendarHoliday{{Date: "12-25", Name: "Christmas"}, {Date: "2026-12-24", Hours: "12:00-24:00"}},
		Special:  []api.CalendarSpecial{{Date: "2026-11-28", Hours: []string{"09:00-13:00"}}}}}
	c, err := admin.SetCalendar(ctx, "Berlin office", set)
	if err != nil || c.Rev != 1 || !c.Standard || c.Week.Saturday[0] != "22:00-06:00" || len(c.Holidays) != 2 || c.Saved.By.Login != "admin" {
		t.Fatalf("saved as %+v, %v", c, err)
	}
	if _, err := admin.SetCalendar(ctx, "BERLIN OFFICE", set); code(err) != "calendar-exists" {
		t.Errorf("a second of that name: %v", err)
	}
	set.Rev = 1
	if c, err = admin.SetCalendar(ctx, "berlin office", set); err != nil || c.Rev != 2 {
		t.Errorf("changed to %+v, %v", c, err)
	}
	if _, err = admin.SetCalendar(ctx, "berlin office", set); code(err) != "calendar-changed" {
		t.Errorf("a stale change: %v", err)
	}
	if _, err := admin.SetCalendar(ctx, "Paris", api.SetCalendar{CalendarPlan: api.CalendarPlan{Zone: "Europe/Paris", Week: api.CalendarWeek{Monday: []string{"9-5"}}}}); code(err) != "bad-calendar" {
		t.Errorf("hours that cannot be read: %v", err)
	}
	other := set
	other.Rev, other.Standard = 0, true
	_, err = admin.SetCalendar(ctx, "Paris", other)
	must(t, err)
	if err := admin.DeleteCalendar(ctx, "Paris", 1); code(err) != "calendar-standard" {
		t.Errorf("the standard one is removed: %v", err)
	}
	must(t, admin.DeleteCalendar(ctx, "Berlin office", 2))
	if _, err := admin.Calendar(ctx, "Berlin office"); code(err) != "calendar-not-found" {
		t.Errorf("it is there still: %v", err)
	}
}

func TestAPreviewCountsInWorkingTime(t *testing.T) {
	w := apitest.Start(t)
	saturday := time.Date(2026, 1, 10, 13, 0, 0, 0, time.UTC)
	p, err := as(w, "jane").PreviewCalendar(t.Context(), api.PreviewCalendar{From: &saturday, After: "PT30M"})
	if err != nil || !p.Due.Equal(time.Date(2026, 1, 12, 7, 30, 0, 0, time.UTC)) || p.Working || p.Hours != 0.5 || p.Zone != "Europe/Berlin" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := as(w, "jane").PreviewCalendar(t.Context(), api.PreviewCalendar{After: "soon"}); code(err) != "bad-calendar" {
		t.Errorf("no duration: %v", err)
	}
	if _, err := as(w, "jane").PreviewCalendar(t.Context(), api.PreviewCalendar{Name: "nowhere", After: "PT1H"}); code(err) != "calendar-not-found" {
		t.Errorf("no calendar: %v", err)
	}
	im, err := as(w, "jane").ImportHolidays(t.Context(), api.ImportHolidays{Zone: "Europe/Berlin",
		File: "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n"})
	if err != nil || len(im.Holidays) != 1 || im.Holidays[0].Date != "12-25" {
		t.Errorf("%+v, %v", im, err)
	}
}
