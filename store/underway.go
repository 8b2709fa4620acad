package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Underway is a command of an instance that is not done, with who has it.
type Underway struct {
	Key       string
	Ref       int
	Kind      engine.CommandKind
	Due       time.Time // zero: parked, or handed over and waiting for the result; with a Holder the end of its lease
	Attempt   int       // those that count
	Holder    string    // the node that carries it out; "" nobody
	LastError string
	Want
	Since time.Time // of what it lacks
}

// Underway lists an instance's commands that are not done yet.
func (s *Store) Underway(ctx context.Context, id signoff.InstanceID) (out []Underway, err error) {
	rows, err := s.query(ctx, `select key, ref, kind, due, attempt - parked, holder, last_error, waits_for, waits_who, waits_why, waits_since
		from outbox where key >= $1 and key < $2 order by key limit 200`, fmt.Sprintf("%d_", id), fmt.Sprintf("%d`", id)) // "`" follows "_"
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var u Underway
		err := rows.Scan(&u.Key, &u.Ref, &u.Kind, (*stored)(&u.Due), &u.Attempt, &u.Holder, &u.LastError, &u.For, &u.Who, &u.Why, (*stored)(&u.Since))
		if u.For == "" {
			u.Want, u.Since = Want{}, time.Time{}
		}
		out = append(out, u)
		return err
	})
	return out, s.explain(err)
}
