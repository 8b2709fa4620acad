package expr

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// money is a decimal of 17 digits at most, so that 34 always hold a product.
func money() *rapid.Generator[Number] {
	return rapid.Custom(func(t *rapid.T) Number {
		return mustNumber(rapid.StringMatching(`-?[0-9]{1,13}\.[0-9]{0,4}`).Draw(t, "amount"))
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

// TestRoundingAgreesWithWholeNumbers works each rounding out a second time, by
// dividing whole numbers.
func TestRoundingAgreesWithWholeNumbers(t *testing.T) {
	away := func(frac *big.Rat, _ bool, _ bool) bool { return frac.Sign() > 0 }
	half := big.NewRat(1, 2)
	ways := map[string]func(frac *big.Rat, negative, odd bool) bool{ // whether to go one further from zero
		"round up":        away,
		"round down":      func(*big.Rat, bool, bool) bool { return false },
		"floor":           func(f *big.Rat, negative, _ bool) bool { return negative && f.Sign() > 0 },
		"ceiling":         func(f *big.Rat, negative, _ bool) bool { return !negative && f.Sign() > 0 },
		"round half up":   func(f *big.Rat, _, _ bool) bool { return f.Cmp(half) >= 0 },
		"round half down": func(f *big.Rat, _, _ bool) bool { return f.Cmp(half) > 0 },
		"decimal":         func(f *big.Rat, _, odd bool) bool { return f.Cmp(half) > 0 || f.Cmp(half) == 0 && odd },
	}
	rapid.Check(t, func(t *rapid.T) {
		n := money().Draw(t, "n")
		scale := rapid.IntRange(-5, 6).Draw(t, "scale")
		unit := rat(mustNumber("1e" + Int(int64(-scale)).String()))
		quotient := new(big.Rat).Quo(new(big.Rat).Abs(rat(n)), unit)
		whole := new(big.Int).Quo(quotient.Num(), quotient.Denom())
		frac := new(big.Rat).Sub(quotient, new(big.Rat).SetInt(whole))
		for name, further := range ways {
			want := new(big.Int).Set(whole)
			if further(frac, n.Sign() < 0, whole.Bit(0) == 1) {
				want.Add(want, big.NewInt(1))
			}
			if n.Sign() < 0 {
				want.Neg(want)
			}
			v, _ := mustParse(name + "(n, s)").Eval(Scope{Vars: map[string]Value{"n": n, "s": Int(int64(scale))}})
			if got, ok := v.(Number); !ok || rat(got).Cmp(new(big.Rat).Mul(new(big.Rat).SetInt(want), unit)) != 0 {
				t.Fatalf("%s(%s, %d) is %s", name, n, scale, Text(v))
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

// TestCopiesOfNumbersShareNothing goes through calculations whose intermediate
// results are long, which makes apd keep digits outside the Decimal.
func TestCopiesOfNumbersShareNothing(t *testing.T) {
	for _, src := range []string{"1500000000000000000000000000000000 * 2000000000000000000000000000000000", "1e90 + 1", "9999999999999999999999999999999999 + 1",
		"2 ** 100", "2 ** 1000", "sqrt(9e66)", "exp(100)", "log(1e33)", "1e33 / 7", "decimal(1e33, 0)", "floor(12345678901234567890123456789012.5)", "modulo(1e33, 7e32)",
		"1000000000000000000000000000000000000000000000000", "-(2 ** 100)", "number(\"3000000000000000000000000000000000000000\")"} {
		n, ok := mustEval(t, src, nil).(Number)
		if !ok || n.dec.Coeff.Size() != homeSize {
			t.Errorf("%s: %s has its digits elsewhere", src, n)
		}
	}
	for _, data := range []string{"3000000000000000000000000000000000000000", "12345678901234567890.12345678901234567890"} {
		v, err := DecodeJSON([]byte(data))
		if n, ok := v.(Number); err != nil || !ok || n.dec.Coeff.Size() != homeSize {
			t.Errorf("%s: %v, %v has its digits elsewhere", data, v, err)
		}
	}
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
