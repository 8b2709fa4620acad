package httpapi_test

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff/httpapi/apitest"
)

const elsewhere = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="x">
<process id="%KEY%" name="Stamp" isExecutable="true">
<startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
<userTask id="t" name="Stamp it" camunda:assignee="ana"/><sequenceFlow id="f2" sourceRef="t" targetRef="e"/>
<endEvent id="e"/></process></definitions>`

// A file of another engine comes back in signoff's words, with what became of
// it, and can be deployed; nothing was stored before that.
func TestAFileOfAnotherEngineIsMovedIn(t *testing.T) {
	w := apitest.Start(t)
	admin := as(w, "admin")
	got, err := admin.ImportWorkflow(t.Context(), []byte(strings.Replace(elsewhere, "%KEY%", "stamp", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Runs || len(got.Engines) != 1 || got.Engines[0] != "Camunda 7" || !strings.Contains(got.BPMN, `<signoff:recipient person="ana"/>`) {
		t.Errorf("%+v", got)
	}
	changed := false
	for _, f := range got.Findings {
		changed = changed || f.Outcome == "changed" && f.What == "assignee" && f.From == "ana" && f.Line == 4
	}
	if !changed {
		t.Errorf("%+v", got.Findings)
	}
	if status, _, _ := ask(t, w, "admin", "GET", "/api/v1/workflows/stamp", ""); status != 404 {
		t.Errorf("it is there already: %d", status)
	}
	if _, err := admin.Deploy(t.Context(), []byte(got.BPMN)); err != nil {
		t.Error(err)
	}
}

// Who administers a workflow may move in a new version of it, and no other.
func TestMovingInNeedsTheRightToDeploy(t *testing.T) {
	w := apitest.Start(t)
	file := func(key string) string { return strings.Replace(elsewhere, "%KEY%", key, 1) }
	if status, p, _ := ask(t, w, "eve", "POST", "/api/v1/workflows/import", file("stamp")); status != 403 || p.Code != "not-allowed" {
		t.Errorf("eve: %d %+v", status, p)
	}
	ask(t, w, "admin", "PUT", "/api/v1/workflows/leave/rights", `{"grants":[{"who":"eve","right":"administer"}]}`)
	if status, p, _ := ask(t, w, "eve", "POST", "/api/v1/workflows/import", file("leave")); status != 200 {
		t.Errorf("eve on her own: %d %+v", status, p)
	}
	if status, p, _ := ask(t, w, "eve", "POST", "/api/v1/workflows/import", file("stamp")); status != 403 {
		t.Errorf("eve on another: %d %+v", status, p)
	}
	if status, p, _ := ask(t, w, "admin", "POST", "/api/v1/workflows/import", "<html>"); status != 422 && status != 400 {
		t.Errorf("no BPMN: %d %+v", status, p)
	}
}
