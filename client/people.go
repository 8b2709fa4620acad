package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/signoffhq/signoff/api"
)

// Users lists accounts. For administrators, as everything in this file.
func (c *Client) Users(ctx context.Context, q string, p Paging) (l api.List[api.User], err error) {
	v := p.values()
	set(v, "q", q)
	return l, c.get(ctx, "/users", v, &l)
}

// User returns one account.
func (c *Client) User(ctx context.Context, id string) (u api.User, err error) {
	return u, c.get(ctx, "/users/"+url.PathEscape(id), nil, &u)
}

// CreateUser makes an account. It is not repeated by itself: a second one would
// be refused for its name.
func (c *Client) CreateUser(ctx context.Context, n api.NewUser) (u api.User, err error) {
	return u, c.send(ctx, http.MethodPost, "/users", n, "", &u)
}

// ChangeUser changes an account.
func (c *Client) ChangeUser(ctx context.Context, id string, ch api.ChangeUser) (u api.User, err error) {
	return u, c.send(ctx, http.MethodPatch, "/users/"+url.PathEscape(id), ch, "", &u)
}

// SetPassword gives an account a new password.
func (c *Client) SetPassword(ctx context.Context, id, password string) error {
	return c.send(ctx, http.MethodPut, "/users/"+url.PathEscape(id)+"/password", api.SetPassword{Password: password}, "", nil)
}

// UserFilter says which accounts are wanted; "" does not matter.
type UserFilter struct {
	Q        string // beginnings of words
	Disabled string // true, false
	Kind     string // person, app
	Admin    string // true, false
	Source   string // a directory, or local
}

// FindUsers lists accounts, disabled ones too.
func (c *Client) FindUsers(ctx context.Context, f UserFilter, p Paging) (l api.List[api.User], err error) {
	v := p.values()
	set(v, "q", f.Q)
	set(v, "disabled", f.Disabled)
	set(v, "kind", f.Kind)
	set(v, "admin", f.Admin)
	set(v, "source", f.Source)
	return l, c.get(ctx, "/users", v, &l)
}

// Kind of a list of people: groups or roles.
const (
	Groups = "groups"
	Roles  = "roles"
)

// GroupList lists groups or roles.
func (c *Client) GroupList(ctx context.Context, kind, q string, p Paging) (l api.List[api.GroupInfo], err error) {
	v := p.values()
	set(v, "q", q)
	return l, c.get(ctx, "/"+kind, v, &l)
}

// Groups lists groups.
func (c *Client) Groups(ctx context.Context, q string, p Paging) (api.List[api.GroupInfo], error) {
	return c.GroupList(ctx, Groups, q, p)
}

// OneGroup returns a group or role with those who were put into it.
func (c *Client) OneGroup(ctx context.Context, kind, id string) (g api.Group, err error) {
	return g, c.get(ctx, "/"+kind+"/"+url.PathEscape(id), nil, &g)
}

// Group returns one group with its members.
func (c *Client) Group(ctx context.Context, id string) (api.Group, error) {
	return c.OneGroup(ctx, Groups, id)
}

// MakeGroup makes a group or role.
func (c *Client) MakeGroup(ctx context.Context, kind string, b api.GroupBody) (g api.Group, err error) {
	return g, c.send(ctx, http.MethodPost, "/"+kind, b, "", &g)
}

// CreateGroup makes a group.
func (c *Client) CreateGroup(ctx context.Context, name string) (api.Group, error) {
	return c.MakeGroup(ctx, Groups, api.GroupBody{Name: name})
}

// ChangeGroup changes a group or role.
func (c *Client) ChangeGroup(ctx context.Context, kind, id string, b api.ChangeGroup) (g api.Group, err error) {
	return g, c.send(ctx, http.MethodPatch, "/"+kind+"/"+url.PathEscape(id), b, "", &g)
}

// RenameGroup gives a group another name.
func (c *Client) RenameGroup(ctx context.Context, id, name string) (api.Group, error) {
	return c.ChangeGroup(ctx, Groups, id, api.ChangeGroup{Name: &name})
}

// DeleteGroup takes a group or role away.
func (c *Client) DeleteGroup(ctx context.Context, kind, id string) error {
	return c.send(ctx, http.MethodDelete, "/"+kind+"/"+url.PathEscape(id), nil, "", nil)
}

// EffectiveMembers lists the people who are in a group or role by any way.
func (c *Client) EffectiveMembers(ctx context.Context, kind, id string, p Paging) (l api.List[api.EffectiveMember], err error) {
	return l, c.get(ctx, "/"+kind+"/"+url.PathEscape(id)+"/members", p.values(), &l)
}

// PutMember puts a person or group into a group or role.
func (c *Client) PutMember(ctx context.Context, kind, group, member string) error {
	return c.send(ctx, http.MethodPut, memberPath(kind, group, member), nil, "", nil)
}

// TakeMember takes a person or group out of a group or role.
func (c *Client) TakeMember(ctx context.Context, kind, group, member string) error {
	return c.send(ctx, http.MethodDelete, memberPath(kind, group, member), nil, "", nil)
}

// AddMember puts somebody into a group.
func (c *Client) AddMember(ctx context.Context, group, member string) error {
	return c.PutMember(ctx, Groups, group, member)
}

// RemoveMember takes somebody out of a group.
func (c *Client) RemoveMember(ctx context.Context, group, member string) error {
	return c.TakeMember(ctx, Groups, group, member)
}

func memberPath(kind, group, member string) string {
	return "/" + kind + "/" + url.PathEscape(group) + "/members/" + url.PathEscape(member)
}
