package sandbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/emersion/go-message/mail"
)

type replyInput struct {
	ID   string `path:"id" maxLength:"400"`
	Body struct {
		Text  string `json:"text" minLength:"1" maxLength:"100000" doc:"what the person types above the quoted mail"`
		Style string `json:"style,omitempty" enum:"plain,html" default:"plain" doc:"plain: quoted with \">\", as most programs do; html: text and HTML with a header block, as Outlook does"`
	}
}

type replyOut struct {
	Body struct {
		To      string `json:"to"`
		Subject string `json:"subject"`
	}
}

// reply answers a mail as the mailbox's owner would from a mail program, over
// the same delivery as SMTP with a password.
func (a api) reply(_ context.Context, in *replyInput) (*replyOut, error) {
	box, m, raw, err := a.find(in.ID)
	if err != nil {
		return nil, err
	}
	if box.address == "" {
		return nil, huma.Error422UnprocessableEntity("nobody owns this mailbox, so nobody can answer from it")
	}
	head, err := m.folder.briefOf(m.uid)
	if err != nil {
		return nil, errGone
	}
	original := head.mail()
	to, err := original.AddressList("Reply-To")
	if err != nil || len(to) == 0 {
		to, err = original.AddressList("From")
	}
	if err != nil || len(to) == 0 {
		return nil, huma.Error422UnprocessableEntity("this mail names nobody to answer to")
	}
	data, err := compose(box, original, head, parse(raw), to, in.Body.Text, in.Body.Style == "html", a.post.now())
	if err != nil {
		return nil, err
	}
	env := envelope{from: box.address, auth: box.id, helo: "sandbox.page", tls: true}
	for _, r := range to {
		if _, where := resolve(r.Address); where == nowhere {
			return nil, huma.Error422UnprocessableEntity("nobody at Contoso is called " + r.Address)
		}
		env.to = append(env.to, r.Address)
	}
	if err := a.post.deliver(env, data); err != nil {
		return nil, err
	}
	if err := a.sent(box, m, data); err != nil {
		return nil, err
	}
	out := &replyOut{}
	out.Body.To, out.Body.Subject = to[0].Address, replySubject(head)
	return out, nil
}

// sent keeps a copy among the sent mails and marks the original as answered.
func (a api) sent(box *mailbox, m found, data []byte) error {
	d, err := box.folder(sentItems).stage(data, a.post.now(), seen)
	if err != nil {
		return err
	}
	if _, err := d.publish(); err != nil {
		d.discard()
		return err
	}
	if err := m.folder.mark(m.uid, func(f flagSet) flagSet { return f | seen | answered }, nil); err != nil {
		return errGone
	}
	a.post.hub.changed(box.id)
	return nil
}

func replySubject(head *brief) string {
	subject := head.text("Subject")
	if len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		return subject
	}
	return "Re: " + subject
}

func compose(box *mailbox, original mail.Header, head *brief, c content, to []*mail.Address, text string, rich bool, now time.Time) ([]byte, error) {
	var h mail.Header
	h.SetAddressList("From", []*mail.Address{{Name: box.name, Address: box.address}})
	h.SetAddressList("To", to)
	h.SetSubject(replySubject(head))
	h.SetDate(now)
	h.SetMessageID(strings.ToLower(rand.Text()) + "@" + Domain)
	if id, err := original.MessageID(); err == nil && id != "" {
		refs, _ := original.MsgIDList("References")
		h.SetMsgIDList("In-Reply-To", []string{id})
		h.SetMsgIDList("References", append(refs, id))
	}
	quoted := c.text
	if quoted == "" {
		quoted = HTMLText(c.html)
	}
	when, who := head.date(now), head.text("From")
	if !rich {
		body := fmt.Sprintf("%s\n\nOn %s, %s wrote:\n%s", text, when.Format("2 Jan 2006 at 15:04"), who, quote(quoted))
		return writeMail(h, part{"text/plain", body})
	}
	block := []string{"From: " + who, "Sent: " + when.Format("Monday, 2 January 2006 15:04"), "To: " + head.text("To"), "Subject: " + head.text("Subject")}
	plain := text + "\n\n________________________________\n" + strings.Join(block, "\n") + "\n\n" + quoted
	rich1 := `<html><body><div style="font-family:Aptos,Calibri,sans-serif">` + paragraphs(text) + `</div>` +
		`<div id="appendonsend"></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr"><b>` +
		strings.ReplaceAll(html.EscapeString(strings.Join(block, "\n")), "\n", "<br>") + `</b></div><div>` + paragraphs(quoted) + `</div></body></html>`
	return writeMail(h, part{"text/plain", plain}, part{"text/html", rich1})
}

func quote(text string) string {
	return "> " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n> ") + "\n"
}

func paragraphs(text string) string {
	return "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n", "<br>") + "</p>"
}

type part struct{ kind, text string }

func writeMail(h mail.Header, parts ...part) ([]byte, error) {
	var b bytes.Buffer
	if len(parts) == 1 {
		h.SetContentType(parts[0].kind, map[string]string{"charset": "utf-8"})
		w, err := mail.CreateSingleInlineWriter(&b, h)
		if err != nil {
			return nil, err
		}
		err = fill(w, parts[0].text)
		return b.Bytes(), err
	}
	alternatives, err := mail.CreateInlineWriter(&b, h)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		var ph mail.InlineHeader
		ph.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		w, err := alternatives.CreatePart(ph)
		if err != nil {
			return nil, err
		}
		if err := fill(w, p.text); err != nil {
			return nil, err
		}
	}
	err = alternatives.Close()
	return b.Bytes(), err
}

func fill(w io.WriteCloser, text string) error {
	if _, err := io.WriteString(w, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		return err
	}
	return w.Close()
}
