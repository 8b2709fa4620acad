package expr

import (
	"slices"
	"strings"
	"time"
)

// instanceOf is "x instance of type".
type instanceOf struct {
	pos int
	x   node
	typ typeTest
}

// typeTest is a type: its name, and what it is made of.
type typeTest struct {
	name   string
	of     *typeTest  // of a list or range; what a function gives
	keys   []string   // of a context
	values []typeTest // of a context; of the parameters of a function
}

func (n *instanceOf) eval(e *env) Value {
	e.step(n.pos, 1)
	x := n.x.eval(e)
	if x == nil {
		return Boolean(n.typ.name == "Null")
	}
	return Boolean(n.typ.holds(e, n.pos, x))
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
	case *Function:
		return t.of == nil || t.takes(x)
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

// takes tells whether a function may stand where one of type t is wanted: it
// takes at least what t says, and gives nothing else. What its body gives is
// known of a literal only.
func (t *typeTest) takes(f *Function) bool {
	if f.builtin != nil {
		return f.builtin.takes(len(t.values))
	}
	if len(f.params) != len(t.values) {
		return false
	}
	for i := range t.values {
		if !t.values[i].within(f.types[i]) {
			return false
		}
	}
	lit, ok := f.body.(*literal)
	return !ok || t.of.holds(&env{free: true}, 0, lit.value)
}

// within tells whether every value of type t is one of type o.
func (t *typeTest) within(o *typeTest) bool {
	if o == nil || o.name == "Any" {
		return true
	}
	if t.name != o.name || t.name == "function" {
		return t.name == o.name && o.of == nil
	}
	if o.of != nil && (t.of == nil || !t.of.within(o.of)) {
		return false
	}
	for i, key := range o.keys {
		j := slices.Index(t.keys, key)
		if j < 0 || !t.values[j].within(&o.values[i]) {
			return false
		}
	}
	return true
}

// fit is v as a parameter of type t takes it: a list of one item for that item,
// an item for a list of it, a date for its midnight in UTC. Null fits any type.
// https://www.omg.org/spec/DMN/1.5 §10.3.2.9.4
func (t *typeTest) fit(e *env, pos int, v Value) (Value, bool) {
	if t == nil || t.holds(e, pos, v) {
		return v, true
	}
	if list, ok := v.(List); ok && len(list) == 1 && t.holds(e, pos, list[0]) {
		return list[0], true
	}
	if list := (List{v}); t.holds(e, pos, list) {
		return list, true
	}
	if d, ok := v.(Date); ok && t.name == "date and time" {
		return Time{loc: time.UTC}.on(d), true
	}
	e.note(pos, "a parameter takes a %s; this is %s", t.name, described(v))
	return nil, false
}

var typeNames = map[string]bool{
	"Any": true, "Null": true, "number": true, "string": true, "boolean": true, "date": true, "time": true, "date and time": true,
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
		p.outside(first, "there is no type %q: use number, string, boolean, date, time, date and time, days and time duration, "+
			"years and months duration, list, context, range or Any", t.name)
	}
	if t.name == "function" && p.accept("<>") {
		p.functionResult(&t)
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
		p.functionType(&t)
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

// functionType reads what follows "function<".
func (p *parser) functionType(t *typeTest) {
	for !p.peek().is(">") {
		t.values = append(t.values, p.typeName())
		if !p.accept(",") {
			break
		}
	}
	p.expect(">", "this type needs a closing >")
	p.functionResult(t)
}

func (p *parser) functionResult(t *typeTest) {
	p.expect("->", "a function type is written function<number> -> string")
	of := p.typeName()
	t.of = &of
}
