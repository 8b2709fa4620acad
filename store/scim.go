package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// SCIMResource is a user or group as a SCIM client wrote it.
type SCIMResource struct {
	N        int64  // place in lists
	Client   string // the directory's name
	ID       string
	Group    bool
	Key      string // userName or displayName without regard to case; of users one of a kind
	Label    string // the same as written
	External string // what the client calls it
	Rev      int64
	Gone     bool // deleted, and not taken yet
	Created  time.Time
	Changed  time.Time
	Body     []byte // JSON, without members
}

func scimKind(group bool) int { return flag(group) }

// SCIMMembers says how a group's members change; nil leaves them.
type SCIMMembers struct {
	Whole bool     // Came are all there are
	Came  []string // ids of users and groups
	Left  []string
}

// errSCIMTaken refuses a second user of one name.
func errSCIMTaken(label string) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "scim-taken", Detail: fmt.Sprintf("there is a user called %s already", label)}
}

var (
	errSCIMStale = &signoff.Error{Kind: signoff.Conflict, Code: "stale", Detail: "somebody changed it meanwhile", Hint: "read it again, then change it"}
	errNoSCIM    = &signoff.Error{Kind: signoff.NotFound, Code: "scim-not-found", Detail: "there is no such user or group"}
)

// SCIMCreate keeps a new resource. With back it is a user who was deleted, if
// there is one that the client called the same, and has its ID again. It refuses
// a userName that the client has given already ("scim-taken") and members nobody
// knows ("scim-no-member").
func (s *Store) SCIMCreate(ctx context.Context, r SCIMResource, m *SCIMMembers, back bool) (SCIMResource, error) {
	r.Rev, r.Created, r.Changed = 1, s.Now(), s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		if err := t.scimFree(r); err != nil {
			return err
		}
		if back {
			err := t.row(`update scim_resource set key = $3, label = $4, gone = 0, rev = rev + 1, created = $5, changed = $5, body = $6
				where n = (select max(n) from scim_resource where client = $1 and kind = 0 and gone = 1 and external = $2) returning n, id, rev`,
				r.Client, r.External, r.Key, r.Label, micros(r.Created), r.Body).Scan(&r.N, &r.ID, &r.Rev)
			if !isNoRows(err) {
				return err
			}
		}
		if err := t.row(`insert into scim_resource (client, id, kind, key, label, external, rev, taken, gone, created, changed, body)
			values ($1, $2, $3, $4, $5, $6, 1, 0, 0, $7, $7, $8) returning n`,
			r.Client, r.ID, scimKind(r.Group), r.Key, r.Label, r.External, micros(r.Created), r.Body).Scan(&r.N); err != nil {
			return err
		}
		return t.scimMembers(r, m)
	})
	return r, err
}

func (t *tx) scimFree(r SCIMResource) error {
	if r.Group {
		return nil
	}
	var some int
	err := t.row(`select 1 from scim_resource where client = $1 and kind = 0 and gone = 0 and key = $2 and id <> $3`, r.Client, r.Key, r.ID).Scan(&some)
	if isNoRows(err) {
		return nil
	}
	if err == nil {
		err = errSCIMTaken(r.Label)
	}
	return err
}

// SCIMSave keeps a changed resource in place of revision r.Rev. It refuses what
// SCIMCreate refuses, one that is gone ("scim-not-found"), and one that
// somebody else changed meanwhile ("stale").
func (s *Store) SCIMSave(ctx context.Context, r SCIMResource, m *SCIMMembers) (SCIMResource, error) {
	was := r.Rev
	r.Rev, r.Changed = was+1, s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		if err := t.scimFree(r); err != nil {
			return err
		}
		n, err := t.exec(`update scim_resource set key = $3, label = $4, external = $5, rev = rev + 1, changed = $6, body = $7
			where client = $1 and id = $2 and rev = $8 and gone = 0`, r.Client, r.ID, r.Key, r.Label, r.External, micros(r.Changed), r.Body, was)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.scimStale(r)
		}
		return t.scimMembers(r, m)
	})
	return r, err
}

// scimStale tells why a resource could not be changed.
func (t *tx) scimStale(r SCIMResource) error {
	var some int
	err := t.row(`select 1 from scim_resource where client = $1 and id = $2 and gone = 0`, r.Client, r.ID).Scan(&some)
	if isNoRows(err) {
		return errNoSCIM
	}
	if err == nil {
		err = errSCIMStale
	}
	return err
}

// MaxSCIMMembers is how many members one group may have.
const MaxSCIMMembers = 50_000

func (t *tx) scimMembers(r SCIMResource, m *SCIMMembers) error {
	if m == nil {
		return nil
	}
	if m.Whole {
		if _, err := t.exec(`delete from scim_member where client = $1 and in_group = $2`, r.Client, r.ID); err != nil {
			return err
		}
	}
	for _, id := range m.Left {
		if _, err := t.exec(`delete from scim_member where client = $1 and in_group = $2 and member = $3`, r.Client, r.ID, id); err != nil {
			return err
		}
	}
	for _, id := range m.Came {
		n, err := t.exec(`insert into scim_member (client, in_group, member) select client, $2, id from scim_resource
			where client = $1 and id = $3 and gone = 0 on conflict do nothing`, r.Client, r.ID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := t.scimKnown(r.Client, r.ID, id); err != nil {
				return err
			}
		}
	}
	if len(m.Came) == 0 {
		return nil
	}
	var all int
	if err := t.row(`select count(*) from scim_member where client = $1 and in_group = $2`, r.Client, r.ID).Scan(&all); err != nil || all <= MaxSCIMMembers {
		return err
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "scim-too-many-members", Detail: fmt.Sprintf("a group has at most %d members", MaxSCIMMembers)}
}

// scimKnown refuses a member that is none already and cannot become one.
func (t *tx) scimKnown(client, group, member string) error {
	var some int
	err := t.row(`select 1 from scim_member where client = $1 and in_group = $2 and member = $3`, client, group, member).Scan(&some)
	if isNoRows(err) {
		return &signoff.Error{Kind: signoff.Invalid, Code: "scim-no-member", Detail: fmt.Sprintf("there is no user or group with the id %.100q", member)}
	}
	return err
}

// SCIMDelete deletes a resource, of revision rev unless that is 0. What was
// deleted stays until SCIMTaken says that it has been seen to.
func (s *Store) SCIMDelete(ctx context.Context, client, id string, rev int64) error {
	return s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`update scim_resource set gone = 1, rev = rev + 1, changed = $4
			where client = $1 and id = $2 and gone = 0 and (rev = $3 or $3 = 0)`, client, id, rev, micros(s.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return t.scimStale(SCIMResource{Client: client, ID: id})
		}
		if _, err := t.exec(`delete from scim_member where client = $1 and member = $2`, client, id); err != nil {
			return err
		}
		_, err = t.exec(`delete from scim_member where client = $1 and in_group = $2`, client, id)
		return err
	})
}

// SCIMTaken says that people and groups are as a revision of a resource said.
// One that was deleted is forgotten then, unless it is a user who may come back.
func (s *Store) SCIMTaken(ctx context.Context, client, id string, rev int64) error {
	return s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`update scim_resource set taken = $3 where client = $1 and id = $2 and taken < $3`, client, id, rev); err != nil {
			return err
		}
		_, err := t.exec(`delete from scim_resource where client = $1 and id = $2 and gone = 1 and rev = $3
			and (kind = 1 or external = '')`, client, id, rev)
		return err
	})
}

// SCIMForget removes everything of a client that is no more: its tokens and
// what it wrote. Accounts and groups stay.
func (s *Store) SCIMForget(ctx context.Context, client string) error {
	return s.exclusively(ctx, func(t *tx) error {
		for _, table := range []string{"scim_member", "scim_resource", "scim_token"} {
			if _, err := t.exec(`delete from `+table+` where client = $1`, client); err != nil {
				return err
			}
		}
		return nil
	})
}
