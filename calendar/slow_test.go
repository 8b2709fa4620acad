package calendar

import (
	"strings"
	"testing"
	"time"
)

// A file made to be slow is refused, or read, in no time.
func TestAHostileFileTakesNoTime(t *testing.T) {
	event := func(rule string) string { return "BEGIN:VEVENT\nDTSTART:19000101\n" + rule + "\nEND:VEVENT\n" }
	for what, body := range map[string]string{
		"many rules":      strings.Repeat(event("RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=1MO,2MO,3MO,4MO,5MO,-1SU"), 5000),
		"every second":    event("RRULE:FREQ=SECONDLY"),
		"never":           strings.Repeat(event("RRULE:FREQ=YEARLY;INTERVAL=2147483647;COUNT=2147483647"), 5000),
		"many exceptions": "BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=YEARLY\nEXDATE:" + strings.Repeat("20260101,", 100_000) + "20260101\nEND:VEVENT\n",
		"one long line":   "X:" + strings.Repeat("\n x", 300_000) + "\n",
		"many parameters": "X" + strings.Repeat(";A=b", 200_000) + ":c\n",
		"long ago":        strings.Repeat("BEGIN:VEVENT\nDTSTART:00010101\nDTEND:99991231\nEND:VEVENT\n", 5000),
		"minus for ever":  event("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
		"deep calendars":  strings.Repeat("BEGIN:VCALENDAR\n", 30_000),
		"a bomb of zones": strings.Repeat("BEGIN:VEVENT\nDTSTART;TZID=../../../etc/passwd:20260101T000000\nEND:VEVENT\n", 5000),
	} {
		began := time.Now()
		_, _ = Import([]byte("BEGIN:VCALENDAR\n"+body+"END:VCALENDAR\n"), berlin(t), 2026, 2036)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s takes %s", what, took)
		}
	}
}
