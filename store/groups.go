package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// CreateGroup adds a group without members. It refuses a name another group
// has, whatever its case ("group-taken"). Here and below, record is what to put
// on record with the change.
func (s *Store) CreateGroup(ctx context.Context, g Group, record ...Change) (Group, error) {
	now := s.Now()
	err := s.exclusively(ctx, func(tx *tx) error {
		err := tx.row(`insert into people_group (key, name, kind, source, about) values ($1, $2, $3, $4, $5) on conflict (key) do nothing returning id`,
			g.Key, g.Name, flag(g.Role), g.Source, g.About).Scan(&g.ID)
		if isNoRows(err) {
			return groupTaken(g.Name)
		}
		if err != nil {
			return err
		}
		if err := tx.record(record, now, g.Principal(), nil, groupText(g)); err != nil {
			return err
		}
		return writeWords(tx, g.Principal(), g.Words)
	})
	return g, err
}

// RenameGroup gives the group g.ID another name.
func (s *Store) RenameGroup(ctx context.Context, g Group) error {
	return s.exclusively(ctx, func(tx *tx) error {
		var some int
		err := tx.row(`select 1 from people_group where key = $1 and id <> $2`, g.Key, g.ID).Scan(&some)
		if err == nil {
			return groupTaken(g.Name)
		}
		if !isNoRows(err) {
			return err
		}
		n, err := tx.exec(`update people_group set key = $2, name = $3 where id = $1`, g.ID, g.Key, g.Name)
		if err != nil {
			return err
		}
		if n == 0 {
			return noGroup
		}
		return writeWords(tx, g.Principal(), g.Words)
	})
}

func groupTaken(name string) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "group-taken",
		Detail: fmt.Sprintf("there is a group called %s already", name)}
}

var noGroup = &signoff.Error{Kind: signoff.NotFound, Code: "group-not-found", Detail: "there is no such group"}

// maxGroups is how many groups one user may be in: each is looked at in every
// page of their worklist.
const maxGroups = 500

// SetMember puts a user into a group or takes them out. Doing it again changes
// nothing. It refuses one group too many ("too-many-groups"), and to take the
// last administrator out ("last-administrator").
func (s *Store) SetMember(ctx context.Context, group, account int64, in bool, record ...Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(tx *tx) error {
		if err := tx.mustBe(group, account); err != nil {
			return err
		}
		member := memberText(userPrincipal(account))
		if !in {
			return tx.keepingAdministrator(func() error {
				n, err := tx.exec(`delete from membership where people_group = $1 and account = $2`, group, account)
				if err != nil || n == 0 {
					return err
				}
				return tx.record(record, now, groupPrincipal(group), member, nil)
			})
		}
		var n int
		if err := tx.row(`select count(*) from membership where account = $1 and people_group <> $2`, account, group).Scan(&n); err != nil {
			return err
		}
		if n >= maxGroups {
			return &signoff.Error{Kind: signoff.Conflict, Code: "too-many-groups",
				Detail: fmt.Sprintf("somebody can be in at most %d groups", maxGroups)}
		}
		done, err := tx.exec(`insert into membership (people_group, account) values ($1, $2)
			on conflict (people_group, account) do update set via = '' where membership.via <> ''`, group, account)
		if err != nil || done == 0 {
			return err
		}
		return tx.record(record, now, groupPrincipal(group), nil, member)
	})
}

// mustBe refuses a group or a user that is not there.
func (t *tx) mustBe(group, account int64) error {
	var some int
	if err := t.row(`select 1 from people_group where id = $1 and `+present, group).Scan(&some); isNoRows(err) {
		return noGroup
	} else if err != nil {
		return err
	}
	err := t.row(`select 1 from account where id = $1`, account).Scan(&some)
	if isNoRows(err) {
		return noUser
	}
	return err
}

// Group returns a group by number; false when there is none.
func (s *Store) Group(ctx context.Context, id int64) (Group, bool, error) {
	return s.oneGroup(s.groups(ctx, groupColumns+` where id = $1 and `+present, id))
}

// GroupByKey returns the group whose name has this key.
func (s *Store) GroupByKey(ctx context.Context, key string) (Group, bool, error) {
	return s.oneGroup(s.groups(ctx, groupColumns+` where key = $1`, key))
}

// Groups returns up to limit groups numbered above after, by number.
func (s *Store) Groups(ctx context.Context, after int64, limit int) ([]Group, error) {
	return s.groups(ctx, groupColumns+` where id > $1 and `+present+` order by id limit $2`, after, limit)
}

const groupColumns = `select id, key, name, kind, source, about from people_group`

// GroupsOf returns the groups a user is in, and those these are in, by number.
func (s *Store) GroupsOf(ctx context.Context, account int64) ([]Group, error) {
	return s.groups(ctx, `
		with recursive held (id) as (
			select people_group from membership where account = $1
			union select n.people_group from nesting n join held h on n.member = h.id)
		`+groupColumns+` where id in (select id from held) order by id`, account)
}

// Direct is a member of a group by name, and who says so.
type Direct struct {
	Person signoff.Person // a person or a group
	Via    string         // the source, "" an administrator here
}

// DirectMembers returns up to limit people and groups that were put into a group
// themselves, disabled people too: groups first, by number, those after the
// principal given.
func (s *Store) DirectMembers(ctx context.Context, group int64, after signoff.Principal, limit int) ([]Direct, error) {
	var list []Direct
	afterUser, past := AccountID(after)
	if !past {
		afterGroup, _ := GroupID(after)
		err := s.directs(ctx, &list, groupPrincipal, `select g.id, g.name, g.name, '', n.via from nesting n join people_group g on g.id = n.member
			where n.people_group = $1 and g.id > $2 order by g.id limit $3`, group, afterGroup, limit)
		if err != nil {
			return nil, err
		}
	}
	err := s.directs(ctx, &list, userPrincipal, `select a.id, a.login, a.name, a.email, m.via from membership m join account a on a.id = m.account
		where m.people_group = $1 and a.id > $2 order by a.id limit $3`, group, afterUser, limit-len(list))
	return list, err
}

func (s *Store) directs(ctx context.Context, into *[]Direct, principal func(int64) signoff.Principal, query string, args ...any) error {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return err
	}
	return s.explain(eachRow(rows, func() error {
		var id int64
		var d Direct
		err := rows.Scan(&id, &d.Person.Login, &d.Person.Name, &d.Person.Email, &d.Via)
		d.Person.Principal = principal(id)
		*into = append(*into, d)
		return err
	}))
}

// Nest puts a group into another or takes it out, on the word of via ("": an
// administrator here). It refuses missing groups ("group-not-found"), a group
// that would be in itself ("group-cycle"), and on an administrator's word to
// take the last administrator out ("last-administrator").
func (s *Store) Nest(ctx context.Context, group, member int64, via string, in bool, record ...Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		if in {
			return t.nest(group, member, via, record, now)
		}
		return t.keepingAdministrator(func() error {
			n, err := t.exec(`delete from nesting where people_group = $1 and member = $2`, group, member)
			if err != nil || n == 0 {
				return err
			}
			return t.record(record, now, groupPrincipal(group), memberText(groupPrincipal(member)), nil)
		})
	})
}

func (t *tx) nest(group, member int64, via string, record []Change, now time.Time) error {
	for _, id := range []int64{group, member} {
		var some int
		if err := t.row(`select 1 from people_group where id = $1 and `+present, id).Scan(&some); isNoRows(err) {
			return noGroup
		} else if err != nil {
			return err
		}
	}
	var some int
	err := t.row(`with recursive inside (id) as (
			select cast($1 as bigint) union select n.member from nesting n join inside i on n.people_group = i.id)
		select 1 from inside where id = $2`, member, group).Scan(&some)
	if err == nil {
		return &signoff.Error{Kind: signoff.Conflict, Code: "group-cycle", Detail: "the group would be in itself that way"}
	}
	if !isNoRows(err) {
		return err
	}
	n, err := t.exec(`insert into nesting (people_group, member, via) values ($1, $2, $3) on conflict do nothing`, group, member, via)
	if err != nil || n == 0 {
		return err
	}
	return t.record(record, now, groupPrincipal(group), nil, memberText(groupPrincipal(member)))
}

func (s *Store) oneGroup(list []Group, err error) (Group, bool, error) {
	if err != nil || len(list) == 0 {
		return Group{}, false, err
	}
	return list[0], true, nil
}

func (s *Store) groups(ctx context.Context, query string, args ...any) ([]Group, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var list []Group
	err = eachRow(rows, func() error {
		var g Group
		list = append(list, g)
		last := &list[len(list)-1]
		return rows.Scan(&last.ID, &last.Key, &last.Name, &last.Role, &last.Source, &last.About)
	})
	return list, s.explain(err)
}

// Names returns the people and groups with these numbers; numbers nobody has
// are left out. Disabled users are among them: history speaks of them too.
func (s *Store) Names(ctx context.Context, accounts, groups []int64) ([]signoff.Person, error) {
	out := make([]signoff.Person, 0, len(accounts)+len(groups))
	scan := func(rows *sql.Rows, group bool) error {
		return eachRow(rows, func() error {
			var id int64
			var p signoff.Person
			if err := rows.Scan(&id, &p.Login, &p.Name, &p.Email); err != nil {
				return err
			}
			if p.Principal = userPrincipal(id); group {
				p.Principal = groupPrincipal(id)
			}
			out = append(out, p)
			return nil
		})
	}
	for start := 0; start < len(accounts); start += inList {
		rows, err := s.query(ctx, `select id, login, name, email from account where id in `+inListSQL+` order by id`,
			inArgs(accounts[start:min(start+inList, len(accounts))])...)
		if err != nil {
			return nil, err
		}
		if err := scan(rows, false); err != nil {
			return nil, s.explain(err)
		}
	}
	for start := 0; start < len(groups); start += inList {
		rows, err := s.query(ctx, `select id, name, name, '' from people_group where id in `+inListSQL+` order by id`,
			inArgs(groups[start:min(start+inList, len(groups))])...)
		if err != nil {
			return nil, err
		}
		if err := scan(rows, true); err != nil {
			return nil, s.explain(err)
		}
	}
	return out, nil
}

// WordsFrom returns up to limit principals that have a word beginning with
// prefix, ordered by the word; a principal may come more than once.
func (s *Store) WordsFrom(ctx context.Context, prefix string, limit int) ([]signoff.Principal, error) {
	// Every word that begins with prefix sorts below prefix and the last code point.
	rows, err := s.query(ctx, `select principal from people_word where word >= $1 and word < $2 order by word, principal limit $3`,
		prefix, prefix+"\U0010FFFF", limit)
	if err != nil {
		return nil, err
	}
	var out []signoff.Principal
	err = eachRow(rows, func() error {
		var p string
		err := rows.Scan(&p)
		out = append(out, signoff.Principal(p))
		return err
	})
	return out, s.explain(err)
}
