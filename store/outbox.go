package store

import (
	"context"
	"database/sql"
	"encoding/json"
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
	Attempt  int // 1 the first time it is handed out
}

// TakeJobs gives holder up to limit commands of a kind that are due at now, and
// keeps others from taking them until the lease ends. The lease of a node that
// died simply ends, and its commands are due again.
func (s *Store) TakeJobs(ctx context.Context, holder string, kind engine.CommandKind, now time.Time, lease time.Duration, limit int) (jobs []Job, err error) {
	due, err := s.NextJob(ctx, kind)
	if err != nil || due.IsZero() || due.After(now) {
		return nil, err // nothing to do, and no commit to say so
	}
	err = s.write(ctx, func(t *tx) error {
		rows, err := t.query(`update outbox set holder = $1, due = $2, attempt = attempt + 1
			where key in (/*take*/ select key from outbox where kind = $3 and due > 0 and due <= $4 order by due, key limit $5 /*take*/)
			returning instance, workflow, version, attempt, body`,
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
		var body []byte
		if err := rows.Scan(&j.Instance, &j.Workflow, &j.Version, &j.Attempt, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal(body, &j.Command); err != nil {
			return nil, fmt.Errorf("read outbox of instance %d: %w", j.Instance, err)
		}
		jobs = append(jobs, j)
	}
	return jobs, rows.Err()
}

// Job returns the command with the given key, NotFound when there is none
// (it is done, or its step was ended).
func (s *Store) Job(ctx context.Context, key string) (j Job, err error) {
	var body []byte
	err = s.row(ctx, `select instance, workflow, version, attempt, body from outbox where key = $1`, key).
		Scan(&j.Instance, &j.Workflow, &j.Version, &j.Attempt, &body)
	if isNoRows(err) {
		return j, &signoff.Error{Kind: signoff.NotFound, Code: "command-not-found", Detail: "this command is done or no longer wanted"}
	}
	if err == nil {
		err = json.Unmarshal(body, &j.Command)
	}
	return j, s.explain(err)
}

// DoneJobs removes commands that nothing waits for.
func (s *Store) DoneJobs(ctx context.Context, keys ...string) error {
	return s.write(ctx, func(t *tx) error {
		for _, key := range keys {
			if _, err := t.exec(`delete from outbox where key = $1`, key); err != nil {
				return err
			}
		}
		return nil
	})
}

// RetryJob puts a command back until due, with what went wrong.
func (s *Store) RetryJob(ctx context.Context, key string, due time.Time, cause string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update outbox set holder = '', due = $1, last_error = $2 where key = $3`, micros(due), cause, key)
		return err
	})
}

// ReturnJob puts a command back that was taken and not begun.
func (s *Store) ReturnJob(ctx context.Context, key string, due time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update outbox set holder = '', due = $1, attempt = attempt - 1 where key = $2`, micros(due), key)
		return err
	})
}

// ParkJob keeps a command until somebody reports its result, however long that
// takes: its handler has seen to it that this will happen.
func (s *Store) ParkJob(ctx context.Context, key string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update outbox set holder = '', due = 0 where key = $1`, key)
		return err
	})
}

// ReleaseJobs gives back what holder had taken when it stopped.
func (s *Store) ReleaseJobs(ctx context.Context, holder string, now time.Time) (n int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`update outbox set holder = '', due = $1 where holder = $2 and due > 0`, micros(now), holder)
		return err
	})
	return n, err
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
	Due       time.Time // zero: handed over, waiting for the result
	Attempt   int
	LastError string
}

// Waitings lists an instance's commands that are not done yet.
func (s *Store) Waitings(ctx context.Context, id signoff.InstanceID) (out []Waiting, err error) {
	prefix := fmt.Sprint(int64(id))
	rows, err := s.query(ctx, `select key, ref, kind, due, attempt, last_error from outbox where key >= $1 and key < $2 order by key limit 200`,
		prefix+"_", prefix+"`") // "`" follows "_"
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var w Waiting
		var due int64
		if err := rows.Scan(&w.Key, &w.Ref, &w.Kind, &due, &w.Attempt, &w.LastError); err != nil {
			return nil, err
		}
		w.Due = moment(due)
		out = append(out, w)
	}
	return out, s.explain(rows.Err())
}
