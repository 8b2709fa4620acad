package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
)

// deadly is the way to the provider of a node that may die on it: it stands still
// before or after the provider has done what it was asked, and comes back to life
// much later, when others have gone on without it.
type deadly struct {
	next http.RoundTripper

	mu       sync.Mutex
	die      string // "", before, after: what happens to the next request
	dead     bool
	died     chan struct{} // closed when it stands still
	released chan struct{} // closed when it comes back
}

func (d *deadly) kill(when string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.die = when
}

func (d *deadly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost {
		return d.next.RoundTrip(r)
	}
	d.mu.Lock()
	when, dead := d.die, d.dead
	if when != "" && !dead {
		d.dead = true
		close(d.died)
	}
	d.mu.Unlock()
	if when == "" {
		return d.next.RoundTrip(r)
	}
	if when == "before" || dead {
		<-d.released
		return nil, errors.New("the node was dead")
	}
	resp, err := d.next.RoundTrip(r.WithContext(context.WithoutCancel(r.Context()))) // the provider does it
	<-d.released
	return resp, err
}

// farm is many nodes, some of which die.
type farm struct {
	*testing.T
	first *kit
	nodes []*oauth.Service
	ways  []*deadly
	dead  sync.WaitGroup
	goes  atomic.Int64 // what was had of the provider and by callers
}

func (f *farm) node() (*oauth.Service, *deadly) {
	d := &deadly{next: http.DefaultTransport, died: make(chan struct{}), released: make(chan struct{})}
	s, err := oauth.Open(oauth.Config{Store: f.first.store, Client: &http.Client{Transport: d}, Loopback: true, Seal: f.first.key, Public: public, Now: f.first.clock.now})
	must(f.T, err)
	return s, d
}

// bury replaces the nodes that died. They come back to life when their claims
// have run out, and must do no harm then.
func (f *farm) bury() (n int) {
	for i, d := range f.ways {
		d.mu.Lock()
		dead := d.dead
		d.die = ""
		d.mu.Unlock()
		if !dead {
			continue
		}
		n++
		old := f.nodes[i]
		close(d.released)
		f.dead.Go(func() { must(f.T, old.Close()) })
		f.nodes[i], f.ways[i] = f.node()
	}
	return n
}

// refreshes is how many the proof takes: SIGNOFF_TEST_REFRESHES=10000 is the whole of it.
func refreshes() int {
	if n, err := strconv.Atoi(os.Getenv("SIGNOFF_TEST_REFRESHES")); err == nil && n > 0 {
		return n
	}
	return 600
}

// Eight nodes share many grants of a provider that turns refresh tokens over,
// takes an old one for half a minute, and takes a grant back when one comes
// later. Nodes die at random, before or after the provider did what it was asked.
// No grant is lost, and none is renewed twice but where an answer died with its
// node.
func TestNoGrantIsLostAndNoneRenewedTwiceWhileNodesDie(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SIGNOFF_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	t.Logf("SIGNOFF_SEED=%d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	const grants, size = 50, 8
	rounds := (refreshes() + grants - 1) / grants

	c := &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	f := &farm{T: t, first: kitWith(t, openStore(t, c), c, seal.NewKey(), public, nil)}
	p := newStrict(t, c.now)
	p.grace = 30 * time.Second
	f.first.office(p)
	needs := make([]oauth.Need, grants)
	for i := range needs {
		by := signoff.Caller{Person: signoff.Person{Principal: signoff.Principal(fmt.Sprintf("user:%d", i+10))}, How: "session"}
		b, err := f.first.Connect(t.Context(), by, oauth.Ask{Resource: "office"})
		must(t, err)
		out, err := f.first.Finish(t.Context(), oauth.Answer{Path: oauth.CallbackPath, By: by, Query: url.Values{"state": {b.State}, "code": {fmt.Sprint("grant ", i)}}})
		if must(t, err); out.Problem != nil {
			t.Fatalf("%+v", out.Problem)
		}
		needs[i] = oauth.Need{Resource: "office", Owner: by.Principal}
	}
	for range size {
		s, d := f.node()
		f.nodes, f.ways = append(f.nodes, s), append(f.ways, d)
	}
	killed := 0
	for range rounds {
		c.add(59*time.Minute + 45*time.Second) // all have ended
		// One at a time: what two deaths within the provider's half a minute lose,
		// nobody can bring back, and is announced (see the test of that).
		if chance.IntN(5) > 0 {
			f.ways[chance.IntN(size)].kill([]string{"before", "after", "after"}[chance.IntN(3)])
		}
		f.round(needs, chance)
		killed += f.bury()
	}
	f.dead.Wait()
	for _, s := range f.nodes {
		must(t, s.Close())
	}
	f.judge(p, rounds*grants, killed)
}

// round has every token wanted on two nodes at the same time, and lets time pass
// until all that live have theirs.
func (f *farm) round(needs []oauth.Need, chance *rand.Rand) {
	var wg sync.WaitGroup
	for _, n := range needs {
		for _, i := range chance.Perm(len(f.nodes))[:2] {
			s, d := f.nodes[i], f.ways[i]
			wg.Go(func() {
				ctx, cancel := context.WithCancel(f.Context())
				defer cancel()
				go func() { // who asked a node that dies asks another one
					select {
					case <-d.died:
						cancel()
					case <-ctx.Done():
					}
				}()
				defer f.goes.Add(1)
				_, err := s.Token(ctx, n)
				for err != nil && f.Context().Err() == nil {
					if _, lost := errors.AsType[*oauth.NotConnected](err); lost {
						f.Errorf("%s: %v", n.Key(), err)
						return
					}
					time.Sleep(10 * time.Millisecond)
					_, err = f.first.Token(f.Context(), n)
				}
			})
		}
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	f.pass(done)
	f.first.clock.add(25 * time.Second) // the claims of the dead have run out when they come back
}

// pass lets time pass until done: as it does, and when nothing goes on because
// all wait for a dead node, to the end of its claims.
func (f *farm) pass(done <-chan struct{}) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	went, since, jumps := int64(-1), time.Now(), 0
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			f.first.clock.add(10 * time.Millisecond)
		}
		if now := f.goes.Load(); now != went {
			went, since = now, time.Now()
		}
		if time.Since(since) > []time.Duration{time.Second, 8 * time.Second}[min(jumps, 1)] {
			jumps++
			since = time.Now()
			f.first.clock.add(20 * time.Second)
		}
	}
}

func (f *farm) judge(p *strict, want, killed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	turns := 0
	for name, g := range p.grants {
		if turns += g.turns; g.revoked {
			f.Errorf("%s was taken back", name)
		}
	}
	f.Logf("%d refreshes, %d nodes died, %d answers died with them", turns, killed, p.repeated)
	if turns-p.repeated != want {
		f.Errorf("%d refreshes, of which %d were for answers that were lost: some were made twice or not at all (%d)", turns, p.repeated, want)
	}
	if killed == 0 || want >= 2000 && p.repeated == 0 {
		f.Errorf("%d nodes died and %d answers with them: this proves nothing", killed, p.repeated)
	}
}
