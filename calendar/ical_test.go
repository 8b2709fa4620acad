package calendar

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func file(events ...string) []byte {
	text := "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Test//EN\nBEGIN:VTIMEZONE\nTZID:Europe/Berlin\nBEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEND:STANDARD\nEND:VTIMEZONE\n"
	for _, e := range events {
		text += "BEGIN:VEVENT\nUID:1\n" + e + "\nBEGIN:VALARM\nDTSTART:junk\nEND:VALARM\nEND:VEVENT\n"
	}
	return []byte(strings.ReplaceAll(text+"END:VCALENDAR\n", "\n", "\r\n"))
}

func berlin(t testing.TB) *time.Location {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestHolidaysAreReadFromFiles(t *testing.T) {
	for _, c := range []struct{ what, event, want string }{
		{"one day", "SUMMARY:Ascension\nDTSTART;VALUE=DATE:20260514\nDTEND;VALUE=DATE:20260515", "2026-05-14 Ascension"},
		{"a day without an end", "SUMMARY:Labour Day\nDTSTART;VALUE=DATE:20260501", "2026-05-01 Labour Day"},
		{"several days", "SUMMARY:Closed\nDTSTART;VALUE=DATE:20261230\nDTEND;VALUE=DATE:20270102", "2026-12-30 Closed, 2026-12-31 Closed, 2027-01-01 Closed"},
		{"every year", "SUMMARY:Christmas\nDTSTART;VALUE=DATE:20201225\nRRULE:FREQ=YEARLY", "12-25 Christmas"},
		{"every year, said in full", "SUMMARY:Unity\nDTSTART;VALUE=DATE:19901003\nRRULE:FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=3", "10-03 Unity"},
		{"the fourth Thursday", "SUMMARY:Thanksgiving\nDTSTART;VALUE=DATE:20251127\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26 Thanksgiving, 2027-11-25 Thanksgiving"},
		{"the last Monday", "SUMMARY:Memorial Day\nDTSTART;VALUE=DATE:20260525\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO", "2026-05-25 Memorial Day, 2027-05-31 Memorial Day"},
		{"a number of times", "SUMMARY:Twice\nDTSTART;VALUE=DATE:20260601\nRRULE:FREQ=YEARLY;COUNT=1", "2026-06-01 Twice"},
		{"until a day", "SUMMARY:Until\nDTSTART;VALUE=DATE:20250601\nRRULE:FREQ=YEARLY;UNTIL=20260601", "2026-06-01 Until"},
		{"every other year", "SUMMARY:Fair\nDTSTART;VALUE=DATE:20250601\nRRULE:FREQ=YEARLY;INTERVAL=2", "2027-06-01 Fair"},
		{"days left out", "SUMMARY:Some\nDTSTART;VALUE=DATE:20250601\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20260601", "2027-06-01 Some"},
		{"part of a day", "SUMMARY:Party\nDTSTART;TZID=Europe/Berlin:20261224T120000\nDURATION:PT4H30M", "2026-12-24 12:00-16:30 Party"},
		{"in UTC", "SUMMARY:Call\nDTSTART:20260714T100000Z\nDTEND:20260714T110000Z", "2026-07-14 12:00-13:00 Call"},
		{"in another zone", "SUMMARY:Call\nDTSTART;TZID=\"America/New_York\":20260714T100000\nDTEND;TZID=America/New_York:20260714T110000", "2026-07-14 16:00-17:00 Call"},
		{"over midnight", "SUMMARY:Move\nDTSTART;TZID=Europe/Berlin:20260714T180000\nDTEND;TZID=Europe/Berlin:20260716T080000", "2026-07-14 18:00-24:00 Move, 2026-07-15 Move, 2026-07-16 00:00-08:00 Move"},
		{"until midnight", "SUMMARY:Eve\nDTSTART;TZID=Europe/Berlin:20260714T180000\nDTEND;TZID=Europe/Berlin:20260715T000000", "2026-07-14 18:00-24:00 Eve"},
		{"a yearly time", "SUMMARY:Eve\nDTSTART;TZID=Europe/Berlin:20251231T120000\nDURATION:PT12H\nRRULE:FREQ=YEARLY", "2026-12-31 12:00-24:00 Eve, 2027-12-31 12:00-24:00 Eve"},
		{"a broken line and escapes", "SUMMARY:A long na\n me\\, with a comma\nDTSTART;VALUE=DATE:20260501", "2026-05-01 A long name, with a comma"},
		{"29 February", "SUMMARY:Leap\nDTSTART;VALUE=DATE:20240229\nRRULE:FREQ=YEARLY;COUNT=9", ""},
		{"what is past", "SUMMARY:Old\nDTSTART;VALUE=DATE:20200501", ""},
		{"what was cancelled", "SUMMARY:Not\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20260501", ""},
		{"what takes no time", "SUMMARY:Free\nDTSTART:20260714T100000Z\nDTEND:20260714T110000Z\nTRANSP:TRANSPARENT", ""},
		{"weekly", "SUMMARY:Sport\nDTSTART:20260714T100000Z\nDTEND:20260714T110000Z\nRRULE:FREQ=WEEKLY", "skipped line 11, Sport: it is repeated weekly; only yearly repetitions are holidays"},
		{"longer than can be", "SUMMARY:Year\nDTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20270101", "skipped line 11, Year: it takes more than 60 days"},
	} {
		im, err := Import(file(c.event), berlin(t), 2026, 2027)
		if got := told(im); err != nil || got != c.want {
			t.Errorf("%s: %v\n got %s\nwant %s", c.what, err, got, c.want)
		}
	}
}

func told(im Imported) string {
	var out []string
	for _, h := range im.Holidays {
		text := h.Date.String()
		if h.Hours != nil {
			text += " " + h.Hours.String()
		}
		out = append(out, text+" "+h.Name)
	}
	for _, s := range im.Skipped {
		out = append(out, "skipped "+s)
	}
	return strings.Join(out, ", ")
}

func TestADayThatStandsTwiceIsKeptOnce(t *testing.T) {
	day := "SUMMARY:May\nDTSTART;VALUE=DATE:20260501"
	if im, err := Import(file(day, day), berlin(t), 2026, 2027); err != nil || len(im.Holidays) != 1 {
		t.Errorf("%v, %v", im, err)
	}
}

func TestFilesThatCannotBeReadAreRefusedWithTheLine(t *testing.T) {
	for _, c := range []struct {
		what string
		data []byte
		line int
	}{
		{"something else", []byte("hello: world\n"), 1},
		{"nothing", nil, 1},
		{"no colon", []byte("BEGIN:VCALENDAR\nhello\nEND:VCALENDAR"), 2},
		{"an open quotation", []byte("BEGIN:VCALENDAR\nX;A=\"b:c\nEND:VCALENDAR"), 2},
		{"a missing end", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260501"), 3},
		{"an end of something else", []byte("BEGIN:VCALENDAR\nEND:VEVENT"), 2},
		{"events in events", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT"), 3},
		{"a date that is none", file("DTSTART;VALUE=DATE:20260231"), 13},
		{"a duration that is none", file("DTSTART:20260501T100000Z\nDURATION:4H"), 14},
		{"no beginning", file("SUMMARY:x"), 11},
		{"too large", make([]byte, MaxImport+1), 1},
		{"too many events", []byte("BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:20000101\nEND:VEVENT\n", maxEvents+1)), 2 + 3*maxEvents},
		{"too deep", []byte(strings.Repeat("BEGIN:VCALENDAR\n", 12)), 11},
		{"too many holidays", file(manyDays()...), 0},
		{"rules that take too long", []byte("BEGIN:VCALENDAR\n" + strings.Repeat("BEGIN:VEVENT\nDTSTART:19000101\nRRULE:FREQ=YEARLY;COUNT=9999;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=1MO,2TU\nEND:VEVENT\n", 5000)), 0},
	} {
		_, err := Import(c.data, berlin(t), 2000, 2100)
		bad, ok := errors.AsType[*Bad](err)
		if !ok || c.line > 0 && bad.Line != c.line {
			t.Errorf("%s: %v, want line %d", c.what, err, c.line)
		}
	}
}

func manyDays() (out []string) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range MaxHolidays + 1 {
		out = append(out, fmt.Sprintf("DTSTART;VALUE=DATE:%s", day.AddDate(0, 0, i).Format("20060102")))
	}
	return out
}

func FuzzImport(f *testing.F) {
	f.Add(file("SUMMARY:Thanksgiving\nDTSTART;VALUE=DATE:20251127\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\nEXDATE:20261126"))
	f.Add(file("DTSTART;TZID=\"Europe/Berlin\":20261224T120000\nDURATION:P1DT4H"))
	f.Add([]byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:99991231T235959Z\nDURATION:P9W\nEND:VEVENT\nEND:VCALENDAR"))
	zone := berlin(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		im, err := Import(data, zone, 2026, 2036)
		if err != nil {
			return
		}
		p := Standard("Europe/Berlin")
		p.Holidays = im.Holidays
		if _, err := New(p); err != nil {
			t.Fatalf("what was read makes no calendar: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"09:00-17:00", "22:00-06:00", "2026-12-25", "12-25", "00:00-24:00"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSpan(text); err == nil {
			if again, err := ParseSpan(s.String()); err != nil || again != s {
				t.Fatalf("%q is %v, and written again %v", text, s, again)
			}
		}
		if d, err := ParseDate(text); err == nil && d.String() != text {
			t.Fatalf("%q is %v", text, d)
		}
	})
}
