package worklist

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// InstanceQuery says which instances.
type InstanceQuery struct {
	All      bool          // all the caller may see, instead of those they started
	Status   engine.Status // "": any
	Incident bool          // only those with a step that failed
	Workflow string        // key or number; "": all
	Search   string        // part of the folio, or the number
	Limit    int           // 0: DefaultLimit
	Cursor   string
}

// Instance is one run as lists show it.
type Instance struct {
	store.Instance
	Key, Name string // the workflow's
	Number    int    // the version's
	Def       *process.Definition
	Waiting   []Waiting
}

// maxScannedInstances is maxScanned for instances, which are larger than tasks.
const maxScannedInstances = 500

// Instances lists instances, started last first. With All the list holds what
// the caller started and every instance of the workflows they may view.
func (w *Worklist) Instances(ctx context.Context, by signoff.Caller, q InstanceQuery) (p Page[Instance], err error) {
	at := signoff.InstanceID(math.MaxInt64)
	if err := readCursor(q.Cursor, &at); err != nil {
		return p, err
	}
	only, err := w.workflowFilter(ctx, q.Workflow)
	if err != nil {
		return p, err
	}
	m, err := w.runs(ctx, by, q, only)
	if err != nil {
		return p, err
	}
	n, search := limit(q.Limit), strings.ToLower(strings.TrimSpace(q.Search))
	last := store.Instance{ID: at}
	for range maxScannedInstances {
		same, err := m.next(ctx, &last)
		if err != nil {
			return p, err
		}
		if len(same) == 0 {
			return p, w.lacking(ctx, p.Items)
		}
		if !found(&same[0], q, only, search) {
			last = same[0]
			continue
		}
		if len(p.Items) == n {
			break
		}
		last = same[0]
		item, err := w.instance(ctx, same[0])
		if err != nil {
			return p, err
		}
		p.Items = append(p.Items, item)
	}
	p.Next = writeCursor(last.ID)
	return p, w.lacking(ctx, p.Items)
}

// lacking says which steps of a page's instances lack a connection.
func (w *Worklist) lacking(ctx context.Context, page []Instance) error {
	var ids []signoff.InstanceID
	for i := range page {
		if slices.ContainsFunc(page[i].Waiting, func(one Waiting) bool { return one.effect != 0 }) {
			ids = append(ids, page[i].ID)
		}
	}
	list, err := w.Store.Lacking(ctx, ids)
	if err != nil {
		return err
	}
	of := map[string][]store.Waiting{}
	for _, one := range list {
		id, _, _ := strings.Cut(one.Key, "_")
		of[id] = append(of[id], one)
	}
	for i := range page {
		page[i].lack(of[strconv.FormatInt(int64(page[i].ID), 10)])
	}
	return nil
}

func found(in *store.Instance, q InstanceQuery, only signoff.WorkflowID, search string) bool {
	if only != 0 && in.Workflow != only || q.Incident && len(in.State.Incidents) == 0 {
		return false
	}
	return search == "" || strings.Contains(strings.ToLower(in.State.Folio), search) || strconv.FormatInt(int64(in.ID), 10) == search
}

// runs is the merge of the walks a query needs.
func (w *Worklist) runs(ctx context.Context, by signoff.Caller, q InstanceQuery, only signoff.WorkflowID) (*merge[store.Instance], error) {
	m := &merge[store.Instance]{before: func(a, b store.Instance) bool { return a.ID > b.ID }}
	add := func(fetch func(ctx context.Context, before signoff.InstanceID, n int) ([]store.Instance, error)) {
		m.sources = append(m.sources, &source[store.Instance]{fetch: func(ctx context.Context, behind *store.Instance, n int) ([]store.Instance, bool, error) {
			list, err := fetch(ctx, behind.ID, n)
			return list, len(list) == n, err
		}})
	}
	seen, err := w.viewable(ctx, by, q, only)
	if err != nil {
		return nil, err
	}
	for _, st := range statuses(q) {
		if by.Principal.IsUser() && (only == 0 || !seen[only]) {
			add(func(ctx context.Context, before signoff.InstanceID, n int) ([]store.Instance, error) {
				return w.Store.InstancesOfStarter(ctx, by.Principal, st, before, n)
			})
		}
		for wf := range seen {
			if !q.Incident {
				add(func(ctx context.Context, before signoff.InstanceID, n int) ([]store.Instance, error) {
					return w.Store.InstancesOfWorkflow(ctx, wf, st, before, n)
				})
			}
		}
	}
	for wf := range seen {
		if q.Incident {
			add(func(ctx context.Context, before signoff.InstanceID, n int) ([]store.Instance, error) {
				return w.Store.InstancesWithIncidents(ctx, wf, before, n)
			})
		}
	}
	return m.sized(limit(q.Limit) + 1), nil
}

func statuses(q InstanceQuery) []engine.Status {
	switch {
	case q.Incident:
		return []engine.Status{engine.Running}
	case q.Status != "":
		return []engine.Status{q.Status}
	}
	return []engine.Status{engine.Running, engine.Completed, engine.Cancelled}
}

// viewable returns the workflows whose every instance belongs into the list.
func (w *Worklist) viewable(ctx context.Context, by signoff.Caller, q InstanceQuery, only signoff.WorkflowID) (map[signoff.WorkflowID]bool, error) {
	if !q.All {
		return nil, nil
	}
	list, err := w.Library.Workflows(ctx, by)
	if err != nil {
		return nil, err
	}
	seen := map[signoff.WorkflowID]bool{}
	for _, wf := range list {
		if wf.CanView && (only == 0 || only == wf.ID) {
			seen[wf.ID] = true
		}
	}
	return seen, nil
}

func (w *Worklist) instance(ctx context.Context, in store.Instance) (Instance, error) {
	a, err := w.about(ctx, in.Version)
	if err != nil {
		return Instance{}, err
	}
	return Instance{Instance: in, Key: a.Key, Name: a.Name, Number: a.Number, Def: a.Def, Waiting: waiting(a, &in.State)}, nil
}

// Incident is a failed step with the instance it belongs to.
type Incident struct {
	engine.Incident
	Serial   signoff.Serial
	Instance Instance
	Step     string // the element's name
}

// Incidents lists the open incidents of the workflows the caller may view, of
// the instance started last first. Limit and cursor count instances.
func (w *Worklist) Incidents(ctx context.Context, by signoff.Caller, q InstanceQuery) (Page[Incident], error) {
	q.Incident, q.All = true, true
	list, err := w.Instances(ctx, by, q)
	p := Page[Incident]{Next: list.Next}
	for _, in := range list.Items {
		for _, i := range in.State.Incidents {
			n := signoff.Serial{Instance: in.ID, Seq: i.Seq}
			p.Items = append(p.Items, Incident{Incident: i, Serial: n, Instance: in, Step: about{Def: in.Def}.name(i.Node)})
		}
	}
	return p, err
}
