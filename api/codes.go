package api

// Code says what one problem code means.
type Code struct {
	Code    string
	Status  int    // the HTTP status it usually comes with
	Title   string // Problem.Title: what did not happen
	Meaning string // when it comes, and what to do
}

// Codes lists every problem code, in the order of the documentation. A code,
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
	{"not-acceptable", 406, "No answer in that form", "The Accept header asks for something this operation does not offer."},
	{"no-such-route", 404, "There is no such address", "The path is not part of this API. /api/v1/openapi.json lists what is."},
	{"method-not-allowed", 405, "This address does not take that method", "The Allow header names the methods it takes."},
	{"bad-idempotency-key", 422, "The Idempotency-Key is not usable", "A key has 1 to 200 printable ASCII characters."},
	{"idempotency-key-reused", 409, "That Idempotency-Key was used for something else", "A key stands for one request. Make a new one for a new request."},
	{"stale", 412, "Somebody changed it first", "If-Match names a state that is no longer the present one. Read it again, then decide."},

	// Who is asking.
	{"not-signed-in", 401, "Not signed in", "No credentials came with the request, or the session has ended."},
	{"wrong-credentials", 401, "Not signed in", "The name or the password is wrong. Which one is not said."},
	{"basic-malformed", 401, "Not signed in", "The Authorization header is not of the form the scheme asks for."},
	{"auth-scheme-unknown", 401, "Not signed in", "The Authorization header uses a scheme this server does not take."},
	{"two-authorizations", 401, "Not signed in", "The request carries more than one Authorization header."},
	{"csrf", 403, "The request did not come from one of our pages", "A request that changes something over a session carries the header X-CSRF-Token with the value GET /me gave."},
	{"too-many-attempts", 429, "Too many attempts", "Signing in failed too often. Wait as long as Retry-After says."},
	{"account-disabled", 401, "Not signed in", "The account is switched off."},

	// What they may do.
	{"forbidden", 403, "Not allowed", "The caller is known and may not do this. The detail names the right that is missing."},
	{"admin-only", 403, "Only for administrators", "The operation needs the server right \"administer\"."},

	// What is there.
	{"task-not-found", 404, "No such task", "There is no such task, or it is not yours. Which of the two is not said."},
	{"instance-not-found", 404, "No such instance", "There is no such instance, or you may not see it."},
	{"workflow-not-found", 404, "No such workflow", "There is no such workflow, or you may not see it."},
	{"version-not-found", 404, "No such version", "The workflow has no version of that number."},
	{"incident-not-found", 404, "No such incident", "There is no open incident of that number, or you may not see it."},
	{"person-not-found", 404, "Nobody is called that", "No person or group answers to that name."},
	{"code-not-found", 404, "No such problem code", "The list of codes does not have it."},

	// Our side.
	{"internal", 500, "Something went wrong on our side", "The server's log has the cause under the request id. Nothing half done is kept."},
	{"unavailable", 503, "Not available at the moment", "The server is starting, stopping, or its database does not answer. Try again; an Idempotency-Key makes that safe."},
	{"too-many-streams", 429, "Too many open event streams", "Close a page, or let one stream serve several."},
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
