package identity

import (
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/signoffhq/signoff"
)

const (
	maxLoginBytes    = 320  // 64 + @ + 255, the longest address there is
	maxPasswordBytes = 1024 // hashing is not the place to find out
	maxBasicBytes    = 2048 // of base64: both of the above
)

// labels are the security labels of K2 that are understood before a name, in
// "K2:CONTOSO\ana". They all lead to the same people. A login cannot be one of
// them, so that "K2:…" is never somebody called k2.
var labels = []string{"k2", "aad", "k2aad", "signoff"}

func isLabel(text string) bool {
	for _, l := range labels {
		if strings.EqualFold(l, text) {
			return true
		}
	}
	return false
}

// A name is how somebody was called, ready to be looked up: by login or by
// address, never both.
type name struct{ login, address string }

func (n name) String() string { return n.login + n.address }

// parseName reads ana, ana@contoso.test, CONTOSO\ana and each of them after a
// label: K2:CONTOSO\ana, AAD:ana@contoso.test. The domain before a backslash is
// not looked at: there is one directory. False means that nobody can be called
// that.
func parseName(text string) (name, bool) {
	text = strings.TrimSpace(text)
	if len(text) > maxLoginBytes || !utf8.ValidString(text) {
		return name{}, false
	}
	if label, rest, found := strings.Cut(text, ":"); found {
		if !isLabel(label) {
			return name{}, false
		}
		text = rest
	}
	if domain, rest, found := strings.Cut(text, `\`); found {
		if domain == "" || strings.ContainsFunc(domain, unicode.IsControl) {
			return name{}, false
		}
		text = rest
	}
	if strings.Contains(text, "@") {
		key, ok := addressKey(text)
		return name{address: key}, ok
	}
	key, ok := loginKey(text)
	return name{login: key}, ok
}

// loginKey is the one way a login is written: lower case, of letters, digits,
// dot, underscore and hyphen, beginning with a letter or digit.
func loginKey(text string) (string, bool) {
	if text == "" || len(text) > 64 {
		return "", false
	}
	key := lowerASCII(text)
	for i := range len(key) {
		c := key[i]
		word := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		if !word && (i == 0 || c != '.' && c != '_' && c != '-') {
			return "", false
		}
	}
	return key, !isLabel(key)
}

// addressKey is what two spellings of one mailbox have in common. Only ASCII
// letters lose their case: folding others would take the mailbox of somebody
// whose name merely folds alike (a long s and s) for this one.
func addressKey(text string) (string, bool) {
	text = norm.NFC.String(text)
	local, domain, found := strings.Cut(text, "@")
	if !found || local == "" || len(local) > 64 || domain == "" || len(text) > 254 || !utf8.ValidString(text) {
		return "", false
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>[]\`, r)
	}) || strings.Contains(domain, "@") || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", false
	}
	return lowerASCII(text), true
}

func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

var errBadHeader = &signoff.Error{Kind: signoff.Invalid, Code: "bad-authorization",
	Detail: "the Authorization header cannot be read"}

// parseBasic reads the credentials of an Authorization header (RFC 7617). The
// user-id ends at the first colon, except after a label: "K2:CONTOSO\ana:pw" is
// what K2 clients send, though the RFC has no words for it. Bytes that are not
// UTF-8 are taken as Latin-1, which older clients send.
func parseBasic(header string) (login, password string, err error) {
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.Trim(rest, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return "", "", &signoff.Error{Kind: signoff.Unauthenticated, Code: "unknown-scheme",
			Detail: "this server understands Basic authorization and sessions"}
	}
	if len(rest) > maxBasicBytes {
		return "", "", errBadHeader
	}
	raw, err := base64.StdEncoding.DecodeString(rest)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(rest); err != nil {
			return "", "", errBadHeader
		}
	}
	text := string(raw)
	if !utf8.ValidString(text) {
		text = latin1(raw)
	}
	login, password, found := strings.Cut(text, ":")
	if found && isLabel(login) {
		var more string
		more, password, found = strings.Cut(password, ":")
		login += ":" + more
	}
	if !found || strings.ContainsFunc(text, unicode.IsControl) {
		return "", "", errBadHeader
	}
	return login, password, nil
}

func latin1(raw []byte) string {
	runes := make([]rune, len(raw))
	for i, b := range raw {
		runes[i] = rune(b)
	}
	return string(runes)
}
