package docs_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the page's moment is in Berlin

	"github.com/signoffhq/signoff/expr"
)

const (
	expressions = "expressions.md"
	arrow       = "→"
)

// example is "expression → value" on the page.
type example struct{ source, want string }

// exampleLine cuts an example in two at its last arrow, "" when there is none.
func exampleLine(line string) (example, bool) {
	i := strings.LastIndex(line, arrow)
	if i < 0 {
		return example{}, false
	}
	return example{strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+len(arrow):])}, true
}

var inlineExample = regexp.MustCompile("`([^`\n]+ " + arrow + " [^`\n]+)`")

func TestExpressionsGiveWhatThePageSays(t *testing.T) {
	scope, names := pageScope(t)
	var all []example
	for _, f := range fences(t, expressions, "feel") {
		for line := range strings.Lines(f.text) {
			e, ok := exampleLine(line)
			if !ok {
				t.Errorf("%s: %q is no example", expressions, line)
			}
			all = append(all, e)
		}
	}
	for _, m := range inlineExample.FindAllStringSubmatch(code.ReplaceAllString(read(t, expressions), ""), -1) {
		if e, _ := exampleLine(m[1]); e.source != "expression" {
			all = append(all, e)
		}
	}
	if len(all) < 120 {
		t.Errorf("only %d examples were found", len(all))
	}
	for _, e := range all {
		if got := answer(e, scope, names); got != e.want {
			t.Errorf("%s\n     gives %s\n  page says %s", e.source, got, e.want)
		}
	}
}

// answer works an example out, and writes the answer as the page does: a value
// as FEEL writes it; "null: " or "refused: " and as much of the reason as the
// page quotes.
func answer(e example, scope expr.Scope, names []string) string {
	x, err := expr.Parse(e.source, names...)
	if err != nil {
		return reason("refused", err, e.want)
	}
	v, notes, err := x.Explain(scope)
	switch {
	case err != nil:
		return reason("refused", err, e.want)
	case v == nil && len(notes) > 0:
		return reason("null", notes[0], e.want)
	}
	text := expr.Text(expr.List{v})
	return text[1 : len(text)-1]
}

func reason(what string, err error, want string) string {
	msg := err.Error()
	if e, ok := errors.AsType[*expr.Error](err); ok {
		msg = e.Msg
	}
	if quoted, ok := strings.CutPrefix(want, what+": "); ok && strings.Contains(msg, quoted) {
		return want
	}
	return what + ": " + msg
}

// pageScope reads the values the page declares for its examples.
func pageScope(t *testing.T) (expr.Scope, []string) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	scope := expr.Scope{Vars: map[string]expr.Value{}, Now: time.Date(2026, 11, 23, 14, 30, 0, 0, berlin)}
	var names []string
	for _, f := range fences(t, expressions, "feel-values") {
		for line := range strings.Lines(f.text) {
			name, src, _ := strings.Cut(line, " = ")
			x, err := expr.Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			if scope.Vars[name], err = x.Eval(scope); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
	}
	return scope, names
}

func TestTextsReadAsThePageSays(t *testing.T) {
	scope, names := pageScope(t)
	lines := 0
	for _, f := range fences(t, expressions, "template") {
		for line := range strings.Lines(f.text) {
			lines++
			e, _ := exampleLine(line)
			x, err := expr.ParseTemplate(e.source, names...)
			if err != nil {
				t.Error(err)
				continue
			}
			if got, err := x.Eval(scope); err != nil || got != e.want {
				t.Errorf("%s\n     reads %s %v\n  page says %s", e.source, got, err, e.want)
			}
		}
	}
	if lines == 0 {
		t.Error("there is no text on the page")
	}
}
