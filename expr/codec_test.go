package expr

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// zones are those generated moments lie in.
func zones() []*time.Location {
	out := []*time.Location{time.UTC, fixedZone(3600), fixedZone(-(5*3600 + 30*60)), fixedZone(18 * 3600)}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Etc/UTC", "Asia/Kathmandu"} {
		if loc, ok := zoneByName(name); ok {
			out = append(out, loc)
		}
	}
	return out
}

func anyNumber() *rapid.Generator[Number] {
	return rapid.Custom(func(t *rapid.T) Number {
		digits := rapid.StringMatching(`-?[0-9]{1,34}`).Draw(t, "digits")
		exp := rapid.IntRange(-60, 60).Draw(t, "exponent")
		n, ok := ParseNumber(digits + "e" + Int(int64(exp)).String())
		if !ok {
			t.Fatalf("%se%d is no number", digits, exp)
		}
		return n
	})
}

func anyDate() *rapid.Generator[Date] {
	return rapid.Map(rapid.Int64Range(-1_000_000_000, 1_000_000_000), dateOfDays)
}

func anyTime() *rapid.Generator[Time] {
	return rapid.Custom(func(t *rapid.T) Time {
		return Time{rapid.Int64Range(0, dayNanos-1).Draw(t, "ns"), rapid.SampledFrom(append(zones(), nil)).Draw(t, "zone")}
	})
}

func anyDateTime() *rapid.Generator[DateTime] {
	return rapid.Custom(func(t *rapid.T) DateTime {
		at := time.Unix(rapid.Int64Range(-1<<36, 1<<36).Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns"))
		zone := rapid.SampledFrom(append(zones(), nil)).Draw(t, "zone")
		if zone == nil {
			return DateTime{t: at.UTC(), local: true}
		}
		return DateTime{t: at.In(zone)}
	})
}

func anyDays() *rapid.Generator[DaysDuration] {
	return rapid.Custom(func(t *rapid.T) DaysDuration {
		return duration(rapid.Int64Range(-1<<50, 1<<50).Draw(t, "sec"), rapid.Int64Range(-1e9, 1e9).Draw(t, "ns"))
	})
}

func asValue[T Value](g *rapid.Generator[T]) *rapid.Generator[Value] {
	return rapid.Map(g, func(v T) Value { return v })
}

func anyText() *rapid.Generator[String] {
	return rapid.Map(rapid.String(), func(s string) String { return String(strings.ToValidUTF8(s, "?")) })
}

func anyScalar() *rapid.Generator[Value] {
	return rapid.OneOf(
		asValue(anyNumber()), asValue(anyText()), asValue(anyDate()), asValue(anyTime()), asValue(anyDateTime()), asValue(anyDays()),
		rapid.Just[Value](nil), rapid.Map(rapid.Bool(), func(b bool) Value { return Boolean(b) }),
		rapid.Map(rapid.Int64Range(-maxMonths, maxMonths), func(m int64) Value { return MonthsDuration(m) }),
	)
}

func anyRange() *rapid.Generator[Value] {
	return rapid.Custom(func(t *rapid.T) Value {
		a, b := anyNumber().Draw(t, "start"), anyNumber().Draw(t, "end")
		op := rapid.SampledFrom([]string{"[]", "()", "(]", "[)", "=", "!=", "<", "<=", ">", ">="}).Draw(t, "kind")
		list := List{a, b, String(op)}
		switch op[0] {
		case '<':
			list[0] = nil
		case '>':
			list[1] = nil
		case '=':
			list[1] = a
		case '!':
			list[1] = nil
		}
		r, ok := untagRange(list)
		if !ok {
			t.Fatalf("%v is no range", list)
		}
		return r
	})
}

func anyValue(depth int) *rapid.Generator[Value] {
	if depth == 0 {
		return anyScalar()
	}
	inner := anyValue(depth - 1)
	key := rapid.OneOf(rapid.Map(anyText(), func(s String) string { return string(s) }),
		rapid.SampledFrom([]string{"$date", "$context", "$range", "$", "a b"}))
	context := rapid.Custom(func(t *rapid.T) Value {
		out := Context{}
		for range rapid.IntRange(0, 4).Draw(t, "size") {
			out = out.With(key.Draw(t, "key"), inner.Draw(t, "value"))
		}
		return out
	})
	list := rapid.Map(rapid.SliceOfN(inner, 0, 4), func(v []Value) Value { return List(v) })
	return rapid.OneOf(anyScalar(), anyRange(), list, context)
}

func TestStoredValuesComeBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(3).Draw(t, "value")
		text := AppendJSON(nil, v)
		if !json.Valid(text) {
			t.Fatalf("%s is no JSON", text)
		}
		back, err := DecodeJSON(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !Equal(v, back) || string(AppendJSON(nil, back)) != string(text) {
			t.Fatalf("%s came back as %s", text, AppendJSON(nil, back))
		}
		plain := AppendPlainJSON(nil, v)
		if !json.Valid(plain) {
			t.Fatalf("%s is no JSON", plain)
		}
		if back, err = DecodePlainJSON(plain); err != nil || string(AppendPlainJSON(nil, back)) != string(plain) {
			t.Fatalf("%s came back as %s, %v", plain, AppendPlainJSON(nil, back), err)
		}
	})
}

func TestGoValuesComeBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyValue(2).Draw(t, "value")
		again, err := FromGo(ToGo(v))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := DecodePlainJSON(AppendPlainJSON(nil, v))
		if err != nil || !Equal(again, plain) {
			t.Fatalf("%s became %s", Text(plain), Text(again))
		}
	})
}

func TestStoredFormsAreThese(t *testing.T) {
	for src, want := range map[string]string{
		`null`: `null`, `true`: `true`, `12.50`: `12.50`, `-3`: `-3`, `1e30`: `1E+30`, `0 * -1`: `0`,
		`"a\n\"b\\ é"`:       `"a\n\"b\\ é"`,
		`[1, "x", null]`:     `[1,"x",null]`,
		`{b: 1, a: [2]}`:     `{"b":1,"a":[2]}`,
		`@"2026-12-31"`:      `{"$date":"2026-12-31"}`,
		`@"08:30:00Z"`:       `{"$time":"08:30:00Z"}`,
		`@"P1DT2H"`:          `{"$duration":"P1DT2H"}`,
		`@"P14M"`:            `{"$months":"P1Y2M"}`,
		`[1..5)`:             `{"$range":[1,5,"[)"]}`,
		`{"$date": "x"}`:     `{"$context":{"$date":"x"}}`,
		`{"$date": 1, a: 2}`: `{"$context":{"$date":1,"a":2}}`, `{a: 2, "$date": 1}`: `{"a":2,"$date":1}`,
		`@"2026-12-31T08:30:00.5@Europe/Berlin"`: `{"$dateTime":"2026-12-31T08:30:00.5+01:00@Europe/Berlin"}`,
		`@"2026-12-31T08:30:00"`:                 `{"$dateTime":"2026-12-31T08:30:00"}`,
	} {
		if got := string(AppendJSON(nil, mustEval(t, src, nil))); got != want {
			t.Errorf("%s: got %s, want %s", src, got, want)
		}
	}
	if got := string(AppendPlainJSON(nil, mustEval(t, `{a: @"2026-12-31", b: 1e3, c: {"$x": @"P1D"}}`, nil))); got != `{"a":"2026-12-31","b":1000,"c":{"$x":"P1D"}}` {
		t.Errorf("plain JSON is %s", got)
	}
	if got := string(AppendJSON(nil, String("\xff\x01"))); got != `"`+"\uFFFD"+`\u0001"` {
		t.Errorf("bytes that are no text became %s", got)
	}
}

func TestTheRepeatedHourKeepsItsOffset(t *testing.T) {
	loc, ok := zoneByName("Europe/Berlin")
	if !ok {
		t.Skip("no time zones here")
	}
	second := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC).In(loc) // 02:30 for the second time that night
	back, err := DecodeJSON(AppendJSON(nil, Moment(second)))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := TimeOf(back, time.UTC); !got.Equal(second) {
		t.Errorf("%v came back as %v", second, got)
	}
}

func TestBadJSONIsRefused(t *testing.T) {
	for src, want := range map[string]string{
		``:                  "byte 0: a value is expected",
		`tru`:               "byte 0: a value is expected",
		`1 2`:               "byte 2: something follows the value",
		`01`:                "byte 1: something follows the value",
		`-`:                 "no number",
		`1.`:                "no number",
		`1e`:                "no number",
		`1e99999`:           "too large",
		`[1`:                ", or ] is expected",
		`[1,]`:              "a value is expected",
		`{"a"}`:             ": is expected",
		`{"a":1,}`:          "the name of an entry is expected",
		`{a:1}`:             "the name of an entry is expected",
		`{"a":1`:            ", or } is expected",
		`"a`:                "text never ends",
		`"a\`:               "text never ends",
		`"a\x"`:             "this escape is not known",
		`"a\u12"`:           "this escape is not known",
		`"a\U00012345"`:     "this escape is not known",
		"\"a\nb\"":          "a control character",
		"\"\\t\nb\"":        "a control character",
		`{"$date":"x"}`:     `"x" is no date`,
		`{"$date":1}`:       "this is no date",
		`{"$months":"P1D"}`: `"P1D" is no months`,
		`{"$dateTime":"2026-12-31T08:30:00@Europe/Berlin"}`: "is no dateTime",
		`{"$range":[1,2]}`:                                                     "this is no range",
		`{"$range":[1,2,"<"]}`:                                                 "this is no range",
		`{"$context":1}`:                                                       "this is no context",
		strings.Repeat("[", MaxNesting+2):                                      "nested more than 64 deep",
		strings.Repeat(`{"$context":{"a":`, MaxNesting+2):                      "nested more than 64 deep",
		`[` + strings.Repeat(`1,`, MaxList) + `1]`:                             "more than 20000 elements",
		`[` + strings.Repeat(`[1,1,1,1,1,1,1,1,1,1],`, 9500) + `1]`:            "more than 100000 values",
		`"` + strings.Repeat("x", MaxText+1) + `"`:                             "longer than 262144 bytes",
		`[` + strings.Repeat(`"`+strings.Repeat("x", MaxText)+`",`, 17) + `1]`: "longer than 262144 bytes, or all text than 4194304",
	} {
		_, err := DecodeJSON([]byte(src))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: got %v, want %q", src, err, want)
		}
	}
}

func TestJSONOfOthersHasNoTags(t *testing.T) {
	v, err := DecodePlainJSON([]byte(` {"when": {"$date": "2026-12-31"}, "n": 1.50, "n": 2, "u": "\ud83d\ude00\u00e9\/"} `))
	if want := `{when: {"$date": "2026-12-31"}, n: 2, u: "😀é/"}`; err != nil || Text(v) != want {
		t.Errorf("got %s, %v; want %s", Text(v), err, want)
	}
	big := strings.Builder{}
	for i := range 500 {
		big.WriteString(`,"k` + Int(int64(i%250)).String() + `":` + Int(int64(i)).String())
	}
	v, err = DecodePlainJSON([]byte("{" + big.String()[1:] + "}"))
	if c, ok := v.(Context); err != nil || !ok || len(c) != 250 || Text(c[7].Value) != "257" {
		t.Errorf("a large object gave %.80s, %v", Text(v), err)
	}
}

// stateVars looks like the variables of an instance under way.
func stateVars() Context {
	return Context{
		{"days", Int(3)}, {"kind", String("Holiday")}, {"amount", mustNumber("1250.50")}, {"urgent", Boolean(false)},
		{"start", Date{2026, 12, 24}}, {"due", Moment(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))},
		{"managerDecision", Context{{"outcome", String("Approve")}, {"comment", String("Enjoy \"it\"")}, {"by", String("user:7")}}},
		{"lines", List{Context{{"item", String("Desk")}, {"price", mustNumber("300")}}, Context{{"item", String("Lamp")}, {"price", mustNumber("45.50")}}}},
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v := stateVars()
	dst := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendJSON(dst[:0], v)
	}
	b.SetBytes(int64(len(dst)))
}

func BenchmarkDecodeJSON(b *testing.B) {
	data := AppendJSON(nil, stateVars())
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := DecodeJSON(data); err != nil {
			b.Fatal(err)
		}
	}
}
