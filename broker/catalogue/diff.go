package catalogue

import (
	"fmt"
	"slices"

	"github.com/signoffhq/signoff/broker"
)

// Diff is what is different between what a service offered and what it offers.
type Diff struct {
	First   bool // nothing had been generated before
	Applied bool
	Changes []Change // in the order of what is offered now, then what is gone
}

// Change is an object, or one of its methods, that came, went or is different.
type Change struct {
	What   string // "added", "removed", "changed"
	Object string
	Method string   // "" the object as such
	Words  []string // what is different
	Breaks bool     // calls as they were may fail
	Uses   []Use    // steps that it breaks
}

// broken lists the steps that a diff breaks.
func (d Diff) broken() (uses []Use) {
	for _, c := range d.Changes {
		uses = append(uses, c.Uses...)
	}
	return uses
}

func compare(was, now []broker.Object, uses []Use) Diff {
	d := Diff{Changes: []Change{}}
	for _, o := range now {
		old, there := broker.Find(was, o.Name)
		if !there {
			d.Changes = append(d.Changes, Change{What: "added", Object: o.Name, Words: []string{methodsOf(o)}})
			continue
		}
		d.Changes = append(d.Changes, compareObject(old, o)...)
	}
	for _, o := range was {
		if _, there := broker.Find(now, o.Name); !there {
			d.Changes = append(d.Changes, Change{What: "removed", Object: o.Name, Words: []string{methodsOf(o)}, Breaks: true})
		}
	}
	for i := range d.Changes {
		if c := &d.Changes[i]; c.Breaks {
			for _, u := range uses {
				if u.Object == c.Object && (c.Method == "" || u.Method == c.Method) {
					c.Uses = append(c.Uses, u)
				}
			}
		}
	}
	return d
}

func methodsOf(o broker.Object) string {
	text := "with "
	for i, m := range o.Methods {
		if i == 12 {
			return text + fmt.Sprintf(" and %d more", len(o.Methods)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += m.Name
	}
	if len(o.Methods) == 0 {
		return "without methods"
	}
	return text
}

func compareObject(was, now broker.Object) (list []Change) {
	if was.Title != now.Title || was.Text != now.Text || keysOf(was) != keysOf(now) {
		list = append(list, Change{What: "changed", Object: now.Name, Words: objectWords(was, now)})
	}
	for _, m := range now.Methods {
		old, there := was.Method(m.Name)
		if !there {
			list = append(list, Change{What: "added", Object: now.Name, Method: m.Name})
			continue
		}
		c := Change{What: "changed", Object: now.Name, Method: m.Name}
		c.inputs(was.Takes(old), now.Takes(m))
		c.outputs(was, now, old.Outputs, m.Outputs)
		if old.Kind != m.Kind {
			c.say(false, "it is %s now, not %s", m.Kind, old.Kind)
		}
		if old.Title != m.Title || old.Text != m.Text {
			c.say(false, "it is described in other words")
		}
		if len(c.Words) > 0 {
			list = append(list, c)
		}
	}
	for _, m := range was.Methods {
		if _, there := now.Method(m.Name); !there {
			list = append(list, Change{What: "removed", Object: now.Name, Method: m.Name, Breaks: true})
		}
	}
	return list
}

func keysOf(o broker.Object) (keys string) {
	for _, p := range o.Properties {
		if p.Key {
			keys += p.Name + " "
		}
	}
	return keys
}

func objectWords(was, now broker.Object) (words []string) {
	if keysOf(was) != keysOf(now) {
		words = append(words, "it is named by other properties: "+keysOf(now))
	}
	if was.Title != now.Title || was.Text != now.Text {
		words = append(words, "it is described in other words")
	}
	return words
}

func (c *Change) say(breaks bool, format string, args ...any) {
	c.Words, c.Breaks = append(c.Words, fmt.Sprintf(format, args...)), c.Breaks || breaks
}

func (c *Change) inputs(was, now []broker.Input) {
	find := func(list []broker.Input, name string) (broker.Input, bool) {
		i := slices.IndexFunc(list, func(in broker.Input) bool { return in.Name == name })
		if i < 0 {
			return broker.Input{}, false
		}
		return list[i], true
	}
	for _, in := range now {
		old, there := find(was, in.Name)
		switch {
		case !there && in.Required:
			c.say(true, "it needs the new input %s", in.Name)
		case !there:
			c.say(false, "it takes the new input %s", in.Name)
		case in.Required && !old.Required:
			c.say(true, "it needs the input %s now", in.Name)
		case !in.Required && old.Required:
			c.say(false, "it does not need the input %s any more", in.Name)
		}
		if there && (old.Type != in.Type || old.List != in.List) {
			c.say(true, "the input %s is %s now, not %s", in.Name, typeWords(in.Type, in.List), typeWords(old.Type, old.List))
		}
	}
	for _, in := range was {
		if _, there := find(now, in.Name); !there {
			c.say(true, "the input %s is gone", in.Name)
		}
	}
}

func (c *Change) outputs(was, now broker.Object, gave, gives []string) {
	for _, name := range gives {
		if !slices.Contains(gave, name) {
			c.say(false, "it gives %s, too", name)
			continue
		}
		a, _ := was.Property(name)
		b, _ := now.Property(name)
		if a.Type != b.Type || a.List != b.List {
			c.say(true, "%s comes as %s now, not %s", name, typeWords(b.Type, b.List), typeWords(a.Type, a.List))
		}
	}
	for _, name := range gave {
		if !slices.Contains(gives, name) {
			c.say(true, "it does not give %s any more", name)
		}
	}
}

func typeWords(t broker.DataType, list bool) string {
	if list {
		return "a list of " + string(t)
	}
	return string(t)
}
