package runner

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// broken makes the engine panic on whatever is at a step, by taking the step out
// of the definition under a running instance, until the returned function is
// called.
func (w *world) broken(t *testing.T, id signoff.InstanceID, step string) (mend func()) {
	t.Helper()
	in, err := w.Store.Instance(t.Context(), id)
	must(t, err)
	def, err := w.Library.Definition(t.Context(), in.Version)
	must(t, err)
	for i := range def.Nodes {
		if n := &def.Nodes[i]; n.ID == step {
			n.ID = "gone"
			return func() { n.ID = step }
		}
	}
	t.Fatalf("there is no step %s", step)
	return nil
}

// onlyIncident waits a month, and wants one incident that nothing was added to.
func (w *world) onlyIncident(t *testing.T, id signoff.InstanceID) engine.Incident {
	t.Helper()
	synctest.Wait()
	facts := w.state(t, id).Facts
	time.Sleep(30 * 24 * time.Hour)
	synctest.Wait()
	st := w.state(t, id)
	if len(st.Incidents) != 1 || st.Incidents[0].Code != engine.IncidentEngine || st.Facts != facts {
		t.Fatalf("%d facts after %d, incidents %+v", st.Facts, facts, st.Incidents)
	}
	must(t, w.Store.Audit(t.Context(), id))
	return st.Incidents[0]
}

func (w *world) retry(t *testing.T, id signoff.InstanceID, i engine.Incident) {
	t.Helper()
	admin := eve
	admin.Admin = true
	_, err := w.Do(t.Context(), admin, id, engine.Retry{Incident: i.Seq}, "")
	must(t, err)
	synctest.Wait()
	must(t, w.Store.Audit(t.Context(), id))
}

func TestATimerTheEnginePanicsOnIsAnIncidentAndWaitsForARetry(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		mend := w.broken(t, id, "approve")
		time.Sleep(3*24*time.Hour + time.Minute)
		i := w.onlyIncident(t, id)
		admin := eve
		admin.Admin = true
		_, err := w.Do(t.Context(), admin, id, engine.Retry{Incident: i.Seq}, "") // nothing was mended
		wantCode(t, err, codePanic)
		w.onlyIncident(t, id)
		mend()
		w.retry(t, id, i)
		if st := w.state(t, id); len(st.Incidents) != 0 || len(st.Timers) != 0 || st.Tasks[0].Outcome != "Expired" {
			t.Fatalf("afterwards: %+v", st)
		}
	})
}

func TestAnAnswerTheEnginePanicsOnIsAnIncidentAndIsAskedForAgain(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		var mend func()
		w.post.does = func(j Job) (Result, error) {
			if j.Kind == engine.DoEmail && mend == nil {
				mend = w.broken(t, id, j.Node)
			}
			return Done(nil), nil
		}
		w.act(t, jane, id, "Approve")
		i := w.onlyIncident(t, id)
		if left, err := w.Store.Waitings(t.Context(), id); err != nil || len(left) != 0 {
			t.Fatalf("in the outbox: %+v, %v", left, err)
		}
		mend()
		w.retry(t, id, i)
		mails := w.post.of(engine.DoEmail)
		if st := w.state(t, id); st.Status != engine.Completed || len(mails) != 2 || mails[0].Key != mails[1].Key {
			t.Fatalf("instance is %s after %d mails", st.Status, len(mails))
		}
	})
}

func TestABrokenInstanceCanBeCancelledAndHoldsUpNoOther(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		id := w.start(t)
		mend := w.broken(t, id, "approve")
		time.Sleep(3*24*time.Hour + time.Minute)
		w.onlyIncident(t, id)
		_, err := w.Do(t.Context(), jane, id, engine.Act{Task: 2, Action: "Approve"}, "")
		wantCode(t, err, codePanic)
		_, err = w.Do(t.Context(), ana, id, engine.Cancel{}, "")
		must(t, err)
		if st := w.state(t, id); st.Status != engine.Cancelled || len(st.Incidents) != 0 {
			t.Fatalf("cancelled: %+v", st)
		}
		must(t, w.Store.Audit(t.Context(), id))
		mend()
		w.act(t, jane, w.start(t), "Approve")
	})
}
