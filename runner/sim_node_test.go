package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

var (
	errStorm = errors.New("the disk had a bad moment")
	errDead  = errors.New("this process is dead: nothing it does reaches anybody")

	// errUnknown is what the store says when the connection broke.
	errUnknown = &signoff.Error{Kind: signoff.Unavailable, Code: "data-outcome-unknown", Err: errStorm}
)

// node is a server that is started again whenever it stops.
type node struct {
	*simulation
	name string
	skew time.Duration // how far its clock is off
	life *life         // nil while it is down; under simulation.placing
	n    int           // lives so far
}

// life is one life of a node: its runner, and its way to the store, on which
// answers take time and get lost, and which ends when the process dies.
type life struct {
	*node
	name  string
	inner storage
	r     *Runner
	stop  context.CancelFunc
	ended chan struct{}

	mu    sync.Mutex
	died  chan struct{} // closed when it does
	until time.Time     // it sleeps until then and knows nothing of it
}

// begin starts a new life.
func (n *node) begin() *life {
	n.n++
	l := &life{node: n, name: fmt.Sprintf("%s.%d", n.name, n.n), inner: n.store, died: make(chan struct{}), ended: make(chan struct{})}
	l.r = New(Config{Library: n.books, Directory: l, Node: l.name, AtOnce: 2, Patience: 5 * time.Second, Now: l.now,
		Handlers: map[engine.CommandKind]Handler{engine.DoNotify: l.handle, engine.DoEmail: l.handle, engine.DoCall: l.handle}})
	l.r.steps = l
	if n.outer != nil {
		l.r.seeTo(l)
	}
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	n.place(l)
	n.aside(func() {
		defer close(l.ended)
		if err := l.r.Run(ctx); err != nil {
			n.tell("%s ended: %v", l.name, err)
			l.die("could not run")
		}
	})
	return l
}

func (l *life) now() time.Time { return time.Now().Add(l.skew) }

// die ends the process at once: nothing it does reaches anybody any more.
func (l *life) die(why string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.died:
	default:
		l.tell("%s dies: %s", l.name, why)
		close(l.died)
		l.stop()
	}
}

func (l *life) dead() bool {
	select {
	case <-l.died:
		return true
	default:
		return false
	}
}

// nap lets time pass, more of it when the process is asleep, and returns errDead
// when it has died meanwhile.
func (l *life) nap(d time.Duration) error {
	time.Sleep(d)
	for {
		l.mu.Lock()
		rest := time.Until(l.until)
		l.mu.Unlock()
		if rest <= 0 {
			break
		}
		time.Sleep(rest + d)
	}
	if l.dead() {
		return errDead
	}
	return nil
}

func (l *life) doze(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = time.Now().Add(d)
}

// keep lets a node live, die and live again until the weather is fine.
func (n *node) keep() {
	time.Sleep(n.while(n.name+" begins", 0, time.Second))
	l := n.begin()
	for {
		select {
		case <-n.calm:
			time.Sleep(time.Minute) // it may be about to die of what went wrong before
			if l.dead() {
				n.begin()
			}
			return
		case <-l.died:
		case <-time.After(n.while(n.name+" lives", 5*time.Second, 3*time.Minute)):
			switch {
			case n.strikes(nodeKilled, n.name):
				l.die("killed")
			case n.strikes(nodeRestarted, n.name):
				n.tell("%s is stopped", l.name)
				n.place(nil)
				l.stop()
				<-l.ended
			case n.strikes(nodeAsleep, n.name):
				l.doze(n.while(n.name+" sleeps", time.Second, 2*time.Minute))
				continue
			default:
				continue
			}
		}
		n.place(nil)
		time.Sleep(n.while(n.name+" is down", 100*time.Millisecond, 30*time.Second))
		l = n.begin()
	}
}

// place makes a life the one that people reach.
func (n *node) place(l *life) {
	n.placing.Lock()
	defer n.placing.Unlock()
	n.life = l
	if l != nil {
		n.tell("%s lives", l.name)
	}
}

// through is one call of the store: the way there, what can happen to it, and
// the way back.
func through[T any](l *life, write bool, what, about string, call func() (T, error)) (out T, err error) {
	var none T
	name := l.name + " " + what + " " + about
	if err := l.travel(name); err != nil {
		return none, err
	}
	fails, lost := readFails, faults
	switch {
	case what == "commit":
		fails, lost = commitFails, commitAnswerLost
	case write:
		fails, lost = writeFails, writeAnswerLost
	}
	if l.strikes(fails, name) {
		return none, errStorm
	}
	out, err = call()
	l.calls.Add(1)
	if write && l.story != nil {
		l.tell("%s -> %v", name, errorOr(err, "ok"))
	}
	if err == nil && lost < faults && l.strikes(lost, name) {
		err = errUnknown
	}
	if err == nil && what == "commit" && l.strikes(crashBeforeHandOut, name) {
		l.die("after a commit")
	}
	if e := l.travel(name); e != nil {
		return none, e
	}
	return out, err
}

func (l *life) travel(name string) error {
	d := l.while(name, 20*time.Microsecond, 4*time.Millisecond)
	if l.strikes(storeSlow, name) {
		d += l.while("slow "+name, 0, 20*time.Second)
	}
	return l.nap(d)
}

func errorOr(err error, ok string) string {
	if err != nil {
		return err.Error()
	}
	return ok
}

// only is through for calls that answer nothing but an error.
func only(l *life, write bool, what, about string, call func() error) error {
	_, err := through(l, write, what, about, func() (struct{}, error) { return struct{}{}, call() })
	return err
}

func (l *life) Resolve(ctx context.Context, names []string) (engine.People, error) {
	if l.strikes(peopleUnknown, l.name) {
		return nil, errStorm
	}
	return town{}.Resolve(ctx, names)
}

func (l *life) NewInstance(ctx context.Context) (signoff.InstanceID, error) {
	return through(l, false, "number", "", func() (signoff.InstanceID, error) { return l.inner.NewInstance(ctx) })
}

func (l *life) ReturnInstance(id signoff.InstanceID) { l.inner.ReturnInstance(id) }

func (l *life) Instance(ctx context.Context, id signoff.InstanceID) (store.Instance, error) {
	return through(l, false, "read", fmt.Sprint(id), func() (store.Instance, error) { return l.inner.Instance(ctx, id) })
}

func (l *life) Commit(ctx context.Context, st *store.Step) error {
	if l.plantBefore(ctx, st) {
		return nil
	}
	about := fmt.Sprintf("%d rev %d", st.Instance, st.Rev)
	err := only(l, true, "commit", about, func() error {
		if l.strikes(commitLate, about) {
			l.aside(func() {
				time.Sleep(l.while("late "+about, 0, 12*time.Second))
				l.tell("late commit %s -> %s", about, errorOr(l.commit(ctx, st), "ok"))
			})
			return errUnknown
		}
		return l.commit(ctx, st)
	})
	l.plantAfter(ctx, st, err)
	return err
}

// commit stores a step and lets the judge take note of it.
func (l *life) commit(ctx context.Context, st *store.Step) error {
	held := l.heldBy(st.Finished, st.Held)
	err := l.inner.Commit(ctx, st)
	if err == nil {
		if l.story != nil {
			l.tell("%d becomes%s", st.Instance, factsOf(st))
		}
		l.judge.committed(st)
		if st.Held != (store.Hold{}) || failed(st) {
			l.judge.fenced(st.Held, held)
		}
		if failed(st) && st.Finished == "" {
			l.judge.wrong("an effect of %d failed, and its command stays in the outbox", st.Instance)
		}
	}
	return err
}

// failed tells whether a step takes in that a command failed.
func failed(st *store.Step) bool {
	return slices.ContainsFunc(st.Facts, func(f engine.Fact) bool {
		return f.Kind == engine.IncidentRaised && slices.ContainsFunc(st.Before.Effects, func(e engine.Effect) bool { return e.Seq == f.Subject })
	})
}

func factsOf(st *store.Step) string {
	var b strings.Builder
	for _, f := range st.Facts {
		fmt.Fprintf(&b, ", %s %d%s", f.Kind, f.Ref, f.Node)
	}
	return b.String()
}

func (l *life) Done(ctx context.Context, o store.Once) error {
	return only(l, false, "done", o.Key, func() error { return l.inner.Done(ctx, o) })
}

func (l *life) ForgetOnce(ctx context.Context, before time.Time, limit int) (int64, error) {
	return through(l, true, "forget", "", func() (int64, error) { return l.inner.ForgetOnce(ctx, before, limit) })
}

func (l *life) TakeJobs(ctx context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) ([]store.Job, error) {
	return through(l, true, "take", string(kind), func() ([]store.Job, error) {
		jobs, err := l.inner.TakeJobs(ctx, holder, kind, now, lease, limit)
		l.judge.took(jobs)
		return jobs, err
	})
}

func (l *life) NextJob(ctx context.Context, kind engine.CommandKind) (time.Time, error) {
	return through(l, false, "next", string(kind), func() (time.Time, error) { return l.inner.NextJob(ctx, kind) })
}

func (l *life) Job(ctx context.Context, key string) (store.Job, error) {
	return through(l, false, "job", key, func() (store.Job, error) { return l.inner.Job(ctx, key) })
}

func (l *life) DoneJobs(ctx context.Context, keys ...string) error {
	return only(l, true, "jobs done", keys[0], func() error { return l.inner.DoneJobs(ctx, keys...) })
}

// hold is through for what only a command's holder may do.
func (l *life) hold(what string, h store.Hold, call func() error) error {
	return only(l, true, what, fmt.Sprintf("%s attempt %d", h.Key, h.Attempt), func() error {
		held := l.heldBy(h.Key, h)
		err := call()
		if err == nil {
			l.judge.fenced(h, held)
		}
		return err
	})
}

func (l *life) RetryJob(ctx context.Context, h store.Hold, due time.Time, cause string) error {
	return l.hold("retry", h, func() error { return l.inner.RetryJob(ctx, h, due, cause) })
}

func (l *life) ReturnJob(ctx context.Context, h store.Hold, due time.Time) error {
	return l.hold("return", h, func() error {
		err := l.inner.ReturnJob(ctx, h, due)
		if err == nil {
			l.judge.returned(h)
		}
		return err
	})
}

func (l *life) ReturnForgotten(ctx context.Context, holder string, until, now time.Time, has func(key string) bool) (int, error) {
	return through(l, true, "forgotten", "", func() (int, error) { return l.inner.ReturnForgotten(ctx, holder, until, now, has) })
}

func (l *life) ParkJob(ctx context.Context, h store.Hold) error {
	return l.hold("park", h, func() error { return l.inner.ParkJob(ctx, h) })
}

func (l *life) ParkFor(ctx context.Context, h store.Hold, w store.Want, now time.Time) error {
	err := l.hold("park for "+w.For, h, func() error {
		err := l.inner.ParkFor(ctx, h, w, now)
		if err == nil {
			l.judge.parked(h.Key)
		}
		return err
	})
	if l.strikes(crashParked, l.name+" "+h.Key) {
		l.die("after parking")
		return errDead
	}
	return err
}

func (l *life) Unpark(ctx context.Context, want string, now time.Time, limit int) (map[engine.CommandKind]int, error) {
	return through(l, true, "unpark", want, func() (map[engine.CommandKind]int, error) { return l.inner.Unpark(ctx, want, now, limit) })
}

func (l *life) UnparkStep(ctx context.Context, step signoff.Serial, now time.Time) (map[engine.CommandKind]int, error) {
	return through(l, true, "unpark", step.String(), func() (map[engine.CommandKind]int, error) { return l.inner.UnparkStep(ctx, step, now) })
}

func (l *life) LookParked(ctx context.Context, after string, now time.Time, limit int) (next string, _ map[engine.CommandKind]int, _ error) {
	kinds, err := through(l, true, "look parked", after, func() (kinds map[engine.CommandKind]int, err error) {
		next, kinds, err = l.inner.LookParked(ctx, after, now, limit)
		return kinds, err
	})
	return next, kinds, err
}

func (l *life) TakeParked(ctx context.Context, holder, prefix string, now time.Time, lease time.Duration, limit int) ([]store.Job, error) {
	return through(l, true, "take parked", prefix, func() ([]store.Job, error) {
		jobs, err := l.inner.TakeParked(ctx, holder, prefix, now, lease, limit)
		l.judge.took(jobs)
		return jobs, err
	})
}

func (l *life) StepWants(ctx context.Context, step signoff.Serial) ([]store.Want, error) {
	return through(l, false, "wants", step.String(), func() ([]store.Want, error) { return l.inner.StepWants(ctx, step) })
}

func (l *life) WantedOf(ctx context.Context, who signoff.Principal, after string, limit int) ([]store.Wanted, error) {
	return through(l, false, "wanted of", string(who), func() ([]store.Wanted, error) { return l.inner.WantedOf(ctx, who, after, limit) })
}

func (l *life) DropJob(ctx context.Context, h store.Hold) error {
	return l.hold("drop", h, func() error { return l.inner.DropJob(ctx, h) })
}

func (l *life) DueTimers(ctx context.Context, now time.Time, limit int) ([]store.Timer, error) {
	return through(l, true, "timers", "", func() ([]store.Timer, error) { return l.inner.DueTimers(ctx, now, limit) })
}

func (l *life) NextTimer(ctx context.Context) (time.Time, error) {
	return through(l, false, "next timer", "", func() (time.Time, error) { return l.inner.NextTimer(ctx) })
}

func (l *life) DeferTimer(ctx context.Context, n store.Timer, due time.Time) error {
	return only(l, true, "defer", n.String(), func() error { return l.inner.DeferTimer(ctx, n, due) })
}

func (l *life) DropTimer(ctx context.Context, n signoff.Serial) error {
	return only(l, true, "drop timer", n.String(), func() error { return l.inner.DropTimer(ctx, n) })
}

func (l *life) Shared() bool { return l.inner.Shared() }

func (l *life) Join(ctx context.Context, n store.Node) error {
	return only(l, true, "join", "", func() error { return l.inner.Join(ctx, n) })
}

func (l *life) Renew(ctx context.Context, id string, now, until time.Time) (bool, error) {
	return through(l, true, "renew", "", func() (bool, error) { return l.inner.Renew(ctx, id, now, until) })
}

func (l *life) Leave(ctx context.Context, id string, now time.Time) error {
	return only(l, true, "leave", "", func() error { return l.inner.Leave(ctx, id, now) })
}

func (l *life) Reap(ctx context.Context, now time.Time) ([]store.Node, error) {
	return through(l, true, "reap", "", func() ([]store.Node, error) { return l.inner.Reap(ctx, now) })
}

func (l *life) ReleaseLost(ctx context.Context, now time.Time) (int64, error) {
	return through(l, true, "release", "", func() (int64, error) { return l.inner.ReleaseLost(ctx, now) })
}

func (l *life) Others() bool { return l.inner.Others() }

// Publish says a hint to the other nodes; a node does not hear itself.
func (l *life) Publish(topic store.Topic, payload string) {
	if !l.dead() && !l.strikes(hintLost, l.name+" "+string(topic)+" "+payload) {
		l.inner.Publish(topic, l.name+"|"+payload)
	}
}

// Hints come a while after they were said, each by itself, in an order that does
// not hang on who of many spoke first at one moment.
func (l *life) Hints(ctx context.Context, topics ...store.Topic) <-chan store.Hint {
	said, heard := l.inner.Hints(ctx, topics...), make(chan store.Hint)
	l.aside(func() {
		var under sync.WaitGroup
		for h := range said {
			from, payload, _ := strings.Cut(h.Payload, "|")
			if from == l.name {
				continue
			}
			h.Payload = payload
			under.Go(func() {
				time.Sleep(l.while(l.name+" hears "+string(h.Topic)+" "+payload, 20*time.Microsecond, 4*time.Millisecond))
				select {
				case heard <- h:
				case <-ctx.Done():
				}
			})
		}
		under.Wait()
		close(heard)
	})
	return heard
}
