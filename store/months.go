package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Months as tables, on PostgreSQL: made ahead, and dropped when nothing in them
// is to be kept.

// monthsAhead is how many months beyond the present one have their partition.
const monthsAhead = 3

// openMonths makes the partitions of the present month and those to come.
// Where it cannot, rows go into fact_other until it can. On SQLite there is
// nothing to do.
func (s *Store) openMonths(ctx context.Context, now time.Time) error {
	if s.pg == nil {
		return nil
	}
	var want []month
	for n := range monthsAhead + 1 {
		want = append(want, monthOf(micros(now)).add(n))
	}
	have, err := s.partitions(ctx)
	if err != nil {
		return err
	}
	want = slices.DeleteFunc(want, func(m month) bool { return slices.Contains(have, m) })
	if len(want) == 0 {
		return nil
	}
	return s.aside(ctx, func(tx pgx.Tx) error { return pgMakeMonths(ctx, tx, want) })
}

// partitions lists the months that have a partition of their own.
func (s *Store) partitions(ctx context.Context) ([]month, error) {
	rows, err := s.query(ctx, `select substr(c.relname, 6)::bigint from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent = 'fact'::regclass and c.relname ~ '^fact_[0-9]{6}$' order by 1`)
	if err != nil {
		return nil, err
	}
	var out []month
	err = eachRow(rows, func() error {
		var m month
		err := rows.Scan(&m)
		out = append(out, m)
		return err
	})
	return out, s.explain(err)
}

// historyLock is the number of the lock of whoever makes or drops a month.
const historyLock int64 = adminLock + 1

// pgMakeMonths makes partitions for months that have none, in order, and moves
// rows there that went into fact_other. Attaching a table does not hold up
// those who read and write other months.
func pgMakeMonths(ctx context.Context, tx pgx.Tx, months []month) error {
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, historyLock); err != nil {
		return err
	}
	for _, m := range months {
		var there bool
		if err := tx.QueryRow(ctx, `select to_regclass($1) is not null`, m.partition()).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		name := m.partition()
		_, err := tx.Exec(ctx, fmt.Sprintf(`create table %[1]s (like fact including all);
			lock table fact_other in access exclusive mode;
			with gone as (delete from fact_other where month = %[2]d returning *) insert into %[1]s select * from gone;
			alter table fact attach partition %[1]s for values in (%[2]d)`, name, int64(m)))
		if err != nil {
			return fmt.Errorf("make %s: %w", name, err)
		}
	}
	return nil
}

// brief is how long whoever changes partitions waits for those who use them:
// others wait behind it.
const brief = time.Second

// aside runs fn in a transaction on a connection of its own, so that it keeps
// no one waiting who commits steps.
func (s *Store) aside(ctx context.Context, fn func(pgx.Tx) error) error {
	conn, err := pgx.ConnectConfig(ctx, s.pg.write)
	if err != nil {
		return s.explain(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return s.explain(pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, fmt.Sprintf(`set local lock_timeout = %d`, brief.Milliseconds())); err != nil {
			return err
		}
		return fn(tx)
	}))
}

// readyMonths is openMonths for those who go on without: the log is told.
func (s *Store) readyMonths(ctx context.Context, now time.Time) {
	err := s.openMonths(ctx, now)
	if err == nil || ctx.Err() != nil {
		return
	}
	if isBusy(err) {
		s.log.Debug("tables for the months to come are made later", slog.Any("err", err))
		return
	}
	s.log.Warn("no tables for the months to come; their history goes into fact_other", slog.Any("err", err))
}

// isBusy tells whether others used a table for longer than was waited.
func isBusy(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "55P03" // lock_not_available
}

// A month that is over and of which every instance's time is up goes as a whole:
// it is marked, its instances are removed without touching their histories, and
// then its table is dropped.

// goingMonths are the months that are marked.
func (t *tx) goingMonths() (map[month]bool, error) {
	if !t.onPostgres {
		return nil, nil
	}
	rows, err := t.query(`select month from month_going where since > 0`)
	if err != nil {
		return nil, err
	}
	out := map[month]bool{}
	err = eachRow(rows, func() error {
		var m month
		err := rows.Scan(&m)
		out[m] = true
		return err
	})
	return out, err
}

// markMonths marks the months that can go as a whole.
func (s *Store) markMonths(ctx context.Context, rules []keepRule, now time.Time) error {
	if s.pg == nil || len(rules) == 0 {
		return nil
	}
	soonest := rules[0]
	for _, r := range rules {
		if r.days < soonest.days {
			soonest = r
		}
	}
	// Nothing is started any more in a month that was over a month ago, however
	// far clocks are apart.
	last := min(monthOf(micros(now)).add(-2), monthOf(micros(soonest.cutoff(now))))
	months, err := s.partitions(ctx)
	if err != nil {
		return err
	}
	for _, m := range months {
		if m > last {
			break
		}
		goes, err := s.goesWhole(ctx, m, now)
		if err != nil {
			return err
		}
		if !goes {
			continue
		}
		err = s.write(ctx, func(t *tx) error {
			return t.send(`insert into month_going (month, since) values ($1, $2) on conflict do nothing`, int64(m), micros(now))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// goesWhole tells whether no instance of a month is to be kept. It ends at the
// first that is.
func (s *Store) goesWhole(ctx context.Context, m month, now time.Time) (goes bool, err error) {
	err = s.row(ctx, `select not exists (select 1 from fact f join instance i on i.id = f.instance join workflow w on w.id = i.workflow
		where f.month = $1 and not (w.keep_days > 0 and i.ended > 0 and i.ended < $2 - w.keep_days * 86400000000 and `+atRest+` and `+notHeld+`))`,
		int64(m), micros(now)).Scan(&goes)
	return goes, s.explain(err)
}

// dropMonths drops the tables of marked months that are empty of instances.
// Where one turned out to be kept after all the mark goes, and the histories of
// those that were removed already go row by row.
func (s *Store) dropMonths(ctx context.Context, now time.Time) error {
	if s.pg == nil {
		return nil
	}
	rows, err := s.query(ctx, `select g.month, case when g.since = 0 then 1 else 0 end,
		case when exists (select 1 from fact f join instance i on i.id = f.instance where f.month = g.month) then 1 else 0 end
		from month_going g order by g.month`)
	if err != nil {
		return err
	}
	var drop, keep []month
	err = eachRow(rows, func() error {
		var m month
		var kept, used bool
		err := rows.Scan(&m, &kept, &used)
		switch {
		case kept || used:
			keep = append(keep, m)
		default:
			drop = append(drop, m)
		}
		return err
	})
	for _, m := range drop {
		if err == nil {
			err = s.dropMonth(ctx, m)
		}
	}
	for _, m := range keep {
		if err == nil {
			err = s.keepMonth(ctx, m, now)
		}
	}
	return s.explain(err)
}

func (s *Store) dropMonth(ctx context.Context, m month) error {
	err := s.aside(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, historyLock); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`drop table if exists %s; delete from month_going where month = %d`, m.partition(), int64(m)))
		return err
	})
	if isBusy(err) {
		s.log.Debug("the history of a month is dropped later", slog.Int64("month", int64(m)), slog.Any("err", err))
		return nil
	}
	return err
}

// keepMonth takes a mark back, unless all that is left is only waiting to go.
func (s *Store) keepMonth(ctx context.Context, m month, now time.Time) error {
	if goes, err := s.goesWhole(ctx, m, now); err != nil || goes {
		return err
	}
	err := s.rules(ctx, func(t *tx) error { // whoever removes from now on removes the facts, too
		return t.send(`update month_going set since = 0 where month = $1`, int64(m))
	})
	for n := int64(1); err == nil && n > 0; {
		err = s.write(ctx, func(t *tx) error {
			n, err = t.exec(`delete from fact where month = $1 and instance in (select distinct f.instance from fact f where f.month = $1
				and not exists (select 1 from instance i where i.id = f.instance) limit $2)`, int64(m), retainAtOnce)
			return err
		})
	}
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error { return t.send(`delete from month_going where month = $1 and since = 0`, int64(m)) })
}
