package main

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
)

func TestHowLongToKeepIsReadAsPeopleSayIt(t *testing.T) {
	for text, want := range map[string]int{"forever": 0, "1d": 1, "90d": 90, "12w": 84, "1y": 366, "2y": 731, "4y": 1461, "7y": 2557, "36500d": 36500, "99y": 36160} {
		if days, err := parseKeep(text); err != nil || days != want {
			t.Errorf("%s is %d days, %v; want %d", text, days, err, want)
		}
	}
	for _, text := range []string{"", "d", "0d", "-1d", "7", "7m", "1.5y", "36501d", "100y", "99999999999999999999d", "ever", " 7d", "7 d"} {
		if days, err := parseKeep(text); err == nil {
			t.Errorf("%q was read as %d days", text, days)
		}
	}
}

func TestRemovingAtOnceAsksForYes(t *testing.T) {
	for e, want := range map[api.Expired]string{{Go: 1}: "1 ended instance of leave", {Go: 10_000, AtLeast: true}: "10000 ended instances or more of leave"} {
		err := wouldRemove("leave", e)
		if said, _ := err.(*signoff.Error); said == nil || !strings.HasPrefix(said.Detail, want) || !strings.Contains(said.Hint, "--yes") {
			t.Errorf("%+v: %v", e, err)
		}
	}
}
