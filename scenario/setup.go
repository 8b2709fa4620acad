package scenario

import (
	"strings"

	"github.com/signoffhq/signoff"
)

// The commands that set a scenario up.

func (w *world) setProcess(a *arguments) error {
	file, err := a.need("which file: process leave.bpmn")
	if err == nil {
		err = a.done()
	}
	if err != nil {
		return err
	}
	if w.def != nil {
		return wrong("a scenario is about one process; put the other into a file of its own")
	}
	return w.load(file)
}

func (w *world) setGroup(a *arguments) error { return w.setMembers(a, false) }

func (w *world) setRole(a *arguments) error { return w.setMembers(a, true) }

func (w *world) setMembers(a *arguments, role bool) error {
	name, err := a.need("the name and its people or groups: group finance jane bob group:board")
	if err != nil {
		return err
	}
	g := group{name: name, role: role}
	for member, ok := a.next(); ok; member, ok = a.next() {
		g.members = append(g.members, member)
	}
	if err := a.done(); err != nil {
		return err
	}
	if old := w.group(name); old != nil {
		*old = g
	} else {
		w.groups = append(w.groups, g)
	}
	return nil
}

func (w *world) setPerson(a *arguments) error {
	login, err := a.need("the person's login: person jane name=\"Jane Doe\"")
	if err != nil {
		return err
	}
	delete(w.nobody, login)
	p := w.person(login)
	p.Principal = signoff.Principal("user:" + login)
	if name, ok := a.get("name"); ok {
		p.Name = name
	}
	if email, ok := a.get("email"); ok {
		p.Email = email
	}
	if boss, ok := a.get("manager"); ok {
		if w.managers == nil {
			w.managers = map[string]string{}
		}
		w.managers[login] = boss
	}
	w.named[login] = p
	return a.done()
}

func (w *world) setNobody(a *arguments) error {
	name, err := a.need("the name nobody has: nobody joan")
	if err != nil {
		return err
	}
	w.nobody[name] = true
	return a.done()
}

func (w *world) setAdmin(a *arguments) error {
	login, err := a.need("who is an administrator: admin root")
	if err != nil {
		return err
	}
	w.admins[login] = true
	return a.done()
}

func (w *world) setClock(a *arguments) error {
	text, err := a.need("what time it is: at 2026-01-05T09:00:00Z")
	if err != nil {
		return err
	}
	now, err := clock(text)
	if err != nil {
		return err
	}
	if len(w.facts) > 0 {
		return wrong("the clock is set before the start; use after to let time pass")
	}
	w.now = now.UTC()
	return a.done()
}

func (w *world) setShow(a *arguments) error {
	what, _ := a.next()
	if strings.TrimSpace(what) != "steps" {
		return wrong("only steps can be shown: show steps")
	}
	w.steps = true
	return a.done()
}
