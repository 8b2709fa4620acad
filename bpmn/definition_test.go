package bpmn

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
)

// workflow makes a file of one executable process that starts at "s", goes on
// to "a", and ends at "e". ext stands in the process's extensionElements, step
// has to hold a flow node called "a"; more stands behind it.
func workflow(ext, step, more string) string {
	return wrap("\n" + `<process id="p" name="P" isExecutable="true">` +
		`<extensionElements>` + ext + `</extensionElements>` +
		`<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="a"/>` + "\n" +
		step + "\n" + `<sequenceFlow id="f2" sourceRef="a" targetRef="e"/><endEvent id="e"/>` + "\n" +
		more + `</process>` + "\n")
}

func holding(inner string) string { return "<extensionElements>" + inner + "</extensionElements>" }

// decide is a user task "a" that needs nothing more; inner is added to it.
func decide(attrs, inner string) string {
	return `<userTask id="a" name="Approve">` + holding(`<signoff:task `+attrs+`><signoff:recipient person="jane"/><signoff:action name="Approve"/>`+inner+`</signoff:task>`) + `</userTask>`
}

const plain = `<task id="a" name="A"/>`

func definition(t testing.TB, src string) (*process.Definition, Problems) {
	t.Helper()
	return mustParse(t, src).Definition()
}

// accepted returns the definition of a file without blocking problems.
func accepted(t testing.TB, src string) *process.Definition {
	t.Helper()
	def, problems := definition(t, src)
	for _, p := range problems.Blocking() {
		t.Errorf("refused: %s", p)
	}
	if def == nil {
		t.FailNow()
	}
	return def
}

func node(t testing.TB, def *process.Definition, id string) *process.Node {
	t.Helper()
	for i := range def.Nodes {
		if def.Nodes[i].ID == id {
			return &def.Nodes[i]
		}
	}
	t.Fatalf("there is no node %s", id)
	return nil
}

func TestAFullWorkflowBecomesItsDefinition(t *testing.T) {
	def := accepted(t, wrap(`<process id="leave" name="Leave request" isExecutable="true">
  <documentation>
    Ask for days off.

    Jane decides.
  </documentation>
  <extensionElements>
    <signoff:workflow category="/People/Leave/" folio="Leave for {starter.name}: {days off} days"/>
    <signoff:variable name="days off" label="Days" type="number" required="true" input="true" show="true" default="1"/>
    <signoff:variable name="kind" choices=" Holiday | Unpaid "/>
  </extensionElements>
  <startEvent id="s"><outgoing>f1</outgoing></startEvent>
  <sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
  <userTask id="ask" name="Approve
    leave">`+holding(`
    <signoff:task title="Approve {folio}" claiming="true" priority="0" result="boss" fields="days off, kind" excludeStarter="1">
      <signoff:instructions>
        Please look at {days off} days.

          Indented.
      </signoff:instructions>
      <signoff:recipient person="{kind}@contoso.test"/><signoff:recipient group="Finance"/>
      <signoff:recipient members="Managers"/><signoff:recipient starter="true"/><signoff:recipient expression="kind"/>
      <signoff:action name="Approve"/><signoff:action name="Reject" byMail="false" comment="required"/>
      <signoff:deadline after="P1W" outcome="Expired"/>
      <signoff:notification subject="Please" reply="false">Dear all</signoff:notification>
    </signoff:task>`)+`</userTask>
  <sequenceFlow id="f2" sourceRef="ask" targetRef="gw"/>
  <exclusiveGateway id="gw" default="f4"/>
  <sequenceFlow id="f3" name="yes" sourceRef="gw" targetRef="mail"><conditionExpression>= outcome = "Approve"</conditionExpression></sequenceFlow>
  <sequenceFlow id="f4" sourceRef="gw" targetRef="stop"/>
  <sendTask id="mail">`+holding(`<signoff:email subject="Hi {starter.name}"><signoff:to starter="true"/><signoff:cc person="bob"/><signoff:body>Done.</signoff:body></signoff:email><signoff:retry max="3" first="PT1S" cap="PT1M"/><signoff:assign variable="kind" value="&quot;Unpaid&quot;"/>`)+`</sendTask>
  <boundaryEvent id="late" attachedToRef="mail" cancelActivity="false"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></boundaryEvent>
  <sequenceFlow id="f5" sourceRef="late" targetRef="done"/>
  <sequenceFlow id="f6" sourceRef="mail" targetRef="call"/>
  <serviceTask id="call">`+holding(`<signoff:http url="https://contoso.test/{kind}" body="{a: 1}"><signoff:header name="X-A" value="{kind}"/><signoff:output variable="days off" value="body.id + status"/></signoff:http>`)+`</serviceTask>
  <sequenceFlow id="f7" sourceRef="call" targetRef="sum"/>
  <scriptTask id="sum" scriptFormat="feel">`+holding(`<signoff:script result="days off"/>`)+`<script>
     days off * 2</script></scriptTask>
  <sequenceFlow id="f8" sourceRef="sum" targetRef="wait"/>
  <intermediateCatchEvent id="wait"><timerEventDefinition><timeDate>2026-12-24T12:00:00+01:00</timeDate></timerEventDefinition></intermediateCatchEvent>
  <sequenceFlow id="f9" sourceRef="wait" targetRef="done"/>
  <endEvent id="done"/><endEvent id="stop"><terminateEventDefinition/></endEvent></process>`))

	if def.ID != "leave" || def.Name != "Leave request" || def.Category != "People/Leave" || def.Doc != "Ask for days off.\n\nJane decides." {
		t.Errorf("workflow: %q %q %q %q", def.ID, def.Name, def.Category, def.Doc)
	}
	if v := def.Variables[0]; v.Name != "days off" || v.Label != "Days" || v.Type != process.Number || !v.Required || !v.Input || !v.Show || v.Default.Source() != "1" {
		t.Errorf("variable: %+v", v)
	}
	if v := def.Variables[1]; v.Type != process.String || strings.Join(v.Choices, ",") != "Holiday,Unpaid" || v.Input {
		t.Errorf("variable: %+v", v)
	}
	ask := node(t, def, "ask")
	task := ask.Task
	if ask.Name != "Approve leave" || !task.Claiming || task.Priority != 0 || task.Result != "boss" || strings.Join(task.Fields, ",") != "days off,kind" || !task.ExcludeStarter {
		t.Errorf("task: %+v", task)
	}
	if got := task.Instructions.Source(); got != "Please look at {days off} days.\n\n  Indented." {
		t.Errorf("instructions: %q", got)
	}
	if r := task.Recipients; len(r) != 5 || r[0].Person == nil || r[1].Group != "Finance" || r[2].Members != "Managers" || !r[3].Starter || r[4].Expr == nil {
		t.Errorf("recipients: %+v", r)
	}
	if a := task.Actions; a[0] != (process.Action{Name: "Approve", ByMail: true}) || a[1] != (process.Action{Name: "Reject", Comment: true}) {
		t.Errorf("actions: %+v", a)
	}
	if d := task.Deadline; d.Outcome != "Expired" || d.At != nil || d.After.Source() != `duration("P7DT0H0M0S")` {
		t.Errorf("deadline: %+v", d)
	}
	if n := task.Notify; n.Reply || n.Subject.Source() != "Please" || n.Body.Source() != "Dear all" {
		t.Errorf("notify: %+v", n)
	}
	gw := node(t, def, "gw")
	if f := def.Flows[gw.Default]; f.ID != "f4" || len(gw.Outgoing) != 2 || def.Flows[gw.Outgoing[0]].Condition == nil || def.Flows[gw.Outgoing[0]].Name != "yes" {
		t.Errorf("gateway: %+v", gw)
	}
	mail, late := node(t, def, "mail"), node(t, def, "late")
	if len(mail.Email.To) != 1 || len(mail.Email.Cc) != 1 || mail.Email.Body.Source() != "Done." || len(mail.Assign) != 1 {
		t.Errorf("mail: %+v", mail.Email)
	}
	if *mail.Retry != (process.Retry{Max: 3, First: time.Second, Cap: time.Minute}) {
		t.Errorf("retry: %+v", mail.Retry)
	}
	if late.Attach.To != mail.Index || late.Attach.Interrupting || mail.Boundary[0] != late.Index || late.Event.Timer.After == nil {
		t.Errorf("boundary: %+v", late)
	}
	if s := node(t, def, "call").Service; s.Method != "POST" || s.External || len(s.Header) != 1 || len(s.Outputs) != 1 || s.Body == nil {
		t.Errorf("service: %+v", s)
	}
	if a := node(t, def, "sum").Assign; len(a) != 1 || a[0].Variable != "days off" || a[0].Value.Source() != "days off * 2" {
		t.Errorf("script: %+v", a)
	}
	if tm := node(t, def, "wait").Event.Timer; tm.After != nil || tm.At.Source() != `date and time("2026-12-24T12:00:00+01:00")` {
		t.Errorf("timer: %+v", tm)
	}
	if node(t, def, "stop").Kind != process.TerminateEvent || node(t, def, "done").Kind != process.EndEvent {
		t.Error("ends")
	}
}

func TestACallOfAServiceObjectIsReadAsItIsWritten(t *testing.T) {
	def := accepted(t, workflow(`<signoff:variable name="boss"/><signoff:variable name="id"/>`, service(`<signoff:call service="office" object="Email" method="send" as="person: boss">
      <signoff:input name="to" value=" =[boss, starter.email]"/><signoff:input name="subject" value="To {boss}"/>
      <signoff:input name="body">
        Dear {boss},

          indented.
      </signoff:input>
      <signoff:output variable="id" value="result.id"/></signoff:call>`), ""))
	s := node(t, def, "a").Service
	o := s.Object
	if s.External || s.URL != nil || o.Service != "office" || o.Object != "Email" || o.Method != "send" || o.As.Starter || o.As.Person.Source() != "boss" {
		t.Fatalf("call: %+v", o)
	}
	in := o.Inputs
	if len(in) != 3 || in[0].Name != "to" || in[0].Value.Source() != "=[boss, starter.email]" || in[1].Text.Source() != "To {boss}" || in[2].Text.Source() != "Dear {boss},\n\n  indented." {
		t.Errorf("inputs: %+v", in)
	}
	if len(s.Outputs) != 1 || s.Outputs[0].Value.Source() != "result.id" {
		t.Errorf("outputs: %+v", s.Outputs)
	}
	for as, starter := range map[string]bool{"": false, `as="service"`: false, `as="starter"`: true} {
		def := accepted(t, workflow("", service(`<signoff:call service="s" object="O" method="m" `+as+`/>`), ""))
		if a := node(t, def, "a").Service.Object.As; a.Starter != starter || a.Person != nil {
			t.Errorf("%s: %+v", as, a)
		}
	}
}

func TestDrawingsAreToleratedAndDoNotRun(t *testing.T) {
	def := accepted(t, wrap(`<collaboration id="c"><participant id="pool" processRef="p"/><participant id="black"/><messageFlow id="m" sourceRef="black" targetRef="a"/></collaboration>`+
		`<message id="msg"/><dataStore id="ds"/>`+
		`<process id="other"><startEvent id="os"/><inclusiveGateway id="og"/></process>`+
		`<process id="p" isExecutable="1"><laneSet id="ls"><lane id="l"><flowNodeRef>s</flowNodeRef></lane></laneSet>`+
		`<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="a"/><manualTask id="a"><ioSpecification/><property id="pr"/></manualTask>`+
		`<sequenceFlow id="g" sourceRef="a" targetRef="e"/><endEvent id="e"/><textAnnotation id="t"><text>Hi</text></textAnnotation>`+
		`<association id="as" sourceRef="a" targetRef="t"/><group id="gr"/><dataObject id="do"/><dataObjectReference id="dr" dataObjectRef="do"/><dataStoreReference id="dsr"/></process>`))
	if len(def.Nodes) != 3 || def.Nodes[1].Kind != process.PassThrough || def.Nodes[0].Name != "s" {
		t.Errorf("nodes: %+v", def.Nodes)
	}
}

func TestABoundaryEventInterruptsUnlessItSaysNot(t *testing.T) {
	for attr, want := range map[string]bool{"": true, `cancelActivity="true"`: true, `cancelActivity="1"`: true, `cancelActivity="false"`: false, `cancelActivity="0"`: false} {
		def := accepted(t, workflow("", decide("", ""), `<boundaryEvent id="b" attachedToRef="a" `+attr+`><timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition></boundaryEvent><sequenceFlow id="f3" sourceRef="b" targetRef="e"/>`))
		if got := node(t, def, "b").Attach.Interrupting; got != want {
			t.Errorf("%q: interrupting %v", attr, got)
		}
	}
}

func TestDurationsAreReadAsISO8601Says(t *testing.T) {
	for text, want := range map[string]string{
		"P3D": "P3D", "PT4H": "PT4H", "P1DT2H3M4.5S": "P1DT2H3M4.5S", "P2W": "P14DT0H0M0S", "P1Y2M": "P14M", "P0D": "P0D", "P0Y1D": "P1DT0H0M0S",
	} {
		if d, reason := parseDuration(text); reason != "" || d.literal != want {
			t.Errorf("%s: %q %s, want %q", text, d.literal, reason, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "3D", "P1H", "PT1D", "P1.5D", "-P1D", "p1d", "P1M1D", "P1D ", "P9999999D"} {
		if d, reason := parseDuration(text); reason == "" {
			t.Errorf("%q is read as %q", text, d.literal)
		}
	}
}

func TestProblemsBecomeOneError(t *testing.T) {
	_, problems := definition(t, workflow("", `<userTask id="a" name="Ask"/>`, ""))
	err := problems.Err()
	if signoff.CodeOf(err) != "bpmn-problems" || signoff.KindOf(err) != signoff.Invalid {
		t.Fatal(err)
	}
	for _, part := range []string{`a "Ask", line 3`, "no recipients", "no actions"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
	if err := (Problems{{Reason: "only a warning", Warning: true}}).Err(); err != nil {
		t.Errorf("a warning blocks: %v", err)
	}
}

func TestReportsAreBounded(t *testing.T) {
	_, problems := definition(t, workflow("", plain, strings.Repeat(`<inclusiveGateway/>`, 3000)))
	if n := len(problems.Blocking()); n != maxProblems+1 || !strings.Contains(problems.Blocking()[n-1].Reason, "more than") {
		t.Errorf("got %d problems", n)
	}
}

func TestAnyNumberOfWarningsDoesNotBlock(t *testing.T) {
	def, problems := definition(t, workflow("", plain, strings.Repeat(`<x:y xmlns:x="u"/>`, 3000)))
	if n := len(problems); def == nil || n != maxProblems+1 || !strings.Contains(problems[n-1].Reason, "more than") {
		t.Errorf("definition %v, %d problems", def != nil, n)
	}
}

func TestEveryProblemIsToldAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, problems := definition(t, workflow(`<signoff:variable name="days" type="nummer"/>`,
		`<complexGateway id="a" name="Which?"/>`,
		"<userTask id='u'/>\n<sequenceFlow id='f9' sourceRef='a' targetRef='nowhere'/>\n<exclusiveGateway id='a'/>\n"+
			"<sequenceFlow id='g' sourceRef='a' targetRef='u'><conditionExpression>\n dayz &gt; 1</conditionExpression></sequenceFlow>"))
	want := []string{"type=\"nummer\"", "cannot run complex gateways", "no recipients", "no actions", "dead end", "\"nowhere\"", "stands twice", "\"dayz\""}
	text := ""
	for _, p := range problems.Blocking() {
		text += p.String() + "\n"
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not told", w)
		}
	}
	for i := 1; i < len(problems); i++ {
		if problems[i].Line < problems[i-1].Line {
			t.Errorf("line %d after line %d", problems[i].Line, problems[i-1].Line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
