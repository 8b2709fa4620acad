package mailroom

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/signoffhq/signoff/store"
)

// Of all nodes one at a time sends mail and reads the mailbox: so the mailbox's
// pace is kept, and no mail is in two hands. It has the lease "mailroom" as long
// as it lives. What it was sending when it died is in doubt for the next one.

const (
	leaseFor   = 20 * time.Second // the node's own renewals prolong it
	lookEvery  = 5 * time.Second  // for a lease that is another's
	checkEvery = 250 * time.Millisecond
)

// Run sends and reads mail whenever that is this node's part, until ctx ends,
// and then waits for mails on their way.
func (r *Room) Run(ctx context.Context, instances Instances, node Node) error {
	r.instances = instances
	hints := r.Store.Hints(ctx, store.TopicMail)
	var wg sync.WaitGroup
	wg.Go(func() {
		for range hints {
			ring(r.wakeOut)
			ring(r.wakeLease)
		}
	})
	for ctx.Err() == nil {
		if l, ok := r.acquire(ctx, node); ok {
			r.work(ctx, node, l)
		}
	}
	wg.Wait()
	return nil
}

// acquire waits until the lease is this node's; false when ctx ends.
func (r *Room) acquire(ctx context.Context, node Node) (store.Lease, bool) {
	for ctx.Err() == nil {
		wait := checkEvery
		if id, alive := node.NodeID(); alive {
			now := r.Now()
			l, mine, err := r.Store.Acquire(ctx, store.MailLease, id, now, now.Add(leaseFor))
			switch {
			case err == nil && mine:
				return l, true
			case err == nil:
				wait = max(checkEvery, min(lookEvery, l.Until.Sub(now)))
			default:
				r.Log.Warn("who sends mail cannot be found out", slog.Any("err", err))
				wait = time.Second
			}
		}
		await(ctx, r.wakeLease, wait)
	}
	return store.Lease{}, false
}

// work sends and reads mail until ctx ends, the lease is lost, or it is not
// sure any more which mails are being sent. In the first
// case mails on their way have a few moments, in the second none: another node
// is about to look for them.
func (r *Room) work(ctx context.Context, node Node, l store.Lease) {
	ours, lose := context.WithCancel(context.WithoutCancel(ctx))
	defer lose()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	context.AfterFunc(ours, stop)
	r.hold(l)
	var guard sync.WaitGroup
	guard.Go(func() {
		for sleep(ours, checkEvery) {
			if id, alive := node.NodeID(); !alive || id != l.Holder {
				r.Log.Warn("this node may not send mail any longer")
				lose()
			}
		}
	})
	guard.Go(func() {
		for sleep(ours, lookEvery) {
			if r.taken(ours, l) {
				r.Log.Warn("another node sends the mail by now, though this one lives")
				lose()
			}
		}
	})
	err := r.begin(ctx, l)
	if err == nil {
		r.Log.Info("this node sends and reads the mail")
		r.workUntil(ctx, ours, stop)
	} else if ctx.Err() == nil {
		r.Log.Warn("mail not taken over", slog.Any("err", err))
		sleep(ctx, time.Second)
	}
	if ours.Err() == nil {
		if err := r.Store.Release(context.WithoutCancel(ctx), l); err != nil {
			r.Log.Debug("the others find out by themselves who sends mail", slog.Any("err", err))
		}
		r.Store.Publish(store.TopicMail, "")
	}
	r.lease.Store(nil)
	lose()
	guard.Wait()
}

// taken tells whether the lease is certainly another's. Its holder may live all
// the same: the database's clock was set, or storing the lease took longer than
// it holds.
func (r *Room) taken(ctx context.Context, l store.Lease) bool {
	is, err := r.Store.Lease(ctx, store.MailLease)
	return err == nil && is.Token != l.Token
}

// hold makes the lease this room's, which knows nothing yet of how mail fares.
func (r *Room) hold(l store.Lease) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.health = Health{}
	r.lease.Store(&l)
}

// begin takes over from whoever sent mail before: its doubts, and its part of
// the mailbox's pace.
func (r *Room) begin(ctx context.Context, l store.Lease) error {
	now := r.Now()
	for _, l := range r.lines() {
		p, ok := l.Out.(Paced)
		if !ok || p.Pace() <= 0 {
			continue
		}
		starts, err := r.Store.MailStarted(ctx, l.of, now.Add(-time.Minute), p.Pace())
		if err != nil {
			return err
		}
		var ago []time.Duration
		for _, at := range starts {
			ago = append(ago, now.Sub(at))
		}
		p.Resume(ago)
	}
	if r.Hurry {
		if err := r.Store.HurryMail(ctx, l, now); err != nil {
			return err
		}
	}
	return r.Store.AbandonedMail(ctx, l, now)
}

// Paced is a Sender that keeps a pace of so many mails a minute. Resume tells
// it how long ago mails were sent by others.
type Paced interface {
	Pace() int
	Resume(ago []time.Duration)
}

func (r *Room) workUntil(ctx, ours context.Context, anew func()) {
	var wg sync.WaitGroup
	wg.Go(func() { r.sendAll(ctx, ours, anew) })
	wg.Go(func() { r.settleDoubts(ctx) })
	wg.Go(func() { r.reportAll(ctx) })
	wg.Go(func() { r.tidy(ctx) })
	if r.In != nil {
		wg.Go(func() { r.receiveAll(ctx) })
	}
	wg.Wait()
}

// held is the lease this room works under, the zero one when it has lost it:
// that one counts for nothing.
func (r *Room) held() store.Lease {
	if l := r.lease.Load(); l != nil {
		return *l
	}
	return store.Lease{}
}

// notHeld tells whether err only says that another node is at it by now.
func notHeld(err error) bool { return errors.Is(err, store.ErrNotHeld) }
