package graph

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// filter is a parsed $filter.
type filter struct {
	test  func(object) bool
	names []string // properties in the order they are first mentioned
}

// object is what is filtered: its value by path ("from/emailAddress/address"),
// and whether the path means anything. Lists are []object.
type object interface {
	value(path string) (v any, known bool)
}

// jsonObject is an object of an answer.
type jsonObject map[string]any

func (o jsonObject) value(path string) (any, bool) {
	var v any = map[string]any(o)
	for name := range strings.SplitSeq(path, "/") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, v == nil
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	if list, ok := v.([]map[string]any); ok {
		var out []object
		for _, m := range list {
			out = append(out, jsonObject(m))
		}
		return out, true
	}
	if list, ok := v.([]string); ok {
		var out []object
		for _, s := range list {
			out = append(out, jsonObject{"": s})
		}
		return out, true
	}
	return v, true
}

// parser reads OData filter text (OData 4.01 URL conventions §5.1.1), the part
// that Outlook's clients use: comparisons, and, or, not, startswith, endswith,
// contains, in, any.
type parser struct {
	tokens []token
	depth  int
	terms  int
	names  []string
	vars   []string // of any
}

type token struct {
	kind byte // 'n' name or path, 's' string, 'd' number, date or other literal, or the character itself
	text string
}

func parseFilter(text string) (*filter, error) {
	if len(text) > maxFilterBytes || !utf8.ValidString(text) {
		return nil, errors.New("the filter is too long")
	}
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens: tokens}
	test, err := p.or()
	if err != nil {
		return nil, err
	}
	if len(p.tokens) > 0 {
		return nil, fmt.Errorf("syntax error at '%s'", p.tokens[0].text)
	}
	return &filter{test, p.names}, nil
}

func (p *parser) peek() token {
	if len(p.tokens) == 0 {
		return token{}
	}
	return p.tokens[0]
}

func (p *parser) take() token {
	t := p.peek()
	if len(p.tokens) > 0 {
		p.tokens = p.tokens[1:]
	}
	return t
}

func (p *parser) expect(kind byte) (token, error) {
	t := p.take()
	if t.kind != kind {
		return t, fmt.Errorf("syntax error at '%s'", t.text)
	}
	return t, nil
}

func (p *parser) word(w string) bool {
	if t := p.peek(); t.kind == 'n' && t.text == w {
		p.take()
		return true
	}
	return false
}

type predicate = func(object) bool

func (p *parser) or() (predicate, error) {
	if p.depth++; p.depth > maxFilterDepth {
		return nil, errors.New("the filter is too deep")
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && p.word("or") {
		var right predicate
		a := left
		right, err = p.and()
		left = func(o object) bool { return a(o) || right(o) }
	}
	return left, err
}

func (p *parser) and() (predicate, error) {
	left, err := p.not()
	for err == nil && p.word("and") {
		var right predicate
		a := left
		right, err = p.not()
		left = func(o object) bool { return a(o) && right(o) }
	}
	return left, err
}

func (p *parser) not() (predicate, error) {
	if p.terms++; p.terms > maxFilterTerms {
		return nil, errors.New("the filter has too many terms")
	}
	if p.word("not") {
		if p.depth++; p.depth > maxFilterDepth {
			return nil, errors.New("the filter is too deep")
		}
		defer func() { p.depth-- }()
		inner, err := p.not()
		return func(o object) bool { return !inner(o) }, err
	}
	if p.peek().kind == '(' {
		p.take()
		inner, err := p.or()
		if err != nil {
			return nil, err
		}
		_, err = p.expect(')')
		return inner, err
	}
	return p.comparison()
}

// operand is something with a value.
type operand func(object) any

func (p *parser) comparison() (predicate, error) {
	t := p.peek()
	if t.kind == 'n' && len(p.tokens) > 1 && p.tokens[1].kind == '(' {
		return p.call()
	}
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	op := p.take()
	if op.kind == 'n' && op.text == "in" {
		return p.in(left)
	}
	test, ok := comparisons[op.text]
	if !ok {
		if op.kind == 0 || op.text == "and" || op.text == "or" || op.kind == ')' { // a boolean by itself
			if op.kind != 0 {
				p.tokens = append([]token{op}, p.tokens...)
			}
			return func(o object) bool { b, _ := left(o).(bool); return b }, nil
		}
		return nil, fmt.Errorf("syntax error at '%s'", op.text)
	}
	right, err := p.operand()
	return func(o object) bool { return compare(left(o), right(o), test) }, err
}

func (p *parser) in(left operand) (predicate, error) {
	if _, err := p.expect('('); err != nil {
		return nil, err
	}
	var list []operand
	for {
		v, err := p.operand()
		if err != nil {
			return nil, err
		}
		if list = append(list, v); len(list) > maxFilterTerms {
			return nil, errors.New("the filter has too many terms")
		}
		if p.peek().kind != ',' {
			break
		}
		p.take()
	}
	_, err := p.expect(')')
	return func(o object) bool {
		for _, v := range list {
			if compare(left(o), v(o), comparisons["eq"]) {
				return true
			}
		}
		return false
	}, err
}

var stringTests = map[string]func(s, part string) bool{"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains}

// call is startswith(a,'b') and the like, or list/any(x:…).
func (p *parser) call() (predicate, error) {
	name := p.take().text
	p.take() // (
	if list, ok := strings.CutSuffix(name, "/any"); ok {
		return p.any(list)
	}
	test := stringTests[strings.ToLower(name)]
	if test == nil {
		return nil, fmt.Errorf("an unknown function with name '%s' was found", name)
	}
	a, err := p.operand()
	if err != nil {
		return nil, err
	}
	if _, err := p.expect(','); err != nil {
		return nil, err
	}
	b, err := p.operand()
	if err != nil {
		return nil, err
	}
	_, err = p.expect(')')
	return func(o object) bool {
		s, ok1 := a(o).(string)
		part, ok2 := b(o).(string)
		return ok1 && ok2 && test(strings.ToLower(s), strings.ToLower(part))
	}, err
}

func (p *parser) any(list string) (predicate, error) {
	p.name(list)
	v, err := p.expect('n')
	if err != nil {
		return nil, err
	}
	if _, err := p.expect(':'); err != nil {
		return nil, err
	}
	p.vars = append(p.vars, v.text)
	inner, err := p.or()
	p.vars = p.vars[:len(p.vars)-1]
	if err != nil {
		return nil, err
	}
	_, err = p.expect(')')
	return func(o object) bool {
		of, _ := o.value(list)
		members, _ := of.([]object)
		for _, m := range members {
			if inner(scoped{o, v.text, m}) {
				return true
			}
		}
		return false
	}, err
}

// scoped is an object inside any: the variable leads to the member.
type scoped struct {
	outer object
	name  string
	inner object
}

func (s scoped) value(path string) (any, bool) {
	if path == s.name {
		return s.inner.value("")
	}
	if rest, ok := strings.CutPrefix(path, s.name+"/"); ok {
		return s.inner.value(rest)
	}
	return s.outer.value(path)
}

func (p *parser) name(path string) {
	for _, v := range p.vars {
		if path == v || strings.HasPrefix(path, v+"/") {
			return
		}
	}
	for _, n := range p.names {
		if n == path {
			return
		}
	}
	p.names = append(p.names, path)
}

func (p *parser) operand() (operand, error) {
	t := p.take()
	switch t.kind {
	case 's':
		return func(object) any { return t.text }, nil
	case 'd':
		v, err := literal(t.text)
		return func(object) any { return v }, err
	case 'n':
		if p.peek().kind == '(' && (strings.EqualFold(t.text, "tolower") || strings.EqualFold(t.text, "toupper")) {
			p.take()
			if p.depth++; p.depth > maxFilterDepth {
				return nil, errors.New("the filter is too deep")
			}
			inner, err := p.operand()
			p.depth--
			if err != nil {
				return nil, err
			}
			_, err = p.expect(')')
			return func(o object) any {
				s, _ := inner(o).(string)
				return strings.ToLower(s)
			}, err
		}
		p.name(t.text)
		return func(o object) any { v, _ := o.value(t.text); return v }, nil
	}
	return nil, fmt.Errorf("syntax error at '%s'", t.text)
}
