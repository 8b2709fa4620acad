package httpapi_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/httpapi/apitest"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/store"
)

// someMail leaves what a bad day leaves: Ana's request of which five mails went
// out, or did not, and two mails that came in. It does what the mailroom does,
// for which a mail server would be needed.
func someMail(t *testing.T, w *apitest.World) {
	t.Helper()
	ctx, st, now := t.Context(), w.API.Worklist.Store, time.Now().UTC()
	id := w.Begin(t, "ana", "leave", map[string]any{"days": 3})
	jane := w.Caller(t, "jane").Principal
	mail := func(key, to string) store.OutMail {
		return store.OutMail{Key: key, Purpose: "email", Instance: id, To: to, Subject: "About leave", MessageID: "<" + key + "@contoso.test>",
			Created: now, Raw: []byte("the whole mail, with a secret address in it")}
	}
	told := mail("k-told", "jane@contoso.test")
	told.Purpose, told.Task, told.Principal = "notify", 2, jane
	must(t, st.QueueMail(ctx, []store.OutMail{told, mail("k-full", "full@elsewhere.test"), mail("k-gone", "gone@elsewhere.test"),
		mail("k-doubt", "doubt@elsewhere.test"), mail("k-queued", "later@elsewhere.test")}, nil))
	lease, _, err := st.Acquire(ctx, store.MailLease, "test", now, now.Add(time.Hour))
	must(t, err)
	taken, err := st.TakeMail(ctx, lease, store.Senders{}, now, 4)
	must(t, err)
	for i, fate := range []struct {
		state store.MailState
		cause string
	}{{store.MailSent, ""}, {store.MailFailed, "552 the mailbox is full"}, {store.MailSent, ""}, {store.MailDoubtful, "it may have been sent"}} {
		must(t, st.SettleMail(ctx, taken[i], fate.state, now, time.Time{}, fate.cause))
	}
	_, _, err = st.MailBounced(ctx, "<k-gone@contoso.test>", "5.1.1 nobody here")
	must(t, err)
	for _, in := range []store.InMail{
		{Digest: "d1", From: "jane@contoso.test", Subject: "Re: Approve leave", Verdict: "decided", Principal: jane, Action: "Approve",
			Instance: id, Task: 2, Detail: "Approve was taken as your decision.", Evidence: `{"method":"dmarc","line":"Approve"}`},
		{Digest: "d2", From: "mallory@elsewhere.test", Subject: "Re: Approve leave", Verdict: "not the recipient", Instance: id, Task: 2,
			Detail: "the answer is not from Jane Judge", Look: true},
	} {
		in.At = now
		_, err := st.RecordMail(ctx, in, nil, store.AdviceLimit{})
		must(t, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ill is a mailroom whose mail server is away. It counts how often it is woken.
type ill struct{ woken int }

func (i *ill) Wake() { i.woken++ }

func (i *ill) Health(context.Context) (mailroom.Health, error) {
	return mailroom.Health{Out: "the mail server cannot be reached", OutSince: time.Unix(1_800_000_000, 0).UTC(), InSince: time.Unix(1, 0), Node: "east"}, nil
}

func TestAMailSentAgainIsSentAtOnce(t *testing.T) {
	room := &ill{}
	w := apitest.Start(t, func(s *httpapi.Server) { s.Mail = room })
	someMail(t, w)
	for path, woken := range map[string]int{"/api/v1/mail/sent/1/release": 0, "/api/v1/mail/sent/2/release": 1} { // 1 was sent, 2 has failed
		room.woken = 0
		if ask(t, w, "admin", "POST", path, ""); room.woken != woken {
			t.Errorf("%s wakes the mailroom %d times, want %d", path, room.woken, woken)
		}
	}
}

func TestTheServerSaysWhyNoMailLeaves(t *testing.T) {
	w := apitest.Start(t, func(s *httpapi.Server) { s.Mail = &ill{} })
	status, _, text := ask(t, w, "admin", "GET", "/api/v1/mail", "")
	if want := `"health":{"node":"east","out":{"words":"the mail server cannot be reached","since":"2027-01-15T08:00:00Z"}}`; status != 200 || !strings.Contains(text, want) {
		t.Errorf("%d %s", status, text)
	}
}

// Raw mails and secret addresses are nobody's to read here, administrators included.
func TestWhatMailsSayIsNotShown(t *testing.T) {
	w := apitest.Start(t)
	someMail(t, w)
	for _, path := range []string{"/mail", "/mail/sent", "/mail/received", "/instances/1/mails"} {
		if status, _, text := ask(t, w, "admin", "GET", "/api/v1"+path, ""); status != 200 || strings.Contains(text, "secret") || strings.Contains(text, "k-told") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	for who, want := range map[string]int{"ana": 200, "jane": 200, "eve": 404} {
		if status, _, _ := ask(t, w, who, "GET", "/api/v1/instances/1/mails", ""); status != want {
			t.Errorf("%s asks who was told: %d, want %d", who, status, want)
		}
	}
}
