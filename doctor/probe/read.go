package probe

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/signoffhq/signoff/doctor"
)

// readDocument reads what is needed of OpenID metadata.
func readDocument(body []byte) doctor.Document {
	var m struct {
		Issuer     string   `json:"issuer"`
		Keys       string   `json:"jwks_uri"`
		Authorize  string   `json:"authorization_endpoint"`
		Token      string   `json:"token_endpoint"`
		End        string   `json:"end_session_endpoint"`
		Challenges []string `json:"code_challenge_methods_supported"`
	}
	switch err := json.Unmarshal(body, &m); {
	case len(body) == 0:
		return doctor.Document{Problem: "it is empty"}
	case err != nil:
		return doctor.Document{Problem: "it is not JSON as metadata has it"}
	case m.Issuer == "":
		return doctor.Document{Problem: `it names no "issuer"`}
	case m.Keys == "":
		return doctor.Document{Problem: `it names no "jwks_uri"`}
	}
	return doctor.Document{Issuer: m.Issuer, KeysURL: m.Keys, Authorize: m.Authorize, Token: m.Token, End: m.End, Challenges: m.Challenges}
}

// Limits of a key set, as package trust has them.
const (
	maxKeys    = 200
	minRSABits = 2048
)

type jwk struct {
	Kty, Kid, Use, N, Issuer string
	Ops                      []string `json:"key_ops"`
}

// readKeys says what the keys of a set are like. Whether a signature is right is
// decided elsewhere, with the keys that package trust read itself.
func readKeys(body []byte, page bool) (k doctor.KeySet) {
	var set struct{ Keys []jwk }
	switch err := json.Unmarshal(body, &set); {
	case page:
		return doctor.KeySet{Problem: "it is a web page"}
	case len(body) == 0:
		return doctor.KeySet{Problem: "it is empty"}
	case err != nil:
		return doctor.KeySet{Problem: "it is not a JWK set"}
	case len(set.Keys) > maxKeys:
		return doctor.KeySet{Problem: fmt.Sprintf("it holds %d keys, and %d are the most", len(set.Keys), maxKeys)}
	}
	for _, key := range set.Keys {
		switch {
		case key.Use != "" && key.Use != "sig", len(key.Ops) > 0 && !slices.Contains(key.Ops, "verify"):
			k.Foreign = append(k.Foreign, key.Kid)
			continue
		case key.Kty == "RSA" && bits(key.N) < minRSABits:
			k.Weak = append(k.Weak, key.Kid)
			continue
		case key.Kty != "RSA" && key.Kty != "EC" && key.Kty != "OKP":
			continue
		}
		k.Usable = append(k.Usable, key.Kid)
		if key.Issuer != "" && !slices.Contains(k.Issuers, key.Issuer) {
			k.Issuers = append(k.Issuers, key.Issuer)
		}
	}
	return k
}

func bits(n string) int {
	raw, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil {
		return 0
	}
	return 8 * len(raw)
}
