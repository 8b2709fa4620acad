package runner

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// order waits to be paid, by its number; placing one by message begins it.
var order = model(`<message id="m1" name="paid"/><message id="m2" name="placed"/><signal id="s1" name="closing"/>
<process id="order" name="Order" isExecutable="true">
  <extensionElements><signoff:variable name="number" type="number" input="true"/><signoff:variable name="sum" type="number"/></extensionElements>
  <startEvent id="start"/>
  <startEvent id="placed"><messageEventDefinition messageRef="m2"/></startEvent>
  <receiveTask id="wait" name="Wait for the money" messageRef="m1">
    <extensionElements><signoff:message key="number"/><signoff:output variable="sum" value="message.sum"/></extensionElements>
  </receiveTask>
  <boundaryEvent id="closed" attachedToRef="wait"><signalEventDefinition signalRef="s1"/></boundaryEvent>
  <endEvent id="end"/><endEvent id="closedEnd"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/><sequenceFlow id="f2" sourceRef="placed" targetRef="wait"/>
  <sequenceFlow id="f3" sourceRef="wait" targetRef="end"/><sequenceFlow id="f4" sourceRef="closed" targetRef="closedEnd"/>
</process>`)

var root = func() signoff.Caller { c := caller("user:9", "root"); c.Admin = true; return c }()

func (w *world) send(t testing.TB, by signoff.Caller, req SendRequest) store.Message {
	t.Helper()
	m, err := w.Send(t.Context(), by, req)
	must(t, err)
	return m
}

func (w *world) message(t testing.TB, id int64) store.Message {
	t.Helper()
	m, err := w.Store.Message(t.Context(), id)
	must(t, err)
	return m
}

func paidFor(number string, sum int) SendRequest {
	return SendRequest{Name: "paid", Key: number, Vars: map[string]any{"sum": sum}}
}

func TestAMessageGoesToTheOneThatWaitsForItsKey(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		one, two := w.begin(t, "order", map[string]any{"number": 1}), w.begin(t, "order", map[string]any{"number": 2})
		m := w.send(t, root, paidFor("2", 30))
		if m.State != store.MessageDelivered || m.Instance != two || m.Node != "wait" || m.Begun || m.Vars != "" {
			t.Fatalf("%+v", m)
		}
		if a, b := w.state(t, one), w.state(t, two); a.Status != engine.Running || b.Status != engine.Completed || expr.Text(b.Vars["sum"]) != "30" {
			t.Fatalf("%s, %s with %v", a.Status, b.Status, b.Vars)
		}
		w.whole(t)
	})
}

func TestAMessageWaitsForSomebodyToWantIt(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		first, second := w.send(t, root, paidFor("7", 1)), w.send(t, root, paidFor("7", 2))
		if first.State != store.MessageWaiting {
			t.Fatalf("%+v", first)
		}
		time.Sleep(time.Hour)
		id := w.begin(t, "order", map[string]any{"number": 7})
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed || expr.Text(st.Vars["sum"]) != "1" {
			t.Fatalf("%s with %v", st.Status, st.Vars)
		}
		if a, b := w.message(t, first.ID), w.message(t, second.ID); a.State != store.MessageDelivered || b.State != store.MessageWaiting {
			t.Fatalf("%+v, %+v", a, b)
		}
		w.whole(t)
	})
}

func TestAMessageNobodyWantedIsMissedAndSaysWhoCameNear(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		id := w.begin(t, "order", map[string]any{"number": 4711})
		hour := time.Hour
		wrongKey, wrongName := paidFor("4712", 1), SendRequest{Name: "piad", Keep: &hour}
		wrongKey.Keep = &hour
		a, b := w.send(t, root, wrongKey), w.send(t, root, wrongName)
		time.Sleep(59 * time.Minute)
		if m := w.message(t, a.ID); m.State != store.MessageWaiting {
			t.Fatalf("missed too early: %+v", m)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		a, b = w.message(t, a.ID), w.message(t, b.ID)
		if a.State != store.MessageMissed || !strings.Contains(a.Near, fmt.Sprintf(`"instance":%d`, id)) || !strings.Contains(a.Near, `"key":"4711"`) {
			t.Fatalf("%+v", a)
		}
		if b.State != store.MessageMissed || !strings.Contains(b.Near, `"meant":"paid"`) {
			t.Fatalf("%+v", b)
		}
		// It is too late now.
		late := w.begin(t, "order", map[string]any{"number": 4712})
		if st := w.state(t, late); st.Status != engine.Running {
			t.Fatalf("%s", st.Status)
		}
		at := SendRequest{Name: "paid", Key: "9", Keep: new(time.Duration)}
		if m := w.send(t, root, at); m.State != store.MessageMissed {
			t.Fatalf("one that does not wait: %+v", m)
		}
	})
}

func TestTheSameMessageIsTakenInOnce(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		req := SendRequest{Name: "placed", ID: "web-1", Vars: map[string]any{"number": 5}}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { w.send(t, root, req) })
		}
		wg.Wait()
		m := w.send(t, root, req)
		if m.State != store.MessageDelivered || !m.Begun {
			t.Fatalf("%+v", m)
		}
		st := w.state(t, m.Instance)
		if expr.Text(st.Vars["number"]) != "5" || st.Starter.Principal != "user:9" {
			t.Fatalf("started by %v with %v", st.Starter, st.Vars)
		}
		if _, err := w.Store.Instance(t.Context(), m.Instance+1); signoff.KindOf(err) != signoff.NotFound {
			t.Fatalf("another one was begun: %v", err)
		}
		req.Vars = map[string]any{"number": 6}
		_, err := w.Send(t.Context(), root, req)
		wantCode(t, err, "message-id-reused")
		if other := w.send(t, ana, SendRequest{Name: "placed", ID: "web-1", Vars: req.Vars}); other.ID == m.ID {
			t.Fatal("ids of different senders are the same")
		}
		w.whole(t)
	})
}

func TestAMessageCountsForWhatItsSenderMay(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		w.Standing = func(_ context.Context, p signoff.Principal) (signoff.Caller, error) {
			for _, c := range []signoff.Caller{ana, jane, root} {
				if c.Principal == p {
					return c, nil
				}
			}
			return signoff.Caller{}, &signoff.Error{Kind: signoff.NotFound, Code: "person-not-found"}
		}
		id := w.begin(t, "order", map[string]any{"number": 1})
		_, err := w.Send(t.Context(), ana, paidFor("1", 1))
		wantCode(t, err, CodeReachesNobody) // somebody without a right to finish steps
		wf, err := w.Library.Lookup(t.Context(), root, "order")
		must(t, err)
		must(t, w.Library.SetGrants(t.Context(), root, wf.ID, []access.Grant{{Who: "user:2", Right: access.Finish}}))
		if m := w.send(t, jane, SendRequest{Name: "placed"}); m.State != store.MessageWaiting {
			t.Fatalf("somebody without a right to start it: %+v", m)
		}
		if m := w.send(t, jane, paidFor("1", 2)); m.State != store.MessageDelivered || m.Instance != id {
			t.Fatalf("%+v", m)
		}
	})
}

func TestMessagesThatCannotBeAreRefusedWithEachField(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		synctest.Wait()
		long := -time.Second
		_, err := w.Send(t.Context(), root, SendRequest{Name: "", Key: "a\x00", ID: strings.Repeat("x", 201), Keep: &long, Vars: map[string]any{"x": make(chan int)}})
		e, ok := errors.AsType[*signoff.Error](err)
		if !ok || e.Code != CodeBadMessage || len(e.Fields) != 5 {
			t.Fatalf("%+v", err)
		}
	})
}

func TestASignalGoesToAllWhoWaitAndToNobodyLater(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		var ids []signoff.InstanceID
		for n := range 40 {
			ids = append(ids, w.begin(t, "order", map[string]any{"number": n}))
		}
		m, err := w.Signal(t.Context(), root, SendRequest{Name: "closing", ID: "c1"})
		must(t, err)
		again, err := w.Signal(t.Context(), root, SendRequest{Name: "closing", ID: "c1"})
		must(t, err)
		if m.Told != 40 || again.ID != m.ID {
			t.Fatalf("%+v, then %+v", m, again)
		}
		synctest.Wait()
		for _, id := range ids {
			if st := w.state(t, id); st.Status != engine.Completed {
				t.Fatalf("%d is %s", id, st.Status)
			}
		}
		if st := w.state(t, w.begin(t, "order", map[string]any{"number": 99})); st.Status != engine.Running {
			t.Fatalf("one that came later is %s", st.Status)
		}
		w.whole(t)
	})
}

// The shop sends what the order waits for.
func TestWhatAnInstanceSendsReachesAnother(t *testing.T) {
	shop := model(`<message id="m1" name="paid"/><signal id="s1" name="closing"/><process id="shop" isExecutable="true">
		<extensionElements><signoff:variable name="number" type="number" input="true"/></extensionElements>
		<startEvent id="s"/><sendTask id="pay" messageRef="m1"><extensionElements><signoff:message key="number"/><signoff:input name="sum" value="=number * 2"/></extensionElements></sendTask>
		<intermediateThrowEvent id="close"><signalEventDefinition signalRef="s1"/></intermediateThrowEvent><endEvent id="e"/>
		<sequenceFlow id="f1" sourceRef="s" targetRef="pay"/><sequenceFlow id="f2" sourceRef="pay" targetRef="close"/><sequenceFlow id="f3" sourceRef="close" targetRef="e"/></process>`)
	inTown(t, order, func(t *testing.T, w *world) {
		w.deploy(t, shop)
		paid, closed := w.begin(t, "order", map[string]any{"number": 3}), w.begin(t, "order", map[string]any{"number": 4})
		if st := w.state(t, w.begin(t, "shop", map[string]any{"number": 3})); st.Status != engine.Completed {
			t.Fatalf("the shop is %s: %+v", st.Status, st.Incidents)
		}
		if a, b := w.state(t, paid), w.state(t, closed); expr.Text(a.Vars["sum"]) != "6" || b.Status != engine.Completed || b.Vars["sum"] != nil {
			t.Fatalf("%v, %s with %v", a.Vars, b.Status, b.Vars)
		}
		w.whole(t)
	})
}

func TestWhatBecameOfMessagesIsForgottenInTime(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		w.begin(t, "order", map[string]any{"number": 1})
		m := w.send(t, root, paidFor("1", 1))
		time.Sleep(keepSettled - time.Hour)
		w.message(t, m.ID)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if _, err := w.Store.Message(t.Context(), m.ID); signoff.KindOf(err) != signoff.NotFound {
			t.Fatalf("still there: %v", err)
		}
	})
}
