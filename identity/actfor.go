package identity

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
)

// ActFor is the header by which a request is made in another person's name. It
// takes the server right to impersonate. Both are kept: the person as who acted,
// the caller as who stands behind it.
const ActFor = "Act-For"

// actFor puts the person a request names in the caller's place.
func (s *Service) actFor(r *http.Request, v *visit) error {
	asked := r.Header.Values(ActFor)
	if len(asked) == 0 || v.caller == nil {
		return nil
	}
	by := *v.caller
	if d := access.May(by, access.Impersonate, nil); !d.OK || len(asked) > 1 { // before anything is said of the person
		if d.OK {
			d.Why = "a request is made in the name of one person"
		}
		return access.Decision{Why: d.Why}.Err()
	}
	a, found, err := s.called(r.Context(), asked[0])
	if err != nil {
		return err
	}
	if !found || a.Disabled {
		return &signoff.Error{Kind: signoff.Invalid, Code: "unknown-person", Detail: "nobody is called what the header " + ActFor + " says"}
	}
	c, err := s.inName(r.Context(), by, a.Principal())
	if err == nil {
		v.caller = &c
	}
	return err
}

// inName returns whom as a caller with by behind them, if by may act for them.
func (s *Service) inName(ctx context.Context, by signoff.Caller, whom signoff.Principal) (signoff.Caller, error) {
	c, err := s.Caller(ctx, whom, by.How)
	if err != nil {
		return c, err
	}
	if err := access.MayActFor(by, c).Err(); err != nil {
		return signoff.Caller{}, err
	}
	c.Via, c.Behind = by.Via, by.Principal
	return c, nil
}
