package calendar

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func plan(t *testing.T, text string) Plan {
	t.Helper()
	var p Plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func open(t *testing.T, text string) *Calendar {
	t.Helper()
	c, err := New(plan(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const office = `{"zone": "Europe/Berlin", "week": {"monday": ["08:00-12:00", "13:00-17:00"], "tuesday": ["08:00-17:00"],
	"wednesday": ["08:00-17:00"], "thursday": ["08:00-17:00"], "friday": ["08:00-15:00"]},
	"holidays": [{"date": "12-25", "name": "Christmas"}, {"date": "2026-12-24", "hours": "12:00-24:00"}, {"date": "2026-05-14", "name": "Ascension"}],
	"special": [{"date": "2026-11-28", "name": "Stocktaking", "hours": ["09:00-13:00"]}, {"date": "2026-12-31", "hours": []}]}`

const nights = `{"zone": "Europe/Berlin", "week": {"saturday": ["22:00-06:00"], "sunday": ["22:00-06:00"]}}`

func TestDurationsAreCountedInWorkingTime(t *testing.T) {
	for _, c := range []struct{ what, plan, from, after, want string }{
		{"K2's example: half an hour from Saturday is over on Monday at half past eight", office, "2026-01-10T14:00:00+01:00", "30m", "2026-01-12T08:30:00+01:00"},
		{"a pause is no working time", office, "2026-01-12T11:00:00+01:00", "2h", "2026-01-12T14:00:00+01:00"},
		{"what is over as the day ends is due then", office, "2026-01-12T16:00:00+01:00", "1h", "2026-01-12T17:00:00+01:00"},
		{"nothing is over at once", office, "2026-01-10T14:00:00+01:00", "0s", "2026-01-10T14:00:00+01:00"},
		{"a holiday of every year", office, "2026-12-24T11:00:00+01:00", "2h", "2026-12-28T09:00:00+01:00"},
		{"part of a day off", office, "2026-12-24T11:30:00+01:00", "30m", "2026-12-24T12:00:00+01:00"},
		{"a holiday of one year", office, "2026-05-13T16:00:00+02:00", "2h", "2026-05-15T09:00:00+02:00"},
		{"the same day of another year is worked", office, "2027-05-13T16:00:00+02:00", "2h", "2027-05-14T09:00:00+02:00"},
		{"a Saturday that is worked", office, "2026-11-27T14:00:00+01:00", "2h", "2026-11-28T10:00:00+01:00"},
		{"a special day without hours", office, "2026-12-30T16:00:00+01:00", "90m", "2027-01-01T08:30:00+01:00"},
		{"a night in which the clock is put forward is an hour shorter", nights, "2026-03-28T22:00:00+01:00", "8h", "2026-03-29T23:00:00+02:00"},
		{"and an hour longer in autumn", nights, "2026-10-24T22:00:00+02:00", "9h", "2026-10-25T06:00:00+01:00"},
		{"eight hours back", office, "2026-01-13T10:00:00+01:00", "-8h", "2026-01-12T10:00:00+01:00"},
		{"back over a weekend", office, "2026-01-10T14:00:00+01:00", "-30m", "2026-01-09T14:30:00+01:00"},
	} {
		d, err := time.ParseDuration(c.after)
		if err != nil {
			t.Fatal(err)
		}
		got, err := open(t, c.plan).Add(at(t, c.from), d)
		if err != nil || !got.Equal(at(t, c.want)) {
			t.Errorf("%s: %s after %s is %v, %v; want %s", c.what, c.after, c.from, got, err, c.want)
		}
	}
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDaysAreWorkingDays(t *testing.T) {
	for _, c := range []struct {
		what, from string
		days       int
		want       string
	}{
		{"over the weekend", "2026-01-09T10:00:00+01:00", 1, "2026-01-12T10:00:00+01:00"},
		{"from a Saturday it is counted from Monday", "2026-01-10T10:00:00+01:00", 1, "2026-01-13T08:00:00+01:00"},
		{"in the pause it is when work goes on", "2026-01-09T12:30:00+01:00", 1, "2026-01-12T13:00:00+01:00"},
		{"after an early end it is the next day", "2026-01-08T16:00:00+01:00", 1, "2026-01-12T08:00:00+01:00"},
		{"summer time does not move it", "2026-03-27T10:00:00+01:00", 1, "2026-03-30T10:00:00+02:00"},
		{"back over the weekend", "2026-01-12T17:00:00+01:00", -1, "2026-01-09T17:00:00+01:00"},
		{"no day at all is when work is done next", "2026-01-10T10:00:00+01:00", 0, "2026-01-12T08:00:00+01:00"},
	} {
		got, err := open(t, office).AddDays(at(t, c.from), c.days)
		if err != nil || !got.Equal(at(t, c.want)) {
			t.Errorf("%s: %d days from %s is %v, %v; want %s", c.what, c.days, c.from, got, err, c.want)
		}
	}
}

func TestWorkBeginsAndEndsToTheMoment(t *testing.T) {
	c := open(t, office)
	for text, want := range map[string]bool{
		"2026-01-12T08:00:00+01:00": true, "2026-01-12T07:59:59+01:00": false,
		"2026-01-12T12:00:00+01:00": false, "2026-01-12T16:59:59+01:00": true, "2026-01-12T17:00:00+01:00": false,
	} {
		if got := c.IsWorking(at(t, text)); got != want {
			t.Errorf("work at %s: %v", text, got)
		}
	}
	if next, err := c.Next(at(t, "2026-01-09T15:00:00+01:00")); err != nil || !next.Equal(at(t, "2026-01-12T08:00:00+01:00")) {
		t.Errorf("next is %v, %v", next, err)
	}
}

func TestWhatNeverComesIsSaid(t *testing.T) {
	c := open(t, office)
	for name, err := range map[string]error{
		"forward": second(c.Add(at(t, "2026-01-09T15:00:00+01:00"), 1_000_000*time.Hour)),
		"back":    second(c.Add(at(t, "2026-01-09T15:00:00+01:00"), -1_000_000*time.Hour)),
		"days":    second(c.AddDays(at(t, "2026-01-09T15:00:00+01:00"), 1_000_000)),
	} {
		if !errors.Is(err, ErrNever) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second(_ time.Time, err error) error { return err }

func TestPlansThatCannotBeAreRefused(t *testing.T) {
	many := strings.Repeat(`{"date": "12-25"},`, MaxHolidays) + `{"date": "12-25"}`
	for _, c := range []struct{ plan, field string }{
		{`{"week": {"monday": ["08:00-12:00"]}}`, "zone"},
		{`{"zone": "Local", "week": {"monday": ["08:00-12:00"]}}`, "zone"},
		{`{"zone": "Europe/Atlantis", "week": {"monday": ["08:00-12:00"]}}`, "zone"},
		{`{"zone": "UTC"}`, "week"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00", "11:00-13:00"]}}`, "week.monday"},
		{`{"zone": "UTC", "week": {"sunday": [` + strings.Repeat(`"08:00-09:00",`, MaxSpans) + `"10:00-11:00"]}}`, "week.sunday"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "holidays": [{"date": "12-25", "hours": "22:00-06:00"}]}`, "holidays.0.hours"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "holidays": [{"date": "12-25", "name": "a\nb"}]}`, "holidays.0"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "holidays": [` + many + `]}`, "holidays"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "special": [{"date": "12-25", "hours": []}]}`, "special.0.date"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "special": [{"date": "2026-12-25", "hours": []}, {"date": "2026-12-25", "hours": []}]}`, "special.1.date"},
		{`{"zone": "UTC", "week": {"monday": ["08:00-12:00"]}, "special": [{"date": "2026-12-25", "hours": ["08:00-10:00", "09:00-11:00"]}]}`, "special.0.hours"},
	} {
		_, err := New(plan(t, c.plan))
		wrong, ok := errors.AsType[*Wrong](err)
		if !ok || wrong.Field != c.field {
			t.Errorf("%.90s: %v, want something about %s", c.plan, err, c.field)
		}
	}
}

func TestTextsThatCannotBeReadAreRefused(t *testing.T) {
	for _, text := range []string{"", "8:00-9:00", "08:00-25:00", "08:60-09:00", "24:00-08:00", "08:00 09:00", "08:00-09:0x", "08:00-09:000"} {
		if s, err := ParseSpan(text); err == nil {
			t.Errorf("%q was read as %v", text, s)
		}
	}
	for _, text := range []string{"", "2026-13-01", "2026-02-29", "02-30", "0000-01-01", "2026-1-1", "12/25", "20261225", "2026-12-25x"} {
		if d, err := ParseDate(text); err == nil {
			t.Errorf("%q was read as %v", text, d)
		}
	}
	for _, text := range []string{"22:00-06:00", "00:00-24:00", "00:00-00:00", "09:15-09:16"} {
		if s, err := ParseSpan(text); err != nil || s.String() != text && text != "00:00-00:00" {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	if d, err := ParseDate("02-29"); err != nil || d.String() != "02-29" {
		t.Errorf("29 February: %v, %v", d, err)
	}
}

func TestTheStandardCalendarIsMondayToFriday(t *testing.T) {
	c, err := New(Standard("Europe/Berlin"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Between(at(t, "2026-01-05T00:00:00+01:00"), at(t, "2026-01-12T00:00:00+01:00")); got != 45*time.Hour {
		t.Errorf("a week has %s", got)
	}
}
