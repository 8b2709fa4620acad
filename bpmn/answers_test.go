package bpmn

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/process"
)

// voting is a file whose user task has the attributes and elements given.
func voting(attrs, inside string) string {
	return `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="t">
<bpmn:process id="vote" isExecutable="true"><bpmn:startEvent id="start"/><bpmn:userTask id="one" name="One"><bpmn:extensionElements>
<signoff:task ` + attrs + `><signoff:recipient members="Board"/><signoff:action name="Approve"/><signoff:action name="Ask again" veto="true"/>` + inside + `</signoff:task>
</bpmn:extensionElements></bpmn:userTask><bpmn:endEvent id="end"/>
<bpmn:sequenceFlow id="a" sourceRef="start" targetRef="one"/><bpmn:sequenceFlow id="b" sourceRef="one" targetRef="end"/></bpmn:process></bpmn:definitions>`
}

func problemsIn(t *testing.T, file string) (*process.Definition, string) {
	t.Helper()
	doc, err := Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	def, problems := doc.Definition()
	var said []string
	for _, p := range problems {
		if !strings.Contains(p.Reason, "no diagram") {
			said = append(said, p.String())
		}
	}
	return def, strings.Join(said, "\n")
}

func TestHowSeveralAnswersAreReadAndWeighed(t *testing.T) {
	def, said := problemsIn(t, voting(`claiming="true" idle="PT4H" order="serial"`,
		`<signoff:answers slots="2" otherwise="None"><signoff:result outcome="Yes" action="Approve" least="2"/><signoff:result outcome="No" when="counts.Ask again &gt; 0"/></signoff:answers>
		<signoff:deadline after="P9D" outcome="Late" count="true"/><signoff:reminder before="P1D"/><signoff:reminder after="P1D" every="P1D" times="3" subject="Hello">Text</signoff:reminder>
		<signoff:reminder after="P3D"><signoff:redirect person="jane"/></signoff:reminder>`))
	if said != "" {
		t.Fatal(said)
	}
	task := def.Nodes[1].Task
	a, r := task.Answers, task.Reminders
	if a == nil || a.Rule != process.ByResults || len(a.Results) != 2 || a.Results[0].Least == nil || a.Results[1].When == nil || a.Otherwise != "None" ||
		!task.Serial || task.Idle == nil || !task.Actions[1].Veto || !task.Deadline.Count {
		t.Errorf("read as %+v, %+v", task, a)
	}
	if len(r) != 3 || r[0].Before == nil || r[1].Every == nil || r[1].Times != 3 || r[1].Body == nil || len(r[2].Redirect) != 1 {
		t.Errorf("reminders read as %+v", r)
	}
}

func TestWhatIsWrongWithAnswersRemindersAndDuties(t *testing.T) {
	for _, c := range []struct{ attrs, inside, want string }{
		{``, `<signoff:answers rule="all"/>`, "no outcome for when all have answered"},
		{``, `<signoff:answers rule="most" otherwise="x"/>`, `rule="most"`},
		{``, `<signoff:answers rule="majority" slots="0" otherwise="x"/>`, "whole number from 1 to 1000"},
		{``, `<signoff:answers rule="results" otherwise="x"/>`, "do not go together"},
		{``, `<signoff:answers rule="all" otherwise="x"><signoff:result outcome="y" action="Approve"/></signoff:answers>`, "do not go together"},
		{``, `<signoff:answers otherwise="x"><signoff:result outcome="y"/></signoff:answers>`, "needs an action or a condition"},
		{``, `<signoff:answers otherwise="x"><signoff:result outcome="y" action="Aprove"/></signoff:answers>`, "which the task does not have"},
		{``, `<signoff:answers otherwise="x"><signoff:result outcome="y" when="count.Approve &gt; 1"/></signoff:answers>`, `uses "count"`},
		{``, `<signoff:answers otherwise="x"><signoff:result outcome="y" when="true" least="2"/></signoff:answers>`, "does not say of which action"},
		{`order="serial"`, ``, "nobody but the first is ever asked"},
		{`idle="PT4H"`, ``, "a claim means nothing here"},
		{`excludeWhoDid="two"`, ``, "not a step of the workflow"},
		{`excludeWhoDid="start"`, ``, "where nobody is asked"},
		{`excludeWhoDid="one"`, ``, "who did it itself"},
		{``, `<signoff:deadline after="P1D" outcome="Late" count="true"/>`, "the first answer decides anyway"},
		{``, `<signoff:reminder/>`, "does not say when"},
		{``, `<signoff:reminder before="P1D"/>`, "there is none"},
		{``, `<signoff:reminder after="P1D" times="2"/>`, "how many times and not how often"},
		{``, `<signoff:reminder after="P1D" every="P1D"><signoff:redirect person="jane"/></signoff:reminder>`, "again and again"},
		{``, `<signoff:reminder after="P1D"/><signoff:notification send="false"/>`, "the task sends none"},
		{``, `<signoff:reminder after="soon"/>`, "soon"},
		{``, `<signoff:reminder after="P1D"><signoff:redirect person="jane" group="x"/></signoff:reminder>`, "by exactly one"},
	} {
		if _, said := problemsIn(t, voting(c.attrs, c.inside)); !strings.Contains(said, c.want) {
			t.Errorf("%s %s: got %q, want %q", c.attrs, c.inside, said, c.want)
		}
	}
}
