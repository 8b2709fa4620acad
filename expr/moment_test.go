package expr

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func berlin(t *testing.T) *time.Location {
	loc, ok := zoneByName("Europe/Berlin")
	if !ok {
		t.Skip("no time zones here")
	}
	return loc
}

func TestDurationsMoveAMoment(t *testing.T) {
	loc := berlin(t)
	from := time.Date(2026, 3, 28, 12, 0, 0, 0, loc) // the day before clocks go forward
	for src, want := range map[string]string{
		`@"PT24H"`: "2026-03-29T13:00:00+02:00", `@"P1D"`: "2026-03-29T13:00:00+02:00", `@"P1M"`: "2026-04-28T12:00:00+02:00",
		`@"-P1M"`: "2026-02-28T12:00:00+01:00", `@"P11M"`: "2027-02-28T12:00:00+01:00", `@"PT0.5S"`: "2026-03-28T12:00:00.5+01:00",
	} {
		got, ok := AddTo(from, mustEval(t, src, nil))
		if !ok || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: got %v, want %s", src, got, want)
		}
	}
	for _, src := range []string{`"P1D"`, `1`, `null`, `@"2026-12-31"`, `@"P12000000000M"`, `@"P400000000000D"`} {
		if got, ok := AddTo(from, mustEval(t, src, nil)); ok {
			t.Errorf("%s moved the moment to %v", src, got)
		}
	}
}

func TestMomentsWithoutAZoneAreMeantInOne(t *testing.T) {
	loc := berlin(t)
	for src, want := range map[string]string{
		`@"2026-12-31"`: "2026-12-31T00:00:00+01:00", `@"2026-07-01T12:00:00"`: "2026-07-01T12:00:00+02:00", `@"2026-07-01T12:00:00Z"`: "2026-07-01T12:00:00Z",
		`"2026-07-01"`: "", `@"12:00:00"`: "",
	} {
		got, ok := TimeOf(mustEval(t, src, nil), loc)
		if ok != (want != "") || ok && got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v; want %s", src, got, ok, want)
		}
	}
}

func TestTheMachinesZoneIsNotWritten(t *testing.T) {
	for _, loc := range []*time.Location{time.FixedZone("CET", 3600), time.FixedZone("Local", 3600), time.FixedZone("", 3600)} {
		if got := Moment(time.Date(2026, 12, 31, 8, 30, 0, 0, loc)).String(); got != "2026-12-31T08:30:00+01:00" {
			t.Errorf("in %v: %s", loc, got)
		}
	}
	for _, s := range []string{"2026-12-31T08:30:00@Local", "2026-12-31T08:30:00@", "2026-12-31T08:30:00@../../etc/passwd", "2026-12-31T08:30:00@Nowhere/Here"} {
		if v, ok := ParseMoment(s); ok {
			t.Errorf("%s was read as %v", s, v)
		}
	}
	if _, ok := zoneByName("Local"); ok {
		t.Error("the zone Local exists")
	}
}

func TestGoDurationsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(-1<<62, 1<<62).Draw(t, "ns"))
		if got, ok := Days(d).Duration(); !ok || got != d {
			t.Fatalf("%v came back as %v", d, got)
		}
	})
	if _, ok := (DaysDuration{sec: 1 << 40}).Duration(); ok {
		t.Error("a duration of 35,000 years fits into a time.Duration")
	}
}

func TestMomentsReadBackFromTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.OneOf(asValue(anyDate()), asValue(anyTime()), asValue(anyDays()), rapid.Map(rapid.Int64Range(-maxMonths, maxMonths), func(m int64) Value { return MonthsDuration(m) })).Draw(t, "value")
		got, ok := ParseMoment(Text(v))
		if !ok || !Equal(v, got) || Text(got) != Text(v) {
			t.Fatalf("%s came back as %s", Text(v), Text(got))
		}
	})
}

func TestTheDistanceBetweenTwoMomentsLeadsFromOneToTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDateTime().Draw(t, "a"), anyDateTime().Draw(t, "b")
		if a.local != b.local {
			if v := elapsed(a, b); v != nil {
				t.Fatalf("%v - %v is %v", a, b, v)
			}
			return
		}
		if got := addMoment(b, elapsed(a, b)); !Equal(got, a) {
			t.Fatalf("%v + (%v - %v) is %v", b, a, b, got)
		}
	})
}
