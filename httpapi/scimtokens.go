package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/directory"
	"github.com/signoffhq/signoff/provision"
	"github.com/signoffhq/signoff/store"
)

// scimPath is where package scimapi serves.
const scimPath = "/scim/v2"

func (s *Server) scimTokenRoutes() {
	route(s, op{"list-scim-tokens", "GET /directories/{name}/tokens", "Directories", "Where a SCIM client writes to, and the tokens it may do that with", admin, 0}, s.listSCIMTokens)
	route(s, op{"create-scim-token", "POST /directories/{name}/tokens", "Directories", "Make a token for a SCIM client; it is shown this once. A client has two at most", admin, http.StatusCreated}, s.createSCIMToken)
	route(s, op{"end-scim-token", "DELETE /directories/{name}/tokens/{id}", "Directories", "End a token of a SCIM client at once", admin, 0}, s.endSCIMToken)
}

// scimDirectory finds a directory that writes to us.
func (s *Server) scimDirectory(ctx context.Context, by signoff.Caller, name string) (*provision.Service, directory.Entry, error) {
	d, err := s.directories()
	if err != nil {
		return nil, directory.Entry{}, err
	}
	if s.Provision == nil {
		return nil, directory.Entry{}, errNoDirectories
	}
	state, err := d.State(ctx, by)
	if err != nil {
		return nil, directory.Entry{}, err
	}
	e, err := state.Value.Find(name)
	if err == nil && e.SCIM == nil {
		err = &signoff.Error{Kind: signoff.NotFound, Code: "directory-not-found", Detail: "there is no SCIM directory of that name"}
	}
	return s.Provision, e, err
}

func (s *Server) listSCIMTokens(ctx context.Context, by signoff.Caller, in *ByDirectory) (*body[api.SCIMTokens], error) {
	p, e, err := s.scimDirectory(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	list, err := p.Store.SCIMTokens(ctx, e.Name)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(k store.SCIMToken) signoff.Principal { return k.By })
	if err != nil {
		return nil, err
	}
	out := api.SCIMTokens{Address: s.root(requestOf(ctx).r, apiREST) + scimPath, Tokens: []api.SCIMToken{}}
	for _, k := range list {
		out.Tokens = append(out.Tokens, scimTokenOf(k, known.personPtr(k.By)))
	}
	return &body[api.SCIMTokens]{out}, nil
}

func scimTokenOf(k store.SCIMToken, by *api.Person) api.SCIMToken {
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return api.SCIMToken{ID: k.ID, Ending: k.Ending, Created: k.Created, By: by, Expires: moment(k.Expires), Used: moment(k.Used)}
}

type createSCIMTokenInput struct {
	ByDirectory
	Body api.NewSCIMToken
}

func (s *Server) createSCIMToken(ctx context.Context, by signoff.Caller, in *createSCIMTokenInput) (*body[api.MadeSCIMToken], error) {
	p, e, err := s.scimDirectory(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	var expires time.Time
	if in.Body.Expires != nil {
		expires = *in.Body.Expires
	}
	text, k, err := p.AddToken(ctx, by, e.Name, expires)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "scim token made", "user", by.Principal, "directory", e.Name, "ending", k.Ending)
	known, err := s.named(ctx, by.Principal)
	return &body[api.MadeSCIMToken]{api.MadeSCIMToken{SCIMToken: scimTokenOf(k, known.personPtr(by.Principal)), Token: text.Reveal()}}, err
}

type endSCIMTokenInput struct {
	ByDirectory
	ID int64 `path:"id" minimum:"1"`
}

func (s *Server) endSCIMToken(ctx context.Context, by signoff.Caller, in *endSCIMTokenInput) (*nothing, error) {
	p, e, err := s.scimDirectory(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	s.Log.InfoContext(ctx, "scim token ended", "user", by.Principal, "directory", e.Name)
	return nil, p.EndToken(ctx, by, e.Name, in.ID)
}
