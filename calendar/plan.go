package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds on what one calendar may hold.
const (
	MaxSpans    = 12   // of one day
	MaxHolidays = 2000 // likewise special days
	MaxName     = 100  // bytes of the name of a day
)

// Plan is a calendar as people write it.
type Plan struct {
	Zone     string    `json:"zone"` // IANA name, "Europe/Berlin"
	Week     Week      `json:"week"`
	Holidays []Holiday `json:"holidays,omitempty"`
	Special  []Special `json:"special,omitempty"`
}

// Week is when work is done on each weekday. What begins on a day and goes past
// midnight belongs to the day it begins on.
type Week struct {
	Monday    []Span `json:"monday,omitempty"`
	Tuesday   []Span `json:"tuesday,omitempty"`
	Wednesday []Span `json:"wednesday,omitempty"`
	Thursday  []Span `json:"thursday,omitempty"`
	Friday    []Span `json:"friday,omitempty"`
	Saturday  []Span `json:"saturday,omitempty"`
	Sunday    []Span `json:"sunday,omitempty"`
}

// Day returns the spans of a weekday.
func (w *Week) Day(d time.Weekday) []Span {
	return [...][]Span{w.Sunday, w.Monday, w.Tuesday, w.Wednesday, w.Thursday, w.Friday, w.Saturday}[d]
}

// Holiday is a day, or part of one, on which no work is done. It also ends what
// the evening before began. A night whose hours until midnight are all taken is
// not worked after midnight either.
type Holiday struct {
	Date  Date   `json:"date"` // without a year: every year
	Name  string `json:"name,omitempty"`
	Hours *Span  `json:"hours,omitempty"` // nil: the whole day
}

// Special is a day with hours of its own instead of its weekday's. It is worked
// even if it is a holiday.
type Special struct {
	Date  Date   `json:"date"` // of one year
	Name  string `json:"name,omitempty"`
	Hours []Span `json:"hours"`
}

// Standard is the calendar of somebody who has set none: Monday to Friday, eight
// to five.
func Standard(zone string) Plan {
	day := []Span{{8 * 60, 17 * 60}}
	return Plan{Zone: zone, Week: Week{Monday: day, Tuesday: day, Wednesday: day, Thursday: day, Friday: day}}
}

// Calendar is a plan ready to count with. It is not changed after New and may be
// shared.
type Calendar struct {
	zone    *time.Location
	week    [7][]Span
	yearly  map[Date][]Span // holidays of every year: what they take of the day
	dated   map[Date][]Span // of one year
	special map[Date][]Span
}

// New checks a plan and makes it ready. A plan in which no work is ever done is
// refused; the error is of Wrongs that say where.
func New(p Plan) (*Calendar, error) {
	c := &Calendar{yearly: map[Date][]Span{}, dated: map[Date][]Span{}, special: map[Date][]Span{}}
	wrong := errors.Join(c.zoned(p.Zone), c.weekly(p.Week), c.holidays(p.Holidays), c.specials(p.Special))
	if wrong != nil {
		return nil, wrong
	}
	return c, nil
}

func (c *Calendar) zoned(name string) (err error) {
	if name == "" || name == "Local" {
		return &Wrong{"zone", "say which time zone, such as Europe/Berlin"}
	}
	if c.zone, err = time.LoadLocation(name); err != nil {
		return &Wrong{"zone", fmt.Sprintf("%.60q is no time zone the server knows; they are called Europe/Berlin or America/New_York", name)}
	}
	return nil
}

func (c *Calendar) weekly(w Week) error {
	var wrong []error
	worked := false
	for d := range c.week {
		day := time.Weekday(d)
		hours, err := ordered(w.Day(day))
		if err != nil {
			wrong = append(wrong, &Wrong{"week." + strings.ToLower(day.String()), err.Error()})
		}
		c.week[d] = hours
		worked = worked || len(hours) > 0
	}
	if !worked && len(wrong) == 0 {
		wrong = append(wrong, &Wrong{"week", "no work is done on any day of the week; give at least one day hours"})
	}
	return errors.Join(wrong...)
}

// Wrongs lists all that is wrong with a plan, of the error New returns: the first
// of its holidays and of its special days, and everything else.
func Wrongs(err error) (all []*Wrong) {
	if w, ok := err.(*Wrong); ok {
		return []*Wrong{w}
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			all = append(all, Wrongs(one)...)
		}
	}
	return all
}

// Zone is where the calendar's hours are.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Wrong is what is wrong with a plan, and where.
type Wrong struct{ Field, Detail string }

func (w *Wrong) Error() string { return w.Field + ": " + w.Detail }

func (c *Calendar) holidays(list []Holiday) error {
	if len(list) > MaxHolidays {
		return &Wrong{"holidays", fmt.Sprintf("there are more than %d", MaxHolidays)}
	}
	for i, h := range list {
		at := fmt.Sprintf("holidays.%d", i)
		if why := badDay(h.Date, h.Name); why != "" {
			return &Wrong{at, why}
		}
		off := Span{0, dayMinutes}
		if h.Hours != nil {
			off = *h.Hours
			if off.From < 0 || off.To > dayMinutes || off.From >= off.To {
				return &Wrong{at + ".hours", "hours of a holiday lie within the day, such as 12:00-24:00"}
			}
		}
		into := c.dated
		if h.Date.Year == 0 {
			into = c.yearly
		}
		into[h.Date] = append(into[h.Date], off)
	}
	return nil
}

func (c *Calendar) specials(list []Special) error {
	if len(list) > MaxHolidays {
		return &Wrong{"special", fmt.Sprintf("there are more than %d", MaxHolidays)}
	}
	for i, s := range list {
		at := fmt.Sprintf("special.%d", i)
		if why := badDay(s.Date, s.Name); why != "" {
			return &Wrong{at, why}
		}
		if s.Date.Year == 0 {
			return &Wrong{at + ".date", "a special day is one of a certain year, such as 2026-11-28"}
		}
		if _, twice := c.special[s.Date]; twice {
			return &Wrong{at + ".date", s.Date.String() + " stands there twice"}
		}
		hours, err := ordered(s.Hours)
		if err != nil {
			return &Wrong{at + ".hours", err.Error()}
		}
		c.special[s.Date] = hours
	}
	return nil
}

func badDay(d Date, name string) string {
	if !d.ok() {
		return fmt.Sprintf("%s is no date", d)
	}
	if len(name) > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Sprintf("the name of %s is not one line of at most %d bytes", d, MaxName)
	}
	return ""
}

// ordered returns the spans of a day in order, or why they cannot be.
func ordered(spans []Span) ([]Span, error) {
	if len(spans) > MaxSpans {
		return nil, fmt.Errorf("a day can have at most %d spans of hours", MaxSpans)
	}
	out := slices.Clone(spans)
	slices.SortFunc(out, func(a, b Span) int { return int(a.From) - int(b.From) })
	for i, s := range out {
		if s.From < 0 || s.From >= dayMinutes || s.To <= s.From || s.To > s.From+dayMinutes {
			return nil, fmt.Errorf("%s is no span of hours such as 09:00-17:00", s)
		}
		if i > 0 && s.From < out[i-1].To {
			return nil, fmt.Errorf("%s and %s overlap", out[i-1], s)
		}
	}
	return out, nil
}
