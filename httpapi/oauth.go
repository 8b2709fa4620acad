package httpapi

import (
	"context"
	"net/http"

	"github.com/signoffhq/signoff"
	"github.com/signoffhq/signoff/api"
	"github.com/signoffhq/signoff/oauth"
)

// oauthRoutes are those of tokens for other systems.
func (s *Server) oauthRoutes() {
	route(s, op{"list-oauth-types", "GET /oauth/types", "OAuth", "What kinds of providers there are, and what each wants to hear", admin, 0}, s.oauthTypes)
	route(s, op{"put-oauth-type", "POST /oauth/types", "OAuth", "Keep a type of your own, instead of the one of that name if there is one", admin, 0}, s.putOAuthType)
	route(s, op{"delete-oauth-type", "DELETE /oauth/types/{name}", "OAuth", "Remove a type of your own that no resource is of", admin, 0}, s.deleteOAuthType)
	route(s, op{"list-oauth-resources", "GET /oauth/resources", "OAuth", "Systems this server has tokens for", admin, 0}, s.oauthResources)
	route(s, op{"create-oauth-resource", "POST /oauth/resources", "OAuth", "Set up a system to have tokens for", admin, http.StatusCreated}, s.createOAuthResource)
	route(s, op{"get-oauth-resource", "GET /oauth/resources/{name}", "OAuth", "One system, with the registration there", admin, 0}, s.oauthResource)
	route(s, op{"put-oauth-resource", "PUT /oauth/resources/{name}", "OAuth", "Change a system; all servers go by it at once", admin, 0}, s.putOAuthResource, hasCondition)
	route(s, op{"delete-oauth-resource", "DELETE /oauth/resources/{name}", "OAuth", "Remove a system with all its tokens", admin, 0}, s.deleteOAuthResource, hasCondition)
	route(s, op{"make-oauth-certificate", "POST /oauth/resources/{name}/certificate", "OAuth", "Make a key and a certificate; the key never leaves this server", admin, 0}, s.makeOAuthCertificate)
	route(s, op{"check-oauth-resource", "POST /oauth/resources/{name}/check", "OAuth", "Ask the provider whether it knows this server; connects nobody", admin, 0}, s.checkOAuthResource)
	route(s, op{"connect-oauth", "POST /oauth/resources/{name}/connect", "OAuth", "Begin to connect your account, or as an administrator the service account; or get a token for the application", signedIn, 0}, s.connectOAuth)
	route(s, op{"get-oauth-connect", "GET /oauth/connect/{state}", "OAuth", "How your connecting fares", signedIn, 0}, s.oauthConnecting)
	route(s, op{"list-oauth-tokens", "GET /oauth/tokens", "OAuth", "Everybody's tokens for other systems, without their secrets, first connected first", admin, 0}, s.oauthTokens)
	route(s, op{"delete-oauth-token", "DELETE /oauth/tokens/{id}", "OAuth", "Forget a token; the provider is not told", admin, 0}, s.deleteOAuthToken)
	route(s, op{"list-oauth-wants", "GET /oauth/wants", "OAuth", "Tokens that somebody has to bring about, the oldest first", admin, 0}, s.oauthWants)
	route(s, op{"get-my-connections", "GET /me/connections", "OAuth", "What you have connected, can connect, and are asked to connect", signedIn, 0}, s.myConnections)
	route(s, op{"delete-my-connection", "DELETE /me/connections/{id}", "OAuth", "Forget one of your connections; the provider is not told", signedIn, 0}, s.deleteMyConnection)
}

var errNoOAuth = &signoff.Error{Kind: signoff.Unavailable, Code: "unavailable", Detail: "this server has no tokens for other systems"}

func (s *Server) oauth() (*oauth.Service, error) {
	if s.OAuth == nil {
		return nil, errNoOAuth
	}
	return s.OAuth, nil
}

func (s *Server) oauthTypes(ctx context.Context, _ signoff.Caller, _ *nothing) (*body[api.List[api.OAuthType]], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	list, err := o.Types(ctx)
	return &body[api.List[api.OAuthType]]{listOf(list, oauthTypeOf)}, err
}

func oauthTypeOf(t oauth.Type) api.OAuthType {
	out := api.OAuthType{Name: t.Name, Title: t.Title, Text: t.Text, Shipped: t.Shipped, People: t.People, App: t.App, Metadata: t.Metadata, Issuer: t.Issuer,
		AudienceScope: t.AudienceScope, Claims: t.Claims, RefreshDays: t.RefreshDays, Parameters: []api.OAuthParameter{}}
	for _, p := range t.Parameters {
		out.Parameters = append(out.Parameters, api.OAuthParameter{Name: p.Name, Text: p.Text, Secret: p.Secret,
			OAuthValue: api.OAuthValue{Authorization: p.Authorization, Token: p.Token, Refresh: p.Refresh, App: p.App, Device: p.Device}})
	}
	return out
}

type putOAuthTypeInput struct{ Body api.OAuthType }

func (s *Server) putOAuthType(ctx context.Context, by signoff.Caller, in *putOAuthTypeInput) (*body[api.OAuthType], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	b := in.Body
	t := oauth.Type{Name: b.Name, Title: b.Title, Text: b.Text, People: b.People, App: b.App, Metadata: b.Metadata, Issuer: b.Issuer,
		AudienceScope: b.AudienceScope, Claims: b.Claims, RefreshDays: b.RefreshDays}
	for _, p := range b.Parameters {
		t.Parameters = append(t.Parameters, oauth.Parameter{Name: p.Name, Text: p.Text, Secret: p.Secret,
			Authorization: p.Authorization, Token: p.Token, Refresh: p.Refresh, App: p.App, Device: p.Device})
	}
	if err := o.SaveType(ctx, by, t); err != nil {
		return nil, err
	}
	return &body[api.OAuthType]{oauthTypeOf(t)}, nil
}

// ByOAuthName names a resource or type in a path.
type ByOAuthName struct {
	Name string `path:"name" maxLength:"60"`
}

func (s *Server) deleteOAuthType(ctx context.Context, by signoff.Caller, in *ByOAuthName) (*nothing, error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	return nil, o.RemoveType(ctx, by, in.Name)
}

func (s *Server) oauthResources(ctx context.Context, by signoff.Caller, _ *nothing) (*body[api.List[api.OAuthResource]], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	list, err := o.Resources(ctx, by)
	if err != nil {
		return nil, err
	}
	known, err := people(ctx, s, list, func(k oauth.Kept) signoff.Principal { return k.By })
	return &body[api.List[api.OAuthResource]]{listOf(list, func(k oauth.Kept) api.OAuthResource { return oauthResourceOf(k, known) })}, err
}

func oauthResourceOf(k oauth.Kept, known names) api.OAuthResource {
	out := api.OAuthResource{Name: k.Name, HasSecret: k.HasSecret, HasValues: list(k.HasValues), Certificate: oauthCertificateOf(k.Certificate), Next: oauthCertificateOf(k.Next),
		Ends: momentPtr(k.Ends), People: k.People, App: k.App, Callback: k.Callback, Saved: api.Saved{At: k.Changed, By: known.personPtr(k.By)}}
	if k.Trust != nil {
		trust := api.OAuthFederation(*k.Trust)
		out.Trust = &trust
	}
	out.SetOAuthResource = api.SetOAuthResource{Title: k.Title, Type: k.Type, Authority: k.Authority, Tenant: k.Tenant, Issuer: k.Issuer,
		AuthorizationURL: k.AuthorizationURL, TokenURL: k.TokenURL, DeviceURL: k.DeviceURL, ClientID: k.ClientID, Auth: string(k.Auth), SecretExpires: k.SecretExpires,
		TokenFile: k.TokenFile, Audience: k.Audience, Scopes: list(k.Scopes), Redirect: k.Redirect, Values: map[string]api.OAuthValue{}}
	for name, v := range k.Values {
		out.Values[name] = api.OAuthValue(v)
	}
	return out
}

func oauthCertificateOf(c *oauth.Certificate) *api.OAuthCertificate {
	if c == nil {
		return nil
	}
	return &api.OAuthCertificate{PEM: c.PEM, Print: c.Print, Until: c.Until}
}

func oauthResourceFrom(name string, b api.SetOAuthResource) oauth.Resource {
	r := oauth.Resource{Name: name, Title: b.Title, Type: b.Type, Authority: b.Authority, Tenant: b.Tenant, Issuer: b.Issuer, AuthorizationURL: b.AuthorizationURL,
		TokenURL: b.TokenURL, DeviceURL: b.DeviceURL, ClientID: b.ClientID, Auth: oauth.ClientAuth(b.Auth), Secret: b.Secret, SecretExpires: b.SecretExpires,
		TokenFile: b.TokenFile, Audience: b.Audience, Scopes: b.Scopes, Redirect: b.Redirect, Values: map[string]oauth.Value{}}
	for name, v := range b.Values {
		r.Values[name] = oauth.Value(v)
	}
	return r
}

func (s *Server) oauthAnswer(ctx context.Context, k oauth.Kept) (*settingOutput[api.OAuthResource], error) {
	known, err := s.named(ctx, k.By)
	if err != nil {
		return nil, err
	}
	return settingAnswer(k.Rev, oauthResourceOf(k, known))
}

type createOAuthResourceInput struct{ Body api.NewOAuthResource }

func (s *Server) createOAuthResource(ctx context.Context, by signoff.Caller, in *createOAuthResourceInput) (*settingOutput[api.OAuthResource], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	k, err := o.Save(ctx, by, oauthResourceFrom(in.Body.Name, in.Body.SetOAuthResource), 0)
	if err != nil {
		return nil, err
	}
	return s.oauthAnswer(ctx, k)
}

func (s *Server) oauthResource(ctx context.Context, by signoff.Caller, in *ByOAuthName) (*settingOutput[api.OAuthResource], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	k, err := o.Resource(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.oauthAnswer(ctx, k)
}

// oauthSeen returns a resource that is as the caller saw it.
func (s *Server) oauthSeen(ctx context.Context, by signoff.Caller, name string, c IfSaved) (*oauth.Service, oauth.Kept, error) {
	o, err := s.oauth()
	if err != nil {
		return nil, oauth.Kept{}, err
	}
	k, err := o.Resource(ctx, by, name)
	if err == nil && c.IfMatch != "" && !anyVersionMatches(c.IfMatch, settingVersion(k.Rev)) {
		e := *errStale
		e.Detail = signoff.Mention(k.By) + " saved this resource " + signoff.At(k.Changed)
		err = &e
	}
	return o, k, err
}

type putOAuthResourceInput struct {
	ByOAuthName
	IfSaved
	Body api.SetOAuthResource
}

func (s *Server) putOAuthResource(ctx context.Context, by signoff.Caller, in *putOAuthResourceInput) (*settingOutput[api.OAuthResource], error) {
	o, is, err := s.oauthSeen(ctx, by, in.Name, in.IfSaved)
	if err != nil {
		return nil, err
	}
	k, err := o.Save(ctx, by, oauthResourceFrom(in.Name, in.Body), is.Rev)
	if err != nil {
		return nil, err
	}
	return s.oauthAnswer(ctx, k)
}

type deleteOAuthResourceInput struct {
	ByOAuthName
	IfSaved
}

func (s *Server) deleteOAuthResource(ctx context.Context, by signoff.Caller, in *deleteOAuthResourceInput) (*nothing, error) {
	o, is, err := s.oauthSeen(ctx, by, in.Name, in.IfSaved)
	if err != nil {
		return nil, err
	}
	if err := o.Remove(ctx, by, in.Name, is.Rev); err != nil {
		return nil, err
	}
	s.abandon(ctx, in.Name)
	return nil, nil
}

func (s *Server) makeOAuthCertificate(ctx context.Context, by signoff.Caller, in *ByOAuthName) (*settingOutput[api.OAuthResource], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	k, err := o.NewCertificate(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	return s.oauthAnswer(ctx, k)
}

func (s *Server) checkOAuthResource(ctx context.Context, by signoff.Caller, in *ByOAuthName) (*body[api.OAuthCheck], error) {
	o, err := s.oauth()
	if err != nil {
		return nil, err
	}
	steps, err := o.Check(ctx, by, in.Name)
	out := api.OAuthCheck{Steps: []api.OAuthStep{}}
	for _, st := range steps {
		out.Steps = append(out.Steps, api.OAuthStep(st))
	}
	return &body[api.OAuthCheck]{out}, err
}
