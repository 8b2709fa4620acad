package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tckFile holds the cases of the DMN Technology Compatibility Kit, which is no
// part of this repository.
const tckFile = "../../shared/testdata/feel-tck.json"

// tckInScope is the share of in-scope cases we get right. It may rise, never fall.
const tckInScope = 2359.0 / 2362

type tckCase struct {
	Dir, ID, Expr, Expected string
	Inputs                  [][2]string
}

// right tells whether the case comes out as expected. Where the kit expects an
// error it says null; we may be stricter and refuse.
func (c tckCase) right(t *testing.T) (bool, string) {
	vars := map[string]Value{}
	names := []string{}
	for _, in := range c.Inputs {
		vars[in[0]] = mustEval(t, in[1], nil)
		names = append(names, in[0])
	}
	want := mustEval(t, c.Expected, nil)
	got, err := evalOnce(c.Expr, names, Scope{Vars: vars, Now: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC)})
	if err != nil {
		return want == nil, err.Error()
	}
	return nearlyEqual(got, want), Text(got)
}

func evalOnce(src string, names []string, s Scope) (Value, error) {
	x, err := Parse(src, names...)
	if err != nil {
		return nil, err
	}
	return x.Eval(s)
}

func mustEval(t *testing.T, src string, names []string) Value {
	t.Helper()
	v, err := evalOnce(src, names, Scope{})
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return v
}

// nearlyEqual allows the eighth digit of a number to differ, since the kit's
// expected values are rounded.
func nearlyEqual(a, b Value) bool {
	switch x := a.(type) {
	case Number:
		y, ok := b.(Number)
		if !ok {
			return false
		}
		d, _ := x.sub(y)
		limit, _ := ParseNumber("1e-8")
		return fnAbs(nil, []Value{d}).(Number).Cmp(limit) <= 0
	case List:
		y, ok := b.(List)
		return ok && slices.EqualFunc(x, y, nearlyEqual)
	}
	return Equal(a, b)
}

// TestTheCompatibilityKit counts the kit's cases we get right. What is left out,
// and why, stands in testdata/tck-left-out.txt.
func TestTheCompatibilityKit(t *testing.T) {
	data, err := os.ReadFile(filepath.FromSlash(tckFile))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s is not here: the compatibility kit was not run", tckFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	var cases []tckCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	out := readLeftOut(t)
	right, inScope, rightInScope := 0, 0, 0
	for _, c := range cases {
		ok, got := c.right(t)
		if ok {
			right++
		}
		if out.has(c) {
			continue
		}
		inScope++
		if ok {
			rightInScope++
			continue
		}
		t.Logf("%s %s: %s: got %s, want %s", c.Dir, c.ID, c.Expr, got, c.Expected)
	}
	t.Logf("all: %d of %d (%.2f %%); in scope: %d of %d (%.2f %%)", right, len(cases), 100*float64(right)/float64(len(cases)),
		rightInScope, inScope, 100*float64(rightInScope)/float64(inScope))
	if share := float64(rightInScope) / float64(inScope); share < tckInScope {
		t.Errorf("%.4f of the cases in scope are right; it was %.4f", share, tckInScope)
	}
	for _, unused := range out.unused() {
		t.Errorf("testdata/tck-left-out.txt names %s, which the kit does not have", unused)
	}
}

// leftOut holds what tck-left-out.txt lists: "dir" or "dir id", then ":" and why.
type leftOut map[string]*int

func (l leftOut) has(c tckCase) bool {
	for _, key := range []string{c.Dir, c.Dir + " " + c.ID} {
		if n := l[key]; n != nil {
			*n++
			return true
		}
	}
	return false
}

func (l leftOut) unused() (out []string) {
	for key, n := range l {
		if *n == 0 {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

func readLeftOut(t *testing.T) leftOut {
	data, err := os.ReadFile("testdata/tck-left-out.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := leftOut{}
	for i, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		key, why, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(why) == "" {
			t.Fatal(fmt.Errorf("tck-left-out.txt, line %d: no reason is given", i+1))
		}
		out[strings.TrimSpace(key)] = new(int)
	}
	return out
}
