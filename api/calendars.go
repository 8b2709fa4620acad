package api

import "time"

// Calendar is working hours and holidays under a name.
type Calendar struct {
	Name     string `json:"name"`
	Standard bool   `json:"standard" doc:"counts where a workflow names no other"`
	CalendarPlan
	Rev   int64  `json:"rev" doc:"0: never saved; this is what counts until one is"`
	Saved *Saved `json:"saved,omitempty"`
}

// CalendarPlan is when work is done.
type CalendarPlan struct {
	Zone     string            `json:"zone" minLength:"1" maxLength:"60" doc:"IANA name of the time zone, such as Europe/Berlin"`
	Week     CalendarWeek      `json:"week"`
	Holidays []CalendarHoliday `json:"holidays,omitempty" maxItems:"2000" doc:"no work is done then"`
	Special  []CalendarSpecial `json:"special,omitempty" maxItems:"2000" doc:"days with hours of their own, also when they are holidays"`
}

// CalendarWeek is the hours of each weekday as spans, "09:00-17:00". One that
// ends no later than it begins goes past midnight: "22:00-06:00".
type CalendarWeek struct {
	Monday    []string `json:"monday,omitempty" maxItems:"12"`
	Tuesday   []string `json:"tuesday,omitempty" maxItems:"12"`
	Wednesday []string `json:"wednesday,omitempty" maxItems:"12"`
	Thursday  []string `json:"thursday,omitempty" maxItems:"12"`
	Friday    []string `json:"friday,omitempty" maxItems:"12"`
	Saturday  []string `json:"saturday,omitempty" maxItems:"12"`
	Sunday    []string `json:"sunday,omitempty" maxItems:"12"`
}

// CalendarHoliday is a day, or part of one, without work.
type CalendarHoliday struct {
	Date  string `json:"date" maxLength:"10" doc:"2026-12-24, or 12-25 for every year"`
	Name  string `json:"name,omitempty" maxLength:"100"`
	Hours string `json:"hours,omitempty" maxLength:"11" doc:"the part of the day that is off, such as 12:00-24:00; left out: the whole day"`
}

// CalendarSpecial is a day with hours of its own.
type CalendarSpecial struct {
	Date  string   `json:"date" maxLength:"10"`
	Name  string   `json:"name,omitempty" maxLength:"100"`
	Hours []string `json:"hours,omitempty" maxItems:"12" doc:"none: no work is done"`
}

// SetCalendar is the body of PUT /calendars/{name}.
type SetCalendar struct {
	CalendarPlan
	Standard bool  `json:"standard,omitempty" doc:"make it the one that counts where none is named"`
	Rev      int64 `json:"rev,omitempty" minimum:"0" doc:"of what was loaded; 0: it is new"`
}

// PreviewCalendar is the body of POST /calendars/preview.
type PreviewCalendar struct {
	Name  string        `json:"name,omitempty" maxLength:"80" doc:"of a calendar that is saved; or"`
	Plan  *CalendarPlan `json:"plan,omitempty" doc:"one that is not"`
	From  *time.Time    `json:"from,omitempty" doc:"left out: now"`
	After string        `json:"after" minLength:"2" maxLength:"40" doc:"ISO 8601 duration: PT8H are eight working hours, P2D two working days"`
}

// CalendarPreview says when something is due in working time.
type CalendarPreview struct {
	From    time.Time `json:"from"`
	Working bool      `json:"working" doc:"work is done at that moment"`
	Next    time.Time `json:"next" doc:"when work is done next, or From"`
	Due     time.Time `json:"due"`
	Zone    string    `json:"zone"`
	Hours   float64   `json:"hours" doc:"working hours between the two"`
}

// ImportHolidays is the body of POST /calendars/import.
type ImportHolidays struct {
	Zone string `json:"zone" minLength:"1" maxLength:"60"`
	File string `json:"file" maxLength:"1048576" doc:"the text of an iCalendar file (RFC 5545)"`
}

// ImportedHolidays is what a file holds; nothing is saved yet.
type ImportedHolidays struct {
	Holidays []CalendarHoliday `json:"holidays"`
	Skipped  []string          `json:"skipped" doc:"what was left out, and why"`
}
