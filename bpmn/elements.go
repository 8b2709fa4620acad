package bpmn

import (
	"slices"

	"github.com/signoffhq/signoff/process"
)

// part is what a BPMN element means to signoff inside a process.
type part struct {
	kind   process.Kind // for steps that run
	role   role
	words  string // what people call it, plural; for refused elements
	advice string // what to draw instead
}

type role uint8

const (
	step    role = iota + 1 // a flow node that runs
	refused                 // a flow node signoff cannot run
	flow                    // a sequence flow
	visual                  // drawn, kept, not run
)

// parts are the elements a process can hold (BPMN §10.2, §8.4.7).
var parts = map[string]part{
	"startEvent":             {role: step, kind: process.StartEvent},
	"endEvent":               {role: step, kind: process.EndEvent},
	"task":                   {role: step, kind: process.PassThrough},
	"manualTask":             {role: step, kind: process.PassThrough},
	"userTask":               {role: step, kind: process.UserTask},
	"sendTask":               {role: step, kind: process.SendTask},
	"serviceTask":            {role: step, kind: process.ServiceTask},
	"scriptTask":             {role: step, kind: process.ScriptTask},
	"businessRuleTask":       {role: step, kind: process.ScriptTask},
	"exclusiveGateway":       {role: step, kind: process.ExclusiveGateway},
	"parallelGateway":        {role: step, kind: process.ParallelGateway},
	"intermediateThrowEvent": {role: step, kind: process.ThrowEvent},
	"intermediateCatchEvent": {role: step, kind: process.CatchEvent},
	"boundaryEvent":          {role: step, kind: process.BoundaryEvent},

	"inclusiveGateway":  {role: step, kind: process.InclusiveGateway},
	"eventBasedGateway": {role: step, kind: process.EventGateway},
	"receiveTask":       {role: step, kind: process.ReceiveTask},
	"subProcess":        {role: step, kind: process.SubProcess},
	"callActivity":      {role: step, kind: process.CallActivity},

	"complexGateway": {role: refused, words: "complex gateways",
		advice: "Say the same with exclusive, parallel and inclusive gateways."},
	"adHocSubProcess":  {role: refused, words: "ad-hoc sub-processes", advice: "Draw its steps in a sub-process, with an inclusive gateway that chooses those to take."},
	"transaction":      {role: refused, words: "transactions", advice: "Draw a sub-process with an error event on its edge, and behind it the steps that undo what was done."},
	"subChoreography":  {role: refused, words: "choreographies", advice: "Draw the workflow as a process."},
	"callChoreography": {role: refused, words: "choreographies", advice: "Draw the workflow as a process."},
	"choreographyTask": {role: refused, words: "choreographies", advice: "Draw the workflow as a process."},
	"event":            {role: refused, words: "events of no kind", advice: "Use a start, intermediate or end event."},
	"implicitThrowEvent": {role: refused, words: "implicit throw events",
		advice: "Use a start, intermediate or end event."},

	"sequenceFlow": {role: flow},

	"documentation": {role: visual}, "extensionElements": {role: visual}, "laneSet": {role: visual},
	"textAnnotation": {role: visual}, "association": {role: visual}, "group": {role: visual}, "artifact": {role: visual},
	"dataObject": {role: visual}, "dataObjectReference": {role: visual}, "dataStoreReference": {role: visual},
	"ioSpecification": {role: visual}, "ioBinding": {role: visual}, "property": {role: visual},
	"auditing": {role: visual}, "monitoring": {role: visual}, "supports": {role: visual},
	"supportedInterfaceRef": {role: visual}, "correlationSubscription": {role: visual},
	"resourceRole": {role: visual}, "performer": {role: visual}, "humanPerformer": {role: visual}, "potentialOwner": {role: visual},
}

// partNames are the keys of parts, sorted, for advice.
var partNames = func() []string {
	var names []string
	for name := range parts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

// topLevel are the elements a file can hold beside its processes, event
// definitions aside (BPMN §8.2.1, figure 8.1, and §15.3.2).
var topLevel = []string{
	"category", "collaboration", "conversation", "correlationProperty", "dataStore", "documentation", "endPoint", "error",
	"escalation", "extension", "extensionElements", "globalBusinessRuleTask", "globalConversation", "globalManualTask",
	"globalScriptTask", "globalTask", "globalUserTask", "import", "interface", "itemDefinition", "message",
	"partnerEntity", "partnerRole", "process", "relationship", "resource", "signal",
}

// isStep tells whether local names a flow node, run or refused.
func isStep(local string) bool {
	r := parts[local].role
	return r == step || r == refused
}

// isActivity tells whether local names an activity (BPMN §10.3).
func isActivity(local string) bool {
	switch local {
	case "task", "manualTask", "userTask", "sendTask", "serviceTask", "scriptTask", "businessRuleTask",
		"receiveTask", "subProcess", "adHocSubProcess", "transaction", "callActivity":
		return true
	}
	return false
}

// isEvent tells whether local names an event (BPMN §10.5).
func isEvent(local string) bool {
	switch local {
	case "startEvent", "endEvent", "intermediateThrowEvent", "intermediateCatchEvent", "boundaryEvent":
		return true
	}
	return false
}

// insideStep are the BPMN elements a flow node may hold besides its event
// definitions and loops (BPMN §8.3.1, §8.4.7, §10.3, §10.4.1).
var insideStep = []string{
	"auditing", "categoryValueRef", "dataInput", "dataInputAssociation", "dataOutput", "dataOutputAssociation",
	"documentation", "extensionElements", "humanPerformer", "incoming", "inputSet", "ioSpecification",
	"monitoring", "outgoing", "outputSet", "performer", "potentialOwner", "property", "rendering",
	"resourceRole", "script", "supports",
}

// inside returns the BPMN elements that may stand in e: in a sub-process also
// what a process can hold (BPMN §10.3.5).
func inside(e *Element) []string {
	if e.Local == "subProcess" {
		return slices.Concat(insideStep, partNames)
	}
	return insideStep
}

// eventKind is what an event definition means to signoff.
type eventKind struct {
	trigger process.Trigger
	words   string // what people call it
	advice  string // for those that do not run
}

// eventDefinitions are the triggers and results an event can have (BPMN
// §10.5.5). Those without a trigger of ours do not run, but for terminate, which
// is a kind of end. In which events the others run is process.Check's to say.
var eventDefinitions = map[string]eventKind{
	"timerEventDefinition":       {trigger: process.OnTimer},
	"messageEventDefinition":     {trigger: process.OnMessage},
	"signalEventDefinition":      {trigger: process.OnSignal},
	"errorEventDefinition":       {trigger: process.OnError},
	"escalationEventDefinition":  {trigger: process.OnEscalation},
	"conditionalEventDefinition": {trigger: process.OnCondition},
	"linkEventDefinition":        {trigger: process.OnLink},
	"terminateEventDefinition":   {words: "terminate", advice: "Use it on an end event."},
	"cancelEventDefinition":      {words: "cancel", advice: "Use an error end event, and an error event on the edge of the sub-process."},
	"compensateEventDefinition":  {words: "compensation", advice: "Draw the steps that undo something as ordinary steps."},
}

var eventDefinitionNames = func() []string {
	var names []string
	for name := range eventDefinitions {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}()

// loops are the markers that repeat an activity (BPMN §10.3.8).
var loops = []string{"standardLoopCharacteristics", "multiInstanceLoopCharacteristics"}
