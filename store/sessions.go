package store

import (
	"context"
	"time"
)

// Session is a signed-in page, by the hash of its token.
type Session struct {
	Token   string
	Account int64
	Expires time.Time
	Data    []byte
}

// FindSession returns the session with a token that has not expired at now.
func (s *Store) FindSession(ctx context.Context, token string, now time.Time) (Session, bool, error) {
	f := Session{Token: token}
	var expires int64
	err := s.row(ctx, `select account, expires, data from session where token = $1 and expires > $2`,
		token, micros(now)).Scan(&f.Account, &expires, &f.Data)
	if isNoRows(err) {
		return Session{}, false, nil
	}
	f.Expires = moment(expires)
	return f, err == nil, s.explain(err)
}

// maxSessions is how many sessions one user may have; signing in again ends the
// one that would expire first.
const maxSessions = 50

// CreateSession keeps a new session, and takes the chance to remove those of
// all users that had expired at now.
func (s *Store) CreateSession(ctx context.Context, f Session, now time.Time) error {
	return s.write(ctx, func(tx *tx) error {
		if _, err := tx.exec(`delete from session where expires <= $1`, micros(now)); err != nil {
			return err
		}
		if _, err := tx.exec(`
			delete from session where token in
			(select token from session where account = $1 order by expires desc, token limit 1000 offset $2)`,
			f.Account, maxSessions-1); err != nil {
			return err
		}
		_, err := tx.exec(`
			insert into session (token, account, expires, data) values ($1, $2, $3, $4)
			on conflict (token) do update set account = excluded.account, expires = excluded.expires, data = excluded.data`,
			f.Token, f.Account, micros(f.Expires), f.Data)
		return err
	})
}

// ExtendSession keeps a session's new end and content. One that was ended
// meanwhile stays ended.
func (s *Store) ExtendSession(ctx context.Context, f Session) error {
	return s.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`update session set expires = $2, data = $3 where token = $1`, f.Token, micros(f.Expires), f.Data)
		return err
	})
}

// DeleteSession ends one session; it is no error when there is none.
func (s *Store) DeleteSession(ctx context.Context, token string) error {
	return s.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`delete from session where token = $1`, token)
		return err
	})
}

// Guess counts wrong passwords; see package identity.
type Guess struct {
	Key   string
	Wrong int
	Until time.Time // when it is forgotten
}

// KeepGuesses writes counts down, replacing older ones of the same keys. A
// count of 0 is removed.
func (s *Store) KeepGuesses(ctx context.Context, guesses []Guess) error {
	return s.write(ctx, func(tx *tx) error {
		for _, g := range guesses {
			var err error
			if g.Wrong == 0 {
				_, err = tx.exec(`delete from guess where key = $1`, g.Key)
			} else {
				_, err = tx.exec(`
					insert into guess (key, wrong, until) values ($1, $2, $3)
					on conflict (key) do update set wrong = excluded.wrong, until = excluded.until`,
					g.Key, g.Wrong, micros(g.Until))
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Guesses removes the counts to be forgotten by now, and returns up to limit
// others: those that last longest, the longest last.
func (s *Store) Guesses(ctx context.Context, now time.Time, limit int) ([]Guess, error) {
	err := s.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`delete from guess where until <= $1`, micros(now))
		return err
	})
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `
		select key, wrong, until from (select key, wrong, until from guess order by until desc limit $1) as newest
		order by until`, limit)
	if err != nil {
		return nil, err
	}
	var out []Guess
	err = eachRow(rows, func() error {
		var g Guess
		var until int64
		err := rows.Scan(&g.Key, &g.Wrong, &until)
		g.Until = moment(until)
		out = append(out, g)
		return err
	})
	return out, s.explain(err)
}
