package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/signoffhq/signoff"
)

// A Step is one thing that has to work, with what was found and what to do.
type Step struct {
	Name  string // "name", "TLS", "token", "send", "mailbox", "read"
	OK    bool
	Found string
	Do    string
}

type walk struct{ steps []Step }

func (w *walk) ok(name, text string, about ...any) bool {
	w.steps = append(w.steps, Step{Name: name, OK: true, Found: fmt.Sprintf(text, about...)})
	return true
}

func (w *walk) bad(name string, err error) bool {
	step := Step{Name: name, Found: err.Error()}
	if e, ok := errors.AsType[*signoff.Error](err); ok {
		step.Found, step.Do = e.Detail, e.Hint
	}
	w.steps = append(w.steps, step)
	return false
}

func (w *walk) name(ctx context.Context, a Account) bool {
	host, _, err := net.SplitHostPort(a.Addr)
	if err != nil {
		return w.bad("name", &signoff.Error{Kind: signoff.Invalid, Code: CodeUnreachable, Detail: a.Addr + " is no address with a port", Hint: "enter one as smtp.office365.com:587"})
	}
	if net.ParseIP(host) != nil {
		return w.ok("name", "%s is an address already.", host)
	}
	ctx, stop := context.WithTimeout(ctx, a.timeout())
	defer stop()
	at, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return w.bad("name", &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable, Detail: "There is no server called " + host + ".",
			Hint: "Check the server's name, and that this machine can look up names.", Err: err})
	}
	return w.ok("name", "%s is at %s.", host, at[0])
}

// Check walks to the server and says what it found: whether the account can sign
// in and send as from. Nothing is sent.
func (s *Sender) Check(ctx context.Context, from string) []Step {
	w := &walk{}
	if !w.name(ctx, s.account) {
		return w.steps
	}
	conn, err := s.account.dial(ctx)
	if err != nil {
		w.bad("TLS", err)
		return w.steps
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	c, err := s.greet(conn)
	if err != nil {
		w.bad("TLS", err)
		return w.steps
	}
	defer c.Close()
	w.ok("TLS", "%s", encryption(c))
	if s.account.Username != "" {
		if err := s.signIn(ctx, c); err != nil {
			w.bad("token", err)
			return w.steps
		}
		w.ok("token", "Signed in as %s to send.", s.account.Username)
	}
	if err := c.Mail(from, nil); err != nil {
		w.bad("send", s.refusedSender(from, err))
		return w.steps
	}
	w.ok("send", "It takes mail from %s. Nothing was sent.", from)
	_ = c.Quit() // a courtesy
	return w.steps
}

func encryption(c *smtp.Client) string {
	state, ok := c.TLSConnectionState()
	if !ok || len(state.PeerCertificates) == 0 {
		return "Not encrypted: the server is on this machine."
	}
	return "Encrypted; the certificate is trusted, and good until " + state.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly) + "."
}

// Check walks to the mailbox and says what it found.
func (m *Mailbox) Check(ctx context.Context) []Step {
	w := &walk{}
	if !w.name(ctx, m.account) {
		return w.steps
	}
	try := NewMailbox(m.account, m.opts) // with a connection of its own
	defer try.Close()
	ids, err := try.List(ctx)
	switch code := signoff.CodeOf(err); {
	case err == nil:
		w.ok("TLS", "The connection is good.")
		w.ok("token", "Signed in as %s to read.", m.account.Username)
		w.ok("mailbox", "The folder %s is there.", m.opts.Folder)
		w.ok("read", "It has %d mails.", len(ids))
	case code == CodeUnreachable || code == CodeUntrusted:
		w.bad("TLS", err)
	case code == CodeMailbox:
		w.bad("mailbox", &signoff.Error{Kind: signoff.Unavailable, Code: CodeMailbox, Detail: err.Error(), Hint: "Check the folder's name: " + m.opts.Folder + ".", Err: err})
	default:
		w.bad("token", err)
	}
	return w.steps
}
