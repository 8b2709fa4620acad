package sandbox

import (
	"bytes"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// dropped elements go with everything in them.
var dropped = []atom.Atom{atom.Script, atom.Iframe, atom.Object, atom.Embed, atom.Frame, atom.Frameset, atom.Form, atom.Base,
	atom.Link, atom.Meta, atom.Noscript, atom.Template, atom.Svg, atom.Math, atom.Audio, atom.Video, atom.Canvas, atom.Applet,
	atom.Input, atom.Button, atom.Select, atom.Textarea}

// kept attributes; all others go.
var keptAttributes = []string{"style", "class", "href", "src", "alt", "title", "width", "height", "align", "valign", "bgcolor", "border",
	"cellpadding", "cellspacing", "colspan", "rowspan", "role", "lang", "dir", "color", "face", "size"}

// sanitise returns a mail's HTML as a document that runs nothing and fetches
// nothing. Its frame policy forbids the same again. Links open a new window;
// mailto links lead to the sandbox's own page, which writes the answer.
func sanitise(text, id string) []byte {
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return []byte("<!doctype html><p>This mail's HTML cannot be read.</p>")
	}
	clean(doc, id, 0)
	var b bytes.Buffer
	if err := html.Render(&b, doc); err != nil {
		return []byte("<!doctype html><p>This mail's HTML cannot be shown.</p>")
	}
	return b.Bytes()
}

const maxHTMLDepth = 200

func clean(n *html.Node, id string, depth int) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.Type == html.CommentNode || depth > maxHTMLDepth ||
			child.Type == html.ElementNode && (slices.Contains(dropped, child.DataAtom) || child.DataAtom == 0) {
			n.RemoveChild(child)
		} else {
			clean(child, id, depth+1)
		}
		child = next
	}
	if n.Type == html.ElementNode {
		n.Attr = cleanAttributes(n, id)
	}
}

func cleanAttributes(n *html.Node, id string) []html.Attribute {
	var list []html.Attribute
	for _, a := range n.Attr {
		name := strings.ToLower(a.Key)
		switch {
		case a.Namespace != "" || !slices.Contains(keptAttributes, name):
		case name == "src" && !strings.HasPrefix(a.Val, "data:image/"):
		case name == "href":
			list = append(list, link(n, a.Val, id)...)
		default:
			list = append(list, html.Attribute{Key: name, Val: a.Val})
		}
	}
	return list
}

func link(n *html.Node, target, id string) []html.Attribute {
	u, err := url.Parse(strings.TrimSpace(target))
	if err != nil || n.DataAtom != atom.A {
		return nil
	}
	switch u.Scheme {
	case "http", "https":
		if u.Host == "" {
			return nil // leads back to whoever shows it
		}
		return []html.Attribute{{Key: "href", Val: u.String()}, {Key: "target", Val: "_blank"}, {Key: "rel", Val: "noopener noreferrer"}}
	case "mailto":
		q := mailto(u)
		page := "/sandbox/" + url.PathEscape(id) + "?" + url.Values{"reply": {q.Text}}.Encode()
		return []html.Attribute{{Key: "href", Val: page}, {Key: "target", Val: "_top"}}
	}
	return nil
}

func mailto(u *url.URL) QuickReply {
	to, _ := url.PathUnescape(u.Opaque)
	q := u.Query()
	return QuickReply{To: to, Subject: q.Get("subject"), Text: strings.TrimSpace(strings.ReplaceAll(q.Get("body"), "\r\n", "\n"))}
}

const maxQuickReplies = 20

// quickReplies lists a mail's mailto links that bring their own text.
func quickReplies(c content) []QuickReply {
	list := []QuickReply{}
	doc, err := html.Parse(strings.NewReader(c.html))
	if err != nil {
		return list
	}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.A || len(list) == maxQuickReplies {
			continue
		}
		for _, a := range n.Attr {
			if u, err := url.Parse(a.Val); a.Key == "href" && err == nil && u.Scheme == "mailto" {
				if q := mailto(u); q.Text != "" {
					q.Label = strings.TrimSpace(nodeText(n))
					list = append(list, q)
				}
			}
		}
	}
	return list
}

func nodeText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// HTMLText is HTML as plain lines, for mails that bring no text.
func HTMLText(text string) string {
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return ""
	}
	clean(doc, "", 0)
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode && n.Parent != nil && n.Parent.DataAtom != atom.Style && n.Parent.DataAtom != atom.Title:
			b.WriteString(strings.Join(strings.Fields(n.Data), " ") + " ")
		case n.Type == html.ElementNode && slices.Contains(lineBreaks, n.DataAtom):
			b.WriteString("\n")
		}
	}
	return strings.TrimSpace(b.String())
}

var lineBreaks = []atom.Atom{atom.P, atom.Br, atom.Div, atom.Tr, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.Table}
