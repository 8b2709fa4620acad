package sandbox

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
)

// envelope is how a mail reached us, apart from the mail itself.
type envelope struct {
	from string   // MAIL FROM, "" for a bounce
	to   []string // RCPT TO
	auth string   // the account that signed in; "" for mail from outside
	helo string
	tls  bool
}

var errNoHeader = errors.New("a mail begins with its header fields")

// deliver puts a mail into the mailbox of each recipient, or into none. When it
// returns nil the mail is on disk.
func (p *post) deliver(env envelope, data []byte) error {
	head, body, err := splitHeader(data)
	if err != nil {
		return err
	}
	now := p.now()
	verdict := authenticate(env, head)
	stamped := p.stamp(env, head, verdict, now)

	var drafts []*draft
	var boxes []string
	fail := func(err error) error {
		for _, d := range drafts {
			d.discard()
		}
		return err
	}
	for _, to := range copies(env.to) {
		box := p.boxes[to.box]
		top := fmt.Sprintf("Return-Path: <%s>\r\nDelivered-To: %s\r\n", env.from, to.address)
		d, err := box.folder(inbox).stage(slices.Concat([]byte(top), stamped, body), now, 0)
		if err != nil {
			return fail(err)
		}
		drafts, boxes = append(drafts, d), append(boxes, to.box)
	}
	if len(drafts) == 0 {
		return nil
	}
	if err := p.showAll(drafts); err != nil {
		return err
	}
	for _, box := range boxes {
		p.hub.changed(box)
	}
	return nil
}

type copyFor struct{ box, address string }

// copies gives each address in our domain a copy of its own, as a delivery
// agent does, and all others one between them.
func copies(to []string) []copyFor {
	var list []copyFor
	var outside []string
	for _, address := range to {
		switch account, where := resolve(address); where {
		case local:
			if c := (copyFor{account, strings.ToLower(address)}); !slices.Contains(list, c) {
				list = append(list, c)
			}
		case elsewhere:
			if !slices.Contains(outside, address) {
				outside = append(outside, address)
			}
		}
	}
	if len(outside) > 0 {
		list = append(list, copyFor{outsideID, strings.Join(outside, ", ")})
	}
	return list
}

// organization begins the fields in which Exchange tells its own servers what it
// knows of a mail. Its header firewall takes them out of whatever comes in.
const organization = "X-MS-Exchange-Organization-"

// stamp returns the header with our own fields on top and with nothing left
// that claims to be ours. Contoso's mail is Exchange's as well: it marks what a
// signed-in person sends in their own name.
func (p *post) stamp(env envelope, head []field, verdict string, now time.Time) []byte {
	with := "ESMTP"
	if env.tls {
		with += "S"
	}
	if env.auth != "" {
		with += "A"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Authentication-Results: %s;\r\n %s\r\n", authServID, verdict)
	if strings.Contains(verdict, "dmarc=pass") {
		fmt.Fprintf(&b, "%sAuthAs: Internal\r\n%sAuthSource: %s\r\n%sAuthMechanism: 04\r\n", organization, organization, authServID, organization)
	} else {
		fmt.Fprintf(&b, "%sAuthAs: Anonymous\r\n%sAuthSource: %s\r\n", organization, organization, authServID)
	}
	fmt.Fprintf(&b, "Received: from %s (localhost [127.0.0.1])\r\n by %s with %s id %s;\r\n %s\r\n",
		token(env.helo), authServID, with, rand.Text()[:12], now.Format(time.RFC1123Z))
	var hasDate, hasID bool
	for _, f := range head {
		if f.is("Return-Path") || f.is("Delivered-To") || f.is("Authentication-Results") && claimsToBeOurs(f) ||
			len(f.name) >= len(organization) && strings.EqualFold(f.name[:len(organization)], organization) {
			continue
		}
		hasDate = hasDate || f.is("Date")
		hasID = hasID || f.is("Message-Id")
		b.Write(f.raw)
	}
	if env.auth != "" && !hasDate { // RFC 6409 §8: a submission server adds what is missing
		fmt.Fprintf(&b, "Date: %s\r\n", now.Format(time.RFC1123Z))
	}
	if env.auth != "" && !hasID {
		fmt.Fprintf(&b, "Message-ID: <%s@%s>\r\n", strings.ToLower(rand.Text()), authServID)
	}
	return b.Bytes()
}

// claimsToBeOurs tells whether an Authentication-Results field bears our name.
// RFC 8601 §5 allows comments, quotes and a version around it; anything that
// mentions our name before the first ";" goes.
func claimsToBeOurs(f field) bool {
	id, _, _ := strings.Cut(f.value(), ";")
	id = strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' || r == ' ' || r == '\t' {
			return -1
		}
		return r
	}, strings.ToLower(id))
	return strings.Contains(id, authServID)
}

// authenticate says what we know of the sender, in the words of RFC 8601.
// Contoso publishes a DMARC policy, so a sender address of ours is genuine only
// when its owner signed in; of other domains nothing is known here.
func authenticate(env envelope, head []field) string {
	method := "auth=none"
	if env.auth != "" {
		method = "auth=pass smtp.auth=" + env.auth + "@" + Domain
	}
	froms := slices.DeleteFunc(slices.Clone(head), func(f field) bool { return !f.is("From") })
	if len(froms) != 1 {
		return method + "; dmarc=permerror (exactly one From field is needed)"
	}
	list, err := mail.ParseAddressList(froms[0].value())
	if err != nil || len(list) != 1 {
		return method + "; dmarc=permerror (exactly one sender is needed)"
	}
	account, where := resolve(list[0].Address)
	at := strings.LastIndexByte(list[0].Address, '@')
	from := " header.from=" + token(strings.ToLower(list[0].Address[at+1:]))
	switch {
	case where == elsewhere:
		return method + "; dmarc=none" + from
	case where == local && env.auth == account:
		return method + "; dmarc=pass (p=reject)" + from
	default:
		return method + "; dmarc=fail (p=reject)" + from
	}
}

// token makes text from a stranger safe to stand in one of our fields.
func token(text string) string {
	text = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>@,;:\"/[]?=`, r) {
			return r
		}
		return -1
	}, text)
	if text == "" {
		return "unknown"
	}
	return text[:min(len(text), 100)]
}
