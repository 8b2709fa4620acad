package expr

import "strings"

// The functions that say how points and ranges stand to each other, each as
// DMN 1.5 defines it (§10.3.4.9, semantics in table 78).
func defineRelations() {
	const points, first, second, ranges = "point1, point2", "point, range", "range, point", "range1, range2"
	relation("before", precedes, points, first, second, ranges)
	relation("after", func(s stand) bool { return precedes(s.turned()) }, points, first, second, ranges)
	relation("meets", meets, ranges)
	relation("met by", func(s stand) bool { return meets(s.turned()) }, ranges)
	relation("overlaps", overlaps, ranges)
	relation("overlaps before", overlapsBefore, ranges)
	relation("overlaps after", func(s stand) bool { return overlapsBefore(s.turned()) }, ranges)
	relation("finishes", finishes, first, ranges)
	relation("finished by", func(s stand) bool { return finishes(s.turned()) }, second, ranges)
	relation("includes", includes, second, ranges)
	relation("during", func(s stand) bool { return includes(s.turned()) }, first, ranges)
	relation("starts", starts, first, ranges)
	relation("started by", func(s stand) bool { return starts(s.turned()) }, second, ranges)
	relation("coincides", coincides, points, ranges)
}

// stand is how the ends of two ranges compare: ss the start of a with that of
// b, se the start of a with the end of b, and so on. A point is a range that
// starts and ends with itself.
type stand struct {
	a, b           Range
	ss, se, es, ee ordering
	point          bool // one of the two is a point
}

func (s stand) turned() stand {
	return stand{a: s.b, b: s.a, ss: -s.ss, se: -s.es, es: -s.se, ee: -s.ee, point: s.point}
}

func precedes(s stand) bool {
	return s.es == before || s.es == equal && !(s.a.EndIncluded && s.b.StartIncluded)
}

func meets(s stand) bool { return s.es == equal && s.a.EndIncluded && s.b.StartIncluded }

func overlaps(s stand) bool { return !precedes(s) && !precedes(s.turned()) }

func overlapsBefore(s stand) bool {
	return (s.ss == before || s.ss == equal && s.a.StartIncluded && !s.b.StartIncluded) &&
		(s.es == after || meets(s)) &&
		(s.ee == before || s.ee == equal && (!s.a.EndIncluded || s.b.EndIncluded))
}

// finishes looks at the end alone where a is a point.
func finishes(s stand) bool {
	if s.ee != equal || s.a.EndIncluded != s.b.EndIncluded {
		return false
	}
	return s.point || s.ss == after || s.ss == equal && (!s.a.StartIncluded || s.b.StartIncluded)
}

// starts looks at the start alone where a is a point.
func starts(s stand) bool {
	if s.ss != equal || s.a.StartIncluded != s.b.StartIncluded {
		return false
	}
	return s.point || s.ee == before || s.ee == equal && (!s.a.EndIncluded || s.b.EndIncluded)
}

// includes takes a point that is an included end, whatever the other end is.
func includes(s stand) bool {
	if s.point && (s.ss == equal && s.a.StartIncluded || s.ee == equal && s.a.EndIncluded) {
		return true
	}
	return (s.ss == before || s.ss == equal && (s.a.StartIncluded || !s.b.StartIncluded)) &&
		(s.ee == after || s.ee == equal && (s.a.EndIncluded || !s.b.EndIncluded))
}

func coincides(s stand) bool {
	return s.ss == equal && s.ee == equal && s.a.StartIncluded == s.b.StartIncluded && s.a.EndIncluded == s.b.EndIncluded
}

// relation defines a function of two points or ranges, called in the ways of sigs.
func relation(name string, holds func(stand) bool, sigs ...string) {
	define(name, func(c *callEnv, args []Value) Value {
		a, aPoint, ok1 := c.asRange(args[0])
		b, bPoint, ok2 := c.asRange(args[1])
		if !ok1 || !ok2 {
			return nil
		}
		if !c.takesForms(builtins[name], aPoint, bPoint) {
			return c.note(c.pos, "%s does not take a %s and a %s: write %s", name, kind(args[0]), kind(args[1]), builtins[name].usage())
		}
		s, ok := c.stand(a, b)
		if !ok {
			return nil
		}
		s.point = aPoint || bPoint
		return Boolean(holds(s))
	}, sigs...)
}

// takesForms tells whether a relation takes two values of which each is a point
// or a range.
func (c *callEnv) takesForms(b *builtin, aPoint, bPoint bool) bool {
	sigs := b.sigs
	if c.sig != nil {
		sigs = []signature{*c.sig}
	}
	for _, s := range sigs {
		if strings.HasPrefix(s.params[0], "point") == aPoint && strings.HasPrefix(s.params[1], "point") == bPoint {
			return true
		}
	}
	return false
}

// asRange reads a range, or a point as the range of that point alone.
func (c *callEnv) asRange(v Value) (r Range, point, ok bool) {
	switch x := single(v).(type) {
	case Range:
		if x.Except || !x.Unary && (x.Start == nil || x.End == nil) {
			c.note(c.pos, "%s: this range has no bounds to compare with", c.name)
			return r, false, false
		}
		return x, false, true
	case Number, String, Date, Time, DateTime, DaysDuration, MonthsDuration:
		return Range{Start: x, End: x, StartIncluded: true, EndIncluded: true}, true, true
	}
	c.wrong(v, "a range, or a value that has an order")
	return r, false, false
}

// stand compares the ends of two ranges. An open start comes before everything,
// an open end after everything.
func (c *callEnv) stand(a, b Range) (s stand, ok bool) {
	s = stand{a: a, b: b}
	for _, pair := range []struct {
		to         *ordering
		a, b       Value
		aNil, bNil ordering
	}{
		{&s.ss, a.Start, b.Start, before, after}, {&s.se, a.Start, b.End, before, before},
		{&s.es, a.End, b.Start, after, after}, {&s.ee, a.End, b.End, after, before},
	} {
		switch {
		case pair.a == nil && pair.b == nil && pair.aNil != pair.bNil:
			*pair.to = equal
		case pair.a == nil:
			*pair.to = pair.aNil
		case pair.b == nil:
			*pair.to = pair.bNil
		default:
			if *pair.to = c.order(c.pos, pair.a, pair.b); *pair.to == incomparable {
				return s, false
			}
		}
	}
	return s, true
}
