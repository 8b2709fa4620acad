package expr

// ordering is how two values stand to each other.
type ordering int8

const (
	before       ordering = -1
	equal        ordering = 0
	after        ordering = 1
	incomparable ordering = 2
)

type operator uint8

const (
	opEq operator = iota
	opNe
	opLt
	opLe
	opGt
	opGe
	opAdd
	opSub
	opMul
	opQuo
	opPow
)

// compare is l op r for the six comparisons.
type compare struct {
	pos  int
	op   operator
	l, r node
}

func (n *compare) eval(e *env) Value {
	e.step(n.pos, 1)
	l, r := n.l.eval(e), n.r.eval(e)
	switch n.op {
	case opEq:
		return e.equal(n.pos, l, r)
	case opNe:
		return not(e.equal(n.pos, l, r))
	case opLt:
		return e.less(n.pos, l, r, false)
	case opLe:
		return e.less(n.pos, l, r, true)
	case opGt:
		return e.less(n.pos, r, l, false)
	default:
		return e.less(n.pos, r, l, true)
	}
}

// less is a < b, or a <= b with orEqual; null where they cannot be compared.
func (e *env) less(pos int, a, b Value, orEqual bool) Value {
	switch o := e.order(pos, a, b); o {
	case incomparable:
		return nil
	case equal:
		return Boolean(orEqual)
	default:
		return Boolean(o == before)
	}
}

// order compares two values of one ordered type.
func (e *env) order(pos int, a, b Value) ordering {
	switch x := a.(type) {
	case Number:
		if y, ok := b.(Number); ok {
			return ordering(x.Cmp(y))
		}
	case String:
		if y, ok := b.(String); ok {
			return orderOf(x, y)
		}
	default:
		if o := orderMoments(a, b); o != incomparable {
			return o
		}
	}
	if e.notes != nil {
		e.note(pos, "%s", unlike(a, b))
	}
	return incomparable
}

func orderOf[T ~string | ~int | ~int64](a, b T) ordering {
	switch {
	case a < b:
		return before
	case a > b:
		return after
	}
	return equal
}

// equal is a = b: null where their types differ.
func (e *env) equal(pos int, a, b Value) Value {
	if a == nil || b == nil {
		return Boolean(a == nil && b == nil)
	}
	switch x := a.(type) {
	case Number:
		if y, ok := b.(Number); ok {
			return Boolean(x.Cmp(y) == 0)
		}
	case String:
		if y, ok := b.(String); ok {
			return Boolean(x == y)
		}
	case Boolean:
		if y, ok := b.(Boolean); ok {
			return Boolean(x == y)
		}
	case List:
		if y, ok := b.(List); ok {
			return e.equalLists(pos, x, y)
		}
	case Context:
		if y, ok := b.(Context); ok {
			return e.equalContexts(pos, x, y)
		}
	case Range:
		if y, ok := b.(Range); ok {
			return Boolean(x.Unary == y.Unary && x.Except == y.Except && x.StartIncluded == y.StartIncluded &&
				x.EndIncluded == y.EndIncluded && e.same(pos, x.Start, y.Start) && e.same(pos, x.End, y.End))
		}
	case *Function:
		if y, ok := b.(*Function); ok {
			return Boolean(x == y)
		}
	default:
		if o := orderMoments(a, b); o != incomparable && hasZone(a) == hasZone(b) {
			return Boolean(o == equal)
		}
	}
	if e.notes != nil {
		e.note(pos, "%s", unlike(a, b))
	}
	return nil
}

func (e *env) equalLists(pos int, x, y List) Value {
	if len(x) != len(y) {
		return Boolean(false)
	}
	for i := range x {
		e.step(pos, 1)
		if !e.same(pos, x[i], y[i]) {
			return Boolean(false)
		}
	}
	return Boolean(true)
}

func (e *env) equalContexts(pos int, x, y Context) Value {
	if len(x) != len(y) {
		return Boolean(false)
	}
	for i := range x {
		e.step(pos, 1+len(y)/8)
		v, ok := y.Get(x[i].Key)
		if !ok || !e.same(pos, x[i].Value, v) {
			return Boolean(false)
		}
	}
	return Boolean(true)
}

// same is equal as a yes or no, for looking things up.
func (e *env) same(pos int, a, b Value) bool {
	notes := e.notes
	e.notes = nil
	v := e.equal(pos, a, b)
	e.notes = notes
	return v == Boolean(true)
}

// Equal tells whether two values are equal as FEEL sees it: 1.0 is 1, contexts
// in any order, a moment in whatever zone; values of two types are not.
func Equal(a, b Value) bool {
	e := env{free: true}
	return e.same(0, a, b)
}
