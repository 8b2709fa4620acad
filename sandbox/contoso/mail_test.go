package contoso

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/signoffhq/signoff/sandbox/entra"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// xoauth2 is Microsoft's and Google's way, which go-sasl does not have.
type xoauth2 struct{ user, token string }

func (x xoauth2) Start() (string, []byte, error) {
	return "XOAUTH2", []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}
func (x xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

func (o *office) settings() *tls.Config {
	return &tls.Config{RootCAs: o.http.Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "localhost"}
}

// signIn tries a way of signing in at both doors.
func (o *office) signIn(how sasl.Client) (smtpErr, imapErr error) {
	o.t.Helper()
	at := o.Sandbox.Addresses()
	s, err := smtp.DialStartTLS(at.SMTP, o.settings())
	if err != nil {
		o.t.Fatal(err)
	}
	defer s.Close()
	smtpErr = s.Auth(how)
	i, err := imapclient.DialStartTLS(at.IMAP, &imapclient.Options{TLSConfig: o.settings()})
	if err != nil {
		o.t.Fatal(err)
	}
	defer i.Close()
	return smtpErr, i.Authenticate(how)
}

func (o *office) bearerOf(app entra.Registration) func(user string) sasl.Client {
	token := o.token(app, "https://outlook.office365.com/.default")
	return func(user string) sasl.Client { return xoauth2{user, token} }
}

func TestMailIsSentAndReadWithTokens(t *testing.T) {
	o := open(t, t.TempDir())
	person := func(scopes string) string {
		for _, p := range o.Entra.Addresses().Accounts {
			if p.Login == "jane@contoso.test" {
				token, err := o.Entra.Mint(nil, map[string]any{"aud": "https://outlook.office.com", "appid": MailApp().ClientID, "oid": p.ID, "scp": scopes, "exp": time.Now().Add(time.Hour).Unix()})
				if err != nil {
					t.Fatal(err)
				}
				return token
			}
		}
		t.Fatal("no jane")
		return ""
	}
	both := person("SMTP.Send IMAP.AccessAsUser.All")
	host, port, _ := net.SplitHostPort(o.Sandbox.Addresses().SMTP)
	number, _ := strconv.Atoi(port)
	all, scoped := o.bearerOf(MailApp()), o.bearerOf(ScopedApp())
	for name, c := range map[string]struct {
		how        sasl.Client
		smtp, imap bool
	}{
		"jane": {xoauth2{"jane@contoso.test", both}, true, true}, "jane by RFC 7628": {sasl.NewOAuthBearerClient(&sasl.OAuthBearerOptions{Username: "jane@contoso.test", Token: both, Host: host, Port: number}), true, true},
		"jane as bob": {xoauth2{"bob@contoso.test", both}, false, false}, "jane for sending alone": {xoauth2{"jane@contoso.test", person("SMTP.Send")}, true, false},
		"nonsense": {xoauth2{"jane@contoso.test", "nonsense"}, false, false}, "nobody": {xoauth2{"nobody@contoso.test", both}, false, false}, "no form": {broken{}, false, false},
		"a daemon": {all("workflow@contoso.test"), true, true}, "a daemon without FullAccess": {all("jane@contoso.test"), false, false},
		"a scoped daemon": {scoped("workflow@contoso.test"), true, true}, "a scoped daemon elsewhere": {scoped("jane@contoso.test"), false, false},
	} {
		if s, i := o.signIn(c.how); (s == nil) != c.smtp || (i == nil) != c.imap {
			t.Errorf("%s: SMTP %v, IMAP %v", name, s, i)
		}
	}
	if err := o.Exchange.Grant(exchange.Grant{Right: exchange.FullAccess, Mailbox: "bob", To: "jane"}); err != nil {
		t.Fatal(err)
	}
	if s, i := o.signIn(xoauth2{"bob@contoso.test", both}); s != nil || i != nil {
		t.Errorf("jane, who has FullAccess: SMTP %v, IMAP %v", s, i)
	}
}

// broken is a client that writes no field.
type broken struct{}

func (broken) Start() (string, []byte, error) { return "XOAUTH2", []byte("jane"), nil }
func (broken) Next([]byte) ([]byte, error)    { return []byte{}, nil }
