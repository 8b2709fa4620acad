package store

import (
	"context"
	"time"
)

// Node is one server at work on the store. Its id is made anew at every start,
// and again when it finds that it was taken for dead.
type Node struct {
	ID, Name, Version       string
	Started, Renewed, Until time.Time // as it lives until then, unless it renews that
}

// Shared tells whether other nodes may be at work on the store at the same time.
// On a file there is one, as long as it has the file open: it need not renew
// anything.
func (s *Store) Shared() bool { return s.pg != nil }

// Join makes a node known. What nodes had taken that are not known any more is
// free again; on a file, that is all others.
func (s *Store) Join(ctx context.Context, n Node) error {
	jump := s.measure(ctx)
	n.Started, n.Renewed, n.Until = n.Started.Add(jump), n.Renewed.Add(jump), n.Until.Add(jump)
	var others int64
	err := s.write(ctx, func(t *tx) error {
		if s.pg == nil {
			if _, err := t.exec(`delete from node`); err != nil {
				return err
			}
			if _, err := t.exec(`update lease set holder = '', until = 0 where holder <> ''`); err != nil {
				return err
			}
		}
		_, err := t.exec(`insert into node (id, name, version, started, renewed, until) values ($1, $2, $3, $4, $5, $6)`,
			n.ID, n.Name, n.Version, micros(n.Started), micros(n.Renewed), micros(n.Until))
		if err != nil {
			return err
		}
		return t.row(`select count(*) from node where id <> $1`, n.ID).Scan(&others)
	})
	if err != nil {
		return err
	}
	s.meet(others > 0)
	_, err = s.ReleaseLost(ctx, n.Renewed)
	return err
}

// renewWithin is how long a renewal may take before it counts as failed.
const renewWithin = 5 * time.Second

// Renew says that a node lives on until a time, and so do its leases. It
// returns false when the node was taken for dead: what it had is somebody
// else's.
//
// On PostgreSQL it does not stand in line with other writes: a node whose
// writes wait for a lock is not dead.
func (s *Store) Renew(ctx context.Context, id string, now, until time.Time) (bool, error) {
	if s.pg == nil {
		return s.renewHere(ctx, id, now, until)
	}
	jump := s.measure(ctx) // the times were told by the clock before
	now, until = now.Add(jump), until.Add(jump)
	ctx, cancel := context.WithTimeout(ctx, renewWithin)
	defer cancel()
	var n, others int64
	var err error
	for range maxStale { // said twice, it is no less true
		err = s.writer.db.QueryRowContext(ctx, `with mine as (update node set renewed = $1, until = $2 where id = $3 returning id),
				leases as (update lease set until = $2 where holder in (select id from mine) returning name)
			select (select count(*) from mine), (select count(*) from node where id <> $3)`,
			micros(now), micros(until), id).Scan(&n, &others)
		if err == nil || ctx.Err() != nil || !lostConnection(err) {
			break
		}
	}
	if err == nil {
		s.meet(others > 0)
	}
	return n > 0, s.explain(err)
}

func (s *Store) renewHere(ctx context.Context, id string, now, until time.Time) (bool, error) {
	var n int64
	err := s.write(ctx, func(t *tx) (err error) {
		if n, err = t.exec(`update node set renewed = $1, until = $2 where id = $3`, micros(now), micros(until), id); err != nil || n == 0 {
			return err
		}
		_, err = t.exec(`update lease set until = $1 where holder = $2`, micros(until), id)
		return err
	})
	return n > 0, err
}

// Leave removes a node that stops, and gives back the commands it had taken.
// What it holds a lease of it is to release itself, or it ends in time.
func (s *Store) Leave(ctx context.Context, id string, now time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from node where id = $1`, id); err != nil {
			return err
		}
		return t.release(id, now)
	})
	if err == nil {
		s.Publish(TopicJobs, "")
	}
	return err
}

// Reap removes nodes that have not renewed in time, and gives back what they
// had taken. It returns those it removed: of several nodes that do this at the
// same time one gets each.
func (s *Store) Reap(ctx context.Context, now time.Time) (dead []Node, err error) {
	late, err := s.nodes(ctx, `select id, name, version, started, renewed, until from node where until <= $1 order by id`, micros(now))
	if err != nil || len(late) == 0 {
		return nil, err // no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		dead = dead[:0]
		for _, n := range late {
			gone, err := t.exec(`delete from node where id = $1 and until <= $2`, n.ID, micros(now))
			if err != nil {
				return err
			}
			if gone == 0 {
				continue // it lives after all, or somebody else was faster
			}
			if err := t.release(n.ID, now); err != nil {
				return err
			}
			if _, err := t.exec(`update lease set holder = '', until = 0 where holder = $1`, n.ID); err != nil {
				return err
			}
			dead = append(dead, n)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(dead) > 0 {
		s.Publish(TopicJobs, "")
		s.hints.deliver(Hint{Topic: TopicMail}) // on this node, too: its mailroom may be the next
		s.Publish(TopicMail, "")
	}
	return dead, nil
}

func (t *tx) release(id string, now time.Time) error {
	_, err := t.exec(`update outbox set holder = '', due = $1 where holder = $2 and due > 0`, micros(now), id)
	return err
}

// ReleaseLost gives back commands held by nodes that are not known: a node that
// was taken for dead in the middle of a step finds out only after it has taken
// the step's commands. It reads the whole outbox and is for now and then.
func (s *Store) ReleaseLost(ctx context.Context, now time.Time) (n int64, err error) {
	const lost = ` outbox where due > 0 and holder <> '' and not exists (select 1 from node where node.id = outbox.holder)`
	if err := s.row(ctx, `select count(*) from`+lost).Scan(&n); err != nil || n == 0 {
		return 0, s.explain(err)
	}
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`update outbox set holder = '', due = $1 where key in (/*take*/ select key from`+lost+` /*take*/)`, micros(now))
		return err
	})
	return n, err
}

// Nodes lists the nodes that are known, those that are late included, the
// oldest first.
func (s *Store) Nodes(ctx context.Context) ([]Node, error) {
	return s.nodes(ctx, `select id, name, version, started, renewed, until from node order by started, id`)
}

func (s *Store) nodes(ctx context.Context, query string, args ...any) (out []Node, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var n Node
		var started, renewed, until int64
		err := rows.Scan(&n.ID, &n.Name, &n.Version, &started, &renewed, &until)
		n.Started, n.Renewed, n.Until = moment(started), moment(renewed), moment(until)
		out = append(out, n)
		return err
	})
	return out, s.explain(err)
}
