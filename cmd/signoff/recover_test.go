package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/signin"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// lockedServer is the data of a server whose administrator cannot sign in:
// local accounts are off.
func lockedServer(t *testing.T) Config {
	t.Helper()
	dir := t.TempDir()
	cfg := Config{Data: dir, Listen: "127.0.0.1:8080"}
	if where := pgtest.Choose(t, filepath.Join(dir, storeFile)); strings.HasPrefix(where, "postgres") {
		cfg.Store = seal.Secret(where)
	}
	st, err := store.Open(t.Context(), cfg.database(), store.Options{})
	must(t, err)
	defer st.Close()
	people, err := identity.Open(t.Context(), st, identity.Options{})
	must(t, err)
	for _, u := range []identity.NewUser{{Login: "root", Password: "a password of before", Admin: true}, {Login: "ana", Password: "a password of before"}} {
		_, err = people.CreateUser(t.Context(), access.System, u)
		must(t, err)
	}
	body, err := json.Marshal(signin.Setting{Local: identity.LocalOff, Providers: []signin.Provider{}})
	must(t, err)
	_, err = st.SaveSetting(t.Context(), store.Setting{Name: signin.SettingName, Body: body}, store.Change{What: signin.SettingName})
	must(t, err)
	return cfg
}

// after opens the data again as a server would.
func after(t *testing.T, cfg Config) (*store.Store, *identity.Service, *signin.Service) {
	t.Helper()
	st, err := store.Open(t.Context(), cfg.database(), store.Options{})
	must(t, err)
	t.Cleanup(func() { st.Close() })
	people, err := identity.Open(t.Context(), st, identity.Options{})
	must(t, err)
	in, err := signin.Open(t.Context(), signin.Config{Store: st, People: people, Seal: seal.NewKey(), Public: "http://localhost:8080"})
	must(t, err)
	t.Cleanup(func() { must(t, in.Close()) })
	return st, people, in
}

func TestALockedOutAdministratorGetsANewPassword(t *testing.T) {
	cfg := lockedServer(t)
	out, err := recoverAccess(t.Context(), cfg, "", false)
	must(t, err)
	if out.Login != "root" || out.Password == "" || !out.Reopened || out.Link != "" {
		t.Fatalf("%+v", out)
	}
	st, people, _ := after(t, cfg)
	if c, err := people.Basic(t.Context(), "root", out.Password, "192.0.2.1"); err != nil || !c.Admin {
		t.Errorf("%+v %v", c, err)
	}
	if _, err := people.Basic(t.Context(), "ana", "a password of before", "192.0.2.1"); signoff.CodeOf(err) != "local-accounts-off" {
		t.Errorf("others came in, too: %v", err)
	}
	changes, err := st.Changes(t.Context(), store.ChangeFilter{}, 0, 10)
	if err != nil || len(changes) < 2 || changes[0].What != "recovery" || changes[0].How != "recover" || changes[1].What != "signin" {
		t.Errorf("on record: %+v %v", changes, err)
	}
	for _, c := range changes {
		if strings.Contains(string(c.After), out.Password) {
			t.Error("the password is on record")
		}
	}
}

func TestALockedOutAdministratorGetsALink(t *testing.T) {
	cfg := lockedServer(t)
	cfg.URL = "https://signoff.example.com"
	out, err := recoverAccess(t.Context(), cfg, "ROOT", true)
	must(t, err)
	ticket, ok := strings.CutPrefix(out.Link, "https://signoff.example.com/sign-in#recover=")
	if !ok || out.Password != "" || out.Until == "" {
		t.Fatalf("%+v", out)
	}
	_, people, in := after(t, cfg)
	if s, err := in.Recover(t.Context(), ticket, "192.0.2.1"); err != nil || s.Caller.Login != "root" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := in.Recover(t.Context(), ticket, "192.0.2.1"); signoff.CodeOf(err) != "recovery-not-found" {
		t.Errorf("twice: %v", err)
	}
	if _, err := people.Basic(t.Context(), "root", "a password of before", "192.0.2.1"); err != nil {
		t.Errorf("the password was changed, too: %v", err)
	}
}

func TestRecoveryIsForAdministratorsOfDataThatIsThere(t *testing.T) {
	cfg := lockedServer(t)
	for login, want := range map[string]string{"ana": "user-not-found", "nobody": "user-not-found"} {
		if _, err := recoverAccess(t.Context(), cfg, login, false); signoff.CodeOf(err) != want || !strings.Contains(err.Error(), login) {
			t.Errorf("%s: %v", login, err)
		}
	}
	if _, err := recoverAccess(t.Context(), Config{Data: t.TempDir()}, "", false); signoff.CodeOf(err) != "data-unusable" {
		t.Errorf("without data: %v", err)
	}
	_, people, _ := after(t, cfg)
	_, err := people.CreateUser(t.Context(), access.System, identity.NewUser{Login: "second", Admin: true})
	must(t, err)
	if cfg.Store != "" { // a file is in use until the test ends
		if _, err := recoverAccess(t.Context(), cfg, "", false); signoff.CodeOf(err) != "user-not-found" || !strings.Contains(err.Error(), "several") {
			t.Errorf("of two: %v", err)
		}
	} else if _, err := recoverAccess(t.Context(), cfg, "", false); signoff.CodeOf(err) != "data-in-use" {
		t.Errorf("while a server runs: %v", err)
	}
}
