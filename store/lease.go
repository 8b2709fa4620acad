package store

import (
	"context"
	"time"
)

// Lease is the right to do what one node at a time may do.
type Lease struct {
	Name   string
	Holder string    // the node that has it; "" nobody
	Token  int64     // grows with every holder
	Until  time.Time // when it is free, unless its holder renews
	Note   string    // how the holder fares, in its own words
}

// Acquire gives a node the lease of that name until a time if nobody has it, or
// only that node: then its earlier token counts no more. Renew prolongs it with
// the node. It returns false, and who has it, when that is another.
func (s *Store) Acquire(ctx context.Context, name, node string, now, until time.Time) (l Lease, mine bool, err error) {
	l, err = s.Lease(ctx, name)
	if err != nil || l.Holder != "" && l.Holder != node && l.Until.After(now) {
		return l, false, err // no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		mine = false
		token := int64(0)
		err := t.row(`insert into lease (name, holder, token, until, note) values ($1, $2, 1, $3, '')
			on conflict (name) do update set holder = excluded.holder, token = lease.token + 1, until = excluded.until, note = ''
			where lease.holder = '' or lease.holder = excluded.holder or lease.until <= $4
			returning token`, name, node, micros(until), micros(now)).Scan(&token)
		if isNoRows(err) {
			return nil // another node was faster
		}
		l, mine = Lease{Name: name, Holder: node, Token: token, Until: until}, true
		return err
	})
	if err == nil && !mine {
		l, err = s.Lease(ctx, name)
	}
	return l, mine && err == nil, err
}

// Lease tells who has a lease; the zero Holder is nobody.
func (s *Store) Lease(ctx context.Context, name string) (Lease, error) {
	l := Lease{Name: name}
	var until int64
	err := s.row(ctx, `select holder, token, until, note from lease where name = $1`, name).Scan(&l.Holder, &l.Token, &until, &l.Note)
	if isNoRows(err) {
		return l, nil
	}
	l.Until = moment(until)
	return l, s.explain(err)
}

// Note keeps how the holder of a lease fares, for the others to see. It does
// nothing once the lease is another's.
func (s *Store) Note(ctx context.Context, l Lease, note string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update lease set note = $1 where name = $2 and token = $3`, note, l.Name, l.Token)
		return err
	})
}

// Release gives a lease up, so that another node need not wait for its end. It
// does nothing when it is another's already.
func (s *Store) Release(ctx context.Context, l Lease) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update lease set holder = '', note = '' where name = $1 and token = $2`, l.Name, l.Token)
		return err
	})
}

// mustHold refuses what is done under a lease that does not count any more, and
// keeps it so until the transaction ends: whoever takes it over meanwhile waits.
func (t *tx) mustHold(l Lease) error {
	query := `select 1 from lease where name = $1 and token = $2`
	if t.onPostgres {
		query = `select 1 from lease where name = $1 and token = $2 for share`
	}
	var one int
	err := t.row(query, l.Name, l.Token).Scan(&one)
	if isNoRows(err) {
		return ErrNotHeld
	}
	return err
}
