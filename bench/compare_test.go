package bench

import (
	"strings"
	"testing"
)

func caseOf(perSecond Spread, ratio float64) Report {
	return Report{Rounds: 3, Cases: []Case{{ID: "sqlite W2 64", Kind: Rate, Against: "floor", Ratio: ratio, Signoff: Figure{PerSecond: perSecond,
		Times: map[string]Times{starting: {P50: Spread{1e6, 2e6, 3e6}, P99: Spread{4e6, 5e6, 6e6}}}}}}}
}

func TestAChangeIsTheChangeThatRoundsDoNotExplain(t *testing.T) {
	old := caseOf(Spread{90, 100, 110}, 0.5)
	for _, c := range []struct {
		new            Spread
		beyond, better bool
		says           string
	}{
		{Spread{105, 120, 130}, false, true, "+20 %"},
		{Spread{115, 120, 130}, true, true, "better"},
		{Spread{40, 50, 60}, true, false, "worse"},
		{Spread{90, 100, 110}, false, false, "0.50 -> 0.60"},
	} {
		got := Compare(old, caseOf(c.new, 0.6))
		if ch := got.Changes[0]; ch.Beyond != c.beyond || c.beyond && ch.Better != c.better || len(got.Changes) != 3 {
			t.Errorf("%v: %+v", c.new, got.Changes)
		}
		var text strings.Builder
		must(t, got.WriteText(&text))
		if !strings.Contains(text.String(), c.says) {
			t.Errorf("%v is not said to be %q:\n%s", c.new, c.says, text.String())
		}
	}
}

func TestOneRoundDoesNotTellNoiseFromMore(t *testing.T) {
	for _, rounds := range [][2]int{{1, 1}, {1, 3}, {3, 1}, {2, 2}} {
		old, new := caseOf(Spread{100, 100, 100}, 0.5), caseOf(Spread{120, 120, 120}, 0.6)
		old.Rounds, new.Rounds = rounds[0], rounds[1]
		got := Compare(old, new)
		var text strings.Builder
		must(t, got.WriteText(&text))
		enough := rounds == [2]int{2, 2}
		if got.Changes[0].Beyond != enough || strings.Contains(text.String(), "*") != enough || strings.Contains(text.String(), "more are needed") == enough {
			t.Errorf("rounds %v: %s", rounds, text.String())
		}
	}
}

func TestALongerDelayIsWorse(t *testing.T) {
	if c := change("x", "p50", Delay, Spread{1, 2, 3}, Spread{4, 5, 6}); c.Better || !c.Beyond || c.Percent != 150 {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsNoReportIsNotCompared(t *testing.T) {
	for _, text := range []string{"", "{", "[]", `{"cases":[]}`, "null"} {
		if _, err := Read([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func FuzzAReportIsReadOrRefused(f *testing.F) {
	f.Add([]byte(`{"cases":[{"id":"a","kind":"rate","signoff":{"perSecond":{"min":1,"median":2,"max":3}},"floor":{}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := Read(text); err == nil {
			var b strings.Builder
			_ = r.WriteText(&b)
			_ = Compare(r, r).WriteText(&b)
		}
	})
}

func TestGoalsAreMetOrMissed(t *testing.T) {
	slow, quick := Times{P50: Spread{Median: 2e6}}, Times{P50: Spread{Median: 3e5}}
	page := func(size int, p99 float64) Case {
		return Case{Part: "worklist", What: "first page", Store: SQLite, Kind: Delay, Size: size, Signoff: Figure{Times: map[string]Times{page: {P99: Spread{Median: p99}}}}}
	}
	for _, c := range []struct {
		cases []Case
		met   bool
	}{
		{[]Case{{Part: "W2", Size: 64, Store: SQLite, Ratio: 0.5}}, true},
		{[]Case{{Part: "W2", Size: 64, Store: Postgres, Ratio: 0.49}}, false},
		{[]Case{{Part: "W2-rest", Size: 64, Store: Postgres, Ratio: 0.7}}, true},
		{[]Case{{Part: "W2-nodes", Size: 16, Store: Postgres, Ratio: 0.7}}, false},
		{[]Case{{Part: "W2", Size: 1, Store: SQLite, Signoff: Figure{Times: map[string]Times{starting: quick}}}}, true},
		{[]Case{{Part: "W2", Size: 1, Store: SQLite, Signoff: Figure{Times: map[string]Times{starting: slow}}}}, false},
		{[]Case{page(fewTasks, 1e6), page(manyTasks, 19e5)}, true},
		{[]Case{page(fewTasks, 1e6), page(manyTasks, 21e5)}, false},
		{[]Case{{Part: "memory", Kind: Memory, Size: 100_000, Signoff: Figure{Bytes: Spread{Median: 121e6}}}}, false},
		{[]Case{{Part: "ready", Kind: Wait, Size: 1, Signoff: Figure{Times: map[string]Times{ready: quick}}}}, true},
	} {
		if got := goals(c.cases); len(got) != 1 || got[0].Met != c.met {
			t.Errorf("%+v: %+v", c.cases, got)
		}
	}
}
