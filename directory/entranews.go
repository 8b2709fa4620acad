package directory

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/graph"
	"github.com/signoffhq/signoff/store"
)

// news is what a few pages told, each person and group once, as they were told
// of last.
type news struct {
	users  map[string]graph.User
	groups map[string]graph.Group
	gone   map[string]bool
	order  []string
}

func newNews() *news {
	return &news{users: map[string]graph.User{}, groups: map[string]graph.Group{}, gone: map[string]bool{}}
}

func (n *news) noted(id string) {
	_, u := n.users[id]
	_, g := n.groups[id]
	if !u && !g && !n.gone[id] {
		n.order = append(n.order, id)
	}
	delete(n.gone, id)
}

func (n *news) user(u graph.User) {
	n.noted(u.ID)
	if was, again := n.users[u.ID]; again {
		if !u.Whole {
			was.Manager = cmp.Or(u.Manager, was.Manager)
			u = was
		}
		u.Manager = cmp.Or(u.Manager, was.Manager)
	}
	n.users[u.ID] = u
}

func (n *news) group(g graph.Group) {
	n.noted(g.ID)
	if was, again := n.groups[g.ID]; again {
		name, about, whole := g.Name, g.About, g.Whole
		if !whole {
			name, about, whole = was.Name, was.About, was.Whole
		}
		g = graph.Group{ID: g.ID, Name: name, About: about, Whole: whole,
			Came: append(without(was.Came, g.Left), g.Came...), Left: append(without(was.Left, g.Came), g.Left...)}
	}
	n.groups[g.ID] = g
}

func without(list, gone []string) []string {
	is := map[string]bool{}
	for _, id := range gone {
		is[id] = true
	}
	var out []string
	for _, id := range list {
		if !is[id] {
			out = append(out, id)
		}
	}
	return out
}

func (n *news) goneIs(id string) {
	n.noted(id)
	delete(n.users, id)
	delete(n.groups, id)
	n.gone[id] = true
}

// changes says the news in this package's words; told is who is there.
func (r *reading) changes(ctx context.Context, n *news, place store.GraphPlace) (c Changes, told []string, err error) {
	for _, id := range n.order {
		if n.gone[id] {
			c.Gone = append(c.Gone, id)
			continue
		}
		is := true
		if u, ok := n.users[id]; ok {
			is, err = r.user(ctx, &c, u, place.Whole)
		} else {
			is, err = r.group(ctx, &c, n.groups[id], place)
		}
		if err != nil {
			return c, nil, err
		}
		if !is {
			c.Gone = append(c.Gone, id)
		} else {
			told = append(told, id)
		}
	}
	return c, told, nil
}

// user adds a person; false when they are none who should be here.
func (r *reading) user(ctx context.Context, c *Changes, u graph.User, whole bool) (bool, error) {
	manager := u.Manager
	if !u.Whole { // told of in part: what else there is must be asked for
		var found bool
		var err error
		if u, found, err = r.client.User(ctx, u.ID); err != nil || !found {
			return false, err
		}
	}
	if u.Guest && !r.e.Graph.Guests {
		return false, nil
	}
	if manager == nil && !whole { // a change of something else, or none was ever said
		is, err := r.client.Manager(ctx, u.ID)
		if err != nil {
			return false, err
		}
		manager = &is
	}
	local, _, _ := strings.Cut(u.UPN, "@")
	p := Person{Subject: u.ID, Login: cmp.Or(u.Nickname, local), Label: u.UPN, Name: u.Name, Addresses: u.Addresses, Disabled: !u.Enabled}
	if manager != nil {
		p.Manager = *manager
	}
	if len(p.Addresses) == 0 && strings.Contains(u.UPN, "@") && !strings.Contains(u.UPN, "#EXT#") {
		p.Addresses = []string{u.UPN}
	}
	c.People = append(c.People, p)
	return true, nil
}

// group adds a group. A round that tells everything may tell of a large group on
// several pages: on the first one nobody else is in it, on the others more come.
func (r *reading) group(ctx context.Context, c *Changes, g graph.Group, place store.GraphPlace) (bool, error) {
	if !r.chosen(g.ID) {
		return false, nil
	}
	if !g.Whole {
		is, found, err := r.client.Group(ctx, g.ID)
		if err != nil || !found {
			return false, err
		}
		g.Name, g.About = is.Name, is.About
	}
	out := Group{Subject: g.ID, Name: g.Name, About: g.About, Members: g.Came, Without: g.Left, Partial: true}
	if place.Whole {
		before, err := r.d.store.GraphTold(ctx, place.Source, place.Kind, g.ID)
		if err != nil {
			return false, err
		}
		if !before || r.ask.Preview {
			out.Partial, out.Without = false, nil
		}
	}
	c.Groups = append(c.Groups, out)
	return true, nil
}

// asRefusal finds what may reach a person in an error.
func asRefusal(err error) (*signoff.Error, bool) { return errors.AsType[*signoff.Error](err) }
