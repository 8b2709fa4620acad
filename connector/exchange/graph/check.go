package graph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
)

// Check implements exchange.Backend.
func (b *box) Check(ctx context.Context) []broker.Step {
	c := &check{b: b}
	for _, step := range []func(context.Context) bool{c.name, c.tls, c.inbox, c.send, c.read} {
		if !step(ctx) {
			break
		}
	}
	return c.steps
}

type check struct {
	b     *box
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

func (c *check) name(ctx context.Context) bool {
	host := c.b.s.base.Hostname()
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
	req, err := http.NewRequestWithContext(timed, http.MethodGet, c.b.s.base.String(), nil)
	if err != nil {
		return c.bad("TLS", err)
	}
	req.Header.Set("User-Agent", userAgent)
	a, err := c.b.s.plain.Do(req)
	if err != nil {
		return c.bad("TLS", unreachable(c.b.s.base.Host, "Connecting", err))
	}
	a.Body.Close()
	if a.TLS == nil {
		return c.ok("TLS", "Not encrypted: the server is on this machine.")
	}
	until := a.TLS.PeerCertificates[0].NotAfter
	return c.ok("TLS", "Encrypted; the certificate is trusted, and good until %s.", until.UTC().Format(time.DateOnly))
}

// inbox asks for the inbox: what comes back tells of the token, the rights and
// the mailbox, in this order.
func (c *check) inbox(ctx context.Context) bool {
	f, err := c.b.Folder(ctx, "inbox")
	whose := c.b.address
	if whose == "" {
		whose = "whoever signed in"
	}
	code := signoff.CodeOf(err)
	switch {
	case err == nil:
	case code == exchange.CodeDenied:
		c.ok("token", "Accepted.")
		return c.bad("rights", err)
	case code == exchange.CodeNoMailbox, code == exchange.CodeGone, code == exchange.CodeRefused:
		c.ok("token", "Accepted.")
		c.ok("rights", "Reading mail is allowed.")
		return c.bad("mailbox", err)
	default:
		return c.bad("token", err)
	}
	c.ok("token", "Accepted.")
	c.ok("rights", "Reading mail is allowed.")
	return c.ok("mailbox", "The mailbox of %s is there; its inbox has %d mails.", whose, f.Total)
}

// send makes a draft to nobody and sends it: Graph says whether it would, and
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
	changes, err := c.b.Mails(ctx, exchange.MailQuery{Query: exchange.Query{Top: 1}})
	if err != nil {
		return c.bad("read", err)
	}
	if len(changes.Items) == 0 {
		return c.ok("read", "The inbox can be read; it is empty.")
	}
	return c.ok("read", "The newest mail in the inbox is of %s.", changes.Items[0].Received.Format(time.DateTime))
}
