package scim

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Filter is a condition on a resource (RFC 7644 section 3.4.2.2).
type Filter struct {
	op    operator
	left  *Filter // and, or, not
	right *Filter // and, or
	inner *Filter // has: some value of steps for which this is so
	steps []*attribute
	value any // string, bool, time.Time, nil
}

type operator string

const (
	opAnd operator = "and"
	opOr  operator = "or"
	opNot operator = "not"
	opHas operator = "has" // emails[type eq "work"]
	opPr  operator = "pr"
	opEq  operator = "eq"
	opNe  operator = "ne"
	opCo  operator = "co"
	opSw  operator = "sw"
	opEw  operator = "ew"
	opGt  operator = "gt"
	opGe  operator = "ge"
	opLt  operator = "lt"
	opLe  operator = "le"
)

var comparisons = []operator{opEq, opNe, opCo, opSw, opEw, opGt, opGe, opLt, opLe}

// ParseFilter reads a filter on resources of a kind.
func ParseFilter(k Kind, s string) (*Filter, error) {
	if len(s) > maxFilter {
		return nil, refuse(InvalidFilter, "the filter is over %d bytes", maxFilter)
	}
	p := &parser{text: s, attributes: schemas[k], wrong: InvalidFilter}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.blank(); p.pos < len(s) {
		return nil, p.refuse("there is something after the filter")
	}
	return f, nil
}

// A parser walks over a filter or a path.
type parser struct {
	text       string
	pos        int
	attributes []attribute // what may be named
	wrong      ErrorType
	terms      int
	bracketed  bool // no brackets within brackets
}

func (p *parser) within(attributes []attribute) *parser {
	return &parser{text: p.text, pos: p.pos, attributes: attributes, wrong: p.wrong, terms: p.terms, bracketed: true}
}

func (p *parser) refuse(why string) error {
	return refuse(p.wrong, "at character %d: %s", p.pos+1, why)
}

func (p *parser) blank() {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
}

func (p *parser) take(s string) bool {
	if !strings.HasPrefix(p.text[p.pos:], s) {
		return false
	}
	p.pos += len(s)
	return true
}

// word takes a word in any letter case, if it is a whole one.
func (p *parser) word(w string) bool {
	rest := p.text[p.pos:]
	if len(rest) < len(w) || !strings.EqualFold(rest[:len(w)], w) || len(rest) > len(w) && isNameByte(rest[len(w)]) {
		return false
	}
	p.pos += len(w)
	return true
}

// or reads terms joined by "or", each of which may be joined by "and", which
// binds tighter.
func (p *parser) or(depth int) (*Filter, error) {
	return p.joined(opOr, func() (*Filter, error) {
		return p.joined(opAnd, func() (*Filter, error) { return p.term(depth) })
	})
}

func (p *parser) joined(by operator, next func() (*Filter, error)) (*Filter, error) {
	f, err := next()
	for err == nil {
		if p.blank(); !p.word(string(by)) {
			break
		}
		var right *Filter
		right, err = next()
		f = &Filter{op: by, left: f, right: right}
	}
	return f, err
}

// term reads one comparison, or a filter in parentheses.
func (p *parser) term(depth int) (*Filter, error) {
	if depth > maxNesting {
		return nil, p.refuse(fmt.Sprintf("it is nested more than %d deep", maxNesting))
	}
	p.blank()
	before := p.pos
	not := p.word("not")
	if p.blank(); p.take("(") {
		f, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if p.blank(); !p.take(")") {
			return nil, p.refuse("a parenthesis is not closed")
		}
		if not {
			f = &Filter{op: opNot, left: f}
		}
		return f, nil
	}
	p.pos = before
	if p.terms++; p.terms > maxTerms {
		return nil, p.refuse(fmt.Sprintf("there are more than %d comparisons", maxTerms))
	}
	return p.comparison(depth)
}

func (p *parser) comparison(depth int) (*Filter, error) {
	steps, err := p.attributePath(p.attributes)
	if err != nil {
		return nil, err
	}
	if p.take("[") {
		return p.having(steps, depth)
	}
	p.blank()
	if p.word(string(opPr)) {
		return &Filter{op: opPr, steps: steps}, nil
	}
	for _, op := range comparisons {
		if p.word(string(op)) {
			return p.compare(op, steps)
		}
	}
	return nil, p.refuse("after an attribute comes eq, ne, co, sw, ew, gt, ge, lt, le or pr")
}

// having reads emails[type eq "work" and value co "@contoso.test"].
func (p *parser) having(steps []*attribute, depth int) (*Filter, error) {
	last := steps[len(steps)-1]
	if p.bracketed || last.kind != complexOf {
		return nil, p.refuse(last.name + " has no parts to choose by")
	}
	in := p.within(last.sub)
	f, err := in.or(depth + 1)
	if err != nil {
		return nil, err
	}
	p.pos, p.terms = in.pos, in.terms
	if p.blank(); !p.take("]") {
		return nil, p.refuse("a bracket is not closed")
	}
	return &Filter{op: opHas, steps: steps, inner: f}, nil
}

// compare reads the value and sees that it suits the attribute.
func (p *parser) compare(op operator, steps []*attribute) (*Filter, error) {
	p.blank()
	start := p.pos
	v, err := p.literal()
	if err != nil {
		return nil, err
	}
	if last := steps[len(steps)-1]; last.kind == complexOf { // emails co "x" means their values
		value := last.find("value")
		if value == nil {
			p.pos = start
			return nil, p.refuse(last.name + " has parts: name one, as in " + last.name + "." + last.sub[0].name)
		}
		steps = append(append([]*attribute{}, steps...), value)
	}
	f := &Filter{op: op, steps: steps, value: v}
	if why := f.suits(steps[len(steps)-1]); why != "" {
		p.pos = start
		return nil, p.refuse(why)
	}
	return f, nil
}

// suits checks the value against the attribute's type and turns it into it.
func (f *Filter) suits(a *attribute) (why string) {
	if f.value == nil {
		if f.op != opEq && f.op != opNe {
			return "null can only be compared with eq and ne"
		}
		return ""
	}
	switch a.kind {
	case boolean:
		v, err := readTruth(f.value, a.name)
		if f.value = v; err != nil || f.op != opEq && f.op != opNe {
			return a.name + " is true or false: compare it with eq or ne"
		}
	case dateTime:
		s, _ := f.value.(string)
		t, err := time.Parse(time.RFC3339Nano, s)
		if err != nil && f.op != opCo && f.op != opSw && f.op != opEw {
			return a.name + " is a time such as \"2026-11-23T09:00:00Z\""
		}
		if err == nil {
			f.value = t
		}
	default:
		if _, ok := f.value.(string); !ok {
			return a.name + " is text: put the value in double quotes"
		}
	}
	return ""
}

// literal reads a JSON string, number, true, false or null.
func (p *parser) literal() (any, error) {
	end := p.pos
	if end < len(p.text) && p.text[end] == '"' {
		for end++; end < len(p.text) && p.text[end] != '"'; end++ {
			if p.text[end] == '\\' {
				end++
			}
		}
		if end++; end > len(p.text) {
			return nil, p.refuse("the quotes are not closed")
		}
	} else {
		for end < len(p.text) && strings.IndexByte(" )]", p.text[end]) < 0 {
			end++
		}
	}
	word := p.text[p.pos:end]
	if lower := strings.ToLower(word); lower == "true" || lower == "false" || lower == "null" {
		word = lower
	}
	d := json.NewDecoder(strings.NewReader(word))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return nil, p.refuse("a value should be here: text in double quotes, true or false")
	}
	switch v := v.(type) {
	case string, bool, nil:
		p.pos = end
		return v, nil
	case json.Number:
		p.pos = end
		return v.String(), nil
	}
	return nil, p.refuse("a value should be here: text in double quotes, true or false")
}
