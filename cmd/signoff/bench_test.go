package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/bench"
)

// TestTheBenchMeasuresProcesses runs the parts that need a real server, for a
// moment each, and compares the run with itself.
func TestTheBenchMeasuresProcesses(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	c := command(t.Context(), "bench", "--only", "memory,ready", "--waiting", "200", "--stored", "300", "--each", "50ms", "--rounds", "1", "--dir", dir, "--json")
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	r, err := bench.Read(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Cases) != 5 || len(r.Goals) != 3 {
		t.Errorf("%d cases, %d goals: %s", len(r.Cases), len(r.Goals), out.String())
	}
	for _, c := range r.Cases {
		if b := c.Signoff.Bytes.Median; c.Kind == bench.Memory && (b < 5e6 || b > 1e9) {
			t.Errorf("%s: %.0f bytes", c.ID, b)
		}
		if c.Ratio <= 0 {
			t.Errorf("%s is held against nothing: %+v", c.ID, c)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}

	file := filepath.Join(dir, "run.json")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := command(t.Context(), "bench", "compare", file, file).Output()
	if err != nil || !strings.Contains(string(text), "sqlite ready 300") || strings.Contains(string(text), "worse") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestNumbersOfTasksAreReadAsPeopleWriteThem(t *testing.T) {
	got, err := counts("7", "10k", "1M")
	if err != nil || len(got) != 3 || got[0] != 7 || got[1] != 10_000 || got[2] != 1_000_000 {
		t.Error(got, err)
	}
	for _, text := range []string{"", "k", "1x", "-1", "0", "10kk", "99999999999M"} {
		if got, err := counts(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}
