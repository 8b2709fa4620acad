package api

import "time"

// OAuthType says what a kind of provider wants to hear.
type OAuthType struct {
	Name          string           `json:"name" maxLength:"60"`
	Title         string           `json:"title" maxLength:"100"`
	Text          string           `json:"text,omitempty" maxLength:"500"`
	Shipped       bool             `json:"shipped,omitempty" doc:"it comes with signoff and cannot be changed"`
	People        bool             `json:"people" doc:"people, and the service account, can connect"`
	App           bool             `json:"app" doc:"the application gets tokens for itself"`
	Metadata      string           `json:"metadata,omitempty" maxLength:"500" doc:"where the provider describes itself, with {authority}, {tenant} and {issuer}; left out: addresses are entered by hand"`
	Issuer        string           `json:"issuer,omitempty" maxLength:"500" doc:"of every resource of the type"`
	AudienceScope string           `json:"audienceScope,omitempty" maxLength:"500" doc:"the scope for another audience than the resource's, with {audience}"`
	Claims        bool             `json:"claims,omitempty" doc:"takes a claims parameter"`
	RefreshDays   int              `json:"refreshDays,omitempty" minimum:"0" maximum:"3650" doc:"how long an unused sign-in lasts"`
	Parameters    []OAuthParameter `json:"parameters" maxItems:"60"`
}

// OAuthParameter is something a provider is told, in those requests that have a
// text here.
type OAuthParameter struct {
	Name   string `json:"name" maxLength:"60"`
	Text   string `json:"text,omitempty" maxLength:"500"`
	Secret bool   `json:"secret,omitempty" doc:"its values are not shown"`
	OAuthValue
}

// OAuthValue is what a parameter says in each request.
type OAuthValue struct {
	Authorization *string `json:"authorization,omitempty" maxLength:"4000"`
	Token         *string `json:"token,omitempty" maxLength:"4000"`
	Refresh       *string `json:"refresh,omitempty" maxLength:"4000"`
	App           *string `json:"app,omitempty" maxLength:"4000" doc:"client credentials"`
	Device        *string `json:"device,omitempty" maxLength:"4000"`
}

// SetOAuthResource is the body of POST /oauth/resources and PUT /oauth/resources/{name}.
type SetOAuthResource struct {
	Title            string                `json:"title" maxLength:"100"`
	Type             string                `json:"type" maxLength:"60"`
	Authority        string                `json:"authority,omitempty" maxLength:"500" doc:"of Entra ID in another cloud than the public one"`
	Tenant           string                `json:"tenant,omitempty" maxLength:"200"`
	Issuer           string                `json:"issuer,omitempty" maxLength:"500"`
	AuthorizationURL string                `json:"authorizationUrl,omitempty" maxLength:"500" doc:"by hand, before what the provider says"`
	TokenURL         string                `json:"tokenUrl,omitempty" maxLength:"500"`
	DeviceURL        string                `json:"deviceUrl,omitempty" maxLength:"500"`
	ClientID         string                `json:"clientId" maxLength:"500"`
	Auth             string                `json:"auth" enum:"secret,certificate,federated,own-issuer,none" doc:"how this server proves who it is"`
	Secret           string                `json:"secret,omitempty" maxLength:"4000" doc:"never answered. Left out: the one that is kept"`
	SecretExpires    *time.Time            `json:"secretExpires,omitempty" doc:"announced from 30 days before"`
	TokenFile        string                `json:"tokenFile,omitempty" maxLength:"500" doc:"for federated: the file that holds another provider's token"`
	Audience         string                `json:"audience,omitempty" maxLength:"200" doc:"the API that tokens are for"`
	Scopes           []string              `json:"scopes,omitempty" maxItems:"60"`
	Redirect         string                `json:"redirect,omitempty" maxLength:"200" doc:"path the provider sends browsers back to: /oauth/callback, /oauth/callback/{name}, or K2's /identity/token/oauth/2"`
	Values           map[string]OAuthValue `json:"values,omitempty" doc:"instead of the type's defaults. An empty text of a secret parameter keeps the value there is"`
}

// NewOAuthResource is the body of POST /oauth/resources.
type NewOAuthResource struct {
	Name string `json:"name" maxLength:"60" doc:"in addresses and workflows; never changes"`
	SetOAuthResource
}

// OAuthResource is a system with this server's registration there.
type OAuthResource struct {
	Name string `json:"name"`
	SetOAuthResource
	HasSecret   bool              `json:"hasSecret,omitempty"`
	HasValues   []string          `json:"hasValues,omitempty" doc:"secret parameters that have a value"`
	Certificate *OAuthCertificate `json:"certificate,omitempty" doc:"in use"`
	Next        *OAuthCertificate `json:"next,omitempty" doc:"waits until a check finds that the provider knows it"`
	Ends        *time.Time        `json:"ends,omitempty" doc:"when the secret or certificate runs out, if that is known"`
	Trust       *OAuthFederation  `json:"trust,omitempty" doc:"for own-issuer: the federated credential to register at the provider"`
	People      bool              `json:"people" doc:"people can connect"`
	App         bool              `json:"app" doc:"the application gets tokens for itself"`
	Callback    string            `json:"callback" doc:"the redirect address to register"`
	Saved       Saved             `json:"saved"`
}

// OAuthCertificate is the public part of a key of ours.
type OAuthCertificate struct {
	PEM   string    `json:"pem"`
	Print string    `json:"print" doc:"SHA-256 of it, as x5t#S256"`
	Until time.Time `json:"until"`
}

// OAuthFederation is what a provider has to be told to trust this server's own tokens.
type OAuthFederation struct {
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Audience string `json:"audience"`
}

// OAuthProblem is why there is no token, and who can do something about it.
type OAuthProblem struct {
	Code   string `json:"code" doc:"OAuth's, or AADSTS and a number"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
	Who    string `json:"who,omitempty" enum:"owner,administrator,provider,nobody"`
	Said   string `json:"said,omitempty" doc:"the provider's own words"`
	Trace  string `json:"trace,omitempty" doc:"under which the provider finds the request"`
}

// OAuthCheck answers POST /oauth/resources/{name}/check.
type OAuthCheck struct {
	Steps []OAuthStep `json:"steps"`
}

// OAuthStep is one part of a check.
type OAuthStep struct {
	Name   string `json:"name" enum:"metadata,credential,next,granted"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
	Said   string `json:"said,omitempty"`
	Trace  string `json:"trace,omitempty"`
}

// ConnectOAuth is the body of POST /oauth/resources/{name}/connect.
type ConnectOAuth struct {
	For       string `json:"for" enum:"me,service,app" doc:"service and app take the right to administer"`
	Audience  string `json:"audience,omitempty" maxLength:"200"`
	LoginHint string `json:"loginHint,omitempty" maxLength:"200" doc:"the account, as the provider calls it; yours is asked for by your address here unless choose is set"`
	Choose    bool   `json:"choose,omitempty" doc:"let the provider ask which account"`
	Account   string `json:"account,omitempty" maxLength:"200" doc:"one that is not known to be yours, and that you want to use all the same: what a connecting that failed with other-account names"`
	Device    bool   `json:"device,omitempty" doc:"with a code to enter on any device"`
	Claims    string `json:"claims,omitempty" maxLength:"4000" doc:"what the provider wants proved, as /me/connections says"`
}

// OAuthConnect answers it: what to do next, or that it is done.
type OAuthConnect struct {
	State   string       `json:"state,omitempty" doc:"names it, in GET /oauth/connect/{state}"`
	Address string       `json:"address,omitempty" doc:"to be opened in a browser in which you are signed in here"`
	Device  *OAuthDevice `json:"device,omitempty"`
	Until   *time.Time   `json:"until,omitempty"`
	Token   *OAuthToken  `json:"token,omitempty" doc:"of the application itself"`
}

// OAuthDevice is a code to enter on any device.
type OAuthDevice struct {
	Code    string `json:"code"`
	Address string `json:"address"`
	Direct  string `json:"direct,omitempty" doc:"the address with the code in it"`
}

// OAuthConnecting answers GET /oauth/connect/{state}.
type OAuthConnecting struct {
	Status   string        `json:"status" enum:"waiting,done,failed"`
	Resource string        `json:"resource"`
	Service  bool          `json:"service,omitempty"`
	Account  string        `json:"account,omitempty" doc:"what the provider calls whoever connected"`
	Problem  *OAuthProblem `json:"problem,omitempty"`
	Until    time.Time     `json:"until"`
}

// OAuthToken is a token without its secret.
type OAuthToken struct {
	ID          int64         `json:"id"`
	Resource    string        `json:"resource"`
	Title       string        `json:"title" doc:"of the resource"`
	For         string        `json:"for" enum:"me,service,app"`
	Owner       *Person       `json:"owner,omitempty" doc:"whose it is; left out: the service account's or the application's"`
	Audience    string        `json:"audience,omitempty"`
	State       string        `json:"state" enum:"valid,expiring,needs-sign-in,revoked,failing"`
	Account     string        `json:"account,omitempty"`
	Scope       string        `json:"scope,omitempty"`
	Expires     *time.Time    `json:"expires,omitempty"`
	Renewed     *time.Time    `json:"renewed,omitempty"`
	Connected   time.Time     `json:"connected"`
	ConnectedBy *Person       `json:"connectedBy,omitempty"`
	Used        *time.Time    `json:"used,omitempty" doc:"roughly"`
	Lasting     bool          `json:"lasting" doc:"it is renewed by itself"`
	Problem     *OAuthProblem `json:"problem,omitempty"`
}

// OAuthWant is a token that somebody has to bring about.
type OAuthWant struct {
	Name     string    `json:"name" doc:"its page is /connect/{name}"`
	Resource string    `json:"resource"`
	Title    string    `json:"title"`
	For      string    `json:"for" enum:"me,service,app"`
	Audience string    `json:"audience,omitempty"`
	Why      string    `json:"why"`
	Claims   string    `json:"claims,omitempty" doc:"to be given to connect"`
	Since    time.Time `json:"since"`
}

// MyConnections answers GET /me/connections.
type MyConnections struct {
	Connections []OAuthToken     `json:"connections"`
	Wanted      []OAuthWant      `json:"wanted" doc:"what you are asked to connect"`
	Possible    []OAuthConnectTo `json:"possible" doc:"what you can connect to"`
}

// OAuthConnectTo is a resource that people can connect to.
type OAuthConnectTo struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}
