package calendar

import (
	"fmt"
	"time"
)

// Minute is a time of day, in minutes since midnight. Beyond 24 hours it lies on
// the day after.
type Minute int

const dayMinutes Minute = 24 * 60

// String is the time on the clock: "09:00", and "24:00" for the end of the day.
func (m Minute) String() string {
	if m > dayMinutes {
		m -= dayMinutes
	}
	return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60)
}

// Span is a stretch of hours, "09:00-17:00". One whose end is no later than its
// beginning goes past midnight: "22:00-06:00".
type Span struct{ From, To Minute }

func (s Span) String() string { return s.From.String() + "-" + s.To.String() }

// MarshalText writes a span as String does.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is ParseSpan.
func (s *Span) UnmarshalText(b []byte) (err error) {
	*s, err = ParseSpan(string(b))
	return err
}

// ParseSpan reads "09:00-17:00".
func ParseSpan(text string) (Span, error) {
	wrong := fmt.Errorf("%.40q is no span of hours such as 09:00-17:00", text)
	if len(text) != len("09:00-17:00") || text[5] != '-' {
		return Span{}, wrong
	}
	from, ok := parseMinute(text[:5])
	to, ok2 := parseMinute(text[6:])
	if !ok || !ok2 || from == dayMinutes {
		return Span{}, wrong
	}
	if to <= from {
		to += dayMinutes
	}
	return Span{from, to}, nil
}

func parseMinute(text string) (Minute, bool) {
	h, ok := digits(text[:2])
	m, ok2 := digits(text[3:])
	return Minute(h*60 + m), ok && ok2 && text[2] == ':' && (h < 24 && m < 60 || h == 24 && m == 0)
}

func digits(text string) (n int, ok bool) {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
		n = n*10 + int(text[i]-'0')
	}
	return n, text != ""
}

// Date is a day: of one year, "2026-12-25", or with Year 0 of every year, "12-25".
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

func (d Date) String() string {
	if d.Year == 0 {
		return fmt.Sprintf("%02d-%02d", int(d.Month), d.Day)
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText writes a date as String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDate.
func (d *Date) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDate(string(b))
	return err
}

// ParseDate reads "2026-12-25" and "12-25".
func ParseDate(text string) (Date, error) {
	var d Date
	ok := true
	rest := text
	if len(rest) == len("2026-12-25") && rest[4] == '-' {
		d.Year, ok = digits(rest[:4])
		ok = ok && d.Year > 0
		rest = rest[5:]
	}
	if len(rest) == len("12-25") && rest[2] == '-' && ok {
		month, ok1 := digits(rest[:2])
		day, ok2 := digits(rest[3:])
		d.Month, d.Day = time.Month(month), day
		if ok1 && ok2 && d.ok() {
			return d, nil
		}
	}
	return Date{}, fmt.Errorf("%.40q is no date such as 2026-12-25, or 12-25 for every year", text)
}

// ok tells whether there is such a day.
func (d Date) ok() bool {
	year := d.Year
	if year == 0 {
		year = 2000 // with a 29 February
	}
	if year < 1 || year > 9999 || d.Month < 1 || d.Month > 12 || d.Day < 1 {
		return false
	}
	return time.Date(year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Day() == d.Day
}

// dateOf is the day a wall clock shows.
func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// utc is the day's midnight as if its clocks were in UTC: for counting days.
func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// plus is the date some days on.
func (d Date) plus(days int) Date { return dateOf(d.utc().AddDate(0, 0, days)) }
