package oauth

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// This server can be an issuer of its own: it signs a short token about a
// resource, and the provider, which trusts the issuer by a federated credential
// of the registration, fetches the key here. Nothing that could leak is kept at
// the provider, and nothing ends that somebody has to renew.

// IssuerPath is where the issuer is, below the public address.
const IssuerPath = "/oauth/issuer"

// IssuerSetting is the name under which the store keeps the issuer's keys.
const IssuerSetting = "oauth-issuer"

// How long a key signs, how long before that it can be fetched, so that whoever
// keeps keys for a day knows it, and how long it still can afterwards.
const (
	issuerFor   = 90 * 24 * time.Hour
	issuerAhead = 3 * 24 * time.Hour
	issuerAfter = 7 * 24 * time.Hour
	proofFor    = 5 * time.Minute
)

// issuerKey is a key of the issuer. The public part stands beside the locked one
// so that serving it opens nothing.
type issuerKey struct {
	ID      string    `json:"id"`
	Modulus string    `json:"n"`    // base64url
	Key     string    `json:"key"`  // locked PKCS #8
	From    time.Time `json:"from"` // it signs from then on
}

const issuerPurpose = "oauth issuer key"

// Federation is what a provider has to be told so that it trusts this server.
type Federation struct{ Issuer, Subject, Audience string }

// federation is that of a resource, nil when it proves itself otherwise.
func (s *Service) federation(r *Resource) *Federation {
	if r.Auth != WithOwnIssuer {
		return nil
	}
	return &Federation{s.public + IssuerPath, "oauth-resource:" + r.Name, exchangeAudience(r.authority())}
}

// exchangeAudience is what Entra wants such tokens to be for, in each cloud.
// https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations
func exchangeAudience(authority string) string {
	host := authority
	if u, err := url.Parse(authority); err == nil {
		host = u.Hostname()
	}
	switch {
	case strings.HasSuffix(host, ".microsoftonline.us"):
		return "api://AzureADTokenExchangeUSGov"
	case strings.HasSuffix(host, ".partner.microsoftonline.cn"), strings.HasSuffix(host, ".chinacloudapi.cn"):
		return "api://AzureADTokenExchangeChina"
	}
	return "api://AzureADTokenExchange"
}

// ownAssertion signs a token about a resource with the key whose time it is.
func (s *Service) ownAssertion(ctx context.Context, r *Resource) (seal.Secret, error) {
	f := s.federation(r)
	key, private, err := s.signingKey(ctx)
	if err != nil {
		return "", err
	}
	now := s.now()
	header, claims := jsonOf(map[string]string{"alg": "RS256", "typ": "JWT", "kid": key.ID}), jsonOf(map[string]any{"iss": f.Issuer, "sub": f.Subject,
		"aud": f.Audience, "jti": rand.Text(), "nbf": now.Add(-time.Minute).Unix(), "iat": now.Unix(), "exp": now.Add(proofFor).Unix()})
	text := b64(header) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, sum[:])
	return seal.Secret(text + "." + b64(sig)), err
}

// signingKey returns the key whose time it is. When the next one has to be made
// known, or there is none that can be used, one is made, by whichever node is
// the first to look.
func (s *Service) signingKey(ctx context.Context) (issuerKey, *rsa.PrivateKey, error) {
	for range 3 {
		kept, keys, err := s.issuerKeys(ctx)
		if err != nil {
			return issuerKey{}, nil, err
		}
		now := s.now()
		if next := s.turned(keys, now); next != nil {
			keys, err = s.addIssuerKey(ctx, kept, next, now)
			if signoff.CodeOf(err) == "setting-changed" {
				continue // another node was faster
			}
			if err != nil {
				return issuerKey{}, nil, err
			}
		}
		key := keys[max(current(keys, now), 0)]
		private, err := openIssuerKey(s.cfg.Seal, key)
		return key, private, err
	}
	return issuerKey{}, nil, errors.New("the keys of the issuer change too often")
}

func (s *Service) issuerKeys(ctx context.Context) (store.Setting, []issuerKey, error) {
	kept, err := s.cfg.Store.Setting(ctx, IssuerSetting)
	if err != nil || kept.Rev == 0 {
		return kept, nil, err
	}
	var keys []issuerKey
	if err := json.Unmarshal(kept.Body, &keys); err != nil {
		return kept, nil, fmt.Errorf("read the setting %s: %w", IssuerSetting, err)
	}
	return kept, keys, nil
}

// current is the place of the key whose time it is, -1 when there is none.
func current(keys []issuerKey, now time.Time) int {
	at := -1
	for i, k := range keys {
		if !k.From.After(now) {
			at = i
		}
	}
	return at
}

// turned returns the keys there have to be from now on but for the newest, which
// is to be made, or nil when those there are will do. They are in the order of
// their times.
func (s *Service) turned(keys []issuerKey, now time.Time) []issuerKey {
	at := current(keys, now)
	if at < 0 {
		return []issuerKey{}
	}
	if _, err := openIssuerKey(s.cfg.Seal, keys[at]); err != nil {
		return []issuerKey{} // of a master key that is lost: nobody can sign with it any more
	}
	if at < len(keys)-1 || now.Before(keys[at].From.Add(issuerFor-issuerAhead)) {
		return nil
	}
	left := []issuerKey{}
	for i, k := range keys {
		if i == len(keys)-1 || now.Before(keys[i+1].From.Add(issuerAfter)) {
			left = append(left, k)
		}
	}
	return left
}

// addIssuerKey makes the newest key and keeps it with the others. The first one
// signs at once: nobody has fetched keys before it.
func (s *Service) addIssuerKey(ctx context.Context, kept store.Setting, left []issuerKey, now time.Time) ([]issuerKey, error) {
	from := now
	if len(left) > 0 {
		from = now.Add(issuerAhead)
	}
	key, err := newIssuerKey(s.cfg.Seal, from.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	keys := append(slices.Clone(left), key)
	note := store.Change{What: IssuerSetting, Subject: key.ID, After: jsonOf(map[string]any{"from": key.From})}
	if _, err := s.cfg.Store.SaveSetting(ctx, store.Setting{Name: IssuerSetting, Rev: kept.Rev, Body: jsonOf(keys)}, note); err != nil {
		return nil, err
	}
	s.log.InfoContext(ctx, "a key of the issuer was made", slog.String("key", key.ID), slog.Time("from", key.From))
	return keys, nil
}

func newIssuerKey(key seal.Key, from time.Time) (issuerKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return issuerKey{}, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return issuerKey{}, err
	}
	modulus := private.N.Bytes()
	sum := sha256.Sum256(modulus)
	return issuerKey{ID: b64(sum[:16]), Modulus: b64(modulus), From: from,
		Key: key.Lock(issuerPurpose, seal.Secret(base64.StdEncoding.EncodeToString(pkcs8)))}, nil
}

func openIssuerKey(key seal.Key, k issuerKey) (*rsa.PrivateKey, error) {
	return openKey(key, issuerPurpose, k.Key)
}

// A PublicKey is a key of the issuer as providers fetch it (RFC 7517).
type PublicKey struct {
	Type      string `json:"kty"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
	ID        string `json:"kid"`
	Modulus   string `json:"n"`
	Exponent  string `json:"e"`
}

// IssuerKeys returns the keys that providers may fetch: the one that signs, the
// next one, and those that signed until lately. There are none until a resource
// proves itself with them.
func (s *Service) IssuerKeys(ctx context.Context) ([]PublicKey, error) {
	_, keys, err := s.issuerKeys(ctx)
	list := make([]PublicKey, 0, len(keys))
	for _, k := range keys {
		list = append(list, PublicKey{"RSA", "sig", "RS256", k.ID, k.Modulus, "AQAB"})
	}
	return list, err
}

// Issuer is the name of this server as an issuer.
func (s *Service) Issuer() string { return s.public + IssuerPath }
