package runner

import (
	"context"
	"fmt"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/expr"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// migrating is a migration that is being carried out.
type migrating struct {
	*Runner
	b    *store.Bulk
	m    store.Migration
	move moving
}

// Why items of a migration are not done, besides what the engine says.
const (
	codeAllOrNone = "all-or-none"
	codeTakenBack = "taken-back"
)

// carryMigration carries a migration out, from where it is.
func (r *Runner) carryMigration(ctx, work context.Context, b store.Bulk, vars map[string]expr.Value) error {
	m, err := r.orders().Migration(ctx, b.ID)
	if err != nil {
		return err
	}
	o := &migrating{Runner: r, b: &b, m: m}
	if b.Kind == store.BulkMigrate {
		v, err := r.Library.VersionNumber(ctx, b.Workflow, m.To)
		if err != nil {
			return err
		}
		def, err := r.Library.Definition(ctx, v.ID)
		if err != nil {
			return err
		}
		o.move = moving{r, b.By, engine.Migrate{Into: m.To, Reach: process.NewReach(def), Order: b.ID, Map: m.Map, Vars: vars, Reason: b.Reason}}
	}
	for ctx.Err() == nil {
		if now, err := r.orders().Bulk(ctx, b.ID); err != nil || !now.Ended.IsZero() {
			return err
		}
		if _, alive := r.member.holder(); !alive {
			return nil
		}
		if over, err := o.allowed(ctx, work); over || err != nil {
			return err
		}
		var over bool
		switch o.m.Stage {
		case store.Looking:
			over, err = o.look(ctx, work)
		case store.Back:
			over, err = o.back(ctx, work)
		default:
			over, err = o.some(ctx, work)
		}
		if over || err != nil {
			return err
		}
	}
	return nil
}

// allowed looks up what whoever gave the order may now; without the right it is
// over. Where it is all or none, what was moved is taken back first.
func (o *migrating) allowed(ctx, work context.Context) (over bool, err error) {
	if o.m.Stage == store.Back {
		o.b.By, o.move.by = access.System, access.System // that half of it stays as it is, is the server's to prevent
		return false, nil
	}
	why, err := o.asGiver(ctx, o.b)
	o.move.by = o.b.By
	switch {
	case err != nil || why == "":
		return false, err
	case o.m.Entire && o.m.Stage == store.Moving:
		if err := o.orders().PutOffBulk(work, o.b.ID, o.Now(), 0, why); err != nil {
			return true, err
		}
		if err := o.stage(work, store.Back, 0); err != nil {
			return true, err
		}
		return o.allowed(ctx, work)
	}
	return true, o.halt(work, o.b, why)
}

func (o *migrating) stage(ctx context.Context, s store.Stage, looked int) error {
	o.m.Stage, o.m.Looked = s, looked
	return o.orders().StageMigration(ctx, o.b.ID, s, looked)
}

// look looks at some instances: is anything in the way? When all were looked at,
// they are moved, or it is over.
func (o *migrating) look(ctx, work context.Context) (over bool, err error) {
	items, err := o.orders().BulkItems(ctx, o.b.ID, "waiting", o.m.Looked, bulkAtOnce)
	if err != nil {
		return true, err
	}
	if len(items) == 0 {
		now, err := o.orders().Bulk(ctx, o.b.ID)
		if err != nil {
			return true, err
		}
		if now.Failed > 0 {
			return true, o.leave(ctx, work)
		}
		return false, o.stage(work, store.Moving, 0)
	}
	last := items[len(items)-1].N
	var found []store.BulkItem
	for i := range items {
		in, err := o.orders().Instance(ctx, items[i].Incident.Instance)
		if err == nil {
			err = o.move.foresee(ctx, in)
		}
		if err = o.judged(&items[i], err); err != nil {
			return true, err
		}
		if items[i].State != "done" {
			found = append(found, items[i])
		}
	}
	if len(found) > 0 {
		if err := o.orders().SettleBulk(work, o.b.ID, found, o.Now()); err != nil {
			return true, err
		}
	}
	return false, o.stage(work, store.Looking, last)
}

// leave settles what waits: nothing of it is moved.
func (o *migrating) leave(ctx, work context.Context) error {
	for {
		items, err := o.orders().BulkItems(ctx, o.b.ID, "waiting", 0, bulkScan)
		if err != nil || len(items) == 0 {
			return err
		}
		for i := range items {
			items[i].State, items[i].Code, items[i].At = "passed", codeAllOrNone, o.Now()
			items[i].Cause = "nothing is in its way; it was not moved because others cannot be"
		}
		if err := o.orders().SettleBulk(work, o.b.ID, items, o.Now()); err != nil {
			return err
		}
	}
}

// judged notes what became of an instance. An error means that it cannot be
// known now.
func (o *migrating) judged(i *store.BulkItem, err error) error {
	i.State, i.Code, i.Cause, i.At = "done", "", "", o.Now()
	switch kind, code := signoff.KindOf(err), signoff.CodeOf(err); {
	case err == nil:
	case code == engine.CodeInstanceEnded, code == codeSameVersion, code == "instance-not-found", code == engine.CodeNotMigrated:
		i.State, i.Code, i.Cause = "passed", code, cause(err)
	case code != codePanic && (kind == signoff.Internal || kind == signoff.Unavailable):
		return err
	default:
		i.State, i.Code, i.Cause = "failed", code, inTheWay(err)
	}
	return nil
}

// inTheWay tells all that is in the way of an instance, and what to do about it.
func inTheWay(err error) string {
	blockers := engine.Blockers(err)
	if len(blockers) == 0 {
		return cause(err)
	}
	text := ""
	for i := range blockers {
		if i == namedInTheWay {
			return text + fmt.Sprintf(" And %d more.", len(blockers)-i)
		}
		if i > 0 {
			text += " "
		}
		text += blockers[i].Sentence() + ": " + blockers[i].Advice + "."
	}
	return text
}

// some moves some instances, or takes them back. Where it is all or none, the
// first that cannot be moved ends that.
func (o *migrating) some(ctx, work context.Context) (over bool, err error) {
	items, err := o.orders().BulkItems(ctx, o.b.ID, "waiting", 0, bulkAtOnce)
	if err != nil || len(items) == 0 {
		return true, err
	}
	settled := 0
	broken := false
	for i := range items {
		if ctx.Err() != nil {
			break
		}
		if err = o.one(work, &items[i]); err != nil {
			break
		}
		if broken = o.m.Entire && items[i].State == "failed"; broken {
			break
		}
		settled++
	}
	if e := o.orders().SettleBulk(work, o.b.ID, items[:settled], o.Now()); e != nil {
		return true, e
	}
	if broken {
		return false, o.stage(work, store.Back, 0)
	}
	return err != nil, err
}

func (o *migrating) one(ctx context.Context, i *store.BulkItem) error {
	var event engine.Event = engine.GoBack{Order: o.m.Undoes, Reason: o.b.Reason}
	if o.b.Kind == store.BulkMigrate {
		event = o.move.event
	}
	_, err := o.Do(ctx, o.b.By, i.Incident.Instance, event, fmt.Sprintf("bulk %d %d", o.b.ID, i.N))
	return o.judged(i, err)
}

// back takes some of those back that were moved before something came in the way
// of another. Then the rest is looked at once more, so that it is told what it was.
func (o *migrating) back(ctx, work context.Context) (over bool, err error) {
	items, err := o.orders().BulkItems(ctx, o.b.ID, "done", o.m.Looked, bulkAtOnce)
	if err != nil {
		return true, err
	}
	if len(items) == 0 {
		if err := o.blame(ctx, work); err != nil {
			return true, err
		}
		return true, o.leave(ctx, work)
	}
	event := engine.GoBack{Order: o.b.ID, Reason: "others could not be moved"}
	for i := range items {
		x := &items[i]
		_, err := o.Do(work, o.b.By, x.Incident.Instance, event, fmt.Sprintf("bulk %d %d back", o.b.ID, x.N))
		kind, code := signoff.KindOf(err), signoff.CodeOf(err)
		switch {
		case err == nil || code == engine.CodeNotMigrated:
			x.State, x.Code, x.Cause = "passed", codeTakenBack, "it was moved, and taken back because others could not be"
		case code != codePanic && (kind == signoff.Internal || kind == signoff.Unavailable):
			return true, err
		default:
			x.Code, x.Cause = code, fmt.Sprintf("it stays on version %d: %s", o.m.To, cause(err))
		}
	}
	if err := o.orders().ReturnBulk(work, o.b.ID, items, o.Now()); err != nil {
		return true, err
	}
	return false, o.stage(work, store.Back, items[len(items)-1].N)
}

// blame notes what is in the way of those that were not moved.
func (o *migrating) blame(ctx, work context.Context) error {
	for after := 0; ; {
		items, err := o.orders().BulkItems(ctx, o.b.ID, "waiting", after, bulkAtOnce)
		if err != nil || len(items) == 0 {
			return err
		}
		after = items[len(items)-1].N
		var found []store.BulkItem
		for i := range items {
			in, err := o.orders().Instance(ctx, items[i].Incident.Instance)
			if err == nil {
				err = o.move.foresee(ctx, in)
			}
			if err = o.judged(&items[i], err); err != nil {
				return err
			}
			if items[i].State != "done" {
				found = append(found, items[i])
			}
		}
		if err := o.orders().SettleBulk(work, o.b.ID, found, o.Now()); err != nil {
			return err
		}
	}
}
