package expr

import (
	"math"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Number is a decimal of up to 34 digits. The zero Number is 0. Trailing zeros
// are kept, so 12.50 reads as it was written; 12.50 and 12.5 are equal.
//
// The digits of a Number are always inside its apd.Decimal, so that copies share
// nothing; compact sees to that.
type Number struct{ dec apd.Decimal }

// arith is decimal128: 34 digits, half to even. It is only ever read.
var arith = apd.Context{Precision: 34, MaxExponent: MaxExponent, MinExponent: 1 - MaxExponent, Rounding: apd.RoundHalfEven}

const badConditions = apd.Overflow | apd.DivisionByZero | apd.DivisionUndefined | apd.DivisionImpossible |
	apd.InvalidOperation | apd.SystemOverflow | apd.SystemUnderflow

// Int returns n as a Number.
func Int(n int64) Number {
	var x Number
	x.dec.SetInt64(n)
	return x
}

// ParseNumber reads decimal text such as "-12.50" or "1e3". More than 34 digits
// are rounded. Infinities, NaN and other words are refused.
func ParseNumber(s string) (n Number, ok bool) {
	if !numeric(s) {
		return Number{}, false
	}
	_, cond, err := arith.SetString(&n.dec, s)
	if err != nil {
		return Number{}, false
	}
	return finish(n, cond)
}

// numeric tells whether s is digits with at most one point, sign and exponent.
func numeric(s string) bool {
	s = strings.TrimLeft(s, "+-")
	mantissa, exponent, hasExp := s, "", false
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent, hasExp = s[:i], s[i+1:], true
	}
	if hasExp {
		exponent = strings.TrimLeft(exponent, "+-")
		if exponent == "" || len(strings.TrimLeft(exponent, "0")) > 5 || strings.Trim(exponent, "0123456789") != "" {
			return false
		}
	}
	whole, frac, _ := strings.Cut(mantissa, ".")
	return whole+frac != "" && strings.Trim(whole+frac, "0123456789") == "" && len(s) <= MaxExponent
}

// finish turns the result of a calculation into a Number: not ok where it is
// not finite, and never a negative zero.
func finish(n Number, cond apd.Condition) (Number, bool) {
	if cond&badConditions != 0 || n.dec.Form != apd.Finite {
		return Number{}, false
	}
	if n.dec.Negative && n.dec.IsZero() {
		n.dec.Negative = false
	}
	if n.dec.Exponent > 0 && n.dec.IsZero() {
		n.dec.Exponent = 0
	}
	return n.compact(), true
}

// homeSize is the size of digits that are all inside.
var homeSize = new(apd.BigInt).Size()

// compact brings digits home that apd left on the heap after a longer
// intermediate result: 34 digits fit into 113 bits, and a Decimal holds 128.
func (n Number) compact() Number {
	if n.dec.Coeff.Size() > homeSize {
		var home apd.BigInt
		home.SetMathBigInt(n.dec.Coeff.MathBigInt())
		n.dec.Coeff = home
	}
	return n
}

// Int64 returns n as an int64; ok is false where n has a fraction or is too large.
func (n Number) Int64() (i int64, ok bool) {
	i, err := n.dec.Int64()
	return i, err == nil
}

// integer returns the whole number n, clamped to the range of int64.
func (n Number) integer() (i int64, ok bool) {
	if i, ok = n.Int64(); ok {
		return i, true
	}
	if !n.whole() {
		return 0, false
	}
	if n.dec.Negative {
		return math.MinInt64, true
	}
	return math.MaxInt64, true
}

func (n Number) whole() bool {
	var r apd.Decimal
	if n.dec.Exponent >= 0 {
		return true
	}
	_, err := arith.RoundToIntegralValue(&r, &n.dec)
	return err == nil && r.Cmp(&n.dec) == 0
}

// Cmp compares two numbers: -1, 0 or 1.
func (n Number) Cmp(m Number) int { return n.dec.Cmp(&m.dec) }

// Sign returns -1, 0 or 1.
func (n Number) Sign() int { return n.dec.Sign() }

// String returns n in digits, without an exponent unless it is very large or small.
func (n Number) String() string { return string(n.append(nil)) }

func (n Number) append(dst []byte) []byte {
	exp := int64(n.dec.Exponent)
	if size := n.dec.NumDigits() + exp; exp < -60 || size > 60 {
		return n.dec.Append(dst, 'E')
	}
	return n.dec.Append(dst, 'f')
}

func (n Number) add(m Number) (Number, bool) {
	if gap := n.magnitude() - m.magnitude(); gap > farApart && !n.dec.IsZero() {
		return n, true
	} else if gap < -farApart && !m.dec.IsZero() {
		return m, true
	}
	var r Number
	cond, _ := arith.Add(&r.dec, &n.dec, &m.dec)
	return finish(r, cond)
}

func (n Number) sub(m Number) (Number, bool) { return n.add(m.neg()) }

// farApart is how many digits two numbers must be apart for the smaller one to
// make no difference to their sum; adding them digit by digit would be slow.
const farApart = 100

// magnitude is the place of the first digit.
func (n Number) magnitude() int64 { return n.dec.NumDigits() + int64(n.dec.Exponent) }

// mul keeps as many digits after the point as its factors have, and more only
// where they are needed: 12.50 × 2 is 25.00, 1250.50 × 1.19 is 1488.095.
func (n Number) mul(m Number) (Number, bool) {
	var r Number
	cond, _ := arith.Mul(&r.dec, &n.dec, &m.dec)
	r, ok := finish(r, cond)
	if n.dec.Exponent >= 0 || m.dec.Exponent >= 0 {
		return r, ok
	}
	return r.trim(min(n.dec.Exponent, m.dec.Exponent)), ok
}

// trim drops zeros at the end, up to the exponent keep, which is at most 0.
func (n Number) trim(keep int32) Number {
	if n.dec.Exponent >= keep {
		return n
	}
	var short apd.Decimal
	short.Reduce(&n.dec)
	if short.Exponent > keep {
		if cond, _ := arith.Quantize(&short, &short, keep); cond&badConditions != 0 {
			return n
		}
	}
	return Number{short}.compact()
}

// inexact finishes what was worked out digit by digit, and drops zeros that
// this alone put at the end.
func inexact(n Number, cond apd.Condition) (Number, bool) {
	n, ok := finish(n, cond)
	if !ok {
		return n, false
	}
	return n.trim(0), true
}

func (n Number) quo(m Number) (Number, bool) {
	if m.dec.IsZero() {
		return Number{}, false
	}
	var r Number
	cond, _ := arith.Quo(&r.dec, &n.dec, &m.dec)
	return inexact(r, cond)
}

func (n Number) pow(m Number) (Number, bool) {
	if m.dec.IsZero() {
		return Int(1), true // also 0**0, as in Java
	}
	if !m.whole() && n.Sign() > 0 {
		return n.root(m)
	}
	var r Number
	cond, _ := arith.Pow(&r.dec, &n.dec, &m.dec)
	return inexact(r, cond)
}

// wide holds what is between two steps of a longer calculation.
var wide = apd.Context{Precision: 50, MaxExponent: 4 * MaxExponent, MinExponent: -4 * MaxExponent, Rounding: apd.RoundHalfEven}

// root is n to the power of a fraction: e**(m·ln n).
func (n Number) root(m Number) (Number, bool) {
	var l Number
	if cond, _ := wide.Ln(&l.dec, &n.dec); cond&badConditions != 0 {
		return n, false
	}
	if cond, _ := wide.Mul(&l.dec, &l.dec, &m.dec); cond&badConditions != 0 {
		return n, false
	}
	return l.exp()
}

var ln10, _, _ = apd.NewFromString("2.302585092994045684017991454684364207601101488628772976033327900967572609677352480235997205")

// exp is e**n, worked out as 10**k · e**r with a small r, since apd takes long
// for large powers.
func (n Number) exp() (Number, bool) {
	if limit := Int(3 * MaxExponent); n.Cmp(limit) > 0 {
		return n, false
	} else if n.Cmp(limit.neg()) < 0 {
		return Int(0), true
	}
	var k, whole, r apd.Decimal
	wide.Quo(&k, &n.dec, ln10)
	wide.RoundToIntegralValue(&whole, &k)
	wide.Mul(&r, &whole, ln10)
	wide.Sub(&r, &n.dec, &r)
	if cond, _ := wide.Exp(&r, &r); cond&badConditions != 0 {
		return n, false
	}
	shift, err := whole.Int64()
	if err != nil {
		return n, false
	}
	r.Exponent += int32(shift)
	var out Number
	cond, _ := arith.Round(&out.dec, &r)
	return inexact(out, cond)
}

func (n Number) neg() Number {
	n.dec.Negative = !n.dec.Negative && !n.dec.IsZero()
	return n
}

// round returns n with scale digits after the point.
func (n Number) round(scale int64, how apd.Rounder) (Number, bool) {
	if scale < 1-MaxExponent-34 || scale > MaxExponent+34 {
		return Number{}, false
	}
	if int64(n.dec.Exponent) >= -scale && scale >= 0 && n.dec.NumDigits()+int64(n.dec.Exponent)+scale > 34 {
		return n, true // it is exact already, and zeros to show that do not fit
	}
	if !n.dec.IsZero() && n.magnitude() < -scale {
		// apd 3.2.3 rounds what is that small to 0 even when rounding up. A tenth of
		// the last digit is rounded as any smaller part is.
		tenth := apd.New(1, int32(-scale-1))
		tenth.Negative = n.dec.Negative
		n.dec = *tenth
	}
	ctx := arith
	ctx.Rounding = how
	var r Number
	cond, _ := ctx.Quantize(&r.dec, &n.dec, int32(-scale))
	return finish(r, cond)
}
