package exchange

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"

	"github.com/signoffhq/signoff/sandbox"
)

// The fields that Message.MIME writes from its own members; others come from
// Headers.
var ownFields = []string{"From", "Sender", "To", "Cc", "Bcc", "Reply-To", "Subject", "Date", "Message-Id", "In-Reply-To", "References", "Importance",
	"X-Priority", "Thread-Index", "Thread-Topic", "Disposition-Notification-To", "Return-Receipt-To", "X-Auto-Response-Suppress",
	"Mime-Version", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Id", "X-Ms-Has-Attach"}

// MIME writes the message. HTML goes out with a plain text beside it.
func (m *Message) MIME() ([]byte, error) {
	var b bytes.Buffer
	h := m.header()
	files := slices.DeleteFunc(slices.Clone(m.Files), func(f File) bool { return f.Kind == LinkFile })
	if len(files) == 0 {
		err := m.writeBody(func(bh gomessage.Header) (*gomessage.Writer, error) {
			for f := bh.Fields(); f.Next(); {
				h.Set(f.Key(), f.Value())
			}
			return gomessage.CreateWriter(&b, h)
		})
		return b.Bytes(), err
	}
	h.SetContentType("multipart/mixed", nil)
	if slices.ContainsFunc(files, func(f File) bool { return f.Inline }) {
		h.SetContentType("multipart/related", nil)
	}
	w, err := gomessage.CreateWriter(&b, h)
	if err != nil {
		return nil, err
	}
	if err := m.writeBody(w.CreatePart); err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := f.write(w); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

func (m *Message) header() gomessage.Header {
	var h mail.Header
	for _, f := range slices.Backward(m.Headers) { // a header is built from its end
		if !slices.ContainsFunc(ownFields, func(own string) bool { return strings.EqualFold(own, f.Name) }) {
			h.Add(f.Name, oneLine(f.Value))
		}
	}
	h.Set("MIME-Version", "1.0")
	if m.AutomaticAnswers != "" {
		h.Set("X-Auto-Response-Suppress", oneLine(m.AutomaticAnswers))
	}
	if m.ReadReceipt && m.From != nil {
		h.SetAddressList("Disposition-Notification-To", addressList([]Address{*m.From}))
	}
	if m.DeliveryReceipt && m.From != nil {
		h.SetAddressList("Return-Receipt-To", addressList([]Address{*m.From}))
	}
	if m.Importance == "high" || m.Importance == "low" {
		h.Set("Importance", m.Importance)
	}
	if len(m.ThreadIndex) > 0 {
		h.Set("Thread-Index", base64.StdEncoding.EncodeToString(m.ThreadIndex))
	}
	if m.InReplyTo != "" {
		h.Set("In-Reply-To", oneLine(m.InReplyTo))
	}
	if len(m.References) > 0 {
		h.Set("References", oneLine(strings.Join(m.References, " ")))
	}
	if m.MessageID != "" {
		h.Set("Message-Id", oneLine(m.MessageID))
	}
	if !m.Date.IsZero() {
		h.SetDate(m.Date)
	}
	h.SetSubject(oneLine(m.Subject))
	for _, l := range []struct {
		name string
		list []Address
	}{{"Reply-To", m.ReplyTo}, {"Bcc", m.Bcc}, {"Cc", m.Cc}, {"To", m.To}, {"Sender", one(m.Sender)}, {"From", one(m.From)}} {
		if len(l.list) > 0 {
			h.SetAddressList(l.name, addressList(l.list))
		}
	}
	return h.Header
}

func one(a *Address) []Address {
	if a == nil {
		return nil
	}
	return []Address{*a}
}

func addressList(list []Address) []*mail.Address {
	var out []*mail.Address
	for _, a := range list {
		out = append(out, &mail.Address{Name: oneLine(a.Name), Address: oneLine(a.Address)})
	}
	return out
}

// oneLine keeps a value from becoming a second header field.
func oneLine(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", " ", "\n", " ", "\x00", "").Replace(text))
}

type partMaker func(gomessage.Header) (*gomessage.Writer, error)

func (m *Message) writeBody(create partMaker) error {
	if !m.Body.HTML {
		return writePart(create, "text/plain", m.Body.Text)
	}
	var h gomessage.Header
	h.SetContentType("multipart/alternative", nil)
	w, err := create(h)
	if err != nil {
		return err
	}
	if err := writePart(w.CreatePart, "text/plain", sandbox.HTMLText(m.Body.Text)); err != nil {
		return err
	}
	if err := writePart(w.CreatePart, "text/html", m.Body.Text); err != nil {
		return err
	}
	return w.Close()
}

func writePart(create partMaker, kind, text string) error {
	var h gomessage.Header
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	w, err := create(h)
	if err != nil {
		return err
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return w.Close()
}

func (f File) write(to *gomessage.Writer) error {
	var h gomessage.Header
	kind, _, err := mime.ParseMediaType(f.Type)
	if err != nil || strings.HasPrefix(kind, "multipart/") {
		kind = "application/octet-stream"
	}
	encoding := "base64"
	if f.Kind == ItemFile {
		kind, encoding = "message/rfc822", "8bit" // RFC 2046 §5.2.1
	}
	name := oneLine(f.Name)
	h.SetContentType(kind, map[string]string{"name": name})
	disposition := "attachment"
	if f.Inline {
		disposition = "inline"
	}
	h.SetContentDisposition(disposition, map[string]string{"filename": name})
	h.Set("Content-Transfer-Encoding", encoding)
	if f.ContentID != "" {
		h.Set("Content-Id", "<"+oneLine(f.ContentID)+">")
	}
	if f.Location != "" {
		h.Set("Content-Location", oneLine(f.Location))
	}
	w, err := to.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(f.Data); err != nil {
		return err
	}
	return w.Close()
}

// CheckAddress tells whether a text can be mailed to.
func CheckAddress(text string) bool {
	a, err := netmail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text && len(text) <= 320
}
