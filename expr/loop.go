package expr

type (
	loop struct { // for
		pos   int
		iters []iterator
		body  node
	}
	quantifier struct { // some, every
		pos   int
		every bool
		iters []iterator
		cond  node
	}
	iterator struct {
		pos      int
		name     string
		from, to node // to: only in "for i in 1..5"
	}
	apply struct { // a call of a function value
		pos   int
		fn    node
		args  []node
		names []string
	}
)

func (n *loop) eval(e *env) Value {
	e.step(n.pos, 1)
	outer := e.frame
	out := List{}
	ok := e.iterate(n.iters, func() bool {
		e.step(n.pos, 1)
		e.length(n.pos, len(out)+1)
		inner := e.frame
		e.frame = &frame{parent: inner, name: "partial", value: out[:len(out):len(out)]}
		out = append(out, n.body.eval(e))
		e.frame = inner
		return true
	})
	e.frame = outer
	if !ok {
		return nil
	}
	return out
}

func (n *quantifier) eval(e *env) Value {
	e.step(n.pos, 1)
	outer := e.frame
	var result Value = Boolean(n.every)
	ok := e.iterate(n.iters, func() bool {
		e.step(n.pos, 1)
		switch b, isBool := n.cond.eval(e).(Boolean); {
		case !isBool:
			result = nil
		case bool(b) != n.every:
			result = b
			return false
		}
		return true
	})
	e.frame = outer
	if !ok {
		return nil
	}
	return result
}

// iterate runs do once for each combination of the iterators' values, the last
// one changing fastest, until do returns false. It is not ok where there is
// nothing to iterate over.
func (e *env) iterate(iters []iterator, do func() bool) (ok bool) {
	_, ok = e.nest(iters, do)
	return ok
}

func (e *env) nest(iters []iterator, do func() bool) (more, ok bool) {
	if len(iters) == 0 {
		return do(), true
	}
	it, outer := iters[0], e.frame
	items, ok := e.domain(it)
	if !ok {
		return false, false
	}
	for _, v := range items {
		e.step(it.pos, 1)
		e.frame = &frame{parent: outer, name: it.name, value: v}
		if more, ok = e.nest(iters[1:], do); !more || !ok {
			e.frame = outer
			return more, ok
		}
	}
	e.frame = outer
	return true, true
}

// domain is what an iterator goes through.
func (e *env) domain(it iterator) (List, bool) {
	from := it.from.eval(e)
	if it.to != nil {
		return e.count(it.pos, from, it.to.eval(e))
	}
	switch v := from.(type) {
	case List:
		return v, true
	case Range:
		if v.Unary || e.order(it.pos, v.Start, v.End) == after {
			break
		}
		list, ok := e.count(it.pos, v.Start, v.End)
		if ok && !v.StartIncluded && len(list) > 0 {
			list = list[1:]
		}
		if ok && !v.EndIncluded && len(list) > 0 {
			list = list[:len(list)-1]
		}
		return list, ok
	case nil:
	default:
		return List{v}, true
	}
	e.note(it.pos, "there is nothing to go through: this is %s, not a list", described(from))
	return nil, false
}

// count lists the whole numbers, or the days, from a to b, downwards if b is
// before a.
func (e *env) count(pos int, a, b Value) (List, bool) {
	first, last, isDate, ok := bounds(a, b)
	if !ok {
		e.note(pos, "only whole numbers and dates can be counted through: this goes from a %s to a %s", kind(a), kind(b))
		return nil, false
	}
	step, gap := int64(1), uint64(last)-uint64(first)
	if last < first {
		step, gap = -1, uint64(first)-uint64(last)
	}
	if gap >= MaxList {
		e.length(pos, MaxList+1)
	}
	e.step(pos, int(gap))
	out := make(List, gap+1)
	for n := range out {
		if i := first + int64(n)*step; isDate {
			out[n] = dateOfDays(i)
		} else {
			out[n] = Int(i)
		}
	}
	return out, true
}

func bounds(a, b Value) (first, last int64, isDate, ok bool) {
	switch x := a.(type) {
	case Number:
		if y, isNumber := b.(Number); isNumber {
			first, ok1 := x.Int64()
			last, ok2 := y.Int64()
			return first, last, false, ok1 && ok2
		}
	case Date:
		if y, isDate := b.(Date); isDate {
			return x.days(), y.days(), true, true
		}
	}
	return 0, 0, false, false
}

func (n *apply) eval(e *env) Value {
	e.step(n.pos, 1)
	f, ok := n.fn.eval(e).(*Function)
	if !ok {
		return e.note(n.pos, "only a function can be called")
	}
	args := make([]Value, len(n.args))
	for i, a := range n.args {
		args[i] = a.eval(e)
	}
	if n.names != nil {
		if args, ok = f.arrange(args, n.names); !ok {
			return e.note(n.pos, "the function has no such parameters")
		}
	}
	return e.call(n.pos, f, args)
}

// arrange puts named arguments in order; those left out are null.
func (f *Function) arrange(args []Value, names []string) (out []Value, ok bool) {
	sigs := []signature{{params: f.params}}
	if f.builtin != nil {
		sigs = f.builtin.sigs
	}
	for _, sig := range sigs {
		if out, ok = arrange(sig, args, names, nil); ok {
			return out, true
		}
	}
	return nil, false
}
