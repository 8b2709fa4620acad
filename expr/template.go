package expr

import (
	"slices"
	"strings"
)

// Template is text with FEEL in braces: "Leave for {starter.name}: {days} days".
// "{{" and "}}" stand for single braces.
type Template struct {
	src   string
	parts []part
	names []string
}

// part is literal text, or an expression.
type part struct {
	text string
	x    *Expr
	at   int // where x begins in the source
}

// ParseTemplate reads a text template. names are as for Parse. An error is an
// *Error whose place is in src.
func ParseTemplate(src string, names ...string) (*Template, error) {
	if len(src) > MaxText {
		return nil, newError(src, 0, "the text has %d bytes; at most %d are allowed", len(src), MaxText)
	}
	t := &Template{src: src}
	for rest := 0; rest < len(src); {
		text, next, open, err := literalText(src, rest)
		if err != nil {
			return nil, err
		}
		if text != "" {
			t.parts = append(t.parts, part{text: text})
		}
		if rest = next; !open {
			continue
		}
		x, end, err := embedded(src, next, names)
		if err != nil {
			return nil, err
		}
		t.parts = append(t.parts, part{x: x, at: next})
		t.names = append(t.names, x.names...)
		rest = end
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t, nil
}

// literalText reads text up to the next expression, which begins at next if
// open is set.
func literalText(src string, from int) (text string, next int, open bool, err *Error) {
	var b strings.Builder
	for i := from; ; {
		j := strings.IndexAny(src[i:], "{}")
		if j < 0 {
			b.WriteString(src[i:])
			return b.String(), len(src), false, nil
		}
		b.WriteString(src[i : i+j])
		i += j
		doubled := i+1 < len(src) && src[i+1] == src[i]
		switch {
		case doubled:
			b.WriteByte(src[i])
			i += 2
		case src[i] == '}':
			return "", 0, false, newError(src, i, "this } closes nothing: write }} for a brace in the text")
		case strings.HasSuffix(b.String(), "$") && i > from && src[i-1] == '$':
			return "", 0, false, newError(src, i-1, "write {…} without the $; for a $ before a value, leave a space")
		default:
			return b.String(), i + 1, true, nil
		}
	}
}

// embedded reads the expression that begins at from, and returns the place
// after its closing brace.
func embedded(src string, from int, names []string) (*Expr, int, *Error) {
	end, err := closing(src, from)
	if err != nil {
		return nil, 0, err
	}
	if end-from > MaxSource {
		return nil, 0, newError(src, from, "the expression has %d bytes; at most %d are allowed", end-from, MaxSource)
	}
	x, err := parse(src[from:end], names)
	if err != nil {
		return nil, 0, newError(src, from+err.Offset, "%s", err.Msg)
	}
	return x, end + 1, nil
}

// closing finds the brace that ends the expression beginning at from, past
// strings, comments and contexts.
func closing(src string, from int) (int, *Error) {
	depth := 0
	for i := from; i < len(src); i++ {
		switch src[i] {
		case '{':
			depth++
		case '}':
			if depth == 0 {
				return i, nil
			}
			depth--
		case '"':
			for i++; i < len(src) && src[i] != '"'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
		case '/':
			if n := strings.Index(src[i:], "*/"); strings.HasPrefix(src[i:], "/*") && n > 0 {
				i += n + 1
			}
		}
	}
	return 0, newError(src, from-1, "this { is never closed: write } after the expression, or {{ for a brace in the text")
}

// Source returns the text ParseTemplate was given.
func (t *Template) Source() string { return t.src }

// Names returns the variables the template takes from its Scope, sorted; see
// (*Expr).Names.
func (t *Template) Names() []string { return slices.Clone(t.names) }

// Eval returns the text with values as people read them (Format); null is no
// text. An error is an *Error and means that a bound was passed; it says what the
// variables were.
func (t *Template) Eval(s Scope) (string, error) { return t.EvalWith(s, Format) }

// EvalWith is Eval with another way to write values, such as Text, or one that
// escapes them for a URL.
func (t *Template) EvalWith(s Scope, write func(Value) string) (string, error) {
	return t.eval(s, write, nil)
}

// Explain is Eval that also returns what could not be worked out and left no
// text, at most 20 reasons for each expression.
func (t *Template) Explain(s Scope) (string, []*Error, error) {
	var notes []*Error
	text, err := t.eval(s, Format, &notes)
	return text, notes, err
}

func (t *Template) eval(s Scope, write func(Value) string, notes *[]*Error) (string, error) {
	if len(t.parts) == 1 && t.parts[0].x == nil {
		return t.parts[0].text, nil
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.x == nil {
			b.WriteString(p.text)
			continue
		}
		e := newEnv(p.x.src, s)
		var why []*Error
		if notes != nil {
			e.notes = &why
		}
		v, err := e.run(p.x.root)
		if err != nil {
			return "", t.moved(p, p.x.given(s, err))
		}
		for _, n := range why {
			*notes = append(*notes, t.moved(p, n))
		}
		b.WriteString(write(v))
		if b.Len() > MaxText {
			return "", newError(t.src, p.at, "the text comes to more than %d bytes", MaxText)
		}
	}
	return b.String(), nil
}

// moved is an error of an expression with its place in the template.
func (t *Template) moved(p part, err *Error) *Error {
	return newError(t.src, p.at+err.Offset, "%s", err.Msg)
}

// At returns a fault of the template at the place where name first stands.
func (t *Template) At(name, format string, args ...any) *Error {
	for _, p := range t.parts {
		if p.x == nil {
			continue
		}
		if place, ok := p.x.places[name]; ok {
			return newError(t.src, p.at+place, format, args...)
		}
	}
	return newError(t.src, 0, format, args...)
}

// String returns the source, for %v in messages.
func (t *Template) String() string { return t.src }
