package bpmn

import (
	"iter"
	"strings"
)

// Document is a BPMN file as a tree. Nothing of the file is dropped but the
// way it was typed: quotes, spaces between attributes, entity spellings.
// It is not changed after Parse and may be shared.
type Document struct {
	Encoding   string // as the file declared or showed it: "UTF-8", "ISO-8859-1"
	Standalone string // "yes", "no", or "" when the file does not say
	Before     []Node // comments and processing instructions before the root
	Root       *Element
	After      []Node // and after it
}

// Node is an *Element, *Text, *Comment or *Instruction.
type Node interface{ node() }

// Element is an XML element with everything in it, in order.
type Element struct {
	Prefix   string // as written; "" for none
	Local    string // the name without its prefix
	Space    string // the namespace the prefix stands for
	Attrs    []Attr // namespace declarations are among them
	Children []Node
	Line     int // where its tag begins, from 1
}

// Attr is an attribute or a namespace declaration.
type Attr struct {
	Prefix string
	Local  string
	Space  string // "" without a prefix: attributes have no default namespace
	Value  string
	Line   int
}

// Text is a run of characters, references resolved.
type Text struct {
	Data  string
	CDATA bool // written as a CDATA section
	Line  int
}

// Comment is what stands between "<!--" and "-->".
type Comment struct{ Data string }

// Instruction is a processing instruction.
type Instruction struct{ Target, Data string }

func (*Element) node()     {}
func (*Text) node()        {}
func (*Comment) node()     {}
func (*Instruction) node() {}

// Name returns the element's name as written, such as "bpmn:task".
func (e *Element) Name() string { return qualified(e.Prefix, e.Local) }

// Name returns the attribute's name as written, such as "signoff:title".
func (a Attr) Name() string { return qualified(a.Prefix, a.Local) }

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

// Elements yields the child elements, in order.
func (e *Element) Elements() iter.Seq[*Element] {
	return func(yield func(*Element) bool) {
		for _, n := range e.Children {
			if c, ok := n.(*Element); ok && !yield(c) {
				return
			}
		}
	}
}

// Descendants yields e and every element in it, in document order.
func (e *Element) Descendants() iter.Seq[*Element] {
	return func(yield func(*Element) bool) { e.walk(yield) }
}

func (e *Element) walk(yield func(*Element) bool) bool {
	if !yield(e) {
		return false
	}
	for c := range e.Elements() {
		if !c.walk(yield) {
			return false
		}
	}
	return true
}

// Find returns the first attribute with that namespace and name.
func (e *Element) Find(space, local string) (Attr, bool) {
	for _, a := range e.Attrs {
		if a.Local == local && a.Space == space {
			return a, true
		}
	}
	return Attr{}, false
}

// Get returns the value of the attribute local that has no prefix, "" if absent.
func (e *Element) Get(local string) string {
	a, _ := e.Find("", local)
	return a.Value
}

// Content returns the characters directly in e, without those of its children.
func (e *Element) Content() string {
	var b strings.Builder
	for _, n := range e.Children {
		if t, ok := n.(*Text); ok {
			b.WriteString(t.Data)
		}
	}
	return b.String()
}

// contentLine returns the line on which Content begins.
func (e *Element) contentLine() int {
	for _, n := range e.Children {
		if t, ok := n.(*Text); ok {
			return t.Line
		}
	}
	return e.Line
}

// first returns the first child element with that namespace and name.
func (e *Element) first(space, local string) *Element {
	for c := range e.Elements() {
		if c.Local == local && c.Space == space {
			return c
		}
	}
	return nil
}
