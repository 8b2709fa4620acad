package ews

import (
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// path names a property: by URI, by URI and index, or an extended one.
type path struct {
	uri   string // "item:Subject"; "" for an extended property
	index string // of an indexed URI: a header's name, "EmailAddress1"
	ext   exchange.PropID
}

// element is the element that carries the property: "t:Subject".
func (p path) element() string {
	switch _, name, _ := strings.Cut(p.uri, ":"); {
	case p.uri == "":
		return "t:ExtendedProperty"
	case p.uri == "item:InternetMessageHeader":
		return "t:InternetMessageHeaders"
	case p.uri == "contacts:EmailAddress":
		return "t:EmailAddresses"
	case p.uri == "contacts:PhoneNumber":
		return "t:PhoneNumbers"
	case strings.HasPrefix(p.uri, "contacts:PhysicalAddress:"):
		return "t:PhysicalAddresses"
	default:
		return "t:" + name
	}
}

// owners are the types whose parts may be named by a URI, by its first word.
var owners = map[string]string{
	"item": "Item", "message": "Message", "calendar": "CalendarItem", "contacts": "Contact", "task": "Task", "folder": "BaseFolder",
}

// strangers are first words of URIs that exist and of which no item here has
// anything.
var strangers = []string{"conversation", "meeting", "meetingRequest", "distributionlist", "postitem", "persona"}

// readPath reads a FieldURI, IndexedFieldURI or ExtendedFieldURI.
func readPath(n *node) (path, *fault) {
	p := path{uri: n.attr("FieldURI"), index: n.attr("FieldIndex")}
	if n.name == "t:ExtendedFieldURI" {
		return readExtended(n)
	}
	word, _, _ := strings.Cut(p.uri, ":")
	if slices.Contains(strangers, word) {
		return p, nil
	}
	if n.name == "t:IndexedFieldURI" && p.element() != "t:"+p.uri[strings.IndexByte(p.uri, ':')+1:] {
		return p, nil
	}
	parts := schema[owners[word]].parts
	known := slices.ContainsFunc(parts, func(q part) bool { return q.choices[0].name == p.element() })
	if !known && !(word == "message" || word == "item") {
		known = p.uri == "folder:PermissionSet"
	}
	if !known {
		return p, violation(n, "The 'FieldURI' attribute is invalid - The value '%s' is invalid according to its datatype - The Enumeration constraint failed.", short(p.uri))
	}
	return p, nil
}

// propertySets are what DistinguishedPropertySetId stands for.
var propertySets = map[string]string{
	"Meeting": exchange.SetMeeting, "Appointment": exchange.SetAppointment, "Common": exchange.SetCommon, "PublicStrings": exchange.SetPublicStrings,
	"Address": exchange.SetAddress, "InternetHeaders": exchange.SetInternetHeaders, "Task": exchange.SetTask,
	"CalendarAssistant": "11000e07-b51b-40d6-af21-caa85edab1d0", "UnifiedMessaging": "4442858e-a9e3-4e80-b900-317a210cc15b",
	"Sharing": "00062040-0000-0000-c000-000000000046",
}

func readExtended(n *node) (path, *fault) {
	id := exchange.PropID{Type: n.attr("PropertyType"), Name: n.attr("PropertyName"), Set: strings.ToLower(n.attr("PropertySetId"))}
	if d := n.attr("DistinguishedPropertySetId"); d != "" {
		if id.Set != "" {
			return path{}, refuse("ErrorInvalidExtendedProperty")
		}
		id.Set = propertySets[d]
	}
	if t := n.attr("PropertyTag"); t != "" {
		v, err := strconv.ParseUint(t, 0, 16)
		if err != nil || v == 0 {
			return path{}, refuse("ErrorInvalidExtendedProperty")
		}
		id.Tag = uint16(v)
	}
	if t := n.attr("PropertyId"); t != "" {
		v, err := strconv.ParseUint(t, 0, 32)
		if err != nil {
			return path{}, refuse("ErrorInvalidExtendedProperty")
		}
		id.ID = uint32(v)
	}
	id, err := id.Check()
	if err != nil {
		return path{}, asFault(err)
	}
	return path{ext: id}, nil
}

// extended writes a path to an extended property the way Exchange answers.
func extended(id exchange.PropID) *node {
	n := el("t:ExtendedFieldURI")
	switch {
	case id.Set == "":
		n.attrs = append(n.attrs, attr{"PropertyTag", "0x" + strconv.FormatUint(uint64(id.Tag), 16)})
	default:
		name, value := "PropertySetId", id.Set
		for known, set := range propertySets {
			if set == id.Set {
				name, value = "DistinguishedPropertySetId", known
			}
		}
		n.attrs = append(n.attrs, attr{name, value})
	}
	if id.Name != "" {
		n.attrs = append(n.attrs, attr{"PropertyName", id.Name})
	} else if id.Set != "" {
		n.attrs = append(n.attrs, attr{"PropertyId", strconv.FormatUint(uint64(id.ID), 10)})
	}
	n.attrs = append(n.attrs, attr{"PropertyType", id.Type})
	return n
}

// shape is which properties of an item or folder an answer carries.
type shape struct {
	base     string // IdOnly, Default, AllProperties
	extra    []path
	mime     bool
	body     string // Best, HTML, Text
	unique   string
	truncate int
}

func readShape(n *node) (shape, *fault) {
	s := shape{base: n.val("t:BaseShape"), mime: n.val("t:IncludeMimeContent") == "true" || n.val("t:IncludeMimeContent") == "1",
		body: n.val("t:BodyType"), unique: n.val("t:UniqueBodyType"), truncate: number(n.val("t:MaximumBodySize"), 0)}
	if s.unique == "" {
		s.unique = s.body
	}
	for _, k := range n.kid("t:AdditionalProperties").children() {
		p, f := readPath(k)
		if f != nil {
			return s, f
		}
		s.extra = append(s.extra, p)
	}
	return s, nil
}

// wants tells whether an element was asked for, apart from the base shape.
func (s shape) wants(element string) bool {
	return slices.ContainsFunc(s.extra, func(p path) bool { return p.uri != "" && p.element() == element })
}

// inOrder sorts an element's children as the schema has them.
func inOrder(n *node, kind string) *node {
	parts := schema[kind].parts
	place := func(k *node) int {
		return slices.IndexFunc(parts, func(p part) bool { _, ok := p.takes(k.name); return ok })
	}
	slices.SortStableFunc(n.kids, func(a, b *node) int { return place(a) - place(b) })
	return n
}
