package entra

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// sign makes a compact JWS (RFC 7515) with RS256 or PS256.
func sign(key *rsa.PrivateKey, header map[string]any, claims any) (string, error) {
	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	sum := sha256.Sum256([]byte(text))
	var sig []byte
	switch header["alg"] {
	case "RS256":
		sig, err = rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	case "PS256":
		sig, err = rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	default:
		err = fmt.Errorf("cannot sign with %v", header["alg"])
	}
	if err != nil {
		return "", err
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), nil
}

// jws is a token taken apart and not yet believed.
type jws struct {
	header jwsHeader
	claims map[string]any
	signed []byte
	sig    []byte
}

type jwsHeader struct {
	Alg     string   `json:"alg"`
	Kid     string   `json:"kid"`
	X5t     string   `json:"x5t"`
	X5tS256 string   `json:"x5t#S256"`
	X5c     []string `json:"x5c"`
	Crit    []string `json:"crit"`
}

var errJWT = errors.New("not a signed JWT")

// parseJWS takes a compact JWS apart: three segments of strict base64url and
// two JSON objects, within maxAssertionBytes.
func parseJWS(token string) (*jws, error) {
	parts := strings.Split(token, ".")
	if len(token) > maxAssertionBytes || len(parts) != 3 {
		return nil, errJWT
	}
	var raw [3][]byte
	for i, p := range parts {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p)
		if err != nil || strings.ContainsAny(p, "\r\n") {
			return nil, errJWT
		}
		raw[i] = b
	}
	t := &jws{signed: []byte(token[:len(parts[0])+1+len(parts[1])]), sig: raw[2]}
	if err := json.Unmarshal(raw[0], &t.header); err != nil {
		return nil, errJWT
	}
	d := json.NewDecoder(bytes.NewReader(raw[1]))
	d.UseNumber()
	if err := d.Decode(&t.claims); err != nil || t.claims == nil || d.More() {
		return nil, errJWT
	}
	if len(t.header.Crit) > 0 {
		return nil, errJWT
	}
	return t, nil
}

// verify checks the signature with a key of the kind that alg names.
func (t *jws) verify(key crypto.PublicKey) error {
	sum := sha256.Sum256(t.signed)
	switch k := key.(type) {
	case *rsa.PublicKey:
		if k.Size() < 256 {
			return errors.New("the key has fewer than 2048 bits")
		}
		switch t.header.Alg {
		case "RS256":
			return rsa.VerifyPKCS1v15(k, crypto.SHA256, sum[:], t.sig)
		case "PS256":
			return rsa.VerifyPSS(k, crypto.SHA256, sum[:], t.sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	case *ecdsa.PublicKey:
		if t.header.Alg == "ES256" && len(t.sig) == 64 && k.Curve.Params().BitSize == 256 &&
			ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(t.sig[:32]), new(big.Int).SetBytes(t.sig[32:])) {
			return nil
		}
	}
	return fmt.Errorf("not a valid %q signature of that key", t.header.Alg)
}

func (t *jws) text(claim string) string { s, _ := t.claims[claim].(string); return s }

// seconds reads a NumericDate; 0 when it is absent or no whole number.
func (t *jws) seconds(claim string) int64 {
	n, _ := t.claims[claim].(json.Number)
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, _ := n.Float64()
	return int64(f)
}

// has tells whether a claim is the value, or a list that holds it.
func (t *jws) has(claim, value string) bool {
	if s, ok := t.claims[claim].(string); ok {
		return s == value
	}
	list, _ := t.claims[claim].([]any)
	for _, v := range list {
		if v == value {
			return true
		}
	}
	return false
}
