package exchange

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	gomessage "github.com/emersion/go-message"

	"github.com/signoffhq/signoff/sandbox"
)

// arrive is what a mail that came into the Inbox sets off. The caller holds
// m.mu.
func (m *Mailbox) arrive(it Item, msg *Message) {
	if err := m.answerForOwner(msg); err != nil {
		m.x.log.Error("sandbox automatic reply failed", "mailbox", m.account.ID, "err", err)
	}
	m.forgeAnswer(msg)
	if f, on := m.x.Switched("link-scanner", m.account.ID, ""); on {
		links := linksIn(msg)
		m.x.spawn(func() { m.x.scanLinks(links, f.Value == "post") })
	}
}

// answerForOwner sends the out-of-office answer, once to each sender, and never
// to a machine (RFC 3834 §2, MS-OXCMAIL).
func (m *Mailbox) answerForOwner(msg *Message) error {
	o := m.settings.OutOfOffice
	if !o.On(m.now()) || msg.From == nil || !CheckAddress(msg.From.Address) || automatic(msg) {
		return nil
	}
	account, ours := sandbox.Resolve(msg.From.Address)
	text := o.Internal
	if !ours {
		if text = o.External; o.Audience != "all" {
			return nil
		}
	}
	who := strings.ToLower(msg.From.Address)
	if account == m.account.ID || text == "" || m.answered[who] {
		return nil
	}
	if len(m.answered) >= maxAnswered {
		clear(m.answered)
	}
	m.answered[who] = true
	own := m.Address()
	answer := &Message{From: &own, To: []Address{*msg.From}, Subject: "Automatic reply: " + msg.Subject, Date: m.now(), MessageID: m.newMessageID(),
		InReplyTo: msg.MessageID, AutomaticAnswers: "All", Body: Body{HTML: strings.Contains(text, "<"), Text: text},
		Headers: []Header{{"Auto-Submitted", "auto-replied"}, {"X-MS-Exchange-Generated-Message-Source", "Mailbox Rules Agent"}}}
	if msg.MessageID != "" {
		answer.References = append(slices.Clone(msg.References), msg.MessageID)
	}
	raw, err := answer.MIME()
	if err != nil {
		return err
	}
	return m.x.sandbox.Submit(m.account.ID, "", []string{msg.From.Address}, raw)
}

// automatic tells whether a mail is a machine's, or asks for no answer.
func automatic(msg *Message) bool {
	if a := msg.Header("Auto-Submitted"); a != "" && !strings.HasPrefix(strings.ToLower(a), "no") {
		return true
	}
	for _, word := range strings.Split(strings.ToLower(msg.AutomaticAnswers), ",") {
		if slices.Contains([]string{"all", "oof", "autoreply"}, strings.TrimSpace(word)) {
			return true
		}
	}
	precedence := strings.ToLower(strings.TrimSpace(msg.Header("Precedence")))
	return msg.Header("Return-Path") == "<>" || msg.Header("List-Id") != "" || msg.Header("List-Unsubscribe") != "" ||
		slices.Contains([]string{"bulk", "list", "junk"}, precedence)
}

// bounces tells whether the switch "bounce" is on for an address.
func (x *Exchange) bounces(mailbox, address string) bool {
	f, on := x.Switched("bounce", mailbox, "")
	if !on {
		return false
	}
	_, domain, _ := strings.Cut(address, "@")
	return f.Value == "" || strings.EqualFold(f.Value, address) || strings.EqualFold(strings.TrimPrefix(f.Value, "@"), domain)
}

// bounce reports to a sender who could not be reached (RFC 3464).
func (x *Exchange) bounce(m *Mailbox, msg *Message, refused []string) error {
	var b bytes.Buffer
	var h gomessage.Header
	h.SetContentType("multipart/report", map[string]string{"report-type": "delivery-status"})
	for _, f := range slices.Backward([]Header{{"From", `"Microsoft Outlook" <postmaster@` + sandbox.Domain + ">"}, {"To", m.account.Address},
		{"Subject", oneLine("Undeliverable: " + topic(msg.Subject))}, {"Date", x.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"Message-Id", m.newMessageID()}, {"In-Reply-To", oneLine(msg.MessageID)}, {"References", oneLine(msg.MessageID)},
		{"Auto-Submitted", "auto-replied"}, {"X-MS-Exchange-Message-Is-Ndr", "1"}, {"MIME-Version", "1.0"}}) {
		h.Add(f.Name, f.Value)
	}
	w, err := gomessage.CreateWriter(&b, h)
	if err != nil {
		return err
	}
	said := "Your message couldn't be delivered to: " + strings.Join(refused, ", ") + "\n\nThe address wasn't found.\n"
	status := "Reporting-MTA: dns;exchange." + sandbox.Domain + "\r\n"
	for _, a := range refused {
		status += "\r\nFinal-Recipient: rfc822;" + oneLine(a) + "\r\nAction: failed\r\nStatus: 5.1.10\r\n" +
			"Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\r\n"
	}
	head := *msg
	head.Body, head.Files = Body{}, nil
	original, err := head.MIME()
	if err != nil {
		return err
	}
	for _, p := range []struct{ kind, text string }{{"text/plain; charset=utf-8", said}, {"message/delivery-status", status}, {"text/rfc822-headers", string(original)}} {
		var ph gomessage.Header
		ph.Set("Content-Type", p.kind)
		part, err := w.CreatePart(ph)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, p.text); err != nil {
			return err
		}
		if err := part.Close(); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return x.sandbox.Submit("admin", "", []string{m.account.Address}, b.Bytes()) // postmaster's mail is the administrator's
}

var linkText = regexp.MustCompile(`https?://[^\s"'<>()\[\]]+`)

// linksIn lists the addresses in a mail, each once.
func linksIn(msg *Message) []string {
	var out []string
	for _, link := range linkText.FindAllString(html.UnescapeString(msg.Body.Text), 10*maxScanLinks) {
		link = strings.TrimRight(link, ".,;:!?")
		if !slices.Contains(out, link) && len(out) < maxScanLinks {
			out = append(out, link)
		}
	}
	return out
}

// scanLinks opens links the way mail filters do before anybody reads the mail.
func (x *Exchange) scanLinks(links []string, post bool) {
	for _, link := range links {
		methods := []string{http.MethodHead, http.MethodGet}
		if post {
			methods = append(methods, http.MethodPost)
		}
		for _, method := range methods {
			ctx, cancel := context.WithTimeout(x.ctx, scanTimeout)
			r, err := http.NewRequestWithContext(ctx, method, link, nil)
			if err == nil {
				r.Header.Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks/1.0")
				x.scanned(x.scan.Do(r))
			}
			cancel()
		}
	}
}

func (x *Exchange) scanned(answer *http.Response, err error) {
	if err != nil {
		x.log.Debug("sandbox link scanner", "err", err)
		return
	}
	io.CopyN(io.Discard, answer.Body, 1<<20) // what a scanner reads matters to nobody
	answer.Body.Close()
}

// localClient reaches this machine only: mails of a sandbox have no business
// with others.
func localClient() *http.Client {
	dialer := &net.Dialer{Timeout: scanTimeout}
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, &url.Error{Op: "scan", URL: addr, Err: fmt.Errorf("not on this machine")}
		}
		return dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
	}}}
}
