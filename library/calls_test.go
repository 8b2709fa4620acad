package library

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

const callingFile = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="calls" name="Calls" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="one"/>
    <bpmn:serviceTask id="one" name="First"><bpmn:extensionElements><signoff:call service="SERVICE" object="Email" method="METHOD"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="one" targetRef="two"/>
    <bpmn:serviceTask id="two" name="Second"><bpmn:extensionElements><signoff:call service="SERVICE" object="Email" method="METHOD"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f3" sourceRef="two" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>`

func callingXML(service, method string) []byte {
	return []byte(strings.NewReplacer("SERVICE", service, "METHOD", method).Replace(callingFile))
}

// office is a service that everybody may use, and vault is the administrators';
// both have Email with send.
type office struct {
	asked int
	away  error
}

func (o *office) Check(_ context.Context, by signoff.Caller, service, object, method string) error {
	o.asked++
	switch {
	case o.away != nil:
		return o.away
	case service != "office" && (service != "vault" || !by.Admin && by.How != access.System.How):
		return &signoff.Error{Kind: signoff.NotFound, Code: "service-not-found", Detail: "there is no service " + service, Hint: "did you mean office?"}
	case method != "send":
		return &signoff.Error{Kind: signoff.NotFound, Code: "service-method-unknown", Detail: object + " has no method " + method, Hint: "look at what it offers"}
	}
	return nil
}

func TestWhatAFileCallsIsLookedForWhenItIsDeployed(t *testing.T) {
	l, o := open(t), &office{}
	l.Objects = o
	anaMay := ana
	anaMay.Deploy = true
	for _, c := range []struct {
		by              signoff.Caller
		service, method string
		warning         string // "": none
		refused         bool
	}{
		{anaMay, "office", "send", "", false},
		{anaMay, "offce", "send", `one "First": there is no service offce. Did you mean office? When the step is come to, it becomes an incident.`, false},
		{anaMay, "office", "sned", "Email has no method sned. Look at what it offers. When", false},
		{admin, "vault", "send", "", false},
		{anaMay, "vault", "send", "", true}, // it is hidden from her, and there
		{anaMay, "vault", "sned", "", true}, // and she is not to wait for the method either
		{admin, "vault", "sned", "Email has no method sned", false},
	} {
		d, err := l.Deploy(t.Context(), c.by, callingXML(c.service, c.method))
		if c.refused {
			e, ok := errors.AsType[*signoff.Error](err)
			if !ok || e.Code != "bpmn-problems" || len(e.Fields) != 2 || !strings.Contains(e.Fields[0].Detail, "may not use") {
				t.Errorf("%s.%s: %v", c.service, c.method, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s.%s: %v", c.service, c.method, err)
		}
		var calls []string
		for _, w := range d.Warnings {
			if w.Element == "one" || w.Element == "two" {
				calls = append(calls, w.String())
			}
		}
		if c.warning == "" && len(calls) > 0 || c.warning != "" && (len(calls) != 2 || !strings.Contains(calls[0], c.warning)) {
			t.Errorf("%s.%s: warned of %q", c.service, c.method, calls)
		}
	}
	o.asked = 0
	if _, err := l.Deploy(t.Context(), anaMay, callingXML("office", "send")); err != nil || o.asked != 1 {
		t.Errorf("two steps that call the same: asked %d times, %v", o.asked, err)
	}
	o.away = errors.New("no disk")
	if _, err := l.Deploy(t.Context(), anaMay, callingXML("office", "send")); err == nil || !errors.Is(err, o.away) {
		t.Errorf("what cannot be known is no warning: %v", err)
	}
}
