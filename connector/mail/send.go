package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/pace"
)

// SenderOptions bound how fast a mailbox sends.
type SenderOptions struct {
	PerMinute int           // mails started in any minute; 0: no limit
	AtOnce    int           // connections; 0: 4
	Hello     string        // how we introduce ourselves; "": localhost
	Confirm   time.Duration // how long the server may take to confirm a mail; 0: 10 minutes (RFC 5321 §4.5.3.2.6)
}

// Sender sends mail over SMTP. It keeps connections open for a while and uses
// them again. Make it with NewSender; Close it.
type Sender struct {
	account Account
	opts    SenderOptions
	pace    *pace.Pace

	mu     sync.Mutex
	idle   []*session
	closed bool
}

// session is a signed-in connection.
type session struct {
	client *smtp.Client
	conn   net.Conn
	used   time.Time
}

// keepIdle is how long an unused connection stays open: servers hang up after
// a few minutes, and a mail sent into such a silence would be doubtful.
const keepIdle = 20 * time.Second

// NewSender returns a sender. It connects when there is something to send.
func NewSender(account Account, opts SenderOptions) *Sender {
	if opts.AtOnce <= 0 {
		opts.AtOnce = 4
	}
	if opts.Hello == "" {
		opts.Hello = "localhost"
	}
	if opts.Confirm <= 0 {
		opts.Confirm = 10 * time.Minute
	}
	return &Sender{account: account, opts: opts, pace: pace.New(opts.PerMinute, opts.AtOnce, pace.Options{})}
}

// Pace is how many mails may be started in any minute; 0 is no limit.
func (s *Sender) Pace() int { return s.opts.PerMinute }

// Resume tells how long ago mails were started by somebody else, such as this
// program before it was started again: they count towards the pace.
func (s *Sender) Resume(ago []time.Duration) { s.pace.Resume(ago) }

// Turn waits until one more mail may be sent, and returns what to call when
// that is done. It is apart from Send so that a mail is not yet marked as being
// sent while it only waits.
func (s *Sender) Turn(ctx context.Context) (done func(), err error) {
	return s.pace.Begin(ctx)
}

// Send hands a mail over for one recipient, and for copyTo as well when that is
// not "". It returns nil when the server has taken responsibility for the
// recipient's copy. A copy that is refused is no error: it was worth a try.
// Whoever sends many waits for a Turn before each.
//
// With any error but CodeDoubtful the mail has not been taken.
func (s *Sender) Send(ctx context.Context, from, to, copyTo string, raw []byte) error {
	for {
		ses, reused, err := s.session(ctx)
		if err != nil {
			return err
		}
		err = s.transact(ctx, ses, from, to, copyTo, raw)
		if err == nil || keeps(err) {
			s.put(ses)
		} else {
			ses.client.Close()
		}
		if reused && signoff.CodeOf(err) == CodeUnreachable && ctx.Err() == nil {
			continue // the server had hung up; nothing was handed over
		}
		return err
	}
}

// keeps tells whether the connection is still good after err: the server said
// no in an orderly way.
func keeps(err error) bool {
	code := signoff.CodeOf(err)
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code == 421 {
		return false // RFC 5321 §3.8: the server is closing
	}
	return code == CodeRefused || code == CodeDeferred || code == CodeSender
}

func (s *Sender) transact(ctx context.Context, ses *session, from, to, copyTo string, raw []byte) error {
	stop := context.AfterFunc(ctx, func() { ses.conn.Close() })
	defer stop()
	c := ses.client
	if err := c.Mail(from, &smtp.MailOptions{Size: int64(len(raw)), UTF8: !ascii(from) || !ascii(to)}); err != nil {
		return s.undo(c, s.refusedSender(from, err))
	}
	if err := c.Rcpt(to, nil); err != nil {
		return s.undo(c, s.said("the recipient "+to, err))
	}
	if copyTo != "" {
		if err := c.Rcpt(copyTo, nil); err != nil && smtpError(err) == nil {
			return s.said("the copy", err)
		}
	}
	data, err := c.Data()
	if err != nil {
		return s.undo(c, s.said("the mail", err))
	}
	if _, err := io.Copy(data, bytes.NewReader(raw)); err != nil {
		return s.said("the mail", err) // without its end a server drops it (RFC 5321 §4.1.1.4)
	}
	if err := data.Close(); err != nil {
		if smtpError(err) != nil {
			return s.said("the mail", err)
		}
		return &signoff.Error{Kind: signoff.Unavailable, Code: CodeDoubtful,
			Detail: fmt.Sprintf("the connection to %s broke while it was to confirm the mail", s.account.Addr), Err: err}
	}
	return nil
}

// undo forgets the transaction so that the connection can be used again.
func (s *Sender) undo(c *smtp.Client, cause error) error {
	if keeps(cause) {
		if err := c.Reset(); err != nil {
			c.Close()
		}
	}
	return cause
}

// said explains what a server answered about what.
func (s *Sender) said(what string, err error) error {
	e := smtpError(err)
	if e == nil {
		return s.account.broken(err)
	}
	words := fmt.Sprintf("the mail server refused %s: %s", what, serverWords(e))
	if e.Code/100 == 5 {
		return &signoff.Error{Kind: signoff.Invalid, Code: CodeRefused, Detail: words, Err: e}
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeDeferred, Detail: words, Err: e}
}

// refusedSender explains a refusal of MAIL FROM. But for the size, it is about
// the account or the address that all mail comes from, so none of it would go.
func (s *Sender) refusedSender(from string, err error) error {
	e := smtpError(err)
	if e == nil || e.Code/100 != 5 || e.Code == 552 || e.EnhancedCode == (smtp.EnhancedCode{5, 3, 4}) { // RFC 1870 §6.1
		return s.said("the sender "+from, err)
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeSender,
		Detail: fmt.Sprintf("the mail server %s takes no mail from %s: %s", s.account.Addr, from, serverWords(e)),
		Hint:   "let the account send as this address, or send from another", Err: e}
}

// notNow explains a refusal that comes before any mail is spoken of.
func (s *Sender) notNow(e *smtp.SMTPError) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable,
		Detail: fmt.Sprintf("the mail server %s takes no mail now: %s", s.account.Addr, serverWords(e)), Err: e}
}

func smtpError(err error) *smtp.SMTPError {
	e, _ := errors.AsType[*smtp.SMTPError](err)
	return e
}

const maxWords = 300

func serverWords(e *smtp.SMTPError) string {
	words := strings.Join(strings.Fields(e.Message), " ")
	if len(words) > maxWords {
		words = strings.ToValidUTF8(words[:maxWords], "") + "…"
	}
	text := fmt.Sprintf("%d ", e.Code)
	if c := e.EnhancedCode; c[0] > 0 {
		text += fmt.Sprintf("%d.%d.%d ", c[0], c[1], c[2])
	}
	return text + words
}

// session returns an idle connection, or a new one.
func (s *Sender) session(ctx context.Context) (ses *session, reused bool, err error) {
	s.mu.Lock()
	for len(s.idle) > 0 {
		last := s.idle[len(s.idle)-1]
		s.idle = s.idle[:len(s.idle)-1]
		if time.Since(last.used) < keepIdle {
			s.mu.Unlock()
			return last, true, nil
		}
		last.client.Close()
	}
	s.mu.Unlock()
	ses, err = s.connect(ctx)
	return ses, false, err
}

func (s *Sender) put(ses *session) {
	ses.used = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ses.client.Close()
		return
	}
	s.idle = append(s.idle, ses)
}

func (s *Sender) connect(ctx context.Context) (*session, error) {
	conn, err := s.account.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c, err := s.greet(conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := s.signIn(ctx, c); err != nil {
		c.Close()
		return nil, err
	}
	return &session{client: c, conn: conn}, nil
}

// greet introduces us, under TLS unless that was given up explicitly.
func (s *Sender) greet(conn net.Conn) (*smtp.Client, error) {
	var c *smtp.Client
	if s.account.Security == TLS || s.account.Security == Plain {
		c = smtp.NewClient(conn)
	} else {
		var err error
		if c, err = s.startTLS(conn); err != nil {
			return nil, err
		}
	}
	c.CommandTimeout, c.SubmissionTimeout = s.account.timeout(), s.opts.Confirm
	if err := c.Hello(s.opts.Hello); err != nil {
		if e := smtpError(err); e != nil {
			return nil, s.notNow(e)
		}
		return nil, s.account.broken(err)
	}
	return c, nil
}

func (s *Sender) startTLS(conn net.Conn) (*smtp.Client, error) {
	// The library waits five minutes for each answer until it is told otherwise,
	// and it can be told only when this is over.
	tooLong := time.AfterFunc(s.account.timeout(), func() { conn.Close() })
	defer tooLong.Stop()
	c, err := smtp.NewClientStartTLS(conn, s.account.tlsConfig())
	if err == nil {
		return c, nil
	}
	_, network := errors.AsType[net.Error](err)
	switch {
	case smtpError(err) != nil:
		return nil, s.notNow(smtpError(err))
	case network, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, s.account.broken(err)
	}
	return nil, s.account.noTLS()
}

func (s *Sender) signIn(ctx context.Context, c *smtp.Client) error {
	if s.account.Username == "" {
		return nil
	}
	_, offer := c.Extension("AUTH")
	way, err := s.account.way(ctx, strings.Fields(strings.ToUpper(offer)))
	if err != nil {
		return err
	}
	if way == nil {
		return s.account.signInFailed("it takes no password here, only: "+offer, nil)
	}
	err = c.Auth(way)
	if e := smtpError(err); e != nil {
		if e.Code/100 == 4 && e.Code != 454 {
			return s.notNow(e)
		}
		return s.account.signInFailed(serverWords(e), err)
	}
	if err != nil {
		return s.account.broken(err)
	}
	return nil
}

// Close hangs up. Mails on their way are finished first by their callers.
func (s *Sender) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, ses := range s.idle {
		ses.client.CommandTimeout = time.Second
		ses.client.Quit() // a courtesy: its failure changes nothing
		ses.client.Close()
	}
	s.idle = nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e })
}
