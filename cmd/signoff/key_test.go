package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
	"github.com/signoffhq/signoff/store/pgtest"
)

// refusesToStart runs the program, which is to end by itself, and returns what it says.
func refusesToStart(t *testing.T, env []string, args ...string) string {
	t.Helper()
	c := command(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	c.Env = append(c.Env, env...)
	out, err := c.CombinedOutput()
	if err == nil || c.ProcessState.ExitCode() != exitNo {
		t.Fatalf("it ended with %v\n%s", err, out)
	}
	return string(out)
}

func mentions(t *testing.T, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("it does not say %q:\n%s", w, said)
		}
	}
}

// A key that was lost is not replaced in silence, whichever the database is.
func TestALostKeyIsNotReplacedByANewOne(t *testing.T) {
	for _, dsn := range []string{"", pgtest.Empty(t)} {
		dir := t.TempDir()
		file := filepath.Join(dir, "key")
		runUntilReady(t, dsn, "--data", dir)
		key, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		said := refusesToStart(t, nil, "--data", dir, "--store", dsn)
		mentions(t, said, "there is no key in "+file, "none was made", "backup", "SIGNOFF_KEY", "signoff key replace")
		if _, err := os.Stat(file); err == nil {
			t.Error("one was made")
		}
		if err := os.WriteFile(file, key, 0o600); err != nil {
			t.Fatal(err)
		}
		runUntilReady(t, dsn, "--data", dir)
	}
}

// An installation from before fingerprints has none: its key is taken as it is,
// and from then on it is the one.
func TestAnOldInstallationGetsItsFingerprintAtTheNextStart(t *testing.T) {
	dir := t.TempDir()
	runUntilReady(t, "", "--data", dir)
	forget(t, dir)
	file := filepath.Join(dir, "key")
	if err := os.Rename(file, file+".kept"); err != nil {
		t.Fatal(err)
	}
	mentions(t, refusesToStart(t, nil, "--data", dir), "there is no key in "+file, "none was made")
	if err := os.Rename(file+".kept", file); err != nil {
		t.Fatal(err)
	}
	runUntilReady(t, "", "--data", dir)
	other := seal.NewKey()
	said := refusesToStart(t, []string{"SIGNOFF_KEY=" + other.Text().Reveal()}, "--data", dir)
	mentions(t, said, "the key in SIGNOFF_KEY is not the one this data was begun with", other.Fingerprint(), "nothing was changed")
	if strings.Contains(said, other.Text().Reveal()) {
		t.Errorf("the key itself is in it:\n%s", said)
	}
}

func forget(t *testing.T, dir string) {
	t.Helper()
	st, err := store.Open(t.Context(), filepath.Join(dir, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Reinstall(t.Context(), keyInstalled, ""); err != nil {
		t.Fatal(err)
	}
}

// A second server with a folder of its own has no key, or another one; with the
// first one's it starts.
func TestServersOnOneDatabaseNeedOneKey(t *testing.T) {
	dsn, dir := pgtest.Empty(t), t.TempDir()
	key := filepath.Join(t.TempDir(), "key.txt")
	made, err := command(t.Context(), "key", "new").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, made, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SIGNOFF_KEY_FILE", key)
	runUntilReady(t, dsn, "--data", dir)
	t.Setenv("SIGNOFF_KEY_FILE", "")
	mentions(t, refusesToStart(t, nil, "--data", t.TempDir(), "--store", dsn), "there is no key in", "signoff key replace")
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte(strings.Repeat("x", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	mentions(t, refusesToStart(t, nil, "--data", dir, "--store", dsn), "is not the one this data was begun with", "copy the file `key`")
	runUntilReady(t, dsn, "--data", t.TempDir(), "--config", keyed(t, key))
}

// keyed sets the key for what runs next, and returns an empty configuration.
func keyed(t *testing.T, key string) string {
	t.Setenv("SIGNOFF_KEY_FILE", key)
	return file(t, "")
}

func TestAKeyThatIsLostForGoodCanBeReplaced(t *testing.T) {
	dir := t.TempDir()
	runUntilReady(t, "", "--data", dir)
	if err := os.Remove(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t.Context(), "key", "replace", "--data", dir).CombinedOutput(); err != nil || !strings.Contains(string(out), "goes on with the key") {
		t.Fatalf("%v\n%s", err, out)
	}
	runUntilReady(t, "", "--data", dir)
	none := filepath.Join(dir, "none")
	if out, err := command(t.Context(), "key", "replace", "--data", none).CombinedOutput(); err == nil || !strings.Contains(string(out), "there is no data in "+none) {
		t.Errorf("%v\n%s", err, out)
	}
}
