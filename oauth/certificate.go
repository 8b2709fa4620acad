package oauth

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff/seal"
)

// certificateFor is how long a certificate of ours is good: as long as Entra
// lets a secret live.
const certificateFor = 2 * 365 * 24 * time.Hour

// newCertificate makes a key and a certificate over it, signed by itself: a
// provider compares it and follows no chain.
func newCertificate(key seal.Key, name string, now time.Time) (*Certificate, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "signoff " + name}, NotBefore: now.Add(-5 * time.Minute).UTC(),
		NotAfter: now.Add(certificateFor).UTC().Truncate(time.Second), KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(der)
	return &Certificate{PEM: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), Print: b64(sum[:]), Until: c.NotAfter,
		Key: key.Lock(keyPurpose, seal.Secret(base64.StdEncoding.EncodeToString(pkcs8)))}, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// assertion is a token of our own that only the key's owner can make (RFC 7523
// §2.2; PS256 and x5t#S256, as Entra wants it of new applications).
func (c *Certificate) assertion(key seal.Key, audience, client string, now time.Time) (seal.Secret, error) {
	private, err := c.private(key)
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": c.Print, "kid": c.Print})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"aud": audience, "iss": client, "sub": client, "jti": rand.Text(),
		"nbf": now.Add(-time.Minute).Unix(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	text := b64(header) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPSS(rand.Reader, private, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	return seal.Secret(text + "." + b64(sig)), err
}

func (c *Certificate) private(key seal.Key) (*rsa.PrivateKey, error) {
	return openKey(key, keyPurpose, c.Key)
}

// openKey opens a private key that was locked for a purpose.
func openKey(key seal.Key, purpose, locked string) (*rsa.PrivateKey, error) {
	text, err := key.Unlock(purpose, locked)
	if err != nil {
		return nil, err
	}
	der, err := base64.StdEncoding.DecodeString(text.Reveal())
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key is not RSA")
	}
	return private, nil
}

// maxAssertion bounds another provider's token, in a file.
const maxAssertion = 64 << 10

// federated reads the token that a platform puts into a file and renews there
// (Kubernetes, GitHub). It is read anew each time. Anything but a signed token is
// refused: no other file of this machine is sent anywhere.
func federated(path string) (seal.Secret, error) {
	// A pipe would never be read to its end.
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("the token file cannot be read: %w", cmp.Or(err, errNoFile))
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the token file cannot be read: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxAssertion+1))
	if err != nil {
		return "", fmt.Errorf("the token file cannot be read: %w", err)
	}
	text := strings.TrimSpace(string(raw))
	parts := strings.Split(text, ".")
	if len(raw) > maxAssertion || len(parts) != 3 {
		return "", errors.New("the token file holds no signed token")
	}
	for i, p := range parts {
		b, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil || i < 2 && !json.Valid(b) || len(b) == 0 {
			return "", errors.New("the token file holds no signed token")
		}
	}
	if !forOthers(parts[1]) {
		return "", errors.New("the token file holds a token for the machine's own cluster, which no provider is to get: project one with the provider's audience")
	}
	return seal.Secret(text), nil
}

var errNoFile = errors.New("it is no file")

// forOthers tells whether a token is meant for a provider elsewhere. What a
// machine has for its own Kubernetes is for whoever gave it, or for nobody in
// particular.
func forOthers(payload string) bool {
	var c struct {
		Issuer   string          `json:"iss"`
		Audience json.RawMessage `json:"aud"`
	}
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return false
	}
	var one string
	list := []string{}
	if json.Unmarshal(c.Audience, &one) == nil {
		list = append(list, one)
	} else if json.Unmarshal(c.Audience, &list) != nil {
		return false
	}
	own := func(aud string) bool {
		return aud == "" || aud == c.Issuer || strings.Contains(aud, "kubernetes.default") || strings.EqualFold(aud, "k3s")
	}
	return len(list) > 0 && !slices.ContainsFunc(list, own)
}
