package store

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store/pgtest"
)

// review is a store with mails a to f on their way, a and d of instance 8.
func review(t *testing.T) *Store {
	s, ctx := openMail(t), t.Context()
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} {
		m := outMail(key, "")
		if key == "a" || key == "d" {
			m.Instance = 8
		}
		must(t, s.QueueMail(ctx, []OutMail{m}, nil))
	}
	taken, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, mailDay, 5) // f stays in the queue
	must(t, err)
	fates := []MailState{MailSent, MailFailed, MailDoubtful, MailSent, MailFailed}
	for i, m := range taken {
		must(t, s.SettleMail(ctx, m, fates[i], mailDay, time.Time{}, ""))
	}
	_, _, err = s.MailBounced(ctx, "<d@x>", "5.1.1 nobody here")
	must(t, err)
	return s
}

func keysOf(list []OutMail) string {
	var keys []string
	for _, m := range list {
		keys = append(keys, m.Key)
	}
	return strings.Join(keys, " ")
}

func TestMailsAreListedByWhatBecameOfThem(t *testing.T) {
	s := review(t)
	for _, c := range []struct {
		f    MailFilter
		want string
	}{
		{MailFilter{}, "f e d c b a"},
		{MailFilter{State: MailSent}, "d a"},
		{MailFilter{State: MailFailed}, "e b"},
		{MailFilter{State: MailFailed, Before: 5}, "b"},
		{MailFilter{State: MailDoubtful}, "c"},
		{MailFilter{State: MailQueued}, "f"},
		{MailFilter{Look: true}, "e c b"},
		{MailFilter{Look: true, State: MailFailed, Before: 5}, "b"},
		{MailFilter{Bounced: true}, "d"},
		{MailFilter{Bounced: true, Before: 4}, ""},
		{MailFilter{Instance: 8}, "d a"},
		{MailFilter{Instance: 8, Before: 4}, "a"},
	} {
		list, err := s.Mails(t.Context(), c.f, 10)
		if got := keysOf(list); err != nil || got != c.want {
			t.Errorf("%+v: %q, %v, want %q", c.f, got, err, c.want)
		}
	}
	list, err := s.Mails(t.Context(), MailFilter{}, 2)
	if got := keysOf(list); err != nil || got != "f e" {
		t.Errorf("a page of two is %q, %v", got, err)
	}
}

func TestAnInstancesMailsComeInTheirOrder(t *testing.T) {
	s := review(t)
	all, err := s.InstanceMails(t.Context(), 8, 0, 10)
	must(t, err)
	first, err := s.InstanceMails(t.Context(), 8, 0, 1)
	must(t, err)
	rest, err := s.InstanceMails(t.Context(), 8, first[0].ID, 10)
	must(t, err)
	if keysOf(all) != "a d" || keysOf(first) != "a" || keysOf(rest) != "d" || all[1].Bounce == "" || len(all[1].Raw) != 0 {
		t.Errorf("all %q, first %q, rest %q", keysOf(all), keysOf(first), keysOf(rest))
	}
}

func TestOneMailIsFoundOrSaidToBeMissing(t *testing.T) {
	s, ctx := review(t), t.Context()
	if m, err := s.Mail(ctx, 2); err != nil || m.Key != "b" || m.State != MailFailed {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := s.Mail(ctx, 99); signoff.CodeOf(err) != "mail-not-found" {
		t.Errorf("mail 99: %v", err)
	}
	record(ctx, t, s, "x", "jane", 1, mailDay, NotAnswered)
	if m, err := s.ReceivedOne(ctx, 1); err != nil || m.Digest != "x" || !m.At.Equal(mailDay) {
		t.Errorf("%+v, %v", m, err)
	}
	if _, err := s.ReceivedOne(ctx, 99); signoff.CodeOf(err) != "mail-not-found" {
		t.Errorf("received 99: %v", err)
	}
}

func TestWhatWaitsIsCountedUpToALimit(t *testing.T) {
	s, ctx := review(t), t.Context()
	for _, digest := range []string{"x", "y", "z"} {
		record(ctx, t, s, digest, "jane", 1, mailDay, NotAnswered)
	}
	if n, err := s.CountMail(ctx, 10); err != nil || n != (MailCounts{Look: 3, Doubtful: 1, Failed: 2, Queued: 4}) { // three answers wait too
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := s.CountMail(ctx, 1); err != nil || n != (MailCounts{Look: 1, Doubtful: 1, Failed: 1, Queued: 1}) {
		t.Errorf("up to one: %+v, %v", n, err)
	}
}

// Mails b and e have failed, c is in doubt, f is in the queue.
func TestAMailGivenUpNeedsNoLookUntilItGoesWrongAgain(t *testing.T) {
	s, ctx := review(t), t.Context()
	now := mailDay.Add(time.Hour)
	must(t, s.DropMail(ctx, 2, now))
	must(t, s.DropMail(ctx, 3, now))
	must(t, s.DropMail(ctx, 6, now))
	list, err := s.Mails(ctx, MailFilter{Look: true}, 10)
	if keysOf(list) != "e" || err != nil || !list[0].Look {
		t.Errorf("%+v, %v", list, err)
	}
	if n, err := s.CountMail(ctx, 10); err != nil || n != (MailCounts{Failed: 1}) {
		t.Errorf("%+v, %v", n, err)
	}
	b, err := s.Mail(ctx, 2)
	must(t, err)
	c, err := s.Mail(ctx, 3)
	must(t, err)
	if !b.Since.Equal(mailDay) || b.Error != "" || !c.Since.Equal(now) || c.Error != "given up by an administrator" || c.State != MailFailed || c.Look {
		t.Errorf("failed before: %+v\nin doubt before: %+v", b, c)
	}
	if err := s.DropMail(ctx, 2, now); signoff.CodeOf(err) != "mail-not-waiting" {
		t.Errorf("given up twice: %v", err)
	}
	must(t, s.ReleaseMail(ctx, 2, now.Add(time.Minute)))
	taken, err := s.TakeMail(ctx, mailLease(t, s), Senders{}, now.Add(time.Minute), 1)
	must(t, err)
	must(t, s.SettleMail(ctx, taken[0], MailFailed, now.Add(2*time.Minute), time.Time{}, "no such mailbox"))
	if list, err = s.Mails(ctx, MailFilter{Look: true}, 10); keysOf(list) != "e b" || err != nil {
		t.Errorf("failed again: %+v, %v", list, err)
	}
}

// A list that people page through may not read all mail there ever was.
func TestListsOfMailReadAnIndex(t *testing.T) {
	pgtest.FileOnly(t)
	s := openMail(t)
	for _, c := range []struct {
		table string
		q     *conditions
		index string
	}{
		{"mail_out", MailFilter{State: MailFailed}.conditions(), "mail_out_trouble"},
		{"mail_out", MailFilter{State: MailDoubtful, Before: 7}.conditions(), "mail_out_trouble"},
		{"mail_out", MailFilter{State: MailQueued}.conditions(), "mail_out_due"},
		{"mail_out", MailFilter{Look: true, Before: 7}.conditions(), "mail_out_look"},
		{"mail_out", MailFilter{Bounced: true}.conditions(), "mail_out_bounced"},
		{"mail_out", MailFilter{Instance: 7}.conditions(), "mail_out_instance"},
		{"mail_out", MailFilter{Before: 7}.conditions(), "INTEGER PRIMARY KEY"},
		{"mail_in", ReceivedFilter{Look: true, Before: 7}.conditions(), "mail_in_look"},
		{"mail_in", ReceivedFilter{Instance: 7}.conditions(), "mail_in_instance"},
	} {
		query := `select id from ` + c.table + c.q.where(`id desc`, 5)
		if plan := planOf(t.Context(), t, s, query, c.q.args...); !slices.ContainsFunc(plan, func(l string) bool { return strings.Contains(l, c.index) }) {
			t.Errorf("%s reads %q", query, plan)
		}
	}
}

func TestCountingMailReadsIndexesOfWhatWaits(t *testing.T) {
	pgtest.FileOnly(t)
	plan := strings.Join(planOf(t.Context(), t, openMail(t), countQuery, 9), "\n")
	for index, times := range map[string]int{"mail_in_look": 1, "mail_out_look": 2, "mail_out_due": 1} {
		if strings.Count(plan, "INDEX "+index) != times {
			t.Errorf("%s is not read %d times:\n%s", index, times, plan)
		}
	}
}

func planOf(ctx context.Context, t *testing.T, s *Store, query string, args ...any) (plan []string) {
	t.Helper()
	rows, err := s.query(ctx, `explain query plan `+query, args...)
	must(t, err)
	must(t, eachRow(rows, func() error {
		var id, parent, unused int
		var text string
		err := rows.Scan(&id, &parent, &unused, &text)
		plan = append(plan, text)
		return err
	}))
	return plan
}
