package identity

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
)

func (w world) group(called string, members ...signoff.Caller) signoff.Principal {
	w.t.Helper()
	g, err := w.CreateGroup(w.t.Context(), access.System, called)
	must(w.t, err)
	for _, m := range members {
		must(w.t, w.SetMember(w.t.Context(), access.System, g.Principal, m.Principal, true))
	}
	return g.Principal
}

func logins(people []signoff.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Login)
	}
	return strings.Join(out, " ")
}

func TestResolveAnswersEveryFormOfQuestion(t *testing.T) {
	w := newWorld(t, Options{})
	jane := w.user("jane", func(u *NewUser) { u.Addresses = []string{"J.Doe@contoso.test"} })
	bob := w.user("bob")
	gone := w.user("gone")
	fin := w.group("Finance", jane, bob, gone)
	w.group("Leere Menge")
	w.change(gone, UserChange{Disabled: new(true)})
	want := map[string]string{
		"jane":                          "jane",
		"JANE":                          "jane",
		"jane@contoso.test":             "jane",
		"j.doe@Contoso.test":            "jane",
		`K2:CONTOSO\jane`:               "jane",
		"AAD:jane@contoso.test":         "jane",
		string(jane.Principal):          "jane",
		"group:Finance":                 "Finance",
		"group:FINANCE":                 "Finance",
		string(fin):                     "Finance",
		"members:Finance":               "jane bob",
		"members:" + string(fin):        "jane bob",
		"members:" + string(fin)[6:]:    "jane bob",
		"group:everyone":                "Everyone",
		"members:Everyone":              "jane bob",
		"group: leere menge":            "Leere Menge",
		"members:Leere Menge":           "",
		"members:jane":                  "",
		"group:jane":                    "",
		"Finance":                       "", // a group is asked for as one
		"nobody":                        "",
		"nobody@contoso.test":           "",
		"gone":                          "",
		"gone@contoso.test":             "",
		string(gone.Principal):          "",
		"user:99":                       "",
		"user:x":                        "",
		"group:99":                      "",
		"group:":                        "",
		"members:":                      "",
		"LDAP:jane":                     "",
		"":                              "",
		"members:group:members:Finance": "",
		strings.Repeat("x", 5000):       "",
		"jane\x00":                      "",
	}
	for round := range 2 { // the second from memory
		got, err := w.Resolve(t.Context(), slices.Collect(maps.Keys(want)))
		must(t, err)
		if len(got) != len(want) {
			t.Errorf("%d answers to %d questions", len(got), len(want))
		}
		for asked, people := range got {
			if people == nil || logins(people) != want[asked] {
				t.Errorf("round %d, %.40q: %v, want %q", round, asked, people, want[asked])
			}
		}
	}
	got, err := w.Resolve(t.Context(), []string{"jane", "group:Finance", "jane"})
	must(t, err)
	if got["jane"][0] != jane.Person || got["group:Finance"][0] != (signoff.Person{Principal: fin, Login: "Finance", Name: "Finance"}) {
		t.Errorf("%+v", got)
	}
}

func TestAGroupTooLargeToAskOneByOneIsRefused(t *testing.T) {
	w := newWorld(t, Options{})
	all := w.group("All")
	var wg sync.WaitGroup // many at a time share a commit
	for i := range maxMembers + 1 {
		wg.Go(func() {
			u, err := w.CreateUser(t.Context(), access.System, NewUser{Login: fmt.Sprint("u", i)})
			if err == nil {
				err = w.SetMember(t.Context(), access.System, all, u.Principal, true)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, asked := range []string{"members:All", "members:Everyone"} {
		_, err := w.Resolve(t.Context(), []string{asked})
		wantCode(t, err, "group-too-large")
	}
	must(t, w.SetMember(t.Context(), access.System, all, w.caller("user:1").Principal, false))
	got, err := w.Resolve(t.Context(), []string{"members:All"})
	if err != nil || len(got["members:All"]) != maxMembers {
		t.Errorf("%d members, %v", len(got["members:All"]), err)
	}
}

func TestEveryAnswerFollowsTheLastChange(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	jane, bob := w.user("jane"), w.user("bob")
	fin := w.group("Finance", jane)
	state := func() string {
		t.Helper()
		got, err := w.Resolve(ctx, []string{"jane", "members:Finance", "group:Money", "new@contoso.test"})
		must(t, err)
		names, err := w.Names(ctx, []signoff.Principal{jane.Principal, fin})
		must(t, err)
		found, err := w.Search(ctx, "jan", 10)
		must(t, err)
		return fmt.Sprintf("jane:%s finance:%s money:%s new:%s names:%s,%s found:%s", logins(got["jane"]), logins(got["members:Finance"]),
			logins(got["group:Money"]), logins(got["new@contoso.test"]), names[jane.Principal].Name, names[fin].Name, logins(found))
	}
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"at first", func() error { return nil }, "jane:jane finance:jane money: new: names:Name of jane,Finance found:jane"},
		{"a member more", func() error { return w.SetMember(ctx, access.System, fin, bob.Principal, true) },
			"jane:jane finance:jane bob money: new: names:Name of jane,Finance found:jane"},
		{"another name and address", func() error {
			_, err := w.ChangeUser(ctx, access.System, jane.Principal, UserChange{Name: new("J"), Email: new("new@contoso.test")})
			return err
		}, "jane:jane finance:jane bob money: new:jane names:J,Finance found:jane"},
		{"disabled", func() error {
			_, err := w.ChangeUser(ctx, access.System, jane.Principal, UserChange{Disabled: new(true)})
			return err
		}, "jane: finance:bob money: new: names:J,Finance found:"},
		{"enabled", func() error {
			_, err := w.ChangeUser(ctx, access.System, jane.Principal, UserChange{Disabled: new(false)})
			return err
		}, "jane:jane finance:jane bob money: new:jane names:J,Finance found:jane"},
		{"renamed group", func() error { return w.RenameGroup(ctx, access.System, fin, "Money") },
			"jane:jane finance: money:Money new:jane names:J,Money found:jane"},
		{"a new user", func() error {
			_, err := w.CreateUser(ctx, access.System, NewUser{Login: "jan"})
			return err
		}, "jane:jane finance: money:Money new:jane names:J,Money found:jan jane"},
		{"a new group", func() error {
			_, err := w.CreateGroup(ctx, access.System, "Finance")
			return err
		}, "jane:jane finance: money:Money new:jane names:J,Money found:jan jane"},
	} {
		must(t, step.do())
		for range 2 {
			if got := state(); got != step.want {
				t.Errorf("%s:\n got %s\nwant %s", step.name, got, step.want)
			}
		}
	}
}

func TestNamesAreReadTogetherAndThenFromMemory(t *testing.T) {
	w := newWorld(t, Options{})
	jane, gone := w.user("jane"), w.user("gone")
	w.change(gone, UserChange{Disabled: new(true)})
	fin := w.group("Finance")
	asked := []signoff.Principal{jane.Principal, fin, gone.Principal, signoff.Everyone, jane.Principal, "user:99", "group:99", "", "user:", "bot:1"}
	got, err := w.Names(t.Context(), asked)
	must(t, err)
	if len(got) != 4 || got[jane.Principal] != jane.Person || got[fin].Name != "Finance" || got[gone.Principal].Name != "Name of gone" || got[signoff.Everyone].Name != "Everyone" {
		t.Errorf("%+v", got)
	}
	w.Service.store = nil // from here on only memory can answer
	again, err := w.Names(t.Context(), asked[:5])
	if err != nil || !maps.Equal(got, again) {
		t.Errorf("from memory: %+v %v", again, err)
	}
}

func TestByAddressFindsPeopleWhoMayAct(t *testing.T) {
	w := newWorld(t, Options{})
	jane := w.user("jane", func(u *NewUser) { u.Addresses = []string{"J.Doe@other.test"} })
	gone := w.user("gone")
	w.change(gone, UserChange{Disabled: new(true)})
	for email, want := range map[string]signoff.Principal{
		"jane@contoso.test": jane.Principal, " J.DOE@other.test ": jane.Principal, "j.doe@OTHER.test": jane.Principal,
		"jane": "", "": "", "gone@contoso.test": "", "x@contoso.test": "", "jane@contoso.test, x@y": "", "AAD:jane@contoso.test": "", "Jane <jane@contoso.test>": "",
	} {
		p, ok, err := w.ByAddress(t.Context(), email)
		if err != nil || ok != (want != "") || p.Principal != want {
			t.Errorf("%q: %+v %v %v", email, p, ok, err)
		}
	}
}

func TestCallerRefusesWhoMayNotAct(t *testing.T) {
	w := newWorld(t, Options{})
	root, gone := w.user("root", admin), w.user("gone")
	w.change(gone, UserChange{Disabled: new(true)})
	c, err := w.Caller(t.Context(), root.Principal, "mail")
	if err != nil || c.How != "mail" || !c.Admin || !c.Is(signoff.Everyone) {
		t.Errorf("%+v %v", c, err)
	}
	_, err = w.Caller(t.Context(), gone.Principal, "mail")
	wantCode(t, err, "user-disabled")
	for _, p := range []signoff.Principal{"", "user:99", "group:1", signoff.Everyone, "user:01"} {
		_, err = w.Caller(t.Context(), p, "mail")
		wantCode(t, err, "user-not-found")
	}
}

func TestSearchFindsByTheBeginningOfEveryWord(t *testing.T) {
	w := newWorld(t, Options{})
	person := func(login, called, email string) signoff.Caller {
		return w.user(login, func(u *NewUser) { u.Name, u.Email = called, email })
	}
	person("jdoe", "Jane Doe", "jane.doe@contoso.test")
	person("jsmith", "Jane Smith-Wesson", "jsmith@contoso.test")
	person("renee", "Renée Zoë Ångström", "")
	w.change(person("janet", "Janet Gone", ""), UserChange{Disabled: new(true)})
	w.group("Janitors")
	for text, want := range map[string]string{
		"jane":                   "jdoe jsmith",
		"JAN":                    "jdoe jsmith Janitors",
		"jane d":                 "jdoe",
		"d  jane":                "jdoe",
		"smith":                  "jsmith",
		"wess":                   "jsmith",
		"renee ang":              "renee",
		"RENÉE":                  "renee",
		"jane.doe@con":           "jdoe",
		"every":                  "Everyone",
		"contoso":                "", // everybody's domain finds nobody
		"ane":                    "",
		"":                       "",
		"  ":                     "",
		"%":                      "",
		"jane x":                 "",
		"jane\xff":               "",
		"user:1":                 "",
		strings.Repeat("j", 400): "",
	} {
		found, err := w.Search(t.Context(), text, 10)
		must(t, err)
		got := strings.Fields(logins(found))
		slices.Sort(got)
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%.40q finds %v, want %v", text, got, wanted)
		}
	}
	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 9999: 3} {
		if found, _ := w.Search(t.Context(), "jan", limit); len(found) != want {
			t.Errorf("limit %d: %d found", limit, len(found))
		}
	}
	for i := range maxFound + 10 {
		w.user(fmt.Sprint("many", i), func(u *NewUser) { u.Password = "" })
	}
	if found, _ := w.Search(t.Context(), "many", 9999); len(found) != maxFound {
		t.Errorf("%d found at once", len(found))
	}
}

func TestOnlyAdministratorsOfTheServerChangePeople(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	root, ana := w.user("root", admin), w.user("ana")
	fin := w.group("Finance")
	for name, do := range map[string]func(by signoff.Caller) error{
		"create user": func(by signoff.Caller) error {
			_, err := w.CreateUser(ctx, by, NewUser{Login: "x" + strings.ToLower(by.Login)})
			return err
		},
		"change user": func(by signoff.Caller) error {
			_, err := w.ChangeUser(ctx, by, ana.Principal, UserChange{})
			return err
		},
		"set password": func(by signoff.Caller) error { return w.SetPassword(ctx, by, ana.Principal, "12345678") },
		"read user":    func(by signoff.Caller) error { _, err := w.User(ctx, by, ana.Principal); return err },
		"list users":   func(by signoff.Caller) error { _, err := w.Users(ctx, by, "", 10); return err },
		"create group": func(by signoff.Caller) error { _, err := w.CreateGroup(ctx, by, "Of "+by.Login); return err },
		"rename group": func(by signoff.Caller) error { return w.RenameGroup(ctx, by, fin, "Finance") },
		"set member":   func(by signoff.Caller) error { return w.SetMember(ctx, by, fin, ana.Principal, true) },
		"list groups":  func(by signoff.Caller) error { _, err := w.Groups(ctx, by, "", 10); return err },
	} {
		wantCode(t, do(ana), "not-allowed")
		wantCode(t, do(signoff.Caller{}), "not-allowed")
		if err := do(root); err != nil {
			t.Errorf("%s by root: %v", name, err)
		}
	}
}

func TestUsersThatCannotBeAreRefused(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	root := w.user("root", admin)
	w.user("ana", func(u *NewUser) { u.Addresses = []string{"Ana.Berg@contoso.test"} })
	good := func() NewUser { return NewUser{Login: "bob", Password: "long enough"} }
	for code, changes := range map[string][]func(*NewUser){
		"bad-user": {
			func(u *NewUser) { u.Login = "" }, func(u *NewUser) { u.Login = "k2" }, func(u *NewUser) { u.Login = "a b" }, func(u *NewUser) { u.Login = "a@b" },
			func(u *NewUser) { u.Name = strings.Repeat("x", 201) }, func(u *NewUser) { u.Name = "a\nb" },
			func(u *NewUser) { u.Email = "bob" }, func(u *NewUser) { u.Email = "bob@x.test, eve@x.test" },
			func(u *NewUser) { u.Addresses = []string{"bob@x.test"} }, // further ones need a first one
			func(u *NewUser) { u.Email = "a@x.test"; u.Addresses = []string{""} },
			func(u *NewUser) {
				u.Email = "a@x.test"
				for i := range maxAddresses {
					u.Addresses = append(u.Addresses, fmt.Sprintf("a%d@x.test", i))
				}
			},
		},
		"bad-password":  {func(u *NewUser) { u.Password = "short" }, func(u *NewUser) { u.Login, u.Password = "bobby-tables", "Bobby-Tables" }},
		"login-taken":   {func(u *NewUser) { u.Login = "ANA" }},
		"address-taken": {func(u *NewUser) { u.Email = "ANA.BERG@CONTOSO.TEST" }, func(u *NewUser) { u.Email = "b@x.test"; u.Addresses = []string{"ana@contoso.test"} }},
	} {
		for _, change := range changes {
			u := good()
			change(&u)
			_, err := w.CreateUser(ctx, root, u)
			wantCode(t, err, code)
			if err != nil && strings.Contains(err.Error(), u.Password.Reveal()) && u.Password != "short" {
				t.Errorf("the refusal shows the password: %v", err)
			}
		}
	}
	u, err := w.CreateUser(ctx, root, good())
	if err != nil || u.Login != "bob" || u.Name != "bob" || u.Email != "" || u.Admin || len(u.Addresses) != 0 {
		t.Errorf("%+v %v", u, err)
	}
	if _, err := w.CreateUser(ctx, access.System, NewUser{Login: "sandbox", Password: "signoff"}); err != nil {
		t.Errorf("the server's own choice: %v", err)
	}
}

func TestChangingAUser(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	root := w.user("root", admin)
	ana := w.user("ana", func(u *NewUser) { u.Addresses = []string{"two@contoso.test"} })
	fin := w.group("Finance", ana)
	u, err := w.ChangeUser(ctx, root, ana.Principal, UserChange{Email: new("New@contoso.test")})
	must(t, err)
	if strings.Join(u.Addresses, " ") != "New@contoso.test two@contoso.test" || u.Email != "New@contoso.test" || logins(personsOf(u.Groups)) != "Finance" || u.Name != "Name of ana" {
		t.Errorf("%+v", u)
	}
	u, err = w.ChangeUser(ctx, root, ana.Principal, UserChange{Addresses: &[]string{"three@contoso.test", "NEW@contoso.test"}})
	must(t, err)
	if strings.Join(u.Addresses, " ") != "New@contoso.test three@contoso.test" {
		t.Errorf("%+v", u)
	}
	u, err = w.ChangeUser(ctx, root, ana.Principal, UserChange{Email: new(""), Addresses: &[]string{}})
	must(t, err)
	if len(u.Addresses) != 0 || u.Email != "" {
		t.Errorf("%+v", u)
	}
	got, err := w.User(ctx, root, ana.Principal)
	if err != nil || got.Login != "ana" || got.Groups[0].Principal != fin {
		t.Errorf("%+v %v", got, err)
	}
	for code, err := range map[string]error{
		"last-administrator": func() error {
			_, err := w.ChangeUser(ctx, root, root.Principal, UserChange{Admin: new(false)})
			return err
		}(),
		"bad-user": func() error {
			_, err := w.ChangeUser(ctx, root, ana.Principal, UserChange{Email: new("x")})
			return err
		}(),
		"address-taken": func() error {
			_, err := w.ChangeUser(ctx, root, ana.Principal, UserChange{Email: new("root@contoso.test")})
			return err
		}(),
		"user-not-found":  func() error { _, err := w.ChangeUser(ctx, root, "user:99", UserChange{}); return err }(),
		"bad-password":    w.SetPassword(ctx, root, ana.Principal, "x"),
		"group-not-found": w.SetMember(ctx, root, signoff.Everyone, ana.Principal, true),
		"group-taken":     func() error { _, err := w.CreateGroup(ctx, root, "FINANCE"); return err }(),
	} {
		wantCode(t, err, code)
	}
	wantCode(t, w.SetPassword(ctx, root, "user:99", "long enough"), "user-not-found")
	wantCode(t, w.SetPassword(ctx, root, "group:1", "long enough"), "user-not-found")
	_, err = w.User(ctx, root, "user:99")
	wantCode(t, err, "user-not-found")
	for _, bad := range []string{"", " ", "42", "Everyone", "a:b", "a|b", "a\nb", strings.Repeat("x", 201)} {
		_, err := w.CreateGroup(ctx, root, bad)
		wantCode(t, err, "bad-group")
	}
	users, err := w.Users(ctx, root, "", 1)
	must(t, err)
	rest, err := w.Users(ctx, root, users[0].Principal, 10)
	must(t, err)
	if len(users) != 1 || users[0].Login != "root" || len(rest) != 1 || rest[0].Login != "ana" || logins(personsOf(rest[0].Groups)) != "Finance" {
		t.Errorf("%+v then %+v", users, rest)
	}
	groups, err := w.Groups(ctx, root, "", 10)
	if err != nil || logins(groups) != "Finance" {
		t.Errorf("%+v %v", groups, err)
	}
	members, err := w.Members(ctx, fin, "", 10)
	if err != nil || logins(members) != "ana" {
		t.Errorf("%+v %v", members, err)
	}
	if all, _ := w.Members(ctx, signoff.Everyone, root.Principal, 10); logins(all) != "ana" {
		t.Errorf("%+v", all)
	}
}

func TestPeopleChangeTheirOwnPasswordWithThePresentOne(t *testing.T) {
	w, ctx := newWorld(t, Options{}), t.Context()
	ana := w.user("ana")
	wantCode(t, w.ChangePassword(ctx, ana, "wrong", "another one", here), "bad-credentials")
	wantCode(t, w.ChangePassword(ctx, ana, "password of ana", "short", here), "bad-password")
	wantCode(t, w.ChangePassword(ctx, access.System, "x", "another one", here), "sign-in-needed")
	if _, err := w.Basic(ctx, "ana", "password of ana", here); err != nil {
		t.Errorf("a refused change changed it: %v", err)
	}
	must(t, w.ChangePassword(ctx, ana, "password of ana", "another one", here))
	_, err := w.Basic(ctx, "ana", "another one", here)
	must(t, err)
	for range pairLimit.free {
		wantCode(t, w.ChangePassword(ctx, ana, "wrong", "whatever else", here), "bad-credentials")
	}
	wantCode(t, w.ChangePassword(ctx, ana, "wrong", "whatever else", here), "too-many-guesses")
}

func TestANewServerGetsOneAdministrator(t *testing.T) {
	for name, f := range map[string]First{
		"made up": {},
		"given":   {Login: "Root", Name: "Chief", Email: "root@contoso.test", Password: "signoff"},
	} {
		t.Run(name, func(t *testing.T) {
			w, ctx := newWorld(t, Options{}), t.Context()
			b, err := w.Bootstrap(ctx, f)
			must(t, err)
			password := f.Password
			if password == "" {
				password = b.Generated
			} else if b.Generated != "" {
				t.Error("a given password was replaced")
			}
			if !b.Made || password == "" || strings.Contains(fmt.Sprint(b), password.Reveal()) {
				t.Errorf("%v", b)
			}
			c, err := w.Basic(ctx, b.Login, password.Reveal(), here)
			if err != nil || !c.Admin {
				t.Errorf("%+v %v", c, err)
			}
			hashes := w.hashes.Load()
			for _, later := range []First{f, {}, {Login: "other", Password: "different"}} {
				again, err := w.Bootstrap(ctx, later)
				if err != nil || again != (Bootstrapped{}) {
					t.Errorf("later: %v %v", again, err)
				}
			}
			if w.hashes.Load() != hashes {
				t.Error("a later start hashed a password")
			}
			if _, err := w.Basic(ctx, "other", "different", here); err != errBadCredentials {
				t.Errorf("a later start made somebody: %v", err)
			}
		})
	}
	w := newWorld(t, Options{})
	_, err := w.Bootstrap(t.Context(), First{Login: "not a login", Password: seal.Secret("x")})
	wantCode(t, err, "bad-user")
}

func BenchmarkNames(b *testing.B) {
	w := newWorld(b, Options{})
	asked := []signoff.Principal{w.user("ana").Principal, w.user("bob").Principal, signoff.Everyone}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Names(b.Context(), asked); err != nil {
			b.Fatal(err)
		}
	}
}

func personsOf(groups []Group) []signoff.Person {
	var out []signoff.Person
	for _, g := range groups {
		out = append(out, g.Person)
	}
	return out
}
