package scim

import "strings"

// A path names a part of a resource: attributes from the outside in, of which
// one may be narrowed by a filter: emails[type eq "work"].value.
type path struct {
	steps  []*attribute
	filter *Filter // narrows the values of steps[narrow]
	narrow int
}

func (p path) last() *attribute { return p.steps[len(p.steps)-1] }

func (p path) String() string {
	var b strings.Builder
	for i, a := range p.steps {
		if i > 0 {
			b.WriteByte(map[bool]byte{true: ':', false: '.'}[isURN(p.steps[i-1].name)])
		}
		b.WriteString(a.name)
	}
	return b.String()
}

func isURN(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "urn:") }

// parsePath reads the path of a PATCH, or a member's name that is one.
func parsePath(k Kind, s string) (path, error) {
	if len(s) > maxPath {
		return path{}, refuse(InvalidPath, "a path is over %d bytes", maxPath)
	}
	p := &parser{text: s, attributes: schemas[k], wrong: InvalidPath}
	out, err := p.path()
	if err == nil && p.pos < len(s) {
		err = p.refuse("there is something after the path")
	}
	return out, err
}

// path reads an attribute path with, in brackets, a filter of its values.
func (p *parser) path() (path, error) {
	out := path{narrow: -1}
	steps, err := p.attributePath(p.attributes)
	if err != nil {
		return out, err
	}
	out.steps = steps
	if !p.take("[") {
		return out, nil
	}
	last := out.last()
	if last.kind != complexOf || !last.multi {
		return out, p.refuse(last.name + " has not several values to choose from")
	}
	inner := p.within(last.sub)
	if out.filter, err = inner.or(0); err != nil {
		return out, err
	}
	p.pos, p.terms = inner.pos, inner.terms
	if p.blank(); !p.take("]") {
		return out, p.refuse("the filter in brackets is not closed")
	}
	out.narrow = len(out.steps) - 1
	if !p.take(".") {
		return out, nil
	}
	name := p.name()
	sub := last.find(name)
	if sub == nil {
		return out, p.refuse(last.name + " has no part called " + quoted(name))
	}
	out.steps = append(out.steps, sub)
	return out, nil
}

// attributePath reads userName, name.familyName, or either with a schema's URN
// before it.
func (p *parser) attributePath(within []attribute) ([]*attribute, error) {
	var steps []*attribute
	if urn, ok := p.urn(); ok {
		if urn == EnterpriseSchema {
			ext := findIn(within, urn)
			if ext == nil {
				return nil, p.refuse("the resource has no " + urn)
			}
			steps, within = append(steps, ext), ext.sub
		}
		if !p.take(":") {
			if steps == nil {
				return nil, p.refuse("an attribute should follow " + urn)
			}
			return steps, nil
		}
	}
	for {
		name := p.name()
		if name == "" {
			return nil, p.refuse("an attribute should be here")
		}
		a := findIn(within, name)
		if a == nil {
			return nil, p.refuse("there is no attribute called " + quoted(name))
		}
		steps, within = append(steps, a), a.sub
		if len(within) == 0 || !p.take(".") {
			return steps, nil
		}
	}
}

// urn reads one of the schemas' names, which have dots and colons in them.
func (p *parser) urn() (string, bool) {
	rest := p.text[p.pos:]
	for _, urn := range []string{UserSchema, GroupSchema, EnterpriseSchema} {
		if len(rest) >= len(urn) && strings.EqualFold(rest[:len(urn)], urn) && (len(rest) == len(urn) || strings.IndexByte(": [", rest[len(urn)]) >= 0) {
			p.pos += len(urn)
			return urn, true
		}
	}
	return "", false
}

// name reads the name of an attribute, "$ref" too.
func (p *parser) name() string {
	start := p.pos
	for p.pos < len(p.text) && isNameByte(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func isNameByte(c byte) bool {
	return c == '$' || c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func quoted(s string) string {
	if len(s) > 60 {
		s = s[:60] + "..."
	}
	return `"` + s + `"`
}
