// Package runner drives instances. It loads one, asks the engine what follows
// from what happened, commits that, and only then answers the caller and hands
// out what the world is to do. It keeps timers and retries running.
//
// It decides nothing about workflows (package engine does), knows nobody
// (Directory does) and sends nothing (Handlers do). Nothing it acknowledged is
// lost when the process dies at any moment: what was handed out and not
// reported is handed out again, under the same key.
//
// Start reading at Runner.Do, then outbox.go.
package runner

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// Directory knows who is meant by a name. A name nobody is called by is
// answered with an empty slice; an error means that it cannot be known now.
type Directory interface {
	Resolve(ctx context.Context, names []string) (engine.People, error)
}

// Calendars knows working hours by name. One that is not there is answered with
// nil; an error means that it cannot be known now.
type Calendars interface {
	Calendars(ctx context.Context, names []string) (engine.Calendars, error)
}

// Handler carries out commands of one kind. It may be called again for a
// command it has carried out, with the same Key, and must not do it twice then.
//
// An error of kind Unavailable, TooMany or Internal is tried again later as the
// step's retry policy says, any other is final at once. A final error becomes
// an incident of the instance, with the error's Code, its Detail as the cause
// and its Hint as the advice.
//
// An error that lacks a connection, which it says by a method ParksFor (see
// oauth.NotConnected), is no failure: the command is handed out again when that
// is there (see parking.go).
type Handler func(ctx context.Context, job Job) (Result, error)

// Job is a command to carry out.
type Job struct {
	engine.Command
	Instance signoff.InstanceID
	Workflow string // its name, for people
	On       signoff.WorkflowID
	Version  store.VersionID
	Deployer signoff.Principal // of the version; "" the server itself
	Attempt  int               // 1 the first time
	Parked   int               // how often before it lacked a connection; that is not in Attempt
}

// Result is how a command ended.
type Result struct {
	Values  map[string]expr.Value // what the step's outputs are evaluated over
	Pending bool
}

// Pending says that the handler has made sure, durably, that Finish will be
// called with the command's key.
var Pending = Result{Pending: true}

// Done is the result of a command that has been carried out.
func Done(values map[string]expr.Value) Result { return Result{Values: values} }

// Config is what a Runner works with. Store, Library and Directory are needed.
type Config struct {
	Store     *store.Store
	Library   *library.Library
	Directory Directory
	Calendars Calendars // nil: nothing is counted in working time
	Handlers  map[engine.CommandKind]Handler

	Log      *slog.Logger     // nil: discarded
	Now      func() time.Time // nil: time.Now
	Location *time.Location   // where today() is; nil: UTC
	Node     string           // what people call this process among those on one database; "": "main"
	Version  string           // of the program; for people
	AtOnce   int              // commands of one kind carried out at the same time; 0: 16
	Patience time.Duration    // how long one handler may take; 0: a minute
	Grace    time.Duration    // how long handlers may go on after Run was told to stop; 0: ten seconds

	// Standing is somebody with the rights they hold now: workflows send messages and
	// start others with the rights of whoever deployed them, people with their own.
	// NotFound for an account that is no more. nil: everybody may everything.
	Standing func(ctx context.Context, p signoff.Principal) (signoff.Caller, error)

	// Present is Standing for those who may still sign in, and Forbidden for the
	// others: what people sent before counts no more then. nil: Standing.
	Present func(ctx context.Context, p signoff.Principal) (signoff.Caller, error)

	// InsteadOf lists who has somebody's tasks of a workflow while they are away:
	// in their place where alone is true. nil: nobody is ever away.
	InsteadOf func(ctx context.Context, who signoff.Principal, wf signoff.WorkflowID) (subs []signoff.Principal, alone bool, until time.Time, err error)
}

// Runner drives instances. Start and Do work as soon as it is made; timers and
// commands need Run.
type Runner struct {
	Config
	steps   storage
	outer   errandStore // nil: it sees to none
	member  member
	locks   [512]chan struct{} // by instance, full while held: deciding twice at once would only find out at the commit
	queues  map[engine.CommandKind]*queue
	timers  *alarm
	bulk    *alarm // orders for many incidents
	hands   hands
	handed  chan string // keys of notifications that are done; owned by Run
	changes hub
	recent  recent
	running atomic.Bool // Run takes commands

	lookEvery time.Duration
	connected chan string // connections that others say are there; "" perhaps any
	gifts     gifts
	errands   *alarm
	wanted    wanted
}

// New returns a runner. It starts nothing by itself.
func New(c Config) *Runner {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	if c.Node == "" {
		c.Node = "main"
	}
	if c.AtOnce <= 0 {
		c.AtOnce = 16
	}
	if c.Patience <= 0 {
		c.Patience = time.Minute
	}
	if c.Grace <= 0 {
		c.Grace = 10 * time.Second
	}
	r := &Runner{Config: c, steps: c.Store, queues: map[engine.CommandKind]*queue{}, timers: newAlarm(), bulk: newAlarm(), errands: newAlarm(),
		lookEvery: lookEvery, connected: make(chan string, 64)}
	r.member.lease, r.member.every = nodeLease, renewEvery
	for i := range r.locks {
		r.locks[i] = make(chan struct{}, 1)
	}
	for kind := range c.Handlers {
		r.queues[kind] = newQueue(kind, c.AtOnce)
	}
	if c.Store != nil {
		r.seeTo(c.Store)
	}
	return r
}

// seeTo has the runner see to errands, which lie in o.
func (r *Runner) seeTo(o errandStore) {
	r.outer = o
	for _, kind := range ownKinds {
		r.queues[kind] = newQueue(kind, r.AtOnce)
	}
}

// now is the present as instances see it: with the place that today() goes by.
func (r *Runner) now() time.Time { return r.Now().In(r.Location) }

// Run keeps timers and commands going until ctx ends. Then it takes up nothing
// new, waits for handlers at work (Grace long), gives back what it had taken
// but not begun, and returns. One Run at a time.
func (r *Runner) Run(ctx context.Context) error {
	if !r.running.CompareAndSwap(false, true) {
		return fmt.Errorf("runner: already running")
	}
	defer r.running.Store(false)
	if err := r.join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it had begun
		}
		return fmt.Errorf("join the others on the store: %w", err)
	}
	hints := r.steps.Hints(ctx, store.TopicChanges, store.TopicJobs, store.TopicConnected)
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var wg sync.WaitGroup
	r.handed = make(chan string, 1024)
	swept := make(chan struct{})
	go func() { defer close(swept); r.sweep(context.WithoutCancel(ctx)) }()
	for _, q := range r.queues {
		q.open()
		wg.Go(func() { r.feed(ctx, q) })
		for range r.AtOnce {
			wg.Go(func() { r.carryOut(ctx, work, q) })
		}
	}
	wg.Go(func() { r.runTimers(ctx, work) })
	if r.outer != nil {
		wg.Go(func() { r.runErrands(ctx, work) })
	}
	wg.Go(func() { r.runBulk(ctx, work) })
	wg.Go(func() { r.tidy(ctx) })
	wg.Go(func() { r.tendParked(ctx) })
	wg.Go(func() { r.stay(ctx) })
	wg.Go(func() { r.listen(hints) })
	<-ctx.Done()
	for _, q := range r.queues {
		q.close()
	}
	last := time.AfterFunc(r.Grace, stop)
	defer last.Stop()
	wg.Wait()
	close(r.handed)
	<-swept
	for _, q := range r.queues {
		q.close()
	}
	return r.leave(context.WithoutCancel(ctx))
}

// keepKeys is how long an idempotency key is remembered.
const keepKeys = 7 * 24 * time.Hour

// tidy forgets idempotency keys nobody will send again.
func (r *Runner) tidy(ctx context.Context) {
	const every, atOnce = time.Hour, 1000
	for {
		n, err := r.steps.ForgetOnce(ctx, r.Now().Add(-keepKeys), atOnce)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("old idempotency keys not removed", slog.Any("err", err))
		}
		if n == atOnce && err == nil {
			continue
		}
		if r.outer != nil {
			r.forgetMessages(ctx)
		}
		if !sleep(ctx, every) {
			return
		}
	}
}

// sleep waits, and tells whether to go on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
