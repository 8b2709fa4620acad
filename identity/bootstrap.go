package identity

import (
	"context"
	"log/slog"

	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/seal"
)

// First describes the administrator that a new server gets. The zero value is
// one called admin with a password made up.
type First struct {
	Login    string      // "": admin
	Name     string      // "": Administrator
	Email    string      // "": none
	Password seal.Secret // "": one is made up
}

// Bootstrapped is what became of First.
type Bootstrapped struct {
	Made      bool        // false: there were users already, and nothing was changed
	Login     string      // when Made
	Generated seal.Secret // the password made up, to be shown once and kept nowhere; "" when it was given
}

// Bootstrap makes the administrator of a server that has no users yet. On every
// later start, and when several start at once, it changes nothing, whatever
// First says now.
func (s *Service) Bootstrap(ctx context.Context, f First) (Bootstrapped, error) {
	some, err := s.store.Accounts(ctx, 0, 1)
	if err != nil || len(some) > 0 {
		return Bootstrapped{}, err
	}
	var out Bootstrapped
	u := NewUser{Login: f.Login, Name: f.Name, Email: f.Email, Password: f.Password, Admin: true}
	if u.Login == "" {
		u.Login = "admin"
	}
	if u.Name == "" {
		u.Name = "Administrator"
	}
	if u.Password == "" {
		out.Generated = NewPassword()
		u.Password = out.Generated
	}
	a, hash, err := s.prepare(ctx, access.System, u)
	if err != nil {
		return Bootstrapped{}, err
	}
	defer s.changed()
	a, made, err := s.store.CreateFirstAccount(ctx, a, hash)
	if err != nil || !made {
		return Bootstrapped{}, err
	}
	s.log.Info("administrator made", slog.String("user", a.Login))
	out.Made, out.Login = true, a.Login
	return out, nil
}
