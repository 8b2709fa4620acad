package graph_test

import (
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/exchangetest"
)

func TestWhatWasSurelyNotSentIsNotWaitedFor(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	post := f.Post(box)
	bad := exchangetest.NewMail("To nobody", "jane")
	bad.To = []exchange.Address{{Address: "not an address"}}
	_, err := post.SendNew(t.Context(), bad, nil, false)
	if signoff.CodeOf(err) != exchange.CodeRecipients {
		t.Fatal(err)
	}
	before := len(f.Pauses())
	good := bad
	good.To = exchangetest.To("jane")
	if _, err := post.SendNew(t.Context(), good, nil, true); err != nil {
		t.Fatal(err)
	}
	if left, err := box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"}); err != nil || len(left.Items) != 0 || exchangetest.Count(f.Arrived("jane"), "To nobody") != 1 {
		t.Errorf("drafts are left, or it was not sent: %+v %v", left, err)
	}
	for _, d := range f.Pauses()[before:] {
		if d >= 4*time.Second {
			t.Errorf("waited %v", d)
		}
	}
}

func TestMIMEIsSentWithTheRightToSendAlone(t *testing.T) {
	f := newFirm(t)
	box, asked := f.person("workflow", "Mail.Send", "")
	raw := []byte("From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: Least\r\nMessage-ID: <l@signoff.test>\r\n\r\nx\r\n")
	if err := box.SendMIME(t.Context(), raw, "c"); err != nil {
		t.Fatal(err)
	}
	if exchangetest.Count(f.Arrived("jane"), "Least") != 1 || asked.count("sendMail") != 1 {
		t.Errorf("%v %v", f.Arrived("jane"), asked.asked)
	}
}

// Every request that answering, and sending a mail that is written already, is made
// of loses its answer once, or is answered 503 although it was obeyed: exactly one
// mail arrives each time.
func TestAnswersAndWrittenMailsAreSentOnceWhateverAnswerIsLost(t *testing.T) {
	raw := []byte("From: jane@contoso.test\r\nTo: ana@contoso.test\r\nSubject: Written\r\nMessage-ID: <w@signoff.test>\r\n\r\nx\r\n")
	for _, fault := range []string{"answer-lost", "answer-error"} {
		for _, at := range []string{"createReply", "patch", "/send", "post /v1.0/me/messages"} {
			t.Run(fault+" "+at, func(t *testing.T) {
				f := newFirm(t)
				ana, _ := f.own("ana")
				jane, _ := f.own("jane")
				if _, err := f.Post(ana).SendNew(t.Context(), exchangetest.NewMail("Question", "jane"), nil, false); err != nil {
					t.Fatal(err)
				}
				c, err := jane.Sync(t.Context(), "inbox", "")
				if err != nil || len(c.New) != 1 {
					t.Fatal(c, err)
				}
				f.Plant(fault, "jane", at, 1)
				r, err := f.Post(jane).SendAnswer(t.Context(), c.New[0].ID, exchange.Reply, exchange.NewMail{Correlation: "a", Body: exchange.Body{Text: "Yes"}}, nil, false)
				if err != nil || !r.Filed {
					t.Fatalf("%+v %v", r, err)
				}
				if m, err := jane.Mail(t.Context(), r.ID, 0); err != nil || !strings.Contains(m.Body.Text, "Yes") {
					t.Errorf("%+v %v", m, err)
				}
				f.Exchange.Heal("")
				f.Plant(fault, "jane", at, 1)
				post := f.Post(jane)
				w, err := post.SendRaw(t.Context(), raw, exchange.Trace{Correlation: "w", MessageID: "<w@signoff.test>"}, false)
				if exchange.Doubtful(err) { // the caller comes again
					w, err = post.SendRaw(t.Context(), raw, exchange.Trace{Correlation: "w", MessageID: "<w@signoff.test>"}, true)
				}
				if err != nil || !w.Filed || w.MessageID != "<w@signoff.test>" {
					t.Fatalf("%+v %v", w, err)
				}
				if got := f.Arrived("ana"); len(got) != 2 {
					t.Errorf("Ana has %v", got)
				}
			})
		}
	}
}

// Immutable ids: https://learn.microsoft.com/graph/outlook-immutable-id
func TestAMailKeepsItsIDWhenItIsSentAndMoved(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	d, err := box.Draft(t.Context(), exchangetest.NewMail("Order 42", "jane"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.SendDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	r, err := f.Post(box).SendNew(t.Context(), exchangetest.NewMail("Order 42", "jane"), nil, true)
	if err != nil || r.ID != d.ID || !r.Filed {
		t.Fatalf("%+v %v", r, err)
	}
	if moved, err := box.MoveMail(t.Context(), d.ID, "archive"); err != nil || moved != d.ID {
		t.Errorf("moved %q to %q %v", d.ID, moved, err)
	}
}

// https://learn.microsoft.com/graph/api/user-sendmail: a request holds 4 MB.
func TestAWrittenMailThatGraphDoesNotTakeIsRefusedBeforehand(t *testing.T) {
	f := newFirm(t)
	box, asked := f.own("ana")
	if err := box.SendMIME(t.Context(), make([]byte, 4<<20), ""); signoff.KindOf(err) != signoff.TooLarge || asked.count("") != 0 {
		t.Errorf("asked %v: %v", asked.asked, err)
	}
}

func TestAPlaceInAListLeadsNowhereElse(t *testing.T) {
	f := newFirm(t)
	box, asked := f.own("ana")
	for _, after := range []string{"?", "%%%", "aHR0cHM6Ly9ldmlsLnRlc3QvIA"} {
		_, _ = box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts", Query: exchange.Query{Top: 2, After: after}})
	}
	if n := asked.count("/v1.0/me/mailFolders/drafts/messages"); n != asked.count("") {
		t.Errorf("asked elsewhere: %v", asked.asked)
	}
}
