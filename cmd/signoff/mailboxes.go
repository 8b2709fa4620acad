package main

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/exchange/ews"
	"github.com/signoffhq/signoff/connector/exchange/graph"
	"github.com/signoffhq/signoff/connector/exchange/mailbox"
	"github.com/signoffhq/signoff/connector/mail"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/seal"
)

// exchangeWays are the protocols of Exchange, the recommended first.
func exchangeWays() []exchange.Protocol {
	return []exchange.Protocol{graph.Protocol(), ews.Protocol()}
}

// Whom tokens for Exchange Online are for.
const (
	forGraph   = "https://graph.microsoft.com"
	forOutlook = "https://outlook.office365.com"
)

// openMailbox takes up a mailbox that is connected.
func (s *server) openMailbox(c connections.Connection, password seal.Secret) (connections.Opened, error) {
	if c.Protocol == connections.SMTP {
		return s.openSMTP(c, password)
	}
	for _, p := range exchangeWays() {
		if p.Name == c.Protocol {
			return s.openExchange(p, c, password)
		}
	}
	return connections.Opened{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-mail-connection", Detail: "this server does not speak " + c.Protocol}
}

// tokenOf is what a connection signs in with.
func tokenOf(c connections.Connection, usual string) oauth.Need {
	return oauth.Need{Resource: c.Resource, App: c.App, Audience: cmp.Or(c.Audience, usual)}
}

func (s *server) openExchange(p exchange.Protocol, c connections.Connection, password seal.Secret) (connections.Opened, error) {
	system, err := p.Open(exchange.Settings{Server: c.Server, Domain: exchange.DomainOf(c.Box()), Plain: s.outside.client})
	if err != nil {
		return connections.Opened{}, err
	}
	a := exchange.Access{HTTP: &http.Client{Transport: s.outside.client.Transport}, Who: c.User, User: c.User, Password: password}
	if c.Resource != "" {
		usual := ""
		if c.Server == "" {
			usual = map[string]string{connections.Graph: forGraph, connections.EWS: forOutlook}[p.Name]
		}
		client := *s.oauth.Client(tokenOf(c, usual))
		client.Timeout = 0 // requests have their own, and news are waited for
		a = exchange.Access{HTTP: &client, Who: c.Resource, App: c.App}
	}
	box := exchange.Box{Address: c.Box(), Impersonate: c.Impersonate || c.App && p.Name == connections.EWS}
	backend := system.Open(a, box)
	in := mailbox.NewInbox(backend, mailbox.InboxOptions{Folder: c.Folder, Processed: c.Processed, Push: s.post.hook.push(c), Log: s.log})
	out := mailbox.NewSender(backend, mailbox.SenderOptions{PerMinute: c.PerMinute, AtOnce: c.AtOnce})
	return connections.Opened{Out: out, In: in, Check: inPlace(signedIn(backend.Check, a, c), s.ending(c.Resource), c.Name), Hint: in.Hint, Close: func() {
		if err := system.Close(); err != nil {
			s.log.Debug("closing a mailbox", "err", err)
		}
	}}, nil
}

// ending tells that a resource's credential has run out or soon does, and where
// another is entered.
func (s *server) ending(resource string) func(context.Context) string {
	return func(ctx context.Context) string {
		if resource == "" {
			return ""
		}
		why, err := s.oauth.Ending(ctx, resource)
		if err != nil || why == "" {
			return ""
		}
		return why + ". A new one is entered under Manage › OAuth › " + resource + "."
	}
}

func (s *server) openSMTP(c connections.Connection, password seal.Secret) (connections.Opened, error) {
	account := func(p connections.Place) mail.Account {
		a := mail.Account{Addr: p.Address, Security: mail.Security(p.TLS), Roots: s.outside.roots, Username: c.User, Password: mail.Password(password.Reveal())}
		if c.Resource != "" {
			usual := ""
			if host, _, err := net.SplitHostPort(p.Address); err == nil && (strings.HasSuffix(host, ".office365.com") || strings.HasSuffix(host, ".office.com")) {
				usual = forOutlook
			}
			a.Username, a.Password, a.Token = cmp.Or(c.User, c.Box()), "", s.mailToken(tokenOf(c, usual))
		}
		return a
	}
	perMinute := c.PerMinute
	if perMinute == 0 {
		perMinute = 30
	}
	out := mail.NewSender(account(c.SMTP), mail.SenderOptions{PerMinute: perMinute, AtOnce: c.AtOnce})
	var in *mail.Mailbox
	if c.IMAP.Address != "" {
		in = mail.NewMailbox(account(c.IMAP), mail.MailboxOptions{Folder: c.Folder, Processed: c.Processed})
	}
	return overSMTP(out, in, c.Sender().Address), nil
}

func (s *server) mailToken(n oauth.Need) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		t, err := s.oauth.Token(ctx, n)
		return t.Text.Reveal(), err
	}
}

// overSMTP is a connection over SMTP, and IMAP unless in is nil.
func overSMTP(out *mail.Sender, in *mail.Mailbox, from string) connections.Opened {
	o := connections.Opened{Out: out, Close: out.Close, Check: func(ctx context.Context) []broker.Step {
		steps := out.Check(ctx, from)
		if in != nil {
			steps = append(steps, in.Check(ctx)...)
		}
		list := make([]broker.Step, 0, len(steps))
		for _, step := range steps {
			list = append(list, broker.Step{Name: step.Name, OK: step.OK, Found: step.Found, Do: step.Do})
		}
		return list
	}}
	if in != nil {
		o.In = in
		o.Close = func() {
			out.Close()
			in.Close()
		}
	}
	return o
}
