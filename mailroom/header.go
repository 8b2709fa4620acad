package mailroom

import (
	"mime"
	"net/mail"
	"strings"
	"unicode"

	gomail "github.com/emersion/go-message/mail"
)

// header says that a program wrote this and wants no out-of-office answer
// (RFC 3834; MS-OXCMAIL for X-Auto-Response-Suppress). Reports of failed
// delivery are welcome.
func (r *Room) header(l letter) gomail.Header {
	var h gomail.Header
	set := func(name string, tokens ...string) { h.AddRaw(folded(name, tokens)) }
	set("From", addressList(l.from)...)
	to := l.allTo
	if len(to) == 0 {
		to = []mail.Address{l.to}
	}
	set("To", addressList(to...)...)
	if len(l.cc) > 0 {
		set("Cc", addressList(l.cc...)...)
	}
	if l.replyTo != "" {
		set("Reply-To", addressList(mail.Address{Name: l.from.Name, Address: l.replyTo})...)
	}
	set("Subject", encoded(oneLine(l.subject, maxSubject))...)
	h.SetDate(l.date)
	set("Message-Id", l.messageID)
	var thread []string
	if l.thread != "" {
		thread = append(thread, l.thread)
	}
	if id, ok := foreignID(l.inReplyTo); ok {
		set("In-Reply-To", id)
		if id != l.thread {
			thread = append(thread, id)
		}
	}
	if len(thread) > 0 {
		set("References", thread...)
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

// lineBytes is how long a header line may be that has encoded words in it (RFC
// 2047 §2).
const lineBytes = 76

// folded is a header field in lines of at most 76 characters, as far as its
// tokens allow. Tokens stand apart by one space and are not cut.
func folded(name string, tokens []string) []byte {
	line := append([]byte(name), ':')
	used := len(line)
	for i, t := range tokens {
		if i > 0 && used+1+len(t) > lineBytes || i == 0 && used+1+len(t) > lineBytes && strings.HasPrefix(t, "=?") {
			line, used = append(line, "\r\n"...), 0
		}
		line = append(append(line, ' '), t...)
		used += 1 + len(t)
	}
	return append(line, "\r\n"...)
}

// encoded is text in words of ASCII, of at most 75 characters where they are
// encoded words.
func encoded(text string) []string {
	return strings.Fields(mime.QEncoding.Encode("utf-8", text))
}

// addressList is addresses in the words of a header. The addresses themselves
// have been found plain.
func addressList(list ...mail.Address) []string {
	var tokens []string
	for i, a := range list {
		a.Name = oneLine(a.Name, maxName)
		words := strings.Fields(a.String())
		if i < len(list)-1 {
			words[len(words)-1] += ","
		}
		tokens = append(tokens, words...)
	}
	return tokens
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

// maxIDBytes is what is left of a line of 998 (RFC 5322 §2.1.1) with room to spare.
const maxIDBytes = 500

// foreignID returns a Message-ID that came with a mail; false when it cannot
// stand in a header of ours. An answer without it still arrives, only beside
// its thread.
func foreignID(id string) (string, bool) {
	inner := strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
	return "<" + inner + ">", inner != "" && len(inner) <= maxIDBytes &&
		!strings.ContainsFunc(inner, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '<' || c == '>' })
}
