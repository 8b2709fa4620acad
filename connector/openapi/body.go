package openapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// body is what an operation takes in its body.
type body struct {
	form    string // "json", "form", "multipart" or "raw"
	media   string
	members []bodyMember
	whole   *bodyMember // what is no object, or one whose members are unknown: all of it is one input
}

type bodyMember struct {
	input    string
	name     string
	shape    shape
	required bool
}

// requestBody reads the body of OpenAPI 3: JSON, if it may be.
func (d *document) requestBody(o *operation, b node) {
	content := b.at("content")
	media := preferred(content.names(), []string{"application/json", "+json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
	if media == "" {
		return
	}
	o.body = &body{media: media, form: formOf(media)}
	if strings.Contains(media, "*") {
		o.body.media = "application/json"
	}
	d.bodyOf(o, content.at(media).at("schema"), b.yes("required"))
}

// swaggerBody reads one of the parameters that Swagger 2.0 has for the body.
func (d *document) swaggerBody(o *operation, n, p node) {
	takes := n.texts("consumes")
	if len(takes) == 0 {
		takes = d.root.texts("consumes")
	}
	if p.text("in") == "body" {
		media := preferred(takes, []string{"application/json", "+json"})
		if media == "" {
			media = "application/json"
		}
		o.body = &body{media: media, form: formOf(media)}
		d.bodyOf(o, p.at("schema"), p.yes("required"))
		return
	}
	if o.body == nil {
		o.body = &body{media: "application/x-www-form-urlencoded", form: "form"}
	}
	s := d.shapeOf(p)
	if s.kind == broker.File || slices.Contains(takes, "multipart/form-data") {
		o.body.media, o.body.form = "multipart/form-data", "multipart"
	}
	o.body.members = append(o.body.members, bodyMember{name: p.text("name"), shape: s, required: p.yes("required")})
}

func (d *document) bodyOf(o *operation, schema node, required bool) {
	s := d.shapeOf(schema)
	if o.body.form == "raw" && s.kind != broker.Text {
		s = shape{kind: broker.File}
	}
	for _, m := range s.members {
		if d.resolve(m.schema).yes("readOnly") || d.follow(m.schema).yes("readOnly") || m.name == "$schema" {
			continue
		}
		o.body.members = append(o.body.members, bodyMember{name: m.name, shape: d.shapeOf(m.schema), required: m.required && required})
	}
	if len(o.body.members) == 0 {
		if s.kind == broker.JSON && s.items.there() {
			s.list = true // JSON, several
		}
		o.body.whole = &bodyMember{name: "body", shape: s, required: required}
	}
}

func formOf(media string) string {
	media, _, _ = strings.Cut(strings.ToLower(media), ";")
	switch media = strings.TrimSpace(media); {
	case media == "application/json" || strings.HasSuffix(media, "+json") || strings.Contains(media, "*"):
		return "json"
	case media == "application/x-www-form-urlencoded":
		return "form"
	case media == "multipart/form-data":
		return "multipart"
	}
	return "raw"
}

// preferred is which media type to use: the first that is wished for, else any.
func preferred(all, wishes []string) string {
	for _, wish := range wishes {
		for _, m := range all {
			if strings.HasPrefix(m, wish) || strings.HasPrefix(wish, "+") && strings.Contains(m, wish) {
				return m
			}
		}
	}
	if len(all) > 0 {
		return all[0]
	}
	return ""
}

// answer is what an operation answers.
type answer struct {
	form   string // "json", "text", "file"; "" nothing
	media  string // what is asked for
	list   bool
	at     string  // the member that holds the list; "" the answer is it
	fields []field // of the answer, or of each row
	whole  string  // the property that takes what has no members
	etag   string  // the property that takes the ETag
}

// field is a member of an answer and the property that takes it.
type field struct {
	name, property string
	shape          shape
}

// gives reads what an operation answers when it succeeds.
func (d *document) gives(o *operation, n node) {
	answers := n.at("responses")
	r := node{}
	for _, code := range append(answers.names(), "default") {
		if (len(code) == 3 && code[0] == '2' || code == "default") && !r.there() {
			r = d.follow(answers.at(code))
		}
	}
	for _, name := range r.at("headers").names() {
		if strings.EqualFold(name, "ETag") {
			o.answer.etag = name
		}
	}
	schema := r.at("schema") // Swagger 2.0
	o.answer.media = "application/json"
	if !d.swagger {
		o.answer.media = preferred(r.at("content").names(), []string{"application/json", "+json", "*/*", "text/plain", "text/"})
		schema = r.at("content").at(o.answer.media).at("schema")
	}
	switch {
	case o.answer.media == "" || d.swagger && !schema.there():
		o.answer.media = "application/json" // an error is welcome as such
		return
	case formOf(o.answer.media) == "json":
		o.answer.form = "json"
	case strings.HasPrefix(o.answer.media, "text/"):
		o.answer.form, o.answer.whole = "text", "text"
		return
	default:
		o.answer.form, o.answer.whole = "file", "file"
		return
	}
	d.fieldsOf(o, d.shapeOf(schema))
	if o.answer.form == "json" && d.shapeOf(schema).kind == broker.File {
		o.answer = answer{form: "file", media: "*/*", whole: "file", etag: o.answer.etag}
	}
}

func (d *document) fieldsOf(o *operation, s shape) {
	a := &o.answer
	if o.verb == http.MethodGet { // what is done, rather than read, answers one thing
		items := s.items
		if m, ok := d.wrapped(s); ok {
			a.at, items = m.name, d.resolve(m.schema).at("items")
		}
		if a.list = items.there(); a.list {
			s = d.shapeOfElement(items)
		}
	}
	for _, m := range s.members {
		if d.resolve(m.schema).yes("writeOnly") || m.name == "$schema" {
			continue
		}
		a.fields = append(a.fields, field{name: m.name, shape: d.shapeOf(m.schema)})
	}
	if len(a.fields) == 0 {
		a.fields = []field{{shape: s}}
		if a.whole = "answer"; a.list {
			a.whole = "value"
		}
	}
}

// besides are members that stand beside a list and are about it.
var besides = []string{"next", "prev", "total", "count", "page", "per_page", "limit", "offset", "cursor", "link", "_link", "meta", "paging", "pagination", "first", "last", "self", "kind", "etag", "object",
	"@odata.", "$schema", "href", "url", "schemas", "sort", "status", "response_metadata", "message", "version", "continuation"}

// wrapped finds the list in an object that is only there to hold it: an array,
// with nothing beside it but what is about the list.
func (d *document) wrapped(s shape) (found member, ok bool) {
	for _, m := range s.members {
		is := d.shapeOf(m.schema)
		switch {
		case is.items.there() && !ok:
			found, ok = m, true
		case is.kind == broker.Number || is.kind == broker.YesNo:
		case !slices.ContainsFunc(besides, func(about string) bool { return strings.HasPrefix(strings.ToLower(m.name), about) }):
			return member{}, false
		}
	}
	return found, ok
}
