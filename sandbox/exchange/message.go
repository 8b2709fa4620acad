package exchange

import (
	"bufio"
	"bytes"
	"io"
	"net/textproto"
	"slices"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // makes go-message read the charsets of the world
	"github.com/emersion/go-message/mail"
)

// Message is what a mail says: what ReadMessage finds in MIME, and what
// Message.MIME writes.
type Message struct {
	Subject string
	Body    Body

	From, Sender     *Address // Sender only where it differs from From
	To, Cc, Bcc      []Address
	ReplyTo          []Address
	MessageID        string // with its angle brackets
	InReplyTo        string // likewise
	References       []string
	Date             time.Time
	Importance       string // "low", "normal", "high"
	ThreadIndex      []byte
	ReadReceipt      bool
	DeliveryReceipt  bool
	Headers          []Header // every field as it came; in a draft the x- fields that were set
	Files            []File
	AutomaticAnswers string // X-Auto-Response-Suppress
}

// Address is a name and an SMTP address.
type Address struct{ Name, Address string }

// Body is a mail's text.
type Body struct {
	HTML bool
	Text string
}

// Header is a field as it stands in the mail, unfolded and not decoded.
type Header struct{ Name, Value string }

// FileKind is what an attachment is.
type FileKind int

const (
	PlainFile FileKind = iota
	ItemFile           // a mail in the mail: Data is MIME
	LinkFile           // a reference attachment: URL; kept in the item and not in MIME
)

// File is an attachment.
type File struct {
	N         uint64 // its number in the item, never used again; 0: not yet in one
	Kind      FileKind
	Name      string
	Type      string // media type
	ContentID string // without angle brackets
	Location  string
	Inline    bool
	Data      []byte
	URL       string
	Modified  time.Time
}

// Bounds of a mail that is read.
const (
	maxParts     = 500
	maxDepth     = 20
	maxTextBytes = 8 << 20
	maxFields    = 1000
)

// ReadMessage takes a mail apart. What cannot be read is left out, as long as
// there is a header at all.
func ReadMessage(raw []byte) (*Message, error) {
	e, err := gomessage.Read(bytes.NewReader(raw))
	if e == nil || err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err) {
		return nil, ErrMIME
	}
	m := &Message{}
	m.readHeader(mail.Header{Header: e.Header})
	r := partReader{m: m}
	r.read(e, 0)
	if m.Body.Text == "" && r.text != "" {
		m.Body = Body{Text: r.text}
	}
	return m, nil
}

func (m *Message) readHeader(h mail.Header) {
	text := func(name string) string {
		t, err := h.Text(name)
		if err != nil {
			return h.Get(name)
		}
		return t
	}
	m.Subject = text("Subject")
	m.From, m.Sender = first(readAddresses(h, "From")), first(readAddresses(h, "Sender"))
	m.To, m.Cc, m.Bcc, m.ReplyTo = readAddresses(h, "To"), readAddresses(h, "Cc"), readAddresses(h, "Bcc"), readAddresses(h, "Reply-To")
	m.MessageID = oneID(h.Get("Message-Id"))
	m.InReplyTo = oneID(h.Get("In-Reply-To"))
	for _, id := range strings.Fields(h.Get("References")) {
		if len(m.References) < 100 {
			m.References = append(m.References, id)
		}
	}
	if d, err := h.Date(); err == nil {
		m.Date = d.UTC()
	}
	m.Importance = importance(h)
	m.ThreadIndex = readThreadIndex(h.Get("Thread-Index"))
	m.ReadReceipt = h.Get("Disposition-Notification-To") != ""
	m.DeliveryReceipt = h.Get("Return-Receipt-To") != ""
	m.AutomaticAnswers = h.Get("X-Auto-Response-Suppress")
	for f := h.Fields(); f.Next() && len(m.Headers) < maxFields; {
		m.Headers = append(m.Headers, Header{textproto.CanonicalMIMEHeaderKey(f.Key()), strings.ToValidUTF8(f.Value(), "\uFFFD")})
	}
}

// Header returns the first field of a name.
func (m *Message) Header(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func first(list []Address) *Address {
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

func oneID(text string) string {
	if i := strings.IndexByte(text, '<'); i >= 0 {
		if j := strings.IndexByte(text[i:], '>'); j > 0 {
			return text[i : i+j+1]
		}
	}
	return strings.TrimSpace(text)
}

func readAddresses(h mail.Header, name string) []Address {
	list, err := h.AddressList(name)
	if err != nil {
		text := strings.TrimSpace(h.Get(name))
		if text == "" {
			return nil
		}
		return []Address{{Address: text}} // as Exchange shows what it cannot read
	}
	var out []Address
	for _, a := range list {
		out = append(out, Address{a.Name, a.Address})
	}
	return out
}

func importance(h mail.Header) string {
	switch strings.ToLower(strings.TrimSpace(h.Get("Importance"))) {
	case "high":
		return "high"
	case "low":
		return "low"
	case "":
		switch p := strings.TrimSpace(h.Get("X-Priority")); {
		case strings.HasPrefix(p, "1"), strings.HasPrefix(p, "2"):
			return "high"
		case strings.HasPrefix(p, "4"), strings.HasPrefix(p, "5"):
			return "low"
		}
	}
	return "normal"
}

// partReader walks through a mail's parts.
type partReader struct {
	m     *Message
	text  string
	parts int
}

func (r *partReader) read(e *gomessage.Entity, depth int) {
	r.parts++
	if depth > maxDepth || r.parts > maxParts {
		return
	}
	if multi := e.MultipartReader(); multi != nil {
		for r.parts <= maxParts {
			part, err := multi.NextPart()
			if part == nil || err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err) {
				return
			}
			r.read(part, depth+1)
		}
		return
	}
	kind, params, _ := e.Header.ContentType()
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	body := disposition != "attachment" && name == "" && e.Header.Get("Content-Id") == ""
	switch {
	case body && kind == "text/html" && !r.m.Body.HTML:
		r.m.Body = Body{HTML: true, Text: readText(e.Body)}
	case body && kind == "text/plain" && r.text == "":
		r.text = readText(e.Body)
	case body && r.parts == 1 && kind == "":
		r.text = readText(e.Body)
	default:
		r.file(e, kind, name, disposition)
	}
}

func (r *partReader) file(e *gomessage.Entity, kind, name, disposition string) {
	data, _ := io.ReadAll(e.Body) // what came is what there is
	f := File{Name: name, Type: kind, Inline: disposition == "inline", Data: data, Location: e.Header.Get("Content-Location"),
		ContentID: strings.Trim(e.Header.Get("Content-Id"), "<> ")}
	if kind == "message/rfc822" {
		f.Kind = ItemFile
		if inner, err := ReadMessage(data); err == nil && name == "" {
			f.Name = inner.Subject
		}
	}
	if f.Name == "" {
		f.Name = "attachment"
	}
	r.m.Files = append(r.m.Files, f)
}

func readText(r io.Reader) string {
	data, _ := io.ReadAll(io.LimitReader(r, maxTextBytes))
	return strings.ToValidUTF8(string(data), "\uFFFD")
}

// headOf is a mail's header alone, which must be there.
func headOf(raw []byte) (textproto.MIMEHeader, error) {
	h, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(raw))).ReadMIMEHeader()
	if err != nil && len(h) == 0 {
		return nil, ErrMIME
	}
	return h, nil
}

// Everybody lists who a message goes to, each address once.
func (m *Message) Everybody() []string {
	var out []string
	for _, a := range slices.Concat(m.To, m.Cc, m.Bcc) {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, a.Address) }) {
			out = append(out, a.Address)
		}
	}
	return out
}
