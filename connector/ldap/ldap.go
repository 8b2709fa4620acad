// Package ldap reads people and groups from Active Directory and other LDAP
// servers, and asks them whether a password is right.
//
// It knows nothing of accounts or workflows and keeps nothing: the caller gets
// plain People and Groups and a Mark to go on from. It never changes anything in
// a directory, follows no referral, and sends no password in the clear but to
// this machine. Whatever a server sends is bounded in size and time.
//
// Errors are *signoff.Error: Unavailable for what may work later, Invalid for
// what a setting must put right, Unauthenticated for a wrong password.
//
// Where to start reading:
//
//   - Client.Read tells what there is and what is new (read.go);
//   - Client.Verify asks whether a password is right (verify.go);
//   - Client.Probe goes step by step and says where it ends (probe.go);
//   - connect.go is how a server is found and believed, search.go how it is asked.
package ldap

import (
	"context"
	"crypto/x509"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/go-asn1-ber/asn1-ber"

	"github.com/signoffhq/signoff"
)

// Codes of errors.
const (
	CodeUnreachable = "directory-unreachable"     // no connection, or it broke
	CodeUntrusted   = "directory-untrusted"       // no TLS, or a certificate that is not believed
	CodeSignIn      = "directory-sign-in-failed"  // our own account there: name or password
	CodeBase        = "directory-base-unreadable" // nothing stands where we were told to look
	CodeFilter      = "directory-filter-wrong"    // a filter that is none
	CodeUnusable    = "directory-unusable"        // the answer is not LDAP, or more than we take
	CodeRefused     = "directory-refused"         // the server will not answer
	CodePassword    = "directory-password-wrong"  // a person's password; see Verdict
	CodeSettings    = "directory-settings-wrong"  // what cannot be meant
)

// What one answer may be. go-asn1-ber keeps its bounds for the whole process;
// this package is its only user.
func init() {
	ber.MaxPacketLengthBytes = 16 << 20
	ber.MaxNestingDepth = 32
}

// Bounds of what is taken from a server. Beyond them it is refused.
const (
	maxAnswerBytes = 1 << 30 // of one connection
	maxEntries     = 600_000 // of one search
	maxValues      = 2_000_000
	maxTextBytes   = 1024
	pageSize       = 1000 // what Active Directory gives at most
	maxServers     = 16
)

// Security says how a connection is protected.
type Security string

const (
	LDAPS    Security = "ldaps"    // TLS from the first byte; what "" means too
	StartTLS Security = "starttls" // TLS before anything else is said
	Plain    Security = "plain"    // in the clear: to this machine only
)

// Password is a password that does not show in logs.
type Password string

func (Password) String() string       { return "[sealed]" }
func (Password) GoString() string     { return "[sealed]" }
func (Password) LogValue() slog.Value { return slog.StringValue("[sealed]") }

// Config says where a directory is and what to take from it.
type Config struct {
	Servers  []string // host or host:port, tried in this order
	Domain   string   // instead: servers are found by DNS (_ldap._tcp)
	Security Security
	Roots    *x509.CertPool // nil: the machine's

	Bind     string // our account: a DN, user@domain or DOM\user; "": anonymous
	Password Password

	Base   string // where people and groups stand
	People Scope
	Groups Scope
	Map    Map

	Timeout time.Duration // for connecting and each answer; 0: 20 seconds

	Dial     func(ctx context.Context, network, addr string) (net.Conn, error) // nil: anywhere
	Resolver *net.Resolver                                                     // nil: the machine's
}

// Scope narrows what is looked for.
type Scope struct {
	Base   string // "": Config.Base
	Filter string // "": what the kind of server calls a person or a group
	Off    bool   // nothing of this sort
}

// Client asks one directory. The zero value of Config fields is filled by New.
type Client struct {
	cfg  Config
	most int // entries of one search
}

// New checks what can be checked without asking.
func New(cfg Config) (*Client, error) {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 20 * time.Second
	}
	if cfg.Security == "" {
		cfg.Security = LDAPS
	}
	switch cfg.Security {
	case LDAPS, StartTLS, Plain:
	default:
		return nil, wrong("security", "security is ldaps, starttls or plain")
	}
	if len(cfg.Servers) == 0 && cfg.Domain == "" {
		return nil, wrong("servers", "name a server, or a domain to find servers by")
	}
	if len(cfg.Servers) > maxServers {
		return nil, wrong("servers", "at most 16 servers can be named")
	}
	for _, s := range cfg.Servers {
		if _, err := parseServer(s, cfg.Security); err != nil {
			return nil, err
		}
	}
	if cfg.Bind != "" && cfg.Password == "" {
		// RFC 4513 section 5.1.2: a name without a password signs nobody in, and succeeds.
		return nil, wrong("password", "our account "+cfg.Bind+" has no password")
	}
	for _, f := range []Scope{cfg.People, cfg.Groups} {
		if err := checkFilter(f.Filter); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{cfg.Map.Subject, cfg.Map.Login, cfg.Map.Label, cfg.Map.Name, cfg.Map.Mail, cfg.Map.Manager, cfg.Map.Group, cfg.Map.Member} {
		if !soundAttribute(name) {
			return nil, wrong("map", clip(name, 60)+" is not the name of an attribute")
		}
	}
	return &Client{cfg: cfg, most: maxEntries}, nil
}

// soundAttribute keeps anything but a name out of filters; "" is the default.
func soundAttribute(name string) bool {
	return len(name) <= 100 && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.')
	})
}

func wrong(field, detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: CodeSettings, Detail: detail,
		Fields: []signoff.FieldError{{Field: field, Detail: detail}}}
}

func unusable(detail string, err error) error {
	return &signoff.Error{Kind: signoff.Unavailable, Code: CodeUnusable, Detail: detail, Err: err}
}

// clip makes text from a directory short and printable.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFEFF' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	return strings.TrimSpace(text)
}
