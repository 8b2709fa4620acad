package ews_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
	served "github.com/signoffhq/signoff/sandbox/exchange/ews"
)

func TestTheTestWalksUntilItFindsTheCause(t *testing.T) {
	f := newFirm(t)
	ana, _ := f.own("ana")
	walk := func(b exchange.Backend, want, do string) {
		t.Helper()
		steps := b.Check(t.Context())
		if got := exchangetest.Walked(steps); got != want || do != "" && !strings.Contains(steps[len(steps)-1].Do, do) {
			t.Errorf("%s, want %s: %+v", got, want, steps)
		}
	}
	walk(ana, "+name +TLS +token +rights +mailbox +send +read", "")
	if steps := ana.Check(t.Context()); !strings.Contains(steps[4].Found, ews.End) {
		t.Errorf("nothing is said of the end: %+v", steps[4])
	}
	denied, _ := f.person("ana", every, exchange.Box{Address: "jane@contoso.test"})
	walk(denied, "+name +TLS +token -rights", "Add-MailboxPermission")
	f.Give("FullAccess", "jane", "ana")
	walk(denied, "+name +TLS +token +rights +mailbox -send", "SendAs")
	nobody, _ := f.app("nobody@contoso.test", "full_access_as_app")
	walk(nobody, "+name +TLS +token -mailbox", "licence")
	if steps := nobody.Check(t.Context()); !strings.Contains(steps[len(steps)-1].Found, "The mailbox meant is nobody@contoso.test.") {
		t.Errorf("the address is not named: %+v", steps)
	}
	app, _ := f.app("jane@contoso.test")
	walk(app, "+name +TLS +token -rights", "AccessAsApp")
	bad := f.system.Open(exchange.Access{HTTP: &http.Client{Transport: &asked{token: "a.b.c", inner: f.Plain.Transport, t: t}}}, exchange.Box{})
	walk(bad, "+name +TLS -token", "Connect the account")
	f.Plant("quota-exceeded", "ana", "", 0)
	walk(ana, "+name +TLS +token +rights +mailbox -send", "full")
	f.Exchange.Heal("")
	f.EWS.SetPolicy(served.Policy{Enabled: "false"})
	walk(ana, "+name +TLS +token -rights", ews.End)
	f.EWS.SetPolicy(served.Policy{OnPremises: true})
	walk(f.password("ana", "wrong", exchange.Box{}), "+name +TLS -token", "password is wrong")
	own := f.password("ana", "signoff", exchange.Box{})
	walk(own, "+name +TLS +token +rights +mailbox +send +read", "")
	for _, s := range own.Check(t.Context()) {
		if strings.Contains(s.Found, ews.End) {
			t.Errorf("EWS of a server of one's own does not end: %+v", s)
		}
	}
	if n := len(f.Arrived("ana")) + len(f.Arrived("jane")); n != 0 {
		t.Errorf("the test sent %d mails", n)
	}
	untrusted, err := ews.Open(exchange.Settings{Server: f.Entra.URL()})
	if err != nil {
		t.Fatal(err)
	}
	walk(untrusted.Open(exchange.Access{HTTP: &http.Client{}}, exchange.Box{}), "+name -TLS", "authority")
	lost, err := ews.Open(exchange.Settings{Server: "https://nowhere.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	walk(lost.Open(exchange.Access{HTTP: &http.Client{}}, exchange.Box{}), "-name", "address")
}
