package sandbox

import (
	"crypto/subtle"
	"strings"
)

// Domain is the sandbox's mail domain; .test is reserved (RFC 6761) and never
// leads anywhere.
const Domain = "contoso.test"

// authServID is the name under which the sandbox vouches for senders (RFC 8601).
const authServID = "mx." + Domain

// outsideID is the mailbox of everything addressed to other domains.
const outsideID = "outside"

// Account is somebody with a mailbox.
type Account struct {
	ID       string `json:"id"` // "jane"
	Address  string `json:"address"`
	Name     string `json:"name"`
	Password string `json:"password"`
	Role     string `json:"role"` // what they do in the sample workflow
}

// Accounts lists the people of Contoso. Their passwords are no secret.
func Accounts() []Account {
	list := []Account{
		{ID: "admin", Name: "Alex Admin", Role: "administrator"},
		{ID: "ana", Name: "Ana Silva", Role: "starts requests"},
		{ID: "jane", Name: "Jane Doe", Role: "decides"},
		{ID: "bob", Name: "Bob Stone", Role: "Jane's manager"},
		{ID: "workflow", Name: "Contoso Workflow", Role: "service account and mailbox"},
	}
	for i := range list {
		list[i].Address = list[i].ID + "@" + Domain
		list[i].Password = "signoff"
	}
	return list
}

// login returns the id of the account that a user name and password open.
func login(username, password string) (string, bool) {
	id, _, _ := strings.Cut(strings.ToLower(username), "@"+Domain)
	for _, a := range Accounts() {
		if a.ID == id && subtle.ConstantTimeCompare([]byte(a.Password), []byte(password)) == 1 {
			return a.ID, true
		}
	}
	return "", false
}

// place is where mail for an address goes.
type place int

const (
	nowhere   place = iota // our domain, but nobody is called that
	local                  // one of our mailboxes
	elsewhere              // another domain
)

// resolve finds the mailbox of an address: anything after "+" in the local part
// is the owner's own affair (plus addressing), and case does not matter.
func resolve(address string) (account string, where place) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", nowhere
	}
	if !strings.EqualFold(strings.TrimSuffix(address[at+1:], "."), Domain) {
		return outsideID, elsewhere
	}
	name, _, _ := strings.Cut(strings.ToLower(address[:at]), "+")
	if name == "postmaster" { // RFC 5321 §4.5.1: always there
		name = "admin"
	}
	for _, a := range Accounts() {
		if a.ID == name {
			return a.ID, local
		}
	}
	return "", nowhere
}
