package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/store"
)

const callWorkflow = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" id="d" targetNamespace="https://signoffhq.org/test">
  <bpmn:process id="note" name="Note" isExecutable="true">
    <bpmn:startEvent id="start"/>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="write"/>
    <bpmn:serviceTask id="write" name="Write it down"><bpmn:extensionElements><signoff:call service="office" object="Task" method="create" as="starter"/></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:sequenceFlow id="f2" sourceRef="write" targetRef="end"/>
    <bpmn:endEvent id="end"/>
  </bpmn:process>
</bpmn:definitions>`

// parkedFor starts an instance as somebody and parks its step for a need.
func parkedFor(t *testing.T, w *apitest.World, login string, n oauth.Need, who signoff.Principal) signoff.InstanceID {
	t.Helper()
	id := w.Begin(t, login, "note", nil)
	st := w.API.Runner.Store
	jobs, err := st.TakeJobs(t.Context(), "x", engine.DoCall, time.Now().Add(time.Minute), time.Hour, 10)
	must(t, err)
	if len(jobs) != 1 {
		t.Fatalf("taken: %+v", jobs)
	}
	why := signoff.Mention(who) + " has to connect their account to Office"
	if who == "" {
		why = "the service account has to be connected to Office"
	}
	must(t, st.ParkFor(t.Context(), jobs[0].Hold(), store.Want{For: n.Key(), Who: who, Why: why}, time.Now()))
	return id
}

func TestPeopleSeeWhichConnectionsWorkWaitsFor(t *testing.T) {
	w := apitest.Start(t)
	_, err := w.API.Library.Deploy(t.Context(), access.System, []byte(callWorkflow))
	must(t, err)
	ana := w.Caller(t, "ana").Principal
	hers, ours := oauth.Need{Resource: "office", Owner: ana}, oauth.Need{Resource: "office"}
	id := parkedFor(t, w, "ana", hers, ana)
	parkedFor(t, w, "ana", hers, ana)
	parkedFor(t, w, "jane", ours, "")

	instance := func(who string, id signoff.InstanceID) api.Waiting {
		t.Helper()
		var in api.InstanceDetail
		_, _, text := ask(t, w, who, "GET", fmt.Sprintf("/api/v1/instances/%d", id), "")
		must(t, json.Unmarshal([]byte(text), &in))
		if len(in.Waiting) != 1 {
			t.Fatalf("waits for %+v", in.Waiting)
		}
		return in.Waiting[0]
	}
	one := instance("ana", id)
	if one.Kind != "connection" || one.Connect != hers.Name() || one.Why != "Ana Asker has to connect their account to Office." ||
		len(one.For) != 1 || one.For[0].ID != string(ana) || one.Serial == "" || one.Since == nil {
		t.Errorf("the instance waits for %+v", one)
	}
	if third := instance("admin", id+2); third.Kind != "connection" || len(third.For) != 0 || third.Connect != ours.Name() {
		t.Errorf("the administrator's waits for %+v", third)
	}

	for _, query := range []string{"", "?scope=all", "?status=running"} {
		var all api.List[api.Instance]
		_, _, text := ask(t, w, "admin", "GET", "/api/v1/instances"+query, "")
		if query != "?scope=all" {
			_, _, text = ask(t, w, "ana", "GET", "/api/v1/instances"+query, "")
		}
		must(t, json.Unmarshal([]byte(text), &all))
		for _, in := range all.Items {
			if len(in.Waiting) != 1 || in.Waiting[0].Kind != "connection" || in.Waiting[0].Why == "" || strings.Contains(in.Waiting[0].Why, "user:") {
				t.Errorf("in the list %q instance %d waits for %+v", query, in.ID, in.Waiting)
			}
		}
		if want := map[string]int{"": 2, "?scope=all": 3, "?status=running": 2}[query]; len(all.Items) != want {
			t.Errorf("the list %q has %d instances", query, len(all.Items))
		}
	}

	list := func(who, query string) api.List[api.WaitingConnection] {
		t.Helper()
		var l api.List[api.WaitingConnection]
		status, _, text := ask(t, w, who, "GET", "/api/v1/me/waiting-connections"+query, "")
		if status != 200 {
			t.Fatalf("%d %s", status, text)
		}
		must(t, json.Unmarshal([]byte(text), &l))
		return l
	}
	if l := list("ana", ""); len(l.Items) != 1 || l.Items[0].Steps != 2 || l.Items[0].Service || l.Items[0].Connect != hers.Name() || l.Items[0].Why != one.Why || l.Next != "" {
		t.Errorf("Ana's: %+v", l)
	}
	if l := list("admin", ""); len(l.Items) != 1 || !l.Items[0].Service || l.Items[0].Connect != ours.Name() {
		t.Errorf("the administrator's: %+v", l)
	}
	if l := list("eve", ""); len(l.Items) != 0 {
		t.Errorf("Eve's: %+v", l)
	}
	other := oauth.Need{Resource: "post", Owner: ana}
	parkedFor(t, w, "ana", other, ana)
	first := list("ana", "?limit=1")
	if len(first.Items) != 1 || first.Next == "" {
		t.Fatalf("the first page: %+v", first)
	}
	if l := list("ana", "?limit=1&cursor="+first.Next); len(l.Items) != 1 || l.Next != "" || l.Items[0].Connect != other.Name() {
		t.Errorf("the second page: %+v", l)
	}
	if status, p, _ := ask(t, w, "ana", "GET", "/api/v1/me/waiting-connections?cursor=***", ""); status != 422 || p.Code != "bad-cursor" {
		t.Errorf("a cursor that is none: %d %s", status, p.Code)
	}

	for who, code := range map[string]string{"eve": "step-not-parked", "ana": ""} {
		status, p, _ := ask(t, w, who, "POST", "/api/v1/steps/"+one.Serial+"/retry", "")
		if p.Code != code || code == "" && status >= 300 {
			t.Errorf("%s: %d %s", who, status, p.Code)
		}
	}
	due, err := w.API.Runner.Store.NextJob(t.Context(), engine.DoCall)
	must(t, err)
	if due.IsZero() {
		t.Error("the step does not look again")
	}
}

func TestRemovingAResourceMakesIncidentsOfWhatWaitsForIt(t *testing.T) {
	w := apitest.Start(t)
	_, err := w.API.Library.Deploy(t.Context(), access.System, []byte(callWorkflow))
	must(t, err)
	status, _, text := ask(t, w, "admin", "POST", "/api/v1/oauth/resources",
		`{"name":"office","title":"Office","type":"openid","issuer":"https://login.example.com","clientId":"x","auth":"none"}`)
	if status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	ana := w.Caller(t, "ana").Principal
	id := parkedFor(t, w, "ana", oauth.Need{Resource: "office", Owner: ana}, ana)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, alive := w.API.Runner.NodeID(); alive {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not join")
		}
	}
	if status, _, text := ask(t, w, "admin", "DELETE", "/api/v1/oauth/resources/office", ""); status >= 300 {
		t.Fatalf("%d %s", status, text)
	}
	var in api.InstanceDetail
	_, _, text = ask(t, w, "ana", "GET", fmt.Sprintf("/api/v1/instances/%d", id), "")
	must(t, json.Unmarshal([]byte(text), &in))
	if len(in.Problems) != 1 || in.Problems[0].Code != "oauth-resource-not-found" || in.Problems[0].Attempts != 1 {
		t.Errorf("problems: %+v", in.Problems)
	}
}
