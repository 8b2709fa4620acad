package exchange

import (
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // zones must not depend on the machine
)

// windowsZones are the zones of Windows with the one of IANA that Unicode maps
// them to (CLDR, windowsZones.xml, territory 001).
var windowsZones = map[string]string{
	"UTC": "UTC", "Dateline Standard Time": "Etc/GMT+12", "Hawaiian Standard Time": "Pacific/Honolulu", "Alaskan Standard Time": "America/Anchorage",
	"Pacific Standard Time": "America/Los_Angeles", "US Mountain Standard Time": "America/Phoenix", "Mountain Standard Time": "America/Denver",
	"Mountain Standard Time (Mexico)": "America/Mazatlan", "Central America Standard Time": "America/Guatemala", "Central Standard Time": "America/Chicago",
	"Central Standard Time (Mexico)": "America/Mexico_City", "Canada Central Standard Time": "America/Regina", "SA Pacific Standard Time": "America/Bogota",
	"Eastern Standard Time": "America/New_York", "US Eastern Standard Time": "America/Indianapolis", "Cuba Standard Time": "America/Havana",
	"Venezuela Standard Time": "America/Caracas", "Atlantic Standard Time": "America/Halifax", "SA Western Standard Time": "America/La_Paz",
	"Pacific SA Standard Time": "America/Santiago", "Newfoundland Standard Time": "America/St_Johns", "E. South America Standard Time": "America/Sao_Paulo",
	"Argentina Standard Time": "America/Buenos_Aires", "SA Eastern Standard Time": "America/Cayenne", "Montevideo Standard Time": "America/Montevideo",
	"Greenland Standard Time": "America/Godthab", "Azores Standard Time": "Atlantic/Azores", "Cape Verde Standard Time": "Atlantic/Cape_Verde",
	"GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik", "Morocco Standard Time": "Africa/Casablanca",
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
	"Central European Standard Time": "Europe/Warsaw", "W. Central Africa Standard Time": "Africa/Lagos", "Namibia Standard Time": "Africa/Windhoek",
	"Jordan Standard Time": "Asia/Amman", "GTB Standard Time": "Europe/Bucharest", "Middle East Standard Time": "Asia/Beirut", "Egypt Standard Time": "Africa/Cairo",
	"E. Europe Standard Time": "Europe/Chisinau", "South Africa Standard Time": "Africa/Johannesburg", "FLE Standard Time": "Europe/Kiev",
	"Israel Standard Time": "Asia/Jerusalem", "Kaliningrad Standard Time": "Europe/Kaliningrad", "Libya Standard Time": "Africa/Tripoli",
	"Arabic Standard Time": "Asia/Baghdad", "Turkey Standard Time": "Europe/Istanbul", "Arab Standard Time": "Asia/Riyadh", "Belarus Standard Time": "Europe/Minsk",
	"Russian Standard Time": "Europe/Moscow", "E. Africa Standard Time": "Africa/Nairobi", "Iran Standard Time": "Asia/Tehran", "Arabian Standard Time": "Asia/Dubai",
	"Azerbaijan Standard Time": "Asia/Baku", "Mauritius Standard Time": "Indian/Mauritius", "Georgian Standard Time": "Asia/Tbilisi", "Caucasus Standard Time": "Asia/Yerevan",
	"Afghanistan Standard Time": "Asia/Kabul", "West Asia Standard Time": "Asia/Tashkent", "Ekaterinburg Standard Time": "Asia/Yekaterinburg",
	"Pakistan Standard Time": "Asia/Karachi", "India Standard Time": "Asia/Calcutta", "Sri Lanka Standard Time": "Asia/Colombo", "Nepal Standard Time": "Asia/Katmandu",
	"Central Asia Standard Time": "Asia/Bishkek", "Bangladesh Standard Time": "Asia/Dhaka", "Myanmar Standard Time": "Asia/Rangoon", "SE Asia Standard Time": "Asia/Bangkok",
	"China Standard Time": "Asia/Shanghai", "Singapore Standard Time": "Asia/Singapore", "Taipei Standard Time": "Asia/Taipei", "W. Australia Standard Time": "Australia/Perth",
	"Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul", "Cen. Australia Standard Time": "Australia/Adelaide", "AUS Central Standard Time": "Australia/Darwin",
	"E. Australia Standard Time": "Australia/Brisbane", "AUS Eastern Standard Time": "Australia/Sydney", "Tasmania Standard Time": "Australia/Hobart",
	"West Pacific Standard Time": "Pacific/Port_Moresby", "Vladivostok Standard Time": "Asia/Vladivostok", "Central Pacific Standard Time": "Pacific/Guadalcanal",
	"New Zealand Standard Time": "Pacific/Auckland", "Fiji Standard Time": "Pacific/Fiji", "Tonga Standard Time": "Pacific/Tongatapu", "Samoa Standard Time": "Pacific/Apia",
}

// Zone finds a time zone by its Windows or IANA name; ok is false when it is not
// known here. A server may know more.
func Zone(name string) (zone *time.Location, ok bool) {
	if name == "" {
		return time.UTC, true
	}
	if iana := windowsZones[name]; iana != "" {
		name = iana
	}
	if name == "Local" || len(name) > 64 {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// WindowsZone is a zone's name in Windows, which Exchange goes by; ok is false
// when it has none that is known here. A zone of IANA that Unicode lists none for
// goes by one whose clocks are the same all year.
func WindowsZone(name string) (windows string, ok bool) {
	if name == "" {
		return "UTC", true
	}
	if windowsZones[name] != "" {
		return name, true
	}
	zone, ok := Zone(name)
	if !ok {
		return "", false
	}
	alike := ""
	for _, windows := range slices.Sorted(maps.Keys(windowsZones)) {
		switch {
		case windowsZones[windows] == name:
			return windows, true
		case alike == "" && sameClocks(zone, windowsZones[windows]):
			alike = windows
		}
	}
	return alike, alike != ""
}

// sameClocks compares two zones through the weeks of a year.
func sameClocks(zone *time.Location, iana string) bool {
	other, err := time.LoadLocation(iana)
	if err != nil {
		return false
	}
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.AddDate(0, 0, 7) {
		_, a := at.In(zone).Zone()
		_, b := at.In(other).Zone()
		if a != b {
			return false
		}
	}
	return true
}

// WholeDay is the midnight of a day's clock, of the moment that the day begins at
// in its zone. In a zone that is not known here it is the nearest midnight.
func WholeDay(t time.Time, zone string) time.Time {
	if t.IsZero() {
		return t
	}
	if loc, known := Zone(zone); known && zone != "" {
		if local := t.In(loc); local.Hour() == 0 && local.Minute() == 0 {
			y, m, d := local.Date()
			return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		}
	}
	return t.Round(24 * time.Hour)
}
