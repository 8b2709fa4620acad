package connections

import (
	"cmp"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
)

// How a mailbox is reached.
const (
	Graph = "graph"
	EWS   = "ews"
	SMTP  = "smtp" // and IMAP, to read
)

// Configured is the name of the connection that the configuration file has.
const Configured = "configured"

// A Place is a mail server of SMTP or IMAP.
type Place struct {
	Address string `json:"address"` // host:port
	TLS     string `json:"tls"`     // starttls, tls, none
}

// A Connection is a mailbox that mail leaves from, and that may be read.
type Connection struct {
	Name      string   `json:"name"`
	Protocol  string   `json:"protocol"`
	From      string   `json:"from"`                // "Approvals <workflow@contoso.com>"
	Usual     bool     `json:"usual,omitempty"`     // all mail that no other connection takes leaves by it
	Workflows []string `json:"workflows,omitempty"` // whose mails leave by it, by name
	Reads     bool     `json:"reads,omitempty"`     // replies arrive in it
	Off       bool     `json:"off,omitempty"`

	Mailbox     string `json:"mailbox,omitempty"`     // "": the address in From
	Server      string `json:"server,omitempty"`      // of Graph or EWS; "": Microsoft's
	Resource    string `json:"resource,omitempty"`    // OAuth resource the tokens are of; "": User and Password
	Audience    string `json:"audience,omitempty"`    // of these tokens; "": the resource's own
	App         bool   `json:"app,omitempty"`         // the application's own tokens, not the service account's
	Impersonate bool   `json:"impersonate,omitempty"` // EWS, signed in as somebody else
	User        string `json:"user,omitempty"`
	Password    string `json:"password,omitempty"` // locked
	SMTP        Place  `json:"smtp,omitzero"`
	IMAP        Place  `json:"imap,omitzero"`

	Folder    string `json:"folder,omitempty"`    // "": the inbox
	Processed string `json:"processed,omitempty"` // "": Processed
	ReplyTo   string `json:"replyTo,omitempty"`   // "": the mailbox's address
	Authserv  string `json:"authserv,omitempty"`  // "": what the configuration says, unless it is Exchange
	PerMinute int    `json:"perMinute,omitempty"` // 0: 30
	AtOnce    int    `json:"atOnce,omitempty"`    // 0: 4
}

// Sender is the address that mail leaves from.
func (c Connection) Sender() mail.Address {
	a, err := mail.ParseAddress(c.From)
	if err != nil {
		return mail.Address{}
	}
	return *a
}

// Box is the address of the mailbox.
func (c Connection) Box() string { return cmp.Or(c.Mailbox, c.Sender().Address) }

// exchange tells whether the mailbox is read over Exchange's own interface, and
// whether that is Exchange Online: its marks of a sender are believed then. Over
// IMAP anybody could have written them.
func (c Connection) exchange() (inside, online bool) {
	switch c.Protocol {
	case Graph:
		return true, true
	case EWS:
		u, err := url.Parse(c.Server)
		return true, c.Server == "" || err == nil && u.Scheme == "https" && slices.Contains(clouds, strings.ToLower(u.Hostname()))
	}
	return false, false
}

// clouds are the hosts of Exchange Online.
var clouds = []string{"outlook.office365.com", "outlook.office365.us", "outlook-dod.office365.us", "partner.outlook.cn"}

// setting is what is kept, under the name Setting.
type setting struct {
	Connections []Connection `json:"connections"`
}

// Setting is the name under which the store keeps them.
const Setting = "mail"

const (
	maxConnections = 20
	maxText        = 300
	maxWorkflows   = 200
)

var nameShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// check refuses a connection that cannot be right, with every mistake.
func (c Connection) check() error {
	var bad []signoff.FieldError
	say := func(field, detail, advice string) {
		bad = append(bad, signoff.FieldError{Field: field, Detail: detail, Advice: advice})
	}
	if !nameShape.MatchString(c.Name) || c.Name == Configured {
		say("name", "is no name", "Use small letters, digits and hyphens, as exchange-online.")
	}
	if a := c.Sender(); a.Address == "" || len(c.From) > maxText {
		say("from", "is no mail address", "Enter one as Approvals <workflow@contoso.com>.")
	}
	for field, text := range map[string]string{"mailbox": c.Mailbox, "replyTo": c.ReplyTo} {
		if a, err := mail.ParseAddress(text); text != "" && (err != nil || a.Address != text) {
			say(field, "is no bare mail address", "Enter one as workflow@contoso.com.")
		}
	}
	for field, text := range map[string]string{"server": c.Server, "resource": c.Resource, "audience": c.Audience, "user": c.User, "folder": c.Folder,
		"processed": c.Processed, "authserv": c.Authserv} {
		if len(text) > maxText || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			say(field, "is too long, or has characters that cannot be", "Enter it again.")
		}
	}
	if len(c.Workflows) > maxWorkflows {
		say("workflows", "are too many", "Make it the usual sender instead.")
	}
	if c.PerMinute < 0 || c.PerMinute > 10_000 || c.AtOnce < 0 || c.AtOnce > 50 {
		say("perMinute", "is out of range", "Leave it empty for what Exchange Online takes: 30 a minute, 4 at a time.")
	}
	c.checkWay(say)
	if len(bad) > 0 {
		slices.SortFunc(bad, func(a, b signoff.FieldError) int { return strings.Compare(a.Field, b.Field) })
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-mail-connection", Detail: "The connection cannot be right.", Fields: bad}
	}
	return nil
}

func (c Connection) checkWay(say func(field, detail, advice string)) {
	switch c.Protocol {
	case Graph:
		if strings.HasSuffix(strings.ToLower(strings.TrimRight(c.Server, "/")), ".asmx") {
			say("server", "is the address of Exchange Web Services, not of Microsoft Graph", "Leave it empty for Exchange Online.")
		}
		if c.Resource == "" {
			say("resource", "is needed: Microsoft Graph takes tokens only", "Choose the OAuth resource of your app registration.")
		}
		if c.Impersonate {
			say("impersonate", "is not known to Microsoft Graph", "Switch it off; the application's own tokens do it there.")
		}
	case EWS:
		if c.Resource == "" && c.User == "" {
			say("user", "is needed where there is no OAuth resource", "Enter an account, or choose an OAuth resource.")
		}
	case SMTP:
		c.checkPlace("smtp", c.SMTP, say)
		if c.IMAP.Address != "" || c.Reads {
			c.checkPlace("imap", c.IMAP, say)
		}
	default:
		say("protocol", fmt.Sprintf("%q is none", c.Protocol), "Choose graph, ews or smtp.")
	}
}

func (c Connection) checkPlace(field string, p Place, say func(field, detail, advice string)) {
	host, _, err := net.SplitHostPort(p.Address)
	if err != nil || host == "" {
		say(field+".address", "is no address with a port", map[string]string{"smtp": "Enter one as smtp.office365.com:587.", "imap": "Enter one as outlook.office365.com:993."}[field])
	}
	ip, e := netip.ParseAddr(host)
	here := host == "localhost" || e == nil && ip.IsLoopback()
	if p.TLS == "none" && !here {
		say(field+".tls", "none would send the password in the clear", "It is for servers on this machine only.")
	}
	if !slices.Contains([]string{"starttls", "tls", "none"}, p.TLS) {
		say(field+".tls", "is none of starttls, tls, none", "Choose starttls for port 587 and 143, tls for 465 and 993.")
	}
}

// checkAll refuses connections that do not go together.
func (s setting) checkAll() error {
	refuse := func(field, detail, advice string) error {
		return &signoff.Error{Kind: signoff.Invalid, Code: "bad-mail-connection", Detail: "The connections do not go together.",
			Fields: []signoff.FieldError{{Field: field, Detail: detail, Advice: advice}}}
	}
	if len(s.Connections) > maxConnections {
		return refuse("name", fmt.Sprintf("there are at most %d connections", maxConnections), "Remove one that is not used.")
	}
	senders := map[string]string{}
	for _, c := range s.Connections {
		if c.Off {
			continue
		}
		address := strings.ToLower(c.Sender().Address)
		if other := senders[address]; other != "" {
			return refuse("from", "the connection "+other+" sends from this address already", "Use another address, or switch one of them off.")
		}
		senders[address] = c.Name
	}
	return nil
}

// Purposes are all that secrets of this package are locked for.
func Purposes() []string { return []string{purpose} }
