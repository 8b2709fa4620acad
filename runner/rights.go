package runner

import (
	"context"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

// authorise checks what the engine leaves to the server, and returns the caller
// with Admin set for whoever administers this instance's workflow.
func (r *Runner) authorise(ctx context.Context, in store.Instance, t task) (signoff.Caller, error) {
	by := t.by
	if isServer(by) {
		return signoff.Caller{}, nil // the engine's zero Caller: the server itself
	}
	admin, err := r.Library.May(ctx, by, access.Administer, in.Workflow)
	if err != nil {
		return by, err
	}
	by.Admin = by.Admin || admin.OK
	if about := in.State.TaskNumbered(engine.TaskOf(t.event)); about != nil {
		if _, acts := t.event.(engine.Act); acts {
			if err := engine.HandedOn(by, in.Workflow, about); err != nil {
				return by, err
			}
		}
		by = engine.InPlaceOf(by, in.Workflow, about)
	}
	switch e := t.event.(type) {
	case engine.Cancel:
		if by.Is(in.State.Starter.Principal) {
			return by, nil
		}
	case engine.Comment:
		if e.Task != 0 {
			return by, nil
		}
		_, err := r.Sees(ctx, by, in)
		return by, err
	case engine.AddFile:
		if e.Task != 0 {
			return by, nil
		}
		_, err := r.Sees(ctx, by, in)
		return by, err
	case engine.RemoveFile:
		_, err := r.Sees(ctx, by, in)
		return by, err
	case engine.FinishExternal:
		may, err := r.Library.May(ctx, by, access.Finish, in.Workflow)
		if may.OK || err != nil {
			return by, err
		}
		_, err = r.Sees(ctx, by, in)
		if err == nil {
			err = may.Err()
		}
		return by, err
	case engine.Retry, engine.Skip, engine.SetVars, engine.Move, engine.Hold, engine.Resume, engine.End, engine.Migrate, engine.GoBack:
	default:
		return by, nil // Start was checked before; tasks are the engine's
	}
	if seen, err := r.Sees(ctx, by, in); !seen || err != nil {
		return by, err
	}
	return by, admin.Err()
}

// isServer tells whether the server acts on its own. No caller from outside is
// known by nobody's principal and yet called the system.
func isServer(by signoff.Caller) bool {
	return by.How == access.System.How && by.Principal == ""
}

// Sees tells whether the caller may see an instance: its starter, everybody one
// of its tasks was put to, and whoever may view or administer the workflow. A
// no comes with the NotFound error that a missing instance gives.
func (r *Runner) Sees(ctx context.Context, by signoff.Caller, in store.Instance) (bool, error) {
	view, err := r.Library.May(ctx, by, access.View, in.Workflow)
	if err != nil {
		return false, err
	}
	if view.OK || by.Is(in.State.Starter.Principal) || slices.ContainsFunc(in.State.Tasks, func(t engine.Task) bool { return Concerns(by, in.Workflow, &t) }) {
		return true, nil
	}
	return false, store.NoInstance()
}

// Concerns tells whether a task was put to the caller, handled by them, or is
// theirs because somebody is away.
func Concerns(by signoff.Caller, wf signoff.WorkflowID, t *engine.Task) bool {
	return t.Concerns(by) || engine.StandsFor(by, wf, t).Principal != ""
}
