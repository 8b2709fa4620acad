package identity

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// A Stranger is somebody as a trusted system says they are. Source and Subject
// name them there for ever; nothing else of them is believed to be theirs but
// what the fields say is proven.
type Stranger struct {
	Source  string // "entra:TENANT", "oidc:ISSUER", "ldap:NAME", "scim:NAME"
	Subject string
	App     bool   // an application by itself
	Label   string // for people: upn or client id

	Login, Name, Email string // proposals, for a new account

	EmailTheirs bool // the system proves that the address is theirs: a new account may have it
	EmailProven bool // so too, and it may find an existing person

	Groups, Roles []string // ids there and values of app roles; nil: not said
	Overage       bool     // there are more groups than could be said: they are looked up

	Said time.Time // when the system said all this; zero: now
}

// Newcomers says what happens to somebody nobody here knows.
type Newcomers string

const (
	NewcomersCreate Newcomers = "create" // an account is made
	NewcomersAsk    Newcomers = "ask"    // an administrator is asked
	NewcomersRefuse Newcomers = "refuse"
)

func (n Newcomers) known() bool {
	return n == NewcomersCreate || n == NewcomersAsk || n == NewcomersRefuse
}

// A GroupLookup finds the groups of somebody whom the other system could not
// list whole: Entra leaves groups out of a token that would be too large.
type GroupLookup interface {
	// LookUpGroups returns the ids of all groups, nested ones too. ok is false
	// when this source cannot be asked.
	LookUpGroups(ctx context.Context, source, subject string) (groups []string, ok bool, err error)
}

// LookUpGroupsWith says who is asked for the groups of those that have too many
// for a token. Without anybody, what a directory told stands.
func (s *Service) LookUpGroupsWith(g GroupLookup) { s.lookup.Store(&g) }

// How long it is remembered who somebody is, and that somebody may not come in.
// A change here drops both at once.
const (
	strangersFor = 5 * time.Minute
	refusedFor   = 30 * time.Second
	lookupWithin = 5 * time.Second
	seenEvery    = time.Hour // how often a link is told that it was used
)

// Recognise returns who a stranger is here. It finds them by their link; or,
// when their address is proven and may be used, by that; or else does with them
// what n says. What they belong to elsewhere is taken up. how goes into
// Caller.How. Somebody known costs neither a query nor a write.
//
// It refuses with "person-unknown", "person-awaits-admission" or "user-disabled".
func (s *Service) Recognise(ctx context.Context, st Stranger, n Newcomers, how string) (signoff.Caller, error) {
	return s.stranger(ctx, st.key(n), st, n, how)
}

// stranger is Recognise for who worked the key out before.
func (s *Service) stranger(ctx context.Context, key strangerKey, st Stranger, n Newcomers, how string) (signoff.Caller, error) {
	known, era, found := s.strangers.get(key)
	if !found {
		no, noEra, refused := s.refusedOnes.get(key)
		if refused {
			return signoff.Caller{}, no
		}
		if !st.plausible() {
			return signoff.Caller{}, errUnknownPerson
		}
		// As flights of passwords: many requests of one newcomer are one question.
		id, err := s.meetOnce(ctx, key, func() (int64, error) { return s.meet(ctx, st, n, how) })
		if err != nil {
			if signoff.KindOf(err) == signoff.Forbidden {
				s.refusedOnes.put(key, err, noEra)
			}
			return signoff.Caller{}, err
		}
		known = id
		s.strangers.put(key, id, era)
	}
	return s.Caller(ctx, store.Account{ID: known}.Principal(), how)
}

var errUnknownPerson = &signoff.Error{Kind: signoff.Forbidden, Code: "person-unknown",
	Detail: "whoever this is has no account on this server", Hint: "an administrator can make one, or link it to an existing one"}

var errAwaitsAdmission = &signoff.Error{Kind: signoff.Forbidden, Code: "person-awaits-admission",
	Detail: "whoever this is has no account on this server yet; an administrator has been asked", Hint: "wait until they have answered, or ask them"}

const maxSubject = 500

// plausible keeps out what no system calls anybody.
func (st *Stranger) plausible() bool {
	for _, text := range []string{st.Source, st.Subject} {
		if text == "" || len(text) > maxSubject || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
			return false
		}
	}
	return true
}

type strangerKey [sha256.Size]byte

// key stands for a stranger and everything said of them but when: a word that
// is not the same is looked at anew. Every first request with a token comes by
// here, so it is written by hand; each text has its length before it, and no two
// strangers write the same.
func (st *Stranger) key(n Newcomers) strangerKey {
	var small [512]byte
	b := small[:0]
	for _, text := range [...]string{st.Source, st.Subject, st.Label, st.Login, st.Name, st.Email, string(n)} {
		b = appendText(b, text)
	}
	for _, is := range [...]bool{st.App, st.EmailTheirs, st.EmailProven, st.Overage, st.Groups == nil, st.Roles == nil} {
		b = strconv.AppendBool(b, is)
	}
	for _, list := range [...][]string{st.Groups, st.Roles} {
		if !slices.IsSorted(list) {
			list = slices.Sorted(slices.Values(list))
		}
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, text := range list {
			b = appendText(b, text)
		}
	}
	return sha256.Sum256(b)
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// meet finds out who a stranger is, from the database.
func (s *Service) meet(ctx context.Context, st Stranger, n Newcomers, how string) (int64, error) {
	link, found, err := s.store.IdentityLink(ctx, st.Source, st.Subject)
	if err != nil {
		return 0, err
	}
	if !found {
		if link.Account, err = s.welcome(ctx, st, n, how); err != nil {
			return 0, err
		}
	} else if label := st.label(); label != link.Label || s.now().Sub(link.Seen) > seenEvery {
		link.Label, link.Seen = label, s.now()
		if err := s.store.Meet(ctx, link); err != nil {
			return 0, err
		}
	}
	return link.Account, s.takeUp(ctx, link.Account, st)
}

// welcome deals with somebody who is nobody here.
func (s *Service) welcome(ctx context.Context, st Stranger, n Newcomers, how string) (int64, error) {
	before, err := s.store.NewcomerCalled(ctx, st.Source, st.Subject)
	if err != nil {
		return 0, err
	}
	if !before.Refused.IsZero() {
		return 0, errUnknownPerson
	}
	owner, taken, err := s.ownerOf(ctx, st)
	if err != nil {
		return 0, err
	}
	if taken {
		is, err := s.isByAddress(ctx, st, owner)
		if err != nil {
			return 0, err
		}
		if is {
			if _, err := s.Caller(ctx, owner.Principal(), how); err != nil {
				return 0, err
			}
			return owner.ID, s.linkByAddress(ctx, st, owner, how)
		}
	}
	switch {
	case n == NewcomersCreate && !taken:
		return s.admit(ctx, signoff.Caller{How: how}, st)
	case n == NewcomersRefuse && !taken:
		return 0, errUnknownPerson
	case !n.known():
		return 0, errUnknownPerson
	}
	// Somebody has the address already: a second account for the same mailbox
	// would be a mistake.
	_, err = s.store.NoteNewcomer(ctx, store.Newcomer{Source: st.Source, Subject: st.Subject, App: st.App, Label: st.label(),
		Login: cmp.Or(st.Login, st.label()), Name: clipText(st.Name), Email: clipText(st.Email)})
	if err != nil {
		return 0, err
	}
	return 0, errAwaitsAdmission
}

// ownerOf finds who has the address that is proven to be the stranger's.
func (s *Service) ownerOf(ctx context.Context, st Stranger) (store.Account, bool, error) {
	key, ok := st.address()
	if !ok {
		return store.Account{}, false, nil
	}
	return s.store.AccountByAddress(ctx, key)
}

// address is the key of the address that is proven to be theirs.
func (st *Stranger) address() (string, bool) {
	if st.App || !st.EmailProven && !st.EmailTheirs {
		return "", false
	}
	return addressKey(strings.TrimSpace(st.Email))
}

// isByAddress tells whether a stranger is who has their address here. Nobody is
// an administrator by an address alone, and nobody is somebody who is another one
// in the same system: there, addresses of those who left are given to others.
func (s *Service) isByAddress(ctx context.Context, st Stranger, owner store.Account) (bool, error) {
	if !st.EmailProven || owner.App {
		return false, nil
	}
	if power, err := s.store.HoldsPower(ctx, owner.ID); err != nil || power {
		return false, err
	}
	links, err := s.store.Links(ctx, owner.ID)
	return !slices.ContainsFunc(links, func(l store.IdentityLink) bool { return l.Source == st.Source }), err
}

func (s *Service) linkByAddress(ctx context.Context, st Stranger, owner store.Account, how string) error {
	defer s.changed(owner.ID)
	l := store.IdentityLink{Source: st.Source, Subject: st.Subject, Account: owner.ID, Label: st.label(), Seen: s.now()}
	return s.store.LinkNoted(ctx, l, noteLink(signoff.Caller{How: how}, l, nil, linkSaid(l, "by proven address")))
}

// admit makes an account for a stranger.
func (s *Service) admit(ctx context.Context, by signoff.Caller, st Stranger) (int64, error) {
	a := store.Account{App: st.App}
	var err error
	if a.Name, err = cleanName(clipText(st.Name), ""); err != nil || a.Name == "" {
		a.Name = clipText(cmp.Or(st.Login, st.label()))
	}
	if key, ok := st.address(); ok {
		a.Addresses = []store.Address{{Key: key, Text: strings.TrimSpace(st.Email)}}
	}
	l := store.IdentityLink{Source: st.Source, Subject: st.Subject, Label: st.label(), Seen: s.now()}
	logins := st.logins()
	if a.Login = logins[0]; !a.App {
		a.Words = wordsOf(a.Person())
	}
	defer s.changed()
	out, _, err := s.store.Admit(ctx, a, logins, l, func(a store.Account) store.Change { return noteAdmission(by, a, l) })
	return out.ID, err
}

// label is what people see of them.
func (st *Stranger) label() string { return clipText(cmp.Or(st.Label, st.Login, st.Subject)) }

// clipText makes something another system wrote fit to be kept and shown.
func clipText(text string) string {
	const most = 200
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(text), "�"))
	if r := []rune(text); len(r) > most {
		text = string(r[:most])
	}
	return text
}

// logins are the names an account may get, the best first.
func (st *Stranger) logins() []string {
	called := cmp.Or(st.Login, st.Email, st.Label)
	if _, rest, found := strings.Cut(called, `\`); found {
		called = rest
	}
	local, domain, _ := strings.Cut(called, "@")
	local, _, _ = strings.Cut(local, "#EXT#") // a guest in Entra
	firm, _, _ := strings.Cut(domain, ".")
	base := loginFrom(local)
	if st.App {
		base = loginFrom("app-" + called)
	}
	sum := sha256.Sum256([]byte(st.Source + " " + st.Subject))
	var out []string
	add := func(text string) {
		if key, ok := loginKey(text); ok {
			out = append(out, key)
		}
	}
	add(base)
	if firm = loginFrom(firm); firm != "" {
		add(base + "." + firm)
	}
	for i := 2; i < 10; i++ {
		add(base + "-" + strconv.Itoa(i))
	}
	add("user-" + hex.EncodeToString(sum[:8]))
	return out
}

// loginFrom makes what may be a login of any text, "" if nothing is left.
func loginFrom(text string) string {
	const most = 44 // so that something may follow
	key := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, fold(text))
	key = strings.Trim(key, ".-_")
	return strings.TrimRight(key[:min(len(key), most)], ".-_")
}

// takeUp makes what another system says somebody belongs to true here.
func (s *Service) takeUp(ctx context.Context, account int64, st Stranger) error {
	said := store.Said{Source: st.Source, Subject: st.Subject, Groups: st.Groups, Roles: st.Roles, At: st.Said}
	if now := s.now(); said.At.IsZero() || said.At.After(now) {
		said.At = now
	}
	if st.Overage {
		said.Groups = s.lookUp(ctx, st)
	}
	if said.Groups == nil && said.Roles == nil {
		return nil
	}
	changed, err := s.store.TakeUp(ctx, account, said)
	if changed {
		s.changed()
	}
	return err
}

// lookUp asks for the groups that were left out. Without an answer, what was
// known before stands: a directory that is down must neither lock people out
// nor give them anything.
func (s *Service) lookUp(ctx context.Context, st Stranger) []string {
	g := s.lookup.Load()
	if g == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupWithin)
	defer cancel()
	groups, ok, err := (*g).LookUpGroups(ctx, st.Source, st.Subject)
	if err != nil {
		s.log.Warn("groups of a person not looked up", slog.String("source", st.Source), slog.Any("err", err))
	}
	if err != nil || !ok {
		return nil
	}
	return append([]string{}, groups...)
}

// meetOnce runs meet, or waits for one that is under way for the same stranger.
// When that one was given up by its client, somebody else begins anew.
func (s *Service) meetOnce(ctx context.Context, key strangerKey, meet func() (int64, error)) (int64, error) {
	for {
		s.meetingMu.Lock()
		m, under := s.meetings[key]
		if !under {
			m = &meeting{done: make(chan struct{}), err: errors.New("identity: the meeting panicked")}
			s.meetings[key] = m
		}
		s.meetingMu.Unlock()
		if !under {
			func() {
				defer func() {
					s.meetingMu.Lock()
					delete(s.meetings, key)
					s.meetingMu.Unlock()
					close(m.done)
				}()
				m.account, m.err = meet()
			}()
			return m.account, m.err
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		if !errors.Is(m.err, context.Canceled) && !errors.Is(m.err, context.DeadlineExceeded) {
			return m.account, m.err
		}
	}
}

// A meeting is a stranger being looked at for everybody who asks about them.
type meeting struct {
	done    chan struct{}
	account int64
	err     error
}
