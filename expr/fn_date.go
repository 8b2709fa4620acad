package expr

import (
	"strings"
	"time"

	"github.com/cockroachdb/apd/v3"
)

func defineDates() {
	define("date", fnDate, "from", "year, month, day")
	define("time", fnTime, "from", "hour, minute, second, offset?")
	define("date and time", fnDateTime, "from", "date, time")
	define("duration", fnDuration, "from")
	define("years and months duration", fnMonthsBetween, "from, to")
	define("today", fnToday, "")
	define("now", fnNow, "")
	define("day of year", fnDayOfYear, "date")
	define("day of week", fnDayOfWeek, "date")
	define("month of year", fnMonthOfYear, "date")
	define("week of year", fnWeekOfYear, "date")
}

func fnDate(c *callEnv, a []Value) Value {
	if len(a) == 3 {
		return c.dateOf(a)
	}
	switch v := single(a[0]).(type) {
	case String:
		if d, ok := parseDate(string(v)); ok {
			return d
		}
		return c.note(c.pos, "%q is no date: write it as 2026-12-31", clip(string(v)))
	case Date:
		return v
	case DateTime:
		return DateOf(v.t)
	}
	return c.wrong(a[0], "text such as \"2026-12-31\", or a date and time")
}

func (c *callEnv) dateOf(a []Value) Value {
	y, ok1 := c.index(a[0])
	m, ok2 := c.index(a[1])
	d, ok3 := c.index(a[2])
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	date := Date{int(y), time.Month(m), int(d)}
	if m < 1 || m > 12 || !date.valid() {
		return c.note(c.pos, "there is no such day in the calendar")
	}
	return date
}

func fnTime(c *callEnv, a []Value) Value {
	if len(a) > 1 {
		return c.timeOf(a)
	}
	switch v := single(a[0]).(type) {
	case String:
		c.zoneStep(v)
		if t, ok := parseTime(string(v)); ok {
			return t
		}
		return c.note(c.pos, "%q is no time: write it as 08:30:00", clip(string(v)))
	case Time:
		return v
	case DateTime:
		return v.clock()
	case Date:
		return Time{loc: time.UTC}
	}
	return c.wrong(a[0], "text such as \"08:30:00\", or a date and time")
}

// zoneStep counts finding a zone by its name, which takes long.
func (c *callEnv) zoneStep(s String) {
	if strings.Contains(string(s), "@") {
		c.step(c.pos, 200)
	}
}

func (c *callEnv) timeOf(a []Value) Value {
	h, ok1 := c.index(a[0])
	m, ok2 := c.index(a[1])
	s, ok3 := c.number(a[2])
	if !ok1 || !ok2 || !ok3 {
		return nil
	}
	nanos, _ := s.mul(Int(1e9))
	nanos, _ = nanos.round(0, apd.RoundDown)
	ns, ok := nanos.Int64()
	if !ok || h < 0 || h > 23 || m < 0 || m > 59 || ns < 0 || ns >= 60e9 {
		return c.note(c.pos, "there is no such time of day")
	}
	t := Time{ns: (h*60+m)*60e9 + ns}
	switch off := single(arg(a, 3)).(type) {
	case nil:
		return t
	case DaysDuration:
		if off.sec <= 18*3600 && off.sec >= -18*3600 && off.ns == 0 {
			t.loc = fixedZone(int(off.sec))
			return t
		}
	}
	return c.wrong(a[3], "an offset between -PT18H and PT18H")
}

func fnDateTime(c *callEnv, a []Value) Value {
	if len(a) == 2 {
		return c.join(a[0], a[1])
	}
	switch v := single(a[0]).(type) {
	case String:
		c.zoneStep(v)
		if d, ok := parseDateTime(string(v)); ok {
			return d
		}
		return c.note(c.pos, "%q is no date and time: write it as 2026-12-31T08:30:00Z", clip(string(v)))
	case DateTime:
		return v
	case Date:
		return Time{}.on(v)
	}
	return c.wrong(a[0], "text such as \"2026-12-31T08:30:00Z\"")
}

func (c *callEnv) join(date, clock Value) Value {
	t, ok := single(clock).(Time)
	if !ok {
		return c.wrong(clock, "a time")
	}
	switch d := single(date).(type) {
	case Date:
		return t.on(d)
	case DateTime:
		return t.on(DateOf(d.t))
	}
	return c.wrong(date, "a date")
}

func fnDuration(c *callEnv, a []Value) Value {
	switch v := single(a[0]).(type) {
	case String:
		if d := parseDuration(string(v)); d != nil {
			return d
		}
		return c.note(c.pos, "%q is no duration: write P3D for days, PT2H for hours, P1M for months", clip(string(v)))
	case DaysDuration, MonthsDuration:
		return v
	}
	return c.wrong(a[0], "text such as \"P3D\"")
}

// fnMonthsBetween counts whole months.
func fnMonthsBetween(c *callEnv, a []Value) Value {
	from, ok1 := c.day(a[0])
	to, ok2 := c.day(a[1])
	if !ok1 || !ok2 {
		return nil
	}
	n := int64(to.Year-from.Year)*12 + int64(to.Month-from.Month)
	if n > 0 && to.Day < from.Day {
		n--
	} else if n < 0 && to.Day > from.Day {
		n++
	}
	return MonthsDuration(n)
}

// day reads a date, or that of a date and time.
func (c *callEnv) day(v Value) (Date, bool) {
	switch d := single(v).(type) {
	case Date:
		return d, true
	case DateTime:
		return DateOf(d.t), true
	}
	c.wrong(v, "a date")
	return Date{}, false
}

func fnNow(c *callEnv, _ []Value) Value {
	if c.now.IsZero() {
		return c.note(c.pos, "there is no clock here")
	}
	return Moment(c.now)
}

func fnToday(c *callEnv, _ []Value) Value {
	if c.now.IsZero() {
		return c.note(c.pos, "there is no clock here")
	}
	return DateOf(c.now)
}

func fnDayOfYear(c *callEnv, a []Value) Value {
	d, ok := c.day(a[0])
	if !ok {
		return nil
	}
	return Int(int64(d.midnight().YearDay()))
}

func fnDayOfWeek(c *callEnv, a []Value) Value {
	d, ok := c.day(a[0])
	if !ok {
		return nil
	}
	return String(d.midnight().Weekday().String())
}

func fnMonthOfYear(c *callEnv, a []Value) Value {
	d, ok := c.day(a[0])
	if !ok {
		return nil
	}
	return String(d.Month.String())
}

// fnWeekOfYear counts weeks as ISO 8601 does.
func fnWeekOfYear(c *callEnv, a []Value) Value {
	d, ok := c.day(a[0])
	if !ok {
		return nil
	}
	_, week := d.midnight().ISOWeek()
	return Int(int64(week))
}
