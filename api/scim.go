package api

import "time"

// DirectoryGraph is an Entra ID tenant and the application that reads it.
type DirectoryGraph struct {
	Tenant    string   `json:"tenant" maxLength:"36" doc:"id of the tenant"`
	ClientID  string   `json:"clientId" maxLength:"36" doc:"Application (client) ID of the registration"`
	Secret    *string  `json:"secret,omitempty" maxLength:"100000" doc:"its client secret, or a certificate and its private key in PEM; never answered. Left out: the one that is kept, if tenant and application are the same"`
	HasSecret bool     `json:"hasSecret,omitempty" doc:"a secret is kept"`
	Authority string   `json:"authority,omitempty" maxLength:"200" doc:"of another cloud than the public one: https://login.microsoftonline.us"`
	Graph     string   `json:"graph,omitempty" maxLength:"200" doc:"of another cloud than the public one: https://graph.microsoft.us"`
	Guests    bool     `json:"guests,omitempty" doc:"take people of other tenants, too"`
	NoGroups  bool     `json:"noGroups,omitempty" doc:"take people only"`
	Groups    []string `json:"groups,omitempty" maxItems:"500" doc:"object ids: take only these groups; none: all of them"`
}

// DirectorySCIM is a client that writes people and groups here.
type DirectorySCIM struct {
	Tenant      string `json:"tenant,omitempty" maxLength:"36" doc:"of Entra ID: its externalIds are object ids of this tenant, so that tokens find the same people"`
	Application string `json:"application,omitempty" maxLength:"40" doc:"the account of an application of a trusted issuer, such as user:12, that may write as this client"`
}

// SCIMTokens answers GET /directories/{name}/tokens.
type SCIMTokens struct {
	Address string      `json:"address" doc:"what to enter at the client as tenant URL or base URL"`
	Tokens  []SCIMToken `json:"tokens"`
}

// SCIMToken is what a SCIM client proves itself with.
type SCIMToken struct {
	ID      int64      `json:"id"`
	Ending  string     `json:"ending" doc:"its last characters"`
	Created time.Time  `json:"created"`
	By      *Person    `json:"by,omitempty"`
	Expires *time.Time `json:"expires,omitempty" doc:"left out: never"`
	Used    *time.Time `json:"used,omitempty" doc:"roughly; left out: never"`
}

// NewSCIMToken is the body of POST /directories/{name}/tokens.
type NewSCIMToken struct {
	Expires *time.Time `json:"expires,omitempty" doc:"left out: never"`
}

// MadeSCIMToken answers it: the only time that the token itself is shown.
type MadeSCIMToken struct {
	SCIMToken
	Token string `json:"token"`
}
