package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

const here = "192.0.2.1"

func TestBasicKnowsAPersonByEveryName(t *testing.T) {
	w := newWorld(t, Options{})
	ana := w.user("ana", func(u *NewUser) { u.Addresses = []string{"A.Berg@contoso.test"} })
	fin, err := w.CreateGroup(t.Context(), access.System, "Finance")
	must(t, err)
	must(t, w.SetMember(t.Context(), access.System, fin.Principal, ana.Principal, true))
	for _, login := range []string{"ana", "ANA", "ana@contoso.test", "a.berg@Contoso.test", `K2:CONTOSO\ana`, `CONTOSO\Ana`, "AAD:ana@contoso.test"} {
		c, err := w.Basic(t.Context(), login, "password of ana", here)
		if err != nil || c.Principal != ana.Principal || c.How != "basic" || c.Admin ||
			!slices.Equal(c.Groups, []signoff.Principal{fin.Principal, signoff.Everyone}) ||
			c.Person != (signoff.Person{Principal: ana.Principal, Login: "ana", Name: "Name of ana", Email: "ana@contoso.test"}) {
			t.Errorf("%s: %+v %v", login, c, err)
		}
	}
}

func TestEveryRefusalIsTheSameAndCostsTheSame(t *testing.T) {
	w := newWorld(t, Options{})
	w.user("ana")
	w.user("nopass", func(u *NewUser) { u.Password = "" })
	w.user("root", admin)
	gone := w.user("gone")
	w.change(gone, UserChange{Disabled: new(true)})
	for name, tt := range map[string][2]string{
		"a wrong password":           {"ana", "password of bob"},
		"an empty password":          {"ana", ""},
		"an unknown login":           {"nobody", "password of ana"},
		"an unknown address":         {"nobody@contoso.test", "password of ana"},
		"a login that cannot be":     {"no body", "password of ana"},
		"an unknown label":           {"LDAP:ana", "password of ana"},
		"somebody without password":  {"nopass", ""},
		"a disabled person, right":   {"gone", "password of gone"},
		"a disabled person, wrong":   {"gone", "x"},
		"no login":                   {"", ""},
		"a principal is not a login": {string(gone.Principal), "x"},
	} {
		before := w.hashes.Load()
		c, err := w.Basic(t.Context(), tt[0], tt[1], here)
		if err != errBadCredentials || c.Principal != "" || c.Groups != nil {
			t.Errorf("%s: %+v %v", name, c, err)
		}
		if n := w.hashes.Load() - before; n != 1 {
			t.Errorf("%s: hashed %d times", name, n)
		}
	}
	for name, tt := range map[string][2]string{"a long password": {"ana", strings.Repeat("x", 1025)}, "a long login": {strings.Repeat("x", 321), "x"}} {
		if _, err := w.Basic(t.Context(), tt[0], tt[1], here); err != errBadCredentials {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADisabledPersonsRightPasswordIsAWrongGuess(t *testing.T) {
	w := newWorld(t, Options{})
	w.change(w.user("gone"), UserChange{Disabled: new(true)})
	for range pairLimit.free {
		_, err := w.Basic(t.Context(), "gone", "password of gone", here)
		wantCode(t, err, "bad-credentials")
	}
	_, err := w.Basic(t.Context(), "gone", "password of gone", here)
	wantCode(t, err, "too-many-guesses") // as it would be with any other password
}

func TestARightPasswordIsRememberedForAWhile(t *testing.T) {
	c := newClock()
	w := newWorld(t, Options{Now: c.now})
	w.user("ana")
	w.user("bob")
	start := w.hashes.Load()
	sign := func(login, password string, wantHashes int64) {
		t.Helper()
		_, err := w.Basic(t.Context(), login, password, here)
		must(t, err)
		if n := w.hashes.Load() - start; n != wantHashes {
			t.Errorf("%d hashes, want %d", n, wantHashes)
		}
	}
	for range 10 {
		sign("ana", "password of ana", 1)
	}
	sign("bob", "password of bob", 2)
	sign("ana@contoso.test", "password of ana", 3) // another spelling is another memory
	c.advance(rememberFor - time.Second)
	sign("ana", "password of ana", 3)
	c.advance(time.Second)
	sign("ana", "password of ana", 4)
	if _, err := w.Basic(t.Context(), "ana", "password of bob", here); err != errBadCredentials {
		t.Errorf("a remembered password answers for another: %v", err)
	}
	if _, err := w.Basic(t.Context(), "anap", "assword of ana", here); err != errBadCredentials {
		t.Errorf("login and password run together: %v", err)
	}
}

func TestARememberedPasswordEndsWithTheChangeThatEndsIt(t *testing.T) {
	for name, change := range map[string]func(w world, ana signoff.Caller){
		"set by an administrator": func(w world, ana signoff.Caller) {
			must(t, w.SetPassword(t.Context(), access.System, ana.Principal, "another one"))
		},
		"changed by themselves": func(w world, ana signoff.Caller) {
			must(t, w.ChangePassword(t.Context(), ana, "password of ana", "another one", here))
		},
		"disabled":           func(w world, ana signoff.Caller) { w.change(ana, UserChange{Disabled: new(true)}) },
		"address taken away": func(w world, ana signoff.Caller) { w.change(ana, UserChange{Email: new("else@contoso.test")}) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			ana := w.user("ana")
			for range 2 {
				_, err := w.Basic(t.Context(), "ana@contoso.test", "password of ana", here)
				must(t, err)
			}
			change(w, ana)
			if _, err := w.Basic(t.Context(), "ana@contoso.test", "password of ana", here); err != errBadCredentials {
				t.Errorf("still answered: %v", err)
			}
		})
	}
}

func TestRightsAndGroupsOfARememberedPasswordAreFresh(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	ana := w.user("ana")
	fin, err := w.CreateGroup(ctx, access.System, "Finance")
	must(t, err)
	sign := func() signoff.Caller {
		c, err := w.Basic(ctx, "ana", "password of ana", here)
		must(t, err)
		return c
	}
	if c := sign(); c.Admin || c.Is(fin.Principal) {
		t.Fatalf("%+v", c)
	}
	must(t, w.SetMember(ctx, access.System, fin.Principal, ana.Principal, true))
	w.change(ana, UserChange{Admin: new(true), Name: new("Ana Berg")})
	if c := sign(); !c.Admin || !c.Is(fin.Principal) || c.Name != "Ana Berg" {
		t.Errorf("stale: %+v", c)
	}
	must(t, w.SetMember(ctx, access.System, fin.Principal, ana.Principal, false))
	if c := sign(); c.Is(fin.Principal) {
		t.Errorf("stale: %+v", c)
	}
}

func TestGuessesAreHeldBackEvenWhenThePasswordIsRemembered(t *testing.T) {
	c := newClock()
	w := newWorld(t, Options{Now: c.now})
	w.user("ana")
	_, err := w.Basic(t.Context(), "ana", "password of ana", here)
	must(t, err)
	for i := range pairLimit.free {
		if _, err := w.Basic(t.Context(), "ana", fmt.Sprint("guess ", i), here); err != errBadCredentials {
			t.Fatal(err)
		}
	}
	before := w.hashes.Load()
	_, err = w.Basic(t.Context(), "ana", "password of ana", here)
	wantCode(t, err, "too-many-guesses")
	if wait, ok := RetryAfter(err); !ok || wait != time.Second || signoff.KindOf(err) != signoff.TooMany {
		t.Errorf("retry after %v %v", wait, ok)
	}
	if _, err := w.Basic(t.Context(), "ana", "password of ana", "198.51.100.7"); err != nil {
		t.Errorf("ana elsewhere is locked out: %v", err)
	}
	if n := w.hashes.Load() - before; n != 0 {
		t.Errorf("hashed %d times while held back", n)
	}
	c.advance(time.Second)
	if _, err := w.Basic(t.Context(), "ana", "password of ana", here); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	// Spelling the login in other ways is no way round.
	for i := range pairLimit.free {
		_, err = w.Basic(t.Context(), []string{"bob", "BOB", `K2:X\bob`, `y\bob`, "k2:bob"}[i], "x", here)
		wantCode(t, err, "bad-credentials")
	}
	_, err = w.Basic(t.Context(), "bob", "x", here)
	wantCode(t, err, "too-many-guesses")
}

func TestGuessersAreStillHeldBackAfterARestart(t *testing.T) {
	c, st := newClock(), openStore(t)
	w := openWorld(t, st, Options{Now: c.now})
	for range pairLimit.free {
		_, err := w.Basic(t.Context(), "ana", "x", here)
		wantCode(t, err, "bad-credentials")
	}
	w = openWorld(t, st, Options{Now: c.now})
	_, err := w.Basic(t.Context(), "ana", "x", here)
	wantCode(t, err, "too-many-guesses")
	c.advance(forgetGuesses)
	w = openWorld(t, st, Options{Now: c.now})
	_, err = w.Basic(t.Context(), "ana", "x", here)
	wantCode(t, err, "bad-credentials")
}

func TestTheSamePasswordSentManyTimesAtOnceIsHashedOnce(t *testing.T) {
	w := newWorld(t, Options{HashAtOnce: 4})
	w.user("ana")
	start := w.hashes.Load()
	gate := make(chan struct{})
	inner := w.hashing.derive
	w.hashing.derive = func(p, salt []byte, c cost, size int) []byte {
		<-gate
		return inner(p, salt, c, size)
	}
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := w.Basic(context.Background(), "ana", "password of ana", here); err != nil {
				t.Error(err)
			}
		})
	}
	close(gate)
	wg.Wait()
	if n := w.hashes.Load() - start; n != 1 {
		t.Errorf("hashed %d times", n)
	}
	if len(w.flights) != 0 {
		t.Error("a flight never ended")
	}
}

func TestWhoGivesUpWaitingTakesNobodyAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Service{flights: map[flightKey]*flight{}}
		leader, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var led, followed error
		wg.Go(func() {
			_, led = s.checkOnce(leader, flightKey{}, func() (remembered, error) {
				<-leader.Done()
				return remembered{}, leader.Err()
			})
		})
		synctest.Wait()
		var got remembered
		wg.Go(func() {
			got, followed = s.checkOnce(t.Context(), flightKey{}, func() (remembered, error) { return remembered{7, 1}, nil })
		})
		synctest.Wait()
		gone, cancelGone := context.WithCancel(t.Context())
		var left error
		wg.Go(func() { _, left = s.checkOnce(gone, flightKey{}, nil) })
		synctest.Wait()
		cancelGone()
		synctest.Wait()
		cancel()
		wg.Wait()
		if led != context.Canceled || left != context.Canceled || followed != nil || got.account != 7 {
			t.Errorf("leader %v, one who left %v, follower %v %v", led, left, got, followed)
		}
	})
}

func TestABusyServerTurnsSignInsAwayAndCountsNothing(t *testing.T) {
	w := newWorld(t, Options{HashAtOnce: 1, HashQueue: 1})
	w.user("ana")
	w.hashing.slots <- struct{}{} // somebody is hashing
	w.hashing.waiting.Add(1)      // and somebody waits
	for range 3 * pairLimit.free {
		_, err := w.Basic(t.Context(), "ana", "password of ana", here)
		wantCode(t, err, "sign-in-busy")
	}
	<-w.hashing.slots
	w.hashing.waiting.Add(-1)
	_, err := w.Basic(t.Context(), "ana", "password of ana", here)
	must(t, err)
}

func TestAPasswordHashedAtAnotherCostIsHashedAgain(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	w.user("ana")
	usual := usualCost
	usualCost.passes = 3
	defer func() { usualCost = usual }()
	w.remembered.clear()
	c, _, err := w.store.Credential(ctx, "ana", "")
	must(t, err)
	_, err = w.Basic(ctx, "ana", "password of ana", here)
	must(t, err)
	now, _, err := w.store.Credential(ctx, "ana", "")
	must(t, err)
	if now.Password == c.Password || !strings.Contains(now.Password, "t=3") || now.Epoch != c.Epoch {
		t.Errorf("%s became %s", c.Password, now.Password)
	}
	w.remembered.clear()
	_, err = w.Basic(ctx, "ana", "password of ana", here)
	must(t, err)
}

func BenchmarkBasicRemembered(b *testing.B) {
	w := newWorld(b, Options{})
	w.user("ana")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Basic(b.Context(), "ana", "password of ana", here); err != nil {
			b.Fatal(err)
		}
	}
}
