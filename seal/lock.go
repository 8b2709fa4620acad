package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// lockVersion begins every locked text: how it was locked.
const lockVersion = "v1:"

// ErrLocked says that a text cannot be unlocked: it was locked with another key
// or for another purpose, or it was changed.
var ErrLocked = errors.New("seal: not locked with this key for this purpose")

// Lock makes a secret safe to keep: text that Unlock turns back for the same
// key and purpose, and nobody without the key can read, change or use for
// another purpose (AES-256-GCM, NIST SP 800-38D, under a key derived for the
// purpose). Two locked texts of one secret differ. "" stays "".
func (k Key) Lock(purpose string, s Secret) string {
	if s == "" {
		return ""
	}
	return lockVersion + base64.StdEncoding.EncodeToString(k.locker(purpose).Seal(nil, nil, []byte(s), []byte(lockVersion+purpose)))
}

// Unlock undoes Lock. It refuses with ErrLocked what Lock did not make.
func (k Key) Unlock(purpose, text string) (Secret, error) {
	if text == "" {
		return "", nil
	}
	coded, ok := strings.CutPrefix(text, lockVersion)
	raw, err := base64.StdEncoding.DecodeString(coded)
	if !ok || err != nil {
		return "", fmt.Errorf("%w: not a locked text", ErrLocked)
	}
	plain, err := k.locker(purpose).Open(nil, nil, raw, []byte(lockVersion+purpose))
	if err != nil {
		return "", ErrLocked
	}
	return Secret(plain), nil
}

// locker encrypts under random nonces of 96 bits: good for 2^32 secrets a
// purpose, of which there will be some hundreds.
func (k Key) locker(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(k.Derive("lock/" + purpose))
	if err != nil {
		panic(err) // only for keys of a wrong length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for other block sizes
	}
	return aead
}
