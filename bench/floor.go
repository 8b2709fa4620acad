package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver the store uses too

	"github.com/signoffhq/signoff/store"
)

// floor writes the rows of a cycle with straight SQL: the same tables, columns
// and statements, rows of the same size, in group commits like the store's, and
// nothing worked out. It is as fast as this database lets anything be that
// stores what signoff stores.
type floor struct {
	workload
	hands []hand
	queue chan *floorStep
	wrote sync.WaitGroup
	next  atomic.Int64
	tells chan int64 // instances whose notification is "sent" by a worker, as in the runner
	told  chan struct{}
	open  atomic.Int64 // notifications not removed yet

	failed atomic.Pointer[error] // of tell
}

// hand is a connection that writes.
type hand interface {
	exec(query string, args ...any) error // perhaps only at the commit
	begin() error
	commit() error
	close() error
}

type floorStep struct {
	do   func(h hand, counts map[string]int) error
	done chan error
}

// floorCommitters is how many connections write to PostgreSQL: as many as serve
// it best there.
const floorCommitters = 1

// byHand opens the floor on an empty database.
func (r *run) byHand(w workload) opener {
	return func(ctx context.Context, at *site) (subject, error) {
		s, err := store.Open(ctx, at.dsn, store.Options{}) // for the tables
		if err != nil {
			return nil, err
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
		f := &floor{workload: w, queue: make(chan *floorStep, 512), tells: make(chan int64, 4096), told: make(chan struct{})}
		n, open := 1, openSQLiteHand
		if r.place.name() == Postgres {
			n, open = floorCommitters, openPostgresHand
		}
		for range n {
			h, err := open(ctx, at.dsn)
			if err != nil {
				return nil, err
			}
			f.hands = append(f.hands, h)
			f.wrote.Go(func() { f.write(h) })
		}
		go f.tell()
		return f, nil
	}
}

// sqliteHand executes at once.
type sqliteHand struct {
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// sqliteSettings are those of the store's writing connection.
func sqliteSettings(path, synchronous string) string {
	q := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {synchronous}, "_foreign_keys": {"on"}, "_busy_timeout": {"5000"},
		"_pragma": {"cache_size(-65536)", "wal_autocheckpoint(4000)", "temp_store(memory)", "journal_size_limit(67108864)"}}
	return "file:" + path + "?" + q.Encode()
}

func openSQLiteHand(ctx context.Context, path string) (hand, error) {
	db, err := sql.Open("sqlite", sqliteSettings(path, "FULL"))
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &sqliteHand{db, conn, map[string]*sql.Stmt{}}, nil
}

func (h *sqliteHand) exec(query string, args ...any) error {
	stmt := h.stmts[query]
	if stmt == nil {
		var err error
		if stmt, err = h.conn.PrepareContext(context.Background(), query); err != nil {
			return err
		}
		h.stmts[query] = stmt
	}
	_, err := stmt.Exec(args...)
	return err
}

func (h *sqliteHand) begin() error  { return h.exec(`begin immediate`) }
func (h *sqliteHand) commit() error { return h.exec(`commit`) }
func (h *sqliteHand) close() error  { return errors.Join(h.conn.Close(), h.db.Close()) }

// postgresHand sends a whole transaction in one journey, and waits for its end.
type postgresHand struct {
	conn  *pgx.Conn
	batch pgx.Batch
}

func openPostgresHand(ctx context.Context, dsn string) (hand, error) {
	conn, err := pgx.Connect(ctx, dsn)
	return &postgresHand{conn: conn}, err
}

func (h *postgresHand) exec(query string, args ...any) error {
	h.batch.Queue(query, args...)
	return nil
}

func (h *postgresHand) begin() error { h.batch = pgx.Batch{}; return h.exec(`begin`) }

func (h *postgresHand) commit() error {
	h.batch.Queue(`commit`)
	return h.conn.SendBatch(context.Background(), &h.batch).Close()
}

func (h *postgresHand) close() error { return h.conn.Close(context.Background()) }

// write is the writer: whatever has queued up goes into one commit.
func (f *floor) write(h hand) {
	counts := map[string]int{}
	var batch []*floorStep
	for first := range f.queue {
		clear(counts)
		batch = append(batch[:0], first)
		err := h.begin()
		for i := 0; err == nil && i < len(batch); i++ {
			if err = batch[i].do(h, counts); err != nil {
				break
			}
			if len(f.queue) == 0 {
				runtime.Gosched() // as the store's writer does
			}
			if len(batch) == cap(f.queue) {
				continue
			}
			select {
			case s, ok := <-f.queue:
				if ok {
					batch = append(batch, s)
				}
			default:
			}
		}
		if err == nil {
			err = putCounts(h, counts)
		}
		if err == nil {
			err = h.commit()
		}
		for _, s := range batch {
			s.done <- err
		}
	}
}

func putCounts(h hand, counts map[string]int) error {
	names := make([]string, 0, len(counts))
	for p, n := range counts {
		if n != 0 {
			names = append(names, p)
		}
	}
	slices.Sort(names) // or two writers would wait for each other
	for _, p := range names {
		if err := h.exec(`insert into worklist_count (principal, shelf, n) values ($1, 0, $2)
			on conflict (principal, shelf) do update set n = worklist_count.n + excluded.n`, p, counts[p]); err != nil {
			return err
		}
	}
	return nil
}

// tell does what the runner's workers do: it removes notifications once they
// are handled, as many at a time as have come together.
func (f *floor) tell() {
	defer close(f.told)
	for id := range f.tells {
		ids := []int64{id}
		for len(ids) < 256 && len(f.tells) > 0 {
			ids = append(ids, <-f.tells)
		}
		err := f.step(func(h hand, _ map[string]int) (err error) {
			for _, id := range ids {
				err = errors.Join(err, h.exec(`delete from outbox where key = $1`, fmt.Sprintf("%d_2/notify", id)))
			}
			return err
		})
		if err != nil {
			f.failed.CompareAndSwap(nil, &err)
		}
		f.open.Add(-int64(len(ids)))
	}
}

func (f *floor) step(do func(hand, map[string]int) error) error {
	s := &floorStep{do: do, done: make(chan error, 1)}
	f.queue <- s
	return <-s.done
}

// Sizes of what signoff stores for these workloads, in bytes. A test holds them
// against the real ones.
const (
	w1State, w1Facts         = 320, 798
	w2StartState, w2EndState = 600, 743
	w2StartFacts, w2EndFacts = 794, 810
	notifyBody               = 353
)

// blob is a text of n bytes, as large as the real one and as little worth compressing.
func blob(n int) []byte { return []byte(strings.Repeat(`{"seq":1,"at":"`, n/15+1)[:n]) }

var (
	blobW1State, blobW1Facts                     = blob(w1State), blob(w1Facts)
	blobW2Start, blobW2StartFacts                = blob(w2StartState), blob(w2StartFacts)
	blobW2End, blobW2EndFacts, blobCommand       = blob(w2EndState), blob(w2EndFacts), blob(notifyBody)
	at                                     int64 = 1795312800000000
)

const (
	insertInstance = `insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state, moved)
		values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $7)`
	insertFact = `insert into fact (month, instance, seq, n, at, facts) values (202611, $1, $2, $3, $4, $5)`
)

func (f *floor) cycle(_ context.Context, client, n int, l *lap) error {
	id := f.next.Add(1)
	starter, approver := string(person(f.starter(client)).Principal), string(person(f.approver(n)).Principal)
	from := time.Now()
	if !f.asked {
		defer func() { l.start = time.Since(from) }()
		return f.step(func(h hand, _ map[string]int) error {
			return errors.Join(h.exec(insertInstance, id, 1, 1, 1, 0, 1, at+id, at+id, starter, "Request 1234", blobW1State),
				h.exec(insertFact, id, 1, 7, at+id, blobW1Facts))
		})
	}
	if err := f.step(func(h hand, counts map[string]int) error { return offer(h, counts, id, starter, approver) }); err != nil {
		return err
	}
	l.start = time.Since(from)
	f.open.Add(1)
	f.tells <- id
	from = time.Now()
	defer func() { l.decide = time.Since(from) }()
	return f.step(func(h hand, counts map[string]int) error { return decide(h, counts, id, approver) })
}

func offer(h hand, counts map[string]int, id int64, starter, approver string) error {
	counts[approver]++
	return errors.Join(
		h.exec(insertInstance, id, 1, 1, 0, 0, 1, at+id, 0, starter, "Request 1234", blobW2Start),
		h.exec(insertFact, id, 1, 5, at+id, blobW2StartFacts),
		h.exec(`insert into task (instance, seq, workflow, node, title, offered, due, claimed, closed, outcome, closed_by)
			values ($1, 2, 1, $2, $3, $4, $5, '', 0, '', '')`, id, "approve", "Approve Request 1234", at+id, at*2),
		h.exec(`insert into worklist (principal, shelf, offered, instance, seq, workflow, version, priority, due, until, claimed, starter, node, title, folio)
			values ($1, 0, $2, $3, 2, 1, 1, 1, $4, 0, '', $5, $6, $7, $8) on conflict do nothing`,
			approver, at+id, id, at*2, starter, "approve", "Approve Request 1234", "Request 1234"),
		h.exec(`insert into timer (instance, seq, due, attempt) values ($1, 3, $2, 0)`, id, at+id),
		h.exec(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ($1, $2, 2, 1, 1, 'notify', $3, 1, 'main', '', $4)
			on conflict (key) do update set due = excluded.due, attempt = excluded.attempt, holder = excluded.holder, last_error = '', body = excluded.body`,
			fmt.Sprintf("%d_2/notify", id), id, at, blobCommand))
}

func decide(h hand, counts map[string]int, id int64, approver string) error {
	counts[approver]--
	return errors.Join(
		h.exec(`update instance set rev = rev + 1, status = $1, incidents = $2, priority = $3, ended = $4, folio = $5, state = $6, moved = $4 where id = $7 and rev = $8`,
			1, 0, 1, at+id, "Request 1234", blobW2End, id, 1),
		h.exec(insertFact, id, 6, 7, at+id, blobW2EndFacts),
		h.exec(`update task set title = $1, due = $2, claimed = '', closed = $3, outcome = $4, closed_by = $5 where instance = $6 and seq = 2`,
			"Approve Request 1234", at*2, at+id, "Approve", approver, id),
		h.exec(`delete from worklist where principal = $1 and shelf = 0 and offered = $2 and instance = $3 and seq = 2`, approver, at+id, id),
		h.exec(`delete from timer where instance = $1 and seq = $2`, id, 3),
		h.exec(`delete from outbox where key >= $1 and key < $2`, fmt.Sprintf("%d_2/", id), fmt.Sprintf("%d_20", id)))
}

func (f *floor) settle(ctx context.Context) error {
	for f.open.Load() > 0 && ctx.Err() == nil {
		if err := f.step(func(hand, map[string]int) error { return nil }); err != nil {
			return err
		}
	}
	if err := f.failed.Load(); err != nil {
		return *err
	}
	return ctx.Err()
}

func (f *floor) close() error {
	close(f.tells)
	<-f.told
	close(f.queue)
	f.wrote.Wait()
	var err error
	for _, h := range f.hands {
		err = errors.Join(err, h.close())
	}
	return err
}
