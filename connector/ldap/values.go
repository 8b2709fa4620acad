package ldap

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Map says which attribute holds what. What is empty is taken from the kind of
// server: see defaults.
type Map struct {
	Subject string // never changes: objectGUID, entryUUID
	Login   string
	Label   string // userPrincipalName
	Name    string
	Mail    string
	Manager string
	Group   string // a group's name
	Member  string // a group's members: DNs, or logins when it is memberUid
}

// Kind is the kind of server, as its root entry tells.
type Kind string

const (
	ActiveDirectory Kind = "active-directory"
	Other           Kind = "ldap" // OpenLDAP, 389, and whoever keeps to the RFCs
)

// defaults are what attributes are called where nobody says otherwise.
func defaults(k Kind) Map {
	if k == ActiveDirectory {
		return Map{Subject: "objectGUID", Login: "sAMAccountName", Label: "userPrincipalName", Name: "displayName",
			Mail: "mail", Manager: "manager", Group: "cn", Member: "member"}
	}
	return Map{Subject: "entryUUID", Login: "uid", Label: "", Name: "displayName",
		Mail: "mail", Manager: "manager", Group: "cn", Member: "member"}
}

// over returns m with what is empty in it taken from d.
func (m Map) over(d Map) Map {
	for _, f := range []struct{ have, otherwise *string }{
		{&m.Subject, &d.Subject}, {&m.Login, &d.Login}, {&m.Label, &d.Label}, {&m.Name, &d.Name},
		{&m.Mail, &d.Mail}, {&m.Manager, &d.Manager}, {&m.Group, &d.Group}, {&m.Member, &d.Member},
	} {
		if *f.have == "" {
			*f.have = *f.otherwise
		}
	}
	return m
}

// Filters of people and groups where nobody says otherwise. What Windows itself
// needs (krbtgt, Guest, Domain Admins) is left out.
func defaultFilters(k Kind) (people, groups string) {
	if k == ActiveDirectory {
		return "(&(objectCategory=person)(objectClass=user)(!(isCriticalSystemObject=TRUE)))",
			"(&(objectClass=group)(!(isCriticalSystemObject=TRUE)))"
	}
	return "(objectClass=inetOrgPerson)", "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))"
}

// raw returns the first value of an attribute as bytes.
func raw(e *ldap.Entry, attr string) []byte {
	if attr == "" {
		return nil
	}
	b := e.GetEqualFoldRawAttributeValue(attr)
	return b[:min(len(b), maxTextBytes)]
}

// text returns the first value of an attribute, clipped.
func text(e *ldap.Entry, attr string) string {
	if attr == "" {
		return ""
	}
	return clip(e.GetEqualFoldAttributeValue(attr), maxTextBytes)
}

func texts(e *ldap.Entry, attr string, most int) (out []string) {
	for _, v := range e.GetEqualFoldAttributeValues(attr) {
		if len(out) == most {
			break
		}
		out = append(out, clip(v, maxTextBytes))
	}
	return out
}

// subjectOf reads what names an entry for ever: 16 bytes of objectGUID as
// Windows writes them, or text. "" is none.
func subjectOf(e *ldap.Entry, attr string) string {
	b := raw(e, attr)
	if strings.EqualFold(attr, "objectGUID") {
		return guid(b)
	}
	return strings.ToLower(clip(string(b), 200))
}

// guid writes an objectGUID the way Windows shows it: its first three parts are
// stored with the lowest byte first ([MS-DTYP] section 2.3.4.2).
func guid(b []byte) string {
	if len(b) != 16 {
		return ""
	}
	o := []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
	h := hex.EncodeToString(o)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// rid is the last part of a security identifier ([MS-DTYP] section 2.4.2.2), by
// which primaryGroupID names a group; 0 for what is no SID.
func rid(sid []byte) uint32 {
	if len(sid) < 12 || sid[0] != 1 || len(sid) != 8+4*int(sid[1]) {
		return 0
	}
	end := sid[len(sid)-4:]
	return uint32(end[0]) | uint32(end[1])<<8 | uint32(end[2])<<16 | uint32(end[3])<<24
}

// Bits of userAccountControl.
// https://learn.microsoft.com/en-us/troubleshoot/windows-server/active-directory/useraccountcontrol-manipulate-account-properties
const accountDisabled = 0x2

// isDisabled tells whether an entry may not sign in: Active Directory's bit, the
// end of an account (accountExpires is not looked at: it comes true without a
// change; the sign-in says so then), 389's nsAccountLock, OpenLDAP's
// pwdAccountLockedTime when it is set for good.
func isDisabled(e *ldap.Entry) bool {
	if n, err := strconv.ParseInt(text(e, "userAccountControl"), 10, 64); err == nil && n&accountDisabled != 0 {
		return true
	}
	return strings.EqualFold(text(e, "nsAccountLock"), "true") || text(e, "pwdAccountLockedTime") == "000001010000Z"
}

// addressesOf are an entry's mail addresses, the main one first: mail, then
// what proxyAddresses has with smtp: before it ("SMTP:" marks the main one).
func addressesOf(e *ldap.Entry, mailAttr string) []string {
	const most = 20
	var out []string
	add := func(address string) {
		for _, have := range out {
			if strings.EqualFold(have, address) {
				return
			}
		}
		if address != "" && strings.Contains(address, "@") && len(out) < most {
			out = append(out, address)
		}
	}
	for _, v := range texts(e, mailAttr, most) {
		add(v)
	}
	proxies := texts(e, "proxyAddresses", 200)
	for _, prefix := range []string{"SMTP:", "smtp:"} {
		for _, v := range proxies {
			if rest, ok := strings.CutPrefix(v, prefix); ok {
				add(rest)
			}
		}
	}
	return out
}

// foldDN is what spellings of one DN have in common. A DN that cannot be read is
// compared as it is written.
func foldDN(dn string) string {
	parsed, err := ldap.ParseDN(dn)
	if err != nil {
		return strings.ToLower(dn)
	}
	return strings.ToLower(parsed.String())
}

// generalized reads a time as LDAP writes it: 20261123074445Z, with or without
// fractions (RFC 4517 section 3.3.13, of which servers use this much).
func generalized(text string) (time.Time, bool) {
	for _, layout := range []string{"20060102150405Z", "20060102150405.999999999Z", "200601021504Z"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
