package movein

import (
	"strings"

	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
)

// expression says a whole attribute or content in FEEL: "${a}" as an
// expression, "for ${a}" as a text put together, words without an expression as
// a text.
func (n *names) expression(src string) (string, *unreadable) {
	return n.translated(src, func(x *translator, t *term) string { return x.feel(t).text })
}

// condition is expression for what has to be true or false.
func (n *names) condition(src string) (string, *unreadable) {
	return n.translated(src, func(x *translator, t *term) string { return x.truth(t).text })
}

func (n *names) translated(src string, whole func(*translator, *term) string) (string, *unreadable) {
	src = strings.TrimSpace(src)
	if f, ok := strings.CutPrefix(src, "="); ok {
		return n.checked(f)
	}
	pieces, bad := piecesOf(src)
	if bad != nil {
		return "", bad
	}
	x := &translator{names: n}
	var out string
	if len(pieces) == 1 && pieces[0].term != nil {
		out = whole(x, pieces[0].term)
	} else {
		var parts []string
		for _, p := range pieces {
			if p.term == nil {
				parts = append(parts, quote(p.words))
			} else {
				parts = append(parts, "string("+x.feel(p.term).text+")")
			}
		}
		out = strings.Join(parts, " + ")
	}
	if x.bad != nil {
		return "", x.bad
	}
	if _, err := expr.Parse(out, n.spaced()...); err != nil {
		return "", cannot(writeFEEL, "in FEEL it would be %s, which cannot be read: %v", short(out), err)
	}
	return out, nil
}

// checked takes FEEL of another engine: it has to be FEEL here too. Names that
// mean something else here get another.
func (n *names) checked(src string) (string, *unreadable) {
	src = strings.TrimSpace(src)
	if len(src) > expr.MaxSource {
		return "", cannot("Split it over several steps.", "the expression has more than %d bytes", expr.MaxSource)
	}
	if n.of != "" {
		n.entries = map[string]bool{}
		if e, err := expr.Parse(src); err == nil {
			for _, name := range e.Names() {
				n.entries[name] = true
			}
		}
	}
	n.plain = !strings.Contains(src, "[")
	out := n.renamed(src)
	e, err := expr.Parse(out, n.spaced()...)
	if err != nil {
		return "", cannot("Say it with the FEEL that signoff has: docs/expressions.md lists its functions.", "this FEEL cannot be read here: %v", err)
	}
	for _, name := range e.Names() {
		n.useFinal(name)
	}
	n.hintsIn(out)
	return out, nil
}

// template says a text for people: "Approve ${name}" is "Approve {name}".
func (n *names) template(src string) (string, *unreadable) {
	var b strings.Builder
	if f, ok := strings.CutPrefix(strings.TrimSpace(src), "="); ok {
		feel, bad := n.checked(f)
		if bad != nil {
			return "", bad
		}
		return plain(feel), nil
	}
	pieces, bad := piecesOf(src)
	if bad != nil {
		return "", bad
	}
	x := &translator{names: n}
	for _, p := range pieces {
		if p.term == nil {
			b.WriteString(strings.NewReplacer("{", "{{", "}", "}}").Replace(p.words))
		} else {
			b.WriteString("{" + x.feel(p.term).text + "}")
		}
	}
	if x.bad != nil {
		return "", x.bad
	}
	if _, err := expr.ParseTemplate(b.String(), n.spaced()...); err != nil {
		return "", cannot("Write {name} to put in a value.", "as a text it would be %s, which cannot be read: %v", short(b.String()), err)
	}
	return b.String(), nil
}

// plain makes a template of FEEL; a text in quotes is that text.
func plain(feel string) string {
	if e, err := expr.Parse(feel); err == nil && len(e.Names()) == 0 && strings.HasPrefix(feel, `"`) {
		if v, err := e.Eval(expr.Scope{}); err == nil {
			if s, ok := v.(expr.String); ok {
				return strings.NewReplacer("{", "{{", "}", "}}").Replace(string(s))
			}
		}
	}
	if strings.HasPrefix(feel, "{") {
		feel = " " + feel + " " // two braces would be one in the text
	}
	return "{" + feel + "}"
}

// listed gives the texts of a FEEL list of texts, "" and false for anything else.
func listed(feel string) ([]string, bool) {
	e, err := expr.Parse(feel)
	if err != nil || len(e.Names()) > 0 {
		return nil, false
	}
	v, err := e.Eval(expr.Scope{})
	if err != nil {
		return nil, false
	}
	switch v := v.(type) {
	case expr.String:
		return []string{string(v)}, true
	case expr.List:
		var out []string
		for _, item := range v {
			s, ok := item.(expr.String)
			if !ok {
				return nil, false
			}
			out = append(out, string(s))
		}
		return out, true
	}
	return nil, false
}

// split cuts at commas that stand outside of expressions.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '(', '[':
			depth++
		case '}', ')', ']':
			depth--
		case ',':
			if depth <= 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	var trimmed []string
	for _, part := range append(out, s[from:]) {
		if part = strings.TrimSpace(part); part != "" {
			trimmed = append(trimmed, part)
		}
	}
	return trimmed
}

// short is text for a message, on one line.
func short(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	return s
}

// isName tells whether s is a name alone, which FEEL and the forms take.
func isName(s string) bool { return process.CheckName(s) == "" && !strings.Contains(s, " ") }

// attr writes an attribute for people to read and copy.
func attr(name, value string) string {
	if strings.Contains(value, `"`) {
		return name + "='" + value + "'"
	}
	return name + `="` + value + `"`
}
