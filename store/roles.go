package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/signoffhq/signoff"
)

// Groups and roles are one table: a role is a group that is ours alone.

// ChangeGroup lets change alter name, key, words and what a group is for, and
// keeps the result. It refuses a missing group ("group-not-found") and a name
// another has ("group-taken"). change may be run more than once.
func (s *Store) ChangeGroup(ctx context.Context, id int64, change func(*Group) error, record ...Change) (Group, error) {
	now := s.Now()
	var g Group
	err := s.exclusively(ctx, func(t *tx) error {
		before, err := t.group(id)
		if err != nil {
			return err
		}
		g = before
		if err := change(&g); err != nil {
			return err
		}
		g.ID, g.Role = id, before.Role
		var some int
		err = t.row(`select 1 from people_group where key = $1 and id <> $2`, g.Key, id).Scan(&some)
		if err == nil {
			return groupTaken(g.Name)
		}
		if !isNoRows(err) {
			return err
		}
		if _, err := t.exec(`update people_group set key = $2, name = $3, about = $4, source = $5 where id = $1`,
			id, g.Key, g.Name, g.About, g.Source); err != nil {
			return err
		}
		if err := t.record(record, now, g.Principal(), groupText(before), groupText(g)); err != nil {
			return err
		}
		return writeWords(t, g.Principal(), g.Words)
	})
	return g, err
}

func (t *tx) group(id int64) (Group, error) {
	g := Group{}
	err := t.row(groupColumns+` where id = $1 and `+present, id).Scan(&g.ID, &g.Key, &g.Name, &g.Role, &g.Source, &g.About)
	if isNoRows(err) {
		return g, noGroup
	}
	return g, err
}

// DeleteGroup takes a group or role away with its members, rights and links. It
// refuses while open tasks are put to it ("group-has-tasks") and when the last
// administrator is one through it ("last-administrator"). Its number is not used
// again.
func (s *Store) DeleteGroup(ctx context.Context, id int64, record ...Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		g, err := t.group(id)
		if err != nil {
			return err
		}
		var open int64
		if err := t.row(`select coalesce(sum(n), 0) from worklist_count where principal = $1`, string(g.Principal())).Scan(&open); err != nil {
			return err
		}
		if open > 0 {
			return &signoff.Error{Kind: signoff.Conflict, Code: "group-has-tasks",
				Detail: fmt.Sprintf("%d open tasks are put to %s", open, g.Name), Hint: "redirect them first, or take its members out and keep the name"}
		}
		if err := t.record(record, now, g.Principal(), groupText(g), nil); err != nil {
			return err
		}
		return t.keepingAdministrator(func() error { return t.dropGroup(g) })
	})
}

// present is the condition that a group has not been deleted.
const present = `key not like 'gone:%'`

// dropGroup leaves the row behind under a name nobody can have: the number must
// not become another group's.
func (t *tx) dropGroup(g Group) error {
	for _, query := range []string{
		`delete from membership where people_group = $1`,
		`delete from nesting where people_group = $1`,
		`delete from nesting where member = $1`,
		`delete from group_link where people_group = $1`,
		`update people_group set key = 'gone:' || id, source = '' where id = $1`,
	} {
		if _, err := t.exec(query, g.ID); err != nil {
			return err
		}
	}
	if err := t.dropGrants(g.Principal()); err != nil {
		return err
	}
	return writeWords(t, g.Principal(), nil)
}

// GroupFilter says which groups are wanted. Each of Words begins a word of the name.
type GroupFilter struct {
	Role   bool // roles, else groups
	Source string
	Words  []string // folded, as Group.Words; at most 5 count
}

// FindGroups returns up to limit groups, or roles, numbered above after, by number.
func (s *Store) FindGroups(ctx context.Context, f GroupFilter, after int64, limit int) ([]Group, error) {
	query := groupColumns + ` where id > $1 and kind = $2 and ($3 = '' or source = $3) and ` + present
	args := []any{after, flag(f.Role), f.Source}
	for _, w := range f.Words[:min(len(f.Words), 5)] {
		query += beginsWord(len(args)+1, "group:")
		args = append(args, w, w+"\U0010FFFF")
	}
	return s.groups(ctx, query+fmt.Sprintf(` order by id limit $%d`, len(args)+1), append(args, limit)...)
}

// beginsWord is the condition that a word of an account or group begins with
// argument n; argument n+1 is what all such words sort below.
func beginsWord(n int, kind string) string {
	return fmt.Sprintf(` and id in (select cast(substr(principal, %d) as bigint) from people_word
		where word >= $%d and word < $%d and principal like '%s%%')`, len(kind)+1, n, n+1, kind)
}

// AccountFilter says which accounts are wanted; what is nil or "" does not matter.
type AccountFilter struct {
	App      *bool
	Disabled *bool
	Admin    *bool
	Source   *string
	Words    []string // folded, as Account.Words; at most 5 count
}

// FindAccounts returns up to limit accounts numbered above after, by number.
// Those that no search finds otherwise, disabled ones and applications, are
// found by a part of login, name or address.
func (s *Store) FindAccounts(ctx context.Context, f AccountFilter, after int64, limit int) ([]Account, error) {
	query, args := accountColumns+` where id > $1`, []any{after}
	put := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "$?", fmt.Sprintf("$%d", len(args)), 1)
		}
		query += condition
	}
	for _, c := range []struct {
		column string
		want   *bool
	}{{"kind", f.App}, {"disabled", f.Disabled}, {"admin", f.Admin}} {
		if c.want != nil {
			put(` and `+c.column+` = $?`, flag(*c.want))
		}
	}
	if f.Source != nil {
		put(` and source = $?`, *f.Source)
	}
	for _, w := range f.Words[:min(len(f.Words), 5)] {
		part := "%" + likeEscaper.Replace(w) + "%"
		put(` and (id in (select cast(substr(principal, 6) as bigint) from people_word
			where word >= $? and word < $? and principal like 'user:%')
			or (disabled = 1 or kind = 1) and (login like $? escape '\' or lower(name) like $? escape '\' or lower(email) like $? escape '\'))`,
			w, w+"\U0010FFFF", part, part, part)
	}
	put(` order by id limit $?`, limit)
	return s.accounts(ctx, query, args...)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Membership is one step of the way into a group: who is in what, and who says so.
type Membership struct {
	Member signoff.Principal // a person or a group
	Group  int64
	Via    string
}

// MembershipsOf returns every membership by which a user is in a group: their own,
// then those of the groups they are in.
func (s *Store) MembershipsOf(ctx context.Context, account int64) ([]Membership, error) {
	rows, err := s.query(ctx, `
		with recursive held (id) as (
			select people_group from membership where account = $1
			union select n.people_group from nesting n join held h on n.member = h.id)
		select 0, people_group, via from membership where account = $1
		union all select n.member, n.people_group, n.via from nesting n join held h on n.member = h.id
		order by 1, 2`, account)
	if err != nil {
		return nil, err
	}
	var list []Membership
	err = eachRow(rows, func() error {
		var member int64
		st := Membership{Member: userPrincipal(account)}
		err := rows.Scan(&member, &st.Group, &st.Via)
		if member != 0 {
			st.Member = groupPrincipal(member)
		}
		list = append(list, st)
		return err
	})
	return list, s.explain(err)
}

// Manages tells the accounts whose manager an account is, up to limit.
func (s *Store) Manages(ctx context.Context, account int64, limit int) ([]Account, error) {
	return s.accounts(ctx, accountColumns+` where manager = $1 order by id limit $2`, account, limit)
}
