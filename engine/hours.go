package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/signoffhq/signoff/calendar"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// Calendars are answers to NeedCalendars, by name as asked; "" is the one that
// counts where none is named. Nil means: asked, and there is none.
type Calendars map[string]*calendar.Calendar

// NeedCalendars is the error by which Decide asks for working hours. Nothing
// happened; the caller finds the calendars and decides again with them in
// Input.Calendars. What is worked out with them is kept in facts: a calendar
// that is changed later changes no due time.
type NeedCalendars struct{ Names []string }

func (NeedCalendars) Error() string { return "engine: calendars to be looked up first" }

// calendar returns what a timer counts by, nil for the clock. It may ask; then
// nil stands for what is not known yet.
func (t *turn) calendar(what string, h process.Hours) (*calendar.Calendar, *trouble) {
	if !h.Working {
		return nil, nil
	}
	name := h.Calendar
	if name == "" {
		name = t.def.Calendar
	}
	c, known := t.in.Calendars[name]
	switch {
	case !known:
		if !slices.Contains(t.calendars, name) {
			t.calendars = append(t.calendars, name)
		}
	case c == nil:
		return nil, &trouble{IncidentExpression, fmt.Sprintf("%s is counted by the calendar %q, and there is none of that name", what, name),
			"add the calendar under Manage › Events › Calendars, and retry"}
	}
	return c, nil
}

// WorkingAfter is a moment a duration after another, in working time where c is set.
// Whole days of the duration are working days then, the rest is hours worked; a
// duration of months ends when work is done next.
func WorkingAfter(from time.Time, v expr.Value, c *calendar.Calendar) (time.Time, error) {
	days, fixed := v.(expr.DaysDuration)
	var length time.Duration
	fits := false
	if fixed {
		length, fits = days.Duration()
	}
	if c == nil || !fits {
		at, ok := expr.AddTo(from, v)
		if !ok {
			return at, fmt.Errorf("%s cannot be used here", describe(v))
		}
		if c != nil {
			return c.Next(at)
		}
		return at, nil
	}
	const day = 24 * time.Hour
	at, err := from, error(nil)
	if n := int(length / day); n > 0 {
		at, err = c.AddDays(from, n)
	}
	if err != nil {
		return at, err
	}
	return c.Add(at, length%day)
}

// earlier is a moment a duration before another, likewise; it is for months, and
// for what is counted in working time.
func earlier(until time.Time, v expr.Value, c *calendar.Calendar) (time.Time, bool) {
	if months, ok := v.(expr.MonthsDuration); ok && c == nil {
		return expr.AddTo(until, -months)
	}
	days, fixed := v.(expr.DaysDuration)
	if c == nil || !fixed {
		return time.Time{}, false
	}
	length, fits := days.Duration()
	if !fits {
		return time.Time{}, false
	}
	const day = 24 * time.Hour
	at, err := c.AddDays(until, -int(length/day))
	if err == nil {
		at, err = c.Add(at, -(length % day))
	}
	return at, err == nil
}
