package expr

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// money is a decimal that 34 digits always hold, with what is added to it.
func money() *rapid.Generator[Number] {
	return rapid.Custom(func(t *rapid.T) Number {
		return mustNumber(rapid.StringMatching(`-?[0-9]{1,14}\.[0-9]{0,4}`).Draw(t, "amount"))
	})
}

func rat(n Number) *big.Rat {
	r, _ := new(big.Rat).SetString(n.String())
	return r
}

func TestSumsAndProductsOfMoneyAreExact(t *testing.T) {
	sum, product, difference := mustParse("a + b"), mustParse("a * b"), mustParse("a - b")
	rapid.Check(t, func(t *rapid.T) {
		a, b := money().Draw(t, "a"), money().Draw(t, "b")
		s := Scope{Vars: map[string]Value{"a": a, "b": b}}
		for _, c := range []struct {
			x    *Expr
			want *big.Rat
		}{{sum, new(big.Rat).Add(rat(a), rat(b))}, {difference, new(big.Rat).Sub(rat(a), rat(b))}, {product, new(big.Rat).Mul(rat(a), rat(b))}} {
			v, _ := c.x.Eval(s)
			if n, ok := v.(Number); !ok || rat(n).Cmp(c.want) != 0 {
				t.Fatalf("%s with a = %s, b = %s is %s", c.x, a, b, Text(v))
			}
		}
	})
}

func mustParse(src string, names ...string) *Expr {
	x, err := Parse(src, names...)
	if err != nil {
		panic(err)
	}
	return x
}

func TestArithmeticKeepsItsLaws(t *testing.T) {
	laws := []*Expr{
		mustParse("a + b = b + a"), mustParse("a * b = b * a"), mustParse("a - a = 0"), mustParse("a - b = -(b - a)"), mustParse("a + 0 = a"), mustParse("a * 1 = a"),
		mustParse("(a < b) = (b > a)"), mustParse("(a <= b) = not(a > b)"), mustParse("(a = b) = (a - b = 0)"), mustParse("a between b and b or a != b"),
		mustParse("number(string(a)) = a"), mustParse("abs(a) >= 0"), mustParse("floor(a) <= a and ceiling(a) >= a"), mustParse("if b = 0 then true else abs(modulo(a, b)) < abs(b)"),
		mustParse("min(a, b) <= max(a, b)"), mustParse("sum([a, b]) = a + b"), mustParse("sort([a, b])[1] = min(a, b)"), mustParse("a in [min(a, b)..max(a, b)]"),
		mustParse("abs(decimal(a, 2) - a) <= 0.005"), mustParse("count(distinct values([a, a, b])) <= 2"),
	}
	rapid.Check(t, func(t *rapid.T) {
		s := Scope{Vars: map[string]Value{"a": money().Draw(t, "a"), "b": money().Draw(t, "b")}}
		for _, law := range laws {
			if ok, err := law.Test(s); !ok || err != nil {
				t.Fatalf("%s does not hold for %v: %v", law, s.Vars, err)
			}
		}
	})
}

func TestNumbersReadBackFromTheirText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := anyNumber().Draw(t, "n")
		back, ok := ParseNumber(n.String())
		if !ok || back.Cmp(n) != 0 {
			t.Fatalf("%s came back as %s", n, back)
		}
	})
	for _, s := range []string{"", "-", ".", "e5", "1e", "1e5.5", "NaN", "Infinity", "0x10", "1_000", "1 000", "--1", "+-1", "1e999999", "1e6145", "١"} {
		if n, ok := ParseNumber(s); ok {
			t.Errorf("%q was read as %s", s, n)
		}
	}
}

func TestAWrittenTextReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := anyText().Draw(t, "text")
		got, err := evalOnce(Text(List{v}), nil, Scope{})
		if err != nil || !Equal(got, List{v}) {
			t.Fatalf("%q came back as %s, %v", string(v), Text(got), err)
		}
	})
}

func TestSortingLosesNothing(t *testing.T) {
	x := mustParse("sort(l)")
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SliceOfN(money(), 0, 30).Draw(t, "list")
		list := make(List, len(l))
		for i, n := range l {
			list[i] = n
		}
		v, err := x.Eval(Scope{Vars: map[string]Value{"l": list}})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortStableFunc(l, Number.Cmp)
		for i, n := range v.(List) {
			if n.(Number).Cmp(l[i]) != 0 {
				t.Fatalf("item %d is %s, want %s", i+1, Text(n), l[i])
			}
		}
	})
}
