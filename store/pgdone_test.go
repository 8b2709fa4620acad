package store

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff/store/pgtest"
)

// TestCommandsAStepIsRemovingAreLeftToIt: two that remove many commands at
// once, in any order, must not wait for each other.
func TestCommandsAStepIsRemovingAreLeftToIt(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openAt(t, dsn)
	must(t, s.write(t.Context(), func(t *tx) error {
		for _, key := range []string{"1_2/notify", "2_2/notify", "3_2/notify"} {
			if err := t.send(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
				values ($1, 1, 2, 1, 1, 'notify', 1, 1, '', '', '{}')`, key); err != nil {
				return err
			}
		}
		return nil
	}))
	step, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer step.Close(context.Background())
	tx, err := step.Begin(t.Context())
	must(t, err)
	if _, err := tx.Exec(t.Context(), `delete from outbox where key = '2_2/notify'`); err != nil {
		t.Fatal(err)
	}

	done := make(chan error, 1)
	go func() { done <- s.DoneJobs(context.Background(), "3_2/notify", "2_2/notify", "1_2/notify") }()
	select {
	case err := <-done:
		must(t, err)
	case <-time.After(5 * time.Second):
		t.Error("it waits for the step")
	}
	must(t, tx.Rollback(t.Context()))
	var left string
	must(t, s.row(t.Context(), `select string_agg(key, ' ') from outbox`).Scan(&left))
	if left != "2_2/notify" {
		t.Errorf("left are %q", left)
	}
}

// TestALostCommandThatIsJustBeingTakenIsLeftToWhoTakesIt: what its holder lost
// is given back once, not after another has it.
func TestALostCommandThatIsJustBeingTakenIsLeftToWhoTakesIt(t *testing.T) {
	dsn := pgtest.Database(t)
	s := openAt(t, dsn)
	must(t, s.write(t.Context(), func(t *tx) error {
		return t.send(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ('1_2/notify', 1, 2, 1, 1, 'notify', 1, 1, 'gone', '', '{}')`)
	}))
	at := time.Now()
	must(t, s.write(t.Context(), func(t *tx) error {
		return t.send(`insert into node (id, name, version, started, renewed, until) values ('alive', '', '', 0, 0, $1)`, micros(at.Add(time.Hour)))
	}))
	other, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	defer other.Close(context.Background())
	tx, err := other.Begin(t.Context())
	must(t, err)
	if _, err := tx.Exec(t.Context(), `update outbox set holder = 'alive', attempt = 2, due = $1`, micros(at.Add(time.Minute))); err != nil {
		t.Fatal(err)
	}
	released := make(chan int64, 1)
	go func() {
		n, err := s.ReleaseLost(context.Background(), at)
		if err != nil {
			n = -1
		}
		released <- n
	}()
	select {
	case n := <-released:
		if n != 0 {
			t.Errorf("%d released", n)
		}
	case <-time.After(5 * time.Second):
		t.Error("it waits for who takes it")
	}
	must(t, tx.Commit(t.Context()))
	var holder string
	must(t, s.row(t.Context(), `select holder from outbox`).Scan(&holder))
	if holder != "alive" {
		t.Errorf("held by %q", holder)
	}
}
