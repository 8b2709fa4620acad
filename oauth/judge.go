package oauth

import (
	"strconv"
	"strings"
)

// Who has to do something about a refusal.
type Who string

const (
	WhoOwner    Who = "owner"         // whoever connected, by connecting again
	WhoOurs     Who = "administrator" // of this server
	WhoTheirs   Who = "provider"      // an administrator there
	WhoTryAgain Who = "nobody"        // it is tried again
)

// A Problem is why a token is not valid, as it is kept with it and shown.
type Problem struct {
	Code   string `json:"code"` // OAuth's, or AADSTS and a number
	Detail string `json:"detail"`
	Advice string `json:"advice,omitempty"`
	Who    Who    `json:"who,omitempty"`
	Said   string `json:"said,omitempty"` // the provider's own words
	Trace  string `json:"trace,omitempty"`
	Claims string `json:"claims,omitempty"`
}

// Codes of ProviderError that no provider wrote but noGrant: what went wrong
// before it could answer, or with its answer.
const (
	noGrant      = "invalid_grant"
	noAnswer     = "answer"
	noIssuer     = "issuer"
	noAddress    = "address"
	noCredential = "credential"
	noClaims     = "claims"
	notTheirs    = "account"
	otherAccount = "other-account"
)

// meaning is what an error of a provider says about a token.
type meaning struct {
	state          State
	who            Who
	detail, advice string
}

// byNumber are Entra's errors that people and administrators meet when a token is
// asked for (AADSTS). byCode are those of OAuth (RFC 6749 §4.1.2.1, §5.2; RFC
// 8628 §3.5; OpenID Connect Core §3.1.2.6).
var (
	byNumber = map[int]meaning{
		50173:   {Revoked, WhoOwner, "the sign-in was taken back: the password was changed, or somebody signed the account out everywhere", "connect again"},
		50133:   {Revoked, WhoOwner, "the password was changed", "connect again"},
		50132:   {Revoked, WhoOwner, "the password expired or was changed", "connect again"},
		50057:   {Revoked, WhoTheirs, "the account is switched off", "Entra admin: enable it, then connect again"},
		50034:   {Revoked, WhoTheirs, "the account is gone", "connect another account"},
		700082:  {NeedsSignIn, WhoOwner, "the sign-in was not used for too long", "connect again"},
		700081:  {NeedsSignIn, WhoOwner, "the sign-in is too old", "connect again"},
		700084:  {NeedsSignIn, WhoOwner, "the redirect address is registered for a single-page application: its sign-ins last a day", "Entra admin: move the redirect URI to the platform Web, then connect again"},
		70043:   {NeedsSignIn, WhoOwner, "a Conditional Access rule wants people to sign in more often", "connect again, or have the rule leave this application out"},
		70008:   {NeedsSignIn, WhoOwner, "the sign-in has expired", "connect again"},
		70000:   {NeedsSignIn, WhoOwner, "the sign-in is not valid any more", "connect again"},
		50076:   {NeedsSignIn, WhoOwner, "a second proof is needed", "connect again and give it"},
		50074:   {NeedsSignIn, WhoOwner, "a second proof is needed", "connect again and give it"},
		50078:   {NeedsSignIn, WhoOwner, "the second proof is too old", "connect again and give it"},
		50079:   {NeedsSignIn, WhoOwner, "a second proof has to be set up", "connect again and follow what Entra asks"},
		50072:   {NeedsSignIn, WhoOwner, "a second proof has to be set up", "connect again and follow what Entra asks"},
		50158:   {NeedsSignIn, WhoOwner, "a further check is demanded", "connect again and follow what Entra asks"},
		135010:  {NeedsSignIn, WhoOwner, "Entra has lost the sign-in", "connect again"},
		65001:   {NeedsSignIn, WhoTheirs, "nobody has agreed yet to what this application asks for", "Entra admin: grant admin consent on the application; or connect and agree"},
		65004:   {NeedsSignIn, WhoOwner, "you did not agree to what this application asks for", "connect again and agree"},
		90094:   {NeedsSignIn, WhoTheirs, "an administrator of the directory has to agree first", "Entra admin: grant admin consent on the application, then connect again"},
		90095:   {NeedsSignIn, WhoTheirs, "an administrator of the directory has to agree first; a request was sent to them", "wait until they have agreed, then connect again"},
		53003:   conditional,
		53000:   conditional,
		53001:   conditional,
		53002:   conditional,
		530032:  conditional,
		50105:   {NeedsSignIn, WhoTheirs, "the account is not assigned to the application, and it demands that", "Entra admin: Enterprise applications, the application, Users and groups"},
		7000215: {Failing, WhoOurs, "Entra does not take the client secret", "enter the secret's Value, not its Secret ID; Entra shows the value once, when it is made"},
		7000222: {Failing, WhoOurs, "the client secret has expired", "make a new one under Certificates & secrets of the registration, or change to a certificate, and enter it in the resource"},
		7000218: {Failing, WhoOurs, "Entra wants a client secret or certificate and got none", "choose one in the resource"},
		700027:  {Failing, WhoOurs, "Entra does not know the certificate", "upload the resource's certificate under Certificates & secrets of the registration"},
		700024:  {Failing, WhoOurs, "the clock of this server is wrong", "set it: Entra takes a few minutes' difference at most"},
		700023:  {Failing, WhoOurs, "the certificate's proof is for another address", "compare the resource's token address with the tenant's"},
		700211:  unmatched,
		700212:  unmatched,
		700213:  unmatched,
		70021:   unmatched,
		700016:  {Failing, WhoOurs, "the application is unknown in the tenant", "compare client id and tenant with the registration's overview; its object id is another number"},
		700011:  {Failing, WhoOurs, "the application is unknown in the tenant", "compare client id and tenant with the registration's overview"},
		7000229: {Failing, WhoTheirs, "the application is not installed in the tenant", "Entra admin: grant admin consent on the application"},
		7000112: {Failing, WhoTheirs, "the application is switched off", "Entra admin: Enterprise applications, the application, Properties: enabled for users to sign in"},
		700025:  {Failing, WhoTheirs, "the redirect address is registered for a public client, and a secret was sent", "Entra admin: move the redirect URI to the platform Web; or choose no client authentication in the resource"},
		9002325: {Failing, WhoTheirs, "the redirect address is registered for a single-page application", "Entra admin: move it to the platform Web"},
		9002327: {Failing, WhoTheirs, "the redirect address is registered for a single-page application", "Entra admin: move it to the platform Web"},
		90002:   {Failing, WhoOurs, "the tenant is unknown", "correct the tenant: its directory id is on Entra's overview page"},
		50011:   {Failing, WhoTheirs, "the redirect address is not registered", "Entra admin: add exactly the address the resource shows, under Authentication, Web"},
		70011:   {Failing, WhoOurs, "one of the scopes is not valid, or they belong to several APIs", "correct the resource's scopes: those of one API, and openid, profile, offline_access"},
		500011:  {Failing, WhoTheirs, "the API is not in the tenant", "compare the audience with the API's application id URI; an administrator there may have to agree first"},
		650057:  {Failing, WhoTheirs, "the registration does not list the API", "Entra admin: API permissions, add what the resource asks for"},
		650056:  {Failing, WhoTheirs, "the registration lists no such permission", "Entra admin: API permissions, add what the resource asks for"},
		650052:  {Failing, WhoTheirs, "the organisation has not subscribed to the service", "Entra admin: the service has to be bought or switched on"},
		54005:   {NeedsSignIn, WhoOwner, "the code was used already", "connect again; opening the same page twice can do this"},
	}
	byCode = map[string]meaning{
		noGrant:                  {NeedsSignIn, WhoOwner, "the provider does not take the sign-in any more: it ended, or was taken back", "connect again"},
		"interaction_required":   {NeedsSignIn, WhoOwner, "the provider wants something from whoever connected", "connect again and answer what it asks"},
		"login_required":         {NeedsSignIn, WhoOwner, "the provider wants a new sign-in", "connect again"},
		"consent_required":       {NeedsSignIn, WhoOwner, "nobody has agreed yet to what this server asks for", "connect again and agree"},
		"access_denied":          {NeedsSignIn, WhoOwner, "the provider said no, or whoever was asked", "connect again and agree; if nothing was asked, an administrator there can say why"},
		"authorization_declined": {NeedsSignIn, WhoOwner, "whoever was asked said no", "connect again and agree"},
		"expired_token":          {NeedsSignIn, WhoOwner, "the code was not entered in time", "connect again"},
		"bad_verification_code":  {NeedsSignIn, WhoOwner, "the provider does not know the code any more", "connect again"},
		"invalid_client":         {Failing, WhoOurs, "the provider does not take how this server proves who it is", "check client id and secret or certificate of the resource"},
		"unauthorized_client":    {Failing, WhoTheirs, "the registration may not get tokens in this way", "look at the registration there: which grants it allows"},
		"unsupported_grant_type": {Failing, WhoTheirs, "the provider knows no such grant", "choose another type of resource, or another way to connect"},
		"invalid_scope":          {Failing, WhoOurs, "one of the scopes is unknown or not allowed", "correct the scopes of the resource"},
		"invalid_target":         {Failing, WhoOurs, "the provider does not know the audience", "correct the audience"},
		"invalid_request":        {Failing, WhoOurs, "the provider does not understand what it was asked", "compare the resource's values with what its documentation says"},
		"redirect_uri_mismatch":  {Failing, WhoTheirs, "the redirect address is not registered", "register exactly the address the resource shows"},
		noAnswer:                 {Failing, WhoOurs, "the provider's answer cannot be used", "if the address is right, a proxy on the way may have answered instead"},
		noIssuer:                 {Failing, WhoOurs, "the provider is another than the resource says", "correct the issuer of the resource"},
		noAddress:                {Failing, WhoOurs, "an address of the provider cannot be used", "correct the addresses of the resource"},
		noCredential:             {Failing, WhoOurs, "this server cannot prove who it is", "check the client authentication of the resource"},
		notTheirs:                {NeedsSignIn, WhoOwner, "the code was not entered with an account that is known to be yours", "connect in a window instead; if somebody sent you a code, do not enter it"},
		otherAccount:             {NeedsSignIn, WhoOwner, "the account that signed in there is not known to be yours, so it was not connected", "use it all the same if it is yours, or choose another"},
		noClaims:                 {Failing, WhoOurs, "what the provider wants proved cannot be read", ""},
	}
	unmatched   = meaning{Failing, WhoTheirs, "no federated credential of the registration matches the token this server proves itself with", "compare issuer, subject and audience; upper and lower case count"}
	conditional = meaning{NeedsSignIn, WhoTheirs, "a Conditional Access policy does not allow it", "the Entra administrator finds the reason in the sign-in log under the trace id"}
	away        = meaning{Failing, WhoTryAgain, "the provider is away or too busy", "it is tried again"}
)

// judge says what an error means for a token.
func judge(e *ProviderError) (meaning, Problem) {
	m, code := meaning{Failing, WhoOurs, "the provider refused", "its own words may say why"}, e.Code
	known, listed := byNumber[e.Number]
	switch {
	case e.transient():
		m = away
	case listed:
		m = known
	case byCode[e.Code] != meaning{}:
		m = byCode[e.Code]
	}
	if e.Number != 0 {
		code = "AADSTS" + strconv.Itoa(e.Number)
	}
	// Words that never were a provider's are ours already.
	said := e.Said
	if strings.EqualFold(said, m.detail) {
		said = ""
	}
	return m, Problem{Code: code, Detail: m.detail, Advice: m.advice, Who: m.who, Said: said, Trace: e.Trace, Claims: e.Claims}
}
