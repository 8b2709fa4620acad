package mail_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/mail"
	"github.com/signoffhq/signoff/sandbox"
)

func contoso(t *testing.T) (*sandbox.Sandbox, *x509.CertPool) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Options{Dir: t.TempDir()})
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

func smtpOf(s *sandbox.Sandbox, roots *x509.CertPool) mail.Account {
	return mail.Account{Addr: s.Addresses().SMTP, Roots: roots, Username: "workflow@contoso.test", Password: "signoff", Timeout: 5 * time.Second}
}

func imapOf(s *sandbox.Sandbox, roots *x509.CertPool, user string) mail.Account {
	return mail.Account{Addr: s.Addresses().IMAP, Roots: roots, Username: user, Password: "signoff", Timeout: 5 * time.Second}
}

func text(id string) []byte {
	return []byte("From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: x\r\nMessage-ID: " + id + "\r\n\r\n.a dot first\r\n")
}

func wantCode(t *testing.T, err error, kind signoff.Kind, code string, words ...string) {
	t.Helper()
	if signoff.KindOf(err) != kind || signoff.CodeOf(err) != code {
		t.Fatalf("got %v, want code %s", err, code)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is missing in %q", w, err)
		}
	}
}

func TestAMailArrivesWithItsCopy(t *testing.T) {
	s, roots := contoso(t)
	out := mail.NewSender(smtpOf(s, roots), mail.SenderOptions{})
	defer out.Close()
	for i := range 3 { // the second and third go over the same connection
		if err := out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "workflow+sent@contoso.test", text(fmt.Sprintf("<%d@x>", i))); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range []string{"jane@contoso.test", "workflow@contoso.test"} {
		in := mail.NewMailbox(imapOf(s, roots, user), mail.MailboxOptions{})
		defer in.Close()
		uids, err := in.List(t.Context())
		if err != nil || len(uids) != 3 {
			t.Fatalf("%s: %v %v", user, uids, err)
		}
		raw, err := in.Read(t.Context(), uids[0], 1<<20)
		if err != nil || !strings.HasSuffix(string(raw), "\r\n\r\n.a dot first\r\n") {
			t.Errorf("%s: %q %v", user, raw, err)
		}
	}
}

func TestARefusedRecipientIsFinalAndGetsNoMail(t *testing.T) {
	s, roots := contoso(t)
	out := mail.NewSender(smtpOf(s, roots), mail.SenderOptions{})
	defer out.Close()
	err := out.Send(t.Context(), "workflow@contoso.test", "nobody@contoso.test", "workflow+sent@contoso.test", text("<1@x>"))
	wantCode(t, err, signoff.Invalid, mail.CodeRefused, "550 5.1.1 nobody at Contoso is called that", "nobody@contoso.test")
	if err := out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "nobody@contoso.test", text("<2@x>")); err != nil {
		t.Errorf("a refused copy stopped the mail: %v", err)
	}
	in := mail.NewMailbox(imapOf(s, roots, "workflow@contoso.test"), mail.MailboxOptions{})
	defer in.Close()
	if uids, err := in.List(t.Context()); err != nil || len(uids) != 0 {
		t.Errorf("a copy of a refused mail arrived: %v %v", uids, err)
	}
}

func TestAWrongPasswordAndAnUnknownAuthorityAreNamed(t *testing.T) {
	s, roots := contoso(t)
	a := smtpOf(s, roots)
	a.Password = "wrong"
	out := mail.NewSender(a, mail.SenderOptions{})
	wantCode(t, out.Send(t.Context(), "a@contoso.test", "jane@contoso.test", "", text("<1@x>")), signoff.Unavailable, mail.CodeSignIn, "workflow@contoso.test")
	in := mail.NewMailbox(a2(imapOf(s, roots, "jane"), "wrong"), mail.MailboxOptions{})
	_, err := in.List(t.Context())
	wantCode(t, err, signoff.Unavailable, mail.CodeSignIn)
	a = smtpOf(s, nil)
	out = mail.NewSender(a, mail.SenderOptions{})
	wantCode(t, out.Send(t.Context(), "a@contoso.test", "jane@contoso.test", "", text("<1@x>")), signoff.Unavailable, mail.CodeUntrusted)
	a = smtpOf(s, roots)
	a.ServerName = "mail.example.com"
	out = mail.NewSender(a, mail.SenderOptions{})
	wantCode(t, out.Send(t.Context(), "a@contoso.test", "jane@contoso.test", "", text("<1@x>")), signoff.Unavailable, mail.CodeUntrusted, "mail.example.com")
}

func a2(a mail.Account, password mail.Password) mail.Account { a.Password = password; return a }

func TestThePasswordDoesNotShow(t *testing.T) {
	a := mail.Account{Username: "u", Password: "hunter22"}
	if s := fmt.Sprintf("%v %+v %#v %s", a, a, a, a.Password); strings.Contains(s, "hunter22") {
		t.Error(s)
	}
}

// stage is a server that plays one script per connection: lines to send, and
// "<" for a line to read, "<." for everything up to the final dot, "hang" for
// silence, "bye" for hanging up.
func stage(t *testing.T, scripts ...[]string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	over := t.Context()
	go func() {
		for _, script := range scripts {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go play(over, conn, script)
		}
	}()
	return ln.Addr().String()
}

func play(over context.Context, conn net.Conn, script []string) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, line := range script {
		switch line {
		case "<":
			if _, err := r.ReadString('\n'); err != nil {
				return
			}
		case "<.":
			for {
				if l, err := r.ReadString('\n'); err != nil || l == ".\r\n" {
					break
				}
			}
		case "hang":
			<-over.Done()
		case "bye":
			return
		default:
			fmt.Fprintf(conn, "%s\r\n", line)
		}
	}
}

var (
	hi     = []string{"220 mx", "<", "250 mx"}
	upTo   = func(script []string, more ...string) []string { return append(append([]string{}, script...), more...) }
	mailOK = upTo(hi, "<", "250 ok")
	rcptOK = upTo(mailOK, "<", "250 ok")
	dataOK = upTo(rcptOK, "<", "354 go")
	doneOK = upTo(dataOK, "<.", "250 taken")
)

func TestWhatAServerDoesIsToldApart(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []string
		kind   signoff.Kind
		code   string
	}{
		{"later, at the greeting", []string{"421 4.3.2 too busy", "bye"}, signoff.Unavailable, mail.CodeUnreachable},
		{"never, at the greeting", []string{"554 5.7.1 you are on a list", "bye"}, signoff.Unavailable, mail.CodeUnreachable},
		{"gone at the greeting", []string{"bye"}, signoff.Unavailable, mail.CodeUnreachable},
		{"silent", []string{"hang"}, signoff.Unavailable, mail.CodeUnreachable},
		{"sender refused", upTo(hi, "<", "550 5.7.60 SendAsDenied", "<", "250 ok", "hang"), signoff.Unavailable, mail.CodeSender},
		{"sender later", upTo(hi, "<", "450 4.7.1 slow down", "<", "250 ok", "hang"), signoff.Unavailable, mail.CodeDeferred},
		{"too large", upTo(hi, "<", "552 5.3.4 too large", "<", "250 ok", "hang"), signoff.Invalid, mail.CodeRefused},
		{"recipient later", upTo(mailOK, "<", "451 4.7.1 greylisted", "<", "250 ok", "hang"), signoff.Unavailable, mail.CodeDeferred},
		{"recipient never", upTo(mailOK, "<", "550 5.1.1 no such user", "<", "250 ok", "hang"), signoff.Invalid, mail.CodeRefused},
		{"gone before the mail", upTo(rcptOK, "<", "bye"), signoff.Unavailable, mail.CodeUnreachable},
		{"full", upTo(dataOK, "<.", "452 4.2.2 mailbox full", "hang"), signoff.Unavailable, mail.CodeDeferred},
		{"content refused", upTo(dataOK, "<.", "554 5.6.0 looks like spam", "hang"), signoff.Invalid, mail.CodeRefused},
		{"gone after the mail", upTo(dataOK, "<.", "bye"), signoff.Unavailable, mail.CodeDoubtful},
		{"silent after the mail", upTo(dataOK, "<.", "hang"), signoff.Unavailable, mail.CodeDoubtful},
		{"no STARTTLS", nil, signoff.Unavailable, mail.CodeUntrusted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := mail.Account{Security: mail.Plain, Timeout: 300 * time.Millisecond}
			if c.script == nil {
				a.Security, c.script = mail.StartTLS, upTo(hi, "hang")
			}
			a.Addr = stage(t, c.script)
			out := mail.NewSender(a, mail.SenderOptions{Confirm: 300 * time.Millisecond})
			defer out.Close()
			wantCode(t, out.Send(t.Context(), "a@x.test", "b@x.test", "", text("<1@x>")), c.kind, c.code)
		})
	}
}

func TestAConnectionTheServerGaveUpIsReplaced(t *testing.T) {
	addr := stage(t, upTo(doneOK, "bye"), upTo(doneOK, "hang"))
	out := mail.NewSender(mail.Account{Addr: addr, Security: mail.Plain, Timeout: 5 * time.Second}, mail.SenderOptions{})
	defer out.Close()
	for range 2 {
		if err := out.Send(t.Context(), "a@x.test", "b@x.test", "", text("<1@x>")); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSendingStopsWithItsContext(t *testing.T) {
	out := mail.NewSender(mail.Account{Addr: stage(t, upTo(rcptOK, "hang")), Security: mail.Plain}, mail.SenderOptions{})
	defer out.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	wantCode(t, out.Send(ctx, "a@x.test", "b@x.test", "", text("<1@x>")), signoff.Unavailable, mail.CodeUnreachable)
}

func TestALineBreakInAnAddressIsNotSent(t *testing.T) {
	out := mail.NewSender(mail.Account{Addr: stage(t, upTo(hi, "hang")), Security: mail.Plain, Timeout: time.Second}, mail.SenderOptions{})
	defer out.Close()
	if err := out.Send(t.Context(), "a@x.test", "b@x.test>\r\nRCPT TO:<c@x.test", "", text("<1@x>")); err == nil {
		t.Error("it was sent")
	}
}
