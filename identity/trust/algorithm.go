package trust

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// An algorithm is a way to sign that we can check, and what a key for it looks
// like. Only public keys verify here: with HS256 whoever can check a token can
// make one, and with none everybody can.
type algorithm struct {
	name   string
	kty    string         // of the JWK
	curve  elliptic.Curve // for ES*
	method jwt.SigningMethod
}

// golang-jwt takes any PSS salt by default; RFC 7518 §3.5 has one, as long as
// the hash.
func pss(m *jwt.SigningMethodRSAPSS) jwt.SigningMethod {
	return &jwt.SigningMethodRSAPSS{SigningMethodRSA: m.SigningMethodRSA, Options: m.Options,
		VerifyOptions: &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}}
}

var algorithms = []algorithm{
	{name: "RS256", kty: "RSA", method: jwt.SigningMethodRS256},
	{name: "RS384", kty: "RSA", method: jwt.SigningMethodRS384},
	{name: "RS512", kty: "RSA", method: jwt.SigningMethodRS512},
	{name: "PS256", kty: "RSA", method: pss(jwt.SigningMethodPS256)},
	{name: "PS384", kty: "RSA", method: pss(jwt.SigningMethodPS384)},
	{name: "PS512", kty: "RSA", method: pss(jwt.SigningMethodPS512)},
	{name: "ES256", kty: "EC", curve: elliptic.P256(), method: jwt.SigningMethodES256},
	{name: "ES384", kty: "EC", curve: elliptic.P384(), method: jwt.SigningMethodES384},
	{name: "ES512", kty: "EC", curve: elliptic.P521(), method: jwt.SigningMethodES512},
	{name: "EdDSA", kty: "OKP", method: jwt.SigningMethodEdDSA},
}

// Algorithms lists the names an Issuer may accept.
func Algorithms() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = a.name
	}
	return names
}

// algorithmNamed finds an algorithm by its exact name; letter case counts.
func algorithmNamed(name string) *algorithm {
	if i := slices.IndexFunc(algorithms, func(a algorithm) bool { return a.name == name }); i >= 0 {
		return &algorithms[i]
	}
	return nil
}

var errSignature = errors.New("the signature is not by this key over this token")

// verify checks a signature. The key must fit the algorithm (Key.fits).
func (a *algorithm) verify(k *Key, signed string, signature []byte) error {
	switch pub := k.public.(type) {
	case *rsa.PublicKey:
		if len(signature) != pub.Size() {
			return errSignature
		}
	case *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return errSignature
	}
	if a.method.Verify(signed, signature, k.public) != nil {
		return errSignature
	}
	return nil
}
