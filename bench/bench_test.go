package bench

import (
	"encoding/json"
	"os"
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

// TestBenchPrint is run by hand: go test ./bench -run Print -v -bench.print
func TestBenchPrint(t *testing.T) {
	if os.Getenv("SIGNOFF_BENCH") == "" {
		t.Skip("set SIGNOFF_BENCH=W1, W2 or both")
	}
	o := Options{Each: time.Second, Rounds: 3, Clients: []int{64}}
	if w := os.Getenv("SIGNOFF_BENCH"); w != "both" {
		o.Only = w
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.WriteText(os.Stdout)
}
