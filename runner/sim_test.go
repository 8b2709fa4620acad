package runner

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// The simulation lets people, nodes and an outside world live for some minutes
// of bad weather, lets the weather clear, and judges what is left: nothing that
// was acknowledged may be lost, nothing done twice under two keys, nothing done
// for a step that was not stored, and everything must end as if nothing had
// happened. Time is virtual and all chance comes from a seed.
//
// docs/proof.md tells what it covers and how to repeat a seed.

//go:embed testdata/trip.bpmn
var trip []byte

//go:embed testdata/move.bpmn
var move []byte

// records is what a store can be asked about once all is over.
type records interface {
	Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error)
	Facts(ctx context.Context, id signoff.InstanceID, after, limit int) ([]engine.Fact, error)
	Audit(ctx context.Context, id signoff.InstanceID) error
	NextJob(ctx context.Context, kind engine.CommandKind) (time.Time, error)
	NextTimer(ctx context.Context) (time.Time, error)
	WantedOf(ctx context.Context, who signoff.Principal, after string, limit int) ([]store.Wanted, error)
}

type simulation struct {
	*weather
	judge   *judge
	store   storage
	outer   errandStore // nil: the nodes see to no errands
	records records
	mem     *memory // nil when the store is a real one
	books   *library.Library
	plant   bug

	placing   sync.Mutex
	nodes     []*node
	papers    []*paperwork
	links     []*link
	calm      chan struct{} // closed when the weather is fine
	going     atomic.Int64  // goroutines in the background
	finishing atomic.Int64  // results that have not been taken in yet
	over      atomic.Bool   // the nodes stop for good
	calls     atomic.Int64
}

// outcome is what a seed came to.
type outcome struct {
	seed   uint64
	wrongs []string
	hits   [faults]int
	calls  int64
	took   time.Duration // in the simulated world
	story  string
}

// simulate runs one seed over a memory store.
func simulate(t *testing.T, books *library.Library, seed uint64, plant bug, tell bool) (out outcome) {
	return simulateOn(t, newMemory(mix(seed)%4 > 0), books, seed, plant, tell)
}

func simulateOn(t *testing.T, m *memory, books *library.Library, seed uint64, plant bug, tell bool) (out outcome) {
	defer func() {
		if p := recover(); p != nil { // such as a goroutine that never ends
			out = outcome{seed: seed, wrongs: []string{fmt.Sprint(p)}}
		}
	}()
	synctest.Test(t, func(*testing.T) {
		m.wrong = plant
		out = (&simulation{weather: newWeather(seed), store: m, records: m, mem: m, books: books, plant: plant}).play(tell)
	})
	return out
}

func (s *simulation) play(tell bool) outcome {
	s.judge, s.calm = newJudge(), make(chan struct{})
	if tell {
		s.story = &strings.Builder{}
	}
	s.run()
	out := outcome{seed: s.seed, wrongs: s.judge.wrongs, hits: s.hits, calls: s.calls.Load(), took: time.Since(s.began)}
	if tell {
		out.story = s.story.String()
	}
	return out
}

func (s *simulation) run() {
	storm := s.while("storm", time.Minute, 6*time.Minute)
	s.link()
	s.found()
	var keepers, people sync.WaitGroup
	for _, n := range s.nodes {
		keepers.Go(n.keep)
	}
	for i := range 1 + s.pick("papers", 4) {
		p := s.plan(i)
		s.papers = append(s.papers, p)
		people.Go(func() { s.live(p) })
	}
	for _, c := range s.links {
		people.Go(func() { s.tend(c) })
	}
	time.Sleep(storm)
	s.clear()
	close(s.calm)
	people.Wait()
	keepers.Wait()
	s.settle()
	for _, p := range s.papers {
		if in, ok := s.look(p); ok {
			s.told(in)
		}
	}
	s.repair()
	s.settle()
	time.Sleep(time.Minute) // for the living to find the dead
	s.stop()
	s.decideAll()
}

// found makes the nodes.
func (s *simulation) found() {
	for range 1 + s.pick("nodes", 3) {
		n := &node{simulation: s, name: string(rune('a' + len(s.nodes)))}
		if s.strikes(clocksDiffer, n.name) {
			n.skew = s.while("clock "+n.name, -time.Second, time.Second)
		}
		s.nodes = append(s.nodes, n)
		if !s.store.Shared() {
			return
		}
	}
}

// aside lets something go on in the background; stop waits for it.
func (s *simulation) aside(f func()) {
	s.going.Add(1)
	go func() {
		defer s.going.Add(-1)
		f()
	}()
}

// settle waits until nothing is left to be handed out.
func (s *simulation) settle() {
	const patience = 3 * time.Hour
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Second) {
		if s.finishing.Load() == 0 && s.quiet() {
			return
		}
	}
	s.judge.wrong("the outbox is not empty after %v of fine weather", patience)
}

func (s *simulation) quiet() bool {
	for _, kind := range []engine.CommandKind{engine.DoNotify, engine.DoEmail, engine.DoCall} {
		if due, err := s.records.NextJob(context.Background(), kind); err != nil || !due.IsZero() {
			return false
		}
	}
	for _, c := range s.links {
		if left, err := s.records.WantedOf(context.Background(), c.who, "", 1); err != nil || len(left) > 0 {
			return false
		}
	}
	return true
}

// repair lets people go through what is left until every instance has ended.
func (s *simulation) repair() {
	for range 40 {
		left := false
		for _, p := range s.papers {
			if in, ok := s.look(p); ok && in.State.Status == engine.Running {
				left = true
				s.bringOn(p)
			}
		}
		if !left {
			return
		}
		time.Sleep(30 * time.Second)
	}
}

// stop ends the nodes, and waits for everything that still goes on.
func (s *simulation) stop() {
	s.over.Store(true)
	for _, n := range s.nodes {
		n.life.stop()
		<-n.life.ended
		if n.life.dead() {
			s.judge.wrong("%s died in fine weather", n.life.name)
		}
		for kind, q := range n.life.r.queues {
			if q.free != cap(q.jobs) {
				s.judge.wrong("%s has %d of %d places for %s when nothing is left to do", n.life.name, q.free, cap(q.jobs), kind)
			}
		}
	}
	for s.going.Load() > 0 {
		time.Sleep(time.Second)
	}
}

func (s *simulation) decideAll() {
	var all []store.Instance
	for id := range signoff.InstanceID(100) {
		if in, err := s.records.Instance(context.Background(), id); err == nil {
			all = append(all, in)
		}
	}
	s.starts(all)
	for _, p := range s.papers {
		if in, ok := s.look(p); ok {
			s.conclude(p, in)
		}
	}
	s.weigh()
	if next, err := s.records.NextTimer(context.Background()); err != nil || !next.IsZero() {
		s.judge.wrong("a timer is left when all has ended: %v, %v", next, err)
	}
	if s.mem != nil && len(s.mem.outbox)+len(s.mem.nodes) > 0 {
		s.judge.wrong("left when all has ended: %d commands, %d nodes", len(s.mem.outbox), len(s.mem.nodes))
	}
}

// workshop is what all seeds share: the workflows, parsed once.
func workshop(t testing.TB) *library.Library {
	lib := library.New(openStore(t, t.TempDir()+"/library.db"), time.Now)
	stock(t, lib)
	return lib
}

func stock(t testing.TB, lib *library.Library) {
	ctx := context.Background()
	for _, xml := range [][]byte{trip, move} {
		_, err := lib.Deploy(ctx, access.System, xml)
		must(t, err)
	}
	list, err := lib.Workflows(ctx, ana)
	must(t, err)
	for _, w := range list {
		_, err := lib.Definition(ctx, w.Default.ID)
		must(t, err)
	}
}
