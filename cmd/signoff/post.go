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
	"github.com/signoffhq/signoff/mailroom/reply"
	"github.com/signoffhq/signoff/runner"
	"github.com/signoffhq/signoff/seal"
)

// post is the server's mail. Its zero value sends and reads none.
type post struct {
	room    *mailroom.Room
	sender  *mail.Sender
	mailbox *mail.Mailbox
}

// openPost connects the mailroom to the mail servers of cfg, or says in the
// step that wants to send a mail that there are none. It returns what the
// runner needs to carry out mail commands.
func (s *server) openPost(cfg Config, key seal.Key) (map[engine.CommandKind]runner.Handler, error) {
	m := cfg.Mail
	if m.SMTP.Address == "" {
		return map[engine.CommandKind]runner.Handler{engine.DoNotify: noNotification, engine.DoEmail: noMail}, nil
	}
	if problems := checkMail(m); len(problems) > 0 {
		return nil, badConfig("the mail configuration is not complete", problems)
	}
	from, _ := netmail.ParseAddress(m.From) // checked
	o := mailroom.Options{Store: s.store, People: s.people, From: *from, ReplyTo: m.Reply.Address, Authserv: m.Reply.Authserv,
		TrustToken: m.Reply.Proof == "none", Trust: reply.Trust{Aligned: m.Reply.Proof == "aligned", Sealers: commaList(m.Reply.Sealers)},
		AnyEnvelope: m.Reply.Envelope == "any", URL: cfg.URL, Secret: key.Derive("mail"), AtOnce: m.Pace.AtOnce, Grace: m.Doubt,
		Location: time.Local, Log: s.log, Now: s.store.Now}
	account, err := mailAccount(m.SMTP.Address, m.SMTP.TLS, m.SMTP.Username, m.SMTP.Password, m.SMTP.CA)
	if err != nil {
		return nil, err
	}
	s.post.sender = mail.NewSender(account, mail.SenderOptions{PerMinute: m.Pace.PerMinute, AtOnce: m.Pace.AtOnce})
	o.Out = s.post.sender
	if m.IMAP.Address != "" {
		account, err := mailAccount(m.IMAP.Address, m.IMAP.TLS, m.IMAP.Username, m.IMAP.Password, m.IMAP.CA)
		if err != nil {
			return nil, err
		}
		s.post.mailbox = mail.NewMailbox(account, mail.MailboxOptions{Folder: m.IMAP.Folder, Processed: m.IMAP.Processed, Poll: m.IMAP.Poll})
		o.In = s.post.mailbox
	}
	s.post.room = mailroom.New(o)
	return s.post.room.Handlers(), nil
}

// start sends and reads mail until ctx ends.
func (p *post) start(ctx context.Context, g *errgroup.Group, r *runner.Runner) {
	if p.room != nil {
		g.Go(func() error { return p.room.Run(ctx, r, r) })
	}
}

func (p *post) close() {
	if p.sender != nil {
		p.sender.Close()
	}
	if p.mailbox != nil {
		p.mailbox.Close()
	}
}

// noNotification is for servers without mail: the task is in the worklist.
func noNotification(context.Context, runner.Job) (runner.Result, error) { return runner.Done(nil), nil }

// noMail fails a step that sends a mail, with the remedy as its advice.
func noMail(context.Context, runner.Job) (runner.Result, error) {
	return runner.Result{}, &signoff.Error{Kind: signoff.Invalid, Code: "no-mail",
		Detail: "this server has no mail server to send with; set mail.smtp in its configuration, then try again"}
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
