package process

import (
	"testing"
	"time"
)

// Timers are kept in UTC, and come again by the clocks of their zone.
func TestCyclesKeepTheirTimeOfDayAndDayOfTheMonth(t *testing.T) {
	for _, c := range []struct {
		cycle, zone, now string
		want             []string
	}{
		{"R/2026-03-27T09:00:00/P1D", "Europe/Berlin", "2026-03-27 08:00:00", []string{"2026-03-27 09:00:00", "2026-03-28 09:00:00", "2026-03-29 09:00:00", "2026-03-30 09:00:00"}},
		{"R/P1D", "Europe/Berlin", "2026-10-23 09:00:00", []string{"2026-10-24 09:00:00", "2026-10-25 09:00:00", "2026-10-26 09:00:00"}},
		{"R/2026-03-27T02:30:00/P1D", "Europe/Berlin", "2026-03-28 00:00:00", []string{"2026-03-28 02:30:00", "2026-03-29 03:30:00", "2026-03-30 02:30:00"}},
		{"R/2026-03-07T02:30:00/P1D", "America/New_York", "2026-03-07 00:00:00", []string{"2026-03-07 02:30:00", "2026-03-08 03:30:00", "2026-03-09 02:30:00"}},
		{"R/2026-01-31T00:00:00/P1M", "Europe/Berlin", "2026-01-01 00:00:00", []string{"2026-01-31 00:00:00", "2026-02-28 00:00:00", "2026-03-31 00:00:00", "2026-04-30 00:00:00", "2026-05-31 00:00:00"}},
		{"R/2020-02-29T10:00:00/P1Y", "Asia/Tokyo", "2026-01-01 00:00:00", []string{"2026-02-28 10:00:00", "2027-02-28 10:00:00", "2028-02-29 10:00:00"}},
		{"R/1500-01-01T00:00:00Z/PT7H", "UTC", "2026-01-05 00:00:00", []string{"2026-01-05 07:00:00", "2026-01-05 14:00:00"}},
		{"R/1500-01-01T00:00:00/P2D", "UTC", "2026-01-05 00:00:00", []string{"2026-01-07 00:00:00", "2026-01-09 00:00:00"}},
		{"R/P1W", "Europe/Berlin", "2026-03-23 09:00:00", []string{"2026-03-30 09:00:00", "2026-04-06 09:00:00"}},
		{"R/P1W2D", "UTC", "2026-01-05 09:00:00", []string{"2026-01-14 09:00:00"}},
		{"R/P1DT12H", "Europe/Berlin", "2026-03-28 09:00:00", []string{"2026-03-29 22:00:00"}},
		{"30 2 * * *", "America/New_York", "2026-03-08 01:45:00", []string{"2026-03-08 03:30:00", "2026-03-09 02:30:00"}},
		{"30 2 * * *", "Europe/Berlin", "2026-03-29 01:45:00", []string{"2026-03-29 03:30:00", "2026-03-30 02:30:00"}},
		{"30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00", []string{"2026-10-25 02:30:00", "2026-10-26 02:30:00"}},
		{"30 1 * * *", "America/New_York", "2026-10-31 02:00:00", []string{"2026-11-01 01:30:00", "2026-11-02 01:30:00"}},
		{"30 2 * * *", "Australia/Sydney", "2026-10-03 12:00:00", []string{"2026-10-04 03:30:00", "2026-10-05 02:30:00"}},
		{"30 0 * * *", "America/Santiago", "2026-09-05 12:00:00", []string{"2026-09-06 01:30:00", "2026-09-07 00:30:00"}},
	} {
		cycle, err := ParseCycle(c.cycle)
		if err != nil {
			t.Errorf("%s: %v", c.cycle, err)
			continue
		}
		now := at(t, c.now, c.zone)
		when, ok := cycle.First(now)
		for _, want := range c.want {
			if got := when.In(now.Location()).Format("2006-01-02 15:04:05"); !ok || got != want {
				t.Errorf("%s in %s comes at %s, want %s", c.cycle, c.zone, got, want)
			}
			due := when.UTC()
			when, ok = cycle.Next(due, due.In(now.Location()))
		}
	}
}

func TestATimeThatComesTwiceCountsTheFirstTime(t *testing.T) {
	for zone, wall := range map[string]string{"Europe/Berlin": "2026-10-25 02:30:00", "America/New_York": "2026-11-01 01:30:00", "Australia/Sydney": "2026-04-05 02:30:00"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		got := clock(at(t, wall, "UTC"), loc)
		if again := got.Add(time.Hour); got.Hour() != again.Hour() {
			t.Errorf("%s: %v is not the first of two", zone, got)
		}
	}
}
