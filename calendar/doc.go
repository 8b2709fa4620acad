// Package calendar counts in working time: the hours of each weekday in a time
// zone, holidays, and days that are worked besides. It says when something is
// due that may take eight working hours, how many of them lie between two
// moments, and when work begins again.
//
// It is pure: it knows no clock, no file and no database, and a Calendar never
// changes. Changes to and from summer time count as they are: a night shift in
// which the clock is put forward is an hour shorter.
//
// Start reading at Calendar.spans in walk.go; everything else is made of it.
// Import in ical.go reads holidays from iCalendar files.
package calendar
