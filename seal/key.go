package seal

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// KeyVariable is the environment variable that may hold the master key instead
// of a file: 32 bytes, as 64 hexadecimal digits or in base64.
const KeyVariable = "SIGNOFF_KEY"

const (
	keySize    = 32
	maxKeyFile = 2*keySize + 16 // as text, with some space around it
)

// Key is the master key. It prints as "[sealed]" and is used for nothing but
// deriving keys for one purpose each.
type Key struct{ bytes [keySize]byte }

// Derive returns the 32-byte key for a purpose: always the same for the same
// master key, and telling nothing about it or about other purposes' keys
// (HKDF with SHA-256, RFC 5869).
func (k Key) Derive(purpose string) []byte {
	if k == (Key{}) || purpose == "" {
		panic("seal: Derive needs a loaded key and a purpose")
	}
	out, err := hkdf.Key(sha256.New, k.bytes[:], nil, "signoff/1/"+purpose, keySize)
	if err != nil {
		panic(err) // only for lengths HKDF cannot give
	}
	return out
}

// Fingerprint tells keys apart and nothing about them: 16 hexadecimal digits.
func (k Key) Fingerprint() string { return hex.EncodeToString(k.Derive("fingerprint")[:8]) }

// Format writes "[sealed]" for every verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, sealed) }

// LoadKey returns the master key: the one in environment (the value of
// KeyVariable) when that is not empty, else the one in the file at path. A file
// that is not there is made with 32 random bytes, readable by its owner only;
// when several processes do so at once, all end up with the same key.
//
// A file may hold the key as Text gives it instead, as an administrator writes
// it. One that others can read, or that holds neither, is refused and left
// alone: the key may be known, or half lost.
func LoadKey(path string, environment Secret) (Key, error) {
	k, err := ReadKey(path, environment)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, err
	}
	if err := makeKey(path, NewKey()); err != nil {
		return Key{}, err
	}
	return readKey(path)
}

// ReadKey is LoadKey where there must be a key by now: it makes none. The error
// is fs.ErrNotExist when there is no file.
func ReadKey(path string, environment Secret) (Key, error) {
	if environment != "" {
		return parseKey(environment)
	}
	return readKey(path)
}

// Text is the key as KeyVariable takes it. It is for handing a key to an
// administrator and nothing else.
func (k Key) Text() Secret { return Secret(hex.EncodeToString(k.bytes[:])) }

// WriteKey keeps a key, as Text gives it, in a file that must not be there yet.
func WriteKey(path string, text Secret) error {
	k, err := parseKey(text)
	if err != nil {
		return err
	}
	if err := makeKey(path, k); err != nil {
		return err
	}
	if is, err := readKey(path); err != nil || is != k {
		return errors.Join(err, fmt.Errorf("there is a key in %s already; it was left alone", path))
	}
	return nil
}

// NewKey makes a random key.
func NewKey() Key {
	var k Key
	rand.Read(k.bytes[:]) // never fails: the program would have stopped
	return k
}

func parseKey(text Secret) (Key, error) {
	b := decodeKey(text.Reveal())
	if b == nil {
		return Key{}, fmt.Errorf("the master key in %s must be 32 bytes, written as 64 hexadecimal digits or in base64", KeyVariable)
	}
	return newKey(b, KeyVariable)
}

// decodeKey returns the bytes of a key that is written as text, nil when it is
// none.
func decodeKey(text string) []byte {
	s := strings.TrimSpace(text)
	var b []byte
	var err error
	if len(s) == 2*keySize {
		b, err = hex.DecodeString(s)
	} else {
		s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
		b, err = base64.RawStdEncoding.DecodeString(s)
	}
	if err != nil || len(b) != keySize {
		return nil
	}
	return b
}

func newKey(b []byte, from string) (Key, error) {
	k := Key{[keySize]byte(b)}
	if k == (Key{}) {
		return Key{}, fmt.Errorf("the master key in %s is all zeros: it was never written, or wiped", from)
	}
	return k, nil
}

func readKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("read master key: %w", err)
	}
	defer f.Close()
	// What is open is asked, not the path, so that nobody can swap it in between.
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("read master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Key{}, fmt.Errorf("the master key %s is not a regular file", path)
	}
	if perm := info.Mode().Perm(); runtime.GOOS != "windows" && perm&0o077 != 0 {
		return Key{}, fmt.Errorf("the master key %s can be read by others (mode %04o): make it private with chmod 600, and think about who may have read it", path, perm)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return Key{}, fmt.Errorf("read master key: %w", err)
	}
	if len(b) > keySize && len(b) <= maxKeyFile {
		b = decodeKey(string(b))
	}
	if len(b) != keySize {
		return Key{}, fmt.Errorf("the master key %s must hold exactly %d bytes, or what `signoff key new` prints (64 hexadecimal digits) or base64: restore it from a backup; without it what was sealed cannot be opened", path, keySize)
	}
	return newKey(b, path)
}

// makeKey writes a key beside path and links it into place, which either
// happens whole or, when path exists by now, not at all.
func makeKey(path string, k Key) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(k.bytes[:])
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make master key: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a new name in dir last through a power cut.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // directories cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("make master key: %w", err)
	}
	return nil
}
