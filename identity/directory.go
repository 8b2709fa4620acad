package identity

import (
	"context"
	"log/slog"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// What package directory needs of how people are kept here, and what is asked of
// it in return: whether a password that is kept there is right.

// Shape makes what a directory says of a person fit to be kept: keys and words,
// and what a new account may be called. Addresses that are none are left out and
// returned.
func Shape(source, subject, login, label, name string, addresses []string) (p store.TakePerson, left []string) {
	called := login
	if _, domain, found := strings.Cut(label, "@"); found && !strings.Contains(login, "@") {
		called += "@" + domain
	}
	st := Stranger{Source: source, Subject: subject, Login: called, Label: label}
	p.Logins = st.logins()
	var err error
	if p.Account.Name, err = cleanName(clipText(name), ""); err != nil || p.Account.Name == "" {
		p.Account.Name = clipText(login)
	}
	seen := map[string]bool{}
	for _, text := range addresses {
		text = strings.TrimSpace(text)
		key, ok := addressKey(text)
		if !ok || len(p.Account.Addresses) == maxAddresses {
			left = append(left, clipText(text))
			continue
		}
		if !seen[key] {
			seen[key] = true
			p.Account.Addresses = append(p.Account.Addresses, store.Address{Key: key, Text: text})
		}
	}
	p.Words = func(a store.Account) []string { return wordsOf(a.Person()) }
	return p, left
}

// ShapeGroup makes what a directory calls a group fit to be kept; false when
// nothing is left of the name.
func ShapeGroup(name, about string) (store.Group, bool) {
	name = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == ':' || r == '|' {
			return ' '
		}
		return r
	}, clipText(name)))
	if strings.EqualFold(name, "everyone") || strings.Trim(name, "0123456789") == "" {
		name = "Group " + name
	}
	g, err := newGroup(name)
	g.About = clipText(about)
	return g, err == nil
}

// Changed forgets what is kept in memory about people, after a directory changed
// them, here and on the other servers. Passwords of users are not remembered
// any more.
func (s *Service) Changed(users ...int64) { s.changed(users...) }

// Elsewhere checks passwords that a directory keeps.
type Elsewhere interface {
	// Called finds who a directory calls that. domain is what stood before a
	// backslash, or "". found is false for somebody no directory knows, or more
	// than one does; known tells that the domain is a directory's, so that
	// nobody else is meant.
	Called(ctx context.Context, domain, login, address string) (account int64, found, known bool, err error)
	// Checks tells whether passwords of people of a source are asked there.
	Checks(source string) bool
	// Right asks the directory whether a password is right.
	Right(ctx context.Context, source string, account int64, password seal.Secret) (bool, error)
}

// AskElsewhere says who knows passwords that are not kept here. Set it once,
// before the first request.
func (s *Service) AskElsewhere(e Elsewhere) { s.elsewhere.Store(&e) }

// ForgetPasswords has every password be looked at anew: who knows them, or
// whether anybody is asked, was changed.
func (s *Service) ForgetPasswords() { s.remembered.clear() }

// credential finds whose password it is. A name a directory has counts too: by
// DOMAIN\login before anything else, since it says which directory; by
// user@domain when nobody here has that address.
func (s *Service) credential(ctx context.Context, domain string, n name) (c store.Credential, found bool, err error) {
	e := s.elsewhere.Load()
	if e == nil {
		return s.store.Credential(ctx, n.login, n.address)
	}
	if domain == "" {
		if c, found, err = s.store.Credential(ctx, n.login, n.address); found || err != nil || n.address == "" {
			return c, found, err
		}
	}
	id, found, known, err := (*e).Called(ctx, domain, n.login, n.address)
	if err != nil {
		return store.Credential{}, false, err
	}
	if !found {
		if known || domain == "" {
			return store.Credential{}, false, nil
		}
		return s.store.Credential(ctx, n.login, n.address) // a domain nobody here knows is not looked at
	}
	a, found, err := s.store.Account(ctx, id)
	if err != nil || !found {
		return store.Credential{}, false, err
	}
	return s.store.Credential(ctx, a.Login, "")
}

// matches tells whether a password is somebody's: by asking the directory that
// rules them, or else by the hash that is kept here.
func (s *Service) matches(ctx context.Context, c store.Credential, password seal.Secret) (ok, outdated bool, err error) {
	if e := s.elsewhere.Load(); e != nil && c.Source != "" && (*e).Checks(c.Source) {
		if password == "" || c.Disabled {
			return false, false, nil
		}
		ok, err = (*e).Right(ctx, c.Source, c.Account, password)
		if err != nil && signoff.KindOf(err) != signoff.Unauthenticated {
			s.log.Warn("a directory could not be asked for a password", slog.Int64("user", c.Account), slog.Any("err", err))
			err = errDirectoryAway
		}
		return ok, false, err
	}
	return s.hashing.matches(ctx, password, c.Password)
}

// keptHere refuses to keep a password that nobody would look at: the directory
// is asked for that person's ("password-elsewhere").
func (s *Service) keptHere(a store.Account) error {
	if e := s.elsewhere.Load(); e != nil && a.Source != "" && (*e).Checks(a.Source) {
		return &signoff.Error{Kind: signoff.Conflict, Code: "password-elsewhere", Detail: "the password of " + a.Name + " is kept by the directory " + a.Source,
			Hint: "change it there, in Windows for instance"}
	}
	return nil
}

var errDirectoryAway = &signoff.Error{Kind: signoff.Unavailable, Code: "directory-away",
	Detail: "the directory that knows this password does not answer", Hint: "try again in a few minutes; accounts of this server still work"}

// domainOf is what stands before the backslash in a name, in lower case.
func domainOf(text string) string {
	domain, _, found := strings.Cut(strings.TrimSpace(text), `\`)
	if !found {
		return ""
	}
	if label, rest, labelled := strings.Cut(domain, ":"); labelled && isLabel(label) {
		domain = rest
	}
	return strings.ToLower(domain)
}
