package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// A command that lacks a connection is parked under the name of what it lacks.
// It becomes due when that is there (Unpark), when somebody asks for another try
// (UnparkStep), or to see whether word of it was lost (LookParked).

// Want is what a command lacks.
type Want struct {
	For string            // what, as whoever gives it names it; never ""
	Who signoff.Principal // whose it is to give; "" an administrator's
	Why string            // for people: "Jane has to connect her account to Exchange"
}

// ParkFor parks a command until what it lacks is there. The attempt does not
// count. ErrNotHeld when the command is no longer the holder's.
func (s *Store) ParkFor(ctx context.Context, h Hold, w Want, now time.Time) error {
	return s.held(ctx, `update outbox set holder = '', due = 0, parked = parked + 1, last_error = '', waits_who = $1, waits_why = $2,
		waits_since = case when waits_for = $3 then waits_since else $4 end, waits_for = $3
		where key = $5 and holder = $6 and attempt = $7`, string(w.Who), w.Why, w.For, micros(now), h.Key, h.Holder, h.Attempt)
}

// Unpark makes up to limit commands due that lack what is there now. It returns
// of which kinds they are, and how many.
func (s *Store) Unpark(ctx context.Context, want string, now time.Time, limit int) (kinds map[engine.CommandKind]int, err error) {
	return s.unpark(ctx, `update outbox set waits_for = '', due = $1
		where due = 0 and key in (/*take*/ select key from outbox where waits_for = $2 and waits_for <> '' and due = 0 order by key limit $3 /*take*/)
		returning kind`, micros(now), want, limit)
}

// UnparkStep makes the commands of one step due that lack anything.
func (s *Store) UnparkStep(ctx context.Context, step signoff.Serial, now time.Time) (kinds map[engine.CommandKind]int, err error) {
	return s.unpark(ctx, `update outbox set due = $1 where key >= $2 and key < $3 and waits_for <> '' and due = 0 returning kind`,
		micros(now), step.String()+"/", step.String()+"0")
}

// StepWants is what the commands of a step lack.
func (s *Store) StepWants(ctx context.Context, step signoff.Serial) (out []Want, err error) {
	rows, err := s.query(ctx, `select waits_for, waits_who, waits_why from outbox where key >= $1 and key < $2 and waits_for <> '' order by key`,
		step.String()+"/", step.String()+"0")
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var w Want
		err := rows.Scan(&w.For, &w.Who, &w.Why)
		out = append(out, w)
		return err
	})
	return out, s.explain(err)
}

// maxLacking bounds what Lacking returns.
const maxLacking = 2000

// Lacking is what the steps of instances lack, of those that lack anything. It
// is for one page of a list: the longest have some hundreds.
func (s *Store) Lacking(ctx context.Context, ids []signoff.InstanceID) ([]Waiting, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var ranges []string
	var args []any
	for _, id := range ids {
		ranges = append(ranges, fmt.Sprintf("key >= $%d and key < $%d", len(args)+1, len(args)+2))
		args = append(args, fmt.Sprintf("%d_", id), fmt.Sprintf("%d`", id)) // "`" follows "_"
	}
	return s.waitings(ctx, fmt.Sprintf(`waits_for <> '' and (%s) order by key limit %d`, strings.Join(ranges, " or "), maxLacking), args...)
}

// LookParked makes one command due of each thing that commands lack, unless one
// of that looks already. Its next attempt tells whether word that it is there was
// lost. It goes through them in order, limit at a time, and returns where to go
// on, "" at the end.
func (s *Store) LookParked(ctx context.Context, after string, now time.Time, limit int) (next string, kinds map[engine.CommandKind]int, err error) {
	rows, err := s.query(ctx, `select waits_for, min(key) from outbox where waits_for > $1 and waits_for <> ''
		group by waits_for having max(due) = 0 order by waits_for limit $2`, after, limit)
	if err != nil {
		return "", nil, err
	}
	var keys []string
	err = eachRow(rows, func() error {
		var key string
		err := rows.Scan(&next, &key)
		keys = append(keys, key)
		return err
	})
	if err != nil || len(keys) == 0 {
		return "", nil, s.explain(err)
	}
	if len(keys) < limit {
		next = ""
	}
	kinds = map[engine.CommandKind]int{}
	err = s.write(ctx, func(t *tx) error {
		clear(kinds)
		for _, key := range keys {
			var kind engine.CommandKind
			err := t.row(`update outbox set due = $1 where key = $2 and due = 0 and waits_for <> '' returning kind`, micros(now), key).Scan(&kind)
			if err == nil {
				kinds[kind]++
			} else if !isNoRows(err) {
				return err
			}
		}
		return nil
	})
	return next, kinds, err
}

func (s *Store) unpark(ctx context.Context, query string, args ...any) (kinds map[engine.CommandKind]int, err error) {
	err = s.write(ctx, func(t *tx) error {
		kinds = map[engine.CommandKind]int{}
		rows, err := t.query(query, args...)
		if err != nil {
			return err
		}
		return eachRow(rows, func() error {
			var kind engine.CommandKind
			err := rows.Scan(&kind)
			kinds[kind]++
			return err
		})
	})
	return kinds, err
}

// TakeParked gives holder up to limit commands that lack something of which the
// name begins with prefix and "|", as TakeJobs does: they are to be ended.
func (s *Store) TakeParked(ctx context.Context, holder, prefix string, now time.Time, lease time.Duration, limit int) (jobs []Job, err error) {
	err = s.write(ctx, func(t *tx) error {
		// "}" follows "|".
		rows, err := t.query(`update outbox set holder = $1, due = $2, attempt = attempt + 1
			where due = 0 and key in (/*take*/ select key from outbox where waits_for >= $3 and waits_for < $4 and waits_for <> '' and due = 0
				order by waits_for, key limit $5 /*take*/)
			returning instance, workflow, version, attempt, holder, parked, waits_for, child, body`, holder, micros(now.Add(lease)), prefix+"|", prefix+"}", limit)
		if err != nil {
			return err
		}
		jobs, err = readJobs(rows)
		return err
	})
	return jobs, err
}

// Wanted is a thing that commands lack, and how much waits for it.
type Wanted struct {
	Want
	Steps int       // that wait for it
	Since time.Time // the longest
}

// WantedOf lists what somebody has to give, "" what an administrator has to, in
// the order of its names after one, at most limit.
func (s *Store) WantedOf(ctx context.Context, who signoff.Principal, after string, limit int) ([]Wanted, error) {
	return s.wanted(ctx, `select waits_for, min(waits_who), min(waits_why), count(*), min(waits_since) from outbox
		where waits_who = $1 and waits_for > $2 and waits_for <> '' group by waits_for order by waits_for limit $3`, string(who), after, limit)
}

// Wanted lists everything that commands lack, in the order of its names after
// one, at most limit.
func (s *Store) Wanted(ctx context.Context, after string, limit int) ([]Wanted, error) {
	return s.wanted(ctx, `select waits_for, min(waits_who), min(waits_why), count(*), min(waits_since) from outbox
		where waits_for > $1 and waits_for <> '' group by waits_for order by waits_for limit $2`, after, limit)
}

func (s *Store) wanted(ctx context.Context, query string, args ...any) (out []Wanted, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var w Wanted
		var since int64
		err := rows.Scan(&w.For, &w.Who, &w.Why, &w.Steps, &since)
		w.Since = moment(since)
		out = append(out, w)
		return err
	})
	return out, s.explain(err)
}
