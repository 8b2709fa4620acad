package trust

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func TestAVerifiedTokenIsNotVerifiedAgainUntilItExpires(t *testing.T) {
	v, c := verifier(t, providers(), entraEntry())
	token := v2(start).but(obj{"exp": start.Unix() + 60}).String()
	first, err := v.Verify(t.Context(), token)
	must(t, err)
	again, err := v.Verify(t.Context(), token)
	must(t, err)
	if first != again {
		t.Error("verified twice")
	}
	c.add(60*time.Second + MaxSkew - time.Second)
	if code := codeFor(t, v, token); code != "" {
		t.Error("refused too early: " + code)
	}
	c.add(time.Second)
	if code := codeFor(t, v, token); code != "token-expired" {
		t.Errorf("a kept token outlives its end: %q", code)
	}
}

func TestAKeptTokenIsCheckedAnewAfterTenMinutes(t *testing.T) {
	v, c := verifier(t, providers(), entraEntry())
	token := v2(start).String()
	first, err := v.Verify(t.Context(), token)
	must(t, err)
	c.add(maxKept - time.Second)
	if again, _ := v.Verify(t.Context(), token); again != first {
		t.Error("checked too early")
	}
	c.add(time.Second)
	if again, _ := v.Verify(t.Context(), token); again == first || again == nil {
		t.Errorf("not checked anew: %v", again)
	}
}

func TestARefusedTokenIsNotKept(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	for range 3 {
		if code := codeFor(t, v, v2(start).by(rsaB).String()); code != "token-signature" {
			t.Error(code)
		}
	}
	if n := v.trusted.Load().tokens.len(); n != 0 {
		t.Errorf("%d kept", n)
	}
}

func TestNewIssuersForgetWhatTheOldOnesLetIn(t *testing.T) {
	w := providers()
	v, _ := verifier(t, w, entraEntry())
	token := v2(start).String()
	if code := codeFor(t, v, token); code != "" {
		t.Fatal(code)
	}
	e := entraEntry()
	e.Scopes = []string{"another"}
	must(t, v.Replace(t.Context(), []Issuer{e}))
	if code := codeFor(t, v, token); code != "token-scope" {
		t.Errorf("%q", code)
	}
	must(t, v.Replace(t.Context(), nil))
	if code := codeFor(t, v, token); code != "token-issuer" {
		t.Errorf("%q", code)
	}
	must(t, v.Replace(t.Context(), []Issuer{entraEntry()}))
	if code := codeFor(t, v, token); code != "" {
		t.Errorf("%q", code)
	}
}

func TestKeysStayWhenAnEntryIsChanged(t *testing.T) {
	w := providers()
	v, _ := verifier(t, w, entraEntry())
	codeFor(t, v, v2(start).String())
	before := w.count()
	w.set(metaV2, answer(503, ""))
	e := entraEntry()
	e.Name, e.Clients = "renamed", []string{caller}
	must(t, v.Replace(t.Context(), []Issuer{e, oidcEntry()}))
	if code := codeFor(t, v, v2(start).String()); code != "" || w.count() != before {
		t.Errorf("%q, %d requests more", code, w.count()-before)
	}
}

func TestBadIssuersReplaceNothing(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	err := v.Replace(t.Context(), []Issuer{{Name: "x", Profile: "saml"}})
	if signoff.CodeOf(err) != "bad-issuer" || signoff.KindOf(err) != signoff.Invalid {
		t.Fatal(err)
	}
	if code := codeFor(t, v, v2(start).String()); code != "" {
		t.Error(code)
	}
}

func TestKeptTokensHaveABound(t *testing.T) {
	const size = 320
	c := newTokens(size)
	ring := &keyring{keys: map[string]*Key{"k": {ID: "k"}}}
	set := &keySet{}
	set.ring.Store(ring)
	a := &Accepted{until: start.Add(time.Hour), key: ring.keys["k"], keys: set}
	var hot [32]byte
	c.put(hot, a, start)
	for i := range 10 * size {
		var sum [32]byte
		copy(sum[:], sum256(fmt.Sprint(i)))
		c.put(sum, a, start)
		if c.get(hot, start) == nil {
			t.Fatalf("the token in use was dropped after %d others", i)
		}
		if n := c.len(); n > size {
			t.Fatalf("%d kept", n)
		}
	}
	if n := c.len(); n < size/3 {
		t.Errorf("only %d kept", n)
	}
}

// TestReplacingWhileVerifying is for the race detector, and holds each answer
// to one set of entries or the other.
func TestReplacingWhileVerifying(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	strict := entraEntry()
	strict.Clients = []string{daemon}
	people, machine := v2(start).String(), app(start).String()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var yes, no atomic.Int64
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				switch code := codeFor(t, v, people); code {
				case "":
					yes.Add(1)
				case "token-client":
					no.Add(1)
				default:
					t.Error(code)
				}
				if code := codeFor(t, v, machine); code != "" {
					t.Error(code)
				}
				v.Keys()
			}
		})
	}
	wg.Go(func() { v.Run(ctx) })
	for i := 0; i < 100 || yes.Load() < 20 || no.Load() < 20; i++ {
		must(t, v.Replace(t.Context(), []Issuer{[]Issuer{strict, entraEntry()}[i%2]}))
		if i%20 == 0 {
			must(t, v.Refresh(t.Context(), "contoso"))
		}
	}
	cancel()
	wg.Wait()
	must(t, v.Replace(t.Context(), []Issuer{strict}))
	for range 100 {
		if code := codeFor(t, v, people); code != "token-client" {
			t.Fatalf("%q after the setting was made stricter", code)
		}
	}
}

func TestAKeyThatIsStillThereKeepsItsTokens(t *testing.T) {
	v, _ := verifier(t, providers(), entraEntry())
	token := v2(start).String()
	first, err := v.Verify(t.Context(), token)
	must(t, err)
	must(t, v.Refresh(t.Context(), "contoso"))
	if again, _ := v.Verify(t.Context(), token); again != first {
		t.Error("verified anew, although its key did not change")
	}
}
