package store

import (
	"context"
	"time"
)

// OAuthWant is a token that somebody has to bring about.
type OAuthWant struct {
	Need      string
	Name      string // of its page
	Resource  string
	Owner     string // user:7, service or app
	Audience  string
	Why       string
	Claims    string // what the next token has to say
	Since     time.Time
	Announced time.Time // zero: not yet
}

const oauthWantColumns = `select need, name, resource, owner, audience, why, claims, since, announced from oauth_want`

func scanOAuthWant(row interface{ Scan(...any) error }, w *OAuthWant) error {
	var since, announced int64
	if err := row.Scan(&w.Need, &w.Name, &w.Resource, &w.Owner, &w.Audience, &w.Why, &w.Claims, &since, &announced); err != nil {
		return err
	}
	w.Since, w.Announced = moment(since), moment(announced)
	return nil
}

// PutOAuthWant notes that a token is wanted. One that was wanted before keeps
// since when, and when it was announced.
func (s *Store) PutOAuthWant(ctx context.Context, w OAuthWant) error {
	return s.write(ctx, func(t *tx) error { return t.want(w) })
}

func (t *tx) want(w OAuthWant) error {
	_, err := t.exec(`insert into oauth_want (need, name, resource, owner, audience, why, claims, since, announced) values ($1, $2, $3, $4, $5, $6, $7, $8, 0)
		on conflict (need) do update set why = excluded.why, claims = excluded.claims`,
		w.Need, w.Name, w.Resource, w.Owner, w.Audience, w.Why, w.Claims, micros(w.Since))
	return err
}

// OAuthWant returns what is wanted under the name of its page; false when
// nothing is.
func (s *Store) OAuthWant(ctx context.Context, name string) (w OAuthWant, found bool, err error) {
	err = scanOAuthWant(s.row(ctx, oauthWantColumns+` where name = $1`, name), &w)
	if isNoRows(err) {
		return w, false, nil
	}
	return w, err == nil, s.explain(err)
}

// OAuthWants returns what an owner has to bring about, the oldest first, at most
// 500; "" everybody.
func (s *Store) OAuthWants(ctx context.Context, owner string) ([]OAuthWant, error) {
	query, args := oauthWantColumns+` where owner = $1 order by since, need limit 500`, []any{owner}
	if owner == "" {
		query, args = oauthWantColumns+` order by since, need limit 500`, nil
	}
	return s.manyOAuthWants(ctx, query, args...)
}

// UnannouncedOAuthWants returns up to limit that were not announced since a
// moment.
func (s *Store) UnannouncedOAuthWants(ctx context.Context, since time.Time, limit int) ([]OAuthWant, error) {
	return s.manyOAuthWants(ctx, oauthWantColumns+` where announced < $1 order by since, need limit $2`, micros(since), limit)
}

func (s *Store) manyOAuthWants(ctx context.Context, query string, args ...any) ([]OAuthWant, error) {
	rows, err := s.query(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []OAuthWant
	err = eachRow(rows, func() error {
		var w OAuthWant
		err := scanOAuthWant(rows, &w)
		list = append(list, w)
		return err
	})
	return list, s.explain(err)
}

// AnnounceOAuthWant tells whether a want is to be announced now: nobody did since
// the given moment. It is then taken to be done.
func (s *Store) AnnounceOAuthWant(ctx context.Context, need string, now, since time.Time) (mine bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update oauth_want set announced = $1 where need = $2 and announced < $3`, micros(now), need, micros(since))
		mine = n > 0
		return err
	})
	return mine && err == nil, err
}

// RemoveOAuthWant notes that a token is wanted no longer.
func (s *Store) RemoveOAuthWant(ctx context.Context, need string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`delete from oauth_want where need = $1`, need)
		return err
	})
}
