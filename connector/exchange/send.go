package exchange

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/signoffhq/signoff"
)

// A Post sends mails, each once, and finds out what was sent. The id of a mail
// is known before it is handed over, from its draft; when an answer is lost, the
// mailbox is asked what happened: what it still has as a draft was not sent.
type Post struct {
	Backend Backend
	Pause   func(ctx context.Context, d time.Duration) error // as in Settings

	// Unsent remembers what surely was not sent; nil: nothing is remembered.
	Unsent *Unsent
}

// A Receipt tells what was sent.
type Receipt struct {
	ID           string // of the copy in sent items; "": it has not shown up yet
	MessageID    string
	Conversation string
	Filed        bool // the copy is there
}

// An Outgoing is a mail to be sent.
type Outgoing struct {
	Trace Trace // Correlation at least, or what else it can be found by
	Again bool  // an earlier attempt may have got through
	Files []NewFile
	Make  func(context.Context) (Mail, error) // its draft; nil: Trace.ID is one
	Doing string                              // for errors: "Sending the mail"
}

// patience is how an answer from the mailbox is waited for: a minute in all.
// Sent items are filed seconds after a mail was handed over, and later when a
// mailbox is busy.
var patience = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 14 * time.Second, 30 * time.Second}

const (
	handOvers = 3 // of one draft, each after the mailbox said that it is a draft still
	makings   = 3
	longest   = 30 * time.Second // that a server may ask to wait within a call
)

// Correlation makes a mail's correlation of the key of the call that sends it,
// and a new one of none.
func Correlation(key string) string {
	if key == "" {
		return rand.Text()
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:16])
}

// Send makes the mail and sends it. An error that is Doubtful leaves open
// whether it was sent: call again with Again.
func (p Post) Send(ctx context.Context, o Outgoing) (Receipt, error) {
	r, tried, err := p.send(ctx, o)
	p.Unsent.note(o.Trace.Correlation, err != nil && !tried)
	return r, err
}

// send tells also whether the mail may have been handed over.
func (p Post) send(ctx context.Context, o Outgoing) (r Receipt, tried bool, err error) {
	f, err := p.before(ctx, o)
	if err != nil {
		return Receipt{}, o.Again, err
	}
	if f.State == Nowhere {
		if f.Mail, err = p.draft(ctx, o); err != nil {
			return Receipt{}, false, err
		}
		f.State = InDraft
		if err := p.attach(ctx, f.Mail.ID, o.Files); err != nil {
			p.discard(ctx, f.Mail.ID, err)
			return Receipt{}, false, err
		}
	}
	sent := f.Mail.ID
	if f.State == InDraft {
		if sent, tried, err = p.handOver(ctx, o, f.Mail); err != nil {
			if o.Make != nil && !tried {
				p.discard(ctx, f.Mail.ID, err)
			}
			return Receipt{}, tried, err
		}
	}
	r, err = p.receipt(ctx, o, f, sent)
	return r, true, err
}

// discard deletes a draft of ours that was refused for good. Left over, it does
// no harm: an attempt that comes later deletes it.
func (p Post) discard(ctx context.Context, id string, why error) {
	if signoff.KindOf(why) != signoff.Unavailable {
		_ = p.Backend.DeleteMail(context.WithoutCancel(ctx), id, true)
	}
}

// before tells what an earlier attempt left. What may be on its way is waited
// for, even when there is a draft: of a draft whose making was in doubt there may
// be two, and one of them sent.
func (p Post) before(ctx context.Context, o Outgoing) (Found, error) {
	if !o.Again || o.Make == nil && o.Trace.ID == "" {
		if o.Make == nil {
			return Found{State: InDraft, Mail: Mail{ID: o.Trace.ID, MessageID: o.Trace.MessageID}}, nil
		}
		return Found{}, nil
	}
	if !p.Unsent.has(o.Trace.Correlation) {
		f, err := p.look(ctx, o.Trace, handed)
		if err != nil || f.State != InDraft || o.Make == nil {
			return f, err
		}
	}
	return p.clear(ctx, o.Trace)
}

const strays = 5

// clear deletes the drafts that earlier attempts left. They are not taken up
// again: they may lack files, and whoever tries again may have corrected what
// the mail says.
func (p Post) clear(ctx context.Context, t Trace) (Found, error) {
	for range strays {
		f, err := p.Backend.Find(ctx, t)
		if err != nil || f.State != InDraft {
			return f, err
		}
		if err := p.Backend.DeleteMail(ctx, f.Mail.ID, true); err != nil && !Gone(err) {
			return f, err
		}
	}
	return Found{}, &signoff.Error{Kind: signoff.Unavailable, Code: CodeBusy, Detail: "Drafts that earlier attempts left cannot be deleted.", Hint: "It is tried again by itself."}
}

func handed(f Found) bool { return f.State == Sent || f.State == Waiting }

// look asks for a mail until what is found will do, or patience ends; then it
// returns what was found last.
func (p Post) look(ctx context.Context, t Trace, will func(Found) bool) (f Found, err error) {
	for _, wait := range patience {
		if err := p.pause(ctx, wait); err != nil {
			return f, err
		}
		now, e := p.Backend.Find(ctx, t)
		if e != nil {
			if signoff.KindOf(e) != signoff.Unavailable {
				return f, e
			}
			err = e
			if e := p.pause(ctx, min(WaitOf(e), longest)); e != nil {
				return f, e
			}
			continue
		}
		if f, err = now, nil; will(f) {
			return f, nil
		}
	}
	return f, err
}

// draft makes the draft. When the answer is lost it is looked for; a draft too
// many harms nobody.
func (p Post) draft(ctx context.Context, o Outgoing) (Mail, error) {
	for n := 1; ; n++ {
		m, err := o.Make(ctx)
		if err == nil || !Doubtful(err) || n == makings {
			return m, err
		}
		if e := p.pause(ctx, max(time.Second, min(WaitOf(err), longest))); e != nil {
			return m, err
		}
		f, e := p.Backend.Find(ctx, o.Trace)
		if e != nil && signoff.KindOf(e) != signoff.Unavailable {
			return m, e
		}
		if e == nil && f.State == InDraft {
			return f.Mail, nil
		}
	}
}

// attach adds files to a draft, which has others already when it forwards some.
func (p Post) attach(ctx context.Context, id string, files []NewFile) error {
	if len(files) == 0 {
		return nil
	}
	has, err := p.count(ctx, id)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := p.attachOne(ctx, id, f, has[f.Name]); err != nil {
			return err
		}
		has[f.Name]++
	}
	return nil
}

// attachOne adds a file to a draft that has some of its name; when the answer is
// lost, it looks whether there is one more.
func (p Post) attachOne(ctx context.Context, id string, f NewFile, before int) error {
	for n := 1; ; n++ {
		_, err := p.Backend.Attach(ctx, id, f)
		if err == nil || !Doubtful(err) || n == makings {
			return err
		}
		if e := p.pause(ctx, max(time.Second, min(WaitOf(err), longest))); e != nil {
			return err
		}
		has, e := p.count(ctx, id)
		if e != nil {
			return e
		}
		if has[f.Name] > before {
			return nil
		}
	}
}

// count tells how many files of each name a mail has.
func (p Post) count(ctx context.Context, id string) (map[string]int, error) {
	files, err := p.Backend.Files(ctx, id)
	has := map[string]int{}
	for _, f := range files {
		has[f.Name]++
	}
	return has, err
}

// handOver sends a draft. After a lost answer it goes by what the mailbox says:
// a draft that is still there was not sent, and may be sent once more, for a
// server sends no draft twice.
func (p Post) handOver(ctx context.Context, o Outgoing, m Mail) (id string, tried bool, err error) {
	t := o.Trace
	t.ID, t.MessageID = m.ID, m.MessageID
	for range handOvers {
		if id, err = p.Backend.SendDraft(ctx, m.ID); err == nil {
			return id, true, nil
		}
		if !Doubtful(err) && !(tried && Gone(err)) {
			return "", tried, err
		}
		tried = true
		if e := p.pause(ctx, min(WaitOf(err), longest)); e != nil {
			return "", true, err
		}
		f, e := p.look(ctx, t, func(f Found) bool { return handed(f) || f.State == InDraft && f.Mail.ID == m.ID })
		switch {
		case e == nil && handed(f):
			return f.Mail.ID, true, nil
		case e != nil || f.State != InDraft || f.Mail.ID != m.ID:
			return "", true, Doubt(o.Doing, err)
		}
	}
	return "", true, err
}

// receipt finds the copy of what was handed over. Not finding it is no error:
// the mail is on its way.
func (p Post) receipt(ctx context.Context, o Outgoing, before Found, id string) (Receipt, error) {
	if before.State == Sent {
		return Receipt{ID: before.Mail.ID, MessageID: before.Mail.MessageID, Conversation: before.Mail.Conversation, Filed: true}, nil
	}
	t := o.Trace
	t.ID = id
	if before.Mail.MessageID != "" {
		t.MessageID = before.Mail.MessageID
	}
	r := Receipt{ID: id, MessageID: t.MessageID, Conversation: before.Mail.Conversation}
	f, err := p.look(ctx, t, func(f Found) bool { return f.State == Sent })
	if err == nil && f.State == Sent {
		r = Receipt{ID: f.Mail.ID, MessageID: f.Mail.MessageID, Conversation: f.Mail.Conversation, Filed: true}
	}
	return r, nil // what could not be read does not undo what was sent
}

func (p Post) pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	if p.Pause != nil {
		return p.Pause(ctx, d)
	}
	return Sleep(ctx, d)
}

// Sleep waits for d, or ends with ctx's error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// SendNew sends a new mail. Its correlation has to be set.
func (p Post) SendNew(ctx context.Context, n NewMail, files []NewFile, again bool) (Receipt, error) {
	return p.Send(ctx, Outgoing{Trace: Trace{Correlation: n.Correlation}, Again: again, Files: files, Doing: "Sending the mail",
		Make: func(ctx context.Context) (Mail, error) { return p.Backend.Draft(ctx, n) }})
}

// SendAnswer answers or forwards a mail. The correlation of n has to be set.
func (p Post) SendAnswer(ctx context.Context, id string, how Verb, n NewMail, files []NewFile, again bool) (Receipt, error) {
	return p.Send(ctx, Outgoing{Trace: Trace{Correlation: n.Correlation}, Again: again, Files: files, Doing: "Sending the answer",
		Make: func(ctx context.Context) (Mail, error) { return p.Backend.Answer(ctx, id, how, n) }})
}

// SendDraft sends a draft that is there. One that was sent already is refused
// with CodeConflict, unless it is sent again.
func (p Post) SendDraft(ctx context.Context, id string, again bool) (Receipt, error) {
	m, err := p.Backend.Mail(ctx, id, 0)
	if err != nil {
		return Receipt{}, err
	}
	if !m.Draft && !again {
		return Receipt{}, &signoff.Error{Kind: signoff.Conflict, Code: CodeConflict, Detail: fmt.Sprintf("The mail %q is no draft: it was sent already.", m.Subject)}
	}
	return p.Send(ctx, Outgoing{Trace: Trace{ID: id, MessageID: m.MessageID}, Again: again, Doing: "Sending the draft"})
}

// Draft makes a draft with its files, unless an earlier attempt has.
func (p Post) Draft(ctx context.Context, o Outgoing) (Mail, error) {
	f := Found{}
	if o.Again {
		var err error
		if f, err = p.clear(ctx, o.Trace); err != nil {
			return Mail{}, err
		}
	}
	if f.State == Nowhere {
		var err error
		if f.Mail, err = p.draft(ctx, o); err != nil {
			return Mail{}, err
		}
		if err := p.attach(ctx, f.Mail.ID, o.Files); err != nil {
			p.discard(ctx, f.Mail.ID, err)
			return Mail{}, err
		}
	}
	return p.Backend.Mail(ctx, f.Mail.ID, 0)
}

// SendRaw sends a mail that is written already. t.MessageID is the one in it.
func (p Post) SendRaw(ctx context.Context, raw []byte, t Trace, again bool) (Receipt, error) {
	o := Outgoing{Trace: t, Again: again, Doing: "Sending the mail"}
	f := Found{}
	if again {
		var err error
		if f, err = p.look(ctx, t, handed); err != nil {
			return Receipt{}, err
		}
	}
	if f.State == Nowhere {
		err := p.Backend.SendMIME(ctx, raw, t.Correlation)
		if err != nil && !Doubtful(err) {
			return Receipt{}, err
		}
		if err != nil { // what is found decides
			var e error
			if f, e = p.look(ctx, t, func(f Found) bool { return f.State != Nowhere }); e != nil || f.State == Nowhere {
				return Receipt{}, Doubt(o.Doing, err)
			}
		}
	}
	sent := f.Mail.ID
	if f.State == InDraft {
		var err error
		if sent, _, err = p.handOver(ctx, o, f.Mail); err != nil {
			return Receipt{}, err
		}
	}
	return p.receipt(ctx, o, f, sent)
}
