package runner

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// A runner is one of several equal nodes on a store. It says every few seconds
// that it lives. One that has not for a while is taken for dead by whichever
// node sees it first, and what it had taken is free again. A node that could
// not renew begins nothing once its time has run out, goes on when it can, and
// joins anew, under another id, when it was taken for dead.

const (
	nodeLease  = 20 * time.Second // how long a node that says nothing counts as living
	renewEvery = 5 * time.Second
	leaseSpare = 10          // a node stops a tenth of its lease earlier than others take over
	lostEvery  = time.Minute // how often to look for commands of nodes that nobody knows
)

// member is this process among the nodes.
type member struct {
	stay atomic.Pointer[stay]
	dull atomic.Bool // the last renewal failed

	lease, every time.Duration // how long it lives unless it renews that, and how often it does
}

// stay is until when this node may begin something, and as whom.
type stay struct {
	id    string
	until time.Time // by this machine's clock; zero: for ever
}

// holder is who to take commands as, and whether any may be begun now.
func (m *member) holder() (id string, alive bool) {
	s := m.stay.Load()
	if s == nil {
		return "", false
	}
	return s.id, s.alive(time.Now())
}

// alive looks at both clocks of the machine: the monotonic one may stand still
// while the machine sleeps, the other one may be set back.
func (s *stay) alive(now time.Time) bool {
	return s.until.IsZero() || now.Before(s.until) && now.Round(0).Before(s.until.Round(0))
}

// NodeID is this node's id, and whether it may begin something now. Before Run
// and after it, there is none.
func (r *Runner) NodeID() (id string, alive bool) { return r.member.holder() }

// join makes this runner one of the nodes, under a new id.
func (r *Runner) join(ctx context.Context) error {
	began, now := time.Now(), r.Now()
	n := store.Node{ID: rand.Text()[:12], Name: r.Node, Version: r.Version, Started: now, Renewed: now, Until: now.Add(r.member.lease)}
	if err := r.steps.Join(ctx, n); err != nil {
		return err
	}
	r.member.stay.Store(r.stayFrom(n.ID, began))
	return nil
}

func (r *Runner) stayFrom(id string, began time.Time) *stay {
	if !r.steps.Shared() {
		return &stay{id: id}
	}
	return &stay{id: id, until: began.Add(r.member.lease - r.member.lease/leaseSpare)}
}

// leave says that this node stops, so that others need not wait to find out.
func (r *Runner) leave(ctx context.Context) error {
	s := r.member.stay.Load()
	err := r.steps.Leave(ctx, s.id, r.Now())
	if signoff.CodeOf(err) == "shutting-down" {
		return nil // the others, or the next start, find out by themselves
	}
	return err
}

// stay renews this node's place until ctx ends. All else that is done now and
// then is not to hold that up.
func (r *Runner) stay(ctx context.Context) {
	due := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() { r.tend(ctx, due) })
	for sleep(ctx, r.member.every) {
		if r.steps.Shared() {
			r.renew(ctx) // which looks at the database's clock, too: nobody is found dead by an old one
		}
		select {
		case due <- struct{}{}:
		default:
		}
	}
	close(due)
	wg.Wait()
}

// tend looks after what was lost on the way, here and on other nodes. Whoever is
// to take that up is woken once, in the end: what is just being taken cannot be
// told from what was forgotten.
func (r *Runner) tend(ctx context.Context, due <-chan struct{}) {
	looked := time.Now()
	for range due {
		found := false
		if r.steps.Shared() {
			found = r.reap(ctx)
			if time.Since(looked) >= lostEvery {
				looked = time.Now()
				found = r.releaseLost(ctx) || found
			}
		}
		if r.giveBackForgotten(ctx) || found {
			r.lookAgain()
		}
	}
}

// releaseLost frees commands of nodes that nobody knows, and tells whether there
// were any.
func (r *Runner) releaseLost(ctx context.Context) bool {
	n, err := r.steps.ReleaseLost(ctx, r.Now())
	if err != nil || n == 0 {
		return false // the store is away, and says so elsewhere
	}
	r.Log.Info("commands of a lost node are taken up", slog.Int64("count", n))
	return true
}

// renew prolongs this node's place, or joins anew when it is lost.
func (r *Runner) renew(ctx context.Context) {
	began, now := time.Now(), r.Now()
	s := r.member.stay.Load()
	known, err := r.steps.Renew(ctx, s.id, now, now.Add(r.member.lease))
	if err != nil {
		if ctx.Err() == nil && !r.member.dull.Swap(true) {
			r.Log.Warn("this node could not say that it lives", slog.Any("err", err))
		}
		return
	}
	if !known {
		r.Log.Warn("this node was taken for dead, and begins anew")
		if err := r.join(ctx); err != nil {
			r.Log.Warn("this node could not join again", slog.Any("err", err))
			return
		}
	} else {
		r.member.stay.Store(r.stayFrom(s.id, began))
	}
	if again := r.member.dull.Swap(false); again || !known || !s.alive(began) {
		r.lookAgain()
	}
}

// reap takes over from nodes that have died, and tells whether there were any.
func (r *Runner) reap(ctx context.Context) bool {
	dead, err := r.steps.Reap(ctx, r.Now())
	if err != nil && ctx.Err() == nil {
		r.Log.Warn("dead nodes not looked for", slog.Any("err", err))
	}
	for _, n := range dead {
		r.Log.Warn("a node has died; what it had taken is free", slog.String("node", n.Name), slog.String("id", n.ID), slog.Time("renewed", n.Renewed))
	}
	return len(dead) > 0
}

// lookAgain wakes whoever takes things from the store.
func (r *Runner) lookAgain() {
	for _, q := range r.queues {
		q.alarm.ring(r.Now())
	}
	r.timers.ring(r.Now())
}

// listen takes in what other nodes say until hints ends.
func (r *Runner) listen(hints <-chan store.Hint) {
	for h := range hints {
		switch {
		case h.Topic == store.TopicChanges && h.Resync:
			r.changes.publish(Change{Resync: true})
		case h.Topic == store.TopicChanges:
			if !r.changes.quiet() {
				r.changes.publish(changeFrom(h.Payload))
			}
		case h.Topic == store.TopicConnected:
			r.heardConnected(h)
		case h.Payload == "":
			r.lookAgain()
		default:
			if q := r.queues[engine.CommandKind(h.Payload)]; q != nil {
				q.alarm.ring(r.Now())
			}
		}
	}
}
