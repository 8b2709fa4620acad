package exchange

import (
	"strings"
	"time"

	"github.com/signoffhq/signoff/sandbox"
)

// Forgery is a mail by somebody who is not who they say.
type Forgery struct {
	From      string   `json:"from"`               // the address that is claimed, in the mail
	Envelope  string   `json:"envelope,omitempty"` // the one that is claimed to the server; "": as From
	To        []string `json:"to"`
	Subject   string   `json:"subject"`
	Text      string   `json:"text"`
	InReplyTo string   `json:"inReplyTo,omitempty"` // a Message-ID
	Headers   []Header `json:"headers,omitempty"`   // further fields
}

const maxForgeryBytes = 1 << 20

// Forge delivers a mail from elsewhere, by nobody that the sender's domain
// knows: Authentication-Results say so.
func (x *Exchange) Forge(f Forgery) error {
	if !CheckAddress(f.From) || len(f.To) == 0 || len(f.To) > maxRecipients || len(f.Text) > maxForgeryBytes || len(f.Headers) > maxProperties {
		return Refuse("ErrorInvalidArgument", "A forgery needs an address it is from, and addresses it is for.")
	}
	msg := &Message{From: &Address{Address: f.From}, Subject: f.Subject, Date: x.Now().Truncate(time.Second), Body: Body{Text: f.Text}, InReplyTo: f.InReplyTo, Headers: f.Headers}
	if f.InReplyTo != "" {
		msg.References = []string{f.InReplyTo}
	}
	for _, to := range f.To {
		if !CheckAddress(to) {
			return ErrRecipients
		}
		msg.To = append(msg.To, Address{Address: to})
	}
	raw, err := msg.MIME()
	if err != nil {
		return err
	}
	envelope := f.Envelope
	if envelope == "" {
		envelope = f.From
	}
	return x.sandbox.Inject("mail.fabrikam.test", envelope, f.To, raw)
}

// forgeAnswer plays the switch "forger": somebody who has read a mail answers
// it as if they were its reader. Answers are not answered.
func (m *Mailbox) forgeAnswer(msg *Message) {
	f, on := m.x.Switched("forger", m.account.ID, "")
	if !on || msg.InReplyTo != "" || automatic(msg) {
		return
	}
	to := msg.ReplyTo
	if len(to) == 0 && msg.From != nil {
		to = []Address{*msg.From}
	}
	var addresses []string
	for _, a := range to {
		if account, ours := sandbox.Resolve(a.Address); ours && account != "" && account != m.account.ID {
			addresses = append(addresses, a.Address)
		}
	}
	if len(addresses) == 0 {
		return
	}
	text := f.Value
	if text == "" {
		text = "Approve"
	}
	forged := Forgery{From: m.account.Address, To: addresses, Subject: "RE: " + strings.TrimSpace(msg.Subject), Text: text + "\r\n", InReplyTo: msg.MessageID}
	m.x.spawn(func() {
		if err := m.x.Forge(forged); err != nil {
			m.x.log.Error("sandbox forger", "mailbox", m.account.ID, "err", err)
		}
	})
}
