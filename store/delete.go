package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
)

// Deletion is who removes an instance by hand, and why.
type Deletion struct {
	Instance signoff.InstanceID
	By       signoff.Principal
	How      string // how they were recognised
	Reason   string
	At       time.Time
	Server   bool // by whoever holds the server right: also what is to be kept for ever
}

// CodeRunning and the others say why an instance cannot be deleted.
const (
	CodeRunning   = "instance-running"
	CodeLegalHold = "legal-hold"
	CodeKept      = "instance-kept"
	CodeNotAtRest = "instance-not-at-rest"
)

// Delete removes an ended instance with everything that belongs to it, and puts
// on record that it was there, who removed it and why. It refuses one that runs
// or has mail and commands on their way, that a legal hold keeps, and that the
// rule of its workflow keeps for longer; what is to be kept for ever goes with the
// server right only. Its number is not used again.
func (s *Store) Delete(ctx context.Context, d Deletion) error {
	now := d.At
	return s.exclusively(ctx, func(t *tx) error {
		if err := t.lock(`select pg_advisory_xact_lock_shared($1)::text`, rulesLock); err != nil {
			return err
		}
		r, err := t.deletable(d, now)
		if err != nil {
			return err
		}
		going, err := t.goingMonths()
		if err != nil {
			return err
		}
		if n, err := t.exec(`delete from instance where id = $1`, int64(d.Instance)); err != nil || n == 0 {
			return orElse(err, NoInstance())
		}
		b := removed{rule: keepRule{workflow: r.Workflow}, now: now}
		if err := b.rest(t, int64(d.Instance), micros(r.Started), micros(r.Ended), going); err != nil {
			return err
		}
		if err := b.record(t); err != nil {
			return err
		}
		r.Reason = d.Reason
		before, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("note what is deleted: %w", err)
		}
		return t.note(Change{By: d.By, How: d.How, What: "instance", Subject: strconv.FormatInt(int64(d.Instance), 10), Before: before}, now)
	})
}

// deleted is what stays on record of an instance.
type deleted struct {
	Workflow signoff.WorkflowID `json:"workflow"`
	Folio    string             `json:"folio,omitempty"`
	Starter  signoff.Principal  `json:"starter,omitempty"`
	Started  time.Time          `json:"started"`
	Ended    time.Time          `json:"ended"`
	Reason   string             `json:"reason"`
}

// deletable returns an instance that may be removed now, or why it may not.
func (t *tx) deletable(d Deletion, now time.Time) (r deleted, err error) {
	var started, ended int64
	var days, rest, free int
	err = t.row(`select i.workflow, i.folio, i.starter, i.started, i.ended, w.keep_days,
			case when `+atRest+` then 1 else 0 end, case when `+notHeld+` then 1 else 0 end
		from instance i join workflow w on w.id = i.workflow where i.id = $1`, int64(d.Instance)).
		Scan(&r.Workflow, &r.Folio, &r.Starter, &started, &ended, &days, &rest, &free)
	if isNoRows(err) {
		return r, NoInstance()
	}
	if err != nil {
		return r, err
	}
	r.Started, r.Ended = moment(started), moment(ended)
	until := r.Ended.Add(time.Duration(days) * day)
	switch {
	case ended == 0:
		return r, &signoff.Error{Kind: signoff.Conflict, Code: CodeRunning, Detail: "this instance runs still", Hint: "cancel or end it first"}
	case free == 0:
		return r, &signoff.Error{Kind: signoff.Conflict, Code: CodeLegalHold, Detail: "a legal hold keeps this instance",
			Hint: "an administrator of the server can lift the hold, once what it is for is over"}
	case rest == 0:
		return r, &signoff.Error{Kind: signoff.Conflict, Code: CodeNotAtRest, Detail: "mail or commands of this instance are on their way still", Hint: "try again later"}
	case days > 0 && now.Before(until):
		return r, &signoff.Error{Kind: signoff.Conflict, Code: CodeKept,
			Detail: fmt.Sprintf("the workflow keeps its instances for %d days after they have ended: this one until %s", days, signoff.At(until)),
			Hint:   "it is removed by itself then; who administers the workflow can change how long instances are kept"}
	case days == 0 && !d.Server:
		return r, &signoff.Error{Kind: signoff.Conflict, Code: CodeKept, Detail: "the workflow keeps its instances for ever",
			Hint: "an administrator of the server can delete it; who administers the workflow can change how long instances are kept"}
	}
	return r, nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
