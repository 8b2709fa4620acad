package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/signoffhq/signoff"
)

// OAuthToken is a token of a resource and what is known of it. Access and
// Refresh are locked.
type OAuthToken struct {
	ID          int64
	Need        string // resource|owner|audience
	Resource    string
	Owner       string // user:7, service or app
	Audience    string
	State       string
	Account     string // what the provider calls whoever connected
	Scope       string
	Access      string
	Refresh     string // "": there is none
	Expires     time.Time
	Due         time.Time // when to renew it; zero never
	Tries       int       // since it last worked
	Fence       int64     // grows with every change of hands: who has an older one has nothing
	Holder      string    // who renews it
	HeldUntil   time.Time
	Got         time.Time // when it was last renewed
	Connected   time.Time
	ConnectedBy signoff.Principal
	Used        time.Time // roughly
	Problem     []byte    // JSON
}

const oauthTokenColumns = `select id, need, resource, owner, audience, state, account, scope, access, refresh, expires, due, tries, fence, holder, held_until, got, connected, connected_by, used, problem from oauth_token`

func scanOAuthToken(row interface{ Scan(...any) error }, k *OAuthToken) error {
	var expires, due, held, got, connected, used int64
	var by string
	if err := row.Scan(&k.ID, &k.Need, &k.Resource, &k.Owner, &k.Audience, &k.State, &k.Account, &k.Scope, &k.Access, &k.Refresh, &expires, &due, &k.Tries,
		&k.Fence, &k.Holder, &held, &got, &connected, &by, &used, &k.Problem); err != nil {
		return err
	}
	k.Expires, k.Due, k.HeldUntil, k.Got = moment(expires), moment(due), moment(held), moment(got)
	k.Connected, k.Used, k.ConnectedBy = moment(connected), moment(used), signoff.Principal(by)
	return nil
}

func (s *Store) oauthTokens(rows *sql.Rows, err error) ([]OAuthToken, error) {
	if err != nil {
		return nil, s.explain(err)
	}
	var list []OAuthToken
	err = eachRow(rows, func() error {
		var k OAuthToken
		err := scanOAuthToken(rows, &k)
		list = append(list, k)
		return err
	})
	return list, s.explain(err)
}

// OAuthTokenFor returns the token of a need; false when there is none.
func (s *Store) OAuthTokenFor(ctx context.Context, need string) (k OAuthToken, found bool, err error) {
	err = scanOAuthToken(s.row(ctx, oauthTokenColumns+` where need = $1`, need), &k)
	if isNoRows(err) {
		return k, false, nil
	}
	return k, err == nil, s.explain(err)
}

// OAuthTokenByID returns a token ("oauth-token-not-found").
func (s *Store) OAuthTokenByID(ctx context.Context, id int64) (k OAuthToken, err error) {
	err = scanOAuthToken(s.row(ctx, oauthTokenColumns+` where id = $1`, id), &k)
	if isNoRows(err) {
		return k, noOAuthToken
	}
	return k, s.explain(err)
}

var noOAuthToken = &signoff.Error{Kind: signoff.NotFound, Code: "oauth-token-not-found", Detail: "there is no such token; perhaps it was deleted already"}

// OAuthTokens returns up to limit tokens numbered above after, of one resource
// unless that is "".
func (s *Store) OAuthTokens(ctx context.Context, resource string, after int64, limit int) ([]OAuthToken, error) {
	if resource != "" {
		return s.oauthTokens(s.query(ctx, oauthTokenColumns+` where resource = $1 and id > $2 order by id limit $3`, resource, after, limit))
	}
	return s.oauthTokens(s.query(ctx, oauthTokenColumns+` where id > $1 order by id limit $2`, after, limit))
}

// OAuthTokensOf returns the tokens of an owner, at most 500.
func (s *Store) OAuthTokensOf(ctx context.Context, owner string) ([]OAuthToken, error) {
	return s.oauthTokens(s.query(ctx, oauthTokenColumns+` where owner = $1 order by id limit 500`, owner))
}

// DueOAuthTokens returns up to limit tokens that are to be renewed by now and
// that nobody is renewing, the longest due first.
func (s *Store) DueOAuthTokens(ctx context.Context, now time.Time, limit int) ([]OAuthToken, error) {
	return s.oauthTokens(s.query(ctx, oauthTokenColumns+` where due > 0 and due <= $1 and held_until <= $1 order by due, id limit $2`, micros(now), limit))
}

// PutOAuthToken keeps the token somebody just connected, instead of any there
// was for the need, and notes the change unless it is empty. What was wanted is
// wanted no longer, and whoever was renewing the old one has lost it. A resource
// that is gone is refused.
func (s *Store) PutOAuthToken(ctx context.Context, k OAuthToken, note Change) (OAuthToken, error) {
	now := s.Now()
	err := s.exclusively(ctx, func(t *tx) error {
		var one int
		err := t.row(`select 1 from oauth_resource where name = $1`, k.Resource).Scan(&one)
		if isNoRows(err) {
			return noOAuthResource
		}
		if err != nil {
			return err
		}
		if err := t.row(`insert into oauth_token (need, resource, owner, audience, state, account, scope, access, refresh, expires, due, tries, fence, holder, held_until, got, connected, connected_by, used, problem)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 1, '', 0, $12, $12, $13, 0, $14)
			on conflict (need) do update set state = excluded.state, account = excluded.account, scope = excluded.scope, access = excluded.access,
				refresh = excluded.refresh, expires = excluded.expires, due = excluded.due, tries = 0, fence = oauth_token.fence + 1, holder = '', held_until = 0,
				got = excluded.got, connected = excluded.connected, connected_by = excluded.connected_by, problem = excluded.problem
			returning id, fence`, k.Need, k.Resource, k.Owner, k.Audience, k.State, k.Account, k.Scope, k.Access, k.Refresh, micros(k.Expires), micros(k.Due),
			micros(k.Got), string(k.ConnectedBy), k.Problem).Scan(&k.ID, &k.Fence); err != nil {
			return err
		}
		if _, err := t.exec(`delete from oauth_want where need = $1`, k.Need); err != nil {
			return err
		}
		if note.What == "" {
			return nil
		}
		return t.note(note, now)
	})
	return k, err
}

// ClaimOAuthToken makes holder the one who renews the token until a time. It
// returns false when it is no longer as fence says, or somebody else is at it.
// Whoever had it before can no longer finish.
func (s *Store) ClaimOAuthToken(ctx context.Context, id, fence int64, holder string, now, until time.Time) (k OAuthToken, mine bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		mine = false
		n, err := t.exec(`update oauth_token set holder = $3, held_until = $4, fence = fence + 1 where id in (`+
			t.unlocked(`select id from oauth_token where id = $1 and fence = $2 and held_until <= $5`)+`)`, id, fence, holder, micros(until), micros(now))
		if err != nil || n == 0 {
			return err
		}
		mine = true
		return scanOAuthToken(t.row(oauthTokenColumns+` where id = $1`, id), &k)
	})
	return k, mine && err == nil, err
}

// unlocked makes a query pass over rows that somebody else is changing. Commits
// share transactions, which touch rows in any order: two that waited for each
// other would be a deadlock.
func (t *tx) unlocked(query string) string {
	if t.onPostgres {
		return query + ` for update skip locked`
	}
	return query
}

// FinishOAuthToken keeps what came of renewing a token and gives it up; with
// want, somebody has to bring it about now. ErrNotHeld says that it went to
// somebody else meanwhile: then nothing is kept.
// Whoever read the token before cannot claim it any more: they would renew what
// is new.
func (s *Store) FinishOAuthToken(ctx context.Context, k OAuthToken, want *OAuthWant) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update oauth_token set state = $3, account = $4, scope = $5, access = $6, refresh = $7, expires = $8, due = $9, tries = $10,
			got = $11, problem = $12, holder = '', held_until = 0, fence = fence + 1 where id = $1 and fence = $2`,
			k.ID, k.Fence, k.State, k.Account, k.Scope, k.Access, k.Refresh, micros(k.Expires), micros(k.Due), k.Tries, micros(k.Got), k.Problem)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotHeld
		}
		if want != nil {
			return t.want(*want)
		}
		_, err = t.exec(`delete from oauth_want where need = $1`, k.Need)
		return err
	})
}

// OAuthTokenUsed notes roughly when a token was used last, and has it renewed by
// due from now on, unless nothing renews it.
func (s *Store) OAuthTokenUsed(ctx context.Context, id int64, at, due time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update oauth_token set used = $2, due = case when due > $3 then $3 else due end where id in (`+
			t.unlocked(`select id from oauth_token where id = $1 and used < $2`)+`)`, id, micros(at), micros(due))
		return err
	})
}

// AddOAuthToken keeps a token for a need that has none yet, and returns the one
// there is then.
func (s *Store) AddOAuthToken(ctx context.Context, k OAuthToken) (is OAuthToken, err error) {
	now := s.Now()
	err = s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`insert into oauth_token (need, resource, owner, audience, state, account, scope, access, refresh, expires, due, tries, fence, holder, held_until, got, connected, connected_by, used, problem)
			select $1, name, $2, $3, $4, '', '', '', '', 0, $5, 0, 1, '', 0, 0, $6, $7, 0, $8 from oauth_resource where name = $9 on conflict (need) do nothing`,
			k.Need, k.Owner, k.Audience, k.State, micros(k.Due), micros(now), string(k.ConnectedBy), k.Problem, k.Resource); err != nil {
			return err
		}
		err := scanOAuthToken(t.row(oauthTokenColumns+` where need = $1`, k.Need), &is)
		if isNoRows(err) {
			return noOAuthResource
		}
		return err
	})
	return is, err
}

// RenewOAuthTokens has all tokens of a resource that fail, or that the
// application gets for itself, renewed at once: its credential is another.
func (s *Store) RenewOAuthTokens(ctx context.Context, resource string, now time.Time) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`update oauth_token set due = $2 where resource = $1 and due > $2 and (state = 'failing' or owner = 'app')`, resource, micros(now))
		return err
	})
}

// RemoveOAuthToken forgets a token and what was wanted of it, with a change on
// record. It refuses one that is gone ("oauth-token-not-found").
func (s *Store) RemoveOAuthToken(ctx context.Context, id int64, note Change) error {
	var need string
	err := s.exclusively(ctx, func(t *tx) error {
		err := t.row(`delete from oauth_token where id = $1 returning need`, id).Scan(&need)
		if isNoRows(err) {
			return noOAuthToken
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(`delete from oauth_want where need = $1`, need); err != nil {
			return err
		}
		return t.note(note, s.Now())
	})
	if err == nil {
		s.Publish(TopicOAuth, need)
	}
	return err
}
