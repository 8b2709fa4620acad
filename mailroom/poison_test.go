package mailroom

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// sick is a mailbox in which reading mails with a word in them fails.
type sick struct {
	Inbox
	word string
	err  error
	got  int // how often one was asked for
}

func (s *sick) Read(ctx context.Context, id string, limit int64) ([]byte, error) {
	raw, err := s.Inbox.Read(ctx, id, limit)
	if strings.Contains(string(raw), s.word) {
		s.got++
		if s.err == nil {
			panic("a parser fell over")
		}
		return nil, s.err
	}
	return raw, err
}

// rounds reads the mailbox until nothing is tried any more, or n times.
func (o *office) rounds(tried trials, n int) (rounds int, trouble error) {
	o.t.Helper()
	for rounds < n {
		var err error
		if trouble, err = o.room.receive(o.t.Context(), tried); err != nil {
			o.t.Fatal(err)
		}
		rounds++
		if trouble == nil && len(tried) == 0 {
			break
		}
		o.clock = o.clock.Add(lastRetry)
	}
	return rounds, trouble
}

const loose = "From: bob@contoso.test\nTo: workflow@contoso.test\nSubject: x\nMessage-ID: <1@x.test>\n\npoison\n"

func TestAMailThatBreaksSomethingIsPutAsideAndHoldsUpNobody(t *testing.T) {
	for name, err := range map[string]error{
		"the server does not hand it out": &signoff.Error{Kind: signoff.Unavailable, Code: "mailbox-failed", Detail: "the server refused: corrupt"},
		"something breaks":                errors.New("broken"),
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			o.ask("user:3")
			o.send()
			o.mustReceive()
			bad := &sick{Inbox: o.in, word: "poison", err: err}
			o.room.In = bad
			o.post("bob@contoso.test", "workflow@contoso.test", loose)
			o.reply("jane", "Approve")
			tried := trials{}
			if trouble, err := o.room.receive(t.Context(), tried); err != nil || trouble == nil {
				t.Fatal(trouble, err)
			}
			if len(o.instances.done) != 1 {
				t.Fatal("the mail behind the bad one was not read")
			}
			if trouble, err := o.room.receive(t.Context(), tried); err != nil || trouble != nil || bad.got != 1 {
				t.Fatalf("it was tried again at once: %v %v, %d times", trouble, err, bad.got)
			}
			o.clock = o.clock.Add(lastRetry)
			if n, trouble := o.rounds(tried, 20); trouble != nil || bad.got != maxTries {
				t.Fatalf("after %d rounds: %v, tried %d times", n, trouble, bad.got)
			}
			if rec := o.record(); rec.Verdict != "failed" || !rec.Look {
				t.Errorf("record: %+v", rec)
			}
			if left := o.inbox("workflow"); len(left) != 0 {
				t.Errorf("%d mails are left in the folder", len(left))
			}
		})
	}
}

func TestADecisionThatCannotBeTakenInIsPutAsideAndItsSenderTold(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.mustReceive()
	o.reply("jane", "Approve")
	o.instances.broken = errors.New("broken")
	if n, trouble := o.rounds(trials{}, 20); trouble != nil || n != maxTries {
		t.Fatalf("after %d rounds: %v", n, trouble)
	}
	o.send()
	if rec := o.record(); rec.Verdict != "failed" || !rec.Look || rec.Principal != "user:3" {
		t.Errorf("record: %+v", rec)
	}
	if mails := o.inbox("jane"); len(mails) != 2 || !strings.Contains(mails[1].Text, "Please open the task") {
		t.Errorf("jane was told: %+v", mails[1:])
	}
}

func TestTroubleThatWouldPassIsWaitedForADay(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.mustReceive()
	o.reply("jane", "Approve")
	o.instances.broken = &signoff.Error{Kind: signoff.Unavailable, Code: "busy", Detail: "not now"}
	tried := trials{}
	start := o.clock
	if n, trouble := o.rounds(tried, 100); trouble == nil {
		t.Fatalf("it was put aside after %d rounds", n)
	}
	o.clock = start.Add(24 * time.Hour)
	if _, trouble := o.rounds(tried, 1); trouble != nil {
		t.Fatal(trouble)
	}
	if rec := o.record(); rec.Verdict != "failed" || !rec.Look {
		t.Errorf("record: %+v", rec)
	}
}

func TestAPanicOverOneMailStopsNothing(t *testing.T) {
	o := openOffice(t)
	o.post("bob@contoso.test", "workflow@contoso.test", loose)
	o.room.People = fallingOver{o.people}
	tried := trials{}
	if n, trouble := o.rounds(tried, 20); trouble != nil || n != maxTries {
		t.Fatalf("after %d rounds: %v", n, trouble)
	}
	if rec := o.record(); rec.Verdict != "failed" || !rec.Look || rec.From != "bob@contoso.test" {
		t.Errorf("record: %+v", rec)
	}
}

type fallingOver struct{ people }

func (fallingOver) ByAddress(context.Context, string) (signoff.Person, bool, error) {
	panic("fell over")
}

func TestALostConnectionCountsAgainstNoMail(t *testing.T) {
	o := openOffice(t)
	o.post("bob@contoso.test", "workflow@contoso.test", loose)
	for _, code := range []string{"mail-server-unreachable", "mail-sign-in-failed", "mailbox-missing", "mailbox-changed"} {
		lost := &signoff.Error{Kind: signoff.Unavailable, Code: code}
		o.room.In = &sick{Inbox: o.in, word: "poison", err: lost}
		tried := trials{}
		if _, err := o.room.receive(t.Context(), tried); signoff.CodeOf(err) != code || len(tried) != 0 {
			t.Errorf("%s: %v, tried %v", code, err, tried)
		}
	}
	o.room.In = o.in
	o.mustReceive()
	if rec := o.record(); rec.Verdict != "no task" {
		t.Errorf("record: %+v", rec)
	}
}

func TestANewNumberingIsNotAnotherMail(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.reply("jane", "Approve")
	o.crashAt("recorded")
	if err := o.receive(); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	o.restart()
	o.room.In = &renumbered{Inbox: o.in}
	o.mustReceive()
	if n := len(o.instances.done); n != 1 {
		t.Errorf("decided %d times", n)
	}
	list, err := o.store.Received(t.Context(), store.ReceivedFilter{}, 9)
	if err != nil || len(list) != 1 {
		t.Errorf("%d records, %v", len(list), err)
	}
}

// renumbered is a mailbox whose server numbers mails in another way since.
type renumbered struct{ Inbox }

func (n *renumbered) List(ctx context.Context) ([]string, error) {
	ids, err := n.Inbox.List(ctx)
	for i := range ids {
		ids[i] = "9" + ids[i]
	}
	return ids, err
}

func (n *renumbered) Headers(ctx context.Context, ids []string) (map[string][]byte, error) {
	found, err := n.Inbox.Headers(ctx, n.old(ids))
	out := map[string][]byte{}
	for id, h := range found {
		out["9"+id] = h
	}
	return out, err
}

func (n *renumbered) Read(ctx context.Context, id string, limit int64) ([]byte, error) {
	return n.Inbox.Read(ctx, id[1:], limit)
}

func (n *renumbered) File(ctx context.Context, ids []string) error {
	return n.Inbox.File(ctx, n.old(ids))
}

func (n *renumbered) old(ids []string) (list []string) {
	for _, id := range ids {
		list = append(list, id[1:])
	}
	return list
}
