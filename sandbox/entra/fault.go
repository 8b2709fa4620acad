package entra

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one thing that is wrong, as Switches lists them.
type Fault struct {
	Name     string `json:"name"`
	App      string `json:"app,omitempty"`      // appId; "": every client or API
	User     string `json:"user,omitempty"`     // login or object id; "": everybody
	Endpoint string `json:"endpoint,omitempty"` // of provider faults: see Endpoints; "": every one
	Value    string `json:"value,omitempty"`    // what the switch's About says
	Times    int    `json:"times,omitempty"`    // goes off by itself after so many; 0: stays on

	Since time.Time `json:"since,omitzero"` // when it was switched on
}

// A Switch is one fault that can be switched on.
type Switch struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Code  int    `json:"code,omitempty"` // the AADSTS code it leads to
	where point
}

// point is where a fault strikes.
type point int

const (
	special   point = iota // looked up by name where it matters
	atRequest              // authorize and token, once the client is known
	atClient               // while the client proves itself
	atSignIn               // when a person signs in, and at the password grant
	atIssue                // before tokens for a person are issued, whatever the grant
	atRefresh              // when a refresh token is redeemed
	atRedeem               // when a code is redeemed
	atOBO                  // on behalf of
	atConsent              // when consent is looked at
	atDevice               // device code endpoint and grant
)

// Endpoints are the names that the provider faults go by.
func Endpoints() []string {
	return []string{"metadata", "keys", "federation", "instance", "authorize", "token", "device", "userinfo", "logout", "graph"}
}

var switches = []Switch{
	{"app-unknown", "the application is not in this tenant", 700016, atRequest},
	{"app-unknown-anywhere", "the application is in no directory that was looked at", 700011, atRequest},
	{"tenant-missing", "the request says no tenant", 90019, atRequest},
	{"scope-several", "the scope is taken for one of several resources", 700022, atRequest},
	{"app-disabled", "sign-in is switched off on the enterprise application", 7000112, atRequest},
	{"app-not-installed", "the application has no service principal here", 7000229, atRequest},
	{"single-tenant", "the application is for one tenant and was used through /common", 50194, atRequest},
	{"loop", "the client asked the same too often", 50196, atRequest},
	{"busy", "a moment's outage, as a proper answer of Entra's", 90033, atRequest},
	{"busy-signing-in", "likewise, with the other code", 90006, atRequest},
	{"tenant-throttled", "too many requests of the tenant (429)", 90055, atRequest},
	{"own-keys", "the application has claims mapping and needs metadata with ?appid=", 50146, atRequest},
	{"secret-wrong", "the secret is refused, as when its ID was pasted", 7000215, atClient},
	{"secret-expired", "the secret has expired", 7000222, atClient},
	{"secret-missing", "the client is taken to be confidential and to have sent nothing", 7000218, atClient},
	{"client-public", "the redirect URI is registered under Mobile or SPA, and a secret was sent", 700025, atClient},
	{"certificate-unknown", "the certificate of the assertion is not on the registration", 700027, atClient},
	{"certificate-subject", "the certificate's subject is not authorised", 700030, atClient},
	{"assertion-audience", "the assertion is for another audience", 700023, atClient},
	{"assertion-time", "the assertion is outside its time: the client's clock is wrong", 700024, atClient},
	{"federated-mismatch", "no federated credential matches", 70021, atClient},
	{"credentials-invalid", "credentials could not be validated", 70002, atClient},
	{"user-unknown", "the account is not in the directory", 50034, atSignIn},
	{"user-other-tenant", "the account is of another tenant", 50020, atSignIn},
	{"user-locked", "smart lockout", 50053, atSignIn},
	{"password-expired", "the password has expired", 50055, atSignIn},
	{"password-missing", "the account has no password", 50056, atSignIn},
	{"password-wrong", "the password is refused", 50126, atSignIn},
	{"session-wrong", "the session belongs to an account that may not sign in here", 50178, atSignIn},
	{"user-disabled", "the account is disabled", 50057, atIssue},
	{"not-assigned", "assignment is required and the person has none", 50105, atIssue},
	{"mfa-required", "multi-factor authentication is needed; signing in anew offers it", 50076, atIssue},
	{"mfa-strong", "strong authentication is required; signing in anew offers it", 50074, atIssue},
	{"mfa-expired", "the second factor is too old; signing in anew offers it", 50078, atIssue},
	{"mfa-enrol", "multi-factor authentication has to be set up (by policy)", 50079, atIssue},
	{"mfa-enrol-app", "multi-factor authentication has to be set up (by the application)", 50072, atIssue},
	{"ca-device-platform", "Conditional Access: this kind of device is not allowed", 50005, atIssue},
	{"ca-device-authentication", "Conditional Access: the device must authenticate", 50097, atIssue},
	{"ca-device-compliant", "Conditional Access: the device is not compliant", 53000, atIssue},
	{"ca-device-joined", "Conditional Access: the device is not joined", 53001, atIssue},
	{"ca-app", "Conditional Access: the app is not approved", 53002, atIssue},
	{"ca-blocked", "Conditional Access: blocked", 53003, atIssue},
	{"ca-risk-enrol", "the account looks suspicious and must enrol", 53004, atIssue},
	{"security-policy", "blocked by a security policy", 530032, atIssue},
	{"partner-risk", "a partner's administrator is at risk", 530034, atIssue},
	{"too-many-refusals", "blocked after too many refused sign-ins", 530036, atIssue},
	{"flow-expired", "the sign-in took too long", 50089, atRedeem},
	{"code-expired", "the code came too late", 70008, atRedeem},
	{"code-redeemed", "the code was already redeemed, as with a double submit", 54005, atRedeem},
	{"code-other-tenant", "the code is from another tenant", 700005, atRedeem},
	{"code-invalid", "the code is not valid", 70000, atRedeem},
	{"verifier-wrong", "the PKCE verifier does not match", 501481, atRedeem},
	{"verifier-missing", "the PKCE verifier is missing", 50148, atRedeem},
	{"challenge-size", "the PKCE challenge has the wrong size", 50147, atRedeem},
	{"refresh-expired", "the refresh token was not used for 90 days", 700082, atRefresh},
	{"refresh-expired-spa", "the refresh token of a single-page app is a day old", 700084, atRefresh},
	{"refresh-too-old", "the refresh token is at its maximum age", 700081, atRefresh},
	{"session-revoked", "somebody revoked the person's sessions", 50173, atRefresh},
	{"password-changed", "the password was changed", 50133, atRefresh},
	{"password-reset", "the password has expired or was changed lately", 50132, atRefresh},
	{"sign-in-frequency", "Conditional Access wants people to sign in more often", 70043, atRefresh},
	{"session-lost", "the session's key is gone", 135010, atRefresh},
	{"assertion-invalid", "the incoming token's signature is refused", 50013, atOBO},
	{"assertion-other-audience", "the incoming token is for another API", 500131, atOBO},
	{"assertion-expired", "the incoming token is too old", 500133, atOBO},
	{"obo-not-allowed", "the application may not act on behalf of others", 7000114, atOBO},
	{"consent-missing", "neither the person nor an administrator has consented", 65001, atConsent},
	{"consent-admin", "an administrator has to consent", 90094, atConsent},
	{"consent-review", "consent was asked for and waits for a reviewer", 90095, atConsent},
	{"consent-misconfigured", "the registration lists no such permission", 650056, atConsent},
	{"resource-missing", "the API has no service principal here", 500011, atConsent},
	{"resource-disabled", "the API is disabled", 50001, atConsent},
	{"service-missing", "the organisation has not subscribed to the service", 650052, atConsent},
	{"device-blocked", "Conditional Access blocks device code", 53003, atDevice},

	{"user-consent-off", "people may consent to nothing for themselves", 90094, special},
	{"role-missing", "app roles are left out of tokens", 0, special},
	{"scope-missing", "scp is left out of tokens for people", 0, special},
	{"groups-overage", "tokens say where to ask for groups instead of listing them", 0, special},
	{"token-version", "access tokens are of version value (1 or 2), whatever the API's registration says", 0, special},
	{"token-audience", "aud of access tokens is value", 0, special},
	{"token-claims", "value, a JSON object, is laid over the claims of access tokens; null takes a claim out", 0, special},
	{"token-lifetime", "access tokens live value seconds", 0, special},
	{"token-key", "tokens are signed with a key that is not published", 0, special},
	{"token-signature", "the signature of tokens is broken", 0, special},
	{"token-kid", "the kid of tokens is value", 0, special},
	{"id-token-claims", "value, a JSON object, is laid over the claims of id tokens", 0, special},
	{"clock", "this tenant's clock is value seconds ahead (or behind, with a minus)", 0, special},
	{"state-lost", "redirects carry another state than they were given", 0, special},
	{"token-type", "token answers say token_type value (default mac)", 0, special},
	{"expires-in-missing", "token answers have no expires_in", 0, special},
	{"scope-reduced", "token answers grant less than was asked, and say so", 0, special},
	{"metadata-issuer", "the metadata's issuer is value (default: another tenant's)", 0, special},
	{"keys-empty", "the key set is empty", 0, special},
	{"keys-stale", "the key that signs is left out of the key set", 0, special},
	{"keys-weak", "the key set holds a 512 bit key under the signing key's id", 0, special},
	{"keys-encryption", "the keys say they are for encryption", 0, special},
	{"keys-many", "the key set holds value keys (default 5000)", 0, special},
	{"keys-issuer", "each key says it is for the issuer value (default: personal accounts)", 0, special},
	{"graph-claims-challenge", "Graph refuses tokens issued before now with a claims challenge", 0, special},
	{"graph-forbidden", "Graph says the permission is missing", 0, special},
	{"delta-expired", "Graph has forgotten the delta token", 0, special},
	{"tls-untrusted", "https with a certificate that the sandbox's CA did not issue", 0, special},
	{"tls-expired", "https with a certificate that has expired", 0, special},

	{"provider-down", "the connection is closed without an answer", 0, special},
	{"provider-slow", "the answer comes value seconds late (default 30)", 0, special},
	{"provider-stalls", "the answer begins and never ends", 0, special},
	{"provider-error", "the answer is http status value (default 500), with no body", 0, special},
	{"provider-throttled", "the answer is 429 with Retry-After value (default 10)", 0, special},
	{"provider-garbage", "the answer is bytes that mean nothing, said to be JSON", 0, special},
	{"provider-html", "the answer is a page, with 200, as a proxy's sign-in would be", 0, special},
	{"provider-empty", "the answer is empty, with 200", 0, special},
	{"provider-huge", "the answer is value bytes long (default 1 GiB)", 0, special},
	{"provider-deep", "the answer is JSON 100000 levels deep", 0, special},
	{"provider-redirect", "the answer is a redirect to value (default: http on this machine)", 0, special},
	{"provider-truncated", "the answer is cut off in the middle", 0, special},
}

// Switches lists every fault that can be switched on.
func Switches() []Switch { return slices.Clone(switches) }

func switchNamed(name string) (Switch, bool) {
	i := slices.IndexFunc(switches, func(s Switch) bool { return s.Name == name })
	if i < 0 {
		return Switch{}, false
	}
	return switches[i], true
}

// faults is what is on. A name can be on several times, for different apps,
// people or endpoints.
type faults struct {
	mu sync.Mutex
	on []Fault
}

// Plant switches a fault on; one with the same name and target is replaced.
func (s *Server) Plant(f Fault) error {
	if err := f.check(); err != nil {
		return err
	}
	x := s.faults
	f.Since = s.now()
	x.mu.Lock()
	on := slices.DeleteFunc(slices.Clone(x.on), func(g Fault) bool {
		return g.Name == f.Name && g.App == f.App && g.User == f.User && g.Endpoint == f.Endpoint
	})
	if len(on) >= maxFaults {
		x.mu.Unlock()
		return fmt.Errorf("%d faults are on already, which is the most", maxFaults)
	}
	x.on = append(on, f)
	x.mu.Unlock()
	if strings.HasPrefix(f.Name, "tls-") {
		s.server.SetKeepAlivesEnabled(false) // who is connected would not notice a new certificate
	}
	return s.dir.change(func(*tables) error { return nil }) // keeps them
}

// Heal switches every fault of a name off; "" means all.
func (s *Server) Heal(name string) error {
	x := s.faults
	x.mu.Lock()
	x.on = slices.DeleteFunc(slices.Clone(x.on), func(g Fault) bool { return name == "" || g.Name == name })
	x.mu.Unlock()
	if name == "" || strings.HasPrefix(name, "tls-") {
		s.server.SetKeepAlivesEnabled(true)
	}
	return s.dir.change(func(*tables) error { return nil })
}

// Faults lists what is on.
func (s *Server) Faults() []Fault { return s.faults.list() }

func (x *faults) list() []Fault {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.on)
}

func (f Fault) check() error {
	sw, ok := switchNamed(f.Name)
	if !ok {
		return fmt.Errorf("there is no fault %q; GET /sandbox/entra/faults lists them", f.Name)
	}
	if f.Times < 0 || len(f.Value) > maxClaimsBytes || len(f.App) > 100 || len(f.User) > 300 {
		return fmt.Errorf("fault %q: times, value, app or user is out of bounds", f.Name)
	}
	if f.Endpoint != "" && !slices.Contains(Endpoints(), f.Endpoint) {
		return fmt.Errorf("there is no endpoint %q, only %s", f.Endpoint, strings.Join(Endpoints(), ", "))
	}
	return sw.checkValue(f.Value)
}

// take finds a fault that is on for a client and a person, and counts it.
func (x *faults) take(name, app string, u *user) (Fault, bool) {
	return x.first(func(f Fault) bool { return f.Name == name && f.fits(app, u) })
}

// peek finds a fault without counting it.
func (x *faults) peek(is func(Fault) bool) (Fault, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := slices.IndexFunc(x.on, is); i >= 0 {
		return x.on[i], true
	}
	return Fault{}, false
}

// first finds a fault and counts it.
func (x *faults) first(is func(Fault) bool) (Fault, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	i := slices.IndexFunc(x.on, is)
	if i < 0 {
		return Fault{}, false
	}
	f := x.on[i]
	switch {
	case f.Times == 1:
		x.on = slices.Delete(slices.Clone(x.on), i, i+1)
	case f.Times > 1:
		x.on = slices.Clone(x.on)
		x.on[i].Times--
	}
	return f, true
}

// isOn looks without counting.
func (x *faults) isOn(name, app string, u *user) bool {
	_, on := x.peek(func(f Fault) bool { return f.Name == name && f.fits(app, u) })
	return on
}

func (f Fault) fits(app string, u *user) bool {
	if f.App != "" && !strings.EqualFold(f.App, app) {
		return false
	}
	return f.User == "" || u != nil && (f.User == u.ID || strings.EqualFold(f.User, u.UserPrincipalName))
}

// strike returns the refusal of a fault that is on at a point, if there is one.
// about is what the refusals of that point are about.
func (x *faults) strike(at point, app string, u *user, about map[int][]any) *oauthError {
	f, ok := x.first(func(f Fault) bool {
		sw, _ := switchNamed(f.Name)
		return sw.where == at && at != special && f.fits(app, u)
	})
	if !ok {
		return nil
	}
	sw, _ := switchNamed(f.Name)
	r, _ := refusal(sw.Code)
	args := about[sw.Code]
	for n := strings.Count(r.text, "%s"); len(args) < n; {
		args = append(args, app)
	}
	return aad(sw.Code, args[:strings.Count(r.text, "%s")]...)
}

// pointNames is for the page that shows the switches in order.
var pointNames = map[point]string{special: "Tokens, keys and the provider", atRequest: "Registration", atClient: "The client's credentials",
	atSignIn: "Signing in", atIssue: "Conditional Access and assignment", atRefresh: "Refresh", atRedeem: "Redeeming a code",
	atOBO: "On behalf of", atConsent: "Consent", atDevice: "Device code"}

func pointsInOrder() []point { return slices.Sorted(maps.Keys(pointNames)) }
