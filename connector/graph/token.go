package graph

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Secret does not show in logs.
type Secret string

func (Secret) String() string   { return "[sealed]" }
func (Secret) GoString() string { return "[sealed]" }

// Certificate is how an application proves itself without a secret.
type Certificate struct {
	key   *rsa.PrivateKey
	print string // SHA-256 of the certificate, as the assertion names it
	Until time.Time
}

// ReadCertificate reads a certificate and its private key (RSA, 2048 bits at
// least) from PEM: PKCS #8 or #1.
func ReadCertificate(text []byte) (*Certificate, error) {
	var c Certificate
	for len(text) > 0 && len(text) <= maxTokenBytes {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE":
			if leaf, err := x509.ParseCertificate(block.Bytes); err == nil && c.print == "" {
				sum := sha256.Sum256(leaf.Raw)
				c.print, c.Until = b64(sum[:]), leaf.NotAfter
			}
		case "PRIVATE KEY":
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				c.key, _ = key.(*rsa.PrivateKey)
			}
		case "RSA PRIVATE KEY":
			c.key, _ = x509.ParsePKCS1PrivateKey(block.Bytes)
		}
	}
	if c.print == "" || c.key == nil || c.key.N.BitLen() < 2048 {
		return nil, errors.New("the PEM text must hold a certificate and its RSA private key of at least 2048 bits")
	}
	return &c, nil
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// assertion is a token of our own that only the key's owner can make
// (RFC 7523; PS256, as Entra ID wants it of new applications).
func (c *Certificate) assertion(audience, client string, now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "PS256", "typ": "JWT", "x5t#S256": c.print})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"aud": audience, "iss": client, "sub": client, "jti": newID(),
		"nbf": now.Add(-time.Minute).Unix(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	text := b64(header) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPSS(rand.Reader, c.key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	return text + "." + b64(sig), err
}

type token struct {
	text  string
	until time.Time
}

// earlier is how long before its end a token is not used any more.
const earlier = 5 * time.Minute

// accessToken returns a token for Graph, the one at hand while it lasts. With
// claims a new one is asked for that says so.
func (c *Client) accessToken(ctx context.Context, claims string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if claims == "" && c.token.text != "" && c.now().Before(c.token.until) {
		return c.token.text, nil
	}
	for n := 1; ; n++ {
		t, err := c.newToken(ctx, claims)
		if err == nil {
			c.token = t
			return t.text, nil
		}
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return "", err
		}
		e.signIn = true
		pause, again := e.pause(n)
		if !again {
			return "", err
		}
		if werr := c.wait(ctx, pause); werr != nil {
			return "", errors.Join(err, werr)
		}
	}
}

// forget drops a token that Graph did not take.
func (c *Client) forget(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token.text == text {
		c.token = token{}
	}
}

func (c *Client) newToken(ctx context.Context, claims string) (token, error) {
	address := strings.TrimSuffix(cmp.Or(c.Authority, PublicAuthority), "/") + "/" + url.PathEscape(c.Tenant) + "/oauth2/v2.0/token"
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ClientID}, "scope": {c.graph() + "/.default"}}
	if claims != "" {
		form.Set("claims", claims)
	}
	if c.Key != nil {
		text, err := c.Key.assertion(address, c.ClientID, c.now())
		if err != nil {
			return token{}, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", text)
	} else {
		form.Set("client_secret", string(c.Secret))
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return token{}, err
	}
	id := newID()
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.Header.Set("client-request-id", id)
	asked := c.now()
	var in struct {
		Text    string      `json:"access_token"`
		Type    string      `json:"token_type"`
		Seconds json.Number `json:"expires_in"` // a string from v1.0 endpoints
	}
	if err := c.exchange(r, id, maxTokenBytes, &in); err != nil {
		return token{}, err
	}
	if in.Text == "" || len(in.Text) > 64<<10 || strings.ContainsAny(in.Text, " \r\n") || !strings.EqualFold(in.Type, "Bearer") {
		return token{}, answerError("the token endpoint's answer holds no bearer token")
	}
	life, err := strconv.Atoi(in.Seconds.String())
	if err != nil || life < 0 {
		life = 0
	}
	return token{in.Text, asked.Add(time.Duration(min(life, 86_400))*time.Second - earlier)}, nil
}
