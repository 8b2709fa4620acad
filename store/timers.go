package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/signoffhq/signoff"
)

// Timer is a timer row whose time has come.
type Timer struct {
	signoff.Serial
	Attempt int
	Until   time.Time // whoever puts it off must know this: until when it was left alone, or when it was due
}

// timerLease is how long other nodes leave a timer to the one that saw it first,
// which is as long as they leave a node that says nothing. Should that one be
// slow instead, both take the timer in, and the engine one of them.
const timerLease = 20 * time.Second

// DueTimers returns up to limit timers due at now, the longest due first. They
// stay until the step that takes them in commits. Where there can be other
// nodes these do not get them for a while.
func (s *Store) DueTimers(ctx context.Context, now time.Time, limit int) (out []Timer, err error) {
	if s.pg != nil {
		return s.takeTimers(ctx, now, limit)
	}
	rows, err := s.query(ctx, `select instance, seq, attempt, due from timer where due <= $1 order by due, instance, seq limit $2`, micros(now), limit)
	if err != nil {
		return nil, err
	}
	out, err = readTimers(rows)
	return out, s.explain(err)
}

func (s *Store) takeTimers(ctx context.Context, now time.Time, limit int) (out []Timer, err error) {
	next, err := s.NextTimer(ctx)
	if err != nil || next.IsZero() || next.After(now) {
		return nil, err // nothing to do, and no commit to say so
	}
	until := micros(now.Add(timerLease))
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`with old as (select instance, seq, due, attempt from timer where due <= $1
				order by due, instance, seq limit $2 for update skip locked),
			taken as (update timer t set due = $3 from old where t.instance = old.instance and t.seq = old.seq)
			select instance, seq, attempt, $3::bigint from old order by due, instance, seq`, micros(now), limit, until)
		if err != nil {
			return err
		}
		t.changed = true
		out, err = readTimers(rows)
		return err
	})
	return out, err
}

func readTimers(rows *sql.Rows) (out []Timer, err error) {
	err = eachRow(rows, func() error {
		var t Timer
		var until int64
		err := rows.Scan(&t.Instance, &t.Seq, &t.Attempt, &until)
		t.Until = moment(until)
		out = append(out, t)
		return err
	})
	return out, err
}

// NextTimer returns when the next timer is due, the zero time when there is none.
func (s *Store) NextTimer(ctx context.Context) (time.Time, error) {
	return s.next(ctx, `select coalesce(min(due), 0) from timer`)
}

func (s *Store) next(ctx context.Context, query string, args ...any) (time.Time, error) {
	var due int64
	err := s.row(ctx, query, args...).Scan(&due)
	return moment(due), s.explain(err)
}

// DeferTimer looks at a timer again at due, because taking it in failed. The
// time the instance knows does not change. It does nothing when somebody else
// has the timer by now.
func (s *Store) DeferTimer(ctx context.Context, n Timer, due time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update timer set due = $1, attempt = attempt + 1 where instance = $2 and seq = $3 and due = $4 and attempt = $5`,
			micros(due), int64(n.Instance), n.Seq, micros(n.Until), n.Attempt)
		return err
	})
}

// DropTimer removes a timer its instance no longer knows.
func (s *Store) DropTimer(ctx context.Context, n signoff.Serial) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`delete from timer where instance = $1 and seq = $2`, int64(n.Instance), n.Seq)
		return err
	})
}
