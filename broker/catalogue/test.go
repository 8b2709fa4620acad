package catalogue

import (
	"context"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/store"
)

const testWithin = 2 * time.Minute

// Test walks a service from its name to a harmless call, as far as it gets, with
// the caller's own token where calls use the caller's. It takes the right to
// change the service.
func (s *Service) Test(ctx context.Context, by signoff.Caller, name string) ([]broker.Step, error) {
	if _, _, err := s.changing(ctx, by, name); err != nil {
		return nil, err
	}
	p, err := s.use(ctx, name)
	if err != nil {
		return settingsStep(err)
	}
	defer s.release(p)
	if err := p.ownConnection(by); err != nil {
		return nil, err
	}
	return s.walk(ctx, by, p), nil
}

// Try is Test with settings that are not saved. Secrets that are left out are
// those of the service of that name, by the rules of Save.
func (s *Service) Try(ctx context.Context, by signoff.Caller, set Settings) ([]broker.Step, error) {
	var was store.Service
	var wasKept kept
	v, _, err := s.changing(ctx, by, set.Name)
	switch {
	case err == nil:
		was = v
		if wasKept, err = readKept(v); err != nil {
			return nil, err
		}
	case signoff.KindOf(err) != signoff.NotFound || !by.Admin:
		return nil, err
	}
	v, k, err := s.check(set, was, wasKept)
	if err == nil {
		err = s.mayRedirect(by, set, was, wasKept, k)
	}
	if err == nil && s.o.Resource != nil && v.Resource != "" {
		if err = s.o.Resource(ctx, v.Resource); err != nil {
			err = badField("resource", err)
		}
	}
	if err != nil {
		return nil, err
	}
	p, err := s.openWith(v, k, nil)
	if err != nil {
		return settingsStep(err)
	}
	defer s.shut(p)
	if err := p.ownConnection(by); err != nil {
		return nil, err
	}
	return s.walk(ctx, by, p), nil
}

func (s *Service) walk(ctx context.Context, by signoff.Caller, p *opened) []broker.Step {
	ctx, cancel := context.WithTimeout(ctx, testWithin)
	defer cancel()
	steps := []broker.Step{{Name: "settings", OK: true, Found: "the settings are complete"}}
	return append(steps, p.secrets.steps(p.provider.Test(ctx, by.Principal))...)
}

// settingsStep is a test that ended before it began, when there is somebody who
// can mend it.
func settingsStep(err error) ([]broker.Step, error) {
	e := refusal(err)
	if e == nil || e.Kind == signoff.Internal || e.Kind == signoff.NotFound {
		return nil, err
	}
	found := e.Detail
	for _, f := range e.Fields {
		found += "; " + f.Field + " " + f.Detail
	}
	return []broker.Step{{Name: "settings", Found: found, Do: e.Hint}}, nil
}
