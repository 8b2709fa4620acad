package expr

// node is a part of an expression. Evaluating it never changes it.
type node interface {
	eval(*env) Value
}

type (
	literal struct{ value Value }
	badDate struct { // @"…" that is no date, time or duration
		pos  int
		text string
	}
	name struct {
		pos  int
		name string
	}
	negate struct {
		pos int
		x   node
	}
	logic struct { // and, or
		pos  int
		or   bool
		l, r node
	}
	choice struct { // if … then … else …
		pos               int
		cond, then, other node
	}
	path struct { // object.property
		pos  int
		x    node
		name string
	}
	filter struct { // list[condition or index]
		pos  int
		x, f node
	}
	listOf  struct{ items []node }
	context struct {
		pos   int
		keys  []string
		items []node
	}
	between struct {
		pos       int
		x, lo, hi node
	}
	within struct { // x in tests
		pos   int
		x     node
		tests []test
	}
	test struct {
		node
		asks bool // it is a condition over "?"
	}
	rangeOf struct {
		pos int
		Range
		start, end node
	}
	lambda struct {
		params []string
		types  []*typeTest // nil where a parameter may be anything
		body   node
	}
)

func (n *literal) eval(*env) Value { return n.value }

func (n *badDate) eval(e *env) Value {
	return e.note(n.pos, "@\"%s\" is no date, time or duration: write @\"2026-12-31\", @\"08:30:00\", @\"2026-12-31T08:30:00Z\", @\"P3D\" or @\"P1Y\"", n.text)
}

func (n *name) eval(e *env) Value {
	v, ok := e.lookup(n.name)
	if !ok {
		if b := builtins[n.name]; b != nil {
			return &Function{builtin: b}
		}
		return e.note(n.pos, "there is nothing called %q here", n.name)
	}
	return v
}

func (n *logic) eval(e *env) Value {
	e.step(n.pos, 1)
	left := n.l.eval(e)
	l, lok := left.(Boolean)
	if lok && bool(l) == n.or {
		return l
	}
	r := n.r.eval(e)
	rb, rok := r.(Boolean)
	switch {
	case rok && bool(rb) == n.or:
		return rb
	case lok && rok:
		return Boolean(!n.or)
	}
	for _, side := range []Value{left, r} {
		if _, ok := side.(Boolean); !ok && side != nil {
			return e.note(n.pos, "“and” and “or” join true and false; one side is %s", described(side))
		}
	}
	return nil
}

func (n *choice) eval(e *env) Value {
	e.step(n.pos, 1)
	cond := n.cond.eval(e)
	b, ok := cond.(Boolean)
	if b {
		return n.then.eval(e)
	}
	if !ok && cond != nil {
		e.note(n.pos, "“if” needs true or false; this is %s", described(cond))
	}
	return n.other.eval(e)
}

func (n *path) eval(e *env) Value {
	e.step(n.pos, 1)
	x := n.x.eval(e)
	list, ok := x.(List)
	if !ok {
		return e.property(n.pos, x, n.name)
	}
	e.list(n.pos, len(list))
	out := make(List, len(list))
	for i, item := range list {
		out[i] = e.property(n.pos, item, n.name)
	}
	return out
}

func (n *filter) eval(e *env) Value {
	e.step(n.pos, 1)
	x := n.x.eval(e)
	list, ok := x.(List)
	if x == nil {
		return e.note(n.pos, "there is no list to look into: this is null")
	}
	if !ok {
		list = List{x}
	}
	if lit, ok := n.f.(*literal); ok {
		if i, ok := lit.value.(Number); ok {
			return e.at(n.pos, list, i)
		}
	}
	return n.choose(e, list)
}

// choose evaluates the filter for each item: a number picks one item, a
// condition all for which it is true.
func (n *filter) choose(e *env, list List) Value {
	out := List{}
	if len(list) == 0 {
		if i, ok := e.with(frame{name: "item", item: true}, n.f).(Number); ok {
			return e.at(n.pos, list, i)
		}
		return out
	}
	for _, item := range list {
		e.step(n.pos, 1)
		switch keep := e.with(frame{name: "item", value: item, item: true}, n.f).(type) {
		case Number:
			return e.at(n.pos, list, keep)
		case Boolean:
			if keep {
				out = append(out, item)
			}
		case nil:
		default:
			e.note(n.pos, "a filter needs true or false, or the number of an item; this is %s", described(keep))
		}
	}
	return out
}

// at is the item with a number: 1 the first, -1 the last.
func (e *env) at(pos int, list List, n Number) Value {
	i, ok := n.integer()
	if i < 0 {
		i += int64(len(list)) + 1
	}
	if !ok || i < 1 || i > int64(len(list)) {
		return e.note(pos, "there is no item %s in a list of %d", n, len(list))
	}
	return list[i-1]
}

func (n *listOf) eval(e *env) Value {
	out := make(List, len(n.items))
	for i, x := range n.items {
		out[i] = x.eval(e)
	}
	e.step(0, 1)
	return out
}

// eval of a context lets each entry see the ones before it, and a function also
// itself.
func (n *context) eval(e *env) Value {
	e.step(n.pos, 1+len(n.keys))
	outer := e.frame
	out := make(Context, len(n.keys))
	for i, key := range n.keys {
		v := n.items[i].eval(e)
		out[i] = Entry{key, v}
		e.frame = &frame{parent: e.frame, name: key, value: v}
		if _, isLambda := n.items[i].(*lambda); isLambda {
			v.(*Function).frame = e.frame
		}
	}
	e.frame = outer
	return out
}

func (n *lambda) eval(e *env) Value {
	return &Function{params: n.params, types: n.types, body: n.body, frame: e.frame}
}

func (n *between) eval(e *env) Value {
	x, lo, hi := n.x.eval(e), n.lo.eval(e), n.hi.eval(e)
	return both(e.less(n.pos, lo, x, true), e.less(n.pos, x, hi, true))
}

// both is "and" of two values that are true, false or null.
func both(a, b Value) Value {
	if a == Boolean(false) || b == Boolean(false) {
		return Boolean(false)
	}
	if a == nil || b == nil {
		return nil
	}
	return Boolean(true)
}

func (n *rangeOf) eval(e *env) Value {
	e.step(n.pos, 1)
	r := n.Range
	if n.start != nil {
		r.Start = n.start.eval(e)
	}
	if n.end != nil {
		r.End = n.end.eval(e)
	}
	if !r.Unary && r.Start != nil && r.End != nil && e.order(n.pos, r.Start, r.End) == incomparable {
		return nil
	}
	return r
}

func (n *within) eval(e *env) Value {
	e.step(n.pos, 1)
	x := n.x.eval(e)
	var result Value = Boolean(false)
	for _, t := range n.tests {
		switch v := e.passes(n.pos, x, e.with(frame{name: "?", value: x}, t.node), t.asks); v {
		case Boolean(true):
			return v
		case nil:
			result = nil
		}
	}
	return result
}

// passes tells whether x passes one test of "x in …": being equal, in a range,
// in a list, or making a condition over "?" true.
func (e *env) passes(pos int, x, test Value, asks bool) Value {
	switch t := test.(type) {
	case Range:
		return e.inRange(pos, x, t)
	case Boolean:
		if _, isBool := x.(Boolean); !isBool || asks {
			return t
		}
	case List:
		return e.inList(pos, x, t)
	}
	return e.equal(pos, x, test)
}

func (e *env) inList(pos int, x Value, list List) Value {
	var result Value = Boolean(false)
	for _, item := range list {
		e.step(pos, 1)
		if r, ok := item.(Range); ok {
			if e.inRange(pos, x, r) == Boolean(true) {
				return Boolean(true)
			}
			continue
		}
		if e.same(pos, x, item) {
			return Boolean(true)
		}
	}
	if _, ok := x.(List); ok && e.same(pos, x, list) {
		return Boolean(true)
	}
	return result
}

func (e *env) inRange(pos int, x Value, r Range) Value {
	if r.Except {
		return not(e.equal(pos, x, r.Start))
	}
	if r.Unary && r.Start != nil && r.End != nil {
		return e.equal(pos, x, r.Start)
	}
	if r.Start == nil && r.End == nil || !r.Unary && (r.Start == nil || r.End == nil) {
		return e.note(pos, "this range has no bounds to compare with")
	}
	if x == nil {
		return nil
	}
	var lo, hi Value = Boolean(true), Boolean(true)
	if r.Start != nil {
		lo = e.less(pos, r.Start, x, r.StartIncluded)
	}
	if r.End != nil {
		hi = e.less(pos, x, r.End, r.EndIncluded)
	}
	return both(lo, hi)
}

func not(v Value) Value {
	if b, ok := v.(Boolean); ok {
		return !b
	}
	return nil
}
