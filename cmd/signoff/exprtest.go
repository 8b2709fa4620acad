package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr/cases"
)

func exprTestCommand() *cobra.Command {
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "test FILE",
		Short: "Compare expressions with the values that should come of them",
		Long: `Work out every expression of FILE and compare. FILE is a JSON list of
{"dir", "id", "expr", "inputs": [[name, FEEL]], "expected": FEEL}, as the cases of
the DMN Technology Compatibility Kit can be written; "expected" is null where an
error is expected. Skipped are cases that want what a model of DMN declares, and
those of the kit that docs/expressions.md names. With "-" the cases are read from
standard input. The exit code is 1 when something failed, and 2 when there was
nothing to run: no such file, or none of cases.`,
		Example: `  signoff expr test cases.json
  signoff expr test cases.json --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			left := cases.Kit()
			if all {
				left = nil
			}
			return runCases(cmd, args[0], left, asJSON)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&all, "all", false, "run also the kit's cases that are left out")
	return c
}

// casesRan is the outcome of a file, as --json prints it.
type casesRan struct {
	Cases    int            `json:"cases"`
	Passed   int            `json:"passed"`
	Failed   int            `json:"failed"`
	Skipped  int            `json:"skipped"`
	Failures []cases.Result `json:"failures"`
	LeftOut  []cases.Result `json:"leftOut"`
}

func runCases(cmd *cobra.Command, file string, left *cases.LeftOut, asJSON bool) error {
	all, err := readCases(cmd, file)
	if err != nil {
		return err
	}
	began := time.Now()
	next := progressAfter
	sum := casesRan{Cases: len(all), Failures: []cases.Result{}, LeftOut: []cases.Result{}}
	for i, c := range all {
		if err := cmd.Context().Err(); err != nil {
			return err
		}
		sum.add(c.Run(left, began))
		if took := time.Since(began); took >= next {
			fmt.Fprintf(cmd.ErrOrStderr(), "%d of %d cases, %d failed\n", i+1, len(all), sum.Failed)
			next = took + progressEvery
		}
	}
	if asJSON {
		err = printJSON(cmd.OutOrStdout(), sum)
	} else {
		sum.print(cmd)
	}
	if err == nil && sum.Failed > 0 {
		err = errSaid
	}
	return err
}

// nothingRun is why nothing was tested at all, which the exit code tells from
// something that failed.
type nothingRun struct{ error }

func (e nothingRun) Unwrap() error { return e.error }

func readCases(cmd *cobra.Command, file string) ([]cases.Case, error) {
	in := cmd.InOrStdin()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, nothingRun{&signoff.Error{Kind: signoff.NotFound, Code: "cases-unreadable", Detail: "the cases cannot be read: " + err.Error(), Err: err}}
		}
		defer f.Close()
		in = f
	}
	all, err := cases.Read(in)
	if err != nil {
		return nil, nothingRun{&signoff.Error{Kind: signoff.Invalid, Code: "cases-unreadable", Detail: file + ": " + err.Error(), Err: err,
			Hint: `write it as [{"dir": "mine", "id": "1", "expr": "a + 1", "inputs": [["a", "1"]], "expected": "2"}]`}}
	}
	return all, nil
}

func (s *casesRan) add(r cases.Result) {
	switch r.Status {
	case cases.Passed:
		s.Passed++
	case cases.Skipped:
		s.Skipped++
		s.LeftOut = append(s.LeftOut, r)
	default:
		s.Failed++
		s.Failures = append(s.Failures, r)
	}
}

func (s *casesRan) print(cmd *cobra.Command) {
	out := cmd.OutOrStdout()
	for _, r := range s.Failures {
		fmt.Fprintf(out, "FAILED %s %s\n  %s\n", r.Dir, r.ID, oneLine(r.Expr))
		for _, in := range r.Inputs {
			fmt.Fprintf(out, "    with %s = %s\n", in[0], oneLine(clip(in[1], 200)))
		}
		fmt.Fprintf(out, "  expected %s\n", oneLine(r.Expected))
		if r.Got != "" {
			fmt.Fprintf(out, "  got      %s\n", oneLine(r.Got))
		}
		if r.Reason != "" {
			fmt.Fprintf(out, "  because  %s\n", oneLine(r.Reason))
		}
	}
	for _, r := range s.LeftOut {
		fmt.Fprintf(out, "skipped %s %s: %s\n", r.Dir, r.ID, oneLine(r.Reason))
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.Passed, s.Failed, s.Skipped)
}
