package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// asking puts its task to somebody the directory may not know.
var asking = model(`<process id="asking" name="Asking" isExecutable="true">
  <startEvent id="start"/>
  <userTask id="ask" name="Check"><extensionElements><signoff:task><signoff:recipient person="moe"/><signoff:action name="OK"/></signoff:task></extensionElements></userTask>
  <endEvent id="end"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="ask"/>
  <sequenceFlow id="f2" sourceRef="ask" targetRef="end"/>
</process>`)

// moody is a directory that does not know moe, or is away when asked for him.
type moody struct {
	town
	away *bool
}

func (m moody) Resolve(ctx context.Context, names []string) (engine.People, error) {
	for _, n := range names {
		if n == "moe" && *m.away {
			return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "directory-away", Detail: "the directory is away"}
		}
	}
	return m.town.Resolve(ctx, names)
}

// inMoodyTown has n instances of each of two workflows with an incident; those of
// "asking" need the directory to be tried again.
func inMoodyTown(t *testing.T, n int, test func(t *testing.T, w *world, away *bool)) {
	inTown(t, approval, func(t *testing.T, w *world) {
		away := false
		w.Directory = moody{away: &away}
		w.deploy(t, asking)
		broken := true
		for range n {
			w.begin(t, "asking", nil)
		}
		w.failing(t, n, &broken)
		synctest.Wait()
		away = true
		test(t, w, &away)
	})
}

func (w *world) give(t *testing.T, req BulkRequest) store.Bulk {
	t.Helper()
	b, err := w.BeginBulk(t.Context(), administrator(), req)
	must(t, err)
	return b
}

func (w *world) bulkIs(t *testing.T, b store.Bulk) store.Bulk {
	t.Helper()
	synctest.Wait()
	b, err := w.Store.Bulk(t.Context(), b.ID)
	must(t, err)
	return b
}

func TestAnIncidentThatCannotBeDealtWithNowHoldsNobodyUp(t *testing.T) {
	inMoodyTown(t, 7, func(t *testing.T, w *world, away *bool) {
		held := w.give(t, BulkRequest{Kind: "retry", Workflow: "asking"})
		other := w.give(t, BulkRequest{Kind: "cancel", Workflow: "approval", Reason: "nobody needs it"})
		if b := w.bulkIs(t, other); b.Done != 7 || b.Ended.IsZero() {
			t.Errorf("the healthy one: %+v", b)
		}
		time.Sleep(time.Minute)
		if b := w.bulkIs(t, held); b.Done+b.Failed != 0 || !b.Ended.IsZero() {
			t.Errorf("while the directory is away: %+v", b)
		}
		items, err := w.Store.BulkItems(t.Context(), held.ID, store.BulkWaiting, 0, 10)
		if must(t, err); len(items) != 7 || items[6].Attempt < 3 || items[6].Cause != "the directory is away" || items[6].Due.IsZero() {
			t.Errorf("its items say %+v", items)
		}
		*away = false
		time.Sleep(bulkLongest)
		if b := w.bulkIs(t, held); b.Done != 7 || b.Ended.IsZero() {
			t.Errorf("with the directory back: %+v", b)
		}
	})
}

func TestAnIncidentThatCanNeverBeDealtWithFailsInTheEnd(t *testing.T) {
	inMoodyTown(t, 1, func(t *testing.T, w *world, _ *bool) {
		b := w.give(t, BulkRequest{Kind: "retry", Workflow: "asking"})
		time.Sleep(time.Hour)
		if b = w.bulkIs(t, b); b.Failed != 1 || b.Ended.IsZero() {
			t.Errorf("after an hour: %+v", b)
		}
		items, err := w.Store.BulkItems(t.Context(), b.ID, store.BulkFailed, 0, 10)
		if must(t, err); len(items) != 1 || items[0].Attempt != bulkTries-1 || items[0].Code != "directory-away" {
			t.Errorf("it says %+v", items)
		}
	})
}

func TestWhatWasMendedMeanwhileIsNotCancelled(t *testing.T) {
	inTown(t, approval, func(t *testing.T, w *world) {
		broken := true
		ids := w.failing(t, 2, &broken)
		synctest.Wait()
		incident := w.incident(t, ids[0])
		_, err := w.Do(t.Context(), administrator(), ids[0], engine.Move{To: "approve", Reason: "again"}, "")
		must(t, err)
		b, err := w.Store.CreateBulk(t.Context(), store.Bulk{Kind: store.BulkCancel, Reason: "nobody needs it", By: administrator(), Made: w.Now()},
			[]signoff.Serial{{Instance: ids[0], Seq: incident.Seq}, {Instance: ids[1], Seq: w.incident(t, ids[1]).Seq}}, store.Once{})
		must(t, err)
		w.bulk.ring(w.Now())
		if b = w.bulkIs(t, b); b.Passed != 1 || b.Done != 1 {
			t.Errorf("the order: %+v", b)
		}
		if a, b := w.state(t, ids[0]).Status, w.state(t, ids[1]).Status; a != engine.Running || b != engine.Cancelled {
			t.Errorf("the mended one is %s, the other %s", a, b)
		}
	})
}

func TestAnOrderHasTheRightsItsGiverHasNow(t *testing.T) {
	for what, c := range map[string]struct {
		now signoff.Caller
		err error
	}{
		"who was demoted":      {now: caller(administrator().Principal, "root")},
		"who may not sign in":  {err: &signoff.Error{Kind: signoff.Forbidden, Code: "user-disabled", Detail: "they may not sign in any more"}},
		"who is no more there": {err: &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found", Detail: "there is no such user"}},
	} {
		t.Run(what, func(t *testing.T) {
			inMoodyTown(t, 2, func(t *testing.T, w *world, away *bool) {
				may := true
				w.Present = func(_ context.Context, p signoff.Principal) (signoff.Caller, error) {
					if p != administrator().Principal {
						return signoff.Caller{}, errors.New("somebody else is asked for")
					}
					if may {
						return administrator(), nil
					}
					return c.now, c.err
				}
				b := w.give(t, BulkRequest{Kind: "cancel", Workflow: "approval", Reason: "nobody needs it"})
				if b = w.bulkIs(t, b); b.Done != 2 {
					t.Fatalf("while they may: %+v", b)
				}
				b = w.give(t, BulkRequest{Kind: "retry", Workflow: "asking"})
				w.bulkIs(t, b)
				may, *away = false, false
				time.Sleep(time.Hour)
				if b = w.bulkIs(t, b); !b.Stopped || b.Ended.IsZero() || b.Done+b.Failed != 0 || b.Cause == "" {
					t.Errorf("the order: %+v", b)
				}
				kept, err := w.Store.Bulk(t.Context(), b.ID)
				if must(t, err); kept.By.Admin || kept.By.Name != "" {
					t.Errorf("rights and names are kept: %+v", kept.By)
				}
			})
		})
	}
}

func TestAnOrderThatIsSentTwiceIsOne(t *testing.T) {
	inMoodyTown(t, 2, func(t *testing.T, w *world, _ *bool) {
		req := BulkRequest{Kind: "cancel", Workflow: "approval", Reason: "nobody needs it", Once: "k1"}
		first := w.give(t, req)
		w.bulkIs(t, first)
		if again := w.give(t, req); again.ID != first.ID || again.Done != 2 {
			t.Errorf("again: %+v", again)
		}
		req.Reason = "another"
		_, err := w.BeginBulk(t.Context(), administrator(), req)
		wantCode(t, err, "idempotency-key-reused")
		if all, err := w.Store.Bulks(t.Context(), "", 0, 10); err != nil || len(all) != 1 {
			t.Errorf("%d orders, %v", len(all), err)
		}
	})
}
