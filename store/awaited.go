package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// What comes from elsewhere - a message, a signal, the time of a schedule - is
// taken in by the step that it leads to, in the same commit: whoever else tries
// finds it gone. So each is taken in once, on however many nodes.

// ErrTaken says that what a step takes in was taken in before, or is not to be
// any more. Nothing was written.
var ErrTaken = errors.New("store: it was taken in already")

// Taking is what a step takes in from elsewhere. The zero value is nothing.
type Taking struct {
	Message int64     // a message that waits: Message.ID
	Target  int64     // one of those who are told of a signal: SignalTo.ID
	Signal  int64     // and of which: SignalTo.Message. SQLite gives an ID again
	Tick    *Schedule // a schedule whose time has come; its Planned, Again and Due are those after it
	Was     time.Time // what its Planned was
}

// Awaited is an instance that waits for a message or a signal.
type Awaited struct {
	Instance signoff.InstanceID `json:"instance"`
	Seq      int                `json:"-"` // engine.Wait.Seq
	Workflow signoff.WorkflowID `json:"workflow"`
	Node     string             `json:"node"`
	Name     string             `json:"name"`
	Key      string             `json:"key"` // "" any
	Since    time.Time          `json:"since"`
}

// Begin is a start event of a workflow's default version.
type Begin struct {
	Workflow signoff.WorkflowID
	Version  VersionID
	Node     string
	Kind     string // engine.WaitMessage or engine.WaitSignal
	Name     string
}

// putTaken comes right after the instance itself: it is where a step is found
// out that takes in what somebody else has.
func (c *change) putTaken(t *tx) error {
	if err := c.putMessageTaken(t); err != nil {
		return err
	}
	if err := c.putTargetTold(t); err != nil {
		return err
	}
	return c.putTick(t)
}

func orTaken(n int64) error {
	if n == 0 {
		return ErrTaken
	}
	return nil
}

// putWaits writes the rows of what the instance waits for.
func (c *change) putWaits(t *tx) error {
	for _, old := range c.Before.Waits {
		if old.Kind == engine.WaitCondition || slices.ContainsFunc(c.After.Waits, func(n engine.Wait) bool { return n.Seq == old.Seq }) {
			continue
		}
		if err := t.send(`delete from awaited where instance = $1 and seq = $2`, int64(c.Instance), old.Seq); err != nil {
			return err
		}
	}
	for _, n := range c.After.Waits {
		if i := slices.IndexFunc(c.Before.Waits, func(old engine.Wait) bool { return n.Seq == old.Seq }); i >= 0 && c.Before.Waits[i].Node != n.Node {
			if err := t.send(`update awaited set node = $1 where instance = $2 and seq = $3`, n.Node, int64(c.Instance), n.Seq); err != nil {
				return err
			}
		}
		if n.Kind == engine.WaitCondition || slices.ContainsFunc(c.Before.Waits, func(old engine.Wait) bool { return n.Seq == old.Seq }) {
			continue
		}
		if err := t.send(`insert into awaited (instance, seq, workflow, node, kind, name, key, since) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
			int64(c.Instance), n.Seq, int64(c.Workflow), n.Node, n.Kind, n.Name, n.Key, micros(c.At)); err != nil {
			return err
		}
	}
	return nil
}

// Awaiting lists who waits for a message of that name and key, but for instances
// of the workflows in except: those first who ask for that very key, then those
// who ask for none; the longest first.
func (s *Store) Awaiting(ctx context.Context, name, key string, except []signoff.WorkflowID, limit int) (out []Awaited, err error) {
	for _, k := range slices.Compact([]string{key, ""}) {
		rows, err := s.query(ctx, `select instance, seq, workflow, node, name, key, since from awaited
			where kind = 'message' and name = $1 and key = $2 and not ($4 like '%,' || workflow || ',%') order by kind, name, key, since, instance, seq limit $3`,
			name, k, limit-len(out), numbered(except))
		if err != nil {
			return nil, err
		}
		more, err := readAwaited(rows)
		if err != nil {
			return nil, s.explain(err)
		}
		out = append(out, more...)
	}
	return out, nil
}

// AwaitedBy lists who waits for a message of that name, whatever the key.
func (s *Store) AwaitedBy(ctx context.Context, name string, limit int) ([]Awaited, error) {
	rows, err := s.query(ctx, `select instance, seq, workflow, node, name, key, since from awaited
		where kind = 'message' and name = $1 order by kind, name, key, since, instance, seq limit $2`, name, limit)
	if err != nil {
		return nil, err
	}
	out, err := readAwaited(rows)
	return out, s.explain(err)
}

func readAwaited(rows *sql.Rows) (out []Awaited, err error) {
	err = eachRow(rows, func() error {
		var a Awaited
		err := rows.Scan(&a.Instance, &a.Seq, &a.Workflow, &a.Node, &a.Name, &a.Key, (*stored)(&a.Since))
		out = append(out, a)
		return err
	})
	return out, err
}

// Begins lists the start events that a message or a signal of that name begins.
func (s *Store) Begins(ctx context.Context, kind, name string) (out []Begin, err error) {
	rows, err := s.query(ctx, `select workflow, version, node, kind, name from begins where kind = $1 and name = $2 order by kind, name, workflow, node limit 100`, kind, name)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var b Begin
		err := rows.Scan(&b.Workflow, &b.Version, &b.Node, &b.Kind, &b.Name)
		out = append(out, b)
		return err
	})
	return out, s.explain(err)
}

// WantedNames lists names of messages that are waited for or begin something,
// so that what was written wrongly can be compared with them. However many wait,
// it looks at each name once.
func (s *Store) WantedNames(ctx context.Context, limit int) ([]string, error) {
	return s.names(ctx, `with recursive n(name) as (
			select min(name) from awaited where kind = 'message'
			union all select (select min(a.name) from awaited a where a.kind = 'message' and a.name > n.name) from n where n.name is not null)
		select name from (select name from n where name is not null union select name from begins where kind = 'message') w order by 1 limit $1`, limit)
}

// WaitingNames lists names of messages that wait for somebody.
func (s *Store) WaitingNames(ctx context.Context, limit int) ([]string, error) {
	return s.names(ctx, `with recursive n(name) as (
			select min(name) from message where state = 'waiting'
			union all select (select min(m.name) from message m where m.state = 'waiting' and m.name > n.name) from n where n.name is not null)
		select name from n where name is not null limit $1`, limit)
}

func (s *Store) names(ctx context.Context, query string, limit int) (out []string, err error) {
	rows, err := s.query(ctx, query, limit)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var name string
		err := rows.Scan(&name)
		out = append(out, name)
		return err
	})
	return out, s.explain(err)
}

// Errands are when the server's own work of each kind is next due, the zero time
// when there is none.
type Errands struct{ Messages, Signals, Orphans, Schedules time.Time }

// Next is the first of them.
func (e Errands) Next() (first time.Time) {
	for _, at := range []time.Time{e.Messages, e.Signals, e.Orphans, e.Schedules} {
		if first.IsZero() || !at.IsZero() && at.Before(first) {
			first = at
		}
	}
	return first
}

// Errands tells when there is something to do.
func (s *Store) Errands(ctx context.Context) (e Errands, err error) {
	err = s.row(ctx, `select coalesce((select min(due) from message where due > 0), 0), coalesce((select min(due) from signal_to), 0),
		coalesce((select min(due) from orphan), 0), coalesce((select min(due) from schedule where due > 0), 0)`).
		Scan((*stored)(&e.Messages), (*stored)(&e.Signals), (*stored)(&e.Orphans), (*stored)(&e.Schedules))
	return e, s.explain(err)
}

// errandLease is how long others leave an errand alone that a node has taken up.
const errandLease = timerLease
