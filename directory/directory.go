// Package directory takes people and groups from elsewhere. It reads Active
// Directory and other LDAP servers (package connector/ldap) and Entra ID (package
// connector/graph) on a schedule; what SCIM clients push comes in through the same
// Service.Take from package provision.
//
// Who somebody is stays with package identity. This package knows where
// accounts come from, keeps them as the directory says, and asks the directory
// whether a password is right.
//
// Where to start reading:
//
//   - Person, Group and Changes are what a directory has to tell;
//   - Service.Take takes it in: safe to repeat, in small transactions;
//   - sources are named: "ldap:NAME", "entra:TENANT", "scim:NAME".
package directory

import (
	"log/slog"
	"time"

	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/store"
)

// Service keeps accounts as directories say. Make it with New.
type Service struct {
	store  *store.Store
	people *identity.Service
	log    *slog.Logger
	now    func() time.Time

	together int // people and groups that a preview takes together
}

// New returns a Service over the people in st.
func New(st *store.Store, people *identity.Service, log *slog.Logger) *Service {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Service{store: st, people: people, log: log, now: st.Now, together: mostForeseen}
}

// Changed has everybody forget what is remembered of these people, after who
// they are elsewhere was changed beside Take.
func (s *Service) Changed(users ...int64) { s.people.Changed(users...) }
