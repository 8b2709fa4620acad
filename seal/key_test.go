package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := LoadKey(path, "")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 32 {
		t.Fatalf("key file: %v, %v", info, err)
	}
	second, err := LoadKey(path, "")
	if err != nil || second != first {
		t.Fatalf("second start: same key %v, %v", second == first, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".key-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	other, err := LoadKey(filepath.Join(t.TempDir(), "key"), "")
	if err != nil || other == first {
		t.Errorf("another server got the same key, or %v", err)
	}
}

func TestProcessesThatStartTogetherShareOneKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	keys := make([]Key, 16)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			k, err := LoadKey(path, "")
			if err != nil {
				t.Error(err)
			}
			keys[i] = k
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("two processes made different keys")
		}
	}
}

func TestKeyFileIsRefused(t *testing.T) {
	good := bytes.Repeat([]byte{7}, 32)
	for name, tt := range map[string]struct {
		content []byte
		mode    os.FileMode
		want    string
	}{
		"group readable": {good, 0o640, "chmod 600"},
		"world readable": {good, 0o604, "chmod 600"},
		"group writable": {good, 0o620, "chmod 600"},
		"truncated":      {good[:31], 0o600, "exactly 32 bytes"},
		"empty":          {nil, 0o600, "exactly 32 bytes"},
		"too long":       {append(good, 7), 0o600, "exactly 32 bytes"},
		"wiped":          {make([]byte, 32), 0o600, "all zeros"},
		"half a text":    {[]byte(strings.Repeat("07", 31)), 0o600, "key new"},
		"two texts":      {[]byte(strings.Repeat(strings.Repeat("07", 32)+"\n", 2)), 0o600, "key new"},
		"other text":     {[]byte(strings.Repeat("g", 64)), 0o600, "64 hexadecimal digits"},
		"text of zeros":  {[]byte(strings.Repeat("0", 64)), 0o600, "all zeros"},
		"text for all":   {[]byte(strings.Repeat("07", 32)), 0o644, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, tt.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil { // past the umask
				t.Fatal(err)
			}
			k, err := LoadKey(path, "")
			if err == nil || !strings.Contains(err.Error(), tt.want) || k != (Key{}) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if now, _ := os.ReadFile(path); !bytes.Equal(now, tt.content) {
				t.Error("a refused key file was changed")
			}
		})
	}
	if _, err := LoadKey(t.TempDir(), ""); err == nil {
		t.Error("a directory passed as a key file")
	}
	if _, err := LoadKey(filepath.Join(t.TempDir(), "no", "such", "key"), ""); err == nil {
		t.Error("a key was made in a directory that is not there")
	}
}

func TestAKeyFileMayHoldTheKeyAsItIsPrinted(t *testing.T) {
	want := NewKey()
	text := want.Text().Reveal()
	for _, content := range []string{text, text + "\n", text + "\r\n", strings.ToUpper(text), base64.StdEncoding.EncodeToString(want.bytes[:]) + "\n", string(want.bytes[:])} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if k, err := LoadKey(path, ""); err != nil || k != want {
			t.Errorf("%d bytes were not read as the key: %v", len(content), err)
		}
	}
}

func TestKeyFromTheEnvironment(t *testing.T) {
	raw := make([]byte, 32)
	for i := range raw {
		raw[i] = byte(251 - i)
	}
	none := filepath.Join(t.TempDir(), "key")
	for _, text := range []string{
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)),
		base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw) + "\n",
	} {
		k, err := LoadKey(none, Secret(text))
		if err != nil || k.bytes != [32]byte(raw) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := os.Stat(none); !os.IsNotExist(err) {
		t.Error("a key file was made though the environment had the key")
	}
	for _, text := range []string{"short", hex.EncodeToString(raw[:31]), base64.StdEncoding.EncodeToString(raw[:20]),
		strings.Repeat("g", 64), strings.Repeat("0", 64), strings.Repeat("A", 43)} {
		k, err := LoadKey(none, Secret(text))
		if err == nil || k != (Key{}) {
			t.Errorf("%q was taken for a key", text)
		} else if strings.Contains(err.Error(), text) {
			t.Errorf("the refusal shows the key: %v", err)
		}
	}
}

func TestDerivedKeysDependOnKeyAndPurpose(t *testing.T) {
	a, b := Key{[32]byte{1}}, Key{[32]byte{2}}
	seen := map[string]bool{}
	for _, k := range []Key{a, b} {
		for _, purpose := range []string{"mail", "sessions"} {
			d := k.Derive(purpose)
			if len(d) != 32 || !bytes.Equal(d, k.Derive(purpose)) {
				t.Errorf("Derive(%q) is not a fixed 32-byte key", purpose)
			}
			seen[string(d)] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d different keys, want 4", len(seen))
	}
	// What was sealed yesterday must open tomorrow: the derivation is fixed.
	want, _ := hkdf.Key(sha256.New, a.bytes[:], nil, "signoff/1/mail", 32)
	if !bytes.Equal(a.Derive("mail"), want) {
		t.Error("the derivation changed")
	}
	for name, f := range map[string]func(){
		"no key": func() { Key{}.Derive("mail") }, "no purpose": func() { a.Derive("") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: Derive gave a key", name)
				}
			}()
			f()
		}()
	}
	if s := fmt.Sprintf("%v %x %#v %+v", a, a, a, struct{ K Key }{a}); strings.Contains(s, "1,") || strings.Contains(s, "01") {
		t.Errorf("a key was printed: %s", s)
	}
}

func TestAFingerprintTellsKeysApartAndNothingElse(t *testing.T) {
	a, b := NewKey(), NewKey()
	again, err := ReadKey("", a.Text())
	if err != nil || again != a || again.Fingerprint() != a.Fingerprint() {
		t.Errorf("the same key has another fingerprint: %v", err)
	}
	if len(a.Fingerprint()) != 16 || a.Fingerprint() == b.Fingerprint() {
		t.Errorf("%q and %q", a.Fingerprint(), b.Fingerprint())
	}
	if strings.Contains(a.Text().Reveal(), a.Fingerprint()) || hex.EncodeToString(a.Derive("mail"))[:16] == a.Fingerprint() {
		t.Error("it is part of a key")
	}
}

func TestReadingAKeyMakesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if _, err := ReadKey(path, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("one was made")
	}
}

func TestAKeyIsPutBackOnceAndReplacesNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	k := NewKey()
	if err := WriteKey(path, k.Text()); err != nil {
		t.Fatal(err)
	}
	if is, err := ReadKey(path, ""); err != nil || is != k {
		t.Fatalf("another key came back (%v)", err)
	}
	if err := WriteKey(path, NewKey().Text()); err == nil {
		t.Error("a key was replaced")
	}
	if err := WriteKey(path+"2", "no key"); err == nil {
		t.Error("what is no key was written")
	}
}
