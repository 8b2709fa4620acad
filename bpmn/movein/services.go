package movein

import (
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
	const advice = `signoff runs no decision tables. Write the rules in FEEL, <signoff:assign variable="…" value="if … then … else …"/>, or call a service that decides.`
	if a, ok := foreign(e, "decisionRef"); ok {
		m.byHand(e, a.Line, "decisionRef", a.Value, advice)
		return true
	}
	if d := foreignElement(e, "calledDecision"); d != nil {
		m.byHand(e, d.Line, "calledDecision", d.Get("decisionId"), advice)
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
		inputs := map[string]string{}
		if io := foreignElement(e, "ioMapping"); io != nil {
			for c := range io.Elements() {
				if c.Local == "input" {
					inputs[c.Get("target")] = c.Get("source")
				}
			}
		}
		return m.http(e, d.Line, was, inputs)
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
		m.external(e)
		m.changed(e, a.Line, "topic", topic.Value, "<signoff:external/>", workerAdvice)
	case "mail":
		m.mail(e, a)
	case "http":
		in := fieldsIn(e)
		return m.http(e, a.Line, "http", map[string]string{"url": in["requestUrl"], "method": in["requestMethod"], "body": in["requestBody"], "headers": in["requestHeaders"]})
	default:
		m.external(e)
		m.found(ByHand, e, a.Line, "type", a.Value, "<signoff:external/>", codeAdvice)
	}
	return true
}

// fieldsIn lists the fields that are injected into a task.
func fieldsIn(e *bpmn.Element) map[string]string {
	out := map[string]string{}
	for _, f := range foreignElements(e, "field") {
		value := f.Get("stringValue") + f.Get("expression")
		for c := range f.Elements() {
			if c.Local == "string" || c.Local == "expression" {
				value += strings.TrimSpace(c.Content())
			}
		}
		out[f.Get("name")] = value
	}
	return out
}

// mail moves the mail task of Activiti and Flowable.
func (m *mover) mail(e *bpmn.Element, a bpmn.Attr) {
	in := fieldsIn(e)
	subject, bad := m.names.template(in["subject"])
	if bad != nil || subject == "" {
		m.byHand(e, a.Line, "mail", in["subject"], `Write it as <signoff:email subject="…"> with <signoff:to …/> and <signoff:body> on a send task.`)
		return
	}
	mail := m.ed.made(a.Line, "email", "subject", subject)
	for _, what := range []string{"to", "cc"} {
		for _, address := range split(in[what]) {
			person, bad := m.names.template(address)
			if bad != nil {
				m.refused(e, a.Line, what, address, bad)
				continue
			}
			mail.Children = append(mail.Children, m.ed.made(a.Line, what, "person", person))
		}
	}
	words := in["text"]
	if words == "" {
		words = in["html"]
	}
	if body, bad := m.names.template(words); bad != nil {
		m.refused(e, a.Line, "mail text", words, bad)
	} else if body != "" {
		b := m.ed.made(a.Line, "body")
		setText(b, body)
		mail.Children = append(mail.Children, b)
	}
	m.rename(e, "sendTask")
	m.ed.extend(e, mail)
	advice := "It goes from the server's own sender."
	if in["html"] != "" {
		advice += " Mails here are plain text: take the tags out of the text."
	}
	m.changed(e, a.Line, "mail", in["subject"], "<signoff:email>", advice)
}

// connector moves the HTTP connector of Camunda 7.
func (m *mover) connector(e *bpmn.Element) bool {
	c := foreignElement(e, "connector")
	if c == nil {
		return false
	}
	id, inputs := "", map[string]string{}
	for d := range c.Descendants() {
		switch d.Local {
		case "connectorId":
			id = strings.TrimSpace(d.Content())
		case "inputParameter":
			inputs[d.Get("name")] = strings.TrimSpace(d.Content())
		}
	}
	if id == "http-connector" {
		return m.http(e, c.Line, id, map[string]string{"url": inputs["url"], "method": inputs["method"], "body": inputs["payload"]})
	}
	m.external(e)
	m.found(ByHand, e, c.Line, "connector", id, "<signoff:external/>", codeAdvice)
	return true
}

// http moves a call of a service by HTTP.
func (m *mover) http(e *bpmn.Element, line int, what string, in map[string]string) bool {
	method := strings.ToUpper(strings.Trim(strings.TrimPrefix(strings.TrimSpace(in["method"]), "="), `"`))
	if !slices.Contains([]string{"", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}, method) {
		method = ""
	}
	url, bad := m.names.template(in["url"])
	if bad == nil && url == "" {
		bad = cannot(codeAdvice, "it has no address")
	}
	if bad == nil && !strings.HasPrefix(url, "{") && !strings.HasPrefix(strings.ToLower(url), "http") {
		bad = cannot(codeAdvice, "the address is not one of HTTP")
	}
	if bad != nil {
		m.external(e)
		m.found(ByHand, e, line, what, in["url"], "<signoff:external/>", sentence(bad.reason)+" "+bad.advice)
		return true
	}
	body := ""
	if in["body"] != "" {
		if body, bad = m.names.expression(in["body"]); bad != nil {
			m.refused(e, line, "body", in["body"], bad)
			body = ""
		}
	}
	m.rename(e, "serviceTask")
	call := m.ed.made(line, "http", "method", method, "url", url, "body", body)
	if result := resultOf(e); result != "" {
		m.names.hint(result, process.JSON)
		call.Children = append(call.Children, m.ed.made(line, "output", "variable", m.names.sets(result), "value", "{status: status, body: body}"))
	}
	m.ed.extend(e, call)
	m.changed(e, line, what, in["url"], "<signoff:http>", "Headers, sign-in and what is done with the answer are not moved: add <signoff:header> and <signoff:output variable=\"…\" value=\"body.…\"/>. The body is sent as JSON.")
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
