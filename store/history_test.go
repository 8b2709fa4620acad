package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/signoffhq/signoff/store/pgtest"
)

func TestMonthsFollowEachOtherInUTC(t *testing.T) {
	for at, want := range map[string]month{
		"2026-12-31T23:59:59.999999Z": 202612,
		"2027-01-01T00:00:00+01:00":   202612,
		"2027-01-01T00:00:00Z":        202701,
		"1970-01-01T00:00:00Z":        197001,
	} {
		when, err := time.Parse(time.RFC3339Nano, at)
		must(t, err)
		if m := monthOf(when.UnixMicro()); m != want {
			t.Errorf("%s is in %d, want %d", at, m, want)
		}
	}
	for n, want := range map[int]month{0: 202611, 1: 202612, 2: 202701, 14: 202801, -11: 202512, -10: 202601} {
		if m := month(202611).add(n); m != want {
			t.Errorf("%d months after November 2026 is %d, want %d", n, m, want)
		}
	}
}

// TestAnOlderHistoryIsFiledUnderItsMonths writes instances into the tables as
// they were before, and opens them.
func TestAnOlderHistoryIsFiledUnderItsMonths(t *testing.T) {
	for name, dsn := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "x.db"), "PostgreSQL": ""} {
		t.Run(name, func(t *testing.T) {
			if dsn == "" {
				dsn = pgtest.Empty(t)
			}
			db, provide := before(t, dsn)
			p, err := provide(db)
			must(t, err)
			_, err = p.UpTo(t.Context(), 6)
			must(t, err)
			for id, started := range []string{"2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-30T12:00:00Z"} {
				at, err := time.Parse(time.RFC3339, started)
				must(t, err)
				_, err = db.Exec(`insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state)
					values ($1, 2, 1, 1, 0, 0, 1, $2, 0, 'user:1', '', '{}')`, id+1, at.UnixMicro())
				must(t, err)
				for _, seq := range []int{1, 3} { // the second step a year later
					_, err = db.Exec(`insert into fact (instance, seq, n, at, facts) values ($1, $2, 2, $3, $4)`, id+1, seq, at.AddDate(seq/3, 0, 0).UnixMicro(), []byte("[]"))
					must(t, err)
				}
			}
			must(t, db.Close())
			s := openAt(t, dsn)
			for id, want := range map[int]month{1: 202610, 2: 202611, 3: 202611} {
				var n, bytes int
				must(t, s.row(t.Context(), `select count(*), sum(length(facts)) from fact where month = $1 and instance = $2`, int64(want), id).Scan(&n, &bytes))
				if n != 2 || bytes != 4 {
					t.Errorf("instance %d: %d rows with %d bytes under %d", id, n, bytes, want)
				}
			}
			var all, keep int
			must(t, s.row(t.Context(), `select count(*) from fact`).Scan(&all))
			must(t, s.row(t.Context(), `select count(*) from workflow where keep_days <> 0`).Scan(&keep))
			if all != 6 || keep != 0 {
				t.Errorf("%d rows in all; %d workflows are not kept for ever", all, keep)
			}
		})
	}
}

func before(t *testing.T, dsn string) (*sql.DB, func(*sql.DB) (*goose.Provider, error)) {
	t.Helper()
	if !isPostgres(dsn) {
		db, err := openSQLite(dsn, 1, 4, false)
		must(t, err)
		return db, provider
	}
	pg, _, err := pgParse(dsn, nil)
	must(t, err)
	pg.write.ValidateConnect = nil
	return stdlib.OpenDB(*pg.write), pgProvider
}

func TestEveryMonthHasItsPartitionOrIsTakenInByTheOther(t *testing.T) {
	s := openAt(t, pgtest.Empty(t))
	now := s.now()
	put := func(m month, instance int) {
		t.Helper()
		must(t, s.write(t.Context(), func(tx *tx) error {
			return tx.send(`insert into fact (month, instance, seq, n, at, facts) values ($1, $2, 1, 1, 0, $3)`, int64(m), instance, []byte("[]"))
		}))
	}
	in := func(table string) (n int) {
		t.Helper()
		must(t, s.read.QueryRowContext(t.Context(), `select count(*) from `+table).Scan(&n))
		return n
	}
	here := monthOf(now.UnixMicro())
	have, err := s.partitions(t.Context())
	must(t, err)
	if len(have) != monthsAhead+1 || have[0] != here {
		t.Fatalf("partitions at open: %v", have)
	}
	put(here, 1)
	put(here.add(-30), 2)
	put(here.add(monthsAhead+1), 3)
	if in(here.partition()) != 1 || in("fact_other") != 2 {
		t.Fatalf("%d where they belong, %d in the other", in(here.partition()), in("fact_other"))
	}
	for range 2 { // a month later, and nothing is done twice
		must(t, s.openMonths(t.Context(), now.AddDate(0, 0, 31)))
	}
	if in(here.add(monthsAhead+1).partition()) != 1 || in("fact_other") != 1 || in("fact") != 3 {
		t.Fatalf("the row of a month that has its partition now stands elsewhere")
	}
	facts, err := s.Facts(context.Background(), 99, 0, 1)
	if err != nil || facts != nil {
		t.Errorf("of an instance that is not there: %v, %v", facts, err)
	}
}

func TestStepsGoOnWhileAMonthIsMade(t *testing.T) {
	s := openAt(t, pgtest.Empty(t))
	reading, err := s.read.BeginTx(t.Context(), nil) // a backup, say
	must(t, err)
	defer reading.Rollback()
	_, err = reading.Exec(`select * from fact`)
	must(t, err)
	later := s.now().AddDate(1, 0, 0)
	s.readyMonths(t.Context(), later) // gives up after a moment, and says so
	if have, err := s.partitions(t.Context()); err != nil || len(have) != monthsAhead+1 {
		t.Fatalf("%v, %v", have, err)
	}
	must(t, s.write(t.Context(), func(tx *tx) error {
		return tx.send(`insert into fact (month, instance, seq, n, at, facts) values ($1, 1, 1, 1, 0, '[]')`, int64(monthOf(later.UnixMicro())))
	}))
	must(t, reading.Rollback())
	must(t, s.openMonths(t.Context(), later))
}
