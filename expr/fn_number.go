package expr

import (
	"slices"

	"github.com/cockroachdb/apd/v3"
)

func defineNumbers() {
	rounding := func(name string, how apd.Rounder, sigs ...string) {
		define(name, func(c *callEnv, a []Value) Value { return c.round(a, how) }, sigs...)
	}
	rounding("decimal", apd.RoundHalfEven, "n, scale")
	rounding("floor", apd.RoundFloor, "n", "n, scale")
	rounding("ceiling", apd.RoundCeiling, "n", "n, scale")
	rounding("round up", apd.RoundUp, "n, scale")
	rounding("round down", apd.RoundDown, "n, scale")
	rounding("round half up", apd.RoundHalfUp, "n, scale")
	rounding("round half down", apd.RoundHalfDown, "n, scale")
	define("abs", fnAbs, "n")
	define("modulo", fnModulo, "dividend, divisor")
	define("sqrt", fnSqrt, "number")
	define("log", fnLog, "number")
	define("exp", fnExp, "number")
	define("odd", fnOdd, "number")
	define("even", fnEven, "number")
	define("sum", fnSum, "list", "list…")
	define("product", fnProduct, "list", "list…")
	define("mean", fnMean, "list", "list…")
	define("median", fnMedian, "list", "list…")
	define("stddev", fnStddev, "list", "list…")
	define("mode", fnMode, "list", "list…")
}

func (c *callEnv) round(a []Value, how apd.Rounder) Value {
	n, ok := c.number(a[0])
	if !ok {
		return nil
	}
	scale := int64(0)
	if len(a) > 1 {
		if scale, ok = c.index(a[1]); !ok {
			return nil
		}
	}
	if scale < -6111 || scale > 6176 {
		return c.note(c.pos, "%s: the number of digits must be between -6111 and 6176", c.name)
	}
	return c.numberOr(n.round(scale, how))
}

func fnAbs(c *callEnv, a []Value) Value {
	switch x := single(a[0]).(type) {
	case Number:
		if x.Sign() < 0 {
			return x.neg()
		}
		return x
	case DaysDuration:
		if x.negative() {
			return negated(x)
		}
		return x
	case MonthsDuration:
		return max(x, -x)
	}
	return c.wrong(a[0], "a number or duration")
}

// fnModulo has the sign of the divisor, as FEEL defines it.
func fnModulo(c *callEnv, a []Value) Value {
	n, ok1 := c.number(a[0])
	m, ok2 := c.number(a[1])
	if !ok1 || !ok2 {
		return nil
	}
	if m.Sign() == 0 {
		return c.note(c.pos, "this divides by zero")
	}
	r, ok := n.rem(m)
	if ok && r.Sign() != 0 && r.Sign() != m.Sign() {
		r, ok = r.add(m)
	}
	return c.numberOr(r, ok)
}

// rem is what a division leaves over; not ok where the quotient has more digits
// than a number holds.
func (n Number) rem(m Number) (r Number, ok bool) {
	switch gap := n.magnitude() - m.magnitude(); {
	case n.dec.IsZero() || gap < -1:
		return n, true
	case gap > int64(arith.Precision):
		return r, false
	}
	cond, _ := arith.Rem(&r.dec, &n.dec, &m.dec)
	return finish(r, cond)
}

func fnSqrt(c *callEnv, a []Value) Value {
	n, ok := c.number(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, 20)
	if n.Sign() < 0 {
		return c.note(c.pos, "sqrt: a number below zero has no square root")
	}
	return c.numberOr(n.sqrt())
}

func (n Number) sqrt() (Number, bool) {
	var r Number
	cond, _ := arith.Sqrt(&r.dec, &n.dec)
	return inexact(r, cond)
}

func fnLog(c *callEnv, a []Value) Value {
	n, ok := c.number(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, 500)
	if n.Sign() <= 0 {
		return c.note(c.pos, "log: only numbers above zero have a logarithm")
	}
	var r Number
	cond, _ := arith.Ln(&r.dec, &n.dec)
	return c.numberOr(inexact(r, cond))
}

func fnExp(c *callEnv, a []Value) Value {
	n, ok := c.number(a[0])
	if !ok {
		return nil
	}
	c.step(c.pos, 500)
	return c.numberOr(n.exp())
}

func fnOdd(c *callEnv, a []Value) Value  { return c.parity(a[0], true) }
func fnEven(c *callEnv, a []Value) Value { return c.parity(a[0], false) }

func (c *callEnv) parity(v Value, odd bool) Value {
	n, ok := c.number(v)
	if !ok {
		return nil
	}
	if !n.whole() {
		return c.wrong(v, "a whole number")
	}
	if n.dec.Exponent > 0 {
		return Boolean(!odd)
	}
	var r apd.Decimal
	if cond, _ := arith.Rem(&r, &n.dec, apd.New(2, 0)); cond&badConditions != 0 {
		return c.numberOr(n, false)
	}
	return Boolean(r.IsZero() != odd)
}

func total(ns []Number) (sum Number, ok bool) {
	ok = true
	for _, n := range ns {
		if sum, ok = sum.add(n); !ok {
			break
		}
	}
	return sum, ok
}

// someNumbers reads at least one number.
func (c *callEnv) someNumbers(a []Value) ([]Number, bool) {
	ns, ok := c.numbers(a)
	if ok && len(ns) == 0 {
		c.note(c.pos, "%s: the list is empty", c.name)
	}
	return ns, ok && len(ns) > 0
}

func fnSum(c *callEnv, a []Value) Value {
	ns, ok := c.someNumbers(a)
	if !ok {
		return nil
	}
	return c.numberOr(total(ns))
}

func fnProduct(c *callEnv, a []Value) Value {
	ns, ok := c.someNumbers(a)
	if !ok {
		return nil
	}
	r := Int(1)
	for _, n := range ns {
		if r, ok = r.mul(n); !ok {
			break
		}
	}
	return c.numberOr(r, ok)
}

func fnMean(c *callEnv, a []Value) Value {
	ns, ok := c.someNumbers(a)
	if !ok {
		return nil
	}
	return c.numberOr(mean(ns))
}

func mean(ns []Number) (Number, bool) {
	sum, ok := total(ns)
	if !ok {
		return sum, false
	}
	return sum.quo(Int(int64(len(ns))))
}

func fnMedian(c *callEnv, a []Value) Value {
	ns, ok := c.someNumbers(a)
	if !ok {
		return nil
	}
	slices.SortStableFunc(ns, Number.Cmp)
	mid := len(ns) / 2
	if len(ns)%2 == 1 {
		return ns[mid]
	}
	return c.numberOr(mean(ns[mid-1 : mid+1]))
}

// fnStddev is that of a sample: it divides by one less than there are numbers.
func fnStddev(c *callEnv, a []Value) Value {
	ns, ok := c.someNumbers(a)
	if !ok {
		return nil
	}
	if len(ns) < 2 {
		return c.note(c.pos, "stddev: two numbers or more are needed")
	}
	m, ok := mean(ns)
	var sum Number
	for _, n := range ns {
		d, ok1 := n.sub(m)
		square, ok2 := d.mul(d)
		next, ok3 := sum.add(square)
		sum, ok = next, ok && ok1 && ok2 && ok3
	}
	if !ok {
		return c.numberOr(sum, false)
	}
	variance, ok := sum.quo(Int(int64(len(ns) - 1)))
	if !ok {
		return c.numberOr(sum, false)
	}
	return c.numberOr(variance.sqrt())
}

// fnMode lists the most frequent numbers, in ascending order.
func fnMode(c *callEnv, a []Value) Value {
	ns, ok := c.numbers(a)
	if !ok {
		return nil
	}
	slices.SortStableFunc(ns, Number.Cmp)
	out, most := List{}, 0
	for i := 0; i < len(ns); {
		j := i
		for j < len(ns) && ns[j].Cmp(ns[i]) == 0 {
			j++
		}
		if j-i > most {
			out, most = List{}, j-i
		}
		if j-i == most {
			out = append(out, ns[i])
		}
		i = j
	}
	return out
}
