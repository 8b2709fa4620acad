package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/connector/ldap/ldaptest"
)

const password = "Passw0rd.of.some.length"

func clientOf(t *testing.T, d *ldaptest.Directory, change func(*ldap.Config)) *ldap.Client {
	t.Helper()
	cfg := ldap.Config{Servers: []string{d.LDAPS}, Security: ldap.LDAPS, Roots: d.Roots(), Bind: d.Admin, Password: ldap.Password(d.Pass), Base: d.Base}
	if change != nil {
		change(&cfg)
	}
	c, err := ldap.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func read(t *testing.T, c *ldap.Client, since ldap.Mark) *ldap.Answer {
	t.Helper()
	a, err := c.Read(context.Background(), since, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func person(t *testing.T, a *ldap.Answer, login string) ldap.Person {
	t.Helper()
	for _, p := range a.People {
		if p.Login == login {
			return p
		}
	}
	t.Fatalf("nobody has the login %s among %d people", login, len(a.People))
	return ldap.Person{}
}

func group(t *testing.T, a *ldap.Answer, name string) ldap.Group {
	t.Helper()
	for _, g := range a.Groups {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("there is no group %s among %d", name, len(a.Groups))
	return ldap.Group{}
}

func codeOf(err error) string {
	e, _ := errors.AsType[*signoff.Error](err)
	if e == nil {
		return ""
	}
	return e.Code
}

// One domain, for it takes seconds to make: the parts run in order.
func TestSambasActiveDirectory(t *testing.T) {
	d := ldaptest.Samba(t)
	d.Add("OU=Staff", "objectClass", "organizationalUnit")
	d.Add("OU=Leavers", "objectClass", "organizationalUnit")
	boss := d.Person("Ben, the Boss (CEO) #1", "OU=Staff", "ben", password)
	ana := d.Person("Ana López", "OU=Staff", "ana", password, "manager", boss, "mail", "ana@contoso.test",
		"proxyAddresses", "smtp:a.lopez@contoso.test", "proxyAddresses", "SMTP:ana@contoso.test", "proxyAddresses", "X500:/o=x")
	inner := d.Add("CN=Payables,OU=Staff", "objectClass", "group", "sAMAccountName", "Payables", "member", ana, "description", "Who pays")
	d.Add("CN=Finance,OU=Staff", "objectClass", "group", "sAMAccountName", "Finance", "member", inner, "member", boss)
	c := clientOf(t, d, func(c *ldap.Config) { c.Base = "DC=contoso,DC=test" })
	var mark ldap.Mark

	t.Run("is read whole", func(t *testing.T) {
		a := read(t, c, ldap.Mark{})
		if a.Kind != ldap.ActiveDirectory || !a.Whole {
			t.Fatalf("kind %s, whole %v", a.Kind, a.Whole)
		}
		p, b := person(t, a, "ana"), person(t, a, "ben")
		if p.Name != "Ana López" || p.Label != "ana@contoso.test" || p.Disabled || p.Manager != b.Subject || len(p.Subject) != 36 {
			t.Errorf("Ana is %+v", p)
		}
		if want := []string{"ana@contoso.test", "a.lopez@contoso.test"}; !slices.Equal(p.Addresses, want) {
			t.Errorf("addresses %q, want %q", p.Addresses, want)
		}
		fin, pay := group(t, a, "Finance"), group(t, a, "Payables")
		if !slices.Contains(fin.Members, pay.Subject) || !slices.Contains(fin.Members, b.Subject) || !slices.Equal(pay.Members, []string{p.Subject}) || pay.About != "Who pays" {
			t.Errorf("Finance %+v, Payables %+v", fin, pay)
		}
		for _, p := range a.People {
			if p.Login == "krbtgt" || p.Login == "Guest" || p.Login == "Administrator" {
				t.Errorf("%s is no person of the firm", p.Login)
			}
		}
		mark = a.Mark
	})
	t.Run("has nothing new when nothing was changed", func(t *testing.T) {
		a := read(t, c, mark)
		if a.Whole || len(a.People)+len(a.Groups) > 0 || len(a.Present) < 4 {
			t.Errorf("whole %v, %d people, %d groups, %d present", a.Whole, len(a.People), len(a.Groups), len(a.Present))
		}
	})
	t.Run("tells what is new, and who somebody is who was moved and renamed", func(t *testing.T) {
		was := person(t, read(t, c, ldap.Mark{}), "ana").Subject
		d.Move("CN=Ana López,OU=Staff", "CN=Ana Lovelace", "OU=Leavers")
		d.Set("CN=Ana Lovelace,OU=Leavers", "userAccountControl", "514")
		a := read(t, c, mark)
		if p := person(t, a, "ana"); p.Subject != was || !p.Disabled || len(a.People) != 1 {
			t.Errorf("Ana is %+v among %d", p, len(a.People))
		}
		if pay := group(t, read(t, c, ldap.Mark{}), "Payables"); !slices.Contains(pay.Members, was) {
			t.Errorf("Payables lost Ana: %+v", pay)
		}
	})
	t.Run("tells who is gone", func(t *testing.T) {
		a := read(t, c, mark)
		ben := person(t, read(t, c, ldap.Mark{}), "ben").Subject
		d.Delete(strings.TrimSuffix(boss, ","+d.Base))
		after := read(t, c, a.Mark)
		if !slices.Contains(a.Present, ben) || slices.Contains(after.Present, ben) {
			t.Error("Ben is there still, or never was")
		}
	})
	t.Run("is read anew when something else is asked for", func(t *testing.T) {
		other := clientOf(t, d, func(c *ldap.Config) { c.People.Filter = "(sAMAccountName=ana)" })
		if a := read(t, other, mark); !a.Whole || len(a.People) != 1 {
			t.Errorf("whole %v, %d people", a.Whole, len(a.People))
		}
	})
	t.Run("gives large groups in parts", func(t *testing.T) {
		var members []string
		for i := range 1700 {
			members = append(members, "member", d.Add(fmt.Sprintf("CN=Many %04d,OU=Leavers", i), "objectClass", "contact"))
		}
		d.Add("CN=Large,OU=Staff", append([]string{"objectClass", "group", "sAMAccountName", "Large", "member", ana2(d)}, members...)...)
		large := group(t, read(t, c, ldap.Mark{}), "Large")
		if len(large.Members) != 1 || large.Foreign != 1700 {
			t.Errorf("%d members and %d others, want 1 and 1700", len(large.Members), large.Foreign)
		}
	})
	t.Run("knows who knows their password", func(t *testing.T) { verifies(t, d) })
	t.Run("is probed step by step", func(t *testing.T) { probed(t, d, c) })
}

func ana2(d *ldaptest.Directory) string { return d.DN("CN=Ana Lovelace,OU=Leavers") }

func verifies(t *testing.T, d *ldaptest.Directory) {
	d.Person("Cleo", "OU=Staff", "cleo", password)
	d.Person("Dora", "OU=Staff", "dora", password, "pwdLastSet", "0")
	d.Person("Emil", "OU=Staff", "emil", password, "accountExpires", "116444736000000000")
	for _, security := range []ldap.Security{ldap.LDAPS, ldap.StartTLS} {
		c := clientOf(t, d, func(c *ldap.Config) {
			if c.Security = security; security == ldap.StartTLS {
				c.Servers = []string{d.Addr}
			}
		})
		for _, q := range []struct {
			name, password string
			want           ldap.Verdict
		}{
			{"cleo@contoso.test", password, ""},
			{`CONTOSO\cleo`, password, ""},
			{d.DN("CN=Cleo,OU=Staff"), password, ""},
			{"cleo@contoso.test", "not this one", ldap.Wrong},
			{"cleo@contoso.test", "", ldap.Wrong},
			{"", password, ldap.Wrong},
			{"nobody@contoso.test", password, ldap.Wrong},
			{"ana@contoso.test", password, ldap.Disabled},
			{"dora@contoso.test", password, ldap.MustReset},
			{"emil@contoso.test", password, ldap.Ended},
		} {
			err := c.Verify(context.Background(), q.name, ldap.Password(q.password))
			if got := ldap.VerdictOf(err); got != q.want || (err == nil) != (q.want == "") {
				t.Errorf("%s as %q: %q, want %q (%v)", security, q.name, got, q.want, err)
			}
		}
	}
}

func probed(t *testing.T, d *ldaptest.Directory, c *ldap.Client) {
	p := c.Probe(context.Background())
	var names []string
	for _, s := range p.Steps {
		names = append(names, s.Name)
		if !s.OK {
			t.Errorf("%s: %s", s.Name, s.Words)
		}
	}
	if got := strings.Join(names, " "); got != "name tcp tls sign-in base people groups" || p.Certificate == nil || len(p.People) == 0 || len(p.Groups) == 0 || p.Kind != ldap.ActiveDirectory {
		t.Errorf("steps %s, certificate %v, %d people, %d groups, %s", got, p.Certificate, len(p.People), len(p.Groups), p.Kind)
	}
	for _, q := range []struct {
		name   string
		change func(*ldap.Config)
		step   string
		words  string
	}{
		{"a stranger's authority", func(c *ldap.Config) { c.Roots = nil }, "tls", "authority"},
		{"a wrong password", func(c *ldap.Config) { c.Password = "no" }, "sign-in", "password is wrong"},
		{"a base that is not there", func(c *ldap.Config) { c.Base = "OU=Nowhere,DC=contoso,DC=test" }, "base", "nothing stands"},
		{"no encryption", func(c *ldap.Config) { c.Security, c.Servers = ldap.Plain, []string{d.Addr} }, "sign-in", ""},
		{"a port nobody listens on", func(c *ldap.Config) { c.Servers = []string{strings.TrimSuffix(d.LDAPS, "636") + "1"} }, "tcp", "cannot be reached"},
		{"a base in which nobody is", func(c *ldap.Config) { c.Base = "CN=Finance,OU=Staff,DC=contoso,DC=test" }, "", "no people are found"},
	} {
		out := clientOf(t, d, q.change).Probe(context.Background())
		found := false
		for i, s := range out.Steps {
			if !s.OK && (s.Name != q.step || i != len(out.Steps)-1) {
				t.Errorf("%s: ends at %s: %s", q.name, s.Name, s.Words)
			}
			found = found || (s.Name == q.step || q.step == "") && strings.Contains(s.Words, q.words)
		}
		if !found {
			t.Errorf("%s: %+v", q.name, out.Steps)
		}
		if q.step == "tls" && out.Certificate == nil {
			t.Errorf("%s: the certificate is not shown", q.name)
		}
	}
}
