package movein

import (
	"strings"

	"github.com/signoffhq/signoff/bpmn"
)

// handled are the attributes and elements of other engines that are looked at
// where they belong.
var handled = words(`assignee candidateUsers candidateGroups assignmentDefinition dueDate followUpDate taskSchedule priority priorityDefinition
	formKey formRef formRefBinding formRefVersion formData formProperty formDefinition initiator
	class expression delegateExpression topic type taskDefinition connector resultVariable resultVariableName decisionRef calledDecision field
	resource script executionListener taskListener executionListeners taskListeners inputOutput ioMapping in out
	calledElement calledElementBinding calledElementVersion collection elementVariable loopCharacteristics
	failedJobRetryTimeCycle jobRetryTimeCycle userTaskForm errorCodeVariable errorMessageVariable escalationCodeVariable
	decisionRefBinding decisionRefVersion mapDecisionResult`)

// harmless are those that change nothing about what happens here, and why.
var harmless = map[string]string{
	"asyncBefore": "Every step is kept before the next begins.", "asyncAfter": "Every step is kept before the next begins.",
	"async": "Every step is kept before the next begins.", "exclusive": "Steps of one instance never run at the same moment.",
	"userTask": "Tasks are always signoff's own.", "properties": "They are kept for whoever reads them.",
	"versionTag": "Versions are counted.", "isStartableInTasklist": "Who may start it is a right.",
	"modelerTemplate": "", "modelerTemplateVersion": "", "modelerTemplateIcon": "", "jobPriority": "Steps are taken in the order they came.",
	"formFieldValidation": "Fields are checked by their types.",
	"taskPriority":        "Steps are taken in the order they came.", "formProperty datePattern": "Dates are written in one way here.",
	"executionPlatform": "", "executionPlatformVersion": "", "diagramRelationId": "", "properties property": "", "formProperty readable": "",
}

// advised are those somebody has to see to.
var advised = map[string]string{
	"candidateStarterUsers":  "Say who may start it when it is deployed: signoff deploy --start-by NAME,…",
	"candidateStarterGroups": "Say who may start it when it is deployed: signoff deploy --start-by NAME,…",
	"historyTimeToLive":      "Say how long history is kept: signoff retention.",
	"skipExpression":         "Draw a gateway in front of the step that goes past it.",
	"taskDefinition retries": `The program that does the work tries again itself. For a call that signoff makes: <signoff:retry max="…" first="PT1M" cap="PT1H"/>.`,
	"value name":             "People see the value itself here. Take words they know as values, also where it is compared.",
	"constraint":             "A variable is checked by its type alone. What else has to hold, a gateway behind the task can ask.",
	"resultVariable":         "Name it as the variable of the <signoff:assign> or <signoff:output> that takes its place.",
	"mapDecisionResult":      "Say in FEEL which part of the answer is wanted.",
	"decisionRefBinding":     "There are no versions of decisions here.", "decisionRefVersion": "There are no versions of decisions here.",
	"in local": "Only what is mapped is handed over, and nothing is of a step alone.", "out local": "Only what is mapped is handed over, and nothing is of a step alone.",
	"errorEventDefinition": "Errors are caught by their code here: draw an error boundary event with that code.",
	"formRefBinding":       "Forms are variables here.", "formRefVersion": "Forms are variables here.", "formDefinition bindingType": "Forms are variables here.",
	"calledElement bindingType": `Without more, the default version is called. For a certain one: <signoff:called version="…"/>.`,
	"calledElement versionTag":  `For a certain version: <signoff:called version="…"/>.`,
	"taskHeaders":               "Nobody is given these here. A program can read them in the file, or the call can carry them: <signoff:header …/>.",
}

// spoken are parts of which the finding of the whole speaks, in other words.
var spoken = map[string]bool{"formField id": true, "formField label": true, "formField type": true, "formField defaultValue": true,
	"formProperty id": true, "formProperty name": true, "formProperty type": true, "formProperty default": true, "formProperty variable": true,
	"formProperty expression": true, "formProperty required": true, "formProperty writable": true, "value id": true,
	"constraint config": true, "priorityDefinition priority": true, "field name": true,
	"userTaskForm id": true}

func words(s string) map[string]bool {
	out := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		out[w] = true
	}
	return out
}

// whole moves what belongs to the process: nothing that has to be written.
func (m *mover) whole(*bpmn.Element) {}

// rest tells about what no rule has looked at.
func (m *mover) rest(e *bpmn.Element) {
	for _, a := range e.Attrs {
		if a.Prefix != "xmlns" && bpmn.Engine(a.Space) != "" {
			m.other(e, a.Name(), a.Local, a.Value, a.Line)
		}
	}
	for _, c := range extensionsIn(e) {
		if bpmn.Engine(c.Space) != "" {
			m.other(e, "<"+c.Name()+">", c.Local, "", c.Line)
		}
	}
}

func (m *mover) other(e *bpmn.Element, name, local, value string, line int) {
	if handled[local] {
		return
	}
	if why, ok := harmless[local]; ok {
		m.found(AsIs, e, line, name, value, "", why)
		return
	}
	advice := advised[local]
	if advice == "" {
		advice = "It is kept and means nothing to signoff."
	}
	m.byHand(e, line, name, value, advice)
}
