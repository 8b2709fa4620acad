package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

// Place is where rights are kept: a workflow, a category, a service, or with
// none of them the server.
type Place struct {
	Workflow signoff.WorkflowID
	Category string
	Service  string
}

// Grants returns all rights on all workflows.
func (s *Store) Grants(ctx context.Context) (map[signoff.WorkflowID][]access.Grant, error) {
	rows, err := s.query(ctx, `select workflow, principal, name from workflow_right order by workflow, principal, name`)
	if err != nil {
		return nil, err
	}
	out := map[signoff.WorkflowID][]access.Grant{}
	err = eachRow(rows, func() error {
		var wf signoff.WorkflowID
		var g access.Grant
		err := rows.Scan(&wf, &g.Who, &g.Right)
		out[wf] = append(out[wf], g)
		return err
	})
	return out, s.explain(err)
}

// CategoryGrants returns all rights on all categories, by the category's key.
func (s *Store) CategoryGrants(ctx context.Context) (map[string][]access.Grant, error) {
	rows, err := s.query(ctx, `select key, category, principal, name from category_right order by key, principal, name`)
	if err != nil {
		return nil, err
	}
	out := map[string][]access.Grant{}
	err = eachRow(rows, func() error {
		var key string
		var g access.Grant
		err := rows.Scan(&key, &g.Category, &g.Who, &g.Right)
		out[key] = append(out[key], g)
		return err
	})
	return out, s.explain(err)
}

// ServerGrants returns all rights on the server. Those of people who administer
// by themselves are among them, whether or not they can sign in.
func (s *Store) ServerGrants(ctx context.Context) ([]access.Grant, error) {
	rows, err := s.query(ctx, serverGrants)
	if err != nil {
		return nil, err
	}
	var out []access.Grant
	err = eachRow(rows, func() error {
		g, err := scanServerGrant(rows)
		out = append(out, g)
		return err
	})
	return out, s.explain(err)
}

const serverGrants = `select principal, name from server_right
	union all select 'user:' || id, 'administer' from account where admin = 1 order by 1, 2`

func scanServerGrant(row interface{ Scan(...any) error }) (g access.Grant, err error) {
	var name string
	if err := row.Scan(&g.Who, &name); err != nil {
		return g, err
	}
	g.Right, err = access.ParseServerRight(name)
	return g, err
}

// ChangeGrants lets change replace the rights on a place, and puts what became
// of them on record as note says. change may be run more than once. It refuses
// what change refuses, and to leave the server without an administrator
// ("last-administrator").
func (s *Store) ChangeGrants(ctx context.Context, on Place, note Change, change func(before []access.Grant) ([]access.Grant, error)) ([]access.Grant, error) {
	var after []access.Grant
	now := s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		before, err := t.grantsOn(on)
		if err != nil {
			return err
		}
		if after, err = change(slices.Clone(before)); err != nil {
			return err
		}
		after = sortedGrants(after)
		if slices.Equal(before, after) {
			return nil
		}
		note.Before, note.After = grantsText(before), grantsText(after)
		if err := t.note(note, now); err != nil {
			return err
		}
		if on == (Place{}) {
			return t.keepingAdministrator(func() error { return t.setServerGrants(before, after) })
		}
		return t.setGrants(on, after)
	})
	return after, err
}

func sortedGrants(list []access.Grant) []access.Grant {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b access.Grant) int {
		switch {
		case a.Who != b.Who:
			return compare(string(a.Who), string(b.Who))
		default:
			return compare(a.Right.Name(), b.Right.Name())
		}
	})
	return slices.CompactFunc(list, func(a, b access.Grant) bool { return a.Who == b.Who && a.Right == b.Right })
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// grantsText is what the record says of a list of rights.
func grantsText(list []access.Grant) []byte {
	type grant struct {
		Who   signoff.Principal `json:"who"`
		Right string            `json:"right"`
	}
	out := make([]grant, 0, len(list))
	for _, g := range list {
		out = append(out, grant{g.Who, g.Right.Name()})
	}
	text, err := json.Marshal(out)
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}

func (t *tx) grantsOn(on Place) ([]access.Grant, error) {
	query, args := serverGrants, []any(nil)
	switch {
	case on.Workflow != 0:
		query, args = `select principal, name from workflow_right where workflow = $1 order by principal, name`, []any{int64(on.Workflow)}
	case on.Category != "":
		query, args = `select principal, name from category_right where key = $1 order by principal, name`, []any{access.CategoryKey(on.Category)}
	case on.Service != "":
		query, args = `select principal, name from service_right where service = $1 order by principal, name`, []any{on.Service}
	}
	rows, err := t.query(query, args...)
	if err != nil {
		return nil, err
	}
	var out []access.Grant
	err = eachRow(rows, func() error {
		var g access.Grant
		var err error
		if on == (Place{}) {
			g, err = scanServerGrant(rows)
		} else {
			err = rows.Scan(&g.Who, &g.Right)
		}
		out = append(out, g)
		return err
	})
	return sortedGrants(out), err
}

func (t *tx) setGrants(on Place, after []access.Grant) error {
	key := access.CategoryKey(on.Category)
	var err error
	switch {
	case on.Workflow != 0:
		_, err = t.exec(`delete from workflow_right where workflow = $1`, int64(on.Workflow))
	case on.Service != "":
		return t.setServiceGrants(on.Service, after)
	default:
		_, err = t.exec(`delete from category_right where key = $1`, key)
	}
	for _, g := range after {
		if err != nil {
			return err
		}
		if on.Workflow != 0 {
			err = t.grant(on.Workflow, g)
		} else {
			_, err = t.exec(`insert into category_right (key, category, principal, name) values ($1, $2, $3, $4)`,
				key, on.Category, string(g.Who), string(g.Right))
		}
	}
	return err
}

// setServerGrants writes the rights on the server; those of people who
// administer go to their accounts.
func (t *tx) setServerGrants(before, after []access.Grant) error {
	if _, err := t.exec(`delete from server_right`); err != nil {
		return err
	}
	for _, g := range before {
		if id, person := AccountID(g.Who); person && g.Right == access.Server && !slices.Contains(after, g) {
			if _, err := t.exec(`update account set admin = 0 where id = $1`, id); err != nil {
				return err
			}
		}
	}
	for _, g := range after {
		var err error
		id, person := AccountID(g.Who)
		if !person || g.Right != access.Server {
			_, err = t.exec(`insert into server_right (principal, name) values ($1, $2)`, string(g.Who), g.Right.Name())
		} else if n, fault := t.exec(`update account set admin = 1 where id = $1`, id); fault != nil || n == 0 {
			err = noUser
			if fault != nil {
				err = fault
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) grant(wf signoff.WorkflowID, g access.Grant) error {
	_, err := t.exec(`insert into workflow_right (workflow, principal, name) values ($1, $2, $3) on conflict do nothing`,
		int64(wf), string(g.Who), string(g.Right))
	return err
}

// keepingAdministrator lets do change what it likes, but not take away the last
// administrator: one who can sign in, and is one by what is said here. What a
// directory says does not count, for it may say something else tomorrow.
func (t *tx) keepingAdministrator(do func() error) error {
	had, err := t.hasAdministrator()
	if err != nil {
		return err
	}
	if err := do(); err != nil || !had {
		return err
	}
	has, err := t.hasAdministrator()
	if err == nil && !has {
		err = &signoff.Error{Kind: signoff.Conflict, Code: "last-administrator",
			Detail: "this is the only administrator left", Hint: "make somebody else an administrator first, by a right or group that is kept here and not by a directory"}
	}
	return err
}

func (t *tx) hasAdministrator() (bool, error) {
	var some int
	err := t.row(`select 1 from account where admin = 1 and disabled = 0 and kind = 0 limit 1`).Scan(&some)
	if !isNoRows(err) {
		return err == nil, err
	}
	groups, err := t.ids(`select cast(substr(principal, 7) as bigint) from server_right
		where name = 'administer' and principal like 'group:%' order by 1`)
	if err != nil {
		return false, err
	}
	for _, id := range groups {
		err := t.row(`with recursive inside (id) as (
				select cast($1 as bigint) union select n.member from nesting n join inside i on n.people_group = i.id where n.via = '')
			select 1 from account a join membership m on m.account = a.id and m.via = '' join inside i on m.people_group = i.id
			where a.disabled = 0 and a.kind = 0 limit 1`, id).Scan(&some)
		if !isNoRows(err) {
			return err == nil, err
		}
	}
	return false, nil
}

// HoldsPower tells whether an account administers the server or may act in
// others' names, by itself or through a group or role. Such an account is given
// to nobody by what another system writes: an address, an id.
func (s *Store) HoldsPower(ctx context.Context, account int64) (bool, error) {
	holds, err := readPower(func(query string, args ...any) *sql.Row { return s.row(ctx, query, args...) }, account)
	return holds, s.explain(err)
}

func (t *tx) holdsPower(account int64) (bool, error) { return readPower(t.row, account) }

func readPower(row func(query string, args ...any) *sql.Row, account int64) (bool, error) {
	var some int
	err := row(`with recursive held (id) as (
			select people_group from membership where account = $1
			union select n.people_group from nesting n join held h on n.member = h.id)
		select 1 from account where id = $1 and admin = 1
		union all select 1 from server_right where name in ('administer', 'impersonate')
			and (principal = $2 or principal in (select 'group:' || id from held)) limit 1`, account, string(userPrincipal(account))).Scan(&some)
	if isNoRows(err) {
		return false, nil
	}
	return err == nil, err
}

// dropGrants takes every right from a principal that is going.
func (t *tx) dropGrants(p signoff.Principal) error {
	for _, query := range []string{
		`delete from server_right where principal = $1`,
		`delete from category_right where principal = $1`,
		`delete from workflow_right where principal = $1`,
		`delete from service_right where principal = $1`,
	} {
		if _, err := t.exec(query, string(p)); err != nil {
			return fmt.Errorf("take rights from %s: %w", p, err)
		}
	}
	return nil
}
