package identity

import "github.com/signoffhq/signoff"

// LocalAccounts says who may sign in with a password that is kept here.
type LocalAccounts string

const (
	LocalOn     LocalAccounts = "on"             // everybody who has one
	LocalAdmins LocalAccounts = "administrators" // administrators only
	LocalOff    LocalAccounts = "off"            // nobody
)

// Known tells whether it is one of the three.
func (l LocalAccounts) Known() bool { return l == LocalOn || l == LocalAdmins || l == LocalOff }

// UseLocalAccounts says from now on who may sign in with a password kept here,
// on the page and with Basic. Sessions that there are go on.
func (s *Service) UseLocalAccounts(l LocalAccounts) { s.local.Store(&l) }

var errNoLocal = &signoff.Error{Kind: signoff.Unauthenticated, Code: "local-accounts-off",
	Detail: "this server does not take passwords of its own from you any more", Hint: "sign in through one of the providers on the sign-in page; programs use an access token"}

// mayUsePassword is asked once the password was found right, so that it tells
// nothing to others. Passwords that a directory checks are not kept here; those
// of people whose directory is not asked for any are.
func (s *Service) mayUsePassword(m member) error {
	l := s.local.Load()
	if l == nil || *l == LocalOn || s.keptHere(m.Account) != nil || *l == LocalAdmins && m.Admin {
		return nil
	}
	return errNoLocal
}
