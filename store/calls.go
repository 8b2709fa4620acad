package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// A call activity is a command whose work is an instance. The commit that begins
// the instance notes it with the command and parks that, if it is still held by
// who begins it: so there is one. The commit that ends the instance makes the
// command due again, and whoever takes it up reports the result. The commit that
// drops the command leaves the instance an orphan, which is then cancelled.

// putCall ties an instance to the command that began it.
func (c *change) putCall(t *tx) error {
	if c.Caller == "" {
		return nil
	}
	due := int64(0)
	if c.After.Status != engine.Running {
		due = micros(c.At)
	}
	if c.Rev == 0 {
		return t.then(orNotHeld, `update outbox set holder = '', due = $1, parked = parked + 1, child = $2, last_error = '' where key = $3 and holder = $4 and attempt = $5`,
			due, int64(c.Instance), c.Caller, c.Called.Holder, c.Called.Attempt)
	}
	if due == 0 {
		return nil
	}
	return t.send(`update outbox set holder = '', due = $1 where key = $2 and child = $3`, due, c.Caller, int64(c.Instance))
}

// dropCall leaves what a call activity began an orphan. It comes before the
// command is dropped. On PostgreSQL somebody may be beginning the instance at
// this moment: the row itself tells.
func (c *change) dropCall(t *tx, seq int) error {
	key := c.serial(seq) + "/" + string(engine.DoWorkflow)
	if t.onPostgres {
		return t.send(`with gone as (delete from outbox where key = $1 returning child)
			insert into orphan (instance, due, attempt) select child, $2::bigint, 0 from gone where child > 0 on conflict (instance) do nothing`, key, micros(c.At))
	}
	return t.send(`insert into orphan (instance, due, attempt) select child, $1, 0 from outbox where key = $2 and child > 0 on conflict (instance) do nothing`, micros(c.At), key)
}

// Orphan is an instance that is to be cancelled because what called it was ended.
type Orphan struct {
	Instance signoff.InstanceID
	Attempt  int
	Due      time.Time // whoever puts it off must know this
}

// TakeOrphans gives the caller up to limit orphans for a while.
func (s *Store) TakeOrphans(ctx context.Context, now time.Time, limit int) (out []Orphan, err error) {
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update orphan set due = $1
			where instance in (/*take*/ select instance from orphan where due <= $2 order by due limit $3 /*take*/) returning instance, attempt, due`,
			micros(now.Add(errandLease)), micros(now), limit)
		if err != nil {
			return err
		}
		out = nil
		return eachRow(rows, func() error {
			var o Orphan
			err := rows.Scan(&o.Instance, &o.Attempt, (*stored)(&o.Due))
			out = append(out, o)
			return err
		})
	})
	return out, err
}

// DropOrphan forgets one that has ended.
func (s *Store) DropOrphan(ctx context.Context, id signoff.InstanceID) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`delete from orphan where instance = $1`, int64(id))
		return err
	})
}

// DeferOrphan tries again at due to cancel one. It does nothing when somebody
// else does by now.
func (s *Store) DeferOrphan(ctx context.Context, o Orphan, due time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update orphan set due = $1, attempt = attempt + 1 where instance = $2 and due = $3`, micros(due), int64(o.Instance), micros(o.Due))
		return err
	})
}

// Child is an instance that a step of another one began.
type Child struct {
	Instance
	Step signoff.Serial // the effect of the call activity
}

// Children lists what an instance's call activities have begun, the first first.
func (s *Store) Children(ctx context.Context, id signoff.InstanceID, limit int) (out []Child, err error) {
	from, to := fmt.Sprintf("%d_", id), fmt.Sprintf("%d`", id) // "`" follows "_"
	list, err := s.instances(ctx, selectInstance+`where caller >= $1 and caller < $2 and caller <> '' order by caller limit $3`, from, to, limit)
	for _, in := range list {
		out = append(out, Child{in, in.CalledBy()})
	}
	slices.SortFunc(out, func(a, b Child) int { return cmp.Compare(a.ID, b.ID) })
	return out, err
}

// CalledBy is the step that began the instance, the zero one when none did.
func (in *Instance) CalledBy() signoff.Serial {
	text, _, _ := strings.Cut(in.Caller, "/")
	step, err := signoff.ParseSerial(text)
	if err != nil {
		return signoff.Serial{}
	}
	return step
}
