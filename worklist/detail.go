package worklist

import (
	"context"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

// TaskDetail is one task with everything a page about it needs.
type TaskDetail struct {
	Task
	Rev     int64 // of the instance: changes whenever anything about it does
	State   engine.State
	In      engine.Task
	Def     *process.Definition
	Element *process.Node

	CanDecide, CanClaim, CanRelease, CanRedirect bool

	CanWithdraw bool             // and say with which outcome
	Outcomes    []string         // what it can be withdrawn with
	Asked       *engine.Question // what the caller is asked about it; nil for nothing
	Answered    *engine.Answer   // what the caller has answered, where several answers are wanted
}

var errNoTask = &signoff.Error{Kind: signoff.NotFound, Code: engine.CodeTaskNotFound,
	Detail: "there is no such task, or it is not yours"}

// Task returns one task to those it was put to, who handled it, and who may
// view or administer the workflow. For everybody else it is not there.
func (w *Worklist) Task(ctx context.Context, by signoff.Caller, n signoff.Serial) (TaskDetail, error) {
	in, err := w.Store.Instance(ctx, n.Instance)
	if signoff.KindOf(err) == signoff.NotFound {
		return TaskDetail{}, errNoTask
	}
	if err != nil {
		return TaskDetail{}, err
	}
	i := slices.IndexFunc(in.State.Tasks, func(t engine.Task) bool { return t.Seq == n.Seq })
	if i < 0 {
		return TaskDetail{}, errNoTask
	}
	rights, err := w.rights(ctx, by, in.Workflow)
	if err != nil {
		return TaskDetail{}, err
	}
	t := &in.State.Tasks[i]
	if !rights.view && !runner.Concerns(by, in.Workflow, t) {
		return TaskDetail{}, errNoTask
	}
	d, err := w.detail(ctx, engine.InPlaceOf(by, in.Workflow, t), in, t, rights)
	d.For = engine.StandsFor(by, in.Workflow, t).Principal
	if engine.HandedOn(by, in.Workflow, t) != nil {
		d.CanDecide, d.CanClaim = false, false
	}
	return d, err
}

func (w *Worklist) detail(ctx context.Context, by signoff.Caller, in store.Instance, t *engine.Task, may rights) (TaskDetail, error) {
	a, err := w.about(ctx, in.Version)
	if err != nil {
		return TaskDetail{}, err
	}
	task, err := w.taskOf(ctx, by, in, t)
	if err != nil {
		return TaskDetail{}, err
	}
	d := TaskDetail{Task: task, Rev: in.Rev, State: in.State, In: *t, Def: a.Def, Element: a.node(t.Node)}
	mine := slices.ContainsFunc(t.Recipients, by.Is)
	free := !t.KeptFrom(by.Principal)
	d.Answered = t.AnswerOf(by.Principal)
	spent := d.Answered != nil || t.PassedOn(by.Principal)
	if t.Open() && in.State.Status == engine.Running {
		d.CanDecide = mine && free && !spent && !keptOut(&d, by)
		d.CanClaim = d.CanDecide && !t.Holds(by.Principal) && (t.Several() || t.Claimed == "")
		d.CanRelease = t.Holds(by.Principal) || len(t.Claims()) > 0 && may.administer
		d.CanRedirect = mine && free && !spent || may.administer
		d.Asked = t.Asked(by)
		if may.administer && d.Element != nil && d.Element.Task != nil {
			d.CanWithdraw, d.Outcomes = true, d.Element.Task.Outcomes()
		}
	}
	return d, nil
}

// keptOut tells whether the task keeps the caller from deciding it.
func keptOut(d *TaskDetail, by signoff.Caller) bool {
	if d.Element == nil || d.Element.Task == nil {
		return false
	}
	for _, p := range []signoff.Principal{by.Principal, by.Behind} {
		if step, starter := d.State.KeptOut(d.Element.Task, p); starter || step != "" {
			return true
		}
	}
	return false
}

// taskOf is the task as the caller's list would show it, open or not.
func (w *Worklist) taskOf(ctx context.Context, by signoff.Caller, in store.Instance, t *engine.Task) (Task, error) {
	rows := slices.DeleteFunc(store.WorklistRows(in.Workflow, in.Version, &in.State), func(r store.WorklistRow) bool {
		return r.Serial.Seq != t.Seq || !by.Is(r.Principal)
	})
	row := store.WorklistRow{Serial: signoff.Serial{Instance: in.ID, Seq: t.Seq}, Offered: t.OfferedAt.UnixMicro(), Workflow: in.Workflow,
		Version: in.Version, Priority: t.Priority, Claimed: t.Claimed, Starter: in.State.Starter.Principal, Node: t.Node, Title: t.Title, Folio: in.State.Folio}
	if t.KeptFrom(by.Principal) {
		row.Shelf = store.Taken
	}
	if len(rows) > 0 {
		row, _ = choose(by, ViewAll, rows)
	}
	task, err := w.task(ctx, by, row)
	task.Due = t.Due
	if !t.Open() {
		task.Status, task.ClosedAt, task.Outcome = Closed, t.ClosedAt, t.Outcome
	}
	if t.Open() && t.AnswerOf(by.Principal) != nil {
		task.Status = Answered
	}
	return task, err
}

// rights are what somebody holds on one workflow.
type rights struct{ view, administer bool }

func (w *Worklist) rights(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID) (rights, error) {
	view, err := w.Library.May(ctx, by, access.View, wf)
	if err != nil {
		return rights{}, err
	}
	admin, err := w.Library.May(ctx, by, access.Administer, wf)
	return rights{view.OK, admin.OK}, err
}
