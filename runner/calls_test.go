package runner

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// model is a BPMN file of what stands inside its definitions.
func model(inside string) []byte {
	return []byte(`<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:signoff="https://signoffhq.org/bpmn/1" targetNamespace="t">` + inside + `</definitions>`)
}

// buying calls paying, and goes another way when that is too dear.
var buying = model(`<error id="dear" errorCode="too-dear"/>
<process id="buying" name="Buying" isExecutable="true">
  <extensionElements><signoff:variable name="price" type="number" input="true"/><signoff:variable name="paid" type="number"/><signoff:variable name="way" type="string"/></extensionElements>
  <startEvent id="start"/>
  <callActivity id="pay" name="Pay" calledElement="paying">
    <extensionElements><signoff:input name="amount" value="=price"/><signoff:output variable="paid" value="result.amount + 1"/></extensionElements>
  </callActivity>
  <boundaryEvent id="caught" attachedToRef="pay"><errorEventDefinition errorRef="dear"/></boundaryEvent>
  <boundaryEvent id="late" attachedToRef="pay"><timerEventDefinition><timeDuration>P2D</timeDuration></timerEventDefinition></boundaryEvent>
  <endEvent id="end"/><endEvent id="dearEnd"/><endEvent id="lateEnd"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="pay"/><sequenceFlow id="f2" sourceRef="pay" targetRef="end"/>
  <sequenceFlow id="f3" sourceRef="caught" targetRef="dearEnd"/><sequenceFlow id="f4" sourceRef="late" targetRef="lateEnd"/>
</process>`)

// paying waits for an answer, or ends at once: with an error when it is too dear.
var paying = model(`<error id="dear" errorCode="too-dear"/>
<process id="paying" name="Paying" isExecutable="true">
  <extensionElements><signoff:variable name="amount" type="number" required="true"/></extensionElements>
  <startEvent id="start"/><exclusiveGateway id="how" default="ask_"/>
  <userTask id="ask"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="Approve"/><signoff:action name="Reject"/><signoff:notification send="false"/></signoff:task></extensionElements></userTask>
  <exclusiveGateway id="said" default="ok"/>
  <endEvent id="end"/><endEvent id="small"/><endEvent id="bad"><errorEventDefinition errorRef="dear"/></endEvent>
  <sequenceFlow id="f1" sourceRef="start" targetRef="how"/>
  <sequenceFlow id="f2" sourceRef="how" targetRef="small"><conditionExpression>amount &lt; 10</conditionExpression></sequenceFlow>
  <sequenceFlow id="ask_" sourceRef="how" targetRef="ask"/><sequenceFlow id="f4" sourceRef="ask" targetRef="said"/>
  <sequenceFlow id="no" sourceRef="said" targetRef="bad"><conditionExpression>outcome = "Reject"</conditionExpression></sequenceFlow>
  <sequenceFlow id="ok" sourceRef="said" targetRef="end"/>
</process>`)

func (w *world) begin(t testing.TB, workflow string, vars map[string]any) signoff.InstanceID {
	t.Helper()
	id, err := w.Start(t.Context(), ana, StartRequest{Workflow: workflow, Vars: vars})
	must(t, err)
	synctest.Wait()
	return id
}

// child is the only instance that another one has begun and that still runs.
func (w *world) child(t testing.TB, id signoff.InstanceID) store.Instance {
	t.Helper()
	list, err := w.Store.Children(t.Context(), id, 10)
	must(t, err)
	for _, c := range list {
		if c.State.Status == engine.Running {
			return c.Instance
		}
	}
	t.Fatalf("instance %d has begun %d instances, and none runs", id, len(list))
	return store.Instance{}
}

// incident is the only one an instance has.
func (w *world) incident(t testing.TB, id signoff.InstanceID) engine.Incident {
	t.Helper()
	st := w.state(t, id)
	if len(st.Incidents) != 1 {
		t.Fatalf("%s with the incidents %+v", st.Status, st.Incidents)
	}
	return st.Incidents[0]
}

// whole wants that everything stored agrees with the histories.
func (w *world) whole(t testing.TB) {
	t.Helper()
	_, differ, err := w.Store.AuditAll(t.Context(), nil)
	must(t, err)
	if len(differ) > 0 {
		t.Errorf("stored wrongly: %s", strings.Join(differ, "\n"))
	}
}

func TestACalledWorkflowRunsOnceAndBringsBackWhatItEndedWith(t *testing.T) {
	inTown(t, paying, func(t *testing.T, w *world) {
		w.deploy(t, buying)
		id := w.begin(t, "buying", map[string]any{"price": 50})
		c := w.child(t, id)
		if step := c.CalledBy(); step.Instance != id || c.State.Starter.Principal != "user:1" {
			t.Fatalf("called by %v for %v", step, c.State.Starter)
		}
		w.act(t, jane, c.ID, "Approve")
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed || expr.Text(st.Vars["paid"]) != "51" {
			t.Fatalf("%s with %v", st.Status, st.Vars)
		}
		small := w.begin(t, "buying", map[string]any{"price": 5}) // whose child ends as it begins
		if st := w.state(t, small); st.Status != engine.Completed || expr.Text(st.Vars["paid"]) != "6" {
			t.Fatalf("%s with %v", st.Status, st.Vars)
		}
		list, err := w.Store.Children(t.Context(), small, 10)
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("%d children", len(list))
		}
		w.whole(t)
	})
}

func TestAnErrorOfACalledWorkflowGoesTheWayThatCatchesIt(t *testing.T) {
	inTown(t, paying, func(t *testing.T, w *world) {
		w.deploy(t, buying)
		id := w.begin(t, "buying", map[string]any{"price": 50})
		w.act(t, jane, w.child(t, id).ID, "Reject")
		synctest.Wait()
		st := w.state(t, id)
		facts, err := w.Store.Facts(t.Context(), id, 0, 100)
		must(t, err)
		caught := false
		for _, f := range facts {
			caught = caught || f.Kind == engine.ErrorCaught && f.Code == "too-dear"
		}
		if st.Status != engine.Completed || !caught || st.Vars["paid"] != nil {
			t.Fatalf("%s, caught %v, %v", st.Status, caught, st.Vars)
		}
		w.whole(t)
	})
}

func TestWhatACancelledInstanceHasCalledIsCancelled(t *testing.T) {
	inTown(t, paying, func(t *testing.T, w *world) {
		w.deploy(t, buying)
		id := w.begin(t, "buying", map[string]any{"price": 50})
		c := w.child(t, id)
		_, err := w.Do(t.Context(), ana, id, engine.Cancel{Reason: "no money"}, "")
		must(t, err)
		synctest.Wait()
		if st := w.state(t, c.ID); st.Status != engine.Cancelled {
			t.Fatalf("the instance it called is %s", st.Status)
		}
		// Likewise when something on its edge comes first.
		id = w.begin(t, "buying", map[string]any{"price": 50})
		c = w.child(t, id)
		time.Sleep(49 * time.Hour)
		synctest.Wait()
		if st, is := w.state(t, id), w.state(t, c.ID); st.Status != engine.Completed || is.Status != engine.Cancelled {
			t.Fatalf("%s, and what it called is %s", st.Status, is.Status)
		}
		w.whole(t)
	})
}

func TestACallThatCameToNothingIsMadeAgainByARetry(t *testing.T) {
	inTown(t, paying, func(t *testing.T, w *world) {
		w.deploy(t, buying)
		id := w.begin(t, "buying", map[string]any{"price": 50})
		first := w.child(t, id)
		_, err := w.Do(t.Context(), ana, first.ID, engine.Cancel{Reason: "by mistake"}, "")
		must(t, err)
		synctest.Wait()
		i := w.incident(t, id)
		if i.Code != CodeWorkflowCancelled || i.Attempts != 1 {
			t.Fatalf("%+v", i)
		}
		w.retry(t, id, i)
		synctest.Wait()
		second := w.child(t, id)
		if second.ID == first.ID {
			t.Fatal("the instance that was cancelled goes on")
		}
		w.act(t, jane, second.ID, "Approve")
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Fatalf("%s", st.Status)
		}
		w.whole(t)
	})
}

func TestACallThatCannotBeMadeIsAnIncidentThatSaysWhy(t *testing.T) {
	inTown(t, buying, func(t *testing.T, w *world) {
		i := w.incident(t, w.begin(t, "buying", map[string]any{"price": 50}))
		if i.Code != "workflow-not-found" || !strings.Contains(i.Cause, "paying") || i.Advice == "" {
			t.Fatalf("%+v", i)
		}
		w.deploy(t, []byte(strings.ReplaceAll(string(paying), `name="amount" type="number"`, `name="amount" type="date"`)))
		i = w.incident(t, w.begin(t, "buying", map[string]any{"price": 50}))
		if i.Code != engine.CodeBadVariables || !strings.Contains(i.Cause, "amount") {
			t.Fatalf("%+v", i)
		}
	})
}

func TestWhoeverDeployedTheCallerMustBeAllowedToStartWhatItCalls(t *testing.T) {
	inTown(t, paying, func(t *testing.T, w *world) {
		author := bob
		author.Deploy = true
		w.Standing = func(_ context.Context, p signoff.Principal) (signoff.Caller, error) { return author, nil }
		_, err := w.Library.Deploy(t.Context(), author, buying)
		must(t, err)
		wf, err := w.Library.Lookup(t.Context(), ana, "paying")
		must(t, err)
		must(t, w.Library.SetGrants(t.Context(), access.System, wf.ID, nil))
		i := w.incident(t, w.begin(t, "buying", map[string]any{"price": 50}))
		if i.Code != "workflow-not-found" && i.Code != CodeDeployerMayNot {
			t.Fatalf("%+v", i)
		}
	})
}

func TestWorkflowsThatCallThemselvesEndAtTheLimit(t *testing.T) {
	self := model(`<process id="self" isExecutable="true"><startEvent id="s"/><userTask id="t"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="Go"/><signoff:notification send="false"/></signoff:task></extensionElements></userTask>
		<callActivity id="c" calledElement="self"/><endEvent id="e"/>
		<sequenceFlow id="f0" sourceRef="s" targetRef="t"/><sequenceFlow id="f1" sourceRef="t" targetRef="c"/><sequenceFlow id="f2" sourceRef="c" targetRef="e"/></process>`)
	inTown(t, self, func(t *testing.T, w *world) {
		id := w.begin(t, "self", nil)
		first, n := id, 0
		for ; n < 40; n++ {
			w.act(t, jane, id, "Go")
			synctest.Wait()
			if len(w.state(t, id).Incidents) > 0 {
				break
			}
			id = w.child(t, id).ID
		}
		if i := w.incident(t, id); n != maxDepth || i.Code != CodeTooDeep {
			t.Fatalf("after %d calls: %+v", n, i)
		}
		_, err := w.Do(t.Context(), ana, first, engine.Cancel{Reason: "endless"}, "")
		must(t, err)
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Cancelled {
			t.Fatalf("the last is %s", st.Status)
		}
	})
}
