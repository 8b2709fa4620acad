package reply

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// MaxSleepHours bounds how long a task can be put aside by mail.
const MaxSleepHours = 365 * 24

// dates and times are the forms K2 takes, and those of ISO 8601 and of central
// Europe. Day and month apart by strokes are month first, as in K2; a day there
// that is no month is refused, so that nobody gets used to the other order.
var (
	sleepDates = []string{"1/2/2006", "Monday, January 2, 2006", "Monday, 2 January 2006", "January 2, 2006", "2 January 2006", "2006-1-2", "2.1.2006"}
	sleepTimes = []string{"3:04 pm", "3:04:05 pm", "15:04", "15:04:05"}

	hours = regexp.MustCompile(`^(\d{1,6}) ?(h|hrs?|hours?|std|stunden?|heures?|horas?|ore|ora|uur|uren|godz|godzin|timmar|timer|hodin|時間|小时)?$`)
	zone  = regexp.MustCompile(` ?([+-])(\d{1,2}):(\d{2})$`)
)

// Until reads what stands behind "sleep": a number of hours from now, or a date,
// a time or both, in loc unless an offset such as +01:00 follows. It must lie
// ahead, at most MaxSleepHours. why tells people what is wrong with it.
func Until(argument string, now time.Time, loc *time.Location) (until time.Time, why string) {
	argument = strings.Join(strings.Fields(strings.ToLower(argument)), " ")
	if m := hours.FindStringSubmatch(argument); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > MaxSleepHours {
			return time.Time{}, fmt.Sprintf("after “sleep” a number of hours from 1 to %d is expected", MaxSleepHours)
		}
		return now.Add(time.Duration(n) * time.Hour).Truncate(time.Minute), ""
	}
	text := strings.TrimSpace(argument)
	if m := zone.FindStringSubmatch(text); m != nil {
		h, _ := strconv.Atoi(m[2])
		minutes, _ := strconv.Atoi(m[3])
		if h > 14 || minutes > 59 {
			return time.Time{}, noDate
		}
		seconds := h*3600 + minutes*60
		if m[1] == "-" {
			seconds = -seconds
		}
		loc, text = time.FixedZone("UTC"+m[1]+m[2]+":"+m[3], seconds), strings.TrimSpace(strings.TrimSuffix(text, m[0]))
	}
	at, ok := moment(text, now.In(loc))
	switch {
	case !ok:
		return time.Time{}, noDate
	case !at.After(now):
		return time.Time{}, "the time after “sleep” has passed"
	case at.After(now.Add(MaxSleepHours * time.Hour)):
		return time.Time{}, "the time after “sleep” is more than a year away"
	}
	return at.UTC(), ""
}

const noDate = "after “sleep” a number of hours or a date is expected, such as 24, 2026-11-30, 11/30/2026 9:00 AM or 30.11.2026 09:00 +01:00"

// moment reads a date, a time of today, or both in this order.
func moment(text string, now time.Time) (time.Time, bool) {
	text = strings.Replace(text, "t", " ", btot(isoTime.MatchString(text)))
	for _, d := range append([]string{""}, sleepDates...) {
		for _, c := range append([]string{""}, sleepTimes...) {
			layout := strings.TrimSpace(d + " " + c)
			at, err := time.ParseInLocation(layout, text, now.Location())
			if layout == "" || err != nil {
				continue
			}
			if strings.HasPrefix(d, "Monday") && !strings.HasPrefix(text, strings.ToLower(at.Weekday().String())) {
				return time.Time{}, false // the day of the week and the date say different things
			}
			if d == "" {
				at = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
			}
			return at, true
		}
	}
	return time.Time{}, false
}

var isoTime = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}t\d`)

func btot(b bool) int {
	if b {
		return 1
	}
	return 0
}
