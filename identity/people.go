package identity

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// everyone is the group that every signed-in person is in.
var everyone = signoff.Person{Principal: signoff.Everyone, Login: "Everyone", Name: "Everyone"}

// A member is a user with the groups and roles they are in, also through other
// groups, and the rights on the server.
type member struct {
	store.Account
	groups []store.Group
	server []access.Grant // all there are; few
	standing
}

func (m member) caller(how string) signoff.Caller {
	c := signoff.Caller{Person: m.Person(), Admin: m.Admin, How: how}
	for _, g := range m.groups {
		c.Groups = append(c.Groups, g.Principal())
	}
	if !m.App { // everyone are the people; an application holds what it is given
		c.Groups = append(c.Groups, signoff.Everyone)
	}
	c.Stands, c.HandsOn = m.stands, m.handsOn
	for _, g := range m.server {
		if c.Is(g.Who) {
			c.Admin = c.Admin || g.Right == access.Server
			c.Deploy = c.Deploy || g.Right == access.Deploy
			c.Impersonate = c.Impersonate || g.Right == access.Impersonate
		}
	}
	return c
}

// member is a user, with where they stand in now; false when there is none.
func (s *Service) member(ctx context.Context, id int64) (m member, found bool, err error) {
	if m, found, err = s.read(ctx, id); err == nil && found && !m.App {
		m.standing, err = s.standingOf(ctx, id, m.Principal())
	}
	return m, found, err
}

// read reads a user through the cache.
func (s *Service) read(ctx context.Context, id int64) (member, bool, error) {
	m, era, found := s.members.get(id)
	if found {
		return m, true, nil
	}
	a, found, err := s.store.Account(ctx, id)
	if err != nil || !found {
		return member{}, false, err
	}
	groups, err := s.store.GroupsOf(ctx, id)
	if err != nil {
		return member{}, false, err
	}
	server, err := s.serverGrants(ctx)
	if err != nil {
		return member{}, false, err
	}
	m = member{Account: a, groups: groups, server: server}
	s.members.put(id, m, era)
	return m, true, nil
}

// changed forgets what is kept in memory about people, after any change to
// them. Passwords are remembered still, but for those of users.
func (s *Service) changed(users ...int64) {
	s.drop(users...)
	s.store.Publish(store.TopicPeople, usersChanged(users))
}

func (s *Service) drop(users ...int64) {
	s.server.clear()
	s.dropAbsences()
	s.members.clear()
	s.names.clear()
	s.resolved.clear()
	s.strangers.clear()
	s.refusedOnes.clear()
	s.dropTokens(users)
	if len(users) > 0 {
		s.remembered.drop(func(_ [32]byte, r remembered) bool { return slices.Contains(users, r.account) })
	}
}

// Caller returns a person as a caller, for those recognised otherwise than by a
// password: by a mail they sent, or in the background. how goes into
// Caller.How. It refuses somebody missing ("user-not-found") or disabled
// ("user-disabled").
func (s *Service) Caller(ctx context.Context, p signoff.Principal, how string) (signoff.Caller, error) {
	m, err := s.known(ctx, p)
	switch {
	case err != nil:
		return signoff.Caller{}, err
	case m.Disabled:
		return signoff.Caller{}, &signoff.Error{Kind: signoff.Forbidden, Code: "user-disabled",
			Detail: signoff.Mention(p) + " may not sign in any more"}
	}
	return m.caller(how), nil
}

// Standing is Caller for those, too, who may not sign in any more: what they
// hold counts for what they left behind until it is taken from them.
func (s *Service) Standing(ctx context.Context, p signoff.Principal, how string) (signoff.Caller, error) {
	m, err := s.known(ctx, p)
	if err != nil {
		return signoff.Caller{}, err
	}
	return m.caller(how), nil
}

func (s *Service) known(ctx context.Context, p signoff.Principal) (member, error) {
	id, ok := store.AccountID(p)
	if !ok {
		return member{}, noUser
	}
	m, found, err := s.member(ctx, id)
	if err == nil && !found {
		err = noUser
	}
	return m, err
}

var noUser = &signoff.Error{Kind: signoff.NotFound, Code: "user-not-found", Detail: "there is no such user"}

// ByAddress returns the person with a mail address, main or other; false when
// there is none or they are disabled.
func (s *Service) ByAddress(ctx context.Context, email string) (signoff.Person, bool, error) {
	key, ok := addressKey(strings.TrimSpace(email))
	if !ok {
		return signoff.Person{}, false, nil
	}
	a, found, err := s.store.AccountByAddress(ctx, key)
	if err != nil || !found || a.Disabled {
		return signoff.Person{}, false, err
	}
	return a.Person(), true, nil
}

// Names returns people and groups by principal, disabled people too: history
// speaks of them. Principals that nobody has are left out.
func (s *Service) Names(ctx context.Context, principals []signoff.Principal) (map[signoff.Principal]signoff.Person, error) {
	out := make(map[signoff.Principal]signoff.Person, len(principals))
	var users, groups []int64
	var era uint64
	for _, p := range principals {
		if _, have := out[p]; have {
			continue
		}
		person, now, found := s.names.get(p)
		if found {
			out[p] = person
			continue
		}
		if users == nil && groups == nil {
			era = now
		}
		if p == signoff.Everyone {
			out[p] = everyone
		} else if id, ok := store.AccountID(p); ok {
			users = append(users, id)
		} else if id, ok := store.GroupID(p); ok {
			groups = append(groups, id)
		}
	}
	if users == nil && groups == nil {
		return out, nil
	}
	people, err := s.store.Names(ctx, users, groups)
	if err != nil {
		return nil, err
	}
	for _, person := range people {
		out[person.Principal] = person
		s.names.put(person.Principal, person, era)
	}
	return out, nil
}

const (
	maxFound   = 50  // people one search returns
	maxScanned = 500 // words one search looks at
)

// Search returns up to limit people and groups for the person picker: those of
// whom every word of text begins a word of their name, login or address. Case
// and accents do not matter. Disabled people are not found.
func (s *Service) Search(ctx context.Context, text string, limit int) ([]signoff.Person, error) {
	limit = max(0, min(limit, maxFound))
	if len(text) > maxLoginBytes {
		return nil, nil
	}
	wanted := strings.Fields(fold(text))
	if len(wanted) == 0 || limit == 0 {
		return nil, nil
	}
	longest := slices.MaxFunc(wanted, func(a, b string) int { return len(a) - len(b) })
	found, err := s.store.WordsFrom(ctx, longest, maxScanned)
	if err != nil {
		return nil, err
	}
	if beginsAWord(everyone, longest) {
		found = append(found, signoff.Everyone)
	}
	names, err := s.Names(ctx, found)
	if err != nil {
		return nil, err
	}
	var out []signoff.Person
	for _, p := range found {
		person, ok := names[p]
		if !ok || slices.ContainsFunc(wanted, func(w string) bool { return !beginsAWord(person, w) }) {
			continue
		}
		delete(names, p) // found by another of its words already
		if out = append(out, person); len(out) == limit {
			break
		}
	}
	return out, nil
}

func beginsAWord(p signoff.Person, prefix string) bool {
	return slices.ContainsFunc(wordsOf(p), func(w string) bool { return strings.HasPrefix(w, prefix) })
}

// maxWords is how many words somebody is found by.
const maxWords = 24

// wordsOf returns what somebody is found by: their login and address whole, and
// every word in them (but for the address's domain) and in the name.
func wordsOf(p signoff.Person) []string {
	local, _, _ := strings.Cut(p.Email, "@")
	words := []string{fold(p.Login), fold(p.Email)}
	for _, text := range []string{p.Name, p.Login, local} {
		words = append(words, strings.FieldsFunc(fold(text), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})...)
	}
	slices.Sort(words)
	words = slices.DeleteFunc(slices.Compact(words), func(w string) bool { return w == "" || len(w) > 254 })
	return words[:min(len(words), maxWords)]
}

// fold takes case and accents away: "Renée" is found by "renee".
func fold(text string) string {
	t := transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	out, _, err := transform.String(t, text)
	if err != nil {
		out = text
	}
	return strings.ToLower(strings.ToValidUTF8(out, "�"))
}
