package odata

import (
	"github.com/signoffhq/signoff/broker"
)

// Bounds of a $filter, as the broker has them.
const (
	maxDepth = 20
	maxParts = 200
)

// parseFilter reads a $filter (URL Conventions 4.0, 5.1.1). What OData knows and
// lists here cannot do, such as arithmetic, is refused as not supported.
func parseFilter(text string) (*broker.Filter, error) {
	p := &parser{l: &lexer{text: text}}
	if err := p.step(); err != nil {
		return nil, err
	}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.now.kind != end {
		return nil, p.l.wrong("nothing more was expected here")
	}
	return &f, nil
}

type parser struct {
	l     *lexer
	now   token
	parts int
	// alone is what a lambda calls its element: "" outside of one.
	alone string
}

func (p *parser) step() (err error) {
	p.now, err = p.l.next()
	return err
}

func (p *parser) is(k kind, text string) bool { return p.now.kind == k && p.now.text == text }

func (p *parser) expect(text string) error {
	if !p.is(mark, text) {
		return p.l.wrong("a " + text + " is missing")
	}
	return p.step()
}

func (p *parser) or(depth int) (broker.Filter, error) { return p.joined("or", depth, p.and) }

func (p *parser) and(depth int) (broker.Filter, error) { return p.joined("and", depth, p.unary) }

func (p *parser) joined(op string, depth int, part func(int) (broker.Filter, error)) (broker.Filter, error) {
	one, err := part(depth)
	if err != nil || !p.is(name, op) {
		return one, err
	}
	out := broker.Filter{Op: op, Of: []broker.Filter{one}}
	for p.is(name, op) {
		if err := p.step(); err != nil {
			return out, err
		}
		next, err := part(depth)
		if err != nil {
			return out, err
		}
		out.Of = append(out.Of, next)
	}
	return out, nil
}

func (p *parser) unary(depth int) (broker.Filter, error) {
	if p.parts++; p.parts > maxParts || depth >= maxDepth {
		return broker.Filter{}, invalid("the filter is too large: 200 comparisons, nested 20 deep, are the most")
	}
	switch {
	case p.is(name, "not"):
		if err := p.step(); err != nil {
			return broker.Filter{}, err
		}
		f, err := p.unary(depth + 1)
		return broker.Filter{Op: "not", Of: []broker.Filter{f}}, err
	case p.is(mark, "("):
		if err := p.step(); err != nil {
			return broker.Filter{}, err
		}
		f, err := p.or(depth + 1)
		if err != nil {
			return f, err
		}
		if err := p.expect(")"); err != nil {
			return f, err
		}
		return p.compared(f)
	}
	return p.comparison(depth)
}

var operators = map[string]string{"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"} // turned round

// comparison reads name op literal, literal op name, a function, or the name of
// something that is true or false.
func (p *parser) comparison(depth int) (broker.Filter, error) {
	if p.now.kind == literal {
		return p.turned()
	}
	if p.now.kind != name {
		return broker.Filter{}, p.l.wrong("a property was expected here")
	}
	word := p.now.text
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	switch {
	case p.is(mark, "("):
		return p.function(word)
	case p.is(mark, "/"):
		return p.lambda(word, depth)
	case p.alone != "" && word != p.alone:
		return broker.Filter{}, unsupported("a property in any()")
	case p.is(name, "in"):
		return p.in(word)
	case p.now.kind == name && operators[p.now.text] != "":
		op := p.now.text
		if err := p.step(); err != nil {
			return broker.Filter{}, err
		}
		to, err := p.literal()
		return broker.Filter{Op: op, Name: word, To: to}, err
	case p.now.kind == name && arithmetic[p.now.text]:
		return broker.Filter{}, unsupported(p.now.text)
	}
	return broker.Filter{Op: "eq", Name: word, To: true}, nil
}

var arithmetic = map[string]bool{"add": true, "sub": true, "mul": true, "div": true, "divby": true, "mod": true, "has": true}

// turned reads literal op name; or true and false by themselves, which are no use.
func (p *parser) turned() (broker.Filter, error) {
	to := p.now.value
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	op := operators[p.now.text]
	if p.now.kind != name || op == "" {
		return broker.Filter{}, p.l.wrong("a comparison was expected here")
	}
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if p.now.kind != name || p.alone != "" && p.now.text != p.alone {
		return broker.Filter{}, p.l.wrong("a property was expected here")
	}
	word := p.now.text
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if p.is(mark, "(") || p.is(mark, "/") {
		return broker.Filter{}, unsupported("a function behind a comparison")
	}
	return broker.Filter{Op: op, Name: word, To: to}, nil
}

func (p *parser) literal() (any, error) {
	if p.now.kind != literal {
		if p.now.kind == name {
			return nil, unsupported("comparing with " + p.now.text + ", which is no value,")
		}
		return nil, p.l.wrong("a value was expected here")
	}
	v := p.now.value
	return v, p.step()
}

// function reads contains(name,'text') and its like.
func (p *parser) function(word string) (broker.Filter, error) {
	if word != "contains" && word != "startswith" && word != "endswith" || p.alone != "" {
		return broker.Filter{}, unsupported(word + "()")
	}
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if p.now.kind != name {
		return broker.Filter{}, p.l.wrong("a property was expected here")
	}
	f := broker.Filter{Op: word, Name: p.now.text}
	if err := p.step(); err != nil {
		return f, err
	}
	if p.is(mark, "(") || p.is(mark, "/") {
		return f, unsupported("a function in a function")
	}
	if err := p.expect(","); err != nil {
		return f, err
	}
	var err error
	if f.To, err = p.literal(); err != nil {
		return f, err
	}
	if err := p.expect(")"); err != nil {
		return f, err
	}
	return p.compared(f)
}

// compared reads what some clients write behind a condition: eq true.
func (p *parser) compared(f broker.Filter) (broker.Filter, error) {
	if !p.is(name, "eq") && !p.is(name, "ne") {
		return f, nil
	}
	same := p.is(name, "eq")
	if err := p.step(); err != nil {
		return f, err
	}
	to, err := p.literal()
	if err != nil {
		return f, err
	}
	yes, ok := to.(bool)
	if !ok {
		return f, p.l.wrong("a condition is compared with true or false")
	}
	if yes == same {
		return f, nil
	}
	return broker.Filter{Op: "not", Of: []broker.Filter{f}}, nil
}

// in reads name in ('a','b').
func (p *parser) in(word string) (broker.Filter, error) {
	f := broker.Filter{Op: "in", Name: word}
	if err := p.step(); err != nil {
		return f, err
	}
	if err := p.expect("("); err != nil {
		return f, err
	}
	for {
		if p.parts++; p.parts > maxParts {
			return f, invalid("the filter is too large: 200 comparisons are the most")
		}
		to, err := p.literal()
		if err != nil {
			return f, err
		}
		f.Of = append(f.Of, broker.Filter{To: to})
		if p.is(mark, ")") {
			return f, p.step()
		}
		if err := p.expect(","); err != nil {
			return f, err
		}
	}
}

// lambda reads tags/any(t: t eq 'x'): a list that has an element. Only eq can be
// asked of elements, joined by or.
func (p *parser) lambda(list string, depth int) (broker.Filter, error) {
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if !p.is(name, "any") {
		return broker.Filter{}, unsupported(list + "/…")
	}
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if err := p.expect("("); err != nil {
		return broker.Filter{}, err
	}
	if p.now.kind != name || p.alone != "" {
		return broker.Filter{}, unsupported("any() without a condition, or in another")
	}
	p.alone = p.now.text
	defer func() { p.alone = "" }()
	if err := p.step(); err != nil {
		return broker.Filter{}, err
	}
	if err := p.expect(":"); err != nil {
		return broker.Filter{}, err
	}
	f, err := p.or(depth + 1)
	if err != nil {
		return f, err
	}
	if err := p.expect(")"); err != nil {
		return f, err
	}
	return elements(f, list)
}

// elements makes a condition on an element one on its list.
func elements(f broker.Filter, list string) (broker.Filter, error) {
	switch f.Op {
	case "eq":
		return broker.Filter{Op: "contains", Name: list, To: f.To}, nil
	case "in":
		out := broker.Filter{Op: "or"}
		for _, one := range f.Of {
			out.Of = append(out.Of, broker.Filter{Op: "contains", Name: list, To: one.To})
		}
		return out, nil
	case "or":
		out := broker.Filter{Op: "or"}
		for _, one := range f.Of {
			e, err := elements(one, list)
			if err != nil {
				return f, err
			}
			out.Of = append(out.Of, e)
		}
		return out, nil
	}
	return f, unsupported(f.Op + " in any()")
}

// parseOrder reads an $orderby: name desc, other asc.
func parseOrder(text string) ([]broker.Order, error) {
	l := &lexer{text: text}
	var out []broker.Order
	for {
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		if t.kind != name {
			return nil, l.wrong("$orderby has names of properties, each with asc or desc")
		}
		by := broker.Order{Name: t.text}
		if t, err = l.next(); err != nil {
			return nil, err
		}
		if t.kind == name && (t.text == "asc" || t.text == "desc") {
			by.Desc = t.text == "desc"
			if t, err = l.next(); err != nil {
				return nil, err
			}
		}
		out = append(out, by)
		switch {
		case t.kind == end:
			return out, nil
		case t.kind != mark || t.text == "(" || t.text == "/":
			return nil, unsupported("a function, or a part of a property, in $orderby")
		case t.text != "," || len(out) > maxDepth:
			return nil, l.wrong("$orderby has names of properties, each with asc or desc")
		}
	}
}
