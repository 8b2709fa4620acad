package entra

import (
	"fmt"
	"net/http"
	"slices"
)

// oauthError is a refusal as Entra words it: an OAuth error for programs and an
// AADSTS code for people.
type oauthError struct {
	code     int
	kind     string // OAuth's error
	status   int
	text     string
	suberror string
	subcode  string // error_subcode, in redirects
	claims   string // what a client should ask for next time
	page     bool   // shown to the person; the client must not be sent it
}

func (e *oauthError) Error() string { return fmt.Sprintf("AADSTS%d: %s", e.code, e.text) }

// An aadsts is one row of the table of refusals.
type aadsts struct {
	code   int
	kind   string
	status int
	text   string // with verbs for what the refusal is about
}

const (
	grantErr    = "invalid_grant"
	clientErr   = "invalid_client"
	requestErr  = "invalid_request"
	scopeErr    = "invalid_scope"
	resourceErr = "invalid_resource"
	unauthErr   = "unauthorized_client"
	interactErr = "interaction_required"
	deniedErr   = "access_denied"
	busyErr     = "temporarily_unavailable"
	loginErr    = "login_required"
)

// The table. Codes and their meaning are Entra's
// (learn.microsoft.com/entra/identity-platform/reference-error-codes); the
// words are ours.
var refusals = []aadsts{
	// what the client is
	{700016, unauthErr, 400, "The application with identifier '%s' is not in the directory '%s'. It was not registered there, nobody consented to it, or the request went to the wrong tenant."},
	{700011, unauthErr, 400, "The application with identifier '%s' is not in the directory."},
	{7000112, unauthErr, 400, "The application '%s'(%s) is disabled."},
	{7000229, unauthErr, 400, "The client application '%s' has no service principal in the tenant '%s'."},
	{7000215, clientErr, 401, "The client secret is not valid. Send the secret's value, not its ID, of a secret of the app '%s'."},
	{7000222, clientErr, 401, "The client secret keys of the app '%s' have expired."},
	{7000218, clientErr, 401, "The request body must hold 'client_assertion' or 'client_secret'."},
	{7000216, clientErr, 401, "'client_assertion', 'client_secret' or 'request' is needed for the grant type '%s'."},
	{700025, clientErr, 401, "The client is public: neither 'client_assertion' nor 'client_secret' may be sent."},
	{700027, clientErr, 401, "The client assertion failed signature validation. [Reason - %s, Thumbprint of key used by client: '%s']"},
	{700030, clientErr, 401, "The certificate is not valid: its subject name '%s' is not authorised."},
	{700021, clientErr, 401, "The client assertion names the application '%s', which is not the 'client_id' of the request."},
	{700023, clientErr, 401, "The audience '%s' of the client assertion is not this realm."},
	{700024, clientErr, 401, "The client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time %s."},
	{50027, requestErr, 400, "The JWT is malformed: %s"},
	{70021, requestErr, 400, "No federated identity record matches the assertion. Issuer: '%s', subject: '%s', audience: '%s'."},
	{700211, requestErr, 400, "No federated identity record matches the issuer '%s' of the assertion."},
	{700212, requestErr, 400, "No federated identity record matches the audience '%s' of the assertion."},
	{700213, requestErr, 400, "No federated identity record matches the subject '%s' of the assertion."},
	{700229, requestErr, 400, "Tokens that this directory issued to people cannot be a federated credential."},
	{50166, requestErr, 400, "The keys of the issuer '%s' could not be had: %s"},
	{50194, requestErr, 400, "The application '%s' is not multi-tenant: use the endpoint of its tenant, not /common."},
	{50146, requestErr, 400, "The application '%s' needs a signing key of its own: read the metadata with ?appid=."},

	// the request
	{50011, requestErr, 400, "The redirect URI '%s' in the request is not one of those configured for the application '%s'."},
	{500112, clientErr, 401, "The reply address '%s' is not the one '%s' given when the code was asked for."},
	{500113, requestErr, 400, "No reply address is registered for the application."},
	{900971, requestErr, 400, "No reply address was given."},
	{900144, requestErr, 400, "The request must contain the parameter '%s'."},
	{90014, requestErr, 400, "The required field '%s' is missing from the credential."},
	{9002313, requestErr, 400, "The request is malformed or not valid."},
	{901002, requestErr, 400, "The parameter 'resource' is not supported here: use 'scope'."},
	{70011, scopeErr, 400, "The value of the parameter 'scope' is not valid. The scope '%s' is not valid."},
	{700022, scopeErr, 400, "The scope holds more than one resource: '%s'."},
	{28000, requestErr, 400, "The parameter 'scope' may name one resource only. The scope '%s' is not valid."},
	{1002012, scopeErr, 400, "The scope '%s' is not valid. Client credentials need the resource's identifier with /.default after it."},
	{650053, clientErr, 400, "The application '%s' asked for the scope '%s', which the resource '%s' does not have."},
	{70003, "unsupported_grant_type", 400, "The grant type '%s' is not supported."},
	{700054, "unsupported_response_type", 400, "The response_type 'id_token' is not enabled for the application."},
	{700051, "unsupported_response_type", 400, "The response_type 'token' is not enabled for the application."},
	{70005, "unsupported_response_type", 400, "The response_type '%s' is not supported."},
	{900561, requestErr, 400, "The endpoint only takes POST requests. It received a %s request."},
	{9002325, requestErr, 400, "Proof Key for Code Exchange is required for redeeming a code from another origin."},
	{9002326, requestErr, 400, "Redeeming a token from another origin is allowed to single-page applications only. Request origin: '%s'."},
	{9002327, requestErr, 400, "Tokens for a single-page application can only be redeemed from another origin."},
	{50059, requestErr, 400, "No tenant can be found, in the request or by any credentials in it."},
	{90019, requestErr, 400, "No tenant can be found in the request."},
	{50128, requestErr, 400, "The domain name '%s' is not valid: no tenant can be found in the request."},
	{90002, requestErr, 400, "Tenant '%s' not found. Check that it is the right tenant ID and the right cloud."},

	// the resource and permissions
	{500011, resourceErr, 400, "The resource principal named %s was not found in the tenant named Contoso (%s). The application is not installed there, or nobody consented to it."},
	{50001, resourceErr, 400, "The resource '%s' is disabled, or there is none of that name."},
	{650052, resourceErr, 400, "The app wants a service ('%s') that the organisation has not subscribed to or enabled."},
	{650056, resourceErr, 400, "The application is misconfigured: '%s' lists no permission in its registration for '%s'."},
	{650057, resourceErr, 400, "The client asked for a resource that is not among the permissions of its registration. Client app ID: %s. Resource value from request: %s. Valid resources: %s."},
	{65005, resourceErr, 400, "The application '%s' requires the permission '%s', which the resource '%s' does not have."},
	{65001, grantErr, 400, "Neither the user nor an administrator has consented to the application with ID '%s' named '%s' for %s. Send an interactive authorisation request."},
	{65004, deniedErr, 400, "The user declined to consent to access to the app."},
	{90094, deniedErr, 400, "An administrator has to consent to the permissions that '%s' asks for: %s."},
	{90095, deniedErr, 400, "An administrator has to consent; the request was sent to the reviewers."},
	{50105, deniedErr, 400, "The user '%s' is not assigned to a role for the application '%s'(%s)."},
	{501051, deniedErr, 400, "The application '%s' is not assigned to a role for the application '%s'."},

	// the person
	{50058, loginErr, 400, "A silent sign-in was asked for, and nobody is signed in."},
	{16000, interactErr, 400, "Several people are signed in, and the request does not say which is meant."},
	{50020, requestErr, 400, "The account '%s' of another tenant is not in the tenant '%s' and cannot use the application '%s' there. Invite it as a guest, or sign in with another account."},
	{50178, requestErr, 400, "The session is not for an account that may sign in here."},
	{50034, grantErr, 400, "The account '%s' is not in the directory %s."},
	{50053, grantErr, 400, "The account is locked: too many sign-ins with a wrong user ID or password."},
	{50055, grantErr, 400, "The password has expired."},
	{50056, grantErr, 400, "The password is not valid or does not exist."},
	{50057, grantErr, 400, "The account is disabled."},
	{50126, grantErr, 400, "The username or password is not right."},
	{50072, interactErr, 400, "The user must enrol in multi-factor authentication for '%s'."},
	{50074, interactErr, 400, "Strong authentication is required for '%s'."},
	{50076, interactErr, 400, "Because of a change by the administrator, or because you are at a new place, multi-factor authentication is needed for '%s'."},
	{50078, interactErr, 400, "The multi-factor authentication has expired for '%s'."},
	{50079, interactErr, 400, "Because of a change by the administrator, or because you are at a new place, the user must enrol in multi-factor authentication for '%s'."},
	{50097, interactErr, 400, "Device authentication is required."},
	{50005, interactErr, 400, "The user tried to sign in from a kind of device that Conditional Access does not allow."},
	{53000, interactErr, 400, "Conditional Access requires a compliant device, and the device is not compliant."},
	{53001, interactErr, 400, "Conditional Access requires a device joined to the domain, and the device is not."},
	{53002, interactErr, 400, "Conditional Access requires an approved client app, and the app is not one."},
	{53003, deniedErr, 400, "Access is blocked by Conditional Access policies. The policy does not allow tokens to be issued."},
	{53004, interactErr, 400, "The user must enrol in multi-factor authentication because of suspicious activity."},
	{530032, deniedErr, 400, "Access is blocked by a security policy of the tenant."},
	{530034, deniedErr, 400, "A delegated administrator is blocked because the account is at risk."},
	{530036, deniedErr, 400, "Access is blocked because of too many refused sign-ins."},

	// codes and tokens
	{70000, grantErr, 400, "The grant is not valid or malformed."},
	{70002, clientErr, 401, "The credentials could not be validated."},
	{700005, grantErr, 400, "The authorisation code is for another tenant."},
	{70008, grantErr, 400, "The authorisation code or refresh token has expired. Send a new interactive authorisation request."},
	{54005, grantErr, 400, "The OAuth2 authorisation code was already redeemed. Ask for a new one, or use a refresh token."},
	{50147, grantErr, 400, "The size of the Code_Challenge is not valid."},
	{50148, grantErr, 400, "The Code_Verifier is missing: the authorisation request carried a Code_Challenge."},
	{501481, grantErr, 400, "The Code_Verifier does not match the Code_Challenge of the authorisation request."},
	{501491, requestErr, 400, "The size of the Code_Challenge is not valid."},
	{50089, grantErr, 400, "The flow token has expired: authentication failed."},
	{700082, grantErr, 400, "The refresh token has expired due to inactivity. It was issued on %s and was inactive for 90.00:00:00."},
	{700084, grantErr, 400, "The refresh token was issued to a single page app and has a fixed lifetime of 1.00:00:00, which is over. It was issued on %s."},
	{700081, grantErr, 400, "The refresh token has expired because of its maximum lifetime."},
	{50132, grantErr, 400, "The session is not valid: the password has expired or was changed lately."},
	{50133, grantErr, 400, "The session is not valid: the password has expired or was changed lately."},
	{50173, grantErr, 400, "The grant has been revoked, and a new sign-in is needed. It was issued on '%s'; tokens count from '%s'."},
	{70043, grantErr, 400, "The refresh token has expired because of the sign-in frequency that Conditional Access asks for."},
	{135010, grantErr, 400, "The key identifier of the session could not be found: sign in again."},

	// on behalf of
	{50013, grantErr, 400, "The assertion failed signature validation, or is not for this use: %s"},
	{500131, grantErr, 400, "The assertion's audience '%s' is not the application '%s' that presents it."},
	{500133, grantErr, 400, "The assertion is not within its valid time range. Current time: %s, expiry time of assertion %s."},
	{7000114, grantErr, 400, "The application '%s' is not allowed to make application on-behalf-of calls."},
	{240002, grantErr, 400, "An id_token cannot be the assertion of an on-behalf-of request."},

	// device code
	{70016, "authorization_pending", 400, "The authorisation is pending: the person has not finished it."},
	{70018, "bad_verification_code", 400, "The verification code is not valid."},
	{70019, "expired_token", 400, "The verification code has expired."},

	// the provider
	{50196, "loop_detected", 400, "The server ended the operation because the client sent it over and over."},
	{90006, busyErr, 503, "The service is temporarily unavailable. Please try again later."},
	{90033, busyErr, 503, "The service is temporarily unavailable. Please try again later."},
	{90055, busyErr, 429, "The tenant has sent too many requests."},
}

func refusal(code int) (aadsts, bool) {
	i := slices.IndexFunc(refusals, func(r aadsts) bool { return r.code == code })
	if i < 0 {
		return aadsts{}, false
	}
	return refusals[i], true
}

// aad makes the refusal of a code, about the given things. A code that is not
// in the table is a mistake of ours.
func aad(code int, about ...any) *oauthError {
	r, ok := refusal(code)
	if !ok {
		panic(fmt.Sprintf("AADSTS%d is not in the table", code))
	}
	e := &oauthError{code: code, kind: r.kind, status: r.status, text: fmt.Sprintf(r.text, about...)}
	switch code {
	case 65001:
		e.suberror = "consent_required"
	case 50072, 50074, 50076, 50078, 50079:
		e.suberror = "basic_action"
		e.claims = `{"access_token":{"capolids":{"essential":true,"values":["` + seedID(0xca, 1) + `"]}}}`
	case 65004:
		e.subcode = "cancel"
	case 50173, 50132, 50133, 700082, 700084, 700081, 70043, 70008, 135010, 50089:
		e.suberror = "bad_token"
	}
	return e
}

// asPage makes a refusal one that only the person sees: when the client is not
// known to be reached by the redirect, nothing may be sent there.
func (e *oauthError) asPage() *oauthError { e.page = true; return e }

// as gives the refusal another OAuth error: some codes have one at the token
// endpoint and another in a redirect.
func (e *oauthError) as(kind string) *oauthError { e.kind = kind; return e }

// body is what the token endpoint answers. Entra's texts carry the ids on lines
// of their own.
func (s *Server) errorBody(e *oauthError, correlation string) map[string]any {
	now := s.now().Format("2006-01-02 15:04:05Z")
	trace := newGUID()
	b := map[string]any{
		"error":             e.kind,
		"error_description": describe(e, trace, correlation, now),
		"error_codes":       []int{e.code},
		"timestamp":         now,
		"trace_id":          trace,
		"correlation_id":    correlation,
		"error_uri":         fmt.Sprintf("%s/error?code=%d", s.base, e.code),
	}
	if e.suberror != "" {
		b["suberror"] = e.suberror
	}
	if e.claims != "" {
		b["claims"] = e.claims
	}
	return b
}

func describe(e *oauthError, trace, correlation, now string) string {
	return fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", e.code, e.text, trace, correlation, now)
}

func (s *Server) writeError(w http.ResponseWriter, e *oauthError, correlation string) {
	if e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	writeJSON(w, e.status, s.errorBody(e, correlation))
}
