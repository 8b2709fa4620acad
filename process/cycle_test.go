package process

import (
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, text, zone string) time.Time {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.ParseInLocation("2006-01-02 15:04:05", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func TestCyclesComeWhenTheySay(t *testing.T) {
	for _, c := range []struct {
		cycle, now, zone string
		times            int
		first, then      string // then: a while later, or in time
		later            string // when it is asked again; "" when it came
	}{
		{"R3/PT1H", "2026-01-05 09:00:00", "UTC", 3, "2026-01-05 10:00:00", "2026-01-05 11:00:00", ""},
		{"R/P1M", "2026-01-31 09:00:00", "UTC", -1, "2026-02-28 09:00:00", "2026-03-28 09:00:00", ""},
		{"R-1/P1D", "2026-01-05 09:00:00", "UTC", -1, "2026-01-06 09:00:00", "2026-01-10 09:00:00", "2026-01-09 10:00:00"},
		{"R5/2026-02-01T08:00:00/PT2H", "2026-01-05 09:00:00", "Europe/Berlin", 5, "2026-02-01 08:00:00", "2026-02-01 10:00:00", ""},
		{"R/2026-01-01T08:00:00/P1D", "2026-01-05 09:00:00", "Europe/Berlin", -1, "2026-01-06 08:00:00", "2026-01-07 08:00:00", ""},
		{"0 9 * * MON-FRI", "2026-01-09 09:00:00", "Europe/Berlin", -1, "2026-01-12 09:00:00", "2026-01-13 09:00:00", ""},
		{"*/15 8-10 * * *", "2026-01-05 10:50:00", "UTC", -1, "2026-01-06 08:00:00", "2026-01-06 08:15:00", ""},
		{"30 0 9 1 JAN,JUL ?", "2026-01-05 10:50:00", "UTC", -1, "2026-07-01 09:00:30", "2027-01-01 09:00:30", ""},
		{"0 9 1-7 * MON", "2026-01-05 10:50:00", "UTC", -1, "2026-02-02 09:00:00", "2026-03-02 09:00:00", ""},
		{"0 9 29 2 0", "2026-01-05 10:50:00", "UTC", -1, "2032-02-29 09:00:00", "2060-02-29 09:00:00", ""},
		{"0 0 * * 7", "2026-01-05 10:50:00", "UTC", -1, "2026-01-11 00:00:00", "2026-01-18 00:00:00", ""},
		// The night in which 2:30 is left out.
		{"30 2 * * *", "2026-03-28 12:00:00", "Europe/Berlin", -1, "2026-03-29 03:30:00", "2026-03-30 02:30:00", ""},
		{"10/20 * * * *", "2026-01-05 10:50:00", "UTC", -1, "2026-01-05 11:10:00", "2026-01-05 11:30:00", ""},
	} {
		cycle, err := ParseCycle(c.cycle)
		if err != nil || cycle.Times != c.times {
			t.Errorf("%s: %d times, %v", c.cycle, cycle.Times, err)
			continue
		}
		first, ok := cycle.First(at(t, c.now, c.zone))
		if want := at(t, c.first, c.zone); !ok || !first.Equal(want) {
			t.Errorf("%s begins %v, want %v", c.cycle, first, want)
		}
		now := first
		if c.later != "" {
			now = at(t, c.later, c.zone)
		}
		then, ok := cycle.Next(first, now)
		if want := at(t, c.then, c.zone); !ok || !then.Equal(want) {
			t.Errorf("%s comes again %v, want %v", c.cycle, then, want)
		}
	}
}

func TestWhatIsNoCycleIsToldInWords(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", " ": "empty", "daily": "neither", "R3": "has to be", "R0/PT1H": "no number of times", "Rx/PT1H": "no number of times", "R3/PT1X": "no duration",
		"R3/PT0S": "a second or more", "R3/-PT1H": "a second or more", "R3/2026-13-01T00:00:00Z/PT1H": "no moment", "R3/a/b/c": "has to be", "R3/2026-01-01": "no duration",
		"60 * * * *": "no minute", "* 24 * * *": "no hour", "* * 0 * *": "no day of the month", "* * * 13 *": "no month", "* * * * 8": "no day of the week", "* * * FOO *": "no month",
		"5-1 * * * *": "no minute", "*/0 * * * *": "no minute", "a * * * *": "no minute", "1,, * * * *": "no minute", "0 0 30 2 *": "never comes", strings.Repeat("1,", 200): "longer than",
		"* * * * * * *": "neither", "JANU * * * *": "no minute",
	} {
		if _, err := ParseCycle(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestACycleBeyondTheCalendarEnds(t *testing.T) {
	c, err := ParseCycle("R/P9999Y")
	if err != nil {
		t.Fatal(err)
	}
	if when, ok := c.Next(at(t, "9000-01-01 00:00:00", "UTC"), at(t, "9001-01-01 00:00:00", "UTC")); ok && when.Year() < 9999 {
		t.Errorf("it comes at %v", when)
	}
}

func FuzzParseCycle(f *testing.F) {
	for _, s := range []string{"R3/PT1H", "R/2026-01-05T09:00:00Z/P1D", "0 9 * * MON-FRI", "*/5 0 0 29 2 ?", "R/P1M"} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCycle(text)
		if err != nil {
			return
		}
		first, ok := c.First(now)
		if !ok {
			return
		}
		if then, ok := c.Next(first, first); ok && !then.After(first) {
			t.Fatalf("%q: %v is not after %v", text, then, first)
		}
	})
}
