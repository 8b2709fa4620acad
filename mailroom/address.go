package mailroom

import (
	"fmt"
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"github.com/signoffhq/signoff"
)

// maxAddressBytes is RFC 5321 §4.5.3.1.3.
const maxAddressBytes = 254

// plainAddress returns an address as every mail server takes it: in ASCII, a
// domain in other letters in its ASCII form (RFC 5891). Letters beyond ASCII
// before the @ need SMTPUTF8 all the way and are refused.
func plainAddress(text string) (string, error) {
	at := strings.LastIndexByte(text, '@')
	if at <= 0 {
		return "", badAddress(text)
	}
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil {
		return "", badAddress(text)
	}
	plain := text[:at+1] + domain
	parsed, err := mail.ParseAddress(plain)
	if err != nil || parsed.Address != plain || len(plain) > maxAddressBytes || strings.ContainsFunc(plain, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return "", badAddress(text)
	}
	return plain, nil
}

func badAddress(text string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "mail-bad-address", Detail: fmt.Sprintf("%q is not a mail address that mail can be sent to", oneLine(text, maxName))}
}
