package exchangetest

import (
	"bytes"
	"crypto/rand"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

func sentID(t *testing.T, f *Way) {
	box := f.Own("ana")
	pdf := []exchange.NewFile{{Name: "po.pdf", Type: "application/pdf", Size: 5, Content: strings.NewReader("%PDF-")}}
	first := must[exchange.Receipt](t)(f.Post(box).SendNew(t.Context(), NewMail("Order 42", "jane"), pdf, false))
	if first.ID == "" || first.MessageID == "" || first.Conversation == "" || !first.Filed {
		t.Fatalf("receipt %+v", first)
	}
	if n := Count(f.Arrived("jane"), "Order 42"); n != 1 {
		t.Fatalf("Jane has %d mails", n)
	}
	sent := must[exchange.Mail](t)(box.Mail(t.Context(), first.ID, exchange.WithHeaders))
	if sent.Draft || sent.MessageID != first.MessageID || !sent.HasFiles || !sent.Body.HTML || len(sent.To) != 1 || sent.From.Address != "ana@contoso.test" || sent.Sent.IsZero() {
		t.Errorf("sent %+v", sent)
	}
	// The second step forwards what the first one sent, by its id.
	n := exchange.NewMail{Correlation: "second", To: To("bob"), Body: exchange.Body{Text: "See <below>"}, Importance: exchange.High, Categories: []string{"Orders"},
		Headers: []exchange.Header{{Name: "X-Signoff-Test", Value: "42"}}}
	second := must[exchange.Receipt](t)(f.Post(box).SendAnswer(t.Context(), first.ID, exchange.Forward, n, nil, false))
	m := must[exchange.Mail](t)(box.Mail(t.Context(), second.ID, 0))
	if m.Draft || !strings.Contains(m.Body.Text, "See &lt;below&gt;") || !strings.Contains(m.Body.Text, "approve") || !m.HasFiles || m.Importance != exchange.High || !slices.Equal(m.Categories, n.Categories) {
		t.Errorf("forwarded: %+v", m)
	}
	got := must[exchange.Page[exchange.Mail]](t)(f.Own("bob").Mails(t.Context(), exchange.MailQuery{With: exchange.WithHeaders}))
	if len(got.Items) != 1 || !slices.ContainsFunc(got.Items[0].Headers, func(h exchange.Header) bool { return h.Name == "X-Signoff-Test" && h.Value == "42" }) {
		t.Errorf("Bob has %+v", got.Items)
	}
}

func reply(t *testing.T, f *Way) {
	ana, jane := f.Own("ana"), f.Own("jane")
	n := NewMail("Order 43", "jane")
	n.Cc, n.ReplyTo = To("bob"), To("workflow")
	must[exchange.Receipt](t)(f.Post(ana).SendNew(t.Context(), n, nil, false))
	page := must[exchange.Page[exchange.Mail]](t)(jane.Mails(t.Context(), exchange.MailQuery{With: exchange.WithUnique}))
	if len(page.Items) != 1 || len(page.Items[0].ReplyTo) != 1 || len(page.Items[0].Cc) != 1 || !strings.Contains(page.Items[0].Unique.Text, "approve") {
		t.Fatalf("Jane has %+v", page.Items)
	}
	id := page.Items[0].ID
	r := must[exchange.Receipt](t)(f.Post(jane).SendAnswer(t.Context(), id, exchange.Reply, exchange.NewMail{Correlation: "r", Body: exchange.Body{HTML: true, Text: "<b>Approve</b>"}}, nil, false))
	m := must[exchange.Mail](t)(jane.Mail(t.Context(), r.ID, 0))
	if !strings.HasPrefix(strings.ToLower(m.Subject), "re:") || len(m.To) != 1 || m.To[0].Address != "workflow@contoso.test" || len(m.Cc) != 0 || m.Conversation != page.Items[0].Conversation {
		t.Errorf("%+v", m)
	}
	plain := must[exchange.Mail](t)(jane.Mail(t.Context(), r.ID, exchange.PlainBody))
	if plain.Body.HTML || !strings.Contains(plain.Body.Text, "Approve") || strings.Contains(plain.Body.Text, "<b>") {
		t.Errorf("as text %+v", plain.Body)
	}
	all := must[exchange.Mail](t)(jane.Answer(t.Context(), id, exchange.ReplyAll, exchange.NewMail{Correlation: "all"}))
	all = must[exchange.Mail](t)(jane.Mail(t.Context(), all.ID, 0))
	if !all.Draft || len(all.To)+len(all.Cc) < 2 {
		t.Errorf("to all: %+v", all)
	}
}

// once loses an answer on the way, or has it say 503 although it was obeyed.
func once(t *testing.T, f *Way, fault, at string) {
	box := f.Own("ana")
	f.Plant(fault, "ana", at, 1)
	one := []exchange.NewFile{{Name: "a.txt", Size: 1, Content: strings.NewReader("a")}}
	r, err := f.Post(box).SendNew(t.Context(), NewMail("Once", "jane"), one, false)
	if err != nil || !r.Filed {
		t.Fatalf("%+v %v", r, err)
	}
	if n := Count(f.Arrived("jane"), "Once"); n != 1 {
		t.Errorf("Jane has %d mails", n)
	}
	if got, err := box.Files(t.Context(), r.ID); err != nil || len(got) != 1 {
		t.Errorf("files %v %v", got, err)
	}
	if len(f.Exchange.Faults()) != 0 {
		t.Error("the fault did not strike")
	}
}

func cutOff(t *testing.T, f *Way) {
	box := f.Own("ana")
	f.Plant("sent-items-delay", "ana", "20000", 0)
	n := NewMail("Cut off", "jane")
	// The process died right after the draft was handed over.
	d := must[exchange.Mail](t)(box.Draft(t.Context(), n))
	if !d.Draft || d.Subject != n.Subject {
		t.Errorf("draft %+v", d)
	}
	must[string](t)(box.SendDraft(t.Context(), d.ID))
	r := must[exchange.Receipt](t)(f.Post(box).SendNew(t.Context(), n, nil, true))
	if !r.Filed || r.MessageID != d.MessageID {
		t.Fatalf("%+v", r)
	}
	// It died with the draft made and one of two files attached.
	n = NewMail("Half done", "jane")
	d = must[exchange.Mail](t)(box.Draft(t.Context(), n))
	two := func() []exchange.NewFile {
		return []exchange.NewFile{{Name: "a", Size: 1, Content: strings.NewReader("a")}, {Name: "b", Size: 1, Content: strings.NewReader("b")}}
	}
	must[exchange.File](t)(box.Attach(t.Context(), d.ID, two()[0]))
	r = must[exchange.Receipt](t)(f.Post(box).SendNew(t.Context(), n, two(), true))
	if got, err := box.Files(t.Context(), r.ID); err != nil || len(got) != 2 {
		t.Errorf("files %v %v", got, err)
	}
	if left := must[exchange.Page[exchange.Mail]](t)(box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"})); len(left.Items) != 0 {
		t.Errorf("left among drafts: %+v", left.Items)
	}
	// It was sent and is called again once more.
	again := must[exchange.Receipt](t)(f.Post(box).SendNew(t.Context(), n, two(), true))
	if again.ID != r.ID || len(f.Arrived("jane")) != 2 {
		t.Errorf("%+v; Jane has %v", again, f.Arrived("jane"))
	}
	// A copy that somebody has put away is found all the same.
	must[string](t)(box.MoveMail(t.Context(), again.ID, "archive"))
	found := must[exchange.Found](t)(box.Find(t.Context(), exchange.Trace{Correlation: n.Correlation}))
	if found.State != exchange.Sent || found.Mail.MessageID != r.MessageID {
		t.Errorf("put away: %+v", found)
	}
}

func written(t *testing.T, f *Way) {
	box := f.Own("workflow")
	raw := []byte("From: workflow@contoso.test\r\nTo: jane@contoso.test\r\nSubject: Task\r\nMessage-ID: <o'neil&co@signoff.test>\r\nIn-Reply-To: <x@y>\r\nAuto-Submitted: auto-generated\r\n\r\nApprove?\r\n")
	trace := exchange.Trace{MessageID: "<o'neil&co@signoff.test>"}
	if found := must[exchange.Found](t)(box.Find(t.Context(), trace)); found.State != exchange.Nowhere {
		t.Fatalf("%+v", found)
	}
	if err := box.SendMIME(t.Context(), raw, "corr'1"); err != nil {
		t.Fatal(err)
	}
	r := must[exchange.Receipt](t)(f.Post(box).SendRaw(t.Context(), raw, exchange.Trace{Correlation: "corr'1", MessageID: trace.MessageID}, true))
	if !r.Filed || len(f.Arrived("jane")) != 1 {
		t.Errorf("%+v; Jane has %v", r, f.Arrived("jane"))
	}
	for _, tr := range []exchange.Trace{trace, {Correlation: "corr'1"}, {ID: "AAAA", MessageID: trace.MessageID}} {
		found, err := box.Find(t.Context(), tr)
		if err != nil || found.State != exchange.Sent || found.Mail.MessageID != trace.MessageID {
			t.Errorf("%+v: %+v %v", tr, found, err)
		}
	}
	jane := f.Own("jane")
	page := must[exchange.Page[exchange.Mail]](t)(jane.Mails(t.Context(), exchange.MailQuery{}))
	if len(page.Items) != 1 || page.Items[0].MessageID != trace.MessageID {
		t.Fatalf("%+v", page)
	}
	got, err := jane.Raw(t.Context(), page.Items[0].ID, 1<<20)
	if err != nil || !bytes.Contains(got, []byte("auto-generated")) {
		t.Errorf("%s %v", got, err)
	}
	if _, err := jane.Raw(t.Context(), page.Items[0].ID, 10); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("a mail that is too large: %v", err)
	}
	if err := box.SendMIME(t.Context(), make([]byte, 64<<20), ""); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("a mail that is too large to send: %v", err)
	}
}

func handled(t *testing.T, f *Way) {
	box := f.Own("ana")
	d := must[exchange.Mail](t)(box.Draft(t.Context(), NewMail("Handle me", "jane")))
	yes, high, cats, subject, text := true, exchange.High, []string{"Blue"}, "Handled & done", exchange.Body{Text: "a <b>"}
	cc, none := To("bob"), []exchange.Address{}
	m := must[exchange.Mail](t)(box.ChangeMail(t.Context(), d.ID, exchange.MailChange{Read: &yes, Importance: &high, Categories: &cats, Flagged: &yes, Subject: &subject, Body: &text, Cc: &cc, To: &none}))
	if !m.Read || m.Importance != exchange.High || !slices.Equal(m.Categories, cats) || !m.Flagged || m.Subject != subject || m.Body.Text != text.Text || len(m.Cc) != 1 || len(m.To) != 0 {
		t.Fatalf("%+v", m)
	}
	empty := []string{}
	if m = must[exchange.Mail](t)(box.ChangeMail(t.Context(), m.ID, exchange.MailChange{Categories: &empty})); len(m.Categories) != 0 {
		t.Errorf("categories %v", m.Categories)
	}
	folder := must[exchange.Folder](t)(box.CreateFolder(t.Context(), "inbox", "Done"))
	moved := must[string](t)(box.MoveMail(t.Context(), m.ID, folder.ID))
	if m = must[exchange.Mail](t)(box.Mail(t.Context(), moved, 0)); m.Folder != folder.ID {
		t.Errorf("it is in %q and not in %q", m.Folder, folder.ID)
	}
	copied := must[string](t)(box.CopyMail(t.Context(), moved, "archive"))
	if copied == moved {
		t.Error("a copy has the id of what was copied")
	}
	if n, err := box.EmptyFolder(t.Context(), folder.ID, false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if n, err := box.EmptyFolder(t.Context(), "deleteditems", false); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := box.Mail(t.Context(), moved, 0); !exchange.Gone(err) {
		t.Errorf("a dead id: %v", err)
	}
	if err := box.DeleteMail(t.Context(), copied, true); err != nil {
		t.Error(err)
	}
	if err := box.DeleteMail(t.Context(), copied, true); !exchange.Gone(err) {
		t.Errorf("deleted twice: %v", err)
	}
}

func files(t *testing.T, f *Way) {
	box := f.Own("ana")
	for name, size := range map[string]int{"none": 0, "small": 100, "large": 9<<20 + 7} {
		data := make([]byte, size)
		rand.Read(data)
		d := must[exchange.Mail](t)(box.Draft(t.Context(), NewMail(name, "jane")))
		file := must[exchange.File](t)(box.Attach(t.Context(), d.ID, exchange.NewFile{Name: "f & g.bin", Size: int64(size), Content: bytes.NewReader(data)}))
		got, body, err := box.File(t.Context(), d.ID, file.ID)
		if err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(body)
		body.Close()
		if err != nil || !bytes.Equal(back, data) || got.Name != "f & g.bin" || got.Kind != exchange.FilePlain {
			t.Errorf("%s: %d bytes of %d, %+v %v", name, len(back), size, got, err)
		}
		if err := box.DeleteFile(t.Context(), d.ID, file.ID); err != nil {
			t.Error(err)
		}
		if left := must[[]exchange.File](t)(box.Files(t.Context(), d.ID)); len(left) != 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	if _, err := box.Attach(t.Context(), "AAAA", exchange.NewFile{Name: "x", Size: 151 << 20}); signoff.KindOf(err) != signoff.TooLarge {
		t.Errorf("too large: %v", err)
	}
}

func pages(t *testing.T, f *Way) {
	box := f.Own("ana")
	for range 5 {
		must[exchange.Mail](t)(box.Draft(t.Context(), NewMail("Page", "jane")))
	}
	seen := map[string]bool{}
	q := exchange.MailQuery{Folder: "drafts", Query: exchange.Query{Top: 2}}
	n := 1
	for ; ; n++ {
		page := must[exchange.Page[exchange.Mail]](t)(box.Mails(t.Context(), q))
		for _, m := range page.Items {
			seen[m.ID] = true
		}
		if q.After = page.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 5 || n != 3 {
		t.Errorf("%d mails on %d pages", len(seen), n)
	}
	q.After = "?"
	if _, err := box.Mails(t.Context(), q); signoff.KindOf(err) != signoff.Invalid {
		t.Errorf("a place that is none: %v", err)
	}
}

func conditions(t *testing.T, f *Way) {
	box := f.Own("ana")
	for _, s := range []string{"It's here", "Other"} {
		m := must[exchange.Mail](t)(box.Draft(t.Context(), NewMail(s, "jane")))
		must[string](t)(box.MoveMail(t.Context(), m.ID, "inbox"))
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
		{broker.Filter{Op: "contains", Name: "subject", To: "the"}, 1, false},
		{eq("body", "x"), 2, true},
		{broker.Filter{Op: "endswith", Name: "subject", To: "x"}, 2, true},
	} {
		page, err := box.Mails(t.Context(), exchange.MailQuery{Query: exchange.Query{Filter: &c.f}})
		if err != nil || len(page.Items) != c.want || page.Unfiltered != c.left {
			t.Errorf("%+v: %d mails, unfiltered %v, %v", c.f, len(page.Items), page.Unfiltered, err)
		}
	}
	page, err := box.Mails(t.Context(), exchange.MailQuery{Search: `subject:"It's`})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("search: %+v %v", page, err)
	}
}

func synced(t *testing.T, f *Way) {
	ana, jane := f.Own("ana"), f.Own("jane")
	send := func(subject string) {
		t.Helper()
		must[exchange.Receipt](t)(f.Post(ana).SendNew(t.Context(), NewMail(subject, "jane"), nil, false))
	}
	send("one")
	send("two")
	got, state, anew := Drain(t, jane, "")
	slices.Sort(got) // both may be of the same second
	if !slices.Equal(got, []string{"one", "two"}) || anew {
		t.Fatalf("%v anew %v", got, anew)
	}
	if got, state, _ = Drain(t, jane, state); len(got) != 0 {
		t.Fatalf("again %v", got)
	}
	page := must[exchange.Page[exchange.Mail]](t)(jane.Mails(t.Context(), exchange.MailQuery{}))
	yes := true
	must[exchange.Mail](t)(jane.ChangeMail(t.Context(), page.Items[0].ID, exchange.MailChange{Read: &yes}))
	must[string](t)(jane.MoveMail(t.Context(), page.Items[1].ID, "archive"))
	send("three")
	if err := jane.Watch(t.Context(), "inbox", state); err != nil {
		t.Fatal(err)
	}
	if got, _, _ = Drain(t, jane, state); !slices.Equal(got, []string{"three"}) {
		t.Fatalf("after marking and moving: %v", got)
	}
}

func forgotten(t *testing.T, f *Way) {
	ana, jane := f.Own("ana"), f.Own("jane")
	must[exchange.Receipt](t)(f.Post(ana).SendNew(t.Context(), NewMail("one", "jane"), nil, false))
	_, state, _ := Drain(t, jane, "")
	f.Plant("delta-expired", "jane", "", 1)
	if got, next, anew := Drain(t, jane, state); !slices.Equal(got, []string{"one"}) || !anew || next == "" {
		t.Errorf("%v anew %v", got, anew)
	}
	for _, bad := range []string{"nonsense", "%", "a\x00b", "bm9uc2Vuc2U=", strings.Repeat("x", 2<<20)} {
		if got, _, anew := Drain(t, jane, bad); len(got) != 1 || !anew {
			t.Errorf("%.60q: %v anew %v", bad, got, anew)
		}
	}
}

func deadIDs(t *testing.T, f *Way) {
	box := f.Own("ana")
	for _, id := range []string{"", "AAAAdead", "../../users", "a<b", strings.Repeat("A", 5000)} {
		if _, err := box.Mail(t.Context(), id, 0); !exchange.Gone(err) {
			t.Errorf("%.20q: %v", id, err)
		}
		if _, err := box.Event(t.Context(), id); !exchange.Gone(err) {
			t.Errorf("appointment %.20q: %v", id, err)
		}
	}
	f.Plant("sent-items-delay", "ana", "0", 1)
	d := must[exchange.Mail](t)(box.Draft(t.Context(), NewMail("Case", "jane")))
	if swapped := strings.ToLower(d.ID); swapped != d.ID {
		if _, err := box.Mail(t.Context(), swapped, 0); !exchange.Gone(err) {
			t.Errorf("an id in lower case: %v", err)
		}
	}
}

func walk(t *testing.T, f *Way) {
	box := f.Own("ana")
	steps := box.Check(t.Context())
	if got := Walked(steps); got != "+name +TLS +token +rights +mailbox +send +read" || steps[4].Found == "" {
		t.Errorf("%s %+v", got, steps)
	}
	if n := len(f.Arrived("ana")) + len(f.Arrived("jane")); n != 0 {
		t.Errorf("the test sent %d mails", n)
	}
	if drafts := must[exchange.Page[exchange.Mail]](t)(box.Mails(t.Context(), exchange.MailQuery{Folder: "drafts"})); len(drafts.Items) != 0 {
		t.Errorf("the test left %v", drafts.Items)
	}
}
