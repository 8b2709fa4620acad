package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/access"
	"github.com/signoffhq/signoff/broker"
	"github.com/signoffhq/signoff/broker/catalogue"
	"github.com/signoffhq/signoff/connector/exchange"
	"github.com/signoffhq/signoff/connector/openapi"
	"github.com/signoffhq/signoff/connector/sql"
	"github.com/signoffhq/signoff/inhouse"
	"github.com/signoffhq/signoff/library"
	"github.com/signoffhq/signoff/oauth"
	"github.com/signoffhq/signoff/process"
	"github.com/signoffhq/signoff/seal"
	"github.com/signoffhq/signoff/store"
)

// serviceTypes are the kinds of systems that can be called: a line each.
func (s *server) serviceTypes() []broker.Type {
	return append([]broker.Type{
		&exchange.Type{Protocols: exchangeWays(), Plain: s.outside.client},
		&openapi.Type{Plain: s.reach.client},
		&sql.Type{Dial: s.reach.dial, Roots: s.outside.roots, Folder: s.files},
	}, s.house.Types()...)
}

// openServices takes up the systems that can be called, and lets steps of
// workflows call them.
func (s *server) openServices(cfg Config, key seal.Key) (err error) {
	if s.reach, err = newReach(cfg.Calls, s.outside); err != nil {
		return err
	}
	if s.files, err = filesOf(cfg); err != nil {
		return err
	}
	s.house = &inhouse.House{People: s.people}
	uses := &serviceUses{store: s.store, library: s.library}
	s.services = catalogue.Open(catalogue.Options{Store: s.store, Key: key, Types: s.serviceTypes(), HTTP: s.serviceClient,
		Uses: uses.all, Resource: s.hasResource, Log: s.log})
	s.useObjects(s.services)
	s.library.Who = s.whoIs
	return nil
}

// whoIs is the person a workflow means by a name; "" nobody, or a group.
func (s *server) whoIs(ctx context.Context, name string) (signoff.Principal, error) {
	found, err := s.people.Resolve(ctx, []string{name})
	if err != nil || len(found[name]) != 1 || !found[name][0].Principal.IsUser() {
		return "", err
	}
	return found[name][0].Principal, nil
}

// serviceClient is the way to a system, signed in as its service says.
func (s *server) serviceClient(c catalogue.Credential) *http.Client {
	way := s.outside.client
	if c.Type == openapi.Name {
		way = s.reach.client
	}
	switch {
	case c.Mode == broker.Static || c.Mode == broker.NoSignIn:
		return way
	case s.oauth == nil:
		return &http.Client{Transport: noTokens{}}
	}
	return s.oauth.ClientOver(needOf(c), way)
}

// needOf is the token that a call signs in with.
func needOf(c catalogue.Credential) oauth.Need {
	need := oauth.Need{Resource: c.Resource, Audience: c.Audience}
	switch c.Mode {
	case broker.AsCaller:
		need.Owner = c.By
	case broker.AppOnly:
		need.App = true
	}
	return need
}

// noTokens refuses every request: there is nobody to get tokens from.
type noTokens struct{}

func (noTokens) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server gets no tokens for other systems"}
}

// hasResource refuses the name of an OAuth resource that is not there.
func (s *server) hasResource(ctx context.Context, name string) error {
	if s.oauth == nil {
		_, err := noTokens{}.RoundTrip(nil)
		return err
	}
	_, err := s.oauth.Resource(ctx, access.System, name)
	return err
}

// serviceUses finds the steps of workflows that call services: those of the
// versions that new instances get, and of others that still run.
type serviceUses struct {
	store   *store.Store
	library *library.Library

	mu    sync.Mutex
	known map[store.VersionID][]catalogue.Use // a version never changes
}

func (u *serviceUses) all(ctx context.Context) ([]catalogue.Use, error) {
	workflows, err := u.store.Workflows(ctx)
	if err != nil {
		return nil, err
	}
	var out []catalogue.Use
	for _, w := range workflows {
		versions, err := u.store.Versions(ctx, w.ID)
		if err != nil {
			return nil, err
		}
		for _, v := range versions {
			uses, err := u.of(ctx, v)
			if err != nil {
				return nil, fmt.Errorf("what version %d of %s calls: %w", v.Number, w.Key, err)
			}
			runs := v.ID == w.Default.ID
			if len(uses) > 0 && !runs {
				if runs, err = u.store.VersionRuns(ctx, w.ID, v.ID); err != nil {
					return nil, err
				}
			}
			if runs {
				out = append(out, uses...)
			}
		}
	}
	return out, nil
}

// of returns what the steps of a version call. Most versions call nothing; their
// files are not parsed for that.
func (u *serviceUses) of(ctx context.Context, v store.Version) ([]catalogue.Use, error) {
	u.mu.Lock()
	uses, known := u.known[v.ID]
	u.mu.Unlock()
	if known {
		return uses, nil
	}
	_, xml, err := u.store.VersionXML(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(xml, []byte("call")) {
		def, err := u.library.Definition(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		uses = callsOf(def, v.Number)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known == nil {
		u.known = map[store.VersionID][]catalogue.Use{}
	}
	u.known[v.ID] = uses
	return uses, nil
}

func callsOf(def *process.Definition, version int) (uses []catalogue.Use) {
	for _, n := range def.Nodes {
		if n.Service == nil || n.Service.Object == nil {
			continue
		}
		o := n.Service.Object
		uses = append(uses, catalogue.Use{Workflow: def.ID, Name: def.Name, Version: version, Step: n.Name, Service: o.Service, Object: o.Object, Method: o.Method})
	}
	return uses
}
