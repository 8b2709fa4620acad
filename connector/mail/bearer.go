package mail

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"
)

const xoauth2 = "XOAUTH2"

var onlyWay string // tests choose; "": as the server offers

// bearerClient signs in with a token, in the way the server offers: RFC 7628's,
// or the one of Google and Microsoft. It returns nil when it offers neither.
func (a Account) bearerClient(token string, ways []string) sasl.Client {
	bearer := "\x01auth=Bearer " + token + "\x01\x01"
	switch {
	case slices.Contains(ways, sasl.OAuthBearer) && onlyWay != xoauth2:
		host, port, _ := net.SplitHostPort(a.Addr)
		user := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(a.Username)
		return &bearerClient{sasl.OAuthBearer, "n,a=" + user + ",\x01host=" + host + "\x01port=" + port + bearer, "\x01"}
	case slices.Contains(ways, xoauth2):
		return &bearerClient{xoauth2, "user=" + a.Username + bearer, ""}
	}
	return nil
}

// way chooses how to sign in; nil when the server offers none that will do.
func (a Account) way(ctx context.Context, ways []string) (sasl.Client, error) {
	user, password := a.Username, string(a.Password)
	if a.Token != nil {
		token, err := a.Token(ctx)
		if err != nil {
			return nil, err
		}
		if c := a.bearerClient(token, ways); c != nil {
			return c, nil
		}
		return nil, a.signInFailed(fmt.Sprintf("it takes no token here, only: %v", ways), nil)
	}
	switch {
	case slices.Contains(ways, sasl.Plain):
		return sasl.NewPlainClient("", user, password), nil
	case slices.Contains(ways, sasl.Login):
		return sasl.NewLoginClient(user, password), nil
	}
	return nil, nil
}

// bearerClient is the client's side of both ways. To the reason of a refusal
// (RFC 7628 §3.2.2) it answers with next to nothing, as the server wants, and
// gets the refusal then.
// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
type bearerClient struct{ mech, first, onRefusal string }

func (c *bearerClient) Start() (mech string, ir []byte, err error) {
	return c.mech, []byte(c.first), nil
}

func (c *bearerClient) Next([]byte) ([]byte, error) { return []byte(c.onRefusal), nil }
