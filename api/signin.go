package api

import (
	"encoding/json"
	"time"
)

// SignedOut answers DELETE /session.
type SignedOut struct {
	Next string `json:"next,omitempty" doc:"where to send the browser, so that the person is signed out at their provider too"`
}

// SignInOptions is what the sign-in page offers.
type SignInOptions struct {
	Providers   []SignInOption     `json:"providers"`
	Local       string             `json:"local" enum:"on,administrators,off" doc:"who may sign in with a password kept here"`
	CommandLine *SignInCommandLine `json:"commandLine,omitempty" doc:"how signoff login gets tokens"`
}

// SignInOption is one button.
type SignInOption struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Kind  string `json:"kind" enum:"entra,oidc"`
	Start string `json:"start" doc:"where to send the browser; ?next= says where to go afterwards"`
}

// SignInCommandLine is a public client of an issuer that is trusted for API calls.
type SignInCommandLine struct {
	Issuer   string   `json:"issuer" maxLength:"500"`
	ClientID string   `json:"clientId" maxLength:"500"`
	Scopes   []string `json:"scopes" maxItems:"30"`
}

// SignInProvider is one place where people can prove who they are.
type SignInProvider struct {
	ID            string   `json:"id" maxLength:"40" doc:"in addresses; never changes"`
	Name          string   `json:"name" maxLength:"500" doc:"as the button says"`
	Tenant        string   `json:"tenant,omitempty" maxLength:"36" doc:"Entra: directory (tenant) id"`
	Issuer        string   `json:"issuer" maxLength:"500" doc:"what its tokens name as theirs, to the letter"`
	MetadataURL   string   `json:"metadataUrl,omitempty" maxLength:"500" doc:"instead of issuer/.well-known/openid-configuration"`
	ClientID      string   `json:"clientId" maxLength:"500"`
	Secret        string   `json:"secret,omitempty" maxLength:"2000" doc:"never answered; when saving, left out keeps the one there is"`
	HasSecret     bool     `json:"hasSecret" required:"false" doc:"when saving, false with no secret forgets the one there is"`
	Scopes        []string `json:"scopes" maxItems:"30"`
	Redirect      string   `json:"redirect" maxLength:"100" doc:"path of this server that the provider sends browsers back to"`
	RedirectURI   string   `json:"redirectUri" required:"false" doc:"the whole address, to be registered there"`
	Newcomers     string   `json:"newcomers" enum:"create,ask,refuse" doc:"what happens to people nobody here knows"`
	LinkByAddress bool     `json:"linkByAddress,omitempty" doc:"a proven address finds an existing person, unless it is an administrator"`
	StaySignedIn  bool     `json:"staySignedIn,omitempty" doc:"signing out here leaves people signed in there"`
}

// SignInSetting is the body of PUT /signin.
type SignInSetting struct {
	Providers   []SignInProvider   `json:"providers" maxItems:"20"`
	Local       string             `json:"local" enum:"on,administrators,off"`
	CommandLine *SignInCommandLine `json:"commandLine,omitempty"`
}

// SignInSettings answers GET and PUT /signin.
type SignInSettings struct {
	SignInSetting
	FrontLogout string `json:"frontLogout" doc:"front-channel logout address, to be registered at providers"`
	BackLogout  string `json:"backLogout" doc:"back-channel logout address, to be registered at providers"`
	SignedOut   string `json:"signedOut" doc:"where providers may send browsers that have signed out, to be registered there"`
}

// AddSignIn is the body of POST /signin/providers.
type AddSignIn struct {
	Trust         string   `json:"trust,omitempty" maxLength:"200" doc:"name of an issuer that is trusted for API calls"`
	From          string   `json:"from,omitempty" maxLength:"500" doc:"or else: tenant id or domain, address of OpenID metadata, issuer"`
	Name          string   `json:"name,omitempty" maxLength:"500"`
	ClientID      string   `json:"clientId" minLength:"1" maxLength:"500"`
	Secret        string   `json:"secret,omitempty" maxLength:"2000"`
	Scopes        []string `json:"scopes,omitempty" maxItems:"30"`
	Newcomers     string   `json:"newcomers,omitempty" enum:"create,ask,refuse"`
	LinkByAddress bool     `json:"linkByAddress,omitempty"`
}

// SignInFailure says why somebody was not signed in.
type SignInFailure struct {
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	Advice   string `json:"advice,omitempty"`
	Who      string `json:"who,omitempty" enum:"you,administrator,provider,nobody" doc:"who can put it right: an administrator of this server, or of the provider; nobody: it may work the next time"`
	Provider string `json:"provider,omitempty"`
	Copy     string `json:"copy,omitempty" doc:"the very value to enter there"`
	Said     string `json:"said,omitempty" doc:"what the provider wrote; to be shown as text only"`
	Number   int    `json:"number,omitempty" doc:"of an Entra error, AADSTS"`
	Trace    string `json:"trace,omitempty" doc:"under which the provider's log has it"`
	Request  string `json:"request,omitempty" doc:"under which this server's log has it"`
	Next     string `json:"next,omitempty" doc:"where the person wanted to go"`
}

// OpenFailure is the body of POST /signin/failure.
type OpenFailure struct {
	Refused string `json:"refused" maxLength:"8000" doc:"what the address of the sign-in page had after #refused="`
}

// ExplainSignIn is the body of POST /signin/explain.
type ExplainSignIn struct {
	Provider string `json:"provider" maxLength:"40"`
	Text     string `json:"text" minLength:"1" maxLength:"4000" doc:"a number like AADSTS50011, or all that a provider's page shows"`
}

// SignInTest is what a test of a provider found out.
type SignInTest struct {
	Provider string          `json:"provider"`
	Claims   json.RawMessage `json:"claims,omitempty" doc:"of the id token"`
	Source   string          `json:"source,omitempty"`
	Subject  string          `json:"subject,omitempty" doc:"what names the person there for ever"`
	Would    string          `json:"would,omitempty" enum:"known,link,create,ask,refuse,disabled" doc:"what a real sign-in would do"`
	Person   *Person         `json:"person,omitempty" doc:"who it would be"`
	Groups   []string        `json:"groups" doc:"of this server, that the person's groups and roles there stand for"`
	Failure  *SignInFailure  `json:"failure,omitempty"`
}

// Recover is the body of POST /signin/recover.
type Recover struct {
	Ticket string `json:"ticket" maxLength:"100" doc:"from the link that signoff recover printed"`
}

// SignedIn is one place where somebody is signed in.
type SignedIn struct {
	ID       string    `json:"id"`
	Begun    time.Time `json:"begun"`
	Seen     time.Time `json:"seen" doc:"roughly"`
	Expires  time.Time `json:"expires" doc:"if it is not used"`
	Place    string    `json:"place" doc:"address of the browser"`
	Agent    string    `json:"agent" doc:"the browser, as it calls itself"`
	Provider string    `json:"provider,omitempty" doc:"name of the provider; left out: a password, or a one-time link"`
	Recovery bool      `json:"recovery,omitempty" doc:"began with the one-time link of signoff recover"`
	This     bool      `json:"this,omitempty" doc:"the one this request came with"`
}
