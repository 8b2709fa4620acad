package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// weather decides what goes wrong next. All randomness of a simulation comes
// from its seed.
type weather struct {
	mu   sync.Mutex
	rng  *rand.Rand
	fine bool // nothing goes wrong any more
	dead bool // the process has "crashed": nothing it does reaches anybody
	hits map[string]int
}

func (w *weather) strikes(what string, chance float64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fine || w.dead || w.rng.Float64() >= chance {
		return false
	}
	w.hits[what]++
	return true
}

func (w *weather) set(f func(*weather)) { w.mu.Lock(); defer w.mu.Unlock(); f(w) }

func (w *weather) isDead() bool { w.mu.Lock(); defer w.mu.Unlock(); return w.dead }

var errStorm = errors.New("the disk had a bad moment")

// stormy is storage that fails before the commit, loses the answer after it, or
// dies with the process between the commit and what should follow it.
type stormy struct {
	*store.Store
	w *weather
}

func (s stormy) Commit(ctx context.Context, st *store.Step) error {
	switch {
	case s.w.isDead(), s.w.strikes("commit fails", 0.1):
		return errStorm
	}
	err := s.Store.Commit(ctx, st)
	if err != nil {
		return err
	}
	if s.w.strikes("answer lost", 0.1) {
		return errStorm
	}
	if s.w.strikes("crash before hand-out", 0.03) {
		s.w.set(func(w *weather) { w.dead = true })
		return errStorm
	}
	return nil
}

// outside is the world the commands reach: it remembers what was done, by key.
type outside struct {
	w    *weather
	mu   sync.Mutex
	done map[string]int
}

func (o *outside) handle(_ context.Context, j Job) (Result, error) {
	if o.w.isDead() {
		return Result{}, errStorm
	}
	if o.w.strikes("command fails", 0.1) {
		return Result{}, &signoff.Error{Kind: signoff.Unavailable, Code: "x", Detail: "away"}
	}
	o.mu.Lock()
	o.done[j.Key]++
	o.mu.Unlock()
	if o.w.strikes("crash after it was done", 0.03) {
		o.w.set(func(w *weather) { w.dead = true })
		return Result{}, errStorm
	}
	if o.w.strikes("done but reported as failed", 0.05) {
		return Result{}, errStorm
	}
	return Done(nil), nil
}

func (o *outside) did(key string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done[key] > 0
}

const simInstances = 8

func TestFaultsDoNotChangeHowThingsEnd(t *testing.T) {
	hits := map[string]int{}
	for seed := range uint64(25) {
		dir := t.TempDir()
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &weather{rng: rand.New(rand.NewPCG(seed, 7)), hits: hits}
				simulate(t, filepath.Join(dir, "signoff.db"), w)
			})
		})
	}
	t.Logf("faults: %v", hits)
	for _, what := range []string{"commit fails", "answer lost", "crash before hand-out", "command fails", "crash after it was done", "done but reported as failed"} {
		if hits[what] == 0 {
			t.Errorf("%q never happened: the simulation does not test it", what)
		}
	}
}

func simulate(t *testing.T, path string, w *weather) {
	s, err := store.Open(context.Background(), pgtest.Choose(t, path), store.Options{})
	must(t, err)
	defer func() { must(t, s.Close()) }()
	lib := library.New(s, time.Now)
	_, err = lib.Deploy(context.Background(), signoff.Caller{How: "system"}, approval)
	must(t, err)
	out := &outside{w: w, done: map[string]int{}}
	sim := &simulation{t: t, w: w, store: s, lib: lib, out: out}
	for i := range simInstances {
		sim.users.Go(func() { sim.user(i) })
	}
	finished := make(chan struct{})
	go func() { sim.users.Wait(); close(finished) }()
	sim.keepRunning(finished)
	sim.judge()
}

type simulation struct {
	t     *testing.T
	w     *weather
	store *store.Store
	lib   *library.Library
	out   *outside
	users sync.WaitGroup

	mu  sync.Mutex
	run *Runner
	ids [simInstances]signoff.InstanceID
}

// keepRunning starts a runner again whenever it has "crashed", as an operator
// would, and calms the weather in the end.
func (s *simulation) keepRunning(finished <-chan struct{}) {
	handlers := map[engine.CommandKind]Handler{engine.DoNotify: s.out.handle, engine.DoEmail: s.out.handle}
	calm := time.After(10 * time.Minute)
	for {
		s.w.set(func(w *weather) { w.dead = false })
		r := New(Config{Store: s.store, Library: s.lib, Directory: town{}, Handlers: handlers, Patience: time.Second})
		r.steps = stormy{s.store, s.w}
		s.mu.Lock()
		s.run = r
		s.mu.Unlock()
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan error)
		go func() { ended <- r.Run(ctx) }()
		for !s.w.isDead() {
			select {
			case <-calm:
				s.w.set(func(w *weather) { w.fine = true })
			case <-finished:
				s.w.set(func(w *weather) { w.fine = true })
				time.Sleep(2 * time.Hour) // let every retry run out
				synctest.Wait()
				stop()
				must(s.t, <-ended)
				return
			case <-time.After(time.Second):
			}
		}
		stop()
		<-ended
	}
}

// user starts a request and decides it, asking again under the same key until
// an answer comes: all anybody can do.
func (s *simulation) user(i int) {
	ctx := context.Background()
	insist := func(ask func(*Runner) error) {
		for range 1000 {
			s.mu.Lock()
			r := s.run
			s.mu.Unlock()
			if r != nil && ask(r) == nil && !s.w.isDead() {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		s.t.Error("no answer after a thousand tries")
	}
	insist(func(r *Runner) (err error) {
		s.ids[i], err = r.Start(ctx, ana, StartRequest{Workflow: "approval", Vars: map[string]any{"amount": i}, Once: fmt.Sprint("start", i)})
		return err
	})
	action := []string{"Approve", "Reject"}[i%2]
	if decidesWhenTold(i) {
		insist(func(*Runner) error {
			if !s.out.did(fmt.Sprintf("%d_2/notify", s.ids[i])) {
				return errors.New("not told yet")
			}
			return nil
		})
	}
	insist(func(r *Runner) error {
		_, err := r.Do(ctx, jane, s.ids[i], engine.Act{Task: 2, Action: action}, fmt.Sprint("act", i))
		return err
	})
}

// decidesWhenTold says who decides only once they were told of the task. The
// others are quick, and need not be told any more.
func decidesWhenTold(i int) bool { return i%3 != 0 }

// judge holds the end against what it would have been in good weather.
func (s *simulation) judge() {
	t, ctx := s.t, context.Background()
	seen := map[signoff.InstanceID]bool{}
	for i, id := range s.ids {
		if seen[id] {
			t.Errorf("two requests became instance %d", id)
		}
		seen[id] = true
		in, err := s.store.Instance(ctx, id)
		must(t, err)
		if err := s.store.Audit(ctx, id); err != nil {
			t.Error(err)
		}
		st := in.State
		if st.Status != engine.Completed || len(st.Incidents) > 0 || st.Tasks[0].Outcome != []string{"Approve", "Reject"}[i%2] {
			// Only what went wrong more often than the step's policy allows may wait for a person.
			if len(st.Incidents) != 1 || st.Incidents[0].Attempts < 3 {
				t.Errorf("instance %d is %s, outcome %q, incidents %+v", id, st.Status, st.Tasks[0].Outcome, st.Incidents)
			}
			continue
		}
		if decidesWhenTold(i) {
			s.sent(fmt.Sprintf("%d_2/notify", id))
		}
		if i%2 == 0 {
			s.sentOf(id)
		}
	}
	n := 0
	for _, st := range []engine.Status{engine.Running, engine.Completed, engine.Cancelled} {
		list, err := s.store.InstancesOfStarter(ctx, ana.Principal, st, 1<<40, 100)
		must(t, err)
		n += len(list)
	}
	if n != simInstances {
		t.Errorf("%d instances for %d requests", n, simInstances)
	}
	must(t, s.store.AuditCounts(ctx))
}

func (s *simulation) sent(key string) {
	if s.out.done[key] == 0 {
		s.t.Errorf("%s was never carried out", key)
	}
}

// sentOf finds the mail's key in the history: its number depends on the way.
func (s *simulation) sentOf(id signoff.InstanceID) {
	facts, err := s.store.Facts(context.Background(), id, 0, 100)
	must(s.t, err)
	for _, f := range facts {
		if f.Kind == engine.EffectRequested {
			s.sent(fmt.Sprintf("%d_%d/email", id, f.Ref))
			return
		}
	}
	s.t.Errorf("instance %d asked for no mail", id)
}
