package trust

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
)

// Config is what a Verifier is made of. Only Client is needed.
type Config struct {
	Client    *http.Client // asks providers for documents and keys; see NewClient
	Keeper    Keeper       // keeps keys over a restart; nil: nobody
	Log       *slog.Logger // nil: nowhere
	Now       func() time.Time
	MaxTokens int  // verified tokens kept; 0: 10 000
	Loopback  bool // providers on this machine may be asked by plain http: for trying
}

// A Verifier decides which bearer tokens are believed. It trusts nobody until
// Replace is called.
type Verifier struct {
	cfg     Config
	fetcher *fetcher
	trusted atomic.Pointer[trusted]

	mu      sync.Mutex // of Replace
	sets    map[string]*keySet
	changed chan struct{} // tells Run

	ctx    context.Context // of every fetch; ends with Close
	cancel context.CancelFunc
	workMu sync.Mutex
	closed bool
	work   sync.WaitGroup
}

// New makes a Verifier. Close it after use.
func New(cfg Config) *Verifier {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.MaxTokens = cmp.Or(cfg.MaxTokens, maxTokens)
	v := &Verifier{cfg: cfg, fetcher: newFetcher(cfg.Client, cfg.Loopback), sets: map[string]*keySet{}, changed: make(chan struct{}, 1)}
	v.ctx, v.cancel = context.WithCancel(context.Background())
	v.trusted.Store(newTrusted(nil, nil, cfg.MaxTokens))
	return v
}

// Close ends fetches under way and waits for them.
func (v *Verifier) Close() error {
	v.cancel()
	v.workMu.Lock()
	v.closed = true
	v.workMu.Unlock()
	v.work.Wait()
	return nil
}

// Replace trusts these issuers instead of the ones before, all at once: whoever
// verifies meanwhile sees the old ones or the new ones. Tokens verified before
// are checked anew. Keys of issuers that stay are kept.
//
// It refuses with "bad-issuer" and every mistake, and changes nothing then.
func (v *Verifier) Replace(ctx context.Context, issuers []Issuer) error {
	if err := Mistakes(checkAll(issuers, v.cfg.Loopback)); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	sets := map[string]*keySet{}
	t := newTrusted(issuers, func(s *source) *keySet {
		k := v.keySet(ctx, s)
		sets[k.id] = k
		return k
	}, v.cfg.MaxTokens)
	v.sets = sets
	v.trusted.Store(t)
	select {
	case v.changed <- struct{}{}:
	default:
	}
	return nil
}

// keySet returns the key set of a source: the one there is, or a new one with
// the keys from before the restart. The caller holds mu.
func (v *Verifier) keySet(ctx context.Context, s *source) *keySet {
	tenant := cmp.Or(s.tenant, "organizations")
	issuer := s.iss
	metadata := s.entry.metadataURL(tenant, s.version)
	id := fmt.Sprintf("%s %s %s", issuer, metadata, s.entry.KeysURL)
	if k, there := v.sets[id]; there {
		return k
	}
	k := &keySet{id: id, issuer: issuer, metadataURL: metadata, keysURL: s.entry.KeysURL, fetcher: v.fetcher, keeper: v.cfg.Keeper,
		now: v.cfg.Now, log: v.cfg.Log, spawn: v.spawn, absent: map[string]time.Time{}}
	k.load(ctx)
	return k
}

// spawn starts a fetch that Close waits for. After Close it fails at once, so
// that nobody waits for it in vain.
func (v *Verifier) spawn(do func(context.Context)) {
	v.workMu.Lock()
	defer v.workMu.Unlock()
	if v.closed {
		go do(v.ctx)
		return
	}
	v.work.Go(func() { do(v.ctx) })
}

// Check is CheckAll as this Verifier sees it, where plain http to this machine
// may be allowed.
func (v *Verifier) Check(issuers []Issuer) []Problem { return checkAll(issuers, v.cfg.Loopback) }

// Verify says who a bearer token speaks for, or refuses with a *Refusal.
func (v *Verifier) Verify(ctx context.Context, token string) (*Accepted, error) {
	t, now := v.trusted.Load(), v.cfg.Now()
	var sum [sha256.Size]byte
	if len(token) <= MaxTokenBytes {
		sum = sumOf(token)
		if a := t.tokens.get(sum, now); a != nil {
			return a, nil
		}
	}
	x := &exam{ctx: ctx, now: now, token: token, trusted: t}
	if r := x.examine(); r != nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, r
	}
	a := x.accepted()
	t.tokens.put(sum, a, now)
	return a, nil
}

// An Explanation is the whole checklist for one token.
type Explanation struct {
	Accepted *Accepted // nil: refused
	Refusal  *Refusal  // nil: accepted
	Issuer   string    // the trust entry the token belongs to, "" for none
	Checks   []Check
}

// Explain looks at a token, or at anything pasted in its place, as Verify does,
// but goes on after a failure with whatever can still be looked at. It is for
// administrators: it tells what the setting demands.
func (v *Verifier) Explain(ctx context.Context, token string) Explanation {
	x := &exam{ctx: ctx, now: v.cfg.Now(), token: token, trusted: v.trusted.Load(), all: true}
	e := Explanation{Refusal: x.examine()}
	if e.Refusal == nil {
		e.Accepted = x.accepted()
	}
	if x.entry != nil {
		e.Issuer = x.entry.Name
	}
	e.Checks = x.checks()
	return e
}

// Keys tells what is known of each issuer's keys.
func (v *Verifier) Keys() []KeyState {
	var out []KeyState
	for _, e := range v.trusted.Load().entries {
		for _, s := range e.sources {
			st := s.keys.state()
			st.Issuer, st.URL, st.Tenant, st.Version = e.Name, s.iss, s.tenant, s.version
			out = append(out, st)
		}
	}
	return out
}

// Refresh asks for the keys of one entry now. It is for administrators: the
// pauses between fetches do not hold it.
func (v *Verifier) Refresh(ctx context.Context, name string) error {
	found := false
	for _, e := range v.trusted.Load().entries {
		if e.Name != name {
			continue
		}
		found = true
		for _, s := range e.sources {
			if err := s.keys.refresh(ctx); err != nil {
				return &signoff.Error{Kind: signoff.Unavailable, Code: "keys-not-fetched", Detail: "the keys of " + clip(s.iss) + " could not be fetched: " + err.Error(), Err: err}
			}
		}
	}
	if !found {
		return &signoff.Error{Kind: signoff.NotFound, Code: "issuer-not-found", Detail: "there is no trust entry of that name"}
	}
	return nil
}

// Run keeps the keys fresh until ctx ends: each about every hour, sooner after
// a failure.
func (v *Verifier) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.changed:
		case <-timer.C:
		}
		timer.Reset(v.refreshDue())
	}
}

// refreshDue begins the fetches that are due and tells when to look again.
func (v *Verifier) refreshDue() time.Duration {
	const often = time.Minute // in case a clock jumps
	wait, now := often, v.cfg.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ctx.Err() != nil {
		return often
	}
	busy := 0
	for _, s := range v.sets {
		at, flying := s.dueAt()
		switch due := at.Sub(now); {
		case flying:
			busy++
		case due > 0:
			wait = min(wait, due)
		case busy < maxFetches:
			busy++
			s.mu.Lock()
			s.begin(now)
			s.mu.Unlock()
		default:
			wait = min(wait, time.Second)
		}
	}
	return max(wait, time.Second)
}

// maxFetches is how many Run begins at a time.
const maxFetches = 8
