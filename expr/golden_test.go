package expr

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the answers in testdata/golden.txt")

const arrow = "  =>  "

// TestExpressionsAnswerAsWritten reads testdata/golden.txt: "let name = FEEL"
// sets a variable, other lines are an expression, an arrow and what comes of it:
// the value as string() writes it inside a list, or null with the reason, or
// the place and text of an error.
//
// testdata/forms.txt is the part that browsers agree on: what forms may use. Its
// lines are also worked out in web, by feelin (src/feel/contract.test.ts).
func TestExpressionsAnswerAsWritten(t *testing.T) {
	for _, file := range []string{"testdata/golden.txt", "testdata/forms.txt"} {
		t.Run(file, func(t *testing.T) { answersAsWritten(t, file) })
	}
}

func answersAsWritten(t *testing.T, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	scope := Scope{Vars: map[string]Value{}, Now: time.Date(2026, 11, 23, 14, 30, 0, 0, berlin)}
	var names []string
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if def, ok := strings.CutPrefix(line, "let "); ok {
			name, src, _ := strings.Cut(def, " = ")
			names = append(names, name)
			scope.Vars[name] = mustEval(t, src, nil)
		}
		if strings.HasPrefix(line, "let ") || strings.HasPrefix(line, "#") || line == "" {
			out.WriteString(line + "\n")
			continue
		}
		src, want, _ := strings.Cut(line, arrow)
		got := answer(strings.ReplaceAll(src, "⏎", "\n"), names, scope)
		if got != want && !*update {
			t.Errorf("%s\n got %s\nwant %s", src, got, want)
		}
		out.WriteString(src + arrow + got + "\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func answer(src string, names []string, s Scope) string {
	x, err := Parse(src, names...)
	if err != nil {
		return "error " + err.Error()
	}
	v, notes, err := x.Explain(s)
	if err != nil {
		return "error " + err.Error()
	}
	if v == nil && len(notes) > 0 {
		return "null, " + notes[0].Error()
	}
	c := callEnv{env: &env{free: true}}
	var b strings.Builder
	c.write(&b, v)
	return b.String()
}
