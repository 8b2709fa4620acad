package ldap

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Person is somebody as their entry says.
type Person struct {
	Subject   string // objectGUID or entryUUID
	DN        string
	Login     string
	Label     string // userPrincipalName
	Name      string
	Addresses []string
	Manager   string // Subject of the manager, if that is among those looked for
	Disabled  bool
	Groups    []string // Subjects of groups that do not list them: the primary one
}

// Group is a group as its entry says. Members that stand elsewhere than where
// people and groups are looked for are counted in Foreign.
type Group struct {
	Subject string
	DN      string
	Name    string
	About   string
	Members []string // Subjects of people and groups
	Foreign int
}

// Answer is what Read found.
type Answer struct {
	Server      string
	Kind        Kind
	Whole       bool // everything was read; otherwise People and Groups are those that changed
	People      []Person
	Groups      []Group
	Present     []string // Subjects of all there are, changed or not
	GroupsThere int      // how many of them are groups
	Unnamed     int      // entries without a Subject, which nobody can be told apart by
	Mark        Mark
}

// Mark is where to go on the next time. Update sequence numbers are each
// server's own, so it says whose they are.
type Mark struct {
	Of      string    `json:"of"`               // the domain controller's invocation
	USN     int64     `json:"usn,omitempty"`    // highest one seen to the end
	Changed time.Time `json:"changed,omitzero"` // for other servers: the latest modifyTimestamp
	Asked   string    `json:"asked"`            // what was asked for: another base or filter begins anew
}

// ParseMark reads what Mark.String wrote; anything else is no mark.
func ParseMark(text string) Mark {
	var m Mark
	if len(text) > 4096 || json.Unmarshal([]byte(text), &m) != nil {
		return Mark{}
	}
	return m
}

func (m Mark) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // texts, numbers and times always encode
	}
	return string(text)
}

// overlap is how far before the latest change seen another server's changes are
// read again: clocks of replicas differ, and a change may be committed late.
const overlap = 5 * time.Minute

// Read tells who there is, and what is new since a mark: the zero Mark, one of
// another server or of other settings reads everything.
//
// Who is there is always asked for in full, but only by name: a person who was
// deleted, moved away or no longer meets the filter leaves no change that an
// ordinary account could see. Changes are found by uSNChanged, which any account
// that can read an entry can read too; DirSync would need a right to replicate
// the whole domain. Told is called now and then with what has been read so far.
func (c *Client) Read(ctx context.Context, since Mark, told func(people, groups int)) (*Answer, error) {
	l, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer l.close()
	root, err := l.root(ctx)
	if err != nil {
		return nil, err
	}
	r := &reading{client: c, link: l, root: root, told: told, names: names{byDN: map[string]string{}, byLogin: map[string]string{}, byRID: map[uint32]string{}}}
	r.prepare()
	r.out = &Answer{Server: l.server.String(), Kind: root.kind, Mark: r.mark()}
	r.out.Whole = since.Asked != r.out.Mark.Asked || since.Of != r.out.Mark.Of || since.USN == 0 && since.Changed.IsZero()
	r.since = since
	for _, step := range []func(context.Context) error{r.everybody, r.people, r.groups} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

// names find Subjects for the ways entries speak of each other.
type names struct {
	byDN    map[string]string
	byLogin map[string]string // for memberUid
	byRID   map[uint32]string // groups, for primaryGroupID
}

// reading is one Read under way.
type reading struct {
	client *Client
	link   *link
	root   root
	attrs  Map
	since  Mark
	told   func(people, groups int)
	names  names
	out    *Answer

	peopleBase, peopleFilter string
	groupsBase, groupsFilter string
}

func (r *reading) prepare() {
	cfg := r.client.cfg
	r.attrs = cfg.Map.over(defaults(r.root.kind))
	r.peopleFilter, r.groupsFilter = defaultFilters(r.root.kind)
	base := cfg.Base
	if base == "" {
		base = r.root.base
	}
	r.peopleBase, r.groupsBase = base, base
	for _, s := range []struct {
		scope        Scope
		base, filter *string
	}{{cfg.People, &r.peopleBase, &r.peopleFilter}, {cfg.Groups, &r.groupsBase, &r.groupsFilter}} {
		if s.scope.Base != "" {
			*s.base = s.scope.Base
		}
		if s.scope.Filter != "" {
			*s.filter = s.scope.Filter
		}
	}
}

// mark is what the next reading goes on from. It is taken before anything is
// read: what changes meanwhile is read again.
func (r *reading) mark() Mark {
	asked := fmt.Sprint(r.attrs, r.peopleBase, r.peopleFilter, r.groupsBase, r.groupsFilter, r.client.cfg.Groups.Off)
	return Mark{Of: r.root.invocation, USN: r.root.usn, Changed: r.since.Changed, Asked: short(asked)}
}

// everybody reads who is there, by name alone.
func (r *reading) everybody(ctx context.Context) error {
	people := []string{r.attrs.Subject, r.attrs.Login}
	err := r.link.search(ctx, query{base: r.peopleBase, filter: r.peopleFilter, scope: ldap.ScopeWholeSubtree, attrs: people}, func(e *ldap.Entry) error {
		if subject := r.name(e); subject != "" {
			r.names.byLogin[strings.ToLower(text(e, r.attrs.Login))] = subject
		}
		return nil
	})
	if err != nil || r.client.cfg.Groups.Off {
		return err
	}
	return r.link.search(ctx, query{base: r.groupsBase, filter: r.groupsFilter, scope: ldap.ScopeWholeSubtree,
		attrs: []string{r.attrs.Subject, "objectSid"}}, func(e *ldap.Entry) error {
		if subject := r.name(e); subject != "" {
			r.out.GroupsThere++
			if id := rid(raw(e, "objectSid")); id != 0 {
				r.names.byRID[id] = subject
			}
		}
		return nil
	})
}

// name notes an entry as there and returns its Subject.
func (r *reading) name(e *ldap.Entry) string {
	subject := subjectOf(e, r.attrs.Subject)
	if subject == "" {
		r.out.Unnamed++
		return ""
	}
	r.names.byDN[foldDN(e.DN)] = subject
	r.out.Present = append(r.out.Present, subject)
	return subject
}

// changed narrows a filter to what is new.
func (r *reading) changed(filter string) string {
	switch {
	case r.out.Whole:
		return filter
	case r.root.kind == ActiveDirectory:
		return fmt.Sprintf("(&%s(uSNChanged>=%d))", filter, r.since.USN+1)
	}
	return fmt.Sprintf("(&%s(modifyTimestamp>=%s))", filter, r.since.Changed.Add(-overlap).Format("20060102150405Z"))
}

// stamp notes the latest change seen, for servers without sequence numbers.
func (r *reading) stamp(e *ldap.Entry) {
	if t, ok := generalized(text(e, "modifyTimestamp")); ok && r.root.kind != ActiveDirectory && t.After(r.out.Mark.Changed) {
		r.out.Mark.Changed = t
	}
}

func (r *reading) personAttrs() []string {
	return kept(r.attrs.Subject, r.attrs.Login, r.attrs.Label, r.attrs.Name, r.attrs.Mail, r.attrs.Manager, "cn",
		"proxyAddresses", "userAccountControl", "primaryGroupID", "nsAccountLock", "pwdAccountLockedTime", "modifyTimestamp")
}

func (r *reading) groupAttrs() []string {
	return kept(r.attrs.Subject, r.attrs.Group, r.attrs.Member, "uniqueMember", "memberUid", "description", "modifyTimestamp")
}

func (r *reading) people(ctx context.Context) error {
	q := query{base: r.peopleBase, filter: r.changed(r.peopleFilter), scope: ldap.ScopeWholeSubtree, attrs: r.personAttrs()}
	return r.link.search(ctx, q, func(e *ldap.Entry) error {
		r.stamp(e)
		if p, ok := r.person(e); ok {
			r.out.People = append(r.out.People, p)
			r.tell()
		}
		return nil
	})
}

func (r *reading) person(e *ldap.Entry) (Person, bool) {
	p := Person{Subject: subjectOf(e, r.attrs.Subject), DN: clip(e.DN, maxTextBytes), Login: text(e, r.attrs.Login), Label: text(e, r.attrs.Label),
		Name: text(e, r.attrs.Name), Addresses: addressesOf(e, r.attrs.Mail), Disabled: isDisabled(e)}
	if p.Name == "" {
		p.Name = text(e, "cn")
	}
	if dn := e.GetEqualFoldAttributeValue(r.attrs.Manager); dn != "" {
		p.Manager = r.names.byDN[foldDN(dn)]
	}
	if id, err := strconv.ParseUint(text(e, "primaryGroupID"), 10, 32); err == nil && r.names.byRID[uint32(id)] != "" {
		p.Groups = []string{r.names.byRID[uint32(id)]}
	}
	return p, p.Subject != ""
}

func (r *reading) groups(ctx context.Context) error {
	if r.client.cfg.Groups.Off {
		return nil
	}
	q := query{base: r.groupsBase, filter: r.changed(r.groupsFilter), scope: ldap.ScopeWholeSubtree, attrs: r.groupAttrs()}
	var found []*ldap.Entry
	values := 0
	err := r.link.search(ctx, q, func(e *ldap.Entry) error {
		r.stamp(e)
		for _, a := range e.Attributes {
			values += len(a.Values)
		}
		if values > maxValues {
			return unusable(fmt.Sprintf("the groups have more than %d members", maxValues), nil)
		}
		found = append(found, e)
		return nil
	})
	if err != nil {
		return err
	}
	for _, e := range found { // after the search: a group too large for one answer is asked for again
		g, err := r.group(ctx, e)
		if err != nil {
			return err
		}
		if g.Subject != "" {
			r.out.Groups = append(r.out.Groups, g)
			r.tell()
		}
	}
	return nil
}

func (r *reading) group(ctx context.Context, e *ldap.Entry) (Group, error) {
	g := Group{Subject: subjectOf(e, r.attrs.Subject), DN: clip(e.DN, maxTextBytes), Name: text(e, r.attrs.Group), About: text(e, "description")}
	seen := map[string]bool{}
	for _, attr := range kept(r.attrs.Member, "uniqueMember", "memberUid") {
		values, err := r.link.all(ctx, e, attr)
		if err != nil {
			return g, err
		}
		for _, v := range values {
			subject := r.names.byDN[foldDN(v)]
			if strings.EqualFold(attr, "memberUid") {
				subject = r.names.byLogin[strings.ToLower(v)]
			}
			if subject == "" {
				g.Foreign++
			} else if !seen[subject] {
				seen[subject] = true
				g.Members = append(g.Members, subject)
			}
		}
	}
	return g, nil
}

func (r *reading) tell() {
	if n := len(r.out.People) + len(r.out.Groups); r.told != nil && n%500 == 0 {
		r.told(len(r.out.People), len(r.out.Groups))
	}
}

// kept drops empty and repeated names.
func kept(names ...string) (out []string) {
	seen := map[string]bool{"": true}
	for _, n := range names {
		if key := strings.ToLower(n); !seen[key] {
			seen[key] = true
			out = append(out, n)
		}
	}
	return out
}
