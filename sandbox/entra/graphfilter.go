package entra

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// filter tells whether an object passes.
type filter func(map[string]any) bool

// parseFilter reads the part of OData's $filter that scripts use: eq, ne, in,
// startswith, endswith, any, with and, or, not and parentheses. It takes at
// most maxFilterBytes and maxFilterTerms.
func parseFilter(text string) (filter, error) {
	if len(text) > maxFilterBytes {
		return nil, fmt.Errorf("it is longer than %d bytes", maxFilterBytes)
	}
	words, err := lexFilter(text)
	if err != nil {
		return nil, err
	}
	p := &filterParser{words: words}
	f, err := p.or()
	if err == nil && p.at < len(p.words) {
		err = fmt.Errorf("did not expect %q", p.words[p.at])
	}
	return f, err
}

type filterParser struct {
	words []string
	at    int
	terms int
}

// lexFilter parts a filter into words. A text keeps its quote in front as a
// mark.
func lexFilter(text string) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t':
			i++
		case strings.IndexByte("(),:", c) >= 0:
			words = append(words, string(c))
			i++
		case c == '\'':
			var b strings.Builder
			for i++; ; i++ {
				if i >= len(text) {
					return nil, errors.New("a text has no end")
				}
				if text[i] == '\'' {
					if i+1 >= len(text) || text[i+1] != '\'' {
						break
					}
					i++
				}
				b.WriteByte(text[i])
			}
			i++
			words = append(words, "'"+b.String())
		default:
			end := i
			for end < len(text) && strings.IndexByte(" \t(),:'", text[end]) < 0 {
				end++
			}
			words = append(words, text[i:end])
			i = end
		}
	}
	return words, nil
}

func (p *filterParser) peek() string {
	if p.at < len(p.words) {
		return p.words[p.at]
	}
	return ""
}

func (p *filterParser) next() string { w := p.peek(); p.at++; return w }

func (p *filterParser) expect(word string) error {
	if got := p.next(); !strings.EqualFold(got, word) {
		return fmt.Errorf("expected %q and found %q", word, got)
	}
	return nil
}

func (p *filterParser) or() (filter, error) {
	left, err := p.and()
	for err == nil && strings.EqualFold(p.peek(), "or") {
		p.at++
		var right filter
		if right, err = p.and(); err == nil {
			a := left
			left = func(m map[string]any) bool { return a(m) || right(m) }
		}
	}
	return left, err
}

func (p *filterParser) and() (filter, error) {
	left, err := p.term()
	for err == nil && strings.EqualFold(p.peek(), "and") {
		p.at++
		var right filter
		if right, err = p.term(); err == nil {
			a := left
			left = func(m map[string]any) bool { return a(m) && right(m) }
		}
	}
	return left, err
}

func (p *filterParser) term() (filter, error) {
	if p.terms++; p.terms > maxFilterTerms {
		return nil, fmt.Errorf("it has more than %d terms", maxFilterTerms)
	}
	word := p.next()
	switch strings.ToLower(word) {
	case "":
		return nil, errors.New("it ends too early")
	case "not":
		f, err := p.term()
		return func(m map[string]any) bool { return !f(m) }, err
	case "(":
		f, err := p.or()
		if err == nil {
			err = p.expect(")")
		}
		return f, err
	case "startswith", "endswith":
		return p.function(strings.ToLower(word))
	}
	if list, ok := strings.CutSuffix(word, "/any"); ok {
		return p.any(list)
	}
	if strings.HasPrefix(word, "'") {
		return nil, fmt.Errorf("expected a property and found the text %q", word[1:])
	}
	return p.compare(func(m map[string]any) any { return lookup(m, word) })
}

func lookup(m map[string]any, path string) any {
	var v any = m
	for name := range strings.SplitSeq(path, "/") {
		inner, _ := v.(map[string]any)
		v = inner[name]
	}
	return v
}

func (p *filterParser) function(name string) (filter, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	path := p.next()
	if err := p.expect(","); err != nil {
		return nil, err
	}
	text, ok := strings.CutPrefix(p.next(), "'")
	if !ok {
		return nil, errors.New(name + " needs a text")
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	text = strings.ToLower(text)
	return func(m map[string]any) bool {
		s, _ := lookup(m, path).(string)
		if name == "startswith" {
			return strings.HasPrefix(strings.ToLower(s), text)
		}
		return strings.HasSuffix(strings.ToLower(s), text)
	}, nil
}

// any is list/any(x:x eq 'v') and list/any(x:x/property eq 'v').
func (p *filterParser) any(list string) (filter, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	name := p.next()
	if err := p.expect(":"); err != nil {
		return nil, err
	}
	path, ok := strings.CutPrefix(p.next(), name)
	if !ok || name == "" || path != "" && path[0] != '/' {
		return nil, errors.New("any is about something else than its variable")
	}
	is, err := p.compare(func(m map[string]any) any {
		if path == "" {
			return m["it"]
		}
		inner, _ := m["it"].(map[string]any)
		return lookup(inner, path[1:])
	})
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return func(m map[string]any) bool {
		values, _ := lookup(m, list).([]any)
		return slices.ContainsFunc(values, func(v any) bool { return is(map[string]any{"it": v}) })
	}, nil
}

func (p *filterParser) compare(value func(map[string]any) any) (filter, error) {
	switch op := strings.ToLower(p.next()); op {
	case "eq", "ne":
		want, err := literal(p.next())
		return func(m map[string]any) bool { return same(value(m), want) == (op == "eq") }, err
	case "in":
		if err := p.expect("("); err != nil {
			return nil, err
		}
		var all []any
		for {
			want, err := literal(p.next())
			if err != nil {
				return nil, err
			}
			all = append(all, want)
			if w := p.next(); w == ")" {
				break
			} else if w != "," {
				return nil, fmt.Errorf("expected a comma and found %q", w)
			}
		}
		return func(m map[string]any) bool {
			return slices.ContainsFunc(all, func(v any) bool { return same(value(m), v) })
		}, nil
	default:
		return nil, fmt.Errorf("the operator %q is not supported here", op)
	}
}

func literal(word string) (any, error) {
	if text, ok := strings.CutPrefix(word, "'"); ok {
		return text, nil
	}
	switch strings.ToLower(word) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if isGUID(word) {
		return word, nil
	}
	if n, err := strconv.ParseFloat(word, 64); err == nil {
		return n, nil
	}
	return nil, fmt.Errorf("%q is no value", word)
}

// same compares as Graph does: texts without regard to case.
func same(a, b any) bool {
	x, ok := a.(string)
	y, ok2 := b.(string)
	if ok && ok2 {
		return strings.EqualFold(x, y)
	}
	switch a.(type) {
	case nil, bool, float64:
		return a == b
	}
	return false
}
