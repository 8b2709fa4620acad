package ews

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The namespaces of EWS and of Autodiscover, and the prefix each goes by in
// this package, whatever prefix a client chose. They are http, not https.
const (
	nsSOAP      = "http://schemas.xmlsoap.org/soap/envelope/"
	nsTypes     = "http://schemas.microsoft.com/exchange/services/2006/types"
	nsMessages  = "http://schemas.microsoft.com/exchange/services/2006/messages"
	nsErrors    = "http://schemas.microsoft.com/exchange/services/2006/errors"
	nsDiscover  = "http://schemas.microsoft.com/exchange/2010/Autodiscover"
	nsAddress   = "http://www.w3.org/2005/08/addressing"
	nsOutlookIn = "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"
	nsOutlook   = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
	nsAutoError = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
)

var prefixes = map[string]string{
	nsSOAP: "s", nsTypes: "t", nsMessages: "m", nsErrors: "e",
	nsDiscover: "a", nsAddress: "wsa", nsOutlookIn: "o",
}

// node is an element, read or to be written. Its name carries this package's
// prefix: "t:Message". An element of a namespace we do not know is "?:Name".
type node struct {
	name  string
	attrs []attr
	text  string // character data directly inside, in one piece
	kids  []*node

	line, col int // where the element began, for schema faults
}

type attr struct{ name, value string }

// el makes an element out of attributes (attr), text (string), children (*node,
// nil is passed over) and lists of children ([]*node).
func el(name string, parts ...any) *node {
	n := &node{name: name}
	for _, p := range parts {
		switch p := p.(type) {
		case attr:
			n.attrs = append(n.attrs, p)
		case string:
			n.text += p
		case *node:
			if p != nil {
				n.kids = append(n.kids, p)
			}
		case []*node:
			n.kids = append(n.kids, p...)
		default:
			panic(fmt.Sprintf("ews: %T inside <%s>", p, name))
		}
	}
	return n
}

// local is the name without its prefix.
func (n *node) local() string {
	_, l, _ := strings.Cut(n.name, ":")
	return l
}

// attr returns the value of an attribute, or "".
func (n *node) attr(name string) string {
	v, _ := n.lookAttr(name)
	return v
}

func (n *node) lookAttr(name string) (string, bool) {
	if n == nil {
		return "", false
	}
	for _, a := range n.attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// kid returns the descendant along a path of names, or nil. A nil node has none.
func (n *node) kid(path ...string) *node {
	for _, name := range path {
		if n == nil {
			return nil
		}
		var next *node
		for _, k := range n.kids {
			if k.name == name {
				next = k
				break
			}
		}
		n = next
	}
	return n
}

// val is the text at the end of a path, or "".
func (n *node) val(path ...string) string {
	if k := n.kid(path...); k != nil {
		return strings.TrimSpace(k.text)
	}
	return ""
}

// first is the first child, or nil.
func (n *node) first() *node {
	if n == nil || len(n.kids) == 0 {
		return nil
	}
	return n.kids[0]
}

// children are the child elements; a nil node has none.
func (n *node) children() []*node {
	if n == nil {
		return nil
	}
	return n.kids
}

var (
	errDTD   = errors.New("a document type is not allowed")
	errLarge = errors.New("the request is too large")
)

// readXML reads one document within the limits. Document types, processing
// instructions and encodings other than UTF-8 are refused.
func readXML(r io.Reader, limit int64) (*node, error) {
	d := xml.NewDecoder(&bounded{r: r, left: limit})
	var (
		root  *node
		open  []*node
		texts [][]byte // of the open elements: joined once, so that mixed content stays linear
		count int
	)
	for {
		line, col := d.InputPos()
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if count++; count > maxElements || len(open) >= maxDepth || len(tok.Attr) > maxAttributes {
				return nil, errLarge
			}
			n := &node{name: known(tok.Name), attrs: attributes(tok.Attr), line: line, col: col}
			if len(open) > 0 {
				top := open[len(open)-1]
				top.kids = append(top.kids, n)
			} else if root != nil {
				return nil, errors.New("there is something after the document's end")
			} else {
				root = n
			}
			open, texts = append(open, n), append(texts, nil)
		case xml.EndElement:
			last := len(open) - 1
			open[last].text = string(texts[last])
			open, texts = open[:last], texts[:last]
		case xml.CharData:
			if last := len(open) - 1; last >= 0 {
				texts[last] = append(texts[last], tok...)
			} else if len(bytes.TrimSpace(tok)) > 0 {
				return nil, errors.New("there is text outside the document")
			}
		case xml.Directive:
			return nil, errDTD
		case xml.ProcInst:
			if tok.Target != "xml" {
				return nil, errors.New("a processing instruction is not allowed")
			}
		}
	}
	if root == nil {
		return nil, errors.New("root element is missing")
	}
	return root, nil
}

func known(n xml.Name) string {
	if p, ok := prefixes[n.Space]; ok {
		return p + ":" + n.Local
	}
	return "?:" + n.Local
}

func attributes(in []xml.Attr) []attr {
	var out []attr
	for _, a := range in {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		out = append(out, attr{a.Name.Local, a.Value})
	}
	return out
}

// bounded fails with errLarge once more than left bytes are read.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errLarge
	}
	return n, err
}

// write appends n as XML. Namespaces are declared by whoever opens the document.
func (n *node) write(b *bytes.Buffer) {
	b.WriteByte('<')
	b.WriteString(n.name)
	for _, a := range n.attrs {
		b.WriteByte(' ')
		b.WriteString(a.name)
		b.WriteString(`="`)
		xml.EscapeText(b, []byte(a.value)) // a bytes.Buffer takes everything
		b.WriteByte('"')
	}
	if n.text == "" && len(n.kids) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	xml.EscapeText(b, []byte(n.text))
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</")
	b.WriteString(n.name)
	b.WriteByte('>')
}
