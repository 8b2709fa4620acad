package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// maxTries bounds how often a step is decided again because the instance has
// moved on meanwhile. Within one process it hardly ever has.
const maxTries = 10

// codeBusy refuses what had to be decided more often than that.
const codeBusy = "busy-instance"

// maxQuestions bounds how often the engine may ask who is meant within one step.
const maxQuestions = 8

// StartRequest says what to start.
type StartRequest struct {
	Workflow string         // key or number
	Version  int            // 0: the default version
	Folio    string         // "": as the workflow says
	Priority *int           // nil: 1, normal
	Vars     map[string]any // JSON values, checked against the declared variables
	Once     string         // idempotency key; "" none
}

// Start begins an instance and runs it until it waits or ends. It returns the
// instance's number, the same one when a request is repeated under its key.
func (r *Runner) Start(ctx context.Context, by signoff.Caller, req StartRequest) (signoff.InstanceID, error) {
	w, err := r.Library.Lookup(ctx, by, req.Workflow)
	if err != nil {
		return 0, err
	}
	if !w.CanStart {
		return 0, r.Library.Allow(ctx, by, access.Start, w.ID) // with the reason
	}
	v := w.Default
	if req.Version != 0 {
		if v, err = r.Library.Find(ctx, by, w.ID, req.Version); err != nil {
			return 0, err
		}
	}
	event, err := req.event()
	if err != nil {
		return 0, err
	}
	t := task{by: by, event: event, once: r.once(by, req.Once, int64(w.ID), req.Version, event)}
	if id, done, err := r.before(ctx, t.once); done || err != nil {
		return id, err
	}
	return r.start(ctx, w.ID, v.ID, t)
}

func (req StartRequest) event() (engine.Start, error) {
	e := engine.Start{Folio: req.Folio, Priority: 1}
	if req.Priority != nil {
		e.Priority = *req.Priority
	}
	if len(req.Vars) > 0 {
		e.Vars = make(map[string]expr.Value, len(req.Vars))
	}
	for name, x := range req.Vars {
		v, err := expr.FromGo(x)
		if err != nil {
			return e, &signoff.Error{Kind: signoff.Invalid, Code: engine.CodeBadVariables, Detail: "a variable has a value that cannot be used",
				Fields: []signoff.FieldError{{Field: name, Detail: err.Error()}}}
		}
		e.Vars[name] = v
	}
	return e, nil
}

// start commits the first step of an instance under a number of its own, which
// is used again when nothing came of it.
func (r *Runner) start(ctx context.Context, wf signoff.WorkflowID, v store.VersionID, t task) (signoff.InstanceID, error) {
	id, err := r.steps.NewInstance(ctx)
	if err != nil {
		return 0, err
	}
	e := t.event.(engine.Start)
	e.Instance = id
	t.event = e
	_, err = r.step(ctx, store.Instance{ID: id, Workflow: wf, Version: v, Caller: t.caller.Command.Key}, t)
	if done, ok := errors.AsType[*store.OnceDone](err); ok {
		r.steps.ReturnInstance(id) // the other request got another number
		return done.Instance, nil
	}
	if err == nil {
		return id, nil
	}
	if _, unsure := errors.AsType[*commitError](err); !unsure || errors.Is(err, store.ErrTaken) || errors.Is(err, store.ErrNotHeld) {
		r.steps.ReturnInstance(id)
	}
	return 0, err
}

// commitError is an error of a commit: the step may be stored all the same.
type commitError struct{ err error }

func (e *commitError) Error() string { return e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// Do lets something happen to an instance and returns the state it leads to,
// which is shared and not to be changed.
// It checks that the caller may: tasks are checked by the engine, the rest
// against the rights on the workflow. A request repeated under its key once
// does nothing and returns the instance as it is now.
func (r *Runner) Do(ctx context.Context, by signoff.Caller, id signoff.InstanceID, event engine.Event, once string) (engine.State, error) {
	if _, starts := event.(engine.Start); starts {
		return engine.State{}, fmt.Errorf("runner: Do was given a Start")
	}
	return r.doOnce(ctx, id, task{by: by, event: event, once: r.once(by, once, int64(id), 0, event)})
}

func (r *Runner) doOnce(ctx context.Context, id signoff.InstanceID, t task) (engine.State, error) {
	_, done, err := r.before(ctx, t.once)
	if err != nil {
		return engine.State{}, err
	}
	if done {
		return r.present(ctx, id)
	}
	st, err := r.do(ctx, id, t)
	if err == nil || t.once.Key == "" {
		return st, err
	}
	_, done = errors.AsType[*store.OnceDone](err)
	if !done {
		// The same request, sent twice at once, may have come through meanwhile:
		// then it is what made the engine refuse this one.
		_, done, _ = r.before(ctx, t.once)
	}
	if done {
		return r.present(ctx, id)
	}
	return st, err
}

// AddFile adds a file to an instance, about one of its tasks when of.Seq is not 0,
// and returns its number. It checks what the file may be called, how large it may
// be and what may be in it; and that the caller may, as Do does for a comment.
func (r *Runner) AddFile(ctx context.Context, by signoff.Caller, of signoff.Serial, name string, content []byte, once string) (int, error) {
	event, err := engine.NewFile(of.Seq, name, content)
	if err != nil {
		return 0, err
	}
	st, err := r.doOnce(ctx, of.Instance, task{by: by, event: event, once: r.once(by, once, int64(of.Instance), 0, event), content: content})
	if err != nil {
		return 0, err
	}
	for i := len(st.Files) - 1; i >= 0; i-- { // the last, unless somebody added another meanwhile
		if f := &st.Files[i]; f.Name == event.Name && f.Task == event.Task && f.Bytes == event.Bytes {
			return f.Seq, nil
		}
	}
	return 0, &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeNoFile, Detail: "the file was added before and has been removed since"}
}

func (r *Runner) present(ctx context.Context, id signoff.InstanceID) (engine.State, error) {
	in, err := r.steps.Instance(ctx, id)
	return in.State, err
}

// before looks whether a request was carried out under its key already. It must
// come first: the engine would refuse the repetition of a decision.
func (r *Runner) before(ctx context.Context, o store.Once) (signoff.InstanceID, bool, error) {
	err := r.steps.Done(ctx, o)
	if done, ok := errors.AsType[*store.OnceDone](err); ok {
		return done.Instance, true, nil
	}
	return 0, false, err
}

// task is one thing to be decided and committed.
type task struct {
	by       signoff.Caller
	event    engine.Event
	once     store.Once
	finished string     // key of the command whose result this is
	held     store.Hold // whose failure that is; zero: anybody may say it
	givenUp  bool       // the engine panicked on it: put that on record instead
	own      bool       // the server's doing, in whoever's name
	caller   store.Job  // of a new instance: the call activity that begins it; zero: none
	taking   store.Taking
	content  []byte // of the file that is added
}

// do decides and commits, again when the instance has moved on meanwhile.
func (r *Runner) do(ctx context.Context, id signoff.InstanceID, t task) (engine.State, error) {
	lock := r.locks[uint64(id)%uint64(len(r.locks))]
	lock <- struct{}{} // a channel, so that those who wait are served in turn
	defer func() { <-lock }()
	if in, ok := r.recent.get(id); ok {
		st, err := r.step(ctx, in, t)
		if _, unsure := errors.AsType[*commitError](err); err == nil || unsure && !errors.Is(err, store.ErrStale) {
			return st, err
		}
		r.recent.drop(id) // refused: perhaps only because what we remembered is old
	}
	for range maxTries {
		in, err := r.steps.Instance(ctx, id)
		if err != nil {
			return engine.State{}, err
		}
		st, err := r.step(ctx, in, t)
		if !errors.Is(err, store.ErrStale) {
			return st, err
		}
	}
	return engine.State{}, &signoff.Error{Kind: signoff.Conflict, Code: codeBusy,
		Detail: "others keep changing this instance", Hint: "try again in a moment"}
}

// step decides once and commits once.
func (r *Runner) step(ctx context.Context, in store.Instance, t task) (engine.State, error) {
	by, err := r.authorise(ctx, in, t)
	if err != nil {
		return engine.State{}, err
	}
	def, err := r.Library.Definition(ctx, in.Version)
	if err != nil {
		return engine.State{}, err
	}
	at := r.now()
	if at.Before(in.Moved) { // by another node's clock, or ours was set back: history does not run backwards
		at = in.Moved.In(r.Location)
	}
	event, into, err := r.across(ctx, in, t.event, def)
	if err != nil {
		return engine.State{}, err
	}
	what := engine.Input{At: at, By: by, Event: event}
	decide := r.decide
	if t.givenUp {
		decide = giveUp
	}
	decided, err := decide(ctx, in.Workflow, def, in.State, what)
	if err != nil {
		return engine.State{}, err
	}
	st := store.Step{Instance: in.ID, Rev: in.Rev, Workflow: in.Workflow, Version: in.Version, At: at,
		Before: in.State, After: decided.State, Facts: decided.Facts, Finished: t.finished, Held: t.held, Once: t.once, Caller: in.Caller, Taking: t.taking, Content: t.content}
	if t.caller.Command.Key != "" {
		st.Called = t.caller.Hold()
	}
	if isServer(t.by) || t.own {
		st.TimersFrom = r.Now().Add(timerPause)
	}
	if into.version != 0 {
		st.Version, st.Was, def = into.version, in.Version, into.def
	}
	jobs := r.handOut(&st, decided.Commands, def)
	if err := r.steps.Commit(ctx, &st); err != nil {
		r.takeBack(jobs)
		if len(jobs) > 0 {
			r.doubtHands()
		}
		r.recent.drop(in.ID)
		return engine.State{}, &commitError{err}
	}
	r.recent.keep(&st)
	r.committed(&st, jobs)
	return decided.State, nil
}

// decide asks the engine, and the directory for whom the engine does not know.
// A panic in the engine is an error of this instance only (see broken.go).
func (r *Runner) decide(ctx context.Context, wf signoff.WorkflowID, def *process.Definition, st engine.State, in engine.Input) (step engine.Step, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("engine panicked", slog.Int64("instance", int64(st.Instance)), slog.Any("err", p), slog.String("stack", string(debug.Stack())))
			err = &signoff.Error{Kind: signoff.Internal, Code: codePanic, Err: fmt.Errorf("engine: %v", p)}
		}
	}()
	in.Absent = engine.Absent{}
	for range maxQuestions {
		step, err = engine.Decide(def, st, in)
		if need, asked := errors.AsType[engine.NeedCalendars](err); asked {
			found, err := r.calendars(ctx, need.Names)
			if err != nil {
				return step, err
			}
			maps.Copy(found, in.Calendars)
			in.Calendars = found
			continue
		}
		if need, asked := errors.AsType[engine.NeedAbsent](err); asked {
			if in.Absent, err = r.absent(ctx, wf, in.Absent, need.Of); err != nil {
				return step, err
			}
			continue
		}
		need, asked := errors.AsType[engine.NeedPeople](err)
		if !asked {
			return step, err
		}
		people, err := r.Directory.Resolve(ctx, need.Names)
		if err != nil {
			return step, fmt.Errorf("look people up: %w", err)
		}
		in.People = merged(in.People, people, need.Names)
	}
	return step, fmt.Errorf("instance %d: the engine asked for people %d times", st.Instance, maxQuestions)
}

// absent adds who has the tasks of some people in their place.
func (r *Runner) absent(ctx context.Context, wf signoff.WorkflowID, known engine.Absent, of []signoff.Principal) (engine.Absent, error) {
	out := make(engine.Absent, len(known)+len(of))
	maps.Copy(out, known)
	for _, p := range of {
		out[p] = nil
		if r.InsteadOf == nil {
			continue
		}
		subs, alone, _, err := r.InsteadOf(ctx, p, wf)
		if err != nil {
			return nil, fmt.Errorf("look up who is away: %w", err)
		}
		if alone {
			out[p] = subs
		}
	}
	return out, nil
}

// calendars looks working hours up.
func (r *Runner) calendars(ctx context.Context, names []string) (engine.Calendars, error) {
	if r.Calendars == nil {
		return nil, fmt.Errorf("this runner has no calendars")
	}
	found, err := r.Calendars.Calendars(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("look calendars up: %w", err)
	}
	return found, nil
}

// merged adds answers. A name the directory left out is known by nobody.
func merged(all, more engine.People, asked []string) engine.People {
	out := make(engine.People, len(all)+len(asked))
	for name, p := range all {
		out[name] = p
	}
	for _, name := range asked {
		out[name] = more[name]
	}
	return out
}

// committed does what may be done only now: wake the timers, pass the commands
// on, and tell whoever watches.
func (r *Runner) committed(st *store.Step, jobs []queued) {
	r.outwards(st)
	if st.Before.Held != nil && st.After.Held == nil || st.Was != 0 {
		r.resumed(st)
	}
	for i := len(st.After.Timers) - 1; i >= 0 && st.After.Timers[i].Seq > st.Before.Seq; i-- {
		r.timers.ring(st.TimerAt(st.After.Timers[i].Due))
	}
	for i := range jobs {
		jobs[i].queue.put(jobs[i])
	}
	for i := range st.Commands {
		if c := &st.Commands[i]; c.Holder == "" {
			if q := r.queues[c.Kind]; q != nil {
				q.alarm.ring(c.Due)
			}
			r.steps.Publish(store.TopicJobs, string(c.Kind)) // another node may have room
		}
	}
	c := changeOf(st)
	r.changes.publish(c)
	if r.steps.Others() {
		r.steps.Publish(store.TopicChanges, c.line())
	}
}
