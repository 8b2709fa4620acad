package expr

import (
	"time"

	"github.com/cockroachdb/apd/v3"
)

// calc is l op r for the arithmetic operators.
type calc struct {
	pos  int
	op   operator
	l, r node
}

var operatorText = [...]string{"=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "**"}

func (n *calc) eval(e *env) Value {
	e.step(n.pos, 1)
	l, r := n.l.eval(e), n.r.eval(e)
	if a, ok := l.(Number); ok {
		if b, ok := r.(Number); ok {
			return n.numbers(e, a, b)
		}
	}
	if v := n.others(e, l, r); v != nil {
		return v
	}
	switch {
	case n.op == opQuo && isDuration(l) && isZero(r):
		return e.note(n.pos, "this divides by zero")
	case l == nil || r == nil:
		return e.note(n.pos, "one side of %s has no value", operatorText[n.op])
	case n.op == opAdd && (kind(l) == "string" || kind(r) == "string"):
		return e.note(n.pos, "a %s and a %s cannot be added: write string(…) around what is no text", kind(l), kind(r))
	}
	return e.note(n.pos, "%s cannot be worked out for a %s and a %s", operatorText[n.op], kind(l), kind(r))
}

func (n *calc) numbers(e *env, a, b Number) Value {
	var r Number
	var ok bool
	switch n.op {
	case opAdd:
		r, ok = a.add(b)
	case opSub:
		r, ok = a.sub(b)
	case opMul:
		r, ok = a.mul(b)
	case opQuo:
		if b.dec.IsZero() {
			return e.note(n.pos, "this divides by zero")
		}
		r, ok = a.quo(b)
	case opPow:
		e.step(n.pos, 500)
		r, ok = a.pow(b)
	}
	if !ok {
		return e.note(n.pos, "this number is too large, or not defined")
	}
	return r
}

func (n *calc) others(e *env, l, r Value) Value {
	switch n.op {
	case opAdd:
		if a, ok := l.(String); ok {
			if b, ok := r.(String); ok {
				e.text(n.pos, len(a)+len(b))
				return a + b
			}
			return nil
		}
		if isDuration(l) && !isDuration(r) {
			l, r = r, l
		}
		return addMoment(l, r)
	case opSub:
		if v := addMoment(l, negated(r)); v != nil {
			return v
		}
		return elapsed(l, r)
	case opMul:
		if b, ok := r.(Number); ok {
			return scale(l, b, Number.mul)
		}
		if a, ok := l.(Number); ok {
			return scale(r, a, Number.mul)
		}
	case opQuo:
		if b, ok := r.(Number); ok {
			return scale(l, b, Number.quo)
		}
		return ratio(l, r)
	}
	return nil
}

func isDuration(v Value) bool {
	switch v.(type) {
	case DaysDuration, MonthsDuration:
		return true
	}
	return false
}

func isZero(v Value) bool {
	switch d := v.(type) {
	case Number:
		return d.Sign() == 0
	case DaysDuration:
		return d == DaysDuration{}
	case MonthsDuration:
		return d == 0
	}
	return false
}

func negated(v Value) Value {
	switch d := v.(type) {
	case DaysDuration:
		return DaysDuration{-d.sec, -d.ns}
	case MonthsDuration:
		return -d
	}
	return nil
}

// addMoment is v + d for a duration d; nil where that makes no sense.
func addMoment(v, d Value) Value {
	if !isDuration(d) {
		return nil
	}
	switch x := v.(type) {
	case Date:
		if t, ok := AddTo(x.midnight(), d); ok {
			return DateOf(t)
		}
	case DateTime:
		if t, ok := AddTo(x.t, d); ok {
			return DateTime{t, x.local}
		}
	case Time:
		if y, ok := d.(DaysDuration); ok {
			ns := x.ns + y.sec%daySeconds*1e9 + y.ns
			return Time{floorMod(ns, dayNanos), x.loc}
		}
	case DaysDuration:
		if y, ok := d.(DaysDuration); ok {
			if sum := duration(x.sec+y.sec, x.ns+y.ns); sum.inRange() {
				return sum
			}
		}
	case MonthsDuration:
		if y, ok := d.(MonthsDuration); ok {
			return months(int64(x) + int64(y))
		}
	}
	return nil
}

const maxMonths = 1 << 40

func months(n int64) Value {
	if n > maxMonths || n < -maxMonths {
		return nil
	}
	return MonthsDuration(n)
}

// elapsed is the time from r to l. Beside a moment, a date counts as its
// beginning in UTC.
func elapsed(l, r Value) Value {
	if a, ok := l.(Time); ok {
		if b, ok := r.(Time); ok && (a.loc == nil) == (b.loc == nil) {
			return duration(0, a.utc()-b.utc())
		}
		return nil
	}
	a, ok1 := asDateTime(l, r)
	b, ok2 := asDateTime(r, l)
	if !ok1 || !ok2 || a.local != b.local {
		return nil
	}
	return duration(a.t.Unix()-b.t.Unix(), int64(a.t.Nanosecond()-b.t.Nanosecond()))
}

func asDateTime(v, other Value) (DateTime, bool) {
	switch x := v.(type) {
	case DateTime:
		return x, true
	case Date:
		_, isDateTime := other.(DateTime)
		return DateTime{t: x.midnight(), local: !isDateTime}, true
	}
	return DateTime{}, false
}

// number is a duration in seconds.
func (d DaysDuration) number() Number {
	sec, ns := Int(d.sec), Number{dec: *apd.New(d.ns, -9)}
	if d.ns == 0 {
		return sec
	}
	n, _ := sec.add(ns)
	return n
}

// daysOf is a duration of n seconds, nil where it is too long.
func daysOf(n Number) Value {
	ns, ok := n.mul(Int(1e9))
	if ok {
		ns, ok = ns.round(0, apd.RoundDown)
	}
	whole, ok2 := ns.quo(Int(1e9))
	whole, ok3 := whole.round(0, apd.RoundDown)
	sec, ok4 := whole.Int64()
	if !ok || !ok2 || !ok3 || !ok4 || sec >= maxDuration || sec <= -maxDuration {
		return nil
	}
	part, _ := whole.mul(Int(1e9))
	rest, _ := ns.sub(part)
	nanos, _ := rest.Int64()
	return duration(sec, nanos)
}

// scale is a duration times or divided by n.
func scale(v Value, n Number, op func(Number, Number) (Number, bool)) Value {
	switch d := v.(type) {
	case DaysDuration:
		if r, ok := op(d.number(), n); ok {
			return daysOf(r)
		}
	case MonthsDuration:
		r, ok := op(Int(int64(d)), n)
		if !ok {
			return nil
		}
		r, _ = r.round(0, apd.RoundDown)
		if m, ok := r.Int64(); ok {
			return months(m)
		}
	}
	return nil
}

// ratio is one duration divided by another of its type.
func ratio(l, r Value) Value {
	var a, b Number
	switch x := l.(type) {
	case DaysDuration:
		y, ok := r.(DaysDuration)
		if !ok {
			return nil
		}
		a, b = x.number(), y.number()
	case MonthsDuration:
		y, ok := r.(MonthsDuration)
		if !ok {
			return nil
		}
		a, b = Int(int64(x)), Int(int64(y))
	default:
		return nil
	}
	if q, ok := a.quo(b); ok {
		return q
	}
	return nil
}

func (n *negate) eval(e *env) Value {
	x := n.x.eval(e)
	if num, ok := x.(Number); ok {
		return num.neg()
	}
	if v := negated(x); v != nil {
		return v
	}
	return e.note(n.pos, "%s has no negative", described(x))
}

// property is x.name: an entry of a context, or a part of a moment.
func (e *env) property(pos int, x Value, name string) Value {
	var v Value
	switch x := x.(type) {
	case Context:
		v, ok := x.Get(name)
		if !ok {
			return e.note(pos, "there is no %q in this context", name)
		}
		return v
	case Date:
		v = dateProperty(x, name)
	case DateTime:
		if v = dateProperty(DateOf(x.t), name); v == nil {
			_, off := x.t.Zone()
			v = clockProperty(x.clock(), name, off)
		}
	case Time:
		off, _ := x.offset()
		v = clockProperty(x, name, off)
	case DaysDuration:
		v = daysProperty(x, name)
	case MonthsDuration:
		switch name {
		case "years":
			v = Int(int64(x / 12))
		case "months":
			v = Int(int64(x % 12))
		}
	case Range:
		v, ok := rangeProperty(x, name)
		if !ok {
			return e.note(pos, "a range has no %q", name)
		}
		return v
	}
	if x == nil {
		return e.note(pos, "%q cannot be read: what stands before the dot is null", name)
	}
	if v == nil {
		return e.note(pos, "a %s has no %q", kind(x), name)
	}
	return v
}

func dateProperty(d Date, name string) Value {
	switch name {
	case "year":
		return Int(int64(d.Year))
	case "month":
		return Int(int64(d.Month))
	case "day":
		return Int(int64(d.Day))
	case "weekday":
		return Int(isoWeekday(d))
	}
	return nil
}

// isoWeekday is 1 for Monday to 7 for Sunday.
func isoWeekday(d Date) int64 { return floorMod(int64(d.midnight().Weekday())-1, 7) + 1 }

func clockProperty(t Time, name string, off int) Value {
	h, m, s, ns := t.parts()
	switch name {
	case "hour":
		return Int(int64(h))
	case "minute":
		return Int(int64(m))
	case "second":
		return DaysDuration{int64(s), int64(ns)}.number().trim(0)
	case "time offset":
		if t.loc != nil {
			return DaysDuration{sec: int64(off)}
		}
	case "timezone":
		if t.loc != nil && t.loc != time.UTC && t.loc.String() != "" {
			return String(t.loc.String())
		}
	}
	return nil
}

func daysProperty(d DaysDuration, name string) Value {
	switch name {
	case "days":
		return Int(d.sec / daySeconds)
	case "hours":
		return Int(d.sec / 3600 % 24)
	case "minutes":
		return Int(d.sec / 60 % 60)
	case "seconds":
		return DaysDuration{d.sec % 60, d.ns}.number().trim(0)
	}
	return nil
}

func rangeProperty(r Range, name string) (v Value, ok bool) {
	switch name {
	case "start":
		return r.Start, true
	case "end":
		return r.End, true
	case "start included":
		return Boolean(r.StartIncluded), true
	case "end included":
		return Boolean(r.EndIncluded), true
	}
	return nil, false
}
