package graph_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

func to(login string) []exchange.Address {
	return []exchange.Address{{Address: login + "@contoso.test"}}
}

func newMail(subject, login string) exchange.NewMail {
	return exchange.NewMail{Correlation: exchange.Correlation(subject), Subject: subject, To: to(login), Body: exchange.Body{HTML: true, Text: "<p>Please <b>approve</b>.</p>"}}
}

func TestASentMailHasAnIDThatTheNextStepCanUse(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	files := []exchange.NewFile{{Name: "po.pdf", Type: "application/pdf", Size: 5, Content: strings.NewReader("%PDF-")}}
	first, err := f.post(box).SendNew(t.Context(), newMail("Order 42", "jane"), files, false)
	if err != nil {
		t.Fatal(err)
	}
	if first.ID == "" || first.MessageID == "" || !first.Filed {
		t.Fatalf("receipt %+v", first)
	}
	if n := count(f.arrived("jane"), "Order 42"); n != 1 {
		t.Fatalf("Jane has %d mails", n)
	}
	// The second Email step forwards what the first one sent, by its id.
	second, err := f.post(box).SendAnswer(t.Context(), first.ID, exchange.Forward, exchange.NewMail{Correlation: "second", To: to("bob"), Body: exchange.Body{Text: "See <below>"}}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := box.Mail(t.Context(), second.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m.Draft || !strings.Contains(m.Body.Text, "See &lt;below&gt;") || !strings.Contains(m.Body.Text, "approve") || !m.HasFiles {
		t.Errorf("forwarded: draft %v files %v %q", m.Draft, m.HasFiles, m.Body.Text)
	}
	if len(f.arrived("bob")) != 1 {
		t.Errorf("Bob has %v", f.arrived("bob"))
	}
}

func TestAReplyGoesToTheSenderWithItsQuote(t *testing.T) {
	f := newFirm(t)
	ana, _ := f.own("ana")
	jane, _ := f.own("jane")
	if _, err := f.post(ana).SendNew(t.Context(), newMail("Order 43", "jane"), nil, false); err != nil {
		t.Fatal(err)
	}
	page, err := jane.Mails(t.Context(), exchange.MailQuery{Query: exchange.Query{Filter: &broker.Filter{Op: "eq", Name: "subject", To: "Order 43"}}})
	if err != nil || len(page.Items) != 1 || page.Unfiltered {
		t.Fatalf("%+v %v", page, err)
	}
	r, err := f.post(jane).SendAnswer(t.Context(), page.Items[0].ID, exchange.Reply, exchange.NewMail{Correlation: "r", Body: exchange.Body{HTML: true, Text: "<b>Approve</b>"}}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := jane.Mail(t.Context(), r.ID, 0)
	if err != nil || !strings.HasPrefix(m.Subject, "RE:") && !strings.HasPrefix(m.Subject, "Re:") || len(m.To) != 1 || m.To[0].Address != "ana@contoso.test" {
		t.Errorf("%+v %v", m, err)
	}
	if got := f.arrived("ana"); len(got) != 1 {
		t.Errorf("Ana has %v", got)
	}
}

// Every request that a send is made of loses its answer once, or is answered
// 503 although it was obeyed: exactly one mail arrives each time.
func TestAMailIsSentOnceWhateverAnswerIsLost(t *testing.T) {
	for _, fault := range []string{"answer-lost", "answer-error"} {
		for _, at := range []string{"post /v1.0/me/messages", "attachments", "/send", "get "} {
			t.Run(fault+" "+at, func(t *testing.T) {
				f := newFirm(t)
				box, _ := f.own("ana")
				f.plant(fault, "ana", at, 1)
				files := []exchange.NewFile{{Name: "a.txt", Size: 1, Content: strings.NewReader("a")}}
				r, err := f.post(box).SendNew(t.Context(), newMail("Once", "jane"), files, false)
				if err != nil || !r.Filed {
					t.Fatalf("%+v %v", r, err)
				}
				if n := count(f.arrived("jane"), "Once"); n != 1 {
					t.Errorf("Jane has %d mails", n)
				}
				got, err := box.Files(t.Context(), r.ID)
				if err != nil || len(got) != 1 {
					t.Errorf("files %v %v", got, err)
				}
				if f.Exchange.Faults() != nil && len(f.Exchange.Faults()) > 0 {
					t.Error("the fault did not strike")
				}
			})
		}
	}
}

func TestACallThatWasCutOffIsFinishedAndNotRepeated(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	f.plant("sent-items-delay", "ana", "20000", 0)
	n := newMail("Cut off", "jane")
	// The process died right after the draft was handed over.
	d, err := box.Draft(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := box.SendDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	r, err := f.post(box).SendNew(t.Context(), n, nil, true)
	if err != nil || r.ID != d.ID || !r.Filed {
		t.Fatalf("%+v %v", r, err)
	}
	// It died with the draft made and one of two files attached.
	n = newMail("Half done", "jane")
	if d, err = box.Draft(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	files := func() []exchange.NewFile {
		return []exchange.NewFile{{Name: "a", Size: 1, Content: strings.NewReader("a")}, {Name: "b", Size: 1, Content: strings.NewReader("b")}}
	}
	if _, err := box.Attach(t.Context(), d.ID, files()[0]); err != nil {
		t.Fatal(err)
	}
	n.Body.Text = "corrected meanwhile"
	if r, err = f.post(box).SendNew(t.Context(), n, files(), true); err != nil || !r.Filed {
		t.Fatalf("%+v %v", r, err)
	}
	if m, err := box.Mail(t.Context(), r.ID, 0); err != nil || !strings.Contains(m.Body.Text, "corrected") {
		t.Errorf("%+v %v", m, err)
	}
	if left, err := box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"}); err != nil || len(left.Items) != 0 {
		t.Errorf("drafts are left: %+v %v", left, err)
	}
	if got, err := box.Files(t.Context(), r.ID); err != nil || len(got) != 2 {
		t.Errorf("files %v %v", got, err)
	}
	// It was sent and is called again once more.
	if r2, err := f.post(box).SendNew(t.Context(), n, files(), true); err != nil || r2.ID != r.ID {
		t.Fatalf("%+v %v", r2, err)
	}
	if got := f.arrived("jane"); len(got) != 2 {
		t.Errorf("Jane has %v", got)
	}
}

func TestWhatWasSurelyNotSentIsNotWaitedFor(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	post := f.post(box)
	bad := newMail("To nobody", "jane")
	bad.To = []exchange.Address{{Address: "not an address"}}
	_, err := post.SendNew(t.Context(), bad, nil, false)
	if signoff.CodeOf(err) != exchange.CodeRecipients {
		t.Fatal(err)
	}
	before := len(f.pauses())
	good := bad
	good.To = to("jane")
	if _, err := post.SendNew(t.Context(), good, nil, true); err != nil {
		t.Fatal(err)
	}
	if left, err := box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"}); err != nil || len(left.Items) != 0 || count(f.arrived("jane"), "To nobody") != 1 {
		t.Errorf("drafts are left, or it was not sent: %+v %v", left, err)
	}
	for _, d := range f.pauses()[before:] {
		if d >= 4*time.Second {
			t.Errorf("waited %v", d)
		}
	}
}

func TestAMIMEMailKeepsItsMessageIDAndIsFoundByIt(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("workflow")
	raw := []byte("From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: Task\r\nMessage-ID: <o'neil@signoff.test>\r\nIn-Reply-To: <x@y>\r\nAuto-Submitted: auto-generated\r\n\r\nApprove?\r\n")
	trace := exchange.Trace{MessageID: "<o'neil@signoff.test>"}
	if found, err := box.Find(t.Context(), trace); err != nil || found.State != exchange.Nowhere {
		t.Fatalf("%+v %v", found, err)
	}
	f.plant("sent-items-delay", "workflow", "0", 1)
	if err := box.SendMIME(t.Context(), raw, "corr'1"); err != nil {
		t.Fatal(err)
	}
	for _, tr := range []exchange.Trace{trace, {Correlation: "corr'1"}, {ID: "AAAA", MessageID: trace.MessageID}} {
		found, err := box.Find(t.Context(), tr)
		if err != nil || found.State != exchange.Sent || found.Mail.MessageID != trace.MessageID {
			t.Errorf("%+v: %+v %v", tr, found, err)
		}
	}
	jane, _ := f.own("jane")
	page, err := jane.Mails(t.Context(), exchange.MailQuery{With: exchange.WithHeaders | exchange.WithUnique})
	if err != nil || len(page.Items) != 1 || page.Items[0].MessageID != trace.MessageID {
		t.Fatalf("%+v %v", page, err)
	}
	got, err := jane.Raw(t.Context(), page.Items[0].ID, 1<<20)
	if err != nil || !bytes.Contains(got, []byte("auto-generated")) {
		t.Errorf("%s %v", got, err)
	}
	if _, err := jane.Raw(t.Context(), page.Items[0].ID, 10); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("a mail that is too large: %v", err)
	}
	if err := box.SendMIME(t.Context(), make([]byte, 4<<20), ""); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("a mail that is too large to send: %v", err)
	}
}

func TestMIMEIsSentWithTheRightToSendAlone(t *testing.T) {
	f := newFirm(t)
	box, asked := f.person("workflow", "Mail.Send", "")
	raw := []byte("From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: Least\r\nMessage-ID: <l@signoff.test>\r\n\r\nx\r\n")
	if err := box.SendMIME(t.Context(), raw, "c"); err != nil {
		t.Fatal(err)
	}
	if count(f.arrived("jane"), "Least") != 1 || asked.count("sendMail") != 1 {
		t.Errorf("%v %v", f.arrived("jane"), asked.asked)
	}
}

func TestMailsAreMarkedMovedCopiedAndDeleted(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	d, err := box.Draft(t.Context(), newMail("Handle me", "jane"))
	if err != nil {
		t.Fatal(err)
	}
	yes, high, cats, subject := true, exchange.High, []string{"Blue"}, "Handled"
	m, err := box.ChangeMail(t.Context(), d.ID, exchange.MailChange{Read: &yes, Importance: &high, Categories: &cats, Flagged: &yes, Subject: &subject})
	if err != nil || !m.Read || m.Importance != exchange.High || !slices.Equal(m.Categories, cats) || !m.Flagged || m.Subject != subject {
		t.Fatalf("%+v %v", m, err)
	}
	folder, err := box.CreateFolder(t.Context(), "inbox", "Done")
	if err != nil {
		t.Fatal(err)
	}
	moved, err := box.MoveMail(t.Context(), d.ID, folder.ID)
	if err != nil || moved != d.ID {
		t.Fatalf("an immutable id changed: %q %q %v", moved, d.ID, err)
	}
	copied, err := box.CopyMail(t.Context(), d.ID, "archive")
	if err != nil || copied == d.ID {
		t.Fatal(copied, err)
	}
	if n, err := box.EmptyFolder(t.Context(), folder.ID, false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := box.EmptyFolder(t.Context(), "deleteditems", false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := box.Mail(t.Context(), d.ID, 0); !exchange.Gone(err) {
		t.Errorf("a dead id: %v", err)
	}
	if err := box.DeleteMail(t.Context(), copied, true); err != nil {
		t.Error(err)
	}
	if err := box.DeleteFolder(t.Context(), folder.ID); err != nil {
		t.Error(err)
	}
}

func TestFilesOfAllSizesGoAndComeBack(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	for name, size := range map[string]int{"small": 100, "large": 9<<20 + 7} {
		data := make([]byte, size)
		rand.Read(data)
		d, err := box.Draft(t.Context(), newMail(name, "jane"))
		if err != nil {
			t.Fatal(err)
		}
		file, err := box.Attach(t.Context(), d.ID, exchange.NewFile{Name: "f.bin", Size: int64(size), Content: bytes.NewReader(data)})
		if err != nil {
			t.Fatal(err)
		}
		got, body, err := box.File(t.Context(), d.ID, file.ID)
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(body)
		body.Close()
		if err != nil || !bytes.Equal(back, data) || got.Name != "f.bin" || got.Kind != exchange.FilePlain {
			t.Errorf("%s: %d bytes of %d, %+v %v", name, len(back), size, got, err)
		}
		if err := box.DeleteFile(t.Context(), d.ID, file.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := box.Attach(t.Context(), "AAAA", exchange.NewFile{Name: "x", Size: 151 << 20}); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("too large: %v", err)
	}
}

func TestListsArePagedAndLeadNowhereElse(t *testing.T) {
	f := newFirm(t)
	box, asked := f.own("ana")
	for range 5 {
		if _, err := box.Draft(t.Context(), newMail("Page", "jane")); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	q := exchange.MailQuery{Folder: "drafts", Query: exchange.Query{Top: 2}}
	pages := 0
	for ; ; pages++ {
		page, err := box.Mails(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Items {
			seen[m.ID] = true
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 5 || pages != 2 {
		t.Errorf("%d mails on %d pages", len(seen), pages+1)
	}
	for _, after := range []string{"?", "%%%", "aHR0cHM6Ly9ldmlsLnRlc3QvIA"} {
		q.After = after
		_, _ = box.Mails(t.Context(), q)
	}
	if n := asked.count("/v1.0/me/mailFolders/drafts/messages"); n != len(asked.asked)-5 {
		t.Errorf("asked elsewhere: %v", asked.asked)
	}
}

func TestConditionsAreWorkedOutByGraphOrLeftToTheCaller(t *testing.T) {
	f := newFirm(t)
	box, _ := f.own("ana")
	for _, s := range []string{"It's here", "Other"} {
		m, err := box.Draft(t.Context(), newMail(s, "jane"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := box.MoveMail(t.Context(), m.ID, "inbox"); err != nil {
			t.Fatal(err)
		}
	}
	eq := func(name string, v any) broker.Filter { return broker.Filter{Op: "eq", Name: name, To: v} }
	for _, c := range []struct {
		f    broker.Filter
		want int
		left bool
	}{
		{eq("subject", "It's here"), 1, false},
		{broker.Filter{Op: "or", Of: []broker.Filter{eq("subject", "Other"), {Op: "startswith", Name: "subject", To: "It"}}}, 2, false},
		{broker.Filter{Op: "not", Of: []broker.Filter{eq("subject", "Other")}}, 1, false},
		{broker.Filter{Op: "in", Name: "subject", To: []any{"Other", "None"}}, 1, false},
		{broker.Filter{Op: "gt", Name: "received", To: "2001-01-01T00:00:00Z"}, 2, false},
		{eq("read", false), 2, true},
		{eq("body", "x"), 2, true},
		{broker.Filter{Op: "endswith", Name: "subject", To: "x"}, 2, true},
	} {
		page, err := box.Mails(t.Context(), exchange.MailQuery{Query: exchange.Query{Filter: &c.f}})
		if err != nil {
			t.Errorf("%+v: %v", c.f, err)
			continue
		}
		if c.f.Name != "read" && (len(page.Items) != c.want || page.Unfiltered != c.left) {
			t.Errorf("%+v: %d mails, unfiltered %v", c.f, len(page.Items), page.Unfiltered)
		}
	}
	page, err := box.Mails(t.Context(), exchange.MailQuery{Search: `subject:"It's`})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("search: %+v %v", page, err)
	}
}

// The same for answers and for mails that are written already.
func TestAnswersAndWrittenMailsAreSentOnceWhateverAnswerIsLost(t *testing.T) {
	raw := []byte("From: jane@contoso.test\r\nTo: ana@contoso.test\r\nSubject: Written\r\nMessage-ID: <w@signoff.test>\r\n\r\nx\r\n")
	for _, fault := range []string{"answer-lost", "answer-error"} {
		for _, at := range []string{"createReply", "patch", "/send", "post /v1.0/me/messages"} {
			t.Run(fault+" "+at, func(t *testing.T) {
				f := newFirm(t)
				ana, _ := f.own("ana")
				jane, _ := f.own("jane")
				if _, err := f.post(ana).SendNew(t.Context(), newMail("Question", "jane"), nil, false); err != nil {
					t.Fatal(err)
				}
				c, err := jane.Sync(t.Context(), "inbox", "")
				if err != nil || len(c.New) != 1 {
					t.Fatal(c, err)
				}
				f.plant(fault, "jane", at, 1)
				r, err := f.post(jane).SendAnswer(t.Context(), c.New[0].ID, exchange.Reply, exchange.NewMail{Correlation: "a", Body: exchange.Body{Text: "Yes"}}, nil, false)
				if err != nil || !r.Filed {
					t.Fatalf("%+v %v", r, err)
				}
				if m, err := jane.Mail(t.Context(), r.ID, 0); err != nil || !strings.Contains(m.Body.Text, "Yes") {
					t.Errorf("%+v %v", m, err)
				}
				f.Exchange.Heal("")
				f.plant(fault, "jane", at, 1)
				post := f.post(jane)
				w, err := post.SendRaw(t.Context(), raw, exchange.Trace{Correlation: "w", MessageID: "<w@signoff.test>"}, false)
				if exchange.Doubtful(err) { // the caller comes again
					w, err = post.SendRaw(t.Context(), raw, exchange.Trace{Correlation: "w", MessageID: "<w@signoff.test>"}, true)
				}
				if err != nil || !w.Filed || w.MessageID != "<w@signoff.test>" {
					t.Fatalf("%+v %v", w, err)
				}
				if got := f.arrived("ana"); len(got) != 2 {
					t.Errorf("Ana has %v", got)
				}
			})
		}
	}
}
