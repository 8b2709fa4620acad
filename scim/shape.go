package scim

import (
	"strings"
	"time"
)

// Meta is what the server knows about a resource.
type Meta struct {
	ID       string
	Location string
	Version  string // an ETag
	Created  time.Time
	Changed  time.Time
}

// SetMeta completes a resource for an answer.
func (r Resource) SetMeta(k Kind, m Meta) {
	r["id"] = m.ID
	r["meta"] = Resource{"resourceType": string(k), "location": m.Location, "version": m.Version,
		"created": m.Created.UTC().Format(time.RFC3339Nano), "lastModified": m.Changed.UTC().Format(time.RFC3339Nano)}
	list := []any{schemaOf(k)}
	if _, ok := r[EnterpriseSchema]; ok {
		list = append(list, EnterpriseSchema)
	}
	r["schemas"] = list
}

// maxSelected bounds what a request may choose.
const maxSelected = 100

// Selection is which attributes an answer has (RFC 7644 section 3.9).
type Selection struct {
	only   []path // nil: what is usual
	except []path
}

// ParseSelection reads the parameters attributes and excludedAttributes, of
// which one may be there. What the schema does not know is not there to choose.
func ParseSelection(k Kind, only, except string) (Selection, error) {
	var s Selection
	if only != "" && except != "" {
		return s, refuse(InvalidValue, "attributes and excludedAttributes exclude each other")
	}
	var err error
	if s.only, err = paths(k, only); err != nil {
		return s, err
	}
	s.except, err = paths(k, except)
	return s, err
}

func paths(k Kind, list string) ([]path, error) {
	if list == "" {
		return nil, nil
	}
	out := []path{}
	for name := range strings.SplitSeq(list, ",") {
		if len(out) == maxSelected {
			return nil, refuse(InvalidValue, "more than %d attributes are chosen", maxSelected)
		}
		if p, err := parsePath(k, strings.TrimSpace(name)); err == nil && p.filter == nil {
			out = append(out, p)
		}
	}
	return out, nil
}

// Wants tells whether an answer has any of an attribute of the outermost level,
// so that nobody has to look for what is not shown.
func (s Selection) Wants(name string) bool {
	if s.only != nil {
		return anyPath(s.only, func(p path) bool { return p.steps[0].name == name })
	}
	return !anyPath(s.except, func(p path) bool { return p.steps[0].name == name && len(p.steps) == 1 })
}

func anyPath(list []path, is func(path) bool) bool {
	for _, p := range list {
		if is(p) {
			return true
		}
	}
	return false
}

// Show is the resource with what was chosen of it.
func (s Selection) Show(k Kind, r Resource) Resource {
	if s.only == nil {
		out := r
		if len(s.except) > 0 {
			out = copied(r).(Resource)
		}
		for _, p := range s.except {
			if !p.steps[0].always {
				without(out, p.steps)
			}
		}
		return out
	}
	out := Resource{}
	for _, a := range schemas[k] {
		if v, ok := r[a.name]; ok && a.always {
			out[a.name] = v
		}
	}
	for _, p := range s.only {
		with(out, r, p.steps)
	}
	return out
}

func without(v any, steps []*attribute) {
	if list, ok := v.([]any); ok {
		for _, item := range list {
			without(item, steps)
		}
		return
	}
	r, ok := v.(Resource)
	switch {
	case !ok:
	case len(steps) == 1:
		delete(r, steps[0].name)
	default:
		without(r[steps[0].name], steps[1:])
	}
}

// with copies what the steps lead to from one resource into another.
func with(to, from Resource, steps []*attribute) {
	name := steps[0].name
	v, ok := from[name]
	if !ok {
		return
	}
	if len(steps) == 1 {
		to[name] = v
		return
	}
	switch v := v.(type) {
	case Resource:
		inner, ok := to[name].(Resource)
		if !ok {
			inner = Resource{}
		}
		with(inner, v, steps[1:])
		to[name] = inner
	case []any:
		have, _ := to[name].([]any)
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = Resource{}
			if i < len(have) {
				list[i] = have[i]
			}
			one, ok := list[i].(Resource)
			from, ok2 := item.(Resource)
			if ok && ok2 {
				with(one, from, steps[1:])
			}
		}
		to[name] = list
	}
}

// List is a page of an answer to a question (RFC 7644 section 3.4.2).
type List struct {
	Schemas      []string   `json:"schemas"`
	TotalResults int        `json:"totalResults"`
	StartIndex   int        `json:"startIndex"`
	ItemsPerPage int        `json:"itemsPerPage"`
	Resources    []Resource `json:"Resources"`
}

// NewList is a page that begins with the start-th of total, counted from one.
func NewList(page []Resource, start, total int) List {
	if page == nil {
		page = []Resource{}
	}
	return List{[]string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}, total, start, len(page), page}
}
