package store

import (
	"context"
	"database/sql"
	"math"

	"github.com/signoffhq/signoff"
)

// Mark is a place in a worklist: lists run from later to earlier marks. The
// zero Mark stands before everything.
type Mark struct {
	Offered int64
	Serial  signoff.Serial
}

// Mark returns where in the list the row stands.
func (r WorklistRow) Mark() Mark { return Mark{r.Offered, r.Serial} }

// After tells whether m stands behind o in a list, newest first.
func (m Mark) After(o Mark) bool {
	switch {
	case m.Offered != o.Offered:
		return m.Offered < o.Offered
	case m.Serial.Instance != o.Serial.Instance:
		return m.Serial.Instance < o.Serial.Instance
	}
	return m.Serial.Seq < o.Serial.Seq
}

func (m Mark) start() Mark {
	if m == (Mark{}) {
		return Mark{math.MaxInt64, signoff.Serial{Instance: math.MaxInt64, Seq: math.MaxInt32}}
	}
	return m
}

const selectWorklist = `select principal, shelf, offered, instance, seq, workflow, version, priority, due, until, claimed, starter, node, title, folio from worklist `

// WorklistPage returns up to limit rows of one shelf of one principal behind a
// mark, newest first. It is one walk along the table's key.
func (s *Store) WorklistPage(ctx context.Context, p signoff.Principal, shelf Shelf, behind Mark, limit int) ([]WorklistRow, error) {
	m := behind.start()
	rows, err := s.query(ctx, selectWorklist+`where principal = $1 and shelf = $2 and (offered, instance, seq) < ($3, $4, $5)
		order by offered desc, instance desc, seq desc limit $6`,
		string(p), int(shelf), m.Offered, int64(m.Serial.Instance), m.Serial.Seq, limit)
	if err != nil {
		return nil, err
	}
	out, err := readWorklist(rows, limit)
	return out, s.explain(err)
}

func readWorklist(rows *sql.Rows, limit int) ([]WorklistRow, error) {
	defer rows.Close()
	out := make([]WorklistRow, 0, min(limit, 64))
	for rows.Next() {
		var r WorklistRow
		if err := rows.Scan(&r.Principal, &r.Shelf, &r.Offered, &r.Serial.Instance, &r.Serial.Seq, &r.Workflow, &r.Version, &r.Priority,
			&r.Due, &r.Until, &r.Claimed, &r.Starter, &r.Node, &r.Title, &r.Folio); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// WorklistCount returns how many rows a shelf of a principal has. The number
// is kept with every step, not counted.
func (s *Store) WorklistCount(ctx context.Context, p signoff.Principal, shelf Shelf) (n int, err error) {
	err = s.row(ctx, `select n from worklist_count where principal = $1 and shelf = $2`, string(p), int(shelf)).Scan(&n)
	if isNoRows(err) {
		return 0, nil
	}
	return n, s.explain(err)
}
