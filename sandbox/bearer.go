package sandbox

import (
	"bytes"
	"strings"

	"github.com/emersion/go-sasl"
)

// Bearer tells whether an access token opens an account's mailbox through a
// door, "smtp" or "imap".
type Bearer func(door, account, token string) bool

// The ways to sign in with a token: Google's and Microsoft's XOAUTH2, and RFC
// 7628's OAUTHBEARER.
const xoauth2 = "XOAUTH2"

const maxTokenBytes = 16 << 10

func mechanisms(b Bearer) []string {
	if b == nil {
		return []string{sasl.Plain, sasl.Login}
	}
	return []string{sasl.Plain, sasl.Login, xoauth2, sasl.OAuthBearer}
}

// bearerServer is the server side of both. A token that is not taken gets the
// reason as a challenge, to which the client answers with next to nothing, and
// only then the refusal.
type bearerServer struct {
	mech    string
	check   func(address, token string) bool
	refusal error
	failed  bool
}

func (s *bearerServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case s.failed:
		return nil, true, s.refusal
	case response == nil:
		return []byte{}, false, nil
	}
	address, token, ok := readBearer(s.mech, response)
	if !ok {
		return nil, true, s.refusal
	}
	if s.check(address, token) {
		return nil, true, nil
	}
	s.failed = true
	if s.mech == xoauth2 {
		return []byte(`{"status":"401","schemes":"Bearer","scope":"https://outlook.office.com/"}`), false, nil
	}
	return []byte(`{"status":"invalid_token","scope":"https://outlook.office.com/"}`), false, nil
}

// readBearer reads "user=U^Aauth=Bearer T^A^A", or after a GS2 header "n,a=U,"
// the fields of RFC 7628 §3.1.
func readBearer(mech string, response []byte) (address, token string, ok bool) {
	if len(response) > maxTokenBytes || !bytes.HasSuffix(response, []byte("\x01\x01")) {
		return "", "", false
	}
	fields := strings.Split(string(response[:len(response)-2]), "\x01")
	if mech == sasl.OAuthBearer {
		gs2 := strings.Split(fields[0], ",")
		if len(gs2) != 3 || gs2[0] != "n" && gs2[0] != "y" || !strings.HasPrefix(gs2[1], "a=") || gs2[2] != "" {
			return "", "", false
		}
		address = strings.NewReplacer("=2C", ",", "=3D", "=").Replace(gs2[1][2:])
		fields = fields[1:]
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "user":
			address = value
		case "auth":
			scheme, text, _ := strings.Cut(value, " ")
			if strings.EqualFold(scheme, "Bearer") {
				token = text
			}
		}
	}
	return address, token, address != "" && token != ""
}

// byToken finds whose mailbox somebody with a token opens through a door.
func (p *post) byToken(door string, take func(account string)) func(address, token string) bool {
	return func(address, token string) bool {
		account, where := resolve(address)
		if where != local || !p.bearer(door, account, token) {
			return false
		}
		take(account)
		return true
	}
}
