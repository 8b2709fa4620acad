package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Tokens are made here with the standard library alone, not with the library
// that checks them.

const (
	tenantA = "11111111-aaaa-4aaa-8aaa-111111111111"
	tenantB = "22222222-bbbb-4bbb-8bbb-222222222222"
	apiID   = "33333333-cccc-4ccc-8ccc-333333333333"
	apiURI  = "api://signoff.contoso.test"
	caller  = "44444444-dddd-4ddd-8ddd-444444444444"
	daemon  = "55555555-eeee-4eee-8eee-555555555555"
	jane    = "66666666-ffff-4fff-8fff-666666666666"
	oidcURL = "https://login.fabrikam.test/realm"
)

var (
	start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

	rsaA, rsaB   = mustRSA(2048), mustRSA(2048)
	p256         = mustEC(elliptic.P256())
	p384         = mustEC(elliptic.P384())
	_, edKey1, _ = ed25519.GenerateKey(rand.Reader)
)

func mustRSA(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

func mustEC(c elliptic.Curve) *ecdsa.PrivateKey {
	k, err := ecdsa.GenerateKey(c, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
}

type obj = map[string]any

// but returns o with some members changed; nil takes one out.
func (t tok) but(claims obj) tok {
	t.claims = changed(t.claims, claims)
	return t
}

func (t tok) head(header obj) tok {
	t.header = changed(t.header, header)
	return t
}

func (t tok) by(key crypto.Signer) tok {
	t.key = key
	return t
}

func changed(o, with obj) obj {
	o = maps.Clone(o)
	for k, v := range with {
		if v == nil {
			delete(o, k)
		} else {
			o[k] = v
		}
	}
	return o
}

// tok is a token to be made.
type tok struct {
	header, claims obj
	key            crypto.Signer
}

func (t tok) String() string {
	return signRaw(t.header["alg"], mustJSON(t.header), mustJSON(t.claims), t.key)
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// signRaw makes a token of any header and claims.
func signRaw(alg any, header, claims string, key crypto.Signer) string {
	signed := b64([]byte(header)) + "." + b64([]byte(claims))
	name, _ := alg.(string)
	return signed + "." + b64(signature(name, signed, key))
}

func signature(alg, signed string, key crypto.Signer) []byte {
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[alg[max(0, len(alg)-3):]]
	if hash == 0 {
		hash = crypto.SHA256
	}
	h := hash.New()
	h.Write([]byte(signed))
	sum := h.Sum(nil)
	switch k := key.(type) {
	case *rsa.PrivateKey:
		var sig []byte
		var err error
		if strings.HasPrefix(alg, "PS") {
			sig, err = rsa.SignPSS(rand.Reader, k, hash, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			sig, err = rsa.SignPKCS1v15(nil, k, hash, sum)
		}
		if err != nil {
			panic(err)
		}
		return sig
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, k, sum)
		if err != nil {
			panic(err)
		}
		size := (k.Params().BitSize + 7) / 8
		return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case ed25519.PrivateKey:
		return ed25519.Sign(k, []byte(signed))
	}
	return []byte("no signature")
}

func v2(at time.Time) tok {
	return tok{key: rsaA, header: obj{"typ": "JWT", "alg": "RS256", "kid": "a1"}, claims: obj{
		"aud": apiID, "iss": "https://login.microsoftonline.com/" + tenantA + "/v2.0", "iat": at.Unix() - 60, "nbf": at.Unix() - 60, "exp": at.Unix() + 3600,
		"azp": caller, "azpacr": "1", "name": "Jane Doe", "oid": jane, "preferred_username": "jane@contoso.test", "scp": "user_impersonation",
		"sub": "pairwise-jane", "tid": tenantA, "uti": "u1", "ver": "2.0"}}
}

func v1(at time.Time) tok {
	return tok{key: rsaA, header: obj{"typ": "JWT", "alg": "RS256", "kid": "a1", "x5t": "a1"}, claims: obj{
		"aud": apiURI, "iss": "https://sts.windows.net/" + tenantA + "/", "iat": at.Unix() - 60, "nbf": at.Unix() - 60, "exp": at.Unix() + 3600,
		"acr": "1", "amr": []string{"pwd", "mfa"}, "appid": caller, "appidacr": "0", "name": "Jane Doe", "oid": jane, "upn": "jane@contoso.test",
		"unique_name": "jane@contoso.test", "scp": "user_impersonation Tasks.Read", "sub": "pairwise-jane", "tid": tenantA, "uti": "u1", "ver": "1.0"}}
}

// app is a version 2.0 token of an application by itself.
func app(at time.Time) tok {
	return v2(at).but(obj{"scp": nil, "name": nil, "preferred_username": nil, "oid": daemon, "sub": daemon, "azp": daemon, "azpacr": "2", "idtyp": "app", "roles": []string{"Workflow.Start"}})
}

func oidcToken(at time.Time) tok {
	return tok{key: rsaB, header: obj{"typ": "at+jwt", "alg": "RS256", "kid": "f1"}, claims: obj{
		"iss": oidcURL, "aud": []string{"account", apiURI}, "iat": at.Unix() - 60, "exp": at.Unix() + 300, "sub": "f:42", "client_id": "portal",
		"jti": "j1", "scope": "openid workflow", "email": "kim@fabrikam.test", "email_verified": true, "name": "Kim", "groups": []string{"staff"}}}
}

func entraEntry() Issuer {
	return Issuer{Name: "contoso", Profile: Entra, Tenants: []string{tenantA}, Versions: []string{V1, V2}, Audiences: []string{apiID, apiURI},
		Scopes: []string{"user_impersonation"}, Apps: AppsByRole, Roles: []string{"Workflow.Start"}}
}

func oidcEntry() Issuer {
	return Issuer{Name: "fabrikam", Profile: OIDC, URL: oidcURL, Audiences: []string{apiURI}, Scopes: []string{"workflow"}}
}

func jwkOf(kid string, key crypto.Signer) obj {
	switch pub := key.Public().(type) {
	case *rsa.PublicKey:
		return obj{"kty": "RSA", "use": "sig", "kid": kid, "n": b64(pub.N.Bytes()), "e": b64(big.NewInt(int64(pub.E)).Bytes())}
	case *ecdsa.PublicKey:
		b, err := pub.Bytes()
		if err != nil {
			panic(err)
		}
		return obj{"kty": "EC", "kid": kid, "crv": pub.Params().Name, "x": b64(b[1 : 1+len(b)/2]), "y": b64(b[1+len(b)/2:])}
	case ed25519.PublicKey:
		return obj{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(pub)}
	}
	panic("no such key")
}

func jwks(keys ...obj) string { return mustJSON(obj{"keys": keys}) }

// web stands in for the network: it answers by address and counts.
type web struct {
	mu     sync.Mutex
	pages  map[string]func(*http.Request) *http.Response
	asked  map[string]int
	before func(*http.Request) error // of each request; may wait
}

func newWeb() *web {
	return &web{pages: map[string]func(*http.Request) *http.Response{}, asked: map[string]int{}}
}

func (w *web) client() *http.Client { return &http.Client{Transport: w} }

func (w *web) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	w.asked[r.URL.String()]++
	page, before := w.pages[r.URL.String()], w.before
	w.mu.Unlock()
	if before != nil {
		if err := before(r); err != nil {
			return nil, err
		}
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if page == nil {
		return answer(404, "nothing here")(r), nil
	}
	resp := page(r)
	resp.Request = r
	return resp, nil
}

func answer(status int, body string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response {
		return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	}
}

func (w *web) set(address string, page func(*http.Request) *http.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[address] = page
}

func (w *web) count() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.asked {
		n += c
	}
	return n
}

const (
	metaV2 = "https://login.microsoftonline.com/" + tenantA + "/v2.0/.well-known/openid-configuration"
	keysV2 = "https://login.microsoftonline.com/" + tenantA + "/discovery/v2.0/keys"
	metaV1 = "https://login.microsoftonline.com/" + tenantA + "/.well-known/openid-configuration"
	keysV1 = "https://login.microsoftonline.com/" + tenantA + "/discovery/keys"
	metaF  = oidcURL + "/.well-known/openid-configuration"
	keysF  = oidcURL + "/certs"
)

func metadata(issuer, keys string) string {
	return mustJSON(obj{"issuer": issuer, "jwks_uri": keys, "token_endpoint": "https://elsewhere.test/token"})
}

// providers answers as Entra does for tenantA, and as Fabrikam.
func providers() *web {
	w := newWeb()
	w.set(metaV2, answer(200, metadata("https://login.microsoftonline.com/"+tenantA+"/v2.0", keysV2)))
	w.set(metaV1, answer(200, metadata("https://sts.windows.net/"+tenantA+"/", keysV1)))
	entraKey := jwkOf("a1", rsaA)
	entraKey["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0"
	entraKey["x5c"] = []string{"MIIC"}
	w.set(keysV2, answer(200, jwks(entraKey, jwkOf("e1", p256), jwkOf("d1", edKey1))))
	w.set(keysV1, answer(200, jwks(jwkOf("a1", rsaA))))
	w.set(metaF, answer(200, metadata(oidcURL, keysF)))
	w.set(keysF, answer(200, jwks(jwkOf("f1", rsaB), jwkOf("e1", p256), jwkOf("e3", p384))))
	return w
}

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	c.t = c.t.Add(d)
	c.mu.Unlock()
}

func verifier(t testing.TB, w *web, issuers ...Issuer) (*Verifier, *clock) {
	c := &clock{t: start}
	v := New(Config{Client: w.client(), Now: c.now})
	t.Cleanup(func() { must(t, v.Close()) })
	must(t, v.Replace(t.Context(), issuers))
	return v, c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// codeFor is what Verify says of a token: a code, or "" for accepted.
func codeFor(t testing.TB, v *Verifier, token string) string {
	t.Helper()
	a, err := v.Verify(t.Context(), token)
	if err == nil {
		if a == nil {
			t.Fatal("neither accepted nor refused")
		}
		return ""
	}
	r, ok := err.(*Refusal)
	if !ok {
		return fmt.Sprintf("%T %v", err, err)
	}
	return r.Code.Code
}

func sum256(s string) []byte { b := sha256.Sum256([]byte(s)); return b[:] }
