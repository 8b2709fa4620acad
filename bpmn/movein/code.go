package movein

import (
	"regexp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
)

// assignment is a variable that code of the other engine sets, and the FEEL for
// its value.
type setting struct{ variable, value string }

// settings reads code that does nothing but set variables, as
// execution.setVariable('x', …).
func (m *mover) settings(src string) ([]setting, *unreadable) {
	src = strings.TrimSpace(src)
	if isJUEL(src) {
		pieces, bad := piecesOf(src)
		if bad != nil {
			return nil, bad
		}
		if len(pieces) != 1 || pieces[0].term == nil {
			return nil, cannot(codeAdvice, "it does more than set variables")
		}
		s, bad := m.setting(pieces[0].term)
		return []setting{s}, bad
	}
	var out []setting
	for _, statement := range statements(src) {
		t, bad := parseJUEL(statement)
		if bad != nil {
			return nil, cannot(codeAdvice, "it does more than set variables")
		}
		s, bad := m.setting(t)
		if bad != nil {
			return nil, bad
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, cannot(codeAdvice, "there is nothing in it")
	}
	return out, nil
}

var setters = regexp.MustCompile(`^(execution|delegateExecution|task|delegateTask)$`)

// setting reads execution.setVariable('x', value).
func (m *mover) setting(t *term) (setting, *unreadable) {
	if t.kind != aCall || t.parts[0] == nil || t.parts[0].kind != aName || !setters.MatchString(t.parts[0].text) ||
		!slices.Contains([]string{"setVariable", "setVariableLocal"}, t.text) || len(t.parts) != 3 || t.parts[1].kind != aText {
		return setting{}, cannot(codeAdvice, "it does more than set variables")
	}
	x := &translator{names: m.names}
	value := x.feel(t.parts[2])
	if x.bad != nil {
		return setting{}, x.bad
	}
	was := t.parts[1].text
	m.names.hint(was, literalType(t.parts[2]))
	return setting{m.names.sets(was), value.text}, nil
}

// statements splits code at semicolons and line ends outside of quotes, and
// leaves out comments of one line.
func statements(src string) (out []string) {
	var b strings.Builder
	var quoted byte
	end := func() {
		if s := strings.TrimSpace(b.String()); s != "" && !strings.HasPrefix(s, "//") {
			out = append(out, s)
		}
		b.Reset()
	}
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case quoted == 0 && (c == ';' || c == '\n'):
			end()
			continue
		case quoted != 0 && c == '\\' && i+1 < len(src):
			b.WriteByte(c)
			i++
			c = src[i]
		case quoted != 0 && c == quoted:
			quoted = 0
		case quoted == 0 && (c == '"' || c == '\''):
			quoted = c
		}
		b.WriteByte(c)
	}
	end()
	return out
}

// assign writes settings as assignments on e.
func (m *mover) assign(e *bpmn.Element, line int, what, was string, all []setting) {
	for _, s := range all {
		m.ed.extend(e, m.ed.made(line, "assign", "variable", s.variable, "value", s.value))
		m.changed(e, line, what, was, s.variable+" = "+s.value, "")
	}
}

// computed moves a service task that is one expression.
func (m *mover) computed(e *bpmn.Element, a bpmn.Attr) {
	result, named := foreign(e, "resultVariable")
	if !named {
		result, named = foreign(e, "resultVariableName")
	}
	var all []setting
	var bad *unreadable
	if named {
		var value string
		if value, bad = m.names.expression(a.Value); bad == nil {
			all = []setting{{m.names.sets(result.Value), value}}
		}
	} else {
		all, bad = m.settings(a.Value)
	}
	if bad != nil {
		m.external(e)
		m.found(ByHand, e, a.Line, "expression", a.Value, "<signoff:external/>", sentence(bad.reason)+" "+codeAdvice)
		return
	}
	m.rename(e, "scriptTask")
	m.assign(e, a.Line, "expression", a.Value, all)
}

// script moves a script task: FEEL, and code that only sets variables.
func (m *mover) script(e *bpmn.Element) {
	if has(e, "script") || has(e, "assign") {
		return
	}
	if s := foreignElement(e, "script"); s != nil && s.Space == zeebeSpace {
		m.zeebeScript(e, s)
		return
	}
	if m.job(e) {
		return
	}
	s := model(e, "script")
	if r, ok := foreign(e, "resource"); ok {
		m.byHand(e, r.Line, "script", r.Value, codeAdvice)
		return
	}
	if s == nil || strings.TrimSpace(s.Content()) == "" {
		return
	}
	was, format := strings.TrimSpace(s.Content()), strings.ToLower(e.Get("scriptFormat"))
	result, named := foreign(e, "resultVariable")
	if !named {
		result, named = foreign(e, "resultVariableName")
	}
	var all []setting
	var bad *unreadable
	if named {
		src := was
		switch {
		case strings.Contains(format, "feel"):
			src = "=" + strings.TrimPrefix(was, "=")
		case !isJUEL(was):
			src = "${" + strings.TrimSuffix(was, ";") + "}"
		}
		var value string
		if value, bad = m.names.expression(src); bad == nil {
			all = []setting{{m.names.sets(result.Value), value}}
		}
	} else {
		all, bad = m.settings(was)
	}
	if bad != nil {
		m.refused(e, s.Line, "script", was, cannot(`Write it as <signoff:assign variable="…" value="FEEL"/>, or call a service.`, "%s", bad.reason))
		return
	}
	m.ed.keep(e, "script", s.Content())
	e.Children = slices.DeleteFunc(e.Children, func(n bpmn.Node) bool { return n == bpmn.Node(s) })
	m.assign(e, s.Line, "script", was, all)
}

// zeebeScript moves the FEEL of Camunda 8's script tasks.
func (m *mover) zeebeScript(e, s *bpmn.Element) {
	was := s.Get("expression")
	value, bad := m.names.expression("=" + strings.TrimPrefix(strings.TrimSpace(was), "="))
	if bad != nil {
		m.refused(e, s.Line, "script", was, bad)
		return
	}
	m.assign(e, s.Line, "script", was, []setting{{m.names.sets(s.Get("resultVariable")), value}})
}

// listeners moves those that set a variable when a step is done, and tells about
// the others.
func (m *mover) listeners(e *bpmn.Element) {
	var all []*bpmn.Element
	for _, what := range []string{"executionListener", "taskListener", "executionListeners", "taskListeners"} {
		for _, l := range foreignElements(e, what) {
			if strings.HasSuffix(what, "s") {
				all = slices.AppendSeq(all, l.Elements())
			} else {
				all = append(all, l)
			}
		}
	}
	for _, l := range all {
		m.listener(e, l)
	}
}

func (m *mover) listener(e, l *bpmn.Element) {
	event := l.Get("event") + l.Get("eventType")
	was := l.Get("class") + l.Get("delegateExpression") + l.Get("expression") + l.Get("type")
	src := l.Get("expression")
	for c := range l.Elements() {
		if c.Local == "script" {
			src = strings.TrimSpace(c.Content())
			was += src
		}
	}
	what := l.Local + " " + event
	if src != "" && isActivity(e.Local) && (event == "end" || event == "complete") {
		if m.done {
			m.found(AsIs, e, l.Line, what, was, "", saidHere)
			return
		}
		all, bad := m.settings(src)
		if bad == nil {
			m.assign(e, l.Line, what, was, all)
			return
		}
	}
	m.byHand(e, l.Line, what, was, "Nothing runs beside a step here. Draw what it does as a step of its own before or behind this one; what sets a variable can be a <signoff:assign> on the step.")
}
