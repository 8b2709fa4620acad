package expr

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTemplatesAreFilled(t *testing.T) {
	scope := Scope{Now: time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC), Vars: map[string]Value{
		"days": Int(3), "urgent": Boolean(true), "none": nil, "folio": String("A & B"),
		"starter": Context{{"name", String("Ana")}}, "tags": List{String("a"), Int(2)}, "amount due": mustNumber("12.50"),
	}}
	for src, want := range map[string]string{
		"":                                 "",
		"plain":                            "plain",
		"Leave for {starter.name}: {days}": "Leave for Ana: 3",
		"{days}{days}":                     "33",
		"{{days}} }} {{":                   "{days} } {",
		"{{{days}}}":                       "{3}",
		"none: {none}.":                    "none: .",
		"{urgent}, {tags}":                 "yes, a, 2",
		"{ {a: \"}\"}.a }":                 "}",
		"{\"a\\\"}\"}":                     "a\"}",
		"{days /* } */ + 1}":               "4",
		"{amount due} EUR":                 "12.50 EUR",
		"{now()}":                          "2026-11-23 08:30 UTC",
		"{@\"P3DT2H\"} or {@\"P1Y1M\"}":    "3 days 2 hours or 1 year 1 month",
		"{if urgent then \"now\" else \"later\"}": "now",
		"$ {days}, 100%":      "$ 3, 100%",
		"zwei\nZeilen {days}": "zwei\nZeilen 3",
	} {
		tm, err := ParseTemplate(src, "amount due")
		if err != nil {
			t.Errorf("%q: %v", src, err)
			continue
		}
		if got, err := tm.Eval(scope); got != want || err != nil {
			t.Errorf("%q: got %q, %v; want %q", src, got, err, want)
		}
		if tm.Source() != src {
			t.Errorf("the source of %q is %q", src, tm.Source())
		}
	}
	tm, _ := ParseTemplate("https://x.test/?f={folio}&u={urgent}")
	got, err := tm.EvalWith(scope, func(v Value) string { return url.QueryEscape(Text(v)) })
	if want := "https://x.test/?f=A+%26+B&u=true"; got != want || err != nil {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	tm, _ = ParseTemplate("{b} {a.x} {b}")
	if names := strings.Join(tm.Names(), " "); names != "a b" {
		t.Errorf("names are %q", names)
	}
}

func mustNumber(s string) Number {
	n, ok := ParseNumber(s)
	if !ok {
		panic(s)
	}
	return n
}

func TestTemplatesAreRefusedWithAPlace(t *testing.T) {
	for src, want := range map[string]string{
		"Hello {name":                  "line 1, column 7: this { is never closed: write } after the expression, or {{ for a brace in the text",
		"Hello name}":                  "line 1, column 11: this } closes nothing: write }} for a brace in the text",
		"ä\nHello {a ==":               "line 2, column 7: this { is never closed: write } after the expression, or {{ for a brace in the text",
		"ä\nHello {a == b}":            "line 2, column 10: == is not understood here: write = to compare",
		"Hello ${name}":                "line 1, column 7: write {…} without the $; for a $ before a value, leave a space",
		"{}":                           "line 1, column 2: there is no expression here",
		"{ }":                          "line 1, column 3: there is no expression here",
		"{a}{not(}":                    "line 1, column 9: the expression stops short: a value is missing",
		strings.Repeat("x", MaxText+1): "line 1, column 1: the text has 262145 bytes; at most 262144 are allowed",
		"{" + strings.Repeat("1+", MaxSource/2) + "1}": "line 1, column 2: the expression has 32769 bytes; at most 32768 are allowed",
	} {
		_, err := ParseTemplate(src)
		if err == nil || err.Error() != want {
			t.Errorf("%.40q:\n got %v\nwant %s", src, err, want)
		}
	}
	tm, err := ParseTemplate("{x}{x}")
	if err != nil {
		t.Fatal(err)
	}
	long := String(strings.Repeat("x", MaxText))
	if _, err := tm.Eval(Scope{Vars: map[string]Value{"x": long}}); err == nil || !strings.Contains(err.Error(), "more than 262144 bytes") {
		t.Errorf("a text that is too long gave %v", err)
	}
	tm, _ = ParseTemplate("a {for i in 1..1e9 return i}")
	if _, err := tm.Eval(Scope{}); err == nil {
		t.Error("a bound was passed without an error")
	}
}
