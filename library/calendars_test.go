package library

import (
	"context"
	"errors"
	"strings"
	"testing"
)

const countedFile = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="counted" name="Counted" isExecutable="true"><bpmn:extensionElements><signoff:workflow calendar="Office"/></bpmn:extensionElements>
    <bpmn:startEvent id="start"/><bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
    <bpmn:userTask id="ask" name="Ask"><bpmn:extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="Done"/>
      <signoff:deadline after="PT1H" working="true" outcome="Late"/><signoff:reminder after="PT1H" calendar="Night"/></signoff:task></bpmn:extensionElements></bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="wait"/>
    <bpmn:intermediateCatchEvent id="wait" name="Wait"><bpmn:extensionElements><signoff:timer calendar="Plant"/></bpmn:extensionElements>
      <bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="f3" sourceRef="wait" targetRef="end"/><bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>`

func TestACalendarThatIsNotThereIsNotedWhenAFileIsDeployed(t *testing.T) {
	l := open(t)
	there := map[string]bool{"Plant": true}
	l.HasCalendar = func(_ context.Context, name string) (bool, error) { return there[name], nil }
	d, err := l.Deploy(t.Context(), admin, []byte(countedFile))
	must(t, err)
	var got []string
	for _, w := range d.Warnings {
		if !strings.Contains(w.Reason, "calendar") {
			continue // it has no diagram either
		}
		got = append(got, w.Element+": "+w.Reason)
		if !w.Warning || !strings.Contains(w.Advice, "Manage › Events › Calendars") {
			t.Errorf("%+v", w)
		}
	}
	want := `: it counts by the calendar "Office", and there is none of that name|ask: it counts by the calendar "Night", and there is none of that name`
	if strings.Join(got, "|") != want {
		t.Errorf("told %q", got)
	}
	there["Office"], there["Night"] = true, true
	if d, err = l.Deploy(t.Context(), admin, []byte(strings.Replace(countedFile, `name="Counted"`, `name="Again"`, 1))); err != nil || len(d.Warnings) != 1 || strings.Contains(d.Warnings[0].Reason, "calendar") {
		t.Errorf("with the calendars made: %+v, %v", d.Warnings, err)
	}
	l.HasCalendar = func(context.Context, string) (bool, error) { return false, errors.New("the database is away") }
	if _, err = l.Deploy(t.Context(), admin, []byte(countedFile)); err == nil {
		t.Error("what could not be looked for counts as there")
	}
}
