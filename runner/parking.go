package runner

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// A command that lacks a connection, such as somebody's token for their mailbox,
// has not failed: it is parked under the name of what it lacks, and goes on when
// that is there. Whoever gives it calls Connected, on any node, and every node
// hears of it. All of that may be lost, so every few minutes one of the commands
// that lack the same thing looks for itself, and wakes the others if it finds it.

// lacking is an error that says what connection its command lacks.
type lacking interface {
	error
	// ParksFor names what is lacking, who can give it ("" an administrator), and
	// tells people why they should.
	ParksFor() (key string, who signoff.Principal, why string)
}

const (
	lookEvery     = 5 * time.Minute // how long commands stay parked though word that they need not was lost
	parkedAtOnce  = 200             // commands woken, looked at or given up in one commit
	maxWantName   = 300             // bytes
	maxWantReason = 1000            // bytes
)

// wantOf is what a failed command lacks, if that is why it failed.
func wantOf(failure error) (store.Want, bool) {
	e, ok := errors.AsType[lacking](failure)
	if !ok {
		return store.Want{}, false
	}
	name, who, why := e.ParksFor()
	if name == "" || len(name) > maxWantName {
		return store.Want{}, false // nobody could ever say that it is there
	}
	if len(why) > maxWantReason {
		why = string([]rune(why)[:maxWantReason/4])
	}
	return store.Want{For: name, Who: who, Why: why}, true
}

// parkFor puts a command away until what it lacks is there. Its attempt began at
// began: what was given after that, before the command was put away, woke
// nothing, and wakes it now.
func (r *Runner) parkFor(ctx context.Context, j store.Job, w store.Want, began uint64) error {
	if err := r.steps.ParkFor(ctx, j.Hold(), w, r.Now()); err != nil {
		if errors.Is(err, store.ErrNotHeld) {
			return nil // its step was ended, or another attempt is under way
		}
		return err
	}
	if r.gifts.since(w.For, began) {
		return r.unpark(ctx, w.For)
	}
	if j.WaitsFor == w.For {
		return nil // that is no news to anybody
	}
	r.Log.Info("a command waits for a connection", slog.Int64("instance", int64(j.Instance)), slog.String("command", j.Command.Key), slog.String("for", w.For))
	r.tellParked(ctx, j, w)
	return nil
}

// tellParked lets pages know that an instance waits now, and of whom.
func (r *Runner) tellParked(ctx context.Context, j store.Job, w store.Want) {
	in, err := r.steps.Instance(ctx, j.Instance)
	if err != nil {
		return // pages see it when they look the next time
	}
	c := Change{Instance: j.Instance, Workflow: j.Workflow, Starter: in.State.Starter.Principal}
	if w.Who != "" {
		c.Principals = []signoff.Principal{w.Who}
	}
	r.changes.publish(c)
	if r.steps.Others() {
		r.steps.Publish(store.TopicChanges, c.line())
	}
}

// Connected wakes everything that waits for a connection under this name (see
// oauth.Need.Key). It may be called on any node, any number of times, and for
// what nothing waits for. Work that it wakes and that still lacks something
// waits again.
func (r *Runner) Connected(ctx context.Context, name string) error {
	r.gifts.note(name) // before looking what is parked: see parkFor
	return r.unpark(ctx, name)
}

func (r *Runner) unpark(ctx context.Context, name string) error {
	for name != "" {
		kinds, err := r.steps.Unpark(ctx, name, r.Now(), parkedAtOnce)
		if err != nil {
			return err
		}
		if r.wake(kinds) < parkedAtOnce {
			break
		}
	}
	return nil
}

// wake has commands taken up that have become due, here or on another node.
func (r *Runner) wake(kinds map[engine.CommandKind]int) (all int) {
	for kind, n := range kinds {
		all += n
		if q := r.queues[kind]; q != nil {
			q.alarm.ring(r.Now())
		}
		r.steps.Publish(store.TopicJobs, string(kind))
	}
	return all
}

// given wakes what waits for the same thing as a command that has found it.
func (r *Runner) given(ctx context.Context, j store.Job) {
	if err := r.unpark(ctx, j.WaitsFor); err != nil {
		r.Log.Warn("what waits for a connection was not woken; it looks for itself", slog.String("for", j.WaitsFor), slog.Any("err", err))
	}
}

// tendParked wakes what waits for connections that others say are there, and
// looks now and then whether word of one was lost.
func (r *Runner) tendParked(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case name := <-r.connected:
			if err = r.Connected(ctx, name); name == "" {
				err = r.lookParked(ctx)
			}
		case <-next.C:
			err = r.lookParked(ctx)
			next.Reset(r.lookEvery)
		}
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("what waits for connections was not looked at", slog.Any("err", err))
		}
	}
}

// lookParked lets one command look for each thing that commands lack.
func (r *Runner) lookParked(ctx context.Context) error {
	for after := ""; ; {
		next, kinds, err := r.steps.LookParked(ctx, after, r.Now(), parkedAtOnce)
		if err != nil {
			return err
		}
		r.wake(kinds)
		if after = next; after == "" {
			return nil
		}
	}
}

// heardConnected takes in that another node says a connection is there. What is
// not heard is found by looking.
func (r *Runner) heardConnected(h store.Hint) {
	name := h.Payload
	if h.Resync {
		name = ""
	}
	r.gifts.note(name) // now: what is to be woken may take its turn
	select {
	case r.connected <- name:
	default:
	}
}

// Abandon makes incidents of everything that waits for a connection to a
// resource that nobody will give any more, because the resource was deleted. It
// returns how many. The cause is what its incidents say; its Kind is ignored.
// What is woken at the same time and finds the resource gone is its handler's to
// refuse.
func (r *Runner) Abandon(ctx context.Context, resource string, cause signoff.Error) (n int, err error) {
	cause.Kind = signoff.Invalid // for good
	for {
		node, alive := r.member.holder()
		if !alive {
			return n, &signoff.Error{Kind: signoff.Unavailable, Code: "shutting-down", Detail: "this server is not one of the others at the moment", Hint: "try again in a moment"}
		}
		jobs, err := r.takeParked(ctx, node, resource)
		for _, j := range jobs {
			if e := r.putOff(ctx, j, r.report(ctx, j, Result{}, &cause, r.gifts.soFar())); e != nil && !errors.Is(e, store.ErrNotHeld) {
				err = errors.Join(err, e)
			} else {
				n++
			}
			r.hands.drop(j.Command.Key)
		}
		if err != nil || len(jobs) < parkedAtOnce {
			return n, err
		}
	}
}

// takeParked takes what waits for a resource into the hands.
func (r *Runner) takeParked(ctx context.Context, node, resource string) ([]store.Job, error) {
	r.hands.taking.Add(1)
	defer r.hands.taking.Add(-1)
	jobs, err := r.steps.TakeParked(ctx, node, resource, r.Now(), r.lease(), parkedAtOnce)
	for _, j := range jobs {
		r.hands.take(j.Command.Key)
	}
	if err != nil {
		r.doubtHands()
	}
	return jobs, err
}

// CodeNotParked says that a step does not wait for a connection.
const CodeNotParked = "step-not-parked"

// TryAgain lets a step that waits for a connection look once more whether it is
// there. Those may who administer the workflow, and whose connection it is.
func (r *Runner) TryAgain(ctx context.Context, by signoff.Caller, step signoff.Serial) error {
	none := &signoff.Error{Kind: signoff.NotFound, Code: CodeNotParked, Detail: "no step of that number waits for a connection, or you may not see it",
		Hint: "it may have gone on by itself: look at the instance"}
	in, err := r.steps.Instance(ctx, step.Instance)
	if signoff.KindOf(err) == signoff.NotFound {
		return none
	}
	if err != nil {
		return err
	}
	wants, err := r.steps.StepWants(ctx, step)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(wants, func(w store.Want) bool { return w.Who != "" && by.Is(w.Who) }) {
		_, err := r.Sees(ctx, by, in)
		switch {
		case signoff.KindOf(err) == signoff.NotFound, err == nil && len(wants) == 0:
			return none
		case err != nil:
			return err
		}
		if err := r.Library.Allow(ctx, by, access.Administer, in.Workflow); err != nil {
			return err
		}
	}
	kinds, err := r.steps.UnparkStep(ctx, step, r.Now())
	r.wake(kinds)
	return err
}

// Waiting lists the connections that work waits for and that the caller can
// give: their own, and for a server administrator those of the service account
// and of the server itself. They come in the order of their names after one, at
// most limit.
func (r *Runner) Waiting(ctx context.Context, by signoff.Caller, after string, limit int) ([]store.Wanted, error) {
	var out []store.Wanted
	var err error
	if by.Principal != "" {
		if out, err = r.steps.WantedOf(ctx, by.Principal, after, limit); err != nil {
			return nil, err
		}
	}
	if by.Admin {
		ours, err := r.steps.WantedOf(ctx, "", after, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, ours...)
	}
	slices.SortFunc(out, func(a, b store.Wanted) int { return cmp.Compare(a.For, b.For) })
	return out[:min(limit, len(out))], nil
}
