package ldap

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

func TestIdentifiersAreReadAsWindowsShowsThem(t *testing.T) {
	raw := []byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}
	if got := guid(raw); got != "00112233-4455-6677-8899-aabbccddeeff" || string(guidBytes(got)) != string(raw) {
		t.Errorf("guid %s, back %x", got, guidBytes(got))
	}
	sid := []byte{1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x01, 0x02, 0, 0}
	if got := rid(sid); got != 513 {
		t.Errorf("rid %d", got)
	}
	for _, bad := range [][]byte{nil, sid[:27], append([]byte{2}, sid[1:]...), make([]byte, 40)} {
		if got := rid(bad); got != 0 {
			t.Errorf("rid of %x is %d", bad, got)
		}
	}
	if got := subjectFilter("objectGUID", guid(raw)); got != `(objectGUID=\33\22\11\00\55\44\77\66\88\99\aa\bb\cc\dd\ee\ff)` {
		t.Errorf("filter %s", got)
	}
	if got := subjectFilter("entryUUID", "*)(uid=*"); got != `(entryUUID=\2a\29\28uid=\2a)` {
		t.Errorf("filter %s", got)
	}
}

func TestWhyADirectoryRefusesSomebody(t *testing.T) {
	for text, want := range map[string]Verdict{
		"80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 52e, v3839":  Wrong,
		"80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 533, v2580":  Disabled,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 701, v1db1":  Ended,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 773, v1db1":  MustReset,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 775, v1db1":  Locked,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 532, v1db1":  Expired,
		"80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 00530, vece": NotNow,
		"": Wrong, "data 9999": Wrong, "data 5333": Wrong, "metadata 533": Wrong,
	} {
		if got := verdictOf(ldap.NewError(ldap.LDAPResultInvalidCredentials, errors.New(text))); got != want {
			t.Errorf("%q means %q, want %q", text, got, want)
		}
	}
	for code, want := range map[uint16]Verdict{ldap.LDAPResultBusy: "", ldap.LDAPResultUnavailable: "", ldap.ErrorNetwork: "", ldap.LDAPResultConstraintViolation: Locked, ldap.LDAPResultUnwillingToPerform: ""} {
		if got := verdictOf(ldap.NewError(code, errors.New("x"))); got != want {
			t.Errorf("result %d means %q, want %q", code, got, want)
		}
	}
	if verdictOf(nil) != "" {
		t.Error("no error is a verdict")
	}
}

func TestSpellingsOfOneDNAreOne(t *testing.T) {
	for _, dn := range []string{"cn=ben\\, the boss,ou=staff,dc=contoso,dc=test", "CN=Ben\\2C The Boss, OU=Staff,DC=contoso,DC=test", "CN=Ben\\, the Boss,OU=Staff,DC=CONTOSO,DC=test"} {
		if got := foldDN(dn); got != foldDN("CN=Ben\\, the Boss,OU=Staff,DC=contoso,DC=test") {
			t.Errorf("%s is %s", dn, got)
		}
	}
	if foldDN("cn=a+sn=b,dc=x") == foldDN("cn=a,dc=x") {
		t.Error("two DNs are one")
	}
}

func FuzzWhatServersSend(f *testing.F) {
	for _, seed := range []string{"member;range=0-1499", "member;range=1500-*", "MEMBER;x;range=5-4", "20261123074445.0Z", "CN=a\\,b,DC=x", "data 52e", "dc1:636", "[::1]:636", "00112233-4455-6677-8899-aabbccddeeff", "\x01\x05"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if s, ok := parseSpan(text); ok && (s.next < -1 || s.next > maxValues || s.next == 0) {
			t.Fatalf("span %+v", s)
		}
		if at, ok := generalized(text); ok && at.IsZero() && !strings.HasPrefix(text, "0001") {
			t.Fatalf("%q is no time", text)
		}
		if once := foldDN(text); strings.ToLower(once) != once && foldDN(once) != once {
			t.Fatalf("%q, then %q", once, foldDN(once))
		}
		if b := guidBytes(text); b != nil && guid(b) != text {
			t.Fatalf("%q is %q", text, guid(b))
		}
		if _, err := ldap.CompileFilter(subjectFilter("entryUUID", text)); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if out := clip(text, 50); len(out) > 50 || strings.ContainsAny(out, "\x00\n\x7f") {
			t.Fatalf("%q", out)
		}
		if s, err := parseServer(text, LDAPS); err == nil && (s.host == "" || s.port == "") {
			t.Fatalf("%+v", s)
		}
		rid([]byte(text))
		dataOf(text)
		ParseMark(text)
		if checkFilter(text) == nil && text != "" {
			if _, err := ldap.CompileFilter(text); err != nil {
				t.Fatal(err)
			}
		}
	})
}
