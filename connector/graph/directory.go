package graph

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// User is somebody in the tenant.
type User struct {
	ID        string // never changes; "oid" of their tokens
	UPN       string // userPrincipalName
	Name      string
	Nickname  string   // mailNickname: the part before the @, as a rule
	Addresses []string // the main one first
	Enabled   bool
	Guest     bool
	Manager   *string // id; "": none; nil: not said
	Whole     bool    // false: only ID and perhaps Manager are said
}

// Group is a group of the tenant, with what changed about its members.
type Group struct {
	ID    string
	Name  string
	About string
	Whole bool     // false: only members are said
	Came  []string // ids of people and groups
	Left  []string
}

// Page is a part of what is new. What comes later counts: somebody may be told
// of more than once.
type Page[T any] struct {
	Items []T
	Gone  []string // ids of what was deleted
	Link  string   // where to go on
	Done  bool     // all was told; Link tells what is new from now on
}

const (
	userFields  = "id,accountEnabled,userPrincipalName,displayName,mail,mailNickname,proxyAddresses,userType"
	groupFields = "id,displayName,description"
)

// Users tells who there is (link "") or what is new since. ErrStartAnew says
// that the link is too old.
func (c *Client) Users(ctx context.Context, link string) (Page[User], error) {
	return page(ctx, c, link, "/users/delta", userFields+",manager", func(in *rawUser) (User, error) { return in.user() })
}

// Groups is Users for groups and their members.
func (c *Client) Groups(ctx context.Context, link string) (Page[Group], error) {
	return page(ctx, c, link, "/groups/delta", groupFields+",members", func(in *rawGroup) (Group, error) { return in.group() })
}

type removed struct {
	Reason string `json:"reason"`
}

// common is what all objects of a delta answer have.
type common struct {
	ID      string   `json:"id"`
	Removed *removed `json:"@removed"`
}

func (o *common) base() *common { return o }

// reference is one side of a relation that began or ended.
type reference struct {
	Type string `json:"@odata.type"`
	common
}

type rawPage[R any] struct {
	Value []R    `json:"value"`
	Next  string `json:"@odata.nextLink"`
	Delta string `json:"@odata.deltaLink"`
}

// page reads one page, and checks the link to the next.
func page[R any, T any, P interface {
	*R
	base() *common
}](ctx context.Context, c *Client, link, path, fields string, read func(P) (T, error)) (Page[T], error) {
	var out Page[T]
	at := c.address(path) + "?$select=" + url.QueryEscape(fields)
	if link != "" {
		var err error
		if at, err = c.follow(link, path); err != nil {
			return out, err
		}
	}
	var in rawPage[R]
	if err := c.ask(ctx, http.MethodGet, at, nil, &in); err != nil {
		return out, err
	}
	for i := range in.Value {
		item := P(&in.Value[i])
		if !soundID(item.base().ID) {
			return out, answerError("its answer names somebody %.80q", item.base().ID)
		}
		if item.base().Removed != nil {
			out.Gone = append(out.Gone, item.base().ID)
			continue
		}
		one, err := read(item)
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, one)
	}
	if out.Link, out.Done = in.Next, in.Next == ""; out.Done {
		out.Link = in.Delta
	}
	if out.Link == "" {
		return out, answerError("its answer neither goes on nor ends")
	}
	if _, err := c.follow(out.Link, path); err != nil {
		return out, err
	}
	if !out.Done && out.Link == link {
		return out, answerError("its answer goes on with itself")
	}
	return out, nil
}

// soundID keeps out what could be no id: it is used in addresses.
func soundID(id string) bool {
	return id != "" && len(id) <= 64 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") == ""
}

type rawUser struct {
	common
	UPN       *string     `json:"userPrincipalName"`
	Name      *string     `json:"displayName"`
	Mail      *string     `json:"mail"`
	Nickname  *string     `json:"mailNickname"`
	Enabled   *bool       `json:"accountEnabled"`
	Type      *string     `json:"userType"`
	Addresses []string    `json:"proxyAddresses"`
	Manager   []reference `json:"manager@delta"`
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return clip(strings.TrimSpace(*s), maxText)
}

const maxAddresses = 50 // of one person; the first ones are taken

func (in *rawUser) user() (User, error) {
	u := User{ID: in.ID, UPN: text(in.UPN), Name: text(in.Name), Nickname: text(in.Nickname), Guest: strings.EqualFold(text(in.Type), "Guest"),
		Enabled: in.Enabled != nil && *in.Enabled, Whole: in.UPN != nil && in.Enabled != nil}
	for _, m := range in.Manager {
		if !soundID(m.ID) {
			return u, answerError("its answer names a manager %.80q", m.ID)
		}
		is := m.ID
		if m.Removed != nil {
			if is = ""; u.Manager != nil {
				continue // the new one stands before the old one's leaving
			}
		}
		u.Manager = &is
	}
	u.Addresses = addresses(text(in.Mail), in.Addresses)
	return u, nil
}

// addresses puts the main address first: mail, then what is marked "SMTP:",
// then the others.
func addresses(mail string, proxies []string) []string {
	var first, rest []string
	for _, p := range proxies[:min(len(proxies), maxAddresses)] {
		kind, address, ok := strings.Cut(p, ":")
		switch {
		case !ok || len(address) > 320:
		case kind == "SMTP":
			first = append(first, address)
		case kind == "smtp":
			rest = append(rest, address)
		}
	}
	var out []string
	seen := map[string]bool{"": true}
	for _, a := range append(append([]string{mail}, first...), rest...) {
		if key := strings.ToLower(a); !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

type rawGroup struct {
	common
	Name    *string     `json:"displayName"`
	About   *string     `json:"description"`
	Members []reference `json:"members@delta"`
}

func (in *rawGroup) group() (Group, error) {
	g := Group{ID: in.ID, Name: text(in.Name), About: text(in.About), Whole: in.Name != nil}
	for _, m := range in.Members {
		if !soundID(m.ID) {
			return g, answerError("its answer names a member %.80q", m.ID)
		}
		// Devices, contacts and applications are members, too, and nobody here.
		if kind := strings.TrimPrefix(m.Type, "#microsoft.graph."); kind != "user" && kind != "group" && kind != "" {
			continue
		}
		if m.Removed != nil {
			g.Left = append(g.Left, m.ID)
		} else {
			g.Came = append(g.Came, m.ID)
		}
	}
	return g, nil
}

// User returns one person, without the manager. ok is false when there is none.
func (c *Client) User(ctx context.Context, id string) (u User, ok bool, err error) {
	var in rawUser
	if ok, err = c.one(ctx, id, "/users/", "?$select="+userFields, &in); !ok || err != nil {
		return u, false, err
	}
	u, err = in.user()
	return u, err == nil, err
}

// Group returns one group, without members. ok is false when there is none.
func (c *Client) Group(ctx context.Context, id string) (g Group, ok bool, err error) {
	var in rawGroup
	if ok, err = c.one(ctx, id, "/groups/", "?$select="+groupFields, &in); !ok || err != nil {
		return g, false, err
	}
	g, err = in.group()
	return g, err == nil, err
}

// Manager returns the id of somebody's manager, "" when there is none.
func (c *Client) Manager(ctx context.Context, id string) (string, error) {
	var in common
	ok, err := c.one(ctx, id, "/users/", "/manager?$select=id", &in)
	if err != nil || !ok {
		return "", err
	}
	if !soundID(in.ID) {
		return "", answerError("its answer names a manager %.80q", in.ID)
	}
	return in.ID, nil
}

// one asks for a thing by id; false when it is not there.
func (c *Client) one(ctx context.Context, id, before, after string, into any) (bool, error) {
	if !soundID(id) {
		return false, nil
	}
	err := c.ask(ctx, http.MethodGet, c.address(before+id+after), nil, into)
	return err == nil, missingIsNone(err)
}

// GroupsOf returns the ids of all groups somebody is in, nested ones too; ok is
// false when there is nobody with that id.
func (c *Client) GroupsOf(ctx context.Context, id string) (ids []string, ok bool, err error) {
	if !soundID(id) {
		return nil, false, nil
	}
	var in struct {
		Value []string `json:"value"`
	}
	err = c.ask(ctx, http.MethodPost, c.address("/users/"+id+"/getMemberGroups"), map[string]bool{"securityEnabledOnly": false}, &in)
	if err != nil {
		return nil, false, missingIsNone(err)
	}
	if len(in.Value) > maxGroupIDs {
		return nil, false, answerError("its answer names over %d groups", maxGroupIDs)
	}
	for _, id := range in.Value {
		if !soundID(id) {
			return nil, false, answerError("its answer names a group %.80q", id)
		}
	}
	return in.Value, true, nil
}

// SignIn only gets a token, to see whether the credentials are right.
func (c *Client) SignIn(ctx context.Context) error {
	_, err := c.accessToken(ctx, "")
	return err
}

// Check tries both rights, for the page where the directory is set up.
func (c *Client) Check(ctx context.Context) error {
	for _, path := range []string{"/users?$top=1&$select=id", "/groups?$top=1&$select=id"} {
		var in rawPage[common]
		if err := c.ask(ctx, http.MethodGet, c.address(path), nil, &in); err != nil {
			return err
		}
	}
	return nil
}
