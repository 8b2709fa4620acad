package bpmn

import (
	"fmt"
	"strings"
	"testing"
)

// A complaint is one thing wrong with a file, and what has to be told about it.
type complaint struct {
	name    string
	src     string
	element string // of the problem
	line    int    // 0: any
	reason  string // part of it
	advice  string // part of it
}

func timerAt(inner string) string {
	return `<intermediateCatchEvent id="a"><timerEventDefinition>` + inner + `</timerEventDefinition></intermediateCatchEvent>`
}

func service(inner string) string { return `<serviceTask id="a">` + holding(inner) + `</serviceTask>` }
func mail(inner string) string    { return `<sendTask id="a">` + holding(inner) + `</sendTask>` }
func script(attrs, inner string) string {
	return `<scriptTask id="a" ` + attrs + `>` + inner + `</scriptTask>`
}

// choosing is an exclusive gateway "a" whose second way out is more.
func choosing(attrs, more string) string {
	return workflow(`<signoff:variable name="amount" type="number"/>`, `<exclusiveGateway id="a" `+attrs+`/>`, `<endEvent id="e2"/>`+more)
}

// inSub are the steps of a sub-process in which nothing is wrong.
const inSub = `<startEvent id="is"/><sequenceFlow id="if" sourceRef="is" targetRef="ie"/><endEvent id="ie"/>`

// withMessage defines the message m in a file.
func withMessage(src string) string {
	return strings.Replace(src, "\n<process", `<message id="m" name="M"/>`+"\n<process", 1)
}

const camunda = ` xmlns:camunda="http://camunda.org/schema/1.0/bpmn" `

var complaints = []complaint{
	// Which process runs
	{"no process", wrap(""), "", 1, "no process", "Draw"},
	{"not executable", wrap("\n<process id='p'><startEvent id='s'/></process>"), "p", 2, "no process of the file is marked as executable", `isExecutable="true"`},
	{"two executable", wrap("<process id='p' isExecutable='true'/>\n<process id='q' isExecutable='true'/>"), "q", 2, "2 executable processes", "own"},
	{"process without id", strings.Replace(workflow("", plain, ""), `process id="p"`, "process", 1), "", 2, "no usable id", "letters"},
	{"choreography", strings.Replace(workflow("", plain, ""), "\n<process", "\n<choreography id='c'/><process", 1), "c", 2, "cannot run choreographies", "process"},

	// Kinds of elements
	{"complex gateway", workflow("", `<complexGateway id="a"/>`, ""), "a", 3, "cannot run complex gateways", "parallel"},
	{"event-based gateway with nothing to wait for", workflow("", `<eventBasedGateway id="a"/>`, ""), "a", 3, "fewer than two", "leave the gateway out"},
	{"event-based gateway that starts", workflow("", `<eventBasedGateway id="a" instantiate="true"/>`, ""), "a", 3, "cannot start a workflow at an event-based gateway", "start event"},
	{"parallel event-based gateway", workflow("", `<eventBasedGateway id="a" eventGatewayType="Parallel"/>`, ""), "a", 3, "parallel event-based", "parallel gateway"},
	{"sub-process without a start", workflow("", `<subProcess id="a"/>`, ""), "a", 3, "the sub-process has no start event", "Draw one"},
	{"flow into a sub-process", workflow("", `<subProcess id="a">`+inSub+`</subProcess>`, `<sequenceFlow id="f3" sourceRef="s" targetRef="ie"/>`), "f3", 5, "crosses the edge", "sub-process"},
	{"two starts in a sub-process", workflow("", `<subProcess id="a">`+inSub+`<startEvent id="is2"/><sequenceFlow id="if2" sourceRef="is2" targetRef="ie"/></subProcess>`, ""), "is2", 3, "another start event (is)", "Leave one"},
	{"unreachable in a sub-process", workflow("", `<subProcess id="a">`+inSub+`<task id="ix"/><sequenceFlow id="if2" sourceRef="ix" targetRef="ie"/></subProcess>`, ""), "ix", 3, "no way leads from the start", "Connect"},
	{"inside a sub-process", workflow("", "<subProcess id='a'>\n<transaction id='i'/></subProcess>", ""), "i", 4, "cannot run transactions", ""},
	{"event inside a sub-process", workflow("", "<subProcess id='a'>\n<startEvent id='i'><messageEventDefinition/></startEvent></subProcess>", ""), "i", 4, "a start event of a sub-process cannot have the trigger", "event sub-process"},
	{"event sub-process without an event", workflow("", plain, `<subProcess id="x" triggeredByEvent="true">`+inSub+`</subProcess>`), "is", 5, "does not say what it is about", "timer"},
	{"flow to an event sub-process", workflow("", plain, `<subProcess id="x" triggeredByEvent="true">`+inSub+`</subProcess><sequenceFlow id="f3" sourceRef="a" targetRef="x"/>`), "x", 5, "leads into this subProcess", ""},
	{"transaction", workflow("", `<transaction id="a"/>`, ""), "a", 3, "cannot run transactions", "Draw"},
	{"ad-hoc sub-process", workflow("", `<adHocSubProcess id="a"/>`, ""), "a", 3, "cannot run ad-hoc sub-processes", "Draw"},
	{"call activity", workflow("", `<callActivity id="a"/>`, ""), "a", 3, "which workflow it runs", "calledElement"},
	{"call of a task", strings.Replace(workflow("", `<callActivity id="a" calledElement="gt"/>`, ""), "\n<process", "<globalTask id='gt'/>\n<process", 1), "a", 3, "a globalTask", "Draw that task"},
	{"version of a call", workflow("", `<callActivity id="a" calledElement="w">`+holding(`<signoff:called version="newest"/>`)+`</callActivity>`, ""), "a", 3, "is no number", "default"},
	{"receive task", workflow("", `<receiveTask id="a"/>`, ""), "a", 3, "which message", "Define the message"},
	{"receive task of a stranger", workflow("", `<receiveTask id="a" messageRef="zz"/>`, ""), "a", 3, `message "zz" is not in the file`, "Define it"},
	{"receive task that starts", workflow("", `<receiveTask id="a" instantiate="true"/>`, ""), "a", 3, "at a receive task", "message start event"},
	{"unknown element", workflow("", plain, `<userTaskk id="x"/>`), "x", 5, "<userTaskk> is not an element", "Did you mean userTask?"},
	{"unknown element in a step", workflow("", `<task id="a"><incomming>f1</incomming></task>`, ""), "a", 3, "<incomming> is not an element", "Did you mean incoming?"},
	{"unknown element like no other", workflow("", plain, `<banana id="x"/>`), "x", 5, "<banana> is not an element", "BPMN 2.0"},
	{"loop without recipients", workflow("", `<userTask id="a"><multiInstanceLoopCharacteristics/></userTask>`, ""), "a", 3, "no recipients", ""},
	{"loop", workflow("", `<task id="a"><multiInstanceLoopCharacteristics/></task>`, ""), "a", 3, "how often it is repeated", "signoff:each"},
	{"loop on a gateway", workflow("", `<exclusiveGateway id="a"><multiInstanceLoopCharacteristics/></exclusiveGateway>`, ""), "a", 3, "belongs in an activity", "Remove"},
	{"loop over a variable's name", workflow(`<signoff:variable name="l" type="json"/>`, `<task id="a"><multiInstanceLoopCharacteristics>`+holding(`<signoff:each collection="l" element="l"/>`)+`</multiInstanceLoopCharacteristics></task>`, ""), "a", 3, "is also a variable", "no variable has"},
	{"loop that gives nothing", workflow(`<signoff:variable name="l" type="json"/>`, `<task id="a"><multiInstanceLoopCharacteristics>`+holding(`<signoff:each collection="[1]" result="l"/>`)+`</multiInstanceLoopCharacteristics></task>`, ""), "a", 3, "they give nothing", "FEEL"},
	{"loop into a number", workflow(`<signoff:variable name="n" type="number"/>`, `<task id="a"><multiInstanceLoopCharacteristics>`+holding(`<signoff:each collection="[1]" output="1" result="n"/>`)+`</multiInstanceLoopCharacteristics></task>`, ""), "a", 3, "of type number", "json"},
	{"standard loop", workflow("", `<task id="a"><standardLoopCharacteristics/></task>`, ""), "a", 3, "neither a condition", "loopMaximum"},
	{"loop of no times", workflow("", `<task id="a"><standardLoopCharacteristics loopMaximum="none"/></task>`, ""), "a", 3, "no number of times", "whole number"},
	{"compensation", workflow("", `<task id="a" isForCompensation="true"/>`, ""), "a", 3, "compensation", ""},
	{"completion quantity", workflow("", `<task id="a" completionQuantity="2"/>`, ""), "a", 3, "one token", "1"},

	// Events
	{"message start", strings.Replace(workflow("", plain, ""), `<startEvent id="s"/>`, `<startEvent id="s"><messageEventDefinition/></startEvent>`, 1), "s", 2, "which message", "Define"},
	{"message start with a key", strings.Replace(withMessage(workflow("", plain, "")), `<startEvent id="s"/>`, `<startEvent id="s">`+holding(`<signoff:message key="1"/>`)+`<messageEventDefinition messageRef="m"/></startEvent>`, 1), "s", 2, "has no key", "Remove key"},
	{"two starts of one message", strings.Replace(withMessage(workflow("", plain, `<startEvent id="s2"><messageEventDefinition messageRef="m"/></startEvent><sequenceFlow id="f3" sourceRef="s2" targetRef="a"/>`)), `<startEvent id="s"/>`, `<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>`, 1), "s2", 0, "another start event (s)", "parallel gateway"},
	{"conditional start", strings.Replace(workflow("", plain, ""), `<startEvent id="s"/>`, `<startEvent id="s"><conditionalEventDefinition/></startEvent>`, 1), "s", 2, "cannot have the trigger \"condition\"", "timer"},
	{"timer start", strings.Replace(workflow("", plain, ""), `<startEvent id="s"/>`, `<startEvent id="s"><timerEventDefinition/></startEvent>`, 1), "s", 2, "does not say when", "timeCycle"},
	{"error end", strings.Replace(workflow("", plain, ""), `<endEvent id="e"/>`, `<endEvent id="e"><errorEventDefinition/></endEvent>`, 1), "e", 4, "which error it throws", "code"},
	{"signal throw", workflow("", `<intermediateThrowEvent id="a"><signalEventDefinition/></intermediateThrowEvent>`, ""), "a", 3, "which signal", "Define"},
	{"timer throw", workflow("", `<intermediateThrowEvent id="a"><timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateThrowEvent>`, ""), "a", 3, "cannot have the trigger \"timer\"", "message"},
	{"cancel end", strings.Replace(workflow("", plain, ""), `<endEvent id="e"/>`, `<endEvent id="e"><cancelEventDefinition/></endEvent>`, 1), "e", 4, "cannot run cancel end events", "error end event"},
	{"compensation throw", workflow("", `<intermediateThrowEvent id="a"><compensateEventDefinition/></intermediateThrowEvent>`, ""), "a", 3, "cannot run compensation throw events", "ordinary steps"},
	{"link to nowhere", workflow("", plain, `<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent><sequenceFlow id="f3" sourceRef="a" targetRef="x"/>`), "x", 5, "leads nowhere", "catching link"},
	{"condition without one", workflow("", `<intermediateCatchEvent id="a"><conditionalEventDefinition/></intermediateCatchEvent>`, ""), "a", 3, "no condition", "FEEL"},
	{"escalation without a code", workflow("", `<intermediateThrowEvent id="a"><escalationEventDefinition/></intermediateThrowEvent>`, ""), "a", 3, "which escalation", "code"},
	{"input of an escalation", workflow("", `<intermediateThrowEvent id="a">`+holding(`<signoff:input name="x" value="y"/>`)+`<escalationEventDefinition/></intermediateThrowEvent>`, ""), "a", 3, "carries nothing", "Remove"},
	{"output of a timer", workflow(`<signoff:variable name="v"/>`, `<intermediateCatchEvent id="a">`+holding(`<signoff:output variable="v" value="1"/>`)+`<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>`, ""), "a", 3, "brings nothing", "Remove"},
	{"keep of a caught message", withMessage(workflow("", `<receiveTask id="a" messageRef="m">`+holding(`<signoff:message keep="P1D"/>`)+`</receiveTask>`, "")), "a", 3, "this one is caught", "Remove keep"},
	{"time zone", workflow("", `<intermediateCatchEvent id="a">`+holding(`<signoff:timer zone="Europe/Berlim"/>`)+`<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition></intermediateCatchEvent>`, ""), "a", 3, "time zone", "Europe/Berlin"},
	{"message catch", workflow("", `<intermediateCatchEvent id="a"><messageEventDefinition/></intermediateCatchEvent>`, ""), "a", 3, "which message", "Define"},
	{"catch of nothing", workflow("", `<intermediateCatchEvent id="a"/>`, ""), "a", 3, "does not say what it waits for", "timer"},
	{"several definitions", workflow("", `<intermediateCatchEvent id="a"><timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition><timerEventDefinition/></intermediateCatchEvent>`, ""), "a", 3, "several definitions", "one event for each"},
	{"definition by reference", strings.Replace(workflow("", `<intermediateThrowEvent id="a"><eventDefinitionRef>sig</eventDefinitionRef></intermediateThrowEvent>`, ""), "\n<process", `<signalEventDefinition id="sig"/>`+"\n<process", 1), "a", 0, "which signal", ""},
	{"dangling definition", workflow("", `<intermediateThrowEvent id="a"><eventDefinitionRef>sig</eventDefinitionRef></intermediateThrowEvent>`, ""), "a", 3, `"sig" is not in the file`, "itself"},
	{"definition in a task", workflow("", `<task id="a"><timerEventDefinition/></task>`, ""), "a", 3, "belongs in an event", "Remove"},

	// Boundary events
	{"boundary on a gateway", workflow("", plain, `<parallelGateway id="g"/><sequenceFlow id="f3" sourceRef="a" targetRef="g"/><sequenceFlow id="f4" sourceRef="g" targetRef="e"/><boundaryEvent id="b" attachedToRef="g"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><sequenceFlow id="f5" sourceRef="b" targetRef="e"/>`), "b", 5, "an activity only", "edge of a task"},
	{"boundary on nothing", workflow("", plain, `<boundaryEvent id="b"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><sequenceFlow id="f5" sourceRef="b" targetRef="e"/>`), "b", 5, "attached to nothing", "edge"},
	{"boundary on a stranger", workflow("", plain, `<boundaryEvent id="b" attachedToRef="zz"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>`), "b", 5, `"zz", which is not a step`, "edge"},
	{"boundary error that lets go on", workflow("", service(`<signoff:external/>`), `<boundaryEvent id="b" attachedToRef="a" cancelActivity="false"><errorEventDefinition/></boundaryEvent><sequenceFlow id="f5" sourceRef="b" targetRef="e"/>`), "b", 5, "an error always ends", "interrupting"},
	{"boundary of another level", workflow("", plain, `<subProcess id="x">`+inSub+`<task id="ix"/></subProcess><boundaryEvent id="b" attachedToRef="ix"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><sequenceFlow id="f5" sourceRef="b" targetRef="e"/>`), "b", 5, "another sub-process", "where its step"},
	{"boundary without a way out", workflow("", decide("", ""), `<boundaryEvent id="b" attachedToRef="a"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent>`), "b", 5, "dead end", "Draw"},

	// The graph
	{"no start", strings.Replace(workflow("", plain, ""), `<startEvent id="s"/>`, `<task id="s"/>`, 1), "p", 2, "no start event", "Draw one"},
	{"two starts", workflow("", plain, `<startEvent id="s2"/><sequenceFlow id="f3" sourceRef="s2" targetRef="a"/>`), "s2", 5, "another start event", "Leave one"},
	{"no end", strings.Replace(workflow("", plain, ""), `<endEvent id="e"/>`, `<task id="e"/>`, 1), "p", 2, "no end event", "Draw one"},
	{"unreachable", workflow("", plain, `<task id="x"/><sequenceFlow id="f3" sourceRef="x" targetRef="e"/>`), "x", 5, "no way leads from the start to this task", "Connect"},
	{"dead end", workflow("", plain, `<task id="x"/><sequenceFlow id="f3" sourceRef="a" targetRef="x"/>`), "x", 5, "dead end", "end event"},
	{"round for ever", workflow("", plain, `<task id="x"/><task id="y"/><sequenceFlow id="f3" sourceRef="a" targetRef="x"/><sequenceFlow id="f4" sourceRef="x" targetRef="y"/><sequenceFlow id="f5" sourceRef="y" targetRef="x"/>`), "x", 5, "round for ever", "way out"},
	{"flow into the start", workflow("", plain, `<sequenceFlow id="f3" sourceRef="a" targetRef="s"/>`), "s", 2, "leads into this startEvent", "10.5"},
	{"flow out of the end", workflow("", plain, `<sequenceFlow id="f3" sourceRef="e" targetRef="a"/>`), "e", 4, "leaves this end event", "10.5.3"},
	{"dangling target", workflow("", plain, `<sequenceFlow id="f3" sourceRef="a" targetRef="zz"/>`), "f3", 5, `leads to "zz", which is not in the file`, "Draw the flow again"},
	{"dangling source", workflow("", plain, `<sequenceFlow id="f3" sourceRef="zz" targetRef="a"/>`), "f3", 5, `starts at "zz"`, ""},
	{"no target", workflow("", plain, `<sequenceFlow id="f3" sourceRef="a"/>`), "f3", 5, "no targetRef", ""},
	{"target is no step", workflow("", plain, `<textAnnotation id="t"/><sequenceFlow id="f3" sourceRef="a" targetRef="t"/>`), "f3", 5, "a textAnnotation that is not a step", ""},
	{"step without id", workflow("", plain, `<task name="X"/>`), "", 5, "no usable id", ""},
	{"flow without id", workflow("", plain, `<sequenceFlow sourceRef="a" targetRef="e"/>`), "", 5, "no usable id", ""},
	{"long id", workflow("", plain, `<task id="`+strings.Repeat("x", 201)+`"/>`), strings.Repeat("x", 200) + "…", 5, "no usable id", "at most 200"},
	{"long name", workflow("", `<task id="a" name="`+strings.Repeat("x", 301)+`"/>`, ""), "a", 3, "more than 300", "Shorten"},
	{"double id", workflow("", plain, `<task id="a"/>`), "a", 5, "stands twice: here and on line 3", "another id"},
	{"double id of a flow", workflow("", plain, `<sequenceFlow id="f1" sourceRef="a" targetRef="e"/>`), "f1", 5, "stands twice", ""},

	// Conditions
	{"no condition", choosing("", `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"/>`), "f3", 5, "without a condition", "default"},
	{"no condition beside a default", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"/>`), "f3", 5, "without a condition", "another flow (f2)"},
	{"default that is not there", choosing(`default="zz"`, ""), "a", 3, `default flow "zz" is not in this process`, "Choose"},
	{"default of another step", choosing(`default="f1"`, ""), "a", 3, "does not leave this step", "Choose"},
	{"default of a parallel gateway", workflow("", `<parallelGateway id="a" default="f2"/>`, ""), "a", 3, "only gateways that choose", "Remove"},
	{"condition behind a parallel gateway", workflow("", `<parallelGateway id="a"/>`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e"><conditionExpression>true</conditionExpression></sequenceFlow>`), "f3", 5, "takes every path", "exclusive"},
	{"condition behind an event", workflow("", plain, `<sequenceFlow id="f3" sourceRef="s" targetRef="e"><conditionExpression>true</conditionExpression></sequenceFlow>`), "f3", 5, "leaves an event", "gateway"},
	{"syntax", choosing(`default="f2"`, "<sequenceFlow id='f3' sourceRef='a' targetRef='e2'><conditionExpression>\n\namount &gt;</conditionExpression></sequenceFlow>"), "f3", 7, "line 1, column 9", "FEEL"},
	{"syntax on its second line", choosing(`default="f2"`, "<sequenceFlow id='f3' sourceRef='a' targetRef='e2'><conditionExpression>amount &gt; 1\n and and</conditionExpression></sequenceFlow>"), "f3", 6, "line 2, column 6", ""},
	{"two equal signs", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>amount == 1</conditionExpression></sequenceFlow>`), "f3", 5, "cannot be read", `a single "="`},
	{"empty", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression> </conditionExpression></sequenceFlow>`), "f3", 5, "is empty", "remove"},
	{"JUEL", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>${amount == 1 &amp;&amp; outcome eq 'Approve'}</conditionExpression></sequenceFlow>`), "f3", 5, "another engine", `Write it in FEEL: amount = 1 and outcome = "Approve"`},
	{"JUEL that has no like", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>#{a ? b : c}</conditionExpression></sequenceFlow>`), "f3", 5, "another engine", "without"},
	{"another language", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression language="javascript">amount &gt; 1</conditionExpression></sequenceFlow>`), "f3", 5, `written in "javascript"`, "FEEL"},
	{"condition outside of the file", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression`+camunda+`camunda:resource="x.groovy"/></sequenceFlow>`), "f3", 5, "outside of the file", "FEEL"},
	{"unknown name", choosing(`default="f2"`, `<sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>1 &lt; amuont</conditionExpression></sequenceFlow>`), "f3", 5, `uses "amuont", which is not a variable of the workflow (line 1, column 5)`, "Did you mean amount?"},

	// User tasks
	{"no recipients", workflow("", `<userTask id="a" name="Ask"/>`, ""), "a", 3, "no recipients", "signoff:recipient"},
	{"no actions", workflow("", `<userTask id="a" name="Ask"/>`, ""), "a", 3, "no actions", "Approve"},
	{"recipient without anybody", workflow("", decide("", `<signoff:recipient/>`), ""), "a", 3, "by nothing", ""},
	{"recipient by two ways", workflow("", decide("", `<signoff:recipient person="a" group="b"/>`), ""), "a", 3, "by person and group", "several elements"},
	{"recipient starter false", workflow("", decide("", `<signoff:recipient starter="false"/>`), ""), "a", 3, "names nobody", "Remove"},
	{"recipient in JUEL", workflow("", decide("", `<signoff:recipient person="${boss}"/>`), ""), "a", 3, "without the $", "{name}"},
	{"same action twice", workflow("", decide("", `<signoff:action name="approve"/>`), ""), "a", 3, "stands twice", "Leave one"},
	{"action without a name", workflow("", decide("", `<signoff:action/>`), ""), "a", 3, "does not say its name", ""},
	{"comment", workflow("", decide("", `<signoff:action name="X" comment="require"/>`), ""), "a", 3, `comment="require"`, "Did you mean required?"},
	{"claiming", workflow("", decide(`claiming="yes"`, ""), ""), "a", 3, `claiming="yes"`, "true or false"},
	{"priority", workflow("", decide(`priority="3"`, ""), ""), "a", 3, `priority="3"`, "0 to 2"},
	{"field", workflow(`<signoff:variable name="days"/>`, decide(`fields="dayz"`, ""), ""), "a", 3, `sets "dayz"`, "Did you mean days?"},
	{"result", workflow("", decide(`result="outcome"`, ""), ""), "a", 3, `called "outcome"`, "another"},
	{"result that is no name", workflow("", decide(`result="a-b"`, ""), ""), "a", 3, "with '-' in it", "letters"},
	{"result and variable", workflow(`<signoff:variable name="r" type="number"/>`, decide(`result="r"`, ""), ""), "a", 3, "also a variable", "json"},
	{"only the starter, excluded", workflow("", `<userTask id="a">`+holding(`<signoff:task excludeStarter="true"><signoff:recipient starter="true"/><signoff:action name="A"/></signoff:task>`)+`</userTask>`, ""), "a", 3, "the starter is excluded", "somebody else"},
	{"deadline literal", workflow("", decide("", `<signoff:deadline after="3 days" outcome="Expired"/>`), ""), "a", 3, `"3 days": this is not a duration`, "P3D"},
	{"deadline of a mixed length", workflow("", decide("", `<signoff:deadline after="P1M2D" outcome="Expired"/>`), ""), "a", 3, "cannot be mixed", "P3D"},
	{"deadline moment", workflow("", decide("", `<signoff:deadline at="24.12.2026" outcome="Expired"/>`), ""), "a", 3, "not a date and time", "2026-12-24"},
	{"deadline without a time", workflow("", decide("", `<signoff:deadline outcome="Expired"/>`), ""), "a", 3, "does not say when", "afterExpression"},
	{"deadline with two", workflow("", decide("", `<signoff:deadline after="P1D" at="2026-12-24" outcome="Expired"/>`), ""), "a", 3, "more than once", ""},
	{"deadline without an outcome", workflow("", decide("", `<signoff:deadline after="P1D"/>`), ""), "a", 3, "does not say its outcome", ""},
	{"deadline expression", workflow("", decide("", `<signoff:deadline afterExpression="1 + 1" outcome="X"/>`), ""), "a", 3, "not a duration", "P3D"},
	{"name in a deadline", workflow(`<signoff:variable name="wait"/>`, decide("", `<signoff:deadline afterExpression="duration(wiat)" outcome="X"/>`), ""), "a", 3, `uses "wiat"`, "Did you mean wait?"},
	{"template", workflow("", decide(`title="Approve {folio"`, ""), ""), "a", 3, "title of <signoff:task>", ""},
	{"JUEL in a template", workflow("", decide(`title="Hi ${folio}"`, ""), ""), "a", 3, "without the $", "{name}"},
	{"name in a template", workflow("", decide("", "<signoff:instructions>\nHello {statrer.name}</signoff:instructions>"), ""), "a", 3, `uses "statrer"`, "Did you mean starter?"},
	{"syntax in a template, its own line", workflow("", decide("", "<signoff:instructions>\n\nHello\n{1 +}</signoff:instructions>"), ""), "a", 6, "line 2, column", ""},

	// Other engines
	{"camunda:assignee", workflow("", `<userTask id="a"`+camunda+`camunda:assignee="${boss}"/>`, ""), "a", 3, "camunda:assignee is Camunda 7's", `<signoff:recipient person="{boss}"/>`},
	{"camunda:candidateGroups", workflow("", `<userTask id="a"`+camunda+`camunda:candidateGroups="Finance"/>`, ""), "a", 3, "camunda:candidateGroups", `group="Finance"`},
	{"camunda:class", workflow("", `<serviceTask id="a"`+camunda+`camunda:class="x.Y"/>`, ""), "a", 3, "camunda:class", "signoff:external"},
	{"zeebe task definition", workflow("", `<serviceTask id="a"><extensionElements><z:taskDefinition xmlns:z="http://camunda.org/schema/zeebe/1.0" type="x"/></extensionElements></serviceTask>`, ""), "a", 3, "<z:taskDefinition> is Camunda 8's", "signoff:http"},
	{"flowable decision", workflow("", `<businessRuleTask id="a" xmlns:f="http://flowable.org/bpmn" f:decisionRef="x"/>`, ""), "a", 3, "f:decisionRef is Flowable's", `<signoff:assign variable="…" value="if … then … else …"/> with the rules of the table`},

	// Mail, services, scripts
	{"no mail", workflow("", `<sendTask id="a"/>`, ""), "a", 3, "which mail to send", "signoff:email"},
	{"mail to nobody", workflow("", mail(`<signoff:email subject="S"/>`), ""), "a", 3, "goes to nobody", "signoff:to"},
	{"mail without a subject", workflow("", mail(`<signoff:email><signoff:to starter="true"/></signoff:email>`), ""), "a", 3, "does not say its subject", ""},
	{"no service", workflow("", `<serviceTask id="a"/>`, ""), "a", 3, "what to call", "signoff:http"},
	{"two services", workflow("", service(`<signoff:external/><signoff:http url="https://x"/>`), ""), "a", 3, "both calls a service and waits", "Leave one"},
	{"method", workflow("", service(`<signoff:http url="https://x" method="PSOT"/>`), ""), "a", 3, `method="PSOT"`, "Did you mean POST?"},
	{"address", workflow("", service(`<signoff:http url="ftp://x"/>`), ""), "a", 3, "not one of HTTP", "https://"},
	{"address without a scheme", workflow("", service(`<signoff:http url="contoso{instance}"/>`), ""), "a", 3, "not one of HTTP", "https://"},
	{"no address", workflow("", service(`<signoff:http/>`), ""), "a", 3, "does not say its url", ""},
	{"header", workflow("", service(`<signoff:http url="https://x"><signoff:header name="A B" value="c"/></signoff:http>`), ""), "a", 3, "header name", "letters"},
	{"output", workflow("", service(`<signoff:http url="https://x"><signoff:output variable="zz" value="body"/></signoff:http>`), ""), "a", 3, `sets "zz"`, "Declare"},
	{"output name", workflow(`<signoff:variable name="v"/>`, service(`<signoff:http url="https://x"><signoff:output variable="v" value="boddy"/></signoff:http>`), ""), "a", 3, `uses "boddy"`, "Did you mean body?"},
	{"call and http", workflow("", service(`<signoff:call service="s" object="O" method="m"/><signoff:http url="https://x"/>`), ""), "a", 3, "and does something else", "Leave one"},
	{"call and external", workflow("", service(`<signoff:external/><signoff:call service="s" object="O" method="m"/>`), ""), "a", 3, "and does something else", "Leave one"},
	{"call of nothing", workflow("", service(`<signoff:call service="s" object="O"/>`), ""), "a", 3, "does not say its method", ""},
	{"as", workflow("", service(`<signoff:call service="s" object="O" method="m" as="sarter"/>`), ""), "a", 3, `as="sarter"`, "service, starter, or person:"},
	{"as nobody", workflow("", service(`<signoff:call service="s" object="O" method="m" as="person:"/>`), ""), "a", 3, "is empty", "FEEL"},
	{"as a name", workflow("", service(`<signoff:call service="s" object="O" method="m" as="person:boss"/>`), ""), "a", 3, `uses "boss"`, ""},
	{"input with two values", workflow("", service(`<signoff:call service="s" object="O" method="m"><signoff:input name="a" value="b">c</signoff:input></signoff:call>`), ""), "a", 3, "a value and a text", "Leave one"},
	{"input with none", workflow("", service(`<signoff:call service="s" object="O" method="m"><signoff:input name="a" value=""/></signoff:call>`), ""), "a", 3, "has no value", "=FEEL"},
	{"input in bad FEEL", workflow("", service(`<signoff:call service="s" object="O" method="m"><signoff:input name="a" value="= 1 +"/></signoff:call>`), ""), "a", 3, "value of <signoff:input>", ""},
	{"input of http", workflow("", service(`<signoff:http url="https://x"><signoff:input name="a" value="b"/></signoff:http>`), ""), "a", 3, "has no meaning in a http", "call"},
	{"output of a call", workflow(`<signoff:variable name="v"/>`, service(`<signoff:call service="s" object="O" method="m"><signoff:output variable="v" value="body"/></signoff:call>`), ""), "a", 3, `uses "body"`, "Declare"},
	{"retry max", workflow("", mail(`<signoff:email subject="S"><signoff:to starter="true"/></signoff:email><signoff:retry max="0"/>`), ""), "a", 3, `max="0"`, "1 to 100"},
	{"retry first", workflow("", mail(`<signoff:email subject="S"><signoff:to starter="true"/></signoff:email><signoff:retry first="2s"/>`), ""), "a", 3, `first="2s"`, "PT30M"},
	{"retry cap", workflow("", mail(`<signoff:email subject="S"><signoff:to starter="true"/></signoff:email><signoff:retry first="PT1H" cap="PT1M"/>`), ""), "a", 3, "shorter", "at least"},
	{"retry for ever", workflow("", mail(`<signoff:email subject="S"><signoff:to starter="true"/></signoff:email><signoff:retry cap="P2D"/>`), ""), "a", 3, "24 hours", ""},
	{"script language", workflow("", script(`scriptFormat="groovy"`, `<script>x = 1</script>`), ""), "a", 3, `written in "groovy"`, "signoff:assign"},
	{"script without a result", workflow("", script(`scriptFormat="feel"`, `<script>1 + 1</script>`), ""), "a", 3, "which variable takes its result", "result"},
	{"result without a script", workflow(`<signoff:variable name="v"/>`, script("", holding(`<signoff:script result="v"/>`)), ""), "a", 3, "no script", "FEEL"},
	{"script that does nothing", workflow("", script("", ""), ""), "a", 3, "sets nothing", "signoff:assign"},
	{"rule that does nothing", workflow("", `<businessRuleTask id="a"/>`, ""), "a", 3, "sets nothing", "signoff:assign"},
	{"assignment to a stranger", workflow(`<signoff:variable name="total"/>`, script("", holding(`<signoff:assign variable="totl" value="1"/>`)), ""), "a", 3, `sets "totl"`, "Did you mean total?"},
	{"assignment without a value", workflow(`<signoff:variable name="total"/>`, script("", holding(`<signoff:assign variable="total"/>`)), ""), "a", 3, "does not say its value", ""},

	// Timers
	{"timer literal", workflow("", timerAt(`<timeDuration>P3X</timeDuration>`), ""), "a", 3, `"P3X": this is not a duration`, "P3D is three days"},
	{"timer in words", workflow("", timerAt(`<timeDuration>5 minutes</timeDuration>`), ""), "a", 3, "not a duration", "PT30M"},
	{"negative timer", workflow("", timerAt(`<timeDuration>-P1D</timeDuration>`), ""), "a", 3, "negative", ""},
	{"endless timer", workflow("", timerAt(`<timeDuration>P999999Y</timeDuration>`), ""), "a", 3, "thousand years", ""},
	{"empty timer", workflow("", timerAt(""), ""), "a", 3, "does not say when", "timeDuration"},
	{"two times", workflow("", timerAt(`<timeDuration>P1D</timeDuration><timeDate>2026-12-24</timeDate>`), ""), "a", 3, "more than once", ""},
	{"cycle", workflow("", timerAt(`<timeCycle>R3/PT1X</timeCycle>`), ""), "a", 3, "no duration of a second or more", "R3/PT1H"},
	{"cron", workflow("", timerAt(`<timeCycle>0 25 * * *</timeCycle>`), ""), "a", 3, `"25" is no hour`, "0 9 * * MON"},
	{"cron that never comes", workflow("", timerAt(`<timeCycle>0 9 31 2 *</timeCycle>`), ""), "a", 3, "never comes", ""},
	{"date", workflow("", timerAt(`<timeDate>2026-13-01T00:00:00Z</timeDate>`), ""), "a", 3, "not a date and time", "offset"},
	{"timer expression", workflow("", timerAt(`<timeDuration>"soon"</timeDuration>`), ""), "a", 3, "not a duration", "P3D"},
	{"date expression", workflow("", timerAt(`<timeDate>1 + 1</timeDate>`), ""), "a", 3, "not a date and time", "now()"},
	{"timer name", workflow("", timerAt(`<timeDuration>duration(wait)</timeDuration>`), ""), "a", 3, `uses "wait"`, "Declare"},

	// Variables and the vocabulary
	{"type", workflow("\n"+`<signoff:variable name="v" type="numbr"/>`, plain, ""), "p", 3, `type="numbr"`, "Did you mean number?"},
	{"variable twice", workflow(`<signoff:variable name="v"/>`+"\n"+`<signoff:variable name="v"/>`, plain, ""), "p", 3, "declared twice", "Leave one"},
	{"variable called like ours", workflow(`<signoff:variable name="starter"/>`, plain, ""), "p", 2, "signoff uses itself", "another"},
	{"variable called like FEEL's", workflow(`<signoff:variable name="if"/>`, plain, ""), "p", 2, "word of FEEL", ""},
	{"variable with a sign", workflow(`<signoff:variable name="a+b"/>`, plain, ""), "p", 2, "'+' in it", "letters"},
	{"choices of a number", workflow(`<signoff:variable name="v" type="number" choices="1|2"/>`, plain, ""), "p", 2, "no string", "string"},
	{"default of another type", workflow(`<signoff:variable name="v" type="number" default="&quot;many&quot;"/>`, plain, ""), "p", 2, "not of type number", "FEEL"},
	{"default that is no choice", workflow(`<signoff:variable name="v" choices="Home|Away" default="&quot;Hame&quot;"/>`, plain, ""), "p", 2, "none of its choices", "Did you mean Home?"},
	{"folio", workflow(`<signoff:workflow folio="{nmae}"/>`, plain, ""), "p", 2, `uses "nmae"`, ""},
	{"unknown element of ours", workflow("", `<userTask id="a">`+holding(`<signoff:taks/>`)+`</userTask>`, ""), "a", 3, "<signoff:taks> is not a signoff element", "Did you mean task?"},
	{"unknown child of ours", workflow("", decide("", `<signoff:recipents/>`), ""), "a", 3, "<signoff:recipents>", "Did you mean recipient?"},
	{"unknown attribute of ours", workflow("", decide(`titel="x"`, ""), ""), "a", 3, `no attribute "titel"`, "Did you mean title?"},
	{"attribute with a prefix", workflow("", decide(`signoff:title="x"`, ""), ""), "a", 3, "carries a prefix", "title"},
	{"wrong place", workflow("", `<task id="a">`+holding(`<signoff:email subject="S"/>`)+`</task>`, ""), "a", 3, "no meaning in a task", "sendTask"},
	{"outside of extensionElements", workflow("", `<userTask id="a"><signoff:task/></userTask>`, ""), "a", 3, "outside of extensionElements", "Put it"},
	{"two tasks", workflow("", `<userTask id="a">`+holding(`<signoff:task/><signoff:task/>`)+`</userTask>`, ""), "a", 3, "more than once", "Leave one"},
	{"text in ours", workflow("", decide("", `<signoff:action name="X">Yes</signoff:action>`), ""), "a", 3, `holds the text "Yes"`, "Remove"},
	{"wrong namespace", strings.Replace(workflow("", plain, ""), ExtensionSpace, "http://signoffhq.org/bpmn/1", 1), "", 1, "is not signoff's", ExtensionSpace},
}

func TestEachProblemIsToldWithElementLineReasonAndAdvice(t *testing.T) {
	for _, c := range complaints {
		t.Run(c.name, func(t *testing.T) {
			def, problems := definition(t, c.src)
			if def != nil {
				t.Fatal("accepted")
			}
			var heard []string
			found := false
			for _, p := range problems.Blocking() {
				if p.Advice == "" {
					t.Errorf("no advice for: %s", p)
				}
				heard = append(heard, fmt.Sprintf("%s (line %d)", p, p.Line))
				if p.Element == c.element && (c.line == 0 || p.Line == c.line) &&
					strings.Contains(p.Reason, c.reason) && strings.Contains(p.Advice, c.advice) {
					found = true
				}
			}
			if !found {
				t.Errorf("heard only:\n%s", strings.Join(heard, "\n"))
			}
		})
	}
}

// A file with one thing wrong gets one complaint: what follows from it alone is
// not told.
func TestOneMistakeGivesOneProblem(t *testing.T) {
	for _, name := range []string{"complex gateway", "sub-process without a start", "transaction", "message start", "timer start", "error end", "message catch", "receive task",
		"receive task of a stranger", "call activity", "standard loop", "link to nowhere", "time zone", "cron", "syntax", "JUEL", "unknown name", "timer literal", "date", "cycle", "deadline literal", "recipient without anybody",
		"no mail", "no service", "script that does nothing", "dead end", "unreachable", "no start", "mail without a subject", "wrong place", "loop", "unknown element", "output"} {
		for _, c := range complaints {
			if c.name != name {
				continue
			}
			_, problems := definition(t, c.src)
			if n := len(problems.Blocking()); n != 1 {
				t.Errorf("%s: %d problems:", name, n)
				for _, p := range problems.Blocking() {
					t.Log("  ", p)
				}
			}
		}
	}
}

func TestWarningsDoNotBlock(t *testing.T) {
	for _, c := range []complaint{
		{"no diagram", workflow("", plain, ""), "p", 2, "no diagram", "modeller"},
		{"gateway without default", strings.Replace(choosing("", ""), `targetRef="e"/>`, `targetRef="e"><conditionExpression>amount &gt; 1</conditionExpression></sequenceFlow><sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>amount &lt; 1</conditionExpression></sequenceFlow>`, 1), "a", 3, "no default flow", "default"},
		{"condition on the default", strings.Replace(choosing(`default="f3"`, ""), `targetRef="e"/>`, `targetRef="e"><conditionExpression>amount &gt; 1</conditionExpression></sequenceFlow><sequenceFlow id="f3" sourceRef="a" targetRef="e2"><conditionExpression>true</conditionExpression></sequenceFlow>`, 1), "f3", 4, "not looked at", "Remove"},
		{"all conditional behind a task", strings.Replace(workflow("", plain, ""), `targetRef="e"/>`, `targetRef="e"><conditionExpression>outcome = null</conditionExpression></sequenceFlow>`, 1), "a", 3, "has a condition", "default"},
		{"outcome nobody has", workflow("", decide("", ""), `<exclusiveGateway id="g" default="d"/><sequenceFlow id="f3" sourceRef="a" targetRef="g"/><sequenceFlow id="d" sourceRef="g" targetRef="e"/><sequenceFlow id="f4" sourceRef="g" targetRef="e"><conditionExpression>outcome = "Aproved"</conditionExpression></sequenceFlow>`), "f4", 5, `"Aproved", which no task`, "Did you mean Approve?"},
		{"timer that never fires", workflow("", plain, `<boundaryEvent id="b" attachedToRef="a"><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><sequenceFlow id="f3" sourceRef="b" targetRef="e"/>`), "b", 5, "never fires", "waits"},
		{"stale incoming", workflow("", `<task id="a"><incoming>f9</incoming></task>`, ""), "a", 3, `"f9" as incoming`, "export"},
		{"incoming of another", workflow("", `<task id="a"><outgoing>f1</outgoing></task>`, ""), "a", 3, `"f1" as outgoing`, ""},
		{"lane", workflow("", plain, `<laneSet><lane><flowNodeRef>zz</flowNodeRef></lane></laneSet>`), "", 5, "lane", ""},
		{"association", workflow("", plain, `<association id="as" sourceRef="a" targetRef="zz"/>`), "as", 5, `"zz"`, ""},
		{"assignee beside a recipient", workflow("", strings.Replace(decide("", ""), "<userTask", "<userTask"+camunda+`camunda:assignee="x"`, 1), ""), "a", 3, "goes by its own", ""},
		{"listener", workflow("", `<task id="a"><extensionElements><c:executionListener xmlns:c="http://camunda.org/schema/1.0/bpmn"/></extensionElements></task>`, ""), "a", 3, "executionListener", "step of its own"},
		{"attribute of ours", workflow("", `<task id="a" signoff:title="x"/>`, ""), "a", 3, "means nothing", "extensionElements"},
		{"hash in a text", workflow("", decide(`title="Hi #{folio}"`, ""), ""), "a", 3, "other engines", "{name}"},
		{"switched off but written", workflow("", decide("", `<signoff:notification send="false">Hi</signoff:notification>`), ""), "a", 3, "not used", ""},
		{"data mapping", workflow("", `<task id="a"><dataInputAssociation><assignment/></dataInputAssociation></task>`, ""), "a", 3, "data mapping", "signoff:assign"},
		{"performer", workflow("", `<task id="a"><potentialOwner/></task>`, ""), "a", 3, "signoff asks the recipients", "signoff:recipient"},
		{"top level", strings.Replace(workflow("", plain, ""), "\n<process", "<mesage id='m'/>\n<process", 1), "m", 1, "<mesage> is not an element", "Did you mean message?"},
		{"foreign element", workflow("", plain, `<x:y xmlns:x="u"/>`), "p", 5, "outside of extensionElements", "kept"},
		{"shape of nothing", strings.Replace(workflow("", plain, ""), "</definitions>", `<d:BPMNDiagram xmlns:d="`+diagramSpace+`"><d:BPMNShape bpmnElement="zz"/><d:BPMNShape bpmnElement="a"/></d:BPMNDiagram></definitions>`, 1), "", 6, `shape of the diagram belongs to "zz"`, ""},
		{"step that is not drawn", strings.Replace(workflow("", plain, ""), "</definitions>", `<d:BPMNDiagram xmlns:d="`+diagramSpace+`"><d:BPMNShape bpmnElement="a"/></d:BPMNDiagram></definitions>`, 1), "s", 2, "not on the diagram", "Draw"},
	} {
		t.Run(c.name, func(t *testing.T) {
			def, problems := definition(t, c.src)
			if def == nil {
				t.Errorf("blocked: %s", problems.Blocking())
			}
			for _, p := range problems.Warnings() {
				if p.Element == c.element && p.Line == c.line && strings.Contains(p.Reason, c.reason) && strings.Contains(p.Advice, c.advice) {
					return
				}
			}
			t.Errorf("heard only:\n%v", problems)
		})
	}
}
