package expr

// ifThenElse reads "if c then a else b".
func (p *parser) ifThenElse() node {
	n := &choice{pos: p.next().pos}
	n.cond = p.expression()
	p.expectWord("then", "“if” is written: if condition then a else b")
	n.then = p.expression()
	p.expectWord("else", "“if” needs an “else”; write “else null” for nothing")
	n.other = p.expression()
	return n
}

// forReturn reads "for x in list, y in 1..3 return …".
func (p *parser) forReturn() node {
	n := &loop{pos: p.next().pos, iters: p.iterators("for x in list return …")}
	p.expectWord("return", "“for” is written: for x in list return …")
	p.push("partial")
	n.body = p.expression()
	p.pop(1 + len(n.iters))
	return n
}

// quantified reads "some x in list satisfies …" and "every …".
func (p *parser) quantified() node {
	t := p.next()
	n := &quantifier{pos: t.pos, every: t.text == "every", iters: p.iterators(t.text + " x in list satisfies …")}
	p.expectWord("satisfies", "this is written: "+t.text+" x in list satisfies condition")
	n.cond = p.expression()
	p.pop(len(n.iters))
	return n
}

// iterators reads "x in list, y in 1..3" and leaves the names in scope.
func (p *parser) iterators(form string) []iterator {
	var out []iterator
	for {
		it := iterator{pos: p.peek().pos, name: p.binding(form)}
		p.expectWord("in", "this is written: "+form)
		it.from = p.expression()
		if p.accept("..") {
			it.to = p.expression()
		}
		p.push(it.name)
		out = append(out, it)
		if !p.accept(",") {
			return out
		}
	}
}

// binding reads a name that is being introduced.
func (p *parser) binding(form string) string {
	t := p.peek()
	if t.kind != tokName || reserved[t.text] {
		p.unexpected(t, "a name should stand here: "+form)
	}
	start := p.next().pos
	end := t.end
	for p.peek().kind == tokName && !reserved[p.peek().text] {
		end = p.next().end
	}
	return spaced(p.src[start:end])
}

// function reads "function(a, b) body".
func (p *parser) function() node {
	p.next()
	p.expect("(", "a function is written: function(a, b) a + b")
	n := &lambda{}
	for !p.peek().is(")") {
		n.params = append(n.params, p.binding("function(a, b) a + b"))
		n.types = append(n.types, nil)
		if p.accept(":") {
			t := p.typeName()
			n.types[len(n.types)-1] = &t
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", "a function is written: function(a, b) a + b")
	if t := p.peek(); t.keyword("external") {
		p.outside(t, "external functions are not supported")
	}
	p.push(n.params...)
	n.body = p.expression()
	p.pop(len(n.params))
	return n
}

// call reads the arguments of a built-in function.
func (p *parser) call(at token, fn string) node {
	defer p.enter()()
	b := builtins[fn]
	if b == nil {
		if a, ok := functionAdvice[fn]; ok {
			p.fail(at, "there is no function %s: %s", fn, a)
		}
		p.outside(at, "there is no function called %s%s", fn, nearest(fn))
	}
	p.next()
	args, names := p.arguments()
	n := &call{pos: at.pos, fn: b, args: args}
	if names != nil {
		n.args, n.sig = p.byName(at, b, args, names)
	} else if !b.takes(len(args)) {
		p.fail(at, "%s does not take %s: write %s", fn, plural(len(args), "value"), b.usage())
	}
	return p.prepare(at, n)
}

// byName puts named arguments into the order of the signature they fit.
func (p *parser) byName(at token, b *builtin, args []node, names []string) ([]node, *signature) {
	for i := range b.sigs {
		if out, ok := b.sigs[i].arrange(args, names); ok {
			return out, &b.sigs[i]
		}
	}
	p.fail(at, "%s has no such parameters: write %s", b.name, b.usage())
	return nil, nil
}

// arguments reads up to the closing parenthesis. names is nil where the
// arguments are not named.
func (p *parser) arguments() (args []node, names []string) {
	named := p.namedArgument()
	for !p.peek().is(")") {
		if named != p.namedArgument() {
			p.fail(p.peek(), "name all the values of a call or none")
		}
		if named {
			names = append(names, p.key())
			p.next()
		}
		args = append(args, p.expression())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")", "values are separated by , and the call ends with )")
	return args, names
}

func (p *parser) namedArgument() bool {
	for n := 0; ; n++ {
		t := p.peekAt(n)
		if t.kind != tokName {
			return n > 0 && t.is(":")
		}
	}
}

// dynamicCall reads a call of a value: a local function, or nothing callable.
func (p *parser) dynamicCall(open token, x node) node {
	defer p.enter()()
	args, names := p.arguments()
	return &apply{pos: open.pos, fn: x, args: args, names: names}
}
