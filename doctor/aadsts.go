package doctor

import "slices"

// An AADSTS is what one of Entra's error codes means to us. Codes and meaning
// are Entra's (learn.microsoft.com/entra/identity-platform/reference-error-codes);
// the words are ours. Line, Do and the texts to copy hold {app}, {tenant},
// {redirect}, {ours}, {resource}, {scope}, {person}, {api}, {login} and {enter},
// which Explain puts in.
type AADSTS struct {
	Codes []int
	Line  string // what happened, in one sentence
	Who   Who    // mends it
	Where string
	Do    string
	Copy  []Copy
	Again Again
}

// Again says what a program should do that got the error.
type Again string

const (
	Never       Again = ""            // somebody has to mend something first
	Later       Again = "later"       // with a pause that grows; Retry-After counts
	Interactive Again = "interactive" // a person has to sign in
	Anew        Again = "anew"        // begin the sign-in again from the start
	Poll        Again = "poll"        // ask again at the interval that was given
)

const (
	clientApp  = "Entra: App registrations › application {app}"
	enterprise = "Entra: Enterprise applications › application {app}"
	apiApp     = "Entra: App registrations › this API"
	access     = "Entra: Protection › Conditional Access"
	provider   = "Manage › Access › Sign-in: the provider"
	program    = "the calling program"
)

var (
	copyRedirect = []Copy{
		{Value, "redirect URI", "{ours}"},
		{Az, "add it, keeping those that are there", `az ad app update --id {app} --web-redirect-uris $(az ad app show --id {app} --query "web.redirectUris[]" -o tsv) {ours}`}}
	copySecret   = []Copy{{Az, "make a new secret beside the old", "az ad app credential reset --id {app} --append --years 1 --query password -o tsv"}}
	copyConsent  = []Copy{{Az, "grant admin consent", "az ad app permission admin-consent --id {app}"}, {Value, "or open as an Entra administrator", "{login}/{tenant}/adminconsent?client_id={app}"}}
	copyInstall  = []Copy{{Az, "make the enterprise application", "az ad sp create --id {app}"}, {Value, "or open as an Entra administrator", "{login}/{tenant}/adminconsent?client_id={app}"}}
	copyEnable   = []Copy{{Az, "let it sign in again", "az ad sp update --id {app} --set accountEnabled=true"}}
	copyAssigned = []Copy{{Az, "or need no assignment", "az ad sp update --id {app} --set appRoleAssignmentRequired=false"}}
	copyPublic   = []Copy{{Az, "allow public client flows", "az ad app update --id {app} --is-fallback-public-client true"}}
)

// table is every code that administrators meet. A code is in one line only.
var table = []AADSTS{
	// The client's registration.
	{Codes: []int{50011}, Line: "the redirect URI {redirect} is not registered for the application {app}", Who: EntraAdmin, Where: clientApp + " › Authentication › Web",
		Do: "register exactly {ours}: slash at the end, letter case, http or https, and port all count", Copy: copyRedirect},
	{Codes: []int{500113, 900971}, Line: "the application {app} has no redirect URI", Who: EntraAdmin, Where: clientApp + " › Authentication › Web", Do: "register exactly {ours}", Copy: copyRedirect},
	{Codes: []int{500112}, Line: "the code was redeemed with another redirect URI than it was asked for with", Who: Caller, Where: program, Do: "send the same redirect_uri in both requests"},
	{Codes: []int{700016, 700011}, Line: "the application {app} is not in the tenant {tenant}", Who: OurAdmin, Where: provider + ", tenant and client id",
		Do: "use the Application (client) ID, not the object id, of a registration in that tenant, or put the right tenant into the setting; a multi-tenant application has to be consented to in the tenant first", Copy: copyInstall},
	{Codes: []int{7000229}, Line: "the application {app} has no enterprise application in the tenant {tenant}", Who: EntraAdmin, Where: enterprise, Do: "make its enterprise application, or consent to it as an administrator", Copy: copyInstall},
	{Codes: []int{7000112}, Line: "the application {app} is switched off in the tenant", Who: EntraAdmin, Where: enterprise + " › Properties", Do: "set “Enabled for users to sign-in?” to Yes", Copy: copyEnable},
	{Codes: []int{7000215}, Line: "the secret of the application {app} is wrong", Who: OurAdmin, Where: provider + ", client secret",
		Do: "paste the secret's Value, not its Secret ID (a GUID is the ID); the Value is shown once, so make a new one if it is lost", Copy: copySecret},
	{Codes: []int{7000222}, Line: "the secret of the application {app} has expired", Who: EntraAdmin, Where: clientApp + " › Certificates & secrets", Do: "make a new secret {enter}", Copy: copySecret},
	{Codes: []int{7000218, 7000216}, Line: "the application {app} must prove itself, and sent no secret or certificate", Who: OurAdmin, Where: provider + ", client secret",
		Do: "enter a secret; or, for device code in a program without one, allow public client flows in the registration", Copy: copyPublic},
	{Codes: []int{700025}, Line: "the application {app} sent a secret, and its redirect URI is registered for programs that have none", Who: EntraAdmin, Where: clientApp + " › Authentication", Do: "move the redirect URI from “Mobile and desktop” or “Single-page application” to “Web”", Copy: copyRedirect},
	{Codes: []int{700027, 700021, 50027}, Line: "the certificate that the application {app} signs with is not on its registration", Who: EntraAdmin, Where: clientApp + " › Certificates & secrets", Do: "upload the certificate with the thumbprint that the error names"},
	{Codes: []int{700030}, Line: "the certificate's subject is not one that the application {app} may use", Who: EntraAdmin, Where: clientApp + " › Certificates & secrets", Do: "upload the certificate itself, or name its subject"},
	{Codes: []int{700023}, Line: "the client assertion is for another audience", Who: Caller, Where: program, Do: "set aud of the assertion to the token endpoint's address"},
	{Codes: []int{700024}, Line: "the client assertion is outside its time: a clock is wrong", Who: Network, Where: "the machine that signs the assertion", Do: "set its clock by NTP, and let the assertion live 5 to 10 minutes"},
	{Codes: []int{70021, 700211, 700212, 700213}, Line: "no federated credential of the application {app} fits the assertion", Who: EntraAdmin, Where: clientApp + " › Certificates & secrets › Federated credentials", Do: "make issuer, subject and audience equal to those in the error, letter by letter"},
	{Codes: []int{700229}, Line: "a token of this tenant cannot be a federated credential", Who: Caller, Where: program, Do: "use a token of another provider, or a certificate"},
	{Codes: []int{50166}, Line: "Entra could not read the keys of the federated credential's issuer", Who: EntraAdmin, Where: "the issuer of the federated credential", Do: "publish its OpenID metadata and keys over public https"},
	{Codes: []int{50194}, Line: "the application {app} is for one tenant and was used through /common", Who: OurAdmin, Where: provider + ", tenant", Do: "enter the tenant's id instead of common", Copy: []Copy{{Value, "authority", "{login}/{tenant}"}}},
	{Codes: []int{50146}, Line: "the application {app} has signing keys of its own (claims mapping)", Who: OurAdmin, Where: "Manage › Access › Trust: the entry", Do: "its appId has to be the API's Application (client) ID, so that its own keys are read; the page does not show it: PUT /api/v1/trust sets it", Copy: []Copy{{Setting, "appId", "{apiId}"}}},
	{Codes: []int{700054, 700051, 70005}, Line: "the application {app} may not be given tokens in the address (implicit flow)", Who: Caller, Where: program, Do: "use the authorisation code flow with PKCE: response_type=code"},
	{Codes: []int{9002325}, Line: "the sign-in was without PKCE", Who: Caller, Where: program, Do: "send code_challenge with code_challenge_method=S256"},
	{Codes: []int{9002326, 9002327}, Line: "the redirect URI is registered for another kind of program than redeems the code", Who: EntraAdmin, Where: clientApp + " › Authentication", Do: "register it under “Web” for a server, under “Single-page application” for a page", Copy: copyRedirect},

	// What was asked for.
	{Codes: []int{900144, 90014, 9002313}, Line: "the request to Entra lacks a parameter or is malformed", Who: Caller, Where: program, Do: "compare the request with the flow's documentation; the error names the parameter"},
	{Codes: []int{901002}, Line: "the request sent resource= to the v2.0 endpoint", Who: Caller, Where: program, Do: "send scope= instead", Copy: []Copy{{Value, "scope", "{api}/.default"}}},
	{Codes: []int{70011, 1002012}, Line: "the scope {scope} is not valid", Who: Caller, Where: program, Do: "ask for a scope of this API by its full name; for an application by itself, with /.default", Copy: []Copy{{Value, "scope", "{api}/.default"}}},
	{Codes: []int{700022, 28000}, Line: "the scope names several resources", Who: Caller, Where: program, Do: "ask for one resource in each token request", Copy: []Copy{{Value, "scope", "{api}/.default"}}},
	{Codes: []int{650053}, Line: "the scope {scope} is not exposed by the API", Who: EntraAdmin, Where: apiApp + " › Expose an API", Do: "add the scope, or have the program ask for one that is there"},
	{Codes: []int{70003}, Line: "the grant type is not one that Entra has", Who: Caller, Where: program, Do: "use authorization_code, refresh_token, client_credentials or device_code"},
	{Codes: []int{900561}, Line: "the token endpoint was opened in a browser or with GET", Who: Caller, Where: program, Do: "send a POST"},
	{Codes: []int{50059, 90019, 50128, 90002}, Line: "Entra does not know the tenant {tenant}", Who: OurAdmin, Where: provider + ", tenant", Do: "enter the tenant's id (Entra: Overview › Tenant ID), and check that the cloud is the right one", Copy: []Copy{{Az, "read the tenant's id", "az account show --query tenantId -o tsv"}}},

	// The API and permissions.
	{Codes: []int{500011, 50001}, Line: "there is no API {resource} in the tenant {tenant}", Who: Caller, Where: program + ", scope or resource", Do: "ask for exactly {api}, with or without the slash as it is registered; if it is right, have the API's enterprise application made in the tenant", Copy: []Copy{{Value, "resource", "{api}"}, {Az, "make the API's enterprise application", "az ad sp create --id {apiId}"}}},
	{Codes: []int{650052}, Line: "the organisation has no subscription to the service that is asked for", Who: EntraAdmin, Where: "Entra: licences and Enterprise applications", Do: "subscribe to the service or enable it; for an API of your own, make its enterprise application", Copy: []Copy{{Az, "make the API's enterprise application", "az ad sp create --id {apiId}"}}},
	{Codes: []int{650056, 650057, 65005}, Line: "the registration of the application {app} does not list the permission it asks for", Who: EntraAdmin, Where: clientApp + " › API permissions", Do: "add the permission of the API, then grant admin consent", Copy: []Copy{{Az, "add the permission", "az ad app permission add --id {app} --api {apiId} --api-permissions {scopeId}=Scope"}, copyConsent[0]}},
	{Codes: []int{65001}, Line: "nobody has consented to what the application {app} asks for", Who: EntraAdmin, Where: clientApp + " › API permissions", Do: "grant admin consent, or let the person sign in with a browser and consent", Copy: copyConsent, Again: Interactive},
	{Codes: []int{65004}, Line: "the person declined to consent", Who: Person, Where: "the sign-in", Do: "sign in again and accept, or have an administrator consent for everybody", Copy: copyConsent, Again: Interactive},
	{Codes: []int{90094}, Line: "an administrator has to consent to what the application {app} asks for", Who: EntraAdmin, Where: clientApp + " › API permissions", Do: "grant admin consent", Copy: copyConsent},
	{Codes: []int{90095}, Line: "consent was asked for and waits for a reviewer", Who: EntraAdmin, Where: "Entra: Enterprise applications › Admin consent requests", Do: "answer the request, or grant admin consent", Copy: copyConsent},
	{Codes: []int{50105}, Line: "{person} is not assigned to the application {app}, which demands it", Who: EntraAdmin, Where: enterprise + " › Users and groups", Do: "assign the person or a group of theirs", Copy: copyAssigned},
	{Codes: []int{501051}, Line: "the application {app} is not assigned to the API, which demands it", Who: EntraAdmin, Where: "Entra: Enterprise applications › the API › Users and groups", Do: "give the application an app role of the API (API permissions › Application permissions) and consent", Copy: copyConsent[:1]},

	// The person.
	{Codes: []int{50058}, Line: "nobody is signed in, and the sign-in was not to ask", Who: Person, Where: "the sign-in", Do: "sign in", Again: Interactive},
	{Codes: []int{16000}, Line: "several people are signed in, and it is not clear which is meant", Who: Person, Where: "the sign-in", Do: "choose an account", Again: Interactive},
	{Codes: []int{50020, 50178}, Line: "{person} is of another tenant and not a guest here", Who: Person, Where: "the sign-in", Do: "sign out of the other account and use one of the tenant {tenant}, or have its administrator invite you as a guest"},
	{Codes: []int{50034}, Line: "{person} is not in the tenant", Who: Person, Where: "the sign-in", Do: "check how the name is written, and use an account of this tenant"},
	{Codes: []int{50053}, Line: "the account of {person} is locked after too many wrong passwords", Who: Person, Where: "the account", Do: "wait, then sign in in a browser; programs must not try again by themselves"},
	{Codes: []int{50055}, Line: "the password of {person} has expired", Who: Person, Where: "the account", Do: "sign in in a browser and choose a new one"},
	{Codes: []int{50056, 50126}, Line: "user name or password is wrong", Who: Person, Where: "the sign-in", Do: "sign in in a browser; a program that sends passwords itself should use the authorisation code or device code flow"},
	{Codes: []int{50057}, Line: "the account of {person} is disabled", Who: EntraAdmin, Where: "Entra: Users", Do: "enable the account"},
	{Codes: []int{50072, 50074, 50076, 50079}, Line: "multi-factor authentication is needed", Who: Person, Where: "the sign-in", Do: "sign in in a browser, where the second factor is asked for or set up; a program passes on the claims of the answer", Again: Interactive},
	{Codes: []int{50078}, Line: "the second factor is too old", Who: Person, Where: "the sign-in", Do: "sign in again", Again: Interactive},
	{Codes: []int{53003, 53000, 53001, 53002, 53004, 50005, 50097}, Line: "a Conditional Access policy of the organisation blocks the sign-in", Who: EntraAdmin, Where: access,
		Do: "look the correlation id up in Entra's sign-in log: it names the policy; do not try again before it is changed or the device fits"},
	{Codes: []int{530032, 530034, 530036}, Line: "a security policy of the organisation blocks the sign-in", Who: EntraAdmin, Where: "Entra: security policies", Do: "look the correlation id up in Entra's sign-in log: it names the policy"},

	// Codes and refresh tokens.
	{Codes: []int{54005}, Line: "the authorisation code was used twice", Who: Caller, Where: program, Do: "begin the sign-in again; a page that was sent twice, or two servers that answered one redirect, use a code twice", Again: Anew},
	{Codes: []int{70008, 50089}, Line: "the sign-in took too long", Who: Person, Where: "the sign-in", Do: "begin again", Again: Anew},
	{Codes: []int{70000, 70002, 700005}, Line: "the code or token is not of this tenant and application", Who: Caller, Where: program, Do: "use the same authority and client id in both requests", Again: Anew},
	{Codes: []int{501481, 50148, 50147, 501491}, Line: "the PKCE verifier does not fit the sign-in that was begun", Who: Caller, Where: program, Do: "keep the verifier until the code is redeemed; with several nodes, where all of them find it", Again: Anew},
	{Codes: []int{700082, 700084, 700081}, Line: "the refresh token has expired", Who: Person, Where: "the sign-in", Do: "sign in again; it lasts 90 days without use, a day in a single-page application", Again: Interactive},
	{Codes: []int{50173, 50132, 50133}, Line: "the person's sessions were ended or their password changed", Who: Person, Where: "the sign-in", Do: "sign in again", Again: Interactive},
	{Codes: []int{70043, 135010}, Line: "the organisation wants people to sign in more often", Who: Person, Where: "the sign-in", Do: "sign in again", Again: Interactive},
	{Codes: []int{50013, 500131, 500133, 240002}, Line: "the token handed on (on-behalf-of) is not for the application that hands it on, or too old", Who: Caller, Where: program, Do: "hand on the access token as it came in, while it is valid, and never an id token"},
	{Codes: []int{7000114}, Line: "the application {app} may not act on behalf of others", Who: EntraAdmin, Where: clientApp, Do: "use an application that is not restricted in this way"},

	// Device code.
	{Codes: []int{70016}, Line: "the person has not finished signing in on the other device", Who: Person, Where: "the sign-in", Do: "finish there; the program asks again by itself", Again: Poll},
	{Codes: []int{70018}, Line: "the device code is not one that Entra gave", Who: Caller, Where: program, Do: "begin again", Again: Anew},
	{Codes: []int{70019}, Line: "the device code has expired", Who: Person, Where: "the sign-in", Do: "begin again, and finish within 15 minutes", Again: Anew},

	// Entra itself.
	{Codes: []int{50196}, Line: "the program asked Entra the same over and over and was stopped", Who: Caller, Where: program, Do: "keep tokens until they expire, and pause after an error"},
	{Codes: []int{90033, 90006}, Line: "Entra is not available at the moment", Who: Nobody, Where: "Entra", Do: "try again in a moment", Again: Later},
	{Codes: []int{90055}, Line: "the tenant asks Entra too much", Who: Nobody, Where: "Entra", Do: "wait as long as Retry-After says", Again: Later},
}

var byCode = func() map[int]*AADSTS {
	m := map[int]*AADSTS{}
	for i := range table {
		for _, code := range table[i].Codes {
			if m[code] != nil {
				panic("an AADSTS code is in the table twice")
			}
			m[code] = &table[i]
		}
	}
	return m
}()

// Known lists every code of the table, in its order.
func Known() []int {
	var out []int
	for _, a := range table {
		out = append(out, a.Codes...)
	}
	return slices.Clip(out)
}
