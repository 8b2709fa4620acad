package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/bpmn"
)

// Each element of the table that runs has a scenario whose workflow holds it;
// the engine's tests run that. Each that is refused is refused, and each that is
// kept may stand there.
func TestEveryElementIsAsTheTableSays(t *testing.T) {
	counts := map[string]int{}
	for _, row := range tableBelow(t, "| Element | signoff | Shown by |") {
		name, what, scenario := strings.Trim(row[0], "`"), row[1], strings.Trim(row[2], "`")
		counts[what]++
		switch what {
		case "runs":
			if !holds(t, scenario, func(e, _ *bpmn.Element) bool { return e.Local == name }) {
				t.Errorf("%s: the workflow of %s has none", name, scenario)
			}
		case "refused":
			if said := blocking(t, "<bpmn:"+name+` id="a"/>`); !strings.Contains(said, "signoff cannot run") {
				t.Errorf("%s is not refused: %s", name, said)
			}
		case "kept":
			if said := blocking(t, `<bpmn:task id="a"/><bpmn:`+name+"/>"); said != "" {
				t.Errorf("%s is not kept: %s", name, said)
			}
		default:
			t.Errorf("%s: %q", name, what)
		}
	}
	if counts["runs"] < 20 || counts["refused"] < 8 || counts["kept"] < 20 {
		t.Errorf("the table has lost something: %v", counts)
	}
}

// around says what keeps a small workflow from running in which an element
// stands elsewhere than between its steps: beside the process, or inside of
// something.
func around(t *testing.T, in, name string) string {
	t.Helper()
	one := "<bpmn:" + name + ` id="x"/>`
	beside, within := "", map[string]string{}
	switch in {
	case "definitions":
		beside = one
	case "collaboration", "choreography", "category":
		beside = "<bpmn:" + in + ` id="c">` + one + "</bpmn:" + in + ">"
	default:
		within[in] = one
	}
	inner := func(what string) string { return within[what] }
	return blockingIn(t, `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" targetNamespace="x">`+beside+`
		<bpmn:process id="p" isExecutable="true">`+inner("process")+`<bpmn:laneSet id="ls">`+inner("laneSet")+`<bpmn:lane id="l">`+inner("lane")+`</bpmn:lane></bpmn:laneSet>
		<bpmn:startEvent id="start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="a"/>
		<bpmn:task id="a"><bpmn:ioSpecification id="io">`+inner("ioSpecification")+`</bpmn:ioSpecification>`+inner("task")+`</bpmn:task>
		<bpmn:dataObject id="do">`+inner("dataObject")+`</bpmn:dataObject><bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="end"/><bpmn:endEvent id="end"/></bpmn:process></bpmn:definitions>`)
}

// Likewise what stands beside a process, and inside of its elements.
func TestEveryElementAroundIsAsTheTableSays(t *testing.T) {
	rows := tableBelow(t, "| Element | In | signoff |")
	if len(rows) < 50 {
		t.Errorf("the table has lost something: %d rows", len(rows))
	}
	for _, row := range rows {
		name, in := strings.Trim(row[0], "`"), strings.Trim(row[1], "`")
		said := around(t, in, name)
		switch what := row[2]; {
		case (what == "kept" || what == "read") && said != "":
			t.Errorf("%s in %s is not kept: %s", name, in, said)
		case what == "refused" && said == "":
			t.Errorf("%s in %s is not refused", name, in)
		case what != "kept" && what != "read" && what != "refused":
			t.Errorf("%s: %q", name, what)
		}
	}
}

// place is where an event can stand, as the columns of the second table.
type place struct {
	element string
	beside  bool // in an event sub-process
}

var places = []place{{"startEvent", false}, {"startEvent", true}, {"intermediateCatchEvent", false}, {"boundaryEvent", false}, {"intermediateThrowEvent", false}, {"endEvent", false}}

// Likewise each trigger in each place.
func TestEveryTriggerStandsWhereTheTableSays(t *testing.T) {
	rows := tableBelow(t, "| Trigger | Start | Start of an event sub-process | Catch | Edge | Throw | End |")
	if len(rows) != 10 {
		t.Errorf("%d triggers", len(rows))
	}
	for _, row := range rows {
		trigger := strings.Trim(row[0], "`")
		for i, at := range places {
			cell := row[i+1]
			if cell == "no" {
				if said := blocking(t, at.with(trigger)); !strings.Contains(said, "cannot") {
					t.Errorf("%s in %+v is not refused: %s", trigger, at, said)
				}
				continue
			}
			scenario := strings.Trim(cell, "`")
			if !holds(t, scenario, func(e, in *bpmn.Element) bool {
				return e.Local == trigger && in.Local == at.element && at.beside == besideEvent(t, scenario, in)
			}) {
				t.Errorf("%s in %+v: the workflow of %s has none", trigger, at, scenario)
			}
		}
	}
}

// with draws an event with a trigger in the place.
func (p place) with(trigger string) string {
	inner := map[string]string{"timerEventDefinition": "<bpmn:timeDuration>P1D</bpmn:timeDuration>", "conditionalEventDefinition": "<bpmn:condition>true</bpmn:condition>"}[trigger]
	event := func(id, attrs string) string {
		return fmt.Sprintf(`<bpmn:%s id=%q %s><bpmn:%s name="N">%s</bpmn:%s></bpmn:%s>`, p.element, id, attrs, trigger, inner, trigger, p.element)
	}
	to := func(from, target string) string {
		return fmt.Sprintf(`<bpmn:sequenceFlow id="%s_%s" sourceRef=%q targetRef=%q/>`, from, target, from, target)
	}
	switch {
	case p.beside:
		return `<bpmn:task id="a"/><bpmn:subProcess id="sub" triggeredByEvent="true">` + event("x", "") + to("x", "y") + `<bpmn:endEvent id="y"/></bpmn:subProcess>`
	case p.element == "startEvent":
		return `<bpmn:task id="a"/>` + event("x", "") + to("x", "a")
	case p.element == "boundaryEvent":
		return `<bpmn:serviceTask id="a"><bpmn:extensionElements><signoff:external/></bpmn:extensionElements></bpmn:serviceTask>` + event("x", `attachedToRef="a"`) + to("x", "end")
	case p.element == "endEvent":
		return `<bpmn:task id="a"/>` + event("x", "") + to("a", "x")
	}
	return event("a", "")
}

// blocking says why a workflow cannot run in which inner stands, with a step "a"
// between start and end; "" when it can.
func blocking(t *testing.T, inner string) string {
	t.Helper()
	return blockingIn(t, `<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" targetNamespace="x">
		<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="a"/>`+inner+
		`<bpmn:sequenceFlow id="f2" sourceRef="a" targetRef="end"/><bpmn:endEvent id="end"/></bpmn:process></bpmn:definitions>`)
}

// blockingIn says what keeps a file from running; "" when it runs.
func blockingIn(t *testing.T, src string) string {
	t.Helper()
	doc, err := bpmn.Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	_, problems := doc.Definition()
	var said []string
	for _, p := range problems.Blocking() {
		said = append(said, p.String())
	}
	return strings.Join(said, "\n")
}

// workflowOf reads the workflow a scenario is about.
func workflowOf(t *testing.T, scenario string) *bpmn.Document {
	t.Helper()
	text, err := os.ReadFile("../engine/testdata/" + scenario + ".scenario")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut("\n"+string(text), "\nprocess ")
	file, _, _ := strings.Cut(after, "\n")
	src, err := os.ReadFile("../engine/testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := bpmn.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// holds tells whether the workflow of a scenario has an element that is meant;
// in is the element it stands in.
func holds(t *testing.T, scenario string, meant func(e, in *bpmn.Element) bool) bool {
	t.Helper()
	for in := range workflowOf(t, scenario).Root.Descendants() {
		for e := range in.Elements() {
			if meant(e, in) {
				return true
			}
		}
	}
	return false
}

// besideEvent tells whether an event stands in an event sub-process.
func besideEvent(t *testing.T, scenario string, event *bpmn.Element) bool {
	t.Helper()
	for sub := range workflowOf(t, scenario).Root.Descendants() {
		if sub.Get("triggeredByEvent") != "true" {
			continue
		}
		for e := range sub.Elements() {
			if e.Get("id") == event.Get("id") {
				return true
			}
		}
	}
	return false
}

// tableBelow returns the rows of the table of the page that has that header.
func tableBelow(t *testing.T, header string) [][]string {
	t.Helper()
	_, after, found := strings.Cut(read(t, workflows), "\n"+header+"\n")
	if !found {
		t.Fatalf("there is no table %s", header)
	}
	var out [][]string
	for line := range strings.Lines(after) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		cells := strings.Split(strings.TrimSpace(line), "|")
		cells = cells[1 : len(cells)-1]
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		out = append(out, cells)
	}
	return out
}
