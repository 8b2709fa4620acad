package bpmn

import (
	"fmt"
	"strings"
)

// engines are the namespaces of other BPMN engines. What they add to a file is
// kept, but signoff does not act on it.
var engines = map[string]string{
	"http://camunda.org/schema/1.0/bpmn":  "Camunda 7",
	"http://camunda.org/schema/zeebe/1.0": "Camunda 8",
	"http://operaton.org/schema/1.0/bpmn": "Operaton",
	"http://flowable.org/bpmn":            "Flowable",
	"http://activiti.org/bpmn":            "Activiti",
	"http://www.jboss.org/drools":         "jBPM",
}

// counterpart says which signoff element does what another engine's does.
type counterpart struct {
	on      []string // the signoff element that replaces it, on the same BPMN element; any of them
	inside  string   // the part of it that matters, "" for the element itself
	instead string   // what to write; %s is the other's value
}

var (
	asPerson = counterpart{[]string{"task"}, "recipient", `<signoff:recipient person=%s/> in <signoff:task>`}
	asGroup  = counterpart{[]string{"task"}, "recipient", `<signoff:recipient group=%s/> in <signoff:task>`}
	asDue    = counterpart{[]string{"task"}, "deadline", `<signoff:deadline at="…" outcome="Expired"/> in <signoff:task>`}
	asFields = counterpart{[]string{"task"}, "", `fields="…" of <signoff:task>, with a <signoff:variable> on the process for each field`}
	asCall   = counterpart{[]string{"http", "call", "external", "email", "assign", "message"}, "", `<signoff:http …/>, or <signoff:external/> for a step that another system finishes`}
	asAssign = counterpart{[]string{"assign", "script", "http"}, "", `<signoff:assign variable=%s value="…"/>, or <signoff:output> in <signoff:http>`}

	asDecision = counterpart{[]string{"assign", "script", "http", "call", "external"}, "", `<signoff:assign variable="…" value="if … then … else …"/> with the rules of the table in FEEL, or a service that decides: signoff runs no decision tables`}
)

// counterparts are the attributes and elements of other engines that change
// what happens, by their local names, which most engines share.
var counterparts = map[string]counterpart{
	"assignee": asPerson, "candidateUsers": asPerson,
	"candidateGroups": asGroup,
	"dueDate":         asDue, "taskSchedule": asDue,
	"formKey": asFields, "formRef": asFields, "formData": asFields, "formProperty": asFields, "formDefinition": asFields,
	"class": asCall, "expression": asCall, "delegateExpression": asCall, "topic": asCall, "type": asCall, "taskDefinition": asCall, "connector": asCall, "taskName": asCall,
	"resultVariable": asAssign, "resultVariableName": asAssign, "decisionRef": asDecision, "calledDecision": asDecision,
	"assignmentDefinition":    {[]string{"task"}, "recipient", `<signoff:recipient person="…"/> or group="…" in <signoff:task>`},
	"priority":                {[]string{"task"}, "", `priority="0", "1" or "2" of <signoff:task>`},
	"priorityDefinition":      {[]string{"task"}, "", `priority="0", "1" or "2" of <signoff:task>`},
	"initiator":               {nil, "", "the name starter, which is always there"},
	"failedJobRetryTimeCycle": {[]string{"retry"}, "", `<signoff:retry max="…" first="PT2S"/>`},
	"executionListener":       {nil, "", "a step of its own"},
	"taskListener":            {nil, "", "a step of its own"},
	"inputOutput":             {[]string{"assign", "http"}, "", `<signoff:assign …/>`},
	"ioMapping":               {[]string{"assign", "http"}, "", `<signoff:assign …/>`},
}

// lost are those whose loss changes who is asked or what is called. They block
// unless signoff's own element stands beside them.
var lost = map[string]bool{
	"assignee": true, "candidateUsers": true, "candidateGroups": true, "assignmentDefinition": true,
	"class": true, "expression": true, "delegateExpression": true, "topic": true, "type": true, "taskDefinition": true, "connector": true,
	"decisionRef": true, "calledDecision": true,
}

// checkForeign tells which extensions of other engines on e do nothing here,
// and what to write instead.
func (b *builder) checkForeign(e *Element) {
	for _, a := range e.Attrs {
		if engine, ok := engines[a.Space]; ok {
			b.foreign(e, engine, a.Name(), a.Local, a.Value, a.Line)
		}
	}
	for holder := range e.Elements() {
		if holder.Space != ModelSpace || holder.Local != "extensionElements" {
			continue
		}
		for c := range holder.Elements() {
			if engine, ok := engines[c.Space]; ok {
				b.foreign(e, engine, "<"+c.Name()+">", c.Local, "", c.Line)
			}
		}
	}
}

func (b *builder) foreign(e *Element, engine, name, local, value string, line int) {
	c, known := counterparts[local]
	if !known {
		return
	}
	if b.replaced(e, c) {
		b.warn(e, line, fmt.Sprintf("%s is %s's; signoff keeps it and goes by its own elements", name, engine), "")
		return
	}
	reason := fmt.Sprintf("%s is %s's and means nothing to signoff", name, engine)
	advice := "Use " + c.instead + "."
	if strings.Contains(c.instead, "%s") {
		advice = "Use " + fmt.Sprintf(c.instead, quoteForeign(value)) + "."
	}
	if lost[local] {
		b.refuse(e, line, reason, advice)
	} else {
		b.warn(e, line, reason, advice)
	}
}

// replaced tells whether signoff's own element stands beside another engine's.
func (b *builder) replaced(e *Element, c counterpart) bool {
	for _, name := range c.on {
		if x, ok := b.extension(e, name); ok {
			if c.inside == "" {
				return true
			}
			if _, ok := x.one(c.inside); ok {
				return true
			}
		}
	}
	return false
}

// quoteForeign turns another engine's value into an attribute value of ours:
// "${boss}" becomes "{boss}".
func quoteForeign(value string) string {
	if isJUEL(value) {
		value = value[1:]
	}
	if value == "" {
		value = "…"
	}
	return clip(value)
}
