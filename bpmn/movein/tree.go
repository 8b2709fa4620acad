package movein

import (
	"slices"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
)

// movedSpace is the namespace of what keeps the other engine's words where BPMN
// has one place for them. No program acts on it.
const movedSpace = "urn:signoff:moved:1"

// clone copies a document, so that the one it was given stays as it is.
func clone(d *bpmn.Document) *bpmn.Document {
	out := *d
	out.Root = cloneElement(d.Root)
	return &out
}

func cloneElement(e *bpmn.Element) *bpmn.Element {
	out := *e
	out.Attrs = slices.Clone(e.Attrs)
	out.Children = make([]bpmn.Node, len(e.Children))
	for i, n := range e.Children {
		if c, ok := n.(*bpmn.Element); ok {
			out.Children[i] = cloneElement(c)
		} else {
			out.Children[i] = n
		}
	}
	return &out
}

// child returns the first child of e with that namespace and name.
func child(e *bpmn.Element, space, local string) *bpmn.Element {
	for c := range e.Elements() {
		if c.Local == local && c.Space == space {
			return c
		}
	}
	return nil
}

func model(e *bpmn.Element, local string) *bpmn.Element { return child(e, bpmn.ModelSpace, local) }

// extensionsIn lists what stands in the extensionElements of e.
func extensionsIn(e *bpmn.Element) []*bpmn.Element {
	var out []*bpmn.Element
	for holder := range e.Elements() {
		if holder.Space == bpmn.ModelSpace && holder.Local == "extensionElements" {
			out = slices.AppendSeq(out, holder.Elements())
		}
	}
	return out
}

// has tells whether e has that signoff element.
func has(e *bpmn.Element, local string) bool {
	return slices.ContainsFunc(extensionsIn(e), func(c *bpmn.Element) bool {
		return c.Space == bpmn.ExtensionSpace && c.Local == local
	})
}

// editor writes signoff's elements into a tree.
type editor struct {
	root   *bpmn.Element
	depth  map[*bpmn.Element]int
	parent map[*bpmn.Element]*bpmn.Element
	ours   string // the prefix of signoff's elements, "" until one is needed
	moved  string
}

func newEditor(root *bpmn.Element) *editor {
	ed := &editor{root: root, depth: map[*bpmn.Element]int{}, parent: map[*bpmn.Element]*bpmn.Element{}}
	ed.note(root, 0)
	return ed
}

func (ed *editor) note(e *bpmn.Element, depth int) {
	ed.depth[e] = depth
	for c := range e.Elements() {
		ed.parent[c] = e
		ed.note(c, depth+1)
	}
}

// prefix returns the prefix of a namespace, declared at the root.
func (ed *editor) prefix(space, wanted string) string {
	taken := false
	for _, a := range ed.root.Attrs {
		if a.Prefix == "xmlns" && a.Value == space {
			return a.Local
		}
		taken = taken || a.Prefix == "xmlns" && a.Local == wanted
	}
	if taken {
		return ed.prefix(space, wanted+"x")
	}
	ed.root.Attrs = append(ed.root.Attrs, bpmn.Attr{Prefix: "xmlns", Local: wanted, Space: "http://www.w3.org/2000/xmlns/", Value: space, Line: ed.root.Line})
	return wanted
}

// made is a new element of signoff's; attributes with no value are left out.
func (ed *editor) made(line int, local string, attrs ...string) *bpmn.Element {
	if ed.ours == "" {
		ed.ours = ed.prefix(bpmn.ExtensionSpace, "signoff")
	}
	e := &bpmn.Element{Prefix: ed.ours, Local: local, Space: bpmn.ExtensionSpace, Line: line}
	for i := 0; i+1 < len(attrs); i += 2 {
		if attrs[i+1] != "" {
			e.Attrs = append(e.Attrs, bpmn.Attr{Local: attrs[i], Value: attrs[i+1], Line: line})
		}
	}
	return e
}

// setText makes s the text of e.
func setText(e *bpmn.Element, s string) {
	if e.Children = nil; s != "" {
		e.Children = []bpmn.Node{&bpmn.Text{Data: s, Line: e.Line}}
	}
}

// set gives e an attribute without a prefix.
func set(e *bpmn.Element, local, value string) {
	for i := range e.Attrs {
		if e.Attrs[i].Local == local && e.Attrs[i].Prefix == "" {
			e.Attrs[i].Value = value
			return
		}
	}
	e.Attrs = append(e.Attrs, bpmn.Attr{Local: local, Value: value, Line: e.Line})
}

// unset takes an attribute without a prefix away.
func unset(e *bpmn.Element, local string) {
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a bpmn.Attr) bool { return a.Local == local && a.Prefix == "" })
}

// extend puts elements into the extensionElements of e, which it makes where
// there are none.
func (ed *editor) extend(e *bpmn.Element, add ...*bpmn.Element) {
	holder := model(e, "extensionElements")
	if holder == nil {
		holder = &bpmn.Element{Prefix: e.Prefix, Local: "extensionElements", Space: bpmn.ModelSpace, Line: e.Line}
		ed.insert(e, holder, behindDocumentation(e))
	}
	for _, a := range add {
		ed.insert(holder, a, len(holder.Children))
	}
}

// behindDocumentation is where extensionElements belong (BPMN §8.3.1, tBaseElement).
func behindDocumentation(e *bpmn.Element) int {
	at := 0
	for i, n := range e.Children {
		if c, ok := n.(*bpmn.Element); ok && c.Local == "documentation" && c.Space == bpmn.ModelSpace {
			at = i + 1
		}
	}
	return at
}

// insert puts c into e, on a line of its own.
func (ed *editor) insert(e, c *bpmn.Element, at int) {
	depth := ed.depth[e] + 1
	ed.depth[c], ed.parent[c] = depth, e
	indent := func(n int) bpmn.Node {
		return &bpmn.Text{Data: "\n" + strings.Repeat("  ", n), Line: c.Line}
	}
	if at == len(e.Children) && at > 0 && blank(e.Children[at-1]) {
		at-- // before the white space that leads to the end tag
	}
	nodes := []bpmn.Node{indent(depth), c}
	if at == len(e.Children) {
		nodes = append(nodes, indent(depth-1))
	}
	e.Children = slices.Insert(e.Children, at, nodes...)
	ed.spread(c)
}

// spread sets the elements in a new element on lines of their own.
func (ed *editor) spread(e *bpmn.Element) {
	var inner []*bpmn.Element
	for c := range e.Elements() {
		inner = append(inner, c)
	}
	if len(inner) == 0 || len(inner) != len(e.Children) {
		return
	}
	e.Children = nil
	for _, c := range inner {
		ed.insert(e, c, len(e.Children))
	}
}

func blank(n bpmn.Node) bool {
	t, ok := n.(*bpmn.Text)
	return ok && !t.CDATA && strings.TrimSpace(t.Data) == ""
}

// keep notes beside e what stood there for the other engine.
func (ed *editor) keep(e *bpmn.Element, of, was string) {
	if ed.moved == "" {
		ed.moved = ed.prefix(movedSpace, "moved")
	}
	original := &bpmn.Element{Prefix: ed.moved, Local: "original", Space: movedSpace, Line: e.Line,
		Attrs: []bpmn.Attr{{Local: "of", Value: of, Line: e.Line}}}
	setText(original, was)
	ed.extend(e, original)
}

// kept tells whether e keeps what that was from when it was moved before.
func (ed *editor) kept(e *bpmn.Element, of string) bool {
	return slices.ContainsFunc(extensionsIn(e), func(c *bpmn.Element) bool {
		return c.Space == movedSpace && c.Local == "original" && c.Get("of") == of
	})
}

// had tells whether e holds that signoff element with that value.
func (ed *editor) had(e *bpmn.Element, local, value string) bool {
	return slices.ContainsFunc(extensionsIn(e), func(c *bpmn.Element) bool {
		return c.Space == bpmn.ExtensionSpace && c.Local == local && c.Get("value") == value
	})
}
