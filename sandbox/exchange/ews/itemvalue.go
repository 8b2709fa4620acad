package ews

import (
	"strconv"
	"strings"
)

// value is what a restriction or a sort order sees of a property.
func (v *itemView) value(p path) any {
	if p.uri == "" {
		return v.property(p.ext)
	}
	n := v.get(p.element())
	if p.index != "" {
		return indexed(n, p.index)
	}
	return valueOf(n, v.kind())
}

// indexed finds an entry by its key.
func indexed(n *node, key string) any {
	for _, k := range n.children() {
		if strings.EqualFold(k.attr("Key"), key) || strings.EqualFold(k.attr("HeaderName"), key) {
			return k.text
		}
	}
	return nil
}

// valueOf reads a property's element back by what the grammar says it is.
func valueOf(n *node, kind string) any {
	if n == nil {
		return nil
	}
	is := ""
	for _, p := range schema[kind].parts {
		if k, ok := p.takes(n.name); ok {
			is = k
		}
	}
	switch is {
	case "bool":
		return n.text == "true"
	case "int":
		i, err := strconv.Atoi(n.text)
		if err != nil {
			return nil
		}
		return i
	case "date":
		t, ok := readTime(n.text)
		if !ok {
			return nil
		}
		return t
	case "Strings":
		var out []string
		for _, k := range n.kids {
			out = append(out, k.text)
		}
		return out
	case "OneMailbox":
		return n.val("t:Mailbox", "t:EmailAddress")
	case "Mailboxes":
		var out []string
		for _, k := range n.kids {
			out = append(out, k.val("t:EmailAddress"), k.val("t:Name"))
		}
		return out
	case "ItemId", "FolderId":
		return n.attr("Id")
	}
	if n.name == "t:ConversationId" {
		return n.attr("Id")
	}
	if n.name == "t:Flag" {
		return n.val("t:FlagStatus")
	}
	return n.text
}
