package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

func node(id string, at time.Time) store.Node {
	return store.Node{ID: id, Name: "host-" + id, Version: "1", Started: at, Renewed: at, Until: at.Add(20 * time.Second)}
}

// nodes: one that does not renew is found dead once, and what it had is free.
func nodes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	if !s.Shared() {
		t.Skip("a file has one node")
	}
	must(t, s.Join(ctx, node("a", noon)))
	must(t, s.Join(ctx, node("b", noon.Add(10*time.Second))))
	g := begin(t, s)
	g.must([]engine.Fact{asked(2), asked(3)}, email("1_2/email", 2), email("1_3/email", 3))
	jobs, err := s.TakeJobs(ctx, "a", engine.DoEmail, noon, time.Hour, 10)
	must(t, err)
	must(t, s.ParkJob(ctx, jobs[1].Hold()))
	lease, mine, err := s.Acquire(ctx, "mailroom", "a", noon, noon.Add(20*time.Second))
	must(t, err)
	if !mine || lease.Token != 1 {
		t.Fatalf("lease: %+v", lease)
	}
	if dead, err := s.Reap(ctx, noon.Add(19*time.Second)); err != nil || len(dead) != 0 {
		t.Fatalf("dead before their time: %+v, %v", dead, err)
	}
	if ok, err := s.Renew(ctx, "b", noon.Add(15*time.Second), noon.Add(35*time.Second)); !ok || err != nil {
		t.Fatalf("renewed: %v, %v", ok, err)
	}
	dead, err := s.Reap(ctx, noon.Add(20*time.Second))
	must(t, err)
	if len(dead) != 1 || dead[0].ID != "a" || dead[0].Name != "host-a" {
		t.Fatalf("dead: %+v", dead)
	}
	if dead, err := s.Reap(ctx, noon.Add(20*time.Second)); err != nil || len(dead) != 0 {
		t.Fatalf("dead once more: %+v, %v", dead, err)
	}
	if ok, err := s.Renew(ctx, "a", noon.Add(21*time.Second), noon.Add(41*time.Second)); ok || err != nil {
		t.Fatalf("the dead renewed: %v, %v", ok, err)
	}
	if l, err := s.Lease(ctx, "mailroom"); err != nil || l.Holder != "" || l.Token != 1 {
		t.Fatalf("its lease: %+v, %v", l, err)
	}
	taken, err := s.TakeJobs(ctx, "b", engine.DoEmail, noon.Add(20*time.Second), time.Hour, 10)
	must(t, err)
	if len(taken) != 1 || taken[0].Command.Key != "1_2/email" || taken[0].Attempt != 2 {
		t.Fatalf("what it had, without what was parked: %+v", taken)
	}
	late(t, s, jobs[0])
	all, err := s.Nodes(ctx)
	must(t, err)
	if len(all) != 1 || all[0].ID != "b" || !all[0].Renewed.Equal(noon.Add(15*time.Second)) {
		t.Fatalf("nodes: %+v", all)
	}
}

// late: what a node says about a command that is another's by now changes nothing.
func late(t *testing.T, s *store.Store, j store.Job) {
	t.Helper()
	ctx := t.Context()
	before, err := s.DumpText(ctx)
	must(t, err)
	for what, err := range map[string]error{
		"retried":  s.RetryJob(ctx, j.Hold(), noon, "away"),
		"returned": s.ReturnJob(ctx, j.Hold(), noon),
		"parked":   s.ParkJob(ctx, j.Hold()),
		"dropped":  s.DropJob(ctx, j.Hold()),
	} {
		if !errors.Is(err, store.ErrNotHeld) {
			t.Errorf("%s: %v", what, err)
		}
	}
	in, err := s.Instance(ctx, j.Instance)
	must(t, err)
	g := &saga{t: t, s: s, in: in}
	err = g.s.Commit(ctx, failing(g, j))
	if !errors.Is(err, store.ErrNotHeld) {
		t.Errorf("failed: %v", err)
	}
	if after, err := s.DumpText(ctx); err != nil || after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// failing is the step that takes in that a command failed.
func failing(g *saga, j store.Job) *store.Step {
	f := engine.Fact{Kind: engine.IncidentRaised, Ref: 99, Subject: j.Command.Ref, Node: "mail", Seq: g.in.State.Facts + 1, At: noon}
	return &store.Step{Instance: g.in.ID, Rev: g.in.Rev, Workflow: g.in.Workflow, Version: g.in.Version, Before: g.in.State,
		After: engine.Apply(g.in.State, f), Facts: []engine.Fact{f}, Finished: j.Command.Key, Held: j.Hold()}
}

// lostNodes: commands of nodes nobody knows are free, those of living ones are not.
func lostNodes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	g := begin(t, s)
	g.must([]engine.Fact{asked(2), asked(3), asked(4)}, email("1_2/email", 2), email("1_3/email", 3), email("1_4/email", 4))
	take := func(who string, n int) []store.Job {
		jobs, err := s.TakeJobs(ctx, who, engine.DoEmail, noon, time.Hour, n)
		must(t, err)
		return jobs
	}
	take("lost", 1)
	must(t, s.Join(ctx, node("a", noon)))
	mine := take("a", 1)
	if mine[0].Command.Key != "1_2/email" {
		t.Fatalf("joining did not free what a lost node had: %+v", mine)
	}
	take("lost", 1)
	if n, err := s.ReleaseLost(ctx, noon); err != nil || n != 1 {
		t.Fatalf("%d freed, %v", n, err)
	}
	if n, err := s.ReleaseLost(ctx, noon); err != nil || n != 0 {
		t.Fatalf("%d freed again, %v", n, err)
	}
	must(t, s.ParkJob(ctx, mine[0].Hold()))
	must(t, s.Leave(ctx, "a", noon))
	if all, err := s.Nodes(ctx); err != nil || len(all) != 0 {
		t.Fatalf("nodes: %+v, %v", all, err)
	}
}

// oneHolder: a lease is one node's, and what was done under an older one counts no more.
func oneHolder(t *testing.T, s *store.Store) {
	ctx := t.Context()
	acquire := func(who string, at time.Time) (store.Lease, bool) {
		l, mine, err := s.Acquire(ctx, "mailroom", who, at, at.Add(20*time.Second))
		must(t, err)
		return l, mine
	}
	first, _ := acquire("a", noon)
	if l, mine := acquire("b", noon.Add(19*time.Second)); mine || l.Holder != "a" {
		t.Fatalf("while it was another's: %+v", l)
	}
	must(t, s.Note(ctx, first, "well"))
	if l, err := s.Lease(ctx, "mailroom"); err != nil || l.Note != "well" || !l.Until.Equal(noon.Add(20*time.Second)) {
		t.Fatalf("%+v, %v", l, err)
	}
	second, mine := acquire("b", noon.Add(20*time.Second))
	if !mine || second.Token <= first.Token {
		t.Fatalf("after its end: %+v", second)
	}
	must(t, s.Note(ctx, first, "late"))
	must(t, s.Release(ctx, first))
	if l, err := s.Lease(ctx, "mailroom"); err != nil || l.Holder != "b" || l.Note != "" {
		t.Fatalf("what the first holder did late counted: %+v, %v", l, err)
	}
	must(t, s.Release(ctx, second))
	if third, mine := acquire("a", noon.Add(21*time.Second)); !mine || third.Token <= second.Token {
		t.Fatalf("after it was released: %+v", third)
	}
}

// deferredLate: a timer is put off by whoever has it, and nobody else.
func deferredLate(t *testing.T, s *store.Store) {
	ctx := t.Context()
	due := noon
	begin(t, s, engine.Fact{Kind: engine.TimerSet, Ref: 2, Node: "wait", Due: &due, TimerFor: engine.ForEvent})
	first, err := s.DueTimers(ctx, noon, 1)
	must(t, err)
	again := noon.Add(20 * time.Second)
	second, err := s.DueTimers(ctx, again, 1)
	must(t, err)
	if len(first) != 1 || len(second) != 1 {
		t.Fatalf("taken %+v, and after the first had its time %+v", first, second)
	}
	must(t, s.DeferTimer(ctx, second[0], noon.Add(time.Hour)))
	must(t, s.DeferTimer(ctx, first[0], noon.Add(2*time.Hour)))
	if next, err := s.NextTimer(ctx); err != nil || !next.Equal(noon.Add(time.Hour)) {
		t.Fatalf("due at %v, %v", next, err)
	}
	if got := (signoff.Serial{Instance: 1, Seq: 2}); first[0].Serial != got {
		t.Fatalf("%v", first[0].Serial)
	}
}
