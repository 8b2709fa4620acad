package mailroom

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/store"
)

func TestATaskIsDecidedByOneWord(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	mail := o.inbox("jane")[0]
	if mail.Subject != "Approve leave" || !mail.HasHTML || !strings.Contains(mail.Text, "Leave for Ana: 3 days") || !strings.Contains(mail.Text, "http://localhost:8080/tasks/7_2") {
		t.Errorf("the mail: %+v", mail)
	}
	if len(mail.Replies) != 2 || mail.Replies[0].Label != "Approve" || mail.Replies[0].Text != "Approve" || !strings.HasPrefix(mail.Replies[0].To, "workflow+") {
		t.Errorf("buttons: %+v", mail.Replies)
	}
	for name, want := range map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply", "X-Signoff-Loop": "contoso.test", "List-Id": ""} {
		if got := mail.header(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	o.reply("jane", "Approve\n\nEnjoy!")
	o.mustReceive()
	o.send()
	if !slices.Equal(o.instances.done, []string{`Approve 7_2 by jane comment="Enjoy!"`}) {
		t.Fatalf("done: %q", o.instances.done)
	}
	answer := o.inbox("jane")[1]
	if answer.Subject != "Re: Approve leave" || !strings.Contains(answer.Text, "“Approve” was taken as your decision.") || !strings.Contains(answer.Text, "Enjoy!") ||
		answer.header("Auto-Submitted") != "auto-replied" || answer.header("In-Reply-To") == "" {
		t.Errorf("the confirmation: %+v", answer)
	}
	rec := o.record()
	if rec.Verdict != "decided" || rec.Action != "Approve" || rec.Principal != "user:3" || rec.Look || !strings.Contains(rec.Evidence, `"method":"dmarc"`) ||
		!strings.Contains(rec.Evidence, `"tiedBy":"secret address"`) {
		t.Errorf("the record: %+v", rec)
	}
	if left := o.inbox("workflow"); len(left) != 1 { // the confirmation's own copy
		t.Errorf("%d mails are left in the service mailbox", len(left))
	}
	o.mustReceive()
	if left, filed := o.inbox("workflow"), o.mailbox("workflow", "Processed"); len(left) != 0 || len(filed) != 3 {
		t.Errorf("%d left, %d filed", len(left), len(filed))
	}
}

func TestWhatARepliesFirstLineLeadsTo(t *testing.T) {
	for _, c := range []struct {
		text, verdict, done, say string
	}{
		{"approve", "decided", `Approve 7_2 by jane comment=""`, "“Approve” was taken as your decision."},
		{"No.", "decided", `Reject 7_2 by jane comment=""`, "“Reject” was taken"},
		{"approve? no way", "unclear", "", "could not be understood"},
		{"I do not approve", "unclear", "", "“Approve” or “Reject”"},
		{"Ask back", "refused", "", "on the task's page only"},
		{"redirect bob", "redirected", "redirect to bob", "It is now before Bob Stone."},
		{"redirect mallory", "refused", "", "Nobody is called “mallory”."},
		{"delegate bob", "shared", "share with bob", "It is now before Jane Doe, Bob Stone."},
		{"share with mallory", "refused", "", "Nobody is called “mallory”."},
		{"delegate", "unclear", "", "does not say to whom"},
		{"sleep 24", "put to sleep", "sleep until 2026-11-24T09:00:00Z", "Tuesday 24 November 2026, 09:00 UTC"},
		{"sleep 0", "unclear", "", "Nothing was changed."},
		{"sleep tomorrow", "unclear", "", "Nothing was changed."},
		{"sleep 11/30/2026 9:00 AM", "put to sleep", "sleep until 2026-11-30T09:00:00Z", "Monday 30 November 2026, 09:00 UTC"},
		{"sleep 11/22/2026", "unclear", "", "has passed"},
		{"Genehmigt", "decided", `Approve 7_2 by jane comment=""`, "“Approve” was taken"},
		{"却下", "decided", `Reject 7_2 by jane comment=""`, "“Reject” was taken"},
		{"weiterleiten an bob", "redirected", "redirect to bob", "handed on to bob"},
		{"Hilfe", "help", "", "“redirect” and a name"},
		{"help", "help", "", "“redirect” and a name"},
		{"?", "help", "", "“sleep” and a number of hours or a date"},
	} {
		t.Run(c.text, func(t *testing.T) {
			o := openOffice(t)
			o.ask("user:3")
			o.send()
			o.reply("jane", c.text)
			o.mustReceive()
			o.send()
			if rec := o.record(); rec.Verdict != c.verdict {
				t.Errorf("verdict %q: %s", rec.Verdict, rec.Detail)
			}
			if got := strings.Join(o.instances.done, "; "); got != c.done {
				t.Errorf("done: %s", got)
			}
			mails := o.inbox("jane")
			if len(mails) != 2 || !strings.Contains(mails[1].Text, c.say) {
				t.Errorf("answer: %+v", mails[1:])
			}
		})
	}
}

func TestAnAnswerToAdviceDecides(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.reply("jane", "well, maybe")
	o.mustReceive()
	o.send()
	o.reply("jane", "Approve") // answers the advice
	o.mustReceive()
	if len(o.instances.done) != 1 {
		t.Errorf("done: %q, %+v", o.instances.done, o.record())
	}
}

func TestAnAnswerToARefusalDecides(t *testing.T) {
	o := openOffice(t)
	o.instances.reason = true
	o.ask("user:3")
	o.send()
	o.reply("jane", "Reject")
	o.mustReceive()
	o.send()
	mails := o.inbox("jane")
	first, told := mails[0], mails[len(mails)-1]
	if told.header("Reply-To") == "" || told.header("Reply-To") != first.header("Reply-To") ||
		!strings.Contains(told.header("References"), first.header("Message-Id")) ||
		!strings.Contains(told.Text, "“Reject” on the first line of your answer and your reason below it.") ||
		!strings.Contains(told.Text, "“Approve” or “Reject” to decide") {
		t.Errorf("jane was told: %+v", told)
	}
	o.reply("jane", "Reject\n\nToo long.")
	o.mustReceive()
	if !slices.Equal(o.instances.done, []string{`Reject 7_2 by jane comment="Too long."`}) {
		t.Errorf("done: %q, %+v", o.instances.done, o.record())
	}
}

// A mail program that drops our reply address still keeps the thread.
func TestAnAnswerToARefusalDecidesByItsThreadAlone(t *testing.T) {
	o := openOffice(t)
	o.instances.reason = true
	o.ask("user:3")
	o.send()
	id := o.inbox("jane")[0].header("Message-Id")
	post := func(head, text string) {
		o.post("jane@contoso.test", "workflow@contoso.test", "From: jane@contoso.test\nTo: workflow@contoso.test\n"+head+"\n\n"+text+"\n")
		o.mustReceive()
		o.send()
	}
	post("Message-ID: <1@x.test>\nIn-Reply-To: "+id, "Reject")
	mails := o.inbox("jane")
	told := mails[len(mails)-1]
	post("Message-ID: <2@x.test>\nIn-Reply-To: "+told.header("Message-Id")+"\nReferences: "+told.header("References")+" "+told.header("Message-Id"), "Approve")
	if len(o.instances.done) != 1 {
		t.Errorf("done: %q, %+v, answered %+v", o.instances.done, o.record(), told.Headers)
	}
}

func TestWhoHandedATaskOnIsToldThatItIsNotTheirs(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.reply("jane", "redirect bob")
	o.mustReceive()
	first := o.inbox("jane")[0]
	o.call("POST", "/sandbox/api/messages/"+first.ID+"/reply", `{"text":"Approve"}`, nil)
	o.mustReceive()
	o.send()
	mails := o.inbox("jane")
	if last := mails[len(mails)-1]; len(o.instances.done) != 1 || !strings.Contains(last.Text, "This task is not yours any more") {
		t.Errorf("done %q, jane was told: %s", o.instances.done, last.Text)
	}
}

func TestAStrangerWithoutATaskIsNotAnswered(t *testing.T) {
	o := openOffice(t)
	o.post("", "workflow@contoso.test", "From: eve@fabrikam.test\nTo: workflow@contoso.test\nSubject: hello\nMessage-ID: <1@x.test>\n\nApprove\n")
	o.post("", "workflow@contoso.test", "From: jane@contoso.test\nTo: workflow@contoso.test\nSubject: hello\nMessage-ID: <2@x.test>\n\nApprove\n")
	o.mustReceive()
	if got := o.states(); len(got) != 0 {
		t.Errorf("answers: %v", got)
	}
}

// The other server has another domain and another mailbox.
func TestTwoServersDoNotTalkToEachOther(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	o.reply("jane", "hm")
	o.mustReceive()
	o.send()
	for _, m := range o.inbox("jane") {
		resp, err := http.Get(o.page.URL + "/sandbox/api/messages/" + m.ID + "/raw")
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		reading := reply.Read(raw, reply.Policy{Address: "flows@fabrikam.test", Domain: "fabrikam.test", Authserv: "mx.contoso.test"})
		if reading.Automatic == "" {
			t.Errorf("%q would be answered", m.Subject)
		}
	}
}

func TestASecondDecisionIsToldWhoWasFirst(t *testing.T) {
	o := openOffice(t)
	o.ask("group:3")
	o.send()
	o.reply("jane", "Approve")
	o.reply("bob", "Reject")
	o.mustReceive()
	o.send()
	if len(o.instances.done) != 1 {
		t.Fatalf("done: %q", o.instances.done)
	}
	mails := o.inbox("bob")
	if last := mails[len(mails)-1]; !strings.Contains(last.Text, "Jane Doe already approved this on Monday 23 November 08:30 UTC.") {
		t.Errorf("bob was told: %s", last.Text)
	}
}

func TestNobodyElseDecides(t *testing.T) {
	token := func(o *office) string {
		for _, h := range o.inbox("jane")[0].Headers {
			if h.Name == "Reply-To" {
				_, rest, _ := strings.Cut(h.Value, "+")
				secret, _, _ := strings.Cut(rest, "@")
				return secret
			}
		}
		t.Fatal("no reply address")
		return ""
	}
	for _, c := range []struct {
		name, who, from, extra, verdict string
		answers                         bool
		look                            bool
	}{
		{"a colleague it was forwarded to", "bob@contoso.test", "bob@contoso.test", "", "not the recipient", true, true},
		{"a colleague who forges the sender", "bob@contoso.test", "jane@contoso.test", "", "sender not proven", false, true},
		{"a stranger who forges the sender", "", "jane@contoso.test", "", "sender not proven", false, true},
		{"a stranger who forges the check too", "", "jane@contoso.test", "Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test\n", "sender not proven", false, true},
		{"an out-of-office robot", "jane@contoso.test", "jane@contoso.test", "Auto-Submitted: auto-replied\n", "automatic", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := openOffice(t)
			o.ask("user:3")
			o.send()
			o.post(c.who, "workflow+"+token(o)+"@contoso.test", c.extra+"From: "+c.from+"\nTo: workflow+"+token(o)+"@contoso.test\nSubject: Re: x\nMessage-ID: <evil@x.test>\n\nApprove\n")
			before := len(o.inbox("jane")) + len(o.inbox("bob"))
			o.mustReceive()
			o.send()
			if len(o.instances.done) != 0 {
				t.Errorf("done: %q", o.instances.done)
			}
			rec := o.record()
			if rec.Verdict != c.verdict || rec.Look != c.look {
				t.Errorf("record: %+v", rec)
			}
			if after := len(o.inbox("jane")) + len(o.inbox("bob")); (after > before) != c.answers {
				t.Errorf("%d mails, then %d", before, after)
			}
		})
	}
}

func TestAMailThatAnswersNothingOrTwoThingsWaitsForAPerson(t *testing.T) {
	o := openOffice(t)
	o.post("jane@contoso.test", "workflow@contoso.test", "From: jane@contoso.test\nTo: workflow@contoso.test\nSubject: hello\nMessage-ID: <1@x.test>\n\nApprove\n")
	o.mustReceive()
	if rec := o.record(); rec.Verdict != "no task" || !rec.Look {
		t.Errorf("record: %+v", rec)
	}
	o.ask("user:3")
	other := o.ask("user:3")
	other.Key, other.Ref = "7_3/notify", 3
	if _, err := o.room.Notify(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	o.send()
	mails := o.inbox("jane")
	if len(mails) != 3 || !strings.Contains(mails[0].Text, "press Reply in the mail about the task") || mails[0].header("Reply-To") != "" {
		t.Errorf("jane was told: %+v", mails[0])
	}
	mails = mails[1:]
	o.post("jane@contoso.test", "workflow@contoso.test", "From: jane@contoso.test\nTo: workflow@contoso.test\nMessage-ID: <2@x.test>\nIn-Reply-To: "+mails[0].header("Message-Id")+
		"\nReferences: "+mails[1].header("Message-Id")+"\n\nApprove\n")
	o.mustReceive()
	if rec := o.record(); rec.Verdict != "several tasks" || !rec.Look || len(o.instances.done) != 0 {
		t.Errorf("record: %+v", rec)
	}
	o.post("jane@contoso.test", "workflow@contoso.test", "From: jane@contoso.test\nTo: workflow@contoso.test\nMessage-ID: <3@x.test>\nIn-Reply-To: "+mails[0].header("Message-Id")+"\n\nApprove\n")
	o.mustReceive()
	if rec := o.record(); rec.Verdict != "decided" || !strings.Contains(rec.Evidence, `"tiedBy":"message-id"`) {
		t.Errorf("an answer to the sender's address: %+v", rec)
	}
}

func TestAdviceIsGivenThreeTimesAnHour(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	first := o.inbox("jane")[0]
	for range advicePerTask + 2 {
		o.call("POST", "/sandbox/api/messages/"+first.ID+"/reply", `{"text":"hm"}`, nil)
	}
	o.mustReceive()
	o.send()
	if n := len(o.inbox("jane")); n != 1+advicePerTask {
		t.Errorf("%d mails, want the task's and three times advice", n)
	}
	look, err := o.store.Received(t.Context(), store.ReceivedFilter{Look: true}, 9)
	if err != nil || len(look) != 2 {
		t.Errorf("%d mails to look at, %v", len(look), err)
	}
	o.instances.tasks[0].by = "user:4"
	for range 2 {
		o.call("POST", "/sandbox/api/messages/"+first.ID+"/reply", `{"text":"Approve"}`, nil)
		o.mustReceive()
		o.send()
		mails := o.inbox("jane")
		if n := len(mails); n != 2+advicePerTask || !strings.Contains(mails[n-1].Text, "Bob Stone already approved this") {
			t.Errorf("%d mails, the last says: %s", n, mails[n-1].Text)
		}
	}
}

func TestABounceIsTiedToItsMail(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	o.send()
	id := o.inbox("jane")[0].header("Message-Id")
	o.post("<>", "workflow@contoso.test", `From: MAILER-DAEMON@mx.far.test
To: workflow@contoso.test
Subject: Undelivered
Message-ID: <dsn@far.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.far.test

Final-Recipient: rfc822; jane@contoso.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

Message-ID: `+id+`
Subject: Approve leave

--b--
`)
	o.mustReceive()
	list, err := o.store.Mails(t.Context(), store.MailFilter{Instance: 7}, 9)
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Bounce, "5.1.1") {
		t.Errorf("mails: %+v %v", list, err)
	}
	if rec := o.record(); rec.Verdict != "bounce" || rec.Instance != 7 || !rec.Look {
		t.Errorf("record: %+v", rec)
	}
}

func TestEachMemberOfAGroupGetsAMailOfTheirOwn(t *testing.T) {
	o := openOffice(t)
	o.ask("group:3", "user:3", "user:9")
	o.send()
	jane, bob := o.inbox("jane"), o.inbox("bob")
	if len(jane) != 1 || len(bob) != 1 || jane[0].header("Reply-To") == bob[0].header("Reply-To") {
		t.Errorf("jane %d, bob %d", len(jane), len(bob))
	}
}

func emailJob(to ...string) runner.Job {
	return runner.Job{Instance: 7, Workflow: "Leave request", Command: engine.Command{Key: "7_4/email", Kind: engine.DoEmail, Ref: 4,
		Email: &engine.Email{To: to, Cc: []string{"user:4"}, Subject: "Done\r\nBcc: eve@evil.test", Body: "Your leave is granted.\n\nEnjoy."}}}
}

func TestASendStepGoesOnWhenItsMailsWereTaken(t *testing.T) {
	o := openOffice(t)
	for range 2 { // handed out twice
		if res, err := o.room.Email(t.Context(), emailJob("user:2", "someone@fabrikam.test")); err != nil || !res.Pending {
			t.Fatalf("%+v %v", res, err)
		}
	}
	o.send()
	if !slices.Equal(o.instances.finished, []string{"7_4/email ok"}) {
		t.Errorf("finished: %q", o.instances.finished)
	}
	for _, who := range []string{"ana", "bob", "outside"} {
		mails := o.inbox(who)
		if len(mails) != 1 || !strings.Contains(mails[0].Text, "Enjoy.") {
			t.Fatalf("%s: %+v", who, mails)
		}
		if got := mails[0].header("Bcc") + mails[0].header("Subject"); got != "Done Bcc: eve@evil.test" {
			t.Errorf("%s: a header was smuggled in: %q", who, got)
		}
		if got := mails[0].header("To"); !strings.Contains(got, "ana@contoso.test") || !strings.Contains(got, "someone@fabrikam.test") {
			t.Errorf("%s: To: %q", who, got)
		}
	}
}

func TestASendStepThatFailsSaysWhyAndCanBeTriedAgain(t *testing.T) {
	o := openOffice(t)
	job := emailJob("gone@contoso.test")
	if _, err := o.room.Email(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	o.send()
	if len(o.instances.finished) != 1 || !strings.Contains(o.instances.finished[0], "the mail to gone@contoso.test could not be sent") ||
		!strings.Contains(o.instances.finished[0], "nobody at Contoso is called that") {
		t.Fatalf("finished: %q", o.instances.finished)
	}
	if _, err := o.room.Email(t.Context(), job); err != nil { // an administrator tries again
		t.Fatal(err)
	}
	list, err := o.store.Mails(t.Context(), store.MailFilter{State: store.MailQueued}, 9)
	if err != nil || len(list) != 1 || list[0].To != "gone@contoso.test" {
		t.Errorf("queued again: %+v %v", list, err)
	}
	if n := len(o.inbox("bob")); n != 1 {
		t.Errorf("bob got %d copies", n)
	}
}

func TestAnAddressPutRightGetsTheMailOfAStepTriedAgain(t *testing.T) {
	o := openOffice(t)
	ana := o.people["user:2"]
	wrong := ana
	wrong.Email = "anna@contoso.test"
	o.people["user:2"] = wrong
	job := emailJob("user:2")
	for _, p := range []signoff.Person{wrong, ana} {
		o.people["user:2"] = p
		if _, err := o.room.Email(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		o.send()
	}
	if got := o.instances.finished; len(got) != 2 || !strings.Contains(got[0], "the mail to anna@contoso.test could not be sent") || got[1] != "7_4/email ok" {
		t.Fatalf("finished: %q", got)
	}
	if mails := o.inbox("ana"); len(mails) != 1 || !strings.Contains(mails[0].header("To"), "ana@contoso.test") {
		t.Errorf("ana has %+v", mails)
	}
	if n := len(o.inbox("bob")); n != 1 {
		t.Errorf("bob got %d copies", n)
	}
}

func TestRecipientsThatCannotBeWrittenToAreNamed(t *testing.T) {
	o := openOffice(t)
	for to, code := range map[string]string{"user:9": "mail-no-address", "not an address": "mail-bad-address"} {
		if _, err := o.room.Email(t.Context(), emailJob(to)); signoff.CodeOf(err) != code || signoff.KindOf(err) != signoff.Invalid {
			t.Errorf("%s: %v", to, err)
		}
	}
	job := emailJob()
	job.Email.Cc = nil
	if _, err := o.room.Email(t.Context(), job); signoff.CodeOf(err) != "mail-no-recipient" {
		t.Errorf("nobody: %v", err)
	}
}

func TestTheWholeStoryRunsByItself(t *testing.T) {
	o := openOffice(t)
	o.room.Now = time.Now
	events, err := eventStream(o.page.URL + "/sandbox/api/events")
	if err != nil {
		t.Fatal(err)
	}
	defer events.Close()
	stopped := make(chan error, 1)
	ctx, stop := contextWithStop(t)
	go func() { stopped <- o.room.Run(ctx, o.instances, alone{}) }()
	o.ask("user:3")
	o.until(events, func() bool { return o.count("jane") == 1 })
	start := time.Now()
	o.reply("jane", "Approve")
	o.until(events, func() bool { return o.count("jane") == 2 })
	t.Logf("from reply to confirmation: %v", time.Since(start))
	o.until(events, func() bool { return o.count("workflow") == 0 })
	stop()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if len(o.instances.done) != 1 || o.room.health != (Health{}) {
		t.Errorf("done %q, health %+v", o.instances.done, o.room.health)
	}
}
