package runner

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

//go:embed testdata/desk.bpmn
var desk []byte

// linearHistories is how many instances are fought over in one test, and
// clients how many fight over each.
const (
	linearHistories = 120
	clients         = 5
	asksEach        = 6
)

func TestWhatManyPeopleDoAtOnceCouldHaveBeenDoneOneByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signoff.db")
	s := openStore(t, path)
	fight(t, newArena(t, []*store.Store{s, s}, nil))
}

func TestWhatManyPeopleDoAtOnceOnTwoNodesCouldHaveBeenDoneOneByOne(t *testing.T) {
	dsn := pgtest.Database(t)
	fight(t, newArena(t, []*store.Store{openStore(t, dsn), openStore(t, dsn)}, nil))
}

func openStore(t testing.TB, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

func fight(t *testing.T, a *arena) {
	all := a.histories(linearHistories)
	refused, unknown, asked := 0, 0, 0
	for i, h := range all {
		for _, op := range h {
			asked++
			if told := op.Output.(answer); told.unknown {
				unknown++
			} else if told.code != "" {
				refused++
			}
		}
		if !linear(h) {
			t.Errorf("history %d of seed %d could not have happened one by one:\n%s", i, a.seed, tell(h))
		}
	}
	a.audit(len(all))
	t.Logf("%d histories, %d requests, %d refused, %d never answered", len(all), asked, refused, unknown)
	if refused < len(all) || unknown < len(all)/10 {
		t.Error("too little happened for this test to show anything")
	}
}

func linear(h []porcupine.Operation) bool {
	return porcupine.CheckOperationsTimeout(deskModel, h, time.Minute) == porcupine.Ok
}

func tell(h []porcupine.Operation) (out string) {
	for _, op := range h {
		out += fmt.Sprintf("%4d to %-4d %s\n", op.Call, op.Return, deskModel.DescribeOperation(op.Input, op.Output))
	}
	return out
}

// meanwhile lets something happen just before an instance is read.
type meanwhile struct {
	storage
	happens func()
}

func (s *meanwhile) Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error) {
	if f := s.happens; f != nil {
		s.happens = nil
		f()
	}
	return s.storage.Instance(ctx, id)
}

func TestARequestOvertakenByItselfHearsThatItWasDone(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "signoff.db"))
	a := newArena(t, []*store.Store{s, s}, nil)
	id := a.started(0)
	one, other := New(a.runners[0].Config), New(a.runners[1].Config)
	decide := func(r *Runner) (engine.State, error) {
		return r.Do(t.Context(), jane, id, engine.Act{Task: 2, Action: "Approve"}, "key")
	}
	one.steps = &meanwhile{one.steps, func() {
		_, err := decide(other)
		must(t, err)
	}}
	st, err := decide(one)
	if err != nil || st.Tasks[0].Outcome != "Approve" {
		t.Fatalf("%s, %v", st.Tasks[0].Outcome, err)
	}
	_, err = one.Do(t.Context(), jane, id, engine.Act{Task: 2, Action: "Approve"}, "another key")
	wantCode(t, err, engine.CodeTaskDone)
}

// deaf is a store that cannot be asked about keys but once.
type deaf struct {
	storage
	asked bool
}

func (s *deaf) Done(ctx context.Context, o store.Once) error {
	if s.asked {
		return errLost
	}
	s.asked = true
	return s.storage.Done(ctx, o)
}

func TestARequestThatTheStoreKnowsIsAnsweredWithoutAskingAgain(t *testing.T) {
	s := openStore(t, filepath.Join(t.TempDir(), "signoff.db"))
	a := newArena(t, []*store.Store{s, s}, nil)
	id := a.started(0)
	one, other := New(a.runners[0].Config), New(a.runners[1].Config)
	remark := func(r *Runner) error {
		_, err := r.Do(t.Context(), jane, id, engine.Comment{Task: 2, Text: "hm"}, "key")
		return err
	}
	one.steps = &deaf{storage: &meanwhile{one.steps, func() { must(t, remark(other)) }}}
	must(t, remark(one))
	facts, err := s.Facts(t.Context(), id, 0, 100)
	must(t, err)
	if last := facts[len(facts)-1]; last.Kind != engine.Commented || facts[len(facts)-2].Kind == engine.Commented {
		t.Fatalf("history: %+v", facts)
	}
}

// arena is two runners over one database, whose answers get lost now and then.
type arena struct {
	t       *testing.T
	store   *store.Store
	seed    uint64
	runners []*Runner
	stores  []storage
	clock   atomic.Int64 // counts calls and returns: what is earlier has the smaller number
}

func newArena(t *testing.T, stores []*store.Store, plant func(storage) storage) *arena {
	a := &arena{t: t, store: stores[0], seed: rand.Uint64()}
	lib := library.New(stores[0], time.Now)
	_, err := lib.Deploy(t.Context(), access.System, desk)
	must(t, err)
	for i, s := range stores {
		r := New(Config{Store: s, Library: library.New(s, time.Now), Directory: town{}, Node: fmt.Sprint("node", i)})
		r.steps = &forgetful{storage: s, rng: rand.New(rand.NewPCG(a.seed, uint64(i)))}
		if plant != nil {
			r.steps = plant(r.steps)
		}
		a.runners, a.stores = append(a.runners, r), append(a.stores, r.steps)
	}
	return a
}

// audit looks for n instances, none started twice, each as its history says.
func (a *arena) audit(n int) {
	for _, st := range []engine.Status{engine.Running, engine.Completed, engine.Cancelled} {
		list, err := a.store.InstancesOfStarter(a.t.Context(), ana.Principal, st, math.MaxInt64, linearHistories+1)
		must(a.t, err)
		for _, in := range list {
			n--
			must(a.t, a.store.Audit(a.t.Context(), in.ID))
		}
	}
	if n != 0 {
		a.t.Errorf("%d instances are missing, or too many if negative", n)
	}
	must(a.t, a.store.AuditCounts(a.t.Context()))
}

// forgetful is a store whose answers to a commit get lost, before or after it.
type forgetful struct {
	storage
	mu  sync.Mutex
	rng *rand.Rand
}

var errLost = errors.New("the answer was lost")

func (f *forgetful) Commit(ctx context.Context, st *store.Step) error {
	f.mu.Lock()
	fate := f.rng.IntN(20)
	f.mu.Unlock()
	if fate == 0 {
		return errLost
	}
	err := f.storage.Commit(ctx, st)
	if fate == 1 && err == nil {
		return errLost
	}
	return err
}

// histories lets people fight over n instances, several of them at a time.
func (a *arena) histories(n int) [][]porcupine.Operation {
	out := make([][]porcupine.Operation, n)
	var wg sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wg.Go(func() {
			for i := range next {
				out[i] = a.history(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func (a *arena) history(n int) (all []porcupine.Operation) {
	id := a.started(n)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range clients {
		rng := rand.New(rand.NewPCG(a.seed, uint64(1000+n*clients+c)))
		wg.Go(func() {
			ops := a.client(rng, id, c)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, ops...)
		})
	}
	wg.Wait()
	return all
}

// started has an instance started by several at once under one key; all must
// get the same one.
func (a *arena) started(n int) signoff.InstanceID {
	ids := make([]signoff.InstanceID, 3)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			for range 50 {
				id, err := a.runners[i%2].Start(context.Background(), ana, StartRequest{Workflow: "desk", Once: fmt.Sprint("start", n)})
				if err == nil {
					ids[i] = id
					return
				}
				if !errors.Is(err, errLost) {
					a.t.Errorf("start %d: %v", n, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if ids[0] == 0 || ids[0] != ids[1] || ids[1] != ids[2] {
		a.t.Errorf("one start under one key became %v", ids)
	}
	return ids[0]
}

// client makes its requests one after the other, some under a key. Those it
// makes twice at once, as an impatient program does, or again when no answer came.
func (a *arena) client(rng *rand.Rand, id signoff.InstanceID, c int) (out []porcupine.Operation) {
	for i := range asksEach {
		q, node := drawAsk(rng), rng.IntN(2)
		if q.what == "read" || rng.IntN(3) > 0 {
			out = append(out, a.ask(node, id, q)...)
			continue
		}
		q.once = 1 + c*asksEach + i
		var twice [2][]porcupine.Operation
		var wg sync.WaitGroup
		for k := range 1 + rng.IntN(2) {
			wg.Go(func() { twice[k] = a.insist((node+k)%2, id, q) })
		}
		wg.Wait()
		out = append(append(out, twice[0]...), twice[1]...)
	}
	return out
}

// insist asks until there is an answer.
func (a *arena) insist(node int, id signoff.InstanceID, q ask) (out []porcupine.Operation) {
	for {
		ops := a.ask(node, id, q)
		out = append(out, ops...)
		if !ops[0].Output.(answer).unknown {
			return out
		}
	}
}

func drawAsk(rng *rand.Rand) ask {
	people := []signoff.Caller{jane, bob, eve}
	q := ask{by: people[rng.IntN(3)]}
	switch n := rng.IntN(40); {
	case n < 12:
		q.what = "claim"
	case n < 20:
		q.what = "release"
	case n < 28:
		q.what, q.to = "redirect", people[rng.IntN(3)]
	case n < 31:
		q.what, q.action = "decide", []string{"Approve", "Reject"}[rng.IntN(2)]
	case n < 32:
		q.what, q.by = "cancel", ana
	default:
		q.what = "read"
	}
	return q
}

// ask makes one request. With a key it is answered with the instance as it is,
// perhaps long after it was done: then looking is an operation of its own.
func (a *arena) ask(node int, id signoff.InstanceID, q ask) []porcupine.Operation {
	op := porcupine.Operation{Input: q, Call: a.clock.Add(1)}
	var st engine.State
	var err error
	if q.what == "read" {
		var in store.Instance
		in, err = a.stores[node].Instance(context.Background(), id)
		st = in.State
	} else {
		st, err = a.runners[node].Do(context.Background(), q.by, id, q.event(), q.key(id))
	}
	op.Return = a.clock.Add(1)
	switch {
	case err == nil:
		op.Output = answer{saw: looksOf(st)}
	case errors.Is(err, errLost):
		op.Output, op.Return = answer{unknown: true}, math.MaxInt64
	default:
		op.Output = answer{code: signoff.CodeOf(err)}
	}
	if q.once == 0 || err != nil {
		return []porcupine.Operation{op}
	}
	look := op
	look.Input, op.Output = ask{by: q.by, what: "read"}, answer{}
	return []porcupine.Operation{op, look}
}

func (q ask) key(id signoff.InstanceID) string {
	if q.once == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", id, q.once)
}

// wrongly are stores that do one thing wrong.
func TestHistoriesThatCouldNotHaveHappenedOneByOneAreFound(t *testing.T) {
	for name, plant := range map[string]func(storage) storage{
		"an old state is read":            func(s storage) storage { return &staleReads{storage: s} },
		"the newer state is written over": func(s storage) storage { return lostUpdates{s} },
		"a commit is said that was not":   func(s storage) storage { return &emptyWords{storage: s} },
		"idempotency keys are forgotten":  func(s storage) storage { return keyless{s} },
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t, filepath.Join(t.TempDir(), "signoff.db"))
			a := newArena(t, []*store.Store{s, s}, plant)
			const most = 400
			for n := 0; n < most; n += 8 {
				for i, h := range a.histories(8) {
					if !linear(h) {
						t.Logf("found in history %d", n+i+1)
						return
					}
				}
			}
			t.Errorf("not found in %d histories", most)
		})
	}
}

// staleReads answers one read in ten with what it answered before.
type staleReads struct {
	storage
	mu  sync.Mutex
	n   int
	old map[signoff.InstanceID]store.Instance
}

func (s *staleReads) Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error) {
	in, err := s.storage.Instance(ctx, id)
	if err != nil {
		return in, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if s.old == nil {
		s.old = map[signoff.InstanceID]store.Instance{}
	}
	old, ok := s.old[id]
	s.old[id] = in
	if ok && s.n%10 == 0 {
		return old, nil
	}
	return in, nil
}

// lostUpdates stores a step whatever the instance has become meanwhile.
type lostUpdates struct{ storage }

func (s lostUpdates) Commit(ctx context.Context, st *store.Step) error {
	for {
		err := s.storage.Commit(ctx, st)
		if !errors.Is(err, store.ErrStale) {
			return err
		}
		in, err := s.storage.Instance(ctx, st.Instance)
		if err != nil {
			return err
		}
		st.Rev, st.Facts = in.Rev, nil
	}
}

// emptyWords acknowledges one commit in thirty that it did not make.
type emptyWords struct {
	storage
	mu sync.Mutex
	n  int
}

func (s *emptyWords) Commit(ctx context.Context, st *store.Step) error {
	s.mu.Lock()
	s.n++
	lie := s.n%30 == 0 && st.Rev > 0
	s.mu.Unlock()
	if lie {
		return nil
	}
	return s.storage.Commit(ctx, st)
}

// keyless drops idempotency keys on their way to the disk.
type keyless struct{ storage }

func (s keyless) Commit(ctx context.Context, st *store.Step) error {
	if st.Rev > 0 {
		st.Once = store.Once{}
	}
	return s.storage.Commit(ctx, st)
}
