package identity

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// clock is a clock that tests turn by hand.
type clock struct{ us atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.us.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMicro(c.us.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.us.Add(d.Microseconds()) }

// world is a service over an empty store, with hashing that is cheap and counted.
type world struct {
	*Service
	t      testing.TB
	hashes *atomic.Int64
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{Readers: 2, CacheMiB: 2})
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	return st
}

func newWorld(t testing.TB, o Options) world {
	t.Helper()
	return openWorld(t, openStore(t), o)
}

func openWorld(t testing.TB, st *store.Store, o Options) world {
	t.Helper()
	s, err := Open(context.Background(), st, o)
	must(t, err)
	w := world{s, t, new(atomic.Int64)}
	s.hashing.derive = func(password, salt []byte, c cost, size int) []byte {
		w.hashes.Add(1)
		return cheap(password, salt, c, size)
	}
	return w
}

func cheap(password, salt []byte, c cost, size int) []byte {
	sum := sha256.Sum256(append(append([]byte{byte(c.passes), byte(c.memoryKiB)}, salt...), password...))
	return sum[:size]
}

// user makes a user whose password is "password of " and the login.
func (w world) user(login string, more ...func(*NewUser)) signoff.Caller {
	w.t.Helper()
	u := NewUser{Login: login, Name: "Name of " + login, Email: login + "@contoso.test", Password: secretOf(login)}
	for _, m := range more {
		m(&u)
	}
	made, err := w.CreateUser(context.Background(), access.System, u)
	must(w.t, err)
	return w.caller(made.Principal)
}

func (w world) caller(p signoff.Principal) signoff.Caller {
	w.t.Helper()
	c, err := w.Caller(context.Background(), p, "test")
	must(w.t, err)
	return c
}

func secretOf(login string) seal.Secret { return seal.Secret("password of " + login) }

func admin(u *NewUser) { u.Admin = true }

func (w world) change(who signoff.Caller, c UserChange) {
	w.t.Helper()
	_, err := w.ChangeUser(context.Background(), access.System, who.Principal, c)
	must(w.t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if got := signoff.CodeOf(err); got != code || err == nil != (code == "") {
		t.Errorf("got %v, want code %q", err, code)
	}
}
