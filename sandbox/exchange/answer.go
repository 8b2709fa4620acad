package exchange

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox"
)

// Verb is what is done with a mail, as MAPI's PidTagLastVerbExecuted has it.
type Verb int

const (
	Reply    Verb = 102
	ReplyAll Verb = 103
	Forward  Verb = 104
)

// Answer makes a draft that answers or forwards a mail: its recipients, subject
// and threading, and the quoted original below comment. fill may change it
// before it is kept; nil leaves it.
func (m *Mailbox) Answer(id, folder string, verb Verb, comment Body, fill func(*Edit) error) (Item, error) {
	original, msg, err := m.original(id)
	if err != nil {
		return Item{}, err
	}
	draft, err := m.Create(folder, func(e *Edit) error { return m.compose(e, verb, msg, comment, fill) })
	if err != nil {
		return Item{}, err
	}
	return draft, m.wasAnswered(original, verb)
}

// SendAnswer is Answer and Send in one; nobody learns the answer's id.
func (m *Mailbox) SendAnswer(id string, verb Verb, comment Body, fill func(*Edit) error, opts SendOptions) error {
	original, msg, err := m.original(id)
	if err != nil {
		return err
	}
	if err := m.SendNew(func(e *Edit) error { return m.compose(e, verb, msg, comment, fill) }, opts); err != nil {
		return err
	}
	return m.wasAnswered(original, verb)
}

func (m *Mailbox) original(id string) (Item, *Message, error) {
	it, err := m.Item(id)
	if err != nil {
		return it, nil, err
	}
	if it.Class != ClassMail {
		return it, nil, Refuse("ErrorInvalidOperation", "Only mails can be answered.")
	}
	msg, err := it.Message()
	return it, msg, err
}

// wasAnswered marks the original. That it is gone by now is nobody's mistake.
func (m *Mailbox) wasAnswered(it Item, verb Verb) error {
	_, err := m.Update(it.ID(true).EWS(), "", func(e *Edit) error {
		e.Item.Verb, e.Item.VerbAt = int(verb), m.now()
		if verb != Forward {
			e.setFlag(sandbox.Answered, true)
		}
		e.Touch()
		return nil
	})
	if errors.Is(err, ErrItemNotFound) {
		return nil
	}
	return err
}

func (m *Mailbox) compose(e *Edit, verb Verb, original *Message, comment Body, fill func(*Edit) error) error {
	msg, err := e.Message()
	if err != nil {
		return err
	}
	prefix := "RE: "
	if verb == Forward {
		prefix = "FW: "
	}
	msg.Subject = prefix + topic(original.Subject)
	if verb != Forward {
		msg.To = original.ReplyTo
		if len(msg.To) == 0 && original.From != nil {
			msg.To = []Address{*original.From}
		}
	}
	if verb == ReplyAll {
		msg.To = m.without(append(slices.Clone(msg.To), original.To...))
		msg.Cc = m.without(original.Cc)
	}
	if original.MessageID != "" {
		msg.InReplyTo = original.MessageID
		msg.References = append(slices.Clone(original.References), original.MessageID)
	}
	id, index := original.thread()
	if len(index) < threadHead {
		index = beginThread(id, original.Date)
	}
	msg.ThreadIndex = deeper(index, m.now())
	if verb == Forward {
		for _, f := range original.Files {
			f.N = m.next()
			msg.Files = append(msg.Files, f)
		}
	}
	if fill != nil {
		if err := fill(e); err != nil {
			return err
		}
	}
	if msg.Body.Text == "" { // a body of its own replaces comment and quote
		msg.Body = quoted(comment, original)
	}
	return nil
}

// without leaves the owner and repeated addresses out.
func (m *Mailbox) without(list []Address) []Address {
	var out []Address
	for _, a := range list {
		account, _ := sandbox.Resolve(a.Address)
		if account == m.account.ID || slices.ContainsFunc(out, func(o Address) bool { return strings.EqualFold(o.Address, a.Address) }) {
			continue
		}
		out = append(out, a)
	}
	return out
}

// quoted is a comment above the original, the way Outlook has it.
func quoted(comment Body, original *Message) Body {
	var who string
	if original.From != nil {
		who = original.From.text()
	}
	var to []string
	for _, a := range original.To {
		to = append(to, a.text())
	}
	block := []string{"From: " + who, "Sent: " + original.Date.Format("Monday, January 2, 2006 3:04:05 PM"), "To: " + strings.Join(to, "; "), "Subject: " + original.Subject}
	if !comment.HTML && !original.Body.HTML {
		return Body{Text: comment.Text + "\r\n\r\n________________________________\r\n" + strings.Join(block, "\r\n") + "\r\n\r\n" + original.Body.Text}
	}
	return Body{HTML: true, Text: `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>` +
		"<div>" + comment.asHTML() + `</div><hr tabindex="-1" style="display:inline-block; width:98%"><div id="divRplyFwdMsg" dir="ltr">` +
		strings.ReplaceAll(html.EscapeString(strings.Join(block, "\n")), "\n", "<br>") + "</div><div>" + original.Body.asHTML() + "</div></body></html>"}
}

func (a Address) text() string {
	if a.Name == "" {
		return a.Address
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Address)
}

func (b Body) asHTML() string {
	if b.HTML {
		return b.Text
	}
	return strings.ReplaceAll(html.EscapeString(strings.ReplaceAll(b.Text, "\r\n", "\n")), "\n", "<br>\r\n")
}

// As returns the body as text or as HTML, whichever it was.
func (b Body) As(rich bool) Body {
	switch {
	case b.HTML == rich:
		return b
	case rich:
		return Body{HTML: true, Text: `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>` + b.asHTML() + "</body></html>"}
	}
	return Body{Text: sandbox.HTMLText(b.Text)}
}

// quoteMarks begin what a mail quotes, in the mails that this sandbox and the
// usual programs write.
var quoteMarks = []string{`<hr tabindex="-1"`, `<div id="appendonsend"`, `<div id="divRplyFwdMsg"`, `<div id="x_divRplyFwdMsg"`, `<div class="gmail_quote`, "<blockquote",
	"-----Original Message-----", "________________________________", "\n> ", "\nOn "}

// Unique is the body without what it quotes.
func (b Body) Unique() Body {
	text := "\n" + strings.ReplaceAll(b.Text, "\r\n", "\n")
	cut := len(text)
	for _, mark := range quoteMarks {
		i := strings.Index(text, mark)
		if i < 0 || i > cut {
			continue
		}
		if mark == "\nOn " {
			line, _, _ := strings.Cut(text[i+1:], "\n>")
			if b.HTML || !strings.HasSuffix(strings.TrimSpace(line), ":") || len(line) > 300 {
				continue
			}
		}
		cut = i
	}
	text = strings.TrimSpace(text[:cut])
	if b.HTML && cut < len(b.Text) {
		text += "</body></html>"
	}
	return Body{HTML: b.HTML, Text: text}
}
