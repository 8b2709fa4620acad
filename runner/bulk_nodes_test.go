package runner

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// mortal is the store of a node that dies after so many more things it has
// stored: the last of them is stored, and the node does not hear of it.
type mortal struct {
	*store.Store
	left atomic.Int64
}

func (m *mortal) dies(do func() error) error {
	switch left := m.left.Add(-1); {
	case left < 0:
		return errDead
	case left == 0:
		_ = do()
		return errDead
	}
	return do()
}

func (m *mortal) Commit(ctx context.Context, st *store.Step) error {
	return m.dies(func() error { return m.Store.Commit(ctx, st) })
}

func (m *mortal) SettleBulk(ctx context.Context, id int64, items []store.BulkItem, now time.Time) error {
	return m.dies(func() error { return m.Store.SettleBulk(ctx, id, items, now) })
}

func (m *mortal) PutOffBulk(ctx context.Context, id int64, due time.Time, attempt int, cause string) error {
	return m.dies(func() error { return m.Store.PutOffBulk(ctx, id, due, attempt, cause) })
}

func (m *mortal) Release(ctx context.Context, l store.Lease) error {
	return m.dies(func() error { return m.Store.Release(ctx, l) })
}

// besides is another node on the same store, that takes no commands.
func (w *world) besides(t *testing.T, name string, steps storage) *Runner {
	r := New(Config{Store: w.Store, Library: w.Library, Directory: town{}, Log: slog.New(slog.DiscardHandler), Node: name})
	r.steps = steps
	r.member.lease = time.Minute
	must(t, r.join(t.Context()))
	return r
}

// standstill lets instances fail, and keeps an order for them that nobody has
// begun to carry out.
func standstill(t *testing.T, n int, test func(t *testing.T, w *world, b store.Bulk, ids []signoff.InstanceID)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(dir, "signoff.db"))
		defer func() { must(t, w.Store.Close()) }()
		w.deploy(t, approval)
		broken := true
		stop := w.run(t)
		ids := w.failing(t, n, &broken)
		synctest.Wait()
		stop()
		b, err := w.BeginBulk(t.Context(), administrator(), BulkRequest{Kind: "retry", Workflow: "approval"})
		must(t, err)
		if b.Total != n {
			t.Fatalf("%+v", b)
		}
		test(t, w, b, ids)
	})
}

// carriedOut wants an order to have dealt with each instance once, and its log
// to say so.
func (w *world) carriedOut(t *testing.T, b store.Bulk, ids []signoff.InstanceID) {
	t.Helper()
	is, err := w.Store.Bulk(t.Context(), b.ID)
	must(t, err)
	if is.Done != len(ids) || is.Failed != 0 || is.Ended.IsZero() {
		t.Errorf("the order: %+v", is)
	}
	for _, state := range []string{"waiting", "passed", "failed"} {
		if other, err := w.Store.BulkItems(t.Context(), b.ID, state, 0, 1000); err != nil || len(other) > 0 {
			t.Errorf("%s: %+v, %v", state, other, err)
		}
	}
	items, err := w.Store.BulkItems(t.Context(), b.ID, "done", 0, 1000)
	must(t, err)
	if len(items) != len(ids) {
		t.Errorf("the log has %d of %d", len(items), len(ids))
	}
	for i, item := range items {
		if item.Incident.Instance != ids[i] || item.At.IsZero() {
			t.Errorf("the log: %+v", item)
		}
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
		if err := w.Store.Audit(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

// The lease keeps a second node away; where it does not, because the first was
// slow, nothing is done twice all the same.
func TestTwoNodesThatCarryOutOneOrderDealWithEachOnce(t *testing.T) {
	standstill(t, 30, func(t *testing.T, w *world, b store.Bulk, ids []signoff.InstanceID) {
		var both sync.WaitGroup
		for _, name := range []string{"a", "b", "c"} {
			r := w.besides(t, name, w.Store)
			both.Go(func() {
				for {
					err := r.carryOrder(context.Background(), context.Background(), b)
					if err == nil {
						return
					}
					if signoff.CodeOf(err) != codeBusy { // then a node tries again
						t.Error(err)
						return
					}
				}
			})
		}
		both.Wait()
		w.carriedOut(t, b, ids)
	})
}

func TestANodeThatDiesWithAnOrderIsFollowedByAnother(t *testing.T) {
	for after := range 7 {
		t.Run(fmt.Sprint("after ", after), func(t *testing.T) {
			standstill(t, 4, func(t *testing.T, w *world, b store.Bulk, ids []signoff.InstanceID) {
				m := &mortal{Store: w.Store}
				m.left.Store(int64(after))
				first := w.besides(t, "a", m)
				if _, err := first.carryOrders(t.Context(), t.Context()); err == nil && after < 5 {
					t.Fatal("it has not died")
				}
				second := w.besides(t, "b", w.Store)
				began := time.Now() // over a wire time stands still
				second.Now = func() time.Time { return began.Add(30 * time.Second) }
				_, err := second.carryOrders(t.Context(), t.Context())
				must(t, err)
				if now, err := w.Store.Bulk(t.Context(), b.ID); err != nil || !now.Ended.IsZero() && after < 5 && w.Store.Shared() {
					t.Fatalf("the other node has it still: %+v, %v", now, err)
				}
				second.Now = func() time.Time { return began.Add(61 * time.Second) }
				_, err = second.carryOrders(t.Context(), t.Context())
				must(t, err)
				w.carriedOut(t, b, ids)
			})
		})
	}
}
