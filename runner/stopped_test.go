package runner

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

func administrator() signoff.Caller {
	admin := eve
	admin.Admin = true
	return admin
}

func (w *world) listed(t testing.TB, p signoff.Principal) int {
	t.Helper()
	rows, _, err := w.Store.WorklistPage(t.Context(), []store.Walk{{Principal: p, Shelf: store.ToDo}}, store.NewestFirst, store.Mark{}, 50)
	must(t, err)
	n, err := w.Store.WorklistCount(t.Context(), p, store.ToDo)
	must(t, err)
	if n != len(rows) {
		t.Fatalf("%s has %d tasks and %d are counted", p, len(rows), n)
	}
	return n
}

func TestTheTasksOfAStoppedInstanceAreInNobodysListAndItsDeadlineWaits(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id, other := w.start(t), w.start(t)
		for _, e := range []engine.Event{engine.Hold{Reason: "x"}, engine.Resume{}, engine.End{Reason: "x"}, engine.Move{To: "done", Reason: "x"},
			engine.SetVars{Reason: "x"}, engine.Skip{Incident: 1, Reason: "x"}} {
			_, err := w.Do(t.Context(), eve, id, e, "")
			wantCode(t, err, "instance-not-found")
			_, err = w.Do(t.Context(), ana, id, e, "")
			wantCode(t, err, "not-allowed")
		}
		hear := w.Subscribe(t.Context())
		_, err := w.Do(t.Context(), administrator(), id, engine.Hold{Reason: "the price is wrong"}, "")
		must(t, err)
		if c := <-hear; len(c.Tasks) != 1 || len(c.Principals) != 2 {
			t.Errorf("pages heard %+v", c)
		}
		if w.listed(t, jane.Principal) != 1 || w.listed(t, "group:9") != 1 {
			t.Error("the task is in a list still")
		}
		must(t, w.Store.Audit(t.Context(), id))
		time.Sleep(5 * 24 * time.Hour)
		synctest.Wait()
		if st := w.state(t, id); len(st.Timers) != 1 || st.Last != nil {
			t.Fatalf("the deadline came while it was stopped: %+v", st.Last)
		}
		if st := w.state(t, other); st.Last == nil || st.Last.Outcome != "Expired" {
			t.Fatal("the deadline of the other instance did not come")
		}
		_, err = w.Do(t.Context(), administrator(), id, engine.Resume{}, "")
		must(t, err)
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed || st.Last == nil || st.Last.Outcome != "Expired" {
			t.Fatalf("after it went on it is %s: %+v", st.Status, st.Last)
		}
		must(t, w.Store.Audit(t.Context(), id))
	})
}

func TestAnInstanceThatGoesOnBeforeItsDeadlineIsAsBefore(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		for range 2 {
			_, err := w.Do(t.Context(), administrator(), id, engine.Hold{Reason: "x"}, "")
			must(t, err)
			_, err = w.Do(t.Context(), jane, id, engine.Act{Task: w.task(t, id).Seq, Action: "Approve"}, "")
			wantCode(t, err, engine.CodeInstanceHeld)
			time.Sleep(24 * time.Hour)
			_, err = w.Do(t.Context(), administrator(), id, engine.Resume{}, "")
			must(t, err)
		}
		if w.listed(t, jane.Principal) != 1 {
			t.Error("the task is not back in her list")
		}
		time.Sleep(2 * 24 * time.Hour)
		synctest.Wait()
		if st := w.state(t, id); st.Last == nil || st.Last.Outcome != "Expired" {
			t.Errorf("the deadline of three days did not come on the fourth: %+v", st.Last)
		}
	})
}

func TestACommandOfAStoppedInstanceIsNotTriedAgain(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		broken := true
		w.post.does = func(j Job) (Result, error) {
			if broken && j.Kind == engine.DoEmail {
				return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "the mail server is away"}
			}
			return Done(nil), nil
		}
		id := w.start(t)
		synctest.Wait()
		w.act(t, jane, id, "Approve")
		synctest.Wait()
		_, err := w.Do(t.Context(), administrator(), id, engine.Hold{Reason: "wrong address"}, "")
		must(t, err)
		w.post.mu.Lock()
		broken = false
		w.post.mu.Unlock()
		tried := len(w.post.of(engine.DoEmail))
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(w.post.of(engine.DoEmail)); n != tried || tried != 1 {
			t.Fatalf("it was tried %d times, then %d", tried, n)
		}
		_, err = w.Do(t.Context(), administrator(), id, engine.Resume{}, "")
		must(t, err)
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed {
			t.Errorf("it is %s", st.Status)
		}
	})
}

// The attempt that was under way when the instance was stopped fails: what comes
// of it is put off by whoever would try again.
func TestAnAttemptThatFailsWhileTheInstanceIsStoppedWaits(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		tries := 0
		w.post.does = func(j Job) (Result, error) {
			if j.Kind != engine.DoEmail {
				return Done(nil), nil
			}
			if tries++; tries > 1 {
				return Done(nil), nil
			}
			close(stop)
			<-stopped
			return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "the mail server is away"}
		}
		id := w.start(t)
		w.act(t, jane, id, "Approve")
		<-stop
		_, err := w.Do(t.Context(), administrator(), id, engine.Hold{Reason: "x"}, "")
		must(t, err)
		close(stopped)
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if tries != 1 {
			t.Fatalf("it was tried %d times", tries)
		}
		_, err = w.Do(t.Context(), administrator(), id, engine.Resume{}, "")
		must(t, err)
		time.Sleep(time.Second)
		synctest.Wait()
		if st := w.state(t, id); st.Status != engine.Completed || tries != 2 {
			t.Errorf("it is %s after %d tries", st.Status, tries)
		}
	})
}

func TestAnEndedInstanceIsDeletedUnlessSomethingKeepsIt(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		synctest.Wait()
		gone := store.Deletion{Instance: id, By: eve.Principal, Reason: "entered twice", At: time.Now()}
		wantCode(t, w.Store.Delete(t.Context(), gone), store.CodeRunning)
		_, err := w.Do(t.Context(), administrator(), id, engine.End{Reason: "settled"}, "")
		must(t, err)
		hold, err := w.Store.PlaceHold(t.Context(), store.LegalHold{Instance: id, Reason: "a lawsuit", Placed: time.Now()})
		must(t, err)
		wantCode(t, w.Store.Delete(t.Context(), gone), store.CodeLegalHold)
		_, err = w.Store.LiftHold(t.Context(), hold.ID, eve.Principal, "over", time.Now())
		must(t, err)
		in, err := w.Store.Instance(t.Context(), id)
		must(t, err)
		must(t, w.Store.SetKeepDays(t.Context(), in.Workflow, 30))
		wantCode(t, w.Store.Delete(t.Context(), gone), store.CodeKept)
		must(t, w.Store.SetKeepDays(t.Context(), in.Workflow, 0))
		wantCode(t, w.Store.Delete(t.Context(), gone), store.CodeKept)
		gone.Server = true // for ever is not for whoever has the server right
		must(t, w.Store.Delete(t.Context(), gone))
		_, err = w.Store.Instance(t.Context(), id)
		wantCode(t, err, "instance-not-found")
		wantCode(t, w.Store.Delete(t.Context(), gone), "instance-not-found")
		facts, err := w.Store.Facts(t.Context(), id, 0, 100)
		if err != nil || len(facts) != 0 {
			t.Errorf("its history is there: %d, %v", len(facts), err)
		}
		changes, err := w.Store.Changes(t.Context(), store.ChangeFilter{What: "instance", Subject: "1"}, 0, 10)
		if err != nil || len(changes) != 1 || changes[0].By != eve.Principal {
			t.Errorf("on record is %+v, %v", changes, err)
		}
		removed, err := w.Store.Removals(t.Context(), in.Workflow, 0, 10)
		if err != nil || len(removed) != 1 || removed[0].KeepDays != 0 || removed[0].Instances != 1 {
			t.Errorf("removed: %+v, %v", removed, err)
		}
		if next := w.start(t); next <= id {
			t.Errorf("the number %d is used again", next)
		}
	})
}
