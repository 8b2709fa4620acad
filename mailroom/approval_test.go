package mailroom

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/store"
)

// mailIn is a mail as it arrives, with further header lines.
func mailIn(from, to, text string, header ...string) string {
	return "Authentication-Results: mx.contoso.test; dmarc=pass header.from=contoso.test\n" + strings.Join(header, "") +
		"From: " + from + "\nTo: " + to + "\nSubject: Re: Approve leave\nMessage-ID: <" + fmt.Sprint(len(text)*31+len(strings.Join(header, ""))) + ".1@mail.contoso.test>\n\n" + text + "\n"
}

// arrive deals with a mail as receive does, and returns its record.
func (o *office) arrive(raw string) store.InMail {
	o.t.Helper()
	reading := reply.Read([]byte(raw), o.room.policy)
	in := store.InMail{Digest: digestOf(reading, []byte(raw)), At: o.clock, From: reading.From, Subject: reading.Subject}
	if done, err := o.store.ReceivedMail(o.t.Context(), in.Digest); err != nil || done {
		o.t.Fatalf("received before: %v %v", done, err)
	}
	if err := o.room.judgeAndRecord(o.t.Context(), reading, in, nil, false); err != nil {
		o.t.Fatalf("%.300s: %v", raw, err)
	}
	return o.record()
}

// address is the secret reply address of the mail that a job sends to somebody.
func (o *office) address(key string, who signoff.Principal) string {
	return o.room.tagged(o.room.replyToken(key + "/" + string(who)))
}

const jane, bob = "Jane Doe <jane@contoso.test>", "Bob Stone <bob@contoso.test>"

func TestWhoHandedAMailInMustBeItsWriter(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		ok     bool
	}{
		"nothing said":              {"", true},
		"by herself":                {"Return-Path: <Jane@contoso.test>\n", true},
		"by herself, tagged":        {"Return-Path: <jane+caf_=x=y@contoso.test>\n", true},
		"by herself, wrapped":       {"Return-Path: <prvs=012345678a=jane@contoso.test>\n", true},
		"by her other address":      {"Return-Path: <j.doe@contoso.test>\n", true},
		"by a mailing service":      {"Return-Path: <bounces-7@mail.fabrikam.test>\n", true},
		"by Bob":                    {"Return-Path: <bob@contoso.test>\n", false},
		"by Bob from elsewhere":     {"Return-Path: <bob@fabrikam.test>\n", false},
		"by Bob, wrapped":           {"Return-Path: <SRS0=abcd=12=contoso.test=bob@relay.test>\n", false},
		"by nobody of ours":         {"Return-Path: <printer@contoso.test>\n", false},
		"on behalf":                 {"Sender: bob@contoso.test\n", false},
		"on behalf, from elsewhere": {"Sender: eve@fabrikam.test\n", false},
		"on behalf, unreadable":     {"Sender: <<<\n", false},
		"her own Sender":            {"Sender: Jane <jane@contoso.test>\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			o := openOffice(t)
			o.people["user:7"] = signoff.Person{Principal: "user:7", Login: "bob2", Name: "Bob Two", Email: "bob@fabrikam.test"}
			o.room.People = alias{o.people, "j.doe@contoso.test", "user:3"}
			o.ask("user:3")
			rec := o.arrive(mailIn(jane, o.address("7_2/notify", "user:3"), "Approve", c.header))
			if ok := rec.Verdict == decided; ok != c.ok || !c.ok && (rec.Verdict != unproven || !rec.Look || rec.Answered != store.NotAnswered || !strings.Contains(rec.Detail, "handed it in")) {
				t.Errorf("record: %+v", rec)
			}
			if (len(o.instances.done) == 1) != c.ok {
				t.Errorf("done: %q", o.instances.done)
			}
		})
	}
	o := openOffice(t)
	o.ask("user:3")
	raw := strings.Replace(mailIn(jane, o.address("7_2/notify", "user:3"), "Approve"), "dmarc=pass", "auth=pass smtp.auth=bob@contoso.test; dmarc=pass", 1)
	if rec := o.arrive(raw); rec.Verdict != unproven || len(o.instances.done) != 0 {
		t.Errorf("signed in as Bob: %+v", rec)
	}
}

func TestAnEnvelopeThatIsNobodysCanBePermitted(t *testing.T) {
	o := openOffice(t)
	o.room.AnyEnvelope = true
	o.ask("user:3")
	if rec := o.arrive(mailIn(jane, o.address("7_2/notify", "user:3"), "Approve", "Return-Path: <bob@contoso.test>\n")); rec.Verdict != unproven {
		t.Errorf("Bob's: %+v", rec)
	}
	if rec := o.arrive(mailIn(jane, o.address("7_2/notify", "user:3"), "Approve ", "Return-Path: <relay@contoso.test>\n")); rec.Verdict != decided {
		t.Errorf("nobody's: %+v", rec)
	}
}

// alias is a directory in which somebody has a second address.
type alias struct {
	people
	address string
	of      signoff.Principal
}

func (a alias) ByAddress(ctx context.Context, email string) (signoff.Person, bool, error) {
	if strings.EqualFold(email, a.address) {
		return a.people[a.of], true, nil
	}
	return a.people.ByAddress(ctx, email)
}

func (o *office) askWith(change func(n *engine.Notify), to ...signoff.Principal) {
	o.t.Helper()
	job := o.job(to[0])
	change(job.Notify)
	o.instances.offer(7, 2, to)
	if _, err := o.room.Notify(o.t.Context(), job); err != nil {
		o.t.Fatal(err)
	}
}

func TestASubstituteMayAnswerWhereTheStepSaysSo(t *testing.T) {
	for _, c := range []struct {
		substitutes, has bool
		verdict          string
	}{{true, true, decided}, {true, false, notRecipient}, {false, true, notRecipient}} {
		o := openOffice(t)
		to := []signoff.Principal{"user:3"}
		if c.has {
			to = append(to, "user:4")
		}
		o.askWith(func(n *engine.Notify) { n.Substitutes = c.substitutes }, to...)
		rec := o.arrive(mailIn(bob, o.address("7_2/notify", "user:3"), "Approve"))
		if rec.Verdict != c.verdict {
			t.Errorf("%+v: %+v", c, rec)
		}
		if c.verdict == decided && (rec.Principal != "user:4" || !strings.Contains(rec.Evidence, `"for":"user:3"`) || o.instances.done[0] != `Approve 7_2 by bob comment=""`) {
			t.Errorf("decided: %+v %q", rec, o.instances.done)
		}
		if c.verdict != decided && (len(o.instances.done) != 0 || rec.Principal != "user:3" || !rec.Look) {
			t.Errorf("%+v: %+v %q", c, rec, o.instances.done)
		}
	}
}

func TestAStrictStepWantsTheStrongestProof(t *testing.T) {
	o := openOffice(t)
	o.room.TrustToken = true
	o.askWith(func(n *engine.Notify) { n.Strict = true }, "user:3")
	to := o.address("7_2/notify", "user:3")
	plain := "From: " + jane + "\nTo: " + to + "\nMessage-ID: <1@x>\n\nApprove\n"
	if rec := o.arrive(plain); rec.Verdict != unproven || !rec.Look {
		t.Errorf("by the secret alone: %+v", rec)
	}
	thread := mailIn(jane, "workflow@contoso.test", "Approve", "In-Reply-To: "+o.room.messageID("7_2/notify/user:3")+"\n")
	if rec := o.arrive(thread); rec.Verdict != unproven || !strings.Contains(rec.Detail, "secret address") {
		t.Errorf("by the thread alone: %+v", rec)
	}
	o.room.policy.Trust.Aligned = true
	signed := strings.Replace(mailIn(jane, to, "Approve"), "dmarc=pass header.from", "dkim=pass header.d", 1)
	if rec := o.arrive(signed); rec.Verdict != unproven || !strings.Contains(rec.Detail, "stronger proof") {
		t.Errorf("by a signature: %+v", rec)
	}
	if rec := o.arrive(mailIn(jane, to, "Approve  ")); rec.Verdict != decided {
		t.Errorf("by both: %+v", rec)
	}
}

func TestTheSameDecisionAgainDoesNoHarm(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	to := o.address("7_2/notify", "user:3")
	o.arrive(mailIn(jane, to, "Approve"))
	if rec := o.arrive(mailIn(jane, to, "Approve\n\nAs I said.")); rec.Verdict != refused || rec.Detail != "decided so already" || rec.Look {
		t.Errorf("again: %+v", rec)
	}
	if rec := o.arrive(mailIn(jane, to, "Reject")); rec.Verdict != refused || !strings.Contains(rec.Detail, "already approved") {
		t.Errorf("something else: %+v", rec)
	}
	if len(o.instances.done) != 1 {
		t.Errorf("done: %q", o.instances.done)
	}
}

func TestSomebodyInCcIsMeant(t *testing.T) {
	o := openOffice(t)
	o.ask("user:3")
	to := o.address("7_2/notify", "user:3")
	rec := o.arrive(mailIn(jane, to, "redirect", "Cc: Nobody <nobody@contoso.test>\n"))
	if rec.Verdict != refused || rec.Answered != store.Advised || !strings.Contains(rec.Detail, "nobody@contoso.test") {
		t.Errorf("nobody: %+v", rec)
	}
	rec = o.arrive(mailIn(jane, to, "redirect", "Cc: bob@contoso.test, ana@contoso.test\n"))
	if rec.Verdict != unclear || rec.Answered != store.Advised || !strings.Contains(rec.Detail, "more than one person") {
		t.Errorf("two: %+v", rec)
	}
}

func TestTheTasksMailNamesWhatDemandsAComment(t *testing.T) {
	for want, c := range map[string][2][]string{
		"is kept as your comment.":                                      {{"Approve", "Reject"}, nil},
		"is kept as your comment, which “Reject” requires.":             {{"Approve", "Reject"}, {"Reject", "Ask back"}},
		"is kept as your comment, which each of them requires.":         {{"Approve", "Reject"}, {"Approve", "Reject"}},
		"is kept as your comment, which “Reject” and “Revise” require.": {{"Approve", "Reject", "Revise"}, {"Reject", "Revise"}},
	} {
		o := openOffice(t)
		o.askWith(func(n *engine.Notify) { n.Actions, n.Demand = c[0], c[1] }, "user:3")
		o.send()
		if mail := o.inbox("jane")[0]; !strings.Contains(strings.Join(strings.Fields(mail.Text), " "), want) {
			t.Errorf("want %q in %s", want, mail.Text)
		}
	}
}

// Every mail of package reply's corpus is dealt with as if it had arrived, and
// a second time, as mail systems deliver twice. Those that decide do so once;
// every other is asked back, kept for a look, or a robot's and left alone.
func TestTheCorpusDecidesWhatItsWritersMeant(t *testing.T) {
	o := openOffice(t)
	o.room.Authserv = "mx.contoso.test"
	verdicts := map[string]int{}
	n := 0
	for _, folder := range []string{"reply/testdata", "reply/testdata/made"} {
		text, err := os.ReadFile(filepath.Join(folder, "want.txt"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			name, want, ok := strings.Cut(strings.TrimSpace(line), " ")
			if !ok || name == "#" {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(folder, name+".eml"))
			if err != nil {
				t.Fatal(err)
			}
			n++
			verdicts[o.oneOfCorpus(name, string(raw), strings.TrimSpace(want), n)]++
		}
	}
	t.Logf("%d mails: %v", n, verdicts)
	if n < 500 {
		t.Errorf("only %d mails", n)
	}
}

const corpusID = "<so.3f9a77@contoso.test>"

// oneOfCorpus gives a mail a task of its own to answer, and holds what became
// of it against what it means.
func (o *office) oneOfCorpus(name, raw, want string, n int) string {
	t := o.t
	t.Helper()
	o.clock = o.clock.Add(3 * time.Hour) // advice is rare
	in := signoff.InstanceID(1000 + n)
	id := fmt.Sprintf("<so.corpus%d@contoso.test>", n)
	tokens := map[string]string{"k7f3q2m9x4c8v1b6n5z0a2s4d6": "known", "l4t3q2m9x4c8v1b6n5z0a2s4d6": "late", "e0p3q2m9x4c8v1b6n5z0a2s4d6": "expired"}
	raw = strings.ReplaceAll(raw, corpusID, id)
	var addresses []store.ReplyAddress
	for token, kind := range tokens {
		fresh := fmt.Sprintf("%s%d", token, n)
		raw = strings.ReplaceAll(raw, token, fresh)
		a := store.ReplyAddress{Hash: hashOf(fresh), MessageID: fmt.Sprintf("<%s@contoso.test>", fresh), Instance: in, Task: 2, Principal: "user:3", Title: "Approve leave", Actions: []string{"Approve", "Reject"}, Expires: o.clock.Add(time.Hour)}
		switch kind {
		case "known":
			a.MessageID = id
		case "late":
			a.Task = 3
		case "expired":
			a.Expires = o.clock.Add(-time.Hour)
		}
		addresses = append(addresses, a)
	}
	if err := o.store.QueueMail(t.Context(), nil, addresses); err != nil {
		t.Fatal(err)
	}
	o.instances.tasks = []*task{{in, 2, []signoff.Principal{"user:3"}, ""}, {in, 3, []signoff.Principal{"user:3"}, "user:4"}}
	o.instances.done = nil
	rec := o.arrive(raw)
	reading := reply.Read([]byte(raw), o.room.policy)
	if again, err := o.store.ReceivedMail(t.Context(), digestOf(reading, []byte(raw))); err != nil || !again {
		t.Errorf("%s: delivered twice, it is another mail: %v", name, err)
	}
	if why := corpusWrong(want, rec, o.instances.done); why != "" {
		t.Errorf("%s: want %s, %s: %s (%s), done %q", name, want, why, rec.Verdict, rec.Detail, o.instances.done)
	}
	return rec.Verdict
}

// corpusWrong tells what is wrong with what became of a mail.
func corpusWrong(want string, rec store.InMail, done []string) string {
	action, comment, _ := strings.Cut(want, " | ")
	told := rec.Answered != store.NotAnswered
	verdict := map[string][]string{"automatic": {automatic, bounced}, "unreadable": {unreadable}, "no task": {unknown}, "not genuine": {unproven}, "somebody else": {notRecipient},
		"handed in by another": {unproven}, "expired": {expired}, "late": {refused}, "unclear": {unclear}, "help": {helped}}[want]
	switch {
	case action == "Approve" || action == "Reject":
		wanted := fmt.Sprintf("%s %s by jane comment=%q", action, signoff.Serial{Instance: rec.Instance, Seq: 2}, strings.ReplaceAll(comment, "⏎", "\n"))
		if len(done) != 1 || done[0] != wanted || !told {
			return "it decided otherwise"
		}
	case verdict != nil && !slices.Contains(verdict, rec.Verdict):
		return "another verdict"
	case verdict != nil && len(done) != 0:
		return "something was done"
	case slices.Contains([]string{"unclear", "late", "expired", "help", "unreadable"}, want) && !told:
		return "nobody was told"
	case slices.Contains([]string{"automatic", "not genuine", "handed in by another"}, want) && told:
		return "it was answered"
	case slices.Contains([]string{"not genuine", "handed in by another", "somebody else", "no task"}, want) && !rec.Look:
		return "nobody is asked to look"
	case verdict == nil && len(done) == 0 && !told:
		return "a command was passed over"
	}
	return ""
}

// The secret address was given to Jane. Whoever has it could write any name.
func TestNobodyIsASubstituteByTheSecretAddressAlone(t *testing.T) {
	o := openOffice(t)
	o.room.TrustToken = true
	o.askWith(func(n *engine.Notify) { n.Substitutes = true }, "user:3", "user:4")
	to := o.address("7_2/notify", "user:3")
	if rec := o.arrive("From: " + bob + "\nTo: " + to + "\nMessage-ID: <1@x>\n\nApprove\n"); rec.Verdict != notRecipient || len(o.instances.done) != 0 {
		t.Errorf("as Bob: %+v %q", rec, o.instances.done)
	}
	if rec := o.arrive("From: " + jane + "\nTo: " + to + "\nMessage-ID: <2@x>\n\nApprove\n"); rec.Verdict != decided {
		t.Errorf("as Jane: %+v", rec)
	}
}
