package store

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

// archive is a store with instances that ended in the month they were started in.
type archive struct {
	t  *testing.T
	s  *Store
	wf signoff.WorkflowID
}

var longAgo = time.Date(2024, 3, 10, 12, 0, 0, 0, time.UTC)

func newArchive(t *testing.T, dsn string) *archive {
	t.Helper()
	a := &archive{t: t, s: openAt(t, dsn)}
	must(t, a.s.openMonths(t.Context(), longAgo))
	v, _, err := a.s.Deploy(t.Context(), Deployment{Key: "leave", Name: "Leave", XML: []byte("<a/>"), Digest: "a", At: longAgo})
	must(t, err)
	a.wf = v.Workflow
	must(t, a.s.SetKeepDays(t.Context(), a.wf, 30))
	return a
}

func (a *archive) put(id int, at time.Time, ended bool) {
	a.t.Helper()
	status, end := 0, int64(0)
	if ended {
		status, end = 1, at.UnixMicro()
	}
	must(a.t, a.s.write(a.t.Context(), func(tx *tx) error {
		if err := tx.send(`insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state)
			values ($1, 1, $2, 1, $3, 0, 1, $4, $5, 'user:1', '', $6)`, id, int64(a.wf), status, at.UnixMicro(), end, []byte("{}")); err != nil {
			return err
		}
		return tx.send(`insert into fact (month, instance, seq, n, at, facts) values ($1, $2, 1, 1, 0, $3)`, int64(monthOf(at.UnixMicro())), id, []byte("[]"))
	}))
}

func (a *archive) months() []month {
	a.t.Helper()
	list, err := a.s.partitions(a.t.Context())
	must(a.t, err)
	return list
}

func (a *archive) count(query string, args ...any) (n int) {
	a.t.Helper()
	must(a.t, a.s.row(a.t.Context(), query, args...).Scan(&n))
	return n
}

func (a *archive) retain(want int) {
	a.t.Helper()
	n, err := a.s.Retain(a.t.Context(), a.s.now())
	must(a.t, err)
	if n != want {
		a.t.Errorf("%d removed, want %d", n, want)
	}
	must(a.t, a.s.AuditLeftovers(a.t.Context()))
}

func TestAMonthOfWhichNothingIsKeptIsDropped(t *testing.T) {
	a := newArchive(t, pgtest.Database(t))
	a.put(1, longAgo, true)
	a.put(2, longAgo.AddDate(0, 0, 3), true)
	a.put(3, longAgo.AddDate(0, 1, 0), true)
	a.put(4, longAgo.AddDate(0, 1, 1), false) // runs still
	a.put(5, longAgo.AddDate(0, -1, 0), true) // in no month's table
	a.put(6, a.s.now(), true)
	reading, err := a.s.read.BeginTx(t.Context(), nil) // a backup, say: the table goes later
	must(t, err)
	defer reading.Rollback()
	_, err = reading.Exec(`select * from fact`)
	must(t, err)
	a.retain(4)
	if n := a.count(`select count(*) from fact where month = 202403`); n != 2 || !slices.Contains(a.months(), 202403) {
		t.Errorf("the month was touched: %d rows, %v", n, a.months())
	}
	must(t, reading.Rollback())
	a.retain(0)
	if m := a.months(); slices.Contains(m, 202403) || !slices.Contains(m, 202404) || slices.Contains(m, 202405) {
		t.Errorf("months: %v; March, and May and June with nothing in them, were to go", m)
	}
	if n := a.count(`select count(*) from fact`); n != 2 || a.count(`select count(*) from month_going`) != 0 {
		t.Errorf("%d rows of history", n)
	}
	a.put(7, longAgo, true) // a restored one finds a place
	a.retain(1)
}

func TestABackupHoldsAMonthThatIsToBeDroppedMeanwhile(t *testing.T) {
	dsn := pgtest.Database(t)
	a := newArchive(t, dsn)
	a.put(1, longAgo, true)
	s, _, err := openSnapshot(t.Context(), dsn, Options{})
	must(t, err)
	a.retain(1)
	if !slices.Contains(a.months(), 202403) {
		t.Error("the month is dropped while a backup is made")
	}
	rows := sums{}
	must(t, s.pour(t.Context(), &rows, nil, newProgress("", nil)))
	s.close()
	for _, table := range rows.all {
		if (table.Table == "fact" || table.Table == "instance") && table.Rows != 1 {
			t.Errorf("%d rows of %s", table.Rows, table.Table)
		}
	}
	a.retain(0)
	if slices.Contains(a.months(), 202403) {
		t.Error("the month stays when the backup has ended")
	}
}

func TestOfAMonthThatWasGoingARestoreKeepsOnlyWhatHasAnInstance(t *testing.T) {
	dsn, into := pgtest.Database(t), filepath.Join(t.TempDir(), "x.db")
	a := newArchive(t, dsn)
	a.put(1, longAgo, true)
	a.put(2, longAgo, true)
	rule := keepRule{a.wf, 30}
	must(t, a.s.markMonths(t.Context(), []keepRule{rule}, a.s.now()))
	_, err := a.s.remove(t.Context(), rule, []int64{1}, a.s.now())
	must(t, err)
	file := filepath.Join(t.TempDir(), "b")
	_, err = Backup(t.Context(), dsn, file, BackupOptions{})
	must(t, err)
	_, err = Restore(t.Context(), file, into, RestoreOptions{})
	must(t, err)
	b := &archive{t: t, s: openAt(t, into), wf: a.wf}
	if b.count(`select count(*) from fact`) != 1 || b.count(`select count(*) from fact where instance = 2`) != 1 || b.count(`select count(*) from month_going`) != 0 {
		t.Errorf("%d rows of history", b.count(`select count(*) from fact`))
	}
}

func TestAMonthThatIsHeldAfterAllKeepsWhatIsHeld(t *testing.T) {
	a := newArchive(t, pgtest.Database(t))
	for id := 1; id <= 3; id++ {
		a.put(id, longAgo, true)
	}
	ctx, rule := t.Context(), keepRule{a.wf, 30}
	must(t, a.s.markMonths(ctx, []keepRule{rule}, a.s.now()))
	n, err := a.s.remove(ctx, rule, []int64{1}, a.s.now())
	must(t, err)
	if n != 1 || a.count(`select count(*) from fact`) != 3 {
		t.Fatalf("%d removed, and the history with it", n)
	}
	if err := a.s.dropMonths(ctx, a.s.now()); err != nil || a.count(`select count(*) from fact`) != 3 {
		t.Fatalf("while the others wait to go: %v", err)
	}
	_, err = a.s.PlaceHold(ctx, LegalHold{Instance: 2, Placed: longAgo})
	must(t, err)
	a.retain(1)
	if !slices.Contains(a.months(), 202403) || a.count(`select count(*) from fact`) != 1 || a.count(`select count(*) from fact where instance = 2`) != 1 {
		t.Errorf("months %v, %d rows", a.months(), a.count(`select count(*) from fact`))
	}
	if a.count(`select count(*) from month_going`) != 0 {
		t.Error("the month is marked still")
	}
	must(t, a.s.SetKeepDays(ctx, a.wf, 0))
	a.retain(0)
}

func TestNumbersOfRemovedInstancesAreNotUsedAgain(t *testing.T) {
	dsn := t.TempDir() + "/x.db"
	a := newArchive(t, dsn)
	a.put(41, longAgo, true)
	a.put(42, longAgo, true)
	a.retain(2)
	must(t, a.s.Close())
	s := openAt(t, dsn)
	if id, err := s.NewInstance(t.Context()); err != nil || id != 43 {
		t.Errorf("next number %d, %v", id, err)
	}
}
