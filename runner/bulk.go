package runner

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/store"
)

// Many incidents are dealt with by an order that is kept first and carried out
// then, one incident after the other, by whichever node has the lease. Each is
// done under a key of its own: after a crash the next node goes on where this
// one was, and nothing is done twice.

// BulkRequest says what to do with which incidents.
type BulkRequest struct {
	Kind     string // "retry", "skip", "cancel"
	Workflow string // key or number; "": all that the caller administers
	Step     string // element id; "": any
	Code     string // of the incident; "": any
	Reason   string
	Outcome  string
	Vars     map[string]any
}

const (
	bulkAtOnce = 50 // incidents noted in one commit
	bulkScan   = 200
	bulkLease  = "bulk"
)

// orders is where orders are kept, nil where none are.
func (r *Runner) orders() orders {
	o, _ := r.steps.(orders)
	return o
}

func badBulk(field, why string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-bulk", Detail: "the order is not right", Fields: []signoff.FieldError{{Field: field, Detail: why}}}
}

// BeginBulk keeps an order for the incidents there are now, of workflows the
// caller administers, and has it carried out.
func (r *Runner) BeginBulk(ctx context.Context, by signoff.Caller, req BulkRequest) (store.Bulk, error) {
	b := store.Bulk{Kind: req.Kind, By: by, Node: req.Step, Code: req.Code, Reason: req.Reason, Outcome: req.Outcome, Made: r.Now()}
	start, err := StartRequest{Vars: req.Vars}.event()
	if err != nil {
		return b, err
	}
	b.Vars = carried(start.Vars)
	switch {
	case req.Kind != "retry" && req.Kind != "skip" && req.Kind != "cancel":
		return b, badBulk("do", "it is retry, skip or cancel")
	case req.Kind != "retry" && req.Reason == "":
		return b, badBulk("reason", "say why; it stays on record")
	case req.Workflow == "" && req.Code == "":
		return b, badBulk("workflow", "name a workflow, or the code of the incidents")
	}
	where, err := r.administered(ctx, by, req.Workflow)
	if err != nil {
		return b, err
	}
	if req.Workflow != "" {
		b.Workflow = where[0]
	}
	items, err := r.incidentsFor(ctx, where, req)
	if err != nil {
		return b, err
	}
	if b, err = r.orders().CreateBulk(ctx, b, items); err == nil {
		r.bulk.ring(r.Now())
	}
	return b, err
}

// administered lists the workflows an order is for.
func (r *Runner) administered(ctx context.Context, by signoff.Caller, workflow string) (out []signoff.WorkflowID, err error) {
	if workflow != "" {
		w, err := r.Library.Lookup(ctx, by, workflow)
		if err != nil {
			return nil, err
		}
		return []signoff.WorkflowID{w.ID}, r.Library.Allow(ctx, by, access.Administer, w.ID)
	}
	all, err := r.Library.Workflows(ctx, by)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		may, err := r.Library.May(ctx, by, access.Administer, w.ID)
		if err != nil {
			return nil, err
		}
		if may.OK {
			out = append(out, w.ID)
		}
	}
	return out, nil
}

// incidentsFor lists the incidents that are meant, of the instance started first
// first.
func (r *Runner) incidentsFor(ctx context.Context, where []signoff.WorkflowID, req BulkRequest) (out []signoff.Serial, err error) {
	for _, wf := range where {
		for before := signoff.InstanceID(1 << 62); ; {
			list, err := r.orders().InstancesWithIncidents(ctx, wf, before, bulkScan)
			if err != nil {
				return nil, err
			}
			for i := range list {
				before = list[i].ID
				for _, one := range list[i].State.Incidents {
					if (req.Step == "" || one.Node == req.Step) && (req.Code == "" || one.Code == req.Code) {
						out = append(out, signoff.Serial{Instance: list[i].ID, Seq: one.Seq})
					}
				}
			}
			if len(out) > store.MaxBulk {
				return nil, &signoff.Error{Kind: signoff.TooMany, Code: "bulk-too-large", Detail: fmt.Sprintf("more than %d incidents are meant", store.MaxBulk),
					Hint: "name a step or a code, or do it workflow by workflow"}
			}
			if len(list) < bulkScan {
				break
			}
		}
	}
	slices.SortFunc(out, func(a, b signoff.Serial) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Seq, b.Seq))
	})
	return out, nil
}

// carried is values as Bulk.Vars keeps them.
func carried(vars map[string]expr.Value) string {
	if len(vars) == 0 {
		return ""
	}
	c := make(expr.Context, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		c = append(c, expr.Entry{Key: name, Value: vars[name]})
	}
	return string(expr.AppendJSON(nil, c))
}

// runBulk carries orders out until ctx ends.
func (r *Runner) runBulk(ctx, work context.Context) {
	if r.orders() == nil {
		return
	}
	for {
		var next time.Time // of itself it looks now and then
		if err := r.carryOrders(ctx, work); err != nil && ctx.Err() == nil {
			r.Log.Warn("orders for many incidents were not carried out; they are tried again", slog.Any("err", err))
			next = r.Now().Add(time.Second)
		}
		if !r.bulk.wait(ctx, r.Now, next) {
			return
		}
	}
}

// carryOrders carries out what is open, if no other node does.
func (r *Runner) carryOrders(ctx, work context.Context) error {
	open, err := r.orders().OpenBulks(ctx, 10)
	if err != nil || len(open) == 0 {
		return err
	}
	node, alive := r.member.holder()
	if !alive {
		return nil
	}
	lease, mine, err := r.orders().Acquire(ctx, bulkLease, node, r.Now(), r.Now().Add(r.member.lease))
	if err != nil || !mine {
		return err
	}
	defer func() { _ = r.orders().Release(context.WithoutCancel(ctx), lease) }() // it ends by itself otherwise
	for _, b := range open {
		if err := r.carryOrder(ctx, work, b); err != nil {
			return err
		}
	}
	r.bulk.ring(r.Now()) // there may be more
	return nil
}

// carryOrder carries one order out, some incidents at a time.
func (r *Runner) carryOrder(ctx, work context.Context, b store.Bulk) error {
	vars, err := engine.Values(b.Vars)
	if err != nil {
		return err
	}
	if b.Kind == store.BulkMigrate || b.Kind == store.BulkReturn {
		return r.carryMigration(ctx, work, b, vars)
	}
	for ctx.Err() == nil {
		if now, err := r.orders().Bulk(ctx, b.ID); err != nil || !now.Ended.IsZero() {
			return err
		}
		if _, alive := r.member.holder(); !alive {
			return nil
		}
		items, err := r.orders().BulkItems(ctx, b.ID, "waiting", 0, bulkAtOnce)
		if err != nil || len(items) == 0 {
			return err
		}
		settled := 0
		for i := range items {
			if ctx.Err() != nil {
				break
			}
			if err = r.carryItem(work, &b, vars, &items[i]); err != nil {
				break
			}
			settled++
		}
		if e := r.orders().SettleBulk(work, b.ID, items[:settled], r.Now()); e != nil {
			return e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carryItem deals with one incident. An error means that it cannot be known now
// what became of it: it is tried again.
func (r *Runner) carryItem(ctx context.Context, b *store.Bulk, vars map[string]expr.Value, i *store.BulkItem) error {
	var event engine.Event
	switch b.Kind {
	case "retry":
		event = engine.Retry{Incident: i.Incident.Seq, Vars: vars}
	case "skip":
		event = engine.Skip{Incident: i.Incident.Seq, Vars: vars, Outcome: b.Outcome, Reason: b.Reason}
	default:
		event = engine.Cancel{Reason: b.Reason}
	}
	_, err := r.Do(ctx, b.By, i.Incident.Instance, event, fmt.Sprintf("bulk %d %d", b.ID, i.N)) // no request has a key with a blank
	i.State, i.At = "done", r.Now()
	switch kind, code := signoff.KindOf(err), signoff.CodeOf(err); {
	case err == nil:
	case code == engine.CodeIncidentGone || code == engine.CodeInstanceEnded:
		i.State, i.Code, i.Cause = "passed", code, cause(err)
	case code == codeBusy || code != codePanic && (kind == signoff.Internal || kind == signoff.Unavailable):
		return err
	default:
		i.State, i.Code, i.Cause = "failed", code, cause(err)
	}
	return nil
}
