package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-ldap/ldap/v3"

	"github.com/signoffhq/signoff"
)

// A server is where one of a directory's servers listens.
type server struct{ host, port string }

func (s server) String() string { return net.JoinHostPort(s.host, s.port) }

func parseServer(text string, sec Security) (server, error) {
	text = strings.TrimSpace(text)
	s := server{host: text, port: "389"}
	if sec == LDAPS {
		s.port = "636"
	}
	if host, port, err := net.SplitHostPort(text); err == nil {
		s.host, s.port = host, port
	} else if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		s.host = addr.String()
	} else if strings.ContainsAny(text, ":/") {
		return s, wrong("servers", text+" is no server: write dc1.contoso.test or dc1.contoso.test:636")
	}
	if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
		return s, wrong("servers", "the port of "+text+" is not between 1 and 65535")
	}
	if s.host == "" || len(s.host) > 255 || strings.ContainsAny(s.host, " /\\@\x00") {
		return s, wrong("servers", text+" is no server: write dc1.contoso.test or dc1.contoso.test:636")
	}
	return s, nil
}

// servers lists where to try, in order: those that were named, or those DNS has
// for the domain, by priority and weight (RFC 2782). Records name port 389; with
// LDAPS it is 636 on the same machines.
func (c *Client) servers(ctx context.Context) ([]server, error) {
	var out []server
	for _, text := range c.cfg.Servers {
		s, err := parseServer(text, c.cfg.Security)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) > 0 {
		return out, nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	resolver := c.cfg.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	_, records, err := resolver.LookupSRV(ctx, "ldap", "tcp", c.cfg.Domain)
	if err != nil || len(records) == 0 {
		return nil, &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable,
			Detail: "DNS names no LDAP server for " + c.cfg.Domain,
			Hint:   "does this machine ask the domain's own DNS servers? Looked for _ldap._tcp." + c.cfg.Domain + "; servers can also be named one by one", Err: err}
	}
	for _, r := range records[:min(len(records), maxServers)] {
		s := server{host: strings.TrimSuffix(r.Target, "."), port: strconv.Itoa(int(r.Port))}
		if c.cfg.Security == LDAPS && r.Port == 389 {
			s.port = "636"
		}
		out = append(out, s)
	}
	return out, nil
}

// A link is one connection to one server. It ends with its context.
type link struct {
	server server
	conn   *ldap.Conn
	guard  *guard
	most   int // entries of one search
	stop   func() bool
}

func (l *link) close() {
	l.stop()
	l.conn.Close()
}

// open connects to the first server that answers and signs in with our account.
func (c *Client) open(ctx context.Context) (*link, error) { return c.enter(ctx, c.signIn) }

// enter connects to the first server that answers and does what begins a
// connection there. When that is refused for good it is not tried on the next
// server: it would be refused there too, and an account be locked in the end.
func (c *Client) enter(ctx context.Context, begin func(context.Context, *link) error) (*link, error) {
	all, err := c.servers(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, s := range all {
		l, err := c.connectTo(ctx, s)
		if err == nil {
			if err = begin(ctx, l); err == nil {
				return l, nil
			}
			l.close()
		}
		if ctx.Err() != nil {
			return nil, timedOut(s, ctx.Err())
		}
		if e, ok := errors.AsType[*signoff.Error](err); ok && (e.Code == CodeSignIn || e.Code == CodePassword) {
			return nil, err
		}
		errs = append(errs, err)
	}
	return nil, firstOf(errs)
}

func timedOut(s server, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable, Err: err,
		Detail: "the server " + s.String() + " did not answer in time"}
}

// firstOf is the error of the first server, with how many more there were.
func firstOf(errs []error) error {
	e, ok := errors.AsType[*signoff.Error](errs[0])
	if !ok || len(errs) == 1 {
		return errs[0]
	}
	said := *e
	said.Detail += fmt.Sprintf("; nor did %d other servers answer", len(errs)-1)
	if len(errs) == 2 {
		said.Detail = e.Detail + "; nor did the other server answer"
	}
	said.Err = errors.Join(errs...)
	return &said
}

func (c *Client) connectTo(ctx context.Context, s server) (*link, error) {
	raw, err := c.dial(ctx, s)
	if err != nil {
		return nil, err
	}
	return c.protect(ctx, s, raw)
}

// dial makes the bare connection.
func (c *Client) dial(ctx context.Context, s server) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	var raw net.Conn
	var err error
	if c.cfg.Dial != nil {
		raw, err = c.cfg.Dial(ctx, "tcp", s.String())
	} else {
		raw, err = (&net.Dialer{}).DialContext(ctx, "tcp", s.String())
	}
	if err != nil {
		return nil, unreachable(s, err)
	}
	if c.cfg.Security == Plain && !isLoopback(raw.RemoteAddr()) {
		raw.Close()
		return nil, &signoff.Error{Kind: signoff.Invalid, Code: CodeUntrusted,
			Detail: "without encryption only a server on this machine is asked, and " + s.host + " is elsewhere",
			Hint:   "choose LDAPS or StartTLS"}
	}
	return raw, nil
}

func isLoopback(a net.Addr) bool {
	ap, err := netip.ParseAddrPort(a.String())
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func unreachable(s server, err error) error {
	detail := "the server " + s.String() + " cannot be reached"
	hint := "is it running, and does a firewall let this machine through?"
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		detail, hint = "there is no machine called "+s.host, "is the name written right, and does this machine ask the domain's own DNS servers?"
	}
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable, Detail: detail, Hint: hint, Err: err}
}

// protect puts TLS and our bounds around a connection; it closes raw when it
// fails.
func (c *Client) protect(ctx context.Context, s server, raw net.Conn) (*link, error) {
	g := &guard{Conn: raw, each: c.cfg.Timeout}
	g.left.Store(maxAnswerBytes)
	l := &link{server: s, guard: g, most: c.most, stop: context.AfterFunc(ctx, func() { raw.Close() })}
	tlsConfig := &tls.Config{ServerName: s.host, RootCAs: c.cfg.Roots, MinVersion: tls.VersionTLS12}
	if c.cfg.Security == LDAPS {
		secure := tls.Client(g, tlsConfig)
		if err := secure.HandshakeContext(ctx); err != nil {
			l.stop()
			raw.Close()
			return nil, untrusted(s, err)
		}
		l.conn = ldap.NewConn(secure, true)
	} else {
		l.conn = ldap.NewConn(g, false)
	}
	l.conn.SetTimeout(c.cfg.Timeout)
	l.conn.Start()
	if c.cfg.Security == StartTLS {
		if err := l.conn.StartTLS(tlsConfig); err != nil {
			l.close()
			return nil, untrusted(s, err)
		}
	}
	return l, nil
}

// untrusted says why there is no TLS to rely on.
func untrusted(s server, err error) error {
	e := &signoff.Error{Kind: signoff.Unavailable, Code: CodeUntrusted, Err: err,
		Detail: "the server " + s.String() + " offers no encryption that works",
		Hint:   "does LDAPS listen on that port? A domain controller needs a certificate for it"}
	var host x509.HostnameError
	switch {
	case errors.As(err, &host):
		e.Detail = "the certificate of " + s.String() + " is for other names: " + clip(strings.Join(host.Certificate.DNSNames, ", "), 300)
		e.Hint = "name the server as its certificate does"
	case isType[x509.UnknownAuthorityError](err):
		e.Detail = "the certificate of " + s.String() + " is signed by an authority this machine does not know"
		e.Hint = "give the authority's certificate (PEM) in the directory's settings"
	case isType[x509.CertificateInvalidError](err):
		e.Detail = "the certificate of " + s.String() + " is not valid: it has expired, or may not be used for this"
		e.Hint = "renew it on the server"
	}
	return e
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// signIn says who we are on a connection.
func (c *Client) signIn(ctx context.Context, l *link) error {
	if c.cfg.Bind == "" {
		return nil
	}
	err := l.conn.Bind(c.cfg.Bind, string(c.cfg.Password))
	if err == nil {
		return nil
	}
	v := verdictOf(err)
	if v == "" {
		return l.explain("sign in", err)
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: CodeSignIn,
		Detail: "the directory does not let our account " + clip(c.cfg.Bind, 200) + " in: " + v.Words(),
		Hint:   "look at the account and its password in the directory's settings", Err: err}
}

// explain turns what the library says into what a person can act on.
func (l *link) explain(doing string, err error) error {
	if _, ok := errors.AsType[*signoff.Error](err); ok {
		return err
	}
	le, ok := errors.AsType[*ldap.Error](err)
	if !ok || le.ResultCode >= ldap.ErrorNetwork {
		if l.guard.left.Load() <= 0 {
			return unusable("the server "+l.server.String()+" sends more than is taken from a directory", err)
		}
		return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnreachable, Err: err,
			Detail: "the connection to " + l.server.String() + " broke, or what came was not LDAP"}
	}
	e := &signoff.Error{Kind: signoff.Unavailable, Code: CodeRefused, Err: err,
		Detail: fmt.Sprintf("the server %s will not %s: %s", l.server, doing, ldap.LDAPResultCodeMap[le.ResultCode])}
	switch le.ResultCode {
	case ldap.LDAPResultNoSuchObject, ldap.LDAPResultInvalidDNSyntax:
		e.Kind, e.Code = signoff.Invalid, CodeBase
		e.Detail = "nothing stands at " + clip(le.MatchedDN, 200) + " below which we were told to look"
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		e.Kind, e.Hint = signoff.Invalid, "the server wants encryption: choose LDAPS or StartTLS"
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultOperationsError:
		e.Kind, e.Hint = signoff.Invalid, "the account may not read there, or nobody is signed in"
	}
	return e
}

// guard bounds what comes over a connection: how much, and how long a pause.
type guard struct {
	net.Conn
	each time.Duration
	left atomic.Int64
}

var errTooMuch = errors.New("ldap: more than is taken from a directory")

func (g *guard) Read(b []byte) (int, error) {
	if g.left.Load() <= 0 {
		return 0, errTooMuch
	}
	g.Conn.SetReadDeadline(time.Now().Add(g.each))
	n, err := g.Conn.Read(b)
	g.left.Add(-int64(n))
	return n, err
}

func (g *guard) Write(b []byte) (int, error) {
	g.Conn.SetWriteDeadline(time.Now().Add(g.each))
	return g.Conn.Write(b)
}
