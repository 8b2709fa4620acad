package cases

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestACaseEndsInOneOfThreeWays(t *testing.T) {
	out, err := ParseLeftOut("# not ours\n9-left out: because\n8-left x: because of x\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		c      Case
		status Status
		reason string
	}{
		{"right", Case{Expr: "a + 1", Inputs: [][2]string{{"a", "1"}}, Expected: "2"}, Passed, ""},
		{"nearly right", Case{Expr: "1 / 3", Expected: "0.33333333333"}, Passed, ""},
		{"nearly right inside", Case{Expr: "{a: [1 / 3]}", Expected: "{a: [0.33333333333]}"}, Passed, ""},
		{"refused where an error is expected", Case{Expr: "1 +", Expected: "null"}, Passed, ""},
		{"null where an error is expected", Case{Expr: "1 + null", Expected: "null"}, Passed, ""},
		{"an input of several words", Case{Expr: "my sum + 1", Inputs: [][2]string{{"my sum", "1"}}, Expected: "2"}, Passed, ""},
		{"wrong", Case{Expr: "1 + 1", Expected: "3"}, Failed, ""},
		{"wrong type", Case{Expr: "1", Expected: "\"1\""}, Failed, ""},
		{"wrong inside", Case{Expr: "{a: 1}", Expected: "{a: 2}"}, Failed, ""},
		{"another key", Case{Expr: "{a: 1}", Expected: "{b: 1}"}, Failed, ""},
		{"shorter", Case{Expr: "[1]", Expected: "[1, 2]"}, Failed, ""},
		{"null for a reason", Case{Expr: "1 / 0", Expected: "0"}, Failed, "this divides by zero"},
		{"refused", Case{Expr: "1 +", Expected: "1"}, Failed, "stops short"},
		{"over a bound", Case{Expr: "for i in 1..100000 return i", Expected: "1"}, Failed, "more than 20000"},
		{"an input nobody can read", Case{Expr: "a", Inputs: [][2]string{{"a", "1 +"}}, Expected: "1"}, Failed, "the input \"a\" cannot be read"},
		{"an answer nobody can read", Case{Expr: "1", Expected: "1 +"}, Failed, "the expected value cannot be read"},
		{"a type of a model", Case{Expr: "1 instance of tAge", Expected: "true"}, Skipped, "there is no type"},
		{"a function of a model", Case{Expr: "premium(1)", Expected: "10"}, Skipped, "no function called premium"},
		{"a function outside", Case{Expr: `(function(a) external {java: {class: "x"}})(1)`, Expected: "10"}, Skipped, "external functions"},
		{"a directory left out", Case{Dir: "9-left out", ID: "1", Expr: "1", Expected: "2"}, Skipped, "because"},
		{"a case left out", Case{Dir: "8-left", ID: "x", Expr: "1", Expected: "2"}, Skipped, "because of x"},
		{"another case there", Case{Dir: "8-left", ID: "y", Expr: "1", Expected: "2"}, Failed, ""},
	} {
		r := c.c.Run(out, noon)
		if r.Status != c.status || !strings.Contains(r.Reason, c.reason) {
			t.Errorf("%s: %s, %q, %s", c.name, r.Status, r.Reason, r.Got)
		}
	}
	if left := out.Unmet(); len(left) > 0 {
		t.Errorf("not met: %q", left)
	}
}

func TestFilesThatAreNoCasesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"expr": "1"}`:                    "no list of cases",
		`[{"expr": "1"}]`:                  `case 1 ( ): a case has "expr", "expected"`,
		`[{"expr":"1","expected":"1"},{}]`: "case 2",
		`[` + strings.Repeat("1", 10) + ``: "no list of cases",
		strings.Repeat(" ", MaxFile+1):     "more than 33554432 bytes",
		`[` + strings.Repeat(`{"expr":"1","expected":"1"},`, MaxCases) + `{"expr":"1","expected":"1"}]`: "at most 50000",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v", text, err)
		}
	}
	if _, err := ParseLeftOut("a: b\nc d\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("%v", err)
	}
}

// kitFile holds the cases of the compatibility kit, which is no part of this
// repository.
const kitFile = "../../../shared/testdata/feel-tck.json"

// What of the kit is right: of all its cases, and of those in scope. It may
// rise, never fall.
const (
	kitAll     = 2367.0 / 2392
	kitInScope = 2365.0 / 2367
)

func TestTheCompatibilityKit(t *testing.T) {
	f, err := os.Open(filepath.FromSlash(kitFile))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here: the compatibility kit was not run", kitFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	out, count, right := Kit(), map[Status]int{}, 0
	for _, c := range all {
		r := c.Run(out, noon)
		count[r.Status]++
		if r.Status == Failed {
			t.Logf("%s %s: %s: got %s, want %s (%s)", c.Dir, c.ID, c.Expr, r.Got, c.Expected, r.Reason)
		}
		if c.Run(nil, noon).Status == Passed {
			right++
		}
	}
	inScope := float64(count[Passed]) / float64(count[Passed]+count[Failed])
	share := float64(right) / float64(len(all))
	t.Logf("right: %d of all %d (%.2f %%); in scope %d of %d (%.2f %%), skipped %d", right, len(all), 100*share,
		count[Passed], count[Passed]+count[Failed], 100*inScope, count[Skipped])
	if page, err := os.ReadFile("../../docs/expressions.md"); err != nil || !strings.Contains(string(page), fmt.Sprintf("%d of %d come out right: %.1f %%. Of those in scope it is %d of %d.",
		right, len(all), 100*share, count[Passed], count[Passed]+count[Failed])) {
		t.Errorf("docs/expressions.md does not give these figures: %v", err)
	}
	if share < kitAll || inScope < kitInScope {
		t.Errorf("fewer are right than were")
	}
	for _, line := range out.Unmet() {
		t.Errorf("left-out.txt names %s, which the kit does not have", line)
	}
}

// TestTheStandardIsKept runs cases of our own, written from the text of DMN 1.5,
// chapter 10.
func TestTheStandardIsKept(t *testing.T) {
	f, err := os.Open("testdata/standard.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := Read(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if r := c.Run(nil, noon); r.Status != Passed {
			t.Errorf("%s %s: %s: got %s, want %s (%s)", c.Dir, c.ID, c.Expr, r.Got, c.Expected, r.Reason)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`[{"dir":"d","id":"1","expr":"a + 1","inputs":[["a","1"]],"expected":"2"}]`)
	f.Add(`[{"expr":"premium(1)","expected":"{a: [1]}"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, c := range all[:min(len(all), 3)] {
			if r := c.Run(Kit(), noon); r.Status == Failed && r.Got == "" && r.Reason == "" {
				t.Fatalf("%+v failed without a reason", c)
			}
		}
	})
}
