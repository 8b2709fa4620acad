package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Limits of keys. Providers use moduli of 2048 to 4096 bits and the exponent
// 65537; larger ones only make verifying slow.
const (
	minModulusBits = 2048
	maxModulusBits = 8192
	minExponent    = 65537
)

// A Key is a provider's public key that may verify signatures.
type Key struct {
	ID        string   `json:"id"`
	Type      string   `json:"type"`                // RSA, EC or OKP
	Algorithm string   `json:"algorithm,omitempty"` // the only one it may be used with; "": any of its type
	Size      int      `json:"size"`                // in bits
	Issuers   []string `json:"issuers,omitempty"`   // whose tokens it may sign, {tenantid} standing for the tenant; none: its document's issuer's

	public crypto.PublicKey
}

// fits tells why the key may not verify tokens of that algorithm, "" if it may.
func (k *Key) fits(a *algorithm) string {
	if k.Type != a.kty {
		return fmt.Sprintf("key %s is of type %s, %s needs %s", clip(k.ID), k.Type, a.name, a.kty)
	}
	if k.Algorithm != "" && k.Algorithm != a.name {
		return fmt.Sprintf("key %s is for %s only", clip(k.ID), k.Algorithm)
	}
	if pub, ok := k.public.(*ecdsa.PublicKey); ok && pub.Curve != a.curve {
		return fmt.Sprintf("key %s lies on %s, %s needs %s", clip(k.ID), pub.Curve.Params().Name, a.name, a.curve.Params().Name)
	}
	return ""
}

// same tells whether both are one key: nothing but the issuers may differ.
func (k *Key) same(other *Key) bool {
	pub, ok := k.public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.ID == other.ID && k.Algorithm == other.Algorithm && pub.Equal(other.public)
}

// privateMembers of a JWK give the key away (RFC 7518 §6.2.2, §6.3.2, §6.4).
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

// parseKey reads one key of a JWK set (RFC 7517). It refuses what is not a
// sound public key for verifying signatures. x5c, x5u and x5t are not looked at.
func parseKey(v *value) (*Key, error) {
	if v.shape != isObject {
		return nil, errors.New("a key is an object")
	}
	for _, name := range privateMembers {
		if _, there := v.get(name); there {
			return nil, fmt.Errorf("it publishes its private part (%q)", name)
		}
	}
	if err := checkUse(v); err != nil {
		return nil, err
	}
	k := &Key{ID: v.str("kid"), Type: v.str("kty"), Algorithm: v.str("alg")}
	if k.ID == "" || len(k.ID) > maxKeyIDBytes {
		return nil, errors.New("it has no usable kid")
	}
	if _, there := v.get("alg"); there && algorithmNamed(k.Algorithm) == nil {
		return nil, fmt.Errorf("its algorithm %q is not for signatures we check", clip(k.Algorithm))
	}
	if iss, there := v.get("issuer"); there {
		if iss.shape != isString || iss.text == "" {
			return nil, errors.New("its issuer is not text")
		}
		k.Issuers = []string{iss.text}
	}
	var err error
	switch k.Type {
	case "RSA":
		k.public, k.Size, err = rsaKey(v)
	case "EC":
		k.public, k.Size, err = ecKey(v)
	case "OKP":
		k.public, k.Size, err = edKey(v)
	default:
		err = fmt.Errorf("its type %q is none of RSA, EC and OKP", clip(k.Type))
	}
	if err == nil && k.Algorithm != "" {
		if why := k.fits(algorithmNamed(k.Algorithm)); why != "" {
			err = errors.New(why)
		}
	}
	return k, err
}

// checkUse holds a key to what its owner says it is for (RFC 7517 §4.2, §4.3).
func checkUse(v *value) error {
	if use, there := v.get("use"); there && (use.shape != isString || use.text != "sig") {
		return fmt.Errorf("its use is %q, not sig", clip(use.text))
	}
	ops, there := v.get("key_ops")
	if !there {
		return nil
	}
	if list, ok := ops.strings(); !ok || !slices.Contains(list, "verify") {
		return errors.New("its key_ops do not have verify")
	}
	return nil
}

func bytesOf(v *value, name string) ([]byte, error) {
	b, err := decode64(v.str(name))
	if err == nil && len(b) == 0 {
		err = errors.New("nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("its %q is not base64url: %w", name, err)
	}
	return b, nil
}

func rsaKey(v *value) (crypto.PublicKey, int, error) {
	n, err := bytesOf(v, "n")
	if err != nil {
		return nil, 0, err
	}
	e, err := bytesOf(v, "e")
	if err != nil {
		return nil, 0, err
	}
	if len(n) > maxModulusBits/8+1 || len(e) > 8 {
		return nil, 0, fmt.Errorf("its modulus has more than %d bits, or its exponent more than 31", maxModulusBits)
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	switch bits := modulus.BitLen(); {
	case bits < minModulusBits || bits > maxModulusBits:
		return nil, 0, fmt.Errorf("its modulus has %d bits, not %d to %d", bits, minModulusBits, maxModulusBits)
	case modulus.Bit(0) == 0:
		return nil, 0, errors.New("its modulus is even")
	case guessable(modulus):
		return nil, 0, errors.New("its modulus has the mark of a broken key generator (ROCA, CVE-2017-15361), so that its private part can be worked out")
	case exponent.BitLen() > 31 || exponent.Int64() < minExponent || exponent.Bit(0) == 0:
		return nil, 0, fmt.Errorf("its exponent %v is not an odd number from %d on", exponent, minExponent)
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, modulus.BitLen(), nil
}

// rocaPrimes are the odd primes up to 167.
var rocaPrimes = []int64{3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167}

// guessable tells whether a modulus comes from the smart-card library that made
// primes as powers of 65537 to many small primes: then the modulus is such a
// power to each of them, which for others is as good as impossible.
func guessable(n *big.Int) bool {
	for _, p := range rocaPrimes {
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power, found := int64(1), false
		for range p {
			found = found || power == rest
			power = power * minExponent % p
		}
		if !found {
			return false
		}
	}
	return true
}

func ecKey(v *value) (crypto.PublicKey, int, error) {
	var curve elliptic.Curve
	for _, a := range algorithms {
		if a.curve != nil && a.curve.Params().Name == v.str("crv") {
			curve = a.curve
		}
	}
	if curve == nil {
		return nil, 0, fmt.Errorf("its curve %q is none of P-256, P-384 and P-521", clip(v.str("crv")))
	}
	size := (curve.Params().BitSize + 7) / 8
	point := []byte{4} // uncompressed (SEC 1 §2.3.3)
	for _, name := range []string{"x", "y"} {
		b, err := bytesOf(v, name)
		if err == nil && len(b) != size {
			err = fmt.Errorf("its %q has %d bytes, not %d", name, len(b), size)
		}
		if err != nil {
			return nil, 0, err
		}
		point = append(point, b...)
	}
	pub, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, 0, errors.New("its point does not lie on the curve")
	}
	return pub, curve.Params().BitSize, nil
}

func edKey(v *value) (crypto.PublicKey, int, error) {
	if v.str("crv") != "Ed25519" {
		return nil, 0, fmt.Errorf("its curve %q is not Ed25519", clip(v.str("crv")))
	}
	b, err := bytesOf(v, "x")
	if err == nil && len(b) != ed25519.PublicKeySize {
		err = fmt.Errorf("its \"x\" has %d bytes, not %d", len(b), ed25519.PublicKeySize)
	}
	if err != nil {
		return nil, 0, err
	}
	return ed25519.PublicKey(b), 256, nil
}
