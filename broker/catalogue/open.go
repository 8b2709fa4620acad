package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// atOnce bounds the calls to one service that are under way on this server.
const atOnce = 32

// opened is a service ready to be called, as of a revision of its settings and
// of what it offers. It is closed when nobody uses it and a newer one is there.
type opened struct {
	v        store.Service
	objects  []broker.Object
	provider broker.Provider
	secrets  secrets
	slots    chan struct{}
	marks    []byte // the key to the marks of cursors

	users int                       // under Service.mu
	gone  bool                      // likewise: to be closed by the last user
	calls map[signoff.Principal]int // likewise: those of people that are under way
}

// use hands out a service as it is now; give it back with release. What other
// servers saved counts at once: revisions are asked for each time.
func (s *Service) use(ctx context.Context, name string) (*opened, error) {
	revs, there, err := s.o.Store.ServiceRevs(ctx, name)
	if err != nil {
		return nil, err
	}
	if p := s.taken(name, revs, there); p != nil {
		return p, nil
	}
	if !there {
		return nil, errNotThere
	}
	v, err := s.o.Store.Service(ctx, name)
	if err != nil {
		return nil, err
	}
	p, err := s.openKept(v)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.open[name]; other != nil {
		s.retire(name, other)
	}
	s.open[name] = p
	p.users++
	return p, nil
}

// taken returns the service if it is open in these revisions. One that is not
// there any more is closed.
func (s *Service) taken(name string, revs store.ServiceRevs, there bool) *opened {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.open[name]
	switch {
	case p == nil:
		return nil
	case !there:
		s.retire(name, p)
		return nil
	case p.v.Revs() != revs:
		return nil
	}
	p.users++
	return p
}

// retire takes a service out of use. Callers hold s.mu.
func (s *Service) retire(name string, p *opened) {
	delete(s.open, name)
	if p.gone = true; p.users == 0 {
		s.shut(p)
	}
}

func (s *Service) release(p *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.users--; p.users == 0 && p.gone {
		s.shut(p)
	}
}

func (s *Service) shut(p *opened) {
	if err := p.provider.Close(); err != nil {
		s.o.Log.Warn("closing a service", "service", p.v.Name, "err", p.secrets.err(err))
	}
}

// openKept opens a service as it is kept.
func (s *Service) openKept(v store.Service) (*opened, error) {
	k, err := readKept(v)
	if err != nil {
		return nil, err
	}
	var objects []broker.Object
	if len(v.Objects) > 0 {
		if err := json.Unmarshal(v.Objects, &objects); err != nil {
			return nil, fmt.Errorf("objects of service %s: %w", v.Name, err)
		}
	}
	return s.openWith(v, k, objects)
}

func (s *Service) openWith(v store.Service, k kept, objects []broker.Object) (*opened, error) {
	t, err := s.typeOf(v.Type)
	if err != nil {
		return nil, err
	}
	in, hide, err := s.instance(v, k)
	if err != nil {
		return nil, err
	}
	p, err := t.Open(in)
	if err != nil {
		return nil, hide.err(err)
	}
	return &opened{v: v, objects: objects, provider: p, secrets: hide, slots: make(chan struct{}, atOnce), calls: map[signoff.Principal]int{}, marks: s.o.Key.Derive("service cursors")}, nil
}

// instance is a service as its type gets it: secrets unlocked, and with the
// client that signs in.
func (s *Service) instance(v store.Service, k kept) (broker.Instance, secrets, error) {
	mode := broker.Mode(v.Mode)
	in := broker.Instance{Name: v.Name, Mode: mode, Keys: map[string]string{}, User: k.User,
		HTTP: func(by broker.Principal) *http.Client {
			return s.o.HTTP(Credential{Type: v.Type, Mode: mode, Resource: v.Resource, Audience: v.Audience, By: by})
		}}
	var hide secrets
	unlock := func(name, locked string) (seal.Secret, error) {
		plain, err := s.o.Key.Unlock(purpose(v.Name, name), locked)
		if err != nil {
			return "", &signoff.Error{Kind: signoff.Unavailable, Code: "service-locked", Detail: "the secrets of " + v.Name + " were kept under another key",
				Hint: "enter them again on the page of services", Err: err}
		}
		if plain != "" {
			hide = hide.and(plain.Reveal())
		}
		return plain, nil
	}
	for name, value := range k.Keys {
		in.Keys[name] = value
	}
	for name, locked := range k.Secrets {
		plain, err := unlock(name, locked)
		if err != nil {
			return in, nil, err
		}
		in.Keys[name] = plain.Reveal()
	}
	var err error
	if in.Password, err = unlock(passwordKey, k.Password); in.Password != "" { // as HTTP sends it (RFC 7617)
		hide = hide.and(k.User + ":" + in.Password.Reveal())
	}
	return in, hide.inOrder(), err
}

// tryOpen has the type judge settings before they are kept.
func (s *Service) tryOpen(v store.Service, k kept) error {
	p, err := s.openWith(v, k, nil)
	if err != nil {
		if e := refusal(err); e != nil && e.Kind == signoff.Invalid {
			return &signoff.Error{Kind: signoff.Invalid, Code: "bad-service", Detail: e.Detail, Hint: e.Hint, Fields: e.Fields, Err: err}
		}
		return err
	}
	s.shut(p)
	return nil
}
