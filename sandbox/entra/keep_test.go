package entra

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
)

func TestWhatIsKeptSurvivesARestart(t *testing.T) {
	dir := t.TempDir()
	kept := func(o *Options) { o.Dir, o.Keep = dir, true }
	s := open(t, kept)
	refresh := s.tokens("v2", "jane").get("refresh_token")
	made := s.graphCall("POST", "/applications", map[string]any{"displayName": "Kept"})
	s.graphCall("POST", "/applications/"+made.get("id")+"/federatedIdentityCredentials", map[string]any{"name": "f", "issuer": "https://x.test", "subject": "y"})
	s.graphCall("PATCH", "/users/jane@contoso.test", map[string]any{"jobTitle": "Head"})
	s.plant(Fault{Name: "app-disabled", App: "somebody else"})
	kid := s.keys.current().kid
	ca, _ := os.ReadFile(s.Addresses().CAFile)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	again := open(t, kept)
	if again.keys.current().kid != kid {
		t.Error("the keys are new")
	}
	if text, _ := os.ReadFile(again.Addresses().CAFile); string(text) != string(ca) {
		t.Error("the authority is new")
	}
	jane := again.person("jane")
	if deref(jane.JobTitle) != "Head" || jane.Manager == "" || jane.Password != "signoff" {
		t.Errorf("%+v", jane)
	}
	a := look(again.dir, func(t *tables) *application { return t.app(made.get("id")) })
	if a == nil || len(a.Federated) != 1 {
		t.Errorf("%+v", a)
	}
	if on := again.Faults(); len(on) != 1 || on[0].Name != "app-disabled" {
		t.Errorf("faults %v", on)
	}
	if g := look(again.dir, func(t *tables) *group { return t.Groups[0] }); len(g.Members) != 5 {
		t.Errorf("members %v", g.Members)
	}
	again.ask("v2", "grant_type", "refresh_token", "client_id", webID, "client_secret", seedSecret(webSeed), "refresh_token", refresh).must(t)
	if list := look(again.dir, func(t *tables) int { return len(t.Apps) }); list != len(Registrations())+1 {
		t.Errorf("%d registrations", list)
	}
}

func TestWithoutKeepNothingButTheAuthorityIsWritten(t *testing.T) {
	dir := t.TempDir()
	s := open(t, func(o *Options) { o.Dir = dir })
	s.graphCall("POST", "/applications", map[string]any{"displayName": "x"})
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), "ca.") {
			t.Errorf("%s was written", f.Name())
		}
	}
}

func TestASpoiledStateIsRefusedAndNotOverwritten(t *testing.T) {
	for name, text := range map[string]string{stateFile: "{", keysFile: `[{"Key":"AA=="}]`} {
		dir := t.TempDir()
		os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		s, err := Open(t.Context(), Options{Dir: dir, Keep: true})
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != text {
			t.Errorf("%s was overwritten with %s", name, got)
		}
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, stateFile), []byte(`{"Version":99,"Seal":""}`), 0o600)
	if _, err := Open(t.Context(), Options{Dir: dir, Keep: true}); err == nil {
		t.Error("a newer form was read")
	}
}

func TestOnlyLoopbackIsListenedOn(t *testing.T) {
	for addr, code := range map[string]string{"0.0.0.0:0": "sandbox-not-loopback", "example.test:1": "sandbox-not-loopback", "nonsense": "bad-address"} {
		_, err := Open(t.Context(), Options{Dir: t.TempDir(), Listen: addr})
		if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != code {
			t.Errorf("%s: %v", addr, err)
		}
	}
	s := open(t)
	_, err := Open(t.Context(), Options{Dir: t.TempDir(), Listen: strings.TrimPrefix(s.URL(), "https://")})
	if e, ok := errors.AsType[*signoff.Error](err); !ok || e.Code != "address-in-use" {
		t.Errorf("twice: %v", err)
	}
}

func TestWhatIsRememberedHasABound(t *testing.T) {
	now := open(t).now()
	s := shelf[int]{most: 3, life: codeLife}
	for i, key := range []string{"a", "b", "c", "d"} {
		s.put(key, i, now)
	}
	s.put("d", 9, now)
	if s.with("a", func(int) {}) || len(s.items) != 3 || len(s.order) != 3 {
		t.Errorf("%v", s.items)
	}
	s.put("e", 5, now.Add(codeLife+1))
	if s.with("d", func(int) {}) || len(s.items) != 1 {
		t.Errorf("old things stay: %v", s.items)
	}
}
