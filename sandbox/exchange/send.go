package exchange

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// A mail on its way out lies in the Outbox. There it is "out" until every
// recipient has it, and then "done" until it is filed under Sent Items, which
// the switch "sent-items-delay" puts off: so long nobody finds it anywhere.

// SendOptions says how a mail is sent.
type SendOptions struct {
	ChangeKey string // "": whatever the draft is now
	NoCopy    bool   // nothing is kept
	CopyTo    string // a folder for the copy; "": Sent Items
}

// Send sends a draft. What is filed is the same item: its immutable id stays,
// the ordinary one becomes another. Refusals: ErrNotDraft, ErrRecipients,
// ErrSendAs, ErrTooManyMessages.
func (m *Mailbox) Send(id string, opts SendOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return err
	}
	it, err := m.current(id, opts.ChangeKey)
	if err != nil {
		return err
	}
	if !it.Draft() {
		return ErrNotDraft
	}
	return m.send(it, opts)
}

// SendNew makes a mail and sends it; nobody learns its id.
func (m *Mailbox) SendNew(fill func(*Edit) error, opts SendOptions) error {
	return m.sendMade(func(f *Folder) (*Item, error) { return m.create(f, fill) }, opts)
}

// SendMIME sends a mail as it is.
func (m *Mailbox) SendMIME(raw []byte, fill func(*Edit) error, opts SendOptions) error {
	msg, err := ReadMessage(raw)
	if err != nil {
		return err
	}
	if _, err := headOf(raw); err != nil {
		return ErrMIME
	}
	if len(raw) > sandbox.MaxMessageBytes {
		return ErrMessageSize
	}
	return m.sendMade(func(f *Folder) (*Item, error) { return m.createFromMIME(f, raw, msg, fill) }, opts)
}

func (m *Mailbox) sendMade(create func(*Folder) (*Item, error), opts SendOptions) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.sync(); err != nil {
		return err
	}
	it, err := create(m.known(Outbox))
	if err != nil {
		return err
	}
	if err := m.send(it, opts); err != nil {
		// Nothing was sent, so nothing may be left.
		if rm := m.box.Remove(m.known(Outbox).Path, it.UID); rm != nil {
			return rm
		}
		if rm := m.forget(it, Event{Kind: Removed, Folder: it.Folder}); rm != nil {
			return rm
		}
		return err
	}
	return nil
}

// send hands a draft over. The caller holds m.mu.
func (m *Mailbox) send(it *Item, opts SendOptions) error {
	msg, err := m.message(it)
	if err != nil {
		return err
	}
	final := *msg
	final.Date = m.now()
	if err := m.checkSend(&final); err != nil {
		return err
	}
	to := SentItems
	if opts.CopyTo != "" {
		to = opts.CopyTo
	}
	copyTo, err := m.find(to)
	if err != nil {
		return err
	}
	if !m.x.budget.maySend(m) {
		return ErrTooManyMessages
	}
	old := *it
	sent := *it
	sent.Flags = sandbox.Read
	sent.Received = final.Date
	sent.Sending, sent.NoCopy, sent.SentTo = "out", opts.NoCopy, copyTo.N
	sent.FiledAt = final.Date.Add(m.sentDelay())
	outbox := m.known(Outbox)
	if err := m.write(&sent, &final, outbox); err != nil {
		return err
	}
	if err := m.box.Remove(m.folders[old.Folder].Path, old.UID); err != nil {
		return err
	}
	m.items[old.Key] = &old // enter tells of the place that was left
	if err := m.enter(&sent, outbox); err != nil {
		return err
	}
	return m.dispatch(&sent, &final)
}

func (m *Mailbox) checkSend(msg *Message) error {
	all := msg.Everybody()
	if len(all) == 0 || len(all) > maxRecipients || !slices.ContainsFunc(all, CheckAddress) {
		return ErrRecipients
	}
	for _, a := range all {
		if !CheckAddress(a) {
			return ErrRecipients
		}
	}
	if msg.From == nil {
		own := m.Address()
		msg.From = &own
	}
	right, ok := m.x.access.sender(m.account, msg.From.Address)
	if !ok || m.x.Struck("send-as-denied", m.account.ID, "") {
		return ErrSendAs
	}
	if own := m.Address(); right == onBehalf {
		msg.Sender = &own
	}
	if a, ours := sandbox.Resolve(msg.From.Address); ours && msg.From.Name == "" {
		if other, err := m.x.Mailbox(a); err == nil {
			msg.From = &Address{other.account.Name, msg.From.Address}
		}
	}
	return nil
}

func (m *Mailbox) sentDelay() time.Duration {
	f, on := m.x.Switched("sent-items-delay", m.account.ID, "")
	if !on {
		return 0
	}
	ms, err := strconv.Atoi(f.Value)
	if err != nil || ms < 0 || ms > 600_000 {
		ms = 3000
	}
	return time.Duration(ms) * time.Millisecond
}

// dispatch delivers a mail of the Outbox and files it.
func (m *Mailbox) dispatch(it *Item, msg *Message) error {
	if err := m.deliver(msg); err != nil {
		return err
	}
	done := *it
	done.Sending = "done"
	if err := m.store(&done); err != nil {
		return err
	}
	if wait := done.FiledAt.Sub(m.now()); wait > 0 {
		m.x.spawn(func() { m.later(wait) })
		return nil
	}
	return m.fileSent()
}

// later looks again when a mail is to be filed.
func (m *Mailbox) later(wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-m.x.ctx.Done():
	case <-t.C:
		if err := m.Refresh(); err != nil && m.x.ctx.Err() == nil {
			m.x.log.Error("sandbox mailbox cannot be read", "mailbox", m.account.ID, "err", err)
		}
	}
}

// deliver gives a mail to all its recipients, and a bounce to the sender for
// those who cannot have it.
func (m *Mailbox) deliver(msg *Message) error {
	var to, refused []string
	for _, a := range msg.Everybody() {
		account, ours := sandbox.Resolve(a)
		if ours && account == "" || m.x.bounces(m.account.ID, a) {
			refused = append(refused, a)
			continue
		}
		to = append(to, a)
	}
	wire := *msg
	wire.Bcc = nil
	raw, err := wire.MIME()
	if err != nil {
		return err
	}
	if len(to) > 0 {
		as := m.account.ID
		if a, ours := sandbox.Resolve(msg.From.Address); ours && a != "" {
			as = a // checkSend has found the right
		}
		if err := m.x.sandbox.Submit(as, m.account.Address, to, raw); err != nil {
			return err
		}
	}
	if len(refused) > 0 && !strings.EqualFold(msg.Header("Auto-Submitted"), "auto-replied") {
		return m.x.bounce(m, msg, refused)
	}
	return nil
}

// fileSent moves what was delivered from the Outbox to where its copy belongs.
// The caller holds m.mu.
func (m *Mailbox) fileSent() error {
	for _, it := range m.items {
		if it.Sending != "done" || it.hidden(m.now()) {
			continue
		}
		from, to := m.folders[it.Folder], m.folders[it.SentTo]
		if it.NoCopy {
			if err := m.box.Remove(from.Path, it.UID); err != nil {
				return err
			}
			if err := m.forget(it, Event{Kind: Removed, Folder: it.Folder}); err != nil {
				return err
			}
			continue
		}
		if to == nil {
			to = m.known(SentItems)
		}
		filed := *it
		filed.Sending = ""
		var err error
		if filed.UID, err = m.box.Move(from.Path, it.UID, to.Path); err != nil {
			return err
		}
		if err := m.enter(&filed, to); err != nil {
			return err
		}
	}
	return nil
}

// resume sends what a crash left in the Outbox.
func (m *Mailbox) resume() error {
	for _, it := range m.items {
		if it.Sending != "out" {
			continue
		}
		msg, err := m.message(it)
		if err != nil {
			return err
		}
		if err := m.dispatch(it, msg); err != nil {
			return err
		}
	}
	return m.fileSent()
}
