package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// fillMessages puts something into every table of messages, signals, calls and
// schedules.
func fillMessages(t *testing.T, s *store.Store, name string) {
	t.Helper()
	ctx := t.Context()
	_, _, err := s.Deploy(ctx, store.Deployment{Key: "told" + name, Name: "Told", XML: []byte("<told/>"), Digest: "t", At: noon, By: "user:1", Starts: store.Starts{
		Begins:    []store.Begin{{Node: "told", Kind: engine.WaitSignal, Name: "closing" + name}},
		Schedules: []store.Schedule{{Node: "tick", Name: "Daily", Spec: "cycle 0 9 * * *", Cycle: "0 9 * * *", Planned: noon.Add(time.Hour), Again: -1}}}})
	must(t, err)
	g := begin(t, s, engine.Fact{Kind: engine.WaitSet, Ref: 2, Node: "wait", Effect: engine.WaitMessage, Title: "paid" + name, Code: "4711"})
	key := fmt.Sprintf("%d_3/%s", g.in.ID, engine.DoWorkflow)
	g.must([]engine.Fact{{Kind: engine.EffectRequested, Ref: 3, Node: "call", Effect: string(engine.DoWorkflow)}},
		store.Outgoing{Command: engine.Command{Key: key, Kind: engine.DoWorkflow, Node: "call", Ref: 3}, Due: noon.Add(time.Hour), Holder: "a"})
	child := called(t, s, store.Hold{Key: key, Holder: "a", Attempt: 1})
	g.must([]engine.Fact{{Kind: engine.EffectDropped, Ref: 3}})
	orphans, err := s.TakeOrphans(ctx, noon.Add(time.Minute), 100)
	must(t, err)
	if len(orphans) != 1 || orphans[0].Instance != child {
		t.Fatalf("orphans %+v, want %d", orphans, child)
	}
	for _, m := range []store.Message{
		{Kind: engine.WaitMessage, Name: "paid" + name, Key: "1", State: store.MessageWaiting, Until: noon.Add(time.Hour)},
		{Kind: engine.WaitSignal, Name: "closing" + name, State: store.SignalSent, Settled: noon},
	} {
		m.Source, m.Ident, m.Digest, m.Sender, m.Person, m.Came = "user:1", m.Kind+name, "d", "user:1", "user:1", noon
		m, made, err := s.PutMessage(ctx, m)
		must(t, err)
		if !made || m.Kind == engine.WaitSignal && m.Told != 1 {
			t.Fatalf("%v, %+v", made, m)
		}
	}
}

// called begins an instance that a call activity runs.
func called(t *testing.T, s *store.Store, by store.Hold) signoff.InstanceID {
	t.Helper()
	id, err := s.NewInstance(t.Context())
	must(t, err)
	ana := signoff.Person{Principal: "user:1", Name: "Ana"}
	f := engine.Fact{Seq: 1, At: noon, Kind: engine.Started, Instance: id, Folio: "Called", Priority: 1, Starter: &ana, By: "user:1"}
	st := store.Step{Instance: id, Workflow: 1, Version: 1, At: noon, After: engine.Apply(engine.State{}, f), Facts: []engine.Fact{f}, Caller: by.Key, Called: by}
	wrong := st
	wrong.Called.Attempt++
	if err := s.Commit(t.Context(), &wrong); !errors.Is(err, store.ErrNotHeld) {
		t.Fatalf("begun by one who does not hold the command: %v", err)
	}
	must(t, s.Commit(t.Context(), &st))
	if j, err := s.Job(t.Context(), by.Key); err != nil || j.Child != id || j.Holder != "" {
		t.Fatalf("%+v, %v", j, err)
	}
	return id
}
