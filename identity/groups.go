package identity

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Groups and roles: a role is a group that is ours alone, made to be given
// rights and tasks. What is said of groups here holds for roles.

// Group is a group or role as administrators see it.
type Group struct {
	signoff.Person
	Role   bool
	Source string // the directory that rules it, "" nobody
	About  string // what it is for
}

// NewGroup describes a group or role to be made.
type NewGroup struct {
	Name  string
	About string
	Role  bool
}

func groupOf(g store.Group) Group { return Group{g.Person(), g.Role, g.Source, g.About} }

// CreateGroup makes a group without members; it takes the server right. It
// refuses a name another group has, whatever its case ("group-taken"), and one
// that is none ("bad-group").
func (s *Service) CreateGroup(ctx context.Context, by signoff.Caller, called string) (signoff.Person, error) {
	g, err := s.MakeGroup(ctx, by, NewGroup{Name: called})
	return g.Person, err
}

// MakeGroup makes a group or role, as CreateGroup does.
func (s *Service) MakeGroup(ctx context.Context, by signoff.Caller, n NewGroup) (Group, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return Group{}, err
	}
	g, err := newGroup(n.Name)
	if err == nil {
		g.About, err = cleanAbout(n.About)
	}
	if err != nil {
		return Group{}, err
	}
	g.Role = n.Role
	defer s.changed()
	g, err = s.store.CreateGroup(ctx, g, s.note(by, "group", ""))
	return groupOf(g), err
}

func newGroup(called string) (store.Group, error) {
	key, ok := groupKey(called)
	if !ok {
		return store.Group{}, badGroup("name", "a group's name is at most 200 characters on one line, without : and |, and not only digits; Everyone is taken")
	}
	text, err := cleanName(called, "")
	g := store.Group{Key: key, Name: text}
	g.Words = wordsOf(g.Person())
	return g, err
}

func badGroup(field, detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-group", Detail: detail,
		Fields: []signoff.FieldError{{Field: field, Detail: detail}}}
}

func cleanAbout(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > 500 || !utf8.ValidString(text) ||
		strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return "", badGroup("about", "what a group is for is said in at most 500 characters")
	}
	return text, nil
}

// GroupChange says what to change about a group; nil leaves a thing as it is.
type GroupChange struct {
	Name  *string
	About *string
}

// RenameGroup gives a group another name; it takes the server right.
func (s *Service) RenameGroup(ctx context.Context, by signoff.Caller, group signoff.Principal, called string) error {
	_, err := s.ChangeGroup(ctx, by, group, GroupChange{Name: &called})
	return err
}

// ChangeGroup changes a group; it takes the server right. Besides what
// CreateGroup refuses, it refuses another name for a group that a directory
// rules ("ruled-elsewhere").
func (s *Service) ChangeGroup(ctx context.Context, by signoff.Caller, group signoff.Principal, c GroupChange) (Group, error) {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return Group{}, err
	}
	defer s.changed()
	g, err := s.store.ChangeGroup(ctx, id, func(g *store.Group) error { return c.apply(g) }, s.note(by, "group", ""))
	return groupOf(g), err
}

func (c GroupChange) apply(g *store.Group) error {
	g.Words = wordsOf(g.Person())
	if c.Name != nil && *c.Name != g.Name {
		if g.Source != "" {
			return ruledElsewhere(g.Name, g.Source)
		}
		n, err := newGroup(*c.Name)
		if err != nil {
			return err
		}
		g.Key, g.Name, g.Words = n.Key, n.Name, n.Words
	}
	var err error
	if c.About != nil {
		g.About, err = cleanAbout(*c.About)
	}
	return err
}

// ruledElsewhere refuses to change here what a directory would change back.
func ruledElsewhere(name, source string) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "ruled-elsewhere",
		Detail: name + " comes from the directory " + source + ", which would undo this", Hint: "change it in the directory"}
}

// DeleteGroup takes a group or role away, with its members and rights; it takes
// the server right. It refuses one with open tasks ("group-has-tasks") and one
// that a directory rules ("ruled-elsewhere").
func (s *Service) DeleteGroup(ctx context.Context, by signoff.Caller, group signoff.Principal) error {
	id, err := s.ours(ctx, by, group)
	if err != nil {
		return err
	}
	defer s.changed()
	return s.store.DeleteGroup(ctx, id, s.note(by, "group", ""))
}

// ours checks that by may change groups, and that nobody else rules this one.
func (s *Service) ours(ctx context.Context, by signoff.Caller, group signoff.Principal) (int64, error) {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return 0, err
	}
	g, found, err := s.store.Group(ctx, id)
	switch {
	case err != nil:
		return 0, err
	case !found:
		return 0, noGroup
	case g.Source != "":
		return 0, ruledElsewhere(g.Name, g.Source)
	}
	return id, nil
}

var noGroup = &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}

func (s *Service) administerGroup(by signoff.Caller, group signoff.Principal) (int64, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return 0, err
	}
	id, ok := store.GroupID(group)
	if !ok {
		return 0, noGroup // Everyone too: nobody is put in or out of it
	}
	return id, nil
}

// SetMember puts a user or a group into a group or takes them out; it takes the
// server right. What is so already is no error. It refuses a group that would be
// in itself ("group-cycle"), and one that a directory rules ("ruled-elsewhere").
func (s *Service) SetMember(ctx context.Context, by signoff.Caller, group, who signoff.Principal, in bool) error {
	id, err := s.ours(ctx, by, group)
	if err != nil {
		return err
	}
	user, isUser := store.AccountID(who)
	inner, isGroup := store.GroupID(who)
	defer s.changed()
	switch {
	case isUser:
		return s.store.SetMember(ctx, id, user, in, s.note(by, "member", ""))
	case isGroup:
		return s.store.Nest(ctx, id, inner, "", in, s.note(by, "member", ""))
	}
	return noUser
}

// Groups returns up to limit groups and roles after the one given ("" for the
// first ones), in the order they were made; it takes the server right.
func (s *Service) Groups(ctx context.Context, by signoff.Caller, after signoff.Principal, limit int) ([]signoff.Person, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	id, _ := store.GroupID(after)
	list, err := s.store.Groups(ctx, id, max(1, min(limit, maxPage)))
	out := make([]signoff.Person, 0, len(list))
	for _, g := range list {
		out = append(out, g.Person())
	}
	return out, err
}

// GroupQuery says which groups are wanted.
type GroupQuery struct {
	Role   bool   // roles, else groups
	Source string // only those of that directory
	Text   string // beginnings of words of the name
	After  signoff.Principal
	Limit  int
}

// FindGroups returns groups or roles, in the order they were made; it takes the
// server right.
func (s *Service) FindGroups(ctx context.Context, by signoff.Caller, q GroupQuery) ([]Group, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	after, _ := store.GroupID(q.After)
	list, err := s.store.FindGroups(ctx, store.GroupFilter{Role: q.Role, Source: q.Source, Words: wordsAsked(q.Text)},
		after, max(1, min(q.Limit, maxPage)))
	out := make([]Group, 0, len(list))
	for _, g := range list {
		out = append(out, groupOf(g))
	}
	return out, err
}

// wordsAsked are the words of a search, without those that are only signs: no
// word that somebody is found by begins with them.
func wordsAsked(text string) []string {
	return slices.DeleteFunc(strings.Fields(fold(text)), func(w string) bool {
		return !strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
	})
}

// Group returns one group or role; it takes the server right.
func (s *Service) Group(ctx context.Context, by signoff.Caller, group signoff.Principal) (Group, error) {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return Group{}, err
	}
	g, found, err := s.store.Group(ctx, id)
	if err == nil && !found {
		err = noGroup
	}
	return groupOf(g), err
}

// DirectMembers returns up to limit people and groups that were put into a group
// themselves, groups first; it takes the server right.
func (s *Service) DirectMembers(ctx context.Context, by signoff.Caller, group, after signoff.Principal, limit int) ([]store.Direct, error) {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return nil, err
	}
	return s.store.DirectMembers(ctx, id, after, max(1, min(limit, maxPage)))
}

// Through tells, for people who are in a group, by way of which groups they
// are; nothing for those who were put into it.
func (s *Service) Through(ctx context.Context, group signoff.Principal, people []signoff.Person) (map[signoff.Principal][]signoff.Principal, error) {
	out := make(map[signoff.Principal][]signoff.Principal, len(people))
	for _, p := range people { // a page is short
		id, ok := store.AccountID(p.Principal)
		if !ok {
			continue
		}
		steps, err := s.store.MembershipsOf(ctx, id)
		if err != nil {
			return nil, err
		}
		out[p.Principal] = waysIn(p.Principal, steps)[group]
	}
	return out, nil
}

// Members returns up to limit members of a group who can sign in, also those
// through other groups, after the one given. Everyone's are everybody. It checks
// no right: the server asks for itself, to write to each of them.
func (s *Service) Members(ctx context.Context, group, after signoff.Principal, limit int) ([]signoff.Person, error) {
	start, _ := store.AccountID(after)
	limit = max(1, min(limit, maxPage))
	var list []store.Account
	var err error
	if group == signoff.Everyone {
		list, err = s.store.EnabledAccounts(ctx, start, limit)
	} else if id, ok := store.GroupID(group); ok {
		list, err = s.store.Members(ctx, id, start, limit)
	}
	out := make([]signoff.Person, 0, len(list))
	for _, a := range list {
		out = append(out, a.Person())
	}
	return out, err
}
