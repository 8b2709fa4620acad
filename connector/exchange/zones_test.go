package exchange

import (
	"testing"
	"time"
)

func TestZonesOfIANAHaveOneOfWindows(t *testing.T) {
	for name, want := range map[string]string{"": "UTC", "UTC": "UTC", "Europe/Berlin": "W. Europe Standard Time", "W. Europe Standard Time": "W. Europe Standard Time",
		"America/New_York": "Eastern Standard Time", "Asia/Kolkata": "India Standard Time"} {
		if got, ok := WindowsZone(name); !ok || got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	vienna, ok := WindowsZone("Europe/Vienna") // of those whose clocks are the same
	if zone, known := Zone(vienna); !ok || !known || time.Date(2026, 7, 1, 0, 0, 0, 0, zone).UTC().Hour() != 22 {
		t.Errorf("Vienna is %s", vienna)
	}
	for _, bad := range []string{"Nowhere/Land", "Local"} {
		if got, ok := WindowsZone(bad); ok {
			t.Errorf("%s is %s", bad, got)
		}
	}
}

func TestAWholeDayIsItsClock(t *testing.T) {
	for _, c := range []struct{ at, zone, want string }{
		{"2026-12-23T23:00:00Z", "W. Europe Standard Time", "2026-12-24"}, {"2026-12-24T05:00:00Z", "America/New_York", "2026-12-24"}, {"2026-12-24T00:00:00Z", "UTC", "2026-12-24"},
		{"2026-12-23T23:00:00Z", "Customized Time Zone", "2026-12-24"}, {"2026-12-24T08:00:00Z", "", "2026-12-24"}, {"2026-12-24T00:00:00Z", "Europe/Berlin", "2026-12-24"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := WholeDay(at, c.zone); got.Format(time.RFC3339) != c.want+"T00:00:00Z" {
			t.Errorf("%s in %q is %v", c.at, c.zone, got)
		}
	}
	if !WholeDay(time.Time{}, "UTC").IsZero() {
		t.Error("no day became one")
	}
}
