package identity

import (
	"context"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/store"
)

// Newcomers lists up to limit of those whom a trusted system vouches for and
// nobody here knows, newest first, before the one numbered before: those who
// wait for an answer, or those who were refused. It takes the server right, as
// everything in this file.
func (s *Service) Newcomers(ctx context.Context, by signoff.Caller, refused bool, before int64, limit int) ([]store.Newcomer, error) {
	if err := mayAdminister(by); err != nil {
		return nil, err
	}
	return s.store.Newcomers(ctx, refused, before, max(1, min(limit, maxPage)))
}

// AdmitNewcomer makes an account for somebody who asked to come in. It refuses
// who is not there ("newcomer-not-found").
func (s *Service) AdmitNewcomer(ctx context.Context, by signoff.Caller, id int64) (User, error) {
	n, err := s.newcomer(ctx, by, id)
	if err != nil {
		return User{}, err
	}
	// Their address was not proven, or is somebody's: it is the administrator's
	// to give.
	account, err := s.admit(ctx, by, Stranger{Source: n.Source, Subject: n.Subject, App: n.App, Label: n.Label, Login: n.Login, Name: n.Name})
	if err != nil {
		return User{}, err
	}
	return s.User(ctx, by, store.Account{ID: account}.Principal())
}

// LinkNewcomer says that somebody who asked to come in is an existing account.
// An application is no person, and a person none.
func (s *Service) LinkNewcomer(ctx context.Context, by signoff.Caller, id int64, who signoff.Principal) (User, error) {
	n, err := s.newcomer(ctx, by, id)
	if err != nil {
		return User{}, err
	}
	is, err := s.User(ctx, by, who)
	if err != nil {
		return User{}, err
	}
	account, _ := store.AccountID(who)
	m, _, err := s.member(ctx, account)
	if err != nil {
		return User{}, err
	}
	if m.App != n.App {
		return User{}, &signoff.Error{Kind: signoff.Invalid, Code: "bad-link", Detail: "one of the two is an application and the other a person",
			Hint: "admit it instead: it gets an account of its own"}
	}
	return is, s.LinkPerson(ctx, by, who, n.Source, n.Subject, n.Label)
}

// RefuseNewcomer says no to somebody who asked to come in; they are refused at
// once from then on. With refused false they may ask again.
func (s *Service) RefuseNewcomer(ctx context.Context, by signoff.Caller, id int64, refused bool) error {
	n, err := s.newcomer(ctx, by, id)
	if err != nil {
		return err
	}
	defer s.changed()
	said := words(linkWords{n.Source, n.Subject, n.Label, ""})
	note := store.Change{By: by.Principal, How: by.Recognised(), What: "newcomer-refused", Subject: n.Label, After: said}
	if !refused {
		note.Before, note.After = said, nil
	}
	return s.store.RefuseNewcomer(ctx, id, refused, note)
}

func (s *Service) newcomer(ctx context.Context, by signoff.Caller, id int64) (store.Newcomer, error) {
	if err := mayAdminister(by); err != nil {
		return store.Newcomer{}, err
	}
	return s.store.Newcomer(ctx, id)
}
