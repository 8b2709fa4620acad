package process

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/expr"
)

// Cycle is when something happens again and again: an ISO 8601 repetition,
// "R3/PT1H" or "R/2026-01-05T09:00:00Z/P1D", or a cron expression, "0 9 * * MON".
type Cycle struct {
	Times int // how often in all, -1 without end

	start string     // moment it begins, "" for one interval from when it is set
	every expr.Value // duration of a repetition
	cron  *cron
}

const maxCycleBytes = 200

// ParseCycle reads a cycle. What is wrong is said in words.
func ParseCycle(text string) (Cycle, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return Cycle{}, errors.New("it is empty")
	case len(text) > maxCycleBytes:
		return Cycle{}, fmt.Errorf("it is longer than %d bytes", maxCycleBytes)
	case !strings.HasPrefix(text, "R"):
		c, err := parseCron(text)
		return Cycle{Times: -1, cron: c}, err
	}
	parts := strings.Split(text, "/")
	c := Cycle{Times: -1}
	if n := parts[0][1:]; n != "" && n != "-1" {
		times, err := strconv.Atoi(n)
		if err != nil || times < 1 || times > 1_000_000 {
			return c, fmt.Errorf("%q is no number of times: R3 is three times, R without end", parts[0])
		}
		c.Times = times
	}
	if len(parts) == 3 {
		c.start = parts[1]
		if _, ok := moment(c.start, time.UTC); !ok {
			return c, fmt.Errorf("%q is no moment such as 2026-01-05T09:00:00Z", c.start)
		}
	} else if len(parts) != 2 {
		return c, errors.New("it has to be R3/PT1H, or R3/2026-01-05T09:00:00Z/PT1H")
	}
	every, ok := expr.ParseMoment(inDays(parts[len(parts)-1]))
	c.every = every
	if at, can := expr.AddTo(time.Unix(0, 0), c.every); !ok || !can || at.Before(time.Unix(1, 0)) {
		return c, fmt.Errorf("%q is no duration of a second or more, such as PT1H", parts[len(parts)-1])
	}
	return c, nil
}

// moment reads a date and time, in loc when it names no zone itself.
func moment(text string, loc *time.Location) (time.Time, bool) {
	v, ok := expr.ParseMoment(text)
	if !ok {
		return time.Time{}, false
	}
	return expr.TimeOf(v, loc)
}

// cron is a cron expression: what each field allows, as bits.
type cron struct{ second, minute, hour, day, month, weekday uint64 }

// field of a cron expression: its bounds, and names for its values.
type field struct {
	what        string
	least, most int
	names       string // from least on, three letters each
}

var cronFields = []field{
	{"second", 0, 59, ""}, {"minute", 0, 59, ""}, {"hour", 0, 23, ""}, {"day of the month", 1, 31, ""},
	{"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"}, {"day of the week", 0, 7, "SUNMONTUEWEDTHUFRISAT"},
}

// parseCron reads minute, hour, day of the month, month and day of the week,
// and in front of them seconds when there are six fields.
func parseCron(text string) (*cron, error) {
	words := strings.Fields(text)
	if len(words) == 5 {
		words = append([]string{"0"}, words...)
	}
	if len(words) != 6 {
		return nil, fmt.Errorf("%q is neither a repetition such as R3/PT1H nor a cron expression of five fields such as 0 9 * * MON", text)
	}
	var bits [6]uint64
	for i, f := range cronFields {
		for part := range strings.SplitSeq(words[i], ",") {
			b, err := f.parse(part)
			if err != nil {
				return nil, err
			}
			bits[i] |= b
		}
	}
	if bits[5]&(1<<7) != 0 {
		bits[5] |= 1 // Sunday is 0 and 7
	}
	c := &cron{bits[0], bits[1], bits[2], bits[3], bits[4], bits[5]}
	if _, ok := c.next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); !ok {
		return nil, fmt.Errorf("%q never comes", text)
	}
	return c, nil
}

// parse reads "*", "5", "1-5", "*/15" or "10-20/5".
func (f field) parse(part string) (uint64, error) {
	wrong := fmt.Errorf("%q is no %s of a cron expression: it can be *, a value from %d to %d, a range 1-5, and a step */2", part, f.what, f.least, f.most)
	body, stepText, stepped := strings.Cut(part, "/")
	from, to, step := f.least, f.most, 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > f.most {
			return 0, wrong
		}
	}
	if body != "*" && body != "?" {
		low, high, isRange := strings.Cut(body, "-")
		var ok bool
		if from, ok = f.value(low); !ok {
			return 0, wrong
		}
		switch {
		case isRange:
			if to, ok = f.value(high); !ok || to < from {
				return 0, wrong
			}
		case !stepped:
			to = from
		}
	}
	var bits uint64
	for v := from; v <= to; v += step {
		bits |= 1 << v
	}
	return bits, nil
}

func (f field) value(text string) (int, bool) {
	if i := strings.Index(f.names, strings.ToUpper(text)); len(text) == 3 && i >= 0 && i%3 == 0 {
		return f.least + i/3, true
	}
	v, err := strconv.Atoi(text)
	return v, err == nil && v >= f.least && v <= f.most
}

// next is the first moment after t, in t's zone. A time of day that the change
// to summer time leaves out comes an hour later; one that comes twice counts
// once, the first time.
func (c *cron) next(t time.Time) (time.Time, bool) {
	year, month, day := t.Date()
	const longest = 366 * 29 // to the next 29 February on a given weekday
	for i := range longest {
		d := time.Date(year, month, day+i, 12, 0, 0, 0, t.Location())
		if c.month&(1<<d.Month()) == 0 || c.day&(1<<d.Day()) == 0 || c.weekday&(1<<d.Weekday()) == 0 {
			continue
		}
		if at, ok := c.on(d, t); ok {
			return at, true
		}
	}
	return time.Time{}, false
}

// on is the first moment of a day that is after t.
func (c *cron) on(d, t time.Time) (time.Time, bool) {
	for h := range 24 {
		if c.hour&(1<<h) == 0 || clock(time.Date(d.Year(), d.Month(), d.Day(), h, 59, 59, 0, time.UTC), t.Location()).Before(t) {
			continue
		}
		for m := range 60 {
			if c.minute&(1<<m) == 0 {
				continue
			}
			for s := range 60 {
				if c.second&(1<<s) == 0 {
					continue
				}
				if at := clock(time.Date(d.Year(), d.Month(), d.Day(), h, m, s, 0, time.UTC), t.Location()); at.After(t) {
					return at, true
				}
			}
		}
	}
	return time.Time{}, false
}
