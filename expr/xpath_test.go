package expr

import (
	"strings"
	"testing"
)

func TestPatternsAreThoseOfXPath(t *testing.T) {
	for _, c := range []struct {
		input, pattern, flags string
		want                  string // true, false, or what the reason says
	}{
		{"X", "[A-Z-[OI]]", "", "true"},
		{"O", "[A-Z-[OI]]", "", "false"},
		{"x", "[A-Z-[OI]]", "i", "true"},
		{"i", "[A-Z-[OI]]", "i", "false"},
		{"k", "[a-z-[K]]", "i", "false"},
		{"o", "[a-z-[O]]", "i", "false"},
		{"\u212a", "[A-Z-[k]]", "i", "false"}, // the Kelvin sign is a K
		{"b", "[a-z-[aeiou-[i]]]", "", "true"},
		{"i", "[a-z-[aeiou-[i]]]", "", "true"},
		{"e", "[a-z-[aeiou-[i]]]", "", "false"},
		{"5", "[^a-z-[0-4]]", "", "true"},
		{"3", "[^a-z-[0-4]]", "", "false"},
		{"a", "[a-[a]]", "", "false"},
		{"a-[b]", `a\-\[b\]`, "", "true"},
		{"-", "[a-]", "", "true"},
		{"[", `[\[]`, "", "true"},
		{"7", `[\d-[5]]`, "", "true"},
		{"5", `[\d-[5]]`, "", "false"},
		{"٣", `^\d$`, "", "true"},
		{"٣", `^\D$`, "", "false"},
		{"é", `^\w$`, "", "true"},
		{"€", `^\w$`, "", "true"},
		{"_", `^\w$`, "", "false"}, // connecting punctuation
		{"_", `^[\w_]$`, "", "true"},
		{"-", `^\W$`, "", "true"},
		{"\f", `\s`, "", "false"},
		{"\u00a0", `^\S$`, "", "true"},
		{"\t", `^[\S]$`, "", "false"},
		{"xs:int-2.0", `^\i\c*$`, "", "true"},
		{"2x", `^\i`, "", "false"},
		{"2x", `^\I[\i]$`, "", "true"},
		{"a b", `\C`, "", "true"},
		{"ab", `^a(?:b)$`, "", "true"},
		{"aaa", "^a{2,3}$", "", "true"},
		{"a{1", `a\{1`, "", "true"},
		{"ab 12-34", `^\w{2} \d{2}-\d{2}$`, "", "true"},
		{"a{1", "a{1", "", "a number of times"},
		{"a", "a{,2}", "", "a number of times"},
		{"a", "a{x}", "", "a number of times"},
		{"a}", "a}", "", "nothing opened"},
		{"]", "]", "", "nothing opened"},
		{"]", "[]a]", "", "nothing behind it"},
		{"a", "[[:alpha:]]", "", "nothing behind it"},
		{"a", "[]", "", "nothing behind it"},
		{"a", `\ba`, "", `\b is not known`},
		{"a", "(?i)A", "", "give flags"},
		{"a", "(?P<n>a)", "", "give flags"},
		{"a", `\p{Letter}`, "", "not known"},
		{"a", `\pL`, "", "a name in braces"},
		{"a", `\Qa\E`, "", "not known"},
		{"]", `[\]]`, "", "true"},
		{"a b", "a b", "x", "false"},
		{"ab", "a b", "x", "true"},
		{"a b", "a[ ]b", "x", "true"},
		{"hello", `^\p{IsBasicLatin}+$`, "", "true"},
		{"grün", `^\p{IsBasicLatin}+$`, "", "false"},
		{"grün", `^[\p{IsBasicLatin}\p{IsLatin-1Supplement}]+$`, "", "true"},
		{"Ж", `^\P{IsCyrillic}$`, "", "false"},
		{"Ж", `[^\P{IsCyrillic}]`, "", "true"},
		{"hello", `^\p{ I s BasicLatin}+$`, "x", "true"},
		{"é", `\p{L}`, "", "true"},
		{"é", `\p{Lu}`, "", "false"},
		{"a\rb", "a.b", "", "false"},
		{"a\rb", "a.b", "s", "true"},
		{"a\n\nb\n", "^$", "m", "true"},
		{"a\nb\n", "^$", "m", "false"},
		{"a\nb\n", "^b$", "m", "true"},
		{"a\n", "$", "m", "true"},
		{"", "^$", "m", "true"},
		{"\n", "^$", "m", "true"},
		{"aa", `(a)\1`, "", "cannot refer back"},
		{"aa", `[a\0]`, "", "cannot refer back"},
		{"a", `\p{IsKlingon}`, "", "not known"},
		{"a", `\p{Is`, "", "a name in braces"},
		{"a", "[a-z-[b]", "", "a [ without a ]"},
		{"a", "[a-z-[b]c]", "", "a [ without a ]"},
		{"a", "[z-a-[b]]", "", "not understood"},
		{"a", "[b-[z-a]]", "", "not understood"},
		{"a", `a\`, "", "alone"},
		{"a", "(a", "", "not understood"},
	} {
		p, err := compilePattern(c.pattern, c.flags)
		switch {
		case err != nil:
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.pattern, err, c.want)
			}
		case Text(Boolean(p.matches(c.input))) != c.want:
			t.Errorf("%s on %q with %q is not %s", c.pattern, c.input, c.flags, c.want)
		}
	}
}

func TestReplacementsAreThoseOfXPath(t *testing.T) {
	for src, want := range map[string]string{
		`replace("abc", "(b)(x)?", "[$1$2$0]")`: `"a[bb]c"`,
		`replace("abc", "b", "\$1")`:            `"a$1c"`,
		`replace("abc", "b", "\\")`:             "null", // FEEL reads one backslash
		`replace("abc", "b", "\\\\")`:           `"a\\c"`,
		`replace("abc", "b", "$")`:              "null",
		`replace("abc", "b", "$x")`:             "null",
		`replace("abc", "b", "\n")`:             `"a\nc"`,
		`replace("abc", "b", "\d")`:             "null",
		`replace("abc", "x*", "-")`:             "null",
		`replace("abc", "^", "-")`:              "null",
		`replace("abc", "b|$", "-")`:            "null",
	} {
		if got := Literal(mustEval(t, src, nil), 0); got != want {
			t.Errorf("%s gives %s, not %s", src, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, p := range []string{"[A-Z-[OI]]", `\p{IsBasicLatin}+`, "[^a-z-[0-4]]", "a[", `\`, "[[:alpha:]-[a]]", "(x{30}){30}", `[\P{IsGreek}]`} {
		f.Add(p, "xsmi", "grün X 5\n")
	}
	f.Fuzz(func(t *testing.T, pattern, flags, input string) {
		p, err := compilePattern(pattern, flags)
		if err != nil {
			return
		}
		if p.cost > maxProgram {
			t.Fatalf("%q costs %d", pattern, p.cost)
		}
		if len(input) < 1000 {
			p.matches(input)
		}
	})
}
