package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// OAuthConnecting is a connecting that was begun: somebody is at the provider,
// or has its code for a device.
type OAuthConnecting struct {
	State    string // a hash of it
	Until    time.Time
	Resource string
	By       signoff.Principal
	Status   string    // waiting, answered, done, failed
	Due      time.Time // when to ask for a device code's token; zero never
	Body     []byte    // JSON; secrets in it are locked
	Outcome  []byte    // JSON
}

// How much connecting may be under way.
const (
	maxConnecting   = 5000
	maxConnectingBy = 20
)

const oauthConnectingColumns = `select state, until, resource, by_whom, status, due, body, outcome from oauth_connecting`

func scanOAuthConnecting(row interface{ Scan(...any) error }, c *OAuthConnecting) error {
	var until, due int64
	var by string
	if err := row.Scan(&c.State, &until, &c.Resource, &by, &c.Status, &due, &c.Body, &c.Outcome); err != nil {
		return err
	}
	c.Until, c.Due, c.By = moment(until), moment(due), signoff.Principal(by)
	return nil
}

// BeginOAuthConnecting keeps what was begun. It refuses too much at a time
// ("oauth-busy"); somebody's oldest make place for their newest.
func (s *Store) BeginOAuthConnecting(ctx context.Context, c OAuthConnecting) error {
	now := s.Now()
	return s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from oauth_connecting where until <= $1`, micros(now)); err != nil {
			return err
		}
		var all int
		if err := t.row(`select count(*) from oauth_connecting`).Scan(&all); err != nil {
			return err
		}
		if all >= maxConnecting {
			return &signoff.Error{Kind: signoff.TooMany, Code: "oauth-busy", Detail: "too many accounts are being connected", Hint: "try again in a few minutes"}
		}
		if _, err := t.exec(`delete from oauth_connecting where state in
			(select state from oauth_connecting where by_whom = $1 order by until desc, state limit 1000 offset $2)`, string(c.By), maxConnectingBy-1); err != nil {
			return err
		}
		_, err := t.exec(`insert into oauth_connecting (state, until, resource, by_whom, status, due, body, outcome) values ($1, $2, $3, $4, 'waiting', $5, $6, $7)`,
			c.State, micros(c.Until), c.Resource, string(c.By), micros(c.Due), c.Body, c.Outcome)
		return err
	})
}

// OAuthConnecting returns what was begun; false when there is no such thing, or
// its time is over.
func (s *Store) OAuthConnecting(ctx context.Context, state string, now time.Time) (c OAuthConnecting, found bool, err error) {
	err = scanOAuthConnecting(s.row(ctx, oauthConnectingColumns+` where state = $1 and until > $2`, state, micros(now)), &c)
	if isNoRows(err) {
		return c, false, nil
	}
	return c, err == nil, s.explain(err)
}

// MoveOAuthConnecting takes one from a status to the next, with its outcome. It
// returns false when it is not in that status (any more): of several who try,
// one does it.
func (s *Store) MoveOAuthConnecting(ctx context.Context, state, from, to string, outcome []byte) (mine bool, err error) {
	if outcome == nil {
		outcome = []byte{}
	}
	err = s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update oauth_connecting set status = $3, outcome = $4, due = 0 where state = $1 and status = $2`, state, from, to, outcome)
		mine = n > 0
		return err
	})
	return mine && err == nil, err
}

// DueOAuthDevices returns up to limit device codes whose token is to be asked
// for now, and the moment the next one is, zero when there is none.
func (s *Store) DueOAuthDevices(ctx context.Context, now time.Time, limit int) (list []OAuthConnecting, next time.Time, err error) {
	rows, err := s.query(ctx, oauthConnectingColumns+` where due > 0 and until > $1 order by due limit $2`, micros(now), limit)
	if err != nil {
		return nil, next, s.explain(err)
	}
	err = eachRow(rows, func() error {
		var c OAuthConnecting
		if err := scanOAuthConnecting(rows, &c); err != nil {
			return err
		}
		if c.Due.After(now) {
			if next.IsZero() {
				next = c.Due
			}
			return nil
		}
		list = append(list, c)
		return nil
	})
	return list, next, s.explain(err)
}

// PutOffOAuthDevice sets when a device code's token is asked for next. It
// returns false when somebody else did so since due was read: that one asks.
func (s *Store) PutOffOAuthDevice(ctx context.Context, state string, due, next time.Time) (mine bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update oauth_connecting set due = $3 where state = $1 and due = $2 and status = 'waiting'`, state, micros(due), micros(next))
		mine = n > 0
		return err
	})
	return mine && err == nil, err
}
