package store

import (
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestASettingIsReplacedByWhoeverSawTheLastOne(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	first, err := s.Setting(ctx, "trust")
	if err != nil || first.Rev != 0 || first.Body != nil {
		t.Fatalf("before it was saved: %+v %v", first, err)
	}
	save := func(rev int64, body string) (Setting, error) {
		return s.SaveSetting(ctx, Setting{Name: "trust", Rev: rev, By: "user:1", Body: []byte(body)},
			Change{By: "user:1", How: "session", What: "trust", After: []byte(body)})
	}
	saved, err := save(0, `{"a":1}`)
	if err != nil || saved.Rev != 1 || saved.At.IsZero() {
		t.Fatalf("%+v %v", saved, err)
	}
	_, err = save(0, `{"a":2}`)
	if wantCode(t, err, "setting-changed"); !strings.Contains(err.Error(), signoff.Mention("user:1")+" saved this setting "+signoff.At(saved.At)) {
		t.Errorf("does not say who and when: %v", err)
	}
	_, err = save(2, `{"a":2}`)
	wantCode(t, err, "setting-changed")
	if words := (Setting{At: saved.At}).LastSaved(); !strings.HasPrefix(words, "the server itself saved") {
		t.Errorf("saved by nobody: %q", words)
	}
	if _, err = save(1, `{"a":3}`); err != nil {
		t.Fatal(err)
	}
	is, err := s.Setting(ctx, "trust")
	if err != nil || is.Rev != 2 || string(is.Body) != `{"a":3}` || is.By != "user:1" || is.At.IsZero() {
		t.Errorf("%+v %v", is, err)
	}
	list, err := s.Changes(ctx, ChangeFilter{}, 0, 10)
	if err != nil || len(list) != 2 || string(list[0].After) != `{"a":3}` || string(list[1].After) != `{"a":1}` {
		t.Errorf("changes: %+v %v", list, err)
	}
	_, err = save(2, strings.Repeat("x", maxSettingBytes+1))
	wantCode(t, err, "setting-too-large")
	_, err = s.SaveSetting(ctx, Setting{Name: "apis", Rev: 4}, Change{What: "apis"})
	wantCode(t, err, "setting-changed")
}

func TestChangesAreFoundByWhatTheyAreAbout(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	for _, c := range []Change{{What: "user", Subject: "7"}, {What: "user", Subject: "8"}, {What: "right", Subject: "7", Before: []byte(`{}`)}} {
		must(t, s.NoteChange(ctx, c))
	}
	for want, f := range map[string]ChangeFilter{"right7 user8 user7": {}, "user8 user7": {What: "user"}, "user7": {What: "user", Subject: "7"}, "": {What: "trust"}} {
		list, err := s.Changes(ctx, f, 0, 10)
		must(t, err)
		var got []string
		for _, c := range list {
			got = append(got, c.What+c.Subject)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%+v: %v, want %s", f, got, want)
		}
	}
	list, err := s.Changes(ctx, ChangeFilter{}, 0, 2)
	must(t, err)
	rest, err := s.Changes(ctx, ChangeFilter{}, list[1].ID, 2)
	if err != nil || len(rest) != 1 || rest[0].What+rest[0].Subject != "user7" {
		t.Errorf("second page: %+v %v", rest, err)
	}
}

func TestSomebodyElsewhereIsOneAccountHere(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, bob := mustAccount(t, s, account("ana")), mustAccount(t, s, account("bob"))
	l := IdentityLink{Source: "entra:t", Subject: "o", Account: ana.ID, Label: "ana@contoso.test"}
	must(t, s.Link(ctx, l))
	must(t, s.Link(ctx, l))
	l.Account = bob.ID
	wantCode(t, s.Link(ctx, l), "link-taken")
	wantCode(t, s.Link(ctx, IdentityLink{Source: "entra:t", Subject: "p", Account: 99}), "user-not-found")
	a, ok, err := s.LinkedAccount(ctx, "entra:t", "o")
	if err != nil || !ok || a.ID != ana.ID {
		t.Errorf("%+v %v %v", a, ok, err)
	}
	if _, ok, err := s.LinkedAccount(ctx, "entra:u", "o"); ok || err != nil {
		t.Errorf("of another tenant: %v %v", ok, err)
	}
	links, err := s.Links(ctx, ana.ID)
	if err != nil || len(links) != 1 || links[0].Label != "ana@contoso.test" || links[0].Created.IsZero() {
		t.Errorf("%+v %v", links, err)
	}
	must(t, s.Unlink(ctx, "entra:t", "o"))
	if _, ok, _ := s.LinkedAccount(ctx, "entra:t", "o"); ok {
		t.Error("still linked")
	}
}

func mustGroup(t *testing.T, s *Store, g Group) Group {
	t.Helper()
	g.Key = strings.ToLower(g.Name)
	g, err := s.CreateGroup(t.Context(), g)
	must(t, err)
	return g
}

func names(list []Group) (out string) {
	for _, g := range list {
		out += g.Name + " "
	}
	return strings.TrimSpace(out)
}

func TestGroupsInGroups(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana, bob := mustAccount(t, s, account("ana")), mustAccount(t, s, account("bob"))
	all, sales, north := mustGroup(t, s, Group{Name: "All"}), mustGroup(t, s, Group{Name: "Sales", Source: "ldap:ad"}), mustGroup(t, s, Group{Name: "North", Role: true, About: "for the north"})
	must(t, s.SetMember(ctx, north.ID, ana.ID, true))
	must(t, s.SetMember(ctx, all.ID, bob.ID, true))
	must(t, s.Nest(ctx, all.ID, sales.ID, "", true))
	must(t, s.Nest(ctx, sales.ID, north.ID, "ldap:ad", true))
	must(t, s.Nest(ctx, sales.ID, north.ID, "ldap:ad", true))
	wantCode(t, s.Nest(ctx, north.ID, all.ID, "", true), "group-cycle")
	wantCode(t, s.Nest(ctx, north.ID, north.ID, "", true), "group-cycle")
	wantCode(t, s.Nest(ctx, north.ID, 99, "", true), "group-not-found")
	of, err := s.GroupsOf(ctx, ana.ID)
	if err != nil || names(of) != "All Sales North" || !of[2].Role || of[2].About != "for the north" || of[1].Source != "ldap:ad" {
		t.Errorf("ana's groups: %+v %v", of, err)
	}
	in, err := s.Members(ctx, all.ID, 0, 10)
	if err != nil || len(in) != 2 {
		t.Errorf("members of All: %+v %v", in, err)
	}
	direct, err := s.DirectMembers(ctx, all.ID, "", 10)
	if err != nil || len(direct) != 2 || direct[0].Person.Name != "Sales" || direct[1].Person.Login != "bob" {
		t.Errorf("direct: %+v %v", direct, err)
	}
	rest, err := s.DirectMembers(ctx, all.ID, direct[0].Person.Principal, 1)
	if err != nil || len(rest) != 1 || rest[0].Person.Login != "bob" {
		t.Errorf("second page: %+v %v", rest, err)
	}
	must(t, s.Nest(ctx, all.ID, sales.ID, "", false))
	if of, err = s.GroupsOf(ctx, ana.ID); err != nil || names(of) != "Sales North" {
		t.Errorf("after taking Sales out: %s %v", names(of), err)
	}
}

func TestMembershipsOfASourceAreItsOwn(t *testing.T) {
	s, ctx := openTest(t), t.Context()
	ana := mustAccount(t, s, account("ana"))
	ours, outer, ruled := mustGroup(t, s, Group{Name: "Ours"}), mustGroup(t, s, Group{Name: "Outer"}), mustGroup(t, s, Group{Name: "Ruled", Source: "ldap:ad"})
	must(t, s.SetMember(ctx, ours.ID, ana.ID, true))
	must(t, s.LinkGroup(ctx, GroupLink{Source: "entra:t", External: "g1", Group: outer.ID, Label: "Outer there"}))
	wantCode(t, s.LinkGroup(ctx, GroupLink{Source: "entra:t", External: "g1", Group: ours.ID}), "link-taken")
	wantCode(t, s.LinkGroup(ctx, GroupLink{Source: "entra:t", External: "g2", Group: 99}), "group-not-found")
	set := func(want bool, groups ...int64) {
		t.Helper()
		if changed, err := s.SetMembershipsVia(ctx, "entra:t", ana.ID, groups); err != nil || changed != want {
			t.Errorf("changed %v, %v", changed, err)
		}
	}
	is := func(want string) {
		t.Helper()
		if of, err := s.GroupsOf(ctx, ana.ID); err != nil || names(of) != want {
			t.Errorf("groups %s, want %s (%v)", names(of), want, err)
		}
	}
	set(true, ours.ID, outer.ID, ruled.ID) // ruled belongs to another source
	is("Ours Outer")
	set(false, ours.ID, outer.ID, ruled.ID)
	set(true)
	is("Ours")
	set(true, outer.ID)
	links, err := s.GroupLinks(ctx, "entra:t", 0)
	if err != nil || len(links) != 1 || links[0].Group != outer.ID || links[0].Label != "Outer there" {
		t.Errorf("%+v %v", links, err)
	}
	must(t, s.UnlinkGroup(ctx, "entra:t", "g1"))
	is("Ours")
	if links, err = s.GroupLinks(ctx, "", outer.ID); err != nil || len(links) != 0 {
		t.Errorf("%+v %v", links, err)
	}
}
