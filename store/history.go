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

// The history of an instance is filed under the month the instance was started
// in, so that all of it stands together however long the instance runs, and
// goes together when it is removed. On PostgreSQL each month is a table of its
// own, a partition of "fact", and a row of a month that has none yet goes into
// the partition fact_other: storing a fact never waits for a table to be made.

// month is a year and a month in UTC as a number: 202611.
type month int64

// monthOf is the month of a moment as it is stored.
func monthOf(us int64) month {
	t := time.UnixMicro(us).UTC()
	return month(t.Year()*100 + int(t.Month()))
}

// add returns the month n months later.
func (m month) add(n int) month {
	k := int(m/100)*12 + int(m%100) - 1 + n
	return month(k/12*100 + k%12 + 1)
}

func (m month) partition() string { return fmt.Sprintf("fact_%d", int64(m)) }

// Facts returns up to limit steps' worth of an instance's history after the
// fact numbered after, oldest first.
func (s *Store) Facts(ctx context.Context, id signoff.InstanceID, after, limit int) ([]engine.Fact, error) {
	var started int64
	err := s.row(ctx, `select started from instance where id = $1`, int64(id)).Scan(&started)
	if isNoRows(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(err)
	}
	rows, err := s.query(ctx, `select facts from fact where month = $1 and instance = $2 and seq > $3 order by seq limit $4`,
		int64(monthOf(started)), int64(id), after, limit)
	if err != nil {
		return nil, err
	}
	return readFacts(rows, id)
}

func readFacts(rows *sql.Rows, id signoff.InstanceID) (out []engine.Fact, err error) {
	err = eachRow(rows, func() error {
		var raw sql.RawBytes
		if err := rows.Scan(&raw); err != nil {
			return err
		}
		var facts []engine.Fact
		if err := json.Unmarshal(raw, &facts); err != nil {
			return fmt.Errorf("read history of instance %d: %w", id, err)
		}
		out = append(out, facts...)
		return nil
	})
	return out, err
}
