package trust

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// How often a provider is asked for its keys.
const (
	refreshEvery  = time.Hour        // by Run, with jitter
	unknownEvery  = 5 * time.Minute  // for a key nobody knows, whatever tokens name
	unknownFor    = 15 * time.Minute // one that a fetch did not find is not looked for again
	retryFirst    = 10 * time.Second // without any key: then twice as long each time
	retryLast     = 5 * time.Minute
	failedFirst   = time.Minute // Run, after a failure: then twice as long, up to refreshEvery
	maxAbsent     = 1000
	maxWaiting    = 200 // callers that wait for one fetch
	retriesCapped = 12
)

// A keySet keeps the keys of one issuer: of one tenant and token version in
// Entra, because tenants do not share keys' names. Good keys stay when a fetch
// fails, however long.
type keySet struct {
	id          string // for Keep
	issuer      string // what the metadata must name
	metadataURL string // "" when keysURL is known
	keysURL     string
	fetcher     *fetcher
	keeper      Keeper
	now         func() time.Time
	log         *slog.Logger
	spawn       func(func(context.Context)) // runs until done or the Verifier closes

	ring atomic.Pointer[keyring] // nil: none yet

	mu       sync.Mutex
	flight   *flight
	waiting  int
	tried    time.Time // when the last fetch began; zero: never
	failures int       // in a row
	err      error     // of the last fetch
	next     time.Time // when Run fetches again; zero: at once
	absent   map[string]time.Time
	kept     bool // the keys came from the Keeper and not yet from the provider
}

// A flight is a fetch that is under way.
type flight struct{ done chan struct{} }

var (
	errKeyUnknown = errors.New("the provider has no such key")
	errNoKeysYet  = errors.New("the provider's keys could not be fetched yet")
	errKeysBusy   = errors.New("too many callers wait for the provider's keys")
)

// find returns the key of that name. For a name it does not know it asks the
// provider, when the last time is long enough ago, and waits for the answer.
func (s *keySet) find(ctx context.Context, id string) (*Key, error) {
	if ring := s.ring.Load(); ring != nil {
		if k, ok := ring.keys[id]; ok {
			return k, nil
		}
	}
	k, f, err := s.ask(id)
	if f == nil {
		return k, err
	}
	defer s.stopWaiting()
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ring := s.ring.Load()
	if ring == nil {
		return nil, errNoKeysYet
	}
	if k, ok := ring.keys[id]; ok {
		return k, nil
	}
	s.remember(id)
	return nil, errKeyUnknown
}

// ask joins the fetch under way, begins one, or says why not. The key may have
// come in this very moment.
func (s *keySet) ask(id string) (*Key, *flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ring, now := s.ring.Load(), s.now()
	refusal := errNoKeysYet
	if ring != nil {
		if k, ok := ring.keys[id]; ok {
			return k, nil, nil
		}
		refusal = errKeyUnknown
		if until, known := s.absent[id]; known && now.Before(until) {
			return nil, nil, refusal
		}
	}
	if s.flight == nil && !s.due(ring != nil, now) {
		return nil, nil, refusal
	}
	if s.waiting >= maxWaiting {
		return nil, nil, errKeysBusy
	}
	s.waiting++
	return nil, s.begin(now), nil
}

// due tells whether a token may make us fetch. The caller holds mu.
func (s *keySet) due(haveKeys bool, now time.Time) bool {
	if s.tried.IsZero() || now.Before(s.tried) { // the clock was set back
		return true
	}
	pause := unknownEvery
	if !haveKeys {
		pause = backoff(retryFirst, s.failures, retryLast)
	}
	return now.Sub(s.tried) >= pause
}

// backoff is first, doubled with every further failure, last at most.
func backoff(first time.Duration, failures int, last time.Duration) time.Duration {
	return min(last, first<<min(max(failures-1, 0), retriesCapped))
}

func (s *keySet) stopWaiting() {
	s.mu.Lock()
	s.waiting--
	s.mu.Unlock()
}

// remember notes that a fresh set does not have a key.
func (s *keySet) remember(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.absent) >= maxAbsent {
		for known, until := range s.absent {
			if !now.Before(until) {
				delete(s.absent, known)
			}
		}
	}
	if s.err == nil && len(s.absent) < maxAbsent {
		s.absent[id] = now.Add(unknownFor)
	}
}

// begin starts a fetch unless one is under way. The caller holds mu.
func (s *keySet) begin(now time.Time) *flight {
	if s.flight == nil {
		f := &flight{done: make(chan struct{})}
		s.flight, s.tried = f, now
		s.spawn(func(ctx context.Context) { s.fly(ctx, f) })
	}
	return s.flight
}

// refresh fetches now, whatever the pauses say, and waits.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	f := s.begin(s.now())
	s.mu.Unlock()
	select {
	case <-f.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *keySet) fly(ctx context.Context, f *flight) {
	ring, err := s.fetcher.fetchKeyring(ctx, s.metadataURL, s.keysURL, s.issuer)
	if err == nil {
		ring.fetched = s.now().UTC()
		ring.keep(s.ring.Load())
		s.ring.Store(ring)
	}
	s.land(f, err)
	if err != nil {
		s.log.Warn("keys of a trusted issuer not fetched", slog.String("issuer", s.issuer), slog.Any("err", err))
		return
	}
	s.save(ctx, ring)
}

// land notes how a fetch went and lets go who waits for it.
func (s *keySet) land(f *flight, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	s.flight, s.err = nil, err
	pause := refreshEvery
	if err == nil {
		s.failures, s.kept = 0, false
	} else {
		s.failures++
		pause = backoff(failedFirst, s.failures, refreshEvery)
	}
	// A tenth to either side, so that many servers do not ask in one moment.
	s.next = now.Add(pause - pause/10 + rand.N(pause/5))
	close(f.done)
}

// dueAt is when Run should fetch; busy while a fetch is under way.
func (s *keySet) dueAt() (at time.Time, busy bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, s.flight != nil
}

// current tells whether k still is the provider's key of its name.
func (s *keySet) current(k *Key) bool {
	ring := s.ring.Load()
	return ring != nil && ring.keys[k.ID] == k
}
