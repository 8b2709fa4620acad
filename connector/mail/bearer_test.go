package mail_test

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/mail"
	"github.com/signoffhq/signoff/sandbox"
)

// tokens is a sandbox that takes the token "good" for the workflow mailbox.
func tokens(t *testing.T) (*sandbox.Sandbox, *x509.CertPool) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Dir: t.TempDir(), Bearer: func(door, account, token string) bool { return token == "good "+door }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	pem, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return s, pool
}

func with(token string, err error) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return token, err }
}

func TestATokenOpensSMTPAndIMAP(t *testing.T) {
	s, roots := tokens(t)
	for _, way := range []string{"", "XOAUTH2"} { // "": what both sides like best
		mail.OnlyWay(t, way)
		a := smtpOf(s, roots)
		a.Password, a.Token = "", with("good smtp", nil)
		out := mail.NewSender(a, mail.SenderOptions{})
		defer out.Close()
		if err := out.Send(t.Context(), "workflow@contoso.test", "workflow@contoso.test", "", text("<1"+way+"@x>")); err != nil {
			t.Fatal(err)
		}
		b := imapOf(s, roots, "workflow@contoso.test")
		b.Password, b.Token = "", with("good imap", nil)
		in := mail.NewMailbox(b, mail.MailboxOptions{})
		defer in.Close()
		if ids, err := in.List(t.Context()); err != nil || len(ids) == 0 {
			t.Fatal(ids, err)
		}
	}
}

func TestATokenThatIsRefusedIsNoOutageOfTheServer(t *testing.T) {
	s, roots := tokens(t)
	for _, way := range []string{"", "XOAUTH2"} {
		mail.OnlyWay(t, way)
		a := smtpOf(s, roots)
		a.Token = with("good imap", nil)
		out := mail.NewSender(a, mail.SenderOptions{})
		defer out.Close()
		wantCode(t, out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "", text("<2@x>")), signoff.Unavailable, mail.CodeSignIn)
		b := imapOf(s, roots, "workflow@contoso.test")
		b.Token = with("good smtp", nil)
		in := mail.NewMailbox(b, mail.MailboxOptions{})
		defer in.Close()
		_, err := in.List(t.Context())
		wantCode(t, err, signoff.Unavailable, mail.CodeSignIn)
	}
}

func TestWithoutATokenNobodySignsIn(t *testing.T) {
	s, roots := tokens(t)
	none := errors.New("not connected")
	a := smtpOf(s, roots)
	a.Token = with("", none)
	out := mail.NewSender(a, mail.SenderOptions{})
	defer out.Close()
	if err := out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "", text("<3@x>")); !errors.Is(err, none) {
		t.Errorf("%v", err)
	}
	plain, plainRoots := contoso(t) // takes no tokens
	a = smtpOf(plain, plainRoots)
	a.Token = with("good smtp", nil)
	out = mail.NewSender(a, mail.SenderOptions{})
	defer out.Close()
	wantCode(t, out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "", text("<4@x>")), signoff.Unavailable, mail.CodeSignIn, "takes no token")
}

func TestACheckTellsEachStep(t *testing.T) {
	s, roots := tokens(t)
	names := func(steps []mail.Step) (list string) {
		for _, st := range steps {
			list += st.Name + map[bool]string{true: "+ ", false: "- "}[st.OK]
			if !st.OK && (st.Found == "" || st.Do == "") {
				t.Errorf("%s says nothing of use: %+v", st.Name, st)
			}
		}
		return strings.TrimSpace(list)
	}
	good, bad := smtpOf(s, roots), smtpOf(s, roots)
	bad.Password = "wrong"
	lost := good
	lost.Roots = x509.NewCertPool()
	for _, c := range []struct {
		a    mail.Account
		from string
		want string
	}{
		{good, "workflow@contoso.test", "name+ TLS+ token+ send+"}, {bad, "workflow@contoso.test", "name+ TLS+ token-"}, {lost, "workflow@contoso.test", "name+ TLS-"},
	} {
		if got := names(mail.NewSender(c.a, mail.SenderOptions{}).Check(t.Context(), c.from)); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	reads, not := imapOf(s, roots, "jane"), imapOf(s, roots, "jane")
	not.Password = "wrong"
	if got := names(mail.NewMailbox(reads, mail.MailboxOptions{}).Check(t.Context())); got != "name+ TLS+ token+ mailbox+ read+" {
		t.Error(got)
	}
	if got := names(mail.NewMailbox(not, mail.MailboxOptions{}).Check(t.Context())); got != "name+ token-" {
		t.Error(got)
	}
	if got := names(mail.NewMailbox(reads, mail.MailboxOptions{Folder: "Nowhere"}).Check(t.Context())); got != "name+ mailbox-" {
		t.Error(got)
	}
}
