package identity

import (
	"context"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// outer is a directory that knows one password, and who is called what.
type outer struct {
	password string
	away     error
	asked    int
	called   map[string]int64 // "domain login address"
}

func (o *outer) Called(_ context.Context, domain, login, address string) (int64, bool, bool, error) {
	id, found := o.called[domain+" "+login+" "+address]
	return id, found, domain == "contoso", nil
}

func (o *outer) Checks(source string) bool { return source == "ldap:contoso" }

func (o *outer) Right(_ context.Context, _ string, _ int64, password seal.Secret) (bool, error) {
	o.asked++
	return o.away == nil && password.Reveal() == o.password, o.away
}

// ruled is a world with jane, whom a directory rules, and bob, whom nobody does.
func ruled(t *testing.T) (world, *outer, int64) {
	w := newWorld(t, Options{})
	jane, _ := store.AccountID(w.user("jane").Principal)
	w.user("bob")
	_, err := w.store.ChangeAccount(t.Context(), jane, func(a *store.Account) error { a.Source = "ldap:contoso"; return nil })
	must(t, err)
	o := &outer{password: "theirs", called: map[string]int64{}}
	w.AskElsewhere(o)
	return w, o, jane
}

func (w world) basic(login, password string) string {
	_, err := w.Basic(context.Background(), login, password, "192.0.2.1")
	return signoff.CodeOf(err)
}

func TestADirectoryKnowsThePasswordsOfItsPeople(t *testing.T) {
	w, o, _ := ruled(t)
	made := w.hashes.Load()
	if got := w.basic("jane", "theirs"); got != "" || o.asked != 1 || w.hashes.Load() != made {
		t.Errorf("%q after %d questions and %d hashes", got, o.asked, w.hashes.Load()-made)
	}
	if got := w.basic("jane", "theirs"); got != "" || o.asked != 1 {
		t.Errorf("a password that is remembered was asked for again: %q, %d", got, o.asked)
	}
	if got := w.basic("jane", secretOf("jane").Reveal()); got != "bad-credentials" {
		t.Errorf("the password that was hers before works still: %q", got)
	}
	if got := w.basic("bob", secretOf("bob").Reveal()); got != "" || o.asked != 2 {
		t.Errorf("bob: %q, %d", got, o.asked)
	}
}

func TestAPasswordThatADirectoryKeepsIsNotKeptHere(t *testing.T) {
	w, o, jane := ruled(t)
	who := w.caller(store.Account{ID: jane}.Principal())
	if err := w.ChangePassword(t.Context(), who, "theirs", "a long enough one", "192.0.2.1"); signoff.CodeOf(err) != "password-elsewhere" {
		t.Errorf("her own: %v", err)
	}
	if err := w.SetPassword(t.Context(), access.System, who.Principal, "a long enough one"); signoff.CodeOf(err) != "password-elsewhere" {
		t.Errorf("by an administrator: %v", err)
	}
	if got := w.basic("jane", "theirs"); got != "" || o.asked != 1 {
		t.Errorf("%q, %d", got, o.asked)
	}
}

func TestWhoseDirectoryIsNotAskedHasNoOtherPasswordWhereLocalOnesAreOff(t *testing.T) {
	w, o, jane := ruled(t)
	w.UseLocalAccounts(LocalOff)
	if got := w.basic("jane", "theirs"); got != "" {
		t.Errorf("the directory's password: %q", got)
	}
	_, err := w.store.ChangeAccount(t.Context(), jane, func(a *store.Account) error { a.Source = "ldap:unasked"; return nil })
	must(t, err)
	w.Changed(jane)
	if got := w.basic("jane", secretOf("jane").Reveal()); got != "local-accounts-off" || o.asked != 1 {
		t.Errorf("a password that is kept here: %q after %d questions", got, o.asked)
	}
}

func TestAnEmptyPasswordIsNeverAskedFor(t *testing.T) {
	w, o, _ := ruled(t)
	o.password = ""
	if got := w.basic("jane", ""); got != "bad-credentials" || o.asked != 0 {
		t.Errorf("%q after %d questions", got, o.asked)
	}
}

func TestGuessesAtADirectorysPasswordAreHeldBack(t *testing.T) {
	w, o, _ := ruled(t)
	for range 5 {
		w.basic("jane", "a guess")
	}
	if got := w.basic("jane", "theirs"); got != "too-many-guesses" || o.asked != 5 {
		t.Errorf("after 5 guesses %q, %d questions", got, o.asked)
	}
}

func TestADirectoryThatIsAwayIsNoWrongPassword(t *testing.T) {
	w, o, _ := ruled(t)
	o.away = &signoff.Error{Kind: signoff.Unavailable, Code: "directory-unreachable", Detail: "10.0.0.7 cannot be reached"}
	for range 10 {
		if got := w.basic("jane", "theirs"); got != "directory-away" {
			t.Fatalf("while it is away: %q", got)
		}
	}
	if got := w.basic("bob", secretOf("bob").Reveal()); got != "" {
		t.Errorf("accounts of this server: %q", got)
	}
	o.away = nil
	if got := w.basic("jane", "theirs"); got != "" {
		t.Errorf("when it is back: %q", got)
	}
}

func TestADomainSaysWhichDirectoryIsMeant(t *testing.T) {
	w, o, jane := ruled(t)
	o.called["contoso j.judge "] = jane
	o.called["  judge@upn.test"] = jane
	for login, want := range map[string]string{`CONTOSO\j.judge`: "", `K2:contoso\j.judge`: "", "judge@upn.test": "", "j.judge": "bad-credentials",
		`CONTOSO\bob`: "bad-credentials", `FABRIKAM\jane`: ""} { // a domain nobody here knows is not looked at
		if got := w.basic(login, "theirs"); got != want {
			t.Errorf("%s: %q, want %q", login, got, want)
		}
	}
	if got := w.basic(`FABRIKAM\bob`, secretOf("bob").Reveal()); got != "" {
		t.Errorf(`FABRIKAM\bob: %q`, got)
	}
	if got := w.basic(`CONTOSO\bob`, secretOf("bob").Reveal()); got != "bad-credentials" {
		t.Errorf(`CONTOSO\bob is nobody there, and gets %q`, got)
	}
}

func TestWhatADirectoryCallsPeopleBecomesFitToBeKept(t *testing.T) {
	p, left := Shape("ldap:contoso", "s", "Jürgen Müller$", "jm@contoso.test", "  Jürgen\x00 Müller ", []string{"JM@contoso.test", "jm@CONTOSO.test", "none", ""})
	if len(p.Logins) == 0 || p.Logins[0] != "jurgen-muller" || p.Logins[1] != "jurgen-muller.contoso" || p.Account.Name != "Jürgen Müller" || len(p.Account.Addresses) != 1 || len(left) != 2 {
		t.Errorf("%+v, left %q", p, left)
	}
	for name, want := range map[string]string{"Finance": "Finance", "a:b|c": "a b c", "Everyone": "Group Everyone", "42": "Group 42"} {
		if g, ok := ShapeGroup(name, "x"); !ok || g.Name != want {
			t.Errorf("%q becomes %q, %v", name, g.Name, ok)
		}
	}
}

func FuzzShape(f *testing.F) {
	f.Add("ana", "ana@contoso.test", "Ana", "ana@contoso.test")
	f.Add("k2", "@", "\x00", "\xff@\xff")
	f.Fuzz(func(t *testing.T, login, label, name, address string) {
		p, _ := Shape("ldap:contoso", "s", login, label, name, []string{address})
		if len(p.Logins) == 0 {
			t.Fatal("nobody can be called anything")
		}
		for _, l := range p.Logins {
			if key, ok := loginKey(l); !ok || key != l {
				t.Fatalf("%q is no login", l)
			}
		}
		p.Words(p.Account)
		if g, ok := ShapeGroup(name, label); ok {
			if key, fine := groupKey(g.Name); !fine || key != g.Key {
				t.Fatalf("%q is no group", g.Name)
			}
		}
	})
}
