package calendar

import (
	"testing"
	"time"
)

// A night that begins on a holiday is none: nobody comes at midnight.
func TestANightThatWouldBeginOnAHolidayIsNotWorked(t *testing.T) {
	night := []Span{{22 * 60, 30 * 60}}
	monday := Date{2026, time.January, 5}
	for _, c := range []struct {
		name     string
		holidays []Holiday
		special  []Special
		works    bool // on Tuesday at three
	}{
		{"no holiday", nil, nil, true},
		{"Monday", []Holiday{{Date: monday}}, nil, false},
		{"every 5 January", []Holiday{{Date: Date{0, time.January, 5}}}, nil, false},
		{"Monday from noon", []Holiday{{Date: monday, Hours: &Span{12 * 60, 24 * 60}}}, nil, false},
		{"Monday until eleven", []Holiday{{Date: monday, Hours: &Span{0, 23 * 60}}}, nil, true},
		{"in two parts", []Holiday{{Date: monday, Hours: &Span{0, 23 * 60}}, {Date: monday, Hours: &Span{23 * 60, 24 * 60}}}, nil, false},
		{"a special Monday", []Holiday{{Date: monday}}, []Special{{Date: monday, Hours: night}}, true},
		{"Tuesday", []Holiday{{Date: Date{2026, time.January, 6}}}, nil, false},
	} {
		cal, err := New(Plan{Zone: "UTC", Week: Week{Monday: night, Tuesday: night}, Holidays: c.holidays, Special: c.special})
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := cal.IsWorking(time.Date(2026, 1, 6, 3, 0, 0, 0, time.UTC)); got != c.works {
			t.Errorf("%s: worked on Tuesday at three is %t", c.name, got)
		}
		if !cal.IsWorking(time.Date(2026, 1, 7, 3, 0, 0, 0, time.UTC)) && c.name != "Tuesday" {
			t.Errorf("%s: the night after is not worked", c.name)
		}
	}
}
