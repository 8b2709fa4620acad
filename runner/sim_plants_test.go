package runner

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/store"
)

// bug is something planted in the store, between it and the runner, or in a
// handler, for the simulation to find. What runs in earnest is not touched.
type bug int

const (
	none             bug = iota
	tornCommit           // one step in ten is stored without its commands
	lostUpdate           // a step is stored though the instance has moved on
	lostFact             // one step in ten loses its last fact
	onceIgnored          // idempotency keys are not kept
	onceLies             // one new request in ten is taken for one done before
	timerDropped         // one step in four is stored without its timers
	notTakenBack         // commands of ended steps stay in the outbox
	removedWhenTaken     // a command is gone from the outbox once it is handed out
	retryForgets         // a command to be tried again is gone
	parkForgets          // a command that waits for its result is gone
	leaseWithoutEnd      // what a dead node held is never given to another
	leaseWithoutTime     // what is taken can be taken again at once
	keyOfItsOwn          // every attempt but the first has another key
	fencingIgnored       // a node that lost a command may still say that it failed
	earlyAnswer          // one commit in ten is acknowledged before it is made
	earlyHandOut         // commands are handed out before their commit
	handOutAnyway        // commands are handed out though their commit failed
	parkedForgets        // a command that lacks a connection is gone
	parkedCounts         // an attempt that found a connection lacking counts
	neverLooks           // nobody looks whether word of a connection was lost
	idleHandler          // one command in ten is reported as done and was not
	bugs

	// Of errands: see sim_errands_test.go.
	messageTwice // a message is taken in again under the same id
	takenAgain   // what a step takes in is not looked at
	tickAgain    // nor the time of a schedule
	callAgain    // nor who holds a call of a workflow
	orphanLost   // what an ended instance had called goes on
	endUntold    // the end of a called instance wakes nobody
	neverSweeps  // nobody looks whether word of a message was lost
	errandBugs
)

var bugNames = [bugs]string{"none", "a step is stored without its commands", "a newer state is written over", "a fact is lost", "idempotency keys are not kept",
	"a new request is taken for an old one", "a timer is lost", "what an ended step asked for is not taken back", "a command is removed before it is done",
	"a command to be retried is lost", "a command that waits for its result is lost", "a dead node keeps what it took", "a command is taken by two nodes at once",
	"a retry has a key of its own", "a late failure counts", "a commit is acknowledged before it is durable", "a command is handed out before its commit",
	"a command is handed out though its commit failed", "a command that lacks a connection is lost",
	"an attempt that found a connection lacking counts", "lost word of a connection is not looked for", "a command is reported as done and was not"}

// TestPlantedBugsAreFound tells after how many seeds each is.
func TestPlantedBugsAreFound(t *testing.T) {
	books := workshop(t)
	const most = 600
	for b := none + 1; b < bugs; b++ {
		found := false
		for seed := range uint64(most) {
			out := simulate(t, books, seed, b, false)
			if found = len(out.wrongs) > 0; found {
				what, _, _ := strings.Cut(out.wrongs[0], "\n")
				t.Logf("%-48s found by seed %3d: %s", bugNames[b], seed+1, what)
				break
			}
		}
		if !found {
			t.Errorf("%s: not found by %d seeds", bugNames[b], most)
		}
	}
}

// plantBefore does something wrong before a step is committed, and tells whether
// that is to be taken for the commit.
func (l *life) plantBefore(ctx context.Context, st *store.Step) bool {
	switch l.plant {
	case earlyHandOut:
		l.handEarly(ctx, st)
	case earlyAnswer:
		if l.pick("early", 10) == 0 {
			l.aside(func() {
				time.Sleep(100 * time.Millisecond)
				_ = only(l, true, "commit", fmt.Sprint(st.Instance), func() error { return l.commit(ctx, st) })
			})
			return true
		}
	}
	return false
}

func (l *life) plantAfter(ctx context.Context, st *store.Step, err error) {
	if l.plant == handOutAnyway && err != nil {
		l.handEarly(ctx, st)
	}
}

// handEarly hands a step's commands out in place of the runner.
func (l *life) handEarly(ctx context.Context, st *store.Step) {
	for _, c := range st.Commands {
		l.aside(func() { _, _ = l.handle(ctx, Job{Command: c.Command, Instance: st.Instance, Attempt: 1}) })
	}
}
