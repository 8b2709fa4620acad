package scim

import "strings"

// The schemas of RFC 7643 that are known here.
const (
	UserSchema       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupSchema      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseSchema = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// Kind is what a resource is.
type Kind string

// The kinds of resource.
const (
	UserKind  Kind = "User"
	GroupKind Kind = "Group"
)

// Plural is the end of the addresses of a kind.
func (k Kind) Plural() string { return string(k) + "s" }

// Bounds of what is read.
const (
	maxText    = 1024      // bytes of one value
	maxBinary  = 32 << 10  // bytes of a certificate
	maxValues  = 100       // of one attribute with several
	MaxMembers = 50_000    // of one group
	maxDepth   = 8         // of JSON; the schema needs five
	MaxBody    = 5 << 20   // bytes of a request
	maxFilter  = 4 << 10   // bytes of a filter
	maxTerms   = 50        // comparisons in a filter
	maxNesting = 10        // of a filter
	maxPath    = 1 << 10   // bytes of a path in a PATCH
	maxOps     = 5_000     // operations in a PATCH
	MaxWork    = 5_000_000 // members looked at in one PATCH
)

// A kindOf says what values an attribute has.
type kindOf string

const (
	text      kindOf = "string"
	boolean   kindOf = "boolean"
	dateTime  kindOf = "dateTime"
	reference kindOf = "reference"
	binary    kindOf = "binary"
	complexOf kindOf = "complex"
)

// An attribute as RFC 7643 section 7 describes it. The zero values are the
// standard's defaults: a single string, read and written, any letter case.
type attribute struct {
	name       string
	kind       kindOf
	about      string
	multi      bool
	required   bool
	exact      bool // letter case matters
	readOnly   bool
	immutable  bool
	never      bool // taken and not kept: passwords
	always     bool // returned whatever is asked
	unique     bool
	canonical  []string
	references []string
	sub        []attribute
}

func (a *attribute) find(name string) *attribute { return findIn(a.sub, name) }

func findIn(list []attribute, name string) *attribute {
	for i := range list {
		if strings.EqualFold(list[i].name, name) {
			return &list[i]
		}
	}
	return nil
}

func str(name, about string) attribute { return attribute{name: name, kind: text, about: about} }

// several is the usual shape of attributes with more than one value.
func several(name, about string, value kindOf, types ...string) attribute {
	return attribute{name: name, kind: complexOf, multi: true, about: about, sub: []attribute{
		{name: "value", kind: value, about: "The value itself.", exact: value == binary},
		str("display", "The value as people read it."),
		{name: "type", kind: text, about: "What it is for.", canonical: types},
		{name: "primary", kind: boolean, about: "Whether it is the one to use; one of them is at most."},
	}}
}

// common are the attributes that every resource has.
var common = []attribute{
	{name: "schemas", kind: reference, multi: true, about: "The schemas the resource is written in.", always: true, exact: true},
	{name: "id", kind: text, about: "The resource's name here, for ever.", readOnly: true, always: true, exact: true, unique: true},
	{name: "externalId", kind: text, about: "The resource's name with the client.", exact: true},
	{name: "meta", kind: complexOf, about: "When it was made and changed.", readOnly: true, sub: []attribute{
		{name: "resourceType", kind: text, readOnly: true, exact: true, about: "User or Group."},
		{name: "created", kind: dateTime, readOnly: true, about: "When it was made."},
		{name: "lastModified", kind: dateTime, readOnly: true, about: "When it was changed last."},
		{name: "location", kind: reference, readOnly: true, exact: true, about: "Its address."},
		{name: "version", kind: text, readOnly: true, exact: true, about: "Its ETag."},
	}},
}

var userAttributes = []attribute{
	{name: "userName", kind: text, required: true, unique: true, about: "What the person signs in as with the client; one of a kind."},
	{name: "name", kind: complexOf, about: "The parts of the name.", sub: []attribute{
		str("formatted", "The whole name."), str("familyName", "The family name."), str("givenName", "The given name."),
		str("middleName", "Middle names."), str("honorificPrefix", "What stands before the name."), str("honorificSuffix", "What stands after it."),
	}},
	str("displayName", "The name as people see it."),
	str("nickName", "What the person is called."),
	{name: "profileUrl", kind: reference, about: "A page about the person.", references: []string{"external"}},
	str("title", "Such as Vice President."),
	str("userType", "Such as Employee or Contractor."),
	str("preferredLanguage", "Such as en-GB."),
	str("locale", "Such as en-GB, for numbers and dates."),
	str("timezone", "Such as Europe/Berlin."),
	{name: "active", kind: boolean, about: "Whether the person may come in."},
	{name: "password", kind: text, about: "Taken and not kept: people sign in with their provider.", never: true, exact: true},
	several("emails", "Mail addresses; approvals by reply are taken from them.", text, "work", "home", "other"),
	several("phoneNumbers", "Telephone numbers.", text, "work", "home", "mobile", "fax", "pager", "other"),
	several("ims", "Addresses for messages.", text),
	several("photos", "Addresses of pictures.", reference, "photo", "thumbnail"),
	{name: "addresses", kind: complexOf, multi: true, about: "Postal addresses.", sub: []attribute{
		str("formatted", "The whole address, in lines."), str("streetAddress", "Street and number."), str("locality", "The town."),
		str("region", "The state or region."), str("postalCode", "The code."), str("country", "ISO 3166 code."),
		{name: "type", kind: text, about: "What it is for.", canonical: []string{"work", "home", "other"}},
		{name: "primary", kind: boolean, about: "Whether it is the one to use."},
	}},
	{name: "groups", kind: complexOf, multi: true, readOnly: true, about: "Groups the person is in, directly.", sub: []attribute{
		{name: "value", kind: text, readOnly: true, exact: true, about: "The group's id."},
		{name: "$ref", kind: reference, readOnly: true, exact: true, references: []string{"Group"}, about: "The group's address."},
		{name: "display", kind: text, readOnly: true, about: "The group's name."},
		{name: "type", kind: text, readOnly: true, canonical: []string{"direct", "indirect"}, about: "How the person is in it."},
	}},
	several("entitlements", "What the person is entitled to, with the client.", text),
	several("roles", "What the person is, with the client.", text),
	several("x509Certificates", "Certificates, in base64.", binary),
	{name: EnterpriseSchema, kind: complexOf, about: "Enterprise User", sub: enterpriseAttributes},
}

var enterpriseAttributes = []attribute{
	str("employeeNumber", "The number in the organisation."), str("costCenter", "The cost center."), str("organization", "The organisation."),
	str("division", "The division."), str("department", "The department."),
	{name: "manager", kind: complexOf, about: "Whom the person reports to.", sub: []attribute{
		{name: "value", kind: text, exact: true, about: "The manager's id here."},
		{name: "$ref", kind: reference, exact: true, references: []string{"User"}, about: "The manager's address."},
		{name: "displayName", kind: text, readOnly: true, about: "The manager's name."},
	}},
}

var groupAttributes = []attribute{
	{name: "displayName", kind: text, required: true, about: "The group's name."},
	{name: "members", kind: complexOf, multi: true, about: "Who is in it: people and groups.", sub: []attribute{
		{name: "value", kind: text, exact: true, immutable: true, about: "The member's id."},
		{name: "$ref", kind: reference, exact: true, immutable: true, references: []string{"User", "Group"}, about: "The member's address."},
		{name: "type", kind: text, immutable: true, canonical: []string{"User", "Group"}, about: "What the member is."},
		{name: "display", kind: text, about: "The member's name."},
	}},
}

// schemas lists what each kind has, the common attributes first.
var schemas = map[Kind][]attribute{
	UserKind:  append(append([]attribute{}, common...), userAttributes...),
	GroupKind: append(append([]attribute{}, common...), groupAttributes...),
}

// schemaOf is the URN of a kind's core schema.
func schemaOf(k Kind) string {
	if k == GroupKind {
		return GroupSchema
	}
	return UserSchema
}
