package store

import (
	"context"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// SCIMToken is what a SCIM client proves itself with, by the hash of it.
type SCIMToken struct {
	ID      int64
	Hash    string
	Client  string
	Ending  string // its last characters
	Created time.Time
	By      signoff.Principal
	Expires time.Time // zero: never
	Used    time.Time // roughly; zero: never
}

// MaxSCIMTokens is how many tokens one client has at a time: the one in use and
// the one that is to follow it.
const MaxSCIMTokens = 2

// SCIMAddToken keeps a new token. Those that have run out make place; it
// refuses one too many ("scim-too-many-tokens").
func (s *Store) SCIMAddToken(ctx context.Context, k SCIMToken, note Change) (SCIMToken, error) {
	k.Created = s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		if _, err := t.exec(`delete from scim_token where client = $1 and expires > 0 and expires <= $2`, k.Client, micros(k.Created)); err != nil {
			return err
		}
		var n int
		if err := t.row(`select count(*) from scim_token where client = $1`, k.Client).Scan(&n); err != nil {
			return err
		}
		if n >= MaxSCIMTokens {
			return &signoff.Error{Kind: signoff.Conflict, Code: "scim-too-many-tokens",
				Detail: fmt.Sprintf("the client has %d tokens already", n), Hint: "end the one that nothing uses any more"}
		}
		if err := t.row(`insert into scim_token (hash, client, ending, created, by_whom, expires, used) values ($1, $2, $3, $4, $5, $6, 0) returning id`,
			k.Hash, k.Client, k.Ending, micros(k.Created), string(k.By), micros(k.Expires)).Scan(&k.ID); err != nil {
			return err
		}
		return t.note(note, k.Created)
	})
	return k, err
}

// SCIMEndToken ends a token; it refuses one that is not the client's ("scim-token-not-found").
func (s *Store) SCIMEndToken(ctx context.Context, client string, id int64, note Change) error {
	return s.exclusively(ctx, func(t *tx) error {
		n, err := t.exec(`delete from scim_token where client = $1 and id = $2`, client, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return &signoff.Error{Kind: signoff.NotFound, Code: "scim-token-not-found", Detail: "the client has no such token"}
		}
		return t.note(note, s.Now())
	})
}

const scimTokenColumns = `select id, hash, client, ending, created, by_whom, expires, used from scim_token`

// SCIMTokens lists a client's tokens, the oldest first.
func (s *Store) SCIMTokens(ctx context.Context, client string) ([]SCIMToken, error) {
	rows, err := s.query(ctx, scimTokenColumns+` where client = $1 order by id`, client)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []SCIMToken
	err = eachRow(rows, func() error {
		var k SCIMToken
		err := scanSCIMToken(rows, &k)
		list = append(list, k)
		return err
	})
	return list, s.explain(err)
}

// SCIMTokenByHash finds a token; false when nobody has it.
func (s *Store) SCIMTokenByHash(ctx context.Context, hash string) (k SCIMToken, found bool, err error) {
	err = scanSCIMToken(s.row(ctx, scimTokenColumns+` where hash = $1`, hash), &k)
	if isNoRows(err) {
		return k, false, nil
	}
	return k, err == nil, s.explain(err)
}

func scanSCIMToken(row interface{ Scan(...any) error }, k *SCIMToken) error {
	var created, expires, used int64
	var by string
	if err := row.Scan(&k.ID, &k.Hash, &k.Client, &k.Ending, &created, &by, &expires, &used); err != nil {
		return err
	}
	k.Created, k.By = moment(created), signoff.Principal(by)
	k.Expires, k.Used = moment(expires), moment(used)
	return nil
}

// SCIMTokenUsed notes roughly when a token was used last.
func (s *Store) SCIMTokenUsed(ctx context.Context, id int64, at time.Time) error {
	return s.exclusively(ctx, func(t *tx) error {
		_, err := t.exec(`update scim_token set used = $2 where id = $1 and used < $2`, id, micros(at))
		return err
	})
}
