package signin

// entraError is what an error means and who can do what about it. {provider},
// {client}, {tenant} and {redirect} stand for the values of the setting.
type entraError struct {
	who            Who
	detail, advice string
	copy           string
}

// plainErrors are those every provider may give (RFC 6749 §4.1.2.1 and §5.2,
// OpenID Connect Core §3.1.2.6).
var plainErrors = map[string]entraError{
	"access_denied":              {WhoYou, "{provider} did not sign you in: you, or a rule there, said no", "sign in again and agree; if you were not asked, an administrator of {provider} can say why", ""},
	"login_required":             {WhoYou, "{provider} wants you to sign in there first", "sign in again", ""},
	"interaction_required":       {WhoYou, "{provider} wants something from you before it signs you in", "sign in again and answer what it asks", ""},
	"consent_required":           {WhoTheirs, "nobody has agreed yet that this server may know who you are", "agree when {provider} asks, or have an administrator there agree for everybody", ""},
	"account_selection_required": {WhoYou, "{provider} does not know which account you mean", "sign in again and choose one", ""},
	"temporarily_unavailable":    {WhoTryAgain, "{provider} is too busy at the moment", "try again in a moment", ""},
	"server_error":               {WhoTryAgain, "something went wrong at {provider}", "try again in a moment", ""},
	"invalid_client":             {WhoOurs, "{provider} does not take this server's client secret", "make a new secret there and enter it here; take its value, not its id", ""},
	"unauthorized_client":        {WhoTheirs, "{provider} does not let the application {client} sign people in", "look at the application there: it needs the code flow", "{client}"},
	"unsupported_response_type":  {WhoTheirs, "{provider} does not let the application {client} sign people in with a code", "switch the authorization code flow on for it there", ""},
	"invalid_scope":              {WhoOurs, "{provider} does not know one of the scopes that are asked for", "correct the scopes of this provider in the settings: openid is needed, profile and email are usual", ""},
	"invalid_grant":              {WhoTryAgain, "{provider} does not take the code it gave, any more", "sign in again", ""},
	"redirect_uri_mismatch":      {WhoTheirs, "{provider} does not know the address it should send people back to", "register exactly this address there", "{redirect}"},
	"invalid_request":            {WhoOurs, "{provider} does not understand what this server asked", "compare this provider's settings with what is registered there", ""},
}

// entraErrors are those that people and administrators meet when signing in.
var entraErrors = map[int]entraError{
	50011:   redirectWrong,
	500113:  redirectWrong,
	900971:  redirectWrong,
	700016:  {WhoOurs, "the application {client} is unknown in the directory {tenant}", "compare client id and tenant with the app registration's overview; its object id is another number", "{client}"},
	700011:  {WhoOurs, "the application {client} is unknown in the directory {tenant}", "compare client id and tenant with the app registration's overview", "{client}"},
	7000112: {WhoTheirs, "the application {client} is switched off", "Entra admin: Enterprise applications, the application, Properties: enabled for users to sign in", "{client}"},
	7000215: {WhoOurs, "Entra does not take this server's client secret", "enter the secret's Value, not its Secret ID; Entra shows the value once, when it is made", ""},
	7000222: {WhoOurs, "this server's client secret has expired", "make a new one under Certificates & secrets of the app registration, and enter its value here", ""},
	7000218: {WhoOurs, "Entra wants a client secret and got none", "enter a secret for this provider", ""},
	700025:  {WhoTheirs, "Entra takes this application for one without a secret", "the redirect address is registered under Mobile/desktop or Single-page application: move it to Web", "{redirect}"},
	9002325: {WhoTheirs, "the redirect address is registered for a single-page application", "move it to the platform Web", "{redirect}"},
	9002327: {WhoTheirs, "the redirect address is registered for a single-page application", "move it to the platform Web", "{redirect}"},
	65001:   {WhoTheirs, "nobody has agreed yet that this server may know who you are", "Entra admin: grant admin consent for openid, profile and email on the application, or let users consent", ""},
	65004:   {WhoYou, "you did not agree that this server may know who you are", "sign in again and agree", ""},
	90094:   {WhoTheirs, "an administrator of the directory has to agree first", "Entra admin: grant admin consent on the application {client}", "{client}"},
	90095:   {WhoTheirs, "an administrator of the directory has to agree first; a request was sent to them", "wait until they have agreed", ""},
	50020:   {WhoYou, "the account you chose is not in the directory {tenant}", "sign in with an account of that directory, or ask to be invited as a guest", ""},
	16000:   {WhoYou, "the account you chose is not in the directory {tenant}", "choose another account", ""},
	50178:   {WhoYou, "the account you chose is not in the directory {tenant}", "choose another account", ""},
	50105:   {WhoTheirs, "you are not assigned to this application, and it demands that", "Entra admin: Enterprise applications, the application, Users and groups: assign the person or a group", ""},
	50194:   {WhoOurs, "the application is of one directory, and the sign-in went to all of them", "set the tenant of this provider to its directory id", ""},
	50034:   {WhoYou, "Entra does not know that account in the directory {tenant}", "check how the name is written", ""},
	50053:   {WhoYou, "the account is locked for a while: too many wrong passwords", "wait, then try again, or ask your Entra administrator", ""},
	50055:   {WhoYou, "the password has expired", "change it at Microsoft, then sign in here again", ""},
	50057:   {WhoTheirs, "the account is switched off", "Entra admin: enable it", ""},
	50126:   {WhoYou, "the name or the password is wrong", "try again", ""},
	50074:   {WhoYou, "a second proof is needed", "sign in again and give it", ""},
	50076:   {WhoYou, "a second proof is needed", "sign in again and give it", ""},
	50079:   {WhoYou, "a second proof has to be set up first", "sign in again and follow what Entra asks", ""},
	50158:   {WhoYou, "a further check is demanded", "sign in again and follow what Entra asks", ""},
	53000:   conditional, 53001: conditional, 53002: conditional, 53003: conditional, 53004: conditional, 530032: conditional, 530034: conditional, 530036: conditional, 50005: conditional, 50097: conditional,
	50058:  {WhoYou, "nobody is signed in at Entra in this browser", "sign in again", ""},
	50059:  tenantWrong,
	90002:  tenantWrong,
	90019:  tenantWrong,
	50128:  tenantWrong,
	54005:  {WhoTryAgain, "the code that Entra gave was used already", "sign in again; opening the same page twice can do this", ""},
	70008:  {WhoTryAgain, "the code that Entra gave is too old", "sign in again", ""},
	501481: {WhoTryAgain, "the sign-in was not finished by the browser that began it", "sign in again", ""},
	50148:  {WhoTryAgain, "the sign-in was not finished by the browser that began it", "sign in again", ""},
	70011:  {WhoOurs, "one of the scopes asked for is not valid", "correct the scopes of this provider in the settings; openid, profile and email are right for signing in", ""},
	650052: {WhoTheirs, "the directory lacks something the application asks for", "take API permissions other than openid, profile and email off the scopes, or have them added there", ""},
	650056: {WhoTheirs, "the application's registration is incomplete", "Entra admin: add the delegated permission User.Read or openid to it and grant consent", ""},
	50146:  {WhoTheirs, "the application has signing keys of its own, and was asked for without them", "remove the claims mapping policy from the application used for signing in", ""},
	90072:  {WhoYou, "the account you chose is of another directory and not a guest in {tenant}", "choose another account, or ask to be invited", ""},
}

var (
	redirectWrong = entraError{WhoTheirs, "Entra does not know the address it should send people back to", "Entra admin: app registration {client}, Authentication, platform Web: add exactly this redirect URI (letter case, slash, http and https count)", "{redirect}"}
	conditional   = entraError{WhoTheirs, "a Conditional Access policy of your organisation does not allow this sign-in", "your Entra administrator finds the reason in the sign-in log under the correlation id", ""}
	tenantWrong   = entraError{WhoOurs, "Entra does not know the directory {tenant}", "correct the tenant of this provider: its directory id is on the overview page of Entra", "{tenant}"}
)
