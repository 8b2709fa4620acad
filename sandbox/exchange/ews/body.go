package ews

import (
	"strings"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// body writes a text in the form asked for: HTML, Text, or Best, the one it has.
func (v *itemView) body(name, form string, b exchange.Body) *node {
	if b.Text == "" && v.Class != exchange.ClassMail {
		return nil
	}
	kind, text := "Text", b.Text
	switch {
	case form == "Text":
		text = asText(b)
	case b.HTML:
		kind = "HTML"
	case form == "HTML":
		kind, text = "HTML", b.As(true).Text
	}
	truncated := false
	if v.shape.truncate > 0 && len(text) > v.shape.truncate {
		text, truncated = strings.ToValidUTF8(text[:v.shape.truncate], ""), true
	}
	n := el(name, attr{"BodyType", kind}, text)
	if name == "t:UniqueBody" || truncated {
		n.attrs = append(n.attrs, attr{"IsTruncated", flag("", truncated).text})
	}
	return n
}

func asText(b exchange.Body) string {
	if b.HTML {
		return sandbox.HTMLText(b.Text)
	}
	return b.Text
}

func short255(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 255 {
		return strings.ToValidUTF8(s[:255], "")
	}
	return s
}
