package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// IdentityLink says who an account is in another system.
type IdentityLink struct {
	Source  string // "entra:TENANT", "oidc:ISSUER", "ldap:NAME", "scim:NAME"
	Subject string // what names them there for ever
	Account int64
	Label   string // for people: what they are called there
	Created time.Time
	Seen    time.Time // roughly when they last came that way; zero: never
}

// Link ties somebody in another system to an account. It refuses a missing
// account ("user-not-found"), and one in another system who is somebody else
// here ("link-taken"); what is so already only gets its label anew.
func (s *Store) Link(ctx context.Context, l IdentityLink) error {
	return s.exclusively(ctx, func(t *tx) error { return t.link(l, micros(s.Now())) })
}

func (t *tx) link(l IdentityLink, now int64) error {
	var some int
	if err := t.row(`select 1 from account where id = $1`, l.Account).Scan(&some); isNoRows(err) {
		return noUser
	} else if err != nil {
		return err
	}
	var has int64
	err := t.row(`insert into identity_link (source, subject, account, label, created, seen) values ($1, $2, $3, $4, $5, $6)
		on conflict (source, subject) do update set label = excluded.label returning account`,
		l.Source, l.Subject, l.Account, l.Label, now, micros(l.Seen)).Scan(&has)
	if err == nil && has != l.Account {
		return &signoff.Error{Kind: signoff.Conflict, Code: "link-taken",
			Detail: fmt.Sprintf("%s is %s here already", l.Label, signoff.Mention(userPrincipal(has))), Hint: "unlink them there first"}
	}
	return err
}

// Unlink undoes Link, and ends the account's sessions that a provider vouched
// for. What is not there is no error.
func (s *Store) Unlink(ctx context.Context, source, subject string) error {
	return s.exclusively(ctx, func(t *tx) error {
		var account int64
		err := t.row(`delete from identity_link where source = $1 and subject = $2 returning account`, source, subject).Scan(&account)
		if isNoRows(err) {
			return nil
		}
		if err == nil {
			_, err = t.exec(endVouched, account)
		}
		return err
	})
}

// LinkedAccount returns the account that is somebody in another system; false
// when none is.
func (s *Store) LinkedAccount(ctx context.Context, source, subject string) (Account, bool, error) {
	return s.oneAccount(s.accounts(ctx,
		accountColumns+` where id = (select account from identity_link where source = $1 and subject = $2)`, source, subject))
}

// Links returns who an account is elsewhere.
func (s *Store) Links(ctx context.Context, account int64) ([]IdentityLink, error) {
	rows, err := s.query(ctx, `select source, subject, label, created, seen from identity_link
		where account = $1 order by source, subject`, account)
	if err != nil {
		return nil, err
	}
	var list []IdentityLink
	err = eachRow(rows, func() error {
		l := IdentityLink{Account: account}
		var created, seen int64
		if err := rows.Scan(&l.Source, &l.Subject, &l.Label, &created, &seen); err != nil {
			return err
		}
		l.Created, l.Seen = moment(created), moment(seen)
		list = append(list, l)
		return nil
	})
	return list, s.explain(err)
}

// GroupLink says what a group or role is called in another system.
type GroupLink struct {
	Source   string
	External string // a group's id there; for an app role "role:" and its value
	Group    int64
	Label    string // for people
}

// LinkGroup lets a group stand for one in another system. It refuses a missing
// group ("group-not-found") and an outer group that another stands for
// ("link-taken").
func (s *Store) LinkGroup(ctx context.Context, l GroupLink) error {
	return s.exclusively(ctx, func(t *tx) error { return t.linkGroup(l) })
}

func (t *tx) linkGroup(l GroupLink) error {
	var some int
	if err := t.row(`select 1 from people_group where id = $1`, l.Group).Scan(&some); isNoRows(err) {
		return noGroup
	} else if err != nil {
		return err
	}
	var has int64
	err := t.row(`insert into group_link (source, external, people_group, label) values ($1, $2, $3, $4)
		on conflict (source, external) do update set label = excluded.label returning people_group`,
		l.Source, l.External, l.Group, l.Label).Scan(&has)
	if err == nil && has != l.Group {
		return &signoff.Error{Kind: signoff.Conflict, Code: "link-taken",
			Detail: fmt.Sprintf("%s is %s here already", l.Label, signoff.Mention(groupPrincipal(has))), Hint: "unlink it there first"}
	}
	return err
}

// UnlinkGroup undoes LinkGroup, and ends the memberships that came of it.
func (s *Store) UnlinkGroup(ctx context.Context, source, external string) error {
	return s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from membership where via = $1
			and people_group = (select people_group from group_link where source = $1 and external = $2)`, source, external); err != nil {
			return err
		}
		_, err := t.exec(`delete from group_link where source = $1 and external = $2`, source, external)
		return err
	})
}

// GroupLinks returns what groups are called in a system; with group not 0, what
// that one is called in all of them.
func (s *Store) GroupLinks(ctx context.Context, source string, group int64) ([]GroupLink, error) {
	const columns = `select source, external, people_group, label from group_link`
	query, arg := columns+` where source = $1 order by external`, any(source)
	if group != 0 {
		query, arg = columns+` where people_group = $1 order by source, external`, any(group)
	}
	rows, err := s.query(ctx, query, arg)
	if err != nil {
		return nil, err
	}
	var list []GroupLink
	err = eachRow(rows, func() error {
		var l GroupLink
		if err := rows.Scan(&l.Source, &l.External, &l.Group, &l.Label); err != nil {
			return err
		}
		list = append(list, l)
		return nil
	})
	return list, s.explain(err)
}

// SetMembershipsVia makes an account a member of exactly these groups, as far
// as source says so; memberships that are ours or another source's stay. It
// tells whether anything changed. Groups a directory rules are left alone
// unless the source is that directory.
func (s *Store) SetMembershipsVia(ctx context.Context, source string, account int64, groups []int64) (changed bool, err error) {
	err = s.exclusively(ctx, func(t *tx) error {
		changed = false
		is, err := t.ids(`select people_group from membership where account = $1 and via = $2 order by people_group`, account, source)
		if err != nil {
			return err
		}
		gone, new := difference(is, groups)
		for _, g := range gone {
			if _, err := t.exec(`delete from membership where account = $1 and people_group = $2 and via = $3`, account, g, source); err != nil {
				return err
			}
			changed = true
		}
		for _, g := range new {
			n, err := t.exec(`insert into membership (people_group, account, via)
				select id, $2, $3 from people_group where id = $1 and (source = '' or source = $3) on conflict do nothing`, g, account, source)
			if err != nil {
				return err
			}
			changed = changed || n > 0
		}
		return nil
	})
	return changed, err
}

// difference returns what is only in the first and what is only in the second.
func difference(a, b []int64) (onlyA, onlyB []int64) {
	in := func(list []int64) map[int64]bool {
		m := make(map[int64]bool, len(list))
		for _, v := range list {
			m[v] = true
		}
		return m
	}
	inA, inB := in(a), in(b)
	for _, v := range a {
		if !inB[v] {
			onlyA = append(onlyA, v)
		}
	}
	for _, v := range b {
		if !inA[v] {
			onlyB = append(onlyB, v)
		}
	}
	return onlyA, onlyB
}

// ids runs a statement that returns numbers.
func (t *tx) ids(query string, args ...any) ([]int64, error) {
	rows, err := t.query(query, args...)
	if err != nil {
		return nil, err
	}
	var list []int64
	err = eachRow(rows, func() error {
		var id int64
		err := rows.Scan(&id)
		list = append(list, id)
		return err
	})
	return list, err
}
