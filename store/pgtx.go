package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/signoffhq/signoff"
)

// A transaction on PostgreSQL. What costs there is waiting for answers, so the
// statements of all writes of a batch whose result can wait are sent in one go:
// a batch of steps is two journeys, one with the steps and one with the counts
// and the commit. When a statement of it fails nobody knows yet whose fault it
// was; the batch is undone and each write tried by itself, statement by
// statement, which tells.

// pending is a statement that has not been sent.
type pending struct {
	query string
	args  []any
	done  func(n int64) error
}

// outcomeUnknown is the error of a commit that was sent and not answered.
type outcomeUnknown struct{ err error }

func (e *outcomeUnknown) Error() string { return "the commit was not answered: " + e.err.Error() }
func (e *outcomeUnknown) Unwrap() error { return e.err }

// pgConn takes the driver's own connection out of one of database/sql.
func pgConn(conn *sql.Conn) (pg *pgx.Conn, err error) {
	err = conn.Raw(func(driver any) error { pg = driver.(*stdlib.Conn).Conn(); return nil })
	return pg, err
}

// usable tells whether further statements can be executed in the transaction.
func (t *tx) usable() bool {
	return !t.onPostgres || t.failed == nil && !t.pg.IsClosed() && t.pg.PgConn().TxStatus() != 'E'
}

func (t *tx) pgBegin() error {
	t.pending, t.failed = t.pending[:0], nil
	if t.pg.IsClosed() {
		return fmt.Errorf("begin: %w", errNoConnection)
	}
	if t.together {
		t.pending = append(t.pending, pending{query: "begin"})
		return nil
	}
	_, err := t.pgExec("begin", nil)
	return err
}

var errNoConnection = errors.New("the connection is closed")

// pgExec executes one statement, after those that are pending.
func (t *tx) pgExec(query string, args []any) (int64, error) {
	if err := t.flush(); err != nil {
		return 0, err
	}
	tag, err := t.pg.Exec(context.Background(), pgText(query), storable(args)...)
	if err != nil {
		t.changed = true
		return 0, fmt.Errorf("%s: %w", firstLine(query), err)
	}
	n := tag.RowsAffected()
	t.changed = t.changed || n > 0 && !reads(query)
	return n, nil
}

// flush sends what is pending and hands the results over. What that leads to
// may be pending afterwards. An error is kept in t.failed.
func (t *tx) flush() error {
	for t.failed == nil && len(t.pending) > 0 {
		sent := t.pending
		t.pending = nil
		t.failed = t.roundTrip(sent)
		if t.pending == nil {
			clear(sent)
			t.pending = sent[:0]
		}
	}
	return t.failed
}

func (t *tx) roundTrip(sent []pending) error {
	counts, err := t.sendAll(sent)
	if err != nil {
		return err
	}
	for i, p := range sent {
		if p.done == nil {
			continue
		}
		if err := p.done(counts[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) sendAll(sent []pending) ([]int64, error) {
	batch := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(sent))}
	for _, p := range sent {
		batch.Queue(p.query, storable(p.args)...)
	}
	results := t.pg.SendBatch(context.Background(), batch)
	defer results.Close()
	counts := make([]int64, len(sent))
	for i, p := range sent {
		tag, err := results.Exec()
		if err == nil && p.query == "commit" && tag.String() != "COMMIT" {
			err = errors.New("the transaction had failed before") // the server rolls back and calls it done
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", firstLine(p.query), err)
		}
		counts[i] = tag.RowsAffected()
	}
	return counts, results.Close()
}

// pgCommit sends the counts and the commit together.
func (t *tx) pgCommit() error {
	if err := t.flush(); err != nil {
		return err
	}
	defer func(was bool) { t.together = was }(t.together)
	t.together = true
	if err := t.counts.flush(t); err != nil {
		return err
	}
	t.pending = append(t.pending, pending{query: "commit"})
	err := t.flush()
	if err == nil || refused(err) || pgconn.SafeToRetry(err) {
		return err
	}
	return &outcomeUnknown{err}
}

// refused tells whether the server said that it did not do it. When it goes
// down while committing it says something, too, but not that.
func refused(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Severity == "ERROR" || e.Code == takenForGone)
}

// pgRollback ignores its error: a broken connection is found at begin.
func (t *tx) pgRollback() {
	t.pending, t.failed = t.pending[:0], nil
	if !t.pg.IsClosed() && t.pg.PgConn().TxStatus() != 'I' {
		if _, err := t.pg.Exec(context.Background(), "rollback"); err != nil {
			t.pg.Close(context.Background())
		}
	}
}

// maxAttempts bounds how often a write is tried that lost against another one.
const maxAttempts = 5

// worthAnother tells whether a write that failed may go well when it is made
// again: it met another one, or the connection broke before its commit was
// sent. A value that is taken counts, too: another node may just have taken it,
// and the write will see that now.
func (t *tx) worthAnother(err error, try int) bool {
	if _, unknown := errors.AsType[*outcomeUnknown](err); unknown || !t.onPostgres || try >= maxAttempts {
		return false
	}
	if _, ours := errors.AsType[*signoff.Error](err); ours {
		return false
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		_, dialling := errors.AsType[*pgconn.ConnectError](err)
		return t.pg.IsClosed() && !dialling // reconnect has waited for that
	}
	switch e.Code {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	case "23505": // unique_violation
		return try < 2
	}
	return lostConnection(err)
}

// outage is how long a connection has been gone. The first write that meets it
// waits for the server to come back, as one that is restarted does in a moment;
// later ones are refused at once until it does.
type outage struct {
	since, tried time.Time
	pause        time.Duration
	err          error
}

const (
	patience = 5 * time.Second
	maxPause = time.Second
)

// wait calls connect until it succeeds or patience has run out.
func (o *outage) wait(connect func() error) error {
	now := time.Now()
	if o.since.IsZero() {
		*o = outage{since: now, pause: 20 * time.Millisecond}
	}
	for {
		if o.err != nil && time.Since(o.tried) < o.pause {
			if time.Since(o.since) > patience {
				return o.err
			}
			time.Sleep(o.pause - time.Since(o.tried))
		}
		o.err = connect()
		if o.err == nil {
			*o = outage{}
			return nil
		}
		o.tried, o.pause = time.Now(), min(2*o.pause, maxPause)
		if time.Since(o.since) > patience {
			return o.err
		}
	}
}

// pgText makes a statement written for both databases one of PostgreSQL. Rows
// to be taken stand between two marks, which to SQLite are comments: nodes that
// take at the same time pass over each other's.
func pgText(query string) string {
	if !strings.Contains(query, "/*take*/") {
		return query
	}
	return taking.Replace(query)
}

// An array is worked out once, a subquery with a limit perhaps more often.
var taking = strings.NewReplacer("in (/*take*/", "= any (array(", "/*take*/)", "for update skip locked))")

// storable makes arguments what both databases can keep and give back: text is
// UTF-8 without NUL, and no bytes are not the same as nothing.
func storable(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			if clean := storableText(v); clean != v {
				args[i] = clean
			}
		case []byte:
			if v == nil {
				args[i] = []byte{}
			}
		}
	}
	return args
}

// pgDone removes commands, passing over those that somebody else is changing.
func (t *tx) pgDone(keys []string) error {
	return t.send(`delete from outbox where key = any (array(select key from outbox where key = any ($1) for update skip locked))`, keys)
}

// exclusively is write for what first looks and then changes: no two of these
// run at the same time, on whatever node. SQLite has one writer anyway.
func (s *Store) exclusively(ctx context.Context, fn func(*tx) error) error {
	if s.pg == nil {
		return s.write(ctx, fn)
	}
	return s.write(ctx, func(t *tx) error {
		var locked string
		if err := t.row(`select pg_advisory_xact_lock($1)::text`, adminLock).Scan(&locked); err != nil {
			return err
		}
		return fn(t)
	})
}

// adminLock is the number of the lock that exclusively takes.
const adminLock int64 = 0x7369676e6f6666 // "signoff"

func sortedCounts(c counts) []countKey {
	keys := make([]countKey, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b countKey) int {
		if d := strings.Compare(string(a.principal), string(b.principal)); d != 0 {
			return d
		}
		return int(a.shelf) - int(b.shelf)
	})
	return keys
}
