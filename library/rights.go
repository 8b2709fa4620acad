package library

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Grants returns the rights on a workflow, to those who administer it. Those
// that its categories have say so.
func (l *Library) Grants(ctx context.Context, by signoff.Caller, id signoff.WorkflowID) ([]access.Grant, error) {
	if err := l.Allow(ctx, by, access.Administer, id); err != nil {
		return nil, err
	}
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	if e := c.byID[id]; e != nil {
		return slices.Clone(e.grants), nil
	}
	return nil, nil
}

// maxGrants bounds the rights on one workflow or category: groups are there for more.
const maxGrants = 1000

// SetGrants replaces the rights on a workflow itself. They hold from the next
// request.
func (l *Library) SetGrants(ctx context.Context, by signoff.Caller, id signoff.WorkflowID, grants []access.Grant) error {
	return l.ChangeGrants(ctx, by, id, func([]access.Grant) ([]access.Grant, error) { return grants, nil })
}

// ChangeGrants lets change replace the rights on a workflow itself, given those
// that are there; it may be run more than once.
func (l *Library) ChangeGrants(ctx context.Context, by signoff.Caller, id signoff.WorkflowID, change func([]access.Grant) ([]access.Grant, error)) error {
	if err := l.Allow(ctx, by, access.Administer, id); err != nil {
		return err
	}
	c, err := l.current(ctx)
	if err != nil {
		return err
	}
	e := c.byID[id]
	if e == nil {
		_, err := found(nil, by)
		return err
	}
	defer l.changed()
	_, err = l.store.ChangeGrants(ctx, store.Place{Workflow: id}, noteOf(by, "workflow:"+e.Key), checked(by, e.grants, change))
	return err
}

func noteOf(by signoff.Caller, subject string) store.Change {
	return store.Change{By: by.Principal, How: by.Recognised(), What: "right", Subject: subject}
}

// checked refuses what cannot be a right, and giving or taking what by does not
// hold, given what is granted on the thing.
func checked(by signoff.Caller, held []access.Grant, change func([]access.Grant) ([]access.Grant, error)) func([]access.Grant) ([]access.Grant, error) {
	return func(before []access.Grant) ([]access.Grant, error) {
		after, err := change(before)
		if err != nil {
			return nil, err
		}
		if len(after) > maxGrants {
			return nil, &signoff.Error{Kind: signoff.TooLarge, Code: "too-many-rights",
				Detail: "a workflow or category can have 1000 rights at most", Hint: "give rights to groups"}
		}
		for i, g := range after {
			if _, err := access.ParseRight(string(g.Right)); err != nil {
				return nil, err
			}
			if !g.Who.IsUser() && !g.Who.IsGroup() {
				return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-principal", Detail: "a right is given to a person, a group or a role"}
			}
			after[i].Category = ""
		}
		return after, access.MayGive(by, before, after, held).Err()
	}
}

// Category is a category that workflows are in, or that has rights.
type Category struct {
	Name      string
	Workflows int // in it and in those within it, as far as the caller may know
	Grants    int // rights on it
	CanManage bool
}

// Categories lists the categories of the workflows the caller may know of, those
// they lie in, and those the caller may change the rights of.
func (l *Library) Categories(ctx context.Context, by signoff.Caller) ([]Category, error) {
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	all := map[string]*Category{}
	at := func(key, name string) *Category {
		if all[key] == nil {
			all[key] = &Category{Name: name, CanManage: c.mayManage(by, key).OK, Grants: len(c.categories[key])}
		}
		return all[key]
	}
	for _, e := range c.list {
		name, err := access.CleanCategory(e.Category)
		if err != nil || !e.as(by).known() {
			continue
		}
		parts := strings.Split(name, "/")
		for _, key := range access.CategoryKeys(name) {
			at(key, strings.Join(parts, "/")).Workflows++
			parts = parts[:len(parts)-1]
		}
	}
	for key, grants := range c.categories {
		if c.mayManage(by, key).OK {
			at(key, grants[0].Category)
		}
	}
	out := make([]Category, 0, len(all))
	for _, one := range all {
		out = append(out, *one)
	}
	slices.SortFunc(out, func(a, b Category) int {
		return cmp.Compare(access.CategoryKey(a.Name), access.CategoryKey(b.Name))
	})
	return out, nil
}

// on are the grants that count on a category: its own, then those of the
// categories it lies in.
func (c *catalog) on(category string) []access.Grant {
	var out []access.Grant
	for _, key := range access.CategoryKeys(category) {
		out = append(out, c.categories[key]...)
	}
	return out
}

func (c *catalog) mayManage(by signoff.Caller, category string) access.Decision {
	d := access.May(by, access.Administer, c.on(category))
	if !d.OK {
		d.Why = "you do not hold the right to administer this category"
	}
	return d
}

// CategoryGrants returns the rights that count on a category, those of the
// categories it lies in among them, to those who administer it.
func (l *Library) CategoryGrants(ctx context.Context, by signoff.Caller, name string) ([]access.Grant, error) {
	name, err := access.CleanCategory(name)
	if err != nil {
		return nil, err
	}
	c, err := l.current(ctx)
	if err != nil {
		return nil, err
	}
	return c.on(name), c.mayManage(by, name).Err()
}

// ChangeCategoryGrants lets change replace the rights on a category, which hold
// for all its workflows, new ones too. It need not have a workflow yet. It takes
// the right to administer the category, or one it lies in.
func (l *Library) ChangeCategoryGrants(ctx context.Context, by signoff.Caller, name string, change func([]access.Grant) ([]access.Grant, error)) error {
	name, err := access.CleanCategory(name)
	if err != nil {
		return err
	}
	c, err := l.current(ctx)
	if err != nil {
		return err
	}
	if err := c.mayManage(by, name).Err(); err != nil {
		return err
	}
	defer l.changed()
	_, err = l.store.ChangeGrants(ctx, store.Place{Category: name}, noteOf(by, "category:"+access.CategoryKey(name)),
		checked(by, c.on(name), change))
	return err
}

// On returns a workflow and the grants that count on it, whoever asks: for
// answering why somebody may or may not.
func (l *Library) On(ctx context.Context, name string) (store.Workflow, []access.Grant, error) {
	w, err := l.Lookup(ctx, access.System, name)
	if err != nil {
		return store.Workflow{}, nil, err
	}
	c, err := l.current(ctx)
	if err != nil {
		return store.Workflow{}, nil, err
	}
	if e := c.byID[w.ID]; e != nil {
		return e.Workflow, slices.Clone(e.grants), nil
	}
	return w.Workflow, nil, nil
}
