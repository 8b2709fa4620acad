package library

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Workflow is a workflow as one caller may use it.
type Workflow struct {
	store.Workflow
	CanStart  bool
	CanView   bool // every instance, not only their own
	CanKnow   bool // the workflow and its drawing
	CanManage bool
}

// catalog is everything lists and rights are answered from. It is replaced as a
// whole when something changes, so it needs no lock.
type catalog struct {
	of         int64     // the count of changes it was read at
	at         time.Time // when it was read
	list       []*entry  // by name
	byID       map[signoff.WorkflowID]*entry
	byKey      map[string]*entry
	categories map[string][]access.Grant // by the category's key
}

type entry struct {
	store.Workflow
	own    []access.Grant // those on the workflow itself
	grants []access.Grant // all that count: its own, then its categories', the nearest first
}

func (e *entry) as(by signoff.Caller) Workflow {
	may := func(r access.Right) bool { return access.May(by, r, e.grants).OK }
	return Workflow{e.Workflow, may(access.Start), may(access.View), may(access.ViewOwn), may(access.Administer)}
}

// known tells whether the caller is to know of the workflow at all.
func (w Workflow) known() bool { return w.CanKnow } // every right includes that

// Other servers on the same database say what they change. Should the word get
// lost, the catalog is read anew after a while; and before it is said that a
// workflow is not there, unless that was looked for just now.
const (
	catalogFor = 30 * time.Second
	missedFor  = 100 * time.Millisecond
)

// Heard takes in what another server says about workflows.
func (l *Library) Heard(store.Hint) { l.changes.Add(1) }

// Changed takes in that rights were changed otherwise than through here: with a
// group that holds some, for instance.
func (l *Library) Changed() { l.changed() }

// changed makes what was read before old, here and on other servers.
func (l *Library) changed() {
	l.changes.Add(1)
	l.store.Publish(store.TopicWorkflows, "")
}

func (l *Library) current(ctx context.Context) (*catalog, error) { return l.read(ctx, catalogFor) }

// read returns the catalog, read anew when something has changed or, where
// others may change it, when it is older than said.
func (l *Library) read(ctx context.Context, age time.Duration) (*catalog, error) {
	good := func(c *catalog, of int64) bool {
		return c != nil && c.of == of && (!l.store.Shared() || l.now().Sub(c.at).Abs() < age)
	}
	if c := l.catalog.Load(); good(c, l.changes.Load()) {
		return c, nil
	}
	l.reading.Lock()
	defer l.reading.Unlock()
	// Noted before reading: a change in between makes what is read old at once.
	of, at := l.changes.Load(), l.now()
	if c := l.catalog.Load(); good(c, of) {
		return c, nil
	}
	c, err := l.readCatalog(ctx)
	if err != nil {
		return nil, err
	}
	c.of, c.at = of, at
	l.catalog.Store(c)
	return c, nil
}

func (l *Library) readCatalog(ctx context.Context) (*catalog, error) {
	list, err := l.store.Workflows(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := l.store.Grants(ctx)
	if err != nil {
		return nil, err
	}
	categories, err := l.store.CategoryGrants(ctx)
	if err != nil {
		return nil, err
	}
	c := &catalog{categories: categories, byID: map[signoff.WorkflowID]*entry{}, byKey: map[string]*entry{}}
	for _, w := range list {
		e := &entry{w, grants[w.ID], slices.Clip(grants[w.ID])}
		for _, key := range access.CategoryKeys(w.Category) {
			e.grants = append(e.grants, categories[key]...)
		}
		c.list = append(c.list, e)
		c.byID[w.ID], c.byKey[w.Key] = e, e
	}
	return c, nil
}

// Workflows lists what the caller holds any right on, by name.
func (l *Library) Workflows(ctx context.Context, by signoff.Caller) ([]Workflow, error) {
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []Workflow
	for _, e := range c.list {
		if w := e.as(by); w.known() {
			out = append(out, w)
		}
	}
	return out, nil
}

// Workflow returns one workflow, NotFound when the caller holds no right on it.
func (l *Library) Workflow(ctx context.Context, by signoff.Caller, id signoff.WorkflowID) (Workflow, error) {
	c, err := l.current(ctx)
	if err != nil {
		return Workflow{}, err
	}
	return found(c.byID[id], by)
}

// Lookup returns one workflow by its key or its number, as people write it.
func (l *Library) Lookup(ctx context.Context, by signoff.Caller, name string) (Workflow, error) {
	for _, age := range []time.Duration{catalogFor, missedFor} {
		c, err := l.read(ctx, age)
		if err != nil {
			return Workflow{}, err
		}
		if e := c.named(name); e != nil {
			return found(e, by)
		}
	}
	return found(nil, by)
}

func (c *catalog) named(name string) *entry {
	if e := c.byKey[name]; e != nil {
		return e
	}
	id, err := strconv.ParseInt(name, 10, 64)
	if err != nil {
		return nil
	}
	return c.byID[signoff.WorkflowID(id)]
}

// Number returns a workflow's number, whoever asks: only for narrowing down
// what the caller may see anyway.
func (l *Library) Number(ctx context.Context, name string) (signoff.WorkflowID, error) {
	w, err := l.Lookup(ctx, access.System, name)
	return w.ID, err
}

func found(e *entry, by signoff.Caller) (Workflow, error) {
	if e != nil {
		if w := e.as(by); w.known() {
			return w, nil
		}
	}
	return Workflow{}, &signoff.Error{Kind: signoff.NotFound, Code: "workflow-not-found",
		Detail: "there is no such workflow, or you hold no right on it"}
}

// May says whether the caller holds a right on a workflow, and why.
func (l *Library) May(ctx context.Context, by signoff.Caller, right access.Right, id signoff.WorkflowID) (access.Decision, error) {
	c, err := l.current(ctx)
	if err != nil {
		return access.Decision{}, err
	}
	e := c.byID[id]
	if e == nil {
		return access.Decision{Why: "there is no such workflow"}, nil
	}
	return access.May(by, right, e.grants), nil
}

// Those lists the workflows on which the caller holds a right, by number.
func (l *Library) Those(ctx context.Context, by signoff.Caller, right access.Right) (out []signoff.WorkflowID, err error) {
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range c.list {
		if access.May(by, right, e.grants).OK {
			out = append(out, e.ID)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Allow is May as an error: nil for yes, NotFound for a workflow the caller is
// not to know of, Forbidden with the reason otherwise.
func (l *Library) Allow(ctx context.Context, by signoff.Caller, right access.Right, id signoff.WorkflowID) error {
	if _, err := l.Workflow(ctx, by, id); err != nil {
		return err
	}
	d, err := l.May(ctx, by, right, id)
	if err != nil {
		return err
	}
	return d.Err()
}
