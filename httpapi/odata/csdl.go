package odata

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// Namespaces of the types. Rows are what actions return: the same properties,
// without a key.
const (
	namespace = "signoff"
	rows      = "signoff.rows"
	fileType  = namespace + ".File"
)

const maxMetadataBytes = 64 << 20

func rowType(service string, o broker.Object) string { return rows + "." + service + "_" + o.Name }

// edm names a type as CSDL does. Anything is a text that holds JSON: untyped
// values came only with 4.01.
func edm(t broker.DataType) string {
	switch t {
	case broker.Number:
		return "Edm.Decimal"
	case broker.YesNo:
		return "Edm.Boolean"
	case broker.Moment:
		return "Edm.DateTimeOffset"
	case broker.Date:
		return "Edm.Date"
	case broker.File:
		return fileType
	}
	return "Edm.String"
}

// serviceDocument lists the entity sets.
func (s *Server) serviceDocument(c *call) error {
	if !reads(c) {
		return notAllowed(c, "GET")
	}
	if err := c.only(); err != nil {
		return err
	}
	m, err := s.model(c.ctx, c.by, "")
	if err != nil {
		return err
	}
	list := []any{}
	for _, e := range m.sets {
		list = append(list, ordered{{"name", e.name}, {"kind", "EntitySet"}, {"url", e.name}, {"title", e.object.Title}})
	}
	c.answer(http.StatusOK, ordered{{contextName, c.root + "$metadata"}, {"value", list}})
	return nil
}

// metadata describes everything: as XML, or as JSON for who asks for it.
func (s *Server) metadata(c *call) error {
	if !reads(c) {
		return notAllowed(c, "GET")
	}
	m, err := s.model(c.ctx, c.by, "")
	if err != nil {
		return err
	}
	if !c.form.xml {
		c.w.Header().Set("OData-Version", "4.01") // which this form came with
		c.w.Header().Set("Content-Type", "application/json")
		writeJSON(c.w, http.StatusOK, m.json())
		return nil
	}
	text, err := m.xml()
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/xml;charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(text)
	return nil
}

// pen writes XML, a tag at a time.
type pen struct{ b bytes.Buffer }

// tag opens an element; attributes are pairs of name and value.
func (p *pen) tag(name string, attributes ...string) {
	p.b.WriteString("<" + name)
	p.attributes(attributes)
	p.b.WriteString(">")
}

func (p *pen) empty(name string, attributes ...string) {
	p.b.WriteString("<" + name)
	p.attributes(attributes)
	p.b.WriteString("/>")
}

func (p *pen) attributes(pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		p.b.WriteString(" " + pairs[i] + `="`)
		_ = xml.EscapeText(&p.b, []byte(pairs[i+1])) // a buffer takes everything
		p.b.WriteString(`"`)
	}
}

func (p *pen) close(name string) { p.b.WriteString("</" + name + ">") }

const (
	coreVocabulary         = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1"
	capabilitiesVocabulary = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1"
)

// xml writes the model as CSDL XML 4.0.
func (m *model) xml() ([]byte, error) {
	p := &pen{}
	p.b.WriteString(xml.Header)
	p.tag("edmx:Edmx", "Version", "4.0", "xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx")
	reference(p, coreVocabulary, "Core")
	reference(p, capabilitiesVocabulary, "Capabilities")
	p.tag("edmx:DataServices")
	p.tag("Schema", "Namespace", namespace, "xmlns", "http://docs.oasis-open.org/odata/ns/edm")
	for _, e := range m.sets {
		p.entityType(e)
	}
	p.tag("ComplexType", "Name", "File")
	for _, name := range []string{"name", "type", "content"} {
		p.empty("Property", "Name", name, "Type", "Edm.String")
	}
	p.close("ComplexType")
	for _, a := range m.actions {
		p.action(a)
	}
	p.container(m)
	p.close("Schema")
	if kinds := m.rowTypes(); len(kinds) > 0 {
		p.tag("Schema", "Namespace", rows, "xmlns", "http://docs.oasis-open.org/odata/ns/edm")
		for _, a := range kinds {
			p.tag("ComplexType", "Name", a.service+"_"+a.object.Name)
			for _, property := range a.object.Properties {
				p.property(property, false)
			}
			p.close("ComplexType")
		}
		p.close("Schema")
	}
	p.close("edmx:DataServices")
	p.close("edmx:Edmx")
	if p.b.Len() > maxMetadataBytes {
		return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "too-many-rows", Detail: "the description takes more than 64 MiB", Hint: "give the caller the right to use fewer services"}
	}
	return p.b.Bytes(), nil
}

func reference(p *pen, at, alias string) {
	p.tag("edmx:Reference", "Uri", at+".xml")
	p.empty("edmx:Include", "Namespace", at[strings.LastIndex(at, "/")+1:], "Alias", alias)
	p.close("edmx:Reference")
}

// rowTypes are the objects that some action returns.
func (m *model) rowTypes() (out []action) {
	seen := map[string]bool{}
	for _, a := range m.actions {
		if name := rowType(a.service, a.object); returns(a.method) && !seen[name] {
			seen[name] = true
			out = append(out, a)
		}
	}
	return out
}

func (p *pen) entityType(e entitySet) {
	p.tag("EntityType", "Name", e.name)
	p.tag("Key")
	for _, k := range e.keys {
		p.empty("PropertyRef", "Name", k.Name)
	}
	p.close("Key")
	for _, property := range e.object.Properties {
		p.property(property, e.isKey(property.Name))
	}
	p.close("EntityType")
}

func typeWords(t broker.DataType, list bool) []string {
	kind := edm(t)
	if list {
		kind = "Collection(" + kind + ")"
	}
	if t == broker.Number {
		return []string{"Type", kind, "Scale", "variable"}
	}
	if t == broker.Moment {
		return []string{"Type", kind, "Precision", "12"}
	}
	return []string{"Type", kind}
}

func (p *pen) property(of broker.Property, key bool) {
	words := append([]string{"Name", of.Name}, typeWords(of.Type, of.List)...)
	if key || of.List { // a list may be empty; its elements are never null
		words = append(words, "Nullable", "false")
	}
	p.tag("Property", words...)
	p.described(of.Title)
	p.close("Property")
}

func (p *pen) described(text string) {
	if text = printable(text); text != "" {
		p.empty("Annotation", "Term", "Core.Description", "String", text)
	}
}

// printable leaves out what XML cannot hold.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

func (p *pen) action(a action) {
	p.tag("Action", "Name", a.name)
	for _, in := range a.object.Takes(a.method) {
		words := append([]string{"Name", in.Name}, typeWords(in.Type, in.List)...)
		if in.Required || in.List {
			words = append(words, "Nullable", "false")
		}
		p.tag("Parameter", words...)
		p.described(in.Text)
		p.close("Parameter")
	}
	if returns(a.method) {
		kind := rowType(a.service, a.object)
		if a.method.Kind == broker.List {
			p.empty("ReturnType", "Type", "Collection("+kind+")", "Nullable", "false")
		} else {
			p.empty("ReturnType", "Type", kind)
		}
	}
	p.described(a.method.Title)
	p.close("Action")
}

func (p *pen) container(m *model) {
	p.tag("EntityContainer", "Name", "Services")
	for _, e := range m.sets {
		p.tag("EntitySet", "Name", e.name, "EntityType", namespace+"."+e.name)
		p.described(e.object.Title)
		for _, r := range e.restrictions() {
			p.restriction(r)
		}
		p.close("EntitySet")
	}
	for _, a := range m.actions {
		p.empty("ActionImport", "Name", a.name, "Action", namespace+"."+a.name)
	}
	p.empty("Annotation", "Term", "Capabilities.ConformanceLevel", "EnumMember", "Capabilities.ConformanceLevelType/Minimal")
	p.empty("Annotation", "Term", "Capabilities.BatchSupported", "Bool", "false")
	p.tag("Annotation", "Term", "Capabilities.FilterFunctions")
	p.tag("Collection")
	for _, f := range filterFunctions {
		p.tag("String")
		p.b.WriteString(f)
		p.close("String")
	}
	p.close("Collection")
	p.close("Annotation")
	p.close("EntityContainer")
}

// filterFunctions are all that $filter knows: clients that read this ask for no other.
var filterFunctions = []string{"contains", "endswith", "startswith"}

func (p *pen) restriction(r restriction) {
	p.tag("Annotation", "Term", "Capabilities."+r.term)
	p.tag("Record")
	p.empty("PropertyValue", "Property", r.property, "Bool", map[bool]string{true: "true", false: "false"}[r.is])
	for _, but := range r.but {
		p.tag("PropertyValue", "Property", but.name)
		p.tag("Collection")
		for _, path := range but.paths {
			p.tag("PropertyPath")
			p.b.WriteString(path)
			p.close("PropertyPath")
		}
		p.close("Collection")
		p.close("PropertyValue")
	}
	p.close("Record")
	p.close("Annotation")
}

// restriction says what cannot be done with a set, and with which properties.
type restriction struct {
	term, property string
	is             bool
	but            []exception
}

type exception struct {
	name  string
	paths []string // never empty
}

func (e entitySet) restrictions() []restriction {
	return []restriction{
		{"InsertRestrictions", "Insertable", e.create != nil, nil},
		{"UpdateRestrictions", "Updatable", e.update != nil, nil},
		{"DeleteRestrictions", "Deletable", e.remove != nil, nil},
		{"ReadRestrictions", "Readable", e.list != nil, nil},
		{"ExpandRestrictions", "Expandable", false, nil},
		{"SearchRestrictions", "Searchable", false, nil},
		e.filtering(),
		e.sorting(),
	}
}

// filtering says what $filter has to compare, since the list method needs it, and
// what it cannot.
func (e entitySet) filtering() restriction {
	r := restriction{"FilterRestrictions", "Filterable", e.list != nil, nil}
	if e.list == nil {
		return r
	}
	var required, not []string
	for _, p := range e.object.Properties {
		at := slices.IndexFunc(e.list.Inputs, func(in broker.Input) bool { return in.Name == p.Name })
		switch {
		case at >= 0 && e.list.Inputs[at].Required:
			required = append(required, p.Name)
		case at < 0 && (!slices.Contains(e.list.Outputs, p.Name) || p.Type == broker.File || p.Type == broker.JSON):
			not = append(not, p.Name)
		}
	}
	r.except("RequiredProperties", required)
	r.except("NonFilterableProperties", not)
	return r
}

// sorting says what $orderby cannot sort by.
func (e entitySet) sorting() restriction {
	r := restriction{"SortRestrictions", "Sortable", e.list != nil, nil}
	if e.list == nil {
		return r
	}
	var not []string
	for _, p := range e.object.Properties {
		if broker.Orderable(e.object, *e.list, []broker.Order{{Name: p.Name}}) != nil {
			not = append(not, p.Name)
		}
	}
	r.except("NonSortableProperties", not)
	return r
}

func (r *restriction) except(name string, paths []string) {
	if len(paths) > 0 {
		r.but = append(r.but, exception{name, paths})
	}
}
