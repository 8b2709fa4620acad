package movein

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/expr"
)

// The common shapes of Java's expressions, and what they are in FEEL.
var shapes = []struct{ juel, feel string }{
	{`${amount > 1000}`, `amount > 1000`},
	{`#{amount gt 1000}`, `amount > 1000`},
	{`${approved}`, `approved = true`},
	{`${!approved}`, `not(approved = true)`},
	{`${not (a == b)}`, `not(a = b)`},
	{`${a == 'x' && b != "y" || c}`, `a = "x" and b != "y" or c = true`},
	{`${(a or b) and c}`, `(a = true or b = true) and c = true`},
	{`${empty list}`, `(list = null or string(list) in ("", "[]", "{}"))`},
	{`${not empty a.b}`, `not((a.b = null or string(a.b) in ("", "[]", "{}")))`},
	{`${a lt 1 and b le 2 and c ge 3 and d ne 4 and e eq 5}`, `a < 1 and b <= 2 and c >= 3 and d != 4 and e = 5`},
	{`${order.lines[0].price * 1.19 >= limit - 5}`, `order.lines[1].price * 1.19 >= limit - 5`},
	{`${order['net amount'] == .5}`, `get value(order, "net amount") = 0.5`},
	{`${x mod 2 == 0 and 7 % y == 1}`, `modulo(x, 2) = 0 and modulo(7, y) = 1`},
	{`${a - (b - c) div 2 > 0}`, `a - (b - c) / 2 > 0`},
	{`${a ? 'yes' : b == null}`, `(if a = true then "yes" else b = null) = true`},
	{`${kind.equals('a')}`, `kind = "a"`},
	{`${!kind.equalsIgnoreCase("A")}`, `not(lower case(kind) = lower case("A"))`},
	{`${name.startsWith('A') && name.length() > 3}`, `starts with(name, "A") and string length(name) > 3`},
	{`${list.size() > 2 && !list.isEmpty()}`, `count(list) > 2 and not((list = null or string(list) in ("", "[]", "{}")))`},
	{`${execution.getVariable('a') == 10L}`, `a = 10`},
	{`${JSON(order).prop('total').numberValue() > 5}`, `order.total > 5`},
	{`${map.get('key') == -1}`, `map.key = -1`},
	{`${execution.processInstanceId == 4}`, `instance = 4`},
	{`${now().plusDays(3).plusWeeks(1)}`, `now() + duration("P3D") + duration("P7D") = true`},
	{`${kind === 'it\'s' && text == "a\\b"}`, `kind = "it's" and text = "a\\b"`},
	{`${comment == 'no' || item.size == 1}`, `commentValue = "no" or itemValue.size = 1`},
	{`${$price > 1 && größe < 2}`, `_price > 1 and größe < 2`},
	{`= amount > 1000 and comment = "no"`, `amount > 1000 and commentValue = "no"`},
	{`=order.comment = "comment" and {comment: 1}.comment = 1`, `order.comment = "comment" and {comment: 1}.comment = 1`},
	{`${nrOfCompletedInstances == nrOfInstances and loopCounter < 2}`, `numberOfCompletedInstances = numberOfInstances and loopCounter - 1 < 2`},
	{`${boss == 'x'}`, `starter.login = "x"`},
}

func TestJavaExpressionsAreSaidInFEEL(t *testing.T) {
	for _, s := range shapes {
		n := newNames()
		n.zeroBase, n.starters["boss"] = true, true
		got, bad := n.condition(s.juel)
		if bad != nil || got != s.feel {
			t.Errorf("%s\n  got  %s %v\n  want %s", s.juel, got, bad, s.feel)
		}
	}
}

// They also come to the same: null, texts, lists and numbers in, true or false out.
func TestTranslatedConditionsAreTrueWhenTheyWere(t *testing.T) {
	vars := map[string]expr.Value{"yes": expr.Boolean(true), "none": nil, "text": expr.String("abc"), "blank": expr.String(""),
		"list": expr.List{expr.String("a")}, "nothing": expr.List{}, "order": expr.Context{{Key: "n", Value: expr.String("x")}}}
	for juel, want := range map[string]bool{
		"${yes}": true, "${none}": false, "${!none}": true, "${!yes}": false, "${none || yes}": true, "${none && yes}": false,
		"${empty none}": true, "${empty text}": false, "${empty blank}": true, "${empty list}": false, "${empty nothing}": true,
		"${not empty list and text.length() == 3}": true, "${list[0] == 'a'}": true, "${order.n == 'x' && list.size() == 1}": true,
		"${(yes ? 2 : 3) == 2}": true, "${none == null}": true, "${7 % 4 == 3}": true,
	} {
		feel, bad := newNames().condition(juel)
		if bad != nil {
			t.Errorf("%s: %v", juel, bad)
			continue
		}
		x, err := expr.Parse(feel)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := x.Test(expr.Scope{Vars: vars, Now: time.Unix(0, 0)}); err != nil || got != want {
			t.Errorf("%s is %s in FEEL, and gives %v %v", juel, feel, got, err)
		}
	}
}

func TestWhatHasNoEqualIsRefusedWithAdvice(t *testing.T) {
	for src, want := range map[string]string{
		"${bean.check(amount)}":                   "calls the method .check()",
		"${list.contains('a')}":                   "whether .contains() looks into a text or a list",
		"${authenticatedUserId == currentUser()}": "calls the function currentUser()",
		"${execution == null}":                    "an object of the other engine",
		"${execution.processBusinessKey}":         "execution.processBusinessKey is a value",
		"${task.name}":                            "task is an object",
		"${a[b]}":                                 "known only when it runs",
		"${a = b}":                                `"=" means nothing`,
		"${a ==}":                                 "ends too early",
		"${(a}":                                   `")" is missing`,
		"${a b}":                                  `"b" stands where the expression should end`,
		"${'a}":                                   "a brace is not closed",
		"${a":                                     "a brace is not closed",
		"${a.}":                                   "no name behind a point",
		"${1x}":                                   "is no number",
		"${* 2}":                                  "stands where a value should be",
		"${a ? b}":                                `":" is missing`,
		"${now().plusDays(n)}":                    "something else than a number",
		"${x -> x}":                               "stands where",
		"=get or foo(a)":                          "cannot be read here",
		"=is like(a)":                             "cannot be read here",
		"${" + strings.Repeat("(", 100) + "}":     "nested more than 60",
		"${" + strings.Repeat("!", 100) + "a}":    "nested more than 60",
		"${a" + strings.Repeat(".a", 100) + "}":   "nested more than 60",
		"${a" + strings.Repeat("+a", maxTerms) + "}":           "more than 2000 parts",
		"${" + strings.Repeat("a", maxSource) + "}":            "more than 8192 bytes",
		"${a" + strings.Repeat("[a", 100) + "}":                "nested more than 60",
		"${f(" + strings.Repeat("f(", 100) + "}":               "nested more than 60",
		"${" + strings.Repeat("empty ", 50) + "a}":             "more than 32768 bytes",
		"${a ? " + strings.Repeat("a ? ", 100) + "b : c" + "}": "nested more than 60",
	} {
		out, bad := newNames().condition(src)
		if bad == nil {
			t.Errorf("%s became %s", short(src), short(out))
		} else if !strings.Contains(bad.reason, want) || bad.advice == "" {
			t.Errorf("%s: %q, %q; want %q", short(src), bad.reason, bad.advice, want)
		}
	}
}

func TestTextsKeepTheirWords(t *testing.T) {
	for src, want := range map[string]string{
		"Approve ${name} {now}": "Approve {name} {{now}}",
		"no expression":         "no expression",
		"${a}${b.c}":            "{a}{b.c}",
		`="Hello {you}"`:        "Hello {{you}}",
		`="Hello " + name`:      `{"Hello " + name}`,
		`${a == "}"}`:           `{a = "}"}`,
	} {
		if got, bad := newNames().template(src); bad != nil || got != want {
			t.Errorf("%s: %s %v, want %s", src, got, bad, want)
		}
	}
	if _, bad := newNames().template("$${a}"); bad == nil {
		t.Error("a text that would show ${ was not refused")
	}
}

// Whatever an expression is, the answer is FEEL that can be read, or a reason
// with advice.
func FuzzExpression(f *testing.F) {
	for _, s := range shapes {
		f.Add(s.juel)
	}
	f.Add("a ${b} c #{d} = '")
	f.Add("${execution.setVariable('x', 1)}")
	f.Fuzz(func(t *testing.T, src string) {
		for _, say := range []func(*names, string) (string, *unreadable){(*names).condition, (*names).expression} {
			out, bad := say(newNames(), src)
			if bad != nil {
				if bad.reason == "" || bad.advice == "" {
					t.Errorf("%q: no reason or no advice", src)
				}
				continue
			}
			if _, err := expr.Parse(out, "instance"); err != nil {
				t.Errorf("%q became %q: %v", src, out, err)
			}
		}
		if out, bad := newNames().template(src); bad == nil {
			if _, err := expr.ParseTemplate(out, "instance"); err != nil {
				t.Errorf("%q became the text %q: %v", src, out, err)
			}
		}
		m := &mover{names: newNames()}
		if all, bad := m.settings(src); bad == nil {
			for _, s := range all {
				if _, err := expr.Parse(s.value, "instance"); err != nil {
					t.Errorf("%q sets %s to %q: %v", src, s.variable, s.value, err)
				}
			}
		}
	})
}
