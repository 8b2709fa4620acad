package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// Session is a signed-in page, by the hash of its token.
type Session struct {
	Token   string
	Account int64
	Expires time.Time
	Data    []byte
	Seen    time.Time // roughly
	SessionFrom
}

// SessionFrom says where a session came from. It never changes.
type SessionFrom struct {
	Begun    time.Time
	Place    string // address of the client
	Agent    string // the browser, as it calls itself
	Provider string // in the sign-in setting; "" a password
	Issuer   string // who vouched for the person, with what they call the person and the session
	Subject  string
	SID      string
	IDToken  string // locked; for signing out there
}

// FindSession returns the session with a token that has not expired at now.
func (s *Store) FindSession(ctx context.Context, token string, now time.Time) (Session, bool, error) {
	var f Session
	err := scanSession(s.row(ctx, sessionColumns+` where token = $1 and expires > $2`, token, micros(now)), &f)
	if isNoRows(err) {
		return Session{}, false, nil
	}
	return f, err == nil, s.explain(err)
}

const sessionColumns = `select token, account, expires, data, seen, begun, place, agent, provider, issuer, subject, sid, id_token from session`

func scanSession(row interface{ Scan(...any) error }, f *Session) error {
	var expires, seen, begun int64
	err := row.Scan(&f.Token, &f.Account, &expires, &f.Data, &seen, &begun, &f.Place, &f.Agent, &f.Provider, &f.Issuer, &f.Subject, &f.SID, &f.IDToken)
	f.Expires, f.Seen, f.Begun = moment(expires), moment(seen), moment(begun)
	return err
}

// SessionsOf returns a user's sessions that have not expired at now, the one
// begun last first.
func (s *Store) SessionsOf(ctx context.Context, account int64, now time.Time) ([]Session, error) {
	rows, err := s.query(ctx, sessionColumns+` where account = $1 and expires > $2 order by begun desc, token limit $3`, account, micros(now), maxSessions)
	if err != nil {
		return nil, err
	}
	var list []Session
	err = eachRow(rows, func() error {
		var f Session
		err := scanSession(rows, &f)
		list = append(list, f)
		return err
	})
	return list, s.explain(err)
}

// ProvidersInUse returns the providers through which administrators are signed
// in at now, each with the issuer that vouched for one.
func (s *Store) ProvidersInUse(ctx context.Context, now time.Time) (map[string]string, error) {
	rows, err := s.query(ctx, `select distinct s.provider, s.issuer from session s join account a on a.id = s.account
		where s.provider <> '' and s.expires > $1 and a.admin = 1 and a.disabled = 0`, micros(now))
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	err = eachRow(rows, func() error {
		var provider, issuer string
		err := rows.Scan(&provider, &issuer)
		out[provider] = issuer
		return err
	})
	return out, s.explain(err)
}

// maxSessions is how many sessions one user may have; signing in again ends the
// one that would expire first.
const maxSessions = 50

// CreateSession keeps a new session, and takes the chance to remove those of
// all users that had expired at now.
func (s *Store) CreateSession(ctx context.Context, f Session, now time.Time) error {
	return s.write(ctx, func(tx *tx) error {
		if _, err := tx.exec(`delete from session where expires <= $1 or token = $2`, micros(now), f.Token); err != nil {
			return err
		}
		if _, err := tx.exec(`
			delete from session where token in
			(select token from session where account = $1 order by expires desc, token limit 1000 offset $2)`,
			f.Account, maxSessions-1); err != nil {
			return err
		}
		_, err := tx.exec(`
			insert into session (token, account, expires, data, seen, begun, place, agent, provider, issuer, subject, sid, id_token)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			f.Token, f.Account, micros(f.Expires), f.Data, micros(now), micros(f.Begun), f.Place, f.Agent, f.Provider, f.Issuer, f.Subject, f.SID, f.IDToken)
		return err
	})
}

// ExtendSession keeps a session's new end and content. One that was ended
// meanwhile stays ended.
func (s *Store) ExtendSession(ctx context.Context, f Session) error {
	return s.write(ctx, func(tx *tx) error {
		_, err := tx.exec(`update session set expires = $2, data = $3, seen = $4 where token = $1`, f.Token, micros(f.Expires), f.Data, micros(f.Seen))
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

// EndSessionsFrom ends the sessions that an issuer began: those of its own
// session sid, or with sid "" all of its subject. One of the two must be given;
// with both, both must fit. It returns how many there were.
func (s *Store) EndSessionsFrom(ctx context.Context, issuer, subject, sid string) (n int64, err error) {
	if issuer == "" || subject == "" && sid == "" {
		return 0, nil
	}
	err = s.write(ctx, func(tx *tx) error {
		n, err = tx.exec(`delete from session where issuer = $1 and (subject = $2 or $2 = '') and (sid = $3 or $3 = '')`, issuer, subject, sid)
		return err
	})
	return n, err
}

// EndSessionsThrough ends the sessions that were begun through a provider. It
// returns how many there were.
func (s *Store) EndSessionsThrough(ctx context.Context, provider string) (n int64, err error) {
	if provider == "" {
		return 0, nil // those begun with a password
	}
	err = s.write(ctx, func(tx *tx) error {
		n, err = tx.exec(`delete from session where provider = $1`, provider)
		return err
	})
	return n, err
}

// EndSessionsOf ends a user's sessions but the one with the token except.
func (s *Store) EndSessionsOf(ctx context.Context, account int64, except string) (n int64, err error) {
	err = s.write(ctx, func(tx *tx) error {
		n, err = tx.exec(`delete from session where account = $1 and token <> $2`, account, except)
		return err
	})
	return n, err
}

// maxTickets is how many tickets there may be at a time.
const maxTickets = 100_000

// PutTicket keeps something of sign-in under a key until a time, on all servers.
// It tells whether the key was new; a ticket that is there stays as it is. Tickets
// whose time was over at now are removed.
func (s *Store) PutTicket(ctx context.Context, key string, body []byte, until, now time.Time) (fresh bool, err error) {
	if body == nil {
		body = []byte{}
	}
	err = s.exclusively(ctx, func(tx *tx) error {
		fresh = false
		if _, err := tx.exec(`delete from ticket where until <= $1`, micros(now)); err != nil {
			return err
		}
		var have int64
		if err := tx.row(`select count(*) from ticket`).Scan(&have); err != nil {
			return err
		}
		if have >= maxTickets {
			return &signoff.Error{Kind: signoff.TooMany, Code: "sign-in-busy", Detail: "too many sign-ins are under way", Hint: "try again in a few minutes"}
		}
		n, err := tx.exec(`insert into ticket (key, until, body) values ($1, $2, $3) on conflict (key) do nothing`, key, micros(until), body)
		fresh = n > 0
		return err
	})
	return fresh, err
}

// Ticket returns what PutTicket kept under a key, false when there is nothing or its
// time is over at now.
func (s *Store) Ticket(ctx context.Context, key string, now time.Time) (body []byte, found bool, err error) {
	err = s.row(ctx, `select body from ticket where key = $1 and until > $2`, key, micros(now)).Scan(&body)
	if isNoRows(err) {
		return nil, false, nil
	}
	return body, err == nil, s.explain(err)
}

// TakeTicket is Ticket, and removes it: of several who ask, one gets it.
func (s *Store) TakeTicket(ctx context.Context, key string, now time.Time) (body []byte, found bool, err error) {
	err = s.exclusively(ctx, func(tx *tx) error {
		body, found = nil, false
		err := tx.row(`delete from ticket where key = $1 and until > $2 returning body`, key, micros(now)).Scan(&body)
		if isNoRows(err) {
			return nil
		}
		found = err == nil
		return err
	})
	return body, found, err
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
