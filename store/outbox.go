package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
)

// Job is a command that has been taken out of the outbox to be carried out.
type Job struct {
	Command  engine.Command
	Instance signoff.InstanceID
	Workflow signoff.WorkflowID
	Version  VersionID
	Attempt  int                // 1 the first time it is handed out
	Holder   string             // the node that has it; "" nobody
	Parked   int                // how many earlier attempts found something lacking, and do not count
	WaitsFor string             // what the last of them did; "" nothing, or it has been given since
	Child    signoff.InstanceID // which instance a call activity has begun; 0: none yet
}

// Tries is which attempt this is of those that count.
func (j Job) Tries() int { return j.Attempt - j.Parked }

// read takes a row of instance, workflow, version, attempt, holder, parked,
// waits_for, child and body.
func (j *Job) read(scan func(...any) error) error {
	var body []byte
	if err := scan(&j.Instance, &j.Workflow, &j.Version, &j.Attempt, &j.Holder, &j.Parked, &j.WaitsFor, &j.Child, &body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, &j.Command); err != nil {
		return fmt.Errorf("read outbox of instance %d: %w", j.Instance, err)
	}
	return nil
}

// Hold is what a node has of a command it took: it alone may say that the
// command failed or is to be tried again. A node that was taken for dead, or
// whose lease ended, has it no longer once somebody else takes it up.
type Hold struct {
	Key     string
	Holder  string
	Attempt int
}

// Hold is the right to say what became of this attempt.
func (j Job) Hold() Hold { return Hold{j.Command.Key, j.Holder, j.Attempt} }

// ErrNotHeld says that a command or a lease is not held any longer: it is done,
// or somebody else's turn. Nothing was changed.
var ErrNotHeld = errors.New("store: it is not held any longer")

// TakeJobs gives holder up to limit commands of a kind that are due at now, and
// keeps others from taking them until the lease ends, or holder does (see Reap).
func (s *Store) TakeJobs(ctx context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) (jobs []Job, err error) {
	due, err := s.NextJob(ctx, kind)
	if err != nil || due.IsZero() || due.After(now) {
		return nil, err // nothing to do, and no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update outbox set holder = $1, due = $2, attempt = attempt + 1
			where key in (/*take*/ select key from outbox where kind = $3 and due > 0 and due <= $4 order by due, key limit $5 /*take*/)
			returning instance, workflow, version, attempt, holder, parked, waits_for, child, body`,
			holder, micros(now.Add(lease)), string(kind), micros(now), limit)
		if err != nil {
			return err
		}
		jobs, err = readJobs(rows)
		return err
	})
	return jobs, err
}

func readJobs(rows *sql.Rows) (jobs []Job, err error) {
	defer rows.Close()
	for rows.Next() {
		var j Job
		if err := j.read(rows.Scan); err != nil {
			return nil, err
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// Job returns the command with the given key, NotFound when there is none
// (it is done, or its step was ended).
func (s *Store) Job(ctx context.Context, key string) (j Job, err error) {
	err = j.read(s.row(ctx, `select instance, workflow, version, attempt, holder, parked, waits_for, child, body from outbox where key = $1`, key).Scan)
	if isNoRows(err) {
		return j, &signoff.Error{Kind: signoff.NotFound, Code: "command-not-found", Detail: "this command is done or no longer wanted"}
	}
	return j, s.explain(err)
}

// DoneJobs removes commands that nothing waits for. One that a step is just
// removing, on this node or another, is left to that: many are removed at once,
// in any order, and two who waited for each other's rows would wait in vain.
// Should that step not come about, the command is handed out again after its
// lease, as any may be.
func (s *Store) DoneJobs(ctx context.Context, keys ...string) error {
	return s.write(ctx, func(t *tx) error {
		if t.onPostgres {
			return t.pgDone(keys)
		}
		for _, key := range keys {
			if err := t.send(`delete from outbox where key = $1`, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// RetryJob puts a command back until due, with what went wrong. ErrNotHeld when
// it is no longer the holder's.
func (s *Store) RetryJob(ctx context.Context, h Hold, due time.Time, cause string) error {
	return s.held(ctx, `update outbox set holder = '', due = $1, last_error = $2, waits_for = '' where key = $3 and holder = $4 and attempt = $5`,
		micros(due), cause, h.Key, h.Holder, h.Attempt)
}

// ReturnJob puts a command back that was taken and not begun. ErrNotHeld when
// it is no longer the holder's.
func (s *Store) ReturnJob(ctx context.Context, h Hold, due time.Time) error {
	return s.held(ctx, `update outbox set holder = '', due = $1, attempt = attempt - 1 where key = $2 and holder = $3 and attempt = $4`,
		micros(due), h.Key, h.Holder, h.Attempt)
}

// ReturnForgotten puts commands back that the holder took, by what the store
// says, before a lease that ends at until, and of which it has not the key: the
// answer that it took them was lost, or the attempt was begun and could not be
// put back. So the attempt counts. It returns how many.
func (s *Store) ReturnForgotten(ctx context.Context, holder string, until, now time.Time, has func(key string) bool) (n int, err error) {
	rows, err := s.query(ctx, `select key, attempt from outbox where holder = $1 and due > 0 and due <= $2`, holder, micros(until))
	if err != nil {
		return 0, err
	}
	var forgotten []Hold
	err = eachRow(rows, func() error {
		h := Hold{Holder: holder}
		err := rows.Scan(&h.Key, &h.Attempt)
		if !has(h.Key) {
			forgotten = append(forgotten, h)
		}
		return err
	})
	for _, h := range forgotten {
		e := s.held(ctx, `update outbox set holder = '', due = $1 where key = $2 and holder = $3 and attempt = $4`, micros(now), h.Key, h.Holder, h.Attempt)
		switch {
		case e == nil:
			n++
		case err == nil && !errors.Is(e, ErrNotHeld):
			err = e
		}
	}
	return n, s.explain(err)
}

// ParkJob keeps a command until somebody reports its result, however long that
// takes: its handler has seen to it that this will happen. ErrNotHeld when it is
// no longer the holder's, such as because the result was there first.
func (s *Store) ParkJob(ctx context.Context, h Hold) error {
	return s.held(ctx, `update outbox set holder = '', due = 0, waits_for = '' where key = $1 and holder = $2 and attempt = $3`, h.Key, h.Holder, h.Attempt)
}

// DropJob removes a command whose failure nobody waits for any longer.
// ErrNotHeld when it is no longer the holder's.
func (s *Store) DropJob(ctx context.Context, h Hold) error {
	return s.held(ctx, `delete from outbox where key = $1 and holder = $2 and attempt = $3`, h.Key, h.Holder, h.Attempt)
}

// held changes one command that only its holder may.
func (s *Store) held(ctx context.Context, query string, args ...any) error {
	var n int64
	err := s.write(ctx, func(t *tx) (err error) {
		n, err = t.exec(query, args...)
		return err
	})
	if err == nil && n == 0 {
		return ErrNotHeld
	}
	return err
}

// putFinished removes the command whose end a step takes in. A success counts
// whoever brings it, a failure only from the command's holder.
func (c *change) putFinished(t *tx) error {
	if c.Held == (Hold{}) {
		return t.send(`delete from outbox where key = $1`, c.Finished)
	}
	return t.then(orNotHeld, `delete from outbox where key = $1 and holder = $2 and attempt = $3`, c.Finished, c.Held.Holder, c.Held.Attempt)
}

func orNotHeld(n int64) error {
	if n == 0 {
		return ErrNotHeld
	}
	return nil
}

// NextJob returns when the next command of a kind is due, the zero time when
// there is none.
func (s *Store) NextJob(ctx context.Context, kind engine.CommandKind) (time.Time, error) {
	return s.next(ctx, `select coalesce(min(due), 0) from outbox where kind = $1 and due > 0`, string(kind))
}

// Waiting is a command that has been tried and failed, or waits for its result.
type Waiting struct {
	Key       string
	Ref       int
	Kind      engine.CommandKind
	Due       time.Time // zero: parked, or handed over and waiting for the result
	Attempt   int       // those that count
	LastError string
	Want                // what it lacks; the zero one nothing
	Since     time.Time // how long already
}

// Waitings lists an instance's commands that are not done yet.
func (s *Store) Waitings(ctx context.Context, id signoff.InstanceID) (out []Waiting, err error) {
	prefix := fmt.Sprint(int64(id))
	return s.waitings(ctx, `key >= $1 and key < $2 order by key limit 200`, prefix+"_", prefix+"`") // "`" follows "_"
}

const waitingColumns = `key, ref, kind, due, attempt - parked, last_error, waits_for, waits_who, waits_why, waits_since`

func (s *Store) waitings(ctx context.Context, where string, args ...any) (out []Waiting, err error) {
	rows, err := s.query(ctx, `select `+waitingColumns+` from outbox where `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Waiting
		var due, since int64
		if err := rows.Scan(&w.Key, &w.Ref, &w.Kind, &due, &w.Attempt, &w.LastError, &w.For, &w.Who, &w.Why, &since); err != nil {
			return nil, err
		}
		w.Due = moment(due)
		if w.For == "" {
			w.Want = Want{}
		} else {
			w.Since = moment(since)
		}
		out = append(out, w)
	}
	return out, s.explain(rows.Err())
}
