package main

import (
	"context"
	"crypto/x509"
	"net"
	netmail "net/mail"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/connector/mail"
	"github.com/signoffhq/signoff/engine"
	"github.com/signoffhq/signoff/mailroom"
	"github.com/signoffhq/signoff/mailroom/connections"
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
)

// post is the server's mail. Its zero value sends and reads none.
type post struct {
	connections *connections.Service
	hook        graphHook
}

// openPost takes up the mailboxes that are connected, and the one in cfg if
// there is one. It returns what the runner needs to carry out mail commands.
func (s *server) openPost(ctx context.Context, cfg Config, key seal.Key) (map[engine.CommandKind]runner.Handler, error) {
	m := cfg.Mail
	s.post.hook = s.newGraphHook(cfg, key)
	o := connections.Options{Store: s.store, Key: key, Open: s.openMailbox, Exists: s.hasResource, Log: s.log, Base: mailroom.Options{
		Store: s.store, People: s.people, Absences: s.people, ReplyTo: m.Reply.Address, Authserv: m.Reply.Authserv,
		TrustToken: m.Reply.Proof == "none", Trust: reply.Trust{Aligned: m.Reply.Proof == "aligned", Sealers: commaList(m.Reply.Sealers)},
		AnyEnvelope: m.Reply.Envelope == "any", URL: cfg.URL, Secret: key.Derive("mail"), AtOnce: m.Pace.AtOnce, Grace: m.Doubt,
		Location: time.Local, Log: s.log, Now: s.store.Now}}
	if m.SMTP.Address != "" {
		if problems := checkMail(m); len(problems) > 0 {
			return nil, badConfig("the mail configuration is not complete", problems)
		}
		o.OpenFile = func() (connections.Opened, error) { return openConfigured(m) }
		o.File = &connections.Connection{Name: connections.Configured, Protocol: connections.SMTP, From: m.From, Reads: m.IMAP.Address != "",
			User: m.SMTP.Username, SMTP: connections.Place{Address: m.SMTP.Address, TLS: m.SMTP.TLS}, IMAP: connections.Place{Address: m.IMAP.Address, TLS: m.IMAP.TLS},
			Folder: m.IMAP.Folder, Processed: m.IMAP.Processed, ReplyTo: m.Reply.Address, Authserv: m.Reply.Authserv, PerMinute: m.Pace.PerMinute, AtOnce: m.Pace.AtOnce}
		opened, err := openConfigured(m) // a file of authorities that cannot be read is refused at once
		if err != nil {
			return nil, err
		}
		opened.Close()
	}
	var err error
	if s.post.connections, err = connections.New(ctx, o); err != nil {
		return nil, err
	}
	return s.post.connections.Handlers(), nil
}

// openConfigured takes up the mail servers of the configuration.
func openConfigured(m MailConfig) (connections.Opened, error) {
	account, err := mailAccount(m.SMTP.Address, m.SMTP.TLS, m.SMTP.Username, m.SMTP.Password, m.SMTP.CA)
	if err != nil {
		return connections.Opened{}, err
	}
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return connections.Opened{}, err
	}
	out := mail.NewSender(account, mail.SenderOptions{PerMinute: m.Pace.PerMinute, AtOnce: m.Pace.AtOnce})
	if m.IMAP.Address == "" {
		return overSMTP(out, nil, from.Address), nil
	}
	if account, err = mailAccount(m.IMAP.Address, m.IMAP.TLS, m.IMAP.Username, m.IMAP.Password, m.IMAP.CA); err != nil {
		return connections.Opened{}, err
	}
	in := mail.NewMailbox(account, mail.MailboxOptions{Folder: m.IMAP.Folder, Processed: m.IMAP.Processed, Poll: m.IMAP.Poll})
	return overSMTP(out, in, from.Address), nil
}

// start sends and reads mail until ctx ends.
func (p *post) start(ctx context.Context, g *errgroup.Group, r *runner.Runner) {
	g.Go(func() error { return p.connections.Run(ctx, r, r) })
}

func (p *post) close() {
	if p.connections != nil {
		p.connections.Close()
	}
}

// checkMail tells what is missing or does not fit in the mail settings.
func checkMail(m MailConfig) []signoff.FieldError {
	var problems []signoff.FieldError
	say := func(field, detail string) {
		problems = append(problems, signoff.FieldError{Field: field, Detail: detail})
	}
	if _, err := netmail.ParseAddress(m.From); err != nil {
		say("mail.from", "must be an address, such as Approvals <workflow@example.com>")
	}
	if m.Reply.Address != "" {
		if a, err := netmail.ParseAddress(m.Reply.Address); err != nil || a.Address != m.Reply.Address {
			say("mail.reply.address", "must be a bare address, such as workflow@example.com")
		}
	}
	if m.IMAP.Address != "" && m.Reply.Proof != "none" && m.Reply.Authserv == "" {
		say("mail.reply.authserv", "is needed with proof: dmarc or aligned; it is the first word of the Authentication-Results header in mails you receive")
	}
	for field, at := range map[string][2]string{"mail.smtp": {m.SMTP.Address, m.SMTP.TLS}, "mail.imap": {m.IMAP.Address, m.IMAP.TLS}} {
		switch host, _, err := net.SplitHostPort(at[0]); {
		case at[0] == "":
		case err != nil:
			say(field+".address", "must be host:port")
		case at[1] == "none" && !isLoopback(host):
			say(field+".tls", "none would send the password in the clear; it is for servers on this machine only")
		}
	}
	return problems
}

// commaList takes a setting with several values apart.
func commaList(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func mailAccount(addr, tls, user string, password seal.Secret, caFile string) (mail.Account, error) {
	a := mail.Account{Addr: addr, Security: mail.Security(tls), Username: user, Password: mail.Password(password.Reveal())}
	if caFile == "" {
		return a, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return a, &signoff.Error{Kind: signoff.Invalid, Code: "bad-config", Detail: "the file of certificate authorities " + caFile + " cannot be read", Err: err}
	}
	if a.Roots, err = x509.SystemCertPool(); err != nil {
		a.Roots = x509.NewCertPool()
	}
	if !a.Roots.AppendCertsFromPEM(pem) {
		return a, badConfig(caFile+" holds no certificate (PEM)", nil)
	}
	return a, nil
}
