package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/signoffhq/signoff"
)

// LegalHold keeps things from being removed, for a reason, until it is lifted. One
// of Workflow, Instance and Person says what it is on: all instances of a
// workflow, one instance, or every instance that somebody started or in which
// they decided a task. Holds that were lifted stay on record.
type LegalHold struct {
	ID         int64
	Workflow   signoff.WorkflowID
	Instance   signoff.InstanceID
	Person     signoff.Principal
	Reason     string
	Placed     time.Time
	PlacedBy   signoff.Principal
	Lifted     time.Time // zero while it holds
	LiftedBy   signoff.Principal
	LiftReason string
}

// maxHolds bounds the open holds: each is looked at before anything is removed.
const maxHolds = 1000

var (
	errNoHold      = &signoff.Error{Kind: signoff.NotFound, Code: "hold-not-found", Detail: "there is no such hold"}
	errHoldLifted  = &signoff.Error{Kind: signoff.Conflict, Code: "hold-lifted", Detail: "this hold was lifted before"}
	errTooManyHold = &signoff.Error{Kind: signoff.TooMany, Code: "too-many-holds", Detail: "there are 1000 holds already",
		Hint: "lift those that are over, or hold a workflow or a person instead of many instances"}
)

// PlaceHold keeps what h names from being removed. Once it returns, nothing of
// it is removed any more; NotFound says that it is not there, perhaps because it
// was removed a moment ago.
func (s *Store) PlaceHold(ctx context.Context, h LegalHold) (LegalHold, error) {
	err := s.rules(ctx, func(t *tx) error {
		if err := t.holdable(h); err != nil {
			return err
		}
		var open int
		if err := t.row(`select count(*) from legal_hold where lifted = 0`).Scan(&open); err != nil {
			return err
		}
		if open >= maxHolds {
			return errTooManyHold
		}
		return t.row(`insert into legal_hold (workflow, instance, person, reason, placed, placed_by, lifted, lifted_by, lift_reason)
			values ($1, $2, $3, $4, $5, $6, 0, '', '') returning id`,
			int64(h.Workflow), int64(h.Instance), string(h.Person), h.Reason, micros(h.Placed), string(h.PlacedBy)).Scan(&h.ID)
	})
	return h, err
}

// holdable tells whether what a hold is to be on is there.
func (t *tx) holdable(h LegalHold) error {
	var there int
	if h.Instance != 0 {
		if err := t.row(`select count(*) from instance where id = $1`, int64(h.Instance)).Scan(&there); err != nil || there > 0 {
			return err
		}
		return NoInstance()
	}
	if h.Workflow != 0 {
		if err := t.row(`select count(*) from workflow where id = $1`, int64(h.Workflow)).Scan(&there); err != nil || there > 0 {
			return err
		}
		return noWorkflow()
	}
	return nil
}

func noWorkflow() error {
	return &signoff.Error{Kind: signoff.NotFound, Code: "workflow-not-found", Detail: "there is no such workflow"}
}

// LiftHold ends a hold.
func (s *Store) LiftHold(ctx context.Context, id int64, by signoff.Principal, reason string, at time.Time) (h LegalHold, err error) {
	err = s.rules(ctx, func(t *tx) error {
		h, err = scanHold(t.row(`select `+holdColumns+` from legal_hold h where id = $1`, id))
		switch {
		case isNoRows(err):
			return errNoHold
		case err != nil:
			return err
		case !h.Lifted.IsZero():
			return errHoldLifted
		}
		h.Lifted, h.LiftedBy, h.LiftReason = moment(micros(at)), by, reason
		_, err = t.exec(`update legal_hold set lifted = $1, lifted_by = $2, lift_reason = $3 where id = $4`, micros(at), string(by), reason, id)
		return err
	})
	return h, err
}

// Released counts the expired instances of a workflow that go once a hold is
// lifted, MaxExpired of them at most.
type Released struct {
	Workflow signoff.WorkflowID
	Go       int
}

// WouldRelease tells what goes by the rules in force once an open hold is
// lifted: what this hold keeps and no other.
func (s *Store) WouldRelease(ctx context.Context, id int64, now time.Time) (h LegalHold, list []Released, err error) {
	h, err = scanHold(s.row(ctx, `select `+holdColumns+` from legal_hold h where h.id = $1`, id))
	switch {
	case isNoRows(err):
		return h, nil, errNoHold
	case err != nil:
		return h, nil, s.explain(err)
	case !h.Lifted.IsZero():
		return h, nil, errHoldLifted
	}
	rules, err := s.keepRules(ctx)
	if err != nil {
		return h, nil, err
	}
	for _, r := range rules {
		if h.Workflow != 0 && h.Workflow != r.workflow {
			continue
		}
		n := 0
		if err := s.row(ctx, selectReleased, int64(r.workflow), micros(r.cutoff(now)), id, MaxExpired).Scan(&n); err != nil {
			return h, nil, s.explain(err)
		}
		if n > 0 {
			list = append(list, Released{r.workflow, n})
		}
	}
	return h, list, nil
}

const selectReleased = `select count(*) from (select i.id from instance i
	where i.workflow = $1 and i.ended > 0 and i.ended < $2 and ` + atRest + `
	and exists (select 1 from legal_hold h where h.id = $3 and ` + holds + `)
	and not exists (select 1 from legal_hold h where h.id <> $3 and ` + holds + `) limit $4) as x`

const holdColumns = `h.id, h.workflow, h.instance, h.person, h.reason, h.placed, h.placed_by, h.lifted, h.lifted_by, h.lift_reason`

func scanHold(row interface{ Scan(...any) error }) (h LegalHold, err error) {
	err = row.Scan(&h.ID, &h.Workflow, &h.Instance, &h.Person, &h.Reason, (*stored)(&h.Placed), &h.PlacedBy, (*stored)(&h.Lifted), &h.LiftedBy, &h.LiftReason)
	return h, err
}

// Holds lists holds with numbers under before (0: all), newest first; those
// that were lifted only when asked for.
func (s *Store) Holds(ctx context.Context, lifted bool, before int64, limit int) ([]LegalHold, error) {
	if before == 0 {
		before = 1 << 62
	}
	if lifted {
		return s.holds(s.query(ctx, `select `+holdColumns+` from legal_hold h where h.id < $1 order by h.id desc limit $2`, before, limit))
	}
	return s.holds(s.query(ctx, `select `+holdColumns+` from legal_hold h where h.lifted = 0 and h.id < $1 order by h.id desc limit $2`, before, limit))
}

// HoldsOnWorkflow lists the open holds on all of a workflow, oldest first.
func (s *Store) HoldsOnWorkflow(ctx context.Context, wf signoff.WorkflowID) ([]LegalHold, error) {
	return s.holds(s.query(ctx, `select `+holdColumns+` from legal_hold h where h.lifted = 0 and h.workflow = $1 order by h.id limit 20`, int64(wf)))
}

// HoldsOn lists the open holds that keep an instance, oldest first.
func (s *Store) HoldsOn(ctx context.Context, id signoff.InstanceID) ([]LegalHold, error) {
	return s.holds(s.query(ctx, `select `+holdColumns+` from legal_hold h join instance i on i.id = $1 where `+holds+` order by h.id limit 20`, int64(id)))
}

func (s *Store) holds(rows *sql.Rows, err error) (list []LegalHold, _ error) {
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		h, err := scanHold(rows)
		list = append(list, h)
		return err
	})
	return list, s.explain(err)
}

// holds is the condition that the hold h keeps the instance i. It is the only
// place that knows what a hold is on.
const holds = `h.lifted = 0 and (h.workflow = i.workflow or h.instance = i.id
	or h.person <> '' and (h.person = i.starter or exists (select 1 from task t where t.instance = i.id and (t.closed_by = h.person or t.acted = h.person))
		or exists (select 1 from answer a where a.instance = i.id and (a.principal = h.person or a.acted = h.person))
		or exists (select 1 from attachment x where x.instance = i.id and (x.by_whom = h.person or x.acted = h.person))))`

// rulesLock is the number of the lock that holds together what may be removed:
// whoever removes shares it, whoever changes what may be removed has it alone.
const rulesLock int64 = adminLock + 2

// rules is write for changing what may be removed. What is being removed
// meanwhile is finished first, and whoever removes afterwards sees the change.
// SQLite has one writer anyway.
func (s *Store) rules(ctx context.Context, fn func(*tx) error) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(`select pg_advisory_xact_lock($1)::text`, rulesLock); err != nil {
			return err
		}
		return fn(t)
	})
}

func (t *tx) lock(how string, number int64) error {
	if !t.onPostgres {
		return nil
	}
	var locked string
	return t.row(how, number).Scan(&locked)
}
