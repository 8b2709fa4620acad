package signin

import (
	"net/url"
	"strings"
	"unicode"
)

const maxReturn = 1000

// SafeReturn is where to go after signing in: a path of ours, or "/" for
// anything else. What looks like a path may lead elsewhere: browsers take
// //host and /\host for another site (RFC 9700 §4.11).
func SafeReturn(text string) string {
	if len(text) > maxReturn || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") ||
		strings.Contains(text, `\`) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "/"
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) ||
		strings.ContainsFunc(u.Path, unicode.IsControl) {
		return "/"
	}
	for _, not := range []string{"/api/", "/oauth/", "/identity/", "/sign-in"} {
		if strings.HasPrefix(u.Path, not) {
			return "/"
		}
	}
	return u.RequestURI() + fragment(u)
}

func fragment(u *url.URL) string {
	if u.Fragment == "" {
		return ""
	}
	return "#" + u.EscapedFragment()
}
