package ews

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Check implements exchange.Backend. Where the server is found by Autodiscover,
// each of its steps is one here.
func (b *box) Check(ctx context.Context) []broker.Step {
	c := &check{b: b, at: b.s.base}
	for _, step := range []func(context.Context) bool{c.discover, c.name, c.tls, c.inbox, c.send, c.read} {
		if !step(ctx) {
			break
		}
	}
	return c.steps
}

type check struct {
	b     *box
	at    *url.URL
	steps []broker.Step
}

func (c *check) ok(name, found string, about ...any) bool {
	c.steps = append(c.steps, broker.Step{Name: name, OK: true, Found: fmt.Sprintf(found, about...)})
	return true
}

func (c *check) bad(name string, err error) bool {
	step := broker.Step{Name: name, Found: err.Error()}
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		step.Found, step.Do = e.Detail, e.Hint
	}
	c.steps = append(c.steps, step)
	return false
}

func (c *check) discover(ctx context.Context) bool {
	if c.at != nil {
		return true
	}
	at, trail, err := c.b.discover(ctx)
	c.steps = append(c.steps, trail...)
	if err != nil {
		return c.bad("autodiscover", err)
	}
	for i := range c.steps { // where it is not is no fault once it was found
		c.steps[i].OK = true
	}
	c.at = at
	return c.ok("autodiscover", "The server is %s.", at)
}

func (c *check) name(ctx context.Context) bool {
	host := c.at.Hostname()
	if net.ParseIP(host) != nil {
		return c.ok("name", "%s is an address already.", host)
	}
	at, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return c.bad("name", unreachable(host, "Looking up the name", err))
	}
	return c.ok("name", "%s is at %s.", host, at[0])
}

func (c *check) tls(ctx context.Context) bool {
	timed, stop := context.WithTimeout(ctx, c.b.s.timeout)
	defer stop()
	req, err := http.NewRequestWithContext(timed, http.MethodGet, c.at.String(), nil)
	if err != nil {
		return c.bad("TLS", err)
	}
	req.Header.Set("User-Agent", userAgent)
	plain := *c.b.s.plain
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a, err := plain.Do(req)
	if err != nil {
		return c.bad("TLS", unreachable(c.at.Host, "Connecting", err))
	}
	drain(a.Body)
	if a.TLS == nil {
		return c.ok("TLS", "Not encrypted: the server is on this machine.")
	}
	return c.ok("TLS", "Encrypted; the certificate is trusted, and good until %s.", a.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly))
}

// inbox asks for the inbox: what comes back tells of the credential, the rights
// and the mailbox, in this order.
func (c *check) inbox(ctx context.Context) bool {
	f, err := c.b.Folder(ctx, "inbox")
	whose := c.b.address
	if whose == "" {
		whose = "whoever signed in"
	}
	const accepted, allowed = "Accepted.", "The mailbox may be opened."
	switch code := signoff.CodeOf(err); {
	case err == nil:
	case code == exchange.CodeImpersonate, code == exchange.CodeDenied: // whose token it is was understood
		c.ok("token", accepted)
		return c.bad("rights", err)
	case code == exchange.CodeNoMailbox, code == exchange.CodeGone, code == exchange.CodeRefused:
		c.ok("token", accepted)
		c.ok("rights", allowed)
		return c.bad("mailbox", err)
	default:
		return c.bad("token", err)
	}
	c.ok("token", accepted)
	c.ok("rights", allowed)
	until := ""
	if c.b.online() {
		until = " Microsoft ends EWS in Exchange Online on " + End + " at the latest: choose the protocol Microsoft Graph before."
	}
	return c.ok("mailbox", "The mailbox of %s is there; its inbox has %d mails.%s", whose, f.Total, until)
}

// send makes a draft to nobody and sends it: Exchange says whether it would, and
// cannot.
func (c *check) send(ctx context.Context) bool {
	m, err := c.b.Draft(ctx, exchange.NewMail{Subject: "signoff checks whether it may send", Body: exchange.Body{Text: "This draft may be deleted."}})
	if err != nil {
		return c.bad("send", err)
	}
	defer func() { _ = c.b.DeleteMail(context.WithoutCancel(ctx), m.ID, true) }() // it was for nobody: left over, it does no harm
	_, err = c.b.SendDraft(ctx, m.ID)
	switch code := signoff.CodeOf(err); {
	case err == nil:
		return c.ok("send", "A mail was sent.")
	case code == exchange.CodeRecipients, code == exchange.CodeRefused:
		return c.ok("send", "Drafts can be made, and may be sent. Nothing was sent.")
	}
	return c.bad("send", err)
}

func (c *check) read(ctx context.Context) bool {
	page, err := c.b.Mails(ctx, exchange.MailQuery{Query: exchange.Query{Top: 1}})
	if err != nil {
		return c.bad("read", err)
	}
	if len(page.Items) == 0 {
		return c.ok("read", "The inbox can be read; it is empty.")
	}
	return c.ok("read", "The newest mail in the inbox is of %s.", page.Items[0].Received.Format(time.DateTime))
}
