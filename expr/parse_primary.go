package expr

import "strings"

// primary reads a value: a literal, a name, a call, a list, a context, a range
// or something in parentheses.
func (p *parser) primary() node {
	t := p.peek()
	switch t.kind {
	case tokNumber:
		p.next()
		n, ok := ParseNumber(t.text)
		if !ok {
			p.fail(t, "this number is too large: exponents go up to %d", MaxExponent)
		}
		return &literal{n}
	case tokString:
		p.next()
		if len(t.text) > MaxText {
			p.fail(t, "this text is longer than %d bytes", MaxText)
		}
		return &literal{String(t.text)}
	case tokAt:
		p.next()
		if v := parseMoment(t.text); v != nil {
			return &literal{v}
		}
		return &badDate{pos: t.pos, text: t.text}
	case tokName:
		return p.named()
	case tokEnd:
		p.fail(t, "the expression stops short: a value is missing")
	}
	switch t.text {
	case "(":
		return p.parenthesis()
	case "[":
		return p.bracket()
	case "]":
		p.next()
		return p.rangeFrom(t, p.expression(), false)
	case "{":
		return p.contextLiteral()
	}
	p.unexpected(t, "a value should stand here")
	return nil
}

var constants = map[string]Value{"true": Boolean(true), "false": Boolean(false), "null": nil}

func (p *parser) named() node {
	t := p.peek()
	if v, ok := constants[t.text]; ok && p.knownAt(p.i) == 0 {
		p.next()
		return &literal{v}
	}
	text, n := p.nameAt(p.i)
	if n == 0 {
		p.unexpected(t, "a value should stand here")
	}
	p.i += n
	if p.peek().is("(") && !p.isLocal(text) {
		return p.call(t, text)
	}
	if text == "?" {
		p.asked++
	}
	p.use(t, text)
	return &name{pos: t.pos, name: text}
}

func (p *parser) isLocal(n string) bool {
	for i := len(p.locals) - 1; i >= 0; i-- {
		if p.locals[i] == n {
			return true
		}
	}
	return false
}

// use records a name as taken from the scope, where it is.
func (p *parser) use(t token, n string) {
	if p.isLocal(n) || n == "?" || p.filters > 0 && !p.given.has(n) {
		return
	}
	if _, again := p.found[n]; !again {
		p.found[n] = t.pos
	}
}

// parenthesis reads "(x)", an open range "(1..5]" or one such as "(> 5)".
func (p *parser) parenthesis() node {
	defer p.enter()()
	open := p.next()
	if op, ok := p.testOperator(); ok {
		n := p.unaryRange(op)
		p.expect(")", "this ( needs a closing )")
		return n
	}
	x := p.expression()
	if p.peek().is("..") {
		return p.rangeFrom(open, x, false)
	}
	p.expect(")", "this ( needs a closing )")
	return x
}

// bracket reads a list or a range that includes its start.
func (p *parser) bracket() node {
	defer p.enter()()
	open := p.next()
	n := &listOf{}
	for !p.peek().is("]") {
		if op, ok := p.testOperator(); ok {
			n.items = append(n.items, p.unaryRange(op))
		} else {
			n.items = append(n.items, p.expression())
		}
		if len(n.items) == 1 && p.peek().is("..") {
			return p.rangeFrom(open, n.items[0], true)
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect("]", "items of a list are separated by , and the list ends with ]")
	return constantList(n)
}

// constantList makes a list of literals a literal itself.
func constantList(n *listOf) node {
	list := make(List, len(n.items))
	for i, x := range n.items {
		lit, ok := x.(*literal)
		if !ok {
			return n
		}
		list[i] = lit.value
	}
	return &literal{list}
}

// rangeFrom reads the rest of a range after its start.
func (p *parser) rangeFrom(open token, start node, included bool) node {
	p.expect("..", "a range is written [1..5]")
	n := &rangeOf{pos: open.pos, start: start, end: p.expression()}
	n.StartIncluded = included
	switch t := p.peek(); {
	case t.is("]"):
		n.EndIncluded = true
	case t.is(")"), t.is("["):
	default:
		p.unexpected(t, "a range ends with ] or )")
	}
	p.next()
	return constantRange(n)
}

func constantRange(n *rangeOf) node {
	a, ok1 := n.start.(*literal)
	b, ok2 := n.end.(*literal)
	if !ok1 || !ok2 || a.value == nil || b.value == nil {
		return n
	}
	e := env{steps: MaxSteps}
	if e.order(0, a.value, b.value) == incomparable {
		return n
	}
	n.Start, n.End = a.value, b.value
	return &literal{n.Range}
}

// testOperator reads the operator of a unary test such as "> 5", if there is one.
func (p *parser) testOperator() (token, bool) {
	t := p.peek()
	if _, ok := comparisons[t.text]; t.kind == tokOp && ok {
		return p.next(), true
	}
	return t, false
}

// unaryRange reads what follows the operator of a unary test.
func (p *parser) unaryRange(op token) node {
	x := p.sum()
	n := &rangeOf{pos: op.pos, Range: Range{Unary: true}}
	switch comparisons[op.text] {
	case opLt, opLe:
		n.end, n.EndIncluded = x, op.text == "<="
	case opGt, opGe:
		n.start, n.StartIncluded = x, op.text == ">="
	case opEq:
		n.start, n.end, n.StartIncluded, n.EndIncluded = x, x, true, true
	case opNe:
		n.start, n.Except = x, true
	}
	return n
}

// inTests reads what follows "in".
func (p *parser) inTests(in token, x node) node {
	n := &within{pos: in.pos, x: x}
	p.push("?")
	defer p.pop(1)
	if !p.peek().is("(") {
		n.tests = []test{p.test(p.sum)}
		return n
	}
	defer p.enter()()
	open := p.next()
	for {
		n.tests = append(n.tests, p.test(p.expression))
		if len(n.tests) == 1 && p.peek().is("..") {
			n.tests[0].node = p.rangeFrom(open, n.tests[0].node, false)
			return n
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", "the tests after “in” need a closing )")
	return n
}

func (p *parser) test(level func() node) test {
	if op, ok := p.testOperator(); ok {
		return test{node: p.unaryRange(op)}
	}
	asked := p.asked
	n := level()
	return test{n, p.asked > asked}
}

func (p *parser) contextLiteral() node {
	defer p.enter()()
	n := &context{pos: p.next().pos}
	for !p.peek().is("}") {
		t := p.peek()
		key := p.key()
		for _, k := range n.keys {
			if k == key {
				p.fail(t, "the entry %q is there twice", key)
			}
		}
		p.expect(":", "an entry is written name: value")
		own := p.peek().keyword("function") // a function may call itself
		if own {
			p.push(key)
		}
		n.items = append(n.items, p.expression())
		n.keys = append(n.keys, key)
		if !own {
			p.push(key)
		}
		if !p.accept(",") {
			break
		}
	}
	p.pop(len(n.keys))
	p.expect("}", "entries are separated by , and the context ends with }")
	return n
}

// key reads the name of an entry or parameter: text in quotes, or whatever
// stands before the colon.
func (p *parser) key() string {
	t := p.next()
	if t.kind == tokString {
		return t.text
	}
	var b strings.Builder
	b.WriteString(t.text)
	if t.kind != tokName {
		p.unexpected(t, "a name should stand here")
	}
	for end := t.end; ; {
		t = p.peek()
		if t.kind != tokName && t.kind != tokNumber && !(t.kind == tokOp && strings.Contains(". / - ' ’ + *", t.text)) {
			return b.String()
		}
		if t.pos > end {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
		end = p.next().end
	}
}
