package sandbox

import (
	"bufio"
	"bytes"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // makes go-message read the charsets of the world
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-message/textproto"
)

// brief is a mail's header, read once and kept: lists and searches ask for it
// again and again.
type brief struct {
	header textproto.Header
}

// briefOf returns a mail's header; fs.ErrNotExist when it is gone.
func (f *folder) briefOf(uid imap.UID) (*brief, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.find(uid)
	if i < 0 {
		return nil, fs.ErrNotExist
	}
	m := f.list[i]
	if m.brief != nil {
		return m.brief, nil
	}
	file, err := os.Open(f.path(m))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// A header that cannot be read is an empty one: the mail can still be opened raw.
	header, _ := textproto.ReadHeader(bufio.NewReader(io.LimitReader(file, maxHeaderBytes)))
	m.brief = &brief{header}
	return m.brief, nil
}

func (b *brief) mail() mail.Header { return mail.Header{Header: gomessage.Header{Header: b.header}} }

// text returns a field decoded for people, "" when it is missing.
func (b *brief) text(name string) string {
	h := b.mail()
	text, err := h.Text(name)
	if err != nil {
		return h.Get(name)
	}
	return text
}

func (b *brief) date(fallback time.Time) time.Time {
	h := b.mail()
	if t, err := h.Date(); err == nil && !t.IsZero() {
		return t
	}
	return fallback
}

const (
	maxParts     = 100
	maxDepth     = 10
	maxTextBytes = 1 << 20
)

// content is what a mail says.
type content struct {
	text  string // the plain text, "" when there is none
	html  string
	files []attachment
}

type attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// parse takes a mail apart. What cannot be read is left out: the raw mail is
// always there to look at.
func parse(raw []byte) content {
	var c content
	entity, err := gomessage.Read(bytes.NewReader(raw))
	if entity == nil || err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err) {
		return c
	}
	parts := 0
	c.add(entity, 0, &parts)
	return c
}

func (c *content) add(e *gomessage.Entity, depth int, parts *int) {
	*parts++
	if depth > maxDepth || *parts > maxParts {
		return
	}
	if multi := e.MultipartReader(); multi != nil {
		for {
			part, err := multi.NextPart()
			if part == nil || err != nil && !gomessage.IsUnknownCharset(err) && !gomessage.IsUnknownEncoding(err) {
				return
			}
			c.add(part, depth+1, parts)
			if *parts > maxParts {
				return
			}
		}
	}
	kind, params, _ := e.Header.ContentType()
	disposition, dparams, _ := e.Header.ContentDisposition()
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case disposition != "attachment" && kind == "text/plain" && c.text == "":
		c.text = readText(e.Body)
	case disposition != "attachment" && kind == "text/html" && c.html == "":
		c.html = readText(e.Body)
	default:
		size, _ := io.Copy(io.Discard, e.Body)
		c.files = append(c.files, attachment{name, kind, size})
	}
}

func readText(r io.Reader) string {
	data, _ := io.ReadAll(io.LimitReader(r, maxTextBytes))
	return strings.ToValidUTF8(strings.ReplaceAll(string(data), "\r\n", "\n"), "\uFFFD")
}

// readable is all text of a mail, for searching.
func readable(raw []byte) string {
	c := parse(raw)
	return c.text + "\n" + c.html
}
