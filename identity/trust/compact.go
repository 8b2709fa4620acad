package trust

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// MaxTokenBytes is how long a token may be. Entra's largest, with 200 groups,
// have about 12 KiB.
const MaxTokenBytes = 16 << 10

// maxKeyIDBytes is how long the name of a key may be.
const maxKeyIDBytes = 256

// A compact token is a signed JWT taken apart; nothing in it is believed yet.
type compact struct {
	header, claims       string // JSON
	signed               string // what the signature is over
	signature            []byte
	headerRaw, claimsRaw string // as they came
}

// strict is base64url as RFC 7515 §2 has it: no padding and, with Strict, no
// stray bits in the last character. Go's decoder still skips line breaks;
// append64 refuses them.
var strict = base64.RawURLEncoding.Strict()

// split cuts a token into its three parts (RFC 7515 §7.1).
func split(token string) (c compact, why string) {
	if token == "" {
		return c, "nothing"
	}
	if token[0] == '{' {
		return c, "JSON: a token in the JSON serialisation, or the whole answer of a token endpoint"
	}
	parts := strings.SplitN(token, ".", 6)
	if len(parts) == 5 {
		return c, "five parts: an encrypted token (JWE)"
	}
	if len(parts) != 3 {
		return c, fmt.Sprintf("%d parts between dots", strings.Count(token, ".")+1)
	}
	for i, name := range [...]string{"header", "claims", "signature"} {
		if parts[i] == "" {
			return c, "an empty " + name
		}
	}
	c.headerRaw, c.claimsRaw = parts[0], parts[1]
	c.signed = token[:len(parts[0])+1+len(parts[1])]
	return c, ""
}

// decode reads the parts' base64url.
func (c *compact) decode(token string) error {
	text := make([]byte, 0, len(c.signed)*3/4+2)
	text, err := append64(text, c.headerRaw)
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	cut := len(text)
	if text, err = append64(text, c.claimsRaw); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	if c.signature, err = decode64(token[len(c.signed)+1:]); err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	all := string(text) // kept as long as anything read from the claims is
	c.header, c.claims = all[:cut], all[cut:]
	return nil
}

func decode64(raw string) ([]byte, error) { return append64(nil, raw) }

func append64(to []byte, raw string) ([]byte, error) {
	for _, skipped := range [...]byte{'\r', '\n'} {
		if i := strings.IndexByte(raw, skipped); i >= 0 {
			return nil, base64.CorruptInputError(i)
		}
	}
	return strict.AppendDecode(to, []byte(raw))
}
