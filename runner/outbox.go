package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// A command goes from the step that made it straight to a worker: it is stored
// as taken by this node, with a lease, in the very commit that makes it. What
// finds no room, is to be retried, or was held by a node that died, is taken
// from the store when it is due. A lease that ends makes a command due.

// lease is how long a taken command is left alone. A worker begins only what it
// can finish before.
func (r *Runner) lease() time.Duration { return 5*time.Minute + r.Patience }

// safetyPoll is how often loops look without having been woken.
const safetyPoll = 30 * time.Second

// queue holds the commands of one kind that this node has taken.
type queue struct {
	kind  engine.CommandKind
	jobs  chan queued // never full: a place is reserved before anything is taken
	alarm *alarm

	mu     sync.Mutex
	free   int  // places neither used nor reserved
	short  bool // somebody found no place since one was last given back
	opened bool
}

// queued is a taken command and until when it is ours.
type queued struct {
	store.Job
	until time.Time
	queue *queue
}

// waitingPerWorker is how many commands may wait in memory for each worker.
const waitingPerWorker = 8

func newQueue(kind engine.CommandKind, workers int) *queue {
	places := workers * waitingPerWorker
	return &queue{kind: kind, jobs: make(chan queued, places), free: places, alarm: newAlarm()}
}

// reserve takes up to n places and returns how many it got: none while nobody
// works on the queue.
func (q *queue) reserve(n int) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.opened {
		return 0
	}
	if q.free == 0 {
		q.short = true
		return 0
	}
	n = min(n, q.free)
	q.free -= n
	return n
}

// release gives places back, and wakes the feeder if somebody had to leave
// commands in the store for want of one.
func (q *queue) release(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free += n; n > 0 && q.short {
		q.short = false
		q.alarm.ring(time.Time{})
	}
}

func (q *queue) put(j queued) { q.jobs <- j }

func (q *queue) open()  { q.set(true) }
func (q *queue) close() { q.set(false) }

// set opens or closes the queue, and empties it of what an earlier Run left:
// the store has given that back.
func (q *queue) set(opened bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.opened = opened
	for {
		select {
		case <-q.jobs:
			q.free++
		default:
			return
		}
	}
}

// handOut makes a step's commands ready to be stored, taken at once where there
// is room. The jobs are to be put when the step has committed, else taken back.
func (r *Runner) handOut(st *store.Step, commands []engine.Command, def *process.Definition) (jobs []queued) {
	now := r.Now()
	for _, c := range commands {
		out := store.Outgoing{Command: c, Due: now}
		q := r.queues[c.Kind]
		if node, alive := r.member.holder(); q != nil && alive && q.reserve(1) == 1 {
			out.Due, out.Holder = now.Add(r.lease()), node
			r.hands.take(c.Key)
			jobs = append(jobs, queued{queue: q, until: out.Due, Job: store.Job{Command: c, Instance: st.Instance,
				Workflow: st.Workflow, Version: st.Version, Attempt: 1, Holder: node}})
		}
		st.Commands = append(st.Commands, out)
	}
	return jobs
}

func (r *Runner) takeBack(jobs []queued) {
	for _, j := range jobs {
		r.hands.drop(j.Command.Key)
		j.queue.release(1)
	}
}

// feed takes commands of one kind from the store as they become due and places
// become free.
func (r *Runner) feed(ctx context.Context, q *queue) {
	for {
		next, err := r.takeDue(ctx, q)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.Log.Error("outbox not read", slog.Any("err", err))
			next = r.Now().Add(time.Second)
		}
		if !q.alarm.wait(ctx, r.Now, next) {
			return
		}
	}
}

// takeDue fills the free places and returns when to look again.
func (r *Runner) takeDue(ctx context.Context, q *queue) (time.Time, error) {
	for {
		node, alive := r.member.holder()
		if !alive {
			return time.Time{}, nil // woken when this node is one of the others again
		}
		n := q.reserve(cap(q.jobs))
		if n == 0 {
			return time.Time{}, nil // woken when a place becomes free
		}
		now := r.Now()
		jobs, err := r.takeJobs(ctx, node, q, now, n)
		for _, j := range jobs {
			q.put(queued{j, now.Add(r.lease()), q})
		}
		q.release(n - len(jobs))
		if err != nil {
			return time.Time{}, err
		}
		if len(jobs) < n {
			return r.steps.NextJob(ctx, q.kind)
		}
	}
}

// carryOut is one worker. What is left in the queue when the server stops goes
// back to the store with everything else this node holds.
func (r *Runner) carryOut(ctx, work context.Context, q *queue) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-q.jobs:
			if ctx.Err() == nil {
				r.carry(work, j)
			}
			r.hands.drop(j.Command.Key)
			q.release(1)
		}
	}
}

func (r *Runner) carry(ctx context.Context, j queued) {
	err := r.attempt(ctx, j)
	switch {
	case err == nil || signoff.CodeOf(err) == "shutting-down":
	case errors.Is(err, store.ErrNotHeld):
		r.Log.Info("a command was taken up elsewhere meanwhile", slog.Int64("instance", int64(j.Instance)),
			slog.String("command", j.Command.Key), slog.Int("attempt", j.Attempt))
	default:
		r.doubtHands()
		r.Log.Error("result of a command not taken in; it will be carried out again", slog.Int64("instance", int64(j.Instance)),
			slog.String("command", j.Command.Key), slog.Int("attempt", j.Attempt), slog.Any("err", err))
	}
}

func (r *Runner) attempt(ctx context.Context, j queued) error {
	if node, alive := r.member.holder(); !alive || node != j.Holder || r.Now().Add(r.Patience).After(j.until) {
		// It has waited too long to be finished while it is ours, or is not ours any more.
		err := r.steps.ReturnJob(ctx, j.Hold(), r.Now())
		j.queue.alarm.ring(r.Now())
		return err
	}
	if j.Attempt > 1 && r.stopped(ctx, j.Instance) {
		return r.steps.ReturnJob(ctx, j.Hold(), r.Now().Add(heldLook))
	}
	began := r.gifts.soFar()
	res, err := r.handle(ctx, j.Job)
	if err != nil && ctx.Err() != nil {
		return nil // stopped by us: given back when Run ends, or when this node is found dead
	}
	if err == nil && !res.Pending && j.Command.Kind == engine.DoNotify {
		r.hands.take(j.Command.Key) // until it is removed
		r.handed <- j.Command.Key
		return nil
	}
	return r.putOff(ctx, j.Job, r.report(context.WithoutCancel(ctx), j.Job, res, err, began))
}

// sweep removes notifications that have been handed over, as many at a time as
// have come together: a worker need not wait for the disk to forget something.
// One that is not removed because the server dies is handed over again, under
// the same key.
func (r *Runner) sweep(ctx context.Context) {
	const atOnce = 256
	for key := range r.handed {
		keys := []string{key}
		for len(keys) < atOnce && len(r.handed) > 0 {
			keys = append(keys, <-r.handed)
		}
		err := r.steps.DoneJobs(ctx, keys...)
		r.hands.drop(keys...)
		if err != nil {
			r.doubtHands()
			r.Log.Error("notifications not removed; they will be handed over again", slog.Int("count", len(keys)), slog.Any("err", err))
		}
	}
}

// putOff makes a command wait whose result could not be taken in, such as while
// its workflow cannot be read, and returns the cause.
func (r *Runner) putOff(ctx context.Context, j store.Job, cause error) error {
	if cause == nil || errors.Is(cause, store.ErrNotHeld) {
		return cause
	}
	due := r.Now().Add(backoff(retryTimer, j.Tries()))
	if err := r.steps.RetryJob(context.WithoutCancel(ctx), j.Hold(), due, "its result could not be taken in"); err != nil {
		return errors.Join(cause, err)
	}
	r.queues[j.Command.Kind].alarm.ring(due)
	return cause
}

// handle calls the handler. Its panic is a failure of this command only.
func (r *Runner) handle(ctx context.Context, j store.Job) (res Result, err error) {
	v, err := r.Library.Version(ctx, j.Version)
	if err != nil {
		return res, err
	}
	ctx, cancel := context.WithTimeout(ctx, r.Patience)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("handler panicked", slog.String("command", j.Command.Key), slog.Any("err", p), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("handler of %s: panic: %v", j.Command.Kind, p)
		}
	}()
	if own := r.own(j.Command.Kind); own != nil {
		return own(ctx, j, v)
	}
	return r.Handlers[j.Command.Kind](ctx, Job{Command: j.Command, Instance: j.Instance, Workflow: v.Name, On: j.Workflow, Version: j.Version, Deployer: v.DeployedBy, Attempt: j.Tries(), Parked: j.Parked})
}

// Finish reports the result of a command whose handler answered Pending. An
// error is treated as the handler's own would have been: it may lead to another
// call of the handler. Reporting twice, or for a step that is no more, does nothing.
func (r *Runner) Finish(ctx context.Context, key string, values map[string]expr.Value, failure error) error {
	began := r.gifts.soFar()
	for range maxTries {
		j, err := r.steps.Job(ctx, key)
		if signoff.KindOf(err) == signoff.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		err = r.report(ctx, j, Done(values), failure, began)
		if !errors.Is(err, store.ErrNotHeld) {
			return err
		}
		// It was put away, or reported by somebody else, in between.
	}
	return store.ErrNotHeld
}

// report takes in how an attempt ended that had begun at began.
func (r *Runner) report(ctx context.Context, j store.Job, res Result, failure error, began uint64) error {
	if w, lacks := wantOf(failure); lacks {
		return r.parkFor(ctx, j, w, began)
	}
	if failure == nil || !transient(failure) {
		defer r.given(ctx, j)
	}
	switch {
	case failure == nil && res.Pending:
		return r.park(ctx, j)
	case failure == nil:
		return r.conclude(ctx, j, engine.EffectDone{Effect: j.Command.Ref, Result: res.Values})
	}
	return r.failed(ctx, j, failure)
}

// failed takes in that a command failed: it is tried again, or its step becomes
// an incident.
func (r *Runner) failed(ctx context.Context, j store.Job, failure error) error {
	policy, err := r.policy(ctx, j)
	if err != nil {
		return err
	}
	if transient(failure) && j.Tries() < policy.Max {
		r.Log.Info("command failed and will be retried", slog.Int64("instance", int64(j.Instance)),
			slog.String("command", j.Command.Key), slog.Int("attempt", j.Attempt), slog.Any("err", failure))
		due := r.Now().Add(backoff(policy, j.Tries()))
		if err := r.steps.RetryJob(ctx, j.Hold(), due, cause(failure)); err != nil {
			return err
		}
		if q := r.queues[j.Command.Kind]; q != nil {
			q.alarm.ring(due)
		}
		return nil
	}
	r.Log.Warn("command failed for good", slog.Int64("instance", int64(j.Instance)),
		slog.String("command", j.Command.Key), slog.Int("attempt", j.Attempt), slog.Any("err", failure))
	failed := engine.EffectFailed{Effect: j.Command.Ref, Attempts: j.Tries(), Cause: cause(failure)}
	if e, ok := errors.AsType[*signoff.Error](failure); ok && e.Detail != "" {
		failed.Code, failed.Advice = e.Code, e.Hint
	}
	if e, ok := errors.AsType[*ErrorEnd](failure); ok {
		failed.Error = e.Code
	}
	return r.conclude(ctx, j, failed)
}

// park keeps a command whose result will be reported. That it has been
// already is no news.
func (r *Runner) park(ctx context.Context, j store.Job) error {
	if err := r.steps.ParkJob(ctx, j.Hold()); !errors.Is(err, store.ErrNotHeld) {
		return err
	}
	return nil
}

// conclude tells the instance, and removes the command in the same commit. For
// a notification no step waits, so it is only removed. That something was done
// is true whoever says it, and the engine sees what it is worth; that it failed
// counts only while the command is held: another attempt may be under way.
func (r *Runner) conclude(ctx context.Context, j store.Job, event engine.Event) error {
	t := task{by: access.System, event: event, finished: j.Command.Key}
	drop := func() error { return r.steps.DoneJobs(ctx, j.Command.Key) }
	if _, failed := event.(engine.EffectFailed); failed {
		t.held = j.Hold()
		drop = func() error { return r.steps.DropJob(ctx, j.Hold()) }
	}
	if j.Command.Kind == engine.DoNotify {
		return drop()
	}
	_, err := r.do(ctx, j.Instance, t)
	if signoff.CodeOf(err) == codePanic {
		err = r.putOnRecord(ctx, j.Instance, t)
	}
	if signoff.CodeOf(err) == engine.CodeRedundant {
		return drop() // the step was ended, or a first report came through after all
	}
	return err
}

func (r *Runner) policy(ctx context.Context, j store.Job) (process.Retry, error) {
	def, err := r.Library.Definition(ctx, j.Version)
	if err != nil {
		return process.Retry{}, err
	}
	for i := range def.Nodes {
		if n := &def.Nodes[i]; n.ID == j.Command.Node && n.Retry != nil {
			return *n.Retry, nil
		}
	}
	return process.DefaultRetry, nil
}

// transient tells whether trying again may help.
func transient(err error) bool {
	switch signoff.KindOf(err) {
	case signoff.Internal, signoff.Unavailable, signoff.TooMany:
		return true
	}
	return false
}

// backoff is how long to wait after a number of failures: First, then double
// each time, up to Cap.
func backoff(p process.Retry, failures int) time.Duration {
	d := p.First
	for i := 1; i < failures && d < p.Cap; i++ {
		d *= 2
	}
	return max(min(d, p.Cap), time.Millisecond)
}

// cause is what people are told of a failure. What was not written for them
// stays in the log.
func cause(err error) string {
	if e, ok := errors.AsType[*signoff.Error](err); ok && e.Detail != "" {
		return e.Detail
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it took too long"
	}
	return "an internal error; the server's log has the details"
}
