package directory_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

const source = "ldap:contoso"

// A firm is a server without anything but people.
type firm struct {
	t      *testing.T
	store  *store.Store
	people *identity.Service
	dir    *directory.Service
}

func newFirm(t *testing.T) *firm {
	t.Helper()
	ctx := context.Background()
	st, err := store.Open(ctx, pgtest.Choose(t, filepath.Join(t.TempDir(), "signoff.db")), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	people, err := identity.Open(ctx, st, identity.Options{Now: st.Now})
	if err != nil {
		t.Fatal(err)
	}
	return &firm{t, st, people, directory.New(st, people, slog.New(slog.DiscardHandler))}
}

func (f *firm) take(c directory.Changes) directory.Outcome {
	f.t.Helper()
	return f.takeWith(c, directory.Take{})
}

func (f *firm) takeWith(c directory.Changes, how directory.Take) directory.Outcome {
	f.t.Helper()
	out, err := f.dir.Take(context.Background(), source, c, how)
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

func (f *firm) account(login string) store.Account {
	f.t.Helper()
	a, found, err := f.store.AccountByLogin(context.Background(), login)
	if err != nil || !found {
		f.t.Fatalf("account %s: found %v, %v", login, found, err)
	}
	return a
}

// groupsOf lists the names of all groups somebody is in, nested ones too.
func (f *firm) groupsOf(login string) string {
	f.t.Helper()
	list, err := f.store.GroupsOf(context.Background(), f.account(login).ID)
	if err != nil {
		f.t.Fatal(err)
	}
	var names []string
	for _, g := range list {
		names = append(names, g.Name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func (f *firm) local(login, email string, admin bool) {
	f.t.Helper()
	if _, err := f.people.CreateUser(context.Background(), access.System, identity.NewUser{Login: login, Email: email, Admin: admin}); err != nil {
		f.t.Fatal(err)
	}
}

var (
	ben = directory.Person{Subject: "s-ben", Login: "ben", Label: "ben@contoso.test", Name: "Ben", Addresses: []string{"ben@contoso.test"}}
	ana = directory.Person{Subject: "s-ana", Login: "ana", Label: "ana@contoso.test", Name: "Ana López", Addresses: []string{"ana@contoso.test", "a.lopez@contoso.test"}, Manager: "s-ben"}
	pay = directory.Group{Subject: "g-pay", Name: "Payables", Members: []string{"s-ana", "s-stranger"}}
	fin = directory.Group{Subject: "g-fin", Name: "Finance", Members: []string{"g-pay", "s-ben"}}
)

func everything() directory.Changes {
	return directory.Changes{People: []directory.Person{ana, ben}, Groups: []directory.Group{fin, pay}, Present: []string{"s-ana", "s-ben", "g-fin", "g-pay"}}
}

func TestTakingMakesPeopleTheirManagersAndGroupsInGroups(t *testing.T) {
	f := newFirm(t)
	out := f.take(everything())
	if out.Made != 2 || out.GroupsMade != 2 || out.Troubled != 0 || out.Members != 3 {
		t.Errorf("outcome %+v", out)
	}
	a, b := f.account("ana"), f.account("ben")
	if a.Name != "Ana López" || a.Source != source || a.Manager != b.ID || len(a.Addresses) != 2 || a.Disabled {
		t.Errorf("ana is %+v", a)
	}
	if got := f.groupsOf("ana"); got != "Finance, Payables" {
		t.Errorf("ana is in %s", got)
	}
	if got := f.groupsOf("ben"); got != "Finance" {
		t.Errorf("ben is in %s", got)
	}
}

func TestTakingTheSameAgainWritesNothing(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	before, err := f.store.DumpText(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := f.take(everything())
	after, err := f.store.DumpText(context.Background())
	if err != nil || before != after || out.Same != 4 || out.Made+out.Changed+out.Members+out.GroupsMade+out.GroupsChanged+out.GroupsGone != 0 {
		t.Errorf("outcome %+v, the same data: %v, %v", out, before == after, err)
	}
}

func TestAPersonIsTheSameByTheirSubjectWhateverTheyAreCalled(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	was := f.account("ana")
	moved := ana
	moved.Login, moved.Label, moved.Name, moved.Addresses, moved.Manager = "ana.lovelace", "lovelace@contoso.test", "Ana Lovelace", []string{"lovelace@contoso.test"}, ""
	out := f.take(directory.Changes{People: []directory.Person{moved}})
	is := f.account("ana")
	if out.Changed != 1 || out.Made != 0 || is.ID != was.ID || is.Name != "Ana Lovelace" || is.Email() != "lovelace@contoso.test" || is.Manager != 0 {
		t.Errorf("outcome %+v, ana is %+v", out, is)
	}
	if got := f.groupsOf("ana"); got != "Finance, Payables" {
		t.Errorf("ana is in %q", got)
	}
}

func TestWhoIsDisabledThereOrGoneIsSwitchedOffAndComesBack(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	epoch := f.account("ana").Epoch
	off := ana
	off.Disabled = true
	if out := f.take(directory.Changes{People: []directory.Person{off}}); out.Disabled != 1 || !f.account("ana").Disabled || f.account("ana").Epoch == epoch {
		t.Errorf("disabled there: %+v, %+v", out, f.account("ana"))
	}
	if out := f.take(directory.Changes{People: []directory.Person{ana}}); out.Enabled != 1 || f.account("ana").Disabled {
		t.Errorf("enabled there: %+v", out)
	}
	if out := f.take(directory.Changes{Gone: []string{"s-ana"}}); out.Disabled != 1 || !f.account("ana").Disabled {
		t.Errorf("gone: %+v", out)
	}
	if out := f.take(directory.Changes{Gone: []string{"s-ana"}}); out.Disabled != 0 {
		t.Errorf("gone twice: %+v", out)
	}
	if out := f.take(everything()); out.Enabled != 1 || out.Made != 0 || f.account("ana").Disabled {
		t.Errorf("back again: %+v", out)
	}
	c := everything()
	c.People, c.Present = nil, []string{"s-ben", "g-fin", "g-pay"}
	if out := f.take(c); out.Disabled != 1 || !f.account("ana").Disabled {
		t.Errorf("not present: %+v", out)
	}
}

func TestWhomAnAdministratorSwitchedOffStaysOff(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	_, err := f.store.ChangeAccount(context.Background(), f.account("ana").ID, func(a *store.Account) error { a.Disabled = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	renamed := ana
	renamed.Name = "Ana L."
	if out := f.take(directory.Changes{People: []directory.Person{renamed}}); out.Enabled != 0 || !f.account("ana").Disabled || f.account("ana").Name != "Ana L." {
		t.Errorf("outcome %+v, %+v", out, f.account("ana"))
	}
}

func TestWhoIsDisabledThereAndNeverWasHereGetsNoAccount(t *testing.T) {
	f := newFirm(t)
	off := ana
	off.Disabled = true
	out := f.take(directory.Changes{People: []directory.Person{off}})
	if _, found, _ := f.store.AccountByLogin(context.Background(), "ana"); found || out.Left != 1 {
		t.Errorf("outcome %+v, found %v", out, found)
	}
	if out := f.take(directory.Changes{People: []directory.Person{ana}}); out.Made != 1 {
		t.Errorf("switched on: %+v", out)
	}
}

func TestAMemberWhoIsToldOfLaterIsInTheGroupThen(t *testing.T) {
	f := newFirm(t)
	f.take(directory.Changes{Groups: []directory.Group{fin, pay}})
	f.take(directory.Changes{People: []directory.Person{ana, ben}})
	if got := f.groupsOf("ana"); got != "Finance, Payables" {
		t.Errorf("ana is in %q", got)
	}
	if a := f.account("ana"); a.Manager != f.account("ben").ID {
		t.Errorf("ana's manager is %d: told of before the manager was", a.Manager)
	}
}

func TestAManagerWhoIsTakenLaterIsTheManagerThen(t *testing.T) {
	f := newFirm(t)
	f.take(directory.Changes{People: []directory.Person{ana}})
	if m := f.account("ana").Manager; m != 0 {
		t.Errorf("the manager is %d", m)
	}
	f.take(directory.Changes{People: []directory.Person{ben}})
	if m := f.account("ana").Manager; m != f.account("ben").ID {
		t.Errorf("the manager is %d", m)
	}
}

func TestMembershipsFollowTheGroup(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	less := pay
	less.Members = nil
	f.take(directory.Changes{Groups: []directory.Group{less}})
	if got := f.groupsOf("ana"); got != "" {
		t.Errorf("after leaving, ana is in %q", got)
	}
	f.take(directory.Changes{Groups: []directory.Group{{Subject: "g-pay", Name: "Payables", Partial: true, Members: []string{"s-ana", "s-ben"}}}})
	f.take(directory.Changes{Groups: []directory.Group{{Subject: "g-pay", Name: "Payables", Partial: true, Without: []string{"s-ana"}}}})
	if a, b := f.groupsOf("ana"), f.groupsOf("ben"); a != "" || b != "Finance, Payables" {
		t.Errorf("ana is in %q, ben in %q", a, b)
	}
	f.take(directory.Changes{Gone: []string{"g-pay"}})
	if b := f.groupsOf("ben"); b != "Finance" {
		t.Errorf("when Payables is gone, ben is in %q", b)
	}
	if _, found, _ := f.store.GroupByKey(context.Background(), "payables"); !found {
		t.Error("a group was deleted")
	}
}

func TestAPrimaryGroupIsSaidByTheMember(t *testing.T) {
	f := newFirm(t)
	c := everything()
	c.People = slices.Clone(c.People)
	c.People[1].Groups = []string{"g-pay"}
	f.take(c)
	if got := f.groupsOf("ben"); got != "Finance, Payables" {
		t.Errorf("ben is in %q", got)
	}
	f.take(directory.Changes{Groups: []directory.Group{pay}}) // which does not list Ben
	if got := f.groupsOf("ben"); got != "Finance, Payables" {
		t.Errorf("after the group was told again, ben is in %q", got)
	}
	f.take(directory.Changes{People: []directory.Person{ben}})
	if got := f.groupsOf("ben"); got != "Finance" {
		t.Errorf("with another primary group, ben is in %q", got)
	}
}

func TestMembershipsThatAreOursStay(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	g, err := f.people.CreateGroup(context.Background(), access.System, "Choir")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.people.SetMember(context.Background(), access.System, g.Principal, f.account("ana").Principal(), true); err != nil {
		t.Fatal(err)
	}
	less := pay
	less.Members = nil
	f.take(directory.Changes{Groups: []directory.Group{less}})
	renamed := ana
	renamed.Name = "A"
	f.take(directory.Changes{People: []directory.Person{renamed}})
	if got := f.groupsOf("ana"); got != "Choir" {
		t.Errorf("ana is in %q", got)
	}
}

func TestGroupsInACircleEndAndAreTold(t *testing.T) {
	f := newFirm(t)
	a, b := directory.Group{Subject: "g-a", Name: "A", Members: []string{"g-b", "s-ana"}}, directory.Group{Subject: "g-b", Name: "B", Members: []string{"g-a"}}
	out := f.take(directory.Changes{People: []directory.Person{ana}, Groups: []directory.Group{a, b}})
	if out.Troubled == 0 || out.Problems[0].Code != "group-cycle" {
		t.Errorf("outcome %+v", out)
	}
	if got := f.groupsOf("ana"); !strings.Contains(got, "A") {
		t.Errorf("ana is in %q", got)
	}
}

func TestSomebodyWithTheSameAddressIsTakenOnlyWhenThatIsAllowed(t *testing.T) {
	f := newFirm(t)
	f.local("alopez", "Ana@contoso.test", false)
	out := f.take(directory.Changes{People: []directory.Person{ana}})
	if out.Made+out.Linked != 0 || out.Troubled != 1 || out.Problems[0].Code != "address-taken" || out.Problems[0].Name != "Ana López" {
		t.Errorf("not allowed: %+v", out)
	}
	out = f.takeWith(directory.Changes{People: []directory.Person{ana}}, directory.Take{ByAddress: true})
	if a := f.account("alopez"); out.Linked != 1 || out.Made != 0 || a.Source != source || a.Name != "Ana López" || len(a.Addresses) != 2 {
		t.Errorf("allowed: %+v, %+v", out, a)
	}
}

func TestAnAdministratorIsNotTakenOverByAnAddress(t *testing.T) {
	f := newFirm(t)
	f.local("root", "ana@contoso.test", true)
	out := f.takeWith(directory.Changes{People: []directory.Person{ana}}, directory.Take{ByAddress: true})
	if a := f.account("root"); out.Linked != 0 || out.Troubled != 1 || a.Source != "" {
		t.Errorf("outcome %+v, root is %+v", out, a)
	}
}

func TestWhoAdministersThroughARoleIsNotTakenOverByAnAddress(t *testing.T) {
	for _, right := range []access.Right{access.Server, access.Impersonate} {
		t.Run(right.Name(), func(t *testing.T) {
			f := newFirm(t)
			ctx := context.Background()
			f.local("alopez", "ana@contoso.test", false)
			outer, err := f.people.MakeGroup(ctx, access.System, identity.NewGroup{Name: "Operators", Role: true})
			if err == nil {
				_, err = f.people.MakeGroup(ctx, access.System, identity.NewGroup{Name: "Night shift"})
			}
			inner, _, ferr := f.store.GroupByKey(ctx, "night shift")
			err = errors.Join(err, ferr, f.people.SetMember(ctx, access.System, outer.Principal, inner.Principal(), true),
				f.people.SetMember(ctx, access.System, inner.Principal(), f.account("alopez").Principal(), true),
				f.people.ChangeServerGrants(ctx, access.System, func(is []access.Grant) ([]access.Grant, error) {
					return append(is, access.Grant{Who: outer.Principal, Right: right}), nil
				}))
			if err != nil {
				t.Fatal(err)
			}
			out := f.takeWith(directory.Changes{People: []directory.Person{ana}}, directory.Take{ByAddress: true})
			if a := f.account("alopez"); out.Linked != 0 || out.Troubled != 1 || a.Source != "" {
				t.Errorf("outcome %+v, alopez is %+v", out, a)
			}
		})
	}
}

func TestAnAddressDoesNotFindWhoIsSomebodyElseInTheDirectory(t *testing.T) {
	f := newFirm(t)
	f.local("alopez", "ana@contoso.test", false)
	l := store.IdentityLink{Source: source, Subject: "s-ana-who-left", Account: f.account("alopez").ID, Label: "ana"}
	if err := f.store.Link(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	out := f.takeWith(directory.Changes{People: []directory.Person{ana}}, directory.Take{ByAddress: true})
	if a := f.account("alopez"); out.Linked != 0 || out.Troubled != 1 || out.Problems[0].Code != "address-taken" || a.Source != "" {
		t.Errorf("outcome %+v, alopez is %+v", out, a)
	}
}

func TestWhomAnotherDirectoryRulesIsNotSwitchedOffByThis(t *testing.T) {
	f := newFirm(t)
	ctx := context.Background()
	f.take(everything())
	other := ana
	other.Subject, other.Addresses = "x-ana", nil
	l := store.IdentityLink{Source: "scim:okta", Subject: other.Subject, Account: f.account("ana").ID, Label: "ana"}
	if err := f.store.Link(ctx, l); err != nil {
		t.Fatal(err)
	}
	for _, c := range []directory.Changes{{People: []directory.Person{other}}, {Gone: []string{other.Subject}}} {
		if _, err := f.dir.Take(ctx, l.Source, c, directory.Take{}); err != nil {
			t.Fatal(err)
		}
	}
	if a := f.account("ana"); a.Disabled || a.Source != source {
		t.Errorf("ana is %+v", a)
	}
}

func TestTheLastAdministratorIsNotSwitchedOff(t *testing.T) {
	f := newFirm(t)
	f.take(everything())
	_, err := f.store.ChangeAccount(context.Background(), f.account("ana").ID, func(a *store.Account) error { a.Admin = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	out := f.take(directory.Changes{Gone: []string{"s-ana", "s-ben"}})
	if f.account("ana").Disabled || !f.account("ben").Disabled || out.Disabled != 1 || out.Troubled != 1 || out.Problems[0].Code != "last-administrator" {
		t.Errorf("outcome %+v", out)
	}
}

func TestLoginsAndGroupNamesThatAreTakenBecomeOthers(t *testing.T) {
	f := newFirm(t)
	f.local("ana", "", false)
	if _, err := f.people.CreateGroup(context.Background(), access.System, "finance"); err != nil {
		t.Fatal(err)
	}
	out := f.take(everything())
	if a := f.account("ana.contoso"); a.Name != "Ana López" || out.Made != 2 {
		t.Errorf("outcome %+v, ana is %+v", out, a)
	}
	if got := f.groupsOf("ben"); got != "Finance (contoso)" {
		t.Errorf("ben is in %q", got)
	}
	if out := f.take(everything()); out.Same != 4 {
		t.Errorf("again: %+v", out)
	}
}

func TestOneWhoCannotBeTakenHindersNobodyElse(t *testing.T) {
	f := newFirm(t)
	shared := ben
	shared.Addresses = []string{"ben@contoso.test", "ana@contoso.test", "no address", "a.lopez@contoso.test"}
	nameless := directory.Person{Subject: "", Name: "Nobody"}
	nul := directory.Person{Subject: "s-nul", Login: "nul\x00", Name: "\x00\xff", Addresses: []string{"\x00@x"}}
	out := f.take(directory.Changes{People: []directory.Person{ana, nameless, shared, nul}})
	if b := f.account("ben"); len(b.Addresses) != 1 || out.Made != 3 {
		t.Errorf("ben is %+v, outcome %+v", b, out)
	}
	codes := ""
	for _, p := range out.Problems {
		codes += p.Code + " "
	}
	if !strings.Contains(codes, "subject-unusable") || strings.Count(codes, "address-taken") != 2 || !strings.Contains(codes, "address-unusable") {
		t.Errorf("problems %s", codes)
	}
}

// crowd is a directory of n people.
func crowd(n int) directory.Changes {
	c := directory.Changes{Present: []string{}}
	all := directory.Group{Subject: "g-all", Name: "All hands"}
	for i := range n {
		p := directory.Person{Subject: fmt.Sprintf("s-%05d", i), Login: fmt.Sprintf("p%05d", i), Name: fmt.Sprintf("Person %d", i)}
		c.People, c.Present, all.Members = append(c.People, p), append(c.Present, p.Subject), append(all.Members, p.Subject)
	}
	c.Groups, c.Present = []directory.Group{all}, append(c.Present, all.Subject)
	return c
}

func TestASyncThatWouldSwitchOffTooManyStopsBeforeAnything(t *testing.T) {
	f := newFirm(t)
	f.take(crowd(60))
	c := crowd(60)
	c.Present = c.Present[30:] // a wrong filter
	c.People = append([]directory.Person{ana}, c.People[30:]...)
	out, err := f.dir.Take(context.Background(), source, c, directory.Take{MostPercent: 10})
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != directory.CodeStopped || out.Leaving != 30 {
		t.Fatalf("outcome %+v, %v", out, err)
	}
	if _, found, _ := f.store.AccountByLogin(context.Background(), "ana"); found || f.account("p00000").Disabled {
		t.Error("something was written")
	}
	if out := f.takeWith(c, directory.Take{}); out.Disabled != 30 || out.Made != 1 {
		t.Errorf("without a bound: %+v", out)
	}
	c = directory.Changes{Present: []string{}}
	if _, err := f.dir.Take(context.Background(), source, c, directory.Take{MostPercent: 10}); err == nil {
		t.Error("an empty directory switched everybody off")
	}
}

func TestLargeGroupsAreWrittenInParts(t *testing.T) {
	f := newFirm(t)
	c := crowd(2500)
	f.take(c)
	list, err := f.store.Members(context.Background(), 1, 0, 5000)
	if err != nil || len(list) != 2500 {
		t.Fatalf("%d members, %v", len(list), err)
	}
	if out := f.take(c); out.Same != 2501 {
		t.Errorf("again: %+v", out)
	}
	c.Groups[0].Members = c.Groups[0].Members[:10]
	f.take(c)
	if list, err = f.store.Members(context.Background(), 1, 0, 5000); err != nil || len(list) != 10 {
		t.Errorf("%d members are left, %v", len(list), err)
	}
}

func TestAPreviewSaysWhatWouldBeDoneAndDoesNothing(t *testing.T) {
	f := newFirm(t)
	before, _ := f.store.DumpText(context.Background())
	out := f.takeWith(everything(), directory.Take{Only: true})
	after, _ := f.store.DumpText(context.Background())
	if before != after || out.Made != 2 || out.GroupsMade != 2 || len(out.First) != 2 || out.First[0].What != "make" {
		t.Errorf("outcome %+v, the same data: %v", out, before == after)
	}
}

func TestMoreThanCanBeHeldIsRefused(t *testing.T) {
	f := newFirm(t)
	_, err := f.dir.Take(context.Background(), source, directory.Changes{People: make([]directory.Person, 500_001)}, directory.Take{})
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != "directory-too-large" {
		t.Error(err)
	}
}

func TestAGroupsNameIsPlainUnlessItIsTaken(t *testing.T) {
	f := newFirm(t)
	ctx := t.Context()
	name := func() string { return f.groupsOf("ben") }
	sales := directory.Group{Subject: "g-sales", Name: "Sales", Members: []string{"s-ben"}}
	take := func() {
		t.Helper()
		out, err := f.dir.Take(ctx, "entra:c0ca5a00-7e57-4000-8000-000000000001", directory.Changes{People: []directory.Person{ben}, Groups: []directory.Group{sales}}, directory.Take{Called: "contoso"})
		if err != nil || out.Troubled != 0 {
			t.Fatal(out, err)
		}
	}
	take()
	if got := name(); got != "Sales" {
		t.Errorf("free: %s", got)
	}
	ours, err := f.people.CreateGroup(ctx, access.System, "Marketing")
	if err != nil {
		t.Fatal(err)
	}
	sales.Name = "Marketing"
	take()
	if got := name(); got != "Marketing (contoso)" {
		t.Errorf("taken: %s", got)
	}
	if err := f.people.DeleteGroup(ctx, access.System, ours.Principal); err != nil {
		t.Fatal(err)
	}
	sales.About = "told again"
	take()
	if got := name(); got != "Marketing" {
		t.Errorf("free again: %s", got)
	}
}
