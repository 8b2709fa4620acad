package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// fillBulk keeps an order for two incidents, one of which is done.
func fillBulk(t *testing.T, s *store.Store, name string) {
	t.Helper()
	b, err := s.CreateBulk(t.Context(), store.Bulk{Kind: "retry", By: signoff.Caller{Person: signoff.Person{Principal: "user:1"}}, Reason: name, Vars: `{"x":1}`, Made: noon},
		[]signoff.Serial{{Instance: 1, Seq: 4}, {Instance: 2, Seq: 4}}, store.Once{})
	must(t, err)
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 1, State: "done", At: noon}}, noon))
}

// fillMigration keeps a migration of two instances, one of which could not be moved.
func fillMigration(t *testing.T, s *store.Store, name string) {
	t.Helper()
	by := signoff.Caller{Person: signoff.Person{Principal: "user:1"}}
	b, err := s.CreateMigration(t.Context(), store.Bulk{Kind: store.BulkMigrate, By: by, Workflow: 1, Reason: name, Made: noon},
		store.Migration{To: 2, From: 1, Entire: true, Stage: store.Looking, Map: map[string]string{"ask": "ask_" + name}}, []signoff.InstanceID{1, 2})
	must(t, err)
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 1, State: "failed", Code: "migration-blocked", At: noon}}, noon))
	must(t, s.StageMigration(t.Context(), b.ID, store.Looking, 1))
}

var bulkTests = map[string]func(*testing.T, *store.Store){
	"an order is settled item by item, once, and ends with the last":   settleBulk,
	"an order and its items are put off, and come when they are due":   putOffBulk,
	"an order ends when it is stopped or halted, and says so":          endBulk,
	"a migration is on record with its versions":                       migrationOnRecord,
	"an order is kept once under its key":                              bulkOnce,
	"old orders are forgotten, those that can be taken back later":     forgetBulks,
	"what an order says of an instance goes with the instance":         bulkOfWhatIsGone,
	"an order is kept without the rights and names of whoever gave it": bulkGiver,
}

var orderer = signoff.Caller{Person: signoff.Person{Principal: "user:1", Name: "Ana"}, Admin: true, How: "token", Behind: "user:9", Groups: []signoff.Principal{"group:3"}}

func order(t *testing.T, s *store.Store, kind string, n int) store.Bulk {
	t.Helper()
	var items []signoff.Serial
	for i := range n {
		items = append(items, signoff.Serial{Instance: signoff.InstanceID(i + 1), Seq: 4})
	}
	b, err := s.CreateBulk(t.Context(), store.Bulk{Kind: kind, By: orderer, Reason: "trial", Made: noon}, items, store.Once{})
	must(t, err)
	return b
}

// numbers lists the items of an order in a state.
func numbers(t *testing.T, s *store.Store, b store.Bulk, state string) (out []int) {
	t.Helper()
	items, err := s.BulkItems(t.Context(), b.ID, state, 0, 100)
	must(t, err)
	for _, i := range items {
		out = append(out, i.N)
	}
	return out
}

func settleBulk(t *testing.T, s *store.Store) {
	b := order(t, s, store.BulkRetry, 4)
	some := []store.BulkItem{{N: 1, State: store.BulkDone, At: noon}, {N: 3, State: store.BulkFailed, Code: "effect-failed", Cause: "no such mailbox", At: noon}}
	must(t, s.SettleBulk(t.Context(), b.ID, some, noon))
	must(t, s.SettleBulk(t.Context(), b.ID, some, noon)) // said twice
	if got := numbers(t, s, b, store.BulkWaiting); !slices.Equal(got, []int{2, 4}) {
		t.Errorf("waiting are %v", got)
	}
	if got := numbers(t, s, b, ""); len(got) != 4 {
		t.Errorf("all are %v", got)
	}
	failed, err := s.BulkItems(t.Context(), b.ID, store.BulkFailed, 0, 10)
	if must(t, err); len(failed) != 1 || failed[0].Code != "effect-failed" || failed[0].Incident.Instance != 3 || !failed[0].At.Equal(noon) {
		t.Errorf("failed: %+v", failed)
	}
	if after, err := s.BulkItems(t.Context(), b.ID, "", 2, 1); err != nil || len(after) != 1 || after[0].N != 3 {
		t.Errorf("the next page: %+v, %v", after, err)
	}
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 2, State: store.BulkPassed}, {N: 4, State: store.BulkDone}}, noon.Add(time.Hour)))
	is, err := s.Bulk(t.Context(), b.ID)
	if must(t, err); is.Done != 2 || is.Failed != 1 || is.Passed != 1 || !is.Ended.Equal(noon.Add(time.Hour)) || is.Stopped {
		t.Errorf("in the end: %+v", is)
	}
	if open, err := s.OpenBulks(t.Context(), noon.Add(time.Hour), 10); err != nil || len(open) != 0 {
		t.Errorf("open: %+v, %v", open, err)
	}
}

func putOffBulk(t *testing.T, s *store.Store) {
	ctx, later := t.Context(), noon.Add(time.Minute)
	one, two := order(t, s, store.BulkRetry, 3), order(t, s, store.BulkSkip, 1)
	must(t, s.SettleBulk(ctx, one.ID, []store.BulkItem{{N: 1, State: store.BulkWaiting, Attempt: 1, Cause: "away", Due: later}}, noon))
	due := func(now time.Time) (out []int) {
		t.Helper()
		items, _, err := s.DueItems(ctx, one.ID, now, 10)
		must(t, err)
		for _, i := range items {
			out = append(out, i.N)
		}
		return out
	}
	if got := due(noon); !slices.Equal(got, []int{2, 3}) {
		t.Errorf("due now are %v", got)
	}
	if got := due(later); !slices.Equal(got, []int{2, 3, 1}) {
		t.Errorf("due later are %v", got)
	}
	must(t, s.SettleBulk(ctx, one.ID, []store.BulkItem{{N: 2, State: store.BulkDone}, {N: 3, State: store.BulkDone}}, noon))
	if items, next, err := s.DueItems(ctx, one.ID, noon, 10); err != nil || len(items) != 0 || !next.Equal(later) {
		t.Errorf("the next is due %v, %+v, %v", next, items, err)
	}
	must(t, s.PutOffBulk(ctx, one.ID, later, 2, "the directory is away"))
	open, err := s.OpenBulks(ctx, noon, 10)
	if must(t, err); len(open) != 1 || open[0].ID != two.ID {
		t.Errorf("open now: %+v", open)
	}
	if open, err = s.OpenBulks(ctx, later, 10); err != nil || len(open) != 2 || open[1].Attempt != 2 || open[1].Cause != "the directory is away" {
		t.Errorf("open later: %+v, %v", open, err)
	}
	must(t, s.StopBulk(ctx, orderer, two.ID, noon))
	if next, err := s.NextBulk(ctx); err != nil || !next.Equal(later) {
		t.Errorf("the next order is due %v, %v", next, err)
	}
	must(t, s.StopBulk(ctx, orderer, one.ID, noon))
	if next, err := s.NextBulk(ctx); err != nil || !next.IsZero() {
		t.Errorf("without one it is %v, %v", next, err)
	}
}

func endBulk(t *testing.T, s *store.Store) {
	ctx := t.Context()
	one, two := order(t, s, store.BulkRetry, 2), order(t, s, store.BulkRetry, 2)
	must(t, s.HaltBulk(ctx, one.ID, "she may not any more", noon))
	must(t, s.StopBulk(ctx, signoff.Caller{Person: signoff.Person{Principal: "user:5"}, How: "session"}, two.ID, noon))
	must(t, s.StopBulk(ctx, orderer, one.ID, noon)) // has ended
	a, err := s.Bulk(ctx, one.ID)
	if must(t, err); !a.Stopped || !a.Ended.Equal(noon) || a.Cause != "she may not any more" {
		t.Errorf("halted: %+v", a)
	}
	if b, err := s.Bulk(ctx, two.ID); err != nil || !b.Stopped || b.Cause != "" {
		t.Errorf("stopped: %+v, %v", b, err)
	}
	changes, err := s.Changes(ctx, store.ChangeFilter{What: "order"}, 0, 10)
	if must(t, err); len(changes) != 3 || changes[0].By != "user:5" || changes[0].Subject != fmt.Sprint(two.ID) || !strings.Contains(string(changes[0].Before), `"left":2`) ||
		changes[2].How != orderer.Recognised() || !strings.Contains(string(changes[2].After), `"count":2`) {
		t.Errorf("on record: %+v", changes)
	}
}

func migrationOnRecord(t *testing.T, s *store.Store) {
	ctx := t.Context()
	v, _, err := s.Deploy(ctx, store.Deployment{Key: "leave", Name: "Leave", XML: []byte("<a/>"), Digest: "a", At: noon})
	must(t, err)
	b, err := s.CreateMigration(ctx, store.Bulk{Kind: store.BulkMigrate, By: orderer, Workflow: v.Workflow, Reason: "better", Made: noon},
		store.Migration{To: 2, From: 1, Stage: store.Moving}, []signoff.InstanceID{1, 2})
	must(t, err)
	back, err := s.CreateMigration(ctx, store.Bulk{Kind: store.BulkReturn, By: orderer, Workflow: v.Workflow, Reason: "worse", Made: noon},
		store.Migration{Undoes: b.ID, Stage: store.Moving}, []signoff.InstanceID{1})
	must(t, err)
	for i, want := range []string{fmt.Sprintf(`"kind":"return","workflow":%d,"reason":"worse","count":1,"key":"leave","undoes":%d`, v.Workflow, b.ID),
		fmt.Sprintf(`"kind":"migrate","workflow":%d,"reason":"better","count":2,"key":"leave","to":2,"from":1`, v.Workflow)} {
		notes, err := s.Changes(ctx, store.ChangeFilter{What: "order", Subject: fmt.Sprint([]int64{back.ID, b.ID}[i])}, 0, 10)
		must(t, err)
		if len(notes) != 1 || string(notes[0].After) != "{"+want+"}" || notes[0].By != orderer.Principal {
			t.Errorf("on record: %+v, not %s", notes, want)
		}
	}
}

func bulkOnce(t *testing.T, s *store.Store) {
	once := store.Once{Key: "user:1 k", Digest: "d", At: noon}
	b, err := s.CreateBulk(t.Context(), store.Bulk{Kind: store.BulkRetry, By: orderer, Made: noon}, []signoff.Serial{{Instance: 1, Seq: 2}}, once)
	must(t, err)
	_, err = s.CreateBulk(t.Context(), store.Bulk{Kind: store.BulkRetry, By: orderer, Made: noon}, []signoff.Serial{{Instance: 1, Seq: 2}}, once)
	if done, ok := errors.AsType[*store.OnceDone](err); !ok || int64(done.Instance) != b.ID {
		t.Errorf("again: %v", err)
	}
	if all, err := s.Bulks(t.Context(), "user:1", 0, 10); err != nil || len(all) != 1 {
		t.Errorf("there are %d, %v", len(all), err)
	}
}

func forgetBulks(t *testing.T, s *store.Store) {
	ctx := t.Context()
	open, old := order(t, s, store.BulkRetry, 1), order(t, s, store.BulkRetry, 1)
	must(t, s.StopBulk(ctx, orderer, old.ID, noon))
	moved, err := s.CreateMigration(ctx, store.Bulk{Kind: store.BulkMigrate, By: orderer, Workflow: 1, Made: noon}, store.Migration{To: 2, Stage: store.Looking}, []signoff.InstanceID{1})
	must(t, err)
	must(t, s.StopBulk(ctx, orderer, moved.ID, noon))
	forget := func(before, migrations time.Time, want int64) {
		t.Helper()
		if n, err := s.ForgetBulks(ctx, before, migrations, 10); err != nil || n != want {
			t.Errorf("forgotten: %d, %v; want %d", n, err, want)
		}
	}
	forget(noon, noon, 0)
	forget(noon.Add(1), noon, 0)
	forget(noon.Add(time.Second), noon, 1)
	if _, err := s.Bulk(ctx, old.ID); signoff.CodeOf(err) != "bulk-not-found" || len(numbers(t, s, old, "")) != 0 {
		t.Errorf("the old one: %v", err)
	}
	if _, err := s.Migration(ctx, moved.ID); err != nil {
		t.Errorf("what can be taken back: %v", err)
	}
	forget(noon.Add(time.Second), noon.Add(time.Second), 1)
	if _, err := s.Migration(ctx, moved.ID); signoff.CodeOf(err) != "bulk-not-found" {
		t.Errorf("after its time: %v", err)
	}
	if _, err := s.Bulk(ctx, open.ID); err != nil {
		t.Errorf("what is open: %v", err)
	}
}

func bulkOfWhatIsGone(t *testing.T, s *store.Store) {
	wf := shop(t, s, "orders")
	g := over(t, s, wf, noon)
	b, err := s.CreateBulk(t.Context(), store.Bulk{Kind: store.BulkRetry, By: orderer, Made: noon}, []signoff.Serial{{Instance: g.in.ID, Seq: 2}}, store.Once{})
	must(t, err)
	must(t, s.SettleBulk(t.Context(), b.ID, []store.BulkItem{{N: 1, State: store.BulkFailed, Code: "effect-failed", Cause: "jane has no mailbox"}}, noon))
	gone := store.Deletion{Instance: g.in.ID, By: "user:9", Reason: "a mistake", At: noon.Add(time.Hour)}
	if err := s.Delete(t.Context(), gone); signoff.CodeOf(err) != store.CodeKept {
		t.Errorf("what is kept for ever goes without the server right: %v", err)
	}
	gone.Server = true
	must(t, s.Delete(t.Context(), gone))
	if items, err := s.BulkItems(t.Context(), b.ID, "", 0, 10); err != nil || len(items) != 1 || items[0].Cause != "" || items[0].Code != "effect-failed" {
		t.Errorf("what is left: %+v, %v", items, err)
	}
}

func bulkGiver(t *testing.T, s *store.Store) {
	b, err := s.Bulk(t.Context(), order(t, s, store.BulkRetry, 1).ID)
	must(t, err)
	want := signoff.Caller{Person: signoff.Person{Principal: "user:1"}, How: "token", Behind: "user:9"}
	if !reflect.DeepEqual(b.By, want) {
		t.Errorf("kept is %+v", b.By)
	}
}
