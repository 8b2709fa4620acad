package ews

import (
	"fmt"
	"time"

	"github.com/signoffhq/signoff/broker"
)

// Bounds of a filter that Exchange is asked to work out; others are left to the
// caller.
const (
	maxFilterDepth = 8
	maxFilterTerms = 40
	maxFilterText  = 3000
)

// field is a property as EWS names it.
type field struct {
	uri  string
	kind broker.DataType
}

var mailProperties = map[string]field{
	"subject": {"item:Subject", broker.Text}, "received": {"item:DateTimeReceived", broker.Moment}, "sent": {"item:DateTimeSent", broker.Moment},
	"created": {"item:DateTimeCreated", broker.Moment}, "modified": {"item:LastModifiedTime", broker.Moment}, "read": {"message:IsRead", broker.YesNo},
	"hasFiles": {"item:HasAttachments", broker.YesNo}, "messageId": {"message:InternetMessageId", broker.Text},
}

var contactProperties = map[string]field{"name": {"contacts:DisplayName", broker.Text}, "givenName": {"contacts:GivenName", broker.Text},
	"surname": {"contacts:Surname", broker.Text}, "company": {"contacts:CompanyName", broker.Text}}

// translate writes a condition as a restriction; nil is none. ok is false when
// Exchange cannot be asked all of it.
func translate(f *broker.Filter, known map[string]field) (restriction *node, ok bool) {
	if f == nil {
		return nil, true
	}
	t := translator{known: known}
	n := t.write(*f, 0)
	return n, n != nil
}

type translator struct {
	known map[string]field
	terms int
}

var comparisons = map[string]string{"eq": "t:IsEqualTo", "ne": "t:IsNotEqualTo", "gt": "t:IsGreaterThan", "ge": "t:IsGreaterThanOrEqualTo",
	"lt": "t:IsLessThan", "le": "t:IsLessThanOrEqualTo"}

// write gives nil for what EWS does not have.
func (t *translator) write(f broker.Filter, depth int) *node {
	if t.terms++; depth > maxFilterDepth || t.terms > maxFilterTerms {
		return nil
	}
	switch f.Op {
	case "and", "or", "not":
		return t.join(f, depth)
	}
	p, ok := t.known[f.Name]
	if !ok {
		return nil
	}
	if f.Op == "in" {
		list, _ := f.To.([]any)
		or := broker.Filter{Op: "or"}
		for _, v := range list {
			or.Of = append(or.Of, broker.Filter{Op: "eq", Name: f.Name, To: v})
		}
		return t.write(or, depth)
	}
	value, ok := constant(p.kind, f.To)
	if !ok {
		return nil
	}
	switch op := comparisons[f.Op]; {
	case op != "" && (f.Op == "eq" || f.Op == "ne" || p.kind == broker.Moment):
		return el(op, fieldURI(p.uri), el("t:FieldURIOrConstant", el("t:Constant").with("Value", value)))
	case (f.Op == "contains" || f.Op == "startswith") && p.kind == broker.Text && value != "":
		mode := map[string]string{"contains": "Substring", "startswith": "Prefixed"}[f.Op]
		return el("t:Contains", fieldURI(p.uri), el("t:Constant").with("Value", value)).with("ContainmentMode", mode).with("ContainmentComparison", "IgnoreCase")
	}
	return nil
}

func (t *translator) join(f broker.Filter, depth int) *node {
	if len(f.Of) == 0 || f.Op == "not" && len(f.Of) != 1 {
		return nil
	}
	out := el(map[string]string{"and": "t:And", "or": "t:Or", "not": "t:Not"}[f.Op])
	for _, of := range f.Of {
		part := t.write(of, depth+1)
		if part == nil {
			return nil
		}
		out.add(part)
	}
	if f.Op != "not" && len(out.kids) == 1 { // the schema wants two
		return out.kids[0]
	}
	return out
}

// constant writes a value. Exchange keeps moments by the second.
func constant(kind broker.DataType, v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if kind == broker.Moment {
			at, err := time.Parse(time.RFC3339Nano, v)
			return at.UTC().Format(momentForm), err == nil && at.Nanosecond() == 0 && at.Year() > 1600
		}
		return v, kind == broker.Text && len(v) <= maxFilterText
	case time.Time:
		return v.UTC().Format(momentForm), kind == broker.Moment && v.Nanosecond() == 0
	case bool:
		return fmt.Sprint(v), kind == broker.YesNo
	}
	return "", false
}
