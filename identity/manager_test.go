package identity

import (
	"testing"

	"github.com/signoffhq/signoff/store"
)

func TestAManagerIsFoundByThePersonWhoHasOne(t *testing.T) {
	w := openWorld(t, openStore(t), Options{})
	id := func(login string) int64 { n, _ := store.AccountID(w.user(login).Principal); return n }
	jane, bob := id("jane"), id("bob")
	manage := func(who, manager int64, disabled bool) {
		t.Helper()
		if _, err := w.store.ChangeAccount(t.Context(), who, func(a *store.Account) error { a.Manager, a.Disabled = manager, disabled; return nil }); err != nil {
			t.Fatal(err)
		}
		w.Changed(who)
	}
	find := func(asked string) string {
		t.Helper()
		got, err := w.Resolve(t.Context(), []string{asked})
		if err != nil || got[asked] == nil {
			t.Fatalf("%s: %v, %v", asked, got, err)
		}
		names := ""
		for _, p := range got[asked] {
			names += p.Login
		}
		return names
	}
	manage(jane, bob, false)
	for asked, want := range map[string]string{"manager:jane": "bob", "manager:jane@contoso.test": "bob", "manager:manager:jane": "", "manager:bob": "", "manager:nobody": "", "manager:": "",
		"manager:manager:manager:manager:manager:manager:jane": ""} {
		if got := find(asked); got != want {
			t.Errorf("%s is %q, want %q", asked, got, want)
		}
	}
	manage(bob, jane, false)
	if got := find("manager:manager:jane"); got != "jane" {
		t.Errorf("the manager's manager is %q", got)
	}
	manage(bob, 0, true)
	if got := find("manager:jane"); got != "" {
		t.Errorf("a manager who left is %q", got)
	}
}
