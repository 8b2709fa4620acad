package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"sync"

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

// Walk is one shelf of one principal.
type Walk struct {
	Principal signoff.Principal
	Shelf     Shelf
}

// MaxWalks is how many shelves one page can be read from.
const MaxWalks = 64

// Order is which rows of a list come first.
type Order int

const (
	NewestFirst Order = iota
	OldestFirst
)

// WorklistPage returns the rows of some shelves behind a mark as one list, and
// whether there are more. It returns about limit rows, all
// rows of a task or none of them. However many shelves there are, it is one
// statement, that walks along the table's key on each of them and stops when it
// has enough.
func (s *Store) WorklistPage(ctx context.Context, walks []Walk, order Order, behind Mark, limit int) ([]WorklistRow, bool, error) {
	m := behind
	if order == NewestFirst {
		m = behind.start()
	}
	limbs := limbsFor(len(walks))
	args := []any{m.Offered, int64(m.Serial.Instance), m.Serial.Seq, 0}
	for _, w := range walks {
		args = append(args, string(w.Principal), int(w.Shelf))
	}
	for range limbs - len(walks) {
		args = append(args, "", 0) // nobody's
	}
	if len(walks) > 1 {
		limit += 4 // of which those of the last task are left for the next page
	}
	for ; ; limit *= 2 {
		args[3] = limit
		rows, err := s.query(ctx, worklistText(worklistKey{limbs, order, s.pg != nil}), args...)
		if err != nil {
			return nil, false, err
		}
		out, err := readWorklist(rows, limit)
		if err != nil || len(out) < limit || len(walks) == 1 {
			return out, len(out) == limit, s.explain(err)
		}
		if n := wholeTasks(out); n > 0 {
			return out[:n], true, nil
		}
	}
}

// wholeTasks is how many rows there are without those of the last task, of
// which more may follow.
func wholeTasks(rows []WorklistRow) int {
	n := len(rows)
	for last := rows[n-1].Mark(); n > 0 && rows[n-1].Mark() == last; n-- {
	}
	return n
}

// limbsFor rounds up, so that there are few different texts to prepare.
func limbsFor(walks int) int {
	for _, n := range [...]int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48} {
		if walks <= n {
			return n
		}
	}
	return MaxWalks
}

var worklistTexts sync.Map // by key

type worklistKey struct {
	limbs    int
	order    Order
	postgres bool
}

func worklistText(key worklistKey) string {
	if text, known := worklistTexts.Load(key); known {
		return text.(string)
	}
	beyond, order := "<", " order by offered desc, instance desc, seq desc limit $4"
	if key.order == OldestFirst {
		beyond, order = ">", " order by offered, instance, seq limit $4"
	}
	var b strings.Builder
	for i := range key.limbs {
		if i > 0 {
			b.WriteString(" union all ")
		}
		limb := fmt.Sprintf("%swhere principal = $%d and shelf = $%d and (offered, instance, seq) %s ($1, $2, $3)", selectWorklist, 2*i+5, 2*i+6, beyond)
		if key.postgres && key.limbs > 1 {
			limb = "(" + limb + order + ")" // or it would read all limbs and sort; SQLite would read as many rows of each
		}
		b.WriteString(limb)
	}
	text, _ := worklistTexts.LoadOrStore(key, b.String()+order)
	return text.(string)
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
