package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange/mailbox"
	"github.com/signoffhq/signoff/pace"
)

func TestAMailGoesToItsRecipientAloneAndIsKnownAsSent(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{})
		raw := letter("one", "jane@contoso.test, Bob <bob@contoso.test>\r\nCc: ana@contoso.test")
		if err := s.Send(t.Context(), "workflow@contoso.test", "jane@contoso.test", "", raw); err != nil {
			t.Fatal(err)
		}
		if n := len(o.arrived("jane", "inbox")); n != 1 {
			t.Fatalf("jane has %d mails", n)
		}
		if n := len(o.arrived("bob", "inbox")) + len(o.arrived("ana", "inbox")); n != 0 {
			t.Errorf("others have %d mails", n)
		}
		m, err := o.arrived("jane", "inbox")[0].Message()
		if err != nil || m.MessageID != "<one@contoso.test>" || len(m.ReplyTo) != 1 || m.ReplyTo[0].Address != "workflow+secret@contoso.test" {
			t.Errorf("%+v %v", m, err)
		}
		if state, err := s.Fate(t.Context(), "<one@contoso.test>"); err != nil || state != "sent" {
			t.Errorf("%q %v", state, err)
		}
		if state, err := s.Fate(t.Context(), "<two@contoso.test>"); err != nil || state != "" {
			t.Errorf("%q %v", state, err)
		}
	})
}

// Wherever the way to Exchange breaks, before a request or after it was obeyed,
// a mail is sent once when it is told again what Fate says.
func TestAMailIsSentOnceWhereverTheWireIsCut(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{PerMinute: -1})
		o.Exchange.SetLimits(unlimited)
		for n := int64(1); ; n++ {
			over := false
			for _, after := range []bool{false, true} {
				id := strings.Repeat("x", int(n)) + map[bool]string{true: "a", false: "b"}[after]
				ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond) // a crash ends what would be tried again
				o.line.cut(n, after)
				err := s.Send(ctx, "", "jane@contoso.test", "", letter(id, "jane@contoso.test"))
				stop()
				over = err == nil
				o.line.mend()
				state, e := s.Fate(t.Context(), "<"+id+"@contoso.test>")
				if e != nil {
					t.Fatal(e)
				}
				if err != nil && state != "sent" {
					if e := s.Resend(t.Context(), "", "jane@contoso.test", "", letter(id, "jane@contoso.test")); e != nil {
						t.Fatalf("cut at %d, then: %v", n, e)
					}
				}
				got := 0
				for _, it := range o.arrived("jane", "inbox") {
					if it.MessageID == "<"+id+"@contoso.test>" {
						got++
					}
				}
				if got != 1 {
					t.Errorf("cut at %d (after: %v): jane has %d, fate was %q, error %v", n, after, got, state, err)
				}
			}
			if over {
				if n < 3 {
					t.Errorf("sending took %d requests: nothing was cut", n)
				}
				break
			}
		}
		if left := len(o.arrived("workflow", "drafts")); left != 0 {
			t.Errorf("%d drafts are left", left)
		}
	})
}

func TestAnInboxIsListedReadAndFiled(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.Exchange.SetLimits(unlimited)
		in := mailbox.NewInbox(o.box, mailbox.InboxOptions{})
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{PerMinute: -1})
		if ids, err := in.List(t.Context()); err != nil || len(ids) != 0 {
			t.Fatal(ids, err)
		}
		for _, id := range []string{"a", "b", "c"} {
			if err := s.Send(t.Context(), "", "workflow@contoso.test", "", letter(id, "workflow@contoso.test")); err != nil {
				t.Fatal(err)
			}
		}
		ids, err := in.List(t.Context())
		if err != nil || len(ids) != 3 {
			t.Fatal(ids, err)
		}
		heads, err := in.Headers(t.Context(), ids)
		if err != nil || len(heads) != 3 || !strings.Contains(string(heads[ids[0]]), "<a@contoso.test>") {
			t.Errorf("%q %v", heads, err)
		}
		raw, err := in.Read(t.Context(), ids[1], 1<<20)
		if err != nil || !strings.Contains(string(raw), "Message-Id: <b@contoso.test>") || !strings.Contains(string(raw), "Authentication-Results:") {
			t.Errorf("%.300q %v", raw, err)
		}
		if long, err := in.Read(t.Context(), ids[1], 400); err != nil || len(long) != 400 || !strings.Contains(string(long), "dmarc=pass") {
			t.Errorf("a mail that is too long: %q %v", long, err)
		}
		for range 2 { // the second time they are gone
			if err := in.File(t.Context(), ids[:2]); err != nil {
				t.Fatal(err)
			}
		}
		if left, err := in.List(t.Context()); err != nil || len(left) != 1 || left[0] != ids[2] {
			t.Errorf("left %v %v", left, err)
		}
		if found, err := in.Find(t.Context(), "<a@contoso.test>"); err != nil || !found {
			t.Errorf("what was filed is not found: %v", err)
		}
	})
}

func TestWaitingEndsWithNewMailAndWithAHint(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		in := mailbox.NewInbox(o.box, mailbox.InboxOptions{Poll: time.Hour})
		if _, err := in.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		in.Hint()
		if err := in.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{})
		if err := s.Send(t.Context(), "", "workflow@contoso.test", "", letter("news", "workflow@contoso.test")); err != nil {
			t.Fatal(err)
		}
		if err := in.Wait(t.Context()); err != nil { // it came before: the watch knows
			t.Fatal(err)
		}
		if ids, err := in.List(t.Context()); err != nil || len(ids) != 1 {
			t.Error(ids, err)
		}
		soon := mailbox.NewInbox(o.box, mailbox.InboxOptions{Poll: 20 * time.Millisecond})
		if _, err := soon.List(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := soon.Wait(t.Context()); err != nil {
			t.Errorf("the clock ended it: %v", err)
		}
	})
}

func TestTroubleOfTheMailboxIsToldApartFromThatOfAMail(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{})
		for _, c := range []struct{ fault, code string }{
			{"send-as-denied", "mail-sender-refused"}, {"access-denied", "mail-sign-in-failed"}, {"quota-exceeded", "mail-server-unreachable"}, {"mailbox-missing", "mailbox-missing"},
		} {
			o.Exchange.Heal("")
			o.plant(c.fault, "")
			err := s.Send(t.Context(), "", "jane@contoso.test", "", letter(c.fault, "jane@contoso.test"))
			if signoff.CodeOf(err) != c.code || signoff.KindOf(err) != signoff.Unavailable {
				t.Errorf("%s: %s %v", c.fault, signoff.CodeOf(err), err)
			}
		}
		o.Exchange.Heal("")
		for _, bad := range []string{"no header", "Subject: x\r\n\r\n"} {
			if err := s.Send(t.Context(), "", "jane@contoso.test", "", []byte(bad)); signoff.KindOf(err) != signoff.Invalid {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// 200 mails to a mailbox that refuses the 31st within a minute. Waiting moves
// the firm's clock and takes no time.
func TestTwoHundredMailsLeaveAtTheMailboxsPaceAndNoneIsRefused(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			c := &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
			o := open(t, p, c.now)
			s := mailbox.NewSender(o.box, mailbox.SenderOptions{Clock: pace.Options{Now: c.now, Pause: c.pause}})
			begun := c.now()
			todo := make(chan string, 200)
			for n := range 200 {
				todo <- fmt.Sprintf("mail-%d", n)
			}
			close(todo)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for id := range todo {
						done, err := s.Turn(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						if err := s.Send(t.Context(), "", "jane@contoso.test", "", letter(id, "jane@contoso.test")); err != nil {
							t.Errorf("%s: %v", id, err)
						}
						done()
					}
				})
			}
			wg.Wait()
			if n := len(o.arrived("jane", "inbox")); n != 200 {
				t.Errorf("jane has %d mails", n)
			}
			if o.line.refused.Load() > 0 {
				t.Errorf("%d requests were refused for their number", o.line.refused.Load())
			}
			if took := c.now().Sub(begun); took < 6*time.Minute || took > 9*time.Minute {
				t.Errorf("200 mails at 30 a minute took %v", took)
			} else {
				t.Logf("200 mails took %v of the mailbox's time", took)
			}
		})
	}
}

// clock moves when somebody waits.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pause(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return ctx.Err()
}

func TestAThrottledMailboxSaysHowLongToWait(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.plant("throttled", "40")
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		s := mailbox.NewSender(o.box, mailbox.SenderOptions{})
		err := s.Send(ctx, "", "jane@contoso.test", "", letter("busy", "jane@contoso.test"))
		var told interface{ RetryAfter() time.Duration }
		if ctx.Err() != nil {
			t.Skip("the backend waits itself")
		}
		if !errors.As(err, &told) || told.RetryAfter() != 40*time.Second {
			t.Errorf("%v", err)
		}
	})
}
