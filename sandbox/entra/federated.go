package entra

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// federated checks another provider's token against the federated credentials
// of an application. Comparison heeds case, as in Entra since 2024.
func (s *Server) federated(q *tokenRequest, t *jws) *oauthError {
	iss, sub := t.text("iss"), t.text("sub")
	if strings.HasPrefix(iss, s.base+"/"+TenantID) {
		return aad(700229)
	}
	left := q.client.Federated
	aud, _ := t.claims["aud"].(string)
	for _, step := range []struct {
		code  int
		about string
		is    func(federatedCredential) bool
	}{
		{700211, iss, func(c federatedCredential) bool { return c.Issuer == iss }},
		{700213, sub, func(c federatedCredential) bool { return c.Subject == sub }},
		{700212, aud, func(c federatedCredential) bool {
			return slices.ContainsFunc(c.Audiences, func(a string) bool { return t.has("aud", a) })
		}},
	} {
		var next []federatedCredential
		for _, c := range left {
			if step.is(c) {
				next = append(next, c)
			}
		}
		if left = next; len(left) == 0 {
			return aad(step.code, step.about)
		}
	}
	keys, err := s.foreignKeys(iss)
	if err != nil {
		return aad(50166, iss, err)
	}
	for _, k := range keys {
		if (k.Kid == t.header.Kid || t.header.Kid == "") && t.verify(k.public()) == nil {
			return s.inTime(t)
		}
	}
	return aad(50013, "no key of the issuer made the signature.")
}

type foreignKey struct {
	Kty string `json:"kty"`
	Kid string `json:"kid"`
	Crv string `json:"crv"`
	N   string `json:"n"`
	E   string `json:"e"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

// public returns the key, or nil when it is of a kind that is not understood.
func (k foreignKey) public() crypto.PublicKey {
	number := func(text string) *big.Int {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil || len(b) > 1024 {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(b)
	}
	switch {
	case k.Kty == "RSA":
		e := number(k.E)
		if n := number(k.N); n.BitLen() >= 2048 && e.IsInt64() && e.Int64() > 1 && e.Int64() < 1<<31 {
			return &rsa.PublicKey{N: n, E: int(e.Int64())}
		}
	case k.Kty == "EC" && k.Crv == "P-256":
		key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(k.X), Y: number(k.Y)}
		if _, err := key.ECDH(); err == nil { // on the curve
			return key
		}
	}
	return nil
}

// foreignKeys asks another provider on this machine for its keys, each time:
// nothing here is so busy that a cache would pay.
func (s *Server) foreignKeys(issuer string) ([]foreignKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), foreignTimeout)
	defer cancel()
	var about struct {
		Issuer string `json:"issuer"`
		JWKS   string `json:"jwks_uri"`
	}
	if err := s.fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, err
	}
	if about.Issuer != issuer {
		return nil, fmt.Errorf("its metadata is about %q", about.Issuer)
	}
	var set struct {
		Keys []foreignKey `json:"keys"`
	}
	if err := s.fetch(ctx, about.JWKS, &set); err != nil {
		return nil, err
	}
	return set.Keys[:min(len(set.Keys), maxForeignKeys)], nil
}

// fetch reads JSON from https on this machine, within maxForeignBytes. The
// sandbox asks nobody else: an assertion names its issuer before anything
// about it is known to be true.
func (s *Server) fetch(ctx context.Context, address string, into any) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !loopback(u.Hostname()) {
		return errors.New("the sandbox asks https addresses of this machine only")
	}
	client := http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.roots}, DisableKeepAlives: true, ResponseHeaderTimeout: foreignTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return errors.New("it redirects")
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", resp.Status)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxForeignBytes+1))
	if err != nil {
		return err
	}
	if len(text) > maxForeignBytes {
		return fmt.Errorf("it answers more than %d bytes", maxForeignBytes)
	}
	return json.Unmarshal(text, into)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// workload is a second provider, which plays the Kubernetes or the build
// service whose tokens a federated credential trusts.
type workload struct {
	once sync.Once
	key  *signingKey
	err  error
}

func (s *Server) workloadIssuer() string { return s.base + "/sandbox/entra/workload" }

func (s *Server) workloadKey() (*signingKey, error) {
	l := &s.mem.workload
	l.once.Do(func() { l.key, l.err = newKey(s.now()) })
	return l.key, l.err
}

// WorkloadToken is what the sandbox's workload provider hands to a workload:
// use it as the client assertion of an application that trusts Issuer and
// subject. audience "": Entra's usual one.
func (s *Server) WorkloadToken(subject, audience string) (string, error) {
	key, err := s.workloadKey()
	if err != nil {
		return "", err
	}
	if audience == "" {
		audience = "api://AzureADTokenExchange"
	}
	now := s.now()
	return sign(key.private, map[string]any{"alg": "RS256", "typ": "JWT", "kid": key.kid}, map[string]any{
		"iss": s.workloadIssuer(), "sub": subject, "aud": audience, "iat": now.Unix(), "nbf": now.Unix(),
		"exp": now.Add(10 * time.Minute).Unix(), "jti": newGUID()})
}

func (s *Server) workloadMetadata(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"issuer": s.workloadIssuer(), "jwks_uri": s.workloadIssuer() + "/keys",
		"response_types_supported": []string{"id_token"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"}})
}

func (s *Server) workloadKeys(w http.ResponseWriter, r *http.Request) {
	key, err := s.workloadKey()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []map[string]any{{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.kid,
		"n": b64(key.private.N.Bytes()), "e": "AQAB"}}})
}
