package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

func openMail(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), pgtest.Choose(t, filepath.Join(t.TempDir(), "x.db")), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var mailDay = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func outMail(key, command string) OutMail {
	return OutMail{Key: key, Command: command, Purpose: "email", Instance: 7, To: "jane@contoso.test", Subject: "s",
		MessageID: "<" + key + "@x>", Created: mailDay, Raw: []byte("raw " + key)}
}

func statesOf(t *testing.T, s *Store) map[string]MailState {
	t.Helper()
	list, err := s.Mails(t.Context(), MailFilter{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]MailState{}
	for _, m := range list {
		got[m.Key] = m.State
	}
	return got
}

func TestAMailIsQueuedOnceAndTakenOnce(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	for range 2 {
		must(t, s.QueueMail(ctx, []OutMail{outMail("a", ""), outMail("b", "")}, nil))
	}
	first, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 1)
	must(t, err)
	second, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9)
	must(t, err)
	third, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9)
	must(t, err)
	if len(first) != 1 || len(second) != 1 || len(third) != 0 || string(first[0].Raw) != "raw a" || first[0].Attempts != 1 {
		t.Fatalf("took %v, %v, %v", first, second, third)
	}
	must(t, s.SettleMail(ctx, first[0], MailQueued, mailDay, mailDay.Add(time.Minute), "later"))
	if next, err := s.NextMail(ctx, Senders{}); err != nil || !next.Equal(mailDay.Add(time.Minute)) {
		t.Errorf("next %v, %v", next, err)
	}
	if early, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9); err != nil || len(early) != 0 {
		t.Errorf("taken before its time: %v, %v", early, err)
	}
}

func TestAMailThatWasBeingSentIsDoubtfulUntilItsCopyIsSeen(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	must(t, s.QueueMail(ctx, []OutMail{outMail("seen before", ""), outMail("seen after", ""), outMail("lost", ""), outMail("untouched", "")}, nil))
	taken, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 3)
	must(t, err)
	_, err = s.MailProven(ctx, []string{"<seen before@x>", "<untouched@x>", "<somebody else's@x>"}, mailDay)
	must(t, err)
	must(t, s.AbandonedMail(ctx, mailLease(t, s), mailDay))
	ours, err := s.MailProven(ctx, []string{"<seen after@x>"}, mailDay)
	must(t, err)
	if len(taken) != 3 || !ours["<seen after@x>"] || len(ours) != 1 {
		t.Errorf("taken %d, ours %v", len(taken), ours)
	}
	want := map[string]MailState{"seen before": MailSent, "seen after": MailSent, "lost": MailDoubtful, "untouched": MailQueued}
	for key, state := range statesOf(t, s) {
		if state != want[key] {
			t.Errorf("%s is %s, want %s", key, state, want[key])
		}
	}
	// The late word of a sender does not undo what was seen.
	must(t, s.SettleMail(ctx, taken[0], MailQueued, mailDay, mailDay, "x"))
	if got := statesOf(t, s)["seen before"]; got != MailSent {
		t.Errorf("a sent mail became %s", got)
	}
}

// Its answer was lost when it was stored first, and it is said again: by then
// the mail may be on its way once more, under the same lease.
func TestWhatIsSaidLateOfAnEarlierAttemptAtAMailDoesNotCount(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	must(t, s.QueueMail(ctx, []OutMail{outMail("a", "")}, nil))
	first, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 1)
	must(t, err)
	must(t, s.SettleMail(ctx, first[0], MailQueued, mailDay, mailDay, "later"))
	second, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 1)
	must(t, err)
	for _, late := range []MailState{MailQueued, MailDoubtful, MailFailed} {
		must(t, s.SettleMail(ctx, first[0], late, mailDay, mailDay, "later"))
		if got := statesOf(t, s)["a"]; got != MailSending {
			t.Fatalf("while it is being sent it became %s", got)
		}
	}
	must(t, s.SettleMail(ctx, second[0], MailQueued, mailDay, mailDay, "later"))
	must(t, s.SettleMail(ctx, first[0], MailSent, mailDay, time.Time{}, ""))
	if got := statesOf(t, s)["a"]; got != MailSent {
		t.Errorf("that it was sent is true whoever says it, and it is %s", got)
	}
}

func TestACommandEndsWhenAllItsMailsHave(t *testing.T) {
	const a, b = "7_1/email/a", "7_1/email/b"
	s, ctx := openMail(t), t.Context()
	must(t, s.QueueMail(ctx, []OutMail{outMail(a, "7_1/email"), outMail(b, "7_1/email"), outMail("7_10/email/a", "")}, nil))
	list, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9)
	must(t, err)
	must(t, s.SettleMail(ctx, list[0], MailSent, mailDay, time.Time{}, ""))
	if e, err := s.EndedMail(ctx, 9); err != nil || len(e) != 0 {
		t.Fatalf("ended with one mail on its way: %+v %v", e, err)
	}
	if e, ended, err := s.MailEnding(ctx, "7_1/email"); err != nil || ended {
		t.Fatalf("ended with one mail on its way: %+v %v", e, err)
	}
	must(t, s.SettleMail(ctx, list[1], MailFailed, mailDay, time.Time{}, "no such user"))
	if e, ended, err := s.MailEnding(ctx, "7_1/email"); err != nil || !ended || e.Sent != 1 || len(e.Failed) != 1 {
		t.Fatalf("ending: %+v %v %v", e, ended, err)
	}
	e, err := s.EndedMail(ctx, 9)
	if err != nil || len(e) != 1 || e[0].Command != "7_1/email" || e[0].Sent != 1 || len(e[0].Failed) != 1 || e[0].Failed[0].Error != "no such user" {
		t.Fatalf("ended: %+v %v", e, err)
	}
	must(t, s.MailReported(ctx, "7_1/email"))
	if e, _ := s.EndedMail(ctx, 9); len(e) != 0 {
		t.Errorf("told twice: %+v", e)
	}
	if _, ended, err := s.MailEnding(ctx, "7_1/email"); err != nil || ended {
		t.Error("told twice")
	}
	if all, failed, err := s.MailsOf(ctx, "7_1/email"); err != nil || all != 2 || failed != 1 {
		t.Errorf("%d mails, %d failed, %v", all, failed, err)
	}
	if all, failed, err := s.MailsOf(ctx, "9_9/email"); err != nil || all != 0 || failed != 0 {
		t.Errorf("an unknown command: %d %d %v", all, failed, err)
	}
	again := outMail(b, "7_1/email")
	again.To = "corrected@x.test"
	must(t, s.RequeueMail(ctx, "7_1/email", []OutMail{outMail(a, "7_1/email"), again}, mailDay))
	if got := statesOf(t, s); got[a] != MailSent || got[b] != MailQueued {
		t.Errorf("tried again: %v", got)
	}
	must(t, s.MailReported(ctx, "7_1/email")) // late: the word of the first time
	list, err = s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9)
	must(t, err)
	if len(list) != 1 || list[0].To != "corrected@x.test" {
		t.Fatalf("sent again: %+v", list)
	}
	must(t, s.SettleMail(ctx, list[0], MailSent, mailDay, time.Time{}, ""))
	if _, ended, err := s.MailEnding(ctx, "7_1/email"); err != nil || !ended {
		t.Errorf("the second time is not told: %v", err)
	}
}

func TestAReplyAddressIsFoundByItsHashAndItsMail(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	a := ReplyAddress{Hash: "h", MessageID: "<a@x>", Instance: 7, Task: 2, Principal: "user:3", Title: "T", Folio: "F",
		Actions: []string{"Approve"}, Demand: []string{"Reject"}, Strict: true, Substitutes: true, Expires: mailDay.Add(time.Hour)}
	must(t, s.QueueMail(ctx, nil, []ReplyAddress{a}))
	byHash, ok1, err1 := s.ReplyAddressByHash(ctx, "h")
	byMail, ok2, err2 := s.ReplyAddressByMail(ctx, "<a@x>")
	if err1 != nil || err2 != nil || !ok1 || !ok2 || byHash.Principal != "user:3" || byMail.Actions[0] != "Approve" || !byHash.Expires.Equal(a.Expires) ||
		len(byMail.Demand) != 1 || byMail.Demand[0] != "Reject" || !byHash.Strict || !byHash.Substitutes {
		t.Errorf("%+v %+v %v %v", byHash, byMail, err1, err2)
	}
	if n, err := s.ForgetReplyAddresses(ctx, mailDay.Add(2*time.Hour), 10); err != nil || n != 1 {
		t.Errorf("forgot %d, %v", n, err)
	}
	if _, ok, err := s.ReplyAddressByHash(ctx, "h"); ok || err != nil {
		t.Errorf("still there: %v", err)
	}
}

func record(ctx context.Context, t *testing.T, s *Store, digest, from string, task int, at time.Time, kind Answered) (fresh, answered bool) {
	t.Helper()
	answer := outMail("answer/"+digest, "")
	fresh, err := s.RecordMail(ctx, InMail{Digest: digest, From: from, Instance: 7, Task: task, At: at, Answered: kind, Verdict: "unclear", Look: true},
		&answer, AdviceLimit{PerTask: 1, PerDay: 5})
	must(t, err)
	return fresh, statesOf(t, s)["answer/"+digest] != ""
}

func TestAMailIsRecordedOnceAndAdviceIsRare(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	for i, c := range []struct {
		digest, from    string
		task            int
		after           time.Duration
		kind            Answered
		fresh, answered bool
	}{
		{"1", "jane", 1, 0, Advised, true, true},
		{"1", "jane", 1, 0, Advised, false, true},
		{"2", "jane", 1, time.Minute, Advised, true, false},
		{"3", "jane", 1, time.Minute, Confirmed, true, true},
		{"4", "jane", 2, time.Minute, Advised, true, true},
		{"5", "bob", 1, time.Minute, Advised, true, true},
		{"6", "jane", 1, 2 * time.Hour, Advised, true, true},
		{"7", "jane", 3, 2 * time.Hour, Advised, true, true},
		{"8", "jane", 4, 2 * time.Hour, Advised, true, true},
		{"9", "jane", 5, 2 * time.Hour, Advised, true, false},
		{"10", "jane", 6, 25 * time.Hour, Advised, true, true},
	} {
		if fresh, answered := record(ctx, t, s, c.digest, c.from, c.task, mailDay.Add(c.after), c.kind); fresh != c.fresh || answered != c.answered {
			t.Errorf("%d: fresh %v, answered %v", i, fresh, answered)
		}
	}
	look, err := s.Received(ctx, ReceivedFilter{Look: true}, 3)
	if err != nil || len(look) != 3 || look[0].Digest != "10" {
		t.Fatalf("to look at: %+v %v", look, err)
	}
	must(t, s.LookedAt(ctx, look[0].ID))
	if look, _ := s.Received(ctx, ReceivedFilter{Look: true}, 1); look[0].Digest != "9" {
		t.Errorf("still to look at: %+v", look)
	}
	if signoff.CodeOf(s.LookedAt(ctx, 999)) != "mail-not-found" {
		t.Error("a mail that is not there was looked at")
	}
}

func TestAnAdministratorReleasesOrDropsAMailNobodyCanProve(t *testing.T) {
	s, ctx := openMail(t), t.Context()
	must(t, s.QueueMail(ctx, []OutMail{outMail("a", ""), outMail("b", "")}, nil))
	list, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 9)
	must(t, err)
	for _, m := range list {
		must(t, s.SettleMail(ctx, m, MailDoubtful, mailDay, time.Time{}, "broke"))
	}
	if next, err := s.NextDoubtfulMail(ctx); err != nil || !next.IsZero() {
		t.Errorf("somebody is to look at %v, %v", next, err)
	}
	must(t, s.ReleaseMail(ctx, list[0].ID, mailDay))
	must(t, s.DropMail(ctx, list[1].ID, mailDay))
	if got := statesOf(t, s); got["a"] != MailQueued || got["b"] != MailFailed {
		t.Errorf("%v", got)
	}
	if err := s.ReleaseMail(ctx, list[0].ID, mailDay); signoff.CodeOf(err) != "mail-not-waiting" {
		t.Errorf("released twice: %v", err)
	}
}

// What is asked for each mail must not grow with the mails of all times.
func TestMailIsFoundByIndex(t *testing.T) {
	pgtest.FileOnly(t)
	s := openMail(t)
	source := mailSource(t)
	for query, where := range map[string]string{
		`select min(due) from mail_out`:    `state = $1 and due > 0`,
		`select id, due from mail_out`:     `state = 'queued' and due <= $3 and ($5 = '' or sender = $5) and replace($6, '<' || sender || '>', '') = $6 order by due, id limit $4`,
		`select id, subject from mail_out`: `state = 'doubtful' and due > 0 and due <= $1 order by due, id limit $2`,
		`select 1 from mail_out`:           `command = $1 and reported = 0 and state not in ('sent', 'failed') limit 1`,
		`select subject from mail_out`:     `command = $1 and reported = 0 order by id`,
		`select command from mail_out`:     `reported = 0 group by command`,
		`update mail_out set reported = 1`: `command = $1 and reported = 0 and state in ('sent', 'failed')`,
		`select count(*) from mail_out`:    `key >= $1 and key < $2`,
		`update mail_out set proof = 1`:    `message_id = $1`,
		`select count(*) from mail_in`:     `sender = $1 and at > $2 and answered = 2 and instance = $3 and task = $4`,
		`select id from mail_in`:           `digest = $1`,
		`select hash from reply_address`:   `expires < $1 order by expires limit $2`,
		`select folio from reply_address`:  `message_id = $1`,
	} {
		if !strings.Contains(source, "where "+where) {
			t.Errorf("nothing asks for %q any more", where)
		}
		checkPlan(t, s, query+" where "+strings.NewReplacer("$2", "$1", "$3", "$1", "$4", "$1", "$5", "$1", "$6", "$1").Replace(where))
	}
}

func mailSource(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"mail.go", "mailin.go"} {
		text, err := os.ReadFile(name)
		must(t, err)
		all.Write(text)
	}
	return strings.Join(strings.Fields(all.String()), " ")
}

// mailLease is the lease that whoever asks again in a test holds on to.
func mailLease(t *testing.T, s *Store) Lease {
	t.Helper()
	l, err := s.Lease(t.Context(), MailLease)
	must(t, err)
	if l.Holder == "" {
		l, _, err = s.Acquire(t.Context(), MailLease, "test", mailDay, mailDay.Add(time.Hour))
		must(t, err)
	}
	return l
}

func TestMailsOfDifferentSendersAreTakenApart(t *testing.T) {
	s := openMail(t)
	ctx := t.Context()
	var mails []OutMail
	for key, sender := range map[string]string{"a": "", "b": "hr@x", "c": "gone@x"} {
		mails = append(mails, OutMail{Key: key, Purpose: "notify", To: "jane@x", Sender: sender, MessageID: "<" + key + ">", Created: mailDay, Raw: []byte("x")})
	}
	must(t, s.QueueMail(ctx, mails, nil))
	lease := mailLease(t, s)
	take := func(of Senders) (keys string) {
		t.Helper()
		list, err := s.TakeMail(ctx, lease, of, mailDay, 9)
		must(t, err)
		for _, m := range list {
			keys += m.Key
		}
		return keys
	}
	if next, err := s.NextMail(ctx, Senders{Only: "other@x"}); err != nil || !next.IsZero() {
		t.Errorf("a sender without mail has one due at %v, %v", next, err)
	}
	if got := take(Senders{Only: "hr@x"}); got != "b" {
		t.Errorf("hr@x sends %q", got)
	}
	if got := take(Senders{Except: []string{"hr@x", "r@x"}}); len(got) != 2 {
		t.Errorf("the usual sender sends %q", got)
	}
	if starts, err := s.MailStarted(ctx, Senders{Only: "hr@x"}, mailDay.Add(-time.Minute), 9); err != nil || len(starts) != 1 {
		t.Errorf("hr@x started %v, %v", starts, err)
	}
}
