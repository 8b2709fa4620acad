package expr

import (
	"strings"
	"time"
)

// Date is a day of the calendar, from the year -999999999 to 999999999.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Time is a time of day, with an offset or zone where it was given one.
type Time struct {
	ns  int64 // since midnight
	loc *time.Location
}

// DateTime is a moment, or a local date and time where no zone was given.
type DateTime struct {
	t     time.Time // in UTC when local
	local bool
}

// DaysDuration is a length of time in days, hours, minutes and seconds.
type DaysDuration struct {
	sec int64
	ns  int64 // |ns| < 1e9, of the same sign as sec
}

// MonthsDuration is a length of time in years and months, counted in months.
type MonthsDuration int64

const (
	maxYear     = 999_999_999
	daySeconds  = 86_400
	dayNanos    = daySeconds * int64(time.Second)
	maxDuration = 1 << 56 // seconds; more than the calendar has
)

// DateOf returns the day t falls on in its own zone.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Moment returns t with its zone: by name where that is an IANA name such as
// Europe/Paris, by its offset otherwise.
func Moment(t time.Time) DateTime {
	t = t.Round(0) // without a monotonic reading
	if loc := t.Location(); loc != time.UTC && !strings.Contains(loc.String(), "/") {
		_, off := t.Zone()
		t = t.In(fixedZone(off))
	}
	return DateTime{t: t}
}

// Days returns d as a duration in days and time.
func Days(d time.Duration) DaysDuration {
	return DaysDuration{int64(d / time.Second), int64(d % time.Second)}
}

// TimeOf returns the moment that v, a Date or DateTime, means; what has no zone
// is meant in loc. A Date means its beginning.
func TimeOf(v Value, loc *time.Location) (t time.Time, ok bool) {
	switch v := v.(type) {
	case Date:
		return time.Date(v.Year, v.Month, v.Day, 0, 0, 0, 0, loc), true
	case DateTime:
		if v.local {
			return inZone(v.t, loc), true
		}
		return v.t, true
	}
	return time.Time{}, false
}

// AddTo returns t moved by v, a DaysDuration or MonthsDuration. It is not ok
// for other values and where the year leaves the calendar.
func AddTo(t time.Time, v Value) (time.Time, bool) {
	switch d := v.(type) {
	case DaysDuration:
		return addSeconds(t, d)
	case MonthsDuration:
		return addMonths(t, int64(d))
	}
	return t, false
}

// inZone returns the same clock reading in another zone.
func inZone(t time.Time, loc *time.Location) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc)
}

func validYear(y int) bool { return y >= -maxYear && y <= maxYear }

func addSeconds(t time.Time, d DaysDuration) (time.Time, bool) {
	if !d.inRange() {
		return t, false
	}
	// time.Duration holds 292 years only, so seconds go through Unix time.
	u := time.Unix(t.Unix()+d.sec, int64(t.Nanosecond())+d.ns).In(t.Location())
	return u, validYear(u.Year())
}

// addMonths keeps the day of the month, or takes the month's last day where
// there is no such day.
func addMonths(t time.Time, months int64) (time.Time, bool) {
	y, m, d := t.Date()
	if months > 24*maxYear || months < -24*maxYear {
		return t, false
	}
	total := int64(y)*12 + int64(m-1) + months
	year, month := int(floorDiv(total, 12)), time.Month(floorMod(total, 12)+1)
	if !validYear(year) {
		return t, false
	}
	d = min(d, daysIn(year, month))
	return time.Date(year, month, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()), true
}

func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func floorMod(a, b int64) int64 { return a - floorDiv(a, b)*b }

func (d Date) valid() bool {
	return validYear(d.Year) && d.Month >= 1 && d.Month <= 12 && d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// midnight is the beginning of the day in UTC.
func (d Date) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// days counts days since 1970-01-01.
func (d Date) days() int64 { return d.midnight().Unix() / daySeconds }

func dateOfDays(n int64) Date { return DateOf(time.Unix(n*daySeconds, 0).UTC()) }

// utc is the time of day in UTC, in nanoseconds; it may lie outside one day.
func (t Time) utc() int64 {
	off, _ := t.offset()
	return t.ns - int64(off)*int64(time.Second)
}

// offset is the distance from UTC in seconds; that of a zone by name is taken
// on 1970-01-01, for lack of a day.
func (t Time) offset() (int, bool) {
	if t.loc == nil {
		return 0, false
	}
	_, off := time.Unix(0, 0).In(t.loc).Zone()
	return off, true
}

func (t Time) parts() (h, m, s, ns int) {
	sec := t.ns / int64(time.Second)
	return int(sec / 3600), int(sec / 60 % 60), int(sec % 60), int(t.ns % int64(time.Second))
}

// clock is the time of day of a date and time.
func (d DateTime) clock() Time {
	t := d.t
	ns := int64(t.Hour()*3600+t.Minute()*60+t.Second())*int64(time.Second) + int64(t.Nanosecond())
	if d.local {
		return Time{ns: ns}
	}
	return Time{ns: ns, loc: t.Location()}
}

// on is the date and time of t on a day.
func (t Time) on(d Date) DateTime {
	h, m, s, ns := t.parts()
	loc := t.loc
	if loc == nil {
		loc = time.UTC
	}
	return DateTime{t: time.Date(d.Year, d.Month, d.Day, h, m, s, ns, loc), local: t.loc == nil}
}

// Duration returns d as Go counts time; ok is false beyond 292 years.
func (d DaysDuration) Duration() (_ time.Duration, ok bool) {
	const most = int64(1<<63-1) / int64(time.Second)
	if d.sec > most-1 || d.sec < 1-most {
		return 0, false
	}
	return time.Duration(d.sec)*time.Second + time.Duration(d.ns), true
}

// duration makes a DaysDuration of seconds and nanoseconds of any sign and size.
func duration(sec, ns int64) DaysDuration {
	sec, ns = sec+ns/1e9, ns%1e9
	if sec > 0 && ns < 0 {
		sec, ns = sec-1, ns+1e9
	} else if sec < 0 && ns > 0 {
		sec, ns = sec+1, ns-1e9
	}
	return DaysDuration{sec, ns}
}

func (d DaysDuration) inRange() bool { return d.sec < maxDuration && d.sec > -maxDuration }

func (d DaysDuration) negative() bool { return d.sec < 0 || d.ns < 0 }

// hasZone tells a time or moment with an offset or zone from all else.
func hasZone(v Value) bool {
	switch x := v.(type) {
	case Time:
		return x.loc != nil
	case DateTime:
		return !x.local
	}
	return false
}

// orderMoments compares dates, times, moments and durations of one type. Of two
// times or moments of which one has no zone, that one is in the zone of the other:
// DMN 1.5, table 54.
func orderMoments(a, b Value) ordering {
	switch x := a.(type) {
	case Date:
		if y, ok := b.(Date); ok {
			return orderOf(x.days(), y.days())
		}
	case Time:
		if y, ok := b.(Time); ok {
			if (x.loc == nil) != (y.loc == nil) {
				return orderOf(x.ns, y.ns)
			}
			return orderOf(x.utc(), y.utc())
		}
	case DateTime:
		if y, ok := b.(DateTime); ok {
			if x.local != y.local {
				return ordering(inZone(x.t, time.UTC).Compare(inZone(y.t, time.UTC)))
			}
			return ordering(x.t.Compare(y.t))
		}
	case DaysDuration:
		if y, ok := b.(DaysDuration); ok {
			if x.sec != y.sec {
				return orderOf(x.sec, y.sec)
			}
			return orderOf(x.ns, y.ns)
		}
	case MonthsDuration:
		if y, ok := b.(MonthsDuration); ok {
			return orderOf(int64(x), int64(y))
		}
	}
	return incomparable
}
