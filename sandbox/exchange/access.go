package exchange

import (
	"slices"
	"strings"
	"sync"

	"github.com/signoffhq/signoff/sandbox"
)

// Grant is a right on a mailbox that its owner does not have by being its
// owner.
type Grant struct {
	Right   string `json:"right"`   // see the constants
	Mailbox string `json:"mailbox"` // account; "*": every one
	To      string `json:"to"`      // an account, or an appId of an Application right
}

// The rights of people. FullAccess opens a mailbox and does not let send.
const (
	FullAccess   = "FullAccess"
	SendAs       = "SendAs"
	SendOnBehalf = "SendOnBehalf"
)

// The rights of applications: roles of RBAC for Applications, which are good
// for the mailboxes of their scope. Roles that Entra grants are good for all.
const (
	AppMailSend        = "Application Mail.Send"
	AppMailRead        = "Application Mail.Read"
	AppMailReadWrite   = "Application Mail.ReadWrite"
	AppCalendarsRead   = "Application Calendars.Read"
	AppCalendars       = "Application Calendars.ReadWrite"
	AppContacts        = "Application Contacts.ReadWrite"
	AppMailboxSettings = "Application MailboxSettings.ReadWrite"
	AppEWS             = "Application EWS.AccessAsApp"
	AppSMTP            = "Application SMTP.SendAsApp"
	AppIMAP            = "Application IMAP.AccessAsApp"
	maxGrants          = 1000
	everybody          = "*"
	onBehalf           = 1
	asOther            = 2
	asSelf             = 3
)

var rights = []string{FullAccess, SendAs, SendOnBehalf, AppMailSend, AppMailRead, AppMailReadWrite, AppCalendarsRead, AppCalendars, AppContacts,
	AppMailboxSettings, AppEWS, AppSMTP, AppIMAP}

type accessTable struct {
	mu   sync.Mutex
	list []Grant
}

// Grant gives a right. It is good at once, as Test-ServicePrincipalAuthorization
// says; the real thing takes up to two hours.
func (x *Exchange) Grant(g Grant) error {
	if !slices.Contains(rights, g.Right) || g.To == "" || len(g.To) > 100 {
		return Refuse("ErrorInvalidArgument", "There is no right %q to give.", g.Right)
	}
	if g.Mailbox != everybody && x.boxes[g.Mailbox] == nil {
		return ErrNoMailbox
	}
	t := &x.access
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.list) >= maxGrants {
		return ErrQuota
	}
	if !slices.Contains(t.list, g) {
		t.list = append(t.list, g)
	}
	return nil
}

// Revoke takes a right away.
func (x *Exchange) Revoke(g Grant) {
	t := &x.access
	t.mu.Lock()
	defer t.mu.Unlock()
	t.list = slices.DeleteFunc(t.list, func(o Grant) bool { return o == g })
}

// Grants lists all rights that were given.
func (x *Exchange) Grants() []Grant {
	t := &x.access
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.list)
}

// Has tells whether somebody has a right on a mailbox.
func (x *Exchange) Has(right, mailbox, who string) bool { return x.access.has(right, mailbox, who) }

func (t *accessTable) has(right, mailbox, who string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.list, func(g Grant) bool {
		return g.Right == right && strings.EqualFold(g.To, who) && (g.Mailbox == everybody || g.Mailbox == mailbox)
	})
}

// sender tells how a mailbox may send with an address as From.
func (t *accessTable) sender(owner sandbox.Account, from string) (how int, ok bool) {
	account, ours := sandbox.Resolve(from)
	switch {
	case !ours || account == "":
		return 0, false
	case account == owner.ID:
		return asSelf, true
	case t.has(SendAs, account, owner.ID):
		return asOther, true
	case t.has(SendOnBehalf, account, owner.ID):
		return onBehalf, true
	}
	return 0, false
}
