package entra

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" // the x5t of RFC 7517 §4.8, which Entra uses as key id
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/big"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// signingKey signs tokens, or will, or did.
type signingKey struct {
	Key  []byte // PKCS #8
	Cert []byte // DER
	App  string `json:",omitempty"` // whose alone it is; "": the tenant's

	private *rsa.PrivateKey
	kid     string
}

// keyring holds the tenant's keys. The first signs; all are published, so that
// a planned rollover surprises nobody. They are made when they are first asked
// for: a start need not wait for keys that many trials never use.
type keyring struct {
	log  *slog.Logger
	now  func() time.Time
	mu   sync.RWMutex
	keys []*signingKey
	own  []*signingKey // of applications with keys of their own
	gone []*signingKey // no longer published: their tokens must be refused
	save func([]*signingKey) error
}

const publishedKeys = 2

func openKeys(dir string, keepIt bool, log *slog.Logger, now func() time.Time) (*keyring, error) {
	k := &keyring{log: log, now: now, save: func([]*signingKey) error { return nil }}
	name := filepath.Join(dir, keysFile)
	if keepIt {
		k.save = func(keys []*signingKey) error { return writeFile(name, keys) }
		if err := readFile(name, &k.keys); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, key := range k.keys {
			if err := key.read(); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		k.own = slices.DeleteFunc(slices.Clone(k.keys), func(key *signingKey) bool { return key.App == "" })
		k.keys = slices.DeleteFunc(k.keys, func(key *signingKey) bool { return key.App != "" })
	}
	return k, nil
}

// made returns the published keys, the signing one first.
func (k *keyring) made() []*signingKey {
	k.mu.RLock()
	keys := k.keys
	k.mu.RUnlock()
	if len(keys) >= publishedKeys {
		return keys
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.keys) < publishedKeys {
		key, err := newKey(k.now())
		if err != nil {
			panic(err) // there is no machine that cannot make a key pair
		}
		k.keys = append(slices.Clone(k.keys), key)
		if err := k.save(slices.Concat(k.keys, k.own)); err != nil {
			k.log.Warn("the sandbox's signing keys are not kept", "err", err)
		}
	}
	return k.keys
}

// spareKeys lets tests pay for a key pair once.
var spareKeys func() *rsa.PrivateKey

func newKey(now time.Time) (*signingKey, error) {
	var private *rsa.PrivateKey
	if spareKeys != nil {
		private = spareKeys()
	}
	if private == nil {
		var err error
		if private, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, err
		}
	}
	der, err := selfSigned(private, "accounts.accesscontrol.sandbox", now)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	k := &signingKey{Key: pkcs8, Cert: der}
	return k, k.read()
}

func selfSigned(private *rsa.PrivateKey, name string, now time.Time) ([]byte, error) {
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] &= 0x7f
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature}
	return x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
}

func (k *signingKey) read() error {
	key, err := x509.ParsePKCS8PrivateKey(k.Key)
	if err != nil {
		return err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return errors.New("a signing key is not RSA")
	}
	k.private, k.kid = private, thumbprint(k.Cert)
	return nil
}

func thumbprint(der []byte) string {
	sum := sha1.Sum(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Rollover changes the signing key. A planned one signs with the key that was
// published beside it all the time, and goes on publishing the old one; an
// emergency leaves nothing of the old keys.
func (s *Server) Rollover(emergency bool) error {
	key, err := newKey(s.now())
	if err != nil {
		return err
	}
	k := s.keys
	k.made()
	k.mu.Lock()
	defer k.mu.Unlock()
	if !emergency {
		// next, the new next, the old
		keys := []*signingKey{k.keys[1], key, k.keys[0]}
		k.gone = append(k.gone, k.keys[2:]...)
		k.keys = keys
		return k.save(slices.Concat(k.keys, k.own))
	}
	second, err := newKey(s.now())
	if err != nil {
		return err
	}
	k.gone = append(k.gone, k.keys...)
	k.keys = []*signingKey{key, second}
	return k.save(slices.Concat(k.keys, k.own))
}

func (k *keyring) current() *signingKey { return k.made()[0] }

func (k *keyring) published() []*signingKey { return slices.Clone(k.made()) }

func (k *keyring) byID(kid string) *signingKey {
	k.mu.RLock()
	own := k.own
	k.mu.RUnlock()
	for _, key := range append(k.published(), own...) {
		if key.kid == kid {
			return key
		}
	}
	return nil
}
