package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

func accessTokens(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana, err := s.CreateAccount(ctx, store.Account{Login: "ana", Name: "Ana"}, "")
	must(t, err)
	_, err = s.CreateAccount(ctx, store.Account{Login: "admin", Name: "Adele", Admin: true}, "")
	must(t, err)
	at := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	a := store.AccessToken{Hash: "h1", Account: ana.ID, Name: "report", Ending: "Ab3x", ReadOnly: true, API: "rest", Created: at, Expires: at.AddDate(0, 0, 90)}
	made, err := s.CreateAccessToken(ctx, a, store.Change{What: "token", Subject: "user:1"})
	must(t, err)
	a.ID = made.ID
	found, ok, err := s.AccessToken(ctx, "h1")
	if err != nil || !ok || found != a {
		t.Errorf("got %+v, %v, %v", found, ok, err)
	}
	if _, ok, err := s.AccessToken(ctx, "h2"); ok || err != nil {
		t.Errorf("a token nobody made: %v, %v", ok, err)
	}
	again := a
	again.Hash = "h2"
	if _, err := s.CreateAccessToken(ctx, again, store.Change{}); signoff.CodeOf(err) != "token-name-taken" {
		t.Errorf("a name twice: %v", err)
	}
	must(t, s.UsedAccessToken(ctx, a.ID, at.Add(time.Hour)))
	must(t, s.UsedAccessToken(ctx, a.ID, at)) // another server is behind
	if found, _, _ = s.AccessTokenByID(ctx, a.ID); !found.Used.Equal(at.Add(time.Hour)) {
		t.Errorf("used %v", found.Used)
	}
	old := store.AccessToken{Hash: "h3", Account: ana.ID, Name: "old", Created: at.AddDate(0, -6, 0), Expires: at.AddDate(0, -3, 0)}
	_, err = s.CreateAccessToken(ctx, old, store.Change{})
	must(t, err)
	for i := range store.MaxAccessTokens - 1 {
		_, err = s.CreateAccessToken(ctx, store.AccessToken{Hash: fmt.Sprint("n", i), Account: ana.ID, Name: fmt.Sprint(i), Created: at, Expires: at.AddDate(0, 0, 1)}, store.Change{})
		must(t, err)
	}
	if _, err := s.CreateAccessToken(ctx, store.AccessToken{Hash: "x", Account: ana.ID, Name: "x", Created: at, Expires: at}, store.Change{}); signoff.CodeOf(err) != "too-many-access-tokens" {
		t.Errorf("one too many: %v", err)
	}
	list, err := s.AccessTokensOf(ctx, ana.ID)
	if err != nil || len(list) != store.MaxAccessTokens || slices.ContainsFunc(list, func(a store.AccessToken) bool { return a.Name == "old" }) {
		t.Errorf("%d tokens, %v", len(list), err)
	}
	if some, err := s.AccessTokens(ctx, list[1].ID, 3); err != nil || len(some) != 3 || some[0].ID != list[2].ID {
		t.Errorf("a page: %v, %v", some, err)
	}
	for _, want := range []bool{true, false} {
		if ended, err := s.EndAccessToken(ctx, a.ID, store.Change{What: "token"}); err != nil || ended != want {
			t.Errorf("ended: %v, %v", ended, err)
		}
	}
	_, err = s.ChangeAccount(ctx, ana.ID, func(a *store.Account) error { a.Disabled = true; return nil })
	must(t, err)
	if list, err := s.AccessTokensOf(ctx, ana.ID); err != nil || len(list) != 0 {
		t.Errorf("after she was switched off: %d tokens, %v", len(list), err)
	}
}

func callings(t *testing.T, s *store.Store) {
	ctx := t.Context()
	day := time.Date(2026, 11, 23, 23, 59, 0, 0, time.UTC)
	one := store.Calling{API: "rest", Account: 7, How: "bearer", Via: "Contoso 7e1c", Times: 3, Last: day.Add(-time.Minute)}
	no := one
	no.Code, no.Times, no.Last = "token-expired", 1, day
	must(t, s.AddCallings(ctx, []store.Calling{one, no}, day))
	later := one
	later.Times, later.Last = 2, day.Add(-time.Hour) // another server, which writes later of what was before
	must(t, s.AddCallings(ctx, []store.Calling{later}, day))
	next := one
	next.Times, next.Last = 10, day.Add(2*time.Minute)
	must(t, s.AddCallings(ctx, []store.Calling{next}, day.Add(2*time.Minute)))
	sum := one
	sum.Times, sum.Last = 15, next.Last
	list, err := s.Callings(ctx, day, 10)
	if err != nil || !slices.Equal(list, []store.Calling{sum, no}) {
		t.Errorf("got %+v, %v", list, err)
	}
	sum.Times = 10
	if list, err = s.Callings(ctx, day.Add(2*time.Minute), 10); err != nil || !slices.Equal(list, []store.Calling{sum}) {
		t.Errorf("of the second day: %+v, %v", list, err)
	}
	if list, err = s.Callings(ctx, day, 1); err != nil || len(list) != 1 {
		t.Errorf("one: %+v, %v", list, err)
	}
	must(t, s.AddCallings(ctx, []store.Calling{next}, day.Add(store.CallingsKept)))
	if list, err = s.Callings(ctx, day, 10); err != nil || len(list) != 1 || list[0].Times != 20 {
		t.Errorf("after a month: %+v, %v", list, err)
	}
}

var apiTests = map[string]func(*testing.T, *store.Store){
	"access tokens are found by hash and go with their owner": accessTokens,
	"counts of callers add up and are kept for a month":       callings,
}
