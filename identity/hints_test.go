package identity

import (
	"context"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// Two servers on one database: what one hears of the other.

func TestWhatAnotherServerChangesIsSeenWhenItSaysSo(t *testing.T) {
	st, c := openStore(t), newClock()
	here, there := openWorld(t, st, Options{Now: c.now}), openWorld(t, st, Options{Now: c.now})
	ana := there.user("ana")
	basic := func() error {
		_, err := here.Basic(context.Background(), "ana", secretOf("ana").Reveal(), "192.0.2.1")
		return err
	}
	must(t, basic())
	yes := true
	there.change(ana, UserChange{Disabled: &yes})
	if basic() != nil {
		t.Fatal("seen without a word: this test shows nothing")
	}
	id, _ := store.AccountID(ana.Principal)
	here.Heard(store.Hint{Topic: store.TopicPeople, Payload: usersChanged([]int64{id})})
	if err := basic(); signoff.KindOf(err) != signoff.Unauthenticated {
		t.Errorf("after the word: %v", err)
	}
	no := false
	there.change(ana, UserChange{Disabled: &no})
	here.Heard(store.Hint{Topic: store.TopicPeople, Resync: true})
	must(t, basic())
	hashed := here.hashes.Load()
	here.Heard(store.Hint{Topic: store.TopicPeople, Payload: usersChanged([]int64{id + 1})})
	if must(t, basic()); here.hashes.Load() != hashed {
		t.Error("a password was forgotten because somebody else changed")
	}
	for _, odd := range []string{"", "users", "users x", "guesses", "guesses {", "dance 7"} {
		here.Heard(store.Hint{Topic: store.TopicPeople, Payload: odd})
	}
	must(t, basic())
}

func TestAGuesserGainsNothingByGoingToAnotherServer(t *testing.T) {
	st, c := openStore(t), newClock()
	here, there := openWorld(t, st, Options{Now: c.now}), openWorld(t, st, Options{Now: c.now})
	g := newGuess("ana", "192.0.2.1")
	var said string
	for range pairLimit.free {
		if keep := there.throttle.wrong(g); len(keep) > 0 {
			said = guessesKept(keep)
		}
	}
	if here.throttle.held(g) != 0 {
		t.Fatal("held without a word: this test shows nothing")
	}
	here.Heard(store.Hint{Topic: store.TopicPeople, Payload: said})
	if wait := here.throttle.held(g); wait != time.Second {
		t.Errorf("held for %v", wait)
	}
	here.Heard(store.Hint{Topic: store.TopicPeople, Payload: guessesKept(there.throttle.right(g))})
	if wait := here.throttle.held(g); wait != 0 {
		t.Errorf("held for %v after it was right", wait)
	}
}
