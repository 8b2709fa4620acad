package identity

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/store"
)

// Links lists who somebody is in other systems; it takes the server right.
func (s *Service) Links(ctx context.Context, by signoff.Caller, who signoff.Principal) ([]store.IdentityLink, error) {
	id, err := s.administer(by, who)
	if err != nil {
		return nil, err
	}
	if _, found, err := s.member(ctx, id); err != nil || !found {
		return nil, orNoUser(err)
	}
	return s.store.Links(ctx, id)
}

func orNoUser(err error) error {
	if err == nil {
		return noUser
	}
	return err
}

// LinkPerson ties somebody in another system to an account, on the word of an
// administrator. It refuses what is no name there ("bad-link"), and somebody who
// is another one here ("link-taken").
func (s *Service) LinkPerson(ctx context.Context, by signoff.Caller, who signoff.Principal, source, subject, label string) error {
	id, err := s.administer(by, who)
	if err != nil {
		return err
	}
	st := Stranger{Source: strings.TrimSpace(source), Subject: strings.TrimSpace(subject), Label: label}
	if err := st.check(); err != nil {
		return err
	}
	st.lower()
	defer s.changed(id)
	l := store.IdentityLink{Source: st.Source, Subject: st.Subject, Account: id, Label: st.label()}
	return s.store.LinkNoted(ctx, l, noteLink(by, l, nil, linkSaid(l, "by an administrator")))
}

// check refuses what no system calls itself or anybody.
func (st *Stranger) check() error {
	kind, rest, _ := strings.Cut(st.Source, ":")
	known := kind == "entra" || kind == "oidc" || kind == "ldap" || kind == "scim"
	if st.plausible() && known && rest != "" {
		return nil
	}
	return &signoff.Error{Kind: signoff.Invalid, Code: "bad-link", Detail: "that names nobody in another system",
		Fields: []signoff.FieldError{{Field: "source", Detail: "a source is entra:TENANT-ID, oidc:ISSUER, ldap:NAME or scim:NAME, and a subject is the id somebody has there",
			Advice: "for Entra copy the directory (tenant) id, and the object id from the person's page"}}}
}

// lower writes the ids of Entra ID as tokens and directories do, however they
// were typed.
func (st *Stranger) lower() {
	if !strings.HasPrefix(st.Source, "entra:") {
		return
	}
	st.Source = strings.ToLower(st.Source)
	if id := strings.ToLower(st.Subject); signoff.IsGUID(id) {
		st.Subject = id
	}
}

// UnlinkPerson undoes a link; memberships that came of it end, and so do the
// account's sessions that a provider vouched for. It refuses one that is not
// there ("link-not-found").
func (s *Service) UnlinkPerson(ctx context.Context, by signoff.Caller, who signoff.Principal, source, subject string) error {
	id, err := s.administer(by, who)
	if err != nil {
		return err
	}
	defer s.changed(id)
	l := store.IdentityLink{Source: source, Subject: subject, Account: id}
	return s.store.UnlinkNoted(ctx, l, noteLink(by, l, linkSaid(l, ""), nil))
}

// GroupLinks lists what a group or role is called in other systems; it takes
// the server right.
func (s *Service) GroupLinks(ctx context.Context, by signoff.Caller, group signoff.Principal) ([]store.GroupLink, error) {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return nil, err
	}
	if _, found, err := s.store.Group(ctx, id); err != nil || !found {
		if err == nil {
			err = noGroup
		}
		return nil, err
	}
	return s.store.GroupLinks(ctx, "", id)
}

// LinkGroup lets a group or role here stand for one in another system: external
// is a group's id there, or "role:" and the value of an app role. People whose
// tokens name it are members from their next call on. It refuses a group that a
// directory rules ("group-ruled").
func (s *Service) LinkGroup(ctx context.Context, by signoff.Caller, group signoff.Principal, source, external, label string) error {
	id, err := s.administerGroup(by, group)
	if err != nil {
		return err
	}
	st := Stranger{Source: strings.TrimSpace(source), Subject: strings.TrimSpace(external), Label: label}
	if err := st.check(); err != nil {
		return err
	}
	st.lower()
	g, found, err := s.store.Group(ctx, id)
	switch {
	case err != nil:
		return err
	case !found:
		return noGroup
	case g.Source != "":
		return &signoff.Error{Kind: signoff.Conflict, Code: "group-ruled", Detail: "the group " + g.Name + " is ruled by " + g.Source + ": who is in it is said there",
			Hint: "make a group or role of your own, and link that"}
	}
	l := store.GroupLink{Source: st.Source, External: st.Subject, Group: id, Label: st.label()}
	if err := s.store.LinkGroup(ctx, l); err != nil {
		return err
	}
	s.changed()
	return s.store.NoteChange(ctx, store.Change{By: by.Principal, How: by.Recognised(), What: "group-link", Subject: string(group), After: groupLinkSaid(l)})
}

// UnlinkGroup undoes LinkGroup; memberships that came of it end.
func (s *Service) UnlinkGroup(ctx context.Context, by signoff.Caller, group signoff.Principal, source, external string) error {
	links, err := s.GroupLinks(ctx, by, group)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Source != source || l.External != external {
			continue
		}
		if err := s.store.UnlinkGroup(ctx, source, external); err != nil {
			return err
		}
		s.changed()
		return s.store.NoteChange(ctx, store.Change{By: by.Principal, How: by.Recognised(), What: "group-link", Subject: string(group), Before: groupLinkSaid(l)})
	}
	return &signoff.Error{Kind: signoff.NotFound, Code: "link-not-found", Detail: "the group is not linked so"}
}

// What the record of changes says.

type linkWords struct {
	Source  string `json:"source"`
	Subject string `json:"subject"`
	Called  string `json:"called,omitempty"`
	Linked  string `json:"linked,omitempty"` // how it came to be
}

func linkSaid(l store.IdentityLink, how string) []byte {
	return words(linkWords{l.Source, l.Subject, l.Label, how})
}

func groupLinkSaid(l store.GroupLink) []byte {
	return words(linkWords{l.Source, l.External, l.Label, ""})
}

func noteLink(by signoff.Caller, l store.IdentityLink, before, after []byte) store.Change {
	return store.Change{By: by.Principal, How: by.Recognised(), What: "identity-link", Subject: string(store.Account{ID: l.Account}.Principal()), Before: before, After: after}
}

func noteAdmission(by signoff.Caller, a store.Account, l store.IdentityLink) store.Change {
	return store.Change{By: by.Principal, How: by.Recognised(), What: "user", Subject: string(a.Principal()), After: words(struct {
		Login string    `json:"login"`
		Name  string    `json:"name"`
		Email string    `json:"email,omitempty"`
		App   bool      `json:"application,omitempty"`
		From  linkWords `json:"from"`
	}{a.Login, a.Name, a.Email(), a.App, linkWords{l.Source, l.Subject, l.Label, ""}})}
}

func words(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and truths always encode
	}
	return text
}

// mayAdminister is for what is about the server as a whole.
func mayAdminister(by signoff.Caller) error { return access.May(by, access.Server, nil).Err() }
