package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// Who reaches whom with messages and signals, and what that costs the others.

// waiting waits for "paid" by its number, or is begun by it; whom it asks next is
// looked up in the directory.
func waiting(key, first string) []byte {
	return model(`<message id="m1" name="paid"/><signal id="s1" name="closing"/>
<process id="` + key + `" name="` + key + `" isExecutable="true">
  <extensionElements><signoff:variable name="number" type="number" input="true"/></extensionElements>
  <startEvent id="start"/>` + first + `
  <receiveTask id="wait" name="Wait" messageRef="m1"><extensionElements><signoff:message key="number"/></extensionElements></receiveTask>
  <boundaryEvent id="closed" attachedToRef="wait"><signalEventDefinition signalRef="s1"/></boundaryEvent>
  <userTask id="ask" name="Check"><extensionElements><signoff:task><signoff:recipient person="jane"/><signoff:action name="OK"/></signoff:task></extensionElements></userTask>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="wait"/>
  <sequenceFlow id="f2" sourceRef="wait" targetRef="ask"/>
  <sequenceFlow id="f3" sourceRef="ask" targetRef="end"/>
  <sequenceFlow id="f5" sourceRef="closed" targetRef="end"/>
</process>`)
}

const byPaid = `<startEvent id="byPaid"><messageEventDefinition messageRef="m1"/></startEvent><sequenceFlow id="f4" sourceRef="byPaid" targetRef="end"/>`

// away is a directory that is away for a while.
type away struct {
	town
	back time.Time
}

func (a *away) Resolve(ctx context.Context, names []string) (engine.People, error) {
	if time.Now().Before(a.back) && strings.Join(names, "") == "jane" {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "directory-down", Detail: "the directory is away"}
	}
	return a.town.Resolve(ctx, names)
}

func TestWhoWaitsKeepsTheirPlaceWhileSomethingIsAwayForAMoment(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.Directory = &away{back: time.Now().Add(time.Minute)}
		w.deploy(t, waiting("order", byPaid))
		stop := w.run(t)
		defer func() { stop(); must(t, w.Store.Close()) }()
		id := w.begin(t, "order", map[string]any{"number": 7})
		m := w.send(t, root, SendRequest{Name: "paid", Key: "7"})
		if m.State != store.MessageWaiting || !strings.Contains(m.LastError, "directory is away") {
			t.Fatalf("%+v", m)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if m = w.message(t, m.ID); m.State != store.MessageDelivered || m.Instance != id || m.Begun {
			t.Fatalf("%+v, %d waited", m, id)
		}
		w.whole(t)
	})
}

// What one that waits for the key cannot use begins nothing, and goes to none that
// takes any.
func TestWhatIsMeantForOneGoesToNobodyElse(t *testing.T) {
	takesAny := model(`<message id="m1" name="paid"/><process id="any" isExecutable="true"><startEvent id="s"/><receiveTask id="r" messageRef="m1"/><endEvent id="e"/>
		<sequenceFlow id="f1" sourceRef="s" targetRef="r"/><sequenceFlow id="f2" sourceRef="r" targetRef="e"/></process>`)
	picky := model(`<message id="m1" name="paid"/><process id="order" isExecutable="true">
		<extensionElements><signoff:variable name="sum" type="number"/></extensionElements>
		<startEvent id="s"/><startEvent id="b"><messageEventDefinition messageRef="m1"/></startEvent>
		<receiveTask id="r" messageRef="m1"><extensionElements><signoff:message key="7"/><signoff:output variable="sum" value="message.sum"/></extensionElements></receiveTask><endEvent id="e"/>
		<sequenceFlow id="f1" sourceRef="s" targetRef="r"/><sequenceFlow id="f2" sourceRef="r" targetRef="e"/><sequenceFlow id="f3" sourceRef="b" targetRef="e"/></process>`)
	inTown(t, picky, func(t *testing.T, w *world) {
		w.deploy(t, takesAny)
		other, id := w.begin(t, "any", nil), w.begin(t, "order", nil)
		m := w.send(t, root, SendRequest{Name: "paid", Key: "7", Vars: map[string]any{"sum": "no number"}})
		if st := w.state(t, id); m.State != store.MessageDelivered || m.Instance != id || len(st.Incidents) != 1 {
			t.Fatalf("%+v, and %+v", m, st.Incidents)
		}
		if st := w.state(t, other); st.Status != engine.Running {
			t.Fatalf("the other has it: %s", st.Status)
		}
	})
}

func TestAMessageIsNotDeliveredAfterItsTime(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		w.deploy(t, order)
		hour := time.Hour
		req := paidFor("1", 1)
		req.Keep = &hour
		m := w.send(t, root, req)
		time.Sleep(5 * time.Hour) // no server runs
		id := w.begin(t, "order", map[string]any{"number": 1})
		stop := w.run(t)
		defer func() { stop(); must(t, w.Store.Close()) }()
		synctest.Wait()
		if m = w.message(t, m.ID); m.State != store.MessageMissed || m.Vars != "" || w.state(t, id).Status != engine.Running {
			t.Fatalf("%+v", m)
		}
		// Now or never: it is handed over at once although its time is over.
		if m := w.send(t, root, SendRequest{Name: "paid", Key: "1", Keep: new(time.Duration)}); m.State != store.MessageDelivered {
			t.Fatalf("%+v", m)
		}
	})
}

// holding gives people the rights they hold in the library, and nobody else any.
func (w *world) holding(callers ...signoff.Caller) {
	w.Standing = func(_ context.Context, p signoff.Principal) (signoff.Caller, error) {
		for _, c := range callers {
			if c.Principal == p {
				return c, nil
			}
		}
		return signoff.Caller{}, &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found"}
	}
}

func (w *world) grant(t testing.TB, who signoff.Caller, right access.Right, workflow string) {
	t.Helper()
	wf, err := w.Library.Lookup(t.Context(), root, workflow)
	must(t, err)
	must(t, w.Library.ChangeGrants(t.Context(), root, wf.ID, func(was []access.Grant) ([]access.Grant, error) {
		return append(was, access.Grant{Who: who.Principal, Right: right}), nil
	}))
}

// closed takes all rights on a workflow from everybody.
func (w *world) closed(t testing.TB, workflow string) {
	t.Helper()
	wf, err := w.Library.Lookup(t.Context(), root, workflow)
	must(t, err)
	must(t, w.Library.SetGrants(t.Context(), root, wf.ID, nil))
}

func TestAMessageIsNotLostBehindManyItsSenderMayNotReach(t *testing.T) {
	inTown(t, waiting("first", ""), func(t *testing.T, w *world) {
		w.deploy(t, waiting("second", ""))
		w.holding(jane, root)
		w.grant(t, jane, access.Finish, "second")
		for range maxCandidates + 1 {
			w.begin(t, "first", map[string]any{"number": 1})
		}
		id := w.begin(t, "second", map[string]any{"number": 1})
		if m := w.send(t, jane, SendRequest{Name: "paid", Key: "1"}); m.State != store.MessageDelivered || m.Instance != id {
			t.Fatalf("%+v, want it with %d", m, id)
		}
	})
}

func TestAMessageItsSenderMayNotDeliverIsNotHandledAgainAndAgain(t *testing.T) {
	inTown(t, waiting("first", byPaid), func(t *testing.T, w *world) {
		w.errands.poll = 10 * time.Second
		w.deploy(t, waiting("second", ""))
		w.holding(jane, root)
		w.begin(t, "first", map[string]any{"number": 1})
		w.closed(t, "first")
		w.grant(t, jane, access.Finish, "second")
		m := w.send(t, jane, SendRequest{Name: "paid", Key: "1"})
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := w.message(t, m.ID).Turn; n > 10 {
			t.Fatalf("it was handled %d times in an hour", n)
		}
		before := w.message(t, m.ID).Turn
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := w.message(t, m.ID).Turn; n > before {
			t.Fatalf("it was handled %d times more in ten hours", n-before)
		}
		// One that comes to wait gets it all the same.
		id := w.begin(t, "second", map[string]any{"number": 1})
		synctest.Wait()
		if m = w.message(t, m.ID); m.State != store.MessageDelivered || m.Instance != id {
			t.Fatalf("%+v, want it with %d", m, id)
		}
	})
}

func TestWhoMayReachNobodyCanSendNothing(t *testing.T) {
	inTown(t, waiting("order", byPaid), func(t *testing.T, w *world) {
		w.holding(jane, root)
		w.begin(t, "order", map[string]any{"number": 1})
		w.closed(t, "order")
		_, err := w.Send(t.Context(), jane, SendRequest{Name: "paid", Key: "1"})
		wantCode(t, err, CodeReachesNobody)
		_, err = w.Signal(t.Context(), jane, SendRequest{Name: "closing"})
		wantCode(t, err, CodeReachesNobody)
		list, err := w.Store.Messages(t.Context(), store.MessageWhich{}, 10)
		must(t, err)
		if len(list) != 0 {
			t.Fatalf("kept all the same: %+v", list)
		}
		w.grant(t, jane, access.Start, "order") // what it begins
		if m := w.send(t, jane, SendRequest{Name: "paid", Key: "1"}); !m.Begun {
			t.Fatalf("%+v", m)
		}
		_, err = w.Send(t.Context(), jane, SendRequest{Name: "payed", Key: "1"})
		wantCode(t, err, CodeReachesNobody)
	})
}

func TestASignalIsWrittenOnlyForThoseItsSenderMayReach(t *testing.T) {
	inTown(t, waiting("first", ""), func(t *testing.T, w *world) {
		w.deploy(t, waiting("second", ""))
		w.holding(jane, root)
		w.grant(t, jane, access.Finish, "second")
		for n := range 5 {
			w.begin(t, "first", map[string]any{"number": n})
		}
		mine := w.begin(t, "second", map[string]any{"number": 1})
		m, err := w.Signal(t.Context(), jane, SendRequest{Name: "closing"})
		must(t, err)
		if m.Told != 1 {
			t.Fatalf("it goes to %d, want 1: the others are none of hers", m.Told)
		}
		synctest.Wait()
		if st := w.state(t, mine); st.Status != engine.Completed {
			t.Fatalf("%s", st.Status)
		}
		if m, err = w.Signal(t.Context(), root, SendRequest{Name: "closing"}); err != nil || m.Told != 5 {
			t.Fatalf("%+v, %v", m, err)
		}
	})
}

func TestAWorkflowsSignalReachesWhatItsDeployerMay(t *testing.T) {
	shouts := model(`<signal id="s1" name="closing"/><process id="shouts" isExecutable="true"><startEvent id="s"/>
		<endEvent id="e"><signalEventDefinition signalRef="s1"/></endEvent><sequenceFlow id="f1" sourceRef="s" targetRef="e"/></process>`)
	inTown(t, waiting("first", ""), func(t *testing.T, w *world) {
		deployer := jane
		deployer.Deploy = true
		w.holding(deployer, root)
		_, err := w.Library.Deploy(t.Context(), deployer, shouts)
		must(t, err)
		id := w.begin(t, "first", map[string]any{"number": 1})
		shout := func() store.Message {
			st := w.state(t, w.begin(t, "shouts", nil))
			synctest.Wait()
			if len(st.Incidents) > 0 {
				t.Fatalf("%+v", st.Incidents)
			}
			list, err := w.Store.Messages(t.Context(), store.MessageWhich{}, 1)
			must(t, err)
			return list[0]
		}
		if m := shout(); m.Told != 0 {
			t.Fatalf("%+v", m)
		}
		w.grant(t, jane, access.Finish, "first")
		if m := shout(); m.Told != 1 || w.state(t, id).Status != engine.Completed {
			t.Fatalf("%+v", m)
		}
	})
}

func TestWhoMayNotSignInAnyMoreDeliversNothing(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		w.holding(jane, root)
		w.grant(t, jane, access.Finish, "order")
		m := w.send(t, jane, paidFor("1", 1))
		w.Present = func(context.Context, signoff.Principal) (signoff.Caller, error) {
			return signoff.Caller{}, &signoff.Error{Kind: signoff.Forbidden, Code: "user-disabled"}
		}
		w.begin(t, "order", map[string]any{"number": 1})
		synctest.Wait()
		if m = w.message(t, m.ID); m.State != store.MessageWaiting || m.LastError != "" {
			t.Fatalf("%+v", m)
		}
	})
}

func TestWhoReallySentAMessageIsOnRecord(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		w.holding(root)
		behind := root
		behind.How, behind.Behind = "session", "user:7"
		id := w.begin(t, "order", map[string]any{"number": 1})
		w.send(t, behind, paidFor("1", 1))
		begun := w.send(t, behind, SendRequest{Name: "placed", Vars: map[string]any{"number": 2}})
		for _, in := range []signoff.InstanceID{id, begun.Instance} {
			facts, err := w.Store.Facts(t.Context(), in, 0, 100)
			must(t, err)
			if !slices.ContainsFunc(facts, func(f engine.Fact) bool { return f.By == root.Principal && f.Behind == "user:7" }) {
				t.Errorf("of %d: %+v", in, facts)
			}
		}
	})
}

// What one sender has waiting is bounded, in bytes here; the message that is
// refused is not kept, and one that is there is found again all the same.
func TestWhatOneSenderHasWaitingIsBounded(t *testing.T) {
	inTown(t, order, func(t *testing.T, w *world) {
		req := SendRequest{Name: "paid", Key: "1", ID: "big", Vars: map[string]any{}}
		for _, name := range []string{"a", "b", "c", "d"} {
			req.Vars[name] = strings.Repeat("x", engine.MaxVariables/4-20)
		}
		first := w.send(t, root, req)
		n := 1
		var err error
		for ; n <= store.MaxWaitingBytes>>20+1; n++ {
			again := req
			again.ID = fmt.Sprint(n)
			if _, err = w.Send(t.Context(), root, again); err != nil {
				break
			}
		}
		wantCode(t, err, store.CodeTooManyWaiting)
		if list, err := w.Store.WaitingFor(t.Context(), "paid", string(root.Principal), 1000); err != nil || len(list) != n {
			t.Fatalf("%d wait, %d were taken in: %v", len(list), n, err)
		} else if list[0].Vars != "" {
			t.Fatal("a list tells what messages carry")
		}
		if again := w.send(t, root, req); again.ID != first.ID {
			t.Fatalf("%+v", again)
		}
		w.begin(t, "order", map[string]any{"number": 1}) // takes one
		synctest.Wait()
		w.send(t, root, SendRequest{Name: "paid", Key: "1"})
	})
}
