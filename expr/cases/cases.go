// Package cases runs expressions against expected values, in files of the shape
// that the cases of the DMN Technology Compatibility Kit are kept in:
//
//	[{"dir": "0072-feel-in", "id": "list_001", "expr": "1 in [a]",
//	  "inputs": [["a", "1"]], "expected": "true"}]
//
// The values of inputs, and what is expected, are FEEL. Null is expected where
// the kit expects an error: a refusal to read the expression is as good there.
package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/signoffhq/signoff/expr"
)

// Bounds on a file of cases.
const (
	MaxFile   = 32 << 20 // bytes
	MaxCases  = 50_000
	MaxInputs = 200 // of one case
)

// Case is one expression and what should come of it.
type Case struct {
	Dir      string      `json:"dir"`
	ID       string      `json:"id"`
	Expr     string      `json:"expr"`
	Inputs   [][2]string `json:"inputs,omitempty"` // name and FEEL
	Expected string      `json:"expected"`         // FEEL
}

// Read reads a file of cases. An error says what is wrong with the file.
func Read(r io.Reader) ([]Case, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("the file has more than %d bytes", MaxFile)
	}
	var all []Case
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("this is no list of cases in JSON: %w", plain(data, err))
	}
	if len(all) > MaxCases {
		return nil, fmt.Errorf("the file has %d cases; at most %d are run", len(all), MaxCases)
	}
	for i, c := range all {
		if c.Expr == "" || c.Expected == "" || len(c.Inputs) > MaxInputs {
			return nil, fmt.Errorf("case %d (%s %s): a case has \"expr\", \"expected\" and at most %d \"inputs\"", i+1, c.Dir, c.ID, MaxInputs)
		}
	}
	return all, nil
}

// plain says in words what encoding/json found, and on which line.
func plain(data []byte, err error) error {
	at, what := int64(len(data)), "it ends too soon, or in the middle"
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at, what = wrong.Offset, "this is the wrong place for: "+wrong.Value
		if wrong.Field != "" {
			what += ", as \"" + wrong.Field + "\""
		}
	} else if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		at, what = wrong.Offset, wrong.Error()
	}
	return fmt.Errorf("line %d: %s", 1+bytes.Count(data[:min(at, int64(len(data)))], []byte("\n")), what)
}

// Result is what became of a case.
type Result struct {
	Case
	Got    string `json:"got,omitempty"`    // what came instead, as FEEL
	Reason string `json:"reason,omitempty"` // why that came, or why the case was left out
	Status Status `json:"status"`
}

// Status is one of the three ends of a case.
type Status string

const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped" // it asks for what the language leaves out
)

// Run works a case out at a moment and compares. It is skipped where out lists
// it, or where it wants something that only a model of DMN could declare.
func (c Case) Run(out *LeftOut, now time.Time) Result {
	r := Result{Case: c, Status: Failed}
	if why, listed := out.why(c); listed {
		r.Status, r.Reason = Skipped, why
		return r
	}
	want, err := worked(c.Expected)
	if err != nil {
		r.Reason = "the expected value cannot be read: " + err.Error()
		return r
	}
	names, vars, err := c.given()
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	x, err := expr.Parse(c.Expr, names...)
	if err != nil {
		return r.refused(err.(*expr.Error), want)
	}
	got, notes, err := x.Explain(expr.Scope{Vars: vars, Now: now})
	if err == nil && same(got, want) || err != nil && want == nil {
		r.Status = Passed
		return r
	}
	if err != nil {
		r.Reason = err.Error()
		return r
	}
	if r.Got = expr.Literal(got, 2000); len(notes) > 0 {
		r.Reason = notes[0].Error()
	}
	return r
}

// refused is the result of an expression that could not be read.
func (r Result) refused(err *expr.Error, want expr.Value) Result {
	switch {
	case want == nil:
		r.Status = Passed
	case err.Outside:
		r.Status, r.Reason = Skipped, err.Msg
	default:
		r.Reason = err.Error()
	}
	return r
}

// given works out the inputs.
func (c Case) given() (names []string, vars map[string]expr.Value, err error) {
	vars = make(map[string]expr.Value, len(c.Inputs))
	for _, in := range c.Inputs {
		v, err := worked(in[1])
		if err != nil {
			return nil, nil, fmt.Errorf("the input %q cannot be read: %w", in[0], err)
		}
		names, vars[in[0]] = append(names, in[0]), v
	}
	return names, vars, nil
}

func worked(src string) (expr.Value, error) {
	x, err := expr.Parse(src)
	if err != nil {
		return nil, err
	}
	return x.Eval(expr.Scope{})
}

// near tells whether two numbers differ in their eighth digit at most, since the
// kit's expected values are rounded.
var near = func() *expr.Expr {
	x, err := expr.Parse("abs(a - b) <= 0.00000001", "a", "b")
	if err != nil {
		panic(err)
	}
	return x
}()

func same(got, want expr.Value) bool {
	switch a := got.(type) {
	case expr.Number:
		if _, ok := want.(expr.Number); !ok {
			return false
		}
		yes, err := near.Test(expr.Scope{Vars: map[string]expr.Value{"a": a, "b": want}})
		return err == nil && yes
	case expr.List:
		b, ok := want.(expr.List)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case expr.Context:
		b, ok := want.(expr.Context)
		if !ok || len(a) != len(b) {
			return false
		}
		for _, e := range a {
			if v, ok := b.Get(e.Key); !ok || !same(e.Value, v) {
				return false
			}
		}
		return true
	}
	return expr.Equal(got, want)
}
