package api

// Code says what one problem code means.
type Code struct {
	Code    string
	Status  int    // the HTTP status it usually comes with; 0: an incident's, no request is answered with it
	Title   string // Problem.Title: what did not happen
	Meaning string // when it comes, and what to do
}

// Codes lists every code of a problem or an incident, in the order of the documentation. A code,
// once published, keeps its meaning.
var Codes = []Code{
	// The request itself.
	{"bad-json", 400, "The request could not be read", "The body is not JSON, is nested too deeply, or something follows after it. The detail says where."},
	{"bad-request", 400, "The request could not be read", "The request is malformed in a way that is not about one field."},
	{"body-missing", 400, "The request has no body", "This operation needs a body."},
	{"invalid-request", 422, "The request is not right", "One or more parts of the request are missing, unknown or of the wrong form. \"errors\" names each part and never repeats its value."},
	{"bad-serial", 422, "That is not a serial number", "A serial number looks like 1234_5: the instance, an underscore, and the number of the thing in it."},
	{"bad-cursor", 422, "The list cannot go on from there", "The cursor was not made by this list with these filters. Ask for the first page again."},
	{"body-too-large", 413, "The request is too large", "The body is over the limit stated in the detail."},
	{"body-too-slow", 408, "The request took too long to arrive", "The body did not arrive in time. Send it again."},
	{"unsupported-media-type", 415, "The body is of the wrong type", "Send the Content-Type the operation documents: application/json, or application/xml for a workflow."},
	{"nothing-to-diagnose", 422, "There is nothing to look at in this", "The doctor looks at an access token, a request with its headers, a curl command, an answer, or an error of Entra's."},
	{"not-acceptable", 406, "No answer in that form", "The Accept header asks for something this operation does not offer."},
	{"no-such-route", 404, "There is no such address", "The path is not part of this API. /api/v1/docs lists what is."},
	{"method-not-allowed", 405, "This address does not take that method", "The Allow header names the methods it takes."},
	{"bad-idempotency-key", 422, "The Idempotency-Key is not usable", "A key has 1 to 200 printable ASCII characters."},
	{"idempotency-key-reused", 409, "That Idempotency-Key was used for something else", "A key stands for one request. Make a new one for a new request."},
	{"stale", 412, "Somebody changed it first", "If-Match names a state that is no longer the present one. Read it again, then decide."},

	// Who is asking.
	{"sign-in-needed", 401, "Not signed in", "No credentials came with the request, or the session has ended."},
	{"bad-credentials", 401, "Not signed in", "The login or the password is wrong. Which one is not said, nor whether the account is switched off."},
	{"bad-authorization", 400, "The Authorization header cannot be read", "It is not of the form its scheme asks for."},
	{"unknown-scheme", 401, "Not signed in", "The Authorization header uses a scheme this server does not take. It takes Basic."},
	{"two-credentials", 400, "More than one Authorization header", "Send one."},
	{"csrf", 403, "The request did not come from one of our pages", "A request that changes something over a session carries the header X-CSRF-Token with the value GET /me gave."},
	{"foreign-origin", 403, "The request came from a page of another site", "Browsers may change something only from this server's own pages."},
	{"too-many-guesses", 429, "Too many wrong passwords", "Wait as long as Retry-After says."},
	{"sign-in-busy", 503, "Too many people are signing in", "Passwords are checked a few at a time. Try again in a moment."},
	{"access-token-garbled", 401, "Not signed in", "A personal access token is sgn_ and 38 letters and digits, and this is not all of one."},
	{"access-token-unknown", 401, "Not signed in", "The personal access token was ended, or it is another server's. Make a new one."},
	{"access-token-expired", 401, "Not signed in", "The personal access token has run out. Make a new one."},
	{"access-token-limited", 403, "The access token may not do this", "Its owner made it for reading only, or for another API of this server."},
	{"token-by-token", 403, "A token cannot make tokens", "Sign in on the page, or send name and password: a token that was lost must not make others."},
	{"kind-not-taken", 401, "Not signed in", "The API does not take this kind of sign-in. WWW-Authenticate names those it takes; an administrator sets them under Manage › Access › APIs."},
	{"api-off", 404, "The API is switched off", "An administrator can switch it on under Manage › Access › APIs."},
	{"origin-not-listed", 403, "Pages of that site may not call this API", "An administrator can list the site under Manage › Access › APIs: scheme, host and port, to the letter."},
	{"user-disabled", 403, "The account is switched off", "An administrator can switch it on again."},

	// People and groups that SCIM clients write.
	{"scim-token-unknown", 401, "Not a token of a SCIM client", "The token was ended, has run out, or is another server's. Make another one under Manage › Access › Directories."},
	{"scim-too-many-tokens", 409, "The client has two tokens already", "One is in use, and one is to follow it. End the one that nothing uses any more."},
	{"scim-token-not-found", 404, "No such token", "The SCIM client has no token of that number."},
	{"scim-not-a-client", 403, "Not a SCIM client", "The token is good, but no directory is set up for whoever has it."},
	{"scim-not-found", 404, "There is no such user or group", "It was never there, or was deleted, or is another client's."},
	{"scim-taken", 409, "There is a user of that name", "userName is one of a kind within a client."},
	{"scim-no-member", 400, "A member is not there", "Members are named by the id of a user or group that this client wrote."},
	{"scim-too-many-members", 400, "The group is too large", "A group has at most 50,000 members."},
	{"scim-not-taken", 409, "The user or group cannot become one here", "Somebody here stands in the way: the detail says who or what."},
	{"bad-expiry", 422, "That is no time to run out", "A token must run out in the future, or never."},

	{"directory-pushes", 409, "Nobody asks this directory", "It writes to this server by SCIM. Begin the provisioning there."},
	// People and groups of Entra ID, asked of Microsoft Graph.
	{"graph-sign-in-failed", 409, "Entra ID gives no token", "The tenant, the client id, or the secret or certificate of the directory is not what the registration in Entra ID says. The detail has Entra's own words."},
	{"graph-forbidden", 409, "The application may not read the directory", "It needs User.Read.All and GroupMember.Read.All as application permissions, and an administrator's consent to both."},
	{"graph-unavailable", 503, "Microsoft Graph does not answer", "It was asked several times. It is asked again at the next sync."},
	{"graph-answer", 409, "Microsoft Graph's answer cannot be used", "It is too large, no JSON, or leads elsewhere. Often a proxy on the way has answered instead."},
	{"graph-refused", 409, "Microsoft Graph refused", "The detail has Graph's own words, and the request id that Microsoft's support asks for."},

	// Who is asking, by a token of a trusted issuer or a sign-in elsewhere.
	{"token-too-large", 401, "The token is too long", "A token has at most 16 KiB. Ask for fewer groups or claims in it."},
	{"token-form", 401, "That is not a token", "A bearer token of another issuer is a signed JWT: three parts with dots between. An ID token, a secret or half a token are none."},
	{"token-encoding", 401, "That is not a token", "Its parts are not base64url as RFC 7515 has it. It was changed or cut on its way."},
	{"token-header", 401, "The token cannot be read", "Its header is not JSON as RFC 7515 has it."},
	{"token-claims", 401, "The token cannot be read", "Its claims are not JSON as RFC 7519 has it."},
	{"token-critical", 401, "The token cannot be used", "It demands an extension that this server does not have."},
	{"token-unsigned", 401, "The token proves nothing", "It is not signed, or with a secret instead of a key."},
	{"token-issuer", 401, "The issuer is not trusted", "The token is from an issuer no trust entry of this server names. An administrator finds the reason in the log under the request id."},
	{"token-tenant", 401, "The tenant is not trusted", "The token is of an Entra tenant no trust entry names."},
	{"token-version", 401, "The token is of the wrong version", "Entra writes tokens of version 1.0 or 2.0 as the API's registration says (requestedAccessTokenVersion); the trust entry takes the other."},
	{"token-algorithm", 401, "The token is signed in another way", "Its algorithm is not one the trust entry lists for the issuer."},
	{"token-type", 401, "The token is of another type", "Its header says that it is something else than an access token."},
	{"token-key", 401, "The token's key is not known", "Its issuer does not have the key it is signed with, or no longer. Get a new token."},
	{"token-keys-unavailable", 503, "The issuer's keys are not known", "The issuer cannot be reached and has not been since this server trusts it. Try again."},
	{"token-signature", 401, "The token's signature is wrong", "It was changed, or not made by whom it names."},
	{"token-times", 401, "The token has no times", "It does not say until when it is valid."},
	{"token-expired", 401, "The token has expired", "Get a new one."},
	{"token-not-yet", 401, "The token is not valid yet", "The clocks of issuer and server may differ by five minutes at most."},
	{"token-issued-later", 401, "The token is from the future", "The clocks of issuer and server may differ by five minutes at most."},
	{"token-audience", 401, "The token is for another API", "Ask for a token of this server's own API: its audience has to be one the trust entry lists."},
	{"token-kind", 401, "That is no access token", "An ID token says who somebody is to one application; it does not let it call an API."},
	{"token-bound", 401, "The token needs a proof", "It is bound to a key of its client, and this server takes tokens without such a proof only."},
	{"token-client", 403, "The application may not call", "The trust entry lists the applications that may, and this is none of them."},
	{"token-rights", 401, "The token cannot be read", "Its scopes or roles are not written as its issuer writes them."},
	{"token-people", 403, "Only applications may call", "The trust entry lets no people in."},
	{"token-scope", 403, "The token lacks a scope", "Ask for a token with one of the scopes that the challenge names."},
	{"token-app", 403, "The application may not call by itself", "The trust entry lets applications in only for people, or only those it lists."},
	{"token-role", 403, "The application lacks a role", "Assign it one of the app roles the trust entry lists, and grant consent."},
	{"token-person", 401, "The token names nobody", "It does not say which person or application it is for."},
	{"token-guest", 403, "Guests may not call", "The trust entry lets in members of the tenant only."},
	{"token-step-up", 401, "A stronger sign-in is needed", "The challenge holds the claims to ask the issuer for."},
	{"token-in-address", 400, "There is a token in the address", "Addresses are written down in many places. Send it as Authorization: Bearer, and get a new one."},
	{"person-unknown", 403, "Nobody here is that person", "The token or sign-in is right, and whoever it is for has no account on this server."},
	{"person-awaits-admission", 403, "Waiting to be let in", "The token or sign-in is right; an administrator was asked to make an account or to link an existing one."},

	// Signing in through a provider. The sign-in page is told why with one of these.
	{"local-accounts-off", 401, "Not signed in", "The password is right, but this server does not take its own passwords from you any more. Sign in through a provider; programs use an access token."},
	{"sign-in-over", 403, "The sign-in is over", "It was not begun in this browser, took too long, or was finished already. Sign in again."},
	{"sign-in-answer", 403, "The answer is not for this sign-in", "What came back from the provider is not what was asked for, or came from another provider. Sign in again."},
	{"sign-in-refused", 403, "The provider said no", "The detail says what its error means and who can put it right."},
	{"sign-in-provider", 503, "The provider cannot be asked", "It is away, or what it answers cannot be used. The log has the reason; testing the provider shows it."},
	{"sign-in-token", 403, "What the provider says could not be verified", "The log has the reason; testing the provider shows it."},
	{"provider-not-found", 404, "No such provider", "Nobody signs in through a provider of that id here."},
	{"failure-not-found", 404, "No reason there", "The address does not say why a sign-in failed, or another server with another key made it."},
	{"test-not-found", 404, "No such test", "It was somebody else's, or is too old. Test the provider again."},
	{"session-not-found", 404, "No such session", "It has ended, or is somebody else's."},
	{"recovery-not-found", 401, "The link is not good", "It was used already or is older than an hour. signoff recover on the server makes a new one."},
	{"bad-signin", 422, "The setting is not right", "\"errors\" names each part and what is wrong with it."},
	{"local-accounts-needed", 409, "Nobody might be able to sign in", "Local accounts can be off only while an administrator is signed in through a provider that stays as it is."},
	{"bad-logout-token", 400, "The logout token is not valid", "The log has the reason."},

	// What they may do.
	{"not-allowed", 403, "Not allowed", "The caller is known and may not do this. The detail names the right that is missing."},
	{"starter-excluded", 403, "Not for the starter to decide", "The workflow asks for somebody other than who started it."},

	// What is there.
	{"task-not-found", 404, "No such task", "There is no such task, or it is not yours. Which of the two is not said."},
	{"instance-not-found", 404, "No such instance", "There is no such instance, or you may not see it."},
	{"workflow-not-found", 404, "No such workflow", "There is no such workflow, or you hold no right on it."},
	{"version-not-found", 404, "No such version", "The workflow has no version of that number."},
	{"incident-not-found", 404, "No such incident", "There is no open incident of that number, or you may not see it."},
	{"effect-not-found", 404, "Nothing waits under that number", "The step was finished already, or you may not finish it."},
	{"hold-not-found", 404, "No such hold", "There is no hold of that number."},
	{"command-not-found", 404, "Nothing waits under that key", "What was asked for is done, or no longer wanted."},
	{"user-not-found", 404, "No such user", "There is no account with that principal."},
	{"group-not-found", 404, "No such group", "There is no group with that principal. Nobody is put into Everyone or taken out of it."},
	{"mail-not-found", 404, "No such mail", "There is no mail of that number."},
	{"access-token-not-found", 404, "No such token", "There is no personal access token of that number, or it is not yours."},
	{"code-not-found", 404, "No such problem code", "The list of codes does not have it."},

	// Tasks and instances.
	{"task-already-done", 409, "The task is done already", "It was decided, ran out of time or was withdrawn. The detail says who did what when."},
	{"task-claimed", 409, "Somebody else has the task", "Ask them to release it, or ask an administrator to."},
	{"already-claimed", 409, "The task is yours already", "There is nothing left to claim."},
	{"not-claimed", 409, "Nobody has the task", "Only a claimed task can be released."},
	{"not-asleep", 409, "The task is not asleep", "There is nothing to wake."},
	{"unknown-action", 422, "The task has no such action", "\"errors\" lists the actions it has. Letter case does not matter."},
	{"comment-required", 422, "A comment is required", "The action demands one, or the comment is empty."},
	{"text-too-long", 413, "The text is too long", "The detail names the limit."},
	{"bad-variables", 422, "Some values cannot be used", "\"errors\" names each variable and what is wrong with its value."},
	{"variables-too-large", 413, "The instance would hold too much", "The variables of one instance have a limit in all. Keep files and long lists elsewhere."},
	{"unknown-person", 422, "Nobody is called that", "People go by login, address, label:name or principal, groups by name or principal."},
	{"bad-redirect", 422, "The task cannot go there", "The detail says why."},
	{"bad-time", 422, "That time cannot be used", "It has to lie in the future."},
	{"bad-priority", 422, "There is no such priority", "0 is high, 1 normal, 2 low."},
	{"folio-failed", 422, "The title could not be made", "The workflow's folio could not be worked out from the values given. Give a folio."},
	{"no-start", 422, "The workflow cannot be started", "It has no start event."},
	{"instance-ended", 409, "The instance has ended", "The detail says how and when."},
	{"already-started", 409, "The instance was started already", "It can be started once."},
	{"not-started", 409, "The instance was never started", "Start the workflow first."},
	{"too-many-sleepers", 429, "Too many people sleep on the task", "Somebody has to wake it first."},
	{"busy-instance", 409, "The instance is busy", "Others keep changing it. Try again in a moment."},
	{"redundant", 409, "It was dealt with already", "There is nothing left to do."},
	{"timer-not-due", 409, "It is too early", "The timer has not run out yet."},
	{"mail-not-waiting", 409, "The mail waits for nobody", "It was dealt with already."},

	// Keeping.
	{"bad-hold", 422, "A hold is on one thing", "Name a workflow, an instance or a person, and one of them only."},
	{"hold-lifted", 409, "The hold was lifted before", "There is nothing left to lift."},
	{"too-many-holds", 429, "Too many holds", "Lift those that are over, or hold a workflow or a person instead of many instances."},

	// Workflows.
	{"bpmn-problems", 422, "The workflow cannot run", "\"problems\" lists everything that is wrong with the file: element, line, reason and advice. Nothing was stored."},
	{"bpmn-unreadable", 422, "The file is not BPMN", "It is not well-formed XML, or not BPMN 2.0. The detail says where."},
	{"bpmn-too-large", 413, "The file is too large", "The detail names the limit that was passed."},
	{"unknown-right", 422, "There is no such right", "On a workflow or category: start, view-own, view, finish, administer. On the server: administer, deploy, impersonate."},
	{"bad-principal", 422, "A right is for people, groups and roles", "Name one of them. The detail says when it cannot be everyone."},
	{"bad-category", 422, "That is not a category", "A category is a short text on one line; parts one within another are separated by /."},
	{"bad-thing", 422, "That is nothing to ask about", "Ask about server, workflow:KEY, category:NAME, instance:NUMBER or task:SERIAL."},
	{"too-many-rights", 413, "Too many rights", "Give rights to groups."},

	{"bad-user", 422, "The account is not right", "\"errors\" names the field."},
	{"bad-password", 422, "The password cannot be used", "It is too short, too common or like the login."},
	{"login-taken", 409, "The login is taken", "Choose another one."},
	{"address-taken", 409, "The address is somebody else's", "One mailbox belongs to one person."},
	{"last-administrator", 409, "The server needs an administrator", "Make somebody else one first."},
	{"bad-token", 422, "The token cannot be made", "\"errors\" names the field."},
	{"token-name-taken", 409, "The name is taken", "You have a token of that name already. Name each after the program that uses it."},
	{"too-many-access-tokens", 409, "Too many tokens", "End those that nothing uses any more."},
	{"bad-apis", 422, "The setting is not right", "\"errors\" names each part, what is wrong with it and what to write."},
	{"bad-group", 422, "The group is not right", "\"errors\" names the field."},
	{"group-cycle", 409, "A group cannot be in itself", "The group to be put in holds the other one already, perhaps through further groups."},
	{"link-taken", 409, "That identity is somebody's", "In the other system it is one person or group, and so it is here. Unlink it where the detail says first."},
	{"setting-changed", 409, "Somebody saved the setting first", "The detail says who and when. Load it again, look at what is different, then save."},
	{"setting-too-large", 422, "The setting is too large", "A setting has at most 4 MiB."},
	{"group-taken", 409, "The name is taken", "Another group has it, whatever the letter case."},
	{"group-has-tasks", 409, "Open tasks are put to it", "Redirect them first, or take the members out and keep the name."},
	{"ruled-elsewhere", 409, "A directory rules this", "What is changed here, the directory would change back. Change it there."},
	{"too-many-groups", 409, "Too many groups", "Nobody can be in more groups than the detail says. Use fewer, larger ones."},
	{"group-too-large", 422, "The group is too large", "A task can go to a group as one, but not to each of so many members."},

	// People and groups elsewhere.
	{"bad-link", 422, "That names nobody elsewhere", "\"errors\" says what a source and a subject look like."},
	{"link-not-found", 404, "There is no such link", "The person or group is not called that in the other system, as far as this server knows."},
	{"group-ruled", 409, "A directory rules that group", "Who is in it is said there. Make a group or role of your own."},
	{"newcomer-not-found", 404, "Nobody waits under that number", "They were let in already, or never asked."},

	// Directories.
	{"directory-not-found", 404, "No such directory", "No directory of that name is set up."},
	{"directory-off", 409, "The directory is switched off", "Switch it on and save; a preview works all the same."},
	{"sync-running", 409, "A sync runs already", "One server at a time reads a directory. Wait until it is done."},
	{"bad-directory", 422, "The directories cannot be used", "\"errors\" names each mistake; nothing was saved."},
	{"directory-settings-wrong", 422, "Something about the directory cannot be meant", "\"errors\" says what."},
	{"directory-away", 503, "The directory does not answer", "Only it knows this password. Accounts of this server still work; try again in a few minutes."},
	{"password-elsewhere", 409, "The directory keeps that password", "Change it there, in Windows for instance. This server asks the directory and keeps none."},
	{"password-expired", 401, "The password has to be changed first", "It was right. Change it where the directory lets you, in Windows for instance, then sign in."},
	{"sync-stopped", 409, "The sync would switch off too many people", "Nothing was written. Look at base and filter; if they really left, sync once more and say so."},
	{"directory-unreachable", 503, "The directory cannot be reached", "The detail says which server was tried. The test on the directory's page goes step by step."},
	{"directory-untrusted", 503, "The directory's certificate is not believed", "The detail says why. Give the authority's certificate in the directory's settings, or name the server as its certificate does."},
	{"directory-sign-in-failed", 422, "The directory does not let our account in", "Look at the account and its password in the directory's settings."},
	{"directory-base-unreadable", 422, "Nothing stands where we were told to look", "Look at the base in the directory's settings, and at what the account may read."},
	{"directory-filter-wrong", 422, "The filter is no LDAP filter", "A filter looks like (&(objectClass=user)(department=Sales))."},
	{"directory-unusable", 503, "The directory's answer cannot be used", "It is not LDAP, or more than is taken from a directory."},
	{"directory-refused", 503, "The directory will not answer", "The detail says what was asked and what it said."},
	{"directory-password-wrong", 401, "The directory does not let this person in", "Whoever asks is told that the login or the password is wrong; administrators see why on the directory's page."},
	{"person-ruled-elsewhere", 409, "Another directory rules this person", "Let one of the two leave them out."},
	{"directory-too-large", 422, "The directory is too large", "Take a part of it: narrow the base or the filter."},

	// What is trusted.
	{"bad-issuer", 422, "The trust entries cannot be used", "\"errors\" names each mistake with what to do; nothing was saved."},
	{"issuer-not-found", 422, "No such issuer", "There is no trust entry of that name, or nothing usable at the address that was given. The detail says what was tried."},
	{"keys-not-fetched", 503, "The issuer's keys could not be fetched", "The detail says why. Keys known before stay in use."},
	{"entra-unreachable", 503, "Entra cannot be asked", "The detail says which host and why: let the server reach it by https."},

	// Our side.
	{"internal", 500, "Something went wrong on our side", "The server's log has the cause under the request id. Nothing half done is kept."},
	{"unavailable", 503, "Not available at the moment", "The server's database does not answer, or the request took too long. Try again; an Idempotency-Key makes that safe."},
	{"data-unusable", 503, "The server cannot use its data at the moment", "The disk is full or reports errors, or the file cannot be written. Nothing acknowledged is lost. Try again; an Idempotency-Key makes that safe."},
	{"data-outcome-unknown", 503, "It is not known whether this was stored", "The connection to the database broke at the last moment. Repeat it with the same Idempotency-Key, or look first."},
	{"instance-newer", 503, "A newer version has changed this instance", "This server is older than the one that wrote it and leaves it alone. Update the server; other instances go on."},
	{"shutting-down", 503, "The server is stopping", "Try again in a moment; an Idempotency-Key makes that safe."},
	{"too-many-streams", 429, "Too many open event streams", "Close a page, or let one stream serve several."},

	// Incidents: what keeps a step of an instance from going on.
	{"nobody-found", 0, "Nobody to go to", "A recipient's name belongs to nobody, or nobody is left to ask. Add the person or correct the variable, then retry."},
	{"expression-failed", 0, "An expression could not be worked out", "Or its value does not fit where it goes. Correct the variables it uses, then retry."},
	{"no-flow-applies", 0, "No way on", "No condition behind the step is true, and there is no default. Correct the variables, then retry."},
	{"effect-failed", 0, "A mail or call failed", "It failed for good, and no more is known than the cause says."},
	{"call-too-large", 0, "The request to a service is too large", "Make the variables it is made of smaller, then retry."},
	{"too-many-recipients", 0, "Too many recipients", "Name a group as one recipient instead of its members."},
	{"too-many-tokens", 0, "In too many places at once", "A split lies in a loop. Cancel the instance and correct the workflow."},
	{"endless-loop", 0, "The steps go round in a circle", "Without anything to wait for, or until the history of the instance was at its limit."},
	{"join-stuck", 0, "A merge waits for ever", "A branch that it waits for can no longer come. Cancel the instance and correct the workflow."},
	{"engine-failed", 0, "An error of the server itself", "The server's log has the details. Retry once the server has been updated, or cancel the instance."},

	// Incidents of steps that call a service.
	{"service-unreachable", 0, "The service could not be reached", "No connection, or no answer in time, as often as the step may try."},
	{"service-refused", 0, "The service said no", "The cause has its status and the beginning of what it said."},
	{"service-forbidden", 0, "The service may not be called", "Its address is this machine or a network kept from service steps. An administrator can allow it with the setting calls.allow."},
	{"service-answer-too-large", 0, "The service's answer is too large", "The cause names the limit."},
	{"service-answer-unusable", 0, "The service's answer cannot be used", "It holds something that no variable can hold."},
	{"bad-service-address", 0, "The step's address cannot be used", "It has to be http or https, with a host. Correct the variables it is made of, then retry."},
	{"bad-service-header", 0, "The step's header cannot be used", "A name or value has characters that HTTP does not allow. Correct the variables it is made of, then retry."},

	// Incidents of steps that send a mail, and what the mail page tells.
	{"mail-no-recipient", 0, "The mail has no recipient", "Nobody it would go to has an address."},
	{"mail-no-address", 0, "Somebody has no mail address", "Give the account an address, then retry."},
	{"mail-bad-address", 0, "That is no mail address", "Correct the variable that holds it, then retry."},
	{"mail-too-many-recipients", 0, "Too many recipients for a mail", "The cause names the limit."},
	{"mail-failed", 0, "The mail could not be sent", "Put the address or the mail server right, then retry."},
	{"mail-refused", 0, "The mail server refuses the mail", "The cause has its words."},
	{"mail-deferred", 0, "The mail server said: later", "It is tried again by itself."},
	{"mail-doubtful", 0, "Nobody knows whether the mail went out", "The connection broke after it had been handed over."},
	{"mail-server-unreachable", 0, "The mail server cannot be reached", "Mail waits until it can."},
	{"mail-server-untrusted", 0, "The mail server is not trusted", "It offers no TLS, or a certificate that is not believed. Mail waits."},
	{"mail-sign-in-failed", 0, "The mail server refuses the account", "Put its name or password right. Mail waits."},
	{"mail-sender-refused", 0, "The mail server refuses the sender", "The address that all mail comes from may not be used by this account. Mail waits."},
	{"mailbox-failed", 0, "The mailbox cannot be read", "The server refused something about a folder. It is tried again."},
	{"mailbox-changed", 0, "The mailbox was numbered anew", "It is read from its beginning again; what was dealt with stays so."},
}

// CodeByName finds a code.
func CodeByName(name string) (Code, bool) {
	for _, c := range Codes {
		if c.Code == name {
			return c, true
		}
	}
	return Code{}, false
}
