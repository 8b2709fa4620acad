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
	"taskPriority":        "Steps are taken in the order they came.",
}

// advised are those somebody has to see to.
var advised = map[string]string{
	"candidateStarterUsers":  "Say who may start it when it is deployed: signoff deploy --start-by NAME,…",
	"candidateStarterGroups": "Say who may start it when it is deployed: signoff deploy --start-by NAME,…",
	"historyTimeToLive":      "Say how long history is kept: signoff retention.",
	"skipExpression":         "Draw a gateway in front of the step that goes past it.",
	"taskHeaders":            "Nobody is given these here. A program can read them in the file, or the call can carry them: <signoff:header …/>.",
}

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
