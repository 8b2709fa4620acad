package movein

import (
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// event moves what an event or a receive task waits for or throws, and the form
// of a start event.
func (m *mover) event(e *bpmn.Element) {
	if e.Local == "startEvent" {
		if a, ok := foreign(e, "initiator"); ok {
			m.changed(e, a.Line, "initiator", a.Value, "starter", "Who starts it is always known here: starter.login, starter.name, starter.email.")
		}
		m.form(e, true)
	}
	if e.Local == "receiveTask" {
		m.message(e, e)
	}
	for def := range e.Elements() {
		switch def.Local {
		case "timerEventDefinition":
			m.timer(e, def)
		case "messageEventDefinition":
			m.message(e, def)
		case "conditionalEventDefinition":
			if c := model(def, "condition"); c != nil {
				m.content(e, c, e, "condition", m.names.condition)
			}
		case "errorEventDefinition":
			m.caught(e, def, "errorCodeVariable", "error.code")
			m.caught(e, def, "errorMessageVariable", "error.text")
		case "escalationEventDefinition":
			m.caught(e, def, "escalationCodeVariable", "escalation.code")
		case "signalEventDefinition":
			m.eventName(e, def, "signal")
		}
	}
}

// timer moves an expression that says when.
func (m *mover) timer(e, def *bpmn.Element) {
	for _, t := range []struct {
		local, what, made string
		is                process.Type
	}{{"timeDuration", "duration", "duration", process.Duration}, {"timeDate", "date", "date and time", process.DateTime}, {"timeCycle", "cycle", "", process.String}} {
		c := model(def, t.local)
		if c == nil {
			continue
		}
		if a, ok := foreign(c, "endDate"); ok {
			m.byHand(e, a.Line, "end date", a.Value, "A cycle here ends with what it stands on. Draw a second timer that takes that away.")
		}
		if t.local == "timeCycle" {
			m.quartz(e, c)
		}
		say := func(src string) (string, *unreadable) {
			feel, bad := m.names.expression(src)
			if mixed(src) && t.made != "" { // "PT${hours}H" puts a text together
				feel = t.made + "(" + feel + ")"
			}
			return feel, bad
		}
		if feel, ok := m.content(e, c, e, "timer's "+t.what, say); ok && isName(feel) {
			m.names.hintFinal(feel, t.is)
		}
	}
}

// mixed tells whether an expression of Java's stands in a text.
func mixed(src string) bool {
	pieces, bad := piecesOf(strings.TrimSpace(src))
	return isJUEL(src) && bad == nil && len(pieces) > 1
}

// refers finds the message or signal of an event.
func (m *mover) refers(def *bpmn.Element, what string) *bpmn.Element {
	ref := strings.TrimSpace(def.Get(what + "Ref"))
	if e := m.ids[ref]; e != nil {
		return e
	}
	_, local, _ := strings.Cut(ref, ":")
	return m.ids[local]
}

// eventName tells about names that would have to be worked out.
func (m *mover) eventName(e, def *bpmn.Element, what string) {
	if target := m.refers(def, what); target != nil && (isJUEL(target.Get("name")) || strings.HasPrefix(target.Get("name"), "=")) {
		m.byHand(e, def.Line, what+" name", target.Get("name"), "Names of messages and signals are the same for every instance here. For messages, use a key to tell instances apart.")
	}
}

// throws tells whether an event sends.
func throws(e *bpmn.Element) bool {
	return e.Local == "intermediateThrowEvent" || e.Local == "endEvent"
}

// message moves the key of a message, and how it was sent.
func (m *mover) message(e, def *bpmn.Element) {
	m.eventName(e, def, "message")
	if has(e, "message") {
		return
	}
	msg := m.ed.made(def.Line, "message")
	if throws(e) {
		m.sent(e, def, msg)
		return
	}
	target := m.refers(def, "message")
	if target == nil {
		return
	}
	s := foreignElement(target, "subscription")
	if s == nil || s.Get("correlationKey") == "" {
		return
	}
	was := s.Get("correlationKey")
	if e.Local == "startEvent" && m.ed.parent[e] != nil && m.ed.parent[e].Local == "process" {
		m.found(AsIs, e, s.Line, "correlationKey", was, "", "A message that starts a workflow needs no key.")
		return
	}
	feel, bad := m.names.expression("=" + strings.TrimPrefix(strings.TrimSpace(was), "="))
	if bad != nil {
		m.refused(e, s.Line, "correlationKey", was, bad)
		return
	}
	set(msg, "key", feel)
	m.ed.extend(e, msg)
	m.changed(e, s.Line, "correlationKey", was, "<signoff:message "+attr("key", feel)+"/>", "")
}

// sent moves an event whose message a program sent: here the event sends it.
func (m *mover) sent(e, def, msg *bpmn.Element) {
	was, line := "", 0
	for _, what := range []string{"type", "class", "delegateExpression", "expression"} {
		if a, ok := foreign(def, what); ok && was == "" {
			was, line = a.Value, a.Line
		}
	}
	if topic, ok := foreign(def, "topic"); ok {
		was = topic.Value
	}
	if d := foreignElement(e, "taskDefinition"); d != nil {
		was, line = d.Get("type"), d.Line
	}
	if was == "" {
		return
	}
	m.ed.extend(e, msg)
	m.found(ByHand, e, line, "sending", was, "<signoff:message/>", `A program sent this message. Here the event sends the message of that name itself, to who waits for it: say what it carries with <signoff:input name="…" value="=…"/> and its key="…". For mail or another system, draw a send or service task.`)
}

// caught moves a variable that takes what came with an error or an escalation.
func (m *mover) caught(e, def *bpmn.Element, what, value string) {
	a, ok := foreign(def, what)
	if !ok || throws(e) {
		return
	}
	if m.ed.had(e, "output", value) {
		m.found(AsIs, e, a.Line, what, a.Value, "", saidHere)
		return
	}
	variable := m.names.sets(a.Value)
	m.names.hint(a.Value, process.String)
	m.ed.extend(e, m.ed.made(a.Line, "output", "variable", variable, "value", value))
	m.changed(e, a.Line, what, a.Value, variable+" = "+value, "")
}
