package ldap_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/connector/ldap"
	"github.com/signoffhq/signoff/connector/ldap/ldaptest"
)

// against reads from a server that does to every connection what handle says.
func against(t *testing.T, handle func(net.Conn), change ...func(*ldap.Config)) (*ldap.Answer, error) {
	t.Helper()
	cfg := ldap.Config{Servers: []string{ldaptest.Hostile(t, handle)}, Security: ldap.Plain, Base: "dc=x", Timeout: 300 * time.Millisecond}
	for _, c := range change {
		c(&cfg)
	}
	c, err := ldap.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.TakeAtMost(500)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	began := time.Now()
	a, err := c.Read(ctx, ldap.Mark{}, nil)
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("it took %v", took)
	}
	return a, err
}

// searches answers the root entry and lets each handle the other searches.
func searches(each func(ldaptest.Request) bool) func(net.Conn) {
	return func(c net.Conn) {
		ldaptest.Requests(c, func(r ldaptest.Request) bool {
			if r.Base() == "" {
				return r.Entry("", "namingContexts", "dc=x") && r.Result(ldaptest.Done, 0)
			}
			return each(r)
		})
	}
}

func entry(r ldaptest.Request, i int) bool {
	return r.Entry(fmt.Sprintf("uid=p%d,dc=x", i), "entryUUID", fmt.Sprintf("00000000-0000-0000-0000-%012d", i), "uid", fmt.Sprintf("p%d", i))
}

func TestAnUnrulyServerIsGivenUp(t *testing.T) {
	for name, handle := range map[string]func(net.Conn){
		"silence":           func(c net.Conn) { io.Copy(io.Discard, c) },
		"goodbye":           func(c net.Conn) {},
		"garbage":           func(c net.Conn) { c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")); io.Copy(io.Discard, c) },
		"two gigabytes":     func(c net.Conn) { c.Write([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff}); io.Copy(io.Discard, c) },
		"an endless length": func(c net.Conn) { c.Write([]byte{0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}); io.Copy(io.Discard, c) },
		"deep nesting":      func(c net.Conn) { c.Write(nested(5000)); io.Copy(io.Discard, c) },
		"somebody's answer": func(c net.Conn) {
			ldaptest.Requests(c, func(r ldaptest.Request) bool { r.ID += 7; return r.Result(ldaptest.Done, 0) })
		},
		"another operation": searches(func(r ldaptest.Request) bool { return r.Result(ldaptest.BindAnswer, 0) }),
		"endless entries": searches(func(r ldaptest.Request) bool {
			for i := 0; entry(r, i); i++ {
			}
			return false
		}),
		"pages in a circle":  searches(func(r ldaptest.Request) bool { return r.Result(ldaptest.Done, 0, ldaptest.Page("again")) }),
		"endless pages":      endlessPages(),
		"a size limit":       searches(func(r ldaptest.Request) bool { entry(r, 1); return r.Result(ldaptest.Done, 4) }),
		"a time limit":       searches(func(r ldaptest.Request) bool { entry(r, 1); return r.Result(ldaptest.Done, 3) }),
		"a referral":         searches(func(r ldaptest.Request) bool { return r.Result(ldaptest.Done, 10) }),
		"leaving in between": searches(func(r ldaptest.Request) bool { entry(r, 1); return false }),
		"leaving after a page": searches(func(r ldaptest.Request) bool {
			entry(r, 1)
			r.Result(ldaptest.Done, 0, ldaptest.Page("more"))
			return false
		}),
		"a pause in between": searches(func(r ldaptest.Request) bool { entry(r, 1); return true }),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := against(t, handle)
			if code := codeOf(err); code != ldap.CodeUnreachable && code != ldap.CodeUnusable && code != ldap.CodeRefused {
				t.Errorf("answer %+v, %v (%s)", a, err, code)
			}
			if code := codeOf(err); strings.HasPrefix(name, "endless ") && strings.HasSuffix(name, "s") && code != ldap.CodeUnusable {
				t.Errorf("%s: not the bound ended it, but %v", name, err)
			}
		})
	}
}

func nested(deep int) []byte {
	var out []byte
	for range deep {
		out = append(out, 0x30, 0x80)
	}
	return out
}

func endlessPages() func(net.Conn) {
	return func(c net.Conn) {
		n := 0
		searches(func(r ldaptest.Request) bool {
			n++
			return entry(r, n) && r.Result(ldaptest.Done, 0, ldaptest.Page(fmt.Sprint(n)))
		})(c)
	}
}

func TestReferralsAreLeftLying(t *testing.T) {
	touched := make(chan struct{}, 1)
	elsewhere := ldaptest.Hostile(t, func(net.Conn) { touched <- struct{}{} })
	a, err := against(t, searches(func(r ldaptest.Request) bool {
		return r.Reference("ldap://"+elsewhere+"/dc=x") && entry(r, 1) && r.Result(ldaptest.Done, 0)
	}), func(c *ldap.Config) { c.Groups.Off = true })
	if err != nil || len(a.People) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	select {
	case <-touched:
		t.Error("the other server was asked")
	default:
	}
}

func TestAServerThatIsDownIsPassedOver(t *testing.T) {
	silent := ldaptest.Hostile(t, func(c net.Conn) { io.Copy(io.Discard, c) })
	a, err := against(t, searches(func(r ldaptest.Request) bool { return entry(r, 1) && r.Result(ldaptest.Done, 0) }),
		func(c *ldap.Config) {
			c.Servers = append([]string{"127.0.0.1:1", silent}, c.Servers...)
			c.Bind, c.Password = "us", "pw"
		})
	if err != nil || len(a.People) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestAWrongPasswordIsNotTriedOnEveryServer(t *testing.T) {
	asked := 0
	refuse := func(c net.Conn) {
		p := make([]byte, 4096)
		c.Read(p)
		asked++
		c.Write([]byte{0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 49, 0x04, 0x00, 0x04, 0x00})
		io.Copy(io.Discard, c)
	}
	one, other := ldaptest.Hostile(t, refuse), ldaptest.Hostile(t, refuse)
	c, err := ldap.New(ldap.Config{Servers: []string{one, other}, Security: ldap.Plain, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Verify(context.Background(), "ana", "x"); ldap.VerdictOf(err) != ldap.Wrong || asked != 1 {
		t.Errorf("%v after %d questions", err, asked)
	}
}

func TestNothingIsSentInTheClearToOthers(t *testing.T) {
	c, err := ldap.New(ldap.Config{Servers: []string{"dc.contoso.test"}, Security: ldap.Plain, Bind: "us", Password: "pw",
		Dial: func(context.Context, string, string) (net.Conn, error) { return elsewhere{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(context.Background(), ldap.Mark{}, nil); codeOf(err) != ldap.CodeUntrusted {
		t.Errorf("%v", err)
	}
}

// elsewhere is a connection to another machine.
type elsewhere struct{ net.Conn }

func (elsewhere) RemoteAddr() net.Addr        { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 389} }
func (elsewhere) Close() error                { return nil }
func (elsewhere) Write(b []byte) (int, error) { panic("something was sent in the clear") }

func TestSettingsThatCannotBeMeantAreRefused(t *testing.T) {
	for name, change := range map[string]func(*ldap.Config){
		"no server":           func(c *ldap.Config) { c.Servers = nil },
		"an address":          func(c *ldap.Config) { c.Servers = []string{"ldap://dc1"} },
		"a port too high":     func(c *ldap.Config) { c.Servers = []string{"dc1:70000"} },
		"too many servers":    func(c *ldap.Config) { c.Servers = make([]string, 17) },
		"a security of none":  func(c *ldap.Config) { c.Security = "none" },
		"no password":         func(c *ldap.Config) { c.Bind, c.Password = "us", "" },
		"half a filter":       func(c *ldap.Config) { c.People.Filter = "(&(a=b)" },
		"a filter of nothing": func(c *ldap.Config) { c.Groups.Filter = "hello" },
		"no attribute":        func(c *ldap.Config) { c.Map.Subject = "a)(b" },
	} {
		cfg := ldap.Config{Servers: []string{"dc1"}, Bind: "us", Password: "pw"}
		change(&cfg)
		if _, err := ldap.New(cfg); codeOf(err) != ldap.CodeSettings && codeOf(err) != ldap.CodeFilter {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		against(t, func(c net.Conn) { c.Write([]byte("garbage")) })
	}
	for until := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+45; <-time.After(10 * time.Millisecond) { // the servers' own are two each
		if time.Now().After(until) {
			t.Fatalf("%d goroutines, before %d", runtime.NumGoroutine(), before)
		}
	}
}
