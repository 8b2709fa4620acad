package expr

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// goldenSources are the expressions of the golden file, as seeds.
func goldenSources(t testing.TB) []string {
	data, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if src, _, ok := strings.Cut(line, arrow); ok {
			out = append(out, src)
		}
	}
	return out
}

func FuzzParse(f *testing.F) {
	for _, src := range goldenSources(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		x, err := Parse(src, "amount due", "cost-centre", "order in progress")
		if err != nil {
			e, ok := err.(*Error)
			if !ok || e.Offset < 0 || e.Offset > len(src) || e.Line < 1 || e.Col < 1 || e.Msg == "" || e.Source != src {
				t.Fatalf("%q: bad error %+v", src, err)
			}
			return
		}
		if !slices.IsSorted(x.Names()) || x.Source() != src {
			t.Fatalf("%q: names %q", src, x.Names())
		}
	})
}

func fuzzScope() Scope {
	return Scope{
		Steps: 5000,
		Now:   time.Date(2026, 11, 23, 8, 30, 0, 0, time.UTC),
		Vars: map[string]Value{
			"a": Int(3), "b": String("x\"é"), "c": Context{{"a", Int(1)}, {"b", List{nil, Boolean(true)}}}, "d": Date{2026, 12, 31},
			"l": List{Int(1), Int(2), String("z"), Context{{"a", mustNumber("1.50")}}}, "n": nil, "t": Boolean(true), "amount due": mustNumber("12.50"),
		},
	}
}

func FuzzEval(f *testing.F) {
	for _, src := range goldenSources(f) {
		f.Add(src)
	}
	for _, src := range []string{"l[a > 0]", "sort(l, function(x, y) x < y)", "replace(b, \"(.)\", \"$1$1\")", "{f: function(g) g(g), x: f(f)}", "d + @\"P1M\" * a", "a ** a ** a ** a"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		x, err := Parse(src, "amount due")
		if err != nil {
			return
		}
		v, err := x.Eval(fuzzScope())
		again, _, err2 := x.Explain(fuzzScope())
		if (err == nil) != (err2 == nil) || err == nil && Text(v) != Text(again) {
			t.Fatalf("%q: Eval gives %s, %v; Explain gives %s, %v", src, Text(v), err, Text(again), err2)
		}
		if err != nil {
			return
		}
		Format(v)
		stored := AppendJSON(nil, v)
		back, err := DecodeJSON(stored)
		if err != nil {
			t.Fatalf("%q: %s: %v", src, stored, err)
		}
		if text := AppendJSON(nil, back); string(text) != string(stored) || !Equal(v, back) {
			t.Fatalf("%q: %s came back as %s", src, stored, text)
		}
	})
}

func FuzzParseTemplate(f *testing.F) {
	for _, src := range []string{"Hello {a}", "{{x}} {b}", "{c.a} {l[1]}", "{\"}\"}", "{ {a: 1}.a }", "}", "{", "${a}", "{a /* } */}", "é\n{n}"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		tm, err := ParseTemplate(src, "amount due")
		if err != nil {
			e, ok := err.(*Error)
			if !ok || e.Offset < 0 || e.Offset > len(src) || e.Line < 1 || e.Col < 1 {
				t.Fatalf("%q: bad error %+v", src, err)
			}
			return
		}
		s, err := tm.Eval(fuzzScope())
		if err == nil && !strings.ContainsAny(src, "{}") && s != src {
			t.Fatalf("%q became %q", src, s)
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, src := range []string{`null`, `[1,2.50,-3e5]`, `{"a":{"b":[true,false]}}`, `{"$date":"2026-12-31"}`, `{"$context":{"$x":1}}`, `{"$range":[1,5,"[)"]}`,
		`{"$dateTime":"2026-12-31T08:30:00+01:00@Europe/Berlin"}`, `"\ud83d\ude00\n"`, `{"$duration":"P1DT2H"}`, `{"$months":"-P1Y"}`, ` [ ] `} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := DecodeJSON(data); err == nil {
			stored := AppendJSON(nil, v)
			back, err := DecodeJSON(stored)
			if err != nil {
				t.Fatalf("%q: %s: %v", data, stored, err)
			}
			if again := AppendJSON(nil, back); string(again) != string(stored) {
				t.Fatalf("%q: %s came back as %s", data, stored, again)
			}
		}
		v, err := DecodePlainJSON(data)
		if valid := json.Valid(data); (err == nil) != valid && !isBound(err) {
			t.Fatalf("%q: encoding/json says %v, we say %v", data, valid, err)
		}
		if err == nil && !utf8.ValidString(Text(v)) {
			t.Fatalf("%q: the text is not valid", data)
		}
	})
}

// isBound tells whether err is about a bound, of which encoding/json has others.
func isBound(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "more than") || strings.Contains(err.Error(), "longer than") || strings.Contains(err.Error(), "too large"))
}
