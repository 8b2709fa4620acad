package trust

import (
	"crypto/elliptic"
	"math/big"
	"strings"
	"testing"
)

func TestOnlySoundPublicKeysForSignaturesAreUsed(t *testing.T) {
	good, ec, ed := jwkOf("a1", rsaA), jwkOf("e1", p256), jwkOf("d1", edKey1)
	small := new(big.Int).Lsh(big.NewInt(1), 511)
	small.SetBit(small, 0, 1)
	bits := func(n uint) string {
		b := new(big.Int).Lsh(big.NewInt(1), n-1)
		return b64(b.SetBit(b, 0, 1).Bytes())
	}
	for _, c := range []struct {
		name string
		key  obj
		why  string // "": used
	}{
		{"RSA", good, ""}, {"EC", ec, ""}, {"Ed25519", ed, ""},
		{"for one algorithm", changed(good, obj{"alg": "RS256"}), ""},
		{"for verifying", changed(good, obj{"key_ops": []string{"verify"}}), ""},
		{"without use", changed(good, obj{"use": nil}), ""},
		{"for encryption", changed(good, obj{"use": "enc"}), "use"},
		{"use in other letter case", changed(good, obj{"use": "SIG"}), "use"},
		{"for signing only", changed(good, obj{"key_ops": []string{"sign"}}), "key_ops"},
		{"for nothing", changed(good, obj{"key_ops": []string{}}), "key_ops"},
		{"for wrapping", changed(good, obj{"key_ops": "verify"}), "key_ops"},
		{"private", changed(good, obj{"d": "AQAB"}), "private"},
		{"private in part", changed(good, obj{"p": "AQAB"}), "private"},
		{"private EC", changed(ec, obj{"d": "AQAB"}), "private"},
		{"symmetric", obj{"kty": "oct", "kid": "o", "k": "AQAB"}, "private"},
		{"without a name", changed(good, obj{"kid": nil}), "kid"},
		{"name a number", changed(good, obj{"kid": 1}), "kid"},
		{"name too long", changed(good, obj{"kid": strings.Repeat("x", maxKeyIDBytes+1)}), "kid"},
		{"for HS256", changed(good, obj{"alg": "HS256"}), "algorithm"},
		{"alg a number", changed(good, obj{"alg": 1}), "algorithm"},
		{"RSA for ES256", changed(good, obj{"alg": "ES256"}), "type RSA"},
		{"P-256 for ES384", changed(ec, obj{"alg": "ES384"}), "P-256"},
		{"unknown type", changed(good, obj{"kty": "RSA1"}), "type"},
		{"no type", changed(good, obj{"kty": nil}), "type"},
		{"512 bits", changed(good, obj{"n": b64(small.Bytes())}), "512 bits"},
		{"2047 bits", changed(good, obj{"n": bits(2047)}), "2047 bits"},
		{"16384 bits", changed(good, obj{"n": bits(16384)}), "8192"},
		{"even modulus", changed(good, obj{"n": b64(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes())}), "even"},
		{"e=1", changed(good, obj{"e": "AQ"}), "exponent"},
		{"e=3", changed(good, obj{"e": "Aw"}), "exponent"},
		{"e even", changed(good, obj{"e": b64([]byte{1, 0, 0})}), "exponent"},
		{"e huge", changed(good, obj{"e": b64([]byte{1, 0, 0, 0, 1})}), "exponent"},
		{"e of a thousand bytes", changed(good, obj{"e": b64(make([]byte, 1000))}), "exponent"},
		{"e missing", changed(good, obj{"e": nil}), `"e"`},
		{"n padded", changed(good, obj{"n": good["n"].(string) + "="}), `"n"`},
		{"curve unknown", changed(ec, obj{"crv": "secp256k1"}), "curve"},
		{"off the curve", changed(ec, obj{"x": b64(make([]byte, 32))}), "curve"},
		{"x too short", changed(ec, obj{"x": b64(make([]byte, 31))}), "31 bytes"},
		{"P-521 named P-256", changed(jwkOf("e1", mustEC(elliptic.P521())), obj{"crv": "P-256"}), "66 bytes"},
		{"Ed448", changed(ed, obj{"crv": "Ed448"}), "Ed25519"},
		{"X25519", changed(ed, obj{"crv": "X25519"}), "Ed25519"},
		{"Ed25519 too short", changed(ed, obj{"x": "AQAB"}), "3 bytes"},
		{"issuer no text", changed(good, obj{"issuer": 7}), "issuer"},
		{"no object", nil, "object"},
	} {
		v, err := parseObject(mustJSON(obj{"key": c.key}))
		must(t, err)
		key, _ := v.get("key")
		_, err = parseKey(key)
		switch {
		case c.why == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.why != "" && (err == nil || !strings.Contains(err.Error(), c.why)):
			t.Errorf("%s: %v, want %q", c.name, err, c.why)
		}
	}
}

func TestABadKeyDoesNotSpoilTheSetAndIsNamed(t *testing.T) {
	bad := jwkOf("leaked", rsaB)
	bad["d"] = "AQAB"
	ring, err := parseKeyring([]byte(jwks(jwkOf("a1", rsaA), bad, obj{"kty": "oct", "kid": "x", "k": "x"})))
	must(t, err)
	if len(ring.keys) != 1 || len(ring.unusable) != 2 || !strings.Contains(ring.unusable[0], "key 2 (leaked)") {
		t.Errorf("%v %v", ring.ids(), ring.unusable)
	}
}

func TestTwoKeysOfOneNameAreNotGuessedBetween(t *testing.T) {
	ring, err := parseKeyring([]byte(jwks(jwkOf("a1", rsaA), jwkOf("a1", rsaB), jwkOf("a1", rsaA), jwkOf("b1", rsaB))))
	must(t, err)
	if strings.Join(ring.ids(), " ") != "b1" || len(ring.unusable) != 2 {
		t.Errorf("%v %v", ring.ids(), ring.unusable)
	}
	if _, err := parseKeyring([]byte(jwks(jwkOf("a1", rsaA), jwkOf("a1", rsaB)))); err == nil || !strings.Contains(err.Error(), "same kid") {
		t.Error(err)
	}
	// The same key for two issuers is one key.
	one, two := jwkOf("a1", rsaA), jwkOf("a1", rsaA)
	one["issuer"], two["issuer"] = "https://one", "https://two"
	ring, err = parseKeyring([]byte(jwks(one, two)))
	must(t, err)
	if k := ring.keys["a1"]; k == nil || strings.Join(k.Issuers, " ") != "https://one https://two" {
		t.Errorf("%+v", ring.keys)
	}
}

func TestAKeyringHasLimits(t *testing.T) {
	keys := make([]obj, maxKeys+1)
	for i := range keys {
		keys[i] = obj{"kid": "x"}
	}
	if _, err := parseKeyring([]byte(jwks(keys...))); err == nil || !strings.Contains(err.Error(), "more than 200") {
		t.Error(err)
	}
}
