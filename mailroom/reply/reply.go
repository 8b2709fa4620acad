// Package reply works out what a mail means: whether a person wrote it, which
// question it answers, whether its sender is who he says, and what its first
// line decides. It looks at the bytes of the mail and nothing else, decides
// nothing itself, and answers "unclear" whenever there is more than one way to
// read something.
//
// Start reading at Read, then Reading.Decide.
package reply

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
)

// Limits of a mail that is read. A mail over one of them is Unreadable.
const (
	MaxBytes       = 25 << 20
	maxHeaderBytes = 64 << 10
	maxDepth       = 10
	maxParts       = 50
	maxTextBytes   = 256 << 10 // of one text part; the rest is not looked at
	maxTokens      = 16
)

// MaxComment is how many characters of a reply's text are kept as its comment.
const MaxComment = 4000

// Policy says how this server's mail looks and whom to believe.
type Policy struct {
	Address  string // the service mailbox, such as workflow@contoso.test; secrets stand after a plus sign
	Domain   string // right-hand side of our Message-IDs
	Authserv string // name under which our receiving server signs Authentication-Results; "" believes none
	Trust    Trust  // what is believed besides
}

// Reading is what a mail says.
type Reading struct {
	MessageID string
	Subject   string
	From      string // address only; "" when there is not exactly one
	FromName  string
	Date      time.Time

	Unreadable string   // why its text cannot be read; then Decide finds nothing
	Automatic  string   // the sign by which no person wrote it; "" for a person
	Bounce     *Bounce  // set for delivery reports
	Tokens     []string // secrets found after the plus sign of our address, lower case, in order of trust
	Answers    []string // Message-IDs of ours it names in In-Reply-To and References, newest first
	Copied     []string // who else it went to, in To and Cc: neither we nor its sender
	Writers    []Writer // by what other addresses it was handed in
	Proof      Proof

	text, html body
}

// Bounce is a report that a mail of ours could not be delivered.
type Bounce struct {
	MessageID string // of our mail; "" when the report does not say
	Recipient string
	Status    string // RFC 3463, such as 5.1.1
	Text      string // the reporting server's words, at most 500 characters
}

// Read parses raw. It never fails: what cannot be read says so in Unreadable.
func Read(raw []byte, p Policy) Reading {
	if len(raw) > MaxBytes {
		return Reading{Unreadable: fmt.Sprintf("larger than %d MB", MaxBytes>>20)}
	}
	m, err := parse(raw)
	r := Reading{MessageID: m.id(), Subject: clip(m.subject(), 500), Date: m.date()}
	r.From, r.FromName = m.from()
	r.Automatic = automatic(m, r.From, p)
	r.Tokens = tokens(m, p)
	r.Answers = answers(m, p)
	r.Copied = copied(m, r.From, p)
	var results []authres.Result
	r.Proof, results = proof(m, r.From, p)
	r.Writers = writers(m, r.From, results)
	if err != nil {
		r.Unreadable = err.Error()
		return r
	}
	r.Bounce = bounce(m)
	r.text, r.html = m.text, m.html
	return r
}

// tokens collects what stands after the plus sign of the service address
// wherever the mail may carry the address it was delivered to.
func tokens(m *message, p Policy) []string {
	local, domain, _ := strings.Cut(strings.ToLower(p.Address), "@")
	var found []string
	for _, name := range []string{"To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"} {
		for _, v := range m.values(name) {
			for _, a := range addresses(v) {
				l, d, _ := strings.Cut(strings.ToLower(a.Address), "@")
				token, tagged := strings.CutPrefix(l, local+"+")
				if tagged && d == domain && token != "" && len(found) < maxTokens && !contains(found, token) {
					found = append(found, token)
				}
			}
		}
	}
	return found
}

// copied lists the others a mail went to.
func copied(m *message, from string, p Policy) []string {
	var found []string
	for _, name := range []string{"To", "Cc"} {
		for _, v := range m.values(name) {
			for _, a := range addresses(v) {
				if low := lower(a.Address); low != from && !isOurs(low, p) && len(found) < maxTokens && !contains(found, low) {
					found = append(found, low)
				}
			}
		}
	}
	return found
}

// answers lists our own Message-IDs the mail refers to. In-Reply-To names what
// is answered, References the thread with the newest last (RFC 5322 §3.6.4).
func answers(m *message, p Policy) []string {
	suffix := "@" + strings.ToLower(p.Domain) + ">"
	var found []string
	add := func(id string) {
		low := strings.ToLower(id)
		if strings.HasSuffix(low, suffix) && len(found) < maxTokens && !contains(found, id) {
			found = append(found, id)
		}
	}
	for _, v := range m.values("In-Reply-To") {
		for _, id := range messageIDs(v) {
			add(id)
		}
	}
	for _, v := range m.values("References") {
		ids := messageIDs(v)
		for i := len(ids) - 1; i >= 0; i-- {
			add(ids[i])
		}
	}
	return found
}

func messageIDs(v string) []string {
	var ids []string
	for len(ids) < 100 {
		open := strings.IndexByte(v, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(v[open:], '>')
		if end < 0 {
			break
		}
		ids = append(ids, v[open:open+end+1])
		v = v[open+end+1:]
	}
	return ids
}

func addresses(v string) []*mail.Address {
	list, err := (&mail.AddressParser{WordDecoder: words}).ParseList(v)
	if err != nil {
		return nil
	}
	return list
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// clip shortens s to at most n characters.
func clip(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}
