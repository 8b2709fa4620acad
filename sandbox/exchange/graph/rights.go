package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/sandbox/exchange"
)

// permission is what a route needs.
type permission int

const (
	open    permission = iota // no token at all: pre-authorised addresses
	anybody                   // any token
	readMail
	writeMail
	sendMail
	readSettings
	writeSettings
	readCalendar
	writeCalendar
	readContacts
	writeContacts
	readPlaces
	readTasks
	writeTasks
	suggestTimes
)

// grantedBy lists Graph's permissions that are enough, without the .Shared that
// other people's mailboxes need, and the role of RBAC for Applications.
var grantedBy = map[permission]struct {
	scopes []string
	rbac   []string
	roles  []string // nil: as scopes
}{
	readMail:      {[]string{"Mail.Read", "Mail.ReadWrite"}, []string{exchange.AppMailRead, exchange.AppMailReadWrite}, nil},
	writeMail:     {[]string{"Mail.ReadWrite"}, []string{exchange.AppMailReadWrite}, nil},
	sendMail:      {[]string{"Mail.Send"}, []string{exchange.AppMailSend}, nil},
	readSettings:  {[]string{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}, []string{exchange.AppMailboxSettings}, nil},
	writeSettings: {[]string{"MailboxSettings.ReadWrite"}, []string{exchange.AppMailboxSettings}, nil},
	readCalendar:  {[]string{"Calendars.Read", "Calendars.ReadWrite"}, []string{exchange.AppCalendarsRead, exchange.AppCalendars}, nil},
	writeCalendar: {[]string{"Calendars.ReadWrite"}, []string{exchange.AppCalendars}, nil},
	readContacts:  {[]string{"Contacts.Read", "Contacts.ReadWrite"}, []string{exchange.AppContacts}, nil},
	writeContacts: {[]string{"Contacts.ReadWrite"}, []string{exchange.AppContacts}, nil},
	readPlaces:    {[]string{"Place.Read.All", "Calendars.Read", "Calendars.ReadWrite"}, nil, nil},
	readTasks:     {[]string{"Tasks.Read", "Tasks.ReadWrite"}, nil, []string{"Tasks.Read.All", "Tasks.ReadWrite.All"}},
	suggestTimes:  {[]string{"Calendars.Read.Shared", "Calendars.ReadWrite.Shared"}, nil, []string{}}, // people only
	writeTasks:    {[]string{"Tasks.ReadWrite"}, nil, []string{"Tasks.ReadWrite.All"}},
}

// enter finds the mailbox that the path names, checks that the caller may, and
// counts the request against the limits. The caller calls done.
func (c *call) enter(need permission) (done func(), err error) {
	none := func() {}
	if need == open || need == anybody {
		return none, nil
	}
	user := c.id("user")
	if user == "" { // not in a mailbox
		if !c.holds(need, "") {
			return nil, errAccessDenied
		}
		return none, nil
	}
	if c.mailbox, err = c.open(user); err != nil {
		return nil, err
	}
	if err := c.troubled(); err != nil {
		return nil, err
	}
	if !c.holds(need, c.mailbox.Account().ID) {
		return nil, errAccessDenied
	}
	done, limit, wait := c.s.x.Begin(c.caller.Client, c.mailbox.Account().ID)
	if limit != "" {
		return nil, &refusal{status: http.StatusTooManyRequests, code: "ApplicationThrottled", message: "Application is over its " + limit + " limit.", wait: wait}
	}
	return done, nil
}

// open finds a user's mailbox by "me", object id, or user principal name.
func (c *call) open(user string) (*exchange.Mailbox, error) {
	if user == "me" {
		if c.caller.User == "" {
			return nil, badRequest("/me request is only valid with delegated authentication flow.")
		}
		user = c.caller.Login
	}
	for _, p := range c.s.joined().Addresses().Accounts {
		if strings.EqualFold(p.ID, user) || strings.EqualFold(p.Login, user) {
			m, err := c.s.x.Mailbox(p.Login)
			if err != nil {
				return nil, refuse(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
			}
			return m, nil
		}
	}
	if m, err := c.s.x.Mailbox(user); err == nil && strings.Contains(user, "@") {
		return m, nil
	}
	return nil, refuse(http.StatusNotFound, "ErrorInvalidUser", "The requested user '%s' is invalid.", user)
}

// troubled plays the faults of a mailbox.
func (c *call) troubled() error {
	box, app := c.mailbox.Account().ID, c.caller.Client
	if f, on := c.s.x.Switched("throttled", box, app); on {
		return &refusal{status: http.StatusTooManyRequests, code: "TooManyRequests", message: "Too many requests.", wait: seconds(f.Value, 5)}
	}
	if f, on := c.s.x.Switched("server-busy", box, app); on {
		return &refusal{status: http.StatusServiceUnavailable, code: "ServiceNotAvailable", message: "The service is temporarily unavailable.", wait: seconds(f.Value, 5)}
	}
	if c.s.x.Struck("access-denied", box, app) {
		return errAccessDenied
	}
	if c.s.x.Struck("mailbox-missing", box, app) {
		return refuse(http.StatusNotFound, "MailboxNotEnabledForRESTAPI", "The mailbox is either inactive, soft-deleted, or is hosted on-premise.")
	}
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodDelete && c.s.x.Struck("quota-exceeded", box, app) {
		return exchange.ErrQuota
	}
	return nil
}

// holds tells whether the caller has a permission for a mailbox.
func (c *call) holds(need permission, mailbox string) bool {
	g := grantedBy[need]
	if c.caller.User == "" {
		roles := g.roles
		if roles == nil {
			roles = g.scopes
		}
		if slices.ContainsFunc(roles, func(p string) bool { return slices.Contains(c.caller.Roles, p) }) {
			return true
		}
		return slices.ContainsFunc(g.rbac, func(r string) bool { return c.s.x.Has(r, mailbox, c.caller.Client) })
	}
	own, err := c.s.x.Mailbox(c.caller.Login)
	if mailbox == "" || err == nil && own.Account().ID == mailbox {
		return slices.ContainsFunc(g.scopes, func(p string) bool {
			return slices.Contains(c.caller.Scopes, p) || slices.Contains(c.caller.Scopes, p+".Shared")
		})
	}
	if err != nil || !slices.ContainsFunc(g.scopes, func(p string) bool { return slices.Contains(c.caller.Scopes, p+".Shared") }) {
		return false
	}
	who := own.Account().ID
	if need == sendMail {
		return c.s.x.Has(exchange.SendAs, mailbox, who) || c.s.x.Has(exchange.SendOnBehalf, mailbox, who)
	}
	return c.s.x.Has(exchange.FullAccess, mailbox, who)
}
