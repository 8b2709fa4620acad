package exchange

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// office is a sandbox with its Exchange.
type office struct {
	*Exchange
	t       *testing.T
	dir     string
	sandbox *sandbox.Sandbox
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir()}
	o.start()
	t.Cleanup(o.stop)
	return o
}

func (o *office) start() {
	o.t.Helper()
	log := slog.New(slog.NewTextHandler(o.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	var err error
	if o.sandbox, err = sandbox.Start(o.t.Context(), sandbox.Options{Dir: o.dir, Log: log}); err != nil {
		o.t.Fatal(err)
	}
	if o.Exchange, err = Open(o.t.Context(), Options{Sandbox: o.sandbox, Dir: filepath.Join(o.dir, "exchange"), Log: log}); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) stop() {
	if err := errors.Join(o.Exchange.Close(), o.sandbox.Close()); err != nil {
		o.t.Error(err)
	}
}

func (o *office) box(account string) *Mailbox {
	o.t.Helper()
	m, err := o.Mailbox(account)
	if err != nil {
		o.t.Fatal(err)
	}
	return m
}

// mail delivers a mail from outside and returns it as it lies in the Inbox.
func (o *office) mail(account, subject string) Item {
	o.t.Helper()
	raw := "From: Eve <eve@fabrikam.test>\r\nTo: " + account + "@contoso.test\r\nSubject: " + subject + "\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n" +
		"Message-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@fabrikam.test>\r\n\r\nHello.\r\n"
	if err := o.sandbox.Inject("mx.fabrikam.test", "eve@fabrikam.test", []string{account + "@contoso.test"}, []byte(raw)); err != nil {
		o.t.Fatal(err)
	}
	return o.newest(account, Inbox)
}

func (o *office) newest(account, folder string) Item {
	o.t.Helper()
	list := o.list(account, folder)
	if len(list) == 0 {
		o.t.Fatalf("%s has nothing in %s", account, folder)
	}
	return list[0]
}

func (o *office) list(account, folder string) []Item {
	o.t.Helper()
	list, err := o.box(account).Items(folder)
	if err != nil {
		o.t.Fatal(err)
	}
	return list
}

// write fills a draft.
func write(subject string, to ...string) func(*Edit) error {
	return func(e *Edit) error {
		msg, err := e.Message()
		if err != nil {
			return err
		}
		msg.Subject, msg.Body = subject, Body{HTML: true, Text: "<p>Please <b>approve</b>.</p>"}
		for _, a := range to {
			msg.To = append(msg.To, Address{Address: a})
		}
		return nil
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAnImmutableIDOutlivesMovesAndAnOrdinaryOneDoesNot(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	it := o.mail("jane", "stay")
	moved := must[Item](t)(jane.Move(it.ID(false).REST(), Archive))
	if moved.ID(false) == it.ID(false) || moved.ID(true) != it.ID(true) {
		t.Errorf("ids before %+v %+v, after %+v %+v", it.ID(false), it.ID(true), moved.ID(false), moved.ID(true))
	}
	if _, err := jane.Item(it.ID(false).REST()); !errors.Is(err, ErrItemNotFound) {
		t.Errorf("the old ordinary id: %v", err)
	}
	if again := must[Item](t)(jane.Item(it.ID(true).EWS())); again.Place != moved.Place {
		t.Errorf("the immutable id leads to %+v", again)
	}
	if _, err := o.box("bob").Item(moved.ID(false).REST()); !errors.Is(err, ErrItemNotFound) {
		t.Errorf("Jane's id in Bob's mailbox: %v", err)
	}
}

func TestAMoveOverIMAPKeepsTheImmutableID(t *testing.T) {
	o := open(t)
	it := o.mail("jane", "moved elsewhere")
	box, _ := o.sandbox.Box("jane")
	if _, err := box.Move(sandbox.InboxFolder, it.UID, sandbox.TrashFolder); err != nil {
		t.Fatal(err)
	}
	moved := o.newest("jane", DeletedItems)
	if moved.Key != it.Key || moved.Place == it.Place {
		t.Errorf("was %d at %d, is %d at %d", it.Key, it.Place, moved.Key, moved.Place)
	}
}

func TestADraftThatIsSentKeepsItsImmutableIDAndArrives(t *testing.T) {
	o := open(t)
	wf := o.box("workflow")
	corr, _ := ParsePropID("String {5b1a6a5e-0000-4000-8000-000000000001} Name wfCorrelation")
	draft := must[Item](t)(wf.Create(Drafts, func(e *Edit) error {
		if err := e.SetProp(corr, "01J"); err != nil {
			return err
		}
		msg, _ := e.Message()
		msg.Bcc = []Address{{Address: "bob@contoso.test"}}
		return write("Approve PO 42", "jane@contoso.test")(e)
	}))
	if err := wf.Send(draft.ID(false).REST(), SendOptions{}); err != nil {
		t.Fatal(err)
	}
	sent := o.newest("workflow", SentItems)
	if v, _ := sent.Prop(corr); sent.Key != draft.Key || sent.Place == draft.Place || sent.MessageID != draft.MessageID || v != "01J" || sent.Draft() {
		t.Errorf("sent copy %+v of draft %+v", sent, draft)
	}
	if n := len(o.list("workflow", Drafts)) + len(o.list("workflow", Outbox)); n != 0 {
		t.Errorf("%d mails are left in Drafts and Outbox", n)
	}
	for _, who := range []string{"jane", "bob"} {
		got := o.newest(who, Inbox)
		msg := must[*Message](t)(got.Message())
		if got.MessageID != draft.MessageID || got.Thread != draft.Thread || len(msg.Bcc) != 0 || got.Read() {
			t.Errorf("%s got %+v %+v", who, got, msg)
		}
		if _, has := got.Prop(corr); has {
			t.Error("a private property travelled with the mail")
		}
		if a := msg.Header("Authentication-Results"); !strings.Contains(a, "dmarc=pass") {
			t.Errorf("%s: %s", who, a)
		}
	}
	if err := wf.Send(sent.ID(false).REST(), SendOptions{}); !errors.Is(err, ErrNotDraft) {
		t.Errorf("sending it again: %v", err)
	}
}

func TestASentItemIsFoundLateWhenTheSwitchIsOn(t *testing.T) {
	o := open(t)
	wf := o.box("workflow")
	if err := o.Plant(Fault{Name: "sent-items-delay", Value: "60000"}); err != nil {
		t.Fatal(err)
	}
	draft := must[Item](t)(wf.Create(Drafts, write("later", "jane@contoso.test")))
	if err := wf.Send(draft.ID(true).REST(), SendOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := wf.Item(draft.ID(true).REST()); !errors.Is(err, ErrItemNotFound) || len(o.list("workflow", "")) != 0 {
		t.Errorf("it is found already: %v", err)
	}
	if o.newest("jane", Inbox).MessageID != draft.MessageID {
		t.Error("it has not arrived")
	}
	wf.mu.Lock()
	it := *wf.items[draft.Key]
	it.FiledAt = time.Now().Add(-time.Second)
	wf.items[draft.Key] = &it
	wf.mu.Unlock()
	if got := must[Item](t)(wf.Item(draft.ID(true).REST())); got.Folder != wf.known(SentItems).N {
		t.Errorf("later it is %+v", got)
	}
}

func TestEverythingIsThereAfterARestart(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	it := o.mail("jane", "kept")
	must[Item](t)(jane.Update(it.ID(true).REST(), it.ChangeKey(), func(e *Edit) error { return e.SetCategories([]string{"Red category"}) }))
	f := must[Folder](t)(jane.CreateFolder(Inbox, "Projects", ""))
	it = must[Item](t)(jane.Move(it.ID(true).REST(), f.ID().REST()))
	ev := must[Item](t)(jane.CreateEntry(ClassEvent, "", Appointment{Subject: "Talk"}, nil))
	last := jane.Last()
	o.stop()
	o.start()
	jane = o.box("jane")
	got := must[Item](t)(jane.Item(it.ID(false).REST()))
	if got.Key != it.Key || got.ChangeKey() != it.ChangeKey() || !slices.Equal(got.Categories, it.Categories) || got.Folder != f.N {
		t.Errorf("before %+v, after %+v", it, got)
	}
	var a Appointment
	if err := must[Item](t)(jane.Item(ev.ID(true).REST())).ReadEntry(&a); err != nil || a.Subject != "Talk" {
		t.Errorf("the appointment says %+v, %v", a, err)
	}
	if jane.Last() < last {
		t.Errorf("the counter went back from %d to %d", last, jane.Last())
	}
	if changes, _, _, err := jane.Changes(Inbox, last, 10); err != nil || len(changes) != 0 {
		t.Errorf("changes since before the restart: %v %v", changes, err)
	}
}

func TestChangesTellWhatCameWentAndWasRead(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	a, b, c := o.mail("jane", "a"), o.mail("jane", "b"), o.mail("jane", "c")
	list, upTo, more, err := jane.Changes(Inbox, 0, 2)
	if err != nil || len(list) != 2 || !more || list[0].Kind != ItemCreated {
		t.Fatalf("first page %v %v %v", list, more, err)
	}
	list, upTo, more, err = jane.Changes(Inbox, upTo, 2)
	if err != nil || len(list) != 1 || more || list[0].Item.Key != c.Key {
		t.Fatalf("second page %v %v %v", list, more, err)
	}
	must[Item](t)(jane.Update(a.ID(true).REST(), "", func(e *Edit) error { e.SetRead(true); return nil }))
	must[Item](t)(jane.Update(b.ID(true).REST(), "", func(e *Edit) error { return e.SetImportance("high") }))
	must[Item](t)(jane.Move(c.ID(true).REST(), Archive))
	list, _, _, err = jane.Changes(Inbox, upTo, 10)
	var kinds []string
	for _, ch := range list {
		kinds = append(kinds, fmt.Sprint(ch.Kind, ch.Item.Key == a.Key, ch.Item.Key == b.Key, ch.Item.Place == c.Place, ch.Moved))
	}
	want := []string{fmt.Sprint(ItemRead, true, false, false, false), fmt.Sprint(ItemUpdated, false, true, false, false), fmt.Sprint(ItemGone, false, false, true, true)}
	if err != nil || !slices.Equal(kinds, want) {
		t.Errorf("changes %v, want %v (%v)", kinds, want, err)
	}
	if _, _, _, err := jane.Changes(Inbox, jane.Last()+1, 10); !errors.Is(err, ErrSyncState) {
		t.Errorf("a state from the future: %v", err)
	}
}

func TestAStaleChangeKeyIsRefused(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	it := o.mail("jane", "changed")
	read := func(e *Edit) error { e.SetRead(true); return nil }
	now := must[Item](t)(jane.Update(it.ID(true).REST(), it.ChangeKey(), read))
	if _, err := jane.Update(it.ID(true).REST(), it.ChangeKey(), read); !errors.Is(err, ErrStale) {
		t.Errorf("an old change key: %v", err)
	}
	if _, err := jane.Update(it.ID(true).REST(), now.ChangeKey(), read); err != nil {
		t.Error(err)
	}
}

func TestNobodySendsAsOthersWithoutTheRight(t *testing.T) {
	o := open(t)
	wf := o.box("workflow")
	asBob := func(e *Edit) error {
		msg, _ := e.Message()
		msg.From = &Address{Address: "bob@contoso.test"}
		return write("from Bob", "jane@contoso.test")(e)
	}
	if err := wf.SendNew(asBob, SendOptions{}); !errors.Is(err, ErrSendAs) || len(o.list("workflow", "")) != 0 {
		t.Fatalf("without the right: %v, and %d mails are left", err, len(o.list("workflow", "")))
	}
	if err := o.Grant(Grant{SendOnBehalf, "bob", "workflow"}); err != nil {
		t.Fatal(err)
	}
	if err := wf.SendNew(asBob, SendOptions{}); err != nil {
		t.Fatal(err)
	}
	msg := must[*Message](t)(o.newest("jane", Inbox).Message())
	if msg.From.Address != "bob@contoso.test" || msg.Sender == nil || msg.Sender.Address != "workflow@contoso.test" {
		t.Errorf("on behalf: from %v, sender %v", msg.From, msg.Sender)
	}
}

func TestMailToNobodyComesBack(t *testing.T) {
	o := open(t)
	wf := o.box("workflow")
	if err := wf.SendNew(write("anyone there", "nobody@contoso.test", "jane@contoso.test"), SendOptions{}); err != nil {
		t.Fatal(err)
	}
	msg := must[*Message](t)(o.newest("workflow", Inbox).Message())
	if !strings.HasPrefix(msg.Subject, "Undeliverable: anyone there") || !strings.Contains(msg.Header("Content-Type"), "report-type=delivery-status") ||
		msg.Header("Return-Path") != "<>" || !strings.Contains(msg.Body.Text, "nobody@contoso.test") {
		t.Errorf("the bounce is %+v", msg)
	}
	o.newest("jane", Inbox)
}

func TestAnAutomaticReplyGoesOnceToPeopleAndNeverToMachines(t *testing.T) {
	o := open(t)
	jane, wf := o.box("jane"), o.box("workflow")
	if _, err := jane.ChangeSettings(func(s *Settings) error {
		s.OutOfOffice = OutOfOffice{Status: "alwaysEnabled", Audience: "none", Internal: "I am away."}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := wf.SendNew(write("are you there", "jane@contoso.test"), SendOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	quiet := func(e *Edit) error {
		msg, _ := e.Message()
		msg.AutomaticAnswers = "OOF, AutoReply"
		return write("no answer, please", "jane@contoso.test")(e)
	}
	if err := wf.SendNew(quiet, SendOptions{}); err != nil {
		t.Fatal(err)
	}
	o.mail("jane", "from outside")
	if n := len(o.list("jane", Inbox)); n != 4 { // sees to it that they have arrived
		t.Fatalf("jane has %d mails", n)
	}
	list := o.list("workflow", Inbox)
	if len(list) != 1 {
		t.Fatalf("%d answers", len(list))
	}
	msg := must[*Message](t)(list[0].Message())
	if msg.Subject != "Automatic reply: are you there" || msg.Header("Auto-Submitted") != "auto-replied" || msg.Header("X-Auto-Response-Suppress") != "All" ||
		msg.Header("Return-Path") != "<>" || msg.InReplyTo == "" {
		t.Errorf("the answer is %+v", msg)
	}
}

func TestAnAnswerIsThreadedAndQuotes(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	it := o.mail("jane", "Approve PO 42")
	draft := must[Item](t)(jane.Answer(it.ID(false).REST(), Drafts, Reply, Body{Text: "Approve"}, nil))
	msg := must[*Message](t)(draft.Message())
	if msg.Subject != "RE: Approve PO 42" || msg.InReplyTo != it.MessageID || draft.Thread != it.Thread || len(draft.ThreadIndex) != len(it.ThreadIndex)+5 ||
		len(msg.To) != 1 || msg.To[0].Address != "eve@fabrikam.test" || msg.Body.Unique().Text != "Approve" || !strings.Contains(msg.Body.Text, "Hello.") {
		t.Errorf("the answer is %+v %+v", draft, msg)
	}
	if v, _ := must[Item](t)(jane.Item(it.ID(true).REST())).Prop(PropID{Type: "Integer", Tag: 0x1081}); v != "102" {
		t.Errorf("the original's last verb is %q", v)
	}
}

func TestAMailboxSendsNoFasterThanItMay(t *testing.T) {
	o := open(t)
	o.SetLimits(Limits{Concurrent: -1, RequestsPer10Min: -1, MessagesPerMinute: 2})
	wf := o.box("workflow")
	for i := range 3 {
		err := wf.SendNew(write("fast", "jane@contoso.test"), SendOptions{})
		if (i < 2) != (err == nil) || i == 2 && !errors.Is(err, ErrTooManyMessages) {
			t.Errorf("mail %d: %v", i, err)
		}
	}
	if n := len(o.list("jane", Inbox)); n != 2 {
		t.Errorf("%d arrived", n)
	}
}

func TestWatchersHearWhatHappensAtEveryDoor(t *testing.T) {
	o := open(t)
	w := o.box("jane").Watch()
	defer w.Stop()
	o.sandbox.Inject("mx", "eve@fabrikam.test", []string{"jane@contoso.test"}, []byte("Subject: knock\r\nFrom: eve@fabrikam.test\r\n\r\n.\r\n"))
	if a, b := <-w.C, <-w.C; a.Kind != Created || b.Kind != Arrived || a.Key != b.Key {
		t.Errorf("events %+v %+v", a, b)
	}
}

func TestFoldersAreMadeRenamedAndDeletedForEveryDoor(t *testing.T) {
	o := open(t)
	jane := o.box("jane")
	f := must[Folder](t)(jane.CreateFolder(Inbox, "Projects", ""))
	sub := must[Folder](t)(jane.CreateFolder(f.ID().REST(), "Big", ""))
	it := o.mail("jane", "project")
	it = must[Item](t)(jane.Move(it.ID(true).REST(), sub.ID().REST()))
	if _, err := jane.CreateFolder(Inbox, "projects", ""); !errors.Is(err, ErrFolderExists) {
		t.Errorf("a second one: %v", err)
	}
	renamed := must[Folder](t)(jane.RenameFolder(f.ID().REST(), "Old"))
	box, _ := o.sandbox.Box("jane")
	if renamed.ID() != f.ID() || !slices.Contains(box.Folders(), "INBOX/Old/Big") || slices.Contains(box.Folders(), "INBOX/Projects") {
		t.Errorf("renamed %+v; folders %v", renamed, box.Folders())
	}
	if got := must[Item](t)(jane.Item(it.ID(false).REST())); got.Key != it.Key || got.Folder != sub.N {
		t.Errorf("the mail in it is %+v", got)
	}
	if err := jane.DeleteFolder(Inbox); !errors.Is(err, ErrDistinguished) {
		t.Errorf("deleting the Inbox: %v", err)
	}
	if err := jane.DeleteFolder(f.ID().REST()); err != nil {
		t.Fatal(err)
	}
	if _, err := jane.Item(it.ID(true).REST()); !errors.Is(err, ErrItemNotFound) || slices.Contains(box.Folders(), "INBOX/Old") {
		t.Errorf("after deleting: %v, %v", err, box.Folders())
	}
}

func FuzzIDs(f *testing.F) {
	m := mailboxGUID("jane")
	for _, id := range []ID{{Mailbox: m, Kind: OfItem, N: 7}, {Mailbox: m, Kind: OfItem, N: 7, Immutable: true}, {Mailbox: m, Kind: OfFolder, N: 3},
		{Mailbox: m, Kind: OfConversation, Thread: [16]byte{1}}, {Mailbox: m, Kind: OfAttachment, N: 7, File: 9}} {
		f.Add(id.REST())
		f.Add(id.EWS())
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseID(text)
		if err == nil && id.EWS() != toEWS.Replace(text) {
			t.Errorf("%q is read as %+v, which is written %q", text, id, id.EWS())
		}
	})
}
