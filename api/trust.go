package api

import (
	"encoding/json"
	"time"
)

// TrustedIssuer is one entry of what is trusted: whose bearer tokens are
// believed, for which audience, what they must say, and what becomes of people
// nobody here knows.
type TrustedIssuer struct {
	Name    string `json:"name" doc:"for people; each entry has its own"`
	Profile string `json:"profile" enum:"entra,oidc,strict9068" doc:"how this issuer writes its access tokens: Microsoft Entra ID, any OpenID provider whose access tokens are JWTs, RFC 9068 to the letter"`

	Tenants     []string `json:"tenants,omitempty" doc:"Entra: directory (tenant) ids"`
	AnyTenant   bool     `json:"anyTenant,omitempty" doc:"Entra: every tenant there is"`
	Cloud       string   `json:"cloud,omitempty" enum:"global,us,china" doc:"Entra: which of Microsoft's clouds"`
	Authority   string   `json:"authority,omitempty" doc:"Entra: instead of the cloud's, https://login.microsoftonline.com"`
	AuthorityV1 string   `json:"authorityV1,omitempty" doc:"Entra: what tokens of version 1.0 name, https://sts.windows.net"`
	AppID       string   `json:"appId,omitempty" doc:"Entra: of an API with signing keys of its own"`
	Versions    []string `json:"versions,omitempty" doc:"Entra: of tokens, 1.0 and 2.0"`

	URL         string `json:"url,omitempty" doc:"other issuers: iss, to the letter"`
	MetadataURL string `json:"metadataUrl,omitempty" doc:"other issuers: instead of url/.well-known/openid-configuration"`
	KeysURL     string `json:"keysUrl,omitempty" doc:"other issuers: of the JWK set, where there is no metadata"`

	Audiences     []string `json:"audiences" doc:"names of this API: the Application (client) ID of its registration, and its Application ID URI"`
	SlashVariants bool     `json:"slashVariants,omitempty" doc:"an audience that is a URI may have or lack a slash at its end"`
	Algorithms    []string `json:"algorithms,omitempty" doc:"none: RS256"`
	Clients       []string `json:"clients,omitempty" doc:"applications that may call; none: all"`

	NoPeople    bool     `json:"noPeople,omitempty" doc:"nobody may call on behalf of a person"`
	Scopes      []string `json:"scopes,omitempty" doc:"one of these is needed on behalf of a person"`
	PersonClaim string   `json:"personClaim,omitempty" doc:"what names the person, to find or to make them; they are always told apart by the issuer's own id"`
	Guests      string   `json:"guests,omitempty" enum:"allow,members" doc:"Entra: whether guests may call; left out: those who are said to be guests may not; members: the token has to say that they are none"`
	AuthContext string   `json:"authContext,omitempty" doc:"Entra: the Conditional Access context demanded, such as c1"`

	Apps       string   `json:"apps,omitempty" enum:"role,list" doc:"applications that call by themselves: those with one of roles, those in appClients; left out: none"`
	Roles      []string `json:"roles,omitempty"`
	AppClients []string `json:"appClients,omitempty"`
	StrongApps bool     `json:"strongApps,omitempty" doc:"Entra: they have to prove themselves with a certificate, not a secret"`

	GroupsClaim string `json:"groupsClaim,omitempty" doc:"left out: groups"`
	SkewSeconds int    `json:"skewSeconds,omitempty" minimum:"0" maximum:"300" doc:"how far clocks may differ; left out: 300"`

	Newcomers     string `json:"newcomers" enum:"create,ask,refuse" doc:"what happens to people and applications nobody here knows: they get an account, an administrator is asked, they are refused"`
	LinkByAddress bool   `json:"linkByAddress,omitempty" doc:"a proven address finds an existing person, unless it is an administrator"`
}

// SetTrust is the body of PUT /trust: all entries.
type SetTrust struct {
	Issuers []TrustedIssuer `json:"issuers" maxItems:"100"`
}

// Trust answers GET and PUT /trust.
type Trust struct {
	Issuers  []TrustedIssuer `json:"issuers"`
	Warnings []TrustProblem  `json:"warnings" doc:"what works and should be looked at"`
	Failed   string          `json:"failed,omitempty" doc:"why what was saved is not in force on this server"`
	Saved    *Saved          `json:"saved,omitempty" doc:"left out: never"`
}

// TrustProblem is something about an entry.
type TrustProblem struct {
	Field  string `json:"field" doc:"issuers[0].audiences"`
	Reason string `json:"reason"`
	Advice string `json:"advice"`
}

// ProposeTrust is the body of POST /trust/propose.
type ProposeTrust struct {
	From        string   `json:"from" minLength:"1" maxLength:"500" doc:"a tenant's id or domain, or the address of an issuer, of its OpenID metadata or of its federation metadata"`
	Audiences   []string `json:"audiences,omitempty" maxItems:"100" doc:"names of this API as far as they are known; those that follow from them are added"`
	Cloud       string   `json:"cloud,omitempty" enum:"global,us,china"`
	Authority   string   `json:"authority,omitempty" maxLength:"500"`
	AuthorityV1 string   `json:"authorityV1,omitempty" maxLength:"500"`
}

// TrustProposal is an entry with as much filled in as could be found out.
type TrustProposal struct {
	Issuer       TrustedIssuer      `json:"issuer"`
	Keys         []TrustKey         `json:"keys"`
	Certificates []TrustCertificate `json:"certificates" doc:"of federation metadata"`
	Notes        []string           `json:"notes" doc:"what people should look at"`
}

// TrustKey is a public key of an issuer.
type TrustKey struct {
	ID        string `json:"id"`
	Type      string `json:"type"`
	Algorithm string `json:"algorithm,omitempty"`
	Size      int    `json:"size"`
}

// TrustCertificate is one that an issuer signs with, as people know it from other products.
type TrustCertificate struct {
	Subject    string    `json:"subject"`
	Thumbprint string    `json:"thumbprint"`
	NotAfter   time.Time `json:"notAfter"`
}

// ExplainToken is the body of POST /trust/explain.
type ExplainToken struct {
	Token string `json:"token" minLength:"1" maxLength:"131072"`
}

// TokenExplained goes through every check of a token. Nothing of it is kept.
type TokenExplained struct {
	Accepted bool         `json:"accepted"`
	Issuer   string       `json:"issuer,omitempty" doc:"the trust entry it belongs to"`
	Code     string       `json:"code,omitempty" doc:"of the refusal"`
	Detail   string       `json:"detail,omitempty" doc:"what the caller is told"`
	Checks   []TokenCheck `json:"checks"`
}

// TokenCheck is one of them.
type TokenCheck struct {
	Name     string `json:"name"`
	Code     string `json:"code"`
	Result   string `json:"result" enum:"passed,failed,not reached"`
	Expected string `json:"expected,omitempty"`
	Found    string `json:"found,omitempty"`
	Advice   string `json:"advice,omitempty" doc:"what to change, where, to which value"`
}

// TrustKeys is what is known of one issuer's keys.
type TrustKeys struct {
	Issuer      string     `json:"issuer" doc:"names the entry"`
	URL         string     `json:"url" doc:"what tokens name as their issuer"`
	Tenant      string     `json:"tenant,omitempty"`
	Version     string     `json:"version,omitempty"`
	MetadataURL string     `json:"metadataUrl,omitempty"`
	KeysURL     string     `json:"keysUrl,omitempty"`
	Keys        []TrustKey `json:"keys"`
	Unusable    []string   `json:"unusable" doc:"keys left out, and why"`
	Fetched     *time.Time `json:"fetched,omitempty" doc:"left out: there are no keys yet"`
	Kept        bool       `json:"kept,omitempty" doc:"they are from before the start; the issuer has not answered yet"`
	Tried       *time.Time `json:"tried,omitempty"`
	Next        *time.Time `json:"next,omitempty"`
	Problem     string     `json:"problem,omitempty" doc:"why the last fetch failed"`
}

// RefreshKeys is the body of POST /trust/keys/refresh.
type RefreshKeys struct {
	Issuer string `json:"issuer" minLength:"1" maxLength:"500" doc:"name of the entry"`
}

// Newcomer is somebody a trusted system vouches for whom nobody here knows.
type Newcomer struct {
	ID          int64      `json:"id"`
	Source      string     `json:"source" doc:"entra:TENANT, oidc:ISSUER, ldap:NAME or scim:NAME"`
	Subject     string     `json:"subject" doc:"what names them there for ever"`
	Application bool       `json:"application,omitempty"`
	Login       string     `json:"login,omitempty"`
	Name        string     `json:"name,omitempty"`
	Email       string     `json:"email,omitempty" doc:"not proven to be theirs"`
	Label       string     `json:"label"`
	First       time.Time  `json:"first"`
	Last        time.Time  `json:"last" doc:"roughly"`
	Times       int        `json:"times"`
	Refused     *time.Time `json:"refused,omitempty"`
	Perhaps     *Person    `json:"perhaps,omitempty" doc:"the person here who has that address"`
}

// LinkNewcomer is the body of POST /newcomers/{id}/link.
type LinkNewcomer struct {
	Person string `json:"person" minLength:"1" maxLength:"320" doc:"principal, login or address of an existing account"`
}

// RefuseNewcomer is the body of POST /newcomers/{id}/refuse.
type RefuseNewcomer struct {
	Again bool `json:"again,omitempty" doc:"take a refusal back: they may ask again"`
}

// IdentityLink says who somebody is in another system.
type IdentityLink struct {
	Source  string     `json:"source"`
	Subject string     `json:"subject"`
	Label   string     `json:"label" doc:"what they are called there"`
	Created time.Time  `json:"created"`
	Seen    *time.Time `json:"seen,omitempty" doc:"when they last came that way, roughly"`
}

// GroupLink says what a group or role is called in another system.
type GroupLink struct {
	Source   string `json:"source"`
	External string `json:"external"`
	Label    string `json:"label"`
}

// NewLink is the body of POST /users/{id}/links.
type NewLink struct {
	Source  string `json:"source" minLength:"1" maxLength:"500" doc:"entra:TENANT-ID, oidc:ISSUER, ldap:NAME or scim:NAME"`
	Subject string `json:"subject" minLength:"1" maxLength:"500" doc:"their id there; in Entra the object id"`
	Label   string `json:"label,omitempty" maxLength:"200"`
}

// NewGroupLink is the body of POST /groups/{id}/links.
type NewGroupLink struct {
	Source   string `json:"source" minLength:"1" maxLength:"500" doc:"entra:TENANT-ID, oidc:ISSUER, ldap:NAME or scim:NAME"`
	External string `json:"external" minLength:"1" maxLength:"500" doc:"the group's id there, or role: and the value of an app role"`
	Label    string `json:"label,omitempty" maxLength:"200"`
}

// Change is one act of administration.
type Change struct {
	ID      int64           `json:"id"`
	At      time.Time       `json:"at"`
	By      Person          `json:"by" doc:"without an id: the server itself"`
	How     string          `json:"how,omitempty" doc:"how they were recognised"`
	What    string          `json:"what" doc:"the kind of thing: trust, user, group-link ..."`
	Subject string          `json:"subject,omitempty" doc:"which one"`
	Called  string          `json:"called,omitempty" doc:"what the subject is called, when it is a person or group"`
	Before  json.RawMessage `json:"before,omitempty" doc:"left out: it was not there"`
	After   json.RawMessage `json:"after,omitempty" doc:"left out: it is gone"`
}
