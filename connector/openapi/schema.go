package openapi

import (
	"slices"
	"strings"

	"github.com/signoffhq/signoff/broker"
)

// Limits of schemas.
const (
	maxParts   = 10  // schemas made of schemas made of schemas
	maxMembers = 500 // of one object
)

// shape is what a schema says of a value, as far as it matters here.
type shape struct {
	kind    broker.DataType
	list    bool
	members []member // of an object whose members are known
	items   node     // of an array: the schema of its elements
	title   string
	most    int // of a number, when the schema says; 0 not
}

// member is a member of an object.
type member struct {
	name     string
	schema   node
	required bool
}

// typeNames are the schema's types without null: 3.1 has lists of them.
func typeNames(s node) []string {
	names := s.texts("type")
	if one := s.text("type"); one != "" {
		names = []string{one}
	}
	return slices.DeleteFunc(names, func(t string) bool { return t == "null" })
}

// shapeOf works out a schema.
func (d *document) shapeOf(s node) shape {
	s = d.resolve(s)
	out := shape{kind: broker.JSON, title: firstLine(s.text("description"))}
	names := typeNames(s)
	switch {
	case len(names) == 1:
	case len(names) == 0 && (s.at("properties").there() || len(d.membersOf(s, maxParts)) > 0):
		names = []string{"object"}
	case len(names) == 0 && s.at("items").there():
		names = []string{"array"}
	case len(names) == 0 && len(s.texts("enum")) > 0:
		names = []string{"string"}
	default:
		return out
	}
	switch names[0] {
	case "string":
		out.kind = textKind(s)
	case "integer", "number":
		out.kind, out.most = broker.Number, number(s.at("maximum").v)
	case "boolean":
		out.kind = broker.YesNo
	case "file": // Swagger 2.0
		out.kind = broker.File
	case "object":
		out.members = d.membersOf(s, maxParts)
	case "array":
		out.items = s.at("items")
		element := d.shapeOfElement(out.items)
		if element.kind != broker.JSON && !element.list {
			out.kind, out.list = element.kind, true
		}
	}
	return out
}

// shapeOfElement is shapeOf for what stands in an array, no deeper.
func (d *document) shapeOfElement(s node) shape {
	s = d.resolve(s)
	if slices.Contains(typeNames(s), "array") || len(typeNames(s)) == 0 && s.at("items").there() {
		return shape{kind: broker.JSON}
	}
	return d.shapeOf(s)
}

func textKind(s node) broker.DataType {
	switch format := s.text("format"); {
	case format == "date-time":
		return broker.Moment
	case format == "date":
		return broker.Date
	case format == "binary" || s.text("contentMediaType") != "" && s.text("contentEncoding") == "":
		return broker.File
	}
	return broker.Text
}

// resolve follows references, and goes through choices that are none: "this or
// null", as 3.1 writes what may be left out.
func (d *document) resolve(s node) node {
	for range maxParts {
		s = d.follow(s)
		one, only := node{}, 0
		for _, how := range []string{"anyOf", "oneOf", "allOf"} {
			for _, part := range s.list(how) {
				if t := d.follow(part).at("type").v; t != "null" {
					one = part
					only++
				}
			}
		}
		if only != 1 || s.at("properties").there() || s.at("type").there() {
			return s
		}
		s = one
	}
	return node{}
}

// membersOf are an object's members, with those of the schemas that it is made
// of. Of a choice, all are there and none has to be.
func (d *document) membersOf(s node, parts int) []member {
	if d.left--; parts == 0 || d.left < 0 {
		return nil
	}
	s = d.follow(s)
	var out []member
	add := func(list []member, may bool) {
		for _, m := range list {
			m.required = m.required && !may
			if i := slices.IndexFunc(out, func(o member) bool { return o.name == m.name }); i >= 0 {
				out[i].required = out[i].required || m.required
			} else if len(out) < maxMembers {
				out = append(out, m)
			}
		}
	}
	required := s.texts("required")
	for _, name := range s.at("properties").names() {
		add([]member{{name: name, schema: s.at("properties").at(name), required: slices.Contains(required, name)}}, false)
	}
	for _, how := range []string{"allOf", "oneOf", "anyOf"} {
		for _, part := range s.list(how) {
			add(d.membersOf(part, parts-1), how != "allOf")
		}
	}
	for i := range out {
		out[i].required = out[i].required || slices.Contains(required, out[i].name)
	}
	return out
}

// firstLine keeps descriptions to what fits beside a field.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return clipTo(strings.TrimSpace(line), 300)
}
