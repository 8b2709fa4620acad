package store

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff/store/pgtest"
)

// Writes that all wait for a lock somebody else holds, and readers that are all
// busy, do not make a node look dead.
func TestANodeWhoseWritesWaitIsNotTakenForDead(t *testing.T) {
	ctx, dsn := t.Context(), pgtest.Database(t)
	s := openWith(t, dsn, Options{})
	now := s.Now()
	must(t, s.Join(ctx, Node{ID: "a", Renewed: now, Until: now.Add(20 * time.Second)}))
	_, _, err := s.Acquire(ctx, MailLease, "a", now, now.Add(20*time.Second))
	must(t, err)
	other, err := pgx.Connect(ctx, dsn)
	must(t, err)
	defer other.Close(context.Background())
	_, err = other.Exec(ctx, `select pg_advisory_lock($1)`, adminLock)
	must(t, err)
	var waiting sync.WaitGroup
	defer waiting.Wait()
	free := func() { other.Close(context.Background()) }
	defer free()
	for range 20 {
		waiting.Go(func() { _ = s.exclusively(ctx, func(*tx) error { return nil }) })
	}
	for waits := 0; waits < 2; { // committers
		must(t, other.QueryRow(ctx, `select count(*) from pg_locks where locktype = 'advisory' and not granted`).Scan(&waits))
	}
	var readers []interface{ Close() error }
	for range 4 {
		conn, err := s.read.Conn(ctx)
		must(t, err)
		readers = append(readers, conn)
	}
	began := time.Now()
	later := now.Add(time.Minute).Truncate(time.Microsecond)
	if ok, err := s.Renew(ctx, "a", later, later.Add(20*time.Second)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if took := time.Since(began); took > measureWithin+2*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, conn := range readers {
		must(t, conn.Close())
	}
	free()
	list, err := s.Nodes(ctx)
	must(t, err)
	if len(list) != 1 || !list[0].Until.Equal(later.Add(20*time.Second)) || !list[0].Renewed.Equal(later) {
		t.Errorf("%+v", list)
	}
	if l, err := s.Lease(ctx, MailLease); err != nil || !l.Until.Equal(later.Add(20*time.Second)) {
		t.Errorf("its lease: %+v, %v", l, err)
	}
	if ok, err := s.Renew(ctx, "b", later, later); ok || err != nil {
		t.Errorf("a node nobody knows: %v, %v", ok, err)
	}
}
