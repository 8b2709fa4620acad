package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// The history of an instance is filed under the month the instance was started
// in, so that all of it stands together however long the instance runs, and
// goes together when it is removed. On PostgreSQL each month is a table of its
// own, a partition of "fact", and a row of a month that has none yet goes into
// the partition fact_other: storing a fact never waits for a table to be made.

// month is a year and a month in UTC as a number: 202611.
type month int64

// monthOf is the month of a moment as it is stored.
func monthOf(us int64) month {
	t := time.UnixMicro(us).UTC()
	return month(t.Year()*100 + int(t.Month()))
}

// add returns the month n months later.
func (m month) add(n int) month {
	k := int(m/100)*12 + int(m%100) - 1 + n
	return month(k/12*100 + k%12 + 1)
}

func (m month) partition() string { return fmt.Sprintf("fact_%d", int64(m)) }

// Facts returns up to limit steps' worth of an instance's history after the
// fact numbered after, oldest first.
func (s *Store) Facts(ctx context.Context, id signoff.InstanceID, after, limit int) ([]engine.Fact, error) {
	var started int64
	err := s.row(ctx, `select started from instance where id = $1`, int64(id)).Scan(&started)
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(err)
	}
	rows, err := s.query(ctx, `select facts from fact where month = $1 and instance = $2 and seq > $3 order by seq limit $4`,
		int64(monthOf(started)), int64(id), after, limit)
	if err != nil {
		return nil, err
	}
	return readFacts(rows, id)
}

func readFacts(rows *sql.Rows, id signoff.InstanceID) (out []engine.Fact, err error) {
	err = eachRow(rows, func() error {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		var facts []engine.Fact
		if err := json.Unmarshal(raw, &facts); err != nil {
			return fmt.Errorf("read history of instance %d: %w", id, err)
		}
		out = append(out, facts...)
		return nil
	})
	return out, err
}

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
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "55P03" { // lock_not_available
		s.log.Debug("tables for the months to come are made later", slog.Any("err", err))
		return
	}
	s.log.Warn("no tables for the months to come; their history goes into fact_other", slog.Any("err", err))
}
