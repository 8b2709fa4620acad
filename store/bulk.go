package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/signoffhq/signoff"
)

// What is done to many incidents at once is kept whole before any of it is
// done: so it goes on after a crash, on whatever server, and it can be told how
// far it is.

// Bulk is one order for many incidents.
type Bulk struct {
	ID       int64
	Kind     string         // "retry", "skip", "cancel", and those of migrations
	By       signoff.Caller // with whose rights it is done
	Workflow signoff.WorkflowID
	Node     string
	Code     string
	Reason   string
	Outcome  string
	Vars     string // a context, as expr.AppendJSON writes it; "" none
	Made     time.Time
	Ended    time.Time // zero while there is something left to do
	Stopped  bool      // somebody stopped it
	Total    int
	Done     int
	Failed   int
	Passed   int // were dealt with already when their turn came
}

// BulkItem is one of its incidents, and what became of it.
type BulkItem struct {
	N        int
	Incident signoff.Serial
	State    string // "waiting", "done", "failed", "passed"
	Code     string
	Cause    string
	At       time.Time
}

// MaxBulk is how many incidents one order is for at most.
const MaxBulk = 10_000

var errNoBulk = &signoff.Error{Kind: signoff.NotFound, Code: "bulk-not-found", Detail: "there is no such order, or it is not yours to see"}

// CreateBulk keeps an order and what it is for.
func (s *Store) CreateBulk(ctx context.Context, b Bulk, items []signoff.Serial) (Bulk, error) {
	return s.createBulk(ctx, b, items, func(*tx, int64) error { return nil })
}

func (s *Store) createBulk(ctx context.Context, b Bulk, items []signoff.Serial, besides func(t *tx, id int64) error) (Bulk, error) {
	caller, err := json.Marshal(b.By)
	if err != nil {
		return b, err
	}
	b.Total = len(items)
	if b.Total == 0 {
		b.Ended = b.Made
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.row(`insert into bulk (kind, caller, by_whom, workflow, node, code, reason, outcome, vars, made, ended, stopped, total, done, failed, passed)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, 0, 0) returning id`,
			b.Kind, caller, string(b.By.Principal), int64(b.Workflow), b.Node, b.Code, b.Reason, b.Outcome, []byte(b.Vars), micros(b.Made), micros(b.Ended), b.Total).Scan(&b.ID); err != nil {
			return err
		}
		for i, n := range items {
			if err := t.send(`insert into bulk_item (bulk, n, instance, seq, state, code, cause, at) values ($1, $2, $3, $4, 'waiting', '', '', 0)`,
				b.ID, i+1, int64(n.Instance), n.Seq); err != nil {
				return err
			}
		}
		return besides(t, b.ID)
	})
	return b, err
}

const bulkColumns = `select id, kind, caller, workflow, node, code, reason, outcome, vars, made, ended, stopped, total, done, failed, passed from bulk `

func scanBulk(row interface{ Scan(...any) error }) (b Bulk, err error) {
	var caller, vars []byte
	var stopped int
	err = row.Scan(&b.ID, &b.Kind, &caller, &b.Workflow, &b.Node, &b.Code, &b.Reason, &b.Outcome, &vars, (*stored)(&b.Made), (*stored)(&b.Ended), &stopped,
		&b.Total, &b.Done, &b.Failed, &b.Passed)
	if err != nil {
		return b, err
	}
	b.Vars, b.Stopped = string(vars), stopped != 0
	return b, json.Unmarshal(caller, &b.By)
}

// Bulk returns one order.
func (s *Store) Bulk(ctx context.Context, id int64) (Bulk, error) {
	b, err := scanBulk(s.row(ctx, bulkColumns+`where id = $1`, id))
	if isNoRows(err) {
		return b, errNoBulk
	}
	return b, s.explain(err)
}

// Bulks lists orders with numbers under before (0: all), newest first: somebody's
// or, for "", everybody's.
func (s *Store) Bulks(ctx context.Context, by signoff.Principal, before int64, limit int) ([]Bulk, error) {
	if before <= 0 {
		before = 1 << 62
	}
	if by == "" {
		return s.bulks(ctx, bulkColumns+`where id < $1 order by id desc limit $2`, before, limit)
	}
	return s.bulks(ctx, bulkColumns+`where by_whom = $3 and id < $1 order by id desc limit $2`, before, limit, string(by))
}

// OpenBulks lists orders that are not done, the oldest first.
func (s *Store) OpenBulks(ctx context.Context, limit int) ([]Bulk, error) {
	return s.bulks(ctx, bulkColumns+`where ended = 0 order by id limit $1`, limit)
}

func (s *Store) bulks(ctx context.Context, query string, args ...any) (out []Bulk, err error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		b, err := scanBulk(rows)
		out = append(out, b)
		return err
	})
	return out, s.explain(err)
}

// BulkItems lists the incidents of an order behind the one numbered after; with
// a state only those in it.
func (s *Store) BulkItems(ctx context.Context, id int64, state string, after, limit int) (out []BulkItem, err error) {
	rows, err := s.query(ctx, `select n, instance, seq, state, code, cause, at from bulk_item
		where bulk = $1 and n > $2 and ($3 = '' or state = $3) order by n limit $4`, id, after, state, limit)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var i BulkItem
		err := rows.Scan(&i.N, &i.Incident.Instance, &i.Incident.Seq, &i.State, &i.Code, &i.Cause, (*stored)(&i.At))
		out = append(out, i)
		return err
	})
	return out, s.explain(err)
}

// SettleBulk notes what became of some incidents of an order, once, and ends the
// order with the last of them.
func (s *Store) SettleBulk(ctx context.Context, id int64, items []BulkItem, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		count := map[string]int{}
		for _, i := range items {
			n, err := t.exec(`update bulk_item set state = $1, code = $2, cause = $3, at = $4 where bulk = $5 and n = $6 and state = 'waiting'`,
				i.State, i.Code, i.Cause, micros(i.At), id, i.N)
			if err != nil {
				return err
			}
			count[i.State] += int(n)
		}
		_, err := t.exec(`update bulk set done = done + $1, failed = failed + $2, passed = passed + $3,
			ended = case when ended = 0 and done + failed + passed + $4 >= total then $5 else ended end where id = $6`,
			count["done"], count["failed"], count["passed"], count["done"]+count["failed"]+count["passed"], micros(now), id)
		return err
	})
}

// StopBulk ends an order: what is under way is finished, the rest is left.
func (s *Store) StopBulk(ctx context.Context, id int64, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update bulk set ended = $1, stopped = 1 where id = $2 and ended = 0`, micros(now), id)
		return err
	})
}
