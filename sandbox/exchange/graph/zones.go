package graph

import (
	"time"
	_ "time/tzdata" // zones must not depend on the machine
)

// windowsZones are the Windows names that clients send most.
var windowsZones = map[string]string{
	"UTC": "UTC", "GMT Standard Time": "Europe/London", "W. Europe Standard Time": "Europe/Berlin", "Romance Standard Time": "Europe/Paris",
	"Central Europe Standard Time": "Europe/Budapest", "Central European Standard Time": "Europe/Warsaw", "E. Europe Standard Time": "Europe/Chisinau",
	"FLE Standard Time": "Europe/Kyiv", "GTB Standard Time": "Europe/Bucharest", "Eastern Standard Time": "America/New_York",
	"Central Standard Time": "America/Chicago", "Mountain Standard Time": "America/Denver", "Pacific Standard Time": "America/Los_Angeles",
	"India Standard Time": "Asia/Kolkata", "China Standard Time": "Asia/Shanghai", "Tokyo Standard Time": "Asia/Tokyo",
	"AUS Eastern Standard Time": "Australia/Sydney", "Singapore Standard Time": "Asia/Singapore", "Arabian Standard Time": "Asia/Dubai",
	"E. South America Standard Time": "America/Sao_Paulo", "South Africa Standard Time": "Africa/Johannesburg", "Turkey Standard Time": "Europe/Istanbul",
}

// zone finds a time zone by its Windows or IANA name.
func zone(name string) (*time.Location, error) {
	if iana := windowsZones[name]; iana != "" {
		name = iana
	}
	if name == "" {
		return time.UTC, nil
	}
	if loc, err := time.LoadLocation(name); err == nil && name != "Local" && len(name) < 64 {
		return loc, nil
	}
	return nil, refuse(400, "TimeZoneNotSupportedException", "A valid TimeZone value must be specified. The following TimeZone value is not supported: '%s'.", name)
}

func (d dateTimeZone) time() (time.Time, error) {
	loc, err := zone(d.TimeZone)
	if err != nil {
		return time.Time{}, err
	}
	for _, layout := range []string{"2006-01-02T15:04:05.9999999", "2006-01-02T15:04", "2006-01-02", time.RFC3339Nano} {
		if t, err := time.ParseInLocation(layout, d.DateTime, loc); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, refuse(400, "ErrorInvalidRequest", "'%s' is not a date and time.", d.DateTime)
}

// dateTime is a time as Graph writes it in a zone.
func dateTime(t time.Time, name string) map[string]any {
	loc, err := zone(name)
	if err != nil || name == "" {
		loc, name = time.UTC, "UTC"
	}
	return map[string]any{"dateTime": t.In(loc).Format("2006-01-02T15:04:05.0000000"), "timeZone": name}
}
