package expr

import (
	"slices"
	"strings"
)

// parser turns tokens into nodes by recursive descent. Errors unwind by panic
// to whole, which returns them.
type parser struct {
	src     string
	toks    []token
	i       int
	depth   int
	given   nameSet        // names the caller knows
	known   nameSet        // names of several tokens: functions, properties, keys, locals, given
	locals  []string       // local names in scope
	filters int            // how many filters we are inside
	asked   int            // how often "?" was met
	found   map[string]int // names taken from the scope, and where first
}

func newParser(src string, names []string) (*parser, *Error) {
	toks, err := lex(src)
	if err != nil {
		return nil, err
	}
	p := &parser{src: src, toks: toks, known: nameSet{}, given: nameSet{}, found: map[string]int{}}
	for _, n := range names {
		p.given.add(n)
		p.known.add(n)
	}
	return p, nil
}

// whole reads an expression that is all there is.
func (p *parser) whole() (n node, err *Error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *Error:
			n, err = nil, r
		default:
			panic(r)
		}
	}()
	p.accept("=")
	if p.peek().kind == tokEnd {
		p.fail(p.peek(), "there is no expression here")
	}
	n = p.expression()
	if t := p.peek(); t.kind != tokEnd {
		p.unexpected(t, "the expression should end here")
	}
	return n, nil
}

// free returns the names taken from the scope, sorted.
func (p *parser) free() []string {
	out := make([]string, 0, len(p.found))
	for n := range p.found {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

func (p *parser) peek() token { return p.toks[p.i] }

func (p *parser) peekAt(n int) token { return p.toks[min(p.i+n, len(p.toks)-1)] }

func (p *parser) next() token {
	t := p.toks[p.i]
	if t.kind != tokEnd {
		p.i++
	}
	return t
}

func (p *parser) accept(op string) bool {
	if p.peek().is(op) {
		p.i++
		return true
	}
	return false
}

func (p *parser) expect(op, why string) token {
	if t := p.peek(); !t.is(op) {
		p.unexpected(t, why)
	}
	return p.next()
}

func (p *parser) expectWord(w, why string) {
	if t := p.peek(); !t.keyword(w) {
		p.unexpected(t, why)
	}
	p.i++
}

func (p *parser) fail(t token, format string, args ...any) {
	panic(newError(p.src, t.pos, format, args...))
}

// outside refuses what only a model of DMN could declare.
func (p *parser) outside(t token, format string, args ...any) {
	err := newError(p.src, t.pos, format, args...)
	err.Outside = true
	panic(err)
}

// enter counts nesting; its result undoes that.
func (p *parser) enter() func() {
	p.depth++
	if p.depth > MaxDepth {
		p.fail(p.peek(), "the expression is nested more than %d deep", MaxDepth)
	}
	return func() { p.depth-- }
}

func (p *parser) expression() node {
	defer p.enter()()
	switch t := p.peek(); {
	case t.keyword("if"):
		return p.ifThenElse()
	case t.keyword("for"):
		return p.forReturn()
	case t.keyword("some"), t.keyword("every"):
		return p.quantified()
	case t.keyword("function"):
		return p.function()
	case t.is("<"), t.is("<="), t.is(">"), t.is(">="): // a test on its own is a range: rule 7
		return p.unaryRange(p.next())
	}
	return p.disjunction()
}

func (p *parser) disjunction() node {
	l := p.conjunction()
	for t := p.peek(); t.keyword("or"); t = p.peek() {
		p.next()
		l = &logic{pos: t.pos, or: true, l: l, r: p.operand(p.conjunction)}
	}
	return l
}

func (p *parser) conjunction() node {
	l := p.comparison()
	for t := p.peek(); t.keyword("and"); t = p.peek() {
		p.next()
		l = &logic{pos: t.pos, l: l, r: p.operand(p.comparison)}
	}
	return l
}

// operand reads the right side of an operator, where "if", "for" and the like
// are welcome too.
func (p *parser) operand(level func() node) node {
	switch t := p.peek(); {
	case t.keyword("if"), t.keyword("for"), t.keyword("some"), t.keyword("every"), t.keyword("function"):
		return p.expression()
	}
	return level()
}

var comparisons = map[string]operator{"=": opEq, "!=": opNe, "<": opLt, "<=": opLe, ">": opGt, ">=": opGe}

func (p *parser) comparison() node {
	l := p.sum()
	for {
		t := p.peek()
		op, isCompare := comparisons[t.text]
		switch {
		case t.kind == tokOp && isCompare:
			p.next()
			l = &compare{pos: t.pos, op: op, l: l, r: p.operand(p.sum)}
		case t.keyword("between"):
			p.next()
			lo := p.sum()
			p.expectWord("and", "“between” is written: x between 1 and 10")
			l = &between{pos: t.pos, x: l, lo: lo, hi: p.sum()}
		case t.keyword("in"):
			p.next()
			l = p.inTests(t, l)
		default:
			return l
		}
	}
}

func (p *parser) sum() node {
	l := p.product()
	for {
		t := p.peek()
		switch {
		case t.is("+"):
			p.next()
			l = &calc{pos: t.pos, op: opAdd, l: l, r: p.operand(p.product)}
		case t.is("-"):
			p.next()
			l = &calc{pos: t.pos, op: opSub, l: l, r: p.operand(p.product)}
		default:
			return l
		}
	}
}

func (p *parser) product() node {
	l := p.power()
	for {
		t := p.peek()
		switch {
		case t.is("*"):
			p.next()
			l = &calc{pos: t.pos, op: opMul, l: l, r: p.operand(p.power)}
		case t.is("/"):
			p.next()
			l = &calc{pos: t.pos, op: opQuo, l: l, r: p.operand(p.power)}
		default:
			return l
		}
	}
}

func (p *parser) power() node {
	l := p.unary()
	for t := p.peek(); t.is("**"); t = p.peek() {
		p.next()
		l = &calc{pos: t.pos, op: opPow, l: l, r: p.operand(p.unary)}
	}
	return l
}

func (p *parser) unary() node {
	t := p.peek()
	if !t.is("-") {
		return p.postfix(p.primary())
	}
	defer p.enter()()
	p.next()
	if p.peek().kind == tokNumber { // the minus is part of the number: rule 35
		lit := p.primary().(*literal)
		return p.postfix(&literal{lit.value.(Number).neg()})
	}
	return &negate{pos: t.pos, x: p.operand(p.unary)}
}

// postfix reads what may follow a value: properties, filters, calls, types.
func (p *parser) postfix(x node) node {
	for {
		t := p.peek()
		switch {
		case t.is("."):
			p.next()
			x = &path{pos: t.pos, x: x, name: p.property()}
		case t.is("[") && p.startsExpression(p.peekAt(1)):
			p.next()
			x = p.filter(t, x)
		case t.is("("):
			p.next()
			x = p.dynamicCall(t, x)
		case t.keyword("instance"):
			p.next()
			p.expectWord("of", "types are checked with: x instance of number")
			x = &instanceOf{pos: t.pos, x: x, typ: p.typeName()}
		default:
			return x
		}
	}
}

// startsExpression tells a filter from the "[" that ends a range: "]1..5[".
func (p *parser) startsExpression(t token) bool {
	switch t.kind {
	case tokEnd:
		return false
	case tokOp:
		return strings.Contains("- ( [ { = < <= > >= !=", t.text)
	case tokName:
		return !reserved[t.text] || t.text == "if" || t.text == "for" || t.text == "some" || t.text == "every" ||
			t.text == "true" || t.text == "false" || t.text == "null" || t.text == "function"
	}
	return true
}

func (p *parser) filter(open token, x node) node {
	defer p.enter()()
	p.filters++
	p.push("item")
	f := p.expression()
	p.pop(1)
	p.filters--
	p.expect("]", "this filter needs a closing ]")
	return &filter{pos: open.pos, x: x, f: f}
}

func (p *parser) push(names ...string) {
	for _, n := range names {
		p.locals = append(p.locals, n)
		p.known.add(n)
	}
}

func (p *parser) pop(n int) { p.locals = p.locals[:len(p.locals)-n] }
