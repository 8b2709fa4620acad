package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/expr"
)

func exprCommand() *cobra.Command {
	var f exprFlags
	c := &cobra.Command{
		Use:   "expr EXPRESSION",
		Short: "Work out an expression; no server needed",
		Long: `Work out an expression as a workflow would, and print what comes of it, written
as FEEL: text stands in quotes. Why something is null is said on standard error.
A name that is given no value counts as null, and the exit code is 1.
With "-" the expression is read from standard input; one that begins with a
minus stands behind "--". docs/expressions.md describes the language.`,
		Example: `  signoff expr '0.1 + 0.2'
  signoff expr 'amount > 1000 and outcome = "Approve"' --var amount=1250.50 --var 'outcome="Approve"'
  signoff expr 'first day - duration("P7D")' --let 'first day=date("2026-12-01")'
  signoff expr --text 'Leave for {starter.name}' --vars values.json
  signoff expr test cases.json`,
		Args:    cobra.ExactArgs(1),
		GroupID: "author",
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	c.Flags().StringArrayVar(&f.vars, "var", nil, "a variable: name=JSON; may be given more than once")
	c.Flags().StringArrayVar(&f.lets, "let", nil, "a variable: name=FEEL, which may use those before it; for dates and the like")
	c.Flags().StringVar(&f.file, "vars", "", "a file with a JSON object of variables; - is standard input")
	c.Flags().StringVar(&f.now, "now", "", "the moment of now() and today(), such as 2026-11-23T14:30:00+01:00; otherwise the clock's")
	c.Flags().BoolVar(&f.text, "text", false, "what is given is text with expressions in {braces}")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON: value, type, the same as FEEL, names used and reasons")
	c.AddCommand(exprTestCommand())
	return c
}

type exprFlags struct {
	vars, lets []string
	file, now  string
	text       bool
	asJSON     bool
}

func (f *exprFlags) run(cmd *cobra.Command, src string) error {
	if src == "-" && f.file == "-" {
		return usageError{errors.New("standard input is the expression or the variables, not both")}
	}
	if src == "-" {
		b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), expr.MaxText+1))
		if err != nil {
			return err
		}
		src = strings.TrimRight(string(b), "\r\n")
	}
	scope, err := f.scope(cmd.InOrStdin())
	if err != nil {
		return err
	}
	w, err := workOut(src, f.text, scope)
	if e, ok := errors.AsType[*expr.Error](err); ok {
		return f.refuse(cmd, e)
	}
	if err != nil {
		return err
	}
	unknown := slices.DeleteFunc(slices.Clone(w.Names), func(name string) bool { _, given := scope.Vars[name]; return given })
	if f.asJSON {
		err := printJSON(cmd.OutOrStdout(), w)
		if err == nil && len(unknown) > 0 {
			err = errSaid
		}
		return err
	}
	for _, r := range w.Reasons {
		fmt.Fprintf(cmd.ErrOrStderr(), "null because, line %d, column %d: %s\n", r.Line, r.Column, r.Message)
	}
	if len(w.Reasons) > 0 && w.given != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), "where "+w.given)
	}
	shown := w.FEEL
	if f.text {
		shown = w.text
	}
	fmt.Fprintln(cmd.OutOrStdout(), shown)
	if len(unknown) > 0 {
		fmt.Fprintf(cmd.ErrOrStderr(), "signoff: nothing is called %s here; give a value with --var %s=… or --let\n", strings.Join(unknown, ", "), unknown[0])
		return errSaid
	}
	return nil
}

// refuse shows the place in the expression.
func (f *exprFlags) refuse(cmd *cobra.Command, e *expr.Error) error {
	if f.asJSON {
		if err := printJSON(cmd.OutOrStdout(), map[string]any{"error": faultOf(e)}); err != nil {
			return err
		}
		return errSaid
	}
	line := strings.Split(e.Source, "\n")[e.Line-1]
	fmt.Fprintf(cmd.ErrOrStderr(), "signoff: %s\n", e)
	if len(line) < 200 {
		fmt.Fprintf(cmd.ErrOrStderr(), "  %s\n  %s^\n", oneLine(line), strings.Repeat(" ", e.Col-1))
	}
	return errSaid
}

// workedOut is what came of an expression, as --json prints it.
type workedOut struct {
	Value   json.RawMessage `json:"value"`
	Type    string          `json:"type"`
	FEEL    string          `json:"feel"`
	Names   []string        `json:"names"`             // of variables used
	Reasons []fault         `json:"reasons,omitempty"` // why something was null
	text    string
	given   string // what the variables were
}

// fault is what is wrong with an expression, and where.
type fault struct {
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Offset  int    `json:"offset"`
	Message string `json:"message"`
}

func faultOf(e *expr.Error) fault { return fault{e.Line, e.Col, e.Offset, e.Msg} }

func workOut(src string, isText bool, s expr.Scope) (*workedOut, error) {
	names := make([]string, 0, len(s.Vars))
	for n := range s.Vars {
		names = append(names, n)
	}
	slices.Sort(names)
	if isText {
		t, err := expr.ParseTemplate(src, names...)
		if err != nil {
			return nil, err
		}
		text, notes, err := t.Explain(s)
		if err != nil {
			return nil, err
		}
		w := workedOutOf(expr.String(text), t.Names())
		w.text = text
		w.explain(notes)
		return w, nil
	}
	x, err := expr.Parse(src, names...)
	if err != nil {
		return nil, err
	}
	v, notes, err := x.Explain(s)
	if err != nil {
		return nil, err
	}
	w := workedOutOf(v, x.Names())
	if v == nil {
		w.explain(notes)
		w.given = x.Given(s)
	}
	return w, nil
}

func (w *workedOut) explain(notes []*expr.Error) {
	for _, n := range notes {
		w.Reasons = append(w.Reasons, faultOf(n))
	}
}

func workedOutOf(v expr.Value, names []string) *workedOut {
	w := &workedOut{Value: expr.AppendPlainJSON(nil, v), Type: "null", FEEL: expr.Literal(v, 0), Names: names}
	if v != nil {
		w.Type = v.Kind()
	}
	return w
}

// scope is what the expression can see, from --vars, --var and --let in this order.
func (f *exprFlags) scope(in io.Reader) (expr.Scope, error) {
	s := expr.Scope{Vars: map[string]expr.Value{}, Now: time.Now()}
	if f.now != "" {
		v, _ := expr.ParseMoment(f.now)
		at, ok := expr.TimeOf(v, time.Local)
		if !ok {
			return s, usageError{fmt.Errorf("--now: %q is no moment; write it as 2026-11-23T14:30:00+01:00", f.now)}
		}
		s.Now = at
	}
	if f.file != "" {
		if err := readVars(in, f.file, s.Vars); err != nil {
			return s, err
		}
	}
	for _, pair := range f.vars {
		name, text, err := namedValue("--var", pair)
		if err != nil {
			return s, err
		}
		if s.Vars[name], err = expr.DecodeJSON([]byte(text)); err != nil {
			return s, usageError{fmt.Errorf("--var %s: %w\nText stands in quotes, inside those of the shell: --var '%s=\"…\"'", pair, err, name)}
		}
	}
	for _, pair := range f.lets {
		name, src, err := namedValue("--let", pair)
		if err != nil {
			return s, err
		}
		if s.Vars[name], err = let(src, s); err != nil {
			return s, usageError{fmt.Errorf("--let %s: %w", pair, err)}
		}
	}
	return s, nil
}

func namedValue(flag, pair string) (name, value string, err error) {
	name, value, ok := strings.Cut(pair, "=")
	if name = strings.TrimSpace(name); !ok || name == "" {
		return "", "", usageError{fmt.Errorf("%s %s: write it as name=value", flag, pair)}
	}
	return name, value, nil
}

func let(src string, s expr.Scope) (expr.Value, error) {
	names := make([]string, 0, len(s.Vars))
	for n := range s.Vars {
		names = append(names, n)
	}
	x, err := expr.Parse(src, names...)
	if err != nil {
		return nil, err
	}
	return x.Eval(s)
}

// maxVarsBytes bounds a file of variables.
const maxVarsBytes = 16 << 20

func readVars(in io.Reader, file string, into map[string]expr.Value) error {
	if file != "-" {
		fh, err := os.Open(file)
		if err != nil {
			return &signoff.Error{Kind: signoff.NotFound, Code: "vars-unreadable", Detail: "the file of variables cannot be read: " + err.Error(), Err: err}
		}
		defer fh.Close()
		in = fh
	}
	data, err := io.ReadAll(io.LimitReader(in, maxVarsBytes+1))
	if err != nil {
		return err
	}
	if len(data) > maxVarsBytes {
		return &signoff.Error{Kind: signoff.Invalid, Code: "vars-unreadable", Detail: fmt.Sprintf("%s has more than %d bytes", file, maxVarsBytes)}
	}
	v, err := expr.DecodeJSON(data)
	all, ok := v.(expr.Context)
	if err != nil || !ok {
		why := "it holds no JSON object"
		if err != nil {
			why = err.Error()
		}
		return &signoff.Error{Kind: signoff.Invalid, Code: "vars-unreadable", Detail: fmt.Sprintf("%s cannot be used: %s", file, why),
			Hint: `write it as {"amount": 1250.50, "starter": {"name": "Ana"}, "due": {"$date": "2026-12-31"}}`}
	}
	for _, e := range all {
		into[e.Key] = e.Value
	}
	return nil
}
