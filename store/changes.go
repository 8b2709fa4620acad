package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// Change is one act of administration on record: who changed what, and how it
// was before. What happens to instances is not here but in their history.
type Change struct {
	ID      int64
	At      time.Time
	By      signoff.Principal // "": the server itself
	How     string            // how they were recognised
	What    string            // the kind of thing: "trust", "user", "right"
	Subject string            // which one
	Before  []byte            // JSON without secrets; nil: it was not there
	After   []byte            // nil: it is gone
}

// NoteChange puts a change on record. Whoever makes it in a transaction of this
// package notes it there.
func (s *Store) NoteChange(ctx context.Context, c Change) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error { return t.note(c, now) })
}

func (t *tx) note(c Change, at time.Time) error {
	if c.Before == nil {
		c.Before = []byte{}
	}
	if c.After == nil {
		c.After = []byte{}
	}
	_, err := t.exec(`insert into change (at, by_whom, how, what, subject, before, after) values ($1, $2, $3, $4, $5, $6, $7)`,
		micros(at), string(c.By), c.How, c.What, c.Subject, c.Before, c.After)
	return err
}

// ChangeFilter says which changes are wanted; zero fields do not matter.
// Subject is only looked at together with What.
type ChangeFilter struct {
	What    string
	Subject string
}

// Changes returns up to limit changes before the one numbered before (0: the
// newest), newest first.
func (s *Store) Changes(ctx context.Context, f ChangeFilter, before int64, limit int) ([]Change, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	const columns = `select id, at, by_whom, how, what, subject, before, after from change where id < $1`
	query, args := columns+` order by id desc limit $2`, []any{before, limit}
	switch {
	case f.What != "" && f.Subject != "":
		query, args = columns+` and what = $3 and subject = $4 order by id desc limit $2`, append(args, f.What, f.Subject)
	case f.What != "":
		query, args = columns+` and what = $3 order by id desc limit $2`, append(args, f.What)
	}
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	var list []Change
	err = eachRow(rows, func() error {
		var c Change
		var at int64
		var by string
		if err := rows.Scan(&c.ID, &at, &by, &c.How, &c.What, &c.Subject, &c.Before, &c.After); err != nil {
			return err
		}
		c.At, c.By = moment(at), signoff.Principal(by)
		list = append(list, c)
		return nil
	})
	return list, s.explain(err)
}
