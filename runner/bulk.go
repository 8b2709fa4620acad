package runner

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
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
	Kind     string // store.BulkRetry, BulkSkip or BulkCancel
	Workflow string // key or number; "": all that the caller administers
	Step     string // element id; "": any
	Code     string // of the incident; "": any
	Reason   string
	Outcome  string
	Vars     map[string]any
	Once     string // key that makes the same request one order; "": none
}

const (
	bulkAtOnce = 50 // incidents noted in one commit
	bulkScan   = 200
	bulkOpen   = 10 // orders taken up one after the other
	bulkLease  = "bulk"

	// An incident that cannot be dealt with now is tried again, for about half an
	// hour in all. After so many of them others have their turn.
	bulkTries   = 12
	bulkAwkward = 5
	bulkPause   = time.Second // before the first time again, and twice as long each time
	bulkLongest = 5 * time.Minute

	keepMigrations = 365 * 24 * time.Hour // orders that can be taken back; others: keepSettled
)

// bulkPauses is how long something waits that could not be done so many times.
func bulkPauses(attempt int) time.Duration {
	return min(bulkPause<<min(max(attempt, 1)-1, 10), bulkLongest)
}

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
	once := r.onceMore(by, req)
	if id, done, err := r.before(ctx, once); err != nil {
		return b, err
	} else if done {
		return r.orders().Bulk(ctx, int64(id))
	}
	switch {
	case req.Kind != store.BulkRetry && req.Kind != store.BulkSkip && req.Kind != store.BulkCancel:
		return b, badBulk("do", "it is retry, skip or cancel")
	case req.Kind != store.BulkRetry && req.Reason == "":
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
	if b, err = r.orders().CreateBulk(ctx, b, items, once); err == nil {
		r.bulk.ring(r.Now())
	}
	if done, ok := errors.AsType[*store.OnceDone](err); ok { // meanwhile
		return r.orders().Bulk(ctx, int64(done.Instance))
	}
	return b, err
}

// onceMore makes the store's record of a request for an order.
func (r *Runner) onceMore(by signoff.Caller, req BulkRequest) store.Once {
	if req.Once == "" {
		return store.Once{}
	}
	key := req.Once
	req.Once = ""
	text, err := json.Marshal(req)
	if err != nil {
		panic(err) // it came as JSON
	}
	sum := sha256.Sum256(append([]byte("bulk "), text...))
	return store.Once{Key: string(by.Principal) + " " + key, Digest: hex.EncodeToString(sum[:16]), At: r.Now()}
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
				return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bulk-too-large", Detail: fmt.Sprintf("more than %d incidents are meant", store.MaxBulk),
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
	var forgot time.Time
	for {
		if now := r.Now(); now.Sub(forgot) > time.Hour {
			forgot = now
			r.forgetBulks(ctx)
		}
		next, err := r.carryOrders(ctx, work)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("orders for many incidents were not looked for; they are later", slog.Any("err", err))
			next = r.Now().Add(time.Second)
		}
		if !r.bulk.wait(ctx, r.Now, next) {
			return
		}
	}
}

func (r *Runner) forgetBulks(ctx context.Context) {
	const atOnce = 10
	for {
		n, err := r.orders().ForgetBulks(ctx, r.Now().Add(-keepSettled), r.Now().Add(-keepMigrations), atOnce)
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("old orders not removed", slog.Any("err", err))
		}
		if err != nil || n < atOnce {
			return
		}
	}
}

// carryOrders carries out what is due, if no other node does, and returns when
// the next is; zero when it is not for this node to say.
func (r *Runner) carryOrders(ctx, work context.Context) (time.Time, error) {
	open, err := r.orders().OpenBulks(ctx, r.Now(), bulkOpen)
	if err != nil {
		return time.Time{}, err
	}
	if len(open) == 0 {
		return r.orders().NextBulk(ctx)
	}
	node, alive := r.member.holder()
	if !alive {
		return time.Time{}, nil
	}
	lease, mine, err := r.orders().Acquire(ctx, bulkLease, node, r.Now(), r.Now().Add(r.member.lease)) // the node renews it
	if err != nil || !mine {
		return time.Time{}, err
	}
	defer func() { _ = r.orders().Release(context.WithoutCancel(ctx), lease) }() // it ends by itself otherwise
	for _, b := range open {
		if err := r.carryOrder(ctx, work, b); err != nil {
			if err = r.delayOrder(ctx, work, b, err); err != nil {
				return time.Time{}, err
			}
		}
	}
	r.bulk.ring(r.Now()) // there may be more
	return time.Time{}, nil
}

// delayOrder lets an order wait that something is in the way of, so that others have
// their turn.
func (r *Runner) delayOrder(ctx, work context.Context, b store.Bulk, why error) error {
	if ctx.Err() != nil {
		return why
	}
	r.Log.Warn("an order for many incidents waits; it is tried again", slog.Int64("bulk", b.ID), slog.Any("err", why))
	return r.orders().PutOffBulk(work, b.ID, r.Now().Add(bulkPauses(b.Attempt+1)), b.Attempt+1, cause(why))
}

// carryOrder carries one order out, some incidents at a time, until nothing is
// left to do now.
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
		items, next, err := r.orders().DueItems(ctx, b.ID, r.Now(), bulkAtOnce)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			if next.IsZero() {
				return nil
			}
			return r.orders().PutOffBulk(work, b.ID, next, 0, "")
		}
		awkward, err := r.carrySome(ctx, work, &b, vars, items)
		if err != nil {
			return err
		}
		if awkward >= bulkAwkward {
			return r.orders().PutOffBulk(work, b.ID, r.Now().Add(bulkPause), 0, "")
		}
	}
	return nil
}

// carrySome deals with some incidents and notes what became of them. It returns
// how many had to be put off, and stops when that is too many.
func (r *Runner) carrySome(ctx, work context.Context, b *store.Bulk, vars map[string]expr.Value, items []store.BulkItem) (awkward int, err error) {
	settled := 0
	for i := range items {
		if ctx.Err() != nil || awkward >= bulkAwkward {
			break
		}
		var why string
		if why, err = r.asGiver(ctx, b); err != nil {
			break
		}
		if why != "" {
			err = r.halt(work, b, why)
			break
		}
		if err = r.carryItem(work, b, vars, &items[i]); err != nil {
			break
		}
		if settled++; items[i].State == store.BulkWaiting {
			awkward++
		}
	}
	if e := r.orders().SettleBulk(work, b.ID, items[:settled], r.Now()); e != nil {
		return awkward, e
	}
	return awkward, err
}

// asGiver gives an order the rights that whoever gave it has now. why says that
// they may not do it any more, or may not sign in.
func (r *Runner) asGiver(ctx context.Context, b *store.Bulk) (why string, err error) {
	by, err := r.giver(ctx, b.By)
	if err == nil && b.Workflow != 0 {
		err = r.Library.Allow(ctx, by, access.Administer, b.Workflow)
	}
	switch signoff.KindOf(err) {
	case signoff.Forbidden, signoff.NotFound:
		return signoff.Mention(b.By.Principal) + " may not do this any more: " + cause(err), nil
	}
	if err == nil {
		b.By = by
	}
	return "", err
}

// halt ends an order whose giver may not do it any more.
func (r *Runner) halt(work context.Context, b *store.Bulk, why string) error {
	r.Log.Info("an order for many is stopped", slog.Int64("bulk", b.ID), slog.String("why", why))
	return r.orders().HaltBulk(work, b.ID, why, r.Now())
}

// giver is somebody with the rights they have now, recognised as they were then.
func (r *Runner) giver(ctx context.Context, was signoff.Caller) (signoff.Caller, error) {
	if isServer(was) {
		return was, nil
	}
	present := r.Present
	if present == nil {
		present = r.Standing
	}
	if present == nil {
		was.Admin = true
		return was, nil
	}
	by, err := present(ctx, was.Principal)
	if err == nil && was.Behind != "" {
		_, err = present(ctx, was.Behind)
	}
	by.How, by.Via, by.Behind, by.Acting = was.How, was.Via, was.Behind, was.Acting
	return by, err
}

// carryItem deals with one incident, or puts it off when it cannot be known now
// what became of it. An error means that the order waits.
func (r *Runner) carryItem(ctx context.Context, b *store.Bulk, vars map[string]expr.Value, i *store.BulkItem) error {
	var event engine.Event
	switch b.Kind {
	case store.BulkRetry:
		event = engine.Retry{Incident: i.Incident.Seq, Vars: vars}
	case store.BulkSkip:
		event = engine.Skip{Incident: i.Incident.Seq, Vars: vars, Outcome: b.Outcome, Reason: b.Reason}
	default:
		event = engine.Cancel{Incident: i.Incident.Seq, Reason: b.Reason}
	}
	_, err := r.Do(ctx, b.By, i.Incident.Instance, event, fmt.Sprintf("bulk %d %d", b.ID, i.N)) // no request has a key with a blank
	if ctx.Err() != nil || signoff.CodeOf(err) == codeBusy {
		return err
	}
	i.State, i.Code, i.Cause, i.At, i.Due = store.BulkDone, "", "", r.Now(), time.Time{}
	switch kind, code := signoff.KindOf(err), signoff.CodeOf(err); {
	case err == nil:
	case code == engine.CodeIncidentGone || code == engine.CodeInstanceEnded:
		i.State, i.Code, i.Cause = store.BulkPassed, code, cause(err)
	default:
		i.State, i.Code, i.Cause = store.BulkFailed, code, cause(err)
		if code != codePanic && (kind == signoff.Internal || kind == signoff.Unavailable) && i.Attempt+1 < bulkTries {
			i.Attempt++
			i.State, i.Due = store.BulkWaiting, r.Now().Add(bulkPauses(i.Attempt))
		}
	}
	return nil
}
