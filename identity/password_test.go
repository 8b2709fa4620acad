package identity

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
)

func TestAHashedPasswordMatchesItselfOnly(t *testing.T) {
	h, ctx := newHashing(1, 1), t.Context() // the real argon2id, a few times
	kept, err := h.new(ctx, "gru\u0308n")
	must(t, err)
	if !strings.HasPrefix(kept.String(), "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(kept.String(), "gr\u00fcn") || strings.Contains(kept.String(), "gru\u0308n") {
		t.Errorf("kept as %s", kept)
	}
	other, err := h.new(ctx, "gru\u0308n")
	must(t, err)
	if kept.String() == other.String() {
		t.Error("the same password was hashed twice with the same salt")
	}
	for password, want := range map[seal.Secret]bool{"gr\u00fcn": true, "gru\u0308n": true, "Grün": false, "": false} {
		if ok, outdated, err := h.matches(ctx, password, kept.String()); ok != want || outdated || err != nil {
			t.Errorf("%q: %v %v %v", password.Reveal(), ok, outdated, err)
		}
	}
	if ok, _, err := h.matches(ctx, "", ""); ok || err != nil {
		t.Errorf("no password matched nothing: %v %v", ok, err)
	}
}

func TestOtherCostsAreReadAndReportedAsOutdated(t *testing.T) {
	h := newHashing(1, 1)
	old := hashed{cost: cost{64, 1, 1}, salt: []byte("saltsalt")}
	old.hash = h.derive([]byte("pw"), old.salt, old.cost, 16)
	if ok, outdated, err := h.matches(t.Context(), "pw", old.String()); !ok || !outdated || err != nil {
		t.Errorf("right: %v %v %v", ok, outdated, err)
	}
	if ok, outdated, err := h.matches(t.Context(), "no", old.String()); ok || outdated || err != nil {
		t.Errorf("wrong: %v %v %v", ok, outdated, err)
	}
}

func TestStoredPasswordsThatWouldStallTheServerAreRefused(t *testing.T) {
	const good = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA"
	if _, err := parseHashed(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"m=64", "m=4000000"}, {"m=64", "m=1"}, {"t=1", "t=1000"}, {"t=1", "t=0"}, {"p=1", "p=200"}, {"p=1", "p=0"}, {"m=64", "m=x"},
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"$c2FsdHNhbHQ$", "$$"}, {"c2FsdHNhbHRzYWx0c2FsdA", "c2E"}, {"$argon", "argon"}, {"c2FsdHNhbHRzYWx0c2FsdA", "%%%"},
	} {
		if _, err := parseHashed(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("%s for %s was accepted", change[1], change[0])
		}
	}
}

func TestOnlySoManyPasswordsAreHashedAtOnceAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const atOnce, queue, asked = 2, 3, 9
		h := newHashing(atOnce, queue)
		release := make(chan struct{})
		var running, most, busy, done atomic.Int64
		h.derive = func(password, salt []byte, c cost, size int) []byte {
			most.Store(max(most.Load(), running.Add(1)))
			<-release
			running.Add(-1)
			return make([]byte, size)
		}
		var wg sync.WaitGroup
		for range asked {
			wg.Go(func() {
				_, err := h.new(t.Context(), "x")
				switch {
				case signoff.CodeOf(err) == "sign-in-busy" && signoff.KindOf(err) == signoff.Unavailable:
					busy.Add(1)
				case err == nil:
					done.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if running.Load() != atOnce || busy.Load() != asked-atOnce-queue {
			t.Errorf("%d hash at once, %d turned away", running.Load(), busy.Load())
		}
		// One who gives up makes room in the queue.
		ctx, cancel := context.WithCancel(t.Context())
		h.queue++
		var gaveUp error
		wg.Go(func() { _, gaveUp = h.new(ctx, "x") })
		synctest.Wait()
		cancel()
		synctest.Wait()
		if gaveUp != context.Canceled || h.waiting.Load() != queue {
			t.Errorf("gave up with %v, %d wait", gaveUp, h.waiting.Load())
		}
		close(release)
		wg.Wait()
		if done.Load() != atOnce+queue || most.Load() > atOnce || h.waiting.Load() != 0 || len(h.slots) != 0 {
			t.Errorf("%d done, %d at most at once, %d wait, %d hold a slot", done.Load(), most.Load(), h.waiting.Load(), len(h.slots))
		}
	})
}

func TestPasswordsNobodyShouldHaveAreRefused(t *testing.T) {
	for _, bad := range []seal.Secret{"", "short12", "administrator", "ADMINISTRATOR", seal.Secret(strings.Repeat("x", 1025)), "\xff\xff\xff\xff\xff\xff\xff\xff"} {
		wantCode(t, checkPassword(bad, "administrator"), "bad-password")
	}
	for _, good := range []seal.Secret{"12345678", "öööööööö", seal.Secret(strings.Repeat("x", 1024))} {
		must(t, checkPassword(good, "administrator"))
	}
}

func TestGeneratedPasswordsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := NewPassword().Reveal()
		if len(p) != 29 || strings.Trim(p, "abcdefghijkmnpqrstuvwxyz23456789-") != "" || seen[p] {
			t.Fatalf("generated %q", p)
		}
		seen[p] = true
	}
}

func BenchmarkHash(b *testing.B) {
	h := newHashing(1, 1)
	for b.Loop() {
		if _, err := h.new(b.Context(), "password"); err != nil {
			b.Fatal(err)
		}
	}
}
