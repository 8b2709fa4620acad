package reply

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"mime"
	"net/mail"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	"github.com/emersion/go-message/charset" // reads every charset that mail still uses
	"github.com/emersion/go-message/textproto"
)

var words = &mime.WordDecoder{CharsetReader: charset.Reader}

// message is a mail taken apart as far as a decision needs it.
type message struct {
	header   gomessage.Header
	kind     string // media type of the whole
	params   map[string]string
	text     body              // first text/plain that is not an attachment
	html     body              // first text/html that is not an attachment
	report   map[string]string // fields of message/delivery-status
	about    string            // Message-ID of the mail a report is about
	calendar bool              // a part of it is a calendar's request or answer
	parts    int
}

// body is one alternative of what the writer typed.
type body struct {
	present bool
	content string
}

var (
	errDepth     = errors.New("parts inside parts more than 10 deep")
	errParts     = errors.New("more than 50 parts")
	errEncrypted = errors.New("it is encrypted")
	errHeader    = errors.New("its header is larger than 64 KB")
)

// parse takes raw apart. The message is never nil; with an error it holds what
// could be read of the header.
func parse(raw []byte) (*message, error) {
	m := &message{}
	if headerBytes(raw) > maxHeaderBytes {
		return m, errHeader
	}
	e, err := gomessage.ReadWithOptions(bytes.NewReader(raw), &gomessage.ReadOptions{MaxHeaderBytes: maxHeaderBytes + 4096})
	if e == nil {
		return m, errors.New("its header is not that of a mail")
	}
	m.header = e.Header
	if err != nil && !gomessage.IsUnknownCharset(err) {
		return m, errors.New("its encoding is unknown")
	}
	m.kind, m.params, _ = e.Header.ContentType()
	if sealedKind(m) {
		return m, errEncrypted
	}
	if err := m.walk(e, 0); err != nil {
		return m, err
	}
	return m, nil
}

// sealedKind tells whether only its recipient's key opens the mail (RFC 8551
// §3.2.2, RFC 3156 §4).
func sealedKind(m *message) bool {
	kind := strings.TrimPrefix(m.kind, "application/x-")
	return m.kind == "multipart/encrypted" || strings.TrimPrefix(kind, "application/") == "pkcs7-mime" && !strings.EqualFold(m.params["smime-type"], "signed-data")
}

func headerBytes(raw []byte) int {
	end := len(raw)
	for _, sep := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(sep)); i >= 0 {
			end = min(end, i)
		}
	}
	return end
}

// walk visits the parts of e. It does not go into forwarded mails: nothing in
// them was typed by the writer.
func (m *message) walk(e *gomessage.Entity, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	if m.parts++; m.parts > maxParts {
		return errParts
	}
	if mr := e.MultipartReader(); mr != nil {
		defer mr.Close()
		for {
			part, err := mr.NextPart()
			if err == io.EOF {
				return nil
			}
			if err != nil && (part == nil || !gomessage.IsUnknownCharset(err)) {
				return errors.New("its parts are broken")
			}
			if err := m.walk(part, depth+1); err != nil {
				return err
			}
		}
	}
	return m.leaf(e)
}

func (m *message) leaf(e *gomessage.Entity) error {
	kind, params, err := e.Header.ContentType()
	if err != nil || kind == "" {
		kind = "text/plain"
	}
	disposition, _, _ := e.Header.ContentDisposition()
	switch kind {
	case "message/delivery-status":
		m.report = statusFields(e.Body)
	case "message/rfc822", "text/rfc822-headers", "message/global-headers":
		h, _ := textproto.ReadHeader(bufio.NewReader(io.LimitReader(e.Body, maxHeaderBytes)))
		m.about = h.Get("Message-Id")
	case "text/calendar":
		m.calendar = m.calendar || params["method"] != "" && !strings.EqualFold(disposition, "attachment")
	case "text/plain", "text/html":
		if strings.EqualFold(disposition, "attachment") {
			return nil
		}
		text, err := io.ReadAll(io.LimitReader(e.Body, maxTextBytes))
		if err != nil {
			return errors.New("its text is broken")
		}
		b := &m.text
		if kind == "text/html" {
			b = &m.html
		}
		if !b.present {
			*b = body{true, strings.ToValidUTF8(string(text), "\uFFFD")}
		}
	}
	return nil
}

// statusFields reads the blocks of a delivery report (RFC 3464 §2.1); the last
// recipient wins.
func statusFields(r io.Reader) map[string]string {
	fields := map[string]string{}
	br := bufio.NewReader(io.LimitReader(r, maxHeaderBytes))
	for range maxParts {
		h, err := textproto.ReadHeader(br)
		for f := h.Fields(); f.Next(); {
			fields[strings.ToLower(f.Key())] = f.Value()
		}
		if err != nil || h.Len() == 0 {
			break
		}
	}
	return fields
}

// values returns every value of a header field, topmost first.
func (m *message) values(name string) []string {
	return m.header.Values(name)
}

func (m *message) has(name string) bool { return len(m.values(name)) > 0 }

func (m *message) first(name string) string {
	if v := m.values(name); len(v) > 0 {
		return strings.TrimSpace(v[0])
	}
	return ""
}

func (m *message) id() string {
	if ids := messageIDs(m.first("Message-Id")); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

func (m *message) subject() string {
	s, err := words.DecodeHeader(m.first("Subject"))
	if err != nil {
		s = m.first("Subject")
	}
	return strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "\uFFFD")
}

func (m *message) date() time.Time {
	t, err := mail.ParseDate(m.first("Date"))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// from returns the one author. A mail with several From fields or several
// authors has none, so that no two readers can disagree about it.
func (m *message) from() (address, name string) {
	v := m.values("From")
	if len(v) != 1 {
		return "", ""
	}
	list := addresses(v[0])
	if len(list) != 1 {
		return "", ""
	}
	return lower(list[0].Address), clip(list[0].Name, 200)
}

// lower folds ASCII letters only: another letter that folds to one of them
// stands in somebody else's address.
func lower(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, address)
}
