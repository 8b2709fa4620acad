package worklist

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/store"
)

// Status is how a task stands for one person; the words are K2's.
type Status string

const (
	Available  Status = "available" // can be decided; Claimed tells who has marked it, if anybody
	Open       Status = "open"      // claimed by the caller
	Allocated  Status = "allocated" // kept by somebody else's claim
	Sleeping   Status = "sleeping"  // put to sleep by the caller
	Questioned Status = "asked"     // a question about it is put to the caller, not the task
	Answered   Status = "answered"  // by the caller; others are still asked
	Closed     Status = "closed"
)

// View chooses which tasks a list holds.
type View string

const (
	ViewToDo      View = ""          // available and open: what can be decided now
	ViewAllocated View = "allocated" // kept by others' claims
	ViewSleeping  View = "sleeping"
	ViewAll       View = "all"    // the three above
	ViewClosed    View = "closed" // those the caller decided, last decided first
)

// Sort is the order of a list.
type Sort string

const (
	Newest     Sort = "" // offered last first
	Oldest     Sort = "oldest"
	ByDue      Sort = "due"      // due first first, those without a due time last
	ByPriority Sort = "priority" // high first
)

// walked is the order in which rows are read for s.
func (s Sort) walked() store.Order {
	if s == Oldest {
		return store.OldestFirst
	}
	return store.NewestFirst
}

// Query says which tasks.
type Query struct {
	View     View
	Sort     Sort   // ignored for ViewClosed. ByDue and ByPriority look at the newest 2000 tasks
	Workflow string // key or number; "": all
	Search   string // part of title, folio or workflow name, in any letter case
	Limit    int    // 0: DefaultLimit
	Cursor   string
}

// Task is one task as lists show it.
type Task struct {
	Serial    signoff.Serial
	Title     string
	Folio     string
	Workflow  signoff.WorkflowID
	Key, Name string // the workflow's
	Version   store.VersionID
	Node      string // element id
	Step      string // the element's name
	Starter   signoff.Principal
	Status    Status
	For       signoff.Principal // who is away and has the caller stand in; "": it is the caller's own
	Via       signoff.Principal // the group it came through; "": put to the caller by name
	Claimed   signoff.Principal
	Priority  int
	OfferedAt time.Time
	Due       *time.Time
	Until     *time.Time // when a sleeping one wakes
	ClosedAt  *time.Time
	Outcome   string
	Actions   []process.Action
}

// Tasks lists the caller's tasks.
func (w *Worklist) Tasks(ctx context.Context, by signoff.Caller, q Query) (Page[Task], error) {
	if !by.Principal.IsUser() {
		return Page[Task]{}, nil
	}
	wf, err := w.workflowFilter(ctx, q.Workflow)
	if err != nil {
		return Page[Task]{}, err
	}
	q.Search = strings.ToLower(strings.TrimSpace(q.Search))
	switch {
	case q.View == ViewClosed:
		return w.decided(ctx, by, wf, q)
	case q.Sort == Newest || q.Sort == Oldest:
		return w.walked(ctx, by, wf, q)
	}
	return w.sorted(ctx, by, wf, q)
}

// rows is the caller's worklist as one list.
func (w *Worklist) rows(by signoff.Caller, v View, order store.Order, n int) *merge[store.WorklistRow] {
	m := &merge[store.WorklistRow]{before: func(a, b store.WorklistRow) bool { return b.Mark().After(a.Mark()) }}
	if order == store.OldestFirst {
		m.before = func(a, b store.WorklistRow) bool { return a.Mark().After(b.Mark()) }
	}
	var walks []store.Walk
	add := func(p signoff.Principal, shelf store.Shelf) {
		walks = append(walks, store.Walk{Principal: p, Shelf: shelf})
	}
	// One's own sleeping rows are walked for ToDo as well, and those of tasks one
	// has had one's say in: they hide the row of the group the task came through.
	add(by.Principal, store.Asleep)
	for _, p := range by.Principals() {
		if v != ViewSleeping && v != ViewAllocated {
			add(p, store.ToDo)
		}
		if v != ViewSleeping && v != ViewToDo {
			add(p, store.Taken)
		}
	}
	for _, p := range inPlaceOf(by) {
		if v != ViewSleeping && v != ViewAllocated {
			add(p, store.ToDo)
		}
		if v != ViewSleeping && v != ViewToDo {
			add(p, store.Taken)
		}
	}
	for some := range slices.Chunk(walks, store.MaxWalks) {
		m.sources = append(m.sources, &source[store.WorklistRow]{fetch: func(ctx context.Context, behind *store.WorklistRow, n int) ([]store.WorklistRow, bool, error) {
			return w.Store.WorklistPage(ctx, some, order, behind.Mark(), n)
		}})
	}
	return m.sized(n)
}

// choose takes of the rows of one task the one that counts for the caller: their
// own before any group's. It returns false when that one is not in the view.
func choose(by signoff.Caller, v View, rows []store.WorklistRow) (store.WorklistRow, bool) {
	if rows = own(by, rows); len(rows) == 0 {
		return store.WorklistRow{}, false
	}
	row := rows[0]
	if i := slices.IndexFunc(rows, func(r store.WorklistRow) bool { return r.Principal == by.Principal }); i > 0 {
		row = rows[i]
	}
	switch v {
	case ViewToDo:
		return row, row.Shelf == store.ToDo
	case ViewAllocated:
		return row, row.Shelf == store.Taken && row.Claimed != by.Principal
	case ViewSleeping:
		return row, row.Shelf == store.Asleep && row.Until != 0
	}
	return row, row.Shelf != store.Asleep || row.Until != 0 // for good: they had their say
}

// walk calls yield with each of the caller's tasks in the view behind a mark,
// until it returns false, the list ends, or maxScanned rows have been looked
// at. It returns the place behind which there may be more, and whether there may.
func (w *Worklist) walk(ctx context.Context, by signoff.Caller, v View, order store.Order, behind store.Mark, batch int, yield func(store.WorklistRow) bool) (store.Mark, bool, error) {
	m := w.rows(by, v, order, batch)
	at := store.WorklistRow{Offered: behind.Offered, Serial: behind.Serial}
	for range maxScanned {
		rows, err := m.next(ctx, &at)
		if err != nil || len(rows) == 0 {
			return store.Mark{}, false, err
		}
		if row, in := choose(by, v, rows); in && !yield(row) {
			return at.Mark(), true, nil
		}
		at = rows[0]
	}
	return at.Mark(), true, nil
}

func (w *Worklist) walked(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, q Query) (p Page[Task], err error) {
	var behind store.Mark
	if err := readCursor(q.Cursor, &behind); err != nil {
		return p, err
	}
	n := limit(q.Limit)
	var failed error
	stopped, more, err := w.walk(ctx, by, q.View, q.Sort.walked(), behind, n+1, func(r store.WorklistRow) bool {
		if len(p.Items) == n {
			return false
		}
		t, match, err := w.matching(ctx, by, wf, q, r)
		if match {
			p.Items = append(p.Items, t)
		}
		failed = err
		return err == nil
	})
	if err := errors.Join(err, failed); err != nil {
		return Page[Task]{}, err
	}
	if more {
		p.Next = writeCursor(stopped)
	}
	return p, nil
}

// matching makes a task of a row, if it is one that was asked for.
func (w *Worklist) matching(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, q Query, r store.WorklistRow) (Task, bool, error) {
	if wf != 0 && r.Workflow != wf {
		return Task{}, false, nil
	}
	t, err := w.task(ctx, by, r)
	return t, err == nil && t.contains(q.Search), err
}

func (t *Task) contains(search string) bool {
	return search == "" || strings.Contains(strings.ToLower(t.Title), search) ||
		strings.Contains(strings.ToLower(t.Folio), search) || strings.Contains(strings.ToLower(t.Name), search)
}

// sorted lists in another order: of the newest maxScanned tasks, which are then
// sorted and cut.
func (w *Worklist) sorted(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, q Query) (p Page[Task], err error) {
	before, err := order(q.Sort)
	if err != nil {
		return p, err
	}
	var behind sortMark
	if err := readCursor(q.Cursor, &behind); err != nil {
		return p, err
	}
	var rows []store.WorklistRow
	if _, _, err = w.walk(ctx, by, q.View, store.NewestFirst, store.Mark{}, maxScanned, func(r store.WorklistRow) bool { rows = append(rows, r); return true }); err != nil {
		return p, err
	}
	slices.SortFunc(rows, func(a, b store.WorklistRow) int {
		if before(markOf(a), markOf(b)) {
			return -1
		}
		return 1 // no two rows stand in the same place
	})
	for _, r := range rows {
		if q.Cursor != "" && !before(behind, markOf(r)) {
			continue
		}
		t, match, err := w.matching(ctx, by, wf, q, r)
		if err != nil {
			return p, err
		}
		if !match {
			continue
		}
		if len(p.Items) == limit(q.Limit) {
			p.Next = writeCursor(behind)
			return p, nil
		}
		p.Items, behind, q.Cursor = append(p.Items, t), markOf(r), ""
	}
	return p, nil
}

// sortMark is what orders go by.
type sortMark struct {
	store.Mark
	Due      int64
	Priority int
}

func markOf(r store.WorklistRow) sortMark { return sortMark{r.Mark(), r.Due, r.Priority} }

func order(s Sort) (func(a, b sortMark) bool, error) {
	newer := func(a, b sortMark) bool { return b.After(a.Mark) }
	switch s {
	case ByPriority:
		return func(a, b sortMark) bool {
			return a.Priority < b.Priority || a.Priority == b.Priority && newer(a, b)
		}, nil
	case ByDue:
		return func(a, b sortMark) bool {
			if (a.Due == 0) != (b.Due == 0) {
				return a.Due != 0
			}
			return a.Due < b.Due || a.Due == b.Due && newer(a, b)
		}, nil
	}
	return nil, &signoff.Error{Kind: signoff.Invalid, Code: "invalid-request", Detail: "tasks can be sorted by newest, oldest, due or priority"}
}

func (w *Worklist) task(ctx context.Context, by signoff.Caller, r store.WorklistRow) (Task, error) {
	a, err := w.about(ctx, r.Version)
	if err != nil {
		return Task{}, err
	}
	node, asked := strings.CutPrefix(r.Node, store.AsksAbout)
	r.Node = node
	t := Task{Serial: r.Serial, Title: r.Title, Folio: r.Folio, Workflow: r.Workflow, Key: a.Key, Name: a.Name, Version: r.Version,
		Node: r.Node, Step: a.name(r.Node), Starter: r.Starter, Status: Available, Claimed: r.Claimed, Priority: r.Priority,
		OfferedAt: time.UnixMicro(r.Offered).UTC(), Due: moment(r.Due), Until: moment(r.Until)}
	switch {
	case r.Shelf == store.Asleep:
		t.Status = Sleeping
	case r.Claimed == by.Principal && r.Claimed != "":
		t.Status = Open
	case r.Shelf == store.Taken:
		t.Status = Allocated
	}
	if r.Principal.IsGroup() {
		t.Via = r.Principal
	}
	if s := stands(by, r.Principal); s != nil {
		t.For = s.Person.Principal
	}
	if asked {
		t.Status = Questioned
		return t, nil
	}
	if n := a.node(r.Node); n != nil && n.Task != nil {
		t.Actions = n.Task.Actions
		if t.For != "" && n.Task.ExcludeStarter && r.Starter == by.Principal {
			t.Actions = nil // theirs to see, and not to decide
		}
	}
	return t, nil
}

func moment(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := time.UnixMicro(us).UTC()
	return &t
}

// decided lists what the caller decided.
func (w *Worklist) decided(ctx context.Context, by signoff.Caller, wf signoff.WorkflowID, q Query) (p Page[Task], err error) {
	var behind store.Mark
	if err := readCursor(q.Cursor, &behind); err != nil {
		return p, err
	}
	n := limit(q.Limit)
	for scanned := 0; scanned < maxScanned; {
		list, err := w.Store.Decided(ctx, by.Principal, behind, n+1)
		if err != nil {
			return p, err
		}
		for i := range list {
			if len(p.Items) == n {
				p.Next = writeCursor(behind)
				return p, nil
			}
			behind = list[i].Mark()
			t, err := w.closed(ctx, &list[i])
			if err != nil {
				return p, err
			}
			if (wf == 0 || t.Workflow == wf) && t.contains(q.Search) {
				p.Items = append(p.Items, t)
			}
		}
		if len(list) <= n {
			return p, nil
		}
		scanned += len(list)
	}
	p.Next = writeCursor(behind)
	return p, nil
}

func (w *Worklist) closed(ctx context.Context, d *store.DecidedTask) (Task, error) {
	a, err := w.about(ctx, d.Version)
	if err != nil {
		return Task{}, err
	}
	return Task{Serial: d.Serial, Title: d.Title, Folio: d.Folio, Workflow: d.Workflow, Key: a.Key, Name: a.Name, Version: d.Version,
		Node: d.Node, Step: a.name(d.Node), Starter: d.Starter, Status: Closed, Priority: d.Priority, OfferedAt: d.OfferedAt,
		Due: d.Due, ClosedAt: d.ClosedAt, Outcome: d.Outcome, For: d.For}, nil
}

// Counts is how many tasks wait for somebody.
type Counts struct {
	ToDo     int
	Sleeping int
	Atleast  bool // ToDo is above countedExactly and may hold a task twice that came by two ways
}

// countedExactly is up to how many tasks are counted one by one, so that one
// that is put to a person and to their group counts once.
const countedExactly = 200

// Counts returns the caller's counts. Large ones are those the store keeps.
func (w *Worklist) Counts(ctx context.Context, by signoff.Caller) (c Counts, err error) {
	if !by.Principal.IsUser() {
		return c, nil
	}
	if c.Sleeping, err = w.Store.WorklistCount(ctx, by.Principal, store.Asleep); err != nil {
		return c, err
	}
	if n := c.Sleeping; n > 0 && n <= countedExactly { // some may be there for good
		c.Sleeping = 0
		if _, _, err = w.walk(ctx, by, ViewSleeping, store.NewestFirst, store.Mark{}, 50, func(store.WorklistRow) bool { c.Sleeping++; return true }); err != nil {
			return c, err
		}
	}
	for _, p := range walkedFor(by) {
		n, err := w.Store.WorklistCount(ctx, p, store.ToDo)
		if err != nil {
			return c, err
		}
		c.ToDo += n
	}
	if c.ToDo > countedExactly {
		c.Atleast = true
		return c, nil
	}
	sum := c.ToDo
	c.ToDo = 0
	if sum > 0 {
		_, _, err = w.walk(ctx, by, ViewToDo, store.NewestFirst, store.Mark{}, 50, func(store.WorklistRow) bool { c.ToDo++; return true })
	}
	return c, err
}
