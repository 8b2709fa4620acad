package store

import (
	"context"
	"time"
)

// A Calling is how often somebody called an API in the same way with the same
// outcome, in one day or several.
type Calling struct {
	API     string
	Account int64  // 0: not recognised
	How     string // kind of sign-in, "" none
	Via     string // the client, or the token's name
	Code    string // of the refusal, "" served
	Times   int64
	Last    time.Time
}

// CallingsKept is how long is known who called.
const CallingsKept = 30 * 24 * time.Hour

// MaxCallings is how many different callings a day holds. A caller that comes
// after is counted among the others of its API and kind of sign-in.
const MaxCallings = 20_000

// dayOf gives 20261123 for a moment of that day in UTC.
func dayOf(t time.Time) int {
	y, m, d := t.UTC().Date()
	return y*10_000 + int(m)*100 + d
}

// AddCallings adds counts to those of the day of now, and removes what is kept
// no longer.
func (s *Store) AddCallings(ctx context.Context, list []Calling, now time.Time) error {
	day := dayOf(now)
	return s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from api_caller where day <= $1`, dayOf(now.Add(-CallingsKept))); err != nil {
			return err
		}
		var have int
		if err := t.row(`select count(*) from api_caller where day = $1`, day).Scan(&have); err != nil {
			return err
		}
		for _, c := range list {
			if have >= MaxCallings {
				c.Account, c.Via = 0, ""
			}
			have++
			if _, err := t.exec(`insert into api_caller (day, api, account, how, via, code, times, last) values ($1, $2, $3, $4, $5, $6, $7, $8)
				on conflict (day, api, account, how, via, code) do update set times = api_caller.times + excluded.times,
				last = case when excluded.last > api_caller.last then excluded.last else api_caller.last end`,
				day, c.API, c.Account, c.How, c.Via, c.Code, c.Times, micros(c.Last)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Callings sums up who called since a moment's day, last first, up to limit
// sums. What was served and each kind of refusal are sums of their own.
func (s *Store) Callings(ctx context.Context, since time.Time, limit int) ([]Calling, error) {
	rows, err := s.query(ctx, `select api, account, how, via, code, cast(sum(times) as bigint), max(last) from api_caller where day >= $1
		group by api, account, how, via, code order by max(last) desc, api, account, how, via, code limit $2`, dayOf(since), limit)
	if err != nil {
		return nil, err
	}
	var list []Calling
	err = eachRow(rows, func() error {
		var c Calling
		var last int64
		err := rows.Scan(&c.API, &c.Account, &c.How, &c.Via, &c.Code, &c.Times, &last)
		c.Last = moment(last)
		list = append(list, c)
		return err
	})
	return list, s.explain(err)
}
