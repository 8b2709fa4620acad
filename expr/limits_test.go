package expr

import (
	"strings"
	"testing"
	"time"
)

// TestEveryBoundIsAnError passes each bound and expects to be told so.
func TestEveryBoundIsAnError(t *testing.T) {
	nest := func(open, inner, close string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(close, n)
	}
	vars := map[string]Value{
		"long": String(strings.Repeat("x", MaxText)),
		"many": make(List, MaxList),
	}
	for _, c := range []struct{ name, src, want string }{
		{"source length", strings.Repeat("1 +\n", MaxSource/4) + "1", "at most 32768 are allowed"},
		{"words", strings.Repeat("1+", MaxTokens/2) + "1", "more than 8192 words and signs"},
		{"parentheses", nest("(", "1", ")", MaxDepth+1), "nested more than 100 deep"},
		{"lists", nest("[", "1", "]", MaxDepth+1), "nested more than 100 deep"},
		{"contexts", nest("{a:", "1", "}", MaxDepth+1), "nested more than 100 deep"},
		{"signs", nest("-", "x", "", MaxDepth+1), "nested more than 100 deep"},
		{"calls", nest("not(", "x", ")", MaxDepth+1), "nested more than 100 deep"},
		{"filters", nest("x[", "1", "]", MaxDepth+1), "nested more than 100 deep"},
		{"choices", nest("if a then b else ", "c", "", MaxDepth+1), "nested more than 100 deep"},
		{"powers", nest("2 ** if a then b else ", "c", "", MaxDepth+1), "nested more than 100 deep"},
		{"types", "x instance of " + nest("list<", "number", ">", MaxDepth+1), "nested more than 100 deep"},
		{"range ends", nest("]", "1", "", MaxDepth+1), "nested more than 100 deep"},
		{"steps", "for a in 1..1000, b in 1..1000 return a", "more than 20000 elements"},
		{"steps without a list", "some a in 1..1000, b in 1..1000 satisfies a > 1000", "too many steps"},
		{"steps of a filter", "some a in 1..100 satisfies count(many[item = a]) > 0", "too many steps"},
		{"counted list", "for i in 1..1000000000 return i", "more than 20000 elements"},
		{"counted range", "for i in -9223372036854775808..9223372036854775807 return i", "more than 20000 elements"},
		{"joined lists", "concatenate(many, [1])", "more than 20000 elements"},
		{"appended list", "append(many, 1)", "more than 20000 elements"},
		{"flattened list", "flatten([many, 1])", "more than 20000 elements"},
		{"split text", `split(long, "x")`, "more than 20000 elements"},
		{"joined text", `long + "x"`, "more than 262144 bytes"},
		{"string join", `string join([long, "x"])`, "more than 262144 bytes"},
		{"upper case", `upper case(long + "x")`, "more than 262144 bytes"},
		{"string()", `string([long])`, "more than 262144 bytes"},
		{"replaced text", `replace(long, "x", "xx")`, "more than 262144 bytes"},
		{"text in the result", `for i in 1..17 return long`, "at most 100000 values and 4194304 bytes"},
		{"values in the result", `for i in 1..6 return many`, "at most 100000 values"},
		{"nesting of the result", "for i in 1..70 return [partial[-1]]", "nested more than 64 deep"},
		{"doubling", "for i in 1..40 return [partial[-1], partial[-1]]", "at most 100000 values"},
		{"comparing what doubles", "{l: for i in 1..40 return [partial[-1], partial[-1]], x: l = l}", "too many steps"},
		{"showing what doubles", "{l: for i in 1..40 return [partial[-1], partial[-1]], x: string(l)}", "more than 262144 bytes"},
		{"endless calls", "{f: function(g) g(g), x: f(f)}.x", "call each other more than 100 deep"},
		{"a function inside the result", "[function(x) x]", "a function is no value that can be kept"},
		{"pattern length", `matches("a", "` + strings.Repeat("a", maxPattern+1) + `")`, "longer than 1000 bytes"},
		{"pattern size", `matches("a", "` + strings.Repeat("(x{30}){30}", 3) + `")`, "the pattern comes to more than"},
		{"pattern cost", `matches(long, "(x{30}){30}y")`, "too many steps"},
		{"looking at long text again and again", `some i in 1..20000 satisfies string length(long) < i`, "too many steps"},
		{"case of long text", `some i in 1..20000 satisfies upper case(long + "") = "é"`, "too many steps"},
		{"zones by name", `some i in 1..20000 satisfies time("10:00:00@Europe/" + string(i)) != null`, "too many steps"},
		{"number in the source", "1e6145", "exponents go up to 6144"},
		{"sorting", "sort(for i in 1..9000 return modulo(i * 7919, 9001), function(a, b) a < b)", "too many steps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			_, err := evalOnce(c.src, nil, Scope{Vars: vars})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
			if _, ok := err.(*Error); !ok {
				t.Errorf("got a %T, want an *Error", err)
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v to refuse", took)
			}
		})
	}
}

func TestNumbersStayWithinTheirExponents(t *testing.T) {
	for src, want := range map[string]string{
		"1e6144 * 10":                        "",
		"10 ** 7000":                         "",
		"10 ** -7000":                        "0",
		"exp(1e6000)":                        "",
		"exp(-1e6000)":                       "0",
		"1e-6000 / 1e6000":                   "0",
		"9e6144 + 9e6144":                    "",
		"modulo(1e6000, 3)":                  "",
		"decimal(1, 6177)":                   "",
		"decimal(1, 6176)":                   "1",
		"floor(1, -6112)":                    "",
		"@\"P1D\" * 1e30":                    "",
		"@\"P1Y\" * 1e30":                    "",
		"date(999999999, 12, 31) + @\"P1D\"": "",
		"@\"999999999-12-31\" + @\"P1M\"":    "",
		"even(1e6000)":                       "true",
		"0 * -1":                             "0",
	} {
		v, err := evalOnce(src, nil, Scope{})
		if err != nil || Text(v) != want {
			t.Errorf("%s: got %q, %v; want %q", src, Text(v), err, want)
		}
	}
}

func TestStepsCanBeLimitedFurther(t *testing.T) {
	x, err := Parse("sum(for i in 1..100 return i)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Eval(Scope{Steps: 50}); err == nil {
		t.Error("fifty steps were enough")
	}
	if v, err := x.Eval(Scope{Steps: 1000}); err != nil || Text(v) != "5050" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	_, err := Parse("if über > 1\nthen \"ä\" == 2\nelse 3")
	e, ok := err.(*Error)
	if !ok || e.Line != 2 || e.Col != 10 || e.Source[e.Offset:e.Offset+2] != "==" {
		t.Errorf("got %+v", err)
	}
}

func TestATestSaysWhyItHasNoAnswer(t *testing.T) {
	for src, want := range map[string]string{
		"amount > 1":                     "line 1, column 8: there is nothing to compare: one side is null (amount is null)",
		"amount > days and who = 1":      `line 1, column 8: there is nothing to compare: one side is null (amount is null, days is 3, who is "Ana Lima, who has a very long name indeed, longer than any m…)`,
		"a + b + c + d + e + f > amount": "line 1, column 3: one side of + has no value (a is null, amount is null, b is null, c is null, d is null)",
		"unknown":                        `line 1, column 1: there is nothing called "unknown" here`,
		"1 + 1":                          "line 1, column 1: a condition must be true or false; this is a number",
		"amount":                         "line 1, column 1: this is neither true nor false: something in it has no value (amount is null)",
		"for i in 5..1e9 return i":       "line 1, column 5: this makes a list of more than 20000 elements",
	} {
		x, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.Test(Scope{Vars: map[string]Value{"amount": nil, "days": Int(3), "a": nil, "b": nil, "c": nil, "d": nil, "e": nil, "f": nil,
			"who": String("Ana Lima, who has a very long name indeed, longer than any message should be")}})
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", src, err, want)
		}
	}
}

func TestNamesAreTheFreeVariables(t *testing.T) {
	for src, want := range map[string]string{
		"a + b.c + a":                               "a b",
		"for x in xs, y in x return x + y + z":      "xs z",
		"some x in xs satisfies x = limit":          "limit xs",
		"{a: 1, b: a + c}.b":                        "c",
		"function(x) x + y":                         "y",
		"lines[price > 10]":                         "lines",
		"lines[price > max price]":                  "lines max price",
		"a in (? > b)":                              "a b",
		"string(amount due) + date and time(x)":     "amount due x",
		"if item then 1 else partial":               "item partial",
		"starter.full name":                         "starter",
		"cost-centre - cost":                        "cost cost-centre",
		"order in progress and date of birth = due": "date of birth due order in progress",
	} {
		x, err := Parse(src, "max price", "cost-centre", "order in progress")
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		if got := strings.Join(x.Names(), " "); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}

func TestSeveralEvaluationsCanShareTheirSteps(t *testing.T) {
	x := mustParse("count(for i in 1..1000 return i)")
	left := MaxSteps
	s := Scope{Left: &left}
	if _, err := x.Eval(s); err != nil || left >= MaxSteps-1000 {
		t.Fatalf("%d left, %v", left, err)
	}
	left = 500
	for range 2 {
		if _, err := x.Eval(s); err == nil || left != 0 {
			t.Fatalf("%d left, %v", left, err)
		}
	}
	left = 10 * MaxSteps
	if _, err := mustParse("for i in 1..19000, j in 1..19000 return 1").Eval(s); err == nil || left < 9*MaxSteps {
		t.Fatalf("one evaluation took more than its own bound: %d left, %v", left, err)
	}
}
