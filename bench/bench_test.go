package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestARunMeasuresBothSubjectsAndLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	r, err := Run(t.Context(), Options{Dir: dir, Clients: []int{4}, Each: 100 * time.Millisecond, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != 2 {
		t.Fatalf("%d cases", len(r.Cases))
	}
	for _, c := range r.Cases {
		if c.Signoff.Cycles == 0 || c.Floor.Cycles == 0 || c.Ratio <= 0 || c.Signoff.P99 < c.Signoff.P50 {
			t.Errorf("%+v", c)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Fatalf("left behind: %v %v", left, err)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil || !strings.Contains(text.String(), "ratio") || !strings.Contains(text.String(), "█") {
		t.Fatalf("%v: %s", err, text.String())
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatal(err)
	}
}

func TestAWorkloadThatDoesNotExistIsRefused(t *testing.T) {
	for _, o := range []Options{{Only: "W9"}, {Clients: []int{0}}, {Rounds: -1}} {
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestTheFloorWritesRowsAsLargeAsOurs keeps the comparison honest when what is
// stored changes.
func TestTheFloorWritesRowsAsLargeAsOurs(t *testing.T) {
	for _, w := range []workload{w1, w2} {
		t.Run(w.name, func(t *testing.T) {
			sizes := map[string][]int{}
			for name, open := range map[string]func(context.Context, string, workload) (subject, error){"signoff": openSignoff, "floor": openFloor} {
				path := filepath.Join(t.TempDir(), "x.db")
				s, err := open(t.Context(), path, w)
				must(t, err)
				for n := range 20 {
					must(t, s.cycle(t.Context(), 1, n+1))
				}
				must(t, s.settle(t.Context()))
				must(t, s.close())
				sizes[name] = rowSizes(t, path)
			}
			for i, what := range []string{"state", "facts", "rows of facts", "tasks", "worklist", "timers", "outbox", "counts"} {
				if ours, floor := sizes["signoff"][i], sizes["floor"][i]; ours*10 > floor*11 || floor*10 > ours*11 {
					t.Errorf("%s: signoff stores %d, the floor %d", what, ours, floor)
				}
			}
		})
	}
}

func rowSizes(t *testing.T, path string) []int {
	db, err := sql.Open("sqlite", path)
	must(t, err)
	defer db.Close()
	out := make([]int, 8)
	must(t, db.QueryRow(`select (select sum(length(state)) from instance), (select sum(length(facts)) from fact), (select count(*) from fact),
		(select count(*) from task), (select count(*) from worklist), (select count(*) from timer), (select count(*) from outbox),
		(select count(*) from worklist_count)`).Scan(&out[0], &out[1], &out[2], &out[3], &out[4], &out[5], &out[6], &out[7]))
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestBenchPrint is run by hand: go test ./bench -run Print -v -bench.print
func TestBenchPrint(t *testing.T) {
	if os.Getenv("SIGNOFF_BENCH") == "" {
		t.Skip("set SIGNOFF_BENCH=W1, W2 or both")
	}
	o := Options{Each: time.Second, Rounds: 3, Clients: []int{1, 16, 64}}
	if w := os.Getenv("SIGNOFF_BENCH"); w != "both" {
		o.Only = w
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.WriteText(os.Stdout)
}
