package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
)

// SignalTo is one of those who are to be told of a signal.
type SignalTo struct {
	ID       int64
	Message  int64
	Instance signoff.InstanceID // 0: it begins an instance of Version at Node
	Seq      int                // engine.Wait.Seq
	Workflow signoff.WorkflowID
	Version  VersionID
	Node     string
	Attempt  int
	Due      time.Time // whoever puts it off must know this
}

// putTargets notes whom a signal goes to, and counts them: all who wait for it
// at this moment, and all workflows it begins, of those its sender may reach.
func (t *tx) putTargets(m Message) (int, error) {
	var open int
	if err := t.row(`select count(*) from (select 1 from signal_to limit $1) w`, MaxTargets).Scan(&open); err != nil {
		return 0, err
	}
	if open >= MaxTargets {
		return 0, tooManyWaiting("too many are still to be told of earlier signals", "send it again in a while")
	}
	told, begun := "", ""
	if m.Reach != nil {
		told, begun = numbered(m.Reach.Told), numbered(m.Reach.Begun)
	}
	waiting, err := t.exec(`insert into signal_to (message, instance, seq, workflow, version, node, due, attempt)
		select cast($1 as bigint), instance, seq, workflow, 0, node, cast($2 as bigint), 0 from awaited
		where kind = 'signal' and name = $3 and ($4 = '' or $4 like '%,' || workflow || ',%')`,
		m.ID, micros(m.Came), m.Name, told)
	if err != nil {
		return 0, err
	}
	some, err := t.exec(`insert into signal_to (message, instance, seq, workflow, version, node, due, attempt)
		select cast($1 as bigint), 0, 0, workflow, version, node, cast($2 as bigint), 0 from begins
		where kind = 'signal' and name = $3 and ($4 = '' or $4 like '%,' || workflow || ',%')`,
		m.ID, micros(m.Came), m.Name, begun)
	if err != nil {
		return 0, err
	}
	_, err = t.exec(`update message set told = $1 where id = $2`, waiting+some, m.ID)
	return int(waiting + some), err
}

// numbered is a list of workflows as a query can look into it: each number
// between commas.
func numbered(list []signoff.WorkflowID) string {
	b := []byte{','}
	for _, id := range list {
		b = append(strconv.AppendInt(b, int64(id), 10), ',')
	}
	return string(b)
}

// TakeTargets gives the caller up to limit of those for a while who are to be
// told of a signal.
func (s *Store) TakeTargets(ctx context.Context, now time.Time, limit int) (out []SignalTo, err error) {
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update signal_to set due = $1 where id in (/*take*/ select id from signal_to where due <= $2 order by due, id limit $3 /*take*/)
			returning id, message, instance, seq, workflow, version, node, attempt, due`, micros(now.Add(errandLease)), micros(now), limit)
		if err != nil {
			return err
		}
		out = nil
		return eachRow(rows, func() error {
			var to SignalTo
			err := rows.Scan(&to.ID, &to.Message, &to.Instance, &to.Seq, &to.Workflow, &to.Version, &to.Node, &to.Attempt, (*stored)(&to.Due))
			out = append(out, to)
			return err
		})
	})
	slices.SortFunc(out, func(a, b SignalTo) int { return cmp.Compare(a.ID, b.ID) })
	return out, err
}

// DropTarget forgets one who need not be told any more.
func (s *Store) DropTarget(ctx context.Context, to SignalTo) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`delete from signal_to where id = $1 and message = $2`, to.ID, to.Message)
		return err
	})
}

// DeferTarget tells one again at due who could not be told. It does nothing when
// somebody else does by now.
func (s *Store) DeferTarget(ctx context.Context, to SignalTo, due time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update signal_to set due = $1, attempt = attempt + 1 where id = $2 and message = $3 and due = $4`, micros(due), to.ID, to.Message, micros(to.Due))
		return err
	})
}

// putTargetTold removes one who is told by the step.
func (c *change) putTargetTold(t *tx) error {
	if c.Taking.Target == 0 {
		return nil
	}
	return t.then(orTaken, `delete from signal_to where id = $1 and message = $2`, c.Taking.Target, c.Taking.Signal)
}
