package runner

import (
	"testing"
	"testing/synctest"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// What is done to a caller reaches what it has called, and the other way round.

// calling begins an instance that calls another, and hands both to test.
func calling(t *testing.T, test func(t *testing.T, w *world, caller, called signoff.InstanceID)) {
	t.Helper()
	inTown(t, paying, func(t *testing.T, w *world) {
		w.deploy(t, buying)
		id := w.begin(t, "buying", map[string]any{"price": 50})
		test(t, w, id, w.child(t, id).ID)
		synctest.Wait()
		w.whole(t)
	})
}

func (w *world) mend(t *testing.T, id signoff.InstanceID, e engine.Event) {
	t.Helper()
	_, err := w.Do(t.Context(), administrator(), id, e, "")
	must(t, err)
	synctest.Wait()
}

func (w *world) wantStatus(t *testing.T, id signoff.InstanceID, want engine.Status) {
	t.Helper()
	if st := w.state(t, id); st.Status != want {
		t.Fatalf("instance %d is %s, want %s: %+v", id, st.Status, want, st.Incidents)
	}
}

func TestWhatAnEndedInstanceHasCalledIsCancelledAndSaysWhy(t *testing.T) {
	calling(t, func(t *testing.T, w *world, caller, called signoff.InstanceID) {
		w.mend(t, caller, engine.End{Reason: "bought at the market"})
		w.wantStatus(t, caller, engine.Completed)
		w.wantStatus(t, called, engine.Cancelled)
		facts, err := w.Store.Facts(t.Context(), called, 0, 100)
		must(t, err)
		if last := facts[len(facts)-1]; last.Kind != engine.Ended || last.Text != "what had called it was ended" || last.By != "" {
			t.Errorf("its history ends with %+v", last)
		}
	})
}

func TestWhatAStoppedInstanceHasCalledGoesOnAndItsResultWaits(t *testing.T) {
	calling(t, func(t *testing.T, w *world, caller, called signoff.InstanceID) {
		w.mend(t, caller, engine.Hold{Reason: "wrong price"})
		w.act(t, jane, called, "Approve")
		synctest.Wait()
		w.wantStatus(t, called, engine.Completed)
		w.wantStatus(t, caller, engine.Running)
		w.mend(t, caller, engine.Resume{})
		w.wantStatus(t, caller, engine.Completed)
		if st := w.state(t, caller); expr.Text(st.Vars["paid"]) != "51" {
			t.Errorf("it ended with %v", st.Vars)
		}
	})
}

func TestACallerWaitsForWhatIsStopped(t *testing.T) {
	calling(t, func(t *testing.T, w *world, caller, called signoff.InstanceID) {
		w.mend(t, called, engine.Hold{Reason: "wrong amount"})
		w.wantStatus(t, caller, engine.Running)
		if st := w.state(t, caller); len(st.Incidents) > 0 || st.Held != nil {
			t.Fatalf("the caller: %+v", st)
		}
		w.mend(t, called, engine.Resume{})
		w.act(t, jane, called, "Approve")
		synctest.Wait()
		w.wantStatus(t, caller, engine.Completed)
	})
}

func TestACallerGoesOnWithWhatACalledInstanceIsEndedWith(t *testing.T) {
	calling(t, func(t *testing.T, w *world, caller, called signoff.InstanceID) {
		w.mend(t, called, engine.End{Reason: "settled on paper", Vars: map[string]expr.Value{"amount": expr.Int(7)}})
		w.wantStatus(t, called, engine.Completed)
		w.wantStatus(t, caller, engine.Completed)
		if st := w.state(t, caller); expr.Text(st.Vars["paid"]) != "8" {
			t.Errorf("it ended with %v", st.Vars)
		}
	})
}

func TestACalledInstanceIsDeletedOnceItsResultIsTaken(t *testing.T) {
	calling(t, func(t *testing.T, w *world, caller, called signoff.InstanceID) {
		remove := func(id signoff.InstanceID) error {
			return w.Store.Delete(t.Context(), store.Deletion{Instance: id, By: "user:4", Reason: "asked for", At: w.Now(), Server: true})
		}
		wantCode(t, remove(called), store.CodeRunning)
		wantCode(t, remove(caller), store.CodeRunning)
		w.mend(t, caller, engine.Hold{Reason: "wrong price"})
		w.act(t, jane, called, "Approve")
		synctest.Wait()
		wantCode(t, remove(called), store.CodeNotAtRest) // its caller has yet to take the result
		w.mend(t, caller, engine.Resume{})
		must(t, remove(called))
		w.wantStatus(t, caller, engine.Completed)
		must(t, remove(caller))
	})
}
