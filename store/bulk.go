package store

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/signoffhq/signoff"
)

// What is done to many incidents at once is kept whole before any of it is
// done: so it goes on after a crash, on whatever server, and it can be told how
// far it is.

// Kinds of orders for incidents; those of migrations are in migration.go.
const (
	BulkRetry  = "retry"
	BulkSkip   = "skip"
	BulkCancel = "cancel"
)

// States of the items of an order.
const (
	BulkWaiting = "waiting"
	BulkDone    = "done"
	BulkFailed  = "failed"
	BulkPassed  = "passed" // was dealt with already when its turn came
)

// Bulk is one order for many incidents.
type Bulk struct {
	ID       int64
	Kind     string
	By       signoff.Caller // who gave it and how they were recognised; their rights are those they have when it is done
	Workflow signoff.WorkflowID
	Node     string
	Code     string
	Reason   string
	Outcome  string
	Vars     string // a context, as expr.AppendJSON writes it; "" none
	Made     time.Time
	Ended    time.Time // zero while there is something left to do
	Stopped  bool      // somebody stopped it, or it stopped by itself: then Cause says why
	Due      time.Time // when it goes on: it was put off
	Attempt  int       // how often it was put off in turn
	Cause    string    // why it was put off, or stopped by itself
	Total    int
	Done     int
	Failed   int
	Passed   int // were dealt with already when their turn came
}

// BulkItem is one of its incidents, and what became of it.
type BulkItem struct {
	N        int
	Incident signoff.Serial
	State    string
	Code     string // of one that waits: why it could not be dealt with the last time
	Cause    string
	At       time.Time
	Attempt  int       // how often that was
	Due      time.Time // when it is tried again
}

// MaxBulk is how many incidents one order is for at most.
const MaxBulk = 10_000

var errNoBulk = &signoff.Error{Kind: signoff.NotFound, Code: "bulk-not-found", Detail: "there is no such order, or it is not yours to see"}

// bulkGiver is what is kept of who gave an order. What they may is looked up
// when it is carried out, and what they are called when it is told.
type bulkGiver struct {
	Principal signoff.Principal
	How       string
	Via       string            `json:",omitempty"`
	Behind    signoff.Principal `json:",omitempty"`
}

// CreateBulk keeps an order and what it is for. With a key that was used before
// it returns *OnceDone, whose Instance is the order's number.
func (s *Store) CreateBulk(ctx context.Context, b Bulk, items []signoff.Serial, once Once) (Bulk, error) {
	return s.createBulk(ctx, b, Migration{}, items, once, func(*tx, int64) error { return nil })
}

func (s *Store) createBulk(ctx context.Context, b Bulk, m Migration, items []signoff.Serial, once Once, besides func(t *tx, id int64) error) (Bulk, error) {
	caller, err := json.Marshal(bulkGiver{b.By.Principal, b.By.How, b.By.Via, b.By.Behind})
	if err != nil {
		return b, err
	}
	b.Total, b.Due = len(items), b.Made
	if b.Total == 0 {
		b.Ended = b.Made
	}
	err = s.write(ctx, func(t *tx) error {
		if err := t.row(`insert into bulk (kind, caller, by_whom, workflow, node, code, reason, outcome, vars, made, ended, stopped, due, attempt, cause, total, done, failed, passed)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $10, 0, '', $12, 0, 0, 0) returning id`,
			b.Kind, caller, string(b.By.Principal), int64(b.Workflow), b.Node, b.Code, b.Reason, b.Outcome, []byte(b.Vars), micros(b.Made), micros(b.Ended), b.Total).Scan(&b.ID); err != nil {
			return err
		}
		if err := once.put(t, signoff.InstanceID(b.ID)); err != nil {
			return err
		}
		for i, n := range items {
			if err := t.send(`insert into bulk_item (bulk, n, instance, seq, state, code, cause, at, attempt, due) values ($1, $2, $3, $4, 'waiting', '', '', 0, 0, 0)`,
				b.ID, i+1, int64(n.Instance), n.Seq); err != nil {
				return err
			}
		}
		if err := t.noteBulk(b, m); err != nil {
			return err
		}
		return besides(t, b.ID)
	})
	return b, err
}

// bulkWords is what the record of changes has of an order.
type bulkWords struct {
	Kind     string             `json:"kind"`
	Workflow signoff.WorkflowID `json:"workflow,omitempty"`
	Step     string             `json:"step,omitempty"`
	Code     string             `json:"code,omitempty"`
	Reason   string             `json:"reason,omitempty"`
	Outcome  string             `json:"outcome,omitempty"`
	Count    int                `json:"count"`
	Left     int                `json:"left,omitempty"`
	Key      string             `json:"key,omitempty"` // the workflow's
	To       int                `json:"to,omitempty"`  // of a migration: the versions
	From     int                `json:"from,omitempty"`
	Undoes   int64              `json:"undoes,omitempty"`
}

func (t *tx) noteBulk(b Bulk, m Migration) error {
	words := bulkWords{Kind: b.Kind, Workflow: b.Workflow, Step: b.Node, Code: b.Code, Reason: b.Reason, Outcome: b.Outcome, Count: b.Total, To: m.To, From: m.From, Undoes: m.Undoes}
	if err := t.row(`select key from workflow where id = $1`, int64(b.Workflow)).Scan(&words.Key); err != nil && !isNoRows(err) {
		return err
	}
	after, err := json.Marshal(words)
	if err != nil {
		return err
	}
	return t.note(Change{By: b.By.Principal, How: b.By.Recognised(), What: "order", Subject: strconv.FormatInt(b.ID, 10), After: after}, b.Made)
}

const bulkColumns = `select id, kind, caller, workflow, node, code, reason, outcome, vars, made, ended, stopped, due, attempt, cause, total, done, failed, passed from bulk `

func scanBulk(row interface{ Scan(...any) error }) (b Bulk, err error) {
	var caller, vars []byte
	var stopped int
	var by bulkGiver
	err = row.Scan(&b.ID, &b.Kind, &caller, &b.Workflow, &b.Node, &b.Code, &b.Reason, &b.Outcome, &vars, (*stored)(&b.Made), (*stored)(&b.Ended), &stopped,
		(*stored)(&b.Due), &b.Attempt, &b.Cause, &b.Total, &b.Done, &b.Failed, &b.Passed)
	if err != nil {
		return b, err
	}
	b.Vars, b.Stopped = string(vars), stopped != 0
	err = json.Unmarshal(caller, &by)
	b.By = signoff.Caller{Person: signoff.Person{Principal: by.Principal}, How: by.How, Via: by.Via, Behind: by.Behind}
	return b, err
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

// OpenBulks lists orders that are not done and that are due, those first that
// have been due for longest.
func (s *Store) OpenBulks(ctx context.Context, now time.Time, limit int) ([]Bulk, error) {
	return s.bulks(ctx, bulkColumns+`where ended = 0 and due <= $1 order by due, id limit $2`, micros(now), limit)
}

// NextBulk is when the next open order is due, zero for none.
func (s *Store) NextBulk(ctx context.Context) (next time.Time, err error) {
	err = s.row(ctx, `select coalesce(min(due), 0) from bulk where ended = 0`).Scan((*stored)(&next))
	return next, s.explain(err)
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

const bulkItemColumns = `select n, instance, seq, state, code, cause, at, attempt, due from bulk_item where bulk = $1 `

func (s *Store) bulkItems(ctx context.Context, query string, args ...any) (out []BulkItem, err error) {
	rows, err := s.query(ctx, bulkItemColumns+query, args...)
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var i BulkItem
		err := rows.Scan(&i.N, &i.Incident.Instance, &i.Incident.Seq, &i.State, &i.Code, &i.Cause, (*stored)(&i.At), &i.Attempt, (*stored)(&i.Due))
		out = append(out, i)
		return err
	})
	return out, s.explain(err)
}

// BulkItems lists the incidents of an order behind the one numbered after; with
// a state only those in it.
func (s *Store) BulkItems(ctx context.Context, id int64, state string, after, limit int) (out []BulkItem, err error) {
	switch state {
	case "":
		return s.bulkItems(ctx, `and n > $2 order by n limit $3`, id, after, limit)
	case BulkWaiting: // as its index says it
		return s.bulkItems(ctx, `and n > $2 and state = 'waiting' order by n limit $3`, id, after, limit)
	}
	return s.bulkItems(ctx, `and n > $2 and state = $4 order by n limit $3`, id, after, limit, state)
}

// DueItems lists incidents of an order that wait and are due: first those that
// were not tried yet. With none of them next is when the next will be, zero when
// none waits.
func (s *Store) DueItems(ctx context.Context, id int64, now time.Time, limit int) (out []BulkItem, next time.Time, err error) {
	out, err = s.bulkItems(ctx, `and state = 'waiting' and due <= $2 order by due, n limit $3`, id, micros(now), limit)
	if err != nil || len(out) > 0 {
		return out, next, err
	}
	err = s.row(ctx, `select coalesce(min(due), 0) from bulk_item where bulk = $1 and state = 'waiting'`, id).Scan((*stored)(&next))
	return nil, next, s.explain(err)
}

// SettleBulk notes what became of some incidents of an order, once, and ends the
// order with the last of them. Those that are waiting still were put off.
func (s *Store) SettleBulk(ctx context.Context, id int64, items []BulkItem, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		count := map[string]int{}
		for _, i := range items {
			n, err := t.exec(`update bulk_item set state = $1, code = $2, cause = $3, at = $4, attempt = $5, due = $6 where bulk = $7 and n = $8 and state = 'waiting'`,
				i.State, i.Code, i.Cause, micros(i.At), i.Attempt, micros(i.Due), id, i.N)
			if err != nil {
				return err
			}
			count[i.State] += int(n)
		}
		_, err := t.exec(`update bulk set done = done + $1, failed = failed + $2, passed = passed + $3,
			ended = case when ended = 0 and done + failed + passed + $4 >= total then $5 else ended end where id = $6`,
			count[BulkDone], count[BulkFailed], count[BulkPassed], count[BulkDone]+count[BulkFailed]+count[BulkPassed], micros(now), id)
		return err
	})
}

// PutOffBulk has an order that is not done go on at a time; cause says why not
// before, if something is in the way.
func (s *Store) PutOffBulk(ctx context.Context, id int64, due time.Time, attempt int, cause string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update bulk set due = $1, attempt = $2, cause = $3 where id = $4 and ended = 0`, micros(due), attempt, cause, id)
		return err
	})
}

// HaltBulk ends an order that cannot go on, and keeps why.
func (s *Store) HaltBulk(ctx context.Context, id int64, cause string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update bulk set ended = $1, stopped = 1, cause = $2 where id = $3 and ended = 0`, micros(now), cause, id)
		return err
	})
}

// StopBulk ends an order for somebody: what is under way is finished, the rest is
// left.
func (s *Store) StopBulk(ctx context.Context, by signoff.Caller, id int64, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		var kind string
		var total, left int
		err := t.row(`update bulk set ended = $1, stopped = 1, cause = '' where id = $2 and ended = 0 returning kind, total, total - done - failed - passed`, micros(now), id).
			Scan(&kind, &total, &left)
		if isNoRows(err) {
			return nil // it has ended
		}
		if err != nil {
			return err
		}
		before, err := json.Marshal(bulkWords{Kind: kind, Count: total, Left: left})
		if err != nil {
			return err
		}
		return t.note(Change{By: by.Principal, How: by.Recognised(), What: "order", Subject: strconv.FormatInt(id, 10), Before: before}, now)
	})
}

// ForgetBulks removes up to limit orders that ended before a time, those of
// migrations, which can be taken back, before another.
func (s *Store) ForgetBulks(ctx context.Context, before, migrations time.Time, limit int) (n int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		n = 0
		rows, err := t.query(`select id from bulk where ended > 0 and ended < $1 and (kind not in ('migrate', 'return') or ended < $2) order by ended limit $3`,
			micros(before), micros(migrations), limit)
		if err != nil {
			return err
		}
		var ids []int64
		if err := eachRow(rows, func() error {
			var id int64
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}); err != nil {
			return err
		}
		for _, id := range ids {
			for _, query := range [...]string{`delete from bulk_item where bulk = $1`, `delete from migration where bulk = $1`, `delete from bulk where id = $1`} {
				if err := t.send(query, id); err != nil {
					return err
				}
			}
		}
		n = int64(len(ids))
		return nil
	})
	return n, err
}
