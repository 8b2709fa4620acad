package movein

import (
	"fmt"
	"math/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/bpmn"
)

// vocabulary is what the engines' own descriptions of their extensions list:
// attributes, and elements of extensionElements. A * stands for a value.
var vocabulary = map[string]struct{ attrs, elements string }{
	"camunda": {`assignee candidateUsers candidateGroups dueDate followUpDate priority formKey formRef formRefBinding formRefVersion formHandlerClass
		initiator class expression delegateExpression type topic taskPriority resultVariable decisionRef decisionRefBinding decisionRefVersion
		decisionRefTenantId mapDecisionResult resource asyncBefore asyncAfter async exclusive jobPriority variableName variableEvents
		calledElementBinding calledElementVersion calledElementVersionTag calledElementTenantId caseRef caseBinding variableMappingClass
		variableMappingDelegateExpression collection elementVariable errorCodeVariable errorMessageVariable escalationCodeVariable
		candidateStarterUsers candidateStarterGroups versionTag historyTimeToLive isStartableInTasklist modelerTemplate modelerTemplateVersion`,
		`<camunda:formData businessKey="*"><camunda:formField id="*" label="*" type="*" datePattern="*" defaultValue="*"><camunda:properties><camunda:property id="*" value="*"/></camunda:properties><camunda:validation><camunda:constraint name="*" config="*"/></camunda:validation><camunda:value id="*" name="*"/></camunda:formField></camunda:formData>
		<camunda:inputOutput><camunda:inputParameter name="*">*</camunda:inputParameter><camunda:inputParameter name="*"><camunda:map><camunda:entry key="*">*</camunda:entry></camunda:map></camunda:inputParameter><camunda:outputParameter name="*"><camunda:script scriptFormat="*">*</camunda:script></camunda:outputParameter></camunda:inputOutput>
		<camunda:connector><camunda:connectorId>*</camunda:connectorId><camunda:inputOutput><camunda:inputParameter name="*">*</camunda:inputParameter><camunda:outputParameter name="*">*</camunda:outputParameter></camunda:inputOutput></camunda:connector>
		<camunda:executionListener class="*" event="*"><camunda:field name="*" stringValue="*"/></camunda:executionListener>
		<camunda:taskListener delegateExpression="*" event="*" id="*"/> <camunda:failedJobRetryTimeCycle>*</camunda:failedJobRetryTimeCycle>
		<camunda:properties><camunda:property name="*" value="*"/></camunda:properties> <camunda:in source="*" target="*" local="true"/> <camunda:out sourceExpression="*" target="*"/>
		<camunda:in businessKey="*"/> <camunda:in variables="all"/> <camunda:errorEventDefinition errorRef="*" expression="*"/> <camunda:field name="*"><camunda:expression>*</camunda:expression></camunda:field> <camunda:potentialStarter>*</camunda:potentialStarter>`},
	"zeebe": {``,
		`<zeebe:assignmentDefinition assignee="*" candidateUsers="*" candidateGroups="*"/> <zeebe:taskSchedule dueDate="*" followUpDate="*"/> <zeebe:priorityDefinition priority="*"/>
		<zeebe:formDefinition formId="*" formKey="*" externalReference="*" bindingType="*" versionTag="*"/> <zeebe:userTask/> <zeebe:taskDefinition type="*" retries="*"/>
		<zeebe:taskHeaders><zeebe:header key="*" value="*"/></zeebe:taskHeaders> <zeebe:ioMapping><zeebe:input source="*" target="*"/><zeebe:output source="*" target="*"/></zeebe:ioMapping>
		<zeebe:calledElement processId="*" bindingType="*" propagateAllChildVariables="true" propagateAllParentVariables="false"/> <zeebe:calledDecision decisionId="*" resultVariable="*" bindingType="*"/>
		<zeebe:script expression="*" resultVariable="*"/> <zeebe:properties><zeebe:property name="*" value="*"/></zeebe:properties> <zeebe:subscription correlationKey="*"/>
		<zeebe:loopCharacteristics inputCollection="*" inputElement="*" outputCollection="*" outputElement="*"/> <zeebe:executionListeners><zeebe:executionListener eventType="*" type="*" retries="*"/></zeebe:executionListeners>
		<zeebe:taskListeners><zeebe:taskListener eventType="*" type="*"/></zeebe:taskListeners> <zeebe:userTaskForm id="*">*</zeebe:userTaskForm> <zeebe:versionTag value="*"/> <zeebe:publishMessage correlationKey="*" messageId="*" timeToLive="*"/> <zeebe:linkedResources><zeebe:linkedResource resourceId="*" linkName="*"/></zeebe:linkedResources> <zeebe:adHoc activeElementsCollection="*"/>`},
	"flowable": {`assignee owner candidateUsers candidateGroups dueDate businessCalendarName category priority formKey formFieldValidation skipExpression taskIdVariableName
		initiator class expression delegateExpression type topic resultVariable resultVariableName useLocalScopeForResultVariable triggerable storeResultVariableAsTransient
		autoStoreVariables async exclusive jobCategory calledElementType inheritVariables sameDeployment fallbackToDefaultTenant inheritBusinessKey businessKey collection elementVariable elementIndexVariable
		candidateStarterUsers candidateStarterGroups isEagerExecutionFetching errorVariableName errorVariableLocalScope destination rules ruleVariablesInput`,
		`<flowable:formProperty id="*" name="*" type="*" variable="*" expression="*" default="*" datePattern="*" required="true" readable="false" writable="false"><flowable:value id="*" name="*"/></flowable:formProperty>
		<flowable:field name="*" stringValue="*"/> <flowable:field name="*"><flowable:string>*</flowable:string></flowable:field> <flowable:executionListener event="*" expression="*"/> <flowable:taskListener event="*" class="*"><flowable:field name="*"><flowable:expression>*</flowable:expression></flowable:field></flowable:taskListener>
		<flowable:in source="*" target="*"/> <flowable:out source="*" target="*" transient="true"/> <flowable:failedJobRetryTimeCycle>*</flowable:failedJobRetryTimeCycle> <flowable:eventListener events="*" class="*"/>
		<flowable:variableAggregation target="*"><flowable:variable source="*" target="*"/></flowable:variableAggregation> <flowable:mapException errorCode="*">*</flowable:mapException> <flowable:eventType>*</flowable:eventType> <flowable:eventOutParameter source="*" target="*"/> <flowable:taskCompleterVariableName>*</flowable:taskCompleterVariableName>`},
	"activiti": {`assignee candidateUsers candidateGroups dueDate businessCalendarName category priority formKey skipExpression initiator class expression delegateExpression type
		resultVariable resultVariableName async exclusive collection elementVariable candidateStarterUsers candidateStarterGroups extensionId`,
		`<activiti:formProperty id="*" name="*" type="*"><activiti:value id="*" name="*"/></activiti:formProperty> <activiti:field name="*"><activiti:string>*</activiti:string></activiti:field> <activiti:executionListener event="*" class="*"/>
		<activiti:taskListener event="*" expression="*"/> <activiti:in source="*" target="*"/> <activiti:failedJobRetryTimeCycle>*</activiti:failedJobRetryTimeCycle> <activiti:customResource activiti:name="*">*</activiti:customResource>`},
}

var values = []string{"a1", "word", "${amount > 3}", "=amount", "R5/PT1M", "P3D", "required", "string", "true", "7", "x, y", "end", "complete", "start", "http", "external", "mail", "https://example.org/${x}", "${bean.call(a)}", "http-connector", "={a: 1}", `=["g"]`, "version"}

var kinds = []string{"startEvent", "endEvent", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "callActivity", "manualTask", "task", "subProcess",
	"exclusiveGateway", "inclusiveGateway", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "sequenceFlow", "dataObject", "laneSet", "textAnnotation"}

// made puts some of an engine's words on one element of each kind.
func made(r *rand.Rand) string {
	engines := []string{"camunda", "zeebe", "flowable", "activiti"}
	engine := engines[r.Intn(len(engines))]
	words := vocabulary[engine]
	valued := func(s string) string {
		for strings.Contains(s, "*") {
			v := strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(values[r.Intn(len(values))])
			s = strings.Replace(s, "*", v, 1)
		}
		return s
	}
	var b strings.Builder
	b.WriteString(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:flowable="http://flowable.org/bpmn" xmlns:activiti="http://activiti.org/bpmn">` + "\n")
	element := func(kind, id, inner string) {
		b.WriteString("<" + kind + ` id="` + id + `"`)
		attrs := strings.Fields(words.attrs)
		r.Shuffle(len(attrs), func(i, j int) { attrs[i], attrs[j] = attrs[j], attrs[i] })
		for _, a := range attrs[:min(len(attrs), r.Intn(4))] {
			b.WriteString(valued(` ` + engine + `:` + a + `="*"`))
		}
		b.WriteString(">")
		var elements []string
		for _, line := range strings.Split(words.elements, "\n") {
			elements = append(elements, strings.Split(strings.TrimSpace(line), "> <")...)
		}
		for i := range elements {
			elements[i] = "<" + strings.TrimSuffix(strings.TrimPrefix(elements[i], "<"), ">") + ">"
		}
		r.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
		b.WriteString("\n<extensionElements>")
		for _, e := range elements[:r.Intn(4)] {
			b.WriteString("\n" + valued(e))
		}
		b.WriteString("</extensionElements>\n" + inner + "</" + kind + ">\n")
	}
	element("message", "m", "")
	element("error", "err", "")
	b.WriteString(`<process id="p" isExecutable="true">`)
	for i, kind := range kinds {
		inner := map[string]string{"scriptTask": "<script>x = 1</script>", "subProcess": `<multiInstanceLoopCharacteristics camunda:collection="list" camunda:elementVariable="one"/>`,
			"boundaryEvent": `<errorEventDefinition camunda:errorCodeVariable="code"/>`, "intermediateCatchEvent": `<messageEventDefinition messageRef="m"/>`,
			"intermediateThrowEvent": `<messageEventDefinition camunda:class="a.b.C" camunda:topic="t"/>`, "sequenceFlow": `<conditionExpression camunda:resource="cond.groovy"/>`}[kind]
		element(kind, fmt.Sprintf("%s%d", kind, i), inner)
	}
	b.WriteString("</process></definitions>")
	return b.String()
}

// untold lists what of another engine stands in a file and nothing in the report
// speaks of: no finding of that line or element has its name or one of its values,
// and it is no choice of a variable.
func untold(d, moved *bpmn.Document, r *Report) (out []string) {
	choices := map[string]bool{}
	for e := range moved.Root.Descendants() {
		if e.Space == bpmn.ExtensionSpace && e.Local == "variable" {
			for _, c := range strings.Split(e.Get("choices"), "|") {
				choices[c] = true
			}
		}
	}
	speaks := func(owner string, line int, whats ...string) bool {
		return slices.ContainsFunc(r.Findings, func(f Finding) bool {
			if f.Element != owner && f.Line != line {
				return false
			}
			all := f.What + "\n" + f.From + "\n" + f.To + "\n" + f.Advice
			return slices.ContainsFunc(whats, func(w string) bool { return w != "" && strings.Contains(all, short(w)) })
		})
	}
	var walk func(e *bpmn.Element, owner string)
	walk = func(e *bpmn.Element, owner string) {
		if bpmn.Engine(e.Space) == "" && e.Get("id") != "" {
			owner = e.Get("id")
		}
		for _, a := range e.Attrs {
			if a.Prefix != "xmlns" && bpmn.Engine(a.Space) != "" && !speaks(owner, a.Line, a.Local, a.Value) {
				out = append(out, fmt.Sprintf("line %d: %s=%q of %s", a.Line, a.Name(), a.Value, owner))
			}
		}
		for c := range e.Elements() {
			whats := []string{c.Local, strings.TrimSpace(c.Content())}
			for _, a := range c.Attrs {
				whats = append(whats, a.Value)
			}
			inner := slices.Collect(c.Elements())
			if bpmn.Engine(c.Space) != "" && !speaks(owner, c.Line, whats...) && !(c.Local == "value" && choices[c.Get("id")]) && (len(inner) == 0 || len(c.Attrs) > 0) {
				out = append(out, fmt.Sprintf("line %d: <%s> %v of %s", c.Line, c.Name(), whats, owner))
			}
			if bpmn.Engine(c.Space) == "" || !speaks(owner, c.Line, "<"+c.Name()+">") {
				walk(c, owner)
			}
		}
	}
	walk(d.Root, "")
	return out
}

// Whatever of another engine a file holds is in its report under one of the
// three heads, and by hand never without advice.
func TestNothingOfAnotherEngineIsPassedOverInSilence(t *testing.T) {
	check := func(name string, d *bpmn.Document) {
		moved, report := Import(d)
		for _, s := range untold(d, moved, report) {
			t.Errorf("%s: %s", name, s)
		}
		for _, f := range report.Findings {
			if f.Outcome == ByHand && f.Advice == "" || !slices.Contains([]Outcome{AsIs, Changed, ByHand}, f.Outcome) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	for _, file := range models(t) {
		check(file, read(t, file))
	}
	r := rand.New(rand.NewSource(6))
	for i := range 150 {
		src := made(r)
		check(fmt.Sprintf("random file %d", i), parsed(t, src))
		if t.Failed() {
			t.Fatalf("%s", src)
		}
	}
}

// Of the reference models that were made for an engine, these run as they are
// moved; the others name nobody for a task or no message, which no program can
// know.
func TestReferenceModelsOfEnginesRun(t *testing.T) {
	var made, run []string
	for _, file := range miwg(t) {
		_, report := Import(read(t, file))
		if len(report.Engines) == 0 {
			continue
		}
		made = append(made, filepath.Base(file))
		if report.Runs() {
			run = append(run, filepath.Base(file))
		}
		for _, p := range report.Problems.Blocking() {
			if !strings.Contains(p.Reason, "nobody is asked") && !strings.Contains(p.Reason, "nothing to decide") &&
				!strings.Contains(p.Reason, "which message") && !strings.Contains(p.Reason, "marked as executable") {
				t.Errorf("%s: %s", file, p)
			}
		}
	}
	if want := []string{"C.1.0.bpmn", "C.1.1.bpmn", "C.8.1.bpmn", "C.9.2.bpmn"}; len(made) > 0 && (len(made) != 7 || !slices.Equal(run, want)) {
		t.Errorf("of %q these run: %q", made, run)
	}
}
