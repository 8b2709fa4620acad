package provision

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/store"
)

// codeNotTaken is the code of what was kept and could not become somebody here.
const codeNotTaken = "scim-not-taken"

// atOnce bounds how much one request catches up with.
const atOnce = 100

// take brings a person or group here in line with an entry, and notes that.
// members is what changed about a group's members; nil: all of them are told.
func (s *Service) take(ctx context.Context, c Client, e Entry, members *store.SCIMMembers) error {
	if err := s.CatchUp(ctx, c, e.ID); err != nil {
		return err
	}
	return s.takeOne(ctx, c, e, members)
}

// CatchUp takes what an earlier request kept and could not bring to its end. It
// leaves out what is taken anyway.
func (s *Service) CatchUp(ctx context.Context, c Client, but ...string) error {
	list, err := s.Store.SCIMUntaken(ctx, c.Name, atOnce)
	if err != nil {
		return err
	}
	for _, r := range list {
		if len(but) > 0 && r.ID == but[0] {
			continue
		}
		e, err := entryOf(r)
		if err == nil {
			err = s.takeOne(ctx, c, e, nil)
		}
		if err != nil && signoff.CodeOf(err) != codeNotTaken { // that one's trouble is not this request's
			return err
		}
	}
	return nil
}

func (s *Service) takeOne(ctx context.Context, c Client, e Entry, members *store.SCIMMembers) error {
	var changes directory.Changes
	switch {
	case e.Gone:
		changes.Gone = []string{e.ID}
	case e.Group:
		g, err := s.group(ctx, c, e, members)
		if err != nil {
			return err
		}
		changes.Groups = []directory.Group{g}
	default:
		if err := s.adopt(ctx, c, e); err != nil {
			return err
		}
		changes.People = []directory.Person{person(e)}
	}
	out, err := s.People.Take(ctx, c.Source(), changes, directory.Take{ByAddress: c.ByAddress, Record: &directory.Record{By: directory.ByDirectory(c.Name), How: directory.HowSCIM}})
	if err != nil {
		return err
	}
	isPerson := !e.Gone && !e.Group
	nobody := false
	if isPerson && e.Is.Person().Active {
		_, found, err := s.Store.LinkedAccount(ctx, c.Source(), e.ID)
		if err != nil {
			return err
		}
		nobody = !found
	}
	if err := notTaken(e, out, nobody); err != nil {
		return err
	}
	if isPerson {
		if err := s.link(ctx, c, e); err != nil {
			return err
		}
	}
	return s.Store.SCIMTaken(ctx, c.Name, e.ID, e.Rev)
}

// mostProblems bounds how many people Problems looks at.
const mostProblems = 50

// Problems tells which people of a client could not be taken as it wrote them,
// and why: whose address somebody else has, for instance. It looks at them as
// they are now, and changes nothing.
func (s *Service) Problems(ctx context.Context, c Client) ([]directory.Problem, error) {
	subjects, err := s.Store.TroubledPeople(ctx, c.Source(), mostProblems)
	if err != nil || len(subjects) == 0 {
		return nil, err
	}
	var people []directory.Person
	for _, id := range subjects {
		r, found, err := s.Store.SCIMResourceByID(ctx, c.Name, id)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		e, err := entryOf(r)
		if err != nil {
			return nil, err
		}
		people = append(people, person(e))
	}
	out, err := s.People.Take(ctx, c.Source(), directory.Changes{People: people}, directory.Take{ByAddress: c.ByAddress, Only: true})
	return out.Problems, err
}

// person is what an entry says of somebody.
func person(e Entry) directory.Person {
	p := e.Is.Person()
	login, _, _ := strings.Cut(p.UserName, "@")
	return directory.Person{Subject: e.ID, Login: login, Label: p.UserName, Name: p.Name, Addresses: p.Emails, Manager: p.Manager, Disabled: !p.Active}
}

func (s *Service) group(ctx context.Context, c Client, e Entry, members *store.SCIMMembers) (directory.Group, error) {
	g := directory.Group{Subject: e.ID, Name: e.Label}
	if members != nil && !members.Whole {
		g.Partial, g.Members, g.Without = true, members.Came, members.Left
		return g, nil
	}
	var err error
	g.Members, err = s.memberIDs(ctx, c, e.ID)
	return g, err
}

// notTaken makes a refusal of what directory could not do. An address that
// somebody else has, or that is none, is left out and no reason to refuse, as
// long as somebody came of it all the same; nobody tells that none did.
func notTaken(e Entry, out directory.Outcome, nobody bool) error {
	for _, p := range out.Problems {
		if p.Subject != e.ID || !nobody && strings.HasPrefix(p.Code, "address-") || p.Code == "address-unusable" {
			continue
		}
		return &signoff.Error{Kind: signoff.Conflict, Code: codeNotTaken, Detail: p.Reason}
	}
	return nil
}

// adopt lets an entry be whoever its externalId says they are in Entra ID: who
// came with a token before is not made a second time.
func (s *Service) adopt(ctx context.Context, c Client, e Entry) error {
	if c.entra() == "" || !signoff.IsGUID(strings.ToLower(e.External)) {
		return nil
	}
	a, found, err := s.Store.LinkedAccount(ctx, c.entra(), strings.ToLower(e.External))
	if err != nil || !found {
		return err
	}
	if _, taken, err := s.Store.LinkedAccount(ctx, c.Source(), e.ID); err != nil || taken {
		return err
	}
	others, err := s.Store.DirectorySubjects(ctx, c.Source(), a.ID)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return externalTaken(e, nil)
	}
	l := store.IdentityLink{Source: c.Source(), Subject: e.ID, Account: a.ID, Label: e.Label}
	return s.Store.LinkNoted(ctx, l, noteLink(c, l, nil, linkText(l)))
}

func externalTaken(e Entry, err error) error {
	return &signoff.Error{Kind: signoff.Conflict, Code: codeNotTaken, Detail: "the externalId is another person's here: " + e.External, Err: err}
}

// link lets tokens of Entra ID find the person that an entry became. It keeps to
// accounts that the client rules; and who somebody with power over the server is
// in Entra ID is not for it to change: whoever has its token would be them.
func (s *Service) link(ctx context.Context, c Client, e Entry) error {
	if c.entra() == "" {
		return nil
	}
	a, found, err := s.Store.LinkedAccount(ctx, c.Source(), e.ID)
	if err != nil || !found {
		return err // somebody inactive of whom no account was made
	}
	if a.Source != c.Source() {
		return nil
	}
	links, err := s.Store.Links(ctx, a.ID)
	if err != nil {
		return err
	}
	want := strings.ToLower(e.External)
	had := slices.DeleteFunc(links, func(l store.IdentityLink) bool { return l.Source != c.entra() })
	if slices.ContainsFunc(had, func(l store.IdentityLink) bool { return l.Subject == want }) || len(had) == 0 && !signoff.IsGUID(want) {
		return nil
	}
	power, err := s.Store.HoldsPower(ctx, a.ID)
	if err != nil {
		return err
	}
	if power {
		return &signoff.Error{Kind: signoff.Conflict, Code: codeNotTaken, Detail: "the externalId of an administrator was not taken: " + e.External,
			Hint: "an administrator says on their page who they are in Entra ID"}
	}
	defer s.People.Changed(a.ID)
	for _, l := range had { // the client says that they are another one now
		if err := s.Store.UnlinkNoted(ctx, l, noteLink(c, l, linkText(l), nil)); err != nil {
			return err
		}
	}
	if !signoff.IsGUID(want) {
		return nil
	}
	l := store.IdentityLink{Source: c.entra(), Subject: want, Account: a.ID, Label: e.Label}
	err = s.Store.LinkNoted(ctx, l, noteLink(c, l, nil, linkText(l)))
	if signoff.CodeOf(err) == "link-taken" {
		return externalTaken(e, err)
	}
	return err
}

// noteLink puts on record that a client said who somebody is elsewhere.
func noteLink(c Client, l store.IdentityLink, before, after []byte) store.Change {
	return store.Change{By: directory.ByDirectory(c.Name), How: directory.HowSCIM, What: "identity-link",
		Subject: string(store.Account{ID: l.Account}.Principal()), Before: before, After: after}
}

func linkText(l store.IdentityLink) []byte {
	text, err := json.Marshal(map[string]string{"source": l.Source, "subject": l.Subject, "called": l.Label})
	if err != nil {
		panic(err) // texts always encode
	}
	return text
}

// nothing tells whether members stay as they are.
func nothing(m *store.SCIMMembers) bool {
	return m == nil || !m.Whole && len(m.Came) == 0 && len(m.Left) == 0
}
