package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver the store uses too

	"github.com/signoffhq/signoff/store"
)

// floor writes the rows of a cycle with straight SQL: the same tables, columns
// and statements, rows of the same size, in group commits like the store's, and
// nothing worked out. It is as fast as this database lets anything be that
// stores what signoff stores.
type floor struct {
	workload
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	queue chan *floorStep
	ended chan struct{}
	next  atomic.Int64
	tells chan int64 // instances whose notification is "sent" by a worker, as in the runner
	told  chan struct{}
	open  atomic.Int64 // notifications not removed yet

	failed atomic.Pointer[error] // of tell
}

type floorStep struct {
	do   func(f *floor, counts map[string]int) error
	done chan error
}

func openFloor(ctx context.Context, path string, w workload) (subject, error) {
	s, err := store.Open(ctx, path, store.Options{}) // for the tables
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	// The settings of the store's writing connection.
	q := url.Values{"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_foreign_keys": {"on"}, "_busy_timeout": {"5000"},
		"_pragma": {"cache_size(-65536)", "wal_autocheckpoint(4000)", "temp_store(memory)", "journal_size_limit(67108864)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	f := &floor{workload: w, db: db, conn: conn, stmts: map[string]*sql.Stmt{}, queue: make(chan *floorStep, 512),
		ended: make(chan struct{}), tells: make(chan int64, 4096), told: make(chan struct{})}
	go f.write()
	go f.tell()
	return f, nil
}

// write is the writer: whatever has queued up goes into one commit.
func (f *floor) write() {
	defer close(f.ended)
	counts := map[string]int{}
	for first := range f.queue {
		clear(counts)
		batch := []*floorStep{first}
		err := f.exec(`begin immediate`)
		for i := 0; err == nil && i < len(batch); i++ {
			if err = batch[i].do(f, counts); err != nil {
				break
			}
			if len(f.queue) == 0 {
				runtime.Gosched() // as the store's writer does
			}
			if len(f.queue) > 0 && len(batch) < cap(f.queue) {
				batch = append(batch, <-f.queue)
			}
		}
		for p, n := range counts {
			if err == nil && n != 0 {
				err = f.exec(`insert into worklist_count (principal, shelf, n) values ($1, 0, $2)
					on conflict (principal, shelf) do update set n = worklist_count.n + excluded.n`, p, n)
			}
		}
		if err == nil {
			err = f.exec(`commit`)
		}
		for _, s := range batch {
			s.done <- err
		}
	}
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
		err := f.step(func(f *floor, _ map[string]int) (err error) {
			for _, id := range ids {
				err = errors.Join(err, f.exec(`delete from outbox where key = $1`, fmt.Sprintf("%d_2/notify", id)))
			}
			return err
		})
		if err != nil {
			f.failed.CompareAndSwap(nil, &err)
		}
		f.open.Add(-int64(len(ids)))
	}
}

func (f *floor) step(do func(*floor, map[string]int) error) error {
	s := &floorStep{do: do, done: make(chan error, 1)}
	f.queue <- s
	return <-s.done
}

func (f *floor) exec(query string, args ...any) error {
	stmt := f.stmts[query]
	if stmt == nil {
		var err error
		if stmt, err = f.conn.PrepareContext(context.Background(), query); err != nil {
			return err
		}
		f.stmts[query] = stmt
	}
	_, err := stmt.Exec(args...)
	return err
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
	insertInstance = `insert into instance (id, rev, workflow, version, status, incidents, priority, started, ended, starter, folio, state)
		values ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	insertFact = `insert into fact (month, instance, seq, n, at, facts) values (202611, $1, $2, $3, $4, $5)`
)

func (f *floor) cycle(_ context.Context, client, n int) error {
	id := f.next.Add(1)
	starter, approver := string(person(client).Principal), string(person(n%people).Principal)
	if !f.asked {
		return f.step(func(f *floor, _ map[string]int) error {
			return errors.Join(f.exec(insertInstance, id, 1, 1, 1, 0, 1, at+id, at+id, starter, "Request 1234", blobW1State),
				f.exec(insertFact, id, 1, 7, at+id, blobW1Facts))
		})
	}
	if err := f.step(func(f *floor, counts map[string]int) error { return f.offer(counts, id, starter, approver) }); err != nil {
		return err
	}
	f.open.Add(1)
	f.tells <- id
	return f.step(func(f *floor, counts map[string]int) error { return f.decide(counts, id, approver) })
}

func (f *floor) offer(counts map[string]int, id int64, starter, approver string) error {
	counts[approver]++
	return errors.Join(
		f.exec(insertInstance, id, 1, 1, 0, 0, 1, at+id, 0, starter, "Request 1234", blobW2Start),
		f.exec(insertFact, id, 1, 5, at+id, blobW2StartFacts),
		f.exec(`insert into task (instance, seq, workflow, node, title, offered, due, claimed, closed, outcome, closed_by)
			values ($1, 2, 1, $2, $3, $4, $5, '', 0, '', '')`, id, "approve", "Approve Request 1234", at+id, at*2),
		f.exec(`insert into worklist (principal, shelf, offered, instance, seq, workflow, version, priority, due, until, claimed, starter, node, title, folio)
			values ($1, 0, $2, $3, 2, 1, 1, 1, $4, 0, '', $5, $6, $7, $8) on conflict do nothing`,
			approver, at+id, id, at*2, starter, "approve", "Approve Request 1234", "Request 1234"),
		f.exec(`insert into timer (instance, seq, due, attempt) values ($1, 3, $2, 0)`, id, at+id),
		f.exec(`insert into outbox (key, instance, ref, workflow, version, kind, due, attempt, holder, last_error, body)
			values ($1, $2, 2, 1, 1, 'notify', $3, 1, 'main', '', $4)
			on conflict (key) do update set due = excluded.due, attempt = excluded.attempt, holder = excluded.holder, last_error = '', body = excluded.body`,
			fmt.Sprintf("%d_2/notify", id), id, at, blobCommand))
}

func (f *floor) decide(counts map[string]int, id int64, approver string) error {
	counts[approver]--
	return errors.Join(
		f.exec(`update instance set rev = rev + 1, status = $1, incidents = $2, priority = $3, ended = $4, folio = $5, state = $6 where id = $7 and rev = $8`,
			1, 0, 1, at+id, "Request 1234", blobW2End, id, 1),
		f.exec(insertFact, id, 6, 7, at+id, blobW2EndFacts),
		f.exec(`update task set title = $1, due = $2, claimed = '', closed = $3, outcome = $4, closed_by = $5 where instance = $6 and seq = 2`,
			"Approve Request 1234", at*2, at+id, "Approve", approver, id),
		f.exec(`delete from worklist where principal = $1 and shelf = 0 and offered = $2 and instance = $3 and seq = 2`, approver, at+id, id),
		f.exec(`delete from timer where instance = $1 and seq = $2`, id, 3),
		f.exec(`delete from outbox where key >= $1 and key < $2`, fmt.Sprintf("%d_2/", id), fmt.Sprintf("%d_20", id)))
}

func (f *floor) settle(ctx context.Context) error {
	for f.open.Load() > 0 && ctx.Err() == nil {
		if err := f.step(func(*floor, map[string]int) error { return nil }); err != nil {
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
	<-f.ended
	return errors.Join(f.conn.Close(), f.db.Close())
}
