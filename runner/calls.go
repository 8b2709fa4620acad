package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/store"
)

// A call activity runs an instance of another workflow (BPMN 2.0.2 §10.3.6). It
// is a command like any other: whoever takes it up begins the instance, and the
// command waits; when the instance has ended the command is taken up again, and
// what the instance ended with is its result. store/calls.go says how that is
// done once.

// maxDepth is how many instances may stand above one that is called.
const maxDepth = 20

// Codes of calls that cannot be made, or came to nothing.
const (
	CodeTooDeep           = "call-too-deep"
	CodeDeployerMayNot    = "deployer-may-not-start"
	CodeWorkflowCancelled = "workflow-cancelled"
	CodeWorkflowGone      = "workflow-gone"
	CodeEndedWithError    = "workflow-error"
)

// ErrorEnd is the failure of a called workflow that ended with an error of its
// own, which an error event of the caller can catch by its code.
type ErrorEnd struct {
	Code string // the workflow's
	err  *signoff.Error
}

func (e *ErrorEnd) Error() string { return e.err.Error() }
func (e *ErrorEnd) Unwrap() error { return e.err }

// call carries out a DoWorkflow.
func (r *Runner) call(ctx context.Context, j store.Job, v library.Version) (Result, error) {
	if j.Child != 0 {
		return r.called(ctx, j)
	}
	parent, err := r.steps.Instance(ctx, j.Instance)
	if err != nil {
		return Result{}, err
	}
	if err := r.depth(ctx, parent); err != nil {
		return Result{}, err
	}
	wf, version, err := r.callee(ctx, j.Command.Workflow, v)
	if err != nil {
		return Result{}, err
	}
	vars, err := engine.Values(j.Command.Workflow.Vars)
	if err != nil {
		return Result{}, err
	}
	by := signoff.Caller{Person: parent.State.Starter, How: "workflow"}
	if by.Principal == "" {
		by = access.System
	}
	_, err = r.start(ctx, wf, version, task{by: by, own: true, caller: j, event: engine.Start{Priority: parent.State.Priority, Vars: vars}})
	if err != nil {
		return Result{}, withFields(err)
	}
	return Pending, nil
}

// callee is the version that is called. Whoever deployed the caller must be
// allowed to start it.
func (r *Runner) callee(ctx context.Context, w *engine.Workflow, v library.Version) (signoff.WorkflowID, store.VersionID, error) {
	by, err := r.standing(ctx, v.DeployedBy)
	if err != nil {
		return 0, 0, err
	}
	wf, err := r.Library.Lookup(ctx, by, w.Key)
	if signoff.KindOf(err) == signoff.NotFound {
		return 0, 0, &signoff.Error{Kind: signoff.NotFound, Code: "workflow-not-found", Detail: fmt.Sprintf("there is no workflow %q, or whoever deployed this one holds no right on it", w.Key),
			Hint: "deploy it, or have an administrator give them the right to start it; then retry"}
	}
	if err != nil {
		return 0, 0, err
	}
	if !wf.CanStart {
		return 0, 0, &signoff.Error{Kind: signoff.Forbidden, Code: CodeDeployerMayNot,
			Detail: fmt.Sprintf("whoever deployed this workflow may not start %q", w.Key), Hint: "an administrator gives them that right; then retry"}
	}
	if w.Version == "" {
		return wf.ID, wf.Default.ID, nil
	}
	n, err := strconv.Atoi(w.Version)
	if err != nil {
		return 0, 0, err // process.Check has seen to that
	}
	version, err := r.Library.Find(ctx, by, wf.ID, n)
	if signoff.KindOf(err) == signoff.NotFound {
		return 0, 0, &signoff.Error{Kind: signoff.NotFound, Code: "version-not-found", Detail: fmt.Sprintf("the workflow %q has no version %d", w.Key, n),
			Hint: "correct the step that calls it; new instances of this workflow then call another version"}
	}
	return wf.ID, version.ID, err
}

// depth refuses a call from an instance that too many others stand above.
func (r *Runner) depth(ctx context.Context, in store.Instance) error {
	for n := 0; in.Caller != ""; n++ {
		if n >= maxDepth-1 {
			return &signoff.Error{Kind: signoff.Invalid, Code: CodeTooDeep, Detail: fmt.Sprintf("%d workflows have called one another in a row; no more may", maxDepth),
				Hint: "look whether a workflow calls itself; cancel the instance that began it, and correct the workflow"}
		}
		var err error
		if in, err = r.steps.Instance(ctx, in.CalledBy().Instance); signoff.KindOf(err) == signoff.NotFound {
			return nil // ended and removed; this one is about to be cancelled
		} else if err != nil {
			return err
		}
	}
	return nil
}

// called reports what a called instance ended with.
func (r *Runner) called(ctx context.Context, j store.Job) (Result, error) {
	in, err := r.steps.Instance(ctx, j.Child)
	if signoff.KindOf(err) == signoff.NotFound {
		return Result{}, &signoff.Error{Kind: signoff.NotFound, Code: CodeWorkflowGone, Detail: fmt.Sprintf("the instance %d it had called was removed", j.Child),
			Hint: "retry to call the workflow again"}
	}
	if err != nil {
		return Result{}, err
	}
	st := in.State
	switch {
	case st.Status == engine.Running:
		return Pending, nil
	case st.Status == engine.Cancelled:
		return Result{}, &signoff.Error{Kind: signoff.Invalid, Code: CodeWorkflowCancelled, Detail: fmt.Sprintf("the instance %d it had called, %q, was cancelled", in.ID, st.Folio),
			Hint: "retry to call the workflow again"}
	case st.Error != "":
		return Result{}, &ErrorEnd{st.Error, &signoff.Error{Kind: signoff.Invalid, Code: CodeEndedWithError,
			Detail: fmt.Sprintf("the instance %d it had called, %q, ended with the error %s", in.ID, st.Folio, st.Error),
			Hint:   "put the cause right and retry to call the workflow again, or catch the error with a boundary event"}}
	}
	return Done(st.Vars), nil
}

// endOrphans cancels instances whose caller has been ended.
func (r *Runner) endOrphans(ctx, work context.Context, now time.Time) (int, error) {
	list, err := r.outer.TakeOrphans(ctx, now, errandsAtOnce)
	if err != nil {
		return 0, err
	}
	return len(list), beside(list, func(o store.Orphan) error {
		_, err := r.do(work, o.Instance, task{by: access.System, event: engine.Cancel{Reason: "what had called it was ended"}})
		if err == nil || gone(err) {
			return r.outer.DropOrphan(work, o.Instance)
		}
		r.Log.Error("an instance whose caller was ended is not cancelled yet", slog.Int64("instance", int64(o.Instance)), slog.Any("err", err))
		return r.outer.DeferOrphan(work, o, r.Now().Add(backoff(retryTimer, o.Attempt+1)))
	})
}

// withFields puts what is wrong with each value into the sentence itself: that
// is all an incident shows.
func withFields(err error) error {
	e, ok := errors.AsType[*signoff.Error](err)
	if !ok || len(e.Fields) == 0 {
		return err
	}
	said := *e
	for _, f := range e.Fields[:min(len(e.Fields), 5)] {
		said.Detail += "; " + f.Field + ": " + f.Detail
	}
	return &said
}
