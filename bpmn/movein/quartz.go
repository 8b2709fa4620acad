package movein

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// quartz moves a cron expression of the engines that read it as Quartz does: it
// has a field of seconds, counts the days of the week from Sunday as 1, and may
// end with a year. Camunda 8 counts Sunday as 0, as it is here.
// https://www.quartz-scheduler.org/documentation/quartz-2.3.0/tutorials/crontrigger.html
func (m *mover) quartz(e, c *bpmn.Element) {
	was := strings.TrimSpace(c.Content())
	fields := strings.Fields(was)
	if len(fields) != 6 && len(fields) != 7 || isJUEL(was) || strings.HasPrefix(was, "=") || !m.countsFromSunday() || m.ed.kept(e, c.Local) {
		return
	}
	if len(fields) == 7 && fields[6] != "*" {
		m.byHand(e, c.Line, "timer's year", was, "A cycle here comes every year. Leave the year out, or write the dates as timers of their own with timeDate.")
		return
	}
	fields[5] = weekdays(fields[5])
	now := strings.Join(fields[:6], " ")
	if now == strings.Join(strings.Fields(was), " ") {
		return
	}
	if _, err := process.ParseCycle(now); err != nil {
		m.byHand(e, c.Line, "timer's cycle", was, sentence(err.Error())+" Days of the week count from Sunday as 0 here, or have names, MON-FRI.")
		return
	}
	m.ed.keep(e, c.Local, was)
	setText(c, now)
	m.changed(e, c.Line, "timer's cycle", was, now, "")
}

// countsFromSunday tells whether the file is of an engine that counts the days
// of the week from Sunday as 1.
func (m *mover) countsFromSunday() bool {
	return len(m.report.Engines) > 0 && !slices.Contains(m.report.Engines, "Camunda 8")
}

var weekdayNames = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

// weekdays says Quartz' field of weekdays with names, where it has numbers or
// goes past Saturday. What it cannot read stays.
func weekdays(field string) string {
	if !strings.ContainsAny(field, "1234567-") {
		return field
	}
	var on [7]bool
	for part := range strings.SplitSeq(field, ",") {
		if !markWeekdays(part, &on) {
			return field
		}
	}
	var names []string
	for from := 0; from < 7; from++ {
		to := from
		for on[from] && to < 6 && on[to+1] {
			to++
		}
		switch {
		case !on[from]:
		case to-from < 2:
			names = append(names, weekdayNames[from:to+1]...)
		default:
			names = append(names, weekdayNames[from]+"-"+weekdayNames[to])
		}
		from = to
	}
	return strings.Join(names, ",")
}

// markWeekdays reads "2", "MON-FRI", "6-2", "2/2" or "*/3".
func markWeekdays(part string, on *[7]bool) bool {
	body, stepText, stepped := strings.Cut(part, "/")
	step := 1
	if stepped {
		var err error
		if step, err = strconv.Atoi(stepText); err != nil || step < 1 || step > 7 {
			return false
		}
	}
	low, high, isRange := strings.Cut(body, "-")
	from, to := 0, 6
	if body != "*" {
		var ok bool
		if from, ok = weekday(low); !ok {
			return false
		}
		switch {
		case isRange:
			if to, ok = weekday(high); !ok {
				return false
			}
		case !stepped:
			to = from
		}
	}
	if to < from { // FRI-MON
		to += 7
	}
	for d := from; d <= to; d += step {
		on[d%7] = true
	}
	return true
}

// weekday is a day of the week as Quartz names it, 0 for Sunday.
func weekday(text string) (int, bool) {
	if i := slices.Index(weekdayNames, strings.ToUpper(text)); i >= 0 {
		return i, true
	}
	n, err := strconv.Atoi(text)
	return n - 1, err == nil && n >= 1 && n <= 7
}
