package ews

import (
	"slices"
	"strconv"

	"github.com/signoffhq/signoff/sandbox"
	"github.com/signoffhq/signoff/sandbox/exchange"
)

// anyGrant tells whether a program has a role of RBAC for Applications for EWS
// on some mailbox.
func (s *Server) anyGrant(app string) bool {
	return slices.ContainsFunc(s.Exchange.Grants(), func(g exchange.Grant) bool { return g.Right == exchange.AppEWS && g.To == app })
}

// mayOpen tells whether a program by itself may open a mailbox.
func (s *Server) mayOpen(who Caller, box *exchange.Mailbox) bool {
	return slices.Contains(who.Roles, appRole) || s.Exchange.Has(exchange.AppEWS, box.Account().ID, who.App)
}

// mayImpersonate tells whether a caller may work as a mailbox's owner. In the
// cloud no person may: the role that let them is gone since February 2025. On
// premises those may whom SetImpersonators names.
func (s *Server) mayImpersonate(who Caller, box *exchange.Mailbox) bool {
	if s.Exchange.Struck("impersonation-denied", box.Account().ID, who.App) {
		return false
	}
	if who.Address == "" {
		return s.mayOpen(who, box)
	}
	p := s.Policy()
	return p.OnPremises && slices.ContainsFunc(p.Impersonators, func(a string) bool { return sameAddress(a, who.Address) })
}

// may asks whether the caller may work in a mailbox: its own, the impersonated
// one, or one it has full access to.
func (c *call) may(box *exchange.Mailbox) error {
	switch {
	case c.box == nil && c.srv.mayOpen(c.who, box):
		return nil
	case c.box != nil && c.box.Account().ID == box.Account().ID:
		return nil
	case c.box != nil && c.srv.Exchange.Has(exchange.FullAccess, box.Account().ID, c.box.Account().ID):
		return nil
	}
	return refuse("ErrorAccessDenied")
}

// account is the id of the mailbox that is worked in, or "".
func (c *call) account() string {
	if c.box == nil {
		return ""
	}
	return c.box.Account().ID
}

// effectiveRights are all of them: who may come in may do everything.
func effectiveRights(folder bool) *node {
	yes := func(name string, b bool) *node { return el(name, strconv.FormatBool(b)) }
	return el("t:EffectiveRights", yes("t:CreateAssociated", folder), yes("t:CreateContents", folder), yes("t:CreateHierarchy", folder),
		yes("t:Delete", true), yes("t:Modify", true), yes("t:Read", true), yes("t:ViewPrivateItems", true))
}

// resolveAddress tells whether an address is one of ours that somebody has.
func resolveAddress(address string) (account string, ours bool) {
	account, ours = sandbox.Resolve(address)
	return account, ours && account != ""
}

func sameAddress(a, b string) bool {
	x, ok := resolveAddress(a)
	y, ok2 := resolveAddress(b)
	return ok && ok2 && x == y
}
