package identity

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// User is a local user as administrators see them.
type User struct {
	signoff.Person
	Addresses []string // all of them, Email first
	Admin     bool     // by themselves; more may administer through a group or role
	Disabled  bool
	App       bool   // an application, not a person
	Source    string // the directory that rules the account, "" nobody
	Manager   signoff.Principal
	Groups    []Group // and roles, also those through other groups
}

// NewUser describes a user to be made. Name defaults to the login.
type NewUser struct {
	Login     string
	Name      string
	Email     string
	Addresses []string    // further addresses, from which they may decide by mail too
	Password  seal.Secret // "": cannot sign in until one is set
	Admin     bool
	Manager   signoff.Principal // "" none
}

// maxAddresses is how many addresses one person may have.
const maxAddresses = 20

// CreateUser makes a local user; it takes the server right. Besides that it
// refuses a login or address that is somebody's ("login-taken",
// "address-taken"), a password nobody should have ("bad-password"), and what is
// not a login, name or address ("bad-user"). The server itself may set any
// password: its sandbox is told which.
func (s *Service) CreateUser(ctx context.Context, by signoff.Caller, u NewUser) (User, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return User{}, err
	}
	a, hash, err := s.prepare(ctx, by, u)
	if err != nil {
		return User{}, err
	}
	defer s.changed()
	if a, err = s.store.CreateAccount(ctx, a, hash, s.note(by, "user", "")); err != nil {
		return User{}, err
	}
	return userOf(a, nil), nil
}

// prepare turns u into what is stored.
func (s *Service) prepare(ctx context.Context, by signoff.Caller, u NewUser) (a store.Account, hash string, err error) {
	var ok bool
	if a.Login, ok = loginKey(u.Login); !ok {
		return a, "", badUser("login", "a login is 1 to 64 letters a to z, digits, dots, hyphens and underscores, beginning with a letter or digit; k2, aad, k2aad and signoff are taken")
	}
	if a.Name, err = cleanName(u.Name, a.Login); err != nil {
		return a, "", err
	}
	if a.Addresses, err = addressesOf(u.Email, u.Addresses); err != nil {
		return a, "", err
	}
	a.Admin = u.Admin
	if a.Manager, err = s.manager(ctx, 0, u.Manager); err != nil {
		return a, "", err
	}
	a.Words = wordsOf(a.Person())
	if u.Password == "" {
		return a, "", nil
	}
	if by.How != access.System.How || by.Principal != "" {
		if err := checkPassword(u.Password, a.Login); err != nil {
			return a, "", err
		}
	}
	h, err := s.hashing.new(ctx, u.Password)
	return a, h.String(), err
}

// manager finds the account of who is to be somebody's manager: a person, and
// not themselves.
func (s *Service) manager(ctx context.Context, of int64, who signoff.Principal) (int64, error) {
	if who == "" {
		return 0, nil
	}
	id, ok := store.AccountID(who)
	if ok && id != of {
		a, found, err := s.store.Account(ctx, id)
		if err != nil {
			return 0, err
		}
		if found && !a.App {
			return id, nil
		}
	}
	return 0, badUser("manager", "a manager is another person who has an account here")
}

func badUser(field, detail string) error {
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-user", Detail: detail,
		Fields: []signoff.FieldError{{Field: field, Detail: detail}}}
}

func cleanName(text, otherwise string) (string, error) {
	text = strings.TrimSpace(norm.NFC.String(text))
	if text == "" {
		text = otherwise
	}
	if utf8.RuneCountInString(text) > 200 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", badUser("name", "a name is at most 200 characters on one line")
	}
	return text, nil
}

func addressesOf(email string, more []string) ([]store.Address, error) {
	var out []store.Address
	for i, text := range append([]string{email}, more...) {
		if text = strings.TrimSpace(text); text == "" && i == 0 && len(more) == 0 {
			break
		}
		key, ok := addressKey(text)
		if !ok {
			return nil, badUser("email", "a mail address looks like ana@contoso.test")
		}
		again := false
		for _, have := range out {
			again = again || have.Key == key
		}
		if !again {
			out = append(out, store.Address{Key: key, Text: text})
		}
	}
	if len(out) > maxAddresses {
		return nil, badUser("addresses", "somebody can have at most 20 addresses")
	}
	return out, nil
}

func userOf(a store.Account, groups []store.Group) User {
	u := User{Person: a.Person(), Admin: a.Admin, Disabled: a.Disabled, App: a.App, Source: a.Source}
	if a.Manager != 0 {
		u.Manager = store.Account{ID: a.Manager}.Principal()
	}
	for _, addr := range a.Addresses {
		u.Addresses = append(u.Addresses, addr.Text)
	}
	for _, g := range groups {
		u.Groups = append(u.Groups, groupOf(g))
	}
	return u
}

// UserChange says what to change about a user; nil leaves a thing as it is.
type UserChange struct {
	Name      *string
	Email     *string
	Addresses *[]string // the further ones
	Admin     *bool
	Disabled  *bool // true ends their sessions
	Manager   *signoff.Principal
}

// ChangeUser changes a user; it takes the server right. It refuses what
// CreateUser refuses, a missing user ("user-not-found"), to change what a
// directory rules ("ruled-elsewhere"), and to leave the server without an
// administrator ("last-administrator").
func (s *Service) ChangeUser(ctx context.Context, by signoff.Caller, who signoff.Principal, c UserChange) (User, error) {
	id, err := s.administer(by, who)
	if err != nil {
		return User{}, err
	}
	manager := int64(-1)
	if c.Manager != nil {
		if manager, err = s.manager(ctx, id, *c.Manager); err != nil {
			return User{}, err
		}
	}
	defer s.changed(id)
	a, err := s.store.ChangeAccount(ctx, id, func(a *store.Account) error {
		if manager >= 0 {
			a.Manager = manager
		}
		return c.apply(a)
	}, s.note(by, "user", ""))
	if err != nil {
		return User{}, err
	}
	groups, err := s.store.GroupsOf(ctx, id)
	return userOf(a, groups), err
}

func (c UserChange) apply(a *store.Account) (err error) {
	if a.Source != "" && (c.Name != nil || c.Email != nil || c.Addresses != nil || c.Disabled != nil || c.Manager != nil) {
		return ruledElsewhere(a.Name, a.Source)
	}
	if c.Name != nil {
		if a.Name, err = cleanName(*c.Name, a.Login); err != nil {
			return err
		}
	}
	if c.Email != nil || c.Addresses != nil {
		email, more := a.Email(), []string{}
		for _, addr := range a.Addresses[min(1, len(a.Addresses)):] {
			more = append(more, addr.Text)
		}
		if c.Email != nil {
			email = *c.Email
		}
		if c.Addresses != nil {
			more = *c.Addresses
		}
		if a.Addresses, err = addressesOf(email, more); err != nil {
			return err
		}
	}
	if c.Admin != nil {
		a.Admin = *c.Admin
	}
	if c.Disabled != nil {
		if *c.Disabled && !a.Disabled {
			a.Epoch++
		}
		a.Disabled = *c.Disabled
	}
	if a.Words = nil; !a.Disabled && !a.App {
		a.Words = wordsOf(a.Person())
	}
	return nil
}

// administer checks that by may change users and who is one.
func (s *Service) administer(by signoff.Caller, who signoff.Principal) (int64, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return 0, err
	}
	id, ok := store.AccountID(who)
	if !ok {
		return 0, noUser
	}
	return id, nil
}

// SetPassword gives a user another password and ends their sessions; it takes
// the server right, and that it was done is put on record.
func (s *Service) SetPassword(ctx context.Context, by signoff.Caller, who signoff.Principal, password seal.Secret) error {
	id, err := s.administer(by, who)
	if err != nil {
		return err
	}
	a, found, err := s.store.Account(ctx, id)
	if err != nil {
		return err
	}
	if !found {
		return noUser
	}
	if by.Principal == "" { // the server itself; whoever has it do so notes that
		return s.setPassword(ctx, a, password)
	}
	return s.setPassword(ctx, a, password, s.note(by, "password", ""))
}

func (s *Service) setPassword(ctx context.Context, a store.Account, password seal.Secret, record ...store.Change) error {
	if err := s.keptHere(a); err != nil {
		return err
	}
	if err := checkPassword(password, a.Login); err != nil {
		return err
	}
	h, err := s.hashing.new(ctx, password)
	if err != nil {
		return err
	}
	defer s.changed(a.ID)
	return s.store.SetPassword(ctx, a.ID, h.String(), record...)
}

// ChangePassword lets people change their own password, given the present one.
// All their sessions end, the one they did it in too.
func (s *Service) ChangePassword(ctx context.Context, by signoff.Caller, present, next seal.Secret, remote string) error {
	if _, ok := store.AccountID(by.Principal); !ok {
		return errSignIn
	}
	m, err := s.check(ctx, by.Login, present, remote)
	if err != nil {
		return err
	}
	if m.Principal() != by.Principal {
		return errBadCredentials
	}
	return s.setPassword(ctx, m.Account, next)
}

// HasPassword tells whether ChangePassword can work for somebody: they have a
// password, it is kept here, and it counts.
func (s *Service) HasPassword(ctx context.Context, by signoff.Caller) (bool, error) {
	id, ok := store.AccountID(by.Principal)
	if !ok {
		return false, nil
	}
	m, found, err := s.member(ctx, id)
	if err != nil || !found || s.keptHere(m.Account) != nil || s.mayUsePassword(m) != nil {
		return false, err
	}
	c, found, err := s.store.Credential(ctx, m.Login, "")
	return found && c.Account == m.ID && c.Password != "", err
}

// User returns one user; it takes the server right.
func (s *Service) User(ctx context.Context, by signoff.Caller, who signoff.Principal) (User, error) {
	id, err := s.administer(by, who)
	if err != nil {
		return User{}, err
	}
	m, found, err := s.member(ctx, id)
	if err != nil {
		return User{}, err
	}
	if !found {
		return User{}, noUser
	}
	return userOf(m.Account, m.groups), nil
}

// maxPage bounds every list.
const maxPage = 200

// UserQuery says which accounts are wanted; what is nil or "" does not matter.
type UserQuery struct {
	Text     string // beginnings of words of a name, login or address
	Disabled *bool
	App      *bool
	Admin    *bool   // by themselves
	Source   *string // the directory that rules them, "" nobody
	After    signoff.Principal
	Limit    int
}

// Users returns up to limit users after the one given ("" for the first ones),
// in the order they were made; it takes the server right.
func (s *Service) Users(ctx context.Context, by signoff.Caller, after signoff.Principal, limit int) ([]User, error) {
	return s.FindUsers(ctx, by, UserQuery{After: after, Limit: limit})
}

// FindUsers returns accounts, disabled ones too, in the order they were made; it
// takes the server right.
func (s *Service) FindUsers(ctx context.Context, by signoff.Caller, q UserQuery) ([]User, error) {
	if err := access.May(by, access.Server, nil).Err(); err != nil {
		return nil, err
	}
	id, _ := store.AccountID(q.After)
	list, err := s.store.FindAccounts(ctx, store.AccountFilter{App: q.App, Disabled: q.Disabled, Admin: q.Admin, Source: q.Source,
		Words: wordsAsked(q.Text)}, id, max(1, min(q.Limit, maxPage)))
	if err != nil {
		return nil, err
	}
	users := make([]User, 0, len(list))
	for _, a := range list {
		m, _, err := s.member(ctx, a.ID) // for the groups; a page is short
		if err != nil {
			return nil, err
		}
		users = append(users, userOf(a, m.groups))
	}
	return users, nil
}

// Reports returns up to limit people whose manager somebody is; it takes the
// server right.
func (s *Service) Reports(ctx context.Context, by signoff.Caller, who signoff.Principal, limit int) ([]signoff.Person, error) {
	id, err := s.administer(by, who)
	if err != nil {
		return nil, err
	}
	list, err := s.store.Manages(ctx, id, max(1, min(limit, maxPage)))
	out := make([]signoff.Person, 0, len(list))
	for _, a := range list {
		out = append(out, a.Person())
	}
	return out, err
}
