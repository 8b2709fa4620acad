package store

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
)

func account(login string, addresses ...string) Account {
	a := Account{Login: login, Name: "Name of " + login, Words: []string{login}}
	for _, addr := range addresses {
		a.Addresses = append(a.Addresses, Address{Key: addr, Text: "As written " + addr})
	}
	return a
}

func mustAccount(t *testing.T, s *Store, a Account) Account {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), a, "hash of "+a.Login)
	must(t, err)
	return a
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Errorf("got %v, want code %s", err, code)
	}
}

func TestAccountsAreFoundByEveryName(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	mustAccount(t, s, account("bob"))
	made := mustAccount(t, s, account("ana", "ana@contoso.test", "a.b@contoso.test"))
	byID, ok, err := s.Account(ctx, made.ID)
	if err != nil || !ok || byID.Login != "ana" || len(byID.Addresses) != 2 || byID.Email() != "As written ana@contoso.test" {
		t.Fatalf("by number: %+v %v %v", byID, ok, err)
	}
	for how, find := range map[string]func() (Account, bool, error){
		"login":         func() (Account, bool, error) { return s.AccountByLogin(ctx, "ana") },
		"address":       func() (Account, bool, error) { return s.AccountByAddress(ctx, "ana@contoso.test") },
		"other address": func() (Account, bool, error) { return s.AccountByAddress(ctx, "a.b@contoso.test") },
	} {
		if a, ok, err := find(); err != nil || !ok || a.ID != made.ID {
			t.Errorf("by %s: %+v %v %v", how, a, ok, err)
		}
	}
	for how, find := range map[string]func() (Account, bool, error){
		"number":  func() (Account, bool, error) { return s.Account(ctx, 99) },
		"login":   func() (Account, bool, error) { return s.AccountByLogin(ctx, "an") },
		"address": func() (Account, bool, error) { return s.AccountByAddress(ctx, "") },
	} {
		if _, ok, err := find(); ok || err != nil {
			t.Errorf("by missing %s: %v %v", how, ok, err)
		}
	}
	for _, called := range [][2]string{{"ana", ""}, {"", "ana@contoso.test"}, {"", "a.b@contoso.test"}} {
		c, ok, err := s.Credential(ctx, called[0], called[1])
		if c != (Credential{made.ID, "hash of ana", 0, false, ""}) || !ok || err != nil {
			t.Errorf("credential of %q: %+v %v %v", called, c, ok, err)
		}
	}
	if c, ok, err := s.Credential(ctx, "", ""); ok || err != nil {
		t.Errorf("credential of nobody: %+v %v", c, err)
	}
}

func TestLoginsAndAddressesBelongToOne(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana := mustAccount(t, s, account("ana", "ana@contoso.test", "extra@contoso.test"))
	bob := mustAccount(t, s, account("bob", "bob@contoso.test"))
	_, err := s.CreateAccount(ctx, account("ana"), "")
	wantCode(t, err, "login-taken")
	_, err = s.CreateAccount(ctx, account("carl", "carl@contoso.test", "extra@contoso.test"), "")
	wantCode(t, err, "address-taken")
	if _, ok, _ := s.AccountByLogin(ctx, "carl"); ok {
		t.Error("a refused user is there")
	}
	_, err = s.ChangeAccount(ctx, bob.ID, func(a *Account) error {
		a.Addresses = []Address{{"ana@contoso.test", ""}}
		return nil
	})
	wantCode(t, err, "address-taken")
	if a, _, _ := s.AccountByAddress(ctx, "bob@contoso.test"); a.ID != bob.ID {
		t.Error("a refused change took bob's address")
	}
	// Given up by one, it is free for the other; one's own can be kept and moved.
	_, err = s.ChangeAccount(ctx, ana.ID, func(a *Account) error { a.Addresses = a.Addresses[1:]; return nil })
	must(t, err)
	_, err = s.ChangeAccount(ctx, bob.ID, func(a *Account) error {
		a.Addresses = append([]Address{{"ana@contoso.test", "x"}}, a.Addresses...)
		return nil
	})
	must(t, err)
	if a, _, _ := s.AccountByAddress(ctx, "ana@contoso.test"); a.ID != bob.ID || a.Email() != "x" {
		t.Errorf("address went to %+v", a)
	}
	_, err = s.ChangeAccount(ctx, 99, func(*Account) error { return nil })
	wantCode(t, err, "user-not-found")
}

func TestTheFirstAccountIsMadeOnce(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	a, made, err := s.CreateFirstAccount(ctx, account("admin"), "x")
	if err != nil || !made || a.ID == 0 {
		t.Fatalf("first: %+v %v %v", a, made, err)
	}
	if _, made, err := s.CreateFirstAccount(ctx, account("other"), "y"); made || err != nil {
		t.Errorf("second: %v %v", made, err)
	}
	if list, _ := s.Accounts(ctx, 0, 10); len(list) != 1 {
		t.Errorf("%d accounts", len(list))
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	admin := account("admin")
	admin.Admin = true
	first := mustAccount(t, s, admin)
	admin.Login, admin.Disabled = "asleep", true
	mustAccount(t, s, admin) // cannot sign in, so does not count
	for name, change := range map[string]func(*Account) error{
		"disable": func(a *Account) error { a.Disabled = true; return nil },
		"demote":  func(a *Account) error { a.Admin = false; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.ChangeAccount(ctx, first.ID, change)
			wantCode(t, err, "last-administrator")
		})
	}
	admin.Login, admin.Disabled = "second", false
	mustAccount(t, s, admin)
	_, err := s.ChangeAccount(ctx, first.ID, func(a *Account) error { a.Admin = false; return nil })
	must(t, err)
}

func TestRaisingTheEpochEndsSessions(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, bob := mustAccount(t, s, account("ana")), mustAccount(t, s, account("bob"))
	now := time.Now()
	sign := func() {
		for _, id := range []int64{ana.ID, bob.ID} {
			must(t, s.CreateSession(ctx, Session{Token: fmt.Sprint("t", id), Account: id, Expires: now.Add(time.Hour), Data: []byte("d")}, now))
		}
	}
	left := func(id int64) bool {
		_, ok, err := s.FindSession(ctx, fmt.Sprint("t", id), now)
		must(t, err)
		return ok
	}
	for name, change := range map[string]func() error{
		"password": func() error { return s.SetPassword(ctx, ana.ID, "new") },
		"disabled": func() error {
			_, err := s.ChangeAccount(ctx, ana.ID, func(a *Account) error { a.Disabled = true; a.Epoch++; return nil })
			return err
		},
	} {
		sign()
		before, _, _ := s.Account(ctx, ana.ID)
		must(t, change())
		after, _, _ := s.Account(ctx, ana.ID)
		if left(ana.ID) || !left(bob.ID) || after.Epoch != before.Epoch+1 {
			t.Errorf("%s: ana's session left %v, bob's %v, epoch %d after %d", name, left(ana.ID), left(bob.ID), after.Epoch, before.Epoch)
		}
	}
	sign()
	must(t, s.UpgradePassword(ctx, ana.ID, "not it", "stolen"))
	must(t, s.UpgradePassword(ctx, ana.ID, "new", "dearer"))
	if c, _, _ := s.Credential(ctx, "ana", ""); c.Password != "dearer" || !c.Disabled || !left(ana.ID) {
		t.Errorf("upgrade: %+v, session left %v", c, left(ana.ID))
	}
	wantCode(t, s.SetPassword(ctx, 99, "x"), "user-not-found")
}

func TestSessionsExpireAndStayEnded(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana := mustAccount(t, s, account("ana"))
	now := time.Now().Truncate(time.Microsecond).UTC()
	f := Session{Token: "t", Account: ana.ID, Expires: now.Add(time.Minute), Data: []byte("d")}
	must(t, s.CreateSession(ctx, f, now))
	if got, ok, _ := s.FindSession(ctx, "t", now); !ok || !got.Expires.Equal(f.Expires) || string(got.Data) != "d" || got.Account != ana.ID {
		t.Errorf("found %+v %v", got, ok)
	}
	if _, ok, _ := s.FindSession(ctx, "t", f.Expires); ok {
		t.Error("found an expired session")
	}
	f.Expires = now.Add(time.Hour)
	must(t, s.ExtendSession(ctx, f))
	if _, ok, _ := s.FindSession(ctx, "t", now.Add(30*time.Minute)); !ok {
		t.Error("an extended session is gone")
	}
	must(t, s.DeleteSession(ctx, "t"))
	must(t, s.ExtendSession(ctx, f))
	if _, ok, _ := s.FindSession(ctx, "t", now); ok {
		t.Error("extending brought an ended session back")
	}
	must(t, s.CreateSession(ctx, Session{Token: "old", Account: ana.ID, Expires: now.Add(time.Second), Data: []byte("d")}, now))
	for i := range maxSessions + 5 {
		must(t, s.CreateSession(ctx, Session{Token: fmt.Sprint(i), Account: ana.ID, Expires: now.Add(time.Hour + time.Duration(i)), Data: []byte("d")}, now.Add(2*time.Second)))
	}
	var n int
	must(t, s.row(ctx, `select count(*) from session`).Scan(&n))
	if _, ok, _ := s.FindSession(ctx, "old", now); n != maxSessions || ok {
		t.Errorf("%d sessions, the expired one found %v", n, ok)
	}
}

func TestGroupsHaveMembersWhoCanSignIn(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	g, err := s.CreateGroup(ctx, Group{Name: "Finance", Key: "finance", Words: []string{"finance"}})
	must(t, err)
	other, err := s.CreateGroup(ctx, Group{Name: "IT", Key: "it"})
	must(t, err)
	_, err = s.CreateGroup(ctx, Group{Name: "FINANCE", Key: "finance"})
	wantCode(t, err, "group-taken")
	var ids []int64
	for i := range 40 { // more than one list of numbers holds
		a := mustAccount(t, s, account(fmt.Sprint("u", i), fmt.Sprintf("u%d@x", i)))
		must(t, s.SetMember(ctx, g.ID, a.ID, true))
		must(t, s.SetMember(ctx, g.ID, a.ID, true))
		ids = append(ids, a.ID)
	}
	_, err = s.ChangeAccount(ctx, ids[1], func(a *Account) error { a.Disabled = true; return nil })
	must(t, err)
	must(t, s.SetMember(ctx, g.ID, ids[2], false))
	list, err := s.Members(ctx, g.ID, 0, 100)
	must(t, err)
	if len(list) != 38 || list[0].ID != ids[0] || list[1].ID != ids[3] || list[37].Email() != "As written u39@x" {
		t.Errorf("members: %d, %+v", len(list), list[:2])
	}
	if rest, _ := s.Members(ctx, g.ID, ids[3], 2); len(rest) != 2 || rest[0].ID != ids[4] {
		t.Errorf("next members: %+v", rest)
	}
	if of, _ := s.GroupsOf(ctx, ids[0]); len(of) != 1 || of[0].Name != "Finance" {
		t.Errorf("groups: %+v", of)
	}
	wantCode(t, s.SetMember(ctx, 99, ids[0], true), "group-not-found")
	wantCode(t, s.SetMember(ctx, g.ID, 99, true), "user-not-found")
	wantCode(t, s.RenameGroup(ctx, Group{ID: other.ID, Key: "finance"}), "group-taken")
	wantCode(t, s.RenameGroup(ctx, Group{ID: 99, Key: "x"}), "group-not-found")
	must(t, s.RenameGroup(ctx, Group{ID: g.ID, Key: "money", Name: "Money", Words: []string{"money"}}))
	if got, ok, _ := s.GroupByKey(ctx, "money"); !ok || got.ID != g.ID {
		t.Errorf("renamed: %+v %v", got, ok)
	}
	if _, ok, _ := s.GroupByKey(ctx, "finance"); ok {
		t.Error("found by its old name")
	}

	people, err := s.Names(ctx, append(slices.Clone(ids), 99), []int64{g.ID, 99})
	must(t, err)
	if len(people) != 41 || people[1].Login != "u1" || people[40] != (signoff.Person{Principal: g.Principal(), Login: "Money", Name: "Money"}) {
		t.Errorf("names: %d, %+v, %+v", len(people), people[1], people[40])
	}
}

func TestOneCanBeInOnlySoManyGroups(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana := mustAccount(t, s, account("ana"))
	var wg sync.WaitGroup
	for i := range maxGroups {
		wg.Go(func() {
			g, err := s.CreateGroup(ctx, Group{Key: fmt.Sprint("g", i)})
			if err == nil {
				err = s.SetMember(ctx, g.ID, ana.ID, true)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	more, err := s.CreateGroup(ctx, Group{Key: "more"})
	must(t, err)
	wantCode(t, s.SetMember(ctx, more.ID, ana.ID, true), "too-many-groups")
	must(t, s.SetMember(ctx, 1, ana.ID, true)) // is in it already
	must(t, s.SetMember(ctx, 1, ana.ID, false))
	must(t, s.SetMember(ctx, more.ID, ana.ID, true))
}

func TestWordsAreFoundByPrefix(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana := mustAccount(t, s, Account{Login: "ana", Words: []string{"ana", "anders"}})
	bob := mustAccount(t, s, Account{Login: "bob", Words: []string{"anz", "b%", "ännchen"}})
	for prefix, want := range map[string][]signoff.Principal{
		"an":   {ana.Principal(), ana.Principal(), bob.Principal()},
		"anz":  {bob.Principal()},
		"b%":   {bob.Principal()},
		"%":    nil,
		"än":   {bob.Principal()},
		"anaa": nil,
	} {
		if got, err := s.WordsFrom(ctx, prefix, 10); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v %v, want %v", prefix, got, err, want)
		}
	}
	if got, _ := s.WordsFrom(ctx, "an", 2); len(got) != 2 {
		t.Errorf("limit: %v", got)
	}
	_, err := s.ChangeAccount(ctx, bob.ID, func(a *Account) error { a.Words = []string{"new"}; return nil })
	must(t, err)
	if got, _ := s.WordsFrom(ctx, "anz", 10); len(got) != 0 {
		t.Errorf("old words left: %v", got)
	}
}

func TestGuessesAreKeptUntilForgotten(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	now := time.Now().Truncate(time.Microsecond).UTC()
	second := now.Add(time.Second)
	must(t, s.KeepGuesses(ctx, []Guess{{"a", 1, second}, {"b", 2, now}, {"c", 3, second.Add(1000)}, {"d", 4, second}}))
	must(t, s.KeepGuesses(ctx, []Guess{{"a", 7, second.Add(2000)}, {Key: "d"}}))
	got, err := s.Guesses(ctx, now, 10)
	must(t, err)
	if want := []Guess{{"c", 3, second.Add(1000)}, {"a", 7, second.Add(2000)}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, _ := s.Guesses(ctx, now, 1); len(got) != 1 || got[0].Key != "a" {
		t.Errorf("limited: %v", got)
	}
	if got, _ := s.Guesses(ctx, now.Add(time.Hour), 10); len(got) != 0 {
		t.Errorf("after an hour: %v", got)
	}
}

func TestPrincipalsCarryTheirNumber(t *testing.T) {
	for p, want := range map[signoff.Principal]int64{"user:7": 7, "user:07": 0, "user:-7": 0, "user:0": 0, "user:": 0, "group:7": 0, "user:7x": 0} {
		if id, ok := AccountID(p); ok != (want != 0) || ok && id != want {
			t.Errorf("AccountID(%q) = %d %v", p, id, ok)
		}
	}
	if _, ok := GroupID(signoff.Everyone); ok {
		t.Error("everyone has a number")
	}
	if id, ok := GroupID("group:3"); !ok || id != 3 {
		t.Error("group:3 has none")
	}
}
