package calendar

import (
	"errors"
	"slices"
	"time"
)

// maxDays is how far the calendar looks for working time: forty years.
const maxDays = 40 * 366

// ErrNever says that there is not so much working time in the next forty years.
var ErrNever = errors.New("there is not that much working time in the next forty years of the calendar")

// IsWorking tells whether work is done at a moment. What begins at nine is
// worked at nine; what ends at five is not worked at five.
func (c *Calendar) IsWorking(t time.Time) bool {
	working := false
	c.spans(t, t.Add(1), func(_, _ time.Time) bool { working = true; return false })
	return working
}

// Next is the first moment from t on at which work is done: t itself while it is.
func (c *Calendar) Next(t time.Time) (time.Time, error) {
	var next time.Time
	c.spans(t, c.horizon(t), func(from, _ time.Time) bool { next = from; return false })
	if next.IsZero() {
		return next, ErrNever
	}
	return next, nil
}

// Add is the first moment by which d of working time has passed since t: t
// itself when d is nothing. Eight hours from nine o'clock of a day that ends at
// five are over at five, not when work begins again.
func (c *Calendar) Add(t time.Time, d time.Duration) (time.Time, error) {
	if d < 0 {
		return c.back(t, -d)
	}
	if d == 0 {
		return t, nil
	}
	var due time.Time
	c.spans(t, c.horizon(t), func(from, to time.Time) bool {
		if work := to.Sub(from); d > work {
			d -= work
			return true
		}
		due = from.Add(d)
		return false
	})
	if due.IsZero() {
		return due, ErrNever
	}
	return due, nil
}

// back is the last moment from which on d of working time passes until t.
func (c *Calendar) back(t time.Time, d time.Duration) (time.Time, error) {
	const step = 14 // days looked at in one go
	for until, n := t, 0; n < maxDays; n += step {
		since := until.AddDate(0, 0, -step)
		var list [][2]time.Time
		c.spans(since, until, func(from, to time.Time) bool { list = append(list, [2]time.Time{from, to}); return true })
		for _, s := range slices.Backward(list) {
			work := s[1].Sub(s[0])
			if d <= work {
				return s[1].Add(-d), nil
			}
			d -= work
		}
		until = since
	}
	return time.Time{}, ErrNever
}

// AddDays goes on by whole working days: days with any working time. It counts
// from when work is done first, so that from Saturday one day on is Tuesday
// where work begins on Monday. The time of day stays; where that day is not
// worked at that time, it is when work is done next.
//
// Days below zero go back from the moment itself, to the same time of day.
func (c *Calendar) AddDays(t time.Time, days int) (time.Time, error) {
	if days < 0 {
		local := t.In(c.zone)
		date, err := c.workday(dateOf(local), -1, -days)
		return c.clock(date, local), err
	}
	at, err := c.Next(t)
	if err != nil || days <= 0 {
		return at, err
	}
	local := at.In(c.zone)
	date, err := c.workday(dateOf(local), 1, days)
	if err != nil {
		return time.Time{}, err
	}
	return c.Next(c.clock(date, local))
}

// workday is some days with working time on or back from a date.
func (c *Calendar) workday(date Date, step, days int) (Date, error) {
	for looked := 0; days > 0; looked++ {
		if looked == maxDays {
			return date, ErrNever
		}
		if date = date.plus(step); c.worked(date) {
			days--
		}
	}
	return date, nil
}

// worked tells whether there is any working time on a date. Where clocks are
// changed, the hours of a day may be left out, or the whole day.
func (c *Calendar) worked(date Date) bool {
	if len(c.hours(date, nil)) == 0 {
		return false
	}
	from, to := date.utc().Add(-15*time.Hour), date.utc().Add(40*time.Hour)
	_, before := from.In(c.zone).Zone()
	if _, after := to.In(c.zone).Zone(); before == after {
		return true
	}
	some := false
	c.spans(from, to, func(begins, _ time.Time) bool {
		some = dateOf(begins.In(c.zone)) == date
		return !some
	})
	return some
}

// clock is the first moment of a date that shows the time of day of another
// moment or, where clocks are put forward over that, a later one.
func (c *Calendar) clock(date Date, of time.Time) time.Time {
	h, m, s := of.Clock()
	at := time.Date(date.Year, date.Month, date.Day, h, m, s, of.Nanosecond(), c.zone)
	begins, ends := at.ZoneBounds()
	wanted := time.Date(date.Year, date.Month, date.Day, h, m, s, of.Nanosecond(), time.UTC)
	_, offset := at.Zone()
	switch shown := at.Add(time.Duration(offset) * time.Second); {
	case shown.After(wanted) && !begins.IsZero(): // it is left out
		return begins
	case shown.Before(wanted) && !ends.IsZero():
		return ends
	}
	if begins.IsZero() {
		return at
	}
	_, before := begins.Add(-1).Zone()
	if back := time.Duration(before-offset) * time.Second; at.Sub(begins) < back { // it comes twice
		return at.Add(-back)
	}
	return at
}

// Between is how much working time lies between two moments, at most what forty
// years have; nothing when b is not after a.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if end := c.horizon(a); b.After(end) {
		b = end
	}
	var sum time.Duration
	c.spans(a, b, func(from, to time.Time) bool { sum += to.Sub(from); return true })
	return sum
}

func (c *Calendar) horizon(t time.Time) time.Time { return t.AddDate(0, 0, maxDays) }

// spans calls yield with each stretch of working time between two moments, in
// order, until it returns false. It goes by stretches in which clocks are not
// changed, and in them day by day, so that an hour that comes twice counts twice
// and one that is left out not at all.
func (c *Calendar) spans(a, b time.Time, yield func(from, to time.Time) bool) {
	var buf [2*MaxSpans + 2]Span
	for a.Before(b) {
		local := a.In(c.zone)
		_, offset := local.Zone()
		date := dateOf(local)
		midnight := date.utc().Add(-time.Duration(offset) * time.Second) // as long as clocks stay as they are
		end := midnight.Add(24 * time.Hour)
		// After the last rule of a zone's table, on 31 December of a leap year,
		// ZoneBounds gives an end that lies before the moment itself.
		if _, change := local.ZoneBounds(); change.After(a) && change.Before(end) {
			end = change
		}
		if end.After(b) {
			end = b
		}
		for _, s := range c.hours(date, buf[:0]) {
			from, to := midnight.Add(s.From.duration()), midnight.Add(s.To.duration())
			if from.Before(a) {
				from = a
			}
			if to.After(end) {
				to = end
			}
			if from.Before(to) && !yield(from, to) {
				return
			}
		}
		a = end
	}
}

func (m Minute) duration() time.Duration { return time.Duration(m) * time.Minute }

// hours is when the clock shows working time on a date, within that day, in
// order: what began the evening before, and the day's own. It may use buf.
func (c *Calendar) hours(date Date, buf []Span) []Span {
	out := buf[:0]
	before := date.plus(-1)
	for _, s := range c.begun(before) {
		if s.To > dayMinutes && c.begins(before, s) {
			out = append(out, Span{0, s.To - dayMinutes})
		}
	}
	for _, s := range c.begun(date) {
		s.To = min(s.To, dayMinutes)
		if n := len(out); n > 0 && s.From < out[n-1].To { // the evening before ends as the day's own begins
			if s.From = out[n-1].To; s.From >= s.To {
				continue
			}
		}
		out = append(out, s)
	}
	return c.free(date, out)
}

// begins tells whether anything of a span that goes past midnight is worked
// before it: if not, it does not begin at all.
func (c *Calendar) begins(date Date, s Span) bool {
	return len(c.free(date, []Span{{s.From, dayMinutes}})) > 0
}

// free takes the holidays of a date out of spans.
func (c *Calendar) free(date Date, spans []Span) []Span {
	if _, special := c.special[date]; special {
		return spans
	}
	for _, off := range c.dated[date] {
		spans = without(spans, off)
	}
	for _, off := range c.yearly[Date{0, date.Month, date.Day}] {
		spans = without(spans, off)
	}
	return spans
}

// begun is what begins on a date.
func (c *Calendar) begun(date Date) []Span {
	if own, special := c.special[date]; special {
		return own
	}
	return c.week[date.utc().Weekday()]
}

// without takes a span out of others.
func without(spans []Span, off Span) []Span {
	var out []Span
	for _, s := range spans {
		if left := (Span{s.From, min(s.To, off.From)}); left.From < left.To {
			out = append(out, left)
		}
		if right := (Span{max(s.From, off.To), s.To}); right.From < right.To {
			out = append(out, right)
		}
	}
	return out
}
