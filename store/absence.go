package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

// Absence is when somebody is away and who does their tasks.
type Absence struct {
	access.Absence
	Rev int64 // 0: never saved
	At  time.Time
	By  signoff.Principal
}

// absenceBody is what the column body holds.
type absenceBody struct {
	Substitutes []signoff.Principal `json:"substitutes"`
	Except      []access.Exception  `json:"except,omitempty"`
}

const absenceColumns = `select account, begins, ends, instead, body, rev, at, by_whom from absence `

func (a *Absence) scan(row interface{ Scan(...any) error }) error {
	var account, begins, ends, at int64
	var instead int
	var body []byte
	if err := row.Scan(&account, &begins, &ends, &instead, &body, &a.Rev, &at, &a.By); err != nil {
		return err
	}
	a.Who, a.From, a.To, a.Instead, a.At = Account{ID: account}.Principal(), moment(begins), moment(ends), instead != 0, moment(at)
	var b absenceBody
	err := json.Unmarshal(body, &b)
	a.Substitutes, a.Except = b.Substitutes, b.Except
	return err
}

// maxAbsences is how many absences there may be that are not over.
const maxAbsences = 20_000

// Absences lists those that are not over at a moment.
func (s *Store) Absences(ctx context.Context, at time.Time) ([]Absence, error) {
	rows, err := s.query(ctx, absenceColumns+`where ends = 0 or ends > $1 order by account limit $2`, micros(at), maxAbsences)
	if err != nil {
		return nil, err
	}
	var list []Absence
	err = eachRow(rows, func() error {
		var a Absence
		err := a.scan(rows)
		list = append(list, a)
		return err
	})
	return list, s.explain(err)
}

// maxDeserted is how many groups are looked at of which nobody may be there.
const maxDeserted = 1_000

// Deserted lists the groups, also those that hold other groups, all of whose
// members have an absence that is not over at a moment, and who they are.
func (s *Store) Deserted(ctx context.Context, at time.Time) (map[signoff.Principal][]signoff.Principal, error) {
	rows, err := s.query(ctx, `
		with recursive held (id) as (
			select m.people_group from membership m join absence b on b.account = m.account where b.ends = 0 or b.ends > $1
			union select n.people_group from nesting n join held h on n.member = h.id),
		inside (root, id) as (
			select h.id, h.id from held h union select i.root, n.member from nesting n join inside i on n.people_group = i.id)
		select distinct i.root, m.account from inside i join membership m on m.people_group = i.id join account a on a.id = m.account and a.disabled = 0
		where i.root in (select h.id from held h where not exists (
			select 1 from inside x join membership y on y.people_group = x.id join account z on z.id = y.account and z.disabled = 0
			where x.root = h.id and not exists (select 1 from absence b where b.account = y.account and (b.ends = 0 or b.ends > $1)))
			order by h.id limit $2)
		order by 1, 2`, micros(at), maxDeserted)
	if err != nil {
		return nil, err
	}
	out := map[signoff.Principal][]signoff.Principal{}
	err = eachRow(rows, func() error {
		var group, account int64
		err := rows.Scan(&group, &account)
		g := groupPrincipal(group)
		out[g] = append(out[g], userPrincipal(account))
		return err
	})
	return out, s.explain(err)
}

// Enabled tells of accounts which may sign in.
func (s *Store) Enabled(ctx context.Context, accounts []int64) (map[int64]bool, error) {
	out := make(map[int64]bool, len(accounts))
	for start := 0; start < len(accounts); start += inList {
		rows, err := s.query(ctx, `select id from account where disabled = 0 and id in `+inListSQL,
			inArgs(accounts[start:min(start+inList, len(accounts))])...)
		if err != nil {
			return nil, err
		}
		if err := eachRow(rows, func() error {
			var id int64
			err := rows.Scan(&id)
			out[id] = true
			return err
		}); err != nil {
			return nil, s.explain(err)
		}
	}
	return out, nil
}

// Absence returns somebody's, also one that is over; the zero one when there is
// none.
func (s *Store) Absence(ctx context.Context, account int64) (Absence, error) {
	var a Absence
	err := a.scan(s.row(ctx, absenceColumns+`where account = $1`, account))
	if isNoRows(err) {
		return Absence{}, nil
	}
	return a, s.explain(err)
}

// SaveAbsence keeps somebody's absence instead of revision a.Rev, and refuses
// with "absence-changed" when it was saved meanwhile.
func (s *Store) SaveAbsence(ctx context.Context, account int64, a Absence, note Change) error {
	now := s.Now()
	body, err := json.Marshal(absenceBody{a.Substitutes, a.Except})
	if err != nil {
		return err
	}
	return s.exclusively(ctx, func(t *tx) error {
		if err := t.absenceIs(account, a.Rev); err != nil {
			return err
		}
		var ends int64
		if !a.To.IsZero() {
			ends = micros(a.To)
		}
		if _, err := t.exec(`insert into absence (account, begins, ends, instead, body, rev, at, by_whom) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (account) do update set begins = excluded.begins, ends = excluded.ends, instead = excluded.instead, body = excluded.body,
			rev = excluded.rev, at = excluded.at, by_whom = excluded.by_whom`,
			account, micros(a.From), ends, flag(a.Instead), body, a.Rev+1, micros(now), string(a.By)); err != nil {
			return err
		}
		return t.note(note, now)
	})
}

// EndAbsence removes somebody's absence, if it is of revision rev.
func (s *Store) EndAbsence(ctx context.Context, account, rev int64, note Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		if err := t.absenceIs(account, rev); err != nil {
			return err
		}
		if _, err := t.exec(`delete from absence where account = $1`, account); err != nil {
			return err
		}
		return t.note(note, now)
	})
}

// absenceIs refuses a change of an absence that is not of revision rev.
func (t *tx) absenceIs(account, rev int64) error {
	var is Absence
	if err := is.scan(t.row(absenceColumns+`where account = $1`, account)); err != nil && !isNoRows(err) {
		return err
	}
	if is.Rev == rev {
		return nil
	}
	return &signoff.Error{Kind: signoff.Conflict, Code: "absence-changed",
		Detail: "this absence was changed meanwhile", Hint: "load it again, look at what is different, then save"}
}
