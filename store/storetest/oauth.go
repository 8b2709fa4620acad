package storetest

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

var oauthTests = map[string]func(*testing.T, *store.Store){
	"an OAuth token is renewed by one of many, and only they may finish": oauthClaims,
	"connecting anew takes a token from whoever renews it":               oauthTakenOver,
	"a stale change of an OAuth resource changes nothing":                oauthStale,
	"an OAuth resource goes with all that hangs on it":                   oauthGone,
	"of several who answer a connecting one is heard":                    oauthAnswered,
	"what is wanted is announced once":                                   oauthWanted,
}

func oauthResource(t *testing.T, s *store.Store, name string) store.OAuthResource {
	t.Helper()
	r, err := s.SaveOAuthResource(t.Context(), store.OAuthResource{Name: name, By: "user:1", Body: []byte(`{"name":"x"}`)}, store.Change{By: "user:1", What: "oauth-resource", Subject: name})
	must(t, err)
	return r
}

func oauthToken(t *testing.T, s *store.Store, resource, owner string) store.OAuthToken {
	t.Helper()
	k, err := s.PutOAuthToken(t.Context(), store.OAuthToken{Need: resource + "|" + owner + "|", Resource: resource, Owner: owner, State: "valid", Account: "jane", Scope: "all",
		Access: "v1:a", Refresh: "v1:r", Expires: noon.Add(time.Hour), Due: noon, Got: noon, ConnectedBy: "user:1", Problem: []byte{}}, store.Change{By: "user:1", What: "oauth-token"})
	must(t, err)
	return k
}

func oauthClaims(t *testing.T, s *store.Store) {
	ctx := t.Context()
	oauthResource(t, s, "office")
	k := oauthToken(t, s, "office", "user:2")
	due, err := s.DueOAuthTokens(ctx, noon, 10)
	must(t, err)
	if len(due) != 1 || due[0].Account != "jane" || !due[0].Expires.Equal(noon.Add(time.Hour)) || due[0].ConnectedBy != "user:1" {
		t.Fatalf("%+v", due)
	}
	var won atomic.Int32
	var mine store.OAuthToken
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got, ok, err := s.ClaimOAuthToken(ctx, k.ID, k.Fence, "node", noon, noon.Add(time.Minute))
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
				mine = got
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 || mine.Fence != k.Fence+1 || mine.Refresh != "v1:r" {
		t.Fatalf("%d claimed it: %+v", won.Load(), mine)
	}
	if due, err := s.DueOAuthTokens(ctx, noon, 10); err != nil || len(due) != 0 {
		t.Errorf("it is offered to others: %+v %v", due, err)
	}
	// The claim has run out: another takes it, and the first may not finish.
	late, ok, err := s.ClaimOAuthToken(ctx, k.ID, mine.Fence, "other", noon.Add(time.Minute), noon.Add(2*time.Minute))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	mine.Refresh = "v1:lost"
	if err := s.FinishOAuthToken(ctx, mine, nil); !errors.Is(err, store.ErrNotHeld) {
		t.Errorf("who lost it finished: %v", err)
	}
	late.Refresh, late.State = "v1:new", "needs-sign-in"
	must(t, s.FinishOAuthToken(ctx, late, &store.OAuthWant{Need: k.Need, Name: "n", Resource: "office", Owner: "user:2", Since: noon}))
	is, found, err := s.OAuthTokenFor(ctx, k.Need)
	if err != nil || !found || is.Refresh != "v1:new" || is.Holder != "" || !is.HeldUntil.IsZero() {
		t.Errorf("%+v %v", is, err)
	}
	if wants, err := s.OAuthWants(ctx, "user:2"); err != nil || len(wants) != 1 {
		t.Errorf("%+v %v", wants, err)
	}
	if _, ok, err := s.ClaimOAuthToken(ctx, k.ID, late.Fence, "third", noon.Add(time.Hour), noon.Add(2*time.Hour)); err != nil || ok {
		t.Errorf("who read it before it was renewed may renew it again: %v", err)
	}
	again, ok, err := s.ClaimOAuthToken(ctx, k.ID, is.Fence, "third", noon.Add(time.Hour), noon.Add(2*time.Hour))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	must(t, s.FinishOAuthToken(ctx, again, nil))
	if wants, err := s.OAuthWants(ctx, ""); err != nil || len(wants) != 0 {
		t.Errorf("%+v %v", wants, err)
	}
}

func oauthTakenOver(t *testing.T, s *store.Store) {
	ctx := t.Context()
	oauthResource(t, s, "office")
	k := oauthToken(t, s, "office", "user:2")
	mine, ok, err := s.ClaimOAuthToken(ctx, k.ID, k.Fence, "node", noon, noon.Add(time.Minute))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	again := oauthToken(t, s, "office", "user:2")
	if again.ID != k.ID {
		t.Errorf("%d became %d", k.ID, again.ID)
	}
	if err := s.FinishOAuthToken(ctx, mine, nil); !errors.Is(err, store.ErrNotHeld) {
		t.Errorf("an answer for the old grant replaced the new one: %v", err)
	}
	a, err := s.AddOAuthToken(ctx, store.OAuthToken{Need: "office|app|", Resource: "office", Owner: "app", State: "failing", Due: noon, Problem: []byte{}})
	must(t, err)
	b, err := s.AddOAuthToken(ctx, store.OAuthToken{Need: "office|app|", Resource: "office", Owner: "app", State: "valid", Due: noon, Problem: []byte{}})
	if err != nil || a.ID != b.ID || b.State != "failing" {
		t.Errorf("%+v %v", b, err)
	}
	if _, err := s.AddOAuthToken(ctx, store.OAuthToken{Need: "none|app|", Resource: "none", Owner: "app", Problem: []byte{}}); signoff.CodeOf(err) != "oauth-resource-not-found" {
		t.Errorf("%v", err)
	}
	must(t, s.OAuthTokenUsed(ctx, again.ID, noon, noon.Add(-time.Hour)))
	must(t, s.RenewOAuthTokens(ctx, "office", noon.Add(-2*time.Hour)))
	list, err := s.OAuthTokens(ctx, "office", 0, 10)
	if err != nil || len(list) != 2 || !list[0].Due.Equal(noon.Add(-time.Hour)) || !list[1].Due.Equal(noon.Add(-2*time.Hour)) {
		t.Errorf("%+v %v", list, err)
	}
}

func oauthStale(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := oauthResource(t, s, "office")
	_, err := s.SaveOAuthResource(ctx, store.OAuthResource{Name: "office", Body: []byte(`{}`)}, store.Change{})
	refusedAs(t, err, "oauth-resource-exists")
	r.Body = []byte(`{"name":"y"}`)
	r2, err := s.SaveOAuthResource(ctx, r, store.Change{})
	must(t, err)
	_, err = s.SaveOAuthResource(ctx, r, store.Change{})
	refusedAs(t, err, "oauth-resource-changed")
	refusedAs(t, s.RemoveOAuthResource(ctx, "office", r.Rev, store.Change{}), "oauth-resource-changed")
	r.Name = "none"
	_, err = s.SaveOAuthResource(ctx, r, store.Change{})
	refusedAs(t, err, "oauth-resource-not-found")
	if mine, err := s.AnnounceOAuthResource(ctx, "office", r2.Rev, noon, noon.Add(-time.Hour)); err != nil || !mine {
		t.Errorf("%v %v", mine, err)
	}
	if mine, err := s.AnnounceOAuthResource(ctx, "office", r2.Rev, noon, noon.Add(-time.Hour)); err != nil || mine {
		t.Errorf("announced twice: %v", err)
	}
}

func refusedAs(t *testing.T, err error, code string) {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Errorf("%v, not %s", err, code)
	}
}

func oauthGone(t *testing.T, s *store.Store) {
	ctx := t.Context()
	r := oauthResource(t, s, "office")
	oauthResource(t, s, "officer")
	k := oauthToken(t, s, "office", "user:2")
	oauthToken(t, s, "officer", "user:2")
	must(t, s.PutOAuthWant(ctx, store.OAuthWant{Need: "office|user:3|", Name: "a", Resource: "office", Owner: "user:3", Since: noon}))
	must(t, s.RemoveOAuthResource(ctx, "office", r.Rev, store.Change{What: "oauth-resource"}))
	refusedAs(t, s.RemoveOAuthToken(ctx, k.ID, store.Change{}), "oauth-token-not-found")
	_, err := s.OAuthTokenByID(ctx, k.ID)
	refusedAs(t, err, "oauth-token-not-found")
	if list, err := s.OAuthTokensOf(ctx, "user:2"); err != nil || len(list) != 1 || list[0].Resource != "officer" {
		t.Errorf("%+v %v", list, err)
	}
	if wants, err := s.OAuthWants(ctx, ""); err != nil || len(wants) != 0 {
		t.Errorf("%+v %v", wants, err)
	}
	_, err = s.PutOAuthToken(ctx, store.OAuthToken{Need: "office|user:2|", Resource: "office", Problem: []byte{}}, store.Change{})
	refusedAs(t, err, "oauth-resource-not-found")
}

func oauthConnecting(t *testing.T, s *store.Store, state string) {
	t.Helper()
	must(t, s.BeginOAuthConnecting(t.Context(), store.OAuthConnecting{State: state, Until: s.Now().Add(time.Hour), Resource: "office", By: "user:2", Due: noon, Body: []byte("b"), Outcome: []byte{}}))
}

func oauthAnswered(t *testing.T, s *store.Store) {
	ctx := t.Context()
	oauthConnecting(t, s, "one")
	list, _, err := s.DueOAuthDevices(ctx, noon, 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	a, err := s.PutOffOAuthDevice(ctx, "one", noon, noon.Add(time.Second))
	must(t, err)
	b, err := s.PutOffOAuthDevice(ctx, "one", noon, noon.Add(time.Second))
	must(t, err)
	if !a || b {
		t.Error("two ask for one device code")
	}
	if list, next, err := s.DueOAuthDevices(ctx, noon, 10); err != nil || len(list) != 0 || !next.Equal(noon.Add(time.Second)) {
		t.Errorf("%+v %v %v", list, next, err)
	}
	a, err = s.MoveOAuthConnecting(ctx, "one", "waiting", "answered", nil)
	must(t, err)
	b, err = s.MoveOAuthConnecting(ctx, "one", "waiting", "answered", nil)
	must(t, err)
	if !a || b {
		t.Error("two answers were taken")
	}
	if c, found, err := s.OAuthConnecting(ctx, "one", s.Now()); err != nil || !found || c.Status != "answered" || c.By != "user:2" || string(c.Body) != "b" {
		t.Errorf("%+v %v %v", c, found, err)
	}
	if _, found, err := s.OAuthConnecting(ctx, "one", s.Now().Add(2*time.Hour)); err != nil || found {
		t.Errorf("one whose time is over is found: %v", err)
	}
	for i := range 25 {
		oauthConnecting(t, s, string(rune('A'+i)))
	}
	if _, found, err := s.OAuthConnecting(ctx, "Y", s.Now()); err != nil || !found {
		t.Errorf("the newest made no place: %v", err)
	}
	n := 0
	for i := range 25 {
		if _, found, _ := s.OAuthConnecting(ctx, string(rune('A'+i)), s.Now()); found {
			n++
		}
	}
	if n != 20 {
		t.Errorf("%d are under way", n)
	}
}

func oauthWanted(t *testing.T, s *store.Store) {
	ctx := t.Context()
	w := store.OAuthWant{Need: "office|user:3|", Name: "a", Resource: "office", Owner: "user:3", Why: "so", Since: noon}
	must(t, s.PutOAuthWant(ctx, w))
	for i, want := range []bool{true, false} {
		mine, err := s.AnnounceOAuthWant(ctx, w.Need, noon, noon.Add(-time.Hour))
		if err != nil || mine != want {
			t.Errorf("time %d: %v %v", i+1, mine, err)
		}
	}
	w.Why, w.Since = "else", noon.Add(time.Hour)
	must(t, s.PutOAuthWant(ctx, w))
	is, found, err := s.OAuthWant(ctx, "a")
	if err != nil || !found || is.Why != "else" || !is.Since.Equal(noon) || !is.Announced.Equal(noon) {
		t.Errorf("%+v %v", is, err)
	}
	if list, err := s.UnannouncedOAuthWants(ctx, noon, 10); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	must(t, s.RemoveOAuthWant(ctx, w.Need))
	if _, found, err := s.OAuthWant(ctx, "a"); err != nil || found {
		t.Errorf("%v %v", found, err)
	}
}

// fillOAuth puts something into each of the tables.
func fillOAuth(t *testing.T, s *store.Store, name string) {
	t.Helper()
	oauthResource(t, s, "office"+name)
	oauthToken(t, s, "office"+name, "user:2")
	must(t, s.PutOAuthWant(t.Context(), store.OAuthWant{Need: "office" + name + "|user:3|", Name: "w" + name, Resource: "office" + name, Owner: "user:3", Since: noon}))
	oauthConnecting(t, s, "state"+name)
}
