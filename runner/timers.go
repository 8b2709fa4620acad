package runner

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// alarm lets a loop sleep until the next due time, and be woken when something
// due earlier comes in.
type alarm struct {
	mu   sync.Mutex
	next *time.Time // the earliest time rung since the loop last woke; nil: none
	wake chan struct{}
	poll time.Duration // how long it sleeps at most
}

func newAlarm() *alarm { return &alarm{wake: make(chan struct{}, 1), poll: safetyPoll} }

// ring says that something is due at a time.
func (a *alarm) ring(due time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next != nil && !due.Before(*a.next) {
		return
	}
	a.next = &due
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// wait returns when the time has come: that of next (zero: none), of whatever
// is rung meanwhile, or of the safety poll. It returns false when ctx ended.
func (a *alarm) wait(ctx context.Context, now func() time.Time, next time.Time) bool {
	until := now().Add(a.poll)
	if !next.IsZero() && next.Before(until) {
		until = next
	}
	for {
		t := time.NewTimer(until.Sub(now()))
		select {
		case <-ctx.Done():
			t.Stop()
			return false
		case <-t.C:
			a.taken() // who looks now sees what it was rung for
			return true
		case <-a.wake:
			t.Stop()
			if due := a.taken(); due != nil && due.Before(until) {
				until = *due
			}
		}
	}
}

// taken returns what was rung, nil when an earlier call has returned it already.
func (a *alarm) taken() *time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := a.next
	a.next = nil
	select {
	case <-a.wake:
	default:
	}
	return due
}

// timerPause is how long a timer waits at least that was set by the server's own
// doing and not by somebody's: a circle of timers that take no time turns this
// fast and no faster, until the engine ends it.
const timerPause = time.Second

// timersAtOnce is how many timers are taken in at the same time: enough to share
// commits, without keeping people waiting behind a thousand deadlines at nine.
const timersAtOnce = 16

// runTimers takes timers in as they become due.
func (r *Runner) runTimers(ctx, work context.Context) {
	for {
		next, err := r.fireDue(ctx, work)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.Log.Error("timers not taken in", slog.Any("err", err))
			next = r.Now().Add(time.Second)
		}
		if !r.timers.wait(ctx, r.Now, next) {
			return
		}
	}
}

// fireDue takes in all that is due and returns when the next one is. A timer
// that could neither be taken in nor put off is due still, as when the disk is
// full: then it stops, lest it try again and again without a pause.
func (r *Runner) fireDue(ctx, work context.Context) (time.Time, error) {
	for ctx.Err() == nil {
		due, err := r.steps.DueTimers(ctx, r.Now(), timersAtOnce)
		if err != nil {
			return time.Time{}, err
		}
		if len(due) == 0 {
			break
		}
		var wg sync.WaitGroup
		stuck := make([]error, len(due))
		for i, t := range due {
			wg.Go(func() { stuck[i] = r.fire(work, t) })
		}
		wg.Wait()
		if i := slices.IndexFunc(stuck, func(err error) bool { return err != nil }); i >= 0 {
			return time.Time{}, stuck[i]
		}
	}
	return r.steps.NextTimer(ctx)
}

// retryTimer is how a timer is tried again whose step could not be taken, such
// as when its workflow cannot be read: the instance keeps its state, the others
// are not held up.
var retryTimer = process.Retry{First: 2 * time.Second, Cap: time.Hour}

// fire takes one timer in, or puts it off when its step cannot be taken now. An
// error means that not even that could be stored.
func (r *Runner) fire(ctx context.Context, t store.Timer) error {
	due := task{by: access.System, event: engine.TimerDue{Timer: t.Seq}}
	_, err := r.do(ctx, t.Instance, due)
	if err == nil {
		return nil
	}
	if c := signoff.CodeOf(err); c == engine.CodeRedundant || c == store.NoInstance().Code {
		return r.steps.DropTimer(ctx, t.Serial)
	}
	if signoff.CodeOf(err) == engine.CodeInstanceHeld {
		return r.steps.DeferTimer(ctx, t, r.Now().Add(heldLook)) // it was stopped a moment ago, and has put the timer off itself
	}
	if signoff.CodeOf(err) == codePanic {
		if e := r.putOnRecord(ctx, t.Instance, due); e == nil {
			return r.steps.DeferTimer(ctx, t, never)
		}
	}
	if e := r.steps.DeferTimer(ctx, t, r.Now().Add(backoff(retryTimer, t.Attempt+1))); e != nil {
		return e
	}
	r.Log.Error("timer not taken in", slog.Int64("instance", int64(t.Instance)), slog.Int("attempt", t.Attempt+1), slog.Any("err", err))
	return nil
}
