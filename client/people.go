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

// Groups lists groups.
func (c *Client) Groups(ctx context.Context, q string, p Paging) (l api.List[api.Person], err error) {
	v := p.values()
	set(v, "q", q)
	return l, c.get(ctx, "/groups", v, &l)
}

// Group returns one group with its members.
func (c *Client) Group(ctx context.Context, id string) (g api.Group, err error) {
	return g, c.get(ctx, "/groups/"+url.PathEscape(id), nil, &g)
}

// CreateGroup makes a group.
func (c *Client) CreateGroup(ctx context.Context, name string) (g api.Group, err error) {
	return g, c.send(ctx, http.MethodPost, "/groups", api.GroupBody{Name: name}, "", &g)
}

// RenameGroup gives a group another name.
func (c *Client) RenameGroup(ctx context.Context, id, name string) (g api.Group, err error) {
	return g, c.send(ctx, http.MethodPatch, "/groups/"+url.PathEscape(id), api.GroupBody{Name: name}, "", &g)
}

// AddMember puts somebody into a group.
func (c *Client) AddMember(ctx context.Context, group, member string) error {
	return c.send(ctx, http.MethodPut, memberPath(group, member), nil, "", nil)
}

// RemoveMember takes somebody out of a group.
func (c *Client) RemoveMember(ctx context.Context, group, member string) error {
	return c.send(ctx, http.MethodDelete, memberPath(group, member), nil, "", nil)
}

func memberPath(group, member string) string {
	return "/groups/" + url.PathEscape(group) + "/members/" + url.PathEscape(member)
}
