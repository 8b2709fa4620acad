package hours

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

func open(t *testing.T) *Service {
	t.Helper()
	st, err := store.Open(context.Background(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{Readers: 2, CacheMiB: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return &Service{Store: st, Zone: "Europe/Berlin"}
}

var root = signoff.Caller{Person: signoff.Person{Principal: "user:1"}, Admin: true}

func TestTheEngineIsAnsweredByName(t *testing.T) {
	s := open(t)
	ask := func(name string) *calendar.Calendar {
		t.Helper()
		got, err := s.Calendars(t.Context(), []string{name})
		if err != nil {
			t.Fatal(err)
		}
		return got[name]
	}
	if c := ask(""); c == nil || c.Zone().String() != "Europe/Berlin" {
		t.Fatalf("to begin with the standard calendar is %v", c)
	}
	if ask("standard") == nil || ask("Paris") != nil {
		t.Error("the one nobody saved has a name, and others are not there")
	}
	if _, err := s.Save(t.Context(), root, Calendar{Name: " Tokyo  office", Plan: calendar.Standard("Asia/Tokyo")}); err != nil {
		t.Fatal(err)
	}
	if c := ask(""); c == nil || c.Zone().String() != "Asia/Tokyo" {
		t.Errorf("the first that is saved becomes the standard one, at once: %v", c)
	}
	if ask("TOKYO OFFICE") == nil {
		t.Error("names are the same in any letter case")
	}
}

func TestOnlyAdministratorsChangeCalendars(t *testing.T) {
	s := open(t)
	if _, err := s.Save(t.Context(), signoff.Caller{Person: signoff.Person{Principal: "user:2"}}, Calendar{Name: "Mine", Plan: calendar.Standard("UTC")}); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("saved by anybody: %v", err)
	}
	if err := s.Delete(t.Context(), signoff.Caller{}, "Mine", 1); signoff.KindOf(err) != signoff.Forbidden {
		t.Errorf("removed by anybody: %v", err)
	}
	for _, name := range []string{"", "a/b", "a\x00b", string(make([]byte, 90))} {
		if _, err := s.Save(t.Context(), root, Calendar{Name: name, Plan: calendar.Standard("UTC")}); signoff.CodeOf(err) != "bad-calendar" {
			t.Errorf("called %q: %v", name, err)
		}
	}
	if err := s.Delete(t.Context(), root, "Standard", 1); signoff.CodeOf(err) != "calendar-not-found" {
		t.Errorf("what was never saved is removed: %v", err)
	}
}

func TestAllThatIsWrongWithACalendarIsToldAtOnce(t *testing.T) {
	p := calendar.Standard("Europe/Berln")
	p.Week.Tuesday = []calendar.Span{{From: 600, To: 700}, {From: 650, To: 800}}
	p.Holidays = []calendar.Holiday{{Date: calendar.Date{Month: 13, Day: 1}}}
	_, err := open(t).Save(t.Context(), root, Calendar{Name: "Wrong", Plan: p})
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || e.Code != "bad-calendar" || len(e.Fields) != 3 || e.Fields[0].Field != "zone" || e.Fields[1].Field != "week.tuesday" || e.Fields[2].Field != "holidays.0" {
		t.Errorf("told %v, %+v", err, e)
	}
}

func TestAFilesHolidaysAreThoseFromThisYearOn(t *testing.T) {
	s := open(t)
	s.Now = func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) }
	im, err := s.Import([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20200601\nRRULE:FREQ=YEARLY;INTERVAL=3\nEND:VEVENT\nEND:VCALENDAR"), "UTC")
	if err != nil || len(im.Holidays) != 4 || im.Holidays[0].Date.Year != 2026 || im.Holidays[3].Date.Year != 2035 {
		t.Errorf("%+v, %v", im, err)
	}
	if _, err := s.Import(nil, "Nowhere"); signoff.CodeOf(err) != "bad-calendar" {
		t.Errorf("a zone nobody knows: %v", err)
	}
}
