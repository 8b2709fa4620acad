package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// OAuthResource is a system that this server has tokens for, as package oauth
// describes it in Body.
type OAuthResource struct {
	Name      string
	Rev       int64 // 0: not kept yet
	Changed   time.Time
	By        signoff.Principal
	Announced time.Time // when the end of its credential was last announced
	Body      []byte    // JSON; secrets in it are locked
	Moved     bool      // when it is saved: its provider is another than before
}

// MaxOAuthResources is how many there may be.
const MaxOAuthResources = 500

const oauthResourceColumns = `select name, rev, changed, by_whom, announced, body from oauth_resource`

func scanOAuthResource(row interface{ Scan(...any) error }, r *OAuthResource) error {
	var changed, announced int64
	var by string
	if err := row.Scan(&r.Name, &r.Rev, &changed, &by, &announced, &r.Body); err != nil {
		return err
	}
	r.Changed, r.By, r.Announced = moment(changed), signoff.Principal(by), moment(announced)
	return nil
}

// OAuthResources lists all of them by name.
func (s *Store) OAuthResources(ctx context.Context) ([]OAuthResource, error) {
	rows, err := s.query(ctx, oauthResourceColumns+` order by name`)
	if err != nil {
		return nil, s.explain(err)
	}
	var list []OAuthResource
	err = eachRow(rows, func() error {
		var r OAuthResource
		err := scanOAuthResource(rows, &r)
		list = append(list, r)
		return err
	})
	return list, s.explain(err)
}

// OAuthResource returns one; false when there is none of that name.
func (s *Store) OAuthResource(ctx context.Context, name string) (r OAuthResource, found bool, err error) {
	err = scanOAuthResource(s.row(ctx, oauthResourceColumns+` where name = $1`, name), &r)
	if isNoRows(err) {
		return r, false, nil
	}
	return r, err == nil, s.explain(err)
}

// SaveOAuthResource keeps r instead of its revision r.Rev (0: it is new), notes
// the change and tells the other nodes. It refuses a name that is taken
// ("oauth-resource-exists"), one too many, and a revision that somebody replaced
// meanwhile ("oauth-resource-changed"). With r.Moved, what people and the service
// account were granted is forgotten in the same transaction.
func (s *Store) SaveOAuthResource(ctx context.Context, r OAuthResource, note Change) (OAuthResource, error) {
	now := s.Now()
	out := r
	err := s.exclusively(ctx, func(t *tx) error {
		if err := t.mayReplaceOAuth(r); err != nil {
			return err
		}
		out.Rev, out.Changed = r.Rev+1, moment(micros(now))
		if _, err := t.exec(`insert into oauth_resource (name, rev, changed, by_whom, announced, body) values ($1, $2, $3, $4, 0, $5)
			on conflict (name) do update set rev = excluded.rev, changed = excluded.changed, by_whom = excluded.by_whom, announced = 0, body = excluded.body`,
			r.Name, out.Rev, micros(now), string(r.By), r.Body); err != nil {
			return err
		}
		if r.Moved {
			if err := t.forgetGrants(r.Name); err != nil {
				return err
			}
		}
		return t.note(note, now)
	})
	if err == nil {
		s.Publish(TopicOAuth, r.Name)
	}
	return out, err
}

// forgetGrants forgets what people were granted, and what they are about to be.
// The application's own tokens are no grants: they are had anew with what the
// resource says.
func (t *tx) forgetGrants(resource string) error {
	if _, err := t.exec(`delete from oauth_connecting where resource = $1`, resource); err != nil {
		return err
	}
	_, err := t.exec(`delete from oauth_token where resource = $1 and owner <> 'app'`, resource)
	return err
}

func (t *tx) mayReplaceOAuth(r OAuthResource) error {
	var is OAuthResource
	err := scanOAuthResource(t.row(oauthResourceColumns+` where name = $1`, r.Name), &is)
	switch {
	case isNoRows(err) && r.Rev == 0:
		var n int
		if err := t.row(`select count(*) from oauth_resource`).Scan(&n); err != nil {
			return err
		}
		if n >= MaxOAuthResources {
			return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-too-many", Detail: "there are 500 OAuth resources already", Hint: "remove one that nothing uses"}
		}
		return nil
	case isNoRows(err):
		return noOAuthResource
	case err != nil:
		return err
	case r.Rev == 0:
		return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-resource-exists", Detail: "there is a resource of that name already", Hint: "choose another name"}
	case is.Rev != r.Rev:
		return oauthChanged(is)
	}
	return nil
}

var noOAuthResource = &signoff.Error{Kind: signoff.NotFound, Code: "oauth-resource-not-found", Detail: "there is no OAuth resource of that name"}

func oauthChanged(is OAuthResource) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: "oauth-resource-changed",
		Detail: signoff.Mention(is.By) + " changed this resource " + signoff.At(is.Changed), Hint: "load it again, look at what is different, then save"}
}

// RemoveOAuthResource forgets a resource with all its tokens. It refuses one
// that is not there, and a revision that somebody replaced meanwhile.
func (s *Store) RemoveOAuthResource(ctx context.Context, name string, rev int64, note Change) error {
	err := s.exclusively(ctx, func(t *tx) error {
		var is OAuthResource
		err := scanOAuthResource(t.row(oauthResourceColumns+` where name = $1`, name), &is)
		if isNoRows(err) {
			return noOAuthResource
		}
		if err != nil {
			return err
		}
		if is.Rev != rev {
			return oauthChanged(is)
		}
		for _, query := range []string{`delete from oauth_connecting where resource = $1`, `delete from oauth_want where resource = $1`,
			`delete from oauth_token where resource = $1`, `delete from oauth_resource where name = $1`} {
			if _, err := t.exec(query, name); err != nil {
				return err
			}
		}
		return t.note(note, s.Now())
	})
	if err == nil {
		s.Publish(TopicOAuth, name)
	}
	return err
}

// AnnounceOAuthResource tells whether the end of a resource's credential is to be
// announced now: nobody did since the given moment. It is then taken to be done.
func (s *Store) AnnounceOAuthResource(ctx context.Context, name string, rev int64, now, since time.Time) (mine bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err := t.exec(`update oauth_resource set announced = $1 where name = $2 and rev = $3 and announced < $4`, micros(now), name, rev, micros(since))
		mine = n > 0
		return err
	})
	return mine && err == nil, err
}
