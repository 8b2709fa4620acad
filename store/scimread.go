package store

import (
	"context"
	"database/sql"
)

const scimColumns = `select n, client, id, kind, key, label, external, rev, gone, created, changed, body from scim_resource`

// SCIMResourceByID returns one resource; false when there is none, or none any more.
func (s *Store) SCIMResourceByID(ctx context.Context, client, id string) (SCIMResource, bool, error) {
	list, err := s.scim(ctx, scimColumns+` where client = $1 and id = $2 and gone = 0`, client, id)
	if err != nil || len(list) == 0 {
		return SCIMResource{}, false, err
	}
	return list[0], true, nil
}

// SCIMByKey returns the resources of a name: one user at most, or up to limit groups.
func (s *Store) SCIMByKey(ctx context.Context, client string, group bool, key string, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and kind = $2 and gone = 0 and key = $3 order by n limit $4`, client, scimKind(group), key, limit)
}

// SCIMByExternal returns up to limit resources that the client calls so.
func (s *Store) SCIMByExternal(ctx context.Context, client string, group bool, external string, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and kind = $2 and gone = 0 and external = $3 order by n limit $4`, client, scimKind(group), external, limit)
}

// SCIMWithMember returns up to limit groups that have a member directly.
func (s *Store) SCIMWithMember(ctx context.Context, client, member string, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and gone = 0
		and id in (select in_group from scim_member where client = $1 and member = $2) order by n limit $3`, client, member, limit)
}

// SCIMAfter returns up to limit resources after the n-th number.
func (s *Store) SCIMAfter(ctx context.Context, client string, group bool, n int64, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and kind = $2 and gone = 0 and n > $3 order by n limit $4`, client, scimKind(group), n, limit)
}

// SCIMPage returns up to limit resources after the first skip, as SCIM counts pages.
func (s *Store) SCIMPage(ctx context.Context, client string, group bool, skip, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and kind = $2 and gone = 0 and n >=
		coalesce((select n from scim_resource where client = $1 and kind = $2 and gone = 0 order by n limit 1 offset $3), 9223372036854775807)
		order by n limit $4`, client, scimKind(group), skip, limit)
}

// SCIMCount counts a client's resources of a kind.
func (s *Store) SCIMCount(ctx context.Context, client string, group bool) (n int, err error) {
	err = s.row(ctx, `select count(*) from scim_resource where client = $1 and kind = $2 and gone = 0`, client, scimKind(group)).Scan(&n)
	return n, s.explain(err)
}

// SCIMUntaken returns up to limit resources that people and groups do not
// follow yet, deleted ones too.
func (s *Store) SCIMUntaken(ctx context.Context, client string, limit int) ([]SCIMResource, error) {
	return s.scim(ctx, scimColumns+` where client = $1 and taken < rev order by n limit $2`, client, limit)
}

func (s *Store) scim(ctx context.Context, query string, args ...any) ([]SCIMResource, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []SCIMResource
	err = eachRow(rows, func() error {
		var r SCIMResource
		var created, changed int64
		if err := rows.Scan(&r.N, &r.Client, &r.ID, &r.Group, &r.Key, &r.Label, &r.External, &r.Rev, &r.Gone, &created, &changed, &r.Body); err != nil {
			return err
		}
		r.Created, r.Changed = moment(created), moment(changed)
		list = append(list, r)
		return nil
	})
	return list, s.explain(err)
}

// SCIMMember is a member of a group, or a group somebody is in.
type SCIMMember struct {
	ID    string
	Group bool
	Label string
}

// SCIMMembersOf returns a group's direct members, by id.
func (s *Store) SCIMMembersOf(ctx context.Context, client, group string) ([]SCIMMember, error) {
	return s.scimNames(s.query(ctx, `select r.id, r.kind, r.label from scim_member m join scim_resource r on r.client = m.client and r.id = m.member
		where m.client = $1 and m.in_group = $2 and r.gone = 0 order by r.id`, client, group))
}

// SCIMGroupsOf returns the groups that somebody is in directly, by id.
func (s *Store) SCIMGroupsOf(ctx context.Context, client, member string) ([]SCIMMember, error) {
	return s.scimNames(s.query(ctx, `select r.id, r.kind, r.label from scim_member m join scim_resource r on r.client = m.client and r.id = m.in_group
		where m.client = $1 and m.member = $2 and r.gone = 0 order by r.id`, client, member))
}

func (s *Store) scimNames(rows *sql.Rows, err error) ([]SCIMMember, error) {
	if err != nil {
		return nil, s.explain(err)
	}
	var list []SCIMMember
	err = eachRow(rows, func() error {
		var m SCIMMember
		err := rows.Scan(&m.ID, &m.Group, &m.Label)
		list = append(list, m)
		return err
	})
	return list, s.explain(err)
}
