package mailroom

import (
	"bytes"
	"embed"
	htmltemplate "html/template"
	"io"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/emersion/go-message/mail"
)

// letter is a mail before it is put into MIME.
type letter struct {
	from      mail.Address // "": the usual sender
	to        mail.Address
	allTo, cc []mail.Address // shown; allTo empty: to
	subject   string
	messageID string
	replyTo   string
	inReplyTo string // Message-ID with angle brackets, as a stranger wrote it
	thread    string // Message-ID of the mail that began the thread; "": none
	answer    bool   // it answers a mail, so it is "auto-replied"
	date      time.Time
	page      page
}

// page is what a letter says, in text and in HTML alike.
type page struct {
	Title      string
	Lead       string // one line below the title
	Paragraphs []string
	Facts      []fact
	Buttons    []button
	ReplyHint  string
	OnPage     string // what the page alone offers
	Link       string
	LinkText   string
	Footer     []string
}

type fact struct{ Label, Value string }

type button struct {
	Label string
	URL   htmltemplate.URL
}

//go:embed letter.html letter.txt
var templates embed.FS

var (
	htmlLetter = htmltemplate.Must(htmltemplate.ParseFS(templates, "letter.html"))
	textLetter = texttemplate.Must(texttemplate.ParseFS(templates, "letter.txt"))
)

// render puts a letter into MIME: plain text and HTML that say the same. An
// address that cannot stand in a header is refused.
func (r *Room) render(l letter) ([]byte, error) {
	if l.from.Address == "" {
		l.from = r.From
	}
	for _, a := range slices.Concat([]mail.Address{l.from, l.to}, l.allTo, l.cc) {
		if _, err := plainAddress(a.Address); err != nil {
			return nil, err
		}
	}
	var text, html bytes.Buffer
	if err := textLetter.Execute(&text, l.page); err != nil {
		return nil, err
	}
	if err := htmlLetter.Execute(&html, l.page); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	alternatives, err := gomail.CreateInlineWriter(&b, r.header(l))
	if err != nil {
		return nil, err
	}
	for _, part := range []struct{ kind, text string }{{"text/plain", text.String()}, {"text/html", html.String()}} {
		var h gomail.InlineHeader
		h.SetContentType(part.kind, map[string]string{"charset": "utf-8"})
		h.Set("Content-Transfer-Encoding", "quoted-printable")
		w, err := alternatives.CreatePart(h)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, strings.ReplaceAll(part.text, "\n", "\r\n")); err != nil {
			return nil, err
		}
		if err := w.Close(); err != nil {
			return nil, err
		}
	}
	if err := alternatives.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// replyLink is a mailto link that writes an answer with word as its first line
// (RFC 6068: line breaks are %0D%0A).
func replyLink(address, subject, word string) htmltemplate.URL {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	local, domain, _ := strings.Cut(address, "@")
	return htmltemplate.URL("mailto:" + escape(local) + "@" + escape(domain) + "?subject=" + escape("Re: "+oneLine(subject, maxSubject)) +
		"&body=" + escape(word+"\r\n\r\n"))
}

// paragraphs splits plain text at blank lines.
func paragraphs(text string) []string {
	var list []string
	for _, p := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}
