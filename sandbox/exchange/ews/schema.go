package ews

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A content is what may stand inside an element of one type: attributes that
// are looked at, and children in their order. Exchange refuses elements out of
// order, so this server does too.
type content struct {
	attrs []attribute
	parts []part
}

type attribute struct {
	name     string
	required bool
	kind     string
}

// part is one place in a sequence: one of several elements, so often.
type part struct {
	choices  []choice
	min, max int // max 0: any number
}

type choice struct{ name, kind string }

// types are the contents of elements, by the grammar's names for them.
type types map[string]content

// schema is made from grammar.go once; a mistake there is a broken invariant.
var schema = readGrammar(grammar)

// readGrammar reads lines "Type = parts": see the comment on grammar.
func readGrammar(text string) types {
	out := types{}
	for line := range strings.Lines(text) {
		name, rest, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		var c content
		for _, w := range strings.Fields(rest) {
			switch {
			case w[0] == '@':
				c.attrs = append(c.attrs, readAttribute(w[1:]))
			case w[0] == '+' && len(w) > 1: // the parts of another type come first
				base := out[w[1:]]
				c.attrs = append(c.attrs, base.attrs...)
				c.parts = append(c.parts, base.parts...)
			default:
				c.parts = append(c.parts, readPart(w))
			}
		}
		out[strings.TrimSpace(name)] = c
	}
	return out
}

func readAttribute(w string) attribute {
	name, kind, _ := strings.Cut(w, ":")
	n, optional := strings.CutSuffix(name, "?")
	return attribute{name: n, required: !optional, kind: kind}
}

func readPart(w string) part {
	p := part{min: 1, max: 1}
	switch w[len(w)-1] {
	case '?':
		p.min, w = 0, w[:len(w)-1]
	case '*':
		p.min, p.max, w = 0, 0, w[:len(w)-1]
	case '+':
		p.max, w = 0, w[:len(w)-1]
	}
	for c := range strings.SplitSeq(w, "|") {
		name, kind, _ := strings.Cut(c, ">")
		if !strings.Contains(name, ":") {
			name = "t:" + name
		}
		p.choices = append(p.choices, choice{name, kind})
	}
	return p
}

// validate checks an element against its type and returns the first violation
// as an ErrorSchemaValidation fault, or nil.
func (t types) validate(n *node, kind string) *fault {
	if kind == "" {
		return nil
	}
	c, ok := t[kind]
	if !ok {
		return validateSimple(n, kind)
	}
	for _, a := range c.attrs {
		v, there := n.lookAttr(a.name)
		if !there {
			if a.required {
				return violation(n, "The required attribute '%s' is missing.", a.name)
			}
			continue
		}
		if why := wrongValue(v, a.kind); why != "" {
			return violation(n, "The '%s' attribute is invalid - The value '%s' is invalid according to its datatype - %s", a.name, short(v), why)
		}
	}
	return t.validateChildren(n, c.parts)
}

func (t types) validateChildren(n *node, parts []part) *fault {
	at, seen := 0, 0
	for _, k := range n.kids {
		from, kind, found := at, "", false
		for at < len(parts) {
			if kind, found = parts[at].takes(k.name); found && (parts[at].max == 0 || seen < parts[at].max) {
				break
			}
			if found = false; seen < parts[at].min {
				break
			}
			at, seen = at+1, 0
		}
		if !found {
			return violation(k, "The element '%s' in namespace '%s' has invalid child element '%s' in namespace '%s'.%s",
				n.local(), n.space(), k.local(), k.space(), expected(parts, from))
		}
		seen++
		if f := t.validate(k, kind); f != nil {
			return f
		}
	}
	for ; at < len(parts); at, seen = at+1, 0 {
		if seen < parts[at].min {
			return violation(n, "The element '%s' in namespace '%s' has incomplete content.%s", n.local(), n.space(), expected(parts, at))
		}
	}
	return nil
}

func (p part) takes(name string) (kind string, ok bool) {
	for _, c := range p.choices {
		if c.name == name {
			return c.kind, true
		}
	}
	return "", false
}

func expected(parts []part, at int) string {
	if at >= len(parts) {
		return ""
	}
	var names []string
	for _, c := range parts[at].choices {
		names = append(names, c.name[strings.IndexByte(c.name, ':')+1:])
	}
	return " List of possible elements expected: '" + strings.Join(names, ", ") + "'."
}

// space is the namespace an element is in, as far as we know it.
func (n *node) space() string {
	p, _, _ := strings.Cut(n.name, ":")
	for ns, prefix := range prefixes {
		if prefix == p {
			return ns
		}
	}
	return ""
}

func validateSimple(n *node, kind string) *fault {
	if len(n.kids) > 0 {
		return violation(n.kids[0], "The element '%s' in namespace '%s' cannot contain child element '%s' in namespace '%s' because the parent element's content model is text only.",
			n.local(), n.space(), n.kids[0].local(), n.kids[0].space())
	}
	if why := wrongValue(n.text, kind); why != "" {
		return violation(n, "The '%s' element is invalid - The value '%s' is invalid according to its datatype - %s", n.space()+":"+n.local(), short(n.text), why)
	}
	return nil
}

// wrongValue says why a text is no value of a simple kind, or "".
func wrongValue(v, kind string) string {
	v = strings.TrimSpace(v)
	ok := true
	switch {
	case kind == "" || kind == "text":
	case kind == "bool":
		ok = slices.Contains([]string{"true", "false", "0", "1"}, v)
	case kind == "int":
		_, err := strconv.ParseInt(v, 10, 32)
		ok = err == nil
	case kind == "date":
		_, ok = readTime(v)
	case kind == "base64":
		_, err := decodeBase64(v)
		ok = err == nil
	case strings.Contains(kind, "..") && kind[0] >= '0' && kind[0] <= '9':
		lo, hi, _ := strings.Cut(kind, "..")
		min, _ := strconv.Atoi(lo)
		max, _ := strconv.Atoi(hi)
		n, err := strconv.Atoi(v)
		if err != nil || n < min {
			return "The MinInclusive constraint failed."
		}
		if n > max {
			return "The MaxInclusive constraint failed."
		}
	default:
		if !slices.Contains(strings.Split(kind, ","), v) {
			return "The Enumeration constraint failed."
		}
	}
	if !ok {
		return "The string is not a valid " + kind + " value."
	}
	return ""
}

// decodeBase64 reads base64 as XML Schema allows it: with white space inside.
func decodeBase64(s string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
}

// readTime reads an xs:dateTime or xs:date; without a zone it is UTC.
func readTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02Z07:00", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func short(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func violation(n *node, format string, args ...any) *fault {
	return &fault{
		code: "ErrorSchemaValidation", text: "The request failed schema validation.",
		violation: fmt.Sprintf(format, args...), line: n.line, col: n.col,
	}
}
