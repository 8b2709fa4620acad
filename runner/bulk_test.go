package runner

import (
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// failing brings n instances to a mail that fails for good, as often as broken
// says.
func (w *world) failing(t *testing.T, n int, broken *bool) (ids []signoff.InstanceID) {
	t.Helper()
	w.post.does = func(j Job) (Result, error) {
		if *broken && j.Kind == engine.DoEmail {
			return Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "no-mailbox", Detail: "no such mailbox"}
		}
		return Done(nil), nil
	}
	for range n {
		id := w.start(t)
		w.act(t, jane, id, "Approve")
		ids = append(ids, id)
	}
	return ids
}

func (w *world) order(t *testing.T, req BulkRequest) store.Bulk {
	t.Helper()
	b, err := w.BeginBulk(t.Context(), administrator(), req)
	must(t, err)
	synctest.Wait()
	b, err = w.Store.Bulk(t.Context(), b.ID)
	must(t, err)
	return b
}

func TestManyIncidentsAreRetriedSkippedAndCancelled(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		broken := true
		ids := w.failing(t, 120, &broken)
		synctest.Wait()
		if b := w.order(t, BulkRequest{Kind: "retry", Workflow: "approval", Code: "something-else"}); b.Total != 0 || b.Ended.IsZero() {
			t.Errorf("for no incident: %+v", b)
		}
		if b := w.order(t, BulkRequest{Kind: "retry", Workflow: "approval", Step: "tell"}); b.Total != 120 || b.Done != 120 || b.Ended.IsZero() {
			t.Errorf("retried: %+v", b)
		}
		if st := w.state(t, ids[0]); len(st.Incidents) != 1 {
			t.Fatalf("the mailbox is there: %+v", st)
		}
		_, err := w.Do(t.Context(), administrator(), ids[3], engine.Hold{Reason: "x"}, "")
		must(t, err)
		b := w.order(t, BulkRequest{Kind: "retry", Code: "no-mailbox"})
		if b.Done != 119 || b.Failed != 1 {
			t.Errorf("with one that is stopped: %+v", b)
		}
		items, err := w.Store.BulkItems(t.Context(), b.ID, "failed", 0, 10)
		if err != nil || len(items) != 1 || items[0].Incident.Instance != ids[3] || items[0].Code != engine.CodeInstanceHeld {
			t.Errorf("failed: %+v, %v", items, err)
		}
		if b := w.order(t, BulkRequest{Kind: "skip", Workflow: "approval", Reason: "told by phone"}); b.Done != 120 {
			t.Errorf("skipped: %+v", b)
		}
		if st := w.state(t, ids[119]); st.Status != engine.Completed {
			t.Errorf("after the skip it is %s", st.Status)
		}
		more := w.failing(t, 2, &broken)
		synctest.Wait()
		if b := w.order(t, BulkRequest{Kind: "cancel", Workflow: "approval", Reason: "nobody needs it"}); b.Done != 2 {
			t.Errorf("cancelled: %+v", b)
		}
		if st := w.state(t, more[0]); st.Status != engine.Cancelled {
			t.Errorf("it is %s", st.Status)
		}
	})
}

func TestAnOrderForManyIncidentsIsForWhoAdministersTheWorkflow(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		broken := true
		w.failing(t, 1, &broken)
		synctest.Wait()
		_, err := w.BeginBulk(t.Context(), ana, BulkRequest{Kind: "retry", Workflow: "approval"})
		wantCode(t, err, "not-allowed")
		b, err := w.BeginBulk(t.Context(), ana, BulkRequest{Kind: "retry", Code: "no-mailbox"})
		if err != nil || b.Total != 0 {
			t.Errorf("of any workflow: %+v, %v", b, err)
		}
		for _, req := range []BulkRequest{{Kind: "forget", Workflow: "approval"}, {Kind: "skip", Workflow: "approval"}, {Kind: "cancel", Workflow: "approval"}, {Kind: "retry"}} {
			_, err := w.BeginBulk(t.Context(), administrator(), req)
			wantCode(t, err, "bad-bulk")
		}
	})
}

// The server dies after it has retried some and before it has noted that.
func TestAnOrderGoesOnAfterACrashAndDoesNothingTwice(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		defer func() { must(t, w.Store.Close()) }()
		w.deploy(t, approval)
		broken := true
		stop := w.run(t)
		ids := w.failing(t, 10, &broken)
		synctest.Wait()
		stop()
		b, err := w.BeginBulk(t.Context(), administrator(), BulkRequest{Kind: "retry", Workflow: "approval"})
		must(t, err)
		items, err := w.Store.BulkItems(t.Context(), b.ID, "waiting", 0, 100)
		must(t, err)
		for i := range items[:4] {
			must(t, w.carryItem(t.Context(), &b, nil, &items[i]))
		}
		must(t, w.Store.SettleBulk(t.Context(), b.ID, items[:2], w.Now()))
		must(t, w.Store.SettleBulk(t.Context(), b.ID, items[:2], w.Now())) // said twice
		stop = w.run(t)
		synctest.Wait()
		b, err = w.Store.Bulk(t.Context(), b.ID)
		must(t, err)
		if b.Done != 10 || b.Failed != 0 || b.Ended.IsZero() {
			t.Errorf("after the crash: %+v", b)
		}
		for _, id := range ids {
			facts, err := w.Store.Facts(t.Context(), id, 0, 1000)
			must(t, err)
			retried := 0
			for _, f := range facts {
				if f.Kind == engine.IncidentCleared {
					retried++
				}
			}
			if retried != 1 {
				t.Errorf("instance %d was retried %d times", id, retried)
			}
		}
		stop()
	})
}

func TestAnOrderThatIsStoppedLeavesTheRest(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		broken := true
		w.failing(t, 3, &broken)
		synctest.Wait()
		in, err := w.Store.InstancesWithIncidents(t.Context(), 1, 1<<62, 10)
		must(t, err)
		b, err := w.Store.CreateBulk(t.Context(), store.Bulk{Kind: "retry", By: administrator(), Made: w.Now()},
			[]signoff.Serial{{Instance: in[0].ID, Seq: in[0].State.Incidents[0].Seq}}, store.Once{})
		must(t, err)
		must(t, w.Store.StopBulk(t.Context(), root, b.ID, w.Now()))
		w.bulk.ring(w.Now())
		synctest.Wait()
		if b, err = w.Store.Bulk(t.Context(), b.ID); err != nil || !b.Stopped || b.Done != 0 {
			t.Errorf("it is %+v, %v", b, err)
		}
	})
}
