package traffic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

// A Walk tests the way to a mailbox step by step, up to the first that fails.
type Walk struct {
	Backend exchange.Backend
	Plain   *http.Client // without a credential
	Timeout time.Duration
	Mailbox string        // its address; "": of whoever signed in
	Note    func() string // what else is to be said of a mailbox that is there; nil: nothing

	Steps []broker.Step // taken so far
}

// From walks from the server's name to reading the newest mail.
func (w *Walk) From(ctx context.Context, server *url.URL) []broker.Step {
	_ = w.name(ctx, server) && w.tls(ctx, server) && w.inbox(ctx) && w.send(ctx) && w.read(ctx)
	return w.Steps
}

// OK adds a step that went well.
func (w *Walk) OK(name, found string, about ...any) bool {
	w.Steps = append(w.Steps, broker.Step{Name: name, OK: true, Found: fmt.Sprintf(found, about...)})
	return true
}

// Bad adds a step that did not.
func (w *Walk) Bad(name string, err error) bool {
	step := broker.Step{Name: name, Found: err.Error()}
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		step.Found, step.Do = e.Detail, e.Hint
	}
	if w.Mailbox != "" && !strings.ContainsAny(w.Mailbox, " '\"`$;&|<>") {
		step.Do = strings.NewReplacer("<address>", w.Mailbox, "<mailbox>", w.Mailbox).Replace(step.Do)
	}
	w.Steps = append(w.Steps, step)
	return false
}

func (w *Walk) name(ctx context.Context, server *url.URL) bool {
	host := server.Hostname()
	if net.ParseIP(host) != nil {
		return w.OK("name", "%s is an address already.", host)
	}
	at, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return w.Bad("name", Unreachable(host, "Looking up the name", err))
	}
	return w.OK("name", "%s is at %s.", host, at[0])
}

func (w *Walk) tls(ctx context.Context, server *url.URL) bool {
	timed, stop := context.WithTimeout(ctx, w.Timeout)
	defer stop()
	req, err := http.NewRequestWithContext(timed, http.MethodGet, server.String(), nil)
	if err != nil {
		return w.Bad("TLS", err)
	}
	req.Header.Set("User-Agent", UserAgent)
	plain := *w.Plain
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := plain.Do(req)
	if err != nil {
		return w.Bad("TLS", Unreachable(server.Host, "Connecting", err))
	}
	Drain(a.Body)
	if a.TLS == nil {
		return w.OK("TLS", "Not encrypted: the server is on this machine.")
	}
	return w.OK("TLS", "Encrypted; the certificate is trusted, and good until %s.", a.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly))
}

// inbox asks for the inbox: what comes back tells of the credential, the rights
// and the mailbox, in this order.
func (w *Walk) inbox(ctx context.Context) bool {
	f, err := w.Backend.Folder(ctx, "inbox")
	const accepted, allowed = "Accepted.", "The mailbox may be opened."
	switch code := signoff.CodeOf(err); {
	case err == nil:
	case code == exchange.CodeImpersonate, code == exchange.CodeDenied: // whose token it is was understood
		w.OK("token", accepted)
		return w.Bad("rights", err)
	case code == exchange.CodeNoMailbox, code == exchange.CodeGone, code == exchange.CodeRefused:
		w.OK("token", accepted)
		if w.Bad("mailbox", err); w.Mailbox != "" { // no word of rights: there is nothing yet to have one on
			last := &w.Steps[len(w.Steps)-1]
			last.Found = "The mailbox meant is " + w.Mailbox + ". " + last.Found
		}
		return false
	default:
		return w.Bad("token", err)
	}
	w.OK("token", accepted)
	w.OK("rights", allowed)
	whose, note := w.Mailbox, ""
	if whose == "" {
		whose = "whoever signed in"
	}
	if w.Note != nil {
		note = w.Note()
	}
	return w.OK("mailbox", "The mailbox of %s is there; its inbox has %d mails.%s", whose, f.Total, note)
}

// send makes a draft to nobody and sends it: the server says whether it would, and
// cannot.
func (w *Walk) send(ctx context.Context) bool {
	m, err := w.Backend.Draft(ctx, exchange.NewMail{Subject: "signoff checks whether it may send", Body: exchange.Body{Text: "This draft may be deleted."}})
	if err != nil {
		return w.Bad("send", err)
	}
	defer func() { _ = w.Backend.DeleteMail(context.WithoutCancel(ctx), m.ID, true) }() // it was for nobody: left over, it does no harm
	_, err = w.Backend.SendDraft(ctx, m.ID)
	switch code := signoff.CodeOf(err); {
	case err == nil:
		return w.OK("send", "A mail was sent.")
	case code == exchange.CodeRecipients, code == exchange.CodeRefused:
		return w.OK("send", "Drafts can be made, and may be sent. Nothing was sent.")
	}
	return w.Bad("send", err)
}

func (w *Walk) read(ctx context.Context) bool {
	page, err := w.Backend.Mails(ctx, exchange.MailQuery{Query: exchange.Query{Top: 1}})
	if err != nil {
		return w.Bad("read", err)
	}
	if len(page.Items) == 0 {
		return w.OK("read", "The inbox can be read; it is empty.")
	}
	return w.OK("read", "The newest mail in the inbox is of %s.", page.Items[0].Received.Format(time.DateTime))
}
