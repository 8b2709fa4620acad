package ews

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The namespaces of requests. They begin with http: what Microsoft's pages show
// with https is wrong.
const (
	nsSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	nsTypes    = "http://schemas.microsoft.com/exchange/services/2006/types"
	nsMessages = "http://schemas.microsoft.com/exchange/services/2006/messages"
)

// Bounds of an answer's shape.
const (
	maxDepth    = 64
	maxElements = 400_000
	maxAttrs    = 64
)

// node is an element. In a request its name has a prefix, m: or t:; in an answer
// it has none, for versions and layers of Exchange differ in namespaces.
type node struct {
	name  string
	attrs []attr
	kids  []*node
	text  string
}

type attr struct{ name, value string }

// el makes an element; kids that are nil are left out.
func el(name string, kids ...*node) *node {
	n := &node{name: name}
	return n.add(kids...)
}

// txt makes an element that holds text.
func txt(name, text string) *node { return &node{name: name, text: text} }

// opt is txt, and nil when there is no text.
func opt(name, text string) *node {
	if text == "" {
		return nil
	}
	return txt(name, text)
}

func yesNo(name string, b bool) *node { return txt(name, fmt.Sprint(b)) }

func (n *node) add(kids ...*node) *node {
	for _, k := range kids {
		if k != nil {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// with adds an attribute.
func (n *node) with(name, value string) *node {
	n.attrs = append(n.attrs, attr{name, value})
	return n
}

// kid finds a descendant by the names on the way to it; nil, which all of these
// methods take, when there is none.
func (n *node) kid(names ...string) *node {
	for _, name := range names {
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

// val is the text of a descendant, without the blanks around it.
func (n *node) val(names ...string) string {
	if n = n.kid(names...); n == nil {
		return ""
	}
	return strings.TrimSpace(n.text)
}

// whole is the text of a descendant as it came.
func (n *node) whole(names ...string) string {
	if n = n.kid(names...); n == nil {
		return ""
	}
	return n.text
}

func (n *node) attr(name string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

func (n *node) children() []*node {
	if n == nil {
		return nil
	}
	return n.kids
}

// find is the first descendant of a name, however deep.
func (n *node) find(name string) *node {
	for _, k := range n.children() {
		if k.name == name {
			return k
		}
		if d := k.find(name); d != nil {
			return d
		}
	}
	return nil
}

// write writes the element. What XML cannot hold becomes a question mark in a
// box (U+FFFD).
func (n *node) write(b *bytes.Buffer) {
	b.WriteByte('<')
	b.WriteString(n.name)
	for _, a := range n.attrs {
		b.WriteString(" " + a.name + `="`)
		escape(b, a.value)
		b.WriteByte('"')
	}
	if len(n.kids) == 0 && n.text == "" {
		b.WriteString("/>")
		return
	}
	b.WriteByte('>')
	escape(b, n.text)
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</" + n.name + ">")
}

func escape(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a buffer takes everything
}

var (
	errShape    = errors.New("the XML is too deep or has too many elements")
	errDocument = errors.New("the XML has a document type")
	errLarge    = errors.New("the answer is too large")
)

// reader reads a series of elements from one stream, each within a limit of
// bytes. There are no document types, hence no entities but the five of XML.
type reader struct {
	in    *bounded
	dec   *xml.Decoder
	limit int64
}

func newReader(r io.Reader, limit int64) *reader {
	in := &bounded{r: r, left: limit}
	dec := xml.NewDecoder(in)
	dec.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("the XML is in %.40q and not in UTF-8", charset)
	}
	return &reader{in: in, dec: dec, limit: limit}
}

// bounded fails with errLarge once so many bytes were read.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLarge
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// next reads the next element; io.EOF says that there is none.
func (r *reader) next() (*node, error) {
	r.in.left = r.limit
	var path []*node
	var texts [][]byte // of the elements on the path: comments may cut them into any number of pieces
	for count := 0; ; {
		token, err := r.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) && len(path) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errDocument
		case xml.StartElement:
			if count++; count > maxElements || len(path) >= maxDepth || len(t.Attr) > maxAttrs {
				return nil, errShape
			}
			n := &node{name: t.Name.Local, attrs: attributes(t.Attr)}
			if len(path) > 0 {
				above := path[len(path)-1]
				above.kids = append(above.kids, n)
			}
			path, texts = append(path, n), append(texts, nil)
		case xml.EndElement:
			if len(path) == 0 || path[len(path)-1].name != t.Name.Local {
				return nil, fmt.Errorf("the XML closes %.60q, which is not open", t.Name.Local)
			}
			n, last := path[len(path)-1], len(path)-1
			n.text = string(texts[last])
			if path, texts = path[:last], texts[:last]; last == 0 {
				return n, nil
			}
		case xml.CharData:
			if len(path) > 0 {
				texts[len(path)-1] = append(texts[len(path)-1], t...)
			}
		}
	}
}

// attributes keeps what is no declaration of a namespace.
func attributes(list []xml.Attr) []attr {
	var out []attr
	for _, a := range list {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
			out = append(out, attr{a.Name.Local, a.Value})
		}
	}
	return out
}

// readXML reads a document of one element.
func readXML(r io.Reader, limit int64) (*node, error) { return newReader(r, limit).next() }
