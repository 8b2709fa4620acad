package mail_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/mail"
)

func TestAMailboxIsListedReadFiledAndSearched(t *testing.T) {
	s, roots := contoso(t)
	out := mail.NewSender(smtpOf(s, roots), mail.SenderOptions{})
	defer out.Close()
	for i := range 3 {
		if err := out.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "", text(fmt.Sprintf("<%d@x>", i))); err != nil {
			t.Fatal(err)
		}
	}
	in := mail.NewMailbox(imapOf(s, roots, "jane"), mail.MailboxOptions{})
	defer in.Close()
	uids, err := in.List(t.Context())
	if err != nil || len(uids) != 3 {
		t.Fatal(uids, err)
	}
	if found, err := in.Find(t.Context(), "<1@x>"); err != nil || !found {
		t.Errorf("not found in the inbox: %v", err)
	}
	heads, err := in.Headers(t.Context(), uids)
	if err != nil || len(heads) != 3 || len(heads[uids[1]]) == 0 {
		t.Errorf("headers: %v %v", heads, err)
	}
	short, err := in.Read(t.Context(), uids[0], 10)
	if err != nil || len(short) != 10 {
		t.Errorf("the limit of 10 bytes gave %d, %v", len(short), err)
	}
	for range 2 { // the second time they are gone
		if err := in.File(t.Context(), uids[:2]); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := in.List(t.Context()); err != nil || len(left) != 1 || left[0] != uids[2] {
		t.Errorf("left: %v %v", left, err)
	}
	for id, want := range map[string]bool{"<1@x>": true, "<2@x>": true, "<7@x>": false} {
		if found, err := in.Find(t.Context(), id); err != nil || found != want {
			t.Errorf("%s: %v %v", id, found, err)
		}
	}
	if gone, err := in.Read(t.Context(), uids[0], 100); err != nil || gone != nil {
		t.Errorf("a mail that is gone: %q %v", gone, err)
	}
	_, err = in.Read(t.Context(), "9"+uids[2], 100)
	wantCode(t, err, signoff.Conflict, mail.CodeChanged)
}

func TestWaitingEndsWithNewMailWithTheClockAndForOthers(t *testing.T) {
	s, roots := contoso(t)
	out := mail.NewSender(smtpOf(s, roots), mail.SenderOptions{})
	defer out.Close()
	in := mail.NewMailbox(imapOf(s, roots, "jane"), mail.MailboxOptions{Poll: time.Hour})
	defer in.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := in.List(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- in.Wait(ctx) }()
	if err := out.Send(ctx, "workflow@contoso.test", "jane@contoso.test", "", text("<1@x>")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if uids, err := in.List(ctx); err != nil || len(uids) != 1 {
		t.Fatal(uids, err)
	}
	go func() { done <- in.Wait(ctx) }()
	if found, err := in.Find(ctx, "<1@x>"); err != nil || !found {
		t.Errorf("a search behind a waiting call: %v %v", found, err)
	}
	cancel()
	<-done

	soon := mail.NewMailbox(imapOf(s, roots, "bob"), mail.MailboxOptions{Poll: 50 * time.Millisecond})
	defer soon.Close()
	if err := soon.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAMailboxComesBackAfterItsServer(t *testing.T) {
	s, roots := contoso(t)
	in := mail.NewMailbox(imapOf(s, roots, "jane"), mail.MailboxOptions{})
	defer in.Close()
	if _, err := in.List(t.Context()); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if _, err := in.List(t.Context()); err != nil {
		t.Errorf("after hanging up: %v", err)
	}
}

func TestASilentIMAPServerIsGivenUp(t *testing.T) {
	addr := stage(t, []string{"* OK [CAPABILITY IMAP4rev1] hello", "<", "hang"})
	in := mail.NewMailbox(mail.Account{Addr: addr, Security: mail.Plain, Username: "u", Timeout: 100 * time.Millisecond}, mail.MailboxOptions{})
	defer in.Close()
	_, err := in.List(t.Context())
	wantCode(t, err, signoff.Unavailable, mail.CodeUnreachable)
	addr = stage(t, []string{"* OK [CAPABILITY IMAP4rev1] hello", "<", "T1 BAD what?", "hang"})
	in = mail.NewMailbox(mail.Account{Addr: addr, Timeout: time.Second}, mail.MailboxOptions{})
	defer in.Close()
	_, err = in.List(t.Context())
	wantCode(t, err, signoff.Unavailable, mail.CodeUntrusted)
}
