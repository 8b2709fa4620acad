package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
)

// IdentityLink returns the link of somebody in another system; false when
// nobody here is them.
func (s *Store) IdentityLink(ctx context.Context, source, subject string) (IdentityLink, bool, error) {
	l := IdentityLink{Source: source, Subject: subject}
	var created, seen int64
	err := s.row(ctx, `select account, label, created, seen from identity_link where source = $1 and subject = $2`, source, subject).
		Scan(&l.Account, &l.Label, &created, &seen)
	if isNoRows(err) {
		return IdentityLink{}, false, nil
	}
	l.Created, l.Seen = moment(created), moment(seen)
	return l, err == nil, s.explain(err)
}

// Meet notes what somebody is called in another system now, and that they came.
func (s *Store) Meet(ctx context.Context, l IdentityLink) error {
	return s.exclusively(ctx, func(t *tx) error {
		_, err := t.exec(`update identity_link set label = $3, seen = $4 where source = $1 and subject = $2`,
			l.Source, l.Subject, l.Label, micros(l.Seen))
		return err
	})
}

// LinkNoted is Link with a change on record. Whoever waited to be let in under
// that name waits no longer.
func (s *Store) LinkNoted(ctx context.Context, l IdentityLink, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		if err := t.link(l, micros(now)); err != nil {
			return err
		}
		if err := t.noLongerNew(l); err != nil {
			return err
		}
		return t.note(note, now)
	})
}

// UnlinkNoted undoes a link of an account, with a change on record: memberships
// that came of it end, and sessions that a provider vouched for. It refuses one
// that is not there ("link-not-found").
func (s *Store) UnlinkNoted(ctx context.Context, l IdentityLink, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`delete from identity_link where source = $1 and subject = $2 and account = $3`, l.Source, l.Subject, l.Account)
		if err != nil {
			return err
		}
		if n == 0 {
			return &signoff.Error{Kind: signoff.NotFound, Code: "link-not-found", Detail: "that person is not linked so"}
		}
		if _, err := t.exec(`delete from membership where account = $1 and via = $2
			and people_group in (select id from people_group where source = '')`, l.Account, l.Source); err != nil {
			return err
		}
		if _, err := t.exec(endVouched, l.Account); err != nil {
			return err
		}
		return t.note(note, now)
	})
}

// endVouched ends the sessions of an account that a provider vouched for: whoever
// it spoke of may be somebody else.
const endVouched = `delete from session where account = $1 and provider <> ''`

// Admit makes an account for somebody in another system, under the first of the
// logins that nobody has, ties them to it, and notes the change that note makes
// of it. Somebody who was let in meanwhile is returned as they are, made false.
// It refuses an address of somebody else ("address-taken"), and with
// "login-taken" when all logins are.
func (s *Store) Admit(ctx context.Context, a Account, logins []string, l IdentityLink, note func(Account) Change) (out Account, made bool, err error) {
	now := s.Now()
	err = s.exclusively(ctx, func(t *tx) error {
		out, made = a, false
		var id int64
		err := t.row(`select account from identity_link where source = $1 and subject = $2`, l.Source, l.Subject).Scan(&id)
		if err == nil {
			out.ID = id
			return nil
		}
		if !isNoRows(err) {
			return err
		}
		if out.Login, err = freeLogin(t, logins); err != nil {
			return err
		}
		if out.ID, err = insertAccount(t, out, "", micros(now)); err != nil {
			return err
		}
		made, l.Account = true, out.ID
		if err := t.link(l, micros(now)); err != nil {
			return err
		}
		if err := t.noLongerNew(l); err != nil {
			return err
		}
		return t.note(note(out), now)
	})
	return out, made, err
}

func freeLogin(t *tx, logins []string) (string, error) {
	for _, login := range logins {
		var some int
		err := t.row(`select 1 from account where login = $1`, login).Scan(&some)
		if isNoRows(err) {
			return login, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", &signoff.Error{Kind: signoff.Conflict, Code: "login-taken", Detail: "somebody has each of the logins that were tried"}
}

// A Said is what another system says somebody belongs to. A nil list says
// nothing of that kind.
type Said struct {
	Source  string
	Subject string    // whom it says it of
	Groups  []string  // ids there
	Roles   []string  // values of app roles there
	At      time.Time // when it was said
}

// rolePrefix stands before the value of an app role in GroupLink.External.
const rolePrefix = "role:"

// TakeUp makes an account a member of the groups and roles that stand for what
// another system says of it, and ends memberships it no longer speaks for.
// Groups that a directory rules, and members an administrator put in, stay as
// they are; a word older than the last one taken up counts no more. It tells
// whether anything changed.
func (s *Store) TakeUp(ctx context.Context, account int64, said Said) (changed bool, err error) {
	err = s.exclusively(ctx, func(t *tx) error {
		changed = false
		news, err := t.exec(`update identity_link set said = $4 where source = $1 and subject = $2 and account = $3 and said <= $4`,
			said.Source, said.Subject, account, micros(said.At))
		if err != nil || news == 0 {
			return err
		}
		held, err := t.ids(`select m.people_group from membership m join people_group g on g.id = m.people_group
			where m.account = $1 and m.via = $2 and g.source = ''`, account, said.Source)
		if err != nil {
			return err
		}
		judged, in, err := t.judge(said)
		if err != nil {
			return err
		}
		for _, g := range held {
			if !judged[g] || in[g] {
				delete(in, g)
				continue
			}
			if _, err := t.exec(`delete from membership where account = $1 and people_group = $2 and via = $3`, account, g, said.Source); err != nil {
				return err
			}
			changed = true
		}
		for _, g := range firstOf(in, maxGroups-len(held)) {
			n, err := t.exec(`insert into membership (people_group, account, via) values ($1, $2, $3) on conflict do nothing`, g, account, said.Source)
			if err != nil {
				return err
			}
			changed = changed || n > 0
		}
		return nil
	})
	return changed, err
}

// judge reads which groups are spoken of at all, and which of them somebody is in.
func (t *tx) judge(said Said) (judged, in map[int64]bool, err error) {
	rows, err := t.query(`select l.external, l.people_group from group_link l join people_group g on g.id = l.people_group
		where l.source = $1 and g.source = ''`, said.Source)
	if err != nil {
		return nil, nil, err
	}
	groups, roles := setOf(said.Groups), setOf(said.Roles)
	judged, in = map[int64]bool{}, map[int64]bool{}
	err = eachRow(rows, func() error {
		var external string
		var group int64
		if err := rows.Scan(&external, &group); err != nil {
			return err
		}
		holds, spoken := groups[external], said.Groups != nil
		if role, is := cutRole(external); is {
			holds, spoken = roles[role], said.Roles != nil
		}
		judged[group] = judged[group] || spoken
		if holds {
			in[group] = true
		}
		return nil
	})
	return judged, in, err
}

func cutRole(external string) (string, bool) {
	if len(external) > len(rolePrefix) && external[:len(rolePrefix)] == rolePrefix {
		return external[len(rolePrefix):], true
	}
	return "", false
}

func setOf(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, v := range list {
		m[v] = true
	}
	return m
}

// firstOf returns the lowest keys, most of them at the most: each group somebody
// is in is looked at in every page of their worklist.
func firstOf(m map[int64]bool, most int) []int64 {
	out := slices.Sorted(maps.Keys(m))
	return out[:min(len(out), max(0, most))]
}

// Newcomer is somebody a trusted system vouches for whom nobody here knows, and
// who asked to come in.
type Newcomer struct {
	ID      int64
	Source  string
	Subject string
	App     bool
	Login   string // proposals of the other system
	Name    string
	Email   string
	Label   string // what they are called there
	First   time.Time
	Last    time.Time // roughly
	Times   int
	Refused time.Time // when an administrator said no; zero: not yet
}

// maxNewcomers bounds how many are remembered: whoever trusts every tenant there
// is must not have his database filled by them.
const maxNewcomers = 10_000

const newcomerColumns = `select id, source, subject, kind, login, name, email, label, first_seen, last_seen, times, refused from newcomer`

// NoteNewcomer remembers that somebody asked to come in, and returns what is
// known of them. When too many wait, one more is not remembered: ID is 0 then.
func (s *Store) NoteNewcomer(ctx context.Context, n Newcomer) (Newcomer, error) {
	now := micros(s.Now())
	err := s.exclusively(ctx, func(t *tx) error {
		list, err := scanNewcomers(t.query(newcomerColumns+` where source = $1 and subject = $2`, n.Source, n.Subject))
		if err != nil {
			return err
		}
		if len(list) > 0 {
			n.ID, n.First, n.Times, n.Refused, n.Last = list[0].ID, list[0].First, list[0].Times+1, list[0].Refused, moment(now)
			_, err := t.exec(`update newcomer set kind = $2, login = $3, name = $4, email = $5, label = $6, last_seen = $7, times = $8 where id = $1`,
				n.ID, flag(n.App), n.Login, n.Name, n.Email, n.Label, now, n.Times)
			return err
		}
		var waiting int
		if err := t.row(`select count(*) from newcomer`).Scan(&waiting); err != nil || waiting >= maxNewcomers {
			return err
		}
		n.First, n.Last, n.Times = moment(now), moment(now), 1
		return t.row(`insert into newcomer (source, subject, kind, login, name, email, label, first_seen, last_seen, times, refused)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, 0) returning id`,
			n.Source, n.Subject, flag(n.App), n.Login, n.Name, n.Email, n.Label, now).Scan(&n.ID)
	})
	return n, err
}

// Newcomer returns one of those who asked to come in ("newcomer-not-found").
func (s *Store) Newcomer(ctx context.Context, id int64) (Newcomer, error) {
	return s.oneNewcomer(scanNewcomers(s.query(ctx, newcomerColumns+` where id = $1`, id)))
}

// NewcomerCalled returns what is known of somebody who asked to come in, ID 0
// when they did not.
func (s *Store) NewcomerCalled(ctx context.Context, source, subject string) (Newcomer, error) {
	list, err := scanNewcomers(s.query(ctx, newcomerColumns+` where source = $1 and subject = $2`, source, subject))
	if err != nil || len(list) == 0 {
		return Newcomer{}, s.explain(err)
	}
	return list[0], nil
}

var noNewcomer = &signoff.Error{Kind: signoff.NotFound, Code: "newcomer-not-found", Detail: "nobody waits under that number; perhaps they were let in already"}

func (s *Store) oneNewcomer(list []Newcomer, err error) (Newcomer, error) {
	if err != nil {
		return Newcomer{}, s.explain(err)
	}
	if len(list) == 0 {
		return Newcomer{}, noNewcomer
	}
	return list[0], nil
}

// Newcomers returns up to limit of those who asked to come in, numbered below
// before (0: the newest), newest first: those nobody has answered, or those who
// were refused.
func (s *Store) Newcomers(ctx context.Context, refused bool, before int64, limit int) ([]Newcomer, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	query := newcomerColumns + ` where id < $1 and refused = 0 order by id desc limit $2`
	if refused {
		query = newcomerColumns + ` where id < $1 and refused > 0 order by id desc limit $2`
	}
	list, err := scanNewcomers(s.query(ctx, query, before, limit))
	return list, s.explain(err)
}

// RefuseNewcomer notes that an administrator said no, or takes that back.
func (s *Store) RefuseNewcomer(ctx context.Context, id int64, refused bool, note Change) error {
	now := s.Now()
	at := int64(0)
	if refused {
		at = micros(now)
	}
	return s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`update newcomer set refused = $2 where id = $1`, id, at)
		if err != nil {
			return err
		}
		if n == 0 {
			return noNewcomer
		}
		return t.note(note, now)
	})
}

// noLongerNew forgets that somebody waited.
func (t *tx) noLongerNew(l IdentityLink) error {
	_, err := t.exec(`delete from newcomer where source = $1 and subject = $2`, l.Source, l.Subject)
	return err
}

func scanNewcomers(rows *sql.Rows, err error) ([]Newcomer, error) {
	if err != nil {
		return nil, err
	}
	var list []Newcomer
	err = eachRow(rows, func() error {
		var n Newcomer
		var first, last, refused int64
		err := rows.Scan(&n.ID, &n.Source, &n.Subject, &n.App, &n.Login, &n.Name, &n.Email, &n.Label, &first, &last, &n.Times, &refused)
		n.First, n.Last, n.Refused = moment(first), moment(last), moment(refused)
		list = append(list, n)
		return err
	})
	return list, err
}
