package ews

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a machine may have none
)

// zones are the time zones by Windows's ids, as CLDR maps them to the IANA's.
var zones = map[string]string{
	"UTC": "UTC", "tzone://Microsoft/Utc": "UTC", "GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik",
	"W. Europe Standard Time": "Europe/Berlin", "Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris",
	"Central European Standard Time": "Europe/Warsaw", "W. Central Africa Standard Time": "Africa/Lagos", "GTB Standard Time": "Europe/Bucharest",
	"E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev", "Egypt Standard Time": "Africa/Cairo",
	"South Africa Standard Time": "Africa/Johannesburg", "Israel Standard Time": "Asia/Jerusalem", "Turkey Standard Time": "Europe/Istanbul",
	"Russian Standard Time": "Europe/Moscow", "E. Africa Standard Time": "Africa/Nairobi", "Arab Standard Time": "Asia/Riyadh",
	"Iran Standard Time": "Asia/Tehran", "Arabian Standard Time": "Asia/Dubai", "West Asia Standard Time": "Asia/Tashkent",
	"Pakistan Standard Time": "Asia/Karachi", "India Standard Time": "Asia/Calcutta", "Nepal Standard Time": "Asia/Katmandu",
	"Bangladesh Standard Time": "Asia/Dhaka", "SE Asia Standard Time": "Asia/Bangkok", "China Standard Time": "Asia/Shanghai",
	"Singapore Standard Time": "Asia/Singapore", "Taipei Standard Time": "Asia/Taipei", "W. Australia Standard Time": "Australia/Perth",
	"Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul", "Cen. Australia Standard Time": "Australia/Adelaide",
	"AUS Central Standard Time": "Australia/Darwin", "E. Australia Standard Time": "Australia/Brisbane", "AUS Eastern Standard Time": "Australia/Sydney",
	"New Zealand Standard Time": "Pacific/Auckland", "Fiji Standard Time": "Pacific/Fiji", "Azores Standard Time": "Atlantic/Azores",
	"Cape Verde Standard Time": "Atlantic/Cape_Verde", "E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Buenos_Aires",
	"SA Eastern Standard Time": "America/Cayenne", "Newfoundland Standard Time": "America/St_Johns", "Atlantic Standard Time": "America/Halifax",
	"SA Western Standard Time": "America/La_Paz", "Eastern Standard Time": "America/New_York", "SA Pacific Standard Time": "America/Bogota",
	"Central Standard Time": "America/Chicago", "Central Standard Time (Mexico)": "America/Mexico_City", "Canada Central Standard Time": "America/Regina",
	"Mountain Standard Time": "America/Denver", "US Mountain Standard Time": "America/Phoenix", "Pacific Standard Time": "America/Los_Angeles",
	"Alaskan Standard Time": "America/Anchorage", "Hawaiian Standard Time": "Pacific/Honolulu",
}

// zoneOf is the location of a zone's id; an unknown one is UTC.
func zoneOf(id string) *time.Location {
	l, err := time.LoadLocation(zones[id])
	if err != nil {
		return time.UTC
	}
	return l
}

// getServerTimeZones lists the zones, in full with their rules of this year.
func getServerTimeZones(c *call, op *node) (*node, error) {
	full := op.attr("ReturnFullTimeZoneData") != "false"
	ids := slices.Sorted(maps.Keys(zones))
	if want := op.kid("m:Ids"); want != nil {
		ids = nil
		for _, k := range want.kids {
			if _, ok := zones[strings.TrimSpace(k.text)]; ok && len(ids) < maxIDs {
				ids = append(ids, strings.TrimSpace(k.text))
			}
		}
	}
	list := el("m:TimeZoneDefinitions")
	for _, id := range ids {
		list.kids = append(list.kids, timeZone(id, full, c.srv.Now()))
	}
	return respond("GetServerTimeZones", answer("GetServerTimeZones", list)), nil
}

func timeZone(id string, full bool, now time.Time) *node {
	loc := zoneOf(id)
	year := time.Date(now.Year(), 1, 1, 0, 0, 0, 0, loc)
	n := el("t:TimeZoneDefinition", attr{"Name", displayZone(id, year)}, attr{"Id", id})
	if !full {
		return n
	}
	changes := transitions(year, loc)
	periods, recurring := el("t:Periods"), el("t:TransitionsGroup", attr{"Id", "0"})
	if len(changes) == 0 {
		periods.kids = append(periods.kids, period(id, "Standard", year))
		recurring.kids = append(recurring.kids, el("t:Transition", el("t:To", attr{"Kind", "Period"}, "trule:Microsoft/Registry/"+id+"/Standard")))
	}
	for _, at := range changes {
		kind := "Standard"
		if at.IsDST() {
			kind = "Daylight"
		}
		periods.kids = append(periods.kids, period(id, kind, at))
		_, before := at.Add(-time.Second).Zone()
		local := at.UTC().Add(time.Duration(before) * time.Second)
		week := (local.Day()-1)/7 + 1
		if local.AddDate(0, 0, 7).Month() != local.Month() {
			week = -1 // the last one of the month
		}
		recurring.kids = append(recurring.kids, el("t:RecurringDayTransition",
			el("t:To", attr{"Kind", "Period"}, "trule:Microsoft/Registry/"+id+"/"+kind),
			el("t:TimeOffset", fmt.Sprintf("PT%dH%dM", local.Hour(), local.Minute())),
			el("t:Month", fmt.Sprint(int(local.Month()))), el("t:DayOfWeek", local.Weekday().String()), el("t:Occurrence", fmt.Sprint(week))))
	}
	n.kids = []*node{periods, el("t:TransitionsGroups", recurring),
		el("t:Transitions", el("t:Transition", el("t:To", attr{"Kind", "Group"}, "0")))}
	return n
}

func period(id, kind string, at time.Time) *node {
	_, offset := at.Zone()
	sign, minutes := "", -offset/60
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	return el("t:Period", attr{"Bias", fmt.Sprintf("%sPT%dH%dM", sign, minutes/60, minutes%60)}, attr{"Name", kind},
		attr{"Id", "trule:Microsoft/Registry/" + id + "/" + kind})
}

// transitions are the moments of a year at which a zone's offset changes.
func transitions(year time.Time, loc *time.Location) []time.Time {
	var out []time.Time
	for t := year; len(out) < 2; {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.In(loc).Year() != year.Year() {
			break
		}
		t = end.In(loc)
		out = append(out, t)
	}
	if len(out) == 1 { // a zone that changed its mind this year
		return nil
	}
	return out
}

func displayZone(id string, at time.Time) string {
	_, offset := at.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("(UTC%c%02d:%02d) %s", sign, offset/3600, offset/60%60, strings.TrimSuffix(id, " Standard Time"))
}
