package provision_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/scim"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

const tenant = "c0ca5a00-7e57-4000-8000-000000000001"

// firm is a server that a client writes people to.
type firm struct {
	t      *testing.T
	store  *store.Store
	people *identity.Service
	*provision.Service
	client provision.Client
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	st, err := store.Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	people, err := identity.Open(t.Context(), st, identity.Options{Log: log})
	must(t, err)
	return &firm{t, st, people, &provision.Service{Store: st, People: directory.New(st, people, log), Log: log}, provision.Client{Name: "okta"}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *firm) read(k scim.Kind, body string) scim.Resource {
	f.t.Helper()
	r, err := scim.Read(k, []byte(body))
	must(f.t, err)
	return r
}

func (f *firm) user(body string) provision.Entry {
	f.t.Helper()
	e, err := f.Create(f.t.Context(), f.client, scim.UserKind, f.read(scim.UserKind, body))
	must(f.t, err)
	return e
}

func (f *firm) group(name string, members ...provision.Entry) provision.Entry {
	f.t.Helper()
	var ids []string
	for _, m := range members {
		ids = append(ids, `{"value":"`+m.ID+`"}`)
	}
	e, err := f.Create(f.t.Context(), f.client, scim.GroupKind, f.read(scim.GroupKind, `{"displayName":"`+name+`","members":[`+strings.Join(ids, ",")+`]}`))
	must(f.t, err)
	return e
}

func (f *firm) patch(e provision.Entry, ops string) (provision.Entry, error) {
	f.t.Helper()
	p, err := scim.ReadPatch(e.Kind(), []byte(`{"Operations":`+ops+`}`))
	must(f.t, err)
	return f.Patch(f.t.Context(), f.client, e.Kind(), e.ID, nil, p)
}

// account is who a user became.
func (f *firm) account(e provision.Entry) store.Account {
	f.t.Helper()
	a, found, err := f.store.LinkedAccount(f.t.Context(), f.client.Source(), e.ID)
	must(f.t, err)
	if !found {
		f.t.Fatalf("%s is nobody here", e.Label)
	}
	return a
}

// groups lists what groups somebody holds, by name.
func (f *firm) groups(a store.Account) string {
	f.t.Helper()
	c, err := f.people.Caller(f.t.Context(), a.Principal(), "test")
	must(f.t, err)
	names, err := f.people.Names(f.t.Context(), c.Groups)
	must(f.t, err)
	var out []string
	for _, p := range names {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

const ana = `{"userName":"ana@contoso.test","externalId":"00000000-0000-4000-8000-00000000A001","displayName":"Ana Asker","active":true,
	"emails":[{"type":"work","value":"ana@contoso.test","primary":true}]}`

func TestAUserBecomesAPersonWithManagerAndGroups(t *testing.T) {
	f := newFirm(t)
	bob := f.user(`{"userName":"bob@contoso.test","name":{"givenName":"Bob","familyName":"Boss"}}`)
	jane := f.user(`{"userName":"jane@contoso.test","` + scim.EnterpriseSchema + `":{"manager":"` + bob.ID + `"}}`)
	a := f.account(jane)
	if a.Manager != f.account(bob).ID || f.account(bob).Name != "Bob Boss" || a.Source != "scim:okta" || a.Disabled {
		t.Errorf("%+v", a)
	}
	inner := f.group("Sales", jane)
	outer := f.group("Staff", inner, bob)
	if got := f.groups(a); got != "Everyone,Sales,Staff" {
		t.Error(got)
	}
	_, err := f.patch(outer, `[{"op":"remove","path":"members[value eq \"`+inner.ID+`\"]"}]`)
	must(t, err)
	if got := f.groups(a); got != "Everyone,Sales" {
		t.Error(got)
	}
	if got := f.groups(f.account(bob)); got != "Everyone,Staff" {
		t.Error(got)
	}
	_, err = f.patch(inner, `[{"op":"replace","path":"displayName","value":"Sales EMEA"}]`)
	must(t, err)
	if got := f.groups(a); got != "Everyone,Sales EMEA" {
		t.Error(got)
	}
	must(t, f.Delete(t.Context(), f.client, scim.GroupKind, inner.ID, nil))
	if got := f.groups(a); got != "Everyone" {
		t.Error(got)
	}
}

func TestWhoIsInactiveOrDeletedIsSwitchedOffAndKept(t *testing.T) {
	f := newFirm(t)
	e := f.user(ana)
	a := f.account(e)
	if _, err := f.people.Caller(t.Context(), a.Principal(), "test"); err != nil {
		t.Fatal(err)
	}
	_, err := f.patch(e, `[{"op":"Replace","path":"active","value":"False"}]`)
	must(t, err)
	if _, err := f.people.Caller(t.Context(), a.Principal(), "test"); signoff.CodeOf(err) != "user-disabled" {
		t.Errorf("at the next call: %v", err)
	}
	_, err = f.patch(e, `[{"op":"Replace","path":"active","value":"True"}]`)
	must(t, err)
	if _, err := f.people.Caller(t.Context(), a.Principal(), "test"); err != nil {
		t.Error(err)
	}
	must(t, f.Delete(t.Context(), f.client, scim.UserKind, e.ID, nil))
	if _, err := f.people.Caller(t.Context(), a.Principal(), "test"); signoff.CodeOf(err) != "user-disabled" {
		t.Error(err)
	}
	if _, err := f.Get(t.Context(), f.client, scim.UserKind, e.ID); signoff.CodeOf(err) != "scim-not-found" {
		t.Errorf("what was deleted is there: %v", err)
	}
	if names, err := f.people.Names(t.Context(), []signoff.Principal{a.Principal()}); err != nil || names[a.Principal()].Name != "Ana Asker" {
		t.Errorf("history does not know them: %v %v", names, err)
	}
}

func TestSomebodyInactiveFromTheStartComesWhenActive(t *testing.T) {
	f := newFirm(t)
	e := f.user(`{"userName":"new@contoso.test","active":false}`)
	if _, found, _ := f.store.LinkedAccount(t.Context(), "scim:okta", e.ID); found {
		t.Error("an account was made of somebody inactive")
	}
	_, err := f.patch(e, `[{"op":"replace","value":{"active":true}}]`)
	must(t, err)
	f.account(e)
}

func TestATokenOfEntraFindsWhoWasProvisioned(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = strings.ToUpper(tenant)
	e := f.user(ana)
	c, err := f.people.Recognise(t.Context(), identity.Stranger{Source: "entra:" + tenant, Subject: "00000000-0000-4000-8000-00000000a001", Login: "ana@contoso.test", Label: "ana@contoso.test"},
		identity.NewcomersRefuse, "bearer")
	if err != nil || c.Principal != f.account(e).Principal() {
		t.Fatalf("%+v %v", c, err)
	}
	// The client says that it was another one all along.
	_, err = f.patch(e, `[{"op":"replace","path":"externalId","value":"00000000-0000-4000-8000-00000000a002"}]`)
	must(t, err)
	if _, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, "00000000-0000-4000-8000-00000000a001"); found {
		t.Error("the old id still is that person")
	}
	if a, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, "00000000-0000-4000-8000-00000000a002"); !found || a.ID != f.account(e).ID {
		t.Error("the new id is nobody")
	}
	// Who has no object id is only known to the client.
	other := f.user(`{"userName":"x@contoso.test","externalId":"x"}`)
	if links, _ := f.store.Links(t.Context(), f.account(other).ID); len(links) != 1 {
		t.Errorf("%+v", links)
	}
}

func TestAnOldIDIsNobodyAtOnce(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	e := f.user(ana)
	old := identity.Stranger{Source: "entra:" + tenant, Subject: "00000000-0000-4000-8000-00000000a001", Login: "ana@contoso.test", Label: "ana@contoso.test"}
	for range 2 { // the second time from memory
		_, err := f.people.Recognise(t.Context(), old, identity.NewcomersRefuse, "bearer")
		must(t, err)
	}
	_, err := f.patch(e, `[{"op":"replace","path":"externalId","value":"00000000-0000-4000-8000-00000000a002"}]`)
	must(t, err)
	if c, err := f.people.Recognise(t.Context(), old, identity.NewcomersRefuse, "bearer"); signoff.CodeOf(err) != "person-unknown" {
		t.Errorf("%+v %v", c, err)
	}
}

// Whoever has a client's token could otherwise be any administrator it rules.
func TestAClientDoesNotSayWhoAnAdministratorIs(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	e := f.user(ana)
	role, err := f.people.MakeGroup(t.Context(), access.System, identity.NewGroup{Name: "Operators", Role: true})
	must(t, err)
	must(t, f.people.SetMember(t.Context(), access.System, role.Principal, f.account(e).Principal(), true))
	must(t, f.people.ChangeServerGrants(t.Context(), access.System, func(is []access.Grant) ([]access.Grant, error) {
		return append(is, access.Grant{Who: role.Principal, Right: access.Server}), nil
	}))
	for _, id := range []string{"00000000-0000-4000-8000-00000000bad0", "nobody"} {
		_, err = f.patch(e, `[{"op":"replace","path":"externalId","value":"`+id+`"}]`)
		if signoff.CodeOf(err) != "scim-not-taken" {
			t.Errorf("%s: %v", id, err)
		}
		if _, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, id); found {
			t.Errorf("%s is an administrator now", id)
		}
	}
	if a, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, "00000000-0000-4000-8000-00000000a001"); !found || a.ID != f.account(e).ID {
		t.Error("the administrator's own id is nobody now")
	}
	_, err = f.patch(e, `[{"op":"replace","path":"externalId","value":"00000000-0000-4000-8000-00000000a001"},{"op":"replace","path":"displayName","value":"Ana"}]`)
	if must(t, err); f.account(e).Name != "Ana" {
		t.Error("everything else is said as before")
	}
}

func TestAClientDoesNotSayWhoSomebodyIsWhomAnotherRules(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	people := []directory.Person{{Subject: "00000000-0000-4000-8000-00000000a001", Login: "ana", Label: "ana@contoso.test", Name: "Ana"}}
	_, err := f.People.Take(t.Context(), "entra:"+tenant, directory.Changes{People: people}, directory.Take{})
	must(t, err)
	e := f.user(ana)
	_, err = f.patch(e, `[{"op":"replace","path":"externalId","value":"00000000-0000-4000-8000-00000000bad0"}]`)
	must(t, err)
	if _, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, "00000000-0000-4000-8000-00000000bad0"); found {
		t.Error("somebody else is Ana now")
	}
	if _, found, _ := f.store.LinkedAccount(t.Context(), "entra:"+tenant, "00000000-0000-4000-8000-00000000a001"); !found {
		t.Error("Ana is nobody now")
	}
}

func TestWhoCameWithATokenFirstIsNotMadeTwice(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	c, err := f.people.Recognise(t.Context(), identity.Stranger{Source: "entra:" + tenant, Subject: "00000000-0000-4000-8000-00000000a001", Login: "ana@contoso.test", Label: "ana@contoso.test", Name: "ana"},
		identity.NewcomersCreate, "bearer")
	must(t, err)
	e := f.user(ana)
	if a := f.account(e); a.Principal() != c.Principal || a.Name != "Ana Asker" {
		t.Errorf("%+v is not %s", a, c.Principal)
	}
}

func TestTwoClientsKnowNothingOfEachOther(t *testing.T) {
	f := newFirm(t)
	e := f.user(ana)
	other := provision.Client{Name: "other"}
	if _, err := f.Get(t.Context(), other, scim.UserKind, e.ID); signoff.CodeOf(err) != "scim-not-found" {
		t.Error(err)
	}
	if err := f.Delete(t.Context(), other, scim.UserKind, e.ID, nil); signoff.CodeOf(err) != "scim-not-found" {
		t.Error(err)
	}
	if _, _, total, err := f.Find(t.Context(), other, scim.UserKind, provision.Search{Count: -1}); total != 0 || err != nil {
		t.Error(total, err)
	}
	made, err := f.Create(t.Context(), other, scim.UserKind, f.read(scim.UserKind, `{"userName":"ana@contoso.test"}`)) // the name is free with this client
	must(t, err)
	if a, _, _ := f.store.LinkedAccount(t.Context(), "scim:other", made.ID); a.ID == f.account(e).ID {
		t.Error("a name has made two people one")
	}
	if _, err := f.Create(t.Context(), other, scim.UserKind, f.read(scim.UserKind, strings.Replace(ana, "ana@", "ana3@", 1))); signoff.CodeOf(err) != "scim-not-taken" {
		t.Errorf("an address of another directory's person: %v", err)
	}
	if _, err := f.Create(t.Context(), other, scim.GroupKind, f.read(scim.GroupKind, `{"displayName":"G","members":[{"value":"`+e.ID+`"}]}`)); signoff.CodeOf(err) != "scim-no-member" {
		t.Errorf("another client's person in a group: %v", err)
	}
}

func TestWhatBrokeOffIsBroughtToItsEnd(t *testing.T) {
	f := newFirm(t)
	e := f.user(ana)
	// The server stopped between keeping a change and taking it.
	r, ok, err := f.store.SCIMResourceByID(t.Context(), "okta", e.ID)
	if err != nil || !ok {
		t.Fatal(err)
	}
	is := e.Is
	is["active"] = false
	r.Body = is.Body()
	_, err = f.store.SCIMSave(t.Context(), r, nil)
	must(t, err)
	if f.account(e).Disabled {
		t.Fatal("it is taken already")
	}
	f.user(`{"userName":"somebody.else"}`)
	if !f.account(e).Disabled {
		t.Error("the next request did not take it")
	}
	// And between deleting and taking that.
	must(t, f.store.SCIMDelete(t.Context(), "okta", e.ID, 0))
	must(t, f.CatchUp(t.Context(), f.client))
	if left, _ := f.store.SCIMUntaken(t.Context(), "okta", 10); len(left) != 0 {
		t.Errorf("%+v", left)
	}
}

func TestWhatCannotBeTakenIsRefusedAndMayBeSentAgain(t *testing.T) {
	f := newFirm(t)
	f.client.Tenant = tenant
	first := f.user(ana)
	_, err := f.Create(t.Context(), f.client, scim.UserKind, f.read(scim.UserKind, strings.Replace(ana, "ana@contoso.test", "ana2", 1)))
	if signoff.CodeOf(err) != "scim-not-taken" { // one object id for two people
		t.Fatalf("%v", err)
	}
	if _, _, total, _ := f.Find(t.Context(), f.client, scim.UserKind, provision.Search{Count: -1}); total != 1 {
		t.Errorf("%d users: what was refused is kept", total)
	}
	must(t, f.Delete(t.Context(), f.client, scim.UserKind, first.ID, nil))
	if _, err := f.Create(t.Context(), f.client, scim.UserKind, f.read(scim.UserKind, strings.Replace(ana, "ana@contoso.test", "ana2", 1))); err != nil {
		t.Errorf("after the first is gone: %v", err)
	}
}

func TestSomebodyWhoseAddressAnAccountHereHasIsRefusedAndNotKept(t *testing.T) {
	f := newFirm(t)
	_, err := f.people.CreateUser(t.Context(), access.System, identity.NewUser{Login: "bob", Email: "bob@contoso.test"})
	must(t, err)
	bob := strings.NewReplacer("ana@", "bob@", "Ana Asker", "Bob Boss").Replace(ana)
	_, err = f.Create(t.Context(), f.client, scim.UserKind, f.read(scim.UserKind, bob))
	if signoff.CodeOf(err) != "scim-not-taken" || !strings.Contains(err.Error(), "somebody has the address bob@contoso.test already; if they are the same, say so on that person's page") {
		t.Fatalf("%v", err)
	}
	if _, _, total, _ := f.Find(t.Context(), f.client, scim.UserKind, provision.Search{Count: -1}); total != 0 {
		t.Errorf("%d users: what was refused is kept", total)
	}
	if people, _, err := f.store.CountDirectory(t.Context(), "scim:okta"); people != 0 || err != nil {
		t.Errorf("%d people are counted, %v", people, err)
	}
	if left, _ := f.store.SCIMUntaken(t.Context(), "okta", 10); len(left) != 0 {
		t.Errorf("%+v", left)
	}
	f.client.ByAddress = true
	if a := f.account(f.user(bob)); a.Login != "bob" || a.Source != "scim:okta" {
		t.Errorf("with the switch on: %+v", a)
	}
}

func TestAnAddressSomebodyOfTheSameClientHasIsAProblemUntilItIsFree(t *testing.T) {
	f := newFirm(t)
	first := f.user(ana)
	second := f.user(`{"userName":"anna@contoso.test","displayName":"Anna","emails":[{"value":"ana@contoso.test"}]}`)
	if a := f.account(second); len(a.Addresses) != 0 {
		t.Errorf("%+v has an address of somebody else", a)
	}
	list, err := f.Problems(t.Context(), f.client)
	if err != nil || len(list) != 1 || list[0].Name != "Anna" || !strings.Contains(list[0].Reason, "the address ana@contoso.test belongs to {user:") {
		t.Errorf("%+v %v", list, err)
	}
	_, err = f.patch(first, `[{"op":"remove","path":"emails"}]`)
	must(t, err)
	if list, err := f.Problems(t.Context(), f.client); err != nil || len(list) != 0 {
		t.Errorf("the address is free: %+v %v", list, err)
	}
}

func TestWhoIsDeletedAndSentAgainIsTheSame(t *testing.T) {
	f := newFirm(t)
	e := f.user(ana)
	before := f.account(e)
	must(t, f.Delete(t.Context(), f.client, scim.UserKind, e.ID, nil))
	again := f.user(ana)
	if after := f.account(again); after.ID != before.ID || after.Disabled || again.ID != e.ID {
		t.Errorf("%+v was %+v", after, before)
	}
	// A name alone may be another person's by now.
	e = f.user(`{"userName":"kim@contoso.test","externalId":"kim"}`)
	before = f.account(e)
	must(t, f.Delete(t.Context(), f.client, scim.UserKind, e.ID, nil))
	again = f.user(`{"userName":"kim@contoso.test","externalId":"kim"}`)
	if f.account(again).ID == before.ID || again.ID == e.ID {
		t.Error("a new person has an old one's account")
	}
}

func TestAChangeNamesTheVersionItIsOf(t *testing.T) {
	f := newFirm(t)
	e := f.user(ana)
	is := f.read(scim.UserKind, strings.Replace(ana, "Ana Asker", "Ana A.", 1))
	if _, err := f.Replace(t.Context(), f.client, scim.UserKind, e.ID, provision.Match{`W/"7"`}, is); signoff.CodeOf(err) != "stale" {
		t.Error(err)
	}
	n, err := f.Replace(t.Context(), f.client, scim.UserKind, e.ID, provision.Match{`W/"7"`, e.Version()}, is)
	if err != nil || n.Rev != 2 || f.account(e).Name != "Ana A." {
		t.Errorf("%+v %v", n, err)
	}
	if n, err = f.Replace(t.Context(), f.client, scim.UserKind, e.ID, provision.Match{"*"}, is); err != nil || n.Rev != 2 {
		t.Errorf("what is so already is a change: %+v %v", n, err)
	}
	if err := f.Delete(t.Context(), f.client, scim.UserKind, e.ID, provision.Match{e.Version()}); signoff.CodeOf(err) != "stale" {
		t.Error(err)
	}
	if err := f.Delete(t.Context(), f.client, scim.GroupKind, e.ID, nil); signoff.CodeOf(err) != "scim-not-found" {
		t.Error("a user was deleted as a group")
	}
}

func TestSearchesFindByIndexAndByLooking(t *testing.T) {
	f := newFirm(t)
	var all []provision.Entry
	for i := range 7 {
		all = append(all, f.user(fmt.Sprintf(`{"userName":"p%d@contoso.test","externalId":"x%d","title":"%s"}`, i, i, map[bool]string{true: "Boss", false: "Clerk"}[i%2 == 0])))
	}
	g := f.group("Sales", all[1], all[2])
	find := func(k scim.Kind, filter string, start, count int) string {
		t.Helper()
		q := provision.Search{Start: start, Count: count}
		if filter != "" {
			var err error
			q.Filter, err = scim.ParseFilter(k, filter)
			must(t, err)
		}
		page, first, total, err := f.Find(t.Context(), f.client, k, q)
		must(t, err)
		out := fmt.Sprintf("%d from %d:", total, first)
		for _, e := range page {
			name, _, _ := strings.Cut(e.Label, "@")
			out += " " + name
		}
		return out
	}
	for _, c := range []struct {
		k            scim.Kind
		filter       string
		start, count int
		want         string
	}{
		{scim.UserKind, "", 1, -1, "7 from 1: p0 p1 p2 p3 p4 p5 p6"},
		{scim.UserKind, "", 3, 2, "7 from 3: p2 p3"},
		{scim.UserKind, "", 0, 0, "7 from 1:"},
		{scim.UserKind, "", 8, 5, "7 from 8:"},
		{scim.UserKind, `userName eq "P3@CONTOSO.test"`, 1, -1, "1 from 1: p3"},
		{scim.UserKind, `externalId eq "x4"`, 1, -1, "1 from 1: p4"},
		{scim.UserKind, `id eq "` + all[5].ID + `"`, 1, -1, "1 from 1: p5"},
		{scim.UserKind, `id eq "` + g.ID + `"`, 1, -1, "0 from 1:"},
		{scim.UserKind, `title eq "boss"`, 2, 2, "4 from 2: p2 p4"},
		{scim.UserKind, `userName eq "p3@contoso.test" and title eq "Boss"`, 1, -1, "0 from 1:"},
		{scim.UserKind, `groups.display eq "Sales"`, 1, -1, "2 from 1: p1 p2"},
		{scim.GroupKind, `displayName eq "sales"`, 1, -1, "1 from 1: Sales"},
		{scim.GroupKind, `members eq "` + all[1].ID + `"`, 1, -1, "1 from 1: Sales"},
		{scim.GroupKind, `id eq "` + g.ID + `" and members eq "` + all[3].ID + `"`, 1, -1, "0 from 1:"},
		{scim.GroupKind, `id eq "` + g.ID + `" and members eq "` + all[2].ID + `"`, 1, -1, "1 from 1: Sales"},
	} {
		if got := find(c.k, c.filter, c.start, c.count); got != c.want {
			t.Errorf("%s: %s, want %s", c.filter, got, c.want)
		}
	}
}

func TestTokensFollowEachOther(t *testing.T) {
	f := newFirm(t)
	admin := access.System
	first, k, err := f.AddToken(t.Context(), admin, "okta", time.Time{})
	must(t, err)
	second, _, err := f.AddToken(t.Context(), admin, "okta", time.Now().Add(time.Hour))
	must(t, err)
	if _, _, err := f.AddToken(t.Context(), admin, "okta", time.Time{}); signoff.CodeOf(err) != "scim-too-many-tokens" {
		t.Error(err)
	}
	for _, text := range []string{string(first), string(second)} {
		if name, err := f.ClientOf(t.Context(), text); name != "okta" || err != nil {
			t.Errorf("%q %v", name, err)
		}
	}
	must(t, f.EndToken(t.Context(), admin, "okta", k.ID))
	for _, text := range []string{string(first), "", "scim_", string(second) + "x", strings.ToLower(string(second)), "sgn_abc"} {
		if _, err := f.ClientOf(t.Context(), text); signoff.CodeOf(err) != "scim-token-unknown" {
			t.Errorf("%.10s: %v", text, err)
		}
	}
	if _, _, err := f.AddToken(t.Context(), admin, "okta", time.Now().Add(-time.Hour)); signoff.CodeOf(err) != "bad-expiry" {
		t.Error(err)
	}
	nobody := signoff.Caller{Person: signoff.Person{Principal: "user:9"}}
	if _, _, err := f.AddToken(t.Context(), nobody, "okta", time.Time{}); signoff.KindOf(err) != signoff.Forbidden {
		t.Error(err)
	}
	if err := f.EndToken(t.Context(), nobody, "okta", 2); signoff.KindOf(err) != signoff.Forbidden {
		t.Error(err)
	}
	if dump, err := f.store.DumpText(context.Background()); err != nil || strings.Contains(dump, string(second)) {
		t.Error("the token is kept", err)
	}
}

func TestATokenRunsOut(t *testing.T) {
	f := newFirm(t)
	text, _, err := f.AddToken(t.Context(), access.System, "okta", time.Now().Add(50*time.Millisecond))
	must(t, err)
	<-time.After(60 * time.Millisecond)
	if _, err := f.ClientOf(t.Context(), string(text)); signoff.CodeOf(err) != "scim-token-unknown" {
		t.Error(err)
	}
}
