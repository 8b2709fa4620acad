package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/store"
)

var rightsTests = map[string]func(*testing.T, *store.Store){
	"rights on the server are with people's accounts and beside": serverRights,
	"rights on categories go by any spelling":                    categoryRights,
	"a change of rights is on record with what was before":       recordedRights,
	"the last administrator stays, whatever they are one by":     lastAdministrator,
	"a group that is gone leaves nothing behind but its number":  goneGroup,
	"accounts and groups are found a page at a time":             findPeople,
	"every step of the way into a group is told":                 memberships,
}

func person(t *testing.T, s *store.Store, login string, admin bool) store.Account {
	t.Helper()
	a, err := s.CreateAccount(t.Context(), store.Account{Login: login, Name: strings.ToUpper(login), Admin: admin, Words: []string{login}}, "")
	must(t, err)
	return a
}

func newGroup(t *testing.T, s *store.Store, name string, role bool) store.Group {
	t.Helper()
	g, err := s.CreateGroup(t.Context(), store.Group{Name: name, Key: strings.ToLower(name), Role: role, Words: []string{strings.ToLower(name)}})
	must(t, err)
	return g
}

// give replaces the rights on a place.
func give(t *testing.T, s *store.Store, on store.Place, grants ...access.Grant) error {
	t.Helper()
	_, err := s.ChangeGrants(t.Context(), on, store.Change{By: "user:1", How: "test", What: "right", Subject: "thing"},
		func([]access.Grant) ([]access.Grant, error) { return grants, nil })
	return err
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if signoff.CodeOf(err) != code {
		t.Errorf("got %v, want %s", err, code)
	}
}

func serverRights(t *testing.T, s *store.Store) {
	ana, bob := person(t, s, "ana", true), person(t, s, "bob", false)
	g := newGroup(t, s, "Finance", false)
	want := []access.Grant{{Who: g.Principal(), Right: access.Server}, {Who: bob.Principal(), Right: access.Server},
		{Who: bob.Principal(), Right: access.Deploy}, {Who: g.Principal(), Right: access.Impersonate}}
	must(t, give(t, s, store.Place{}, want...))
	got, err := s.ServerGrants(t.Context())
	must(t, err)
	for _, g := range want {
		if !slices.Contains(got, g) {
			t.Errorf("%v is missing in %v", g, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for id, admin := range map[int64]bool{ana.ID: false, bob.ID: true} {
		a, _, err := s.Account(t.Context(), id)
		must(t, err)
		if a.Admin != admin {
			t.Errorf("%s administers: %v", a.Login, a.Admin)
		}
	}
	wantCode(t, give(t, s, store.Place{}, access.Grant{Who: "user:99", Right: access.Server}, want[1]), "user-not-found")
}

func categoryRights(t *testing.T, s *store.Store) {
	view := access.Grant{Who: "group:9", Right: access.View}
	must(t, give(t, s, store.Place{Category: "HR/Leave"}, view, view))
	must(t, give(t, s, store.Place{Category: "hr / leave"}, view, access.Grant{Who: "user:2", Right: access.Start}))
	must(t, give(t, s, store.Place{Category: "IT"}, view))
	all, err := s.CategoryGrants(t.Context())
	must(t, err)
	if len(all) != 2 || len(all["hr/leave"]) != 2 || all["hr/leave"][0].Category != "hr / leave" || len(all["it"]) != 1 {
		t.Errorf("got %v", all)
	}
	must(t, give(t, s, store.Place{Category: "IT"}))
	if all, err = s.CategoryGrants(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("got %v, %v", all, err)
	}
}

func recordedRights(t *testing.T, s *store.Store) {
	one := access.Grant{Who: "user:2", Right: access.Start}
	must(t, give(t, s, store.Place{Category: "HR"}, one))
	must(t, give(t, s, store.Place{Category: "HR"}, one)) // changes nothing
	must(t, give(t, s, store.Place{Category: "HR"}))
	list, err := s.Changes(t.Context(), store.ChangeFilter{What: "right", Subject: "thing"}, 0, 10)
	must(t, err)
	if len(list) != 2 || list[0].By != "user:1" || string(list[0].Before) != `[{"who":"user:2","right":"start"}]` || string(list[0].After) != `[]` {
		t.Errorf("got %d: %+v", len(list), list)
	}
}

func lastAdministrator(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana, bob := person(t, s, "ana", true), person(t, s, "bob", false)
	inner, outer := newGroup(t, s, "Inner", false), newGroup(t, s, "Outer", true)
	off := func(a *store.Account) error { a.Disabled = true; return nil }
	_, err := s.ChangeAccount(ctx, ana.ID, off)
	wantCode(t, err, "last-administrator")
	wantCode(t, give(t, s, store.Place{}), "last-administrator")

	must(t, s.Nest(ctx, outer.ID, inner.ID, "", true))
	must(t, s.SetMember(ctx, inner.ID, bob.ID, true))
	must(t, give(t, s, store.Place{}, access.Grant{Who: outer.Principal(), Right: access.Server}))
	for what, err := range map[string]error{
		"member":   s.SetMember(ctx, inner.ID, bob.ID, false),
		"nesting":  s.Nest(ctx, outer.ID, inner.ID, "", false),
		"role":     s.DeleteGroup(ctx, outer.ID),
		"group":    s.DeleteGroup(ctx, inner.ID),
		"disabled": func() error { _, err := s.ChangeAccount(ctx, bob.ID, off); return err }(),
		"right":    give(t, s, store.Place{}),
		"an app": func() error {
			_, err := s.ChangeAccount(ctx, bob.ID, func(a *store.Account) error { a.App = true; return nil })
			return err
		}(),
	} {
		if signoff.CodeOf(err) != "last-administrator" {
			t.Errorf("%s: %v", what, err)
		}
	}
	// A directory's word is no hold: it may say something else tomorrow.
	carl := person(t, s, "carl", false)
	_, err = s.SetMembershipsVia(ctx, "entra:t", carl.ID, []int64{outer.ID})
	must(t, err)
	wantCode(t, s.SetMember(ctx, inner.ID, bob.ID, false), "last-administrator")
	must(t, s.SetMember(ctx, outer.ID, carl.ID, true))
	must(t, s.SetMember(ctx, inner.ID, bob.ID, false))
}

func goneGroup(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := person(t, s, "ana", true)
	g, other := newGroup(t, s, "Finance", true), newGroup(t, s, "Other", false)
	must(t, s.SetMember(ctx, g.ID, ana.ID, true))
	must(t, s.Nest(ctx, other.ID, g.ID, "", true))
	must(t, s.LinkGroup(ctx, store.GroupLink{Source: "entra:t", External: "x", Group: g.ID}))
	must(t, give(t, s, store.Place{Category: "HR"}, access.Grant{Who: g.Principal(), Right: access.View}))

	saga := begin(t, s)
	saga.must([]engine.Fact{offer(2, g.Principal())})
	wantCode(t, s.DeleteGroup(ctx, g.ID), "group-has-tasks")
	saga.must([]engine.Fact{{Kind: engine.TaskDecided, Ref: 2, Outcome: "Approve", By: ana.Principal()}, ended()})

	must(t, s.DeleteGroup(ctx, g.ID, store.Change{What: "group"}))
	wantCode(t, s.DeleteGroup(ctx, g.ID), "group-not-found")
	wantCode(t, s.SetMember(ctx, g.ID, ana.ID, true), "group-not-found")
	wantCode(t, s.Nest(ctx, other.ID, g.ID, "", true), "group-not-found")
	if of, err := s.GroupsOf(ctx, ana.ID); err != nil || len(of) != 0 {
		t.Errorf("in %v, %v", of, err)
	}
	if all, err := s.CategoryGrants(ctx); err != nil || len(all) != 0 {
		t.Errorf("rights %v, %v", all, err)
	}
	if names, err := s.Names(ctx, nil, []int64{g.ID}); err != nil || len(names) != 1 || names[0].Name != "Finance" {
		t.Errorf("history calls it %v, %v", names, err)
	}
	if again := newGroup(t, s, "Finance", false); again.ID == g.ID {
		t.Error("the number is used again")
	}
	if list, err := s.Changes(ctx, store.ChangeFilter{What: "group"}, 0, 9); err != nil || len(list) != 1 || list[0].Subject != string(g.Principal()) || len(list[0].After) != 0 {
		t.Errorf("on record %+v, %v", list, err)
	}
}

func findPeople(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := person(t, s, "ana", true)
	person(t, s, "andy", false)
	gone := person(t, s, "angela", false)
	_, err := s.ChangeAccount(ctx, gone.ID, func(a *store.Account) error { a.Disabled, a.Words = true, nil; return nil })
	must(t, err)
	yes, no, ours := true, false, ""
	for name, tt := range map[string]struct {
		f    store.AccountFilter
		want string
	}{
		"all":       {store.AccountFilter{}, "ana andy angela"},
		"a word":    {store.AccountFilter{Words: []string{"an"}}, "ana andy angela"},
		"two words": {store.AccountFilter{Words: []string{"an", "and"}}, "andy"},
		"off":       {store.AccountFilter{Disabled: &yes}, "angela"},
		"off, word": {store.AccountFilter{Disabled: &yes, Words: []string{"gel"}}, "angela"},
		"on":        {store.AccountFilter{Disabled: &no, Source: &ours}, "ana andy"},
		"admin":     {store.AccountFilter{Admin: &yes, App: &no}, "ana"},
		"a percent": {store.AccountFilter{Disabled: &yes, Words: []string{"%"}}, ""},
		"a stroke":  {store.AccountFilter{Disabled: &yes, Words: []string{`\`}}, ""},
	} {
		got, err := s.FindAccounts(ctx, tt.f, 0, 10)
		must(t, err)
		var logins []string
		for _, a := range got {
			logins = append(logins, a.Login)
		}
		if strings.Join(logins, " ") != tt.want {
			t.Errorf("%s: %v", name, logins)
		}
	}
	if page, err := s.FindAccounts(ctx, store.AccountFilter{}, ana.ID, 1); err != nil || len(page) != 1 || page[0].Login != "andy" {
		t.Errorf("the second page: %v, %v", page, err)
	}
	newGroup(t, s, "Alpha", false)
	newGroup(t, s, "Approvers", true)
	for role, want := range map[bool]string{false: "Alpha", true: "Approvers"} {
		got, err := s.FindGroups(ctx, store.GroupFilter{Role: role, Words: []string{"a"}}, 0, 10)
		must(t, err)
		if len(got) != 1 || got[0].Name != want {
			t.Errorf("roles %v: %v", role, got)
		}
	}
}

func memberships(t *testing.T, s *store.Store) {
	ctx := t.Context()
	ana := person(t, s, "ana", false)
	a, b, c := newGroup(t, s, "A", false), newGroup(t, s, "B", false), newGroup(t, s, "C", true)
	must(t, s.SetMember(ctx, a.ID, ana.ID, true))
	must(t, s.Nest(ctx, b.ID, a.ID, "ldap:ad", true))
	must(t, s.Nest(ctx, c.ID, b.ID, "", true))
	got, err := s.MembershipsOf(ctx, ana.ID)
	must(t, err)
	want := []store.Membership{{Member: ana.Principal(), Group: a.ID}, {Member: a.Principal(), Group: b.ID, Via: "ldap:ad"}, {Member: b.Principal(), Group: c.ID}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// fillRights writes rights on the server and on a category.
func fillRights(t *testing.T, s *store.Store, g store.Group, name string) {
	t.Helper()
	must(t, give(t, s, store.Place{Category: "HR/" + name}, access.Grant{Who: g.Principal(), Right: access.View}))
	now, err := s.ServerGrants(t.Context())
	must(t, err)
	must(t, give(t, s, store.Place{}, append(now, access.Grant{Who: g.Principal(), Right: access.Impersonate})...))
}
