package storetest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// retentionTests are about removing what is not to be kept.
var retentionTests = map[string]func(*testing.T, *store.Store){
	"what a workflow no longer keeps goes with all that belongs to it":   retention,
	"nothing goes that runs, failed or has something on its way":         notAtRest,
	"how long to keep is counted from the end, and for ever is for ever": keepDays,
	"a hold on instance, workflow or person keeps it until it is lifted": held,
	"a hold that was placed while things were being removed holds":       holdRace,
	"holds are refused where they make no sense":                         holdRefusals,
	"two who remove at once remove everything once":                      retainTwice,
}

const year = 365

// shop makes a workflow and returns its number.
func shop(t *testing.T, s *store.Store, key string) signoff.WorkflowID {
	t.Helper()
	v, _, err := s.Deploy(t.Context(), store.Deployment{Key: key, Name: key, XML: []byte("<a/>"), Digest: key, At: noon, By: "user:1"})
	must(t, err)
	return v.Workflow
}

// over is an instance of a workflow that ended at a time, decided by user:2.
func over(t *testing.T, s *store.Store, wf signoff.WorkflowID, at time.Time) *saga {
	t.Helper()
	g := beginOf(t, s, wf, at, offer(2, "user:2"))
	g.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Node: "approve", Action: "Approve", Outcome: "Approve", By: "user:2", At: at}, endedAt(at)})
	return g
}

func endedAt(at time.Time) engine.Fact {
	f := ended()
	f.At = at
	return f
}

func beginOf(t *testing.T, s *store.Store, wf signoff.WorkflowID, at time.Time, facts ...engine.Fact) *saga {
	t.Helper()
	id, err := s.NewInstance(t.Context())
	must(t, err)
	g := &saga{t: t, s: s, in: store.Instance{ID: id, Workflow: wf, Version: 1}}
	ana := signoff.Person{Principal: "user:1", Name: "Ana"}
	all := append([]engine.Fact{{Kind: engine.Started, Instance: id, Folio: fmt.Sprintf("Request %d", id), Priority: 1, Starter: &ana, By: "user:1"}}, facts...)
	for i := range all {
		all[i].At = at
	}
	g.must(all)
	return g
}

func (g *saga) mail(key string, state store.MailState) {
	g.t.Helper()
	ctx, id := g.t.Context(), fmt.Sprint(g.in.ID)
	m := store.OutMail{Key: id + "_2/" + key, Instance: g.in.ID, Task: 2, To: "jane@x", Subject: "s", MessageID: "<" + id + key + "@x>", Created: noon, Raw: []byte("raw")}
	must(g.t, g.s.QueueMail(ctx, []store.OutMail{m}, []store.ReplyAddress{{Hash: "hash" + id + key, MessageID: m.MessageID, Instance: g.in.ID, Task: 2, Principal: "user:2", Expires: noon.AddDate(9, 0, 0)}}))
	if state == store.MailQueued {
		return
	}
	lease, _, err := g.s.Acquire(ctx, store.MailLease, "test", noon, noon.Add(time.Hour))
	must(g.t, err)
	taken, err := g.s.TakeMail(ctx, lease, store.Senders{}, noon, 10)
	must(g.t, err)
	for _, m := range taken {
		must(g.t, g.s.SettleMail(ctx, m, state, noon, time.Time{}, ""))
	}
	_, err = g.s.RecordMail(ctx, store.InMail{Digest: "digest" + id + key, At: noon, From: "jane@x", Instance: g.in.ID, Task: 2}, nil, store.AdviceLimit{})
	must(g.t, err)
}

// retain removes what is due at a time and tells which instances are left.
func retain(t *testing.T, s *store.Store, at time.Time, want int, left ...*saga) {
	t.Helper()
	n, err := s.Retain(t.Context(), at)
	must(t, err)
	if n != want {
		t.Errorf("%d were removed, want %d", n, want)
	}
	for _, g := range left {
		if err := s.Audit(t.Context(), g.in.ID); err != nil {
			t.Errorf("what was to stay: %v", err)
		}
	}
	must(t, s.AuditLeftovers(t.Context()))
	must(t, s.AuditCounts(t.Context()))
}

func retention(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave, other := shop(t, s, "leave"), shop(t, s, "other")
	old, fresh, foreign := over(t, s, leave, noon), over(t, s, leave, noon.AddDate(0, 6, 0)), over(t, s, other, noon)
	old.mail("notify", store.MailSent)
	fresh.mail("notify", store.MailSent)
	older := over(t, s, leave, noon.AddDate(0, -3, 0))
	later := noon.AddDate(1, 0, 1)
	retain(t, s, later, 0, old, older, fresh, foreign) // for ever, until somebody says otherwise
	must(t, s.SetKeepDays(ctx, leave, year))
	if e, err := s.CountExpired(ctx, leave, later.AddDate(0, 0, -year)); err != nil || e != (store.Expired{Go: 2}) {
		t.Errorf("to go: %+v, %v", e, err)
	}
	retain(t, s, later, 2, fresh, foreign)
	for _, g := range []*saga{old, older} {
		if err := s.Audit(ctx, g.in.ID); signoff.KindOf(err) != signoff.NotFound || strings.Contains(err.Error(), "rows") {
			t.Errorf("removed and still there: %v", err)
		}
		if facts, err := s.Facts(ctx, g.in.ID, 0, 10); err != nil || len(facts) != 0 {
			t.Errorf("its history: %v, %v", facts, err)
		}
	}
	if decided, err := s.Decided(ctx, "user:2", store.Mark{}, 10); err != nil || len(decided) != 2 {
		t.Errorf("what Jane decided: %+v, %v", decided, err)
	}
	if _, found, err := s.ReplyAddressByHash(ctx, fmt.Sprintf("hash%dnotify", old.in.ID)); err != nil || found {
		t.Errorf("its reply address: %v, %v", found, err)
	}
	if _, found, err := s.ReplyAddressByHash(ctx, fmt.Sprintf("hash%dnotify", fresh.in.ID)); err != nil || !found {
		t.Errorf("the other's reply address: %v, %v", found, err)
	}
	retain(t, s, later.AddDate(0, 6, 0), 1, foreign)
	list, err := s.Removals(ctx, leave, 0, 10)
	must(t, err)
	if len(list) != 2 || list[1].Instances != 2 || list[1].KeepDays != year || list[1].Day != 20271124 || !list[1].At.Equal(later) ||
		!list[1].Oldest.Equal(noon.AddDate(0, -3, 0)) || !list[1].Newest.Equal(noon) || list[0].Instances != 1 {
		t.Errorf("on record: %+v", list)
	}
	if list, err := s.Removals(ctx, other, 0, 10); err != nil || len(list) != 0 {
		t.Errorf("of the other workflow: %+v, %v", list, err)
	}
}

func notAtRest(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave := shop(t, s, "leave")
	running := beginOf(t, s, leave, noon, offer(2, "user:2"))
	failed := beginOf(t, s, leave, noon, engine.Fact{Kind: engine.IncidentRaised, Ref: 2, Node: "mail", Code: "effect-failed", Text: "x"})
	_, queued, doubtful := over(t, s, leave, noon), over(t, s, leave, noon), over(t, s, leave, noon)
	late := beginOf(t, s, leave, noon)
	late.must([]engine.Fact{endedAt(noon)}, store.Outgoing{Command: engine.Command{Key: fmt.Sprintf("%d_9/notify", late.in.ID), Kind: engine.DoNotify, Notify: &engine.Notify{}}, Due: noon})
	doubtful.mail("doubt", store.MailDoubtful)
	queued.mail("queue", store.MailQueued)
	must(t, s.SetKeepDays(ctx, leave, 1))
	if e, err := s.CountExpired(ctx, leave, noon.AddDate(5, 0, 0)); err != nil || e != (store.Expired{Go: 1, Waiting: 3}) {
		t.Errorf("to go: %+v, %v", e, err)
	}
	at := noon.AddDate(9, 0, 0)
	retain(t, s, at, 1, running, failed, late, queued, doubtful)
	must(t, s.DoneJobs(ctx, fmt.Sprintf("%d_9/notify", late.in.ID)))
	retain(t, s, at, 1, running, failed, queued, doubtful)
	queued.mail("more", store.MailSent) // takes the queued one, too
	retain(t, s, at, 1, running, failed, doubtful)
}

func keepDays(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave := shop(t, s, "leave")
	slow := beginOf(t, s, leave, noon.AddDate(-3, 0, 0), offer(2, "user:2")) // started long before it ended
	slow.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: "user:2", At: noon}, endedAt(noon)})
	must(t, s.SetKeepDays(ctx, leave, 30))
	retain(t, s, noon.AddDate(0, 0, 30), 0, slow)
	must(t, s.SetKeepDays(ctx, leave, 0))
	retain(t, s, noon.AddDate(99, 0, 0), 0, slow)
	must(t, s.SetKeepDays(ctx, leave, 30))
	if days, err := s.KeepDays(ctx, leave); err != nil || days != 30 {
		t.Errorf("%d days, %v", days, err)
	}
	retain(t, s, noon.AddDate(0, 0, 30).Add(time.Microsecond), 1)
	if err := s.SetKeepDays(ctx, 99, 30); signoff.CodeOf(err) != "workflow-not-found" {
		t.Errorf("of no workflow: %v", err)
	}
	if _, err := s.KeepDays(ctx, 99); signoff.CodeOf(err) != "workflow-not-found" {
		t.Errorf("of no workflow: %v", err)
	}
}

func held(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave, other := shop(t, s, "leave"), shop(t, s, "other")
	must(t, s.SetKeepDays(ctx, leave, year))
	must(t, s.SetKeepDays(ctx, other, year))
	later := noon.AddDate(2, 0, 0)
	one, two, third := over(t, s, leave, noon), over(t, s, leave, noon), over(t, s, other, noon)
	fourth := beginOf(t, s, other, noon)
	fourth.must([]engine.Fact{endedAt(noon)}) // nobody decided anything
	place := func(h store.LegalHold) store.LegalHold {
		t.Helper()
		h.Reason, h.Placed, h.PlacedBy = "a lawsuit", noon, "user:9"
		h, err := s.PlaceHold(ctx, h)
		must(t, err)
		return h
	}
	lift := func(h store.LegalHold) {
		t.Helper()
		got, err := s.LiftHold(ctx, h.ID, "user:8", "settled", later)
		if err != nil || got.LiftReason != "settled" || got.LiftedBy != "user:8" || !got.Lifted.Equal(later) || got.Reason != "a lawsuit" {
			t.Errorf("lifted: %+v, %v", got, err)
		}
	}
	onOne, onOther, onJane := place(store.LegalHold{Instance: one.in.ID}), place(store.LegalHold{Workflow: other}), place(store.LegalHold{Person: "user:2"})
	if e, err := s.CountExpired(ctx, leave, later.AddDate(0, 0, -year)); err != nil || e != (store.Expired{Held: 2}) {
		t.Errorf("to go: %+v, %v", e, err)
	}
	if on, err := s.HoldsOn(ctx, third.in.ID); err != nil || len(on) != 2 || on[0] != onOther || on[1] != onJane {
		t.Errorf("holds on the third: %+v, %v", on, err)
	}
	if on, err := s.HoldsOnWorkflow(ctx, other); err != nil || len(on) != 1 || on[0].ID != onOther.ID {
		t.Errorf("holds on the workflow: %+v, %v", on, err)
	}
	retain(t, s, later, 0, one, two, third, fourth)
	lift(onJane)
	retain(t, s, later, 1, one, third, fourth)
	lift(onOther)
	onAna := place(store.LegalHold{Person: "user:1"}) // who started them all
	retain(t, s, later, 0, one, third, fourth)
	lift(onAna)
	retain(t, s, later, 2, one)
	if open, err := s.Holds(ctx, false, 0, 10); err != nil || len(open) != 1 || open[0] != onOne {
		t.Errorf("open holds: %+v, %v", open, err)
	}
	all, err := s.Holds(ctx, true, 0, 2)
	must(t, err)
	rest, err := s.Holds(ctx, true, all[1].ID, 10)
	must(t, err)
	if len(all) != 2 || len(rest) != 2 || all[0].ID != onAna.ID || rest[1].ID != onOne.ID {
		t.Errorf("all holds: %+v and %+v", all, rest)
	}
	lift(onOne)
	retain(t, s, later, 1)
}

func holdRefusals(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave := shop(t, s, "leave")
	if _, err := s.PlaceHold(ctx, store.LegalHold{Instance: 99}); signoff.CodeOf(err) != "instance-not-found" {
		t.Errorf("on no instance: %v", err)
	}
	if _, err := s.PlaceHold(ctx, store.LegalHold{Workflow: 99}); signoff.CodeOf(err) != "workflow-not-found" {
		t.Errorf("on no workflow: %v", err)
	}
	h, err := s.PlaceHold(ctx, store.LegalHold{Workflow: leave, Placed: noon})
	must(t, err)
	if _, err = s.LiftHold(ctx, h.ID+1, "user:1", "", noon); signoff.CodeOf(err) != "hold-not-found" {
		t.Errorf("no hold: %v", err)
	}
	_, err = s.LiftHold(ctx, h.ID, "user:1", "", noon)
	must(t, err)
	if _, err = s.LiftHold(ctx, h.ID, "user:1", "", noon); signoff.CodeOf(err) != "hold-lifted" {
		t.Errorf("lifted twice: %v", err)
	}
}

// holdRace places holds while instances are being removed: each placed is one
// that stays.
func holdRace(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave := shop(t, s, "leave")
	const n = 120
	var all []*saga
	for range n {
		all = append(all, over(t, s, leave, noon))
	}
	must(t, s.SetKeepDays(ctx, leave, 1))
	var wg sync.WaitGroup
	var mu sync.Mutex
	removed := 0
	for range 2 {
		wg.Go(func() {
			some, err := s.Retain(ctx, noon.AddDate(1, 0, 0))
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			removed += some
			mu.Unlock()
		})
	}
	placed := make([]bool, n)
	for i := n - 1; i >= 0; i -= 3 {
		wg.Go(func() {
			_, err := s.PlaceHold(ctx, store.LegalHold{Instance: all[i].in.ID, Placed: noon})
			placed[i] = err == nil
			if err != nil && signoff.CodeOf(err) != "instance-not-found" {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	left := 0
	for i, g := range all {
		_, err := s.Instance(ctx, g.in.ID)
		if placed[i] != (err == nil) {
			t.Errorf("instance %d: hold placed: %v; %v", g.in.ID, placed[i], err)
		}
		if err == nil {
			left++
			must(t, s.Audit(ctx, g.in.ID))
		}
	}
	if removed+left != n {
		t.Errorf("%d removed and %d left of %d", removed, left, n)
	}
	t.Logf("%d held, %d removed", left, removed)
	must(t, s.AuditLeftovers(ctx))
}

func retainTwice(t *testing.T, s *store.Store) {
	ctx := t.Context()
	leave := shop(t, s, "leave")
	const n = 250
	for i := range n {
		over(t, s, leave, noon.Add(time.Duration(i%7)*time.Hour))
	}
	must(t, s.SetKeepDays(ctx, leave, 1))
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := s.Retain(ctx, noon.AddDate(1, 0, 0)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := s.Removals(ctx, leave, 0, 10)
	must(t, err)
	if len(list) != 1 || list[0].Instances != n {
		t.Errorf("on record: %+v", list)
	}
	must(t, s.AuditLeftovers(ctx))
}
