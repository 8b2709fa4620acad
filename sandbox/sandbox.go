package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"

	"github.com/signoffhq/signoff"
)

// Options says where the sandbox keeps its mail and where it listens.
type Options struct {
	Dir  string // mail, the CA and its key are kept here; made when missing
	SMTP string // loopback address to listen on; "": 127.0.0.1 and a free port
	IMAP string // likewise

	Bearer Bearer // nil: nobody signs in with a token

	Log *slog.Logger     // nil: says nothing
	Now func() time.Time // nil: the machine's clock
}

// Sandbox is the running mail system. Close stops it; the mail stays.
type Sandbox struct {
	log  *slog.Logger
	now  func() time.Time
	mail *post
	ca   *authority
	http http.Handler

	smtpAddr, imapAddr string
	listeners          []net.Listener
	smtp               *smtp.Server
	imap               *imapserver.Server
	serving            sync.WaitGroup
	closing            sync.Once
	closed             atomic.Bool
	closeErr           error
}

// Start opens the mailboxes under Dir and serves SMTP and IMAP until Close, or
// until ctx ends. An address that is not loopback, or is in use, is refused
// with an *signoff.Error.
func Start(ctx context.Context, opts Options) (*Sandbox, error) {
	s := &Sandbox{log: opts.Log, now: opts.Now}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("sandbox directory: %w", err)
	}
	var err error
	if s.ca, err = openAuthority(opts.Dir, s.now()); err != nil {
		return nil, err
	}
	if s.mail, err = openPost(filepath.Join(opts.Dir, "mail"), s.now); err != nil {
		return nil, err
	}
	s.mail.bearer = opts.Bearer
	if s.http, err = newHandler(s.mail); err != nil {
		return nil, err
	}
	if err := s.serve(ctx, opts); err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { s.Close() })
	return s, nil
}

func (s *Sandbox) serve(ctx context.Context, opts Options) error {
	smtpListener, err := listen(ctx, "SMTP", opts.SMTP)
	if err != nil {
		return err
	}
	imapListener, err := listen(ctx, "IMAP", opts.IMAP)
	if err != nil {
		smtpListener.Close()
		return err
	}
	s.listeners = []net.Listener{smtpListener, imapListener}
	s.smtpAddr, s.imapAddr = smtpListener.Addr().String(), imapListener.Addr().String()
	s.smtp = newSMTP(s.mail, s.ca.tls, s.log)
	s.imap = newIMAP(s.mail, s.ca.tls, s.log)
	s.serving.Go(func() { s.ended("smtp", s.smtp.Serve(smtpListener)) })
	s.serving.Go(func() { s.ended("imap", s.imap.Serve(imapListener)) })
	return nil
}

func (s *Sandbox) ended(what string, err error) {
	if err != nil && !errors.Is(err, net.ErrClosed) && !s.closed.Load() {
		s.log.Error("sandbox server ended", "connector", what, "err", err)
	}
}

// listen opens a loopback address.
func listen(ctx context.Context, what, addr string) (net.Listener, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "bad-address",
			Detail: fmt.Sprintf("the sandbox's %s address %q is not of the form host:port", what, addr), Err: err}
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: "sandbox-not-loopback",
			Detail: fmt.Sprintf("the sandbox's %s server may listen on this machine only, not on %q", what, addr),
			Hint:   "use 127.0.0.1 and a port"}
	}
	var cfg net.ListenConfig
	ln, err := cfg.Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, &signoff.Error{Kind: signoff.Conflict, Code: "address-in-use",
			Detail: fmt.Sprintf("the sandbox's %s address %s is in use by another program", what, addr),
			Hint:   "stop the other program, or choose another port (0 takes a free one)", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("listen for %s on %s: %w", what, addr, err)
	}
	return ln, nil
}

// Handler serves the API under /sandbox/api/. It refuses requests that do not
// name a loopback host and writes that come from another site's page.
func (s *Sandbox) Handler() http.Handler { return s.http }

// Close stops the servers and waits until none of their goroutines accepts any
// more. Acknowledged mail is on disk.
func (s *Sandbox) Close() error {
	s.closing.Do(func() {
		s.closed.Store(true)
		s.closeErr = errors.Join(s.smtp.Close(), s.imap.Close())
		for _, ln := range s.listeners {
			ln.Close() // a server that had not begun to serve does not know its listener
		}
		s.serving.Wait()
		s.mail.hub.close()
	})
	return s.closeErr
}

// Addresses is the sandbox's part of sandbox.json: what a mail program needs
// to know.
type Addresses struct {
	SMTP       string    `json:"smtp"`       // host:port, STARTTLS
	IMAP       string    `json:"imap"`       // host:port, STARTTLS
	CAFile     string    `json:"caFile"`     // the certificate to trust, PEM
	ServerName string    `json:"serverName"` // what the servers' certificate is for
	Domain     string    `json:"domain"`
	AuthServID string    `json:"authServId"` // names the Authentication-Results to believe
	Accounts   []Account `json:"accounts"`
}

// Addresses tells where the running sandbox is and who has a mailbox there.
func (s *Sandbox) Addresses() Addresses {
	return Addresses{SMTP: s.smtpAddr, IMAP: s.imapAddr, CAFile: s.ca.file, ServerName: "localhost",
		Domain: Domain, AuthServID: authServID, Accounts: Accounts()}
}
