package mailroom

import (
	"bytes"
	"embed"
	htmltemplate "html/template"
	"io"
	"net/mail"
	"net/url"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	gomail "github.com/emersion/go-message/mail"
)

// letter is a mail before it is put into MIME.
type letter struct {
	to        mail.Address
	allTo, cc []mail.Address // shown; allTo empty: to
	subject   string
	messageID string
	replyTo   string
	inReplyTo string // Message-ID with angle brackets
	refs      []string
	answer    bool // it answers a mail, so it is "auto-replied"
	date      time.Time
	page      page
}

// page is what a letter says, in text and in HTML alike.
type page struct {
	Title      string
	Lead       string // one line above the title
	Paragraphs []string
	Facts      []fact
	Buttons    []button
	Words      []string // what may be written on the first line of a reply
	ReplyHint  string
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

// render puts a letter into MIME: plain text and HTML that say the same.
func (r *Room) render(l letter) ([]byte, error) {
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

// header says that a program wrote this and wants no out-of-office answer
// (RFC 3834; MS-OXCMAIL for X-Auto-Response-Suppress). Reports of failed
// delivery are welcome.
func (r *Room) header(l letter) gomail.Header {
	var h gomail.Header
	h.SetAddressList("From", addressList(r.From))
	to := l.allTo
	if len(to) == 0 {
		to = []mail.Address{l.to}
	}
	h.SetAddressList("To", addressList(to...))
	if len(l.cc) > 0 {
		h.SetAddressList("Cc", addressList(l.cc...))
	}
	if l.replyTo != "" {
		h.SetAddressList("Reply-To", addressList(mail.Address{Name: r.From.Name, Address: l.replyTo}))
	}
	h.SetSubject(oneLine(l.subject, maxSubject))
	h.SetDate(l.date)
	h.SetMessageID(bare(l.messageID))
	if l.inReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{bare(l.inReplyTo)})
		h.SetMsgIDList("References", append(bareAll(l.refs), bare(l.inReplyTo)))
	}
	if l.answer {
		h.Set("Auto-Submitted", "auto-replied")
	} else {
		h.Set("Auto-Submitted", "auto-generated")
	}
	h.Set("X-Auto-Response-Suppress", "OOF, AutoReply")
	h.Set("X-Signoff-Loop", r.domain)
	h.Set("Mime-Version", "1.0")
	return h
}

func addressList(list ...mail.Address) []*gomail.Address {
	out := make([]*gomail.Address, len(list))
	for i, a := range list {
		out[i] = &gomail.Address{Name: oneLine(a.Name, maxName), Address: noSpace(a.Address)}
	}
	return out
}

const (
	maxSubject = 200
	maxName    = 100
)

// oneLine makes text from people fit for a header: no line breaks, no control
// characters, not too long.
func oneLine(text string, limit int) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.IsControl(c) {
			return ' '
		}
		if unicode.Is(unicode.Cf, c) {
			return -1 // invisible; some turn the reading direction around
		}
		return c
	}, strings.ToValidUTF8(text, "�"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		text = string(runes[:limit-1]) + "…"
	}
	return text
}

func noSpace(address string) string {
	return strings.Map(func(c rune) rune {
		if c <= ' ' || c == 0x7f {
			return -1
		}
		return c
	}, address)
}

func bare(id string) string { return noSpace(strings.Trim(id, "<>")) }

func bareAll(ids []string) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, bare(id))
	}
	return out
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
