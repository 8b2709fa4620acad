package expr

import "strings"

// instanceOf is "x instance of type".
type instanceOf struct {
	pos int
	x   node
	typ typeTest
}

// typeTest is a type: its name, and what it is made of.
type typeTest struct {
	name   string
	of     *typeTest  // of a list or range
	keys   []string   // of a context
	values []typeTest // of a context
}

func (n *instanceOf) eval(e *env) Value {
	e.step(n.pos, 1)
	x := n.x.eval(e)
	return Boolean(x != nil && n.typ.holds(e, n.pos, x))
}

func (t *typeTest) holds(e *env, pos int, v Value) bool {
	if v == nil || t.name == "Any" {
		return true
	}
	if v.Kind() != t.name {
		return false
	}
	switch x := v.(type) {
	case List:
		if t.of == nil {
			return true
		}
		for _, item := range x {
			e.step(pos, 1)
			if !t.of.holds(e, pos, item) {
				return false
			}
		}
	case Range:
		return t.of == nil || t.of.holds(e, pos, x.Start) && t.of.holds(e, pos, x.End)
	case Context:
		for i, key := range t.keys {
			e.step(pos, 1)
			item, ok := x.Get(key)
			if !ok || !t.values[i].holds(e, pos, item) {
				return false
			}
		}
	}
	return true
}

var typeNames = map[string]bool{
	"Any": true, "number": true, "string": true, "boolean": true, "date": true, "time": true, "date and time": true,
	"days and time duration": true, "years and months duration": true, "list": true, "context": true, "range": true, "function": true,
}

// typeName reads a type after "instance of".
func (p *parser) typeName() typeTest {
	defer p.enter()()
	first := p.peek()
	if first.kind != tokName {
		p.unexpected(first, "the name of a type should stand here")
	}
	t := typeTest{name: p.typeWords()}
	if !typeNames[t.name] {
		p.fail(first, "there is no type %q: use number, string, boolean, date, time, date and time, days and time duration, "+
			"years and months duration, list, context, range or Any", t.name)
	}
	if t.name == "function" && p.accept("<>") {
		p.functionResult()
		return t
	}
	if !p.accept("<") {
		return t
	}
	switch t.name {
	case "list", "range":
		of := p.typeName()
		t.of = &of
	case "context":
		p.contextType(&t)
	case "function":
		p.functionType()
		return t
	}
	p.expect(">", "this type needs a closing >")
	return t
}

func (p *parser) typeWords() string {
	for n := 4; n > 1; n-- {
		words := make([]string, 0, 4)
		for j := range n {
			words = append(words, p.peekAt(j).text)
		}
		if s := strings.Join(words, " "); typeNames[s] {
			p.i += n
			return s
		}
	}
	return p.next().text
}

func (p *parser) contextType(t *typeTest) {
	for {
		t.keys = append(t.keys, p.key())
		p.expect(":", "a context type is written context<name: type>")
		t.values = append(t.values, p.typeName())
		if !p.accept(",") {
			return
		}
	}
}

// functionType reads what follows "function<"; only being a function is checked.
func (p *parser) functionType() {
	for !p.peek().is(">") {
		p.typeName()
		if !p.accept(",") {
			break
		}
	}
	p.expect(">", "this type needs a closing >")
	p.functionResult()
}

func (p *parser) functionResult() {
	p.expect("->", "a function type is written function<number> -> string")
	p.typeName()
}
