package bpmn

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
)

// Limits of a file. Real models stay far below: the largest of the
// interchange group's reference models has 240 KB and some 3,000 elements.
const (
	maxBytes      = 5 << 20
	maxDepth      = 100     // elements inside elements
	maxElements   = 100_000 // in the whole file
	maxAttributes = 256     // on one element
	maxNameBytes  = 1000    // of one element or attribute
)

// Parse reads a BPMN 2.0 file. It refuses what is not well-formed XML with
// namespaces, what passes a limit, DOCTYPE and entities, and what is not BPMN
// 2.0 at all; the error is a *signoff.Error whose one Field names the line.
// Whether the file can run is Definition's question.
func Parse(data []byte) (*Document, error) {
	if len(data) > maxBytes {
		return nil, tooLarge(0, fmt.Sprintf("the file has %d bytes; the limit is %d", len(data), maxBytes))
	}
	text, encoding, err := decode(data)
	if err != nil {
		return nil, err
	}
	r := &reader{src: text, line: 1, scope: newScope()}
	doc, err := r.document()
	if err != nil {
		return nil, err
	}
	if err := checkRoot(doc.Root); err != nil {
		return nil, err
	}
	doc.Encoding = encoding
	return doc, nil
}

// unreadable is the refusal of a file that is no XML or no BPMN.
func unreadable(line int, reason, advice string) error {
	return &signoff.Error{
		Kind: signoff.Invalid, Code: "bpmn-unreadable",
		Detail: fmt.Sprintf("the file cannot be read: line %d: %s", line, reason), Hint: advice,
		Fields: []signoff.FieldError{{Field: fmt.Sprintf("line %d", line), Detail: reason, Advice: advice}},
	}
}

// tooLarge is the refusal of a file that passes a limit; line 0 means the whole.
func tooLarge(line int, reason string) error {
	where := "file"
	if line > 0 {
		where = fmt.Sprintf("line %d", line)
	}
	const advice = "Split the workflow, or take images and data out of the file."
	return &signoff.Error{
		Kind: signoff.TooLarge, Code: "bpmn-too-large", Detail: where + ": " + reason, Hint: advice,
		Fields: []signoff.FieldError{{Field: where, Detail: reason, Advice: advice}},
	}
}

// reader is one pass over the text of a file.
type reader struct {
	src      string
	pos      int
	line     int
	elements int
	open     []*Element // from the root to the element being read
	scope    *scope
}

func (r *reader) fail(format string, args ...any) error {
	return unreadable(r.line, fmt.Sprintf(format, args...), "Draw or export the file again with a BPMN 2.0 modeller.")
}

// advance moves n bytes on, counting lines.
func (r *reader) advance(n int) {
	r.line += strings.Count(r.src[r.pos:r.pos+n], "\n")
	r.pos += n
}

func (r *reader) rest() string { return r.src[r.pos:] }

func (r *reader) has(prefix string) bool { return strings.HasPrefix(r.rest(), prefix) }

// space skips white space and tells whether there was any.
func (r *reader) space() bool {
	n := 0
	for r.pos+n < len(r.src) && isSpace(r.src[r.pos+n]) {
		n++
	}
	r.advance(n)
	return n > 0
}

// until returns what stands between the current position and end, and moves
// behind end.
func (r *reader) until(end, what string) (string, error) {
	n := strings.Index(r.rest(), end)
	if n < 0 {
		return "", r.fail("%s that does not end: %q is missing", what, end)
	}
	s := r.src[r.pos : r.pos+n]
	if err := r.checkChars(s); err != nil {
		return "", err
	}
	r.advance(n + len(end))
	return s, nil
}

// checkChars refuses characters that XML cannot hold (XML 1.0 §2.2).
func (r *reader) checkChars(s string) error {
	for i, c := range s {
		if !isChar(c) {
			r.line += strings.Count(s[:i], "\n")
			return r.fail("the character %U, which XML does not allow", c)
		}
	}
	return nil
}

// document reads prolog, root and what follows (XML 1.0 §2.1).
func (r *reader) document() (*Document, error) {
	doc := &Document{}
	if r.has("<?xml") && len(r.src) > 5 && isSpace(r.src[5]) {
		if err := r.declaration(doc); err != nil {
			return nil, err
		}
	}
	for {
		r.space()
		if r.pos == len(r.src) {
			break
		}
		if err := r.outside(doc); err != nil {
			return nil, err
		}
	}
	if doc.Root == nil {
		return nil, r.fail("there is no XML element in the file")
	}
	return doc, nil
}

// outside reads one thing that stands outside the root, or the root itself.
func (r *reader) outside(doc *Document) error {
	var n Node
	var err error
	switch {
	case r.has("<!DOCTYPE"):
		return unreadable(r.line, "a DOCTYPE, which signoff does not accept",
			"Remove the <!DOCTYPE …> part: BPMN files need none, and entities can hide what a file really says.")
	case r.has("<!--"):
		n, err = r.comment()
	case r.has("<?"):
		n, err = r.instruction()
	case r.has("<") && doc.Root == nil:
		doc.Root, err = r.root()
		return err
	case r.has("<"):
		return r.fail("a second element after the end of the first")
	default:
		return r.fail("text outside of every element: %s", clip(r.rest()[:min(80, len(r.rest()))]))
	}
	if err != nil {
		return err
	}
	if doc.Root == nil {
		doc.Before = append(doc.Before, n)
	} else {
		doc.After = append(doc.After, n)
	}
	return nil
}

// declaration reads <?xml version encoding? standalone?> (XML 1.0 §2.8).
func (r *reader) declaration(doc *Document) error {
	r.advance(len("<?xml"))
	order, first := []string{"version", "encoding", "standalone"}, true
	for spaced := r.space(); !r.has("?>"); spaced = r.space() {
		name := r.rest()[:ncNameLen(r.rest())]
		for len(order) > 0 && order[0] != name {
			order = order[1:]
		}
		if len(order) == 0 || !spaced || first != (name == "version") {
			return r.fail("an XML declaration that cannot be read")
		}
		order, first = order[1:], false
		r.advance(len(name))
		value, err := r.attrValue(name)
		if err != nil {
			return err
		}
		switch {
		case name == "version" && value != "1.0":
			return r.fail("XML version %s; signoff reads version 1.0", clip(value))
		case name == "standalone" && value != "yes" && value != "no":
			return r.fail("standalone=%s; it can be yes or no", clip(value))
		case name == "standalone":
			doc.Standalone = value
		}
	}
	if first {
		return r.fail("an XML declaration without a version")
	}
	r.advance(len("?>"))
	return nil
}

// root reads the root element and everything in it. It keeps its own stack, so
// that the depth of a file is a number to check and not a stack to exhaust.
func (r *reader) root() (*Element, error) {
	root, err := r.startTag()
	if err != nil {
		return nil, err
	}
	for len(r.open) > 0 {
		if err := r.content(r.open[len(r.open)-1]); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// content reads one thing inside parent: a child, text, or parent's end tag.
func (r *reader) content(parent *Element) error {
	var n Node
	var err error
	switch {
	case r.pos == len(r.src):
		return r.fail("the file ends inside of <%s>, which began on line %d", parent.Name(), parent.Line)
	case r.has("</"):
		return r.endTag(parent)
	case r.has("<!--"):
		n, err = r.comment()
	case r.has("<![CDATA["):
		n, err = r.cdata()
	case r.has("<!"):
		return r.fail("a declaration inside of <%s>", parent.Name())
	case r.has("<?"):
		n, err = r.instruction()
	case r.has("<"):
		n, err = r.startTag()
	default:
		n, err = r.text()
	}
	if err == nil {
		parent.Children = append(parent.Children, n)
	}
	return err
}

func (r *reader) comment() (Node, error) {
	r.advance(len("<!--"))
	s, err := r.until("--", "a comment")
	if err != nil {
		return nil, err
	}
	if !r.has(">") {
		return nil, r.fail("\"--\" inside of a comment (XML 1.0 §2.5)")
	}
	r.advance(1)
	return &Comment{Data: s}, nil
}

func (r *reader) cdata() (Node, error) {
	line := r.line
	r.advance(len("<![CDATA["))
	s, err := r.until("]]>", "a CDATA section")
	return &Text{Data: s, CDATA: true, Line: line}, err
}

func (r *reader) instruction() (Node, error) {
	r.advance(len("<?"))
	n := ncNameLen(r.rest())
	target := r.rest()[:n]
	if n == 0 || n > maxNameBytes || strings.EqualFold(target, "xml") {
		return nil, r.fail("a processing instruction that cannot be read: %s", clip(target))
	}
	r.advance(n)
	spaced := r.space()
	if !spaced && !r.has("?>") {
		return nil, r.fail("a processing instruction that cannot be read: %s", clip(target))
	}
	data, err := r.until("?>", "a processing instruction")
	return &Instruction{Target: target, Data: data}, err
}

func (r *reader) text() (Node, error) {
	line := r.line
	n := strings.IndexByte(r.rest(), '<')
	if n < 0 {
		n = len(r.rest())
	}
	raw := r.rest()[:n]
	if strings.Contains(raw, "]]>") {
		return nil, r.fail("\"]]>\" in text (XML 1.0 §2.4)")
	}
	s, err := r.resolve(raw, false)
	r.advance(n)
	return &Text{Data: s, Line: line}, err
}

// resolve replaces references in raw and checks its characters. In attribute
// values literal white space becomes spaces (XML 1.0 §3.3.3).
func (r *reader) resolve(raw string, attr bool) (string, error) {
	if err := r.checkChars(raw); err != nil {
		return "", err
	}
	if attr {
		raw = strings.Map(func(c rune) rune {
			if c == '\n' || c == '\t' {
				return ' '
			}
			return c
		}, raw)
	}
	if !strings.Contains(raw, "&") {
		return raw, nil
	}
	var b strings.Builder
	for whole := raw; ; {
		before, after, found := strings.Cut(raw, "&")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, found := strings.Cut(after, ";")
		c, ok := reference(name)
		if !found || !ok {
			r.line += strings.Count(whole[:len(whole)-len(after)], "\n")
			return "", r.fail("the reference %s; only &amp; &lt; &gt; &quot; &apos; and character numbers are known",
				clip("&"+name[:min(len(name), 40)]+";"))
		}
		b.WriteRune(c)
		raw = rest
	}
}

// reference returns the character that "&name;" stands for (XML 1.0 §4.1, §4.6).
func reference(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), ok && err == nil && n <= 0x10FFFF && isChar(rune(n))
}
