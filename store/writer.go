package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/signoffhq/signoff"
)

// maxBatch bounds how many writes share a commit, and so how long the first
// of them waits for the last.
const maxBatch = 512

// writer takes in all writes of the process. On SQLite one committer carries
// them out, on PostgreSQL a few do, which then work while others wait for the
// disk.
type writer struct {
	store      *Store
	db         *sql.DB
	queue      chan *request
	committers []*committer
	running    sync.WaitGroup

	mu     sync.RWMutex // held for reading while sending to queue
	closed bool

	ailing atomic.Bool // the last write failed because of the file or its disk
}

// committer owns a connection that writes. It takes whatever has queued up
// into one transaction and never waits for more: with one client a write costs
// one commit, with many they share it.
type committer struct {
	*writer
	tx    *tx
	batch []*request // those the open transaction holds
	down  outage
}

// request is one call of write.
type request struct {
	ctx  context.Context
	fn   func(*tx) error
	done chan error
}

func startWriter(db *sql.DB, s *Store, committers int) (*writer, error) {
	w := &writer{store: s, db: db, queue: make(chan *request, maxBatch)}
	for range committers {
		c := &committer{writer: w, batch: make([]*request, 0, maxBatch), tx: &tx{counts: counts{}, onPostgres: s.pg != nil}}
		if err := c.connect(); err != nil {
			w.close()
			return nil, err
		}
		w.committers = append(w.committers, c)
		w.running.Go(c.run)
	}
	return w, nil
}

// connect gets the connection, again after it broke.
func (w *committer) connect() error {
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		return err
	}
	w.tx.conn, w.tx.stmts = conn, map[string]*statement{}
	if w.tx.onPostgres {
		w.tx.pg, err = pgConn(conn)
	}
	return err
}

var errClosed = &signoff.Error{Kind: signoff.Unavailable, Code: "shutting-down",
	Detail: "the server is shutting down", Hint: "try again in a moment"}

func (w *writer) write(ctx context.Context, fn func(*tx) error) error {
	r := &request{ctx: ctx, fn: fn, done: make(chan error, 1)}
	if err := w.enqueue(r); err != nil {
		return err
	}
	// Not ctx.Done: once queued, the caller must learn what became of it.
	return <-r.done
}

func (w *writer) enqueue(r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (w *writer) close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	w.running.Wait()
	return w.db.Close()
}

func (w *committer) run() {
	defer func() { w.tx.close() }()
	for r := range w.queue {
		w.together(r)
		clear(w.batch)
	}
}

// together commits first and all that has queued up by the time it is done
// with the one before.
func (w *committer) together(first *request) {
	w.batch = w.batch[:0]
	w.tx.together = true
	if err := w.tx.begin(); err != nil {
		w.apart(append(w.batch, first))
		return
	}
	seen := 0
	for next := first; next != nil; next = w.queued(seen) {
		seen++
		err := w.call(next)
		switch {
		case err == nil:
			w.batch = append(w.batch, next)
		case !w.tx.changed && w.tx.usable():
			next.done <- w.store.explain(err)
		default:
			w.apart(append(w.batch, next))
			return
		}
	}
	if len(w.batch) == 0 {
		w.tx.rollback()
		return
	}
	err := w.tx.commit()
	if _, unknown := errors.AsType[*outcomeUnknown](err); err != nil && !unknown {
		w.apart(w.batch)
		return
	}
	if err = w.store.explain(err); err == nil {
		w.ailing.Store(false)
	}
	for _, r := range w.batch {
		r.done <- err
	}
}

// queued returns the next request if there is one already. Before it says no it
// lets others run once: on a busy machine those about to ask are waiting for a
// processor, and on an idle one this takes no time.
func (w *committer) queued(n int) *request {
	if n >= maxBatch {
		return nil
	}
	select {
	case r := <-w.queue: // nil when closed and drained
		return r
	default:
		runtime.Gosched()
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

// apart undoes the common transaction and gives every request its own, so that
// one that cannot be done takes no other down with it.
func (w *committer) apart(batch []*request) {
	w.tx.rollback()
	w.tx.together = false
	for _, r := range batch {
		err := w.store.explain(w.alone(r))
		w.ailing.Store(signoff.CodeOf(err) == codeUnusable)
		r.done <- err
	}
}

func (w *committer) alone(r *request) error {
	for try := 1; ; try++ {
		err := w.attempt(r)
		if err == nil || !w.tx.worthAnother(err, try) {
			return err
		}
	}
}

func (w *committer) attempt(r *request) error {
	if err := w.tx.begin(); err != nil {
		if err = w.reconnect(err); err != nil {
			return err
		}
	}
	if err := w.call(r); err != nil {
		w.tx.rollback()
		return err
	}
	if err := w.tx.commit(); err != nil {
		w.tx.rollback()
		return err
	}
	return nil
}

// reconnect replaces a connection on which no transaction could be begun, and
// begins one.
func (w *committer) reconnect(cause error) error {
	w.store.log.Warn("writing connection replaced", slog.Any("err", cause))
	w.tx.close()
	if err := w.down.wait(w.connect); err != nil {
		return err
	}
	return w.tx.begin()
}

// call runs a request's function. A panic in it is that caller's error only.
func (w *committer) call(r *request) (err error) {
	w.tx.changed = false
	if err := r.ctx.Err(); err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			w.tx.changed = true // who knows
			err = fmt.Errorf("store: panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	err = r.fn(w.tx)
	if w.tx.failed != nil {
		return w.tx.failed // perhaps not this request's: all are tried apart
	}
	return err
}

// tx is the transaction a function passed to write runs in.
type tx struct {
	conn    *sql.Conn
	stmts   map[string]*statement
	changed bool // something may have been written since the current function began
	counts  counts

	// PostgreSQL only, see pgtx.go.
	onPostgres bool
	pg         *pgx.Conn
	together   bool // statements whose result can wait are sent together
	pending    []pending
	failed     error // of a statement sent together with others: all are tried apart
}

type statement struct {
	*sql.Stmt
	reads bool
}

// close gives up the connection and first its statements, which would keep
// SQLite from putting its log into the file: the file alone would be worthless.
func (t *tx) close() {
	for _, s := range t.stmts {
		s.Close()
	}
	t.conn.Close()
}

// exec runs a statement and returns how many rows it touched. The text must be
// constant: it is prepared once.
func (t *tx) exec(query string, args ...any) (int64, error) {
	if t.onPostgres {
		return t.pgExec(query, args)
	}
	stmt, err := t.prepared(query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.Exec(storable(args)...)
	if err != nil {
		t.changed = true
		return 0, fmt.Errorf("%s: %w", firstLine(query), err)
	}
	n, err := res.RowsAffected()
	t.changed = t.changed || n > 0 && !stmt.reads
	return n, err
}

// row runs a query of one row, which may be an insert or update with "returning".
func (t *tx) row(query string, args ...any) *sql.Row {
	if t.onPostgres {
		_ = t.flush() // a failure is kept in t.failed
		t.changed = t.changed || !reads(query)
		return t.conn.QueryRowContext(context.Background(), pgText(query), storable(args)...)
	}
	stmt, err := t.prepared(query)
	if err != nil {
		return t.conn.QueryRowContext(context.Background(), query, args...) // reports the same error again
	}
	t.changed = t.changed || !stmt.reads
	return stmt.QueryRow(storable(args)...)
}

// query runs a query; the rows must be closed before the next statement.
func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	if t.onPostgres {
		if err := t.flush(); err != nil {
			return nil, err
		}
		t.changed = t.changed || !reads(query)
		return t.conn.QueryContext(context.Background(), pgText(query), storable(args)...)
	}
	stmt, err := t.prepared(query)
	if err != nil {
		return nil, err
	}
	t.changed = t.changed || !stmt.reads
	return stmt.Query(storable(args)...)
}

// No context reaches the statements: one caller going away must not interrupt
// what belongs to all who share the commit.
func (t *tx) prepared(query string) (*statement, error) {
	if stmt := t.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstLine(query), err)
	}
	st := &statement{Stmt: stmt, reads: reads(query)}
	t.stmts[query] = st
	return st, nil
}

func reads(query string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(query)), "select")
}

// send executes a statement nobody waits for the result of.
func (t *tx) send(query string, args ...any) error { return t.then(nil, query, args...) }

// then executes a statement and hands over how many rows it touched, at once
// or, on PostgreSQL, after others that are sent with it. An error of done is
// the write's.
func (t *tx) then(done func(n int64) error, query string, args ...any) error {
	if t.onPostgres && t.together {
		t.changed = true
		t.pending = append(t.pending, pending{query, args, done})
		return nil
	}
	n, err := t.exec(query, args...)
	if err != nil || done == nil {
		return err
	}
	return done(n)
}

func (t *tx) begin() error {
	clear(t.counts)
	if t.onPostgres {
		return t.pgBegin()
	}
	_, err := t.exec(`begin immediate`)
	return err
}

func (t *tx) commit() error {
	if t.onPostgres {
		return t.pgCommit()
	}
	if err := t.counts.flush(t); err != nil {
		return err
	}
	_, err := t.exec(`commit`)
	return err
}

// rollback ignores its error: SQLite has already rolled back by itself when
// there is nothing to roll back, and a broken connection is found at begin.
func (t *tx) rollback() {
	if t.onPostgres {
		t.pgRollback()
		return
	}
	_, _ = t.exec(`rollback`)
}

// firstLine names a statement in an error.
func firstLine(query string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(query), "\n")
	return strings.TrimSpace(line)
}

// isNoRows tells an empty result from a failure.
func isNoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }
