package movein

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// userTask moves who is asked, for what, and with which form.
func (m *mover) userTask(e *bpmn.Element) {
	if has(e, "task") {
		return
	}
	task := m.ed.made(e.Line, "task")
	m.title(e, task)
	m.priority(e, task)
	fields := m.givenBack(e, m.form(e, false))
	if len(fields) > 0 {
		set(task, "fields", strings.Join(fields, ","))
	}
	recipients := m.recipients(e)
	m.due(e)
	m.instructions(e, task)
	if len(recipients) == 0 {
		m.byHand(e, e.Line, "assignment", "", `Nobody is named. Say who is asked: <signoff:recipient person="…"/>, group="…" or starter="true" in <signoff:task>.`)
		if len(task.Attrs)+len(task.Children) == 0 {
			return
		}
	}
	for _, r := range recipients {
		task.Children = append(task.Children, r)
	}
	task.Children = append(task.Children, m.ed.made(e.Line, "action", "name", "Done"))
	m.ed.extend(e, task)
	m.changed(e, e.Line, "completing the task", "", `<signoff:action name="Done"/>`,
		"Give the actions the words people choose from, such as Approve and Reject; the gateway behind can then ask for outcome = \"Approve\".")
}

// givenBack adds the values that a task's output mappings take, and that nothing
// has named before: they are given when it is completed.
func (m *mover) givenBack(e *bpmn.Element, fields []string) []string {
	for _, p := range mappingsOf(e) {
		if !p.out || p.odd != "" {
			continue
		}
		before := len(m.names.vars)
		if _, bad := m.names.expression(p.source); bad != nil {
			continue // told with the mapping
		}
		for _, v := range m.names.vars[before:] {
			v.set = true
			fields = append(fields, v.name)
		}
	}
	return fields
}

// title moves expressions in the name of a task.
func (m *mover) title(e, task *bpmn.Element) {
	name := e.Get("name")
	if !isJUEL(name) {
		return
	}
	title, bad := m.names.template(name)
	if bad != nil {
		m.refused(e, e.Line, "name", name, bad)
		return
	}
	set(task, "title", title)
	m.changed(e, e.Line, "name", name, attr("title", title), "")
}

// placeholder is an expression in a name: "${amount}" of "Approve ${amount}".
var placeholder = regexp.MustCompile(`[$#]\{\s*([^{}]*?)\s*\}`)

// plainName takes the signs of an expression out of the name of a step: a name is
// the same for all instances here, and stands so in the diagram and the history.
func (m *mover) plainName(e *bpmn.Element) {
	was := e.Get("name")
	name := placeholder.ReplaceAllString(was, "$1")
	if name == was {
		return
	}
	m.ed.keep(e, "name", was)
	set(e, "name", name)
	m.changed(e, e.Line, "name of the step", was, name, "A step is called the same in every instance.")
}

// instructions moves the documentation, which other engines show with a task.
func (m *mover) instructions(e, task *bpmn.Element) {
	doc := model(e, "documentation")
	if doc == nil || strings.TrimSpace(doc.Content()) == "" || len(m.report.Engines) == 0 {
		return
	}
	was := strings.TrimSpace(doc.Content())
	s, bad := m.names.template(was)
	if bad != nil {
		m.refused(e, doc.Line, "documentation", was, bad)
		return
	}
	i := m.ed.made(doc.Line, "instructions")
	setText(i, s)
	task.Children = append(task.Children, i)
	m.changed(e, doc.Line, "documentation", was, "<signoff:instructions>", "")
}

// priority moves a number from 0 to 100 to high, normal or low.
func (m *mover) priority(e, task *bpmn.Element) {
	was, what, line := "", "priority", e.Line
	if a, ok := foreign(e, "priority"); ok {
		was, line = a.Value, a.Line
	}
	if d := foreignElement(e, "priorityDefinition"); d != nil {
		was, what, line = strings.TrimPrefix(d.Get("priority"), "="), d.Local, d.Line
	}
	if was == "" {
		return
	}
	n, err := strconv.Atoi(strings.TrimSpace(was))
	if err != nil {
		m.byHand(e, line, what, was, `A task here has priority="0" (high), "1" or "2" (low), the same for every instance.`)
		return
	}
	to := "1"
	switch {
	case n > 50:
		to = "0"
	case n < 50:
		to = "2"
	}
	if to != "1" {
		set(task, "priority", to)
	}
	m.changed(e, line, what, was, `priority="`+to+`"`, "")
}

// due tells about due dates: elsewhere they are only shown, here a deadline ends
// the task.
func (m *mover) due(e *bpmn.Element) {
	tell := func(what, was string, line int) {
		if strings.TrimSpace(was) == "" {
			return
		}
		moment, bad := m.names.expression(was)
		if bad != nil {
			m.refused(e, line, what, was, bad)
			return
		}
		how := attr("atExpression", moment)
		if strings.HasPrefix(was, "P") {
			how = `after="` + was + `"`
		}
		m.byHand(e, line, what, was, "There it is only shown; here a deadline ends the task with an outcome. If that is meant: <signoff:deadline "+how+` outcome="Expired"/> in <signoff:task>, and a way for that outcome behind it.`)
	}
	for _, what := range []string{"dueDate", "followUpDate"} {
		if a, ok := foreign(e, what); ok {
			tell(what, a.Value, a.Line)
		}
	}
	if s := foreignElement(e, "taskSchedule"); s != nil {
		tell("dueDate", s.Get("dueDate"), s.Line)
		tell("followUpDate", s.Get("followUpDate"), s.Line)
	}
}

// assigned is an assignment as it stands in the file.
type assigned struct {
	what, value string
	line        int
}

// assignments lists how a user task names people.
func (m *mover) assignments(e *bpmn.Element) (all []assigned) {
	for _, what := range []string{"assignee", "candidateUsers", "candidateGroups"} {
		if a, ok := foreign(e, what); ok && strings.TrimSpace(a.Value) != "" {
			all = append(all, assigned{what, a.Value, a.Line})
		}
		if d := foreignElement(e, "assignmentDefinition"); d != nil && strings.TrimSpace(d.Get(what)) != "" {
			all = append(all, assigned{what, d.Get(what), d.Line})
		}
	}
	for c := range e.Elements() {
		if c.Space != bpmn.ModelSpace || c.Local != "potentialOwner" && c.Local != "humanPerformer" {
			continue
		}
		for f := range c.Descendants() {
			if f.Local == "formalExpression" && f.Space == bpmn.ModelSpace {
				all = append(all, owners(c.Local, f)...)
			}
		}
	}
	return all
}

var owner = regexp.MustCompile(`^(user|group)\((.*)\)$`)

// owners reads "user(kermit), group(management)" and names alone, as Activiti,
// Flowable and Camunda 7 do.
func owners(of string, f *bpmn.Element) (all []assigned) {
	for _, part := range split(f.Content()) {
		a := assigned{"candidateGroups", part, f.Line}
		if of == "humanPerformer" {
			a.what = "assignee"
		}
		if found := owner.FindStringSubmatch(part); found != nil {
			if a.value = found[2]; found[1] == "user" && of != "humanPerformer" {
				a.what = "candidateUsers"
			}
		}
		all = append(all, a)
	}
	return all
}

// recipients says who is asked. Where somebody is assigned, the candidates are
// left out, as they would not see the task there either.
func (m *mover) recipients(e *bpmn.Element) (out []*bpmn.Element) {
	all := m.assignments(e)
	for _, a := range all {
		if a.what != "assignee" && all[0].what == "assignee" {
			m.byHand(e, a.line, a.what, a.value, "The task is assigned to one person, who is asked. If these people should be asked too, add a <signoff:recipient> for each.")
			continue
		}
		out = append(out, m.assignment(e, a)...)
	}
	return out
}

func (m *mover) assignment(e *bpmn.Element, a assigned) (out []*bpmn.Element) {
	values := []string{a.value}
	if a.what != "assignee" && !strings.HasPrefix(strings.TrimSpace(a.value), "=") {
		values = split(a.value)
	}
	for _, value := range values {
		rs, bad := m.recipient(strings.TrimSpace(value), a)
		if bad != nil {
			m.refused(e, a.line, a.what, value, bad)
			continue
		}
		for _, r := range rs {
			m.changed(e, a.line, a.what, value, "<signoff:recipient "+attr(r.Attrs[0].Local, r.Attrs[0].Value)+"/>", groupAdvice(r))
		}
		out = append(out, rs...)
	}
	return out
}

func groupAdvice(r *bpmn.Element) string {
	if r.Attrs[0].Local == "group" {
		return "There has to be a group of that name."
	}
	return ""
}

// recipient says one name, list or expression of an assignment.
func (m *mover) recipient(value string, a assigned) ([]*bpmn.Element, *unreadable) {
	made := func(how, v string) []*bpmn.Element {
		return []*bpmn.Element{m.ed.made(a.line, "recipient", how, v)}
	}
	group := a.what == "candidateGroups"
	literal := map[bool]string{true: "group", false: "person"}[group]
	if !isJUEL(value) && !strings.HasPrefix(value, "=") {
		if group {
			return made("group", value), nil
		}
		return made("person", braced(value)), nil
	}
	feel, bad := m.names.expression(value)
	if bad != nil {
		return nil, bad
	}
	if names, ok := listed(feel); ok {
		var out []*bpmn.Element
		for _, name := range names {
			if literal == "person" {
				name = braced(name)
			}
			out = append(out, made(literal, name)...)
		}
		return out, nil
	}
	switch {
	case feel == "starter.login" && !group:
		return made("starter", "true"), nil
	case group && strings.HasPrefix(value, "="): // a list, in Camunda 8
		return made("expression", `for g in `+feel+` return "group:" + g`), nil
	case group:
		m.names.hintFinal(feel, process.String)
		return made("expression", `"group:" + `+bracketed(feel)), nil
	case a.what == "assignee" && isName(feel):
		m.names.hintFinal(feel, process.Person)
		return made("person", "{"+feel+"}"), nil
	}
	return made("expression", feel), nil
}

// braced is text in which braces stand for themselves.
func braced(s string) string { return strings.NewReplacer("{", "{{", "}", "}}").Replace(s) }

// bracketed sets FEEL in parentheses unless it is a name.
func bracketed(feel string) string {
	if isName(feel) {
		return feel
	}
	return "(" + feel + ")"
}
