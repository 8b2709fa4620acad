package mailroom

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

var errCrash = errors.New("the program died here")

// crashAt makes the room die the first time it comes to a step.
func (o *office) crashAt(name string) {
	died := false
	o.room.step = func(_ context.Context, at string) error {
		if died || at == name {
			died = true
			return errCrash
		}
		return nil
	}
}

func TestAReplyDecidesAndIsAnsweredOnceWhereverTheProgramDies(t *testing.T) {
	for _, at := range []string{"decided", "recorded"} {
		t.Run(at, func(t *testing.T) {
			o := openOffice(t)
			o.ask("user:3")
			o.send()
			o.mustReceive() // file the copy
			o.reply("jane", "Approve")
			o.crashAt(at)
			if err := o.receive(); !errors.Is(err, errCrash) {
				t.Fatalf("it did not die: %v", err)
			}
			o.restart()
			o.mustReceive()
			o.send()
			o.mustReceive()
			o.send()
			if len(o.instances.done) != 1 {
				t.Errorf("done: %q", o.instances.done)
			}
			if n := len(o.inbox("jane")); n != 2 {
				t.Errorf("jane has %d mails, want the task's and one confirmation", n)
			}
			if left := o.inbox("workflow"); len(left) != 0 {
				t.Errorf("%d mails left in the mailbox", len(left))
			}
		})
	}
}

func TestASleepIsAskedForOnceThoughItsTimeCountsFromNow(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.reply("jane", "sleep 2")
	o.crashAt("decided")
	if err := o.receive(); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	o.restart()
	o.clock = o.clock.Add(time.Hour)
	o.instances.broken = &signoff.Error{Kind: signoff.Conflict, Code: "idempotency-key-reused"} // as the runner does
	o.mustReceive()
	if rec := o.record(); rec.Verdict != "put to sleep" {
		t.Errorf("record: %+v", rec)
	}
}

func TestAMailGoesOutOnceWhereverTheProgramDies(t *testing.T) {
	for at, sentBefore := range map[string]bool{"marked as being sent": false, "handed over": true} {
		t.Run(at, func(t *testing.T) {
			o := openOffice(t)
			o.ask("user:3")
			o.crashAt(at)
			o.send()
			if n := len(o.inbox("jane")); (n == 1) != sentBefore {
				t.Fatalf("jane has %d mails before the restart", n)
			}
			o.restart()
			o.settle()
			o.send()
			if n := len(o.inbox("jane")); (n == 1) != sentBefore {
				t.Errorf("jane has %d mails before the grace time is over", n)
			}
			o.clock = o.clock.Add(2 * time.Minute)
			o.settle()
			o.send()
			if n := len(o.inbox("jane")); n != 1 {
				t.Errorf("jane has %d mails", n)
			}
			if got := o.states(); !slices.Equal(got, []store.MailState{store.MailSent}) {
				t.Errorf("states: %v", got)
			}
		})
	}
}

func TestACopyThatArrivesSettlesADoubt(t *testing.T) {
	o := openOffice(t)
	if _, err := o.room.Email(t.Context(), emailJob("user:2")); err != nil {
		t.Fatal(err)
	}
	o.room.step = func(_ context.Context, at string) error {
		if at == "handed over" {
			return errCrash // every mail is handed over, none recorded
		}
		return nil
	}
	o.send()
	o.restart()
	o.mustReceive()
	if got := o.states(); !slices.Equal(got, []store.MailState{store.MailSent, store.MailSent}) {
		t.Errorf("states: %v", got)
	}
	if !slices.Equal(o.instances.finished, []string{"7_4/email ok"}) {
		t.Errorf("finished: %q", o.instances.finished)
	}
}

func TestAStepIsToldAgainWhenTheProgramDiedBeforeNotingIt(t *testing.T) {
	o := openOffice(t)
	if _, err := o.room.Email(t.Context(), emailJob("user:2")); err != nil {
		t.Fatal(err)
	}
	o.crashAt("step told")
	o.send()
	o.restart()
	ended, err := o.store.EndedMail(t.Context(), 9)
	if err != nil || len(ended) != 1 {
		t.Fatalf("to be told: %+v %v", ended, err)
	}
	o.room.reportEnded(t.Context())
	if ended, _ := o.store.EndedMail(t.Context(), 9); len(ended) != 0 {
		t.Errorf("still to be told: %+v", ended)
	}
}

func TestAStepThatCannotBeToldHoldsUpNoOther(t *testing.T) {
	o := openOffice(t)
	o.instances.deaf = "7_4/email"
	first, second := emailJob("user:2"), emailJob("user:2")
	second.Key = "7_5/email"
	for _, job := range []runner.Job{first, second} {
		if _, err := o.room.Email(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	o.send()
	o.restart()
	o.room.reportEnded(t.Context())
	if !slices.Equal(o.instances.finished, []string{"7_5/email ok"}) {
		t.Errorf("finished: %q", o.instances.finished)
	}
	o.instances.deaf = ""
	o.room.reportEnded(t.Context())
	if !slices.Contains(o.instances.finished, "7_4/email ok") {
		t.Errorf("finished: %q", o.instances.finished)
	}
}

func TestWithoutAMailboxADoubtfulMailWaitsForAnAdministrator(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.crashAt("handed over")
	o.send()
	o.restart()
	o.room.In = nil
	o.clock = o.clock.Add(time.Hour)
	o.settle()
	o.send()
	if got := o.states(); !slices.Equal(got, []store.MailState{store.MailDoubtful}) || len(o.inbox("jane")) != 1 {
		t.Errorf("states %v, %d mails", got, len(o.inbox("jane")))
	}
}

func (f *faulty) Turn(context.Context) (func(), error) { return func() {}, nil }

// faulty is a mail server that answers what it is told to.
type faulty struct{ err error }

func (f *faulty) Send(context.Context, string, string, string, []byte) error { return f.err }

func TestWhatBecomesOfAMailThatIsNotTaken(t *testing.T) {
	for _, c := range []struct {
		name  string
		err   error
		after time.Duration
		want  store.MailState
	}{
		{"later", &signoff.Error{Kind: signoff.Unavailable, Code: "mail-deferred", Detail: "greylisted"}, 0, store.MailQueued},
		{"no server", &signoff.Error{Kind: signoff.Unavailable, Code: "mail-server-unreachable"}, 0, store.MailQueued},
		{"no server for a day", &signoff.Error{Kind: signoff.Unavailable, Code: "mail-server-unreachable"}, 25 * time.Hour, store.MailFailed},
		{"never", &signoff.Error{Kind: signoff.Invalid, Code: "mail-refused"}, 0, store.MailFailed},
		{"broke", errors.New("something"), 0, store.MailQueued},
		{"nobody knows", &signoff.Error{Kind: signoff.Unavailable, Code: "mail-doubtful"}, 0, store.MailDoubtful},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := openOffice(t)
			o.room.Out = &faulty{c.err}
			o.ask("user:3")
			o.clock = o.clock.Add(c.after)
			o.send()
			if got := o.states(); !slices.Equal(got, []store.MailState{c.want}) {
				t.Errorf("states: %v", got)
			}
		})
	}
}

func TestAnOutageHoldsEverybodyBackAndIsShown(t *testing.T) {
	o := openOffice(t)
	down := &signoff.Error{Kind: signoff.Unavailable, Code: "mail-sign-in-failed", Detail: "the mail server refuses to sign in"}
	o.room.Out = &faulty{down}
	o.ask("user:3")
	o.send()
	if h := o.health(); h.Out != down.Detail || h.OutSince.IsZero() {
		t.Errorf("health: %+v", h)
	}
	var q queue
	var waits []time.Duration
	for range 9 {
		q.note(o.clock, down)
		waits = append(waits, q.pause(o.clock))
	}
	if waits[0] != 5*time.Second || waits[1] != 10*time.Second || waits[8] != time.Minute {
		t.Errorf("waits: %v", waits)
	}
	q.note(o.clock, &signoff.Error{Kind: signoff.Unavailable, Code: "mail-deferred"})
	if w := q.pause(o.clock); w > 0 {
		t.Errorf("one mail's trouble holds up all for %v", w)
	}
}

// settle looks for doubtful mails that are due.
func (o *office) settle() {
	o.t.Helper()
	list, err := o.store.DoubtfulMail(o.t.Context(), o.clock, 50)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, m := range list {
		if err := o.room.settleDoubt(o.t.Context(), m); err != nil {
			o.t.Fatal(err)
		}
	}
}

func (o *office) states() (list []store.MailState) {
	o.t.Helper()
	mails, err := o.store.Mails(o.t.Context(), store.MailFilter{}, 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, m := range mails {
		list = append(list, m.State)
	}
	return list
}
