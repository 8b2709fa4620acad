package reply

import (
	"strings"

	"github.com/emersion/go-msgauth/authres"
)

// Writer is another address than From's by which the mail says who handed it
// in. DMARC proves a domain; these tell one colleague from another.
type Writer struct {
	Address string
	By      string // "Return-Path", "Sender" or "smtp.auth"
	Ours    bool   // of the same organisation as From
}

// writers lists the addresses that are not From's: the envelope sender our
// server wrote down (RFC 5321 §4.4), who wrote on behalf of the author (RFC 5322
// §3.6.2), and the sign-in our server took the mail with (RFC 8601 §2.7.4).
func writers(m *message, from string, results []authres.Result) []Writer {
	var found []Writer
	add := func(address, by string) {
		address = lower(strings.Trim(address, "<> \t"))
		if at := strings.LastIndexByte(address, '@'); at > 0 && address != from && len(found) < maxTokens {
			found = append(found, Writer{address, by, sameOrganisation(address[at+1:], domainOf(from))})
		}
	}
	if from == "" {
		return nil
	}
	if v, ok := returnPath(m); ok {
		add(unwrapped(v), "Return-Path")
	}
	for _, v := range m.values("Sender") {
		list := addresses(v)
		if len(list) == 0 {
			add("unreadable@"+domainOf(from), "Sender")
		}
		for _, a := range list {
			add(a.Address, "Sender")
		}
	}
	for _, r := range results {
		if a, ok := r.(*authres.AuthResult); ok && a.Value == authres.ResultPass {
			add(a.Auth, "smtp.auth")
		}
	}
	return found
}

// unwrapped is the address that mail systems wrapped into an envelope sender:
// tags behind a plus sign, BATV (prvs=…=jane@…) and SRS (SRS0=…=…=domain=jane@…).
func unwrapped(envelope string) string {
	at := strings.LastIndexByte(envelope, '@')
	if at < 0 {
		return envelope
	}
	local, domain := envelope[:at], envelope[at+1:]
	low := strings.ToLower(local)
	switch {
	case strings.HasPrefix(low, "prvs="):
		if parts := strings.SplitN(local, "=", 3); len(parts) == 3 {
			local = parts[2]
		}
	case strings.HasPrefix(low, "srs0=") || strings.HasPrefix(low, "srs0+") || strings.HasPrefix(low, "srs0-"):
		if parts := strings.SplitN(local[5:], "=", 4); len(parts) == 4 {
			local, domain = parts[3], parts[2]
		}
	}
	if i := strings.IndexByte(local, '+'); i > 0 {
		local = local[:i]
	}
	return local + "@" + domain
}
