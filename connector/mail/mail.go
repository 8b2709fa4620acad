// Package mail speaks SMTP to send a mail and IMAP to read a mailbox, with any
// server that offers STARTTLS or TLS and takes a password or an OAuth token.
//
// It knows nothing of tasks or workflows and keeps nothing: what to send, when
// to try again and what a mail means is the caller's affair. Its methods use
// types of the standard library only, so that a caller can describe what it
// needs in an interface of its own.
//
// Errors are *signoff.Error: Unavailable for what may work later, Invalid for
// what never will, with the server's own words in Detail. An error with code
// CodeDoubtful says that the mail may have been taken all the same.
//
// Start reading at Sender.Send and Mailbox.List.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/signoffhq/signoff"
)

// Codes of errors.
const (
	CodeUnreachable = "mail-server-unreachable" // no connection, or it broke
	CodeUntrusted   = "mail-server-untrusted"   // no TLS, or a certificate that is not believed
	CodeSignIn      = "mail-sign-in-failed"     // the account's name or password
	CodeSender      = "mail-sender-refused"     // the address or the account all mail comes from
	CodeDeferred    = "mail-deferred"           // the server said: later
	CodeRefused     = "mail-refused"            // the server said: never
	CodeDoubtful    = "mail-doubtful"           // the connection broke after the mail had been handed over
	CodeChanged     = "mailbox-changed"         // ids known so far mean nothing any more
	CodeMailbox     = "mailbox-failed"          // the server refused something about a folder
)

// Security says how a connection is protected.
type Security string

const (
	StartTLS Security = "starttls" // TLS before anything else is said; what "" means too
	TLS      Security = "tls"      // TLS from the first byte
	Plain    Security = "none"     // in the clear, password included: for a server on the same machine
)

// Password is a password that does not show in logs.
type Password string

func (Password) String() string       { return "[sealed]" }
func (Password) GoString() string     { return "[sealed]" }
func (Password) LogValue() slog.Value { return slog.StringValue("[sealed]") }

// Account says where a server is and how to sign in there.
type Account struct {
	Addr       string // host:port
	Security   Security
	ServerName string         // the name the certificate must bear; "": the host of Addr
	Roots      *x509.CertPool // nil: the machine's
	Username   string         // "": no sign-in
	Password   Password
	Token      func(context.Context) (string, error) // an OAuth token instead of the password; nil: none
	Timeout    time.Duration                         // for connecting and for each command; 0: 30 seconds
}

func (a Account) timeout() time.Duration {
	if a.Timeout <= 0 {
		return 30 * time.Second
	}
	return a.Timeout
}

func (a Account) tlsConfig() *tls.Config {
	name := a.ServerName
	if name == "" {
		name, _, _ = net.SplitHostPort(a.Addr)
	}
	return &tls.Config{RootCAs: a.Roots, ServerName: name, MinVersion: tls.VersionTLS12}
}

// dial opens the connection, encrypted already when Security is TLS.
func (a Account) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout())
	defer cancel()
	var conn net.Conn
	var err error
	if a.Security == TLS {
		conn, err = (&tls.Dialer{Config: a.tlsConfig()}).DialContext(ctx, "tcp", a.Addr)
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", a.Addr)
	}
	if err != nil {
		return nil, a.broken(err)
	}
	return conn, nil
}

// broken explains an error of the connection itself.
func (a Account) broken(err error) error {
	if untrusted(err) {
		return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUntrusted,
			Detail: fmt.Sprintf("the mail server %s is not to be trusted: %v", a.Addr, err),
			Hint:   "check the server's name and the certificate authority in the configuration", Err: err}
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable,
		Detail: fmt.Sprintf("the mail server %s cannot be reached", a.Addr), Err: err}
}

func untrusted(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok
}

func (a Account) noTLS() error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUntrusted,
		Detail: fmt.Sprintf("the mail server %s does not offer STARTTLS, so a password would travel in the clear", a.Addr),
		Hint:   "use the server's TLS port, or allow \"none\" for a server on this machine"}
}

func (a Account) signInFailed(words string, err error) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeSignIn,
		Detail: fmt.Sprintf("the mail server %s refuses to sign in %s: %s", a.Addr, a.Username, words),
		Hint:   a.signInHint(), Err: err}
}

func (a Account) signInHint() string {
	if a.Token == nil {
		return "check the account's name and password"
	}
	return "the token has to be of this account and to have the right to send or read mail this way: in Exchange Online SMTP.SendAsApp or IMAP.AccessAsApp with consent, and the service principal's right on the mailbox (New-ServicePrincipal, Add-MailboxPermission); SMTP sign-in has to be on for the mailbox (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)"
}
