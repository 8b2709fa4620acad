package inhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/identity"
)

var (
	personHas = properties(broker.Property{Name: "id", Title: "Id", Type: broker.Text, Key: true}, property("login", "Login", broker.Text), property("name", "Name", broker.Text),
		property("email", "Mail address", broker.Text), property("manager", "Id of the manager", broker.Text),
		broker.Property{Name: "groups", Title: "Ids of groups and roles, also those within others", Type: broker.Text, List: true},
		property("application", "Is an application", broker.YesNo), property("off", "Is switched off", broker.YesNo),
		broker.Property{Name: "addresses", Title: "All mail addresses", Type: broker.Text, List: true}, property("source", "Directory it comes from", broker.Text))
	groupHas = properties(broker.Property{Name: "id", Title: "Id", Type: broker.Text, Key: true}, property("name", "Name", broker.Text),
		property("role", "Is a role", broker.YesNo), property("source", "Directory it comes from", broker.Text))
	memberHas = properties(broker.Property{Name: "group", Title: "Group or role", Type: broker.Text, Key: true}, broker.Property{Name: "id", Title: "Id", Type: broker.Text, Key: true},
		property("login", "Login", broker.Text), property("name", "Name", broker.Text), property("email", "Mail address", broker.Text))

	whichPerson = broker.Input{Name: "id", Required: true, Text: "id, login or mail address"}
	whichGroup  = broker.Input{Name: "id", Required: true, Text: "id or name"}
	words       = broker.Input{Name: "search", Title: "Search", Type: broker.Text, Text: "beginnings of words of the name, and of a person's login or address"}
)

// directory is the service type of people and groups. Whoever may use it sees
// who there is; what only administrators see on the pages, only they see here.
func (h *House) directory() *kind {
	all := names(personHas)
	return &kind{house: h,
		about: broker.About{Name: "directory", Title: "Directory", Modes: []broker.Mode{broker.NoSignIn},
			Text: "People, groups and managers that this server knows. Whoever may use it sees them; accounts that are switched off, and where one comes from, only administrators."},
		objects: []object{
			{broker.Object{Name: "Person", Title: "Person", Text: "Somebody who can sign in, or an application", Properties: personHas}, []method{
				{broker.Method{Name: "list", Title: "List people", Kind: broker.List, Inputs: []broker.Input{words}, Outputs: all}, listPeople},
				{broker.Method{Name: "load", Title: "Load one", Kind: broker.Read, Inputs: []broker.Input{whichPerson}, Outputs: all}, loadPerson},
				{broker.Method{Name: "manager", Title: "Load somebody's manager", Kind: broker.Execute, Inputs: []broker.Input{whichPerson}, Outputs: all,
					Text: "gives nothing when there is none"}, loadManager},
				{broker.Method{Name: "reports", Title: "List whom somebody manages", Kind: broker.List, Inputs: []broker.Input{whichPerson}, Outputs: all}, listReports},
			}},
			{broker.Object{Name: "Group", Title: "Group", Text: "A group or a role", Properties: groupHas}, []method{
				{broker.Method{Name: "list", Title: "List groups and roles", Kind: broker.List, Inputs: []broker.Input{words}, Outputs: names(groupHas)}, listGroups},
				{broker.Method{Name: "load", Title: "Load one", Kind: broker.Read, Inputs: []broker.Input{whichGroup}, Outputs: names(groupHas)}, loadGroup},
			}},
			{broker.Object{Name: "Member", Title: "Member", Text: "A person in a group or role, also through others", Properties: memberHas}, []method{
				{broker.Method{Name: "list", Title: "List the members of a group", Kind: broker.List,
					Inputs: []broker.Input{{Name: "group", Required: true, Text: "id or name"}}, Outputs: names(memberHas)}, listMembers},
			}},
		},
		try: func(ctx context.Context, c *call) (string, error) {
			r, err := listPeople(ctx, c)
			if r.Next != "" {
				return fmt.Sprintf("it has more than %d people", len(r.Rows)), err
			}
			return fmt.Sprintf("it has %d people", len(r.Rows)), err
		}}
}

func (c *call) administers() bool { return access.May(c.by, access.Server, nil).OK }

// person is a row; some of it only administrators see.
func (c *call) person(u identity.User) map[string]any {
	row := map[string]any{"id": string(u.Principal), "login": u.Login, "name": u.Name, "email": orNothing(u.Email), "manager": orNothing(u.Manager),
		"application": u.App, "groups": []any{}}
	var in []signoff.Principal
	for _, g := range u.Groups {
		in = append(in, g.Principal)
	}
	row["groups"] = listOf(in)
	if c.administers() {
		row["off"], row["addresses"], row["source"] = u.Disabled, listOf(u.Addresses), orNothing(u.Source)
	}
	return row
}

// listPeople asks as the server itself: to see who there is takes the right to
// use the service, which has been checked.
func listPeople(ctx context.Context, c *call) (broker.Result, error) {
	for _, by := range []string{"id", "login", "email"} {
		if one := c.equals(by); one != "" && (by == "email") == strings.Contains(one, "@") {
			return c.onlyPerson(ctx, one)
		}
	}
	q := identity.UserQuery{Text: c.text("search"), After: signoff.Principal(c.After)}
	if !c.administers() {
		q.Disabled = new(bool)
	}
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	for want := c.page(); len(r.Rows) < want; {
		q.Limit = min(want-len(r.Rows), 200)
		list, err := c.house.People.FindUsers(ctx, access.System, q)
		if err != nil {
			return r, err
		}
		for _, u := range list {
			r.Rows = append(r.Rows, c.person(u))
			q.After = u.Principal
		}
		if len(list) < q.Limit {
			return r, nil
		}
	}
	r.Next = string(q.After)
	return r, nil
}

// onlyPerson is the list when it can hold one person at most.
func (c *call) onlyPerson(ctx context.Context, asked string) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	u, err := c.user(ctx, asked)
	if err == nil {
		r.Rows = append(r.Rows, c.person(u))
	}
	if signoff.KindOf(err) == signoff.NotFound {
		err = nil
	}
	return r, err
}

// user finds somebody by any of their names. Who is switched off is there for
// administrators only.
func (c *call) user(ctx context.Context, asked string) (identity.User, error) {
	p, err := c.house.People.Find(ctx, strings.TrimSpace(asked))
	if err != nil {
		return identity.User{}, err
	}
	u, err := c.house.People.User(ctx, access.System, p.Principal)
	if err == nil && u.Disabled && !c.administers() {
		return identity.User{}, errNoPerson
	}
	return u, err
}

func loadPerson(ctx context.Context, c *call) (broker.Result, error) {
	u, err := c.user(ctx, c.text("id"))
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: c.person(u)}, nil
}

func loadManager(ctx context.Context, c *call) (broker.Result, error) {
	u, err := c.user(ctx, c.text("id"))
	if err != nil || u.Manager == "" {
		return broker.Result{}, err
	}
	m, err := c.user(ctx, string(u.Manager))
	if signoff.KindOf(err) == signoff.NotFound { // who is switched off is nobody's manager
		return broker.Result{}, nil
	}
	return broker.Result{Row: c.person(m)}, err
}

func listReports(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	u, err := c.user(ctx, c.text("id"))
	if err != nil {
		return r, err
	}
	const most = 200
	list, err := c.house.People.Reports(ctx, access.System, u.Principal, most)
	if err != nil {
		return r, err
	}
	for _, p := range list {
		one, err := c.user(ctx, string(p.Principal))
		switch {
		case signoff.KindOf(err) == signoff.NotFound:
			continue
		case err != nil:
			return r, err
		}
		r.Rows = append(r.Rows, c.person(one))
	}
	return r, nil
}

func (c *call) group(g identity.Group) map[string]any {
	row := map[string]any{"id": string(g.Principal), "name": g.Name, "role": g.Role}
	if c.administers() {
		row["source"] = orNothing(g.Source)
	}
	return row
}

// listGroups gives groups, then roles: a page is of one or the other.
func listGroups(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	const roles = "roles "
	after, isRole := strings.CutPrefix(c.After, roles)
	q := identity.GroupQuery{Role: isRole, Text: c.text("search"), After: signoff.Principal(after)}
	for want := c.page(); len(r.Rows) < want; {
		q.Limit = min(want-len(r.Rows), 200)
		list, err := c.house.People.FindGroups(ctx, access.System, q)
		if err != nil {
			return r, err
		}
		for _, g := range list {
			r.Rows = append(r.Rows, c.group(g))
			q.After = g.Principal
		}
		if len(list) == q.Limit {
			continue
		}
		if q.Role {
			return r, nil
		}
		q.Role, q.After = true, ""
	}
	if r.Next = string(q.After); q.Role {
		r.Next = roles + r.Next
	}
	return r, nil
}

var errNoPerson = &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found", Detail: "there is no such user"}

var errNoGroup = &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}

// called finds a group by its id or its name.
func (c *call) called(ctx context.Context, asked string) (signoff.Person, error) {
	asked = "group:" + strings.TrimPrefix(strings.TrimSpace(asked), "group:")
	found, err := c.house.People.Resolve(ctx, []string{asked})
	if err == nil && len(found[asked]) == 0 {
		err = errNoGroup
	}
	if err != nil {
		return signoff.Person{}, err
	}
	return found[asked][0], nil
}

func loadGroup(ctx context.Context, c *call) (broker.Result, error) {
	p, err := c.called(ctx, c.text("id"))
	if err != nil {
		return broker.Result{}, err
	}
	if p.Principal == signoff.Everyone {
		return broker.Result{Row: map[string]any{"id": string(p.Principal), "name": p.Name, "role": false}}, nil
	}
	g, err := c.house.People.Group(ctx, access.System, p.Principal)
	if err != nil {
		return broker.Result{}, err
	}
	return broker.Result{Row: c.group(g)}, nil
}

func listMembers(ctx context.Context, c *call) (broker.Result, error) {
	r := broker.Result{Rows: []map[string]any{}, Unfiltered: true}
	g, err := c.called(ctx, c.text("group"))
	if err != nil {
		return r, err
	}
	after := signoff.Principal(c.After)
	for want := c.page(); len(r.Rows) < want; {
		limit := min(want-len(r.Rows), 200)
		list, err := c.house.People.Members(ctx, g.Principal, after, limit)
		if err != nil {
			return r, err
		}
		for _, p := range list {
			r.Rows = append(r.Rows, map[string]any{"group": c.text("group"), "id": string(p.Principal), "login": p.Login, "name": p.Name, "email": orNothing(p.Email)})
			after = p.Principal
		}
		if len(list) < limit {
			return r, nil
		}
	}
	r.Next = string(after)
	return r, nil
}

// refusal is the first signoff.Error in a chain, nil when there is none.
func refusal(err error) *signoff.Error {
	e, _ := errors.AsType[*signoff.Error](err)
	return e
}
