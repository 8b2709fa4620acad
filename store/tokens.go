package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// AccessToken is a personal access token, by the hash of it.
type AccessToken struct {
	ID       int64
	Hash     string
	Account  int64
	Name     string
	Ending   string // its last characters
	ReadOnly bool
	API      string // the only one it may call, "" every one
	Created  time.Time
	Expires  time.Time
	Used     time.Time // roughly; zero: never
}

// MaxAccessTokens is how many tokens one person may have at a time.
const MaxAccessTokens = 50

// tokenShownFor is how long a token that has run out stays in the list, so that
// its refusals can say what it was.
const tokenShownFor = 30 * 24 * time.Hour

// CreateAccessToken keeps a new token and returns it with its number. It takes
// the chance to remove the person's that ran out long ago, and refuses with
// "too-many-access-tokens" who has as many as may be, and with "token-name-taken" a
// second one of the same name.
func (s *Store) CreateAccessToken(ctx context.Context, a AccessToken, note Change) (AccessToken, error) {
	err := s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from access_token where account = $1 and expires < $2`, a.Account, micros(a.Created.Add(-tokenShownFor))); err != nil {
			return err
		}
		var all, same int
		if err := t.row(`select count(*), coalesce(sum(case when name = $2 then 1 else 0 end), 0) from access_token where account = $1`,
			a.Account, a.Name).Scan(&all, &same); err != nil {
			return err
		}
		if all >= MaxAccessTokens {
			return &signoff.Error{Kind: signoff.Conflict, Code: "too-many-access-tokens",
				Detail: fmt.Sprintf("one person can have at most %d tokens", MaxAccessTokens), Hint: "end those that nothing uses any more"}
		}
		if same > 0 {
			return &signoff.Error{Kind: signoff.Conflict, Code: "token-name-taken",
				Detail: "there is a token of that name already", Hint: "name it after the program that uses it, or end the other one first"}
		}
		if err := t.row(`insert into access_token (hash, account, name, ending, read_only, api, created, expires, used)
			values ($1, $2, $3, $4, $5, $6, $7, $8, 0) returning id`,
			a.Hash, a.Account, a.Name, a.Ending, flag(a.ReadOnly), a.API, micros(a.Created), micros(a.Expires)).Scan(&a.ID); err != nil {
			return err
		}
		return t.note(note, a.Created)
	})
	return a, err
}

const tokenColumns = `select id, hash, account, name, ending, read_only, api, created, expires, used from access_token`

// AccessToken finds a token by the hash of it.
func (s *Store) AccessToken(ctx context.Context, hash string) (a AccessToken, found bool, err error) {
	err = scanToken(s.row(ctx, tokenColumns+` where hash = $1`, hash), &a)
	if isNoRows(err) {
		return a, false, nil
	}
	return a, err == nil, s.explain(err)
}

// AccessTokenByID finds a token by its number.
func (s *Store) AccessTokenByID(ctx context.Context, id int64) (a AccessToken, found bool, err error) {
	err = scanToken(s.row(ctx, tokenColumns+` where id = $1`, id), &a)
	if isNoRows(err) {
		return a, false, nil
	}
	return a, err == nil, s.explain(err)
}

// AccessTokensOf lists a person's tokens in the order they were made: all,
// for there are at most MaxAccessTokens.
func (s *Store) AccessTokensOf(ctx context.Context, account int64) ([]AccessToken, error) {
	rows, err := s.query(ctx, tokenColumns+` where account = $1 order by id limit $2`, account, MaxAccessTokens)
	return s.tokens(rows, err)
}

// AccessTokens lists up to limit tokens of everybody after the one numbered after.
func (s *Store) AccessTokens(ctx context.Context, after int64, limit int) ([]AccessToken, error) {
	rows, err := s.query(ctx, tokenColumns+` where id > $1 order by id limit $2`, after, limit)
	return s.tokens(rows, err)
}

func (s *Store) tokens(rows *sql.Rows, err error) (list []AccessToken, _ error) {
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func() error {
		var a AccessToken
		err := scanToken(rows, &a)
		list = append(list, a)
		return err
	})
	return list, s.explain(err)
}

func scanToken(row interface{ Scan(...any) error }, a *AccessToken) error {
	var created, expires, used int64
	err := row.Scan(&a.ID, &a.Hash, &a.Account, &a.Name, &a.Ending, &a.ReadOnly, &a.API, &created, &expires, &used)
	a.Created, a.Expires, a.Used = moment(created), moment(expires), moment(used)
	return err
}

// EndAccessToken removes a token; false when it is gone already.
func (s *Store) EndAccessToken(ctx context.Context, id int64, note Change) (ended bool, err error) {
	now := s.Now()
	err = s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`delete from access_token where id = $1`, id)
		if ended = n > 0; err != nil || !ended {
			return err
		}
		return t.note(note, now)
	})
	return ended, err
}

// UsedAccessToken keeps when a token was last used.
func (s *Store) UsedAccessToken(ctx context.Context, id int64, at time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update access_token set used = $2 where id = $1 and used < $2`, id, micros(at))
		return err
	})
}
