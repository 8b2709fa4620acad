package oauth

import (
	"strings"
)

// A Request is one of those that OAuth knows.
type Request string

const (
	ForAuthorization Request = "authorization" // the browser's, to the provider
	ForToken         Request = "token"         // the code for a token
	ForRefresh       Request = "refresh"
	ForApp           Request = "app" // client credentials
	ForDevice        Request = "device"
)

// A Parameter is something a provider is told, in some of the requests.
type Parameter struct {
	Name   string `json:"name"`
	Text   string `json:"text,omitempty"`   // what it is for
	Secret bool   `json:"secret,omitempty"` // its values are not shown
	// What it says in each request, unless a resource has another value; nil: it
	// is not in that request. {client}, {redirect}, {scopes}, {audience},
	// {tenant}, {issuer} and {login_hint} stand for the resource's; what comes out
	// empty is left out.
	Authorization *string `json:"authorization,omitempty"`
	Token         *string `json:"token,omitempty"`
	Refresh       *string `json:"refresh,omitempty"`
	App           *string `json:"app,omitempty"`
	Device        *string `json:"device,omitempty"`
}

// in is the parameter's default in a request, nil when it is not in it.
func (p *Parameter) in(r Request) *string {
	switch r {
	case ForAuthorization:
		return p.Authorization
	case ForToken:
		return p.Token
	case ForRefresh:
		return p.Refresh
	case ForApp:
		return p.App
	case ForDevice:
		return p.Device
	}
	return nil
}

// A Type says what a kind of provider wants to hear.
type Type struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Text    string `json:"text,omitempty"`
	Shipped bool   `json:"shipped,omitempty"` // comes with signoff and cannot be changed
	People  bool   `json:"people"`            // people, and the service account, can connect
	App     bool   `json:"app"`               // the application gets tokens for itself
	// Where the provider describes itself, with {authority}, {tenant} and {issuer};
	// "": addresses are entered by hand.
	Metadata string `json:"metadata,omitempty"`
	Issuer   string `json:"issuer,omitempty"` // of every resource of the type
	// What is asked for when an audience is named that the resource's scopes are
	// not of, with {audience}; "": the scopes.
	AudienceScope string      `json:"audienceScope,omitempty"`
	Claims        bool        `json:"claims,omitempty"` // takes a claims parameter, and can be challenged for more
	RefreshDays   int         `json:"refreshDays,omitempty"`
	Parameters    []Parameter `json:"parameters"`
}

// is makes a default of a parameter.
func is(text string) *string { return &text }

// everywhere is a parameter that says the same in all requests but the browser's
// or all of them.
func everywhere(name, value, text string) Parameter {
	return Parameter{Name: name, Text: text, Authorization: is(value), Token: is(value), Refresh: is(value), App: is(value), Device: is(value)}
}

const publicAuthority = "https://login.microsoftonline.com"

// shipped are the types that come with signoff.
var shipped = []Type{
	{Name: "entra-v2", Title: "Microsoft Entra ID", Text: "Microsoft 365, Graph and every API registered in Entra ID, through its v2.0 endpoints.",
		Shipped: true, People: true, App: true, Metadata: "{authority}/{tenant}/v2.0/.well-known/openid-configuration",
		AudienceScope: "{audience}/.default", Claims: true, RefreshDays: 90,
		Parameters: []Parameter{
			{Name: "scope", Text: "permissions asked for", Authorization: is("{scopes}"), Token: is("{scopes}"), Refresh: is("{scopes}"), App: is("{audience}/.default"), Device: is("{scopes}")},
			{Name: "prompt", Text: "select_account lets people choose", Authorization: is("")},
			{Name: "domain_hint", Text: "skips the choice of an organisation", Authorization: is("")},
			{Name: "login_hint", Authorization: is("{login_hint}")},
		}},
	{Name: "entra-v1", Title: "Microsoft Entra ID, v1.0 endpoints", Text: "For APIs that take only tokens of version 1.0, and for registrations made for K2.",
		Shipped: true, People: true, App: true, Metadata: "{authority}/{tenant}/.well-known/openid-configuration", Claims: true, RefreshDays: 90,
		Parameters: []Parameter{
			everywhere("resource", "{audience}", "the API that tokens are for"),
			{Name: "prompt", Text: "login, consent or admin_consent", Authorization: is("")},
			{Name: "login_hint", Authorization: is("{login_hint}")},
		}},
	{Name: "google", Title: "Google", Text: "Gmail and other Google APIs, for people who connect.", Shipped: true, People: true,
		Metadata: "https://accounts.google.com/.well-known/openid-configuration", Issuer: "https://accounts.google.com", RefreshDays: 180,
		Parameters: []Parameter{
			{Name: "scope", Text: "permissions asked for", Authorization: is("{scopes}"), Device: is("{scopes}")},
			{Name: "access_type", Text: "offline: a refresh token comes with it", Authorization: is("offline")},
			{Name: "prompt", Text: "consent: a refresh token comes every time", Authorization: is("consent")},
			{Name: "login_hint", Authorization: is("{login_hint}")},
		}},
	{Name: "openid", Title: "OpenID Connect or OAuth 2", Text: "Any provider that has metadata, or whose addresses you enter.", Shipped: true, People: true, App: true,
		Metadata: "{issuer}/.well-known/openid-configuration",
		Parameters: []Parameter{
			{Name: "scope", Text: "permissions asked for", Authorization: is("{scopes}"), App: is("{scopes}"), Device: is("{scopes}")},
			everywhere("resource", "{audience}", "the API that tokens are for (RFC 8707)"),
			{Name: "prompt", Authorization: is("")},
			{Name: "login_hint", Authorization: is("{login_hint}")},
		}},
	{Name: "client-credentials", Title: "Client credentials", Text: "The application calls as itself; nobody connects.", Shipped: true, App: true,
		Metadata: "{issuer}/.well-known/openid-configuration",
		Parameters: []Parameter{
			{Name: "scope", Text: "permissions asked for", App: is("{scopes}")},
			{Name: "audience", Text: "the API that tokens are for, as Auth0 calls it", App: is("{audience}")},
			{Name: "resource", Text: "the API that tokens are for (RFC 8707)", App: is("")},
		}},
}

// parameter finds a parameter by its name, nil if there is none.
func (t *Type) parameter(name string) *Parameter {
	for i := range t.Parameters {
		if t.Parameters[i].Name == name {
			return &t.Parameters[i]
		}
	}
	return nil
}

// needs tells whether a text of the type names a placeholder.
func (t *Type) needs(placeholder string) bool {
	if strings.Contains(t.Metadata, placeholder) {
		return true
	}
	for i := range t.Parameters {
		for _, r := range []Request{ForAuthorization, ForToken, ForRefresh, ForApp, ForDevice} {
			if text := t.Parameters[i].in(r); text != nil && strings.Contains(*text, placeholder) {
				return true
			}
		}
	}
	return false
}
