package bpmn

import (
	"fmt"
	"strings"
)

// startTag reads "<name attributes>" or "<name attributes/>" and, unless it is
// empty, opens the element.
func (r *reader) startTag() (*Element, error) {
	e := &Element{Line: r.line}
	if r.elements++; r.elements > maxElements {
		return nil, tooLarge(r.line, fmt.Sprintf("more than %d elements", maxElements))
	}
	if len(r.open) == maxDepth {
		return nil, tooLarge(r.line, fmt.Sprintf("elements more than %d deep", maxDepth))
	}
	r.advance(1)
	var err error
	if e.Prefix, e.Local, err = r.name("an element"); err != nil {
		return nil, err
	}
	for {
		spaced := r.space()
		if r.has(">") || r.has("/>") {
			break
		}
		if !spaced {
			return nil, r.fail("<%s> cannot be read: a space, \">\" or \"/>\" is missing", e.Name())
		}
		if err := r.attribute(e); err != nil {
			return nil, err
		}
	}
	if err := r.scope.enter(r, e); err != nil {
		return nil, err
	}
	if r.has("/>") {
		r.advance(2)
		r.scope.leave(e)
		return e, nil
	}
	r.advance(1)
	r.open = append(r.open, e)
	return e, nil
}

func (r *reader) endTag(e *Element) error {
	r.advance(len("</"))
	line := r.line
	prefix, local, err := r.name("an end tag")
	if err != nil {
		return err
	}
	if prefix != e.Prefix || local != e.Local {
		return unreadable(line, fmt.Sprintf("</%s> where </%s> belongs, for line %d", qualified(prefix, local), e.Name(), e.Line),
			"The file was damaged or edited by hand: export it again.")
	}
	r.space()
	if !r.has(">") {
		return r.fail("</%s> cannot be read: \">\" is missing", e.Name())
	}
	r.advance(1)
	r.scope.leave(e)
	r.open = r.open[:len(r.open)-1]
	return nil
}

// name reads "local" or "prefix:local" (Namespaces in XML §4).
func (r *reader) name(what string) (prefix, local string, err error) {
	n := ncNameLen(r.rest())
	first := r.rest()[:n]
	r.advance(n)
	if n == 0 || n > maxNameBytes {
		return "", "", r.fail("%s without a name XML allows", what)
	}
	if !r.has(":") {
		return "", first, nil
	}
	r.advance(1)
	n = ncNameLen(r.rest())
	local = r.rest()[:n]
	r.advance(n)
	if n == 0 || n > maxNameBytes || r.has(":") {
		return "", "", r.fail("%s whose name has a colon too many: %s", what, clip(first+":"+local))
	}
	return first, local, nil
}

func (r *reader) attribute(e *Element) error {
	if len(e.Attrs) == maxAttributes {
		return tooLarge(r.line, fmt.Sprintf("more than %d attributes on <%s>", maxAttributes, e.Name()))
	}
	a := Attr{Line: r.line}
	var err error
	if a.Prefix, a.Local, err = r.name("an attribute"); err != nil {
		return err
	}
	if a.Value, err = r.attrValue(a.Name()); err != nil {
		return err
	}
	e.Attrs = append(e.Attrs, a)
	return nil
}

// attrValue reads ="value" behind the name of an attribute.
func (r *reader) attrValue(name string) (string, error) {
	r.space()
	if !r.has("=") {
		return "", r.fail("the attribute %s has no value", name)
	}
	r.advance(1)
	r.space()
	if !r.has(`"`) && !r.has("'") {
		return "", r.fail("the value of %s is not in quotes", name)
	}
	quote := r.rest()[:1]
	r.advance(1)
	n := strings.Index(r.rest(), quote)
	if n < 0 {
		return "", r.fail("the value of %s does not end", name)
	}
	raw := r.rest()[:n]
	if strings.Contains(raw, "<") {
		return "", r.fail("\"<\" in the value of %s; write &lt; (XML 1.0 §3.1)", name)
	}
	value, err := r.resolve(raw, true)
	if err != nil {
		return "", err
	}
	r.advance(n + 1)
	return value, nil
}
