package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
)

// issuer is a tenant of Entra for a moment: it makes tokens of version 2.0, as
// long as usual, and answers in memory whoever asks for its keys.
type issuer struct {
	key   *rsa.PrivateKey
	asked int // for documents and keys
}

const (
	benchTenant = "be4c0000-7e57-4000-8000-000000000001"
	benchAPI    = "be4c0000-7e57-4000-8000-000000000002"
	benchClient = "be4c0000-7e57-4000-8000-000000000003"
	authority   = "https://login.microsoftonline.com/"
	benchKey    = "YmVuY2gta2V5LWJlbmNoLWtleQ"
)

func newIssuer() (*issuer, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	return &issuer{key: key}, err
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// RoundTrip is the network, as far as there is one.
func (is *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	is.asked++
	var body any
	switch {
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		body = map[string]any{"issuer": authority + benchTenant + "/v2.0", "jwks_uri": authority + benchTenant + "/discovery/v2.0/keys"}
	case strings.HasSuffix(r.URL.Path, "/keys"):
		pub := is.key.PublicKey
		body = map[string]any{"keys": []any{map[string]any{"kty": "RSA", "use": "sig", "kid": benchKey, "n": encoded(pub.N.Bytes()),
			"e": encoded(big.NewInt(int64(pub.E)).Bytes()), "issuer": authority + "{tenantid}/v2.0"}}}
	default:
		return nil, fmt.Errorf("bench: nobody answers at %s", r.URL)
	}
	text, err := json.Marshal(body)
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(string(text))), Request: r}, err
}

// token is for the n-th person; each has an id of its own.
func (is *issuer) token(n, id int) (string, error) {
	now, p := time.Now(), person(n)
	claims, err := json.Marshal(map[string]any{"aud": benchAPI, "iss": authority + benchTenant + "/v2.0", "iat": now.Add(-time.Minute).Unix(),
		"nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(), "aio": "AWQAm/8XAAAA7vx7hC5e0Qm2mF0Vq6mJr0", "azp": benchClient, "azpacr": "1",
		"name": p.Name, "oid": fmt.Sprintf("be4c0001-7e57-4000-8000-%012d", n), "preferred_username": p.Email, "rh": "1.AXQAu5oFx", "scp": "user_impersonation",
		"sid": "be4c0002-7e57-4000-8000-000000000001", "sub": "pairwise-" + strconv.Itoa(n), "tid": benchTenant, "uti": "uti-" + strconv.Itoa(id), "ver": "2.0"})
	if err != nil {
		return "", err
	}
	signed := encoded([]byte(`{"typ":"JWT","alg":"RS256","kid":"`+benchKey+`"}`)) + "." + encoded(claims)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(nil, is.key, crypto.SHA256, sum[:])
	return signed + "." + encoded(sig), err
}

// tokens makes many, for each of the people in turn.
func (is *issuer) tokens(people, many int) ([]string, error) {
	out := make([]string, many)
	for i := range out {
		var err error
		if out[i], err = is.token(i%people+1, i); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// trusted makes the people of a server known by tokens of the issuer: their
// addresses say who they are. kept is how many verified tokens are remembered.
func (is *issuer) trusted(ctx context.Context, people *identity.Service, kept int) (*identity.Trust, error) {
	t, err := identity.OpenTrust(ctx, people, trust.Config{Client: &http.Client{Transport: is}, MaxTokens: kept})
	if err != nil {
		return nil, err
	}
	entry := identity.TrustedIssuer{Newcomers: identity.NewcomersRefuse, LinkByAddress: true,
		Issuer: trust.Issuer{Name: "bench", Profile: trust.Entra, Tenants: []string{benchTenant}, Versions: []string{trust.V2},
			Audiences: []string{benchAPI}, Scopes: []string{"user_impersonation"}}}
	_, err = t.Save(ctx, access.System, 0, identity.TrustSetting{Issuers: []identity.TrustedIssuer{entry}})
	return t, err
}
