package graph

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/signoffhq/signoff/broker"
)

// Bounds of a filter that Graph is asked to work out; others are left to the
// caller.
const (
	maxFilterDepth = 8
	maxFilterTerms = 40
	maxFilterBytes = 3000
)

// field is a property as Graph names it.
type field struct {
	path  string
	kind  broker.DataType
	list  bool // a list of text
	exact bool // Graph compares it for equality only
}

var mailProperties = map[string]field{
	"subject": {path: "subject", kind: broker.Text}, "from": {path: "from/emailAddress/address", kind: broker.Text},
	"received": {path: "receivedDateTime", kind: broker.Moment}, "sent": {path: "sentDateTime", kind: broker.Moment},
	"created": {path: "createdDateTime", kind: broker.Moment}, "modified": {path: "lastModifiedDateTime", kind: broker.Moment},
	"read": {path: "isRead", kind: broker.YesNo}, "draft": {path: "isDraft", kind: broker.YesNo}, "hasFiles": {path: "hasAttachments", kind: broker.YesNo},
	"messageId": {path: "internetMessageId", kind: broker.Text, exact: true}, "conversation": {path: "conversationId", kind: broker.Text, exact: true},
	"importance": {path: "importance", kind: broker.Text, exact: true}, "categories": {path: "categories", kind: broker.Text, list: true},
}

// translate writes a condition as $filter. ok is false when Graph cannot be
// asked all of it.
func translate(f broker.Filter, known map[string]field) (text string, ok bool) {
	t := translator{known: known}
	text, ok = t.write(f, 0)
	if !ok || len(text) > maxFilterBytes {
		return "", false
	}
	return text, true
}

type translator struct {
	known map[string]field
	terms int
}

func (t *translator) write(f broker.Filter, depth int) (string, bool) {
	if t.terms++; depth > maxFilterDepth || t.terms > maxFilterTerms {
		return "", false
	}
	switch f.Op {
	case "and", "or", "not":
		return t.join(f, depth)
	}
	p, ok := t.known[f.Name]
	if !ok {
		return "", false
	}
	if f.Op == "in" {
		return t.in(f, depth)
	}
	value, ok := literal(p.kind, f.To)
	if !ok {
		return "", false
	}
	switch f.Op {
	case "eq", "ne":
		if p.list {
			return "", false
		}
		return p.path + " " + f.Op + " " + value, true
	case "gt", "ge", "lt", "le":
		return p.path + " " + f.Op + " " + value, p.kind == broker.Moment
	case "contains", "startswith":
		if p.list && f.Op == "contains" { // one of them is this
			return p.path + "/any(a:a eq " + value + ")", true
		}
		return f.Op + "(" + p.path + "," + value + ")", p.kind == broker.Text && !p.exact && !p.list
	}
	return "", false
}

func (t *translator) join(f broker.Filter, depth int) (string, bool) {
	if len(f.Of) == 0 || f.Op == "not" && len(f.Of) != 1 {
		return "", false
	}
	var parts []string
	for _, of := range f.Of {
		part, ok := t.write(of, depth+1)
		if !ok {
			return "", false
		}
		parts = append(parts, "("+part+")")
	}
	if f.Op == "not" {
		return "not " + parts[0], true
	}
	return strings.Join(parts, " "+f.Op+" "), true
}

func (t *translator) in(f broker.Filter, depth int) (string, bool) {
	list, ok := f.To.([]any)
	if !ok || len(list) == 0 {
		return "", false
	}
	or := broker.Filter{Op: "or"}
	for _, v := range list {
		or.Of = append(or.Of, broker.Filter{Op: "eq", Name: f.Name, To: v})
	}
	return t.write(or, depth)
}

var wholeMoment = regexp.MustCompile(`^[0-9T:.Z+-]+$`)

// literal writes a value as OData does (URL conventions §5.1.1.6).
func literal(kind broker.DataType, v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if kind == broker.Moment {
			at, err := time.Parse(time.RFC3339Nano, v)
			return at.UTC().Format("2006-01-02T15:04:05Z"), err == nil && at.Nanosecond() == 0 && wholeMoment.MatchString(v)
		}
		return quoted(v), kind == broker.Text
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05Z"), kind == broker.Moment && v.Nanosecond() == 0
	case bool:
		return fmt.Sprint(v), kind == broker.YesNo
	case json.Number:
		return v.String(), kind == broker.Number
	}
	return "", false
}

// quoted is a text literal: quotes are doubled.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
