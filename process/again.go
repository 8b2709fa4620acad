package process

import (
	"regexp"
	"strconv"
	"time"

	"github.com/signoffhq/signoff/expr"
)

// First is when the cycle begins for somebody who sets it now; the clock's zone
// counts. ok is false when that is never.
func (c Cycle) First(now time.Time) (at time.Time, ok bool) {
	if c.cron != nil {
		return c.cron.next(now)
	}
	if c.start == "" {
		return c.after(now, now)
	}
	at, ok = moment(c.start, now.Location())
	if !ok || at.After(now) {
		return at, ok
	}
	return c.after(at, now)
}

// Next is when it happens again after due, and later than now: what was missed
// while nobody looked is not made up for. Months and whole days are counted on
// the clock of now's zone, from the start where the cycle names one: it comes at
// the same time of day in summer and winter, and at the end of each month.
func (c Cycle) Next(due, now time.Time) (at time.Time, ok bool) {
	if c.cron != nil {
		return c.cron.next(now)
	}
	due = due.In(now.Location())
	last := now
	if due.After(now) {
		last = due
	}
	if c.start != "" {
		if due, ok = moment(c.start, now.Location()); !ok {
			return due, false
		}
		due = due.In(now.Location())
	}
	return c.after(due, last)
}

const day = 24 * time.Hour

// after is the first of base, base and one interval, base and two, that is later
// than last.
func (c Cycle) after(base, last time.Time) (time.Time, bool) {
	if base.After(last) {
		return base, true
	}
	days, _ := c.every.(expr.DaysDuration)
	d, fits := days.Duration()
	switch months, isMonths := c.every.(expr.MonthsDuration); {
	case isMonths:
		passed := (last.Year()-base.Year())*12 + int(last.Month()-base.Month())
		return onClock(base, last, passed/int(months), func(wall time.Time, n int) (time.Time, bool) {
			return expr.AddTo(wall, months*expr.MonthsDuration(n))
		})
	case !fits || d <= 0:
		at, ok := expr.AddTo(base, c.every)
		return at, ok && at.After(last)
	case d%day == 0:
		each := int(d / day)
		passed := (last.Unix() - base.Unix()) / int64(day/time.Second)
		return onClock(base, last, int(passed)/each, func(wall time.Time, n int) (time.Time, bool) {
			return wall.AddDate(0, 0, n*each), true
		})
	}
	const most = 100 * 366 * day // at once: a time.Duration is at most 292 years
	for !base.After(last) {
		base = base.Add(min(last.Sub(base), most) / d * d).Add(d)
	}
	return base, true
}

// onClock goes on from about n intervals after base to the first that is later
// than last; add counts them on the clock.
func onClock(base, last time.Time, n int, add func(wall time.Time, n int) (time.Time, bool)) (time.Time, bool) {
	y, m, d := base.Date()
	wall := time.Date(y, m, d, base.Hour(), base.Minute(), base.Second(), base.Nanosecond(), time.UTC)
	for n = max(n-1, 1); ; n++ {
		then, ok := add(wall, n)
		if !ok {
			return then, false
		}
		if at := clock(then, base.Location()); at.After(last) {
			return at, true
		}
	}
}

// clock is when clocks in a zone show what wall shows in UTC: the first time
// where they show it twice, and as much later as they are put forward where they
// leave it out.
func clock(wall time.Time, zone *time.Location) time.Time {
	y, m, d := wall.Date()
	at := time.Date(y, m, d, wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), zone)
	_, offset := at.Zone()
	east := time.Duration(offset) * time.Second
	if shown := at.Add(east); shown.After(wall) {
		return at // behind what is left out
	} else if shown.Before(wall) {
		return wall.Add(-east).In(zone) // time.Date took the other side
	}
	if begins, _ := at.ZoneBounds(); !begins.IsZero() {
		_, before := begins.Add(-1).Zone()
		if back := time.Duration(before-offset) * time.Second; at.Sub(begins) < back {
			return at.Add(-back)
		}
	}
	return at
}

var inWeeks = regexp.MustCompile(`^P(\d{1,6})W(?:(\d{1,6})D)?(T.+)?$`)

// inDays is a duration without weeks, which FEEL does not know.
func inDays(duration string) string {
	m := inWeeks.FindStringSubmatch(duration)
	if m == nil {
		return duration
	}
	weeks, _ := strconv.Atoi(m[1])
	days, _ := strconv.Atoi(m[2])
	return "P" + strconv.Itoa(7*weeks+days) + "D" + m[3]
}
