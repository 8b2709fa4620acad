package sandbox

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/signoffhq/signoff"
)

func start(t *testing.T, dir string) *Sandbox {
	t.Helper()
	s, err := Start(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func trust(t *testing.T, s *Sandbox) *tls.Config {
	t.Helper()
	pem, err := os.ReadFile(s.Addresses().CAFile)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("the CA file holds no certificate")
	}
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}

// submit sends a mail, signed in as user unless that is "".
func submit(t *testing.T, s *Sandbox, user, from string, to []string, text string) error {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addresses().SMTP)
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClientStartTLS(conn, trust(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if user != "" {
		if err := c.Auth(sasl.NewPlainClient("", user, "signoff")); err != nil {
			return err
		}
	}
	return c.SendMail(from, to, strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")))
}

func signIn(t *testing.T, s *Sandbox, user string, opts *imapclient.Options) *imapclient.Client {
	t.Helper()
	if opts == nil {
		opts = &imapclient.Options{}
	}
	opts.TLSConfig = trust(t, s)
	c, err := imapclient.DialStartTLS(s.Addresses().IMAP, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(user+"@contoso.test", "signoff").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

// inboxOf returns the raw mails of somebody's INBOX, oldest first.
func inboxOf(t *testing.T, s *Sandbox, user string) []string {
	t.Helper()
	f := s.mail.boxes[user].folder(inbox)
	var list []string
	for _, uid := range f.uids(func(*message) bool { return true }) {
		raw, err := f.read(uid)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, string(raw))
	}
	return list
}

const hello = "From: Jane <jane@contoso.test>\nTo: workflow+tok@contoso.test\nSubject: Hi\nMessage-ID: <1@x.test>\n\nApprove\n"

func TestAMailIsInTheMailboxAndStillThereAfterARestart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if err := submit(t, s, "jane", "jane@contoso.test", []string{"Workflow+Tok@Contoso.test"}, hello); err != nil {
		t.Fatal(err)
	}
	before := inboxOf(t, s, "workflow")
	if len(before) != 1 || !strings.Contains(before[0], "Delivered-To: workflow+tok@contoso.test\r\n") {
		t.Fatalf("inbox: %q", before)
	}
	s.Close()
	after := inboxOf(t, start(t, dir), "workflow")
	if len(after) != 1 || after[0] != before[0] {
		t.Fatalf("after the restart: %q", after)
	}
}

func TestOnlyTheOwnerOfAnAddressIsVouchedFor(t *testing.T) {
	for _, c := range []struct {
		name, user, header, want string
	}{
		{"own address", "jane", "From: jane@contoso.test\n", "dmarc=pass (p=reject) header.from=contoso.test"},
		{"own address, other case", "jane", "From: \"J\" <Jane@CONTOSO.test>\n", "dmarc=pass"},
		{"another's address", "jane", "From: bob@contoso.test\n", "dmarc=fail"},
		{"nobody's address", "jane", "From: ceo@contoso.test\n", "dmarc=fail"},
		{"not signed in", "", "From: jane@contoso.test\n", "dmarc=fail"},
		{"from outside", "", "From: eve@fabrikam.test\n", "dmarc=none header.from=fabrikam.test"},
		{"two senders", "jane", "From: jane@contoso.test, bob@contoso.test\n", "dmarc=permerror"},
		{"two From fields", "jane", "From: jane@contoso.test\nFrom: bob@contoso.test\n", "dmarc=permerror"},
		{"no sender", "jane", "Subject: x\n", "dmarc=permerror"},
		{"forged display name", "jane", "From: \"jane@contoso.test\" <bob@contoso.test>\n", "dmarc=fail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, t.TempDir())
			text := "Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test\n" +
				"authentication-results : \"MX.contoso.test\" 1;\n dmarc=pass header.from=contoso.test\n" +
				"x-ms-exchange-organization-authas: Internal\n" + "Authentication-Results: elsewhere.test; dmarc=pass\n" + c.header + "\nApprove\n"
			if err := submit(t, s, c.user, "jane@contoso.test", []string{"workflow@contoso.test"}, text); err != nil {
				t.Fatal(err)
			}
			got := inboxOf(t, s, "workflow")[0]
			top, _, _ := strings.Cut(got, "Received:")
			if !strings.Contains(top, "Authentication-Results: mx.contoso.test;\r\n auth=") || !strings.Contains(top, c.want) {
				t.Errorf("on top stands %q, want %q", top, c.want)
			}
			if n := strings.Count(strings.ToLower(got), "mx.contoso.test;") + strings.Count(strings.ToLower(got), "mx.contoso.test\" 1;"); n != 1 {
				t.Errorf("%d fields bear our name in\n%s", n, got)
			}
			as := map[bool]string{true: "Internal", false: "Anonymous"}[strings.HasPrefix(c.want, "dmarc=pass")]
			if strings.Count(strings.ToLower(got), "authas:") != 1 || !strings.Contains(top, "X-MS-Exchange-Organization-AuthAs: "+as+"\r\n") {
				t.Errorf("Exchange does not say %s in\n%s", as, got)
			}
			if !strings.Contains(got, "elsewhere.test; dmarc=pass") {
				t.Error("another server's field was taken out")
			}
		})
	}
}

func TestRecipientsWeDoNotServeAreRefused(t *testing.T) {
	s := start(t, t.TempDir())
	for _, c := range []struct {
		user, to string
		code     int
	}{
		{"jane", "nobody@contoso.test", 550},
		{"", "x@fabrikam.test", 550},
	} {
		err := submit(t, s, c.user, "jane@contoso.test", []string{c.to}, hello)
		if e, ok := errors.AsType[*smtp.SMTPError](err); !ok || e.Code != c.code {
			t.Errorf("%s as %q: %v", c.to, c.user, err)
		}
	}
	if err := submit(t, s, "jane", "jane@contoso.test", []string{"x@fabrikam.test", "y@fabrikam.test", "bob@contoso.test"}, hello); err != nil {
		t.Fatal(err)
	}
	if out, bob := inboxOf(t, s, outsideID), inboxOf(t, s, "bob"); len(out) != 1 || len(bob) != 1 ||
		!strings.Contains(out[0], "Delivered-To: x@fabrikam.test, y@fabrikam.test") {
		t.Errorf("outside %q, bob %q", out, bob)
	}
}

func TestAMailOverTheLimitIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	big := hello + strings.Repeat(strings.Repeat("x", 998)+"\n", maxMessageBytes/999+1)
	err := submit(t, s, "jane", "jane@contoso.test", []string{"bob@contoso.test"}, big)
	if e, ok := errors.AsType[*smtp.SMTPError](err); !ok || e.Code != 552 {
		t.Errorf("got %v", err)
	}
	if n := len(inboxOf(t, s, "bob")); n != 0 {
		t.Errorf("%d mails arrived", n)
	}
}

func TestPasswordsAreAskedForOnlyUnderTLS(t *testing.T) {
	s := start(t, t.TempDir())
	plain, err := smtp.Dial(s.Addresses().SMTP)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.Auth(sasl.NewPlainClient("", "jane", "signoff")); err == nil {
		t.Error("SMTP took a password in the clear")
	}
	c, err := imapclient.DialInsecure(s.Addresses().IMAP, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("jane", "signoff").Wait(); err == nil {
		t.Error("IMAP took a password in the clear")
	}
	if err := submit(t, s, "mallory", "jane@contoso.test", []string{"bob@contoso.test"}, hello); err == nil {
		t.Error("a stranger could sign in")
	}
}

func TestLoginMechanismWorksOnBothServers(t *testing.T) {
	s := start(t, t.TempDir())
	conn, err := net.Dial("tcp", s.Addresses().SMTP)
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.NewClientStartTLS(conn, trust(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewLoginClient("jane@contoso.test", "signoff")); err != nil {
		t.Error(err)
	}
	i, err := imapclient.DialStartTLS(s.Addresses().IMAP, &imapclient.Options{TLSConfig: trust(t, s)})
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	if err := i.Authenticate(sasl.NewLoginClient("jane", "wrong")); err == nil {
		t.Error("a wrong password was taken")
	}
	if err := i.Authenticate(sasl.NewLoginClient("jane", "signoff")); err != nil {
		t.Error(err)
	}
}

func TestAnAddressThatIsNotLoopbackOrInUseIsRefusedWithASentence(t *testing.T) {
	s := start(t, t.TempDir())
	for code, addr := range map[string]string{"sandbox-not-loopback": "0.0.0.0:0", "bad-address": "25", "address-in-use": s.Addresses().SMTP} {
		_, err := Start(t.Context(), Options{Dir: t.TempDir(), SMTP: addr})
		if signoff.CodeOf(err) != code {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestAClientFindsMovesAndDeletesMail(t *testing.T) {
	s := start(t, t.TempDir())
	for _, id := range []string{"1@x.test", "2@x.test", "3@x.test"} {
		if err := submit(t, s, "jane", "jane@contoso.test", []string{"workflow@contoso.test"}, strings.Replace(hello, "1@x.test", id, 1)); err != nil {
			t.Fatal(err)
		}
	}
	c := signIn(t, s, "workflow", nil)
	if _, err := c.Select("inbox", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	byID := &imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: "<2@x.test>"}}}
	hits, err := c.UIDSearch(byID, nil).Wait()
	if err != nil || len(hits.AllUIDs()) != 1 || hits.AllUIDs()[0] != 2 {
		t.Fatalf("search: %v %v", hits, err)
	}
	if err := c.Create("Processed", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	moved, err := c.Move(imap.UIDSetNum(2), "Processed").Wait()
	if err != nil || moved.UIDValidity == 0 {
		t.Fatalf("move: %+v %v", moved, err)
	}
	if err := c.Store(imap.UIDSetNum(3), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.UIDExpunge(imap.UIDSetNum(3)).Close(); err != nil {
		t.Fatal(err)
	}
	if n := c.Mailbox().NumMessages; n != 1 {
		t.Errorf("the client was told of %d mails, want 1", n)
	}
	left, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil || len(left.AllUIDs()) != 1 || left.AllUIDs()[0] != 1 {
		t.Errorf("left: %v %v", left.AllUIDs(), err)
	}
	sel, err := c.Select("Processed", nil).Wait()
	if err != nil || sel.NumMessages != 1 {
		t.Fatalf("processed: %+v %v", sel, err)
	}
}

func TestAUIDIsNeverGivenTwice(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	deliver := func(s *Sandbox) {
		if err := submit(t, s, "jane", "jane@contoso.test", []string{"bob@contoso.test"}, hello); err != nil {
			t.Fatal(err)
		}
	}
	deliver(s)
	if err := s.mail.boxes["bob"].folder(inbox).remove(1); err != nil {
		t.Fatal(err)
	}
	validity := s.mail.boxes["bob"].folder(inbox).validity
	s.Close()
	s = start(t, dir)
	deliver(s)
	f := s.mail.boxes["bob"].folder(inbox)
	if got := f.uids(func(*message) bool { return true }); len(got) != 1 || got[0] != 2 || f.validity != validity {
		t.Errorf("UIDs %v, validity %d then %d", got, validity, f.validity)
	}
}

func TestAMailForTwoArrivesForBothThoughTheProgramDiesInBetween(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	var drafts []*draft
	for _, who := range []string{"jane", "bob"} {
		d, err := s.mail.boxes[who].folder(inbox).stage([]byte(hello), time.Now(), 0)
		if err != nil {
			t.Fatal(err)
		}
		drafts = append(drafts, d)
	}
	if _, err := s.mail.list(drafts); err != nil {
		t.Fatal(err)
	}
	if _, err := drafts[0].publish(); err != nil {
		t.Fatal(err)
	}
	unlisted, err := s.mail.boxes["ana"].folder(inbox).stage([]byte(hello), time.Now(), 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	for range 2 { // and the start after that changes nothing more
		s = start(t, dir)
		for who, want := range map[string]int{"jane": 1, "bob": 1, "ana": 0} {
			if n := len(inboxOf(t, s, who)); n != want {
				t.Errorf("%s has %d mails, want %d", who, n, want)
			}
		}
		s.Close()
	}
	if _, err := os.Stat(unlisted.file); err == nil {
		t.Error("a draft nobody was promised is still there")
	}
}

func TestAnIdleClientHearsOfNewMail(t *testing.T) {
	s := start(t, t.TempDir())
	news := make(chan uint32, 8)
	c := signIn(t, s, "bob", &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				news <- *d.NumMessages
			}
		}}})
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	if err := submit(t, s, "jane", "jane@contoso.test", []string{"bob@contoso.test"}, hello); err != nil {
		t.Fatal(err)
	}
	select {
	case n := <-news:
		if n != 1 {
			t.Errorf("told of %d mails", n)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing was said")
	}
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
}

func TestAFetchedMailIsTheOneThatLiesOnDisk(t *testing.T) {
	s := start(t, t.TempDir())
	if err := submit(t, s, "jane", "jane@contoso.test", []string{"bob@contoso.test"}, hello); err != nil {
		t.Fatal(err)
	}
	c := signIn(t, s, "bob", nil)
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	whole := &imap.FetchItemBodySection{Peek: true}
	got, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{UID: true, Flags: true, RFC822Size: true, Envelope: true,
		BodySection: []*imap.FetchItemBodySection{whole}}).Collect()
	if err != nil || len(got) != 1 {
		t.Fatalf("fetch: %v %v", got, err)
	}
	if body := got[0].FindBodySection(whole); string(body) != inboxOf(t, s, "bob")[0] || got[0].RFC822Size != int64(len(body)) {
		t.Errorf("fetched %q", body)
	}
	if got[0].Envelope.Subject != "Hi" || len(got[0].Flags) != 0 {
		t.Errorf("envelope %+v, flags %v", got[0].Envelope, got[0].Flags)
	}
	again, err := c.Fetch(imap.UIDSetNum(1), &imap.FetchOptions{Flags: true, BodySection: []*imap.FetchItemBodySection{{}}}).Collect()
	if err != nil || len(again) != 1 || len(again[0].Flags) != 1 {
		t.Errorf("a mail that was read is not seen: %+v %v", again, err)
	}
}

func TestAppendedMailIsKeptWithItsFlags(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	c := signIn(t, s, "bob", nil)
	w := c.Append("Sent", int64(len(hello)), &imap.AppendOptions{Flags: []imap.Flag{imap.FlagSeen, imap.FlagAnswered}})
	if _, err := io.WriteString(w, hello); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := w.Wait(); err != nil || data.UID != 1 {
		t.Fatalf("append: %+v %v", data, err)
	}
	s.Close()
	f := start(t, dir).mail.boxes["bob"].folder("Sent")
	if len(f.list) != 1 || f.list[0].flags.letters() != "SA" {
		t.Errorf("after a restart: %+v", f.list)
	}
}

func FuzzSplitHeader(f *testing.F) {
	for _, seed := range []string{hello, "", "\n", "A: b", " folded\nA: b\n", "A : b\r\n\tc\r\n\r\nx", "A\x00: b\n\n", "no field\nA: b\n\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, rest, err := splitHeader(data)
		if err != nil {
			return
		}
		var b bytes.Buffer
		for _, f := range fields {
			b.Write(f.raw)
		}
		b.Write(rest)
		if !bytes.Equal(bytes.ReplaceAll(b.Bytes(), []byte("\r\n"), nil), bytes.ReplaceAll(data, []byte("\r\n"), nil)) {
			t.Errorf("split changes the mail:\n%q\n%q", data, b.Bytes())
		}
	})
}
