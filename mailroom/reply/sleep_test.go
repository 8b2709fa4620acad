package reply

import (
	"testing"
	"time"
)

func TestSleepUntil(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 23, 9, 0, 30, 0, time.UTC)
	for argument, want := range map[string]string{
		"24":                        "2026-11-24T09:00:00Z",
		"24 hours":                  "2026-11-24T09:00:00Z",
		"24h":                       "2026-11-24T09:00:00Z",
		"24 Stunden":                "2026-11-24T09:00:00Z",
		"11/30/2026":                "2026-11-29T23:00:00Z",
		"11/30/2026 9:00 AM":        "2026-11-30T08:00:00Z",
		"11/30/2026 9:00:15 PM":     "2026-11-30T20:00:15Z",
		"Monday, November 30, 2026": "2026-11-29T23:00:00Z",
		"monday, november 30, 2026 9:00 am -05:00": "2026-11-30T14:00:00Z",
		"4:30 PM":          "2026-11-23T15:30:00Z",
		"4:30 pm +00:00":   "2026-11-23T16:30:00Z",
		"2026-11-30":       "2026-11-29T23:00:00Z",
		"2026-11-30T09:00": "2026-11-30T08:00:00Z",
		"30.11.2026 09:00": "2026-11-30T08:00:00Z",
		"30 November 2026": "2026-11-29T23:00:00Z",
	} {
		if got, why := Until(argument, now, berlin); why != "" || got.Format(time.RFC3339) != want {
			t.Errorf("%s: %s %s, want %s", argument, got.Format(time.RFC3339), why, want)
		}
	}
	for _, argument := range []string{"", "0", "-1", "8761", "999999", "99999999999999999999", "tomorrow", "30/11/2026", "11/30/26", "2/30/2027",
		"11/22/2026", "9:00 AM", "11/30/2028", "Tuesday, November 30, 2026", "11/30/2026 25:00", "11/30/2026 +15:00", "24 48", "1e3", "2026-11-30 9:00 AM PM"} {
		if got, why := Until(argument, now, berlin); why == "" || !got.IsZero() {
			t.Errorf("%q was read as %s", argument, got)
		}
	}
}

func FuzzUntil(f *testing.F) {
	f.Add("24")
	f.Add("Monday, November 30, 2026 9:00 AM +01:00")
	now := time.Date(2026, 11, 23, 9, 0, 30, 0, time.UTC)
	f.Fuzz(func(t *testing.T, argument string) {
		until, why := Until(argument, now, time.UTC)
		if (why == "") != until.After(now) || until.After(now.Add(MaxSleepHours*time.Hour)) {
			t.Fatalf("%q: %s %s", argument, until, why)
		}
	})
}
