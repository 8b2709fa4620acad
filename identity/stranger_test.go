package identity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

const contoso = "entra:11111111-2222-3333-4444-555555555555"

// stranger is somebody of contoso whose login is their address there.
func stranger(login string, change ...func(*Stranger)) Stranger {
	st := Stranger{Source: contoso, Subject: "oid-of-" + login, Login: login + "@contoso.test", Name: "Name of " + login, Email: login + "@contoso.test"}
	for _, c := range change {
		c(&st)
	}
	return st
}

func theirs(st *Stranger) { st.EmailTheirs = true }
func proven(st *Stranger) { st.EmailTheirs, st.EmailProven = true, true }

func said(groups, roles []string) func(*Stranger) {
	return func(st *Stranger) { st.Groups, st.Roles = groups, roles }
}

func (w world) recognise(st Stranger, n Newcomers) signoff.Caller {
	w.t.Helper()
	c, err := w.Recognise(w.t.Context(), st, n, "bearer")
	must(w.t, err)
	return c
}

func (w world) unrecognised(st Stranger, n Newcomers, code string) {
	w.t.Helper()
	_, err := w.Recognise(w.t.Context(), st, n, "bearer")
	wantCode(w.t, err, code)
}

func TestSomebodyUnknownIsMadeAskedForOrRefused(t *testing.T) {
	w := newWorld(t, Options{})
	w.unrecognised(stranger("ana"), NewcomersRefuse, "person-unknown")
	w.unrecognised(stranger("ana"), "", "person-unknown")
	w.unrecognised(stranger("ana"), NewcomersAsk, "person-awaits-admission")
	c := w.recognise(stranger("ana", theirs), NewcomersCreate)
	if c.Login != "ana" || c.Name != "Name of ana" || c.Email != "ana@contoso.test" || c.Admin || c.How != "bearer" || !c.Is(signoff.Everyone) {
		t.Errorf("%+v", c)
	}
	again := w.recognise(stranger("ana", func(st *Stranger) { st.Login, st.Name, st.Email = "ana.b@contoso.test", "Ana B", "" }), NewcomersRefuse)
	if again.Principal != c.Principal || again.Login != "ana" {
		t.Errorf("somebody else because they are called otherwise now: %+v", again)
	}
	links, err := w.Links(t.Context(), access.System, c.Principal)
	if err != nil || len(links) != 1 || links[0].Label != "ana.b@contoso.test" || links[0].Seen.IsZero() {
		t.Errorf("%+v %v", links, err)
	}
	if waiting, err := w.Newcomers(t.Context(), access.System, false, 0, 10); err != nil || len(waiting) != 0 {
		t.Errorf("still waits: %+v %v", waiting, err)
	}
	w.unrecognised(stranger("ana", func(st *Stranger) { st.Source = "entra:99999999-2222-3333-4444-555555555555" }), NewcomersRefuse, "person-unknown")
}

func TestWhatNoSystemCallsAnybodyIsNobody(t *testing.T) {
	w := newWorld(t, Options{})
	for name, change := range map[string]func(*Stranger){
		"no source":    func(st *Stranger) { st.Source = "" },
		"no subject":   func(st *Stranger) { st.Subject = "" },
		"a long one":   func(st *Stranger) { st.Subject = strings.Repeat("x", maxSubject+1) },
		"a control":    func(st *Stranger) { st.Subject = "a\x00b" },
		"not UTF-8":    func(st *Stranger) { st.Subject = "a\xff" },
		"a line in it": func(st *Stranger) { st.Source = "oidc:https://a\nb" },
	} {
		if _, err := w.Recognise(t.Context(), stranger("ana", change), NewcomersCreate, "bearer"); signoff.CodeOf(err) != "person-unknown" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressFindsSomebodyOnlyWhenItIsProven(t *testing.T) {
	w := newWorld(t, Options{})
	ana, boss := w.user("ana"), w.user("boss", admin)
	w.unrecognised(stranger("ana", theirs), NewcomersCreate, "person-awaits-admission") // one mailbox, one person
	w.unrecognised(stranger("ana", proven, func(st *Stranger) { st.App = true }), NewcomersRefuse, "person-unknown")
	c := w.recognise(stranger("ana", proven), NewcomersRefuse)
	if c.Principal != ana.Principal {
		t.Errorf("%+v", c)
	}
	w.unrecognised(stranger("boss", proven), NewcomersCreate, "person-awaits-admission") // an administrator, by an address alone
	must(t, w.LinkPerson(t.Context(), boss, boss.Principal, contoso, "oid-of-boss", "boss@contoso.test"))
	if c := w.recognise(stranger("boss", proven), NewcomersRefuse); c.Principal != boss.Principal || !c.Admin {
		t.Errorf("%+v", c)
	}
	// An address on their own word neither finds anybody nor is kept.
	eve := w.recognise(stranger("eve", func(st *Stranger) { st.Email = "ana@contoso.test" }), NewcomersCreate)
	if eve.Principal == ana.Principal || eve.Email != "" {
		t.Errorf("%+v", eve)
	}
	w.change(ana, UserChange{Disabled: new(true)})
	w.unrecognised(stranger("ana", proven), NewcomersCreate, "user-disabled")
	w.unrecognised(stranger("ana", proven, func(st *Stranger) { st.Source = "oidc:https://b.test" }), NewcomersCreate, "user-disabled")
}

// Addresses of people who left are given to others.
func TestAnAddressDoesNotFindWhoIsSomebodyElseThereAlready(t *testing.T) {
	w := newWorld(t, Options{})
	ana := w.user("ana")
	w.recognise(stranger("ana", proven), NewcomersRefuse)
	other := stranger("ana", proven, func(st *Stranger) { st.Subject = "oid-of-another-ana" })
	would, err := w.Foresee(t.Context(), other, NewcomersCreate)
	if must(t, err); would.Would != "ask" {
		t.Errorf("foreseen: %+v", would)
	}
	w.unrecognised(other, NewcomersCreate, "person-awaits-admission")
	if links, err := w.Links(t.Context(), access.System, ana.Principal); err != nil || len(links) != 1 {
		t.Errorf("%+v %v", links, err)
	}
	elsewhere := stranger("ana", proven, func(st *Stranger) { st.Source = "oidc:https://b.test" })
	if c := w.recognise(elsewhere, NewcomersRefuse); c.Principal != ana.Principal {
		t.Errorf("by another provider: %+v", c)
	}
}

func TestWhoAdministersThroughARoleIsFoundByNoAddress(t *testing.T) {
	w := newWorld(t, Options{})
	ana := w.user("ana")
	role, err := w.MakeGroup(t.Context(), access.System, NewGroup{Name: "Operators", Role: true})
	must(t, err)
	must(t, w.SetMember(t.Context(), access.System, role.Principal, ana.Principal, true))
	must(t, w.ChangeServerGrants(t.Context(), access.System, func(is []access.Grant) ([]access.Grant, error) {
		return append(is, access.Grant{Who: role.Principal, Right: access.Server}), nil
	}))
	would, err := w.Foresee(t.Context(), stranger("ana", proven), NewcomersCreate)
	if must(t, err); would.Would != "ask" {
		t.Errorf("foreseen: %+v", would)
	}
	w.unrecognised(stranger("ana", proven), NewcomersCreate, "person-awaits-admission")
}

func TestADisabledPersonIsRefusedAtOnceAndAnUnlinkedOneIsAStranger(t *testing.T) {
	w := newWorld(t, Options{})
	c := w.recognise(stranger("ana"), NewcomersCreate)
	w.change(c, UserChange{Disabled: new(true)})
	w.unrecognised(stranger("ana"), NewcomersCreate, "user-disabled")
	w.change(c, UserChange{Disabled: new(false)})
	w.recognise(stranger("ana"), NewcomersRefuse)
	must(t, w.UnlinkPerson(t.Context(), access.System, c.Principal, contoso, "oid-of-ana"))
	w.unrecognised(stranger("ana"), NewcomersRefuse, "person-unknown")
	wantCode(t, w.UnlinkPerson(t.Context(), access.System, c.Principal, contoso, "oid-of-ana"), "link-not-found")
}

// Who was linked by mistake is not to stay signed in as somebody else.
func TestAnUnlinkedOneIsSignedInNoMore(t *testing.T) {
	for name, unlink := range map[string]func(w world, c signoff.Caller) error{
		"by an administrator": func(w world, c signoff.Caller) error {
			return w.UnlinkPerson(t.Context(), access.System, c.Principal, contoso, "oid-of-ana")
		},
		"by a directory": func(w world, _ signoff.Caller) error { return w.store.Unlink(t.Context(), contoso, "oid-of-ana") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, Options{})
			ana := w.user("ana")
			c := w.recognise(stranger("ana", proven), NewcomersRefuse)
			for _, from := range []SessionOrigin{{}, {Provider: "entra", Issuer: "https://login.test", Subject: "sub"}} {
				_, err := w.BeginSession(t.Context(), c, from)
				must(t, err)
			}
			must(t, unlink(w, c))
			left, err := w.Sessions(t.Context(), access.System, ana.Principal)
			if err != nil || len(left) != 1 || left[0].Provider != "" {
				t.Errorf("%+v %v", left, err)
			}
		})
	}
}

func TestAnApplicationIsNoPerson(t *testing.T) {
	w := newWorld(t, Options{})
	w.user("ana")
	app := w.recognise(Stranger{Source: contoso, Subject: "sp", App: true, Label: "c0ffee00-0000-4000-8000-000000000001", Name: "Nightly import"}, NewcomersCreate)
	if app.Login != "app-c0ffee00-0000-4000-8000-000000000001" || app.Is(signoff.Everyone) || app.Email != "" {
		t.Errorf("%+v", app)
	}
	found, err := w.Search(t.Context(), "nightly", 10)
	if err != nil || len(found) != 0 {
		t.Errorf("the person picker finds it: %v %v", found, err)
	}
	if _, err := w.ChangeUser(t.Context(), access.System, app.Principal, UserChange{Name: new("Nightly job")}); err != nil {
		t.Fatal(err)
	}
	if found, err = w.Search(t.Context(), "nightly", 10); err != nil || len(found) != 0 {
		t.Errorf("after a change the person picker finds it: %v %v", found, err)
	}
	all, err := w.Members(t.Context(), signoff.Everyone, "", 10)
	if err != nil || logins(all) != "ana" {
		t.Errorf("everyone is %v %v", logins(all), err)
	}
}

func TestLoginsAreMadeFromWhatPeopleAreCalled(t *testing.T) {
	w := newWorld(t, Options{})
	w.user("ana")
	for _, tt := range []struct{ called, want string }{
		{"ana@contoso.test", "ana.contoso"},
		{"ana@contoso.test", "ana-2"},
		{"Zoë.Smith@contoso.test", "zoe.smith"},
		{`CONTOSO\jane`, "jane"},
		{"bob_fabrikam.test#EXT#@contoso.test", "bob_fabrikam.test"},
		{"k2@contoso.test", "k2.contoso"},
		{"王@contoso.test", "contoso-1"}, // nothing of it can be a login
		{"", "x"},
		{strings.Repeat("long", 40) + "@contoso.test", strings.Repeat("long", 11)},
	} {
		st := Stranger{Source: contoso, Subject: "s" + tt.called + tt.want, Login: tt.called}
		got := w.recognise(st, NewcomersCreate).Login
		ok := got == tt.want || (tt.want == "contoso-1" || tt.want == "x") && strings.HasPrefix(got, "user-")
		if !ok {
			t.Errorf("%q became %q, want %q", tt.called, got, tt.want)
		}
	}
}

func (w world) linkedGroup(called, external string) signoff.Principal {
	w.t.Helper()
	g := w.group(called)
	must(w.t, w.LinkGroup(w.t.Context(), access.System, g, contoso, external, called+" there"))
	return g
}

func TestGroupsAndRolesOfATokenCountWhenTheyAreLinked(t *testing.T) {
	w := newWorld(t, Options{})
	finance, clerks, hr := w.linkedGroup("Finance", "g1"), w.linkedGroup("Clerks", "role:Clerk"), w.group("HR")
	c := w.recognise(stranger("ana", said([]string{"g1", "g-unknown"}, []string{"Clerk"})), NewcomersCreate)
	if !c.Is(finance) || !c.Is(clerks) || c.Is(hr) {
		t.Errorf("%v", c.Groups)
	}
	must(t, w.SetMember(t.Context(), access.System, hr, c.Principal, true))
	c = w.recognise(stranger("ana", said(nil, []string{})), NewcomersCreate)
	if !c.Is(finance) || c.Is(clerks) || !c.Is(hr) {
		t.Errorf("groups not spoken of stay, roles not held go, ours stay: %v", c.Groups)
	}
	c = w.recognise(stranger("ana", said([]string{"Clerk", "role:Clerk"}, nil)), NewcomersCreate)
	if c.Is(clerks) || c.Is(finance) {
		t.Errorf("a group passed for a role: %v", c.Groups)
	}
	must(t, w.SetMember(t.Context(), access.System, finance, c.Principal, true))
	if c = w.recognise(stranger("ana", said([]string{}, nil)), NewcomersCreate); !c.Is(finance) {
		t.Error("an administrator's word was undone")
	}
	w.recognise(stranger("bob", said([]string{"g1"}, nil)), NewcomersCreate)
	must(t, w.UnlinkGroup(t.Context(), access.System, finance, contoso, "g1"))
	if bob := w.recognise(stranger("bob", said([]string{"g1"}, nil)), NewcomersCreate); bob.Is(finance) {
		t.Error("still in a group that stands for nothing any more")
	}
	wantCode(t, w.UnlinkGroup(t.Context(), access.System, finance, contoso, "g1"), "link-not-found")
}

func TestAnOlderWordDoesNotUndoANewerOne(t *testing.T) {
	c := newClock()
	w := newWorld(t, Options{Now: c.now})
	finance := w.linkedGroup("Finance", "g1")
	at := func(ago time.Duration, groups ...string) func(*Stranger) {
		return func(st *Stranger) { st.Said, st.Groups = c.now().Add(-ago), groups }
	}
	old := stranger("ana", at(time.Hour, "g1"))
	if !w.recognise(old, NewcomersCreate).Is(finance) {
		t.Fatal("not taken up at all")
	}
	if w.recognise(stranger("ana", at(time.Minute, []string{}...), func(st *Stranger) { st.Groups = []string{} }), NewcomersCreate).Is(finance) {
		t.Fatal("the newer word is not taken up")
	}
	c.advance(2 * strangersFor)
	if w.recognise(old, NewcomersCreate).Is(finance) {
		t.Error("a token from before brought the group back")
	}
}

func TestAGroupThatADirectoryRulesIsLeftAlone(t *testing.T) {
	w := newWorld(t, Options{})
	g, err := w.store.CreateGroup(t.Context(), store.Group{Key: "ruled", Name: "Ruled", Source: contoso})
	must(t, err)
	wantCode(t, w.LinkGroup(t.Context(), access.System, g.Principal(), contoso, "g9", "x"), "group-ruled")
	must(t, w.store.LinkGroup(t.Context(), store.GroupLink{Source: contoso, External: "g9", Group: g.ID, Label: "Ruled"}))
	if c := w.recognise(stranger("eve", said([]string{"g9"}, nil)), NewcomersCreate); c.Is(g.Principal()) {
		t.Error("a token put somebody into it")
	}
	c := w.recognise(stranger("ana", said([]string{"g9"}, nil)), NewcomersCreate)
	id, _ := store.AccountID(c.Principal)
	_, err = w.store.SetMembershipsVia(t.Context(), contoso, id, []int64{g.ID})
	must(t, err)
	w.changed()
	if c = w.recognise(stranger("ana", said([]string{}, nil)), NewcomersCreate); !c.Is(g.Principal()) {
		t.Error("a token took somebody out of it")
	}
}

// lookup is a directory that is asked for groups.
type lookup struct {
	groups []string
	ok     bool
	err    error
	asked  int
}

func (l *lookup) LookUpGroups(context.Context, string, string) ([]string, bool, error) {
	l.asked++
	return l.groups, l.ok, l.err
}

func TestTooManyGroupsForATokenAreLookedUp(t *testing.T) {
	w := newWorld(t, Options{})
	finance := w.linkedGroup("Finance", "g1")
	many := stranger("ana", func(st *Stranger) { st.Overage = true })
	if w.recognise(many, NewcomersCreate).Is(finance) {
		t.Fatal("in a group on nobody's word")
	}
	l := &lookup{groups: []string{"g1"}, ok: true}
	w.LookUpGroupsWith(l)
	w.changed()
	for range 3 {
		if !w.recognise(many, NewcomersCreate).Is(finance) {
			t.Error("not looked up")
		}
	}
	if l.asked > 2 { // the change of groups drops what was kept once
		t.Errorf("asked %d times", l.asked)
	}
	*l = lookup{err: errors.New("away")}
	w.changed()
	if !w.recognise(many, NewcomersCreate).Is(finance) {
		t.Error("a directory that is away takes groups from people")
	}
	*l = lookup{ok: true}
	w.changed()
	if w.recognise(many, NewcomersCreate).Is(finance) {
		t.Error("an empty answer is an answer")
	}
}

func TestManyRequestsOfOneNewcomerMakeOneAccount(t *testing.T) {
	w := newWorld(t, Options{})
	var mu sync.Mutex
	var who []signoff.Principal
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			st := stranger("ana")
			if i%2 == 1 {
				st.Roles = []string{"x"} // another token of hers
			}
			c, err := w.Recognise(t.Context(), st, NewcomersCreate, "bearer")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			who = append(who, c.Principal)
		})
	}
	wg.Wait()
	if slices.Sort(who); len(slices.Compact(who)) != 1 {
		t.Errorf("%v", who)
	}
}

func TestSomebodyKnownCostsNoQuery(t *testing.T) {
	st := openStore(t)
	w := openWorld(t, st, Options{})
	first := w.recognise(stranger("ana", said([]string{"b", "a"}, nil)), NewcomersCreate)
	w.recognise(stranger("ana", said([]string{"a", "b"}, nil)), NewcomersCreate)
	must(t, st.Close()) // whoever asks the database now gets an error
	if again := w.recognise(stranger("ana", said([]string{"a", "b"}, nil)), NewcomersCreate); again.Principal != first.Principal {
		t.Errorf("%+v", again)
	}
	if _, err := w.Recognise(t.Context(), stranger("bob"), NewcomersCreate, "bearer"); err == nil {
		t.Error("a closed store answers: this test shows nothing")
	}
}

func TestNewcomersAreAdmittedLinkedOrRefused(t *testing.T) {
	c := newClock()
	w := newWorld(t, Options{Now: c.now})
	boss, ana := w.user("boss", admin), w.user("ana")
	ctx := t.Context()
	for _, st := range []Stranger{stranger("jane"), stranger("ana", theirs), stranger("eve")} {
		w.unrecognised(st, NewcomersAsk, "person-awaits-admission")
	}
	c.advance(time.Minute)
	w.unrecognised(stranger("jane"), NewcomersAsk, "person-awaits-admission")
	waiting, err := w.Newcomers(ctx, boss, false, 0, 10)
	must(t, err)
	if len(waiting) != 3 || waiting[2].Label != "jane@contoso.test" || waiting[2].Times != 2 || waiting[0].Label != "eve@contoso.test" {
		t.Fatalf("%+v", waiting)
	}
	u, err := w.AdmitNewcomer(ctx, boss, waiting[2].ID)
	if err != nil || u.Login != "jane" || u.Admin {
		t.Errorf("%+v %v", u, err)
	}
	if got := w.recognise(stranger("jane"), NewcomersRefuse); got.Principal != u.Principal {
		t.Errorf("%+v", got)
	}
	_, err = w.LinkNewcomer(ctx, boss, waiting[1].ID, ana.Principal)
	must(t, err)
	if got := w.recognise(stranger("ana", theirs), NewcomersRefuse); got.Principal != ana.Principal {
		t.Errorf("%+v", got)
	}
	must(t, w.RefuseNewcomer(ctx, boss, waiting[0].ID, true))
	w.unrecognised(stranger("eve"), NewcomersCreate, "person-unknown")
	if no, err := w.Newcomers(ctx, boss, true, 0, 10); err != nil || len(no) != 1 || no[0].Refused.IsZero() {
		t.Errorf("%+v %v", no, err)
	}
	must(t, w.RefuseNewcomer(ctx, boss, waiting[0].ID, false))
	w.recognise(stranger("eve"), NewcomersCreate)

	_, err = w.AdmitNewcomer(ctx, boss, waiting[2].ID)
	wantCode(t, err, "newcomer-not-found")
	wantCode(t, w.RefuseNewcomer(ctx, boss, 99, true), "newcomer-not-found")
	_, err = w.Newcomers(ctx, ana, false, 0, 10)
	wantCode(t, err, "not-allowed")
	_, err = w.AdmitNewcomer(ctx, ana, 1)
	wantCode(t, err, "not-allowed")
	changes, err := w.store.Changes(ctx, store.ChangeFilter{}, 0, 100)
	must(t, err)
	var what []string
	for _, ch := range changes {
		if ch.By == boss.Principal {
			what = append(what, ch.What)
		}
	}
	if got := strings.Join(what, " "); got != "newcomer-refused newcomer-refused identity-link user" {
		t.Errorf("on record: %s", got)
	}
}

func TestLinksAreCheckedAndOnePersonsOnly(t *testing.T) {
	w := newWorld(t, Options{})
	boss, ana, bob := w.user("boss", admin), w.user("ana"), w.user("bob")
	ctx := t.Context()
	must(t, w.LinkPerson(ctx, boss, ana.Principal, contoso, "o1", ""))
	wantCode(t, w.LinkPerson(ctx, boss, bob.Principal, contoso, "o1", ""), "link-taken")
	wantCode(t, w.LinkPerson(ctx, ana, ana.Principal, contoso, "o2", ""), "not-allowed")
	wantCode(t, w.LinkPerson(ctx, boss, "user:99", contoso, "o3", ""), "user-not-found")
	for _, source := range []string{"", "entra:", "saml:x", "contoso", "entra"} {
		wantCode(t, w.LinkPerson(ctx, boss, ana.Principal, source, "o4", ""), "bad-link")
	}
	wantCode(t, w.LinkPerson(ctx, boss, ana.Principal, contoso, " ", ""), "bad-link")
	_, err := w.Links(ctx, boss, "user:99")
	wantCode(t, err, "user-not-found")
	_, err = w.GroupLinks(ctx, boss, "group:99")
	wantCode(t, err, "group-not-found")
	wantCode(t, w.LinkGroup(ctx, boss, "group:99", contoso, "g", ""), "group-not-found")
}

// K2 clients name people by label and upn, which need not be a mail address here.
func TestPeopleAreFoundByWhatADirectoryCallsThem(t *testing.T) {
	w := newWorld(t, Options{})
	ana := w.user("ana", func(u *NewUser) { u.Email = "ana.berg@contoso.test" })
	bob := w.user("bob")
	ctx := t.Context()
	must(t, w.LinkPerson(ctx, access.System, ana.Principal, contoso, "o1", "A.Berg@corp.contoso.test"))
	must(t, w.LinkPerson(ctx, access.System, bob.Principal, "oidc:https://id.test", "o1", "ceo@contoso.test"))
	must(t, w.LinkPerson(ctx, access.System, bob.Principal, contoso, "o2", "bob@contoso.test"))
	must(t, w.LinkPerson(ctx, access.System, ana.Principal, "ldap:x", "o3", "both@contoso.test"))
	must(t, w.LinkPerson(ctx, access.System, bob.Principal, "ldap:x", "o4", "both@contoso.test"))
	for asked, want := range map[string]string{
		"AAD:a.berg@corp.contoso.test":   "ana",
		"K2AAD:A.BERG@corp.contoso.test": "ana",
		"a.berg@corp.contoso.test":       "ana",
		"ceo@contoso.test":               "", // anybody may choose to be called that at a provider
		"bob@contoso.test":               "bob",
		"both@contoso.test":              "", // two are
	} {
		got, err := w.Resolve(ctx, []string{asked})
		if err != nil || logins(got[asked]) != want {
			t.Errorf("%s: %q %v, want %q", asked, logins(got[asked]), err, want)
		}
		c, err := w.Basic(ctx, asked, secretOf(want).Reveal(), "192.0.2.1")
		if c.Login != want || (want == "") != (signoff.CodeOf(err) == "bad-credentials") {
			t.Errorf("%s with a password: %q %v", asked, c.Login, err)
		}
	}
}
