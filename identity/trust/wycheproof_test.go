package trust

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The JOSE vectors of Project Wycheproof (Apache-2.0) come through the module
// proxy when the test runs, held to the checksum below. They are no dependency
// in go.mod: its 100 MB would be embedded into the test, and it would raise the
// Go version that signoff can be built with.
const (
	wycheproof    = "github.com/c2sp/wycheproof@v0.0.0-20260902155932-3fa63dd0344a"
	wycheproofSum = "h1:pNbL2nztRsWfW/ispAwsvcDFxs9Id38uIsR2/Up5G2c="
)

func vectors(t *testing.T, name string, into any) {
	cmd := exec.Command("go", "mod", "download", "-json", wycheproof)
	cmd.Dir = t.TempDir() // not in this module, so that go.sum stays as it is
	out, err := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if json.Unmarshal(out, &module) != nil || err != nil || module.Error != "" {
		t.Skipf("the Wycheproof vectors could not be had from the module proxy: %v %s", err, module.Error)
	}
	if module.Sum != wycheproofSum {
		t.Fatalf("the vectors are not the ones expected: %s", module.Sum)
	}
	raw, err := os.ReadFile(filepath.Join(module.Dir, "testvectors_v1", name))
	must(t, err)
	must(t, json.Unmarshal(raw, into))
}

type vectorFile struct {
	TestGroups []struct {
		Comment string
		Private json.RawMessage // one key, or {"keys": …}
		Public  json.RawMessage
		Tests   []struct {
			TcID    int
			Comment string
			JWS     json.RawMessage
			Result  string
			Flags   []string
		}
	}
}

// believed runs the checks of a token up to its signature, for any claims.
func believed(token string, ring *keyring) string {
	x := &exam{token: token}
	for _, ru := range rules {
		if ru.name == "claims" {
			continue // the vectors sign "foo"
		}
		if ru.name == "issuer" {
			break
		}
		if f := ru.run(x); f != nil {
			return ru.name
		}
	}
	k := ring.keys[x.head.str("kid")]
	switch {
	case k == nil:
		return "key unknown"
	case k.fits(x.algorithm) != "":
		return "key does not fit"
	case x.algorithm.verify(k, x.signed, x.signature) != nil:
		return "signature"
	}
	return ""
}

// publicRing makes the keyring that an issuer with these keys would publish.
func publicRing(t *testing.T, key json.RawMessage) *keyring {
	var set struct{ Keys []obj }
	must(t, json.Unmarshal(key, &set))
	if set.Keys == nil {
		var one obj
		must(t, json.Unmarshal(key, &one))
		set.Keys = []obj{one}
	}
	for _, k := range set.Keys {
		if k["kty"] == "oct" {
			continue // stays secret, and unusable
		}
		for _, name := range privateMembers {
			delete(k, name)
		}
	}
	ring, err := parseKeyring([]byte(jwks(set.Keys...)))
	if err != nil {
		return &keyring{}
	}
	return ring
}

func TestWycheproofSignatures(t *testing.T) {
	for _, file := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		t.Run(file, func(t *testing.T) {
			var all vectorFile
			vectors(t, file, &all)
			verdicts(t, all, wycheproofExceptions[file])
		})
	}
}

const (
	hmacRefused  = "HMAC proves nothing here: whoever can check it can make it"
	emptyClaims  = "a JWT has claims, so that an empty payload is none"
	otherKeyAlg  = "the vector's key says PS256 and its token PS384: a key is for its algorithm only (RFC 8725 section 3.1)"
	noSuchAlg    = "the vector's key has the algorithm ES521, which does not exist (RFC 7518 has ES512)"
	questionMark = "the vector is called InvalidCharacterInserted, and marked valid"
	encrypted    = "encrypted tokens are not taken"
)

// wycheproofExceptions is every vector that is marked valid and refused here.
// There is none the other way round: nothing marked invalid is believed.
var wycheproofExceptions = map[string]map[int]string{
	"json_web_signature_test.json": {1: hmacRefused, 348: hmacRefused, 352: hmacRefused, 357: hmacRefused, 358: hmacRefused, 359: hmacRefused,
		376: hmacRefused, 377: hmacRefused, 259: emptyClaims, 264: emptyClaims, 268: emptyClaims, 272: emptyClaims, 320: emptyClaims, 325: emptyClaims,
		346: otherKeyAlg, 350: otherKeyAlg, 347: noSuchAlg, 351: noSuchAlg, 372: questionMark, 373: questionMark},
	"json_web_key_test.json":    {2: hmacRefused, 13: hmacRefused, 14: hmacRefused, 15: hmacRefused},
	"json_web_crypto_test.json": {1: hmacRefused, 48: hmacRefused, 50: encrypted, 67: encrypted},
}

func verdicts(t *testing.T, all vectorFile, exceptions map[int]string) {
	believedOnes, refused, excepted := 0, 0, 0
	for _, g := range all.TestGroups {
		key := g.Public
		if key == nil {
			key = g.Private
		}
		ring := publicRing(t, key)
		for _, c := range g.Tests {
			var token string
			if json.Unmarshal(c.JWS, &token) != nil {
				token = string(c.JWS) // JSON serialisation
			}
			why := believed(token, ring)
			switch _, listed := exceptions[c.TcID]; {
			case c.Result != "valid" && why == "":
				t.Errorf("%d %s is believed: %s", c.TcID, g.Comment, c.Comment)
			case c.Result == "valid" && why != "" && !listed:
				t.Errorf("%d %s is refused (%s): %s", c.TcID, g.Comment, why, c.Comment)
			case c.Result == "valid" && why == "" && listed:
				t.Errorf("%d is listed as an exception and is none", c.TcID)
			case listed:
				excepted++
			case why == "":
				believedOnes++
			default:
				refused++
			}
		}
	}
	if excepted != len(exceptions) || refused == 0 || believedOnes+len(exceptions) == 0 {
		t.Errorf("%d exceptions were met of %d", excepted, len(exceptions))
	}
	t.Logf("%d believed, %d refused, %d exceptions", believedOnes, refused, excepted)
}
