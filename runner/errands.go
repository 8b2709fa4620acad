package runner

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// Besides timers and commands a node sees to messages that wait for somebody,
// to whom signals go, to instances whose caller was ended, and to schedules. Each
// lies in the store until a step has taken it in, in the same commit; a node
// takes what is due for a while, so that others leave it alone. Should two have
// the same all the same, the commit of one of them finds it gone.

// ownKinds are the commands that the runner carries out itself.
var ownKinds = []engine.CommandKind{engine.DoMessage, engine.DoSignal, engine.DoWorkflow}

// own is how it does that, nil for commands of handlers.
func (r *Runner) own(kind engine.CommandKind) func(context.Context, store.Job, library.Version) (Result, error) {
	switch {
	case r.Handlers[kind] != nil:
		return nil
	case kind == engine.DoMessage, kind == engine.DoSignal:
		return r.throw
	case kind == engine.DoWorkflow:
		return r.call
	}
	return nil
}

const (
	errandsAtOnce = 64               // taken from the store together
	errandsBeside = 16               // carried out at the same time
	sweepEvery    = 30 * time.Second // how long a message can miss who wants it when word of that was lost
)

// outwards passes on what a step means for what lies outside of its instance.
func (r *Runner) outwards(st *store.Step) {
	if r.outer == nil {
		return
	}
	for i := range st.After.Waits {
		if w := &st.After.Waits[i]; (w.Seq > st.Before.Seq || st.Was != 0) && w.Kind == engine.WaitMessage {
			r.wanted.add(w.Name, w.Key)
			r.errands.ring(time.Time{})
		}
	}
	for i := range st.Before.Effects {
		if st.Before.Effects[i].Kind == string(engine.DoWorkflow) {
			r.errands.ring(st.At) // perhaps it has left an orphan
			break
		}
	}
	if st.Caller != "" && st.After.Status != engine.Running {
		if q := r.queues[engine.DoWorkflow]; q != nil {
			q.alarm.ring(st.At)
		}
		r.steps.Publish(store.TopicJobs, string(engine.DoWorkflow))
	}
}

// wanted are messages that instances have come to wait for, until somebody has
// looked whether there are any. What is lost with the process, a sweep finds.
type wanted struct {
	mu   sync.Mutex
	list [][2]string
}

const maxWanted = 10_000

func (w *wanted) add(name, key string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.list) < maxWanted {
		w.list = append(w.list, [2]string{name, key})
	}
}

func (w *wanted) take() [][2]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.list
	w.list = nil
	return list
}

// runErrands sees to all of that until ctx ends.
func (r *Runner) runErrands(ctx, work context.Context) {
	var swept time.Time
	for {
		if now := r.Now(); now.Sub(swept).Abs() >= sweepEvery {
			swept = now
			if _, err := r.outer.SweepMessages(ctx, now); err != nil && ctx.Err() == nil {
				r.Log.Warn("messages not looked through", slog.Any("err", err))
			}
		}
		next, err := r.doErrands(ctx, work)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.Log.Error("messages, signals and schedules not seen to", slog.Any("err", err))
			next = r.Now().Add(time.Second)
		}
		if !r.errands.wait(ctx, r.Now, next) {
			return
		}
	}
}

// doErrands does all that is due, and returns when the next is.
func (r *Runner) doErrands(ctx, work context.Context) (time.Time, error) {
	for ctx.Err() == nil {
		if _, alive := r.member.holder(); !alive {
			return r.Now().Add(time.Second), nil
		}
		r.lookForWanted(ctx)
		due, err := r.outer.Errands(ctx)
		if err != nil {
			return time.Time{}, err
		}
		var wrong []error
		now, n := r.Now(), 0
		for _, kind := range []struct {
			due time.Time
			do  func(ctx, work context.Context, now time.Time) (int, error)
		}{{due.Messages, r.handMessages}, {due.Signals, r.tellSignals}, {due.Orphans, r.endOrphans}, {due.Schedules, r.beginScheduled}} {
			if kind.due.IsZero() || kind.due.After(now) {
				continue
			}
			some, err := kind.do(ctx, work, now)
			if err != nil {
				wrong = append(wrong, err)
			}
			n += some
		}
		if len(wrong) > 0 { // the others have had their turn
			return time.Time{}, errors.Join(wrong...)
		}
		if n == 0 {
			return due.Next(), nil
		}
	}
	return time.Time{}, nil
}

// lookForWanted has messages looked at that somebody has come to wait for.
func (r *Runner) lookForWanted(ctx context.Context) {
	for _, w := range r.wanted.take() {
		if _, err := r.outer.NudgeMessages(ctx, w[0], w[1], r.Now()); err != nil {
			r.Log.Warn("messages not looked for; they are found later", slog.Any("err", err))
			return
		}
	}
}

// beside does things at the same time, some of them at a time, and returns the
// first error: that one could not even be put off.
func beside[T any](list []T, do func(T) error) error {
	var wg sync.WaitGroup
	places, wrong := make(chan struct{}, errandsBeside), make(chan error, len(list))
	for _, x := range list {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			if err := do(x); err != nil {
				wrong <- err
			}
		})
	}
	wg.Wait()
	select {
	case err := <-wrong:
		return err
	default:
		return nil
	}
}

// standing is somebody with their rights; the server itself when p is "".
func (r *Runner) standing(ctx context.Context, p signoff.Principal) (signoff.Caller, error) {
	if p == "" || r.Standing == nil {
		return access.System, nil
	}
	return r.Standing(ctx, p)
}

// inName is a caller who stands for somebody without any rights: whoever starts
// an instance that something else begins.
func (r *Runner) inName(ctx context.Context, p signoff.Principal) (signoff.Caller, error) {
	if p == "" {
		return access.System, nil
	}
	people, err := r.Directory.Resolve(ctx, []string{string(p)})
	if err != nil {
		return signoff.Caller{}, err
	}
	by := signoff.Caller{Person: signoff.Person{Principal: p}, How: "workflow"}
	if found := people[string(p)]; len(found) > 0 {
		by.Person = found[0]
	}
	return by, nil
}

// gone tells whether an error says that whom something was meant for has had it,
// or is no more.
func gone(err error) bool {
	switch signoff.CodeOf(err) {
	case engine.CodeRedundant, engine.CodeInstanceEnded, store.NoInstance().Code:
		return true
	}
	return errors.Is(err, store.ErrTaken)
}
