package expr

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestValuesAreCoercedToATypeOfVariable(t *testing.T) {
	for _, c := range []struct{ typ, src, want string }{
		{"string", `"a"`, `"a"`}, {"string", `1.50`, `"1.50"`}, {"string", `true`, `"true"`}, {"text", `@"2026-12-31"`, `"2026-12-31"`},
		{"string", `""`, `""`}, {"string", `" a "`, `" a "`}, {"string", `[1]`, "error a list is no text"},
		{"number", `12`, `12`}, {"number", `" 12.50 "`, `12.50`}, {"number", `""`, `null`}, {"number", `" "`, `null`},
		{"number", `"1,5"`, `error "1,5" is no number: write digits such as 12.50`}, {"number", `true`, "error a boolean is no number: write digits such as 12.50"},
		{"number", `"NaN"`, `error "NaN" is no number: write digits such as 12.50`},
		{"boolean", `false`, `false`}, {"boolean", `"TRUE"`, `true`}, {"boolean", `"no"`, `false`}, {"boolean", `"x"`, `error "x" is no yes or no: write true or false`},
		{"boolean", `1`, "error a number is no yes or no: write true or false"},
		{"date", `"2026-12-31"`, `2026-12-31`}, {"date", `"2026-12-31T08:30:00Z"`, `2026-12-31`}, {"date", `@"2026-12-31T08:30:00Z"`, `2026-12-31`},
		{"date", `"31.12.2026"`, `error "31.12.2026" is no date: write it as 2026-12-31`}, {"date", `1`, "error a number is no date: write it as 2026-12-31"},
		{"dateTime", `"2026-12-31T08:30:00+01:00"`, `2026-12-31T08:30:00+01:00`}, {"dateTime", `@"2026-12-31"`, `2026-12-31T00:00:00`},
		{"dateTime", `"noon"`, `error "noon" is no date and time: write it as 2026-12-31T08:30:00Z`},
		{"duration", `"P3D"`, `P3D`}, {"duration", `"P1M"`, `P1M`}, {"duration", `@"PT2H"`, `PT2H`}, {"duration", `3`, "error a number is no duration: write it as P3D for days, PT2H for hours or P1M for months"},
		{"person", `" ana "`, `"ana"`}, {"person", `{name: "Ana", email: "ana@contoso.test", login: "ana"}`, `"ana"`}, {"person", `{email: "ana@contoso.test"}`, `"ana@contoso.test"`},
		{"person", `{name: "Ana"}`, "error a context is no person: write a login or an address"}, {"person", `1`, "error a number is no person: write a login or an address"},
		{"json", `{a: [1, null]}`, `{a: [1, null]}`}, {"json", `""`, `""`},
		{"number", `null`, `null`}, {"person", `null`, `null`},
		{"money", `1`, `error there is no type "money"`},
	} {
		got := ""
		v, err := Coerce(mustEval(t, c.src, nil), c.typ)
		if err != nil {
			got = "error " + err.Error()
		} else {
			var b strings.Builder
			(&callEnv{env: &env{free: true}}).write(&b, v)
			got = b.String()
		}
		if got != c.want {
			t.Errorf("%s as %s: got %s, want %s", c.src, c.typ, got, c.want)
		}
	}
}

func TestGoValuesBecomeValues(t *testing.T) {
	at := time.Date(2026, 12, 31, 8, 30, 0, 0, time.FixedZone("CET", 3600))
	v, err := FromGo(map[string]any{
		"n": json.Number("12.50"), "f": 0.1, "i": 7, "i64": int64(-1), "u": uint64(math.MaxUint64), "b": true, "nil": nil,
		"s": "a\xff", "l": []any{1, "x"}, "ss": []string{"p", "q"}, "t": at, "v": Date{2026, 12, 31},
	})
	want := `{b: true, f: 0.1, i: 7, i64: -1, l: [1, "x"], n: 12.50, nil: null, s: "a` + "\uFFFD" +
		`", ss: ["p", "q"], t: 2026-12-31T08:30:00+01:00, u: 18446744073709551615, v: 2026-12-31}`
	if err != nil || Text(v) != want {
		t.Errorf("got %s, %v\nwant %s", Text(v), err, want)
	}
	deep := any(1)
	for range MaxNesting + 2 {
		deep = []any{deep}
	}
	for _, c := range []struct {
		in   any
		want string
	}{
		{math.NaN(), "NaN is no number"}, {math.Inf(1), "+Inf is no number"}, {json.Number("1e99999"), "too large"}, {json.Number("x"), "is no number"},
		{struct{}{}, "a struct {} is no value"}, {map[string]any{"a": make(chan int)}, "a: a chan int is no value"}, {[]any{struct{}{}}, "no value"},
		{deep, "nested more than 64 deep"}, {strings.Repeat("x", MaxText+1), "more than 262144 bytes"}, {make([]any, MaxList+1), "more than 20000 elements"},
	} {
		if _, err := FromGo(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40v: got %v, want %q", c.in, err, c.want)
		}
	}
}

func TestValuesReadAsPeopleWriteThem(t *testing.T) {
	for src, want := range map[string]string{
		`null`: "", `true`: "yes", `false`: "no", `12.50`: "12.50", `"a"`: "a", `[1, null, "x"]`: "1, , x", `{a: 1, b: true}`: "a: 1, b: yes",
		`@"2026-12-31"`: "2026-12-31", `@"08:30:00"`: "08:30:00", `@"2026-12-31T08:30:00"`: "2026-12-31 08:30", `@"2026-12-31T08:30:15Z"`: "2026-12-31 08:30:15 UTC",
		`@"2026-12-31T08:30:00+05:30"`: "2026-12-31 08:30 +05:30", `@"2026-12-31T08:30:00@Europe/Berlin"`: "2026-12-31 08:30 CET",
		`@"P1D"`: "1 day", `@"P2DT1H1M1S"`: "2 days 1 hour 1 minute 1 second", `@"PT0S"`: "0 seconds", `@"-PT90M"`: "minus 1 hour 30 minutes", `@"PT1.5S"`: "1.5 seconds",
		`@"P1Y"`: "1 year", `@"P14M"`: "1 year 2 months", `@"P0M"`: "0 months", `@"-P1M"`: "minus 1 month", `[1..5]`: "[1..5]", `(> 5)`: ">5",
	} {
		if got := Format(mustEval(t, src, nil)); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}

func TestTextReadsBackAsTheSameValue(t *testing.T) {
	for _, src := range []string{`1.50`, `-0.000001`, `[1, "a\"\\\n", null, true]`, `{a: 1, "b c": {d: []}, "and": 2}`, `[1..5)`, `(1..5]`, `(<= 5)`, `(!= 5)`, `(= 5)`} {
		v := mustEval(t, src, nil)
		text := Text(v)
		if r, ok := v.(Range); ok && r.Unary {
			text = "(" + text + ")"
		}
		if back := mustEval(t, text, nil); !Equal(v, back) {
			t.Errorf("%s became %s and then %s", src, text, Text(back))
		}
	}
}
