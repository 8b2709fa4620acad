package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

// inMiddle lets another node be in the middle of a transaction while fn runs,
// and ends it once fn waits for it. It returns what fn returned.
func inMiddle(t *testing.T, dsn string, other []string, fn func() error) error {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, dsn)
	must(t, err)
	defer conn.Close(context.WithoutCancel(ctx))
	tx, err := conn.Begin(ctx)
	must(t, err)
	for _, query := range other {
		_, err := tx.Exec(ctx, query)
		must(t, err)
	}
	done := make(chan error, 1)
	go func() { done <- fn() }()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-done:
			t.Error("it did not wait for the other node")
			must(t, tx.Commit(ctx))
			return err
		case <-look.C:
		}
		var waits bool
		must(t, tx.QueryRow(ctx, `select exists (select 1 from pg_locks where not granted and locktype = 'advisory')`).Scan(&waits))
		if waits {
			must(t, tx.Commit(ctx))
			return <-done
		}
	}
}

func TestAHoldWaitsForWhatIsBeingRemovedOnAnotherNode(t *testing.T) {
	dsn := pgtest.Database(t)
	a := newArchive(t, dsn)
	a.put(1, longAgo, true)
	err := inMiddle(t, dsn, []string{`select pg_advisory_xact_lock_shared(` + rulesLockText + `)`, `delete from fact`, `delete from instance where id = 1`}, func() error {
		_, err := a.s.PlaceHold(t.Context(), LegalHold{Instance: 1, Placed: longAgo})
		return err
	})
	if signoff.CodeOf(err) != "instance-not-found" {
		t.Errorf("a hold on what was removed: %v", err)
	}
}

func TestNothingIsRemovedThatAnotherNodeIsHoldingOrKeepsForEver(t *testing.T) {
	dsn := pgtest.Database(t)
	a := newArchive(t, dsn)
	for id, other := range []string{
		`insert into legal_hold (workflow, instance, person, reason, placed, placed_by, lifted, lifted_by, lift_reason) values (0, 1, '', '', 1, '', 0, '', '')`,
		`update workflow set keep_days = 0`,
	} {
		a.put(id+1, longAgo, true)
		n := 0
		err := inMiddle(t, dsn, []string{`select pg_advisory_xact_lock(` + rulesLockText + `)`, other}, func() (err error) {
			n, err = a.s.remove(t.Context(), keepRule{a.wf, 30}, []int64{int64(id + 1)}, a.s.now())
			return err
		})
		if err != nil || n != 0 {
			t.Errorf("%s: %d removed, %v", other, n, err)
		}
	}
	var number int64
	must(t, a.s.row(t.Context(), `select `+rulesLockText+`::bigint`).Scan(&number))
	if number != rulesLock {
		t.Error("this test takes another lock than the store")
	}
}

const rulesLockText = "32485515277067880" // rulesLock, as SQL
