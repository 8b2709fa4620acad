package movein

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/bpmn"
	"github.com/signoffhq/signoff/process"
)

// workerAdvice tells what a program that did the work has to do now.
const workerAdvice = "The program that fetched this work finishes the step by its serial number instead: POST /api/v1/steps/{serial}/finish with the variables it gives. " +
	"Or let signoff make the call: <signoff:http …/> or <signoff:call …/>."

// codeAdvice tells what becomes of code that ran inside of the other engine.
const codeAdvice = "This code does not run here. Make it a service and call it with <signoff:http …/>, or let a program do the work and finish the step by its serial number: POST /api/v1/steps/{serial}/finish."

// service moves what a service, send or business-rule task calls.
func (m *mover) service(e *bpmn.Element) {
	if slices.ContainsFunc([]string{"call", "http", "external", "email", "message", "assign", "script"}, func(s string) bool { return has(e, s) }) {
		return
	}
	if m.decision(e) || m.job(e) || m.typed(e) || m.connector(e) {
		return
	}
	if a, ok := foreign(e, "expression"); ok {
		m.computed(e, a)
		return
	}
	for _, what := range []string{"class", "delegateExpression"} {
		if a, ok := foreign(e, what); ok {
			m.external(e)
			m.found(ByHand, e, a.Line, what, a.Value, "<signoff:external/>", codeAdvice)
			return
		}
	}
	if e.Local == "serviceTask" || e.Local == "sendTask" && e.Get("messageRef") == "" {
		m.byHand(e, e.Line, "implementation", "", "It does not say what to call. Add <signoff:http …/>, <signoff:call …/> or <signoff:external/>; on a send task, <signoff:email …>.")
	}
}

// external makes e a step that another system finishes.
func (m *mover) external(e *bpmn.Element) {
	m.rename(e, "serviceTask")
	m.ed.extend(e, m.ed.made(e.Line, "external"))
}

// rename makes an element one of another kind that the other engine runs the
// same way.
func (m *mover) rename(e *bpmn.Element, local string) {
	if e.Local == local {
		return
	}
	m.ed.keep(e, "element", e.Local)
	m.changed(e, e.Line, "element", e.Local, local, "The work is the same; the sign on the diagram is another.")
	e.Local = local
}

// decision tells about decision tables, which signoff does not run.
func (m *mover) decision(e *bpmn.Element) bool {
	advice := func(result string) string {
		if result != "" && m.names.of == "" {
			result = m.names.sets(result)
		}
		return fmt.Sprintf(`signoff runs no decision tables. Write the rules in FEEL on this step, <signoff:assign variable="%s" value="if … then … else …"/>, or call a service that decides.`, cmp.Or(result, "…"))
	}
	if a, ok := foreign(e, "decisionRef"); ok {
		result, _ := foreign(e, "resultVariable")
		m.byHand(e, a.Line, "decisionRef", a.Value, advice(result.Value))
		return true
	}
	if d := foreignElement(e, "calledDecision"); d != nil {
		m.byHand(e, d.Line, "calledDecision", d.Get("decisionId"), advice(d.Get("resultVariable")))
		return true
	}
	return false
}

// job moves the job type of Camunda 8.
func (m *mover) job(e *bpmn.Element) bool {
	d := foreignElement(e, "taskDefinition")
	if d == nil {
		return false
	}
	was := strings.Trim(strings.TrimPrefix(strings.TrimSpace(d.Get("type")), "="), `"`)
	if strings.HasPrefix(was, "io.camunda:http-json:") {
		var in []param
		if io := foreignElement(e, "ioMapping"); io != nil {
			for c := range io.Elements() {
				if c.Local == "input" {
					in = append(in, param{c.Get("target"), strings.TrimSpace(c.Get("source")), c.Line})
				}
			}
		}
		return m.http(e, d.Line, was, in, callWords{"url", "method", "body"})
	}
	m.external(e)
	m.changed(e, d.Line, "taskDefinition", was, "<signoff:external/>", workerAdvice)
	return true
}

// typed moves the kinds that Camunda 7, Activiti and Flowable call types.
func (m *mover) typed(e *bpmn.Element) bool {
	a, ok := foreign(e, "type")
	if !ok {
		return false
	}
	switch a.Value {
	case "external", "external-worker":
		topic, _ := foreign(e, "topic")
		what := "topic"
		if a.Value != "external" {
			what = a.Value + " topic"
		}
		m.external(e)
		m.changed(e, a.Line, what, topic.Value, "<signoff:external/>", workerAdvice)
	case "mail":
		m.mail(e, a)
	case "http":
		return m.http(e, a.Line, "http", fieldsIn(e), callWords{"requestUrl", "requestMethod", "requestBody"})
	default:
		m.external(e)
		m.found(ByHand, e, a.Line, "type", a.Value, "<signoff:external/>", codeAdvice)
	}
	return true
}

// param is a value that a call of the other engine is given.
type param struct {
	name, value string
	line        int
}

func valueOf(all []param, name string) string {
	for _, p := range all {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// fieldsIn lists the fields that are injected into a task.
func fieldsIn(e *bpmn.Element) (out []param) {
	for _, f := range foreignElements(e, "field") {
		value := f.Get("stringValue") + f.Get("expression")
		for c := range f.Elements() {
			if c.Local == "string" || c.Local == "expression" {
				value += strings.TrimSpace(c.Content())
			}
		}
		out = append(out, param{f.Get("name"), value, f.Line})
	}
	return out
}

// given tells of the values a call is given: those that were moved, and as what,
// and those somebody has to see to.
func (m *mover) givenTo(e *bpmn.Element, all []param, moved map[string]string, advice string) {
	for _, p := range all {
		if to := moved[p.name]; to != "" {
			m.changed(e, p.line, "input "+p.name, p.value, to, "")
		} else if p.name != "" {
			m.byHand(e, p.line, "input "+p.name, p.value, advice)
		}
	}
}

// mail moves the mail task of Activiti and Flowable.
func (m *mover) mail(e *bpmn.Element, a bpmn.Attr) {
	in := fieldsIn(e)
	subject, bad := m.names.template(valueOf(in, "subject"))
	if bad != nil || subject == "" {
		m.byHand(e, a.Line, "mail", valueOf(in, "subject"), `Write it as <signoff:email subject="…"> with <signoff:to …/> and <signoff:body> on a send task.`)
		return
	}
	moved := map[string]string{"subject": attr("subject", subject)}
	mail := m.ed.made(a.Line, "email", "subject", subject)
	for _, what := range []string{"to", "cc"} {
		for _, address := range split(valueOf(in, what)) {
			person, bad := m.names.template(address)
			if bad != nil {
				m.refused(e, a.Line, what, address, bad)
				continue
			}
			mail.Children = append(mail.Children, m.ed.made(a.Line, what, "person", person))
			moved[what] = "<signoff:" + what + ">"
		}
	}
	part := "text"
	if valueOf(in, part) == "" {
		part = "html"
	}
	words := valueOf(in, part)
	if body, bad := m.names.template(words); bad != nil {
		m.refused(e, a.Line, "mail text", words, bad)
	} else if body != "" {
		b := m.ed.made(a.Line, "body")
		setText(b, body)
		mail.Children = append(mail.Children, b)
		moved[part] = "<signoff:body>"
	}
	m.givenTo(e, in, moved, "Mails go from the server's own sender, as plain text, without other headers. What else is needed: a service that sends it.")
	m.rename(e, "sendTask")
	m.ed.extend(e, mail)
	advice := "It goes from the server's own sender."
	if part == "html" {
		advice += " Mails here are plain text: take the tags out of the text."
	}
	m.changed(e, a.Line, "mail", valueOf(in, "subject"), "<signoff:email>", advice)
}

// connector moves the HTTP connector of Camunda 7.
func (m *mover) connector(e *bpmn.Element) bool {
	c := foreignElement(e, "connector")
	if c == nil {
		return false
	}
	id, inputs := "", []param(nil)
	for d := range c.Descendants() {
		switch d.Local {
		case "connectorId":
			id = strings.TrimSpace(d.Content())
		case "inputParameter":
			inputs = append(inputs, param{d.Get("name"), strings.TrimSpace(d.Content()), d.Line})
		}
	}
	if id == "http-connector" {
		return m.http(e, c.Line, id, inputs, callWords{"url", "method", "payload"})
	}
	m.external(e)
	m.found(ByHand, e, c.Line, "connector", id, "<signoff:external/>", codeAdvice)
	return true
}

// callWords are what an engine calls the parts of a call by HTTP.
type callWords struct{ url, method, body string }

// http moves a call of a service by HTTP.
func (m *mover) http(e *bpmn.Element, line int, what string, in []param, is callWords) bool {
	address := valueOf(in, is.url)
	method := strings.ToUpper(strings.Trim(strings.TrimPrefix(strings.TrimSpace(valueOf(in, is.method)), "="), `"`))
	if !slices.Contains([]string{"", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, method) {
		method = ""
	}
	url, bad := m.names.template(address)
	if bad == nil && url == "" {
		bad = cannot(codeAdvice, "it has no address")
	}
	if bad == nil && !strings.HasPrefix(url, "{") && !strings.HasPrefix(strings.ToLower(url), "http") {
		bad = cannot(codeAdvice, "the address is not one of HTTP")
	}
	if bad != nil {
		m.external(e)
		m.givenTo(e, in, nil, codeAdvice)
		m.found(ByHand, e, line, what, address, "<signoff:external/>", sentence(bad.reason)+" "+bad.advice)
		return true
	}
	moved := map[string]string{is.url: attr("url", url)}
	if method != "" {
		moved[is.method] = attr("method", method)
	}
	body := ""
	if sent := valueOf(in, is.body); sent != "" {
		if body, bad = m.names.expression(sent); bad != nil {
			m.refused(e, line, "body", sent, bad)
			body = ""
		} else {
			moved[is.body] = attr("body", body)
		}
	}
	m.givenTo(e, in, moved, `Headers are <signoff:header name="…" value="…"/> in <signoff:http>; sign-in is a connection of a service object: docs/services.md.`)
	m.rename(e, "serviceTask")
	call := m.ed.made(line, "http", "method", method, "url", url, "body", body)
	if result := resultOf(e); result != "" {
		m.names.hint(result, process.JSON)
		call.Children = append(call.Children, m.ed.made(line, "output", "variable", m.names.sets(result), "value", "{status: status, body: body}"))
	}
	m.ed.extend(e, call)
	m.changed(e, line, what, address, "<signoff:http>", "What is done with the answer is not moved: add <signoff:output variable=\"…\" value=\"body.…\"/>. The body is sent as JSON.")
	return true
}

// resultOf is the variable that takes the answer of Camunda 8's HTTP connector.
func resultOf(e *bpmn.Element) string {
	headers := foreignElement(e, "taskHeaders")
	if headers == nil {
		return ""
	}
	for h := range headers.Elements() {
		if h.Get("key") == "resultVariable" {
			return strings.TrimSpace(h.Get("value"))
		}
	}
	return ""
}
