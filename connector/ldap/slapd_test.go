package ldap_test

import (
	"context"
	"slices"
	"testing"

	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/connector/ldap/ldaptest"
)

func TestOpenLDAP(t *testing.T) {
	d := ldaptest.Slapd(t)
	d.Add("ou=people", "objectClass", "organizationalUnit")
	d.Add("ou=left", "objectClass", "organizationalUnit")
	add := func(uid string, more ...string) string {
		return d.Add("uid="+uid+",ou=people", append([]string{"objectClass", "inetOrgPerson", "uid", uid, "cn", "Name of " + uid, "sn", uid, "mail", uid + "@example.test", "userPassword", password}, more...)...)
	}
	ben := add("ben")
	ana := add("ana", "manager", ben, "displayName", "Ana Lovelace")
	d.Add("cn=pay", "objectClass", "groupOfNames", "cn", "pay", "member", ana)
	d.Add("cn=finance", "objectClass", "groupOfNames", "cn", "finance", "member", d.DN("cn=pay"), "member", ben, "member", "uid=nobody,dc=elsewhere")
	d.Add("cn=unix", "objectClass", "posixGroup", "cn", "unix", "gidNumber", "7", "memberUid", "ana", "memberUid", "nobody")
	c, err := ldap.New(ldap.Config{Servers: []string{d.Addr}, Security: ldap.StartTLS, Roots: d.Roots(), Bind: ben, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	a := read(t, c, ldap.Mark{})
	p, b := person(t, a, "ana"), person(t, a, "ben")
	if a.Kind != ldap.Other || !a.Whole || p.Manager != b.Subject || p.Name != "Ana Lovelace" || b.Name != "Name of ben" || !slices.Equal(p.Addresses, []string{"ana@example.test"}) {
		t.Errorf("%s, %+v, %+v", a.Kind, p, b)
	}
	fin, unix := group(t, a, "finance"), group(t, a, "unix")
	if len(fin.Members) != 2 || fin.Foreign != 1 || !slices.Contains(fin.Members, group(t, a, "pay").Subject) || !slices.Equal(unix.Members, []string{p.Subject}) || unix.Foreign != 1 {
		t.Errorf("finance %+v, unix %+v", fin, unix)
	}

	d.Move("uid=ana,ou=people", "uid=ana", "ou=left")
	d.Delete("uid=ben,ou=people")
	admin, err := ldap.New(ldap.Config{Servers: []string{d.Addr}, Security: ldap.StartTLS, Roots: d.Roots(), Bind: d.Admin, Password: ldap.Password(d.Pass)})
	if err != nil {
		t.Fatal(err)
	}
	now := read(t, admin, a.Mark)
	if is := person(t, now, "ana"); now.Whole || is.Subject != p.Subject || slices.Contains(now.Present, b.Subject) || !slices.Contains(now.Present, p.Subject) {
		t.Errorf("whole %v, %+v, present %v", now.Whole, is, now.Present)
	}
	for _, q := range []struct {
		subject, password string
		want              ldap.Verdict
	}{{p.Subject, password, ""}, {p.Subject, "no", ldap.Wrong}, {b.Subject, password, ldap.Wrong}, {"*", password, ldap.Wrong}, {p.Subject, "", ldap.Wrong}} {
		err := admin.VerifySubject(context.Background(), q.subject, ldap.Password(q.password))
		if got := ldap.VerdictOf(err); got != q.want || (err == nil) != (q.want == "") {
			t.Errorf("%s with %q: %v", q.subject, q.password, err)
		}
	}
}
