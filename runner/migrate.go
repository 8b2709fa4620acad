package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// Instances go on with another version of their workflow by an order, as many
// incidents are dealt with (see bulk.go): each in a step of its own. Where all
// or none are to be moved, first every one of them is looked at, and nothing is
// moved when something is in the way of one. They go on meanwhile, so that may
// change: then those that were moved are taken back, but for those that have
// moved on with the other version, which the order's log names.

// MigrationRequest says which instances are to go on with which version.
type MigrationRequest struct {
	Workflow  string               // key or number
	To        int                  // the version's number
	From      int                  // only those that run on this one; 0: on any other
	Step      string               // only those that are at this step, by element id; "": wherever they are
	Instances []signoff.InstanceID // only these; none: all
	Map       map[string]string    // which element has become which, by id
	Vars      map[string]any
	Reason    string
	Those     bool // those that can; else all or none
}

// Foreseen is what a migration would do.
type Foreseen struct {
	Total   int
	Can     int
	Blocked []InTheWay // what is in the way of most first
	To      *process.Definition
}

// InTheWay is one thing in the way of some instances.
type InTheWay struct {
	engine.Blocker
	Count     int
	Instances []signoff.InstanceID // the first few of them
}

const (
	namedInTheWay = 5
	mostInTheWay  = 200 // different things
)

// target is the version an instance goes to.
type target struct {
	version store.VersionID
	def     *process.Definition
}

// across completes an event that takes an instance to another version with what
// is known only where its version is. Any other event is as it was.
func (r *Runner) across(ctx context.Context, in store.Instance, event engine.Event, def *process.Definition) (engine.Event, target, error) {
	number := 0
	switch e := event.(type) {
	case engine.Migrate:
		number = e.Into
	case engine.GoBack:
		if in.State.Came == nil {
			return event, target{}, nil // the engine says so
		}
		number = in.State.Came.From
	default:
		return event, target{}, nil
	}
	v, err := r.Library.VersionNumber(ctx, in.Workflow, number)
	if err != nil {
		return event, target{}, err
	}
	to := target{version: v.ID}
	if to.def, err = r.Library.Definition(ctx, v.ID); err != nil {
		return event, to, err
	}
	e, migrates := event.(engine.Migrate)
	if !migrates {
		back := event.(engine.GoBack)
		back.To = to.def
		return back, to, nil
	}
	if v.ID == in.Version {
		return event, to, &signoff.Error{Kind: signoff.Conflict, Code: codeSameVersion, Detail: fmt.Sprintf("the instance runs on version %d already", number)}
	}
	was, err := r.Library.Version(ctx, in.Version)
	e.To, e.From, e.Map = to.def, was.Number, engine.NamesOf(def, e.Map)
	if e.Reach == nil {
		e.Reach = process.NewReach(to.def)
	}
	return e, to, err
}

const codeSameVersion = "same-version"

// moving is a migration that is looked at: many instances share what was worked
// out of the version they go to.
type moving struct {
	r     *Runner
	by    signoff.Caller
	event engine.Migrate
}

// foresee tells what is in the way of one instance. It changes nothing.
func (m *moving) foresee(ctx context.Context, in store.Instance) error {
	def, err := m.r.Library.Definition(ctx, in.Version)
	if err != nil {
		return err
	}
	event, _, err := m.r.across(ctx, in, m.event, def)
	if err != nil {
		return err
	}
	at := m.r.now()
	if at.Before(in.Moved) {
		at = in.Moved.In(m.r.Location)
	}
	_, err = m.r.decide(ctx, in.Workflow, def, in.State, engine.Input{At: at, By: m.by, Event: event})
	return err
}

// plan checks a request and returns what is to happen to each instance.
func (r *Runner) plan(ctx context.Context, by signoff.Caller, req MigrationRequest) (wf signoff.WorkflowID, m moving, err error) {
	w, err := r.Library.Lookup(ctx, by, req.Workflow)
	if err != nil {
		return 0, m, err
	}
	if err := r.Library.Allow(ctx, by, access.Administer, w.ID); err != nil {
		return 0, m, err
	}
	start, err := StartRequest{Vars: req.Vars}.event()
	if err != nil {
		return 0, m, err
	}
	switch {
	case req.To < 1:
		return 0, m, badMigration("to", "name the version the instances are to run on")
	case req.To == req.From:
		return 0, m, badMigration("from", "they run on that version already")
	case req.Reason == "":
		return 0, m, badMigration("reason", "say why; it stays on record")
	}
	v, err := r.Library.VersionNumber(ctx, w.ID, req.To)
	if err != nil {
		return 0, m, err
	}
	def, err := r.Library.Definition(ctx, v.ID)
	if err != nil {
		return 0, m, err
	}
	if err := engine.CheckNames(nil, def, req.To, req.Map); err != nil {
		return 0, m, err
	}
	return w.ID, moving{r, by, engine.Migrate{To: def, Into: req.To, Reach: process.NewReach(def), Map: req.Map, Vars: start.Vars, Reason: req.Reason}}, nil
}

func badMigration(field, why string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-migration", Detail: "the migration is not right", Fields: []signoff.FieldError{{Field: field, Detail: why}}}
}

// each calls one for every instance that is meant, the one started first first.
func (r *Runner) each(ctx context.Context, wf signoff.WorkflowID, req MigrationRequest, one func(store.Instance) error) error {
	var from store.VersionID
	if req.From != 0 {
		v, err := r.Library.VersionNumber(ctx, wf, req.From)
		if err != nil {
			return err
		}
		from = v.ID
	}
	to, err := r.Library.VersionNumber(ctx, wf, req.To)
	if err != nil {
		return err
	}
	defs := map[store.VersionID]*process.Definition{}
	total := 0
	meant := func(in store.Instance) error {
		if in.Version == to.ID || from != 0 && in.Version != from || in.State.Status != engine.Running ||
			req.Step != "" && !slices.ContainsFunc(in.State.Tokens, func(k engine.Token) bool { return k.Node == req.Step }) {
			return nil
		}
		if defs[in.Version] == nil {
			if defs[in.Version], err = r.Library.Definition(ctx, in.Version); err != nil {
				return err
			}
		}
		if total++; total > store.MaxBulk {
			return &signoff.Error{Kind: signoff.Invalid, Code: "bulk-too-large", Detail: fmt.Sprintf("more than %d instances are meant", store.MaxBulk),
				Hint: "name the version they come from, a step, or the instances"}
		}
		return one(in)
	}
	if err := r.walk(ctx, wf, from, req.Instances, meant); err != nil {
		return err
	}
	var all []*process.Definition
	for _, def := range defs {
		all = append(all, def)
	}
	def, err := r.Library.Definition(ctx, to.ID)
	if err != nil {
		return err
	}
	return engine.CheckNames(all, def, req.To, req.Map)
}

// walk goes through the running instances of a workflow, or through those named.
func (r *Runner) walk(ctx context.Context, wf signoff.WorkflowID, from store.VersionID, named []signoff.InstanceID, one func(store.Instance) error) error {
	if len(named) > store.MaxBulk {
		return badMigration("instances", fmt.Sprintf("name at most %d", store.MaxBulk))
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(named))) {
		in, err := r.orders().Instance(ctx, id)
		if err == nil && in.Workflow != wf {
			err = store.NoInstance()
		}
		if err == nil {
			err = one(in)
		}
		if err != nil {
			return err
		}
	}
	if len(named) > 0 {
		return nil
	}
	for after := signoff.InstanceID(0); ; {
		list, err := r.orders().RunningOn(ctx, wf, from, after, bulkScan)
		if err != nil {
			return err
		}
		for _, in := range list {
			after = in.ID
			if err := one(in); err != nil {
				return err
			}
		}
		if len(list) < bulkScan {
			return nil
		}
	}
}

// ForeseeMigration tells what a migration would do, and what is in its way.
func (r *Runner) ForeseeMigration(ctx context.Context, by signoff.Caller, req MigrationRequest) (out Foreseen, err error) {
	if req.Reason == "" {
		req.Reason = "preview"
	}
	wf, m, err := r.plan(ctx, by, req)
	if err != nil {
		return out, err
	}
	out.To = m.event.To
	places := map[string]int{}
	err = r.each(ctx, wf, req, func(in store.Instance) error {
		out.Total++
		err := m.foresee(ctx, in)
		blockers := engine.Blockers(err)
		switch {
		case err == nil:
			out.Can++
			return nil
		case len(blockers) == 0:
			if _, said := errors.AsType[*signoff.Error](err); !said {
				return err
			}
			blockers = []engine.Blocker{{Why: cause(err)}}
		}
		for _, b := range blockers {
			out.add(places, b, in.ID)
		}
		return nil
	})
	slices.SortStableFunc(out.Blocked, func(a, b InTheWay) int { return cmp.Compare(b.Count, a.Count) })
	return out, err
}

// add counts something that is in the way, with what is like it.
func (f *Foreseen) add(places map[string]int, b engine.Blocker, id signoff.InstanceID) {
	key := b.Node + "\x00" + b.Why
	i, known := places[key]
	if !known {
		if len(f.Blocked) == mostInTheWay {
			return
		}
		i = len(f.Blocked)
		places[key] = i
		f.Blocked = append(f.Blocked, InTheWay{Blocker: b})
	}
	w := &f.Blocked[i]
	if w.Count++; len(w.Instances) < namedInTheWay {
		w.Instances = append(w.Instances, id)
	}
}

// BeginMigration keeps an order for the instances that are meant now, and has it
// carried out.
func (r *Runner) BeginMigration(ctx context.Context, by signoff.Caller, req MigrationRequest) (store.Bulk, error) {
	wf, m, err := r.plan(ctx, by, req)
	if err != nil {
		return store.Bulk{}, err
	}
	var ids []signoff.InstanceID
	if err := r.each(ctx, wf, req, func(in store.Instance) error { ids = append(ids, in.ID); return nil }); err != nil {
		return store.Bulk{}, err
	}
	b := store.Bulk{Kind: store.BulkMigrate, By: by, Workflow: wf, Node: req.Step, Reason: req.Reason, Vars: carried(m.event.Vars), Made: r.Now()}
	of := store.Migration{To: req.To, From: req.From, Entire: !req.Those, Stage: store.Moving, Map: req.Map}
	if of.Entire {
		of.Stage = store.Looking
	}
	if b, err = r.orders().CreateMigration(ctx, b, of, ids); err == nil {
		r.bulk.ring(r.Now())
	}
	return b, err
}

// UndoMigration keeps an order that takes back those instances of a migration
// that have not moved on since.
func (r *Runner) UndoMigration(ctx context.Context, by signoff.Caller, order int64, reason string) (store.Bulk, error) {
	was, err := r.orders().Bulk(ctx, order)
	if err != nil {
		return was, err
	}
	if err := r.Library.Allow(ctx, by, access.Administer, was.Workflow); err != nil {
		return was, err
	}
	switch {
	case was.Kind != store.BulkMigrate:
		return was, &signoff.Error{Kind: signoff.Conflict, Code: "not-a-migration", Detail: "that order was no migration: it cannot be undone"}
	case was.Ended.IsZero():
		return was, &signoff.Error{Kind: signoff.Conflict, Code: "bulk-open", Detail: "the migration is not over yet", Hint: "wait for its end, or stop it first"}
	case reason == "":
		return was, badMigration("reason", "say why; it stays on record")
	}
	var ids []signoff.InstanceID
	for after := 0; ; {
		items, err := r.orders().BulkItems(ctx, order, "done", after, bulkScan)
		if err != nil {
			return was, err
		}
		for _, i := range items {
			after, ids = i.N, append(ids, i.Incident.Instance)
		}
		if len(items) < bulkScan {
			break
		}
	}
	b := store.Bulk{Kind: store.BulkReturn, By: by, Workflow: was.Workflow, Reason: reason, Made: r.Now()}
	if b, err = r.orders().CreateMigration(ctx, b, store.Migration{Undoes: order, Stage: store.Moving}, ids); err == nil {
		r.bulk.ring(r.Now())
	}
	return b, err
}
