package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff/store"
)

// How guesses are held back. Three things are counted, because a guesser can
// vary each of the others:
//
//   - one login from one address: the plain guesser, held back hard;
//   - one address: many logins tried from it. Milder, for an office may sit behind it;
//   - one login from everywhere: a guesser with many addresses. Mild.
//
// The latter two do not hold back a person at an address from which they have
// signed in before, so that others cannot lock them out.
var (
	pairLimit    = limit{free: 5, first: time.Second, cap: 15 * time.Minute}
	addressLimit = limit{free: 50, first: time.Second, cap: time.Minute}
	loginLimit   = limit{free: 100, first: time.Second, cap: time.Minute}
)

const (
	forgetGuesses = time.Hour           // without another wrong one
	knownFor      = 30 * 24 * time.Hour // how long an address is known after a sign-in
	maxCounters   = 10_000              // of each sort; the longest unused goes
)

// A limit lets some wrong guesses pass and then demands ever longer waits.
type limit struct {
	free       int
	first, cap time.Duration
}

// wait is how long after the latest of so many wrong guesses the next may come.
func (l limit) wait(wrong int) time.Duration {
	over := wrong - l.free
	switch {
	case over < 0:
		return 0
	case over > 20: // beyond any cap, and before the shift overflows
		return l.cap
	}
	return min(l.first<<over, l.cap)
}

// A tally is how many wrong guesses there were, and when the latest.
type tally struct {
	wrong  int
	latest time.Time
}

// throttle counts wrong guesses. A guess begins with admit and, when that lets
// it pass, ends with one of right, wrong and neither.
type throttle struct {
	now func() time.Time

	mu       sync.Mutex
	pairs    *cache[string, tally]
	places   *cache[string, tally]
	logins   *cache[string, tally]
	known    *cache[string, tally] // where people have signed in from
	inFlight map[string]int        // guesses of a pair that are being looked at now
}

func newThrottle(now func() time.Time) *throttle {
	counters := func(ttl time.Duration) *cache[string, tally] { return newCache[string, tally](maxCounters, ttl, now) }
	return &throttle{now: now, inFlight: map[string]int{},
		pairs: counters(forgetGuesses), places: counters(forgetGuesses), logins: counters(forgetGuesses),
		known: counters(knownFor)}
}

// A guess is what the three counters know it by. The keys are hashes: people
// type passwords where the login belongs, and the keys are written down.
type guess struct{ pair, place, login, known string }

func newGuess(login, remote string) guess {
	place := placeOf(remote)
	key := func(sort string, parts ...string) string {
		sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
		return sort + hex.EncodeToString(sum[:16])
	}
	return guess{pair: key("p", login, place), place: key("a", place), login: key("l", login), known: key("k", login, place)}
}

// placeOf is the address guesses are counted by: one IPv4 address, or the /64
// that one IPv6 customer has at least.
func placeOf(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return remote
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		p, _ := addr.Prefix(64) // fails for wrong lengths only
		return p.String()
	}
	return addr.String()
}

// held returns how long to wait before such a guess is looked at, 0 for not at all.
func (t *throttle) held(g guess) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.heldLocked(g)
}

func (t *throttle) heldLocked(g guess) time.Duration {
	left := t.left(t.pairs, g.pair, pairLimit)
	if _, _, known := t.known.get(g.known); known {
		return left
	}
	return max(left, t.left(t.places, g.place, addressLimit), t.left(t.logins, g.login, loginLimit))
}

// admit returns 0 when the guess may be looked at now, else how long to wait.
// Guesses made at the same time count as wrong until they are known to be
// right, so that a burst gets no further than a series.
func (t *throttle) admit(g guess) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if left := t.heldLocked(g); left > 0 {
		return left
	}
	if n := t.inFlight[g.pair]; n > 0 {
		if tl, _, _ := t.pairs.get(g.pair); tl.wrong+n >= pairLimit.free {
			return pairLimit.first
		}
	}
	t.inFlight[g.pair]++
	return 0
}

func (t *throttle) left(c *cache[string, tally], key string, l limit) time.Duration {
	tl, _, found := c.get(key)
	if !found {
		return 0
	}
	return max(0, tl.latest.Add(l.wait(tl.wrong)).Sub(t.now()))
}

// right ends a guess that was right. It returns what to keep on disk.
func (t *throttle) right(g guess) (keep []store.Guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(g)
	if tl, _, found := t.pairs.get(g.pair); found {
		t.pairs.forget(g.pair)
		if tl.wrong >= pairLimit.free {
			keep = append(keep, store.Guess{Key: g.pair})
		}
	}
	if _, era, known := t.known.get(g.known); !known {
		t.known.put(g.known, tally{wrong: 1}, era)
		keep = append(keep, store.Guess{Key: g.known, Wrong: 1, Until: t.now().Add(knownFor)})
	}
	return keep
}

// wrong ends a guess that was wrong. It returns what to keep on disk: counts
// that hold somebody back.
func (t *throttle) wrong(g guess) (keep []store.Guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(g)
	for _, c := range []struct {
		tallies *cache[string, tally]
		key     string
		limit   limit
	}{{t.pairs, g.pair, pairLimit}, {t.places, g.place, addressLimit}, {t.logins, g.login, loginLimit}} {
		tl, era, _ := c.tallies.get(c.key)
		tl.wrong, tl.latest = tl.wrong+1, t.now()
		c.tallies.put(c.key, tl, era)
		if tl.wrong >= c.limit.free {
			keep = append(keep, store.Guess{Key: c.key, Wrong: tl.wrong, Until: tl.latest.Add(forgetGuesses)})
		}
	}
	return keep
}

// neither ends a guess that was not looked at after all.
func (t *throttle) neither(g guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end(g)
}

func (t *throttle) end(g guess) {
	if t.inFlight[g.pair]--; t.inFlight[g.pair] <= 0 {
		delete(t.inFlight, g.pair)
	}
}

// load takes up what was kept on disk before a restart, or by another server,
// which may not have heard of all that was guessed here: the higher count holds.
// A count of 0 is forgotten.
func (t *throttle) load(kept []store.Guess) {
	t.mu.Lock()
	defer t.mu.Unlock()
	sorts := map[byte]*cache[string, tally]{'p': t.pairs, 'a': t.places, 'l': t.logins, 'k': t.known}
	for _, k := range kept {
		c := sorts[(k.Key + "-")[0]]
		switch {
		case c == nil:
		case k.Wrong == 0:
			c.forget(k.Key)
		default:
			tl, era, _ := c.get(k.Key)
			tl.wrong = max(tl.wrong, k.Wrong)
			if latest := k.Until.Add(-forgetGuesses); latest.After(tl.latest) {
				tl.latest = latest
			}
			c.put(k.Key, tl, era)
		}
	}
}
