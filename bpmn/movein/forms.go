package movein

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// field is one of a form of another engine.
type field struct {
	id, label, typ string
	given          string // default, as it stands
	choices        []string
	required       bool
	fixed          bool // shown, and not to be changed
	line           int
}

// fieldTypes are the types of fields, and those of variables.
var fieldTypes = map[string]process.Type{
	"string": process.String, "textfield": process.String, "enum": process.String, "select": process.String, "radio": process.String,
	"textarea": process.Text, "text": process.Text, "long": process.Number, "int": process.Number, "integer": process.Number,
	"double": process.Number, "number": process.Number, "decimal": process.Number, "boolean": process.Boolean, "checkbox": process.Boolean,
	"date": process.Date, "datetime": process.DateTime, "user": process.Person,
}

// form moves the form of a user task or a start event. It returns the variables
// that somebody may change in it.
func (m *mover) form(e *bpmn.Element, start bool) (fields []string) {
	for _, f := range m.fields(e) {
		if f.id == "" {
			m.byHand(e, f.line, "form field", f.label, "It has no id: declare a <signoff:variable> for it.")
			continue
		}
		name := m.field(e, f, start)
		if !f.fixed {
			fields = append(fields, name)
		}
	}
	return fields
}

// field makes a variable of a field, and returns its name.
func (m *mover) field(e *bpmn.Element, f field, start bool) string {
	if m.names.known[f.id] {
		return f.id
	}
	v := m.names.variable(f.id)
	typ, known := fieldTypes[strings.ToLower(f.typ)]
	if !known {
		typ = process.JSON
	}
	if !v.sure {
		v.typ, v.sure, v.line = typ, true, f.line
	}
	if f.label != "" && f.label != v.name && v.label == "" {
		v.label = f.label
	}
	if v.typ == process.String && len(v.choices) == 0 {
		v.choices = f.choices
	}
	was := f.id
	if f.typ != "" {
		was += " (" + f.typ + ")"
	}
	switch {
	case start:
		v.input, v.required = true, v.required || f.required
	case f.fixed:
		v.show = true
	default:
		v.set = true
	}
	if v.given == "" {
		v.given = m.given(e, f, v.typ)
	}
	to := fmt.Sprintf("variable %s (%s", v.name, v.typ)
	if start && f.required {
		to += ", required"
	}
	if f.fixed {
		to += ", readonly"
	}
	to += ")"
	advice := ""
	if !known {
		advice = "The type " + short(f.typ) + " is not known here: check the type."
	}
	m.changed(e, f.line, "form field", was, to, advice)
	if f.required && !start && !f.fixed {
		m.byHand(e, f.line, "required field", f.id, "There the task could not be completed without it; here a decision can leave it empty. A gateway behind the task can ask whether it has a value, and send the task back.")
	}
	return v.name
}

// given says the default of a field in FEEL.
func (m *mover) given(e *bpmn.Element, f field, typ process.Type) string {
	was := strings.TrimSpace(f.given)
	switch {
	case was == "":
		return ""
	case isJUEL(was), strings.HasPrefix(was, "="):
		feel, bad := m.names.expression(was)
		if bad == nil && !strings.Contains(feel, f.id) {
			return feel
		}
		m.byHand(e, f.line, "default", was, "Give the variable a default in FEEL.")
		return ""
	case typ == process.Number:
		if _, err := strconv.ParseFloat(was, 64); err == nil {
			return was
		}
	case typ == process.Boolean:
		if was == "true" || was == "false" {
			return was
		}
	case typ == process.String || typ == process.Text || typ == process.Person:
		return quote(was)
	}
	m.byHand(e, f.line, "default", was, "Give the variable a default in FEEL.")
	return ""
}

// fields lists the fields of an element's form, and tells about forms that are
// kept outside of the file.
func (m *mover) fields(e *bpmn.Element) (all []field) {
	for _, data := range foreignElements(e, "formData") {
		for f := range data.Elements() {
			if f.Local == "formField" {
				all = append(all, camundaField(f))
			}
		}
	}
	for _, p := range foreignElements(e, "formProperty") {
		all = append(all, activitiField(p))
	}
	for _, what := range []string{"formKey", "formRef"} {
		if a, ok := foreign(e, what); ok {
			all = append(all, m.formCalled(e, what, a.Value, a.Line)...)
		}
	}
	if d := foreignElement(e, "formDefinition"); d != nil {
		for _, what := range []string{"formKey", "formId", "externalReference"} {
			if s := d.Get(what); s != "" {
				all = append(all, m.formCalled(e, what, s, d.Line)...)
			}
		}
	}
	return all
}

// formCalled reads a form that stands in the file.
func (m *mover) formCalled(e *bpmn.Element, what, key string, line int) []field {
	const inFile = "camunda-forms:bpmn:"
	if id, ok := strings.CutPrefix(key, inFile); ok {
		if f := m.forms[id]; f != nil {
			fields, left, ok := jsonFields(f.Content(), line)
			if ok {
				m.changed(e, line, what, key, "its fields as variables", "")
				m.partsLeft(e, f.Line, id, left)
				return fields
			}
		}
	}
	m.byHand(e, line, what, key, `The form is not in the file. Declare a <signoff:variable> for each of its fields, and list those that can be changed in fields="…" of <signoff:task>; on the start event, set input="true" on the variables.`)
	return nil
}

// partsLeft tells what of a form does not come along.
func (m *mover) partsLeft(e *bpmn.Element, line int, form string, left []string) {
	if len(left) == 0 {
		m.found(AsIs, e, line, "userTaskForm", form, "", "Its fields are variables.")
		return
	}
	slices.Sort(left)
	m.byHand(e, line, "userTaskForm", form, "Its fields are variables. What else it does is not moved: "+
		strings.Join(slices.Compact(left), ", ")+". Words for people belong into the instructions; what has to hold can be asked by a gateway behind the task.")
}

func camundaField(e *bpmn.Element) field {
	f := field{id: e.Get("id"), label: e.Get("label"), typ: e.Get("type"), given: e.Get("defaultValue"), line: e.Line, choices: choicesIn(e)}
	for c := range e.Descendants() {
		if c.Local == "constraint" {
			switch c.Get("name") {
			case "required":
				f.required = c.Get("config") != "false"
			case "readonly":
				f.fixed = c.Get("config") != "false"
			}
		}
	}
	return f
}

func activitiField(e *bpmn.Element) field {
	f := field{id: e.Get("id"), label: e.Get("name"), typ: e.Get("type"), given: e.Get("default"), line: e.Line,
		required: isTrue(e.Get("required")), fixed: e.Get("writable") == "false", choices: choicesIn(e)}
	if v := e.Get("variable"); v != "" {
		f.id = v
	}
	if x := e.Get("expression"); f.given == "" {
		f.given = x
	}
	if f.typ == "" {
		f.typ = "string"
	}
	return f
}

// choicesIn lists the values of an enumeration; none where one of them cannot be
// written as a choice.
func choicesIn(e *bpmn.Element) (out []string) {
	for c := range e.Elements() {
		if c.Local != "value" {
			continue
		}
		id := strings.TrimSpace(c.Get("id"))
		if id == "" || strings.Contains(id, "|") {
			return nil
		}
		out = append(out, id)
	}
	return out
}

// maxFields bounds the fields of one form.
const maxFields = 500

// jsonFields reads the fields of a form of form-js, and lists what it does
// besides asking for them.
func jsonFields(src string, line int) (all []field, left []string, ok bool) {
	var form struct {
		Components []component `json:"components"`
	}
	if err := json.Unmarshal([]byte(src), &form); err != nil {
		return nil, nil, false
	}
	var read func([]component, int)
	read = func(list []component, depth int) {
		for _, c := range list {
			if len(all) == maxFields || depth > 10 {
				return
			}
			if c.Key != "" && c.Type != "button" {
				all = append(all, c.field(line))
			}
			left = append(left, c.left()...)
			read(c.Components, depth+1)
		}
	}
	read(form.Components, 0)
	return all, left, true
}

// component is one of form-js: a field, or a group of them.
type component struct {
	Key, Type, Label, Description string
	Disabled                      bool
	Readonly                      any // true, or an expression
	DefaultValue                  any
	Values                        []struct{ Value, Label string }
	ValuesKey, ValuesExpression   string
	Validate                      map[string]any
	Conditional                   any
	Components                    []component
}

// left names what a component does that a variable does not.
func (c *component) left() (left []string) {
	if c.Key == "" && c.Type != "group" && c.Type != "default" {
		left = append(left, c.Type)
	}
	for what := range c.Validate {
		if what != "required" {
			left = append(left, what+" of "+c.Key)
		}
	}
	for what, there := range map[string]bool{"conditional": c.Conditional != nil, "description": c.Description != "", "values": c.ValuesKey+c.ValuesExpression != "",
		"labels of the choices": slices.ContainsFunc(c.Values, func(v struct{ Value, Label string }) bool { return v.Label != "" && v.Label != v.Value })} {
		if there {
			left = append(left, what+" of "+c.Key)
		}
	}
	return left
}

func (c *component) field(line int) field {
	f := field{id: c.Key, label: c.Label, typ: c.Type, required: c.Validate["required"] == true, fixed: c.Disabled || c.Readonly == true, line: line}
	switch v := c.DefaultValue.(type) {
	case string:
		f.given = v
	case bool:
		f.given = strconv.FormatBool(v)
	case float64:
		f.given = strconv.FormatFloat(v, 'f', -1, 64)
	}
	for _, v := range c.Values {
		if v.Value == "" || strings.Contains(v.Value, "|") {
			f.choices = nil
			break
		}
		f.choices = append(f.choices, v.Value)
	}
	return f
}
