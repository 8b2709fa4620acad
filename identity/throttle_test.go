package identity

import (
	"fmt"
	"testing"
	"time"

	"github.com/signoffhq/signoff/store"
)

func (t *throttle) guessWrong(g guess) []store.Guess {
	if wait := t.admit(g); wait > 0 {
		panic(fmt.Sprint("held back for ", wait))
	}
	return t.wrong(g)
}

func TestWaitsGrowUpToACap(t *testing.T) {
	l := limit{free: 3, first: time.Second, cap: 10 * time.Second}
	for wrong, want := range map[int]time.Duration{0: 0, 2: 0, 3: time.Second, 4: 2 * time.Second, 6: 8 * time.Second, 7: 10 * time.Second, 20: 10 * time.Second, 200: 10 * time.Second} {
		if got := l.wait(wrong); got != want {
			t.Errorf("after %d: %v, want %v", wrong, got, want)
		}
	}
}

func TestOneLoginFromOneAddressIsHeldBackAndOthersAreNot(t *testing.T) {
	c := newClock()
	th := newThrottle(c.now)
	g := newGuess("ana", "192.0.2.1")
	for range pairLimit.free {
		th.guessWrong(g)
	}
	if wait := th.held(g); wait != time.Second {
		t.Errorf("held for %v", wait)
	}
	if wait := th.admit(g); wait != time.Second {
		t.Errorf("admitted after %v", wait)
	}
	for _, other := range []guess{newGuess("ana", "192.0.2.2"), newGuess("bob", "192.0.2.1")} {
		if wait := th.held(other); wait != 0 {
			t.Errorf("another is held for %v", wait)
		}
	}
	var waits []time.Duration
	for range 12 {
		wait := th.held(g)
		waits = append(waits, wait)
		c.advance(wait - time.Microsecond)
		if th.held(g) == 0 {
			t.Fatal("let go too early")
		}
		c.advance(time.Microsecond)
		th.guessWrong(g)
	}
	if waits[1] != 2*time.Second || waits[11] != 15*time.Minute {
		t.Errorf("waits %v", waits)
	}
	c.advance(forgetGuesses)
	th.guessWrong(g)
	if wait := th.held(g); wait != 0 {
		t.Errorf("not forgotten: %v", wait)
	}
}

func TestARightPasswordForgetsTheWrongOnesOfThePair(t *testing.T) {
	c := newClock()
	th := newThrottle(c.now)
	g := newGuess("ana", "192.0.2.1")
	for range pairLimit.free {
		th.guessWrong(g)
	}
	c.advance(time.Second)
	if th.admit(g) != 0 {
		t.Fatal("held back")
	}
	keep := th.right(g)
	if len(keep) != 2 || keep[0] != (store.Guess{Key: g.pair}) || keep[1].Key != g.known {
		t.Errorf("keeps %+v", keep)
	}
	th.guessWrong(g)
	if th.held(g) != 0 {
		t.Error("the old count is still there")
	}
}

func TestABurstGetsNoFurtherThanASeries(t *testing.T) {
	th := newThrottle(newClock().now)
	g := newGuess("ana", "192.0.2.1")
	admitted := 0
	for range 100 {
		if th.admit(g) == 0 {
			admitted++
		}
	}
	if admitted != pairLimit.free {
		t.Errorf("%d guesses at once, want %d", admitted, pairLimit.free)
	}
	for range admitted {
		th.neither(g)
	}
	if th.held(g) != 0 || th.admit(g) != 0 || len(th.inFlight) != 1 {
		t.Error("guesses that were not looked at are counted")
	}
	th.right(g)
	if len(th.inFlight) != 0 {
		t.Errorf("in flight: %v", th.inFlight)
	}
}

func TestOneAddressTryingManyLoginsIsHeldBack(t *testing.T) {
	th := newThrottle(newClock().now)
	for i := range addressLimit.free {
		// The addresses of one IPv6 customer are one place.
		th.guessWrong(newGuess(fmt.Sprint("u", i), fmt.Sprintf("2001:db8:0:1::%x", i+1)))
	}
	if th.held(newGuess("ana", "2001:db8:0:1:ffff::1")) == 0 {
		t.Error("not held back")
	}
	if wait := th.held(newGuess("ana", "2001:db8:0:2::1")); wait != 0 {
		t.Errorf("a neighbour is held for %v", wait)
	}
}

func TestAGuesserDoesNotLockOutWhoSharesTheAddress(t *testing.T) {
	c := newClock()
	th := newThrottle(c.now)
	ana, bob := newGuess("ana", "192.0.2.1"), newGuess("bob", "192.0.2.1")
	th.admit(ana)
	th.right(ana)
	for i := range addressLimit.free + 20 {
		g := newGuess(fmt.Sprint("u", i), "192.0.2.1")
		c.advance(th.held(g))
		th.guessWrong(g)
	}
	if wait := th.held(ana); wait != 0 {
		t.Errorf("ana, who signs in from there, is locked out for %v", wait)
	}
	if th.held(bob) == 0 {
		t.Error("bob, who never did, may be guessed at")
	}
	for range pairLimit.free {
		th.guessWrong(ana)
	}
	if th.held(ana) == 0 {
		t.Error("ana may be guessed at without end")
	}
}

func TestAGuesserWithManyAddressesDoesNotLockOutWhoSignedInBefore(t *testing.T) {
	c := newClock()
	th := newThrottle(c.now)
	home, roaming := newGuess("ana", "192.0.2.1"), newGuess("ana", "192.0.2.2")
	th.admit(home)
	known := th.right(home)
	for i := range loginLimit.free + 10 {
		g := newGuess("ana", fmt.Sprintf("198.51.%d.%d", i/250, i%250))
		c.advance(th.held(g))
		th.guessWrong(g)
	}
	if th.held(newGuess("ana", "203.0.113.9")) == 0 || th.held(roaming) == 0 {
		t.Error("guesses from new addresses are not held back")
	}
	if th.held(newGuess("ana", "203.0.113.9")) > loginLimit.cap {
		t.Error("and by more than the cap")
	}
	if wait := th.held(home); wait != 0 {
		t.Errorf("ana at home is locked out for %v", wait)
	}
	again := newThrottle(c.now)
	again.load(known)
	if _, _, found := again.known.get(home.known); !found {
		t.Error("a restart forgets where ana signs in from")
	}
}

func TestCountsThatHoldBackSurviveARestart(t *testing.T) {
	c := newClock()
	th := newThrottle(c.now)
	g := newGuess("ana", "192.0.2.1")
	var kept []store.Guess
	for i := range pairLimit.free {
		if keep := th.guessWrong(g); i < pairLimit.free-1 && len(keep) != 0 {
			t.Errorf("wrong guess %d is written down", i+1)
		} else {
			kept = keep
		}
	}
	again := newThrottle(c.now)
	again.load(append(kept, store.Guess{Key: "", Wrong: 1}, store.Guess{Key: "x", Wrong: 1}))
	if a, b := th.held(g), again.held(g); a != b || a == 0 {
		t.Errorf("held for %v before and %v after", a, b)
	}
}

func TestAnotherServersLowerCountLetsNobodyGuessMore(t *testing.T) {
	c := newClock()
	here, there := newThrottle(c.now), newThrottle(c.now)
	g := newGuess("ana", "192.0.2.1")
	var said []store.Guess
	for range pairLimit.free {
		said = there.guessWrong(g)
	}
	for range pairLimit.free + 3 {
		c.advance(here.held(g))
		here.guessWrong(g)
	}
	before := here.held(g)
	here.load(said)
	if after := here.held(g); after != before || len(said) == 0 || before <= there.held(g) {
		t.Errorf("held for %v, and after hearing of the other for %v", before, after)
	}
}

func TestCountersAreBounded(t *testing.T) {
	th := newThrottle(newClock().now)
	for i := range maxCounters + 100 {
		g := newGuess(fmt.Sprint("u", i), fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
		th.guessWrong(g)
	}
	for _, c := range []*cache[string, tally]{th.pairs, th.places, th.logins} {
		if c.len() != maxCounters {
			t.Errorf("%d counters", c.len())
		}
	}
}

func TestPlaces(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "pipe": "pipe",
	} {
		if got := placeOf(remote); got != want {
			t.Errorf("%q is at %q, want %q", remote, got, want)
		}
	}
}
