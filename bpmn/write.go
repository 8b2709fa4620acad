package bpmn

import (
	"bufio"
	"io"
	"strings"
)

var (
	// A carriage return would be read as a line feed, so it goes as a number;
	// in attributes the same holds for every white space but the space.
	textEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\r", "&#13;")
	attrEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;",
		"\t", "&#9;", "\n", "&#10;", "\r", "&#13;")
)

// Write writes the document as UTF-8. What Parse reads from it equals d. The
// only error is w's own.
func (d *Document) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"`)
	if d.Standalone != "" {
		b.WriteString(` standalone="` + d.Standalone + `"`)
	}
	b.WriteString("?>\n")
	for _, n := range d.Before {
		writeNode(b, n)
		b.WriteByte('\n')
	}
	writeNode(b, d.Root)
	b.WriteByte('\n')
	for _, n := range d.After {
		writeNode(b, n)
		b.WriteByte('\n')
	}
	return b.Flush() // bufio keeps the first error of the writes above
}

func writeNode(b *bufio.Writer, n Node) {
	switch n := n.(type) {
	case *Element:
		writeElement(b, n)
	case *Text:
		if n.CDATA {
			b.WriteString("<![CDATA[" + n.Data + "]]>")
			return
		}
		textEscapes.WriteString(b, n.Data)
	case *Comment:
		b.WriteString("<!--" + n.Data + "-->")
	case *Instruction:
		b.WriteString("<?" + n.Target)
		if n.Data != "" {
			b.WriteString(" " + n.Data)
		}
		b.WriteString("?>")
	}
}

func writeElement(b *bufio.Writer, e *Element) {
	b.WriteString("<" + e.Name())
	for _, a := range e.Attrs {
		b.WriteString(" " + a.Name() + `="`)
		attrEscapes.WriteString(b, a.Value)
		b.WriteByte('"')
	}
	if len(e.Children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	for _, n := range e.Children {
		writeNode(b, n)
	}
	b.WriteString("</" + e.Name() + ">")
}
