package calendar

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rule is a yearly repetition (RFC 5545 §3.3.10).
type rule struct {
	interval, count int
	until           time.Time // zero: without end
	months          []time.Month
	days            []int // of the month, negative ones from its end
	weekdays        []nthDay
}

// nthDay is the fourth Thursday; with n 0 every one, below from the end.
type nthDay struct {
	n   int
	day time.Weekday
}

var dayNames = []string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}

// parseRule reads a rule. What it cannot do is said in words.
func parseRule(text string, zone *time.Location) (r rule, why string) {
	r.interval = 1
	yearly := false
	for part := range strings.SplitSeq(strings.ToUpper(strings.TrimSpace(text)), ";") {
		name, value, _ := strings.Cut(part, "=")
		ok := true
		switch name {
		case "FREQ":
			if yearly = value == "YEARLY"; !yearly {
				return r, fmt.Sprintf("it is repeated %.20s; only yearly repetitions are holidays", strings.ToLower(value))
			}
		case "INTERVAL":
			r.interval, ok = atLeastOne(value)
		case "COUNT":
			r.count, ok = atLeastOne(value)
		case "UNTIL":
			s, err := property{value: value}.stamp(zone)
			if ok = err == nil; s.day {
				s.at = s.at.Add(24*time.Hour - 1)
			}
			r.until = s.at
		case "BYMONTH":
			ok = each(value, 12, func(n int) { r.months = append(r.months, time.Month(n)) }, 1, 12)
		case "BYMONTHDAY":
			ok = each(value, 31, func(n int) { r.days = append(r.days, n) }, -31, 31)
		case "BYDAY":
			r.weekdays, ok = parseDays(value)
		case "WKST", "":
		default:
			return r, fmt.Sprintf("its rule says %.40s, which is not understood", part)
		}
		if !ok {
			return r, fmt.Sprintf("its rule says %.40s, which cannot be read", part)
		}
	}
	if !yearly {
		return r, "its rule does not say how often"
	}
	if len(r.weekdays) > 0 && len(r.months) == 0 {
		return r, "its rule counts weekdays of the whole year, which is not understood"
	}
	return r, ""
}

func atLeastOne(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1 && n <= 10_000
}

func each(text string, most int, add func(int), low, high int) bool {
	list := strings.Split(text, ",")
	for _, one := range list {
		n, err := strconv.Atoi(one)
		if err != nil || n < low || n > high || n == 0 {
			return false
		}
		add(n)
	}
	return len(list) <= most
}

func parseDays(text string) (out []nthDay, ok bool) {
	for one := range strings.SplitSeq(text, ",") {
		if len(one) < 2 || len(out) == 50 {
			return nil, false
		}
		day := slices.Index(dayNames, one[len(one)-2:])
		d := nthDay{day: time.Weekday(day)}
		if number := one[:len(one)-2]; number != "" {
			n, err := strconv.Atoi(number)
			if err != nil || n == 0 || n < -5 || n > 5 {
				return nil, false
			}
			d.n = n
		}
		if day < 0 {
			return nil, false
		}
		out = append(out, d)
	}
	return out, true
}

// everyYear tells whether the rule is nothing but: the same day, for ever.
func (r rule) everyYear() bool {
	return r.interval == 1 && r.count == 0 && r.until.IsZero() && len(r.months) <= 1 && len(r.days) <= 1 && len(r.weekdays) == 0 &&
		(len(r.days) == 0 || r.days[0] > 0)
}

// maxRuleWork bounds the days that are looked at for the rules of a file.
const maxRuleWork = 20_000_000

// work is about how much looking at one year takes.
func (r rule) work() int {
	return 31 * max(1, len(r.months)) * (1 + len(r.days) + len(r.weekdays))
}

// times lists when the event begins in some years; of one that is counted, also
// before them. work is what is left for looking; it is below zero when that was
// not enough.
func (r rule) times(start stamp, firstYear, lastYear int, work *int) (out []time.Time, why string) {
	first := start.at
	n, begin := 0, first.Year()
	if r.count == 0 && begin < firstYear {
		begin += (firstYear - begin) / r.interval * r.interval
	}
	for year := begin; year <= lastYear; year += r.interval {
		if *work -= r.work(); *work < 0 {
			return nil, ""
		}
		for _, date := range r.inYear(year, first) {
			at := time.Date(year, date.Month, date.Day, first.Hour(), first.Minute(), first.Second(), 0, first.Location())
			if at.Before(first) {
				continue
			}
			if !r.until.IsZero() && at.After(r.until) {
				return out, ""
			}
			if n++; r.count > 0 && n > r.count {
				return out, ""
			}
			if out = append(out, at); len(out) > MaxHolidays {
				return nil, "it is repeated too often"
			}
		}
	}
	return out, ""
}

// inYear lists the days of one year, in order. A day a month does not have is
// passed over.
func (r rule) inYear(year int, first time.Time) (out []Date) {
	months := r.months
	if len(months) == 0 {
		months = []time.Month{first.Month()}
	}
	days := r.days
	if len(days) == 0 && len(r.weekdays) == 0 {
		days = []int{first.Day()}
	}
	for _, m := range months {
		length := time.Date(year, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
		for day := 1; day <= length; day++ {
			d := Date{year, m, day}
			if len(days) > 0 && !slices.Contains(days, day) && !slices.Contains(days, day-length-1) {
				continue
			}
			if len(r.weekdays) > 0 && !slices.ContainsFunc(r.weekdays, func(w nthDay) bool { return w.is(d, length) }) {
				continue
			}
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Date) int { return a.utc().Compare(b.utc()) })
	return slices.Compact(out)
}

func (w nthDay) is(d Date, length int) bool {
	if d.utc().Weekday() != w.day {
		return false
	}
	switch {
	case w.n > 0:
		return (d.Day-1)/7+1 == w.n
	case w.n < 0:
		return (length-d.Day)/7+1 == -w.n
	}
	return true
}
