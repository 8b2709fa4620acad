package odata

import (
	"net/url"
	"strings"
)

// path is an address below the base: a name, a key in parentheses, and what is
// behind it (URL Conventions 4.0, 4.3).
type path struct {
	name string
	keys []keyValue // nil: none were written
	rest []string
}

// keyValue is one part of a key; without a name when it is the only one.
type keyValue struct {
	name  string
	value any
}

// text tells whether what stands at an address is bare text, whatever a client
// takes besides.
func (p path) text() bool {
	return len(p.rest) > 0 && (p.rest[len(p.rest)-1] == "$count" || p.rest[len(p.rest)-1] == "$value")
}

const (
	maxSegments = 8
	maxKeyParts = 20
)

// parsePath reads an address as it was sent, still encoded.
func parsePath(text string) (path, error) {
	segments := strings.Split(strings.TrimSuffix(text, "/"), "/")
	if len(segments) > maxSegments {
		return path{}, errNoRoute
	}
	for i, seg := range segments {
		plain, err := url.PathUnescape(seg)
		if err != nil {
			return path{}, errNoRoute
		}
		segments[i] = plain
	}
	p := path{name: segments[0], rest: segments[1:]}
	if len(p.rest) == 0 {
		p.rest = nil
	}
	at := strings.IndexByte(p.name, '(')
	if at < 0 {
		return p, nil
	}
	inside, closed := strings.CutSuffix(p.name[at+1:], ")")
	if !closed {
		return path{}, invalid("a key ends with )")
	}
	p.name = p.name[:at]
	if strings.TrimSpace(inside) == "" { // an action may be called with nothing
		return p, nil
	}
	keys, err := parseKeys(inside)
	p.keys = keys
	return p, err
}

// parseKeys reads 'abc', 7, or id='abc',n=7.
func parseKeys(text string) ([]keyValue, error) {
	l := &lexer{text: text}
	var keys []keyValue
	for {
		if len(keys) == maxKeyParts {
			return nil, invalid("the key has more than 20 parts")
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		var k keyValue
		if t.kind == name {
			k.name = t.text
			if t, err = l.next(); err != nil {
				return nil, err
			}
			if t.kind != mark || t.text != "=" {
				return nil, invalid("the key is written ('text'), (7) or (name='text',other=7)")
			}
			if t, err = l.next(); err != nil {
				return nil, err
			}
		}
		if t.kind != literal || t.value == nil {
			return nil, invalid("the key is written ('text'), (7) or (name='text',other=7)")
		}
		k.value = t.value
		keys = append(keys, k)
		switch t, err = l.next(); {
		case err != nil:
			return nil, err
		case t.kind == end:
			return keys, nil
		case t.kind != mark || t.text != ",":
			return nil, invalid("parts of a key are separated by commas")
		}
	}
}

// named gives the key as inputs, by the names of the set's keys.
func (e entitySet) named(keys []keyValue) (map[string]any, error) {
	out := map[string]any{}
	for _, k := range keys {
		if k.name == "" && len(keys) == 1 && len(e.keys) == 1 {
			k.name = e.keys[0].Name
		}
		if _, twice := out[k.name]; twice || !e.isKey(k.name) {
			return nil, invalid("the key of " + e.name + " is " + e.keyWords())
		}
		out[k.name] = k.value
	}
	if len(out) != len(e.keys) {
		return nil, invalid("the key of " + e.name + " is " + e.keyWords())
	}
	return out, nil
}

func (e entitySet) keyWords() string {
	var names []string
	for _, p := range e.keys {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}
