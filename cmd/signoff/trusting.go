package main

import (
	"context"
	"slices"
	"strings"

	"github.com/signoffhq/signoff/httpapi"
	"github.com/signoffhq/signoff/identity"
	"github.com/signoffhq/signoff/identity/trust"
	"github.com/signoffhq/signoff/store"
)

// openTrust takes up whose bearer tokens are believed.
func (s *server) openTrust(ctx context.Context) (err error) {
	s.trust, err = identity.OpenTrust(ctx, s.people, trust.Config{Client: s.outside.client, Log: s.log, Now: s.store.Now, Loopback: s.outside.local})
	if err == nil && s.entra != nil {
		s.trust.Elsewhere = s.sandboxIssuer
	}
	return err
}

// sandboxIssuer says that tenants of the sandbox live in the sandbox's Entra.
func (s *server) sandboxIssuer(text string) (trust.Issuer, bool) {
	a, text := s.entra.Addresses(), strings.ToLower(strings.TrimSpace(text))
	there := slices.Contains([]string{a.Tenant, a.Domain, a.Partner.Tenant, a.Partner.Domain}, text) || strings.HasPrefix(text, strings.ToLower(a.URL)+"/")
	return trust.Issuer{Authority: a.URL, AuthorityV1: a.URL}, there && text != ""
}

// issuers tells clients where to get a token for this server.
func (s *server) issuers() []httpapi.Issuer {
	var out []httpapi.Issuer
	for _, is := range s.trust.Issuers() {
		one := httpapi.Issuer{Name: is.Name, Servers: is.Names()}
		if is.Profile == trust.Entra {
			tenant := "organizations"
			if len(is.Tenants) > 0 {
				tenant = is.Tenants[0]
			}
			one.Tenant, one.Authority = tenant, is.Home()
			one.Authorize = is.Home() + "/" + tenant + "/oauth2/v2.0/authorize"
			one.Token = is.Home() + "/" + tenant + "/oauth2/v2.0/token"
			for _, scope := range is.Scopes {
				one.Scopes = append(one.Scopes, is.Identifier()+"/"+scope)
			}
			one.AppScope = is.Identifier() + "/.default"
		} else {
			one.Scopes = is.Scopes
			one.Authorize, one.Token = s.trust.Endpoints(is.Name)
		}
		out = append(out, one)
	}
	return out
}

// settled passes on that another server saved a setting.
func (s *server) settled(ctx context.Context, h store.Hint) {
	s.trust.Heard(ctx, h)
	s.directories.Heard(ctx, h)
	s.signin.Heard(ctx, h)
	s.api.Heard(ctx, h)
	s.post.connections.Heard(h)
}
