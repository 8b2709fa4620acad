package calendar

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// works is the simple model: whether a clock on the wall shows working time.
func works(p *Plan, wall time.Time) bool {
	today := dateOf(wall)
	minute := Minute(wall.Hour()*60 + wall.Minute())
	inside := func(date Date, m Minute) (in, special bool) {
		spans := p.Week.Day(time.Date(date.Year, date.Month, date.Day, 12, 0, 0, 0, time.UTC).Weekday())
		for _, s := range p.Special {
			if s.Date == date {
				spans, special = s.Hours, true
			}
		}
		for _, s := range spans {
			if m >= s.From && m < s.To {
				in = true
			}
		}
		return in, special
	}
	own, special := inside(today, minute)
	yesterday := dateOf(time.Date(today.Year, today.Month, today.Day-1, 12, 0, 0, 0, time.UTC))
	before, _ := inside(yesterday, minute+dayMinutes)
	before = before && begins(p, yesterday, minute+dayMinutes)
	for _, h := range p.Holidays {
		same := h.Date.Month == today.Month && h.Date.Day == today.Day && (h.Date.Year == 0 || h.Date.Year == today.Year)
		if same && !special && (h.Hours == nil || minute >= h.Hours.From && minute < h.Hours.To) {
			return false
		}
	}
	return own || before
}

// begins is the simple model: whether the span of a date that reaches a minute
// beyond midnight has a minute before it that no holiday takes.
func begins(p *Plan, date Date, beyond Minute) bool {
	spans := p.Week.Day(time.Date(date.Year, date.Month, date.Day, 12, 0, 0, 0, time.UTC).Weekday())
	for _, s := range p.Special {
		if s.Date == date {
			return true
		}
	}
	for _, s := range spans {
		for m := s.From; beyond >= s.From && beyond < s.To && m < dayMinutes; m++ {
			off := false
			for _, h := range p.Holidays {
				same := h.Date.Month == date.Month && h.Date.Day == date.Day && (h.Date.Year == 0 || h.Date.Year == date.Year)
				off = off || same && (h.Hours == nil || m >= h.Hours.From && m < h.Hours.To)
			}
			if !off {
				return true
			}
		}
	}
	return false
}

var changes = []struct {
	zone string
	near string
}{
	{"Europe/Berlin", "2026-03-29T00:00:00Z"}, {"Europe/Berlin", "2026-10-25T00:00:00Z"},
	{"America/New_York", "2026-03-08T07:00:00Z"}, {"America/Santiago", "2026-04-05T03:00:00Z"}, // at midnight
	{"America/Santiago", "2026-09-06T04:00:00Z"}, {"Australia/Lord_Howe", "2026-04-04T15:00:00Z"}, // by half an hour
	{"Asia/Kolkata", "2026-06-01T00:00:00Z"}, {"Pacific/Apia", "2011-12-30T10:00:00Z"}, // a day that was left out
	{"Africa/Casablanca", "2026-02-15T02:00:00Z"},
}

func drawSpans(t *rapid.T, label string) (out []Span) {
	at := Minute(rapid.IntRange(0, 600).Draw(t, label+" from"))
	for range rapid.IntRange(0, 3).Draw(t, label+" spans") {
		s := Span{at, at + Minute(rapid.IntRange(1, 500).Draw(t, label+" long"))}
		if s.From >= dayMinutes {
			break
		}
		out = append(out, s)
		at = s.To + Minute(rapid.IntRange(0, 200).Draw(t, label+" pause"))
	}
	return out
}

func drawPlan(t *rapid.T, zone string, near time.Time) Plan {
	p := Plan{Zone: zone}
	for _, d := range []*[]Span{&p.Week.Monday, &p.Week.Tuesday, &p.Week.Wednesday, &p.Week.Thursday, &p.Week.Friday, &p.Week.Saturday, &p.Week.Sunday} {
		*d = drawSpans(t, "day")
	}
	if len(p.Week.Sunday) == 0 {
		p.Week.Sunday = []Span{{0, 90}}
	}
	date := func(what string) Date {
		return dateOf(near.AddDate(0, 0, rapid.IntRange(-4, 5).Draw(t, what)))
	}
	for range rapid.IntRange(0, 3).Draw(t, "holidays") {
		h := Holiday{Date: date("holiday")}
		if rapid.Bool().Draw(t, "yearly") {
			h.Date.Year = 0
		}
		if rapid.Bool().Draw(t, "part") {
			from := Minute(rapid.IntRange(0, 1400).Draw(t, "off from"))
			h.Hours = &Span{from, min(dayMinutes, from+Minute(rapid.IntRange(1, 700).Draw(t, "off long")))}
		}
		p.Holidays = append(p.Holidays, h)
	}
	if rapid.Bool().Draw(t, "special") {
		p.Special = []Special{{Date: date("special day"), Hours: drawSpans(t, "special")}}
	}
	return p
}

// TestWorkingTimeIsWhatAClockOnTheWallShows compares every answer with counting
// minute by minute, around days on which clocks are changed.
func TestWorkingTimeIsWhatAClockOnTheWallShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(t, "where")
		near, _ := time.Parse(time.RFC3339, change.near)
		p := drawPlan(t, change.zone, near)
		c, err := New(p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		a := near.Add(time.Duration(rapid.IntRange(-5*24*60, 2*24*60).Draw(t, "a")) * time.Minute)
		wanted := time.Duration(rapid.IntRange(0, 30*60).Draw(t, "wanted")) * time.Minute

		var worked time.Duration
		next, due := time.Time{}, time.Time{}
		if wanted == 0 {
			due = a
		}
		until := a.AddDate(0, 0, 5)
		for m := a; m.Before(until); m = m.Add(time.Minute) {
			if !works(&p, m.In(c.zone)) {
				continue
			}
			if next.IsZero() {
				next = m
			}
			if worked += time.Minute; worked == wanted {
				due = m.Add(time.Minute)
			}
		}
		if got := c.Between(a, until); got != worked {
			t.Fatalf("between %s and %s: %s, want %s", a, until, got, worked)
		}
		if c.IsWorking(a) != works(&p, a.In(c.zone)) {
			t.Fatalf("working at %s: %v", a, c.IsWorking(a))
		}
		if got, err := c.Next(a); !next.IsZero() && (err != nil || !got.Equal(next)) {
			t.Fatalf("next from %s: %s, %v, want %s", a, got, err, next)
		}
		if due.IsZero() {
			return
		}
		if got, err := c.Add(a, wanted); err != nil || !got.Equal(due) {
			t.Fatalf("%s after %s: %s, %v, want %s", wanted, a, got, err, due)
		}
	})
}

// TestGoingBackIsTheReverse: going back by what was gone leaves just as much.
func TestGoingBackIsTheReverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(t, "where")
		near, _ := time.Parse(time.RFC3339, change.near)
		c, err := New(drawPlan(t, change.zone, near))
		if err != nil {
			t.Fatal(err)
		}
		d := time.Duration(rapid.IntRange(1, 10*60).Draw(t, "minutes")) * time.Minute
		back, err := c.Add(near, -d)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Between(back, near); got != d || !c.IsWorking(back) {
			t.Fatalf("%s back from %s is %s, from where it is %s", d, near, back, got)
		}
	})
}

// addDays is the simple model of AddDays, from a moment at which work is done:
// minute by minute.
func addDays(p *Plan, zone *time.Location, from time.Time, days int) (time.Time, bool) {
	clock := func(t time.Time) int { l := t.In(zone); return l.Hour()*60 + l.Minute() }
	// minutes of a date, in their order; none of one that was left out
	minutes := func(d time.Time) (out []time.Time) {
		for at := d.Add(-15 * time.Hour); at.Before(d.Add(40 * time.Hour)); at = at.Add(time.Minute) {
			if l := at.In(zone); l.Year() == d.Year() && l.YearDay() == d.YearDay() {
				out = append(out, at)
			}
		}
		return out
	}
	l := from.In(zone)
	d := time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, time.UTC)
	for range 60 {
		d = d.AddDate(0, 0, 1)
		all := minutes(d)
		if !slices.ContainsFunc(all, func(m time.Time) bool { return works(p, m.In(zone)) }) {
			continue
		}
		if days--; days > 0 {
			continue
		}
		at := all[len(all)-1].Add(time.Minute)
		if i := slices.IndexFunc(all, func(m time.Time) bool { return clock(m) >= clock(from) }); i >= 0 {
			at = all[i]
		}
		for until := at.AddDate(0, 0, 30); at.Before(until); at = at.Add(time.Minute) {
			if works(p, at.In(zone)) {
				return at, true
			}
		}
		return at, false
	}
	return from, false
}

func TestWorkingDaysAreThoseWithAMinuteOfWork(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		change := rapid.SampledFrom(changes).Draw(t, "where")
		near, _ := time.Parse(time.RFC3339, change.near)
		p := drawPlan(t, change.zone, near)
		c, err := New(p)
		if err != nil {
			t.Fatalf("%+v: %v", p, err)
		}
		a := near.Add(time.Duration(rapid.IntRange(-4*24*60, 24*60).Draw(t, "a")) * time.Minute)
		days := rapid.IntRange(1, 4).Draw(t, "days")
		first, err := c.Next(a)
		if err != nil {
			t.Skip("nothing is worked")
		}
		want, ok := addDays(&p, c.zone, first, days)
		if !ok {
			t.Skip("too far")
		}
		if got, err := c.AddDays(a, days); err != nil || !got.Equal(want) {
			t.Fatalf("%d working days after %s: %s, %v, want %s", days, a.In(c.zone), got.In(c.zone), err, want.In(c.zone))
		}
	})
}
