package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// The memory store is worth what it shares with the real one: whatever a runner
// may ask, in any order, both must give the same answers.

func TestTheMemoryStoreAnswersAsSQLiteDoes(t *testing.T) {
	againstSQLite(t, 40, same)
}

func TestTheMemoryStoreAnswersAsPostgreSQLDoes(t *testing.T) {
	againstPostgreSQL(t, 8, same)
}

// againstSQLite compares with so many databases at most: each takes a while.
func againstSQLite(t *testing.T, most int, same func(rt *rapid.T, dsn string, shared bool)) {
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n <= most {
			same(rt, filepath.Join(dir, fmt.Sprintf("%d.db", n)), false)
		}
	})
}

// againstPostgreSQL does so likewise, where a server is installed.
func againstPostgreSQL(t *testing.T, most int, same func(rt *rapid.T, dsn string, shared bool)) {
	pgtest.Database(t) // starts the server, or skips
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n <= most {
			same(rt, pgtest.Database(t), true)
		}
	})
}

// pair is both stores, and what has been put into them.
type pair struct {
	*rapid.T
	real  *store.Store
	mem   *memory
	now   time.Time
	ids   []signoff.InstanceID
	spare []signoff.InstanceID
	keys  []string
	holds []store.Hold
	dues  []store.Timer
}

func same(rt *rapid.T, dsn string, shared bool) {
	s, err := store.Open(context.Background(), dsn, store.Options{})
	if err != nil {
		rt.Fatal(err)
	}
	defer s.Close()
	p := &pair{T: rt, real: s, mem: newMemory(shared), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	if s.Shared() != shared {
		rt.Fatal("one is shared, the other not")
	}
	for range rapid.IntRange(20, 60).Draw(rt, "questions") {
		p.now = p.now.Add(time.Duration(rapid.IntRange(0, 8_000_000).Draw(rt, "pause")) * time.Microsecond)
		p.question()
		p.look()
	}
	for _, id := range p.ids {
		if err := s.Audit(context.Background(), id); err != nil && p.mem.Audit(context.Background(), id) == nil {
			rt.Fatalf("only the real one says: %v", err)
		}
	}
}

// both asks both and wants the same answer, which it returns.
func both[T any](p *pair, what string, ask func(storage) (T, error)) (T, error) {
	p.Helper()
	is, err := ask(p.real)
	want, wantErr := ask(p.mem)
	a, b := fmt.Sprintf("%+v %s", is, kindOf(err)), fmt.Sprintf("%+v %s", want, kindOf(wantErr))
	if a != b {
		p.Fatalf("%s\nreal:   %s\nmemory: %s", what, a, b)
	}
	return is, err
}

// kindOf names what kind of error it is.
func kindOf(err error) string {
	done, _ := errors.AsType[*store.OnceDone](err)
	switch {
	case err == nil:
		return ""
	case done != nil:
		return fmt.Sprint("done as ", done.Instance)
	case signoff.CodeOf(err) != "":
		return signoff.CodeOf(err)
	}
	return err.Error()
}

func said(p *pair, what string, tell func(storage) error) error {
	p.Helper()
	_, err := both(p, what, func(s storage) (struct{}, error) { return struct{}{}, tell(s) })
	return err
}

// look compares what can be seen without changing anything.
func (p *pair) look() {
	ctx := context.Background()
	for _, kind := range []engine.CommandKind{engine.DoNotify, engine.DoEmail, engine.DoCall} {
		_, _ = both(p, "next "+string(kind), func(s storage) (time.Time, error) { return s.NextJob(ctx, kind) })
	}
	_, _ = both(p, "next timer", func(s storage) (time.Time, error) { return s.NextTimer(ctx) })
	for _, key := range p.keys {
		_, _ = both(p, "job "+key, func(s storage) (string, error) {
			j, err := s.Job(ctx, key)
			return fmt.Sprint(j.Instance, j.Workflow, j.Version, j.Attempt, j.Holder, j.Parked, j.WaitsFor, j.Command.Key, j.Command.Node), err
		})
	}
	for _, who := range []signoff.Principal{"user:2", ""} {
		_, _ = both(p, "wanted of "+string(who), func(s storage) ([]store.Wanted, error) { return s.WantedOf(ctx, who, "", 10) })
	}
	for _, id := range p.ids {
		_, _ = both(p, fmt.Sprint("instance ", id), func(s storage) (string, error) {
			in, err := s.Instance(ctx, id)
			return fmt.Sprint(in.ID, in.Rev, in.Workflow, in.Version, us(in.Moved), string(in.State.AppendJSON(nil))), err
		})
	}
}

func draw[T any](p *pair, what string, from ...T) T { return rapid.SampledFrom(from).Draw(p.T, what) }

// question is one of all a runner may ask.
func (p *pair) question() {
	ctx := context.Background()
	switch rapid.IntRange(0, 25).Draw(p.T, "what") {
	case 0, 1, 2, 3, 4, 5, 6, 7:
		p.commit()
	case 8, 9:
		p.take()
	case 10, 11, 12:
		p.report()
	case 13:
		if len(p.keys) > 0 {
			keys := []string{draw(p, "key", p.keys...), draw(p, "key", p.keys...)}
			_ = said(p, "done", func(s storage) error { return s.DoneJobs(ctx, keys...) })
		}
	case 14, 15, 20, 21, 22:
		p.timers()
	case 16:
		o := p.once()
		_ = said(p, "once", func(s storage) error { return s.Done(ctx, o) })
	case 17:
		limit := rapid.IntRange(1, 2).Draw(p.T, "limit")
		before := p.now.Add(-time.Duration(rapid.IntRange(0, 60).Draw(p.T, "ago")) * time.Second)
		_, _ = both(p, "forget", func(s storage) (int64, error) { return s.ForgetOnce(ctx, before, limit) })
	case 23, 24, 25:
		p.parked()
	default:
		p.membership()
	}
}

func (p *pair) once() store.Once {
	key := draw(p, "once", "", "k1", "k2", "k3", "k4")
	return store.Once{Key: key, Digest: draw(p, "digest", "same", "same", "other"), At: p.now}
}

var holders = []string{"a", "b", "c"}

func (p *pair) take() {
	kind := draw(p, "kind", engine.DoNotify, engine.DoEmail, engine.DoCall)
	holder, limit := draw(p, "holder", holders...), rapid.IntRange(1, 3).Draw(p.T, "limit")
	jobs, _ := both(p, "take", func(s storage) ([]store.Job, error) {
		jobs, err := s.TakeJobs(context.Background(), holder, kind, p.now, 10*time.Second, limit)
		slices.SortFunc(jobs, func(a, b store.Job) int { return cmp.Compare(a.Command.Key, b.Command.Key) })
		return jobs, err
	})
	for _, j := range jobs {
		p.holds = append(p.holds, j.Hold())
	}
}

// report says something about a command that is, or was, or never was held.
func (p *pair) report() {
	if len(p.holds) == 0 {
		return
	}
	ctx, h, due := context.Background(), draw(p, "hold", p.holds...), p.now.Add(5*time.Second)
	h.Attempt += draw(p, "attempt", 0, 0, 0, 1)
	w := draw(p, "lacks", wants...)
	what := rapid.IntRange(0, 7).Draw(p.T, "how")
	if what == 4 {
		until := p.now.Add(time.Duration(rapid.IntRange(0, 12).Draw(p.T, "taken before")) * time.Second)
		_, _ = both(p, "forgotten", func(s storage) (int, error) {
			return s.ReturnForgotten(ctx, h.Holder, until, p.now, func(key string) bool { return key == h.Key })
		})
		return
	}
	_ = said(p, "report", func(s storage) error {
		switch what {
		case 0:
			return s.RetryJob(ctx, h, due, "away")
		case 1:
			return s.ReturnJob(ctx, h, due)
		case 2:
			return s.ParkJob(ctx, h)
		case 3:
			return s.DropJob(ctx, h)
		}
		return s.ParkFor(ctx, h, w, p.now)
	})
}

var wants = []store.Want{{For: "office|user:2|", Who: "user:2", Why: "jane"}, {For: "office|user:3|", Who: "user:3", Why: "bob"}, {For: "post|service|", Why: "us"}}

// parked asks about commands that lack something.
func (p *pair) parked() {
	ctx, limit, w := context.Background(), rapid.IntRange(1, 2).Draw(p.T, "limit"), draw(p, "want", wants...)
	switch rapid.IntRange(0, 3).Draw(p.T, "parked") {
	case 0:
		_, _ = both(p, "unpark", func(s storage) (map[engine.CommandKind]int, error) { return s.Unpark(ctx, w.For, p.now, limit) })
	case 1:
		if len(p.ids) > 0 {
			step := signoff.Serial{Instance: draw(p, "of", p.ids...), Seq: rapid.IntRange(2, 6).Draw(p.T, "step")}
			_, _ = both(p, "unpark step", func(s storage) (map[engine.CommandKind]int, error) { return s.UnparkStep(ctx, step, p.now) })
			_, _ = both(p, "wants", func(s storage) ([]store.Want, error) { return s.StepWants(ctx, step) })
		}
	case 2:
		after := draw(p, "after", "", w.For)
		_, _ = both(p, "look", func(s storage) (string, error) {
			next, kinds, err := s.LookParked(ctx, after, p.now, limit)
			return fmt.Sprint(next, kinds), err
		})
	case 3:
		jobs, _ := both(p, "take parked", func(s storage) ([]store.Job, error) {
			jobs, err := s.TakeParked(ctx, "a", "office", p.now, 10*time.Second, limit)
			slices.SortFunc(jobs, func(a, b store.Job) int { return cmp.Compare(a.Command.Key, b.Command.Key) })
			return jobs, err
		})
		for _, j := range jobs {
			p.holds = append(p.holds, j.Hold())
		}
	}
}

func (p *pair) timers() {
	ctx := context.Background()
	switch limit := rapid.IntRange(1, 3).Draw(p.T, "limit"); {
	case len(p.dues) == 0 || rapid.Bool().Draw(p.T, "due"):
		due, _ := both(p, "timers", func(s storage) ([]store.Timer, error) { return s.DueTimers(ctx, p.now, limit) })
		p.dues = append(p.dues, due...)
	case rapid.Bool().Draw(p.T, "drop"):
		t := draw(p, "timer", p.dues[max(0, len(p.dues)-2):]...)
		_ = said(p, "drop timer", func(s storage) error { return s.DropTimer(ctx, t.Serial) })
	default:
		t := draw(p, "timer", p.dues[max(0, len(p.dues)-2):]...)
		_ = said(p, "defer", func(s storage) error { return s.DeferTimer(ctx, t, p.now.Add(3*time.Second)) })
		p.now = p.now.Add(4 * time.Second)
		_, _ = both(p, "timers", func(s storage) ([]store.Timer, error) { return s.DueTimers(ctx, p.now, 10) })
	}
}

func (p *pair) membership() {
	ctx, id := context.Background(), draw(p, "node", holders...)
	until := p.now.Add(6 * time.Second)
	switch rapid.IntRange(0, 5).Draw(p.T, "how") {
	case 0, 1:
		if _, known := p.mem.nodes[id]; known {
			return // ids are made anew
		}
		n := store.Node{ID: id, Name: id, Started: p.now, Renewed: p.now, Until: until}
		_ = said(p, "join", func(s storage) error { return s.Join(ctx, n) })
	case 2:
		_, _ = both(p, "renew", func(s storage) (bool, error) { return s.Renew(ctx, id, p.now, until) })
	case 3:
		_ = said(p, "leave", func(s storage) error { return s.Leave(ctx, id, p.now) })
	case 4:
		_, _ = both(p, "reap", func(s storage) (dead []string, err error) {
			nodes, err := s.Reap(ctx, p.now)
			for _, n := range nodes {
				dead = append(dead, fmt.Sprint(n.ID, n.Until.UTC()))
			}
			return dead, err
		})
	case 5:
		_, _ = both(p, "release", func(s storage) (int64, error) { return s.ReleaseLost(ctx, p.now) })
	}
}

// commit stores a step of some instance, sometimes one that must be refused.
func (p *pair) commit() {
	ctx := context.Background()
	st := store.Step{Workflow: 1, Version: 1, At: p.now}
	if rapid.IntRange(0, 2).Draw(p.T, "keyed") == 0 {
		st.Once = p.once()
	}
	if len(p.ids) == 0 || rapid.IntRange(0, 3).Draw(p.T, "new") == 0 {
		id, _ := both(p, "number", func(s storage) (signoff.InstanceID, error) { return s.NewInstance(ctx) })
		st.Instance = id
		ana := ana.Person
		p.add(&st, engine.Fact{Kind: engine.Started, Instance: id, Folio: "x", Starter: &ana, Priority: 1})
	} else {
		in, err := p.mem.Instance(ctx, draw(p, "instance", p.ids...))
		if err != nil || in.State.Status != engine.Running {
			return
		}
		st.Instance, st.Rev, st.Before, st.After = in.ID, in.Rev, in.State, in.State
		if st.Rev > 1 && rapid.IntRange(0, 5).Draw(p.T, "stale") == 0 {
			st.Rev--
		}
	}
	for range rapid.IntRange(1, 3).Draw(p.T, "facts") {
		p.happen(&st)
	}
	if rapid.IntRange(0, 3).Draw(p.T, "later") == 0 {
		st.TimersFrom = p.now.Add(time.Second)
	}
	err := said(p, fmt.Sprintf("commit %d rev %d", st.Instance, st.Rev), func(s storage) error {
		own := st
		return s.Commit(ctx, &own)
	})
	switch {
	case err == nil && st.Rev == 0:
		p.ids = append(p.ids, st.Instance)
	case err != nil && st.Rev == 0:
		_ = said(p, "return", func(s storage) error { s.ReturnInstance(st.Instance); return nil })
	}
}

// add makes a fact true of the step.
func (p *pair) add(st *store.Step, f engine.Fact) {
	f.Seq, f.At = st.After.Facts+1, p.now
	st.After = engine.Apply(st.After, f)
	st.Facts = append(st.Facts, f)
}

// happen adds what can happen next: something begins, ends, fails or is tried again.
func (p *pair) happen(st *store.Step) {
	next := st.After.Seq + 1
	switch a := &st.After; rapid.IntRange(0, 8).Draw(p.T, "happens") {
	case 0, 1:
		p.add(st, engine.Fact{Kind: engine.TaskOffered, Ref: next, Node: "n", Title: "t", To: []signoff.Principal{"user:2"}})
		p.command(st, engine.DoNotify, next)
	case 2, 3:
		kind := draw(p, "effect", engine.DoEmail, engine.DoCall)
		p.add(st, engine.Fact{Kind: engine.EffectRequested, Ref: next, Node: "n", Effect: string(kind)})
		p.command(st, kind, next)
	case 4:
		due := p.now.Add(time.Duration(rapid.IntRange(-1, 20).Draw(p.T, "due")) * time.Second)
		p.add(st, engine.Fact{Kind: engine.TimerSet, Ref: next, Node: "n", Due: &due, TimerFor: engine.ForEvent})
	case 5:
		if len(a.Timers) > 0 {
			p.add(st, engine.Fact{Kind: engine.TimerCleared, Ref: a.Timers[0].Seq})
		}
	case 6:
		for _, t := range a.Tasks {
			if t.Open() {
				p.add(st, engine.Fact{Kind: engine.TaskDecided, Ref: t.Seq, Outcome: "Approve", By: "user:2"})
				break
			}
		}
	case 7:
		if len(a.Effects) > 0 {
			p.end(st, draw(p, "which", a.Effects...))
		}
	case 8:
		if len(a.Effects) > 0 {
			e := draw(p, "which", a.Effects...)
			p.command(st, engine.CommandKind(e.Kind), e.Seq) // tried again under its old key
		}
	}
}

// end lets an effect end: done, failed or dropped, said by whoever may or not.
func (p *pair) end(st *store.Step, e engine.Effect) {
	kind := draw(p, "how", engine.EffectFinished, engine.EffectFinished, engine.EffectDropped, engine.IncidentRaised)
	f := engine.Fact{Kind: kind, Ref: e.Seq, Node: e.Node}
	if kind == engine.IncidentRaised {
		f.Ref, f.Subject, f.Stage = st.After.Seq+1, e.Seq, engine.Entering
	}
	p.add(st, f)
	if kind == engine.EffectDropped || st.Finished != "" {
		return
	}
	st.Finished = fmt.Sprintf("%d_%d/%s", st.Instance, e.Seq, e.Kind)
	if kind == engine.IncidentRaised {
		st.Held = store.Hold{Key: st.Finished, Holder: draw(p, "holder", holders...), Attempt: rapid.IntRange(1, 2).Draw(p.T, "attempt")}
		if j, err := p.mem.Job(context.Background(), st.Finished); err == nil && rapid.Bool().Draw(p.T, "right") {
			st.Held = j.Hold()
		}
	}
}

func (p *pair) command(st *store.Step, kind engine.CommandKind, ref int) {
	c := store.Outgoing{Due: p.now, Command: engine.Command{Key: fmt.Sprintf("%d_%d/%s", st.Instance, ref, kind), Kind: kind, Node: "n", Ref: ref}}
	if slices.ContainsFunc(st.Commands, func(o store.Outgoing) bool { return o.Key == c.Key }) {
		return
	}
	if rapid.Bool().Draw(p.T, "taken") {
		c.Holder, c.Due = draw(p, "holder", holders...), p.now.Add(10*time.Second)
		p.holds = append(p.holds, store.Hold{Key: c.Key, Holder: c.Holder, Attempt: 1})
	}
	if !slices.Contains(p.keys, c.Key) {
		p.keys = append(p.keys, c.Key)
	}
	st.Commands = append(st.Commands, c)
}
