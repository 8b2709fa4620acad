package exchange

import (
	"context"
	"fmt"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
)

// object is a service object with what its methods do.
type object struct {
	name, title, text string
	properties        []broker.Property
	methods           []method
}

type method struct {
	name, title, text string
	kind              broker.Kind
	inputs            []broker.Input
	outputs           []string // nil: all properties; empty: none
	do                func(context.Context, *call) (broker.Result, error)
}

// call is one call of a method.
type call struct {
	broker.Call
	in   *inputs
	b    Backend
	p    *provider
	post Post
}

// correlation is what the thing that the call makes is found by; "" without a
// key.
func (c *call) correlation() string {
	if c.Key == "" {
		return ""
	}
	return Correlation(c.Key)
}

// query is a list's part of the call.
func (c *call) query() Query { return Query{Filter: c.Filter, Top: c.Top, After: c.After} }

var objects []object

func init() { // by name, since methods look at what they are made of
	objects = []object{email, attachment, folder, appointment, task, contact, automaticReply, category, room, timeZone}
}

func (o object) describe() broker.Object {
	out := broker.Object{Name: o.name, Title: o.title, Text: o.text, Properties: o.properties}
	for _, m := range o.methods {
		one := broker.Method{Name: m.name, Title: m.title, Text: m.text, Kind: m.kind, Inputs: append(inputsOf(m), mailboxInput), Outputs: m.outputs}
		if m.outputs == nil {
			for _, p := range o.properties {
				one.Outputs = append(one.Outputs, p.Name)
			}
		}
		out.Methods = append(out.Methods, one)
	}
	return out
}

func inputsOf(m method) []broker.Input { return append([]broker.Input{}, m.inputs...) }

var mailboxInput = broker.Input{Name: "mailbox", Title: "On behalf of", Type: broker.Text,
	Text: "Address of the mailbox that is used. Empty: the one of the service. The right to open it is needed."}

func find(objectName, methodName string) (method, error) {
	for _, o := range objects {
		if o.name != objectName {
			continue
		}
		for _, m := range o.methods {
			if m.name == methodName {
				return m, nil
			}
		}
	}
	return method{}, &signoff.Error{Kind: signoff.NotFound, Code: CodeNoMethod, Detail: fmt.Sprintf("Exchange has no object %q with a method %q.", objectName, methodName)}
}

// text, yes and so on write a property or an input shortly.
func text(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.Text}
}

func texts(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.Text, List: true}
}

func yes(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.YesNo}
}

func at(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.Moment}
}

func number(name, title string) broker.Property {
	return broker.Property{Name: name, Title: title, Type: broker.Number}
}

func key(title string) broker.Property {
	return broker.Property{Name: "id", Title: title, Type: broker.Text, Key: true}
}

// take makes inputs of properties, by their names; "!" before one makes it
// required.
func take(properties []broker.Property, names ...string) []broker.Input {
	var out []broker.Input
	for _, name := range names {
		required := name[0] == '!'
		if required {
			name = name[1:]
		}
		for _, p := range properties {
			if p.Name == name {
				out = append(out, broker.Input{Name: p.Name, Title: p.Title, Type: p.Type, List: p.List, Required: required})
			}
		}
	}
	return out
}

// with adds inputs that are no properties.
func with(list []broker.Input, more ...broker.Input) []broker.Input { return append(list, more...) }

func param(name, title string, kind broker.DataType, about string) broker.Input {
	return broker.Input{Name: name, Title: title, Type: kind, Text: about}
}

func required(i broker.Input) broker.Input {
	i.Required = true
	return i
}

// rows makes a list's answer of a page.
func rows[T any](page Page[T], err error, row func(T) map[string]any) (broker.Result, error) {
	out := broker.Result{Rows: []map[string]any{}, Next: page.Next, Unfiltered: page.Unfiltered}
	for _, item := range page.Items {
		out.Rows = append(out.Rows, row(item))
	}
	return out, err
}

// listed makes a list's answer of all there is.
func listed[T any](items []T, err error, row func(T) map[string]any) (broker.Result, error) {
	return rows(Page[T]{Items: items, Unfiltered: true}, err, row)
}

// single makes the answer of one thing.
func single[T any](v T, err error, row func(T) map[string]any) (broker.Result, error) {
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: row(v)}, nil
}

// nothing makes the answer of what has none.
func nothing(err error) (broker.Result, error) { return broker.Result{}, err }
