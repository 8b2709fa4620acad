package api

import "time"

// Apis says which APIs this server offers, and to whom. It answers GET and PUT /apis.
type Apis struct {
	Workflow OfferedAPI `json:"workflow" doc:"the workflow REST API in K2's shapes, /api/workflow/v1"`
	REST     OfferedAPI `json:"rest" doc:"signoff's own API, /api/v1; switched off, only this server's own pages can use it"`
	OData    OfferedAPI `json:"odata" doc:"what services offer as OData v4, /api/odata/v4"`
	Tokens   TokenRules `json:"tokens"`
	Saved    *Saved     `json:"saved,omitempty" doc:"left out when nobody has changed anything yet"`
}

// OfferedAPI is one API with what follows from its settings.
type OfferedAPI struct {
	APISettings
	URL       string        `json:"url" doc:"what clients put before every path"`
	Documents []APIDocument `json:"documents" doc:"what describes it, to download"`
	Metadata  string        `json:"metadata" doc:"where OAuth clients learn whose tokens it takes (RFC 9728)"`
}

// APISettings is what can be set about one API.
type APISettings struct {
	On      bool     `json:"on" doc:"switched off, its requests are answered with 404"`
	BaseURL string   `json:"baseUrl,omitempty" maxLength:"500" doc:"how clients reach this server, such as https://signoff.example.com; left out, the address they used"`
	Kinds   []string `json:"kinds" maxItems:"4" enum:"basic,bearer,token,session" doc:"kinds of sign-in it takes: name and password, tokens of trusted issuers, personal access tokens, and sessions of pages"`
	Origins []string `json:"origins" maxItems:"100" doc:"pages of other sites that may call it from a browser (CORS), such as https://app.example.com"`
}

// APIDocument is a description of an API.
type APIDocument struct {
	Name string `json:"name" enum:"swagger,openapi,postman,postman-client,postman-token,postman-basic,service,metadata,metadata-json"`
	URL  string `json:"url"`
}

// TokenRules are the rules for personal access tokens.
type TokenRules struct {
	DefaultDays int `json:"defaultDays" minimum:"1" maximum:"3650" doc:"how long a token lasts when nothing is said"`
	MaxDays     int `json:"maxDays" minimum:"1" maximum:"3650" doc:"how long it may last at most"`
}

// Saved tells who saved a setting last.
type Saved struct {
	At time.Time `json:"at"`
	By *Person   `json:"by,omitempty" doc:"left out: the server itself"`
}

// SetApis is the body of PUT /apis.
type SetApis struct {
	Workflow APISettings  `json:"workflow"`
	REST     APISettings  `json:"rest"`
	OData    *APISettings `json:"odata,omitempty" doc:"left out, it stays as it is"`
	Tokens   TokenRules   `json:"tokens"`
}

// APICaller is somebody or something that called an API in the last 30 days.
type APICaller struct {
	API     string       `json:"api" enum:"workflow,rest,odata"`
	Kind    string       `json:"kind,omitempty" doc:"of sign-in: basic, bearer, token or session; left out when there was none"`
	Via     string       `json:"via,omitempty" doc:"the issuer and client of its tokens, or the name of a personal access token"`
	Person  *Person      `json:"person,omitempty" doc:"left out when it was not recognised"`
	Served  int64        `json:"served" doc:"requests that were carried out"`
	Refused []APIRefusal `json:"refused" doc:"requests that were refused, by their code, most first"`
	Last    time.Time    `json:"last" doc:"the last request, refused or not"`
}

// APIRefusal counts one kind of refusal.
type APIRefusal struct {
	Code  string    `json:"code"`
	Times int64     `json:"times"`
	Last  time.Time `json:"last"`
}

// APICallers answers GET /apis/callers.
type APICallers struct {
	Items []APICaller `json:"items" doc:"last seen first"`
	Since time.Time   `json:"since"`
	More  bool        `json:"more,omitempty" doc:"there are more than are listed"`
}

// Token is a personal access token, without its text.
type Token struct {
	ID       int64      `json:"id"`
	Name     string     `json:"name"`
	Ending   string     `json:"ending" doc:"its last four characters, to know it by"`
	Owner    *Person    `json:"owner,omitempty" doc:"in lists of everybody's"`
	ReadOnly bool       `json:"readOnly" doc:"it may only read"`
	API      string     `json:"api,omitempty" enum:"workflow,rest,odata" doc:"the only API it may call; left out, every one"`
	Created  time.Time  `json:"created"`
	Expires  time.Time  `json:"expires"`
	Used     *time.Time `json:"used,omitempty" doc:"when it was last used, within five minutes; left out: never"`
}

// TokenList answers GET /me/tokens and GET /tokens.
type TokenList struct {
	Items []Token    `json:"items"`
	Rules TokenRules `json:"rules"`
	Next  string     `json:"next,omitempty" doc:"cursor of the next page"`
}

// NewToken is the body of POST /me/tokens.
type NewToken struct {
	Name     string `json:"name" minLength:"1" maxLength:"200" doc:"what will use it, such as the name of a script"`
	Days     int    `json:"days,omitempty" minimum:"0" maximum:"3650" doc:"how long it lasts; left out, as the rules say"`
	ReadOnly bool   `json:"readOnly,omitempty" doc:"it may only read"`
	API      string `json:"api,omitempty" enum:"workflow,rest,odata" doc:"the only API it may call; left out, every one"`
}

// MadeToken answers POST /me/tokens.
type MadeToken struct {
	Token
	Text string `json:"token" doc:"the token itself; it is shown this once and kept nowhere"`
}
