package bpmn

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff/process"
)

// workflow reads what belongs to the process as a whole.
func (b *builder) workflow() {
	if w, ok := b.extension(b.proc, "workflow"); ok {
		b.def.Category = strings.Trim(w.text("category"), "/")
		b.def.Folio = w.template("folio")
		b.def.Calendar = w.text("calendar")
	}
	for _, v := range b.extensions(b.proc, "variable") {
		if len(b.def.Variables) > process.MaxVariables {
			break // Check says so
		}
		b.def.Variables = append(b.def.Variables, v.variable())
	}
	b.checkForeign(b.proc)
}

// types are the names of variable types.
var types = func() []string {
	var names []string
	for _, t := range process.Types {
		names = append(names, string(t))
	}
	return names
}()

func (x ext) variable() process.Variable {
	v := process.Variable{
		Name:     x.e.Get("name"),
		Label:    x.text("label"),
		Type:     process.Type(x.choice("type", "string", types...)),
		Required: x.flag("required", false),
		Input:    x.flag("input", false),
		Show:     x.flag("show", false),
		Choices:  x.list("choices", "|"),
		Line:     x.e.Line,
	}
	if !isBlank(x.e.Get("default")) {
		v.Default = x.expr("default")
	}
	return v
}

// task reads what a user task asks. Without <signoff:task> it is empty, and
// process.Check says what is missing.
func (b *builder) task(e *Element) *process.Task {
	t := &process.Task{Notify: &process.Notify{Reply: true}, Priority: 1}
	x, ok := b.extension(e, "task")
	if !ok {
		return t
	}
	t.Title = x.template("title")
	t.Claiming = x.flag("claiming", false)
	t.Serial = x.choice("order", "parallel", "parallel", "serial") == "serial"
	if !isBlank(x.e.Get("idle")) {
		t.Idle = b.duration(x.source("idle"), true)
	}
	t.Exclude = strings.Fields(x.text("excludeWhoDid"))
	t.Priority = x.number("priority", 1, 0, 2)
	t.Result = x.text("result")
	t.Fields = x.list("fields", ",")
	t.ExcludeStarter = x.flag("excludeStarter", false)
	if i, ok := x.one("instructions"); ok {
		t.Instructions = i.content()
	}
	t.Recipients = x.recipients("recipient")
	for _, a := range x.all("action") {
		t.Actions = append(t.Actions, process.Action{Name: strings.Join(strings.Fields(a.text("name")), " "),
			ByMail: a.flag("byMail", true), Comment: a.choice("comment", "optional", "required", "optional") == "required",
			Veto: a.flag("veto", false)})
	}
	if a, ok := x.one("answers"); ok {
		t.Answers = a.answers()
	}
	for _, r := range x.all("reminder") {
		t.Reminders = append(t.Reminders, r.reminder())
	}
	if d, ok := x.one("deadline"); ok {
		t.Deadline = d.deadline()
	}
	if n, ok := x.one("notification"); ok {
		t.Notify = n.notify()
	}
	return t
}

// notify reads how recipients are told; nil for send="false".
func (x ext) notify() *process.Notify {
	n := &process.Notify{Subject: x.template("subject"), Body: x.content(), Reply: x.flag("reply", true),
		Substitutes: x.flag("substitutes", false), Strict: x.choice("proof", "usual", "usual", "strict") == "strict"}
	if !x.flag("send", true) {
		if n.Subject != nil || n.Body != nil {
			x.b.warn(x.owner, x.e.Line, `the notification is switched off with send="false"; its text is not used`, "Remove the text, or send=\"false\".")
		}
		return nil
	}
	return n
}

// recipients reads the people named by the elements called name.
func (x ext) recipients(name string) []process.Recipient {
	var out []process.Recipient
	for _, r := range x.all(name) {
		var given []string
		for _, a := range recipientAttrs {
			if !isBlank(r.e.Get(a)) {
				given = append(given, a)
			}
		}
		if len(given) != 1 {
			r.refuse(fmt.Sprintf("<%s> names somebody by %s; it has to be by exactly one", r.e.Name(), cmp.Or(strings.Join(given, " and "), "nothing")),
				"Give one of person, group, role, members, starter, expression; for several people, several elements.")
			out = append(out, process.Recipient{Starter: true}) // stands in, so that Check does not miss a recipient
			continue
		}
		out = append(out, r.recipient(given[0]))
	}
	return out
}

func (x ext) recipient(how string) process.Recipient {
	switch how {
	case "person":
		return process.Recipient{Person: x.template("person")}
	case "group":
		return process.Recipient{Group: x.text("group")}
	case "role":
		return process.Recipient{Group: "role:" + x.text("role")}
	case "members":
		return process.Recipient{Members: x.text("members")}
	case "starter":
		if !x.flag("starter", true) {
			x.refuse("starter=\"false\" names nobody", "Remove the element.")
		}
		return process.Recipient{Starter: true}
	}
	return process.Recipient{Expr: x.expr("expression")}
}

func (x ext) deadline() *process.Deadline {
	d := &process.Deadline{Outcome: x.text("outcome"), Count: x.flag("count", false), Hours: x.hours()}
	given := 0
	for _, name := range []string{"after", "afterExpression", "at", "atExpression"} {
		if isBlank(x.e.Get(name)) {
			continue
		}
		given++
		switch s := x.source(name); name {
		case "after":
			d.After = x.b.duration(s, false)
		case "afterExpression":
			d.After = x.b.duration(s, true)
		case "at":
			d.At = x.b.moment(s, false)
		case "atExpression":
			d.At = x.b.moment(s, true)
		}
	}
	if given != 1 {
		x.refuse("the deadline does not say when, or says it more than once", "Give one of after (such as P3D), afterExpression, at, atExpression.")
		d.After, d.At = standInDuration, nil
	}
	return d
}
