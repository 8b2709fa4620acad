package store

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
)

// Once makes a request that is sent twice happen once. The zero value does not.
type Once struct {
	Key    string // caller and idempotency key
	Digest string // of the request
	At     time.Time
}

// OnceDone is the error that says a request was carried out before.
type OnceDone struct{ Instance signoff.InstanceID }

func (*OnceDone) Error() string { return "store: this request was carried out before" }

// Done returns *OnceDone when the request was carried out before, a Conflict
// when its key was used for another one, and nil when it is new.
func (s *Store) Done(ctx context.Context, o Once) error {
	if o.Key == "" {
		return nil
	}
	var digest string
	var id signoff.InstanceID
	err := s.row(ctx, `select digest, instance from once where key = $1`, o.Key).Scan(&digest, &id)
	if isNoRows(err) {
		return nil
	}
	return s.explain(o.answer(digest, id, err))
}

func (o Once) answer(digest string, id signoff.InstanceID, err error) error {
	switch {
	case err != nil:
		return err
	case digest != o.Digest:
		return &signoff.Error{Kind: signoff.Conflict, Code: "idempotency-key-reused",
			Detail: "this idempotency key was used for another request", Hint: "use a new key for a new request"}
	}
	return &OnceDone{id}
}

func (o Once) put(t *tx, id signoff.InstanceID) error {
	if o.Key == "" {
		return nil
	}
	return t.then(func(n int64) error {
		if n > 0 {
			return nil
		}
		var digest string
		err := t.row(`select digest, instance from once where key = $1`, o.Key).Scan(&digest, &id)
		return o.answer(digest, id, err)
	}, `insert into once (key, digest, instance, at) values ($1, $2, $3, $4) on conflict (key) do nothing`,
		o.Key, o.Digest, int64(id), micros(o.At))
}

// ForgetOnce removes up to limit keys used before the given time and returns
// how many it removed.
func (s *Store) ForgetOnce(ctx context.Context, before time.Time, limit int) (n int64, err error) {
	err = s.write(ctx, func(t *tx) error {
		n, err = t.exec(`delete from once where key in (/*take*/ select key from once where at < $1 order by at limit $2 /*take*/)`, micros(before), limit)
		return err
	})
	return n, err
}
